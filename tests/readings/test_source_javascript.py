"""JavaScript in a real browser: programs, and ``live``, give the numbers that Python gives."""

import math
import random
import re
from itertools import count

import mpmath
import pytest
from browser import complaints
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from oracle import ORACLE, off_by
from random_graphs import graphs
from test_source import CASES, EXTREME, TREES, bits, chain_of_neurons, eager, grown, node_of, run

import engine
import nn
from engine import Value, graph, rules
from engine.readings import floats
from engine.readings.code import DEEPEST, WIDTH, Writer
from engine.readings.expressions import VOCABULARY, Expressions
from engine.source import JAVASCRIPT, PYTHON, live, program, segment
from engine.source.javascript import lacking

EXACT = 1e-12
FAILS = (ValueError, ArithmeticError)

CALLS = """
const told = (x) => Array.isArray(x) ? x.map(told) : Object.is(x, -0) ? "-0.0" : String(x);
const heard = (x) => Array.isArray(x) ? x.map(heard) : Number(x);
const calls = heard(arguments[0]);
return told(functions.map((f, k) => calls[k].map((x) => f(...x))));
"""
"""Numbers go to the browser and come back as text: JSON knows no NaN and no infinity."""


def played(browser, functions, calls):
    """What each JavaScript function, a text and its name, returns at each of its calls."""
    texts = ",\n".join(f"(() => {{\n{text}\nreturn {name};\n}})()" for text, name in functions)
    return mapped(
        float,
        browser.execute_script(
            f"'use strict';\nconst functions = [{texts}];{CALLS}", mapped(JAVASCRIPT.number, calls)
        ),
    )


def mapped(function, x):
    return [mapped(function, part) for part in x] if isinstance(x, list | tuple) else function(x)


def same(got, expected, scale=0.0):
    """Whether two numbers are equal to 12 digits, those of the scale; or both NaN, or the same infinity."""
    if math.isfinite(got) and math.isfinite(expected):
        return abs(got - expected) <= max(EXACT * max(abs(expected), scale), 1e-300)
    return got == expected or (math.isnan(got) and math.isnan(expected))


def examples(strategy, size):
    """So many examples of a strategy, the same ones in every run."""
    found = []

    @settings(max_examples=size, derandomize=True, database=None, phases=[Phase.generate])
    @given(strategy)
    def collect(example):
        found.append(example)

    collect()
    return found


def numbers_of(C):
    """Every value and every local derivative, in the order of ``live``."""
    order = graph.topological_order(C)
    slopes = [edge.child.local_derivatives[edge.position] for edge in graph.edges(C)]
    return [node.data for node in order], slopes


@pytest.fixture
def page(browser):
    """The browser with nothing on its page; nothing is complained of in the end."""
    browser.get("about:blank")
    complaints(browser)
    yield browser
    assert complaints(browser) == []


# ------------------------------------------------------------------------------------ every rule


def evaluations(name, parameters, points):
    """The points at which Python can evaluate a rule: operands, values and slopes, cost and gradient."""
    for point in points:
        operands = [Value(x) for x in point]
        try:
            C = node_of(name, parameters, operands)
            C.backward()
        except FAILS:
            continue
        yield list(point), numbers_of(C), (C.data, [x.grad for x in operands])


def texts_of(name, parameters):
    """``live`` and ``program`` of one node of a rule: the numbers in it are nothing to the text."""
    operands = [Value(math.nan) for _ in ORACLE[name][1]]
    C = node_of(name, parameters, operands)
    return (live(C, operands), "evaluate"), (
        program(C, params=operands, dialect=JAVASCRIPT),
        "cost_and_gradient",
    )


