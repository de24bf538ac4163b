"""Names of ``Value`` that lead elsewhere: to a function in another package, or to advice.

The package is imported when the method is first used. Names from PyTorch, NumPy and JAX that have one clear
meaning here, such as ``item`` and ``detach``, are methods; all other such names raise an AttributeError that
says what to write instead, so that ``hasattr`` is False and ``dir`` omits them.

>>> from engine import Value, draw
>>> Value.draw is draw
True
>>> Value(2.0).shape
Traceback (most recent call last):
    ...
AttributeError: Value has no shape: it is one number; for arrays of examples record a Tape, see engine.tape
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from inspect import signature
from opcode import opmap
from types import MethodType
from typing import TYPE_CHECKING, Any, NoReturn

from .numeric import is_real, refuse, see

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class door:  # noqa: N801  (used like a decorator)
    """The function of the same name in a module; it replaces the door on first use."""

    def __init__(self, module: str) -> None:
        self.module = module

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner, self.name = owner, name

    def __get__(self, node: object, owner: type) -> Callable[..., Any]:
        function = getattr(import_module(f".{self.module}", __package__), self.name)
        setattr(self.owner, self.name, function)
        return function if node is None else MethodType(function, node)


# ── Names from other libraries ────────────────────────────────────────────────────────────────────

ONE_NUMBER = "it is one number; for arrays of examples record a Tape, see engine.tape"
PLAIN = "it holds a plain Python float; leave it out"
FREEZE = (
    "every Value gets a gradient; to freeze parameters, do not pass them to the optimiser; v.detach() "
    "cuts a graph"
)
SETTABLE = {"requires_grad": FREEZE}
"""Names that programs set: on a Value that takes attributes, setting one would silently do nothing."""
ADDED = ("m", "v", "velocity", "momentum", "cache", "state", "color", "_vis_color", "visited", "depth", "id")
"""Names that optimisers, traversals and drawings written for micrograd add to a node."""
ROOM = (
    "a node has no room for custom attributes, which would make each node a quarter larger; "
    "a subclass has room: class Value(engine.Value): pass" + see("attributes")
)
LABEL = "a node's name is its label: Value(2.0, label='a'), or x.label = 'a'"
GRADIENT = "read v.grad, after C.backward()"
LIKELY = {
    **dict.fromkeys(("value", "val", "number"), "use v.data"),
    **dict.fromkeys(("gradient", "gradients", "grads", "derivative", "slope"), GRADIENT),
    **dict.fromkeys(("parent", "inputs", "operands"), "use v.parents"),
    **dict.fromkeys(("local_derivative", "local_grads", "slopes"), "use v.local_derivatives"),
    **dict.fromkeys(("backwards", "backprop"), "write C.backward()"),
}
"""Names that people try for Value's own. A lookup of the nearest name would need ``__getattr__``, and then
reading any attribute would take three times as long."""
ADVICE = {
    **LIKELY,
    **SETTABLE,
    **dict.fromkeys(ADDED, ROOM),
    "name": LABEL,
    "clamp": "write v.clip(lo, hi)",
    "requires_grad_": FREEZE,
    **dict.fromkeys(("shape", "ndim", "size", "T", "reshape", "view", "squeeze", "unsqueeze"), ONE_NUMBER),
    "dtype": f"{PLAIN}; a NumPy function that reads it, such as np.sinc, is not made for Values: write it "
    "with functions of engine",
    **dict.fromkeys(("device", "to", "cpu", "cuda", "type", "double"), PLAIN),
    "numpy": "use v.data, or np.array([v.data for v in vs])",
    "tolist": "use v.data",
    "clone": "use v.detach() for a leaf with the same number, or copy.deepcopy(v) for the graph",
    "retain_grad": "every node keeps its gradient: read v.grad after backward()",
    "is_leaf": "use not v.parents",
    "grad_fn": "use v.rule and v.parents, or v.explain(w)",
    "show": "use C.draw() or C.play(), which a notebook shows, and .save(…) writes",
    "sum": "use engine.total([…]), or sum([…])",
    "mean": "use engine.mean([…])",
    "forward": "write engine.forward(C), which shows the forward pass",
    "pow": "write v ** n",
    **dict.fromkeys(("children", "_children"), "use v.parents, or micrograd's v._prev"),
    "ln": "write v.log()",
    "neg": "write -v",
    **{name: f"write v {sign} w" for name, sign in (("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"))},
    "square": "write v ** 2",
    "zero_": "write v.grad = None, or C.zero_grad() for a graph",
    "add_": "write w.data += …",
    "sub_": "write w.data -= …",
    "mul_": "write w.data *= …",
    "softmax": "use engine.softmax([…])",
    **dict.fromkeys(("quiz", "ask"), "write engine.quiz(C), C the root of the graph"),
}


class Instead:
    """A missing attribute: reading it raises an AttributeError that says what to write instead."""

    def __init__(self, name: str, advice: str) -> None:
        self.name, self.advice = name, advice
        self.__doc__ = f"Missing: {advice}."  # help(Value) lists the name

    def __get__(self, node: object, owner: type) -> NoReturn:
        raise AttributeError(f"{owner.__name__} has no {self.name}: {self.advice}")


class InsteadOfSetting(Instead):
    """The same for an attribute that programs set."""

    def __set__(self, node: object, held: object) -> NoReturn:
        self.__get__(node, type(node))


class InsteadOfAdding(Instead):
    """The same for an attribute that programs add: a subclass has room for it and accepts it."""

    def __get__(self, node: object, owner: type) -> Any:
        held = getattr(node, "__dict__", {})
        return held[self.name] if self.name in held and node is not None else super().__get__(node, owner)

    def __set__(self, node: object, held: object) -> None:
        if not hasattr(node, "__dict__"):
            super().__get__(node, type(node))
        node.__dict__[self.name] = held


def advise(owner: type, names: Mapping[str, str] = ADVICE) -> None:
    """Make a class give advice on those names that it does not have; ``dir`` does not list them.

    ``help`` shows the parameters of its constructor without those for programs written for other libraries.
    """
    kinds = dict.fromkeys((*ADDED, *LIKELY, "name"), InsteadOfAdding) | dict.fromkeys(
        SETTABLE, InsteadOfSetting
    )
    for name in sorted(names.keys() - dir(owner)):
        setattr(owner, name, kinds.get(name, Instead)(name, names[name]))

    def there(node: object) -> list[str]:
        return [name for name in object.__dir__(node) if name not in names or hasattr(node, name)]

    constructor = vars(owner).get("__init__", there)
    whole = signature(constructor)
    hidden = {name for name, one in whole.parameters.items() if name[0] == "_" or one.kind is one.VAR_KEYWORD}
    public = [one for name, one in whole.parameters.items() if name not in hidden]
    with suppress(AttributeError):  # the compiled core has its own, in C
        constructor.__signature__ = whole.replace(parameters=public)
    owner.__dir__ = there  # type: ignore[assignment]  # a method, set from outside


KEYWORDS = {name: ADVICE[name] for name in ADVICE.keys() - LIKELY.keys()} | dict.fromkeys(
    ("name", "names", "symbol", "title"), LABEL
)


def unknown_keyword(given: Mapping[str, object]) -> TypeError:
    """Return the error for the first of the keyword arguments that ``Value`` does not have, with advice.

    >>> unknown_keyword({"device": "cpu"})
    TypeError("Value has no argument 'device'; it holds a plain Python float; leave it out")
    """
    name = next(iter(given))
    advice = KEYWORDS.get(name, "its keywords are data, parents, op, label, local_derivatives")
    return TypeError(f"Value has no argument {name!r}; {advice}")


def not_a_power(*_: object) -> NoReturn:
    """Raise TypeError for ``x ^ 2``."""
    raise TypeError("a Value has no ^, which is Python's bitwise xor; a power is written **, as in x ** 2")


def no_matmul(_: object, other: object) -> Any:
    """Raise TypeError for ``x @ y``; leave arrays to their own operators."""
    if not is_real(other):  # as above
        return refuse(other)
    raise TypeError("a Value has no @, since it is one number; write x * y, or engine.dot(ws, xs) for lists")


def not_plain(_: object) -> NoReturn:
    """Raise TypeError for ``float(x)``, ``int(x)`` and ``math.exp(x)``."""
    raise TypeError(
        "a Value does not become a plain number automatically, since that would cut its gradient; "
        "use .data for the number, or x.exp() or engine.exp(x) instead of math.exp(x)" + see("plain-number")
    )


def not_rounded(*_: object) -> NoReturn:
    """Raise TypeError for ``round(x)`` and similar calls."""
    raise TypeError(
        "a Value cannot be rounded, since that would cut its gradient; use round(x.data) for the number, "
        'or f"{x.data:.2f}" to print it' + see("plain-number")
    )


def not_divided(_: object, other: object) -> Any:
    """Raise TypeError for ``x // 2`` and ``x % 2``; leave arrays to their own operators."""
    if not is_real(other):  # a Value counts as one
        return refuse(other)
    raise TypeError(
        "a Value has no // and no %, since rounding would cut its gradient; use .data for the numbers, "
        "as in x.data // 2"
    )


