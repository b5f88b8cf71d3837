"""Lifting: from core values and linear memory to Python values (canonical ABI, "Loading", "Flat
Lifting").

A :class:`LiftCompiler` turns a type into closures once; running them interprets no types. ``load``
closures read from a copy of a stretch of memory, so that a record, or a whole list, costs one
access to the memory; ``flat`` closures read core values from a sequence, at places fixed when they
were made.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pywasm_rt.component.canonical.layout import (
    Layout,
    align_to,
    cases_of,
    fields_of,
    layout_of,
    variant_layout,
)
from pywasm_rt.component.canonical.scalars import (
    FORMATS,
    NAN,
    char_of,
    f32_of_bits,
    f64_of_bits,
    unpack_numbers,
)
from pywasm_rt.component.canonical.strings import UTF16_TAGS, StringEncoding, decode_string
from pywasm_rt.component.numbers import INTEGER_RANGES
from pywasm_rt.component.resources import (
    ERROR_CONTEXTS,
    CallScope,
    GuestResourceType,
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
from pywasm_rt.component.values import Err, Ok, Record, ResourceHandle, Some, Variant
from pywasm_rt.engine.interface import Memory
from pywasm_rt.errors import ExhaustionError, Trap, TrapCode, UnsupportedFeature
from pywasm_rt.wasm.types import F32, F64, I32, I64, NumberType

__all__ = [
    "MAX_LIFTED_BYTES",
    "MAX_LIST_BYTES",
    "CoreValue",
    "LiftCompiler",
    "LiftFlat",
    "Lifting",
    "Load",
]

MAX_LIST_BYTES = (1 << 28) - 1
MAX_LIFTED_BYTES = 1 << 29

CoreValue = Any
_ELEMENT_BYTES = 16
"""About what an element of a Python list takes up, at the least."""

_POINTER_AND_LENGTH = {I32: struct.Struct("<II").unpack_from, I64: struct.Struct("<QQ").unpack_from}


class Lifting:
    """What lifting needs at run time: the memory, the handles, the call.

    ``fused`` says that the value goes on to another component rather than to the host; traps then
    use the words for that case. ``budget`` is how many bytes this call may still take up outside of
    the guest: otherwise a guest could make one small string stand for a million.
    """

    __slots__ = ("budget", "fused", "handles", "memory", "resources", "scope")

    def __init__(
        self,
        memory: Memory | None,
        handles: HandleTable,
        resources: Mapping[ResourceType, ResourceType],
        scope: CallScope,
        *,
        fused: bool = False,
    ) -> None:
        self.memory = memory
        self.handles = handles
        self.resources = resources
        self.scope = scope
        self.fused = fused
        self.budget = MAX_LIFTED_BYTES

    def region(self, pointer: int, size: int, alignment: int, what: str) -> bytes:
        """Copy ``size`` bytes at ``pointer`` out; traps where that is not allowed."""
        if pointer & (alignment - 1):
            sentence = f"unaligned pointer: {what} at 0x{pointer:x} is not aligned to {alignment}"
            raise Trap(TrapCode.CANONICAL_ABI, sentence, address=pointer, alignment=alignment)
        memory = self.memory
        assert memory is not None, "validation asks for the option memory"
        if pointer + size > memory.size_bytes:
            raise Trap(TrapCode.CANONICAL_ABI, self._outside(what), address=pointer, size=size)
        if size > MAX_LIST_BYTES:
            sentence = f"{what} of {size} bytes is longer than {MAX_LIST_BYTES}"
            raise Trap(TrapCode.CANONICAL_ABI, sentence, size=size)
        self.spend(size)
        return memory.read(pointer, size)

    def spend(self, size: int) -> None:
        """Take ``size`` bytes from the budget. Raises ExhaustionError where it is used up."""
        self.budget -= size
        if self.budget < 0:
            sentence = f"a call passes more than {MAX_LIFTED_BYTES} bytes"
            raise ExhaustionError("memory", sentence, MAX_LIFTED_BYTES)

    def _outside(self, what: str) -> str:
        if what not in ("string", "list"):
            return f"pointer out of bounds of memory: {what}"
        if self.fused:
            return f"{what} content out-of-bounds"
        return f"{what} pointer/length out of bounds of memory"

    def error_context(self, index: int) -> object:
        """The error context at an index of the guest's table, where it stays."""
        return self.handles.get(index, ERROR_CONTEXTS).representation

    def own(self, index: int, type: ResourceType) -> object:
        """Take an owned resource out of the guest's table."""
        actual = self.resources[type]
        handle = self.handles.take(index, actual)
        if isinstance(actual, GuestResourceType):
            representation: Any = handle.representation
            return ResourceHandle(actual, representation, dropper=actual.dropper)
        return handle.representation

    def borrow(self, index: int, type: ResourceType) -> object:
        """Lend a resource out of the guest's table until the call ends."""
        actual = self.resources[type]
        handle = self.handles.get(index, actual)
        handle.lends += 1
        self.scope.lenders.append(handle)
        if isinstance(actual, GuestResourceType):
            representation: Any = handle.representation
            view = ResourceHandle(actual, representation, owned=False)
            self.scope.views.append(view)
            return view
        return handle.representation


