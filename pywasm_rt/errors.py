"""The one tree of exceptions of pywasm_rt.

Every error says *what* (its message, which begins with the official suites' text where there is
one), *where* (a location in a binary, a text, a function or a configuration file) and carries the
figures behind the sentence as fields. ``str(error)`` is one line that a user can act on.

This module knows nothing else of the package.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = [
    "ByteOffset",
    "CodeLocation",
    "ComponentError",
    "ConfigError",
    "DecodeError",
    "EngineBug",
    "ExhaustionError",
    "Fault",
    "FieldLocation",
    "GuestException",
    "GuestExit",
    "LineColumn",
    "LinkError",
    "Location",
    "OperationError",
    "ParseError",
    "ProcessError",
    "ProcessErrorKind",
    "ResultError",
    "SerializationError",
    "SnapshotError",
    "Trap",
    "TrapCode",
    "UnsupportedFeature",
    "ValidationError",
    "WasmError",
]


@dataclass(frozen=True, slots=True)
class ByteOffset:
    """A place in a binary: bytes from its beginning, and the section or item it lies in."""

    offset: int
    inside: str = ""

    def __str__(self) -> str:
        place = f"at offset 0x{self.offset:x}"
        return f"{place} in {self.inside}" if self.inside else place


@dataclass(frozen=True, slots=True)
class LineColumn:
    """A place in a text: line and column count from 1; ``source_line`` is the text of the line."""

    line: int
    column: int
    file: str = ""
    source_line: str = ""

    def __str__(self) -> str:
        prefix = f"{self.file}:" if self.file else ""
        return f"at {prefix}{self.line}:{self.column}"

    def caret(self) -> str:
        """The source line with a caret under the place (two lines of text)."""
        return f"{self.source_line}\n{' ' * (self.column - 1)}^"


@dataclass(frozen=True, slots=True)
class CodeLocation:
    """A place in running or validated code: function, instruction number, and where that is.

    ``offset`` is its place in a binary; ``line`` and ``column`` (from 1) are its place in a text.
    """

    function_index: int
    function_name: str = ""
    pc: int | None = None
    offset: int | None = None
    mnemonic: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        name = f"${self.function_name}" if self.function_name else str(self.function_index)
        parts = [f"in function {name}"]
        if self.pc is not None:
            parts.append(f"at instruction {self.pc}")
        if self.mnemonic:
            parts.append(f"({self.mnemonic})")
        if self.offset is not None:
            parts.append(f"offset 0x{self.offset:x}")
        if self.line is not None:
            parts.append(f"line {self.line}:{self.column}")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class FieldLocation:
    """A place in a configuration file: file, line (from 1) and the dotted path of the field."""

    file: str
    line: int
    field: str = ""

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}: {self.field}" if self.field else f"{self.file}:{self.line}"
        )


Location = ByteOffset | LineColumn | CodeLocation | FieldLocation


class WasmError(Exception):
    """The root of the tree.

    ``message`` is the sentence without its place, ``where`` the place if it is known, ``details``
    the figures behind the sentence (plain values, by name).
    """

    def __init__(self, message: str, where: Location | None = None, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.details: Mapping[str, object] = details

    def __str__(self) -> str:
        return f"{self.message} ({self.where})" if self.where is not None else self.message


class DecodeError(WasmError):
    """A binary is malformed."""


class ParseError(WasmError):
    """A text (WAT, WAST, WIT, WAVE) is malformed."""


class ValidationError(WasmError):
    """A module or component is well-formed but invalid."""


class UnsupportedFeature(WasmError):
    """A module needs a feature that is switched off; ``feature`` is its name.

    Raised while decoding, parsing or validating; never while running.
    """

    def __init__(self, feature: str, message: str, where: Location | None = None) -> None:
        super().__init__(message, where, feature=feature)
        self.feature = feature


class LinkError(WasmError):
    """An import is missing or of another type than asked for."""


class TrapCode(enum.StrEnum):
    """The reasons for which the specification lets execution trap; the value is its text."""

    UNREACHABLE = "unreachable"
    MEMORY_OUT_OF_BOUNDS = "out of bounds memory access"
    TABLE_OUT_OF_BOUNDS = "out of bounds table access"
    ARRAY_OUT_OF_BOUNDS = "out of bounds array access"
    UNDEFINED_ELEMENT = "undefined element"
    UNINITIALIZED_ELEMENT = "uninitialized element"
    INDIRECT_CALL_TYPE_MISMATCH = "indirect call type mismatch"
    INTEGER_DIVIDE_BY_ZERO = "integer divide by zero"
    INTEGER_OVERFLOW = "integer overflow"
    INVALID_CONVERSION_TO_INTEGER = "invalid conversion to integer"
    NULL_REFERENCE = "null reference"
    NULL_FUNCTION_REFERENCE = "null function reference"
    NULL_STRUCTURE_REFERENCE = "null structure reference"
    NULL_ARRAY_REFERENCE = "null array reference"
    NULL_I31_REFERENCE = "null i31 reference"
    NULL_EXCEPTION_REFERENCE = "null exception reference"
    CAST_FAILURE = "cast failure"
    UNALIGNED_ATOMIC = "unaligned atomic"
    EXPECTED_SHARED_MEMORY = "expected shared memory"
    ALLOCATION_TOO_LARGE = "allocation size too large"
    CANONICAL_ABI = "canonical ABI violation"
    CANNOT_ENTER = "cannot enter component instance"
    CANNOT_LEAVE = "cannot leave component instance"
    HOST = "host function failed"


class Trap(WasmError):
    """Execution ended abnormally. ``code`` says why; ``backtrace`` is innermost first."""

    def __init__(
        self,
        code: TrapCode,
        message: str | None = None,
        where: Location | None = None,
        backtrace: Sequence[CodeLocation] = (),
        **details: object,
    ) -> None:
        super().__init__(message if message is not None else str(code), where, **details)
        self.code = code
        self.backtrace: tuple[CodeLocation, ...] = tuple(backtrace)


class ExhaustionError(WasmError):
    """A limit was reached: call stack, fuel, time, memory; ``resource`` names which.

    ``resource`` is one of ``"call stack" "value stack" "fuel" "time" "memory" "table"
    "instances" "handles" "output"``; ``limit`` is the figure in force.
    """

    def __init__(
        self,
        resource: str,
        message: str,
        limit: int | None = None,
        where: Location | None = None,
        backtrace: Sequence[CodeLocation] = (),
    ) -> None:
        super().__init__(message, where, resource=resource, limit=limit)
        self.resource = resource
        self.limit = limit
        self.backtrace: tuple[CodeLocation, ...] = tuple(backtrace)


class GuestException(WasmError):
    """A WebAssembly exception that no handler caught; ``tag`` and ``values`` as thrown."""

    def __init__(self, tag: object, values: Sequence[object], where: Location | None = None):
        super().__init__("unhandled exception", where)
        self.tag = tag
        self.values: tuple[object, ...] = tuple(values)


class GuestExit(WasmError):
    """The guest asked to end (``wasi:cli/exit``, ``proc_exit``); not a failure if code is 0."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit with code {code}", code=code)
        self.code = code


