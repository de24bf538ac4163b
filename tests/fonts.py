"""How wide text is in a real font: DejaVu, which matplotlib brings along."""

from functools import cache
from pathlib import Path

from extras import need


@cache
def _font(name):
    folder, fonts = Path(need("matplotlib").get_data_path()) / "fonts" / "ttf", need("PIL.ImageFont")
    return fonts.truetype(str(folder / f"{name}.ttf"), 120, layout_engine=fonts.Layout.BASIC)


def width(text):
    """The width of an SVG text element at 12 pixels."""
    font = _font("DejaVuSans-Bold" if text.get("class") == "head" else "DejaVuSans")
    return font.getlength(text.text or "") / 10
