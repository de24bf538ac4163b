"""Laws of copies: a graph that was copied or pickled is the same graph, of any depth, and another one."""

import copy
import gc
import io
import pickle
import random
import sys
import threading
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import graphs

import engine
from engine import Value, graph
from engine.copies import _saving
from nn import MLP


def by_pickle(protocol):
    return lambda node: pickle.loads(pickle.dumps(node, protocol))


def by_pure_python(node):
    """Through the pickler that joblib and others build upon."""
    file = io.BytesIO()
    pickle._Pickler(file).dump(node)
    return pickle._loads(file.getvalue())


PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
WAYS = {
    "deepcopy": copy.deepcopy,
    "pure Python": by_pure_python,
    **{f"protocol {k}": by_pickle(k) for k in PROTOCOLS},
}
each_way = pytest.mark.parametrize("duplicate", WAYS.values(), ids=WAYS)


def content(*roots):
    """Everything that a graph holds, with its nodes numbered."""
    order = graph.topological_order(*roots)
    number = {node: k for k, node in enumerate(order)}
    return [
        (
            repr(node.data),
            node.has_grad and repr(node.grad),
            node.label,
            node._op,
            node.rule,
            [number[parent] for parent in node.parents],
            node.local_derivatives,
        )
        for node in order
    ]


@st.composite
def any_graph(draw):
    """A random graph with parameters, labels and nodes made by hand in it, with or without gradients."""
    root, leaves = draw(graphs())
    x = leaves[0]
    root = draw(
        st.sampled_from([
            lambda: root,
            lambda: (root**2).clip(-1.0, 1.0) + x.leaky_relu(0.3),
            lambda: root.elu(0.5) * x**3,
            lambda: Value(root.data, (root, x), "made by hand", local_derivatives=(1.0, 0.5)),
        ])
    )()  # fmt: skip
    for node in graph.topological_order(root):
        node.label = draw(st.sampled_from(["", "w", "<b>", "重み", "\ud800"]))
    if draw(st.booleans()):
        root.backward()
    return root


@each_way
@given(root=any_graph())
def test_a_copy_has_the_same_content_and_no_node_in_common(duplicate, root):
    """Structure, data, gradients, labels, rules with parameters: all the same, in nodes of its own."""
    before = content(root)
    twin = duplicate(root)
    assert content(twin) == before
    assert not set(graph.topological_order(twin)) & set(graph.topological_order(root))
    assert [node.rule for node in graph.topological_order(twin)] == [
        node.rule for node in graph.topological_order(root)
    ]
    twin.backward()
    for node in graph.topological_order(twin):
        node.data, node.label = 7.0, "changed"
    assert content(root) == before


@each_way
@given(drawn=graphs())
def test_a_copy_gives_the_same_gradients(duplicate, drawn):
    """backward() and refresh() of the copy do what those of the original do, and leave it alone."""
    root, _ = drawn
    twin = duplicate(root)
    root.backward()
    twin.backward()
    assert content(twin) == content(root)
    for node in (root, twin):
        for leaf in graph.leaves(node):
            leaf.data = leaf.data / 2 + 0.1
        node.refresh()
        node.zero_grad()
        node.backward()
    assert content(twin) == content(root)


@given(drawn=graphs())
def test_copy_is_shallow(drawn):
    """``copy.copy`` gives one new node on the same parents."""
    root, _ = drawn
    twin = copy.copy(root)
    assert twin is not root
    assert all(a is b for a, b in zip(twin.parents, root.parents, strict=True))
    twin.data, twin.label = 7.0, "twin"
    assert (root.data, root.label) != (7.0, "twin")


class Subclass(Value):
    """A Value of somebody's own."""

    __slots__ = ()


@each_way
def test_a_subclass_stays_one(duplicate):
    """The class of a node is part of the copy."""
    twin = duplicate(Subclass(2.0).exp() + Value(1.0))
    assert [type(node) for node in graph.leaves(twin)] == [Subclass, Value]


@each_way
@pytest.mark.parametrize(
    "hold", [tuple, list, lambda nodes: dict(enumerate(nodes))], ids=["tuple", "list", "dict"]
)
def test_nodes_shared_in_a_container_stay_shared(duplicate, hold):
    """Several nodes of one graph, copied together, are several nodes of one graph again."""
    a = Value(2.0, label="a")
    b = a * a
    c = b + a
    held = duplicate(hold((c, a, b, a)))
    twin_c, twin_a, twin_b, again = held.values() if isinstance(held, dict) else held
    assert again is twin_a
    assert twin_b.parents == (twin_a, twin_a)
    assert twin_c.parents == (twin_b, twin_a)
    twin_c.backward()
    assert (twin_a.grad, a.grad) == (5.0, 0.0)


