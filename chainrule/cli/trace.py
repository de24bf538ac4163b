"""``chainrule trace``: every derivative of a network, in symbols and in numbers."""

from __future__ import annotations

import random
import reprlib
from typing import TYPE_CHECKING, Any

from engine.characters import printable
from engine.pictures.page.page import play
from nn import ACTIVATIONS, COSTS, MLP, layers, losses
from nn import module as files
from nn.data import read_csv
from nn.tracing import average, costs, refuse_unknown, trace

from . import output
from .explain import add_notation, add_order, add_pictures
from .types import (
    add_command,
    affordable,
    count,
    integer,
    name_of,
    numbers,
    rate,
    setting,
    sizes,
    writable,
)

if TYPE_CHECKING:
    import argparse

    from engine import Value
    from engine.pictures.page.page import Player

SHOWN = 3
MOST = 5_000
"""Maximum number of parameters: explaining them one by one takes a minute or two."""

HELP = """
Print the forward pass symbol by symbol; then, for each weight and bias, last layer first, the product of
the chain rule: its factors in symbols, the same factors as numbers, the result, and a finite difference to
compare; then the gradient vector and what one step of gradient descent does to the cost.
"""

EXAMPLES = """
examples:
  chainrule trace                              the 1-1-1-1 chain: three weights, three biases
  chainrule trace --svg chain.svg              the same, and its graph as a picture
  chainrule trace --html chain.html            the same, as a page to step through
  chainrule trace --html ask.html --ask        and it asks: which number comes next?
  chainrule trace --show                       the same page, opened in a browser
  chainrule trace --sizes 3,3,2 --x 1,0,-1 --y 1,0
                                               several neurons a layer: sums over paths
  chainrule trace --sizes 1,1 --x 1 --y 1 --set "w^(1)=2" "b^(1)=-0.00757"
                                               a lecture's last layer: a = 0.88, y = 1, C = (0.88 - 1)^2
  chainrule trace --wrt "w^(2)" --order cost-first
                                               one weight, its factors from the cost to the weight
  chainrule trace --delta --layers L           in terms of the errors δ, with layers L, L-1, L-2
  chainrule trace --sizes 2,2,1 --matrix       as vectors and matrices
  chainrule trace --latex > trace.tex          a document for LaTeX
  chainrule trace --data examples.csv --json   the average over the examples of a file, as data
  chainrule trace --weights xor-model.json     what `chainrule train xor` has learnt

A CSV file has the inputs first, then the desired outputs, one example a line. --weights takes a file that
`chainrule train` wrote, with its sizes, its activations and the cost that it was trained for, or a JSON
object such as {"w^(1)": 0.5, "b^(1)": 0.1, ...}. Options override these.
"""


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    command = add_command(
        commands,
        "trace",
        run,
        help="explain every derivative of a network",
        description=HELP,
        epilog=EXAMPLES,
    )
    add_neurons(command)
    add = command.add_argument
    add(
        "--cost",
        type=name_of("cost", COSTS, losses.ELSEWHERE),
        help="cost of an example (default: that of the file of --weights, else squared_error)",
    )
    add("--seed", type=integer, default=0, help="seed of the random weights (default: 0)")
    add(
        "--biases",
        type=name_of("choice", ("random", "zero")),
        default="random",
        help="random (default) or zero: the biases of a new network",
    )
    add("--weights", metavar="FILE", help="take weights and biases from a JSON file")
    add(
        "--set",
        nargs="+",
        action="extend",
        type=setting("w^(1)=0.5"),
        default=[],
        metavar="NAME=NUMBER",
        help="set single weights and biases",
    )
    add("--x", type=numbers, help="inputs of one example, as in --x=0.5,-1 (default: 0.5 each)")
    add(
        "--y",
        type=numbers,
        help="its desired outputs (default: 1 for the first; 0, or -1 for hinge, for the others)",
    )
    add("--data", metavar="FILE", help="a CSV file of examples instead of --x and --y")
    add("--sum", action="store_true", help="take the sum over examples instead of the average")
    add_forms(command)


def add_neurons(command: argparse.ArgumentParser) -> None:
    """Add the options for the neurons of a network."""
    add = command.add_argument
    add("--sizes", type=sizes, help="number of inputs, then neurons of each layer (default: 1,1,1,1)")
    add(
        "--activation",
        type=name_of("activation", ACTIVATIONS, layers.ELSEWHERE, layers.INSTEAD),
        help="activation of the neurons (default: sigmoid)",
    )
    add(
        "--output-activation",
        type=name_of("activation", ACTIVATIONS, layers.ELSEWHERE, layers.INSTEAD),
        help="activation of the last layer (default: the same; linear for a cost of logits or margins)",
    )


