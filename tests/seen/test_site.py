"""The site as a visitor meets it: pages, search, formulas, the playground, and no request to another host."""

import json
import os
import re
import subprocess
import sys
import threading
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import unquote, urlsplit

import pytest
from browser import complaints, heights, opened, prefers, program, screenshot, viewport
from extras import need

from engine import Value, label, play

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "docs/play/examples").glob("*.py"))
AXE = ROOT / "docs/node_modules/axe-core/axe.min.js"


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Site(str):
    """The address of a site, which knows its folder."""

    def __new__(cls, address, folder):
        site = super().__new__(cls, address)
        site.folder = folder
        return site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site as ``python docs/build.py`` builds it, every notebook run, from a local server."""
    for package in ("sphinx", "myst_nb", "furo", "sphinx_copybutton"):
        need(package)
    program("npm")
    program("node")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, str(ROOT / "docs/build.py"), "--output", str(folder)]
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]  # a checkout need not be installed
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=folder))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", folder)
    server.shutdown()
    server.server_close()
    thread.join()


def until(driver, condition, seconds=60):
    """What a JavaScript expression is as soon as it is true of the page."""
    end = monotonic() + seconds
    while monotonic() < end:
        found = driver.execute_script(f"return {condition}")
        if found:
            return found
        sleep(0.05)
    status = driver.execute_script("return document.getElementById('status')?.textContent")
    raise AssertionError(f"{condition} did not come true; the page says {status!r}")


def hosts(driver):
    """The hosts that a page has asked for anything."""
    return set(
        driver.execute_script(
            "return performance.getEntriesByType('resource').map((e) => new URL(e.name).hostname)"
        )
    )


WORDS = "*:not(svg .node)"
"""Where a name begins with what is written; a mark says a⁽⁰⁾, which is read as a superscript 0."""


def violations(driver):
    """What axe-core finds: rule and elements."""
    driver.execute_script(AXE.read_text(encoding="utf-8"))
    found = driver.execute_async_script(
        """axe.configure({rules: [{id: "label-content-name-mismatch", selector: arguments[0]}]});
        const rules = {"label-content-name-mismatch": {enabled: true}};
        axe.run(document, {iframes: false, rules}).then((r) => arguments[1](r.violations));""",
        WORDS,
    )
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in found]


@pytest.fixture
def playground(site, browser):
    """The playground, Python ready."""
    browser.get("about:blank")
    complaints(browser)
    browser.get(f"{site}/play/index.html")
    until(browser, "document.body.dataset.ready")
    return browser


def finished(driver, act):
    """Do something and wait for the answer to the task that it asks for; return the text that is shown."""
    before = driver.execute_script("return Number(document.body.dataset.done ?? 0)")
    act()
    until(
        driver,
        f"Number(document.body.dataset.done ?? 0) > {before} && document.getElementById('stop').disabled",
    )
    return driver.execute_script("return document.getElementById('output').innerText")


def packed(driver, code):
    """A program as it stands in a link."""
    link = driver.execute_async_script(
        """const [code, done] = arguments;
        const stream = new Blob([code]).stream().pipeThrough(new CompressionStream("deflate-raw"));
        new Response(stream).arrayBuffer().then((b) => done(btoa(String.fromCharCode(...new Uint8Array(b)))
          .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")));""",
        code,
    )
    driver.get("about:blank")
    return link


PAGES = [
    "index",
    "notebooks/01_chain",
    "docs/use/tape",
    "docs/reference/value",
    "docs/errors/domain",
    "engine/rules/README",
]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_no_other_host_and_complains_of_nothing(page, site, browser):
    """Every page is complete without a network."""
    complaints(browser)
    browser.get(f"{site}/{page}.html")
    assert until(browser, "document.readyState === 'complete'")
    assert complaints(browser) == []
    assert hosts(browser) <= {"127.0.0.1"}
    screenshot(browser, f"site-{page.replace('/', '-')}")


class Links(HTMLParser):
    """What a page points to, and the places on it that can be pointed to."""

    def __init__(self, text):
        super().__init__()
        self.targets, self.places = [], {"", "top"}
        self.feed(text)

    def handle_starttag(self, _, attrs):
        self.places |= {value for name, value in attrs if name in {"id", "name"}}
        self.targets += [value for name, value in attrs if name in {"href", "src"} and value]


STATES = ("play/index.html", "chain.html", "search.html")
"""Pages whose fragment is what they show, and no place."""


def test_every_link_leads_somewhere(site):
    """Each link of each page of the site, and of llms.txt, leads to a file and a place that exist."""
    found = {page.resolve(): Links(page.read_text(encoding="utf-8")) for page in site.folder.rglob("*.html")}
    links = [(page, target) for page, one in found.items() for target in one.targets]
    llms = (site.folder / "llms.txt").resolve()
    links += [(llms, target) for target in re.findall(r"\]\(([^)]+)\)", llms.read_text(encoding="utf-8"))]
    assert len(found) > 60
    lost = set()
    for page, target in links:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        there = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        place = unquote(parts.fragment) if not there.as_posix().endswith(STATES) else ""
        if not there.is_file() or (there in found and place not in found[there].places):
            lost.add((page.relative_to(site.folder.resolve()).as_posix(), target))
    assert lost == set()


def test_no_page_is_wider_than_a_phone(site, browser):
    """What is wide scrolls in its own frame; the page does not."""
    wide = []
    with viewport(browser, 390, 844):
        for page in sorted(site.folder.rglob("*.html")):
            browser.get(f"{site}/{page.relative_to(site.folder).as_posix()}")
            until(browser, "document.readyState === 'complete'")
            if browser.execute_script("return document.documentElement.scrollWidth") > 390:
                wide.append(page.name)
    assert wide == []


def test_a_property_is_described_by_its_sentence(site):
    """Sphinx takes what stands before a colon, "The node's name: plain text", for no type."""
    pages = (site.folder / "docs/reference").glob("*.html")
    assert [page.name for page in pages if ">Type<" in page.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", ["01_chain", "04_mlp_sgd", "06_tiny_models", "08_why_topological_order"])
def test_pictures_are_legible(page, width, site, browser):
    """No text of a notebook's picture is smaller than 9 pixels; a wide one scrolls in its own frame."""
    with viewport(browser, width, 844):
        browser.get(f"{site}/notebooks/{page}.html")
        until(browser, "document.querySelector('.cell_output [data-view=picture] svg')")
        count = "document.querySelectorAll('.cell_output [data-view=picture]').length"
        for k in range(browser.execute_script(f"return {count}")):
            browser.execute_script(
                """[...document.querySelectorAll('.cell_output [data-view=picture]')]
                    .forEach((view, i) => view.classList.toggle("measured", i === arguments[0]))""",
                k,
            )
            assert min(heights(browser, ".measured svg")) >= 8.99


def test_formulas_of_a_notebook_are_typeset(site, browser):
    """A page's formulas are MathML, none of them an error."""
    browser.get(f"{site}/notebooks/02_general_case.html")
    assert until(browser, "document.querySelectorAll('.math math').length > 20")
    assert browser.execute_script("return document.querySelectorAll('.temml-error').length") == 0


@pytest.mark.parametrize(
    "page", ["index", "notebooks/00_a_nudge", "notebooks/01_chain", "notebooks/03_error_delta"]
)
def test_a_page_of_the_docs_is_live(page, site, browser):
    """Built, a page has views that work: pictures whose marks answer to the pointer, a player that steps."""
    complaints(browser)
    browser.get(f"{site}/{page}.html")
    until(browser, "document.readyState === 'complete'")
    if page == "index":
        browser.switch_to.frame(browser.find_element("css selector", "iframe.live"))
    until(browser, "document.querySelectorAll('.chainrule-view svg .node').length > 3")
    if browser.execute_script("return document.querySelectorAll('.transport').length"):
        before = browser.execute_script("return document.querySelector('.scrubber').value")
        browser.execute_script(
            "document.querySelector('.transport [title*=\"step back\"], .transport button').click()"
        )
        browser.execute_script("document.querySelectorAll('.transport button')[3].click()")
        after = browser.execute_script("return document.querySelector('.scrubber').value")
        assert after == "1" != before or page != "index"
    browser.switch_to.default_content()
    assert complaints(browser) == []
    assert hosts(browser) <= {"127.0.0.1"}


def test_the_search_finds_a_page(site, browser):
    """Search works without a server."""
    browser.get(f"{site}/search.html?q=topological")
    assert (
        "topological"
        in until(browser, "document.querySelector('ul.search li a')?.parentElement.textContent").lower()
    )


@pytest.mark.parametrize(
    "page",
    [
        "index",
        "notebooks/01_chain",
        "notebooks/02_general_case",
        "docs/concordance",
        "play/index",
        "chain",
        "docs/reference/value",
        "engine/rules/README",
    ],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(page, scheme, site, browser):
    """The pages of each kind are accessible as far as a program can tell, light and dark."""
    with prefers(browser, color_scheme=scheme):
        browser.get(f"{site}/{page}.html")
        until(browser, "document.readyState === 'complete'")
        assert violations(browser) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.usefixtures("site")  # axe-core comes with it
def test_axe_finds_no_violation_while_a_page_asks(scheme, browser, tmp_path):
    """A question, a wrong answer with its replay, a right one, and the summary."""
    w, x = Value(0.5, label="w"), Value(3.0, label="x")
    C = (w * x - 1.0) ** 2
    with prefers(browser, color_scheme=scheme):
        opened(browser, tmp_path, play(C, ask=True).html)
        until(browser, "document.querySelector('.ask-card input')")
        assert violations(browser) == []
        for text, said in (("-1", "sign"), ("1", "Right")):
            browser.execute_script(
                """const card = document.querySelector(".ask-card");
                card.querySelector("input").value = arguments[0];
                card.querySelector("form").requestSubmit();""",
                text,
            )
            assert said in browser.find_element("class name", "verdict").text
            assert violations(browser) == []
        browser.execute_script(
            """[...document.querySelectorAll(".ask-card .acts button")]
                .find((one) => one.textContent === "Finish").click()"""
        )
        assert browser.find_element("class name", "summary").is_displayed()
        assert violations(browser) == []


def test_the_first_picture_is_there_before_python(site, browser):
    """Nobody looks at an empty page while Python loads: formula, sliders, gradients and page are stored."""
    browser.get("about:blank")
    browser.get(f"{site}/play/index.html")
    until(browser, "document.querySelector('#output iframe') && document.querySelector('#echo math')")
    assert browser.execute_script("return document.querySelectorAll('#values input[type=range]').length") == 4
    assert "−0.151" in browser.find_element("id", "gradients").text


def test_sliders_move_the_gradients(playground):
    """A slider's number goes to Python; gradients and page follow, to what the engine says here."""

    def move():
        playground.execute_script(
            """const slider = document.querySelector('#values input[name=w]');
            slider.value = 1.5; slider.dispatchEvent(new Event('input'));"""
        )

    finished(playground, move)
    w, x, b, y = Value(1.5), Value(0.88), Value(0.1), Value(1.0)
    C = ((w * x + b).sigmoid() - y) ** 2
    label(locals())
    C.backward()
    assert f"{w.grad:.3g}".replace("-", "−") in playground.find_element("id", "gradients").text


def test_an_expression_that_is_wrong_is_answered(playground):
    """Typed, it gets the error of ``parse`` beside the field; the last good answer stays."""
    field = playground.find_element("id", "text")
    field.clear()
    field.send_keys("foo(x)")
    assert field.get_attribute("value") == "foo(x)"
    until(playground, """document.getElementById('echo').innerText.includes("no function is named 'foo'")""")
    assert playground.execute_script("return document.getElementById('output').children.length") == 1


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=[path.stem for path in EXAMPLES])
def test_every_example_runs(number, site, playground):
    """Each example of the list ends without an error of its own; the mistake shows its message."""

    def choose():
        playground.execute_script(
            """const list = document.getElementById('examples');
            list.value = arguments[0]; list.onchange({target: list});""",
            str(number),
        )

    playground.execute_script("document.querySelector('#output').firstElementChild.dataset.before = 'yes'")
    text = finished(playground, choose)
    until(playground, "!document.querySelector('#output [data-before], #output iframe.next')")
    errors = playground.execute_script("return document.querySelectorAll('#output .error').length")
    if "mistake" in EXAMPLES[number].stem:
        assert "log: outside its domain (x > 0) at x = -1.0 (label 'score')" in text
        assert "Line 4" in text
        page = playground.execute_script("return document.querySelector('#output .error a').href")
        assert page == f"{site}/docs/errors/domain.html"
        assert (site.folder / "docs/errors/domain.html").exists()
    else:
        assert errors == 0, text
        assert playground.execute_script("return document.getElementById('output').children.length") > 0
    assert complaints(playground) == []
    assert hosts(playground) <= {"127.0.0.1"}
    screenshot(playground, f"playground-{EXAMPLES[number].stem}")


def test_a_slider_keeps_the_step(playground):
    """Numbers change under a page that stands at a step; it does not go back to the start."""
    inside = "document.querySelector('#output iframe')"
    until(playground, inside)

    def steps(act):
        playground.switch_to.frame(playground.find_element("css selector", "#output iframe:not(.next)"))
        until(playground, "document.querySelector('.scrubber')")
        found = playground.execute_script(f"{act}; return Number(document.querySelector('.scrubber').value)")
        playground.switch_to.default_content()
        return found

    assert steps("") == 14  # the whole pass is there before anyone asks
    assert steps("document.querySelectorAll('.transport button')[1].click()") == 13
    sleep(0.5)
    shown = playground.execute_script("return document.body.dataset.shown ?? ''")
    finished(playground, lambda: playground.find_element("id", "descend").click())
    until(playground, f"(document.body.dataset.shown ?? '') !== '{shown}'")
    assert steps("") == 13


@pytest.mark.parametrize("height", [844, 3000])
def test_a_new_answer_takes_the_place_of_the_old_one(height, site, browser):
    """On the screen, or below it, where a browser lays nothing out: what was shown before goes."""
    with viewport(browser, 390, height):
        browser.get("about:blank")
        browser.get(f"{site}/play/index.html")
        until(browser, "document.body.dataset.ready && document.querySelector('#output iframe')")
        browser.execute_script("document.querySelector('#output iframe').dataset.before = 'yes'")
        finished(browser, lambda: browser.find_element("id", "descend").click())
        until(browser, "!document.querySelector('#output [data-before], #output iframe.next')")
        assert browser.execute_script("return document.querySelectorAll('#output iframe').length") == 1


def test_a_step_of_gradient_descent_lowers_the_cost(playground):
    """The button moves the parameters, and them alone, by −0.1 times their gradients; Reset takes it back."""

    def numbers():
        return playground.execute_script(
            "return [...document.querySelectorAll('#values input[type=number]')].map((e) => Number(e.value))"
        )

    assert numbers() == [0.5, 0.88, 0.1, 1]
    finished(playground, lambda: playground.find_element("id", "descend").click())
    w, x, b, y = Value(0.5), Value(0.88), Value(0.1), Value(1.0)
    C = ((w * x + b).sigmoid() - y) ** 2
    C.backward()
    expected = [0.5 - 0.1 * w.grad, 0.88, 0.1 - 0.1 * b.grad, 1]
    assert numbers() == pytest.approx(expected, abs=1e-5)
    finished(playground, lambda: playground.find_element("id", "reset").click())
    assert numbers() == [0.5, 0.88, 0.1, 1]


def test_what_is_printed_and_shown_keeps_its_order(site, browser):
    """As in a notebook, text stands where it was printed."""
    shared(browser, site, "print('one')\ndisplay(Value(2.0))\nprint('three')\n'four'")
    until(browser, "document.getElementById('output').innerText.includes('four')")
    kinds = browser.execute_script(
        "return [...document.getElementById('output').children].map((e) => e.innerText)"
    )
    assert [text.split("\n")[0][:5] for text in kinds] == ["one", "Value", "three", "'four"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import numpy", "this needs NumPy, which the playground does not have"),
        ("import matplotlib.pyplot", "this needs matplotlib, which the playground does not have"),
        ("import engine.tape", "this needs NumPy, which the playground does not have"),
        ("name = input()", "the playground has no input()"),
    ],
)
def test_what_the_playground_lacks_is_named(code, said, site, browser):
    """A program that needs more than the playground has gets a sentence that says so."""
    shared(browser, site, f"print('before')\n{code}")
    until(browser, "document.querySelector('#output .error')")
    text = browser.find_element("id", "output").text
    assert text.startswith("before")
    assert said in text


def test_the_playground_is_small(site):
    """Everything that the playground fetches, a font for mathematics apart: at most 15 MB raw."""
    assert sum(file.stat().st_size for file in (site.folder / "play").rglob("*") if file.is_file()) < 15e6


LINKED = ["00_a_nudge", "01_chain", "08_why_topological_order", "09_build_it_yourself"]


def test_notebooks_that_need_no_numpy_open_in_the_playground(site):
    """The link is there where the notebook runs in the playground, and nowhere else."""
    pages = {
        path.stem: path.read_text(encoding="utf-8")
        for path in (site.folder / "notebooks").glob("[0-9]*.html")
    }
    assert sorted(name for name, text in pages.items() if "play/index.html#code=" in text) == LINKED


@pytest.mark.parametrize("name", LINKED)
def test_a_notebook_runs_in_the_playground(name, site, browser):
    """Its cells run there from the first to the last, without an error."""
    page = (site.folder / f"notebooks/{name}.html").read_text(encoding="utf-8")
    link = re.search(r'href="\.\./(play/index\.html#code=[^"]+)"', page)[1]
    browser.get("about:blank")
    complaints(browser)
    browser.get(f"{site}/{link}")
    until(browser, "document.body.dataset.done && document.getElementById('stop').disabled", seconds=120)
    assert browser.execute_script("return document.querySelector('#output .error')?.innerText ?? ''") == ""
    assert browser.execute_script("return document.getElementById('output').children.length") > 2
    assert complaints(browser) == []


def shared(driver, site, code):
    """Open the link that holds a program."""
    link = packed(driver, code)
    driver.get(f"{site}/play/index.html#code={link}")


def test_a_shared_link_runs_its_program(site, browser):
    """The program is in the link, letters outside ASCII too."""
    shared(browser, site, "print('σ′ =', 6 * 7)")
    until(browser, "document.getElementById('output').innerText.includes('σ′ = 42')")
    assert browser.find_element("id", "tab-program").get_attribute("aria-selected") == "true"


def test_stop_ends_a_program_that_runs_for_ever(site, browser):
    """After Stop Python comes back and runs again."""
    shared(browser, site, "while True: pass")
    until(browser, "!document.getElementById('stop').disabled")
    browser.execute_script("delete document.body.dataset.ready")
    browser.find_element("id", "stop").click()
    until(browser, "document.body.dataset.ready && !document.getElementById('run').disabled")


def test_a_dead_worker_comes_back(site, browser):
    """A program that kills Python leaves a plain sentence, and Python starts again."""
    shared(browser, site, "import os\nos._exit(1)")
    until(browser, "Number(document.body.dataset.restarts) > 0")
    until(browser, "document.body.dataset.ready && !document.getElementById('run').disabled")


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_it_fits_every_screen(width, site, browser):
    """Nothing is wider than the screen, from a phone to a projector."""
    with viewport(browser, width, 844 if width == 390 else width * 9 // 16):
        browser.get("about:blank")
        browser.get(f"{site}/play/index.html")
        until(browser, "document.querySelector('#output iframe')")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        screenshot(browser, f"playground-{width}")


def test_the_first_answer_is_what_python_answers():
    """The stored answer is that of ``show.py``, here as in the browser."""
    task = {"text": "a*b", "values": {"a": 2.0, "b": -3.0}}
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs/play/show.py"), json.dumps(task)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    answer = json.loads(done.stdout)
    assert [(row["name"], row["grad"]) for row in answer["values"]] == [("a", -3.0), ("b", 2.0)]
    assert answer["latex"].endswith("= -6")
