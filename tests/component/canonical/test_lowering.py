"""Lowering: which Python values are taken, and what is asked of realloc."""

from __future__ import annotations

import contextlib
import struct
from types import SimpleNamespace
from typing import Any

import pytest

from pywasm_rt.component import types as t
from pywasm_rt.component.canonical.lowering import LowerCompiler, place
from pywasm_rt.component.canonical.scalars import Mismatch
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.resources import GuestResourceType
from pywasm_rt.component.types import ResourceType
from pywasm_rt.component.values import Ok, Record, ResourceHandle, Some, Variant
from pywasm_rt.errors import ComponentError, Trap, UnsupportedFeature
from pywasm_rt.wasm.types import I64

UTF8, UTF16, BOTH = StringEncoding.UTF8, StringEncoding.UTF16, StringEncoding.LATIN1_UTF16
POINT = t.RecordType((("x", t.U8), ("from-y", t.U8), ("from", t.U8)))
SHAPE = t.VariantType((("none", None), ("circle", t.F32)))


def lowered(type: t.ValueType, value: object, boundary: Any, encoding: Any = UTF8) -> list[Any]:
    out: list[Any] = []
    lowering = boundary.lowering()
    LowerCompiler(encoding).flat(type)(lowering, value, out)
    boundary.place(lowering)
    return out


@pytest.mark.parametrize(
    ("type", "value", "core"),
    [
        (t.S8, -1, [0xFFFF_FFFF]),
        (t.S64, -1, [2**64 - 1]),
        (POINT, Record({"x": 1, "from-y": 2, "from": 3}), [1, 2, 3]),
        (POINT, {"x": 1, "from_y": 2, "from": 3}, [1, 2, 3]),
        (POINT, SimpleNamespace(x=1, from_y=2, from_=3), [1, 2, 3]),
        (t.TupleType((t.U8, t.BOOL)), [1, True], [1, 1]),
        (SHAPE, Variant("circle", 1.0), [1, 1.0]),
        (SHAPE, "none", [0, 0.0]),
        (t.OptionType(t.U8), Some(3), [1, 3]),
        (t.OptionType(t.U8), None, [0, 0]),
        (t.OptionType(t.OptionType(t.U8)), Some(None), [1, 0, 0]),
        (t.ResultType(t.F32, t.U32), Ok(1.0), [0, 0x3F80_0000]),
        (t.ResultType(t.F64, t.F32), Ok(1.0), [0, 0x3FF0_0000_0000_0000]),
        (t.FlagsType(("a", "b", "c")), ["a", "c"], [5]),
        (t.EnumType(("a", "b")), "b", [1]),
    ],
)
def test_core_values(type: t.ValueType, value: object, core: list[Any], new_boundary: Any) -> None:
    assert lowered(type, value, new_boundary()) == core


@pytest.mark.parametrize(
    ("type", "value", "sentence"),
    [
        (POINT, {"x": 1}, "expected a record with the field from-y"),
        (POINT, 3, "expected a record with the field x"),
        (t.TupleType((t.U8, t.U8)), (1,), "expected 2 elements"),
        (t.TupleType((t.U8,)), "a", "expected tuple<u8>"),
        (t.ListType(t.U8), "abc", "expected list<u8>"),
        (t.ListType(t.U8), [1, 256], "[1]: expected u8"),
        (t.ListType(t.U8), [1, True], "[1]: expected u8, got True"),
        (t.ListType(t.U8), 5, "expected list<u8>"),
        (t.ListType(t.S16), [1, 2.0], "[1]: expected s16, got 2.0"),
        (t.ListType(t.U8, 2), [1], "expected 2 elements"),
        (t.ListType(t.STRING), ["a", 1], "[1]: expected string, got 1"),
        (t.MapType(t.STRING, t.U8), "a", "expected map<string, u8>"),
        (t.STRING, b"a", "expected string, got b'a' (bytes)"),
        (t.STRING, "\ud800", "expected string (without lone surrogates)"),
        (SHAPE, Variant("square"), "expected one of the cases none, circle, got 'square'"),
        (SHAPE, Variant("none", 1), "expected no payload for the case none"),
        (SHAPE, Variant("circle", "a"), "(circle): expected f32"),
        (SHAPE, 1, "expected a Variant (none, circle)"),
        (t.EnumType(("a", "b")), "c", "expected one of a, b, got 'c'"),
        (t.EnumType(("a", "b")), 0, "expected one of a, b, got 0"),
        (t.FlagsType(("a", "b")), {"c"}, "expected one of a, b, got 'c'"),
        (t.FlagsType(("a", "b")), "a", "expected flags (a set of a, b)"),
        (t.ResultType(t.U8), 1, "expected Ok(...) or Err(...), got 1"),
        (t.OptionType(t.OptionType(t.U8)), 1, "expected None or Some(...), got 1"),
    ],
)
def test_what_does_not_fit(
    type: t.ValueType, value: object, sentence: str, new_boundary: Any
) -> None:
    with pytest.raises(Mismatch) as caught:
        lowered(type, value, new_boundary())
    assert str(caught.value).startswith(sentence)
    spilled = t.TupleType((type, *[t.U8] * 20))
    store, lowering = LowerCompiler(UTF8).store(spilled), new_boundary().lowering()
    with pytest.raises(Mismatch) as caught:
        store(lowering, (value, *[0] * 20), bytearray(500), 0)
    assert str(caught.value).startswith(".0")


