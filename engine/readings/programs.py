"""Graphs written as straight-line code: their rules read with expressions, and written in a dialect.

``program`` writes a cost and its gradient as the text of a module, exact to the last bit; ``segment`` writes
a part of a graph as a generator: it computes forward, pauses while the rest is computed, and then goes
backward.

>>> from engine import Value, floats, label
>>> w, b, x = Value(0.5), Value(0.1), Value(2.0)
>>> z = w * x + b
>>> C = z * z
>>> label(w=w, b=b, x=x, z=z, C=C)
>>> print(program(C, inputs=[x], params=[w, b]))
def cost_and_gradient(w, b, x):
    # forward
    z = w * x + b
    C = z * z
<BLANKLINE>
    # backward
    dC_dz = z + z
    dC_db = dC_dz
    dC_dw = x * dC_dz
    gradient = (dC_dw, dC_db)
    return C, tuple(g + 0.0 for g in gradient)  # never −0.0
<BLANKLINE>
>>> x, y = Value(3.0), Value(4.0)
>>> z = x * y
>>> print(segment([z], externals=[x, y], outputs=[z], targets=[x], dialect=PYTHON))
def segment(x):
    (x0, x1) = x
    v2 = x0 * x1
    (g0,) = yield (v2,)
    v3 = x1 * g0
    yield (v3,)
<BLANKLINE>
>>> run = compiled_segment([z], [x, y], [z], [x], arithmetic=floats)([3.0, 4.0])
>>> next(run), run.send((10.0,))
((12.0,), (40.0,))
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from itertools import chain, count
from math import inf, nan
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from engine.arguments import check_dialect, check_name, leaves_of, order_of

from .code import PYTHON, Names, Writer, listed, spelled
from .expressions import VOCABULARY, Expressions, pass_back, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.value import Value

    from .code import Dialect
    from .expressions import Expression

Segment: TypeAlias = Callable[[Sequence[Any]], Generator[tuple[Any, ...], Sequence[Any], None]]
"""From the externals' numbers; it yields the outputs, is sent their adjoints, and yields the targets'."""


def segment(
    nodes: Sequence[Value],
    externals: Sequence[Value],
    outputs: Sequence[Value],
    targets: Sequence[Value],
    dialect: Dialect,
    *,
    constants: Mapping[Any, float] | None = None,
) -> str:
    """Return the text of a generator function ``segment(x)``, where x holds the externals' numbers.

    It yields the outputs' numbers, is sent their adjoints from outside, and yields those of the targets:
    0.0 if nothing arrives; zeros may have either sign. ``nodes`` are in topological order; leaves that are
    not external are constants, with the numbers in ``constants`` or their own. Raises
    ValueError for nodes that do not fit together.
    """
    _check(nodes, externals, outputs, targets)
    xp = Expressions()
    values = _inputs(xp, nodes, externals, constants or {})
    arguments = [values[node] for node in externals]
    slopes = read(xp, nodes, values)
    sent = [xp.variable() for _ in outputs]
    adjoints = pass_back(nodes, slopes, _summed(outputs, sent), targets)
    grads = [adjoints.get(node, xp.literal(0.0)) for node in targets]
    results = [values[node] for node in outputs]
    names = {x: f"x{k}" for k, x in enumerate(arguments)} | {g: f"g{k}" for k, g in enumerate(sent)}
    writer = Writer(dialect, map("v{}".format, count(len(externals))), names, results + grads)
    for e in results + grads:
        writer.keep(e)
    given, forward = [writer.write(e) for e in results], writer.taken()
    handed, backward = [writer.write(e) for e in grads], writer.taken()
    return dialect.segment.format(
        externals=dialect.pack([names[x] for x in arguments]),
        forward="".join(f"{line}\n" for line in forward),
        outputs=dialect.pack(given),
        adjoints=dialect.pack([names[g] for g in sent]),
        backward="".join(f"{line}\n" for line in backward),
        targets=dialect.pack(handed),
    )


def compiled_segment(
    nodes: Sequence[Value],
    externals: Sequence[Value],
    outputs: Sequence[Value],
    targets: Sequence[Value],
    *,
    arithmetic: object,
    dialect: Dialect = PYTHON,
    constants: Mapping[Any, float] | None = None,
) -> Segment:
    """Return the generator function itself; the vocabulary's names are attributes of ``arithmetic``."""
    text = segment(nodes, externals, outputs, targets, dialect, constants=constants)
    known = {name: getattr(arithmetic, name) for name in VOCABULARY if hasattr(arithmetic, name)}
    namespace: dict[str, Any] = {"__builtins__": {}, "inf": inf, "nan": nan} | known
    exec(compile(text, "<segment>", "exec"), namespace)  # noqa: S102  (made of our own names and numbers only)
    return cast("Segment", namespace["segment"])


