"""The plan of a tape: a graph sorted into levels, groups and layers, and a place for every number.

A node's level is one more than the highest level of its parents. Nodes of one level, rule and arity are a
group: one call of the rule computes them. Weighted sums of one level are layers: ``b_j + Σ_k w_jk a_k`` for
several j that read the same a_k is the product ``W a + b``; where the same weights read several a (the
examples of an unrolled batch), it is ``W A + b`` with a column for each. To find them, the nodes are laid
out as a table, with a row for each (b, w …) and a column for each (a …); every full part of it is a layer.
``dot`` has no b; ``total`` and ``mean`` have one weight for all terms, their local derivative. Levels that
are too narrow for arrays are run node by node, as "straight" parts.

The sections follow the order of the work: the graph as lists (``record``), layers (``find``), groups
(``together``), the description that ``print(tape)`` shows, and the plan itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from engine import core, rules
from engine.backward import topological_order
from engine.readings import floats

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from engine.rules import Rule
    from engine.value import Value

    Flags: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
    Index: TypeAlias = np.ndarray[Any, np.dtype[np.intp]]
    Numbers: TypeAlias = tuple[int, ...]
    Alike: TypeAlias = dict[tuple[Rule, int, bool], list[int]]


@dataclass(slots=True)
class Nodes:
    """The nodes of a graph as lists, indexed by a node's number, operands first.

    A node's level is one more than the highest level of its parents; leaves are on level 0. ``varies`` says
    which nodes have a number for each example, ``wanted`` which depend on a parameter.
    """

    nodes: list[Value]
    parents: list[tuple[int, ...]]
    """Tuples of ints, which Python's garbage collector scans once and then never again."""
    levels: list[int]
    varies: list[bool]
    wanted: list[bool]
    given: int
    """The number of leaves that are parameters or varying; they come first."""
    constants: dict[int, float]
    """The numbers of the other leaves."""
    sorts: list[int]
    """For each node, the index of its rule, arity and kind in ``described``; −1 for a leaf."""
    described: list[tuple[Rule, int, bool]]
    edges: Index
    """The parents of all nodes, one after the other."""
    starts: Index
    """Where the parents of each node begin there."""
    varying: Flags
    """The same as ``varies``."""
    root: int = 0

    def rule(self, k: int) -> Rule:
        """Return the rule of inner node k."""
        rule = self.nodes[k].rule
        assert rule is not None, "an inner node has a rule"  # noqa: S101  (for the type checker)
        return rule


def record(
    order: Sequence[Value],
    varying: Sequence[Value],
    params: Sequence[Value],
    constants: Mapping[Value, float],
) -> Nodes:
    """Record a graph in topological order: params and varying leaves first, then all others."""
    given = list(dict.fromkeys((*params, *varying)))
    number = {node: k for k, node in enumerate(given)}
    differ, asked = set(varying), set(params)
    nodes, parents = given, [tuple[int, ...]()] * len(given)
    levels, sorts = [0] * len(given), [-1] * len(given)
    varies, wanted = [node in differ for node in given], [node in asked for node in given]
    found: dict[tuple[int, int, bool], int] = {}
    described: dict[tuple[Rule, int, bool], int] = {}
    for node in order:
        if node in number:
            continue
        read = tuple([number[parent] for parent in node.parents])
        level, differs, asks = 0, False, False
        for k in read:  # by hand: functions of lists take twice as long
            if levels[k] >= level:
                level = levels[k] + 1
            differs = differs or varies[k]
            asks = asks or wanted[k]
        number[node] = len(nodes)
        nodes.append(node)
        parents.append(read)
        levels.append(level)
        varies.append(differs)
        wanted.append(asks)
        if not read:
            sorts.append(-1)
            continue
        rule = node.rule
        key = id(rule), len(read), differs  # equal rules are nearly always one object
        if key not in found:
            assert rule is not None, "an inner node has a rule"  # noqa: S101  (for the type checker)
            found[key] = described.setdefault((rule, *key[1:]), len(described))
        sorts.append(found[key])
    sizes = np.array([*map(len, parents)], dtype=np.intp)
    return Nodes(
        nodes=nodes,
        parents=parents,
        levels=levels,
        varies=varies,
        wanted=wanted,
        given=len(differ | asked),
        constants={number[leaf]: x for leaf, x in constants.items()},
        sorts=sorts,
        described=list(described),
        edges=np.array([*chain.from_iterable(parents)], dtype=np.intp),
        starts=np.cumsum(sizes) - sizes,
        varying=np.array(varies, dtype=bool),
        root=number[order[-1]],
    )


