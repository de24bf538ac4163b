"""A progress bar where one can be seen: in a terminal or a notebook, with the extra ``progress``."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def visible() -> bool:
    """Whether a bar can be shown: not in a pipe or a file, and not without the package tqdm."""
    watched = (sys.stderr is not None and sys.stderr.isatty()) or "ipykernel" in sys.modules
    return watched and importlib.util.find_spec("tqdm") is not None


def bar(steps: Iterable[int], unit: str) -> Iterable[int]:
    """The steps, counted by a bar on stderr where one is visible."""
    if not visible():
        return steps
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a notebook without ipywidgets gets the bar as text, and no lecture
        from tqdm.auto import tqdm  # noqa: PLC0415  (an extra, and slow to import)

    counted: Iterable[int] = tqdm(steps, unit=unit, leave=False)
    return counted


def tell(counted: Any, **figures: float) -> None:
    """Show figures beside the bar, where there is one."""
    if hasattr(counted, "set_postfix"):
        counted.set_postfix({name: f"{x:.4g}" for name, x in figures.items()}, refresh=False)
