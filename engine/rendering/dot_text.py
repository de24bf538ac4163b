"""A diagram in the DOT language, for those who go on with it in Graphviz, and for Graphviz to lay it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import dot_look as look
from .dot_look import BARE, COLOURS
from .marks import head_length
from .svg import CLUSTER_PADDING, CLUSTER_TITLE, box_size
from .widths import FONT_SIZE, FONTS, clean, text_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from graphviz import Digraph

    from .diagram import Arrow, Box, Cluster, Diagram

    Attributes = dict[str, str]

PIXELS_PER_INCH = 72  # one of Graphviz's points is one of our pixels


def source(diagram: Diagram, more: Attributes | None = None) -> str:
    """The diagram in the DOT language; the same diagram gives the same text, byte for byte.

    More attributes of the whole may be given, such as the ``dpi`` of a bitmap.
    """
    below = {"label": look.below(diagram)} if diagram.notes or diagram.legend else {}
    return write(diagram, below | (more or {}), look.frame, look.node, look.edge)


def outline(diagram: Diagram) -> str:
    """The same, but of all that is to be placed only the room that it takes in ``svg``."""
    return write(diagram, {}, _bare_frame, _bare_box, _bare_arrow)


def write(
    diagram: Diagram,
    whole: Attributes,
    frame: Callable[[Cluster], Attributes],
    node: Callable[[Box], Attributes],
    edge: Callable[[Arrow], Attributes],
    *,
    first: Iterable[str] = (),
) -> str:
    """A diagram in the DOT language, with the attributes of the whole and of each thing in it.

    Boxes may be named that are to be read first.
    """
    from graphviz import Digraph  # noqa: PLC0415  (imported where used: `import engine` stays light)

    text = {"fontname": FONTS, "fontsize": str(FONT_SIZE)}
    layout = {"rankdir": "LR", "bgcolor": "transparent", "nodesep": "0.2", "ranksep": "0.4", "labeljust": "l"}
    page = text | {"fontcolor": COLOURS["text"]}
    graph = Digraph(graph_attr=layout | page | whole, node_attr=text, edge_attr=page)
    for id in first:
        graph.node(id)
    frames = {"": graph}
    for cluster in diagram.clusters:
        frames[cluster.id] = Digraph(
            f"cluster_{cluster.id}",
            graph_attr={"id": cluster.id, "class": f"cluster {cluster.kind}", **frame(cluster)},
        )
    for box in diagram.boxes:
        css_class = box.kind + " dim" * box.dim
        frames[box.cluster].node(box.id, id=box.id, **{"class": css_class}, **node(box))
    _nest(diagram, frames)
    for arrow in diagram.arrows:
        graph.edge(arrow.tail, arrow.head, id=arrow.id, **edge(arrow))
    return str(graph.source)


def _nest(diagram: Diagram, frames: dict[str, Digraph]) -> None:
    """Put frames into those around them, the innermost first: what is put in is copied as it is."""
    inner: dict[str, list[str]] = {id: [] for id in frames}
    for cluster in diagram.clusters:
        inner[cluster.cluster].append(cluster.id)
    for id in reversed(inner):
        for cluster_id in inner[id]:
            frames[id].subgraph(frames[cluster_id])


def _bare_frame(cluster: Cluster) -> Attributes:
    room = _room(text_width(clean(cluster.title)) + 4, CLUSTER_TITLE - 8)  # and around it 4 of Graphviz's own
    return {"label": room, "margin": str(CLUSTER_PADDING)}


def _bare_box(box: Box) -> Attributes:
    width, height = (f"{pixels / PIXELS_PER_INCH:.4f}" for pixels in box_size(box))
    return {"shape": "box", "fixedsize": "true", "width": width, "height": height, "label": ""}


def _bare_arrow(arrow: Arrow) -> Attributes:
    size = {"arrowsize": f"{head_length(arrow.width) / 10:.3g}"}
    if not arrow.label:
        return size
    height = FONT_SIZE + 4 + 1.5 * arrow.width  # Graphviz sets a label beside a line, but takes it for thin
    return size | {"label": _room(text_width(clean(arrow.label)) + 8, height)}


def _room(width: float, height: float) -> str:
    """An empty table of a size, whatever fonts there are."""
    cell = f'<TR><TD FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{height:.0f}"></TD></TR>'
    return f'<<TABLE {BARE} CELLPADDING="0">{cell}</TABLE>>'
