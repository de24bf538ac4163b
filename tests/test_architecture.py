"""Laws of the building: floors, public names, docstrings, reasons; read from the source itself."""

import ast
import re
import subprocess
import sys
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
        {"rules", "graph", "real", "collector", "characters", "saving"},
        {"floats", "arrays", "errors", "copies", "anomaly", "sweep"},
        {"handmade", "node", "operators", "written_out", "value"},
        {
            "functions",
            "given",
            "ufuncs",
            "names",
            "naming",
            "differentiable",
            "derivation",
            "derive",
            "expressions",
            "formula",
            "parse",
            "stale",
            "steps",
            "tree",
            "check",
            "neurons",
            "source",
            "rendering",
        },
        {"tape", "chain"},
        {"pictures", "draw", "player"},
    ],
    "nn": [
        {"module", "optim", "equations"},
        {"layers"},
        {"data", "losses", "tracing"},
        {"history"},
        {"descent", "plot"},
        {"faults"},
        {"replay"},
        {"train"},
        {"play"},
    ],
    "chainrule": [{"cli"}, {"__main__"}],
}

# What may look up: for types alone, or through a door that opens when a function is called.
TYPES_FROM_ABOVE = {
    ("engine.anomaly", "engine.node"),
    ("engine.copies", "engine.node"),
    ("engine.backward", "engine.node"),
    ("engine.value", "engine.chain"),
    ("engine.value", "engine.draw"),
    ("engine.value", "engine.pictures.page"),
}
DOORS = {("engine.value", f"engine.{door}") for door in ("chain", "draw", "player", "ufuncs")}


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
            elif isinstance(child, ast.FunctionDef):
                yield from walk(child, "call" if when == "import" else when)
            elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                yield from walk(child, "types")
            else:
                yield from walk(child, when)

    return list(walk(TREES[source], "import"))


IMPORTS = [found for source in FILES for found in imports_of(source)]


def floor(module):
    """The floor of a module; a package itself stands on the roof of what it holds."""
    package, _, rest = module.partition(".")
    if not rest:
        return len(FLOORS[package])
    part = rest.split(".")[0]
    floors = [k for k, names in enumerate(FLOORS[package]) if part in names]
    assert len(floors) == 1, f"{module}: give it a floor in this test, one"
    return floors[0]


def test_the_imports_are_found():
    """The reader of imports sees each kind: of modules, of names, at a call, for types."""
    assert Import("engine.pictures.drawing", "engine.pictures.svg.layout", (), "import") in IMPORTS
    assert Import("engine.value", "engine.draw", ("draw",), "call") in IMPORTS
    assert Import("engine.value", "engine.draw", ("Drawing", "Options"), "types") in IMPORTS
    assert any((found.source, found.target) == ("nn.layers", "engine") for found in IMPORTS)
    assert any(
        (found.source, found.target) == ("engine.rules.costs", "engine.rules.many") for found in IMPORTS
    )


def test_every_module_has_one_floor():
    """Each module stands on a floor, and each name of a floor is a module."""
    for module in FILES:
        floor(module)
    for package, floors in FLOORS.items():
        for name in set().union(*floors):
            assert f"{package}.{name}" in FILES, f"{package}.{name} is no module any more"


def test_imports_go_down():
    """No module imports from a floor above its own, but for the types and doors listed."""
    upward = {when: set() for when in ("import", "call", "types")}
    for found in IMPORTS:
        if found.source.split(".")[0] == found.target.split(".")[0] and found.source not in {"engine", "nn"}:
            inside_a_package = found.source.startswith(f"{found.target}.") and found.target != "chainrule"
            assert not inside_a_package, f"{found.source} imports the package that it is part of"
            if floor(found.target) > floor(found.source):
                upward[found.when].add((found.source, found.target))
    assert upward == {"import": set(), "call": DOORS, "types": TYPES_FROM_ABOVE}


def test_imports_make_no_circle():
    """The modules can be put in an order in which each imports only earlier ones."""
    graph = {module: set() for module in FILES}
    for found in IMPORTS:
        if found.when == "import" or found.source.startswith(("nn", "chainrule")):
            graph[found.source].add(found.target)
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) == set(FILES)


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


ELEMENTARY = [
    "abs", "acos", "acosh", "add", "asin", "asinh", "atan", "atan2", "atanh", "clip", "cos", "cosh", "div",
    "elu", "erf", "erfc", "exp", "expm1", "gelu", "gelu_tanh", "general_power", "hard_tanh", "hypot",
    "leaky_relu", "log", "log10", "log1p", "log2", "log_sigmoid", "mish", "mul", "neg", "relu", "sech",
    "selu", "sigmoid", "silu", "sin", "sinh", "softplus", "softsign", "sqrt", "sub", "tan", "tanh",
]  # fmt: skip
OF_SEVERAL = ["affine", "dot", "logsumexp", "maximum", "mean", "minimum", "power", "softmax", "total"]
COSTS = [
    "binary_cross_entropy", "binary_cross_entropy_from_logits", "half_squared_error", "hinge",
    "log_likelihood", "log_likelihood_from_logits", "softmax_cross_entropy", "squared_error",
]  # fmt: skip
PARTS_OF_SOFTMAX = ["softmax_share", "softmax_sum"]
ENGINE = [
    "Drawing", "GradientError", "Value", "apply", "detect_anomaly", "draw", "explain", "floats", "formula",
    "forward", "grad", "gradcheck", "graph", "hessian", "hvp", "jacobian", "label", "parse", "play", "rules",
    "rules_table", "steps", "tree", "without_collector",
]  # fmt: skip
NN = [
    "ACTIVATIONS", "COSTS", "MLP", "Adam", "DivergenceError", "GradientDescent", "History", "Layer", "Module",
    "Neuron", "Optimizer", "TrainingPlayer", "data", "fit", "losses", "play_training",
]  # fmt: skip


def test_the_public_names_are_these():
    """A name that comes or goes does so on purpose: here, and in the changelog."""
    assert sorted(engine.__all__) == sorted(ENGINE + ELEMENTARY + OF_SEVERAL)
    assert sorted(nn.__all__) == sorted(NN)
    assert sorted(engine.rules.REGISTRY) == sorted(ELEMENTARY + OF_SEVERAL + COSTS + PARTS_OF_SOFTMAX)
    for package in (engine, nn):
        assert all(hasattr(package, name) for name in package.__all__)


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


LINES = 600
MOST = 600
LONG = {
    "nn.layers": "Neuron, Layer and MLP belong together, and a third of it is docstrings",
}


def test_no_file_is_long_without_a_reason():
    """Files stay below a size that can be read at one sitting; the few that do not are listed."""
    length = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in FILES.items()}
    assert {name for name, lines in length.items() if lines > LINES} <= set(LONG)
    assert max(length.values()) <= MOST
    assert set(LONG) <= set(FILES)
