"""The rules as functions of Values, of plain numbers, and of both."""

import math
import pickle
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf, workdps
from oracle import ORACLE, PARAMETERS

import engine
from engine import Value, rules
from engine.functions import FUNCTIONS
from engine.numeric import how_to_install

number = st.floats(-3, 3)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@given(data=st.data())
def test_functions_of_numbers_give_floats_and_of_values_the_same_number(name, data):
    """engine.f(x) of floats is a float, equal to the data of the node that engine.f(Value(x)) makes."""
    operands = data.draw(st.tuples(*ORACLE[name][1]))
    if name in {"hypot", "atan2"} and not any(operands):
        return
    parameters = PARAMETERS.get(name, [{}])[0]
    f = getattr(engine, name)
    plain = f(*operands, **parameters)
    node = f(*map(Value, operands), **parameters)
    assert type(plain) is float
    assert isinstance(node, Value)
    assert node.data == plain
    assert len(node.parents) == len(operands)


@given(st.lists(number, min_size=1, max_size=6))
def test_sums_of_many(xs):
    """total, mean, logsumexp, maximum and minimum of floats are those of Python; of Values, one node."""
    assert engine.total(xs) == pytest.approx(math.fsum(xs), abs=1e-12)
    assert engine.mean(xs) == pytest.approx(math.fsum(xs) / len(xs), abs=1e-12)
    assert engine.maximum(*xs) == max(xs)
    assert engine.minimum(*xs) == min(xs)
    assert (engine.maximum(xs), engine.minimum(xs)) == (max(xs), min(xs))
    values = [Value(x) for x in xs]
    for name in ("total", "mean", "logsumexp"):
        node = getattr(engine, name)(values)
        assert node.parents == tuple(values)
        assert node.data == getattr(engine, name)(xs)
    assert engine.maximum(*values).parents == tuple(values)
    assert engine.total(v for v in values).data == engine.total(xs)


@given(st.lists(st.tuples(number, number), min_size=0, max_size=5), number)
def test_affine_and_dot_are_sums_of_products(pairs, b):
    """affine is b + Σ w x and dot is Σ w x: the same bits as adding up from left to right, but one node."""
    ws, xs = [w for w, _ in pairs], [x for _, x in pairs]
    by_hand = b
    for w, x in pairs:
        by_hand += w * x
    assert engine.affine(b, ws, xs) == by_hand
    assert engine.dot(ws, xs) == pytest.approx(by_hand - b, abs=1e-9)
    node = engine.affine(Value(b), ws, map(Value, xs))
    assert node.data == by_hand
    assert len(node.parents) == 1 + 2 * len(pairs)


@given(st.lists(st.floats(-800, 800), min_size=1, max_size=5))
def test_softmax_shares(xs):
    """The shares are positive or underflow to 0, add up to 1, and keep their proportion eˣⁱ⁻ˣʲ."""
    shares = engine.softmax(xs)
    assert math.fsum(shares) == pytest.approx(1.0, abs=1e-14)
    for share, x in zip(shares, xs, strict=True):
        assert share == pytest.approx(math.exp(x - max(xs)) * max(shares), rel=1e-12, abs=1e-300)


def test_softmax_of_values():
    """Each share is one node on its operand and two that all share; its derivatives are p_j(δ_jk − p_k)."""
    xs = [Value(x) for x in (0.5, -1.0, 2.0)]
    shares = engine.softmax(xs)
    numbers = [share.data for share in shares]
    for j, share in enumerate(shares):
        share.zero_grad()
        share.backward()
        for k, x in enumerate(xs):
            assert x.grad == pytest.approx(numbers[j] * ((j == k) - numbers[k]), rel=1e-12)
    assert engine.softmax([]) == []


@given(st.lists(st.floats(-800, 800), min_size=1, max_size=5), st.sampled_from([1.0, 1e3, 1e12, 1e305]))
def test_softmax_is_exact_for_logits_of_any_size(xs, scale):
    """Shares and their derivatives are those of mpmath, also where ln Σ eˣ is beyond a float's digits."""
    logits = [x * scale for x in xs]
    nodes = [Value(x) for x in logits]
    with workdps(40):
        es = [mp.exp(mpf(x) - max(logits)) for x in logits]
        truth = [e / mp.fsum(es) for e in es]
    for j, share in enumerate(engine.softmax(nodes)):
        assert share.data == pytest.approx(float(truth[j]), rel=1e-12, abs=1e-300)
        assert engine.softmax(logits)[j] == share.data
        share.zero_grad()
        share.backward()
        for k, node in enumerate(nodes):
            assert node.grad == pytest.approx(float(truth[j] * ((j == k) - truth[k])), abs=1e-15)


def test_softmax_of_an_infinite_logit():
    """A logit of −∞ has no share; all of −∞ are an error; +∞ is ∞/∞ for itself and 0 for the others."""
    inf = math.inf
    assert engine.softmax([1.0, -inf, 1.0]) == [0.5, 0.0, 0.5]
    with pytest.raises(ValueError, match=r"logsumexp: outside its domain \(all x, but not all −∞\)"):
        engine.softmax([Value(-inf), Value(-inf)])
    infinite, finite = engine.softmax([Value(inf), Value(1.0)])
    assert math.isnan(infinite.data)
    assert finite.data == 0.0


def test_power_chooses_by_its_exponent():
    """A plain exponent belongs to the rule, a Value is an operand; numbers alone give a float."""
    x = Value(-2.0)
    assert engine.power(x, 2).parents == (x,)
    assert engine.power(2.0, Value(3.0)).data == 8.0
    assert engine.power(-2.0, 3) == -8.0
    assert engine.power(9.0, 0.5) == 3.0


