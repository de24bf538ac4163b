"""Source text: programs and segments that compute what the graph does, to the last bit."""

import ast
import keyword
import math
import operator
import random
import subprocess
import sys
import textwrap
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle import ORACLE, PARAMETERS
from random_graphs import graphs

import engine
import nn
from engine import Value, graph, rules
from engine.readings import floats
from engine.readings.code import DEEPEST, NUMPY, PYTHON, RESERVED, WIDTH, Writer, identifiers, standalone
from engine.readings.expressions import VOCABULARY, Expressions
from engine.source import compiled_segment, program, segment


def run(text, name="cost_and_gradient"):
    namespace = {}
    exec(text, namespace)  # noqa: S102  (the text under test)
    return namespace[name]


def bits(*numbers):
    return [float(x).hex() for x in numbers]


def eager(C, leaves):
    C.refresh()
    C.zero_grad()
    C.backward()
    return bits(C.data, *(leaf.grad for leaf in leaves))


def straight(text, leaves):
    value, gradient = run(text)(*(leaf.data for leaf in leaves))
    assert all(type(x) is float for x in (value, *gradient))
    return bits(value, *gradient)


def parts_of(C):
    leaves = graph.leaves(C)
    return [node for node in graph.topological_order(C) if node.parents], leaves


# ------------------------------------------------------------------------------------- programs


@given(graphs(max_nodes=20), st.lists(st.floats(-2, 2), min_size=4, max_size=4))
def test_a_program_gives_the_bits_of_the_engine(drawn, others):
    """Value and gradient of the text are those of C and C.backward() to the last bit, at any leaves."""
    C, leaves = drawn
    params = [leaf for leaf in leaves if leaf in set(graph.leaves(C))]
    text = program(C, params=params)
    assert straight(text, params) == eager(C, params)
    for leaf, x in zip(leaves, others, strict=False):
        leaf.data = x
    assert straight(text, params) == eager(C, params)


@given(graphs(max_nodes=20), st.data())
def test_labels_and_inputs_change_no_bit(drawn, data):
    """Which nodes have labels, and which leaves are inputs, is a matter of reading."""
    C, leaves = drawn
    for node in graph.topological_order(C):
        node.label = data.draw(st.sampled_from(["", "", "z", "σ", "v1", "C", "dC_dz", "lambda", "x_2"]))
    known = [leaf for leaf in leaves if leaf in set(graph.leaves(C))]
    cut = data.draw(st.integers(0, len(known)))
    text = program(C, inputs=known[cut:], params=known[:cut])
    assert straight(text, known) == eager(C, known)[: 1 + cut]


CASES = [(name, parameters) for name in ORACLE for parameters in PARAMETERS.get(name, [{}])]


def node_of(name, parameters, operands):
    rule = rules.REGISTRY[name]
    return engine.apply(rule.at(**parameters) if rule.defaults else rule, *operands)


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
@settings(max_examples=15)
@given(data=st.data())
def test_every_rule_is_written_to_the_bit(name, parameters, data):
    """Each rule's text gives the bits of the rule, alone and as a part of more."""
    operands = [Value(data.draw(numbers)) for numbers in ORACLE[name][1]]
    try:
        C = node_of(name, parameters, operands)
        D = 0.3 * C * operands[0] - C
    except (ValueError, ArithmeticError):
        assume(False)
    for root in (C, D):
        assert straight(program(root, params=operands), operands) == eager(root, operands)


EXTREME = (0.0, -0.0, 1.0, -1.0, 0.5, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan)


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
def test_every_rule_is_written_to_the_bit_at_its_limits(name, parameters):
    """So it is at kinks, signed zeros and huge numbers, wherever the rule gives a value."""
    reached = 0
    for x in EXTREME:
        for other in (0.5, -0.0, 1.0):
            operands = [Value(x)] + [Value(other) for _ in ORACLE[name][1][1:]]
            try:
                C = -node_of(name, parameters, operands)
            except (ValueError, ArithmeticError):
                continue
            reached += 1
            assert straight(program(C, params=operands), operands) == eager(C, operands)
    assert reached


