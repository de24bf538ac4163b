r"""The same program as the text of a NumPy module: the documents' matrix form, to be read.

>>> from engine import Value, affine
>>> from engine.tape.plan import plan
>>> a, w, b = (Value(k, label=name) for k, name in enumerate(["a^(0)", "w^(1)", "b^(1)"]))
>>> text = matrix_source(plan(affine(b, [w], [a]).exp(), [a], [w, b], thin=-1))
>>> print(*(line for line in text.splitlines() if "@" in line), sep="\n")
    v1 = w_1 @ a_0 + b_1
    dC_dw_1 = dC_dv1 @ a_0.T
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.tape.layers import Layer
from engine.tape.plan import Straight

from .layers import layer_written
from .lines import Block, Listing, View
from .reads import Reads
from .text import common, preamble

if TYPE_CHECKING:
    from engine.expressions import Expression
    from engine.tape.grouping import Group
    from engine.tape.plan import Plan

    from .layers import Back, Written

NAME = "cost_and_gradient"
MODULE = '''\
{preamble}


def cost_and_gradient({arguments}):
    """{title}"""
{body}
    return float({C}.mean()), gradient
'''


def matrix_source(plan: Plan) -> str:
    """The text of a module with one function ``cost_and_gradient(params, inputs)``; no inputs, no argument.

    It takes floats and returns what a call of the tape does for the mean over the examples, runs without
    this project, and checks nothing. The plan has no straight parts.
    """
    return Program(plan).text()


class Program:
    """The function being written, from a plan without straight parts."""

    def __init__(self, plan: Plan) -> None:
        self.recording = plan.recording
        self.listing = Listing([NAME, "np", "params", "inputs", "stacked"])
        root = self.recording.nodes[self.recording.root]
        self.cost = self.listing.free.unique(common([root.label]) or "C")
        self.reads = Reads(self.listing, self.recording, self.cost)
        steps = [step for steps in plan.levels for step in steps]
        self.steps = [step for step in steps if not isinstance(step, Straight)]
        self.passes: list[tuple[Block, list[tuple[View, Back]], str]] = []

    def text(self) -> str:
        """The module."""
        params, inputs = self._leaves()
        for step in self.steps:
            self._forward(step)
        C = self.reads.read([self.recording.root])
        self._backward(C)
        self.reads.gradient(params)
        sections = self.listing.written()
        parts = ["\n".join([f"    # {title}", *lines]) for title, lines in sections.items() if lines]
        if inputs.size:
            parts.insert(0, "    inputs = np.atleast_2d(inputs).T  # a column for each example")
        return MODULE.format(
            preamble=preamble(self.listing.words),
            arguments="params, inputs" if inputs.size else "params",
            title="Cost and gradient" + ", averaged over the examples" * C.varies + ".",
            body="\n\n".join(parts),
            C=C.name,
        )

    def _leaves(self) -> tuple[Block, Block]:
        """Blocks of the parameters and of the inputs."""
        given = range(self.recording.given)
        blocks = []
        for name, section, kind in (("params", "parameters", False), ("inputs", "inputs", True)):
            nodes = [k for k in given if self.recording.varies[k] == kind]
            block = Block(name, len(nodes), self.listing.variable(name), section)
            blocks.append(self.reads.enter(block, nodes))
        return blocks[0], blocks[1]

    def _forward(self, step: Group | Layer) -> None:
        """Write what a step computes, and remember what it will hand back."""
        value, passes = (
            layer_written(self.reads, step) if isinstance(step, Layer) else self._group_written(step)
        )
        last = step.nodes[0] == self.recording.root
        name = self.cost if last else self.reads.named(step.nodes)
        rule = "" if isinstance(step, Layer) or not step.rule.symbol[0].isalpha() else step.rule.name
        e = self.listing.define("forward", name, value, rule * (value.operation != rule))
        block = self.reads.enter(Block(name, len(step.nodes), e), step.nodes)
        passes = [(view, back) for view, back in passes if view.wanted]
        for view, _ in passes:
            view.expected += 1
        self.passes.append((block, passes, f"{rule}'s slope" * bool(rule)))

    def _group_written(self, group: Group) -> Written:
        """The rule, read with an array or the one number for each operand."""
        literals = [self.reads.literal(numbers) for numbers in group.operands]
        if None not in literals:
            literals[0] = None  # an array, so that the result is one
        views = [
            self.reads.read(numbers) if literal is None else View("", literal)
            for literal, numbers in zip(literals, group.operands, strict=True)
        ]
        value, slopes = group.rule(self.listing.xp, *[view.e for view in views])
        varies = self.recording.varies[group.nodes[0]]

        def back(view: View, slope: Expression | float) -> Back:
            summed = varies and not view.varies
            return lambda adjoint: self.listing.over_examples(adjoint * slope) if summed else adjoint * slope

        return value, [(view, back(view, slope)) for view, slope in zip(views, slopes, strict=True)]

    def _backward(self, C: View) -> None:
        """Write the adjoints, from that of the cost, which is the average over the examples."""
        if not C.wanted:
            return
        C.expected += 1
        one = "np.full({0}.shape, 1 / {0}.size)" if C.varies else "np.ones({0}.shape)"
        self.reads.receive(C, self.listing.op(one, C.e), "each example's part in the average" * C.varies)
        for block, passes, comment in reversed(self.passes):
            for view, back in passes:
                self.reads.receive(view, back(block.known_adjoint()), comment)
