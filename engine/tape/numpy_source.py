r"""The matrix form that a tape found, written as a readable NumPy module that runs without this project.

``Reads`` reads each array once and brings its adjoint back; layers are written as products of matrices, or
as ``einsum`` over named indices where a matrix is not enough; ``NumpyProgram`` puts the module together.

>>> from engine import Value, affine
>>> from engine.tape.plan import plan
>>> a, w, b = (Value(k, label=name) for k, name in enumerate(["a^(0)", "w^(1)", "b^(1)"]))
>>> text = matrix_source(plan(affine(b, [w], [a]).exp(), [a], [w, b], thin=-1))
>>> print(*(line for line in text.splitlines() if "@" in line), sep="\n")
    v1 = w_1 @ a_0 + b_1
    dC_dw_1 = dC_dv1 @ a_0.T
"""

from __future__ import annotations

from functools import reduce
from itertools import chain
from operator import add
from typing import TYPE_CHECKING, TypeAlias

from engine.readings.code import listed

from .numpy_text import Block, Listing, View, array, common, index, plain_index, preamble
from .plan import LayerProducts, Straight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.readings.expressions import Expression

    from .numpy_text import Index
    from .plan import Group, Nodes, Plan

    Shape = tuple[int, ...]
    Back: TypeAlias = Callable[[Expression], Expression]
    """A function from the adjoint of a step's result to its contribution to the step's operand."""
    Written: TypeAlias = tuple[Expression, list[tuple[View, Back]]]
    """A step's result, and its contributions to the operands."""

# ── Arrays ──────────────────────────────────────────────────────────────────────────────────────────

ROOM = 50
"""Names that are listed on one line; more of them get separate lines."""


