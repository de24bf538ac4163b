"""Laws of the building: floors, public names, docstrings, reasons; read from the source itself."""

import ast
import builtins
import os
import re
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

import engine
import nn

ROOT = Path(engine.__file__).parents[1]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("chainrule", "engine", "nn")
    for path in sorted((ROOT / package).rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}
PACKAGES = {name for name, path in FILES.items() if path.name == "__init__.py"}

FLOORS = {
    "engine": [
        {"characters", "collector", "rules"},
        {"readings.floats"},
        {"numeric"},
        {"doors", "graph", "saving", "readings.arrays", "readings.expressions"},
        {
            "anomaly",
            "readings",
            "showing",
            "readings.code",
            "readings.formulas",
            "readings.cases",
            "readings.joined",
        },
        {"core"},
        {"custom", "node"},
        {"backward"},
        {"copies", "showing"},
        {"value"},
        {"arguments", "functions", "labels", "stale", "ufuncs", "readings.programs", "readings.values"},
        {"checking", "derive", "formula"},
        {"neurons", "operations", "parsing", "source"},
        {"perceptron", "sums"},
        {"chain", "tape"},
        {"asking"},
        {"pictures"},
    ],
    "nn": [
        {"module", "optim", "equations", "progress", "schedules"},
        {"layers"},
        {"accounts", "chart", "data", "ledger", "losses", "plot"},
        {"history", "tracing"},
        {"descent"},
        {"faults"},
        {"replay"},
        {"train"},
        {"metrics", "play"},
    ],
    "chainrule": [{"cli"}, {"__main__"}],
}
"""What stands on what: a module imports from its own floor and from those before it."""

HEART = {"engine.node", "engine.backward", "engine.value"}
LEANS_ON = {
    "engine.rules",
    "engine.readings",
    "engine.numeric",
    "engine.copies",
    "engine.anomaly",
    "engine.core",
    "engine.custom",
    "engine.doors",
}
"""What the heart may import, besides itself."""

BOOKS = {
    "engine.formula": set(),
    "engine.parsing": set(),
    "engine.source": set(),
    "engine.tape": set(),
    "engine.chain": {"engine.formula"},
    "engine.asking": {"engine.formula", "engine.chain", "engine.parsing"},
    "engine.pictures": {"engine.formula", "engine.chain", "engine.source", "engine.asking"},
}
"""The books, each with the others that it may open."""

DOORS = {
    "engine.chain.explanation",
    "engine.chain.steps",
    "engine.chain.tree",
    "engine.pictures.drawing",
    "engine.pictures.page.page",
    "engine.ufuncs",
}
"""What Value's methods open when they are called, and name for types."""


class Import(NamedTuple):
    """One import of a module of ours, and when it happens."""

    source: str
    target: str
    names: tuple[str, ...]
    when: str  # "import", "call" or "types"


def resolve(source, node):
    """The modules of ours that an import statement names, with the names taken from each."""
    if isinstance(node, ast.Import):
        return [(alias.name, ()) for alias in node.names]
    package = source if source in PACKAGES else source.rpartition(".")[0]
    base = package.split(".")[: len(package.split(".")) - max(node.level - 1, 0)] if node.level else []
    module = ".".join([*base, *([node.module] if node.module else [])])
    submodules = [(f"{module}.{alias.name}", ()) for alias in node.names if f"{module}.{alias.name}" in FILES]
    names = tuple(alias.name for alias in node.names if f"{module}.{alias.name}" not in FILES)
    return submodules + ([(module, names)] if names else [])


def imports_of(source):
    """Every import of one module, with when it happens."""

    def walk(node, when):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                for target, names in resolve(source, child):
                    if target in FILES:
                        yield Import(source, target, names, when)
            elif isinstance(child, ast.Call) and ast.unparse(child.func) == "door":
                yield Import(source, f"engine.{child.args[0].value}", (), "call")
            elif isinstance(child, ast.FunctionDef):
                yield from walk(child, "call" if when == "import" else when)
            elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                yield from walk(child, "types")
            else:
                yield from walk(child, when)

    return list(walk(TREES[source], "import"))


IMPORTS = [found for source in FILES for found in imports_of(source)]


def floor(module):
    """The floor of a module: that of its own name, else that of the package which it is in."""
    package, _, rest = module.partition(".")
    floors = {name: k for k, names in enumerate(FLOORS[package]) for name in names}
    assert rest in floors or rest.split(".")[0] in floors, f"{module}: give it a floor in this test"
    return floors.get(rest, floors.get(rest.split(".")[0]))


