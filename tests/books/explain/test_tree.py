"""Laws of the text tree: it can be read back as the graph, and it keeps to its limits."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Value, apply, label, rules, total
from engine.chain.tree import COUNTED, NARROWEST, tree
from engine.characters import Printed
from engine.graph import topological_order
from engine.labels import number

LINE = re.compile(r"(\[\d+\] |(?:[│ ]  )*(?:├─ |└─ | ↳ ))?(.*)")
NAME = re.compile(r"(.*?)(?: = | ⋯ |  |$)")


@st.composite
def dags(draw, most=40):
    """A root of any graph, deep or wide, of nodes with up to 3 operands; every node has its own label."""
    nodes = [Value(1.0, label="n0")]
    for k in range(1, draw(st.integers(1, most))):
        near = st.sampled_from(nodes[-2:])
        operands = draw(st.lists(near | st.sampled_from(nodes), max_size=3))
        nodes.append(apply(rules.total, *operands) if operands else Value(1.0))
        nodes[-1].label = f"n{k}"
    return nodes[-1]


def read(text):
    """What a tree says: each line's name, text, and the line number of the one that it hangs under."""
    columns, lines = {}, []
    for k, line in enumerate(text.splitlines()):
        branch, rest = LINE.fullmatch(line).groups(default="")
        column = 0 if branch.startswith("[") else len(branch)
        above = None if column == 0 else columns[column if "↳" in branch else column - 3]
        assert "↳" not in branch or above == k - 1
        lines.append((NAME.match(rest)[1], rest, above))
        columns = {c: j for c, j in columns.items() if c < column} | {column: k}
    return lines


def listed_operands(text):
    """The operands that a tree lists under each name, one list for each time that it lists any."""
    lines = read(text)
    under = {k: [name for name, _, above in lines if above == k] for k in range(len(lines))}
    found = {}
    for k, (name, _, _) in enumerate(lines):
        if under[k]:
            found.setdefault(name, []).append(under[k])
    return found


def assert_it_can_be_read_back(root, width):
    text = tree(root, width=width, lines=None)
    inner = [node for node in topological_order(root) if node.parents]
    assert listed_operands(text) == {node.label: [[p.label for p in node.parents]] for node in inner}
    assert {name for name, _, _ in read(text)} == {node.label for node in topological_order(root)}
    assert max(map(len, text.splitlines())) <= width


@given(dags(), st.integers(NARROWEST, 90))
def test_a_tree_can_be_read_back(root, width):
    """Under each node stand its operands in their order, once in the whole tree, in whatever part."""
    assert_it_can_be_read_back(root, width)
    root.backward()
    assert_it_can_be_read_back(root, width)


def assert_the_others_are_references(root):
    text = tree(root, lines=None)
    lines = read(text)
    opened = {above: True for _, _, above in lines if above is not None}
    leaves = {node.label for node in topological_order(root) if not node.parents}
    at = {lines[k][0]: k for k in opened}
    heads = dict(re.findall(r"^(\[\d+\]) (\w+) = ", text, re.MULTILINE))
    for k, (name, rest, _) in enumerate(lines):
        if k not in opened and name not in leaves:
            part = re.search(r" ⋯ continued at (\[\d+\])$", rest)
            if part:
                assert heads[part[1]] == name
                assert k < at[name]
            else:
                assert rest.endswith("(above)")
                assert at[name] < k
    assert list(heads) == [f"[{k + 1}]" for k in range(len(heads))]


@given(dags())
def test_the_others_are_references(root):
    """Wherever else a node with operands occurs it is called (above), after it was opened, or the part is
    named that it heads further below; a leaf is simply shown again. Parts are numbered as they come."""
    assert_the_others_are_references(root)


def spaces(text):
    return [re.sub(" +", " ", line) for line in text.splitlines()]


