"""``Module``: anything that holds parameters, with methods to name, clear, save and load them; model files.

A model file is JSON that holds numbers and names, never code. It is one object::

    {"format": "chainrule model", "version": 1,
     "architecture": {"sizes": [2, 8, 1], "activation": "tanh", "output_activation": "linear", "bias": true},
     "cost": "binary_cross_entropy_from_logits",
     "parameters": {"w_00^(1)": 0.25, …}}

An ``MLP`` writes ``architecture``; if several places share a Value, that has ``"tied"`` as well, as in
``{"w_10^(1)": "w_00^(1)"}``, which maps each of them to the first. ``cost`` is present if ``fit`` trained the
model for one of ``nn.COSTS``. A plain object of numbers is read as parameters.
"""

from __future__ import annotations

import errno
import json
import math
import os
import reprlib
import stat
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TextIO

from engine import Value, saving
from engine.arguments import also
from engine.characters import escaped, printable, shortened
from engine.doors import OF_MODELS, advise
from engine.numeric import flag, real, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FORMAT, VERSION = "chainrule model", 1
REASON = 240  # characters of a message, which may quote a file


class ModelFileError(ValueError):
    """A model file is not valid, or does not fit the model."""


class ModelFile(NamedTuple):
    """What a model file holds."""

    path: str | Path
    parameters: dict[str, float]
    architecture: dict[str, Any] | None
    """The arguments that build the model, if the file has them."""
    cost: str | None
    """The name of the cost that the model was trained for, if the file has it."""

    def into(self, model: Module) -> None:
        """Set the parameters of a model; raise ModelFileError, and change nothing, if they do not fit it."""
        try:
            model.load_state_dict(self.parameters)
        except ValueError as error:
            raise refusal(f"{self.path}: ", error) from None
        model.trained_for = self.cost

    def check(self, architecture: Mapping[str, Any] | None) -> None:
        """Raise ModelFileError if the file holds a model of a different architecture."""
        for name, part in (self.architecture or {}).items():
            if architecture is not None and architecture.get(name) != part:
                raise refusal(
                    f"{self.path} ",
                    f"holds a different network: its {name} is {reprlib.repr(part)}, this one's "
                    f"{reprlib.repr(architecture.get(name))}; MLP.from_file builds the network in the file",
                )


def write(
    path: str | Path,
    parameters: Mapping[str, float],
    architecture: Mapping[str, Any] | None,
    cost: str | None = None,
) -> None:
    """Write parameters and, if they are known, architecture and cost.

    The file appears whole or not at all, as ``engine.saving`` writes it. Raises TypeError or ValueError if
    ``path`` is not a path, the cost is not a name or a parameter is not finite, and OSError, with the path,
    if the file cannot be written.
    """
    saving.named(path, "model.json")
    if not isinstance(cost, str | None):
        raise TypeError(f"trained_for must be the name of a cost, or None, got {told(cost)}; pass its name")
    for name, x in parameters.items():
        if not math.isfinite(x):
            raise ValueError(f"parameter {printable(name)} is {x}; a model file holds finite numbers only")
    model = {"format": FORMAT, "version": VERSION}
    if architecture is not None:
        model["architecture"] = dict(architecture)
    if cost is not None:
        model["cost"] = cost
    model["parameters"] = dict(parameters)
    saving.write(path, escaped(json.dumps(model, indent=1, ensure_ascii=False)) + "\n")


