"""Parts of a graph as generators: forward, a pause while the rest is computed, then backward.

>>> from engine import Value, floats
>>> x, y = Value(3.0), Value(4.0)
>>> z = x * y
>>> print(segment([z], externals=[x, y], outputs=[z], targets=[x], dialect=PYTHON))
def segment(x):
    (x0, x1) = x
    v2 = x0 * x1
    (g0,) = yield (v2,)
    v3 = x1 * g0
    yield (v3,)
<BLANKLINE>
>>> run = compiled_segment([z], [x, y], [z], [x], arithmetic=floats)([3.0, 4.0])
>>> next(run), run.send((10.0,))
((12.0,), (40.0,))
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from itertools import count
from math import inf, nan
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from engine.expressions import VOCABULARY, Expressions, pass_back, read

from .python import PYTHON
from .statements import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.expressions import Expression
    from engine.node import Node

    from .dialects import Dialect

Segment: TypeAlias = Callable[[Sequence[Any]], Generator[tuple[Any, ...], Sequence[Any], None]]
"""Of the externals' numbers; it yields the outputs', is sent their adjoints, and yields the targets'."""


def segment(
    nodes: Sequence[Node],
    externals: Sequence[Node],
    outputs: Sequence[Node],
    targets: Sequence[Node],
    dialect: Dialect,
    *,
    constants: Mapping[Any, float] | None = None,
) -> str:
    """The text of a generator function ``segment(x)`` of the externals' numbers.

    It yields the outputs' numbers, is sent the adjoints that come from outside, and yields those of the
    targets: 0.0 where nothing arrives, and a zero of either sign. ``nodes`` are in topological order;
    leaves that are not external are constants, with the numbers in ``constants`` or their own. ValueError for
    nodes that do not fit together.
    """
    _check(nodes, externals, outputs, targets)
    xp = Expressions()
    values = _inputs(xp, nodes, externals, constants or {})
    arguments = [values[node] for node in externals]
    slopes = read(xp, nodes, values)
    sent = [xp.variable() for _ in outputs]
    adjoints = pass_back(nodes, slopes, _summed(outputs, sent), targets)
    grads = [adjoints.get(node, xp.literal(0.0)) for node in targets]
    results = [values[node] for node in outputs]
    names = {x: f"x{k}" for k, x in enumerate(arguments)} | {g: f"g{k}" for k, g in enumerate(sent)}
    writer = Writer(dialect, map("v{}".format, count(len(externals))), names, results + grads)
    for e in results + grads:
        writer.keep(e)
    given, forward = [writer.write(e) for e in results], writer.taken()
    handed, backward = [writer.write(e) for e in grads], writer.taken()
    return dialect.segment.format(
        externals=dialect.pack([names[x] for x in arguments]),
        forward="".join(f"{line}\n" for line in forward),
        outputs=dialect.pack(given),
        adjoints=dialect.pack([names[g] for g in sent]),
        backward="".join(f"{line}\n" for line in backward),
        targets=dialect.pack(handed),
    )


def compiled_segment(
    nodes: Sequence[Node],
    externals: Sequence[Node],
    outputs: Sequence[Node],
    targets: Sequence[Node],
    *,
    arithmetic: object,
    dialect: Dialect = PYTHON,
    constants: Mapping[Any, float] | None = None,
) -> Segment:
    """The generator function itself, reading the vocabulary's names as attributes of ``arithmetic``."""
    text = segment(nodes, externals, outputs, targets, dialect, constants=constants)
    known = {name: getattr(arithmetic, name) for name in VOCABULARY if hasattr(arithmetic, name)}
    namespace: dict[str, Any] = {"__builtins__": {}, "inf": inf, "nan": nan} | known
    exec(compile(text, "<segment>", "exec"), namespace)  # noqa: S102  (made of our own names and numbers only)
    return cast("Segment", namespace["segment"])


def _inputs(
    xp: Expressions, nodes: Iterable[Node], externals: Iterable[Node], constants: Mapping[Any, float]
) -> dict[Node, Expression]:
    """A variable for each external, a literal for each other leaf."""
    values = {node: xp.variable() for node in externals}
    for node in nodes:
        for parent in node.parents:
            if not parent.parents and parent not in values:
                values[parent] = xp.literal(constants.get(parent, parent.data))
    return values


def _summed(nodes: Iterable[Node], grads: Iterable[Expression]) -> dict[Node, Expression]:
    """The adjoint of each node: a node that is handed out twice gets two."""
    total: dict[Node, Expression] = {}
    for node, grad in zip(nodes, grads, strict=True):
        total[node] = total[node] + grad if node in total else grad
    return total


def _check(
    nodes: Sequence[Node], externals: Sequence[Node], outputs: Sequence[Node], targets: Sequence[Node]
) -> None:
    known = set(externals)
    for node in nodes:
        if not node.parents or node in known:
            raise ValueError(f"nodes of a segment are computed there, once; {node!r} is a leaf or external")
        if not all(parent in known for parent in node.parents if parent.parents):
            raise ValueError(f"a parent of {node!r} comes neither from outside nor earlier in the segment")
        known.add(node)
    if not set(outputs) <= set(nodes):
        raise ValueError("the outputs of a segment are among its nodes; one is not")
    if not set(targets) <= set(externals):
        raise ValueError("the targets of a segment are among its externals; one is not")
