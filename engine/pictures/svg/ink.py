"""The colours of pictures, light and dark, and the style sheet made from them.

Blue and orange mean the sign of a number and nothing else; kinds differ in shape and in quiet tints. All text
has a contrast of at least 4.5 with its background, in either theme and in every state: fading removes the
colour, not the contrast.
"""

from __future__ import annotations

from functools import cache
from itertools import chain

from .letters import SANS, SERIF

PALETTE = {
    "light": {
        "ground": "#ffffff", "ink": "#1c1f24", "soft": "#595f69", "wire": "#8b919a", "hair": "#d5d8dc",
        "positive": "#0b5cad", "negative": "#b0420a", "parameter": "#e0f1e9", "parameter-line": "#2a8663",
        "input": "#eef0f2", "input-line": "#7b828c", "inner": "#ffffff", "inner-line": "#434954",
        "root": "#2b3038", "root-ink": "#ffffff", "lit": "#fff4cc", "zero": "#f0f1f3",
    },
    "dark": {
        "ground": "#15171b", "ink": "#e8eaed", "soft": "#a4abb5", "wire": "#79818c", "hair": "#3a4049",
        "positive": "#7fb8ff", "negative": "#ff9f6b", "parameter": "#17382c", "parameter-line": "#5cc299",
        "input": "#272b32", "input-line": "#949ca7", "inner": "#1d2025", "inner-line": "#b9c0ca",
        "root": "#e8eaed", "root-ink": "#15171b", "lit": "#3d3715", "zero": "#262a31",
    },
}  # fmt: skip
"""The colours of each theme, by name: of the page and its contents, and of each kind, fill and line."""

THEMES = ("auto", "light", "dark")

_SHAPES = [
    ("text", f"font-family: {SANS}; white-space: pre"),
    (".serif", f"font-family: {SERIF}"),
    (".italic", f"font-family: {SERIF}; font-style: italic"),
    (".strong", "font-weight: bold"),
    (".line", "fill: none"),
    (".shape", "stroke-width: 1.4px"),
    (".zero .line", "stroke-dasharray: 1.5 4"),
    (".cite .shape", "stroke-dasharray: 3 2.5; stroke-width: 1px"),
    (".bare", "fill: none"),
]
# In braces: the names of a theme's colours. Later rules override earlier ones.
_THEMED = [
    (".ground", "fill: {ground}"),
    ("text", "fill: {ink}"),
    (".soft", "fill: {soft}"),
    (".line, .bracket", "stroke: {wire}"),
    (".stroke", "stroke: {ink}"),
    (".head", "fill: {wire}"),
    ("text.positive", "fill: {positive}"),
    ("text.negative", "fill: {negative}"),
    (".positive.known .line", "stroke: {positive}"),
    (".negative.known .line", "stroke: {negative}"),
    (".positive.known .head", "fill: {positive}"),
    (".negative.known .head", "fill: {negative}"),
    (".edge.zero.known .line", "stroke: {wire}"),
    (".edge.zero.known .head", "fill: {wire}"),
    (".parameter .shape", "fill: {parameter}; stroke: {parameter-line}"),
    (".input .shape, .constant .shape", "fill: {input}; stroke: {input-line}"),
    (".inner .shape, .group .shape", "fill: {inner}; stroke: {inner-line}"),
    (".root .shape", "fill: {root}; stroke: {root}"),
    (".root .glyph", "fill: {root-ink}"),
    (".card .shape", "fill: {inner}; stroke: {inner-line}"),
    (".card .band", "fill: {parameter}"),
    (".targets .shape", "fill: {input}; stroke: {root}"),
    (".targets .band", "fill: {root}"),
    (".chosen", "fill: {lit}; stroke: {parameter-line}"),
    (".cells", "fill: {zero}"),
    (".cell.positive", "fill: {positive}"),
    (".cell.negative", "fill: {negative}"),
    (".cell.nan", "fill: {soft}"),
    (".bar", "fill: {parameter-line}"),
    (".frame.parameter", "stroke: {parameter-line}"),
    (".frame.input", "stroke: {input-line}"),
    (".frame.inner", "stroke: {inner-line}"),
    (".edge.dim .line, .edge.dim.known .line", "stroke: {hair}"),
    (".edge.dim .head, .edge.dim.known .head", "fill: {hair}"),
    (
        ".dim text, .dim text.positive, .dim text.negative, text.dim, text.dim.positive, text.dim.negative",
        "fill: {soft}",
    ),
    (".dim .shape", "stroke: {hair}"),
    (".root.dim .shape", "fill: {inner}"),
    (".root.dim .glyph", "fill: {soft}"),
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
"""How the page around a picture reports its theme: JupyterLab, VS Code, and pages with a choice of themes."""


@cache
def sheet(theme: str = "auto") -> str:
    """Return the style sheet of a theme; ``auto`` is dark if the browser or the page around it is.

    It uses no variables, and newer features stand in separate rules, for programs other than browsers.
    """
    parts = [_rules(_SHAPES, ".chainrule"), _themed("light" if theme == "auto" else theme, ".chainrule")]
    if theme == "auto":
        parts += [
            ["@media (prefers-color-scheme: dark) {"],
            _themed("dark", ".chainrule"),
            ["}"],
            # `:where` adds no specificity: a rule is as specific here as it is above.
            *(_themed(name, f":where({tells}) .chainrule") for name, tells in TELLS.items()),
        ]
    return "\n".join(chain.from_iterable(parts)) + "\n"


def _themed(theme: str, scope: str) -> list[str]:
    return _rules([(names, what.format_map(PALETTE[theme])) for names, what in _THEMED], scope)


def _rules(rules: list[tuple[str, str]], scope: str) -> list[str]:
    return [
        f"{', '.join(f'{scope} {name}' for name in names.split(', '))} {{ {what} }}" for names, what in rules
    ]
