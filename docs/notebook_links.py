"""A notebook as a program for the playground, and the link that carries it.

What needs NumPy, Matplotlib or the engine's sources is left out; too much of it, and there is no link.
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

LACKING = {"engine.tape", "inspect", "nn.equations"}
OURS = {"chainrule", "engine", "nn", "own_engine"}
FEW = 0.3
"""Of the cells, at most this part may be left out."""

GONE = "# Here the notebook has what the playground lacks: a plot, NumPy, or the engine's source."


def program(notebook: Path) -> str | None:
    """The cells of a notebook, each showing its last value; None where too much is lacking."""
    lost: dict[str, str] = {}
    written, cells, left_out = [], 0, 0
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            written += [f"# ── {line.lstrip('# ')} ──" for line in text.splitlines() if line.startswith("#")]
        elif cell["cell_type"] == "code":
            cells += 1
            kept = _kept(text, lost)
            left_out += kept is None
            written.append(kept or GONE)
    written = [text for text, before in zip(written, [None, *written], strict=False) if text != before]
    return "\n\n".join(written) + "\n" if left_out <= FEW * cells else None


def link(code: str) -> str:
    """What follows the address of the playground: the program, compressed, as ``play/page.js`` reads it."""
    squeeze = zlib.compressobj(9, wbits=-15)
    packed = squeeze.compress(code.encode()) + squeeze.flush()
    return "#code=" + urlsafe_b64encode(packed).decode().rstrip("=")


def _kept(text: str, lost: dict[str, str]) -> str | None:
    """A cell without imports of what is lacking; None if it uses them. ``lost`` learns their names."""
    statements = ast.parse(text).body
    imports = [one for one in statements if isinstance(one, ast.Import | ast.ImportFrom) and _lacks(one)]
    rest = [one for one in statements if one not in imports]
    names = [node for one in rest for node in ast.walk(one) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if isinstance(node.ctx, ast.Store)} | {
        one.name for one in rest if isinstance(one, ast.FunctionDef | ast.ClassDef)
    }
    lost |= {alias.asname or alias.name.split(".")[0]: "" for one in imports for alias in one.names}
    if any(node.id in lost and isinstance(node.ctx, ast.Load) and node.id not in bound for node in names):
        lost |= dict.fromkeys(bound, "")
        return None
    for name in bound:
        lost.pop(name, None)
    lines = text.splitlines()
    if rest and isinstance(last := rest[-1], ast.Expr) and not ast.unparse(last).startswith("print("):
        end = lines[last.end_lineno - 1].encode()  # columns count bytes
        lines[last.end_lineno - 1] = (end[: last.end_col_offset] + b")" + end[last.end_col_offset :]).decode()
        lines[last.lineno - 1] = f"display({lines[last.lineno - 1]}"
    gone = {row for one in imports for row in range(one.lineno - 1, one.end_lineno)}
    return "\n".join(line for row, line in enumerate(lines) if row not in gone).strip() or None


def _lacks(statement: ast.Import | ast.ImportFrom) -> bool:
    """Whether an import needs more than the playground has."""
    names = (
        [a.name for a in statement.names] if isinstance(statement, ast.Import) else [str(statement.module)]
    )
    known = sys.stdlib_module_names | OURS
    return any(name in LACKING or name.split(".")[0] not in known for name in names)
