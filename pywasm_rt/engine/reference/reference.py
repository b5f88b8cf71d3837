"""What the instructions on references mean: null, functions, tests and casts, i31."""

from __future__ import annotations

from pywasm_rt.engine.reference.function import FunctionInstance
from pywasm_rt.engine.reference.heap import I31, matches
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.wasm.types import HeapType, ReferenceType

__all__ = [
    "any_convert_extern",
    "extern_convert_any",
    "i31_get_s",
    "i31_get_u",
    "ref_as_non_null",
    "ref_cast",
    "ref_eq",
    "ref_func",
    "ref_i31",
    "ref_is_null",
    "ref_null",
    "ref_test",
]

_MASK_31 = 0x7FFF_FFFF
_SIGN_31 = 0x4000_0000
_MASK_32 = 0xFFFF_FFFF


def ref_null(heap: HeapType) -> None:  # noqa: ARG001 - null is null, whatever it might point to
    """The null reference."""
    return


def ref_func(function: FunctionInstance) -> FunctionInstance:
    """A reference to the function."""
    return function


def ref_is_null(reference: object) -> int:
    """1 for null, else 0."""
    return 1 if reference is None else 0


def ref_as_non_null(reference: object) -> object:
    """The same reference. Traps for null."""
    if reference is None:
        raise Trap(TrapCode.NULL_REFERENCE)
    return reference


def ref_eq(a: object, b: object) -> int:
    """1 if both refer to the same thing, or are i31 of the same value, else 0."""
    return 1 if a is b or (isinstance(a, I31) and a == b) else 0


def ref_test(type: ReferenceType, reference: object) -> int:
    """1 if the reference has the type, else 0."""
    fits = type.nullable if reference is None else matches(reference, type.heap)
    return 1 if fits else 0


def ref_cast(type: ReferenceType, reference: object) -> object:
    """The same reference, which must have the type. Traps if it has not."""
    if not ref_test(type, reference):
        raise Trap(TrapCode.CAST_FAILURE)
    return reference


def any_convert_extern(reference: object) -> object:
    """The same reference, seen from inside."""
    return reference


def extern_convert_any(reference: object) -> object:
    """The same reference, seen from outside."""
    return reference


def ref_i31(value: int) -> I31:
    """The lowest 31 bits as a reference."""
    return I31(value & _MASK_31)


def i31_get_s(reference: I31 | None) -> int:
    """The number, sign-extended to 32 bits. Traps for null."""
    return (i31_get_u(reference) ^ _SIGN_31) - _SIGN_31 & _MASK_32


def i31_get_u(reference: I31 | None) -> int:
    """The number, zero-extended to 32 bits. Traps for null."""
    if reference is None:
        raise Trap(TrapCode.NULL_I31_REFERENCE)
    return reference.value
