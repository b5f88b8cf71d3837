"""Which engine is taken, and what is said about it."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, EntryPoints
from types import SimpleNamespace

import pytest

from pywasm_rt.engine import engine_info, get_engine, selection
from pywasm_rt.errors import ConfigError


@pytest.fixture(autouse=True)
def forget_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins as a new process does, without a native engine."""
    monkeypatch.setattr(selection, "_engines", {})
    monkeypatch.setattr(selection, "_failures", {})
    monkeypatch.delenv(selection.VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, "pywasm_rt.engine.native", None)


def use_native(monkeypatch: pytest.MonkeyPatch) -> None:
    module = SimpleNamespace(NativeEngine=lambda: SimpleNamespace(name="native"))
    monkeypatch.setitem(sys.modules, "pywasm_rt.engine.native", module)


def use_entry_point(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    points = EntryPoints([EntryPoint(name, value, selection.ENTRY_POINTS)])
    monkeypatch.setattr(selection, "entry_points", lambda group: points)


def test_without_a_native_engine() -> None:
    assert get_engine().name == "reference"
    info = engine_info()
    assert info.name == "reference"
    assert info.reason.startswith("the native engine cannot be used: ")
    assert info.available == ("reference",)
    assert list(info.unavailable) == ["native"]
    assert str(info).startswith("reference: the native engine")


def test_with_a_native_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    use_native(monkeypatch)
    assert get_engine().name == "native"
    assert get_engine("reference").name == "reference"
    assert get_engine("auto").name == "native"
    assert str(engine_info()) == "native: it was built"
    assert engine_info().available == ("native", "reference")


def test_an_engine_is_made_once() -> None:
    assert get_engine() is get_engine("reference")


def test_the_environment_asks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    use_native(monkeypatch)
    monkeypatch.setenv(selection.VARIABLE, "reference")
    assert get_engine().name == "reference"
    assert str(engine_info()) == "reference: PYWASM_RT_ENGINE asks for it"
    monkeypatch.setenv(selection.VARIABLE, "")
    assert get_engine().name == "native"


def test_one_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"there is no engine 'referense' .*'reference'"):
        get_engine("referense")
    with pytest.raises(ConfigError, match="there are native, reference"):
        get_engine("qqq")
    with pytest.raises(ConfigError, match="the engine 'native' cannot be used"):
        get_engine("native")
    monkeypatch.setenv(selection.VARIABLE, "qqq")
    with pytest.raises(ConfigError):
        engine_info()


def test_engines_of_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    use_entry_point(monkeypatch, "mine", "types:SimpleNamespace")
    assert isinstance(get_engine("mine"), SimpleNamespace)
    assert "mine" in engine_info().available
    assert get_engine().name == "reference"


def test_a_broken_engine_of_another_package(monkeypatch: pytest.MonkeyPatch) -> None:
    use_entry_point(monkeypatch, "broken", "no_such_module:Engine")
    with pytest.raises(ConfigError, match="'broken' cannot be used: No module named"):
        get_engine("broken")
    assert "broken" in engine_info().unavailable
