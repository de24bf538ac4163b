"""The matrix form of a network's backward pass: δ^l = ((w^(l+1))ᵀ δ^(l+1)) ⊙ σ′(z^l).

The layers are found in the graph, so that it holds for networks of ``nn`` and for those made by hand.
Source: *Chapter 2: Backpropagation*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.characters import shown
from engine.formula.symbols import Piece
from engine.formula.typeset import LATEX, PLAIN
from engine.labels import number
from engine.neurons import NOT_LAYERS, LayerNodes, layer_nodes
from engine.numeric import in_json

from . import written
from .factors import latex_number
from .paths import NOTHING, Links, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.value import Value

    Rows: TypeAlias = tuple[tuple[float, ...], ...]

SHOWN = 6
"""Numbers of a row, and rows, that are shown."""


@dataclass(frozen=True, slots=True)
class MatrixEquation:
    """An equation between vectors or matrices, with the numbers of both sides of its ⊙ and of the whole."""

    text: str
    latex: str
    value: Rows
    """A matrix, row by row; a vector is one row."""
    parts: tuple[Rows, ...] = ()


@dataclass(frozen=True, slots=True)
class MatrixForm:
    """The equations from the last layer back to the one asked for, then the derivatives by what it holds."""

    equations: tuple[MatrixEquation, ...]
    remark: Remark = NOTHING

    def __str__(self) -> str:
        lines = [line for it in self.equations for line in written.folded(_lines(it))]
        return shown(self.remark.below("\n".join(lines)))

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
    """The matrix form down to the layer that holds the target; to the first one where none does.

    ValueError where the graph is not layers of neurons below a cost.
    """
    found = layer_nodes(links.root)
    held = [k for k, layer in enumerate(found) if layer.holds(links.target)]
    if not held and links.target in found[-1].activations:
        return MatrixForm((_output(links, found[-1], len(found)),), links.remark)
    lowest = held[0] if held else 0
    errors = [_error(links, found, k) for k in reversed(range(lowest, len(found)))]
    return MatrixForm((*errors, *_of_target(links, found[lowest], lowest + 1)), links.remark)


def _output(links: Links, layer: LayerNodes, l: int) -> MatrixEquation:
    """The derivatives by the activations of the last layer, where all begins."""
    told = rf"\frac{{\partial C}}{{\partial a^{{{l}}}}} = \nabla_a C"
    return MatrixEquation(f"∂C/∂a^{l} = ∇_a C", told, (_gradients(links, layer.activations),))


def _error(links: Links, found: Sequence[LayerNodes], k: int) -> MatrixEquation:
    """δ of one layer: by ∇C of the last one, by δ of the next of another."""
    layer, l = found[k], k + 1
    if k == len(found) - 1:
        told, told_latex = "∇_a C", r"\nabla_a C"
        before = _gradients(links, layer.activations)
    else:
        told = f"((w^{l + 1})ᵀ δ^{l + 1})"
        told_latex = rf"((w^{{{l + 1}}})^T \delta^{{{l + 1}}})"
        before = _transposed_times(links, found[k + 1])
    value = (_gradients(links, layer.zs),)
    if layer.is_linear:
        return MatrixEquation(f"δ^{l} = {told}", rf"\delta^{{{l}}} = {told_latex}", value)
    pairs = zip(layer.zs, layer.activations, strict=True)
    slopes = tuple(1.0 if a is z else a.local_derivatives[0] for z, a in pairs)
    name, *parameters = _function(layer)
    shown, shown_latex = (
        style.function(f"{name}′", [Piece(z), *(Piece(spell(x)) for x in parameters)]).text
        for style, z, spell in ((PLAIN, f"z^{l}", number), (LATEX, f"z^{{{l}}}", latex_number))
    )
    return MatrixEquation(
        f"δ^{l} = {told} ⊙ {shown}",
        rf"\delta^{{{l}}} = {told_latex} \odot {shown_latex}",
        value,
        ((before,), (slopes,)),
    )


def _function(layer: LayerNodes) -> tuple[Any, ...]:
    """The name of the layer's activation, and its parameters; f where its neurons have several."""
    functions = {(a.rule.name, *a.rule.unusual) for a in layer.activations if a.rule}
    return functions.pop() if len(functions) == 1 else ("f",)