def compare_rules(page, points_of):
    """Each rule at its points, as a live function and as a program, in one call of the browser."""
    functions, calls, expected = [], [], []
    for name, parameters in CASES:
        known = list(evaluations(name, parameters, points_of(name)))
        assert known, name
        functions += texts_of(name, parameters)
        calls += [[[point] for point, _, _ in known], [point for point, _, _ in known]]
        expected += [(name, [numbers for _, numbers, _ in known]), (name, [result for _, _, result in known])]
    for results, (name, wanted), at in zip(played(page, functions, calls), expected, calls, strict=True):
        for (first, second), (one, two), point in zip(results, wanted, at, strict=True):
            got, want = [*flat(first), *flat(second)], [*flat(one), *flat(two)]
            pairs = list(zip(got, want, strict=True))
            assert all(same(*pair) for pair in pairs), (name, point, pairs)


def flat(x):
    return x if isinstance(x, list) else [x]


def test_every_rule_gives_python_s_numbers(page):
    """Value and slopes of every rule, at points of its domain, to 12 digits."""
    points = examples(st.fixed_dictionaries({name: st.tuples(*ORACLE[name][1]) for name in ORACLE}), 60)
    compare_rules(page, lambda name: [point[name] for point in points])


def test_every_rule_at_its_limits(page):
    """So it is at kinks, signed zeros, huge numbers, infinities and NaN, wherever Python gives a value."""
    compare_rules(page, extreme_points)


def extreme_points(name):
    others = len(ORACLE[name][1]) - 1
    return [(x, *[other] * others) for x in EXTREME for other in (EXTREME if others else (0.0,))]


def test_where_python_raises_something_is_not_finite(page):
    """Outside a rule's domain the page goes on with NaN or an infinity: nothing passes for a result."""
    functions, calls, names = [], [], []
    for name, parameters in CASES:
        finite = [list(point) for point in extreme_points(name) if all(map(math.isfinite, point))]
        failing = [point for point in finite if not list(evaluations(name, parameters, [point]))]
        if failing:
            names.append(name)
            functions.append(texts_of(name, parameters)[0])
            calls.append([[point] for point in failing])
    assert {"log", "div", "exp", "asin", "atan2", "power", "log_likelihood"} <= set(names)
    for name, results, points in zip(names, played(page, functions, calls), calls, strict=True):
        for (values, slopes), point in zip(results, points, strict=True):
            assert not all(map(math.isfinite, values + slopes)), (name, point)


def test_variadic_rules_of_one_and_of_many(page):
    """Rules of variable arity are written for whatever number of operands they have."""
    dice = random.Random(0)
    functions, calls, expected = [], [], []
    for rule in (rules.total, rules.mean, rules.logsumexp, rules.softmax, rules.maximum, rules.affine):
        for n in (1, 3, 59):
            xs = [Value(dice.uniform(0.1, 2)) for _ in range(n)]
            C = engine.apply(rule, *xs)
            functions.append((live(C, xs), "evaluate"))
            calls.append([[[x.data for x in xs]]])
            expected.append(numbers_of(C))
    for (got,), want in zip(played(page, functions, calls), expected, strict=True):
        assert all(map(same, got[0] + got[1], want[0] + want[1]))


# ------------------------------------------------------------------------------------- functions


def test_erf_and_erfc_to_a_few_units_in_the_last_place(page):
    """Against mpmath at 50 digits: near 0, where they meet, in the tails, and beyond the smallest float."""
    dice = random.Random(1)
    xs = [dice.uniform(-6, 6) for _ in range(2000)] + [dice.uniform(0, 26.5) for _ in range(2000)]
    xs += [10 ** dice.uniform(-307, 0) for _ in range(300)] + [dice.uniform(-1, 1) for _ in range(700)]
    xs += [sign * math.nextafter(0.5, way) for sign in (1, -1) for way in (0.0, 0.5, 1.0)]
    functions = [(lacking([name]), name) for name in ("erf", "erfc")]
    erf, erfc = played(page, functions, [[[x] for x in xs]] * 2)
    assert max(off_by(y, mpmath.erf(mpmath.mpf(x))) for x, y in zip(xs, erf, strict=True)) < 4
    assert max(off_by(y, mpmath.erfc(mpmath.mpf(x))) for x, y in zip(xs, erfc, strict=True)) < 6