def test_variadic_rules_of_one_and_of_many():
    """Rules of variable arity are written for whatever number of operands they have."""
    xs = [Value(random.Random(k).uniform(0.1, 2)) for k in range(60)]
    for rule in (rules.total, rules.mean, rules.logsumexp, rules.softmax, rules.maximum, rules.affine):
        for n in (1, 3, 59):
            C = engine.apply(rule, *xs[:n])
            assert straight(program(C, params=xs[:n]), xs[:n]) == eager(C, xs[:n])
    nothing = engine.apply(rules.total)
    assert run(program(nothing))() == (0.0, ())


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_no_gradient_is_minus_zero(zero):
    """backward() starts every sum at 0.0, and so no gradient is −0.0; the text keeps to that."""
    x, y = Value(zero), Value(-1.0)
    C = x * y + x * y
    assert straight(program(C, params=[x, y]), [x, y]) == eager(C, [x, y])
    assert bits(*run(program(-x * y, params=[x, y]))(zero, -1.0)[1])[1] == (0.0).hex()


CHAIN = '''\
from math import exp


def sigmoid(x: float) -> float:
    """1/(1 + e⁻ˣ), where e⁻ˣ may overflow."""
    if x >= 0:
        return 1 / (1 + exp(-x))
    e = exp(x)
    return e / (1 + e)


def cost_and_gradient(w_1, b_1, w_2, b_2, w_3, b_3, a_0):
    # forward
    y = 1.0
    z_1 = b_1 + w_1 * a_0
    a_1 = sigmoid(z_1)
    z_2 = b_2 + w_2 * a_1
    a_2 = sigmoid(z_2)
    z_3 = b_3 + w_3 * a_2
    a_3 = sigmoid(z_3)
    v1 = a_3 - y
    C_0 = v1 * v1

    # backward
    dC_0_da_3 = 2 * v1
    dC_0_dz_3 = a_3 * sigmoid(-z_3) * dC_0_da_3
    dC_0_dw_3 = a_2 * dC_0_dz_3
    dC_0_db_3 = dC_0_dz_3
    dC_0_da_2 = w_3 * dC_0_dz_3
    dC_0_dz_2 = a_2 * sigmoid(-z_2) * dC_0_da_2
    dC_0_dw_2 = a_1 * dC_0_dz_2
    dC_0_db_2 = dC_0_dz_2
    dC_0_da_1 = w_2 * dC_0_dz_2
    dC_0_dz_1 = a_1 * sigmoid(-z_1) * dC_0_da_1
    dC_0_dw_1 = a_0 * dC_0_dz_1
    dC_0_db_1 = dC_0_dz_1
    gradient = (dC_0_dw_1, dC_0_db_1, dC_0_dw_2, dC_0_db_2, dC_0_dw_3, dC_0_db_3)
    return C_0, tuple(g + 0.0 for g in gradient)  # never −0.0
'''


