"""The matrix form of a network's backward pass: δ^l = ((w^(l+1))ᵀ δ^(l+1)) ⊙ σ′(z^l).

The layers are found in the graph, so that it holds for networks of ``nn`` and for those made by hand.
Source: *Chapter 2: Backpropagation*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from engine.characters import shown
from engine.formula.symbols import Piece
from engine.formula.typeset import LATEX, PLAIN
from engine.labels import number
from engine.numeric import in_json
from engine.perceptron import NOT_LAYERS, layer_nodes

from . import written
from .factors import Derivative, latex_number
from .written import NOTHING, Remark, columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.formula import Symbol
    from engine.perceptron import LayerNodes
    from engine.value import Value

    from .paths import Links

    Rows: TypeAlias = tuple[tuple[float, ...], ...]

SHOWN = 6
"""Numbers of a row, and rows, that are shown."""
VERTICAL = r"\vdots"


@dataclass(frozen=True, slots=True)
class MatrixEquation:
    """An equation between vectors or matrices, with the numbers of both sides of its ⊙ and of the whole."""

    text: str
    latex: str
    value: Rows
    """A matrix, row by row; a vector is one row."""
    parts: tuple[Rows, ...] = ()
    product: tuple[Rows, ...] = ()
    """The matrix wᵀ and the vector δ that are multiplied."""
    is_matrix: bool = False
    """Whether the value is a matrix, even of one row."""

    def sides(self) -> list[list[Rows | str]]:
        """The right sides in numbers: the product, what it comes to beside the slopes, and the value."""
        found: list[list[Rows | str]] = []
        if self.product:
            transposed, delta = self.product
            beside: list[Rows | str] = ["⊙", _as_column(self.parts[1])] if self.parts else []
            found.append([transposed, "", _as_column(delta), *beside])
        if self.parts:
            found.append([_as_column(self.parts[0]), "⊙", _as_column(self.parts[1])])
        return [*found, [self.value if self.is_matrix else _as_column(self.value)]]


@dataclass(frozen=True, slots=True)
class MatrixForm:
    """The equations from the last layer back to the one asked for, then the derivatives by what it holds."""

    equations: tuple[MatrixEquation, ...]
    remark: Remark = NOTHING

    def __str__(self) -> str:
        return shown(self.remark.below(self.text()))

    def text(self, room: int = written.WIDTH) -> str:
        """The equations with their numbers below them, on lines no longer than there is room."""
        lines = [line for it in self.equations for line in _lines(it, room)]
        return shown("\n".join(written.folded(lines, room=room)))

    def latex(self) -> str:
        """LaTeX, with the numbers under the symbols."""
        return self.remark.below_latex(written.aligned(*map(_latex_lines, self.equations)))

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        rows = [[[in_json(x) for x in row] for row in it.value] for it in self.equations]
        told = zip(self.equations, rows, strict=True)
        return self.remark.beside({"equations": [{"text": it.text, "value": value} for it, value in told]})

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"


def form(links: Links) -> MatrixForm:
    """Return the matrix form down to the layer that holds the target; to the first one if none does.

    Raises ValueError if the graph is not layers of neurons below a cost.
    """
    found = layer_nodes(links.root, {node: links.names[node] for node in links.named})
    held = [k for k, layer in enumerate(found) if layer.holds(links.target)]
    if not held and links.target in found[-1].activations:
        return MatrixForm((_output(links, found[-1]),), links.remark)
    lowest = held[0] if held else 0
    errors = [_error(links, found, k) for k in reversed(range(lowest, len(found)))]
    return MatrixForm((*errors, *_of_target(links, found[lowest])), links.remark)


def whole_form(links: Links) -> MatrixForm:
    """Return the error of each layer, last to first, each with the derivatives by its weights and biases.

    Raises ValueError if the graph is not layers of neurons below a cost.
    """
    found = layer_nodes(links.root, {node: links.names[node] for node in links.named})
    equations: list[MatrixEquation] = []
    for k in reversed(range(len(found))):
        equations += [_error(links, found, k), _by_weights(links, found[k])]
        equations += [_by_biases(links, found[k])] if found[k].biases else []
    return MatrixForm(tuple(equations), links.remark)


def _output(links: Links, layer: LayerNodes) -> MatrixEquation:
    """The derivatives by the activations of the last layer, where all begins."""
    C, a = links.symbol(links.root), links.of_layer("a", layer.number)
    told, told_latex = _fraction(C, a)
    value = (_gradients(links, layer.activations),)
    return MatrixEquation(f"{told} = ∇_a {C}", rf"{told_latex} = \nabla_a {C.latex()}", value)


def _error(links: Links, found: Sequence[LayerNodes], k: int) -> MatrixEquation:
    """δ of one layer: by ∇C of the last one, by δ of the next of another."""
    layer, l = found[k], found[k].number
    delta, z = links.of_layer("δ", l), links.of_layer("z", l)
    product: tuple[Rows, ...] = ()
    if k == len(found) - 1:
        C = links.symbol(links.root)
        told, told_latex = f"∇_a {C}", rf"\nabla_a {C.latex()}"
        before = _gradients(links, layer.activations)
    else:
        w, later = links.of_layer("w", l + 1), links.of_layer("δ", l + 1)
        told, told_latex = f"(({w})ᵀ {later})", rf"(({w.latex()})^T {later.latex()})"
        before, product = _transposed_times(links, found[k + 1]), _transposed(links, found[k + 1])
    value = (_gradients(links, layer.zs),)
    if layer.activations == layer.zs:
        text, latex = f"{delta} = {told}", rf"{delta.latex()} = {told_latex}"
        return MatrixEquation(text, latex, value, (), product)
    name, *parameters = layer.function
    shown, shown_latex = (
        style.function(f"{name}′", [Piece(of), *(Piece(spell(x)) for x in parameters)]).text
        for style, of, spell in ((PLAIN, str(z), number), (LATEX, z.latex(), latex_number))
    )
    return MatrixEquation(
        f"{delta} = {told} ⊙ {shown}",
        rf"{delta.latex()} = {told_latex} \odot {shown_latex}",
        value,
        ((before,), (layer.slopes,)),
        product,
    )


def _of_target(links: Links, layer: LayerNodes) -> Iterator[MatrixEquation]:
    """The derivatives by the weights, by the biases or by the inputs that the target is one of."""
    if any(links.target in row for row in layer.weights):
        yield _by_weights(links, layer)
    elif links.target in layer.biases:
        yield _by_biases(links, layer)
    elif links.target in layer.inputs:
        if layer.shares_inputs:
            raise ValueError(
                NOT_LAYERS.format("the inputs are used elsewhere too, so that ∂C/∂a is not wᵀ δ alone")
            )
        l = layer.number
        w, delta = links.of_layer("w", l), links.of_layer("δ", l)
        told, told_latex = _fraction(links.symbol(links.root), links.of_layer("a", l - 1))
        yield MatrixEquation(
            f"{told} = ({w})ᵀ {delta}",
            rf"{told_latex} = ({w.latex()})^T {delta.latex()}",
            (_transposed_times(links, layer),),
            (),
            _transposed(links, layer),
        )


def _by_weights(links: Links, layer: LayerNodes) -> MatrixEquation:
    l = layer.number
    delta, a = links.of_layer("δ", l), links.of_layer("a", l - 1)
    told, told_latex = _fraction(links.symbol(links.root), links.of_layer("w", l))
    value = tuple(_gradients(links, row) for row in layer.weights)
    text, latex = f"{told} = {delta} ({a})ᵀ", rf"{told_latex} = {delta.latex()} ({a.latex()})^T"
    return MatrixEquation(text, latex, value, is_matrix=True)


def _by_biases(links: Links, layer: LayerNodes) -> MatrixEquation:
    delta, b = links.of_layer("δ", layer.number), links.of_layer("b", layer.number)
    told, told_latex = _fraction(links.symbol(links.root), b)
    value = (_gradients(links, layer.biases),)
    return MatrixEquation(f"{told} = {delta}", rf"{told_latex} = {delta.latex()}", value)


def _fraction(C: Symbol, by: Symbol) -> tuple[str, str]:
    derivative = Derivative(C, by)
    return str(derivative), derivative.latex()


def _gradients(links: Links, nodes: Sequence[Value]) -> tuple[float, ...]:
    return tuple(links.gradient[node] for node in nodes)


def _transposed_times(links: Links, layer: LayerNodes) -> tuple[float, ...]:
    """wᵀ δ: for each input the sum over the neurons that read it."""
    delta = _gradients(links, layer.zs)
    return tuple(
        sum(w.data * d for w, d in zip(column, delta, strict=True))
        for column in zip(*layer.weights, strict=True)
    )


def _transposed(links: Links, layer: LayerNodes) -> tuple[Rows, Rows]:
    """wᵀ and δ."""
    columns = zip(*layer.weights, strict=True)
    return tuple(tuple(w.data for w in column) for column in columns), (_gradients(links, layer.zs),)


def _as_column(row: Rows) -> Rows:
    return tuple((x,) for x in row[0])


# ── Matrices as text and as LaTeX ─────────────────────────────────────────────────────────────────


def _lines(it: MatrixEquation, room: int) -> list[str]:
    """The equation, and below it each right side in numbers."""
    pad = " " * it.text.index("=")
    lines = [it.text]
    for side in it.sides():
        boxes = [part if isinstance(part, str) else _box(part) for part in side]
        shown = _beside(["=", *boxes])
        if max(map(len, shown)) + len(pad) > room:
            shown = [line for box in _one_by_one(boxes) for line in _beside(box)]
        lines += [f"{pad}{line}" for line in shown]
    return lines


def _box(rows: Rows) -> list[str]:
    """A matrix with brackets around each row; dots in place of what is in the middle of a large one."""
    cells = [_dotted([number(x) for x in row], "…") for row in _dotted(rows, ())]
    cells = [cells_of or ["⋮"] * len(cells[0]) for cells_of in cells]
    return [f"[{row}]" for row in columns(cells, left=0, between=", ")]


def _beside(boxes: Sequence[str | list[str]]) -> list[str]:
    """Boxes next to each other, signs beside the middle of the tallest."""
    height = max(len(box) for box in boxes if not isinstance(box, str))
    middle = (height - 1) // 2
    padded = []
    for box in boxes:
        if isinstance(box, str):
            padded.append([box if k == middle else " " * len(box) for k in range(height)])
        else:
            above = (height - len(box)) // 2
            blank = " " * len(box[0])
            below = [blank] * (height - len(box) - above)
            padded.append([blank] * above + box + below)
    joined = zip(*(part for part in padded if any(part)), strict=True)
    return [" ".join(row).rstrip() for row in joined]


def _one_by_one(boxes: Sequence[str | list[str]]) -> Iterator[list[str | list[str]]]:
    """Each box on lines of its own, behind the sign before it."""
    sign = "="
    for box in boxes:
        if isinstance(box, str):
            sign = box or "·"
        else:
            yield [sign, box]


T = TypeVar("T")


def _dotted(items: Sequence[T], dots: T) -> list[T]:
    return [*items] if len(items) <= SHOWN else [*items[: SHOWN - 2], dots, items[-1]]


def _latex_lines(it: MatrixEquation) -> list[str]:
    head, tail = it.latex.split(" = ", 1)
    sides = [
        [r"\odot" * bool(part) if isinstance(part, str) else _bracketed(part) for part in side]
        for side in it.sides()
    ]
    return written.equated(head, [[tail], *([" ".join(filter(None, side))] for side in sides)])


def _bracketed(rows: Rows) -> str:
    cells = [_dotted([latex_number(x) for x in row], r"\cdots") for row in rows]
    return written.matrix(_dotted(cells, [VERTICAL]))
