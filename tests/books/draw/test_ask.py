"""Laws of what a page that asks is told: the table of mistakes, whole, and nothing where nobody is asked."""

import json
import random
import re
import time

import pytest
from picture_law import faults

from engine import Value, graph
from engine.asking.mistakes import TABLE
from engine.asking.slips import SLIPS
from engine.pictures.page.ask import MOST, asking, mistaken
from engine.pictures.page.page import play
from nn import COSTS, MLP


def chain(activation="sigmoid"):
    """The documents' chain and its cost."""
    model = MLP(1, [1, 1, 1], activation=activation, output_activation=activation, rng=random.Random(0))
    return COSTS["squared_error"].function(model([0.5]), [Value(1.0, label="y")])


def told(player):
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', player.html)
    return json.loads(data)


def test_the_whole_table_is_told():
    """Every mistake and every slip of the table, with its words; slope mistakes that can occur, as code."""
    data = told(play(chain(), ask=True))["ask"]
    assert [mistake["name"] for mistake in data["mistakes"]] == list(TABLE)
    assert {mistake["did"] for mistake in data["mistakes"]} == {mistake.did for mistake in TABLE.values()}
    assert set(data["slips"]) == set(SLIPS)
    assert set(SLIPS) - {"rounded_early"} <= set(data["sentences"])
    code = mistaken(graph.topological_order(chain()))
    for name in ("activation_forgotten", "slope_at_output", "operands_swapped", "factor_two_lost"):
        assert f"{name}: [[" in code


def test_a_page_that_does_not_ask_carries_nothing_of_it():
    """The chain's page stays small and quick: under 200 KB and 0.3 s; asking adds 64 KB at most."""
    C = chain()
    start = time.process_time()
    page = play(C).html
    assert time.process_time() - start < 0.3
    asks = play(C, ask=True).html
    assert len(page.encode()) < 200_000
    assert "ask" not in told(play(C))
    assert "askingOf(root" in page
    assert "function askingOf" not in page
    assert "function askingOf" in asks
    assert len(asks.encode()) - len(page.encode()) < 64_000


@pytest.mark.parametrize("k", range(6))
def test_what_equations_speak_of_is_named_in_the_picture(k):
    """In a page, a node without a label is called v_1, v_2, … beside its mark, where nothing overlaps."""
    rng = random.Random(k)
    pool = [Value(rng.uniform(-2, 2), label=name) for name in "abc"]
    for _ in range(3 + 2 * k):
        p, q = rng.choice(pool[-4:]), rng.choice(pool)
        pool.append(rng.choice([p + q, p * q, p.tanh(), p.sigmoid()]))
    page = play(pool[-1])
    data, svg = told(page), page._svg
    assert faults(svg) == []
    marks = dict(re.findall(r'<g id="[^"]*" class="node [^"]*" data-places="(\d+)">(.*?)</g>', svg))
    for place, node in enumerate(graph.topological_order(pool[-1])):
        if node.parents:
            name, mark = (
                re.sub("<title>.*?</title>|<[^>]*>", "", text)
                for text in (data["names"][place], marks[str(place)])
            )
            assert f"{name} = " in mark


def test_a_graph_that_is_too_large_is_refused():
    """Nobody answers more than 200 questions; and ask is True or False."""
    C = sum((Value(1.0) * 2.0 for _ in range(MOST // 3 + 1)), Value(0.0))
    with pytest.raises(ValueError, match=r"too many to be asked about \(at most 200\)"):
        play(C, ask=True)
    with pytest.raises(TypeError, match="ask"):
        play(chain(), ask="yes")


def test_a_node_made_by_hand_keeps_its_numbers():
    """What has no rule has no mistakes of its own: its value and its local derivatives stand in the code."""
    x = Value(3.0, label="x")
    y = Value(9.0, (x,), local_derivatives=[6.0])
    code = mistaken(graph.topological_order(y * x))
    assert "operands_swapped" in code
    assert "9.0" in code
    assert asking(graph.topological_order(y * x))["first"][0] == 2


def test_long_sums_are_joined_in_lines():
    """A value that is used twelve times: what joins its parts is a function with a body."""
    x = Value(0.5, label="x")
    C = sum((x * float(k) for k in range(3, 15)), Value(0.0))
    code = mistaken(graph.topological_order(C))
    assert "paths_averaged: {12: (p) => { const t0 = (" in code
    assert "return t0 * p[8] * p[9] * p[10] * p[11]; }" in code
