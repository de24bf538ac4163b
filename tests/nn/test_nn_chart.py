"""Laws of the cost chart that needs no matplotlib: every cost stands at its place."""

import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, CostChart

SVG = "{http://www.w3.org/2000/svg}"
costs = st.lists(st.floats(1e-12, 1e12), min_size=1, max_size=40)
any_costs = st.lists(st.floats(allow_nan=True), max_size=10)


def read(chart):
    """The curves as lists of points, and the numbers along the two axes with their places."""
    root = ET.fromstring(chart.svg)  # noqa: S314  (our own text)
    curves = [
        [tuple(map(float, point.split(","))) for point in line.get("points").split()]
        for line in root.iter(f"{SVG}polyline")
    ]
    dots = [[(float(dot.get("cx")), float(dot.get("cy")))] for dot in root.iter(f"{SVG}circle")]
    texts = [text for text in root.iter(f"{SVG}text") if text.get("class") == "soft"]
    told = [(text.text.replace("−", "-"), text) for text in texts]
    ups = [(float(x), float(t.get("y")) - 4.5) for x, t in told if t.get("text-anchor") == "end"]
    acrosses = [(float(x), float(t.get("x"))) for x, t in told if t.get("text-anchor") == "middle"]
    return curves, dots, ups, acrosses


@given(costs)
def test_a_cost_stands_where_the_axes_say(values):
    """Of two numbers along an axis, the places are in step with the logarithm, and so are those of costs."""
    curves, dots, ups, acrosses = read(CostChart(tuple(values)))
    (points,) = curves or dots
    assert len(points) == len(values)
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert all(LEFT <= x <= WIDTH - RIGHT and TOP - 0.06 <= y <= HEIGHT - BOTTOM + 0.06 for x, y in points)
    assert acrosses[0] == (1.0, LEFT)
    (low, y_low), (high, y_high) = ups[0], ups[-1]
    if y_low - y_high > 50:
        for value, (_, y) in zip(values, points, strict=True):
            part = math.log(value / low) / math.log(high / low)
            assert y == pytest.approx(y_low + part * (y_high - y_low), abs=2.5)


def test_costs_below_zero_have_a_linear_scale():
    """−1, 0 and 1 stand at equal distances."""
    ((first, second, third),), _, ups, acrosses = read(CostChart((-1.0, 0.0, 1.0)))
    assert first[1] - second[1] == pytest.approx(second[1] - third[1], abs=0.2)
    assert [x for x, _ in ups] == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert [x for x, _ in acrosses] == [1.0, 2.0, 3.0]


def test_an_epoch_without_a_cost_leaves_a_gap():
    """The curve goes on behind it; a number alone is a dot."""
    curves, dots, _, _ = read(CostChart((4.0, 2.0, math.nan, 1.0, math.inf, 0.5, 0.25)))
    assert [len(curve) for curve in curves] == [2, 2]
    assert len(dots) == 1


def test_the_validation_set_has_a_curve_of_its_own():
    """It is dashed, and a key says which is which."""
    chart = CostChart((4.0, 2.0, 1.0), (5.0, 3.0, 2.0))
    assert len(read(chart)[0]) == 2
    assert re.findall(r">(training|validation)<", chart.svg) == ["training", "validation"]
    assert "of the validation set 2</title>" in chart.svg
    assert "training" not in CostChart((1.0,)).svg


@given(any_costs, any_costs)
def test_whatever_the_numbers_are_there_is_a_picture(one, other):
    """Infinite costs, none, equal ones: the picture is well formed, and so is what it is called."""
    chart = CostChart(tuple(one), tuple(other))
    read(chart)
    assert repr(chart).startswith(f"<CostChart of {len(one)} epoch")
    assert chart._repr_html_() == chart.svg


@pytest.mark.parametrize("values", [(5e-324, 1e-308), (1e308, -1e308), (1e300,), (0.0,), (1e299, -1e300), ()])
def test_costs_at_the_ends_of_floats(values):
    """Costs that are hardly floats any more have a picture, too."""
    read(CostChart(values))


def test_it_is_written_and_opened(tmp_path, monkeypatch):
    """As SVG; another ending is refused."""
    chart = CostChart((2.0, 1.0))
    chart.save(tmp_path / "costs.svg")
    assert (tmp_path / "costs.svg").read_text(encoding="utf-8") == chart.svg
    with pytest.raises(ValueError, match=r"cannot write a chart to 'costs.png': without matplotlib"):
        chart.save("costs.png")
    opened = []
    monkeypatch.setattr("engine.showing.page", lambda *told: opened.append(told))
    chart.show()
    assert opened == [(chart.svg, "chainrule-costs", "svg")]
