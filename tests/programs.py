"""The programs that lay pictures out, one at a time."""

import os
import shutil
from contextlib import contextmanager
from unittest import mock

import pytest


def program(name):
    """What CHAINRULE_DOT must say to use one engine and no other."""
    if name == "own":
        return "own"
    found = shutil.which(name)
    if not found and "CI" not in os.environ:
        pytest.skip("no Graphviz here; where CI is set, this fails")
    assert found, f"{name} is not installed"
    return found


@contextmanager
def drawn_by(name):
    """The environment in which one engine draws; make sure that it did."""
    with mock.patch.dict(os.environ, {"CHAINRULE_DOT": program(name)}):
        yield {"own": "own layout"}.get(name, program(name))
