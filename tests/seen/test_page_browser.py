"""Laws of the page's arrangement: large enough to read, nothing jumps, every key, links and files."""

import json
import random
import re
from xml.etree import ElementTree as ET

import pytest
from browser import LEGIBLE, complaints, contrasts, heights, opened, prefers, screenshot, viewport
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from test_player import network

from engine import Value
from engine.pictures.page.page import play
from nn import COSTS, MLP


def cost(*sizes):
    """The cost of one example of a network of sigmoid neurons."""
    model = MLP(
        sizes[0], list(sizes[1:]), activation="sigmoid", output_activation="sigmoid", rng=random.Random(0)
    )
    answer = model([0.5, -0.4, 0.8][: sizes[0]])
    C = COSTS["squared_error"].function(answer, [Value(1.0 - k, label=f"y_{k}") for k in range(sizes[-1])])
    C.label = "C_0"
    return C


def micrograd():
    """The example of micrograd's README: 33 values."""
    a, b = Value(-4.0, label="a"), Value(2.0, label="b")
    c, d = a + b, a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    return f / 2.0 + 10.0 / f


SHOWN = {
    "chain": lambda: cost(1, 1, 1, 1),
    "net": lambda: cost(3, 2, 2),
    "xor": lambda: cost(2, 4, 1),
    "micrograd": micrograd,
    "large": lambda: network(16, 16, 1),
}


def show(browser, folder, C, **options):
    """Open the page of a graph, as one opens a file."""
    browser.get("about:blank")
    return opened(browser, folder, play(C, **options).html)


def run(browser, script, *arguments):
    return browser.execute_script(script, *arguments)


def find(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector)


def press(browser, *keys):
    """Press keys as someone does who has just opened the page."""
    for key in keys:
        ActionChains(browser).send_keys(key).perform()


def step(browser):
    return int(find(browser, ".scrubber").get_property("value"))


def last(browser):
    return int(find(browser, ".scrubber").get_property("max"))


def width(browser):
    return run(browser, "return document.querySelector('.picture > svg').getBoundingClientRect().width")


SCREENS = [(1280, 800, 12), (1920, 1080, 16), (390, 844, 11)]


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_the_graph_can_be_read(browser, tmp_path, name, screen):
    """Its text is 12 pixels high on a laptop, 16 on a projector, 11 on a phone; the page never scrolls."""
    wide, high, least = screen
    with viewport(browser, wide, high), prefers(browser, reduced_motion="reduce"):
        show(browser, tmp_path, SHOWN[name]())
        for k in (0, 3, last(browser)):
            run(browser, f"location.hash = 'step={k}'")
            WebDriverWait(browser, 10).until(lambda driver, k=k: step(driver) == k)
            assert min(heights(browser)) >= least - 0.05
            tops = "['.story', '.phase'].map((s) => document.querySelector(s).getBoundingClientRect().top)"
            story, phase = run(browser, f"return {tops}")
            assert phase >= story  # what is too long for its place begins at its top
        assert run(browser, "return [document.documentElement.scrollWidth, scrollX, scrollY]") == [wide, 0, 0]
        share = """const { width, height } = document.querySelector('.picture').getBoundingClientRect();
            return (width * height) / (innerWidth * innerHeight);"""
        assert run(browser, share) > 0.45
        screenshot(browser, f"page-{name}-{wide}")
        assert complaints(browser) == []


def test_matrices_fit_a_laptop_and_show_the_outcome_last(browser, tmp_path):
    """MLP(2, [16, 16, 1]) is seen without scrolling; how large its gradients are, at the end alone."""
    seen = """return [...document.querySelectorAll('.picture .after')]
        .map((part) => getComputedStyle(part).visibility)"""
    below = "const e = document.querySelector('.picture'); return e.scrollHeight - e.clientHeight"
    with viewport(browser, 1280, 800), prefers(browser, reduced_motion="reduce"):
        show(browser, tmp_path, network(16, 16, 1))
        WebDriverWait(browser, 10).until(lambda _: run(browser, below) == 0)
        assert set(run(browser, seen)) == {"hidden"}
        press(browser, Keys.END, Keys.ARROW_LEFT)
        assert set(run(browser, seen)) == {"hidden"}
        press(browser, Keys.ARROW_RIGHT)
        assert set(run(browser, seen)) == {"visible"}
        screenshot(browser, "page-matrices-at-the-end")


