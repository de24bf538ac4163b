"""Worksheets with different numbers on each, a key, and everything needed to mark them."""

from __future__ import annotations

from functools import cached_property
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from engine import saving
from engine.arguments import a_node, advised
from engine.asking import exports, keyfile, marking
from engine.asking.asked import given
from engine.asking.exercises import exercise, twin_of
from engine.asking.keyfile import Worksheet
from engine.asking.mistakes import TABLE
from engine.asking.questions import questions
from engine.asking.slips import show
from engine.asking.wording import did, own_names, typeset
from engine.characters import printable
from engine.graph import topological_order
from engine.numeric import short, told, whole
from engine.pictures.contents import Contents
from engine.pictures.drawing import draw
from engine.pictures.picture import Picture
from engine.pictures.plans import plan
from engine.pictures.snapshot import Snapshot
from engine.pictures.svg.letters import derivative, plain
from engine.pictures.svg.pen import prefixed
from engine.value import Value

from . import paper as on_paper
from .blanks import Blanks, shown
from .lines import of_graph
from .paper import PAPERS, Content, Head, Likely

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.pictures.svg.letters import Text

GRADIENTS, BOTH = "gradients", "both"
MOST = 500
"""The most sheets made at once."""
STUCK = 40
"""The search for numbers stops after this many sets in a row that other sheets already have."""
FOLLOWS = "A number that follows rightly from a wrong one of yours counts as right."
MISTAKES = 14
"""The most wrong numbers that a key lists."""


@advised
def worksheet(
    C: Value | str,
    *,
    n: int = 30,
    seed: int = 0,
    hide: str | Value | Iterable[Value | str] = GRADIENTS,
    paper: str = "A4",
    level: int | None = None,
    title: str | None = None,
) -> Worksheets:
    """Make worksheets for a graph, each with different numbers and boxes to fill in, and a key.

    A sheet has the graph with a box for each gradient, and the chain rule as a table with blanks. The numbers
    come from ``exercise``, so that answers are short and mistakes change them; the sheets have the seeds
    ``seed``, ``seed + 1``, …, and the same seed gives the same sheet. C does not change.

    ``save("folder")`` writes sheets, key, and a table for typing in answers, which ``chainrule mark`` marks;
    ``mark(sheets[0], answers)`` marks one. ``export("moodle.xml")`` writes questions for a learning platform.

    >>> from engine import Value, worksheet
    >>> w, a, b = (Value(1.0, label=name) for name in "wab")
    >>> sheets = worksheet((w * a + b) ** 2, n=2)
    >>> sheets
    <2 worksheets of 5 boxes on A4; .save("folder") writes them with their key>
    >>> sheets[0].numbers != sheets[1].numbers
    True

    Args:
        C: The root of a graph, or the name of a shape as for ``exercise``: "1-1-1-1", "2-2-1", …
        n: The number of sheets, at most 500.
        seed: The seed of the first sheet's numbers.
        hide: ``"gradients"`` prints the values of the forward pass and leaves all gradients blank (in a
            network, inputs and targets have none); ``"both"`` leaves the computed values blank
            too; nodes, or their names, leave only their gradients blank.
        paper: ``"A4"`` or ``"letter"``.
        level: The difficulty of the numbers; see ``exercise``.
        title: The title at the top.

    Raises:
        TypeError: If C is neither a Value nor text, the title is not text, or ``hide`` has neither nodes nor
            names.
        ValueError: For an unknown paper or shape, for a node that C does not depend on, for a graph that does
            not fit on a page, and if there are fewer than ``n`` sets of numbers.

    """
    if not isinstance(C, Value | str):
        raise TypeError(
            f'worksheet takes the root of a graph, or a shape such as "1-1-1-1"; got {told(C)}; '
            "for a cost write worksheet(C)"
        )
    if title is not None and not isinstance(title, str):
        raise TypeError(f"title must be text, got {told(title)}")
    size = _paper(paper)
    count, first = whole(n, "n", 1), whole(seed, "seed", 0)
    if count > MOST:
        raise ValueError(
            f"n must be at most {MOST}, got {count:,}; make them in parts, with another seed each"
        )
    sheets: list[Worksheet] = []
    asked: list[int] | None = None
    seen = set()
    k, again = first - 1, 0
    while len(sheets) < count and again < STUCK:
        k += 1
        root = _with_names(exercise(C, seed=k, level=level).root, C)
        order = topological_order(root)
        if asked is None:
            rows = of_graph(Snapshot(root, names=False), _asked(C, order, hide))
            asked = [row.place for row in rows]
        numbers = tuple(node.data for node in order if not node.parents)
        again = again + 1 if numbers in seen else 0
        if again:
            continue
        seen.add(numbers)
        boxes = {order[place].label: order[place] for place in asked}
        sheets.append(Worksheet(len(sheets) + 1, k, root, boxes, printed=hide != BOTH))
        if len(sheets) == 1:  # if it does not fit, raise the error before the others are made
            Worksheets(sheets, size, "", blank=hide == BOTH)
    if len(sheets) < count:
        raise ValueError(
            f"only {len(sheets)} different sets of numbers were found for {count} sheets; "
            f"pass n={len(sheets)}, or level=3, which has more numbers to choose from"
        )
    return Worksheets(sheets, size, title or _title(sheets[0].root), blank=hide == BOTH)


