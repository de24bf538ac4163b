"""The tape's program as a pure function of arrays, for JAX to compile, differentiate, batch and shard.

Each rule is one differentiable operation with the rule's own local derivatives (a custom JVP); JAX sums over
the paths.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from engine.readings.arrays import jax_reading

from .inputs import check_over, check_shape
from .plan import LayerProducts as Layer
from .plan import Straight

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.rules import Rule

    from .plan import Group, Plan

    JaxArray: TypeAlias = Any

SLOW = 600
"""Steps above which compiling takes minutes: its time grows with the cube of their number."""


def in_jax(plan: Plan, over: str) -> Callable[..., JaxArray]:
    """Return a pure function of parameters and inputs, compiled on the first call.

    Its numbers are floats of JAX's default precision: single, or double under ``jax_enable_x64``. Shapes
    are checked when it is traced; ValueError unless they are those of a call of the tape.
    """
    check_over(over)
    program = JaxProgram(plan)
    import jax  # noqa: PLC0415  (only for users of JAX; the line above reports a missing JAX)

    leaves = plan.recording.varies[: plan.recording.given]

    def cost(params: JaxArray, inputs: JaxArray = None) -> JaxArray:
        params = _floats("params", params, leaves.count(False))
        inputs = _floats("inputs", inputs, leaves.count(True), examples=True)
        costs = program.costs(params[:, None], jax.numpy.atleast_2d(inputs).T)
        costs = jax.numpy.broadcast_to(costs, inputs.shape[:-1] or (1,))
        if over == "each":
            return costs.reshape(inputs.shape[:-1])
        return costs.mean() if over == "mean" else costs.sum()

    return jax.jit(_on_any_mesh(cost, over))


def _on_any_mesh(cost: Callable[..., JaxArray], over: str) -> Callable[..., JaxArray]:
    """Return the same function, also for arrays on a mesh with explicit axes: XLA decides the sharding.

    The cost of each example stays on the example's device; every device holds the average or sum.
    """
    import jax  # noqa: PLC0415  (only for users of JAX)

    def anywhere(params: JaxArray, inputs: JaxArray = None) -> JaxArray:
        arrays = [jax.numpy.asarray(() if given is None else given) for given in (params, inputs)]
        of_params, of_inputs = (jax.typeof(array).sharding for array in arrays)
        mesh = of_inputs.mesh if of_inputs.mesh.explicit_axes else of_params.mesh
        if not mesh.explicit_axes:
            return cost(params, inputs)
        spread = of_inputs.spec[:-1] if over == "each" else ()
        axes = jax.sharding.PartitionSpec(*spread)  # type: ignore[no-untyped-call]  # JAX's own
        return jax.sharding.auto_axes(cost, out_sharding=jax.NamedSharding(mesh, axes))(*arrays)

    return anywhere


def _floats(what: str, given: JaxArray, count: int, *, examples: bool = False) -> JaxArray:
    """Return an array of floats of the right shape; a missing argument means no numbers."""
    import jax.numpy as jnp  # noqa: PLC0415  (only for users of JAX)

    array = jnp.asarray(() if given is None else given)
    check_shape(what, array.shape, count, examples=examples)
    if array.dtype.kind == "c":
        raise TypeError(f"{what} must be real numbers, got an array of {array.dtype}")
    return array.astype(float)


class JaxProgram:
    """The steps of a plan without straight parts; ``costs`` is pure."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        steps = [step for steps in plan.levels for step in steps]
        self.steps = [step for step in steps if not isinstance(step, Straight)]
        if len(self.steps) > SLOW:
            warnings.warn(
                f"this tape has {len(self.steps):,} steps; XLA needs minutes to compile that many",
                stacklevel=4,
            )
        self.reading = jax_reading()
        self.operations = {step.rule: _operation(step.rule, self.reading) for step in self.steps}

    def costs(self, params: JaxArray, inputs: JaxArray) -> JaxArray:
        """Return the cost of each example, from numbers with a row per leaf and a column per example."""
        import jax.numpy as jnp  # noqa: PLC0415  (only for users of JAX)

        values = _Values(self.plan, jnp, params, inputs)
        for step in self.steps:
            values.append(step, self._computed(step, values))
        return values.read([self.plan.recording.root])[0]

    def _computed(self, step: Group | Layer, values: _Values) -> JaxArray:
        if not isinstance(step, Layer):
            operands = [values.read(numbers) for numbers in step.operands]
            return self.operations[step.rule](*operands)
        A = values.read(step.inputs)
        A = A.reshape(step.count, step.terms, step.columns, A.shape[-1])
        if not step.weights:
            return A[0].sum(axis=0) * step.coefficient
        W = values.read(step.weights)
        W = W.reshape(step.count, step.rows, step.terms, W.shape[-1])
        if W.shape[-1] == 1:
            Z = values.jnp.einsum("pjk,pkcx->pjcx", W[..., 0], A)
        else:
            Z = values.jnp.einsum("pjkx,pkcx->pjcx", W, A)
        if step.biases:
            b = values.read(step.biases)
            Z = Z + b.reshape(step.count, step.rows, 1, b.shape[-1])
        return Z.reshape(len(step.nodes), -1)


