"""What is not printable is nowhere shown raw, and a stream that lacks our signs gets ASCII instead."""

import io
import json
import math
import re
import sys
import unicodedata
from contextlib import suppress

import pytest
from fuzz_labels import neuron
from hypothesis import given
from hypothesis import strategies as st

import engine
import nn
from chainrule import cli
from engine import Value, draw, explain, forward, gradcheck, play, rules_table, steps, tree
from engine.characters import RAISED, SIGNS, escaped, printable, shown, spelled, visible
from engine.formula import whole
from engine.tape import Tape
from nn import trace

HOSTILE = {
    "escape sequence": "a\x1b]0;PWN\x07\x1b[2J",
    "control characters": "a\x00\x08\x7f\r",
    "C1": "a\x85\x9b31m",
    "line ends": "a\nb\u2028c\u2029d",
    "half a surrogate pair": "a\ud800b\udcff",
    "direction": "a\u202eb\u2066c\u200fd",
    "zero width": "a\u200bb\ufeffc\u00add\u2060",
    "spaces": "a\u00a0b\u3000c",
    "private and unassigned": "a\ue000b\U000e0001c\uffff",
}


def raw(text):
    """The characters of an output that may not be shown; its own are line ends and the tabs before a line."""
    return {c for c in re.sub(r"^\t+", "", text, flags=re.MULTILINE) if not c.isprintable()} - {"\n"}


def by_label(text):
    C, w, b = neuron([text, text * 2, text, text, text[::-1], text, text])
    return C, w, b


def by_operation(text):
    w = Value(0.5, label="w")
    z = Value(1.5, (w,), text, local_derivatives=(3.0,))
    C = Value(4.5, (z, w), text[::-1], local_derivatives=(3.0, 1.0))
    C.backward()
    return C, w, z


def as_texts(C, w, b):
    told = explain(C, w)
    parts = [forward(C), told, told.nested(), tree(C), *steps(C), whole(C), draw(C).table()]
    parts += [*told.paths, draw(C, highlight=w).table(), repr(C.explain(b))]
    return "\n".join(map(str, parts))


def as_data(C, w, _):
    return escaped(json.dumps([explain(C, w).to_dict(), forward(C).to_dict()], ensure_ascii=False))


OUTPUTS = {
    "texts": as_texts,
    "latex": lambda C, w, _: explain(C, w).latex() + forward(C).latex() + whole(C).latex(),
    "data": as_data,
    "svg": lambda C, w, _: draw(C, highlight=w).svg,
    "svg of a change": lambda C, *_: draw(C, C, legend=True).svg,
    "dot": lambda C, w, _: draw(C, highlight=w).dot,
    "notebook": lambda C, *_: draw(C)._repr_html_(),
    "page": lambda C, *_: play(C).html,
    "summary": lambda C, *_: draw(C, detail="summary").svg + draw(C, detail="summary").table(),
}


def texts_in(data):
    """Every text in plain data, the names of its parts too."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list | tuple):
        for part in [*data, *data.values()] if isinstance(data, dict) else data:
            yield from texts_in(part)


def sent(html):
    """Every text that a page's script is sent, and may show."""
    found = re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found
    return [text for data in found for text in texts_in(json.loads(data))]


@pytest.mark.parametrize("place", [by_label, by_operation])
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", HOSTILE)
def test_no_output_shows_what_is_not_printable(place, output, name):
    """Whatever a label or the name of an operation is: texts, pictures, pages and tables are printable."""
    text = OUTPUTS[output](*place(HOSTILE[name]))
    assert raw(text) == set()
    text.encode()
    if output == "page":
        assert [part for part in sent(text) if raw(part)] == []


def named(text):
    """A function that goes by this name."""

    def function(z):
        return z * z

    function.__name__ = text
    return function


@pytest.mark.parametrize("name", HOSTILE)
def test_functions_and_layers_of_any_name(name):
    """The account and the page of a training: an activation and a cost may have any name."""
    text = HOSTILE[name]
    model = nn.MLP(1, [2, 1], activation=named(text))
    cost = nn.losses.Cost(text, nn.losses.COSTS["squared_error"].function)
    told = trace(model, [[0.5]], [[1.0]], cost)
    assert raw(str(told)) == set()
    assert raw(repr(model)) == set()
    for k, parameter in enumerate(model.parameters()):
        parameter.label = text + str(k)
    history = nn.fit(model, [[0.5]], [[1.0]], cost=cost, epochs=2, record=True)
    labelled = [Value(0.5, label=text)], [Value(1.0, label=text)]
    for page in (
        nn.play_training(history),
        nn.play_training(history, examples=([labelled[0]], [labelled[1]])),
    ):
        assert raw(page.html) | set().union(*map(raw, sent(page.html))) == set()
    told = trace(model, [labelled[0]], [labelled[1]], cost)
    assert raw(str(told)) | set().union(*map(raw, texts_in(told.to_dict()))) == set()
    tape = Tape(model([0.5]), params=model.parameters())
    assert raw(str(tape)) == set()
    assert raw(tape.source()) == set()


