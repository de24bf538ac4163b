"""Argument checks for functions that take a Value, a list of Values, or a graph and some of its leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .backward import topological_order
from .numeric import is_real, see, short, told
from .readings.code import Dialect
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

F = TypeVar("F", bound=Callable[..., Any])

LONGEST = 60  # longer names are not compared for misspellings
NODE_ITSELF = "pass the node itself, not its number or its name"
THEMSELVES = "pass the Values themselves, not their numbers or names"


def a_value(x: object, wanted: str) -> Value:
    """Return the root of a graph unchanged; raise TypeError, with what to pass instead, if it is not a Value.

    >>> a_value(3.0, "tree takes a Value")
    Traceback (most recent call last):
        ...
    TypeError: tree takes a Value, got float 3.0; a plain number has no graph: begin with Value(...)
    """
    if not isinstance(x, Value):
        raise TypeError(f"{wanted}, got {told(x)}; {_advice(x)}")
    return x


def a_node(x: object, wanted: str, for_each: str = "pass one of them") -> Value:
    """Return a node unchanged; raise TypeError, with what to do for several, if it is not a Value."""
    if not isinstance(x, Value):
        several = isinstance(x, list | tuple)
        advice = f"one node at a time: {for_each}" if several else NODE_ITSELF
        raise TypeError(f"{wanted}, got {told(x)}; {advice}")
    return x


def values(xs: object, wanted: str) -> list[Value]:
    """Return one or several Values as a list; raise TypeError for anything else.

    >>> values(["w"], "grad takes xs as a Value or a list of them")
    Traceback (most recent call last):
        ...
    TypeError: grad takes xs as a Value or a list of them, got str 'w' in it; pass the Values themselves, ...
    """
    if isinstance(xs, Value):
        return [xs]
    if is_real(xs):
        raise TypeError(f"{wanted}, got {told(xs)}; {THEMSELVES}")
    found = listed(xs, wanted)
    for x in found:
        if not isinstance(x, Value):
            raise TypeError(f"{wanted}, got {told(x)} in it; {THEMSELVES}")
    return found


def listed(xs: object, wanted: str) -> list[Any]:
    """Return an iterable as a list; raise TypeError for anything else, and for a set or a dict.

    >>> listed({1.0, 2.0}, "dot takes a list")
    Traceback (most recent call last):
        ...
    TypeError: dot takes a list, got set {1.0, 2.0}; a set has no order: pass a list
    """
    if not isinstance(xs, Iterable) or isinstance(xs, (set, frozenset, dict)):
        raise TypeError(f"{wanted}, got {told(xs)}; {_how_to_list(xs)}")
    return list(xs)


def _advice(x: object) -> str:
    if is_real(x):
        return "a plain number has no graph: begin with Value(...)"
    if isinstance(x, str):
        return "engine.parse(...) makes a Value of an expression"
    if isinstance(x, list | tuple):
        return "pass one of its elements, or their total(...)"
    if callable(x):
        return "pass what it returns for an input"
    return "pass what is computed from Values"


def _how_to_list(xs: object) -> str:
    if isinstance(xs, (set, frozenset)):
        return "a set has no order: pass a list"
    if isinstance(xs, dict):
        return "pass its values, as in list(d.values())"
    if hasattr(xs, "parameters"):
        return "for a model, pass model.parameters()"
    return "put it in [ ]"


# ── The arguments of tape, program and live: a graph and some of its leaves ───────────────────────


def order_of(C: object) -> list[Value]:
    """Return the nodes of the graph in topological order; raise TypeError if C is not a Value."""
    return topological_order(a_value(C, "C must be a Value, the root of a graph"))


def check_name(name: object, reserved: Collection[str], example: str) -> None:
    """Raise ValueError if a function cannot have this name."""
    if not isinstance(name, str) or not name.isidentifier() or name in reserved:
        raise ValueError(f"name must be a free name for a function, got {short(name)}; try {example!r}")


def check_dialect(dialect: object) -> None:
    """Raise TypeError for anything that is not a dialect."""
    if not isinstance(dialect, Dialect):
        raise TypeError(
            f"dialect must be a Dialect, got {told(dialect)}; pass one such as engine.source.PYTHON"
        )


def leaves_of(order: Sequence[Value], *, unread: Collection[str] = (), **groups: object) -> list[list[Value]]:
    """Return the groups as lists of leaves; those of the ``unread`` groups need not be in the graph.

    Raises TypeError for anything but a list of Values; ValueError for a node that is computed, passed twice,
    or not part of the graph.

    >>> from engine import Value
    >>> x = Value(2.0, label="x")
    >>> leaves_of([x], params=[x], inputs=[x])
    Traceback (most recent call last):
        ...
    ValueError: the node labelled 'x' is given twice among params and inputs; give each leaf once
    """
    known = set(order)
    lists = [_leaves(what, nodes, None if what in unread else known) for what, nodes in groups.items()]
    times = Counter(node for nodes in lists for node in nodes)
    for node in times:
        if times[node] > 1:
            among = " and ".join(groups)
            raise ValueError(f"{_told(node)} is given twice among {among}; give each leaf once")
    return lists


def _leaves(what: str, nodes: object, known: Collection[Value] | None) -> list[Value]:
    found = listed(nodes, f"{what} must be a list of Values")
    for node in found:
        if not isinstance(node, Value):
            raise TypeError(f"{what} must hold Values, got {told(node)}; pass the leaves themselves")
        if node.parents:
            raise ValueError(
                f"{_told(node)} among {what} is computed; pass the leaves that it is computed from"
            )
        if known is not None and node not in known:
            raise ValueError(f"C does not depend on {_told(node)} among {what}; leave it out")
    return found


def _told(node: Value) -> str:
    return f"the node labelled {node.label!r}" if node.label else repr(node)


# ── Names and keywords that people know from other libraries ──────────────────────────────────────


def choice(
    given: object,
    known: Collection[str],
    what: str,
    others: Mapping[str, str] | None = None,
    instead: Mapping[str, str] | None = None,
) -> str:
    """Return the known name that is meant, ignoring case, ``_`` and a final ``Loss``.

    ``others`` maps the names of other libraries to known names, and ``instead`` other names to
    advice. Raises ValueError for anything else, with the advice, or the closest name if there is one.

    >>> choice("ReLU", ["linear", "relu"], "activation")
    'relu'
    >>> choice("MSELoss", ["squared_error"], "cost", {"mse": "squared_error"})
    'squared_error'
    >>> choice("rleu", ["linear", "relu"], "activation")
    Traceback (most recent call last):
        ...
    ValueError: no activation is named 'rleu'; did you mean relu? choose one of linear, relu; ...
    """
    advice = ""
    if isinstance(given, str) and len(given) <= LONGEST:
        meant = {_plain(name): name for name in known}
        others = {_plain(other): name for other, name in (others or {}).items() if name in known}
        found = meant | others
        if given in known or _plain(given) in found:
            return given if given in known else found[_plain(given)]
        if instead and _plain(given) in instead:
            raise ValueError(f"no {what} is named {short(given)}; {instead[_plain(given)]}")
        if close := closest(_plain(given), found):
            advice = f"did you mean {found[close]}? "
    names = ", ".join(known)
    raise ValueError(f"no {what} is named {short(given)}; {advice}choose one of {names}{see('names')}")


def _plain(name: str) -> str:
    """Return a name reduced to lower-case letters and digits, without a final ``loss``."""
    plain = "".join(c for c in name.lower() if c.isalnum())
    return plain.removesuffix("loss") or plain


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant: one of the same letters, else the most similar, or None.

    >>> closest("tahn", ["tan", "tanh"]), closest("sinn", ["tan", "sin"]), closest("q", ["tan"])
    ('tanh', 'sin', None)
    """
    from difflib import get_close_matches  # noqa: PLC0415  (only for misspelt names)

    known = list(known)
    transposed = [other for other in known if sorted(other) == sorted(name)]
    return next(iter(transposed or get_close_matches(name, known, n=1)), None)


