"""Tables of references."""

from __future__ import annotations

from typing import Any

from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.engine.native.domain import Domain, wrappers
from pywasm_rt.engine.native.reference import reference_from, to_reference, unpin
from pywasm_rt.engine.native.types import fill_limits, table_type, type_code
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasm.types import ReferenceType, TableType

__all__ = ["Table", "new_table", "no_room"]

_NONE = (1 << 64) - 1


class Table:
    """A table of references. Indices outside raise IndexError, values of other types TypeError."""

    __slots__ = ("__weakref__", "_pointer", "domain")

    def __init__(self, domain: Domain, pointer: Any) -> None:
        self.domain = domain
        self._pointer = pointer

    @property
    def pointer(self) -> Any:
        """The C table."""
        return self._pointer

    @property
    def type(self) -> TableType:
        """Its type, the minimum being the present size."""
        return table_type(self._pointer.type, self._pointer.size)

    def __len__(self) -> int:
        size: int = self._pointer.size
        return size

    def __getitem__(self, index: int) -> object:
        described = ffi.new("wr_reference *")
        if not 0 <= index < _NONE or not lib.wr_api_table_get(self._pointer, index, described):
            raise IndexError(f"element {index} of {len(self)}")
        return to_reference(self.domain, described)

    def __setitem__(self, index: int, value: object) -> None:
        if not 0 <= index < len(self):
            raise IndexError(f"element {index} of {len(self)}")
        word, is_boxed = _word(self.domain, self.type.element, value)
        lib.wr_api_table_set(self._pointer, index, word)
        unpin(word, is_boxed)

    def grow(self, count: int, value: object) -> int:
        """Grow by ``count`` elements; the old size, or -1 where that is not possible.

        Raises TypeError for a value of another type.
        """
        word, is_boxed = _word(self.domain, self.type.element, value)
        old = _NONE
        if 0 <= count < _NONE:
            old = lib.wr_api_table_grow(self._pointer, count, word)
        unpin(word, is_boxed)
        return -1 if old == _NONE else old


def _word(domain: Domain, type: ReferenceType, value: object) -> tuple[int, bool]:
    found = reference_from(domain, type, value)
    if found is None:
        raise TypeError(f"{value!r:.80} is no {type}")
    return found


def new_table(domain: Domain, type: TableType, initial: object) -> Table:
    """A table of the host's. Raises TypeError for a wrong value, ExhaustionError if there is no
    room for the minimum size.
    """
    described = ffi.new("wr_table_type *")
    described.element = type_code(type.element)
    fill_limits(described.limits, type.limits, shared=type.shared)
    word, is_boxed = _word(domain, type.element, initial)
    pointer = lib.wr_api_table(domain.pointer, described, word)
    unpin(word, is_boxed)
    if not pointer:
        raise no_room(type.limits.minimum, None)
    table = Table(domain, pointer)
    wrappers[int(ffi.cast("uintptr_t", pointer))] = table
    return table


def no_room(asked: int, limit: int | None) -> ExhaustionError:
    """The error that a table's minimum size is too much."""
    return ExhaustionError("table", f"no room for a table of {asked} elements", limit)
