"""Mistakes as data: each is one small function that changes one thing in a backward pass.

A mistake changes a *slope* (the local derivative on an edge), a *step* (how an edge passes back the upstream
gradient), a *gathering* (how a node combines what arrives), the *order* of the pass, or its *start*.
Everything else stays right. Slopes start from those of the rules: no derivative is defined here, only how
a mistake changes it.

>>> sorted({mistake.family for mistake in TABLE.values()})
['activation', 'order', 'paths', 'power', 'product', 'quotient', 'share', 'sign', 'start', 'upstream']
>>> overwritten = TABLE["overwritten"]
>>> overwritten.gather([5.0, 2.0])
2.0

Their sources are public threads and course pages on backpropagation; only mistakes that people really make
are included. Nobody has counted how common they are, so ``share`` is 1 or 2, which never decides alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from engine import rules
from engine.numeric import Unevaluable
from engine.readings import floats

if TYPE_CHECKING:
    from engine.rules import Rule

SQUARED = {"squared_error", "half_squared_error"}
COSTS = {name for name, rule in rules.REGISTRY.items() if rule.function.__module__ == rules.costs.__name__}
NOT_CURVED = {"neg", "power", "total", "mean", "affine", "handmade"}
BUILT = {"sigmoid", "tanh"}
"""Activation functions whose derivative is taught as a formula in a, the activation itself."""


class Occurrence(NamedTuple):
    """One occurrence of an operand, with the numbers that a learner sees there."""

    rule: Rule
    operands: tuple[float, ...]
    position: int
    value: float
    """The value of the node."""
    slope: float
    """The right local derivative."""
    below: str = ""
    """The name of the rule that computes the operand; empty for a leaf."""
    inner: float | None = None
    """The argument of the operand, if it is a function of one number."""

    @property
    def operand(self) -> float:
        """The operand itself."""
        return self.operands[self.position]

    @property
    def partner(self) -> float | None:
        """The other factor if the operand is a factor of a product; otherwise None."""
        name, n, k = self.rule.name, len(self.operands), self.position
        if name == "mul":
            return self.operands[1 - k]
        if name == "dot":
            return self.operands[(k + n // 2) % n]
        if name == "affine" and k:
            half = (n - 1) // 2
            return self.operands[k + half if k <= half else k - half]
        return None

    @property
    def curved(self) -> bool:
        """Whether the node is a curved function of one operand, such as sigmoid."""
        return len(self.operands) == 1 and self.rule.name not in NOT_CURVED

    @property
    def miss(self) -> float | None:
        """a − y, for an operand a or y of a squared cost; otherwise None."""
        if self.rule.name not in SQUARED:
            return None
        n = len(self.operands) // 2
        return self.operands[self.position % n] - self.operands[self.position % n + n]

    def slope_at(self, x: float) -> float:
        """Return the slope of the same function at another point, or the right slope if it has none there."""
        try:
            return float(self.rule.function(floats, x)[1][0])
        except Unevaluable:
            return self.slope


Slope = Callable[[Occurrence], float]
Step = Callable[[float, float], float]
Gather = Callable[[Sequence[float]], float]


@dataclass(frozen=True)
class Mistake:
    """A mistake in a backward pass: one of ``slope`` to ``start`` defines what changes."""

    name: str
    family: str
    """Mistakes of one family share their advice if they cannot be distinguished."""
    did: str
    """Completes "this is what comes out when …"."""
    see: str
    """How to see that the result is wrong."""
    where: str
    """The graphs on which it can occur."""
    chapter: str
    """The notebook that explains the right way, and the heading there."""
    share: float = 1.0
    slope: Slope | None = None
    step: Step | None = None
    gather: Gather | None = None
    order: str = ""
    """When a node passes its gradient back, if not at the right time: "early" or "again"."""
    start: Callable[[float], float] | None = None

    @property
    def kind(self) -> str:
        """What the mistake changes: "slope", "step", "gather", "order" or "start"."""
        return next(kind for kind in KINDS if getattr(self, kind))


KINDS = ("slope", "step", "gather", "order", "start")
TABLE: dict[str, Mistake] = {}
"""The mistakes by name."""

MANY = "08, A node that is used three times"
ALONG = "01, Backward"
ACTIVATION = "03, The last layer"
PRODUCT = "01, Further back, and all six"
COST = "05, A factor of 2, and a factor of n"
ORDER = "08, Without a sort"
SHARED = "01, The average over examples"

Function = Callable[..., float]


def mistake(
    kind: str, family: str, chapter: str, *, did: str, see: str, where: str, share: float = 1.0
) -> Callable[[Function], Function]:
    """Register a function in the table as a mistake, under the function's name."""

    def register(function: Function) -> Function:
        changed: dict[str, Any] = {kind: function}
        name = function.__name__
        TABLE[name] = Mistake(name, family, did, see, where, chapter, share, **changed)
        return function

    return register


# ── How a node combines what arrives ──────────────────────────────────────────────────────────────

COUNT = "Count the arrows that leave the node: it gets as many terms, and they are added."
TWICE = "a node that is used more than once"


