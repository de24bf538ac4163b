"""The compiled core: if ``chainrule-fast`` is installed, its node and traversals replace those in Python.

It is generated from the rules (``fast/generate.py``) and gives the same numbers to the last bit, and the same
errors: anything but an ordinary number is passed back to Python. ``engine.compiled`` says whether it is in
use; ``CHAINRULE_PURE=1`` in the environment switches it off.

>>> @in_c
... def of_no_core():
...     return "Python's own"
>>> of_no_core()
"Python's own"
"""

from __future__ import annotations

import os
import zlib
from importlib import import_module
from pathlib import Path
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, TypeVar
from warnings import warn

from . import anomaly, rules
from .numeric import evaluate, is_real, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .rules import Rule

T = TypeVar("T", bound=Any)

PROTOCOL = 1
"""The version of the interface between core and engine: a new number for every change."""

OWN = {"__annotations__", "__dict__", "__module__", "__slots__", "__weakref__"}
"""Attributes of a class that are not copied."""


def fingerprint() -> str:
    """Return a checksum of the core's sources: the rules, and their vocabulary with floats."""
    here = Path(__file__).parent
    sum_of_all = 0
    for path in [*sorted(here.glob("rules/*.py")), here / "readings" / "floats.py"]:
        sum_of_all = zlib.crc32(path.read_bytes().replace(b"\r\n", b"\n"), sum_of_all)
    return f"{sum_of_all:08x}"


def found(environment: Mapping[str, str]) -> Any:
    """Return the compiled module, or None; warn if it was generated from different rules.

    Any failure but the package's absence is raised: a broken library must not go unnoticed.
    """
    if environment.get("CHAINRULE_PURE", "") not in {"", "0"}:
        return None
    try:
        core = import_module("chainrule_fast.core")
    except ModuleNotFoundError as error:
        if error.name not in {"chainrule_fast", "chainrule_fast.core"}:
            raise
        return None
    ours, theirs = f"{PROTOCOL}-{fingerprint()}", getattr(core, "fingerprint", "none")
    if theirs != ours:
        warn(
            f"chainrule_fast was built from rules that differ from ours ({theirs}, expected {ours}), so it "
            "is not used; rebuild it, as docs/inside/compiled.md describes, or set CHAINRULE_PURE=1",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return core


class Adoption:
    """A compiled module, and what it copies from the classes and functions that it replaces."""

    def __init__(self, core: Any) -> None:
        self.core = core
        self.pure: dict[str, Any] = {}
        """The Python versions: the core calls them for cases that it does not handle."""

    def __call__(self, thing: T) -> T:
        """Return the core's class or function of the same name, if it has one; else the thing itself."""
        compiled = getattr(self.core, thing.__name__, None)
        if compiled is None:
            return thing
        if isinstance(thing, type):
            self._give_attributes(thing, compiled)
            if thing.__name__ == "Value":  # the last of the classes
                self._connect()
        else:
            self.pure[f"{thing.__name__}()"] = thing
            compiled.__module__ = thing.__module__  # where pickle finds it, without a core too
        return compiled  # type: ignore[no-any-return]  # as typed in Python

    def _give_attributes(self, pure: type, compiled: type) -> None:
        for name, thing in vars(pure).items():
            if name in OWN or isinstance(thing, (MemberDescriptorType, GetSetDescriptorType)):
                continue
            if name in vars(compiled) and name != "__doc__":
                self.pure[name] = getattr(thing, "__func__", thing)
                continue
            setattr(compiled, name, thing)
            if hasattr(thing, "__set_name__"):
                thing.__set_name__(compiled, name)

    def _connect(self) -> None:
        self.core.connect(
            {
                "rules": rules.REGISTRY,
                "constant": rules.constant,
                "watchers": anomaly.watchers,
                "check_forward": anomaly.check_forward,
                "evaluate": evaluate,
                "operand": operand,
                "bind": bind,
                "pure": self.pure,
            }
        )


def operand(kind: Any, x: object) -> Any:
    """Return a leaf for a number of a rare type; refuse anything else."""
    return kind._leaf(x) if is_real(x) else refuse(x)  # noqa: SLF001  (the node's own)


def bind(rule: Rule, *numbers: float) -> Rule:
    """Bind a rule to all of its parameters."""
    return rule.at(**dict(zip((name for name, _ in rule.defaults), numbers, strict=True)))


def straight(nodes: Sequence[Rule], operands: list[list[int]], first: int) -> Any:
    """Return a runner that evaluates nodes one by one with their rules; None if no core knows the rules.

    ``operands`` are row indices: the first ``first`` rows are given numbers, then one row for each node.
    ``forward`` fills in the nodes' rows and the local derivatives, a row for each operand, and returns
    whether it could; ``backward`` propagates adjoints.
    """
    if _core is None:
        return None
    bases = [None if rule.home else rules.REGISTRY.get(rule.name) for rule in nodes]
    return _core.straight(bases, [tuple(x for _, x in rule.parameters) for rule in nodes], operands, first)


def interpreted(rule: Rule, arity: int) -> bool:
    """Return whether a core is in use and runs nodes of this rule with this number of operands."""
    return straight([rule], [[0] * arity], 1) is not None


_core = found(os.environ)
compiled: bool = _core is not None
"""Whether the compiled core is in use."""
in_c = Adoption(_core)
"""A decorator: replace a class or function by the core's of the same name, if there is one."""
new = _core.new if compiled else object.__new__
"""Make an empty node."""
bare = _core.bare if compiled else object.__new__
"""The same for a copy that cannot be in a cycle: the core makes a Value that the collector does not track."""
