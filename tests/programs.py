"""The programs that lay pictures out, one at a time."""

import os
import shutil
from contextlib import contextmanager
from unittest import mock

from extras import missing


def program(name):
    """What CHAINRULE_DOT must say to use one engine and no other."""
    if name == "own":
        return "own"
    return shutil.which(name) or missing(name)


@contextmanager
def drawn_by(name):
    """The environment in which one engine draws; make sure that it did."""
    with mock.patch.dict(os.environ, {"CHAINRULE_DOT": program(name)}):
        yield {"own": "own layout"}.get(name, program(name))
