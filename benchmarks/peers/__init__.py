"""The peers, by name: where each module is, what pip installs it, and how much it can be given.

A peer's module imports the peer at its top and has a ``PEER`` with four things: ``forward(f, numbers)``
builds the graph of ``f`` at these numbers, ``backward(graph)`` returns cost and gradients, ``tanh`` (None
where it is a method) and ``relu`` are its functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from benchmarks.measure import ON
from benchmarks.worker import OFF

if TYPE_CHECKING:
    from benchmarks.eager import Scalars


@dataclass(frozen=True)
class Known:
    """A peer that computes with scalars.

    ``module`` is one of this package, ``install`` goes to pip, ``top`` is the name to import. ``size`` is how
    many operations it gets where others get 100,000; ``python`` says that its nodes are Python objects, which
    the collector walks.
    """

    name: str
    module: str
    install: str = ""
    top: str = ""
    size: int = 100_000
    python: bool = True
    note: str = ""

    def load(self) -> Scalars:
        """Import the peer; ModuleNotFoundError where it is not installed."""
        found: Any = import_module(f"{__name__}.{self.module}")
        return found.PEER

    @property
    def collectors(self) -> tuple[str, ...]:
        """With and without the garbage collector, where that makes a difference."""
        return (ON, OFF) if self.python else (ON,)


SCALARS = [
    Known("chainrule", "ours", top="engine"),
    Known("chainrule, compiled", "ours", note="its rules read as C: docs/inside/compiled.md"),
    Known(
        "leanest", "leanest", note="the leanest node that we can write by hand: no rules, labels or errors"
    ),
    Known("microgpt", "microgpt", note="a node of microgpt's design"),
    Known("micrograd", "micrograd", "micrograd==0.1.0", "micrograd", note="tanh added in its own style"),
    Known("omnigrad", "omnigrad", "omnigrad", "omnigrad"),
    Known("learngrad", "learngrad", "learngrad", "learngrad", size=10_000, note="tanh made of its exp"),
    Known("PyTorch scalars", "torch_scalars", "torch", "torch", size=10_000, python=False),
    Known("autograd", "autograd_scalars", "autograd", "autograd", size=5_000),
    Known("mygrad", "mygrad_scalars", "mygrad", "mygrad", size=2_000),
    Known("JAX, eager", "jax_scalars", "jax", "jax", size=300, python=False),
    Known("CasADi, built anew", "casadi_scalars", "casadi", "casadi", size=10_000, python=False),
    Known("ddx-ad, built anew", "ddx_scalars", "ddx-ad", "ddx", size=10_000, python=False),
    Known(
        "drjit",
        "drjit_scalars",
        "drjit",
        "drjit",
        size=10_000,
        python=False,
        note="its numbers are literals, which it folds where it can",
    ),
    Known("XAD", "xad_scalars", "xad", "xad", python=False),
    Known("micrograd-rust", "micrograd_rust", "micrograd-rust", "micrograd_rust", python=False),
    Known(
        "oxigrad",
        "oxigrad_scalars",
        "oxigrad",
        "oxigrad",
        python=False,
        note="tanh made of its sigmoid",
    ),
    Known("jormungandr", "jormungandr", "sleipnirgroup-jormungandr", "sleipnir", python=False),
]
"""The peers that have scalars to compute with; ours first, since it is what the others are compared with."""

NATIVE_ENGINES = ("micrograd-rust", "oxigrad", "jormungandr", "drjit", "XAD")
"""The scalar engines of compiled code that are meant to be used as micrograd is."""


def known(name: str) -> Known:
    """The peer of that name."""
    return next(peer for peer in SCALARS if peer.name == name)
