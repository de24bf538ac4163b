"""A reader of printed formulas: works out what LaTeX, text or HTML says, knowing nothing of how it was set.

The symbols are given as they are printed, with their numbers; functions are those of the oracle. A product
binds tighter than a sum, a power tighter than a product; a function is a name right before its bracket. Dots
between terms of a sum are what they let a reader infer: the same term, with an index that runs without a gap.
"""

import re
from collections.abc import Callable, Mapping
from html import unescape
from itertools import combinations, count
from typing import Any

from mpmath import mp, mpf
from oracle import ORACLE, PARAMETERS

Function = Callable[..., Any]
Names = Mapping[str, Any]

DEFAULTS = {"leaky_relu": mpf("0.01"), "elu": mpf(1)}
"""What the page of rules says of a parameter that is not shown."""


def _with_default(name: str, function: Function) -> Function:
    return lambda x, parameter=DEFAULTS[name]: function(x, parameter)


PRINTED = {
    "σ": "sigmoid", "ReLU": "relu", "ln": "log", "log₂": "log2", "log₁₀": "log10", "arcsin": "asin",
    "arccos": "acos", "arctan": "atan", "arsinh": "asinh", "arcosh": "acosh", "artanh": "atanh",
}  # fmt: skip
FUNCTIONS: dict[str, Function] = {
    **{name: found for name, (found, operands) in ORACLE.items() if len(operands) == 1},
    **{name: _with_default(name, ORACLE[name][0]) for name in PARAMETERS if name in DEFAULTS},
    **{printed: ORACLE[name][0] for printed, name in PRINTED.items()},
    "max": max,
    "min": min,
    "sign": mp.sign,
    "atan2": mp.atan2,
}
CONSTANTS = {"e": mp.e, "π": mp.pi, "∞": mp.inf, "nan": mp.nan, "½": mpf("0.5")}
LATEX_NAMES = {r"\sigma": "σ", r"\log_2": "log₂", r"\log_{10}": "log₁₀"}
LATEX_WORDS = {
    r"\left": "", r"\right": "", r"\cdot": "·", r"\pi": "π", r"\infty": "∞", r"\text{nan}": "nan",
    r"\lt": "<", r"\le": "≤", r"\gt": ">", r"\ge": "≥", r"\dots": "…",
    r"\sum": "Σ", r"\sqrt": "√", r"\begin{cases}": "cases", r"\text{otherwise}": "otherwise",
}  # fmt: skip
TIED = mpf("1e-12")
"""Numbers so near, relative to the larger of them and 1, are equal: a name stands for a float, a maximum say,
and the operand that it equals is worked out exactly."""


def _tied(x: Any, y: Any) -> bool:
    return bool(x == y or abs(x - y) <= TIED * max(1, abs(x), abs(y)))


COMPARED = {
    "<": lambda x, y: x < y and not _tied(x, y),
    "≤": lambda x, y: x <= y or _tied(x, y),
    ">": lambda x, y: x > y and not _tied(x, y),
    "≥": lambda x, y: x >= y or _tied(x, y),
    "=": _tied,
}
LATEX_TOKENS = (
    r"\\operatorname\{[^}]*\}'?|\\text\{(?:otherwise|nan|… [\d,]+ more …)\}|\\(?:begin|end)\{cases\}"
    r"|\\log_2|\\log_\{10\}|\\left\||\\right\||\\[a-zA-Z]+'?|\\\\|\d+(?:\.\d+)?"
    r"|[a-zA-Z](?:_(?:\w|\{[\w,]+\}))?(?:\^\{\([\w-]+\)\})?|\S"
)
TEXT_TOKENS = (
    r"… [\d,]+ more …|\d+(?:\.\d+)?(?:e[−+]\d+)?|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|Σ_\w|(?:if|else|nan)\b"
    r"|[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹](?:[^\W⁰¹²³⁴⁵⁶⁷⁸⁹])*′?(?:\^\(\d+\))?|\S"
)
NO_LONGER_WORD = r"(?![^\W⁰¹²³⁴⁵⁶⁷⁸⁹]|_|\^\{?\(\w)"
E_NOTATION = re.compile(r"[\d.]+e[−+]\d+")
"""A number that is no base of a power without brackets: in 1e+10², the 10 alone is raised."""
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
DIGITS = 6
"""Significant digits of a printed number: fewer say that the next ones are 0."""
MOST_INFERRED = 1000
"""Terms that dots may stand for."""