def _inputs(
    xp: Expressions, nodes: Iterable[Value], externals: Iterable[Value], constants: Mapping[Any, float]
) -> dict[Value, Expression]:
    """Return a variable for each external, a literal for each other leaf."""
    values = {node: xp.variable() for node in externals}
    for node in nodes:
        for parent in node.parents:
            if not parent.parents and parent not in values:
                values[parent] = xp.literal(constants.get(parent, parent.data))
    return values


def _summed(nodes: Iterable[Value], grads: Iterable[Expression]) -> dict[Value, Expression]:
    """Return the adjoint of each node: a node that is an output twice gets two."""
    total: dict[Value, Expression] = {}
    for node, grad in zip(nodes, grads, strict=True):
        total[node] = total[node] + grad if node in total else grad
    return total


def _check(
    nodes: Sequence[Value], externals: Sequence[Value], outputs: Sequence[Value], targets: Sequence[Value]
) -> None:
    known = set(externals)
    for node in nodes:
        if not node.parents or node in known:
            raise ValueError(
                f"each node of a segment is computed there, once; {node!r} is a leaf or external"
            )
        if not all(parent in known for parent in node.parents if parent.parents):
            raise ValueError(f"a parent of {node!r} comes neither from outside nor earlier in the segment")
        known.add(node)
    if not set(outputs) <= set(nodes):
        raise ValueError("the outputs of a segment are among its nodes; one is not")
    if not set(targets) <= set(externals):
        raise ValueError("the targets of a segment are among its externals; one is not")


# ── Whole programs ──────────────────────────────────────────────────────────────────────────────────


def program(
    C: Value,
    inputs: Iterable[Value] = (),
    params: Iterable[Value] = (),
    *,
    name: str = "cost_and_gradient",
    dialect: Dialect = PYTHON,
    constants: Mapping[Any, float] | None = None,
) -> str:
    """Return the text of a module with one function ``name(*params, *inputs)``: C and its gradient.

    It runs without this project, and returns the same bits as ``C`` and ``C.backward()`` from zero. A node
    with a label has its own line and name, spelled as ``identifiers`` does; other leaves are constants.
    Raises TypeError or ValueError for anything but leaves of C, TypeError if a node was made by hand.

    >>> from engine import Value
    >>> x = Value(3.0, label="x")
    >>> print(program(2 * x.exp(), params=[x], name="f"))
    from math import exp
    <BLANKLINE>
    <BLANKLINE>
    def f(x):
        # forward
        v1 = exp(x)
        C = 2.0 * v1
    <BLANKLINE>
        # backward
        dC_dx = v1 * 2.0
        gradient = (dC_dx,)
        return C, tuple(g + 0.0 for g in gradient)  # never −0.0
    <BLANKLINE>
    """
    order = order_of(C)
    check_dialect(dialect)
    check_name(name, dialect.reserved, "cost_and_gradient")
    params, inputs = leaves_of(order, params=params, inputs=inputs)
    return _Program(C, order, params, inputs, name=name, dialect=dialect, constants=constants or {}).text()


