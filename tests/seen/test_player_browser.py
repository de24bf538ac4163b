"""Laws of the step-through's page, in a real browser: every button and key, live numbers, any reader."""

import math
import random
import re
from importlib.resources import files

import pytest
from browser import LEGIBLE, complaints, contrasts, opened, prefers, screenshot, viewport
from formula_reader import html_as_text, text_reading
from players import raised
from random_graphs import BINARY, UNARY, operate
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait
from test_player import chain, network

import engine
from engine import Value, apply, explain, graph
from engine.chain.steps import steps
from engine.formula import of_node
from engine.labels import names, number
from engine.pictures.page.page import play
from engine.pictures.page.payload import with_numbers
from engine.pictures.svg.embed import document
from engine.pictures.svg.letters import number as short
from engine.pictures.svg.letters import spoken
from engine.pictures.svg.pen import POWERS
from engine.rules import REGISTRY, constant
from nn import MLP


def show(browser, folder, *players):
    """Open a page of these players; nothing has been complained of so far."""
    html = document("players", "".join(player._repr_html_() for player in players))
    return opened(browser, folder, html)


def run(browser, script, *arguments):
    return browser.execute_script(script, *arguments)


def source(name):
    return files("engine.pictures.page").joinpath(f"{name}.js").read_text(encoding="utf-8")


def tool(browser, name, view=0):
    """A button of the head, which can have the focus."""
    return browser.find_elements(By.CSS_SELECTOR, f".tool.{name}")[view]


def press(browser, label, view=0):
    """Press a button by its name, as a reader finds it; what stands in a drawer, after opening that."""
    if label in {"One step", "Run", "Stop", "Reset"}:
        drawer(browser, "downhill", view)
    button = run(
        browser,
        """const view = document.querySelectorAll(".chainrule-view")[arguments[0]];
        const name = (b) => b.getAttribute("aria-label") ?? b.textContent;
        const seen = [...view.querySelectorAll("button")].filter((b) => b.checkVisibility());
        return seen.find((b) => name(b) === arguments[1])""",
        view,
        label,
    )
    button.click()


def go(browser, step, view=0):
    """Move the scrubber."""
    run(
        browser,
        """const scrubber = document.querySelectorAll(".scrubber")[arguments[0]];
        scrubber.value = arguments[1];
        scrubber.dispatchEvent(new Event("input"));""",
        view,
        step,
    )


def at(browser, view=0):
    """The step that a player is at, as its status tells."""
    status = texts(browser, ".status")[view]
    return int(re.match(r"step (\d+) of", status)[1])


def texts(browser, selector):
    """What is written in each element, white space as a reader sees it."""
    found = run(
        browser, "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector
    )
    return [" ".join(text.split()) for text in found]


def last(browser, view=0):
    return int(run(browser, "return document.querySelectorAll('.scrubber')[arguments[0]].max", view))


def drawer(browser, name, view=0):
    """Open a drawer by its button, if it is not open."""
    run(
        browser,
        """const view = document.querySelectorAll(".chainrule-view")[arguments[0]];
        const tool = view.querySelector(`.tool.${arguments[1]}`);
        if (tool.getAttribute("aria-expanded") === "false") tool.click();""",
        view,
        name,
    )


def choose(browser, name, view=0):
    """Ask for the paths of a value, by its name in the list."""
    drawer(browser, "paths", view)
    Select(browser.find_elements(By.CSS_SELECTOR, ".paths select")[view]).select_by_visible_text(raised(name))


def numbers(browser, view=0):
    """All values and gradients that a page has come to, in full: from the table at the last step."""
    go(browser, last(browser, view), view)
    drawer(browser, "all", view)
    cells = run(
        browser,
        """const table = document.querySelectorAll("section.values")[arguments[0]];
        const rows = [...table.querySelectorAll("tbody tr")];
        return rows.map(({ cells: [, data, grad] }) => [data.title, grad.title]);""",
        view,
    )
    return [
        [float(text.replace("−", "-").replace("Infinity", "inf")) if text else None for text in row]
        for row in cells
    ]


def true_numbers(C):
    """The same by ``backward()``; a number in the formula has no derivative on the page."""
    order = graph.topological_order(C)
    for node in order:
        node.grad = 0.0
    C.backward()
    named = {node for node in order if node.label or node.rule is not constant}
    return [[node.data, node.grad if node in named else None] for node in order]


def same(found, expected):
    there, wanted = ([[x for x in pair if x is not None] for pair in pairs] for pairs in (found, expected))
    return there == [pytest.approx(pair, rel=1e-12, abs=1e-300, nan_ok=True) for pair in wanted]


def type_in(browser, name, text, view=0):
    """Type a number into a field."""
    drawer(browser, "downhill" if name == "learning rate" else "change", view)
    fields = browser.find_elements(By.CSS_SELECTOR, ".chainrule-view")[view]
    field = fields.find_element(By.CSS_SELECTOR, f'input[type="text"][aria-label="{name}"]')
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(text, Keys.TAB)
    return field


def shared():
    """c = ln(b + b b) with b = a a: two contributions to a, three to b."""
    a = Value(2.0, label="a")
    b = a * a
    b.label = "b"
    c = (b + b * b).log()
    c.label = "c"
    return c, a


def grown(seed):
    """A random graph of shared nodes, the same for the same seed."""
    chance = random.Random(seed)
    nodes = [Value(chance.uniform(-2, 2), label=f"x{k}") for k in range(3)]
    for _ in range(4 + 2 * seed):
        a, b = chance.choice(nodes[-4:]), chance.choice(nodes)
        nodes.append(operate(chance.choice(UNARY + BINARY), a, b))
    return nodes[-1]


def test_numbers_are_spelled_as_in_python(browser, tmp_path):
    """Four and six significant digits, ties to even, exponents, −0: as ``engine.labels.number`` has it."""
    xs = [0.0, -0.0, 1.0, -2.5, 0.15625, 0.078125, 1000.5, 1001.5, 123456.5, 1e-5, 1e-4, 1e16, 1 / 3, 5e-324]
    xs += [999999.5, 99999.95, 0.00009999995, 1e22, -1.7976931348623157e308, 2**-30, 3 * 2.0**-20]
    chance = random.Random(3)
    xs += [chance.uniform(-1, 1) * 10 ** chance.randint(-12, 12) for _ in range(2000)]
    xs += [chance.randint(1, 2**16) / 2 ** chance.randint(0, 16) for _ in range(2000)]
    opened(browser, tmp_path, document("empty", ""))
    code = source("numbers") + "return arguments[0].map((x) => [formatted(x, 4), formatted(x)]);"
    assert run(browser, code, xs) == [[number(x, 4), number(x)] for x in xs]


