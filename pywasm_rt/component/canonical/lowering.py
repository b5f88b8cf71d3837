"""Lowering: from Python values to core values and linear memory (canonical ABI, "Storing", "Flat
Lowering").

Lowering has two halves. First the closures that a :class:`LowerCompiler` made check the whole value
and encode it into *blocks*: stretches of bytes that want to be in the guest's memory, and the
places that want to know where. That half runs no guest code, so a value that does not fit its type
is refused before anything has happened. Then :func:`place` asks the guest's ``realloc`` for room,
block by block in the order in which the specification allocates, fills in the addresses, and
writes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pywasm_rt.component.canonical.layout import (
    Layout,
    align_to,
    cases_of,
    fields_of,
    layout_of,
    variant_layout,
)
from pywasm_rt.component.canonical.lifting import MAX_LIST_BYTES, CoreValue
from pywasm_rt.component.canonical.parts import (
    bits_of_flags,
    case_label,
    case_selector,
    field_names,
    field_values,
    sequence_of,
)
from pywasm_rt.component.canonical.scalars import (
    CHECKS,
    FORMATS,
    Mismatch,
    bits_of_f32,
    bits_of_f64,
    pack_numbers,
)
from pywasm_rt.component.canonical.strings import UTF16_TAGS, StringEncoding, encode_string
from pywasm_rt.component.numbers import INTEGER_RANGES
from pywasm_rt.component.resources import (
    ERROR_CONTEXTS,
    CallScope,
    GuestResourceType,
    Handle,
    HandleTable,
)
from pywasm_rt.component.types import (
    BorrowType,
    EnumType,
    FlagsType,
    ListType,
    MapType,
    OptionType,
    OwnType,
    PrimitiveType,
    RecordType,
    ResourceType,
    ResultType,
    TupleType,
    ValueType,
    VariantType,
)
from pywasm_rt.component.values import ErrorContext, ResourceHandle
from pywasm_rt.engine.interface import Memory
from pywasm_rt.errors import ComponentError, Trap, TrapCode, UnsupportedFeature
from pywasm_rt.wasm.types import F32, F64, I32, I64, NumberType

__all__ = [
    "BLOCKS",
    "Block",
    "LowerCompiler",
    "LowerFlat",
    "Lowering",
    "Realloc",
    "Store",
    "WideBlock",
    "place",
]

Realloc = Callable[[int, int, int, int], Generator[Any, Any, int]]
_MAX_I32 = 0xFFFF_FFFF
_HANDLE = struct.Struct("<I")
_POINTERS = {I32: struct.Struct("<I"), I64: struct.Struct("<Q")}
_POINTER, _WIDE_POINTER = _POINTERS.values()


@dataclass(eq=False, slots=True)
class Block:
    """Bytes that need an address.

    Once it is known, it is written to ``target`` at ``at``: another block's bytes, or the list of
    core values. ``what`` is for messages.
    """

    what: str
    data: bytes | bytearray
    alignment: int
    target: bytearray | list[CoreValue]
    at: int

    def settle(self, address: int) -> None:
        """Tell whoever asked where the block lies."""
        if isinstance(self.target, bytearray):
            _POINTER.pack_into(self.target, self.at, address)
        else:
            self.target[self.at] = address


class WideBlock(Block):
    """Bytes that need an address in a 64-bit memory."""

    __slots__ = ()

    def settle(self, address: int) -> None:
        """Tell whoever asked where the block lies."""
        if isinstance(self.target, bytearray):
            _WIDE_POINTER.pack_into(self.target, self.at, address)
        else:
            self.target[self.at] = address


BLOCKS: dict[NumberType, type[Block]] = {I32: Block, I64: WideBlock}
"""The kind of blocks for a memory with addresses of a type."""


class Lowering:
    """What lowering needs at run time, and the blocks that it has made.

    ``owner`` is the instance whose table it is: a borrowed handle to a resource of its own reaches
    it as the bare representation.
    """

    __slots__ = ("_added", "blocks", "handles", "owner", "resources", "scope")

    def __init__(
        self,
        handles: HandleTable,
        resources: Mapping[ResourceType, ResourceType],
        owner: object,
        scope: CallScope,
    ) -> None:
        self.handles = handles
        self.resources = resources
        self.owner = owner
        self.scope = scope
        self.blocks: list[Block] = []
        self._added: list[tuple[int, ResourceType, ResourceHandle | None]] = []

    def error_context(self, value: object) -> int:
        """Put an error context into the guest's table."""
        if not isinstance(value, ErrorContext):
            raise Mismatch("an ErrorContext", value)
        return self._add(Handle(ERROR_CONTEXTS, value, owned=True), None)

    def own(self, value: object, type: ResourceType) -> int:
        """Put an owned resource into the guest's table."""
        actual = self.resources[type]
        if not isinstance(actual, GuestResourceType):
            return self._add(Handle(actual, value, owned=True), None)
        handle = _guest_handle(value, actual)
        if not handle.owned:
            raise Mismatch(f"an owned {type}", value)
        if handle.lends:
            raise Mismatch(f"{type} that is not lent at the moment", value)
        index = self._add(Handle(actual, handle.representation, owned=True), handle)
        handle.alive = False
        return index

    def borrow(self, value: object, type: ResourceType) -> int:
        """Lend a resource to the guest until the call ends."""
        actual = self.resources[type]
        if not isinstance(actual, GuestResourceType):
            self.scope.borrows += 1
            return self._add(Handle(actual, value, owned=False, scope=self.scope), None)
        handle = _guest_handle(value, actual)
        of_its_own = actual.owner is self.owner
        if of_its_own and handle.representation > _MAX_I32:
            sentence = f"the representation of {type} does not fit the i32 of a borrowed handle"
            raise Trap(TrapCode.CANONICAL_ABI, sentence, representation=handle.representation)
        handle.lends += 1
        self.scope.lenders.append(handle)
        if of_its_own:
            return handle.representation
        self.scope.borrows += 1
        return self._add(Handle(actual, handle.representation, owned=False, scope=self.scope), None)

    def undo(self) -> None:
        """Take back the handles that were passed, because a later value did not fit."""
        for index, type, handle in reversed(self._added):
            self.handles.remove(index, type)
            if handle is not None:
                handle.alive = True

    def _add(self, handle: Handle, passed: ResourceHandle | None) -> int:
        index = self.handles.add(handle)
        self._added.append((index, handle.type, passed))
        return index


