"""Wrong lines on the command line, and what the one line of error must say: came, expected, to be done."""

from typing import NamedTuple

HELP = "--help"


class Refused(NamedTuple):
    """What is typed after ``chainrule``, as a shell reads it, and three parts of the line on stderr."""

    line: str
    came: str
    expected: str
    do: str


COMMANDS = [
    Refused("paint", "'paint'", "explain | trace | train", "choose from"),
    Refused("trian xor", "'trian'", "explain | trace | train", "choose from"),
    Refused("--verbose", "--verbose", "unrecognized arguments", HELP),
    Refused("train xor moons", "moons", "unrecognized arguments", HELP),
    Refused("trace --colour", "--colour", "unrecognized arguments", HELP),
    Refused("trace 3,1", "3,1", "unrecognized arguments", HELP),
    Refused("train xor --sizes 2,1", "--sizes", "unrecognized arguments", HELP),
    Refused("train xor --batch_size 2", "--batch_size", "unrecognized arguments", HELP),
    Refused("explain w*x w=1 x=2", "w=1 x=2", "unrecognized arguments", HELP),
]

EXPLAIN = [
    Refused("explain", "chainrule explain", "the following arguments are required", "expression"),
    Refused("explain ''", "the expression is empty", "numbers, names", "exp(x)"),
    Refused("explain w*x", "'w'", "no value was given", "give it as w=…"),
    Refused("explain w*x --at w=1", "'x'", "no value was given", "give it as x=…"),
    Refused("explain w --at", "--at", "expected at least one argument", HELP),
    Refused("explain w --at w", "got 'w'", "NAME=NUMBER", "as in w=0.5"),
    Refused("explain w --at =1", "got '=1'", "NAME=NUMBER", "as in w=0.5"),
    Refused("explain w*x --at w=1,x=2", "got 'w=1,x=2'", "NAME=NUMBER", "separated by spaces"),
    Refused("explain w --at w=", "got ''", "a finite number", HELP),
    Refused("explain w --at w=a", "got 'a'", "a finite number", HELP),
    Refused("explain w --at w=١", "got '١'", "a finite number", HELP),
    Refused("explain w --at w=" + "9" * 5000, "got '9999", "a finite number", HELP),
    Refused("explain w --at w=inf", "got 'inf'", "a finite number", HELP),
    Refused("explain w --at w=1e999", "got '1e999'", "a finite number", HELP),
    Refused("explain w --at w=1 q=2", "q", "the expression does not contain", "leave it out"),
    Refused("explain w --at w=1 'w^(1)=1'", "w^(1)", "the expression does not contain", "leave it out"),
    Refused("explain w --at w=1 --wrt", "--wrt", "expected at least one argument", HELP),
    Refused("explain w*x --at w=1 x=2 --wrt q", "--wrt q", "the expression's names are", "w, x"),
    Refused("explain 2**0.5", "no names", "to differentiate by", "with --at"),
    Refused("explain w^2 --at w=1", "'^2'", "a power is written **", "x**2"),
    Refused("explain 'x +\n^y'", "column 5, at '^y'", "a power is written **", "x**2"),
    Refused("explain 2w --at w=1", "column 2", "a product is written with *", "2*w"),
    Refused("explain 'w = 3' --at w=1", "'= 3'", "no equals sign", "given apart"),
    Refused("explain w.data --at w=1", "'.'", "has no place here", "exp(x)"),
    Refused("explain \"__import__('os').remove('xor.csv')\"", "os", "has no place here", "exp(x)"),
    Refused("explain w[0] --at w=1", "'w[0]'", "an index is part of a name", "x_0"),
    Refused("explain 'sigmod(w)' --at w=1", "'sigmod'", "no function is named", "did you mean sigmoid?"),
    Refused("explain 'sin(w, w)' --at w=1", "'sin(w, w)'", "the arguments do not fit", "write sin(x)"),
    Refused("explain 'sin(w' --at w=1", "'(w'", "'('", "was never closed"),
    Refused("explain 'log(w)' --at w=-1", "x = -1.0 (label 'w')", "outside its domain", "x > 0"),
    Refused("explain 1/w --at w=0", "y = 0.0 (label 'w')", "division by zero", "its domain is y ≠ 0"),
    Refused("explain 9**9**9", "x = 9.0", "exceeds", "the largest float"),
    Refused("explain z --where z=", "got 'z='", "NAME=EXPRESSION", "as in z=w*a"),
    Refused("explain z --where =w --at w=1", "got '=w'", "NAME=EXPRESSION", "as in z=w*a"),
    Refused("explain z --where z=w*x --at w=1", "'x'", "no value was given", "give it as x=…"),
    Refused("explain a --where a=z+1 z=1", "'z'", "no value was given", "give it as z=…"),
    Refused("explain x --where x=1 x=2", "two values", "x", "give it one"),
    Refused("explain x --at x=1 --where x=2", "two values", "x", "give it one"),
    Refused("explain x --at x=1 --where z=x+1 a=2", "z, a", "does not contain", "leave it out"),
    Refused("explain x --at x=1 --latex --json", "--json", "not allowed with argument", "--latex"),
    Refused("explain x --at x=1 --tree --wrt x", "--tree", "show the whole graph", "leave out --wrt"),
    Refused("explain x --at x=1 --steps --written-out", "--steps", "show the whole graph", "--written-out"),
    Refused(
        "explain x --at x=1 --steps breadth", "'breadth'", "no order is named", "topological, depth-first"
    ),
    Refused("explain x --at x=1 --html p.txt", "got 'p.txt'", "a file that ends in .html", HELP),
    Refused("explain x --at x=1 --html no/p.html", "no/p.html", "there is no folder 'no'", "make it first"),
    Refused("explain x --at x=1 --html folder.html", "'folder.html'", "a file to write", "add a name"),
]

