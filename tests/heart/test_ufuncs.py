"""NumPy's functions of Values: nodes with the right gradient, plain booleans, or an error; never a cut."""

import math
import operator

import numpy as np
import pytest

from engine import Value, maximum, minimum, ufuncs

CLIP = np._core.umath.clip if hasattr(np, "_core") else np.core.umath.clip
UFUNCS = sorted(
    {u for u in vars(np).values() if isinstance(u, np.ufunc)} | {CLIP}, key=operator.attrgetter("__name__")
)
POINTS = [0.3, -0.7, 1.6, -2.5, 0.45, -1.2]
IDENTITY = {"equal", "not_equal"}  # of Values they ask which node it is, as == does
ORDER = {"less", "less_equal", "greater", "greater_equal"}
QUESTIONS = {"isnan", "isinf", "isfinite", "signbit"}
PICKS = {"maximum", "minimum", "fmax", "fmin", "clip", "sign"}
PYTHONS = {"logical_and", "logical_or", "logical_not"}  # of elements of an array, by Python's own `and`
ids = operator.attrgetter("__name__")


def floats(function, xs):
    """What NumPy itself gives for plain floats, and how it changes with each of them."""
    with np.errstate(all="ignore"):
        value, h = function(*xs), 1e-6
        slopes = []
        for k in range(len(xs)):
            up, down = ([x + s * (j == k) for j, x in enumerate(xs)] for s in (h, -h))
            slopes.append((function(*up) - function(*down)) / (2 * h))
        return value, slopes


def agrees(y, values, function, xs):
    """Whether a node has the value and the slopes that NumPy has."""
    expected, slopes = floats(function, xs)
    y.backward()
    assert y.data == pytest.approx(expected, rel=1e-12, abs=1e-15)
    for x, slope in zip(values, slopes, strict=True):
        if isinstance(x, Value):
            assert x.grad == pytest.approx(slope, rel=1e-6, abs=1e-8)


def operands(ufunc):
    """Numbers at which a ufunc is tried, apart from kinks and ties."""
    starts = [POINTS[k : k + ufunc.nin] for k in range(len(POINTS) - ufunc.nin + 1)]
    return [[x, *sorted(bounds)] if ufunc is CLIP else [x, *bounds] for x, *bounds in starts]


@pytest.mark.parametrize("ufunc", UFUNCS, ids=ids)
def test_every_ufunc_of_values(ufunc):
    """A Value among the operands: a node with NumPy's value and slopes, a boolean, or advice."""
    name, kinds = ufunc.__name__, (Value, float, np.float64, np.array)
    for xs in operands(ufunc):
        for place in range(ufunc.nin):
            for kind in kinds:
                given = [Value(x) if k == place else kind(x) for k, x in enumerate(xs)]
                if name not in ufuncs.DECIDED:
                    with pytest.raises(TypeError, match=rf"np\.{name} has no rule .* gradient; "):
                        ufunc(*given)
                    continue
                try:
                    y = ufunc(*given)
                except (ValueError, ArithmeticError):  # outside the domain; NumPy then has NaN or infinity
                    assert not np.isfinite(floats(ufunc, xs)[0])
                    continue
                if name in IDENTITY:
                    assert y is (name == "not_equal")
                elif name in ORDER | QUESTIONS:
                    assert type(y) is bool
                    assert y == ufunc(*xs)
                else:
                    assert type(y) is Value
                    agrees(y, given, ufunc, xs)


@pytest.mark.parametrize("ufunc", [u for u in UFUNCS if not u.signature], ids=ids)
def test_every_ufunc_of_arrays_of_values(ufunc):
    """An array of dtype object: nodes, booleans or an error; a number has slope 0."""
    name = ufunc.__name__
    for xs in operands(ufunc):
        for place in range(ufunc.nin):
            for kind in (Value, float):
                given = [Value(x) if k == place else kind(x) for k, x in enumerate(xs)]
                try:
                    (y,) = ufunc(*[np.array([x], dtype=object) for x in given])
                except (TypeError, AttributeError):
                    continue
                except (ValueError, ArithmeticError):
                    assert not np.isfinite(floats(ufunc, xs)[0])
                    continue
                if name in PYTHONS:
                    assert y in given or y is False
                elif name in IDENTITY | ORDER:
                    assert isinstance(y, np.bool_)
                elif isinstance(y, Value):
                    agrees(y, given, ufunc, xs)
                else:
                    expected, slopes = floats(ufunc, xs)
                    assert name in PICKS
                    assert (y, slopes[place]) == (expected, 0.0)


def test_a_ufunc_that_is_not_known_is_refused():
    """Were NumPy to get a new ufunc, of a Value it would raise, and no number came of it."""

    class New:
        __name__, types, nin = "sinpi", ["d->d", "O->O"], 1

    with pytest.raises(
        TypeError, match=r"^np\.sinpi has no rule .* gradient; pass x\.data for the number alone$"
    ):
        ufuncs.applied(New(), "__call__", [Value(1.0)], {})


