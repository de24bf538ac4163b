"""The checks of notebook 09: a right class passes, and each wrong one is told what is wrong with it."""

import importlib.util
from math import tanh
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "notebooks" / "own_engine.py"
SPEC = importlib.util.spec_from_file_location("own_engine", FILE)
own_engine = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(own_engine)


class Right:
    """What the notebook arrives at; the wrong classes below differ from it in one place."""

    def __init__(self, data, parents=(), local_derivatives=()):
        self.data, self.grad = data, 0.0
        self.parents, self.local_derivatives = parents, local_derivatives

    def made(self, x):
        return x if isinstance(x, Right) else type(self)(x)

    def __add__(self, other):
        other = self.made(other)
        return type(self)(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = self.made(other)
        return type(self)(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return type(self)(self.data**n, (self,), (n * self.data ** (n - 1),))

    def tanh(self):
        t = tanh(self.data)
        return type(self)(t, (self,), (1 - t * t,))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return -1 * self

    def __sub__(self, other):
        return self + -self.made(other)

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        return self * self.made(other) ** -1

    def __rtruediv__(self, other):
        return self.made(other) * self**-1

    def order(self, order, seen):
        if self not in seen:
            seen.add(self)
            for parent in self.parents:
                parent.order(order, seen)
            order.append(self)
        return order

    def pass_back(self):
        for parent, slope in zip(self.parents, self.local_derivatives, strict=True):
            parent.grad += slope * self.grad

    def backward(self):
        order = self.order([], set())
        for node in order:
            if node.parents:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            node.pass_back()


class ForgetsTheNumber(Right):
    def __init__(self, data, parents=(), local_derivatives=()):
        super().__init__(data * 0.0, parents, local_derivatives)


class StartsAtOne(Right):
    def __init__(self, *record):
        super().__init__(*record)
        self.grad = 1.0


class HasNoGrad(Right):
    def __init__(self, *record):
        super().__init__(*record)
        del self.grad


class GivesPlainNumbers(Right):
    def __add__(self, other):
        return self.data + other.data


class AddsForTimes(Right):
    def __mul__(self, other):
        return type(self)(self.data + other.data, (self, other), (other.data, self.data))


class ChangesItsOperand(Right):
    def __add__(self, other):
        self.data += other.data
        return type(self)(self.data, (self, other), (1.0, 1.0))


class HasNoProduct(Right):
    __mul__ = None


class IsOnlyANumber:
    def __init__(self, data):
        self.data, self.grad = data, 0.0


class RecordsNothing(IsOnlyANumber):
    def __add__(self, other):
        return type(self)(self.data + other.data)

    def __mul__(self, other):
        return type(self)(self.data * other.data)


class RecordsASet(Right):
    def __mul__(self, other):
        return type(self)(self.data * other.data, {self, other}, (other.data, self.data))


class ForgetsItsParents(Right):
    def __add__(self, other):
        return type(self)(self.data + other.data)


class CopiesItsParents(Right):
    def __mul__(self, other):
        copies = type(self)(self.data), type(self)(other.data)
        return type(self)(self.data * other.data, copies, (other.data, self.data))


class KeepsASet(Right):
    def __mul__(self, other):
        return type(self)(
            self.data * other.data, tuple(dict.fromkeys((self, other))), (other.data, self.data)
        )


class IsItsOwnParent(Right):
    def __init__(self, data, parents=(), local_derivatives=()):
        super().__init__(data, parents or (self,), local_derivatives)


class SwapsTheFactors(Right):
    def __mul__(self, other):
        return type(self)(self.data * other.data, (self, other), (self.data, other.data))


class KeepsNodesForSlopes(Right):
    def __mul__(self, other):
        return type(self)(self.data * other.data, (self, other), (other, self))


class StartsBackwardAtZero(Right):
    def backward(self):
        super().backward()
        self.grad = 0.0


class Overwrites(Right):
    def pass_back(self):
        for parent, slope in zip(self.parents, self.local_derivatives, strict=True):
            parent.grad = slope * self.grad


class PassesBackAtEveryVisit(Right):
    def visit(self):
        self.pass_back()
        for parent in self.parents:
            parent.visit()

    def backward(self):
        self.grad = 1.0
        self.visit()


class PassesBackTooEarly(Right):
    def visit(self, seen):
        if self not in seen:
            seen.add(self)
            self.pass_back()
            for parent in self.parents:
                parent.visit(seen)

    def backward(self):
        self.grad = 1.0
        self.visit(set())


class KeepsInnerGradients(Right):
    def backward(self):
        self.grad = 1.0
        for node in reversed(self.order([], set())):
            node.pass_back()


class ClearsLeaves(Right):
    def backward(self):
        for node in self.order([], set()):
            node.grad = 0.0
        super().backward()


class SubtractsTheWrongWay(Right):
    def __rsub__(self, other):
        return self - other


class HasNoReflectedProduct(Right):
    __rmul__ = None


class HasTheSlopeOfSigmoid(Right):
    def tanh(self):
        t = tanh(self.data)
        return type(self)(t, (self,), (t * (1 - t),))


class PowersToPlainNumbers(Right):
    def __pow__(self, n):
        return self.data**n


class RefusesReflectedProducts(Right):
    def __rmul__(self, other):
        return NotImplemented

    def __neg__(self):
        return self * -1

    def __rtruediv__(self, other):
        return self**-1 * other


class SubtractsTheOneLast(Right):
    def __pow__(self, n):
        return type(self)(self.data**n, (self,), (n * self.data**n - 1,))


class ForgetsTheComma(Right):
    def tanh(self):
        t = tanh(self.data)
        return type(self)(t, (self,), (1 - t * t))


class AddsNodesOnly(Right):
    def __add__(self, other):
        return type(self)(self.data + other.data, (self, other), (1.0, 1.0))

    __radd__ = __add__


class IsMicrograds(Right):
    def __init__(self, data, _children=()):
        self.data, self.grad, self._prev = data, 0.0, set(_children)

    def __add__(self, other):
        return type(self)(self.data + other.data, (self, other))

    def __mul__(self, other):
        return type(self)(self.data * other.data, (self, other))


class KeepsClosures(Right):
    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents, self._backward = data, 0.0, parents, lambda: None

    def __add__(self, other):
        return type(self)(self.data + other.data, (self, other))

    def __mul__(self, other):
        return type(self)(self.data * other.data, (self, other))


WRONG = {
    ForgetsTheNumber: ("number", "Number(3.0).data is 0, expected 3. Store the number"),
    StartsAtOne: ("number", "Number(3.0).grad is 1, expected 0"),
    HasNoGrad: ("number", "has no attribute grad. Set self.grad = 0.0"),
    GivesPlainNumbers: ("arithmetic", "a + b is a float, expected a GivesPlainNumbers"),
    AddsForTimes: ("arithmetic", "(a * b).data is -1, expected -6"),
    ChangesItsOperand: ("arithmetic", "Operands do not change"),
    HasNoProduct: ("arithmetic", "a + b or a * b raised"),
    IsOnlyANumber: ("arithmetic", "has no attribute __add__. Define it: Python calls it for a + b"),
    RecordsNothing: ("parents", "has no attribute parents. Record the operands"),
    ForgetsItsParents: ("parents", "(a + b).parents is not (a, b)"),
    CopiesItsParents: ("parents", "(a * b).parents is not (a, b)"),
    KeepsASet: ("parents", "one for each use"),
    RecordsASet: ("parents", "(a * b).parents is a set, expected a tuple"),
    IsItsOwnParent: ("parents", "a number that was not computed has none, ()"),
    SwapsTheFactors: (
        "local derivatives",
        "is (2, -3), expected (-3, 2). The derivative with respect to one factor is the other",
    ),
    KeepsNodesForSlopes: ("local derivatives", "holds nodes, expected plain numbers"),
    StartsBackwardAtZero: ("paths", "e.grad is 0, expected 1"),
    Overwrites: ("paths", "use += and not ="),
    PassesBackAtEveryVisit: ("order", "a.grad is 76, expected 36. b passed its gradient back several times"),
    PassesBackTooEarly: ("order", "a.grad is 4, expected 36. b passed its gradient back before all"),
    KeepsInnerGradients: ("second pass", "x.grad is 45, expected 27"),
    ClearsLeaves: ("second pass", "x.grad is 27, expected 54. A leaf adds up"),
    SubtractsTheWrongWay: ("operators", "1 - x at x = 0.7 is -0.3, expected 0.3"),
    HasNoReflectedProduct: ("operators", "3 * x raised TypeError"),
    RefusesReflectedProducts: ("operators", "so Python looks for x.__rmul__(3): define it."),
    SubtractsTheOneLast: ("operators", "where the 1 is subtracted last: write n * x ** (n - 1)"),
    ForgetsTheComma: ("operators", "A tuple with one entry needs a comma: (x,)."),
    AddsNodesOnly: ("operators", "'int' object has no attribute 'data'"),
    IsMicrograds: ("parents", "Yours has _prev, as in micrograd. It is called parents here"),
    KeepsClosures: (
        "local derivatives",
        "Yours has _backward, as in micrograd. Here a node records the factors",
    ),
    HasTheSlopeOfSigmoid: ("operators", "x.tanh() at x = 0.7, x.grad is"),
    PowersToPlainNumbers: ("operators", "x ** 3 is a float, expected a PowersToPlainNumbers"),
}


@pytest.mark.parametrize("step", own_engine.STEPS)
def test_a_right_class_passes_every_step(step, capsys):
    """Nothing is found, and check says so."""
    assert own_engine.findings(Right, step) == []
    own_engine.check(Right, step)
    assert capsys.readouterr().out == f"✓ {step}: your Right and engine.Value agree\n"


@pytest.mark.parametrize(
    ("wrong", "expected"), WRONG.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_a_wrong_class_hears_what_is_wrong(wrong, expected, capsys):
    """The step that it fails names what came and what was expected, and the steps before it find nothing."""
    step, told = expected
    names = list(own_engine.STEPS)
    for before in names[: names.index(step)]:
        assert own_engine.findings(wrong, before) == []
    found = own_engine.findings(wrong, step)
    assert told in " ".join(" ".join(found).split())
    assert own_engine.findings(wrong, "operators") == found
    own_engine.check(wrong, step)
    assert capsys.readouterr().out.startswith("✗ ")


def test_every_step_has_a_wrong_class():
    """Each step is needed: some class fails it and none of those before."""
    assert {step for step, _ in WRONG.values()} == set(own_engine.STEPS)


def test_a_step_that_does_not_exist():
    """An unknown name is an error that lists the steps."""
    with pytest.raises(ValueError, match="'backward' is not a step; the steps are number, arithmetic"):
        own_engine.findings(Right, "backward")


def test_without_a_step_all_are_checked():
    """The default is the last step, which includes all others."""
    assert list(own_engine.STEPS)[-1] == own_engine.LAST
    assert own_engine.findings(HasNoProduct, own_engine.LAST)


def test_a_number_in_place_of_the_class():
    """check wants the class, and says so."""
    with pytest.raises(TypeError, match=r"the class itself, as in check\(Number\)"):
        own_engine.check(Right(2.0), "number")


# ── A learner's mistakes, each with the step that catches it and what that step may say ───────────


class ForgetsUpstream(Right):
    def pass_back(self):
        for parent, slope in zip(self.parents, self.local_derivatives, strict=True):
            parent.grad += slope


class AddsUpstream(Right):
    def pass_back(self):
        for parent, slope in zip(self.parents, self.local_derivatives, strict=True):
            parent.grad += slope + self.grad


class ForgetsUpstreamInARecursion(Right):
    def backward(self):
        self.grad = 1.0
        self.visit()

    def visit(self):
        for parent, slope in zip(self.parents, self.local_derivatives, strict=True):
            parent.grad += slope
            parent.visit()


class ForgetsAParent(Right):
    def pass_back(self):
        for parent, slope in zip(self.parents, self.local_derivatives, strict=True):
            parent.grad += slope * self.grad
            return


class ForgetsTheSeed(Right):
    def backward(self):
        for node in reversed(self.order([], set())):
            node.pass_back()


class SeedsBeforeClearing(Right):
    def backward(self):
        self.grad = 1.0
        order = self.order([], set())
        for node in order:
            if node.parents:
                node.grad = 0.0
        for node in reversed(order):
            node.pass_back()


class ForgetsToReverse(Right):
    def backward(self):
        self.grad = 1.0
        for node in self.order([], set()):
            node.pass_back()


class StopsAfterOneStep(Right):
    def backward(self):
        self.grad = 1.0
        self.pass_back()


class CallsBackwardOnParents(Right):
    def backward(self):
        self.grad = 1.0
        self.pass_back()
        for parent in self.parents:
            parent.backward()


class CallsBackwardInTheLoop(Right):
    def backward(self):
        self.grad = 1.0
        for parent, slope in zip(self.parents, self.local_derivatives, strict=True):
            parent.grad += slope * self.grad
            parent.backward()


class ListsNodesTwice(Right):
    def order(self, order, seen):
        for parent in self.parents:
            parent.order(order, seen)
        order.append(self)
        return order


class GoesByLevels(Right):
    def backward(self):
        self.grad = 1.0
        order = [self]
        for node in order:
            order += [parent for parent in dict.fromkeys(node.parents) if parent not in order]
        for node in order:
            node.pass_back()


class PassesBackContributionsAlone(Right):
    """No order needed, and right: it goes along every path. Inner numbers add up over passes."""

    def backward(self, contribution=1.0):
        self.grad += contribution
        for parent, slope in zip(self.parents, self.local_derivatives, strict=True):
            parent.backward(slope * contribution)


class LeavesHaveNone(Right):
    def __init__(self, data, parents=None, local_derivatives=()):
        super().__init__(data, parents, local_derivatives)


class OneSlopeForTwo(Right):
    def __add__(self, other):
        other = self.made(other)
        return type(self)(self.data + other.data, (self, other), 1)


class OneSlopeInATuple(Right):
    def __add__(self, other):
        other = self.made(other)
        return type(self)(self.data + other.data, (self, other), (1.0,))


class HasATypo(Right):
    def pass_back(self):
        for parent, slope in zip(self.parents, self.local_derivatives, strict=True):
            parent.grad += slop * self.grad  # noqa: F821
            del slope


class HasNoInit:
    """A class that was begun: nothing in it."""


class StoresNothing:
    def __init__(self, _):
        self.grad = 0.0


class HasNoBackward(Right):
    backward = property(lambda self: self.missing)  # as if it did not exist


class ReturnsNothing(Right):
    def __mul__(self, other):
        type(self)(self.data * other.data, (self, other), (other.data, self.data))


class IsUnhashable(Right):
    def __eq__(self, other):
        return (self.data, self.parents) == (other.data, other.parents)

    __hash__ = None


class ComparesByContent(IsUnhashable):
    def order(self, order, seen):
        del seen
        if self not in order:
            for parent in self.parents:
                parent.order(order, None)
            order.append(self)
        return order


class ClearsTheInnerButNotTheRoot(Right):
    def backward(self):
        order = self.order([], set())
        for node in order[:-1]:
            if node.parents:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):
            node.pass_back()


class DividesTheWrongWay(Right):
    def __rtruediv__(self, other):
        return self * other**-1


class ForgetsTheFactorOfAPower(Right):
    def __pow__(self, n):
        return type(self)(self.data**n, (self,), (self.data ** (n - 1),))


ORDERED, ADDED = "sort the nodes", "use += and not ="
EARLY = "b passed its gradient back before all contributions had arrived"
LEARNERS = {
    ForgetsUpstream: (
        "paths",
        "for e = (a * b) * c at a = 2, b = −3, c = 10, (a.grad, b.grad) is (-3, 2), expected (-30, 20)",
        [ORDERED, ADDED],
    ),
    ForgetsUpstreamInARecursion: ("paths", "multiplies by its own gradient", [ORDERED, ADDED]),
    AddsUpstream: ("paths", "is added to the local derivative: multiply them", [ORDERED, ADDED]),
    Overwrites: (
        "paths",
        "expected 6. A number that is used twice keeps only its last contribution: " + ADDED,
        [ORDERED, "Or:"],
    ),
    ForgetsAParent: ("paths", "Only the first parent receives something", [ORDERED, ADDED, "Or:"]),
    ForgetsTheSeed: ("paths", "The root starts with 1", [ADDED, ORDERED, "used twice"]),
    SeedsBeforeClearing: (
        "paths",
        "set gradients to 0 first, then the root's to 1",
        ["by itself", "used twice"],
    ),
    StartsBackwardAtZero: (
        "paths",
        "e.grad is 0, expected 1. The others are right",
        ["set gradients to 0 first"],
    ),
    ForgetsToReverse: ("paths", "every node has its turn, starting at the root", [ADDED, "Or:"]),
    StopsAfterOneStep: ("paths", "every node has its turn, starting at the root", [ADDED, "Or:"]),
    CallsBackwardOnParents: ("paths", "only the root starts with 1", [ADDED, ORDERED]),
    CallsBackwardInTheLoop: ("paths", "only the root starts with 1", [ADDED, ORDERED]),
    HasATypo: ("paths", "NameError: name 'slop' is not defined in pass_back: parent.grad += slop", [ADDED]),
    HasNoBackward: ("paths", "has no attribute backward. Define backward(self)", ["raised"]),
    PassesBackTooEarly: ("order", f"{EARLY}: {ORDERED}", ["Or:"]),
    GoesByLevels: ("order", f"{EARLY}: {ORDERED}", ["Or:"]),
    PassesBackAtEveryVisit: ("order", "b passed its gradient back several times, each time all", [ORDERED]),
    ListsNodesTwice: ("order", "each node is in the order once", [ORDERED, "each time all"]),
    IsUnhashable: ("paths", "unhashable type: 'IsUnhashable'", [ORDERED, ADDED]),
    ComparesByContent: ("order", "compare nodes with `is`", [ORDERED, ADDED]),
    LeavesHaveNone: (
        "parents",
        "Number(2.0).parents is None, expected an empty tuple, ()",
        ["(a * b)", "raised"],
    ),
    OneSlopeForTwo: ("local derivatives", "is 1, expected (1, 1). One for each parent", ["raised", "nudge"]),
    OneSlopeInATuple: (
        "local derivatives",
        "is (1,), expected (1, 1). One for each parent",
        ["raised", "nudge"],
    ),
    HasNoInit: ("number", "HasNoInit() takes no arguments Define __init__(self, data)", ["grad"]),
    StoresNothing: ("number", "has no attribute data. Set self.data", ["grad"]),
    ReturnsNothing: (
        "arithmetic",
        "a * b is None, expected a ReturnsNothing. Return a new one",
        ["NoneType"],
    ),
    KeepsInnerGradients: ("second pass", "begin by setting those to 0", ["A leaf", "The root", "Or:"]),
    ClearsLeaves: ("second pass", "A leaf adds up what several passes give it", ["inner", "Or:"]),
    ClearsTheInnerButNotTheRoot: ("second pass", "The root still had its gradient", ["inner", "Or:"]),
    PassesBackContributionsAlone: (
        "second pass",
        "(y.grad, (x * x).grad) is (2, 6), expected (1, 3). The leaves are right",
        ["Or:", "A leaf adds"],
    ),
    DividesTheWrongWay: (
        "operators",
        "expected 5.714285714. That is x / 4. Python calls x.__rtruediv__(4)",
        ["1 + x * x", "formula"],
    ),
    SubtractsTheWrongWay: (
        "operators",
        "That is x - 1. Python calls x.__rsub__(1)",
        ["1 + x * x", "formula"],
    ),
    HasTheSlopeOfSigmoid: ("operators", "That is t * (1 − t), which belongs to the sigmoid", ["x ** 3"]),
    ForgetsTheFactorOfAPower: ("operators", "That is x ** 2, without the factor n", ["tanh"]),
}


@pytest.mark.parametrize(
    ("learner", "expected"), LEARNERS.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_a_mistake_is_caught_at_its_step_and_no_other_is_named(learner, expected):
    """The first step that can see it says what it is, and accuses the learner of nothing else."""
    step, must, must_not = expected
    names = list(own_engine.STEPS)
    first = next(name for name in names if own_engine.findings(learner, name))
    said = " ".join(" ".join(own_engine.findings(learner, first)).split())
    assert first == step
    assert must in said
    assert not [phrase for phrase in must_not if phrase in said]


def test_the_mistakes_that_are_named_give_different_numbers():
    """No two advices fit the same gradients, and none fits the right ones: what is named is the only one."""
    graphs = own_engine.ORDER
    for advice, mistakes in own_engine.MISTAKES.items():
        for one in mistakes:
            got = [own_engine.simulated(graph, one) for graph in graphs]
            assert own_engine.fitting(graphs, got) == [advice]
    expected = [own_engine.simulated(graph, own_engine.right) for graph in graphs]
    assert own_engine.fitting(graphs, expected) == []
    second = [own_engine.simulated_again(), *own_engine.KEPT.values()]
    assert len(set(second)) == len(second)


def test_numbers_that_no_mistake_gives_are_not_explained():
    """A class that passes back a tenth too much is wrong, and nothing is said about why."""

    class GivesATenthMore(Right):
        def pass_back(self):
            for parent, slope in zip(self.parents, self.local_derivatives, strict=True):
                parent.grad += 1.1 * slope * self.grad

    [found] = own_engine.findings(GivesATenthMore, "paths")
    assert "(-3.63, 2.42, 1.1), expected (-3, 2, 1)" in found
    assert found.endswith(own_engine.NONE_FITS)


def test_the_right_gradients_of_the_checked_graphs_are_those_of_finite_differences():
    """The oracle of all steps is itself checked without the chain rule."""
    for graph in own_engine.ORDER:
        numbers = [node.data for node in graph(own_engine.Value)[2].values() if not node.parents]

        def root(moved, graph=graph):
            left = iter(moved)
            *_, last = graph(lambda _: own_engine.Value(next(left)))[2].values()
            return last.data

        expected = own_engine.simulated(graph, own_engine.right)
        for k, x in enumerate(numbers):
            up, down = ([*numbers[:k], x + h, *numbers[k + 1 :]] for h in (1e-5, -1e-5))
            assert (root(up) - root(down)) / 2e-5 == pytest.approx(expected[k], rel=1e-6)
