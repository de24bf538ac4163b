"""A process for each peer: what one peer has loaded, left behind or crashed does not touch the others.

The parent sends pickles to the child's standard input and reads pickles from what was its standard output:
first the function that prepares a program, then a mode of the garbage collector for each run.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

ROOT = Path(__file__).parents[1]
OFF = "gc off"

Answer: TypeAlias = tuple[float, "Sequence[float]"]
"""A cost and its gradients."""

Figures: TypeAlias = dict[str, float]
"""What one run measured: part → number in the table's unit."""


class PeerError(Exception):
    """What went wrong in a worker, in words for the table."""


class Program(NamedTuple):
    """What a peer does: ``answer`` is checked, ``run`` is timed (by itself, part by part)."""

    run: Callable[[], Figures]
    answer: Callable[[], Answer] | None = None


class Worker:
    """One peer's process, as its parent sees it. PeerError where something in it fails."""

    def __init__(self, prepare: Callable[[], Program], *, compiled: bool = False) -> None:
        paths = filter(None, (str(ROOT), *sys.path))  # the child finds what its parent finds
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from benchmarks.worker import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "CHAINRULE_PURE": "" if compiled else "1",
            },
        )
        self._send(prepare)

    def answer(self) -> Answer | None:
        """What the program says; it has been prepared, and will have been run once."""
        found: Answer | None = self._receive()
        return found

    def run(self, mode: str) -> Figures:
        """One run, with the collector on or off."""
        self._send(mode)
        figures: Figures = self._receive()
        return figures

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: object, ___: TracebackType | None) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, message: object) -> None:
        try:
            pickle.dump(message, self._process.stdin)  # type: ignore[arg-type]  # a pipe, as asked for
            self._process.stdin.flush()  # type: ignore[union-attr]  # as above
        except BrokenPipeError:
            raise self._gone() from None

    def _receive(self) -> Any:
        try:
            works, found = pickle.load(self._process.stdout)  # type: ignore[arg-type]  # noqa: S301  (our own child's)
        except EOFError:
            raise self._gone() from None
        if not works:
            raise PeerError(found)
        return found

    def _gone(self) -> PeerError:
        code = self._process.wait()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return PeerError(f"crashes the interpreter ({how})")


@contextmanager
def collector(*, on: bool) -> Iterator[None]:
    """The cyclic garbage collector on or off; afterwards as it was."""
    was_on, thresholds = gc.isenabled(), gc.get_threshold()
    (gc.enable if on else gc.disable)()
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        (gc.enable if was_on else gc.disable)()


def reason(error: Exception) -> str:
    """Why a peer has no figures, in a line."""
    if (
        type(error).__name__ == PeerError.__name__
    ):  # this module has two names in the child: the other's error
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return f"not available: {error}"
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return f"fails: {type(error).__name__}: {first}"[:160]


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """The child: prepare, answer, then run as often as asked, until there is nothing more to read."""
    program = Program(dict)

    def first() -> Answer | None:
        nonlocal program
        program = pickle.load(requests)()  # noqa: S301  (our own parent's)
        answer = program.answer() if program.answer else None
        program.run()
        return answer

    def again(mode: str) -> Figures:
        gc.collect()
        with collector(on=mode != OFF):
            return program.run()

    if not _reply(answers, first):
        return
    while True:
        try:
            mode = pickle.load(requests)  # noqa: S301  (our own parent's)
        except EOFError:
            return
        if not _reply(answers, lambda mode=mode: again(mode)):
            return


def _reply(answers: BinaryIO, function: Callable[[], object]) -> bool:
    try:
        reply = (True, function())
    except Exception as error:  # noqa: BLE001  (whatever a peer raises, the table says it)
        reply = (False, reason(error))
    pickle.dump(reply, answers)
    answers.flush()
    return reply[0]


def main() -> None:
    """The child's life."""
    with os.fdopen(os.dup(1), "wb") as private:
        os.dup2(2, 1)  # what a peer prints must not get between the pickles
        serve(sys.stdin.buffer, private)