class Reads:
    """Reads numbers from the blocks, each array of them once, and brings their adjoints back."""

    def __init__(self, listing: Listing, recording: Nodes, cost: str) -> None:
        self.listing, self.recording, self.cost = listing, recording, cost
        self._homes: dict[int, tuple[Block, int]] = {}
        self._others: dict[tuple[tuple[int, ...], Shape], View] = {}

    def enter(self, block: Block, nodes: Iterable[int]) -> Block:
        """Make the rows of a new block the source of these nodes."""
        self._homes.update((k, (block, row)) for row, k in enumerate(nodes))
        return block

    def named(self, nodes: Iterable[int]) -> str:
        """Return a name for an array: the common part of its nodes' labels, or a number."""
        name = self._common(nodes)
        return self.listing.free.unique(name) if name else next(self.listing.free.numbered)

    def _common(self, nodes: Iterable[int]) -> str:
        return common(self.recording.nodes[k].label for k in nodes)

    def literal(self, nodes: Sequence[int]) -> Expression | None:
        """Return the number that all these constants share; None if they differ."""
        constants = self.recording.constants
        if not constants.keys() >= set(nodes) or len({repr(constants[k]) for k in nodes}) > 1:
            return None
        return self.listing.xp.literal(constants[nodes[0]])

    def any_shape(self, nodes: Iterable[int]) -> bool:
        """Return whether they can be read in any shape: only parameters or only constants."""
        blocks = {self._homes[k][0] if k in self._homes else None for k in nodes}
        return len(blocks) == 1 and all(not block or block.section == "parameters" for block in blocks)

    def read(self, nodes: Sequence[int], shape: Shape = ()) -> View:
        """Return numbers with a row for each node; parameters and constants also in another shape."""
        shape = shape or (len(nodes), 1)
        homes = {self._homes[k][0] if k in self._homes else None for k in nodes}
        block = homes.pop() if len(homes) == 1 else None
        known, key = (block.views if block else self._others), (tuple(nodes), shape)
        if key not in known:
            if block:
                known[key] = self._part(block, nodes, shape)
            else:
                known[key] = self._stack(nodes) if homes else self._constants(nodes, shape)
            known[key].varies = any(self.recording.varies[k] for k in nodes)
            known[key].wanted = any(self.recording.wanted[k] for k in nodes)
        return known[key]

    def _part(self, block: Block, nodes: Sequence[int], shape: Shape) -> View:
        rows, flat = [self._homes[k][1] for k in nodes], block.section == "parameters"
        whole = not flat and rows == list(range(block.size))
        if whole and not (block.section == "inputs" and self._common(nodes)):
            return View(block.name, block.e, block=block, rows=rows)
        name, section = self.named(nodes), block.section
        found = index(rows, shape if flat else (len(rows),), block.size)
        found = found._replace(text=found.text or ":")
        found = self.listing.named(section, name, self.listing.with_grid(section, found))
        part = block.name if whole else f"{block.name}[{found.text}]{found.reshaped}"
        self.listing.line(section, f"{name} = {part}")
        return View(name, self.listing.variable(name), block=block, rows=rows, index=found)

    def _constants(self, nodes: Sequence[int], shape: Shape) -> View:
        name = self.named(nodes)
        numbers = array([self.recording.constants[k] for k in nodes], shape)
        self.listing.line("constants", f"{name} = {numbers}")
        return View(name, self.listing.variable(name))

    def _stack(self, nodes: Sequence[int]) -> View:
        """Stack parts of several blocks in the order of the nodes."""
        positions: dict[Block | None, list[int]] = {}
        for position, k in enumerate(nodes):
            positions.setdefault(self._homes.get(k, (None, 0))[0], []).append(position)
        parts = [(self.read([nodes[p] for p in found]), found) for found in positions.values()]
        for part, _ in parts:
            part.expected += 1
        name = self.named(nodes)
        text = f"stacked({listed([part.name for part, _ in parts], room=ROOM)})"
        places = list(chain.from_iterable(positions.values()))
        if places != sorted(places):
            order = plain_index(sorted(range(len(nodes)), key=places.__getitem__), len(nodes))
            text += f"[{self.listing.named('forward', name, order).text}]"
        self.listing.line("forward", f"{name} = {text}")
        self.listing.words.add("stacked")
        return View(name, self.listing.variable(name), parts=parts)

    def receive(self, view: View, contribution: Expression, comment: str = "") -> None:
        """Add to an adjoint; with the last expected contribution, write it."""
        view.contributions.append(contribution)
        view.comment = comment * (len(view.contributions) == 1)
        if len(view.contributions) == view.expected:
            self._complete(view, reduce(add, view.contributions))

    def _complete(self, view: View, total: Expression) -> None:
        block = view.block
        if block and view.e is block.e and len(block.wanted) == 1:
            block.adjoint = self.listing.define("backward", self._adjoint(block.name), total, view.comment)
            return
        whole = block and view.e is block.e
        view.adjoint = next(self.listing.free.numbered) if whole else self._adjoint(view.name)
        adjoint = self.listing.define("backward", view.adjoint, total, view.comment)
        for part, positions in view.parts:
            if part.wanted:
                rows = self._rows(adjoint, plain_index(positions, sum(len(rows) for _, rows in view.parts)))
                summed = view.varies and not part.varies
                self.receive(part, self.listing.over_examples(rows) if summed else rows)
        if block and block.section == "forward" and all(other.adjoint for other in block.wanted):
            block.adjoint = self._put_together(block)

    def _rows(self, adjoint: Expression, found: Index) -> Expression:
        """Return the adjoint of a part of a stack."""
        found = self.listing.named("backward", "part", found)
        return self.listing.op(f"{{0}}[{found.text}]", adjoint)

    def _put_together(self, block: Block) -> Expression:
        """Return the adjoint of a block from those of its parts."""
        name = self._adjoint(block.name)
        parts = sorted(block.wanted, key=lambda view: view.rows[0])
        if list(chain.from_iterable(view.rows for view in parts)) == list(range(block.size)):
            self.listing.line(
                "backward", f"{name} = np.vstack([{listed([view.adjoint for view in parts], room=ROOM)}])"
            )
        else:
            self.listing.line("backward", f"{name} = np.zeros({block.name}.shape)")
            for view in block.wanted:
                self._add("backward", name, view)
        return self.listing.variable(name)

    def gradient(self, params: Block) -> None:
        """Write the adjoints of parameters to their places."""
        self.listing.line("gradient", "gradient = np.zeros(len(params))")
        seen: set[int] = set()
        for view in params.wanted:
            self._add("gradient", "gradient", view, first=seen.isdisjoint(view.rows))
            seen.update(view.rows)

    def _add(self, section: str, target: str, view: View, *, first: bool = False) -> None:
        found = self.listing.with_grid(section, view.index)
        value = view.adjoint + ".ravel()" * bool(found.reshaped)
        if len(set(view.rows)) < len(view.rows):
            places = f"({found.text})" if "None" in found.text else found.text
            self.listing.line(section, f"np.add.at({target}, {places}, {value})")
        else:
            place = f"{target}[{found.text}]" if found.text else target
            self.listing.line(section, f"{place} {'=' if first else '+='} {value}")

    def _adjoint(self, name: str) -> str:
        return self.listing.free.unique(f"d{self.cost}_d{name}")


