"""A trace as text: lines of at most 100 columns, the symbols first and the numbers under them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .account import Account, Derivative
    from .trace import Component, Step, Trace

WIDTH = 100


def text(trace: Trace) -> str:
    """The whole account."""
    title = textwrap.wrap(trace.network, WIDTH, subsequent_indent="  ")
    lines = [line for account in trace.examples for line in _account(account)]
    lines += [*_gradient(trace.gradient), *_step(trace.step)]
    return "\n".join([*title, *(line.replace("-", "−") for line in lines)])


def _account(account: Account) -> Iterator[str]:
    yield from ("", f"Forward pass of {account.cost}")
    yield from (f"  {name} = {x:.6g}" for name, x in account.inputs.items())
    yield from _indented(account.forward)
    for layer in account.layers:
        yield from ("", f"Layer {layer.number}, backward")
        for derivative in (*layer.activations, *layer.parameters):
            yield from _derivative(derivative)


def _derivative(d: Derivative) -> Iterator[str]:
    """The equation, and the finite difference beside its value."""
    *lines, value = _indented(d.equation)
    yield from lines
    yield value + _beside(d)


def _indented(shown: object) -> list[str]:
    return [f"  {line}" for line in str(shown).split("\n")]


def _beside(d: Derivative) -> str:
    if not d.verdict:
        return ""
    if d.numeric is None:
        return f"    [no finite difference to confirm it: {d.verdict}]"
    return f"    [finite difference {d.numeric:.6g}, off by {abs(d.value - d.numeric):.0e}: {d.verdict}]"


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
    yield from textwrap.wrap(" ".join(told), WIDTH, initial_indent="  ", subsequent_indent="  ")
