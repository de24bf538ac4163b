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
    IsItsOwnParent: ("parents", "a number that was not computed has parents"),
    SwapsTheFactors: (
        "local derivatives",
        "is (2, -3), expected (-3, 2). The derivative by one factor is the other",
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
