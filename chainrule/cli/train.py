"""``chainrule train``: train a network on xor, two moons or a CSV file."""

from __future__ import annotations

import argparse
import math
import os
import random
from pathlib import Path
from typing import Any

from engine import without_collector
from engine.arguments import choice
from engine.numeric import short
from nn import (
    ACTIVATIONS,
    COSTS,
    MLP,
    Adam,
    GradientDescent,
    History,
    accuracy,
    data,
    fit,
    layers,
    losses,
    play_training,
    plot,
    progress,
)
from nn.module import counted

from .types import add_command, affordable, finite, integer, listed, name_of, page, positive, rate, writable

REPORTS = 10
MOST = 1_000_000
"""Maximum number of parameters: computed scalar by scalar, a step takes a few seconds."""
CLASSIFIER, REGRESSION = "binary_cross_entropy_from_logits", "squared_error"
OPTIMISERS = {"gd": GradientDescent, "adam": Adam}

PATIENCE = "stop when the cost (with --validate, that of the held-out examples) is no better for N epochs"

EXAMPLES = """
examples:
  chainrule train xor
  chainrule train moons --hidden 16,16 --epochs 200 --plot moons.png --html moons.html
  chainrule train moons --validate 0.2 --patience 20
  chainrule train mine.csv --outputs 2 --optimizer adam --lr 0.01 --batch-size 16

A CSV file has the inputs first, then the desired outputs, one example per line. If all desired outputs are 0
or 1, they are classes (cost binary_cross_entropy_from_logits), otherwise numbers (squared_error).
"""


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    command = add_command(
        commands,
        "train",
        run,
        help="train a network and save it",
        description="Train a multilayer perceptron: show progress, print cost and accuracy, save the model.",
        epilog=EXAMPLES,
    )
    add = command.add_argument
    add("name", help="the examples: xor, moons, or a CSV file")
    add("--outputs", type=positive, default=1, help="desired outputs in a line of the CSV file (default: 1)")
    add(
        "--hidden",
        type=hidden,
        default=[8],
        help="neurons of each hidden layer, as in 8,8, or 0 (default: 8)",
    )
    add(
        "--activation",
        type=name_of("activation", ACTIVATIONS, layers.ELSEWHERE, layers.INSTEAD),
        default="tanh",
        help="activation of the hidden layers (default: tanh)",
    )
    add(
        "--cost",
        type=name_of("cost", COSTS, losses.ELSEWHERE),
        help="cost to minimise (default: depends on the desired outputs, see below)",
    )
    add(
        "--optimizer",
        type=name_of("optimizer", OPTIMISERS, {"sgd": "gd", "gradient_descent": "gd"}),
        default="gd",
        help="gd (default) or adam",
    )
    add("--lr", type=rate, default=0.5, help="learning rate (default: 0.5)")
    add("--epochs", type=positive, default=1000, help="maximum number of epochs (default: 1000)")
    add("--batch-size", type=positive, help="examples per step (default: all)")
    add("--stop-below", type=finite, default=0.01, help="stop when the cost is below this (default: 0.01)")
    add(
        "--validate",
        type=share,
        metavar="SHARE",
        help="hold out this share of the examples, as in 0.2 (default: none)",
    )
    add("--patience", type=positive, metavar="N", help=PATIENCE)
    add("--seed", type=integer, default=0, help="seed of weights, order and generated examples (default: 0)")
    add("--save", metavar="FILE", help="file for the model (default: NAME-model.json)")
    add("--plot", metavar="FILE", help="draw the cost and, for two inputs and two classes, the boundary")
    add(
        "--html",
        type=page,
        metavar="FILE",
        help="write the training run as a page: network, cost and predictions by epoch",
    )


