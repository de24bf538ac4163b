"""Numbers as people write them, and slips of the pen, which are undone in the answer, never made in the key.

>>> read("−0,5").number, read("3/4").number, read("1e-3").text
(-0.5, 0.75, '0.001')
>>> sorted({slip for slip, _, _ in read("36").without_slips()})
['decimal_point', 'digits_swapped', 'one_digit', 'sign_flipped']
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING

from engine.numeric import is_real, real, short, told

from .passes import unit

if TYPE_CHECKING:
    from collections.abc import Iterator

DIGITS = 3
"""Significant digits on a sheet: two are too few to distinguish mistakes, and a fourth adds little."""


@dataclass(frozen=True)
class Slip:
    """A slip of the pen. ``share`` is how common it is, where a mistake has 1."""

    name: str
    share: float
    did: str
    """Completes "this is what comes out when …"."""


SLIPS = {
    slip.name: slip
    for slip in (
        Slip("sign_flipped", 0.8, "the sign is flipped"),
        Slip("decimal_point", 0.5, "the decimal point is moved"),
        Slip("digits_swapped", 0.5, "two digits are swapped"),
        Slip("one_digit", 0.5, "one digit is wrong"),
        Slip("rounded_early", 0.5, "numbers are rounded too early"),
    )
}

ADVICE = "write one number, such as −0.5, 3/4 or 1e-3"
BOOLS = {"bool", "bool_"}
"""Types that count as numbers in Python and NumPy, but not for people."""
LONGEST = 40
BRACKETED = re.compile(r"^\((.*)\)$")
"""A negative number as it stands in a product, (−21)."""
WRITTEN_BY_HAND = 6
"""The most digits of a number in which one digit may be a slip."""
UNSIGNED = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
POWER = r"(?:e|[*·×]10(?:\^|\*\*))(?P<power>[+-]?[0-9]{1,3})"
WRITTEN = re.compile(
    rf"(?P<sign>[+-]?)(?P<top>{UNSIGNED})(?:/(?P<bottom>{UNSIGNED})|{POWER})?", re.IGNORECASE
)
ONE_SIGN = str.maketrans(
    {"−": "-", "–": "-", "⁻": "-", ",": ".", "⁄": "/", "½": " 1/2", "¼": " 1/4", "¾": " 3/4"}
)
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")

PLAINLY = 1e-9, 1e12
"""The range in which a number is shown without an exponent."""


def show(x: float, digits: int = DIGITS) -> str:
    """Return a number as written on a sheet: three significant digits, without an exponent if possible.

    >>> show(0.0300000001), show(-0.0), show(-1234.5), show(2e-7), show(2e-12)
    ('0.03', '0', '-1230', '0.0000002', '2e-12')
    """
    text = f"{x:z.{digits}g}"
    return f"{Decimal(text):f}" if PLAINLY[0] <= abs(x) < PLAINLY[1] else text


def meets(x: float, room: tuple[float, float], slack: float) -> bool:
    """Return whether a number is in an interval, or at most ``slack`` outside."""
    low, high = room
    slack = 1.01 * slack + 1e-9 * max(abs(low), abs(high))
    return isfinite(low + high) and low - slack <= x <= high + slack


@dataclass(frozen=True)
class Handwritten:
    """A written number, in plain digits with a decimal point and a minus sign."""

    text: str
    digits: int = DIGITS

    @property
    def number(self) -> float:
        """The number as a float."""
        return float(self.text)

    @property
    def last_half(self) -> float:
        """Half a unit of the last written digit."""
        return 0.5 * 10.0 ** -len(self.text.partition(".")[2])

    @property
    def half(self) -> float:
        """The same, but at most half a unit of the third digit: 0.03 means 0.0300, not 0.0344."""
        return min(self.last_half, 0.5 * unit(self.number, self.digits))

    def within(self, room: tuple[float, float], more: float = 0.0) -> bool:
        """Return whether the number is in an interval, to within its last digit plus ``more``."""
        return meets(self.number, room, self.half + more)

    def without_slips(self) -> Iterator[tuple[str, float, float]]:
        """Yield the possible numbers without a slip: the slip, the number, its share of the slip's cases."""
        text, x = self.text, self.number
        yield "sign_flipped", -x, 1.0
        yield "decimal_point", x * 10, 0.5
        yield "decimal_point", x / 10, 0.5
        places = [i for i, c in enumerate(text) if c.isdigit() and text[: i + 1].strip("-0.")]
        if not 1 < len(places) <= WRITTEN_BY_HAND:  # a completely different number, or a computed one
            return
        for i, j in pairwise(places):
            if text[i] != text[j]:
                swapped = text[:i] + text[j] + text[i + 1 : j] + text[i] + text[j + 1 :]
                yield "digits_swapped", float(swapped), 0.5
        for i in places:
            for c in "0123456789":
                if c != text[i]:
                    yield "one_digit", float(text[:i] + c + text[i + 1 :]), 1 / 27


def read(answer: object, digits: int = DIGITS) -> Handwritten:
    """Read a number as people write it: −0,5, (−0.5), 3/4, ½, 1e-3, 2·10⁻³, also "= 5"; or a Python number.

    Raises ValueError for text that is not one finite number, and TypeError for anything but text or a number;
    True and False do not count as numbers here.

    >>> read(" = −1.5").number, read("2·10⁻³").number, read("½").number, read(0.25).text
    (-1.5, 0.002, 0.5, '0.25')
    >>> read("a lot")
    Traceback (most recent call last):
        ...
    ValueError: 'a lot' is not a number that I can read; write one number, such as −0.5, 3/4 or 1e-3
    """
    if not isinstance(answer, str):
        if not is_real(answer) or type(answer).__name__ in BOOLS:
            raise TypeError(f"an answer is a number, or text; got {told(answer)}; {ADVICE}")
        answer = repr(real(answer, "an answer"))
    text = re.sub("10([⁻⁰¹²³⁴-⁹]+)", lambda found: f"10^{found[1].translate(RAISED)}", answer)
    text = text.translate(ONE_SIGN).strip(" =≈~\t\n\N{NO-BREAK SPACE}")
    text = BRACKETED.sub(r"\1", text).strip()
    found = WRITTEN.fullmatch(text.replace(" ", "")) if len(text) <= LONGEST else None
    if found is None or (re.search(r"[0-9.] +[0-9.]", text)):
        raise ValueError(f"{short(answer)} is not a number that I can read; {ADVICE}")
    sign, top, bottom, power = found["sign"], Decimal(found["top"]), found["bottom"], found["power"]
    if bottom is not None:
        if not Decimal(bottom):
            raise ValueError(f"{short(answer)} divides by zero; {ADVICE}")
        plain = show(float(top) / float(bottom), digits + 3)
    else:
        plain = f"{top.scaleb(int(power)):f}" if power else found["top"]
    plain = f"{Decimal(plain):f}" if "e" in plain else plain
    if not isfinite(float(plain)):
        raise ValueError(f"{short(answer)} is too large for a float; {ADVICE}")
    return Handwritten("-" * (sign == "-") + plain, digits)
