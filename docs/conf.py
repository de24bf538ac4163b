"""Sphinx reads this file; `python docs/build.py` calls it."""

from importlib import import_module
from operator import attrgetter
from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, GoogleDocstring

import chainrule
from engine.doors import Instead

project = "chainrule"
author = "the chainrule authors"
version = release = chainrule.__version__
copyright = "2026, the chainrule authors; MIT licence"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["built"]
html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = "chainrule"
html_show_sphinx = False
html_copy_source = False
html_favicon = "static/icon.svg"
html_extra_path = ["docs/llms.txt"]
html_static_path = ["static"]
SANS = 'Inter, "Segoe UI", "Helvetica Neue", "Liberation Sans", Arial, system-ui, sans-serif'
CODE = 'ui-monospace, "Cascadia Mono", "Liberation Mono", Menlo, monospace'
FONTS = {"font-stack": SANS, "font-stack--monospace": CODE, "font-stack--headings": SANS}


def colours(ground: str, sunk: str, line: str, ink: str, soft: str) -> dict[str, str]:
    """Furo's names for the colours of the pages that chainrule writes."""
    return FONTS | {
        "color-background-primary": ground,
        "color-background-secondary": sunk,
        "color-background-hover": sunk,
        "color-background-border": line,
        "color-code-background": sunk,
        "color-inline-code-background": sunk,
        "color-foreground-primary": ink,
        "color-foreground-secondary": soft,
        "color-foreground-muted": soft,
        "color-foreground-border": line,
        "color-api-name": ink,
        "color-api-pre-name": soft,
        "color-brand-primary": ink,
        "color-brand-content": ink,
        "color-brand-visited": ink,
        "color-sidebar-link-text": ink,
        "color-sidebar-caption-text": soft,
        "mystnb-source-bg-color": sunk,
        "mystnb-stdout-bg-color": ground,
    }


html_theme_options = {
    "footer_icons": [],
    "source_view_link": "",
    "light_css_variables": colours("#fbfaf7", "#f4f2ec", "#dcd8cf", "#1d1c1a", "#5c5952"),
    "dark_css_variables": colours("#15161a", "#1e2025", "#34363d", "#eeece6", "#b0ada4"),
}

myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 3
# Run when the site is built, the notebooks show live pictures and pages; as stored, they show bitmaps.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
suppress_warnings = ["misc.highlighting_failure"]  # `%` and `!` of notebooks are not Python


# Sphinx marks the formulas up for MathJax; Temml, which is a fiftieth of its size, makes MathML of them.
mathjax_path = "site.js"
html_js_files = ["temml.min.js", "site.js"]
html_css_files = ["site.css", "Temml-Local.css", "math.css"]


def sections(app: Sphinx, what: str, *rest: Any) -> None:
    """Read Args and Raises as Napoleon does; it would read "The name: plain text" of a property as a type."""
    name, described, options, lines = rest
    if what not in {"attribute", "data", "property"}:
        lines[:] = GoogleDocstring(lines, Config(), app, what, name, described, options).lines()


def source(_: Sphinx, module: str, name: str) -> str:
    """Return the module whose source a name leads to: for a constant its own, not that of its type."""
    try:
        home = attrgetter(name)(import_module(module)).__module__ or module
    except AttributeError:  # a field, or a constant
        home = module
    return home if home.split(".")[0] in {"chainrule", "engine", "nn"} else module


def advice(*call: Any) -> bool | None:
    """Leave out what a class does not have and only gives advice on; of anything else Sphinx decides."""
    return True if isinstance(call[3], Instead) else None


def setup(app: Sphinx) -> None:
    """Connect what this file adds to Sphinx."""
    app.connect("autodoc-skip-member", advice)
    app.connect("autodoc-process-docstring", sections)
    app.connect("viewcode-follow-imported", source)