@given(dags(), st.integers(2, 30))
def test_lines_limit_the_length_honestly(root, lines):
    """The first lines are those of the whole tree; the last one counts the nodes that are not among them."""
    text = tree(root, lines=lines)
    whole, cut = spaces(tree(root, lines=None)), spaces(text)
    if len(whole) <= lines:
        assert cut == whole
        return
    assert len(cut) == lines
    assert cut[:-1] == whole[: lines - 1]
    shown = {name for name, rest, _ in read("\n".join(text.splitlines()[:-1])) if " ⋯ " not in rest}
    hidden = len({node.label for node in topological_order(root)} - shown)
    what = f"{hidden} more node" + "s" * (hidden != 1) if hidden else "more lines, with nodes shown above"
    assert cut[-1] == f"… {what}; lines=None shows them"


def assert_levels(root, depth):
    below = {node.label: len(topological_order(node)) - 1 for node in topological_order(root)}
    lines = read(tree(root, depth, lines=None))
    level = []
    parts = {name: k for k, (name, rest, _) in reversed(list(enumerate(lines))) if " ⋯ " in rest}
    for k, (name, rest, above) in enumerate(lines):
        if above is None:
            level.append(level[parts[name]] if k else 0)
        elif rest.startswith("… "):
            n = below[lines[above][0]]
            assert level[above] == depth
            assert rest == f"… {n} node{'s' * (n != 1)} below"
            level.append(0)
        else:
            level.append(level[above] + 1)
    assert max(level) <= depth
    hanging = {above for _, _, above in lines}
    for k, (name, rest, _) in enumerate(lines):
        assert not below.get(name) or k in hanging or rest.endswith("(above)") or " ⋯ " in rest


@given(dags(), st.integers(0, 6))
def test_depth_limits_the_levels_honestly(root, depth):
    """No node is further from the root than the limit, and each that has operands there says how many nodes
    lie below it."""
    assert_levels(root, depth)


def test_a_whole_network_by_hand():
    """Names, numbers and operations as they are; gradients in a column, once there are any."""
    w, a, b = Value(0.5), Value(0.88), Value(0.1)
    z = w * a + b
    C = (z.sigmoid() - 1.0) ** 2
    label(locals())
    assert str(tree(C)).splitlines() == [
        "C = 0.135562            **2",
        "└─ v_3 = −0.368188      -",
        "   ├─ v_2 = 0.631812    sigmoid",
        "   │  └─ z = 0.54       +",
        "   │     ├─ v_1 = 0.44  *",
        "   │     │  ├─ w = 0.5",
        "   │     │  └─ a = 0.88",
        "   │     └─ b = 0.1",
        "   └─ 1",
    ]
    C.backward()
    w.zero_grad()
    lines = str(tree(C)).splitlines()
    assert lines[1] == "└─ v_3 = −0.368188       -        grad −0.736375"
    assert lines[5] == "   │     │  ├─ w = 0.5"
    assert lines[8] == "   └─ 1                           grad 0.736375"
    assert len({line.index("grad") for line in lines if "grad" in line}) == 1


def test_an_operand_that_occurs_twice():
    """``a * a`` has two operands."""
    a = Value(2.0, label="a")
    C = a * a
    assert str(tree(C)) == "C = 4  *\n├─ a = 2\n└─ a = 2"
    C.backward()
    assert str(tree(C)) == "C = 4     *  grad 1\n├─ a = 2     grad 4\n└─ a = 2     grad 4"


def test_a_shared_node_is_shown_once_with_its_operands():
    """The second time it is only referred to."""
    a = Value(2.0, label="a")
    b = a * 3.0
    b.label = "b"
    assert str(tree(b * b)) == "C = 36    *\n├─ b = 6  *\n│  ├─ a = 2\n│  └─ 3\n└─ b = 6  (above)"


def test_a_chain_is_not_indented_further():
    """In a chain of operations of one operand each, the lines keep their column, to whatever they end in."""
    x, y = Value(1.0, label="x"), Value(2.0, label="y")
    assert spaces(tree((x * y).tanh().exp().sin())) == [
        f"C = {number(((x * y).tanh().exp().sin()).data)} sin",
        f"└─ v_3 = {number((x * y).tanh().exp().data)} exp",
        f" ↳ v_2 = {number((x * y).tanh().data)} tanh",
        " ↳ v_1 = 2 *",
        " ├─ x = 1",
        " └─ y = 2",
    ]
    assert spaces(tree(x * (-y).tanh())) == [
        f"C = {number((x * (-y).tanh()).data)} *",
        "├─ x = 1",
        f"└─ v_2 = {number((-y).tanh().data)} tanh",
        " └─ v_1 = −2 neg",
        " ↳ y = 2",
    ]
    root = x
    for _ in range(200):
        root = root.tanh()
    text = tree(root, lines=None)
    assert len(text.splitlines()) == 201
    assert max(map(len, text.splitlines())) < 40
    assert [name for name, _, _ in read(text)] == ["C", *(f"v_{k}" for k in range(199, 0, -1)), "x"]


