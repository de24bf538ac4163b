"""The vocabulary of a generated NumPy program: its dialect, indices and names, and its lines before writing.

``index`` finds the shortest regular text for places in an array, ``common`` a name for several labels.
``Block`` and ``View`` are the arrays of a program; ``Listing`` collects its lines by section.
"""

from __future__ import annotations

import inspect
import math
import re
import textwrap
from dataclasses import dataclass, field, replace
from itertools import chain, takewhile
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.readings.arrays import numpy_reading
from engine.readings.code import (
    ATOM,
    LONG,
    NUMPY,
    PRODUCT,
    SHORT,
    SIGN,
    WIDTH,
    CallForm,
    Names,
    Writer,
    listed,
    spelled,
)
from engine.readings.expressions import VOCABULARY, Expressions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from engine.readings.expressions import Expression

    Shape = tuple[int, ...]

LETTERS = ("i", "j", "k")
ROOM = 40
"""The longest list of numbers on the line that needs it; longer ones get separate lines."""

QUIET = {"ieee_div": "divide", "ieee_pow": "power", "ieee_log": "log"}
STACKED = '''\
def stacked(*parts):
    """Rows one below the other; what all examples share is repeated for each of them."""
    columns = max(part.shape[1] for part in parts)
    return np.vstack([np.broadcast_to(part, (len(part), columns)) for part in parts])'''


def preamble(words: Collection[str]) -> str:
    """Return the imports and definitions that these words of rules need, and nothing else.

    >>> print(preamble(["tanh", "erf"]))
    import math
    <BLANKLINE>
    import numpy as np
    <BLANKLINE>
    erf = np.vectorize(math.erf)
    """
    used = [_definition(word) for word in sorted(words) if word not in SPELLING]
    lines = [text for text in used if not text.startswith("def ")]
    functions = [text for text in used if text.startswith("def ")]
    head = ["import math\n"] * any("math." in text for text in used) + ["import numpy as np"]
    return "\n\n\n".join(["\n".join(head + ["", *lines] * bool(lines)), *functions])


def _definition(word: str) -> str:
    if word == "stacked":
        return STACKED
    if word in QUIET:
        return f'{word} = np.errstate(all="ignore")(np.{QUIET[word]})'
    if hasattr(math, word):
        return f"{word} = np.vectorize(math.{word})"
    text = textwrap.dedent(inspect.getsource(getattr(numpy_reading(), word))).rstrip()
    text = re.sub(r"self, |: X|, /| -> X|  #.*", "", text)
    return re.sub(r"self\.", "np.", text)


def _spelling() -> dict[str, str]:
    """Return the words of rules that NumPy knows, with their names there."""
    own = {word: getattr(getattr(numpy_reading(), word), "__name__", "") for word in VOCABULARY}
    there = {word: f"np.{name}" for word, name in own.items() if word not in QUIET and hasattr(np, name)}
    return there | {"abs": "np.abs", "inf": "np.inf", "nan": "np.nan"}


SPELLING = _spelling()
FORMS = {
    **NUMPY.forms,
    "power": CallForm("{0} ** {1}", SIGN, (ATOM, ATOM), (SHORT, SHORT)),
    "@": CallForm("{0} @ {1}", PRODUCT, (SIGN, SIGN), (SHORT, SHORT)),
}
MATRICES = replace(NUMPY, forms=FORMS, spelling=SPELLING, preamble=preamble)
"""NumPy with matrix products; other operations on arrays are added where they occur."""


def common(labels: Iterable[str]) -> str:
    """Return what labels have in common at both ends, as a name; empty if that is nothing.

    >>> common(["w_00^(1)", "w_01^(1)", "w_10,2^(1)"]), common(["x10", "x11"]), common(["z^(2)"])
    ('w_1', 'x', 'z_2')
    """
    labels = sorted(set(labels))
    if len(labels) == 1:
        return spelled(labels[0])
    start = _start(labels)
    end = _start([label[len(start) :][::-1] for label in labels])[::-1]
    return spelled(start.rstrip("0123456789") + end.lstrip("0123456789"))


def _start(texts: Iterable[str]) -> str:
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False))
    return "".join(letters[0] for letters in alike)


def numbers(items: Iterable[float]) -> str:
    """Return numbers as a list, on one line or on several."""
    return f"[{listed([MATRICES.number(x) for x in items], room=ROOM)}]"