def test_short_numbers_are_those_of_pictures(browser, tmp_path):
    """What a script writes into a picture is what Python has written there, below a power of ten too."""
    chance = random.Random(5)
    xs = [999.65, 9996.2, 99.96, 99.94, 0.09996, 99_994.6, 99_996.0, 999.5, 1000.5, 1e5, 1234.5, 0.0]
    xs += [0.00009996, 9.9949e-5, 1e-4, 2.5e-7, 123456.0]
    xs += [chance.choice((-1, 1)) * 10 ** chance.uniform(-8, 8) for _ in range(2000)]
    xs += [10**k * (1 - 10 ** chance.uniform(-6, -2)) for k in range(-6, 7) for _ in range(30)]
    opened(browser, tmp_path, document("empty", ""))
    expected = ["".join(part.base + part.above.translate(POWERS) for part in short(x)) for x in xs]
    assert run(browser, source("numbers") + "return arguments[0].map(brief);", xs) == expected


def test_numbers_that_are_none(browser, tmp_path):
    """NaN and the infinities are told in words and signs; what was typed must be a number in figures."""
    opened(browser, tmp_path, document("empty", ""))
    code = source("numbers")
    assert run(browser, code + "return [NaN, Infinity, -Infinity].map((x) => formatted(x));") == [
        "not defined", "∞", "−∞",
    ]  # fmt: skip
    right = {"1": 1, " −0.5 ": -0.5, "-.5e1": -5, "+2.": 2, "1E-3": 0.001}
    wrong = ["", "abc", "0x10", "1,5", "Infinity", "1e999", "NaN", "--1", "1 2", "."]
    assert run(browser, code + "return arguments[0].map(parsed);", [*right, *wrong]) == [
        *right.values(),
        *[None] * len(wrong),
    ]


def extreme(chance):
    """A number of up to three digits, of any size and sign: what a page writes of it is exact."""
    digits = chance.choice([1, 2, 25, 7.5, 1.25, 4.07])
    return float(f"{chance.choice('+-')}{digits}e{chance.randint(-9, 9)}")


def in_numbers(chance, rule):
    """The formulas of a rule and its slopes: template, the operands' numbers, and what it stands for."""
    count = len(rule.operands) if not rule.variadic else 5 if rule.name == "affine" else 4
    leaves = [Value(extreme(chance), label=f"x_{k}") for k in range(count)]
    try:
        node = apply(rule.at(**rule.defaults) if rule.defaults else rule, *leaves)
    except (ValueError, ZeroDivisionError, OverflowError, TypeError):
        return []
    places = {leaf.label: k for k, leaf in enumerate(leaves)}
    formula, slopes = of_node(node, {leaf: leaf.label for leaf in leaves}, prime=False)
    shown = [(formula, node.data), *zip(slopes, node.local_derivatives, strict=True)]
    data = [leaf.data for leaf in leaves]
    return [
        (with_numbers(one, places), data, x) for one, x in shown if one is not None and 0 < abs(x) < math.inf
    ]


def test_formulas_with_numbers_say_what_they_stand_for(browser, tmp_path):
    """Read as mathematics: negative numbers and powers of ten have the brackets that they need, no others.

    A reader that knows nothing of how they were set works out the number, for every rule and its slopes.
    """
    chance = random.Random(9)
    cases = [case for rule in REGISTRY.values() for _ in range(12) for case in in_numbers(chance, rule)]
    opened(browser, tmp_path, document("empty", ""))
    code = source("controls") + source("numbers") + source("symbols")
    code += "return arguments[0].map(([formula, data]) => withNumbers(formula, data).innerHTML);"
    read = 0
    for html, (_, _, x) in zip(run(browser, code, [case[:2] for case in cases]), cases, strict=True):
        text = html_as_text(re.sub(r"</?span[^>]*>", "", html))
        assert not re.search(r"[·+−/√] ?−|e[+−]\d", text), text
        assert not re.search(r"[+−] \([^−()]*\)(?! ?[·/^])(?:$| [+−])", text), text
        reading = text_reading(text, {})
        off = abs(reading.value() - x)
        assert off <= 2 * reading.uncertainty() + 1e-9 * abs(x), (text, x)
        read += "·10" in text
    assert read > 500


def test_an_exponent_that_is_a_name_is_raised(browser, tmp_path):
    """x to the y, y x to the y − 1, e to the y: what stands above is raised, be it a formula or a number."""
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    show(browser, tmp_path, play(x**y + y.exp()))
    above = "return [...document.querySelectorAll('.formula .line sup')].map((e) => e.textContent)"
    seen = []
    for step in range(1, last(browser) + 1):
        go(browser, step)
        seen += run(browser, above)
    assert {"y", "3", "y − 1"} <= {*seen}
    assert complaints(browser) == []


def along_values(node, target):
    """The product of each path from the target to a node, value by value: two equal operands are one step."""
    if node is target:
        return [1.0]
    steps = {}
    for parent, slope in zip(node.parents, node.local_derivatives, strict=True):
        steps[parent] = steps.get(parent, 0.0) + slope
    return [product * slope for parent, slope in steps.items() for product in along_values(parent, target)]


def test_paths_go_from_value_to_value(browser, tmp_path):
    """How many there are, and the products of the largest, of random graphs and of a hundred forks."""
    opened(browser, tmp_path, document("empty", ""))
    code = (
        source("graph")
        + """
        const [parents, slopes, target, limit] = arguments;
        const graph = graphOf({ parents });
        const ways = onward(graph, target);
        const factors = stepFactors(graph, slopes);
        const product = (edges) => edges.reduce((total, edge) => total * factors[edge], 1);
        const found = largestPaths(graph, ways, factors, limit);
        return [String(countPaths(graph, ways)), found.map(product)];
        """
    )
    twice = x = Value(1.0, label="x")
    for _ in range(100):
        x = x + (x - 0.0)
    cases = [(x, twice), shared(), (network(3, 2, 1), None)]
    cases += [(grown(seed), None) for seed in range(6)]
    for C, wanted in cases:
        order = graph.topological_order(C)
        target = wanted if isinstance(wanted, Value) else graph.leaves(C)[0]
        place = {node: k for k, node in enumerate(order)}
        parents = [[place[parent] for parent in node.parents] for node in order]
        slopes = [slope for node in order for slope in node.local_derivatives]
        count, products = run(browser, code, parents, slopes, place[target], 5)
        if C is x:
            assert (int(count), products) == (2**100, [1.0] * 5)
            continue
        expected = sorted(along_values(C, target), key=abs, reverse=True)
        assert int(count) == len(expected)
        assert [abs(product) for product in products] == pytest.approx(
            [abs(product) for product in expected[:5]]
        )
        assert sum(expected) == pytest.approx(explain(C, target).value)


