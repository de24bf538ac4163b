"""The table of all rules: value, local derivatives, domain and kinks, printed from the registry.

It is shown as aligned columns in a terminal, as HTML in a notebook (with superscripts and subscripts, which
need neither a script nor a network), and as Markdown. ``page`` returns ``engine/rules/README.md``.

>>> print(rules_table("tanh", "sqrt"))
Rule  Value    Local derivatives  Domain · kinks
<BLANKLINE>
Elementary functions
sqrt  √x       1/(2 √x)           x ≥ 0
                                  · x = ±0: slope ±∞
tanh  tanh(x)  1 − tanh(x)²       all x
>>> wrapped(["∂/∂x  w_0 x_0 + w_1 x_1 + b"], 16)
['∂/∂x  w_0 x_0', '  + w_1 x_1 + b']
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from html import escape
from itertools import groupby, zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from engine import rules
from engine.arguments import closest
from engine.characters import shown
from engine.numeric import told

from .reading import Formula, read, set_in_html
from .symbols import symbol
from .typeset import in_html

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeAlias

    from engine.rules import Rule

    Groups: TypeAlias = "Sequence[tuple[str, list[RuleRow]]]"
    Cells: TypeAlias = list[list[str]]
    """The lines of each cell of a row."""

GROUPS = {
    rules.arithmetic: "Arithmetic",
    rules.elementary: "Elementary functions",
    rules.many: "Rules of variable arity",
    rules.activations: "Activations",
    rules.costs: "Costs",
}
"""The modules of rules, in the order in which one learns them, with a heading for each."""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule with its formulas in the names of its operands and parameters."""

    rule: Rule
    heading: str
    """The heading for the rules of its module."""
    value: Formula
    slopes: Mapping[str, Formula]
    """The local derivatives, by operand."""

    @property
    def defaults(self) -> str:
        """The parameters with a default: ``slope = 0.01``."""
        return ", ".join(f"{name} = {value}" for name, value in self.rule.defaults if value is not None)

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data, with formulas as text and as LaTeX."""
        return {
            "rule": self.rule.name,
            "group": self.heading,
            "summary": self.rule.summary,
            "parameters": dict(self.rule.defaults),
            "value": _both(self.value),
            "slopes": {operand: _both(slope) for operand, slope in self.slopes.items()},
            "domain": self.rule.domain,
            "kinks": self.rule.kinks,
        }


def _both(formula: Formula) -> dict[str, str]:
    return {"text": formula.text, "latex": formula.latex()}


class RulesTable:
    """Rows that are shown as a table: in a terminal, in a notebook, as Markdown."""

    def __init__(self, rows: Sequence[RuleRow]) -> None:
        self.rows = tuple(rows)

    @property
    def groups(self) -> list[tuple[str, list[RuleRow]]]:
        """The rows under their headings."""
        return [(heading, list(rows)) for heading, rows in groupby(self.rows, lambda row: row.heading)]

    def __repr__(self) -> str:
        return shown(in_terminal(self.groups))

    def _repr_html_(self) -> str:
        return in_notebook(self.groups)

    def markdown(self) -> str:
        """Return GitHub's Markdown, with one table for each group.

        >>> print(rules_table("neg").markdown())
        ## Arithmetic
        <BLANKLINE>
        | Rule | Value | Local derivatives | Domain | Kinks |
        | --- | --- | --- | --- | --- |
        | `neg` | `−x` | `−1` | all x |  |
        """
        return in_markdown(self.groups)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return the table as plain data, by rule.

        >>> rules_table("mul").to_dict()["mul"]["slopes"]["x"]
        {'text': 'y', 'latex': 'y'}
        """
        return {row.rule.name: row.to_dict() for row in self.rows}


