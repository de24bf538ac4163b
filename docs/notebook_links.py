"""A notebook as a program for the playground, and the link that carries it.

Cells that plot, or print the engine's source, are left out. A notebook that needs NumPy has no link.
"""

from __future__ import annotations

import ast
import json
import sys
import zlib
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OURS = {"chainrule", "engine", "nn", "own_engine"}
DISPLAY = {"inspect", "matplotlib"}
"""What the playground lacks, and a notebook can do without."""

ARRAYS = {"engine.tape", "nn.equations", "numpy", "sklearn"}
FEW = 1
"""Cells that may need NumPy."""

GONE = "# Here the notebook has what the playground lacks: a plot, NumPy, or the engine's source."


def program(notebook: Path) -> str | None:
    """The cells of a notebook, each showing its last value; None where it needs NumPy."""
    lost: dict[str, bool] = {}
    written: list[str] = []
    arrays = 0
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            written += [f"# ── {line.lstrip('# ')} ──" for line in text.splitlines() if line.startswith("#")]
        elif cell["cell_type"] == "code":
            kept, needs_arrays = _kept(text, lost)
            arrays += needs_arrays
            if [kept] != written[-1:]:
                written.append(kept)
    return "\n\n".join(written) + "\n" if arrays <= FEW else None


def link(code: str) -> str:
    """What follows the address of the playground: the program, compressed, as ``play/page.js`` reads it."""
    squeeze = zlib.compressobj(9, wbits=-15)
    packed = squeeze.compress(code.encode()) + squeeze.flush()
    return "#code=" + urlsafe_b64encode(packed).decode().rstrip("=")


def _kept(text: str, lost: dict[str, bool]) -> tuple[str, bool]:
    """What stays of a cell, and whether NumPy is missing. ``lost`` learns names, and whether for NumPy."""
    statements = ast.parse(text).body
    imports = [one for one in statements if isinstance(one, ast.Import | ast.ImportFrom) and _lacking(one)]
    for one in imports:
        names = [alias.asname or alias.name.split(".")[0] for alias in one.names]
        lost |= dict.fromkeys(names, _lacking(one) in ARRAYS)
    rest = [one for one in statements if one not in imports]
    used = [node for one in rest for node in ast.walk(one) if isinstance(node, ast.Name)]
    bound = {node.id for node in used if isinstance(node.ctx, ast.Store)}
    bound |= {one.name for one in rest if isinstance(one, ast.FunctionDef | ast.ClassDef)}
    needs = [lost[node.id] for node in used if node.id in lost and node.id not in bound]
    if needs:
        lost |= dict.fromkeys(bound, any(needs))
        return GONE, any(needs)
    for name in bound:
        lost.pop(name, None)
    lines = text.splitlines()
    if rest and isinstance(last := rest[-1], ast.Expr) and not ast.unparse(last).startswith("print("):
        end = lines[last.end_lineno - 1].encode()  # columns count bytes
        lines[last.end_lineno - 1] = (end[: last.end_col_offset] + b")" + end[last.end_col_offset :]).decode()
        lines[last.lineno - 1] = f"display({lines[last.lineno - 1]}"
    gone = {row for one in imports for row in range(one.lineno - 1, one.end_lineno)}
    left = "\n".join(line for row, line in enumerate(lines) if row not in gone).strip()
    return (left, False) if left or not imports else (GONE, False)


def _lacking(statement: ast.Import | ast.ImportFrom) -> str:
    """The module of an import that the playground has not, or nothing."""
    names = (
        [a.name for a in statement.names] if isinstance(statement, ast.Import) else [str(statement.module)]
    )
    for name in names:
        package = name.split(".")[0]
        if name in ARRAYS:
            return name
        if package in ARRAYS | DISPLAY or package not in sys.stdlib_module_names | OURS:
            return package
    return ""