def _guest_handle(value: object, type: ResourceType) -> ResourceHandle:
    if not isinstance(value, ResourceHandle) or value.type is not type:
        raise Mismatch(f"a handle to {type}", value)
    value.check_alive()
    return value


def place(
    blocks: Sequence[Block], memory: Memory, realloc: Realloc, *, fused: bool = False
) -> Generator[Any, Any, None]:
    """Allocate and write ``blocks``: a generator, because the guest's realloc runs for it.

    Traps where realloc answers with a place that is not aligned or not in the memory; ``fused``
    as in :class:`~pywasm_rt.component.canonical.lifting.Lifting`.
    """
    placed: list[tuple[int, Block]] = []
    for block in blocks:
        size = len(block.data)
        address = yield from realloc(0, 0, block.alignment, size)
        if address & (block.alignment - 1):
            sentence = "unaligned pointer" if fused else "realloc return: result not aligned"
            raise Trap(TrapCode.CANONICAL_ABI, sentence, address=address)
        if address + size > memory.size_bytes:
            sentence = "realloc return: beyond end of memory"
            if fused:
                sentence = f"{block.what} content out-of-bounds"
            raise Trap(TrapCode.CANONICAL_ABI, sentence, address=address, size=size)
        block.settle(address)
        placed.append((address, block))
    for address, block in placed:
        memory.write(address, block.data)


Store = Callable[[Lowering, object, bytearray, int], None]
LowerFlat = Callable[[Lowering, object, list[CoreValue]], None]
ContentEncoder = Callable[
    [Lowering, object, "bytearray | list[CoreValue]", int], "tuple[Block, int]"
]