class Foreign:
    """An object of a stranger, and of a class of any name."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def in_a_name(text):
    """What the system, or Python, takes as a name."""
    return re.sub("[\x00/\ud800-\udfff]", "", text)


def refusals(text):
    """Calls that refuse a foreign object, or a text, and quote it."""
    thing = type("Thing", (Foreign,), {})(text)
    type(thing).__name__ = in_a_name(text)
    w = Value(0.5, label="w")
    C = w * w
    model = nn.MLP(1, [1])
    return [
        lambda: tree(thing), lambda: explain(C, thing), lambda: forward(thing), lambda: draw(thing),
        lambda: draw(C, detail=thing), lambda: steps(C, thing), lambda: steps(C, text), lambda: Value(thing),
        lambda: w + (thing,),  # noqa: RUF005  (that is what is refused)
        lambda: explain(C, w, limit=thing), lambda: engine.parse(thing),
        lambda: engine.parse(text), lambda: engine.parse("w", {text: 1.0}), lambda: rules_table(text),
        lambda: Tape(C, params=[thing]), lambda: Tape(C, params=[w]).source(thing),
        lambda: nn.MLP(1, [1], activation=text), lambda: nn.fit(model, [0.0], [1.0], cost=text),
        lambda: nn.fit(model, [0.0], [thing]), lambda: nn.fit(thing, [0.0], [1.0]),
        lambda: model.load_state_dict({text: 1.0}), lambda: model.load_state_dict(thing),
        lambda: model.load_state_dict(model.state_dict() | {"w^(1)": thing}),
        lambda: model.save(f"/{in_a_name(text)}/m.json"), lambda: model.load(f"/{in_a_name(text)}"),
        lambda: nn.data.moons(thing), lambda: nn.Adam([thing], lr=0.1),
        lambda: engine.grad(C, thing), lambda: C.draw().save(f"g.{in_a_name(text)}"),
        lambda: Value(1.0, (w,), text).backward(), lambda: gradcheck(C, [thing]),
        lambda: Value(-1.0, label=text).log(),
    ]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_messages_are_printable(name):
    """Whatever a message quotes: text, names, the ``repr`` of a foreign object, the name of its class."""
    calls = refusals(HOSTILE[name])
    messages = [str(error) for call in calls if (error := raised(call))]
    assert [message for message in messages if not message.isprintable()] == []
    assert len(messages) == len(calls)


def raised(call):
    """The error that a call ends with."""
    try:
        call()
    except Exception as error:  # noqa: BLE001  (whatever it is, it is to be printable)
        return error
    return None


COMMANDS = [
    ["explain", "{}", "--at", "x=1"], ["explain", "x", "--at", "{}=1", "x=2"],
    ["explain", "x", "--at", "x={}"],
    ["explain", "x", "--at", "x=1", "--wrt", "{}"], ["explain", "x", "--at", "x=1", "--html", "{}.html"],
    ["explain", "x*x", "--at", "x=1", "--where", "{}=x"], ["trace", "--set", "{}w=3"],
    ["trace", "--svg", "{}.svg"],
    ["trace", "--weights", "{}"], ["trace", "--data", "{}.csv"], ["trace", "--activation", "{}"],
    ["trace", "--x", "{}"], ["trace", "{}"], ["{}"], ["train", "{}.csv"], ["train", "xor", "--seed", "{}"],
    ["train", "xor", "--epochs", "1", "--save", "{}"], ["train", "xor", "--epochs", "1", "--html", "{}.html"],
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_the_command_line_shows_nothing_raw(name, capsys, tmp_path, monkeypatch):
    """Whatever stands in an argument: files that are written, names, and all that is refused."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nn.progress.live", lambda: False)  # no bar, whatever another test has imported
    text = in_a_name(HOSTILE[name])
    for command in COMMANDS:
        with suppress(SystemExit):
            cli.main([argument.format(text) for argument in command])
        out, err = capsys.readouterr()
        assert raw(out) | raw(err) == set(), command
        assert out or err
        assert err.count("\n") <= 1


@given(st.text())
def test_printable_and_visible(text):
    """Both keep what is printable; one is longer, the other as long; JSON in escapes says the same."""
    assert printable(text).isprintable()
    assert visible(text).isprintable()
    assert len(visible(text)) == len(text)
    if text.isprintable():
        assert printable(text) == visible(text) == text
    quoted = escaped(json.dumps(text, ensure_ascii=False))
    assert quoted.isprintable()
    assert json.loads(quoted) == text or any(unicodedata.category(c) == "Cs" for c in text)


OURS = "".join([*SIGNS, *RAISED, "σδηθπΣΔ"])


