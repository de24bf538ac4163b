"""Model files: JSON that holds numbers and names, never code.

A file is one object::

    {"format": "chainrule model", "version": 1,
     "architecture": {"sizes": [2, 8, 1], "activation": "tanh", "output_activation": "linear", "bias": true},
     "cost": "binary_cross_entropy_from_logits",
     "parameters": {"w_00^(1)": 0.25, …}}

``architecture`` is there for an ``MLP``; where several places share a Value, it has ``"tied"`` as well, as in
``{"w_10^(1)": "w_00^(1)"}``: each of them with the first. ``cost`` is there where ``fit`` trained the model
for one of ``nn.COSTS``. An object of numbers alone is read as parameters.

Module: whatever holds parameters, and the ways to name, clear, save and load them.
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
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from engine import Value, saving
from engine.characters import escaped, printable, shortened
from engine.numeric import real, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FORMAT, VERSION = "chainrule model", 1
REASON = 240  # characters: what a file holds may be long, and a message quotes it


class ModelFileError(ValueError):
    """A model file that cannot be read, or that does not fit the model."""


class ModelFile(NamedTuple):
    """What a model file holds."""

    path: str | Path
    parameters: dict[str, float]
    architecture: dict[str, Any] | None
    """What the model is built of, where the file says so."""
    cost: str | None
    """The name of the cost that the model was trained for, where the file says so."""

    def into(self, model: Module) -> None:
        """Set the parameters of a model; ModelFileError, with nothing changed, where they do not fit it."""
        try:
            model.load_state_dict(self.parameters)
        except ValueError as error:
            raise refusal(f"{self.path}: ", error) from None
        model.trained_for = self.cost

    def check(self, architecture: Mapping[str, Any] | None) -> None:
        """ModelFileError where the file holds a model of another architecture than this."""
        for name, part in (self.architecture or {}).items():
            if architecture is not None and architecture.get(name) != part:
                raise refusal(
                    f"{self.path} ",
                    f"holds another network: its {name} is {reprlib.repr(part)}, this one's "
                    f"{reprlib.repr(architecture.get(name))}; MLP.from_file builds the one that it holds",
                )


def write(
    path: str | Path,
    parameters: Mapping[str, float],
    architecture: Mapping[str, Any] | None,
    cost: str | None = None,
) -> None:
    """Write parameters and, where they are known, what the model is built of and its cost.

    The file appears whole or not at all, as ``engine.saving`` writes it. TypeError or ValueError for what is
    no path, for a cost that is no name and for a parameter that is not finite; OSError, with the path, where
    it cannot be written.
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
    """What a model file holds; a plain JSON object of numbers will do as well.

    Raises OSError where the file cannot be opened, ModelFileError where it is no model.
    """
    with opened(path, encoding="utf-8-sig") as file:  # Windows programs begin a file with a mark
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
def opened(path: str | Path, *, encoding: str = "utf-8", newline: str | None = None) -> Iterator[TextIO]:
    """Open a text file or a pipe for reading. OSError, with the path, for a device, which may have no end."""
    try:
        with Path(saving.named(path, "model.json")).open(encoding=encoding, newline=newline) as file:
            _refuse_device(os.fstat(file.fileno()).st_mode)
            yield file
    except OSError as error:  # reading fails without saying of what file
        raise type(error)(error.errno, error.strerror, str(path)) from None


def _refuse_device(mode: int) -> None:
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise OSError(errno.EINVAL, "it is a device; expected a file")


def refusal(beginning: str, reason: object) -> ModelFileError:
    r"""An error that begins with the path, and has a short line of reason whatever it quotes from the file.

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
            raise ValueError(f"{name!r} is there twice")
        found[name] = x
    return found


# ── Module ────────────────────────────────────────────────────────────────────────────────────────

SHOWN = 4  # names that a message lists
SHORT = 80  # characters that it has of each


class Module:
    """A part of a model. Its parameters are the leaf Values found in its attributes.

    Attributes that are Values, Modules, or lists, tuples and dicts of them are searched in the order in
    which they were set; those with an underscore in front are not. A Value found twice counts once.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.shift = Value(2.0), Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.shift
    >>> Line().state_dict()
    {'slope': 2.0, 'shift': 1.0}
    """

    trained_for: str | None = None
    """The name of the cost, one of ``nn.COSTS``, that ``fit`` trained it for; a model file holds it."""

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Each parameter with its name, in a stable order; one that is found twice has its first name."""
        held = ((name, part) for name, part in vars(self).items() if not name.startswith("_"))
        yield from distinct(named for name, part in held for named in _search(name, part))

    def parameters(self) -> list[Value]:
        """The parameters, in the order of ``named_parameters``."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def state_dict(self) -> dict[str, float]:
        """The numbers of all parameters by name; ValueError where two have the same name."""
        return {name: parameter.data for name, parameter in self._by_name().items()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter from a mapping such as ``state_dict`` gives.

        ValueError where names are missing or unknown, TypeError for no mapping and where one is no number;
        then nothing has changed.

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
        """What a file must say to build the model again; None where only its parameters are saved."""
        return None

    def save(self, path: str | Path) -> None:
        """Write parameters, architecture and ``trained_for`` to a JSON file, whole or not at all.

        TypeError or ValueError for what names no file, and for a parameter that is not finite; OSError where
        the file cannot be written.
        """
        write(path, self.state_dict(), self.architecture(), self.trained_for)

    def load(self, path: str | Path) -> None:
        """Set the parameters, and ``trained_for``, from a file of ``save`` or a JSON object of named numbers.

        OSError where it cannot be opened; ``nn.module.ModelFileError`` where it is no model, does not
        fit this one, or says that it is of another architecture; then nothing has changed.
        """
        held = read(path)
        held.check(self.architecture())
        held.into(self)

    def _by_name(self) -> dict[str, Value]:
        named: dict[str, Value] = {}
        for name, parameter in self.named_parameters():
            if named.setdefault(name, parameter) is not parameter:
                raise ValueError(
                    f"two parameters are named {printable(name)}; one would be lost: rename a key"
                )
        return named


def distinct(named: Iterable[tuple[str, Value]]) -> Iterator[tuple[str, Value]]:
    """Each Value once, with the first of its names: weights that are tied are one parameter.

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