def array(data: Sequence[float], shape: Sequence[int]) -> str:
    """Return the text of an array of this shape that holds these numbers.

    >>> array([1.0, 2.0], (2, 1)), array([0.5, 0.5], (2, 1)), array([1.0, 2.0], (1, 2))
    ('np.array([1.0, 2.0])[:, None]', 'np.full((2, 1), 0.5)', 'np.reshape([1.0, 2.0], (1, 2))')
    """
    if len(set(map(repr, data))) == 1:
        return f"np.full({tuple(shape)}, {MATRICES.number(data[0])})"
    if tuple(shape) == (len(data), 1):
        return f"np.array({numbers(data)})[:, None]"
    return f"np.reshape({numbers(data)}, {tuple(shape)})"


class Index(NamedTuple):
    """Places in an array: the text in brackets, and the text after them."""

    text: str
    reshaped: str = ""
    grid: str = ""
    """A line that must come before, if any."""
    places: str = ""
    """A list that is too long for the brackets, which contain ``{}`` for its name instead."""


WHOLE = Index("")


def index(places: Sequence[int], shape: Sequence[int], size: int) -> Index:
    """Return the shortest regular text for places in an array of this size, to be read in this shape.

    >>> index([2, 5, 8], (3, 1), 9).text, index([0, 1, 2], (3,), 3).text, index([4, 4], (1, 2), 9).text
    ('2::3, None', '', 'None, [4, 4]')
    >>> index([0, 1, 3, 4, 6, 7], (3, 2), 9)[:3]
    ('3*j + k', '', 'j, k = np.ogrid[:3, :2]')
    >>> index([5, 6, 7, 8], (2, 2), 20)[:2]
    ('5:9', '.reshape(2, 2)')
    """
    wide = [n for n in shape if n > 1]
    if found := _slice(places, size):
        if len(wide) > 1:
            return Index(found, f".reshape({', '.join(map(str, shape))})")
        return Index("" if found == ":" and len(shape) == 1 else _axes(found, shape))
    regular = _formula(np.reshape(places, wide)) if len(wide) > 1 else _nested(places)
    if regular and len(wide) == 1:
        return Index(_axes(f"({regular[0]}).ravel()", shape), grid=regular[1])
    if regular and len(wide) == len(shape):
        return Index(regular[0], grid=regular[1])
    if len(wide) > 1:
        return Index("{}", places=f"np.reshape({numbers(places)}, {tuple(shape)})")
    text = numbers(places)
    return Index(_axes("{}", shape), places=text) if len(text) > ROOM else Index(_axes(text, shape))


def plain_index(places: Sequence[int], size: int) -> Index:
    """Return places inside an expression, which has no separate line to define letters."""
    found = index(places, (len(places),), size)
    return found if not found.grid else Index("{}", places=numbers(places))


def _axes(text: str, shape: Sequence[int]) -> str:
    """Return one axis as indexed, the others new."""
    long = next((axis for axis, n in enumerate(shape) if n > 1), 0)
    return ", ".join(text if axis == long else "None" for axis in range(len(shape)))


def _slice(places: Sequence[int], size: int) -> str:
    """Return places at equal distances; empty if they are not."""
    first, last = places[0], places[-1]
    step = places[1] - first if len(places) > 1 else 1
    if step < 1 or list(places) != list(range(first, last + 1, step)):
        return ""
    start, stop = str(first) if first else "", str(last + 1) if last + step < size else ""
    return f"{start}:{stop}" + f":{step}" * (step > 1)


def _nested(places: Sequence[int]) -> tuple[str, str] | None:
    """Return places that are regular as a table."""
    steps = np.diff(places)
    columns = int(np.argmax(steps != steps[0])) + 1
    rest = len(places) % columns
    return None if rest or columns == 1 or len(places) <= 4 else _formula(np.reshape(places, (-1, columns)))