def add_forms(command: argparse.ArgumentParser) -> None:
    """Add the options for what to print, and in which form."""
    add = command.add_argument
    add(
        "--print", type=count, default=SHOWN, metavar="N", help=f"print N examples in full (default: {SHOWN})"
    )
    add("--wrt", nargs="+", action="extend", metavar="NAME", help="print only these weights and biases")
    add_order(command)
    add("--delta", action="store_true", help="print everything in terms of the errors δ")
    add("--matrix", action="store_true", help="print the backward pass as vectors and matrices")
    add_notation(command)
    add("--lr", type=rate, default=0.1, help="learning rate of the step at the end (default: 0.1)")
    add_pictures(command)
    add("--ask", action="store_true", help="make that page ask for each number before it shows it")
    form = command.add_mutually_exclusive_group().add_argument
    form("--latex", action="store_true", help="print a LaTeX document instead of text")
    form("--json", action="store_true", help="print data instead of text")


def run(options: argparse.Namespace) -> None:
    """Build the network, account for it, print and draw."""
    writable(options.svg, options.html, options.film)
    if options.ask and not (options.html or options.show):
        raise ValueError("--ask applies to the page: add --html FILE, or --show")
    held = files.read(options.weights) if options.weights else None
    options.cost, origin = chosen_cost(options.cost, held)
    model, cost = network(options, held), COSTS[options.cost]
    examples = examples_of(options, model.sizes[0], model.sizes[-1])
    C = average(costs(model, cost, examples[: max(options.print, 1)]), summed=options.sum)
    player = step_through(C, options) if options.html or options.film or options.show else None
    told = trace(
        model,
        [x for x, _ in examples],
        [y for _, y in examples],
        cost,
        lr=options.lr,
        show=options.print,
        wrt=options.wrt or (),
        delta=options.delta,
        matrix=options.matrix,
        order=options.order.replace("-", " "),
        summed=options.sum,
        notation=options.notation,
        layers=options.layers,
    )
    written = output.pictures(C, player, options)
    if options.json:
        print(output.as_json(told.to_dict()))
    elif options.latex:
        print(told.latex())
    else:
        print(*[origin, ""] * bool(origin), told, *["", *written] * bool(written), sep="\n")


def chosen_cost(asked: str | None, held: files.ModelFile | None) -> tuple[str, str]:
    """Return the cost to explain, and a line on where it comes from if the reader cannot know."""
    if asked or held is None:
        return asked or "squared_error", ""
    if held.cost is None:
        return "squared_error", (
            f"{printable(str(held.path))} does not say which cost it was trained for: this is "
            "squared_error; --cost chooses another"
        )
    if held.cost not in COSTS:
        raise files.refusal(
            f"{held.path} ",
            f"was trained for the cost {reprlib.repr(held.cost)}, which this version of chainrule does not "
            "know; choose one with --cost",
        )
    return held.cost, f"{printable(str(held.path))} was trained for the cost {held.cost}, used here"


def step_through(C: Value, options: argparse.Namespace) -> Player:
    """Return the page of a cost; raise ValueError, before any work is done, if the graph is too large."""
    return play(C, lr=-options.lr if COSTS[options.cost].maximise else options.lr, ask=options.ask)


def network(options: argparse.Namespace, held: files.ModelFile | None) -> MLP:
    """Return the network that options and file describe; raise ValueError if they do not fit together."""
    names = ("sizes", "activation", "output_activation")
    chosen: dict[str, Any] = {name: choice for name in names if (choice := getattr(options, name))}
    if held and held.architecture:
        model = MLP.restored(held, **chosen)
        affordable(model.sizes, MOST)
    else:
        last = "linear" if COSTS[options.cost].reads == "scores" else options.activation or "sigmoid"
        plan: dict[str, Any] = {"sizes": [1, 1, 1, 1], "activation": "sigmoid", "output_activation": last}
        plan |= chosen
        affordable(plan["sizes"], MOST)
        nin, *nouts = plan.pop("sizes")
        rng = random.Random(options.seed)
        model = MLP(nin, nouts, **plan, rng=rng)
        if held:
            held.into(model)
        elif options.biases == "random":
            drawn = {name: rng.uniform(-1, 1) for name in model.state_dict() if name.startswith("b")}
            model.load_state_dict(model.state_dict() | drawn)
    refuse_unknown([name for name, _ in options.set], model.state_dict(), "--set")
    model.load_state_dict(model.state_dict() | dict(options.set))
    return model


def examples_of(options: argparse.Namespace, nin: int, nout: int) -> list[tuple[list[float], list[float]]]:
    """Return inputs and desired outputs, from a file or from --x and --y."""
    if options.data:
        if options.x or options.y:
            raise ValueError("--data supplies the examples; leave out --x and --y")
        return [(row[:nin], row[nin:]) for row in read_csv(options.data, nin + nout)]
    x = options.x or [0.5] * nin
    y = options.y or [1.0] + [-1.0 if options.cost == "hinge" else 0.0] * (nout - 1)
    for name, given, expected in (("--x", x, nin), ("--y", y, nout)):
        if len(given) != expected:
            raise ValueError(
                f"{name} needs {files.counted(expected, 'number')} for these sizes, got {len(given)}"
            )
    return [(x, y)]
