"""Layers written in NumPy: products of matrices, or sums over named indices where matrices are not enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.expressions import Expression
    from engine.tape.layers import Layer

    from .lines import View
    from .reads import Reads

    Back: TypeAlias = Callable[[Expression], Expression]
    """From the adjoint of what a step computed to its contribution to what the step read."""
    Written: TypeAlias = tuple[Expression, list[tuple[View, Back]]]
    """What a step computes, and what it hands back to what."""


def layer_written(reads: Reads, layer: Layer) -> Written:
    """A layer as an expression, and its contributions to the adjoints of what it reads."""
    if not layer.weights:
        return _sum(reads, layer)
    varies = reads.recording.varies
    bias_varies = any(varies[k] for k in layer.biases)
    if layer.count > 1 or any(varies[k] for k in layer.weights) or (layer.columns > 1 and bias_varies):
        return _Indexed(reads, layer).written()
    return _Product(reads, layer).written()


def _sum(reads: Reads, layer: Layer) -> Written:
    """The sum over the terms, times the one weight."""
    op, A = reads.listing.op, reads.read(layer.inputs)
    if layer.columns == 1:
        total = op("{0}.sum(axis=0, keepdims=True)", A.e)
    else:
        total = op(f"{{0}}.reshape({layer.terms}, {layer.columns}, -1).sum(axis=0)", A.e)
    return total * layer.coefficient, [
        (A, lambda adjoint: op(f"np.tile({{0}}, ({layer.terms}, 1))", adjoint * layer.coefficient))
    ]


class _Layer:
    """What a layer reads: W as a matrix where all examples share it, A and b with a row for each number."""

    def __init__(self, reads: Reads, layer: Layer) -> None:
        self.reads, self.layer, self.op = reads, layer, reads.listing.op
        self.varies = reads.recording.varies[layer.nodes[0]]

    def matrix(self, shape: tuple[int, ...]) -> tuple[View, Expression, Back]:
        """The weights in a shape, and the way back from it."""
        weights = self.layer.weights
        if self.reads.any_shape(weights):
            W = self.reads.read(weights, shape)
            return W, W.e, lambda slope: slope
        W = self.reads.read(weights)
        size = len(weights)
        return W, self.op(f"{{0}}.reshape{shape}", W.e), lambda s: self.op(f"{{0}}.reshape({size}, 1)", s)


class _Product(_Layer):
    """Z = W A + b: what comes back is δ Aᵀ, Σ δ and Wᵀ δ."""

    def written(self) -> Written:
        """Value and contributions."""
        layer, reads, call = self.layer, self.reads, self.reads.listing.xp.call
        W, w, back = self.matrix((layer.rows, layer.terms))
        b = reads.read(layer.biases) if layer.biases else None
        A = reads.read(layer.inputs)
        a = self._side_by_side(A.e, layer.terms)
        z = call("@", w, a) + b.e if b else call("@", w, a)

        def to_weights(adjoint: Expression) -> Expression:
            delta = self._side_by_side(adjoint, layer.rows)
            return back(call("@", delta, self.op("{0}.T", a)))

        def to_inputs(adjoint: Expression) -> Expression:
            delta = self._side_by_side(adjoint, layer.rows)
            return self._stacked(call("@", self.op("{0}.T", w), delta), len(layer.inputs))

        passes = [(W, to_weights), *([(b, self._to_bias(b))] if b else []), (A, to_inputs)]
        return self._stacked(z, len(layer.nodes)), passes

    def _to_bias(self, b: View) -> Back:
        if self.layer.columns == 1 and self.varies == b.varies:
            return lambda adjoint: adjoint
        return lambda adjoint: self.reads.listing.over_examples(self._side_by_side(adjoint, self.layer.rows))

    def _side_by_side(self, e: Expression, rows: int) -> Expression:
        """The columns of a table, of all examples, side by side."""
        return self.op(f"{{0}}.reshape({rows}, -1)", e) if self.layer.columns > 1 else e

    def _stacked(self, e: Expression, rows: int) -> Expression:
        """The opposite."""
        return self.op(f"{{0}}.reshape({rows}, -1)", e) if self.layer.columns > 1 else e


class _Indexed(_Layer):
    """Z_pjc = Σ_k W_pjk A_pkc + b_pj, with an index x for what varies with the example."""

    def written(self) -> Written:
        """Value and contributions; indices of a single number are left out."""
        layer, reads = self.layer, self.reads
        self.sizes = {"p": layer.count, "j": layer.rows, "k": layer.terms, "c": layer.columns}
        letters_w, letters_a, letters_z = map(self._letters, ("pjk", "pkcx", "pjcx"))
        if any(reads.recording.varies[k] for k in layer.weights):
            W, letters_w = reads.read(layer.weights), letters_w + "x"
            w, back = self._table(W.e, letters_w), self._flat(letters_w, len(layer.weights))
        else:
            W, w, back = self.matrix(tuple([self.sizes[letter] for letter in letters_w]))
        b = reads.read(layer.biases) if layer.biases else None
        A = reads.read(layer.inputs)
        a, to_a = self._table(A.e, letters_a), self._flat(letters_a, len(layer.inputs))

        def delta(adjoint: Expression) -> Expression:
            return self._table(adjoint, letters_z)

        z = self._einsum(letters_w, letters_a, letters_z, w, a)
        passes = [
            (W, lambda adjoint: back(self._einsum(letters_z, letters_a, letters_w, delta(adjoint), a))),
            *([(b, self._to_bias(b))] if b else []),
            (A, lambda adjoint: to_a(self._einsum(letters_w, letters_z, letters_a, w, delta(adjoint)))),
        ]
        return self._with_bias(z, letters_z, b), passes

    def _with_bias(self, z: Expression, letters: str, b: View | None) -> Expression:
        flat = self._flat(letters, len(self.layer.nodes))
        if not b:
            return flat(z)
        if self.layer.columns == 1:
            return flat(z) + b.e
        sizes = [str(1 if letter == "c" else self.sizes[letter]) for letter in letters[:-1]]
        return flat(z + self.op(f"{{0}}.reshape({', '.join(sizes)}, -1)", b.e))

    def _to_bias(self, b: View) -> Back:
        def back(adjoint: Expression) -> Expression:
            if self.layer.columns > 1:
                shape = f"({len(self.layer.biases)}, {self.layer.columns}, -1)"
                adjoint = self.op(f"{{0}}.reshape{shape}.sum(axis=1)", adjoint)
            if b.varies or not self.varies:
                return adjoint
            return self.reads.listing.over_examples(adjoint)

        return back

    def _letters(self, letters: str) -> str:
        return "".join(letter for letter in letters if letter in "kx" or self.sizes[letter] > 1)

    def _einsum(self, one: str, other: str, result: str, x: Expression, y: Expression) -> Expression:
        return self.op(f'np.einsum("{one},{other}->{result}", {{0}}, {{1}})', x, y)

    def _table(self, e: Expression, letters: str) -> Expression:
        """Rows as a table with an axis for each letter, the last of them for the examples."""
        if len(letters) == 2:
            return e
        sizes = [str(self.sizes[letter]) for letter in letters[:-1]]
        return self.op(f"{{0}}.reshape({', '.join([*sizes, '-1'])})", e)

    def _flat(self, letters: str, rows: int) -> Back:
        """The opposite."""
        return lambda e: e if len(letters) == 2 else self.op(f"{{0}}.reshape({rows}, -1)", e)
