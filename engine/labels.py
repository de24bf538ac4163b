"""Names for the nodes of a graph, and numbers as people write them, for text and formulas.

Only this module decides how a node is called: by its label, else by the caller's variable that holds it, else
by its number or its place in the graph.

>>> from engine import Value
>>> w = Value(0.5)
>>> loss = (w * 3.0 + 1.0).exp()
>>> list(names(loss).values())
['w', '3', 'v_1', '1', 'v_2', 'loss']
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import wraps
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import rules
from .characters import printable
from .graph import topological_order
from .numeric import told
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import CodeType, FrameType


def names(root: Value, *targets: Value, variables: Mapping[Value, str] | bool = True) -> dict[Value, str]:
    """Return a name for every node that a root depends on, parents first, and for the targets.

    A label names its node; if several nodes share one, the later ones are ``z[2]``, ``z[3]``. Below a cost of
    several examples C_0, C_1, …, they are ``z[0]``, ``z[1]``, … instead, as their examples. A node without a
    label is named after the caller's variable that holds it (see ``from_variables``), unless ``variables``
    is False; a mapping supplies names found earlier. Otherwise a leaf is named by its number, the root ``C``,
    the costs that it averages ``C_0``, ``C_1``, …, a target ``x``, and inner nodes ``v_1``, ``v_2``, … in
    topological order. Names that are already labels are skipped, so that no two nodes share a name; but equal
    numbers look alike.

    >>> from engine import Value
    >>> x = Value(3.0)
    >>> list(names(x * x).values()), list(names(x * x, x, variables=False).values())
    (['x', 'C'], ['x', 'C'])
    >>> list(names(x * x, variables=False).values())
    ['3', 'C']
    """
    order = dict.fromkeys([*topological_order(root), *targets])
    if variables is True:
        variables = from_variables(order)
    by_variable = variables or {}
    labels = {node: printable(node.label) or by_variable.get(node, "") for node in order}
    taken = set(labels.values())
    own = _own(root, targets, labels, taken)
    by_example = _by_example(root, labels, own, taken)
    inner = (f"v_{k}" for k in count(1))
    copies: dict[str, Iterator[str]] = {}
    found = {}
    for node in order:
        label = labels[node]
        if node in by_example:
            found[node] = by_example[node]
        elif label in copies:
            found[node] = _first_free(taken, copies[label])
        elif label:
            copies[label] = (f"{label}[{k}]" for k in count(2))
            found[node] = label
        elif node in own:
            found[node] = own[node]
        else:
            found[node] = _first_free(taken, inner) if node.parents else number(node.data)
    return found


def _by_example(
    root: Value, labels: Mapping[Value, str], own: Mapping[Value, str], taken: set[str]
) -> dict[Value, str]:
    """Return names for nodes that have the same label in several examples: z[1] belongs to C_1.

    A label that an example has twice says nothing about the examples, and gets no such name.
    """
    if not _of_examples(root, labels, own):
        return {}
    examples: dict[str, dict[int, Value]] = {}
    twice: set[str] = set()
    seen: set[Value] = set()
    for k, cost in enumerate(root.parents):
        waiting = [cost]
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            waiting += node.parents
            if label := labels[node]:
                if k in examples.setdefault(label, {}):
                    twice.add(label)
                examples[label][k] = node
    return {
        node: _first_free(taken, iter([name]))
        for label, nodes in examples.items()
        if len(nodes) > 1 and label not in twice
        for k, node in nodes.items()
        if (name := f"{label}[{k}]") not in taken
    }


def _of_examples(root: Value, labels: Mapping[Value, str], own: Mapping[Value, str]) -> bool:
    """Return whether a cost is the mean of computed costs, or the sum of C_0, C_1, …."""
    if root.rule not in {rules.mean, rules.total} or not all(cost.parents for cost in root.parents):
        return False
    called = [labels[cost] or own.get(cost, "") for cost in root.parents]
    return root.rule == rules.mean or all(name.endswith(f"_{k}") for k, name in enumerate(called))


def _own(
    root: Value, targets: Iterable[Value], labels: Mapping[Value, str], taken: set[str]
) -> dict[Value, str]:
    """Return names for the root, the costs that it averages, and the targets, if they have no label."""
    own: dict[Value, str] = {}
    if not labels[root]:
        own[root] = _first_free(taken, chain(["C", "L"], (f"C_{k}" for k in count())))
    for k, cost in enumerate(root.parents if root.rule == rules.mean else ()):
        if cost.parents and not labels[cost] and cost not in own and f"C_{k}" not in taken:
            own[cost] = _first_free(taken, iter([f"C_{k}"]))
    for target in targets:
        if not labels[target] and target not in own:
            own[target] = _first_free(taken, chain(["x", "u", "t"], (f"x_{k}" for k in count())))
    return own


def _first_free(taken: set[str], candidates: Iterator[str]) -> str:
    name = next(name for name in candidates if name not in taken)
    taken.add(name)
    return name


def bracketed(numeral: str) -> str:
    """Return a number's text for use as a factor or term, in brackets if it begins with a minus sign.

    >>> bracketed("2"), bracketed("−2"), bracketed("-2")
    ('2', '(−2)', '(-2)')
    """
    return f"({numeral})" if numeral.startswith(("−", "-")) else numeral


def number(x: float, digits: int = 6) -> str:
    """Return a number with ``digits`` significant digits and a proper minus sign (none before 0).

    >>> number(0.25), number(-2.0), number(1 / 3, digits=4), number(-0.0), number(float("-inf"))
    ('0.25', '−2', '0.3333', '0', '−∞')
    """
    return f"{x:z.{digits}g}".replace("-", "−").replace("inf", "∞")


# ── The caller's variables ────────────────────────────────────────────────────────────────────────

HOME = Path(names.__code__.co_filename).parents[1]  # not __file__: compiled files may have been moved since
OURS = tuple(f"{HOME / package}{os.sep}" for package in ("engine", "nn", "chainrule"))
STANDARD = f"{Path(wraps.__code__.co_filename).parent}{os.sep}"  # via a module of it that is never frozen
INSTALLED = "-packages" + os.sep  # site-packages, dist-packages
INLINE = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>"}
NOT_NAMES = {"self", "cls"}
CO_OPTIMIZED = 1  # the flag of a function, as in ``inspect``
ONLY_THE_FRAME = 3  # references: the frame's, the counting function's, and the count's own
LISTED = 1000
"""Entries up to which lists and arrays are searched: larger ones hold data."""
MOST = 1_000_000
"""The same for ``label``, which is an explicit request."""
DEEPEST = 8
"""How deep nested lists are searched: a list that contains itself has no end."""


def from_variables(nodes: Iterable[Value]) -> dict[Value, str]:
    """Return names for nodes without a label: the shortest of the caller's variables that holds the node.

    The caller is the first frame on the stack outside this project and the standard library; its local and
    global variables are searched once, and only the names are kept. Among names of the same length the first
    counts, local before global. A Value that no variable holds, in a list, tuple or NumPy array, is called
    ``ws_0``, ``ws_1``, …, or ``W_00``, ``W_01``, … in a list of lists. Names that begin with an underscore,
    such as IPython's ``_`` and ``_1``, are skipped, and so is ``self``.

    >>> from engine import Value
    >>> long_name = w = Value(0.5)
    >>> xs, labelled = [Value(1.0), Value(2.0)], Value(3.0, label="y")
    >>> list(from_variables([w, *xs, labelled]).values())
    ['w', 'xs_0', 'xs_1']
    """
    nodes = list(nodes)
    wanted = {id(node): node for node in nodes if not node.label}
    given = {node.label for node in nodes}
    found: dict[Value, str] = {}
    listed: dict[Value, str] = {}
    variables = _variables() if wanted else {}
    for name, held in variables.items():
        if id(held) in wanted and name not in given:
            _note(found, wanted[id(held)], name)
        else:
            for full_name, x in _entries(name, held, LISTED):
                if id(x) in wanted and full_name not in given and full_name not in variables:
                    _note(listed, wanted[id(x)], full_name)
    return found | listed | found  # the first names win, here and for ties


def _note(found: dict[Value, str], node: Value, name: str) -> None:
    if node not in found or len(name) < len(found[node]):
        found[node] = name


def _variables() -> dict[str, Any]:
    """Return the caller's variables by name, local ones first; none if there is no caller."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  (the documented way to the caller)
    while frame and _passed_over(frame.f_code):
        frame = frame.f_back
    if not frame:  # a thread begins in the standard library
        return {}
    scopes = [_locals(frame)]
    while frame.f_back and _inside(frame.f_code, frame.f_back.f_code):
        frame = frame.f_back
        scopes.append(_locals(frame))
    found: dict[str, Any] = {}
    for scope in (*scopes, dict(frame.f_globals)):  # a copy, since another thread may add a variable
        for name, held in scope.items():
            if name.isidentifier() and not name.startswith("_") and name not in NOT_NAMES:
                found.setdefault(name, held)
    return found


