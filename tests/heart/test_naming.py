"""Laws of names: they come from the program's variables, and from nowhere else."""

import gc
import re
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import singledispatch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import graphs

from engine import Value, draw, explain, forward, label, labels, play, steps, tree
from engine.formula import whole
from engine.graph import topological_order
from engine.labels import LISTED, from_variables, names, number

NAMED_BY_VARIABLES = True


@given(st.dictionaries(st.text(min_size=1).filter(lambda name: name[0] != "_"), st.floats(-1, 1)))
def test_a_mapping_names_its_values(numbers):
    """Each Value of a mapping is labelled by its key, whatever text that is."""
    nodes = {name: Value(x) for name, x in numbers.items()}
    label(nodes)
    assert [node.label for node in nodes.values()] == list(numbers)


def test_locals_names_every_variable():
    """``label(locals())`` gives w, b and z their own names, and counts through lists and tuples."""
    w, b = Value(1.0), Value(2.0)
    z = w * 3 + b
    xs, pair = [Value(1.0), Value(2.0)], (Value(3.0), "text", Value(4.0))
    label(locals())
    assert (w.label, b.label, z.label) == ("w", "b", "z")
    assert [x.label for x in xs] == ["xs_0", "xs_1"]
    assert (pair[0].label, pair[2].label) == ("pair_0", "pair_2")


def test_a_name_given_stays():
    """A mapping names what has no name yet; a keyword names anew."""
    w = Value(1.0, label="weight")
    label({"w": w})
    assert w.label == "weight"
    label(w=w)
    assert w.label == "w"


def test_the_first_of_two_names_counts():
    """Of two variables that hold one node, the first names it."""
    a = b = Value(1.0)
    label({"a": a, "b": b})
    assert a.label == "a"


def test_what_is_no_value_is_passed_over():
    """Underscores in front, numbers, texts and mappings are left alone; so are lists without an end."""
    hidden, deep = Value(1.0), Value(2.0)
    endless = [deep]
    endless.append(endless)
    label({"_x": hidden, "n": 3, "text": "abc", "mapping": {"k": deep}, "none": None, "numbers": [[1.0]]})
    assert (hidden.label, deep.label) == ("", "")
    label({"endless": endless})
    assert deep.label == "endless_0"


def test_lists_of_lists_are_counted_row_first():
    """The indices of W[j][k] are j and k: digits, or parted by commas where one of them has two."""
    W, wide = ([[Value(0.0) for _ in range(n)] for _ in range(2)] for n in (2, 11))
    ragged = (Value(0.0), [Value(0.0), "text"], [])
    label(locals())
    assert [w.label for row in W for w in row] == ["W_00", "W_01", "W_10", "W_11"]
    assert (wide[0][1].label, wide[1][10].label) == ("wide_0,1", "wide_1,10")
    assert (ragged[0].label, ragged[1][0].label) == ("ragged_0", "ragged_10")


@pytest.mark.needs("numpy")
def test_arrays_are_named_like_lists():
    """An array of Values has the names of the list of lists that it holds; one of numbers has none."""
    np = pytest.importorskip("numpy")
    A, b, alone = np.array([[Value(1.0), Value(2.0)]]), np.array([Value(3.0)]), np.array(Value(4.0))
    label(A=A, b=b)
    label({"alone": alone, "floats": np.ones(3)})
    assert [x.label for x in (*A.ravel(), *b)] == ["A_00", "A_01", "b_0"]
    assert alone.item().label == ""
    with pytest.raises(TypeError, match=r"got floats\[0\] = float|got floats = "):
        label(floats=np.ones(3))


def test_nested_lists_are_found_among_the_callers_variables():
    """What explains says W_01 for W[0][1] without a label, too."""
    W, x = [[Value(0.5), Value(-0.5)]], [Value(1.0), Value(2.0)]
    C = W[0][0] * x[0] + W[0][1] * x[1]
    assert str(explain(C, W[0][1])).splitlines()[:2] == ["∂C/∂W_01 = x_1", "         = 2"]


def test_keywords_and_mapping_together():
    """Both ways in one call; keywords first."""
    w, b = Value(1.0), Value(2.0)
    label({"other": w, "b": b}, w=w)
    assert (w.label, b.label) == ("w", "b")