def run(options: argparse.Namespace) -> None:
    """Train, report, save, plot, write the page."""
    target = f"{Path(options.name).stem}-model.json" if options.save is None else options.save
    writable(target, options.plot, options.html)
    if options.plot is not None:
        plot.require(options.plot)
    rng = random.Random(options.seed)
    xs, ys = examples(options, rng)
    is_class = all(y in {0.0, 1.0} for row in ys for y in row)
    cost = options.cost or (CLASSIFIER if is_class else REGRESSION)
    if cost == "softmax_cross_entropy" and len(ys[0]) == 1:
        raise ValueError(
            f"{cost} takes a desired output for each of several classes, got 1; try {CLASSIFIER}"
        )
    affordable([len(xs[0]), *options.hidden, len(ys[0])], MOST)
    model = MLP(
        len(xs[0]),
        [*options.hidden, len(ys[0])],
        activation=options.activation,
        output_activation="sigmoid" if COSTS[cost].reads == "probabilities" else "linear",
        rng=rng,
    )
    held_out = None
    if options.validate is not None:
        (xs, ys), held_out = data.split(xs, ys, options.validate, rng=rng)
    signed = cost == "hinge" and is_class
    history = fit(
        model,
        xs,
        desired(ys, signed=signed),
        validation=held_out and (held_out[0], desired(held_out[1], signed=signed)),
        patience=options.patience,
        cost=cost,
        optimizer=OPTIMISERS[options.optimizer](model.parameters(), options.lr),
        epochs=options.epochs,
        batch_size=options.batch_size,
        rng=rng,
        stop_below=options.stop_below,
        progress=progress.live(),
        on_epoch=None if progress.live() else lambda epoch, c: report(epoch, c, options.epochs),
        record=bool(options.html),
    )
    refuse_growth(history, options.lr)
    reached = f", {cost} {history.costs[-1]:.6g}" if history.costs else ""
    reached += f" (validation {history.validation[-1]:.6g})" if history.validation else ""
    print(f"trained {counted(len(history.costs), 'epoch')}{reached}; stopped: {history.stopped}")
    after = average(model, xs, desired(ys, signed=signed), cost)
    print(f"{cost} {after:.6g} for the saved model, on the {counted(len(xs), 'example')} it was trained on")
    threshold = 0.0 if COSTS[cost].reads == "scores" else 0.5
    if is_class:
        print(scored(model, xs, ys, "example"), "it was trained on")
        if held_out:
            print(scored(model, *held_out, "held-out example"))
    model.save(target)
    print(f"{target}: the model, for MLP.from_file or chainrule trace --weights")
    if options.plot:
        drawn = plot.save(options.plot, history, model, xs, ys, threshold=threshold)
        print(f"{options.plot}: {drawn}")
    if options.html:
        play_training(history).save(options.html)
        print(f"{options.html}: the training run as a page; open it in a browser")


def refuse_growth(history: History, lr: float) -> None:
    """Raise ArithmeticError if the cost has grown out of all proportion: such a model is not saved."""
    if history.grown:
        raise ArithmeticError(
            f"the cost grew from {history.costs[0]:.6g} to {history.costs[-1]:.6g} in {len(history.costs)} "
            f"epochs, so no model was saved: the steps are too long; try --lr {lr / 50:g}"
        )


def examples(options: argparse.Namespace, rng: random.Random) -> tuple[data.Rows, data.Rows]:
    """Return the examples by name, or from a file."""
    name = options.name
    if not (Path(name).exists() or Path(name).suffix or "/" in name or os.sep in name):
        name = choice(name, ["xor", "moons", "the path of a CSV file"], "set of examples")
    if name in {"xor", "moons"} and options.outputs != 1:
        raise ValueError(
            f"--outputs is for a CSV file, and {name} has 1 desired output, got {options.outputs}; "
            "leave it out"
        )
    if name == "xor":
        return data.xor()
    if name == "moons":
        return data.moons(100, rng=rng)
    rows = data.read_csv(options.name)
    inputs = len(rows[0]) - options.outputs
    if inputs < 1:
        raise ValueError(
            f"{options.name} has {counted(len(rows[0]), 'column')}, and must hold at least one input "
            f"and {counted(options.outputs, 'desired output')} (--outputs)"
        )
    return [row[:inputs] for row in rows], [row[inputs:] for row in rows]


def desired(ys: data.Rows, *, signed: bool) -> data.Rows:
    """Return desired outputs, as −1 and 1 instead of 0 and 1 if the cost takes such labels."""
    return [[2 * y - 1 for y in row] for row in ys] if signed else ys


def report(epoch: int, c: float, epochs: int) -> None:
    """Print a line now and then, if no progress bar is visible."""
    if epoch == 1 or epoch % max(epochs // REPORTS, 1) == 0:
        print(f"epoch {epoch:>{len(str(epochs))}}  cost {c:.6g}", flush=True)


def average(model: MLP, xs: data.Rows, ys: data.Rows, cost: str) -> float:
    """Return the average cost of the examples for the model as it is, nan if it cannot be computed."""
    try:
        with without_collector():
            return sum(COSTS[cost].function(model(x), y).data for x, y in zip(xs, ys, strict=True)) / len(xs)
    except (ArithmeticError, ValueError):
        return math.nan


def scored(model: MLP, xs: data.Rows, ys: data.Rows, what: str) -> str:
    """Return the accuracy on examples, with their number."""
    return f"accuracy {accuracy(model, xs, ys):.1%} on the {counted(len(xs), what)}"


def share(text: str) -> float:
    """Return a number between 0 and 1."""
    x = rate(text)
    if not 0 < x < 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, as in 0.2; got {short(text)}")
    return x


def hidden(text: str) -> list[int]:
    """Return the sizes of hidden layers; ``0`` means none."""
    return [] if text == "0" else listed(text)