def test_erf_and_erfc_at_their_ends(page):
    """Limits, signed zeros, NaN, and a tail that dies out as Python's does."""
    xs = [0.0, -0.0, 5e-324, 26.6, 27.0, 27.3, 28.5, 1e308, math.inf, math.nan]
    xs += [-x for x in xs[2:-1]]
    functions = [(lacking([name]), name) for name in ("erf", "erfc")]
    erf, erfc = played(page, functions, [[[x] for x in xs]] * 2)
    assert bits(*erf) == bits(*map(math.erf, xs))
    assert all(abs(y - math.erfc(x)) <= 1e-320 for x, y in zip(xs, erfc, strict=True) if x == x)  # noqa: PLR0124  (not NaN)
    assert math.isnan(erfc[9])


def test_the_text_holds_what_it_uses_and_nothing_else():
    """Functions that call others bring them along; those of Math, and numbers, bring nothing."""
    assert lacking([]) == lacking(["exp", "tanh", "inf", "nan", "minimum", "ieee_log", "where"]) == ""
    assert lacking(["erf"]) == lacking(["erf", "erfc"])
    assert lacking(["ieee_pow"]) == lacking(["power"])
    everything = lacking(VOCABULARY)
    for name in ("erf", "erfc", "power", "sech", "sigmoid", "softplus", "xlogy"):
        assert everything.count(f"function {name}(") == 1
        assert f"function {name}(" in lacking([name])


def test_every_word_of_the_vocabulary_can_be_called(page):
    """Whatever a rule may use is there: in Math, among our functions, or as an operator."""
    called = [name for name in VOCABULARY if name not in JAVASCRIPT.forms]
    names = [JAVASCRIPT.spelling.get(name, name) for name in called]
    script = f"{lacking(VOCABULARY)}\nreturn [{', '.join(names)}].map((f) => typeof f)"
    assert page.execute_script(script) == ["function"] * len(called)


# ---------------------------------------------------------------------------------------- graphs


def test_random_graphs(page):
    """Values, slopes and gradients of whole graphs, to 12 digits of the largest number in them."""
    functions, calls, expected = [], [], []
    for C, drawn in examples(graphs(max_nodes=20), 60):
        known = set(graph.topological_order(C))
        leaves = [leaf for leaf in drawn if leaf in known]
        x = [leaf.data for leaf in leaves]
        C.backward()
        functions += [(live(C, leaves), "evaluate")]
        functions += [(program(C, params=leaves, dialect=JAVASCRIPT), "cost_and_gradient")]
        calls += [[[x]], [x]]
        expected += [numbers_of(C), ([C.data], [leaf.grad for leaf in leaves])]
    for (got,), want in zip(played(page, functions, calls), expected, strict=True):
        scale = max(map(abs, [*want[0], *want[1], 1.0]))
        for one, two in zip(got, want, strict=True):
            assert all(same(*pair, scale) for pair in zip(flat(one), two, strict=True))


def test_a_custom_operation(page):
    """Operations from outside, however they are defined, give Python's numbers; second derivatives, too."""

    @engine.operation(domain="x ≠ 0")
    def sinc(xp, x):
        z = xp.sin(x) / x
        return z, ((xp.cos(x) - z) / x,)

    cube = engine.operation("cube", lambda x: x**3, lambda x: 3 * x**2)
    swish = engine.operation("swish", "x*sigmoid(x)")
    x, w = Value(0.7), Value(-1.3)
    C = swish(cube(w) * sinc(x)) + sinc(cube(w))
    seconds = engine.grad(C, x) * engine.grad(C, w)
    leaves = [x, w]
    numbers = [0.7, -1.3]
    for root in (C, seconds):
        root.backward()
        functions = [
            (live(root, leaves), "evaluate"),
            (program(root, params=leaves, dialect=JAVASCRIPT), "cost_and_gradient"),
        ]
        (told,), ((cost, gradient),) = played(page, functions, [[[numbers]], [numbers]])
        want = numbers_of(root)
        assert all(map(same, told[0] + told[1], want[0] + want[1]))
        assert [cost, *gradient] == pytest.approx([root.data, *(leaf.grad for leaf in leaves)], rel=EXACT)
        root.zero_grad()