class Cut(Exception):  # noqa: N818  (it is no error)
    """The formula says itself that it leaves out something."""


class Reading:
    """What a formula says, worked out as often as one likes."""

    def __init__(self, tokens: list[str], names: Names, functions: Mapping[str, Function] | None) -> None:
        if any("more …" in token for token in tokens):
            raise Cut
        self._parser = _Parser(tokens, names, FUNCTIONS | dict(functions or {}))
        self._evaluate = self._parser.all()

    def value(self) -> Any:
        """The number that the formula stands for, its numbers taken as they are printed."""
        return self._evaluate({})

    def uncertainty(self) -> Any:
        """By how much it may be off as numbers are printed with six digits.

        Each number is moved by half a unit of its last digit; so are all, for those of which one is chosen.
        A move that leads to a part without a number, which the formula does not choose, says nothing.
        """
        halves = {k: _half_of_last_digit(x) for k, x in enumerate(self._parser.numbers)}
        each = [{k: half} for k, half in halves.items()]
        all_ = [halves, {k: -half for k, half in halves.items()}]
        middle = self.value()
        found = [self._evaluate({"moved": moved}) for moved in (*each, *all_)]
        return sum(abs(x - middle) for x in found if not mp.isnan(x))


def _half_of_last_digit(printed: Any) -> Any:
    if not printed or not mp.isfinite(printed):
        return mpf(0)
    return mpf(10) ** (mp.floor(mp.log10(abs(printed))) - DIGITS + 1) / 2


def latex_reading(text: str, names: Names, functions: Mapping[str, Function] | None = None) -> Reading:
    """LaTeX, read."""
    tokens = [_normal(token) for token in _tokens(LATEX_TOKENS, text.replace(r"\;", ""), names)]
    return Reading([token for token in tokens if token], names, functions)


def text_reading(text: str, names: Names, functions: Mapping[str, Function] | None = None) -> Reading:
    """Text, read; ``Σ_k`` runs as far as there are symbols."""
    return Reading(_tokens(TEXT_TOKENS, text, names), names, functions)


def html_as_text(html: str) -> str:
    """HTML as one would type it: what is lowered after ``_``, what is raised after ``^``."""
    plain = re.sub(r"<sub>(.*?)</sub>", r"_\1", html.replace("<i>", "").replace("</i>", ""))
    while "<sup>" in plain:
        plain = re.sub(r"<sup>(\(\w+\))</sup>", r"^\1", plain)
        plain = re.sub(r"<sup>((?:(?!</?sup>).)*)</sup>", r"^{\1}", plain)
    return unescape(plain)


def read_latex(text: str, names: Names, functions: Mapping[str, Function] | None = None) -> Any:
    """The number that LaTeX stands for."""
    return latex_reading(text, names, functions).value()


def read_text(text: str, names: Names, functions: Mapping[str, Function] | None = None) -> Any:
    """The number that text stands for."""
    return text_reading(text, names, functions).value()


def _tokens(pattern: str, text: str, names: Names) -> list[str]:
    """The tokens; a symbol that is given goes before what it begins with, but ends where a word does."""
    plain = re.compile(pattern)
    unusual = [name for name in names if not plain.fullmatch(name)]
    known = [re.escape(name) + NO_LONGER_WORD for name in sorted(unusual, key=len, reverse=True)]
    return re.findall("|".join([*known, pattern]), text)


def _normal(token: str) -> str:
    """A token of LaTeX as that of text which says the same."""
    if token in {r"\left|", r"\right|"}:
        return "|"
    stem = token.removesuffix("'")
    if stem.startswith(r"\operatorname"):
        stem = stem[len(r"\operatorname{") : -1].replace(r"\_", "_")
    stem = LATEX_WORDS.get(stem, LATEX_NAMES.get(stem, stem))
    known = stem[1:] if stem.startswith("\\") and stem[1:] in FUNCTIONS else stem
    return ("−" if known == "-" else known) + "′" * token.endswith("'")


Env = dict[str, Any]
"""The numbers of running indices by letter, and by how much printed numbers are ``moved``."""
Evaluate = Callable[[Env], Any]


