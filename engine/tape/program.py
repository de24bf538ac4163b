"""Run the steps of a plan: from the leaves' numbers to the cost, and back to the parameters' adjoints.

``LayerStep`` computes products of matrices, ``SumStep`` sums and means, and ``StraightStep`` the deep and
narrow parts, node by node. A straight part is interpreted at first and compiled after a few runs: an
interpreted run costs about as much as an eager pass, compiled code is about ten times as fast, and compiling
costs about as much as thirty runs. ``Program`` runs all steps, in blocks if there are many examples.
"""

from __future__ import annotations

from functools import cached_property, partial
from itertools import chain
from math import inf
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from engine import core, rules
from engine.readings import floats
from engine.readings.arrays import numpy_reading
from engine.readings.code import NUMPY, PYTHON
from engine.readings.programs import compiled_segment

from .accumulate import (
    Array,
    Bound,
    GroupStep,
    Ledger,
    Memory,
    Operand,
    Run,
    Span,
    Sums,
    has_flags,
    own_places,
    places,
)
from .plan import PART, LayerProducts, Plan, Straight

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from engine.readings.programs import Segment

    from .accumulate import Pair, Runnable, Target
    from .plan import Step

    Part: TypeAlias = Generator[tuple[Any, ...], Sequence[Any], None]


def product(plan: Plan, layer: LayerProducts, ledger: Ledger) -> LayerStep | SumStep:
    """The NumPy form of a layer."""
    if not layer.weights:
        return SumStep(plan, layer, ledger)
    if any(plan.recording.varies[k] for k in layer.weights):
        return SummedStep(plan, layer, ledger)
    return LayerStep(plan, layer, ledger)


class LayerStep:
    """Z = W A + b for all columns and examples, and δ back: by matrix products."""

    def __init__(self, plan: Plan, layer: LayerProducts, ledger: Ledger) -> None:
        self.layer = layer
        self.out = own_places(plan, layer.nodes, kind=plan.recording.varies[layer.nodes[0]])
        self.weights = Operand(plan, layer.weights, ledger)
        self.inputs = Operand(plan, layer.inputs, ledger)
        self.biases = Operand(plan, layer.biases, ledger)

    def bind(self, memory: Memory) -> Bound:
        """Forward Z = W A + b; backward ∂C/∂W = δ Aᵀ, ∂C/∂b = Σ δ over the columns, ∂C/∂A = Wᵀ δ."""
        layer = self.layer
        out, adjoint = self.out.of(memory.values).array, self.out.of(memory.adjoints).array
        columns = adjoint.shape[1]
        Z, delta = (array.reshape(layer.count, layer.rows, -1) for array in (out, adjoint))
        (W, load_W), (A, load_A) = (x.places.of(memory.values) for x in (self.weights, self.inputs))
        W, A = W.reshape(layer.count, layer.rows, layer.terms), A.reshape(layer.count, layer.terms, -1)
        loads, adds, hand_b = self._bias(memory, out, adjoint)
        back = [
            _handed(self.weights.target(memory, 1), delta, A.swapaxes(1, 2), len(layer.weights)),
            hand_b,
            _handed(self.inputs.target(memory, columns), W.swapaxes(1, 2), delta, len(layer.inputs)),
        ]
        forward = [*loads, *load_W, *load_A, _unraised(partial(np.matmul, W, A, Z), *adds)]
        return Bound(forward, [run for run in back if run])

    def _bias(self, memory: Memory, out: Array, adjoint: Array) -> tuple[list[Run], list[Run], Run | None]:
        """Return the operations that load b, add it to Z, and pass Σ δ back to it."""
        layer = self.layer
        if not layer.biases:
            return [], [], None
        b, loads = self.biases.places.of(memory.values)
        target = self.biases.target(memory, adjoint.shape[1])
        Z, delta = (array.reshape(layer.count, layer.rows, layer.columns, -1) for array in (out, adjoint))
        adds: list[Run] = [partial(np.add, Z, b.reshape(layer.count, layer.rows, 1, -1), Z)]
        if target is None:
            return loads, adds, None
        put = target.put
        if layer.columns == 1:
            return loads, adds, partial(put, adjoint)
        return loads, adds, lambda: put(delta.sum(axis=2).reshape(-1, adjoint.shape[1]))


