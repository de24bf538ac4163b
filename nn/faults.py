"""Training that runs out of the numbers: the error that says where, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine import Value

    from .train import History


class DivergenceError(ArithmeticError):
    """Training that ran out of the numbers; model and optimiser are as before the step that led there."""

    history: History | None = None
    """What happened until then, where ``fit`` raises it; its last frame may be the one that went wrong."""
    step: int = 0
    """The step that failed; steps count from 1 over all epochs."""
    example: int | None = None
    """The number of the example, as in what was passed to ``fit``, where a single one is to blame."""
    node: Value | None = None
    """The first node that was not finite, or whose gradient was not: ``node.draw()`` shows what led there."""


def diverged(
    where: tuple[int, int, int | None], why: str, node: Value | None, *, came_in: bool
) -> DivergenceError:
    """The error for a step, its epoch, and an example of it; ``came_in`` where the node is the example's.

    >>> diverged((7, 4, 2), "its cost is nan: nan came in as y", None, came_in=True)
    DivergenceError('step 7 (epoch 4), example 2: its cost is nan: nan came in as y; mend the example')
    """
    step, epoch, example = where
    place = f"step {step} (epoch {epoch})" + f", example {example}" * (example is not None)
    advice = "mend the example" if came_in else "try a smaller learning rate, or look at the data"
    error = DivergenceError(f"{place}: {why}; {advice}")
    error.step, error.example, error.node = step, example, node
    return error
