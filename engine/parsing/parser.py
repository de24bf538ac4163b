"""Turn the text of an expression into its graph: evaluate the syntax tree with the rules."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast
from unicodedata import normalize

from engine.numeric import real, told
from engine.value import Value

from .grammar import (
    BINARY,
    UNARY,
    Form,
    form_of,
    inner_first,
    is_function,
    is_name,
    miscalled,
    refused,
    shown,
    tidy,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.value import Operand

    from .grammar import Result

CONSTANTS = {"pi": math.pi, "π": math.pi, "e": math.e}


def parse(text: str, values: Mapping[str, Operand] | None = None, /, **numbers: Operand) -> Value:
    """Build the graph of an expression; the root is a Value, a leaf for a name or number alone.

    A number passed for a name becomes a leaf with that label; a Value is used directly. A name that occurs
    twice is one node. Parts that contain only numbers are computed with floats and become one number.

    >>> from engine import graph
    >>> C = parse("(sigmoid(w*a + b) - y)**2", w=0.5, a=0.88, b=0.1, y=1)
    >>> C.backward()
    >>> {leaf.label: round(leaf.grad, 6) for leaf in graph.leaves(C) if leaf.label}
    {'w': -0.150744, 'a': -0.08565, 'b': -0.1713, 'y': 0.736375}

    The functions are those of the engine and the costs; ``pi`` and ``e`` are known, unless they are given.
    Text is data: it is never executed. Raises ValueError, with the place, for anything but arithmetic, and
    for names without a value and values without a name; domain errors are those of the rules.

    >>> parse("w*a + b", w=0.5, a=2)
    Traceback (most recent call last):
        ...
    ValueError: no value was given for 'b'; give it as b=… (column 7, at 'b')
    """
    leaves = _leaves({} if values is None else values, numbers)
    text = tidy(text)
    nodes = inner_first(text)
    _match_names(text, nodes, leaves)
    known = CONSTANTS | leaves
    found: dict[ast.expr, Result] = {}
    for node in nodes:
        found[node] = _evaluated(text, node, known, found)
    root = found[nodes[-1]]
    return root if isinstance(root, Value) else Value(root)


def names_in(text: str) -> list[str]:
    """Return the names in an expression, including constants, each once, in the order of the text.

    >>> names_in("w*a + b + w*pi")
    ['w', 'a', 'b', 'pi']
    """
    names = (node.id for node in inner_first(tidy(text)) if isinstance(node, ast.Name))
    return list(dict.fromkeys(names))


def _leaves(values: Mapping[str, Operand], numbers: Mapping[str, Operand]) -> dict[str, Value]:
    """Return the given values by name, in Python's form of names; numbers become leaves."""
    if not isinstance(values, Mapping):
        raise TypeError(f"parse takes values by name, as in {{'w': 0.5}}, got {told(values)}")
    leaves: dict[str, Value] = {}
    for given, x in (*values.items(), *numbers.items()):
        if not isinstance(given, str):
            raise TypeError(f"a name in an expression is text, as in {{'w': 0.5}}, got {told(given)}")
        name = normalize("NFKC", given)
        if not is_name(name):
            raise ValueError(
                f"{shown(given)!r} cannot be a name in an expression; letters, digits and _ make one"
            )
        if name in leaves:
            raise ValueError(f"{shown(name)} was given two values; give it one")
        leaves[name] = x if isinstance(x, Value) else Value(real(x, f"the value of {name}"), label=name)
    return leaves


def _match_names(text: str, nodes: Iterable[ast.expr], leaves: Mapping[str, Value]) -> None:
    """Raise ValueError for a name without a value, and a value without a name."""
    names = [node for node in nodes if isinstance(node, ast.Name)]
    for node in names:
        if node.id not in leaves and node.id not in CONSTANTS:
            raise refused(_unknown_name(node.id), text, node)
    unused = leaves.keys() - {node.id for node in names}
    if unused:
        raise ValueError(
            f"the expression does not contain {', '.join(map(shown, sorted(unused)))}; leave it out"
        )


def _evaluated(
    text: str, node: ast.expr, known: Mapping[str, Result], found: Mapping[ast.expr, Result]
) -> Result:
    """Return the Value or number of one node, given those of its operands."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return known[name]
        case ast.UnaryOp(op=op, operand=operand):
            return UNARY[type(op)](found[operand])
        case ast.BinOp(left=left, op=op, right=right):
            return BINARY[type(op)](found[left], found[right])
    call = cast("ast.Call", node)
    form = cast("Form", form_of(cast("ast.Name", call.func).id))
    given = [[found[x] for x in x.elts] if isinstance(x, ast.List) else found[x] for x in call.args]
    try:
        return form.call(*given, **{cast("str", k.arg): found[k.value] for k in call.keywords})
    except TypeError:
        raise miscalled(text, node, form) from None


def _unknown_name(name: str) -> str:
    if form_of(name):
        return is_function(name)
    return f"no value was given for {shown(name)!r}; give it as {shown(name)}=…"