class SummedStep(LayerStep):
    """The same if the weights vary with the example: sums over named indices, example by example."""

    def bind(self, memory: Memory) -> Bound:
        """As for ``LayerStep``; nothing is summed over the examples."""
        layer = self.layer
        out, adjoint = self.out.of(memory.values).array, self.out.of(memory.adjoints).array
        examples = adjoint.shape[1]
        Z, delta = (array.reshape(layer.count, layer.rows, layer.columns, -1) for array in (out, adjoint))
        (W, load_W), (A, load_A) = (x.places.of(memory.values) for x in (self.weights, self.inputs))
        W = W.reshape(layer.count, layer.rows, layer.terms, -1)
        A = A.reshape(layer.count, layer.terms, layer.columns, -1)
        loads, adds, hand_b = self._bias(memory, out, adjoint)
        to_W, to_A = self.weights.target(memory, examples), self.inputs.target(memory, examples)

        def multiply() -> None:
            np.einsum("pjkx,pkcx->pjcx", W, A, out=Z)

        def backward() -> None:
            if to_W:
                to_W.put(np.einsum("pjcx,pkcx->pjkx", delta, A).reshape(-1, examples))
            if hand_b:
                hand_b()
            if to_A:
                to_A.put(np.einsum("pjkx,pjcx->pkcx", W, delta).reshape(-1, examples))

        return Bound([*loads, *load_W, *load_A, _unraised(multiply, *adds)], [backward])


class SumStep:
    """Sums and averages: every term has the same weight."""

    def __init__(self, plan: Plan, layer: LayerProducts, ledger: Ledger) -> None:
        self.layer = layer
        self.out = own_places(plan, layer.nodes, kind=plan.recording.varies[layer.nodes[0]])
        self.inputs = Operand(plan, layer.inputs, ledger)

    def bind(self, memory: Memory) -> Bound:
        """Forward: the sum over the terms, times the weight; backward: the same adjoint for each term."""
        layer = self.layer
        out, adjoint = self.out.of(memory.values).array, self.out.of(memory.adjoints).array
        terms, loads = self.inputs.places.of(memory.values)
        terms = terms.reshape(layer.terms, layer.columns, -1)
        target = self.inputs.target(memory, adjoint.shape[1])

        def add_up() -> None:
            np.multiply(terms.sum(axis=0), layer.coefficient, out=out)

        def backward() -> None:
            if target:
                target.put(np.tile(layer.coefficient * adjoint, (layer.terms, 1)))

        return Bound([*loads, _unraised(add_up)], [backward])


def _handed(target: Target | None, x: Array, y: Array, rows: int) -> Run | None:
    """Return the operations that multiply two matrices and add the product to rows; None if unused."""
    if target is None:
        return None
    put, view = target
    if view is None:
        return lambda: put((x @ y).reshape(rows, -1))
    return partial(np.matmul, x, y, view.reshape(x.shape[0], x.shape[1], y.shape[2]))


def _unraised(*computations: Run) -> Run:
    """Sums and products never raise; a product of matrices may still signal.

    Then everything is recomputed from the first operation, since the last one may add in place.
    """

    def run() -> None:
        try:
            for compute in computations:
                compute()
        except FloatingPointError:
            with np.errstate(all="ignore"):
                for compute in computations:
                    compute()

    return run


# ── Straight parts: deep and narrow ─────────────────────────────────────────────────────────────────

WALKS = 3
"""How often a part is interpreted before it is compiled."""

MOST = 250_000
"""The maximum edges of straight parts to compile: more would take seconds and hundreds of megabytes."""

FAILING = {rules.general_power, rules.atan2}
"""Rules whose local derivatives can raise where the value does not; code that skips them would hide that."""


