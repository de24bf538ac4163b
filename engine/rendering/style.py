"""The colours of pictures, light and dark, and the style sheet that is made of them.

The hues are Okabe and Ito's, or lie between them; kinds differ in shape too, signs in the label's text, and
paths in their dashes. On a box all text has a contrast of at least 4.5. What stands on the page itself has
4.5 on the ground of its own theme, and 3 on that of the other: a picture in an ``<img>`` knows what the
browser prefers, but not what the page looks like. What is dim is there to be recognised: its text has 3.
"""

from __future__ import annotations

from functools import cache
from itertools import chain

PATHS = ("#963cd2", "#e1780f", "#007878", "#b478f0", "#b44b0f", "#1ea596")
"""The hues of paths on any ground: any two of them differ for the colour-blind as well."""
DASHES = ("none", "12 4", "2 4", "10 4 2 4", "5 4", "10 4 2 4 2 4")
"""The dashes of the same paths."""

KINDS = {
    "input": {"fill": "#56b4e9", "ink": "#1a1a1a", "rim": "#0072b2"},
    "parameter": {"fill": "#2fb890", "ink": "#1a1a1a", "rim": "#008060"},
    "constant": {"fill": "#d4d4d4", "ink": "#1a1a1a", "rim": "#7a7a7a"},
    "inner": {"fill": "#0072b2", "ink": "#ffffff", "rim": "#0072b2"},
    "root": {"fill": "#e69f00", "ink": "#1a1a1a", "rim": "#b34700"},
    "group": {"fill": "#cc79a7", "ink": "#1a1a1a", "rim": "#a3527c"},
}
"""For each kind of box its header's colour, the text on that, and the border; the same in both themes."""
BORDERS = dict.fromkeys(KINDS, 1) | {"parameter": 2, "constant": 2, "root": 3}
"""How broad the border of each kind is, in pixels."""
INSET = 3
"""From the border of a group to the second one inside."""

PALETTE = {
    "light": {
        "ground": "#ffffff", "text": "#6b6b6b", "positive": "#0072b2", "negative": "#b34700",
        "body": "#ffffff", "ink": "#1a1a1a",
        "dim": "#ececec", "dim-ink": "#808080", "dim-rim": "#bdbdbd",
        "dim-line": "#c4c4c4", "dim-text": "#8c8c8c",
    },
    "dark": {
        "ground": "#111111", "text": "#8f8f8f", "positive": "#3d9bd1", "negative": "#d27d28",
        "body": "#1f2430", "ink": "#eceff4",
        "dim": "#2b303b", "dim-ink": "#838994", "dim-rim": "#4a505c",
        "dim-line": "#50555f", "dim-text": "#707070",
    },
}  # fmt: skip
"""For each theme its colours by name: of the page and what stands on it, of a box's body and its text, and of
what is dim: a box, its text and border, a line, and text on the page."""

_SHAPES = [
    ("text", "text-anchor: middle"),
    (".note, .frame, .word", "text-anchor: start"),
    (".head", "font-weight: bold"),
    (".edge path, .wire path", "fill: none"),
    (".layer rect", "fill: #808080; fill-opacity: 0.08"),
    (".neuron rect", "fill: none"),
    (".cluster rect", "stroke-opacity: 0.5"),
]
_BOXES = [
    rule
    for kind, colours in KINDS.items()
    for rule in (
        (f".{kind} rect", f"fill: {colours['fill']}; stroke: {colours['rim']}"),
        (f".{kind} .head", f"fill: {colours['ink']}"),
    )
]
_RIMS = [
    *((f".{kind} rect", f"stroke-width: {width}") for kind, width in BORDERS.items() if width > 1),
    (".constant rect", "stroke-dasharray: 4 3"),
    (".group path", f"stroke: {KINDS['group']['rim']}"),
]
# More specific than the rules for signs: a hue wins.
_HUES = [
    rule
    for hue, (colour, dashes) in enumerate(zip(PATHS, DASHES, strict=True), start=1)
    for rule in (
        (f".edge.path{hue} path, .wire.path{hue} path", f"stroke: {colour}; stroke-dasharray: {dashes}"),
        (f".edge.path{hue} polygon, .wire.path{hue} polygon", f"fill: {colour}"),
    )
]
# In braces the names of a theme's colours. What is dim comes last: it wins over its kind or sign.
_THEMED = [
    (".node path, .sample path", "fill: {body}"),
    (".row", "fill: {ink}"),
    (".edge text, .edge polygon, .wire polygon, .note, .frame, .word", "fill: {text}"),
    (".edge path, .wire path, .cluster rect", "stroke: {text}"),
    (".positive path", "stroke: {positive}"),
    (".positive text, .positive polygon", "fill: {positive}"),
    (".negative path", "stroke: {negative}"),
    (".negative text, .negative polygon", "fill: {negative}"),
    (".edge[class*=path] text", "fill: {text}"),
    (".node.dim rect", "fill: {dim}; stroke: {dim-rim}"),
    (".group.dim path", "stroke: {dim-rim}"),
    (".dim .head, .dim .row", "fill: {dim-ink}"),
    (".edge.dim path", "stroke: {dim-line}"),
    (".edge.dim polygon", "fill: {dim-line}"),
    (".edge.dim text", "fill: {dim-text}"),
]

TELLS = {
    "light": (
        'body[data-jp-theme-light="true"], .vscode-light, .vscode-high-contrast-light, [data-theme="light"]'
    ),
    "dark": (
        'body[data-jp-theme-light="false"], .vscode-dark, '
        '.vscode-high-contrast:not(.vscode-high-contrast-light), [data-theme="dark"]'
    ),
}
"""How the page around a picture tells its theme: JupyterLab, VS Code, and pages that let a reader choose."""


@cache
def sheet() -> str:
    """The style sheet: light, dark where the browser prefers it; what the page itself says wins over both.

    It has no variables, and what is new stands in rules of its own: programs that are no browsers read it.

    >>> print(sheet()[:39])
    .chainrule text { text-anchor: middle }
    """
    plain = [*_SHAPES, *_BOXES, *_RIMS, *_HUES]
    parts = [
        _rules(plain, ".chainrule"),
        _themed("light", ".chainrule"),
        ["@media (prefers-color-scheme: dark) {"],
        _themed("dark", ".chainrule"),
        ["}"],
        # `:where` counts for nothing: a rule is as specific here as it is above.
        *(_themed(theme, f":where({tells}) .chainrule") for theme, tells in TELLS.items()),
    ]
    return "\n".join(chain.from_iterable(parts)) + "\n"


def _themed(theme: str, scope: str) -> list[str]:
    return _rules([(names, what.format_map(PALETTE[theme])) for names, what in _THEMED], scope)


def _rules(rules: list[tuple[str, str]], scope: str) -> list[str]:
    return [
        f"{', '.join(f'{scope} {name}' for name in names.split(', '))} {{ {what} }}" for names, what in rules
    ]
