"""The page of a training in a browser: its numbers are Python's, all of it follows the frame."""

import copy
import math
import random
import re
from itertools import pairwise

import pytest
from browser import LEGIBLE, complaints, contrasts, heights, opened, prefers, screenshot, viewport
from players import raised
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait
from test_nn_play import TRAININGS, Line, payload, square, trained

from engine.graph import topological_order
from engine.labels import number
from engine.pictures.svg import letters
from engine.pictures.svg.embed import document
from nn import MLP, DivergenceError, Module, accuracy, data, fit
from nn.layers import scalars
from nn.play import play_training

HOSTILE = "</script><img src=x onerror=alert(1)>\"'`\\ 値 مرحبا"


def model_at(history, frame):
    """A model of its own, with the parameters of a frame."""
    model = copy.deepcopy(history.recording.model)
    for parameter, x in zip(model.parameters(), frame.parameters, strict=True):
        parameter.data = x
    return model


def answers(model, x):
    """The outputs as plain numbers."""
    return [a.data for a in scalars(model(x))]


def go(driver, k, root=0):
    """Move the scrubber of a view to a frame."""
    driver.execute_script(
        "const s = document.querySelectorAll('.scrubber')[arguments[1]];"
        "s.value = arguments[0]; s.dispatchEvent(new Event('input', { bubbles: true }));",
        k,
        root,
    )


def find(driver, selector):
    return driver.find_element(By.CSS_SELECTOR, selector)


def words(driver, selector):
    """The text of every element that is found, seen or not."""
    return driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector
    )


def shown(driver, folder, name, **options):
    return opened(driver, folder, play_training(trained(name), **options).html)


def scope(page, result):
    """The script of a page, which gives the value of an expression instead of making views live."""
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)[-1]
    inside, ending = re.subn(r'reviveAll\("\w+", mount\);\s*\}\)\(\);', f"return {result}; }})()", script)
    assert ending == 1
    return f"const payload = arguments[0]; return {inside.strip()}"


ALL_NUMBERS = """framesOf(payload.frames).map((frame) => payload.examples.map((example) => {
  const { values, slopes, outputs } = networkOf(payload).computed(frame, example);
  return [values, slopes, outputs];
}))"""


@pytest.mark.parametrize("name", TRAININGS)
def test_the_numbers_are_pythons(browser, name):
    """At every frame, of every example: values, slopes, answers; and the average of C is the cost."""
    history = trained(name)
    page = play_training(history).html
    browser.get("about:blank")
    found = browser.execute_script(scope(page, ALL_NUMBERS), payload(page))
    for frame, of_frame in zip(history.recording.frames, found, strict=True):
        model = model_at(history, frame)
        costs = []
        for (x, y), (values, slopes, outputs) in zip(history.recording.examples, of_frame, strict=True):
            assert outputs == pytest.approx(answers(model, x), rel=1e-12, abs=1e-14)
            C = history.recording.cost.function(model(x), y)
            order = topological_order(C)
            assert values == pytest.approx([node.data for node in order], rel=1e-12, abs=1e-14)
            told = [slope for node in order for slope in node.local_derivatives]
            assert slopes == pytest.approx(told, rel=1e-12, abs=1e-14)
            costs.append(values[-1])
        assert sum(costs) / len(costs) == pytest.approx(frame.cost, rel=1e-12)


