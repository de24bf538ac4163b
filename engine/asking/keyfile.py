"""A sheet to fill in, and the key to a class's sheets as a file: graph, numbers, and requested boxes.

>>> from engine import Value
>>> w, x = Value(2.0, label="w"), Value(3.0, label="x")
>>> sheet = Worksheet(1, 0, (w * x - 5.0) ** 2, {"w": w})
>>> [again] = read(written([sheet]))
>>> again.boxes, again.right("w")
({'w': 5}, '6')
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine import rules
from engine.functions import apply
from engine.graph import leaves, topological_order
from engine.numeric import is_real, short
from engine.value import Value

from .diagnosis import Key
from .slips import show
from .wording import count_of_boxes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.rules import Rule

FORM = "key to worksheets"
VERSION = 1
MOST = 1_000
"""The limit on nodes of a graph and on sheets: beyond anything printed, and low enough to judge."""


class Worksheet:
    """One sheet: its number, the seed of its numbers, its graph, and the boxes to fill in.

    ``boxes`` maps the name of each box, in the order of the sheet, to its index in ``key.nodes``. ``printed``
    is whether the values are printed on the sheet, so that a learner continues from these.
    """

    def __init__(
        self, number: int, seed: int, root: Value, asked: Mapping[str, Value], *, printed: bool = True
    ) -> None:
        self.number, self.seed, self.root, self.printed = number, seed, root, printed
        self.asked = dict(asked)

    @cached_property
    def key(self) -> Key:
        """The key that judges the numbers on the sheet."""
        return Key(self.root, printed=self.printed)

    @cached_property
    def boxes(self) -> dict[str, int]:
        """The index of each box in the key, by name."""
        return {name: self.key.index(node) for name, node in self.asked.items()}

    @cached_property
    def numbers(self) -> dict[str, float]:
        """The given numbers, by the names of the leaves."""
        found = [leaf for leaf in leaves(self.root) if leaf.rule is not rules.constant]
        return {leaf.label: leaf.data for leaf in found}

    def right(self, name: str) -> str:
        """Return the right number of a box, as in the key. Raises ValueError if there is no such box."""
        if name not in self.asked:
            raise ValueError(
                f"there is no box {short(name)} on the sheet; its boxes are {', '.join(self.asked)}"
            )
        return show(self.key.answers[self.boxes[name]])

    def __repr__(self) -> str:
        return f"<worksheet {self.number}, seed {self.seed}, with {count_of_boxes(len(self.asked))}>"


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────


def written(sheets: Sequence[Worksheet]) -> str:
    """Return the key to sheets of one graph as JSON.

    Raises ValueError for a graph with a custom node: only the program that made it can compute it.
    """
    first = sheets[0]
    order = topological_order(first.root)
    place = {node: k for k, node in enumerate(order)}
    data = {
        "chainrule": FORM,
        "version": VERSION,
        "printed": first.printed,
        "nodes": [_described(node, [place[parent] for parent in node.parents]) for node in order],
        "boxes": {name: place[node] for name, node in first.asked.items()},
        "sheets": [
            {
                "sheet": it.number,
                "seed": it.seed,
                "numbers": [node.data for node in topological_order(it.root) if not node.parents],
            }
            for it in sheets
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _described(node: Value, operands: list[int]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": node.label} if node.label else {}
    if not node.parents:
        return found | ({"constant": True} if node.rule is rules.constant else {})
    rule = node.rule
    if rule is None or rule.name not in {**rules.REGISTRY, **rules.INNER}:
        raise ValueError(
            f"the key to a graph with a node made by hand cannot be written, and {node.label or 'one'} is; "
            "define it with @operation"
        )
    bound = {"parameters": dict(rule.parameters)} if rule.parameters else {}
    return found | {"rule": rule.name, "of": operands} | bound


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────


def read(text: str, name: str = "the key") -> list[Worksheet]:
    """Return the sheets of a key that ``written`` wrote; ``name`` is the file's name for error messages.

    Raises ValueError for anything else, for an unknown version, and for an operation that is not defined in
    this program.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{name} is not a key to worksheets: {error}") from None
    if not isinstance(data, dict) or data.get("chainrule") != FORM:
        raise ValueError(f"{name} is not a key to worksheets; pass the key.json that was written with them")
    if data.get("version") != VERSION:
        raise ValueError(
            f"{name} has version {short(data.get('version'))}, and version {VERSION} is known here; "
            "mark it with the chainrule that wrote it"
        )
    try:
        return _sheets(data, name)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"{name} is damaged: {error!r}; write the worksheets again") from None


def _sheets(data: dict[str, Any], name: str) -> list[Worksheet]:
    nodes, sheets = data["nodes"], data["sheets"]
    if not (0 < len(nodes) <= MOST and 0 < len(sheets) <= MOST):
        raise ValueError(f"{name} has {len(nodes)} nodes and {len(sheets)} sheets, at most {MOST:,} are read")
    made = [_rule(it, k, name) for k, it in enumerate(nodes)]
    found = []
    for sheet in sheets:
        numbers = list(sheet["numbers"])
        if len(numbers) != made.count(None) or not all(map(is_real, numbers)):
            raise ValueError(
                f"{name} is damaged: sheet {short(sheet['sheet'])} must have {made.count(None)} numbers"
            )
        left = iter(numbers)
        graph: list[Value] = []
        for it, rule in zip(nodes, made, strict=True):
            node = Value(next(left)) if rule is None else apply(rule, *(graph[k] for k in it["of"]))
            if rule is None and it.get("constant"):
                node.rule = rules.constant
            node.label = str(it.get("name", ""))
            graph.append(node)
        asked = {str(box): graph[k] for box, k in data["boxes"].items()}
        number, seed = int(sheet["sheet"]), int(sheet["seed"])
        found.append(Worksheet(number, seed, graph[-1], asked, printed=bool(data["printed"])))
    return found


def _rule(node: dict[str, Any], place: int, name: str) -> Rule | None:
    """Return the rule of a node, or None for a leaf."""
    if "rule" not in node:
        return None
    known = {**rules.REGISTRY, **rules.INNER}
    if node["rule"] not in known:
        raise ValueError(
            f"{name} has the operation {short(node['rule'])}, which is not defined here; define it first "
            "with @operation, or on the command line with --operation"
        )
    if not all(0 <= k < place for k in node["of"]):
        raise ValueError(f"{name} is damaged: a node comes before what it is made of")
    rule: Rule = known[node["rule"]]
    return rule.at(**node["parameters"]) if "parameters" in node else rule
