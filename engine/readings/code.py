r"""The rules read as code: expressions become lines of Python, or of another language, by a ``Dialect``.

A dialect is a table of how operations, numbers, lines and functions are written. ``identifiers`` turns
labels, which may hold any text, into names that code can use. A ``Writer`` gives an expression that is used
twice its own line and name, and writes the others inline. ``written`` writes one rule, from which ``node.py``
makes a method of ``Value``.

>>> from engine.readings.expressions import Expressions
>>> xp = Expressions()
>>> a, b = xp.variable(), xp.variable()
>>> d = a - b
>>> writer = Writer(PYTHON, (f"v{k}" for k in count(1)), {a: "a", b: "b"}, [d * d])
>>> writer.define(d * d, "C")
>>> print(*writer.taken(), sep="\n")
    v1 = a - b
    C = v1 * v1
>>> PYTHON.form("where", 3).template, NUMPY.form("where", 3).template
('{1} if {0} else {2}', 'where({0}, {1}, {2})')
>>> PYTHON.number(0.1), PYTHON.number(float("-inf"))
('0.1', '-inf')
"""

from __future__ import annotations

import builtins
import inspect
import keyword
import math
import operator
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from engine.graph import topological_order

from . import floats
from .expressions import VOCABULARY, Guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from engine.rules import Rule

    from .expressions import Expression

CONDITIONAL, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(1, 7)
"""Precedence of text: an operand with a lower level than its place requires gets brackets."""

WIDTH = 100
SHORT, LONG = 80, 1000
"""Maximum characters of an inline operand, and of the sum that a term is added to."""


class CallForm(NamedTuple):
    """The text of an operation on its operands, and its requirements on theirs."""

    template: str
    level: int
    needs: tuple[int, ...]
    """For each operand, the level below which it is bracketed."""
    room: tuple[int, ...]
    """For each operand, the length above which it gets a separate line."""


def _infix(symbol: str, level: int, right: int, room: tuple[int, int]) -> CallForm:
    return CallForm(f"{{0}} {symbol} {{1}}", level, (level, right), room)


def _comparison(symbol: str) -> CallForm:
    return CallForm(f"{{0}} {symbol} {{1}}", COMPARISON, (SUM, SUM), (30, 30))


OPERATORS = {
    "+": _infix("+", SUM, PRODUCT, (LONG, SHORT)),
    "-": _infix("-", SUM, PRODUCT, (LONG, SHORT)),
    "*": _infix("*", PRODUCT, SIGN, (50, 30)),
    "/": _infix("/", PRODUCT, SIGN, (50, 30)),
    "neg": CallForm("-{0}", SIGN, (ATOM,), (SHORT,)),
    **{symbol: _comparison(symbol) for symbol in ("<", "<=", ">", ">=")},
}
"""The operators that languages share; ``a + (b + c)`` keeps its brackets, since it rounds differently."""