def test_an_infinite_slope_makes_a_path_the_largest(browser, tmp_path):
    """0 is below every slope, infinity above."""
    opened(browser, tmp_path, document("empty", ""))
    code = source("graph") + "return [0, 1, -8, Infinity].map(magnitude);"
    assert run(browser, code) == [-1e9, 0, pytest.approx(math.log(8)), 1e9]


def test_the_page_computes_what_python_computes(browser, tmp_path):
    """All values and all gradients, to 1e-12: of chain, networks, shared nodes and random graphs."""
    roots = [chain(), network(4, 4, 1), network(16, 16, 1), shared()[0]]
    roots += map(grown, range(8))
    show(browser, tmp_path, *map(play, roots))
    for view, C in enumerate(roots):
        assert same(numbers(browser, view), true_numbers(C))
    assert complaints(browser) == []


def test_a_typed_number_changes_everything(browser, tmp_path):
    """Value and gradients of every node follow, also far beyond the slider's range."""
    C = chain()
    show(browser, tmp_path, play(C))
    leaves = {leaf.label: leaf for leaf in graph.leaves(C)}
    for name, text, x in (("w^(2)", "-0.75", -0.75), ("x", "12.5", 12.5), ("y", "−3e-2", -0.03)):
        type_in(browser, name, text)
        leaves[name].data = x
        C.refresh()
        assert same(numbers(browser), true_numbers(C))
    assert complaints(browser) == []


def test_a_slider_changes_everything(browser, tmp_path):
    """With the keyboard as with the hand; the field shows the number that the page computes with."""
    C, a = shared()
    show(browser, tmp_path, play(C))
    drawer(browser, "change")
    slider = browser.find_element(By.CSS_SELECTOR, ".leaf input[type=range]")
    slider.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    a.data = float(browser.find_element(By.CSS_SELECTOR, ".leaf input[type=text]").get_attribute("title"))
    assert a.data > 2
    C.refresh()
    assert same(numbers(browser), true_numbers(C))


def test_the_step_stays_when_a_number_changes(browser, tmp_path):
    """The page shows the step that it is at, with the new numbers."""
    show(browser, tmp_path, play(chain()))
    go(browser, 11)
    before = texts(browser, ".formula")
    type_in(browser, "w^(3)", "2")
    assert at(browser) == 11
    assert texts(browser, ".formula") != before


@pytest.mark.parametrize("text", ["abc", "", "1,5", "1e999"])
def test_what_is_no_number_is_refused(browser, tmp_path, text):
    """It is said beside the field, the field is marked, and nothing changes; the next number is taken."""
    C, a = shared()
    show(browser, tmp_path, play(C))
    field = type_in(browser, "a", text or Keys.BACKSPACE)
    assert field.get_attribute("aria-invalid") == "true"
    assert texts(browser, ".leaf .refusal") == [f"“{text}” is not a number such as −0.5; a stays 2"]
    assert same(numbers(browser), true_numbers(C))
    screenshot(browser, "player-refused")
    field = type_in(browser, "a", "3")
    assert field.get_attribute("aria-invalid") is None
    a.data = 3.0
    C.refresh()
    assert same(numbers(browser), true_numbers(C))


def test_every_button_of_the_toolbar(browser, tmp_path):
    """First, back, on, last; at the ends they say that they are of no use, and do nothing."""
    show(browser, tmp_path, play(shared()[0]))
    end = last(browser)
    for label, step in (
        ("previous step", 0), ("next step", 1), ("next step", 2), ("previous step", 1), ("last step", end),
        ("next step", end), ("first step", 0),
    ):  # fmt: skip
        press(browser, label)
        assert at(browser) == step
    useless = '[aria-disabled="true"]'
    assert run(browser, f"return [...document.querySelectorAll('{useless}')].map((b) => b.title)") == [
        "first step",
        "previous step",
    ]
    assert complaints(browser) == []


def test_play_and_pause(browser, tmp_path):
    """It runs to the end and stops there; pressed again it begins anew; pause holds it where it is."""
    show(browser, tmp_path, play(shared()[0]))
    Select(browser.find_element(By.CSS_SELECTOR, ".transport select")).select_by_visible_text("20×")
    press(browser, "play")
    wait = WebDriverWait(browser, 30)
    wait.until(lambda driver: at(driver) == last(driver))
    wait.until(lambda driver: driver.find_elements(By.CSS_SELECTOR, 'button[aria-label="play"]'))
    Select(browser.find_element(By.CSS_SELECTOR, ".transport select")).select_by_visible_text("½×")
    press(browser, "play")
    assert at(browser) == 0
    assert run(browser, "return document.querySelector('.status').getAttribute('aria-live')") == "off"
    press(browser, "pause")
    assert run(browser, "return document.querySelector('.status').getAttribute('aria-live')") == "polite"
    assert run(browser, "return document.querySelector('.play').title") == "play (space)"


def test_keys(browser, tmp_path):
    """Arrows, Home, End and the space bar, wherever the focus is; but a field keeps those that it needs."""
    show(browser, tmp_path, play(shared()[0]))
    table, body = tool(browser, "all"), browser.find_element(By.TAG_NAME, "body")
    for key, step in (
        (Keys.ARROW_RIGHT, 1), (Keys.ARROW_RIGHT, 2), (Keys.ARROW_LEFT, 1), (Keys.END, last(browser)),
        (Keys.HOME, 0),
    ):  # fmt: skip
        table.send_keys(key)
        assert at(browser) == step
    run(browser, "document.activeElement.blur()")  # a button keeps the space bar
    body.send_keys(Keys.SPACE)
    assert run(browser, "return document.querySelector('.play').getAttribute('aria-label')") == "pause"
    body.send_keys(Keys.SPACE)
    assert run(browser, "return document.querySelector('.play').getAttribute('aria-label')") == "play"
    before = at(browser)
    drawer(browser, "change")
    browser.find_element(By.CSS_SELECTOR, ".leaf input[type=text]").send_keys(
        Keys.ARROW_RIGHT, Keys.HOME, "v"
    )
    table.send_keys(Keys.CONTROL, Keys.ARROW_RIGHT)
    assert at(browser) == before


