r"""Pictures and pages in HTML that need no server and no network, and show the picture without a script, too.

A *view* is an image of a picture; a script replaces it with the picture itself and makes that interactive.
Where scripts may not run (an untrusted notebook, a page that removes them) the image stays.

>>> from engine.pictures.svg import embed
>>> embed.as_json({"label": "</script>"})
'{"label":"\\u003c/script\\u003e"}'
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import saving
from engine.characters import escaped

from .letters import clean

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_UNSAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&"}
"""Characters that could end a script, or a line of one, from inside a JSON string."""

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""A page runs only its own content, and requests nothing from a network."""

VIEW_STYLE = """
.chainrule-view { overflow-x: auto }
.chainrule-view svg.chainrule { min-width: calc(.45 * var(--natural)); max-width: 100%; height: auto }
"""

PAGE_STYLE = """
:root { color-scheme: light dark }
body { margin: 0 auto; padding: 1rem; max-width: 100rem; background: #ffffff; color: #1a1a1a;
  font: 16px/1.5 Helvetica, Arial, "DejaVu Sans", sans-serif }
h1 { margin: 0 0 .75rem; font-size: 1.4rem; overflow-wrap: anywhere }
@media (prefers-color-scheme: dark) { body { background: #14171c; color: #eceff4 } }
"""


def as_json(payload: Any) -> str:
    """Return data as JSON that is safe inside a script element; raise ValueError for NaN and infinities.

    >>> as_json([1.5, "a"])
    '[1.5,"a"]'
    """
    text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return escaped(text).translate(_UNSAFE)


def image(svg: str, alt: str) -> str:
    """Return an SVG text as an image that contains all its data; ``alt`` is its text for screen readers.

    >>> image("<svg/>", "a < b")
    '<img alt="a &lt; b" src="data:image/svg+xml;base64,PHN2Zy8+">'
    """
    data = b64encode(svg.encode()).decode()
    return f'<img alt="{escape(clean(alt))}" src="data:image/svg+xml;base64,{data}">'


def view(
    kind: str, svg: str, alt: str, *, payload: Any = None, css: str = "", js: str = "", below: str = ""
) -> str:
    """Return HTML for a notebook's output: the image of a picture, and the script that makes it interactive.

    ``js`` defines ``mount(root, payload, svg)``, which is called with the view's element, with the payload,
    and with the inline ``<svg>`` that has replaced the image; its ids have a prefix, ``data-id`` holds the
    original ones. The script affects only views with the same content and leaves no global name. ``below``
    is HTML below the image. Raises ValueError for a text that would end its element early.

    >>> html = view("picture", "<svg/>", "nothing", js="function mount() {}")
    >>> html[:52], html.count("<script>")
    ('<div class="chainrule-view" data-view="picture" data', 1)
    """
    data = "" if payload is None else f'<script type="application/json">{as_json(payload)}</script>'
    inside = f"{image(svg, alt)}{below}{data}"
    key = sha256(f"{kind}{inside}{css}{js}".encode()).hexdigest()[:16]
    library, start = text(files(__package__) / "embed.js"), f'reviveAll("{key}", mount);'
    script = "\n".join(['(() => {\n"use strict";', without_comments(f"{library}\n{js}"), start, "})();"])
    return (
        f'<div class="chainrule-view" data-view="{kind}" data-key="{key}">{inside}</div>\n'
        f"<style>{_closed(VIEW_STYLE + css, '</style')}</style>\n"
        f"<script>{_closed(script, '</script', '<!--')}</script>\n"
    )


def document(title: str, body: str) -> str:
    """Return a whole page around views, with a title: one file that can be opened, sent, and read offline.

    >>> print(document("a < b", "<p>body</p>").splitlines()[5])
    <title>a &lt; b</title>
    """
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(clean(title))}</title>
<style>{PAGE_STYLE}</style>
</head>
<body data-page="chainrule">
<h1>{escape(clean(title))}</h1>
{body}
</body>
</html>
"""


def write(path: str | Path, page: str) -> None:
    """Write a page to a file, completely or not at all; raise ValueError unless it ends in .html or .htm."""
    if saving.ending(path) not in {"html", "htm"}:
        raise ValueError(f"cannot write {Path(path).name!r}: the ending must be .html")
    saving.write(path, page)


def text(file: Traversable) -> str:
    """Return the text of a file in our package, such as a script or a style sheet."""
    return file.read_text(encoding="utf-8")


_COMMENT = re.compile(r"^[ ]*(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)


def without_comments(script: str) -> str:
    r"""Return a script without the comments on separate lines: a page contains only code that runs.

    >>> without_comments("// why\na(); // here\n/** @type {A} */ (b)?.c();\n/** @type {number} */\nlet d;\n")
    'a(); // here\n/** @type {A} */ (b)?.c();\nlet d;\n'
    """
    return _COMMENT.sub("", script)


def _closed(source: str, *ends: str) -> str:
    """Return a text; raise ValueError if it would end its element early."""
    for end in ends:
        if end in source.lower():
            raise ValueError(f"a text that holds {end!r} cannot stand in HTML; write it in two parts")
    return source