def _locals(frame: FrameType) -> dict[str, Any]:
    """Return a frame's local variables; before Python 3.13, remove them from the copy that the frame keeps.

    That copy would keep a graph alive for as long as the function runs. Python refills it at every access,
    except for names that ``exec`` added; if something else refers to it, it is left unchanged.
    """
    kept, code = frame.f_locals, frame.f_code
    found = dict(kept)
    copied = sys.version_info < (3, 13) and code.co_flags & CO_OPTIMIZED
    if copied and sys.getrefcount(kept) == ONLY_THE_FRAME:
        for name in (*code.co_varnames, *code.co_cellvars, *code.co_freevars):
            kept.pop(name, None)
    return found


def _passed_over(code: CodeType) -> bool:
    """Return whether code is ours or belongs to the standard library."""
    file = code.co_filename
    standard = file.startswith((STANDARD, "<frozen ")) and INSTALLED not in file
    return standard or file.startswith(OURS)


def _inside(code: CodeType, around: CodeType) -> bool:
    """Return whether code is a comprehension or lambda inside the code around it."""
    return code.co_name in INLINE and code in around.co_consts


def label(names: Mapping[str, object] | None = None, /, **nodes: object) -> None:
    """Label Values by the names of the variables that hold them.

    ``label(w=w, b=b)`` names these two; ``label(locals())`` names every Value among the variables that has
    no label yet. In both cases, the Values in a list, tuple or NumPy array ``xs`` are ``xs_0``, ``xs_1``, …;
    those in nested lists and in arrays of several dimensions are ``W_00``, ``W_01``, …, row first, or
    ``W_0,10`` if a row or column has more than ten. In a mapping, names that begin with an underscore are
    skipped, and so is anything that holds no Value.

    Raises TypeError if a keyword argument is not a Value or such a list of Values, or if the positional
    argument is not a mapping from names; then nothing changes.

    >>> w, xs, W = Value(0.5), [Value(1.0), Value(2.0)], [[Value(3.0), Value(4.0)]]
    >>> label(w=w, W=W)
    >>> label({"xs": xs})
    >>> w.label, xs[1].label, W[0][1].label
    ('w', 'xs_1', 'W_01')
    """
    given: object = {} if names is None else names
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise TypeError(
            f"label takes names and Values, as in label(w=w) or label(locals()); got {told(given)}"
        )
    for name, held in nodes.items():
        _refuse_other(name, held)
    for name, held in nodes.items():
        for full_name, node in _values(name, held):
            node.label = full_name
    for name, held in given.items():
        if not name.startswith("_"):
            for full_name, node in _values(name, held):
                node.label = node.label or full_name


