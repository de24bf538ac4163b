"""Which leaves a page can change: those that have a slider, and those that gradient descent moves.

Formulas with a place for every name, so that a page can write symbols or ever new numbers in them.

A template is a list of HTML and places: the number k of a node stands for its name or its number, its
complement ~k for its number in brackets where that is negative.

>>> from engine import Value
>>> from engine.formula import of_node
>>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
>>> formula, _ = of_node(w * x, {w: "w", x: "x"})
>>> with_names(formula, {"w": 0, "x": 1}), with_numbers(formula, {"w": 0, "x": 1})
([0, ' ', 1], [-1, ' · ', -2])

The picture that a page makes live: with room for other numbers, and what each shape stands for.

All that a page knows of a graph, as plain data: names and formulas. Its numbers it computes by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf, nan
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.formula import of_node, symbol
from engine.formula.symbols import PRODUCT, SUM, Piece
from engine.formula.typeset import HTML, Html, in_html
from engine.labels import number
from engine.numeric import in_json
from engine.pictures import picture, snapshot
from engine.pictures.picture import LEGIBLE, widths
from engine.pictures.svg.diagram import Arrow, Box, Diagram
from engine.pictures.svg.look import text_width
from engine.pictures.svg.svg import BOX_PADDING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from engine.formula import Formula
    from engine.pictures.contents import BoxRow, Link, Part, PicturePlan
    from engine.pictures.snapshot import Snapshot
    from engine.readings.expressions import Expression
    from engine.value import Value

SHOWN = 12
"""Leaves with a slider, where nobody has chosen any."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaves whose numbers change: those with a slider first, then the other ones that descent moves."""

    shown: tuple[Value, ...]
    moved: tuple[Value, ...]

    @property
    def all(self) -> tuple[Value, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys([*self.shown, *self.moved]))


def choose(
    order: Sequence[Value],
    kinds: Sequence[str],
    chosen: Iterable[Value] | None,
    named: Container[Value] = (),
) -> Leaves:
    """The chosen leaves, else some of the labelled or otherwise named ones: parameters first, then inputs.

    Descent moves the parameters; where there are none, what is shown.

    >>> from engine import Value
    >>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
    >>> leaves = choose([x, w], ["input", "parameter"], None)
    >>> [leaf.label for leaf in leaves.shown], [leaf.label for leaf in leaves.moved]
    (['w', 'x'], ['w'])
    """
    leaves = {kind: of_kind(kind, order, kinds) for kind in ("parameter", "input")}
    if chosen is None:
        candidates = [*leaves["parameter"], *leaves["input"]]
        labelled = [leaf for leaf in candidates if leaf.label or leaf in named]
        shown = tuple(labelled or candidates)[:SHOWN]
    else:
        shown = tuple(chosen)
    return Leaves(shown, tuple(leaves["parameter"]) or shown)


def of_kind(kind: str, order: Sequence[Value], kinds: Sequence[str]) -> list[Value]:
    """The leaves of a kind as one reads them: layer by layer, neuron by neuron, weights before bias."""
    return sorted((node for node, it in zip(order, kinds, strict=True) if it == kind), key=_rank)


def _rank(leaf: Value) -> tuple[int, float, bool]:
    read = symbol(leaf.label)
    is_bias = read.letter == "b"
    neuron = read.below if is_bias else "".join(read.indices[:1])
    layer = int(read.layer) if read.layer.isdecimal() else 0
    return layer, int(neuron) if neuron.isdecimal() else inf if is_bias else 0, is_bias


# ── Formulas with a place for every name ──────────────────────────────────────────────────────────

if TYPE_CHECKING:
    Places: TypeAlias = Mapping[str, int]

Template: TypeAlias = list[str | int]


NUMBERS = Html(dots=True)
PLACE = re.compile("\0(-?[0-9]+)\0")


class _Number(Piece):
    """A place for a number: a negative one stands in brackets wherever a sum would."""

    __slots__ = ()

    def at_least(self, level: int) -> str:
        """The place, told apart where it wants brackets."""
        return _mark(~int(self.text.strip("\0"))) if level > SUM else self.text