@pytest.mark.parametrize(
    ("cut", "advice"),
    [
        (np.sign, "derivative is 0"),
        (lambda v: np.heaviside(v, 0.0), "derivative is 0"),
        (np.floor, r"pass x\.data for the number alone"),
        (lambda v: np.fmax(v, 0.0), r"np\.maximum"),
        (np.logical_not, "compare first, as in x > 0"),
        (lambda v: np.logaddexp2(v, 1.0), r"engine\.logsumexp"),
        (np.cbrt, r"x \*\* \(1 / 3\)"),
        (lambda v: v @ np.array([1.0, 2.0]), r"with \*"),
        (lambda v: np.remainder(v, 2.0), r"\.data"),
        (lambda v: np.round(v, 2), r"round\(x\.data\)"),
        (lambda v: np.round(np.array([v, v])), r"round\(x\.data\)"),
        (lambda v: np.array([v]) // 2, r"x\.data // 2"),
        (lambda v: np.array([3.0]) % v, r"\.data"),
        (lambda v: np.interp(v, [0, 1], [0, 1]), r"\.data"),
        (math.trunc, r"round\(x\.data\)"),
        (math.floor, r"round\(x\.data\)"),
        (math.ceil, r"round\(x\.data\)"),
        (lambda v: v // 2, r"x\.data // 2"),
        (lambda v: 7 // v, r"x\.data // 2"),
        (lambda v: v % Value(2.0), r"x\.data // 2"),
        (lambda v: divmod(v, 2), r"x\.data // 2"),
        (lambda v: v // "2", "convert text"),
        (lambda v: v.clip(0, 1, out=np.zeros(1)), "leave it out"),
    ],
)
def test_what_would_cut_is_refused_with_advice(cut, advice):
    """Rounding, signs and truth have no gradient to pass on: TypeError, with what to write instead."""
    with pytest.raises(TypeError, match=advice):
        cut(Value(0.5))


@pytest.mark.parametrize("point", [[0.4, -0.7, 1.3], [-1.5, -0.2, -0.1]])
@pytest.mark.parametrize(
    "function",
    [
        np.sum, np.prod, np.mean, np.var, np.std, np.linalg.norm, np.median, np.max, np.min, np.ptp,
        lambda a: np.var(a, ddof=1),
        lambda a: a.var(),
        lambda a: np.average(a, weights=[1.0, 2.0, 3.0]),
        lambda a: np.dot(a, a),
        lambda a: np.vdot(a, [1.0, 2.0, 3.0]),
        lambda a: a @ np.array([[2.0], [3.0], [4.0]])[:, 0],
        lambda a: np.outer(a, a).sum(),
        np.add.reduce,
        lambda a: np.multiply.accumulate(a)[-1],
        lambda a: np.cumsum(a)[1],
        lambda a: np.polyval(a, 2.0),
        lambda a: np.einsum("i,i->", a, a),
        lambda a: np.maximum(a, 0.25).sum(),
        lambda a: np.maximum(a[::-1], a).sum(),
        np.maximum.reduce,
        lambda a: np.clip(a, -0.5, 1.0).sum(),
        lambda a: np.where(a > 0, a * a, -a).sum(),
        lambda a: np.sort(a)[0],
        lambda a: a[np.argmax(a)],
        lambda a: ((a - a.mean()) / np.sqrt(a.var() + 1e-5))[0],
    ],
)  # fmt: skip
def test_functions_over_arrays(function, point):
    """What NumPy makes of an array of Values: its own number for floats, and the slopes of that."""
    values = [Value(x) for x in point]
    y = function(np.array(values))
    if isinstance(y, Value):
        agrees(y, values, lambda *xs: function(np.array(xs)), point)
    else:  # every element was below the bound
        assert (y, floats(lambda *xs: function(np.array(xs)), point)[1]) == (0.75, [0.0, 0.0, 0.0])


@pytest.mark.parametrize(
    "function",
    [
        lambda v: np.maximum(v, [-1.0, 0.1, 2.0]).sum(),
        lambda v: np.minimum(np.array([-1.0, 0.1, 2.0]), v).sum(),
        lambda v: np.clip(np.array([-1.0, 0.2, 2.0]), v, 1.5).sum(),
        lambda v: np.clip(np.array([-1.0, 0.2, 2.0]), None, v).sum(),
        lambda v: np.clip(v, -1.0, None) + np.clip(v, None, 0.25) + np.clip(v, -1.0, 0.25),
        lambda v: np.clip(v, np.float64(-1), np.int64(1)),
        lambda v: np.logaddexp([1.0, 2.0], v).sum(),
        lambda v: np.power(2.0, v) + np.power(v, np.int64(3)),
        lambda v: np.multiply.outer([1.0, 2.0], v).sum(),
        lambda v: (np.array([1.0, 2.0]) ** v).sum(),
        lambda v: (v ** np.array([1.0, 2.0])).sum(),
        lambda v: np.array([1.0, 2.0], dtype=np.longdouble) @ (np.ones(2, dtype=np.longdouble) * v),
        lambda v: np.longdouble(2) * v / np.longdouble(3),
        lambda v: np.sum(v) + np.max(v) + np.mean(v) + np.linalg.norm(v),
        lambda v: np.multiply(v, (1.0, 2.0)).sum(),
        lambda v: np.add(v, 1.0, where=True) * np.float16(0.5),
        lambda v: np.frompyfunc(lambda x, y: x * x + y, 2, 1)(v, [1.0, 2.0]).sum(),
    ],
)
def test_a_value_beside_arrays(function):
    """One Value and arrays of plain numbers: each element is a node, or the sum of them is right."""
    v = Value(0.4)
    y = function(v)
    assert type(y) is Value
    agrees(y, [v], function, [0.4])


def test_equal_operands_share_the_slope_where_a_rule_is_asked():
    """np.maximum of a Value is the node of engine.maximum: at a tie both get half."""
    for of_numpy, of_engine in ((np.maximum, maximum), (np.minimum, minimum)):
        x, y = Value(1.0), Value(1.0)
        assert of_numpy(x, y).local_derivatives == of_engine(x, y).local_derivatives == (0.5, 0.5)
        assert of_numpy(x, y).parents == (x, y)


def test_of_arrays_comparisons_are_arrays_of_booleans():
    """They mask arrays; ``==`` looks for a node, as it does everywhere."""
    a, b = Value(1.0), Value(2.0)
    array = np.array([a, b])
    assert (array == a).tolist() == (a == array).tolist() == [True, False]
    assert (array != a).tolist() == [False, True]
    assert (np.array([0.5, 1.5]) < a).dtype == bool
    assert array[array > 1.5].tolist() == [b]
    assert np.less([0.5, 1.5], a, out=np.zeros(2, bool)).tolist() == [True, False]
    assert np.isfinite(Value(math.inf)) is np.isnan(a) is False


def test_in_place():
    """An array of objects takes a Value in; an array of floats cannot, and the error says what to write."""
    v = Value(2.0)
    objects, out = np.array([1.0, v], dtype=object), np.empty(2, dtype=object)
    objects += v
    assert [x.data for x in objects] == [3.0, 4.0]
    np.add.at(objects, [0], v)
    assert [x.data for x in objects] == [5.0, 4.0]
    assert np.maximum([1.0, 3.0], v, out=out) is out
    assert [x.data for x in out] == [2.0, 3.0]
    numbers = np.array([1.0, 2.0])
    with pytest.raises(TypeError, match=r"write a = a \+ v instead of a \+= v"):
        numbers += v
    with pytest.raises(TypeError, match=r"a\.astype\(object\)"):
        np.add.at(numbers, [0], v)
    with pytest.raises(TypeError, match="cannot hold Values"):
        np.add(numbers, 1.0, out=v)
    assert numbers.tolist() == [1.0, 2.0]


def test_a_subclass_stays_one():
    """Nodes are of the kind of the Value that NumPy was given."""

    class Mine(Value):
        pass

    x = Mine(0.5)
    assert {type(y) for y in (np.maximum(x, 0), np.square(x), 2 * np.float64(2) * x, np.exp(x))} == {Mine}


WRITTEN_IN_PYTHON = {
    "sinc": lambda a, b: np.sinc(a * b),
    "quantile": lambda a, b: np.quantile([a, b], 0.3),
    "median": lambda a, b: np.median([a, b]),
    "mean": lambda a, b: np.mean([a, b]),
    "prod": lambda a, b: np.prod([a, b]),
    "hypot": np.hypot,
    "linalg.norm": lambda a, b: np.linalg.norm([a, b]),
    "var": lambda a, b: np.var([a, b]),
    "cumsum": lambda a, b: np.cumsum([a, b])[-1],
}


@pytest.mark.parametrize("name", WRITTEN_IN_PYTHON)
def test_a_function_that_numpy_writes_in_python_is_right_or_refuses(name):
    """Right or refused, never cut: np.sinc works until NumPy 2.2, and reads a dtype from 2.3 on."""
    function = WRITTEN_IN_PYTHON[name]
    xs = [0.4, 1.3]
    values = [Value(x) for x in xs]
    try:
        y = function(*values)
    except (AttributeError, TypeError) as error:
        assert "Value" in str(error)  # noqa: PT017  (it may also be right)
        assert [x.grad for x in values] == [0.0, 0.0]
    else:
        agrees(y, values, function, xs)
