"""Laws of the walks over a graph, checked against definitions so plain that they may be slow."""

import math
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from processes import printed

from engine import Value, graph, total
from engine.graph import count_paths, edges, largest_paths, leaves, onward, shortest_path, topological_order


class Node:
    """Whatever has parents is a node."""

    def __init__(self, number, parents):
        self.number, self.parents = number, parents

    def __repr__(self):
        return f"{self.number}"


@st.composite
def dags(draw):
    """All nodes of any DAG: several roots, operands used twice, nodes without use."""
    nodes = []
    for number in range(draw(st.integers(1, 12))):
        parents = draw(st.lists(st.sampled_from(nodes), max_size=4)) if nodes else []
        nodes.append(Node(number, tuple(parents)))
    return nodes


def ancestors(node):
    """A node and all it depends on, by the definition."""
    return {node}.union(*(ancestors(parent) for parent in node.parents))


@given(dags())
def test_the_order_holds_each_ancestor_once_and_parents_first(nodes):
    """A topological order has every ancestor of the root exactly once, each after its parents."""
    for root in nodes:
        order = topological_order(root)
        assert len(order) == len(set(order))
        assert set(order) == ancestors(root)
        place = {node: k for k, node in enumerate(order)}
        assert all(place[parent] < place[node] for node in order for parent in node.parents)
        assert order[-1] is root


def recursive_order(root):
    """micrograd's: depth first, operands from left to right."""
    order = []

    def visit(node):
        if node not in order:
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    return order


@given(dags())
def test_the_order_is_the_recursive_one(nodes):
    """Without recursion the walk gives what three lines of recursion give."""
    assert topological_order(nodes[-1]) == recursive_order(nodes[-1])


@given(dags())
def test_the_order_of_several_roots(nodes):
    """Of several roots it is the order of the first, then what the others add."""
    roots = nodes[-3:]
    expected = []
    for root in roots:
        expected += [node for node in recursive_order(root) if node not in expected]
    assert topological_order(*roots) == expected
    assert topological_order() == []


def preorder(root):
    """Depth first, operands from left to right, a node before its operands."""
    order = []

    def visit(node):
        if node not in order:
            order.append(node)
            for parent in node.parents:
                visit(parent)

    visit(root)
    return order


@given(dags())
def test_depth_first_is_the_recursive_one(nodes):
    """Each node when it is first reached."""
    assert list(graph.depth_first(nodes[-1])) == preorder(nodes[-1])


@given(dags())
def test_edges_are_the_operand_occurrences(nodes):
    """One edge for each place in a list of parents, child by child in topological order."""
    root = nodes[-1]
    found = [(edge.parent, edge.child, edge.position) for edge in edges(root)]
    assert found == [
        (parent, child, k) for child in recursive_order(root) for k, parent in enumerate(child.parents)
    ]


@given(dags())
def test_leaves_are_the_nodes_without_parents(nodes):
    """The leaves are those of the order that have no parents, in its order."""
    root = nodes[-1]
    assert leaves(root) == [node for node in recursive_order(root) if not node.parents]


def distance(root, target):
    """Steps from the root down to the target, by the definition."""
    if root is target:
        return 0
    return 1 + min((distance(parent, target) for parent in root.parents), default=float("inf"))


@given(dags())
def test_a_shortest_path_is_a_path_and_none_is_shorter(nodes):
    """It leads from root to target, child to parent, in as few steps as can be; else it is empty."""
    root = nodes[-1]
    for target in nodes:
        path = shortest_path(root, target)
        if target not in ancestors(root):
            assert path == []
            continue
        assert (path[0], path[-1]) == (root, target)
        assert all(parent in child.parents for child, parent in pairwise(path))
        assert len(path) - 1 == distance(root, target)


PROGRAM = """
from engine import Value, graph
a, b, c = Value(1.0, label="a"), Value(2.0, label="b"), Value(3.0, label="c")
root = (a * b + c) * (c - a) + b.exp() * a
print([node.data for node in graph.topological_order(root)])
print([(edge.parent.data, edge.child.data, edge.position) for edge in graph.edges(root)])
print([node.label for node in graph.leaves(root)], [node.data for node in graph.shortest_path(root, c)])
"""


def test_the_walks_depend_on_the_graph_alone():
    """Neither addresses nor hash seeds show in any walk."""
    (text,) = printed(PROGRAM)
    assert "['a', 'b', 'c']" in text


@pytest.mark.parametrize("shape", ["deep", "wide", "ladder"])
def test_size_is_no_obstacle(shape):
    """50,000 nodes, deep or wide, or with 2^50,000 paths, are walked without recursion."""
    node = Value(1.0)
    if shape == "wide":
        root = total([Value(1.0) for _ in range(49_999)] + [node])
    else:
        root = node
        for _ in range(50_000):
            root = root.maximum(root) if shape == "ladder" else root.tanh()
    size = 50_000 + 1
    assert len(topological_order(root)) == size
    assert len(list(edges(root))) == {"deep": 50_000, "wide": 50_000, "ladder": 100_000}[shape]
    assert node in leaves(root)
    assert len(shortest_path(root, node)) == (2 if shape == "wide" else size)


