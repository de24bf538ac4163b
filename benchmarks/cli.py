"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import digits, elementwise, memory, microgpt, moons, peers, repl, replay, report, walks
from .machine import machine, versions
from .measure import Options
from .results import Results

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
BENCHMARKS = {
    "elementwise": [elementwise.table],
    "memory": [memory.table],
    "moons": [moons.table],
    "microgpt": [microgpt.table],
    "repl": [repl.table, repl.operations, repl.imports],
    "replay": [replay.wide, replay.batches, replay.chains],
    "digits": [digits.table],
    "walks": [walks.table, walks.softmax],
}
EXAMPLES = """examples:
  python -m benchmarks                            everything, written to benchmarks/RESULTS.md
  python -m benchmarks --only moons microgpt      two of them, printed alone
  python -m benchmarks --quick --output trial     a trial in seconds, whose figures mean little
  python -m benchmarks --readme                   the short table (docs/inside/speed.md)
"""


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    command = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="chainrule beside named peers, as ratios of one run.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--only", nargs="+", choices=BENCHMARKS, metavar="NAME", help=f"some of: {', '.join(BENCHMARKS)}"
    )
    command.add_argument("--rounds", type=_positive, help="how often each peer is timed (5; quick: 2)")
    command.add_argument("--quick", action="store_true", help="small sizes, two rounds")
    command.add_argument("--full", action="store_true", help="replay a million nodes, too")
    command.add_argument(
        "--write",
        action=argparse.BooleanOptionalAction,
        help="write RESULTS.md and results.json (done by itself when all is run, and not --quick)",
    )
    command.add_argument("--output", type=Path, metavar="PATH", help="write there, not into benchmarks/")
    command.add_argument(
        "--readme", action="store_true", help="print the short table of docs/inside/speed.md; measure nothing"
    )
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; 0, or 2 where there is nothing to read or nowhere to write."""
    given = parser().parse_args(arguments)
    directory = given.output or HERE
    try:
        if given.readme:
            _say(report.readme(Results.load(directory / "results.json")))
            return 0
        results = run(given)
        writes = given.write if given.write is not None else bool(given.output) or _complete(given)
        if writes:
            directory.mkdir(parents=True, exist_ok=True)
            results.save(directory / "results.json")
            (directory / "RESULTS.md").write_text(report.results_md(results), "utf-8")
    except OSError as error:
        sys.stderr.write(f"python -m benchmarks: {error.strerror}: {error.filename}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def run(given: argparse.Namespace) -> Results:
    """Measure what was asked for, telling as it goes."""
    rounds = given.rounds or (2 if given.quick else 5)
    options = Options(rounds=rounds, quick=given.quick, full=given.full, say=_say)
    distributions = [
        "chainrule",
        "numpy",
        *dict.fromkeys(_name(p.install) for p in peers.SCALARS if p.install),
    ]
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    results = Results(today, rounds, machine(), versions(distributions))
    start = time.perf_counter()
    for name in given.only or BENCHMARKS:
        for measured in BENCHMARKS[name]:
            _say(f"{name} …")
            table = measured(options)
            results.tables.append(table)
            _say("\n".join([table.title, *report.summary(table), ""]))
    if not given.quick:
        _say(report.goals_table(report.judged(results)))
    _say(f"{time.perf_counter() - start:.0f} s")
    return results


def _complete(given: argparse.Namespace) -> bool:
    return not (given.only or given.quick)


def _name(requirement: str) -> str:
    return requirement.partition("==")[0]


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return int(text)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