def _paper(paper: object) -> str:
    by_name = {name.lower(): name for name in PAPERS}
    if not isinstance(paper, str) or paper.lower() not in by_name:
        raise ValueError(f"paper must be 'A4' or 'letter', got {short(paper)}")
    return by_name[paper.lower()]


def _with_names(root: Value, C: Value | str) -> Value:
    """Label the nodes of a graph's copy like those of the graph, all with different names; return it."""
    source = root if isinstance(C, str) else C
    for node, called in zip(topological_order(root), own_names(source).values(), strict=True):
        node.label = printable(called)
    return root


def _title(root: Value) -> str:
    net = Contents(Snapshot(root, names=False)).network
    if not net:
        return "Backward by hand"
    sizes = [len(net.inputs), *(len(layer.neurons) for layer in net.layers)]
    return f"Backward by hand: {'-'.join(map(str, sizes))}"


def _asked(C: Value | str, order: list[Value], hide: object) -> list[int]:
    """Return the places of the requested gradients."""
    if isinstance(hide, str) and hide in {GRADIENTS, BOTH}:
        contents = Contents(Snapshot(order[-1], names=False))
        out = {"root", "constant", *(["input"] if contents.network else [])}
        return [place for place, kind in enumerate(contents.kinds) if kind not in out]
    by_name = {node.label: place for place, node in enumerate(order)}
    places = {} if isinstance(C, str) else {node: k for k, node in enumerate(topological_order(C))}
    chosen = [hide] if isinstance(hide, str | Value) else hide
    if not hasattr(chosen, "__iter__"):
        raise TypeError(f'hide must be "gradients", "both", or nodes to ask for, got {told(hide)}')
    found = []
    for one in chosen:
        place = (
            by_name.get(one) if isinstance(one, str) else places.get(a_node(one, "hide takes nodes or names"))
        )
        if place is None or place == len(order) - 1:
            name = one if isinstance(one, str) else own_names(one).get(one)
            raise ValueError(
                f"hide must be among the nodes that C depends on, got {short(name)}; "
                f"they are {', '.join(list(by_name)[:-1])}; or pass {GRADIENTS}, or {BOTH} for the values too"
            )
        found.append(place)
    if not found:
        raise ValueError('hide has no nodes in it; pass some, or "gradients" for all')
    return list(dict.fromkeys(found))


def _keep_answers(path: Path) -> None:
    """Raise FileExistsError if answers are typed into a class's file, before it and its key are replaced."""
    if path.is_file() and marking.typed_in(path.read_text(encoding="utf-8-sig", errors="replace")):
        raise FileExistsError(
            f"{printable(str(path))} has answers in it, and nothing is written; "
            "choose another folder, or remove that file"
        )


