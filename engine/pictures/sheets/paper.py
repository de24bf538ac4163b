"""A sheet of paper: its size, its content, and whether that fits; and many sheets as HTML or PDF."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from engine.formula import of_node, symbol
from engine.numeric import how_to_install
from engine.pictures.svg.ink import sheet as ink
from engine.pictures.svg.letters import Chunk, clean, name, plain, width
from engine.pictures.svg.pen import n, prefixed, text

from .blanks import NUMBER, SMALL, SYMBOL, Blanks, Drawn, graph
from .lines import HIGH, Products

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.formula import Symbol
    from engine.pictures.snapshot import Snapshot
    from engine.pictures.svg.diagram import Diagram, Net
    from engine.pictures.svg.letters import Text
    from engine.value import Value

    from .lines import Row

MILLIMETRE = 96 / 25.4
"""Pixels per millimetre: 96 to the inch, so that 12 of them are 9 points."""
MARGIN = 13 * MILLIMETRE
PAPERS = {"A4": (210.0, 297.0), "letter": (215.9, 279.4)}
"""Width and height in millimetres."""
CHAIN = "gradient = local derivative × upstream gradient (what comes from above); paths are added."
RULE = "Keep three significant digits on the way, and write each gradient into its box in the picture too."
"""Printed on each sheet: marking relies on the digits."""
TOP, FOOT, TITLE, NEXT, LINE = 66.0, 24.0, 28.0, 18.0, 27.0
"""Heights of the head and the foot of a page, of a heading and its next line, and of a line of formulas."""
BACK, LEAST = 34.0, 8.0
"""Height of the head of a page without a name to fill in, and the least free space around the picture."""
BOLD = 1.1
"""How much wider bold letters are than those in the width tables."""
SPARE = 0.1
"""An excess in pixels that nobody sees."""
AIR = 22.0
"""The most free space below a part."""


class Paper(NamedTuple):
    """The size of a page to print on, in millimetres."""

    wide: float
    high: float

    @property
    def room(self) -> tuple[float, float]:
        """Width and height between the margins, in pixels."""
        return self.wide * MILLIMETRE - 2 * MARGIN, self.high * MILLIMETRE - 2 * MARGIN


@dataclass(frozen=True)
class Content:
    """The content of a sheet, whatever paper it is printed on."""

    diagram: Diagram
    blanks: Blanks
    formulas: Sequence[Text]
    lines: Sequence[Row]
    root: str
    _drawn: dict[float, Drawn] = field(default_factory=dict)

    def picture(self, across: float) -> Drawn:
        """Return the graph, drawn once for each page width: several layouts share one."""
        if across not in self._drawn:
            self._drawn[across] = graph(self.diagram, self.blanks, across)
        return self._drawn[across]


class Layout(NamedTuple):
    """The arrangement of a sheet: paper orientation, columns of the table, whether the table is overleaf."""

    side: Paper
    columns: int
    symbols: bool
    overleaf: bool = False

    def needs(self, content: Content) -> tuple[float, float]:
        """Return the least width and height that it needs; for two pages, those of the fuller one.

        If the table alone does not fit, the picture is not drawn: for a large graph, that takes seconds.
        """
        across, there = self.side.room
        table = self.table(content)
        back = TITLE + NEXT + table.height
        if BACK + back + FOOT > there + SPARE:
            return table.width, BACK + back + FOOT
        picture = content.picture(across)
        front = TOP + len(wrapped(content.formulas, across)) * LINE + LEAST + picture.height + LEAST
        down = max(front + TITLE, BACK + back) if self.overleaf else front + back
        return max(picture.width, table.width), down + FOOT

    def fits(self, content: Content) -> bool:
        """Return whether everything fits."""
        needs = self.needs(content)
        return all(need <= room + SPARE for need, room in zip(needs, self.side.room, strict=True))

    def table(self, content: Content) -> Products:
        """Return the table in this layout."""
        return Products(content.lines, content.root, self.columns, self.symbols)


def layout(contents: Sequence[Content], paper: str) -> Layout:
    """Return the layout that leaves most room to write on every sheet. Raises ValueError if none fits.

    If not everything fits on one page, the table is on the back.
    """
    wide, high = PAPERS[paper]
    upright, level = Paper(wide, high), Paper(high, wide)
    kinds = [
        (upright, 1, True),
        (upright, 1, False),
        (upright, 2, False),
        (level, 2, False),
        (level, 3, False),
    ]
    for overleaf in (False, True):
        for one in (Layout(*kind, overleaf=overleaf) for kind in kinds):
            if all(map(one.fits, contents)):
                return one
    last = Layout(upright, 2, symbols=False, overleaf=True)
    across, down = (max(needs) / MILLIMETRE for needs in zip(*map(last.needs, contents), strict=True))
    there = (room / MILLIMETRE for room in last.side.room)
    raise ValueError(
        f"a worksheet for this graph needs two pages of at least {across:.0f} × {down:.0f} mm, and {paper} "
        f"has {' × '.join(f'{x:.0f}' for x in there)} mm between its margins; ask for fewer gradients, as in "
        "hide=[w, b], or take a smaller graph"
    )


# ── A page ────────────────────────────────────────────────────────────────────────────────────────


class Head(NamedTuple):
    """The text at the top of a page and at its foot."""

    title: str
    right: str
    foot: str
    to_fill_in: bool = True
    """Whether the head has lines for a name and a date."""


def worksheet_pages(content: Content, chosen: Layout, head: Head) -> list[str]:
    """Return a sheet to fill in as SVG, as large as the paper: one page, or the front and the back."""
    across, down = chosen.side.room
    table = chosen.table(content)
    picture = content.picture(across)
    page = _Page(chosen.side, head)
    back = _Page(chosen.side, head._replace(to_fill_in=False)) if chosen.overleaf else page
    if chosen.overleaf:
        spare, air = down - BACK - TITLE - NEXT - table.height - FOOT, AIR
    else:
        spare = down - chosen.needs(content)[1]
        air = min(AIR, LEAST + spare / 5)
    high = min(HIGH * 1.4, HIGH + 0.6 * spare / table.rows)
    page.formulas(content.formulas, air)
    page.put(picture.shapes, picture.width, picture.height + air)
    if chosen.overleaf:
        page.heading("The table is on the back. Write each gradient into its box here too.")
    back.heading(CHAIN, RULE)
    drawn = table.drawn(across, high, filled=False)
    back.put(drawn.shapes, across, drawn.height)
    return [page.svg(), back.svg()] if chosen.overleaf else [page.svg()]


class Likely(NamedTuple):
    """A wrong number listed in a key: the gradient, the number, and its most likely causes."""

    gradient: Text
    number: str
    words: Sequence[str]
    """The mistakes in words, the most common first; as many are listed as fit."""
    place: int
    """The row of the table that has the gradient; a key lists them in this order."""


NOTE = 25.0
"""Height of a line in a key."""


def key_page(content: Content, chosen: Layout, head: Head, likely: Sequence[Likely]) -> str:
    """Return the key to a sheet as SVG: the numbers in their places, and the causes of wrong numbers.

    If there is no room for both, the mistakes replace the picture, whose numbers are all in the table.
    """
    across, down = chosen.side.room
    page = _Page(chosen.side, head)
    table = chosen.table(content).drawn(across, HIGH, filled=True)
    picture = content.picture(across)
    notes = TITLE + NOTE * len(likely) + 8
    left = down - page.y - table.height - FOOT - TITLE
    if picture.height + notes <= left:
        page.put(picture.shapes, picture.width, picture.height + 14)
        left -= picture.height + 14
    page.put(table.shapes, across, table.height + 10)
    listed = sorted(likely[: max(0, int((left - TITLE) / NOTE))], key=lambda it: it.place)
    page.notes("If a gradient differs: the number comes out when …", listed)
    return page.svg()


def overview_pages(
    names: Sequence[Text], rows: Sequence[tuple[str, Sequence[str]]], side: Paper, head: Head
) -> list[str]:
    """Return the right numbers of all sheets as pages: a line for each sheet, a column for each box."""
    across, down = side.room
    wide = max(46.0, *(width(name, SYMBOL) + 12 for name in names))
    wide = max(wide, *(width(plain(number), NUMBER) + 10 for _, numbers in rows for number in numbers))
    most = max(1, int((across - 50) / wide))
    blocks = [range(k, min(k + most, len(names))) for k in range(0, len(names), most)]
    pages, page = [], _Page(side, head)
    for block in blocks:
        left = list(rows)
        while left:
            there = int((down - FOOT - page.y - 34) / NOTE)
            if there < min(3, len(left)):
                pages.append(page)
                page = _Page(side, head)
                continue
            now, left = left[:there], left[there:]
            page.block(
                [names[k] for k in block],
                [(sheet, [numbers[k] for k in block]) for sheet, numbers in now],
                wide,
            )
    return [it.svg() for it in (*pages, page)]


class _Page:
    """A page that is filled from the top."""

    def __init__(self, side: Paper, head: Head) -> None:
        self.side, self.head = side, head
        self.across, self.down = side.room
        self.y = 0.0
        self.shapes: list[str] = []
        self._head()

    def _head(self) -> None:
        words, right = clean(self.head.title), plain(self.head.right)
        room = self.across - width(right, 16) * BOLD - 24
        while width(plain(words), 20) * BOLD > room:
            words = f"{words[:-2]}…"
        self.shapes.append(text(plain(words), (0, 20), 20, css="strong"))
        self.shapes.append(text(right, (self.across, 20), 16, "end", "strong"))
        if self.head.to_fill_in:
            self.shapes.append(text(plain("Name"), (0, 50), 13))
            self.shapes.append(text(plain("Date"), (self.across - 190, 50), 13))
            for left, right_end in ((44, self.across - 210), (self.across - 152, self.across)):
                self.shapes.append(f'<path d="M{n(left)},52H{n(right_end)}" class="write"/>')
            self.y = TOP
        else:
            self.y = BACK
        self.shapes.append(f'<path d="M0,{n(self.y - 6)}H{n(self.across)}" class="bar"/>')

    def heading(self, words: str, more: str = "") -> None:
        """Add a heading of one or two lines."""
        self.shapes.append(text(plain(words), (0, self.y + 18), 13, css="strong"))
        if more:
            self.y += NEXT
            self.shapes.append(text(plain(more), (0, self.y + 18), 13))
        self.y += TITLE

    def put(self, shapes: Iterable[str], wide: float, high: float) -> None:
        """Add shapes in the middle of the page."""
        x = max(0.0, (self.across - wide) / 2)
        self.shapes.append(f'<g transform="translate({n(x)} {n(self.y)})">{"".join(shapes)}</g>')
        self.y += high

    def formulas(self, formulas: Sequence[Text], air: float) -> None:
        """Add the formulas in lines."""
        for row in wrapped(formulas, self.across):
            x = 0.0
            for formula in row:
                self.shapes.append(text(formula, (x, self.y + 17), FORMULA))
                x += width(formula, FORMULA) + BETWEEN
            self.y += LINE
        self.y += air

    def notes(self, heading: str, likely: Sequence[Likely]) -> None:
        """Add the causes of wrong numbers, one line each."""
        if not likely:
            return
        self.heading(heading)
        gradients = max(width(it.gradient, SYMBOL) for it in likely) + 12
        x = gradients + max(width(plain(it.number), 13) for it in likely) + 12
        for it in likely:
            ways = (plain(", or ".join(it.words[:k])) for k in range(len(it.words), 1, -1))
            words = next((way for way in ways if x + width(way, 12.5) <= self.across), plain(it.words[0]))
            self.shapes.append(text(it.gradient, (0, self.y + 13), SYMBOL))
            self.shapes.append(text(plain(it.number), (x - 12, self.y + 12), 13, "end", "strong"))
            self.shapes.append(text(words, (x, self.y + 12), 12.5))
            self.y += NOTE

    def block(self, names: Sequence[Text], rows: Sequence[tuple[str, Sequence[str]]], wide: float) -> None:
        """Add a table of numbers: a column for each name, a line for each sheet."""
        self.shapes.append(text(plain("sheet"), (0, self.y + 16), SMALL, css="soft"))
        for k, words in enumerate(names, 1):
            self.shapes.append(text(words, (50 + k * wide - width(words, SYMBOL), self.y + 16), SYMBOL))
        self.y += 26
        for sheet, numbers in rows:
            self.shapes.append(f'<path d="M0,{n(self.y)}H{n(50 + wide * len(names))}" class="hair"/>')
            self.shapes.append(text(plain(sheet), (0, self.y + 14), 13, css="strong"))
            for k, number in enumerate(numbers, 1):
                self.shapes.append(text(plain(number), (50 + k * wide, self.y + 14), 12.5, "end"))
            self.y += NOTE
        self.y += 8

    def svg(self) -> str:
        """Return the page."""
        side, foot = self.side, self.head.foot
        wide, high = (length * MILLIMETRE for length in side)
        if foot:
            self.shapes.append(text(plain(foot), (0, self.down - 2), SMALL, css="soft"))
        title = clean(f"{self.head.title}, {self.head.right}")
        size = f'width="{side.wide:g}mm" height="{side.high:g}mm" viewBox="0 0 {wide:.2f} {high:.2f}"'
        named = 'font-size="12" role="group" aria-labelledby="page-title"'
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" class="chainrule paper" {size} {named}>',
            f'<title id="page-title">{escape(title)}</title>',
            f"<style>{STYLE}</style>",
            '<rect class="ground" width="100%" height="100%"/>',
            f'<g transform="translate({n(MARGIN)} {n(MARGIN)})" xml:space="preserve">',
            *self.shapes,
            "</g>",
            "</svg>\n",
        ])  # fmt: skip


STYLE = (
    ink("light")
    + """.paper text { fill: #111 }
.paper text.soft { fill: #444 }
.paper .node .shape { fill: #fff; stroke: #333 }
.paper .root .shape { stroke: #111; stroke-width: 2.4px }
.paper .slot { fill: #fff; stroke: #333; stroke-width: 1px }
.paper .hair { fill: none; stroke: #999; stroke-width: .8px }
.paper .write { fill: none; stroke: #333; stroke-width: .9px }
.paper .bar { fill: none; stroke: #111; stroke-width: 1.4px }
.paper .line { stroke: #444 }
.paper .head { fill: #444 }
"""
)
"""Black on white: sheets are photocopied, or printed from a dark screen."""


# ── Formulas ──────────────────────────────────────────────────────────────────────────────────────

FORMULA, BETWEEN = 17.2, 28.0
"""Size of formulas, and pixels between two of them."""
LETTERS = r"[^\W\d_⁰¹²³⁴-⁹]+"
NAMED = re.compile(rf"{LETTERS}(?:_(?:{LETTERS}|[0-9]+(?:,[0-9]+)*))?(?:\^\([^()\s]*\))?(?:\[\d+\])?")
PARTS = re.compile(rf"({NAMED.pattern}|[⁰¹²³⁴-⁹⁻]+)")
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789−")


def mathematics(line: str) -> Text:
    """Typeset a formula: names in italics, exponents as superscripts, function names and the rest upright.

    >>> [(run.base, run.font, run.above) for run in mathematics("a = tanh(z^(1))²")]
    [('a', 'italic', ''), (' = tanh(', 'serif', ''), ('z', 'italic', '(1)'), (')', 'serif', '2')]
    """
    found: list[Chunk] = []
    for part in filter(None, PARTS.split(line)):
        read = symbol(part)
        plain_before = found and found[-1].font == "serif" and not found[-1].below + found[-1].above
        if part[0] in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻" and found and not found[-1].above:
            last = found.pop()
            found += [last._replace(base=last.base[:-1])] * (len(last.base) > 1)
            found.append(last._replace(base=last.base[-1:], above=part.translate(RAISED)))
        elif NAMED.fullmatch(part) and (len(read.letter) == 1 or read.below or read.layer):
            found += name(part)
        elif plain_before:
            found[-1] = Chunk(found[-1].base + part, "serif")
        else:
            found += plain(part, "serif")
    return tuple(found)


def wrapped(formulas: Sequence[Text], room: float) -> list[list[Text]]:
    """Return the formulas in lines of a given width."""
    rows: list[list[Text]] = []
    x = room + 1
    for formula in formulas:
        wide = width(formula, FORMULA)
        if x + wide > room:
            rows.append([])
            x = 0.0
        rows[-1].append(formula)
        x += wide + BETWEEN
    return rows


def formulas_of(now: Snapshot, net: Net | None) -> list[Text]:
    """Return the formula of each value, or general ones for a network in the source texts' notation."""
    names: dict[Value, str | Symbol] = dict(now.names)
    told = {
        place: f"{names[node]} = {of_node(node, names)[0].text}"
        for place, node in enumerate(now.order) if node.parents
    }  # fmt: skip
    general = _general(net, told) if net else []
    if general:
        told = dict(enumerate([*general, told[len(now.order) - 1]]))
    return [mathematics(formula) for formula in told.values()]


LINEAR = "{a} = {z}"
"""The formula of a hidden layer without a box for a: the next layer's z depends on this layer's z."""


def _general(net: Net, told: dict[int, str]) -> list[str]:
    """Return the formulas for z and a of any layer; none if the labels differ from the source texts'."""
    units = [unit for tier in net.tiers for unit in tier.units]
    boxes = [box for unit in units for box in (unit.z, unit.a, *unit.weights, *filter(None, [unit.bias]))]
    read = [symbol(box.label) for box in boxes]
    documents = all(it.letter in {"z", "a", "w", "b"} and it.layer for it in read)
    if not documents or len({unit.bias is None for unit in units}) > 1:
        return []
    j, k = ("_j", "_k") if any("_" in box.label for box in boxes) else ("", "")
    bias = "" if units[0].bias is None else f" + b{j}^(l)"
    found = [f"z{j}^(l) = {f'Σ_{k[1:]} ' if k else ''}w{j}{k[1:]}^(l) a{k}^(l−1){bias}"]
    by_layer = {}
    for tier in net.tiers:
        unit = tier.units[0]
        if unit.onward:
            formula = told[unit.a.places[0]].replace(unit.a.label, "{a}").replace(unit.z.label, "{z}")
            by_layer[tier.number] = formula
        elif tier is not net.tiers[-1]:
            by_layer[tier.number] = LINEAR
    alike = len(set(by_layer.values())) == 1
    alike = alike and (len(by_layer) == len(net.tiers) or LINEAR in by_layer.values())
    layers = {"l": next(iter(by_layer.values()))} if alike else by_layer
    return found + [form.format(a=f"a{j}^({l})", z=f"z{j}^({l})") for l, form in layers.items()]


# ── Many pages ────────────────────────────────────────────────────────────────────────────────────

PRINTED = """
#set document(title: sys.inputs.title, date: none)
#set page(margin: 0pt)
#for (side, svg) in json(bytes(sys.inputs.pages)) {
  page(width: side.at(0) * 1mm, height: side.at(1) * 1mm, image(bytes(svg), format: "svg", width: 100%))
}
"""


def pdf(pages: Sequence[str], title: str) -> bytes:
    """Return pages as one PDF. Raises ImportError if Typst is missing."""
    try:
        import typst  # noqa: PLC0415  (an optional dependency)
    except ImportError as error:
        raise ImportError(f"writing .pdf needs Typst: {how_to_install('png')}; or save as .html") from error
    held = json.dumps([(_size(page), page) for page in pages])
    data: bytes = typst.compile(PRINTED.encode(), format="pdf", sys_inputs={"title": title, "pages": held})
    return data


def html(pages: Sequence[str], title: str) -> str:
    """Return pages as one HTML document, light on any screen, that prints each page on its own paper."""
    wide, high = _size(pages[0])
    style = f"<style>{STYLE}</style>"
    shown = (
        prefixed(page.replace(style, ""), f"p{k}-").replace('"page-title"', f'"p{k}-page-title"')
        for k, page in enumerate(pages, 1)
    )
    return DOCUMENT.format(
        title=escape(clean(title)), wide=f"{wide:g}", high=f"{high:g}", style=STYLE, pages="\n".join(shown)
    )


DOCUMENT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}@page {{ size: {wide}mm {high}mm; margin: 0 }}
:root {{ color-scheme: light }}
body {{ margin: 0; background: #ddd }}
.paper {{ display: block; margin: 16px auto; max-width: calc(100vw - 16px); height: auto;
  box-shadow: 0 1px 6px #0005 }}
@media print {{
  body {{ background: #fff }}
  .paper {{ margin: 0; max-width: none; box-shadow: none; break-after: page; break-inside: avoid }}
  .paper:last-of-type {{ break-after: auto }}
}}
</style>
<body>
{pages}
</body>
</html>
"""


def _size(page: str) -> tuple[float, float]:
    """Return the width and height of a page in millimetres, from its first line."""
    wide, high = re.findall(r' (?:width|height)="([\d.]+)mm"', page)[:2]
    return float(wide), float(high)
