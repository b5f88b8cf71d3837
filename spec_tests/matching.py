"""Values of scripts to values of engines, and whether a result is as expected."""

from __future__ import annotations

from dataclasses import dataclass

from pywasm_rt.engine.float_bits import (
    f32_from_bits,
    f32_to_bits,
    f64_from_bits,
    f64_to_bits,
)
from pywasm_rt.engine.interface import reference_kind
from pywasm_rt.wasm.script import (
    Either,
    NaNPattern,
    NumberPattern,
    NumberValue,
    ReferencePattern,
    ReferenceValue,
    ResultPattern,
    ScriptValue,
    VectorPattern,
    VectorValue,
)
from pywasm_rt.wasm.types import (
    F32,
    F64,
    V128,
    AbstractHeapType,
    NumberType,
    ReferenceType,
    ValueType,
)

__all__ = ["HostReference", "argument", "matches"]

_QUIET = {F32: 0x400000, F64: 0x8000000000000}
_INFINITY = {F32: 0x7F800000, F64: 0x7FF0000000000000}
# The kinds of reference that an expected ``(ref.any)`` and so on stands for.
_SUBKINDS = {
    "any": {"i31", "struct", "array", "extern"},
    "eq": {"i31", "struct", "array"},
    "host": {"extern"},
}


@dataclass(frozen=True, slots=True)
class HostReference:
    """What ``(ref.extern N)`` and ``(ref.host N)`` refer to."""

    number: int


def argument(value: ScriptValue) -> object:
    """The engine's value for an argument of a script."""
    if isinstance(value, NumberValue):
        if value.type is F32:
            return f32_from_bits(value.bits)
        return f64_from_bits(value.bits) if value.type is F64 else value.bits
    if isinstance(value, VectorValue):
        return value.bits
    assert isinstance(value, ReferenceValue)
    return None if value.kind == "null" else HostReference(value.number or 0)


def matches(actual: object, expected: ResultPattern, type_: ValueType) -> bool:
    """Whether a result of a function or global of this type is what a script expects."""
    if isinstance(expected, Either):
        return any(matches(actual, choice, type_) for choice in expected.choices)
    if isinstance(expected, VectorPattern):
        return type_ is V128 and isinstance(actual, int) and _vector_matches(actual, expected)
    if isinstance(expected, NumberPattern | NaNPattern):
        bits = _bits(actual, expected.type)
        if bits is None or type_ != expected.type:
            return False
        if isinstance(expected, NaNPattern):
            return _is_nan(bits, expected)
        return bits == expected.bits
    return isinstance(type_, ReferenceType) and _reference_matches(actual, expected, type_)


def _bits(actual: object, type_: NumberType) -> int | None:
    """The bits of a result; None if it is no value of the type."""
    if type_ in (F32, F64):
        if not isinstance(actual, float):
            return None
        return f32_to_bits(actual) if type_ is F32 else f64_to_bits(actual)
    width = 32 if type_ is NumberType.I32 else 64
    fits = isinstance(actual, int) and not isinstance(actual, bool) and 0 <= actual < 1 << width
    return actual if fits else None  # type: ignore[return-value]


def _is_nan(bits: int, expected: NaNPattern) -> bool:
    sign = 1 << (31 if expected.type is F32 else 63)
    least = _INFINITY[expected.type] | _QUIET[expected.type]
    magnitude = bits & (sign - 1)
    return magnitude & least == least if expected.arithmetic else magnitude == least


def _vector_matches(actual: int, expected: VectorPattern) -> bool:
    mask = (1 << expected.lane_bits) - 1
    for number, lane in enumerate(expected.lanes):
        bits = actual >> expected.lane_bits * number & mask
        agrees = _is_nan(bits, lane) if isinstance(lane, NaNPattern) else bits == lane.bits
        if not agrees:
            return False
    return 0 <= actual < 1 << 128


def _reference_matches(actual: object, expected: ReferencePattern, type_: ReferenceType) -> bool:
    if expected.kind == "null":
        return actual is None
    # ``extern.convert_any`` and back change a reference's type, not what it refers to.
    is_extern = type_.heap in (AbstractHeapType.EXTERN, AbstractHeapType.NOEXTERN)
    if actual is None or is_extern != (expected.kind == "extern"):
        return False
    if expected.number is not None:
        return actual == HostReference(expected.number)
    kind = reference_kind(actual)
    return is_extern or kind in _SUBKINDS.get(expected.kind, {expected.kind})
