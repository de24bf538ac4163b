"""Rules as C text; that its numbers are right is for ``tests/trust/test_compiled.py``, which runs it."""

import pytest

from engine import rules
from engine.readings import floats
from engine.source.c import C, of_function, of_rule, word


def test_questions_about_parameters_are_guards():
    """What a rule asks about a parameter comes first, and Python decides if the answer is no."""
    text = of_rule(rules.power, ["x"])
    assert "double x, double n, double *data, double *by" in text
    assert text.index("if (!(n)) return 0;") < text.index("*data =")


def test_division_and_functions_take_the_flag():
    """Division is a call, as it raises in Python; an int is a double."""
    text = of_rule(rules.div, ["x", "y"])
    assert "f_div(x, y, &odd)" in text
    assert "f_div(1.0, y, &odd)" in text
    assert "return !odd && isfinite(*data) && isfinite(by[0]) && isfinite(by[1]);" in text
    assert "odd" not in of_rule(rules.mul, ["x", "y"])
    assert (C.number(2), C.number(float("inf")), C.number(float("-inf"))) == ("2.0", "INFINITY", "-INFINITY")
    assert C.number(float("nan")) == "NAN"


def test_an_operand_may_have_a_name_of_c():
    """A word of C, or of the text around, gets an underscore."""
    assert "rule_neg(double short_," in of_rule(rules.neg, ["short"])
    assert word("odd") == "odd_"


def test_python_without_a_counterpart_is_refused():
    """The generator says what it cannot translate."""
    with pytest.raises(NotImplementedError, match=r"no C is known for try:"):
        of_function("ieee_pow")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return x[0]", "no C is known for x[0]"),
        (
            "return x if -x < 1 <= 2 and x != x else math.inf",
            "((((-x) < 1.0 && 1.0 <= 2.0) && (x != x)) ? x : INFINITY)",
        ),
        ("x += 1", "no C is known for x += 1"),
        (
            "y = x\n    y = y\n    return math.copysign(x, y)",
            "    double y = x;\n    y = y;\n    return copysign(x, y);",
        ),
        (
            "if x == 0 or x > 2:\n        return 1 / x\n    return exp(x)",
            "{\n        return f_div(1.0, x, odd);\n    }",
        ),
        ("return x + 1 / math.inf", "    return (x + f_div(1.0, INFINITY, odd));"),
        ("return math.pow(x, 2)", "    return f_pow(x, 2.0, odd);"),
        ("raise ValueError", "    *odd = 1;\n    return NAN;"),
    ],
)
def test_statements_are_translated_one_by_one(tmp_path, monkeypatch, body, expected):
    """Assignments, conditions and calls as in Python; whatever raises there is odd here."""
    file = tmp_path / "made.py"
    file.write_text(f"def made(x):\n    'Docs.'\n    {body}\n", encoding="utf-8")
    found = {}
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), found)  # noqa: S102  (the text above)
    monkeypatch.setattr(floats, "made", found["made"], raising=False)
    try:
        text = of_function("made")
    except NotImplementedError as error:
        text = str(error)
    assert expected in text