class LowerCompiler:
    """Makes the closures that lower values.

    ``encoding`` is the string encoding, ``address`` the type of the memory's addresses.
    """

    def __init__(self, encoding: StringEncoding, address: NumberType = I32) -> None:
        self._encoding = encoding
        self._address = address
        self._block = BLOCKS[address]
        self._stores: dict[int, tuple[ValueType, Store]] = {}

    def _layout(self, type: ValueType) -> Layout:
        return layout_of(type, self._address)

    # Into bytes.

    def store(self, type: ValueType) -> Store:
        """The closure that writes a value of ``type`` into a block's bytes at an offset."""
        known = self._stores.get(id(type))
        if known is None:
            known = self._stores[id(type)] = (type, self._store(type))
        return known[1]

    def _store(self, type: ValueType) -> Store:
        if isinstance(type, ListType) and type.length is not None:
            return self._store_fixed_list(type, type.length)
        if type is PrimitiveType.STRING or isinstance(type, ListType | MapType):
            return self._store_content(type)
        if isinstance(type, PrimitiveType) and type in CHECKS:
            check, pack = CHECKS[type], struct.Struct("<" + FORMATS[type]).pack_into
            return lambda _, value, data, at: pack(data, at, check(value))
        if isinstance(type, RecordType | TupleType):
            return self._store_fields(type)
        if isinstance(type, VariantType | EnumType | OptionType | ResultType):
            return self._store_variant(type)
        if isinstance(type, FlagsType):
            bits, pack = bits_of_flags(type), _PACK_UNSIGNED[self._layout(type).size]
            return lambda _, value, data, at: pack(data, at, bits(value))
        if isinstance(type, OwnType | BorrowType):
            resource = type.resource
            if isinstance(type, OwnType):
                return lambda low, value, data, at: _HANDLE.pack_into(
                    data, at, low.own(value, resource)
                )
            return lambda low, value, data, at: _HANDLE.pack_into(
                data, at, low.borrow(value, resource)
            )
        if type is PrimitiveType.ERROR_CONTEXT:
            return lambda low, value, data, at: _HANDLE.pack_into(
                data, at, low.error_context(value)
            )
        raise _needs_async(type)

    def _store_content(self, type: ValueType) -> Store:
        content, pointer = self._content(type), _POINTERS[self._address]
        pack, width = pointer.pack_into, pointer.size

        def store_content(low: Lowering, value: object, data: bytearray, at: int) -> None:
            length = content(low, value, data, at)[1]
            pack(data, at + width, length)

        return store_content

    def _store_fixed_list(self, type: ListType, length: int) -> Store:
        store, size = self.store(type.element), self._layout(type.element).size

        def store_fixed_list(low: Lowering, value: object, data: bytearray, at: int) -> None:
            elements = sequence_of(value, str(type))
            if len(elements) != length:
                raise Mismatch(f"{length} elements", value)
            for n, element in enumerate(elements):
                try:
                    store(low, element, data, at + n * size)
                except Mismatch as error:
                    error.within(f"[{n}]")
                    raise

        return store_fixed_list

    def _store_fields(self, type: RecordType | TupleType) -> Store:
        places: list[tuple[str, int, Store]] = []
        end = 0
        for name, field in zip(field_names(type), fields_of(type), strict=True):
            layout = self._layout(field)
            offset = align_to(end, layout.alignment)
            places.append((name, offset, self.store(field)))
            end = offset + layout.size
        parts_of = field_values(type)

        def store_fields(low: Lowering, value: object, data: bytearray, at: int) -> None:
            for (name, offset, store), part in zip(places, parts_of(value), strict=True):
                try:
                    store(low, part, data, at + offset)
                except Mismatch as error:
                    error.within(f".{name}")
                    raise

        return store_fields

    def _store_variant(self, type: VariantType | EnumType | OptionType | ResultType) -> Store:
        payloads = cases_of(type)
        layout = variant_layout(payloads, self._address)
        pack, at_payload = _PACK_UNSIGNED[layout.discriminant_size], layout.payload_offset
        stores = [None if payload is None else self.store(payload) for payload in payloads]
        select = case_selector(type)

        def store_variant(low: Lowering, value: object, data: bytearray, at: int) -> None:
            case, payload = select(value)
            pack(data, at, case)
            store = stores[case]
            if store is not None:
                try:
                    store(low, payload, data, at + at_payload)
                except Mismatch as error:
                    error.within(case_label(type, case))
                    raise

        return store_variant

    # What pointers point to.

    def _content(self, type: ValueType) -> ContentEncoder:
        """Encode a string's, list's or map's content into a block; also gives the length."""
        if type is PrimitiveType.STRING:
            return self._string_content()
        if isinstance(type, MapType):
            return self._map_content(type)
        assert isinstance(type, ListType)
        if isinstance(type.element, PrimitiveType) and type.element in FORMATS:
            return self._number_content(type, type.element)
        return self._list_content(type)

    def _string_content(self) -> ContentEncoder:
        encoding, tag, block_of = self._encoding, UTF16_TAGS[self._address], self._block

        def string(
            low: Lowering, value: object, target: bytearray | list[CoreValue], at: int
        ) -> tuple[Block, int]:
            data, alignment, length = encode_string(value, encoding, tag)
            block = block_of("string", data, alignment, target, at)
            low.blocks.append(block)
            return block, length

        return string

    def _list_content(self, type: ListType) -> ContentEncoder:
        layout, store = self._layout(type.element), self.store(type.element)
        size, alignment, block_of = layout.size, layout.alignment, self._block

        def elements(
            low: Lowering, value: object, target: bytearray | list[CoreValue], at: int
        ) -> tuple[Block, int]:
            sequence = sequence_of(value, str(type))
            data = bytearray(_checked_size(len(sequence) * size, type))
            block = block_of("list", data, alignment, target, at)
            low.blocks.append(block)
            for n, element in enumerate(sequence):
                try:
                    store(low, element, data, n * size)
                except Mismatch as error:
                    error.within(f"[{n}]")
                    raise
            return block, len(sequence)

        return elements

    def _number_content(self, type: ListType, element: PrimitiveType) -> ContentEncoder:
        """Lists of numbers, packed at once; the slow way only to say which element is wrong."""
        slow, size, letter = self._list_content(type), self._layout(element).size, FORMATS[element]
        exact = {int} if element in INTEGER_RANGES else {float} if letter in "fd" else None
        block_of = self._block

        def numbers(
            low: Lowering, value: object, target: bytearray | list[CoreValue], at: int
        ) -> tuple[Block, int]:
            if element is PrimitiveType.U8 and isinstance(value, bytes | bytearray | memoryview):
                data = value if isinstance(value, bytes) else bytes(value)
                length = len(data)
                _checked_size(length, type)
            elif exact is not None and isinstance(value, list | tuple):
                length = len(value)
                _checked_size(length * size, type)
                if not exact.issuperset(map(_type_of, value)):
                    return slow(low, value, target, at)
                try:
                    data = pack_numbers(letter, value)
                except OverflowError:
                    return slow(low, value, target, at)
            else:
                return slow(low, value, target, at)
            block = block_of("list", data, size, target, at)
            low.blocks.append(block)
            return block, length

        return numbers

    def _map_content(self, type: MapType) -> ContentEncoder:
        pairs = self._list_content(ListType(TupleType((type.key, type.value))))

        def entries(
            low: Lowering, value: object, target: bytearray | list[CoreValue], at: int
        ) -> tuple[Block, int]:
            if isinstance(value, Mapping):
                value = list(value.items())
            elif not isinstance(value, list | tuple):
                raise Mismatch(str(type), value)
            return pairs(low, value, target, at)

        return entries

    # Into core values.

    def flat(self, type: ValueType) -> LowerFlat:
        """The closure that appends the core values of a value of ``type`` to a list."""
        if isinstance(type, ListType) and type.length is not None:
            return self._flat_fixed_list(type, type.length)
        if type is PrimitiveType.STRING or isinstance(type, ListType | MapType):
            return self._flat_content(type)
        if isinstance(type, PrimitiveType) and type in CHECKS:
            return _flat_primitive(type)
        if isinstance(type, RecordType | TupleType):
            return self._flat_fields(type)
        if isinstance(type, VariantType | EnumType | OptionType | ResultType):
            return self._flat_variant(type)
        if isinstance(type, FlagsType):
            bits = bits_of_flags(type)
            return lambda _, value, out: out.append(bits(value))
        if isinstance(type, OwnType | BorrowType):
            resource = type.resource
            if isinstance(type, OwnType):
                return lambda low, value, out: out.append(low.own(value, resource))
            return lambda low, value, out: out.append(low.borrow(value, resource))
        if type is PrimitiveType.ERROR_CONTEXT:
            return lambda low, value, out: out.append(low.error_context(value))
        raise _needs_async(type)

    def _flat_content(self, type: ValueType) -> LowerFlat:
        content = self._content(type)

        def flat_content(low: Lowering, value: object, out: list[CoreValue]) -> None:
            out.append(0)
            out.append(content(low, value, out, len(out) - 1)[1])

        return flat_content

    def _flat_fixed_list(self, type: ListType, length: int) -> LowerFlat:
        lower = self.flat(type.element)

        def flat_fixed_list(low: Lowering, value: object, out: list[CoreValue]) -> None:
            elements = sequence_of(value, str(type))
            if len(elements) != length:
                raise Mismatch(f"{length} elements", value)
            for n, element in enumerate(elements):
                try:
                    lower(low, element, out)
                except Mismatch as error:
                    error.within(f"[{n}]")
                    raise

        return flat_fixed_list

    def _flat_fields(self, type: RecordType | TupleType) -> LowerFlat:
        lowers = [
            (name, self.flat(field))
            for name, field in zip(field_names(type), fields_of(type), strict=True)
        ]
        parts_of = field_values(type)

        def flat_fields(low: Lowering, value: object, out: list[CoreValue]) -> None:
            for (name, lower), part in zip(lowers, parts_of(value), strict=True):
                try:
                    lower(low, part, out)
                except Mismatch as error:
                    error.within(f".{name}")
                    raise

        return flat_fields

    def _flat_variant(self, type: VariantType | EnumType | OptionType | ResultType) -> LowerFlat:
        slots = (self._layout(type).flat or ())[1:]
        zeros = [0.0 if slot in (F32, F64) else 0 for slot in slots]
        cases = [
            None
            if payload is None
            else (self.flat(payload), _widening(self._layout(payload).flat or (), slots))
            for payload in cases_of(type)
        ]
        select = case_selector(type)

        def flat_variant(low: Lowering, value: object, out: list[CoreValue]) -> None:
            case, payload = select(value)
            out.append(case)
            base = len(out)
            lower = cases[case]
            if lower is not None:
                try:
                    lower[0](low, payload, out)
                except Mismatch as error:
                    error.within(case_label(type, case))
                    raise
                for n, widen in lower[1]:
                    out[base + n] = widen(out[base + n])
            out.extend(zeros[len(out) - base :])

        return flat_variant


