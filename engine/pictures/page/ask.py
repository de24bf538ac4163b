"""The part of a page that asks questions: each mistake's numbers as code, and the sentences that describe it.

The table of mistakes (``engine.asking.mistakes``) is evaluated with expressions, like the rules, and written
as JavaScript, so that for any numbers in the graph the page knows the number to which each mistake leads. No
part of the table is written twice.

>>> from engine import Value
>>> from engine.graph import topological_order
>>> x = Value(0.5, label="x")
>>> "slope_at_output" in mistaken(topological_order(x.tanh()))
True
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count
from textwrap import indent
from typing import TYPE_CHECKING, Any

from engine import graph
from engine.asking import wording as say
from engine.asking.diagnosis import HERE, NEAR, OTHER, PAIR
from engine.asking.exercises import pool_of
from engine.asking.kinds import wrong_values
from engine.asking.mistakes import TABLE, Occurrence
from engine.asking.passes import function_of
from engine.asking.slips import DIGITS, SLIPS
from engine.asking.verdicts import LISTED, SURE
from engine.pictures.svg.embed import as_json
from engine.readings.code import Writer
from engine.readings.expressions import Expressions
from engine.source import JAVASCRIPT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.readings.expressions import Expression
    from engine.value import Value

MOST = 200
"""The maximum number of values in a graph that a page asks about: nobody would answer more questions."""
ASKING = (
    "asknumbers", "askpasses", "askverdict", "askwords", "askvalues", "askpicture", "askchoice", "askcard",
    "ask",
)  # fmt: skip
"""The scripts that ask, in loading order."""


def asking(order: Sequence[Value]) -> dict[str, Any]:
    """Return what a page needs to ask about a graph, besides ``mistaken``: the table, in words and weights.

    >>> from engine import Value
    >>> from engine.graph import topological_order
    >>> asking(topological_order(Value(2.0) * 3.0))["slips"]["digits_swapped"]
    [0.5, 'two digits are swapped']
    """
    place = {node: k for k, node in enumerate(order)}
    digits = say.in_words(DIGITS)
    return {
        "mistakes": [
            {"name": m.name, "family": m.family, "kind": m.kind, "share": m.share, "did": m.did, "see": m.see}
            for m in TABLE.values()
        ],
        "slips": {slip.name: [slip.share, slip.did] for slip in SLIPS.values()},
        "families": say.FAMILIES,
        "sentences": {
            "told": say.TOLD, "two": say.TWO, "perhaps": say.PERHAPS, "several": say.SEVERAL,
            "half": say.HALF, "close": say.CLOSE.format(digits=digits),
            "nearly": say.NEARLY.format(digits=digits), "sign": say.SIGN, "unknown": say.UNKNOWN,
            **say.SLIPPED, "paths": say.PATHS, "above": say.ABOVE, "look": say.LOOK,
        },
        "counts": say.NUMBERS,
        "weights": {
            "sure": SURE, "listed": LISTED, "once": HERE, "pair": PAIR, "near": NEAR,
            "other": OTHER / (9 * 10 ** (DIGITS - 1)),
        },
        "pool": pool_of(order[-1]),
        "first": [place[node] for node in graph.depth_first(order[-1])],
    }  # fmt: skip


def mistaken(order: Sequence[Value]) -> str:
    """Return the object ``mistaken`` in JavaScript: mistakes on an edge, in a step, in a sum, at the start.

    ``mistaken.at(v)`` takes the values of all nodes, and returns for these numbers the value of each node,
    the right local derivative of each edge, for each mistake the edges where it writes a different one, and
    the wrong numbers for a node's value.

    >>> from engine import Value
    >>> from engine.graph import topological_order
    >>> x = Value(2.0)
    >>> print(mistaken(topological_order(x * x)).splitlines()[2].strip())
    overwritten: {2: (p) => p[1]},
    """
    xp = Expressions()
    values = [xp.variable() for _ in order]
    computed, slopes, wrong = _read(xp, order, values)
    others = list(_others(xp, order, values))
    places = count()
    roots = [*computed, *slopes, *(e for edges in wrong.values() for _, e in edges), *(e for *_, e in others)]
    names = {e: f"v[{k}]" for k, e in enumerate(values)}
    writer = Writer(replace(JAVASCRIPT, assign=JAVASCRIPT.store), map("t[{}]".format, places), names, roots)
    texts = {e: writer.write(e) for e in roots}
    preamble = JAVASCRIPT.preamble(writer.functions)
    lines = "".join(f"{line}\n" for line in writer.taken())
    wrongly = ", ".join(
        f"{name}: [{', '.join(f'[{edge}, {texts[e]}]' for edge, e in edges)}]"
        for name, edges in wrong.items()
    )
    return f"""\