Load = Callable[[Lifting, bytes, int], object]
LiftFlat = Callable[[Lifting, Sequence[CoreValue]], object]
Elements = Callable[[Lifting, int, int], object]
Assemble = Callable[[object], object]


def _invalid_discriminant(found: int, count: int) -> Trap:
    sentence = f"invalid variant discriminant {found} of {count} cases"
    return Trap(TrapCode.CANONICAL_ABI, sentence, discriminant=found, cases=count)


class LiftCompiler:
    """Makes the closures that lift values.

    ``encoding`` is the string encoding, ``address`` the type of the memory's addresses.
    """

    def __init__(self, encoding: StringEncoding, address: NumberType = I32) -> None:
        self._encoding = encoding
        self._address = address
        self._pointer_and_length = _POINTER_AND_LENGTH[address]
        self._loads: dict[int, tuple[ValueType, Load]] = {}

    def _layout(self, type: ValueType) -> Layout:
        return layout_of(type, self._address)

    # From memory.

    def load(self, type: ValueType) -> Load:
        """The closure that reads a value of ``type`` from a copy of memory at an offset."""
        known = self._loads.get(id(type))
        if known is None:
            known = self._loads[id(type)] = (type, self._load(type))
        return known[1]

    def _load(self, type: ValueType) -> Load:
        if isinstance(type, PrimitiveType):
            return self._load_primitive(type)
        if isinstance(type, ListType | MapType):
            return self._load_list(type)
        if isinstance(type, RecordType | TupleType):
            return self._load_fields(type)
        if isinstance(type, VariantType | EnumType | OptionType | ResultType):
            return self._load_variant(type)
        if isinstance(type, FlagsType):
            unpack = struct.Struct("<" + _UNSIGNED[self._layout(type).size]).unpack_from
            labels = _flags_of(type)
            return lambda _, data, at: labels(unpack(data, at)[0])
        if isinstance(type, OwnType | BorrowType):
            unpack = struct.Struct("<I").unpack_from
            resource = type.resource
            if isinstance(type, OwnType):
                return lambda lifting, data, at: lifting.own(unpack(data, at)[0], resource)
            return lambda lifting, data, at: lifting.borrow(unpack(data, at)[0], resource)
        raise _needs_async(type)

    def _load_primitive(self, type: PrimitiveType) -> Load:
        if type is PrimitiveType.STRING:
            string, unpack = self._string(), self._pointer_and_length
            return lambda lifting, data, at: string(lifting, *unpack(data, at))
        if type is PrimitiveType.BOOL:
            return lambda _, data, at: data[at] != 0
        if type is PrimitiveType.U8:
            return lambda _, data, at: data[at]
        unpack = struct.Struct("<" + FORMATS[type]).unpack_from
        if type is PrimitiveType.ERROR_CONTEXT:
            return lambda lifting, data, at: lifting.error_context(unpack(data, at)[0])
        if type is PrimitiveType.CHAR:
            return lambda _, data, at: char_of(unpack(data, at)[0])
        if type in INTEGER_RANGES:
            return lambda _, data, at: unpack(data, at)[0]

        def load_float(_: Lifting, data: bytes, at: int) -> float:
            value: float = unpack(data, at)[0]
            return value if value == value else NAN

        return load_float

    def _load_list(self, type: ListType | MapType) -> Load:
        if isinstance(type, ListType) and type.length is not None:
            load, size, length = (
                self.load(type.element),
                self._layout(type.element).size,
                type.length,
            )
            places = range(0, length * size, size)
            if type.element is PrimitiveType.U8:
                return lambda _, data, at: data[at : at + length]

            def load_fixed(lifting: Lifting, data: bytes, at: int) -> list[object]:
                lifting.spend(length * _ELEMENT_BYTES)
                return [load(lifting, data, at + n) for n in places]

            return load_fixed
        elements, unpack = self._elements(type), self._pointer_and_length
        return lambda lifting, data, at: elements(lifting, *unpack(data, at))

    def _load_fields(self, type: RecordType | TupleType) -> Load:
        places: list[tuple[int, Load]] = []
        end = 0
        for field in fields_of(type):
            layout = self._layout(field)
            offset = align_to(end, layout.alignment)
            places.append((offset, self.load(field)))
            end = offset + layout.size
        if isinstance(type, TupleType):
            return lambda lifting, data, at: tuple(
                [load(lifting, data, at + offset) for offset, load in places]
            )
        named = [(name, *place) for (name, _), place in zip(type.fields, places, strict=True)]

        def load_record(lifting: Lifting, data: bytes, at: int) -> Record:
            record = Record()
            values = vars(record)
            for name, offset, load in named:
                values[name] = load(lifting, data, at + offset)
            return record

        return load_record

    def _load_variant(self, type: VariantType | EnumType | OptionType | ResultType) -> Load:
        payloads = cases_of(type)
        layout = variant_layout(payloads, self._address)
        unpack = struct.Struct("<" + _UNSIGNED[layout.discriminant_size]).unpack_from
        at_payload = layout.payload_offset
        count = len(payloads)
        if isinstance(type, EnumType):
            names = type.cases

            def load_enum(_: Lifting, data: bytes, at: int) -> str:
                case: int = unpack(data, at)[0]
                if case >= count:
                    raise _invalid_discriminant(case, count)
                return names[case]

            return load_enum
        loads = [None if payload is None else self.load(payload) for payload in payloads]
        assemble = _assemblers(type)

        def load_variant(lifting: Lifting, data: bytes, at: int) -> object:
            case: int = unpack(data, at)[0]
            if case >= count:
                raise _invalid_discriminant(case, count)
            load = loads[case]
            payload = None if load is None else load(lifting, data, at + at_payload)
            return assemble[case](payload)

        return load_variant

    # What pointers point to.

    def _string(self) -> Callable[[Lifting, int, int], str]:
        place, tag = self._encoding.place, UTF16_TAGS[self._address]

        def string(lifting: Lifting, pointer: int, length: int) -> str:
            alignment, size, codec = place(length, tag)
            return decode_string(lifting.region(pointer, size, alignment, "string"), codec)

        return string

    def _elements(self, type: ListType | MapType) -> Elements:
        if isinstance(type, MapType):
            return self._entries(type)
        element = type.element
        layout = self._layout(element)
        size, alignment = layout.size, layout.alignment
        if isinstance(element, PrimitiveType) and element in FORMATS:
            return _numbers(element, size)
        load = self.load(element)

        def elements(lifting: Lifting, pointer: int, length: int) -> list[object]:
            data = lifting.region(pointer, length * size, alignment, "list")
            lifting.spend(length * _ELEMENT_BYTES)
            return [load(lifting, data, at) for at in range(0, length * size, size)]

        return elements

    def _entries(self, type: MapType) -> Elements:
        pairs = self._elements(ListType(TupleType((type.key, type.value))))

        def entries(lifting: Lifting, pointer: int, length: int) -> object:
            found: Any = pairs(lifting, pointer, length)
            # Another component is to get entries with the same key too.
            return found if lifting.fused else dict(found)

        return entries

    # From core values.

    def flat(self, type: ValueType, base: int) -> LiftFlat:
        """The closure that reads a value of ``type`` from the core values from ``base`` on."""
        if isinstance(type, PrimitiveType):
            return self._flat_primitive(type, base)
        if isinstance(type, ListType | MapType):
            return self._flat_list(type, base)
        if isinstance(type, RecordType | TupleType):
            return self._flat_fields(type, base)
        if isinstance(type, VariantType | EnumType | OptionType | ResultType):
            return self._flat_variant(type, base)
        if isinstance(type, FlagsType):
            labels = _flags_of(type)
            return lambda _, values: labels(values[base])
        if isinstance(type, OwnType | BorrowType):
            resource = type.resource
            if isinstance(type, OwnType):
                return lambda lifting, values: lifting.own(values[base], resource)
            return lambda lifting, values: lifting.borrow(values[base], resource)
        raise _needs_async(type)

    def _flat_primitive(self, type: PrimitiveType, base: int) -> LiftFlat:
        if type is PrimitiveType.STRING:
            string = self._string()
            return lambda lifting, values: string(lifting, values[base], values[base + 1])
        if type is PrimitiveType.ERROR_CONTEXT:
            return lambda lifting, values: lifting.error_context(values[base])
        if type is PrimitiveType.BOOL:
            return lambda _, values: values[base] != 0
        if type is PrimitiveType.CHAR:
            return lambda _, values: char_of(values[base])
        if type in INTEGER_RANGES:
            return _flat_integer(type, base)

        def flat_float(_: Lifting, values: Sequence[CoreValue]) -> float:
            value: float = values[base]
            return value if value == value else NAN

        return flat_float

    def _flat_list(self, type: ListType | MapType, base: int) -> LiftFlat:
        if isinstance(type, ListType) and type.length is not None:
            width = len(self._layout(type.element).flat or ())
            lifts = [self.flat(type.element, base + n * width) for n in range(type.length)]
            if type.element is PrimitiveType.U8:
                return lambda lifting, values: bytes([lift(lifting, values) for lift in lifts])  # type: ignore[misc]
            return lambda lifting, values: [lift(lifting, values) for lift in lifts]
        elements = self._elements(type)
        return lambda lifting, values: elements(lifting, values[base], values[base + 1])

    def _flat_fields(self, type: RecordType | TupleType, base: int) -> LiftFlat:
        lifts: list[LiftFlat] = []
        for field in fields_of(type):
            lifts.append(self.flat(field, base))
            base += len(self._layout(field).flat or ())
        if isinstance(type, TupleType):
            return lambda lifting, values: tuple([lift(lifting, values) for lift in lifts])
        named = [(name, lift) for (name, _), lift in zip(type.fields, lifts, strict=True)]

        def flat_record(lifting: Lifting, values: Sequence[CoreValue]) -> Record:
            record = Record()
            fields = vars(record)
            for name, lift in named:
                fields[name] = lift(lifting, values)
            return record

        return flat_record

    def _flat_variant(
        self, type: VariantType | EnumType | OptionType | ResultType, base: int
    ) -> LiftFlat:
        payloads = cases_of(type)
        count = len(payloads)
        slots = (self._layout(type).flat or ())[1:]
        lifts = [None if it is None else self._flat_case(it, slots, base + 1) for it in payloads]
        assemble = _assemblers(type)

        def flat_variant(lifting: Lifting, values: Sequence[CoreValue]) -> object:
            case: int = values[base]
            if case >= count:
                raise _invalid_discriminant(case, count)
            lift = lifts[case]
            return assemble[case](None if lift is None else lift(lifting, values))

        return flat_variant

    def _flat_case(self, type: ValueType, slots: tuple[NumberType, ...], base: int) -> LiftFlat:
        """Lift a payload out of slots that several cases share, and so may be wider than it."""
        wanted = self._layout(type).flat or ()
        if wanted == slots[: len(wanted)]:
            return self.flat(type, base)
        narrow = [
            (base + n, _NARROW[slot, core])
            for n, (slot, core) in enumerate(zip(slots, wanted, strict=False))
        ]
        lift = self.flat(type, 0)
        return lambda lifting, values: lift(lifting, [to(values[at]) for at, to in narrow])


