"""A smoke test of an installed chainrule: run by a Python that has it, from anywhere but the checkout."""

import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import chainrule
import engine
import nn
from engine import Value
from nn import equations


def the_installed_package():
    """engine and nn come from the environment, not from the checkout, and say that they are typed."""
    assert "site-packages" in engine.__file__, (
        f"engine comes from {engine.__file__}, not from an installation"
    )
    assert Path(engine.__file__).with_name("py.typed").exists()
    assert Path(nn.__file__).with_name("py.typed").exists()
    assert Path(chainrule.__file__).with_name("py.typed").exists()
    assert chainrule.__version__ == version("chainrule")
    assert equations.ACTIVATIONS.keys() == nn.ACTIVATIONS.keys()


def the_engine():
    """A cube has slope 27 at 3, and a picture."""
    x = Value(3.0, label="x")
    y = x**3
    y.backward()
    assert x.grad == 27.0
    assert "<svg" in y.draw().svg


def the_command(folder):
    """The command traces the chain, draws its 14 edges, writes a page to step through, and trains."""
    command, picture = str(Path(sys.executable).with_name("chainrule")), folder / "chain.svg"
    traced = [command, "trace", "--svg", str(picture), "--html", str(folder / "chain.html")]
    told = subprocess.run(traced, capture_output=True, check=True, encoding="utf-8").stdout
    assert told.count(": ok]") == 6, told
    assert picture.read_text(encoding="utf-8").count('class="edge ') == 14
    assert "function evaluate" in (folder / "chain.html").read_text(encoding="utf-8")
    trained = [command, "train", "xor", "--epochs", "5", "--html", "xor.html"]
    subprocess.run(trained, cwd=folder, check=True, capture_output=True)
    assert "function mount" in (folder / "xor.html").read_text(encoding="utf-8")
    assert (folder / "xor-model.json").exists()


if __name__ == "__main__":
    the_installed_package()
    the_engine()
    with tempfile.TemporaryDirectory() as scratch:
        the_command(Path(scratch))
    print(f"chainrule {version('chainrule')}: the installed package works")
