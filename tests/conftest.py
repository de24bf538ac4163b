"""Settings of every test."""

import pytest
from extras import left_out, need
from hypothesis import HealthCheck, settings

CHANCE = [HealthCheck.too_slow, HealthCheck.filter_too_much]
"""They say that the machine has other work, or that much was drawn in vain, not that a law is broken."""

settings.register_profile("chainrule", deadline=None, max_examples=60, suppress_health_check=CHANCE)
settings.load_profile("chainrule")

LEFT_OUT = left_out()
collect_ignore = list(LEFT_OUT)


def pytest_report_header():
    """Say which tests there are none of, for want of a package."""
    return [f"left out: {name}, without {', '.join(sorted(lacks))}" for name, lacks in LEFT_OUT.items()]


def pytest_configure(config):
    """The marker for a test that needs a package of the extra ``test`` when it runs."""
    config.addinivalue_line("markers", "needs(package): skipped where it is missing; with CI set, fails")


def pytest_runtest_setup(item):
    """Skip what lacks a package."""
    for marker in item.iter_markers("needs"):
        need(*marker.args)


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium for all tests of a session; each begins by opening a page of its own."""
    need("selenium")
    from browser import chromium  # noqa: PLC0415  (needs the extra)

    with chromium() as driver:
        yield driver


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):
    """One JupyterLab for all tests of a session."""
    from lab import jupyterlab  # noqa: PLC0415  (as above)

    browser.set_script_timeout(240)  # one script runs a whole notebook
    with jupyterlab(tmp_path_factory.mktemp("lab") / "server") as running:
        yield running
