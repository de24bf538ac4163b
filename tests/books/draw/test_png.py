"""Laws of PNG and PDF: they are the SVG, whatever the machine has."""

import io
import re
import sys
from functools import partial

import numpy as np
import pytest
from browser import bitmap, opened, prefers, viewport
from PIL import Image
from processes import printed
from test_dot_text import NETWORK
from test_draw import NASTY, Picture, labelled, net, neuron, square

from engine import Drawing, Value, draw, graph, play
from engine.numeric import how_to_install
from engine.pictures.svg.diagram import Diagram
from engine.pictures.svg.ink import PALETTE

needs_typst = pytest.mark.needs("typst")


def lit():
    """Paths, the rest pale."""
    root = neuron()
    return draw(root, highlight=graph.leaves(root)[0])


PICTURES = {
    "an expression": lambda: draw(neuron(), legend=True),
    "paths": lit,
    "all that there is": lambda: Drawing(NETWORK),
    "a network": lambda: draw(net(), detail="values"),
    "Graphviz's": lambda: draw(net(), detail="values", layout="dot"),
    "nothing": lambda: Drawing(Diagram("", "", (), ())),
}


def saved(drawing, folder, form):
    path = folder / f"graph.{form}"
    drawing.save(path)
    return path.read_bytes()


def on_white(png):
    """A bitmap as it looks on a white page."""
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    page = Image.new("RGBA", image.size, "white")
    page.alpha_composite(image)
    return page.convert("RGB")


def size(drawing):
    root = Picture(drawing.svg).root
    return float(root.get("width")), float(root.get("height"))


def apart(one, other, tile=4):
    """How far two bitmaps differ: the share of tiles whose mean colours differ clearly."""
    width, height = (min(sides) // tile for sides in zip(one.size, other.size, strict=True))
    small = (
        image.crop((0, 0, width * tile, height * tile)).resize((width, height), Image.Resampling.BOX)
        for image in (one, other)
    )
    tiles, others = (np.asarray(image, dtype=float) for image in small)
    return np.mean(np.abs(tiles - others).max(axis=2) > 64)


@needs_typst
@pytest.mark.parametrize("name", PICTURES)
def test_a_bitmap_is_what_a_browser_shows(browser, tmp_path, name):
    """Tile by tile the PNG on white is Chromium's picture of the SVG in the light theme, not in the dark."""
    drawing = PICTURES[name]()
    ours = on_white(saved(drawing, tmp_path, "png"))
    width, height = size(drawing)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 2}
    html = '<!DOCTYPE html><meta charset="utf-8"><body style="margin: 0; background: white">'
    with viewport(browser, int(width) + 9, int(height) + 9):
        opened(browser, tmp_path, html + drawing.svg)
        assert apart(ours, on_white(bitmap(browser, clip))) < 0.002
        with prefers(browser, color_scheme="dark"):
            dark = apart(ours, on_white(bitmap(browser, clip)))
        assert dark > 0.02 or name == "nothing"


@needs_typst
@pytest.mark.parametrize("name", PICTURES)
def test_a_bitmap_has_two_pixels_for_one_of_the_svg(tmp_path, name):
    """In width and in height: it has the SVG's proportions, and is crisp."""
    drawing = PICTURES[name]()
    with Image.open(io.BytesIO(saved(drawing, tmp_path, "png"))) as image:
        assert image.size == pytest.approx([2 * side for side in size(drawing)], abs=1)
        assert image.getpixel((1, 1))[3] == 0  # the ground is transparent


def colours(kind):
    """Of a mark in the light theme: its ground, and what is written on it."""
    light = PALETTE["light"]
    return light["input" if kind == "constant" else kind], light["root-ink" if kind == "root" else "ink"]


@needs_typst
@pytest.mark.parametrize("alone", [False, True])
def test_a_bitmap_shows_each_mark_where_the_svg_has_it(tmp_path, monkeypatch, alone):
    """With the ground of its kind, and letters on it, also where the machine has no fonts."""
    import typst  # noqa: PLC0415  (an extra)

    if alone:
        monkeypatch.setattr(typst, "compile", partial(typst.compile, ignore_system_fonts=True))
    drawing = draw(net(), level="values")
    picture = Picture(drawing.svg)
    with Image.open(io.BytesIO(saved(drawing, tmp_path, "png"))) as image:
        for id, (left, top, right, bottom) in picture.areas.items():
            mark = image.crop(tuple(round(2 * side) for side in (left + 3, top + 2, right - 3, bottom - 2)))
            found = {"#{:02x}{:02x}{:02x}".format(*colour[:3]) for _, colour in mark.getcolors(9_000)}
            kind = picture.nodes[id].get("class").split()[1]
            assert set(colours(kind)) <= found, id


@needs_typst
@pytest.mark.parametrize("name", PICTURES)
def test_a_pdf_is_one_page_as_large_as_the_svg(tmp_path, name):
    """A pixel is 1/96 inch, and a point 1/72, as for a browser that prints."""
    drawing = PICTURES[name]()
    ((width, height),) = re.findall(
        rb"/MediaBox ?\[ ?0 0 (\S+) ([^\s\]]+) ?\]", saved(drawing, tmp_path, "pdf")
    )
    assert (float(width), float(height)) == pytest.approx([0.75 * side for side in size(drawing)], abs=0.1)


