"""The arrays of a NumPy program: their names, which rows of them are read, how adjoints come back."""

from __future__ import annotations

from functools import reduce
from itertools import chain
from operator import add
from typing import TYPE_CHECKING

from engine.source.dialects import listed

from .lines import Block, View
from .text import array, common, index, plain_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.expressions import Expression
    from engine.tape.recording import Recording

    from .lines import Listing
    from .text import Index

    Shape = tuple[int, ...]


ROOM = 50
"""Names that are listed on one line; more of them stand on lines of their own."""


class Reads:
    """Reads numbers from the blocks, each array of them once, and brings their adjoints back."""

    def __init__(self, listing: Listing, recording: Recording, cost: str) -> None:
        self.listing, self.recording, self.cost = listing, recording, cost
        self._homes: dict[int, tuple[Block, int]] = {}
        self._others: dict[tuple[tuple[int, ...], Shape], View] = {}

    def enter(self, block: Block, nodes: Iterable[int]) -> Block:
        """Let these nodes be read from the rows of a new block."""
        self._homes.update((k, (block, row)) for row, k in enumerate(nodes))
        return block

    def named(self, nodes: Iterable[int]) -> str:
        """A name for an array: what the labels of its nodes have in common, or a number."""
        name = self._common(nodes)
        return self.listing.free.unique(name) if name else next(self.listing.free.numbered)

    def _common(self, nodes: Iterable[int]) -> str:
        return common(self.recording.nodes[k].label for k in nodes)

    def literal(self, nodes: Sequence[int]) -> Expression | None:
        """The one number that all these constants are; None where they are not."""
        constants = self.recording.constants
        if not constants.keys() >= set(nodes) or len({repr(constants[k]) for k in nodes}) > 1:
            return None
        return self.listing.xp.literal(constants[nodes[0]])

    def any_shape(self, nodes: Iterable[int]) -> bool:
        """Whether they can be read in any shape: parameters alone or constants alone."""
        blocks = {self._homes[k][0] if k in self._homes else None for k in nodes}
        return len(blocks) == 1 and all(not block or block.section == "parameters" for block in blocks)

    def read(self, nodes: Sequence[int], shape: Shape = ()) -> View:
        """Numbers with a row for each node; parameters and constants also in another shape."""
        shape = shape or (len(nodes), 1)
        homes = {self._homes[k][0] if k in self._homes else None for k in nodes}
        block = homes.pop() if len(homes) == 1 else None
        known, key = (block.views if block else self._others), (tuple(nodes), shape)
        if key not in known:
            if block:
                known[key] = self._part(block, nodes, shape)
            else:
                known[key] = self._stack(nodes) if homes else self._constants(nodes, shape)
            known[key].varies = any(self.recording.varies[k] for k in nodes)
            known[key].wanted = any(self.recording.wanted[k] for k in nodes)
        return known[key]

    def _part(self, block: Block, nodes: Sequence[int], shape: Shape) -> View:
        rows, flat = [self._homes[k][1] for k in nodes], block.section == "parameters"
        whole = not flat and rows == list(range(block.size))
        if whole and not (block.section == "inputs" and self._common(nodes)):
            return View(block.name, block.e, block=block, rows=rows)
        name, section = self.named(nodes), block.section
        found = index(rows, shape if flat else (len(rows),), block.size)
        found = found._replace(text=found.text or ":")
        found = self.listing.named(section, name, self.listing.with_grid(section, found))
        part = block.name if whole else f"{block.name}[{found.text}]{found.reshaped}"
        self.listing.line(section, f"{name} = {part}")
        return View(name, self.listing.variable(name), block=block, rows=rows, index=found)

    def _constants(self, nodes: Sequence[int], shape: Shape) -> View:
        name = self.named(nodes)
        numbers = array([self.recording.constants[k] for k in nodes], shape)
        self.listing.line("constants", f"{name} = {numbers}")
        return View(name, self.listing.variable(name))

    def _stack(self, nodes: Sequence[int]) -> View:
        """Parts of several blocks one below the other, in the order of the nodes."""
        positions: dict[Block | None, list[int]] = {}
        for position, k in enumerate(nodes):
            positions.setdefault(self._homes.get(k, (None, 0))[0], []).append(position)
        parts = [(self.read([nodes[p] for p in found]), found) for found in positions.values()]
        for part, _ in parts:
            part.expected += 1
        name = self.named(nodes)
        text = f"stacked({listed([part.name for part, _ in parts], room=ROOM)})"
        places = list(chain.from_iterable(positions.values()))
        if places != sorted(places):
            order = plain_index(sorted(range(len(nodes)), key=places.__getitem__), len(nodes))
            text += f"[{self.listing.named('forward', name, order).text}]"
        self.listing.line("forward", f"{name} = {text}")
        self.listing.words.add("stacked")
        return View(name, self.listing.variable(name), parts=parts)

    def receive(self, view: View, contribution: Expression, comment: str = "") -> None:
        """Add to an adjoint; with the last contribution that is expected, it is written."""
        view.contributions.append(contribution)
        view.comment = comment * (len(view.contributions) == 1)
        if len(view.contributions) == view.expected:
            self._complete(view, reduce(add, view.contributions))

    def _complete(self, view: View, total: Expression) -> None:
        block = view.block
        if block and view.e is block.e and len(block.wanted) == 1:
            block.adjoint = self.listing.define("backward", self._adjoint(block.name), total, view.comment)
            return
        whole = block and view.e is block.e
        view.adjoint = next(self.listing.free.numbered) if whole else self._adjoint(view.name)
        adjoint = self.listing.define("backward", view.adjoint, total, view.comment)
        for part, positions in view.parts:
            if part.wanted:
                rows = self._rows(adjoint, plain_index(positions, sum(len(rows) for _, rows in view.parts)))
                summed = view.varies and not part.varies
                self.receive(part, self.listing.over_examples(rows) if summed else rows)
        if block and block.section == "forward" and all(other.adjoint for other in block.wanted):
            block.adjoint = self._put_together(block)

    def _rows(self, adjoint: Expression, found: Index) -> Expression:
        """The adjoint of a part of a stack."""
        found = self.listing.named("backward", "part", found)
        return self.listing.op(f"{{0}}[{found.text}]", adjoint)

    def _put_together(self, block: Block) -> Expression:
        """The adjoint of a block from those of its parts."""
        name = self._adjoint(block.name)
        parts = sorted(block.wanted, key=lambda view: view.rows[0])
        if list(chain.from_iterable(view.rows for view in parts)) == list(range(block.size)):
            self.listing.line(
                "backward", f"{name} = np.vstack([{listed([view.adjoint for view in parts], room=ROOM)}])"
            )
        else:
            self.listing.line("backward", f"{name} = np.zeros({block.name}.shape)")
            for view in block.wanted:
                self._add("backward", name, view)
        return self.listing.variable(name)

    def gradient(self, params: Block) -> None:
        """Write the adjoints of parameters to their places."""
        self.listing.line("gradient", "gradient = np.zeros(len(params))")
        seen: set[int] = set()
        for view in params.wanted:
            self._add("gradient", "gradient", view, first=seen.isdisjoint(view.rows))
            seen.update(view.rows)

    def _add(self, section: str, target: str, view: View, *, first: bool = False) -> None:
        found = self.listing.with_grid(section, view.index)
        value = view.adjoint + ".ravel()" * bool(found.reshaped)
        if len(set(view.rows)) < len(view.rows):
            places = f"({found.text})" if "None" in found.text else found.text
            self.listing.line(section, f"np.add.at({target}, {places}, {value})")
        else:
            place = f"{target}[{found.text}]" if found.text else target
            self.listing.line(section, f"{place} {'=' if first else '+='} {value}")

    def _adjoint(self, name: str) -> str:
        return self.listing.free.unique(f"d{self.cost}_d{name}")
