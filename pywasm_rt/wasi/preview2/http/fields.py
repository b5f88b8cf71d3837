"""``fields`` of ``wasi:http/types``: headers and trailers, by case-insensitive names.

Names and values are checked against RFC 9110: a guest cannot smuggle a line break into a message.
Some fields belong to the connection, not to the message: those are the host's, and forbidden.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from pywasm_rt.errors import ExhaustionError, Trap, TrapCode
from pywasm_rt.wasi.capabilities.body import RawFields

__all__ = ["FORBIDDEN", "MAX_FIELDS_BYTES", "FieldError", "Fields", "Parent", "without_forbidden"]

MAX_FIELDS_BYTES = 131_072
_ENTRY_OVERHEAD_BYTES = 32
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")

FORBIDDEN = frozenset(
    """connection host http2-settings keep-alive proxy-authenticate proxy-authorization
    proxy-connection transfer-encoding upgrade""".split()
)


def without_forbidden(fields: Iterable[tuple[str, bytes]]) -> RawFields:
    """What a guest sees of the fields of a message that came in."""
    return tuple((name, value) for name, value in fields if name.lower() not in FORBIDDEN)


class FieldError(Exception):
    """An operation on fields is refused; ``tag`` is a case of ``header-error``."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


class Parent:
    """What lends out children that have to be dropped before it."""

    def __init__(self) -> None:
        self._children = 0

    def lend(self, entries: Iterable[tuple[str, bytes]]) -> Fields:
        """Fields of this, which cannot be changed."""
        self.child_made()
        return Fields(entries, mutable=False, on_release=self.child_dropped)

    def child_made(self) -> None:
        """One child more."""
        self._children += 1

    def child_dropped(self) -> None:
        """One child less."""
        self._children -= 1

    def check_childless(self, what: str) -> None:
        """Raise Trap while a child is there."""
        if self._children:
            raise Trap(TrapCode.HOST, f"{what} was dropped or finished before what it lent out")


class Fields:
    """A list of fields, in the order and the spelling that they have in a message."""

    def __init__(
        self,
        entries: Iterable[tuple[str, bytes]] = (),
        *,
        mutable: bool = True,
        on_release: Callable[[], object] | None = None,
    ) -> None:
        self._entries = list(entries)
        self._mutable = mutable
        self._on_release = on_release
        self._size_bytes = sum(map(_size, self._entries))

    @classmethod
    def from_list(cls, entries: Sequence[tuple[str, bytes]]) -> Fields:
        """New fields. Raises FieldError, and ExhaustionError for more than there may be."""
        fields = cls()
        for name, value in entries:
            fields.append(name, value)
        return fields

    def get(self, name: str) -> list[bytes]:
        """All values of a name."""
        wanted = name.lower()
        return [value for other, value in self._entries if other.lower() == wanted]

    def has(self, name: str) -> bool:
        """Whether there is a value of a name."""
        wanted = name.lower()
        return any(other.lower() == wanted for other, _ in self._entries)

    def set(self, name: str, values: Sequence[bytes]) -> None:
        """Put ``values`` in place of all values of a name. Raises as :meth:`from_list` does."""
        checked = [_checked_value(value) for value in values]
        self._check_change(name)
        self._remove(name)
        for value in checked:
            self._add(name, value)

    def delete(self, name: str) -> None:
        """Remove all values of a name. Raises FieldError."""
        self._check_change(name)
        self._remove(name)

    def append(self, name: str, value: bytes) -> None:
        """Add a value. Raises as :meth:`from_list` does."""
        checked = _checked_value(value)
        self._check_change(name)
        self._add(name, checked)

    def entries(self) -> list[tuple[str, bytes]]:
        """All of them."""
        return list(self._entries)

    def clone(self) -> Fields:
        """A copy that can be changed."""
        return Fields(self._entries)

    def take(self) -> RawFields:
        """The contents, for a message that they become part of; this object has ended."""
        self.release()
        return tuple(self._entries)

    def release(self) -> None:
        """The guest gives it up."""
        on_release, self._on_release = self._on_release, None
        if on_release is not None:
            on_release()

    def _check_change(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise FieldError("invalid-syntax")
        if name.lower() in FORBIDDEN:
            raise FieldError("forbidden")
        if not self._mutable:
            raise FieldError("immutable")

    def _remove(self, name: str) -> None:
        wanted = name.lower()
        self._entries = [entry for entry in self._entries if entry[0].lower() != wanted]
        self._size_bytes = sum(map(_size, self._entries))

    def _add(self, name: str, value: bytes) -> None:
        entry = name, value
        self._size_bytes += _size(entry)
        if self._size_bytes > MAX_FIELDS_BYTES:
            message = f"fields of more than {MAX_FIELDS_BYTES} bytes"
            raise ExhaustionError("memory", message, MAX_FIELDS_BYTES)
        self._entries.append(entry)


def _size(entry: tuple[str, bytes]) -> int:
    return len(entry[0]) + len(entry[1]) + _ENTRY_OVERHEAD_BYTES


def _checked_value(value: bytes) -> bytes:
    checked = bytes(value)
    if not _VALUE.fullmatch(checked):
        raise FieldError("invalid-syntax")
    return checked
