"""The backward pass as an iterator of steps.

∂C/∂node is the sum of the contributions of all nodes that were computed from it. A node can hand it on when
they are all there and not before: that is why a backward pass goes in reverse topological order.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from engine.given import a_value
from engine.graph import topological_order
from engine.names import names
from engine.stale import first_stale
from engine.sweep import forget, gradient

from .orders import ordered
from .step import Contribution, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.value import Value


def steps(root: Value, order: str | Iterable[Value] | None = None) -> Steps:
    """The backward pass from a root, node by node: an iterator of ``Step``.

    Every node with operands hands its gradient on once, times its local derivatives. A ``.grad`` is written
    when its last contribution has come: until then an inner node has none, and a leaf what it had before, to
    which the new one is added. After the last step every ``.grad`` is what ``backward()`` gives. Where
    numbers were edited since the forward pass, the step of the first node that they do not fit says so.

    ``order`` says who hands on when: ``None`` is reverse topological, as in ``backward()``; ``"depth-first"``
    is plain recursion, which hands on as soon as a node is first reached; a list of nodes is an order of
    one's own (leaves hand nothing on and may be left out). In a wrong order some node hands on before all
    contributions to it have come. Its step says so, later ones say how far off they are in consequence, and
    no ``.grad`` is touched.

    TypeError for anything but Values; ValueError for an unknown order, and for a list that lacks or repeats
    nodes or holds foreign ones.

    >>> from engine import Value
    >>> a = Value(2.0, label="a")
    >>> b = a * a
    >>> b.label = "b"
    >>> for step in steps(b * b):
    ...     print(step)
    C: ∂C/∂C = 1  →  b += 4 · 1 = 4 (1 more to come); b += 4 · 1 = 4, in all 8
    b: ∂C/∂b = 8  →  a += 2 · 8 = 16 (1 more to come); a += 2 · 8 = 16, in all 32
    >>> a.grad
    32.0
    >>> wrong = steps(b + b * b, "depth-first").first_wrong
    >>> wrong.name, wrong.missing, wrong.true_grad, wrong.error
    ('b', 2, 9.0, -8.0)

    Source: *Backpropagation calculus*, where a node influences the cost through several paths.
    """
    return Steps(a_value(root, "steps takes the Value to differentiate"), ordered(root, order))


class Steps(Iterator[Step]):
    """An iterator over the steps of one backward pass, made by ``steps``.

    ``order`` holds the nodes that hand on, in turn; ``right`` tells whether each of them comes after all
    that were computed from it.
    """

    def __init__(self, root: Value, order: Sequence[Value]) -> None:
        self.root, self.order = root, order
        place = {node: k for k, node in enumerate(order)}
        self.right = all(
            k < place.get(parent, math.inf) for node, k in place.items() for parent in node.parents
        )
        self._steps = self._written() if self.right else self._passed()

    @property
    def first_wrong(self) -> Step | None:
        """The first step at which a node hands on too early; None in a right order. It takes no step."""
        return next((step for step in self._passed() if step.missing), None)

    def __next__(self) -> Step:
        return next(self._steps)

    def __repr__(self) -> str:
        return f"<Steps of {len(self.order)} nodes in a {'right' if self.right else 'wrong'} order>"

    def _passed(self) -> Iterator[Step]:
        true = {} if self.right else gradient(self.root, topological_order(self.root))
        return map(_Pass(self.root, self.order, true).step, self.order)

    def _written(self) -> Iterator[Step]:
        """The steps of a right order, each written to ``.grad`` before it is handed out."""
        forget(self.order)
        _complete(self.root, 1.0)
        for step in self._passed():
            for contribution in step.contributions:
                if contribution.complete:
                    _complete(contribution.parent, contribution.total)
            yield step


def _complete(node: Value, total: float) -> None:
    node.grad = total if node.parents else total + node.grad


class _Pass:
    """The sums of one pass: here and in the steps only, no node is touched.

    ``doubtful`` are the nodes that have handed on too early, and all that they have handed on to.
    """

    def __init__(self, root: Value, order: Iterable[Value], true: Mapping[Value, float]) -> None:
        self.true = true
        self.names = names(root)
        self.derivative = f"∂{self.names[root]}/∂"
        self.stale = first_stale(self.names)
        self.totals = dict.fromkeys(self.names, 0.0) | {root: 1.0}
        self.expected = Counter(parent for node in order for parent in node.parents)
        self.to_come = self.expected.copy()
        self.handed_on: set[Value] = set()
        self.doubtful: set[Value] = set()

    def step(self, node: Value) -> Step:
        """Hand on the gradient of a node, as far as it has come."""
        grad, missing = self.totals[node], self.to_come[node]
        if missing:
            self.doubtful.add(node)
        if node in self.doubtful:
            self.doubtful.update(node.parents)
        self.handed_on.add(node)
        name, true = self.names[node], self._true(node)
        slopes = enumerate(zip(node.parents, node.local_derivatives, strict=True))
        return Step(
            node=node,
            name=name,
            symbol=self.derivative + name,
            grad=grad,
            contributions=tuple(self._contribution(k, *edge, grad) for k, edge in slopes),
            expected=self.expected[node],
            missing=missing,
            true_grad=true,
            error=_difference(grad, true),
            note=self.stale.told(self.names) if self.stale and self.stale.node is node else "",
        )

    def _contribution(self, position: int, parent: Value, slope: float, grad: float) -> Contribution:
        self.to_come[parent] = to_come = self.to_come[parent] - 1
        self.totals[parent] = total = self.totals[parent] + slope * grad
        late = parent in self.handed_on
        error = 0.0 if to_come else _difference(total, self._true(parent))
        name, expected = self.names[parent], self.expected[parent]
        return Contribution(parent, name, position, slope, grad, total, expected, to_come, late, error)

    def _true(self, node: Value) -> float:
        return self.true[node] if node in self.doubtful else self.totals[node]


def _difference(x: float, true: float) -> float:
    same = x == true or (math.isnan(x) and math.isnan(true))
    return 0.0 if same else x - true
