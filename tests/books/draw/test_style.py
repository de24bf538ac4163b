"""Laws of the colours and letters of pictures, as eyes and browsers see them."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from test_picture_law import BOOK, contrast, network

import engine
import nn
from engine import Value, draw, graph, play
from engine.pictures.svg import ink

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
@pytest.mark.parametrize("theme", ink.PALETTE)
def test_the_colour_blind_tell_signs_apart(theme, eyes):
    """Blue and orange differ clearly to all eyes."""
    pair = (ink.PALETTE[theme][sign] for sign in ("positive", "negative"))
    one, other = (oklab(np.clip(np.array(SEEN_BY[eyes]) @ linear(colour), 0, 1)) for colour in pair)
    assert np.linalg.norm(one - other) >= 0.15


# Colours and widths, as a browser computes them

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

LOOK = """
const hex = (n) => (+n).toString(16).padStart(2, "0");
const rgb = (text) => "#" + text.match(/\\d+/g).slice(0, 3).map(hex).join("");
const all = "svg.chainrule text, svg.chainrule .shape, svg.chainrule .line";
return [...document.querySelectorAll(all)].map((it) => {
  const style = getComputedStyle(it);
  return style.fill === "none" ? rgb(style.stroke) : rgb(style.fill);
});
"""
WIDTHS = """
for (const it of document.querySelectorAll("[textLength]")) it.removeAttribute("textLength");
const all = "svg.chainrule text:not(:has(tspan)), svg.chainrule tspan";
return [...document.querySelectorAll(all)].map((it) => [it.textContent, it.getComputedTextLength()]);
"""


def shown(browser, folder, prefers, body, script):
    """What a script finds in a page with two pictures, one with a path, where a reader prefers a theme."""
    C = network((3, 2, 2), 1)
    lit = draw(C, highlight=C.parents[0].parents[0]).svg
    page = folder / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{body}{draw(C).svg}{lit}", encoding="utf-8")
    features = [{"name": "prefers-color-scheme", "value": prefers}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        browser.get(page.as_uri())
        return browser.execute_script(script)
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_page_says_which_theme(browser, tmp_path):
    """JupyterLab, VS Code and the page win over what the browser prefers; colours are those of one theme."""
    looks = [(theme, shown(browser, tmp_path, prefers, body, LOOK)) for theme, prefers, body in TOLD_BY]
    light, dark = looks[0][1], looks[1][1]
    for theme, look in looks:
        assert look == (light if theme == "light" else dark)
        assert set(look) <= set(ink.PALETTE[theme].values())


def test_widths_are_those_of_a_browser(browser, tmp_path):
    """With the fonts that are asked for, or their twins, no text is a pixel and a half wider than planned."""
    planned = {}
    for name in ("chain", "2-4-1", "micrograd"):
        for wide, words in re.findall(r'textLength="([\d.]+)"[^>]*>([^<]*)<', draw(BOOK[name]()).svg):
            planned.setdefault(words, []).append(float(wide))
    body = "".join(draw(BOOK[name]()).svg for name in ("chain", "2-4-1", "micrograd"))
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{body}", encoding="utf-8")
    browser.get(page.as_uri())
    for words, wide in browser.execute_script(WIDTHS):
        if words in planned:
            assert min(abs(wide - each) for each in planned[words]) < 1.5, words


@pytest.mark.parametrize("theme", ink.PALETTE)
def test_lines_can_be_seen(theme):
    """Lines that mean something have a contrast of 3 at least on the page."""
    its = ink.PALETTE[theme]
    for name in ("wire", "positive", "negative", "parameter-line", "input-line", "inner-line"):
        assert contrast(its[name], its["ground"]) >= 3


def test_the_style_sheet_is_plain():
    """No variables, no nesting, no import: programs that are no browsers read it, and it fetches nothing."""
    sheet = ink.sheet()
    assert not re.search(r"var\(|--|@import|url\(|[<&]", sheet)
    assert re.findall("@[a-z]+", sheet) == ["@media"]
    assert all(scope.strip().startswith((".chainrule ", ":where(")) for scope in selectors(sheet))


def selectors(sheet):
    for names in re.findall(r"([^{}]+){[^{}]*}", sheet.replace("@media (prefers-color-scheme: dark) {", "}")):
        yield from re.split(r", (?=\.chainrule |:where)", names.strip(" \n}"))


SOURCES = [Path(package.__file__).parent for package in (engine, nn)]
STRINGS = {
    ".py": r'"""|"((?:[^"\\\n]|\\.)*)"|\'((?:[^\'\\\n]|\\.)*)\'',
    ".js": r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`|classList\.toggle\((\w+)',
}
COMPOUND = ("more-", "of-")
"""Beginnings of classes that scripts put together: where there is more to see, and what kind of training."""


def elements(svg):
    """Each element of a picture after those around it, as their tags and classes."""

    def walk(one, around):
        chain = (*around, (one.tag.rpartition("}")[2], frozenset(one.get("class", "").split())))
        yield chain
        for child in one:
            yield from walk(child, chain)

    return set(walk(ET.fromstring(svg), ()))  # noqa: S314 — our own text


def selects(selector, chain):
    """Whether a selector of tags and classes fits an element, the last of its chain."""
    *outer, own = [(part.partition(".")[0], set(part.split(".")[1:])) for part in selector.split()]
    rest = iter(chain[:-1])
    inside = all(any(fits(part, one) for one in rest) for part in outer)
    return inside and fits(own, chain[-1])


def fits(part, one):
    return part[0] in {"", one[0]} and part[1] <= one[1]


@pytest.mark.slow
@pytest.mark.counts  # it draws all kinds of pictures
def test_no_rule_of_the_style_sheet_is_dead(tmp_path):
    """Each one fits something in some picture: of a graph, of its paths, of a comparison, of a step."""
    found = set()
    for build in BOOK.values():
        root = build()
        for level in ({}, {"level": "values"}, {"level": "summary"}):
            found |= elements(draw(root, **level).svg)
        for leaf in graph.leaves(root)[:4]:
            found |= elements(draw(root, highlight=leaf).svg)
    lost = network((2, 6, 6, 1), 1, "tanh", "linear")
    graph.leaves(lost)[0].data = float("nan")
    lost.refresh()
    lost.backward()
    x = Value(2.0, label="x")
    same = draw(2.0**x)
    found |= elements(draw(lost).svg) | elements(draw(same, same.picture.now.root).svg)
    frames = play(x**2).frames(tmp_path)
    found |= {chain for path in frames for chain in elements(path.read_text(encoding="utf-8"))}
    rules = [one for names, _ in [*ink._SHAPES, *ink._THEMED] for one in names.split(", ")]
    assert [one for one in rules if not any(selects(one, chain) for chain in found)] == []


def test_no_class_of_a_page_is_dead():
    """Each class in a style sheet of a page stands in a string of a script or of Python."""
    words = set()
    for path in (path for source in SOURCES for path in source.rglob("*") if path.suffix in STRINGS):
        for groups in re.findall(STRINGS[path.suffix], path.read_text(encoding="utf-8")):
            words.update(re.findall(r"(?<![.\w-])[A-Za-z][\w-]*", "".join(groups)))
    dead = set()
    for path in (path for source in SOURCES for path in source.rglob("*.css")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for name in re.findall(r"\.([A-Za-z][\w-]*)", re.sub(r"\{[^{}]*\}", "{}", text)):
            if name not in words and not name.startswith(COMPOUND):
                dead.add(f"{path.name}: {name}")
    assert dead == set()