def rules_table(*names: str) -> RulesTable:
    """Return the table of all rules, or of the rules given by name.

    Raises ValueError for an unknown name, TypeError for a name that is not a string.

    >>> rules_table("tnah")
    Traceback (most recent call last):
        ...
    ValueError: no rule is named 'tnah'; did you mean tanh?
    """
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"rules_table takes names, as in rules_table('tanh'); got {told(name)}")
        if name not in rules.REGISTRY:
            close = closest(name, rules.REGISTRY)
            advice = f"did you mean {close}?" if close else "rules_table() shows all there are"
            raise ValueError(f"no rule is named {name!r}; {advice}")
    wanted = [rule for name, rule in rules.REGISTRY.items() if name in (names or rules.REGISTRY)]
    return RulesTable([_row(rule) for rule in sorted(wanted, key=_place)])


def _place(rule: Rule) -> int:
    """Return the position of a rule's module; custom rules come last."""
    files = [module.__name__ for module in GROUPS]
    module = rule.function.__module__
    return files.index(module) if module in files else len(files)


def _row(rule: Rule) -> RuleRow:
    operands = _operands(rule)
    places = tuple(range(len(operands)))
    reading = read(rule, places, prime=False)
    letters = [*operands, *(name for name, _ in rule.defaults)]
    names = dict(zip(reading.variables, map(symbol, letters), strict=True))
    slopes = [Formula(rule_slope, names, {}) for rule_slope in reading.slopes if rule_slope is not None]
    value = Formula(reading.value, names, {})
    if reading.value.operation == rule.name:  # σ(x) = σ(x) is no explanation
        written = read(rule, places, prime=False, written_out=True)
        value = Formula(written.value, dict(zip(written.variables, map(symbol, letters), strict=True)), {})
    return RuleRow(rule, _heading(rule), value, dict(zip(operands, slopes, strict=True)))


def _operands(rule: Rule) -> tuple[str, ...]:
    """Return names for the operands; for a rule of variable arity, two for each letter in its domain.

    Letters before the last two have no index: b in ``b, w, x``.

    >>> _operands(rules.affine), _operands(rules.hinge)
    (('b', 'w_0', 'w_1', 'x_0', 'x_1'), ('a_0', 'a_1', 'y_0', 'y_1'))
    """
    if not rule.variadic:
        return rule.operands
    letters = list(dict.fromkeys(re.findall(r"\b[a-z]\b", rule.domain)))
    return (*letters[:-2], *(f"{letter}_{k}" for letter in letters[-2:] for k in range(2)))


def _heading(rule: Rule) -> str:
    """Return the heading of a rule's module; for a custom rule, from the docstring of its module, if any."""
    module = inspect.getmodule(rule.function)
    told = inspect.getdoc(module) if rule.home != "__main__" else "Your own operations"
    if module in GROUPS:
        return GROUPS[module]
    return re.split(r"[:.\n]", told)[0] if told else rule.function.__module__


# ── Text and Markdown ───────────────────────────────────────────────────────────────────────────────

WIDTH = 100
GAP = "  "
UNBROKEN = "\N{NO-BREAK SPACE}"
MOST = (21, WIDTH, WIDTH, 22)
"""The maximum width of each column: names and words are easier to break than formulas."""
TEXT_HEADER = ("Rule", "Value", "Local derivatives", "Domain · kinks")


def in_terminal(groups: Groups) -> str:
    """Return the table in columns, with long cells wrapped."""
    rows = {heading: [_cells(row) for row in group] for heading, group in groups}
    widths = _widths([[[title] for title in TEXT_HEADER], *(row for group in rows.values() for row in group)])
    lines = list(_lines([[title] for title in TEXT_HEADER], widths))
    for heading, group in rows.items():
        lines += ["", heading]
        for cells in group:
            lines += _lines(cells, widths)
    return "\n".join(lines)


def _cells(row: RuleRow) -> Cells:
    several = len(row.slopes) > 1
    return [
        [row.rule.name, *([f"· {row.defaults}"] if row.defaults else [])],
        [row.value.text],
        [f"∂/∂{name}{GAP}{slope.text}" if several else slope.text for name, slope in row.slopes.items()],
        [row.rule.domain, *([f"· {row.rule.kinks}"] if row.rule.kinks else [])],
    ]