# ── Layers ──────────────────────────────────────────────────────────────────────────────────────────

LINEAR = (rules.affine, rules.dot, rules.total, rules.mean)


@dataclass(frozen=True, slots=True)
class LayerProducts:
    """``count`` matrix products of one shape, Z = W A + b with W of rows × terms and A of terms × columns.

    The lists hold node numbers, the last index fastest: ``nodes`` and Z by (product, row, column),
    ``weights`` by (product, row, term), ``inputs`` by (product, term, column), ``biases`` by (product, row).
    """

    rule: rules.Rule
    count: int
    rows: int
    terms: int
    columns: int
    nodes: list[int]
    inputs: list[int]
    weights: list[int]
    """Empty for a plain sum, whose one weight is the ``coefficient``."""
    biases: list[int]
    coefficient: float = 0.0


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A full part of the table: node at [row][column]."""

    rows: list[Numbers]
    columns: list[Numbers]
    nodes: list[list[int]]


def find(recording: Nodes, members: Sequence[int], place: Sequence[int]) -> list[LayerProducts]:
    """Return the layers formed by nodes of one level, rule, arity and variation, each node in one layer."""
    rule = recording.rule(members[0])
    terms = len(recording.parents[members[0]])
    if rule in {rules.total, rules.mean}:
        members = sorted(members, key=lambda k: [place[p] for p in recording.parents[k]])
        columns = [recording.parents[k] for k in members]
        _, (coefficient, *_) = rule(floats, *[0.0] * terms)
        return [
            LayerProducts(
                rule, 1, 1, terms, len(members), list(members), _transposed([columns]), [], [], coefficient
            )
        ]
    biased = terms % 2
    stacks: dict[tuple[int, int, bool, bool], list[TableBlock]] = defaultdict(list)
    for block in _blocks(_table(recording, members, biased), place):
        varies = (_vary(recording, (row[biased:] for row in block.rows)), _vary(recording, block.columns))
        stacks[len(block.rows), len(block.columns), *varies].append(block)
    return [_stacked(rule, blocks, biased) for blocks in stacks.values()]


def _table(recording: Nodes, members: Iterable[int], biased: int) -> list[dict[Numbers, dict[Numbers, int]]]:
    """Return tables column → row → node; a node whose place is taken by its twin goes into the next table."""
    tables: list[dict[Numbers, dict[Numbers, int]]] = []
    twins: dict[tuple[Numbers, Numbers], int] = defaultdict(int)
    for k in members:
        parents = recording.parents[k]
        half = biased + len(parents) // 2
        row, column = tuple(parents[:half]), tuple(parents[half:])
        if _vary(recording, [row[biased:]]) and not _vary(recording, [column]):
            row, column = (*row[:biased], *column), row[biased:]  # the unchanging part is the matrix
        before = twins[row, column]
        twins[row, column] += 1
        if before == len(tables):
            tables.append(defaultdict(dict))
        tables[before][column][row] = k
    return tables


def _blocks(
    tables: Iterable[dict[Numbers, dict[Numbers, int]]], place: Sequence[int]
) -> Iterable[TableBlock]:
    """Yield the full parts: columns that are read by the same rows."""

    def by_place(numbers: Numbers) -> list[int]:
        return [place[k] for k in numbers]

    for table in tables:
        columns_of: dict[frozenset[Numbers], list[Numbers]] = defaultdict(list)
        for column, nodes in table.items():
            columns_of[frozenset(nodes)].append(column)
        for shared, found in columns_of.items():
            rows, columns = sorted(shared, key=by_place), sorted(found, key=by_place)
            yield TableBlock(rows, columns, [[table[column][row] for column in columns] for row in rows])


def _stacked(rule: rules.Rule, blocks: Sequence[TableBlock], biased: int) -> LayerProducts:
    """Return blocks of one shape as one layer of several products."""
    first = blocks[0]
    return LayerProducts(
        rule=rule,
        count=len(blocks),
        rows=len(first.rows),
        terms=len(first.columns[0]),
        columns=len(first.columns),
        nodes=[k for block in blocks for row in block.nodes for k in row],
        inputs=_transposed([block.columns for block in blocks]),
        weights=[k for block in blocks for row in block.rows for k in row[biased:]],
        biases=[k for block in blocks for row in block.rows for k in row[:biased]],
    )


def _transposed(tables: Iterable[Sequence[Sequence[int]]]) -> list[int]:
    """Return the columns of each table side by side, read row by row."""
    return [k for columns in tables for row in zip(*columns, strict=True) for k in row]


def _vary(recording: Nodes, tuples: Iterable[Sequence[int]]) -> bool:
    return any(any(map(recording.varies.__getitem__, numbers)) for numbers in tuples)


# ── Groups ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes of one level, rule and arity: one call of the rule computes all of them."""

    rule: Rule
    nodes: list[int]
    operands: list[list[int]]
    """For each operand of the rule, the number of the node that each node reads."""


