"""A trace as text: lines of at most 100 columns, the symbols first and the numbers under them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from .account import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .account import Account, Derivative, LayerAccount, Line
    from .trace import Component, Step, Trace

WIDTH = 100
COLUMN = 40  # of formulas; a longer one has its numbers on the next line


def text(trace: Trace) -> str:
    """The whole account."""
    title = textwrap.wrap(trace.network, WIDTH, subsequent_indent="  ")
    lines = [line for account in trace.examples for line in _account(account)]
    lines += [*_gradient(trace.gradient), *_step(trace.step)]
    return "\n".join([*title, *(line.replace("-", "−") for line in lines)])


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
    head, pad, value = f"  {line.name:{name}} ", " " * (name + 3), f"= {line.value:.6g}"
    whole = " = ".join(filter(None, (f"{head}= {line.formula:{formula}}", line.numbers)))
    if len(whole) + 1 + len(value) <= WIDTH:
        yield f"{whole} {value}"
    else:
        yield from _wrapped(head, "= ", line.formula.split(" + "), " + ")
        *full, last = _wrapped(pad, "= ", line.numbers.split(" + "), " + ")
        yield from full
        fits = len(last) + 1 + len(value) <= WIDTH
        yield from [f"{last} {value}"] if fits else [last, pad + value]


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
    yield f"{pad}= {d.value:.6g}{_beside(d)}"


def _beside(d: Derivative) -> str:
    if not d.verdict:
        return ""
    if d.numeric is None:
        return f"    [no finite difference to confirm it: {d.verdict}]"
    return f"    [finite difference {d.numeric:.6g}, off by {abs(d.value - d.numeric):.0e}: {d.verdict}]"


def _wrapped(head: str, sign: str, pieces: Sequence[str], joint: str) -> Iterator[str]:
    """Pieces joined on as few lines as WIDTH allows, later lines beginning with the joint.

    A path too long for a line of its own goes on under itself.
    """
    line, empty = head + sign, True
    for piece in pieces:
        if not empty and len(line) + len(joint) + len(piece) > WIDTH:
            yield line
            line, empty = " " * len(head) + joint.lstrip(), True
        line += "" if empty else joint
        if len(line) + len(piece) > WIDTH and " · " in piece:
            *full, line = _wrapped(line, "", piece.split(" · "), " · ")
            yield from full
        else:
            line += piece
        empty = False
    yield line


def _gradient(components: Sequence[Component]) -> Iterator[str]:
    n = len(components[0].by_example)
    C = "C_0" if n == 1 else "C"
    yield ""
    yield f"Gradient vector ∇{C}" + (f" = 1/n Σ_k ∇C_k, the average over n = {n} examples" if n > 1 else "")
    rows = [["", f"∂{C}", "now", "after a step"]]
    rows += [[f"∂/∂{c.name}", *(f"{x:.6g}" for x in (c.average, c.before, c.after))] for c in components]
    each = [[f"∂C_{k}" for k in range(n)]] + [[f"{slope:.6g}" for slope in c.by_example] for c in components]
    with_each = list(_table([[row[0], *own, *row[1:]] for row, own in zip(rows, each, strict=True)]))
    yield from with_each if n > 1 and len(with_each[0]) <= WIDTH else _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns of equal width, the first one flush left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = (f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True))
        yield f"  {first:{widths[0]}}  {'  '.join(cells)}"


def _step(step: Step) -> Iterator[str]:
    way, sign = ("ascent", "+") if step.maximise else ("descent", "−")
    yield ""
    yield f"One step of gradient {way}, W ← W {sign} η ∇C with η = {step.lr:g}"
    told = [f"C = {step.before:.6g} has no finite value after it;"]
    if step.after is not None:
        told = [f"C = {step.before:.6g} becomes {step.after:.6g}:"]
        told.append(f"it changes by {step.after - step.before:.3g};")
    told.append(f"the gradient promised {sign}η |∇C|² = {step.promised:.3g}")
    yield from _wrapped("  ", "", told, " ")
