"""A memory and an allocator without an engine, and round trips through them."""

from __future__ import annotations

import math
import struct
from collections.abc import Generator
from typing import Any

import pytest

from pywasm_rt.component import types as t
from pywasm_rt.component.canonical.lifting import Lifting
from pywasm_rt.component.canonical.lowering import Lowering, place
from pywasm_rt.component.canonical.signature import Signature
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.resources import CallScope, HandleTable
from pywasm_rt.component.types import ResourceType, ValueType
from pywasm_rt.component.values import Err, Ok, Record, Some, Variant
from pywasm_rt.wasm.types import I32, Limits, MemoryType, NumberType


class FakeMemory:
    """Bytes that behave as a linear memory, with a bump allocator."""

    def __init__(self, size: int = 1 << 20) -> None:
        self.data = bytearray(size)
        self.next = 16
        self.calls: list[tuple[int, int, int, int]] = []

    @property
    def type(self) -> MemoryType:
        return MemoryType(Limits(1))

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def read(self, address: int, count: int) -> bytes:
        if address + count > len(self.data):
            raise IndexError
        return bytes(self.data[address : address + count])

    def write(self, address: int, data: bytes | bytearray | memoryview) -> None:
        if address + len(data) > len(self.data):
            raise IndexError
        self.data[address : address + len(data)] = data

    def grow(self, pages: int) -> int:
        raise NotImplementedError

    def realloc(self, old: int, old_size: int, alignment: int, size: int) -> Any:
        self.calls.append((old, old_size, alignment, size))
        self.next = (self.next + alignment - 1) & -alignment
        address = self.next
        self.next += size
        return address
        yield


class Boundary:
    """One guest's side of a boundary, without the guest."""

    def __init__(self, memory: FakeMemory | None = None) -> None:
        self.memory = memory or FakeMemory()
        self.handles = HandleTable()
        self.resources: dict[ResourceType, ResourceType] = {}
        self.scope = CallScope()

    def lowering(self) -> Lowering:
        return Lowering(self.handles, self.resources, self, self.scope)

    def lifting(self, *, fused: bool = False) -> Lifting:
        return Lifting(self.memory, self.handles, self.resources, self.scope, fused=fused)

    def place(self, lowering: Lowering) -> None:
        run(place(lowering.blocks, self.memory, self.memory.realloc))


def run(generator: Generator[Any, Any, Any]) -> Any:
    """The result of a generator that waits for nothing."""
    try:
        next(generator)
    except StopIteration as end:
        return end.value
    raise AssertionError("nothing to wait for")


def through_parameters(
    types: tuple[ValueType, ...],
    values: list[object],
    encoding: StringEncoding,
    address: NumberType = I32,
) -> list[object]:
    """Lower arguments as ``canon lift`` does and lift them as ``canon lower`` does."""
    function = t.FunctionType(tuple((f"p{n}", it) for n, it in enumerate(types)))
    signature, boundary = Signature(function, encoding, address=address), Boundary()
    lowering = boundary.lowering()
    core = signature.lower_parameters(lowering, values)
    boundary.place(lowering)
    return list(signature.lift_parameters(boundary.lifting(), core))


def through_result(
    type: ValueType, value: object, encoding: StringEncoding, address: NumberType = I32
) -> object:
    """Lower a result as ``canon lower`` does and lift it as ``canon lift`` does."""
    signature = Signature(t.FunctionType((), type), encoding, address=address)
    boundary = Boundary()
    lowering = boundary.lowering()
    core = signature.lower_result(lowering, value)
    boundary.place(lowering)
    if isinstance(core, bytearray):
        assert signature.result_place is not None
        assert signature.result_place.size == len(core)
        pointer = (boundary.memory.next + 7) & -8
        boundary.memory.write(pointer, core)
        core = [pointer]
    return signature.lift_result(boundary.lifting(), core)


def same(left: object, right: object) -> bool:
    """Equality in which a NaN equals a NaN and 0.0 differs from -0.0."""
    if isinstance(left, float) and isinstance(right, float):
        if math.isnan(left):
            return math.isnan(right)
        return struct.pack("d", left) == struct.pack("d", right)
    if isinstance(left, list | tuple) and type(left) is type(right):
        pairs = zip(left, right, strict=True)
        return len(left) == len(right) and all(same(a, b) for a, b in pairs)  # type: ignore[arg-type]
    if isinstance(left, Record) and isinstance(right, Record):
        return set(left) == set(right) and all(same(left[name], right[name]) for name in left)
    if isinstance(left, Variant) and isinstance(right, Variant):
        return left.tag == right.tag and same(left.payload, right.payload)
    if isinstance(left, Some | Ok | Err) and type(left) is type(right):
        return same(left.value, right.value)  # type: ignore[union-attr]
    return type(left) is type(right) and left == right


@pytest.fixture(scope="session")
def new_boundary() -> type[Boundary]:
    """One guest's side of a boundary, without the guest."""
    return Boundary


@pytest.fixture(scope="session")
def arguments_through() -> Any:
    """Lower arguments and lift them again."""
    return through_parameters


@pytest.fixture(scope="session")
def result_through() -> Any:
    """Lower a result and lift it again."""
    return through_result


@pytest.fixture(scope="session")
def same_value() -> Any:
    """Equality in which a NaN equals a NaN and 0.0 differs from -0.0."""
    return same
