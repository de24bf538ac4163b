"""What a tape says of itself, and the texts that it gives."""

import random

import numpy as np
import pytest

import engine
from engine import Value, rules
from engine.rules.rule import REGISTRY, rule
from engine.tape import Tape, program
from nn import MLP, losses


def network(*examples):
    """The average hinge cost of a small network over examples, its inputs if there is one, its parameters."""
    model = MLP(2, [16, 16, 1], rng=random.Random(1))
    leaves = [Value(0.5), Value(-0.25), Value(1.0)]
    if not examples:
        return losses.hinge(model(leaves[:2]), leaves[2]), leaves, model.parameters()
    C = engine.mean([losses.hinge(model(x), y) for x, y in examples])
    return C, [], model.parameters()


def test_print_shows_the_layers_of_a_network():
    """One line for each level: how many nodes of which rule, and the matrix that they are."""
    assert str(Tape(*network())).splitlines() == [
        "406 nodes on 6 levels: 337 parameters, 3 varying leaves, 66 computed",
        "level 1: 16 × affine → W(16×2) a + b",
        "level 2: 16 × relu",
        "level 3: 16 × affine → W(16×16) a + b",
        "level 4: 16 × relu",
        "level 5: 1 × affine → W(1×16) a + b",
        "level 6: 1 × hinge, node by node",
    ]


def test_print_shows_unrolled_examples_as_columns():
    """Where the graph holds all examples, W multiplies a matrix with a column for each; and their average."""
    lines = str(Tape(*network(*[([0.1 * k, 1.0], 1.0) for k in range(200)]))).splitlines()
    assert lines[1] == "level 1: 3,200 × affine → W(16×2) A(2×200) + b"
    assert lines[6:] == ["level 6: 200 × hinge", "level 7: 1 × mean → 0.005 Σ a over 200 terms"]


def test_print_shows_stacked_products_and_parameters_of_rules():
    """Products of one shape are told together; a rule's numbers stand behind its name."""
    x = [Value(0.1 * k) for k in range(200)]
    pairs = [engine.dot(x[4 * k : 4 * k + 2], x[4 * k + 2 : 4 * k + 4]) for k in range(50)]
    text = str(Tape(engine.total([p**3 for p in pairs] * 2), params=x))
    assert "50 × dot → 50 times W(1×2) a\n" in text
    assert "50 × power(n=3)" in text


def test_long_tapes_are_shortened():
    """The first and the last lines, and how many are left out."""
    x = Value(0.5)
    C = x
    for _ in range(60):
        C = engine.total([C.sin() * (0.1 * k) for k in range(60)])
    lines = str(Tape(C, params=[x])).splitlines()
    assert len(lines) == 42
    assert lines[21] == "… 81 more …"


def test_repr_is_one_line():
    """The REPL shows counts, and how to see more."""
    C, inputs, params = network()
    shown = repr(Tape(C, inputs, params))
    assert shown == "<Tape of 337 parameters and 3 inputs; print it to see its levels>"


def test_source_in_both_forms_gives_the_cost_and_gradient():
    """Node by node with the bits of the engine, in matrix form to rounding; another form is refused."""
    C, inputs, params = network()
    tape = Tape(C, inputs, params)
    C.backward()
    numbers = [p.data for p in params]
    by_nodes, by_matrices = {}, {}
    exec(tape.source(), by_nodes)  # noqa: S102  (the text is what is tested)
    exec(tape.source("matrix"), by_matrices)  # noqa: S102  (as above)
    cost, gradient = by_nodes["cost_and_gradient"](*numbers, *(x.data for x in inputs))
    assert (cost, gradient) == (C.data, tuple(p.grad for p in params))
    cost, gradient = by_matrices["cost_and_gradient"](np.array(numbers), np.array([x.data for x in inputs]))
    assert cost == pytest.approx(C.data, rel=1e-12)
    assert gradient == pytest.approx([p.grad for p in params], rel=1e-12, abs=1e-15)
    with pytest.raises(ValueError, match='form must be "nodes" or "matrix", got \'latex\''):
        tape.source("latex")


def test_sources_keep_the_constants_of_the_recording():
    """A constant that is edited later stays what it was, in both forms."""
    w, c = Value(2.0, label="w"), Value(3.0, label="c")
    tape = Tape(w * c, params=[w])
    c.data = 100.0
    found = {}
    exec(tape.source(), found)  # noqa: S102  (the text is what is tested)
    assert found["cost_and_gradient"](2.0) == (6.0, (3.0,))
    exec(tape.source("matrix"), found)  # noqa: S102  (as above)
    assert found["cost_and_gradient"](np.array([2.0]))[0] == 6.0


@pytest.fixture
def looking():
    """A rule of a user's own that looks at its operand, entered into the registry for one test."""

    @rule()
    def bent(_, x):
        """3 x above 0, else x."""
        return (3 * x, (3.0,)) if x > 0 else (x, (1.0,))

    yield bent
    del REGISTRY["bent"]


def test_a_rule_that_looks_at_its_operand_is_walked(looking):
    """It cannot be compiled, so it never is: the replay goes on as it began."""
    x = Value(1.0)
    tape = Tape(engine.apply(looking, x) * x, params=[x])
    for _ in range(10):
        assert tape([2.0]) == (12.0, pytest.approx([12.0]))
        assert tape([-2.0]) == (4.0, pytest.approx([-4.0]))
    assert "bent" not in dir(rules)


def test_large_arrays_are_given_back(monkeypatch):
    """A run's arrays are kept for the next one, unless they are too large; results are the same."""
    w, x = Value(0.5), Value(1.0)
    tape = Tape((w * x).tanh(), inputs=[x], params=[w])
    rows = np.linspace(0, 1, 50).reshape(-1, 1)
    first = tape([0.5], rows)
    assert [list(made._idle) for made in tape._programs.values()] == [[50]]
    monkeypatch.setattr(program, "KEPT", 10)
    assert tape([0.5], rows[:-1])[0] < first[0]
    assert [list(made._idle) for made in tape._programs.values()] == [[50]]
    assert tape([0.5], rows)[1].tolist() == first[1].tolist()


@pytest.mark.parametrize("over", ["mean", "sum", "each"])
@pytest.mark.parametrize("examples", [2, 3, 4, 7, 9])
def test_blocks_of_examples_make_no_difference(over, examples, monkeypatch):
    """Examples computed a few at a time give what they give together; where one fails, the error, too."""
    C, inputs, params = network()
    w, dice = Value(0.5, label="w"), random.Random(examples)
    rows = [[dice.uniform(-1, 1), dice.uniform(-1, 1), dice.choice([-1, 1])] for _ in range(examples)]
    tapes = [Tape(C + (w * inputs[0] + 2.0).log(), inputs, [*params, w]), Tape(w * w, inputs, [w])]
    whole = [tape(inputs=rows, over=over) for tape in tapes]
    monkeypatch.setattr(program, "BLOCK", 1)
    monkeypatch.setattr(program, "FEWEST", 3)
    for tape, (cost, gradient) in zip(tapes, whole, strict=True):
        for _ in range(2):
            again = tape(inputs=rows, over=over)
            assert again[0] == pytest.approx(cost, rel=1e-13)
            assert again[1] == pytest.approx(gradient, rel=1e-12, abs=1e-14)
    rows[-1][0] = -9.0
    with pytest.raises(ValueError, match=f"^example {examples - 1}: log: outside its domain"):
        tapes[0](inputs=rows, over=over)