def test_keys_need_no_click_on_a_page_of_our_own(browser, tmp_path):
    """A page just opened takes a presenter's keys, also after a click beside; a notebook's cell does not.

    In a notebook they work while the focus is inside the view; of several on a page, the first has them.
    """
    players = play(shared()[0]), play(shared()[0] + 1.0)
    show(browser, tmp_path, *players)
    body = lambda: browser.find_element(By.TAG_NAME, "body")  # noqa: E731
    for key, step in (
        (Keys.PAGE_DOWN, 1),
        (Keys.ARROW_RIGHT, 2),
        (Keys.PAGE_UP, 1),
        (Keys.END, last(browser)),
    ):
        body().send_keys(key)
        assert (at(browser), at(browser, 1)) == (step, 0)
    browser.find_element(By.TAG_NAME, "h1").click()
    ActionChains(browser).send_keys(Keys.HOME).perform()
    assert at(browser) == 0
    tool(browser, "all", 1).send_keys(Keys.PAGE_DOWN)
    assert (at(browser), at(browser, 1)) == (0, 1)
    (tmp_path / "cell.html").write_text(f"<!DOCTYPE html><body>{players[0]._repr_html_()}</body>", "utf-8")
    browser.get((tmp_path / "cell.html").as_uri())
    body().send_keys(Keys.PAGE_DOWN, Keys.ARROW_RIGHT, Keys.END)
    assert at(browser) == 0
    tool(browser, "all").send_keys(Keys.PAGE_DOWN)
    assert at(browser) == 1


def test_the_scrubber(browser, tmp_path):
    """It goes to any step, by hand and by key, and follows the buttons."""
    show(browser, tmp_path, play(shared()[0]))
    scrubber = browser.find_element(By.CSS_SELECTOR, ".scrubber")
    scrubber.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert at(browser) == 2
    go(browser, 7)
    assert at(browser) == 7
    press(browser, "next step")
    assert run(browser, "return document.querySelector('.scrubber').value") == "8"


def test_the_backward_pass_goes_as_steps_goes(browser, tmp_path):
    """Contribution by contribution in the order of ``engine.steps``: symbols, numbers, the sum that grows."""
    C, _ = shared()
    show(browser, tmp_path, play(C))
    computed = sum(bool(node.parents) for node in graph.topological_order(C))
    for k, one in enumerate((it for step in steps(C) for it in step.contributions), start=computed + 2):
        go(browser, k)
        status = texts(browser, ".status")[0]
        assert f"backward: the partial derivative of c with respect to {spoken(one.name)}" in status
        come = one.expected - one.to_come
        if one.expected > 1:
            assert f", part {come} of {one.expected}: " in status
            amount, total = (number(x).replace("−", "minus ") for x in (one.amount, one.total))
            assert f" equals {amount}; the sum so far is {total}" in status
        else:
            assert status.endswith(f" equals {number(one.total)}".replace("−", "minus "))
    assert k == last(browser)


def test_what_a_step_says(browser, tmp_path):
    """Forward: name = formula, numbers, value; backward: symbols, numbers, the sum that grows, a nudge."""
    show(browser, tmp_path, play(shared()[0]))
    said = []
    for step in (0, 1, 4, 5, 11, 12):
        go(browser, step)
        said.append(texts(browser, ".formula :is(.line, .why)"))
    assert said == [
        ["Leavesa = 2"],
        ["b = a2", "= 22 = 4"],
        ["c = ln(v2)", "= ln(20) = 3.00"],
        ["∂c/∂c = 1", "A nudge of c moves it by just as much."],
        [
            "∂c/∂a = ∂b/∂a · ∂c/∂b + …",
            "= 2 · 0.45 + … = 0.9 the sum so far, 1 of 2 parts",
            "Along this arrow, to operand 1, b moves a = 2 times as much as a.",
        ],
        [
            "∂c/∂a = ∂b/∂a · ∂c/∂b + ∂b/∂a · ∂c/∂b",
            "= 2 · 0.45 + 2 · 0.45 = 1.8 all 2 parts",
            "Along this arrow, to operand 2, b moves a = 2 times as much as a.",
        ],
    ]


def test_a_direct_part_is_told_from_the_whole(browser, tmp_path):
    """Of C = w (w + 1) the operand w is one way of two: its local derivative is not ∂C/∂w."""
    w = Value(2.0, label="w")
    v = w + 1.0
    v.label = "v"
    show(browser, tmp_path, play(v * w))
    go(browser, 5)
    assert texts(browser, ".formula .line")[0].startswith("∂C/∂w = ∂C/∂wdirect · ∂C/∂C")


def marks(browser, kind):
    """The boxes, or arrows, that have a mark, by the names of their ids."""
    return run(
        browser, f"return [...document.querySelectorAll('.picture .{kind}')].map((e) => e.dataset.id).sort()"
    )


def shown(browser, kind, place):
    """What stands in the picture for a value, for a gradient, or for an edge's local derivative."""
    return texts(browser, f'.picture [data-{kind}="{place}"]')


def test_the_picture_follows_the_steps(browser, tmp_path):
    """What is still to come is empty; who passes back and who receives is lit; sums grow."""
    show(browser, tmp_path, play(shared()[0]))
    assert marks(browser, "node.pending") == ["n1", "n2", "n3", "n4"]
    assert [shown(browser, "value", k) for k in range(3)] == [["2"], [""], [""]]
    assert [shown(browser, "grad", k) for k in range(3)] == [[""], [""], [""]]
    go(browser, 1)
    assert marks(browser, "active:is(.node, .edge)") == ["e0", "e1", "n1"]
    assert shown(browser, "value", 1) == ["4"]
    go(browser, 5)
    assert shown(browser, "grad", 4) == ["∂ 1"]
    go(browser, 11)
    assert marks(browser, "pending") == []
    assert (marks(browser, "giving"), marks(browser, "active:is(.node, .edge)")) == (["n1"], ["e0", "n0"])
    assert (shown(browser, "grad", 0), shown(browser, "grad", 1)) == (["∂ 0.9"], ["∂ 0.45"])
    go(browser, 12)
    assert shown(browser, "grad", 0) == ["∂ 1.8"]
    assert marks(browser, "node.done") == ["n0", "n1", "n2", "n3", "n4"]


