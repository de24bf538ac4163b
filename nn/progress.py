"""How far training has come: tqdm's bar if it is installed (the extra ``progress``), else a line of text."""

from __future__ import annotations

import importlib.util
import sys
import time
import warnings
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

REFRESH = 0.1
"""Seconds between two updates of the line in a terminal or a notebook."""
LINES = 10
"""The approximate number of lines that a run prints elsewhere: to a pipe, a file or an editor's console."""


class Progress(Protocol):
    """The epochs, counted during iteration."""

    def __iter__(self) -> Iterator[int]:
        """Yield the epochs."""
        ...

    def show(self, **figures: float) -> None:
        """Show these figures beside the count."""
        ...


def live() -> bool:
    """Return whether a line on stderr can be overwritten: in a terminal or a notebook."""
    return (sys.stderr is not None and sys.stderr.isatty()) or "ipykernel" in sys.modules


def counted(epochs: range) -> Progress:
    """Return the epochs, counted on stderr: by tqdm if it is installed and visible, else by a line."""
    if live() and importlib.util.find_spec("tqdm") is not None:
        return Bar(epochs)
    return TextLine(epochs)


class Bar:
    """tqdm's bar."""

    def __init__(self, epochs: range) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a notebook without ipywidgets shows the bar as text
            from tqdm.auto import tqdm  # noqa: PLC0415  (an extra, and slow to import)

        self._bar = tqdm(epochs, unit="epoch", leave=False)

    def __iter__(self) -> Iterator[int]:
        """Yield the epochs; remove the bar at the end."""
        yield from self._bar

    def show(self, **figures: float) -> None:
        """Show these figures beside the bar."""
        self._bar.set_postfix({name: f"{x:.4g}" for name, x in figures.items()}, refresh=False)


class TextLine:
    """A line such as ``epoch 120/1000  cost 0.0123``: overwritten if possible, else printed now and then.

    >>> import contextlib, sys
    >>> with contextlib.redirect_stderr(sys.stdout):
    ...     line = TextLine(range(1, 3))
    ...     for epoch in line:
    ...         line.show(cost=1 / epoch)
    epoch 1/2  cost 1
    epoch 2/2  cost 0.5
    """

    def __init__(self, epochs: range) -> None:
        self._epochs, self._live, self._wide = epochs, live(), 0
        self._next, self._epoch = 0.0, 0

    def __iter__(self) -> Iterator[int]:
        """Yield the epochs; remove an overwritten line at the end."""
        try:
            for epoch in self._epochs:
                self._epoch = epoch
                yield epoch
        finally:
            if self._wide:
                self._write("\r" + " " * self._wide + "\r")

    def show(self, **figures: float) -> None:
        """Write the line with these figures, if it is time to."""
        last = len(self._epochs)
        shown = "".join(f"  {name} {x:.4g}" for name, x in figures.items())
        line = f"epoch {self._epoch:>{len(str(last))}}/{last}{shown}"
        if not self._live:
            if self._epoch == 1 or self._epoch % max(last // LINES, 1) == 0:
                self._write(line + "\n")
        elif (now := time.monotonic()) >= self._next:
            self._next = now + REFRESH
            self._write("\r" + line.ljust(self._wide))
            self._wide = max(self._wide, len(line))

    def _write(self, text: str) -> None:
        if sys.stderr is not None:  # a program without a console has none
            sys.stderr.write(text)
            sys.stderr.flush()
