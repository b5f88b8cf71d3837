"""Numbers in the text format, to bits.

Integers may be written signed or unsigned; floats in decimal or hexadecimal, rounded once, from
the exact rational number, to the nearest value of their type (ties to even).
"""

from __future__ import annotations

import re
from fractions import Fraction

__all__ = ["float_bits", "integer", "unsigned_integer"]

_FLOAT = re.compile(
    r"""(?P<sign>[+-]?)(?:
        (?P<inf>inf) | nan(?::0x(?P<payload>[0-9a-fA-F]+))?(?P<nan>)
      | 0x(?P<hex>[0-9a-fA-F]+)(?:\.(?P<hexfraction>[0-9a-fA-F]*))?(?:[pP](?P<power>[+-]?\d+))?
      | (?P<decimal>\d+)(?:\.(?P<fraction>\d*))?(?:[eE](?P<exponent>[+-]?\d+))?
    )""",
    re.VERBOSE,
)
# Precision (bits of the significand) and least exponent of a normal number, by width.
_FORMATS = {32: (24, -126), 64: (53, -1022)}
# Beyond these no digit matters any more: the number is out of range, or zero.
_LARGEST_EXPONENT = 20_000


def integer(text: str, bits: int) -> int | None:
    """The signed value of an integer literal of ``bits`` (wrapped), None if it does not fit.

    Raises ValueError if ``text`` is no integer.
    """
    value = int(text.replace("_", ""), 0 if "0x" in text else 10)
    if not -(1 << bits - 1) <= value < 1 << bits:
        return None
    return value - (1 << bits) if value >= 1 << bits - 1 else value


def unsigned_integer(text: str, bits: int) -> int | None:
    """The value of an unsigned literal, None if it needs more than ``bits``.

    Raises ValueError if ``text`` is no unsigned integer.
    """
    if text[0] in "+-":
        raise ValueError(text)
    value = int(text.replace("_", ""), 16 if text.startswith("0x") else 10)
    return value if value < 1 << bits else None


def float_bits(text: str, bits: int) -> int | None:
    """The bits of a float literal of width ``bits``, None if it is out of range.

    Raises ValueError if ``text`` is no float.
    """
    match = _FLOAT.fullmatch(text.replace("_", ""))
    if match is None:
        raise ValueError(text)
    precision, least = _FORMATS[bits]
    sign = int(match["sign"] == "-") << bits - 1
    infinity = ((1 << bits - precision) - 1) << precision - 1
    if match["inf"]:
        return sign | infinity
    if match["nan"] is not None:
        payload = int(match["payload"], 16) if match["payload"] else 1 << precision - 2
        return sign | infinity | payload if 0 < payload < 1 << precision - 1 else None
    magnitude = _round(_rational(match), precision, least)
    return None if magnitude >= infinity else sign | magnitude


def _rational(match: re.Match[str]) -> Fraction:
    if match["hex"] is not None:
        fraction = match["hexfraction"] or ""
        digits, base, scale = int(match["hex"] + fraction, 16), 2, -4 * len(fraction)
        scale += int(match["power"] or 0)
    else:
        fraction = match["fraction"] or ""
        digits, base, scale = int(match["decimal"] + fraction), 10, -len(fraction)
        scale += int(match["exponent"] or 0)
    if digits == 0 or scale + digits.bit_length() < -_LARGEST_EXPONENT:
        return Fraction(0)
    scale = min(scale, _LARGEST_EXPONENT)
    return Fraction(digits * base**scale) if scale >= 0 else Fraction(digits, base**-scale)


def _round(value: Fraction, precision: int, least: int) -> int:
    """The bits, without the sign, of the nearest float; too large a value gives too large bits."""
    if value == 0:
        return 0
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    if value < Fraction(2) ** exponent:
        exponent -= 1
    smallest = least - precision + 1
    quantum = max(exponent - precision + 1, smallest)
    significand = round(value / Fraction(2) ** quantum)
    return ((quantum - smallest) << precision - 1) + significand
