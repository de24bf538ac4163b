"""A real browser for tests: headless Chromium, and where its pictures go."""

import base64
import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

from extras import missing, need

FLAGS = (
    "--headless=new",
    "--no-sandbox",  # as root in a container there is none to be had; the pages are our own
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no page needs a network, and none gets one
)
LEGIBLE = 4.5  # the contrast that WCAG 2 asks of text


def program(*names):
    """The first of these programs that is installed."""
    return next(filter(None, map(shutil.which, names)), None) or missing(names[0])


@contextmanager
def chromium(*flags, width=1200, height=900):
    """A browser that is closed at the end; its console is kept, and read by ``complaints``."""
    webdriver, chrome = need("selenium.webdriver"), need("selenium.webdriver.chrome.service")
    options = webdriver.ChromeOptions()
    options.binary_location = program("chromium", "chromium-browser", "google-chrome")
    for flag in (*FLAGS, f"--window-size={width},{height}", *flags):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=chrome.Service(program("chromedriver")))
    driver.set_script_timeout(60)
    try:
        yield driver
    finally:
        driver.quit()


def complaints(driver):
    """What the browser's console holds since the last call: errors and warnings."""
    return [
        entry["message"] for entry in driver.get_log("browser") if entry["level"] in {"SEVERE", "WARNING"}
    ]


def each(driver, selector, expression="e.textContent"):
    """What a JavaScript expression in ``e`` is for each element that the selector finds."""
    script = f"return [...document.querySelectorAll(arguments[0])].map((e) => {expression})"
    return driver.execute_script(script, selector)


def screenshot(driver, name, clip=None):
    """Keep what the browser shows as an artefact of the run, where CHAINRULE_ARTEFACTS names a folder.

    ``clip`` says which part of it: x, y, width, height and scale.
    """
    folder = os.environ.get("CHAINRULE_ARTEFACTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{name}.png").write_bytes(bitmap(driver, clip))


def bitmap(driver, clip=None):
    """What the browser shows, or a part of it, as PNG."""
    part = {"clip": clip} if clip else {}
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", **part})
    return base64.b64decode(shot["data"])


def opened(driver, folder, html):
    """Show a page from a file, as someone does to whom it was sent; earlier complaints are dropped."""
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8")
    complaints(driver)
    driver.get(path.as_uri())
    driver.execute_async_script(PAINTED)
    return driver


PAINTED = """
const done = arguments[0];
const frame = (then) => requestAnimationFrame(then);
const painted = () => document.fonts.ready.then(() => frame(() => frame(done)));
if (document.readyState === "complete") painted();
else addEventListener("load", painted);
"""
"""Wait until the page is there as people see it: on a busy machine ``get`` returned before anything was."""


@contextmanager
def viewport(driver, width, height):
    """A screen of this size, in CSS pixels, also one that is narrower than a window may be."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        yield
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@contextmanager
def prefers(driver, **features):
    """A reader's preferences: ``color_scheme="dark"``, ``reduced_motion="reduce"``."""
    told = [{"name": f"prefers-{name.replace('_', '-')}", "value": value} for name, value in features.items()]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": told})
    try:
        yield
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def heights(driver, selector=".picture > svg"):
    """The size of every text in a picture, in CSS pixels as the browser shows it."""
    return driver.execute_script(
        """const svg = document.querySelector(arguments[0]);
        const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        return [...svg.querySelectorAll("text")].filter((e) => e.textContent.trim())
            .map((e) => parseFloat(getComputedStyle(e).fontSize) * scale);""",
        selector,
    )


COLOURS = """
const [selector, behind] = arguments;
const ink = (e) => getComputedStyle(e)[e instanceof SVGElement ? "fill" : "color"];
const opaque = (e) => !/^rgba.* 0\\)$/.test(getComputedStyle(e).backgroundColor);
function ground(e) {
  if (behind) return ink(e.closest("g").querySelector(behind));
  while (!opaque(e)) e = e.parentElement;
  return getComputedStyle(e).backgroundColor;
}
return [...document.querySelectorAll(selector)].map((e) => [ink(e), ground(e)]);
"""


def contrasts(driver, selector, behind=""):
    """The contrast of every text that is found, with the page behind it or with a shape of its own group."""
    pairs = driver.execute_script(COLOURS, selector, behind)
    lights = [sorted(map(_luminance, pair)) for pair in pairs]
    return [(lighter + 0.05) / (darker + 0.05) for darker, lighter in lights]


def _luminance(colour):
    """WCAG's relative luminance of a computed colour."""
    parts = [int(part) / 255 for part in re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour).groups()]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