def network(sizes=(2, 16, 16, 1), **options):
    net = nn.MLP(sizes[0], sizes[1:], rng=random.Random(0), **options)
    x = [Value(0.5 + k) for k in range(sizes[0])]
    return nn.losses.squared_error(net(x), 1.0), [*net.parameters(), *x]


def test_a_network_at_other_numbers(page):
    """The function follows its leaves: it gives what refresh() and backward() give after them."""
    C, leaves = network(activation="tanh")
    functions = [
        (live(C, leaves), "evaluate"),
        (program(C, params=leaves, dialect=JAVASCRIPT), "cost_and_gradient"),
    ]
    dice = random.Random(2)
    for leaf in leaves:
        leaf.data = dice.uniform(-1, 1)
    C.refresh()
    C.backward()
    x = [leaf.data for leaf in leaves]
    (numbers,), ((cost, gradient),) = played(page, functions, [[[x]], [x]])
    got, want = [cost, *gradient], [C.data, *(leaf.grad for leaf in leaves)]
    for one, two in ((numbers[0], numbers_of(C)[0]), (numbers[1], numbers_of(C)[1]), (got, want)):
        assert one == pytest.approx(two, rel=EXACT, abs=EXACT)


@pytest.mark.slow
def test_a_deep_graph_runs(page):
    """A chain and a sum of 100,000 nodes: no call and no bracket is nested deeply, and no stack overflows."""
    x, w = Value(0.5), Value(0.999)
    C = x
    for _ in range(33_333):
        C = C.sin() * w + x
    text = live(C, [x, w])
    deepest = depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    assert deepest <= 2 * DEEPEST
    assert max(map(len, text.splitlines())) <= WIDTH
    script = f"{text}\nconst [values, slopes] = evaluate([0.5, 0.999]);"
    ends = "return [values.length, slopes.length, values.at(-1), slopes.at(-1), slopes.at(-2), slopes.at(-3)]"
    values, slopes = numbers_of(C)
    wanted = [len(values), len(slopes), values[-1], *slopes[:-4:-1]]
    assert page.execute_script(f"{script}\n{ends}") == pytest.approx(wanted, rel=EXACT)


# ------------------------------------------------------------------------------------------ text

CHAIN = """\
function sigmoid(x) {
    // 1/(1 + e⁻ˣ), where e⁻ˣ may overflow.
    if (x >= 0) return 1 / (1 + Math.exp(-x));
    const e = Math.exp(x);
    return e / (1 + e);
}


function cost_and_gradient(w_1, b_1, w_2, b_2, w_3, b_3, a_0) {
    // forward
    const y = 1.0;
    const z_1 = b_1 + w_1 * a_0;
    const a_1 = sigmoid(z_1);
    const z_2 = b_2 + w_2 * a_1;
    const a_2 = sigmoid(z_2);
    const z_3 = b_3 + w_3 * a_2;
    const a_3 = sigmoid(z_3);
    const v1 = a_3 - y;
    const C_0 = v1 * v1;

    // backward
    const dC_0_da_3 = 2 * v1;
    const dC_0_dz_3 = a_3 * sigmoid(-z_3) * dC_0_da_3;
    const dC_0_dw_3 = a_2 * dC_0_dz_3;
    const dC_0_db_3 = dC_0_dz_3;
    const dC_0_da_2 = w_3 * dC_0_dz_3;
    const dC_0_dz_2 = a_2 * sigmoid(-z_2) * dC_0_da_2;
    const dC_0_dw_2 = a_1 * dC_0_dz_2;
    const dC_0_db_2 = dC_0_dz_2;
    const dC_0_da_1 = w_2 * dC_0_dz_2;
    const dC_0_dz_1 = a_1 * sigmoid(-z_1) * dC_0_da_1;
    const dC_0_dw_1 = a_0 * dC_0_dz_1;
    const dC_0_db_1 = dC_0_dz_1;
    const gradient = [dC_0_dw_1, dC_0_db_1, dC_0_dw_2, dC_0_db_2, dC_0_dw_3, dC_0_db_3];
    return [C_0, gradient.map((g) => g + 0)]; // never −0
}
"""


