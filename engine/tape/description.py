"""What a tape found in a graph, told level by level."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .layers import Layer
from .plan import Straight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.rules import Rule

    from .plan import Plan, Step

SHOWN = 40
"""Lines that are shown; of longer tapes the first and the last half of them."""


def described(plan: Plan) -> str:
    """A heading, and a line for each step.

    >>> from engine import Value, affine
    >>> from engine.tape.plan import plan
    >>> x, ws = Value(2.0), [Value(0.5), Value(-0.5)]
    >>> zs = [affine(1.0, [w], [x]).tanh() for w in ws]
    >>> print(described(plan(zs[0] * zs[1], [x], ws, thin=0)))
    10 nodes on 3 levels: 2 parameters, 1 varying leaf, 2 constants, 5 computed
    level 1: 2 × affine → W(2×1) a + b
    level 2: 2 × tanh
    level 3: 1 × mul
    """
    recording = plan.recording
    leaves = [k for k, level in enumerate(recording.levels) if level == 0]
    kinds = [
        (sum(recording.wanted[k] for k in leaves), "parameter"),
        (sum(recording.varies[k] and not recording.wanted[k] for k in leaves), "varying leaf"),
        (len(recording.constants), "constant"),
    ]
    counts = ", ".join(counted(n, kind) for n, kind in kinds if n)
    heading = (
        f"{len(recording.nodes):,} nodes on {max(recording.levels):,} levels: "
        f"{counts}, {len(recording.nodes) - len(leaves):,} computed"
    )
    return "\n".join([heading, *_shortened(list(_lines(plan)))])


def _lines(plan: Plan) -> Iterator[str]:
    for steps in plan.levels:
        level = plan.recording.levels[steps[0].nodes[0]]
        last = max(plan.recording.levels[k] for step in steps for k in step.nodes)
        where = f"level {level}" if level == last else f"levels {level}–{last}"
        for step in steps:
            yield f"{where}: {_step(plan, step)}"


def _step(plan: Plan, step: Step) -> str:
    if isinstance(step, Straight):
        rules = Counter(_name(plan.recording.rule(k)) for k in step.nodes)
        parts = ", ".join(f"{n:,} × {name}" for name, n in rules.most_common())
        return f"{parts}, node by node"
    found = f"{len(step.nodes):,} × {_name(step.rule)}"
    return f"{found} → {_product(step)}" if isinstance(step, Layer) else found


def _product(layer: Layer) -> str:
    """The matrix form of a layer, with its shapes."""
    if not layer.weights:
        return f"{layer.coefficient:.6g} Σ a over {layer.terms:,} terms"
    A = "a" if layer.columns == 1 else f"A({layer.terms:,}×{layer.columns:,})"
    times = f"{layer.count:,} times " if layer.count > 1 else ""
    return f"{times}W({layer.rows:,}×{layer.terms:,}) {A}" + " + b" * bool(layer.biases)


def _name(rule: Rule) -> str:
    parameters = ", ".join(f"{name}={x:g}" for name, x in rule.parameters)
    return f"{rule.name}({parameters})" if parameters else rule.name


def counted(n: int, what: str) -> str:
    """A number of things.

    >>> counted(1, "parameter"), counted(2000, "varying leaf")
    ('1 parameter', '2,000 varying leaves')
    """
    plural = {"varying leaf": "varying leaves"}.get(what, f"{what}s")
    return f"{n:,} {what if n == 1 else plural}"


def _shortened(lines: list[str]) -> list[str]:
    if len(lines) <= SHOWN:
        return lines
    half = SHOWN // 2
    return [*lines[:half], f"… {len(lines) - SHOWN:,} more …", *lines[-half:]]
