"""Lifting: what a guest may not put before us."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pywasm_rt.component import types as t
from pywasm_rt.component.canonical import lifting as module
from pywasm_rt.component.canonical.lifting import LiftCompiler
from pywasm_rt.component.canonical.scalars import bits_of_f64, f32_of_bits
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.resources import GuestResourceType, Handle
from pywasm_rt.component.types import ResourceType
from pywasm_rt.component.values import ResourceHandle, Variant
from pywasm_rt.errors import ExhaustionError, Trap, UnsupportedFeature

UTF8, UTF16, BOTH = StringEncoding.UTF8, StringEncoding.UTF16, StringEncoding.LATIN1_UTF16


def flat(type: t.ValueType, encoding: StringEncoding = UTF8) -> Any:
    return LiftCompiler(encoding).flat(type, 0)


@pytest.mark.parametrize(
    ("type", "core", "value"),
    [
        (t.BOOL, 2, True),
        (t.BOOL, 0, False),
        (t.U8, 0xFF02, 2),
        (t.S8, 0x180, -128),
        (t.S16, 0x1_FFFF, -1),
        (t.S32, 0xFFFF_FFFF, -1),
        (t.U32, 0xFFFF_FFFF, 2**32 - 1),
        (t.S64, 2**64 - 1, -1),
        (t.FlagsType(("a", "b")), 0xFF, frozenset(("a", "b"))),
    ],
)
def test_excess_bits_are_ignored(type: t.ValueType, core: int, value: object, new_boundary: Any):
    lifted = flat(type)(new_boundary().lifting(), [core])
    assert lifted == value
    assert lifted.__class__ is value.__class__


def test_nans_become_canonical(new_boundary: Any) -> None:
    lifting = new_boundary().lifting()
    strange = f32_of_bits(0xFFC0_1234)
    for lifted in (flat(t.F32)(lifting, [strange]), flat(t.F64)(lifting, [strange])):
        assert math.isnan(lifted)
        assert bits_of_f64(lifted) == 0x7FF8_0000_0000_0000


def test_a_payload_is_taken_from_the_slot_that_cases_share(new_boundary: Any) -> None:
    type = t.VariantType((("f", t.F32), ("l", t.U64), ("n", t.U8), ("d", t.F64)))
    lift, lifting = flat(type), new_boundary().lifting()
    assert lift(lifting, [0, 0xFFFF_FFFF_3F80_0000]) == Variant("f", 1.0)
    assert lift(lifting, [1, 2**64 - 1]) == Variant("l", 2**64 - 1)
    assert lift(lifting, [2, 0xFF_0000_0104]) == Variant("n", 4)
    assert lift(lifting, [3, 0x3FF0_0000_0000_0000]) == Variant("d", 1.0)
    with pytest.raises(Trap, match=r"^invalid variant discriminant"):
        lift(lifting, [4, 0])


def test_strings_that_are_not_well_formed_trap(new_boundary: Any) -> None:
    boundary = new_boundary()
    boundary.memory.write(8, b"\xff")
    boundary.memory.write(16, b"\xc3")
    boundary.memory.write(32, b"\x00\xd8")
    lifting = boundary.lifting()
    with pytest.raises(Trap, match=r"^invalid utf-8"):
        flat(t.STRING)(lifting, [8, 1])
    with pytest.raises(Trap, match=r"^incomplete utf-8 byte sequence"):
        flat(t.STRING)(lifting, [16, 1])
    with pytest.raises(Trap, match=r"^unpaired surrogate"):
        flat(t.STRING, UTF16)(lifting, [32, 1])
    assert flat(t.STRING, BOTH)(lifting, [8, 1]) == "ÿ"


def test_pointers_must_be_aligned_and_inside(new_boundary: Any) -> None:
    boundary = new_boundary()
    end = boundary.memory.size_bytes
    lifting = boundary.lifting()
    assert flat(t.STRING)(lifting, [end, 0]) == ""
    for length in (0, 1 << 31):
        with pytest.raises(Trap, match=r"^unaligned pointer"):
            flat(t.STRING, BOTH)(lifting, [1, length])
    for pointer, length in ((end, 1), (0xDEAD_BEEF, 0), (0, 0xFFFF_FFFF)):
        with pytest.raises(Trap, match=r"^string pointer/length out of bounds of memory"):
            flat(t.STRING)(lifting, [pointer, length])
        with pytest.raises(Trap, match=r"^string content out-of-bounds"):
            flat(t.STRING)(boundary.lifting(fused=True), [pointer, length])
    with pytest.raises(Trap, match=r"^list pointer/length out of bounds of memory"):
        flat(t.ListType(t.U64))(lifting, [0, 0xFFFF_FFFF])


def test_a_call_cannot_lift_without_limit(
    new_boundary: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_LIFTED_BYTES", 1000)
    boundary = new_boundary()
    # A hundred strings that are all the same sixteen bytes.
    boundary.memory.write(64, (0).to_bytes(4, "little") + (16).to_bytes(4, "little"))
    for n in range(100):
        boundary.memory.write(64 + 8 * n, b"\x00\x00\x00\x00\x10\x00\x00\x00")
    with pytest.raises(ExhaustionError, match="passes more than"):
        flat(t.ListType(t.STRING))(boundary.lifting(), [64, 100])


def test_lists_have_a_greatest_length(new_boundary: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LIST_BYTES", 15)
    with pytest.raises(Trap, match="list of 16 bytes is longer than 15"):
        flat(t.ListType(t.U32))(new_boundary().lifting(), [0, 4])


def test_a_hosts_resource_is_the_hosts_object(new_boundary: Any) -> None:
    boundary, file, thing = new_boundary(), ResourceType("file"), object()
    boundary.resources[file] = file
    index = boundary.handles.add(Handle(file, thing, owned=True))
    assert flat(t.BorrowType(file))(boundary.lifting(), [index]) is thing
    assert boundary.handles.get(index, file).lends == 1
    with pytest.raises(Trap, match="while borrowed"):
        flat(t.OwnType(file))(boundary.lifting(), [index])
    boundary.scope.end_lending()
    assert flat(t.OwnType(file))(boundary.lifting(), [index]) is thing
    assert len(boundary.handles) == 0


def test_a_guests_resource_is_a_handle(new_boundary: Any) -> None:
    boundary, blob = new_boundary(), GuestResourceType("blob", owner=object())
    boundary.resources[blob] = blob
    index = boundary.handles.add(Handle(blob, 42, owned=True))
    lent = flat(t.BorrowType(blob))(boundary.lifting(), [index])
    assert isinstance(lent, ResourceHandle)
    assert (lent.representation, lent.owned, lent.alive) == (42, False, True)
    boundary.scope.end_lending()
    assert not lent.alive
    owned = flat(t.OwnType(blob))(boundary.lifting(), [index])
    assert (owned.representation, owned.owned, owned.alive) == (42, True, True)


@pytest.mark.parametrize("type", [t.StreamType(t.U8), t.FutureType()])
def test_async_types_are_refused_by_name(type: t.ValueType) -> None:
    with pytest.raises(UnsupportedFeature, match="need async"):
        LiftCompiler(UTF8).flat(type, 0)
    with pytest.raises(UnsupportedFeature, match="need async"):
        LiftCompiler(UTF8).load(type)
