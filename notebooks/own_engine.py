"""Checks the engine that a learner builds in notebook 09, step by step, against ``engine.Value``.

    check(Number, "local derivatives")

prints what is right, or what is wrong and what to look at; ``check(Number)`` goes through all steps.
``findings`` returns the same as a list of lines.

A wrong gradient is compared with what the usual mistakes give on the same graphs. A mistake is named only if
all numbers are those that it gives, and no other mistake gives the same.
"""

import math
import os
import traceback

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
            if found and (name != LAST or tried == COMPOSED):  # it would most likely be a consequence
                continue
            try:
                one(cls)
            except WrongError as wrong:
                found.append(str(wrong))
            except Exception as error:  # noqa: BLE001  (it is the learner's, and any kind may come)
                if not found:
                    found.append(f"{tried} raised {told(error, tried)}")
        if found:  # later steps would only repeat it
            return found
    return []


RAISED = {
    "takes no arguments": "Define __init__(self, data), and store the number in it.",
    "unhashable type": "A set needs a hash, which a class with == does not have: write @dataclass(eq=False), "
    "or keep id(node) in the set.",
    "object is not iterable": "A tuple with one entry needs a comma: (x,). Without it, (x) is x itself.",
    "'int' object has no attribute": "A plain number came in: turn it into a node before you read its data.",
    "maximum recursion depth": "A method calls itself without end.",
}
"""What to do about an error, by what its message contains."""


def told(error, tried=""):
    """Describe a learner's error: its kind, its message, the line where it arose, and what to do."""
    line = next((f" in {s.name}: {s.line}" for s in _of_the_learner(error) if s.line), "")
    advice = next((f"\n  {advice}" for part, advice in RAISED.items() if part in str(error)), "")
    if "unsupported operand" in str(error) and tried in REFLECTED:
        [n] = [c for c in tried if c.isdigit()]
        advice = f"\n  The plain {n} cannot do it, so Python looks for x.{REFLECTED[tried]}({n}): define it."
    return f"{type(error).__name__}: {error}{line and chr(10) + ' ' + line}{advice}"


def _of_the_learner(error):
    """The places in the learner's own code, the innermost first."""
    return [s for s in reversed(traceback.extract_tb(error.__traceback__)) if s.filename != __file__]


def expect(what, got, expected, advice=""):
    """Raise WrongError unless a number, or a tuple of numbers, is the expected one."""
    if not alike(got, expected):
        raise WrongError(
            f"{what} is {shown(got)}, expected {shown(expected)}." + f"\n  {advice}" * bool(advice)
        )


def alike(got, expected):
    if isinstance(expected, tuple):
        return isinstance(got, tuple | list) and len(got) == len(expected) and all(map(alike, got, expected))
    return isinstance(got, int | float) and math.isclose(got, expected, rel_tol=EXACT, abs_tol=EXACT)


def shown(x):
    if isinstance(x, tuple | list):
        return f"({', '.join(map(shown, x))}{',' * (len(x) == 1)})"
    if x is None:
        return "None"
    return f"{x:.10g}" if isinstance(x, int | float) else f"a {type(x).__name__}"


MICROGRADS = {
    "parents": ("_prev", "It is called parents here, and is a tuple: a set loses the order, and a * a."),
    "local_derivatives": ("_backward", "Here a node records the factors in it: numbers, and no function."),
}
"""What a class written like micrograd's has in place of an attribute, and what to do."""


def attribute(node, name, advice):
    if not hasattr(node, name):
        theirs, also = MICROGRADS.get(name, ("", ""))
        if theirs and hasattr(node, theirs):
            advice = f"{advice}\n  Yours has {theirs}, as in micrograd. {also}"
        raise WrongError(f"a {type(node).__name__} has no attribute {name}. {advice}")
    return getattr(node, name)


# ── The steps without a backward pass ─────────────────────────────────────────────────────────────


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
            raise WrongError(f"{name} is {shown_kind(result)}, expected a {cls.__name__}. Return a new one.")
        data = attribute(result, "data", "Set self.data in __init__.")
        expect(f"with a = 2 and b = −3, ({name}).data", data, expected, "Compute with the data of both.")
        expect(f"after {name}, (a.data, b.data)", (a.data, b.data), (2.0, -3.0), "Operands do not change.")


def shown_kind(result):
    return "None" if result is None else f"a {type(result).__name__}"


