"""Graphs as a function of their leaves that returns every number: the sliders of a page run it.

>>> from engine import Value
>>> w, x, b = Value(0.5), Value(2.0), Value(0.1)
>>> print(live((w * x + b).exp() * w, [w, b]))
function evaluate(x) {
    const v = [];
    v[0] = x[0] * 2.0;
    v[1] = v[0] + x[1];
    v[2] = Math.exp(v[1]);
    v[3] = v[2] * x[0];
    const values = [x[0], 2.0, v[0], x[1], v[1], v[2], v[3]];
    const slopes = [2.0, x[0], 1.0, 1.0, v[2], x[0], v[2]];
    return [values, slopes];
}
<BLANKLINE>
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, count
from textwrap import indent
from typing import TYPE_CHECKING

from engine.arguments import check_dialect, check_name, leaves_of, order_of
from engine.readings.code import Writer, listed
from engine.readings.expressions import Expressions, read

from .javascript import JAVASCRIPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.readings.code import Dialect
    from engine.readings.expressions import Expression
    from engine.value import Value


def live(C: Value, leaves: Iterable[Value], dialect: Dialect = JAVASCRIPT, *, name: str = "evaluate") -> str:
    """Return the text of a function ``name(x)`` of the leaves' numbers: every value and local derivative.

    It returns the values in the order of ``graph.topological_order(C)`` and the local derivatives in that of
    ``graph.edges(C)``; in Python they are those of the engine, bit for bit. Other leaves are constants. The
    text runs without this project, and contains no label. Raises TypeError or ValueError for anything but
    leaves of C, each given once; TypeError if a node was made by hand.

    >>> from engine import Value
    >>> from engine.source import PYTHON
    >>> x = Value(3.0)
    >>> print(live(x.exp() * 2.0, [x], PYTHON, name="numbers"))
    def numbers(x):
        from math import exp
    <BLANKLINE>
        v = [0.0] * 2
        v[0] = exp(x[0])
        v[1] = v[0] * 2.0
        values = [x[0], v[0], 2.0, v[1]]
        slopes = [v[0], 2.0, v[0]]
        return values, slopes
    <BLANKLINE>
    """
    order = order_of(C)
    check_dialect(dialect)
    check_name(name, dialect.reserved, "evaluate")
    (leaves,) = leaves_of(order, leaves=leaves)
    arguments, numbers = _read(order, leaves)
    places = count()  # in a list: for a large graph, that many variables would not fit on a browser's stack
    writer = Writer(
        replace(dialect, assign=dialect.store),
        map("v[{}]".format, places),
        {x: f"x[{k}]" for k, x in enumerate(arguments)},
        chain.from_iterable(numbers),
    )
    for e in chain.from_iterable(numbers):
        writer.keep(e)
    texts = [[writer.write(e) for e in of_node] for of_node in numbers]
    preamble = dialect.preamble(writer.functions)
    return dialect.live.format(
        name=name,
        preamble=indent(f"{preamble}\n\n", "    ") if preamble else "",
        size=next(places),
        lines="".join(f"{line}\n" for line in writer.taken()),
        values=listed([value for value, *_ in texts]),
        slopes=listed([slope for _, *slopes in texts for slope in slopes]),
    )


def _read(order: Sequence[Value], leaves: Iterable[Value]) -> tuple[list[Expression], list[list[Expression]]]:
    """Return a variable for each leaf, and for each node its value and its local derivatives."""
    xp = Expressions()
    values = {leaf: xp.variable() for leaf in leaves}
    arguments = list(values.values())
    values |= {node: xp.literal(node.data) for node in order if not node.parents and node not in values}
    slopes = read(xp, [node for node in order if node.parents], values)
    return arguments, [[values[node], *map(xp.operand, slopes.get(node, ()))] for node in order]
