"""The backward pass, one node at a time, in the right order or in a wrong one.

>>> from engine import Value
>>> from engine.chain.steps import steps
>>> w, x, b = Value(0.5, label="w"), Value(3.0, label="x"), Value(-1.0, label="b")
>>> for step in steps((w * x + b) ** 2):
...     print(step)
C: ∂C/∂C = 1  →  v_2 += 1 · 1 = 1
v_2: ∂C/∂v_2 = 1  →  v_1 += 1 · 1 = 1; b += 1 · 1 = 1
v_1: ∂C/∂v_1 = 1  →  w += 3 · 1 = 3; x += 0.5 · 1 = 0.5
>>> w.grad
3.0

A ``Step`` shows what one node passes back to its operands, and its error if the order is wrong; it prints as
one line. ``steps`` is an iterator of them, in the order in which nodes pass their gradients back.

∂C/∂node is the sum of the contributions of all nodes that were computed from it. A node can pass it back only
once all of them have arrived: that is why a backward pass goes in reverse topological order.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from engine.arguments import a_node, a_value, advised
from engine.backward import gradient
from engine.characters import printable, shown
from engine.formula.symbols import derivative
from engine.graph import depth_first, topological_order
from engine.labels import bracketed, names, number
from engine.numeric import flag, short, told
from engine.stale import first_stale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.value import Value

# ── One step of a backward pass ───────────────────────────────────────────────────────────────────

SHOWN = 5  # contributions of a step, or nodes in a message, before the rest are only counted


@dataclass(frozen=True, slots=True)
class Contribution:
    """The contribution of a step to the gradient of one operand; ``str()`` shows the product."""

    parent: Value
    name: str
    position: int
    """Its position among the operands: ``a * a`` contributes to a from 0 and from 1."""
    local_derivative: float
    grad: float
    """The upstream gradient: that of the node that passes it back."""
    total: float
    """The sum of this and all earlier contributions to the same parent."""
    expected: int
    """How many contributions the parent receives in the whole pass."""
    to_come: int
    """How many of them are still to come."""
    late: bool
    """Whether the parent had already passed its gradient back: only in a wrong order."""
    error: float
    """After the last contribution, the total minus the true gradient: 0 in a correct order."""

    @property
    def amount(self) -> float:
        """The contribution: local derivative times upstream gradient."""
        return self.local_derivative * self.grad

    @property
    def complete(self) -> bool:
        """Whether it is the last contribution to its parent."""
        return self.to_come == 0

    def __str__(self) -> str:
        by_number = not self.parent.parents and self.name == number(self.parent.data)
        name = f"leaf {self.name}" if by_number else self.name
        parts = [f"{name} += {_factor(self.local_derivative)} · {_factor(self.grad)} = {number(self.amount)}"]
        if self.expected - self.to_come > 1:
            parts.append(f"{'in all' if self.complete else 'so far'} {number(self.total)}")
        if self.late:
            parts.append("too late")
        if not self.parent.parents and _shows(self.error, self.total):  # an inner node's own step shows it
            parts.append(f"off by {number(self.error)}")
        return shown(", ".join(parts) + ("" if self.complete else f" ({self.to_come} more to come)"))

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Step:
    """One node passes its gradient back to its operands; ``str()`` describes it in one line."""

    node: Value
    name: str
    symbol: str
    """The symbol of the gradient, such as ∂C/∂a."""
    grad: float
    """The gradient as it is passed back."""
    contributions: tuple[Contribution, ...]
    """One for each occurrence of an operand."""
    expected: int
    """How many contributions the node itself receives in the whole pass."""
    missing: int
    """How many of them have not arrived yet: none in a correct order."""
    true_grad: float
    """The correct gradient."""
    error: float
    """``grad`` minus ``true_grad``: 0 in a correct order."""
    note: str = ""
    """A note that the node's operands were edited since it was computed, if they were."""

    def __str__(self) -> str:
        line = f"{self.name}: {self.symbol} = {number(self.grad)}{self._trouble()}"
        told = f"{line}  →  {listed(self.contributions, '; ')}" if self.contributions else line
        return shown(f"{told}  ({self.note})" if self.note else told)

    __repr__ = __str__

    def _trouble(self) -> str:
        """Return what is wrong with this step: it may come too early, or inherit an error; empty if right."""
        true = f"{self.symbol} is {number(self.true_grad)}"
        shows = _shows(self.error, self.grad)
        off = f", not {number(self.grad)}: off by {number(self.error)}" if shows else " all the same"
        if self.missing:
            return f", passed back too early: {self._waiting()}; {true}{off}"
        return f", inherits an error: {true}{off}" if shows else ""

    def _waiting(self) -> str:
        noun = "contribution" if self.expected == 1 else "contributions"
        verb = "is" if self.missing == 1 else "are"
        return f"{self.missing} of {self.expected} {noun} {verb} still to come"


