"""What is fuzzed: expressions, CSV files and model files, as the command line and ``nn`` read them.

Each target takes bytes, and ends in silence or in an assertion. What may be raised is caught by name.
"""

import csv
import io
import json
import math
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from fuzz_labels import LABELS

from chainrule.cli import main
from engine import Value, graph
from engine.parsing.grammar import FORMS
from engine.parsing.parser import names_in, parse
from nn import MLP, Module, data
from nn import module as files

NUMBERS = (0.5, -1.25, 2.0, 0.0, 1e308, -3.0)
FORMS_OF_OUTPUT = ((), ("--latex",), ("--json",), ("--tree",), ("--steps",), ("--written-out",))
WRONG_USE = 2


def expressions(content, folder, guard):
    """``parse``, then ``chainrule explain`` in one of its forms: a result, or one line that says why not."""
    del folder
    form, text = content[:1], content[1:].decode(errors="surrogateescape")
    with guard.watching():
        try:
            parse("1", {text: 2.0})
        except ValueError as error:
            assert_is_a_message(error)
        else:
            raise AssertionError("a name that does not occur was accepted")
        try:
            names = [name for name in names_in(text) if name not in {"pi", "π", "e"}]
            numbers = {name: NUMBERS[k % len(NUMBERS)] for k, name in enumerate(names)}
            C = parse(text, numbers)
        except (ValueError, ArithmeticError) as error:
            assert_is_a_message(error)
            return
        assert isinstance(C, Value)
        if len(graph.topological_order(C)) > 40:
            return
        flags = FORMS_OF_OUTPUT[sum(form) % len(FORMS_OF_OUTPUT)]
        settings = [f"{name}={x}" for name, x in numbers.items()]
        told = run("explain", *flags, *["--at", *settings][: 2 * len(settings)], "--", text)
        if flags == ("--json",) and told:
            json.loads(told)


def csv_file(content, folder, guard):
    """``read_csv``: a table of finite numbers, or DataError; what is small is trained on, too."""
    path = folder / "fuzz.csv"
    path.write_bytes(content)
    with guard.watching({str(path)}.__contains__):
        try:
            rows = data.read_csv(path)
        except data.DataError as error:
            assert_is_a_message(error, path)
            return
    assert rows
    assert {len(row) for row in rows} == {len(rows[0])}
    assert all(type(x) is float and math.isfinite(x) for row in rows for x in row)
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    path.write_text(written.getvalue(), encoding="utf-8", newline="")
    assert bits(data.read_csv(path)) == bits(rows)
    if len(rows) <= 6 and len(rows[0]) <= 4:
        path.write_bytes(content)
        model = str(folder / "fuzz-model.json")
        with guard.watching({str(path)}.__contains__, replacing(model)):
            run("train", str(path), "--epochs", "1", "--hidden", "2", "--save", model)


class Named(Module):
    """A model of one's own, whose names are none of ours."""

    def __init__(self):
        self.held = {"a": Value(0.5, label="a"), "b": [Value(-0.0), Value(2.0)]}


def model_file(content, folder, guard):
    """``load`` and ``from_file``: what the file says, to the bit, or ModelFileError and nothing changed.

    After a byte 1 each byte is a word of a model file, since few bytes by chance are JSON.
    """
    path, copy = folder / "fuzz.json", folder / "copy.json"
    if content[:1] == b"\1":
        content = " ".join(WORDS[byte % len(WORDS)] for byte in content[1:]).encode()
    path.write_bytes(content)
    for model in (MLP(1, [1]), Named()):
        for parameter in model.parameters():
            parameter.grad = 0.25
        before = whole(model)
        with guard.watching({str(path)}.__contains__):
            try:
                model.load(path)
            except files.ModelFileError as error:
                assert_is_a_message(error, path)
                assert whole(model) == before
                continue
        assert model.state_dict() == stated(content)
        assert [state[1:] for state in whole(model)] == [state[1:] for state in before]
        assert_can_be_saved(model, copy, guard)
    with guard.watching({str(path)}.__contains__):
        try:
            found = MLP.from_file(path)
        except files.ModelFileError as error:
            assert_is_a_message(error, path)
            return
    assert found.state_dict() == stated(content)
    assert_can_be_saved(found, copy, guard)
    again = MLP.from_file(copy)
    assert (repr(again), again.architecture()) == (repr(found), found.architecture())


def assert_can_be_saved(model, path, guard):
    numbers = [x.hex() for x in model.state_dict().values()]
    assert all(map(math.isfinite, model.state_dict().values()))
    with guard.watching({str(path)}.__contains__, replacing(path)):
        model.save(path)
        model.load(path)
    assert [x.hex() for x in model.state_dict().values()] == numbers


def replacing(path):
    """Whether a file is the one that is saved, or the one that takes its place."""
    temporary = str(Path(path).with_name(".chainrule-"))
    return lambda touched: touched == str(path) or touched.startswith(temporary)


def stated(content):
    """The numbers of a model file, as JSON's own reader finds them."""
    model = json.loads(content)
    return {name: float(x) for name, x in model.get("parameters", model).items()}


def whole(model):
    """All that a parameter has, to the bit."""
    return [(p.data.hex(), p.grad.hex(), p.label, p.parents) for p in model.parameters()]


