"""``chainrule worksheet``: sheets of paper with different numbers on each, and a key."""

from __future__ import annotations

import random
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from engine import Value
from engine.asking.shapes import SHAPES
from engine.numeric import Unevaluable
from engine.parsing.parser import names_in
from engine.pictures.sheets.worksheets import worksheet
from nn import COSTS, MLP, losses

from . import definitions
from .explain import built
from .trace import add_neurons
from .types import (
    add_command,
    affordable,
    count,
    exported,
    name_of,
    once,
    positive,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PAPERS = ("A4", "letter")
HIDDEN = ("gradients", "both")
MOST = 200
"""Maximum parameters of a network to try; only smaller ones fit on a page."""
FIRST = (0.5, 2.0, -0.5)
"""Numbers to try for building an expression, until one is in the domain of its functions."""

HELP = """
Make worksheets: a page for each learner, with different numbers on each. A sheet has the graph with empty
boxes and the chain rule as a table with blanks. The folder gets the sheets, a key, a table of the numbers,
and a table for the answers, which `chainrule mark` marks.
"""

EXAMPLES = """
examples:
  chainrule worksheet --out sheets             30 sheets of the 1-1-1-1 chain, on A4
  chainrule worksheet --sizes 2,2,1 --activation tanh --n 12 --paper letter --out sheets
                                               a network of your choice
  chainrule worksheet "(sigmoid(w*a + b) - y)**2" --out sheets
                                               an expression; the sheets choose its numbers
  chainrule worksheet "s*s + s*c" --where "s=a*b" --hide s a b --out sheets
                                               with a name for a part, and three boxes to fill in
  chainrule worksheet --hide both --out sheets
                                               with blanks for the values of the forward pass as well
  chainrule worksheet --n 3 --moodle questions.xml --qti questions.zip --questions questions.csv
                                               for learning platforms

PDF needs the extra png; without it the sheets are HTML, which a browser prints. The same --seed gives the
same sheets.
"""


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    command = add_command(
        commands,
        "worksheet",
        run,
        help="make worksheets to fill in, and a key",
        description=HELP,
        epilog=EXAMPLES,
    )
    add = command.add_argument
    add(
        "expression",
        nargs="?",
        help='an expression, as in "(sigmoid(w*a + b) - y)**2", or a shape, as in 2-2-1 (default: a network)',
    )
    definitions.add_expression_to(
        command,
        at="numbers to start with, where the expression needs them to be within its domain",
        example="x=0.5",
    )
    add_neurons(command)
    add(
        "--cost",
        type=name_of("cost", COSTS, losses.ELSEWHERE),
        help="cost of the network (default: squared_error)",
    )
    add("--n", type=positive, default=30, help="number of sheets (default: 30)")
    add("--seed", type=count, default=0, help="seed of the first sheet's numbers (default: 0)")
    add(
        "--hide",
        nargs="+",
        default=["gradients"],
        metavar="WHAT",
        help="gradients (default), both (gradients and values), or names of nodes: only their gradients",
    )
    add(
        "--level",
        type=positive,
        metavar="1|2|3",
        help="1 whole numbers, 2 tenths, 3 hundredths; for a shape, how hard it is",
    )
    add("--paper", type=name_of("paper", PAPERS), default="A4", help="A4 (default) or letter")
    add("--title", help="title at the top of the sheet")
    add("--out", metavar="FOLDER", help="write sheets, key and tables into this folder")
    add("--moodle", type=exported("xml"), metavar="FILE", help="write the questions as Moodle XML")
    add("--qti", type=exported("zip"), metavar="FILE", help="write the questions as a package of QTI 2.1")
    add("--questions", type=exported("csv"), metavar="FILE", help="write the questions as a table")


def run(options: Namespace) -> None:
    """Make the sheets, and write what was requested."""
    exports = [path for path in (options.moodle, options.qti, options.questions) if path]
    if not (options.out or exports):
        raise ValueError("nothing is to be written; say where, as in --out sheets")
    definitions.prepare(options, *exports)
    C = graph_of(options)
    hide = options.hide[0] if options.hide[0] in HIDDEN and len(options.hide) == 1 else options.hide
    made = worksheet(
        C,
        n=options.n,
        seed=options.seed,
        hide=hide,
        paper=options.paper,
        level=options.level,
        title=options.title,
    )
    if options.out:
        for path in made.save_all(options.out):
            print(path)
    for path in exports:
        made.export(path)
        print(path)


def graph_of(options: Namespace) -> Value | str:
    """Return the subject of the sheets: a shape by its name, an expression, or a network."""
    alone = not (options.where or options.at)
    if options.expression in SHAPES and alone:
        _without_network(options)
        return str(options.expression)
    return expression(options) if options.expression is not None else network(options)


def expression(options: Namespace) -> Value:
    """Return the graph of the expression, with numbers that only serve to build it."""
    _without_network(options)
    failed: Exception | None = None
    for attempt in _attempts(options):
        try:
            return built(attempt)[0]
        except Unevaluable as error:
            failed = failed or error
    raise ValueError(f"{failed}; give numbers to build it with, as in --at x=2")


def _without_network(options: Namespace) -> None:
    """Raise ValueError for an option that is for networks."""
    for name in ("sizes", "activation", "output_activation", "cost"):
        if getattr(options, name) is not None:
            raise ValueError(f"--{name.replace('_', '-')} is for a network; leave it out, or the expression")


def _attempts(options: Namespace) -> Iterator[Namespace]:
    """Yield the options with a number for each name that has none."""
    defined = {name for name, _ in options.where}
    texts = [options.expression, *(text for _, text in options.where)]
    given = once(options.at)
    free = dict.fromkeys(name for text in texts for name in names_in(text) if name not in defined)
    for number in FIRST:
        at = [(name, given.get(name, number)) for name in free] + [
            it for it in given.items() if it[0] not in free
        ]
        yield Namespace(**{**vars(options), "at": at})


def network(options: Namespace) -> Value:
    """Return the cost of a network for one example, with all of its numbers as leaves."""
    if options.where or options.at:
        raise ValueError("--where and --at are for an expression; give one, or leave them out")
    shape = options.sizes or [1, 1, 1, 1]
    affordable(shape, MOST)
    cost = COSTS[options.cost or "squared_error"]
    last = options.output_activation or (
        "linear" if cost.reads == "scores" else options.activation or "sigmoid"
    )
    nin, *nouts = shape
    model = MLP(
        nin, nouts, activation=options.activation or "sigmoid", output_activation=last, rng=random.Random(0)
    )
    outputs = model([_leaf("a", "^(0)", k, nin) for k in range(nin)])
    C = cost.function(outputs, [_leaf("y", "", k, nouts[-1]) for k in range(nouts[-1])])
    C.label = "C"
    return C


def _leaf(letter: str, layer: str, k: int, many: int) -> Value:
    return Value(0.5, label=f"{letter}_{k}{layer}" if many > 1 else f"{letter}{layer}")
