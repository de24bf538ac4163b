"""The verdict on an answer: its kind, the mistakes that may explain the answer, and a message.

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
"""The name of a mistake or slip, or the names of two made at once."""
Weights = dict[Explanation, float]

OPEN = "Put your answer in place of the three dots, and run this once more."
"""The message as long as there is no answer."""
REQUESTS = {
    "several": "Fill in {box} as well: that number shows which.",
    "unknown": "Or fill in {box}, and we look from there.",
}
"""The sentences that request one more box."""
REQUESTS_IN_CODE = {
    "several": "Compute {box} as well, and pass it as check(…, more=…): that number shows which.",
    "unknown": "Or compute {box} and pass it as check(…, more=…): then we look from there.",
}
"""The same where there are no boxes to fill in: in a notebook or a script."""
SURE = 0.85
"""The share of the weight that an explanation needs to be the only one named."""
LISTED = 0.05
"""The share that it needs to be listed among others."""


class Judgement:
    """The common base of verdicts: true if nothing is wrong; printed, a message."""

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
    """The verdict on one answer: true if it is right, with a message for the learner.

    ``kind`` is "right"; "close" if it was rounded too early; "sign" if only the sign differs; "slip" for a
    slip of the pen; "told" if one explanation stands out; "several" if more than one fits; "unknown" if none
    does; on a sheet "follows" for a wrong number that follows correctly from the learner's own; "unread" for
    text that is not a number, and "open" for a missing answer.
    """

    kind: str
    message: str = ""
    explanations: tuple[Explanation, ...] = ()
    """The explanations that fit, the most likely first; each is a mistake or slip, or two at once."""
    family: str = ""
    """The family that the explanations share; empty if they differ."""
    shares: Mapping[Explanation, float] = field(default_factory=dict, compare=False, repr=False)
    follow_up: int | None = None
    """The box whose number would decide between several explanations."""
    asks_for: str = ""
    """The notation for that box, ∂C/∂s."""
    in_code: bool = field(default=False, compare=False, repr=False)
    """Whether the answer was passed to ``check`` by a notebook or a script, where there are no boxes."""

    def __str__(self) -> str:
        return f"{self.message} {self.request}".rstrip()

    @property
    def request(self) -> str:
        """The sentence that requests one more box; empty if none is requested."""
        words = REQUESTS_IN_CODE if self.in_code else REQUESTS
        return words[self.kind].format(box=self.asks_for) if self.asks_for else ""


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
        """The explanations worth naming."""
        return tuple(found for found, share in self.shares.items() if share >= LISTED)

    @property
    def family(self) -> str:
        """The family that they share; empty if they differ."""
        by_family: dict[tuple[str, ...], float] = {}
        for found, share in self.shares.items():
            families = tuple(sorted({family_of(name) for name in found}))
            by_family[families] = by_family.get(families, 0) + share
        top = max(by_family, key=by_family.__getitem__, default=())
        return top[0] if len(top) == 1 and by_family[top] >= SURE else ""


def weighed(weights: Weights, other: float) -> Weighed:
    """Return the shares of weights; ``other`` is the weight of everything unknown."""
    total = sum(weights.values()) + other
    shares = {found: w / total for found, w in sorted(weights.items(), key=lambda item: -item[1])}
    if not weights or other / total > 0.5:
        return Weighed("unknown", shares)
    return Weighed("told" if next(iter(shares.values())) >= SURE else "several", shares)


@dataclass(frozen=True, repr=False)
class SheetVerdict(Judgement):
    """The verdict on a sheet: true if no box on it is wrong, blank boxes aside.

    ``boxes`` has a verdict for each box, None for a blank one. ``mistakes`` are those that may explain the
    whole sheet, the most likely first, and ``message`` shows the learner which box to check.
    """

    kind: str
    message: str
    boxes: tuple[Verdict | None, ...]
    explanations: tuple[Explanation, ...] = ()
    family: str = ""
    shares: Mapping[Explanation, float] = field(default_factory=dict, compare=False, repr=False)