class StraightStep:
    """Nodes of one kind, shared or varying, one after the other."""

    def __init__(self, plan: Plan, straight: Straight, ledger: Ledger) -> None:
        recording, inside = plan.recording, set(straight.nodes)
        read = dict.fromkeys(k for node in straight.nodes for k in recording.parents[node])
        self.recording, self.nodes = recording, straight.nodes
        self.constants = {k: recording.constants[k] for k in read if k in recording.constants}
        self.read = [k for k in read if k not in inside and k not in self.constants]
        self.targets = [k for k in self.read if recording.wanted[k]]
        self.written = [k for k in straight.nodes if plan.read_outside[k]]
        self.operands = places(plan, self.read)
        self.account = ledger.account(self.targets, places(plan, self.targets))
        self.results = own_places(plan, self.written, kind=recording.varies[self.nodes[0]])
        compiles = straight.before <= MOST and len(self.nodes) <= 2 * PART
        compiles = compiles and FAILING.isdisjoint(map(recording.rule, self.nodes))
        self.walks = WALKS if compiles else inf
        self.runs = {False: 0, True: 0}
        self.compiled: dict[bool, Segment] = {}
        self.interpreter = self._interpreter() if core.compiled else None

    def bind(self, memory: Memory) -> Bound:
        """Run node by node; a generator keeps all its numbers for the backward pass."""
        numbers, loads = self.operands.of(memory.values)
        operands = memory.watched(numbers)
        adjoints, load_adjoints = self.results.of(memory.adjoints)
        write, columns = self.results.writer(memory.values), adjoints.shape[1]
        target = self.account and self.account.target(memory.adjoints, memory.ledger, columns)
        part: Part | None
        quick = self.interpreter and Interpreted(self, self.interpreter, columns)

        def begin() -> None:
            nonlocal part
            part = None
            if quick and quick.forward(numbers):
                write(quick.values[quick.written])
                return
            part = self._segment(several=columns > 1)(_straight_rows(operands))
            write(_table(next(part), columns))

        def forward() -> None:
            try:
                begin()
            except FloatingPointError:
                memory.doubtful = True
                with np.errstate(all="ignore"):
                    begin()

        def backward() -> None:
            if part is None:
                assert quick  # noqa: S101  (for the type checker)
                contribution = quick.backward(adjoints)
            else:
                contribution = _table(part.send(_straight_rows(adjoints)), columns)
            if target:
                target.put(contribution)

        return Bound([*loads, forward], [*load_adjoints, backward])

    def _interpreter(self) -> Any:
        """Return a runner in the compiled core; None without a core, or if it does not know a rule."""
        recording = self.recording
        place = {k: place for place, k in enumerate(chain(self.read, self.constants, self.nodes))}
        operands = [[place[parent] for parent in recording.parents[k]] for k in self.nodes]
        return core.straight([*map(recording.rule, self.nodes)], operands, len(place) - len(self.nodes))

    def _segment(self, *, several: bool) -> Segment:
        """Return the interpreted or compiled part, for a number or an array of numbers per node."""
        if several in self.compiled:
            return self.compiled[several]
        self.runs[several] += 1
        if self.runs[several] <= self.walks:
            return partial(_walk, self._instructions, numpy_reading() if several else floats)
        try:
            self.compiled[several] = self._compiled(several=several)
        except TypeError:  # a custom rule that branches on its operands
            self.walks = inf
            return self._segment(several=several)
        return self.compiled[several]

    def _compiled(self, *, several: bool) -> Segment:
        nodes = self.recording.nodes
        return compiled_segment(
            *([nodes[k] for k in numbers] for numbers in (self.nodes, self.read, self.written, self.targets)),
            arithmetic=numpy_reading() if several else floats,
            dialect=NUMPY if several else PYTHON,
            constants={nodes[k]: number for k, number in self.constants.items()},
        )

    @cached_property
    def _instructions(self) -> Instructions:
        recording = self.recording
        place = {k: place for place, k in enumerate(chain(self.read, self.constants, self.nodes))}
        operands = [[place[parent] for parent in recording.parents[k]] for k in self.nodes]
        return Instructions(
            constants=list(self.constants.values()),
            functions=[recording.rule(k).function for k in self.nodes],
            operands=operands,
            readers=[itemgetter(*read) if len(read) > 1 else _only(read) for read in operands],
            written=[place[k] for k in self.written],
            targets=[place[k] for k in self.targets],
        )


class Interpreted:
    """A straight part in the compiled core, with its arrays: a row for each number, and for each edge."""

    def __init__(self, part: StraightStep, interpreter: Any, columns: int) -> None:
        self.interpreter, self.given = interpreter, len(part.read)
        place = {k: place for place, k in enumerate(chain(part.read, part.constants, part.nodes))}
        self.written = np.array([place[k] for k in part.written], dtype=np.intp)
        self.targets = np.array([place[k] for k in part.targets], dtype=np.intp)
        edges = sum(len(part.recording.parents[k]) for k in part.nodes)
        self.values, self.adjoints = np.zeros((2, len(place), columns))
        self.slopes = np.zeros((edges, columns))
        constants = np.array([*part.constants.values()], dtype=float)
        self.values[self.given : self.given + len(constants)] = constants[:, None]

    def forward(self, numbers: Array) -> bool:
        """Compute every number; return False if one is not ordinary, so that Python has to."""
        self.values[: self.given] = numbers
        done: bool = self.interpreter.forward(self.values, self.slopes)
        return done

    def backward(self, adjoints: Array) -> Array:
        """Propagate the outputs' adjoints; return those of the targets."""
        self.adjoints.fill(0.0)
        self.adjoints[self.written] = adjoints
        self.interpreter.backward(self.adjoints, self.slopes)
        return self.adjoints[self.targets]


