"""Labels spelled as identifiers: text that may hold anything becomes names that code can use."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Protocol, TypeVar

from engine.expressions import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

RESERVED = {*keyword.kwlist, *dir(builtins), *VOCABULARY, "inf", "nan", "math", "gradient"}
"""What means something already in Python, and in the text that we write."""
LONGEST = 32


class Labelled(Protocol):
    """What has a label, and tells itself apart by identity."""

    @property
    def label(self) -> str:
        """Any text."""
        ...


N = TypeVar("N", bound=Labelled)


def identifiers(nodes: Iterable[N], taken: Collection[str] = ()) -> dict[N, str]:
    """A legal name for each node: as like its label as can be, unlike the others' and those taken.

    >>> from engine import Value
    >>> labels = ["w_01^(2)", "∂C/∂a′", "σ", "lambda", "3", "", "w_01^(2)", "__import__('os')"]
    >>> list(identifiers([Value(0.0, label=label) for label in labels]).values())
    ['w_01_2', 'dC_da', 'σ', 'lambda_', 'v_3', 'v1', 'w_01_2_2', 'import_os']
    """
    names = Names(taken)
    return {
        node: names.unique(name) if (name := spelled(node.label)) else next(names.numbered)
        for node in dict.fromkeys(nodes)
    }


class Names:
    """Gives out names, each of them once, and none of those taken or reserved.

    >>> names = Names(["v1"])
    >>> names.unique("x"), names.unique("x"), names.unique("sum"), next(names.numbered)
    ('x', 'x_2', 'sum_', 'v2')
    """

    def __init__(self, taken: Collection[str] = (), reserved: Collection[str] = RESERVED) -> None:
        self._taken = {*taken}
        self._reserved = reserved
        self._same: Counter[str] = Counter()
        self.numbered = filter(self._claim, map("v{}".format, count(1)))

    def unique(self, name: str) -> str:
        """The name, with an underscore where it means something already, and a number where it is taken."""
        free = name + "_" * (name in self._reserved)
        while not self._claim(free):
            self._same[name] += 1
            free = f"{name}_{self._same[name] + 1}"
        return free

    def _claim(self, name: str) -> bool:
        if name in self._taken:
            return False
        self._taken.add(name)
        return True


def spelled(label: str) -> str:
    """The letters, digits and underscores of a label, as an identifier; empty where it has none.

    >>> spelled("a_0^(1)"), spelled("2x"), spelled("'+'")
    ('a_0_1', 'v_2x', '')
    """
    if not label:
        return ""
    text = unicodedata.normalize("NFKC", label[: 4 * LONGEST].replace("∂", "d"))  # Python compares names so
    text = re.sub("['′]", "", text)
    text = "".join(c if _is_seen(c) and f"v{c}".isidentifier() else "_" for c in text)
    text = unicodedata.normalize("NFKC", re.sub("_+", "_", text)[:LONGEST].strip("_"))
    return text if text.isidentifier() or not text else f"v_{text}"


def _is_seen(c: str) -> bool:
    """Whether it is no joiner or the like, which newer Pythons take for a part of a name.

    >>> _is_seen("a"), _is_seen(chr(0x200D)), spelled(f"a{chr(0x200D)}b")
    (True, False, 'a_b')
    """
    return unicodedata.category(c) != "Cf"