@each_way
def test_a_model_and_its_cost_stay_one(duplicate):
    """The parameters of a copied model are the leaves of the cost copied with it: it can be trained on."""
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(1))
    cost = (model([1.0, -2.0]) - 0.5) ** 2
    twin_model, twin_cost = duplicate((model, cost))
    leaves = set(graph.leaves(twin_cost))
    assert all(parameter in leaves for parameter in twin_model.parameters())
    cost.backward()
    twin_cost.backward()
    gradient = [parameter.grad for parameter in model.parameters()]
    assert [parameter.grad for parameter in twin_model.parameters()] == gradient
    assert any(gradient)
    assert twin_model.state_dict() == model.state_dict()


def chain(depth):
    node = Value(0.5, label="start")
    for _ in range(depth):
        node = node.sin()
    return node


DEEP = 20_000


@each_way
def test_depth_is_no_obstacle(duplicate):
    """A chain far deeper than the recursion limit is copied by every way."""
    assert sys.getrecursionlimit() < DEEP
    twin = duplicate(chain(DEEP))
    order = graph.topological_order(twin)
    assert (len(order), order[0].label) == (DEEP + 1, "start")


@pytest.mark.slow
def test_the_life_of_a_chain_of_200_000_nodes():
    """Building, backward, copying, pickling, refreshing and dropping it need no recursion."""
    root = chain(200_000)
    root.backward()
    twin = copy.deepcopy(root)
    loaded = by_pickle(pickle.HIGHEST_PROTOCOL)(root)
    start = graph.leaves(root)[0]
    for other in (twin, loaded):
        (leaf,) = graph.leaves(other)
        assert (other.data, leaf.grad) == (root.data, start.grad)
        leaf.data = 0.25
        other.refresh()
    assert twin.data == loaded.data != root.data
    gone = weakref.ref(Witness(root))
    del root, twin, loaded, start, leaf, other
    assert gone() is None


class Witness:
    """Holds a graph; gone as soon as nothing else holds it."""

    def __init__(self, root):
        self.root = root


@pytest.mark.slow
@each_way
def test_a_list_of_all_nodes_costs_no_square(duplicate):
    """Every hidden state of a long run, copied in one list: each node is copied once."""
    nodes = graph.topological_order(chain(DEEP))
    twins = duplicate(nodes)
    assert twins == graph.topological_order(twins[-1])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_size_of_a_pickle_is_linear(protocol):
    """Twice the list of nodes is about twice the bytes."""
    small, large = (len(pickle.dumps(graph.topological_order(chain(n)), protocol)) for n in (500, 1000))
    assert large < 2.2 * small


class FullDisk(io.RawIOBase):
    """A file that takes a few writes and then fails."""

    def __init__(self):
        self.left = 3

    def write(self, data):
        if not self.left:
            raise OSError("no space left on device")
        self.left -= 1
        return len(data)


@pytest.mark.platform
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # 3.13's pure pickler, failed
@pytest.mark.parametrize("pickler", [pickle.Pickler, pickle._Pickler], ids=["C", "pure Python"])
@pytest.mark.parametrize("same_graph", [True, False])
def test_after_a_failure_in_the_middle_pickling_works_again(pickler, same_graph):
    """A disk that runs full leaves nothing behind, also while the failed pickler and its error live on."""
    root = chain(DEEP)
    failed = pickler(FullDisk())
    with pytest.raises(OSError, match="no space left") as kept:
        failed.dump(root)
    graphs_after = [root, [chain(5), root]] if same_graph else [chain(DEEP), [root.exp(), chain(DEEP)]]
    for held in graphs_after:
        assert content_length(by_pickle(5)(held)) == content_length(held) > DEEP
    assert kept.value
    del kept, failed
    gc.collect()  # what the failed pickler leaves behind it is to complain here and not in another test


def content_length(held):
    return len(graph.topological_order(*(held if isinstance(held, list) else [held])))