@mistake(
    "gather", "paths", MANY, did="the last path overwrites the ones before", see=COUNT, where=TWICE, share=2
)
def overwritten(parts: Sequence[float]) -> float:
    """Keep the last part: ``=`` instead of ``+=``."""
    return parts[-1]


@mistake("gather", "paths", MANY, did="only the first path is followed", see=COUNT, where=TWICE, share=2)
def first_path_only(parts: Sequence[float]) -> float:
    """Keep the first part."""
    return parts[0]


@mistake(
    "gather", "paths", MANY, did="the paths are averaged", where=TWICE,
    see="Paths are added, and nothing divides their sum: each of them moves the cost by its full amount.",
)  # fmt: skip
def paths_averaged(parts: Sequence[float]) -> float:
    """Divide the sum by the number of parts."""
    return sum(parts) / len(parts)


@mistake(
    "gather", "paths", MANY, did="the paths are multiplied with each other", where=TWICE,
    see="Along a path, multiply; between paths, add.",
)  # fmt: skip
def paths_multiplied(parts: Sequence[float]) -> float:
    """Multiply the parts."""
    return prod(parts)


# ── How an edge passes back ───────────────────────────────────────────────────────────────────────

DEEP = "anything deeper than one step"


@mistake(
    "step", "upstream", ALONG, where=DEEP, share=2,
    did="the local derivative stands alone, without the upstream gradient (what comes from above)",
    see="Nudge the node: the cost moves by both factors, local derivative and upstream gradient.",
)  # fmt: skip
def upstream_forgotten(up: float, slope: float) -> float:  # noqa: ARG001  (every step has this form)
    """Leave out the upstream gradient."""
    return slope


@mistake(
    "step", "upstream", ALONG, where=DEEP, did="the factors along a path are added and not multiplied",
    see="Two gears in a row: their ratios multiply.",
)  # fmt: skip
def added_for_multiplied(up: float, slope: float) -> float:
    """Add along a path instead of multiplying."""
    return up + slope


@mistake(
    "step", "product", ALONG, where="everywhere but at sums",
    did="the upstream gradient (what comes from above) is passed back without the local derivative",
    see="Only a sum passes the upstream gradient back unchanged.",
)  # fmt: skip
def local_forgotten(up: float, slope: float) -> float:  # noqa: ARG001  (as above)
    """Leave out the local derivative."""
    return up


# ── The local derivative on an edge ───────────────────────────────────────────────────────────────

FUNCTIONS = "activations and other functions of one number"


@mistake(
    "slope", "activation", ACTIVATION, where=FUNCTIONS, share=2,
    did="the derivative of the function is left out",
    see="The function is curved: its derivative is 1 only by chance.",
)  # fmt: skip
def activation_forgotten(at: Occurrence) -> float:
    """Use 1 as the derivative of a function."""
    return 1.0 if at.curved else at.slope


@mistake(
    "slope", "activation", ACTIVATION, where=FUNCTIONS, share=2,
    did="the derivative is taken at the output in place of the input",
    see="f′(z) belongs to the z that goes in; taken at a = f(z), the function is applied twice.",
)  # fmt: skip
def slope_at_output(at: Occurrence) -> float:
    """Use f′(f(x)) instead of f′(x)."""
    return at.slope_at(at.value) if at.curved else at.slope


@mistake(
    "slope", "activation", ACTIVATION, where="a function of a function of one number",
    did="the derivative is taken at the wrong point: f′(x) where f′(g(x)) is meant",
    see="The derivative belongs to the number that enters the function, and that is its operand.",
)  # fmt: skip
def slope_at_wrong_point(at: Occurrence) -> float:
    """Use f′(x) instead of f′(g(x))."""
    bends = at.curved or at.rule.name == "power"
    return at.slope_at(at.inner) if bends and at.inner is not None else at.slope


@mistake(
    "slope", "activation", ACTIVATION, where="functions and powers",
    did="the value of the function is taken for its derivative",
    see="The value says how high, the derivative how steep.",
)  # fmt: skip
def value_for_slope(at: Occurrence) -> float:
    """Use f(x) instead of f′(x)."""
    return at.value if at.curved or at.rule.name == "power" else at.slope


@mistake(
    "slope", "activation", ACTIVATION, where="sigmoid, tanh",
    did="only a part of the derivative is taken: 1 − a, where a(1 − a) or 1 − a² is meant",
    see="Try z = 0: σ′(0) is 1/4, and tanh′(0) is 1.",
)  # fmt: skip
def half_the_formula(at: Occurrence) -> float:
    """Use 1 − a."""
    return 1 - at.value if at.rule.name in BUILT else at.slope


@mistake(
    "slope", "activation", ACTIVATION, where="sigmoid, tanh, relu",
    did="the derivative of another activation is used",
    see="a(1 − a) belongs to σ, 1 − a² to tanh, and 0 or 1 to relu.",
)  # fmt: skip
def other_activation(at: Occurrence) -> float:
    """Use a(1 − a) for tanh and relu, 1 − a² for the sigmoid."""
    a = at.value
    if at.rule.name in {"tanh", "relu"}:
        return a * (1 - a)
    return 1 - a * a if at.rule.name == "sigmoid" else at.slope


