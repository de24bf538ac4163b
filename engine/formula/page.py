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

- Sums run from left to right, and every addition rounds. `total`, `mean`, `dot` and `affine` of n terms xₖ
  (the products, and b) are right to (n + 1) u Σ |xₖ|, of `mean` one n-th of that, where u = 2⁻⁵³ is half a
  unit in the last place of 1; usually the error is nearer to √n u Σ |xₖ|. Costs of n outputs, `logsumexp`
  and `softmax` of n operands lose as much in their sums. The bound holds for tapes too, in whatever order
  they add. `math.fsum` of the numbers is right to half a unit. `tests/test_sums.py`
- Where terms cancel, it is 4 units in the last place of the terms: `hinge`, `logsumexp`, the likelihoods'
  1 − a, and slopes that are differences (of `gelu`, `gelu_tanh`, `silu` and `mish` left of 0, of likelihoods
  and cross-entropies).
- `softmax_sum`, which is the rounding of ln Σ eˣ and nothing else: 1 to as many digits as that has behind the
  point, its slopes 0. The shares `softmax_share` are divided by it, and are exact for logits of any size.
- Where a rounded exponent is raised to: the shares of `softmax`, `softmax_share`, `logsumexp` and
  `softmax_cross_entropy` lose a unit for each unit that their operands are apart, `gelu` loses x² and
  `gelu_tanh` 2 |u| units far left of 0, and slopes of `power` and `general_power` lose ln x units where
  n − 1 is no float, as for n = 0.1.
- Where a number on the way is below the least normal float, 2.2e-308, or above the largest: slopes of
  `hypot`, `atan2` and `general_power`, and `silu`, `mish`, `gelu` and `gelu_tanh` where they are about that
  small. Sums: a product or a sum on the way above the largest float makes `total`, `mean`, `dot` and `affine`
  ±∞ or NaN, even if what they come to is a float, as for `mean([1e308, 1e308])`.
- `sin`, `cos` and `tan` of the one huge float nearest to a multiple of π/2: they are the C library's.

## Infinities, NaN and −0

- **Too large.** Where Python's function raises OverflowError, so does the rule: `exp`, `expm1`, `sinh`,
  `cosh`, `power`, `general_power`. Elsewhere the value is ∞, as Python's `+` and `*` have it. Slopes never
  raise: they are ±∞, and NaN where y = 0 in `general_power` and x is so small that 1/x is ∞.
- **±∞.** Value and slopes are the limits; outside the domain, as for `sin` or `sqrt` of −∞, it is
  ValueError. What comes to 0 · ∞, ∞ − ∞ or ∞/∞ on the way is NaN, even if there is a limit: `gelu`, `silu`,
  `mish` of −∞ and their slopes at ±∞, `gelu_tanh` of −∞, `softsign` of ±∞, slopes of `hypot`, `atan2` and
  `general_power`, `softmax` and slopes of `logsumexp` with an operand ∞, and costs of a label 0 whose logit
  is −∞. A power of −∞ is Python's.
- **NaN.** An operand NaN makes the value NaN; it raises only where every number in its place would. As in
  Python, x⁰ = 1, 1^y = 1 and hypot(∞, y) = ∞ even so. Slopes that depend on the operand are NaN; those of
  rules that choose by comparing, as `relu`, `elu`, `clip` and `maximum` do, are those of one of the sides.
- **−0** is 0, but that √ has there the slope −∞, and atan2(−0, x) is −π for x < 0.

## Second derivatives

`grad`, `jacobian`, `hessian` and `hvp` make graphs that stay right wherever their leaves go: where a rule
chooses a side or takes a limit, the graph has a node that does so anew. At the point itself:

- **A side is taken** at the kinks of `relu`, `leaky_relu`, `elu`, `selu`, `clip`, `hard_tanh` and `hinge`:
  there derivatives of any order are those of that side, as if the function went on so. relu(x)² has the
  second derivative 0 at 0.
- **No side is taken** by `abs` at 0 and by `maximum` and `minimum` of equal operands: the slope lies between
  the sides. Of the function itself, times constants, the second derivative is 0; where the factor beside the
  slope may vary, as in |x|², x |x| or (max(x, y) − 1)², it is NaN, in `grad` of a gradient and in its
  `backward()` alike. So it is for `hypot` at the origin, and for its square.
- **A limit is taken** where a slope is infinite: second derivatives of `sqrt`, `power` and `general_power` at
  0 and of `asin`, `acos` and `acosh` at ±1 are ±∞ or NaN, and NaN where 0 · ∞ comes up on the way, as for
  the mixed derivative of x^y at x = 0. `atan2` needs none on its axes.
- **What is not taken adds nothing** in the graphs of `grad`, be it ∞ or NaN: relu(x)^½ has the slope 0 for
  x < 0. `backward()` multiplies by the slope 0, and 0 · ∞ is NaN there.
"""


def page() -> str:
    """The page's text."""
    return f"{ABOVE}\n{rules_table().markdown()}\n\n{BELOW}".rstrip()
