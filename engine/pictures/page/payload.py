"""Everything that a page knows about a graph, as plain data: names, formulas, and leaves that can change.

The page computes the numbers. In a formula every name is a placeholder, so that the page can write symbols or
current numbers in it.

A template is a list of HTML and placeholders: the number k of a node stands for its name or its number, [k]
for its number as a term, in brackets if that is negative, and the complement ~k for its number as a factor,
in brackets if it is negative or has a power of ten.

>>> from engine import Value
>>> from engine.formula import of_node
>>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
>>> formula, _ = of_node(w * x, {w: "w", x: "x"})
>>> with_names(formula, {"w": 0, "x": 1}), with_numbers(formula, {"w": 0, "x": 1})
([0, ' ', 1], [-1, ' · ', -2])
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.formula import of_node, symbol
from engine.formula.symbols import POWER, PRODUCT, SUM, Piece, has_brackets
from engine.formula.typeset import HTML, RAISED, Html, in_html
from engine.labels import number
from engine.numeric import in_json
from engine.pictures.svg.letters import clean, spoken
from engine.rules import constant

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from engine.formula import Formula, Symbol
    from engine.neurons import FoundLayer
    from engine.pictures.contents import Contents
    from engine.readings.expressions import Expression
    from engine.value import Value

SHOWN = 12
"""The maximum number of leaves with a slider, unless the caller chose them."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaves whose numbers change: those with a slider first, then others that gradient descent moves."""

    shown: tuple[Value, ...]
    moved: tuple[Value, ...]

    @property
    def all(self) -> tuple[Value, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys([*self.shown, *self.moved]))


def choose(
    order: Sequence[Value],
    kinds: Sequence[str],
    chosen: Iterable[Value] | None,
    named: Container[Value] = (),
) -> Leaves:
    """Return the chosen leaves; by default some that have a label or name, parameters first, then inputs.

    Gradient descent moves the parameters, or all leaves with a slider if there are no parameters.

    >>> from engine import Value
    >>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
    >>> leaves = choose([x, w], ["input", "parameter"], None)
    >>> [leaf.label for leaf in leaves.shown], [leaf.label for leaf in leaves.moved]
    (['w', 'x'], ['w'])
    """
    leaves = {kind: of_kind(kind, order, kinds) for kind in ("parameter", "input")}
    if chosen is None:
        candidates = [*leaves["parameter"], *leaves["input"]]
        labelled = [leaf for leaf in candidates if leaf.label or leaf in named]
        shown = tuple(labelled or candidates)[:SHOWN]
    else:
        shown = tuple(chosen)
    return Leaves(shown, tuple(leaves["parameter"]) or shown)


def of_kind(kind: str, order: Sequence[Value], kinds: Sequence[str]) -> list[Value]:
    """Return the leaves of a kind in reading order: layer by layer, neuron by neuron, weights before bias."""
    return sorted((node for node, it in zip(order, kinds, strict=True) if it == kind), key=_rank)


def _rank(leaf: Value) -> tuple[int, float, bool]:
    read = symbol(leaf.label)
    is_bias = read.letter == "b"
    neuron = read.below if is_bias else "".join(read.indices[:1])
    layer = int(read.layer) if read.layer.isdecimal() else 0
    return layer, int(neuron) if neuron.isdecimal() else inf if is_bias else 0, is_bias


# ── Formulas with a placeholder for every name ────────────────────────────────────────────────────

if TYPE_CHECKING:
    Places: TypeAlias = Mapping[str, int]

Template: TypeAlias = "list[str | int | list[int]]"


class _Numbers(Html):
    """The style of formulas with numbers in them; those with an exponent are written as in pictures."""

    def number(self, x: float) -> Piece:
        """Return 2.5·10⁻⁹ rather than 2.5e−09."""
        digits, _, exponent = f"{x:.6g}".partition("e")
        if not exponent:
            return super().number(x)
        power = f"10{str(int(exponent)).replace('-', '−').translate(RAISED)}"
        return Piece(power, POWER) if digits == "1" else Piece(f"{digits}·{power}", PRODUCT)


NUMBERS = _Numbers(dots=True)
PLACE = re.compile("\0([-+]?[0-9]+)\0")


class _Number(Piece):
    """A placeholder for a number, which may turn out to be negative, or to have a power of ten."""

    __slots__ = ()

    def at_least(self, level: int) -> str:
        """Return the placeholder in the form for this context: on its own, as a term, or as a factor."""
        place = int(self.text.strip("\0"))
        return self.text if level <= SUM else f"\0+{place}\0" if level == PRODUCT else _mark(~place)


def with_names(formula: Formula, places: Places) -> Template:
    """Return the formula in symbols, with long sums shortened; terms of a Σ, which are not nodes, stay."""
    expression, names = formula.shown()

    def spell(x: Expression) -> Piece:
        name = names[x]
        return Piece(_mark(places[str(name)]), name.level) if x in formula.names else in_html(name)

    return _template(formula.typeset(expression, HTML, id(names), id(places), spell=spell).text)


