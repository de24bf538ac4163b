"""Laws of the colours and shapes of pictures: what the colour-blind see, and what a browser computes."""

import re
from itertools import combinations

import numpy as np
import pytest
from test_svg import ALL, area, box, corners, drawn, group

from engine.pictures.svg import look as style
from engine.pictures.svg import svg
from engine.pictures.svg.diagram import HUES, KINDS, Arrow, Box, Diagram

# Kinds and paths without colour


def shape(kind):
    """A kind's look when all colours are taken away: corners, dashes, border, double border."""
    drawn = group(svg.box_svg(box(kind), 0, 0))
    rules = " ".join(re.findall(rf"\.{kind} rect {{([^}}]*)}}", style.sheet()))
    left = area(drawn[1])[0]
    xs, _ = corners(drawn[2].get("d"))
    return (
        float(drawn[1].get("rx")),
        "dasharray" in rules,
        *re.findall(r"stroke-width: ([\d.]+)", rules),
        min(xs) - left > 2,
    )


def test_kinds_differ_without_colour():
    """No two kinds have the same shape."""
    assert len({shape(kind) for kind in KINDS}) == len(KINDS)


def test_paths_differ_without_colour():
    """No two paths have the same dashes, and the first has none."""
    assert style.DASHES[0] == "none"
    assert len(set(style.DASHES)) == len(style.PATHS) == HUES


SEEN_BY = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039),
    ),
}  # fmt: skip
"""How colours come to those who see fewer of them: Machado, Oliveira and Fernandes 2009, linear RGB."""


CONES = np.array(
    ((0.4122215, 0.5363325, 0.051446), (0.2119035, 0.6806995, 0.107397), (0.0883025, 0.2817188, 0.6299787))
)
AXES = np.array(
    ((0.2104543, 0.7936178, -0.004072), (1.9779985, -2.4285922, 0.4505937), (0.025904, 0.7827718, -0.8086758))
)


def linear(colour):
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    """Björn Ottosson's space, in which distance is what the eye sees."""
    cones = np.array(
        [
            [0.4122215, 0.5363325, 0.051446],
            [0.2119035, 0.6806995, 0.107397],
            [0.0883025, 0.2817188, 0.6299787],
        ]
    )
    axes = np.array(
        [
            [0.2104543, 0.7936178, -0.004072],
            [1.9779985, -2.4285922, 0.4505937],
            [0.0259040, 0.7827718, -0.8086758],
        ]
    )
    return axes @ np.cbrt(cones @ rgb)


@pytest.mark.parametrize("eyes", SEEN_BY)
@pytest.mark.parametrize(
    ("colours", "least"),
    [
        (style.PATHS, 0.12),
        *(([theme["positive"], theme["negative"]], 0.15) for theme in style.PALETTE.values()),
    ],
    ids=["paths", "signs, light", "signs, dark"],
)
def test_the_colour_blind_tell_them_apart(colours, least, eyes):
    """Any two hues of paths, and the colours of the signs, differ clearly to all eyes."""
    seen = [oklab(np.clip(np.array(SEEN_BY[eyes]) @ linear(colour), 0, 1)) for colour in colours]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) >= least


# Colours, as a browser computes them

WHITE, LAB, CODE = "#ffffff", "#111111", "#1e1e1e"  # pages: light, JupyterLab's dark, VS Code's dark

LOOK = """
const hex = (n) => (+n).toString(16).padStart(2, "0");
const rgb = (text) => "#" + text.match(/\\d+/g).slice(0, 3).map(hex).join("");
const style = (element) => getComputedStyle(element);
return [...document.querySelectorAll("svg.chainrule g[class]")].flatMap((g) => {
  const shape = (name) => [...g.children].find((child) => child.tagName === name);
  const rect = shape("rect"), path = shape("path"), polygon = shape("polygon");
  const seen = [];
  for (const text of g.querySelectorAll(":scope > text")) {
    seen.push([g.getAttribute("class"), text.getAttribute("class"), rgb(style(text).fill)]);
  }
  if (rect) {
    seen.push([g.getAttribute("class"), "rim", rgb(style(rect).stroke)]);
    const fill = style(rect).fill;
    seen.push([g.getAttribute("class"), "fill", fill === "none" ? fill : rgb(fill)]);
  }
  if (rect && path) seen.push([g.getAttribute("class"), "body", rgb(style(path).fill)]);
  if (polygon) {
    seen.push([g.getAttribute("class"), "line", rgb(style(path).stroke)]);
    seen.push([g.getAttribute("class"), "dashes", style(path).strokeDasharray]);
    seen.push([g.getAttribute("class"), "tip", rgb(style(polygon).fill)]);
  }
  return seen;
});
"""

TOLD_BY = [
    ("light", "light", "<body>"),
    ("dark", "dark", "<body>"),
    ("dark", "light", '<body data-jp-theme-light="false">'),
    ("light", "dark", '<body data-jp-theme-light="true">'),
    ("dark", "light", '<body class="vscode-dark">'),
    ("dark", "light", '<body class="vscode-high-contrast">'),
    ("light", "dark", '<body class="vscode-light">'),
    ("light", "dark", '<body class="vscode-high-contrast vscode-high-contrast-light">'),
    ("dark", "light", '<body><main data-theme="dark">'),
    ("light", "dark", '<body><main data-theme="light">'),
]


