"""Settings of every test: which of them run, with how many examples, and where they share a process."""

import os
import re
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import extras
import pytest
from browser import chromium, complaints
from hypothesis import HealthCheck, settings

import chainrule
import engine
import nn
from engine import Value, compiled, labels
from engine.rules.rule import REGISTRY

for path in Path(__file__).parent.rglob("*.py"):
    if path.stem not in sys.modules and not path.stem.startswith("test_"):
        pytest.register_assert_rewrite(path.stem)  # -O would drop the assertions of what tests share

CHANCE = [HealthCheck.too_slow, HealthCheck.filter_too_much]
"""They say that the machine has other work, or that much was drawn in vain, not that a law is broken."""

for name, examples in {"quick": 15, "full": 60, "long": 1000}.items():
    settings.register_profile(
        name,
        deadline=None,
        max_examples=examples,
        suppress_health_check=CHANCE,
        derandomize=name != "long",
    )

SEEN = Path(__file__).parent / "seen"
"""What people see: all of it is slow."""

OF_PYTHON_ALONE = {"heart.md": "it shows methods' lines of Python, which the compiled core replaces"}
"""Pages of docs that cannot hold with the compiled core, and why."""


def pytest_addoption(parser):
    """The option that runs everything."""
    parser.addoption("--full", action="store_true", help="run the slow tests too, with more examples")


def pytest_configure(config):
    """Markers, the number of examples, and what cannot be imported here."""
    full = config.getoption("full")
    config.addinivalue_line("markers", "slow: runs with --full only (or where -m asks for it)")
    config.addinivalue_line("markers", "platform: slow, and runs on every platform of .ci/platforms even so")
    config.addinivalue_line("markers", "counts: slow, and coverage counts here even so, see CONTRIBUTING")
    config.addinivalue_line("markers", "more: quick, and the gate runs it again with more examples")
    config.addinivalue_line("markers", "no_cover: coverage does not count here (pytest-cov's own)")
    config.addinivalue_line(
        "markers", "needs(package): skipped where it is missing; with CI and --full, fails"
    )
    if not config.getoption("hypothesis_profile", None):
        settings.load_profile("full" if full else "quick")
    load_everything()
    extras.PROMISED = everything(config) and "CI" in os.environ
    config.left_out = extras.left_out()
    config.pluginmanager.register(OperationsAreForgotten())


def load_everything():
    """Import all of our modules, whose constants Hypothesis draws, too: the same ones in every process."""
    for package in (engine, nn, chainrule):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                with suppress(ImportError):
                    import_module(module.name)


class OperationsAreForgotten:
    """After each test, a doctest or a page of docs included, no operation that it defined is left."""

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self):
        """Take from the registry, and from Value, what a definition outside the engine entered."""
        if "engine.operations" in sys.modules:
            for name, rule in [*REGISTRY.items()]:
                if rule.home:
                    del REGISTRY[name]
                    if getattr(vars(Value).get(name), "operation", False):
                        delattr(Value, name)


def everything(config):
    """Whether the slow tests run, too."""
    return config.getoption("full") or re.search("slow|platform", config.getoption("markexpr")) is not None


def pytest_ignore_collect(collection_path, config):
    """Leave out what cannot be imported here, and where all is slow do not even look."""
    if collection_path in config.left_out or (collection_path == SEEN and not everything(config)):
        return True
    return None


def pytest_report_header(config):
    """Say which tests there are none of: the slow ones, and others for want of a package."""
    if not config.getoption("full"):
        yield "quick part: --full runs the slow tests too"
    for path, lacks in config.left_out.items():
        yield f"left out: {path.name}, without {', '.join(sorted(lacks))}"


def pytest_itemcollected(item):
    """JAX and a browser are slow, and coverage counts in no slow test but JAX's and others marked so."""
    used = set(getattr(item, "fixturenames", ()))
    if item.get_closest_marker("platform") or used & {"jax", "one_browser"} or item.path.is_relative_to(SEEN):
        item.add_marker("slow")
    if "jax" in used:
        item.add_marker("counts")
    if item.get_closest_marker("slow") and not item.get_closest_marker("counts"):
        item.add_marker("no_cover")


def pytest_collection_modifyitems(config, items):
    """Run what is slow only where it is asked for, and what shows Python's lines only where they run.

    The tests of what people see come first: where several processes share the files of tests, the longest
    ones should not begin last.
    """
    for item in items:
        if compiled and item.path.name in OF_PYTHON_ALONE:
            item.add_marker(pytest.mark.skip(reason=OF_PYTHON_ALONE[item.path.name]))
    if everything(config):
        items.sort(key=lambda item: not item.path.is_relative_to(SEEN))
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if not item.get_closest_marker("slow")]


@pytest.fixture(scope="module", autouse=True)
def variables_of_tests(request):
    """The variables of a test name no nodes, but for modules that say ``NAMED_BY_VARIABLES = True``.

    What a test calls its Values is its own affair; what a reader of its graph sees should not depend on it.
    """
    with pytest.MonkeyPatch.context() as patch:
        if not getattr(request.module, "NAMED_BY_VARIABLES", False):
            patch.setattr(labels, "_variables", dict)
        yield


@pytest.fixture(scope="module", autouse=True)
def replaced_functions_come_back():
    """A public function that tests replaced is itself again, also where it is looked up at first use only."""
    yield
    for module, names in engine.DOORS.items():
        home = vars(sys.modules.get(f"engine.{module}", engine))
        for name in set(names) & set(home) & set(vars(engine)):
            assert vars(engine)[name] is home[name], f"a test left another engine.{name} behind"
    for name in ("draw", "play", "explain", "tree", "steps"):
        assert getattr(Value, name) is getattr(engine, name), f"a test left another Value.{name} behind"


def pytest_runtest_setup(item):
    """Skip what lacks a package."""
    for marker in item.iter_markers("needs"):
        extras.need(*marker.args)


@pytest.fixture(scope="session")
def one_browser():
    """One headless Chromium for all tests of a session."""
    with chromium() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(one_browser):
    """It, for the tests of a file; each begins by opening a page of its own."""
    yield one_browser
    one_browser.get("about:blank")  # what a page complains of as it is left is no affair of the next file
    complaints(one_browser)


@pytest.fixture(scope="session")
def lab(one_browser, tmp_path_factory):
    """One JupyterLab for all tests of a session."""
    from lab import jupyterlab  # noqa: PLC0415  (needs packages of its own)

    one_browser.set_script_timeout(240)  # one script runs a whole notebook
    with jupyterlab(tmp_path_factory.mktemp("lab") / "server") as running:
        yield running
