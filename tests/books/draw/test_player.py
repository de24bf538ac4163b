"""Laws of the step-through's making: what a page is told, which leaves it can change, what is refused."""

import json
import random
import re
from base64 import b64decode
from pathlib import Path
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from random_graphs import graphs

import engine
from engine import Value, affine, detect_anomaly, draw, graph
from engine.formula import of_node
from engine.formula.reading import set_in_html
from engine.labels import names, number
from engine.pictures.page.page import play
from engine.pictures.page.payload import LONGEST, choose
from nn import MLP
from nn.losses import squared_error


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
    """A place as a number: in a list or as a complement, in brackets if it is negative."""
    k = place[0] if isinstance(place, list) else place if place >= 0 else ~place
    text = number(data[k])
    return f"({text})" if place != k and text.startswith("−") else text


def as_text(html):
    """HTML of a formula as the text that ``str`` of one gives, but for how powers and roots are written."""
    html = re.sub(r"<sup>−?\d+</sup>", lambda found: found[0].translate(RAISED), html)
    return re.sub(r"</?(sup|sub|i)>", "", html).replace("&lt;", "<").replace("&gt;", ">")


RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


x, y = Value(1.0, label="x"), Value(2.0, label="y")
w, b = Value(0.5, label="w"), Value(0.1, label="b")


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
    assert {page["words"][page["arguments"][k]][0] for k in page["steered"]} == {"w", "b"}


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
    assert 'alt="2 values and 1 edge; the output' in html
    assert "This is a still picture." in html


def drawn(player):
    """The picture in the page of a player."""
    return ET.fromstring(b64decode(re.search(r"base64,([A-Za-z0-9+/=]+)", player.html)[1]))  # noqa: S314  (ours)


@pytest.mark.parametrize("made", [chain, lambda: network(3, 1), lambda: network(16, 16, 1)])
def test_every_value_of_a_network_has_a_mark(made):
    """Chain, neurons and matrices: of every value the picture can show the number, wherever it stands."""
    player = play(made())
    tree, count = drawn(player), len(told(player)["parents"])
    marks = {
        int(place)
        for name in ("value", "places")
        for one in tree.iter()
        for place in one.get(f"data-{name}", "").split()
    }
    assert len({*range(count)} - marks) <= 1  # a − y, which the cost's mark stands for


def test_layers_are_told():
    """Rows of weights, biases, z and a by their places: what a page shows as matrices."""
    page = told(play(network(3, 1)))
    first, last = page["layers"]
    words = page["words"]
    assert [[words[w] for w in row] for row in first["weights"]] == [
        [f"w_{j}{k}^(1)" for k in range(2)] for j in range(3)
    ]
    assert [words[b] for b in last["biases"]] == ["b^(2)"]
    assert [words[z] for z in first["z"]] == ["z_0^(1)", "z_1^(1)", "z_2^(1)"]


def test_what_is_given_stands_in_the_order_of_the_sliders():
    """Layer by layer, then the inputs, then what is desired."""
    page = told(play(chain()))
    assert [title for title, _ in page["given"]] == [
        "Layer 1",
        "Layer 2",
        "Layer 3",
        "Inputs",
        "Desired output",
    ]
    given = [node for _, nodes in page["given"] for node in nodes]
    assert given == page["leaves"]


TITLES = {
    "chain": (chain, "A chain of three neurons and its cost <i>C</i>"),
    "network": (lambda: network(3, 1), "A 2-3-1 network and its cost <i>C</i>"),
    "one neuron": (lambda: (affine(b, [w], [x]) - y) ** 2, "One neuron: <i>C</i>, step by step"),
    "expression": (lambda: w * x, "<i>C</i> = <i>w</i> <i>x</i>, step by step"),
    "leaf": (lambda: w, "<i>w</i>, step by step"),
}


@pytest.mark.parametrize(("made", "title"), TITLES.values(), ids=TITLES)
def test_titles_say_what_is_shown(made, title):
    """The kind of network, else the formula where it is short; names in it are typeset."""
    assert told(play(made()))["title"] == title


def test_a_title_of_ones_own():
    """It stands as it was given, symbols typeset; a theme is handed on."""
    page = told(play(chain(), title="Why w^(1) <hardly> learns", theme="dark"))
    assert page["title"] == "Why <i>w</i><sup>(1)</sup> &lt;hardly&gt; learns"
    assert (page["plain"], page["theme"]) == ("Why w^(1) <hardly> learns", "dark")


def test_show_opens_a_browser(monkeypatch):
    """The page is written to a file, and that is opened; so is a picture."""
    opened = []
    monkeypatch.setattr("engine.showing.webbrowser.open", lambda address: opened.append(address) or True)
    player, drawing = play(chain()), engine.draw(chain())
    player.show()
    drawing.show()
    shown = [Path(unquote(urlparse(address).path)).read_text(encoding="utf-8") for address in opened]
    assert shown == [player.html, drawing.svg]


