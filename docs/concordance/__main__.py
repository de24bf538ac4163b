"""The concordance of the five texts with this project, as a page.

    python docs/concordance > docs/concordance.md

It joins what stands in four places: the formulas of the texts (`formulas.txt`), the docstrings that end with
"In docs/concordance.md: calculus 6 to 9; lecture 14", the cells of notebooks with `:formulas: calculus 6, 7`,
and the slips (`slips.py`), whose numbers are computed anew.
"""

import ast
import json
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

import engine  # noqa: E402  (the checkout's own)
import nn  # noqa: E402  (as above)
from nn import equations  # noqa: E402  (as above)

HEAD = """# Concordance

From every formula, definition, algorithm and claim of the five texts to the function that computes it, the
command that shows it and the notebook cell in which it runs. This page is written by
`python docs/concordance > docs/concordance.md`.

In each table, the formula stands as the text prints it. Where that is a slip, its number is marked with
\\*, and a second table has the formula as printed beside the formula as meant, with the number that each of
them gives and the number that the engine computes, for the network in `docs/concordance/slips.py`. "[5]" is
the cell's number in the notebook. `examples.csv` is a file of examples: the inputs first, then the desired
outputs, one example a line.
"""


@dataclass
class Text:
    """One of the five texts: its key, its title, how it is numbered, and its formulas in order."""

    key: str
    title: str
    numbering: str
    formulas: list[tuple[str, str, str]]  # number, formula, command


def texts():
    """Read the texts in `formulas.txt`."""
    found = []
    for line in (HERE / "formulas.txt").read_text(encoding="utf-8").splitlines():
        parts = [part.strip() for part in line.strip("= ").split(" | ")]
        if line.startswith("= "):
            found.append(Text(*parts, []))
        elif line and not line.startswith("#"):
            number, formula, command = parts
            found[-1].formulas.append((number, formula, command))
    return found


ORDER = {text.key: [number for number, _, _ in text.formulas] for text in texts()}


def references(line):
    """Yield the formulas that a line names: "calculus 6 to 8; lecture 14" names four."""
    for part in line.split(";"):
        key, _, numbers = part.strip().partition(" ")
        for one in numbers.split(","):
            first, _, last = one.strip().partition(" to ")
            order = ORDER[key]
            yield from (f"{key} {n}" for n in order[order.index(first) : order.index(last or first) + 1])


def functions():
    """Find the names of the functions and classes whose docstrings name a formula."""
    found = defaultdict(list)
    for path in sorted([*(ROOT / "engine").rglob("*.py"), *(ROOT / "nn").rglob("*.py")]):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for name, docstring in documented(ast.parse(path.read_text(encoding="utf-8"))):
            if line := re.search(r"In docs/concordance\.md: (.*?)\.(?:\s|$)", " ".join(docstring.split())):
                for formula in references(line[1]):
                    found[formula].append(public(module, name))
    return found


def documented(tree, prefix=""):
    """Yield names and docstrings of functions, classes and methods."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield prefix + node.name, ast.get_docstring(node) or ""
            if isinstance(node, ast.ClassDef):
                yield from documented(node, f"{node.name}.")


def public(module, name):
    """Return the name under which people import it."""
    top, dot, rest = name.partition(".")
    for package in (engine, nn, equations):
        for exported in package.__all__:
            found = getattr(package, exported)
            if getattr(found, "__module__", "") == module and getattr(found, "__name__", "") == top:
                return f"{package.__name__}.{exported}{dot}{rest}"
    return f"{module}.{name}"


def cells():
    """Find the notebook cells that run a formula: notebook, number of the cell, heading above it."""
    found = defaultdict(list)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        heading = ""
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if titles := re.findall(r"^##+ (.*)", "".join(cell["source"]), re.MULTILINE):
                heading = titles[-1] if cell["cell_type"] == "markdown" else heading
            for formula in references(cell["metadata"]["formulas"]) if "formulas" in cell["metadata"] else ():
                found[formula].append((path.name, cell["execution_count"], heading))
    return found


def table(header, rows):
    """Yield the lines of a Markdown table."""
    for row in (header, ["---"] * len(header), *rows):
        yield f"| {' | '.join(row)} |"


def page():
    """Return the whole page."""
    from slips import slips  # noqa: PLC0415  (a test reads the data without the numbers)

    ours, theirs, all_slips = functions(), cells(), list(slips())
    slipped = {slip.formula for slip in all_slips}
    lines = [HEAD]
    for text in texts():
        lines += [f"## *{text.title}*", "", text.numbering, ""]
        rows = []
        for number, formula, command in text.formulas:
            key = f"{text.key} {number}"
            by_notebook = defaultdict(list)
            for notebook, cell, _ in theirs[key]:
                by_notebook[notebook].append(f"[{cell}]")
            places = [
                f"[{name.removesuffix('.ipynb')}](../notebooks/{name}) {', '.join(where)}"
                for name, where in by_notebook.items()
            ]
            names = ", ".join(f"`{name}`" for name in ours[key])
            star = "\\*" if key in slipped else ""
            rows.append([f"{number}{star}", f"`{formula}`", names, f"`{command}`", "; ".join(places)])
        lines += table(["no.", "formula", "functions", "command", "notebook cells"], rows)
        lines += ["", "### Slips", ""]
        rows = [
            [
                slip.formula.split()[1],
                f"`{slip.printed}`",
                f"`{slip.meant}`",
                slip.what,
                *(f"{x:.6g}".replace("-", "−") for x in (slip.by_printed, slip.by_meant, slip.by_engine)),
            ]
            for slip in all_slips
            if slip.formula.split()[0] == text.key
        ]
        lines += table(["no.", "as printed", "as meant", "computed", "printed", "meant", "engine"], rows)
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(page(), end="")