def with_numbers(formula: Formula, places: Places) -> Template:
    """Return the formula with placeholders for numbers, long sums with dots."""
    names = formula.names
    piece = formula.typeset(
        formula.elided(), NUMBERS, id(places), spell=lambda x: _Number(_mark(places[str(names[x])]))
    )
    return _template(piece.text)


def _mark(place: int) -> str:
    return f"\0{place}\0"


def _template(text: str) -> Template:
    parts = PLACE.split(text)
    return [_place(part) if k % 2 else part for k, part in enumerate(parts) if part]


def _place(mark: str) -> int | list[int]:
    return [int(mark)] if mark.startswith("+") else int(mark)


# ── Everything that a page knows about a graph ────────────────────────────────────────────────────

if TYPE_CHECKING:
    Slope: TypeAlias = "int | list[Template | int] | None"

LONGEST = 120
"""The maximum length of a local derivative's formula, as in ``explain``; a longer one is shown by name."""


def payload(contents: Contents, called: Mapping[Value, str], leaves: Leaves) -> dict[str, Any]:
    """Return the graph in topological order: for each node its name, operands, formula and local derivatives.

    Nodes are given by their place in the order; the leaves that gradient descent moves by their place among
    the arguments.
    """
    order, kinds = contents.now.order, contents.kinds
    place = {node: k for k, node in enumerate(order)}
    told = _Told(called, {called[node]: k for node, k in place.items()})
    formulas = [told.of(node) if node.parents else (0, 0) for node in order]
    moved = set(leaves.moved)
    return {
        "names": [in_type(called[node]) for node in order],
        "words": [called[node] for node in order],
        "spoken": [spoken(called[node]) for node in order],
        "parents": [[place[parent] for parent in node.parents] for node in order],
        "formulas": [value for value, _ in formulas],
        "slopes": [slopes for _, slopes in formulas],
        "arguments": [place[leaf] for leaf in leaves.all],
        "numbers": sendable(leaf.data for leaf in leaves.all),
        "leaves": [place[leaf] for leaf in leaves.shown],
        "steered": [k for k, leaf in enumerate(leaves.all) if leaf in moved],
        "given": given(place, called, kinds),
        "choices": _choices(place, called, kinds),
        "layers": _layers(contents, place),
        "bracketed": [place[node] for node in order if has_brackets(called[node])],
        "constants": sorted(constants(order, list(map(called.__getitem__, order)))),
    }


def constants(order: Sequence[Value], names: Sequence[str]) -> set[int]:
    """Return the places of the numbers in an expression: nobody differentiates with respect to a 2.

    >>> from engine import Value, graph
    >>> y = Value(3.0, label="x") * 2
    >>> constants(graph.topological_order(y), ["x", "2", "y"])
    {1}
    """
    return {
        place
        for place, (node, name) in enumerate(zip(order, names, strict=True))
        if node.rule is constant and name == number(node.data)
    }


def given(
    place: Mapping[Value, int], called: Mapping[Value, str], kinds: Sequence[str]
) -> list[tuple[str, list[int]]]:
    """Return the named leaves in the order of the sliders: parameters by layer, inputs, desired outputs.

    >>> from engine import Value
    >>> y, w = Value(1.0, label="y"), Value(0.5, label="w^(2)")
    >>> given({y: 0, w: 1}, {y: "y", w: "w^(2)"}, ["input", "parameter"])
    [('Layer 2', [1]), ('Desired output', [0])]
    """
    order = list(place)
    named = [node for node in order if not node.parents and called[node] != number(node.data)]
    groups: dict[str, list[Value]] = {}
    is_expression = "parameter" not in kinds
    for kind in ("parameter", "input", "root", "constant"):
        for node in of_kind(kind, named, [kinds[place[node]] for node in named]):
            groups.setdefault(_group(kind, symbol(called[node]), is_expression=is_expression), []).append(
                node
            )
    desired = groups.pop("Desired output", [])
    if desired:
        groups["Desired output" + "s" * (len(desired) > 1)] = desired
    return [(title, [place[node] for node in nodes]) for title, nodes in groups.items()]


def _group(kind: str, name: Symbol, *, is_expression: bool) -> str:
    """Return the group of a leaf; in an expression, where nothing is learned, a y is an ordinary leaf."""
    if kind == "parameter":
        return f"Layer {name.layer}" if name.layer else "Parameters"
    if kind == "constant":
        return "Constants"
    if is_expression:
        return "Leaves"
    return "Desired output" if name.letter == "y" else "Inputs"


def _layers(contents: Contents, place: Mapping[Value, int]) -> list[dict[str, Any]]:
    """Return for each layer the places of its weights, row by row, of its biases, and of every z and a."""
    found = []
    for layer in contents.layers:
        inputs = len(layer.inputs)
        found.append(
            {
                "number": clean(layer.number),
                "weights": [[place[w] for w in neuron.parameters[-inputs:]] for neuron in layer.neurons],
                "biases": [place[b] for neuron in layer.neurons for b in neuron.parameters[:-inputs]],
                "z": [place[neuron.z] for neuron in layer.neurons],
                "a": [place[neuron.a] for neuron in layer.neurons],
            }
        )
    return found


