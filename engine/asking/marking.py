"""Marking: which numbers on a sheet are right, which follow, and which mistakes are common in a class.

No personal data is stored: a row of a class's file is identified by its line, and other columns that the
teacher filled in are copied to the marked file unchanged.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from engine import rules
from engine.arguments import advised
from engine.characters import printable
from engine.formula.symbols import after_d, derivative
from engine.numeric import short, told
from engine.value import Value

from .diagnosis import Key
from .exercises import Exercise
from .keyfile import Worksheet
from .mistakes import TABLE
from .slips import read, show
from .wording import count_of_boxes, did, listed, own_names, some, typeset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .verdicts import Verdict

SAID = {
    "right": "right",
    "follows": "follows from a wrong one above",
    "close": "rounded too early",
    "unread": "unread",
}
"""Words for the kinds of boxes, except "wrong" and "blank"."""
WIDE = 58
"""The most characters of a mistake on a line of a table; longer text is wrapped."""


@dataclass(frozen=True)
class MarkedBox:
    """One box of a sheet: the written number, and how it was judged.

    ``kind`` is "right", "follows" (from the learner's own number in another box), "close" (rounded too
    early), "wrong", "unread" (in a class's file: not a number) or "blank". ``mistakes`` names the mistakes
    that may lead to the number, the most likely first.
    """

    name: str
    written: str
    kind: str
    right: str
    mistakes: tuple[str, ...] = ()
    message: str = ""

    @property
    def because(self) -> str:
        """The most likely mistake in words; empty if there is none."""
        return did(self.mistakes[0]) if self.mistakes else ""

    @property
    def unexplained(self) -> bool:
        """Whether the number is wrong and no known mistake explains it."""
        return self.kind == "wrong" and not self.mistakes


@dataclass(frozen=True, repr=False)
class Marked:
    """A marked sheet; printed, it is a table. ``mistakes`` may explain the whole sheet, most likely first."""

    sheet: int
    boxes: tuple[MarkedBox, ...]
    mistakes: tuple[str, ...]
    message: str
    line: int = 0
    """The line of the class's file that the sheet comes from."""
    more: Mapping[str, str] | None = None
    """The other columns that the teacher filled in on that line."""

    def count(self, kind: str) -> int:
        """Return the number of boxes of a kind."""
        return sum(box.kind == kind for box in self.boxes)

    @property
    def score(self) -> int:
        """The number of boxes that are right, or follow correctly from the learner's own numbers."""
        return self.count("right") + self.count("follows")

    def __str__(self) -> str:
        counts = Counter(box.kind for box in self.boxes)
        head = f"sheet {self.sheet}: {counts['right']} of {len(self.boxes)} right{_others(counts)}"
        rows = [
            (box.name, typeset(box.written) or "–", SAID.get(box.kind, box.kind), because(box.mistakes[:2]))
            for box in self.boxes
        ]
        return "\n".join([head, *(f"  {line}" for line in columns(rows)), f"  {self.message}"])

    __repr__ = __str__

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        boxes = [
            {
                "box": box.name,
                "written": box.written,
                "is": box.kind,
                "right": box.right,
                "mistakes": [*box.mistakes],
            }
            for box in self.boxes
        ]
        found = {"sheet": self.sheet, "line": self.line, "boxes": boxes, "mistakes": [*self.mistakes]}
        return found | {"message": self.message}


@advised
def mark(
    sheet: Worksheet | Exercise | Key | Value,
    answers: Mapping[Any, str | float | None] | Sequence[str | float | None],
) -> Marked:
    """Mark a sheet: find which boxes are right, which follow, and the most likely causes of the others.

    A box that is wrong only because a box above it is wrong *follows* from it, and does not count against the
    learner. ``sheet`` is one of the sheets of ``worksheet``, an ``exercise``, or the root of a graph.
    ``answers`` maps names of boxes (or their nodes) to the written answers, as text or as numbers; or it
    lists the answers in the order of the sheet. A blank box is left out, empty, or None.

    >>> from engine import Value, mark
    >>> w, a, y = Value(2.0, label="w"), Value(3.0, label="a"), Value(4.0, label="y")
    >>> z = w * a
    >>> z.label = "z"
    >>> marked = mark((z - y) ** 2, {"z": "2", "w": "6", "a": "4"})
    >>> [(box.name, box.kind) for box in marked.boxes if box.written]
    [('z', 'wrong'), ('a', 'follows'), ('w', 'follows')]
    >>> marked.boxes[2].because
    'the exponent in front is missing, the 2 of the square'

    Args:
        sheet: The sheet to mark.
        answers: The learner's answers.

    Raises:
        TypeError: If the sheet is none of these, or an answer is neither text nor a number.
        ValueError: If a box is not on the sheet, a number cannot be read, or there are too many answers.

    """
    it = _sheet(sheet)
    return _marked(it, _by_name(it, answers))


def _sheet(sheet: object) -> Worksheet:
    if isinstance(sheet, Worksheet):
        return sheet
    if isinstance(sheet, Value):
        sheet = Key(sheet)
    if not isinstance(sheet, Key | Exercise):
        several = "; pass one of them, as in sheets[0]" if hasattr(sheet, "__getitem__") else ""
        raise TypeError(
            "mark takes a sheet of worksheet(C), an exercise(C) or the root of a graph, "
            f"got {told(sheet)}{several}"
        )
    key = sheet if isinstance(sheet, Key) else sheet.key
    called = own_names(key.nodes[0])
    asked = {called[node]: node for node in key.nodes[1:] if node.rule is not rules.constant}
    found = Worksheet(1, 0, key.nodes[0], asked, printed=False)
    found.key = key
    return found


def _by_name(sheet: Worksheet, answers: object) -> dict[str, str | float]:
    """Return the answers by box name; errors name the box."""
    given: Iterable[tuple[object, Any]]
    if isinstance(answers, Mapping):
        nodes = {node: name for name, node in sheet.asked.items()}
        given = [(nodes.get(box, box) if isinstance(box, Value) else box, x) for box, x in answers.items()]
    elif isinstance(answers, Sequence) and not isinstance(answers, str):
        if len(answers) > len(sheet.asked):
            raise ValueError(
                f"expected at most {len(sheet.asked)} answers, one for each box, got {len(answers)}; "
                f"the boxes are {', '.join(sheet.asked)}"
            )
        given = list(zip(sheet.asked, answers, strict=False))
    else:
        raise TypeError(f'answers must be a list or a dict such as {{"w": "0.5"}}, got {told(answers)}')
    found: dict[str, str | float] = {}
    for box, x in given:
        name = _box(sheet, box)
        if name is None:
            raise ValueError(
                f"there is no box {short(box)} on the sheet; its boxes are {', '.join(sheet.asked)}"
            )
        if x is None or (isinstance(x, str) and not x.strip()):
            continue
        try:
            text = read(x).text
            found[name] = text if isinstance(x, str) else text.removesuffix(".0")
        except (TypeError, ValueError) as error:
            raise type(error)(f"box {name}: {error}") from None
    return found


GRADIENT = r"[∂d?].+/\s*[∂d?]\s*"
"""The name of a gradient, up to the box; a spreadsheet that does not support ∂ writes a question mark."""


def _box(sheet: Worksheet, given: object) -> str | None:
    """Return the box that a name refers to: w^(1), ∂C/∂w^(1), or dC/dw^(1)."""
    text = normalize("NFC", str(given)).strip()
    if text in sheet.asked:
        return text
    for box in sorted(sheet.asked, key=len, reverse=True):
        if re.fullmatch(f"{GRADIENT}({re.escape(box)}|{re.escape(str(after_d(box)))})", text):
            return box
    return None


def _marked(
    sheet: Worksheet, given: Mapping[str, str | float], line: int = 0, more: Mapping[str, str] | None = None
) -> Marked:
    texts: list[str | float] = [""] * len(sheet.key.nodes)
    for name, x in given.items():
        texts[sheet.boxes[name]] = x
    verdict = sheet.key.sheet(texts)
    boxes = tuple(
        _box_of(name, str(given.get(name, "")), verdict.boxes[place], sheet)
        for name, place in sheet.boxes.items()
    )
    found = verdict.explanations[0] if verdict.kind == "told" else ()
    return Marked(sheet.number, boxes, verdict.mistakes, _message(boxes, found), line, more)


def _message(boxes: Sequence[MarkedBox], found: Sequence[str]) -> str:
    """Return the message for a sheet: where to look first, and what explains the whole sheet."""
    filled = [box for box in boxes if box.written]
    wrong = [box.name for box in filled if box.kind in {"wrong", "close"}]
    unread = [box.name for box in filled if box.kind == "unread"]
    if not filled:
        return "No box is filled in."
    if unread and not wrong:
        return f"No number can be read in {listed(unread)}; no other box is wrong."
    if not wrong:
        return "Everything is right." if len(filled) == len(boxes) else "All that is filled in is right."
    said = f"Look at {wrong[0]} first"
    said += f"; this is what comes out when {' and '.join(map(did, found))}." if found else "."
    follows = [box.name for box in filled if box.kind == "follows"]
    return (
        said
        + f" {listed(follows)} follow{'s' * (len(follows) == 1)} rightly from the numbers above."
        * bool(follows)
    )


def _box_of(name: str, written: str, verdict: Verdict | None, sheet: Worksheet) -> MarkedBox:
    if verdict is None:
        return MarkedBox(name, "", "blank", sheet.right(name))
    kind = verdict.kind if verdict.kind in SAID else "wrong"
    return MarkedBox(name, written, kind, sheet.right(name), verdict.mistakes, verdict.message)


def _others(counts: Counter[str]) -> str:
    """Return the counts of boxes that are not right, by kind, in words."""
    kinds = {"follows": "follow", "close": "rounded too early", "wrong": "wrong"}
    kinds |= {"unread": "unread", "blank": "blank"}
    return "".join(f", {counts[kind]} {words}" for kind, words in kinds.items() if counts[kind])


def because(mistakes: Sequence[str]) -> str:
    """Return mistakes in words, the most likely first."""
    return ", or ".join(map(did, mistakes))


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines with aligned columns."""
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, wide, strict=True)).rstrip() for row in rows]


# ── A class ───────────────────────────────────────────────────────────────────────────────────────

BAD_ROWS = 5
"""The most faults of a file that one error lists."""
SHARED = 3
"""The most sheets with several lines that the summary names."""
TWICE = (
    "Each line counts: learners may have copies of one sheet. If one learner is in twice, take a line out."
)
SHEET = "sheet"


@dataclass(frozen=True)
class Common:
    """A mistake in a class: the number of sheets where it is the most likely one, and of boxes."""

    name: str
    sheets: int
    boxes: int

    @property
    def did(self) -> str:
        """The words that complete "this is what comes out when …"."""
        return did(self.name)

    @property
    def chapter(self) -> str:
        """The notebook and heading that explain the right way; empty for a slip of the pen."""
        return TABLE[self.name].chapter if self.name in TABLE else ""


@dataclass(frozen=True, repr=False)
class ClassMarks:
    """The marked sheets of a class; printed, its common mistakes and its unexplained numbers."""

    sheets: tuple[Marked, ...]
    root: str = "C"
    """The name of the node that was differentiated."""

    @property
    def common(self) -> list[Common]:
        """The mistakes, those on the most sheets first."""
        on_sheets = Counter(it.mistakes[0] for it in self.sheets if it.mistakes)
        in_boxes = Counter(box.mistakes[0] for it in self.sheets for box in it.boxes if box.mistakes)
        every = dict.fromkeys([*on_sheets, *in_boxes])
        found = [Common(name, on_sheets[name], in_boxes[name]) for name in every]
        return sorted(found, key=lambda it: (-it.sheets, -it.boxes, it.name))

    @property
    def unexplained(self) -> list[tuple[Marked, MarkedBox]]:
        """The wrong numbers that no known mistake explains: a teacher may find a new mistake there."""
        return [(it, box) for it in self.sheets for box in it.boxes if box.unexplained]

    @property
    def shared(self) -> dict[int, list[int]]:
        """The lines of each sheet that has more than one, by sheet number.

        Either learners have copies of one sheet, or one learner is in the file twice: only the teacher knows.
        """
        lines: dict[int, list[int]] = {}
        for it in self.sheets:
            lines.setdefault(it.sheet, []).append(it.line)
        return {number: found for number, found in lines.items() if len(found) > 1}

    def __str__(self) -> str:
        parts = [self._summary(), *self._shared(), "", *self._by_box(), *self._mistakes(), *self._left()]
        return "\n".join(parts)

    __repr__ = __str__

    def _summary(self) -> str:
        counts = Counter(box.kind for it in self.sheets for box in it.boxes)
        different = len({it.sheet for it in self.sheets})
        sheets = f"{different} sheet{'s' * (different != 1)}"
        if self.shared:
            sheets = "all of one sheet" if different == 1 else f"{different} different sheets"
            sheets = f"{len(self.sheets)} lines, {sheets}"
        return f"{sheets}, {count_of_boxes(counts.total())}: {counts['right']} right{_others(counts)}"

    def _shared(self) -> list[str]:
        """Return which sheets have several lines, and how these are counted."""
        named = [f"sheet {k} in lines {some(list(map(str, lines)))}" for k, lines in self.shared.items()]
        more = f"; and {len(named) - SHARED} more" * (len(named) > SHARED)
        said = [f"{'; '.join(named[:SHARED])}{more}", TWICE]
        return said if named else []

    def _by_box(self) -> list[str]:
        """Return how many answers are right in each box."""
        rows = [["box", "right", "follow", "wrong", "unread", "blank"]]
        kinds = [("right",), ("follows",), ("wrong", "close"), ("unread",), ("blank",)]
        for k, box in enumerate(self.sheets[0].boxes):
            found = Counter(it.boxes[k].kind for it in self.sheets)
            rows.append([box.name, *(str(sum(found[kind] for kind in group)) for group in kinds)])
        return [*columns(rows), ""]

    def _mistakes(self) -> list[str]:
        if not self.common:
            answered = any(box.written for it in self.sheets for box in it.boxes)
            return ["no mistakes" if answered else "no answers"]
        rows = [("mistake", "lines" if self.shared else "sheets", "boxes", "explained in")]
        for it in self.common:
            first, *more = wrap(it.did, WIDE)
            rows.append((first, str(it.sheets), str(it.boxes), it.chapter))
            rows += [(f"  {words}", "", "", "") for words in more]
        return columns(rows)

    def _left(self) -> list[str]:
        if not self.unexplained:
            return []
        rows = [("line", "sheet", "box", "number", "right")]
        rows += [
            (str(it.line), str(it.sheet), box.name, typeset(box.written), typeset(box.right))
            for it, box in self.unexplained
        ]
        return ["", "no known mistake leads to these numbers:", *columns(rows)]

    def csv(self) -> str:
        """Return a table with a line for each sheet: the teacher's columns, then the marks for each box."""
        kept = list(dict.fromkeys(name for it in self.sheets for name in it.more or {}))
        boxes = [derivative(self.root, box.name) for box in self.sheets[0].boxes]
        out = io.StringIO()
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(
            [
                SHEET,
                *kept,
                "right",
                "follow",
                "wrong",
                "unread",
                "blank",
                "most likely mistake",
                "message",
                *boxes,
            ]
        )
        for it in self.sheets:
            counts = [
                it.count("right"),
                it.count("follows"),
                it.count("wrong") + it.count("close"),
                it.count("unread"),
                it.count("blank"),
            ]
            cells = [
                f"{box.written} ({SAID.get(box.kind, box.kind)})" if box.written else "" for box in it.boxes
            ]
            more = it.more or {}
            likely = because(it.mistakes[:1])
            rows.writerow(
                [it.sheet, *(more.get(name, "") for name in kept), *counts, likely, it.message, *cells]
            )
        return out.getvalue()

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        common = [
            {
                "mistake": it.name,
                "what": it.did,
                "sheets": it.sheets,
                "boxes": it.boxes,
                "explained in": it.chapter,
            }
            for it in self.common
        ]
        left = [
            {"line": it.line, "sheet": it.sheet, "box": box.name, "written": box.written, "right": box.right}
            for it, box in self.unexplained
        ]
        shared = [{"sheet": number, "lines": lines} for number, lines in self.shared.items()]
        sheets = [it.to_dict() for it in self.sheets]
        return {"sheets": sheets, "shared": shared, "mistakes": common, "unexplained": left}


def mark_class(text: str, sheets: Sequence[Worksheet], name: str = "the file") -> ClassMarks:
    """Mark a class's answers: a CSV file with a column ``sheet`` and one for each box, a line for each sheet.

    Other columns are kept, but not read. Commas, semicolons or tabs separate the cells, so that spreadsheets
    with decimal commas work, too. ``sheets`` is the result of ``keyfile.read``. Several lines may belong to
    one sheet, if learners have copies: each is marked and counted, and ``shared`` lists them.

    A cell that is not a number is "unread", and all others are marked.

    Raises ValueError, with the line, for rows that cannot be read, and lists up to five of them.
    """
    by_number = {str(sheet.number): sheet for sheet in sheets}
    delimiter, lines, header = _rows(text, name)
    found, faults = _headed(header, sheets[0], name), []
    marked = []
    for line, cells in lines:
        if len(cells) > len(header):
            comma = "; a decimal comma needs quotes, or semicolons between the cells" * (delimiter == ",")
            faults.append(f"line {line}: expected {len(header)} cells, got {len(cells)}{comma}")
            continue
        row = dict(enumerate(map(str.strip, cells)))
        number = row.get(found.sheet, "")
        sheet = by_number.get(re.sub(r"[.,]0+$", "", number).lstrip("0"))
        if sheet is None:
            faults.append(f"line {line}, column {SHEET}: there is no sheet {short(number)} in the key")
            continue
        given: dict[str, str | float] = {}
        for k, box in found.boxes.items():
            if not row.get(k):
                continue
            try:
                given[box] = read(row[k]).text
            except ValueError:
                given[box] = printable(row[k])  # judged as "unread"
        more = {header[k]: cells[k] for k in found.kept if k < len(cells)}
        if not faults:
            marked.append(_marked(sheet, given, line, more))
    if faults:
        more_faults = f"; and {len(faults) - BAD_ROWS} more" * (len(faults) > BAD_ROWS)
        raise ValueError(f"{name} cannot be marked: {'; '.join(faults[:BAD_ROWS])}{more_faults}")
    root = sheets[0].root
    return ClassMarks(tuple(marked), own_names(root)[root])


@dataclass(frozen=True)
class _Headed:
    """The meaning of each column."""

    sheet: int
    boxes: Mapping[int, str]
    kept: Sequence[int]


def _rows(text: str, name: str) -> tuple[str, list[tuple[int, list[str]]], list[str]]:
    """Return the delimiter, the non-empty rows, each with its line number, and the header."""
    first = text.lstrip("\ufeff").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter, strict=True)
        rows = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise ValueError(f"{name} is not a CSV file: {error}") from None
    if len(rows) < 2:
        raise ValueError(f"{name} holds no answers; expected a header and a line for each sheet")
    (_, header), *lines = rows
    return delimiter, lines, [cell.strip() for cell in header]