def test_a_chain_runs_down_on_a_phone(browser, tmp_path):
    """At 390 pixels a spine in letters of 12, no wider than the screen; on a wider one the row, same step."""
    wide = "const { width, height } = document.querySelector('.picture > svg').viewBox.baseVal;"
    with prefers(browser, reduced_motion="reduce"), viewport(browser, 390, 844):
        show(browser, tmp_path, SHOWN["chain"]())
        assert run(browser, f"{wide} return width < height")
        for _ in range(9):
            press(browser, Keys.ARROW_RIGHT)
            assert min(heights(browser)) >= 12 - 0.05
        frame = "const { scrollWidth, clientWidth } = document.querySelector('.picture');"
        assert run(browser, f"{frame} return scrollWidth <= clientWidth")
        shown = texts_of(browser, "data-value")
        screenshot(browser, "page-chain-spine")
        with viewport(browser, 1280, 800):
            WebDriverWait(browser, 5).until(lambda driver: run(driver, f"{wide} return width > height"))
            assert step(browser) == 9
            assert texts_of(browser, "data-value") == shown
        assert complaints(browser) == []


def test_an_expression_runs_down_on_a_phone(browser, tmp_path):
    """What is a row on a laptop fits a phone without scrolling sideways; there a sum shows two terms."""
    w, x, b, y = (Value(k, label=name) for k, name in ((0.5, "w"), (0.88, "x"), (0.1, "b"), (1.0, "y")))
    sides = "const { width, height } = document.querySelector('.picture > svg').viewBox.baseVal;"
    with prefers(browser, reduced_motion="reduce"), viewport(browser, 390, 844):
        show(browser, tmp_path, ((w * x + b).sigmoid() - y) ** 2)
        assert run(browser, f"{sides} return width < 390 && height > width")
        assert complaints(browser) == []
        show(browser, tmp_path, micrograd())
        press(browser, Keys.END)
        told = run(browser, "return document.querySelector('.story .eq').textContent")
        assert (told.count("…"), told.count("+")) == (1, 2)
        assert complaints(browser) == []


def texts_of(browser, name):
    """What stands in the marks of one kind, by their places."""
    return run(
        browser,
        """const texts = [...document.querySelectorAll(`.picture text[${arguments[0]}]`)];
        return Object.fromEntries(texts.map((e) => [e.getAttribute(arguments[0]), e.textContent]))""",
        name,
    )


@pytest.mark.parametrize("name", ["chain", "net", "xor"])
@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_nothing_jumps_from_step_to_step(browser, tmp_path, name, screen):
    """Picture, equation and line of time have one place and one size at every step."""
    wide, high, _ = screen
    places = """return ['.graph', '.story', '.transport', '.picture > svg'].map((selector) => {
        const { left, top, width, height } = document.querySelector(selector).getBoundingClientRect();
        return selector.includes('svg') ? [width, height] : [left, top, width, height]; })"""
    with viewport(browser, wide, high), prefers(browser, reduced_motion="reduce"):
        show(browser, tmp_path, SHOWN[name]())
        seen = set()
        for _ in range(last(browser) + 1):
            seen.add(json.dumps(run(browser, places)))
            press(browser, Keys.ARROW_RIGHT)
        assert len(seen) == 1


@pytest.mark.parametrize("name", ["chain", "net", "xor"])
@pytest.mark.parametrize("screen", [(1280, 800), (1920, 1080), (390, 844)], ids=str)
def test_no_equation_is_cut_off(browser, tmp_path, name, screen):
    """At no step, and with a drawer open neither: what only repeats the equation makes room for it."""
    hidden = """const story = document.querySelector('.story');
        return Math.max(story.scrollHeight - story.clientHeight, story.scrollWidth - story.clientWidth)"""
    with viewport(browser, *screen), prefers(browser, reduced_motion="reduce"):
        show(browser, tmp_path, SHOWN[name]())
        for drawer in ["", "p"] if name != "xor" and screen[0] > 780 else [""]:
            press(browser, Keys.HOME, *drawer)
            for _ in range(last(browser)):  # what is given is a table that may scroll
                press(browser, Keys.PAGE_DOWN)
                assert run(browser, hidden) <= 1, step(browser)


