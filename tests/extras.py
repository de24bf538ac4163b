"""Tests that need packages which are not installed: they are left out or skipped, and it is said.

In a full run with CI set nothing is: what is missing makes it fail.
"""

import ast
import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROMISED = False
"""Whether this run promises every test: a full one with CI set (``conftest.py`` says so)."""


def left_out():
    """The files of this folder that cannot be imported here, each with the packages it lacks."""
    if PROMISED:
        return {}
    lacking = {path: _missing(name) for name, path in _ours().items()}
    return {path: packages for path, packages in lacking.items() if packages}


def need(package):
    """Import a package; where there is none, the test is skipped or fails."""
    return import_module(package) if find_spec(package.partition(".")[0]) else missing(package)


def missing(what):
    """Skip the test for want of a package or program; fail where it is promised."""
    if PROMISED:
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"no {what} here; with CI and --full, this fails")


@cache
def _ours():
    return {path.stem: path for path in sorted(HERE.rglob("*.py"))}


def _missing(module):
    """Packages that a module here needs when it is imported, also by way of others here, and that are not."""
    found, seen, left = set(), set(), [module]
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        path = _ours().get(name)
        if path:
            left += _imported(path)
        elif name not in sys.stdlib_module_names and find_spec(name) is None:
            found.add(name)
    return found


@cache
def _imported(path):
    found = []
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Import):
            found += [alias.name.partition(".")[0] for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            found.append(statement.module.partition(".")[0])
    return found