def chain_of_neurons():
    net = nn.MLP(1, [1, 1, 1], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    x = Value(0.5, label="a^(0)")
    C = nn.losses.squared_error(net(x), 1.0)
    C.label = "C_0"
    return C, x, net.parameters()


def test_the_program_of_the_documents_chain_reads_as_on_the_board():
    """*Backpropagation Calculus*: z = wa + b, a = σ(z), C = (a − y)², then ∂C/∂a, ∂C/∂z, ∂C/∂w, ∂C/∂b."""
    C, x, params = chain_of_neurons()
    assert program(C, inputs=[x], params=params) == CHAIN
    assert straight(CHAIN, [*params, x]) == eager(C, params)


def test_a_program_runs_without_the_project():
    """The text is a module of its own: an isolated Python that cannot see the project runs it."""
    C, x, params = chain_of_neurons()
    call = f"print(cost_and_gradient(*{[p.data for p in (*params, x)]}))"
    text = program(C, inputs=[x], params=params) + "import sys\nassert 'engine' not in sys.modules\n" + call
    done = subprocess.run([sys.executable, "-I", "-c", text], capture_output=True, cwd="/", check=True)
    value, gradient = ast.literal_eval(done.stdout.decode())
    assert bits(value, *gradient) == eager(C, params)


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
def test_a_program_holds_what_it_uses_and_nothing_else(name, parameters):
    """Every name that the text imports or defines is used in it; every line of the function is, too."""
    operands = [Value(1.0 if name == "acosh" else 0.5) for _ in ORACLE[name][1]]
    text = program(3.0 * node_of(name, parameters, operands), params=operands)
    tree = ast.parse(text)
    used = [
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]
    for node in tree.body:
        names = [a.asname or a.name for a in node.names] if hasattr(node, "names") else [node.name]
        assert set(names) <= {*used, "cost_and_gradient"}
    for node in ast.walk(tree.body[-1]):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            assert node.id in used
    assert "noqa" not in text


def test_the_preamble_of_everything_wraps():
    """The whole vocabulary at once: imports wrap, and everything can be called."""
    text = standalone([*VOCABULARY, "inf", "nan"])
    assert max(map(len, text.splitlines())) <= 110
    namespace = {}
    exec(text, namespace)  # noqa: S102  (the text under test)
    del namespace["where"]  # of the vocabulary, but never called in Python
    assert namespace["abs"] is math.fabs
    assert namespace["power"](2.0, 3.0) == 8.0
    assert standalone([]) == ""


def test_infinite_constants_are_written_by_name():
    """inf and nan, as constants with and without a label, come from math."""
    x = Value(2.0, label="x")
    C = engine.minimum(x, math.inf) + engine.minimum(Value(math.inf, label="top"), x) + Value(-math.inf)
    text = program(C, params=[x])
    assert text.startswith("from math import inf\n")
    assert "    top = inf\n" in text
    assert straight(text, [x]) == eager(C, [x])
    nothing = x * Value(math.nan)
    assert program(nothing, params=[x]).startswith("from math import nan\n")


def test_a_leaf_is_a_program_too():
    """The derivative of a leaf by itself is 1; a constant has no gradient."""
    x = Value(2.0)
    assert run(program(x, params=[x]))(5.0) == (5.0, (1.0,))
    assert run(program(x, inputs=[x]))(5.0) == (5.0, ())
    assert run(program(x))() == (2.0, ())


def test_nodes_that_are_the_same_keep_their_lines():
    """Two labels for one expression are two lines, and −(−x) is x under its own name."""
    x = Value(2.0, label="x")
    y, z, u = x * x, x * x, operator.neg(-x)
    C = y * z + u
    engine.label(y=y, z=z, u=u, C=C)
    text = program(C, params=[x])
    assert "    y = x * x\n    z = y\n    u = x\n" in text
    assert straight(text, [x]) == eager(C, [x])


def test_only_what_is_needed_is_written():
    """A node that no param lies behind has no adjoint, and a slope by a constant none either."""
    x, y, c = Value(2.0, label="x"), Value(3.0, label="y"), Value(5.0, label="c")
    z = (c * y).exp()
    z.label = "z"
    text = program(x * z * c, inputs=[y], params=[x])
    assert text.count("exp") == 2
    assert text.split("# backward\n")[1].splitlines()[:-1] == [
        "    dC_dx = z * c",
        "    gradient = (dC_dx,)",
    ]


def test_the_adjoint_of_an_unlabelled_node_is_named_after_it():
    """v1 without a label has the adjoint dC_dv1; one that is an adjoint already keeps its first name."""
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    v = x * y
    text = program(v * v * v.sin(), params=[x, y])
    assert "    v1 = x * y\n" in text
    assert "    dC_dx = y * dC_dv1\n    dC_dy = x * dC_dv1\n" in text


# ----------------------------------------------------------------------------------------- size


@pytest.mark.parametrize("sizes", [[16, 16, 1], [40, 3, 2]])
def test_lines_are_short(sizes):
    """Sums of many terms wrap inside brackets: no line of a network is longer than a page is wide."""
    net = nn.MLP(sizes[0], sizes[1:], activation="tanh", rng=random.Random(0))
    C = nn.losses.softmax_cross_entropy(net([0.1 * k for k in range(sizes[0])]), 0)
    params = net.parameters()
    text = program(C, params=params)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert straight(text, params) == eager(C, params)


def test_long_names_wrap_too():
    """Names as long as names become, in calls and products: still no line is longer than the page."""
    a, b = Value(2.0, label="a" * 10_000), Value(3.0, label="b" * 500)
    C = engine.softmax([a * b, a + b, a])[0] + engine.relu(a * b * a) - engine.clip(b, 0.0, 5.0)
    C.label = "c" * 99
    text = program(C, params=[a, b])
    assert max(map(len, text.splitlines())) <= WIDTH
    assert straight(text, [a, b]) == eager(C, [a, b])


def test_a_long_operand_has_a_line_of_its_own():
    """Only sums run on over lines: a long operand of anything else is named first."""
    xs = [Value(0.1 * k, label=f"x_{k}") for k in range(1, 20)]
    text = program(xs[0] - engine.total(xs) + engine.total(xs[1:]).exp(), params=xs)
    assert "    v3 = exp(v2)\n    C = x_1 - v1 + v3\n" in text
    assert straight(text, xs) == eager(xs[0] - engine.total(xs) + engine.total(xs[1:]).exp(), xs)


@pytest.mark.slow
def test_deep_graphs_become_flat_text():
    """Chain and sum of 20,000 nodes compile: nesting and length of lines are bounded."""
    x, w = Value(0.5), Value(0.999)
    deep = broad = x
    for k in range(20_000):
        deep = deep.sin() if k % 2 else deep * w
        broad = broad + w
    C = deep + broad + engine.total([x * w] * 20_000)
    text = program(C, params=[x, w])
    assert straight(text, [x, w]) == eager(C, [x, w])
    nesting = most = 0
    for character in text:
        nesting += (character == "(") - (character == ")")
        most = max(most, nesting)
    assert most <= 2 * DEEPEST
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert text.count("\n") > 20_000


# ------------------------------------------------------------------------------------- brackets


def where(condition, x, y):
    return condition.xp.where(condition, x, y)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda a, b, c: a - (b - c), "a - (b - c)"),
        (lambda a, b, c: a - b - c, "a - b - c"),
        (lambda a, b, c: a + (b + c), "a + (b + c)"),
        (lambda a, b, c: a / b / c, "a / b / c"),
        (lambda a, b, c: a / (b / c), "a / (b / c)"),
        (lambda a, b, c: a * (b * c), "a * (b * c)"),
        (lambda a, b, c: a * b - c, "a * b - c"),
        (lambda a, b, c: a * (b - c), "a * (b - c)"),
        (lambda a, b, c: -(a * b) - -c, "-(a * b) - -c"),
        (lambda a, b, c: -a * b / -c, "-a * b / -c"),
        (lambda a, b, c: -(a.xp.literal(2.0) * a) + -3.0 * (b - -c), "-(2.0 * a) + -3.0 * (b - -c)"),
        (lambda a, b, c: where(a < b, where(b <= c, a, b), c), "(a if b <= c else b) if a < b else c"),
        (lambda a, b, c: where(a > b, c, where(b >= c, a, b)), "c if a > b else a if b >= c else b"),
        (lambda a, b, c: where(where(a < b, b, c), a, c), "a if (b if a < b else c) else c"),
        (lambda a, b, c: where(a, b, a.xp.exp(np.float64(0.1))) + c, "(b if a else exp(0.1)) + c"),
        (lambda a, b, c: 1 - a.xp.where(a - b > c, 0.0, -1), "1 - (0.0 if a - b > c else -1)"),
        (lambda a, b, c: a.xp.hypot(a.xp.where(a < b, a, b), -c), "hypot(a if a < b else b, -c)"),
        (lambda a, b, c: 1.0 * a * 1 / 1.0 + -1.0 * b + c * -1 + operator.neg(-b), "a + -b + -c + b"),
        (lambda a, b, c: 0.0 + a - 1 / b * (0 - c), "0.0 + a - 1 / b * (0 - c)"),
        (lambda a, _, c: a.xp.power(c, True) - np.float64(2.0) * a, "power(c, 1) - 2.0 * a"),
    ],
)  # fmt: skip
def test_brackets_are_minimal_and_right(function, text):
    """The text rounds as the operations were made: brackets stand where Python would read otherwise."""
    xp = Expressions()
    a, b, c = (xp.variable() for _ in "abc")
    e = function(a, b, c)
    assert Writer(PYTHON, map("v{}".format, count()), {a: "a", b: "b", c: "c"}, [e]).write(e) == text


