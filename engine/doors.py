"""Names of ``Value`` that lead elsewhere: to the function of a book, or to advice.

A book is opened when somebody asks for the method. What people bring along from PyTorch, NumPy and JAX and
has one meaning here is a method, such as ``item`` and ``detach``; each other name raises an AttributeError
that says what to write, so that neither ``hasattr`` nor ``dir`` knows it.

>>> from engine import Value, draw
>>> Value.draw is draw
True
>>> Value(2.0).shape
Traceback (most recent call last):
    ...
AttributeError: a Value has no shape: it is one number; for arrays of examples record a Tape, see engine.tape
"""

from __future__ import annotations

from importlib import import_module
from types import MethodType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable


class door:  # noqa: N801  (it stands where a decorator would)
    """The function of the same name in a module: it takes the door's place."""

    def __init__(self, module: str) -> None:
        self.module = module

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner, self.name = owner, name

    def __get__(self, node: object, owner: type) -> Callable[..., Any]:
        function = getattr(import_module(f".{self.module}", __package__), self.name)
        setattr(self.owner, self.name, function)
        return function if node is None else MethodType(function, node)


# ── Names that other libraries have ───────────────────────────────────────────────────────────────

ONE_NUMBER = "it is one number; for arrays of examples record a Tape, see engine.tape"
PLAIN = "it holds a plain Python float, here or nowhere"
FREEZE = (
    "every Value gets a gradient; to freeze parameters, leave them out of what the optimiser is given, and "
    "v.detach() cuts a graph"
)
SETTABLE = {"requires_grad": FREEZE}
"""Names that programs set: where a Value takes attributes, setting one would do nothing, and say nothing."""
ADDED = ("m", "v", "velocity", "momentum", "cache", "state", "color", "_vis_color")
"""Names that optimisers and drawings written for micrograd add to a node."""
ROOM = (
    "a node has no room for attributes of your own, which would make each a quarter larger; "
    "a subclass has: class Value(engine.Value): pass"
)
ADVICE = {
    **SETTABLE,
    **dict.fromkeys(ADDED, ROOM),
    "requires_grad_": FREEZE,
    **dict.fromkeys(("shape", "ndim", "size", "T", "reshape", "view", "squeeze", "unsqueeze"), ONE_NUMBER),
    **dict.fromkeys(("dtype", "device", "to", "cpu", "cuda", "type", "double"), PLAIN),
    "numpy": "use v.data, or np.array([v.data for v in vs])",
    "tolist": "use v.data",
    "clone": "use v.detach() for a leaf with the same number, or copy.deepcopy(v) for the graph",
    "retain_grad": "every node keeps its gradient: read v.grad after backward()",
    "is_leaf": "use not v.parents",
    "grad_fn": "use v.rule and v.parents, or v.explain(w)",
    "sum": "use engine.total([…]), or sum([…])",
    "mean": "use engine.mean([…])",
    "pow": "write v ** n",
    "square": "write v ** 2",
    "zero_": "write v.grad = None, or C.zero_grad() for a graph",
    "add_": "write w.data += …",
    "sub_": "write w.data -= …",
    "mul_": "write w.data *= …",
    "softmax": "use engine.softmax([…])",
}


class Instead:
    """An attribute that is not there: reading it raises an AttributeError that says what to write."""

    def __init__(self, name: str, advice: str) -> None:
        self.name, self.advice = name, advice

    def __get__(self, node: object, owner: type) -> NoReturn:
        raise AttributeError(f"a Value has no {self.name}: {self.advice}", name=self.name)


class InsteadOfSetting(Instead):
    """The same for an attribute that programs set."""

    def __set__(self, node: object, held: object) -> NoReturn:
        self.__get__(node, type(node))


class InsteadOfAdding(Instead):
    """The same for an attribute that programs add: a subclass, which has room for it, takes it."""

    def __get__(self, node: object, owner: type) -> Any:
        held = getattr(node, "__dict__", {})
        return held[self.name] if self.name in held and node is not None else super().__get__(node, owner)

    def __set__(self, node: object, held: object) -> None:
        if not hasattr(node, "__dict__"):
            super().__get__(node, type(node))
        node.__dict__[self.name] = held


def advise(owner: type) -> None:
    """Let a class advise on all of these names that it does not have."""
    kinds = dict.fromkeys(ADDED, InsteadOfAdding) | dict.fromkeys(SETTABLE, InsteadOfSetting)
    for name, advice in ADVICE.items():
        if name not in vars(owner):
            setattr(owner, name, kinds.get(name, Instead)(name, advice))