def read(path: str | Path) -> ModelFile:
    """Read a model file, or a plain JSON object of numbers by name.

    Raises OSError if the file cannot be opened, and ModelFileError if it is not a model.
    """
    with opened(path, "model.json", encoding="utf-8-sig") as file:  # Windows programs write a byte order mark
        try:
            model = json.load(file, object_pairs_hook=_distinct)
        except (ValueError, RecursionError) as error:
            raise refusal(f"{path} ", f"is not a JSON file of numbers: {error}") from None
    if not isinstance(model, dict):
        raise refusal(f"{path} ", f"holds a {type(model).__name__}; expected an object of named numbers")
    if "parameters" not in model:
        return ModelFile(path, _numbers(path, model), None, None)
    form, version = model.get("format"), model.get("version")
    if form != FORMAT or type(version) is not int or version != VERSION:
        raise refusal(
            f"{path} ",
            f"has format {reprlib.repr(form)}, version {reprlib.repr(version)}; "
            f"this version of chainrule reads {FORMAT!r}, version {VERSION}",
        )
    architecture, cost = model.get("architecture"), model.get("cost")
    if not isinstance(model["parameters"], dict) or not isinstance(architecture, dict | None):
        raise refusal(f"{path}: ", "parameters and architecture must be objects")
    if not isinstance(cost, str | None):
        raise refusal(f"{path}: ", f"cost must be the name of one, got {reprlib.repr(cost)}")
    return ModelFile(path, _numbers(path, model["parameters"]), architecture, cost)


@contextmanager
def opened(
    path: str | Path, example: str, *, encoding: str = "utf-8", newline: str | None = None
) -> Iterator[TextIO]:
    """Open a text file or a pipe for reading; raise OSError for a device, which may have no end."""
    try:
        with Path(saving.named(path, example)).open(encoding=encoding, newline=newline) as file:
            _refuse_device(os.fstat(file.fileno()).st_mode)
            yield file
    except OSError as error:  # an error in reading does not name the file
        raise type(error)(error.errno, error.strerror, str(path)) from None


def _refuse_device(mode: int) -> None:
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise OSError(errno.EINVAL, "it is a device; expected a file")


def refusal(beginning: str, reason: object) -> ModelFileError:
    r"""Return an error of one line: the path, and a reason that stays short whatever it quotes from the file.

    >>> refusal("m.json: ", "unknown two\nlines")
    ModelFileError('m.json: unknown two\\nlines')
    """
    text = printable(str(reason))
    return ModelFileError(printable(beginning) + shortened(text, REASON))


def _numbers(path: str | Path, parameters: dict[str, Any]) -> dict[str, float]:
    for name, x in parameters.items():
        if isinstance(x, bool) or not isinstance(x, int | float) or not abs(x) <= sys.float_info.max:
            shown = name if len(name) <= REASON // 2 else f"{name[: REASON // 2]}…"
            raise refusal(f"{path}: ", f"parameter {shown} must be a finite number, got {reprlib.repr(x)}")
    return {name: float(x) for name, x in parameters.items()}


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, x in pairs:
        if name in found:
            raise ValueError(f"{name!r} occurs twice")
        found[name] = x
    return found


# ── Module ────────────────────────────────────────────────────────────────────────────────────────

SHOWN = 4  # names that a message lists
SHORT = 80  # characters of each