BINARY = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
TREES = st.recursive(
    st.sampled_from(["a", "b", "c", 1.0, -1.0, 0.5, -0.0, 3]),
    lambda inner: st.tuples(st.sampled_from([*BINARY, "neg", "where", "minimum"]), inner, inner, inner),
    max_leaves=40,
)


def grown(tree, names, xp):
    if not isinstance(tree, tuple):
        return names.get(tree, tree)
    operation, x, y, z = tree[0], *(grown(part, names, xp) for part in tree[1:])
    if operation == "neg":
        return -x
    if operation == "where":
        return xp.where(x < y, y, z)
    return xp.minimum(x, y) if operation == "minimum" else BINARY[operation](x, y)


@given(TREES, st.tuples(*[st.floats(-1e3, 1e3)] * 3))
def test_text_means_what_was_written(tree, numbers):
    """Any expression of operators, choices and calls, written and read by Python, gives its own bits."""
    numbers = dict(zip("abc", numbers, strict=True))
    try:
        expected = grown(tree, numbers, floats) if isinstance(tree, tuple) else numbers["a"]
    except ZeroDivisionError:
        assume(False)
    xp = Expressions()
    variables = {name: xp.variable() for name in "abc"}
    e = xp.operand(grown(tree, variables, xp)) if isinstance(tree, tuple) else variables["a"]
    writer = Writer(PYTHON, map("v{}".format, count()), {x: name for name, x in variables.items()}, [e])
    result = writer.write(e)
    namespace = numbers | {"minimum": floats.minimum, "where": floats.where}
    exec(textwrap.dedent("\n".join(writer.taken())), namespace)  # noqa: S102  (the text under test)
    assert bits(eval(result, namespace)) == bits(expected)  # noqa: S307  (the text under test)


