r"""Formulas of nodes: a node's value and local derivatives, or everything that it was computed from.

``of_node`` reads one node's rule in the names of its parents; ``whole`` writes a node as one formula in the
names of its nearest labelled ancestors.

>>> from engine import Value, grad
>>> x = Value(2.0, label="x")
>>> print(whole(grad(grad(x**4))), "|", whole(grad(x * x.sin())).latex())
12 x² | \sin(x) + x \cos(x)
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, cast

from engine import labels, rules
from engine.arguments import a_value
from engine.characters import printable, shown
from engine.graph import topological_order, unfinished
from engine.labels import from_variables
from engine.labels import number as spelled
from engine.numeric import flag, short
from engine.readings.formulas import Formulas
from engine.readings.joined import Joined

from . import typeset as latex
from . import typeset as plain
from .series import MOST, Sheet, left_out
from .symbols import SUM, Piece, Symbol, symbol
from .typeset import BY_HAND, HTML, Style, in_html, typeset

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from engine.readings.expressions import Expression
    from engine.rules import Rule
    from engine.rules.vocabulary import Result
    from engine.value import Value

NAMED = {name for name in rules.REGISTRY if hasattr(rules.activations, name)} | {"tanh"}
"""The rules that are written f(x) and f′(x), as σ is in the documents."""


LONGEST = 4000
"""The most operands of a node whose rule is read: the cost grows with the square of their number."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in symbols, shown as text; ``latex()`` returns LaTeX, ``with_numbers()`` inserts numbers.

    >>> from engine import Value
    >>> a, y = Value(0.88, label="a"), Value(1.0, label="y")
    >>> formula, _ = of_node(a - y, {a: "a", y: "y"})
    >>> formula, formula.latex(), formula.with_numbers()
    (a − y, 'a - y', '0.88 − 1')
    """

    expression: Expression
    names: Mapping[Expression, Symbol]
    numbers: Mapping[Expression, float]
    taken: Collection[str] = field(default=(), repr=False, compare=False)
    """Names in use where the formula is shown; its own names need not be among them."""
    most: int = MOST
    """The most terms shown of a sum through which no index runs."""
    sheet: Sheet | None = field(default=None, repr=False, compare=False)
    """The sheet it is written on; formulas on one sheet share their names and numbers."""

    @property
    def text(self) -> str:
        """The formula as text; ``print`` shows it in ASCII if the output supports nothing else."""
        return self.piece().text

    def __str__(self) -> str:
        return shown(self.text)

    __repr__ = __str__

    def latex(self, last: int | None = None) -> str:
        """Return LaTeX; given the number of the last layer, layers are counted back from L."""
        return self.latex_piece(last).text

    def piece(self) -> Piece:
        """Return the text with its precedence."""
        expression, names = self.shown()
        return self.typeset(expression, plain.PLAIN, id(names), spell=lambda x: _in_text(names[x]))

    def latex_piece(self, last: int | None = None) -> Piece:
        """Return the LaTeX with its precedence."""
        expression, names = self.shown(bounds=True)
        return self.typeset(
            expression, latex.LATEX, id(names), last, spell=lambda x: _in_latex(names[x], last)
        )

    def shown(self, *, bounds: bool = False) -> tuple[Expression, Mapping[Expression, Symbol]]:
        """Return the expression with long sums shortened, and its names; ``bounds`` gives Σ its bounds."""
        return self._sheet.shown(self.expression, bounds=bounds)

    def elided(self) -> Expression:
        """Return the expression with its long sums cut, for use with numbers."""
        return self._sheet.elided(self.expression)

    def typeset(
        self, x: Expression, style: Style, *more: object, spell: Callable[[Expression], Piece]
    ) -> Piece:
        """Return a ``shown()`` or ``elided()`` expression in a style; ``more`` is all that ``spell`` uses."""
        return typeset(x, style, self._sheet.pieces(style, *more, spell=spell))

    @property
    def _sheet(self) -> Sheet:
        if self.sheet is None:
            object.__setattr__(self, "sheet", Sheet(self.names, self.taken, self.most))
        return cast("Sheet", self.sheet)

    def with_numbers(self) -> str:
        """Return the text with a number in place of each name."""
        return self._numbers(plain.PLAIN_NUMBERS)

    def latex_with_numbers(self) -> str:
        """Return the LaTeX with a number in place of each name."""
        return self._numbers(latex.LATEX_NUMBERS)

    def _numbers(self, style: Style) -> str:
        return self.typeset(self.elided(), style, spell=lambda x: _number(self.numbers[x], style)).text

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


@dataclass(frozen=True, slots=True)
class Reading:
    """A rule read with formulas, once for all of its nodes; the variables are its distinct operands."""

    variables: tuple[Expression, ...]
    value: Expression
    slopes: tuple[Expression | None, ...]


def of_node(
    node: Value, names: Mapping[Value, str | Symbol], *, prime: bool = True, taken: Collection[str] = ()
) -> tuple[Formula, list[Formula | None]]:
    r"""Return the formulas of a node and of its local derivatives, in the names of its parents.

    ``prime`` writes σ′(z) for the derivative of an activation, else σ(z)(1 − σ(z)). A parent that is named by
    its number is a number. ``taken`` are the names known to the reader: Σ_j x_j means all x_j among them. For
    a node made by hand, or one with more than 4,000 operands, the formula is the operation's name, and the
    local derivatives are None. So is a local derivative with a long sum that occurs in no other.

    >>> from engine import Value
    >>> z = Value(0.5, label="z")
    >>> formula, (slope,) = of_node(z.sigmoid(), {z: "z"})
    >>> print(formula, "|", slope, "|", slope.latex(), "|", formula.with_numbers())
    σ(z) | σ′(z) | \sigma'(z) | σ(0.5)
    >>> print(*of_node(z.sigmoid(), {z: "z"}, prime=False)[1])
    σ(z)(1 − σ(z))
    """
    named = [parent for parent in dict.fromkeys(node.parents) if has_name(parent, names)]
    variables = {parent: k for k, parent in enumerate(named)}
    operands = tuple(variables.get(parent, parent.data) for parent in node.parents)
    rule = rule_of(node)
    reading = read(rule, operands, prime=prime) if is_read(node) else _by_hand(rule, operands)
    symbols = {x: symbol(names[parent]) for x, parent in zip(reading.variables, variables, strict=True)}
    numbers = {x: parent.data for x, parent in zip(reading.variables, variables, strict=True)}
    sheet = Sheet(symbols, taken)
    value, *slopes = (
        None if x is None else Formula(x, symbols, numbers, taken, sheet=sheet)
        for x in (reading.value, *reading.slopes)
    )
    return cast("Formula", value), slopes


def rule_of(node: Value) -> Rule:
    """Return the rule that made a node; raise TypeError for a leaf."""
    if node.rule is None:
        raise TypeError(f"a leaf was computed from nothing and has no formula, got {short(node)}")
    return node.rule


def is_read(node: Value) -> bool:
    """Return whether a node's rule is read; nodes made by hand and very long ones are shown by name."""
    return rule_of(node).name != "handmade" and len(node.parents) <= LONGEST


