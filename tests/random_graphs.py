"""Random graphs, grown by Hypothesis: smooth operations that stay of moderate size, with shared nodes."""

from hypothesis import strategies as st

import engine
from engine import Value

UNARY = ("tanh", "sin", "sigmoid", "softplus", "atan", "gelu", "neg", "erf", "softsign", "asinh")
BINARY = ("add", "sub", "mul", "hypot1", "div1", "affine", "mean", "logsumexp", "square", "constant")


def operate(name, a, b):
    """One operation by name; those that could leave the numbers are kept in bounds."""
    special = {
        "hypot1": lambda: engine.hypot(a, 1.0 + b * b),
        "div1": lambda: a / (1.5 + b.sin()),
        "affine": lambda: engine.affine(a, [b, 0.5], [a, b]).tanh(),
        "mean": lambda: engine.mean([a, b, a]),
        "logsumexp": lambda: engine.logsumexp([a, b, 1.0]),
        "square": lambda: a.tanh() ** 2,
        "constant": lambda: 2 * a - 0.5,
        "mul": lambda: a.tanh() * b,
    }
    if name in special:
        return special[name]()
    return getattr(engine, name)(a) if name in UNARY else getattr(engine, name)(a, b)


@st.composite
def graphs(draw, max_leaves=4, max_nodes=12):
    """A root and the leaves that it may depend on."""
    numbers = st.floats(-2, 2).filter(lambda x: x == 0 or abs(x) > 1e-3)
    leaves = [Value(draw(numbers), label=f"x{k}") for k in range(draw(st.integers(1, max_leaves)))]
    nodes = list(leaves)
    for _ in range(draw(st.integers(1, max_nodes))):
        a, b = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        nodes.append(operate(draw(st.sampled_from(UNARY + BINARY)), a, b))
    return nodes[-1], leaves