def _shows(error: float, x: float) -> bool:
    """Return whether an error shows in the printed digits, or is mere rounding."""
    return number(x - error) != number(x)


def _factor(x: float) -> str:
    return bracketed(number(x))


def listed(items: Iterable[object], separator: str = ", ") -> str:
    """Return the first few of several things, and how many more there are.

    >>> listed(range(8))
    '0, 1, 2, 3, 4, … and 3 more'
    """
    texts = list(items)
    more = [f"… and {len(texts) - SHOWN} more"] if len(texts) > SHOWN else []
    return separator.join([*map(str, texts[:SHOWN]), *more])


# ── The order of a backward pass ──────────────────────────────────────────────────────────────────

PRINTED = 60
"""Steps that are printed together."""
CHOICES = 'an order is None (reverse topological), "depth-first" or a list of nodes'


def ordered(root: Value, order: str | Iterable[Value] | None) -> list[Value]:
    """Return the nodes that pass gradients back, in order: those with operands, and always the root.

    Raises TypeError or ValueError if ``order`` is not a valid order (see ``steps``).

    >>> from engine import Value
    >>> a = Value(2.0)
    >>> b = a * a
    >>> C = b + b * b
    >>> [node.data for node in ordered(C, None)], [node.data for node in ordered(C, "depth-first")]
    ([20.0, 16.0, 4.0], [20.0, 4.0, 16.0])
    """
    return [node for node in _nodes(root, order) if node.parents] or [root]


def _nodes(root: Value, order: str | Iterable[Value] | None) -> Iterable[Value]:
    if order is None:
        return reversed(topological_order(root))
    if isinstance(order, str):
        if order != "depth-first":
            raise ValueError(f"{CHOICES}; got {short(order)}")
        return depth_first(root)
    if not isinstance(order, Iterable):
        raise TypeError(f"{CHOICES}; got {told(order)}")
    return _own_order(root, order)


def _own_order(root: Value, order: Iterable[Value]) -> list[Value]:
    nodes, known = list(order), names(root)
    for node in nodes:
        a_node(node, "an order holds Values")
    times = Counter(nodes)
    troubles = {
        "it lacks": [known[node] for node in known if node.parents and node not in times],
        "it repeats": [known.get(node, repr(node)) for node in times if times[node] > 1],
        "the root does not depend on": [_foreign(node) for node in times if node not in known],
    }
    told = [f"{trouble} {listed(found)}" for trouble, found in troubles.items() if found]
    if told:
        raise ValueError(f"an order holds each node that has operands once; {'; '.join(told)}")
    return nodes


def _foreign(node: Value) -> str:
    return printable(node.label) or repr(node)


# ── The backward pass as an iterator of steps ─────────────────────────────────────────────────────