@pytest.mark.parametrize("made", [chain, shared, lambda: network(4, 1), lambda: network(16, 16, 1)])
def test_nothing_is_given_away_before_it_is_computed(browser, tmp_path, made):
    """At step 0 all arrows are grey, equally thin and without a number, and no gradient stands anywhere."""
    C = made()
    with prefers(browser, reduced_motion="reduce"):
        show(browser, tmp_path, play(C[0] if isinstance(C, tuple) else C))
    arrows = run(
        browser,
        """const size = (box) => Math.max(box.width, box.height);
        return [...document.querySelectorAll(".picture .edge")].map((e) => {
            const { stroke, strokeWidth } = getComputedStyle(e.querySelector(".line"));
            return [stroke, strokeWidth, size(e.querySelector(".head").getBBox()) < 8];
        })""",
    )
    assert len({tuple(arrow) for arrow in arrows}) <= 1
    told = texts(browser, ".picture :is([data-grad], [data-slope], [data-sum]):not(rect)")
    assert {*told} <= {""}
    coloured = ".picture rect[data-grad]:is(.positive, .negative), .picture .after"
    seen = """return [...document.querySelectorAll(arguments[0])]
        .filter((e) => e.checkVisibility({ visibilityProperty: true })).length"""
    assert run(browser, seen, coloured) == 0


def test_arrows_follow_the_numbers(browser, tmp_path):
    """Label, sign and breadth are those that a new picture of the changed graph would have."""
    w, x = Value(0.5, label="w"), Value(2.0, label="x")
    C = w * x + x
    with prefers(browser, reduced_motion="reduce"):
        arrows_follow(browser, tmp_path, C, x)


def arrows_follow(browser, tmp_path, C, x):
    show(browser, tmp_path, play(C))
    type_in(browser, "x", "-4")
    go(browser, last(browser))
    look = """return [...document.querySelectorAll(".picture .edge")].map((e) => [
        e.querySelector("[data-slope]")?.textContent ?? "",
        e.classList.contains("negative"),
        getComputedStyle(e.querySelector(".line")).strokeWidth,
    ])"""
    changed = sorted(run(browser, look))
    x.data = -4.0
    C.refresh()
    show(browser, tmp_path, play(C))
    go(browser, last(browser))
    assert changed == sorted(run(browser, look))


def test_the_active_box_is_in_view(browser, tmp_path):
    """The picture scrolls inside its frame; the page itself stays where it is."""
    with viewport(browser, 480, 800), prefers(browser, reduced_motion="reduce"):
        show(browser, tmp_path, play(chain()))
        for step in (7, last(browser), 3):
            go(browser, step)
            box, frame = run(
                browser,
                """return [".node.active", ".picture"].map((selector) => {
                    const { left, right } = document.querySelector(selector).getBoundingClientRect();
                    return [left, right];
                })""",
            )
            assert frame[0] <= box[0] < box[1] <= frame[1]
            assert run(browser, "return window.scrollX + window.scrollY") == 0


def test_matrices_follow_the_steps(browser, tmp_path):
    """Of 300 weights a cell is coloured when its number is known, and the active one has a frame."""
    C = network(16, 16, 1)
    show(browser, tmp_path, play(C))
    order = graph.topological_order(C)
    place = list(names(C).values()).index("z_0^(1)")
    rect = f"document.querySelector('.picture rect[data-value=\"{place}\"]')"
    cell = f"return [...{rect}.classList].sort().join(' ')"
    sign = "positive" if order[place].data > 0 else "negative"
    assert run(browser, cell) == "cell"
    go(browser, 1)
    assert run(browser, cell) == f"active cell {sign}"
    go(browser, last(browser))
    assert run(browser, cell) == f"cell {sign}"
    screenshot(browser, "player-matrices")


def test_arrows_of_a_batch_stand_for_many_edges(browser, tmp_path):
    """An arrow of a batch is thin until one of its edges has passed back; that of the desired 1s stays so."""
    model = MLP(2, [8, 1], rng=random.Random(1))
    C = engine.mean([(model([k / 10, 1.0]) - 1.0) ** 2 for k in range(9)])
    show(browser, tmp_path, play(C))
    assert marks(browser, "edge.known") == []
    go(browser, last(browser) - 1)
    assert len(marks(browser, "edge.known")) == len(marks(browser, "edge")) - 1 > 3
    assert complaints(browser) == []


def test_paths_of_a_chosen_value(browser, tmp_path):
    """By the list or by its mark: how many, each with its factors, one lit in the picture; or none again."""
    C, a = shared()
    with prefers(browser, reduced_motion="reduce"):
        show(browser, tmp_path, play(C))
        choose(browser, "a")
        count, total, rule = texts(browser, ".paths .found > p")
        assert count == "2 paths"
        assert total == "∂c/∂a = 1.6 + 0.2 = 1.8"
        assert rule == "Multiply along a path, add over the paths."
        first, *others = texts(browser, ".paths li")
        assert len(others) == 1
        assert first == "a → b → v1 → v2 → c= (a + a) · (b + b) · 1 · 1/v2= 4 · 8 · 1 · 0.05= 1.6"
        assert len(explain(C, a, through="all").paths) == 2
        told = [float(line.split("= ")[-1]) for line in texts(browser, ".paths li")]
        assert sum(told) == pytest.approx(explain(C, a).value)
        assert marks(browser, "edge.lit") == ["e0", "e1", "e2", "e3", "e5", "e6"]
        screenshot(browser, "player-paths")
        browser.find_elements(By.CSS_SELECTOR, ".route")[1].click()
        assert marks(browser, "edge.lit") == ["e0", "e1", "e4", "e6"]
        run(browser, "document.querySelector('[data-id=n1]').dispatchEvent(new Event('click'))")
        assert texts(browser, ".paths .found p")[0] == "2 paths"
        run(browser, "document.querySelector('[data-id=n1]').dispatchEvent(new Event('click'))")
        assert marks(browser, "edge.lit") == []
        run(browser, "document.querySelector('[data-id=n4]').dispatchEvent(new Event('click'))")
        assert texts(browser, ".paths .found p") == ["This is c itself."]


def test_paths_light_up_one_after_another(browser, tmp_path):
    """Each is lit for a while, then the next, and a drawer that is closed takes the light off."""
    with prefers(browser, reduced_motion="no-preference"):
        show(browser, tmp_path, play(shared()[0]))
        choose(browser, "a")
        seen = marks(browser, "edge.lit")
        WebDriverWait(browser, 30).until(lambda driver: marks(driver, "edge.lit") not in (seen, []))
        assert len(browser.find_elements(By.CSS_SELECTOR, ".found li.on")) == 1
        ActionChains(browser).send_keys(Keys.ESCAPE).perform()
        assert marks(browser, "lit") == []