def book_of(module):
    return next((book for book in BOOKS if module == book or module.startswith(f"{book}.")), None)


def is_door(found):
    return found.source == "engine.value" and found.target in DOORS and found.when != "import"


def test_the_imports_are_found():
    """The reader of imports sees each kind: of modules, of names, at a call, for types."""
    assert any((found.source, found.target) == ("engine.backward", "engine.node") for found in IMPORTS)
    assert Import("engine.value", "engine.pictures.drawing", (), "call") in IMPORTS
    assert Import("engine.value", "engine.pictures.drawing", (), "types") in IMPORTS
    assert any((found.source, found.target) == ("nn.layers", "engine") for found in IMPORTS)
    assert any(
        (found.source, found.target) == ("engine.rules.costs", "engine.rules.many") for found in IMPORTS
    )


def test_every_module_has_a_floor():
    """Each module stands on a floor, and each name of a floor is a module."""
    for module in FILES:
        assert "." not in module or floor(module) >= 0
    for package, floors in FLOORS.items():
        for name in set().union(*floors):
            assert f"{package}.{name}" in FILES, f"{package}.{name} is no module any more"


def test_imports_go_down():
    """No module imports from a floor above its own, types included, but for Value's doors."""
    upward = {
        (found.source, found.target)
        for found in IMPORTS
        if found.source.partition(".")[0] == found.target.partition(".")[0] and not is_door(found)
        if "." in found.source and "." in found.target and floor(found.target) > floor(found.source)
    }
    assert upward == set()


def test_there_are_no_circles():
    """Modules have an order in which each imports only earlier ones, types included, but for doors."""
    graph = {module: set() for module in FILES}
    for found in IMPORTS:
        inside = found.target in PACKAGES and found.source.startswith(f"{found.target}.")
        if found.when != "call" and not is_door(found) and not inside:
            graph[found.source].add(found.target)
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) == set(FILES)


def test_the_heart_leans_on_little():
    """node, backward and value are at most 850 lines together, and import little, even for types."""
    lines = sum(len(FILES[module].read_text(encoding="utf-8").splitlines()) for module in HEART)
    assert lines <= 850, (
        f"{lines} lines: methods of related rules share a line in Value; else shorten one of the three"
    )
    for found in IMPORTS:
        if found.source in HEART and found.target not in HEART and not is_door(found):
            known = any(found.target == name or found.target.startswith(f"{name}.") for name in LEANS_ON)
            assert known, found


def test_two_files_know_where_a_node_keeps_its_parents():
    """Its places are read and filled in node and backward alone; a Value begins with empty ones."""
    places = {"_first", "_second", "_by_first", "_by_second"}
    slots = next(
        ast.literal_eval(node.value)
        for node in ast.walk(TREES["engine.node"])
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__slots__"
    )
    assert places <= {*slots}
    knowing = {
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in places
    }
    assert knowing == {"engine.node", "engine.backward", "engine.value"}


def test_a_book_opens_no_other():
    """A book imports no other book, but for those that it is said to open."""
    for found in IMPORTS:
        ours, theirs = book_of(found.source), book_of(found.target)
        if ours and theirs and ours != theirs:
            assert theirs in BOOKS[ours], found


LOADED = {"import engine": 20, "from engine import Value": 20, "import engine; engine.tape.Tape": 40}


@pytest.mark.parametrize(("program", "most"), LOADED.items())
def test_a_program_loads_what_it_needs(program, most):
    """The corridor is short: so many files of ours are loaded, and no more."""
    ours = "[str(m.__file__) for n, m in sys.modules.items() if n.split('.')[0] in {'engine', 'nn'}]"
    program = f"{program}\nimport sys\nprint(*{{*{ours}}}, sep='|')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert len(done.stdout.split("|")) <= most, done.stdout


ENTERED = {
    "draw(C).svg": ("from engine import draw", 20),
    "Tape(C)()": ("from engine.tape import Tape", 9),
    "explain(C, w)": ("from engine import explain", 12),
    "(a * b).tanh().backward()": ("", 6),
    "fit(model, xs, ys)": ("from nn import MLP, data, fit; model, (xs, ys) = MLP(2, [4, 1]), data.xor()", 14),
}
"""What is done, and how many of our files may be entered on the way.

Not counted are ``rules/``, and the floats that rules are read with. Which of these come is said by the graph,
not by the act: whoever draws a sigmoid meets ``activations``, and ``costs`` who trains. With them it is up to
four more.
"""


