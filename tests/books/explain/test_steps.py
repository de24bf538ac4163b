"""Laws of the backward pass in steps: in a right order it is backward(), in a wrong one it tells errors."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import graphs
from test_graph import preorder

from engine import Value, gradcheck, label, total
from engine.chain.steps import Steps, steps
from engine.graph import depth_first, leaves, topological_order


def bits(x):
    return struct.pack("d", x)


def inner(root):
    return [node for node in topological_order(root) if node.parents]


def gradients(root):
    return [(bits(node.grad), node.has_grad) for node in topological_order(root)]


def edges_to(root, node):
    """Every operand occurrence of a node: who was computed from it, with the local derivative."""
    return [
        (child, slope)
        for child in topological_order(root)
        for parent, slope in zip(child.parents, child.local_derivatives, strict=True)
        if parent is node
    ]


def diamond():
    """b = a², and C = b + b²: two paths from b to C, and b is reached before the longer one is walked."""
    a = Value(2.0)
    b = a * a
    C = b + b * b
    label(locals())
    return C, b, a


EARLIER = st.lists(st.none() | st.floats(-10, 10), min_size=4, max_size=4)


@given(graphs(), EARLIER)
def test_at_the_end_all_is_as_after_backward(graph, earlier):
    """Bit for bit: inner gradients afresh, those of leaves added to what they had."""
    root, all_leaves = graph

    def prepare():
        root.zero_grad()
        (root * 3.0).backward()  # gradients of another root, that must not stay
        for leaf, grad in zip(all_leaves, earlier, strict=False):
            leaf.zero_grad()
            if grad is not None:
                leaf.grad = grad

    prepare()
    root.backward()
    expected = gradients(root)
    prepare()
    for _ in steps(root):
        pass
    assert gradients(root) == expected


@given(graphs())
def test_it_mixes_with_backward(graph):
    """Steps, then backward(), then steps are three passes: leaves have three times the gradient of one."""
    root, _ = graph
    for _ in range(3):
        root.backward()
    expected = gradients(root)
    root.zero_grad()
    list(steps(root))
    root.backward()
    list(steps(root))
    assert gradients(root) == expected


@given(graphs())
def test_contributions_add_up_to_the_gradient(graph):
    """To each node, one contribution from each operand occurrence; their sum is its gradient."""
    root, _ = graph
    taken = list(steps(root))
    assert [step.node for step in taken] == (inner(root) or [root])[::-1]
    received = {node: [] for node in topological_order(root)}
    for step in taken:
        assert step.grad == step.node.grad
        assert [c.parent for c in step.contributions] == list(step.node.parents)
        assert [c.position for c in step.contributions] == list(range(len(step.node.parents)))
        assert tuple(c.local_derivative for c in step.contributions) == step.node.local_derivatives
        for c in step.contributions:
            assert c.amount == c.local_derivative * step.grad
            received[c.parent].append(c)
    for node, contributions in received.items():
        assert len(contributions) == len(edges_to(root, node))
        assert [c.to_come for c in contributions] == list(range(len(contributions)))[::-1]
        assert [c.complete for c in contributions] == [c is contributions[-1] for c in contributions]
        assert {c.expected for c in contributions} <= {len(contributions)}
        amounts = [c.amount for c in contributions]
        running = [sum(amounts[: k + 1]) for k in range(len(amounts))]
        assert [c.total for c in contributions] == pytest.approx(running)
        if node is not root:
            assert contributions[-1].total == node.grad


@given(graphs())
def test_what_leaves_get_is_their_derivative(graph):
    """The contributions handed to a leaf add up to what finite differences say."""
    root, _ = graph
    sums = dict.fromkeys(leaves(root), 0.0)
    for step in steps(root):
        for c in step.contributions:
            if c.parent in sums:
                sums[c.parent] += c.amount
    if root.parents:
        numeric = [row.numeric for row in gradcheck(root, list(sums)).rows]
        assert list(sums.values()) == pytest.approx(numeric, rel=1e-4, abs=1e-6)


@given(graphs(), EARLIER)
def test_wherever_it_stops_no_gradient_is_half(graph, earlier):
    """After any step a node whose contributions are all there has its gradient; else an inner node has none,
    and a leaf what it had."""
    root, all_leaves = graph
    root.backward()
    whole = {node: node.grad for node in topological_order(root)}
    handed_on = set()
    for node in topological_order(root):
        node.grad = 7.0
    for leaf, grad in zip(all_leaves, earlier, strict=False):
        leaf.grad = grad or 0.0
    before = {node: node.grad for node in topological_order(root)}
    for step in steps(root):
        handed_on.add(step.node)
        for node, own in whole.items():
            complete = {child for child, _ in edges_to(root, node)} <= handed_on
            if complete:
                assert node.grad == (own if node.parents else own + before[node])
            elif node.parents:
                assert not node.has_grad
            else:
                assert node.grad == before[node]


def test_nothing_happens_before_the_first_step():
    """Making the iterator changes no gradient; taking a step forgets those of inner nodes."""
    C, b, a = diamond()
    b.grad = a.grad = 5.0
    passing = steps(C)
    assert (b.grad, a.grad, C.has_grad) == (5.0, 5.0, False)
    next(passing)
    assert (b.has_grad, a.grad, C.grad) == (False, 5.0, 1.0)


def test_a_leaf_alone():
    """Its derivative by itself is 1, which is added to what it had, in one step."""
    x = Value(3.0, label="x")
    x.grad = 4.0
    assert [str(step) for step in steps(x)] == ["x: ∂x/∂x = 1"]
    assert x.grad == 5.0
    assert len(list(steps(x, "depth-first"))) == len(list(steps(x, []))) == len(list(steps(x, [x]))) == 1
    assert x.grad == 8.0


def test_the_lines_of_a_right_order():
    """A line has the gradient and each product, with the sum so far where there are several."""
    C, _, a = diamond()
    assert [str(step) for step in steps(C)] == [
        "C: ∂C/∂C = 1  →  b += 1 · 1 = 1 (2 more to come); v_1 += 1 · 1 = 1",
        "v_1: ∂C/∂v_1 = 1  →  b += 4 · 1 = 4, so far 5 (1 more to come); b += 4 · 1 = 4, in all 9",
        "b: ∂C/∂b = 9  →  a += 2 · 9 = 18 (1 more to come); a += 2 · 9 = 18, in all 36",
    ]
    assert a.grad == 36.0


def test_the_lines_of_a_wrong_order():
    """The step that is too early says what is missing and how far off it is; what follows from it, too."""
    C, b, a = diamond()
    e = a + 0.0
    e.label = "e"
    root = e * 1.0 + C  # e is right: it has one contribution
    lines = [str(step) for step in steps(C, "depth-first")]
    assert lines == [
        "C: ∂C/∂C = 1  →  b += 1 · 1 = 1 (2 more to come); v_1 += 1 · 1 = 1",
        (
            "b: ∂C/∂b = 1, passed back too early: 2 of 3 contributions are still to come; ∂C/∂b is 9, not 1: "
            "off by −8  →  a += 2 · 1 = 2 (1 more to come); a += 2 · 1 = 2, in all 4, off by −32"
        ),
        (
            "v_1: ∂C/∂v_1 = 1  →  b += 4 · 1 = 4, so far 5, too late (1 more to come); "
            "b += 4 · 1 = 4, in all 9, too late"
        ),
    ]
    first = steps(C, "depth-first").first_wrong
    assert (first.node, first.name, first.missing, first.expected) == (b, "b", 2, 3)
    assert (first.grad, first.true_grad, first.error) == (1.0, 9.0, -8.0)
    assert repr(first) == lines[1]
    assert [step.error for step in steps(root, "depth-first") if step.node is e] == [0.0]
    assert not any(node.has_grad for node in topological_order(root))


def test_an_error_is_inherited():
    """A step whose contributions are all there, but came from one that was too early, says so."""
    a = Value(1.0, label="a")
    b = 3.0 * a
    c = 5.0 * b
    C = c + 2.0 * c
    label(b=b, c=c, C=C)
    early, inherits = [step for step in steps(C, "depth-first") if step.error]
    assert (early.node, early.missing, early.expected, early.error) == (c, 1, 2, -2.0)
    assert (
        "passed back too early: 1 of 2 contributions is still to come; ∂C/∂c is 3, not 1: off by −2"
        in str(early)
    )
    assert (inherits.node, inherits.missing, inherits.true_grad, inherits.error) == (b, 0, 15.0, -10.0)
    assert str(inherits).startswith("b: ∂C/∂b = 5, inherits an error: ∂C/∂b is 15, not 5: off by −10  →  ")
    assert [c.error for c in inherits.contributions if c.parent is a] == [-30.0]
    assert str(early.contributions[1]) == "b += 5 · 1 = 5"  # its own step says how far off it is


def test_too_early_and_right_all_the_same():
    """Where what is missing turns out to be 0, the order is wrong and the gradient is not."""
    a = Value(2.0, label="a")
    b = a * 1.0
    C = b + b * 0.0
    label(b=b)
    taken = list(steps(C, "depth-first"))
    assert [step.error for step in taken] == [0.0, 0.0, 0.0]
    assert str(taken[1]) == (
        "b: ∂C/∂b = 1, passed back too early: 1 of 2 contributions is still to come; ∂C/∂b is 1 all the same"
        "  →  a += 1 · 1 = 1; leaf 1 += 2 · 1 = 2"
    )
    only = Value(1.0).exp().exp()
    assert "0, passed back too early: 1 of 1 contribution is still" in str(next(steps(only, inner(only))))


@given(graphs())
def test_depth_first_is_plain_recursion(graph):
    """It goes as three lines of recursion would."""
    root, _ = graph
    assert list(depth_first(root)) == preorder(root)
    going = [step.node for step in steps(root, "depth-first")]
    assert going == [node for node in preorder(root) if node.parents or node is root]


def handed_on(root, order):
    """What each node passes back in an order, pulled by the definition: from those that come before it."""
    place = {node: k for k, node in enumerate(order)}
    grads = {}
    for node in order:
        arrived = [(child, slope) for child, slope in edges_to(root, node) if place[child] < place[node]]
        grads[node] = (node is root) + sum(slope * grads[child] for child, slope in arrived)
    return grads


@given(graphs(max_nodes=8), st.randoms(use_true_random=False))
def test_an_order_is_wrong_where_a_node_hands_on_too_early(graph, rng):
    """Any shuffled order is called wrong if and only if some node comes before one computed from it; then the
    errors are those of the definition, the first one true minus partial sum, and no gradient is touched."""
    root, _ = graph
    order = inner(root) or [root]
    rng.shuffle(order)
    place = {node: k for k, node in enumerate(order)}
    early = [n for n in order if any(place[child] > place[n] for child, _ in edges_to(root, n))]
    root.backward()
    true = {node: node.grad for node in order}
    root.zero_grad()
    passing = steps(root, order)
    assert passing.right == (not early)
    assert (passing.first_wrong and passing.first_wrong.node) is (early[0] if early else None)
    expected = handed_on(root, order)
    for step in passing:
        late = [child for child, _ in edges_to(root, step.node) if place[child] > place[step.node]]
        assert (step.missing, step.expected) == (len(late), len(edges_to(root, step.node)))
        assert step.grad == pytest.approx(expected[step.node], rel=1e-9, abs=1e-12)
        assert step.true_grad == pytest.approx(true[step.node], rel=1e-9, abs=1e-12)
        assert step.error == pytest.approx(expected[step.node] - true[step.node], rel=1e-6, abs=1e-9)
        for c in step.contributions:
            assert c.late == (c.parent in place and place[c.parent] < place[step.node])
    assert any(node.has_grad for node in topological_order(root)) == passing.right


@given(graphs(), st.randoms(use_true_random=False))
def test_any_topological_order_is_right(graph, rng):
    """Orders in which each node waits for all that were computed from it give the same, to rounding."""
    root, _ = graph
    root.backward()
    expected = [node.grad for node in topological_order(root)]
    root.zero_grad()
    waiting = topological_order(root)
    order = []
    while waiting:
        ready = [n for n in waiting if not any(child in waiting for child, _ in edges_to(root, n))]
        order.append(rng.choice(ready))
        waiting.remove(order[-1])
    passing = steps(root, iter(order))
    assert passing.right
    assert passing.first_wrong is None
    assert [step.error for step in passing if step.missing or step.error] == []
    assert [node.grad for node in topological_order(root)] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_orders_of_ones_own_are_complete():
    """What a list lacks, repeats or has from elsewhere is named, at the call; nothing has changed."""
    C, b, a = diamond()
    v = C.parents[1]
    foreign = Value(1.0, label="q\n")
    a.grad = 2.0
    for order in ([C, v, b], [C, v, b, a], [C, a, v, b], (C, v, b)):
        assert steps(C, order).right
    for order, message in (
        ([C, v], "it lacks b"),
        ([], "it lacks b, v_1, C"),
        ([C, v, b, b, v], "it repeats v_1, b"),
        ([C, v, b, foreign, Value(2.0)], r"the root does not depend on q\\n, Value\(data=2.0, grad=0.0\)"),
        ([C, C, foreign, foreign], "it lacks b, v_1; it repeats C, Value.*; the root does not depend on"),
    ):
        with pytest.raises(ValueError, match=f"^an order holds each node that has operands once; {message}"):
            steps(C, order)
    long = total([a.exp() for _ in range(9)])
    with pytest.raises(ValueError, match=r"it lacks v_1, v_2, v_3, v_4, v_5, … and 4 more$"):
        steps(long, [long])
    assert (a.grad, C.has_grad) == (2.0, False)


def test_wrong_arguments_are_refused_at_the_call():
    """Anything but a Value, an unknown order, what is no order at all."""
    x = Value(1.0)
    for root in (3.0, [x], None):
        with pytest.raises(TypeError, match=f"^steps takes the Value .* got {type(root).__name__} "):
            steps(root)
    with pytest.raises(
        ValueError, match=r'^an order is None .* "depth-first" or a list of nodes; got \'x\'$'
    ):
        steps(x, "x")
    with pytest.raises(TypeError, match=r"or a list of nodes; got int 3$"):
        steps(x, 3)
    with pytest.raises(TypeError, match=r"^an order holds Values, got str 'C'; pass the node itself"):
        steps(x, ["C"])


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e308])
@pytest.mark.parametrize("order", [None, "depth-first", "parents first"])
def test_what_is_not_finite_is_stepped_through(number, order):
    """NaN and infinities pass as they do in backward() and can be printed; none is taken for an error."""
    x = Value(number, label="x")
    b = x * x
    root = b * 1e308 - b + b * b
    taken = list(steps(root, inner(root) if order == "parents first" else order))
    assert all("∂C/∂" in str(step) for step in taken)
    x = Value(number)
    chain = (x * x).tanh() if math.isfinite(number) else x * x * 0.0
    assert [step.error for step in steps(chain)] == [0.0] * len(inner(chain))
    stepped = x.grad
    x.zero_grad()
    chain.backward()
    assert bits(stepped) == bits(x.grad)


def test_an_error_may_be_nan():
    """A true gradient that is infinite, or an infinite one passed back, has no size of error; it is told."""
    a = Value(1.0, label="a")
    b = Value(2.0, (a,), "b", local_derivatives=(1.0,))
    infinite = Value(3.0, (b,), "g", local_derivatives=(math.inf,))
    C = b + infinite
    early = steps(C, "depth-first").first_wrong
    assert (early.grad, early.true_grad, early.error) == (1.0, math.inf, -math.inf)
    assert "is ∞, not 1: off by −∞" in str(early)
    undefined = Value(3.0, (b,), "g", local_derivatives=(math.nan,))
    early = steps(b + undefined, "depth-first").first_wrong
    assert math.isnan(early.error)
    assert "is nan, not 1: off by nan" in str(early)


def test_what_is_not_finite_in_any_order_is_no_error():
    """Where the gradient is NaN, or the same infinity, being too early changes nothing."""
    a = Value(1.0, label="a")
    b = a.exp()
    undefined = Value(3.0, (b,), "g", local_derivatives=(math.nan,))
    C = undefined + b
    assert steps(C, [C, undefined, b]).right
    C = undefined + undefined.exp() * b
    early = steps(C, "depth-first").first_wrong
    assert (early.node, early.missing, early.error) == (undefined, 1, -math.exp(3.0) * b.data)
    inherits = [step for step in steps(C, "depth-first") if step.node is b]
    assert math.isnan(inherits[0].true_grad)
    assert inherits[0].error == 0.0
    assert "is nan all the same" in str(inherits[0])
    infinite = Value(3.0, (b,), "g", local_derivatives=(math.inf,))
    early = steps(infinite + b * 2.0, "depth-first").first_wrong
    assert (early.missing, early.grad, early.true_grad, early.error) == (1, math.inf, math.inf, 0.0)


def test_another_order_of_adding_is_no_error():
    """A node that waits for all of its contributions has error 0 in any order, whatever rounding does."""
    a = Value(1.0, label="a")
    s, early = a.tanh(), a.sin()
    parts = [s * 0.1, s * 0.2, s * 0.3]
    C = total([*parts, early, early.exp()])
    right, rest = inner(C)[::-1], [node for node in inner(C) if node not in {C, s, early, *parts}]
    assert steps(C, right).right
    grads = set()
    for k in range(3):
        shuffled = steps(C, [C, early, *parts[k:], *parts[:k], s, *rest])
        (step,) = [step for step in shuffled if step.node is s]
        assert not shuffled.right
        assert step.error == 0.0
        grads.add(step.grad)
    assert len(grads) > 1


def test_rounding_alone_is_not_called_an_error():
    """An inherited difference that six digits do not show is left out of the line; the number is there."""
    a = Value(1.0, label="a")
    b = a.exp()
    b.label = "b"
    C = b + b * 1e-12
    early = steps(C, "depth-first").first_wrong
    assert early.error == pytest.approx(-1e-12, rel=1e-3)
    assert "∂C/∂b is 1 all the same" in str(early)
    assert "off by" not in str(early)
    c = (a.tanh() * 1.0).tanh()
    root = c + c * 1e-12
    assert not any("inherits" in str(step) for step in steps(root, "depth-first"))


def test_long_lines_are_shortened_honestly():
    """Of many operands the first few are shown, and how many more there are."""
    root = total([Value(1.0, label=f"x{k}") for k in range(786)])
    (step,) = steps(root)
    assert str(step).startswith("C: ∂C/∂C = 1  →  x0 += 1 · 1 = 1; ")
    assert str(step).endswith("; x4 += 1 · 1 = 1; … and 781 more")
    assert len(step.contributions) == 786
    (five,) = steps(total([Value(1.0, label="x") for _ in range(5)]))
    assert "more" not in str(five)


def test_names_numbers_and_signs():
    """Negative factors stand in brackets, leaves without a label are called so, a line is one line."""
    w, tricky = Value(-0.5, label="w"), Value(1.0, label="two\nlines\x1b[0m\u202e")
    C = -(w * -3.0 * tricky)
    lines = [str(step) for step in steps(C)]
    assert lines[0] == "C: ∂C/∂C = 1  →  v_2 += (−1) · 1 = −1"
    assert lines[1] == (
        "v_2: ∂C/∂v_2 = −1  →  v_1 += 1 · (−1) = −1; two\\nlines\\x1b[0m\\u202e += 1.5 · (−1) = −1.5"
    )
    assert lines[2] == "v_1: ∂C/∂v_1 = −1  →  w += (−3) · (−1) = 3; leaf −3 += (−0.5) · (−1) = 0.5"
    tricky.label = "C\nC"
    assert str(next(steps(tricky))) == "C\\nC: ∂(C\\nC)/∂(C\\nC) = 1"
    assert repr(next(steps(C)).contributions[0]) == "v_2 += (−1) · 1 = −1"


def test_an_iterator_says_what_it_is():
    """How many nodes pass back, and whether in a right order; it can be asked for its order."""
    C, b, _ = diamond()
    assert repr(steps(C)) == "<Steps of 3 nodes in a right order>"
    wrong = steps(C, "depth-first")
    assert isinstance(wrong, Steps)
    assert repr(wrong) == "<Steps of 3 nodes in a wrong order>"
    assert wrong.order == [C, b, C.parents[1]]
    assert wrong.first_wrong.node is b
    assert len(list(wrong)) == 3  # the verdict takes no step
    assert list(wrong) == []


@pytest.mark.slow
@pytest.mark.parametrize("order", [None, "depth-first", "a list"])
def test_a_deep_chain_is_stepped(order):
    """100,000 nodes, without recursion; to the gradient that ``backward`` gives."""
    root = x = Value(0.5)
    for _ in range(100_000):
        root = root.tanh()
    taken = sum(1 for _ in steps(root, inner(root)[::-1] if order == "a list" else order))
    assert taken == 100_000
    stepped = x.grad
    x.zero_grad()
    root.backward()
    assert stepped == x.grad


@pytest.mark.slow
def test_a_wide_graph_of_shared_nodes_is_stepped():
    """Each of many operands, and each of many contributions to one node, is told once."""
    x = Value(0.5)
    shared = [x.tanh() for _ in range(1000)]
    root = total([shared[k % 1000] * x for k in range(50_000)])
    taken = list(steps(root))
    assert sum(len(step.contributions) for step in taken) == 50_000 + 2 * 50_000 + 1000