class Instructions(NamedTuple):
    """A straight part as lists; a node is its index in the list of all numbers of the part."""

    constants: list[float]
    functions: list[Callable[..., Any]]
    operands: list[list[int]]
    readers: list[Callable[[list[Any]], Sequence[Any]]]
    """From all numbers to a node's operands."""
    written: list[int]
    targets: list[int]


def _only(read: Sequence[int]) -> Callable[[list[Any]], Sequence[Any]]:
    """Return a getter that returns a tuple also for one number, or none."""
    start = read[0] if read else 0
    return itemgetter(slice(start, start + len(read)))


def _walk(part: Instructions, reading: Any, given: Sequence[Any]) -> Part:
    """Do the same as the compiled code, by reading each rule again."""
    values, slopes = [*given, *part.constants], []
    for function, operands in zip(part.functions, part.readers, strict=True):
        value, derivatives = function(reading, *operands(values))
        values.append(value)
        slopes.append(derivatives)
    sent = yield tuple([values[k] for k in part.written])
    adjoints: list[Any] = [0.0] * len(values)
    for k, adjoint in zip(part.written, sent, strict=True):
        adjoints[k] = adjoint
    last = len(values) - 1
    for back, (read, derivatives) in enumerate(zip(reversed(part.operands), reversed(slopes), strict=True)):
        adjoint = adjoints[last - back]
        for k, slope in zip(read, derivatives, strict=True):
            adjoints[k] = adjoints[k] + slope * adjoint
    yield tuple([adjoints[k] for k in part.targets])


def _straight_rows(numbers: Array) -> list[Any]:
    """Return a number for each row of a single column, else an array."""
    return numbers[:, 0].tolist() if numbers.shape[1] == 1 else list(numbers)


def _table(rows: Sequence[Any], columns: int) -> Array:
    """Return the rows as one array; a single number is repeated for all columns."""
    if columns == 1:
        return np.array(rows, dtype=float).reshape(-1, 1)
    table = np.empty((len(rows), columns))
    for k, row in enumerate(rows):
        table[k] = row
    return table


# ── The program ─────────────────────────────────────────────────────────────────────────────────────

KEPT = 4_000_000
"""The size up to which a run's arrays are kept for the next run; larger ones are freed."""

BLOCK = 1_200_000
"""Varying numbers per block: few enough to stay in the processor's cache."""

FEWEST = 32
"""Examples in a block, however many numbers each of them has."""


class Result(NamedTuple):
    """The result of a run."""

    costs: Array
    """The cost of each example; a single one if it is the same for all."""
    total: float
    """Their sum."""
    adjoints: Array
    """The parameters' adjoints: a row for each, and one column, or one for each example."""
    doubtful: bool
    """Whether an operation signalled: then floats may raise where NumPy gave an infinity or NaN."""


