"""Laws of views and pages: true without scripts, alive with them, and whatever a label says stays text."""

import base64
import json
from html.parser import HTMLParser

import pytest
from browser import LEGIBLE, complaints, contrasts, each, opened, prefers, screenshot
from hypothesis import example, given
from hypothesis import strategies as st
from selenium.webdriver import ActionChains, Keys

from engine import Value, draw
from engine.pictures.svg.embed import as_json, document, image, view

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",  # a dialog would fail the test that comes upon it
    "<!--<script>",
    "]]>&amp;&#60;",
    "\"'`${1}\\",
    "two\nlines\u2028and\u2029more",
    "値 Δ مرحبا 🎲",
]
texts = st.text(st.characters(exclude_categories=["Cs"]))
json_data = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
TELL = "function mount(root, payload, svg) { root.dataset.told = JSON.stringify(payload); }"


class Elements(HTMLParser):
    """The start tags of an HTML text, with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def picture(label="a"):
    a = Value(3.0, label=label)
    return draw(a * a).svg


def page(*views):
    return document("a test's page", "\n".join(views))


@given(json_data)
@example(HOSTILE)
def test_json_comes_back(data):
    """JSON's own reader gives the data again, though no character is left that means something to HTML."""
    text = as_json(data)
    assert json.loads(text) == data
    assert not set(text) & set("<>&\u2028\u2029")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_json_has_no_infinities(number):
    """JavaScript's reader would refuse them in the page; they are refused here."""
    with pytest.raises(ValueError, match="JSON"):
        as_json([number])


@given(texts)
@example('"><script>alert(1)</script>')
def test_an_image_holds_picture_and_words(text):
    """One element, whatever the words are; its address decodes to the picture, letter by letter."""
    svg = f"<svg>{text}</svg>"
    ((tag, attributes),) = Elements(image(svg, text)).found
    kind, data = attributes["src"].split(",")
    assert (tag, kind) == ("img", "data:image/svg+xml;base64")
    assert base64.b64decode(data).decode() == svg
    if text.isprintable():
        assert attributes["alt"] == text


@pytest.mark.parametrize("code", ["'</script>'", "'</SCRIPT '", "// <!-- "])
def test_a_script_that_would_end_early_is_refused(code):
    """The browser would take the rest for text of the page."""
    with pytest.raises(ValueError, match="cannot stand in HTML"):
        view("test", "<svg/>", "", js=code)


def test_a_style_that_would_end_early_is_refused():
    """As for scripts."""
    with pytest.raises(ValueError, match="'</style' cannot stand in HTML"):
        view("test", "<svg/>", "", css="a::after { content: '</style>' }", js=TELL)


def test_without_scripts_a_view_is_its_image():
    """What is left when scripts and styles are taken away, as for readers who trust no one, is the image."""
    elements = Elements(view("test", picture(), "a picture", payload=[1], js=TELL)).found
    left = [(tag, attributes) for tag, attributes in elements if tag not in {"script", "style", "div"}]
    ((tag, attributes),) = left
    assert (tag, attributes["alt"]) == ("img", "a picture")


def test_a_view_comes_alive(browser, tmp_path):
    """The picture takes its image's place; ``mount`` has been given element, payload and picture."""
    payload = {"numbers": [1.5, -0.0, 1e-300], "texts": HOSTILE, "nothing": None}
    js = TELL + "function later() {}"
    opened(browser, tmp_path, page(view("test", picture(), "", payload=payload, js=js)))
    assert each(browser, ".chainrule-view", "JSON.parse(e.dataset.told)") == [payload]
    assert each(browser, ".chainrule-view > svg g.node", "e.dataset.id") == ["n0", "n1"]
    assert each(browser, "img", "e") == []
    assert complaints(browser) == []


def test_a_view_without_payload(browser, tmp_path):
    """``mount`` is given null."""
    opened(browser, tmp_path, page(view("test", picture(), "", js=TELL)))
    assert each(browser, ".chainrule-view", "e.dataset.told") == ["null"]


def test_views_share_no_ids(browser, tmp_path):
    """Three views, two of them equal: no id comes twice, and each picture is named by its own title."""
    equal, other = view("test", picture(), "", js=TELL), view("test", picture("b"), "", js=TELL)
    opened(browser, tmp_path, page(equal, other, equal))
    ids = each(browser, "[id]", "e.id")
    assert len(ids) == len(set(ids)) == 3 * len(set(each(browser, "[data-id]", "e.dataset.id")))
    naming = "e.getAttribute('aria-labelledby').split(' ').map((id) => e.querySelector('#' + id).tagName)"
    assert each(browser, "svg", naming) == [["title", "desc"]] * 3


