"""Build the site: ``python docs/build.py`` writes ``site/``, which any web server can serve.

It needs the extra ``docs`` and, for formulas and the playground, Node with npm, whose packages
``docs/package-lock.json`` fixes. The built pages ask no other host for anything.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import notebook_links

ROOT = Path(__file__).parents[1]
PAGES = (
    "*.md",
    "docs/**/*.md",
    "docs/llms.txt",
    "benchmarks/*.md",
    "engine/rules/*.md",
    "notebooks/README.md",
    "notebooks/*.ipynb",
    "notebooks/*.py",
)
TREES = {
    "Learn": [
        "notebooks/README",
        *(f"notebooks/{path.stem}" for path in sorted((ROOT / "notebooks").glob("*.ipynb"))),
    ],
    "Use": ["docs/use/*"],
    "Reference": ["docs/reference/README", "docs/reference/*", "engine/rules/README", "docs/concordance"],
    "Inside": [
        "README",
        "docs/inside/*",
        "CONTRIBUTING",
        "SECURITY",
        "CHANGELOG",
        "benchmarks/RESULTS",
        "benchmarks/LONG_RUNS",
    ],
    "Errors": ["docs/errors/README", "docs/errors/*"],
}
PYODIDE = ("pyodide.mjs", "pyodide.asm.wasm")
"""Of Python for browsers, as it is; its version stands in ``docs/package.json``, and it is 0.27.7.

Later versions die when a graph 3,000 nodes deep is released. ``play/compile.mjs`` packs the standard library.
"""

USELESS = ("__pycache__", "README.md", "py.typed", "cli", "c.py")
"""What a page cannot use: the command line, and C."""

NEED_NUMPY = ("tape", "equations", "ledger.py", "replay.py")
"""What the playground has only together with NumPy."""

TEMML = ("temml.min.js", "Temml-Local.css", "Temml.woff2")
"""Of what typesets formulas as MathML."""

FONT = "@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff2"
"""For formulas, where the system has no font for mathematics."""

LANDMARKS = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
}

NAV = """
```{raw} html
<nav class="top" aria-label="Parts of the site"><a href="#">chainrule</a>
<a href="notebooks/README.html">Learn</a>
<a href="docs/use/README.html">Use</a> <a href="docs/reference/README.html">Reference</a>
<a href="play/index.html">Playground</a> <a href="search.html">Search</a></nav>
```
"""

LIVE = """
```{raw} html
<p class="try"><a class="door" href="play/index.html">Try it in the browser</a></p>
<iframe class="live" src="chain.html#step=13" title="A chain of three neurons, step by step"></iframe>
```
"""


def tree(caption: str, pages: list[str]) -> str:
    """A table of contents in the sidebar, of the pages that exist."""
    exists = [page for page in pages if list(ROOT.glob(f"{page}.*"))]
    return "\n".join(
        ["", "```{toctree}", ":hidden:", ":glob:", f":caption: {caption}", "", *exists, "```", ""]
    )


def home() -> str:
    """The front page: docs/README.md with the page of the chain, seen from the root."""
    text = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    text = re.sub(r"\]\((?!\.\./)([\w/]+\.md)\)", r"](docs/\1)", text).replace("](../", "](")
    head, rest = text.split("\n## ", 1)
    return NAV + head + LIVE + "\n## " + rest + "".join(tree(*item) for item in TREES.items())


def source(folder: Path) -> None:
    """Copy what the pages are made of, where links between them expect it."""
    for pattern in PAGES:
        for path in ROOT.glob(pattern):
            if "node_modules" in path.parts:
                continue
            copy = folder / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
            if copy.suffix == ".ipynb":
                openable(copy)
    shutil.copytree(ROOT / "docs/images", folder / "docs/images")
    shutil.copytree(ROOT / "docs/static", folder / "static")
    shutil.copy(ROOT / "docs/conf.py", folder)
    (folder / "docs/README.md").unlink()
    (folder / "index.md").write_text(home(), encoding="utf-8")


def openable(notebook: Path) -> None:
    """Let a notebook's page begin with a link that opens it in the playground, where it runs there."""
    code = notebook_links.program(notebook)
    if code is None:
        return
    address = f"../play/index.html{notebook_links.link(code)}"
    text = f'<p><a class="door" href="{address}">Open in the playground</a></p>'
    content = json.loads(notebook.read_text(encoding="utf-8"))
    content["cells"].insert(1, {"cell_type": "markdown", "id": "playground", "metadata": {}, "source": text})
    notebook.write_text(json.dumps(content), encoding="utf-8")


def accessible(folder: Path) -> None:
    """Add what the theme's pages lack for screen readers, and drop the blank line that ends a doctest."""
    for path in folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for plain, better in LANDMARKS.items():
            text = text.replace(plain, better)
        path.write_text(re.sub(r"\s+</pre>", "\n</pre>", text), encoding="utf-8")


def packages() -> Path:
    """Install what the lock file names, once."""
    modules = ROOT / "docs/node_modules"
    if not modules.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("the site needs Node with npm (Debian: apt install nodejs npm), and found none")
        subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=modules.parent, check=True
        )
    return modules


