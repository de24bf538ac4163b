"""The table of all rules: value, local derivatives, domain and kinks, as the registry has them.

>>> print(rules_table("tanh", "sqrt"))
Rule  Value    Local derivatives  Domain · kinks
<BLANKLINE>
Elementary functions
sqrt  √x       1/(2 √x)           x ≥ 0
                                  · x = ±0: slope ±∞
tanh  tanh(x)  1 − tanh(x)²       all x
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby
from typing import TYPE_CHECKING, Any

from engine import rules
from engine.characters import shown
from engine.real import told

from . import table_html, table_text
from .reading import Formula, read
from .symbols import symbol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.rules import Rule

GROUPS = {
    rules.arithmetic: "Arithmetic",
    rules.elementary: "Elementary functions",
    rules.many: "Rules of variable arity",
    rules.activations: "Activations",
    rules.costs: "Costs",
}
"""The files of rules, in the order in which one learns them, and what each holds."""


@dataclass(frozen=True, slots=True)
class Row:
    """A rule with its formulas in the names of its operands and parameters."""

    rule: Rule
    heading: str
    """What the rules of its file have in common."""
    value: Formula
    slopes: Mapping[str, Formula]
    """The local derivatives, by operand."""

    @property
    def defaults(self) -> str:
        """The parameters that need not be given: ``slope = 0.01``."""
        return ", ".join(f"{name} = {value}" for name, value in self.rule.defaults if value is not None)

    def to_dict(self) -> dict[str, Any]:
        """The row as plain data, with formulas as text and as LaTeX."""
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
    """Rows that show as a table: in a terminal, in a notebook, as Markdown."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = tuple(rows)

    @property
    def groups(self) -> list[tuple[str, list[Row]]]:
        """The rows under their headings."""
        return [(heading, list(rows)) for heading, rows in groupby(self.rows, lambda row: row.heading)]

    def __repr__(self) -> str:
        return shown(table_text.in_terminal(self.groups))

    def _repr_html_(self) -> str:
        return table_html.in_notebook(self.groups)

    def markdown(self) -> str:
        """The table in GitHub's Markdown, one for each group.

        >>> print(rules_table("neg").markdown())
        ## Arithmetic
        <BLANKLINE>
        | Rule | Value | Local derivatives | Domain | Kinks |
        | --- | --- | --- | --- | --- |
        | `neg` | `−x` | `−1` | all x |  |
        """
        return table_text.in_markdown(self.groups)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """The table as plain data, by rule.

        >>> rules_table("mul").to_dict()["mul"]["slopes"]["x"]
        {'text': 'y', 'latex': 'y'}
        """
        return {row.rule.name: row.to_dict() for row in self.rows}


def rules_table(*names: str) -> RulesTable:
    """The table of all rules, or of those named.

    Raises ValueError for a name that no rule has, TypeError for what is no name.

    >>> rules_table("tnah")
    Traceback (most recent call last):
        ...
    ValueError: no rule is named 'tnah'; did you mean tanh?
    """
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"rules_table takes names, as in rules_table('tanh'); got {told(name)}")
        if name not in rules.REGISTRY:
            close = get_close_matches(name, rules.REGISTRY, n=1)
            advice = f"did you mean {close[0]}?" if close else "rules_table() shows all there are"
            raise ValueError(f"no rule is named {name!r}; {advice}")
    wanted = [rule for name, rule in rules.REGISTRY.items() if name in (names or rules.REGISTRY)]
    return RulesTable([_row(rule) for rule in sorted(wanted, key=_place)])


def _place(rule: Rule) -> int:
    """The place of a rule's file; a rule from elsewhere comes last."""
    files = [module.__name__ for module in GROUPS]
    module = rule.function.__module__
    return files.index(module) if module in files else len(files)


def _row(rule: Rule) -> Row:
    operands = _operands(rule)
    places = tuple(range(len(operands)))
    reading = read(rule, places, prime=False)
    letters = [*operands, *(name for name, _ in rule.defaults)]
    names = dict(zip(reading.variables, map(symbol, letters), strict=True))
    slopes = [Formula(rule_slope, names, {}) for rule_slope in reading.slopes if rule_slope is not None]
    value = Formula(reading.value, names, {})
    if reading.value.operation == rule.name:  # σ(x) = σ(x) says nothing
        written = read(rule, places, prime=False, written_out=True)
        value = Formula(written.value, dict(zip(written.variables, map(symbol, letters), strict=True)), {})
    return Row(rule, _heading(rule), value, dict(zip(operands, slopes, strict=True)))


def _operands(rule: Rule) -> tuple[str, ...]:
    """Names for the operands; for a rule of variable arity two of each letter that its domain names.

    What stands before the last two letters has no index: b of ``b, w, x``.

    >>> _operands(rules.affine), _operands(rules.hinge)
    (('b', 'w_0', 'w_1', 'x_0', 'x_1'), ('a_0', 'a_1', 'y_0', 'y_1'))
    """
    if not rule.variadic:
        return rule.operands
    letters = list(dict.fromkeys(re.findall(r"\b[a-z]\b", rule.domain)))
    return (*letters[:-2], *(f"{letter}_{k}" for letter in letters[-2:] for k in range(2)))


def _heading(rule: Rule) -> str:
    """What the file of a rule holds; of one from elsewhere what its docstring says, if Python keeps any."""
    module = inspect.getmodule(rule.function)
    told = inspect.getdoc(module)
    if module in GROUPS:
        return GROUPS[module]
    return re.split(r"[:.\n]", told)[0] if told else rule.function.__module__