def test_nothing_is_named_where_nothing_is_given():
    """Without arguments nothing happens; an empty mapping is a mapping."""
    assert label() is None
    assert label({}) is None


@pytest.mark.parametrize(
    ("names", "came"),
    [(Value(1.0), "Value"), ("w", "str"), ([Value(1.0)], "list"), ({1: Value(1.0)}, "dict"), (0, "int")],
)
def test_the_positional_argument_is_a_mapping_by_name(names, came):
    """``label(w)`` cannot know the name w: it says how to pass it."""
    with pytest.raises(TypeError, match=re.escape(f"label(w=w) or label(locals()); got {came}")):
        label(names)


def test_a_keyword_names_the_values_of_a_list():
    """``label(ps=[…])`` counts through a list, as a mapping does; what is no Value is told by its place."""
    ps = [Value(1.0), Value(2.0)]
    label(ps=ps)
    assert [p.label for p in ps] == ["ps_0", "ps_1"]
    with pytest.raises(TypeError, match=re.escape("label can only name Values, got qs[1] = int 3")):
        label(qs=[Value(1.0), 3])


def test_a_keyword_that_is_no_value_is_refused_and_nothing_has_changed():
    """``label(w=w, b=3)`` names the wrong one, and labels none."""
    w = Value(1.0)
    with pytest.raises(TypeError, match=r"label can only name Values, got b = int 3"):
        label(w=w, b=3)
    assert w.label == ""


# ── Names that nobody gave: those of the caller's variables ───────────────────────────────────────


TELLING = {  # each names the caller: itself, with its own variable kiwi
    "explain": lambda C, kiwi, **off: str(explain(C, kiwi, **off)),
    "explain as data": lambda C, kiwi, **off: str(explain(C, kiwi, **off).to_dict()),
    "explain in LaTeX": lambda C, kiwi, **off: explain(C, kiwi, **off).latex(),
    "explain, the method": lambda C, kiwi, **off: str(C.explain(kiwi, **off)),
    "forward": lambda C, kiwi, **off: str(forward(C, **off)),  # noqa: ARG005  (a variable of the caller)
    "tree": lambda C, kiwi, **off: str(tree(C, **off)),  # noqa: ARG005  (a variable of the caller)
    "steps": lambda C, kiwi, **off: str(steps(C, **off)),  # noqa: ARG005  (a variable of the caller)
    "draw": lambda C, kiwi, **off: draw(C, **off).svg,  # noqa: ARG005  (a variable of the caller)
    "draw, the method": lambda C, kiwi, **off: C.draw(**off).svg,  # noqa: ARG005  (a variable of the caller)
    "draw as a table": lambda C, kiwi, **off: draw(C, **off).table(),  # noqa: ARG005  (a variable of the caller)
    "draw the derivative": lambda C, kiwi, **off: draw(C, derivative_of=kiwi, **off).table(),
    "draw the paths": lambda C, kiwi, **off: draw(C, highlight=kiwi, **off).table(),
    "play": lambda C, kiwi, **off: play(C, **off).html,  # noqa: ARG005  (a variable of the caller)
    "whole": lambda C, kiwi, **off: str(whole(C, **off)),  # noqa: ARG005  (a variable of the caller)
}


@pytest.mark.parametrize("tell", TELLING.values(), ids=TELLING)
def test_whatever_tells_names_by_the_callers_variables(tell):
    """A leaf without a label goes by its variable; ``names=False`` leaves it out; no label has changed."""
    kiwi, b = Value(2.0), Value(-3.0)
    cost = kiwi * b + kiwi
    assert "kiwi" in tell(cost, kiwi)
    assert "kiwi" not in tell(cost, kiwi, names=False)
    assert (kiwi.label, b.label, cost.label) == ("", "", "")


def test_the_root_and_what_is_between_have_names_too():
    """Inner nodes and the root go by their variables; what none holds goes by v_1."""
    a, b = Value(2.0), Value(-3.0)
    product = a * b
    loss = (product + a).tanh() * product
    assert sorted(names(loss).values()) == ["a", "b", "loss", "product", "v_1", "v_2"]
    assert str(explain(loss, a)).startswith("∂loss/∂a")