# ── Layers ──────────────────────────────────────────────────────────────────────────────────────────


def layer_written(reads: Reads, layer: LayerProducts) -> Written:
    """Return a layer as an expression, and its contributions to the adjoints of its operands."""
    if not layer.weights:
        return _sum(reads, layer)
    varies = reads.recording.varies
    bias_varies = any(varies[k] for k in layer.biases)
    if layer.count > 1 or any(varies[k] for k in layer.weights) or (layer.columns > 1 and bias_varies):
        return _Indexed(reads, layer).written()
    return _Product(reads, layer).written()


def _sum(reads: Reads, layer: LayerProducts) -> Written:
    """Return the sum over the terms, times the common weight."""
    op, A = reads.listing.op, reads.read(layer.inputs)
    if layer.columns == 1:
        total = op("{0}.sum(axis=0, keepdims=True)", A.e)
    else:
        total = op(f"{{0}}.reshape({layer.terms}, {layer.columns}, -1).sum(axis=0)", A.e)
    return total * layer.coefficient, [
        (A, lambda adjoint: op(f"np.tile({{0}}, ({layer.terms}, 1))", adjoint * layer.coefficient))
    ]


class _Layer:
    """A layer's operands: W as a matrix if all examples share it, A and b with a row for each number."""

    def __init__(self, reads: Reads, layer: LayerProducts) -> None:
        self.reads, self.layer, self.op = reads, layer, reads.listing.op
        self.varies = reads.recording.varies[layer.nodes[0]]

    def matrix(self, shape: tuple[int, ...]) -> tuple[View, Expression, Back]:
        """Return the weights in a shape, and the function back from it."""
        weights = self.layer.weights
        if self.reads.any_shape(weights):
            W = self.reads.read(weights, shape)
            return W, W.e, lambda slope: slope
        W = self.reads.read(weights)
        size = len(weights)
        return W, self.op(f"{{0}}.reshape{shape}", W.e), lambda s: self.op(f"{{0}}.reshape({size}, 1)", s)


class _Product(_Layer):
    """Z = W A + b: the contributions are δ Aᵀ, Σ δ and Wᵀ δ."""

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
    """Z_pjc = Σ_k W_pjk A_pkc + b_pj, with an index x for operands that vary with the example."""

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


# ── The module ──────────────────────────────────────────────────────────────────────────────────────

NAME = "cost_and_gradient"
MODULE = '''\
{preamble}


def cost_and_gradient({arguments}):
    """{title}"""
{body}
    return float({C}.mean()), gradient
'''


def matrix_source(plan: Plan) -> str:
    """Return a module's text with one function ``cost_and_gradient(params, inputs)`` (or ``(params)``).

    It takes floats and returns the same as a call of the tape for the mean over the examples, runs without
    this project, and checks nothing. The plan has no straight parts.
    """
    return NumpyProgram(plan).text()


