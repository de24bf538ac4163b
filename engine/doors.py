"""A function of a book as a method of ``Value``: the book is opened when somebody asks for the method.

>>> from engine import Value, draw
>>> Value.draw is draw
True
"""

from __future__ import annotations

from importlib import import_module
from types import MethodType
from typing import TYPE_CHECKING, Any

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
