"""Pictures: the graph of a Value, one box for each node and one arrow for each operand."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from .given import a_node, a_value, listed
from .pictures.comparison import check_alike
from .pictures.contents import Contents
from .pictures.derived import derived
from .pictures.details import plan
from .pictures.drawing import Drawing
from .pictures.highlight import Highlight
from .pictures.picture import Picture
from .pictures.snapshot import Snapshot
from .pictures.wording import number
from .real import flag

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Unpack

    from .rendering.diagram import Diagram
    from .value import Value

__all__ = ["Drawing", "diagram", "draw", "number"]


def draw(
    root: Value | Drawing,
    after: Value | Drawing | None = None,
    /,
    *,
    highlight: Value | None = None,
    derivative_of: Value | None = None,
    detail: str | None = None,
    edge_labels: bool | None = None,
    legend: bool = False,
    parameters: Iterable[Value] | None = None,
) -> Drawing:
    """Draw everything that a node depends on, as it is now; left to right is forward.

    Each box shows label or operation, ``data`` and ``grad`` ("–" where no backward pass has come), each
    arrow the local derivative. After ``backward()`` an arrow is the broader the more it contributes to the
    derivative of the root. Layers and neurons stand in frames. Where numbers were edited since they were
    computed, a note says so.

    >>> from engine import Value
    >>> a = Value(3.0, label="a")
    >>> draw(a * a)
    <Drawing of 2 values and 2 edges; .save("graph.svg") writes it>

    ``highlight=w`` shows the paths from w to the root, largest first as ``explain`` lists them, one hue
    each where they are few. ``derivative_of=w`` draws the graph of the derivative of the root by w.
    ``draw(before, after)`` shows what has changed between two states of one graph, each a Value or what
    ``draw`` has made of it earlier.

    >>> before = draw(a * a)
    >>> a.data = 4.0
    >>> draw(before, a * a).diagram.notes
    ('2 of 2 values changed; C 9 → 16, by 7',)

    ``detail`` is ``"values"``, ``"neurons"`` (one box each), ``"layers"`` or ``"summary"`` (bands of depth);
    by itself it is the first that gives at most 60 boxes, and a note below the picture tells. ``edge_labels``
    decides whether arrows are labelled, as they are by themselves up to 60. ``legend`` explains the kinds of
    boxes. ``parameters`` are the leaves to be shown as such; otherwise weights and biases are.

    TypeError for anything but Values and for a flag that is none; ValueError where the root does not depend
    on w, where ``before`` and ``after`` are not the same graph, for an unknown detail, and for more boxes
    than anyone could read.
    """
    chosen = None if parameters is None else _values("parameters", parameters)
    notes: tuple[str, ...] = ()
    before = None
    if after is not None:
        if highlight is not None or derivative_of is not None:
            raise ValueError(
                "draw(before, after) shows what has changed, without highlight or derivative_of; "
                "draw each by itself with them, and pass the two drawings"
            )
        before, now = _snapshot(root), _snapshot(after)
        check_alike(before, now)
    elif derivative_of is not None:
        now, said = derived(_root(root), _node("derivative_of", derivative_of))
        notes = (said,)
    else:
        now = Snapshot(_root(root))
    lit = None if highlight is None else Highlight(now, _node("highlight", highlight))
    shown = plan(Contents(now, chosen), detail)
    labelled = None if edge_labels is None else flag(edge_labels, "edge_labels")
    picture = Picture(shown, now, before, lit, labelled, flag(legend, "legend"), notes)
    return Drawing(picture.diagram, picture)


class Options(TypedDict, total=False):
    """The keywords of ``draw``."""

    highlight: Value | None
    derivative_of: Value | None
    detail: str | None
    edge_labels: bool | None
    legend: bool
    parameters: Iterable[Value] | None


def diagram(root: Value, **options: Unpack[Options]) -> Diagram:
    """What the picture of a graph shows, as plain data with stable ids; keywords as for ``draw``."""
    return draw(root, **options).diagram


def _snapshot(state: object) -> Snapshot:
    if isinstance(state, Drawing):
        if state.picture is None:
            raise TypeError("draw(before, after) compares what draw has made, and not a Drawing made by hand")
        return state.picture.now
    return Snapshot(_root(state))


def _values(what: str, given: object) -> list[Value]:
    return [_node(what, x) for x in listed(given, f"{what} takes a list of Values")]


def _node(what: str, x: object) -> Value:
    return a_node(x, f"{what} takes a Value")


def _root(x: object) -> Value:
    if isinstance(x, Drawing):
        raise TypeError("draw takes a Value, got Drawing; it is drawn already")
    return a_value(x, "draw takes a Value")
