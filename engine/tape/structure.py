"""Whether two graphs have the same structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.graph import topological_order

if TYPE_CHECKING:
    from engine.value import Value

    from .plan import Recorded


def same_structure(recorded: Recorded, C: Value) -> bool:
    """Whether C is computed as the recorded graph is: by the same rules of the same operands, node by node.

    Constants have the same numbers; the leaves that are given anew with every call may have others.
    """
    order, other = recorded.order, topological_order(C)
    place = {node: k for k, node in enumerate(order)}
    twin = {node: k for k, node in enumerate(other)}
    return len(order) == len(other) and all(
        (a.rule == b.rule or not a.parents)
        and [place[parent] for parent in a.parents] == [twin[parent] for parent in b.parents]
        and (a not in recorded.constants or recorded.constants[a].hex() == b.data.hex())
        for a, b in zip(order, other, strict=True)
    )
