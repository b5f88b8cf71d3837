"""References as Python objects: functions, and things of the guests' heap that the host holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pywasm_rt.engine.driver import finish
from pywasm_rt.engine.interface import HostFunction, Unfinished
from pywasm_rt.engine.native.core import Callee, ffi, lib
from pywasm_rt.engine.native.domain import Domain, wrappers
from pywasm_rt.engine.native.types import function_type, type_code, type_number
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasm.types import AbstractHeapType, FunctionType, ReferenceType
from pywasm_rt.wasm.validate import DefinedType, define_function, matches_function

__all__ = [
    "I31",
    "Array",
    "ExceptionReference",
    "Function",
    "HeapReference",
    "Structure",
    "function_of",
    "host_function_fits",
    "reference_from",
    "to_reference",
    "top_of_code",
    "unpin",
    "wrap_host_function",
]

_INDEX_MASK, _ABSTRACT = (1 << 29) - 1, 1 << 29


class Function(Callee):
    """A function of an instance, or one of the host that has been imported (``host``)."""

    __slots__ = ("__weakref__", "domain", "host", "number", "pointer")

    reference_kind = "func"

    def __init__(self, domain: Domain, pointer: Any) -> None:
        self.bind(int(ffi.cast("uintptr_t", pointer)))
        self.domain = domain
        self.pointer = pointer
        self.number: int = pointer.type
        self.host: HostFunction | None = None
        if not pointer.code:
            host = domain.root.objects[pointer.handle]
            assert isinstance(host, HostFunction), "functions without code are the host's"
            self.host = host

    @property
    def type(self) -> FunctionType:
        """Its type, resolved."""
        return function_type(self.number)

    def __call__(self, *arguments: object) -> object:
        """Call it in a plain loop: None, the result, or a tuple of several.

        Raises what :func:`pywasm_rt.engine.driver.call` raises.
        """
        return self.unwrap(self.attempt(self.instance.store, arguments))

    def attempt(self, store: Any, arguments: Sequence[object]) -> tuple[object, ...] | Unfinished:
        """Call it, as far as nobody has to wait; see ``interface.Instance.attempt``."""
        if _become_direct(self):
            return self.attempt(store, arguments)
        return Unfinished(self.instance.start(self, arguments), None, 0)

    def unwrap(self, found: tuple[object, ...] | Unfinished) -> object:
        """The result of a call that was attempted: None, a value, or a tuple of several."""
        values = finish(found) if isinstance(found, Unfinished) else found
        return values[0] if len(values) == 1 else values or None

    @property
    def instance(self) -> Any:
        """The instance whose function it is; for a function of the host one that knows it."""
        instances = self.domain.root.instances
        if self.host is not None:
            return next(iter(instances.values()))
        return instances[int(ffi.cast("uintptr_t", self.pointer.instance))]

    @property
    def index(self) -> int:
        """Its index in its module."""
        index: int = self.pointer.index
        return index

    def __repr__(self) -> str:
        if self.host is not None:
            return f"<host function {self.host.name}: {self.type}>"
        name = self.instance.module.function_name(self.index)
        return f"<function {name or self.index}: {self.type}>"


class I31:
    """A 31-bit integer as a reference; ``value`` is unsigned. Equal values are one reference."""

    __slots__ = ("value",)

    reference_kind = "i31"

    def __init__(self, value: int) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, I31) and other.value == self.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"<i31 {self.value}>"


class HeapReference:
    """Something of a guest's heap. While this object lives, that lives; two are equal if they
    refer to the same thing.
    """

    __slots__ = ("domain", "word")

    reference_kind = ""

    def __init__(self, domain: Domain, word: int) -> None:
        self.domain = domain
        self.word = word
        domain.root.unpin()

    def __del__(self) -> None:
        # Nothing of C is touched here: together with this, all may be on its way out.
        self.domain.root.unpinned.append(self.word)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HeapReference) and other.word == self.word

    def __hash__(self) -> int:
        return hash(self.word)

    def __repr__(self) -> str:
        return f"<{self.reference_kind} at {self.word:#x}>"


class Structure(HeapReference):
    """A structure."""

    __slots__ = ()

    reference_kind = "struct"


class Array(HeapReference):
    """An array."""

    __slots__ = ()

    reference_kind = "array"


class ExceptionReference(HeapReference):
    """An exception that was thrown."""

    __slots__ = ()

    reference_kind = "exn"


_HEAP_KINDS: dict[int, type[HeapReference]] = {
    lib.WR_OBJECT_STRUCTURE: Structure,
    lib.WR_OBJECT_ARRAY: Array,
    lib.WR_OBJECT_EXCEPTION: ExceptionReference,
}


def _become_direct(function: Function) -> bool:
    from pywasm_rt.engine.native.direct import become_direct  # noqa: PLC0415 - it knows this module

    return become_direct(function)


def function_of(domain: Domain, pointer: Any) -> Function:
    """The function at an address, always the same object while anybody has it."""
    address = int(ffi.cast("uintptr_t", pointer))
    function = wrappers.get(address)
    if function is None:
        function = wrappers[address] = Function(domain.root, pointer)
    assert isinstance(function, Function), "addresses are those of one thing"
    return function


def to_reference(domain: Domain, described: Any) -> object:
    """The Python object for a reference that the C core has described."""
    kind = described.kind
    if kind == lib.WR_REFERENCE_NULL:
        return None
    if kind == lib.WR_REFERENCE_FUNCTION:
        return function_of(domain, ffi.cast("wr_callee *", described.word))
    if kind == lib.WR_REFERENCE_I31:
        return I31(described.word >> 1)
    if kind == lib.WR_OBJECT_EXTERNAL:
        return domain.root.objects[described.handle]
    return _HEAP_KINDS[kind](domain.root, described.word)


def top_of_code(type: ReferenceType) -> AbstractHeapType:
    """The top of a reference type's hierarchy: ``any func extern exn``."""
    heap = type.heap
    kind = heap.kind if isinstance(heap, DefinedType) else heap
    assert isinstance(kind, AbstractHeapType), "heap types are resolved"
    return _TOPS.get(kind, AbstractHeapType.ANY)


