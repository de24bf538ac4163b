"""Laws of the step-through's making: what a page is told, which leaves it can change, what is refused."""

import json
import random
import re

import pytest
from hypothesis import given
from random_graphs import graphs

import engine
from engine import Value, affine, detect_anomaly, graph
from engine.formula import of_node
from engine.formula.reading import set_in_html
from engine.labels import names, number
from engine.pictures.page.page import play
from engine.pictures.page.payload import LONGEST, choose
from nn import MLP


def told(player):
    """What the page of a player is told of its graph."""
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', player.html)
    return json.loads(data)


def chain():
    """The documents' network of one neuron a layer, and its cost."""
    model = MLP(1, [1, 1, 1], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    C = (model([Value(0.5, label="x")]) - Value(1.0, label="y")) ** 2
    C.label = "C"
    return C


def network(*sizes):
    model = MLP(2, list(sizes), rng=random.Random(1))
    return (model([0.5, -1.0]) - Value(1.0, label="y")) ** 2


def written(template, shown):
    """A template with something in each of its places."""
    return "".join(part if isinstance(part, str) else shown(part) for part in template)


def numeral(data, place):
    """A place as a number: with a complement, in brackets if it is negative."""
    text = number(data[place if place >= 0 else ~place])
    return f"({text})" if place < 0 and text.startswith("−") else text


def as_text(html):
    """HTML of a formula as the text that ``str`` of one gives, but for how powers and roots are written."""
    html = re.sub(r"<sup>−?\d+</sup>", lambda found: found[0].translate(RAISED), html)
    return re.sub(r"</?(sup|sub|i)>", "", html).replace("&lt;", "<").replace("&gt;", ">")


RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@given(graphs())
def test_the_page_is_told_the_graph(grown):
    """Nodes in topological order, operands by their places: the edges are those of ``graph.edges``."""
    C, _ = grown
    page, order = told(play(C)), graph.topological_order(C)
    pairs = [(order[tail], order[head]) for head, tails in enumerate(page["parents"]) for tail in tails]
    assert pairs == [(edge.parent, edge.child) for edge in graph.edges(C)]
    assert page["words"] == list(names(C).values())


@given(graphs())
def test_a_template_with_names_in_it_is_the_formula(grown):
    """Whatever the operation: with the nodes' names in its places, it is what ``set_in_html`` writes."""
    C, _ = grown
    page, order, called = told(play(C)), graph.topological_order(C), names(C)
    for node, formulas in zip(order, page["formulas"], strict=True):
        if node.parents:
            assert written(formulas[0], page["names"].__getitem__) == set_in_html(of_node(node, called)[0])


@given(graphs())
def test_a_template_with_numbers_in_it_is_the_formula_with_numbers(grown):
    """It is what ``with_numbers`` writes, brackets and all."""
    C, _ = grown
    page, order, called = told(play(C)), graph.topological_order(C), names(C)
    data = [node.data for node in order]
    for node, formulas in zip(order, page["formulas"], strict=True):
        expected = node.parents and of_node(node, called)[0].with_numbers()
        if expected and formulas[1] and not set(expected) & set("√^|"):
            assert as_text(written(formulas[1], lambda place: numeral(data, place))) == expected


def test_slopes_in_symbols_and_written_out():
    """Of z = w x + b the other operand is the slope; σ′(z) is told in full too; 1 is 1."""
    w, x, b = (Value(k, label=name) for k, name in ((0.5, "w"), (-2.0, "x"), (0.1, "b")))
    z = w * x + b
    z.label = "z"
    page = told(play(z.sigmoid() ** 2))
    place = {name: k for k, name in enumerate(page["words"])}
    slopes = dict(zip(page["words"], page["slopes"], strict=True))
    assert slopes["v_1"] == [place["x"], place["w"]]
    assert slopes["z"] == [[["1"], 0, 0, 0], [["1"], 0, 0, 0]]
    ((symbols, out, numbers, is_sum),) = slopes["v_2"]
    assert symbols == ["σ′(", place["z"], ")"]
    assert out == ["σ(", place["z"], ")(1 − σ(", place["z"], "))"]
    assert (numbers, is_sum) == (["σ(", place["z"], ") · (1 − σ(", place["z"], "))"], 0)


def test_a_slope_that_is_a_sum_wants_brackets():
    """x² + x as one node has the slope 2 x + 1: among factors it stands in brackets."""
    x = Value(3.0, label="x")
    ((_, _, _, is_sum),) = told(play(affine(x, [x], [x])))["slopes"][1][:1]
    assert is_sum == 0  # of one occurrence it is x alone
    slopes = told(play(engine.gelu(x) * 2.0))["slopes"][1]
    assert slopes[0][3] == 0  # gelu′(x) is a name
    assert told(play(engine.softsign(x) - 1.0))["slopes"][1][0][1] != 0


def test_long_sums_are_shortened():
    """The weighted sum of eight inputs is told with Σ, its numbers with dots."""
    ws = [Value(k / 10, label=f"w_{k}") for k in range(8)]
    xs = [Value(1.0, label=f"x_{k}") for k in range(8)]
    symbols, numbers = told(play(affine(Value(0.0, label="b"), ws, xs)))["formulas"][-1]
    assert symbols[0].startswith("Σ<sub><i>j</i></sub> ")
    assert " + … 6 more … + " in numbers


def test_a_slope_too_long_to_read_goes_by_its_name():
    """As ``explain`` has it: a formula of more than 120 characters helps no one."""
    logits = [Value(k / 10, label=f"{'logit ' * 9}{k}") for k in range(12)]
    C = engine.logsumexp(logits)
    assert max(len(str(slope)) for slope in of_node(C, names(C))[1]) > LONGEST
    assert told(play(C))["slopes"][-1] == [None] * 12


def test_parameters_come_first_layer_by_layer():
    """Sliders stand in the order of reading: of each neuron the weights, then the bias; inputs last."""
    page = told(play(chain()))
    shown = [page["words"][node] for node in page["leaves"]]
    assert shown == ["w^(1)", "b^(1)", "w^(2)", "b^(2)", "w^(3)", "b^(3)", "x", "y"]
    page = told(play(network(2, 1)))
    shown = [page["words"][node] for node in page["leaves"]]
    assert shown[:6] == ["w_00^(1)", "w_01^(1)", "b_0^(1)", "w_10^(1)", "w_11^(1)", "b_1^(1)"]
    assert shown[6:9] == ["w_0^(2)", "w_1^(2)", "b^(2)"]


def test_at_most_a_dozen_sliders_but_descent_moves_all_parameters():
    """A network of 17 parameters: the first twelve have a slider, all are arguments, and all are moved."""
    page = told(play(network(4, 1)))
    assert (len(page["leaves"]), len(page["steered"])) == (12, 17)
    assert page["arguments"][:12] == page["leaves"]
    assert {page["kinds"][page["arguments"][k]] for k in page["steered"]} == {"parameter"}


def test_leaves_can_be_chosen():
    """In the given order, whatever their kind; without parameters, descent moves what was chosen."""
    u, v, w = (Value(k, label=name) for k, name in ((1.0, "u"), (2.0, "v"), (3.0, "q")))
    page = told(play(u * v + w.exp(), leaves=[w, u]))
    assert [page["words"][node] for node in page["leaves"]] == ["q", "u"]
    assert (page["numbers"], page["steered"]) == ([3.0, 1.0], [0, 1])
    assert told(play(u * v, leaves=[]))["arguments"] == []


def test_leaves_without_labels_get_names():
    """Where no leaf has a label all get one for the page; a constant stays the number that it is."""
    page = told(play(Value(3.0) * Value(4.0) + 1.0))
    assert [page["words"][node] for node in page["leaves"]] == ["x", "u"]
    assert page["words"][page["parents"][-1][1]] == "1"


def test_a_leaf_in_words_comes_where_it_stands():
    """Labels that are no symbols have no rank among themselves."""
    leaves = [Value(1.0, label="learning rate"), Value(1.0, label="b of the heart")]
    assert choose(leaves, ["input", "input"], None).shown == tuple(leaves)


def test_the_graph_is_left_as_it_is():
    """No gradient is written, and none is needed."""
    C = chain()
    play(C)
    assert not any(node.has_grad for node in graph.topological_order(C))
    C.backward()
    before = [node.grad for node in graph.topological_order(C)]
    play(C)
    assert [node.grad for node in graph.topological_order(C)] == before


def test_the_picture_shows_all_numbers():
    """Where no script may run, one sees the end of the backward pass."""
    w = Value(0.5, label="w")
    html = play(w**2)._repr_html_()
    assert html.startswith('<div class="chainrule-view" data-view="player"')
    assert 'alt="2 values and 1 edge; C = 0.25."' in html
    assert "This is a still picture." in html


def test_a_network_is_collapsed_to_neurons():
    """Of 406 values there are 37 boxes, and every value is in one of them."""
    page = told(play(network(16, 16, 1)))
    holds, rows = page["picture"]["holds"], page["picture"]["rows"]
    assert len(holds) == len(page["parents"]) > 380
    assert set(holds) == set(rows)
    assert len(rows) < 60


def test_a_batch_is_collapsed_to_layers():
    """An arrow that stands for several edges has the plan's words on it."""
    model = MLP(2, [8, 1], rng=random.Random(1))
    C = engine.mean([(model([k / 10, 1.0]) - 1.0) ** 2 for k in range(9)])
    page = told(play(C))
    assert any(len(edges) > 1 for edges, _ in page["picture"]["arrows"])


def test_pages_are_small():
    """The chain stays below 150 KB, the network of 16 and 16 neurons below 1.5 MB."""
    assert len(play(chain()).html.encode()) < 150_000
    assert len(play(network(16, 16, 1)).html.encode()) < 1_500_000


def test_a_page_is_the_same_on_every_run():
    """Nothing in it depends on time, chance or place in memory."""
    assert play(chain()).html == play(chain()).html


def test_nodes_made_by_hand_keep_their_numbers():
    """What no rule computes cannot change: the page is told the numbers, and why; infinities are text."""
    n = Value(2.0, label="n")
    m = Value(float("inf"), (n,), "mystery", local_derivatives=[float("nan")])
    page = told(play(m * 3.0))
    assert page["recorded"] == [[2.0, "Infinity", 3.0, "Infinity"], ["NaN", 3.0, "Infinity"]]
    assert page["why"].startswith("The numbers cannot be changed here: a node made by hand ('mystery')")
    assert page["slopes"][1] == [None]


def test_a_graph_that_is_watched_is_played():
    """``detect_anomaly`` refuses a gradient that is NaN; the page still comes, and shows where."""
    x = Value(float("nan"), label="x")
    C = x * 2.0
    with detect_anomaly():
        page = told(play(C))
    assert page["numbers"] == ["NaN"]


def test_a_leaf_alone():
    """A graph of one node has one step: after it was given, ∂C/∂C = 1."""
    assert (
        repr(play(Value(3.0, label="a"))) == '<Player of 1 value and 1 step; .save("chain.html") writes it>'
    )


def test_save_writes_the_page(tmp_path):
    """The file holds ``html``; another ending is refused before anything is written."""
    player = play(chain())
    player.save(tmp_path / "chain.html")
    assert (tmp_path / "chain.html").read_text(encoding="utf-8") == player.html
    with pytest.raises(ValueError, match=r"cannot write 'chain\.svg': the ending must be \.html"):
        player.save(str(tmp_path / "chain.svg"))
    assert [path.name for path in tmp_path.iterdir()] == ["chain.html"]


x, y = Value(1.0, label="x"), Value(2.0, label="y")
REFUSED = {
    "a number": (lambda: play(1.0), TypeError, "play takes the Value to differentiate, got float 1.0"),
    "lr of text": (lambda: play(x * 2, lr="fast"), TypeError, "lr must be a real number"),
    "lr of no number": (
        lambda: play(x * 2, lr=float("nan")),
        ValueError,
        "lr must be a finite number, got nan",
    ),
    "leaves of text": (lambda: play(x * 2, leaves=["x"]), TypeError, "leaves must hold Values, got str 'x'"),
    "one leaf": (lambda: play(x * 2, leaves=x), TypeError, "put it in [ ]"),
    "inner": (lambda: play((z := x * 2) * z, leaves=[z]), ValueError, "is computed; give leaves"),
    "foreign": (lambda: play(x * 2, leaves=[y]), ValueError, "C does not depend on the node labelled 'y'"),
    "twice": (lambda: play(x * 2, leaves=[x, x]), ValueError, "is given twice"),
    "too large": (
        lambda: play(network(30, 30, 1)),
        ValueError,
        "values, too many to step through (at most 1,000)",
    ),
}


@pytest.mark.parametrize(("attempt", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_played(attempt, error, message):
    """Bad input raises an error that says what came and what was expected."""
    with pytest.raises(error, match=re.escape(message)):
        attempt()
