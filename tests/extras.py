"""Tests for whose imports packages of the extra `test` are missing: they are left out, and it is said."""

import ast
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def left_out():
    """The files of this folder that cannot be imported here, each with the packages it lacks.

    With CI set none is left out: what is missing makes them fail.
    """
    if "CI" in os.environ:
        return {}
    lacking = {str(path.relative_to(HERE)): _missing(path.stem) for path in sorted(HERE.rglob("*.py"))}
    return {name: packages for name, packages in lacking.items() if packages}


def need(package):
    """Import a package; where it is missing skip the test, with CI set fail."""
    if "CI" in os.environ:
        return import_module(package)
    return pytest.importorskip(package, reason=f"no {package} here; where CI is set, this fails")


def _missing(module):
    """Packages that a module here needs when it is imported, also by way of others here, and that are not."""
    found, seen, left = set(), set(), [module]
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        path = next(HERE.rglob(f"{name}.py"), None)
        if path:
            left += _imported(path)
        elif name not in sys.stdlib_module_names and find_spec(name) is None:
            found.add(name)
    return found


def _imported(path):
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            yield statement.module.partition(".")[0]