def playground(folder: Path, modules: Path, numpy: Path | None) -> None:
    """The playground: Python for browsers, our packages compiled for it, the editor, a first answer."""
    play = ROOT / "docs/play"
    (folder / "pyodide").mkdir(parents=True, exist_ok=True)
    for name in ("index.html", "frame.html", "play.css", "page.js", "worker.js"):
        shutil.copy(play / name, folder)
    for name in TEMML:
        shutil.copy(modules / "temml/dist" / name, folder)
    runtime(folder / "pyodide", modules, numpy)
    bundle = ["--bundle", "--format=esm", f"--outfile={folder / 'editor.bundle.js'}"]
    esbuild(modules, play / "editor.js", *bundle)
    with TemporaryDirectory() as name:
        for package in ("chainrule", "engine", "nn", "graphviz"):
            place = Path(str(find_spec(package).origin)).parent  # type: ignore[union-attr]
            left_out = shutil.ignore_patterns(*USELESS, *([] if numpy else NEED_NUMPY))
            shutil.copytree(place, Path(name) / package, ignore=left_out)
        shutil.copy(play / "show.py", name)
        shutil.copy(ROOT / "notebooks/own_engine.py", name)
        subprocess.run(
            ["node", play / "compile.mjs", name, modules / "pyodide", folder], check=True, cwd=play
        )
    examples = []
    for path in sorted((play / "examples").glob("*.py")):
        title, code = path.read_text(encoding="utf-8").split("\n", 1)
        examples.append({"name": title.removeprefix("# "), "code": code})
    (folder / "examples.json").write_text(json.dumps(examples), encoding="utf-8")
    task = {"text": "(sigmoid(w*x + b) - y)**2", "values": {"w": 0.5, "x": 0.88, "b": 0.1, "y": 1.0}}
    shown = subprocess.run(
        [sys.executable, play / "show.py", json.dumps(task)], check=True, capture_output=True, cwd=ROOT
    )
    (folder / "first.json").write_text(
        json.dumps({**task, "answer": json.loads(shown.stdout)}), encoding="utf-8"
    )


def runtime(folder: Path, modules: Path, numpy: Path | None) -> None:
    """Python for browsers, and NumPy where its wheel is at hand: the one that Pyodide's lock file names."""
    esbuild(modules, modules / "pyodide/pyodide.asm.js", f"--outfile={folder / 'pyodide.asm.js'}")
    for name in PYODIDE:
        shutil.copy(modules / "pyodide" / name, folder)
    lock = json.loads((modules / "pyodide/pyodide-lock.json").read_text(encoding="utf-8"))
    packages = {}
    if numpy is not None:
        packages = {"numpy": lock["packages"]["numpy"]}
        if hashlib.sha256(numpy.read_bytes()).hexdigest() != packages["numpy"]["sha256"]:
            raise SystemExit(
                f"{numpy} is not {packages['numpy']['file_name']}, which Pyodide's lock file names"
            )
        shutil.copy(numpy, folder / packages["numpy"]["file_name"])
    (folder / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": packages}), encoding="utf-8")


def esbuild(modules: Path, source: Path, *options: str) -> None:
    """Bundle or shorten a script."""
    subprocess.run([modules / ".bin/esbuild", source, *options, "--minify", "--log-level=error"], check=True)


def main() -> None:
    """Build everything."""
    command = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument("--output", type=Path, default=ROOT / "site", help="folder to write (default: site)")
    command.add_argument("--playground", action="store_true", help="build the playground alone")
    command.add_argument(
        "--numpy", type=Path, metavar="WHEEL", help="Pyodide's own wheel of NumPy, to be loaded when used"
    )
    command.add_argument("--stored", action="store_true", help="show notebooks as stored; run none")
    asked = command.parse_args()
    modules = packages()
    if asked.playground:
        playground(asked.output / "play", modules, asked.numpy)
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        source(folder)
        for file in TEMML:
            shutil.copy(modules / "temml/dist" / file, folder / "static")
        shutil.copy(modules / FONT, folder / "static/stix-two-math.woff2")
        mode = ["-D", "nb_execution_mode=off"] if asked.stored else []
        sphinx = [
            sys.executable,
            "-m",
            "sphinx",
            "-b",
            "html",
            "-W",
            "--keep-going",
            "-q",
            "-j",
            "auto",
            *mode,
        ]
        built = folder / "built/html"  # the notebooks' runs are left beside it
        subprocess.run([*sphinx, str(folder), str(built)], check=True, cwd=ROOT)
        shutil.rmtree(asked.output, ignore_errors=True)
        shutil.copytree(
            built, asked.output, ignore=shutil.ignore_patterns(".doctrees", ".buildinfo", "_sources")
        )
    accessible(asked.output)
    playground(asked.output / "play", modules, asked.numpy)
    trace = [sys.executable, "-m", "chainrule", "trace", "--html", str(asked.output / "chain.html")]
    subprocess.run(trace, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