@pytest.mark.parametrize("name", TRAININGS)
def test_numbers_follow_frame_and_example(browser, tmp_path, name):
    """The number at every mark is the one that Python has, of any frame and any example."""
    history = trained(name)
    shown(browser, tmp_path, name)
    frames, examples = history.recording.frames, history.recording.examples
    for k, chosen in ((0, 0), (len(frames) - 1, 1), (1, len(examples) - 1)):
        go(browser, k)
        Select(find(browser, ".network select")).select_by_index(chosen)
        x, y = examples[chosen]
        model = model_at(history, frames[k])
        model.zero_grad()
        C = history.recording.cost.function(model(x), y)
        C.backward()
        order = topological_order(C)
        for kind, mark in (("value", ""), ("grad", "∂ ")):
            said = browser.execute_script(
                f"return [...document.querySelectorAll('text[data-{kind}]')]"
                f".map((e) => [e.dataset.{kind}, e.textContent])"
            )
            assert len(said) > 2 or name == "moons"  # its numbers are colours
            for place, text in said:
                (run,) = letters.number(order[int(place)].data if kind == "value" else order[int(place)].grad)
                assert text == mark + run.base + run.above.translate(RAISED)
        assert words(browser, ".status") == [f"epoch {frames[k].epoch:g}: cost {number(frames[k].cost, 4)}"]
    assert complaints(browser) == []
    screenshot(browser, f"training-{name}")


RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def test_a_weight_has_a_course(browser, tmp_path):
    """Chosen in the list or in the picture: a curve through what it was at every frame."""
    history = trained("xor")
    shown(browser, tmp_path, "xor")
    model = history.recording.model
    labels = [parameter.label for parameter in model.parameters()]
    chosen = Select(find(browser, ".weight select"))
    chosen.select_by_visible_text(raised("w_1^(2)"))
    frames = history.recording.frames
    xs = [frame.parameters[labels.index("w_1^(2)")] for frame in frames]
    go(browser, 5)
    assert words(browser, ".weight .value") == [number(xs[5], 4)]
    path = find(browser, ".weight .curve").get_attribute("d")
    heights = [float(point.split(",")[1]) for point in path[1:].split("L")]
    scale = (heights[-1] - heights[0]) / (xs[-1] - xs[0])
    assert heights == pytest.approx([heights[0] + scale * (x - xs[0]) for x in xs], abs=0.3)
    browser.execute_script(
        "document.querySelector('.network .weight[data-places], .network .node.parameter')"
        ".dispatchEvent(new Event('click'))"
    )
    assert chosen.first_selected_option.text != raised("w_1^(2)")


def test_what_moved_a_weight(browser, tmp_path):
    """With a ledger, the weight that is chosen says which examples moved it, with a bar for each."""
    xs, ys = data.moons(12, rng=random.Random(0))
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(1))
    history = fit(model, xs, ys, epochs=9, record=True, ledger=True)
    opened(browser, tmp_path, play_training(history).html)
    Select(find(browser, ".weight select")).select_by_visible_text(raised("w_1^(2)"))
    rows = history.why("w_1^(2)").largest(6)
    assert words(browser, ".shares th") == [share.what for share in rows]
    assert words(browser, ".shares td:nth-child(2)") == [number(share.moved, 3) for share in rows]
    wide = [bar.rect["width"] for bar in browser.find_elements(By.CSS_SELECTOR, ".shares .bar")]
    most = max(abs(share.moved) for share in rows)
    assert [w / max(wide) for w in wide] == pytest.approx(
        [abs(share.moved) / most for share in rows], abs=0.02
    )
    assert "not causes" in words(browser, ".shares caption")[0]
    assert complaints(browser) == []
    screenshot(browser, "training-shares")


PIXELS = """
const canvas = document.querySelector(".field canvas");
const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
return arguments[0].map(([x, y]) => {
  const at = 4 * (Math.round(y * (canvas.height - 1)) * canvas.width + Math.round(x * (canvas.width - 1)));
  return [...image.slice(at, at + 4)];
});
"""
TICKS = """
const texts = [...document.querySelectorAll(".field .axes text:not(.name)")];
return texts.map((t) => [t.textContent.replace("−", "-"), t.getAttribute("x"), t.getAttribute("y"),
                         t.getAttribute("text-anchor")].map((part, k) => (k < 3 ? Number(part) : part)));
"""