TRACE = [
    Refused("trace --sizes 1,x", "got 'x'", "a whole number", HELP),
    Refused("trace --sizes 1,0,1", "got 0", "a whole number of 1 or more", HELP),
    Refused("trace --sizes=1,-1", "got '-1'", "a whole number", HELP),
    Refused("trace --sizes 3", "got '3'", "at least input and output", "as in 2,3,1"),
    Refused("trace --sizes 1_0,1", "got '1_0'", "a whole number", HELP),
    Refused("trace --sizes " + "9" * 5000, "got '9999", "a whole number of at most 100 digits", HELP),
    Refused("trace --x 1_0", "got '1_0'", "a finite number", HELP),
    Refused("trace --seed ٣", "got '٣'", "a whole number", HELP),
    Refused("trace --sizes ''", "got ''", "a whole number", HELP),
    Refused("trace --sizes 3x1", "got '3x1'", "a whole number", HELP),
    Refused("trace --sizes 99999,99999", "9,999,900,000 parameters", "at most 5,000", "smaller layers"),
    Refused("trace --activation tahn", "'tahn'", "no activation is named", "choose one of linear"),
    Refused("trace --output-activation softmax", "'softmax'", "no activation is named", "choose one of"),
    Refused("trace --cost mse", "'mse'", "no cost is named", "choose one of squared_error"),
    Refused("trace --seed x", "got 'x'", "a whole number", HELP),
    Refused("trace --seed 1.5", "got '1.5'", "a whole number", HELP),
    Refused("trace --lr fast", "got 'fast'", "a finite number", HELP),
    Refused("trace --lr nan", "got 'nan'", "a finite number", HELP),
    Refused("trace --lr=-0.1", "got '-0.1'", "a finite number of 0 or more", HELP),
    Refused("trace --show=-1", "got '-1'", "a whole number", HELP),
    Refused("trace --x 1,a", "got 'a'", "a finite number", HELP),
    Refused("trace --x inf", "got 'inf'", "a finite number", HELP),
    Refused("trace --x 1,2", "got 2", "--x needs 1 numbers", "for these sizes"),
    Refused("trace --y 1,2", "got 2", "--y needs 1 numbers", "for these sizes"),
    Refused("trace --set w", "got 'w'", "NAME=NUMBER", "as in w^(1)=0.5"),
    Refused("trace --set =1", "got '=1'", "NAME=NUMBER", "as in w^(1)=0.5"),
    Refused("trace --set 'w^(1)=x'", "got 'x'", "a finite number", HELP),
    Refused("trace --set 'w^(1)='", "got ''", "a finite number", HELP),
    Refused("trace --set 'w_00^(1)=1'", "w_00^(1)", "does not fit the model", "unknown"),
    Refused("trace --cost hinge --y 0", "got 0.0", "a label", "−1 or 1"),
    Refused("trace --cost log_likelihood --y 2", "got 2.0", "a probability", "from 0 to 1"),
    Refused(
        "trace --cost log_likelihood --activation linear --x=9",
        "operand 0 =",
        "outside its domain",
        "0 < a < 1",
    ),
    Refused("trace --activation linear --x 1e200", "C_0 is inf", "has no derivatives", "try smaller numbers"),
    Refused(
        "trace --activation sin --x 1e308 --set 'w^(1)=1e308'", "x = inf", "outside its domain", "finite x"
    ),
    Refused("trace --data xor.csv --sizes 2,1 --x 1,2", "--x", "--data brings the examples", "leave out"),
    Refused("trace --data xor.csv", "got 3", "expected 2 columns", "xor.csv, line 1"),
    Refused("trace --data text.csv --sizes 1,1", "got 'b'", "a finite number", "line 2, column 2"),
    Refused("trace --data ragged.csv --sizes 1,1", "got 1", "expected 2 columns", "line 2"),
    Refused(
        "trace --data semicolons.csv --sizes 2,1", "got 1", "expected 3 columns", "commas separate columns"
    ),
    Refused("trace --data empty.csv --sizes 1,1", "empty.csv", "holds no rows", "of numbers"),
    Refused("trace --data nowhere.csv", "nowhere.csv", "No such file", "or directory"),
    Refused("trace --data folder", "folder", "Is a directory", "chainrule trace"),
    Refused("trace --weights nowhere.json", "nowhere.json", "No such file", "or directory"),
    Refused("trace --weights folder", "folder", "Is a directory", "chainrule trace"),
    Refused("trace --weights xor.csv", "xor.csv", "JSON", "numbers"),
    Refused("trace --weights other.json", "other.json", "does not fit the model", "unknown w, b"),
    Refused("trace --svg g.bmp", "got 'g.bmp'", "a file that ends in .svg", HELP),
    Refused("trace --svg ''", "got ''", "a file that ends in .svg", HELP),
    Refused("trace --svg no/such/g.svg", "no/such/g.svg", "there is no folder 'no/such'", "make it first"),
    Refused("trace --svg g.svg --html no/p.html", "no/p.html", "there is no folder 'no'", "make it first"),
    Refused("trace --json --html no/p.html", "no/p.html", "there is no folder 'no'", "make it first"),
    Refused("trace --html g.svg", "got 'g.svg'", "a file that ends in .html", HELP),
    Refused(
        "trace --svg g.svg --html p.html --sizes 30,30,30",
        "values",
        "too many to step through",
        "of a smaller network",
    ),
]

