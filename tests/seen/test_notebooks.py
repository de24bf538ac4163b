"""The notebooks: what is written, what is stored and what a run gives agree; the hidden answers hold."""

import ast
import math
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import zip_longest

import nbformat
import pytest
from notebook_files import (
    FOLDER,
    TEXTS,
    VARIES,
    answers,
    checked,
    client,
    code_cells,
    is_check,
    notebook_of,
    stored,
    written,
)
from packaging.requirements import Requirement

from engine import Guess

README = (FOLDER / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"-?−?\d+(?:\.\d+)?(?:e[-+−]?\d+)?")
CLOSE = 1e-3  # of numbers in outputs: another machine rounds otherwise, and a training carries it on
TINY = 1e-6  # what is smaller is a rounding error, which another machine may have otherwise
OURS = {"engine", "nn", "own_engine"}  # the last one is a file beside the notebooks
LARGEST = 1_500_000  # bytes; GitHub shows no notebook that is much larger

each_text = pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)


def as_stored(text):
    return nbformat.read(notebook_of(text), as_version=4)


def executed(text):
    """A notebook that has just been run with its checks and hidden answers; pictures are left out."""
    notebook = checked(text)
    client(notebook).execute()
    ids = {cell.id for cell in written(text).cells}
    notebook.cells = [cell for cell in notebook.cells if cell.id in ids]
    return stored(notebook, lambda _svg: ("", {}))


def test_every_notebook_has_its_text():
    """None is written past its text, and none was lost on the way."""
    assert [path.stem for path in sorted(FOLDER.glob("*.ipynb"))] == [text.stem for text in TEXTS]
    assert len(TEXTS) == 10


def test_the_readme_tells_of_every_notebook():
    """Each has its row, and the command that opens them is the one that CI runs from the project's README."""
    assert re.findall(r"^\| \[\w+\]\((\w+)\.ipynb\)", README, re.MULTILINE) == [text.stem for text in TEXTS]
    (command,) = re.findall(r"^python3 .*$", README, re.MULTILINE)
    assert command in (FOLDER.parent / "README.md").read_text(encoding="utf-8").splitlines()


@each_text
def test_the_readme_states_honest_reading_times(text):
    """The minutes of the table are those that words, lines of code and displayed formulas take, to 5."""
    row = re.search(rf"^\| \[{text.stem}\].*? \| (\d+) \|", README, re.MULTILINE)
    cells = [cell for cell in written(text).cells if not cell.source.startswith("# Your turn")]
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    prose = re.sub("<details>.*?</details>", "", prose, flags=re.DOTALL)
    formulas = re.findall(r"\$\$.*?\$\$", prose, re.DOTALL)
    words = len(re.sub(r"\$\$.*?\$\$", "", prose, flags=re.DOTALL).split())
    lines = sum(bool(line.strip()) for cell in code_cells(written(text)) for line in cell.source.splitlines())
    assert abs(int(row[1]) - (words / 150 + lines / 15 + len(formulas) / 2)) <= 4


@each_text
def test_a_notebook_is_what_its_text_says(text):
    """Cell by cell: what is reviewed is the text, and the notebook is built from it."""
    kept = [(cell.cell_type, cell.source, cell.metadata, cell.id) for cell in as_stored(text).cells]
    assert kept == [(cell.cell_type, cell.source, cell.metadata, cell.id) for cell in written(text).cells]


@each_text
@pytest.mark.filterwarnings("default")  # those of the notebook machinery; the kernel's own are looked for
def test_a_notebook_runs_and_says_what_is_stored(text):
    """Cells, hidden checks and hidden answers run, stderr stays empty, and each output is the stored one."""
    now, before = code_cells(executed(text)), code_cells(as_stored(text))
    assert [output for cell in now for output in cell.outputs if output.get("name") == "stderr"] == []
    for cell, kept in zip(now, before, strict=True):
        for output, its in zip_longest(cell.outputs, kept.outputs, fillvalue={}):
            assert set(output.get("data", ())) == set(its.get("data", ())), cell.source
            assert alike(words(output), words(its)), f"{cell.source}\n{words(output)}\n{words(its)}"


def words(output):
    """All that an output says in words."""
    data = output.get("data", {})
    return "\n".join(
        [output.get("text", ""), *(data[form] for form in sorted(data) if form.startswith("text/"))]
    )