def also(example: str, advice: Mapping[str, str] | None = None, /, **others: str) -> Callable[[F], F]:
    """Let a function also accept keyword arguments under their names in other libraries.

    The new function raises TypeError for an unknown keyword, with the ``advice`` for it or the closest name,
    and for too few or too many positional arguments, with the ``example``.

    >>> @also("train(xs)", {"seed": "pass rng=random.Random(0)"}, learning_rate="lr")
    ... def train(xs, *, lr=0.1, epochs=1):
    ...     return lr
    >>> train([1.0], learning_rate=0.5)
    0.5
    >>> train([1.0], epoch=3)
    Traceback (most recent call last):
        ...
    TypeError: train has no argument 'epoch'; did you mean epochs? its keywords are lr, epochs
    >>> train()
    Traceback (most recent call last):
        ...
    TypeError: train takes xs without a keyword, and was not given xs; write it as in train(xs)
    """

    def decorate(function: F) -> F:
        takes = _Signature(function, example, advice or {}, others)

        @wraps(function)
        def called(*args: Any, **given: Any) -> Any:
            kwargs = takes.renamed(given)
            takes.check(len(args), kwargs)
            return function(*args, **kwargs)

        return cast("F", called)

    return decorate


def advised(function: F) -> F:
    """Make a function reject unknown keywords and missing arguments as ``also`` does; ``wrt`` means w.

    Unlike ``also``, it keeps the function's type for a type checker where modules import each other.

    >>> @advised
    ... def explain(C, w, *, limit=100):
    ...     return w
    >>> explain("C", wrt="w")
    'w'
    >>> explain("C")
    Traceback (most recent call last):
        ...
    TypeError: explain takes C, w without a keyword, and was not given w; write it as in explain(C, w)
    """
    code: Any = function.__code__
    needed = code.co_varnames[: code.co_argcount - len(function.__defaults__ or ())]
    call = f"{function.__name__}({', '.join(needed)})"
    return also(call, **({"wrt": "w"} if "w" in needed else {}))(function)


