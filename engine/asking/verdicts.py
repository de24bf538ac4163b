"""What is said of an answer: its kind, the mistakes that it may come from, and a message.

>>> verdict = Verdict("told", "Not yet.", (("overwritten",),), "paths")
>>> bool(verdict), verdict.mistakes
(False, ('overwritten',))
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .mistakes import TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

Explanation = tuple[str, ...]
"""A mistake or a slip by name, or two of them at once."""
Weights = dict[Explanation, float]

OPEN = "Put your answer in place of the three dots, and run this once more."
"""What is said as long as there is no answer."""
REQUESTS = {
    "several": "Fill in {box} as well: that number shows which.",
    "unknown": "Or fill in {box}, and we look from there.",
}
"""How one more box is asked for."""
SURE = 0.85
"""The share of the weight that an explanation needs to be named alone."""
LISTED = 0.05
"""The share from which it is listed among others."""


class Judgement:
    """What all verdicts have in common: true if nothing is wrong, and printed as a message."""

    kind: str
    message: str
    explanations: tuple[Explanation, ...]

    def __bool__(self) -> bool:
        return self.kind == "right"

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return str(self)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The names in the explanations, the most likely first."""
        return tuple(dict.fromkeys(name for explanation in self.explanations for name in explanation))


@dataclass(frozen=True, repr=False)
class Verdict(Judgement):
    """What an answer is: true if it is right, with a message for the learner.

    ``kind`` is "right"; "close" if it was rounded too early; "sign" where only the sign differs; "slip" of
    the pen; "told" if one explanation stands out; "several" if more than one fits; "unknown" if none does;
    on a sheet "follows" for a wrong number that follows rightly from the learner's own; "unread" for what
    is no number, and "open" for an answer that is still to come.
    """

    kind: str
    message: str = ""
    explanations: tuple[Explanation, ...] = ()
    """What fits, the most likely first; each is a mistake or a slip, or two of them at once."""
    family: str = ""
    """The family that the explanations agree on; empty where they do not."""
    shares: Mapping[Explanation, float] = field(default_factory=dict, compare=False, repr=False)
    follow_up: int | None = None
    """The box whose number would tell which of several it was."""
    asks_for: str = ""
    """The sign for what is in that box, ∂C/∂s."""

    def __str__(self) -> str:
        return f"{self.message} {self.request}".rstrip()

    @property
    def request(self) -> str:
        """The sentence that asks for one more box; empty where none is asked for."""
        return REQUESTS[self.kind].format(box=self.asks_for) if self.asks_for else ""


def family_of(name: str) -> str:
    """Return the family of a mistake or of a slip.

    >>> family_of("overwritten"), family_of("sign_flipped"), family_of("one_digit")
    ('paths', 'sign', 'slip')
    """
    if name in TABLE:
        return TABLE[name].family
    return {"sign_flipped": "sign", "rounded_early": "close"}.get(name, "slip")


@dataclass(frozen=True)
class Weighed:
    """Explanations with their shares of the weight, the largest first."""

    kind: str
    shares: dict[Explanation, float]

    @property
    def listed(self) -> tuple[Explanation, ...]:
        """The explanations that are worth naming."""
        return tuple(found for found, share in self.shares.items() if share >= LISTED)

    @property
    def family(self) -> str:
        """The family that they agree on; empty where they do not."""
        by_family: dict[tuple[str, ...], float] = {}
        for found, share in self.shares.items():
            families = tuple(sorted({family_of(name) for name in found}))
            by_family[families] = by_family.get(families, 0) + share
        top = max(by_family, key=by_family.__getitem__, default=())
        return top[0] if len(top) == 1 and by_family[top] >= SURE else ""


def weighed(weights: Weights, other: float) -> Weighed:
    """Return the shares of some weights; ``other`` is that of all that is not known."""
    total = sum(weights.values()) + other
    shares = {found: w / total for found, w in sorted(weights.items(), key=lambda item: -item[1])}
    if not weights or other / total > 0.5:
        return Weighed("unknown", shares)
    return Weighed("told" if next(iter(shares.values())) >= SURE else "several", shares)


@dataclass(frozen=True, repr=False)
class SheetVerdict(Judgement):
    """What a sheet is: true if no box on it is wrong, blank boxes left aside.

    ``boxes`` has a verdict for each box, None for a blank one. ``mistakes`` are those that may explain the
    whole sheet, the most likely first, and ``message`` says to the learner which box to look at.
    """

    kind: str
    message: str
    boxes: tuple[Verdict | None, ...]
    explanations: tuple[Explanation, ...] = ()
    family: str = ""
    shares: Mapping[Explanation, float] = field(default_factory=dict, compare=False, repr=False)
