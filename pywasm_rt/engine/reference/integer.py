"""Integer arithmetic: what ``i32.*`` and ``i64.*`` compute (specification, "Integer operations").

Pure functions, named by their mnemonic. Operands and results are unsigned ints; a signed meaning is
found by moving the sign bit: ``(a ^ SIGN) - SIGN`` is the signed number, and ``a ^ SIGN`` alone
keeps the signed order. Those that are a single ``return`` are copied into the machine's loop.
"""

from __future__ import annotations

from pywasm_rt.errors import Trap, TrapCode

__all__ = [
    "MASK_32",
    "MASK_64",
    "SIGN_32",
    "SIGN_64",
    "i32_add",
    "i32_and",
    "i32_clz",
    "i32_const",
    "i32_ctz",
    "i32_div_s",
    "i32_div_u",
    "i32_eq",
    "i32_eqz",
    "i32_extend8_s",
    "i32_extend16_s",
    "i32_ge_s",
    "i32_ge_u",
    "i32_gt_s",
    "i32_gt_u",
    "i32_le_s",
    "i32_le_u",
    "i32_lt_s",
    "i32_lt_u",
    "i32_mul",
    "i32_ne",
    "i32_or",
    "i32_popcnt",
    "i32_rem_s",
    "i32_rem_u",
    "i32_rotl",
    "i32_rotr",
    "i32_shl",
    "i32_shr_s",
    "i32_shr_u",
    "i32_sub",
    "i32_xor",
    "i64_add",
    "i64_and",
    "i64_clz",
    "i64_const",
    "i64_ctz",
    "i64_div_s",
    "i64_div_u",
    "i64_eq",
    "i64_eqz",
    "i64_extend8_s",
    "i64_extend16_s",
    "i64_extend32_s",
    "i64_ge_s",
    "i64_ge_u",
    "i64_gt_s",
    "i64_gt_u",
    "i64_le_s",
    "i64_le_u",
    "i64_lt_s",
    "i64_lt_u",
    "i64_mul",
    "i64_ne",
    "i64_or",
    "i64_popcnt",
    "i64_rem_s",
    "i64_rem_u",
    "i64_rotl",
    "i64_rotr",
    "i64_shl",
    "i64_shr_s",
    "i64_shr_u",
    "i64_sub",
    "i64_xor",
    "signed_32",
    "signed_64",
]

MASK_32 = 0xFFFF_FFFF
SIGN_32 = 0x8000_0000
MASK_64 = 0xFFFF_FFFF_FFFF_FFFF
SIGN_64 = 0x8000_0000_0000_0000


def signed_32(a: int) -> int:
    """The signed number that 32 bits stand for."""
    return (a ^ SIGN_32) - SIGN_32


def signed_64(a: int) -> int:
    """The signed number that 64 bits stand for."""
    return (a ^ SIGN_64) - SIGN_64


def _divide(a: int, b: int) -> int:
    """The quotient of signed numbers, rounded towards zero."""
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) is (b < 0) else -quotient


def _remainder(a: int, b: int) -> int:
    """What is left of ``a``, with the sign of ``a``."""
    rest = abs(a) % abs(b)
    return -rest if a < 0 else rest


def i32_const(value: int) -> int:
    """The immediate, which is signed, as unsigned."""
    return value & MASK_32


def i32_clz(a: int) -> int:
    """How many zero bits there are above the highest one."""
    return 32 - a.bit_length()


def i32_ctz(a: int) -> int:
    """How many zero bits there are below the lowest one."""
    return (a & -a).bit_length() - 1 if a else 32


def i32_popcnt(a: int) -> int:
    """How many bits are one."""
    return a.bit_count()


def i32_add(a: int, b: int) -> int:
    """The sum, modulo 2**32."""
    return (a + b) & MASK_32


def i32_sub(a: int, b: int) -> int:
    """The difference, modulo 2**32."""
    return (a - b) & MASK_32


def i32_mul(a: int, b: int) -> int:
    """The product, modulo 2**32."""
    return (a * b) & MASK_32


def i32_div_s(a: int, b: int) -> int:
    """The signed quotient, rounded towards zero. Traps for zero and for -2**31 / -1."""
    if not b:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    if a == SIGN_32 and b == MASK_32:
        raise Trap(TrapCode.INTEGER_OVERFLOW)
    return _divide(signed_32(a), signed_32(b)) & MASK_32


def i32_div_u(a: int, b: int) -> int:
    """The unsigned quotient, rounded down. Traps for zero."""
    if not b:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    return a // b