def _widths(rows: list[Cells]) -> list[int]:
    """Return the width of each column: as needed, but the widest are narrowed to fit."""
    longest = [max(len(line) for row in rows for line in row[k]) for k in range(len(TEXT_HEADER))]
    widths = list(map(min, longest, MOST))
    room = WIDTH - len(GAP) * (len(TEXT_HEADER) - 1)
    while sum(widths) > room:
        widths[widths.index(max(widths))] -= 1
    return widths


def _lines(cells: Cells, widths: Sequence[int]) -> Iterator[str]:
    columns = [wrapped(lines, width) for lines, width in zip(cells, widths, strict=True)]
    for parts in zip_longest(*columns, fillvalue=""):
        padded = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
        yield GAP.join(padded).rstrip()


def wrapped(lines: Sequence[str], width: int) -> list[str]:
    """Return lines no wider than ``width``: formulas break before an operator, long names after ``_``."""
    return [part for line in lines for part in _wrapped(line, width)]


def _wrapped(line: str, width: int) -> list[str]:
    if line.isidentifier():
        return re.findall(rf"\w{{1,{width}}}$|\w{{1,{width - 1}}}_|\w+", line)
    for depth in (-1, 0, 1, 2):
        parts = _broken(_with_breaks(line, depth), width)
        if all(len(part) <= width for part in parts):
            return parts
    return _broken(line, width)


def _broken(line: str, width: int) -> list[str]:
    parts = wrap(line, width, subsequent_indent=GAP, break_long_words=False, break_on_hyphens=False)
    return [part.replace(UNBROKEN, " ") for part in parts]


def _with_breaks(line: str, depth: int) -> str:
    """Return the line with spaces where it may be broken, and no-break spaces elsewhere.

    At depth −1 it may be broken before ``if`` and ``else``; at 0 also before operators outside brackets; from
    1 on also within brackets up to that depth.

    >>> _with_breaks("a + (b + c)", 0).replace(UNBROKEN, "_")
    'a +_(b_+_c)'
    """
    opened, kept = 0, ""
    for k, sign in enumerate(line):
        opened += (sign == "(") - (sign == ")")
        at_operator = opened <= depth and line.startswith(("+ ", "− "), k + 1)
        may_break = at_operator or line.startswith(("if ", "else "), k + 1)
        kept += UNBROKEN if sign == " " and not may_break else sign
    return kept


def in_markdown(groups: Groups) -> str:
    """Return one table for each group, with formulas as code."""
    return "\n\n".join(_markdown(heading, rows) for heading, rows in groups)