def test_a_view_speaks_to_its_own(browser, tmp_path):
    """Each script mounts the views of its own content, once, also where an output is shown a second time."""
    count = "function mount(root) { root.dataset.told = Number(root.dataset.told ?? 0) + 1; }"
    first = view("test", picture(), "", payload="first", js=count)
    second = view("test", picture(), "", payload="second", js=TELL)
    opened(browser, tmp_path, page(first, second, first, second))
    assert each(browser, ".chainrule-view", "e.dataset.told") == ["1", '"second"', "1", '"second"']


def test_keys_pressed_in_a_view_are_its_own(browser, tmp_path):
    """A notebook takes keys for commands (x cuts the cell): it hears of those with Ctrl, and no others."""
    button = "function mount(root) { root.append(document.createElement('button')); }"
    opened(browser, tmp_path, page(view("test", picture(), "", js=button)))
    browser.execute_script(
        """
        window.heard = { view: "", notebook: "" };
        const listen = (element, name) =>
          element.addEventListener("keydown", ({ key }) => { if (key.length === 1) heard[name] += key; });
        listen(document, "notebook");
        listen(document.querySelector(".chainrule-view"), "view");
        document.querySelector("button").focus();
        """
    )
    keys = ActionChains(browser).send_keys("xb")
    keys.key_down(Keys.CONTROL).send_keys("e").key_up(Keys.CONTROL).perform()
    assert browser.execute_script("return heard") == {"view": "xbe", "notebook": "e"}


def test_views_leave_no_global_name(browser, tmp_path):
    """The window has the names that it has on an empty page, and no more."""
    names = "return Object.getOwnPropertyNames(window).filter((name) => isNaN(name)).sort()"
    before = opened(browser, tmp_path, document("empty", "")).execute_script(names)
    assert (
        opened(browser, tmp_path, page(view("test", picture(), "", js=TELL))).execute_script(names) == before
    )


def test_a_mount_that_fails_leaves_the_image(browser, tmp_path):
    """The reader keeps the picture, the console tells the error, and the next view comes alive."""
    failing = view("test", picture(), "", js="function mount() { throw new Error('on purpose'); }")
    opened(browser, tmp_path, page(failing, view("test", picture(), "", js=TELL)))
    assert each(browser, ".chainrule-view", "e.firstElementChild.tagName") == ["IMG", "svg"]
    (complaint,) = complaints(browser)
    assert "on purpose" in complaint


@pytest.mark.parametrize("label", HOSTILE)
def test_a_label_is_text(browser, tmp_path, label):
    """In picture, payload, words and title: it is shown, nothing of it runs, and no element comes of it."""
    svg = picture(label)
    html = document(label, view("test", svg, label, payload=label, js=TELL) + image(svg, label))
    opened(browser, tmp_path, html)
    assert each(browser, ".chainrule-view", "JSON.parse(e.dataset.told)") == [label]
    shown = label.replace("\n", "⏎").replace("\u2028", "⏎").replace("\u2029", "⏎")
    assert [browser.title, *each(browser, "img", "e.alt")] == [shown] * 2
    cut = shown if len(shown) <= 24 else f"{shown[:23]}…"
    assert each(browser, "#n0 .glyph, [data-id=n0] .glyph", "e.textContent") == [cut]
    assert each(browser, "body script, body img, body [onerror]", "e.tagName") == ["SCRIPT", "SCRIPT", "IMG"]
    assert complaints(browser) == []


def test_a_page_asks_no_network(browser, tmp_path):
    """It asked for nothing; images, styles, scripts and data from elsewhere would be refused."""
    opened(browser, tmp_path, page(view("test", picture(), "", js=TELL)))
    assert browser.execute_script("return performance.getEntriesByType('resource').map((e) => e.name)") == []
    refused = browser.execute_async_script(
        """
        const [done] = arguments, seen = [];
        document.addEventListener("securitypolicyviolation", (event) => {
          seen.push(event.effectiveDirective);
          if (seen.length === 4) done(seen.sort());
        });
        const add = (tag, attributes) =>
          document.body.append(Object.assign(document.createElement(tag), attributes));
        add("img", { src: "https://example.org/a.png" });
        add("script", { src: "https://example.org/a.js" });
        add("link", { rel: "stylesheet", href: "https://example.org/a.css" });
        fetch("https://example.org/").catch(() => {});
        """
    )
    assert refused == ["connect-src", "img-src", "script-src-elem", "style-src-elem"]
    complaints(browser)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_suits_light_and_dark(browser, tmp_path, scheme):
    """Whichever the reader prefers, words and picture are legible, on a ground of that kind."""
    with prefers(browser, color_scheme=scheme):
        opened(browser, tmp_path, page("<p>words</p>", view("test", picture(), "", js=TELL)))
        screenshot(browser, f"embed-{scheme}")
        assert min(contrasts(browser, "p, .edge text")) > LEGIBLE
        assert min(contrasts(browser, ".node text:not(.glyph)")) > LEGIBLE
        assert min(contrasts(browser, ".node .glyph", "rect")) > LEGIBLE
        ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