def has_name(node: Value, names: Mapping[Value, str | Symbol]) -> bool:
    """Return whether a node has a name other than its number."""
    return bool(node.label or node.parents) or str(names[node]) != spelled(node.data)


def read(
    rule: Rule, operands: tuple[float, ...], *, prime: bool = True, written_out: bool = False
) -> Reading:
    """Read a rule on operands: an int is the index of a variable, which may repeat; a float is a number.

    Unbound parameters of the rule are variables too, after those of the operands.

    >>> read(rules.mul, (0, 0)).value.operation, read(rules.mul, (0, 1.0)).value.operation
    ('power', 'variable')
    """
    return _read(rule, rule.function, operands, tuple(map(repr, operands)), prime, written_out)


@lru_cache(maxsize=512)
def _read(
    rule: Rule,
    function: Callable[..., Result],  # a custom rule may be redefined under its old name
    operands: tuple[float, ...],
    _spelled: tuple[str, ...],  # 1 is an index, 1.0 a number, and 0.0 is not −0.0
    prime: bool,  # noqa: FBT001  (as in read())
    written_out: bool,  # noqa: FBT001
) -> Reading:
    xp = Formulas(written_out=written_out)
    variables, xs = _operands(xp, operands)
    if prime and rule.name in NAMED:
        return Reading(tuple(variables), named(xp, rule, xs), (named(xp, rule, xs, "′"),))
    unbound = {} if rule.parameters else {name: xp.parameter() for name, _ in rule.defaults}
    value, slopes = function(xp, *xs, **unbound)
    formulas = [xp.operand(x) for x in (value, *slopes)]
    xp.forget()
    return Reading((*variables, *unbound.values()), formulas[0], without_long_ones(formulas[1:]))


def without_long_ones(slopes: Sequence[Expression]) -> tuple[Expression | None, ...]:
    """Return the slopes, with None for one that has a long sum of its own, such as the sum of all others.

    This way, writing all slopes of a node takes no longer than writing the long sums that they share.
    """
    held = [_long_sums(slope) for slope in slopes]
    times = Counter(chain.from_iterable(held))
    return tuple(
        None if any(times[x] == 1 for x in sums) else slope for slope, sums in zip(slopes, held, strict=True)
    )


def _long_sums(x: Expression) -> set[Joined]:
    found, seen, stack = set(), set(), [x]
    while stack:
        part = stack.pop()
        if isinstance(part, Joined):
            found.add(part)
        elif part not in seen:
            seen.add(part)
            stack += part.parents
    return found


def named(xp: Formulas, rule: Rule, xs: Sequence[Expression], prime: str = "") -> Expression:
    """Return f(x), or f′(x), with the parameters of f if they are not the defaults: ``elu(x, 2)``."""
    return xp.make(rule.name + prime, *xs, *rule.unusual)


def _by_hand(rule: Rule, operands: tuple[float, ...]) -> Reading:
    """Return the reading of a node made by hand; not cached, since all such rules are equal."""
    xp = Formulas()
    variables, xs = _operands(xp, operands)
    return Reading(tuple(variables), by_hand(xp, rule, xs), (None,) * len(xs))