def test_paths_follow_the_numbers(browser, tmp_path):
    """They are those of the present leaves, the largest first, and no more than six are told of many."""
    C = network(4, 4, 1)
    show(browser, tmp_path, play(C))
    choose(browser, "w_00^(1)")
    type_in(browser, "b_0^(1)", "1.5")
    order = graph.topological_order(C)
    leaf = {node.label: node for node in order}
    leaf["b_0^(1)"].data = 1.5
    C.refresh()
    told = explain(C, leaf["w_00^(1)"], limit=6, through="all", terms="size")
    shown = [
        float(text.replace("−", "-"))
        for text in run(browser, "return [...document.querySelectorAll('.paths li b')].map((e) => e.title)")
    ]
    assert shown == pytest.approx([path.product for path in told.paths])


def test_many_paths_are_counted(browser, tmp_path):
    """Two to the hundredth are counted exactly, six are told."""
    x = a = Value(1.0, label="a")
    for _ in range(100):
        x = x + (x - 0.0)
    show(browser, tmp_path, play(x, leaves=[a]))
    choose(browser, "a")
    assert texts(browser, ".paths .found p")[0] == f"{2**100:,} paths; the 6 largest"


def test_a_step_of_gradient_descent(browser, tmp_path):
    """w ← w − η ∂C/∂w for every parameter, also for those without a slider: to 1e-12 what Python gets."""
    C = network(4, 1)
    parameters = [leaf for leaf in graph.leaves(C) if leaf.label[0] in "wb"]
    show(browser, tmp_path, play(C, lr=0.05))
    for _ in range(3):
        press(browser, "One step")
        true_numbers(C)
        for parameter in parameters:
            parameter.data -= 0.05 * parameter.grad
        C.refresh()
    assert same(numbers(browser), true_numbers(C))
    assert texts(browser, "figcaption") == [f"C = {number(C.data)} after 3 steps"]
    press(browser, "Reset")
    assert same(numbers(browser), true_numbers(network(4, 1)))
    assert texts(browser, "figcaption")[0].endswith("after 0 steps")


def test_without_parameters_descent_moves_the_leaves(browser, tmp_path):
    """Of a graph without weights all chosen leaves go downhill, the others stay."""
    u, v = Value(3.0, label="u"), Value(2.0, label="v")
    show(browser, tmp_path, play(u * u + v * v, leaves=[u], lr=0.25))
    press(browser, "One step")
    assert [pair[0] for pair in numbers(browser)][-1] == 1.5**2 + 4


def test_a_run_goes_on_until_it_is_stopped(browser, tmp_path):
    """The cost falls step by step, and stays where it is when the run is stopped."""
    show(browser, tmp_path, play(chain()))
    press(browser, "Run")
    WebDriverWait(browser, 30).until(lambda driver: int(texts(driver, "figcaption")[0].split()[-2]) >= 5)
    press(browser, "Stop")
    steps_taken = texts(browser, "figcaption")[0]
    assert texts(browser, ".said")[0].startswith("after ")
    assert float(steps_taken.split(" = ")[1].split()[0]) < chain().data
    assert texts(browser, ".descent button") == ["One step", "Run", "Reset"]
    name = run(browser, "return document.querySelector('.curve svg').getAttribute('aria-label')")
    assert name.startswith("cost over ")
    screenshot(browser, "player-descent")


def test_a_cost_without_bound_stops_the_run(browser, tmp_path):
    """A learning rate that is too large is told, and the page stays of use."""
    w = Value(1.0, label="w")
    show(browser, tmp_path, play(w**4, lr=2.0))
    press(browser, "Run")
    WebDriverWait(browser, 30).until(lambda driver: "without bound" in texts(driver, ".said")[0])
    assert "Run" in texts(browser, ".descent button")
    press(browser, "Reset")
    assert numbers(browser)[0][0] == 1.0
    assert complaints(browser) == []


def test_a_step_to_no_number_is_taken_back(browser, tmp_path):
    """Where the cost would not be defined, nothing changes, and it is said."""
    x = Value(0.5, label="x")
    show(browser, tmp_path, play(x.log(), lr=1.0))
    press(browser, "One step")
    assert texts(browser, ".said")[0].startswith("That step leads to where the cost is not defined")
    assert numbers(browser)[0] == [0.5, 2.0]


def test_a_number_that_is_none_is_told_where_it_arises(browser, tmp_path):
    """Outside a domain the page says so, names the node and goes on; back inside, it is forgotten."""
    x, q = Value(0.5, label="x"), Value(4.0, label="q")
    show(browser, tmp_path, play(x.log() * q + q.sqrt()))
    assert texts(browser, ".trouble") == [""]
    type_in(browser, "x", "-1")
    assert texts(browser, ".trouble") == ["v1 = ln(x) = ln(−1) = not defined here."]
    assert "data not defined" in texts(browser, ".node .row") or at(browser) == 0
    type_in(browser, "x", "0")
    assert texts(browser, ".trouble")[0].endswith("= −∞ here.")
    type_in(browser, "x", "1")
    type_in(browser, "q", "0")
    assert texts(browser, ".trouble") == ["∂v3/∂q = 1/(2 √q) = 1/(2 · √0) = ∞ here."]
    go(browser, last(browser))
    screenshot(browser, "player-trouble")
    type_in(browser, "q", "4")
    assert texts(browser, ".trouble") == [""]
    assert complaints(browser) == []


def test_nodes_made_by_hand(browser, tmp_path):
    """The page plays with the recorded numbers; there is nothing to change, and it says why."""
    n = Value(2.0, label="n")
    m = Value(4.0, (n,), "mystery", local_derivatives=[float("inf")])
    C = m * 3.0
    show(browser, tmp_path, play(C))
    assert texts(browser, ".drawer .hint")[0].startswith("The numbers cannot be changed here: a node")
    assert browser.find_elements(By.CSS_SELECTOR, ".leaves, .descent") == []
    assert numbers(browser) == true_numbers(C)
    go(browser, 1)
    assert texts(browser, ".formula .line") == ["v1 = mystery(n)", "= mystery(2) = 4"]
    go(browser, last(browser))
    assert texts(browser, ".formula .why") == ["A nudge of n moves v1 by ∞ times as much."]
    assert texts(browser, ".trouble") == ["∂v1/∂n = ∞ here."]
    choose(browser, "n")
    assert "∂v1/∂n · 3= ∞ · 3" in texts(browser, ".paths li")[0]
    assert complaints(browser) == []


def test_a_leaf_alone(browser, tmp_path):
    """There are two steps, and no path to tell of."""
    show(browser, tmp_path, play(Value(3.0, label="a")))
    assert last(browser) == 1
    press(browser, "last step")
    assert texts(browser, ".formula .line") == ["∂a/∂a = 1"]
    assert complaints(browser) == []


