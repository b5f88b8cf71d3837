"""What the C core complains about, as errors of ours."""

from __future__ import annotations

from typing import Any

from pywasm_rt.engine.interface import Limits
from pywasm_rt.engine.native.core import ffi
from pywasm_rt.errors import (
    ByteOffset,
    CodeLocation,
    DecodeError,
    EngineBug,
    ExhaustionError,
    Location,
    TrapCode,
    UnsupportedFeature,
    ValidationError,
    WasmError,
)
from pywasm_rt.wasm.features import Features

__all__ = [
    "FEATURE_NAMES",
    "call_exhausted",
    "feature_bytes",
    "heap_exhausted",
    "load_error",
    "trap_code",
]

FEATURE_NAMES = tuple(Features.__dataclass_fields__)
"""The features in the order in which the C core numbers them: that of the declaration."""

_DECODE, _VALIDATION, _FEATURE, _MEMORY = 1, 2, 3, 4
_TRAP_CODES = tuple(TrapCode)


def feature_bytes(features: Features) -> Any:
    """One byte a feature, for the C core."""
    return ffi.new("uint8_t[]", [getattr(features, name) for name in FEATURE_NAMES])


def _text(array: Any) -> str:
    return str(ffi.string(array).decode("utf-8", "replace"))


def load_error(error: Any) -> WasmError:
    """The error for a module that was refused."""
    message = _text(error.message)
    where: Location = ByteOffset(error.offset)
    if error.function >= 0 and error.pc >= 0:
        where = CodeLocation(error.function, "", error.pc, error.offset, _text(error.mnemonic))
    if error.kind == _DECODE:
        return DecodeError(message, where)
    if error.kind == _VALIDATION:
        place = where if error.offset or isinstance(where, CodeLocation) else None
        return ValidationError(message, place)
    if error.kind == _FEATURE:
        name = FEATURE_NAMES[error.feature].replace("_", "-")
        return UnsupportedFeature(name, message, where)
    if error.kind == _MEMORY:
        return ExhaustionError("memory", "no room for the module")
    raise EngineBug(f"the C core refused a module without saying why: {message}")


def heap_exhausted(limit: int | None) -> ExhaustionError:
    """The error for an object that a store's heap has no room for."""
    return ExhaustionError("heap", "heap exhausted", limit)


def trap_code(number: int) -> TrapCode:
    """The reason for a trap; the C core numbers them from 1 on."""
    return _TRAP_CODES[number - 1]


def call_exhausted(task: Any, limits: Limits) -> ExhaustionError:
    """The error that there was no room for an activation of a C task."""
    if task.needed:
        sentence = f"call stack exhausted: {task.needed} value slots are needed, {task.left} left"
        return ExhaustionError("value stack", sentence)
    return ExhaustionError("call stack", "call stack exhausted", limits.call_depth)
