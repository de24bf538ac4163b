"""What README, docs and the other pages point to is there."""

import re
import tomllib
from pathlib import Path

import pytest

import engine
import nn
from engine import rules
from engine.numeric import ERRORS, see

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "notebooks/README.md",
        "engine/rules/README.md",
        "benchmarks/*.md",
    )
    for path in ROOT.glob(pattern)
    if "node_modules" not in path.parts
)


pytestmark = pytest.mark.skipif(
    not (ROOT / "engine").is_dir(), reason="the sources are not beside these pages"
)


def name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page):
    """A relative link leads to a file or folder of the project."""
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", page.read_text(encoding="utf-8"))
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert not missing, f"{name(page)} links to {missing}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_that_is_named_exists(page):
    """A path in code type that begins with a folder of the project is a file or folder of it."""
    named = re.findall(
        r"`((?:engine|nn|chainrule|tests|benchmarks|notebooks|docs)/[\w./]+)`",
        page.read_text(encoding="utf-8"),
    )
    missing = [path for path in named if not (ROOT / path).exists()]
    assert not missing, f"{name(page)} names {missing}"


def test_every_answer_is_in_the_list():
    """docs/use/README.md leads to each page beside it."""
    folder = ROOT / "docs/use"
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in folder.glob("*.md")} - {"README.md"}


def test_messages_and_pages_of_errors_lead_to_one_another():
    """Each pointer of a message names a page of docs/errors; each page has one, and stands in the list."""
    folder = ROOT / "docs/errors"
    pages = {path.stem for path in folder.glob("*.md")} - {"README"}
    sources = [path for package in ("engine", "nn") for path in (ROOT / package).rglob("*.py")]
    named = {
        page
        for path in sources
        for page in re.findall(r"""see\(['"]([\w-]+)['"]\)""", path.read_text("utf-8"))
    }
    assert named == pages
    assert see("domain").endswith(ERRORS.format("domain"))
    listed = re.findall(r"\]\(([\w-]+)\.md\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(pages)


def test_messages_point_to_the_site_as_soon_as_it_has_an_address():
    """An installed package has no folder docs: once the project has an address, messages begin with one."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    assert ERRORS.startswith("https://") or not urls


def test_the_reference_has_every_public_name():
    """Each public name of engine and nn stands in docs/reference; rules stand in their own table."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs/reference").glob("*.md"))
    named = set(re.findall(r"\w+", text))
    public = {*engine.PUBLIC, *nn.__all__} - rules.REGISTRY.keys() - {"abs"}
    assert public <= named
