"""Examples to train on: xor, two moons, and CSV files."""

from __future__ import annotations

import csv
import math
import random
import re
import reprlib
from typing import TYPE_CHECKING, TypeAlias

from engine.characters import printable
from engine.numeric import finite, whole

from .layers import source
from .module import opened

if TYPE_CHECKING:
    from pathlib import Path

Rows: TypeAlias = list[list[float]]

LIKE_A_NUMBER = re.compile(r"[\s+−.,~<>($€£¥'-]*\d")
"""Matches 1_0, 1.5.2 or €5: slips, not headings."""


class DataError(ValueError):
    """A file does not hold the numbers that were expected."""


def xor() -> tuple[Rows, Rows]:
    """Return inputs and desired outputs of exclusive or.

    >>> xor()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[0.0], [1.0], [1.0], [0.0]])
    """
    inputs = [[float(a), float(b)] for a in (0, 1) for b in (0, 1)]
    return inputs, [[float(a != b)] for a, b in inputs]


def moons(n: int = 100, *, noise: float = 0.1, rng: random.Random | None = None) -> tuple[Rows, Rows]:
    """Return n points on two interleaved half circles, with Gaussian noise; the lower one is class 1.

    Raises TypeError or ValueError unless ``n`` is an int of at least 1 and ``noise`` is finite.

    >>> xs, ys = moons(4, noise=0.0)
    >>> xs[0], ys[0], ys[-1]
    ([1.0, 0.0], [0.0], [1.0])
    """
    n, rng = whole(n, "n", 1), source(random.Random() if rng is None else rng, "gauss")
    noise = finite(noise, "noise")
    upper = n // 2
    xs, ys = [], []
    for k in range(n):
        lower = k >= upper
        share = (k - upper) / max(n - upper - 1, 1) if lower else k / max(upper - 1, 1)
        x, y = math.cos(math.pi * share), math.sin(math.pi * share)
        point = (1 - x, 0.5 - y) if lower else (x, y)
        xs.append([coordinate + rng.gauss(0, noise) for coordinate in point])
        ys.append([float(lower)])
    return xs, ys


def read_csv(path: str | Path, columns: int | None = None) -> Rows:
    """Return the rows of a CSV file as numbers; a first row without anything like a number is a header.

    Raises OSError if the file cannot be opened, and DataError, with file, line and column, for text in the
    place of a number, a number that is not finite, rows of different length, a number of columns that is not
    ``columns``, or no rows at all.
    """
    if columns is not None:
        whole(columns, "columns", 1)
    try:
        with opened(path, "examples.csv", encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)  # an open quotation mark means a file cut short
            lines = [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{printable(str(path))} is not a CSV text file: {error}") from None
    if lines and not any(LIKE_A_NUMBER.match(cell) or as_number(cell) is not None for cell in lines[0][1]):
        del lines[0]
    if not lines:
        raise DataError(f"{printable(str(path))} holds no rows of numbers")
    expected = len(lines[0][1]) if columns is None else columns
    return [_row(path, number, cells, expected) for number, cells in lines]


def _row(path: str | Path, line: int, cells: list[str], expected: int) -> list[float]:
    if len(cells) != expected:
        hint = _hint(cells[0]) if len(cells) == 1 else ""
        raise DataError(
            f"{printable(str(path))}, line {line}: expected {expected} columns, got {len(cells)}{hint}"
        )
    row = []
    for column, cell in enumerate(cells, 1):
        x = as_number(cell)
        if x is None or not math.isfinite(x):
            raise DataError(
                f"{printable(str(path))}, line {line}, column {column}: "
                f"expected a finite number, got {reprlib.repr(cell)}{_hint(cell)}"
            )
        row.append(x)
    return row


def _hint(cell: str) -> str:
    return "; commas separate columns" if ";" in cell or "\t" in cell.strip() else ""


def as_number(text: str) -> float | None:
    """Return a cell or an argument as a number, None if it is not one.

    Python reads ``1_0`` as 10, and the digits of every script; neither is meant here.

    >>> as_number(" 1e3 "), as_number("1_0"), as_number("١")
    (1000.0, None, None)
    """
    try:
        return float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return None