class Program:
    """The plan of a graph, ready to be run with NumPy."""

    def __init__(self, plan: Plan) -> None:
        recording, ledger = plan.recording, Ledger(plan)
        steps = [step for steps in plan.levels for step in steps]
        self.steps = [_runnable(plan, step, ledger) for step in steps]
        sums = Sums(ledger)
        self.sums = [sums.of(_rows(plan, step)) for step in steps]
        self.leaf_sums = [sums.of(Span(kind, slice(0, plan.leaves[kind]))) for kind in (False, True)]
        self.sizes, self.ledger_sizes = plan.sizes, ledger.sizes
        self.shared = np.zeros((plan.sizes[False], 1))
        for k, number in recording.constants.items():
            self.shared[plan.place[k]] = number
        given = range(recording.given)
        self.given = [
            own_places(plan, [k for k in given if recording.varies[k] == kind], kind=kind)
            for kind in (False, True)
        ]
        self.varies, self.row = recording.varies[recording.root], plan.place[recording.root]
        self.params = places(plan, [k for k in given if recording.wanted[k]])
        self._idle: dict[int, _Ready] = {}

    def run(self, shared: Array, varying: Array, weight: float) -> Result:
        """Compute cost and adjoints from the numbers of the shared and the varying leaves.

        Both have a row for each leaf, ``varying`` a column for each example; the adjoint of each example's
        cost is ``weight``. Many examples are processed in blocks.
        """
        size = max(FEWEST, BLOCK // max(self.sizes[True], 1))
        if varying.shape[1] <= size or not self.varies:
            return self._block(shared, varying, weight)
        starts = range(0, varying.shape[1], size)
        return _joined([self._block(shared, varying[:, start : start + size], weight) for start in starts])

    def _block(self, shared: Array, varying: Array, weight: float) -> Result:
        examples = varying.shape[1]
        ready = self._idle.pop(examples, None) or self._bound(examples)  # no other thread uses these arrays
        memory = ready.memory
        memory.doubtful = False
        for write, numbers in zip(ready.given, (shared, varying), strict=True):
            write(numbers)
        with np.errstate(divide="raise", invalid="raise", over="raise", under="ignore"):
            for run in ready.forward:
                run()
        memory.adjoints[self.varies][self.row] = weight
        with np.errstate(all="ignore"):
            for run in ready.backward:
                run()
            costs = memory.values[self.varies][self.row].copy()
            result = Result(costs, float(np.add.reduce(costs)), ready.params.copy(), memory.doubtful)
        if ready.kept:
            if len(self._idle) > 1:  # a full block and the last one
                self._idle.clear()
            self._idle[examples] = ready
        return result

    def _bound(self, examples: int) -> _Ready:
        memory = Memory(
            values=_arrays(self.sizes, examples),
            adjoints=_arrays(self.sizes, examples),
            ledger=_arrays(self.ledger_sizes, examples),
            flags=has_flags(),
        )
        np.copyto(memory.values[False], self.shared)
        arrays = memory.adjoints, memory.ledger
        steps = [step.bind(memory) for step in self.steps]
        sums = [found.bind(*arrays) if found else None for found in self.sums]
        pairs = zip(reversed(sums), reversed(steps), strict=True)
        backward = [run for add_up, step in pairs for run in (add_up, *step.backward) if run]
        backward += [found.bind(*arrays) for found in self.leaf_sums if found]
        params = self.params.of(memory.adjoints)
        return _Ready(
            memory,
            given=[places_of_kind.writer(memory.values) for places_of_kind in self.given],
            forward=[run for step in steps for run in step.forward],
            backward=[*backward, *params.loads],
            params=params.array,
            kept=sum(array.size for pair in (memory.values, memory.ledger) for array in pair) <= KEPT,
        )


class _Ready(NamedTuple):
    """The steps bound to the arrays of a number of examples."""

    memory: Memory
    given: list[Callable[[Array], None]]
    forward: list[Run]
    backward: list[Run]
    params: Array
    """The adjoints of the parameters."""
    kept: bool
    """Whether the arrays are small enough to be kept for the next run."""


def _joined(blocks: list[Result]) -> Result:
    """Join results: adjoints with a column per example side by side, all others summed."""
    adjoints = [block.adjoints for block in blocks]
    each = adjoints[0].shape[1] > 1
    with np.errstate(all="ignore"):
        return Result(
            costs=np.concatenate([block.costs for block in blocks]),
            total=sum(block.total for block in blocks),
            adjoints=np.hstack(adjoints) if each else np.sum(adjoints, axis=0),
            doubtful=any(block.doubtful for block in blocks),
        )


def _runnable(plan: Plan, step: Step, ledger: Ledger) -> Runnable:
    """Return the NumPy form of a step."""
    if isinstance(step, Straight):
        return StraightStep(plan, step, ledger)
    return product(plan, step, ledger) if isinstance(step, LayerProducts) else GroupStep(plan, step, ledger)


def _rows(plan: Plan, step: Step) -> Span:
    """Return the places of a step's nodes, which are consecutive."""
    first = plan.place[step.nodes[0]]
    return Span(plan.recording.varies[step.nodes[0]], slice(first, first + len(step.nodes)))


def _arrays(sizes: dict[bool, int], examples: int) -> Pair:
    return np.zeros((sizes[False], 1)), np.zeros((sizes[True], examples))
