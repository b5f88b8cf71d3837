"""What the atomic instructions mean (proposal "threads").

Python runs one thread at a time, but may change threads between two of its own instructions; so
reading, computing and writing happen under the memory's lock. An address must be a multiple of the
width.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import add, and_, or_, sub, xor

from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.errors import Trap, TrapCode

__all__ = [
    "atomic_fence",
    "check_aligned",
    "i32_atomic_load",
    "i32_atomic_load8_u",
    "i32_atomic_load16_u",
    "i32_atomic_rmw8_add_u",
    "i32_atomic_rmw8_and_u",
    "i32_atomic_rmw8_cmpxchg_u",
    "i32_atomic_rmw8_or_u",
    "i32_atomic_rmw8_sub_u",
    "i32_atomic_rmw8_xchg_u",
    "i32_atomic_rmw8_xor_u",
    "i32_atomic_rmw16_add_u",
    "i32_atomic_rmw16_and_u",
    "i32_atomic_rmw16_cmpxchg_u",
    "i32_atomic_rmw16_or_u",
    "i32_atomic_rmw16_sub_u",
    "i32_atomic_rmw16_xchg_u",
    "i32_atomic_rmw16_xor_u",
    "i32_atomic_rmw_add",
    "i32_atomic_rmw_and",
    "i32_atomic_rmw_cmpxchg",
    "i32_atomic_rmw_or",
    "i32_atomic_rmw_sub",
    "i32_atomic_rmw_xchg",
    "i32_atomic_rmw_xor",
    "i32_atomic_store",
    "i32_atomic_store8",
    "i32_atomic_store16",
    "i64_atomic_load",
    "i64_atomic_load8_u",
    "i64_atomic_load16_u",
    "i64_atomic_load32_u",
    "i64_atomic_rmw8_add_u",
    "i64_atomic_rmw8_and_u",
    "i64_atomic_rmw8_cmpxchg_u",
    "i64_atomic_rmw8_or_u",
    "i64_atomic_rmw8_sub_u",
    "i64_atomic_rmw8_xchg_u",
    "i64_atomic_rmw8_xor_u",
    "i64_atomic_rmw16_add_u",
    "i64_atomic_rmw16_and_u",
    "i64_atomic_rmw16_cmpxchg_u",
    "i64_atomic_rmw16_or_u",
    "i64_atomic_rmw16_sub_u",
    "i64_atomic_rmw16_xchg_u",
    "i64_atomic_rmw16_xor_u",
    "i64_atomic_rmw32_add_u",
    "i64_atomic_rmw32_and_u",
    "i64_atomic_rmw32_cmpxchg_u",
    "i64_atomic_rmw32_or_u",
    "i64_atomic_rmw32_sub_u",
    "i64_atomic_rmw32_xchg_u",
    "i64_atomic_rmw32_xor_u",
    "i64_atomic_rmw_add",
    "i64_atomic_rmw_and",
    "i64_atomic_rmw_cmpxchg",
    "i64_atomic_rmw_or",
    "i64_atomic_rmw_sub",
    "i64_atomic_rmw_xchg",
    "i64_atomic_rmw_xor",
    "i64_atomic_store",
    "i64_atomic_store8",
    "i64_atomic_store16",
    "i64_atomic_store32",
]


def check_aligned(address: int, width_bytes: int) -> None:
    """Trap unless the address is a multiple of the width."""
    if address % width_bytes:
        raise Trap(TrapCode.UNALIGNED_ATOMIC, address=address, width_bytes=width_bytes)


def _load(memory: Memory, address: int, width_bytes: int) -> int:
    check_aligned(address, width_bytes)
    return memory.load(address, width_bytes)


def _store(memory: Memory, address: int, width_bytes: int, value: int) -> None:
    check_aligned(address, width_bytes)
    memory.store_number(address, width_bytes, value & (1 << 8 * width_bytes) - 1)


def _modify(
    memory: Memory,
    address: int,
    width_bytes: int,
    function: Callable[[int, int], int],
    value: int,
) -> int:
    """Put what the function makes of the old content and a value in its place."""
    check_aligned(address, width_bytes)
    with memory.lock:
        old = memory.load(address, width_bytes)
        new = function(old, value) & (1 << 8 * width_bytes) - 1
        memory.store_number(address, width_bytes, new)
    return old


def _exchange(old: int, value: int) -> int:  # noqa: ARG001 - the old content does not matter
    return value


def _replace(memory: Memory, address: int, width_bytes: int, expected: int, value: int) -> int:
    """Put a value in the place of the expected one; give what was there. As many bits of the
    expected number count as there are in memory.
    """
    expected &= (1 << 8 * width_bytes) - 1
    return _modify(
        memory,
        address,
        width_bytes,
        lambda old, new: new if old == expected else old,
        value,
    )


def atomic_fence() -> None:
    """Nothing: everything happens in order anyway."""


def i32_atomic_load8_u(memory: Memory, address: int) -> int:
    """The number in one byte."""
    return _load(memory, address, 1)


def i32_atomic_store8(memory: Memory, address: int, value: int) -> None:
    """Write one byte."""
    _store(memory, address, 1, value)


def i32_atomic_load16_u(memory: Memory, address: int) -> int:
    """The number in two bytes."""
    return _load(memory, address, 2)


def i32_atomic_store16(memory: Memory, address: int, value: int) -> None:
    """Write two bytes."""
    _store(memory, address, 2, value)


def i32_atomic_load(memory: Memory, address: int) -> int:
    """The number in four bytes."""
    return _load(memory, address, 4)


def i32_atomic_store(memory: Memory, address: int, value: int) -> None:
    """Write four bytes."""
    _store(memory, address, 4, value)


def i64_atomic_load8_u(memory: Memory, address: int) -> int:
    """The number in one byte."""
    return _load(memory, address, 1)


def i64_atomic_store8(memory: Memory, address: int, value: int) -> None:
    """Write one byte."""
    _store(memory, address, 1, value)


def i64_atomic_load16_u(memory: Memory, address: int) -> int:
    """The number in two bytes."""
    return _load(memory, address, 2)


def i64_atomic_store16(memory: Memory, address: int, value: int) -> None:
    """Write two bytes."""
    _store(memory, address, 2, value)


def i64_atomic_load32_u(memory: Memory, address: int) -> int:
    """The number in four bytes."""
    return _load(memory, address, 4)


def i64_atomic_store32(memory: Memory, address: int, value: int) -> None:
    """Write four bytes."""
    _store(memory, address, 4, value)


def i64_atomic_load(memory: Memory, address: int) -> int:
    """The number in eight bytes."""
    return _load(memory, address, 8)


def i64_atomic_store(memory: Memory, address: int, value: int) -> None:
    """Write eight bytes."""
    _store(memory, address, 8, value)


def i32_atomic_rmw8_add_u(memory: Memory, address: int, value: int) -> int:
    """Add to one byte; gives the old number."""
    return _modify(memory, address, 1, add, value)


def i32_atomic_rmw16_add_u(memory: Memory, address: int, value: int) -> int:
    """Add to two bytes; gives the old number."""
    return _modify(memory, address, 2, add, value)


def i32_atomic_rmw_add(memory: Memory, address: int, value: int) -> int:
    """Add to four bytes; gives the old number."""
    return _modify(memory, address, 4, add, value)


def i64_atomic_rmw8_add_u(memory: Memory, address: int, value: int) -> int:
    """Add to one byte; gives the old number."""
    return _modify(memory, address, 1, add, value)


def i64_atomic_rmw16_add_u(memory: Memory, address: int, value: int) -> int:
    """Add to two bytes; gives the old number."""
    return _modify(memory, address, 2, add, value)


def i64_atomic_rmw32_add_u(memory: Memory, address: int, value: int) -> int:
    """Add to four bytes; gives the old number."""
    return _modify(memory, address, 4, add, value)


def i64_atomic_rmw_add(memory: Memory, address: int, value: int) -> int:
    """Add to eight bytes; gives the old number."""
    return _modify(memory, address, 8, add, value)


def i32_atomic_rmw8_sub_u(memory: Memory, address: int, value: int) -> int:
    """Subtract from one byte; gives the old number."""
    return _modify(memory, address, 1, sub, value)


def i32_atomic_rmw16_sub_u(memory: Memory, address: int, value: int) -> int:
    """Subtract from two bytes; gives the old number."""
    return _modify(memory, address, 2, sub, value)


def i32_atomic_rmw_sub(memory: Memory, address: int, value: int) -> int:
    """Subtract from four bytes; gives the old number."""
    return _modify(memory, address, 4, sub, value)


def i64_atomic_rmw8_sub_u(memory: Memory, address: int, value: int) -> int:
    """Subtract from one byte; gives the old number."""
    return _modify(memory, address, 1, sub, value)


def i64_atomic_rmw16_sub_u(memory: Memory, address: int, value: int) -> int:
    """Subtract from two bytes; gives the old number."""
    return _modify(memory, address, 2, sub, value)


def i64_atomic_rmw32_sub_u(memory: Memory, address: int, value: int) -> int:
    """Subtract from four bytes; gives the old number."""
    return _modify(memory, address, 4, sub, value)


def i64_atomic_rmw_sub(memory: Memory, address: int, value: int) -> int:
    """Subtract from eight bytes; gives the old number."""
    return _modify(memory, address, 8, sub, value)


def i32_atomic_rmw8_and_u(memory: Memory, address: int, value: int) -> int:
    """Keep common bits in one byte; gives the old number."""
    return _modify(memory, address, 1, and_, value)


def i32_atomic_rmw16_and_u(memory: Memory, address: int, value: int) -> int:
    """Keep common bits in two bytes; gives the old number."""
    return _modify(memory, address, 2, and_, value)


def i32_atomic_rmw_and(memory: Memory, address: int, value: int) -> int:
    """Keep common bits in four bytes; gives the old number."""
    return _modify(memory, address, 4, and_, value)


def i64_atomic_rmw8_and_u(memory: Memory, address: int, value: int) -> int:
    """Keep common bits in one byte; gives the old number."""
    return _modify(memory, address, 1, and_, value)


def i64_atomic_rmw16_and_u(memory: Memory, address: int, value: int) -> int:
    """Keep common bits in two bytes; gives the old number."""
    return _modify(memory, address, 2, and_, value)


def i64_atomic_rmw32_and_u(memory: Memory, address: int, value: int) -> int:
    """Keep common bits in four bytes; gives the old number."""
    return _modify(memory, address, 4, and_, value)


def i64_atomic_rmw_and(memory: Memory, address: int, value: int) -> int:
    """Keep common bits in eight bytes; gives the old number."""
    return _modify(memory, address, 8, and_, value)


def i32_atomic_rmw8_or_u(memory: Memory, address: int, value: int) -> int:
    """Set bits in one byte; gives the old number."""
    return _modify(memory, address, 1, or_, value)


def i32_atomic_rmw16_or_u(memory: Memory, address: int, value: int) -> int:
    """Set bits in two bytes; gives the old number."""
    return _modify(memory, address, 2, or_, value)


def i32_atomic_rmw_or(memory: Memory, address: int, value: int) -> int:
    """Set bits in four bytes; gives the old number."""
    return _modify(memory, address, 4, or_, value)


def i64_atomic_rmw8_or_u(memory: Memory, address: int, value: int) -> int:
    """Set bits in one byte; gives the old number."""
    return _modify(memory, address, 1, or_, value)


def i64_atomic_rmw16_or_u(memory: Memory, address: int, value: int) -> int:
    """Set bits in two bytes; gives the old number."""
    return _modify(memory, address, 2, or_, value)


def i64_atomic_rmw32_or_u(memory: Memory, address: int, value: int) -> int:
    """Set bits in four bytes; gives the old number."""
    return _modify(memory, address, 4, or_, value)


def i64_atomic_rmw_or(memory: Memory, address: int, value: int) -> int:
    """Set bits in eight bytes; gives the old number."""
    return _modify(memory, address, 8, or_, value)


def i32_atomic_rmw8_xor_u(memory: Memory, address: int, value: int) -> int:
    """Flip bits in one byte; gives the old number."""
    return _modify(memory, address, 1, xor, value)


def i32_atomic_rmw16_xor_u(memory: Memory, address: int, value: int) -> int:
    """Flip bits in two bytes; gives the old number."""
    return _modify(memory, address, 2, xor, value)


def i32_atomic_rmw_xor(memory: Memory, address: int, value: int) -> int:
    """Flip bits in four bytes; gives the old number."""
    return _modify(memory, address, 4, xor, value)


def i64_atomic_rmw8_xor_u(memory: Memory, address: int, value: int) -> int:
    """Flip bits in one byte; gives the old number."""
    return _modify(memory, address, 1, xor, value)


def i64_atomic_rmw16_xor_u(memory: Memory, address: int, value: int) -> int:
    """Flip bits in two bytes; gives the old number."""
    return _modify(memory, address, 2, xor, value)


def i64_atomic_rmw32_xor_u(memory: Memory, address: int, value: int) -> int:
    """Flip bits in four bytes; gives the old number."""
    return _modify(memory, address, 4, xor, value)


def i64_atomic_rmw_xor(memory: Memory, address: int, value: int) -> int:
    """Flip bits in eight bytes; gives the old number."""
    return _modify(memory, address, 8, xor, value)


def i32_atomic_rmw8_xchg_u(memory: Memory, address: int, value: int) -> int:
    """Replace one byte; gives the old number."""
    return _modify(memory, address, 1, _exchange, value)


def i32_atomic_rmw16_xchg_u(memory: Memory, address: int, value: int) -> int:
    """Replace two bytes; gives the old number."""
    return _modify(memory, address, 2, _exchange, value)


def i32_atomic_rmw_xchg(memory: Memory, address: int, value: int) -> int:
    """Replace four bytes; gives the old number."""
    return _modify(memory, address, 4, _exchange, value)


def i64_atomic_rmw8_xchg_u(memory: Memory, address: int, value: int) -> int:
    """Replace one byte; gives the old number."""
    return _modify(memory, address, 1, _exchange, value)


def i64_atomic_rmw16_xchg_u(memory: Memory, address: int, value: int) -> int:
    """Replace two bytes; gives the old number."""
    return _modify(memory, address, 2, _exchange, value)


def i64_atomic_rmw32_xchg_u(memory: Memory, address: int, value: int) -> int:
    """Replace four bytes; gives the old number."""
    return _modify(memory, address, 4, _exchange, value)


def i64_atomic_rmw_xchg(memory: Memory, address: int, value: int) -> int:
    """Replace eight bytes; gives the old number."""
    return _modify(memory, address, 8, _exchange, value)


def i32_atomic_rmw8_cmpxchg_u(memory: Memory, address: int, expected: int, value: int) -> int:
    """Replace one byte if they hold the expected number; gives the old number."""
    return _replace(memory, address, 1, expected, value)


def i32_atomic_rmw16_cmpxchg_u(memory: Memory, address: int, expected: int, value: int) -> int:
    """Replace two bytes if they hold the expected number; gives the old number."""
    return _replace(memory, address, 2, expected, value)


def i32_atomic_rmw_cmpxchg(memory: Memory, address: int, expected: int, value: int) -> int:
    """Replace four bytes if they hold the expected number; gives the old number."""
    return _replace(memory, address, 4, expected, value)


def i64_atomic_rmw8_cmpxchg_u(memory: Memory, address: int, expected: int, value: int) -> int:
    """Replace one byte if they hold the expected number; gives the old number."""
    return _replace(memory, address, 1, expected, value)


def i64_atomic_rmw16_cmpxchg_u(memory: Memory, address: int, expected: int, value: int) -> int:
    """Replace two bytes if they hold the expected number; gives the old number."""
    return _replace(memory, address, 2, expected, value)


def i64_atomic_rmw32_cmpxchg_u(memory: Memory, address: int, expected: int, value: int) -> int:
    """Replace four bytes if they hold the expected number; gives the old number."""
    return _replace(memory, address, 4, expected, value)


def i64_atomic_rmw_cmpxchg(memory: Memory, address: int, expected: int, value: int) -> int:
    """Replace eight bytes if they hold the expected number; gives the old number."""
    return _replace(memory, address, 8, expected, value)