def test_expressions_are_one_where_they_are_the_same():
    """The same operation on the same operands is the same object; 0.0 and −0.0 are not the same."""
    xp = Expressions()
    x, y = xp.variable(), xp.variable()
    assert xp.exp(x) is xp.exp(x)
    assert x - y is x - y
    assert x - y is not y - x
    assert len({xp.literal(number) for number in (0.0, -0.0, 1, 1.0, True, math.nan, math.nan)}) == 5
    assert graph.topological_order(x * y + x) == [x, y, x * y, x * y + x]


def test_an_expression_decides_nothing():
    """A rule that asks an operand for yes or no is told to use xp.where."""
    x = Expressions().variable()
    with pytest.raises(TypeError, match=r"a rule uses xp\.where"):
        bool(x < 1)


# ---------------------------------------------------------------------------------------- names

HOSTILE = [
    "__import__('os').system('x')", '"""', "'", "\n", "a\nimport os\n", "#", "# type", "x = 1; y", "\\",
    "{0}", "{name}", "%s", "\x00", "\ud800", "0", "1e5", "-1", "inf", "nan", "math", "tuple", "exp",
    "sigmoid", "gradient", "None", "True", "class", "match", "_", "__debug__", "v1", "v2", "C", "dC_dx", "g",
    "cost_and_gradient", "ℂ", "x²", "ﬁ", "e\u0301", "(\u0301", "×", "w_01^(2)", "𝐰", "x" * 10_000, "ﷺ" * 50,
    "٣",
]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=50)), max_size=30))
def test_identifiers_are_legal_and_different(labels):
    """Whatever the labels: one legal name per node, no two alike, none that means something already."""
    nodes = [Value(0.0, label=label) for label in labels]
    names = identifiers(nodes, taken=["v1", "x"])
    assert list(names) == nodes
    for name in names.values():
        assert name.isidentifier()
        assert name not in RESERVED
        assert not keyword.iskeyword(name)
        assert len(name) < 50
        assert ast.parse(name).body[0].value.id == name
    assert len({*names.values(), "v1", "x"}) == len(nodes) + 2