def test_a_name_without_room_on_the_line_of_time_is_not_shown(browser, tmp_path):
    """A leaf has no forward pass, a sum of forty leaves one step of it: no name is cut by the next one."""
    many = sum((Value(float(k), label=f"x{k}") for k in range(2)), Value(0.0, label="x"))
    show(browser, tmp_path, play(Value(1.5, label="a")), play(many))
    shown = "return [...document.querySelectorAll('.phase-name')].map((e) => e.checkVisibility())"
    assert run(browser, shown) == [False, True, True, True]


def test_what_stands_beside_an_equation_gives_way(browser, tmp_path):
    """Long names need the whole width: the product back from the cost is shown where both have room only."""
    long = [Value(2.0, label=f"{'kinetic_energy_of_the_body'}_{k}") for k in range(2)]
    E = (long[0] * long[1].exp()).log()
    E.label = "the_logarithm_of_it_all_as_one_number"
    seen = []
    with viewport(browser, 930, 720):  # where no equation stands beside its picture
        show(browser, tmp_path, play(E), play((Value(2.0, label="u") ** 2).log()))
        for view in (0, 1):
            go(browser, last(browser, view), view)
            side = "return document.querySelectorAll('.side')[arguments[0]].checkVisibility()"
            seen.append(run(browser, side, view))
    assert seen == [False, True]
    assert complaints(browser) == []


def test_leaves_without_names_are_numbers(browser, tmp_path):
    """Constants are not said to be given: their name says their number."""
    show(browser, tmp_path, play(Value(3.0, label="a") * 2.0))
    assert texts(browser, ".formula .line") == ["Leavesa = 3"]


def test_many_leaves_are_not_all_told(browser, tmp_path):
    """Of 40 leaves 36 are told, and how many more there are."""
    leaves = [Value(k + 0.5, label=f"x_{k}") for k in range(40)]
    show(browser, tmp_path, play(engine.total(leaves)))
    assert texts(browser, ".formula .line")[0].endswith("and 4 more")
    go(browser, last(browser))
    assert texts(browser, ".formula .line")[0].startswith("∂C/∂x39 = ")


def test_two_players_do_not_disturb_each_other(browser, tmp_path):
    """Buttons, keys, leaves and paths of one leave the other as it was; also of two that are the same."""
    show(browser, tmp_path, play(shared()[0]), play(shared()[0]), play(chain()))
    before = [numbers(browser, view) for view in range(3)]
    for view in range(3):
        go(browser, 0, view)
    press(browser, "next step", 1)
    type_in(browser, "a", "5", 1)
    tool(browser, "all", 1).send_keys(Keys.ARROW_RIGHT)
    assert [at(browser, view) for view in range(3)] == [0, 2, 0]
    after = [numbers(browser, view) for view in range(3)]
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1] != before[1]
    ids = run(browser, "return [...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(set(ids)) == len(ids)
    assert complaints(browser) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1600])
def test_a_page_for_every_screen(browser, tmp_path, scheme, width):
    """Light and dark, narrow and wide: text is legible, nothing overlaps, nothing sticks out of the page."""
    with viewport(browser, width, 900), prefers(browser, color_scheme=scheme):
        show(browser, tmp_path, play(chain()))
        choose(browser, "w^(1)")
        for step in (3, 14):
            go(browser, step)
            assert run(browser, "return document.documentElement.scrollWidth") <= width
            assert overlapping(browser) == []
        text = ".symbol, .status, .phase, .count, h3, .hint, .choice span, button, summary, .formula .math"
        assert min(contrasts(browser, text)) > LEGIBLE
        press(browser, "One step")
        screenshot(browser, f"player-{scheme}-{width}")
    assert complaints(browser) == []


def overlapping(browser):
    """The pairs of controls that cover each other, or stick out of the page."""
    return run(
        browser,
        """
        const controls = [...document.querySelectorAll("button, input, select, summary, .symbol")];
        const seen = controls.filter((e) => e.getClientRects().length && !e.closest(".found, .formula"));
        const boxes = seen.map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()]);
        const across = (a, b) => a.left < b.right - 1 && b.left < a.right - 1;
        const along = (a, b) => a.top < b.bottom - 1 && b.top < a.bottom - 1;
        const outside = boxes.filter(([, a]) => a.left < 0 || a.right > innerWidth + 1).map(([one]) => one);
        return outside.concat(boxes.flatMap(([one, a], k) => boxes.slice(k + 1)
          .filter(([, b]) => across(a, b) && along(a, b)).map(([two]) => [one, two])));
        """,
    )


def test_a_page_that_tells_its_theme(browser, tmp_path):
    """What the page around a player says of light and dark wins over what the browser prefers."""
    with prefers(browser, color_scheme="light"):
        show(browser, tmp_path, play(shared()[0]))
        ink = "return getComputedStyle(document.querySelector('.chainrule-view')).color"
        light = run(browser, ink)
        for attribute, value in (
            ("data-theme", "dark"),
            ("class", "vscode-dark"),
            ("data-jp-theme-light", "false"),
        ):
            run(browser, "document.body.setAttribute(...arguments)", attribute, value)
            assert run(browser, ink) != light
            run(browser, "document.body.removeAttribute(arguments[0])", attribute)
        assert run(browser, ink) == light


HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "</style><script>alert(2)</script>",
    "\"'`${alert(3)}\\",
    "two\nlines\u2028and more",
    "値 شكرا 🎲",
    "\0" + "7" + "\0",
    "{0}",
]


def test_labels_are_text(browser, tmp_path):
    """In formulas, lists, fields, picture and table a label is shown as written, and nothing of it runs."""
    leaves = [Value(k + 1.0, label=label) for k, label in enumerate(HOSTILE)]
    C = engine.total([leaf * leaf for leaf in leaves])
    C.label = HOSTILE[0] * 2
    show(browser, tmp_path, play(C))
    written = [" ".join(name.split()) for name in names(C).values() if not name.startswith("v_")]
    assert [name for name in texts(browser, ".values tbody th .symbol") if name[:1] != "v"] == written
    drawer(browser, "paths")
    Select(browser.find_element(By.CSS_SELECTOR, ".paths select")).select_by_index(1)
    for step in (0, 1, 9, last(browser)):
        go(browser, step)
    foreign = "return document.querySelectorAll('.chainrule-view :is(img, script, [onerror])').length"
    assert run(browser, foreign) == 0
    with viewport(browser, 480, 900):
        assert run(browser, "return document.documentElement.scrollWidth") <= 480
        screenshot(browser, "player-hostile")
    assert same(numbers(browser), true_numbers(C))
    assert complaints(browser) == []


