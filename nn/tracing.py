"""The trace of a network: every derivative by the chain rule, and one step of gradient descent.

``trace`` combines the ``accounts`` of single examples with the average or sum over examples, the gradient
vector ∇C and the step. As text, no line is longer than 80 columns; as LaTeX, it is a complete document.

Sources: *Backpropagation Calculus* for the average and ∇C; *Neural Networks (2)* for the update rule.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import engine
from engine.arguments import closest
from engine.chain import Derivative, matrix_form, written
from engine.chain.factors import latex_number
from engine.chain.paths import Links, as_links
from engine.characters import printable, shown
from engine.formula import symbol
from engine.numeric import flag, in_json, short, whole

from .accounts import Wanted, account
from .data import examples
from .losses import Cost
from .losses import cost as named_cost

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine import Value
    from engine.chain.matrix_form import MatrixForm
    from engine.formula import Symbol

    from .accounts import Account, TracedDerivative
    from .layers import MLP


# ── The chain rule of a network ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Component:
    """One component of ∇C, for each example and on average, and its parameter before and after the step."""

    name: str
    by_example: tuple[float, ...]
    average: float
    before: float
    after: float
    symbol: Symbol | None = None
    """The name in the chosen notation."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        told = {"name": self.name, "by_example": self.by_example, "average": self.average}
        return _plain(told | {"before": self.before, "after": self.after})

    @property
    def shown(self) -> Symbol:
        """The name as it is shown."""
        return self.symbol or symbol(self.name)

    def derivative(self, C: str) -> Derivative:
        """Return the component in symbols, as the derivative of the cost of this name."""
        return Derivative(symbol(C), self.shown)


@dataclass(frozen=True, slots=True)
class TracedStep:
    """One step along the gradient: C before and after it, and the change that the gradient predicts."""

    lr: float
    maximise: bool
    before: float
    after: float | None
    """C after the step; None if it is not finite."""
    promised: float
    parameters: int
    """How many weights and biases the step changes: all of them, including those not shown."""