def records_parents(cls):
    a, b = cls(2.0), cls(-3.0)
    for name, result in (("a + b", a + b), ("a * b", a * b)):
        parents = attribute(result, "parents", "Record the operands: parents=(self, other).")
        if not isinstance(parents, tuple | list):
            raise WrongError(
                f"({name}).parents is {shown_kind(parents)}, expected a tuple: each use of an operand "
                "is an entry, in order."
            )
        if len(parents) != 2 or parents[0] is not a or parents[1] is not b:
            raise WrongError(
                f"({name}).parents is not (a, b): record the two operands themselves, in their order."
            )


def leaves_have_none(cls):
    parents = attribute(cls(2.0), "parents", "A number that was not computed has none: ().")
    if not isinstance(parents, tuple | list):
        raise WrongError(
            f"Number(2.0).parents is {shown_kind(parents)}, expected an empty tuple, (): "
            "then a loop over the parents needs no special case."
        )
    if len(parents):
        raise WrongError("Number(2.0).parents is not empty: a number that was not computed has none, ().")


def records_each_use(cls):
    a = cls(2.0)
    if len((a * a).parents) != 2:
        raise WrongError(
            "(a * a).parents has one entry, expected two: one for each use, so a tuple and not a set."
        )


def knows_slopes(cls):
    a, b = cls(2.0), cls(-3.0)
    for name, result, expected, advice in (
        ("a + b", a + b, (1.0, 1.0), "A nudge of either operand arrives unchanged."),
        ("a * b", a * b, (-3.0, 2.0), "The derivative with respect to one factor is the other factor."),
    ):
        slopes = attribute(result, "local_derivatives", "Record them beside the parents, in the same order.")
        what = f"with a = 2 and b = −3, ({name}).local_derivatives"
        if not isinstance(slopes, tuple | list):
            expect(what, slopes, expected, "One for each parent, in a tuple.")
        if any(isinstance(slope, cls) for slope in slopes):
            raise WrongError(f"({name}).local_derivatives holds nodes, expected plain numbers: use .data.")
        expect(what, tuple(slopes), expected, advice if len(slopes) == 2 else "One for each parent.")


# ── What a backward pass gives, right or with a mistake ───────────────────────────────────────────


def along(node):
    return list(zip(node.parents, node.local_derivatives, strict=True))


def from_the_root(root, *, once=True, key=id):
    """The nodes in an order in which parents come last; not ``once``: each as often as it is reached."""
    order, seen = [], set()

    def visit(node):
        if once and key(node) in seen:
            return
        seen.add(key(node))
        for parent in node.parents:
            visit(parent)
        order.append(node)

    visit(root)
    return order[::-1]


def by_levels(root):
    """The nodes breadth first."""
    order = [root]
    for node in order:
        order += [parent for parent in dict.fromkeys(node.parents) if parent not in order]
    return order


def pass_back(order, root, *, seed=1.0, add=True, step=lambda slope, up: slope * up, which=slice(None)):
    """The gradients after each node of an order has passed its own back."""
    grads = dict.fromkeys(from_the_root(root), 0.0)
    grads[root] = seed
    for node in order:
        for parent, slope in along(node)[which]:
            grads[parent] = add * grads[parent] + step(slope, grads[node])
    return grads


def recursion(root, *, once=False, at_once=False, restart=False):
    """The gradients of a recursion in which each node passes back all that it has so far."""
    grads = dict.fromkeys(from_the_root(root), 0.0)
    grads[root], seen = 1.0, set()

    def visit(node):
        if once and node in seen:
            return
        seen.add(node)
        if restart:
            grads[node] = 1.0
        for parent, slope in along(node):
            grads[parent] += slope * grads[node]
            if not at_once:
                visit(parent)
        for parent in node.parents if at_once else ():
            visit(parent)

    visit(root)
    return grads


def _twin(node):
    """What a class that compares by content takes for the same."""
    return (node.data, *map(_twin, node.parents))


def right(root):
    return pass_back(from_the_root(root), root)


