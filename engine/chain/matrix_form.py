"""The matrix form of a network's backward pass: δ^l = ((w^(l+1))ᵀ δ^(l+1)) ⊙ σ′(z^l).

The layers are found in the graph, so it works for networks of ``nn`` and for those built by hand. If a cost
combines several examples, as their mean does, each vector becomes a matrix with a column for each example.
Source: *Chapter 2: Backpropagation*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from engine.characters import shown
from engine.formula import symbol
from engine.formula.reading import Formula
from engine.formula.typeset import ONES
from engine.labels import number
from engine.numeric import in_json
from engine.perceptron import NOT_LAYERS, layer_nodes
from engine.readings.formulas import Formulas

from . import written
from .factors import Derivative, latex_number
from .written import NOTHING, Remark, columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.formula import Symbol
    from engine.perceptron import LayerNodes
    from engine.readings.expressions import Expression
    from engine.value import Value

    from .paths import Links

    Rows: TypeAlias = tuple[tuple[float, ...], ...]
    Layer: TypeAlias = tuple[LayerNodes, ...]
    """One layer, as found for each example."""

SHOWN = 6
"""The most rows, and numbers in a row, that are shown."""
VERTICAL = r"\vdots"
COLUMNS = "z, a and δ have a column for each example"


@dataclass(frozen=True, slots=True)
class MatrixEquation:
    """An equation between vectors or matrices, with the numbers of the result and of both operands of ⊙."""

    left: Symbol | Derivative
    right: Formula
    value: Rows
    """A matrix, row by row; for a vector, a row for each example."""
    parts: tuple[Rows, ...] = ()
    """The two vectors that are multiplied elementwise."""
    product: tuple[Rows, ...] = ()
    """The matrix wᵀ and the vector δ that are multiplied."""
    is_matrix: bool = False
    """Whether the value is a matrix, even one with a single row."""

    @property
    def text(self) -> str:
        """The equation in symbols."""
        return f"{self.left} = {self.right.text}"

    @property
    def latex(self) -> str:
        """The same as LaTeX."""
        return f"{self.left.latex()} = {self.right.latex()}"

    def sides(self) -> list[list[Rows | str]]:
        """Return the right sides in numbers: the product, its result beside the slopes, and the value."""
        found: list[list[Rows | str]] = []
        if self.product:
            matrix, delta = self.product
            beside: list[Rows | str] = ["⊙", _flipped(self.parts[1])] if self.parts else []
            found.append([matrix, "", _flipped(delta), *beside])
        if self.parts:
            found.append([_flipped(self.parts[0]), "⊙", _flipped(self.parts[1])])
        return [*found, [self.value if self.is_matrix else _flipped(self.value)]]


@dataclass(frozen=True, slots=True)
class MatrixForm:
    """The equations from the last layer back to the target's layer, then the one for the target."""

    equations: tuple[MatrixEquation, ...]
    remark: Remark = NOTHING

    def __str__(self) -> str:
        return shown(self.remark.below(self.text()))

    def text(self, room: int = written.WIDTH) -> str:
        """Return the equations with their numbers below them, on lines no wider than ``room``."""
        lines = [line for it in self.equations for line in _lines(it, room)]
        return shown("\n".join(written.folded(lines, room=room)))

    def latex(self) -> str:
        """Return LaTeX, with the numbers under the symbols."""
        return self.remark.below_latex(written.aligned(*map(_latex_lines, self.equations)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        rows = [[[in_json(x) for x in row] for row in it.value] for it in self.equations]
        told = zip(self.equations, rows, strict=True)
        return self.remark.beside({"equations": [{"text": it.text, "value": value} for it, value in told]})

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"


def form(links: Links) -> MatrixForm:
    """Return the matrix form down to the layer that holds the target, or to the first layer if none does.

    Raises ValueError if the graph is not layers of neurons below a cost.
    """
    layers, target = _Layers(links), links.target
    held = [k for k, layer in enumerate(layers.found) if any(it.holds(target) for it in layer)]
    if not held and any(target in it.activations for it in layers.found[-1]):
        return layers.form([layers.output()])
    lowest = held[0] if held else 0
    errors = [layers.error(k) for k in reversed(range(lowest, len(layers.found)))]
    return layers.form([*errors, *layers.of_target(layers.found[lowest])])


def whole_form(links: Links) -> MatrixForm:
    """Return the error of each layer, last to first, with the gradients of its weights and biases.

    Raises ValueError if the graph is not layers of neurons below a cost.
    """
    layers = _Layers(links)
    equations: list[MatrixEquation] = []
    for k, layer in reversed([*enumerate(layers.found)]):
        equations += [layers.error(k), layers.by_weights(layer)]
        equations += [layers.by_biases(layer)] if layer[0].biases else []
    return layers.form(equations)


class _Layers:
    """The layers of a cost, and their equations in the names of its notation.

    In the from–to notation, a row of w belongs to the neuron that it leads from, so w takes the place of wᵀ.
    """

    def __init__(self, links: Links) -> None:
        self.links, self.xp = links, Formulas()
        self.found = layer_nodes(links.root, {node: links.names[node] for node in links.named})
        self.names: dict[Expression, Symbol] = {}
        self.C = links.symbol(links.root)

    def form(self, equations: Sequence[MatrixEquation]) -> MatrixForm:
        """Return the equations as one matrix form."""
        remark = self.links.remark
        several = len(self.found[0]) > 1
        return MatrixForm(tuple(equations), remark._replace(note=COLUMNS) if several else remark)

    def output(self) -> MatrixEquation:
        """Return the gradient with respect to the last activations, where the backward pass begins."""
        last = self.found[-1]
        gradients = self._gradients(*(it.activations for it in last))
        return self._equation(self._by("a", last[0].number), self._nabla(last[0].number), gradients)

    def error(self, k: int) -> MatrixEquation:
        """Return δ of a layer: from ∇C for the last layer, else from δ of the next layer."""
        layer, l = self.found[k], self.found[k][0].number
        product: tuple[Rows, ...] = ()
        if k == len(self.found) - 1:
            told, before = self._nabla(l), self._gradients(*(it.activations for it in layer))
        else:
            later = self.found[k + 1]
            told, before, product = self._passed_back(l + 1), *self._through(later)
        delta, value = self._name("δ", l), self._gradients(*(it.zs for it in layer))
        if layer[0].activations == layer[0].zs:
            return self._equation(delta, told, value)
        functions = {it.function for it in layer}
        name, *parameters = functions.pop() if len(functions) == 1 else ("f",)
        slope = self.xp.make(f"{name}′", self._variable("z", l), *parameters)
        slopes = tuple(it.slopes for it in layer)
        return self._equation(delta, self.xp.make("⊙", told, slope), value, (before, slopes), product)

    def of_target(self, layer: Layer) -> Iterator[MatrixEquation]:
        """Yield the gradient of the weights, biases or inputs, whichever the target belongs to."""
        target, l = self.links.target, layer[0].number
        if any(target in row for row in layer[0].weights):
            yield self.by_weights(layer)
        elif target in layer[0].biases:
            yield self.by_biases(layer)
        elif any(target in it.inputs for it in layer):
            if any(it.shares_inputs for it in layer):
                raise ValueError(
                    NOT_LAYERS.format("the inputs are used elsewhere too, so that ∂C/∂a is not wᵀ δ alone")
                )
            value, product = self._through(layer)
            yield self._equation(self._by("a", l - 1), self._passed_back(l), value, (), product)

    def by_weights(self, layer: Layer) -> MatrixEquation:
        """Return the gradient of a weight matrix."""
        l = layer[0].number
        ends = [self._variable("δ", l), self._variable("a", l - 1)]
        value = self._gradients(*layer[0].weights)
        if self.links.is_from_to:
            ends, value = ends[::-1], _flipped(value)
        right = self.xp.make("*", ends[0], self.xp.make("ᵀ", ends[1]))
        return self._equation(self._by("w", l), right, value, is_matrix=True)

    def by_biases(self, layer: Layer) -> MatrixEquation:
        """Return the gradient of the biases: δ, with its columns summed if there are several examples."""
        right = self._variable("δ", layer[0].number)
        if len(layer) > 1:
            right = self.xp.make("*", right, self.xp.make(ONES))
        if any(layer[0].subtracts):
            right = self.xp.make("neg", right)
        return self._equation(self._by("b", layer[0].number), right, self._gradients(layer[0].biases))

    def _equation(
        self,
        left: Symbol | Derivative,
        right: Expression,
        value: Rows,
        parts: tuple[Rows, ...] = (),
        product: tuple[Rows, ...] = (),
        *,
        is_matrix: bool = False,
    ) -> MatrixEquation:
        return MatrixEquation(left, Formula(right, self.names, {}), value, parts, product, is_matrix)

    def _name(self, letter: str, layer: int) -> Symbol:
        return self.links.notation.of_layer(letter, layer, self.found[-1][0].number)

    def _variable(self, letter: str, layer: int) -> Expression:
        x = self.xp.variable()
        self.names[x] = self._name(letter, layer)
        return x

    def _by(self, letter: str, layer: int) -> Derivative:
        return Derivative(self.C, self._name(letter, layer))

    def _nabla(self, last: int) -> Expression:
        """Return ∇_a C."""
        C, a = self.xp.variable(), self.xp.variable()
        self.names |= {C: self.C, a: symbol(self._name("a", last).letter)}
        return self.xp.make("∇", a, C)

    def _passed_back(self, l: int) -> Expression:
        """Return wᵀ δ."""
        w, delta = self._variable("w", l), self._variable("δ", l)
        return self.xp.make("*", w if self.links.is_from_to else self.xp.make("ᵀ", w), delta)

    def _through(self, layer: Layer) -> tuple[Rows, tuple[Rows, Rows]]:
        """Return the product wᵀ δ, a sum over the neurons for each input, and its two factors."""
        transposed = tuple(tuple(w.data for w in column) for column in zip(*layer[0].weights, strict=True))
        deltas = self._gradients(*(it.zs for it in layer))
        found = tuple(
            tuple(sum(w * d for w, d in zip(row, delta, strict=True)) for row in transposed)
            for delta in deltas
        )
        return found, (transposed, deltas)

    def _gradients(self, *rows: Sequence[Value]) -> Rows:
        return tuple(tuple(self.links.gradient[node] for node in row) for row in rows)


def _flipped(rows: Rows) -> Rows:
    """Return the transpose."""
    return tuple(zip(*rows, strict=True))


# ── Matrices as text and as LaTeX ─────────────────────────────────────────────────────────────────


def _lines(it: MatrixEquation, room: int) -> list[str]:
    """Return the equation and, below it, each right side in numbers."""
    pad = " " * len(shown(f"{it.left} "))
    lines = [it.text]
    for side in it.sides():
        boxes = [shown(part) if isinstance(part, str) else _box(part) for part in side]
        told = _beside(["=", *boxes])
        if max(map(len, told)) + len(pad) > room:
            told = [line for box in _one_by_one(boxes) for line in _beside(box)]
        lines += [f"{pad}{line}" for line in told]
    return lines


def _box(rows: Rows) -> list[str]:
    """Return a matrix with brackets around each row, and dots for the middle of a large one."""
    cells = [_dotted([number(x) for x in row], "…") for row in _dotted(rows, ())]
    cells = [cells_of or ["⋮"] * len(cells[0]) for cells_of in cells]
    return [f"[{row}]" for row in columns(cells, left=0, between=", ")]


def _beside(boxes: Sequence[str | list[str]]) -> list[str]:
    """Place boxes side by side, with signs level with the middle of the tallest."""
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
    """Yield each box separately, after the sign that precedes it."""
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
    sides = [
        [r"\odot" * bool(part) if isinstance(part, str) else _bracketed(part) for part in side]
        for side in it.sides()
    ]
    return written.equated(
        it.left.latex(), [[it.right.latex()], *([" ".join(filter(None, side))] for side in sides)]
    )


def _bracketed(rows: Rows) -> str:
    cells = [_dotted([latex_number(x) for x in row], r"\cdots") for row in rows]
    return written.matrix(_dotted(cells, [VERTICAL]))