def _headed(header: Sequence[str], sheet: Worksheet, name: str) -> _Headed:
    numbered = [
        k for k, cell in enumerate(header) if cell.lower() in {SHEET, "sheets", "sheet number", "no", "no."}
    ]
    boxes = {k: box for k, cell in enumerate(header) if (box := _box(sheet, cell)) is not None}
    if len(numbered) != 1:
        raise ValueError(
            f"{name}, line 1: expected one column {SHEET!r} with the numbers of the sheets, got "
            f"{', '.join(map(printable, header)) or 'nothing'}"
        )
    if not boxes:
        raise ValueError(
            f"{name}, line 1: no column is named like a box; the boxes are {', '.join(sheet.asked)}"
        )
    twice = [box for box, count in Counter(boxes.values()).items() if count > 1]
    if twice:
        raise ValueError(f"{name}, line 1: there are two columns for the box {twice[0]}; leave one out")
    kept = [k for k in range(len(header)) if k not in boxes and k != numbered[0]]
    return _Headed(numbered[0], boxes, kept)


def template(sheets: Sequence[Worksheet], root: str) -> str:
    """Return a CSV file to type a class's answers into: a line for each sheet, its boxes empty."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    boxes = [derivative(root, name) for name in sheets[0].asked]
    rows.writerow([SHEET, *boxes])
    rows.writerows([it.number, *[""] * len(boxes)] for it in sheets)
    return out.getvalue()


def typed_in(text: str) -> bool:
    r"""Return whether anything is typed into a file of answers, besides the numbers of the sheets.

    >>> typed_in("sheet,∂C/∂w\n1,\n2,\n"), typed_in("sheet;∂C/∂w\n1;\n2;0,5\n")
    (False, True)
    """
    cells = (re.split(r"[,;\t]", line) for line in text.splitlines()[1:])
    return any(cell.strip(' "') for line in cells for cell in line[1:])


def numbers_table(sheets: Sequence[Worksheet], root: str) -> str:
    """Return a CSV file with the numbers of each sheet and the right gradients."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    first = sheets[0]
    rows.writerow([SHEET, "seed", *first.numbers, *(derivative(root, name) for name in first.asked)])
    for it in sheets:
        rows.writerow([it.number, it.seed, *map(show, it.numbers.values()), *map(it.right, it.asked)])
    return out.getvalue()
