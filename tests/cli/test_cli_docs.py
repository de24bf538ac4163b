"""The commands that README and docs show are commands that work."""

import re
import shlex
import webbrowser
from pathlib import Path

import pytest

from chainrule.cli import main

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="the docs are not beside these tests")


def commands(page):
    """The words of each command with arguments that a page shows, in its order."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    shown = re.findall(r"`chainrule ([^`]+)`|^(?:\.venv/bin/)?chainrule (.+)$", text, flags=re.MULTILINE)
    lines = [inline or line for inline, line in shown]
    return [
        words for line in lines if len(words := shlex.split(line)) > 1 and not {"…", "COMMAND"} & {*words}
    ]


PAGES = [page for page in (ROOT / "README.md", *sorted(ROOT.glob("docs/*/*.md"))) if commands(page)]


@pytest.mark.slow  # thirty sheets of paper
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_works(page, tmp_path, monkeypatch, capsys):
    """Typed one after another into an empty folder with a table, none of them fails."""
    monkeypatch.chdir(tmp_path)
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address, *_, **__: opened.append(address) or True)
    rows = [f"{i / 10},{i % 3},{int(i > 10)}" for i in range(20)]
    Path("mine.csv").write_text("\n".join(["a,b,y", *rows]), encoding="utf-8")
    shows = 0
    for words in commands(page):
        assert main(words) == 0, f"chainrule {shlex.join(words)}: {capsys.readouterr().err}"
        shows += "--show" in words
        written = [
            words[i + 1] for i, word in enumerate(words) if word in {"--html", "--svg", "--film", "--out"}
        ]
        assert all(Path(file).exists() for file in written)
    assert len(opened) == shows