def test_the_program_of_the_documents_chain_reads_as_on_the_board(page):
    """Line for line what it is in Python; and it gives the gradient."""
    C, x, params = chain_of_neurons()
    assert program(C, inputs=[x], params=params, dialect=JAVASCRIPT) == CHAIN
    at = [leaf.data for leaf in (*params, x)]
    (((cost, gradient),),) = played(page, [(CHAIN, "cost_and_gradient")], [[at]])
    assert [cost, *gradient] == pytest.approx([float.fromhex(b) for b in eager(C, params)], rel=EXACT)


def test_infinite_constants_and_no_minus_zero(page):
    """Infinity and NaN are written by name, as constants with and without a label; no gradient is −0."""
    x, y = Value(0.0, label="x"), Value(-1.0, label="y")
    top = engine.minimum(Value(math.inf, label="top"), x) + engine.maximum(y, -math.inf) + x * y
    C = top + 0.0 * Value(math.nan, label="none").sin()
    text = program(C, params=[x, y], dialect=JAVASCRIPT)
    assert "    const top = Infinity;\n    const none = NaN;\n" in text
    assert "Math.max(y, -Infinity)" in text
    product = program(-x * y, params=[x, y], dialect=JAVASCRIPT)
    functions = [(product, "cost_and_gradient"), (live(top, [x, y]), "evaluate")]
    ((_, gradient),), (numbers,) = played(page, functions, [[[0.0, -1.0]], [[[0.0, -1.0]]]])
    assert bits(*gradient) == bits(1.0, 0.0)
    assert numbers == [*map(list, numbers_of(top))]


@pytest.mark.parametrize("widths", [(2, 16, 16, 1), (2, 32, 32, 1)])
def test_the_text_is_small(widths):
    """It grows as the number of nodes and edges does."""
    C, leaves = network(widths, activation="tanh")
    text = live(C, leaves)
    assert len(text) < 32 * (len(list(graph.edges(C))) + len(graph.topological_order(C)))
    assert len(text) < 100_000
    assert max(map(len, text.splitlines())) <= WIDTH


def test_the_slopes_of_an_affine_are_the_other_operands():
    """No arithmetic is done for them."""
    b, w, x = (Value(float(k)) for k in range(3))
    assert live(engine.affine(b, [w, w], [x, b]), [b, w, x]) == (
        "function evaluate(x) {\n"
        "    const v = [];\n"
        "    v[0] = x[0] + x[1] * x[2] + x[1] * x[0];\n"
        "    const values = [x[0], x[1], x[2], v[0]];\n"
        "    const slopes = [1.0, x[2], x[0], x[1], x[1]];\n"
        "    return [values, slopes];\n"
        "}\n"
    )


def test_shared_work_is_written_once():
    """What value and slopes have in common is one line; helpers stand inside, and each once."""
    x = Value(0.5)
    text = live(x.sigmoid().exp() * x.sigmoid(), [x])
    assert text.count("= sigmoid(x[0])") == text.count("= Math.exp(") - 1 == 1
    assert text.startswith("function evaluate(x) {\n    function sigmoid(x) {\n")
    assert text.count("function") == 2


def test_text_means_what_was_written(page):
    """Any expression of operators, choices and calls, read by JavaScript, gives Python's bits."""
    functions, calls, expected = [], [], []
    for tree, at in examples(st.tuples(TREES, st.tuples(*[st.floats(-1e3, 1e3)] * 3)), 200):
        xp, numbers = Expressions(), dict(zip("abc", at, strict=True))
        variables = {name: xp.variable() for name in "abc"}
        try:
            expected.append(float(grown(tree, numbers, floats)))
            e = xp.operand(grown(tree, variables, xp))
        except ZeroDivisionError:
            continue
        writer = Writer(
            JAVASCRIPT, map("v{}".format, count()), {x: name for name, x in variables.items()}, [e]
        )
        result = writer.write(e)
        lines = "\n".join(writer.taken())
        functions.append((f"function f(a, b, c) {{\n{lines}\n    return {result};\n}}", "f"))
        calls.append([at])
    got = [number for (number,) in played(page, functions, calls)]
    assert len(got) > 100
    assert bits(*(0.0 + x for x in got)) == bits(*(0.0 + x for x in expected))  # Math.min(0, −0) is −0 always