def axes_of(driver):
    """From inputs to places in the chart, by the numbers along its axes: a function for each axis."""
    ticks = driver.execute_script(TICKS)
    found = []
    for anchor, place, shift in (("middle", 1, 0), ("end", 2, -4)):
        (a, *first), *_, (b, *last) = [tick for tick in ticks if tick[3] == anchor]
        start, end = first[place - 1] + shift, last[place - 1] + shift
        found.append((a, start, (end - start) / (b - a)))
    return found


def test_the_field_is_the_model(browser, tmp_path):
    """Ochre where the model's answer is above the threshold, violet below, strong where it is far from it."""
    history = trained("xor")
    shown(browser, tmp_path, "xor")
    (a, left, wide), (b, top, high) = axes_of(browser)
    for k in (0, 7, 15):
        go(browser, k)
        model = model_at(history, history.recording.frames[k])
        rng = random.Random(k)
        spots = [(rng.uniform(0.02, 0.98), rng.uniform(0.02, 0.98)) for _ in range(200)]
        places = [(80 + 306 * x, 10 + 246 * y) for x, y in spots]
        inputs = [[a + (x - left) / wide, b + (y - top) / high] for x, y in places]
        for x, pixel in zip(inputs, browser.execute_script(PIXELS, spots), strict=True):
            height = (answers(model, x)[0] - 0.5) / 0.5
            red, _, blue, alpha = pixel
            if abs(height) > 0.05:  # beyond the smoothing between two points of the grid
                assert (red > blue) == (height > 0)
            assert alpha == pytest.approx(30 + 130 * abs(height), abs=8)


RECTANGLES = """
return [".field canvas", ".field .axes rect"].map((selector) => {
  const { left, top, right, bottom } = document.querySelector(selector).getBoundingClientRect();
  return [left, top, right, bottom];
});
"""


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_the_field_fills_its_frame(browser, tmp_path, width):
    """The colours end where the axes run, to half a pixel, however wide the page is."""
    with viewport(browser, width, 900):
        shown(browser, tmp_path, "xor")
        canvas, frame = browser.execute_script(RECTANGLES)
        assert canvas == pytest.approx(frame, abs=0.75)  # the frame's line is 1 wide, its middle the edge
        assert frame[2] - frame[0] > 200
        screenshot(browser, f"training-field-{width}")


