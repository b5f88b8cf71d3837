"""What the measurements of the boundary are made of gives the right answers."""

from __future__ import annotations

import pytest

from benchmarks.callers import CALLERS, Caller, NoComponents, OwnCaller
from benchmarks.guests import FOLDER
from benchmarks.modules import sized_module
from pywasm_rt.errors import ConfigError
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.text import parse


@pytest.fixture(scope="module")
def boundary() -> bytes:
    return encode(parse((FOLDER / "boundary.wat").read_text()))


@pytest.fixture(params=list(CALLERS))
def caller(request: pytest.FixtureRequest) -> Caller:
    try:
        return CALLERS[request.param]()
    except (ImportError, ConfigError) as error:
        pytest.skip(str(error))


def test_calls_in_and_out(caller: Caller, boundary: bytes) -> None:
    assert caller.add(boundary)(2, 3) == 5
    seen: list[int] = []

    def host(value: int) -> int:
        seen.append(value)
        return value + 1

    assert caller.repeat(boundary, host)(3) == 3
    assert seen == [0, 1, 2]


def test_component_calls(caller: Caller) -> None:
    wasmtime = pytest.importorskip("wasmtime")
    component = bytes(wasmtime.wat2wasm((FOLDER / "component.wat").read_text()))
    try:
        assert caller.component(component, "add")(2, 3) == 5
        assert caller.component(component, "echo")("häuser") == "häuser"
    except NoComponents:
        assert not isinstance(caller, OwnCaller)


@pytest.mark.guests
@pytest.mark.usefixtures("workshop")
def test_modules_of_a_size(caller: Caller) -> None:
    binary = sized_module(30_000)
    assert 25_000 < len(binary) < 35_000
    assert len(decode(binary).functions) > 20
    assert caller.first_call(binary, "run") == 0
    assert caller.first_call(binary, "all") == 0