def test_an_equation_uses_the_height_that_the_picture_leaves(browser, tmp_path):
    """The picture of a chain is low: on a laptop its equations are larger than those of a higher picture."""
    sizes = {}
    for name in ("chain", "micrograd"):
        with viewport(browser, 1280, 800):
            show(browser, tmp_path, SHOWN[name]())
            press(browser, Keys.END)
            found = run(browser, "return getComputedStyle(document.querySelector('.eq')).fontSize")
            sizes[name] = float(found.removesuffix("px"))
            room = "const e = document.querySelector('.picture'); return e.scrollHeight - e.clientHeight"
            assert name != "chain" or run(browser, room) <= 1
    assert sizes["chain"] > 1.2 * 25.6 > sizes["micrograd"]


@pytest.mark.parametrize("name", ["xor", "micrograd", "chain"])
def test_the_active_node_is_followed(browser, tmp_path, name):
    """Where not all of the picture can be seen, what a step is about can, at every step.

    A leaf that is drawn at each place of use is marked only where its arrow is active.
    """
    inside = """const frame = document.querySelector('.picture').getBoundingClientRect();
        const uses = document.querySelectorAll('.picture .cite.active');
        if (uses.length > 1) return false;
        const active = uses[0] ?? document.querySelector('.picture text.active, .node.active');
        if (!active) return true;
        const { left, right, top, bottom } = active.getBoundingClientRect();
        const across = left >= frame.left - 1 && right <= frame.right + 1;
        return across && top >= frame.top - 1 && bottom <= frame.bottom + 1"""
    with viewport(browser, 390, 844), prefers(browser, reduced_motion="reduce"):
        show(browser, tmp_path, SHOWN[name]())
        for _ in range(last(browser)):
            press(browser, Keys.PAGE_DOWN)
            assert run(browser, inside)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["chain", "net", "micrograd"])
