"""A reader of printed formulas: works out what LaTeX or text says, knowing nothing of how it was set.

The symbols are given as they are printed, with their numbers; functions are those of the oracle. A product
binds tighter than a sum, a power tighter than a product; a function is a name right before its bracket.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from mpmath import mp, mpf
from oracle import ORACLE

Function = Callable[..., Any]

PRINTED = {
    "σ": "sigmoid", "ReLU": "relu", "ln": "log", "log₂": "log2", "log₁₀": "log10", "arcsin": "asin",
    "arccos": "acos", "arctan": "atan", "arsinh": "asinh", "arcosh": "acosh", "artanh": "atanh",
}  # fmt: skip
FUNCTIONS: dict[str, Function] = {
    **{name: function for name, (function, operands) in ORACLE.items() if len(operands) == 1},
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
    r"\lt": "<", r"\le": "≤", r"\gt": ">", r"\ge": "≥",
    r"\sum": "Σ", r"\sqrt": "√", r"\begin{cases}": "cases", r"\text{otherwise}": "otherwise",
}  # fmt: skip
COMPARED = {
    "<": lambda x, y: x < y,
    "≤": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    "≥": lambda x, y: x >= y,
    "=": lambda x, y: x == y,
}
LATEX_TOKENS = (
    r"\\operatorname\{[^}]*\}'?|\\text\{(?:otherwise|nan)\}|\\(?:begin|end)\{cases\}"
    r"|\\log_2|\\log_\{10\}|\\left\||\\right\||\\[a-zA-Z]+'?|\\\\|\d+(?:\.\d+)?"
    r"|[a-zA-Z](?:_(?:\w|\{[\w,]+\}))?(?:\^\{\([\w-]+\)\})?|\S"
)
TEXT_TOKENS = (
    r"\d+(?:\.\d+)?(?:e[−+]\d+)?|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|Σ_\w|(?:if|else|nan)\b"
    r"|[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹](?:[^\W⁰¹²³⁴⁵⁶⁷⁸⁹])*′?(?:\^\(\d+\))?|\S"
)
NO_LONGER_WORD = r"(?![^\W⁰¹²³⁴⁵⁶⁷⁸⁹]|_|\^\{?\(\w)"
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def read_latex(text: str, names: Mapping[str, Any], functions: Mapping[str, Function] | None = None) -> Any:
    """The number that LaTeX stands for."""
    tokens = [_normal(token) for token in _tokens(LATEX_TOKENS, text.replace(r"\;", ""), names)]
    return _Reader([token for token in tokens if token], names, functions).all()


def read_text(text: str, names: Mapping[str, Any], functions: Mapping[str, Function] | None = None) -> Any:
    """The number that text stands for; ``Σ_k`` runs as far as there are symbols."""
    return _Reader(_tokens(TEXT_TOKENS, text, names), names, functions).all()


def _tokens(pattern: str, text: str, names: Mapping[str, Any]) -> list[str]:
    """The tokens; a symbol that is given goes before what it begins with, but ends where a word does."""
    known = [re.escape(name) + NO_LONGER_WORD for name in sorted(names, key=len, reverse=True)]
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


class _Reader:
    """One pass over the tokens, from left to right."""

    def __init__(
        self, tokens: list[str], names: Mapping[str, Any], functions: Mapping[str, Function] | None
    ) -> None:
        self.tokens = tokens
        self.names = names
        self.functions = FUNCTIONS | dict(functions or {})
        self.at = 0
        self.index: tuple[str, int] | None = None
        self.inside_bars = False

    def all(self) -> Any:
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

    def choice(self) -> Any:
        """``x if condition else y``, or a sum."""
        value = self.sum()
        if self.next != "if":
            return value
        self.take("if")
        holds = self.condition()
        self.take("else")
        other = self.choice()
        return value if holds else other

    def condition(self) -> bool:
        """A chain of comparisons."""
        left, holds = self.sum(), True
        assert self.next in COMPARED
        while self.next in COMPARED:
            compare = COMPARED[self.take()]
            right = self.sum()
            holds, left = holds and compare(left, right), right
        return holds

    def sum(self) -> Any:
        sign = -1 if self.next == "−" and self.take() else 1
        value = sign * self.product()
        while self.next in {"+", "−"}:
            sign = 1 if self.take() == "+" else -1
            value += sign * self.product()
        return value

    def product(self) -> Any:
        value = self.power()
        while self.next == "/" or self.factor_follows():
            if self.next == "/":
                self.take()
                value = _quotient(value, self.power())
            else:
                if self.next == "·":
                    self.take()
                value *= self.power()
        return value

    def factor_follows(self) -> bool:
        ends = {"", "+", "−", ")", "}", ",", "&", r"\\", r"\end{cases}", "if", "else", *COMPARED}
        return self.next not in ends and not (self.inside_bars and self.next == "|")

    def power(self) -> Any:
        base = self.atom()
        if self.next and self.next[0] in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹":
            return mp.power(base, int(self.take().translate(RAISED)))
        if self.next != "^":
            return base
        self.take()
        return mp.power(base, self.atom())

    def atom(self) -> Any:
        word = self.take()
        if word in {"(", "{"}:
            return self.bracketed({"(": ")", "{": "}"}[word])
        if word == "|":
            return self.absolute()
        if word[0].isdigit():
            return mpf(word.replace("−", "-"))
        if word.startswith("Σ"):
            return self.series(word)
        special = {"√": lambda: mp.sqrt(self.atom()), r"\frac": self.fraction, "cases": self.cases}
        return special[word]() if word in special else self.named(word)

    def bracketed(self, end: str) -> Any:
        bars, self.inside_bars = self.inside_bars, False
        value = self.choice()
        self.take(end)
        self.inside_bars = bars
        return value

    def absolute(self) -> Any:
        bars, self.inside_bars = self.inside_bars, True
        value = abs(self.choice())
        self.take("|")
        self.inside_bars = bars
        return value

    def named(self, token: str) -> Any:
        """A function of what follows in brackets, a symbol or a constant."""
        if token in self.names:
            return self.names[token]
        if token in CONSTANTS:
            return CONSTANTS[token]
        return self.call(token) if self.next == "(" else self.names[self.counted(token)]

    def call(self, name: str) -> Any:
        self.take("(")
        operands = [self.choice()]
        while self.next == ",":
            self.take()
            operands.append(self.choice())
        self.take(")")
        function = self.functions[name.removesuffix("′")]
        return mp.diff(function, operands[0]) if name.endswith("′") else function(*operands)

    def fraction(self) -> Any:
        top = self.atom()
        return _quotient(top, self.atom())

    def cases(self) -> Any:
        r"""Lines of a value and its condition, between ``cases`` and ``\end{cases}``."""
        found: list[Any] = []
        while True:
            value = self.choice()
            self.take("&")
            if self.next == "otherwise":
                self.take()
                self.take(r"\end{cases}")
                return [*found, value][0]
            if self.condition():
                found.append(value)
            self.take(r"\\")

    def series(self, sign: str) -> Any:
        """The sum over an index, from 0 to the bound, or through all symbols there are."""
        letter, last = (sign[-1], None) if sign != "Σ" else self.bounds()
        start, value, k = self.at, mpf(0), 0
        while last is None or k <= last:
            self.at, self.index = start, (letter, k)
            try:
                value += self.product()
            except KeyError:
                break
            k += 1
            end = self.at
        self.at, self.index = end, None
        return value

    def bounds(self) -> tuple[str, int]:
        letter = self.take("_") and self.take("{") and self.take()
        for expected in ("=", "0", "}", "^", "{"):
            self.take(expected)
        last = int(self.take())
        self.take("}")
        return letter, last

    def counted(self, token: str) -> str:
        """The symbol with the running index in place of its letter."""
        if self.index is None:
            raise KeyError(token)
        letter, k = self.index
        stem, _, rest = token.partition("_")
        below, _, above = rest.partition("^")
        return f"{stem}_{below.replace(letter, str(k))}" + (f"^{above}" if above else "")


def _quotient(top: Any, bottom: Any) -> Any:
    """The quotient; by 0 the limit from above."""
    return top / bottom if bottom else top * mp.inf