def test_show_without_a_browser(monkeypatch):
    """Where there is none, the error says where the page is."""
    monkeypatch.setattr("engine.showing.webbrowser.open", lambda _: False)
    with pytest.raises(RuntimeError, match=r"found no browser to open; the file is .*chainrule-play\.html"):
        play(chain()).show()


def frames_of(player, folder):
    return [ET.fromstring(path.read_bytes()) for path in player.frames(folder)]  # noqa: S314  (ours)


def texts_of(tree, kind):
    """What stands in a picture for the values, the gradients or the local derivatives, by their numbers."""
    return {one.get(f"data-{kind}"): one.text for one in tree.iter() if one.get(f"data-{kind}")}


def captions_of(frame):
    """The equations below a picture, as lines of text."""
    return [line.findtext("{*}title") for line in frame.iterfind(".//{*}g[@class='equation']")]


def test_a_picture_for_each_step(tmp_path):
    """One file a step: numbers come when they are computed, gradients as sums that grow."""
    a = Value(2.0, label="a")
    player = play((c := a * a + a * 3.0) * c)
    frames = frames_of(player, tmp_path / "steps")
    files = sorted(path.name for path in (tmp_path / "steps").iterdir())
    assert files == [f"step-{k:02}.svg" for k in range(len(frames))]
    assert len(frames) == len(told(player)["parents"]) - 2 + 1 + 1 + 7
    assert set(texts_of(frames[0], "grad")) == set()
    assert set(texts_of(frames[0], "value")) == {"0"}
    assert texts_of(frames[-1], "grad") == texts_of(drawn(player), "grad")
    assert texts_of(frames[-1], "value") == texts_of(drawn(player), "value")
    grads = [texts_of(frame, "grad").get("0") for frame in frames]
    assert list(dict.fromkeys(grads)) == [None, "∂ 60", "∂ 100", "∂ 140"]
    captions = list(map(captions_of, frames))
    assert captions[0] == []  # the numbers that are given stand in the picture
    assert captions[1] == ["v_1 = a^2", " = 2^2 = 4"]
    sums = [numbers for _, numbers in captions[-3:]]
    assert [line.split("   ")[0].split(" = ")[-1] for line in sums] == ["60", "100", "140"]
    assert sums[1].endswith("the sum so far, 2 of 3 parts")
    known = [len([g for g in frame.iter() if "known" in g.get("class", "").split()]) for frame in frames]
    assert known == sorted(known)
    assert (known[0], known[-1]) == (0, len(frames[0].findall(".//{*}g[@data-edges]")))


def test_no_derivative_by_a_mere_number(tmp_path):
    """The 2 and the 1 of 2 x + 1 have no step of the backward pass; a constant with a name has one."""
    y = 2 * Value(2.0, label="x") + 1
    y.label = "y"
    frames = frames_of(play(y), tmp_path / "y")
    steps = [lines for lines in map(captions_of, frames) if lines and lines[0].startswith("∂")]
    assert [first.split(" = ")[0] for first, *_ in steps] == ["∂y/∂y", "∂y/∂v_1", "∂y/∂x"]
    assert steps[-1][1].endswith("= 2")
    assert told(play(y))["constants"] == [0, 3]
    C = Value(2.0, label="x") * 3.0
    C.parents[1].label = "k"
    assert told(play(C))["constants"] == []


@pytest.mark.parametrize(
    "made",
    [lambda: network(2, 1), pytest.param(lambda: network(8, 4, 1), marks=pytest.mark.slow, id="large")],
)
def test_steps_of_networks(made, tmp_path):
    """What goes from an output to the cost is coloured when the output's gradient is there; none before."""
    frames = frames_of(play(made()), tmp_path)
    heads = {head.get("points") for head in frames[0].iterfind(".//{*}g[@data-edges]/{*}polygon")}
    sizes = {
        round(max(xs) - min(xs))
        for xs in ([float(p.split(",")[0]) for p in points.split()] for points in heads)
    }
    assert sizes <= {6, 7}
    out = [
        [g.get("class") for g in frame.iter() if g.get("id", "").startswith("o") and "data-edges" in g.attrib]
        for frame in (frames[0], frames[-1])
    ]
    assert all("known" not in css for css in out[0])
    assert all("known" in css for css in out[1])


@pytest.mark.slow
def test_steps_of_layers(tmp_path):
    """An arrow that stands for many edges is coloured when the first of them has passed a gradient back."""
    model = MLP(2, [4, 1], rng=random.Random(1))
    frames = frames_of(play(engine.mean([(model([k / 10, 1.0]) - 1.0) ** 2 for k in range(4)])), tmp_path)
    known = [sum("known" in g.get("class", "").split() for g in frame.iter()) for frame in frames]
    assert known == sorted(known)
    assert known[-1] > 3


