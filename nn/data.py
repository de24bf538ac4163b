"""Examples to train on: xor, two moons, CSV files, and anything that holds rows, such as pandas and NumPy."""

from __future__ import annotations

import csv
import math
import random
import re
import reprlib
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from engine.arguments import listed
from engine.characters import printable
from engine.numeric import finite, is_real, short, told, whole

from .layers import source
from .module import counted, opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

Rows: TypeAlias = list[list[float]]

LIKE_A_NUMBER = re.compile(r"[\s+−.,~<>($€£¥'-]*\d")
"""Matches 1_0, 1.5.2 or €5: slips, not headings."""


class Shuffler(Protocol):
    """A random number generator that can shuffle a list: ``random``, a ``random.Random``, NumPy's."""

    def shuffle(self, x: list[Any], /) -> None:
        """Shuffle a list in place."""


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


def split(
    xs: Iterable[Any], ys: Iterable[Any], share: float = 0.2, *, rng: Shuffler | None = None
) -> tuple[tuple[list[Any], list[Any]], tuple[list[Any], list[Any]]]:
    """Split the examples at random into two parts: those to train on, and a share to validate with.

    Each part has at least one example. Raises TypeError or ValueError unless there are two examples and
    0 < share < 1, and for different numbers of inputs and outputs.

    >>> (xs, ys), held_out = split([1, 2, 3, 4], "abcd", 0.25, rng=random.Random(0))
    >>> xs, ys, held_out
    ([1, 2, 4], ['a', 'b', 'd'], ([3], ['c']))
    """
    inputs, desired = (
        examples(xs, "xs must be a list of inputs"),
        examples(ys, "ys must be a list of outputs"),
    )
    if len(inputs) != len(desired):
        raise ValueError(
            f"got {counted(len(inputs), 'input')} and {counted(len(desired), 'output')}; "
            "pass one output for each input"
        )
    share = finite(share, "share")
    if not 0 < share < 1 or len(inputs) < 2:
        raise ValueError(
            f"a share between 0 and 1 of at least 2 examples is held out, got {share:g} of {len(inputs)}"
        )
    order = list(range(len(inputs)))
    source(rng, "shuffle").shuffle(order)
    count = min(max(round(share * len(order)), 1), len(order) - 1)
    held_out, others = sorted(order[:count]), sorted(order[count:])
    return (
        ([inputs[k] for k in others], [desired[k] for k in others]),
        ([inputs[k] for k in held_out], [desired[k] for k in held_out]),
    )


def examples(xs: Any, wanted: str = "examples must be a list") -> list[Any]:
    """Return a list of examples: the rows of a table (pandas, polars), else the items of an iterable.

    Raises TypeError for anything that cannot be iterated in order, and if a cell of a table is not a number.

    >>> examples(range(3))
    [0, 1, 2]
    """
    if isinstance(xs, list):
        return list(xs)
    if hasattr(xs, "to_numpy"):  # iterating a DataFrame gives the names of its columns, not its rows
        rows = xs.to_numpy()
        if rows.dtype.kind not in "biuf":
            _refuse_text(rows, list(getattr(xs, "columns", [getattr(xs, "name", "")])))
        return list(rows)
    return listed(xs, wanted)


def _refuse_text(rows: Any, columns: Sequence[object]) -> None:
    """Raise TypeError for the first cell that is not a number."""
    for k, row in enumerate(rows):
        for name, cell in zip(columns, [row] if rows.ndim == 1 else row, strict=True):
            if not is_real(cell):
                raise TypeError(
                    f"column {short(name)}, row {k}: expected a number, got {told(cell)}; "
                    "choose the columns of numbers, as in frame[['a', 'b']]"
                )


def read_csv(path: str | Path, columns: int | None = None) -> Rows:
    """Return the rows of a CSV file as numbers; a first row that holds no number is a header.

    Raises OSError if the file cannot be opened, and DataError, with file, line and column, for text instead
    of a number, a number that is not finite, rows of different length, a number of columns other than
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
            f"{printable(str(path))}, line {line}: expected {counted(expected, 'column')}, "
            f"got {len(cells)}{hint}"
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
    parts = cell.split()
    by_blanks = len(parts) > 1 and all(as_number(part) is not None for part in parts)
    other = by_blanks or any(mark in cell.strip() for mark in ";|\t")
    return "; commas separate columns" if other else ""


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
