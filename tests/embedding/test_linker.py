"""Host interfaces as Python objects."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from pywasm_rt import Component, Err, Linker, Ok, ResultError, WasiContext, get_engine
from pywasm_rt.errors import ComponentError, ConfigError, LinkError
from pywasm_rt.operations import Sleep
from pywasm_rt.wasi.capabilities.clocks import VirtualMonotonicClock


class Counter:
    """A resource of the host's."""

    closed: ClassVar[list[int]] = []

    def __init__(self, start: int) -> None:
        self.value = start

    def add_up(self, n: int) -> int:
        self.value += n
        return self.value

    @staticmethod
    def largest() -> int:
        return 1000

    def close(self) -> None:
        Counter.closed.append(self.value)


class Store:
    """An interface of the host's."""

    Counter = Counter

    def look_up(self, id: int) -> Any:
        if id == 0:
            raise ResultError(404)
        return Err(405) if id == 1 else id * 2

    def from_(self) -> int:
        return 7


def test_an_object_is_an_interface(linker: Linker, client: Component) -> None:
    Counter.closed.clear()
    linker.define_object("test:app/store@1.2.3", Store())
    instance = linker.instantiate(client)
    assert instance.function("count")(10) == 15
    assert Counter.closed == [15], "dropping the owning handle closes the object"
    assert instance.function("from")() == 1007
    look_up = instance.function("look-up")
    assert [look_up(id) for id in (0, 1, 21)] == [Err(404), Err(405), Ok(42)]


def test_an_err_is_raised_on_request(linker: Linker, client: Component) -> None:
    linker.define_object("test:app/store@1.2.3", Store())
    look_up = linker.instantiate(client).function("look-up").raising
    assert look_up(21) == 42
    with pytest.raises(ResultError, match=r"look-up answered with err\(404\)") as caught:
        look_up(0)
    assert caught.value.value == 404


def test_mappings_and_modules_are_interfaces_too(linker: Linker, client: Component) -> None:
    functions: dict[str, Any] = {"look-up": lambda _: Ok(1), "from": lambda: 3, "Counter": Counter}
    linker.define_object("test:app/store@1.2.3", functions)
    assert linker.instantiate(client).function("from")() == 1003
    module = SimpleNamespace(look_up=functions["look-up"], Counter=Counter)
    linker.define_object("test:app/store@1.2.3", module)
    missing = linker.missing(client)
    assert missing == ["function `from` in `test:app/store@1.2.0`"]


def test_everything_that_is_missing_is_told_at_once(linker: Linker, client: Component) -> None:
    class Poor:
        class Counter:
            def __init__(self, start: int) -> None: ...

        def look_up(self, id: int) -> int:
            return id

    linker.define_object("test:app/store@1.2.3", Poor())
    with pytest.raises(LinkError) as caught:
        linker.instantiate(client)
    assert [it.split("`")[1] for it in caught.value.details["missing"]] == [  # type: ignore[attr-defined]
        "from",
        "[method]counter.add-up",
        "[static]counter.largest",
    ]


def test_a_name_that_is_none_is_refused(linker: Linker) -> None:
    with pytest.raises(ComponentError, match="is no interface"):
        linker.define_object("test:app/Store!", Store())


def test_coroutine_functions_are_awaited(linker: Linker, client: Component) -> None:
    class Slow(Store):
        async def look_up(self, id: int) -> int:
            await asyncio.sleep(0)
            if id == 0:
                raise ResultError(5)
            return id + 1

    linker.define_object("test:app/store@1.2.3", Slow())
    look_up = linker.instantiate(client).function("look-up")
    assert look_up(1) == Ok(2)
    assert asyncio.run(look_up.call_async(0)) == Err(5)


def test_operations_and_generators_are_performed(linker: Linker, client: Component) -> None:
    class Waiting(Store):
        def look_up(self, id: int) -> Any:
            yield Sleep(0)
            if id == 0:
                raise ResultError(9)
            return id

        def from_(self) -> Any:
            return Sleep(0)

    linker.define_object("test:app/store@1.2.3", Waiting())
    instance = linker.instantiate(client)
    assert instance.function("look-up")(3) == Ok(3)
    assert instance.function("look-up")(0) == Err(9)
    with pytest.raises(ComponentError, match="expected u32, got None"):
        instance.function("from")()


def test_other_exceptions_reach_the_caller(linker: Linker, client: Component) -> None:
    class Broken(Store):
        def from_(self) -> int:
            raise ZeroDivisionError("the host's own")

        async def look_up(self, id: int) -> int:
            raise KeyError(id)

    linker.define_object("test:app/store@1.2.3", Broken())
    with pytest.raises(ZeroDivisionError, match="the host's own"):
        linker.instantiate(client).function("from")()
    with pytest.raises(KeyError):
        linker.instantiate(client).function("look-up")(1)
    with pytest.raises(KeyError):
        asyncio.run(linker.instantiate(client).function("look-up").call_async(1))


