"""What a page draws of a network's answers, and the scale that it colours them by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nn.losses import Cost

SURE = 4.0
"""A logit from which on a network is as good as sure: σ(4) = 0.98."""


def kind(inputs: int, outputs: int, desired: int) -> str:
    """A field over two inputs, a curve over one, where one output is compared with one number; else a table.

    >>> kind(2, 1, 1), kind(1, 1, 1), kind(2, 2, 2)
    ('field', 'curve', 'table')
    """
    return {(2, 1, 1): "field", (1, 1, 1): "curve"}.get((inputs, outputs, desired), "table")


def scale(cost: Cost, desired: Sequence[float]) -> dict[str, Any]:
    """The answer in the middle, how far from it a colour is full, and the two classes, where it is two.

    Scores part classes at 0, whatever the numbers are that stand for these; other outputs do in the middle
    between what is desired.

    >>> from nn import COSTS
    >>> scale(COSTS["squared_error"], [0.0, 1.0])
    {'middle': 0.5, 'reach': 0.5, 'classes': [0.0, 1.0]}
    >>> scale(COSTS["binary_cross_entropy_from_logits"], [1.0, 0.0])
    {'middle': 0.0, 'reach': 4.0, 'classes': [0.0, 1.0]}
    >>> scale(COSTS["squared_error"], [1.0, 2.0, 4.0])
    {'middle': 2.5, 'reach': 1.5, 'classes': None}
    """
    distinct = {*desired}
    if distinct.issubset((0.0, 1.0)):
        distinct = {0.0, 1.0}
    low, high = min(distinct), max(distinct)
    middle, reach = (low + high) / 2, (high - low) / 2 or 1.0
    if cost.reads == "scores" and low >= 0:
        middle, reach = 0.0, SURE
    return {"middle": middle, "reach": reach, "classes": [low, high] if len(distinct) == 2 else None}