class ComponentError(WasmError):
    """A component cannot be linked or called as asked (names, types, values)."""


class ResultError(WasmError):
    """The ``err`` of a WIT ``result``, where it is wanted as an exception; ``value`` is its
    payload (None if it has none).

    Raised by calls that were asked to raise; raised *by* a host function it becomes the ``err``.
    """

    def __init__(self, value: object = None, function: str = "") -> None:
        who = f"{function} answered with" if function else "the answer is"
        payload = "" if value is None else f"({value!r})"
        super().__init__(f"{who} err{payload}", value=value)
        self.value = value
        self.function = function


class SnapshotError(WasmError):
    """A snapshot cannot be made, or is damaged, or does not fit what it is to be restored with."""


class SerializationError(WasmError):
    """A serialized module is damaged, or was written by another build of the engine."""


class OperationError(WasmError):
    """An operation (sleep, read, connect ...) failed; thrown into whoever asked for it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a configuration: a sentence, its place, and a suggestion (or "")."""

    message: str
    where: FieldLocation | None = None
    suggestion: str = ""
    entry_id: str = ""

    def __str__(self) -> str:
        prefix = f"{self.where}: " if self.where is not None else ""
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{prefix}{self.message}{hint}"


class ConfigError(WasmError):
    """A configuration has faults; all of them are in ``faults``, in file and line order."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ProcessErrorKind(enum.StrEnum):
    """What sort of failure a process error is (the kinds that Lua's ``errors`` knows)."""

    NOT_FOUND = "NotFound"
    ALREADY_EXISTS = "AlreadyExists"
    INVALID = "Invalid"
    PERMISSION_DENIED = "PermissionDenied"
    UNAVAILABLE = "Unavailable"
    INTERNAL = "Internal"
    CANCELED = "Canceled"
    CONFLICT = "Conflict"
    TIMEOUT = "Timeout"
    RATE_LIMITED = "RateLimited"
    UNKNOWN = "Unknown"


class ProcessError(WasmError):
    """A process, host or scheduler call failed, or a process ended abnormally."""

    def __init__(
        self,
        message: str,
        kind: ProcessErrorKind = ProcessErrorKind.INTERNAL,
        *,
        retryable: bool = False,
        where: Location | None = None,
        **details: object,
    ) -> None:
        super().__init__(message, where, **details)
        self.kind = kind
        self.retryable = retryable


class EngineBug(AssertionError):
    """Something that cannot happen in valid code did: a fault of ours, please report it."""
