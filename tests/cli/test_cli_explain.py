"""``chainrule explain``: its options, and what it refuses."""

import json
import math

import pytest
from test_cli import python, refusal

from chainrule import cli
from engine import Value, chain, graph
from engine.chain.steps import steps
from engine.chain.tree import tree
from engine.parsing.parser import parse
from engine.pictures.page.page import play

NEURON = "(sigmoid(w*a + b) - y)**2"
AT = ["--at", "w=0.5", "a=0.88", "b=0.1", "y=1"]


def run(capsys, *arguments):
    assert cli.main(["explain", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def told(capsys, *arguments):
    return json.loads(run(capsys, *arguments, "--json"))


def neuron():
    C = parse(NEURON, w=0.5, a=0.88, b=0.1, y=1)
    C.label = "C"
    return C, {leaf.label: leaf for leaf in graph.leaves(C)}


def below(C, w, **manner):
    """The derivative as it stands below a forward pass, which says what v_1 is."""
    (found,) = chain.explanations(C, [w], defines=False, **manner)
    return found


def test_the_neuron(capsys):
    """Forward pass and derivative of the documents' neuron, as `engine.chain` tells them."""
    C, leaf = neuron()
    out = run(capsys, NEURON, *AT, "--wrt", "w")
    assert out == f"{chain.forward(C, through='named')}\n\n{below(C, leaf['w'])}\n"
    assert "∂C/∂w" in out
    assert "−0.150744" in out
    assert "0.135562" in out
    assert max(map(len, out.splitlines())) <= 80


def test_all_names_in_their_order(capsys):
    """Without --wrt every name has its derivative, in the order in which the names occur."""
    C, leaf = neuron()
    out = run(capsys, NEURON, "--at", "y=1", "b=0.1", "--at", "a=0.88", "w=0.5")
    parts = [
        chain.forward(C, through="named"),
        *(below(C, leaf[name]) for name in ("w", "a", "b", "y")),
    ]
    assert out == "\n\n".join(map(str, parts)) + "\n"


def test_wrt_chooses(capsys):
    """--wrt takes several names, also several times; each has its derivative once, in the order asked for."""
    C, leaf = neuron()
    out = run(capsys, NEURON, *AT, "--wrt", "y", "w", "--wrt", "y")
    parts = [chain.forward(C, through="named"), below(C, leaf["y"]), below(C, leaf["w"])]
    assert out == "\n\n".join(map(str, parts)) + "\n"


def test_latex(capsys):
    """--latex prints the same parts for a document."""
    C, leaf = neuron()
    out = run(capsys, NEURON, *AT, "--wrt", "w", "--latex")
    assert out == f"{chain.forward(C, through='named').latex()}\n\n{below(C, leaf['w']).latex()}\n"
    assert r"\frac{\partial C}{\partial w}" in out


def test_written_out(capsys):
    """--written-out prints what the prime stands for."""
    C, leaf = neuron()
    out = run(capsys, NEURON, *AT, "--wrt", "w", "--written-out")
    assert out.endswith(f"\n\n{below(C, leaf['w'], prime=False)}\n")
    assert "σ′" in run(capsys, NEURON, *AT, "--wrt", "w")
    assert "σ′" not in out


def test_json(capsys):
    """--json prints the expression, the forward pass and the derivatives as data."""
    C, leaf = neuron()
    assert '"∂C/∂w"' in run(capsys, NEURON, *AT, "--json")
    data = told(capsys, NEURON, *AT, "--wrt", "w", "b")
    expected = {
        "expression": NEURON,
        **chain.forward(C, through="named").to_dict(),
        "derivatives": [chain.explain(C, leaf[name]).to_dict() for name in ("w", "b")],
    }
    assert data == json.loads(json.dumps(expected))


def test_json_knows_no_infinity(capsys):
    """Where a number is infinite or NaN, the JSON says "Infinity" or "NaN", and is JSON all the same."""

    def no_constant(name):
        raise AssertionError(name)

    out = run(capsys, "sqrt(x)*y", "--at", "x=0", "y=1", "--json")
    assert '"Infinity"' in out
    json.loads(out, parse_constant=no_constant)


def test_tree(capsys):
    """--tree prints the graph from the root down, with its gradients."""
    C, _ = neuron()
    C.backward()
    assert run(capsys, NEURON, *AT, "--tree") == f"{tree(C)}\n"


@pytest.mark.parametrize("order", [None, "topological", "depth-first"])
def test_steps(capsys, order):
    """--steps prints the backward pass line by line, in the right order unless a wrong one is asked for."""
    x = Value(3.0, label="x")
    u = x * x
    u.label = "u"
    C = u + u * u
    C.label = "C"
    out = run(capsys, "u + u*u", "--where", "u=x*x", "--at", "x=3", "--steps", *filter(None, [order]))
    wrong = order if order == "depth-first" else None
    assert out.splitlines() == "\n".join(map(str, steps(C, wrong))).splitlines()
    assert (out == run(capsys, "u + u*u", "--where", "u=x*x", "--at", "x=3", "--steps")) == (wrong is None)


def test_where_names_the_parts(capsys):
    """--where gives the parts names, one after the other; derivatives by the parts come when asked for."""
    w, x, b, y = (Value(x, label=name) for name, x in zip("wxby", (0.5, 0.88, 0.1, 1.0), strict=True))
    z = w * x + b
    a = z.sigmoid()
    C = (a - y) ** 2
    z.label, a.label, C.label = "z", "a", "C"
    arguments = [
        "(a - y)**2",
        "--where",
        "z=w*x + b",
        "a = sigmoid(z)",
        "--at",
        "w=0.5",
        "x=0.88",
        "b=0.1",
        "y=1",
    ]
    by = [chain.explain(C, node) for node in (w, x, b, y)]
    assert run(capsys, *arguments) == "\n\n".join(map(str, [chain.forward(C, through="named"), *by])) + "\n"
    out = run(capsys, *arguments, "--wrt", "z", "w")
    assert out == f"{chain.forward(C, through='named')}\n\n{chain.explain(C, z)}\n\n{by[0]}\n"
    assert "∂C/∂z = " in out


def test_where_of_a_name_or_a_number(capsys):
    """Another name for a leaf is that leaf, with its first name; a number gets the name."""
    out = run(capsys, "u*v", "--where", "u=x", "v=clip(1/4, lo=0, hi=1)", "--at", "x=2", "--tree")
    assert "x = 2" in out
    assert "v = 0.25" in out


def test_names_are_those_of_python(capsys):
    """A name is told apart from others as Python does it: ϕ is φ."""
    assert "∂C/∂" in run(capsys, "φ*θ", "--at", "ϕ=2", "--where", "ϑ=ϕ**2")


@pytest.mark.parametrize(("expression", "at", "root"), [
    ("2*x", "x=3", "C"), ("2*C", "C=3", "L"), ("x", "x=3", "x"), ("3", None, "C"),
])  # fmt: skip
def test_the_roots_name(capsys, expression, at, root):
    """The root is C; where C is a name of the expression, another letter; a name alone keeps its own."""
    out = run(capsys, expression, *(["--at", at] if at else []), "--tree")
    assert out.startswith(f"{root} = ")


def test_a_name_alone(capsys):
    """A name alone has no forward pass, and the derivative 1 by itself."""
    x = Value(3.0, label="x")
    assert run(capsys, "x", "--at", "x=3") == f"{chain.explain(x, x)}\n"
    assert told(capsys, "x", "--at", "x=3")["forward"] == []


def test_names_given_at_several_places(capsys):
    """``--at`` may come several times, with blanks around the sign; a name with two numbers is refused."""
    once = run(capsys, "x*y", "--at", "x=2", "y=3")
    assert run(capsys, "x*y", "--at", "y = 3", "--at", "x= 2") == once
    assert cli.main(["explain", "x*y", "--at", "x=7", "y=3", "--at", "x=2"]) == 2
    assert capsys.readouterr().err == "chainrule explain: x was given two values; give it one\n"


def test_a_minus_sign_at_the_beginning(capsys):
    """After ``--`` an expression may begin with a minus sign; with a blank in it, anywhere."""
    assert run(capsys, "--at", "x=3", "--", "-x**2") == run(capsys, "-x **2", "--at", "x=3")


def test_in_a_process():
    """``python -m chainrule explain`` is the command."""
    out, err = python("explain", NEURON, *AT, "--wrt", "w", env={"PYTHONIOENCODING": "utf-8"}).communicate()
    assert err == b""
    assert "−0.150744" in out.decode()


def test_an_expression_that_is_too_deep_cannot_be_explained(capsys):
    """Thousands of signs in a row are refused in one line, and nothing recurses."""
    assert "expression" in refusal(capsys, "explain", "-" * 9999 + "x")


@pytest.mark.parametrize("form", [[], ["--tree"], ["--steps"], ["--latex"], ["--json"]])
def test_html(capsys, tmp_path, form):
    """--html also writes the page of ``play``, beside any form; what programs read gets no line more."""
    page = tmp_path / "page.html"
    without = run(capsys, "log(x)/x", "--at", "x=2", *form)
    out = run(capsys, "log(x)/x", "--at", "x=2", *form, "--html", str(page))
    said = (
        "" if form in (["--latex"], ["--json"]) else f"\n{page}: both passes, to step through in a browser\n"
    )
    assert out == without + said
    assert page.read_text(encoding="utf-8") == play(parse("log(x)/x", x=2)).html


def test_the_numbers_are_right(capsys):
    """The derivatives as data are those of a finite difference."""
    data = told(capsys, "exp(x)*sin(y)/(1 + x**2)", "--at", "x=0.5", "y=0.75")
    assert len(data["derivatives"]) == 2

    def f(x, y):
        return math.exp(x) * math.sin(y) / (1 + x**2)

    h = 1e-6
    slopes = [(f(0.5 + h, 0.75) - f(0.5 - h, 0.75)) / 2 / h, (f(0.5, 0.75 + h) - f(0.5, 0.75 - h)) / 2 / h]
    assert [d["value"] for d in data["derivatives"]] == pytest.approx(slopes, rel=1e-8)


def test_film(capsys, tmp_path):
    """--film writes both passes as one picture that moves, and refuses another ending before any work."""
    file = tmp_path / "film.svg"
    out = run(capsys, "log(x)/x", "--at", "x=2", "--film", str(file))
    assert out.endswith(f"\n{file}: both passes, a picture that moves\n")
    assert "@keyframes" in file.read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        run(capsys, "x", "--at", "x=2", "--film", "film.mp4")
    assert "expected a file that ends in .svg or .gif, got 'film.mp4'" in capsys.readouterr().err


def test_svg_and_show(capsys, tmp_path, monkeypatch):
    """--svg writes the graph, --show opens both passes in a browser; each is told in a line."""
    opened, file = [], tmp_path / "graph.svg"
    monkeypatch.setattr("engine.showing.webbrowser.open", lambda address: opened.append(address) or True)
    out = run(capsys, "log(x)/x", "--at", "x=2", "--svg", str(file), "--show")
    assert f"\n{file}: the graph, laid out by chainrule itself\n" in out
    assert out.endswith("\nboth passes are open in a browser, to step through\n")
    assert file.read_text(encoding="utf-8").startswith("<svg")
    assert len(opened) == 1


LAYERED = "(a^(2) - y)**2"
LAYERS = [
    *("--where", "z^(2)=w_10^(2)*a^(1) + b^(2)", "a^(2)=sigmoid(z^(2))"),
    *("--at", "w_10^(2)=0.5", "a^(1)=0.6", "b^(2)=0.1", "y=1"),
]


def layered():
    """The same, as a program writes it."""
    w, a, b, y = (Value(x, label=l) for x, l in [(0.5, "w_10^(2)"), (0.6, "a^(1)"), (0.1, "b^(2)"), (1, "y")])
    z = w * a + b
    z.label = "z^(2)"
    h = z.sigmoid()
    h.label = "a^(2)"
    return (h - y) ** 2, w


@pytest.mark.parametrize("notation", ["w_jk^(l)", "w_jk^l", "from-to"])
@pytest.mark.parametrize("layers", ["numbers", "L"])
def test_names_with_layers(capsys, notation, layers):
    """w_10^(2) is a name in an expression, and is written in any of the notations."""
    C, w = layered()
    manner = {"notation": notation, "layers": layers}
    out = run(capsys, LAYERED, *LAYERS, "--wrt", "w_10^(2)", "--notation", notation, "--layers", layers)
    assert out == f"{chain.forward(C, through='named', **manner)}\n\n{below(C, w, **manner)}\n"
    assert ("^(L)" in out or "^L" in out) == (layers == "L")


@pytest.mark.parametrize(
    ("option", "form"),
    [
        ("--nested", lambda told: told.nested()),
        ("--delta", lambda told: told.nested(delta=True)),
        ("--matrix", lambda told: told.matrix()),
    ],
)
def test_the_other_forms(capsys, option, form):
    """Nested, in terms of δ, and as matrices: as text, LaTeX and data; the layer's number is the label's."""
    C, w = layered()
    expected = form(below(C, w))
    out = run(capsys, LAYERED, *LAYERS, "--wrt", "w_10^(2)", option)
    assert out.endswith(f"\n\n{expected}\n")
    assert "∂C/∂w_10^(2) = " in out or "∂C/∂w^(2) = " in out
    latex = run(capsys, LAYERED, *LAYERS, "--wrt", "w_10^(2)", option, "--latex")
    assert latex.endswith(f"{expected.latex()}\n")
    data = told(capsys, LAYERED, *LAYERS, "--wrt", "w_10^(2)", option)
    assert data["derivatives"] == [expected.to_dict()]


def test_terms_by_size(capsys):
    """A sum's terms in the order of their index, or the largest first."""
    sum_ = ["u + v*10", "--where", "u=2*x", "v=3*x", "--at", "x=1"]
    by_index, by_size = (run(capsys, *sum_, "--terms", terms) for terms in ("index", "size"))
    assert by_index.index("∂u/∂x") < by_index.index("∂v/∂x")
    assert by_size.index("∂v/∂x") < by_size.index("∂u/∂x")


def test_what_is_wrong_is_said_with_the_layers_names(capsys):
    """A message shows the text as it was typed; a name without a layer keeps its place beside it."""
    where = ["--where", "z^(2)=w^(2)*w", "a^(2)=sigmoid(z^(2)", "--at", "w^(2)=1", "w=2"]
    assert "at '(z^(2)'" in refusal(capsys, "explain", LAYERED, *where)
    assert "= 6" in run(capsys, "w^(2)*w*w__2__", "--at", "w^(2)=1", "w=2", "w__2__=3")
    assert "a power is written **" in refusal(capsys, "explain", "w^(2)", "--at", "w=1")
