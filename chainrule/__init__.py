"""The engine and the networks under the name of the installed package: ``pip install chainrule``.

Every public name of ``engine`` is also a name of ``chainrule``, for the same object; ``chainrule.nn`` is
``nn``, the networks.

>>> from chainrule import Value, nn
>>> x = Value(3.0)
>>> (x * x).backward()
>>> x.grad
6.0
>>> nn.MLP(2, [3, 1])
MLP of 2 inputs, 3 relu, 1 linear: 13 parameters

``chainrule`` and ``python -m chainrule`` run the command line.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    import nn as nn
    from engine import *  # noqa: F403  (its exports are the only list)
    from engine.functions import Function

__version__ = "0.1.0"


def ours(name: str) -> ModuleType:
    """Return our package of that name; raise ImportError if Python finds another module of that name."""
    found = import_module(name)
    if Path(found.__file__ or "").parents[1] != Path(__file__).parents[1]:
        raise ImportError(
            f"chainrule needs its own package {name}, but Python found another {name} first; "
            f"rename or move {found.__file__}",
            name=name,
            path=found.__file__,
        )
    return found


_engine = ours("engine")
_PUBLIC = {*_engine.PUBLIC, "nn"}
__all__ = [*_engine.__all__, "nn"]  # noqa: PLE0604  (engine's names are strings)


def __getattr__(name: str) -> Function:  # types do not know the functions made from rules by name
    """Load a public name of the engine, or the networks, at first use (PEP 562)."""
    if name not in _PUBLIC:
        doors = import_module("engine.doors")
        raise doors.missing(__name__, name, doors.OF_ENGINE)
    found: Function = getattr(_engine, name) if name != "nn" else ours("nn")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*_PUBLIC, "__version__"])
