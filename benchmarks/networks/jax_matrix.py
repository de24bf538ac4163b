"""JAX: matrix code under ``jit``, in double precision."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import jax
import numpy as np
from jax import numpy as jnp

from benchmarks.descent import RATE, Descent

from .numpy_matrix import flattened, layers

if TYPE_CHECKING:
    from benchmarks.programs import Moons

jax.config.update("jax_enable_x64", True)  # noqa: FBT003  (JAX's own signature)


def hinge(data: Moons) -> Descent:
    """Value and gradient, and the step, as one compiled function."""
    parameters = [(jnp.array(W), jnp.array(b)) for W, b in layers(data.weights, data.sizes)]
    X, y = jnp.array(data.xs), jnp.array(data.ys)[:, None]

    def cost(parameters):
        A = X
        for W, b in parameters[:-1]:
            A = jax.nn.relu(A @ W.T + b)
        W, b = parameters[-1]
        return jax.nn.relu(1 - y * (A @ W.T + b)).mean()

    @jax.jit
    def update(parameters):
        value, gradients = jax.value_and_grad(cost)(parameters)
        return value, jax.tree.map(lambda p, g: p - RATE * g, parameters, gradients)

    start = time.perf_counter()
    jax.block_until_ready(update(parameters))
    recorded = time.perf_counter() - start

    def step() -> float:
        nonlocal parameters
        value, parameters = update(parameters)
        return float(jax.block_until_ready(value))

    def weights():
        return flattened([(np.asarray(W), np.asarray(b)) for W, b in parameters])

    return Descent(step, weights, recorded)