@advised
def steps(root: Value, order: str | Iterable[Value] | None = None, *, names: bool = True) -> Steps:
    """Return the backward pass from a root, node by node: an iterator of ``Step`` that prints all of them.

    Every node with operands passes its gradient back once, times its local derivatives. A ``.grad`` is set
    once its last contribution has arrived: until then an inner node has none, and a leaf keeps its old one,
    to which the new one is added. After the last step, every ``.grad`` equals that of ``backward()``. If
    numbers were edited since the forward pass, the step of the first inconsistent node says so.

    ``order`` determines when each node passes back: ``None`` is reverse topological, as in ``backward()``;
    ``"depth-first"`` is plain recursion, in which a node passes back as soon as it is first reached; a list
    of nodes is a custom order (leaves pass nothing back and may be omitted). In a wrong order, some node
    passes back before all of its contributions have arrived. Its step says so, later steps show the resulting
    errors, and no ``.grad`` is changed.

    ``names`` names nodes without a label after the caller's variables that hold them.

    Raises TypeError for anything but Values; ValueError for an unknown order, and for a list that lacks or
    repeats nodes or contains nodes outside the graph.

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

    Source: *Backpropagation Calculus*, where a node influences the cost through several paths.
    In docs/concordance.md: calculus 15, 25; general d.
    """
    a_value(root, "steps takes the Value to differentiate")
    return Steps(root, ordered(root, order), variables=flag(names, "names"))


class Steps(Iterator[Step]):
    """An iterator over the steps of one backward pass, made by ``steps``.

    ``order`` lists the nodes in the order in which they pass back; ``right`` is True if each of them comes
    after all nodes that were computed from it.
    """

    def __init__(self, root: Value, order: Sequence[Value], *, variables: bool = True) -> None:
        self.root, self.order = root, order
        self._names = names(root, variables=variables)
        place = {node: k for k, node in enumerate(order)}
        self.right = all(
            k < place.get(parent, math.inf) for node, k in place.items() for parent in node.parents
        )
        self._steps = self._written() if self.right else self._passed()

    @property
    def first_wrong(self) -> Step | None:
        """The first step in which a node passes back too early; None in a correct order. Takes no step."""
        return next((step for step in self._passed() if step.missing), None)

    def __next__(self) -> Step:
        return next(self._steps)

    def __str__(self) -> str:
        """Return all steps, one per line, without taking any or changing a ``.grad``."""
        told = [str(step) for step in islice(self._passed(), PRINTED)]
        left = len(self.order) - PRINTED
        return "\n".join([*told, f"… {left:,} more; iterate over them"] if left > 0 else told)

    def __repr__(self) -> str:
        nodes = f"{len(self.order):,} node" + "s" * (len(self.order) != 1)
        return f"<Steps of {nodes} in a {'right' if self.right else 'wrong'} order>"

    def _passed(self) -> Iterator[Step]:
        true = {} if self.right else gradient(self.root, topological_order(self.root))
        return map(_Pass(self.root, self.order, self._names, true).step, self.order)

    def _written(self) -> Iterator[Step]:
        """Yield the steps of a correct order; each sets ``.grad`` before it is yielded."""
        for node in self.order:
            if node.parents:
                node.grad = None
        _complete(self.root, 1.0)
        for step in self._passed():
            for contribution in step.contributions:
                if contribution.complete:
                    _complete(contribution.parent, contribution.total)
            yield step


def _complete(node: Value, total: float) -> None:
    node.grad = total if node.parents else total + node.grad


class _Pass:
    """The sums of one pass, kept only here and in the steps: no node is changed.

    ``doubtful`` contains the nodes that passed back too early, and all nodes that they passed back to.
    """

    def __init__(
        self, root: Value, order: Iterable[Value], names: Mapping[Value, str], true: Mapping[Value, float]
    ) -> None:
        self.true, self.names = true, names
        self.root = self.names[root]
        self.stale = first_stale(self.names)
        self.totals = dict.fromkeys(self.names, 0.0) | {root: 1.0}
        self.expected = Counter(parent for node in order for parent in node.parents)
        self.to_come = self.expected.copy()
        self.handed_on: set[Value] = set()
        self.doubtful: set[Value] = set()

    def step(self, node: Value) -> Step:
        """Pass back the gradient of a node, as far as it has accumulated."""
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
            symbol=derivative(self.root, name),
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