def test_shares_of_a_leaf_that_is_cited(tmp_path):
    """Where a leaf is drawn where it is used, what comes back there grows, too."""
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    C = a
    for k in range(4):
        C = C * b + a * float(k)
    player = play(C)
    frames = frames_of(player, tmp_path)
    assert texts_of(frames[-1], "sum") == texts_of(drawn(player), "sum") != {}
    assert texts_of(frames[0], "sum") == {}


def test_an_equation_is_no_wider_than_the_picture(tmp_path):
    """A small picture becomes wide enough for most of them; a longer one is made smaller, and none is cut."""
    u = Value(3.0, label="a_rather_long_name_indeed")
    for root in (u * u + u * 0.123456, Value(2.0, label="x") * 3.0):
        for frame in frames_of(play(root), tmp_path):
            left, _, width, _ = map(float, frame.get("viewBox").split())
            assert width >= 740
            for line in frame.iterfind(".//{*}g[@class='equation']"):
                x, _, scale = map(float, re.findall(r"[\d.]+", line.get("transform")))
                ends = [float(one.get("x")) for one in line.iterfind(".//{*}text")]
                assert left < x + scale * min(ends) < x + scale * max(ends) < left + width


def test_an_equation_is_typeset(tmp_path):
    """Derivatives are fractions with a bar, indices stand below, the newest part of a sum is marked."""
    w, x = Value(2.0, label="w_01^(2)"), Value(-3.0, label="x")
    frames = frames_of(play(w * x + w), tmp_path)
    frame = next(frame for frame in frames if " + (" in "".join(captions_of(frame)[1:]))
    lines = frame.findall(".//{*}g[@class='equation']")
    assert [line.findtext("{*}title") for line in lines] == [
        "∂C/∂w_01^(2) = ∂C/∂w_01^(2)_direct · ∂C/∂C + ∂v_1/∂w_01^(2) · ∂C/∂v_1",
        "= 1 · 1 + (−3) · 1 = −2",
    ]
    assert len(lines[0].findall("{*}path")) == 5
    spans = [(span.text, float(span.get("y"))) for span in lines[0].iterfind(".//{*}tspan")]
    line = next(y for text, y in spans if text == "w")
    assert all(y > line for text, y in spans if text == "01" and abs(y - line) < 12)
    newest = [one.text for one in lines[1].iterfind("{*}text") if one.get("class") == "serif newest"]
    assert newest == ["(−3) · 1"]


def test_long_formulas_are_left_out_of_captions(tmp_path):
    """A formula of more letters than fit goes by its number; a function made by hand has none to show."""
    xs = [Value(float(k), label=f"a_long_name_{k}") for k in range(8)]
    C = xs[0]
    for x in xs[1:]:
        C = C + x
    frames = frames_of(play(engine.total(xs)), tmp_path / "sum")
    assert captions_of(frames[1]) == ["C = 28"] or "…" in captions_of(frames[1])[0]
    n = Value(2.0, label="n")
    frames = frames_of(play(Value(4.0, (n,), "mystery", local_derivatives=[2.0])), tmp_path / "by hand")
    assert captions_of(frames[-1]) == ["∂C/∂n = ∂C/∂n · ∂C/∂C", "= 2 · 1 = 2"]


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_a_film_has_the_theme_of_its_page(theme, tmp_path):
    """Light, dark, or what the reader's browser prefers; marks of a step can be seen in each."""
    play(Value(2.0, label="x").exp(), theme=theme).save(tmp_path / "x.svg")
    text = (tmp_path / "x.svg").read_text(encoding="utf-8")
    assert ("#ff8dba" in text) == (theme != "light")
    assert ("#b0125a" in text) == (theme != "dark")
    assert ("prefers-color-scheme" in text) == (theme == "auto")


@pytest.mark.slow
@pytest.mark.counts  # only graphs of many steps have such marks on pages
def test_a_mark_of_several_values_waits_for_all_of_them(tmp_path):
    """In a film of layers with many examples, a range of values appears once the last of them is computed."""
    model = MLP(2, [2, 1], activation="tanh")
    C = engine.mean([squared_error(model([0.1 * k, 0.2]), 1.0) for k in range(12)])
    told = []
    for frame in frames_of(play(C), tmp_path):
        marks = [one for one in frame.iter() if " " in one.get("data-grad", "")]
        told.append(sum(bool("".join(mark.itertext())) for mark in marks))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, len(marks))
    assert len(marks) > 1


