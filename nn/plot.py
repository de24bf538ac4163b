"""Cost curve and decision boundary, drawn with matplotlib (the extra ``plot``)."""

from __future__ import annotations

import importlib.util
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

from engine import saving
from engine.numeric import how_to_install

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .data import Rows
    from .layers import MLP

GRID = 60  # points on each side at which the model is evaluated
BLUE, ORANGE, INK = "#0072B2", "#E69F00", "#1a1a1a"


class Curves(Protocol):
    """What the plot of a history needs: a number for each epoch."""

    @property
    def costs(self) -> Sequence[float]:
        """The costs of the epochs."""
        ...

    @property
    def validation(self) -> Sequence[float]:
        """The costs of the validation set, if there is one."""
        ...


def require(path: str | Path) -> None:
    """Raise ImportError, with what to install, if matplotlib is missing; ValueError for an unknown ending."""
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (an extra, and slow to import)

    known = FigureCanvasAgg.get_supported_filetypes()
    if saving.ending(path) not in known:
        raise ValueError(
            f"cannot plot to {str(path)!r}: the ending must be one of {', '.join(sorted(known))}"
        )


def has_matplotlib() -> bool:
    """Return whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def require_matplotlib() -> None:
    """Raise ImportError, with what to install, if matplotlib is missing."""
    if not has_matplotlib():
        raise ImportError(f"plots need matplotlib: {how_to_install('plot')}")


def curves(history: Curves, axes: Any = None) -> Any:
    """Draw the cost of each epoch, and that of the validation set if there is one, into matplotlib's axes.

    Return the axes: by default those of a new figure, which a notebook shows and ``pyplot.show()`` opens.
    """
    require_matplotlib()
    if axes is None:
        from matplotlib import pyplot as plt  # noqa: PLC0415  (an extra, and slow to import)

        axes = plt.figure(figsize=(5, 4), layout="constrained").subplots()
    cost_curve(axes, history)
    return axes


def save(path: str, history: Curves, model: MLP, xs: Rows, ys: Rows, *, threshold: float = 0.0) -> str:
    """Draw the cost curve and, for two inputs and two classes, the decision boundary; return what was drawn.

    The file's ending determines the format. Raises ValueError if matplotlib does not know it.
    """
    require(path)
    from matplotlib.figure import Figure  # noqa: PLC0415  (an extra, and slow to import)

    boundary = len(xs[0]) == 2 and all(y in ([0.0], [1.0]) for y in ys)
    figure = Figure(figsize=(9.6 if boundary else 5, 4), layout="constrained")
    axes = figure.subplots(1, 1 + boundary, squeeze=False)[0]
    cost_curve(axes[0], history)
    if boundary:
        _boundary(axes[1], model, xs, ys, threshold)
    drawn = BytesIO()
    figure.savefig(drawn, format=saving.ending(path), dpi=120)
    saving.write(path, drawn.getvalue())
    return "cost curve and decision boundary" if boundary else "cost curve"


def cost_curve(axes: Any, history: Curves) -> None:
    """Draw the cost of each epoch, and that of the validation set if there is one."""
    lines = [("training", history.costs, BLUE, "-")]
    if history.validation:
        lines.append(("validation", history.validation, ORANGE, "--"))
    for label, costs, colour, style in lines:
        alone = "o" if len(costs) == 1 else ""  # a single point has no line
        axes.plot(range(1, len(costs) + 1), costs, style, color=colour, marker=alone, label=label)
    axes.set(xlabel="epoch", ylabel="cost", title="Cost curve")
    if min((c for _, costs, _, _ in lines for c in costs), default=0) > 0:
        axes.set_yscale("log")
    if history.validation:
        axes.legend()


def _boundary(axes: Any, model: MLP, xs: Rows, ys: Rows, threshold: float) -> None:
    across, up = (_range([x[k] for x in xs]) for k in (0, 1))
    heights = [[model([x, y]).data - threshold for x in across] for y in up]  # type: ignore[union-attr]  # one output
    reach = max(abs(h) for row in heights for h in row) or 1.0
    axes.contourf(across, up, heights, levels=[-reach, 0, reach], colors=["#fae5bd", "#cfe3f1"])
    axes.contour(across, up, heights, levels=[0], colors=INK)
    for label, colour, marker in ((0, ORANGE, "o"), (1, BLUE, "s")):
        members = [x for x, y in zip(xs, ys, strict=True) if (y[0] > 0.5) == label]
        axes.scatter(
            [x[0] for x in members],
            [x[1] for x in members],
            c=colour,
            marker=marker,
            edgecolors=INK,
            label=label,
        )
    axes.set(xlabel="$x_0$", ylabel="$x_1$", title="Decision boundary")
    axes.legend(title="class")


def _range(xs: list[float]) -> list[float]:
    low, high = min(xs), max(xs)
    margin = (high - low or 1.0) * 0.15
    step = (high - low + 2 * margin) / (GRID - 1)
    return [low - margin + k * step for k in range(GRID)]
