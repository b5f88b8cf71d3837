"""Failures as every process sees them: kind, message, retryable, details.

Whatever ends a process abnormally, a trap, a limit, an exit code, a fault of ours, is told to
those who watch it as one :class:`~pywasm_rt.errors.ProcessError`, whose message says what happened
and where in the guest. The error it came from is its ``__cause__``.
"""

from __future__ import annotations

from collections.abc import Sequence

from pywasm_rt.errors import (
    CodeLocation,
    ExhaustionError,
    GuestException,
    GuestExit,
    LineColumn,
    OperationError,
    ProcessError,
    ProcessErrorKind,
    Trap,
    WasmError,
)

__all__ = ["as_process_error", "located"]

_SHOWN_CALLERS = 8

_OS_ERROR_KINDS: tuple[tuple[type[OSError], ProcessErrorKind], ...] = (
    (FileNotFoundError, ProcessErrorKind.NOT_FOUND),
    (FileExistsError, ProcessErrorKind.ALREADY_EXISTS),
    (PermissionError, ProcessErrorKind.PERMISSION_DENIED),
    (TimeoutError, ProcessErrorKind.TIMEOUT),
)


def as_process_error(error: BaseException) -> ProcessError:
    """The error that watchers of a process are told when ``error`` has ended it."""
    if isinstance(error, ProcessError):
        return error
    if isinstance(error, Trap | ExhaustionError | GuestException):
        told = _guest_failure(error)
    elif isinstance(error, GuestExit):
        told = ProcessError(str(error), ProcessErrorKind.INTERNAL, exit_code=error.code)
    elif isinstance(error, OperationError):
        told = ProcessError(str(error), ProcessErrorKind.UNAVAILABLE, retryable=True)
    elif isinstance(error, WasmError):
        told = ProcessError(error.message, ProcessErrorKind.INVALID, where=error.where)
        told.details = error.details
    elif isinstance(error, OSError):
        told = _os_failure(error)
    elif isinstance(error, MemoryError):
        told = ProcessError("the host is out of memory")
    else:
        told = ProcessError(f"internal fault: {type(error).__name__}: {error}")
    told.__cause__ = error
    return told


def _guest_failure(error: Trap | ExhaustionError | GuestException) -> ProcessError:
    """A guest's own failure: the sentence ends with the functions it was in."""
    locations = list(getattr(error, "backtrace", ()))
    if not locations and isinstance(error.where, CodeLocation):
        locations = [error.where]
    details: dict[str, object] = dict(error.details)
    kind = ProcessErrorKind.INTERNAL
    if isinstance(error, Trap):
        details["trap"] = str(error.code)
    elif isinstance(error, ExhaustionError) and error.resource == "time":
        kind = ProcessErrorKind.TIMEOUT
    plain = ProcessError(error.message, kind)
    plain.details = details
    told = located(plain, locations)
    if not locations:
        told.where = error.where
    return told


def _os_failure(error: OSError) -> ProcessError:
    for type_, kind in _OS_ERROR_KINDS:
        if isinstance(error, type_):
            return ProcessError(str(error), kind)
    return ProcessError(str(error), ProcessErrorKind.UNAVAILABLE, retryable=True)


def located(
    error: ProcessError, locations: Sequence[CodeLocation | LineColumn], waiting_for: str = ""
) -> ProcessError:
    """``error``, its message saying where in the guest it struck (innermost first).

    ``waiting_for`` names the operation that the guest was waiting for, if it was.
    """
    if not locations and not waiting_for:
        return error
    message = error.message
    details: dict[str, object] = dict(error.details)
    if waiting_for:
        message += f" while waiting for {waiting_for}"
        details["waiting_for"] = waiting_for
    if locations:
        first = locations[0]
        message += f" {first}" if isinstance(first, CodeLocation) else f" at {_place(first)}"
        callers = [_place(location) for location in locations[1 : _SHOWN_CALLERS + 1]]
        if callers:
            message += f", called from {' < '.join(callers)}"
        if len(locations) > _SHOWN_CALLERS + 1:
            message += f" < {len(locations) - _SHOWN_CALLERS - 1} more"
        details["backtrace"] = [_shown(location) for location in locations]
    told = ProcessError(message, error.kind, retryable=error.retryable)
    told.details = details
    told.__cause__ = error.__cause__
    return told


def _place(location: CodeLocation | LineColumn) -> str:
    if isinstance(location, LineColumn):
        return f"{location.file}:{location.line}"
    return f"${location.function_name}" if location.function_name else str(location.function_index)


def _shown(location: CodeLocation | LineColumn) -> str:
    return str(location) if isinstance(location, CodeLocation) else _place(location)
