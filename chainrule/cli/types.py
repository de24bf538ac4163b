"""Converters for command-line arguments, with messages that say what came and what was expected."""

from __future__ import annotations

import argparse
import errno
import math
import os
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

from engine.arguments import choice
from engine.numeric import short
from engine.parsing.grammar import TOO_SMALL, vanishes
from nn.data import as_number

DIGITS = 100
"""Maximum digits of a whole number: more than anyone needs, and few enough for a message."""

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from typing import Any


def add_command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], None],
    *,
    help: str,
    description: str,
    epilog: str,
) -> argparse.ArgumentParser:
    """Add a command to the parser, with its texts unchanged; return it, to add its options."""
    formatter = argparse.RawDescriptionHelpFormatter
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=description, epilog=epilog, formatter_class=formatter
    )
    command.set_defaults(run=run, parser=command)
    return command


def sizes(text: str) -> list[int]:
    """Return layer sizes such as ``2,3,1``."""
    found = listed(text)
    if len(found) < 2:
        raise argparse.ArgumentTypeError(
            f"expected at least input and output, with a comma between, as in 2,3,1; got {short(text)}"
        )
    return found


def listed(text: str) -> list[int]:
    """Return whole numbers of 1 or more, separated by commas, or by hyphens as in the name ``2-2-1``."""
    if re.fullmatch(r"\d+(-\d+)+", text, re.ASCII):
        text = text.replace("-", ",")
    if re.fullmatch(r"\d+([\s;x]+\d+)+", text.strip(), re.ASCII):
        meant = ",".join(re.findall(r"\d+", text))
        raise argparse.ArgumentTypeError(f"expected commas between numbers, got {short(text)}; write {meant}")
    return [positive(part) for part in text.split(",")]


def count(text: str) -> int:
    """Return a whole number of 0 or more."""
    return _whole(text, text.strip())


def positive(text: str) -> int:
    """Return a whole number of 1 or more."""
    n = count(text)
    if not n:
        raise argparse.ArgumentTypeError("expected a whole number of 1 or more, got 0")
    return n


def integer(text: str) -> int:
    """Return a whole number, which may be negative."""
    return _whole(text, text.strip().removeprefix("-"))


def _whole(text: str, size: str) -> int:
    if not (size.isascii() and size.isdecimal()):
        raise argparse.ArgumentTypeError(f"expected a whole number, got {short(text)}")
    if len(size) > DIGITS:
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at most {DIGITS} digits, got {short(text)}"
        )
    return int(text)


def numbers(text: str) -> list[float]:
    """Return numbers such as ``0.5,-1``."""
    return [finite(part) for part in text.split(",")]


def finite(text: str) -> float:
    """Return one finite number."""
    x = as_number(text)
    if x is not None and vanishes(text):
        raise argparse.ArgumentTypeError(f"{TOO_SMALL}, got {short(text)}; write 0 if you mean 0")
    if x is None or not math.isfinite(x):
        meant = _decimal(text)
        advice = f"; write {meant}" * bool(meant)
        raise argparse.ArgumentTypeError(f"expected a finite number, got {short(text)}{advice}")
    return x


def _decimal(text: str) -> str:
    """Return ``0.5`` for ``0,5`` and ``1/2``; empty for other text."""
    found = re.fullmatch(r"\s*(-?\d{1,15})([,/])(\d{1,15})\s*", text, re.ASCII)
    if not found or (found[2] == "/" and not int(found[3])):
        return ""
    return f"{found[1]}.{found[3]}" if found[2] == "," else f"{int(found[1]) / int(found[3]):.15g}"


def rate(text: str) -> float:
    """Return a learning rate: one finite number of 0 or more."""
    x = finite(text)
    if x < 0:
        raise argparse.ArgumentTypeError(f"expected a finite number of 0 or more, got {short(text)}")
    return x


def page(text: str) -> str:
    """Return the name of a file for a page; check its ending before any work is done."""
    if not text.lower().endswith((".html", ".htm")):
        raise argparse.ArgumentTypeError(f"expected a file that ends in .html, got {short(text)}")
    return text


def film(text: str) -> str:
    """Return the name of a file for an animation; check its ending before any work is done."""
    if not text.lower().endswith((".svg", ".gif")):
        raise argparse.ArgumentTypeError(f"expected a file that ends in .svg or .gif, got {short(text)}")
    return text


def picture(text: str) -> str:
    """Return the name of a file for a picture; check its ending before any work is done."""
    if not text.lower().endswith((".svg", ".dot", ".gv", ".png", ".pdf")):
        raise argparse.ArgumentTypeError(
            f"expected a file that ends in .svg, .dot, .gv, .png or .pdf, got {short(text)}"
        )
    return text


def exported(ending: str) -> Callable[[str], str]:
    """Return a converter for a file's name that checks its ending before any work is done."""

    def convert(text: str) -> str:
        if not text.lower().endswith(f".{ending}"):
            raise argparse.ArgumentTypeError(f"expected a file that ends in .{ending}, got {short(text)}")
        return text

    return convert


def writable(*paths: str | None) -> None:
    """Raise ValueError or OSError for the first file that cannot be written, before any work is done."""
    for text in paths:
        if text is None:
            continue
        path = Path(text)
        if path.is_dir():
            raise ValueError(f"expected a file to write, got the folder {short(text)}; add a name to it")
        if not path.parent.is_dir():
            raise ValueError(f"{text}: there is no folder {str(path.parent)!r}; make it first")
        beside = Path(os.path.realpath(text)).parent  # written there first, then moved into place
        needed = [beside] if not path.exists() else [path, beside] if path.is_file() else [path]
        if not all(os.access(place, os.W_OK) for place in needed):
            raise PermissionError(errno.EACCES, "not to be written; choose another place", text)


def affordable(sizes: Sequence[int], most: int) -> None:
    """Raise ValueError for a network with too many parameters, before it is built."""
    count = sum((nin + 1) * nout for nin, nout in pairwise(sizes))
    if count > most:
        raise ValueError(
            f"this network has {count:,} parameters, and at most {most:,} are allowed; "
            "choose fewer or smaller layers"
        )


def setting(example: str) -> Callable[[str], tuple[str, float]]:
    """Return a converter for a name and its number; its message shows the example."""

    def convert(text: str) -> tuple[str, float]:
        name, _, x = text.rpartition("=")
        if not (name.strip() and x.strip()) or "=" in name:
            raise argparse.ArgumentTypeError(
                f"expected NAME=NUMBER, as in {example}, no spaces around =, several separated by spaces; "
                f"got {short(text)}"
            )
        return name.strip(), finite(x)

    return convert


def once(settings: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return names and their numbers; raise ValueError for a name with two numbers."""
    given = list(settings)
    times = Counter(normalize("NFKC", name) for name, _ in given)  # Python's form of names
    for name in times:
        if times[name] > 1:
            raise ValueError(f"{name} was given two values; give it one")
    return dict(given)


def definition(text: str) -> tuple[str, str]:
    """Return a name and its expression, such as ``z=w*a + b``."""
    name, _, expression = text.partition("=")
    if not (name.strip() and expression.strip()):
        raise argparse.ArgumentTypeError(f"expected NAME=EXPRESSION, as in z=w*a; got {short(text)}")
    return name.strip(), expression


def name_of(
    what: str,
    known: Collection[str],
    others: Mapping[str, str] | None = None,
    instead: Mapping[str, str] | None = None,
) -> Callable[[str], str]:
    """Return a converter that accepts the known names, as ``engine.arguments.choice`` reads them."""

    def convert(text: str) -> str:
        try:
            return choice(text, known, what, others, instead)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert
