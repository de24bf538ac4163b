"""``chainrule explain``: the chain rule of any expression, without a program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from engine import Value, graph
from engine.chain import explanations, forward
from engine.chain.paths import CHOICES
from engine.chain.steps import steps
from engine.chain.tree import tree
from engine.formula import symbol
from engine.formula.notation import LAYOUTS
from engine.parsing.parser import names_in, parse
from engine.pictures.page.page import play

from . import definitions, output
from .types import add_command, film, name_of, once, page, picture

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection

    from engine.chain import Explanation, Forward, Manner
    from engine.chain.matrix_form import MatrixForm
    from engine.chain.paths import Nested

FACTORS = ("weight-first", "cost-first")
ORDERS = {"topological": None, "depth-first": "depth-first"}

HELP = """
Print the forward pass of an expression line by line; then, for each of its names, the derivative by the chain
rule: the factors in symbols, the same factors as numbers, and the result.
"""

EXAMPLES = """
examples:
  chainrule explain "(sigmoid(w*a + b) - y)**2" --at w=0.5 a=0.88 b=0.1 y=1
                                               a neuron and its cost: four derivatives
  chainrule explain "(sigmoid(w*a + b) - y)**2" --at w=0.5 a=0.88 b=0.1 y=1 --wrt w
                                               one of them
  chainrule explain "(a - y)**2" --where "z=w*x + b" "a=sigmoid(z)" --at w=0.5 x=0.88 b=0.1 y=1 --wrt w z
                                               the same with the textbooks' names; also the error dC/dz
  chainrule explain "(a - y)**2" --where "z=w*x + b" "a=sigmoid(z)" --at w=0.5 x=0.88 b=0.1 y=1 --wrt w
                    --order cost-first         the factors from the cost to the weight
  chainrule explain "(sigmoid(w*a + b) - y)**2" --at w=0.5 a=0.88 b=0.1 y=1 --wrt w --through all
                                               each operation as a separate factor
  chainrule explain "sigmoid(x)*sin(x)" --at x=3 --written-out --latex
                                               for a document, without primes
  chainrule explain "log(x)/x" --at x=2 --tree
                                               the graph as a tree, with its gradients
  chainrule explain "u + u*u" --where "u=x*x" --at x=3 --steps
                                               the backward pass, node by node
  chainrule explain "u + u*u" --where "u=x*x" --at x=3 --steps depth-first
                                               the same in an order that goes wrong
  chainrule explain "sinc(x)**2" --operation "sinc(x) = sin(x)/x" --at x=3
                                               with a custom function
  chainrule explain "swish(x)" --operation mine.py:swish --at x=1
                                               with one that mine.py defines with @operation
  chainrule explain "(a^(2) - y)**2" --where "z^(2)=w^(2)*a^(1) + b^(2)" "a^(2)=sigmoid(z^(2))"
                    --at "w^(2)=0.5" "a^(1)=0.6" "b^(2)=0.1" y=1 --layers L
                                               with names of layers, counted as L, L-1
  chainrule explain "u*v" --where "u=x*y" "v=x + y" --at x=3 y=2 --nested
                                               each derivative in terms of the next level's
  chainrule explain "log(x)/x" --at x=2 --json
                                               as data
  chainrule explain "log(x)/x" --at x=2 --html page.html
                                               also as a page to step through, with a slider for x
  chainrule explain "log(x)/x" --at x=2 --show
                                               the same page, opened in a browser
  chainrule explain --at x=3 -- "-x**2"        an expression that begins with a minus sign, after --

Quotation marks keep the shell from interpreting * and ( ). The functions are those of the engine (exp,
log, sin, sigmoid, relu, max, ...) and the costs (squared_error, ...); pi and e are known.
"""


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    command = add_command(
        commands,
        "explain",
        run,
        help="explain the derivatives of an expression",
        description=HELP,
        epilog=EXAMPLES,
    )
    add = command.add_argument
    add("expression", help='the expression, as in "(sigmoid(w*a + b) - y)**2"')
    definitions.add_expression_to(command, at="the number of each name", example="w=0.5")
    add(
        "--wrt",
        nargs="+",
        action="extend",
        metavar="NAME",
        help="differentiate by these names (default: all of --at)",
    )
    add("--written-out", action="store_true", help="print σ(z)(1 − σ(z)) instead of σ′(z)")
    add(
        "--through",
        type=name_of("choice", ("named", "all")),
        default="named",
        help="named (default) or all: the nodes that the factors lead through",
    )
    add_order(command)
    add(
        "--terms",
        type=name_of("order", CHOICES["terms"]),
        default="index",
        help="index (default) or size: the order of the terms of a sum",
    )
    add_notation(command)
    kind = command.add_mutually_exclusive_group().add_argument
    kind("--nested", action="store_true", help="print each derivative in terms of those of the next level")
    kind("--delta", action="store_true", help="print each derivative in terms of the errors δ")
    kind("--matrix", action="store_true", help="print the backward pass as vectors and matrices")
    add_pictures(command)
    form = command.add_mutually_exclusive_group().add_argument
    form("--latex", action="store_true", help="print LaTeX instead of text")
    form("--json", action="store_true", help="print data instead of text")
    form("--tree", action="store_true", help="print the expression as a tree")
    form(
        "--steps",
        nargs="?",
        const="topological",
        type=name_of("order", ORDERS),
        metavar="ORDER",
        help="print the backward pass node by node; with depth-first, in an order that may go wrong",
    )


def add_order(command: argparse.ArgumentParser) -> None:
    """Add the option for the order of factors."""
    text = "weight-first (default) or cost-first: the order of the factors"
    command.add_argument("--order", type=name_of("order", FACTORS), default=FACTORS[0], help=text)


def add_pictures(command: argparse.ArgumentParser) -> None:
    """Add the options for files to look at."""
    add = command.add_argument
    add("--svg", type=picture, metavar="FILE", help="write the graph as a picture")
    add("--html", type=page, metavar="FILE", help="write both passes as a page to step through")
    add("--film", type=film, metavar="FILE", help="write both passes as an animated picture (SVG, GIF)")
    add("--show", action="store_true", help="open the page to step through in a browser")


def add_notation(command: argparse.ArgumentParser) -> None:
    """Add the options for writing names with layers."""
    add = command.add_argument
    add(
        "--notation",
        type=name_of("notation", LAYOUTS),
        default=LAYOUTS[0],
        help=f"how names are written: {', '.join(LAYOUTS)} (default: the first)",
    )
    add(
        "--layers",
        type=name_of("way to count", CHOICES["layers"]),
        default="numbers",
        help="numbers (default) or L: count layers as 1, 2, ... or as L, L-1, ...",
    )


def run(options: argparse.Namespace) -> None:
    """Build the graph of the expression, and print what is requested."""
    definitions.prepare(options, options.svg, options.html, options.film)
    C, known = built(options)
    whole = bool(options.tree or options.steps)
    if whole and (options.wrt or options.written_out or options.nested or options.delta or options.matrix):
        raise ValueError(
            "--tree and --steps show the whole graph; leave out --wrt, --written-out, --nested, --delta and "
            "--matrix"
        )
    ws = [] if whole else chosen(options.wrt, C, known)
    written = output.pictures(C, play(C) if options.html or options.film or options.show else None, options)
    if whole:
        show_graph(C, options)
    else:
        show_derivatives(C, ws, options)
    if written and not (options.json or options.latex):
        print("", *written, sep="\n")


def built(options: argparse.Namespace) -> tuple[Value, dict[str, Value]]:
    """Return the root, and the node of each name of the expression."""
    known = {normalize("NFKC", name): Value(x, label=name) for name, x in once(options.at).items()}
    for given, text in options.where:
        name = normalize("NFKC", given)
        if name in known:
            raise ValueError(f"{name} was given two values; give it one")
        known[name] = node = parsed(text, known)
        node.label = node.label or name  # a node that already has another name keeps it
    C = parsed(options.expression, known)
    reached = set(graph.topological_order(C))
    unused = [name for name, node in known.items() if node not in reached]
    if unused:
        raise ValueError(f"the expression does not contain {', '.join(unused)}; leave it out")
    return C, known


def parsed(text: str, known: dict[str, Value]) -> Value:
    """Return the graph of one of the expressions, which may contain some of the known names.

    The parser does not accept names with a layer, such as w^(2): it gets w__2__, or the like.
    """
    layered = {name: _identifier(name, text, known) for name in known if symbol(name).layer}
    for name in sorted(layered, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}", layered[name], text)
    nodes = {layered.get(name, name): node for name, node in known.items()}
    try:
        return parse(text, {name: nodes[name] for name in names_in(text) if name in nodes})
    except ValueError as error:
        message = str(error)
        for name, written in layered.items():
            message = message.replace(written, name)
        raise ValueError(message) from None


def _identifier(name: str, text: str, known: Collection[str]) -> str:
    found = re.sub(r"\W", "_", name) + "_"
    while found in text or found in known:
        found += "_"
    return found


def show_derivatives(C: Value, ws: list[Value], options: argparse.Namespace) -> None:
    """Print the forward pass and the derivatives: as text, as LaTeX or as data."""
    prime, through = not options.written_out, options.through
    notation, layers = options.notation, options.layers
    values = forward(C, prime=prime, through=through, notation=notation, layers=layers)
    manner: Manner = {"prime": prime, "through": through, "notation": notation, "layers": layers}
    manner |= {"order": options.order.replace("-", " "), "terms": options.terms}
    found = explanations(C, ws, defines=False, **manner)
    derivatives: list[Explanation | Nested | MatrixForm] = [in_form(it, options) for it in found]
    if options.json:
        print(as_json(options.expression, values, derivatives))
        return
    parts: list[Forward | Explanation | Nested | MatrixForm] = [values] if C.parents else []
    parts += derivatives
    print(*(part.latex() if options.latex else part for part in parts), sep="\n\n")


def in_form(explained: Explanation, options: argparse.Namespace) -> Explanation | Nested | MatrixForm:
    """Return an explanation, or its nested form or matrix form if that was requested."""
    if options.matrix:
        return explained.matrix()
    return explained.nested(delta=options.delta) if options.nested or options.delta else explained


def show_graph(C: Value, options: argparse.Namespace) -> None:
    """Print the whole graph: as a tree with its gradients, or as its backward pass."""
    if options.tree:
        C.backward()
        print(tree(C))
        return
    for step in steps(C, ORDERS[options.steps]):
        print(step)


def chosen(names: list[str] | None, C: Value, known: dict[str, Value]) -> list[Value]:
    """Return the nodes to differentiate by: those in ``names``, else all named leaves, as they appear."""
    if not known:
        raise ValueError("the expression has no names to differentiate by; give numbers for some with --at")
    for name in names or ():
        if name not in known:
            raise ValueError(f"--wrt {name}: the expression's names are {', '.join(known)}")
    if names:
        return list(dict.fromkeys(known[name] for name in names))
    named = set(known.values())
    return [leaf for leaf in graph.leaves(C) if leaf in named]


def as_json(expression: str, values: Forward, derivatives: list[Explanation | Nested | MatrixForm]) -> str:
    """Return everything as JSON; infinity and NaN are text, as in ``to_dict``."""
    described = [derivative.to_dict() for derivative in derivatives]
    return output.as_json({"expression": expression, **values.to_dict(), "derivatives": described})