def test_one_pickler_writes_several_graphs():
    """A pickler that goes on remembers what it wrote: a later graph on known nodes refers to them."""
    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    a = Value(2.0)
    b = a * a
    pickler.dump(b)
    pickler.dump(b + a)
    file.seek(0)
    unpickler = pickle.Unpickler(file)
    first, second = unpickler.load(), unpickler.load()
    assert second.parents == (first, first.parents[0])


def test_two_picklers_by_turns():
    """Two picklers that are alive together each write whole graphs."""
    root = chain(DEEP)
    files = [io.BytesIO(), io.BytesIO()]
    picklers = [pickle.Pickler(file) for file in files]
    for node in (root, root.exp(), root.exp() + root):
        for pickler in picklers:
            pickler.dump(node)
    for file in files:
        file.seek(0)
        unpickler = pickle.Unpickler(file)
        first, second, third = (unpickler.load() for _ in range(3))
        assert content_length(first) == DEEP + 1
        assert second.parents == (first,)
        assert third.parents[1] is first


def test_a_pickler_forgets_when_told():
    """After ``clear_memo`` a graph is written whole again."""
    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    root = chain(3)
    pickler.dump(root)
    length = file.tell()
    pickler.clear_memo()
    pickler.dump(root)
    assert file.getvalue()[length:] == file.getvalue()[:length]


def test_nothing_is_kept_alive():
    """When the pickle is written, nothing refers to what it was written with."""
    pickle.dumps(chain(10))
    assert _saving.session() is None


@pytest.mark.platform
def test_threads_do_not_meet():
    """Several threads that pickle one deep graph at once all get the whole of it."""
    root = chain(DEEP)
    begin = threading.Barrier(3)
    loaded = []

    def work():
        begin.wait()
        loaded.extend(content_length(way(root)) for way in (by_pickle(5), by_pure_python))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loaded == [DEEP + 1] * 6


@pytest.mark.parametrize(
    ("build", "rule"),
    [
        (lambda x: x**2, engine.rules.power.at(n=2)),
        (lambda x: x**-0.5, engine.rules.power.at(n=-0.5)),
        (lambda x: x.clip(-1, 5), engine.rules.clip.at(lo=-1.0, hi=5.0)),
        (lambda x: x.leaky_relu(0.2), engine.rules.leaky_relu.at(slope=0.2)),
        (lambda x: x.elu(0.7), engine.rules.elu.at(alpha=0.7)),
    ],
)
@each_way
def test_rules_keep_their_parameters(duplicate, build, rule):
    """The 2 of x ** 2 is part of the copy: it can be computed again."""
    twin = duplicate(build(Value(2.0)))
    assert twin.rule == rule
    twin.parents[0].data = 3.0
    twin.refresh()
    assert twin.data == build(Value(3.0)).data


@each_way
def test_a_node_made_by_hand_stays_one(duplicate):
    """Its name and its local derivatives come along; it still cannot be computed again."""
    x = Value(2.0)
    twin = duplicate(Value(8.0, (x,), "cube", local_derivatives=(12.0,)))
    twin.backward()
    assert (twin._op, twin.parents[0].grad) == ("cube", 12.0)
    with pytest.raises(TypeError, match=r"a node made by hand \('cube'\) has no rule"):
        twin.refresh()


def test_a_pickle_carries_names_and_no_code():
    """A rule is named, so that a pickle holds no function of ours beyond those that restore it."""
    text = pickle.dumps((Value(2.0) ** 3).tanh(), 0).decode("latin1")
    assert {line[1:] for line in text.splitlines() if line.startswith("c")} <= {
        "engine.copies", "engine.rules.rule", "engine.value", "copy_reg", "__builtin__", "_operator",
    }  # fmt: skip


def test_a_rule_of_another_version_is_named_in_the_error():
    """A pickle with a rule that does not exist here says which, and what may be the reason."""
    data = pickle.dumps(Value(2.0).tanh(), 0).replace(b"tanh", b"tank")
    with pytest.raises(ValueError, match=r"no rule is named 'tank'; the file may come from a newer version"):
        pickle.loads(data)


class Annotated(Value):
    """A Value that remembers something more."""


@each_way
def test_a_subclass_keeps_what_it_adds(duplicate):
    """Attributes that a subclass adds are part of the copy, and of that copy alone."""
    x = Annotated(2.0)
    x.note = ["mine"]
    twin = graph.leaves(duplicate(x.exp()))[0]
    assert twin.note == ["mine"]
    twin.more = True
    assert not hasattr(x, "more")