class Module:
    """A part of a model. Its parameters are the leaf Values found in its attributes.

    Attributes that are Values, Modules, or lists, tuples and dicts of them are searched in the order in
    which they were set; names that begin with an underscore are skipped. A Value found twice counts once.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.shift = Value(2.0), Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.shift
    >>> Line()
    Line(slope, shift: 2 parameters)
    >>> Line().state_dict()
    {'slope': 2.0, 'shift': 1.0}
    """

    trained_for: str | None = None
    """The name of the cost, one of ``nn.COSTS``, that ``fit`` trained it for; model files hold it."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Make a class that defines ``forward``, as in PyTorch, callable."""
        super().__init_subclass__(**keywords)
        if "forward" in vars(cls) and "__call__" not in vars(cls):
            cls.__call__ = vars(cls)["forward"]  # type: ignore[method-assign]  # it has none

    def train(self, mode: bool = True) -> Self:  # noqa: FBT001, FBT002  (as PyTorch has it)
        """Return the model unchanged: none of our modules behaves differently during training.

        ``fit(model, xs, ys)`` trains it.
        """
        flag(mode, "mode", "to train a model, write fit(model, xs, ys)")
        return self

    def eval(self) -> Self:
        """Return the model unchanged; see ``train``."""
        return self

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield each parameter with its name, in a stable order; one found twice has its first name."""
        held = ((name, part) for name, part in vars(self).items() if not name.startswith("_"))
        yield from distinct(named for name, part in held for named in _search(name, part))

    def parameters(self) -> list[Value]:
        """Return the parameters, in the order of ``named_parameters``."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self, *, set_to_none: bool = True) -> None:  # noqa: ARG002  (PyTorch programs pass it)
        """Clear the gradients of all parameters; ``set_to_none`` makes no difference."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def state_dict(self) -> dict[str, float]:
        """Return the numbers of all parameters by name; raise ValueError if two have the same name."""
        return {name: parameter.data for name, parameter in self._by_name().items()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter from a mapping such as ``state_dict`` returns.

        Raises ValueError if names are missing or unknown, and TypeError if ``state`` is not a mapping or a
        number in it is not real; then nothing changes.

        >>> from nn import Neuron
        >>> neuron = Neuron(1)
        >>> neuron.load_state_dict({"w": 2.0, "bias": 1.0})
        Traceback (most recent call last):
            ...
        ValueError: the state does not fit the model: missing b; unknown bias
        """
        if not isinstance(state, Mapping):
            raise TypeError(
                f"a state is numbers by name, as state_dict() gives them, got {told(state)}; pass a dict"
            )
        named = self._by_name()
        missing, unknown = [n for n in named if n not in state], [n for n in state if n not in named]
        if missing or unknown:
            trouble = [f"missing {_few(missing)}"] * bool(missing)
            trouble += [f"unknown {_few(unknown)}"] * bool(unknown)
            raise ValueError(f"the state does not fit the model: {'; '.join(trouble)}")
        numbers = {name: real(state[name], printable(name)) for name in named}
        for name, parameter in named.items():
            parameter.data = numbers[name]

    def architecture(self) -> dict[str, Any] | None:
        """Return what a file must hold to rebuild the model; None saves parameters only."""
        return None

    def save(self, path: str | Path) -> None:
        """Write parameters, architecture and ``trained_for`` to a JSON file, whole or not at all.

        Raises TypeError or ValueError if ``path`` does not name a file or a parameter is not finite, and
        OSError if the file cannot be written.
        """
        write(path, self.state_dict(), self.architecture(), self.trained_for)

    @also("model.load('model.json')")
    def load(self, path: str | Path) -> None:
        """Set the parameters, and ``trained_for``, from a file made by ``save`` or a JSON object of numbers.

        Raises OSError if it cannot be opened, and ``nn.module.ModelFileError`` if it is not a model, does not
        fit this one, or has a different architecture; then nothing changes.
        """
        held = read(path)
        held.check(self.architecture())
        held.into(self)

    def __repr__(self) -> str:
        """Return the parts that hold parameters, each with its count, and the total."""
        held = {name: [*_search(name, part)] for name, part in vars(self).items() if not name.startswith("_")}
        parts = [name + f" {len(found)}" * (len(found) > 1) for name, found in held.items() if found]
        named = shortened(printable(", ".join(parts)), SHORT)
        return f"{type(self).__name__}({named}{': ' * bool(parts)}{counted(len(self.parameters()))})"

    def __str__(self) -> str:
        """Return the parts that hold parameters, one per line, nested parts indented, and their counts."""
        return "\n".join(_outline(type(self).__name__, self, ""))

    def _by_name(self) -> dict[str, Value]:
        named: dict[str, Value] = {}
        for name, parameter in self.named_parameters():
            if named.setdefault(name, parameter) is not parameter:
                raise ValueError(
                    f"two parameters are named {printable(name)}; one would be lost: rename a key"
                )
        return named


advise(Module, OF_MODELS)


def counted(count: int, what: str = "parameter") -> str:
    """Return a count of parameters, or of other things, in words.

    >>> counted(1), counted(12345), counted(0, "input")
    ('1 parameter', '12,345 parameters', '0 inputs')
    """
    return f"{count:,} {what}" + "s" * (count != 1)


