"""The notebooks as files: written as text, and stored with outputs that can be read where nothing runs.

    python tests/notebook_files.py            # builds all notebooks from their texts, and the concordance
    python tests/notebook_files.py 03 04      # those notebooks whose names begin so, and the concordance

A text in `notebooks/text` is what people write and review (MyST Markdown, read by jupytext). From it comes
the notebook: executed, each picture stored as a bitmap. GitHub, nbviewer and an untrusted JupyterLab run no
script and show no SVG, or show it wrong; a bitmap they all show.
"""

import base64
import io
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext
import nbformat
from browser import bitmap, chromium, opened, viewport
from nbclient import NotebookClient
from PIL import Image
from selenium.webdriver.common.by import By

FOLDER = Path(__file__).parent.parent / "notebooks"
TEXTS = sorted((FOLDER / "text").glob("*.md"))
CONCORDANCE = FOLDER.parent / "docs/concordance"
MYST = {"extension": ".md", "format_name": "myst"}
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
PATIENCE = 120  # seconds for one cell, on a busy machine
SHARP, BROADEST = 2, 2000  # pixels of a bitmap for one of the page's, as long as it is no broader than this
COLOURS = 64  # enough for boxes, arrows and smooth letters: a quarter of the bytes

CHECK = "check"
"""The tag of a cell that checks the numbers in the prose: the tests run it, and no notebook contains it."""
VARIES = "varies"
"""The tag of a cell that prints times or the like: its outputs are not stored."""


def notebook_of(text):
    """The path of the notebook that belongs to a text."""
    return FOLDER / f"{text.stem}.ipynb"


def is_check(cell):
    return CHECK in cell.metadata.get("tags", ())


def written(text):
    """The notebook that a text describes, not yet run: its checks stay in the text."""
    notebook = jupytext.read(text, fmt=MYST)
    notebook.cells = [cell for cell in notebook.cells if not is_check(cell)]
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place:02}"
    notebook.metadata.clear()
    notebook.metadata.update(kernelspec=KERNEL, language_info={"name": "python"})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


CHECKER = """
_kept = {}


def _check(source):
    names = {**_kept, **globals()}
    exec(source, names)
    _kept.update((name, value) for name, value in names.items() if name not in globals())
"""
"""Runs a check beside the notebook: what it assigns is seen by later checks, and by no other cell."""


def checked(text):
    """The notebook with its checks in their places, and its hidden answers at the end; not yet run."""
    notebook = written(text)
    kept = iter(notebook.cells)
    tags = {"tags": [CHECK]}
    cells = [
        nbformat.v4.new_code_cell(f"_check({cell.source!r})", metadata=tags) if is_check(cell) else next(kept)
        for cell in jupytext.read(text, fmt=MYST).cells
    ]
    answered = [nbformat.v4.new_code_cell(code) for code in answers(notebook)]
    notebook.cells = [nbformat.v4.new_code_cell(CHECKER), *cells, *answered]
    return notebook


def client(notebook):
    """Runs a notebook where it stands, with the files beside it; what a cell prints is one output."""
    return NotebookClient(
        notebook,
        timeout=PATIENCE,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(FOLDER)}},
        coalesce_streams=True,
    )


def answers(notebook):
    """The code of the hidden answers: what stands in fences behind "Answer"."""
    hidden = [
        part
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for part in re.findall("<details>(.*?)</details>", cell.source, re.DOTALL)
    ]
    return [code for part in hidden for code in re.findall("```python\n(.*?)```", part, re.DOTALL)]


def stored(notebook, draw):
    """What of an executed notebook is stored: no script, no time, and bitmaps that ``draw`` makes of SVGs."""
    notebook.metadata.language_info = {"name": "python"}
    for place, cell in enumerate(code_cells(notebook), start=1):
        cell.execution_count = place
        cell.metadata.pop("execution", None)
        if VARIES in cell.metadata.get("tags", ()):
            cell.outputs = []
        for output in cell.outputs:
            _keep(output, place, draw)
    return notebook


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _keep(output, place, draw):
    if "execution_count" in output:
        output.execution_count = place
    html = output.get("data", {}).get("text/html", "")
    svg = picture(html)
    if svg:
        png, size = draw(svg)
        output.data = {"image/png": png, "text/plain": output.data["text/plain"]}
        output.metadata = {"image/png": size}
    elif html:
        output.data["text/html"] = re.sub("<style>.*?</style>", "", html, flags=re.DOTALL)


def picture(html):
    """The SVG in one of our views, which it shows where no script may run; None in other HTML."""
    found = re.search('<div class="chainrule-view".*?src="data:image/svg.xml;base64,([^"]+)"', html)
    return base64.b64decode(found[1]).decode() if found else None


def artist(driver, folder):
    """A function from an SVG to its bitmap, as a browser draws it, and its size in CSS pixels."""

    def draw(svg):
        opened(driver, folder, f"<style>body {{ margin: 0; background: white }}</style>{svg}")
        box = driver.find_element(By.TAG_NAME, "svg").rect
        size = {side: round(box[side]) for side in ("width", "height")}
        clip = {"x": 0, "y": 0, **size, "scale": min(SHARP, BROADEST / size["width"])}
        with viewport(driver, **size):
            return _small(bitmap(driver, clip)), size

    return draw


def _small(png):
    """The same bitmap in few colours."""
    small = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS).save(small, "png", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def build(text, draw):
    """Run what a text describes, and store it as a notebook."""
    notebook = written(text)
    client(notebook).execute()
    nbformat.write(stored(notebook, draw), notebook_of(text))


def main(begins):
    """Build the notebooks whose names begin so, and the concordance, which names their cells."""
    with chromium() as driver, TemporaryDirectory() as folder:
        for text in TEXTS:
            if text.stem.startswith(tuple(begins or [""])):
                print(f"{text.stem} …", flush=True)
                build(text, artist(driver, Path(folder)))
    written_anew = subprocess.run([sys.executable, CONCORDANCE], stdout=subprocess.PIPE, check=True)
    CONCORDANCE.with_suffix(".md").write_bytes(written_anew.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