def test_identifiers_keep_what_can_be_read():
    """Labels of the documents stay recognisable; a node that comes twice has one name."""
    labels = {
        "w_01^(2)": "w_01_2", "w_10,0^(1)": "w_10_0_1", "δ_j": "δ_j", "∂C/∂w": "dC_dw", "x′": "x", "y'": "y",
        "a₀": "a0", "sum": "sum_", "sum ": "sum_2", "if": "if_", "7": "v_7",
        "": "v1", "→": "v2", "w 01 2": "w_01_2_2",
    }  # fmt: skip
    nodes = [Value(0.0, label=label) for label in labels]
    assert list(identifiers([*nodes, *nodes]).values()) == list(labels.values())


def test_many_nodes_of_one_name_take_linear_time():
    """10,000 nodes labelled x are x, x_2, …, x_10000."""
    names = identifiers([Value(0.0, label="x") for _ in range(10_000)])
    assert sorted(names.values()) == sorted(["x", *(f"x_{k}" for k in range(2, 10_001))])


def test_labels_never_become_code():
    """Under hostile labels a program is assignments of sums, products and calls of tanh and sech, no more."""
    leaves = [Value(0.5 + k, label=label) for k, label in enumerate(HOSTILE)]
    C = leaves[0]
    for leaf in leaves[1:]:
        C = C.tanh() * leaf
        C.label = leaf.label
    C = C + 1.0
    text = program(C, leaves[:5], leaves[5:9])
    assert straight(text, [*leaves[5:9], *leaves[:5]]) == eager(C, leaves[5:9])
    *lines, _, result = ast.parse(text).body[-1].body
    assert {type(line) for line in lines} == {ast.Assign}
    nodes = [node for line in lines for node in ast.walk(line.value)]
    assert {type(node) for node in nodes} <= {
        ast.BinOp, ast.Add, ast.Mult, ast.Call, ast.Name, ast.Load, ast.Constant
    }  # fmt: skip
    assert {node.func.id for node in nodes if isinstance(node, ast.Call)} == {"tanh", "sech"}
    assert {type(node.value) for node in nodes if isinstance(node, ast.Constant)} == {float}
    assert ast.unparse(result).endswith(", tuple((g + 0.0 for g in gradient)))")
    assert [line for line in text.splitlines() if "#" in line] == [
        "    # forward", "    # backward", text.splitlines()[-1]
    ]  # fmt: skip


# ------------------------------------------------------------------------------------- segments


def played(*parts, arithmetic=floats, dialect=PYTHON):
    """Forward, pause, backward: of nodes, externals, outputs, targets, numbers and adjoints."""
    *graph_, x, adjoints = parts
    run_ = compiled_segment(*graph_, arithmetic=arithmetic, dialect=dialect)(x)
    handed_out = next(run_)
    assert isinstance(handed_out, tuple)
    grads = run_.send(tuple(adjoints(handed_out)))
    with pytest.raises(StopIteration):
        next(run_)
    return handed_out, grads


@given(graphs(max_nodes=20))
def test_a_whole_graph_is_a_segment(drawn):
    """Sent 1.0 for the root, the segment of the whole graph gives the gradient, to the bit."""
    C, _ = drawn
    nodes, leaves = parts_of(C)
    assume(nodes)
    (value,), grads = played(nodes, leaves, [C], leaves, [leaf.data for leaf in leaves], lambda _: [1.0])
    assert bits(value, *(0.0 + grad for grad in grads)) == eager(C, leaves)


