"""Open a page or a picture in a browser, for programs that cannot show it themselves."""

from __future__ import annotations

import tempfile
import webbrowser
from pathlib import Path

from . import saving


def page(text: str, stem: str, ending: str = "html") -> None:
    """Write a text to a temporary file, and open it in the browser.

    Raises RuntimeError, with the file's path, if there is no browser to open it.
    """
    folder = Path(tempfile.mkdtemp(prefix="chainrule-"))
    path = folder / f"{stem}.{ending}"
    saving.write(path, text)
    if not webbrowser.open(path.as_uri()):
        raise RuntimeError(f"found no browser to open; the file is {path}")
