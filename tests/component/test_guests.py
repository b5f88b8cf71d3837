"""Components as real toolchains make them, compared with what wasmtime makes of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.values import Err, Ok, Record, Variant
from pywasm_rt.errors import ComponentError

pytestmark = pytest.mark.guests
GUESTS = Path(__file__).parent / "guests"

CALLS: list[tuple[str, tuple[Any, ...]]] = [
    ("greet", ("Ada ☃",)),
    ("greet", ("",)),
    ("sum", ([1, 2, 2**32 - 1],)),
    ("sum", ([],)),
    ("mirror", (Record(x=1, y=-(2**31) + 1),)),
    ("bigger", (Variant("circle", 1.5),)),
    ("bigger", (Variant("dot"),)),
    ("bigger", (Variant("label", "hé"),)),
    ("next", ("blue",)),
    ("invert", (frozenset({"read"}),)),
    ("find", ("hallo", "l")),
    ("find", ("hallo", "x")),
    ("divide", (7, -2)),
    ("divide", (7, 0)),
    ("reverse", (["a", "", "☃"],)),
    ("seventeen", (*range(16), 2**40)),
]


@pytest.fixture(scope="module")
def guest(wasm_tools: str, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The component of guest.c."""
    pytest.importorskip("ziglang")
    folder = tmp_path_factory.mktemp("guest")
    core, embedded, component = (folder / it for it in ("core.wasm", "embedded.wasm", "c.wasm"))
    compiler = [sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding"]
    options = ["-O1", "-nostdlib", "-Wl,--no-entry", "-s"]
    for command in (
        [*compiler, *options, "-o", core, GUESTS / "guest.c"],
        [wasm_tools, "component", "embed", GUESTS / "guest.wit", core, "-o", embedded],
        [wasm_tools, "component", "new", embedded, "-o", component],
    ):
        subprocess.run(command, check=True)
    return component.read_bytes()


@pytest.fixture
def instance(guest: bytes, linker: Linker) -> Any:
    """An instance of the guest; its host is called Höst."""
    linker.define_function("host-name", lambda: "Höst")
    return linker.instantiate(Component.from_binary(guest))


def wasmtime_components() -> Any:
    """Wasmtime's package for components, or skip."""
    return pytest.importorskip("wasmtime.component")


def into_wasmtime(value: Any) -> Any:
    """The value as wasmtime's Python API takes it."""
    if isinstance(value, Record):
        record = wasmtime_components().Record()
        vars(record).update({name: into_wasmtime(it) for name, it in vars(value).items()})
        return record
    if isinstance(value, Variant):
        # Wasmtime tags a case only where its payload's Python type does not tell it.
        return value.payload
    return set(value) if isinstance(value, frozenset) else value


def from_wasmtime(value: Any, like: Any) -> Any:
    """Wasmtime's value in our form; ``like`` shows which form that is."""
    if isinstance(like, Record):
        return Record(vars(value))
    if isinstance(like, Variant):
        return Variant(like.tag, value)
    if isinstance(like, Ok | Err):
        return like.__class__(value.payload if hasattr(value, "payload") else value)
    return frozenset(value) if isinstance(like, frozenset) else value


def test_a_c_guest_answers_as_on_wasmtime(guest: bytes, instance: Any) -> None:
    wasmtime = pytest.importorskip("wasmtime")
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    components = wasmtime_components()
    linker = components.Linker(engine)
    with linker.root() as root:
        root.add_func("host-name", lambda _store: "Höst")
    other = linker.instantiate(store, components.Component(engine, guest))
    for name, arguments in CALLS:
        ours = instance.function(name).call(*arguments)
        function = other.get_func(store, name)
        theirs = function(store, *map(into_wasmtime, arguments))
        if hasattr(function, "post_return"):
            function.post_return(store)
        assert from_wasmtime(theirs, ours) == ours, name


def test_a_c_guest_by_itself(instance: Any) -> None:
    answers = [instance.function(name).call(*arguments) for name, arguments in CALLS]
    assert answers[:4] == ["Hello, Ada ☃ from Höst", "Hello,  from Höst", 2**32 + 2, 0]
    assert answers[4:9] == [
        Record(x=2**31 - 1, y=-1),
        Variant("circle", 3.0),
        Variant("dot"),
        Variant("label", "hé"),
        "red",
    ]
    assert answers[9:13] == [frozenset({"write", "execute"}), 2, None, Ok(-3)]
    assert answers[13:15] == [Err("division by zero"), ["☃", "", "a"]]


def test_post_return_frees_what_the_call_allocated(instance: Any) -> None:
    for _ in range(10_000 // 100):
        instance.function("greet").call("x" * 1000)
        assert instance.function("live-bytes").call() == 0


def test_the_world_is_described(guest: bytes) -> None:
    component = Component.from_binary(guest)
    assert str(component.imports["host-name"]) == "func() -> string"
    exports = {name: str(type) for name, type in component.exports.items()}
    assert exports["mirror"] == "func(p: point) -> point"
    assert exports["divide"] == "func(a: s32, b: s32) -> result<s32, string>"
    assert exports["bigger"] == "func(s: shape) -> shape"


def test_a_wrong_argument_names_the_field(instance: Any) -> None:
    with pytest.raises(ComponentError, match=r"^argument p\.y: expected s32, got 'a'"):
        instance.function("mirror").call({"x": 1, "y": "a"})