TRICKY = ["v_1", "v_2", "C", "L", "C_0", "x", "u", "z", "ws_0", "ws_1"]


@given(graphs(), st.data())
def test_no_two_nodes_share_a_name_whatever_the_variables_are_called(graph, data):
    """Labels win, variables come next, and what is made up avoids both."""
    root, _ = graph
    order = topological_order(root)
    nodes = st.sampled_from(order)
    for node in order:
        node.label = data.draw(st.sampled_from(["", "", "", *TRICKY]))
    held = data.draw(st.dictionaries(st.sampled_from(TRICKY), nodes))
    ws = data.draw(st.lists(nodes, max_size=3))
    found = eval("names(graph_)", {"names": names, "graph_": root, "ws": ws, **held})  # noqa: S307
    named = [node for node in order if node.label or node.parents or node in held.values() or node in ws]
    clear = [node for node in named if found[node] != number(node.data)]
    assert len({found[node] for node in clear}) == len(clear)
    for node in order:
        if node.label and [other.label for other in order].count(node.label) == 1:
            assert found[node] == node.label


def test_a_given_label_wins():
    """A label is never replaced, and a variable that is called like a label names nothing."""
    w, x = Value(1.0, label="weight"), Value(2.0)
    assert list(names(w * x).values()) == ["weight", "x", "C"]
    weight = x
    del x
    assert list(names(w * weight).values()) == ["weight", "2", "C"]


def test_the_shortest_name_counts_and_then_the_first():
    """Of several variables that hold one node; a variable comes before a place in a list."""
    learning_rate = bb = aa = Value(1.0)
    long_enough = Value(4.0)
    xs = [long_enough]
    assert from_variables([aa, *xs]) == {learning_rate: "bb", long_enough: "long_enough"}
    assert bb is aa


def test_values_in_a_list_are_counted():
    """As ``label`` counts them, in lists of lists too; not looked through are data and mappings."""
    ws, pair, deep = [Value(1.0), Value(2.0)], (Value(3.0), 5.0), [[Value(4.0)]]
    data = [Value(float(k)) for k in range(LISTED + 1)]
    by_key = {"k": Value(5.0)}
    hidden = [deep[0][0], data[0], by_key["k"]]
    found = eval(  # noqa: S307  (so that no list of this test has them)
        "find(all())",
        {"find": from_variables, "ws": ws, "pair": pair, "deep": deep, "data": data, "by_key": by_key}
        | {"all": lambda: [*ws, pair[0], *hidden]},
    )
    assert list(found.values()) == ["ws_0", "ws_1", "pair_0", "deep_00"]


def test_names_that_are_none():
    """IPython's ``_`` and ``_1``, what pytest writes into a test, and ``self`` name nothing."""
    scope = {name: Value(1.0) for name in ("_", "_1", "@py_assert1", "self", "C")}
    found = eval("find(all())", scope | {"find": from_variables, "all": lambda: list(scope.values())})  # noqa: S307
    assert found == {scope["C"]: "C"}


GLOBAL = Value(7.0)
HIDDEN = Value(8.0)


def test_local_names_hide_global_ones():
    """A global variable names its node, but where a local one of that name holds something else."""
    assert from_variables([GLOBAL, HIDDEN]) == {GLOBAL: "GLOBAL", HIDDEN: "HIDDEN"}

    def inside():
        HIDDEN = 3.0
        return from_variables([globals()["HIDDEN"]]), HIDDEN

    assert inside() == ({}, 3.0)


def test_a_comprehension_sees_what_is_around_it():
    """Its own variable, and those of the function that it stands in; a lambda there, too."""
    leaves, scale = [Value(1.0), Value(2.0)], Value(3.0)
    expected = ["w", "scale", "C"]
    assert [list(names(w * scale).values()) for w in leaves] == [expected] * 2
    assert [*next(names(w * leaves[1]) for w in leaves).values()] == ["w", "leaves_1", "C"]
    of = lambda w: list(names(w * scale).values())  # noqa: E731
    assert of(leaves[0]) == expected


def test_a_function_between_is_the_caller():
    """Names are those of whoever calls us, and not of whoever called him."""

    def show(graph):
        return str(tree(graph)).splitlines()

    a = Value(2.0)
    assert show(a * a) == ["graph = 4  *", "├─ 2", "└─ 2"]