class _Program:
    """The function being written: names and expressions of its nodes, and the writer of its lines."""

    def __init__(
        self,
        C: Value,
        order: Sequence[Value],
        params: list[Value],
        inputs: list[Value],
        *,
        name: str,
        dialect: Dialect,
        constants: Mapping[Any, float],
    ) -> None:
        self.C, self.params, self.name, self.dialect = C, params, name, dialect
        self.arguments, self.constants = [*params, *inputs], constants
        self.free = Names({name}, dialect.reserved)
        self.names = self._named(order)
        self.values, self.grads = self._read(order)
        self.inner = [node for node in order if node.parents]
        self.forward = [node for node in self.inner if node in self.names]
        self.backward = self._in_backward_order()
        self.writer = Writer(
            dialect,
            self.free.numbered,
            {self.values[node]: name for node, name in self.names.items() if not node.parents},
            [self.values[node] for node in self.forward] + [self.grads[node] for node in self.backward],
        )

    def text(self) -> str:
        """The module."""
        self._write_constants()
        self._write_forward()
        parts = [("forward", self.writer.taken())]
        gradient = self._write_backward()
        parts += [("backward", self.writer.taken())]
        text = self.dialect.program.format(
            name=self.name,
            parameters=listed([self.names[node] for node in self.arguments], indent=4),
            body="\n\n".join(self._part(title, lines) for title, lines in parts if lines),
            gradient=self.dialect.pack(gradient),
            cost=self.names[self.C],
        )
        preamble = self.dialect.preamble(self.writer.functions)
        return f"{preamble}\n\n\n{text}" if preamble else text

    def _part(self, title: str, lines: list[str]) -> str:
        return "\n".join(["    " + self.dialect.comment.format(title), *lines])

    def _named(self, order: Sequence[Value]) -> dict[Value, str]:
        """Return names for the arguments, the root, and every label that can be an identifier."""
        names = {}
        for node in dict.fromkeys([*self.arguments, *order]):
            if name := spelled(node.label):
                names[node] = self.free.unique(name)
        for node in self.arguments:
            if node not in names:
                names[node] = next(self.free.numbered)
        if self.C not in names:
            names[self.C] = self.free.unique("C")
        return names

    def _read(self, order: Sequence[Value]) -> tuple[dict[Value, Expression], dict[Value, Expression]]:
        """Return values and adjoints of the nodes that have any."""
        xp = Expressions()
        values = {
            node: xp.variable() if node in self.names else xp.literal(self._number(node))
            for node in order
            if not node.parents
        }
        inner = [node for node in order if node.parents]
        slopes = read(xp, inner, values)
        return values, pass_back(inner, slopes, {self.C: xp.literal(1.0)}, self.params)

    def _number(self, node: Value) -> float:
        return self.constants.get(node, node.data)

    def _in_backward_order(self) -> list[Value]:
        """Return the named nodes with an adjoint: from the root on, parameters once they are complete."""
        if not self.inner:
            return list(self.params)
        first_child: dict[Value, Value] = {}
        for node in self.inner:
            for parent in node.parents:
                first_child.setdefault(parent, node)
        complete: dict[Value, list[Value]] = {node: [] for node in self.inner}
        for param in self.params:
            complete[first_child[param]].append(param)
        steps = ([node, *complete[node]] for node in reversed(self.inner))
        return [node for node in chain.from_iterable(steps) if node in self.grads and node in self.names]

    def _write_constants(self) -> None:
        arguments = set(self.arguments)
        for node, name in self.names.items():
            if not node.parents and node not in arguments:
                self.writer.constant(name, self._number(node))

    def _write_forward(self) -> None:
        for node in self.forward:
            self.writer.keep(self.values[node], self.names[node])
        for node in self.forward:
            self.writer.define(self.values[node], self.names[node])

    def _write_backward(self) -> list[str]:
        """Write the adjoints, and return the names of the gradient's components."""
        names = {node: self._adjoint(self.names[node]) for node in self.backward}
        for node in self.backward:
            self.writer.keep(self.grads[node], names[node])
        for node in reversed(self.inner):
            if node in self.grads and (name := self.writer.name(self.values[node])):
                self.writer.suggest(self.grads[node], self._adjoint(name))
        params = set(self.params)
        for node in self.backward:
            if node in params:
                self.writer.define(self.grads[node], names[node])
            else:
                self.writer.write(self.grads[node])
        return [names[node] for node in self.params]

    def _adjoint(self, name: str) -> str:
        return self.free.unique(f"d{self.names[self.C]}_d{name}")