def i32_rem_s(a: int, b: int) -> int:
    """The signed remainder, with the sign of ``a``. Traps for zero."""
    if not b:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    return _remainder(signed_32(a), signed_32(b)) & MASK_32


def i32_rem_u(a: int, b: int) -> int:
    """The unsigned remainder. Traps for zero."""
    if not b:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    return a % b


def i32_and(a: int, b: int) -> int:
    """Bits that are one in both."""
    return a & b


def i32_or(a: int, b: int) -> int:
    """Bits that are one in either."""
    return a | b


def i32_xor(a: int, b: int) -> int:
    """Bits that are one in exactly one of both."""
    return a ^ b


def i32_shl(a: int, b: int) -> int:
    """Shifted left by ``b`` modulo 32 bits."""
    return a << (b & 31) & MASK_32


def i32_shr_s(a: int, b: int) -> int:
    """Shifted right by ``b`` modulo 32 bits; copies of the sign bit come in."""
    return (a ^ SIGN_32) - SIGN_32 >> (b & 31) & MASK_32


def i32_shr_u(a: int, b: int) -> int:
    """Shifted right by ``b`` modulo 32 bits; zeros come in."""
    return a >> (b & 31)


def i32_rotl(a: int, b: int) -> int:
    """Rotated left by ``b`` modulo 32 bits."""
    return (a << (b & 31) | a >> (-b & 31)) & MASK_32


def i32_rotr(a: int, b: int) -> int:
    """Rotated right by ``b`` modulo 32 bits."""
    return (a >> (b & 31) | a << (-b & 31)) & MASK_32


def i32_eqz(a: int) -> int:
    """1 if ``a`` is zero, else 0."""
    return 0 if a else 1


def i32_eq(a: int, b: int) -> int:
    """1 if both are equal, else 0."""
    return 1 if a == b else 0


def i32_ne(a: int, b: int) -> int:
    """1 if they differ, else 0."""
    return 1 if a != b else 0


def i32_lt_s(a: int, b: int) -> int:
    """1 if ``a`` is below ``b`` as signed numbers, else 0."""
    return 1 if a ^ SIGN_32 < b ^ SIGN_32 else 0


def i32_lt_u(a: int, b: int) -> int:
    """1 if ``a`` is below ``b``, else 0."""
    return 1 if a < b else 0


def i32_gt_s(a: int, b: int) -> int:
    """1 if ``a`` is above ``b`` as signed numbers, else 0."""
    return 1 if a ^ SIGN_32 > b ^ SIGN_32 else 0


def i32_gt_u(a: int, b: int) -> int:
    """1 if ``a`` is above ``b``, else 0."""
    return 1 if a > b else 0


def i32_le_s(a: int, b: int) -> int:
    """1 if ``a`` is at most ``b`` as signed numbers, else 0."""
    return 1 if a ^ SIGN_32 <= b ^ SIGN_32 else 0


def i32_le_u(a: int, b: int) -> int:
    """1 if ``a`` is at most ``b``, else 0."""
    return 1 if a <= b else 0


def i32_ge_s(a: int, b: int) -> int:
    """1 if ``a`` is at least ``b`` as signed numbers, else 0."""
    return 1 if a ^ SIGN_32 >= b ^ SIGN_32 else 0


def i32_ge_u(a: int, b: int) -> int:
    """1 if ``a`` is at least ``b``, else 0."""
    return 1 if a >= b else 0


def i32_extend8_s(a: int) -> int:
    """The lowest 8 bits, sign-extended."""
    return ((a & 0xFF) ^ 0x80) - 0x80 & MASK_32


def i32_extend16_s(a: int) -> int:
    """The lowest 16 bits, sign-extended."""
    return ((a & 0xFFFF) ^ 0x8000) - 0x8000 & MASK_32


def i64_const(value: int) -> int:
    """The immediate, which is signed, as unsigned."""
    return value & MASK_64


def i64_clz(a: int) -> int:
    """How many zero bits there are above the highest one."""
    return 64 - a.bit_length()


def i64_ctz(a: int) -> int:
    """How many zero bits there are below the lowest one."""
    return (a & -a).bit_length() - 1 if a else 64


def i64_popcnt(a: int) -> int:
    """How many bits are one."""
    return a.bit_count()


def i64_add(a: int, b: int) -> int:
    """The sum, modulo 2**64."""
    return (a + b) & MASK_64


def i64_sub(a: int, b: int) -> int:
    """The difference, modulo 2**64."""
    return (a - b) & MASK_64