@dataclass(frozen=True)
class Dialect:
    """How one language is written; each language has its own instance."""

    forms: Mapping[str, CallForm]
    """Operations that are not written as calls."""
    spelling: Mapping[str, str]
    """Functions, and ``inf`` and ``nan``, that have a different name in the language."""
    reserved: Collection[str]
    """Names that no variable can have."""
    assign: str
    """A line that gives a number a new name."""
    store: str
    """A line that puts a number into its place in a list."""
    comment: str
    several: tuple[str, str, str]
    """A tuple of no items, of one, and of several."""
    program: str
    """The function of a program, given its ``name``, ``parameters``, ``body``, ``gradient`` and ``cost``."""
    segment: str
    """The generator of a segment, given ``externals``, ``forward``, ``outputs``, ``adjoints``, …"""
    live: str
    """The function of ``live``, given its ``name``, ``preamble``, ``lines``, their number ``size``, …"""
    preamble: Callable[[Collection[str]], str]
    """The text that must precede a program that uses these functions and numbers."""

    def form(self, operation: str, operands: int) -> CallForm:
        """Return how an operation is written: in its form, else as a call."""
        if operation in self.forms:
            return self.forms[operation]
        places = ", ".join(f"{{{k}}}" for k in range(operands))
        name = self.spelling.get(operation, operation)
        return CallForm(f"{name}({places})", ATOM, (0,) * operands, (SHORT // operands,) * operands)

    def number(self, x: float) -> str:
        """Return a literal with all its digits."""
        if math.isfinite(x):
            return repr(x)
        name = "nan" if math.isnan(x) else "inf"
        return "-" * (x < 0) + self.spelling.get(name, name)

    def pack(self, items: Collection[str]) -> str:
        """Return several items as a tuple."""
        return self.several[min(len(items), 2)].format(listed(items))


def listed(items: Collection[str], *, room: int = WIDTH - 25, indent: int = 8) -> str:
    r"""Join items with commas, on one line or on several indented ones.

    >>> listed(["w", "b"]), listed(["w", "b"], room=3, indent=4)
    ('w, b', '\n    w, b,\n')
    """
    line = ", ".join(items)
    if len(items) < 2 or len(line) <= room:
        return line
    return filled([f"{item}," for item in items], indent) + " " * (indent - 4)


def filled(items: Iterable[str], indent: int) -> str:
    r"""Fill as few indented lines as possible with items, between two line breaks.

    >>> filled(["a,", "b,"], indent=4)
    '\n    a, b,\n'
    """
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + 1 + len(item) <= WIDTH:
            lines[-1] += f" {item}"
        else:
            lines.append(" " * indent + item)
    return "\n" + "".join(f"{line}\n" for line in lines)


# ── Names ───────────────────────────────────────────────────────────────────────────────────────────

RESERVED = {*keyword.kwlist, *dir(builtins), *VOCABULARY, "inf", "nan", "math", "gradient"}
"""Names that already have a meaning in Python, or in the text that we write."""
LONGEST = 32


class HasLabel(Protocol):
    """Anything with a label, compared by identity."""

    @property
    def label(self) -> str:
        """Any text."""
        ...


N = TypeVar("N", bound=HasLabel)


def identifiers(nodes: Iterable[N], taken: Collection[str] = ()) -> dict[N, str]:
    """Return a legal name for each node: as close to its label as possible, and unique.

    >>> from engine import Value
    >>> labels = ["w_01^(2)", "∂C/∂a′", "σ", "lambda", "3", "", "w_01^(2)", "__import__('os')"]
    >>> list(identifiers([Value(0.0, label=label) for label in labels]).values())
    ['w_01_2', 'dC_da', 'σ', 'lambda_', 'v_3', 'v1', 'w_01_2_2', 'import_os']
    """
    names = Names(taken)
    return {
        node: names.unique(name) if (name := spelled(node.label)) else next(names.numbered)
        for node in dict.fromkeys(nodes)
    }


class Names:
    """Assigns names, each only once, and never one that is taken or reserved.

    >>> names = Names(["v1"])
    >>> names.unique("x"), names.unique("x"), names.unique("sum"), next(names.numbered)
    ('x', 'x_2', 'sum_', 'v2')
    """

    def __init__(self, taken: Collection[str] = (), reserved: Collection[str] = RESERVED) -> None:
        self._taken = {*taken}
        self._reserved = reserved
        self._same: Counter[str] = Counter()
        self.numbered = filter(self._claim, map("v{}".format, count(1)))

    def unique(self, name: str) -> str:
        """Return the name, with an underscore if it has a meaning already, and a number if it is taken."""
        free = name + "_" * (name in self._reserved)
        while not self._claim(free):
            self._same[name] += 1
            free = f"{name}_{self._same[name] + 1}"
        return free

    def _claim(self, name: str) -> bool:
        if name in self._taken:
            return False
        self._taken.add(name)
        return True


def spelled(label: str) -> str:
    """Return the letters, digits and underscores of a label as an identifier; empty if it has none.

    >>> spelled("a_0^(1)"), spelled("2x"), spelled("'+'")
    ('a_0_1', 'v_2x', '')
    """
    if not label:
        return ""
    text = unicodedata.normalize("NFKC", label[: 4 * LONGEST].replace("∂", "d"))  # as Python compares names
    text = re.sub("['′]", "", text)
    text = "".join(c if _is_seen(c) and f"v{c}".isidentifier() else "_" for c in text)
    text = unicodedata.normalize("NFKC", re.sub("_+", "_", text)[:LONGEST].strip("_"))
    return text if text.isidentifier() or not text else f"v_{text}"


def _is_seen(c: str) -> bool:
    """Return whether a character is not a joiner or the like, which newer Pythons accept in names.

    >>> _is_seen("a"), _is_seen(chr(0x200D)), spelled(f"a{chr(0x200D)}b")
    (True, False, 'a_b')
    """
    return unicodedata.category(c) != "Cf"


# ── Statements ──────────────────────────────────────────────────────────────────────────────────────

DEEPEST = 8
"""Maximum nesting of operations on a line; a sum of many terms counts as one, and so does a product."""


class Text(NamedTuple):
    """An expression's text, its precedence, and how deep its operations are nested."""

    text: str
    level: int = ATOM
    depth: int = 0


class Writer:
    """Writes expressions in topological order, each after the lines that it needs.

    ``names`` are the variables' names, ``roots`` all expressions that will be requested, in that order.
    """

    def __init__(
        self,
        dialect: Dialect,
        fresh: Iterator[str],
        names: Mapping[Expression, str],
        roots: Iterable[Expression],
    ) -> None:
        roots = list(roots)
        self._dialect = dialect
        self._fresh = fresh
        self._texts = {variable: Text(name) for variable, name in names.items()}
        self._order = topological_order(*roots)
        self._place = {e: place for place, e in enumerate(self._order, start=1)}
        self._pending = iter(self._order)
        self._written = 0
        self._uses = Counter(chain(roots, chain.from_iterable(e.parents for e in self._order)))
        self._kept: set[Expression] = set()
        self._names: dict[Expression, str] = {}
        self._forms: dict[str, CallForm] = {}
        self._lines: list[str] = []
        self.functions: set[str] = set()
        """The names that the text uses without defining them."""

    def keep(self, e: Expression, name: str = "") -> None:
        """Write a separate line for an expression, if there is none yet."""
        self._kept.add(e)
        self.suggest(e, name)

    def suggest(self, e: Expression, name: str) -> None:
        """Use this name if the expression needs one."""
        if name:
            self._names.setdefault(e, name)

    def write(self, e: Expression) -> str:
        """Write everything the expression needs, and return its text."""
        missing = max(self._place[e] - self._written, 0)
        self._written += missing
        for x in islice(self._pending, missing):
            self._enter(x)
        return self._texts[e].text

    def name(self, e: Expression) -> str:
        """Return the name under which an expression was written; empty if it has none or is a literal."""
        text = self._texts.get(e)
        return "" if text is None or text.depth or e.number is not None else text.text

    def define(self, e: Expression, name: str) -> None:
        """Write an expression under this name, even if it already has one."""
        self.keep(e, name)
        text = self.write(e)
        if text != name:
            self._assign(name, text)

    def constant(self, name: str, number: float) -> None:
        """Write a line that assigns a number to a name."""
        self._assign(name, self._number(number))

    def taken(self) -> list[str]:
        """Return the lines since the last call."""
        lines, self._lines = self._lines, []
        return lines

    def _enter(self, e: Expression) -> None:
        if e.number is not None:
            literal = self._number(e.number)
            self._texts[e] = Text(literal, SIGN if literal.startswith("-") else ATOM)
        elif e not in self._texts:
            self._texts[e] = self._rendered(e)
            if self._uses[e] > 1 or e in self._kept:
                self._own_line(e)

    def _number(self, number: float) -> str:
        if not math.isfinite(number):
            self.functions.add("nan" if math.isnan(number) else "inf")
        return self._dialect.number(number)

    def _rendered(self, e: Expression) -> Text:
        form = self._form(e)
        texts, depth = [], 0
        for operand, needs, room in zip(e.parents, form.needs, form.room, strict=True):
            text = self._texts[operand]
            if text.depth >= DEEPEST or (text.depth and len(text.text) > room):
                text = self._own_line(operand)
            texts.append(text.text if text.level >= needs else f"({text.text})")
            depth = max(depth, text.depth - (text.level == needs == form.level))
        return Text(form.template.format(*texts), form.level, depth + 1)

    def _form(self, e: Expression) -> CallForm:
        if e.operation not in self._forms:
            self.functions.update({e.operation}.difference(self._dialect.forms))
            self._forms[e.operation] = self._dialect.form(e.operation, len(e.parents))
        return self._forms[e.operation]

    def _own_line(self, e: Expression) -> Text:
        name = self._names.get(e) or next(self._fresh)
        self._assign(name, self._texts[e].text)
        self._texts[e] = Text(name)
        return self._texts[e]

    def _assign(self, name: str, text: str) -> None:
        line = "    " + self._dialect.assign.format(name, text)
        if len(line) > WIDTH:
            line = "    " + self._dialect.assign.format(name, f"({filled(_terms(text), 8)}    )")
        self._lines.append(line)


def _terms(text: str) -> Iterator[str]:
    """Yield the parts of a long text between which lines can break: terms, or words if those are long."""
    open_brackets, terms = 0, [""]
    for word in text.split(" "):
        if word in {"+", "-"} and not open_brackets:
            terms.append("")
        open_brackets += word.count("(") - word.count(")")
        terms[-1] += f" {word}"
    for term in terms:
        yield from [term[1:]] if len(term) < WIDTH - 8 else term.split()


# ── Python ──────────────────────────────────────────────────────────────────────────────────────────


def standalone(names: Collection[str]) -> str:
    """Imports from ``math`` and the text of our own functions: what code in these names needs to run.

    >>> print(standalone(["tanh", "abs", "inf"]))
    from math import fabs as abs, inf, tanh
    """
    modules, imports, functions = set(), {}, {}
    pending = list(names)
    while pending:
        name = pending.pop()
        thing = vars(floats).get(name, getattr(math, name, None))
        if thing is math:
            modules.add("import math")
        elif not inspect.isfunction(thing):
            imports[name] = getattr(thing, "__name__", name)
        elif name not in functions:
            functions[name] = thing
            pending += inspect.getclosurevars(thing).globals
    named = [real if real == name else f"{real} as {name}" for name, real in sorted(imports.items())]
    text = ", ".join(named)
    names = f"({listed(named, indent=4)})" if len(text) > WIDTH - 20 else text
    lines = sorted(modules) + [f"from math import {names}"] * bool(named)
    texts = [_text(function) for function in sorted(functions.values(), key=_position)]
    return "\n\n\n".join(["\n".join(lines)] * bool(lines) + texts)


def _position(function: Callable[..., float]) -> int:
    return function.__code__.co_firstlineno


def _text(function: Callable[..., float]) -> str:
    """Return source text without its comments for the linter."""
    return re.sub(r"  # ?noqa.*", "", inspect.getsource(function)).rstrip()


def _nothing(_: Collection[str]) -> str:
    return ""


PYTHON = Dialect(
    forms=OPERATORS
    | {
        "where": CallForm(
            "{1} if {0} else {2}", CONDITIONAL, (COMPARISON, COMPARISON, CONDITIONAL), (30, 30, 30)
        )
    },
    spelling={},
    reserved=RESERVED,
    assign="{} = {}",
    store="{} = {}",
    comment="# {}",
    several=("()", "({},)", "({})"),
    program="""\
def {name}({parameters}):
{body}
    gradient = {gradient}
    return {cost}, tuple(g + 0.0 for g in gradient)  # never −0.0
""",
    segment="""\
def segment(x):
    {externals} = x
{forward}    {adjoints} = yield {outputs}
{backward}    yield {targets}
""",
    live="""\
def {name}(x):
{preamble}    v = [0.0] * {size}
{lines}    values = [{values}]
    slopes = [{slopes}]
    return values, slopes
""",
    preamble=standalone,
)
"""Python with floats; functions that ``math`` lacks are called by their names in ``readings.floats``."""

NUMPY = replace(PYTHON, forms=OPERATORS, preamble=_nothing)
"""Python with arrays: ``where`` is a call, and the code that runs the text supplies every name."""


QUICK = {"power": math.pow, "ieee_pow": math.pow, "ieee_log": math.log, "ieee_div": operator.truediv}
"""Replacements for functions of ours: they give the same number, or raise."""


class Written(NamedTuple):
    """A rule as Python: lines that come first, the value, and one local derivative per operand."""

    lines: list[str]
    value: str
    local_derivatives: list[str]
    guards: list[str]
    """Conditions on the rule's parameters; the lines are valid only if all of them hold."""
    functions: dict[str, Any]
    """The functions and numbers that the text uses; if one raises, the rule may still have a value."""


def written(rule: Rule, operands: Sequence[str]) -> Written:
    """Write a rule's value and local derivatives with these names for its operands; parameters keep theirs.

    Raises TypeError for a rule that branches on a condition on an operand: it can only be called.

    >>> from engine import rules
    >>> written(rules.sigmoid, ["x"])[:3]
    (['    z = sigmoid(x)'], 'z', ['z * sigmoid(-x)'])
    >>> written(rules.power, ["x"])[1:4]
    ('power(x, n)', ['n * ieee_pow(x, n - 1)'], ['n'])
    """
    xp = Guarded()
    names = {xp.variable(): name for name in operands}
    parameters = {name: xp.parameter() for name, _ in rule.defaults}
    value, slopes = rule.function(xp, *names, **parameters)
    results = [xp.operand(x) for x in (value, *slopes)]
    fresh = (
        name for name in chain("uvst", (f"t_{k}" for k in count(1))) if name not in {*operands, *parameters}
    )
    names |= {variable: name for name, variable in parameters.items()}
    writer = Writer(PYTHON, fresh, names, [*xp.guards, *results])
    writer.suggest(results[0], "z" if "z" not in operands else "")
    guards = [writer.write(guard) for guard in xp.guards]
    texts = [writer.write(x) for x in results]
    known = {**vars(math), **vars(floats), **QUICK}
    functions = {name: known[name] for name in writer.functions}
    return Written(writer.taken(), texts[0], texts[1:], guards, functions)