def deep(letter):
    """A hundred nodes, one computed from the other, and some from earlier ones as well."""
    nodes = [Value(0.5, label=f"{letter}0")]
    for k in range(1, 100):
        nodes.append(total([nodes[-1], nodes[k // 2], nodes[-1]]) if k % 3 else nodes[-1].tanh())
        nodes[-1].label = f"{letter}{k}"
    return nodes[-1]


def test_several_deep_branches_are_continued_in_turn():
    """The parts come in the order of their numbers, and their levels count from the root."""
    root = deep("n") * deep("m")
    root.label = "root"
    assert_it_can_be_read_back(root, 80)
    assert_the_others_are_references(root)
    for depth in (5, 20, 50, 90):
        assert_levels(root, depth)


def test_a_node_that_was_put_off_is_not_shown_before_its_part():
    """Where it occurs again in the meantime, in a shallow place, the part is named once more."""
    nodes = topological_order(deep("n"))
    root = total(nodes[::-1])
    root.label = "root"
    assert_it_can_be_read_back(root, 80)
    assert_the_others_are_references(root)
    assert re.search(r"^├─ n\d+ ⋯ continued at \[1\]$", tree(root, lines=None), re.MULTILINE)


def test_more_than_a_thousand_parts():
    """However long their numbers are, each part begins with its node."""
    root = Value(-1.23456e-300, label="x")
    for k in range(3100):
        root = Value(
            -1.23456e-300, (root, root), f"operation of many words {k}", local_derivatives=(1.0, 1.0)
        )
        root.label, root.grad = f"n{k}", -1.23456e-300
    text = tree(root, width=NARROWEST, lines=None)
    assert re.search(r"^\[1000\] n", text, re.MULTILINE)
    assert max(map(len, text.splitlines())) <= NARROWEST


def test_a_deep_branch_is_continued_below():
    """Where a branch has no more room, its node stands at the beginning of a numbered part."""
    root = deep("n")
    for width in (NARROWEST, 80, 100):
        assert_it_can_be_read_back(root, width)
    lines = tree(root, lines=None).splitlines()
    ends = [line for line in lines if line.endswith(" ⋯ continued at [1]")]
    (head,) = [line for line in lines if line.startswith("[1] ")]
    assert head.startswith(f"[1] {NAME.match(LINE.match(ends[0])[2])[1]} = ")
    assert len(ends) == 2
    assert lines.index(ends[1]) < lines.index(head)
    assert sum(line.startswith("[") for line in lines) > 5


def test_long_names_are_shortened_and_numbers_are_not():
    """However long label and operation are, no line is wider than asked for, and every number is whole."""
    long = Value(-1.23456e-300, label="a label that does not know where to stop " * 5)
    one = Value(-1.23456e-300, (long, long), "an operation of many words", local_derivatives=(1.0, 1.0))
    root = Value(-1.23456e-300, (one, one), "another" * 20, local_derivatives=(1.0, 1.0))
    for k in range(12):
        root = Value(-1.23456e-300, (root, root, one), "again" * 20, local_derivatives=(1.0, 1.0, k))
    for node in topological_order(root):
        node.grad = -1.23456e-300
    for width in (NARROWEST, 80, 133):
        lines = tree(root, width=width, lines=None).splitlines()
        assert max(map(len, lines)) <= width
        whole = [line for line in lines if " ⋯ " not in line]
        assert all(" = −1.23456e−300  " in line and line.endswith("grad −1.23456e−300") for line in whole)
    assert any(re.search(r"a label th.*… = ", line) for line in lines)
    assert any("  " + ("again" * 20)[:32] + "…  grad" in line for line in lines)


@pytest.mark.parametrize("width", [NARROWEST, 80])
def test_labels_are_text(width):
    """Line breaks and control characters of labels and operations are shown as escapes."""
    x = Value(1.0, label="two\nlines\r\x1b[31m\u202e\ud800")
    root = Value(2.0, (x,), "o\np", local_derivatives=(1.0,))
    text = tree(root, width=width)
    assert "two\\nlines\\r\\x1b[31m\\u202e\\ud800 = 1" in text
    assert "  o\\np" in text
    assert len(text.splitlines()) == 2
    assert all(c.isprintable() or c == "\n" for c in text)


def test_a_leaf_without_a_label_is_its_number():
    """It is not said twice; a label that happens to be the number is no different."""
    assert str(tree(Value(3.0) + Value(4.0, label="4"))) == "C = 7  +\n├─ 3\n└─ 4"
    assert str(tree(Value(3.0, label="x"))) == "x = 3"


def test_a_tree_shows_itself():
    """As result, as text and printed it is the same; it is text."""
    C = Value(2.0, label="x") ** 2
    text = tree(C)
    assert isinstance(text, Printed)
    assert isinstance(text, str)
    assert repr(text) == str(text) == f"{text}" == "C = 4  **2\n└─ x = 2"
    assert text == str(text)


def test_many_nodes_below_are_counted_up_to_a_limit():
    """Exactly as far as it can be done for every branch, and beyond that it says so."""
    root = Value(1.0)
    for _ in range(COUNTED):
        root = root.tanh()
    assert tree(root, 0).splitlines()[1] == "└─ … 1,000 nodes below"
    assert tree(root.tanh(), 0).splitlines()[1] == "└─ … more than 1,000 nodes below"
    assert tree(Value(1.0).tanh(), 0).splitlines()[1] == "└─ … 1 node below"
    assert tree(Value(1.0), 0).splitlines() == ["C = 1"]


def test_large_numbers_of_nodes_are_readable():
    """Thousands are parted."""
    root = total([Value(1.0) for _ in range(24_000)])
    *_, last = tree(root).splitlines()
    assert last == "… 23,802 more nodes; lines=None shows them"


def test_wrong_arguments_are_refused():
    """Anything but a Value, and limits that are no integers or leave too little."""
    x = Value(1.0)
    for root in (3.0, [x], None):
        with pytest.raises(TypeError, match=f"^tree takes a Value, got {type(root).__name__} "):
            tree(root)
    for limits, message in (
        ({"depth": 1.0}, "depth must be a whole number, got float 1.0"),
        ({"depth": "all"}, "depth must be a whole number, got str 'all'"),
        ({"width": None}, "width must be a whole number, got NoneType None"),
        ({"lines": 2.5}, "lines must be a whole number, got float 2.5"),
    ):
        with pytest.raises(TypeError, match=f"^{re.escape(message)}; pass an int"):
            tree(x, **limits)
    for limits, message in (
        ({"depth": -1}, "depth must be at least 0, got -1"),
        ({"width": NARROWEST - 1}, f"width must be at least {NARROWEST}, got {NARROWEST - 1}"),
        ({"lines": 1}, "lines must be at least 2, got 1"),
    ):
        with pytest.raises(ValueError, match=f"^{message}; pass an int"):
            tree(x, **limits)


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["chain", "deep", "ladder", "wide", "shared"])
@pytest.mark.parametrize("limits", [{}, {"lines": None}, {"depth": 1, "lines": None}])
def test_size_is_no_obstacle(shape, limits):
    """100,000 nodes, deep or wide, or with 2^50,000 paths, need no recursion, and keep to the limits."""
    root = x = Value(0.5, label="x")
    for _ in range({"chain": 100_000, "deep": 50_000, "ladder": 100_000, "shared": 99_000}.get(shape, 0)):
        root = root * 0.9 + x if shape == "deep" else root.tanh() if shape != "ladder" else root.maximum(root)
    if shape == "wide":
        root = total([x * 2.0 for _ in range(50_000)])
    if shape == "shared":
        root = total([root.tanh() for _ in range(1000)])
    lines = tree(root, **limits).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 200 or limits