def by_hand(xp: Formulas, rule: Rule, operands: Sequence[Expression]) -> Expression:
    """Return an operation without a readable rule: its symbol as a function of its operands."""
    if len(operands) > LONGEST:
        operands = [*operands[:2], left_out(xp, len(operands) - 3), operands[-1]]
    return xp.make(BY_HAND + printable(rule.symbol or "op"), *operands)


def _operands(xp: Formulas, operands: tuple[float, ...]) -> tuple[list[Expression], list[Expression]]:
    """Return the distinct variables, and each operand as an expression."""
    variables = [xp.variable() for _ in dict.fromkeys(k for k in operands if isinstance(k, int))]
    return variables, [variables[k] if isinstance(k, int) else xp.literal(k) for k in operands]


def _in_text(name: Symbol) -> Piece:
    return Piece(str(name), name.level)


def _in_latex(name: Symbol, last: int | None) -> Piece:
    return Piece(name.latex(last), name.level)


def _number(number: float, style: Style) -> Piece:
    size = style.number(abs(number))
    return Piece(style.minus + size.text, SUM) if number < 0 else size


def set_in_html(formula: Formula) -> str:
    """Return a formula as HTML.

    >>> from engine import Value
    >>> from engine.formula import of_node
    >>> x = Value(3.0, label="x_0")
    >>> print(set_in_html(of_node(x**2, {x: "x_0"})[0]))
    <i>x</i><sub>0</sub><sup>2</sup>
    """
    expression, names = formula.shown()
    return formula.typeset(expression, HTML, id(names), spell=lambda x: in_html(names[x])).text


# ── A node as one formula ───────────────────────────────────────────────────────────────────────────

MOST_OPERATIONS = 500
"""The most operations in a formula, and terms shown of a sum; longer ones are unreadable."""

TOO_LONG = MOST_OPERATIONS + 1, LONGEST + 1


def whole(C: Value, *, leaves: bool = False, names: bool = True) -> Formula:
    """Return the formula of a node in the names of its nearest labelled ancestors, or of its leaves.

    ``names`` names nodes without a label after the caller's variables that hold them. For a derivative from
    ``grad``, the formula is the derivative in symbols, with a case for each side of a kink.
    Raises TypeError if C is not a Value; ValueError for more than 500 operations or 4,000 operands: labels on
    intermediate nodes make such a formula readable.

    >>> from engine import Value
    >>> w, x, b = (Value(k, label=name) for k, name in enumerate("wxb"))
    >>> z = w * x + b
    >>> z.label = "z"
    >>> print(whole((z.sigmoid() - 1) ** 2), "|", whole((z.sigmoid() - 1) ** 2, leaves=True))
    (σ(z) − 1)² | (σ(w x + b) − 1)²
    """
    xp, order = Formulas(), topological_order(a_value(C, "whole takes a Value"))
    leaves, variables = flag(leaves, "leaves"), from_variables(order) if flag(names, "names") else {}
    called = labels.names(C, variables=variables)
    named = {node for node in order if node.label or (node in variables and not _is_number(node, C))}
    stops = [node for node in order if not node.parents or (node in named and node is not C and not leaves)]
    sizes = dict.fromkeys(stops, (0, 0))
    for node in unfinished(C, sizes):
        sizes[node] = _size(node, [sizes[parent] for parent in node.parents])
    if sizes[C] == TOO_LONG:  # before spending time on a formula that is not shown
        raise ValueError(
            f"{called[C]} takes more than {MOST_OPERATIONS} operations to write down; label some nodes on "
            "the way, or see it line by line with forward(C); "
            f"more than {LONGEST:,} operands are too many as well"
        )
    known = {node: xp.variable() if node in named else xp.literal(node.data) for node in stops}
    for node in unfinished(C, known):
        known[node] = computed(xp, node, [known[parent] for parent in node.parents])
    held = {x: node for node, x in known.items() if x.operation == "variable" and node in named}
    symbols = {x: symbol(called[node]) for x, node in held.items()}
    numbers = {x: node.data for x, node in held.items()}
    return Formula(known[C], symbols, numbers, frozenset(called.values()), MOST_OPERATIONS)


def _is_number(node: Value, C: Value) -> bool:
    """Return whether a node is the root and a plain number, such as ``grad`` of 3 x."""
    return node is C and node.rule == rules.constant


def _size(node: Value, parents: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the number of operations of a formula and of their operands; ``TOO_LONG`` if too many."""
    operations, operands = 1 + sum(n for n, _ in parents), len(node.parents) + sum(n for _, n in parents)
    return (operations, operands) if operations <= MOST_OPERATIONS and operands <= LONGEST else TOO_LONG


def computed(xp: Formulas, node: Value, operands: Sequence[Expression]) -> Expression:
    """Return what a node computes as an expression, given its operands as expressions."""
    rule = rule_of(node)
    if rule.name == "handmade":
        return by_hand(xp, rule, operands)
    if rule.name in NAMED:
        return named(xp, rule, operands) if rule.unusual else xp.call(rule.name, *operands)
    return xp.operand(rule(xp, *operands)[0])