# ---------------------------------------------------------------------------------------- labels

WORDS = """
    abstract arguments as async await boolean break byte case catch char class const constructor continue
    debugger default delete do double else enum eval export extends false final finally float for from
    function get global globalThis goto hasOwnProperty if implements import in Infinity instanceof int
    interface isNaN let long Math NaN native new null of package private prototype protected public return
    self set short static super switch synchronized this throw throws toString transient true try typeof
    undefined using valueOf var void volatile while window with yield __proto__
    cost_and_gradient gradient map power sigmoid erf v x g
"""
"""Words of the language, of its past and future, and of our own text: from its standard, not from ours."""

HOSTILE = [
    "</script><img src=x onerror=hit()>", "<!--", "-->", "*/ hit() /*", "// hit()", "hit()", "${hit()}", "`",
    "'", '"', "\\", "\\u0022", "\n", "a\nhit()\n", "\r\nhit()", "\u2028hit()", "x = hit()", "1; hit()", "",
    "∂C/∂a′", "σ", "损失", "عدد", "\u202ehit()", "𝐰", "𠀀", "\ud800", "\x00", "e\u0301", "a\u200db", "3",
]  # fmt: skip


def labelled(labels):
    """A chain over leaves and nodes of these labels."""
    leaves = [Value(0.5 + k / 100, label=label) for k, label in enumerate(labels)]
    C = leaves[0]
    for leaf in leaves[1:]:
        C = C.tanh() * leaf
        C.label = leaf.label
    C = C.erf() ** 3.0
    C.label = "C"
    return C, leaves


def test_words_of_the_language_are_names_with_an_underscore(page):
    """A label may be any word: strict code with it is legal, and gives the gradient."""
    C, leaves = labelled(WORDS.split())
    text = program(C, params=leaves, dialect=JAVASCRIPT)
    assert all(f"{word}_" in text for word in ("class", "eval", "arguments", "yield", "await", "Math", "let"))
    (((cost, gradient),),) = played(page, [(text, "cost_and_gradient")], [[[leaf.data for leaf in leaves]]])
    C.backward()
    assert [cost, *gradient] == pytest.approx([C.data, *(leaf.grad for leaf in leaves)], rel=1e-9, abs=1e-300)


def test_labels_execute_nothing(page):
    """In a script element of a page, hostile labels are parts of names at most."""
    C, leaves = labelled(HOSTILE)
    texts = [program(C, leaves[::2], leaves[1::2], dialect=JAVASCRIPT), live(C, leaves)]
    call = f"evaluate({[leaf.data for leaf in leaves]})[0].at(-1)"
    body = "".join(f"<script>{text}</script>" for text in ["var hits = 0; function hit() { hits++ }", *texts])
    page.execute_cdp_cmd(
        "Page.setDocumentContent",
        {"frameId": page.execute_cdp_cmd("Page.getFrameTree", {})["frameTree"]["frame"]["id"], "html": body},
    )
    found = page.execute_script(
        f"return [hits, document.images.length, typeof cost_and_gradient, document.body.innerText, {call}]"
    )
    assert found[:4] == [0, 0, "function", ""]
    assert found[4] == pytest.approx(C.data, rel=1e-9)
    lines = texts[0].split("// forward")[1].split("gradient.map")[0]
    assert re.fullmatch(r"[\w \n=+*/().,;\[\]-]+", lines)
    called = set(re.findall(r"([\w.]+)\(", lines))
    assert called == {"Math.tanh", "sech", "erf", "gaussian", "power"}