class NumpyProgram:
    """The function being written, from a plan without straight parts."""

    def __init__(self, plan: Plan) -> None:
        self.recording = plan.recording
        self.listing = Listing([NAME, "np", "params", "inputs", "stacked"])
        root = self.recording.nodes[self.recording.root]
        self.cost = self.listing.free.unique(common([root.label]) or "C")
        self.reads = Reads(self.listing, self.recording, self.cost)
        steps = [step for steps in plan.levels for step in steps]
        self.steps = [step for step in steps if not isinstance(step, Straight)]
        self.passes: list[tuple[Block, list[tuple[View, Back]], str]] = []

    def text(self) -> str:
        """The module."""
        params, inputs = self._leaves()
        for step in self.steps:
            self._forward(step)
        C = self.reads.read([self.recording.root])
        self._backward(C)
        self.reads.gradient(params)
        sections = self.listing.written()
        parts = ["\n".join([f"    # {title}", *lines]) for title, lines in sections.items() if lines]
        if inputs.size:
            parts.insert(0, "    inputs = np.atleast_2d(inputs).T  # a column for each example")
        return MODULE.format(
            preamble=preamble(self.listing.words),
            arguments="params, inputs" if inputs.size else "params",
            title="Cost and gradient" + ", averaged over the examples" * C.varies + ".",
            body="\n\n".join(parts),
            C=C.name,
        )

    def _leaves(self) -> tuple[Block, Block]:
        """Blocks of the parameters and of the inputs."""
        given = range(self.recording.given)
        blocks = []
        for name, section, kind in (("params", "parameters", False), ("inputs", "inputs", True)):
            nodes = [k for k in given if self.recording.varies[k] == kind]
            block = Block(name, len(nodes), self.listing.variable(name), section)
            blocks.append(self.reads.enter(block, nodes))
        return blocks[0], blocks[1]

    def _forward(self, step: Group | LayerProducts) -> None:
        """Write a step's result, and remember its contributions."""
        value, passes = (
            layer_written(self.reads, step) if isinstance(step, LayerProducts) else self._group_written(step)
        )
        last = step.nodes[0] == self.recording.root
        name = self.cost if last else self.reads.named(step.nodes)
        rule = "" if isinstance(step, LayerProducts) or not step.rule.symbol[0].isalpha() else step.rule.name
        e = self.listing.define("forward", name, value, rule * (value.operation != rule))
        block = self.reads.enter(Block(name, len(step.nodes), e), step.nodes)
        passes = [(view, back) for view, back in passes if view.wanted]
        for view, _ in passes:
            view.expected += 1
        self.passes.append((block, passes, f"{rule}'s slope" * bool(rule)))

    def _group_written(self, group: Group) -> Written:
        """Return the rule read with an array, or a single number, for each operand."""
        literals = [self.reads.literal(numbers) for numbers in group.operands]
        if None not in literals:
            literals[0] = None  # an array, so that the result is one
        views = [
            self.reads.read(numbers) if literal is None else View("", literal)
            for literal, numbers in zip(literals, group.operands, strict=True)
        ]
        value, slopes = group.rule(self.listing.xp, *[view.e for view in views])
        varies = self.recording.varies[group.nodes[0]]

        def back(view: View, slope: Expression | float) -> Back:
            summed = varies and not view.varies
            return lambda adjoint: self.listing.over_examples(adjoint * slope) if summed else adjoint * slope

        return value, [(view, back(view, slope)) for view, slope in zip(views, slopes, strict=True)]

    def _backward(self, C: View) -> None:
        """Write the adjoints, starting from the cost, which is the average over the examples."""
        if not C.wanted:
            return
        C.expected += 1
        one = "np.full({0}.shape, 1 / {0}.size)" if C.varies else "np.ones({0}.shape)"
        self.reads.receive(C, self.listing.op(one, C.e), "each example's part in the average" * C.varies)
        for block, passes, comment in reversed(self.passes):
            for view, back in passes:
                self.reads.receive(view, back(block.known_adjoint()), comment)