def test_bytes_of_all_kinds_are_lists_of_u8(new_boundary: Any) -> None:
    for value in (b"abc", bytearray(b"abc"), memoryview(b"abc"), [97, 98, 99], (97, 98, 99)):
        boundary = new_boundary()
        pointer, length = lowered(t.ListType(t.U8), value, boundary)
        assert boundary.memory.read(pointer, length) == b"abc"


def test_strings_in_three_encodings(new_boundary: Any) -> None:
    for encoding, text, length, content in (
        (UTF8, "hö", 3, b"h\xc3\xb6"),
        (UTF16, "hö🍰", 4, "hö🍰".encode("utf-16-le")),
        (BOTH, "hö", 2, b"h\xf6"),
        (BOTH, "☃", 1 | 1 << 31, b"\x03\x26"),
    ):
        boundary = new_boundary()
        pointer, stored = lowered(t.STRING, text, boundary, encoding)
        assert stored == length
        assert boundary.memory.read(pointer, len(content)) == content


def test_realloc_is_asked_in_order_and_for_nothing_too(new_boundary: Any) -> None:
    boundary = new_boundary()
    lowered(t.ListType(t.STRING), ["abc", "", "d"], boundary)
    lowered(t.ListType(t.U64), [], boundary)
    assert [call[2:] for call in boundary.memory.calls] == [(4, 24), (1, 3), (1, 0), (1, 1), (8, 0)]


def test_addresses_beyond_4_gib_are_stored_whole(new_boundary: Any) -> None:
    written: dict[int, bytes] = {}
    memory: Any = SimpleNamespace(
        size_bytes=1 << 48, write=lambda address, data: written.update({address: bytes(data)})
    )
    addresses = iter([1 << 40, (1 << 33) + 5])

    def realloc(*_: int) -> Any:
        return next(addresses)
        yield

    out: list[Any] = []
    lowering = new_boundary().lowering()
    LowerCompiler(UTF8, I64).flat(t.ListType(t.STRING))(lowering, ["abc"], out)
    with contextlib.suppress(StopIteration):
        next(place(lowering.blocks, memory, realloc))
    assert out == [1 << 40, 1]
    assert written == {1 << 40: struct.pack("<QQ", (1 << 33) + 5, 3), (1 << 33) + 5: b"abc"}


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (2, r"^realloc return: result not aligned"),
        (0xFFFF_FFFF, r"^realloc return: result not aligned"),
        (0xFFFF_FFFC, r"^realloc return: beyond end of memory"),
    ],
)
def test_what_realloc_answers_is_checked(address: int, sentence: str, new_boundary: Any) -> None:
    def realloc(*_: int) -> Any:
        return address
        yield

    for value in ([1, 2], []):
        boundary = new_boundary()
        lowering = boundary.lowering()
        LowerCompiler(UTF8).flat(t.ListType(t.U32))(lowering, value, [])
        with pytest.raises(Trap, match=sentence):
            next(place(lowering.blocks, boundary.memory, realloc))


def guest(boundary: Any) -> tuple[GuestResourceType, ResourceHandle]:
    blob = GuestResourceType("blob", owner=boundary)
    boundary.resources[blob] = blob
    return blob, ResourceHandle(blob, 42)


def test_an_owned_handle_is_used_up_when_it_is_passed(new_boundary: Any) -> None:
    boundary = new_boundary()
    blob, handle = guest(boundary)
    [index] = lowered(t.OwnType(blob), handle, boundary)
    assert boundary.handles.get(index, blob).representation == 42
    with pytest.raises(ComponentError, match="used up"):
        lowered(t.OwnType(blob), handle, boundary)


def test_a_borrow_of_ones_own_resource_is_the_representation(new_boundary: Any) -> None:
    boundary, other = new_boundary(), new_boundary()
    blob, handle = guest(boundary)
    assert lowered(t.BorrowType(blob), handle, boundary) == [42]
    assert len(boundary.handles) == 0
    other.resources[blob] = blob
    [index] = lowered(t.BorrowType(blob), handle, other)
    assert other.handles.get(index, blob).owned is False
    assert other.scope.borrows == 1
    assert handle.lends == 2
    with pytest.raises(Mismatch, match="not lent"):
        lowered(t.OwnType(blob), handle, boundary)


def test_a_handle_of_another_type_is_refused(new_boundary: Any) -> None:
    boundary = new_boundary()
    blob, _ = guest(boundary)
    for value in (3, ResourceHandle(ResourceType("other"), 1), None):
        with pytest.raises(Mismatch, match="expected a handle to blob"):
            lowered(t.OwnType(blob), value, boundary)


def test_what_was_passed_before_a_misfit_is_taken_back(new_boundary: Any) -> None:
    boundary, file = new_boundary(), ResourceType("file")
    blob, handle = guest(boundary)
    boundary.resources[file] = file
    type = t.TupleType((t.OwnType(blob), t.OwnType(file), t.U8))
    lowering = boundary.lowering()
    with pytest.raises(Mismatch):
        LowerCompiler(UTF8).flat(type)(lowering, (handle, object(), "x"), [])
    lowering.undo()
    assert handle.alive
    assert len(boundary.handles) == 0


@pytest.mark.parametrize("type", [t.StreamType(t.U8), t.FutureType()])
def test_async_types_are_refused_by_name(type: t.ValueType) -> None:
    with pytest.raises(UnsupportedFeature, match="need async"):
        LowerCompiler(UTF8).flat(type)
    with pytest.raises(UnsupportedFeature, match="need async"):
        LowerCompiler(UTF8).store(type)