@given(graphs(max_nodes=20), st.data())
def test_two_segments_are_one(drawn, data):
    """Cut anywhere: forward through both, back through both, and values and gradients are the engine's.

    To the bit, but for leaves that get several contributions in the first part: those are added first.
    """
    C, _ = drawn
    nodes, leaves = parts_of(C)
    assume(nodes)
    cut = data.draw(st.integers(0, len(nodes) - 1))
    first, second = nodes[:cut], nodes[cut:]
    crossing = [node for node in first if any(node in child.parents for child in second)]
    x = [leaf.data for leaf in leaves]
    late = []

    def through_the_second(handed_out):
        _, grads = played(
            second, [*leaves, *crossing], [C], [*leaves, *crossing], [*x, *handed_out], lambda _: [1.0]
        )
        late.extend(grads[: len(leaves)])
        return grads[len(leaves) :]

    handed_out, early = played(first, leaves, crossing, leaves, x, through_the_second)
    assert bits(*handed_out) == bits(*(node.data for node in crossing))
    eager(C, leaves)
    for leaf, a, b in zip(leaves, late, early, strict=True):
        if sum(child.parents.count(leaf) for child in first) <= 1:
            assert bits(0.0 + a + b) == bits(leaf.grad)
        assert a + b == pytest.approx(leaf.grad, rel=1e-12, abs=1e-12)


VECTORISED = SimpleNamespace(
    **{name: np.vectorize(getattr(floats, name), otypes=[float]) for name in VOCABULARY}
)


@given(graphs(max_nodes=15), st.data())
def test_a_segment_of_arrays_is_one_of_floats_for_each_element(drawn, data):
    """Read by NumPy, with the functions of floats applied element by element: the same bits."""
    C, given_ = drawn
    nodes, leaves = parts_of(C)
    leaves = [leaf for leaf in leaves if leaf in set(given_)]  # the others are constants
    assume(nodes)
    columns = [data.draw(st.lists(st.floats(-2, 2), min_size=3, max_size=3)) for _ in leaves]
    arrays = [np.array(column) for column in columns]
    how = {"arithmetic": VECTORISED, "dialect": NUMPY}
    (values,), grads = played(nodes, leaves, [C], leaves, arrays, lambda _: [np.ones(3)], **how)
    for k in range(3):
        numbers = [column[k] for column in columns]
        (value,), expected = played(nodes, leaves, [C], leaves, numbers, lambda _: [1.0])
        assert bits(np.broadcast_to(values, 3)[k]) == bits(value)
        assert bits(*(np.broadcast_to(grad, 3)[k] for grad in grads)) == bits(*expected)


def test_a_segment_reads_numpy_itself():
    """With NumPy's own functions the numbers agree to 1e-14; where is a call there."""
    x, y = Value(0.3), Value(-0.7)
    nodes, leaves = parts_of(((x * y).sin() + (x / 2.0).exp()).relu() * (y - x).cos())
    arrays = [np.linspace(-1, 1, 7), np.linspace(2, -3, 7)]
    how = {"arithmetic": np, "dialect": NUMPY}
    externals = [leaf for leaf in leaves if leaf in {x, y}]
    (value,), grads = played(nodes, externals, nodes[-1:], externals, arrays, lambda _: [np.ones(7)], **how)
    for k in range(7):
        numbers = [array[k] for array in arrays]
        (v,), gs = played(nodes, externals, nodes[-1:], externals, numbers, lambda _: [1.0])
        assert value[k] == pytest.approx(v, rel=1e-14)
        assert [grad[k] for grad in grads] == pytest.approx(gs, rel=1e-14, abs=1e-14)
    assert "where(" in program(nodes[-1], dialect=NUMPY)
    assert "where(" in segment(nodes, externals, nodes[-1:], externals, NUMPY)


def test_an_arithmetic_may_lack_what_is_not_used():
    """Names that the text does not use need not be there; nor are builtins."""
    x = Value(2.0)
    y = x.exp()
    assert played([y], [x], [y], [x], [0.0], lambda _: [2.0], arithmetic=math) == ((1.0,), (2.0,))


