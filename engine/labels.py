"""A name for every node of a graph, and numbers as a reader writes them: for text and formulas.

>>> from engine import Value
>>> w = Value(0.5, label="w")
>>> C = (w * 3.0 + 1.0).exp()
>>> list(names(C).values())
['w', '3', 'v_1', '1', 'v_2', 'C']

Names for nodes, taken from the program's own variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, count
from typing import TYPE_CHECKING

from . import rules
from .characters import printable
from .graph import topological_order
from .numeric import told
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def names(root: Value, *targets: Value) -> dict[Value, str]:
    """Names of all that a root depends on, parents first, and of the targets.

    A label names its node; where several have the same one, the later ones are ``z[2]``, ``z[3]``. Of what
    has no label, a leaf goes by its number, the root by ``C``, the costs that it is the mean of by ``C_0``,
    ``C_1``, …, a target by ``x``, an inner node by ``v_1``, ``v_2``, … in topological order; what is a label
    already is passed over, so that no two nodes share a name; but equal numbers are written alike.

    >>> from engine import Value
    >>> x = Value(3.0)
    >>> list(names(x * x, x).values()), list(names(x * x).values())
    (['x', 'C'], ['3', 'C'])
    """
    order = dict.fromkeys([*topological_order(root), *targets])
    labels = {node: printable(node.label) for node in order}
    taken = set(labels.values())
    own = _own(root, targets, taken)
    inner = (f"v_{k}" for k in count(1))
    copies: dict[str, Iterator[str]] = {}
    found = {}
    for node in order:
        label = labels[node]
        if label in copies:
            found[node] = _first_free(taken, copies[label])
        elif label:
            copies[label] = (f"{label}[{k}]" for k in count(2))
            found[node] = label
        elif node in own:
            found[node] = own[node]
        else:
            found[node] = _first_free(taken, inner) if node.parents else number(node.data)
    return found


def _own(root: Value, targets: Iterable[Value], taken: set[str]) -> dict[Value, str]:
    """Of what has no label, the root's name, those of the costs that it is the mean of, and the targets'."""
    own: dict[Value, str] = {}
    if not root.label:
        own[root] = _first_free(taken, chain(["C", "L"], (f"C_{k}" for k in count())))
    for k, cost in enumerate(root.parents if root.rule == rules.mean else ()):
        if cost.parents and not cost.label and cost not in own and f"C_{k}" not in taken:
            own[cost] = _first_free(taken, iter([f"C_{k}"]))
    for target in targets:
        if not target.label and target not in own:
            own[target] = _first_free(taken, chain(["x", "u", "t"], (f"x_{k}" for k in count())))
    return own


def _first_free(taken: set[str], candidates: Iterator[str]) -> str:
    name = next(name for name in candidates if name not in taken)
    taken.add(name)
    return name


def bracketed(numeral: str) -> str:
    """A number's text as a factor or a term: in brackets where it begins with a minus sign.

    >>> bracketed("2"), bracketed("−2"), bracketed("-2")
    ('2', '(−2)', '(-2)')
    """
    return f"({numeral})" if numeral.startswith(("−", "-")) else numeral


def number(x: float, digits: int = 6) -> str:
    """Six significant digits, or as many as asked for, with a proper minus sign, and none before 0.

    >>> number(0.25), number(-2.0), number(1 / 3, digits=4), number(-0.0), number(float("-inf"))
    ('0.25', '−2', '0.3333', '0', '−∞')
    """
    return f"{x:z.{digits}g}".replace("-", "−").replace("inf", "∞")


# ── Names for nodes, taken from the program's own variables ───────────────────────────────────────


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
