"""The items of a picture of values: marks with their captions, citations of leaves, bends of long arrows.

A constant that is used once stands in the symbol of its operation. A leaf whose uses are far apart stands at
the head of the picture, and is cited, dashed, wherever it is used.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from . import letters
from .letters import Chunk, Text, name, number, plain, width
from .pen import (
    GRADIENT,
    LONGEST,
    LONGEST_GRADIENT,
    NAME,
    VALUE,
    Look,
    Phrase,
    gradient,
    of_gradient,
    sign_of,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .diagram import Arrow, Box, Diagram, Tally
    from .pen import Point

RADIUS = 16
"""Half the height of a mark."""
FAR = 2
"""If a leaf is used more ranks away than this, it is cited there."""
TERMS = 7
"""The maximum number of terms in a gradient that is written as a sum."""
FOLDING = {"+", "−", "×", "÷"}
LANES = 20
"""Bends per item; beyond that the longest arrows run behind the marks, so that time and size stay linear."""


@dataclass(eq=False, slots=True)
class Item:
    """Anything that takes room in a rank: a mark, a citation of a leaf, or a bend of a long arrow."""

    box: Box | None = None
    glyph: Text = ()
    cites: str = ""
    """For a citation, the id of the box that reads the leaf."""
    lines: list[list[Phrase]] = field(default_factory=list)
    rank: int = 0
    at: float = 0.0
    ins: list[Strand] = field(default_factory=list)
    outs: list[Strand] = field(default_factory=list)
    before: float = 1.0
    after: float = 1.0
    """Room across the ranks, before and after its middle."""
    folded: list[Box] = field(default_factory=list)
    span: Point = (0.0, 0.0)
    """The least half width and half height, so that the heads of many arrows stand side by side."""

    @property
    def its(self) -> Box:
        """The box of a mark; a bend has none."""
        return cast("Box", self.box)

    @property
    def size(self) -> float:
        """The size of the letters in the mark."""
        wordy = sum(len(run.base) for run in self.glyph) > 2 and not (self.box and self.box.named)
        return NAME - 1 if self.cites else NAME - 2 if wordy else NAME + 1

    @property
    def half(self) -> float:
        """Half the width of the mark."""
        if self.box is None:
            return 0.0
        return max(13 if self.cites else RADIUS, width(self.glyph, self.size) / 2 + 8, self.span[0])

    @property
    def high(self) -> float:
        """Half the height of the mark."""
        return max(12 if self.cites else RADIUS, self.span[1])

    @property
    def caption(self) -> float:
        """The width of the lines beside or below the mark."""
        return max((sum(width(part.words, part.size) for part in line) for line in self.lines), default=0.0)


@dataclass(eq=False, slots=True)
class Strand:
    """An arrow between two items, with its bends; with ``spine`` it keeps to a straight line."""

    arrow: Arrow
    tail: Item
    head: Item
    position: int
    way: list[Item] = field(default_factory=list)
    spine: bool = False


def read(diagram: Diagram, look: Look) -> tuple[list[Item], list[Strand], list[tuple[Item, list[Item]]]]:
    """Return a diagram's items with ranks, the strands between them, and the cited leaves with citations."""
    folded = _folded(diagram) if diagram.level == "values" else {}
    items = {
        box.id: Item(box, box.glyph or plain(box.rows[0][: letters.LONGEST], "serif"))
        for box in diagram.boxes
        if box.id not in folded
    }
    strands = []
    places: Counter[str] = Counter()
    for arrow in diagram.arrows:
        position = places[arrow.head]
        places[arrow.head] += 1
        if arrow.tail in items:
            strands.append(Strand(arrow, items[arrow.tail], items[arrow.head], position))
    boxes = {box.id: box for box in diagram.boxes}
    for id, (head, position) in folded.items():
        item = items[head]
        item.folded.append(boxes[id])
        item.glyph = _with_constant(item.glyph, boxes[id], position, _partner(strands, item))
    found = list(items.values())
    _link(found, strands)
    _rank(found)
    cited = _cite(found, look) if diagram.level == "values" and look.cite is not False else []
    low = min(item.rank for item in found)
    for item in found:
        item.rank -= low
        item.lines = _lines(item, diagram, look)
    for leaf, citations in cited:
        leaf.lines = _lines(leaf, diagram, look)
        if leaf.box and leaf.box.grad is not None and not look.live:
            leaf.lines[-1] += _sum(leaf.box.grad, citations, look)
    return found, strands, cited


