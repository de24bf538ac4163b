"""The package ``chainrule``: engine's names and nn under one name, and what stands in its way."""

import os
import runpy
import subprocess
import sys
import tomllib
import types
from pathlib import Path

import pytest

import chainrule
import engine
import nn

ROOT = Path(chainrule.__file__).parents[1]
PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def python(folder, *arguments):
    """Run Python in a folder that comes first on its path, as it does for ``python -c`` and ``-m``."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_its_names_are_the_engines():
    """Every public name of engine is the same object here; nn is the networks; there is nothing else."""
    assert sorted(chainrule.__all__) == sorted([*engine.__all__, "nn"])
    for name in engine.PUBLIC:
        assert getattr(chainrule, name) is getattr(engine, name), name
    assert chainrule.nn is nn
    assert set(dir(chainrule)) == {*engine.PUBLIC, "nn", "__version__"}


def test_star_gives_all_names():
    """``from chainrule import *`` gives what ``__all__`` lists."""
    given = {}
    exec("from chainrule import *", given)  # noqa: S102  (a star is for the top level of a module)
    assert {name: given[name] for name in engine.__all__} == {n: getattr(engine, n) for n in engine.__all__}
    assert given["nn"] is nn


def test_a_name_that_is_none():
    """An unknown name is an AttributeError that says so, and an ImportError in an import."""
    with pytest.raises(AttributeError, match="module 'chainrule' has no attribute 'Valu'"):
        _ = chainrule.Valu
    with pytest.raises(ImportError, match="cannot import name 'Valu' from 'chainrule'"):
        exec("from chainrule import Valu", {})  # noqa: S102  (as a user types it)


def test_import_chainrule_is_as_light_as_the_engine():
    """``import chainrule`` loads one module more than ``import engine``; nn comes when used, not NumPy."""
    program = (
        "import sys, engine; before = set(sys.modules)\n"
        "import chainrule; new = set(sys.modules) - before\n"
        "print(*sorted(name for name in new if name.partition('.')[0] not in sys.stdlib_module_names))\n"
        "chainrule.Value; print('nn' in sys.modules)\n"
        "chainrule.nn; print('nn' in sys.modules, 'numpy' in sys.modules)"
    )
    assert python(ROOT, "-c", program)[:2] == (0, "chainrule\nFalse\nTrue False\n")


def test_the_version_is_written_once():
    """The project takes its version from ``chainrule.__version__``."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"] == {"path": "chainrule/__init__.py"}
    assert python(ROOT, "-m", "chainrule", "--version") == (0, f"chainrule {chainrule.__version__}\n", "")


USES = {
    "engine": (
        ["-c", "from nn import MLP"], ["-c", "import nn.losses"], ["-c", "import chainrule"],
        ["-c", "from chainrule import Value"], ["-m", "chainrule", "trace"],
    ),
    "nn": (
        ["-c", "from chainrule import nn"], ["-c", "import chainrule; chainrule.nn.MLP"],
        ["-m", "chainrule", "trace"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "use"), [(name, use) for name, uses in USES.items() for use in uses])
@pytest.mark.parametrize("file", ["{}.py", "{}/__init__.py"])
def test_a_file_in_the_way_is_named(name, use, file, tmp_path):
    """Beside a learner's own engine.py or nn.py, or a package, the last line of the error names that file."""
    stray = tmp_path / file.format(name)
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("class Value:\n    pass\n")
    code, out, err = python(tmp_path, *use)
    assert (code, out) == (1, "")
    last = err.splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert last.endswith(f"but Python found another {name} first; rename or move {stray}")


@pytest.mark.parametrize("package", [chainrule, nn], ids=["chainrule", "nn"])
def test_an_engine_from_elsewhere_is_refused(package, tmp_path, monkeypatch):
    """The error has the name and the path of what stands in the way, for tools that read them."""
    stray = types.ModuleType("engine")
    stray.__file__ = str(tmp_path / "engine.py")
    monkeypatch.setitem(sys.modules, "engine", stray)
    with pytest.raises(ImportError, match="rename or move") as refused:
        runpy.run_path(package.__file__)
    assert (refused.value.name, refused.value.path) == ("engine", stray.__file__)