def test_functions_and_resources_of_the_world(engine_name: str) -> None:
    component = Component.from_text("""(component
      (import "make-one" (func $f (result u32)))
      (import "counter" (type $c (sub resource)))
      (import "[constructor]counter" (func $new (param "start" u32) (result (own $c))))
      (import "[method]counter.add-up" (func $add (param "self" (borrow $c)) (param "n" u32)
        (result u32)))
      (core func $f (canon lower (func $f)))
      (core func $new (canon lower (func $new)))
      (core func $add (canon lower (func $add)))
      (core module $m
        (import "" "f" (func $f (result i32)))
        (import "" "new" (func $new (param i32) (result i32)))
        (import "" "add" (func $add (param i32 i32) (result i32)))
        (func (export "run") (result i32) (call $add (call $new (call $f)) (i32.const 5))))
      (core instance $i (instantiate $m (with "" (instance
        (export "f" (func $f)) (export "new" (func $new)) (export "add" (func $add))))))
      (func (export "run") (result u32) (canon lift (core func $i "run"))))""")
    linker = Linker(get_engine(engine_name))
    linker.define_function("make-one", lambda: 1)
    linker.define_resource_class("counter", Counter)
    assert linker.instantiate(component).function("run")() == 6


def test_wasi_is_offered_whole_or_in_part(linker: Linker) -> None:
    component = Component.from_text("""(component
      (import "wasi:random/random@0.2.3" (instance (export "get-random-u64" (func (result u64)))))
      (import "wasi:clocks/monotonic-clock@0.2.0" (instance
        (export "now" (func (result u64))))))""")
    linker.define_wasi(only=["wasi:clocks"])
    told = "interface `wasi:random/random@0.2.3` (define_wasi offers it)"
    assert linker.missing(component) == [told]
    linker.define_wasi()
    assert linker.missing(component) == []
    with pytest.raises(ConfigError, match='did you mean "wasi:clocks"'):
        linker.define_wasi(only=["wasi:clock"])


def test_what_would_satisfy_an_import_is_told(linker: Linker) -> None:
    component = Component.from_text("""(component
      (import "wasi:clocks/monotonic-clock@0.2.9" (instance (export "now" (func (result u64)))))
      (import "wasi:clocks/monotonic-clock@0.3.0" (instance (export "now" (func (result u64)))))
      (import "test:app/store@1.0.0" (instance (export "get" (func))))
      (import "test:app/queue@1.0.0" (instance (export "get" (func))))
      (import "log" (func)))""")
    linker.define_object("test:app/queue@0.9.0", {"get": print})
    newer = "wasi:clocks/monotonic-clock@0.3.0"
    with pytest.raises(LinkError) as caught:
        linker.instantiate(component)
    assert caught.value.details["missing"] == (
        "interface `wasi:clocks/monotonic-clock@0.2.9` (define_wasi offers it)",
        f'interface `{newer}` (define_object("{newer}", ...) offers it)',
        'interface `test:app/store@1.0.0` (define_object("test:app/store@1.0.0", ...) offers it)',
        "interface `test:app/queue@1.0.0` (there is test:app/queue@0.9.0)",
        "function `log`",
    )


def every_patch_version() -> str:
    """A component that asks for the clock in each version of WASI 0.2, all of them at once."""
    versions = range(13)
    imports = "\n".join(
        f"""(import "wasi:clocks/monotonic-clock@0.2.{n}" (instance $c{n}
          (export "resolution" (func (result u64)))))
        (core func $f{n} (canon lower (func $c{n} "resolution")))"""
        for n in versions
    )
    asked = "\n".join(f'(import "" "{n}" (func $f{n} (result i64)))' for n in versions)
    calls = " ".join(f"(i64.eq (i64.const 1) (call $f{n})) i32.and" for n in versions)
    given = " ".join(f'(export "{n}" (func $f{n}))' for n in versions)
    return f"""(component {imports}
      (core module $m {asked} (func (export "f") (result i32) (i32.const 1) {calls}))
      (core instance $m (instantiate $m (with "" (instance {given}))))
      (func (export "all-the-same") (result bool) (canon lift (core func $m "f"))))"""


def test_every_patch_version_in_one_binary(engine_name: str) -> None:
    linker = Linker(get_engine(engine_name))
    linker.define_wasi(WasiContext(monotonic_clock=VirtualMonotonicClock(0)))
    instance = linker.instantiate(Component.from_text(every_patch_version()))
    assert VirtualMonotonicClock(0).resolution_ns == 1
    assert instance.function("all-the-same")() is True
