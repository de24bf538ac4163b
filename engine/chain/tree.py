"""The graph of a Value as a text tree, from the root down to its operands."""

from __future__ import annotations

import textwrap
from collections import deque
from itertools import count, islice
from typing import TYPE_CHECKING, NamedTuple

from engine import labels
from engine.arguments import a_value, advised
from engine.characters import Printed, printable
from engine.graph import depth_first
from engine.labels import number
from engine.numeric import flag, see, whole
from engine.stale import first_stale

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from engine.value import Value

NARROWEST = 64  # characters that just fit the longest number and gradient beside an operation
LEAST = 20  # characters that a branch leaves for a name and its number
COUNTED = 1000  # nodes below the depth limit are counted up to here, since many branches may share them
ABOVE, BELOW = "(above)", "below"


@advised
def tree(
    root: Value,
    depth: int | None = None,
    *,
    width: int = 80,
    lines: int | None = 200,
    names: bool = True,
) -> Printed:
    """Return the graph of everything that a node depends on as text, each node above its operands.

    A line shows name, number, operation, and the gradient if there is one. A node that several others share
    is shown with its operands once and marked ``(above)`` from then on; a leaf, which has none, is simply
    repeated. In a chain of unary operations, ``↳`` marks the operand of the line above. A branch that would
    leave too little room continues further below, in a numbered part.

    If numbers were edited since they were computed, a note below says so.

    ``depth`` limits the levels below the root, ``lines`` the number of lines; ``None`` means no limit. No
    line is longer than ``width`` characters. ``names`` names nodes without a label after the caller's
    variables that hold them. Raises TypeError for anything but a Value and for a limit that is not an
    integer; ValueError for a limit that leaves too little room.

    >>> from engine import Value
    >>> w, x = Value(0.5, label="w"), Value(3.0, label="x")
    >>> z = w * x
    >>> tree(z * z + 1.0)
    C = 3.25       +
    ├─ v_1 = 2.25  *
    │  ├─ z = 1.5  *
    │  │  ├─ w = 0.5
    │  │  └─ x = 3
    │  └─ z = 1.5  (above)
    └─ 1
    """
    called = labels.names(a_value(root, "tree takes a Value"), variables=flag(names, "names"))
    whole(width, "width", NARROWEST)
    for name, limit, least in (("depth", depth, 0), ("lines", lines, 2)):
        if limit is not None:
            whole(limit, name, least)
    first, second = _columns(called, width)
    rows = list(_rows(root, depth, deepest=first - LEAST))
    shown = rows if lines is None or len(rows) <= lines else rows[: lines - 1]
    text = _laid_out([_line(row, called) for row in shown], first, second, width)
    stale = first_stale(called)
    note = textwrap.wrap(stale.told(called) + see("edited"), width) if stale else []
    return Printed("\n".join([*text, *_rest(shown, rows[len(shown) :]), *note]))


class _Place(NamedTuple):
    """A node in the tree: ``branch`` is drawn before it, ``below`` before its operands' branches."""

    node: Value
    branch: str
    below: str
    level: int = 0
    only: bool = False  # the only operand of the node above it


class _Row(NamedTuple):
    """A line of the tree; its note is ``ABOVE``, ``BELOW`` (the depth limit), or the part with the node."""

    branch: str
    node: Value
    note: str = ""


def _rows(root: Value, depth: int | None, deepest: int) -> Iterator[_Row]:
    """Yield the lines: the tree, then the parts that were too deep for it, in order of appearance."""
    numbers = count(1)
    put_off: dict[Value, str] = {}
    opened = set()
    parts = deque([_Place(root, "", "")])
    while parts:
        stack = [parts.popleft()]
        put_off.pop(stack[0].node, None)
        while stack:
            place = stack.pop()
            node, branch = place.node, place.branch
            if not node.parents:
                yield _Row(branch, node)
            elif node in opened:
                yield _Row(branch, node, ABOVE)
            elif place.level == depth:
                yield _Row(branch, node)
                yield _Row(f"{place.below}└─ ", node, BELOW)
            elif node in put_off or len(place.below) > deepest:
                if node not in put_off:
                    put_off[node] = f"[{next(numbers)}]"
                    parts.append(_Place(node, f"{put_off[node]} ", "", place.level))
                yield _Row(branch, node, put_off[node])
            else:
                opened.add(node)
                yield _Row(branch, node)
                stack += reversed(_operands(place))


