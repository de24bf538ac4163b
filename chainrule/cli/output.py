"""Output of a command: the reader may have left, and the encoding may lack our signs."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from engine.characters import escaped, printable, shown, spelled

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import TextIO

    from engine import Value
    from engine.pictures.page.page import Player


class Output(io.TextIOBase):
    """Standard output for a command: every line is printable and encodable, and writing never fails.

    If the reader leaves, as ``head`` does, or the disk is full, the work continues: from then on nothing is
    written, and ``failure`` holds the reason.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream
        self.failure: OSError | None = None

    @property
    def encoding(self) -> str | None:  # type: ignore[override]  # None for some streams, such as StringIO
        """The encoding of the stream."""
        return getattr(self.stream, "encoding", None)

    @property
    def reader_left(self) -> bool:
        """Whether the reader of a pipe has left; Windows reports that as an invalid argument."""
        broken = isinstance(self.failure, BrokenPipeError)
        return broken or (os.name == "nt" and getattr(self.failure, "errno", 0) == errno.EINVAL)

    def write(self, text: str) -> int:
        """Write text; after a failure, write nothing."""
        shown = spelled("\n".join(map(printable, text.split("\n"))), self.encoding)
        self._unless_failed(lambda stream: stream.write(shown))
        return len(text)

    def flush(self) -> None:
        """Flush the stream, so that a full disk or a closed pipe shows up here, not at exit."""
        self._unless_failed(lambda stream: stream.flush())

    def _unless_failed(self, act: Callable[[TextIO], Any]) -> None:
        if self.stream is None or self.failure or self.stream.closed:  # closed: flushed at exit
            return
        try:
            act(self.stream)
        except OSError as error:
            self.failure = error
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())  # for the rest of its buffer


def complain(text: str) -> None:
    """Write one line to standard error, for any text."""
    if sys.stderr is not None:
        line = printable(" ".join(text.split()))
        with suppress(OSError):
            print(spelled(line, sys.stderr.encoding), file=sys.stderr, flush=True)


def as_json(data: Any) -> str:
    """Return data as JSON, one item per line; in ASCII with escapes if standard output lacks a character."""
    text = escaped(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False))
    return text if shown(text) == text else json.dumps(data, indent=1)


def pictures(C: Value, player: Player | None, options: argparse.Namespace) -> list[str]:
    """Write picture and page of a graph, and open the page, as requested; return a line on each."""
    of = f" of {C.label}" if C.label else ""
    lines = []
    if options.svg:
        from engine.pictures.drawing import OURS  # noqa: PLC0415  (slow, and only for pictures)

        C.backward()
        drawing = C.draw()
        drawing.save(options.svg)
        lines.append(
            f"{options.svg}: the graph{of}, laid out by {drawing.engine.replace(OURS, 'chainrule itself')}"
        )
    if player and options.html:
        player.save(options.html)
        lines.append(f"{options.html}: both passes{of}, to step through in a browser")
    if player and options.film:
        player.save(options.film)
        lines.append(f"{options.film}: both passes{of}, a picture that moves")
    if player and options.show:
        player.show()
        lines.append(f"both passes{of} are open in a browser, to step through")
    return lines
