"""Global variables, and exception tags."""

from __future__ import annotations

from typing import Any

from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.engine.native.domain import Domain, wrappers
from pywasm_rt.engine.native.reference import reference_from, to_reference, unpin
from pywasm_rt.engine.native.types import function_type, type_code, type_number, value_type
from pywasm_rt.engine.native.values import read_value, write_value
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasm.types import FunctionType, GlobalType, ReferenceType, ValueType
from pywasm_rt.wasm.validate import define_function

__all__ = ["Global", "Tag", "new_global", "new_tag", "tag_of"]


class Global:
    """A global variable."""

    __slots__ = ("__weakref__", "_pointer", "domain", "type")

    def __init__(self, domain: Domain, pointer: Any) -> None:
        self.domain = domain
        self._pointer = pointer
        self.type = GlobalType(value_type(pointer.type), mutable=pointer.is_mutable)

    @property
    def pointer(self) -> Any:
        """The C global."""
        return self._pointer

    @property
    def value(self) -> object:
        """What it holds. Setting raises TypeError if it is immutable or the value does not fit."""
        type = self.type.value
        if not isinstance(type, ReferenceType):
            return read_value(type, self._pointer.value, 0, self.domain)
        described = ffi.new("wr_reference *")
        lib.wr_api_global_get(self._pointer, described)
        return to_reference(self.domain, described)

    @value.setter
    def value(self, value: object) -> None:
        if not self.type.mutable:
            raise TypeError(f"a global of type {self.type.value} is immutable")
        slots, word = _slots(self.domain, self.type.value, value)
        lib.wr_api_global_set(self._pointer, slots)
        unpin(*word)


def _slots(domain: Domain, type: ValueType, value: object) -> tuple[Any, tuple[int, bool]]:
    """A value in slots of its own, and what to unpin when it is in its place."""
    slots = ffi.new("wr_slot[2]")
    if not isinstance(type, ReferenceType):
        write_value(type, slots, 0, value, domain)
        return slots, (0, False)
    found = reference_from(domain, type, value)
    if found is None:
        raise TypeError(f"{value!r:.80} is no {type}")
    slots[0] = found[0]
    return slots, found


def new_global(domain: Domain, type: GlobalType, value: object) -> Global:
    """A global of the host's. Raises TypeError for a wrong value, ExhaustionError."""
    slots, word = _slots(domain, type.value, value)
    pointer = lib.wr_api_global(domain.pointer, type_code(type.value), type.mutable, slots)
    unpin(*word)
    if not pointer:
        raise ExhaustionError("memory", "no room for a global")
    variable = Global(domain, pointer)
    wrappers[int(ffi.cast("uintptr_t", pointer))] = variable
    return variable


class Tag:
    """An exception tag; two tags are the same only if they are the same object."""

    __slots__ = ("__weakref__", "_pointer", "domain")

    def __init__(self, domain: Domain, pointer: Any) -> None:
        self.domain = domain
        self._pointer = pointer

    @property
    def pointer(self) -> Any:
        """The C tag."""
        return self._pointer

    @property
    def type(self) -> FunctionType:
        """The types of the values that an exception with this tag carries (as parameters)."""
        return function_type(self._pointer.type)

    def __repr__(self) -> str:
        return f"<tag: {self.type}>"


def new_tag(domain: Domain, type: FunctionType) -> Tag:
    """A tag of the host's. Raises ExhaustionError."""
    pointer = lib.wr_api_tag(domain.pointer, type_number(define_function(type)))
    if not pointer:
        raise ExhaustionError("memory", "no room for a tag")
    tag = Tag(domain, pointer)
    wrappers[int(ffi.cast("uintptr_t", pointer))] = tag
    return tag


def tag_of(domain: Domain, pointer: Any) -> Tag:
    """The tag at an address, always the same object while anybody has it."""
    address = int(ffi.cast("uintptr_t", pointer))
    tag = wrappers.get(address)
    if tag is None:
        tag = wrappers[address] = Tag(domain.root, pointer)
    assert isinstance(tag, Tag), "addresses are those of one thing"
    return tag