OURS = tuple(f"{ROOT / package}{os.sep}" for package in ("engine", "nn"))


@pytest.mark.parametrize(("act", "needs_and_most"), ENTERED.items())
def test_an_act_enters_few_files(act, needs_and_most):
    """To follow one act is to open few files."""
    needs, most = needs_and_most
    program = f"""
import sys
from engine import Value, affine
{needs}
a, b, w = Value(0.5, label="a"), Value(0.3, label="b"), Value(0.7, label="w")
C = (affine(b, [w], [a]).sigmoid() - 1.0) ** 2
C.backward()
{act}
entered = set()
def trace(frame, event, arg):
    name = frame.f_code.co_filename
    if name.startswith({OURS!r}):
        entered.add(name)
sys.settrace(trace)
{act}
sys.settrace(None)
print(*sorted(entered), sep="|")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    calculus = re.compile(r"engine.(rules.\w+|readings.floats)\.py$")
    assert len([path for path in done.stdout.split("|") if not calculus.search(path.strip())]) <= most, (
        done.stdout
    )


def test_one_name_is_one_thing():
    """No two files have one stem, no two public classes one name, and no module that of a public function."""
    stems = Counter(
        path.stem for name, path in FILES.items()
        if path.stem not in {"__init__", "__main__"} and not name.startswith("chainrule")
    )  # fmt: skip
    assert [stem for stem, count in stems.items() if count > 1] == []
    classes = Counter(
        node.name for tree in TREES.values() for node in tree.body if isinstance(node, ast.ClassDef)
        if not node.name.startswith("_")
    )  # fmt: skip
    assert [name for name, count in classes.items() if count > 1] == []
    for package in (engine, nn):
        modules = {name.rpartition(".")[2] for name in FILES if name.rpartition(".")[0] == package.__name__}
        functions = {name for name in package.__all__ if callable(getattr(package, name))}
        assert not modules & functions


def test_no_two_files_of_tests_have_one_name():
    """pytest imports a file of tests by its bare name: the second one of a name would not be collected."""
    stems = Counter(path.stem for path in Path(__file__).parent.rglob("*.py"))
    assert [stem for stem, count in stems.items() if count > 1] == []


def test_functions_stay_the_same():
    """A public function is one object before and after any submodule was imported."""
    program = (
        "import engine, pkgutil, importlib\n"
        "before = {name: getattr(engine, name) for name in engine.__all__}\n"
        "[importlib.import_module(m.name) for m in pkgutil.walk_packages(engine.__path__, 'engine.')"
        " if not m.name.endswith('__main__')]\n"
        "print([name for name in before if getattr(engine, name) is not before[name]])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("module", FILES)
def test_sizes(module):
    """A file is at most 600 lines, a function at most 60 lines of code."""
    lines = FILES[module].read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 600
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.FunctionDef) and len(node.body) > bool(ast.get_docstring(node)):
            first = node.body[bool(ast.get_docstring(node))].lineno
            code = [line for line in lines[first - 1 : node.end_lineno] if line.strip()]
            assert len(code) <= 60, f"{module}.{node.name}"


def test_the_calculus_knows_nothing_of_ours():
    """rules/ imports nothing of engine outside rules/, not even for types."""
    inside = "engine.rules"
    for found in IMPORTS:
        if found.source.startswith(inside):
            assert found.target.startswith(f"{inside}."), f"{found.source} imports {found.target}"


def test_engine_never_imports_nn():
    """The engine can be had without the networks."""
    assert not [
        found for found in IMPORTS if found.source.startswith("engine") and found.target.startswith("nn")
    ]


def test_nn_uses_engine_through_public_names():
    """No import of an underscore, and no private attribute of engine's objects."""
    private = re.compile(r"(^|\.)_(?!_)")
    for found in IMPORTS:
        if found.source.startswith("nn") and found.target.startswith("engine"):
            assert not [name for name in (found.target, *found.names) if private.search(name)], found
    of_engine = {
        node.attr
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if name.startswith("engine") and isinstance(node, ast.Attribute) and private.match(node.attr)
    }
    assert {"_number", "_grad", "_label"} <= of_engine
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if name.startswith("nn") and isinstance(node, ast.Attribute) and node.attr in of_engine:
                assert ast.unparse(node.value) in {"self", "cls"}, (
                    f"{name}:{node.lineno} reaches for {node.attr}"
                )