def test_empty_parts_are_legal():
    """No externals, no outputs, no targets: tuples stay tuples."""
    x, y = Value(2.0), Value(3.0)
    z = x * y
    assert played([], [], [], [], (), lambda _: ()) == ((), ())
    assert played([], [x], [], [x], (2.0,), lambda _: ()) == ((), (0.0,))
    assert played([z], [x, y], [], [y], (2.0, 3.0), lambda _: ()) == ((), (0.0,))
    assert played([z], [], [z], [], (), lambda _: (1.0,)) == ((6.0,), ())
    assert played([z], [x], [z, z], [x], (5.0,), lambda _: (1.0, 10.0)) == ((15.0, 15.0), (33.0,))
    assert segment([z], [y], [z], [], PYTHON).splitlines() == [
        "def segment(x):",
        "    (x0,) = x",
        "    v1 = 2.0 * x0",
        "    (g0,) = yield (v1,)",
        "    yield ()",
    ]


def test_segments_of_many_wrap():
    """Lists of many names wrap: no line is longer than the page."""
    xs = [Value(float(k)) for k in range(200)]
    ys = [x * x for x in xs]
    text = segment(ys, xs, ys, xs, PYTHON)
    assert max(map(len, text.splitlines())) <= WIDTH
    numbers = [x.data for x in xs]
    assert played(ys, xs, ys, xs, numbers, lambda _: numbers)[1] == tuple(2 * x * x for x in numbers)


# --------------------------------------------------------------------------------------- errors


def test_nodes_made_by_hand_cannot_be_written():
    """Their value has no rule: the rule's own TypeError says so, with a note of the label."""
    x = Value(3.0, label="x")
    cube = Value(27.0, (x,), "cube", local_derivatives=(27.0,))
    with pytest.raises(TypeError, match=r"'cube'.* has no rule"):
        program(cube * 2.0, params=[x])
    cube.label = "y"
    with pytest.raises(TypeError, match="has no rule") as raised:
        segment([cube], [x], [cube], [x], PYTHON)
    assert raised.value.__notes__ == ["The node is labelled 'y'."]


def test_what_a_program_refuses():
    """What came, what was expected, what to do."""
    x, y = Value(3.0, label="x"), Value(4.0)
    C = x * x
    C.label = "C"
    for bad, error, message in [
        (lambda: program(9.0), TypeError, "C must be a Value, .* got float 9.0"),
        (lambda: program([C]), TypeError, "C must be a Value, .* got list"),
        (
            lambda: program(C, params=x),
            TypeError,
            r"params must be a list of Values, got Value .*; put it in \[ \]",
        ),
        (lambda: program(C, inputs=[3.0]), TypeError, "inputs must hold Values, got float 3.0"),
        (
            lambda: program(C, params=[C]),
            ValueError,
            "the node labelled 'C' among params is computed; pass the leaves",
        ),
        (
            lambda: program(C, params=[y]),
            ValueError,
            r"C does not depend on Value\(data=4.0.* among params; leave",
        ),
        (
            lambda: program(C, inputs=[x], params=[x]),
            ValueError,
            "'x' is given twice among params and inputs",
        ),
        (lambda: program(C, params=[x, x]), ValueError, "give each leaf once"),
        (lambda: program(C, name="a b"), ValueError, "name must be a free name for a function, got 'a b'"),
        (lambda: program(C, name="exp"), ValueError, "got 'exp'"),
        (lambda: program(C, name="class"), ValueError, "got 'class'"),
    ]:
        with pytest.raises(error, match=message):
            bad()


def test_what_a_segment_refuses():
    """Parts that do not fit together."""
    x = Value(3.0)
    y = x.exp()
    z = y.exp()
    for arguments, message in [
        (([x], [], [], []), "is a leaf or external"),
        (([y], [y], [], []), "is a leaf or external"),
        (([y, y], [x], [], []), "is a leaf or external"),
        (([z], [x], [], []), "neither from outside nor earlier"),
        (([z, y], [x], [], []), "neither from outside nor earlier"),
        (([y], [x], [x], []), "outputs of a segment are among its nodes"),
        (([y], [x], [y], [y]), "targets of a segment are among its externals"),
    ]:
        with pytest.raises(ValueError, match=message):
            segment(*arguments, PYTHON)