class Worksheets:
    """Sheets for one graph, to print, fill in and mark; ``sheets[0]`` is the first one.

    A notebook shows the first sheet and its key.
    """

    def __init__(self, sheets: list[Worksheet], paper: str, title: str, *, blank: bool) -> None:
        self.sheets, self.paper, self.title, self.blank = sheets, paper, title, blank
        self._layout = on_paper.layout([self._content(it) for it in sheets], paper)

    def __len__(self) -> int:
        return len(self.sheets)

    def __getitem__(self, k: int) -> Worksheet:
        return self.sheets[k]

    def __iter__(self) -> Iterator[Worksheet]:
        return iter(self.sheets)

    def __repr__(self) -> str:
        count = f"{len(self)} worksheet{'s' * (len(self) != 1)}"
        boxes = len(self[0].asked)
        return f'<{count} of {boxes} boxes on {self.paper}; .save("folder") writes them with their key>'

    # ── Pages ──────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def pages(self) -> list[str]:
        """Return a page for each sheet as SVG; for a large graph, a front and a back."""
        return [
            page
            for it in self.sheets
            for page in on_paper.worksheet_pages(
                self._content(it), self._layout, self._head(it, "", fill=True)
            )
        ]

    @cached_property
    def key_pages(self) -> list[str]:
        """Return the key as SVG: a table of all answers, then a page for each sheet with likely mistakes."""
        called = [self._gradient(name) for name in self[0].asked]
        rows = [
            (str(it.number), [shown(it.key.answers[place]) for place in it.boxes.values()])
            for it in self.sheets
        ]
        head = Head(f"Key: {self.title}", "For the teacher", "", to_fill_in=False)
        found = on_paper.overview_pages(called, rows, self._layout.side, head)
        for it in self.sheets:
            content = self._content(it, filled=True)
            head = self._head(it, "Key: ", fill=False)
            found.append(on_paper.key_page(content, self._layout, head, self._likely(it)))
        return found

    def _content(self, sheet: Worksheet, *, filled: bool = False) -> Content:
        now = Snapshot(sheet.root, names=False)
        contents = Contents(now)
        net = contents.network
        several = net and (len(net.inputs) > 1 or any(len(layer.neurons) > 1 for layer in net.layers))
        level = "neurons" if net and net.direct and several else "values"
        picture = Picture(plan(contents, level), now)
        asked = [now.place[node] for node in sheet.asked.values()]
        hidden = self.blank and not filled
        values = {
            place: "" if hidden and node.parents else shown(node.data) for place, node in enumerate(now.order)
        }
        rows = of_graph(now, asked, *self._worked(sheet, now)) if filled else of_graph(now, asked)
        grads = {row.place: shown(row.total) if filled else "" for row in rows}
        grads[len(now.order) - 1] = "1"
        diagram = picture.diagram
        formulas = on_paper.formulas_of(now, diagram.net if net and net.direct else None)
        if hidden:
            formulas.append(plain("Fill in the values first.", "serif"))
        return Content(diagram, Blanks(values, grads), formulas, rows, now.name(-1))

    @staticmethod
    def _worked(sheet: Worksheet, now: Snapshot) -> tuple[list[float], list[float]]:
        """Return local derivatives and gradient, computed from the numbers printed on the sheet."""
        key = sheet.key
        at = [key.index(node) for node in now.order]
        slopes = [occurrence.slope for i in at for _, occurrence in key.exact.edges[i]]
        return slopes, [key.answers[i] for i in at]

    def _gradient(self, called: str) -> Text:
        return derivative(self[0].root.label, called)

    def _head(self, sheet: Worksheet, before: str, *, fill: bool) -> Head:
        right = f"Sheet {sheet.number} of {len(self)}"
        foot = f"{right}, seed {sheet.seed}." + f" {FOLLOWS}" * fill
        return Head(f"{before}{self.title}", right, foot, to_fill_in=fill)

    def _likely(self, sheet: Worksheet) -> list[Likely]:
        """Return where each mistake first shows, and as which number, the most common mistakes first."""
        key = sheet.key
        found: dict[tuple[str, str], list[str]] = {}
        rows = sorted(sheet.boxes.items(), key=lambda item: item[1])
        for mistake in sorted(key.occurring, key=lambda name: -TABLE[name].share):
            made = key.made(mistake)
            for called, place in rows:
                wrong = show(made[place])
                if wrong != sheet.right(called):
                    found.setdefault((called, wrong), []).append(did(mistake))
                    break
        listed = list(found.items())[:MISTAKES]
        places = {called: k for k, called in enumerate(sheet.asked)}
        return [
            Likely(self._gradient(called), typeset(wrong), words, places[called])
            for (called, wrong), words in listed
        ]

    # ── Files ──────────────────────────────────────────────────────────────────────────────────────

    def html(self, *, key: bool = False) -> str:
        """Return the sheets, or their key, as HTML that prints one page on each sheet of paper."""
        return on_paper.html(self.key_pages if key else self.pages, self._document(key=key))

    def pdf(self, *, key: bool = False) -> bytes:
        """Return the sheets, or their key, as PDF. Raises ImportError if Typst is missing (extra ``png``)."""
        return on_paper.pdf(self.key_pages if key else self.pages, self._document(key=key))

    def _document(self, *, key: bool) -> str:
        return f"{'Key: ' * key}{self.title}"

    def save(self, path: saving.FilePath, *, key: bool = False) -> list[str]:
        """Write the sheets, and return the names of the files.

        A path that ends in ``.pdf`` or ``.html`` is one document: the sheets, or with ``key`` their key. Any
        other path is a folder, created if needed, for everything that a class needs: ``sheets`` and ``key``
        as PDF (as HTML without Typst), ``numbers.csv`` with the numbers and answers of each sheet,
        ``answers.csv`` for typing in answers, and ``key.json``, which ``chainrule mark`` uses to mark them.

        Raises ImportError for a PDF without Typst, ValueError for another ending, FileExistsError if
        ``answers.csv`` in the folder has answers in it, and OSError if a file cannot be written. Each file is
        written completely or not at all.
        """
        form = saving.ending(path)
        if form == "pdf":
            saving.write(path, self.pdf(key=key))
        elif form in {"html", "htm"}:
            saving.write(path, self.html(key=key))
        elif form:
            raise ValueError(
                f"cannot write {Path(path).name!r}: the ending must be .pdf or .html, or none for a folder; "
                ".export(…) writes .xml, .zip and .csv for learning platforms"
            )
        else:
            return self.save_all(path)
        return [str(path)]

    def save_all(self, folder: saving.FilePath) -> list[str]:
        """Write everything that a class needs into a folder; return the names of the files. See ``save``."""
        folder = Path(saving.named(folder, "sheets"))
        _keep_answers(folder / "answers.csv")
        root = self[0].root.label
        files: dict[str, str | bytes] = {}
        if find_spec("typst"):
            files |= {"sheets.pdf": self.pdf(), "key.pdf": self.pdf(key=True)}
        else:
            files |= {"sheets.html": self.html(), "key.html": self.html(key=True)}
        files["numbers.csv"] = f"\ufeff{marking.numbers_table(self.sheets, root)}"
        files["answers.csv"] = f"\ufeff{marking.template(self.sheets, root)}"
        files["key.json"] = keyfile.written(self.sheets)
        saving.folder(folder)
        for file, content in files.items():
            saving.write(folder / file, content)
        return [str(folder / file) for file in files]

    def export(self, path: saving.FilePath) -> None:
        """Write a question for each box of each sheet, with its numbers and picture, for a learning platform.

        ``.xml`` is Moodle XML, ``.zip`` a QTI 2.1 package, ``.csv`` a table. Each question has a tolerance,
        hints, and a sentence of feedback for each wrong number that a known mistake gives.

        Raises ValueError for any other ending, and OSError if the file cannot be written.
        """
        form = saving.ending(path)
        if form not in exports.FORMS:
            raise ValueError(
                f"cannot write {Path(path).name!r}: the ending must be .xml (Moodle), .zip (QTI 2.1) or .csv"
            )
        saving.write(path, exports.FORMS[form](self._sets(), self.title))

    def _sets(self) -> list[exports.QuestionSet]:
        """Return the questions of each sheet, with its picture."""
        found = []
        for it in self.sheets:
            every = [q for q in questions(it.root, kinds="gradient") if q.node.label in it.asked]
            picture = draw(it.root, legend=False, edge_labels=False, theme="light", names=False)
            twin, _ = twin_of(it.root, own_names(it.root))
            found.append(exports.QuestionSet(f"sheet {it.number}", every, picture.svg, given(twin)))
        return found

    def _repr_html_(self) -> str:
        shown = "".join(
            prefixed(svg, f"{kind}-").replace("<svg ", '<svg style="max-width: 100%; height: auto" ')
            for kind, svg in (("sheet", self.pages[0]), ("key", self.key_pages[-len(self)]))
        )
        return f'<div class="chainrule-view">{shown}<p>{escape(repr(self))}</p></div>'
