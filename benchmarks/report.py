"""Results as text: the long form for RESULTS.md, the short one for the docs, lines for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .goals import judged
from .measure import ON
from .stats import Spread, ratios, spread
from .worker import OFF

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .goals import Verdict
    from .results import Results, Row, Table

FULL_RUN = "python -m benchmarks"
METHOD = """Every peer runs in a process of its own, so that nothing that another one loads or leaves behind
touches it. Its cost and gradients must agree with chainrule's to 1e-6 before its time counts. The rounds
take all peers in shuffled order, each with Python's cyclic garbage collector on and, where nodes are Python
objects, off as well. Figures are medians of the rounds. A ratio is taken within each round: its median, and
in brackets the quartiles; above 1 the peer is slower, or takes more, than the row that is divided by. Trust
the ratios more than the figures."""
GOALS_FOR = """The second column says what a goal is demanded of: the engine in Python alone, or the compiled
core (`chainrule-fast`). A goal that is demanded of both has two lines, each with its own verdict."""
_STEP = f"step, {ON}"
# Table, peer's row, our row, column, and the words for it: a line of the short table of docs/inside/speed.md.
SHORT = [
    ("elementwise", "micrograd", "chainrule", f"sum, {ON}", "plain `+ * tanh`, beside micrograd"),
    ("elementwise", "micrograd", "chainrule", f"sum, {OFF}", "the same with the garbage collector off"),
    (
        "elementwise",
        "leanest",
        "chainrule",
        f"sum, {ON}",
        "the same, beside the leanest node by hand",
    ),
    ("moons", "micrograd", "chainrule", _STEP, "a training step through `nn`, beside micrograd"),
    ("moons", "PyTorch scalars", "chainrule", _STEP, "the same, beside PyTorch scalars"),
    ("moons", "drjit", "chainrule", _STEP, "the same, beside Dr.Jit (C++)"),
    (
        "microgpt",
        "microgpt",
        "chainrule, engine.dot",
        _STEP,
        "a GPT's step with `engine.dot`",
    ),
    ("moons", "chainrule", "chainrule.tape", _STEP, "the step on a tape, beside building anew"),
    ("moons", "CasADi, replayed", "chainrule.tape", _STEP, "the same, beside CasADi's compiled function"),
    ("moons", "NumPy by hand", "chainrule.tape", _STEP, "the same, beside matrix code by hand in NumPy"),
]


def results_md(results: Results) -> str:
    """Everything: goals, tables, machine, versions, method."""
    verdicts = judged(results)
    blocks = [
        "# Benchmarks",
        f"Written by `{FULL_RUN}`; {results.date}, {results.rounds} rounds.",
        "## Goals",
        GOALS_FOR,
        goals_table(verdicts),
        *reasons(verdicts),
        "## Method",
        METHOD,
    ]
    for table in results.tables:
        unit = f"In {table.unit}; ratios to `{table.baseline}`."
        blocks += [f"## {table.title} (`{table.name}`)", f"{table.about} {unit}", rows_table(table)]
        blocks += _absent(table)
    blocks += [
        "## Machine",
        _markdown(["", ""], results.machine.items()),
        "## Versions",
        _markdown(["distribution", "version"], results.versions.items()),
        "## Again",
        "```sh\npip install -e '.[test,bench]'\npython -m benchmarks\npython -m benchmarks --help\n```",
    ]
    return "\n\n".join(blocks) + "\n"


def goals_table(verdicts: Iterable[Verdict]) -> str:
    """Each goal, for which engine, what it demands, what was measured, and the verdict."""
    rows = []
    for verdict in verdicts:
        goal = verdict.goal
        demanded = f"{'≥' if goal.at_least else '≤'} {_number(goal.ratio)}{'×' * bool(goal.under)}"
        measured = _spread(verdict.measured) if verdict.measured else verdict.reason
        rows.append((goal.text, goal.engine, demanded, measured, verdict.word))
    return _markdown(["goal", "engine", "demanded", "measured", ""], rows)


def reasons(verdicts: Iterable[Verdict]) -> list[str]:
    """Why goals are not met, if any are not, and what was tried."""
    lines = [
        f"- {v.goal.text} ({v.goal.engine}): {v.goal.why}" for v in verdicts if v.met is False and v.goal.why
    ]
    return ["Not met, why, and what was tried:", "\n".join(lines)] if lines else []


def rows_table(table: Table) -> str:
    """Rows that were measured: medians, then ratios to the baseline."""
    columns = [c for c in table.columns if any(spread(row.samples.get(c, [])) for row in table.rows)]
    leads = [c for c in table.leads if c in columns]
    heads = ["", *columns, *(f"ratio, {c}" for c in leads), "note"]
    lines = []
    for row in table.rows:
        if row.reason:
            continue
        medians = [_median(row, c) for c in columns]
        lines.append((row.name, *medians, *(_ratio(table, row, c) for c in leads), row.note))
    return _markdown(heads, lines) if lines else "Nothing was measured."


def readme(results: Results) -> str:
    """About ten lines: how many times faster, by the median, and in brackets the quartiles."""
    rows = []
    for table_name, peer, ours, column, words in SHORT:
        table = results.table(table_name)
        over, under = (table.row(peer), table.row(ours)) if table else (None, None)
        if over and under:
            found = spread(ratios(over.samples.get(column, []), under.samples.get(column, [])))
            rows.append((words, _times(found) if found else f"– ({over.reason or under.reason})"))
    return _markdown(["", "chainrule is"], rows)


def summary(table: Table) -> list[str]:
    """A line for each row, for the terminal."""
    lines = []
    for row in table.rows:
        figures = ", ".join(
            f"{column}: {_median(row, column)} {table.unit}"
            for column in table.columns
            if column in row.samples
        )
        lines.append(f"{row.name:26} {row.reason or figures}")
    return lines


def _absent(table: Table) -> list[str]:
    absent = [f"- {row.name}: {row.reason}" for row in table.rows if row.reason]
    return ["Without figures:\n\n" + "\n".join(absent)] if absent else []


def _times(found: Spread) -> str:
    if found.median >= 1:
        return f"{_spread(found)}× faster"
    return f"{_spread(Spread(*(1 / x for x in (found.median, found.high, found.low))))}× slower"


def _median(row: Row, column: str) -> str:
    found = spread(row.samples.get(column, []))
    return _number(found.median) if found else "–"


def _ratio(table: Table, row: Row, column: str) -> str:
    base = table.row(table.baseline)
    if base is None or base is row:
        return "1" if base is row and row.samples.get(column) else "–"
    found = spread(ratios(row.samples.get(column, []), base.samples.get(column, [])))
    return _spread(found) if found else "–"


def _spread(found: Spread) -> str:
    return f"{_number(found.median)} ({_number(found.low)}–{_number(found.high)})"


def _number(x: float) -> str:
    """Three digits, without an exponent."""
    if x == 0 or abs(x) >= 100:
        return f"{x:,.0f}"
    if abs(x) >= 1:
        return f"{x:.2f}".rstrip("0").rstrip(".")
    return f"{x:.3g}" if abs(x) >= 0.0001 else f"{x:.1e}"


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
