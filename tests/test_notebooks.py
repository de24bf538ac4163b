"""The notebooks run from top to bottom, without warnings, and are stored without outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(notebook, kind):
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def test_there_are_notebooks():
    """None was lost on the way: the list of files is not empty."""
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path):
    """Outputs and execution counts are stripped, so that a diff shows what a person changed."""
    for cell in cells(nbformat.read(path, as_version=4), "code"):
        assert cell.outputs == []
        assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings(
    "default"
)  # those of the notebook machinery; the kernel's own are looked for below
def test_a_notebook_runs(path):
    """Every cell runs, hidden assertions hold, stderr stays empty; drawings come as SVG, pages as HTML."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in cells(notebook, "code") for output in cell.outputs]
    assert [output for output in outputs if output.get("name") == "stderr"] == []
    for call, form in ((".draw(", "image/svg+xml"), (".play(", "text/html")):
        for cell in cells(notebook, "code"):
            if call in cell.source:
                assert form in cell.outputs[-1].data