class _Parser:
    """One pass over the tokens, from left to right, which makes functions of the running indices."""

    def __init__(self, tokens: list[str], names: Names, functions: Mapping[str, Function]) -> None:
        self.tokens, self.names, self.functions = tokens, names, functions
        self.at = 0
        self.inside_bars = False
        self.numbers: list[Any] = []

    def all(self) -> Evaluate:
        value = self.choice()
        assert self.at == len(self.tokens), f"left over: {self.tokens[self.at :]} of {self.tokens}"
        return value

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.next
        assert token, f"ends too early: {self.tokens}"
        assert expected in {"", token}, f"{expected!r} expected, not {token!r}, in {self.tokens}"
        self.at += 1
        return token

    def choice(self) -> Evaluate:
        """``x if condition else y``, or a sum."""
        value = self.sum()
        if self.next != "if":
            return value
        self.take("if")
        holds = self.condition()
        self.take("else")
        other = self.choice()
        return lambda env: value(env) if holds(env) else other(env)

    def condition(self) -> Callable[[Env], bool]:
        """A chain of comparisons."""
        sides, signs = [self.sum()], []
        assert self.next in COMPARED
        while self.next in COMPARED:
            signs.append(COMPARED[self.take()])
            sides.append(self.sum())

        def holds(env: Env) -> bool:
            xs = [side(env) for side in sides]
            return all(compare(x, y) for compare, x, y in zip(signs, xs, xs[1:], strict=False))

        return holds

    def sum(self) -> Evaluate:
        terms = [self.term(-1 if self.next == "−" and self.take() else 1)]
        while self.next in {"+", "−"}:
            sign = 1 if self.take() == "+" else -1
            if self.next == "…":
                terms += self.inferred(terms)
            else:
                terms.append(self.term(sign))
        parts = [(sign, value) for sign, value, _ in terms]
        return lambda env: sum((sign * value(env) for sign, value in parts), mpf(0))

    def term(self, sign: int) -> tuple[int, Evaluate, list[str]]:
        """A term with its sign and its tokens."""
        start = self.at
        value = self.product()
        return sign, value, self.tokens[start : self.at]

    def inferred(self, terms: list[Any]) -> list[Any]:
        """The terms that dots stand for, between the two before and the one after them."""
        self.take("…")
        sign = 1 if self.take() == "+" else -1
        last = self.term(sign)
        (sign_1, _, first), (sign_2, _, second) = terms[-2:]
        assert sign_1 == sign_2 == sign, f"dots between terms of different signs, in {self.tokens}"
        assert len(first) == len(second) == len(last[2]), f"dots between unlike terms, in {self.tokens}"
        columns = [_progression(*tokens) for tokens in zip(first, second, last[2], strict=True)]
        lengths = {len(column) for column in columns if len(column) > 1}
        assert len(lengths) == 1, f"nothing can be inferred from dots in {self.tokens}"
        found = []
        for k in range(2, lengths.pop() - 1):
            tokens = [column[k] if len(column) > 1 else column[0] for column in columns]
            inner = _Parser(tokens, self.names, self.functions)
            inner.numbers = self.numbers
            found.append((sign, inner.product(), tokens))
        return [*found, last]

    def product(self) -> Evaluate:
        value = self.power()
        while self.next == "/" or self.factor_follows():
            if self.next == "/":
                self.take()
                value = _divided(value, self.power())
            else:
                if self.next == "·":
                    self.take()
                value = _multiplied(value, self.power())
        return value

    def factor_follows(self) -> bool:
        ends = {"", "+", "−", ")", "}", ",", "&", r"\\", r"\end{cases}", "if", "else", *COMPARED}
        return self.next not in ends and not (self.inside_bars and self.next == "|")

    def power(self) -> Evaluate:
        first = self.next
        base = self.atom()
        raised = bool(self.next) and self.next[0] in "^⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
        assert not (raised and E_NOTATION.fullmatch(first)), f"{first} needs brackets, in {self.tokens}"
        if raised and self.next != "^":
            n = int(self.take().translate(RAISED))
            return lambda env: mp.power(base(env), n)
        if self.next != "^":
            return base
        self.take()
        before = len(self.numbers)
        exponent = self.atom()
        if all(x == int(x) for x in self.numbers[before:]):  # the 2 of x^2 is meant so
            self.numbers[before:] = [mpf(0)] * (len(self.numbers) - before)
        return lambda env: mp.power(base(env), exponent(env))

    def atom(self) -> Evaluate:
        word = self.take()
        if word in {"(", "{"}:
            return self.bracketed({"(": ")", "{": "}"}[word])
        if word == "|":
            return self.absolute()
        if word[0].isdigit():
            return self.number(mpf(word.replace("−", "-")))
        if word.startswith("Σ"):
            return self.series(word)
        special = {"√": self.root, r"\frac": self.fraction, "cases": self.cases}
        return special[word]() if word in special else self.named(word)

    def number(self, printed: Any) -> Evaluate:
        k = len(self.numbers)
        self.numbers.append(printed)

        return lambda env: printed + env.get("moved", {}).get(k, 0)

    def root(self) -> Evaluate:
        x = self.atom()
        return lambda env: mp.sqrt(x(env))

    def bracketed(self, end: str) -> Evaluate:
        bars, self.inside_bars = self.inside_bars, False
        value = self.choice()
        self.take(end)
        self.inside_bars = bars
        return value

    def absolute(self) -> Evaluate:
        bars, self.inside_bars = self.inside_bars, True
        x = self.choice()
        self.take("|")
        self.inside_bars = bars
        return lambda env: abs(x(env))

    def named(self, token: str) -> Evaluate:
        """A function of what follows in brackets, a symbol or a constant."""
        if token in self.names:
            return lambda _: self.names[token]
        if token in CONSTANTS:
            return lambda _: CONSTANTS[token]
        if self.next == "(" and token.removesuffix("′") in self.functions:
            return self.call(token)
        return lambda env: self.names[_counted(token, env)]

    def call(self, name: str) -> Evaluate:
        self.take("(")
        bars, self.inside_bars = self.inside_bars, False  # as in other brackets, a bar begins |x| here
        operands = [self.choice()]
        while self.next == ",":
            self.take()
            operands.append(self.choice())
        self.take(")")
        self.inside_bars = bars
        function = self.functions[name.removesuffix("′")]
        if not name.endswith("′"):
            return lambda env: function(*(x(env) for x in operands))

        def slope(env: Env) -> Any:
            x, *parameters = (operand(env) for operand in operands)
            return mp.diff(lambda t: function(t, *parameters), x)

        return slope

    def fraction(self) -> Evaluate:
        top = self.atom()
        return _divided(top, self.atom())

    def cases(self) -> Evaluate:
        r"""Lines of a value and its condition, between ``cases`` and ``\end{cases}``."""
        lines: list[tuple[Evaluate, Callable[[Env], bool]]] = []
        while True:
            value = self.choice()
            self.take("&")
            if self.next == "otherwise":
                self.take()
                self.take(r"\end{cases}")
                lines.append((value, lambda _: True))
                return lambda env: next(value for value, holds in lines if holds(env))(env)
            lines.append((value, self.condition()))
            self.take(r"\\")

    def series(self, sign: str) -> Evaluate:
        """The sum over an index, from 0 to the bound, or through all symbols there are."""
        letter, last = (sign[-1], None) if sign != "Σ" else self.bounds()
        term = self.product()

        def value(env: Env) -> Any:
            sum_ = mpf(0)
            for k in count() if last is None else range(last + 1):
                try:
                    sum_ += term(env | {letter: k})
                except KeyError:
                    if last is None:
                        return sum_
                    raise
            return sum_

        return value

    def bounds(self) -> tuple[str, int]:
        letter = self.take("_") and self.take("{") and self.take()
        for expected in ("=", "0", "}", "^", "{"):
            self.take(expected)
        last = int(self.take())
        self.take("}")
        return letter, last