def leaves(recording: Nodes) -> list[int]:
    """Return the leaves in the order of their first reader, so that a layer's weights are consecutive."""
    levels = np.array(recording.levels)
    edges = np.flatnonzero(levels[recording.edges] == 0)
    read, earliest = np.unique(recording.edges[edges], return_index=True)
    edge = edges[earliest]
    reader = np.searchsorted(recording.starts, edge, side="right") - 1
    position = edge - recording.starts[reader]
    keys = [levels[reader], position > 0, reader, position]
    in_order: list[int] = read[np.lexsort(keys[::-1])].tolist()
    unread = {*np.flatnonzero(levels == 0).tolist()}.difference(in_order)
    return in_order + sorted(unread)


def by_level(recording: Nodes) -> list[list[int]]:
    """Return the nodes of each level; the leaves are level 0."""
    members: list[list[int]] = [[] for _ in range(max(recording.levels) + 1)]
    for k, level in enumerate(recording.levels):
        members[level].append(k)
    return members


def by_rule(recording: Nodes, members: Iterable[int]) -> Alike:
    """Return the nodes of a level by rule, arity and whether they vary."""
    alike: dict[int, list[int]] = defaultdict(list)
    sorts = recording.sorts
    for k in members:
        alike[sorts[k]].append(k)
    return {recording.described[sort]: numbers for sort, numbers in alike.items()}


def together(recording: Nodes, alike: Alike, place: Sequence[int]) -> Iterator[Group | LayerProducts]:
    """Yield the groups and layers of a level."""
    for (rule, arity, _), numbers in alike.items():
        products = [k for k in numbers if _is_product(recording, k)] if rule in LINEAR and arity > 1 else []
        if products:
            yield from find(recording, products, place)
        if len(products) < len(numbers):
            others = set(products)
            yield from _groups(recording, rule, [k for k in numbers if k not in others], place)


def _is_product(recording: Nodes, k: int) -> bool:
    """Return False if each example has the same product W a and only b differs: nothing to multiply."""
    if recording.rule(k) is not rules.affine or not recording.varies[k]:
        return True
    return any(map(recording.varies.__getitem__, recording.parents[k][1:]))


def _groups(recording: Nodes, rule: Rule, members: Sequence[int], place: Sequence[int]) -> Iterator[Group]:
    """Yield groups of nodes with operands of the same kinds, in the order of their first operands."""
    numbers, arity = np.array(members), len(recording.parents[members[0]])
    reads = recording.edges[recording.starts[numbers][:, None] + np.arange(arity)]
    for chosen in _of_a_kind(recording, members, reads):
        columns = reads[chosen]
        first = [*map(place.__getitem__, columns[:, 0].tolist())]
        in_order = np.argsort(first, kind="stable")
        yield Group(rule, numbers[chosen][in_order].tolist(), columns[in_order].T.tolist())


def _of_a_kind(recording: Nodes, members: Sequence[int], reads: Index) -> Sequence[slice | Index]:
    """Return which nodes have operands that vary in the same positions; all of them do, or none."""
    if not recording.varies[members[0]]:
        return [slice(None)]
    kinds = recording.varying[reads]
    if (kinds.all(axis=0) == kinds.any(axis=0)).all():
        return [slice(None)]
    alike: dict[bytes, list[int]] = defaultdict(list)
    for k, row in enumerate(kinds):
        alike[row.tobytes()].append(k)
    return [np.array(chosen) for chosen in alike.values()]


# ── The description that print(tape) shows ──────────────────────────────────────────────────────────

SHOWN = 40
"""Lines that are shown; for longer tapes, half of them from the beginning and half from the end."""


