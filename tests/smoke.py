"""A smoke test of an installed chainrule: run by a Python that has it, from anywhere but the checkout."""

import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import engine
import nn
from engine import Value
from nn import equations

assert "site-packages" in engine.__file__, f"engine comes from {engine.__file__}, not from an installation"
assert Path(engine.__file__).with_name("py.typed").exists()
assert Path(nn.__file__).with_name("py.typed").exists()

x = Value(3.0, label="x")
y = x**3
y.backward()
assert x.grad == 27.0
assert "<svg" in y.draw().svg
assert equations.__doc__

command = str(Path(sys.executable).with_name("chainrule"))
with tempfile.TemporaryDirectory() as folder:
    picture = Path(folder) / "chain.svg"
    told = subprocess.run(
        [command, "trace", "--svg", str(picture)],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    ).stdout
    assert told.count(": ok]") == 6, told
    assert picture.read_text(encoding="utf-8").count('class="edge"') == 13
    subprocess.run([command, "train", "xor", "--epochs", "5"], cwd=folder, check=True, capture_output=True)
    assert (Path(folder) / "xor-model.json").exists()

print(f"chainrule {version('chainrule')}: the installed package works")
