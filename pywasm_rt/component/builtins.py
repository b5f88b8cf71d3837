"""The canonical built-ins of async functions, streams, threads and error contexts.

One row each: the byte of the binary format, the name, the operands in order, and the type of the
core function. Decoder, encoder,
text parser and printer read this table (component model, "Canonical Built-ins").
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from pywasm_rt.wasm.types import I32, I64, FunctionType, NumberType

__all__ = ["BUILTINS", "BY_CODE", "BY_NAME", "Builtin", "Operand"]


class Operand(enum.Enum):
    """The kinds of operands; the value of a flag is the word that sets it."""

    ASYNC = "async"
    CANCELLABLE = "cancellable"
    RESULT = "result"
    OPTIONS = "options"
    VALUE_TYPE = "core value type"
    NUMBER = "number"
    TYPE = "type"
    MEMORY = "memory"
    CORE_TYPE = "core type"
    TABLE = "table"

    @property
    def is_flag(self) -> bool:
        """Whether the operand is a word that may be there or not."""
        return self in (Operand.ASYNC, Operand.CANCELLABLE)


@dataclass(frozen=True, slots=True)
class Builtin:
    """A canonical built-in; ``feature`` is the switch that it needs.

    ``signatures`` are the types of the core function for a memory with addresses of a type; empty
    where the type depends on the operands in other ways.
    """

    code: int
    name: str
    operands: tuple[Operand, ...]
    feature: str
    signatures: Mapping[NumberType, FunctionType]


_TYPE, _OPTIONS, _ASYNC = Operand.TYPE, Operand.OPTIONS, Operand.ASYNC
_CANCELLABLE, _MEMORY = Operand.CANCELLABLE, Operand.MEMORY

# The core signature is None where it depends on the operands; ``address`` is i32 or i64.
_ROWS: tuple[tuple[int, str, tuple[Operand, ...], str | None], ...] = (
    (0x05, "task.cancel", (), "->"),
    (0x06, "subtask.cancel", (_ASYNC,), "i32 -> i32"),
    (0x09, "task.return", (Operand.RESULT, _OPTIONS), None),
    (0x0A, "context.get", (Operand.VALUE_TYPE, Operand.NUMBER), None),
    (0x0B, "context.set", (Operand.VALUE_TYPE, Operand.NUMBER), None),
    (0x0C, "thread.yield", (_CANCELLABLE,), "-> i32"),
    (0x0D, "subtask.drop", (), "i32 ->"),
    (0x0E, "stream.new", (_TYPE,), "-> i64"),
    (0x0F, "stream.read", (_TYPE, _OPTIONS), "i32 address address -> address"),
    (0x10, "stream.write", (_TYPE, _OPTIONS), "i32 address address -> address"),
    (0x11, "stream.cancel-read", (_TYPE, _ASYNC), "i32 -> i32"),
    (0x12, "stream.cancel-write", (_TYPE, _ASYNC), "i32 -> i32"),
    (0x13, "stream.drop-readable", (_TYPE,), "i32 ->"),
    (0x14, "stream.drop-writable", (_TYPE,), "i32 ->"),
    (0x15, "future.new", (_TYPE,), "-> i64"),
    (0x16, "future.read", (_TYPE, _OPTIONS), "i32 address -> i32"),
    (0x17, "future.write", (_TYPE, _OPTIONS), "i32 address -> i32"),
    (0x18, "future.cancel-read", (_TYPE, _ASYNC), "i32 -> i32"),
    (0x19, "future.cancel-write", (_TYPE, _ASYNC), "i32 -> i32"),
    (0x1A, "future.drop-readable", (_TYPE,), "i32 ->"),
    (0x1B, "future.drop-writable", (_TYPE,), "i32 ->"),
    (0x1C, "error-context.new", (_OPTIONS,), "address address -> i32"),
    (0x1D, "error-context.debug-message", (_OPTIONS,), "i32 address ->"),
    (0x1E, "error-context.drop", (), "i32 ->"),
    (0x1F, "waitable-set.new", (), "-> i32"),
    (0x20, "waitable-set.wait", (_CANCELLABLE, _MEMORY), "i32 address -> i32"),
    (0x21, "waitable-set.poll", (_CANCELLABLE, _MEMORY), "i32 address -> i32"),
    (0x22, "waitable-set.drop", (), "i32 ->"),
    (0x23, "waitable.join", (), "i32 i32 ->"),
    (0x24, "backpressure.inc", (), "->"),
    (0x25, "backpressure.dec", (), "->"),
    (0x26, "thread.index", (), "-> i32"),
    (0x27, "thread.new-indirect", (Operand.CORE_TYPE, Operand.TABLE), "i32 i32 -> i32"),
    (0x28, "thread.resume-later", (), "i32 ->"),
    (0x29, "thread.suspend", (_CANCELLABLE,), "-> i32"),
    (0x2A, "thread.suspend-then-resume", (_CANCELLABLE,), "i32 -> i32"),
    (0x2B, "thread.yield-then-resume", (_CANCELLABLE,), "i32 -> i32"),
    (0x2C, "thread.suspend-then-promote", (_CANCELLABLE,), "i32 -> i32"),
    (0x2D, "thread.yield-then-promote", (_CANCELLABLE,), "i32 -> i32"),
    (0x40, "thread.spawn-ref", (Operand.CORE_TYPE,), "i32 i32 -> i32"),
    (0x41, "thread.spawn-indirect", (Operand.CORE_TYPE, Operand.TABLE), "i32 i32 i32 -> i32"),
    (0x42, "thread.available-parallelism", (), "-> i32"),
)


def _feature(name: str) -> str:
    if name.startswith("error-context."):
        return "error_context"
    # Yielding came with async functions, the other built-ins of threads are a proposal.
    return "threading" if name.startswith("thread.") and name != "thread.yield" else "async_"


def _signatures(text: str | None) -> dict[NumberType, FunctionType]:
    if text is None:
        return {}
    written = {type: text.replace("address", type.value).split("->") for type in (I32, I64)}
    return {
        type: FunctionType(*[tuple(map(NumberType, side.split())) for side in sides])
        for type, sides in written.items()
    }


BUILTINS = tuple(
    Builtin(code, name, operands, _feature(name), _signatures(signature))
    for code, name, operands, signature in _ROWS
)
BY_CODE = {builtin.code: builtin for builtin in BUILTINS}
BY_NAME = {builtin.name: builtin for builtin in BUILTINS}