def _refuse_other(name: str, held: object) -> None:
    for place, x in _places(held):
        if not isinstance(x, Value):
            where = name + "".join(f"[{k}]" for k in place)
            raise TypeError(f"label can only name Values, got {where} = {told(x)}; leave it out")


def _values(name: str, held: object) -> Iterator[tuple[str, Value]]:
    if isinstance(held, Value):
        yield name, held
    else:
        yield from ((full_name, x) for full_name, x in _entries(name, held) if isinstance(x, Value))


# ── Lists, lists of lists, and arrays ─────────────────────────────────────────────────────────────


def _entries(name: str, held: object, most: int = MOST) -> Iterator[tuple[str, object]]:
    """Name the entries of lists and arrays by place: xs_0; W_01, or W_0,10 if an index has two digits."""
    found = [] if _as_list(held) is None else list(islice(_places(held), most + 1))
    if len(found) > most:
        return
    between = "," * any(k > 9 for place, _ in found for k in place)
    for place, x in found:
        yield f"{name}_{between.join(map(str, place))}", x


def _places(held: object, place: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], object]]:
    """Yield everything but lists, with its indices; a list that is nested too deep counts as one thing."""
    items = _as_list(held)
    if items is None or len(place) == DEEPEST:
        yield place, held
        return
    for k, x in enumerate(items):
        yield from _places(x, (*place, k))


def _as_list(held: object) -> Sequence[object] | None:
    """Return a list or tuple, and an array of objects as a list; None for anything else."""
    if isinstance(held, list | tuple):
        return held
    kind = type(held)
    if (kind.__module__, kind.__name__) == ("numpy", "ndarray") and held.dtype == object and held.ndim:  # type: ignore[attr-defined]  # an array, whether or not NumPy can be imported
        items: list[object] = held.tolist()  # type: ignore[attr-defined]  # as above
        return items
    return None