def with_names(formula: Formula, places: Places) -> Template:
    """The formula in symbols, long sums shortened; what a Σ runs over is no node and stands as it is."""
    expression, names = formula.shown()

    def spell(x: Expression) -> Piece:
        name = names[x]
        return Piece(_mark(places[str(name)]), name.level) if x in formula.names else in_html(name)

    return _template(formula.typeset(expression, HTML, id(names), id(places), spell=spell).text)


def with_numbers(formula: Formula, places: Places) -> Template:
    """The formula with numbers in it, long sums with dots."""
    names = formula.names
    piece = formula.typeset(
        formula.elided(), NUMBERS, id(places), spell=lambda x: _Number(_mark(places[str(names[x])]))
    )
    return _template(piece.text)


def _mark(place: int) -> str:
    return f"\0{place}\0"


def _template(text: str) -> Template:
    parts = PLACE.split(text)
    return [int(part) if k % 2 else part for k, part in enumerate(parts) if part]


# ── The picture that a page makes live ────────────────────────────────────────────────────────────

LONGEST_ROW, LONGEST_LABEL = "grad −0.01234 ✓", "−0.01234"


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A graph's numbers, the plan of its picture, and the names that formulas have for its nodes."""

    now: Snapshot
    plan: PicturePlan
    names: Mapping[Value, str]

    @property
    def diagram(self) -> Diagram:
        """The picture after a backward pass, whatever passes have been."""
        name, data = self.names[self.now.root], snapshot.number(self.now.data[-1])
        count = snapshot.how_many(len(self.now.order), "value")
        return Diagram(
            title=f"Computation graph of {name}",
            description=f"{count} and {snapshot.how_many(len(self.now.tails), 'edge')}; {name} = {data}.",
            boxes=tuple(self._box(part) for part in self.plan.parts),
            arrows=self._arrows(),
            clusters=self.plan.clusters,
            notes=(self.plan.said,) if self.plan.said else (),
        )

    def to_dict(self) -> dict[str, Any]:
        """For a script: the lines of each box, the box of each node, the edges of each arrow."""
        return {
            "rows": {part.id: [_row(row) for row in part.rows] for part in self.plan.parts},
            "holds": self.plan.holders,
            "arrows": [[link.edges, link.on] for link in self.plan.links],
        }

    def _box(self, part: Part) -> Box:
        rows = (self._header(part), *map(self._line, part.rows))
        room = text_width(LONGEST_ROW) + 2 * BOX_PADDING
        return Box(part.id, rows, part.kind, part.cluster, hint=self._header(part), room=room)

    def _header(self, part: Part) -> str:
        """The name that formulas have for a value."""
        if len(part.places) > 1:
            return part.header
        (place,) = part.places
        node = self.now.order[place]
        return snapshot.named(self.names[node], self.now.labels[place], node.rule)

    def _line(self, row: BoxRow) -> str:
        if not row.places:
            return row.text
        numbers = self.now.data if row.of == "data" else self.now.gradient or [nan] * len(self.now.order)
        return f"{row.text} {snapshot.span([numbers[place] for place in row.places])}"

    def _arrows(self) -> tuple[Arrow, ...]:
        links = self.plan.links
        broad = widths([self.now.strength(link.edges) for link in links])
        return tuple(map(self._arrow, range(len(links)), links, broad))

    def _arrow(self, k: int, link: Link, width: float) -> Arrow:
        if len(link.edges) > 1:
            return Arrow(f"e{k}", link.tail, link.head, link.label, width=width)
        slope = picture.slope(link, self.now)
        label = _spaced(snapshot.number(slope)) if len(self.plan.links) <= LEGIBLE else ""
        sign = (slope > 0) - (slope < 0)
        return Arrow(f"e{k}", link.tail, link.head, label, sign, width, hint=self._derivative(link))

    def _derivative(self, link: Link) -> str:
        tail, head = picture.ends(link, self.now)
        return snapshot.derivative(self.names[self.now.order[head]], self.names[self.now.order[tail]])


def _row(row: BoxRow) -> list[Any]:
    return [row.text, row.places, int(row.of == "grads")]