@dataclass(frozen=True, slots=True)
class Trace:
    """The whole trace. ``str()`` is the text, ``latex()`` a document, ``to_dict()`` the data."""

    network: str
    examples: tuple[Account, ...]
    gradient: tuple[Component, ...]
    step: TracedStep
    summed: bool = False
    """Whether C is the sum over examples, not the average."""
    matrices: MatrixForm | None = None
    """The backward pass of C with a column for each example, if there are several and matrices are wanted."""

    @property
    def cost(self) -> str:
        """The name of the whole cost."""
        return "C_0" if len(self.gradient[0].by_example) == 1 else "C"

    @property
    def only(self) -> str:
        """Which components of ∇C are shown, if not all are."""
        shown, steps = len(self.gradient), self.step.parameters
        return f"{shown} of {steps} components; the step changes all {steps}" if shown < steps else ""

    def to_dict(self) -> dict[str, Any]:
        """Return nested dicts and lists, ready for JSON."""
        return {
            "network": self.network,
            "examples": [example.to_dict() for example in self.examples],
            "gradient": [component.to_dict() for component in self.gradient],
            "step": _plain(asdict(self.step)),
        } | ({"matrices": self.matrices.to_dict()} if self.matrices else {})

    def __str__(self) -> str:
        return shown(text(self))

    __repr__ = __str__

    def latex(self) -> str:
        """Return a LaTeX document with the forward pass, every derivative, and the gradient vector."""
        return document(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002  (IPython's)
        """Return the formulas in display style for notebooks, and the text for other displays."""
        return {"text/plain": str(self), "text/markdown": "\n\n".join(markdown(self))}


def costs(model: MLP, cost: Cost, pairs: Sequence[tuple[Any, Any]]) -> list[Value]:
    """Return C_0, C_1, …: a labelled node for the cost of each example; all share the parameters."""
    nodes = [cost.function(model(x), y) for x, y in pairs]
    if not nodes:
        raise ValueError("there are no examples to account for; give at least one")
    for k, node in enumerate(nodes):
        node.label = f"C_{k}"
        if not math.isfinite(node.data):
            raise ValueError(f"{node.label} is {node.data}, which has no derivatives; try smaller numbers")
    return nodes


def average(nodes: Sequence[Value], *, summed: bool = False) -> Value:
    """Return C = 1/n Σ C_k, or Σ C_k; for one example, C_0 itself."""
    if len(nodes) == 1:
        return nodes[0]
    C = engine.total(nodes) if summed else engine.mean(nodes)
    C.label = "C"
    return C


def refuse_unknown(names: Iterable[str], known: Collection[str], what: str) -> None:
    """Raise ValueError for the first name that no weight or bias has, with the most similar one.

    >>> refuse_unknown(["w"], ["w^(1)", "b^(1)"], "wrt")
    Traceback (most recent call last):
        ...
    ValueError: wrt names weights and biases, got 'w'; did you mean w^(1)? the names are w^(1), b^(1)
    """
    for name in names:
        if name not in known:
            close = next((other for other in known if other.startswith(f"{name}^")), closest(name, known))
            raise ValueError(
                f"{what} names weights and biases, got {short(name)}; "
                f"{f'did you mean {close}? ' * bool(close)}the names are {', '.join(known)}"
            )


def trace(
    model: MLP,
    x: Any,
    y: Any,
    cost: str | Cost = "squared_error",
    *,
    lr: float = 0.1,
    show: int | None = None,
    wrt: str | Iterable[str] = (),
    delta: bool = False,
    matrix: bool = False,
    order: str = "weight first",
    summed: bool = False,
    notation: str = "w_jk^(l)",
    layers: str = "numbers",
) -> Trace:
    """Account for every derivative of the cost of a network, and for one step of gradient descent.

    ``x`` and ``y`` are one example, each a number or a list of numbers, or several: a list of lists. The
    first ``show`` examples are accounted for in full (None for all). The gradient vector and the step are
    always those of the average over all examples, or of the sum if ``summed``.

    The products of the last two layers are written in full; those of earlier layers reuse the derivatives of
    the next layer. ``wrt`` names the weights and biases to show, if not all; the derivatives that these reuse
    are also shown, and the step still changes all parameters. ``delta`` writes everything in terms of the
    errors δ, ``matrix`` as vectors and matrices, with one more form for several examples together. ``order``,
    ``notation`` and ``layers`` are those of ``engine.explain``.

    The parameters keep their values, and their gradients are cleared. Raises ValueError for a wrong number of
    inputs or desired outputs, for no examples, and for an unknown choice, cost or name in ``wrt``.

    >>> from nn import MLP
    >>> model = MLP(1, [1], activation="sigmoid", output_activation="sigmoid")
    >>> model.load_state_dict({"w^(1)": 0.0, "b^(1)": 0.0})
    >>> traced = trace(model, 2.0, 1.0)
    >>> [factor.number for factor in traced.examples[0].layers[0].parameters[0].paths[0]]
    [2.0, 0.25, -1.0]

    In docs/concordance.md: calculus 2 to 4, 6 to 9, 11, 13, 16 to 18, 20 to 30; delta 2, 7, 8, 21 to 26;
    lecture 14, 22, 24; week9 1, 18, 30, 35, 36, 39 to 42.
    """
    cost = named_cost(cost)
    names = frozenset([wrt] if isinstance(wrt, str) else wrt)
    refuse_unknown(sorted(names), model.state_dict(), "wrt")
    delta, matrix, summed = flag(delta, "delta"), flag(matrix, "matrix"), flag(summed, "summed")
    show = None if show is None else whole(show, "show", 0)
    wanted = Wanted(names, delta, matrix, order, notation, layers)
    nodes = costs(model, cost, as_examples(model, x, y))
    accounts, gradients = [], []
    for k, node in enumerate(nodes):
        model.zero_grad()
        node.backward()
        gradients.append([parameter.grad for parameter in model.parameters()])
        if show is None or k < show:
            accounts.append(account(model, node, wanted))
    model.zero_grad()
    by_parameter = list(zip(*gradients, strict=True))
    gradient = [sum(slopes) / (1 if summed else len(nodes)) for slopes in by_parameter]
    C = average(nodes, summed=summed)
    step, after = _step(model, C, gradient, lr, maximise=cost.maximise)
    named = zip(model.named_parameters(), by_parameter, gradient, after, strict=True)
    links = Links(C, **as_links(wanted.manner))
    matrices = matrix_form.whole_form(links) if matrix and len(nodes) > 1 else None
    components = tuple(
        Component(n, slopes, g, p.data, x, links.names.get(p))
        for (n, p), slopes, g, x in named
        if wanted.shows(n)
    )
    return Trace(printable(_network(model, cost)), tuple(accounts), components, step, summed, matrices)


def as_examples(model: MLP, x: Any, y: Any) -> list[tuple[Any, Any]]:
    """Return examples as pairs: several if x is a list of lists or, for one input, a list of numbers.

    >>> from nn import MLP
    >>> as_examples(MLP(2, [1]), [0.5, 1.0], 1.0), as_examples(MLP(1, [1]), [0.5, 1.0], [1.0, 0.0])
    ([([0.5, 1.0], 1.0)], [(0.5, 1.0), (1.0, 0.0)])
    """
    xs = examples(x) if isinstance(x, Iterable) else [x]
    several = any(isinstance(one, Iterable) for one in xs) or (model.sizes[0] == 1 and len(xs) > 1)
    if not several and xs:
        return [(x, y)]
    ys = examples(y, "y must be a list, an output for each example")
    if len(xs) != len(ys):
        raise ValueError(f"expected an output for each example, got {len(ys)} for {len(xs)}")
    return list(zip(xs, ys, strict=True))


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    """Return the data with its numbers, alone or in tuples, made suitable for JSON."""

    def plain(x: Any) -> Any:
        return [*map(plain, x)] if isinstance(x, tuple) else in_json(x) if isinstance(x, float) else x

    return {name: plain(x) for name, x in told.items()}


def _step(
    model: MLP, C: Value, gradient: Sequence[float], lr: float, *, maximise: bool
) -> tuple[TracedStep, list[float]]:
    """Take the step W ← W − η ∇C (uphill for a cost to maximise), and undo it."""
    parameters, before = model.parameters(), C.data
    old = [parameter.data for parameter in parameters]
    eta = lr if maximise else -lr
    new = [x + eta * g for x, g in zip(old, gradient, strict=True)]
    try:
        after = _set(parameters, new, C)
    except (ArithmeticError, ValueError):  # outside the domain of the cost
        after = None
    _set(parameters, old, C)
    return TracedStep(lr, maximise, before, after, eta * sum(g * g for g in gradient), len(new)), new


def _set(parameters: Sequence[Value], numbers: Sequence[float], C: Value) -> float | None:
    """Set the parameters and return C, or None if it is not finite."""
    for parameter, x in zip(parameters, numbers, strict=True):
        parameter.data = x
    C.refresh()
    return C.data if math.isfinite(C.data) else None


def _network(model: MLP, cost: Cost) -> str:
    activations = model.activations
    same = activations[0] if len(set(activations)) == 1 else " → ".join(activations)
    return f"{'-'.join(map(str, model.sizes))} network, activation {same}, cost {cost.name}"


# ── A trace as text ───────────────────────────────────────────────────────────────────────────────

WIDTH = 80
ROOM = WIDTH - 2
"""Columns of an indented line."""


def text(trace: Trace) -> str:
    """Return the whole trace as text."""
    title = written.folded([trace.network], indent=2)
    lines = [line for example in trace.examples for line in _account(example)]
    lines += _as_matrices(trace.matrices, f" pass of {trace.cost}")
    lines += [*_gradient(trace), *_step_text(trace.step)]
    return "\n".join([*title, *(line.replace("-", "−") for line in lines)])


def _account(account: Account) -> Iterator[str]:
    yield from ("", f"Forward pass of {account.cost}")
    yield from (f"  {name} = {x:.6g}" for name, x in account.inputs.items())
    yield from _indented(account.forward.text(ROOM))
    if account.matrices:
        yield from _as_matrices(account.matrices)
        return
    for layer in account.layers:
        if layer.all:
            yield from ("", f"Layer {layer.name or layer.number}, backward")
        for derivative in layer.all:
            yield from _derivative(derivative)


def _as_matrices(form: MatrixForm | None, of: str = "") -> Iterator[str]:
    if form:
        yield from ("", f"Backward{of}, as vectors and matrices")
        yield from _indented(form.remark.below(form.text(ROOM)))


def _derivative(d: TracedDerivative) -> Iterator[str]:
    """Yield the lines of the equation, with the finite difference beside its value or below it."""
    *lines, value = _indented(written.equation(d.equation, ROOM))
    yield from lines
    beside = _beside(d)
    if beside and len(value) + len(beside) + 4 > WIDTH:
        yield value
        yield from written.folded([f"    {beside}"])
    else:
        yield f"{value}    {beside}".rstrip()


def _indented(shown: str | Iterable[str]) -> list[str]:
    lines = shown.split("\n") if isinstance(shown, str) else shown
    return [f"  {line}" for line in lines]


def _beside(d: TracedDerivative) -> str:
    if not d.verdict:
        return ""
    if d.numeric is None:
        return f"[no finite difference to confirm it: {d.verdict}]"
    return f"[finite difference {d.numeric:.6g}, off by {abs(d.value - d.numeric):.0e}: {d.verdict}]"


def _gradient(trace: Trace) -> Iterator[str]:
    components, C = trace.gradient, trace.cost
    n = len(components[0].by_example)
    yield ""
    how = f" = Σ_k ∇C_k, the sum over n = {n} examples"
    if not trace.summed:
        how = f" = 1/n Σ_k ∇C_k, the average over n = {n} examples"
    yield from written.folded([f"Gradient vector ∇{C}{how * (n > 1)}"], indent=2)
    if trace.only:
        yield f"  {trace.only}"
    rows = [["", f"∂{C}", "now", "after a step"]]
    rows += [[f"∂/∂{c.shown}", *(f"{x:.6g}" for x in (c.average, c.before, c.after))] for c in components]
    each = [[f"∂C_{k}" for k in range(n)]] + [[f"{slope:.6g}" for slope in c.by_example] for c in components]
    with_each = written.columns([[row[0], *own, *row[1:]] for row, own in zip(rows, each, strict=True)])
    fits = n > 1 and max(map(len, with_each)) <= ROOM
    yield from _indented(with_each if fits else written.columns(rows))


def _step_text(step: TracedStep) -> Iterator[str]:
    way, sign = ("ascent", "+") if step.maximise else ("descent", "−")
    yield ""
    yield f"One step of gradient {way}, W ← W {sign} η ∇C with η = {step.lr:g}"
    told = [f"C = {step.before:.6g} has no finite value after it;"]
    if step.after is not None:
        told = [f"C = {step.before:.6g} becomes {step.after:.6g}:"]
        told.append(f"it changes by {step.after - step.before:.3g};")
    told.append(f"the gradient predicted {sign}η |∇C|² = {step.promised:.3g}")
    yield from written.folded([f"  {' '.join(told)}"], indent=2)


# ── A trace as LaTeX ──────────────────────────────────────────────────────────────────────────────

PREAMBLE = r"""\documentclass{article}
\usepackage{amsmath}
\usepackage[margin=2cm]{geometry}
\setlength{\parindent}{0pt}
\begin{document}
"""


def document(trace: Trace) -> str:
    """Return the trace as a LaTeX document, which needs only the packages amsmath and geometry."""
    parts = [PREAMBLE]
    for heading, formula in _formulas(trace):
        parts += [rf"\section*{{{heading}}}" if heading else "", rf"\[{formula}\]"]
    return "\n".join([*filter(None, parts), r"\end{document}"])


def markdown(trace: Trace) -> Iterator[str]:
    """Yield the paragraphs of the trace in Markdown, with formulas that notebooks typeset."""
    yield f"**{trace.network}**"
    for heading, formula in _formulas(trace):
        if heading:
            yield f"**{heading}**"
        yield f"$${formula}$$"


def _formulas(trace: Trace) -> Iterator[tuple[str, str]]:
    """Yield each formula with the heading above it; the heading is empty within a section."""
    for example in trace.examples:
        yield f"Forward pass of ${symbol(example.cost).latex()}$", example.forward.latex()
        if example.matrices:
            yield "Backward, as vectors and matrices", example.matrices.latex()
            continue
        for layer in example.layers:
            for k, derivative in enumerate(layer.all):
                yield f"Layer {layer.name or layer.number}, backward" * (not k), derivative.equation.latex()
    if trace.matrices:
        yield f"Backward pass of ${trace.cost}$, as vectors and matrices", trace.matrices.latex()
    rows = [
        written.equated(c.derivative(trace.cost).latex(), [[latex_number(c.average)]]) for c in trace.gradient
    ]
    yield f"Gradient vector{f' ({trace.only})' * bool(trace.only)}", written.aligned(*rows)
    yield _step_latex(trace)


def _step_latex(trace: Trace) -> tuple[str, str]:
    """Return the heading of the step, and what it does to the cost."""
    step, C = trace.step, symbol(trace.cost).latex()
    way, sign = ("ascent", "+") if step.maximise else ("descent", "-")
    rule = rf"W \leftarrow W {sign} \eta \nabla {C}"
    before, predicted = latex_number(step.before), latex_number(float(f"{step.promised:.3g}"))
    rows = [rf"{C} &= {before} \text{{ before it, no finite value after it}}"]
    if step.after is not None:
        after, change = latex_number(step.after), latex_number(float(f"{step.after - step.before:.3g}"))
        rows = [rf"{C} &= {before} \text{{ becomes }} {after}\text{{: it changes by }} {{{change}}}"]
    rows.append(rf"{sign}\eta \, |\nabla {C}|^2 &= {predicted} \text{{ is what the gradient predicted}}")
    return rf"One step of gradient {way}, ${rule}$ with $\eta = {step.lr:g}$", written.aligned(rows)