def alike(one, other):
    """Whether two texts are the same, their numbers up to rounding."""
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    pairs = zip(numbers(one), numbers(other), strict=True)
    return all(math.isclose(a, b, rel_tol=CLOSE, abs_tol=TINY) for a, b in pairs)


def numbers(text):
    return [float(number.replace("−", "-").replace("--", "-")) for number in NUMBER.findall(text)]


@each_text
def test_what_is_stored_can_be_read_anywhere(text):
    """No script, SVG or style, which viewers strip, but bitmaps, at least two; and no file is too large."""
    outputs = [output for cell in code_cells(as_stored(text)) for output in cell.outputs]
    data = [output.data for output in outputs if "data" in output]
    assert not any("image/svg+xml" in forms for forms in data)
    assert not any(re.search("<script|<style|<svg", forms.get("text/html", "")) for forms in data)
    assert sum("image/png" in forms for forms in data) >= 2
    assert notebook_of(text).stat().st_size < LARGEST


@each_text
def test_a_notebook_asks_before_it_shows(text):
    """A title, questions to predict, checks that hold, and at the end exercises with hidden answers."""
    notebook = written(text)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert prose.startswith("# ")
    assert prose.count("**Predict:**") >= 3
    _, exercises = prose.split("\n## Exercises\n")
    count = len(re.findall(r"^\*\*\d\.\*\*", exercises, re.MULTILINE))
    assert 2 <= count <= 4
    assert exercises.count("<details><summary>Answer</summary>") == count == len(answers(notebook))
    assert all("assert" in answer for answer in answers(notebook))
    checks = [cell for cell in checked(text).cells if is_check(cell)]
    assert len(checks) >= 3
    assert all("assert" in cell.source for cell in checks)
    assert not any(is_check(cell) for cell in notebook.cells)


@each_text
def test_each_question_is_asked_and_its_answer_folded(text):
    """Behind each prediction stands a cell that checks it, and then the folded answer, which it takes."""
    cells = written(text).cells
    asked = 0
    for before, cell, after in zip(cells, cells[1:], cells[2:], strict=False):
        if "**Predict:**" in before.source:
            asked += before.source.count("**Predict:**")
            guess = guess_in(cell.source)
            folded = re.match(r"<details><summary>Answer</summary>\n\n\*\*(.+?)\*\*", after.source)
            assert guess.judge(folded[1]), cell.source
            assert guess.judge(...).kind == "open"
    assert asked == sum(cell.source.count("**Predict:**") for cell in cells) >= 3


@each_text
def test_each_exercise_can_be_checked(text):
    """What is the learner's turn is a question, and what its cell says gives nothing away."""
    turns = [cell for cell in as_stored(text).cells if cell.source.startswith("# Your turn")]
    assert len(turns) >= 2
    for cell in turns:
        assert "check(" in cell.source or ".judge(" in cell.source
        said = "".join(words(output).strip() for output in cell.outputs)
        assert said.startswith("Put your answer in place of") or not said
        if "Guess(" in cell.source:
            assert guess_in(cell.source)


def guess_in(source):
    """The guess that a cell asks for, made anew: its seal opens for one of its choices."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    (call,) = [node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "Guess"]
    return Guess(
        *map(ast.literal_eval, call.args), **{k.arg: ast.literal_eval(k.value) for k in call.keywords}
    )


@each_text
def test_only_known_tags_are_used(text):
    """A misspelt tag would store what varies, or show what is to be hidden."""
    tags = {tag for cell in written(text).cells for tag in cell.metadata.get("tags", ())}
    assert tags <= {VARIES}


@each_text
def test_the_extra_brings_what_a_notebook_imports(text):
    """Whoever installs the extra `notebooks` can run them all."""
    code = "\n".join([*(cell.source for cell in code_cells(written(text))), *answers(written(text))])
    nodes = [*ast.walk(ast.parse(code))]
    named = [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    named += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    foreign = {name.split(".")[0] for name in named} - sys.stdlib_module_names - OURS
    distributions = packages_distributions()
    assert {distributions[module][0] for module in foreign} <= brought("notebooks") | {"numpy"}


def brought(extra):
    """The packages that an extra names, also by way of other extras of ours."""
    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named, waiting = set(), [extra]
    while waiting:
        for text in project["optional-dependencies"][waiting.pop()]:
            requirement = Requirement(text)
            named.add(requirement.name)
            waiting += requirement.extras if requirement.name == project["name"] else []
    return named