class _Signature:
    """What a function takes, for ``also``."""

    def __init__(
        self, function: Any, example: str, advice: Mapping[str, str], others: Mapping[str, str]
    ) -> None:
        code = function.__code__
        self.name = function.__qualname__.removesuffix(".__init__")
        self.known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        self.places, self.keywords = self.known[: code.co_argcount], self.known[code.co_argcount :]
        self.needed = self.places[: code.co_argcount - len(function.__defaults__ or ())]
        self.example, self.advice, self.others = example, advice, others

    def renamed(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the keywords under the function's own names."""
        if given.keys() <= set(self.known):
            return given
        found: dict[str, Any] = {}
        for name, x in given.items():
            meant = name if name in self.known else self.others.get(name)
            if meant is None:
                raise TypeError(f"{self.name} has no argument {short(name)}; {self._instead(name)}")
            if meant in found or (meant != name and meant in given):
                raise TypeError(f"{name} is {self.name}'s {meant}, which was given too; leave out one")
            found[meant] = x
        return found

    def _instead(self, name: str) -> str:
        if name in self.advice:
            return self.advice[name]
        close = closest(name, [*self.known, *self.others])
        meant = f"did you mean {self.others.get(close, close)}? " if close else ""
        return f"{meant}its keywords are {', '.join(self.keywords)}"

    def check(self, count: int, given: Mapping[str, Any]) -> None:
        """Raise TypeError for too few or too many positional arguments."""
        lacking = [place for place in self.needed[count:] if place not in given]
        if lacking or count > len(self.places):
            of_class = self.places[:1] == ("self",)
            came = f"was not given {' and '.join(lacking)}" if lacking else f"got {count - of_class}"
            takes = f"{', '.join(self.places[of_class:])} without a keyword"
            named = (
                "" if lacking or not self.keywords else f"; options have names, as in {self.keywords[0]}=…"
            )
            raise TypeError(f"{self.name} takes {takes}, and {came}; write it as in {self.example}{named}")