def test_import_engine_is_light():
    """``import engine`` loads the standard library and itself, nothing else."""
    program = (
        "import sys; before = set(sys.modules); import engine; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "engine" in loaded
    assert loaded - {"engine"} <= sys.stdlib_module_names
    assert not {"numpy", "graphviz", "matplotlib", "nn"} & loaded


OF_SEVERAL = ["affine", "dot", "logsumexp", "maximum", "mean", "minimum", "power", "softmax", "total"]
ENGINE = [
    "Drawing", "GradientError", "Guess", "Question", "Value", "Verdict", "apply", "check", "compiled",
    "detect_anomaly", "draw",
    "exercise", "explain", "floats", "formula", "forward", "grad", "gradcheck", "graph", "hessian", "hvp",
    "jacobian", "label", "mark", "operation", "parse", "play", "questions", "quiz", "rules", "rules_table",
    "steps", "tree", "without_collector", "worksheet",
]  # fmt: skip
NN = [
    "ACTIVATIONS", "COSTS", "MLP", "Adam", "Confusion", "DivergenceError", "GradientDescent", "History",
    "Layer", "Module", "Neuron", "Optimizer", "TrainingPlayer", "accuracy", "confusion", "data", "fit",
    "losses", "play_training", "predict", "schedules",
    "Trace", "trace",
]  # fmt: skip


def test_the_public_names_are_these():
    """A name that comes or goes does so on purpose: here, and in the changelog. Rules bring their own."""
    of_rules = {name for name, rule in engine.rules.REGISTRY.items() if len(rule.operands) in {1, 2}}
    assert set(engine.PUBLIC) == {*ENGINE, *OF_SEVERAL, *of_rules, "source", "tape"}
    assert set(engine.__all__) == set(engine.PUBLIC) - {*dir(builtins), "source", "tape"}
    assert sorted(nn.__all__) == sorted(NN)
    assert len(set(engine.__all__)) == len(engine.__all__)
    for package in (engine, nn):
        assert all(hasattr(package, name) for name in package.__all__)
        assert set(package.__all__) <= set(dir(package))


def test_type_checkers_know_the_public_names():
    """``engine/__init__.py`` lists its names twice: as imports for types, and by module. They agree."""
    typed = {
        (found.target.removeprefix("engine").removeprefix("."), name)
        for found in IMPORTS
        if found.source == "engine" and found.when == "types"
        for name in found.names or [found.target.rpartition(".")[2]]
    } - {("functions", "Function")}
    typed = {("" if name == module else module, name) for module, name in typed}
    rules = {(module, name) for module, name in typed if name in engine.rules.REGISTRY}
    doors = {(module, name) for module, names in engine.DOORS.items() for name in names}
    assert typed - rules == {(module, name) for module, name in doors if name not in engine.rules.REGISTRY}
    assert rules <= doors


def public(tree, prefix=""):
    """Public functions, classes and methods, with their names."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
            if "overload" not in decorators and f"{node.name}.setter" not in decorators:
                yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node, f"{prefix}{node.name}.")


DESCRIBED_AS_A_WHOLE = {
    "engine.rules.vocabulary.Arithmetic": "each name is mathematics; the class says the rest"
}


@pytest.mark.parametrize("module", FILES)
def test_everything_public_is_described(module):
    """Each module, and each public function, class and method in it, has a docstring."""
    assert ast.get_docstring(TREES[module]), f"{module} does not say what it is for"
    bare = [f"{module}.{name}" for name, node in public(TREES[module]) if not ast.get_docstring(node)]
    assert not [name for name in bare if name.rpartition(".")[0] not in DESCRIBED_AS_A_WHOLE]


EXCEPTION = re.compile(r"#\s*(noqa|type:\s*ignore)\b")
REASON = re.compile(r"#\s*(noqa: [A-Z]+\d+(, [A-Z]+\d+)*  \(.{3,}\)|type: ignore\[[\w, -]+\]  # .{3,})$")


@pytest.mark.parametrize("module", FILES)
def test_every_exception_has_a_reason(module):
    """``noqa`` and ``type: ignore`` name their rule and say why; of several in a row, the first does."""
    lines = FILES[module].read_text(encoding="utf-8").splitlines()
    for before, line in pairwise(["", *lines]):
        if EXCEPTION.search(line):
            codes = re.findall(r"noqa: (.*?)(?:  \(|$)", line)
            assert REASON.search(line) or (codes and f"noqa: {codes[0]}" in before), line