def _counted(token: str, env: Env) -> str:
    """The symbol with the running indices in place of their letters."""
    stem, _, rest = token.partition("_")
    below, _, above = rest.partition("^")
    shown = "".join(str(env.get(letter, letter)) for letter in below)
    if "{" in below and len(shown) == 3:  # one sign needs no braces
        shown = shown[1:-1]
    return f"{stem}_{shown}" + (f"^{above}" if above else "")


def _progression(first: str, second: str, last: str) -> list[str]:
    """The tokens from the first to the last, if one number counts in all three; one if they are equal."""
    if first == second == last:
        return [first]
    for start, end in combinations(range(len(first) + 1), 2):
        if first[start:end].isdecimal():
            shown = [f"{first[:start]}{int(first[start:end]) + k}{first[end:]}" for k in range(MOST_INFERRED)]
            if shown[1] == second and last in shown:
                return shown[: shown.index(last) + 1]
    raise AssertionError(f"nothing runs from {first} over {second} to {last}")


def _multiplied(x: Evaluate, y: Evaluate) -> Evaluate:
    return lambda env: x(env) * y(env)


def _divided(x: Evaluate, y: Evaluate) -> Evaluate:
    """The quotient; by 0 the limit from above."""

    def value(env: Env) -> Any:
        top, bottom = x(env), y(env)
        return top / bottom if bottom else top * mp.inf

    return value
