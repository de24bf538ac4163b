"""All that a page knows of a graph, as plain data: names and formulas. Its numbers it computes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from engine.formula import of_node, symbol
from engine.formula.html import in_html
from engine.formula.pieces import PRODUCT
from engine.names import number
from engine.real import in_json

from .leaves import of_kind
from .templates import with_names, with_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.formula import Formula
    from engine.value import Value

    from .leaves import Leaves
    from .templates import Template

    Slope: TypeAlias = "int | list[Template | int] | None"

LONGEST = 120
"""Characters of the formula of a local derivative, as ``explain`` shows it; a longer one goes by its name."""


def payload(
    order: Sequence[Value], called: Mapping[Value, str], kinds: Sequence[str], leaves: Leaves
) -> dict[str, Any]:
    """The graph in topological order: per node its name, its operands, and what it and its slopes are.

    Nodes go by their place in the order, as in ``engine.player.templates``; what descent moves goes by its
    place among the arguments.
    """
    place = {node: k for k, node in enumerate(order)}
    told = _Told(called, {called[node]: k for node, k in place.items()})
    formulas = [told.of(node) if node.parents else (0, 0) for node in order]
    moved = set(leaves.moved)
    return {
        "names": [in_html(symbol(called[node])).text for node in order],
        "words": [called[node] for node in order],
        "kinds": list(kinds),
        "parents": [[place[parent] for parent in node.parents] for node in order],
        "formulas": [value for value, _ in formulas],
        "slopes": [slopes for _, slopes in formulas],
        "arguments": [place[leaf] for leaf in leaves.all],
        "numbers": sendable(leaf.data for leaf in leaves.all),
        "leaves": [place[leaf] for leaf in leaves.shown],
        "steered": [k for k, leaf in enumerate(leaves.all) if leaf in moved],
        "choices": _choices(place, called, kinds),
    }


def recorded(order: Sequence[Value]) -> list[list[float | str]]:
    """The numbers of a graph that no page can compute: of all nodes, and of all edges."""
    slopes = [slope for node in order for slope in node.local_derivatives]
    return [sendable(node.data for node in order), sendable(slopes)]


def sendable(numbers: Iterable[float]) -> list[float | str]:
    """Numbers for JSON, which has no infinity and no NaN: these are text.

    >>> sendable([0.5, float("-inf")])
    [0.5, '-Infinity']
    """
    return list(map(in_json, numbers))


def _choices(
    place: Mapping[Value, int], called: Mapping[Value, str], kinds: Sequence[str]
) -> list[tuple[str, list[int]]]:
    """What the paths of can be asked for: all that has a name, the leaves by kind, then what is computed."""
    groups = {"parameters": "parameter", "inputs": "input", "computed": "inner"}
    named = [node for node in place if called[node] != number(node.data)]
    found = {
        title: of_kind(kind, named, [kinds[place[node]] for node in named]) for title, kind in groups.items()
    }
    return [(title, [place[node] for node in nodes]) for title, nodes in found.items() if nodes]


class _Told:
    """The formulas of nodes, with the places of a graph's names."""

    def __init__(self, called: Mapping[Value, str], places: Mapping[str, int]) -> None:
        self.called, self.places = called, places

    def of(self, node: Value) -> tuple[list[Template | int], list[Slope]]:
        """What a node is, in symbols, and in numbers where these say more; and what each slope is.

        A slope is a place; else it is in symbols, written out, in numbers, and whether it is a sum.
        """
        formula, primed = of_node(node, self.called, taken=self.places)
        _, written = of_node(node, self.called, prime=False, taken=self.places)
        value = [with_names(formula, self.places), self._numbers(formula)]
        return value, [self._slope(*both) for both in zip(primed, written, strict=True)]

    def _slope(self, slope: Formula | None, written: Formula | None) -> Slope:
        if slope is None or written is None or len(slope.text) > LONGEST:
            return None
        symbols = with_names(slope, self.places)
        if len(symbols) == 1 and isinstance(symbols[0], int):
            return symbols[0]
        out = with_names(written, self.places)
        is_sum = slope.piece().level < PRODUCT
        return [symbols, 0 if out == symbols else out, self._numbers(written), int(is_sum)]

    def _numbers(self, formula: Formula) -> Template | int:
        template = with_numbers(formula, self.places)
        return template if any(isinstance(part, int) for part in template) else 0