def described(plan: Plan) -> str:
    """Return a heading, and a line for each step.

    >>> from engine import Value, affine
    >>> from engine.tape.plan import plan
    >>> x, ws = Value(2.0), [Value(0.5), Value(-0.5)]
    >>> zs = [affine(1.0, [w], [x]).tanh() for w in ws]
    >>> print(described(plan(zs[0] * zs[1], [x], ws, thin=0)))
    10 nodes on 3 levels: 2 parameters, 1 varying leaf, 2 constants, 5 computed
    level 1: 2 × affine → W(2×1) a + b
    level 2: 2 × tanh
    level 3: 1 × mul
    """
    recording = plan.recording
    leaves = [k for k, level in enumerate(recording.levels) if level == 0]
    kinds = [
        (sum(recording.wanted[k] for k in leaves), "parameter"),
        (sum(recording.varies[k] and not recording.wanted[k] for k in leaves), "varying leaf"),
        (len(recording.constants), "constant"),
    ]
    counts = ", ".join(counted(n, kind) for n, kind in kinds if n)
    heading = (
        f"{counted(len(recording.nodes), 'node')} on {counted(max(recording.levels), 'level')}: "
        f"{counts}, {len(recording.nodes) - len(leaves):,} computed"
    )
    return "\n".join([heading, *_shortened(list(_lines(plan)))])


def _lines(plan: Plan) -> Iterator[str]:
    for steps in plan.levels:
        level = plan.recording.levels[steps[0].nodes[0]]
        last = max(plan.recording.levels[k] for step in steps for k in step.nodes)
        where = f"level {level}" if level == last else f"levels {level}–{last}"
        for step in steps:
            yield f"{where}: {_step(plan, step)}"


def _step(plan: Plan, step: Step) -> str:
    if isinstance(step, Straight):
        rules = Counter(_name(plan.recording.rule(k)) for k in step.nodes)
        parts = ", ".join(f"{n:,} × {name}" for name, n in rules.most_common())
        return f"{parts}, node by node"
    found = f"{len(step.nodes):,} × {_name(step.rule)}"
    return f"{found} → {_product(step)}" if isinstance(step, LayerProducts) else found


def _product(layer: LayerProducts) -> str:
    """Return the matrix form of a layer, with its shapes."""
    if not layer.weights:
        return f"{layer.coefficient:.6g} Σ a over {counted(layer.terms, 'term')}"
    A = "a" if layer.columns == 1 else f"A({layer.terms:,}×{layer.columns:,})"
    times = f"{layer.count:,} times " if layer.count > 1 else ""
    return f"{times}W({layer.rows:,}×{layer.terms:,}) {A}" + " + b" * bool(layer.biases)


def _name(rule: Rule) -> str:
    parameters = ", ".join(f"{name}={x:g}" for name, x in rule.parameters)
    return f"{rule.name}({parameters})" if parameters else rule.name


def counted(n: int, what: str) -> str:
    """Return a count in words.

    >>> counted(1, "parameter"), counted(2000, "varying leaf")
    ('1 parameter', '2,000 varying leaves')
    """
    plural = {"varying leaf": "varying leaves"}.get(what, f"{what}s")
    return f"{n:,} {what if n == 1 else plural}"


def _shortened(lines: list[str]) -> list[str]:
    if len(lines) <= SHOWN:
        return lines
    half = SHOWN // 2
    return [*lines[:half], f"… {len(lines) - SHOWN:,} more …", *lines[-half:]]


# ── The plan ────────────────────────────────────────────────────────────────────────────────────────

Step: TypeAlias = "Group | LayerProducts | Straight"

PART, WHOLE = 4_000, 1_000_000
"""Edges of a straight part after which the next one begins: of one that may become a function, and of one
that the compiled core runs, where numbers on their way from part to part would cost more than the nodes."""


@dataclass(frozen=True, slots=True)
class Straight:
    """Nodes of consecutive levels that are too few for arrays: computed one after the other."""

    nodes: list[int]
    before: int
    """The edges of all straight parts before this one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a tape, level by level, and where each node's number is kept.

    Numbers that vary with the example are kept apart from the others; ``place`` counts within each kind, so
    that the nodes of a step, and mostly their operands, are adjacent.
    """

    recording: Nodes
    levels: list[list[Step]]
    place: list[int]
    rows: Index
    """The same as ``place``."""
    sizes: dict[bool, int]
    """How many numbers all examples share, and how many each example has."""
    leaves: dict[bool, int]
    """How many of them are leaves, which come first."""
    readers: list[int]
    """How often steps read each node."""
    read_outside: list[bool]
    """Whether a node is the root, or read by a step other than its own."""


class Recorded(NamedTuple):
    """A snapshot of a graph: its topological order, and the numbers of the constant leaves."""

    order: Sequence[Value]
    constants: Mapping[Value, float]


