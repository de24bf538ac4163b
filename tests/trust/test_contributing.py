"""What CONTRIBUTING.md and README.md promise holds: the worked example works, the picture is today's."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import engine
from engine import draw
from nn import MLP
from nn.losses import squared_error

ROOT = Path(__file__).parents[2]

USES = """
import math, pickle
import engine
from engine import Value, gradcheck
x = Value(0.7, label="x")
y = x.sinc()
assert y.data == engine.sinc(0.7) == math.sin(0.7) / 0.7
assert pickle.loads(pickle.dumps(y)).rule == engine.rules.sinc
assert [row.verdict for row in gradcheck(y).rows] == ["ok"]
x.data = 0.9
y.refresh()
assert y.data == engine.sinc(0.9)
told, slope = str(engine.parse("sinc(x)", {"x": x}).explain(x)).split("\\n")
assert told == "∂C/∂x = (cos(x) − sin(x)/x)/x", told
assert slope.startswith("      = −0.276393"), slope
assert "sinc" in str(engine.rules_table("sinc"))
h = 1e-4
curve = (engine.sinc(0.9 + h) - 2 * engine.sinc(0.9) + engine.sinc(0.9 - h)) / h**2
assert abs(engine.grad(engine.grad(y)).data - curve) < 1e-6
try:
    engine.sinc(0.0)
except ZeroDivisionError as error:
    assert "sinc: division by zero at x = 0.0; its domain is x ≠ 0" in str(error)
print("sinc works")
"""


def blocks():
    """The Python code blocks of CONTRIBUTING.md: the rule, then the line in Value."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_an_elementary_function_takes_two_edits(tmp_path):
    """The two edits of the example, made on a copy of the engine, give method, function and all the rest."""
    rule, line = blocks()
    source = Path(engine.__file__).parent
    shutil.copytree(source, tmp_path / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    elementary, value = tmp_path / "engine/rules/elementary.py", tmp_path / "engine/value.py"
    elementary.write_text(f"{elementary.read_text(encoding='utf-8')}\n\n{rule}", encoding="utf-8")
    before = "    sin, cos, tan ="
    text = value.read_text(encoding="utf-8")
    assert text.count(before) == 1
    value.write_text(text.replace(before, line + before), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", USES],
        cwd=tmp_path,
        env=os.environ | {"CHAINRULE_PURE": "1"},  # a compiled core knows the rules that it was built from
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("sinc works\n", "")


def test_the_picture_in_the_readme_is_what_the_command_draws(tmp_path):
    """docs/images/chain.svg is the film of the default network as it is drawn today, and small."""
    command = [sys.executable, "-m", "chainrule", "trace", "--film", str(tmp_path / "chain.svg")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    film = (tmp_path / "chain.svg").read_bytes()
    assert film == (ROOT / "docs/images/chain.svg").read_bytes()
    assert len(film) <= 300_000


def test_a_network_s_graph_has_one_node_per_symbol():
    """The 1-1-1-1 chain has exactly the documents' symbols: a⁰, and w, b, z, a of each layer, y and C₀."""
    C = squared_error(MLP(1, [1, 1, 1], activation="sigmoid", output_activation="sigmoid")([0.5]), 1.0)
    C.label = "C_0"
    names = {box.rows[0] for box in draw(C).diagram.boxes}
    assert names == {"a^(0)", "y", "C_0"} | {f"{s}^({l})" for s in "wbza" for l in (1, 2, 3)}