@needs_typst
@pytest.mark.parametrize("form", ["png", "pdf"])
@pytest.mark.parametrize("text", [*NASTY, "#panic()", '"); #panic("', "$x$", "= *a* _b_ @c <d>"])
def test_any_label_can_be_printed(tmp_path, form, text):
    """Text is text to Typst, too: the file is whole, in any case of the ending."""
    (tmp_path / f"graph.{form}").unlink(missing_ok=True)
    drawing = draw(labelled(text))
    data = saved(drawing, tmp_path, form)
    assert data.startswith({"png": b"\x89PNG\r\n", "pdf": b"%PDF-"}[form])
    drawing.save(tmp_path / f"again.{form.upper()}")
    assert (tmp_path / f"again.{form.upper()}").read_bytes() == data


@needs_typst
def test_a_pdf_says_what_it_is(tmp_path):
    """Its title and what is seen are those of the SVG, for screen readers, and it has no date."""
    a = Value(3.0, label="a")
    C = a * a
    C.label = "cost #1"
    data = saved(draw(C), tmp_path, "pdf")
    assert b"Computation graph of cost #1" in data
    assert b"2 values and 2 edges" in data
    assert not re.search(rb"CreationDate|ModDate|CreateDate", data)


@needs_typst
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_bitmap_has_the_theme_that_was_asked_for(tmp_path, theme):
    """With its ground, since it was asked for."""
    with Image.open(io.BytesIO(saved(draw(square(), theme=theme), tmp_path, "png"))) as image:
        assert "#{:02x}{:02x}{:02x}{:02x}".format(*image.getpixel((1, 1))) == PALETTE[theme]["ground"] + "ff"


PROGRAM = """
import hashlib, pathlib, tempfile
from test_png import PICTURES, saved
with tempfile.TemporaryDirectory() as folder:
    for name in ("an expression", "paths"):
        for form in ("png", "pdf"):
            print(hashlib.sha256(saved(PICTURES[name](), pathlib.Path(folder), form)).hexdigest())
"""


@pytest.mark.slow
@needs_typst
def test_the_same_picture_gives_the_same_bytes():
    """In another process with other hashes, too; there is no date and no chance in it."""
    assert len(printed(PROGRAM)) == 1


@needs_typst
@pytest.mark.parametrize("theme", ["auto", "dark"])
def test_a_gif_is_its_frames(tmp_path, theme):
    """A bitmap a step, for as long as asked and thrice at the end, in one theme; it begins anew."""
    x = Value(2.0, label="x")
    player = play((x * 3.0).exp(), theme=theme)
    player.save(tmp_path / "x.gif", seconds=0.5)
    steps = len(player.frames(tmp_path / "steps"))
    with Image.open(tmp_path / "x.gif") as image:
        assert (image.n_frames, image.info["loop"]) == (steps, 0)
        lasts, colours = [], set()
        for k in range(steps):
            image.seek(k)
            lasts.append(image.info["duration"])
            colours.add(image.convert("RGB").getpixel((3, 3)))
        assert lasts == [500] * (steps - 1) + [1500]
        ((red, *_),) = colours
        assert (red > 200) == (theme == "auto")
        image.seek(0)
        first = image.convert("RGB")
        image.seek(steps - 1)
        assert apart(first, image.convert("RGB")) > 0.005


def test_a_gif_of_too_many_pixels_is_refused(tmp_path, monkeypatch):
    """ValueError says how many steps of which size, and what to do; there is no file."""
    pytest.importorskip("PIL")
    monkeypatch.setattr("engine.pictures.page.film.MOST_PIXELS", 1000)
    with pytest.raises(
        ValueError, match=r"4 steps of 740 × \d+ pixels are too many for a GIF; save as \.svg"
    ):
        play(Value(2.0, label="x").exp()).save(tmp_path / "x.gif")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("package", "name"), [("PIL", "Pillow"), ("typst", "Typst")])
def test_without_its_packages_a_gif_says_what_to_install(tmp_path, monkeypatch, package, name):
    """ImportError names the package, the remedy, and the picture that plays without either."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError) as caught:
        play(Value(2.0, label="x").exp()).save(tmp_path / "x.gif")
    for part in (f"needs {name}", how_to_install("png"), "save as .svg"):
        assert part in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_without_typst_the_error_says_what_to_install(tmp_path, monkeypatch, form):
    """ImportError names the format, the remedy, and the format that always works; there is no file."""
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ImportError) as caught:
        draw(square()).save(tmp_path / f"graph.{form}")
    for part in (f".{form} needs Typst", how_to_install("png"), "save as .svg"):
        assert part in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_most_pixels_are_a_limit(tmp_path, monkeypatch):
    """One pixel less than a picture has, and it is refused."""
    drawing = draw(square())
    width, height = (2 * side for side in size(drawing))
    monkeypatch.setattr("engine.pictures.drawing.MOST_PIXELS", width * height - 1)
    with pytest.raises(
        ValueError, match=f"a PNG of this picture would have {width:.0f} × {height:.0f} pixels"
    ):
        drawing.save(tmp_path / "graph.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@needs_typst
def test_a_bitmap_that_nobody_could_open_is_refused(tmp_path):
    """ValueError says how many pixels it would have; the PDF of the same picture has room for all."""
    node = Value(0.5)
    for _ in range(3_000):
        node = node.sin()
    drawing = draw(node, detail="values", layout="own")
    width, height = (2 * side for side in size(drawing))
    with pytest.raises(ValueError, match=rf"{width:.0f} × {height:.0f} pixels, .* save as \.svg or \.pdf"):
        drawing.save(tmp_path / "graph.png")
    assert not list(tmp_path.iterdir())
    drawing.save(tmp_path / "graph.pdf")
