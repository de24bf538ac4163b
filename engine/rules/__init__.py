"""All of the calculus: each elementary function once, as value and local derivatives.

A rule is a function of an arithmetic ``xp`` and its operands; it returns the value and one local
derivative per operand. Nothing here knows about floats, arrays, formulas or graphs: those are readings.

>>> from engine import floats, rules
>>> rules.sigmoid(floats, 0.0)
(0.5, (0.25,))
>>> rules.affine(floats, 1.0, 2.0, 3.0, 4.0, 5.0)  # 1 + 2·4 + 3·5
(24.0, (1.0, 4.0, 5.0, 2.0, 3.0))
>>> rules.log.domain
'x > 0'
"""

from typing import TYPE_CHECKING

from . import activations, arithmetic, choices, costs, elementary, many
from .rule import INNER, REGISTRY, Rule, constant, handmade, named, rule
from .vocabulary import Arithmetic

globals().update(REGISTRY)  # rules.tanh, rules.affine, …: new rules are included automatically

if TYPE_CHECKING:
    from .activations import *  # noqa: F403  (the same as the line above, for a type checker)
    from .arithmetic import *  # noqa: F403
    from .costs import *  # noqa: F403
    from .elementary import *  # noqa: F403
    from .many import *  # noqa: F403

__all__ = [  # noqa: PLE0604  (the names of rules are strings)
    "INNER",
    "REGISTRY",
    "Arithmetic",
    "Rule",
    "activations",
    "arithmetic",
    "choices",
    "constant",
    "costs",
    "elementary",
    "handmade",
    "many",
    "named",
    "rule",
    *REGISTRY,
]
