"""What the instructions on structures and arrays mean.

``type`` is the defined type that the instruction names. A packed field holds an unsigned int of 8
or 16 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from pywasm_rt.engine.float_bits import f32_from_bits, f64_from_bits
from pywasm_rt.engine.reference.heap import Array, Structure, reserve, width_of
from pywasm_rt.engine.reference.memory_access import DataSegment
from pywasm_rt.engine.reference.table import ElementSegment
from pywasm_rt.engine.reference.values import default_value
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.wasm.types import (
    F32,
    F64,
    ArrayType,
    PackedType,
    StorageType,
    StructType,
)
from pywasm_rt.wasm.validate import DefinedType

__all__ = [
    "array_copy",
    "array_fill",
    "array_get",
    "array_get_s",
    "array_get_u",
    "array_init_data",
    "array_init_elem",
    "array_len",
    "array_new",
    "array_new_data",
    "array_new_default",
    "array_new_elem",
    "array_new_fixed",
    "array_set",
    "struct_get",
    "struct_get_s",
    "struct_get_u",
    "struct_new",
    "struct_new_default",
    "struct_set",
]

_MASK_32 = 0xFFFF_FFFF
# Larger ones are refused before Python is asked for the room.
_LARGEST_ARRAY = 1 << 27
_MASKS: dict[StorageType, int] = {PackedType.I8: 0xFF, PackedType.I16: 0xFFFF}
_FROM_BITS: dict[StorageType, Callable[[int], object]] = {F32: f32_from_bits, F64: f64_from_bits}
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


def _pack(storage: StorageType, value: object) -> object:
    return value & _MASKS[storage] if isinstance(value, int) and storage in _MASKS else value


def _sign_extend(storage: StorageType, value: object) -> int:
    assert isinstance(value, int), "only packed fields are read with a sign"
    sign = (_MASKS[storage] >> 1) + 1
    return (value ^ sign) - sign & _MASK_32


def _default(storage: StorageType) -> object:
    return 0 if isinstance(storage, PackedType) else default_value(storage)


def _field_storage(type: DefinedType, field_index: int) -> StorageType:
    assert isinstance(type.composite, StructType)
    return type.composite.fields[field_index].storage


def _element_storage(type: DefinedType) -> StorageType:
    assert isinstance(type.composite, ArrayType)
    return type.composite.field.storage


def struct_new(type: DefinedType, *values: object) -> Structure:
    """A structure with these fields."""
    assert isinstance(type.composite, StructType)
    fields = type.composite.fields
    return Structure(
        type, [_pack(field.storage, value) for field, value in zip(fields, values, strict=True)]
    )


def struct_new_default(type: DefinedType) -> Structure:
    """A structure whose fields are zero or null."""
    assert isinstance(type.composite, StructType)
    return Structure(type, [_default(field.storage) for field in type.composite.fields])


def struct_get(
    type: DefinedType,  # noqa: ARG001 - what is not packed is read as it is
    field_index: int,
    structure: Structure | None,
) -> object:
    """A field. Traps for null."""
    if structure is None:
        raise Trap(TrapCode.NULL_STRUCTURE_REFERENCE)
    return structure.fields[field_index]


def struct_get_s(type: DefinedType, field_index: int, structure: Structure | None) -> int:
    """A packed field, sign-extended. Traps for null."""
    value = struct_get(type, field_index, structure)
    return _sign_extend(_field_storage(type, field_index), value)


def struct_get_u(type: DefinedType, field_index: int, structure: Structure | None) -> object:
    """A packed field, zero-extended. Traps for null."""
    return struct_get(type, field_index, structure)


def struct_set(
    type: DefinedType, field_index: int, structure: Structure | None, value: object
) -> None:
    """Change a field. Traps for null."""
    if structure is None:
        raise Trap(TrapCode.NULL_STRUCTURE_REFERENCE)
    structure.fields[field_index] = _pack(_field_storage(type, field_index), value)


def _repeat(storage: StorageType, value: object, count: int) -> list[object]:
    if count > _LARGEST_ARRAY:
        raise Trap(TrapCode.ALLOCATION_TOO_LARGE, count=count)
    reserve(width_of(storage) * count)
    return [value] * count


def array_new(type: DefinedType, value: object, count: int) -> Array:
    """An array of equal elements."""
    storage = _element_storage(type)
    return Array(type, _repeat(storage, _pack(storage, value), count))


def array_new_default(type: DefinedType, count: int) -> Array:
    """An array whose elements are zero or null."""
    storage = _element_storage(type)
    return Array(type, _repeat(storage, _default(storage), count))


def array_new_fixed(type: DefinedType, *values: object) -> Array:
    """An array of these elements."""
    storage = _element_storage(type)
    return Array(type, [_pack(storage, value) for value in values])


def _elements_from_bytes(
    storage: StorageType, segment: DataSegment, offset: int, count: int
) -> list[object]:
    """Read numbers from a data segment. Traps if they are not all inside."""
    width = width_of(storage)
    end = offset + count * width
    if end > len(segment.content):
        raise Trap(TrapCode.MEMORY_OUT_OF_BOUNDS, address=offset, count=count * width)
    content = segment.content[offset:end]
    if width == 16:
        parts = range(0, len(content), width)
        return [int.from_bytes(content[part : part + width], "little") for part in parts]
    numbers = Struct(f"<{count}{_CODES[width]}").unpack(content)
    return list(map(_FROM_BITS.get(storage, int), numbers))


def _elements_from_segment(segment: ElementSegment, index: int, count: int) -> list[object]:
    """Copy references from an element segment. Traps if they are not all inside."""
    if index + count > len(segment.references):
        raise Trap(TrapCode.TABLE_OUT_OF_BOUNDS, index=index, count=count)
    return list(segment.references[index : index + count])


def array_new_data(type: DefinedType, segment: DataSegment, offset: int, count: int) -> Array:
    """An array of numbers from a data segment. Traps if they are not all inside."""
    return Array(type, _elements_from_bytes(_element_storage(type), segment, offset, count))


def array_new_elem(type: DefinedType, segment: ElementSegment, index: int, count: int) -> Array:
    """An array of references from an element segment. Traps if they are not all inside."""
    return Array(type, _elements_from_segment(segment, index, count))


def _checked(array: Array | None, index: int, count: int) -> list[object]:
    """The elements of an array. Traps for null, or if some of ``count`` are outside."""
    if array is None:
        raise Trap(TrapCode.NULL_ARRAY_REFERENCE)
    if index + count > len(array.elements):
        raise Trap(TrapCode.ARRAY_OUT_OF_BOUNDS, index=index, count=count, size=len(array.elements))
    return array.elements


def array_len(array: Array | None) -> int:
    """How many elements there are. Traps for null."""
    return len(_checked(array, 0, 0))


def array_get(
    type: DefinedType,  # noqa: ARG001 - what is not packed is read as it is
    array: Array | None,
    index: int,
) -> object:
    """An element. Traps for null and outside."""
    return _checked(array, index, 1)[index]


def array_get_s(type: DefinedType, array: Array | None, index: int) -> int:
    """A packed element, sign-extended. Traps for null and outside."""
    return _sign_extend(_element_storage(type), array_get(type, array, index))


def array_get_u(type: DefinedType, array: Array | None, index: int) -> object:
    """A packed element, zero-extended. Traps for null and outside."""
    return array_get(type, array, index)


def array_set(type: DefinedType, array: Array | None, index: int, value: object) -> None:
    """Change an element. Traps for null and outside."""
    _checked(array, index, 1)[index] = _pack(_element_storage(type), value)


def array_fill(
    type: DefinedType, array: Array | None, index: int, value: object, count: int
) -> None:
    """Set elements to one value. Traps for null, and if not all are inside."""
    elements = _checked(array, index, count)
    elements[index : index + count] = [_pack(_element_storage(type), value)] * count


def array_copy(
    target_type: DefinedType,  # noqa: ARG001 - the elements fit as they are
    source_type: DefinedType,  # noqa: ARG001
    target: Array | None,
    target_index: int,
    source: Array | None,
    source_index: int,
    count: int,
) -> None:
    """Copy elements, which may overlap. Traps for null, and if not all are inside."""
    target_elements = _checked(target, target_index, count)
    source_elements = _checked(source, source_index, count)
    copied = source_elements[source_index : source_index + count]
    target_elements[target_index : target_index + count] = copied


def array_init_data(
    type: DefinedType,
    segment: DataSegment,
    array: Array | None,
    index: int,
    offset: int,
    count: int,
) -> None:
    """Copy numbers from a data segment. Traps for null, and if not all are inside."""
    elements = _checked(array, index, count)
    copied = _elements_from_bytes(_element_storage(type), segment, offset, count)
    elements[index : index + count] = copied


def array_init_elem(
    type: DefinedType,  # noqa: ARG001 - references are copied as they are
    segment: ElementSegment,
    array: Array | None,
    index: int,
    segment_index: int,
    count: int,
) -> None:
    """Copy references from an element segment. Traps for null, and if not all are inside."""
    elements = _checked(array, index, count)
    elements[index : index + count] = _elements_from_segment(segment, segment_index, count)
