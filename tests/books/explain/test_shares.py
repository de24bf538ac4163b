"""Laws of softmax with cross-entropy: p_j − y_j is written where it is the derivative, and nowhere else."""

import random

import numpy as np
import pytest

from engine import Value, explain, label, log, logsumexp, mean, softmax, total
from engine.chain.shares import found
from nn.losses import softmax_cross_entropy


def by_hand(zs):
    es = [z.exp() for z in zs]
    return [e / sum(es) for e in es]


def with_one_sum(zs):
    es = [z.exp() for z in zs]
    s = total(es)
    return [e / s for e in es]


def shifted(zs):
    largest = max(z.data for z in zs)
    es = [(z - largest).exp() for z in zs]
    s = sum(es)
    return [e / s for e in es]


def shifted_by_a_node(zs):
    middle = mean(zs)
    es = [(z - middle).exp() for z in zs]
    s = sum(es)
    return [e / s for e in es]


SHARES = {
    "several sums": by_hand,
    "one sum": with_one_sum,
    "softmax": softmax,
    "shifted": shifted,
    "by a node": shifted_by_a_node,
}
COSTS = {
    "weighted": lambda ps, ys: -sum(y * log(p) for p, y in zip(ps, ys, strict=True)),
    "each negated": lambda ps, ys: sum(-y * log(p) for p, y in zip(ps, ys, strict=True)),
    "subtracted": lambda ps, ys: 0.0 - log(ps[0]) * ys[0] - log(ps[1]) * ys[1] - ys[2] * log(ps[2]),
    "halves": lambda ps, ys: total([-2 * y * log(p) for p, y in zip(ps, ys, strict=True)]) / 2,
}
FROM_LOGITS = {
    "logsumexp": lambda zs, ys: logsumexp(zs) - sum(y * z for z, y in zip(zs, ys, strict=True)),
    "log of a sum": lambda zs, ys: (
        log(sum(z.exp() for z in zs)) - sum(z * y for z, y in zip(zs, ys, strict=True))
    ),
}


def expected(zs, ys):
    """∂C/∂z by NumPy."""
    e = np.exp(np.array([z.data for z in zs]))
    return e / e.sum() - np.array([float(getattr(y, "data", y)) for y in ys])


def written(C, z):
    """The line that stands for the derivative, and its number by the formula's own symbols."""
    told = explain(C, z)
    (equation,) = told.nested().equations[:1]
    assert str(equation.short.text) in str(told)
    assert equation.short.latex() in told.latex()
    return equation.short.text


CASES = [
    *((f"{how}, {cost}", lambda zs, ys, a=a, b=b: b(a(zs), ys))
      for how, a in SHARES.items() for cost, b in COSTS.items()),
    *FROM_LOGITS.items(),
]  # fmt: skip


@pytest.mark.parametrize("cost", [cost for _, cost in CASES], ids=[name for name, _ in CASES])
@pytest.mark.parametrize("kind", ["named", "numbers"])
def test_what_is_made_of_nodes(cost, kind):
    """p_j − y_j, or p_j less a number; its number is that of NumPy's softmax."""
    rng = random.Random(1)
    zs = [Value(rng.uniform(-2, 2), label=f"z_{j}") for j in range(3)]
    ys = [Value(y, label=f"y_{j}") for j, y in enumerate([0.25, 0.75, 0.0])]
    if kind == "numbers":
        ys = [y.data for y in ys]
    C = cost(zs, ys)
    slopes = expected(zs, ys)
    for j, z in enumerate(zs):
        assert explain(C, z).value == pytest.approx(slopes[j], abs=1e-12)
        wanted = ["p_0 − 0.25", "p_1 − 0.75", "p_2"][j] if kind == "numbers" else f"p_{j} − y_{j}"
        assert written(C, z) in {wanted, wanted.replace(" − y_", " + (−1) y_")}
    assert "the desired outputs sum to 1" in " ".join(str(explain(C, zs[0])).split())
    outputs = found(C).outputs
    assert [outputs[z].share for z in zs] == pytest.approx([*(slopes + np.array([0.25, 0.75, 0.0]))])


def test_one_class_is_right():
    """−ln p_1, as of a class number: p_j, and p_1 − 1."""
    zs = [Value(x, label=f"z_{j}") for j, x in enumerate([1.0, 2.0, -1.0])]
    assert [written(-log(with_one_sum(zs)[1]), z) for z in zs] == ["p_0", "p_1 − 1", "p_2"]