def look(browser, tmp_path, prefers, body):
    """The colours that a browser computes for all that can occur in a picture: (class, part): colour."""
    diagram = Diagram(
        "", "",
        tuple(Box(f"{kind}{dim}", ("z", "data"), kind, dim=dim) for kind in KINDS for dim in (False, True)),
        tuple(
            Arrow(f"e{hue}{sign}{dim}", "input0", "root0", "0.5", sign, hue=hue, dim=dim)
            for hue in range(HUES + 1) for sign in (-1, 0, 1) for dim in (False, True)
        ),
        ALL.clusters, ("note",), legend=True,
    )  # fmt: skip
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{body}{drawn(diagram)}", encoding="utf-8")
    features = [{"name": "prefers-color-scheme", "value": prefers}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        browser.get(page.as_uri())
        return {(names, part): colour for names, part, colour in browser.execute_script(LOOK)}
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.fixture(scope="module")
def looks(browser, tmp_path_factory):
    """All of the looks that a browser gives to the picture, each under the theme that it should show."""
    folder = tmp_path_factory.mktemp("looks")
    return [(theme, look(browser, folder, prefers, body)) for theme, prefers, body in TOLD_BY]


def test_the_page_says_which_theme(looks):
    """JupyterLab, VS Code and the page itself win over what the browser prefers."""
    light, dark = looks[0][1], looks[1][1]
    assert light != dark
    for theme, look in looks:
        assert look == (light if theme == "light" else dark)


def contrast(one, other):
    """That of WCAG 2."""
    weights = (0.2126, 0.7152, 0.0722)
    darker, lighter = sorted(float(linear(colour) @ weights) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def tinted(ground):
    """A page's ground below a layer's faint fill."""
    channels = [round(0.92 * int(ground[i : i + 2], 16) + 0.08 * 0x80) for i in (1, 3, 5)]
    return "#" + "".join(f"{channel:02x}" for channel in channels)


@pytest.mark.parametrize("place", [0, 1], ids=["light", "dark"])
def test_text_on_boxes_has_contrast(looks, place):
    """At least 4.5 on header and body, whatever the kind; 3 where it is dim, as it should be."""
    look = looks[place][1]
    for kind in KINDS:
        for dim, least in (("", 4.5), (" dim", 3)):
            names = f"node {kind}{dim}"
            assert contrast(look[names, "head"], look[names, "fill"]) >= least
            assert contrast(look[names, "row"], look[names, "body"]) >= least
        assert contrast(look[f"node {kind} dim", "head"], look[f"node {kind} dim", "fill"]) < 4.5


@pytest.mark.parametrize(
    ("place", "own", "others"), [(0, [WHITE], [LAB, CODE]), (1, [LAB, CODE], [WHITE])], ids=["light", "dark"]
)
def test_what_stands_on_the_page_has_contrast(looks, place, own, others):
    """Text 4.5 on its own ground, also within a layer, and 3 on the other; lines and borders 3 on both."""
    look = looks[place][1]
    own = [*own, *map(tinted, own)]
    for (names, part), colour in look.items():
        dim = names.endswith("dim")
        if part in {"label", "note", "word", "frame"}:
            assert min(contrast(colour, ground) for ground in own) >= (3 if dim else 4.5)
            assert dim or min(contrast(colour, ground) for ground in others) >= 3
        if part in {"line", "tip", "rim"} and not dim and not names.startswith("cluster"):
            assert min(contrast(colour, ground) for ground in (WHITE, LAB, CODE)) >= 3
        if part == "line" and dim:
            assert 1.5 <= min(contrast(colour, ground) for ground in own) < 3


@pytest.mark.parametrize("place", [0, 1], ids=["light", "dark"])
def test_hues_win_over_signs_and_dimness_over_both(looks, place):
    """Line and tip have one colour: that of the path if any, else of the sign; and dim is dim."""
    look = looks[place][1]
    theme = style.PALETTE["dark" if place else "light"]
    for hue in range(HUES + 1):
        for sign in ("", " negative", " positive"):
            names = f"edge{sign}{f' path{hue}' if hue else ''}"
            expected = style.PATHS[hue - 1] if hue else theme[sign.strip() or "text"]
            assert {look[names, "line"], look[names, "tip"]} == {expected}
            assert look[names, "label"] == (theme["text"] if hue else expected)
            assert look[f"{names} dim", "line"] == look[f"{names} dim", "tip"] == theme["dim-line"]
            if hue:
                assert look[names, "dashes"].replace("px", "").replace(",", "") == style.DASHES[hue - 1]


@pytest.mark.parametrize("place", [0, 1], ids=["light", "dark"])
def test_the_legend_has_the_colours_of_the_picture(looks, place):
    """A sample is coloured as what it is a sample of."""
    look = looks[place][1]
    for kind in KINDS:
        for part in ("rim", "fill", "body"):
            assert look[f"sample {kind}", part] == look[f"node {kind}", part]
    for name in ("positive", "negative", *(f"path{hue}" for hue in range(1, HUES + 1))):
        assert look[f"wire {name}", "line"] == look[f"edge {name}", "line"]
        assert look[f"wire {name}", "tip"] == look[f"edge {name}", "tip"]


def test_the_style_sheet_is_plain():
    """No variables, no nesting, no import: programs that are no browsers read it, and it fetches nothing."""
    sheet = style.sheet()
    assert not re.search(r"var\(|--|@import|url\(|[<&]", sheet)
    assert re.findall("@[a-z]+", sheet) == ["@media"]
    assert all(scope.strip().startswith((".chainrule ", ":where(")) for scope in selectors(sheet))


def selectors(sheet):
    for names in re.findall(r"([^{}]+){[^{}]*}", sheet.replace("@media (prefers-color-scheme: dark) {", "}")):
        yield from re.split(r", (?=\.chainrule |:where)", names.strip(" \n}"))
