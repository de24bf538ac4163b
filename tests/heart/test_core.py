"""The compiled core as the engine sees it: found, refused or absent, and what is handed over."""

from fractions import Fraction
from types import SimpleNamespace

import pytest

import engine
from engine import Value, core, rules


def test_compiled_is_a_bool():
    """``engine.compiled`` says whether the core is in use."""
    assert engine.compiled is core.compiled
    assert isinstance(engine.compiled, bool)


@pytest.mark.parametrize("pure", ["1", "yes"])
def test_pure_leaves_the_core_out(monkeypatch, pure):
    """With CHAINRULE_PURE in the environment nobody looks for it."""
    monkeypatch.setattr(core, "import_module", pytest.fail)
    assert core.found({"CHAINRULE_PURE": pure}) is None


def raising(error):
    def import_module(_):
        raise error

    return import_module


def test_only_an_absent_package_is_passed_over(monkeypatch):
    """A library that is there and cannot be loaded is an error, also one that lacks a module of its own."""
    monkeypatch.setattr(core, "import_module", raising(ModuleNotFoundError(name="chainrule_fast")))
    assert core.found({"CHAINRULE_PURE": "0"}) is None
    for error in (ImportError("undefined symbol"), ModuleNotFoundError(name="other"), OSError("corrupt")):
        monkeypatch.setattr(core, "import_module", raising(error))
        with pytest.raises(type(error)):
            core.found({})


def test_a_core_of_other_rules_is_refused(monkeypatch):
    """A core that was written from other rules, or says nothing of them, is not used, and that is said."""
    ours = SimpleNamespace(fingerprint=f"{core.PROTOCOL}-{core.fingerprint()}")
    monkeypatch.setattr(core, "import_module", lambda _: ours)
    assert core.found({}) is ours
    for other in (SimpleNamespace(fingerprint="1-00000000"), SimpleNamespace()):
        monkeypatch.setattr(core, "import_module", lambda _, other=other: other)
        with pytest.warns(RuntimeWarning, match="built from rules that differ"):
            assert core.found({}) is None


def test_the_fingerprint_is_of_every_rule(tmp_path, monkeypatch):
    """One character more in a rule, or in the vocabulary, is another fingerprint; line ends are not."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "readings").mkdir()
    rule, floats = tmp_path / "rules" / "a.py", tmp_path / "readings" / "floats.py"
    rule.write_bytes(b"x * y\n")
    floats.write_bytes(b"exp\n")
    monkeypatch.setattr(core, "__file__", str(tmp_path / "core.py"))
    first = core.fingerprint()
    rule.write_bytes(b"x * y\r\n")
    assert core.fingerprint() == first
    rule.write_bytes(b"x + y\n")
    second = core.fingerprint()
    floats.write_bytes(b"exp2\n")
    assert len({first, second, core.fingerprint()}) == 3


def test_a_class_hands_over_what_the_core_lacks():
    """The compiled type gets docs, doors, and the attributes that it lacks; the core is lent the rest."""
    lent, owners = {}, []

    class Door:
        def __set_name__(self, owner, name):
            owners.append((owner, name))

    class Compiled:
        def double(self):
            return "compiled"

    def sweep():
        return "compiled"

    class Node:
        pass

    fake = SimpleNamespace(Node=Node, Value=Compiled, sweep=sweep, connect=lent.update)
    adopt = core.Adoption(fake)
    assert adopt(type("Node", (), {})) is Node
    assert not lent

    @adopt
    class Value:  # a class of that name
        """Python's."""

        __slots__ = ("number",)
        door = Door()

        def double(self):
            return "Python's"

        @classmethod
        def made(cls):
            return cls

    assert Value is Compiled
    assert Compiled.__doc__ == "Python's."
    assert Compiled().double() == "compiled"
    assert Compiled.made() is Compiled
    assert owners[-1] == (Compiled, "door")
    assert not hasattr(Compiled, "number")
    assert lent["pure"]["double"](None) == "Python's"
    assert lent["rules"] is rules.REGISTRY
    pure = sweep.__code__

    def sweep():
        return "Python's"

    assert adopt(sweep).__code__ is pure
    assert lent["pure"]["sweep()"]() == "Python's"
    assert adopt(raising) is raising


def test_what_the_core_asks_of_python():
    """A rare kind of number becomes a leaf, anything else is refused as ever; a rule is bound by position."""
    leaf = core.operand(Value, Fraction(1, 4))
    assert (leaf.data, leaf.rule) == (0.25, rules.constant)
    assert core.operand(Value, object()) is NotImplemented
    with pytest.raises(TypeError, match="cannot combine a Value with str"):
        core.operand(Value, "1")
    assert core.bind(rules.clip, -1.0, 1.0) is rules.clip.at(lo=-1.0, hi=1.0)


def test_without_a_core_nothing_is_run_by_it(monkeypatch):
    """A tape that asks for a runner gets none, and goes on in Python."""
    monkeypatch.setattr(core, "_core", None)
    assert core.straight([rules.tanh], [[0]], 1) is None