def heading(contents: Contents, called: Mapping[Value, str]) -> str:
    """Return the heading of a page: the network, or else the expression.

    >>> from engine import Value
    >>> from engine.pictures.contents import Contents
    >>> from engine.pictures.snapshot import Snapshot
    >>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
    >>> C = w * x
    >>> heading(Contents(Snapshot(C)), {w: "w", x: "x", C: "C"})
    'C = w x, step by step'
    """
    root = called[contents.now.root]
    sizes, examples = _sizes(contents.layers)
    if sizes == [1, 1] and examples == 1:
        return f"One neuron: {root}, step by step"
    if sizes:
        is_chain = set(sizes) == {1}
        count = {2: "two", 3: "three", 4: "four", 5: "five"}.get(len(sizes) - 1, str(len(sizes) - 1))
        named = f"A chain of {count} neurons" if is_chain else f"A {'-'.join(map(str, sizes))} network"
        named = "One neuron" if sizes == [1, 1] else named
        if examples > 1:
            return f"{named}, {examples} examples, and their cost {root}"
        return f"{named} and its cost {root}"
    node = contents.now.root
    text = f" = {of_node(node, dict(called))[0].text}" if node.parents else ""
    short = len(text) <= LONGEST_TITLE and "v_" not in text
    return f"{root}{text if short else ''}, step by step"


LONGEST_TITLE = 40


def _sizes(layers: Sequence[FoundLayer]) -> tuple[list[int], int]:
    """Return the sizes of a network and its number of examples; no sizes if it is anything else."""
    uses: dict[Sequence[Value], list[FoundLayer]] = {}
    for layer in layers:
        uses.setdefault(layer.parameters, []).append(layer)
    alike = [found for found in uses.values() if len({layer.level for layer in found}) == 1]
    examples = {len(found) for found in uses.values()}
    if not uses or len(alike) < len(uses) or len(examples) > 1:
        return [], 0
    sizes = [len(layers[0].inputs), *(len(found[0].neurons) for found in alike)]
    follow = all(len(found[0].inputs) == size for found, size in zip(alike, sizes, strict=False))
    return (sizes, examples.pop()) if follow else ([], 0)


def in_type(label: str) -> str:
    """Return a name as HTML, with primes after it.

    >>> in_type("w_1"), in_type("f′"), in_type("learning rate′")
    ('<i>w</i><sub>1</sub>', '<i>f</i>′', 'learning rate′')
    """
    stem = label.rstrip("′")
    read = symbol(stem)
    return in_html(read).text + label[len(stem) :] if read.letter else in_html(symbol(label)).text


def typeset(title: str) -> str:
    """Return a title as HTML: symbols are typeset, everything else is text.

    >>> typeset("the cost C_0 of w^(1) & b")
    'the cost <i>C</i><sub>0</sub> of <i>w</i><sup>(1)</sup> &amp; <i>b</i>'
    """
    words = re.split(r"(\s+|[,;:])", clean(title))
    return "".join(in_type(word) if _is_name(word) else escape(word) for word in words)


def _is_name(word: str) -> bool:
    """Return whether a word of a title is a symbol; the article "a" is not."""
    read = symbol(word.rstrip("′"))
    return bool(read.letter) and word not in {"A", "I", "a"} and (len(word) == 1 or not word.isalpha())


def recorded(order: Sequence[Value]) -> list[list[float | str]]:
    """Return the numbers of a graph that a page cannot compute: of all nodes, and of all edges."""
    slopes = [slope for node in order for slope in node.local_derivatives]
    return [sendable(node.data for node in order), sendable(slopes)]


def sendable(numbers: Iterable[float]) -> list[float | str]:
    """Return numbers for JSON, which has no infinity and no NaN: these become text.

    >>> sendable([0.5, float("-inf")])
    [0.5, '-Infinity']
    """
    return list(map(in_json, numbers))


def _choices(
    place: Mapping[Value, int], called: Mapping[Value, str], kinds: Sequence[str]
) -> list[tuple[str, list[int]]]:
    """Return the nodes whose paths a reader can request: named leaves by kind, then named computed nodes."""
    inputs = "inputs" if "parameter" in kinds else "leaves"
    groups = {"weights and biases": "parameter", inputs: "input", "computed": "inner"}
    named = [node for node in place if called[node] != number(node.data)]
    found = {
        title: of_kind(kind, named, [kinds[place[node]] for node in named]) for title, kind in groups.items()
    }
    return [(title, [place[node] for node in nodes]) for title, nodes in found.items() if nodes]


class _Told:
    """The formulas of nodes, with placeholders for a graph's names."""

    def __init__(self, called: Mapping[Value, str], places: Mapping[str, int]) -> None:
        self.called, self.places = called, places

    def of(self, node: Value) -> tuple[list[Template | int], list[Slope]]:
        """Return a node's formula in symbols, and in numbers if these say more; and its local derivatives.

        A local derivative is a place; or else in symbols, written out, in numbers, and whether it is a sum.
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
        return template if any(not isinstance(part, str) for part in template) else 0