@pytest.mark.parametrize(("name", "threshold"), [("xor", 0.5), ("moons", 0.0)])
def test_the_line_is_where_the_model_changes_sides(browser, tmp_path, name, threshold):
    """On its two sides the model says different things; the verdict counts as `chainrule train` does."""
    history = trained(name)
    shown(browser, tmp_path, name)
    (a, left, wide), (b, top, high) = axes_of(browser)
    frames = history.recording.frames
    for k in (len(frames) // 3, len(frames) - 1):
        go(browser, k)
        model = model_at(history, frames[k])
        path = find(browser, ".field .border").get_attribute("d")
        pieces = [
            [tuple(map(float, end.split(","))) for end in piece.split("L")] for piece in path.split("M")[1:]
        ]
        assert len(pieces) > 20
        cell = 2 / 59 * 324 / wide
        for ends in pieces[::7]:
            x, y = (sum(end[axis] for end in ends) / 2 for axis in (0, 1))
            middle = [a + (x - left) / wide, b + (y - top) / high]
            around = [
                answers(model, [middle[0] + i * cell, middle[1] + j * cell])[0]
                for i in (-1, 0, 1)
                for j in (-1, 0, 1)
            ]
            assert min(around) <= threshold <= max(around)
        xs, ys = zip(*history.recording.examples, strict=True)
        right = round(accuracy(model, xs, ys) * len(xs))
        said = f"{right} of {len(xs)} right ({math.floor(100 * right / len(xs) + 0.5)} %)"
        assert words(browser, ".told") == [said, said]
        assert find(browser, "canvas").get_attribute("aria-label").endswith(words(browser, ".told")[0])
    assert words(browser, ".outcome .key span") == ["y = 0", "y = 1", f"at {threshold:g}", "wrong"]
    assert len(browser.find_elements(By.CSS_SELECTOR, ".field rect.class1")) == len(xs) // 2


def test_a_field_of_numbers(browser, tmp_path):
    """Where no two classes are desired examples are as strong in colour as their number is far off."""
    shown(browser, tmp_path, "plane")
    assert words(browser, ".told") == ["", ""]
    desired = [y for _, y in trained("plane").recording.examples]
    middle, reach = (max(desired) + min(desired)) / 2, (max(desired) - min(desired)) / 2
    marks = browser.find_elements(By.CSS_SELECTOR, ".field .graded")
    for y, mark in zip(desired, marks, strict=True):
        assert mark.get_attribute("class").split() == ["graded", f"class{int(y >= middle)}"]
        assert float(mark.get_attribute("fill-opacity")) == pytest.approx(abs(y - middle) / reach)


def test_the_curve_is_the_model(browser, tmp_path):
    """One input and one output: the line runs where the model's answers are."""
    history = trained("wave")
    shown(browser, tmp_path, "wave")
    for k in (0, 25):
        go(browser, k)
        model = model_at(history, history.recording.frames[k])
        marks = browser.find_elements(By.CSS_SELECTOR, ".outcome circle.class0")
        (x0, y0), (x1, y1) = (history.recording.examples[n] for n in (0, 11))
        (u0, v0), (u1, v1) = (
            tuple(float(marks[n].get_attribute(name)) for name in ("cx", "cy")) for n in (0, 11)
        )
        path = find(browser, ".outcome .curve").get_attribute("d")
        points = [tuple(map(float, point.split(","))) for point in path[1:].split("L")]
        assert len(points) == 201
        for u, v in points[::20]:
            x = x0 + (u - u0) / (u1 - u0) * (x1 - x0)
            expected = v0 + (answers(model, [x])[0] - y0) / (y1 - y0) * (v1 - v0)
            assert v == pytest.approx(expected, abs=0.6)
        label = find(browser, ".outcome .chart").get_attribute("aria-label")
        assert label.startswith("z^(2) over a^(0) from −2.4 to 2.4: ")


def test_the_table_is_the_model(browser, tmp_path):
    """Twenty examples are listed, with the class, the probability of each, and ✓ where it is right."""
    history = trained("classes")
    shown(browser, tmp_path, "classes")
    go(browser, 2)
    model = model_at(history, history.recording.frames[2])
    rows = [
        [cell.text for cell in row.find_elements(By.CSS_SELECTOR, "th, td")]
        for row in browser.find_elements(By.CSS_SELECTOR, "tbody tr")
    ]
    assert len(rows) == 20
    right = 0
    for k, (name, inputs, desired, *chances, verdict) in enumerate(rows):
        x, y = history.recording.examples[k]
        assert name == str(k)
        assert inputs == ", ".join(number(v, 3) for v in x[:4]) + ", … (5)"
        assert desired == str(y)
        logits = answers(model, x)
        parts = [math.exp(z - max(logits)) for z in logits]
        assert chances == [number(part / sum(parts), 3) for part in parts]
        assert verdict == ("✓" if logits.index(max(logits)) == y else "✗")
    right = sum(max(range(3), key=answers(model, x).__getitem__) == y for x, y in history.recording.examples)
    assert words(browser, ".told") == [f"{right} of 25 right ({100 * right / 25:.0f} %)"]
    browser.find_elements(By.CSS_SELECTOR, "tbody button")[3].send_keys(Keys.ENTER)
    assert Select(find(browser, ".network select")).first_selected_option.text.startswith("3: ")
    assert words(browser, "tr[aria-current] th") == ["3"]


def test_a_map_of_several_classes(browser, tmp_path):
    """Each point has the colour of the class that the network says, and a line parts the classes."""
    rng = random.Random(0)
    xs = [[rng.gauss(x, 0.5), rng.gauss(y, 0.5)] for x, y in ((1, 0.5), (-1, 0.5), (0, -1)) for _ in range(6)]
    ys = [k for k in range(3) for _ in range(6)]
    model = MLP(2, [4, 3], activation="tanh", rng=rng)
    history = fit(model, xs, ys, cost="softmax_cross_entropy", lr=0.3, epochs=20, record=True)
    with prefers(browser, color_scheme="light"):
        opened(browser, tmp_path, play_training(history).html)
    (a, left, wide), (b, top, high) = axes_of(browser)
    go(browser, 20)
    model = model_at(history, history.recording.frames[20])
    spots = [(rng.uniform(0.02, 0.98), rng.uniform(0.02, 0.98)) for _ in range(200)]
    inputs = [[a + (80 + 306 * x - left) / wide, b + (10 + 246 * y - top) / high] for x, y in spots]
    colours = [(0x62, 0x47, 0xB8), (0x96, 0x64, 0x00), (0x0A, 0x75, 0x68)]
    for x, pixel in zip(inputs, browser.execute_script(PIXELS, spots), strict=True):
        logits = answers(model, x)
        if max(logits) - sorted(logits)[-2] > 0.5:
            colour = colours[logits.index(max(logits))]
            assert pixel[:3] == pytest.approx(colour, abs=12)
    assert len(find(browser, ".field .border").get_attribute("d")) > 500
    assert words(browser, ".outcome .key span")[:3] == ["class 0", "class 1", "class 2"]
    screenshot(browser, "training-three-classes")
    assert complaints(browser) == []


def test_the_cost_curve(browser, tmp_path):
    """It has a point for each frame; its marker stands at the one that is shown; a click goes to another."""
    history = trained("xor")
    shown(browser, tmp_path, "xor")
    path = find(browser, ".costs .curve").get_attribute("d")
    points = [tuple(map(float, point.split(","))) for point in path[1:].split("L")]
    costs = [frame.cost for frame in history.recording.frames]
    assert len(points) == len(costs)
    (x0, y0), (x1, y1) = points[0], points[-1]
    for frame, (x, y) in zip(history.recording.frames, points, strict=True):
        assert x == pytest.approx(x0 + frame.epoch / 60 * (x1 - x0), abs=0.11)
        assert y == pytest.approx(y0 + (frame.cost - costs[0]) / (costs[-1] - costs[0]) * (y1 - y0), abs=0.3)
    chart = find(browser, ".costs .chart")
    ActionChains(browser).move_to_element(chart).click().perform()
    k = int(find(browser, ".scrubber").get_attribute("value"))
    assert 4 < k < 12
    dot = find(browser, ".costs circle.now")
    assert float(dot.get_attribute("cx")) == pytest.approx(points[k][0], abs=0.11)
    assert chart.get_attribute("aria-label").endswith(f"here {number(costs[k], 4)}")
    assert "cost" in words(browser, ".costs .axes .name")


def test_the_number_of_a_point_stands_off_its_curve(browser, tmp_path):
    """At no frame does the curve run through it, whether it falls or rises; and it stays inside the chart."""
    shown(browser, tmp_path, "xor")
    covered = """const found = [];
        for (const chart of document.querySelectorAll(".costs .chart, .weight .chart")) {
            const curve = chart.querySelector(".curve");
            const box = chart.querySelector(".value").getBBox();
            const frame = chart.viewBox.baseVal;
            const [right, bottom] = [box.x + box.width, box.y + box.height];
            if (box.x < 0 || box.y < 0 || right > frame.width || bottom > frame.height) found.push("outside");
            for (let at = 0; at < curve.getTotalLength(); at += 2) {
                const { x, y } = curve.getPointAtLength(at);
                if (x > box.x && x < right && y > box.y + 3 && y < bottom - 3) found.push([at, x, y]);
            }
        }
        return found;"""
    for k in range(int(find(browser, ".scrubber").get_attribute("max")) + 1):
        go(browser, k)
        assert browser.execute_script(covered) == [], k
    assert complaints(browser) == []


def test_the_cost_of_the_validation_set(browser, tmp_path):
    """A second curve, a point for each epoch on the same axes; the key has both numbers at the frame."""
    xs, ys = data.xor()
    model = MLP(2, [3, 1], activation="tanh", output_activation="sigmoid", rng=random.Random(1))
    history = fit(model, xs, ys, lr=0.5, epochs=60, record=20, validation=(xs[:2], [0.9, 0.1]))
    opened(browser, tmp_path, play_training(history).html)
    first, second = (
        [
            tuple(map(float, point.split(",")))
            for point in find(browser, path).get_attribute("d")[1:].split("L")
        ]
        for path in (".costs .curve:not(.second)", ".costs .curve.second")
    )
    frames = history.recording.frames
    assert len(second) == 60
    (x0, y0), (x1, y1) = first[0], first[-1]
    costs = frames[0].cost, frames[-1].cost
    for epoch, (cost, (x, y)) in enumerate(zip(history.validation, second, strict=True), 1):
        assert x == pytest.approx(x0 + epoch / 60 * (x1 - x0), abs=0.11)
        assert y == pytest.approx(y0 + (cost - costs[0]) / (costs[1] - costs[0]) * (y1 - y0), abs=0.5)
    for k in (0, 1, 7, len(frames) - 1):
        go(browser, k)
        epoch = int(frames[k].epoch)
        held = number(history.validation[epoch - 1], 4) if epoch else "–"
        key = find(browser, ".costs .key").get_property("textContent")
        assert key == f"training {number(frames[k].cost, 4)}validation {held}"
        past = find(browser, ".costs .past.second").get_attribute("d")
        assert past.count(",") == epoch
    said = find(browser, ".costs .chart").get_attribute("aria-label")
    assert said.endswith(f"; validation {held}")
    screenshot(browser, "training-validation")
    assert complaints(browser) == []


def test_costs_of_many_sizes_on_a_logarithmic_scale(browser, tmp_path):
    """Equal ratios are equally far apart, and the axis has powers of ten."""
    line = Line(3.0)
    history = fit(
        line, [1.0], [0.0], cost=square, lr=0.25, epochs=8, record=True
    )  # the cost falls to a quarter
    opened(browser, tmp_path, play_training(history).html)
    path = find(browser, ".costs .curve").get_attribute("d")
    heights = [float(point.split(",")[1]) for point in path[1:].split("L")]
    steps = [after - before for before, after in pairwise(heights)]
    assert steps == pytest.approx([steps[0]] * 8, abs=0.25)
    assert {"0.001", "0.1", "1"} <= set(words(browser, ".costs .axes text"))
    assert "cost (log scale)" in words(browser, ".costs .axes .name")


def test_playing_and_keys(browser, tmp_path):
    """Play runs to the end by itself; keys walk; the status is told to screen readers."""
    shown(browser, tmp_path, "xor")
    status = find(browser, ".status")
    assert status.get_attribute("aria-live") == "polite"
    assert Select(find(browser, ".transport select")).first_selected_option.text == "5×"
    Select(find(browser, ".transport select")).select_by_visible_text("20×")
    find(browser, "button.play").click()
    WebDriverWait(browser, 20).until(lambda d: words(d, ".status")[0].startswith("epoch 60:"))
    find(browser, ".network .picture").send_keys(Keys.ARROW_LEFT)
    assert words(browser, ".status")[0].startswith("epoch 56:")
    find(browser, "body").send_keys(Keys.HOME)
    assert words(browser, ".status")[0].startswith("epoch 0:")
    assert complaints(browser) == []


def test_motion(browser, tmp_path):
    """A film of many frames runs quickly, but not for who asks for less motion."""
    many = fit(Line(), [1.0], [0.0], epochs=60, record=True)
    for preference, speed in (("no-preference", "20×"), ("reduce", "1×")):
        with prefers(browser, reduced_motion=preference):
            opened(browser, tmp_path, play_training(many).html)
            assert Select(find(browser, ".transport select")).first_selected_option.text == speed


def test_several_on_a_page(browser, tmp_path):
    """Views of different trainings, and two of the same one, do not disturb each other on a page."""
    views = [play_training(trained(name))._repr_html_() for name in ("xor", "wave", "xor")]
    opened(browser, tmp_path, document("three", "\n".join(views)))
    go(browser, 5, root=0)
    go(browser, 10, root=1)
    assert [text.split(":")[0] for text in words(browser, ".status")] == ["epoch 20", "epoch 10", "epoch 0"]
    ids = browser.execute_script("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
    assert words(browser, ".still") == []
    assert complaints(browser) == []


def test_no_globals(browser, tmp_path):
    """The page's scripts leave nothing behind in the window."""
    opened(browser, tmp_path, document("empty", ""))
    names = "return Object.getOwnPropertyNames(window)"
    before = set(browser.execute_script(names))
    shown(browser, tmp_path, "xor")
    assert set(browser.execute_script(names)) - before == set()


class Named(Module):
    """A model whose every label is what an attacker would choose."""

    def __init__(self):
        self.inner = MLP(1, [2], activation="tanh", rng=random.Random(0))
        for parameter in self.parameters():
            parameter.label = HOSTILE

    def __call__(self, x):
        outputs = self.inner(x)
        for output in outputs:
            output.label = HOSTILE
        return outputs


def hostile_cost(a, y):
    C = square(a[0], y[0]) + square(a[1], y[1])
    C.label = HOSTILE
    return C


def test_labels_are_text(browser, tmp_path):
    """They are shown as they are written, in boxes, titles and tables, and do nothing."""
    history = fit(Named(), [[1.0], [0.5]], [[1.0, 0.0], [0.0, 1.0]], cost=hostile_cost, epochs=2, record=True)
    opened(browser, tmp_path, play_training(history).html)
    assert HOSTILE in words(browser, "caption")[0]
    assert any(HOSTILE in text for text in words(browser, ".network title"))
    assert words(browser, "img") == []
    assert complaints(browser) == []


@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", TRAININGS)
def test_light_and_dark_wide_and_narrow(browser, tmp_path, name, scheme, width):
    """Text is legible, the page does not overflow, panels do not overlap, and the pictures are kept."""
    with prefers(browser, color_scheme=scheme), viewport(browser, width, 900):
        shown(browser, tmp_path, name)
        go(browser, 3)
        for selector in (".where", ".panel h2", ".panel p", ".predictions :is(th, td)"):
            assert min(contrasts(browser, selector), default=LEGIBLE) >= LEGIBLE
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        boxes = browser.execute_script(
            "return [...document.querySelectorAll('.panel')].map((e) => {"
            "const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; })"
        )
        for k, one in enumerate(boxes):
            for other in boxes[:k]:
                assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]
        screenshot(browser, f"training-{name}-{scheme}-{width}")


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_the_network_can_be_read(browser, tmp_path, width):
    """However wide the page is, its text is 11 pixels high at least; where it is too wide it is scrolled."""
    for name in ("xor", "moons"):
        with viewport(browser, width, 900):
            shown(browser, tmp_path, name)
            assert min(heights(browser)) >= 11
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_a_training_that_diverged(browser, tmp_path):
    """Costs that are no numbers leave a gap, and are told as what they are."""
    with pytest.raises(DivergenceError) as caught:
        fit(Line(), [1.0, 10.0], [0.0, 0.0], lr=100.0, epochs=1000, record=True)
    opened(browser, tmp_path, play_training(caught.value.history).html)
    last = len(caught.value.history.recording.frames) - 1
    go(browser, last)
    assert words(browser, ".status") == [f"epoch {last}: cost not defined"]
    assert find(browser, ".costs circle.now").is_displayed() is False
    assert complaints(browser) == []


def test_a_training_of_one_frame(browser, tmp_path):
    """Nothing to walk through, but all that there is."""
    history = fit(MLP(2, [1], rng=random.Random(1)), *data.xor(), epochs=0, record=True)
    opened(browser, tmp_path, play_training(history).html)
    find(browser, "button.next").click()
    assert words(browser, ".status")[0].startswith("epoch 0: cost ")
    assert complaints(browser) == []


def test_the_first_example_is_one_that_teaches(browser, tmp_path):
    """Of XOR not (0, 0), where no first weight has a gradient: of the others that of the largest cost."""
    shown(browser, tmp_path, "xor")
    history = trained("xor")
    model = model_at(history, history.recording.frames[0])
    costs = [
        history.recording.cost.function(model(x), y).data if any(map(float, x)) else -math.inf
        for x, y in history.recording.examples
    ]
    assert Select(find(browser, ".choice select")).first_selected_option.text.startswith(
        f"{costs.index(max(costs))}: "
    )


@pytest.mark.parametrize("name", ["xor", "moons"])
def test_a_training_page_fits_a_window(browser, tmp_path, name):
    """On a large screen all of it; on a laptop the network, the outcome and the cost."""
    low = """const found = [...document.querySelectorAll(arguments[0])].map((e) => e.getBoundingClientRect());
        return Math.max(...found.map(({ bottom }) => bottom))"""
    for size, panels in (((1920, 1080), ".panel"), ((1280, 800), ".picture > svg, .outcome, .costs")):
        with viewport(browser, *size):
            shown(browser, tmp_path, name)
            lowest = browser.execute_script(low, panels)
            assert lowest <= browser.execute_script(low.replace("bottom", "top"), "footer") + 1
            screenshot(browser, f"training-fits-{name}-{size[0]}")


def test_the_ends_of_an_axis_are_where_their_ticks_are(browser, tmp_path):
    """A number stands below its tick, to a few pixels, the last one too."""
    for name in ("xor", "moons", "wave"):
        shown(browser, tmp_path, name)
        off = browser.execute_script(
            """return [...document.querySelectorAll(".chart .axes")].flatMap((axes) => {
                const ticks = [...axes.querySelectorAll("path")].map((e) => e.getBoundingClientRect())
                    .filter(({ width, height }) => height > width).map(({ left }) => left);
                const size = axes.getBoundingClientRect().width / 400;
                const numbers = [...axes.querySelectorAll("text:not(.name)")].slice(0, ticks.length);
                const boxes = numbers.map((e) => e.getBoundingClientRect());
                const rows = boxes.map(({ left, width }) => left + width / 2);
                return ticks.map((tick, k) => Math.abs(tick - rows[k]) / size);
            })"""
        )
        assert max(off) < 12


def test_what_is_below_the_window_is_hinted_at(browser, tmp_path):
    """A tall network is not cut, and while the page goes on a line above the controls says so."""
    history = fit(MLP(2, [8, 1], activation="tanh", rng=random.Random(1)), *data.xor(), epochs=2, record=True)
    with viewport(browser, 1280, 800):
        opened(browser, tmp_path, play_training(history).html)
        wait = WebDriverWait(browser, 5)
        wait.until(lambda driver: "more" in find(driver, "footer").get_attribute("class").split())
        picture = find(browser, ".picture")
        assert picture.get_property("scrollHeight") <= picture.get_property("clientHeight") + 1
        browser.execute_script("window.scrollTo(0, document.body.scrollHeight)")
        wait.until(lambda driver: "more" not in find(driver, "footer").get_attribute("class").split())
    assert complaints(browser) == []
