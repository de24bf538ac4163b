"""The table of rules as HTML, in the colours of the notebook that shows it.

Formulas are text with raised exponents and lowered indices, which needs neither a script nor a network.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .html import in_html, set_in_html
from .symbols import symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .table import Row

HEADER = ("Rule", "Value", "Local derivatives", "Domain", "Kinks")

STYLE = """<style>
.chainrule-rules { border-collapse: collapse; color: inherit; max-width: 75em }
.chainrule-rules th, .chainrule-rules td {
  text-align: left !important; vertical-align: top; padding: 0.25em 0.8em; border: 0;
  border-bottom: 1px solid rgba(128, 128, 128, 0.35); background: none;
}
.chainrule-rules tbody th[colspan] { padding-top: 1.2em; font-size: 110% }
.chainrule-rules .formula { font-family: "STIX Two Text", Cambria, "Times New Roman", serif; font-size: 110% }
.chainrule-rules small { font-weight: normal }
.chainrule-rules sub, .chainrule-rules sup { font-size: 75%; line-height: 0 }
</style>"""


def in_notebook(groups: Sequence[tuple[str, list[Row]]]) -> str:
    """The table as HTML."""
    head = "".join(f'<th scope="col">{title}</th>' for title in HEADER)
    bodies = "\n".join(_body(heading, rows) for heading, rows in groups)
    return f'{STYLE}\n<table class="chainrule-rules">\n<thead><tr>{head}</tr></thead>\n{bodies}\n</table>'


def _body(heading: str, rows: Sequence[Row]) -> str:
    title = f'<tr><th scope="rowgroup" colspan="{len(HEADER)}">{escape(heading)}</th></tr>'
    return "\n".join(["<tbody>", title, *map(_row, rows), "</tbody>"])


def _row(row: Row) -> str:
    rule = row.rule
    defaults = f"<br><small>{escape(row.defaults)}</small>" if row.defaults else ""
    cells = [
        f'<th scope="row" title="{escape(rule.summary)}"><code>{escape(rule.name)}</code>{defaults}</th>',
        f'<td class="formula">{set_in_html(row.value)}</td>',
        f'<td class="formula">{_slopes(row)}</td>',
        f"<td>{escape(rule.domain)}</td>",
        f"<td>{escape(rule.kinks)}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _slopes(row: Row) -> str:
    if len(row.slopes) == 1:
        return "".join(map(set_in_html, row.slopes.values()))
    return "<br>".join(
        f"∂/∂{in_html(symbol(name)).text} = {set_in_html(slope)}" for name, slope in row.slopes.items()
    )