MISTAKES = {
    "The root starts with 1. If yours sets it, something sets it to 0 afterwards: set gradients to 0 first, "
    "then the root's to 1.": [
        lambda root: pass_back(from_the_root(root), root, seed=0.0),
    ],
    "The others are right: the root's own gradient must keep the 1 that it starts with.": [
        lambda root: right(root) | {root: 0.0},
    ],
    "What comes out is the local derivative alone, without what arrived from above: each node multiplies by "
    "its own gradient when it passes it back.": [
        lambda root: pass_back(from_the_root(root), root, step=lambda slope, _: slope),
    ],
    "What arrived from above is added to the local derivative: multiply them.": [
        lambda root: pass_back(from_the_root(root), root, step=lambda slope, up: slope + up),
    ],
    "A number that is used twice keeps only its last contribution: use += and not =.": [
        lambda root: pass_back(from_the_root(root), root, add=False),
    ],
    "Only the first parent receives something: go through all of them.": [
        lambda root: pass_back(from_the_root(root), root, which=slice(1)),
    ],
    "What an inner node received is not passed back: every node has its turn, starting at the root.": [
        lambda root: pass_back([root], root),
        lambda root: pass_back(from_the_root(root)[::-1], root),
    ],
    "backward sets the gradient to 1, also where a node calls it for its parents: only the root starts "
    "with 1.": [
        lambda root: recursion(root, restart=True),
        lambda root: recursion(root, restart=True, at_once=True),
    ],
    "{inner} passed its gradient back several times, each time all it had so far. Once is enough.": [
        recursion,
        lambda root: recursion(root, at_once=True),
    ],
    "{inner} passed back several times: each node is in the order once, however often it is used.": [
        lambda root: pass_back(from_the_root(root, once=False), root),
    ],
    "{inner} passed its gradient back before all contributions had arrived: sort the nodes first.": [
        lambda root: recursion(root, once=True),
        lambda root: recursion(root, once=True, at_once=True),
        lambda root: pass_back(by_levels(root), root),
    ],
    "{inner} was left out, since a node with the same numbers had its turn: compare nodes with `is`, or "
    "write @dataclass(eq=False).": [
        lambda root: pass_back(from_the_root(root, key=_twin), root),
    ],
}
"""For each advice, the gradients of the mistakes that it belongs to, as functions of a graph's root."""


def sum_of_product(kind):
    a, b, c = kind(2.0), kind(-3.0), kind(10.0)
    d = a * b
    return "e = a * b + c", "a * b", {"a": a, "b": b, "c": c, "a * b": d, "e": d + c}


def product_of_three(kind):
    a, b, c = kind(2.0), kind(-3.0), kind(10.0)
    d = a * b
    return "e = (a * b) * c", "a * b", {"a": a, "b": b, "c": c, "a * b": d, "e": d * c}


def square(kind):
    x = kind(3.0)
    return "y = x * x", "x * x", {"x": x, "y": x * x}


def shared(kind):
    a = kind(2.0)
    b = a * a
    return "b = a * a and C = b + b * b", "b", {"a": a, "b": b, "C": b + b * b}


def shared_turned(kind):
    a = kind(2.0)
    b = a * a
    return "b = a * a and C = b * b + b", "b", {"a": a, "b": b, "C": b * b + b}


def look_alike(kind):
    a, b, c, d = kind(2.0), kind(5.0), kind(2.0), kind(5.0)
    first, second = a * b, c * d
    names = {"a": a, "b": b, "c": c, "d": d, "a * b": first, "c * d": second, "C": first + second}
    return "C = a * b + c * d with a = c and b = d", "an inner node", names


PATHS = [sum_of_product, product_of_three, square]
ORDER = [*PATHS, shared, shared_turned, look_alike]


def gradients(graph, cls):
    """The gradients that a learner's class computes on a graph, in the order of the names."""
    names = graph(cls)[2]
    *_, root = names.values()
    attribute(root, "backward", "Define backward(self): it sets the gradients of all that self depends on.")
    root.backward()
    return tuple(node.grad for node in names.values())


def simulated(graph, mistake):
    """The gradients that a mistake gives on a graph."""
    names = graph(Value)[2]
    *_, root = names.values()
    found = mistake(root)
    return tuple(found[node] for node in names.values())


def fitting(graphs, got):
    """The advice of each mistake whose numbers are the learner's on every graph."""
    return [
        advice
        for advice, mistakes in MISTAKES.items()
        if any(all(map(alike, got, [simulated(graph, one) for graph in graphs])) for one in mistakes)
    ]


NONE_FITS = "No single mistake that I know gives these numbers. Multiply along each path, add over the paths."


