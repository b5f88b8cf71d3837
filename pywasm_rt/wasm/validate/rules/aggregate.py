"""Structures and arrays of the garbage-collected heap."""

from __future__ import annotations

from typing import Any

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.instructions.instruction import Row
from pywasm_rt.wasm.types import I32, FieldType, PackedType, ReferenceType, StorageType
from pywasm_rt.wasm.validate.body import BodyChecker
from pywasm_rt.wasm.validate.context import Context, OperandType, Signature
from pywasm_rt.wasm.validate.matching import is_defaultable, matches_reference, matches_storage
from pywasm_rt.wasm.validate.plans import SignatureRule, StackRule

__all__ = ["RULES", "SIGNATURES"]


def _reference(context: Context, type_index: int, *, nullable: bool) -> ReferenceType:
    return context.reference_type(ReferenceType(nullable, type_index))


def _unpacked(context: Context, storage: StorageType) -> OperandType:
    """The type of a field's value on the operand stack."""
    return I32 if isinstance(storage, PackedType) else context.value_type(storage)


def _field(context: Context, type_index: int, field_index: int) -> FieldType:
    fields = context.structure(type_index).fields
    if 0 <= field_index < len(fields):
        return fields[field_index]
    raise ValidationError(
        f"unknown field {field_index}: type {type_index} has {len(fields)}", count=len(fields)
    )


def _check_default(storage: StorageType, what: str) -> None:
    if not is_defaultable(storage):
        raise ValidationError(f"type mismatch: {what} of type {storage} has no default value")


def _check_packed(storage: StorageType, row: Row) -> None:
    """A packed field is read with a sign (``get_s``, ``get_u``), another one without (``get``)."""
    packed = isinstance(storage, PackedType)
    if packed is not row.rule.endswith("_packed"):
        kind = "packed" if packed else "not packed"
        raise ValidationError(f"type mismatch: {row.mnemonic} of {storage}, which is {kind}")


def _struct_new(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    fields = context.structure(immediates[0]).fields
    takes = [_unpacked(context, field.storage) for field in fields]
    return takes, [_reference(context, immediates[0], nullable=False)]


def _struct_new_default(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    for index, field in enumerate(context.structure(immediates[0]).fields):
        _check_default(field.storage, f"field {index}")
    return [], [_reference(context, immediates[0], nullable=False)]


def _struct_get(context: Context, row: Row, immediates: tuple[Any, ...]) -> Signature:
    field = _field(context, *immediates)
    _check_packed(field.storage, row)
    structure = _reference(context, immediates[0], nullable=True)
    return [structure], [_unpacked(context, field.storage)]


def _struct_set(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    field = _field(context, *immediates)
    if not field.mutable:
        raise ValidationError(f"immutable field {immediates[1]} of type {immediates[0]}")
    structure = _reference(context, immediates[0], nullable=True)
    return [structure, _unpacked(context, field.storage)], []


def _mutable_array(context: Context, type_index: int) -> FieldType:
    element = context.array(type_index)
    if not element.mutable:
        raise ValidationError(f"immutable array type {type_index}")
    return element


def _check_bytes(element: FieldType) -> None:
    """Bytes of a data segment make numbers and vectors, but no references."""
    if isinstance(element.storage, ReferenceType):
        raise ValidationError(f"array type is not numeric or vector: it holds {element.storage}")


def _check_elements(context: Context, segment_index: int, element: FieldType) -> None:
    segment = context.element_segment(segment_index)
    storage = element.storage
    if not isinstance(storage, ReferenceType) or not matches_reference(segment, storage):
        raise ValidationError(
            f"type mismatch: the array holds {storage}, "
            f"but elem segment {segment_index} {context.describe(segment)}",
            expected=str(storage),
            found=str(segment),
        )


def _array_new(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    element = context.array(immediates[0])
    array = _reference(context, immediates[0], nullable=False)
    return [_unpacked(context, element.storage), I32], [array]


def _array_new_default(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    _check_default(context.array(immediates[0]).storage, "an element")
    return [I32], [_reference(context, immediates[0], nullable=False)]


def _array_new_fixed(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    """A rule, not a signature: a count of four thousand million may be written in six bytes."""
    type_index, count = immediates
    context = body.planner.context
    element = _unpacked(context, context.array(type_index).storage)
    present = len(body.stack) - body.height
    if count > present and not body.frame.unreachable:
        found = context.describe_operands(body.stack[body.height :])
        raise ValidationError(
            f"type mismatch: instruction requires {count} times {context.describe(element)} "
            f"but stack has {found}",
            expected=f"{count} times {context.describe(element)}",
            found=found,
        )
    body.pop([element] * min(count, present))
    body.stack.append(_reference(context, type_index, nullable=False))


def _array_new_data(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    _check_bytes(context.array(immediates[0]))
    context.check_data_segment(immediates[1])
    return [I32, I32], [_reference(context, immediates[0], nullable=False)]


def _array_new_elem(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    _check_elements(context, immediates[1], context.array(immediates[0]))
    return [I32, I32], [_reference(context, immediates[0], nullable=False)]


def _array_get(context: Context, row: Row, immediates: tuple[Any, ...]) -> Signature:
    element = context.array(immediates[0])
    _check_packed(element.storage, row)
    array = _reference(context, immediates[0], nullable=True)
    return [array, I32], [_unpacked(context, element.storage)]


def _array_set(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    element = _mutable_array(context, immediates[0])
    array = _reference(context, immediates[0], nullable=True)
    return [array, I32, _unpacked(context, element.storage)], []


def _array_fill(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    element = _mutable_array(context, immediates[0])
    array = _reference(context, immediates[0], nullable=True)
    return [array, I32, _unpacked(context, element.storage), I32], []


def _array_copy(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    target_index, source_index = immediates
    target = _mutable_array(context, target_index)
    source = context.array(source_index)
    if not matches_storage(source.storage, target.storage):
        raise ValidationError(
            f"array types do not match: {source.storage} copied into {target.storage}",
            expected=str(target.storage),
            found=str(source.storage),
        )
    arrays = [_reference(context, index, nullable=True) for index in immediates]
    return [arrays[0], I32, arrays[1], I32, I32], []


def _array_init_data(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    _check_bytes(_mutable_array(context, immediates[0]))
    context.check_data_segment(immediates[1])
    return [_reference(context, immediates[0], nullable=True), I32, I32, I32], []


def _array_init_elem(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    _check_elements(context, immediates[1], _mutable_array(context, immediates[0]))
    return [_reference(context, immediates[0], nullable=True), I32, I32, I32], []


SIGNATURES: dict[str, SignatureRule] = {
    "struct_new": _struct_new,
    "struct_new_default": _struct_new_default,
    "struct_get": _struct_get,
    "struct_get_packed": _struct_get,
    "struct_set": _struct_set,
    "array_new": _array_new,
    "array_new_default": _array_new_default,
    "array_new_data": _array_new_data,
    "array_new_elem": _array_new_elem,
    "array_get": _array_get,
    "array_get_packed": _array_get,
    "array_set": _array_set,
    "array_fill": _array_fill,
    "array_copy": _array_copy,
    "array_init_data": _array_init_data,
    "array_init_elem": _array_init_elem,
}

RULES: dict[str, StackRule] = {"array_new_fixed": _array_new_fixed}
