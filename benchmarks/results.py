"""What a run leaves: plain data that goes to JSON and back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Row:
    """One peer in one table: a figure for each column and round, or the reason why there is none."""

    name: str
    samples: dict[str, list[float | None]] = field(default_factory=dict)
    note: str = ""
    reason: str = ""


@dataclass
class Table:
    """One benchmark. ``baseline`` names the row that the others are divided by, in each of ``leads``."""

    name: str
    title: str
    about: str
    unit: str
    columns: list[str]
    leads: list[str]
    rows: list[Row]
    baseline: str = "chainrule"

    def row(self, name: str) -> Row | None:
        """The row of that name, if there is one."""
        return next((row for row in self.rows if row.name == name), None)


@dataclass
class Results:
    """A run: where, when, with what, and its tables."""

    date: str
    rounds: int
    machine: dict[str, str]
    versions: dict[str, str]
    tables: list[Table] = field(default_factory=list)

    def table(self, name: str) -> Table | None:
        """The table of that name, if it was measured."""
        return next((table for table in self.tables if table.name == name), None)

    def save(self, path: Path) -> None:
        """Write everything as JSON, figures rounded to five digits."""
        path.write_text(json.dumps(_rounded(asdict(self)), indent=1, ensure_ascii=False) + "\n", "utf-8")

    @classmethod
    def load(cls, path: Path) -> Results:
        """Read what ``save`` wrote."""
        plain = json.loads(path.read_text("utf-8"))
        tables = [Table(**{**t, "rows": [Row(**r) for r in t["rows"]]}) for t in plain.pop("tables")]
        return cls(**plain, tables=tables)


def _rounded(x: Any) -> Any:
    if isinstance(x, float):
        return float(f"{x:.5g}")
    if isinstance(x, dict):
        return {key: _rounded(value) for key, value in x.items()}
    return [_rounded(value) for value in x] if isinstance(x, list) else x