class _Values:
    """The numbers computed so far, part by part; JAX's arrays are never changed."""

    def __init__(self, plan: Plan, jnp: Any, params: JaxArray, inputs: JaxArray) -> None:
        self.jnp, self.recording, self.place = jnp, plan.recording, np.array(plan.place)
        self.examples, self.dtype = inputs.shape[1], params.dtype
        leaves = [k for k, level in enumerate(self.recording.levels) if level == 0]
        constants = self._constants(list(self.recording.constants))
        self.parts: dict[bool, list[JaxArray]] = {}
        self.starts: dict[bool, list[int]] = {}
        for kind, numbers in ((False, jnp.concatenate([params, constants])), (True, inputs)):
            place = self.place[[k for k in leaves if self.recording.varies[k] == kind]]
            self.parts[kind] = [numbers[np.argsort(place)]]
            self.starts[kind] = [0, len(place)]

    def append(self, step: Group | Layer, numbers: JaxArray) -> None:
        """Store the results of a step."""
        kind = self.recording.varies[step.nodes[0]]
        columns = self.examples if kind else 1
        self.parts[kind].append(self.jnp.broadcast_to(numbers, (len(step.nodes), columns)))
        self.starts[kind].append(self.starts[kind][-1] + len(step.nodes))

    def read(self, numbers: Sequence[int]) -> JaxArray:
        """Return the numbers of these nodes, a row for each."""
        if self.recording.constants.keys() >= set(numbers):
            return self._constants(numbers)  # JAX sees that they have no derivative, so ∞ · 0 cannot occur
        varies = np.array([self.recording.varies[k] for k in numbers])
        place = self.place[list(numbers)]
        if varies.all() or not varies.any():
            return self._rows(bool(varies[0]), place)
        shared, varying = (
            self._rows(kind, np.where(varies == kind, place, place[varies == kind][0]))
            for kind in (False, True)
        )
        return self.jnp.where(varies[:, None], varying, shared)

    def _constants(self, numbers: Sequence[int]) -> JaxArray:
        data = np.array([[self.recording.constants[k]] for k in numbers]).reshape(-1, 1)
        with np.errstate(over="ignore"):  # in single precision, huge numbers are infinities
            return self.jnp.asarray(data, self.dtype)

    def _rows(self, kind: bool, place: np.ndarray[Any, Any]) -> JaxArray:  # noqa: FBT001  (an index of two)
        part = np.searchsorted(self.starts[kind], place, side="right") - 1
        used = np.unique(part)
        start = np.array(self.starts[kind])
        sizes = start[used + 1] - start[used]
        base = dict(zip(used.tolist(), (np.cumsum(sizes) - sizes - start[used]).tolist(), strict=True))
        index = place + np.array([base[k] for k in part.tolist()], dtype=np.intp)
        rows = self.jnp.concatenate([self.parts[kind][k] for k in used])
        first = int(index[0])
        if (np.diff(index) == 1).all():
            return rows[first : first + len(index)]
        return rows[index]


def _operation(rule: Rule, reading: Any) -> Callable[..., JaxArray]:
    """Return a rule as an operation of JAX: its value, with the rule's local derivatives."""
    import jax  # noqa: PLC0415  (only for users of JAX)

    def read(*operands: JaxArray) -> Any:
        # A constant too large for single precision becomes an infinity, and NumPy would warn of that.
        with np.errstate(over="ignore"):
            return rule.function(reading, *operands)

    @jax.custom_jvp
    def operation(*operands: JaxArray) -> JaxArray:
        return read(*operands)[0]

    def derivative(operands: Any, tangents: Any) -> Any:
        value = operation(*operands)  # not that of the next line: it has the rule's derivatives again
        slopes = read(*operands)[1]
        none = jax.custom_derivatives.SymbolicZero
        terms = [s * t for s, t in zip(slopes, tangents, strict=True) if not isinstance(t, none)]
        return value, sum(terms, jax.numpy.zeros_like(value))

    operation.defjvp(derivative, symbolic_zeros=True)
    return operation
