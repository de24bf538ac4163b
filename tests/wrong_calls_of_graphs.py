"""Wrong calls of what walks a graph: names, checks, derivatives, explanations, pictures, tapes, source."""

from wrong_calls import Wrong

WRONG = [
    Wrong("graph.topological_order([C])", TypeError, "list [Value", "walked from a node", "pass a Value"),
    Wrong("graph.leaves(model)", TypeError, "MLP", "walked from a node", "pass a Value"),
    Wrong("list(graph.depth_first(3.0))", TypeError, "float 3.0", "walked from a node", "pass a Value"),
    # refresh
    Wrong(
        "cube.refresh()", TypeError, "made by hand ('cube')", "knows no rule", "use the functions of engine"
    ),
    Wrong(
        "(cube * 2 + C).refresh()", TypeError, "made by hand ('cube')", "knows no rule", "set data and local"
    ),
    # label
    Wrong("label(w)", TypeError, "Value Value(data=0.5", "names and Values", "label(w=w)"),
    Wrong("label('w')", TypeError, "str 'w'", "names and Values", "label(locals())"),
    Wrong("label({1: w})", TypeError, "dict {1:", "names and Values", "label(w=w)"),
    Wrong("label(weight=w, bias=0.1)", TypeError, "bias = float 0.1", "Values only", "leave it out"),
    Wrong(
        "label({'weight': w}, bias=None)", TypeError, "bias = NoneType None", "Values only", "leave it out"
    ),
    # gradcheck
    Wrong("gradcheck(3.0)", TypeError, "float 3.0", "the Value to differentiate", "begin with Value(...)"),
    Wrong(
        "gradcheck(lambda w: w, [w])", TypeError, "function", "the Value to differentiate", "what it returns"
    ),
    Wrong("gradcheck(C, 3.0)", TypeError, "float 3.0", "a Value or a list", "the Values themselves"),
    Wrong(
        "gradcheck(C, ['w'])", TypeError, "str 'w' in it", "a Value or a list", "not their numbers or names"
    ),
    Wrong("gradcheck(C, model)", TypeError, "MLP", "a Value or a list", "model.parameters()"),
    Wrong("gradcheck(C, z)", ValueError, "z has parents", "leaves of the root's graph", "takes leaves"),
    Wrong("gradcheck(C, far)", ValueError, "far is not one", "the root depends on", "takes leaves"),
    Wrong("gradcheck(cube * 2)", TypeError, "made by hand ('cube')", "knows no rule", "use the functions"),
    Wrong("gradcheck(C * nan)", ValueError, "NaN", "find where it arose", "detect_anomaly()"),
    # derivatives
    Wrong("grad(lambda x: x * x)", TypeError, "function", "grad derives a Value", "the f(x) of a function f"),
    Wrong("grad([C], w)", TypeError, "list [Value", "grad derives a Value", "pass what is computed"),
    Wrong("grad(C)", ValueError, "this one has 4: b, w, x, y", "a C of one variable", "as in grad(C, w)"),
    Wrong("grad(grad(3 * w, w))", ValueError, "this one has 0", "a C of one variable", "say by which"),
    Wrong("grad(C, 'w')", TypeError, "str 'w'", "xs as a Value or a list", "the Values themselves"),
    Wrong("grad(C, 0.5)", TypeError, "float 0.5", "xs as a Value or a list", "not their numbers or names"),
    Wrong("grad(C, {w, b})", TypeError, "set {Value", "xs as a Value or a list", "a set has no order"),
    Wrong("grad(C, model)", TypeError, "MLP", "xs as a Value or a list", "model.parameters()"),
    Wrong("grad(cube + C, w)", TypeError, "made by hand ('cube')", "knows no rule", "use the functions"),
    Wrong("jacobian([[z], [a]], w)", TypeError, "list [Value", "ys as a Value or a list", "themselves"),
    Wrong("jacobian([z, a], None)", TypeError, "NoneType None", "xs as a Value or a list", "put it in [ ]"),
    Wrong(
        "hessian([C], [w, b])", TypeError, "list [Value", "hessian derives a Value", "pass what is computed"
    ),
    Wrong("hessian(C, [z, w])", ValueError, "computed from w", "do not depend on one another", "leave one"),
    Wrong("hvp(C, [w, b], 1.0)", TypeError, "float 1.0", "v as a list of numbers", "put it in [ ]"),
    Wrong("hvp(C, [w, b], w)", TypeError, "Value Value(data=0.5", "v as a list of numbers", "put it in [ ]"),
    Wrong("hvp(C, [w, b], [1.0])", ValueError, "got 1 for 2", "one number of v for each x", "give as many"),
    Wrong("hvp(C, [w], ['1'])", TypeError, "str '1'", "v must be a real number", "convert text"),
    # explain, forward, steps, tree
    Wrong("explain(0.5, w)", TypeError, "float 0.5", "a Value C", "begin with Value(...)"),
    Wrong("explain(C, 'w')", TypeError, "str 'w'", "a Value w", "pass the node itself"),
    Wrong("C.explain([w, b])", TypeError, "list [Value", "a Value w", "pass the node itself"),
    Wrong(
        "explain(C, w, limit=0)", ValueError, "got 0", "limit must be at least 1", "pass an int of 1 or more"
    ),
    Wrong(
        "explain(C, w, limit='all')",
        TypeError,
        "got str 'all'",
        "limit must be a whole number",
        "an int of 1 or more",
    ),
    Wrong(
        "explain(C, w, prime='no')", TypeError, "str 'no'", "prime must be True or False", "one of the two"
    ),
    Wrong(
        "explain(C, w).nested(delta=None)",
        TypeError,
        "NoneType None",
        "delta must be True or False",
        "one of",
    ),
    Wrong(
        "explain(w * x, w).nested(delta=True)",
        ValueError,
        "no node on the way",
        "a pre-activation z",
        "affine(b, ws, xs)",
    ),
    Wrong(
        "explain(w * x, w).matrix()",
        ValueError,
        "no such z was found",
        "layers of neurons",
        "affine(b, ws, xs)",
    ),
    Wrong("forward('w*x')", TypeError, "str 'w*x'", "forward(C) takes a Value", "engine.parse(...)"),
    Wrong("forward(C, prime=2)", TypeError, "int 2", "prime must be True or False", "one of the two"),
    Wrong("formula.whole([C])", TypeError, "list [Value", "whole takes a Value", "total(...)"),
    Wrong(
        "steps(model)", TypeError, "MLP", "the Value to differentiate", "pass what it returns for an input"
    ),
    Wrong(
        "steps(C, 'breadth-first')",
        ValueError,
        "'breadth-first'",
        "an order is None",
        '"depth-first" or a list',
    ),
    Wrong("steps(C, 3)", TypeError, "int 3", "an order is None", "a list of nodes"),
    Wrong("steps(C, ['C'])", TypeError, "str 'C'", "an order holds Values", "pass the node itself"),
    Wrong("steps(C, [C, a])", ValueError, "it lacks z, v_1", "each node that has operands", "once"),
    Wrong(
        "steps(C, [C, C.parents[0], a, z, C])",
        ValueError,
        "it repeats C",
        "each node that has operands",
        "once",
    ),
    Wrong(
        "tree(None)", TypeError, "NoneType None", "tree takes a Value", "pass what is computed from Values"
    ),
    Wrong("tree(C, 2.5)", TypeError, "float 2.5", "depth must be a whole number", "an int of 0 or more"),
    Wrong("tree(C, True)", TypeError, "bool True", "depth must be a whole number", "an int of 0 or more"),
    Wrong("tree(C, width=10)", ValueError, "got 10", "width must be at least 64", "an int of 64 or more"),
    Wrong(
        "tree(C, lines='all')", TypeError, "str 'all'", "lines must be a whole number", "an int of 2 or more"
    ),
    # parse, the table of rules
    Wrong("parse(C)", TypeError, "Value Value", "an expression is text", "'w*a + b'"),
    Wrong("parse('')", ValueError, "the expression is empty", "numbers, names", "exp(x)"),
    Wrong("parse('w*a', w=1.0)", ValueError, "'a'", "no value was given", "give it as a=…"),
    Wrong("parse('w', w=1.0, q=2.0)", ValueError, "q", "does not contain", "leave it out"),
    Wrong("parse('w', [w])", TypeError, "list [Value", "values by name", "{'w': 0.5}"),
    Wrong("parse('w', w)", TypeError, "Value Value", "values by name", "{'w': 0.5}"),
    Wrong("parse('w', {3: w})", TypeError, "int 3", "a name in an expression is text", "{'w': 0.5}"),
    Wrong("parse('w', w='1')", TypeError, "str '1'", "the value of w must be a real number", "convert text"),
    Wrong("parse('x^2', x=1.0)", ValueError, "'^2'", "a power is written **", "x**2"),
    Wrong("parse('2x', x=1.0)", ValueError, "column 2", "a product is written with *", "2*x"),
    Wrong(
        "parse('sigmod(x)', x=1.0)", ValueError, "'sigmod'", "no function is named", "did you mean sigmoid?"
    ),
    Wrong("parse('atan2(x)', x=1.0)", ValueError, "'atan2(x)'", "the arguments do not fit", "write atan2("),
    Wrong("parse('(x', x=1.0)", ValueError, "column 1", "was never closed", "'('"),
    Wrong("parse('x.real', x=1.0)", ValueError, "'.'", "has no place here", "exp(x)"),
    Wrong("parse('x if x else 1', x=1.0)", ValueError, "'if'", "a keyword of Python", "if_"),
    Wrong("rules_table('tnah')", ValueError, "'tnah'", "no rule is named", "did you mean tanh?"),
    Wrong("rules_table(rules.tanh)", TypeError, "Rule", "takes names", "rules_table('tanh')"),
    # draw and play
    Wrong("draw(0.5)", TypeError, "float 0.5", "draw takes a Value", "begin with Value(...)"),
    Wrong("draw([C])", TypeError, "list [Value", "draw takes a Value", "their total(...)"),
    Wrong("draw(model)", TypeError, "MLP", "draw takes a Value", "pass what it returns for an input"),
    Wrong("draw(MLP)", TypeError, "type <class", "draw takes a Value", "pass what it returns"),
    Wrong("draw('w*x')", TypeError, "str 'w*x'", "draw takes a Value", "engine.parse(...)"),
    Wrong("draw(draw(C))", TypeError, "Drawing", "draw takes a Value", "it is drawn already"),
    Wrong("draw(C, detail='neuronz')", ValueError, "'neuronz'", "detail must be one of", "'neurons'"),
    Wrong("draw(C, detail=['layers'])", ValueError, "['layers']", "detail must be one of", "'layers'"),
    Wrong("draw(C, layout=1)", TypeError, "int 1", 'layout must be "own", "dot" or', "leave it out"),
    Wrong("draw(C, layout='dott').svg", RuntimeError, "'dott'", "no program", "install Graphviz"),
    Wrong("draw(w * x, detail='layers')", ValueError, "there are none", "needs neurons", "affine(b, ws, xs)"),
    Wrong("draw(C, highlight='w')", TypeError, "str 'w'", "highlight takes a Value", "pass the node itself"),
    Wrong("draw(C, highlight=far)", ValueError, "far", "the paths from a value to C", "does not depend on"),
    Wrong(
        "draw(C, derivative_of=0.5)",
        TypeError,
        "float 0.5",
        "derivative_of takes a Value",
        "pass the node itself",
    ),
    Wrong(
        "draw(C, derivative_of=far)", ValueError, "far is none", "a value that C depends on", "takes a value"
    ),
    Wrong("draw(C, legend='no')", TypeError, "str 'no'", "legend must be True or False", "one of the two"),
    Wrong(
        "draw(C, edge_labels='all')", TypeError, "str 'all'", "edge_labels must be True or False", "one of"
    ),
    Wrong("draw(C, parameters=w)", TypeError, "Value Value(data=0.5", "a list of Values", "put it in [ ]"),
    Wrong(
        "draw(C, parameters=['w'])", TypeError, "str 'w'", "parameters takes a Value", "pass the node itself"
    ),
    Wrong("draw(C, parameters=model)", TypeError, "MLP", "a list of Values", "model.parameters()"),
    Wrong(
        "draw(C, w * x)", ValueError, "8 values before, 3", "two states of one graph", "draw(before, after)"
    ),
    Wrong("draw(C, C, highlight=w)", ValueError, "highlight", "draw(before, after)", "draw each by itself"),
    Wrong(
        "draw(total([Value(1.0)] * 2 + [Value(k) for k in range(5000)]), detail='values')",
        ValueError,
        "5,002 boxes",
        "5,000 are the most",
        'detail="summary"',
    ),
    Wrong("draw(C).save('graph.docx')", ValueError, "'graph.docx'", "the ending must be", ".svg"),
    Wrong("draw(C).save('graph')", ValueError, "'graph'", "the ending must be", ".svg"),
    Wrong("play(0.5)", TypeError, "float 0.5", "the Value to differentiate", "begin with Value(...)"),
    Wrong("play(C, lr='0.1')", TypeError, "str '0.1'", "lr must be a real number", "convert text"),
    Wrong("C.play(lr=nan)", ValueError, "got nan", "lr must be a finite number", "such as 0.1"),
    Wrong("play(C, leaves=w)", TypeError, "Value Value(data=0.5", "leaves must be a list", "put it in [ ]"),
    Wrong("play(C, leaves=['w'])", TypeError, "str 'w'", "leaves must hold Values", "the leaves themselves"),
    Wrong(
        "play(C, leaves=[z])",
        ValueError,
        "'z' among leaves is computed",
        "give leaves",
        "it is computed from",
    ),
    Wrong("play(C, leaves=[far])", ValueError, "'far'", "C does not depend on", "leave it out"),
    Wrong("play(C, leaves=[w, w])", ValueError, "'w' is given twice", "among leaves", "give each leaf once"),
    Wrong(
        "play(total([Value(k) for k in range(1000)]))", ValueError, "1,001 values", "at most 1,000", "draw(C)"
    ),
    Wrong("play(C).save('chain.htm.txt')", ValueError, "'chain.htm.txt'", "the ending must be", ".html"),
    # the tape
    Wrong("Tape(0.5)", TypeError, "float 0.5", "the graph of a Value", "begin with Value(...)"),
    Wrong("Tape(C, x)", TypeError, "Value Value(data=0.88", "inputs must be a list", "put it in [ ]"),
    Wrong("Tape(C, params={w, b})", TypeError, "set {Value", "params must be a list", "a set has no order"),
    Wrong("Tape(C, params=model)", TypeError, "MLP", "params must be a list", "model.parameters()"),
    Wrong("Tape(C, params=['w'])", TypeError, "str 'w'", "parameters are Values", "pass leaves of C"),
    Wrong("Tape(C, params=[z])", ValueError, "'z' is computed", "parameters are leaves", "pass those"),
    Wrong("Tape(C, [w], [w])", ValueError, "'w' is given twice", "a leaf is one parameter", "or one input"),
    Wrong("Tape(C, params=[far])", ValueError, "'far'", "C does not depend on", "leave it out"),
    Wrong(
        "Tape(cube * 2, params=[w])",
        TypeError,
        "made by hand",
        "no rule is known",
        "use the functions of engine",
    ),
    Wrong("tape('12')", TypeError, "array of <U2", "params must be numbers", ".astype(float)"),
    Wrong("tape([0.5])", ValueError, "got (1,)", "the shape (2,)", "a number for each leaf"),
    Wrong("tape([w, b])", TypeError, "Value Value(data=0.5", "params must be a real number", "its .data"),
    Wrong(
        "tape(inputs=[[1.0], [1.0, 2.0]])",
        ValueError,
        "rows of different lengths",
        "one array of numbers",
        "of equal length",
    ),
    Wrong("tape(inputs=np.empty((0, 1)))", ValueError, "no example", "inputs", "pass at least one"),
    Wrong("tape(inputs=[[1.0]], over='average')", ValueError, "'average'", "over must be", '"mean"'),
    Wrong("tape.matches('C')", TypeError, "str 'C'", "the graph of a Value", "engine.parse(...)"),
    Wrong("tape.source('python')", ValueError, "'python'", "form must be", '"nodes" or "matrix"'),
    Wrong("tape.source(['nodes'])", ValueError, "['nodes']", "form must be", '"nodes" or "matrix"'),
    Wrong("tape.jax(over='batch')", ValueError, "'batch'", "over must be", '"mean"'),
    # source text
    Wrong("program(0.5)", TypeError, "float 0.5", "C must be a Value", "pass what is computed from Values"),
    Wrong(
        "program(C, inputs=x)", TypeError, "Value Value(data=0.88", "inputs must be a list", "put it in [ ]"
    ),
    Wrong(
        "program(C, params=[z])", ValueError, "'z' among params is computed", "give leaves", "computed from"
    ),
    Wrong("program(C, [w], [w])", ValueError, "'w' is given twice", "params and inputs", "each leaf once"),
    Wrong(
        "program(C, name='class')",
        ValueError,
        "'class'",
        "a free name for a function",
        "try 'cost_and_gradient'",
    ),
    Wrong("program(C, name=3)", ValueError, "got 3", "a free name for a function", "try 'cost_and_gradient'"),
    Wrong("program(C, dialect='fortran')", TypeError, "str 'fortran'", "a Dialect", "engine.source.PYTHON"),
    Wrong("live(C, ['w'])", TypeError, "str 'w'", "leaves must hold Values", "the leaves themselves"),
]