class Weight(Value):
    """Its slots: one alone, given as text."""

    __slots__ = "m"  # noqa: PLC0205  (a single name is allowed, and is to be kept as well)


class Coloured(Weight):
    """Two slots more."""

    __slots__ = ("colour", "unfilled")


class Momentum(Coloured):
    """Slots of several classes, one of them private."""

    __slots__ = ("__v",)

    def keep(self, v):
        self.__v = v
        return self

    def kept(self):
        return self.__v


class Loose(Momentum):
    """Slots, and a ``__dict__`` as well."""


class Faithful(Loose):
    """Says in Python's own way what of it is to be copied."""

    def __getstate__(self):
        return {"m": [*self.m, "by hand"]}

    def __setstate__(self, state):
        self.m, self.set_by = state["m"], "__setstate__"


@pytest.mark.parametrize("duplicate", [copy.copy, *WAYS.values()], ids=["copy", *WAYS])
@pytest.mark.parametrize("kind", [Weight, Momentum, Loose])
def test_every_slot_of_a_subclass_is_kept(duplicate, kind):
    """Slots of all classes that it inherits from are copied, private ones too; an empty one stays empty."""
    w = kind(2.0, label="w")
    w.m = 3.0
    if kind is not Weight:
        w.keep(4.0).colour = "red"
    if kind is Loose:
        w.note = "mine"
    twin = duplicate(w)
    assert type(twin) is kind
    assert content(twin) == content(w)
    assert twin.m == 3.0
    if kind is not Weight:
        assert (twin.kept(), twin.colour) == (4.0, "red")
        assert not hasattr(twin, "unfilled")
    if kind is Loose:
        assert twin.note == "mine"


@each_way
def test_slots_that_refer_to_the_graph_refer_to_the_copy(duplicate):
    """A slot may hold nodes, the node itself and the root of its graph among them."""
    w, other = Momentum(2.0), Weight(1.0)
    root = (w * other).tanh()
    w.m, other.m = w, [root, w, Value(7.0)]
    twin = duplicate(root)
    first, second = graph.leaves(twin)
    assert first.m is first
    assert second.m[0] is twin
    assert second.m[1] is first
    assert second.m[2].data == 7.0


@pytest.mark.parametrize("duplicate", [copy.copy, *WAYS.values()], ids=["copy", *WAYS])
def test_a_subclass_may_say_what_of_it_is_copied(duplicate):
    """``__getstate__`` and ``__setstate__`` of a subclass are asked, as Python's own copies do."""
    x = Faithful(2.0)
    x.m, x.note = ["m"], "left behind"
    twin = duplicate(x)
    assert (twin.m, twin.set_by, twin.data) == (["m", "by hand"], "__setstate__", 2.0)
    assert not hasattr(twin, "note")


@pytest.mark.parametrize("pickler", [pickle.Pickler, pickle._Pickler], ids=["C", "pure Python"])
def test_records_refer_to_one_another(pickler):
    """A graph on nodes of another one, of mixed kinds, on leaves and inner nodes that came before it."""

    a, b = Value(2.0, label="a"), Measured(3.0)
    first = a * b
    second = engine.total([first, a, b, Value(4.0)]) + first.tanh()
    second.label = "second"
    second.backward()
    file = io.BytesIO()
    writer = pickler(file)
    for part in (a, first, [second, b, first.tanh()]):
        writer.dump(part)
    alone = pickle.loads(pickle.dumps(b))  # by another pickler, while the first one lives on
    assert (alone.data, alone.grad, type(alone)) == (3.0, b.grad, Measured)
    file.seek(0)
    reader = pickle.Unpickler(file)
    a2, first2, (second2, b2, other2) = (reader.load() for _ in range(3))
    assert first2.parents == (a2, b2)
    assert other2.parents == (first2,)
    assert second2.parents[0].parents[:3] == (first2, a2, b2)
    for old, new in ((a, a2), (b, b2), (first, first2), (second, second2)):
        assert (new.data, new.grad, new.label, type(new)) == (old.data, old.grad, old.label, type(old))
        assert (new.rule, new.local_derivatives) == (old.rule, old.local_derivatives)
    del writer, reader
    gc.collect()
    assert pickle.loads(pickle.dumps([first, a]))[0].parents[0].label == "a"


class Measured(Value):
    """A subclass that adds nothing."""

    __slots__ = ()