def test_the_page_asks_no_network(browser, tmp_path):
    """What it shows it holds."""
    show(browser, tmp_path, play(chain()))
    assert run(browser, "return performance.getEntriesByType('resource').length") == 0
    assert not re.search(r"""(src|href)=["']?(https?:|//)""", play(chain()).html)


def test_nothing_is_left_of_the_still_picture(browser, tmp_path):
    """The image and the words below it are gone; what is read aloud of the picture does not become false."""
    show(browser, tmp_path, play(chain()))
    assert browser.find_elements(By.CSS_SELECTOR, "img, .still") == []
    assert texts(browser, "desc") == ["The table of all values has the numbers."]


def test_equations_are_read_aloud(browser, tmp_path):
    """A screen reader hears names and fractions in words, and each equation once; no sign is left."""
    w, x, b, y = (
        Value(k, label=name) for k, name in ((0.5, "w_01^(1)"), (-2.0, "x"), (1e-6, "b"), (1.0, "y"))
    )
    show(browser, tmp_path, play((w * x + b).tanh() / y**2 + (w * w).sqrt()))
    said = """const equations = [...document.querySelectorAll(".story [role=math]")];
        return equations.map((e) => e.getAttribute("aria-label"))"""
    heard = []
    for step in range(last(browser) + 1):
        go(browser, step)
        inside = """return document.querySelectorAll("[role=math] [role=math]").length"""
        assert run(browser, inside) == 0
        heard += run(browser, said)
    assert not [line for line in heard if re.search(r"[^a-zA-Z0-9 ,.()]|  |_|\\^", line)]
    text = "\n".join(heard)
    assert "the partial derivative of C with respect to w subscript 01 superscript 1 equals" in text
    for words in ("squared", "the square root of", "10 to the power minus 6", "times minus 2"):
        assert words in text
    tree = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    names = {
        one["name"]["value"] for one in tree if "name" in one and one["role"]["value"] in {"math", "button"}
    }
    assert {line for line in run(browser, said) if line} <= names
    assert "x equals minus 2, gradient" in " ".join(names)


def test_the_graph_is_one_stop_and_arrows_lead_through_it(browser, tmp_path):
    """Tab enters the graph and leaves it; arrows reach every value, a neighbour at a time; Enter chooses."""
    show(browser, tmp_path, play(chain()))
    go(browser, 3)
    button = browser.find_element(By.CSS_SELECTOR, ".full")
    run(browser, "arguments[0].focus()", button)
    press_keys = ActionChains(browser).send_keys
    press_keys(Keys.TAB).perform()
    focused = "return document.activeElement.dataset.id"
    first = run(browser, focused)
    assert first
    press_keys(Keys.TAB).perform()
    assert run(browser, focused) is None
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
    assert run(browser, focused) == first
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert run(browser, outline) == "solid"
    seen, open_ends = {first}, [first]
    while open_ends:
        mark = open_ends.pop()
        for key in (Keys.ARROW_LEFT, Keys.ARROW_RIGHT, Keys.ARROW_UP, Keys.ARROW_DOWN):
            run(browser, "document.querySelector(`[data-id='${arguments[0]}'].node`).focus()", mark)
            press_keys(key).perform()
            found = run(browser, focused)
            if found not in seen:
                seen.add(found)
                open_ends.append(found)
    assert len(seen) == len(run(browser, "return [...document.querySelectorAll('.picture .node')]"))
    assert at(browser) == 3  # arrows that move in the graph take no step
    press_keys(Keys.HOME).perform()
    assert run(browser, focused) == first
    press_keys(Keys.END).perform()
    end = run(browser, focused)
    assert end != first
    press_keys(Keys.HOME, Keys.ENTER).perform()
    assert run(browser, "return document.activeElement.textContent") == "Close"
    assert run(browser, "return document.querySelector('.paths select').value") == first.removeprefix("n")
    press_keys(Keys.ESCAPE).perform()
    assert run(browser, focused) == first
    press_keys(Keys.PAGE_DOWN, "x").perform()
    assert at(browser) == 4
    assert complaints(browser) == []


def test_everything_has_a_name_and_an_order(browser, tmp_path):
    """Each control says what it is to a screen reader; the focus goes from the toolbar downwards."""
    show(browser, tmp_path, play(shared()[0]))
    nameless = """const name = (e) => e.getAttribute("aria-label") ?? (e.closest("label") ?? e).textContent;
        return [...document.querySelectorAll("button, input, select, summary, [tabindex]")]
        .filter((e) => !name(e).trim()).map((e) => e.outerHTML)"""
    assert run(browser, nameless) == []
    seen = []
    for _ in range(16):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        seen.append(run(browser, "return document.activeElement.getBoundingClientRect().top"))
    assert seen == sorted(seen)


def test_pointing_at_a_symbol_shows_its_box(browser, tmp_path):
    """Formula and picture belong together: under the pointer a name's box is marked."""
    show(browser, tmp_path, play(shared()[0]))
    go(browser, 4)
    symbols = browser.find_elements(By.CSS_SELECTOR, ".formula .symbol")
    ActionChains(browser).move_to_element(symbols[1]).perform()
    assert marks(browser, "pointed") == ["n3"]
    ActionChains(browser).move_to_element(browser.find_element(By.CSS_SELECTOR, ".scrubber")).perform()
    assert marks(browser, "pointed") == []


def test_a_player_that_is_gone_stops(browser, tmp_path):
    """A cell that is run again takes its output away: then neither pass nor descent goes on."""
    show(browser, tmp_path, play(chain()))
    press(browser, "Run")
    press(browser, "play")
    run(browser, "window.gone = document.querySelector('.chainrule-view'); gone.remove();")
    WebDriverWait(browser, 30).until(
        lambda driver: (
            run(driver, "return gone.querySelector('.play').textContent") == "Play"
            and run(driver, "return gone.querySelector('.descent .buttons').textContent").endswith("RunReset")
        )
    )
    assert complaints(browser) == []


def test_no_motion_where_none_is_wanted(browser, tmp_path):
    """With reduced motion nothing glides, and nothing plays by itself in any case."""
    smooth = "return getComputedStyle(document.querySelector('.picture')).scrollBehavior"
    for wish, behaviour in (("reduce", "auto"), ("no-preference", "smooth")):
        with prefers(browser, reduced_motion=wish):
            show(browser, tmp_path, play(chain()))
            assert run(browser, smooth) == behaviour
            assert at(browser) == 0
