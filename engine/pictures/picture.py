"""How wide an arrow is: its width shows how much it contributes to the gradient.

The hint of a box or an arrow: all digits, and an arrow's contribution.

A plan and the numbers of a graph, combined into the plain data that gets drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from engine.characters import printable
from engine.formula import of_node
from engine.formula.symbols import derivative
from engine.labels import number

from . import snapshot, views
from .contents import Link, kinds
from .plans import MOST
from .snapshot import exact, how_many, same, span
from .svg.diagram import Arrow, Box, Diagram, Net, Tally, Tier, Unit
from .svg.letters import plain
from .svg.pen import THIN, WIDEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.value import Value

    from .contents import BoxRow, Part, PicturePlan, PlainNetwork
    from .snapshot import Snapshot
    from .views import Highlight


def widths(contributions: Sequence[float | None]) -> list[float]:
    """Return widths from 1.25 px (0) to 4.25 px (the largest), by the square root so that small ones differ.

    An infinite contribution counts as the largest, NaN as unknown.

    >>> widths([4.0, -1.0, 0.0, None, float("inf")])
    [4.25, 2.75, 1.25, 1.25, 4.25]
    """
    sizes = [math.nan if x is None else abs(x) for x in contributions]
    largest = max((size for size in sizes if math.isfinite(size)), default=0.0)
    return [_width(size, largest) for size in sizes]


def _width(size: float, largest: float) -> float:
    if math.isnan(size):
        return THIN
    share = 1.0 if math.isinf(size) else size / largest if size else 0.0
    return round(THIN + (WIDEST - THIN) * math.sqrt(share), 2)


# ── Hints of boxes and arrows ─────────────────────────────────────────────────────────────────────

SHOWN = 12
"""The maximum number of values of a box that its hint lists."""
CROWD = 100
"""For a box of more values, the hint is only their number."""


def of_part(part: Part, now: Snapshot) -> str:
    """Return the data and derivatives of a box with all digits; if it has many values, of the first ones.

    >>> from engine import Value
    >>> from .contents import Contents
    >>> from .snapshot import Snapshot
    >>> w = Value(0.1, label="w")
    >>> C = w * w
    >>> C.backward()
    >>> now = Snapshot(C)
    >>> of_part(Contents(now).box(0), now)
    'w = 0.1; ∂C/∂w = 0.2'
    """
    told = [_of_value(place, now) for place in part.places[:SHOWN]]
    left = len(part.places) - SHOWN
    head = [part.header] if len(part.places) > 1 else []
    return " | ".join([*head, *told, *([f"… {left:,} more"] if left > 0 else [])])


def of_link(link: Link, now: Snapshot) -> str:
    """Return the local derivative and contribution of an arrow, or its number of edges if it has a label.

    >>> from engine import Value
    >>> from .plans import Link
    >>> from .snapshot import Snapshot
    >>> w, x = Value(0.5, label="w"), Value(3.0, label="x")
    >>> z = w * x
    >>> z.label = "z"
    >>> C = z**2
    >>> C.backward()
    >>> print(of_link(Link("n0", "n2", (0,)), Snapshot(C)))
    ∂z/∂w = 3; contributes 9 to ∂C/∂w
    """
    if link.label:
        parts = now.contributions
        told = f"; they contribute {span([parts[edge] for edge in link.edges])}" if parts else ""
        return f"{how_many(len(link.edges), 'edge')}{told}"
    (edge,) = link.edges
    tail, head = ends(link, now)
    by, root = now.name(tail), now.name(-1)
    direct = head == len(now.order) - 1 and now.readings[tail] > 1
    told = f"{derivative(now.name(head), by, direct=direct)} = {number(slope(link, now))}"
    if not now.contributions:
        return told
    return f"{told}; contributes {number(now.contributions[edge])} to {derivative(root, by)}"


def ends(link: Link, now: Snapshot) -> tuple[int, int]:
    """Return the values between which the local derivative of an arrow with one edge is taken."""
    (edge,) = link.edges
    return now.tails[edge], now.heads[edge if link.on < 0 else link.on]


def slope(link: Link, now: Snapshot) -> float:
    """Return the local derivative of an arrow with one edge, times that of the edge that continues it."""
    (edge,) = link.edges
    return now.slopes[edge] * (now.slopes[link.on] if link.on >= 0 else 1.0)


def _of_value(place: int, now: Snapshot) -> str:
    name, data, grad = now.name(place), exact(now.data[place]), now.grads[place]
    unnamed = not now.labels[place] and not now.order[place].parents
    told = [f"a leaf of {data}" if unnamed else f"{name} = {data}"]
    if now.known:
        told.append(f"{derivative(now.name(-1), name)} = {exact(now.known[place])}")
    if grad is not None and (not now.known or not same(grad, now.known[place])):
        told.append(f"grad = {exact(grad)}")
    return "; ".join(told)


# ── A plan and the numbers of a graph, combined into the plain data that gets drawn ───────────────

LIT = 2.6
"""The minimum width of an arrow on a highlighted path."""
LEGIBLE = 60
"""The maximum number of arrow labels that a reader can distinguish."""
TOLD = 20
"""The maximum number of derivatives in the description."""
_MORE = 'level="values" shows all'


@dataclass(frozen=True)
class Picture:
    """What is shown of a graph: its numbers now, or before and now; with some paths highlighted, or none."""

    plan: PicturePlan
    now: Snapshot
    before: Snapshot | None = None
    lit: Highlight | None = None
    edge_labels: bool | None = None
    legend: bool = False
    notes: tuple[str, ...] = ()
    live: bool = False
    """Whether it shows the state after a backward pass, regardless of earlier passes."""

    @cached_property
    def diagram(self) -> Diagram:
        """The picture as plain data."""
        boxes = tuple(map(self._box, self.plan.parts))
        dim = {box.id for box in boxes if box.dim}
        strengths = widths(
            [self.now.strength(link.edges) if self._known else None for link in self.plan.links]
        )
        arrows = tuple(
            self._arrow(f"e{k}", link, width, dim)
            for k, (link, width) in enumerate(zip(self.plan.links, strengths, strict=True))
        )
        title = f"Computation graph of {self._root}" + ", before and after" * (self.before is not None)
        notes = (*self._said(), *self.notes)
        return Diagram(
            title,
            self._description(),
            boxes,
            arrows,
            self.plan.clusters,
            notes,
            self.legend,
            root=self._title,
            level=self.plan.level,
            net=self._net(),
            trails=tuple(self.lit.trails) if self.lit else (),
        )

    @property
    def _title(self) -> str:
        """The root's label unchanged, or else its name in formulas."""
        return self.now.labels[-1] or self.now.name(-1)

    @property
    def _known(self) -> list[float] | None:
        """The gradient, if the picture shows it."""
        return self.now.gradient if self.live else self.now.known

    @property
    def _root(self) -> str:
        return snapshot.cut(printable(self._title))

    def formulas(self, most: int | None = None) -> dict[str, str]:
        """Return how the values of each box are computed, with operands by name, if there are one or two."""
        now, found = self.now, {}
        for part in self.plan.parts[:most]:
            computed = [place for place in part.places if now.order[place].parents]
            if 0 < len(computed) <= 2:
                nodes = (now.order[place] for place in computed)
                told = (f"{now.names[node]} = {of_node(node, now.names)[0].text}" for node in nodes)
                found[part.id] = "; ".join(told)
        return found

    def _box(self, part: Part) -> Box:
        rows = (self._header(part), *(self._row(row) for row in part.rows))
        dim = self._bright is not None and self._bright.isdisjoint(part.places)
        crowd = self.plan.level == "summary" or len(part.places) > CROWD
        count = f"{part.header}: {how_many(len(part.places), 'value')}"
        hint = count if crowd else of_part(part, self.now)
        if len(part.places) > 1:
            tallies = () if self.before else tuple(map(self._tally, part.rows))
            return Box(
                part.id, rows, part.kind, part.cluster, hint, dim,
                glyph=part.glyph or plain(part.header, "serif"), places=part.places, tallies=tallies,
            )  # fmt: skip
        (place,) = part.places
        mark = self._mark(place, part.kind)
        return replace(mark, id=part.id, rows=rows, cluster=part.cluster, hint=hint)

    def _tally(self, row: BoxRow) -> Tally:
        is_live = self.live and row.of == "grads"
        numbers = [self.now.gradient[place] for place in row.places] if is_live else _numbers(self.now, row)
        return Tally(row.text, row.places, tuple(numbers), row.of)

    def _mark(self, place: int, kind: str = "") -> Box:
        """Return the box of one value, with everything that its mark shows."""
        now, before = self.now, self.before
        label = self._called.get(place, "")
        grads: Sequence[float | None] = now.gradient if self.live else now.grads
        glyph, named = snapshot.glyph(now, place, self._called, is_book=now.order[place] in self._book)
        return Box(
            f"n{place}",
            (label,),
            kind or self._kinds[place],
            hint=_of_value(place, now),
            dim=self._bright is not None and place not in self._bright,
            label=label,
            glyph=glyph,
            named=named,
            data=now.data[place],
            grad=grads[place],
            was=(before.data[place], before.grads[place]) if before else None,
            places=(place,),
        )

    @cached_property
    def _kinds(self) -> list[str]:
        return self.plan.contents.kinds if self.plan.contents else kinds(self.now)

    @cached_property
    def _called(self) -> dict[int, str]:
        found = dict(self.plan.contents.called) if self.plan.contents else {}
        return found | {len(self.now.order) - 1: self._title}

    @cached_property
    def _book(self) -> set[Value]:
        """The values that have a name in the documents: every z and a."""
        layers = self.plan.contents.layers if self.plan.contents else []
        return {node for layer in layers for neuron in layer.neurons for node in (neuron.z, neuron.a)}

    def _net(self) -> Net | None:
        """Return the network, if the picture shows one."""
        network = self.plan.contents.network if self.plan.contents else None
        if not network or self.plan.level not in {"values", "neurons", "matrices"}:
            return None
        now = self.now
        mark = {node: self._mark(place) for place, node in enumerate(now.order)}
        arrows = self._edges(network)
        tiers = []
        for layer in network.layers:
            units = []
            for neuron in layer.neurons:
                first, many = now.firsts[now.place[neuron.z]], len(layer.inputs)
                edges = range(first, first + len(neuron.z.parents))
                bias = neuron.parameters[0] if len(neuron.parameters) > many else None
                linear = neuron.a is neuron.z
                onward = None if linear else arrows[now.firsts[now.place[neuron.a]]]
                squash = () if linear else snapshot.mathematics(neuron.a)
                units.append(
                    Unit(
                        mark[neuron.z],
                        mark[neuron.a],
                        None if bias is None else mark[bias],
                        tuple(mark[w] for w in neuron.parameters[-many:]),
                        tuple(arrows[edge] for edge in edges[-many:]),
                        tuple(arrows[edge] for edge in edges[:-many]),
                        onward,
                        squash,
                    )
                )
            tiers.append(Tier(layer.number, tuple(units)))
        cost = None if network.cost is None else mark[network.cost]
        targets = tuple(mark[y] for y in network.targets)
        outgoing: tuple[Arrow, ...] = ()
        if network.cost and network.direct:
            first = now.firsts[now.place[network.cost]]
            outgoing = tuple(arrows[first + network.cost.parents.index(a)] for a in network.outputs)
        elif network.cost:
            outgoing = tuple(arrows[-1 - j] for j in range(len(network.outputs)))
        inputs = tuple(mark[x] for x in network.inputs)
        weights = sum(len(layer.inputs) * len(layer.neurons) for layer in network.layers)
        alone = len(inputs) == 1 and all(len(tier.units) == 1 for tier in tiers)
        return Net(
            inputs, tuple(tiers), cost, targets, outgoing, network.direct,
            weights=weights, is_chain=network.direct and alone,
        )  # fmt: skip

    def _edges(self, network: PlainNetwork) -> dict[int, Arrow]:
        """Return an arrow for every edge, and one from each output to an indirect cost, as −1, −2, …."""
        now, known = self.now, self._known
        slopes = dict(enumerate(now.slopes))
        tails, heads = dict(enumerate(now.tails)), dict(enumerate(now.heads))
        for j, a in enumerate(network.outputs):
            if network.cost is not None and not network.direct:
                tails[-1 - j], heads[-1 - j] = now.place[a], len(now.order) - 1
                slopes[-1 - j] = now.gradient[now.place[a]]
        parts = {edge: known[heads[edge]] * slopes[edge] if known else None for edge in slopes}
        crowd = {now.place[p] for layer in network.layers for p in layer.parameters}
        shown = [edge for edge in slopes if tails[edge] not in crowd or self.plan.level == "values"]
        breadths = dict(zip(shown, widths([parts[edge] for edge in shown]), strict=True))
        found = {}
        for edge, given in slopes.items():
            tail, head = tails[edge], heads[edge]
            dim = self._bright is not None and {tail, head} <= self._dull
            link = Link(f"n{tail}", f"n{head}", (edge,))
            hue = self.lit.hue((edge,)) if self.lit and edge >= 0 else 0
            found[edge] = Arrow(
                f"e{edge}" if edge >= 0 else f"o{-1 - edge}", link.tail, link.head,
                snapshot.number(given) if self._labelled else "",
                sign=(given > 0) - (given < 0),
                width=max(breadths.get(edge, THIN), LIT) if hue else breadths.get(edge, THIN),
                hint=of_link(link, now) if edge >= 0 else self._whole(tail, given),
                hue=hue, dim=not hue and edge >= 0 if self.lit else dim, slope=given, part=parts[edge],
            )  # fmt: skip
        return found

    def _whole(self, tail: int, given: float) -> str:
        return f"{derivative(self.now.name(-1), self.now.name(tail))} = {number(given)}"

    @cached_property
    def _dull(self) -> set[int]:
        """The places of the values that the picture is not about."""
        return set(range(len(self.now.order))) - (self._bright or set())

    def _header(self, part: Part) -> str:
        """Return the top line of a box; if paths are listed, the name that the list uses."""
        if not self.lit or len(part.places) > 1:
            return part.header
        (place,) = part.places
        return snapshot.named(self.now.name(place), self.now.labels[place], self.now.order[place].rule)

    @cached_property
    def _bright(self) -> set[int] | None:
        """The places of the values that the picture is about: the highlighted paths, or what has changed."""
        if self.lit:
            return self.lit.places
        return views.changed(self.before, self.now) if self.before else None

    def _row(self, row: BoxRow) -> str:
        if not row.places:
            return row.text
        now = _numbers(self.now, row)
        told = snapshot.change(_numbers(self.before, row), now) if self.before else snapshot.span(now)
        return f"{row.text} {told}"

    def _arrow(self, id: str, link: Link, width: float, dim: set[str]) -> Arrow:
        derivative = 0.0 if link.label else slope(link, self.now)
        label = link.label or snapshot.number(derivative)
        hue = self.lit.hue(link.edges) if self.lit else 0
        paths = [self.lit.hint(link.edges)] if self.lit else []
        return Arrow(
            id,
            link.tail,
            link.head,
            label if self._labelled else "",
            sign=(derivative > 0) - (derivative < 0),
            width=max(width, LIT) if hue else width,
            hint="; ".join(filter(None, [of_link(link, self.now), *paths])),
            hue=hue,
            dim=not hue if self.lit else {link.tail, link.head} <= dim,
            slope=None if link.label else derivative,
            part=self._part(link),
        )

    def _part(self, link: Link) -> float | None:
        """Return what an arrow contributes; for several edges, the sum of the absolute values."""
        known = self._known
        if not known:
            return None
        if len(link.edges) > 1:
            return self.now.strength(link.edges)
        return known[self.now.heads[link.edges[0]]] * self.now.slopes[link.edges[0]]

    @cached_property
    def _labelled(self) -> bool:
        return len(self.plan.links) <= LEGIBLE if self.edge_labels is None else self.edge_labels

    def _said(self) -> list[str]:
        """Return the notes that the numbers require."""
        told = [self._drawn_as()] if self.plan.said else []
        if self.before:
            told.append(views.told(self.before, self.now))
        if self.lit:
            told += self.lit.told
        if self.now.stale:
            told.append(self.now.stale.told(self.now.names))
        if self.now.foreign and not self.live:  # a live picture computes its own gradients
            told.append(
                f"grad of {how_many(self.now.foreign, 'value')} is not the derivative of {self._root}: "
                "other backward passes have left it, or added to it"
            )
        return [*filter(None, told)]

    def _drawn_as(self) -> str:
        """Return a note on what the boxes stand for."""
        network = self.plan.contents.network if self.plan.contents else None
        more = f"; {_MORE}" * (len(self.now.order) <= MOST and not self.live)  # a page has no such option
        if network and self.plan.level == "matrices":
            return f"{how_many(len(self.now.order), 'value')} drawn as matrices{more}"
        if network and self.plan.level == "neurons":
            if network.direct:
                return ""
            return f"what stands between the outputs and {self.now.root_name} is passed over{more}"
        return self.plan.said + more

    def _description(self) -> str:
        now = self.now
        counts = f"{how_many(len(now.order), 'value')} and {how_many(len(now.tails), 'edge')}"
        drawn = "" if self.plan.level == "values" else f", drawn as {how_many(len(self.plan.parts), 'box')}"
        told = f"{counts}{drawn}; the output {self._root} is {snapshot.number(now.data[-1])}."
        slopes = [
            f"by {now.labels[place]} {snapshot.number(slope)}"
            for place, slope in enumerate(now.known or ())
            if now.labels[place] and not now.order[place].parents
        ]
        more = f", … {len(slopes) - TOLD:,} more" if len(slopes) > TOLD else ""
        return told + (f" Its derivatives: {', '.join(slopes[:TOLD])}{more}." if slopes else "")


def _numbers(now: Snapshot, row: BoxRow) -> list[float]:
    """Return the numbers of a row; of grads, only those that have been computed."""
    numbers: Sequence[float | None] = now.data if row.of == "data" else now.grads
    return [x for place in row.places if (x := numbers[place]) is not None]
