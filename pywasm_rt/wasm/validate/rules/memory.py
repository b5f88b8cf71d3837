"""Linear memory: loads, stores, sizes, bulk copies, atomics and vector lanes.

Rows give stack types for 32-bit memories; the addresses in them follow the memory's address type.
"""

from __future__ import annotations

from typing import Any

from pywasm_rt.errors import EngineBug, ValidationError
from pywasm_rt.wasm.instructions.instruction import MemoryArgument, Row
from pywasm_rt.wasm.types import I32, I64, NumberType
from pywasm_rt.wasm.validate.context import Context, Signature
from pywasm_rt.wasm.validate.plans import SignatureRule

__all__ = ["SIGNATURES"]

_OFFSETS_32 = 1 << 32
_OFFSETS_64 = 1 << 64
_VECTOR_BYTES = 16


def _address(context: Context, memory_index: int) -> NumberType:
    return context.memory(memory_index).limits.address_type


def _access(context: Context, row: Row, argument: MemoryArgument) -> Signature:
    """The type of an instruction that takes an address first, with its offset checked."""
    address = _address(context, argument.memory_index)
    if not 0 <= argument.offset < (_OFFSETS_64 if address is I64 else _OFFSETS_32):
        raise ValidationError(
            f"offset out of range: {argument.offset} in a memory with {address} addresses",
            offset=argument.offset,
        )
    if row.stack is None:
        raise EngineBug(f"{row.mnemonic} needs a stack type")
    return [address, *row.stack.takes[1:]], [*row.stack.gives]


def _load_store(context: Context, row: Row, immediates: tuple[Any, ...]) -> Signature:
    argument = immediates[0]
    if argument.align_log2 > row.natural_align_log2:
        raise ValidationError(
            f"alignment must not be larger than natural: 2**{argument.align_log2} "
            f"for {row.width_bytes} bytes",
            natural=row.natural_align_log2,
        )
    return _access(context, row, argument)


def _lane_access(context: Context, row: Row, immediates: tuple[Any, ...]) -> Signature:
    _check_lane(row, immediates[1], _VECTOR_BYTES)
    return _load_store(context, row, immediates)


def _atomic(context: Context, row: Row, immediates: tuple[Any, ...]) -> Signature:
    argument = immediates[0]
    if argument.align_log2 != row.natural_align_log2:
        raise ValidationError(
            f"atomic alignment must be natural: 2**{argument.align_log2} "
            f"for {row.width_bytes} bytes",
            natural=row.natural_align_log2,
        )
    return _access(context, row, argument)


def _check_lane(row: Row, lane: int, source_bytes: int) -> None:
    count = source_bytes // row.width_bytes
    if not 0 <= lane < count:
        raise ValidationError(f"invalid lane index {lane}: there are {count}", count=count)


def _lane(context: Context, row: Row, immediates: tuple[Any, ...]) -> Signature:
    _check_lane(row, immediates[0], _VECTOR_BYTES)
    return _as_written(context, row)


def _shuffle(context: Context, row: Row, immediates: tuple[Any, ...]) -> Signature:
    for lane in immediates[0]:
        _check_lane(row, lane, 2 * _VECTOR_BYTES)
    return _as_written(context, row)


def _as_written(context: Context, row: Row) -> Signature:
    if row.stack is None:
        raise EngineBug(f"{row.mnemonic} needs a stack type")
    return context.operands(row.stack.takes), context.operands(row.stack.gives)


def _memory_size(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    return [], [_address(context, immediates[0])]


def _memory_grow(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    address = _address(context, immediates[0])
    return [address], [address]


def _memory_fill(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    address = _address(context, immediates[0])
    return [address, I32, address], []


def _memory_copy(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    target, source = (_address(context, index) for index in immediates)
    length = I64 if target is I64 and source is I64 else I32
    return [target, source, length], []


def _memory_init(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    data_index, memory_index = immediates
    address = _address(context, memory_index)
    context.check_data_segment(data_index)
    return [address, I32, I32], []


def _data_drop(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    context.check_data_segment(immediates[0])
    return [], []


SIGNATURES: dict[str, SignatureRule] = {
    "load": _load_store,
    "store": _load_store,
    "load_lane": _lane_access,
    "store_lane": _lane_access,
    "atomic": _atomic,
    "lane": _lane,
    "shuffle": _shuffle,
    "memory_size": _memory_size,
    "memory_grow": _memory_grow,
    "memory_fill": _memory_fill,
    "memory_copy": _memory_copy,
    "memory_init": _memory_init,
    "data_drop": _data_drop,
}
