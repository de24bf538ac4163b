"""Layers found in a graph: nodes of one level whose weighted sums are one matrix product.

``b_j + Σ_k w_jk a_k`` for several j that read the same a_k is ``W a + b``; where the same weights read
several a (the examples of an unrolled batch), it is ``W A + b`` with a column for each. So the nodes of a
level are laid out as a table, a row for each (b, w …) and a column for each (a …), and every part of it that
is full is a layer. ``dot`` has no b; ``total`` and ``mean`` have one weight for all terms: their slope.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from engine import floats, rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .recording import Recording

    Numbers: TypeAlias = tuple[int, ...]

LINEAR = (rules.affine, rules.dot, rules.total, rules.mean)


@dataclass(frozen=True, slots=True)
class Layer:
    """``count`` matrix products of one shape, Z = W A + b with W of rows × terms and A of terms × columns.

    The lists hold node numbers, the last index fastest: ``nodes`` and Z by (product, row, column),
    ``weights`` by (product, row, term), ``inputs`` by (product, term, column), ``biases`` by (product, row).
    """

    rule: rules.Rule
    count: int
    rows: int
    terms: int
    columns: int
    nodes: list[int]
    inputs: list[int]
    weights: list[int]
    """Empty for a plain sum, whose one weight is the ``coefficient``."""
    biases: list[int]
    coefficient: float = 0.0


@dataclass(frozen=True, slots=True)
class Block:
    """A full part of the table: node at [row][column]."""

    rows: list[Numbers]
    columns: list[Numbers]
    nodes: list[list[int]]


def find(recording: Recording, members: Sequence[int], place: Sequence[int]) -> list[Layer]:
    """The layers that nodes of one level, rule, arity and variation make up; every node is in one of them."""
    rule = recording.rule(members[0])
    terms = len(recording.parents[members[0]])
    if rule in {rules.total, rules.mean}:
        members = sorted(members, key=lambda k: [place[p] for p in recording.parents[k]])
        columns = [recording.parents[k] for k in members]
        _, (coefficient, *_) = rule(floats, *[0.0] * terms)
        return [
            Layer(rule, 1, 1, terms, len(members), list(members), _transposed([columns]), [], [], coefficient)
        ]
    biased = terms % 2
    stacks: dict[tuple[int, int, bool, bool], list[Block]] = defaultdict(list)
    for block in _blocks(_table(recording, members, biased), place):
        varies = (_vary(recording, (row[biased:] for row in block.rows)), _vary(recording, block.columns))
        stacks[len(block.rows), len(block.columns), *varies].append(block)
    return [_stacked(rule, blocks, biased) for blocks in stacks.values()]


def _table(
    recording: Recording, members: Iterable[int], biased: int
) -> list[dict[Numbers, dict[Numbers, int]]]:
    """Tables column → row → node; a node whose place is taken by a twin of its goes into the next table."""
    tables: list[dict[Numbers, dict[Numbers, int]]] = []
    twins: dict[tuple[Numbers, Numbers], int] = defaultdict(int)
    for k in members:
        parents = recording.parents[k]
        half = biased + len(parents) // 2
        row, column = tuple(parents[:half]), tuple(parents[half:])
        if _vary(recording, [row[biased:]]) and not _vary(recording, [column]):
            row, column = (*row[:biased], *column), row[biased:]  # what stays the same is the matrix
        before = twins[row, column]
        twins[row, column] += 1
        if before == len(tables):
            tables.append(defaultdict(dict))
        tables[before][column][row] = k
    return tables


def _blocks(tables: Iterable[dict[Numbers, dict[Numbers, int]]], place: Sequence[int]) -> Iterable[Block]:
    """The full parts: columns that are read by the same rows."""

    def by_place(numbers: Numbers) -> list[int]:
        return [place[k] for k in numbers]

    for table in tables:
        columns_of: dict[frozenset[Numbers], list[Numbers]] = defaultdict(list)
        for column, nodes in table.items():
            columns_of[frozenset(nodes)].append(column)
        for shared, found in columns_of.items():
            rows, columns = sorted(shared, key=by_place), sorted(found, key=by_place)
            yield Block(rows, columns, [[table[column][row] for column in columns] for row in rows])


def _stacked(rule: rules.Rule, blocks: Sequence[Block], biased: int) -> Layer:
    """Blocks of one shape as one layer of several products."""
    first = blocks[0]
    return Layer(
        rule=rule,
        count=len(blocks),
        rows=len(first.rows),
        terms=len(first.columns[0]),
        columns=len(first.columns),
        nodes=[k for block in blocks for row in block.nodes for k in row],
        inputs=_transposed([block.columns for block in blocks]),
        weights=[k for block in blocks for row in block.rows for k in row[biased:]],
        biases=[k for block in blocks for row in block.rows for k in row[:biased]],
    )


def _transposed(tables: Iterable[Sequence[Sequence[int]]]) -> list[int]:
    """The columns of each table side by side, read row by row."""
    return [k for columns in tables for row in zip(*columns, strict=True) for k in row]


def _vary(recording: Recording, tuples: Iterable[Sequence[int]]) -> bool:
    return any(any(map(recording.varies.__getitem__, numbers)) for numbers in tuples)