def _operands(place: _Place) -> list[_Place]:
    """Return the places of a node's operands; in a chain of unary operations the depth does not grow."""
    node, branch, below, level, only = place
    *others, last = node.parents
    if only and not others:
        return [_Place(last, f"{branch[:-3]} ↳ ", below, level + 1, only)]
    places = [_Place(parent, f"{below}├─ ", f"{below}│  ", level + 1) for parent in others]
    return [*places, _Place(last, f"{below}└─ ", f"{below}   ", level + 1, not others)]


class _Line(NamedTuple):
    """The words of a row: the name and the text after it form the first column."""

    branch: str
    name: str
    after: str
    operation: str = ""
    gradient: str = ""


def _line(row: _Row, called: Mapping[Value, str]) -> _Line:
    branch, node, note = row
    name, data = called[node], number(node.data)
    if note == BELOW:
        return _Line(branch, "", _count_below(node))
    if note.startswith("["):
        return _Line(branch, name, f" ⋯ continued at {note}")
    after = "" if name == data else f" = {data}"
    return _Line(branch, name, after, note or _operation(node), _gradient(node))


def _operation(node: Value) -> str:
    return printable(node.rule.symbol or node.rule.name) if node.rule and node.parents else ""


def _gradient(node: Value) -> str:
    return f"grad {number(node.grad)}" if node.has_grad else ""


def _count_below(node: Value) -> str:
    found = sum(1 for _ in islice(depth_first(node), 1, COUNTED + 2))
    return f"… {_nodes(found)} below" if found <= COUNTED else f"… more than {COUNTED:,} nodes below"


def _columns(nodes: Collection[Value], width: int) -> tuple[int, int]:
    """Return the widths that the first two columns may have, so that every gradient fits beside them."""
    operation = min(max(map(len, [ABOVE, *map(_operation, nodes)])), width // 4)
    return width - operation - max(len(_gradient(node)) for node in nodes) - 4, operation


def _laid_out(lines: Sequence[_Line], first: int, second: int, width: int) -> list[str]:
    """Return text in columns, no wider than these; text alone on its line may use the whole width."""
    lefts = [_left(line, first if line.operation or line.gradient else width) for line in lines]
    pairs = list(zip(lefts, lines, strict=True))
    first = max((len(left) for left, line in pairs if line.operation or line.gradient), default=0)
    second = min(second, max(len(line.operation) for line in lines))
    return [
        f"{left.ljust(first)}  {_shortened(line.operation, second).ljust(second)}  {line.gradient}".rstrip()
        for left, line in pairs
    ]


def _left(line: _Line, room: int) -> str:
    """Return branch, name and number; only the name is shortened."""
    return line.branch + _shortened(line.name, room - len(line.branch) - len(line.after)) + line.after


def _shortened(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(room - 1, 0)] + "…"


def _rest(shown: Iterable[_Row], hidden: Sequence[_Row]) -> list[str]:
    """Return the last line of a truncated tree: how many nodes are hidden, or else that lines are."""
    seen, more = ({row.node for row in rows if row.note in {"", ABOVE}} for rows in (shown, hidden))
    what = _nodes(len(more - seen), "more ") if more - seen else "more lines, with nodes shown above"
    return [f"… {what}; lines=None shows them"] if hidden else []


def _nodes(n: int, more: str = "") -> str:
    return f"{n:,} {more}{'node' if n == 1 else 'nodes'}"