def test_a_picture_and_steps_keep_their_names():
    """They are those at the time of drawing: whoever shows it later has other variables."""
    kiwi = Value(2.0)
    picture, walk = draw(kiwi * 3.0), steps(kiwi * 3.0)
    plum = kiwi
    del kiwi
    for shown in (picture.svg, picture.table(), picture._repr_html_()):
        assert "kiwi" in shown
        assert "plum" not in shown
    assert [str(it) for step in walk for it in step.contributions] == [
        "kiwi += 3 · 1 = 3", "leaf 3 += 2 · 1 = 2",
    ]  # fmt: skip
    assert plum.grad == 3.0


def test_two_drawings_of_one_graph_can_be_compared_whatever_variables_came():
    """Names that nobody gave are no difference between two states of a graph."""
    a = Value(2.0)
    C = (a * 3.0).exp()
    before = draw(C)
    inner = C.parents[0]
    a.data = 1.0
    C.refresh()
    assert "3 of 4 values changed" in draw(before, C).diagram.notes[0]
    assert inner.data == 3.0


def test_in_a_thread_there_are_no_names():
    """A thread has no caller: texts are as without names, and the standard library's variables are none."""
    a = Value(2.0)
    with ThreadPoolExecutor() as pool:
        assert str(pool.submit(tree, a * a).result()).splitlines() == ["C = 4  *", "├─ 2", "└─ 2"]
        assert pool.submit(labels._variables).result() == {}


def test_the_standard_library_is_passed_over():
    """Called by way of it, the caller is whoever called it."""
    kiwi = Value(2.0)
    found = singledispatch(tree)(kiwi * 3.0)
    assert str(found).splitlines()[1] == "├─ kiwi = 2"


class Kept(Value):
    pass


def test_nothing_stays_alive_afterwards():
    """What was looked through is let go, while the function runs on and after it: no variable is held."""

    def telling():
        kiwi = Kept(2.0)
        C = kiwi * kiwi
        assert "kiwi" in str(explain(C, kiwi)) + draw(C).svg
        within, outside = weakref.ref(C), weakref.ref(kiwi)
        del C
        gc.collect()
        return within() is None, outside

    gone, alive = telling()
    gc.collect()
    assert (gone, alive()) == (True, None)


def test_locals_of_the_caller_are_as_they_were():
    """What a function holds as ``locals()``, and what ``exec`` has put there, stays."""

    def telling(kiwi):
        held = locals()
        exec("made = 5")  # noqa: S102  (it is there afterwards, before Python 3.13)
        before = dict(locals())
        assert "kiwi" in str(tree(kiwi * 2.0))
        return dict(held), before, locals()

    held, before, after = telling(Value(1.0))
    assert "kiwi" in held
    assert before.keys() - {"before"} <= after.keys()


SCRIPT = """
from engine import *
a, b = Value(2.0), Value(-3.0)
c = a*b + a
print(c.explain(a))
class Shape:
    def __init__(self): self.w = Value(1.0)
    def show(self): return str(tree(self.w * 2))
print(Shape().show())
"""


@pytest.mark.parametrize("how", [["-c"], ["-i", "-q", "-c"]], ids=["a script", "the prompt"])
def test_as_a_learner_types_it(how):
    """In a file, and into the interpreter: its variables, and in a method nothing of ``self``."""
    done = subprocess.run(
        [sys.executable, *how, SCRIPT], capture_output=True, text=True, check=True, input=""
    )
    lines = done.stdout.splitlines()
    assert lines[0].startswith("∂c/∂a = ")
    assert lines[-3:] == ["C = 2  *", "├─ 1", "└─ 2"]


def test_the_repr_of_a_labelled_value_has_its_label():
    """Without a label it is micrograd's text; a label is quoted, so that it stays on its line."""
    assert repr(Value(2.0)) == "Value(data=2.0, grad=0.0)"
    assert repr(Value(2.0, label="w")) == "Value(data=2.0, grad=0.0, label='w')"
    assert str(Value(2.0, label="two\nlines")) == r"Value(data=2.0, grad=0.0, label='two\nlines')"
