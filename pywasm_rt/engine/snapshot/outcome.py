"""How an execution ended, as data."""

from __future__ import annotations

from pywasm_rt.engine.snapshot.state import Failure
from pywasm_rt.errors import ExhaustionError, OperationError, Trap, TrapCode, WasmError

__all__ = ["error_of", "failure_of"]

_CODES = frozenset(TrapCode)


def failure_of(error: WasmError) -> Failure:
    """The class of an error, its code or resource, its message."""
    code = ""
    if isinstance(error, Trap):
        code = str(error.code)
    elif isinstance(error, ExhaustionError):
        code = error.resource
    return Failure(type(error).__name__, code, error.message)


def error_of(failure: Failure) -> WasmError:
    """An error of the same class, where that needs no more than there is; else a WasmError."""
    if failure.kind == "Trap" and failure.code in _CODES:
        return Trap(TrapCode(failure.code), failure.message)
    if failure.kind == "ExhaustionError":
        return ExhaustionError(failure.code, failure.message)
    if failure.kind == "OperationError":
        return OperationError(failure.message)
    return WasmError(failure.message)
