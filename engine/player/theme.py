"""The colours of a page as CSS variables: those of the pictures, light and dark.

>>> theme().splitlines()[0][:53]
'.chainrule-view { --paper: #ffffff; --ink: #1a1a1a; -'
"""

from __future__ import annotations

from engine.rendering.style import KINDS, PALETTE, PATHS, TELLS

OWN = {
    "light": {
        "ink": "#1a1a1a", "muted": "#5c5c5c", "pale": "#949494", "line": "#c4c4c4", "raised": "#f4f5f7",
        "accent": "#0072b2", "on-accent": "#ffffff", "focus": "#b34700", "alarm": "#a32900",
        "active": "#c2185b",
    },
    "dark": {
        "ink": "#eceff4", "muted": "#a6adba", "pale": "#6e6e6e", "line": "#4a505c", "raised": "#1f2430",
        "accent": "#56b4e9", "on-accent": "#111111", "focus": "#e69f00", "alarm": "#ff9a66",
        "active": "#f0e442",
    },
}  # fmt: skip
"""What no picture has: of text, lines and buttons, and of what a step is about."""


def theme() -> str:
    """The style rules that set the variables on every view; what the page tells of its theme wins."""
    light, dark = map(_variables, ("light", "dark"))
    return "\n".join(
        [
            f".chainrule-view {{ {light} {_shared()} }}",
            f"@media (prefers-color-scheme: dark) {{ .chainrule-view {{ {dark} }} }}",
            f":is({TELLS['light']}) .chainrule-view {{ {light} }}",
            f":is({TELLS['dark']}) .chainrule-view {{ {dark} }}",
        ]
    )


def _variables(name: str) -> str:
    return f"{_set({'paper': PALETTE[name]['ground']} | OWN[name])} color-scheme: {name};"


def _shared() -> str:
    """The hues of kinds and of paths, which are the same in both themes."""
    colours = {f"{kind}-{part}": hues[part] for kind, hues in KINDS.items() for part in ("fill", "ink")}
    return _set(colours | {f"path{k}": colour for k, colour in enumerate(PATHS, start=1)})


def _set(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