def _link(found: Iterable[Item], strands: Iterable[Strand]) -> None:
    for item in found:
        item.ins, item.outs = [], []
    for strand in strands:
        strand.tail.outs.append(strand)
        strand.head.ins.append(strand)


def _rank(found: list[Item]) -> None:
    """Give each item the latest rank possible, so that arrows are short."""
    for item in reversed(found):
        item.rank = min((strand.head.rank for strand in item.outs), default=0) - 1


def _folded(diagram: Diagram) -> dict[str, tuple[str, int]]:
    """Return the constants that are read once, by an operation with a symbol.

    Each maps to that operation and to the position of the operand.
    """
    ins: dict[str, list[Arrow]] = defaultdict(list)
    outs = Counter(arrow.tail for arrow in diagram.arrows)
    for arrow in diagram.arrows:
        ins[arrow.head].append(arrow)
    boxes = {box.id: box for box in diagram.boxes}
    found = {}
    for id, arrows in ins.items():
        sign = "".join(run.base for run in boxes[id].glyph)
        if sign not in FOLDING or len(arrows) != 2 or boxes[id].named:
            continue
        alone = [
            k for k, arrow in enumerate(arrows)
            if boxes[arrow.tail].kind == "constant" and outs[arrow.tail] == 1 and not boxes[arrow.tail].label
        ]  # fmt: skip
        if len(alone) == 1:
            found[arrows[alone[0]].tail] = id, alone[0]
    return found


def _partner(strands: Iterable[Strand], item: Item) -> str:
    return next((s.tail.box.label for s in strands if s.head is item and s.tail.box), "")


def _with_constant(sign: Text, box: Box, position: int, other: str) -> Text:
    """Return the symbol of an operation with a constant: 2 ×, + 1, 1/x."""
    constant = tuple(run._replace(font="serif") for run in number(box.data or 0.0))
    if position:
        return (*plain(f"{sign[0].base} ", "serif"), *constant)
    if sign[0].base == "÷" and box.data == 1 and len(other) == 1:
        return (*plain("1/", "serif"), *name(other))
    return (*constant, *plain(f" {sign[0].base}", "serif"))


def _cite(found: list[Item], look: Look) -> list[tuple[Item, list[Item]]]:
    """Remove leaves whose uses are far apart from the ranks, and put a citation before each use."""
    cited = []
    for leaf in [item for item in found if not item.ins and item.box and item.box.data is not None]:
        heads = list(dict.fromkeys(strand.head for strand in leaf.outs))
        if len(heads) < 2 or (look.cite is None and max(h.rank for h in heads) - leaf.rank <= FAR):
            continue
        found.remove(leaf)
        citations = []
        for head in heads:
            citation = Item(leaf.box, leaf.glyph, head.its.id, rank=head.rank - 1)
            for strand in [s for s in leaf.outs if s.head is head]:
                strand.tail = citation
                citation.outs.append(strand)
            citations.append(citation)
        found += citations
        cited.append((leaf, citations))
    return cited


def _sum(grad: float, citations: list[Item], look: Look) -> list[Phrase]:
    """Return the gradient of a cited leaf as the sum of the contributions that its citations pass back."""
    parts = [sum(strand.arrow.part or 0.0 for strand in item.outs) for item in citations]
    if any(strand.arrow.part is None for item in citations for strand in item.outs):
        return []
    if not math.isclose(sum(parts), grad, rel_tol=1e-9, abs_tol=1e-12):
        return []  # another backward pass has left a grad
    words: Text = plain(" =")
    for k, part in enumerate(parts[:TERMS]):
        sign = " − " if part < 0 else " + "
        words = (*words, *plain(sign if k else " "), *number(abs(part) if k else part, look.digits))
    if len(parts) > TERMS:
        words = (*words, *plain(f" + {len(parts) - TERMS} more"))
    return [Phrase(words, GRADIENT, "soft")]


# ── Captions ──────────────────────────────────────────────────────────────────────────────────────


