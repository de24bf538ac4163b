"""Graphs as source text: straight-line code that gives a cost and its gradient, to the last bit.

>>> from engine import Value, label
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
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from engine.expressions import Expressions, pass_back, read

from .arguments import check_dialect, check_name, leaves_of, order_of
from .dialects import listed
from .python import PYTHON
from .spelling import Names, spelled
from .statements import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.expressions import Expression
    from engine.node import Node

    from .dialects import Dialect


def program(
    C: Node,
    inputs: Iterable[Node] = (),
    params: Iterable[Node] = (),
    *,
    name: str = "cost_and_gradient",
    dialect: Dialect = PYTHON,
    constants: Mapping[Any, float] | None = None,
) -> str:
    """The text of a module with one function ``name(*params, *inputs)``: C and its gradient by the params.

    It runs without this project, and gives the same bits as ``C`` and ``C.backward()`` from zero. A node
    with a label has its own line and name, spelled as ``identifiers`` does; other leaves are constants.
    TypeError and ValueError for what is no leaf of C; TypeError where a node was made by hand.

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
        C: Node,
        order: Sequence[Node],
        params: list[Node],
        inputs: list[Node],
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

    def _named(self, order: Sequence[Node]) -> dict[Node, str]:
        """Names of the arguments, of the root, and of every label that can be spelled."""
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

    def _read(self, order: Sequence[Node]) -> tuple[dict[Node, Expression], dict[Node, Expression]]:
        """Values and adjoints, of the nodes that have any."""
        xp = Expressions()
        values = {
            node: xp.variable() if node in self.names else xp.literal(self._number(node))
            for node in order
            if not node.parents
        }
        inner = [node for node in order if node.parents]
        slopes = read(xp, inner, values)
        return values, pass_back(inner, slopes, {self.C: xp.literal(1.0)}, self.params)

    def _number(self, node: Node) -> float:
        return self.constants.get(node, node.data)

    def _in_backward_order(self) -> list[Node]:
        """The named nodes that have an adjoint: from the root on, a param as soon as it is complete."""
        if not self.inner:
            return list(self.params)
        first_child: dict[Node, Node] = {}
        for node in self.inner:
            for parent in node.parents:
                first_child.setdefault(parent, node)
        complete: dict[Node, list[Node]] = {node: [] for node in self.inner}
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