def _markdown(heading: str, rows: Sequence[RuleRow]) -> str:
    head = ["| Rule | Value | Local derivatives | Domain | Kinks |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([f"## {heading}", "", *head, *map(_markdown_row, rows)])


def _markdown_row(row: RuleRow) -> str:
    several = len(row.slopes) > 1
    slopes = (
        (f"∂/∂{_escaped(name)} " if several else "") + _code(slope.text) for name, slope in row.slopes.items()
    )
    name = _code(row.rule.name) + (f"<br>{_escaped(row.defaults)}" if row.defaults else "")
    cells = (
        name,
        _code(row.value.text),
        "<br>".join(slopes),
        _escaped(row.rule.domain),
        _escaped(row.rule.kinks),
    )
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    return "`" + text.replace("|", r"\|") + "`"


def _escaped(text: str) -> str:
    return re.sub(r"[\\|*_<`]", r"\\\g<0>", text)


# ── HTML ────────────────────────────────────────────────────────────────────────────────────────────

HTML_HEADER = ("Rule", "Value", "Local derivatives", "Domain", "Kinks")

STYLE = """<style>
.chainrule-rules { border-collapse: collapse; color: inherit; max-width: 75em }
.chainrule-rules th, .chainrule-rules td {
  text-align: left !important; vertical-align: top; padding: 0.25em 0.8em; border: 0;
  border-bottom: 1px solid rgba(128, 128, 128, 0.35); background: none;
}
.chainrule-rules tbody th[colspan] { padding-top: 1.2em; font-size: 110% }
.chainrule-rules .formula { font-family: "STIX Two Text", Cambria, "Times New Roman", serif; font-size: 110% }
.chainrule-rules small { font-weight: normal }
.chainrule-rules sub, .chainrule-rules sup { font-size: 75%; line-height: 0 }
</style>"""


def in_notebook(groups: Sequence[tuple[str, list[RuleRow]]]) -> str:
    """Return the table as HTML."""
    head = "".join(f'<th scope="col">{title}</th>' for title in HTML_HEADER)
    bodies = "\n".join(_body(heading, rows) for heading, rows in groups)
    return f'{STYLE}\n<table class="chainrule-rules">\n<thead><tr>{head}</tr></thead>\n{bodies}\n</table>'


def _body(heading: str, rows: Sequence[RuleRow]) -> str:
    title = f'<tr><th scope="rowgroup" colspan="{len(HTML_HEADER)}">{escape(heading)}</th></tr>'
    return "\n".join(["<tbody>", title, *map(_html_row, rows), "</tbody>"])


def _html_row(row: RuleRow) -> str:
    rule = row.rule
    defaults = f"<br><small>{escape(row.defaults)}</small>" if row.defaults else ""
    cells = [
        f'<th scope="row" title="{escape(rule.summary)}"><code>{escape(rule.name)}</code>{defaults}</th>',
        f'<td class="formula">{set_in_html(row.value)}</td>',
        f'<td class="formula">{_slopes(row)}</td>',
        f"<td>{escape(rule.domain)}</td>",
        f"<td>{escape(rule.kinks)}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _slopes(row: RuleRow) -> str:
    if len(row.slopes) == 1:
        return "".join(map(set_in_html, row.slopes.values()))
    return "<br>".join(
        f"∂/∂{in_html(symbol(name)).text} = {set_in_html(slope)}" for name, slope in row.slopes.items()
    )


# ── The page engine/rules/README.md ──────────────────────────────────────────────────────────────

ABOVE = """\
# All rules

Value, local derivatives, domain and kinks of each rule, printed from the rules themselves. Each kink is
listed with the slope that the engine uses there. Rules of variable arity are shown with two operands, or
two of each kind.

`python -m engine.formula` writes this page; `engine.rules_table()` shows the same, for all rules or for some.
"""

BELOW = """\
## How exact

Read with floats, value and slopes are right to 4 units in the last place, from the smallest float to the
largest. The only exceptions are these; `tests/heart/test_rules_edges.py` has their bounds:

- Sums run from left to right, and every addition rounds. `total`, `mean`, `dot` and `affine` of n terms xₖ
  (the products, and b) are right to (n + 1) u Σ |xₖ|, `mean` to one n-th of that, where u = 2⁻⁵³ is half a
  unit in the last place of 1; usually the error is nearer to √n u Σ |xₖ|. Costs of n outputs, `logsumexp`
  and `softmax` of n operands lose as much in their sums. The bound also holds for tapes, which may add in
  any order. `math.fsum` of the numbers is right to half a unit. `tests/heart/test_sums.py`
- Where terms cancel, the error is up to 4 units in the last place of the terms: `hinge`, `logsumexp`, 1 − a
  in the likelihoods, and slopes that are differences (of `gelu`, `gelu_tanh`, `silu` and `mish` left of 0,
  of likelihoods and cross-entropies).
- `softmax_sum` is just the rounding of ln Σ eˣ: it is 1 to as many digits as ln Σ eˣ has after the decimal
  point, and its slopes are 0. `softmax_share` is divided by it, and is exact for logits of any size.
- In powers with a rounded exponent: the shares of `softmax`, `softmax_share`, `logsumexp` and
  `softmax_cross_entropy` lose a unit for each unit between their operands, `gelu` loses x² and `gelu_tanh`
  2 |u| units far left of 0, and slopes of `power` and `general_power` lose ln x units if n − 1 is not a
  float, as for n = 0.1.
- Where an intermediate number is below the smallest normal float, 2.2e-308, or above the largest: slopes of
  `hypot`, `atan2` and `general_power`, and `silu`, `mish`, `gelu` and `gelu_tanh` if they are about that
  small. In sums, a product or partial sum above the largest float makes `total`, `mean`, `dot` and `affine`
  ±∞ or NaN, even if the result would be a float, as for `mean([1e308, 1e308])`.
- `sin`, `cos` and `tan` of the one huge float nearest to a multiple of π/2 are those of the C library.

## Infinities, NaN and −0

- **Too large.** If Python's function raises OverflowError, so does the rule: `exp`, `expm1`, `sinh`,
  `cosh`, `power`, `general_power`. For other rules the value is ∞, as for Python's `+` and `*`. Slopes
  never raise: they are ±∞, and NaN if y = 0 in `general_power` and x is so small that 1/x is ∞.
- **±∞.** Value and slopes are the limits; outside the domain, as for `sin` or `sqrt` of −∞, the rule raises
  ValueError. If 0 · ∞, ∞ − ∞ or ∞/∞ occurs on the way, the result is NaN, even if a limit exists: `gelu`,
  `silu`, `mish` at −∞ and their slopes at ±∞, `gelu_tanh` at −∞, `softsign` at ±∞, slopes of `hypot`,
  `atan2` and `general_power`, `softmax` and slopes of `logsumexp` with an operand ∞, and costs of a label 0
  whose logit is −∞. A power of −∞ is Python's.
- **NaN.** If an operand is NaN, so is the value; the rule raises only if it would raise for every number in
  its place. As in Python, x⁰ = 1, 1^y = 1 and hypot(∞, y) = ∞ even then. Slopes that depend on the operand
  are NaN; rules that choose by comparing, such as `relu`, `elu`, `clip` and `maximum`, use the slopes of
  one side.
- **−0** counts as 0, except that √ has the slope −∞ there, and atan2(−0, x) is −π for x < 0.

## Second derivatives

`grad`, `jacobian`, `hessian` and `hvp` make graphs that stay right wherever the leaves are moved: where a
rule chooses a side or takes a limit, the graph has a node that does so again. Exactly at such a point:

- **A side is taken** at the kinks of `relu`, `leaky_relu`, `elu`, `selu`, `clip`, `hard_tanh` and `hinge`:
  derivatives of any order are those of that side, as if the function continued in that way. relu(x)² has
  the second derivative 0 at 0.
- **No side is taken** by `abs` at 0 and by `maximum` and `minimum` of equal operands: the slope lies
  between the sides. For the function itself, times constants, the second derivative is 0; if the factor of
  the slope may vary, as in |x|², x |x| or (max(x, y) − 1)², it is NaN, both in `grad` of a gradient and in
  its `backward()`. The same holds for `hypot` at the origin, and for its square.
- **A limit is taken** where a slope is infinite: second derivatives of `sqrt`, `power` and `general_power`
  at 0 and of `asin`, `acos` and `acosh` at ±1 are ±∞ or NaN, and NaN where 0 · ∞ occurs on the way, as for
  the mixed derivative of x^y at x = 0. `atan2` needs no limit on its axes.
- **The other side adds nothing** in the graphs of `grad`, even if it is ∞ or NaN: relu(x)^½ has the slope 0
  for x < 0. `backward()` multiplies by the slope 0, and 0 · ∞ is NaN there.
"""


def page() -> str:
    """Return the text of the page."""
    return f"{ABOVE}\n{rules_table().markdown()}\n\n{BELOW}".rstrip()