def _spaced(label: str) -> str:
    """A label with room for another one around it."""
    missing = text_width(LONGEST_LABEL) - text_width(label)
    space = " " * max(0, round(missing / text_width(" ") / 2))
    return f"{space}{label}{space}"


# ── All that a page knows of a graph ──────────────────────────────────────────────────────────────

if TYPE_CHECKING:
    Slope: TypeAlias = "int | list[Template | int] | None"

LONGEST = 120
"""Characters of the formula of a local derivative, as ``explain`` shows it; a longer one goes by its name."""


def payload(
    order: Sequence[Value], called: Mapping[Value, str], kinds: Sequence[str], leaves: Leaves
) -> dict[str, Any]:
    """The graph in topological order: per node its name, its operands, and what it and its slopes are.

    Nodes go by their place in the order; what descent moves goes by its
    place among the arguments.
    """
    place = {node: k for k, node in enumerate(order)}
    told = _Told(called, {called[node]: k for node, k in place.items()})
    formulas = [told.of(node) if node.parents else (0, 0) for node in order]
    moved = set(leaves.moved)
    return {
        "names": [in_html(symbol(called[node])).text for node in order],
        "words": [called[node] for node in order],
        "kinds": list(kinds),
        "parents": [[place[parent] for parent in node.parents] for node in order],
        "formulas": [value for value, _ in formulas],
        "slopes": [slopes for _, slopes in formulas],
        "arguments": [place[leaf] for leaf in leaves.all],
        "numbers": sendable(leaf.data for leaf in leaves.all),
        "leaves": [place[leaf] for leaf in leaves.shown],
        "steered": [k for k, leaf in enumerate(leaves.all) if leaf in moved],
        "choices": _choices(place, called, kinds),
    }


def recorded(order: Sequence[Value]) -> list[list[float | str]]:
    """The numbers of a graph that no page can compute: of all nodes, and of all edges."""
    slopes = [slope for node in order for slope in node.local_derivatives]
    return [sendable(node.data for node in order), sendable(slopes)]


def sendable(numbers: Iterable[float]) -> list[float | str]:
    """Numbers for JSON, which has no infinity and no NaN: these are text.

    >>> sendable([0.5, float("-inf")])
    [0.5, '-Infinity']
    """
    return list(map(in_json, numbers))


def _choices(
    place: Mapping[Value, int], called: Mapping[Value, str], kinds: Sequence[str]
) -> list[tuple[str, list[int]]]:
    """What the paths of can be asked for: all that has a name, the leaves by kind, then what is computed."""
    groups = {"parameters": "parameter", "inputs": "input", "computed": "inner"}
    named = [node for node in place if called[node] != number(node.data)]
    found = {
        title: of_kind(kind, named, [kinds[place[node]] for node in named]) for title, kind in groups.items()
    }
    return [(title, [place[node] for node in nodes]) for title, nodes in found.items() if nodes]


class _Told:
    """The formulas of nodes, with the places of a graph's names."""

    def __init__(self, called: Mapping[Value, str], places: Mapping[str, int]) -> None:
        self.called, self.places = called, places

    def of(self, node: Value) -> tuple[list[Template | int], list[Slope]]:
        """What a node is, in symbols, and in numbers where these say more; and what each slope is.

        A slope is a place; else it is in symbols, written out, in numbers, and whether it is a sum.
        """
        formula, primed = of_node(node, self.called, taken=self.places)
        _, written = of_node(node, self.called, prime=False, taken=self.places)
        value = [with_names(formula, self.places), self._numbers(formula)]
        return value, [self._slope(*both) for both in zip(primed, written, strict=True)]

    def _slope(self, slope: Formula | None, written: Formula | None) -> Slope:
        if slope is None or written is None or len(slope.text) > LONGEST:
            return None
        symbols = with_names(slope, self.places)
        if len(symbols) == 1 and isinstance(symbols[0], int):
            return symbols[0]
        out = with_names(written, self.places)
        is_sum = slope.piece().level < PRODUCT
        return [symbols, 0 if out == symbols else out, self._numbers(written), int(is_sum)]

    def _numbers(self, formula: Formula) -> Template | int:
        template = with_numbers(formula, self.places)
        return template if any(isinstance(part, int) for part in template) else 0