_UNSIGNED = {1: "B", 2: "H", 4: "I"}


def _same(value: CoreValue) -> CoreValue:
    return value


_NARROW: dict[tuple[NumberType, NumberType], Callable[[CoreValue], CoreValue]] = {
    (I32, I32): _same,
    (I64, I64): _same,
    (F32, F32): _same,
    (F64, F64): _same,
    (I32, F32): f32_of_bits,
    (I64, I32): lambda value: value & 0xFFFF_FFFF,
    (I64, F32): lambda value: f32_of_bits(value & 0xFFFF_FFFF),
    (I64, F64): f64_of_bits,
}


def _flat_integer(type: PrimitiveType, base: int) -> LiftFlat:
    low, high = INTEGER_RANGES[type]
    if low == 0:
        if type in (PrimitiveType.U32, PrimitiveType.U64):
            return lambda _, values: values[base]
        return lambda _, values: values[base] & high
    mask = high - low

    def flat_signed(_: Lifting, values: Sequence[CoreValue]) -> int:
        value: int = values[base] & mask
        return value if value <= high else value - mask - 1

    return flat_signed


def _numbers(element: PrimitiveType, size: int) -> Elements:
    """Lists of numbers, unpacked at once; a list of u8 is bytes."""
    if element is PrimitiveType.U8:
        return lambda lifting, pointer, length: lifting.region(pointer, length, 1, "list")
    if element is PrimitiveType.BOOL:

        def booleans(lifting: Lifting, pointer: int, length: int) -> list[bool]:
            data = lifting.region(pointer, length, 1, "list")
            lifting.spend(length * _ELEMENT_BYTES)
            return [byte != 0 for byte in data]

        return booleans
    letter = FORMATS[element]

    def numbers(lifting: Lifting, pointer: int, length: int) -> list[object]:
        data = lifting.region(pointer, length * size, size, "list")
        lifting.spend(length * _ELEMENT_BYTES)
        values = unpack_numbers(letter, data)
        if letter in "fd":
            return [value if value == value else NAN for value in values]
        if element is PrimitiveType.CHAR:
            return [char_of(code) for code in values]
        return values

    return numbers