def test_no_sign_before_a_value_that_is_not_there_yet(tmp_path):
    """Until y is computed its name stands alone; a picture that does not change has the sign in its name."""
    y = Value(2.0, label="x") * 3.0
    y.label = "y"
    signs = ["".join(texts_of(frame, "known").values()) for frame in frames_of(play(y), tmp_path)]
    assert signs == ["", " = ", " = ", " = "]
    assert "data-known" not in draw(y).svg


def test_a_power_of_ten_stands_as_one_number_in_its_place():
    """A script writes other numbers into the same text: it is anchored in its middle, as all are."""
    q = Value(-1e-9, label="q")
    mark = next(one for one in drawn(play(q * 2.0)).iter() if one.get("data-value") == "0")
    assert (mark.text, mark.get("text-anchor"), len(mark)) == ("−1·10⁻⁹", "middle", 0)


def test_a_stale_graph_says_so():
    """Numbers that were recorded, and do not fit together, are shown with a warning."""
    n = Value(2.0, label="n")
    m = Value(4.0, (n,), "mystery", local_derivatives=[2.0])
    C = m * n
    m.data = 5.0
    assert "They do not fit together" in told(play(C))["why"]


def test_a_constant_with_a_name_is_given():
    """A number that was written in place stands among the constants where it has a name."""
    C = Value(2.0, label="x") * 3.0
    C.parents[1].label = "k"
    assert told(play(C))["given"] == [["Leaves", [0]], ["Constants", [1]]]


def test_a_picture_that_plays(tmp_path):
    """One file without a script, small enough for a README; without motion it shows the end."""
    player = play(chain())
    player.save(tmp_path / "chain.svg", seconds=0.5)
    text = (tmp_path / "chain.svg").read_text(encoding="utf-8")
    assert len(text.encode()) <= 300_000
    assert "<script" not in text
    assert "prefers-reduced-motion: no-preference" in text
    tree = ET.fromstring(text)  # noqa: S314  (ours)
    steps = len(player.frames(tmp_path))
    assert f"{0.5 * steps:.4g}s step-end infinite" in text
    last = {one.get("data-grad"): one.text for one in tree.iter() if one.get("data-grad")
            and "gone" not in one.get("class", "").split()}  # fmt: skip
    assert last == texts_of(drawn(player), "grad")


def test_pages_are_small():
    """The chain stays below 200 KB, the network of 16 and 16 neurons below 1.5 MB."""
    assert len(play(chain()).html.encode()) < 200_000
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


def test_gradients_left_by_other_passes_are_no_matter():
    """A page has gradients of its own, whatever stands in the graph, and warns of nothing."""
    C = chain()
    before = texts_of(drawn(play(C)), "grad")
    C.backward()
    C.backward()
    player = play(C)
    assert texts_of(drawn(player), "grad") == before
    assert not any("is not the derivative" in (text.text or "") for text in drawn(player).iter())


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
    with pytest.raises(ValueError, match=r"cannot write 'chain\.png': the ending must be \.html"):
        player.save(str(tmp_path / "chain.png"))
    assert [path.name for path in tmp_path.iterdir()] == ["chain.html"]


REFUSED = {
    "a number": (lambda: play(1.0), TypeError, "play takes the Value to differentiate, got float 1.0"),
    "lr of text": (lambda: play(x * 2, lr="fast"), TypeError, "lr must be a real number"),
    "lr of no number": (
        lambda: play(x * 2, lr=float("nan")),
        ValueError,
        "lr must be a finite number, got nan",
    ),
    "no title": (lambda: play(x * 2, title=1), TypeError, "title must be text, got int 1"),
    "no theme": (
        lambda: play(x * 2, theme="red"),
        ValueError,
        "theme must be one of 'auto', 'light', 'dark', got 'red'",
    ),
    "no time": (
        lambda: play(x * 2).save("steps.svg", seconds=0),
        ValueError,
        "seconds must be above 0, got 0",
    ),
    "leaves of text": (lambda: play(x * 2, leaves=["x"]), TypeError, "leaves must hold Values, got str 'x'"),
    "one leaf": (lambda: play(x * 2, leaves=x), TypeError, "put it in [ ]"),
    "inner": (lambda: play((z := x * 2) * z, leaves=[z]), ValueError, "is computed; pass the leaves"),
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


@pytest.mark.parametrize(("factor", "written"), [(2e9, "2·10⁹"), (1e-9, "10⁻⁹"), (2.5, "2.5")])
def test_a_formula_with_its_numbers_writes_powers_of_ten(factor, written):
    """As pictures do: 2·10⁹ and 10⁻⁹, and not as programs print them."""
    player = play(Value(2.0, label="x") * factor)
    formulas = json.dumps(told(player)["formulas"], ensure_ascii=False)
    assert written in formulas
    assert "e+09" not in formulas
    assert "e-09" not in formulas
