"""Definitions of operations that cannot be: the error, what came, and what it says to do; one row a line."""

import math

import numpy as np

from engine import Value, operation


def rule_of(returned):
    def odd(xp, x):
        return returned(xp, x)

    return odd


def two_operands(xp, x, y):  # noqa: ARG001  (what a rule takes)
    return x * y, (y,)


def no_arithmetic(x):
    return x, (1.0,)


def with_default(xp, x, n=2):  # noqa: ARG001  (a mistake)
    return x, (1.0,)


def any_keyword(xp, x, **rest):  # noqa: ARG001  (a mistake)
    return x, (1.0,)


def branch_after_a_call(xp, x):  # noqa: ARG001  (what a rule takes)
    scale = abs(-2.0)
    return x * scale if x > 0 else 0.0, (1.0,)


def both(xp, x, *xs):  # noqa: ARG001  (a mistake)
    return x, (1.0,)


A_VALUE = Value(2.0)
MISTAKES = [
    (lambda: operation(rule_of(lambda xp, x: (math.sin(x), (xp.cos(x),)))), TypeError, "odd calls math.sin", "write xp.sin"),
    (lambda: operation(rule_of(lambda xp, x: (np.arcsin(x), (xp.cos(x),)))), TypeError, "calls np.arcsin", "write xp.asin"),
    (lambda: operation(rule_of(lambda _, x: (max(x, 0.0), (1.0,)))), TypeError, "calls max", "write xp.maximum"),
    (lambda: operation(rule_of(lambda xp, x: (math.exp(xp.sin(x)), (1.0,)))), TypeError, "calls math.exp", "xp.exp"),
    (lambda: operation(rule_of(lambda _, x: (x**2, (2 * x,)))), TypeError, "odd uses **", "write xp.power(x, 3)"),
    (lambda: operation(rule_of(lambda _, x: (x if x > 0 else 0.0, (1.0,)))), TypeError, "a condition on an operand", "xp.where("),
    (lambda: operation(rule_of(lambda xp, x: (xp.sinn(x), (1.0,)))), TypeError, "xp has no sinn", "did you mean xp.sin?"),
    (lambda: operation(rule_of(lambda xp, x: (xp.bessel_k(x), (1.0,)))), TypeError, "xp has no bessel_k", "xp has abs, sign"),
    (lambda: operation(rule_of(lambda _, x: (x.real, (1.0,)))), TypeError, "no attribute 'real'", "xp has abs"),
    (lambda: operation(rule_of(lambda _, x: (x @ x, (1.0,)))), TypeError, "unsupported operand type", "use + - * / and"),
    (lambda: operation(rule_of(lambda xp, x: xp.sin(x))), TypeError, "must return its value and a tuple", "got Expression"),
    (lambda: operation(rule_of(lambda xp, x: (xp.sin(x), xp.cos(x)))), TypeError, "and a tuple", "got Expression, Exp"),
    (lambda: operation(two_operands), TypeError, "one for each operand", "got 1 for 2 operands"),
    (lambda: operation(no_arithmetic), TypeError, "no_arithmetic(x) is not", "write def no_arithmetic(xp, x)"),
    (lambda: operation(with_default), TypeError, "n of with_default has a default", "*, n=2"),
    (lambda: operation(any_keyword), TypeError, "(xp, x, **rest) is not", "parameters follow"),
    (lambda: operation(branch_after_a_call), TypeError, "branches on a condition on an operand", "xp.where("),
    (lambda: operation(both), TypeError, "(xp, x, *xs) is not", "def both(xp, *xs)"),
    (lambda: operation(3), TypeError, "takes a name", "got int 3"),
    (lambda: operation(lambda x: x**3), TypeError, "takes a name", "got function"),
    (lambda: operation(two_operands, lambda x: x), TypeError, "takes a name", "write @operation above def"),
    (lambda: operation(two_operands, None, lambda x: x), TypeError, "takes a name", "write @operation above"),
    (lambda: operation("cube"), ValueError, "needs a value for 'cube'", "operation('cube(x) = x**3')"),
    (lambda: operation("cube", 3), TypeError, "value of cube must be a function or a formula", "got int 3"),
    (lambda: operation("cube", lambda x: x**3, 3), TypeError, "a derivative of cube must be", "got int 3"),
    (lambda: operation("cube", lambda *xs: xs[0]), TypeError, "function of named operands", "use @operation"),
    (lambda: operation("cube", lambda: 3.0), TypeError, "cube has no operand", "lambda x: x**3"),
    (lambda: operation("cube", "3"), TypeError, "cube has no operand", "lambda x: x**3"),
    (lambda: operation("cube", lambda x: f"{x}"), TypeError, "must return something computed", "got str"),
    (lambda: operation("c", lambda x, y: x * y, lambda x, y: y + 0 * x), TypeError, "2 operands, x, y, and got 1 deriv", "or none"),
    (lambda: operation("c", lambda x: x, lambda x: (x, x)), TypeError, "1 operand, x, and got 2 derivatives", "or none"),
    (lambda: operation("c", lambda x: x * A_VALUE), TypeError, "not one of its operands, Value(data=2.0", "its number"),
    (lambda: operation("c", lambda x: Value(1.0, (x,), "mine", local_derivatives=[1.0])), TypeError, "a node made by hand ('mine')", "an operation first"),
    (lambda: operation("c", lambda x: 1 + math.sin(x)), TypeError, "such as math.sin does not work in it", "write x.sin()"),
    (lambda: operation("c", lambda x: x if x > 0 else 0.0), TypeError, "cannot ask for the number", "xp.where"),
    (lambda: operation("c", lambda x: 1.0 if x == 0 else x), TypeError, "or compare it", "maximum, relu or clip"),
    (lambda: operation("c", lambda x: x.data**2), TypeError, "cannot ask for the number", "use the Value itself"),
    (lambda: operation("c", lambda x: x and 1.0), TypeError, "cannot ask for the number", "use the Value itself"),
    (lambda: operation("c(x, x) = x"), ValueError, "the operands of c need a different name each, got 'x' in", "c(x, y)"),
    (lambda: operation("c(x, 1) = x"), ValueError, "the operands of c need a different name each, got '1' in", "c(x, y)"),
    (lambda: operation("c(x) = exp(-m*x)"), ValueError, "c has no operand 'm', got 'exp(-m*x)'", "c(x, m)"),
    (lambda: operation("c(x) = exp(-x"), ValueError, "was never closed", "column 4"),
    (lambda: operation("lambda", lambda x: x), ValueError, "must be that of a function, got 'lambda'", "try"),
    (lambda: operation("_c", lambda x: x), ValueError, "must be that of a function, got '_c'", "try 'cube'"),
    (lambda: operation("a b", lambda x: x), ValueError, "must be that of a function, got 'a b'", "try 'cube'"),
    (lambda: operation("tanh", lambda x: x), ValueError, "already a rule named 'tanh'", "choose another name"),
    (lambda: operation("sign", lambda x: x), ValueError, "'sign' is a word of the language", "choose another name"),
    (lambda: operation("where", lambda x: x), ValueError, "'where' is a word of the language", "choose another name"),
    (lambda: operation("backward", lambda x: x, method=True), ValueError, "already has an attribute 'backward'", "or no method"),
]  # fmt: skip