def advised(fits):
    """What several mistakes explain is said as possible, and what none explains is not explained."""
    return "\n  Or: ".join(fits) if fits else NONE_FITS


def differentiates(graphs):
    """Make the check that a class differentiates some graphs."""

    def one(cls):
        got = [gradients(graph, cls) for graph in graphs]
        for graph, theirs in zip(graphs, got, strict=True):
            formula, inner, names = graph(Value)
            ours = dict(zip(names, zip(theirs, simulated(graph, right), strict=True), strict=True))
            wrong = [name for name, pair in ours.items() if not alike(*pair)]
            if wrong:
                wrong = [name for name in wrong if " " not in name] or wrong
                what = [f"({name}).grad" if " " in name else f"{name}.grad" for name in wrong]
                came, wanted = zip(*(ours[name] for name in wrong), strict=True)
                if len(wrong) == 1:
                    [came], [wanted] = came, wanted
                advice = advised(fitting(graphs, got)).format(inner=inner)
                tried = f"for {formula}{at(names)}"
                expect(
                    f"{tried}, {', '.join(what).join('()' if len(what) > 1 else ['', ''])}",
                    came,
                    wanted,
                    advice,
                )

    return one


def at(names):
    """The leaves' numbers, in words."""
    leaves = [f"{name} = {node.data:g}" for name, node in names.items() if not node.parents]
    return " at " + ", ".join(leaves).replace("-", "−")


# ── A second pass ─────────────────────────────────────────────────────────────────────────────────


def cube(kind):
    x = kind(3.0)
    inner = x * x
    return x, inner, inner * x


def again(cls):
    """A learner's gradients of x, x * x and y after a second pass, and of x after a third."""
    x, inner, y = cube(cls)
    y.backward()
    x.grad = 0.0
    y.backward()
    found = x.grad, inner.grad, y.grad
    y.backward()
    return (*found, x.grad)


def simulated_again(*, inner_kept=False, root_kept=False, leaf_kept=True, alone=False):
    """The same numbers for an engine that keeps or clears the gradients of the pass before."""
    x, inner, y = cube(Value)
    grads, found = dict.fromkeys((x, inner, y), 0.0), []
    for number in range(3):
        if alone:
            new = right(y)
            grads = {node: old + new[node] for node, old in grads.items()}
        else:
            kept = {x: leaf_kept, inner: inner_kept, y: root_kept}
            grads = {node: old * kept[node] for node, old in grads.items()}
            grads[y] += 1.0
            for node in from_the_root(y):
                for parent, slope in along(node):
                    grads[parent] += slope * grads[node]
        if number == 0:
            grads[x] = 0.0
        if number == 1:
            found = [*grads.values()]
    return (*found, grads[x])


KEPT = {
    "The inner node x * x still had its gradient of the first pass: begin by setting those to 0.": (
        simulated_again(inner_kept=True)
    ),
    "The root still had its gradient of the first pass: it starts with 1 each time.": (
        simulated_again(root_kept=True)
    ),
    "The root and the inner node x * x still had their gradients of the first pass: begin by setting the "
    "gradients of inner nodes to 0, and the root's to 1.": simulated_again(inner_kept=True, root_kept=True),
    "A leaf adds up what several passes give it: do not set the gradients of leaves to 0.": (
        simulated_again(leaf_kept=False)
    ),
    "The leaves are right. But the root and the inner node x * x add up over passes as well, and then their "
    "numbers are not the derivatives of y: those are 1 and 3 after any pass. Set both to 0 before a "
    "pass.": simulated_again(alone=True),
}
"""For each advice, the numbers that the mistake gives."""


def passes_again(cls):
    got, expected = again(cls), simulated_again()
    advice = advised([advice for advice, numbers in KEPT.items() if alike(got, numbers)])
    tried = "for y = x * x * x at x = 3, after x.grad = 0.0 and a second pass,"
    expect(f"{tried} x.grad", got[0], expected[0], advice)
    expect(f"{tried} (y.grad, (x * x).grad)", got[2:0:-1], expected[2:0:-1], advice)
    expect(f"{tried[:-1]} and a third without x.grad = 0.0, x.grad", got[3], expected[3], advice)


# ── Operators ─────────────────────────────────────────────────────────────────────────────────────