def _flags_of(type: FlagsType) -> Callable[[int], frozenset[str]]:
    """From bits to labels, remembered for the few combinations that occur."""
    seen: dict[int, frozenset[str]] = {}
    mask = (1 << len(type.labels)) - 1

    def labels(bits: int) -> frozenset[str]:
        bits &= mask
        known = seen.get(bits)
        if known is None:
            known = frozenset(label for n, label in enumerate(type.labels) if bits >> n & 1)
            if len(seen) < 256:
                seen[bits] = known
        return known

    return labels


def _assemblers(type: VariantType | EnumType | OptionType | ResultType) -> list[Assemble]:
    """What makes the Python value of each case from its payload."""
    if isinstance(type, OptionType):
        nested = isinstance(type.payload, OptionType)
        return [lambda _: None, Some if nested else _same]
    if isinstance(type, ResultType):
        return [Ok, Err]
    if isinstance(type, EnumType):
        return [_constant(name) for name in type.cases]
    return [
        _constant(Variant(name)) if payload is None else _variant_of(name)
        for name, payload in type.cases
    ]


def _constant(value: object) -> Assemble:
    return lambda _: value


def _variant_of(tag: str) -> Assemble:
    return lambda payload: Variant(tag, payload)


def _needs_async(type: ValueType) -> UnsupportedFeature:
    return UnsupportedFeature("component-model-async", f"values of type {type} need async")