def test_parameters_by_position_or_name():
    """Parameters follow the operands, or stand by name; an unknown or missing one is told."""
    assert engine.leaky_relu(-2.0) == -0.02
    assert engine.leaky_relu(-2.0, 0.5) == engine.leaky_relu(-2.0, slope=0.5) == -1.0
    assert engine.clip(5.0, -1, 1) == 1.0
    with pytest.raises(TypeError, match=r"clip takes the parameters lo, hi; got lo"):
        engine.clip(5.0, -1)
    with pytest.raises(TypeError, match="tanh takes the parameters none; got slope"):
        engine.tanh(1.0, slope=2)
    with pytest.raises(TypeError, match=r"tanh\(x\) was called with 2 arguments"):
        engine.tanh(1.0, 2.0)
    with pytest.raises(TypeError, match=r"clip\(x, lo, hi\) was given lo twice"):
        engine.clip(3.0, 0.0, lo=1.0, hi=2.0)
    with pytest.raises(TypeError, match=r"hypot\(x, y\) was called with 1 argument;"):
        engine.hypot(1.0)


def test_wrong_operands_are_told():
    """Lists of different length, nothing at all, and text raise with names and counts."""
    with pytest.raises(ValueError, match="affine pairs ws with xs, got 1 and 2"):
        engine.affine(0.0, [1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="dot pairs xs with ys, got 2 and 0"):
        engine.dot([1.0, 2.0], [])
    for name in ("mean", "logsumexp"):
        with pytest.raises(TypeError, match=f"{name} takes at least 1 operand, got 0"):
            getattr(engine, name)([])
    for name in ("total", "mean", "logsumexp", "softmax"):
        with pytest.raises(TypeError, match=f"{name} takes a list of Values or numbers, got Value"):
            getattr(engine, name)(Value(1.0))
    with pytest.raises(TypeError, match=r"dot takes a list of Values or numbers, got float 1\.0; put it in"):
        engine.dot([1.0], 1.0)
    assert engine.total([]) == 0.0
    with pytest.raises(TypeError, match="operand must be a real number, got str 'a'"):
        engine.total(["a", Value(1.0)])
    with pytest.raises(ValueError, match="log: outside its domain"):
        engine.log(-1.0)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_can_be_pickled(name):
    """A function is pickled by its public name, so that a model that holds one as activation can be."""
    f = getattr(engine, name)
    assert pickle.loads(pickle.dumps(f)) is f


def test_functions_say_what_they_are():
    """Name and documentation of a function are its rule's."""
    assert engine.tanh.__name__ == "tanh"
    assert engine.leaky_relu.__doc__.startswith("leaky_relu(x, slope):")
    assert "Domain: x > 0" in engine.log.__doc__


def test_costs_are_rules_without_a_function_here():
    """Every rule is a function of engine, but the parts of softmax, and the costs, functions of nn."""
    costs = {name for name, rule in rules.REGISTRY.items() if rule.at_least == 2}
    parts = {"softmax_share", "softmax_sum"}
    assert {name for name in rules.REGISTRY if not hasattr(engine, name)} == costs | parts


def test_advice_to_install_an_extra_is_written_once():
    """Nothing is on an index yet, so it names the way from a clone too; every extra that it names exists."""
    root = Path(engine.__file__).parents[1]
    files = [path for package in ("engine", "nn") for path in (root / package).rglob("*.py")]
    assert len(files) > 100
    texts = {path.name: path.read_text(encoding="utf-8") for path in files}
    assert [name for name, text in texts.items() if "pip install" in text] == ["numeric.py"]
    named = {
        extra for text in texts.values() for extra in re.findall(r"how_to_install\(['\"](\w+)['\"]\)", text)
    }
    assert named >= {"plot", "jax"}
    for extra in named:
        assert f"'.[{extra}]'" in how_to_install(extra)
    if (root / "pyproject.toml").exists():
        declared = tomllib.loads((root / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        assert named <= declared.keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_plain_number_gives_the_number_of_the_node(name):
    """Without a node, to the bit, and with the same error; inside ``detect_anomaly`` a NaN raises, too."""
    function, rule = FUNCTIONS[name], rules.REGISTRY[name]
    given = [tuple(x.values()) for x in PARAMETERS.get(name, [{}])]
    for parameters in given:
        bound = rule.at(**dict(zip(dict(rule.defaults), parameters, strict=True))) if parameters else rule
        for x in (0.5, -2.0, 3, 0.0, -0.0, 1e308, math.inf, -math.inf, math.nan):
            numbers = (x, 2.0)[: len(rule.operands)]
            with_node, plain = (
                outcome(lambda: engine.apply(bound, *numbers).data),  # noqa: B023  (called at once)
                outcome(lambda: function(*numbers, *parameters)),  # noqa: B023  (as above)
            )
            assert repr(plain) == repr(with_node)


def outcome(compute):
    """The number, or the error."""
    try:
        return compute()
    except (ValueError, ArithmeticError) as error:
        return error


def test_a_nan_of_plain_numbers_is_an_anomaly():
    """What watches forward passes watches those of plain numbers."""
    assert math.isnan(FUNCTIONS["sub"](math.inf, math.inf))
    with engine.detect_anomaly(), pytest.raises(FloatingPointError, match="sub"):
        FUNCTIONS["sub"](math.inf, math.inf)
