"""Module: whatever holds parameters, and the ways to name, clear, save and load them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine import Value
from engine.characters import printable, shortened
from engine.real import real, told

from . import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

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
        files.write(path, self.state_dict(), self.architecture(), self.trained_for)

    def load(self, path: str | Path) -> None:
        """Set the parameters, and ``trained_for``, from a file of ``save`` or a JSON object of named numbers.

        OSError where it cannot be opened; ``nn.files.ModelFileError`` where it is no model, does not
        fit this one, or says that it is of another architecture; then nothing has changed.
        """
        held = files.read(path)
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