TRAIN = [
    Refused("train", "chainrule train", "the following arguments are required", "name"),
    Refused("train nowhere.csv", "nowhere.csv", "No such file", "or directory"),
    Refused("train folder", "folder", "Is a directory", "chainrule train"),
    Refused("train text.csv", "got 'b'", "a finite number", "line 2, column 2"),
    Refused("train ragged.csv", "got 1", "expected 2 columns", "line 2"),
    Refused("train empty.csv", "empty.csv", "holds no rows", "of numbers"),
    Refused("train xor.csv --outputs 3", "has 3 columns", "at least one input and 3", "(--outputs)"),
    Refused("train xor.csv --outputs 0", "got 0", "a whole number of 1 or more", HELP),
    Refused("train xor --outputs 2", "got 2", "--outputs is for a CSV file", "leave it out"),
    Refused("train xor --epochs 0", "got 0", "a whole number of 1 or more", HELP),
    Refused("train xor --epochs many", "got 'many'", "a whole number", HELP),
    Refused("train xor --epochs 1e3", "got '1e3'", "a whole number", HELP),
    Refused("train xor --batch-size 0", "got 0", "a whole number of 1 or more", HELP),
    Refused("train xor --hidden a", "got 'a'", "a whole number", HELP),
    Refused("train xor --hidden 4,0", "got 0", "a whole number of 1 or more", HELP),
    Refused(
        "train xor --hidden 1000000000", "4,000,000,001 parameters", "at most 1,000,000", "smaller layers"
    ),
    Refused("train xor --activation x", "'x'", "no activation is named", "choose one of linear"),
    Refused("train xor --cost x", "'x'", "no cost is named", "choose one of squared_error"),
    Refused(
        "train xor --cost softmax_cross_entropy",
        "got 1",
        "each of several classes",
        "binary_cross_entropy_from_logits",
    ),
    Refused("train pairs.csv --cost binary_cross_entropy", "got 2.0", "a probability", "from 0 to 1"),
    Refused("train pairs.csv --cost hinge", "got 2.0", "a label", "−1 or 1"),
    Refused("train xor --optimizer sgd", "'sgd'", "no optimizer is named", "choose one of gd, adam"),
    Refused("train xor --lr=-1", "got '-1'", "a finite number of 0 or more", HELP),
    Refused("train xor --lr nan", "got 'nan'", "a finite number", HELP),
    Refused("train xor --stop-below x", "got 'x'", "a finite number", HELP),
    Refused("train xor --seed 0.5", "got '0.5'", "a whole number", HELP),
    Refused("train xor --save no/m.json", "no/m.json", "there is no folder 'no'", "make it first"),
    Refused("train xor --save folder", "'folder'", "a file to write", "add a name"),
    Refused("train xor --save ''", "''", "a file to write", "add a name"),
    Refused("train xor --plot no/p.png", "no/p.png", "there is no folder 'no'", "make it first"),
    Refused("train xor --plot p.xyz", "'p.xyz'", "the ending must be one of", "png"),
    Refused("train xor --html no/t.html", "no/t.html", "there is no folder 'no'", "make it first"),
    Refused("train xor --html t.svg", "got 't.svg'", "a file that ends in .html", HELP),
]

LINES = [*COMMANDS, *EXPLAIN, *TRACE, *TRAIN]