def test_text_has_contrast_in_every_state(browser, tmp_path, name, scheme):
    """At every step, with each drawer open: 4.5 to 1 for all text on the page and for all beside marks."""
    on_page = ":is(.phase, .why, .count, .numl, .hint, h1, h2, h4, th, td, button, select, .phase-name)"
    with viewport(browser, 1280, 800), prefers(browser, color_scheme=scheme, reduced_motion="reduce"):
        show(browser, tmp_path, SHOWN[name]())
        for k in range(last(browser) + 1):
            assert min(contrasts(browser, f"{on_page}:not(.route)")) >= LEGIBLE
            numbers = ".picture :is([data-value], [data-grad], [data-slope]):not(rect)"
            assert min(contrasts(browser, f"{numbers}:not(.node.root *, .card *)")) >= LEGIBLE
            if k % 5 == 0:
                press(browser, "vpgts"[k // 5 % 5])
            press(browser, Keys.ARROW_RIGHT)
        screenshot(browser, f"page-states-{name}-{scheme}")


def test_every_key_of_a_page_just_opened(browser, tmp_path):
    """Steps, drawers, zoom and full screen, without a click before; Escape closes what is open."""
    show(browser, tmp_path, SHOWN["chain"]())
    for key, expected in (
        (Keys.ARROW_RIGHT, 1), (Keys.PAGE_DOWN, 2), (Keys.ARROW_LEFT, 1), (Keys.PAGE_UP, 0),
        (Keys.END, last(browser)), (Keys.HOME, 0),
    ):  # fmt: skip
        press(browser, key)
        assert step(browser) == expected
    press(browser, " ")
    assert find(browser, ".play").get_attribute("aria-label") == "pause"
    press(browser, " ")
    for key, name in (
        ("v", "change"),
        ("p", "paths"),
        ("g", "downhill"),
        ("t", "all"),
        ("s", "link"),
        ("?", "help"),
    ):
        press(browser, key)
        assert find(browser, f".tool.{name}").get_attribute("aria-expanded") == "true"
        assert run(browser, "return document.activeElement.textContent") == "Close"
        assert (
            len(
                [
                    one
                    for one in browser.find_elements(By.CSS_SELECTOR, ".drawer section")
                    if one.is_displayed()
                ]
            )
            == 1
        )
    press(browser, Keys.ESCAPE)
    assert not find(browser, ".drawer").is_displayed()
    assert run(browser, "return document.activeElement.className") == "tool help"
    before = width(browser)
    press(browser, "+", "+")
    assert width(browser) > 1.5 * before
    press(browser, "0")
    assert width(browser) == pytest.approx(before, rel=0.01)
    press(browser, "-")
    assert width(browser) < before
    press(browser, "0", "f")
    assert "lecture" in find(browser, ".chainrule-view").get_attribute("class")
    press(browser, Keys.ESCAPE)
    WebDriverWait(browser, 10).until(
        lambda driver: "lecture" not in find(driver, ".chainrule-view").get_attribute("class")
    )
    ActionChains(browser).key_down(Keys.CONTROL).send_keys("g").key_up(Keys.CONTROL).perform()
    assert not find(browser, ".drawer").is_displayed()
    assert complaints(browser) == []


def test_zoom_by_button_wheel_and_drag(browser, tmp_path):
    """Larger and smaller, to fit; the picture moves with the mouse, and a click stays a click."""
    with viewport(browser, 1280, 800), prefers(browser, reduced_motion="reduce"):
        show(browser, tmp_path, SHOWN["net"]())
        before = width(browser)
        find(browser, "[aria-label='zoom in']").click()
        assert width(browser) == pytest.approx(1.25 * before, rel=0.01)
        run(
            browser,
            """document.querySelector('.picture').dispatchEvent(new WheelEvent('wheel',
            { deltaY: -200, ctrlKey: true, clientX: 300, clientY: 300, bubbles: true, cancelable: true }))""",
        )
        assert width(browser) > 1.5 * before
        picture = find(browser, ".picture")
        at = run(browser, "return document.querySelector('.picture').scrollLeft")
        ActionChains(browser).move_to_element(picture).click_and_hold().move_by_offset(
            -120, -40
        ).release().perform()
        assert run(browser, "return document.querySelector('.picture').scrollLeft") == pytest.approx(
            at + 120, abs=2
        )
        assert not find(browser, ".drawer").is_displayed()
        find(browser, "[aria-label='fit']").click()
        assert width(browser) == pytest.approx(before, rel=0.01)
        run(browser, "document.querySelector('.picture .node').dispatchEvent(new Event('click'))")
        assert find(browser, ".paths").is_displayed()


def test_two_fingers_zoom_the_picture(browser, tmp_path):
    """They move apart by half, and the picture is larger by half; the page is not."""
    with viewport(browser, 390, 844), prefers(browser, reduced_motion="reduce"):
        show(browser, tmp_path, SHOWN["chain"]())
        before = width(browser)
        run(
            browser,
            """const target = document.querySelector('.picture');
            const fingers = (apart) => [0, 1].map((identifier) =>
                new Touch({ identifier, target, clientX: 100 + apart * identifier, clientY: 300 }));
            for (const [type, apart] of [['touchstart', 100], ['touchmove', 150]]) {
                const touches = fingers(apart);
                target.dispatchEvent(new TouchEvent(type, { touches, bubbles: true, cancelable: true }));
            }""",
        )
        assert width(browser) == pytest.approx(1.5 * before, rel=0.01)
        assert run(browser, "return document.documentElement.scrollWidth") == 390


def test_enlarging_the_page_enlarges_the_graph(browser, tmp_path):
    """Ctrl-+ in the browser: fewer CSS pixels, each larger, and the picture does not just fit again."""
    screen = {"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    enlarged = {"width": 640, "height": 400, "deviceScaleFactor": 2, "mobile": False}
    with prefers(browser, reduced_motion="reduce"):
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        show(browser, tmp_path, SHOWN["chain"]())
        before = width(browser)
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", enlarged)
        WebDriverWait(browser, 10).until(lambda driver: 2 * width(driver) > 1.4 * before)
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_link_carries_what_is_seen(browser, tmp_path):
    """Step, numbers and zoom stand in the address; opened again, the page is as it was."""
    with viewport(browser, 1280, 800):
        show(browser, tmp_path, SHOWN["chain"]())
        run(browser, "location.hash = 'step=9&w^(1)=-1.5&zoom=1.5'")
        WebDriverWait(browser, 10).until(lambda driver: step(driver) == 9)
        field = "return document.querySelector(\"input[aria-label='w^(1)']\").title"
        assert run(browser, field) == "−1.5"
        larger = width(browser)
        press(browser, Keys.ARROW_RIGHT)
        WebDriverWait(browser, 10).until(lambda driver: "step=10" in driver.current_url)
        address = browser.current_url
        assert run(browser, "return decodeURIComponent(location.hash)") == "#step=10&w^(1)=-1.5&zoom=1.500"
        browser.get("about:blank")
        browser.get(address)
        assert (step(browser), run(browser, field)) == (10, "−1.5")
        assert width(browser) == pytest.approx(larger, rel=0.01)
        press(browser, "s")
        assert find(browser, ".share input").get_property("value").endswith("#step=10&w^(1)=-1.5&zoom=1.500")
        run(browser, "location.hash = 'step=99&w^(1)=much&unknown=1'")
        WebDriverWait(browser, 10).until(lambda driver: step(driver) == last(driver))
        assert run(browser, field) != "−1.5"
        assert complaints(browser) == []


def test_the_step_as_a_file(browser, tmp_path):
    """The picture can be had as SVG, which stands alone and says what is seen, and as a bitmap."""
    show(browser, tmp_path, SHOWN["chain"]())
    press(browser, Keys.END, "s")
    run(
        browser,
        """window.saved = [];
        HTMLAnchorElement.prototype.click = () => {};
        URL.createObjectURL = (blob) => { saved.push(blob); return 'about:blank#saved'; };""",
    )
    for text in ("Save SVG", "Save PNG"):
        run(
            browser,
            """for (const b of document.querySelectorAll('.share button'))
                if (b.textContent === arguments[0]) b.click();""",
            text,
        )
    WebDriverWait(browser, 20).until(lambda driver: run(driver, "return saved.length") == 2)
    assert run(browser, "return saved.map(({ type }) => type)") == ["image/svg+xml", "image/png"]
    svg = browser.execute_async_script("saved[0].text().then(arguments[0])")
    tree = ET.fromstring(svg)  # noqa: S314  (ours)
    assert tree.findall(".//{*}style") == []
    said = {text for one in tree.iter() for text in [one.text or ""] if text.startswith("∂ ")}
    assert len(said) > 5
    assert "var(" not in svg
    assert run(browser, "return saved[1].size") > 5000


@pytest.mark.parametrize("x", [200.0, -3e4, 1e-6, -2.5e-9, 1e-200, 0.0, 0.7, -0.003])
def test_a_slider_reaches_as_far_as_its_number_needs(browser, tmp_path, x):
    """Of 200 or 1e-6 it can halve, double and negate the number, in small steps; of most, from −2 to 2."""
    leaf = Value(x, label="x")
    show(browser, tmp_path, leaf * 2.0)
    press(browser, "v")
    slider = find(browser, ".leaf input[type=range]")
    low, high = (float(slider.get_property(name)) for name in ("min", "max"))
    assert low == -high
    if abs(x) in {0.0, 0.7, 0.003}:
        assert high == 2
    else:
        assert 2 * abs(x) <= high <= 4 * abs(x)
    slider.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    field = find(browser, ".leaf input[type=text]")
    moved = float(field.get_attribute("title").replace("−", "-"))
    assert 0 < moved - x < 0.1 * high
    assert complaints(browser) == []


@pytest.mark.parametrize("label", ["learning rate", "β_1", "w & b = 100%", "a#b", "x+y", "größe"])
def test_a_link_carries_any_label(browser, tmp_path, label):
    """Spaces, Greek letters and the characters of addresses: the number arrives where it belongs."""
    leaf, other = Value(0.5, label=label), Value(2.0, label="x")
    show(browser, tmp_path, leaf * other + other)
    press(browser, "v")
    fields = [
        one
        for one in browser.find_elements(By.CSS_SELECTOR, ".leaf input[type=text]")
        if one.get_attribute("aria-label") == label
    ]
    fields[0].send_keys(Keys.CONTROL, "a")
    fields[0].send_keys("0.75", Keys.TAB)
    find(browser, ".next").click()
    WebDriverWait(browser, 10).until(lambda driver: "step=1" in driver.current_url)
    address = browser.current_url
    assert " " not in address
    browser.get("about:blank")
    browser.get(address)
    shown = (
        "return [...document.querySelectorAll('.leaf input[type=text]')].map((e) => [e.ariaLabel, e.title])"
    )
    assert dict(run(browser, shown)) == {label: "0.75", "x": "2"}
    assert step(browser) == 1
    assert complaints(browser) == []


def test_saved_files_of_any_title(browser, tmp_path):
    """Title and labels of several words, with signs of XML and Greek: the file is whole, its name plain."""
    rate, x = Value(0.5, label="learning rate <η & β>"), Value(2.0, label="β_1")
    C = rate * x + x
    C.label = "my cost"
    show(browser, tmp_path, C, title="my first step & <others>")
    press(browser, Keys.END, "s")
    run(
        browser,
        """window.names = [];
        window.saved = [];
        HTMLAnchorElement.prototype.click = function () { names.push(this.download); };
        URL.createObjectURL = (blob) => { saved.push(blob); return 'about:blank#saved'; };
        for (const b of document.querySelectorAll('.share button'))
            if (b.textContent.startsWith('Save')) b.click();""",
    )
    WebDriverWait(browser, 20).until(lambda driver: run(driver, "return names.length") == 2)
    assert run(browser, "return names") == [f"step-{last(browser)}.svg", f"step-{last(browser)}.png"]
    svg = browser.execute_async_script("saved[0].text().then(arguments[0])")
    tree = ET.fromstring(svg)  # noqa: S314  (ours)
    said = "".join("".join(one.itertext()) for one in tree.iter() if one.tag.endswith(("text", "title")))
    assert "learning rate <η & β>" in said
    assert run(browser, "return saved[1].size") > 2000
    assert complaints(browser) == []


def test_a_name_of_several_words_has_brackets_after_a_differential(browser, tmp_path):
    """∂(learning rate), and ∂(∂C/∂w) in the graph of a gradient; a single symbol has none."""
    rate, w = Value(0.5, label="learning rate"), Value(2.0, label="w")
    C = rate * w
    C.label = "∂C/∂w"
    show(browser, tmp_path, C)
    said = []
    for _ in range(last(browser)):
        press(browser, Keys.ARROW_RIGHT)
        said += run(browser, "return [...document.querySelectorAll('.eq')].map((e) => e.textContent)")
    text = " ".join(said).replace(" ", "")
    assert "∂(∂C/∂w)/∂(learningrate)=" in text
    assert "∂(∂C/∂w)/∂w=" in text
    everything = """
        for (const tool of document.querySelectorAll('.tool[aria-expanded="false"]')) tool.click();
        const view = document.querySelector(".chainrule-view");
        const titled = (e) => (e.localName === "title" ? e.textContent : "");
        const attributes = (e) => ["aria-label", "title"].map((name) => e.getAttribute(name));
        const told = [...view.querySelectorAll("*")].map((e) => [...attributes(e), titled(e)].join("; "));
        return [view.innerText, ...told].join("; ").replaceAll(" ", "");
    """
    shown = run(browser, everything)
    assert "∂(∂C/∂w)" in shown
    assert "∂∂" not in shown
    assert "∂learning" not in shown
    assert complaints(browser) == []


def test_one_of_several_cases_has_brackets_before_it_is_set_equal(browser, tmp_path):
    """0 if x ≤ 0 else 1 = 1 would say that 1 = 1 in the other case."""
    x = Value(3.0, label="x")
    show(browser, tmp_path, x.relu())
    press(browser, Keys.END)
    assert "ReLU′(x) = (0 if x ≤ 0 else 1) = 1 times" in " ".join(find(browser, ".why").text.split())


@pytest.mark.parametrize("name", ["chain", "xor", "micrograd", "large"])
def test_a_cell_shows_graph_equation_and_buttons_together(browser, tmp_path, name):
    """In a window of 1400 by 900 a notebook's bars leave 780 pixels: a view is no higher, at any step.

    Its text is 11 pixels high at least, an equation has its place, and a drawer that opens moves no button.
    """
    cell = play(SHOWN[name]())._repr_html_()
    with viewport(browser, 1400, 900), prefers(browser, reduced_motion="reduce"):
        browser.get("about:blank")
        page = f'<!DOCTYPE html><body style="margin: 0 94px">{cell}</body>'
        (tmp_path / "cell.html").write_text(page, encoding="utf-8")
        complaints(browser)
        browser.get((tmp_path / "cell.html").as_uri())
        heights_seen = set()
        for k in (0, 3, last(browser)):
            run(
                browser,
                """const scrubber = document.querySelector(".scrubber");
                scrubber.value = arguments[0];
                scrubber.dispatchEvent(new Event("input"));""",
                k,
            )
            heights_seen.add(box(browser, ".chainrule-view")["height"])
            assert min(heights(browser)) >= 11 - 0.05
            story, foot = box(browser, ".story"), box(browser, "footer")
            assert story["height"] >= 170
            assert box(browser, ".picture")["bottom"] <= foot["top"] + 1
            assert story["bottom"] <= foot["top"] + 1
        assert len(heights_seen) == 1
        assert max(heights_seen) <= 785
        find(browser, ".first").click()  # what is given takes the most room
        for tool in ("all", "change", "link"):
            find(browser, f".tool.{tool}").click()
            assert box(browser, "footer")["top"] == pytest.approx(foot["top"], abs=1)
            assert box(browser, ".drawer")["height"] > 150
            assert box(browser, ".drawer")["bottom"] <= foot["top"] + 1
        assert complaints(browser) == []


def box(browser, selector):
    """Where an element stands in the window."""
    return run(
        browser, "return document.querySelector(arguments[0]).getBoundingClientRect().toJSON()", selector
    )


def test_matrix_and_picture_light_together(browser, tmp_path):
    """Whoever points at an entry of W sees its arrow, and the other way round."""
    show(browser, tmp_path, SHOWN["net"]())
    run(browser, "location.hash = 'step=20'")
    WebDriverWait(browser, 10).until(lambda driver: step(driver) == 20)
    entry = find(browser, ".matrix td")
    place = entry.get_attribute("data-of")
    ActionChains(browser).move_to_element(entry).perform()
    lit = "return [...document.querySelectorAll('.picture .pointed')].map((e) => e.dataset.places)"
    assert place in run(browser, lit)
    ActionChains(browser).move_to_element(find(browser, f".picture [data-places='{place}'] text")).perform()
    assert place in run(
        browser, "return [...document.querySelectorAll('td.pointed')].map((e) => e.dataset.of)"
    )


def test_a_theme_that_was_asked_for(browser, tmp_path):
    """It wins over the browser's, on the page, in the picture, and behind both."""
    ground = """const styles = ['body', '.chainrule-view', '.picture .ground'];
        const [body, view, ground] = styles.map((s) => getComputedStyle(document.querySelector(s)));
        return [body.backgroundColor, view.backgroundColor, ground.fill]"""
    with prefers(browser, color_scheme="light"):
        show(browser, tmp_path, SHOWN["chain"](), theme="dark")
        assert len({*run(browser, ground)}) == 1
        dark = run(browser, ground)[0]
    with prefers(browser, color_scheme="dark"):
        show(browser, tmp_path, SHOWN["chain"](), theme="light")
        assert {*run(browser, ground)} == {"rgb(255, 255, 255)"} != {dark}


def test_the_page_comes_at_once(browser, tmp_path):
    """The chain: below 200 KB, and its script is done in 0.3 seconds."""
    page = play(SHOWN["chain"]()).html
    assert len(page.encode()) < 200_000
    times = []
    for _ in range(3):
        opened(browser, tmp_path, page)
        times.append(
            run(browser, "return performance.timing.domComplete - performance.timing.domInteractive")
        )
        times[-1] += run(browser, "return performance.timing.domInteractive - performance.timing.responseEnd")
    assert min(times) < 300


def test_a_page_on_paper_is_light(browser, tmp_path):
    """Printed from a dark screen: dark letters on white, without buttons."""
    with prefers(browser, color_scheme="dark"):
        show(browser, tmp_path, SHOWN["chain"]())
        told = {"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", told)
        ink = run(browser, "return getComputedStyle(document.querySelector('.story')).color")
        assert sum(map(int, re.findall(r"\d+", ink))) < 200
        assert not find(browser, ".tools").is_displayed()
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def test_a_picture_that_plays_goes_through_its_steps(browser, tmp_path):
    """Without a script: more and more of it can be seen; where less motion is wanted, the end."""
    path = tmp_path / "chain.svg"
    play(SHOWN["chain"]()).save(path, seconds=0.2)
    seen = """return [...document.querySelectorAll('[data-grad]')]
        .filter((e) => e.checkVisibility({ opacityProperty: true })).length"""
    with prefers(browser, reduced_motion="reduce"):
        browser.get(path.as_uri())
        end = run(browser, seen)
    assert end > 10
    with prefers(browser, reduced_motion="no-preference"):
        browser.get(path.as_uri())
        WebDriverWait(browser, 20, 0.05).until(lambda driver: 0 <= run(driver, seen) < 4)
        WebDriverWait(browser, 20, 0.05).until(lambda driver: run(driver, seen) > 8)
    screenshot(browser, "chain-film")