@given(
    st.text(st.sampled_from(OURS + "xab_(), \n0123456789")),
    st.sampled_from(["ascii", "cp1252", "koi8-r", "gbk"]),
)
def test_our_signs_have_ascii(text, encoding):
    """Of what is ours nothing is left that such a stream lacks, and nothing is an escape or a question."""
    told = spelled(text, encoding)
    assert told.isascii()
    assert not set(told) & {"\\", "?"}
    assert told.count("\n") == text.count("\n")
    assert spelled(text, "utf-8") == spelled(text, None) == text


def test_all_that_we_write_has_ascii():
    """No sign that stands in a rule, its formula or its domain is an escape anywhere."""
    text = repr(rules_table())
    assert not text.isascii()
    assert "\\" not in spelled(text, "ascii")


def test_a_stream_without_a_known_encoding():
    """It is taken for ASCII."""
    assert spelled("−1", "no-such-code") == "-1"
    assert spelled("é", "no-such-code") == "\\xe9"


@given(st.integers(-30, 30), st.sampled_from(["ascii", "cp1252", "latin-1", "gbk"]))
def test_exponents_stay_whole(n, encoding):
    """cp1252 has ² and not ⁴: x²⁴ must not become x²^4, which is another number."""
    if n in {0, 1, -1}:
        return
    x = Value(1.5, label="x")
    told = spelled(str(whole(x**n)), encoding)
    power = eval(told.replace("^", "**"), {"x": 1.5})  # noqa: S307  (our own formula of one letter)
    assert math.isclose(power, 1.5**n)


class Narrow(io.StringIO):
    """A stream that says what it knows."""

    encoding = "cp1252"


def test_print_never_fails(monkeypatch):
    """``print`` of all texts: ASCII where standard output lacks our signs; data and files stay the same."""
    C, w, b = by_label("w_1")
    told = explain(C, w)
    things = [
        forward(C),
        told,
        told.nested(),
        tree(C),
        *steps(C),
        whole(C),
        draw(C).table(),
        gradcheck(C, [w, b]),
    ]
    things += [rules_table("tanh", "sigmoid"), Tape(C, params=[w]), *told.paths, *told.nested().equations]
    full = [str(thing) for thing in things]
    data = [told.to_dict(), forward(C).to_dict(), rules_table().to_dict(), rules_table().markdown()]
    files = [draw(C).svg, draw(C).dot, play(C).html, draw(C)._repr_html_()]
    stream = Narrow()
    monkeypatch.setattr(sys, "stdout", stream)
    for thing, text in zip(things, full, strict=True):
        print(thing)
        repr(thing).encode("ascii")
        stream.getvalue().encode("ascii")
        assert stream.getvalue().count("\n") >= text.count("\n")
    assert data == [told.to_dict(), forward(C).to_dict(), rules_table().to_dict(), rules_table().markdown()]
    assert files == [draw(C).svg, draw(C).dot, play(C).html, draw(C)._repr_html_()]
    monkeypatch.setattr(sys, "stdout", None)
    assert shown("∂") == "∂"


class Ascii(io.StringIO):
    """A stream that knows ASCII alone."""

    encoding = "ascii"


def test_columns_stand_in_ascii_too(monkeypatch):
    """Signs that are longer in ASCII, as sigmoid for σ, move no column, and no line is longer than 80."""
    monkeypatch.setattr(sys, "stdout", Ascii())
    model = nn.MLP(2, [6, 5], activation="sigmoid", output_activation="sigmoid")
    C = nn.losses.squared_error(model([0.5, -1.0]), [1.0, 0.0, 0.0, 0.0, 0.0])
    first, last = model.parameters()[0], model.parameters()[-1]
    told = explain(C, last)
    names, symbols, numbers, _ = str(told).splitlines()
    columns = [[k for k, c in enumerate(line) if c == "*"] for line in (names, symbols, numbers)]
    assert columns[0] == columns[1] == columns[2] != []
    assert "sigmoid'" in symbols
    heads = [line.index("=") for line in str(forward(C)).splitlines() if line[0] != " "]
    assert len(set(heads)) == 1
    matrix = str(told.matrix()).splitlines()
    assert matrix[0].index("=") == next(line.index("=") for line in matrix[1:] if "=" in line)
    table = str(trace(model, [0.5, -1.0], [1.0, 0.0, 0.0, 0.0, 0.0], show=0)).splitlines()
    nested = (explain(C, first), explain(C, first).nested(), explain(C, first).nested(delta=True))
    for line in [*table, *matrix, *(line for thing in nested for line in str(thing).splitlines())]:
        assert line.isascii()
        assert len(line) <= 80


def test_negative_numbers_stay(monkeypatch):
    """Every number of a text is in its ASCII too, and Python reads it."""
    C, *_ = by_label("")
    text = str(forward(C))
    monkeypatch.setattr(sys, "stdout", Narrow())
    told = str(forward(C))
    found = re.findall(r"−?\d+\.\d+", text)
    assert "−0.5" not in told
    assert [float(x.replace("−", "-")) for x in found] == [float(x) for x in re.findall(r"-?\d+\.\d+", told)]
