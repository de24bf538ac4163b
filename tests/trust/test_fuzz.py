"""Fuzzing, guided by coverage and watched by an alarm: expressions, CSV files, model files, labels.

Each target runs for a few seconds, in a process of its own, and each time with the same inputs; or for
``CHAINRULE_FUZZ`` seconds with any. Where there is no fuzzer its seeds alone are run. What a longer run has
found is a case of an ordinary test by now.
"""

import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import extras
import pytest
from fuzz import FEW
from fuzz_targets import TARGETS
from packaging.requirements import Requirement

HERE = Path(__file__).parents[1]
SECONDS = os.environ.get("CHAINRULE_FUZZ")
RUNS = dict.fromkeys(TARGETS, "2000x") | {"labels": "150x"}  # each draws or prints a whole graph
MEMORY = Path("/dev/shm")  # noqa: S108  (the system's own name for it)
FUZZER = "atheris"
FOUND = 77  # libFuzzer's exit code for an exception


def fuzzer_is_here():
    """Whether it is installed; where all is promised, it must be wherever the extra `dev` asks for it."""
    here = importlib.util.find_spec(FUZZER) is not None
    asked = map(Requirement, importlib.metadata.requires("chainrule"))
    markers = [requirement.marker for requirement in asked if requirement.name == FUZZER]
    assert markers
    if not here and extras.PROMISED and any(marker.evaluate({"extra": "dev"}) for marker in markers):
        extras.missing(FUZZER)
    return here


def ran(*command):
    """A finished process; what it wrote is shown where a test fails."""
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True,
        check=False,
        timeout=900,
        cwd=HERE,
        env=os.environ
        if SECONDS
        else os.environ | {"PYTHONHASHSEED": "0"},  # the order of sets is coverage, too
    )
    told = (done.stdout + done.stderr).decode(errors="replace")
    print(told[-6000:])
    return done.returncode, told


@pytest.fixture
def folder():
    """A folder in memory where there is one: to write many small files on a disk takes most of the time."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_goes_wrong(name, folder):
    """Whatever comes in: a result or an error that is documented, nothing executed, no other file touched."""
    length = (SECONDS or RUNS[name]) if fuzzer_is_here() else "0"
    code, told = ran(HERE / "fuzz.py", name, length, folder)
    assert code == 0
    if length != "0":
        assert int(re.search(r"number_of_executed_units: (\d+)", told)[1]) > 2 * FEW


PLANTED = """
import sys, atheris
from pathlib import Path
import fuzz, fuzz_targets

@atheris.instrument_func
def planted(content, folder, guard):
    if content[:1] == b"(":
        if content[1:2] == b"x":
            if content[2:3] == b")":
                with guard.watching():
                    eval("1")

fuzz_targets.TARGETS["planted"] = planted, [b"1"], ["w"]
fuzz.fuzz("planted", "60", Path(sys.argv[1]), "-seed=1")
"""


@pytest.mark.slow
def test_a_planted_fault_is_found(tmp_path):
    """The fuzzer finds by coverage what chance would not (one in 2²⁴), and the alarm stops it."""
    if not fuzzer_is_here():
        pytest.skip(f"no {FUZZER} here")
    code, told = ran("-c", PLANTED, tmp_path)
    assert code == FOUND
    assert "AlarmError" in told
    (found,) = tmp_path.glob("crash-*")
    assert found.read_bytes()[:3] == b"(x)"


MISDEEDS = {
    "exec": "exec('1')",
    "eval": "eval('1')",
    "eval of a tree": "eval(compile(ast.parse('1', mode='eval'), '<unknown>', 'eval'))",
    "import": "import antigravity",
    "open": "open(sys.executable)",
    "open for writing": "open(named, 'a')",
    "open with flags": "os.open(named, os.O_RDWR)",
    "shell": "os.system('true')",
    "process": "subprocess.Popen(['true'])",
    "network": "socket.socket()",
    "remove": "os.remove(named)",
    "rename": "os.rename(named, named + '2')",
    "list": "os.listdir(folder)",
    "make": "os.mkdir(folder + '/new')",
    "link": "os.symlink(named, folder + '/new')",
    "pickle": "pickle.loads(pickle.dumps(os.path.join))",
    "native code": "ctypes.CDLL(None)",
    "temporary file": "tempfile.mkstemp()",
    "caught": "try:\n    open(sys.executable)\nexcept BaseException:\n    pass",
}
WATCHED = """
import ast, ctypes, json, os, pickle, socket, subprocess, sys, tempfile
from fuzz_guard import AlarmError, Guard
folder, texts = sys.argv[1], json.loads(sys.argv[2])
named = folder + "/named"
open(named, "w").close()
programs = {name: compile(f"def misdeed():\\n    " + text.replace("\\n", "\\n    "), name, "exec")
            for name, text in texts.items()}
guard, missed = Guard(), []
with guard.watching(read={named}.__contains__):
    assert ast.parse("1 + 1") and open(named).read() == "" and sorted([2, 1])
for name, program in programs.items():
    exec(program)
    try:
        with guard.watching(read={named}.__contains__):
            misdeed()
    except AlarmError:
        continue
    missed.append(name)
print(missed, os.listdir(folder))
"""


def test_the_alarm(tmp_path):
    """Each of these is heard and stopped, also where the code catches it; what is allowed goes on."""
    command = [sys.executable, "-c", WATCHED, str(tmp_path), json.dumps(MISDEEDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=HERE)
    assert done.stdout == "[] ['named']\n"


def test_what_security_names_is_there():
    """Each file that SECURITY.md names is there, and goes with it into the source distribution."""
    text = (HERE.parent / "SECURITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"tests/[\w/]+\.py", text))
    assert len(named) > 10
    assert all((HERE.parent / name).is_file() for name in named)
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert "SECURITY.md" in project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
