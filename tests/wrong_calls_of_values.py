"""Wrong calls of Values: what becomes one, what is done with it, and the functions of several."""

from wrong_calls import Wrong

WRONG = [
    # a Value is made of one real number
    Wrong("Value(None)", TypeError, "NoneType None", "a real number", "pass an int or a float"),
    Wrong("Value('3')", TypeError, "str '3'", "a real number", "convert text with float(...)"),
    Wrong("Value(b'3')", TypeError, "bytes b'3'", "a real number", "convert text with float(...)"),
    Wrong("Value(1j)", TypeError, "complex 1j", "a real number", "pass its real part"),
    Wrong("Value([1.0, 2.0])", TypeError, "list [1.0, 2.0]", "a real number", "its elements one by one"),
    Wrong("Value(np.ones((2, 2)))", TypeError, "ndarray", "a real number", "pass its elements one by one"),
    Wrong("Value(np.array(1.0))", TypeError, "ndarray array(1.)", "a real number", "pass its .item()"),
    Wrong("Value(w)", TypeError, "Value Value(data=0.5", "a real number", "use the Value as it is"),
    Wrong("Value(Value)", TypeError, "type <class", "a real number", "pass an int or a float"),
    Wrong("Value(x for x in [1.0])", TypeError, "generator", "a real number", "pass an int or a float"),
    Wrong("Value(10**400)", OverflowError, "int 1000", "fit into a float", "pass a smaller number"),
    Wrong(
        "Value(10**5000)", OverflowError, "of too many digits", "fit into a float", "pass a smaller number"
    ),
    Wrong(
        "Value(-Fraction(10**400))", OverflowError, "Fraction", "fit into a float", "pass a smaller number"
    ),
    Wrong(
        "Value(np.datetime64('2026-01-01'))",
        TypeError,
        "datetime64",
        "a real number",
        "pass an int or a float",
    ),
    # and of parents, a name and slopes that fit each other
    Wrong("Value(1.0, 2.0)", TypeError, "float 2.0", "a tuple of Values", "put it in ( ,)"),
    Wrong("Value(1.0, w)", TypeError, "Value Value(data=0.5", "a tuple of Values", "put it in ( ,)"),
    Wrong("Value(1.0, [2.0], '+')", TypeError, "float 2.0", "parents must be Values", "pass the nodes"),
    Wrong("Value(1.0, 'w')", TypeError, "str 'w'", "parents must be Values", "pass the nodes"),
    Wrong(
        "Value(1.0, (w,))",
        ValueError,
        "the symbol ''",
        "rule of 1 operands",
        "pass them: Value(data, parents",
    ),
    Wrong("Value(1.0, (w, x), 'tanhh')", ValueError, "'tanhh'", "rule of 2 operands", "local_derivatives=["),
    Wrong("Value(1.0, (w,), '**two')", ValueError, "'**two'", "must be a number", "as in '**3'"),
    Wrong("Value(1.0, (w,), 3)", TypeError, "int 3", "op must be text", "as in (1.0, 0.5)"),
    Wrong(
        "Value(1.0, (w, x), (1.0,))",
        ValueError,
        "2 parents and 1",
        "local derivative",
        "one local derivative for each parent",
    ),
    Wrong(
        "Value(1.0, (w,), 'f', local_derivatives=2.0)",
        TypeError,
        "float 2.0",
        "a list, one number",
        "put it in [ ]",
    ),
    Wrong(
        "Value(1.0, (w,), 'f', local_derivatives='2')",
        TypeError,
        "str '2'",
        "local derivative must be a real",
        "convert text",
    ),
    Wrong(
        "Value(1.0, (w,), (2.0,), local_derivatives=(1.0,))",
        TypeError,
        "op = tuple (2.0,)",
        "given twice",
        "give op as text",
    ),
    Wrong("Value(1.0, label=3)", TypeError, "int 3", "label must be text", "pass str(...)"),
    # what is set on a node
    Wrong("w.data = '1'", TypeError, "str '1'", "data must be a real number", "convert text with float(...)"),
    Wrong(
        "w.data = x", TypeError, "Value Value(data=0.88", "data must be a real number", ".data for the number"
    ),
    Wrong(
        "w.data = np.array([0.1])",
        TypeError,
        "ndarray",
        "data must be a real number",
        "one Value holds one number",
    ),
    Wrong(
        "w.grad = None", TypeError, "NoneType None", "grad must be a real number", "pass an int or a float"
    ),
    Wrong("w.grad = C.backward", TypeError, "method", "grad must be a real number", "pass an int or a float"),
    Wrong("w.label = None", TypeError, "NoneType None", "label must be text", "pass str(...)"),
    Wrong(
        "z.local_derivatives = (1.0,)", ValueError, "3 parents and 1", "local derivative", "for each parent"
    ),
    Wrong("w.local_derivatives = 1.0", TypeError, "float 1.0", "one number for each parent", "put it in [ ]"),
    # a Value in the place of a number, and where it would be cut
    Wrong("float(w)", TypeError, "a Value", "does not become a plain number", "use .data"),
    Wrong("int(w)", TypeError, "a Value", "does not become a plain number", "use .data"),
    Wrong(
        "math.sin(w)",
        TypeError,
        "a Value",
        "does not become a plain number",
        "engine.exp(x) in place of math.exp(x)",
    ),
    Wrong("round(w, 2)", TypeError, "a Value", "cannot be rounded", "round(x.data)"),
    Wrong(
        "w < 'big'", TypeError, "str 'big'", "the other side of a comparison must be a real", "convert text"
    ),
    Wrong(
        "w >= None", TypeError, "NoneType None", "the other side of a comparison", "pass an int or a float"
    ),
    Wrong("max(w, [1.0])", TypeError, "list [1.0]", "the other side of a comparison", "one by one"),
    # operators
    Wrong(
        "w + '1'", TypeError, "str '1'", "an operand is a Value or a real number", "convert text with float"
    ),
    Wrong(
        "'1' + w", TypeError, "str '1'", "an operand is a Value or a real number", "convert text with float"
    ),
    Wrong(
        "w * None",
        TypeError,
        "NoneType None",
        "an operand is a Value or a real number",
        "pass an int or a float",
    ),
    Wrong(
        "[1.0, 2.0] * w", TypeError, "list [1.0, 2.0]", "an operand is a Value or a real number", "one by one"
    ),
    Wrong(
        "w * [0.0] * 10**6", TypeError, "list [0.0]", "an operand is a Value or a real number", "one by one"
    ),
    Wrong("w ** 1j", TypeError, "complex 1j", "an operand is a Value or a real number", "pass its real part"),
    Wrong(
        "w -= {'step': 1.0}",
        TypeError,
        "dict {'step'",
        "an operand is a Value or a real number",
        "one by one",
    ),
    Wrong(
        "w / 0", ZeroDivisionError, "x = 0.5 (label 'w'), y = 0.0", "division by zero", "its domain is y ≠ 0"
    ),
    Wrong("Value(-8.0) ** (1/3)", ValueError, "x = -8.0", "outside its domain", "x ≥ 0 unless n is whole"),
    Wrong("Value(0.0) ** -1", ZeroDivisionError, "x = 0.0", "division by zero", "x ≠ 0 for n < 0"),
    Wrong("(-w).log()", ValueError, "x = -0.5", "log: outside its domain", "x > 0"),
    Wrong(
        "Value(2.0, label='ratio').asin()",
        ValueError,
        "x = 2.0 (label 'ratio')",
        "outside its domain",
        "−1 ≤ x ≤ 1",
    ),
    Wrong("Value(inf).cos()", ValueError, "x = inf", "outside its domain", "finite x"),
    # methods and functions with parameters
    Wrong("w.leaky_relu('0.1')", TypeError, "str '0.1'", "slope must be a real number", "convert text"),
    Wrong(
        "w.elu(x)", TypeError, "Value Value(data=0.88", "alpha must be a real number", ".data for the number"
    ),
    Wrong("w.clip(1, 0)", ValueError, "lo=1.0, hi=0.0", "outside its domain", "lo ≤ hi"),
    Wrong("w.clip(nan, 1)", ValueError, "lo=nan", "outside its domain", "lo ≤ hi"),
    Wrong('w.clip("0", 1)', TypeError, "str '0'", "lo must be a real number", "convert text"),
    Wrong("sigmoid()", TypeError, "0 arguments", "sigmoid(x)", "give one for each name"),
    Wrong("atan2(w)", TypeError, "1 arguments", "atan2(y, x)", "give one for each name"),
    Wrong(
        "leaky_relu(w, 0.1, slope=0.2)",
        TypeError,
        "slope twice",
        "leaky_relu(x, slope)",
        "by place or by name",
    ),
    Wrong("leaky_relu(w, slop=0.1)", TypeError, "got slop", "leaky_relu takes the parameters", "slope"),
    Wrong("clip(w, 0)", TypeError, "got lo", "clip takes the parameters", "lo, hi"),
    Wrong("exp('1')", TypeError, "str '1'", "operand must be a real number", "convert text with float"),
    Wrong("power(w, None)", TypeError, "NoneType None", "y must be a real number", "pass an int or a float"),
    # functions of several
    Wrong("affine(b, w, x)", TypeError, "Value Value(data=0.5", "affine takes a list", "put it in [ ]"),
    Wrong("affine(b, [w, w], [x])", ValueError, "2 and 1", "pairs ws with xs", "as many of each"),
    Wrong("affine(b, [[w]], [[x]])", TypeError, "list [Value", "operand must be a real number", "one by one"),
    Wrong(
        "affine(None, [w], [x])", TypeError, "NoneType None", "operand must be a real number", "pass an int"
    ),
    Wrong("affine(b, {w}, {x})", TypeError, "set {Value", "affine takes a list", "a set has no order"),
    Wrong("dot({'w': w}, [x])", TypeError, "dict {'w'", "dot takes a list", "list(d.values())"),
    Wrong("dot([w], [])", ValueError, "1 and 0", "pairs xs with ys", "as many of each"),
    Wrong("total(3.0)", TypeError, "float 3.0", "total takes a list of Values or numbers", "put it in [ ]"),
    Wrong("total('12')", TypeError, "str '1'", "operand must be a real number", "convert text"),
    Wrong("total([w, None])", TypeError, "NoneType None", "operand must be a real number", "pass an int"),
    Wrong("mean([])", TypeError, "got 0", "at least 1 operand", "give it some"),
    Wrong("mean(c for c in [])", TypeError, "got 0", "at least 1 operand", "give it some"),
    Wrong("softmax(w)", TypeError, "Value Value(data=0.5", "softmax takes a list", "put it in [ ]"),
    Wrong(
        "softmax(np.ones((2, 2)))",
        TypeError,
        "ndarray array([1., 1.])",
        "operand must be a real",
        "one by one",
    ),
    Wrong("maximum([w], [x])", TypeError, "list [Value", "operand must be a real number", "one by one"),
    Wrong("minimum({w, x})", TypeError, "set {Value", "minimum takes a list", "pass a list"),
    Wrong("apply('tanh', w)", TypeError, "str 'tanh'", "apply takes a rule", "apply(rules.tanh, x)"),
    Wrong("apply(tanh, w)", TypeError, "function", "apply takes a rule", "apply(rules.tanh, x)"),
    Wrong("apply(rules.tanh, w, x)", TypeError, "got 2", "tanh takes 1 operand", "write tanh(x)"),
    Wrong("apply(rules.affine, w, x)", TypeError, "got 1", "two halves", "of equal length"),
    Wrong("rules.clip.at(low=0.0, hi=1.0)", TypeError, "got low, hi", "takes the parameters", "lo, hi"),
    Wrong(
        "rules.rule()(rules.tanh.function)",
        ValueError,
        "'tanh'",
        "there is a rule named",
        "choose another name",
    ),
    # NaN, where it is looked for
    Wrong(
        "with detect_anomaly(): Value(inf) * 0", FloatingPointError, "operand = inf", "NaN arose", "in mul"
    ),
]