const mistaken = {{
  gather: {{
{_gathering(xp, order)}  }},
  step: {{ {_stepping(xp)} }},
  start: {{ {_starting(xp)} }},
  at(v) {{
{indent(preamble, "    ")}
    const t = [];
{lines}    return {{
      values: [{", ".join(texts[e] for e in computed)}],
      slopes: [{", ".join(texts[e] for e in slopes)}],
      wrong: {{ {wrongly} }},
      others: [{", ".join(f"[{node}, {as_json(did)}, {texts[e]}]" for node, did, e in others)}],
    }};
  }},
}};"""


def _read(
    xp: Expressions, order: Sequence[Value], values: Sequence[Expression]
) -> tuple[list[Expression], list[Expression], dict[str, list[tuple[int, Expression]]]]:
    """Return the nodes' values, the edges' local derivatives, and those that each mistake changes."""
    place = {node: k for k, node in enumerate(order)}
    computed: list[Expression] = []
    slopes: list[Expression] = []
    wrong: dict[str, list[tuple[int, Expression]]] = {}
    for node in order:
        y = values[place[node]]
        if not node.parents:
            computed.append(y)
            continue
        xs = tuple(values[place[parent]] for parent in node.parents)
        value, right, is_read = _rule(xp, node, xs)
        computed.append(xp.operand(value))
        for k, (parent, d) in enumerate(zip(node.parents, right, strict=True)):
            own = xp.operand(d)
            if is_read:
                below = parent.rule.name if parent.rule and parent.parents else ""
                inner = function_of(parent)
                fields: Any = (node.rule, xs, k, y, own, below, values[place[inner]] if inner else None)
                for name, changed in _changed(xp, _At(*fields)):
                    wrong.setdefault(name, []).append((len(slopes), changed))
            slopes.append(own)
    return computed, slopes, wrong


def _others(
    xp: Expressions, order: Sequence[Value], values: Sequence[Expression]
) -> Iterator[tuple[int, str, Expression]]:
    """Yield wrong numbers for a node's value: the node, what was done, the number."""
    place = {node: k for k, node in enumerate(order)}
    for k, node in enumerate(order):
        if node.parents:
            xs = tuple(values[place[parent]] for parent in node.parents)
            _, slopes, is_read = _rule(xp, node, xs)
            below = node.parents[0].rule.name if node.parents[0].rule else ""
            fields: Any = (node.rule, xs, 0, values[k], xp.operand(slopes[0]), below)
            for number, did, _ in wrong_values(_At(*fields)) if is_read else ():
                yield k, did, xp.operand(number)


def _rule(xp: Expressions, node: Value, xs: tuple[Expression, ...]) -> tuple[Any, tuple[Any, ...], bool]:
    """Return a node's value and local derivatives by its rule; for a custom node, the numbers that it has."""
    if node.rule is not None and node.rule.name != "handmade":
        return *node.rule(xp, *xs), True
    return node.data, node.local_derivatives, False


class _At(Occurrence):
    """An occurrence whose numbers are expressions."""

    __slots__ = ()

    def slope_at(self, x: Any) -> Any:
        """Return the local derivative of the same function at another point; the page checks for NaN."""
        return self.rule.function(x.xp, x)[1][0]


def _changed(xp: Expressions, at: _At) -> Iterator[tuple[str, Expression]]:
    for mistake in TABLE.values():
        if mistake.slope:
            slope, right = xp.operand(mistake.slope(at)), xp.operand(at.slope)
            if slope is not right:
                yield mistake.name, slope


def _gathering(xp: Expressions, order: Sequence[Value]) -> str:
    """Return how contributions are joined, for every number of them that occurs in the graph."""
    uses = Counter(parent for node in order for parent in node.parents)
    sizes = sorted({size for size in uses.values() if size > 1})
    lines = []
    for mistake in _kind("gather"):
        ways = []
        for size in sizes:
            parts = [xp.variable() for _ in range(size)]
            names = {e: f"p[{k}]" for k, e in enumerate(parts)}
            ways.append(f"{size}: (p) => {_text(xp, mistake.gather(parts), names)}")
        lines.append(f"    {mistake.name}: {{{', '.join(ways)}}},\n")
    return "".join(lines)


def _stepping(xp: Expressions) -> str:
    up, d = xp.variable(), xp.variable()
    made = [(m.name, _text(xp, m.step(up, d), {up: "up", d: "d"})) for m in _kind("step")]
    return ", ".join(f"{name}: (up, d) => {text}" for name, text in made)


def _starting(xp: Expressions) -> str:
    c = xp.variable()
    return ", ".join(f"{m.name}: (c) => {_text(xp, m.start(c), {c: 'c'})}" for m in _kind("start"))


def _kind(name: str) -> list[Any]:
    return [mistake for mistake in TABLE.values() if getattr(mistake, name)]


def _text(xp: Expressions, result: Any, names: Mapping[Expression, str]) -> str:
    """Return the result of a JavaScript function: an expression, or a body if it needs lines before that."""
    e = xp.operand(result)
    writer = Writer(JAVASCRIPT, map("t{}".format, count()), names, [e])
    text, lines = writer.write(e), writer.taken()
    return f"{{ {' '.join(map(str.strip, lines))} return {text}; }}" if lines else text