def _of_target(links: Links, layer: LayerNodes, l: int) -> Iterator[MatrixEquation]:
    """The derivatives by the weights, by the biases or by the inputs that the target is one of."""
    if any(links.target in row for row in layer.weights):
        told, told_latex = (
            f"∂C/∂w^{l} = δ^{l} (a^{l - 1})ᵀ",
            rf"w^{{{l}}}}} = \delta^{{{l}}} (a^{{{l - 1}}})^T",
        )
        value = tuple(_gradients(links, row) for row in layer.weights)
    elif links.target in layer.biases:
        told, told_latex = f"∂C/∂b^{l} = δ^{l}", rf"b^{{{l}}}}} = \delta^{{{l}}}"
        value = (_gradients(links, layer.biases),)
    elif links.target in layer.inputs:
        if layer.shares_inputs:
            raise ValueError(
                NOT_LAYERS.format("the inputs are used elsewhere too, so that ∂C/∂a is not wᵀ δ alone")
            )
        told, told_latex = (
            f"∂C/∂a^{l - 1} = (w^{l})ᵀ δ^{l}",
            rf"a^{{{l - 1}}}}} = (w^{{{l}}})^T \delta^{{{l}}}",
        )
        value = (_transposed_times(links, layer),)
    else:
        return
    yield MatrixEquation(told, rf"\frac{{\partial C}}{{\partial {told_latex}", value)


def _gradients(links: Links, nodes: Sequence[Value]) -> tuple[float, ...]:
    return tuple(links.gradient[node] for node in nodes)


def _transposed_times(links: Links, layer: LayerNodes) -> tuple[float, ...]:
    """wᵀ δ: for each input the sum over the neurons that read it."""
    delta = _gradients(links, layer.zs)
    return tuple(
        sum(w.data * d for w, d in zip(column, delta, strict=True))
        for column in zip(*layer.weights, strict=True)
    )


def _lines(it: MatrixEquation) -> list[str]:
    """The equation, its parts and its value below each other."""
    pad = " " * it.text.index("=")
    rows = [_row(part[0]) for part in it.parts]
    parts = [f"{pad}= {' ⊙ '.join(rows)}"] if rows else []
    if parts and len(parts[0]) > written.WIDTH:
        parts = [f"{pad}{sign} {row}" for sign, row in zip("=⊙", rows, strict=True)]
    first, *others = [_row(row) for row in it.value[:SHOWN]]
    left = len(it.value) - SHOWN
    rows = [f"{pad}= {first}", *(f"{pad}  {row}" for row in others)]
    return [it.text, *parts, *rows, *([f"{pad}  … {left} more rows"] if left > 0 else [])]


def _row(row: Sequence[float]) -> str:
    return f"[{', '.join(_dotted([number(x) for x in row], '…'))}]"


def _dotted(texts: Sequence[str], dots: str) -> Sequence[str]:
    return texts if len(texts) <= SHOWN else [*texts[: SHOWN - 2], dots, texts[-1]]


def _latex_lines(it: MatrixEquation) -> list[str]:
    head, tail = it.latex.split(" = ", 1)
    lines = [f"{head} &= {tail}"]
    if it.parts:
        lines.append("&= " + r" \odot ".join(_column(part[0]) for part in it.parts))
    is_vector = len(it.value) == 1
    return [*lines, f"&= {_column(it.value[0]) if is_vector else _bracketed(it.value)}"]


def _column(numbers: Sequence[float]) -> str:
    """A vector as LaTeX: a column, as the documents write it."""
    return _in_brackets(_dotted([latex_number(x) for x in numbers], r"\vdots"))


def _bracketed(rows: Rows) -> str:
    texts = [" & ".join(_dotted([latex_number(x) for x in row], r"\cdots")) for row in rows]
    return _in_brackets(_dotted(texts, r"\vdots"))


def _in_brackets(rows: Sequence[str]) -> str:
    between = r" \\ "
    return rf"\begin{{bmatrix}} {between.join(rows)} \end{{bmatrix}}"
