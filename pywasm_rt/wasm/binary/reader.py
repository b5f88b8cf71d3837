"""Reading the binary format's small pieces: bytes, LEB128 integers, names, lengths.

A :class:`Reader` is a window on the bytes of a module. It knows nothing of sections or
instructions; it knows where it is, so that every error has its byte offset.
"""

from __future__ import annotations

from pywasm_rt.errors import ByteOffset, DecodeError

__all__ = ["Reader"]


class Reader:
    """A window ``data[position:end]`` that is read from its beginning.

    ``inside`` names what the window shows ("" for the whole file) and appears in errors. Offsets
    count from the beginning of ``data``, so windows on the same bytes agree about them.

    Every method raises :class:`~pywasm_rt.errors.DecodeError` where the bytes end too early or
    are malformed (specification, sections "Values" and "Conventions" of the binary format).
    """

    __slots__ = ("data", "end", "inside", "position")

    def __init__(
        self, data: bytes, position: int = 0, end: int | None = None, inside: str = ""
    ) -> None:
        self.data = data
        self.position = position
        self.end = len(data) if end is None else end
        self.inside = inside

    def where(self, offset: int | None = None) -> ByteOffset:
        """A place in the bytes: ``offset``, or where the next byte is read."""
        return ByteOffset(self.position if offset is None else offset, self.inside)

    def error(self, message: str, offset: int | None = None) -> DecodeError:
        """An error at ``offset``, or where the next byte is read; for the caller to raise."""
        return DecodeError(message, self.where(offset))

    def unexpected_end(self, offset: int | None = None) -> DecodeError:
        """The error of bytes that end too early, for the caller to raise."""
        what = "unexpected end of section or function" if self.inside else "unexpected end"
        return self.error(what, self.end if offset is None else offset)

    @property
    def remaining(self) -> int:
        """How many bytes are left in the window."""
        return self.end - self.position

    def window(self, size: int, inside: str) -> Reader:
        """The next ``size`` bytes as a window of their own; this reader moves behind them."""
        if size > self.end - self.position:
            raise self.unexpected_end()
        start = self.position
        self.position = start + size
        return Reader(self.data, start, self.position, inside)

    def byte(self) -> int:
        """One byte."""
        position = self.position
        if position >= self.end:
            raise self.unexpected_end()
        self.position = position + 1
        return self.data[position]

    def peek(self) -> int | None:
        """The next byte without reading it, or None at the end."""
        return self.data[self.position] if self.position < self.end else None

    def raw(self, count: int) -> bytes:
        """``count`` bytes as they are."""
        position = self.position
        if count > self.end - position:
            raise self.unexpected_end()
        self.position = position + count
        return self.data[position : self.position]

    def u32(self) -> int:
        """An unsigned LEB128 integer of up to 32 bits."""
        position = self.position
        if position < self.end and self.data[position] < 0x80:
            self.position = position + 1
            return self.data[position]
        return self._inside(self._unsigned(32))

    def u64(self) -> int:
        """An unsigned LEB128 integer of up to 64 bits."""
        return self._inside(self._unsigned(64))

    def s32(self) -> int:
        """A signed LEB128 integer of up to 32 bits."""
        return self._inside(self._signed(32))

    def s33(self) -> int:
        """A signed LEB128 integer of up to 33 bits (block types and heap types)."""
        return self._inside(self._signed(33))

    def s64(self) -> int:
        """A signed LEB128 integer of up to 64 bits."""
        return self._inside(self._signed(64))

    def _inside(self, value: int) -> int:
        """``value``, if reading it has not left the window.

        The official suite has integers that are too long and also run over the end of their
        section, and wants to hear of the integer: so integers are read first and measured after.
        """
        if self.position > self.end:
            raise self.unexpected_end()
        return value

    def _unsigned(self, bits: int) -> int:
        data, start = self.data, self.position
        value = shift = 0
        for position in range(start, len(data)):
            byte = data[position]
            room = bits - shift
            if room <= 0:
                raise self.error("integer representation too long", start)
            if room < 7 and (byte & 0x7F) >> room:
                raise self.error("integer too large", start)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                self.position = position + 1
                return value
            shift += 7
        raise self.unexpected_end()

    def _signed(self, bits: int) -> int:
        data, start = self.data, self.position
        value = shift = 0
        for position in range(start, len(data)):
            byte = data[position]
            room = bits - shift
            if room <= 0:
                raise self.error("integer representation too long", start)
            # The bits that do not fit must all repeat the sign bit.
            if room < 7 and (byte & 0x7F) >> (room - 1) not in (0, 0x7F >> (room - 1)):
                raise self.error("integer too large", start)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                self.position = position + 1
                return value - (1 << shift) if byte & 0x40 else value
        raise self.unexpected_end()

    def count(self) -> int:
        """The number of elements of a list; every element takes at least one byte.

        So a count that cannot be true is refused before anything is allocated for it.
        """
        count = self.u32()
        if count > self.end - self.position:
            raise self.unexpected_end()
        return count

    def name(self) -> str:
        """A name: a length in bytes and UTF-8."""
        length_at = self.position
        size = self._unsigned(32)
        start = self.position
        if size and size > self.end - start:
            raise self.error("length out of bounds", length_at)
        self._inside(size)
        try:
            return self.raw(size).decode("utf-8")
        except UnicodeDecodeError as error:
            raise self.error("malformed UTF-8 encoding", start + error.start) from None