PRODUCTS = "products, affine, dot"


@mistake(
    "slope", "product", PRODUCT, where=PRODUCTS, share=2,
    did="the derivative of a product is taken to be the number itself, not the other factor",
    see="In w·a, if w grows by 1, the product grows by a: by the other factor.",
)  # fmt: skip
def operands_swapped(at: Occurrence) -> float:
    """Use the operand itself instead of the other factor."""
    return at.slope if at.partner is None else at.operand


@mistake(
    "slope", "product", PRODUCT, where=PRODUCTS, share=2,
    did="the other factor of the product is left out",
    see="In w·a + b only b has the derivative 1.",
)  # fmt: skip
def factor_forgotten(at: Occurrence) -> float:
    """Use 1 instead of the other factor."""
    return at.slope if at.partner is None else 1.0


@mistake(
    "slope", "product", PRODUCT, where="sums of two numbers", did="a sum is differentiated like a product",
    see="In a + b, if a grows by 1, so does the sum: its derivative is 1, and not b.",
)  # fmt: skip
def sum_like_product(at: Occurrence) -> float:
    """Use the other term instead of 1."""
    return at.operands[1 - at.position] if at.rule.name == "add" else at.slope


@mistake(
    "slope", "sign", COST, where="differences, quotients, −x, cos, the y of a cost", share=2,
    did="a minus is lost", see="In a − y, if y grows, the difference falls.",
)  # fmt: skip
def minus_lost(at: Occurrence) -> float:
    """Lose the minus sign of a difference, of a quotient's denominator, of −x, of cos, or of a cost's y."""
    name, k = at.rule.name, at.position
    second = name in {"sub", "div"} and k == 1
    label = name in COSTS and k >= len(at.operands) // 2
    return -at.slope if second or label or name in {"neg", "cos"} else at.slope


@mistake(
    "slope", "sign", COST, where="costs", share=2,
    did="the error is taken the other way round, y − a for a − y",
    see="With a above y, a larger a makes the cost larger: the derivative is positive.",
)  # fmt: skip
def error_reversed(at: Occurrence) -> float:
    """Reverse the sign at a cost."""
    name = at.rule.name
    return -at.slope if name in COSTS or (name == "power" and at.below == "sub") else at.slope


@mistake(
    "slope", "power", COST, where="powers, the squared cost", share=2,
    did="the exponent in front is missing, the 2 of the square", see="The derivative of x² is 2x.",
)  # fmt: skip
def factor_two_lost(at: Occurrence) -> float:
    """Leave out the exponent in front."""
    if at.rule.name == "power":
        return at.slope / (dict(at.rule.parameters)["n"] or 1)
    return at.slope / 2 if at.rule.name == "squared_error" else at.slope


@mistake(
    "slope", "power", COST, where="powers, the squared cost", did="the exponent is not lowered",
    see="The derivative of x³ is 3x²: the exponent goes down by one.",
)  # fmt: skip
def exponent_kept(at: Occurrence) -> float:
    """Keep the exponent."""
    if at.rule.name == "power":
        return at.slope * at.operand
    return at.slope if at.miss is None else at.slope * at.miss


@mistake(
    "slope", "power", COST, where="the cost with ½", did="a factor 2 stands where the cost has ½",
    see="The ½ of the cost and the 2 of the square cancel.",
)  # fmt: skip
def half_lost(at: Occurrence) -> float:
    """Leave out the ½."""
    return 2 * at.slope if at.rule.name == "half_squared_error" else at.slope


@mistake(
    "slope", "share", SHARED, where="averages", did="an average is differentiated like a sum",
    see="Each example has 1/n of the average, and so has its derivative.",
)  # fmt: skip
def mean_like_sum(at: Occurrence) -> float:
    """Use 1 instead of 1/n."""
    return 1.0 if at.rule.name == "mean" else at.slope


@mistake(
    "slope", "quotient", PRODUCT, where="quotients",
    did="the square in the derivative with respect to the denominator is missing",
    see="The derivative of x/y with respect to y is −x/y².",
)  # fmt: skip
def quotient_half(at: Occurrence) -> float:
    """Use −x/y instead of −x/y²."""
    return at.slope * at.operands[1] if at.rule.name == "div" and at.position == 1 else at.slope


# ── The order of the pass, and its start ──────────────────────────────────────────────────────────

for _name, _order, _did in (
    ("handed_on_too_early", "early", "a node passes its gradient back before all of its terms have arrived"),
    ("handed_on_again", "again", "a node passes back again what it has passed back already"),
):
    TABLE[_name] = Mistake(
        _name,
        "order",
        _did,
        "A node waits for a term from every arrow that leaves it, and then passes their sum back, once.",
        "an inner node that is used more than once",
        ORDER,
        order=_order,
    )


@mistake(
    "start", "start", ALONG, where="everywhere", did="the pass starts from the cost itself and not from 1",
    see="∂C/∂C is 1, whatever the cost is.",
)  # fmt: skip
def start_is_cost(cost: float) -> float:
    """Start from the cost."""
    return cost
