"""The law of printed formulas: whatever is printed evaluates to the engine's number, read independently.

``formula_graphs`` grows random graphs of all rules; ``formula_reader`` reads what is printed of them, with all
names of the graph to choose from, and mpmath works it out. A number counts as it is printed, with six digits:
what these leave open is worked out too, and allowed beside the rounding of the engine.

``CHAINRULE_EXAMPLES=100000`` in the environment makes a long run of it.
"""

import os
import random
import subprocess
import sys
from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from formula_graphs import FAMILIES, Printed, graph, printed, spelled, told
from formula_reader import Cut, Reading, html_as_text, latex_reading, read_latex, read_text, text_reading
from mpmath import mp, mpf

import engine
from engine import Value, apply, explain, forward, grad, rules, tree
from engine.formula import rules_table, symbol, whole
from engine.graph import topological_order
from engine.names import names as names_of

EXAMPLES = int(os.environ.get("CHAINRULE_EXAMPLES", "3000"))
"""Formulas that are read, each as text, as LaTeX and as HTML."""
ROUNDED = mpf("1e-8")
"""How far a float may be off the exact number, relative to the larger of it and 1."""


def reading(shown: Printed, medium: str) -> Reading:
    """What a medium says, with all the names that there are."""
    names = {spelled(name, medium): mpf(x) for name, x in shown.names.items()}
    text = shown.texts[medium]
    if medium == "html":
        return text_reading(html_as_text(text), {html_as_text(name): x for name, x in names.items()})
    return (latex_reading if medium == "latex" else text_reading)(text, names)


def check(shown: Printed, medium: str, seen: Counter[str]) -> None:
    """A formula evaluates to the number that it stands for; what is special about it is counted."""
    try:
        read = reading(shown, medium)
    except Cut:
        seen[f"cut {shown.what}"] += 1
        return
    value, scale = read.value(), max(1, abs(shown.number))
    if mp.isnan(value) and ("ln(0)" in shown.texts["text"] or 0 in shown.names.values()):
        seen["0 ln 0"] += 1
        return
    off = abs(value - shown.number)
    if not off <= ROUNDED * scale:
        open_ = read.uncertainty()
        seen["vague"] += bool(open_ > 1e-3 * scale)
        if open_ > 1e-3 * scale and os.environ.get("VAGUE"): print("VAGUE", shown.texts[medium], shown.names, shown.number, float(value), float(open_))
        assert off <= ROUNDED * scale + 1.1 * open_, (shown, medium, float(value))


def test_whatever_is_printed_evaluates_to_the_engines_number():
    """Values, local derivatives, first and second derivatives, lines of forward and factors of explain."""
    seen: Counter[str] = Counter()
    used: Counter[str] = Counter()
    read = 0
    for seed in count():
        rng = random.Random(seed)
        root = graph(rng, seed)
        used.update(node.rule.name for node in topological_order(root) if node.parents)
        for shown in [*printed(root, rng), *told(root, rng)] if root.parents else []:
            if isinstance(shown, ValueError):
                seen["refused"] += 1
                assert "takes more than 500 operations to write down" in str(shown)
            elif not mp.isfinite(shown.number):
                seen["no number"] += 1
            else:
                seen[shown.what] += 1
                read += 1
                for medium in shown.texts:
                    try:
                        with mp.workdps(25):
                            check(shown, medium, seen)
                    except Exception as wrong:
                        wrong.add_note(f"graph {seed}, {medium} of a {shown.what}: {shown.texts[medium]}")
                        raise
        if read >= EXAMPLES:
            break
    print(f"{read} formulas of {seed + 1} graphs: {dict(seen)}; rules: {dict(used)}")
    assert set(used) == set(rules.REGISTRY)
    assert {what for what in seen if what.startswith("cut")} <= {"cut forward"}  # numbers of long sums, in forward
    assert seen["cut forward"] < read / 10
    assert seen["0 ln 0"] < read / 500  # where a limit is taken, which a formula cannot say
    assert seen["vague"] < read / 500  # where six digits leave open the third
    assert seen["no number"] < read / 100
    assert seen["refused"] < read / 20
