"""An alarm for whatever the reading of a text must not do: run code, load modules, reach for other files."""

import os
import sys
from contextlib import contextmanager, nullcontext

HARMLESS = {
    "builtins.id",
    "object.__getattr__",  # of an attribute that Python itself watches, such as a function's code
    "sys._getframe",
    "gc.get_referents",
}
PATHS = {"open": 1, "os.remove": 1, "os.chmod": 1, "os.truncate": 1, "os.rename": 2}
"""Events of the file system, with the number of paths that they begin with."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class AlarmError(BaseException):
    """Code that was watched did something else; no ``except Exception`` hides it."""


def nothing(_):
    return False


class Guard:
    """Hears what Python's audit hooks tell, and stops all that is not allowed while it watches."""

    def __init__(self):
        self._allowed = None
        self._heard = []
        sys.addaudithook(self._hear)

    @contextmanager
    def watching(self, read=nothing, write=nothing):
        """Allow calculation, and to read and write the files for which these are true; else AlarmError."""
        self._heard, self._allowed = [], (read, write)
        try:
            yield
        finally:
            self._allowed = None
        if self._heard:  # also where the code has caught it
            raise AlarmError(self._heard)

    def _hear(self, event, arguments):
        if self._allowed is not None and not self._is_allowed(event, arguments):
            self._heard.append((event, ascii(arguments)[:200]))
            raise AlarmError(self._heard)

    def _is_allowed(self, event, arguments):
        if event == "compile":  # by ast.parse, which gives a tree; to run it would be "exec"
            return arguments[1] == "<unknown>"
        read, write = self._allowed
        if event == "open" and not arguments[2] & WRITING:
            return isinstance(arguments[0], int) or read(str(arguments[0]))  # an int was open already
        paths = arguments[: PATHS.get(event, 0)]
        return event in HARMLESS or (bool(paths) and all(write(str(path)) for path in paths))


class Asleep:
    """A guard that allows all."""

    def watching(self, *_, **__):
        return nullcontext()
