"""The page ``engine/rules/README.md``: the table of all rules, how exact they are, and what becomes of ∞."""

from __future__ import annotations

from .table import rules_table

ABOVE = """\
# All rules

Value, local derivatives, domain and kinks of each rule, printed from the rules themselves. A slope at a kink
is the one that is taken there. Rules of variable arity are shown with two operands, or two of each kind.

`python -m engine.formula` writes this page; `engine.rules_table()` shows the same, of all rules or of some.
"""

BELOW = """\
## How exact

Read with floats, value and slopes are right to 4 units in the last place, from the least float to the
largest. Looser are only these, and `tests/test_rules_edges.py` says how much:

- Where terms cancel, it is 4 units in the last place of the terms: `total`, `mean`, `affine`, `dot`,
  `hinge`, `logsumexp`, the likelihoods' 1 − a, and slopes that are differences (of `gelu`, `gelu_tanh`,
  `silu` and `mish` left of 0, of likelihoods and cross-entropies).
- `softmax_sum`, which is the rounding of ln Σ eˣ and nothing else: 1 to as many digits as that has behind the
  point, its slopes 0. The shares `softmax_share` are divided by it, and are exact for logits of any size.
- Where a rounded exponent is raised to: the shares of `softmax`, `softmax_share`, `logsumexp` and
  `softmax_cross_entropy` lose a unit for each unit that their operands are apart, `gelu` loses x² and
  `gelu_tanh` 2 |u| units far left of 0, and slopes of `power` and `general_power` lose ln x units where
  n − 1 is no float, as for n = 0.1.
- Where a number on the way is below the least normal float, 2.2e-308, or above the largest: slopes of
  `hypot`, `atan2` and `general_power`, and `silu`, `mish`, `gelu` and `gelu_tanh` where they are about that
  small.
- `sin`, `cos` and `tan` of the one huge float nearest to a multiple of π/2: they are the C library's.

## Infinities, NaN and −0

- **Too large.** Where Python's function raises OverflowError, so does the rule: `exp`, `expm1`, `sinh`,
  `cosh`, `power`, `general_power`. Elsewhere the value is ∞, as Python's `+` and `*` have it. Slopes never
  raise: they are ±∞, and NaN where y = 0 in `general_power` and x is so small that 1/x is ∞.
- **±∞.** Value and slopes are the limits; outside the domain, as for `sin` or `sqrt` of −∞, it is
  ValueError. What comes to 0 · ∞, ∞ − ∞ or ∞/∞ on the way is NaN, even if there is a limit: `gelu`,
  `gelu_tanh`, `silu`, `mish` of −∞ and their slopes at ±∞, `softsign` of ±∞, slopes of `hypot`, `atan2` and
  `general_power`, `softmax` and slopes of `logsumexp` with an operand ∞, and costs of a label 0 whose logit
  is −∞. A power of −∞ is Python's.
- **NaN.** An operand NaN makes the value NaN; it raises only where every number in its place would. As in
  Python, x⁰ = 1, 1^y = 1 and hypot(∞, y) = ∞ even so. Slopes that depend on the operand are NaN; those of
  rules that choose by comparing, as `relu`, `elu`, `clip` and `maximum` do, are those of one of the sides.
- **−0** is 0, but that √ has there the slope −∞, and atan2(−0, x) is −π for x < 0.
"""


def page() -> str:
    """The page's text."""
    return f"{ABOVE}\n{rules_table().markdown()}\n\n{BELOW}".rstrip()
