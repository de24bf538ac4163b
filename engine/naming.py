"""Names for nodes, taken from the program's own variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .real import told
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator


def label(names: Mapping[str, object] | None = None, /, **nodes: object) -> None:
    """Label Values by the names of the variables that hold them.

    ``label(w=w, b=b)`` names these; ``label(locals())`` names every Value among the variables that has
    no label yet, and Values in a list or tuple as ``xs_0, xs_1, …``. Names with an underscore in front
    and whatever is no Value are passed over. TypeError for a keyword that is no Value, and where the one
    positional argument is no mapping by name; then nothing has changed.

    >>> w, xs = Value(0.5), [Value(1.0), Value(2.0)]
    >>> label(w=w)
    >>> label({"xs": xs})
    >>> w.label, xs[1].label
    ('w', 'xs_1')
    """
    given: object = {} if names is None else names
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise TypeError(
            f"label takes names and Values, as in label(w=w) or label(locals()); got {told(given)}"
        )
    for name, node in {name: _only_value(name, node) for name, node in nodes.items()}.items():
        node.label = name
    for name, held in given.items():
        if not name.startswith("_"):
            for full_name, node in _values(name, held):
                node.label = node.label or full_name


def _only_value(name: str, node: object) -> Value:
    if not isinstance(node, Value):
        raise TypeError(f"label can name Values only, got {name} = {told(node)}; leave it out")
    return node


def _values(name: str, held: object) -> Iterator[tuple[str, Value]]:
    if isinstance(held, Value):
        yield name, held
    elif isinstance(held, list | tuple):
        yield from ((f"{name}_{k}", x) for k, x in enumerate(held) if isinstance(x, Value))