def i64_mul(a: int, b: int) -> int:
    """The product, modulo 2**64."""
    return (a * b) & MASK_64


def i64_div_s(a: int, b: int) -> int:
    """The signed quotient, rounded towards zero. Traps for zero and for -2**63 / -1."""
    if not b:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    if a == SIGN_64 and b == MASK_64:
        raise Trap(TrapCode.INTEGER_OVERFLOW)
    return _divide(signed_64(a), signed_64(b)) & MASK_64


def i64_div_u(a: int, b: int) -> int:
    """The unsigned quotient, rounded down. Traps for zero."""
    if not b:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    return a // b


def i64_rem_s(a: int, b: int) -> int:
    """The signed remainder, with the sign of ``a``. Traps for zero."""
    if not b:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    return _remainder(signed_64(a), signed_64(b)) & MASK_64


def i64_rem_u(a: int, b: int) -> int:
    """The unsigned remainder. Traps for zero."""
    if not b:
        raise Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO)
    return a % b


def i64_and(a: int, b: int) -> int:
    """Bits that are one in both."""
    return a & b


def i64_or(a: int, b: int) -> int:
    """Bits that are one in either."""
    return a | b


def i64_xor(a: int, b: int) -> int:
    """Bits that are one in exactly one of both."""
    return a ^ b


def i64_shl(a: int, b: int) -> int:
    """Shifted left by ``b`` modulo 64 bits."""
    return a << (b & 63) & MASK_64


def i64_shr_s(a: int, b: int) -> int:
    """Shifted right by ``b`` modulo 64 bits; copies of the sign bit come in."""
    return (a ^ SIGN_64) - SIGN_64 >> (b & 63) & MASK_64


def i64_shr_u(a: int, b: int) -> int:
    """Shifted right by ``b`` modulo 64 bits; zeros come in."""
    return a >> (b & 63)


def i64_rotl(a: int, b: int) -> int:
    """Rotated left by ``b`` modulo 64 bits."""
    return (a << (b & 63) | a >> (-b & 63)) & MASK_64


def i64_rotr(a: int, b: int) -> int:
    """Rotated right by ``b`` modulo 64 bits."""
    return (a >> (b & 63) | a << (-b & 63)) & MASK_64


def i64_eqz(a: int) -> int:
    """1 if ``a`` is zero, else 0."""
    return 0 if a else 1


def i64_eq(a: int, b: int) -> int:
    """1 if both are equal, else 0."""
    return 1 if a == b else 0


def i64_ne(a: int, b: int) -> int:
    """1 if they differ, else 0."""
    return 1 if a != b else 0


def i64_lt_s(a: int, b: int) -> int:
    """1 if ``a`` is below ``b`` as signed numbers, else 0."""
    return 1 if a ^ SIGN_64 < b ^ SIGN_64 else 0


def i64_lt_u(a: int, b: int) -> int:
    """1 if ``a`` is below ``b``, else 0."""
    return 1 if a < b else 0


def i64_gt_s(a: int, b: int) -> int:
    """1 if ``a`` is above ``b`` as signed numbers, else 0."""
    return 1 if a ^ SIGN_64 > b ^ SIGN_64 else 0


def i64_gt_u(a: int, b: int) -> int:
    """1 if ``a`` is above ``b``, else 0."""
    return 1 if a > b else 0


def i64_le_s(a: int, b: int) -> int:
    """1 if ``a`` is at most ``b`` as signed numbers, else 0."""
    return 1 if a ^ SIGN_64 <= b ^ SIGN_64 else 0


def i64_le_u(a: int, b: int) -> int:
    """1 if ``a`` is at most ``b``, else 0."""
    return 1 if a <= b else 0


def i64_ge_s(a: int, b: int) -> int:
    """1 if ``a`` is at least ``b`` as signed numbers, else 0."""
    return 1 if a ^ SIGN_64 >= b ^ SIGN_64 else 0


def i64_ge_u(a: int, b: int) -> int:
    """1 if ``a`` is at least ``b``, else 0."""
    return 1 if a >= b else 0


def i64_extend8_s(a: int) -> int:
    """The lowest 8 bits, sign-extended."""
    return ((a & 0xFF) ^ 0x80) - 0x80 & MASK_64


def i64_extend16_s(a: int) -> int:
    """The lowest 16 bits, sign-extended."""
    return ((a & 0xFFFF) ^ 0x8000) - 0x8000 & MASK_64


def i64_extend32_s(a: int) -> int:
    """The lowest 32 bits, sign-extended."""
    return ((a & MASK_32) ^ SIGN_32) - SIGN_32 & MASK_64
