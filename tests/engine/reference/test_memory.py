"""Memories as entities: size, growth, room, and what the host may do with them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.engine.interface import Limits as StoreLimits
from pywasm_rt.engine.reference import memory as memory_module
from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.engine.reference.store import Store
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasm.types import Limits, MemoryType

PAGE = 65536


def make(minimum: int, maximum: int | None = None, **options: object) -> Memory:
    return Memory(MemoryType(Limits(minimum, maximum)), **options)  # type: ignore[arg-type]


def test_it_begins_as_zeros() -> None:
    memory = make(2)
    assert memory.size_bytes == 2 * PAGE
    assert memory.read(0, 2 * PAGE) == bytes(2 * PAGE)


def test_growing_keeps_the_content() -> None:
    memory = make(1, 3)
    memory.write(PAGE - 3, b"abc")
    assert memory.grow(2) == 1
    assert memory.read(PAGE - 3, 6) == b"abc\0\0\0"
    assert memory.type == MemoryType(Limits(3, 3))
    assert memory.grow(1) == -1
    assert memory.grow(0) == 3


def test_growing_beyond_what_was_reserved_keeps_the_content(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory_module, "_RESERVED_BYTES", 0)
    memory = make(40)
    memory.write(0, b"first")
    memory.write(40 * PAGE - 4, b"last")
    assert memory.grow(1) == 40
    assert memory.read(0, 6) == b"first\0"
    assert memory.read(40 * PAGE - 4, 5) == b"last\0"
    assert memory.read(PAGE, 38 * PAGE) == bytes(38 * PAGE)


def test_a_huge_memory_costs_nothing_until_it_is_used() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = make(65536)
    assert memory.size_bytes == 1 << 32
    memory.write((1 << 32) - 4, b"last")
    assert memory.read((1 << 32) - 6, 6) == b"\0\0last"
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 64 * 1024  # KiB


def test_the_largest_memory_cannot_grow() -> None:
    assert make(65536).grow(1) == -1
    assert make(1).grow((1 << 32) - 1) == -1


def test_a_memory_that_the_system_cannot_give() -> None:
    type = MemoryType(Limits(1 << 47, None, is_64=True))
    with pytest.raises(ExhaustionError, match="no room for a memory") as caught:
        Memory(type)
    assert caught.value.resource == "memory"


def test_limits_of_the_store() -> None:
    store = Store(StoreLimits(memory_bytes=3 * PAGE))
    first, second = make(1, store=store), make(1, store=store)
    assert first.grow(2) == -1
    assert second.grow(1) == 1
    assert first.grow(1) == -1
    with pytest.raises(ExhaustionError) as caught:
        make(1, store=store)
    assert caught.value.limit == 3 * PAGE


def test_room_is_given_back_when_the_system_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    memory = make(1, store=store)
    memory._reserved = memory._reserved[:PAGE]

    def refuse(size_bytes: int) -> memoryview:
        raise MemoryError(size_bytes)

    monkeypatch.setattr(memory_module, "_allocate", refuse)
    assert memory.grow(1) == -1
    assert store.memory_bytes == PAGE


@pytest.mark.parametrize(
    ("address", "count"), [(-1, 1), (PAGE, 1), (PAGE - 1, 2), (0, PAGE + 1), (1 << 70, 0), (0, -1)]
)
def test_the_host_gets_an_index_error_outside(address: int, count: int) -> None:
    memory = make(1)
    with pytest.raises(IndexError):
        memory.read(address, count)
    if count >= 0 and address + count > PAGE and count < 2 * PAGE:
        with pytest.raises(IndexError):
            memory.write(address, bytes(count))


def test_the_host_writes_any_buffer() -> None:
    memory = make(1)
    memory.write(0, memoryview(bytearray(b"\1\2\3\4")).cast("I"))
    memory.write(4, bytearray(b"5"))
    assert memory.read(0, 5) == b"\1\2\3\0045"


@given(st.integers(0, 40), st.sampled_from([1, 2, 4, 8]), st.integers(0, 2**64 - 1))
def test_numbers_at_any_address(address: int, width: int, value: int) -> None:
    memory = make(1)
    value &= (1 << 8 * width) - 1
    memory.store_number(address, width, value)
    assert memory.load(address, width) == value
    assert memory.read(address, width) == value.to_bytes(width, "little")


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 15])
def test_sizes_that_are_no_multiple_of_the_widest_view(size: int) -> None:
    memory = Memory(MemoryType(Limits(size, 20), page_size_log2=0))
    assert memory.size_bytes == size
    for view, width in ((memory.u16, 2), (memory.u32, 4), (memory.u64, 8), (memory.f64, 8)):
        for index in range(size // width):
            view[index] = 1
            assert view[index] == 1
        with pytest.raises(IndexError):
            view[size // width]
        with pytest.raises(IndexError):
            view[size // width] = 1
    assert memory.grow(3) == size


def test_without_mmap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "mmap", None)
    monkeypatch.setattr(memory_module, "_RESERVED_BYTES", 0)
    memory = make(1)
    memory.write(5, b"x")
    assert memory.grow(1) == 1
    assert memory.read(5, 1) == b"x"
