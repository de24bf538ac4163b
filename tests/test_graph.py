"""Laws of the walks over a graph, checked against definitions so plain that they may be slow."""

import os
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Value, graph, total
from engine.graph import edges, leaves, shortest_path, topological_order


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
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "42")
    }
    assert len(outputs) == 1
    assert "['a', 'b', 'c']" in outputs.pop()


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