def test_a_node_alone():
    """A leaf is its own order, its own leaf and its own path, and has no edges."""
    x = Value(1.0)
    assert graph.topological_order(x) == graph.leaves(x) == graph.shortest_path(x, x) == [x]
    assert list(graph.edges(x)) == []


def all_paths(node, root):
    """Every path from a node on to the root, as the places of its edges, by the definition."""
    readers = {}
    for child in ancestors(root):
        for k, parent in enumerate(child.parents):
            readers.setdefault(parent, []).append((child, k))

    def walk(at):
        if at is root:
            return [()]
        return [((child, k), *rest) for child, k in readers.get(at, []) for rest in walk(child)]

    return walk(node) if node in ancestors(root) else []


def as_places(path):
    return tuple((edge.child, edge.position) for edge in path)


@given(dags())
def test_onward_holds_what_lies_between(nodes):
    """The nodes that lead from the target to the root, parents first, each with its edges to such nodes."""
    root = nodes[-1]
    for target in nodes:
        found = onward(root, target)
        between = {node for node in ancestors(root) if target in ancestors(node)}
        assert set(found) == between
        assert list(found) == [node for node in recursive_order(root) if node in between]
        for node, following in found.items():
            expected = [
                (child, k) for child in found for k, parent in enumerate(child.parents) if parent is node
            ]
            assert [(edge.child, edge.position) for edge in following] == expected
            assert all(edge.parent is node for edge in following)


@given(dags(), st.randoms(use_true_random=False))
def test_all_paths_are_found_the_largest_first(nodes, rng):
    """Each path once, none besides, by falling sum of weights; and as many as are counted."""
    root = nodes[-1]
    weights = {(edge.child, edge.position): rng.choice([-1.0, 0.0, 0.25, 3.0]) for edge in edges(root)}

    def size(path):
        return sum(weights[place] for place in path)

    for target in nodes:
        found = onward(root, target)
        expected = all_paths(target, root)
        assert count_paths(found) == len(expected)
        paths = [as_places(path) for path in largest_paths(found, lambda edge: weights[edge[1:]])]
        assert len(set(paths)) == len(paths)
        assert set(paths) == set(expected)
        assert [size(path) for path in paths] == sorted(map(size, expected), reverse=True)


def ladder(n, slopes=(0.7, 0.7)):
    """A node from which 2ⁿ paths lead to the first: n times the sum of two multiples of the one before."""
    first = node = Value(1.0)
    for _ in range(n):
        node = total([node * slopes[0], node * slopes[1]])
    return node, first


@pytest.mark.parametrize("slopes", [(0.7, 0.7), (0.7, 0.3), (1.0, 1e-300)])
def test_paths_beyond_number_are_counted_and_the_first_ones_had(slopes, monkeypatch):
    """Of 2³⁰⁰⁰ paths, all equal or not, 20 are found with work for 20."""
    pushes = []
    push = graph.heappush
    monkeypatch.setattr(graph, "heappush", lambda heap, item: (pushes.append(1), push(heap, item)))
    root, first = ladder(3000, slopes)
    found = onward(root, first)
    assert count_paths(found) == 2**3000
    larger = [math.log(slopes[0] / slopes[1])] if slopes[0] != slopes[1] else [0.0]
    weights = largest_paths(found, lambda edge: math.log(edge.child.local_derivatives[edge.position]))
    sums = [
        sum(math.log(edge.child.local_derivatives[edge.position]) for edge in path)
        for path in islice(weights, 20)
    ]
    best = 3000 * math.log(slopes[0])
    assert sums == pytest.approx([best, *[best - larger[0]] * 19], rel=1e-9, abs=1e-6)
    assert len(pushes) <= 20 * 3 * 3000


@pytest.mark.parametrize("sizes", [[3], [4, 5], [7, 1, 9, 12], [50] * 6])
def test_the_paths_of_a_network_are_the_product_of_its_widths(sizes):
    """From an input through fully connected layers to the cost."""
    x = Value(1.0)
    nodes = [x]
    for size in sizes:
        nodes = [total(nodes) for _ in range(size)]
    assert count_paths(onward(total(nodes), x)) == math.prod(sizes)


def test_no_path():
    """Where the root does not depend on the target there is none; from a node to itself there is one."""
    x, y = Value(1.0), Value(2.0)
    assert onward(x.exp(), y) == {}
    assert count_paths({}) == 0
    assert list(largest_paths({}, lambda _: 0.0)) == []
    assert onward(x, x) == {x: []}
    assert count_paths(onward(x, x)) == 1
    assert list(largest_paths(onward(x, x), lambda _: 0.0)) == [[]]