# ── Names from modules of other libraries ─────────────────────────────────────────────────────────

CONSTANTS = "plain numbers record nothing: update w.data, and use .data where no gradient is wanted"
OF_ENGINE = {
    **dict.fromkeys(("tensor", "Tensor", "Variable", "array"), "use Value(2.0), one number each"),
    **dict.fromkeys(("no_grad", "stop_gradient", "inference_mode"), CONSTANTS),
    **dict.fromkeys(("jit", "compile", "vmap"), "record a Tape, see engine.tape: it runs whole batches"),
    "value_and_grad": "call y.backward(): y.data is the value, x.grad the derivative",
    "jacrev": "use engine.jacobian(ys, xs)",
    "jacfwd": "use engine.jacobian(ys, xs)",
    "sum": "use engine.total([…])",
    "max": "use engine.maximum([…])",
    "min": "use engine.minimum([…])",
    "prod": "use math.prod([…])",
    "pow": "use x ** n, or engine.power",
    "numpy": "use numpy itself: its functions take Values",
    "nn": "import nn",
    "draw_dot": "use engine.draw(C)",
    "plot": "use engine.draw(C)",
    **dict.fromkeys(("MLP", "Layer", "Neuron", "Module", "Adam", "fit"), "it is in nn: import nn"),
}
TRAIN = "nn.fit(model, xs, ys)"
OF_NN = {
    **dict.fromkeys(("Linear", "Dense"), "use Layer(nin, nout, activation='linear'), or MLP(2, [4, 1])"),
    **dict.fromkeys(("Sequential", "ModuleList"), "use MLP(2, [4, 1]), or a Module with a list of layers"),
    **dict.fromkeys(("SGD", "GD"), "use GradientDescent, and batch_size of fit"),
    **dict.fromkeys(
        ("ReLU", "Tanh", "Sigmoid", "GELU", "LeakyReLU", "Softplus"),
        "pass activation='relu', or another name, to MLP or Layer",
    ),
    **dict.fromkeys(("relu", "tanh", "sigmoid", "softmax", "functional"), "it is in engine: engine.relu(x)"),
    **dict.fromkeys(
        ("MSELoss", "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "mse"),
        "pass its name to fit, as in cost='mse', or use a function of nn.losses",
    ),
    "Parameter": "use a Value: a Module's attributes are its parameters",
    "train": f"use {TRAIN}",
}
OF_MODELS = {
    **dict.fromkeys(("fit", "compile"), f"use {TRAIN}"),
    **dict.fromkeys(("to", "cpu", "cuda", "double"), "its parameters are plain Python floats; leave it out"),
    "forward": "call it: model(x)",
    "predict": "use nn.predict(model, xs), or model(x) for one example",
    "evaluate": "use nn.accuracy(model, xs, ys)",
    "summary": "print(model) shows sizes and numbers of parameters",
    "backward": "call backward() of a cost that is computed from its outputs",
    **dict.fromkeys(("weights", "get_weights", "coefs_"), "use model.arrays(), or model.parameters()"),
    "requires_grad_": FREEZE,
}
OF_DRAWINGS = {
    **dict.fromkeys(("render", "pipe"), 'use .save("graph.svg"), or the text .svg'),
    "view": "use .show(), which opens a browser",
}
OF_HISTORIES = dict.fromkeys(("history", "loss", "losses"), "use history.costs")


def missing(module: str, name: str, names: Mapping[str, str]) -> AttributeError | ImportError:
    """Return the error for a name that a module lacks, with advice if other libraries have it.

    For ``from nn import SGD``, Python would hide an AttributeError behind its own ImportError, so return one.
    """
    advice = f": {names[name]}" if name in names else ""
    asking = sys._getframe(2)  # noqa: SLF001  (the documented way to the caller)
    if advice and asking.f_code.co_code[asking.f_lasti] == opmap["IMPORT_FROM"]:
        return ImportError(f"cannot import name {name!r} from {module!r}{advice}", name=name)
    here = None if advice else sys.modules[module]  # there Python looks for a similar name
    return AttributeError(f"module {module!r} has no attribute {name!r}{advice}", name=name, obj=here)