def _lines(item: Item, diagram: Diagram, look: Look) -> list[list[Phrase]]:
    """Return the lines beside or below a mark."""
    box = item.its
    if item.cites:
        parts = [strand.arrow.part for strand in item.outs]
        total = None if None in parts else sum(part or 0.0 for part in parts)
        edges = " ".join(strand.arrow.id[1:] for strand in item.outs)
        return [[gradient(total, look, f' data-sum="{edges}"')]]
    if box.tallies:
        return [line for tally in box.tallies if (line := _tallied(tally, look))]
    if box.data is None:
        return [[Phrase(plain(row), GRADIENT, "soft" if k else "")] for k, row in enumerate(box.rows[1:])]
    if is_number(box, look):
        return [[of_gradient(box, look)]]
    first = [value(box, look)]
    if not box.named and (box.label or box.kind == "root"):
        words, equals = name(box.label or diagram.root), Chunk(" = ", "serif")
        if look.live:  # the sign is written with the number
            first.insert(0, Phrase((equals,), 15, data=f' data-known="{box.places[0]}"'))
            first.insert(0, Phrase(words, 15))
        else:
            first.insert(0, Phrase((*words, equals), 15))
    return [first, [of_gradient(box, look)]]


def _tallied(tally: Tally, look: Look) -> list[Phrase]:
    """Return a line of a mark that stands for several values: a number of its own, or the range of theirs."""
    if not tally.places:
        return [Phrase(plain(tally.words), GRADIENT)]
    is_gradient = tally.of == "grads"
    prefix = {"data": "", "grad": "∂ "}.get(tally.words)
    head = [Phrase((*name(tally.words), Chunk(" ")), GRADIENT)] if prefix is None else []
    low, high = (min(tally.numbers), max(tally.numbers)) if tally.numbers else (None, None)
    is_one = low == high and low is not None
    if any(map(math.isnan, tally.numbers)):
        words, is_one = plain("nan" if len(tally.numbers) == 1 else "nan among them"), False
    elif low is None or high is None:
        words = plain("–")
    else:
        words = number(low, look.digits)
        words = words if is_one else (*words, *plain(" … "), *number(high, look.digits))
    css = (sign_of(low) if is_one else "") or "soft" if is_gradient else ""
    held = " ".join(map(str, tally.places if look.live else tally.places[:1]))
    data = f' data-{"grad" if is_gradient else "value"}="{held}" data-prefix="{prefix or ""}"'
    return [*head, Phrase((*plain(prefix or ""), *words), GRADIENT, css, data if look.live or is_one else "")]


def is_number(box: Box, look: Look) -> bool:
    """Return whether a mark permanently shows its number, so that it is not repeated below."""
    steady = not look.live or box.kind == "constant"
    return steady and box.data is not None and not box.label and value(box, look).words == box.glyph


def room(item: Item, look: Look) -> float:
    """Return the width of the caption; if a script will write numbers, with room for longer ones."""
    if not look.live:
        return item.caption
    if item.its.data is None:
        return max([item.caption, *(_longest(line) for line in item.lines if line[-1].data)])
    named = sum(width(part.words, part.size) for part in item.lines[0][:-1])
    longest = plain(LONGEST)
    wide = named + width(longest, VALUE) if not item.cites else 0
    return max(item.caption, wide, width(plain(LONGEST_GRADIENT), GRADIENT))


def _longest(line: list[Phrase]) -> float:
    """Return the room for a line of a mark that stands for several values, whatever its numbers become."""
    several = " " in line[-1].data.split('"')[1]
    words = f"{LONGEST_GRADIENT} … {LONGEST}" if several else LONGEST_GRADIENT
    return sum(width(part.words, part.size) for part in line[:-1]) + width(plain(words), GRADIENT)


def bends(found: list[Item], strands: list[Strand]) -> list[Item]:
    """Give each strand a bend in each rank that it passes; return all bends."""
    left = LANES * len(found)
    made = []
    for strand in sorted(strands, key=lambda s: s.head.rank - s.tail.rank):
        passed = range(strand.tail.rank + 1, strand.head.rank)
        left -= len(passed)
        if left < 0:
            break
        strand.way = [Item(rank=rank) for rank in passed]
        made += strand.way
    for strand in strands:
        strand.spine = _is_spine(strand)
    return made


def _is_spine(strand: Strand) -> bool:
    """Return whether a strand leads from its head's only computed operand, and is that operand's only use."""
    tail, head = strand.tail, strand.head
    if strand.way or head.rank - tail.rank != 1 or not tail.ins or len(tail.outs) != 1:
        return False
    return all(other is strand or not other.tail.ins for other in head.ins)
