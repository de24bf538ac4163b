"""A trace as text: lines of at most 100 columns, the symbols first and the numbers under them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .account import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .account import Account, Derivative, LayerAccount, Line
    from .trace import Component, Step, Trace

WIDTH = 100
COLUMN = 40  # of formulas; a longer one has its numbers on the next line
EXAMPLES_SIDE_BY_SIDE = 4


def text(trace: Trace) -> str:
    """The whole account."""
    lines = [trace.network]
    for account in trace.examples:
        lines += _account(account)
    lines += _gradient(trace.gradient)
    lines += _step(trace.step)
    return "\n".join(lines)


def _account(account: Account) -> Iterator[str]:
    yield from ("", f"Forward pass of {account.cost}")
    name = max(len(line.name) for line in account.forward)
    formula = max((len(line.formula) for line in account.forward if len(line.formula) <= COLUMN), default=0)
    for line in account.forward:
        yield from _forward_line(line, name, formula)
    for layer in account.layers:
        yield from _layer(layer, account.cost)


def _forward_line(line: Line, name: int, formula: int) -> Iterator[str]:
    """Name and formula in columns of their own, numbers on a line of their own where they are too long."""
    start = f"  {line.name:{name}} = {line.formula:{formula}} = "
    result = f"{line.numbers} = {line.value:.6g}" if line.numbers else f"{line.value:.6g}"
    if len(start) + len(result) <= WIDTH:
        yield (start + result).replace("-", "−")
    else:
        yield start.removesuffix("= ").rstrip()
        yield from _wrapped(" " * (name + 3), "= ", result.replace("-", "−").split(" + "), " + ")


def _layer(layer: LayerAccount, cost: str) -> Iterator[str]:
    yield from ("", f"Layer {layer.number}, backward")
    for derivative in (*layer.activations, *layer.parameters):
        yield from _derivative(derivative, cost)


def _derivative(d: Derivative, cost: str) -> Iterator[str]:
    """∂C/∂w = the factors by name, = what they are, = their numbers, = the product."""
    head = f"  ∂{cost}/∂{d.node} "
    pad = " " * len(head)
    symbols = [" · ".join(factor.derivative for factor in path) for path in d.paths]
    if len(d.paths) == 1:
        pieces = d.paths[0]
        yield from _wrapped(head, "= ", [factor.derivative for factor in pieces], " · ")
        yield from _wrapped(pad, "= ", [factor.symbols for factor in pieces], " · ")
        yield from _wrapped(pad, "= ", [number(factor.number) for factor in pieces], " · ")
    else:
        yield from _wrapped(head, "= ", symbols, " + ")
        yield from _wrapped(pad, "= ", [" · ".join(f.symbols for f in path) for path in d.paths], " + ")
        yield from _wrapped(
            pad, "= ", [" · ".join(number(f.number) for f in path) for path in d.paths], " + "
        )
    yield f"{pad}= {d.value:.6g}{_beside(d)}".replace("-", "−")


def _beside(d: Derivative) -> str:
    if d.numeric is None:
        return ""
    if math.isnan(d.numeric):
        return f"    [no finite difference: {d.verdict}]"
    return f"    [finite difference {d.numeric:.6g}, off by {abs(d.value - d.numeric):.0e}: {d.verdict}]"


def _wrapped(head: str, sign: str, pieces: Sequence[str], joint: str) -> Iterator[str]:
    """Pieces joined on as few lines as WIDTH allows, later lines beginning with the joint."""
    line, empty = head + sign, True
    for piece in pieces:
        if not empty and len(line) + len(joint) + len(piece) > WIDTH:
            yield line
            line, empty = " " * len(head) + joint.lstrip(), True
        line += piece if empty else joint + piece
        empty = False
    yield line


def _gradient(components: Sequence[Component]) -> Iterator[str]:
    n = len(components[0].by_example)
    C = "C_0" if n == 1 else "C"
    yield ""
    yield f"Gradient vector ∇{C}" + (f" = 1/n Σ_k ∇C_k, the average over n = {n} examples" if n > 1 else "")
    shown = [f"∂C_{k}" for k in range(n)] if 1 < n <= EXAMPLES_SIDE_BY_SIDE else []
    rows = [["", *shown, f"∂{C}", "now", "after a step"]]
    for c in components:
        each = [f"{slope:.6g}" for slope in c.by_example] if shown else []
        rows.append([f"∂/∂{c.name}", *each, f"{c.average:.6g}", f"{c.before:.6g}", f"{c.after:.6g}"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = (f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True))
        yield f"  {first:{widths[0]}}  {'  '.join(cells)}".replace("-", "−")


def _step(step: Step) -> Iterator[str]:
    way, sign = ("ascent", "+") if step.maximise else ("descent", "−")
    yield ""
    yield f"One step of gradient {way}, W ← W {sign} η ∇C with η = {step.lr:g}"
    change = step.after - step.before
    yield (
        f"  C = {step.before:.6g} becomes {step.after:.6g}: it changes by {change:.3g}; "
        f"the gradient promised {sign}η |∇C|² = {step.promised:.3g}"
    ).replace("-", "−")
