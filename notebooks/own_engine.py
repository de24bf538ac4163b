"""Checks the engine that a learner builds in notebook 09, step by step, against ``engine.Value``.

    check(Number, "local derivatives")

prints what is right, or what is wrong and what to look at; ``check(Number)`` goes through all steps.
``findings`` returns the same as a list of lines.
"""

import math
import os

os.environ.setdefault("CHAINRULE_PURE", "1")  # the notebook shows the engine's lines of Python, not its C

from engine import Value

EXACT = 1e-12


class WrongError(Exception):
    """One finding: what was tried, what came, what was expected, what to look at."""


LAST = "operators"


def check(cls, step=LAST):
    """Print how a learner's class does at one step, such as ``"parents"``; by default at the last one.

    A step includes all steps before it. Raises ValueError for a name that is not one of ``STEPS``, and
    TypeError for anything that is not a class.
    """
    found = findings(cls, step)
    if not found:
        print(f"✓ {step}: your {cls.__name__} and engine.Value agree")
    for line in found:
        print(f"✗ {line}")


def findings(cls, step):
    """Return what is wrong with a class at a step and at those before it; an empty list if nothing is."""
    if not isinstance(cls, type):
        raise TypeError(f"check takes the class itself, as in check(Number), got {cls!r}")
    if step not in STEPS:
        raise ValueError(f"{step!r} is not a step; the steps are {', '.join(STEPS)}")
    names = list(STEPS)
    for name in names[: names.index(step) + 1]:
        found = []
        for tried, one in STEPS[name].items():
            try:
                one(cls)
            except WrongError as wrong:
                found.append(str(wrong))
            except Exception as error:  # noqa: BLE001  (it is the learner's, and any kind may come)
                if not found:  # else it is most likely a consequence
                    found.append(f"{tried} raised {type(error).__name__}: {error}")
        if found:  # later steps would only repeat it
            return found
    return []


def expect(what, got, expected, advice):
    """Raise WrongError unless a number, or a tuple of numbers, is the expected one."""
    if not alike(got, expected):
        raise WrongError(f"{what} is {shown(got)}, expected {shown(expected)}.\n  {advice}")


def alike(got, expected):
    if isinstance(expected, tuple):
        return isinstance(got, tuple | list) and len(got) == len(expected) and all(map(alike, got, expected))
    return isinstance(got, int | float) and math.isclose(got, expected, rel_tol=EXACT, abs_tol=EXACT)


def shown(x):
    if isinstance(x, tuple | list):
        return f"({', '.join(map(shown, x))})"
    return f"{x:.10g}" if isinstance(x, int | float) else f"a {type(x).__name__}"


def attribute(node, name, advice):
    if not hasattr(node, name):
        raise WrongError(f"a {type(node).__name__} has no attribute {name}. {advice}")
    return getattr(node, name)


# ── The steps ─────────────────────────────────────────────────────────────────────────────────────


def keeps_a_number(cls):
    data = attribute(cls(3.0), "data", "Set self.data in __init__.")
    expect("Number(3.0).data", data, 3.0, "Store the number that was passed.")


def starts_without_gradient(cls):
    grad = attribute(cls(3.0), "grad", "Set self.grad = 0.0 in __init__.")
    expect("Number(3.0).grad", grad, 0.0, "Before a backward pass there is no gradient: start at 0.0.")


def computes(cls):
    a, b = cls(2.0), cls(-3.0)
    for name, operator, expected in (("a + b", "__add__", -1.0), ("a * b", "__mul__", -6.0)):
        result = attribute(a, operator, f"Define it: Python calls it for {name}.")(b)
        if not isinstance(result, cls):
            raise WrongError(
                f"{name} is a {type(result).__name__}, expected a {cls.__name__}. Return a new one."
            )
        data = attribute(result, "data", "Set self.data in __init__.")
        expect(f"with a = 2 and b = −3, ({name}).data", data, expected, "Compute with the data of both.")
        expect(f"after {name}, (a.data, b.data)", (a.data, b.data), (2.0, -3.0), "Operands do not change.")


def records_parents(cls):
    a, b = cls(2.0), cls(-3.0)
    for name, result in (("a + b", a + b), ("a * b", a * b)):
        parents = attribute(result, "parents", "Record the operands: parents=(self, other).")
        if not isinstance(parents, tuple | list):
            raise WrongError(
                f"({name}).parents is a {type(parents).__name__}, expected a tuple: each use of an operand "
                "is an entry, in order."
            )
        if len(parents) != 2 or parents[0] is not a or parents[1] is not b:
            raise WrongError(
                f"({name}).parents is not (a, b): record the two operands themselves, in their order."
            )
    if len(attribute(a, "parents", "A leaf has none: ().")):
        raise WrongError("a number that was not computed has parents: it should have none, ().")


def records_each_use(cls):
    a = cls(2.0)
    if len((a * a).parents) != 2:
        raise WrongError(
            "(a * a).parents has one entry, expected two: one for each use, so a tuple and not a set."
        )


