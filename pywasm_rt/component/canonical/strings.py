"""The three encodings of strings (canonical ABI, ``load_string`` and ``store_string``)."""

from __future__ import annotations

import enum

from pywasm_rt.component.canonical.scalars import Mismatch
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.wasm.types import I32, I64

__all__ = ["MAX_STRING_BYTES", "UTF16_TAGS", "StringEncoding", "decode_string", "encode_string"]

MAX_STRING_BYTES = (1 << 28) - 1
UTF16_TAGS = {I32: 1 << 31, I64: 1 << 63}
"""The highest bit of a length, by its type."""

_UTF16_TAG = UTF16_TAGS[I32]


class StringEncoding(enum.Enum):
    """The canonical option ``string-encoding``; the value is the text format's word."""

    UTF8 = "utf8"
    UTF16 = "utf16"
    LATIN1_UTF16 = "latin1+utf16"

    def place(self, length: int, tag: int = _UTF16_TAG) -> tuple[int, int, str]:
        """Alignment, bytes and Python codec of a string whose length field is ``length``.

        ``tag`` is the bit of it that may say that the string is UTF-16.
        """
        if self is StringEncoding.UTF8:
            return 1, length, "utf-8"
        if self is StringEncoding.UTF16:
            return 2, length * 2, "utf-16-le"
        if length & tag:
            return 2, (length ^ tag) * 2, "utf-16-le"
        return 2, length, "latin-1"


def decode_string(data: bytes, codec: str) -> str:
    """The string in ``data``; traps where it is not well-formed."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        if codec != "utf-8":
            sentence = f"unpaired surrogate in utf-16 string at byte {error.start}"
        elif error.reason == "unexpected end of data":
            sentence = f"incomplete utf-8 byte sequence from index {error.start}"
        else:
            sentence = f"invalid utf-8 sequence from index {error.start}"
        raise Trap(TrapCode.CANONICAL_ABI, sentence, index=error.start) from None


def encode_string(
    value: object, encoding: StringEncoding, tag: int = _UTF16_TAG
) -> tuple[bytes, int, int]:
    """The bytes of a string, their alignment, and the length field that goes with them."""
    if not isinstance(value, str):
        raise Mismatch("string", value)
    try:
        data, alignment, length = _encode(value, encoding, tag)
    except UnicodeEncodeError:
        raise Mismatch("string (without lone surrogates)", value) from None
    if len(data) > MAX_STRING_BYTES:
        raise Mismatch(f"string of at most {MAX_STRING_BYTES} bytes", value[:20])
    return data, alignment, length


def _encode(value: str, encoding: StringEncoding, tag: int) -> tuple[bytes, int, int]:
    if encoding is StringEncoding.UTF8:
        data = value.encode()
        return data, 1, len(data)
    if encoding is StringEncoding.LATIN1_UTF16:
        try:
            data = value.encode("latin-1")
        except UnicodeEncodeError:
            data = value.encode("utf-16-le")
            return data, 2, len(data) // 2 | tag
        return data, 2, len(data)
    data = value.encode("utf-16-le")
    return data, 2, len(data) // 2
