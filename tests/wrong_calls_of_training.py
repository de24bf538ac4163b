"""Wrong calls of networks: building, asking, saving and training them, their costs, optimisers and data."""

from wrong_calls import Wrong

from nn.data import DataError
from nn.module import ModelFileError

WRONG = [
    # sizes and activations
    Wrong("Neuron('2')", TypeError, "str '2'", "nin must be a whole number", "an int of 1 or more"),
    Wrong("Neuron(0)", ValueError, "got 0", "nin must be at least 1", "an int of 1 or more"),
    Wrong("Neuron(True)", TypeError, "bool True", "nin must be a whole number", "an int of 1 or more"),
    Wrong(
        "Neuron(w)", TypeError, "Value Value(data=0.5", "nin must be a whole number", "an int of 1 or more"
    ),
    Wrong("Neuron(2, 'tanh')", TypeError, "str 'tanh'", "nonlin must be True or False", 'activation="tanh"'),
    Wrong(
        "Layer(2, 3, 'relu')", TypeError, "str 'relu'", "nonlin must be True or False", 'activation="tanh"'
    ),
    Wrong("Neuron(2, bias=0.5)", TypeError, "float 0.5", "bias must be True or False", "neuron.b.data = 0.5"),
    Wrong(
        "MLP(2, [1], bias=None)", TypeError, "NoneType None", "bias must be True or False", "neuron.b.data"
    ),
    Wrong(
        "Neuron(2, activation='tahn')", ValueError, "'tahn'", "no activation is named", "choose one of linear"
    ),
    Wrong("Neuron(2, activation=None)", ValueError, "None", "no activation is named", "choose one of linear"),
    Wrong(
        "Neuron(2, activation=['tanh'])", ValueError, "['tanh']", "no activation is named", "choose one of"
    ),
    Wrong(
        "Neuron(2, activation=lambda z: 3.0)([1, 2])",
        TypeError,
        "float 3.0",
        "must give a Value",
        "not from z.data",
    ),
    Wrong("Neuron(2, activation=math.tanh)([1, 2])", TypeError, "a Value", "a plain number", "engine.exp(x)"),
    Wrong("Neuron(2, rng=3)", TypeError, "int 3", "a source of chance", "random.Random(seed)"),
    Wrong("MLP(2, [1], rng=0)", TypeError, "int 0", "a method uniform", "random.Random(seed)"),
    Wrong("MLP(2, [1], rng=random.random)", TypeError, "random", "a method uniform", "random.Random(seed)"),
    Wrong("Layer(2, [3])", TypeError, "list [3]", "nout must be a whole number", "an int of 1 or more"),
    Wrong("Layer(2, 2.5)", TypeError, "float 2.5", "nout must be a whole number", "an int of 1 or more"),
    Wrong("MLP(2, 3)", TypeError, "int 3", "nouts must be a list", "put it in [ ]"),
    Wrong("MLP(2, {3, 1})", TypeError, "set {1, 3}", "nouts must be a list", "a set has no order"),
    Wrong("MLP(2, [])", ValueError, "got none", "at least one layer", "MLP(2, [4, 1])"),
    Wrong("MLP(2, [3, 0])", ValueError, "got 0", "every entry of nouts must be at least 1", "an int of 1"),
    Wrong("MLP(2, [3, 1.0])", TypeError, "float 1.0", "every entry of nouts must be a whole", "an int of 1"),
    Wrong("MLP(2, '31')", TypeError, "str '3'", "every entry of nouts must be a whole number", "an int of 1"),
    Wrong(
        "MLP(2, [3], output_activation='softmax')",
        ValueError,
        "'softmax'",
        "no activation is named",
        "choose",
    ),
    # inputs
    Wrong("model([1.0])", ValueError, "got 1", "expected 2 inputs", "one example, its numbers in a list"),
    Wrong("model(xs)", ValueError, "got 4", "expected 2 inputs", "pass one example"),
    Wrong("model(xs[:2])", TypeError, "list [0.0, 0.0]", "an input must be a number", "pass one example"),
    Wrong("model(np.zeros((4, 2)))", ValueError, "got 4", "expected 2 inputs", "pass one example"),
    Wrong("model('ab')", TypeError, "str 'ab'", "a number, a Value, or a list", "its numbers in a list"),
    Wrong("model(['a', 'b'])", TypeError, "str 'a'", "an input must be a number", "its numbers in a list"),
    Wrong("model(None)", TypeError, "NoneType None", "a number, a Value, or a list", "its numbers in a list"),
    Wrong("model({0.0, 1.0})", TypeError, "set {0.0, 1.0}", "or a list of them", "its numbers in a list"),
    Wrong("model({'x': 0.0, 'y': 1.0})", TypeError, "dict {'x'", "or a list of them", "in a list"),
    Wrong("model(model)", TypeError, "MLP", "a number, a Value, or a list", "pass one example"),
    Wrong(
        "model([np.datetime64('2026'), 0.0])",
        TypeError,
        "datetime64",
        "a real number",
        "pass an int or a float",
    ),
    # what a model keeps
    Wrong("model.load_state_dict(None)", TypeError, "NoneType None", "numbers by name", "pass a dict"),
    Wrong("model.load_state_dict([1.0] * 13)", TypeError, "list [1.0", "numbers by name", "pass a dict"),
    Wrong("model.load_state_dict(model)", TypeError, "MLP", "as state_dict() gives", "pass a dict"),
    Wrong(
        "model.load_state_dict({})", ValueError, "and 9 more", "does not fit the model", "missing w_00^(1)"
    ),
    Wrong("model.load_state_dict(state | {'q': 1.0})", ValueError, "q", "does not fit the model", "unknown"),
    Wrong("model.load_state_dict(state | {3: 1.0})", ValueError, "3", "does not fit the model", "unknown"),
    Wrong(
        "model.load_state_dict(state | {'b^(2)': '1'})",
        TypeError,
        "str '1'",
        "b^(2) must be a real number",
        "convert text",
    ),
    Wrong(
        "model.load_state_dict(state | {'b^(2)': w})",
        TypeError,
        "Value Value",
        "b^(2) must be a real",
        ".data",
    ),
    Wrong("model.load('other.json')", ModelFileError, "other.json", "does not fit the model", "unknown w, b"),
    Wrong("model.load('xor.csv')", ModelFileError, "xor.csv", "JSON", "numbers"),
    Wrong(
        "model.save(None)", TypeError, "NoneType None", "a path must be text or a Path", "pass one such as"
    ),
    Wrong("model.save(1)", TypeError, "int 1", "a path must be text or a Path", "pass one such as"),
    Wrong("model.save('')", ValueError, "got ''", "a path must name a file", "pass one such as"),
    Wrong("model.load('')", ValueError, "got ''", "a path must name a file", "pass one such as"),
    Wrong("MLP.from_file('other.json')", ModelFileError, "other.json", "how to build an MLP", "sizes"),
    Wrong(
        "n = Neuron(1); n.b.data = nan; n.save('m.json')",
        ValueError,
        "b is nan",
        "holds",
        "finite numbers only",
    ),
    # costs
    Wrong("losses.squared_error([a, b], 1.0)", ValueError, "2 and 1", "one by one", "for each output"),
    Wrong("losses.squared_error([], [])", ValueError, "0 and 0", "one by one", "for each output"),
    Wrong(
        "losses.squared_error([a], [np.datetime64('2026')])",
        TypeError,
        "datetime64",
        "data must be a real number",
        "pass an int or a float",
    ),
    Wrong(
        "losses.squared_error(a, None)",
        TypeError,
        "NoneType None",
        "a number, a Value, or a list",
        "in a list",
    ),
    Wrong(
        "losses.squared_error([a], [[1.0]])",
        TypeError,
        "list [1.0]",
        "a desired output must be a number",
        "in a list",
    ),
    Wrong(
        "losses.squared_error([None], [1.0])",
        TypeError,
        "NoneType None",
        "an output must be a number",
        "in a list",
    ),
    Wrong(
        "losses.binary_cross_entropy(a, 2)",
        ValueError,
        "got 2",
        "a desired output of this cost",
        "from 0 to 1",
    ),
    Wrong("losses.binary_cross_entropy(a, nan)", ValueError, "got nan", "a probability", "from 0 to 1"),
    Wrong(
        "losses.binary_cross_entropy(2 * a, 1)",
        ValueError,
        "operand 0 = 1.26",
        "outside its domain",
        "0 < a < 1",
    ),
    Wrong(
        "losses.softmax_cross_entropy([a, b], 2)",
        ValueError,
        "class 2",
        "the classes 0 to 1",
        "pass one of them",
    ),
    Wrong(
        "losses.softmax_cross_entropy([a, b], -1)",
        ValueError,
        "class -1",
        "does not exist",
        "pass one of them",
    ),
    Wrong(
        "losses.softmax_cross_entropy([a, b], None)",
        ValueError,
        "class None",
        "does not exist",
        "a share for each",
    ),
    Wrong("losses.hinge(a, 0)", ValueError, "got 0", "a label", "−1 or 1"),
    Wrong("losses.cost('mse')", ValueError, "'mse'", "no cost is named", "choose one of squared_error"),
    Wrong("losses.cost(['hinge'])", ValueError, "['hinge']", "no cost is named", "choose one of"),
    # optimisers
    Wrong("GradientDescent(model)", TypeError, "MLP", "a list of Values", "model.parameters()"),
    Wrong("GradientDescent(model.parameters)", TypeError, "method", "a list of Values", "model.parameters()"),
    Wrong(
        "GradientDescent(0.1, model.parameters())",
        TypeError,
        "float 0.1",
        "a list of Values",
        "model.parameters()",
    ),
    Wrong(
        "GradientDescent(model.state_dict())",
        TypeError,
        "str 'w_00^(1)'",
        "data and grad",
        "model.parameters()",
    ),
    Wrong(
        "GradientDescent(model.named_parameters())", TypeError, "tuple", "data and grad", "model.parameters()"
    ),
    Wrong("GradientDescent([])", ValueError, "no parameters", "to optimise", "pass model.parameters()"),
    Wrong(
        "GradientDescent([w, x, w])", ValueError, "given twice", "changed twice in a step", "give each once"
    ),
    Wrong("GradientDescent([z])", ValueError, "Value Value(data=0.54", "a parameter is a leaf", "pass those"),
    Wrong("GradientDescent([w], '0.1')", TypeError, "str '0.1'", "lr must be a real number", "convert text"),
    Wrong(
        "GradientDescent([w], None)",
        TypeError,
        "NoneType None",
        "lr must be a real number",
        "an int or a float",
    ),
    Wrong(
        "GradientDescent([w], b)", TypeError, "Value Value(data=0.1", "lr must be a real number", "its .data"
    ),
    Wrong(
        "GradientDescent([w], np.array([0.1, 0.2]))",
        TypeError,
        "ndarray",
        "lr must be a real number",
        "one by one",
    ),
    Wrong("GradientDescent([w], -0.1)", ValueError, "got -0.1", "lr must be", "at least 0 and below inf"),
    Wrong("GradientDescent([w], nan)", ValueError, "got nan", "lr must be", "at least 0 and below inf"),
    Wrong(
        "GradientDescent([w], momentum=1)",
        ValueError,
        "got 1.0",
        "momentum must be",
        "at least 0 and below 1",
    ),
    Wrong(
        "GradientDescent([w], weight_decay='a')",
        TypeError,
        "str 'a'",
        "weight_decay must be a real",
        "convert",
    ),
    Wrong("Adam([w], betas=0.9)", TypeError, "float 0.9", "betas must be two numbers", "(0.9, 0.999)"),
    Wrong("Adam([w], betas=(0.9,))", TypeError, "tuple (0.9,)", "betas must be two numbers", "(0.9, 0.999)"),
    Wrong("Adam([w], betas=(1.0, 0.9))", ValueError, "got 1.0", "betas[0] must be", "at least 0 and below 1"),
    Wrong("Adam([w], eps=0)", ValueError, "got 0.0", "eps must be", "at least 2.2250738585072014e-308"),
    Wrong(
        "Optimizer([w], 0.1, 0.0).step()",
        NotImplementedError,
        "Optimizer",
        "how a parameter changes",
        "override step",
    ),
    # data
    Wrong("data.moons('100')", TypeError, "str '100'", "n must be a whole number", "an int of 1 or more"),
    Wrong("data.moons(-5)", ValueError, "got -5", "n must be at least 1", "an int of 1 or more"),
    Wrong(
        "data.moons(4, noise='low')", TypeError, "str 'low'", "noise must be a real number", "convert text"
    ),
    Wrong("data.moons(4, noise=nan)", ValueError, "got nan", "noise must be a finite number", "such as 0.1"),
    Wrong(
        "data.moons(4, rng=np.random.default_rng(0))",
        TypeError,
        "Generator",
        "a method gauss",
        "random.Random(seed)",
    ),
    Wrong("data.read_csv('xor.csv', 0)", ValueError, "got 0", "columns must be at least 1", "an int of 1"),
    Wrong(
        "data.read_csv('xor.csv', '3')", TypeError, "str '3'", "columns must be a whole number", "an int of 1"
    ),
    Wrong("data.read_csv('xor.csv', 2)", DataError, "got 3", "expected 2 columns", "xor.csv, line 1"),
    Wrong("data.read_csv('text.csv')", DataError, "got 'b'", "a finite number", "line 2, column 2"),
    Wrong(
        "data.read_csv('semicolons.csv', 3)", DataError, "got 1", "expected 3 columns", "commas part columns"
    ),
    Wrong("data.read_csv('empty.csv')", DataError, "empty.csv", "holds no rows", "of numbers"),
    # fit
    Wrong(
        "fit(MLP, xs, ys)", TypeError, "type <class", "a model that can be called", "such as MLP(2, [4, 1])"
    ),
    Wrong("fit(None, xs, ys)", TypeError, "NoneType None", "a model that can be called", "such as MLP"),
    Wrong("fit([model], xs, ys)", TypeError, "list [MLP", "a model that can be called", "such as MLP"),
    Wrong("fit(Module(), xs, ys)", TypeError, "Module", "a model that can be called", "such as MLP"),
    Wrong("fit(lambda x: w * x, xs, ys)", TypeError, "function", "has parameters", "such as MLP"),
    Wrong("fit(model, None, ys)", TypeError, "NoneType None", "xs must be a list", "put it in [ ]"),
    Wrong("fit(model, xs, 1.0)", TypeError, "float 1.0", "ys must be a list", "put it in [ ]"),
    Wrong(
        "fit(model, dict(enumerate(xs)), ys)", TypeError, "dict {0:", "xs must be a list", "list(d.values())"
    ),
    Wrong("fit(model, [], [])", ValueError, "0 inputs and 0", "desired outputs", "one output for each input"),
    Wrong(
        "fit(model, xs, ys[:2])", ValueError, "4 inputs and 2", "desired outputs", "one output for each input"
    ),
    Wrong(
        "fit(model, xs, (y for y in ys if y == [2]))",
        ValueError,
        "4 inputs and 0",
        "desired outputs",
        "one output for",
    ),
    Wrong("fit(model, [[0.0]] * 4, ys)", ValueError, "got 1", "expected 2 inputs", "pass one example"),
    Wrong(
        "fit(model, zip(xs, ys), ys)",
        TypeError,
        "list [0.0, 0.0]",
        "an input must be a number",
        "pass one example",
    ),
    Wrong("fit(model, [['0', '1']], [1.0])", TypeError, "str '0'", "an input must be a number", "in a list"),
    Wrong("fit(model, xs, [[0.0, 1.0]] * 4)", ValueError, "1 and 2", "one by one", "for each output"),
    Wrong("fit(model, xs, ys, cost='mse')", ValueError, "'mse'", "no cost is named", "squared_error"),
    Wrong("fit(model, xs, ys, cost=None)", ValueError, "None", "no cost is named", "squared_error"),
    Wrong(
        "fit(model, xs, ys, cost=lambda a, y: a.data)",
        TypeError,
        "float",
        "a cost must be a Value",
        "for its derivatives",
    ),
    Wrong("fit(model, xs, ys, cost='hinge')", ValueError, "got 0.0", "is a label", "−1 or 1"),
    Wrong(
        "fit(model, xs, ys, optimizer='adam')",
        TypeError,
        "str 'adam'",
        "optimizer must be one such as",
        "Adam(model.parameters()",
    ),
    Wrong(
        "fit(model, xs, ys, optimizer=Adam)",
        TypeError,
        "type <class",
        "optimizer must be one such as",
        "Adam(model.parameters()",
    ),
    Wrong(
        "fit(model, xs, ys, optimizer=optimizer, lr=0.5)",
        ValueError,
        "lr=0.5",
        "its own learning rate",
        "leave out one",
    ),
    Wrong(
        "fit(model, xs, ys, optimizer=Adam([w]))",
        ValueError,
        "none of the model's parameters",
        "nothing would be learnt",
        "of model.parameters()",
    ),
    Wrong("fit(model, xs, ys, lr='0.1')", TypeError, "str '0.1'", "lr must be a real number", "convert text"),
    Wrong("fit(model, xs, ys, lr=nan)", ValueError, "got nan", "lr must be", "at least 0"),
    Wrong(
        "fit(model, xs, ys, epochs=2.5)",
        TypeError,
        "float 2.5",
        "epochs must be a whole number",
        "an int of 0",
    ),
    Wrong(
        "fit(model, xs, ys, epochs=True)",
        TypeError,
        "bool True",
        "epochs must be a whole number",
        "an int of 0",
    ),
    Wrong("fit(model, xs, ys, epochs=-1)", ValueError, "got -1", "epochs must be at least 0", "an int of 0"),
    Wrong(
        "fit(model, xs, ys, epochs=inf)",
        TypeError,
        "float inf",
        "epochs must be a whole number",
        "an int of 0",
    ),
    Wrong(
        "fit(model, xs, ys, batch_size=0)",
        ValueError,
        "got 0",
        "batch_size must be at least 1",
        "an int of 1",
    ),
    Wrong(
        "fit(model, xs, ys, batch_size=2.0)",
        TypeError,
        "float 2.0",
        "batch_size must be a whole",
        "an int of 1",
    ),
    Wrong(
        "fit(model, xs, ys, batch_size=True)",
        TypeError,
        "bool True",
        "batch_size must be a whole",
        "an int of 1",
    ),
    Wrong("fit(model, xs, ys, rng=3)", TypeError, "int 3", "a method shuffle", "random.Random(seed)"),
    Wrong(
        "fit(model, xs, ys, stop_below='low')",
        TypeError,
        "str 'low'",
        "stop_below must be a real number",
        "convert",
    ),
    Wrong(
        "fit(model, xs, ys, stop_below=nan)",
        ValueError,
        "got nan",
        "stop_below must be a finite number",
        "such as",
    ),
    Wrong(
        "fit(model, xs, ys, tape='yes')",
        TypeError,
        "str 'yes'",
        "tape must be True or False",
        "one of the two",
    ),
    Wrong("fit(model, xs, ys, tape=tape)", TypeError, "Tape", "tape must be True or False", "one of the two"),
    Wrong(
        "fit(model, xs, ys, progress='no')",
        TypeError,
        "str 'no'",
        "progress must be True or False",
        "one of the two",
    ),
    Wrong(
        "fit(model, xs, ys, on_epoch='print')",
        TypeError,
        "str 'print'",
        "a function of epoch and cost",
        "pass the function itself",
    ),
    Wrong(
        "fit(model, xs, ys, record=1)",
        ValueError,
        "got 1",
        "with the first and the last",
        "an int of 2 or more",
    ),
    Wrong(
        "fit(model, xs, ys, record='all')",
        TypeError,
        "str 'all'",
        "must be a whole number",
        "an int of 2 or more",
    ),
    Wrong(
        "fit(model, xs, ys, record=2.5)",
        TypeError,
        "float 2.5",
        "must be a whole number",
        "an int of 2 or more",
    ),
    Wrong(
        "fit(model, [[0, 1], [0]], [0, 1], tape=True)",
        ValueError,
        "example 1 has 1 inputs",
        "the first one has 2",
        "all examples are alike",
    ),
    Wrong(
        "fit(model, [[w, 1.0]], [1.0], tape=True)",
        TypeError,
        "Value Value(data=0.5",
        "input must be a real number",
        "its .data",
    ),
    # the page of a training
    Wrong("play_training(model)", TypeError, "MLP", "the history that fit returns", "play_training takes"),
    Wrong("play_training(history)", ValueError, "nothing was recorded", "in this training", "record=True"),
    Wrong(
        "play_training(recorded, examples=3)", TypeError, "int 3", "inputs and desired outputs", "pass both"
    ),
    Wrong(
        "play_training(recorded, examples=[1.0, 2.0, 3.0])",
        TypeError,
        "list [1.0",
        "as in (xs, ys)",
        "pass both",
    ),
    Wrong(
        "play_training(recorded, examples=([1.0], []))",
        ValueError,
        "1 inputs and 0",
        "desired outputs",
        "one output for each",
    ),
    Wrong(
        "play_training(recorded).save('training.json')",
        ValueError,
        "'training.json'",
        "the ending must be",
        ".html",
    ),
    # the documents' matrix equations
    Wrong(
        "equations.Network(3, 3, 3)", TypeError, "int, int, int", "must be lists", "an entry for each layer"
    ),
    Wrong(
        "equations.Network([[[1.0]]], [[1.0]], 'relu')",
        ValueError,
        "4 activations",
        "equally many",
        "one of each per layer",
    ),
    Wrong(
        "equations.Network([[[1.0]]], [[1.0]], ['rel'])",
        ValueError,
        "'rel'",
        "no activation named",
        "pass one of linear",
    ),
    Wrong(
        "equations.Network([[1.0]], [[1.0]], ['relu'])",
        ValueError,
        "shape (1,)",
        "expected (N_l, N_{l−1})",
        "one row per neuron",
    ),
    Wrong(
        "equations.Network([[[1.0], [1.0, 2.0]]], [[1.0]], ['relu'])",
        ValueError,
        "list",
        "rows of equal length",
        "a list of lists",
    ),
    Wrong(
        "equations.Network([[['a']]], [[1.0]], ['relu'])",
        ValueError,
        "'a'",
        "must be numbers",
        "a list of lists of numbers",
    ),
    Wrong(
        "equations.Network([[[1.0]], [[1.0, 2.0]]], [[1.0], [1.0]], ['relu', 'relu'])",
        ValueError,
        "shape (1, 2)",
        "expected (N_2, 1)",
        "one column per neuron",
    ),
    Wrong(
        "equations.forward(equations.Network([[[1.0, 2.0]]], [[1.0]], ['relu']), [1.0])",
        ValueError,
        "shape (1,)",
        "expected (2,)",
        "one number per neuron",
    ),
    Wrong("equations.cost_named('mse')", ValueError, "'mse'", "no cost named", "pass one of squared_error"),
    Wrong("equations.cost_named(['mse'])", ValueError, "['mse']", "no cost named", "pass one of"),
    Wrong(
        "equations.update([1.0], [1.0, 2.0], 0.1)",
        ValueError,
        "shape (2,)",
        "expected (1,)",
        "of this very parameter",
    ),
]
