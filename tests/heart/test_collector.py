"""The pause of the cyclic garbage collector."""

import gc
import weakref

import pytest

from engine import Value, without_collector


@pytest.fixture(autouse=True)
def _the_collector_stays_as_it_is():
    was_on = gc.isenabled()
    yield
    (gc.enable if was_on else gc.disable)()


@pytest.mark.parametrize("on", [True, False])
def test_afterwards_the_collector_is_as_it_was(on):
    """Inside the block it is off; after it, after an error in it, and after a block in it, as before."""
    (gc.enable if on else gc.disable)()
    with without_collector():
        assert not gc.isenabled()
        with without_collector():
            pass
        assert not gc.isenabled()
    assert gc.isenabled() is on
    with pytest.raises(ZeroDivisionError), without_collector():
        Value(1.0) / 0.0
    assert gc.isenabled() is on


def test_a_graph_goes_without_the_collector():
    """A graph built and differentiated in the block is freed when its name goes, though nothing collects."""

    class Watched(Value):
        __slots__ = ("__weakref__",)

    with without_collector():
        x = Watched(2.0)
        y = x * x + x.tanh()
        y.backward()
        watch = weakref.ref(y)
        del y
        assert watch() is None