def knows_slopes(cls):
    a, b = cls(2.0), cls(-3.0)
    for name, result, ours, advice in (
        ("a + b", a + b, Value(2.0) + Value(-3.0), "A nudge of either operand arrives unchanged."),
        ("a * b", a * b, Value(2.0) * Value(-3.0), "The derivative by one factor is the other factor."),
    ):
        slopes = attribute(result, "local_derivatives", "Record them beside the parents, in the same order.")
        what = f"with a = 2 and b = −3, ({name}).local_derivatives"
        expect(what, tuple(slopes), ours.local_derivatives, advice)


def slopes_are_numbers(cls):
    a, b = cls(2.0), cls(-3.0)
    product = a * b
    if not all(isinstance(slope, int | float) for slope in product.local_derivatives):
        raise WrongError(
            "(a * b).local_derivatives holds nodes, expected plain numbers: use other.data and self.data."
        )


def goes_back_along_a_path(cls):
    a, b, c = cls(2.0), cls(-3.0), cls(10.0)
    e = a * b + c
    e.backward()
    expect("after e.backward(), e.grad", e.grad, 1.0, "The derivative of e by itself is 1: start with it.")
    grads = (a.grad, b.grad, c.grad)
    advice = "Multiply along each path."
    if grads == (0.0, 0.0, 1.0):
        advice = "What a * b received was not passed back to a and b: every node has its turn, starting at e."
    expect("for e = a * b + c, (a.grad, b.grad, c.grad)", grads, (-3.0, 2.0, 1.0), advice)


def adds_over_paths(cls):
    x = cls(3.0)
    (x * x).backward()
    advice = "x is used twice. Contributions are added"
    advice += ": use += and not =." if x.grad == 3.0 else ", one for each use."
    expect("for x * x at x = 3, x.grad", x.grad, 6.0, advice)


def waits_for_all(cls):
    for turned in (False, True):
        a = cls(2.0)
        b = a * a
        s = b * b
        root = s + b if turned else b + s
        root.backward()
        what = f"for b = a * a and C = {'b * b + b' if turned else 'b + b * b'} at a = 2, "
        if a.grad > 36.0:
            advice = "b passed its gradient back several times, each time all it had so far. Once is enough."
        else:
            advice = "b passed its gradient back before all contributions had arrived: sort the nodes first."
        expect(f"{what}b.grad", b.grad, 9.0, "b is used three times: add all three contributions.")
        expect(f"{what}a.grad", a.grad, 36.0, advice)


def passes_again(cls):
    x = cls(3.0)
    square = x * x
    y = square * x
    y.backward()
    x.grad = 0.0
    y.backward()
    advice = "The inner node x * x still had its gradient of the first pass: begin by setting those to 0."
    expect("for y = x * x * x, after x.grad = 0.0 and a second pass, x.grad", x.grad, 27.0, advice)
    y.backward()
    advice = "A leaf adds up what several passes give it: do not set the gradients of leaves to 0."
    expect("after a third pass, without x.grad = 0.0, x.grad", x.grad, 54.0, advice)


OPERATIONS = {
    "x + 2": lambda x: x + 2,
    "2 + x": lambda x: 2 + x,
    "3 * x": lambda x: 3 * x,
    "-x": lambda x: -x,
    "x - 1": lambda x: x - 1,
    "1 - x": lambda x: 1 - x,
    "x ** 3": lambda x: x**3,
    "x / 4": lambda x: x / 4,
    "4 / x": lambda x: 4 / x,
    "x.tanh()": lambda x: x.tanh(),
    "(x - 1) ** 2 + x / (1 + x * x)": lambda x: (x - 1) ** 2 + x / (1 + x * x),
}


def operation(name, function):
    """Make the check of one operation: of its value and of its gradient."""

    def one(cls):
        ours, theirs = Value(0.7), cls(0.7)
        expected, got = function(ours), function(theirs)
        expected.backward()
        if not isinstance(got, cls):
            raise WrongError(
                f"{name} is a {type(got).__name__}, expected a {cls.__name__}. Return a new one."
            )
        expect(f"{name} at x = 0.7", got.data, expected.data, "Compare the formula of the value.")
        got.backward()
        expect(f"{name} at x = 0.7, x.grad", theirs.grad, ours.grad, "Compare its local derivatives.")

    return one


STEPS = {
    "number": {"Number(3.0).data": keeps_a_number, "Number(3.0).grad": starts_without_gradient},
    "arithmetic": {"a + b or a * b": computes},
    "parents": {"(a * b).parents": records_parents, "(a * a).parents": records_each_use},
    "local derivatives": {"(a * b).local_derivatives": knows_slopes, "a * b": slopes_are_numbers},
    "paths": {"(a * b + c).backward()": goes_back_along_a_path, "(x * x).backward()": adds_over_paths},
    "order": {"(b + b * b).backward() with b = a * a": waits_for_all},
    "second pass": {"a second y.backward()": passes_again},
    "operators": {name: operation(name, function) for name, function in OPERATIONS.items()},
}
"""The steps in their order, each with its checks by what they try."""