def test_shares_have_their_own_names():
    """A labelled share goes by its label, and the note need not say what it is."""
    zs = [Value(x, label=f"z_{j}") for j, x in enumerate([1.0, 2.0])]
    q = softmax(zs)
    label(q=q)
    C = -sum(y * log(p) for y, p in zip([0.0, 1.0], q, strict=True))
    assert [written(C, z) for z in zs] == ["q_0", "q_1 − 1"]
    assert "p_j is" not in str(explain(C, zs[0]))


def test_a_name_that_is_another_nodes():
    """Where something else is called p_0, no p_0 is written."""
    zs = [Value(1.0, label="p_0"), Value(2.0, label="z_1")]
    C = -log(with_one_sum(zs)[1])
    assert explain(C, zs[0]).nested().equations[0].short is None
    assert explain(C, zs[1]).nested().equations[0].short.text == "p_1 − 1"
    C = softmax_cross_entropy(zs, [Value(0.5, label="y_0"), Value(0.5, label="y_1")])
    assert "p_0 − y_0" not in str(explain(C, zs[0]))


def test_in_terms_of_errors():
    """A weight behind a z has δ_j = p_j − y_j in its nested form."""
    w, x, b = Value(0.5, label="w"), Value(2.0, label="x"), Value(0.1, label="b")
    zs = [w * x + b, Value(0.3, label="z_1")]
    zs[0].label = "z_0"
    C = -log(with_one_sum(zs)[0])
    told = explain(C, w).nested(delta=True)
    assert "= p_0 − 1" in str(told)
    assert "p_j is the share of softmax" in str(told)
    assert r"p_0 - 1" in told.latex()
    assert "p_j is" not in str(explain(C, w))


NOT_CROSS_ENTROPY = {
    "not summing to 1": lambda z: -log(with_one_sum(z)[0]) * 2.0,
    "sum of other things": lambda z: -log(z[0].exp() / (z[0].exp() + z[1])),
    "twice the same": lambda z: -log(z[0].exp() / (z[0].exp() + z[0].exp())),
    "one alone": lambda z: -log(z[0].exp() / (0 + z[0].exp())),
    "less different numbers": lambda z: (
        -log((z[0] - 1.0).exp() / ((e := (z[0] - 1.0).exp()) + (z[1] - 2.0).exp() + 0 * e))
    ),
    "no share": lambda z: -log(z[1] / sum(x.exp() for x in z)),
    "another logarithm": lambda z: -log(with_one_sum(z)[0]) + 0.0 * log(z[1] * z[1]),
    "shifted logits": lambda z: log(sum((x - 1.0).exp() for x in z)) - z[0],
    "a plain logarithm": lambda z: -log(z[1] * z[1]),
    "logsumexp of one": lambda z: logsumexp([z[0]]) - z[1],
    "two desired": lambda z: -(z[0] * (z[1] * log(with_one_sum(z)[0]))),
    "a computed factor": lambda z: -(z[0].sin() * log(with_one_sum(z)[0])),
    "one node, not summing to 1": lambda z: softmax_cross_entropy(
        z, [Value(0.5, label="y_0"), Value(0.25, label="y_1")]
    ),
    "a share without its logarithm": lambda z: -log(with_one_sum(z)[0]) + softmax(z)[1],
    "another product": lambda z: -log(with_one_sum(z)[0]) + Value(1.0) * Value(2.0),
    "a quotient": lambda z: -log(with_one_sum(z)[0]) / z[1],
    "no logarithm": lambda z: (z[0] - z[1]) ** 2,
}


@pytest.mark.parametrize("cost", NOT_CROSS_ENTROPY.values(), ids=NOT_CROSS_ENTROPY)
def test_what_is_something_else(cost):
    """Nothing is shortened where the rule does not hold."""
    zs = [Value(0.5, label="z_0"), Value(1.5, label="z_1")]
    C = cost(zs)
    assert found(C) is None
    assert all(it.short is None for it in explain(C, zs[0]).nested().equations)


def test_sums_within_sums_many_times_over():
    """A graph in which paths double at each node is walked once."""
    x = Value(1.0)
    for _ in range(60):
        x = x + x
    assert found(x) is None


def test_many_classes():
    """Work is in step with the number of classes: a thousand take no thousand times as long as one."""
    zs = [Value(k / 1000, label=f"z_{k}") for k in range(1000)]
    C = -log(with_one_sum(zs)[3])
    assert len(found(C).outputs) == 1000
    assert found(C).outputs[zs[3]].place == 3


def test_a_share_that_rounds_to_0():
    """It is the share of its z all the same."""
    zs = [Value(0.0, label="z_0"), Value(-800.0, label="z_1")]
    assert found(-log(softmax(zs)[0])).outputs[zs[1]].share == 0.0
    C = -log(with_one_sum(zs)[0]) + Value(0.0) * Value(1.0)
    assert found(C) is None