def bits(rows):
    return [[x.hex() for x in row] for row in rows]


def run(*arguments):
    """What a command prints: text that no terminal obeys; one line of error where it cannot be done."""
    out, wrong = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(wrong):
        code = main(arguments)
    assert code in {0, WRONG_USE}
    if code == WRONG_USE:
        assert wrong.getvalue().startswith(f"chainrule {arguments[0]}: ")
        assert wrong.getvalue().count("\n") == 1
    assert_is_text(out.getvalue() + wrong.getvalue())
    return out.getvalue()


def assert_is_a_message(error, path=""):
    """One line, short enough to be read, with the path; nothing in it that a terminal obeys."""
    text = str(error)
    assert str(path) in text
    assert len(text) < len(str(path)) + 500
    assert "\n" not in text
    assert_is_text(text)


def assert_is_text(text):
    bad = {c for c in text if not c.isprintable()} - {"\n"}
    assert not bad, f"{sorted(bad)!a} in {text!a}"


MODEL = {
    "format": "chainrule model",
    "version": 1,
    "architecture": {"sizes": [1, 1], "activation": "relu", "output_activation": "linear", "bias": True},
    "parameters": {"w^(1)": 0.25, "b^(1)": -1},
}


WORDS = [
    "{", "}", "[", "]", ",", ":", "0", "1", "2", "-1", "0.25", "-1e-3", "1e309", "NaN", "true", "false",
    "null", '"format"', '"chainrule model"', '"version"', '"architecture"', '"sizes"', '"activation"',
    '"relu"', '"linear"', '"bias"', '"output_activation"', '"parameters"', '"w^(1)"', '"b^(1)"', '"w^(2)"',
    '"b^(2)"', '"w_0^(1)"', '"w_1^(1)"', '"held.a"',
    '"cost"', '"hinge"', '"tied"',
]  # fmt: skip


def _in_words(model):
    found = re.findall(r'"[^"]*"|[{}\[\],:]|[^{}\[\],:\s]+', json.dumps(model))
    return b"\1" + bytes(WORDS.index(word) for word in found)


def _models():
    yield json.dumps(MODEL, indent=1)
    yield json.dumps({"held.a": 1, "held.b.0": -0.0, "held.b.1": 1e300})
    yield json.dumps(MODEL["parameters"])
    yield json.dumps(MODEL | {"version": 2})
    for change in (
        {"sizes": [10**9, 10**9]}, {"sizes": [[0], 10**9]}, {"sizes": ["a", 10**12]}, {"sizes": [1, 2, 1]},
        {"activation": "__class__"}, {"bias": "no"}, {"__reduce__": ["os.system", "true"]},
    ):  # fmt: skip
        yield json.dumps(MODEL | {"architecture": MODEL["architecture"] | change})
    yield '{"w^(1)": 1, "w^(1)": 2, "b^(1)": 1}'
    yield '{"w^(1)": 1' + "0" * 5000 + ', "b^(1)": NaN}'
    yield '{"w^(1)": 1e400, "b^(1)": ' + "[" * 2000 + "]" * 2000 + "}"
    yield '{"__class__": "nn.MLP", "\\ud800": "\\u001b[31m"}'
    yield '{"w^(1)": 1, "\\u0007": 2, "b^(1)": 1}'
    yield "\ufeff{}"


EXPRESSIONS = [
    "(sigmoid(w*a + b) - y)**2", "-x**2 + 3*(y - 1)/2", "max(x, y, 1) + mean([x, 2]) + clip(x, -1, hi=2)",
    "9**9**9**9", "1e400", "x x", "2^x", "__import__('os').system('true')", "().__class__", "log(0)/x",
    "dot([x, y], [y, 2]) + logsumexp(x, y)", "θ·x₁ − π", "x**0.5", "atan2(y, x)*e", "((((((x))))))",
    "squared_error(x, y)", "leaky_relu(x, 0.1)", "x\u2028\x00y", "x.__class__", "f'{x}'", "lambda: x",
    "Blog(0)/x", "exq(x)",
]  # fmt: skip
TABLES = [
    "1,2\n3,-4.5\n", "x,y\n1,2\n", "\ufeff1;2\n", '"1","2"\r\n"3","-4.5"', "1\r2\r", '"a\nb",c\n1,2\n',
    "nan,inf\n", "1,\n", "\n,\n 1 ,\t2\n", "1_0,0x1\n", '1,"2', '1,"2"3', "=1+1,@x\n", "1e999,-0\n",
]  # fmt: skip
TARGETS = LABELS | {
    "expressions": (
        expressions,
        [f"{k % 6}{text}".encode() for k, text in enumerate(EXPRESSIONS)],
        [*FORMS, "**", "pi", "w", "θ", "1e3", "x, y"],
    ),
    "csv": (
        csv_file,
        [text.encode() for text in TABLES] + ["1,2".encode("utf-16")],
        ['"', "\r\n", "nan", "1e"],
    ),
    "models": (
        model_file,
        [text.encode() for text in _models()]
        + [_in_words(model) for model in (MODEL, MODEL["parameters"], MODEL | {"version": 2})],
        ['"w^(1)"', '"b^(1)"', '"parameters"', '"sizes"', '"held.a"', "NaN", "1e309", "true", "null"],
    ),
}
"""By name: the target, its seeds, and words of its language."""