def test_live_holds_nothing_of_a_label():
    """Its text is the same whatever the labels are."""
    one, two = labelled(HOSTILE), labelled([""] * len(HOSTILE))
    assert live(*one) == live(*two)


# ---------------------------------------------------------------------------------------- Python


def evaluated(C, leaves):
    """What the Python function says at the leaves' numbers."""
    values, slopes = run(live(C, leaves, PYTHON), "evaluate")([leaf.data for leaf in leaves])
    assert isinstance(values, list)
    assert isinstance(slopes, list)
    return bits(*values), bits(*slopes)


def expected_of(C):
    values, slopes = numbers_of(C)
    return bits(*values), bits(*slopes)


@given(graphs(max_nodes=20), st.lists(st.floats(-2, 2), min_size=4, max_size=4), st.data())
def test_live_gives_the_bits_of_the_engine(drawn, others, data):
    """Every value and every local derivative in Python is the engine's own, at any leaves."""
    C, leaves = drawn
    known = [leaf for leaf in leaves if leaf in set(graph.topological_order(C))]
    asked = data.draw(st.permutations(known))[: data.draw(st.integers(0, len(known)))]
    for numbers in ([leaf.data for leaf in asked], others):
        for leaf, x in zip(asked, numbers, strict=False):
            leaf.data = x
        C.refresh()
        assert evaluated(C, asked) == expected_of(C)


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
def test_every_rule_lives_in_python_to_the_bit(name, parameters):
    """Each rule's function gives the bits of the rule, at kinks and signed zeros and huge numbers, too."""
    reached = 0
    for point in extreme_points(name):
        operands = [Value(x) for x in point]
        try:
            C = node_of(name, parameters, operands)
        except FAILS:
            continue
        reached += 1
        assert evaluated(C, operands) == expected_of(C)
    assert reached


def test_a_leaf_lives():
    """A graph of one node has one value and no slope, be it asked for or constant."""
    x = Value(2.0)
    assert run(live(x, [x], PYTHON), "evaluate")([5.0]) == ([5.0], [])
    assert run(live(x, [], PYTHON, name="f"), "f")([]) == ([2.0], [])


def test_a_segment_is_a_generator(page):
    """Forward, a pause, backward: as in Python."""
    x, y = Value(3.0), Value(4.0)
    z = x * y
    text = segment([z], [x, y], [z], [x, y], JAVASCRIPT)
    script = f"{text}\nconst run = segment([3, 4]);\nreturn [run.next().value, run.next([10]).value]"
    assert page.execute_script(script) == [[12], [40, 30]]


# ---------------------------------------------------------------------------------------- errors


def test_what_live_refuses():
    """What came, what was expected, what to do."""
    x, y = Value(3.0, label="x"), Value(4.0)
    C = x * x
    cube = Value(27.0, (x,), "cube", label="x³", local_derivatives=(27.0,))
    for bad, error, message in [
        (lambda: live(9.0, []), TypeError, "C must be a Value, .* got float 9.0"),
        (lambda: live(C, x), TypeError, r"leaves must be a list of Values, got Value .*; put it in \[ \]"),
        (lambda: live(C, [3.0]), TypeError, "leaves must hold Values, got float 3.0"),
        (lambda: live(C, [C]), ValueError, "among leaves is computed; pass the leaves"),
        (lambda: live(C, [y]), ValueError, r"C does not depend on Value\(data=4.0.* among leaves; leave"),
        (lambda: live(C, [x, x]), ValueError, "'x' is given twice among leaves; give each leaf once"),
        (lambda: live(C, [x], name="a b"), ValueError, "got 'a b'; try 'evaluate'"),
        (lambda: live(C, [x], name="function"), ValueError, "got 'function'"),
        (lambda: live(C, [x], PYTHON, name="lambda"), ValueError, "got 'lambda'"),
    ]:
        with pytest.raises(error, match=message):
            bad()
    with pytest.raises(TypeError, match=r"'cube'.* has no rule") as raised:
        live(cube * 2.0, [x])
    assert raised.value.__notes__ == ["The node is labelled 'x³'."]