def as_recorded(order: Sequence[Value], given: Container[Value]) -> Recorded:
    """Keep the current numbers of the leaves that are not passed with each call."""
    constants = {node: node.data for node in order if not node.parents and node not in given}
    return Recorded(order, constants)


def plan(
    C: Value,
    varying: Sequence[Value],
    params: Sequence[Value],
    thin: int,
    recorded: Recorded | None = None,
    *,
    quick: int = 0,
) -> Plan:
    """Sort a graph into levels, groups and layers; ``recorded`` is what is already known about it.

    A level is run node by node if its groups have no more than ``thin`` edges each, on average: there a call
    of NumPy costs more than it saves. In the compiled core that holds up to ``quick`` edges, except for sums
    of products.
    """
    order, constants = recorded or as_recorded(topological_order(C), {*varying, *params})
    recording = record(order, varying, params, constants)
    planner = _Planner(recording)
    for members in by_level(recording)[1:]:
        planner.add_level(members, thin, quick)
    levels = [[step for step in steps if step.nodes] for steps in planner.levels]
    place, rows = planner.place, np.array(planner.place, dtype=np.intp)
    return Plan(recording, levels, place, rows, planner.sizes, planner.leaves, *_reads(recording, levels))


class _Planner:
    """The plan under construction: each node gets its place when its step is known."""

    def __init__(self, recording: Nodes) -> None:
        self.recording = recording
        self.levels: list[list[Step]] = []
        self.place = [0] * len(recording.nodes)
        self.sizes = {False: 0, True: 0}
        self.straight: dict[bool, Straight] = {}
        self.edges = self.begun = 0
        self.known = False
        self.interpreted: dict[tuple[Rule, int], bool] = {}
        self._settle(leaves(recording))
        self.leaves = dict(self.sizes)

    def add_level(self, members: Sequence[int], thin: int, quick: int) -> None:
        """Put a level's nodes into steps."""
        alike = by_rule(self.recording, members)
        edges = sum(arity * len(numbers) for (_, arity, _), numbers in alike.items())
        known = bool(quick) and all(self._is_known(rule, arity) for rule, arity, _ in alike)
        if edges > quick * len(alike) or not known or any(rule in LINEAR for rule, _, _ in alike):
            quick = 0
        if edges > max(thin, quick) * len(alike):
            self.straight = {}
            self.levels.append(list(together(self.recording, alike, self.place)))
            for step in self.levels[-1]:
                self._settle(step.nodes)
        else:
            self._add_straight(members, known=known)
            self.edges += edges

    def _is_known(self, rule: Rule, arity: int) -> bool:
        """Whether the compiled core runs such nodes."""
        if (rule, arity) not in self.interpreted:
            self.interpreted[rule, arity] = core.interpreted(rule, arity)
        return self.interpreted[rule, arity]

    def _add_straight(self, members: Sequence[int], *, known: bool) -> None:
        """Continue the straight parts, or begin a pair: shared nodes first, as varying ones read them."""
        self.known &= known
        if not self.straight or self.edges >= self.begun + (WHOLE if self.known else PART):
            self.straight = {kind: Straight([], self.edges) for kind in (False, True)}
            self.begun, self.known = self.edges, known
            self.levels.append(list(self.straight.values()))
        for k in members:
            self.straight[self.recording.varies[k]].nodes.append(k)
        self._settle(members)

    def _settle(self, numbers: Iterable[int]) -> None:
        varies, place, sizes = self.recording.varies, self.place, self.sizes
        for k in numbers:
            kind = varies[k]
            place[k] = sizes[kind]
            sizes[kind] += 1


def _reads(recording: Nodes, levels: Iterable[Iterable[Step]]) -> tuple[list[int], list[bool]]:
    """Return how often each node is read, and whether from outside its own step."""
    readers, outside = [0] * len(recording.nodes), [False] * len(recording.nodes)
    outside[recording.root] = True
    for step in chain.from_iterable(levels):
        inside = set(step.nodes) if isinstance(step, Straight) else set()
        for k in chain.from_iterable(_lists(recording, step)):
            readers[k] += 1
            if k not in inside:
                outside[k] = True
    return readers, outside


def _lists(recording: Nodes, step: Step) -> Iterable[Sequence[int]]:
    """Return the numbers of the nodes that a step reads."""
    if isinstance(step, Straight):
        return (recording.parents[k] for k in step.nodes)
    if isinstance(step, LayerProducts):
        return (step.inputs, step.weights, step.biases)
    return step.operands
