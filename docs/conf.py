"""Sphinx reads this file; `python docs/build.py` calls it."""

import chainrule

project = "chainrule"
author = "the chainrule authors"
version = release = chainrule.__version__
copyright = "MIT licence"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["built"]
html_theme = "furo"
html_title = "chainrule"
html_show_sphinx = False
html_copy_source = False
html_favicon = "static/icon.svg"
html_extra_path = ["docs/llms.txt"]
html_static_path = ["static"]
html_theme_options = {"footer_icons": [], "source_view_link": ""}

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
html_js_files = ["temml.min.js"]
html_css_files = ["home.css", "Temml-Local.css"]