COMPOSED = "(x - 1) ** 2 + x / (1 + x * x)"
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
    COMPOSED: lambda x: (x - 1) ** 2 + x / (1 + x * x),
}
REFLECTED = {"2 + x": "__radd__", "3 * x": "__rmul__", "1 - x": "__rsub__", "4 / x": "__rtruediv__"}
POINTS = 0.7, 1.3
VALUES = {
    "x + {n}": lambda x, n: x + n,
    "x - {n}": lambda x, n: x - n,
    "{n} - x": lambda x, n: n - x,
    "{n} * x": lambda x, n: n * x,
    "x / {n}": lambda x, n: x / n,
    "{n} / x": lambda x, n: n / x,
    "x ** {n}": lambda x, n: x**n,
    "{n} ** x": lambda x, n: n**x,
    "x": lambda x, _: x,
    "-x": lambda x, _: -x,
    "-x - {n}": lambda x, n: -x - n,
    "1 / x": lambda x, _: 1 / x,
    "{n}": lambda _, n: n,
}
"""What an operation of x and a plain number may compute in place of another."""
SLOPES = {
    "x.tanh()": {
        "t * (1 − t), which belongs to the sigmoid": lambda x: math.tanh(x) * (1 - math.tanh(x)),
        "1 − t, without the square": lambda x: 1 - math.tanh(x),
        "1 − x², of the operand: t is the result": lambda x: 1 - x * x,
    },
    "x ** 3": {
        "x ** 2, without the factor n": lambda x: x**2,
        "3 * x ** 3: the power is one less": lambda x: 3 * x**3,
        "n * x ** n - 1, where the 1 is subtracted last: write n * x ** (n - 1)": lambda x: 3 * x**3 - 1,
    },
}
"""Local derivatives that are taken for the right one."""


def recognised(name, function):
    """The advice on a wrong value: what was computed, if only one operation gives it at both points."""
    [n] = [float(c) for c in name if c.isdigit()] or [None]
    fits = [
        text.format(n=f"{n:g}" if n else n)
        for text, value in VALUES.items()
        if (n or "{n}" not in text) and all(alike(function(x), value(x, n)) for x in POINTS)
    ]
    said = f"That is {fits[0]}." if len(fits) == 1 else "Compute with the numbers of both."
    if name in REFLECTED:
        said += f" Python calls x.{REFLECTED[name]}({n:g}): `other` is the number on the left."
    return said


def operation(name, function):
    """Make the check of one operation: of its value and of its gradient."""

    def one(cls):
        def value(x):
            result = function(cls(x))
            if not isinstance(result, cls):
                raise WrongError(
                    f"{name} is {shown_kind(result)}, expected a {cls.__name__}. Return a new one."
                )
            return result.data

        def slope(x):
            return slope_of(function, cls(x))

        for x in POINTS:
            expected = function(Value(x)).data
            if not alike(value(x), expected):
                advice = recognised(name, value) if name != COMPOSED else ""
                expect(f"{name} at x = {x}", value(x), expected, advice)
        for x in POINTS:
            expected = slope_of(function, Value(x))
            if not alike(slope(x), expected):
                likely = SLOPES.get(name, {}).items()
                fits = [text for text, wrong in likely if all(alike(slope(y), wrong(y)) for y in POINTS)]
                advice = f"That is {fits[0]}." if len(fits) == 1 else "Look at its local derivative."
                expect(f"{name} at x = {x}, x.grad", slope(x), expected, advice)

    return one


def slope_of(function, x):
    function(x).backward()
    return x.grad


STEPS = {
    "number": {"Number(3.0).data": keeps_a_number, "Number(3.0).grad": starts_without_gradient},
    "arithmetic": {"a + b or a * b": computes},
    "parents": {
        "(a * b).parents": records_parents,
        "Number(2.0).parents": leaves_have_none,
        "(a * a).parents": records_each_use,
    },
    "local derivatives": {"(a * b).local_derivatives": knows_slopes},
    "paths": {"e.backward() with e = a * b + c, e = (a * b) * c or e = x * x": differentiates(PATHS)},
    "order": {"C.backward() with C = b + b * b and b = a * a": differentiates(ORDER)},
    "second pass": {"a second y.backward()": passes_again},
    "operators": {name: operation(name, function) for name, function in OPERATIONS.items()},
}
"""The steps in their order, each with its checks by what they try."""