def _formula(table: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> tuple[str, str] | None:
    """Return places as a sum of multiples of indices, and the line that defines these; None if impossible."""
    start, letters = int(table.flat[0]), LETTERS[-table.ndim :]
    strides = [int(np.take(table, 1, axis).flat[0]) - start for axis in range(table.ndim)]
    axes = np.ogrid[tuple(slice(n) for n in table.shape)]
    if not np.array_equal(table, start + sum(s * axis for s, axis in zip(strides, axes, strict=True))):
        return None
    terms = [letter if s == 1 else f"{s}*{letter}" for s, letter in zip(strides, letters, strict=True)]
    text = " + ".join([str(start)] * (start != 0) + terms).replace("+ -", "- ")
    sizes = ", ".join(f":{n}" for n in table.shape)
    return text, f"{', '.join(letters)} = np.ogrid[{sizes}]"


# ── Lines ───────────────────────────────────────────────────────────────────────────────────────────

SECTIONS = ("parameters", "inputs", "constants", "forward", "backward", "gradient")


@dataclass(eq=False)
class Block:
    """An array with a row for each of its nodes; the block of parameters has one axis, others have two."""

    name: str
    size: int
    e: Expression
    section: str = "forward"
    views: dict[tuple[tuple[int, ...], Shape], View] = field(default_factory=dict)
    adjoint: Expression | None = None
    """Known as soon as all views of it have theirs."""

    def known_adjoint(self) -> Expression:
        """The adjoint."""
        assert self.adjoint is not None, "what reads a block comes first on the way back"  # noqa: S101  (for the type checker)
        return self.adjoint

    @property
    def wanted(self) -> list[View]:
        """The views of it that lead to a parameter."""
        return [view for view in self.views.values() if view.wanted]


@dataclass(eq=False)
class View:
    """Numbers that steps read: a part of a block, a stack of several parts, or constants."""

    name: str
    e: Expression
    varies: bool = False
    wanted: bool = False
    block: Block | None = None
    rows: Sequence[int] = ()
    index: Index = WHOLE
    parts: list[tuple[View, list[int]]] = field(default_factory=list)
    expected: int = 0
    contributions: list[Expression] = field(default_factory=list)
    comment: str = ""
    """The text of its only contribution."""
    adjoint: str = ""
    """Its name, once all contributions are there."""


class Listing:
    """The lines of a program in sections: plain text, or a name and its expression."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.free = Names([*taken, *LETTERS])
        self.xp = Expressions()
        self.words: set[str] = set()
        """The words that the lines need from a preamble."""
        self._forms = dict(FORMS)
        self._names: dict[Expression, str] = {}
        self._lines: dict[str, list[tuple[str, Expression | None, str]]] = {s: [] for s in SECTIONS}
        self._grids = dict.fromkeys(SECTIONS, "")

    def variable(self, name: str) -> Expression:
        """Return the array of this name."""
        e = self.xp.variable()
        self._names[e] = name
        return e

    def op(self, template: str, *operands: Expression) -> Expression:
        """Return an operation that is written as a call, a method or an index."""
        needs = tuple([ATOM * template.startswith(f"{{{k}}}") for k in range(len(operands))])
        self._forms[template] = CallForm(template, ATOM, needs, (LONG,) * len(operands))
        return self.xp.call(template, *operands)

    def over_examples(self, e: Expression) -> Expression:
        """Return the sum over the examples."""
        return self.op("{0}.sum(axis=1, keepdims=True)", e)

    def line(self, section: str, text: str) -> None:
        """Add a line of text."""
        self._lines[section].append((text, None, ""))

    def define(self, section: str, name: str, e: Expression, comment: str = "") -> Expression:
        """Add a line that names an expression; return the expression for that name."""
        self._lines[section].append((name, e, comment))
        return self.variable(name)

    def with_grid(self, section: str, found: Index) -> Index:
        """Add the line that an index needs, if any; return the index."""
        if found.grid and found.grid != self._grids[section]:
            self.line(section, found.grid)
            self._grids[section] = found.grid
        return found

    def named(self, section: str, name: str, found: Index) -> Index:
        """Return an index with a name for a list of places that is too long to be inline."""
        if not found.places:
            return found
        at = self.free.unique(f"at_{name}")
        self.line(section, f"{at} = {found.places}")
        return found._replace(text=found.text.format(at), places="")

    def written(self) -> dict[str, list[str]]:
        """Return all lines, by section."""
        roots = [e for _, e, _ in chain(*self._lines.values()) if e is not None]
        writer = Writer(replace(MATRICES, forms=self._forms), self.free.numbered, self._names, roots)
        written: dict[str, list[str]] = {}
        for section, lines in self._lines.items():
            written[section] = []
            for text, e, comment in lines:
                if e is None:
                    written[section].append(f"    {text}")
                else:
                    writer.define(e, text)
                    written[section] += _commented(writer.taken(), comment)
        self.words |= writer.functions
        return written


def _commented(lines: list[str], comment: str) -> list[str]:
    """Put the comment at the end of the last line, if there is room."""
    if comment and lines and len(lines[-1]) + len(comment) + 4 <= WIDTH:
        lines[-1] += f"  # {comment}"
    return lines
