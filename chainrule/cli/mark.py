"""``chainrule mark``: a class's answers, sheet by sheet, and which mistakes are common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import saving
from engine.asking import keyfile
from engine.asking.marking import mark_class
from engine.characters import printable
from nn.module import opened

from . import definitions, output
from .types import add_command, exported

if TYPE_CHECKING:
    import argparse

LARGEST = 50_000_000
"""Maximum length of a file, in characters."""

HELP = """
Mark the answers to worksheets: which numbers are right, which follow correctly from a wrong one above, and
which mistake most likely led to the others. Then the mistakes of the class, the most common first, and the
numbers that no known mistake leads to.
"""

EXAMPLES = """
examples:
  chainrule mark sheets/answers.csv --key sheets
                                               each sheet, then the summary of the class
  chainrule mark answers.csv --key key.json --summary
                                               only the summary
  chainrule mark answers.csv --key key.json --out marked.csv
                                               also a table with a line for each sheet
  chainrule mark answers.csv --key key.json --json
                                               as data

`chainrule worksheet` writes answers.csv, with a column for each box, and key.json. A blank box stays empty.
Columns that the key does not know, such as a name, are copied into --out and not read; nothing is stored.
Learners may have copies of one sheet: each line is counted, and the summary says which lines share a sheet.
"""


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    command = add_command(
        commands, "mark", run, help="mark the answers to worksheets", description=HELP, epilog=EXAMPLES
    )
    add = command.add_argument
    add("answers", help="a CSV file with a column `sheet`, and a column for each box")
    add(
        "--key",
        required=True,
        metavar="FILE",
        help="the key.json that was written with the sheets, or its folder",
    )
    definitions.add_to(command)
    add(
        "--out",
        type=exported("csv"),
        metavar="FILE",
        help="write the results as a table with a line for each sheet",
    )
    form = command.add_mutually_exclusive_group().add_argument
    form("--summary", action="store_true", help="print only the summary of the class, not each sheet")
    form("--json", action="store_true", help="print data instead of text")


def run(options: argparse.Namespace) -> None:
    """Mark a file, and print the result."""
    definitions.prepare(options, options.out)
    key = str(Path(options.key) / "key.json") if Path(options.key).is_dir() else options.key
    sheets = keyfile.read(read(key), printable(key))
    marked = mark_class(read(options.answers), sheets, printable(options.answers))
    if options.out:
        saving.write(options.out, f"\ufeff{marked.csv()}")
    if options.json:
        print(output.as_json(marked.to_dict()))
        return
    if not options.summary:
        for sheet in marked.sheets:
            print(sheet, end="\n\n")
    print(marked)
    if options.out:
        print("", f"{options.out}: a line for each sheet", sep="\n")


def read(name: str) -> str:
    """Return a text file; raise ValueError if it is not text or too large, OSError if it cannot be read."""
    try:
        with opened(name, "answers.csv", encoding="utf-8-sig") as file:
            text = file.read(LARGEST + 1)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{printable(name)} is not UTF-8 text: {error}; save it as CSV UTF-8 from the spreadsheet"
        ) from None
    if len(text) > LARGEST:
        raise ValueError(
            f"{printable(name)} is larger than {LARGEST:,} characters, which no class's answers are"
        )
    return text
