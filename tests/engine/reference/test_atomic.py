"""Atomic instructions, one after the other and from several threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from operator import add, and_, or_, sub, xor
from typing import Any

import pytest

from pywasm_rt.engine.reference import atomic
from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.wasm.types import Limits, MemoryType

OLD, VALUE = 0x8182_8384_8586_8788, 0x1F2E_3D4C_5B6A_7999
KINDS = [("i32", 4), ("i32", 1), ("i32", 2), ("i64", 8), ("i64", 1), ("i64", 2), ("i64", 4)]
OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "add": add,
    "sub": sub,
    "and": and_,
    "or": or_,
    "xor": xor,
    "xchg": lambda old, value: value,
}


def make() -> Memory:
    memory = Memory(MemoryType(Limits(1, 1), shared=True))
    memory.write(8, OLD.to_bytes(8, "little"))
    return memory


def name_of(type: str, width: int, operation: str) -> str:
    """``i32_atomic_rmw8_add_u`` and the like."""
    narrow = str(8 * width) if 8 * width < int(type[1:]) else ""
    if operation in ("load", "store"):
        suffix = "_u" if narrow and operation == "load" else ""
        return f"{type}_atomic_{operation}{narrow}{suffix}"
    return f"{type}_atomic_rmw{narrow}_{operation}{'_u' if narrow else ''}"


def call(name: str, *arguments: Any) -> Any:
    return getattr(atomic, name)(*arguments)


@pytest.mark.parametrize(("type", "width"), KINDS)
def test_loads_and_stores(type: str, width: int) -> None:
    memory, mask = make(), (1 << 8 * width) - 1
    assert call(name_of(type, width, "load"), memory, 8) == OLD & mask
    call(name_of(type, width, "store"), memory, 8, VALUE)
    assert memory.load(8, width) == VALUE & mask
    assert memory.read(8 + width, 8 - width) == OLD.to_bytes(8, "little")[width:]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("type", "width"), KINDS)
def test_reading_and_writing_at_once(type: str, width: int, operation: str) -> None:
    memory, mask = make(), (1 << 8 * width) - 1
    assert call(name_of(type, width, operation), memory, 8, VALUE) == OLD & mask
    assert memory.load(8, width) == OPERATIONS[operation](OLD, VALUE) & mask
    assert memory.read(8 + width, 8 - width) == OLD.to_bytes(8, "little")[width:]


@pytest.mark.parametrize(("type", "width"), KINDS)
def test_comparing_and_exchanging(type: str, width: int) -> None:
    memory, mask = make(), (1 << 8 * width) - 1
    name = name_of(type, width, "cmpxchg")
    assert call(name, memory, 8, VALUE, 0) == OLD & mask
    assert memory.load(8, width) == OLD & mask
    assert call(name, memory, 8, OLD & (1 << int(type[1:])) - 1, VALUE) == OLD & mask
    assert memory.load(8, width) == VALUE & mask


@pytest.mark.parametrize("width", [2, 4, 8])
def test_addresses_must_be_aligned(width: int) -> None:
    memory = make()
    for operation, arguments in {"load": (), "store": (1,), "add": (1,), "cmpxchg": (1, 1)}.items():
        with pytest.raises(Trap) as caught:
            call(name_of("i64", width, operation), memory, 8 + width // 2, *arguments)
        assert caught.value.code is TrapCode.UNALIGNED_ATOMIC
        with pytest.raises(IndexError):
            call(name_of("i64", width, operation), memory, 65536, *arguments)


def test_threads_exclude_each_other() -> None:
    memory = make()
    memory.write(0, bytes(8))

    def count() -> None:
        for _ in range(2000):
            atomic.i64_atomic_rmw_add(memory, 0, 1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert memory.load(0, 8) == 8000


def test_a_fence_does_nothing() -> None:
    assert atomic.atomic_fence() is None  # type: ignore[func-returns-value]
