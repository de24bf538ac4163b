"""What the playground shows of an expression or a program, as JSON."""

from __future__ import annotations

import ast
import builtins
import json
import linecache
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from io import TextIOBase
from typing import Any, NoReturn

import engine
from engine import Value, parse
from engine.formula import whole
from engine.parsing.parser import CONSTANTS, names_in
from engine.pictures.contents import kinds
from engine.pictures.snapshot import Snapshot
from engine.pictures.svg import embed

PROGRAM = "<program>"
LIMIT = 20_000
"""Characters of output that are shown; what a loop prints beyond is counted and not kept."""

NEED_NUMPY = ("numpy", "engine.tape", "nn.equations", "nn.ledger", "nn.replay")
"""Modules that are there, or work, only together with NumPy."""


class Output(TextIOBase):
    """What a program prints and displays, in this order, as a notebook has it."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []
        self.printed: dict[str, str] | None = None
        self.room, self.lost = LIMIT, 0

    def write(self, text: str) -> int:
        """Add to the last text, or begin one below what was displayed."""
        kept = text[: self.room]
        self.room -= len(kept)
        self.lost += len(text) - len(kept)
        if kept and self.printed and self.printed is self.shown[-1]:
            self.printed["content"] += kept
        elif kept:
            self.printed = {"kind": "text", "content": kept}
            self.shown.append(self.printed)
        return len(text)

    def display(self, *values: object) -> None:
        """Show values, as a notebook does."""
        for value in values:
            self.shown.extend(_shown(value))


def answer(task: str) -> str:
    """Do a task, ``{"text": …, "values": {…}}`` or ``{"program": …}``; never raises."""
    asked = json.loads(task)
    done = program(asked["program"]) if "program" in asked else expression(asked["text"], asked["values"])
    return json.dumps(done)


def expression(text: str, values: dict[str, float]) -> dict[str, Any]:
    """An expression's formula, value, gradients and page; a name without a value gets 1."""
    try:
        names = [name for name in names_in(text) if name not in CONSTANTS]
        numbers = {name: float(values.get(name, 1.0)) for name in names}
        C = parse(text, numbers)
        C.backward()
        leaves = {leaf.label: leaf for leaf in engine.graph.leaves(C) if leaf.label}
        now = Snapshot(C)
        learnt = {node.label for node, kind in zip(now.order, kinds(now), strict=True) if kind == "parameter"}
        formula = whole(C).latex()
        if not C.label:
            C.label = "C"
        return {
            "latex": f"C = {formula} = {C.data:.4g}",
            "values": [
                {"name": name, "value": numbers[name], "grad": leaves[name].grad, "learnt": name in learnt}
                for name in names
            ],
            "shown": _shown(C.play() if C.parents else C),
        }
    except Exception as error:  # noqa: BLE001  (whatever a learner types gets an answer)
        return {"error": f"{type(error).__name__}: {error}"}


def program(source: str) -> dict[str, Any]:
    """What a program prints and displays, its last value, and its error, as in a notebook."""
    output = Output()
    space: dict[str, Any] = {"__name__": "__main__", "display": output.display}
    linecache.cache[PROGRAM] = (len(source), None, source.splitlines(keepends=True), PROGRAM)
    error, missing = None, ""
    builtins.input = no_input
    with redirect_stdout(output), redirect_stderr(output):
        try:
            exec("from engine import *", space)  # noqa: S102  (the learner's own program, in the learner's own browser)
            tree = ast.parse(source, PROGRAM)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, PROGRAM, "exec"), space)  # noqa: S102
            if isinstance(last, ast.Expr):
                output.display(eval(compile(ast.Expression(last.value), PROGRAM, "eval"), space))  # noqa: S307
        except BaseException as raised:  # noqa: BLE001
            error = _report(raised)
            missing = raised.name or "" if isinstance(raised, ModuleNotFoundError) else ""
    if output.lost:
        output.shown.append({"kind": "text", "content": f"… {output.lost:,} more characters"})
    return {"shown": output.shown, "error": error, "missing": "numpy" if missing in NEED_NUMPY else missing}


def no_input(_prompt: object = "") -> NoReturn:
    """Refuse to ask: there is no terminal to answer in."""
    raise RuntimeError("the playground has no input(); C.play(ask=True) makes a page that asks")


def _report(error: BaseException) -> str:
    """The error with the lines of the program that led to it, and none of ours."""
    place = error.__traceback__
    while place is not None and place.tb_frame.f_code.co_filename != PROGRAM:
        place = place.tb_next
    frames = [frame for frame in traceback.extract_tb(place) if frame.filename == PROGRAM]
    last = traceback.format_exception_only(error)
    if isinstance(error, ModuleNotFoundError):
        name = "NumPy" if error.name in NEED_NUMPY else error.name
        has = "it has Python's standard library, engine and nn. Install chainrule to use the rest"
        last = [f"ModuleNotFoundError: this needs {name}, which the playground does not have; {has}\n"]
    told = "".join(traceback.format_list(frames) + last)
    return told.replace(f'File "{PROGRAM}", line', "Line").strip()


def _shown(value: object) -> list[dict[str, str]]:
    """A value as a page, a formula or text."""
    if value is None:
        return []
    page = getattr(value, "html", None)
    if isinstance(page, str) and page.startswith("<!DOCTYPE"):
        return [{"kind": "page", "content": page, "size": "screen"}]
    if (formula := getattr(value, "_repr_latex_", None)) is not None and not isinstance(value, Value):
        return [{"kind": "latex", "content": formula().strip("$"), "text": str(value)}]
    if (view := getattr(value, "_repr_html_", None)) is not None and (html := view()) is not None:
        return [{"kind": "page", "content": embed.document("", html)}]
    return [{"kind": "text", "content": repr(value)}]


if __name__ == "__main__":
    sys.stdout.write(answer(sys.argv[1]))
