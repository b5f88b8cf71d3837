"""Generated bindings at work: values there and back, resources, host implementations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pywasm_rt import Component, Err, Linker, Ok, ResultError, Some, get_engine
from pywasm_rt.errors import ComponentError

GUESTS = Path(__file__).parents[1] / "embedding" / "guests"


@pytest.fixture
def echo(echo_component: Component, echo_package: ModuleType, engine_name: str) -> Any:
    """The bound guest."""
    linker = Linker(get_engine(engine_name))
    return echo_package.Echo.instantiate(echo_component, linker).types


@pytest.fixture
def values(echo_package: ModuleType) -> dict[str, list[Any]]:
    """Values of every type."""
    t: Any = import_module(f"{echo_package.__name__}.exports.test_echo_types")
    point = t.Point(x=-(2**31), y_axis=7)
    shapes = [t.ShapeDot(), t.ShapeCircle(1.5), t.ShapeLabel("☃"), t.ShapePath([point, point])]
    everything = t.Whole(
        list=[None, *shapes],
        str="s",
        mode=t.Mode.READ | t.Mode.EXECUTE,
        colour=t.Colour.DARK_GREEN,
        pair=(255, point),
        from_=Err("no"),
    )
    return {
        "a-bool": [True, False],
        "a-u8": [0, 255],
        "a-s8": [-128, 127],
        "a-u16": [65535],
        "a-s16": [-32768],
        "a-u32": [2**32 - 1],
        "a-s32": [-(2**31)],
        "a-u64": [2**64 - 1],
        "a-s64": [-(2**63)],
        "a-f32": [0.5, float("-inf")],
        "a-f64": [0.1],
        "a-char": ["☃", "\U0010ffff"],
        "a-string": ["", "Ada ☃"],
        "bytes": [b"", bytes(range(256))],
        "list": [[], ["", "a"]],
        "a-record": [point],
        "tuple": [(1, "a", point)],
        "a-variant": shapes,
        "an-enum": list(t.Colour),
        "an-option": [None, point],
        "a-nested-option": [None, Some(None), Some(3)],
        "a-result": [Ok(point), Err(t.Colour.BLUE)],
        "a-result-of-nothing": [Ok(), Err()],
        "some-flags": [t.Mode(0), t.Mode.WRITE, ~t.Mode(0)],
        "a-list-of-lists": [[], [[], shapes]],
        "everything": [everything],
    }


def test_values_come_back_as_they_went(
    echo: Any, values: dict[str, list[Any]], echoes: dict[str, bool]
) -> None:
    assert len(echoes) == 26
    for name, padded in echoes.items():
        padding = ((0,) * 17,) if padded else ()
        method = name.replace("-", "_")
        for value in values[name]:
            assert getattr(echo, method)(value, *padding) == value, name
            awaited = getattr(echo, f"{method}_async")(value, *padding)
            assert asyncio.run(awaited) == value, name


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("a_variant", 1, "expected ShapeDot | ShapeCircle | ShapeLabel | ShapePath, got 1"),
        ("an_enum", "red", "expected Colour, got 'red'"),
        ("some_flags", 1, "expected Mode, got 1"),
        ("tuple", (1, 2), r"expected 3 elements, got \(1, 2\)"),
    ],
)
def test_what_does_not_fit_is_told(
    echo: Any, echoes: dict[str, bool], name: str, value: Any, message: str
) -> None:
    padding = ((0,) * 17,) if echoes[name.replace("_", "-")] else ()
    with pytest.raises(ComponentError, match=message.replace("|", r"\|")):
        getattr(echo, name)(value, *padding)


@pytest.fixture(scope="module")
def packages(
    tmp_path_factory: pytest.TempPathFactory, write_package: Callable[..., None]
) -> Iterator[None]:
    """The bindings of the components of the embedding's tests can be imported."""
    folder = tmp_path_factory.mktemp("packages")
    for name in ("client", "counters"):
        write_package(folder, f"{name}_bindings", GUESTS / f"{name}.wat")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield


class Counter:
    """A resource of the host's."""

    closed = 0

    def __init__(self, value: int) -> None:
        self.value = value

    def add_up(self, n: int) -> int:
        self.value += n
        return self.value

    def close(self) -> None:
        Counter.closed += 1


class Store:
    """An implementation of the Protocol."""

    def look_up(self, id: int) -> Any:
        if id == 0:
            raise ResultError(404)
        return id + 1

    def from_(self) -> int:
        return 3

    def counter(self, start: int) -> Counter:
        return Counter(start)

    def counter_largest(self) -> int:
        return 1000


class SlowCounter(Counter):
    """One that is awaited."""

    async def add_up(self, n: int) -> int:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().add_up(n)


class SlowStore(Store):
    """One that is awaited."""

    async def look_up(self, id: int) -> Any:
        await asyncio.sleep(0)
        return super().look_up(id)

    async def counter(self, start: int) -> Counter:  # type: ignore[override]
        return SlowCounter(start)


@pytest.mark.parametrize("store", [Store(), SlowStore()], ids=["plain", "awaited"])
def test_a_host_implements_a_protocol(packages: None, engine_name: str, store: Store) -> None:
    linker = Linker(get_engine(engine_name))
    bindings: Any = import_module("client_bindings")
    import_module("client_bindings.imports.test_app_store").define(linker, store)
    client = bindings.Client.instantiate(Component.from_file(GUESTS / "client.wat"), linker)
    before = Counter.closed
    assert client.count(10) == 15
    assert Counter.closed == before + 1
    assert client.from_() == 1003
    assert client.look_up(41) == Ok(42)
    assert client.look_up(0) == Err(404)
    assert asyncio.run(client.look_up_async(0)) == Err(404)


def test_a_guests_resource_has_a_class(packages: None, engine_name: str) -> None:
    bindings: Any = import_module("counters_bindings")
    component = Component.from_file(GUESTS / "counters.wat")
    guest = bindings.Counters.instantiate(component, Linker(get_engine(engine_name)))
    with guest.counters.key_counter(5) as counter:
        assert type(counter).__name__ == "KeyCounter"
        assert counter.add_up(2) == 7
        assert asyncio.run(counter.add_up_async(1)) == 8
    assert guest.counters.dropped() == 1
    with pytest.raises(ComponentError, match="used up or dropped"):
        counter.add_up(1)
    assert guest.counters.key_counter_of_text().add_up(2) == 42