_type_of = type
"""The built-in, for functions that call a component type ``type``."""

_PACK_UNSIGNED = {
    1: struct.Struct("<B").pack_into,
    2: struct.Struct("<H").pack_into,
    4: struct.Struct("<I").pack_into,
}

_WIDEN: dict[tuple[NumberType, NumberType], Callable[[CoreValue], int]] = {
    (F32, I32): bits_of_f32,
    (F32, I64): bits_of_f32,
    (F64, I64): bits_of_f64,
}


def _widening(
    wanted: Sequence[NumberType], slots: Sequence[NumberType]
) -> list[tuple[int, Callable[[CoreValue], int]]]:
    """For each of a payload's slots that holds floats as bits: its number and the change.

    (An i32 in an i64 slot is the same unsigned Python int.)
    """
    return [
        (n, _WIDEN[core, slot])
        for n, (core, slot) in enumerate(zip(wanted, slots, strict=False))
        if (core, slot) in _WIDEN
    ]


def _flat_primitive(type: PrimitiveType) -> LowerFlat:
    check = CHECKS[type]
    if INTEGER_RANGES.get(type, (0, 0))[0] < 0:
        mask = 0xFFFF_FFFF if layout_of(type).flat == (I32,) else 0xFFFF_FFFF_FFFF_FFFF
        return lambda _, value, out: out.append(check(value) & mask)  # type: ignore[operator]
    return lambda _, value, out: out.append(check(value))


def _needs_async(type: ValueType) -> UnsupportedFeature:
    return UnsupportedFeature("component-model-async", f"values of type {type} need async")


def _checked_size(size: int, type: ValueType) -> int:
    if size > MAX_LIST_BYTES:
        raise ComponentError(f"a value of {type} with {size} bytes is longer than {MAX_LIST_BYTES}")
    return size
