"""Settings of every test."""

import pytest
from browser import chromium
from hypothesis import HealthCheck, settings
from lab import jupyterlab

BUSY = [HealthCheck.too_slow]  # says that the machine has other work, not that a law is broken

settings.register_profile("chainrule", deadline=None, max_examples=60, suppress_health_check=BUSY)
settings.load_profile("chainrule")


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium for all tests of a session; each begins by opening a page of its own."""
    with chromium() as driver:
        yield driver


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):
    """One JupyterLab for all tests of a session."""
    browser.set_script_timeout(240)  # one script runs a whole notebook
    with jupyterlab(tmp_path_factory.mktemp("lab") / "server") as running:
        yield running
