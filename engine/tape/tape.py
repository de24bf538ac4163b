"""The tape: a recorded graph as a function of its leaves' numbers.

Recording keeps a graph's topological order and its constants. A call replays the graph for new parameters
and examples, with the steps of ``plan.py`` run by ``program.py``. Where NumPy signals that a number may be
wrong, the eager engine evaluates the same examples and raises its own error, which names node and example.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np

from engine.anomaly import watchers, watching
from engine.arguments import leaves_of, order_of
from engine.characters import shown
from engine.collector import without_collector
from engine.core import compiled
from engine.numeric import Unevaluable, short
from engine.readings.programs import program

from .in_jax import in_jax
from .inputs import check_over, numbers
from .numpy_source import matrix_source
from .plan import as_recorded, counted, described, plan
from .program import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from engine.value import Value

    from .accumulate import Array
    from .plan import Plan, Recorded
    from .program import Result

    Over: TypeAlias = Literal["mean", "sum", "each"]


def same_structure(recorded: Recorded, other: Sequence[Value]) -> bool:
    """Return whether two graphs have the same structure: node by node the same rules and operands.

    Constants must have the same numbers; parameters and inputs, which come with every call, need not.
    """
    order = recorded.order
    place = {node: k for k, node in enumerate(order)}
    twin = {node: k for k, node in enumerate(other)}
    return len(order) == len(other) and all(
        (a.rule == b.rule or not a.parents)
        and [place[parent] for parent in a.parents] == [twin[parent] for parent in b.parents]
        and (a not in recorded.constants or recorded.constants[a].hex() == b.data.hex())
        for a, b in zip(order, other, strict=True)
    )


def check_rules(order: Sequence[Value]) -> None:
    """Raise TypeError for a node made by hand, which a tape cannot recompute."""
    for node in order:
        if node.rule and node.rule.name == "handmade" and node.parents:
            name = repr(node.label) if node.label else repr(node)
            raise TypeError(
                f"{name} was made by hand and has no rule to recompute it; use the functions of engine"
            )


def examine(C: Value, fixed: Mapping[Value, float], inputs: Sequence[Value], x: Array) -> None:
    """Raise the eager engine's error for the first example that it cannot evaluate; otherwise do nothing.

    ``fixed`` holds the numbers of the leaves that no example changes. The graph itself is not changed. Inside
    ``detect_anomaly`` the backward passes are checked, too.
    """
    twin, constant, leaves = copy.deepcopy((C, list(fixed), list(inputs)))
    for leaf, number in zip(constant, fixed.values(), strict=True):
        leaf.data = number
    for k, example in enumerate(np.atleast_2d(x)):
        for leaf, number in zip(leaves, example, strict=True):
            leaf.data = number
        try:
            twin.refresh()
            if watching():
                twin.backward()
        except Unevaluable as error:
            raise (type(error)(f"example {k}: {error}") if x.ndim > 1 else error) from None


QUICK = 30_000
"""Edges of a group up to which the compiled core, node by node, is faster than NumPy."""
ONE, MANY = 100, 4
"""Edges of a group below which straight-line code wins, for one example and for many; see README."""


class Tape:
    """A recorded graph: call it with new numbers for its leaves to get cost and gradient.

    ``inputs`` are the leaves that differ between examples, ``params`` those to differentiate with respect to;
    all other leaves keep their current numbers. Recording freezes Python's control flow: an ``if`` or a loop
    that depended on the numbers is replayed as it went. ``matches`` says whether a newly built graph has the
    same structure.

    Raises TypeError if C or a leaf is not a Value, or a node was made by hand; ValueError if a leaf is
    computed from others or given twice, or if C does not depend on a parameter.

    >>> from engine import Value
    >>> x = Value(3.0)
    >>> tape = Tape(x * x + 1, params=[x])
    >>> tape([5.0])
    (26.0, array([10.]))
    """

    def __init__(self, C: Value, inputs: Iterable[Value] = (), params: Iterable[Value] = ()) -> None:
        with without_collector():
            order = order_of(C)
            params, inputs = leaves_of(order, params=params, inputs=inputs, unread={"inputs"})
            check_rules(order)
            self.C, self.params, self.inputs = C, params, inputs
            self._recorded = as_recorded(order, {*self.inputs, *self.params})
        self._programs: dict[tuple[bool, bool], Program] = {}

    @overload
    def __call__(
        self,
        params: ArrayLike | None = None,
        inputs: ArrayLike | None = None,
        *,
        over: Literal["mean", "sum"] = "mean",
    ) -> tuple[float, Array]: ...
    @overload
    def __call__(
        self, params: ArrayLike | None = None, inputs: ArrayLike | None = None, *, over: Literal["each"]
    ) -> tuple[Array, Array]: ...
    def __call__(
        self, params: ArrayLike | None = None, inputs: ArrayLike | None = None, *, over: Over = "mean"
    ) -> tuple[float | Array, Array]:
        """Return cost and gradient, for one example or over the examples in the leading axis of ``inputs``.

        ``params`` has the shape (parameters,), ``inputs`` (inputs,) or (examples, inputs); if one is omitted,
        the leaves' current numbers are used. ``over`` says how to reduce the examples: to the ``"mean"``
        (C = 1/n Σ C_k), the ``"sum"``, or not at all (``"each"``: arrays with a row for each example).

        Raises ValueError for arrays of another shape, TypeError for anything but real numbers. If a rule
        cannot be evaluated, raises the eager engine's error, with the node's label and the example.
        """
        p = numbers("params", params, self.params)
        x = numbers("inputs", inputs, self.inputs, examples=True)
        check_over(over)
        try:
            result = self._run(p, x.T if x.ndim > 1 else x[:, None], over)
        except Unevaluable:
            self._examine(p, x)
            raise
        if result.doubtful or (watchers and watching()):
            self._examine(p, x)
        costs, adjoints = result.costs, result.adjoints
        if over == "each":
            examples = x.shape[:-1]
            return costs if examples else float(costs[0]), adjoints.T.reshape(*examples, len(p))
        return result.total / len(costs) if over == "mean" else result.total, adjoints[:, 0]

    def matches(self, C: Value) -> bool:
        """Return whether a graph has the recorded structure, so that the tape computes the same.

        Rules and operands must be the same, node by node, and constants must have the same numbers; inputs
        and parameters may be different leaves.

        >>> from engine import Value
        >>> def cost(x):
        ...     return x * x if x > 0 else -x
        >>> x = Value(3.0)
        >>> tape = Tape(cost(x), inputs=[x])
        >>> tape.matches(cost(Value(2.0))), tape.matches(cost(Value(-2.0)))
        (True, False)
        """
        return same_structure(self._recorded, order_of(C))

    def source(self, form: Literal["nodes", "matrix"] = "nodes") -> str:
        """Return the recorded program, forward and backward, as the text of a module that runs on its own.

        ``"nodes"`` is straight-line Python with the nodes' names: a function of the parameters and then the
        inputs of one example, equal to the eager engine bit for bit. ``"matrix"`` is the matrix form that was
        found, as NumPy code: a function of ``params`` and ``inputs`` as in a call, averaged over examples.

        >>> from engine import Value
        >>> w, x = Value(3.0, label="w"), Value(2.0, label="x")
        >>> print(Tape((w * x).sin(), inputs=[x], params=[w]).source())
        from math import cos, sin
        <BLANKLINE>
        <BLANKLINE>
        def cost_and_gradient(w, x):
            # forward
            v1 = w * x
            C = sin(v1)
        <BLANKLINE>
            # backward
            dC_dw = x * cos(v1)
            gradient = (dC_dw,)
            return C, tuple(g + 0.0 for g in gradient)  # never −0.0
        <BLANKLINE>
        """
        if form not in ("nodes", "matrix"):
            raise ValueError(f'form must be "nodes" or "matrix", got {short(form)}')
        if form == "matrix":
            return matrix_source(self._plan(thin=-1))
        return program(self.C, self.inputs, self.params, constants=self._recorded.constants)

    def jax(self, *, over: Over = "mean") -> Callable[..., Any]:
        """Return the cost as a pure function ``cost(params, inputs)`` of JAX arrays, compiled by ``jax.jit``.

        Shapes and ``over`` are those of a call of the tape. The function composes with ``jax.grad``,
        ``jax.vmap`` and sharding: inputs that are spread over devices along their examples are computed where
        they are. Derivatives are those of the rules, also at kinks. Numbers are not checked: NaN and
        infinities pass through.

        Raises ImportError if JAX is not installed (the extra ``jax``).
        """
        return in_jax(self._plan(thin=-1), over)

    def __str__(self) -> str:
        return shown(described(self._plan(MANY if self.inputs else ONE)))

    def __repr__(self) -> str:
        counts = f"{counted(len(self.params), 'parameter')} and {counted(len(self.inputs), 'input')}"
        return f"<Tape of {counts}; print it to see its levels>"

    def _run(self, params: Array, inputs: Array, over: Over) -> Result:
        """Return costs and adjoints with the examples in columns."""
        examples, params = inputs.shape[1], params[:, None]
        program = self._program(each=over == "each", several=examples > 1)
        if over == "each":
            own = np.repeat(params, examples, axis=1)
            result = program.run(params[:0], np.vstack([own, inputs]), 1.0)
        else:
            weight = 1 / examples if over == "mean" else 1.0
            result = program.run(params, inputs, weight if program.varies else weight * examples)
        if len(result.costs) == examples:
            return result
        return result._replace(costs=np.repeat(result.costs, examples), total=result.total * examples)

    def _plan(self, thin: int, *, each: bool = False, quick: int = 0) -> Plan:
        varying = [*self.params, *self.inputs] if each else self.inputs
        return plan(self.C, varying, self.params, thin, self._recorded, quick=quick)

    def _examine(self, params: Array, inputs: Array) -> None:
        """Raise the eager engine's error, if there is one."""
        constants = self._recorded.constants
        fixed = dict(zip(self.params, params.tolist(), strict=True)) | dict(constants)
        examine(self.C, fixed, self.inputs, inputs)

    def _program(self, *, each: bool, several: bool) -> Program:
        """Return the steps for this kind of call, made at the first such call."""
        key = each, several
        if key not in self._programs:
            with without_collector():
                self._programs[key] = Program(
                    self._plan(MANY if several else ONE, each=each, quick=QUICK * compiled)
                )
        return self._programs[key]