def _outline(name: str, module: Module, indent: str) -> Iterator[str]:
    """Yield a line for a module, then one for each part of it."""
    if type(module).__str__ is not Module.__str__:  # it has its own description
        yield f"{indent}{name}: {shortened(repr(module), SHORT)}"
        return
    yield f"{indent}{name}: {counted(len(module.parameters()))}"
    for key, part in vars(module).items():
        if not key.startswith("_"):
            yield from _part(printable(key), part, indent + "  ")


def _part(name: str, held: object, indent: str) -> Iterator[str]:
    """Yield the lines for what an attribute holds: a parameter, a module, or several of them."""
    if isinstance(held, Module):
        described = type(held).__str__ is not Module.__str__
        yield from _outline(name if described else f"{name}, {type(held).__name__}", held, indent)
    elif isinstance(held, Value) and not held.parents:
        yield f"{indent}{name} = {held.data:g}"
    elif isinstance(held, dict | list | tuple):
        items = list(held.items() if isinstance(held, dict) else enumerate(held))
        if not any(isinstance(item, Module | dict | list | tuple) for _, item in items):
            count = len([*_search(name, held)])
            yield from [f"{indent}{name}: {counted(count)}"] * bool(count)
            return
        for key, item in items:
            yield from _part(f"{name}.{printable(str(key))}", item, indent)


def distinct(named: Iterable[tuple[str, Value]]) -> Iterator[tuple[str, Value]]:
    """Yield each Value once, under its first name: tied weights are one parameter.

    >>> w = Value(1.0)
    >>> [name for name, _ in distinct([("a", w), ("b", Value(2.0)), ("c", w)])]
    ['a', 'b']
    """
    seen: set[Value] = set()
    for name, parameter in named:
        if parameter not in seen:
            seen.add(parameter)
            yield name, parameter


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" * (len(names) > SHOWN)
    return ", ".join(shortened(printable(str(name)), SHORT) for name in names[:SHOWN]) + more


def _search(name: str, held: object) -> Iterator[tuple[str, Value]]:
    if isinstance(held, Value):
        if not held.parents:
            yield name, held
    elif isinstance(held, Module):
        yield from ((f"{name}.{inner}", parameter) for inner, parameter in held.named_parameters())
    elif isinstance(held, dict):
        for key, item in held.items():
            yield from _search(f"{name}.{key}", item)
    elif isinstance(held, list | tuple):
        for k, item in enumerate(held):
            yield from _search(f"{name}.{k}", item)


# ── The documents' notation: w_jk^(l), b_j^(l), z_j^(l), a_j^(l) ──────────────────────────────────


@lru_cache(maxsize=4096)
def symbol(letter: str, *indices: int | None, layer: int | None = None) -> str:
    """Return a letter with its indices below and its layer above; commas separate indices of several digits.

    An index None drops out, as it does for a layer of one neuron.

    >>> symbol("w", 1, 2, layer=3), symbol("b", None, layer=1), symbol("w", 10, 0, layer=1)
    ('w_12^(3)', 'b^(1)', 'w_10,0^(1)')
    """
    shown = [index for index in indices if index is not None]
    below = ("" if all(index < 10 for index in shown) else ",").join(map(str, shown))
    above = "" if layer is None else f"^({layer})"
    return letter + (f"_{below}" if below else "") + above


def index(k: int, count: int) -> int | None:
    """Return the index of one of several neurons, None for the only one.

    >>> index(0, 3), index(0, 1)
    (0, None)
    """
    return k if count > 1 else None


@lru_cache(maxsize=256)
def symbols(letter: str, count: int, layer: int | None = None) -> tuple[str, ...]:
    """Return the letter with the index of each of several neurons.

    >>> symbols("a", 2, 1), symbols("y", 1)
    (('a_0^(1)', 'a_1^(1)'), ('y',))
    """
    return tuple(symbol(letter, index(k, count), layer=layer) for k in range(count))
