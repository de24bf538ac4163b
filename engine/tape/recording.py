"""A graph written down as lists: what each node is computed from, on which level, and whether per example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.rules import Rule
    from engine.value import Value


@dataclass(slots=True)
class Recording:
    """The nodes of a graph by their numbers, operands first.

    A node's level is one more than the highest of its parents'; leaves are on level 0. ``varies`` tells
    which nodes have a number for each example; ``wanted`` which ones depend on a parameter.
    """

    nodes: list[Value]
    parents: list[list[int]]
    levels: list[int]
    varies: list[bool]
    wanted: list[bool]
    given: int
    """How many of the leaves are parameters or varying: the first ones."""
    constants: dict[int, float]
    """The numbers of the other leaves."""
    root: int = 0

    def append(self, node: Value, read: list[int]) -> None:
        """Enter a node that is computed from those that it reads, or a constant."""
        self.nodes.append(node)
        self.parents.append(read)
        self.levels.append(1 + max([self.levels[k] for k in read]) if read else 0)
        self.varies.append(any([self.varies[k] for k in read]))  # noqa: C419  (lists are faster, and this is hot)
        self.wanted.append(any([self.wanted[k] for k in read]))  # noqa: C419  (as above)

    def rule(self, k: int) -> Rule:
        """The rule of inner node k."""
        rule = self.nodes[k].rule
        assert rule is not None, "an inner node has a rule"  # noqa: S101  (for the type checker)
        return rule


def record(
    order: Sequence[Value],
    varying: Sequence[Value],
    params: Sequence[Value],
    constants: Mapping[Value, float],
) -> Recording:
    """Write down a graph, given in topological order: params and varying leaves, then all the others."""
    given = list(dict.fromkeys((*params, *varying)))
    number = {node: k for k, node in enumerate(given)}
    differ, asked = set(varying), set(params)
    recording = Recording(
        nodes=given,
        parents=[[] for _ in given],
        levels=[0] * len(given),
        varies=[node in differ for node in given],
        wanted=[node in asked for node in given],
        given=len(given),
        constants={},
    )
    for node in order:
        if node not in number:
            number[node] = len(number)
            recording.append(node, [number[parent] for parent in node.parents])
    recording.constants = {number[leaf]: x for leaf, x in constants.items()}
    recording.root = number[order[-1]]
    return recording