_TOPS = {
    AbstractHeapType.FUNC: AbstractHeapType.FUNC,
    AbstractHeapType.NOFUNC: AbstractHeapType.FUNC,
    AbstractHeapType.EXTERN: AbstractHeapType.EXTERN,
    AbstractHeapType.NOEXTERN: AbstractHeapType.EXTERN,
    AbstractHeapType.EXN: AbstractHeapType.EXN,
    AbstractHeapType.NOEXN: AbstractHeapType.EXN,
}


def wrap_host_function(domain: Domain, host: HostFunction, number: int) -> Any:
    """A C function for one of the host, of the defined type with this number.

    Raises ExhaustionError.
    """
    pointer = lib.wr_api_host_function(domain.pointer, number, domain.keep(host))
    if not pointer:
        raise ExhaustionError("memory", "no room for a function")
    return pointer


def reference_from(domain: Domain, type: ReferenceType, value: object) -> tuple[int, bool] | None:
    """A Python object as a reference of a type, and whether it must be unpinned when it is in its
    place. None if it does not fit. Raises ExhaustionError.
    """
    if value is None:
        return (0, False) if type.nullable else None
    top = top_of_code(type)
    is_boxed = False
    if top is AbstractHeapType.FUNC:
        word = _function_word(domain, value)
    elif isinstance(value, HeapReference) and (
        isinstance(value, ExceptionReference) is (top is AbstractHeapType.EXN)
    ):
        domain.merge(value.domain)
        word = value.word
    elif top is AbstractHeapType.EXN:
        word = 0
    elif isinstance(value, I31):
        word = value.value << 1 | 1
    else:
        word, is_boxed = domain.box(value), True
    if not word:
        return None
    if not lib.wr_api_has_type(word, type_code(type)):
        unpin(word, is_boxed)
        return None
    return word, is_boxed


def _function_word(domain: Domain, value: object) -> int:
    if isinstance(value, Function):
        domain.merge(value.domain)
        pointer = value.pointer
    elif isinstance(value, HostFunction):
        pointer = wrap_host_function(domain, value, type_number(define_function(value.type)))
    else:
        return 0
    return int(ffi.cast("uintptr_t", pointer))


def unpin(word: int, is_boxed: bool) -> None:
    """The reference is in its place: whoever finds it there keeps it."""
    if is_boxed:
        lib.wr_api_unpin(word)


def host_function_fits(host: HostFunction, wanted: DefinedType) -> bool:
    """Whether a host function may be imported as a function of a defined type."""
    return wanted.function is not None and matches_function(host.type, wanted.function)
