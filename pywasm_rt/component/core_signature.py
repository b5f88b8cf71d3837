"""Functions of core modules with the face of component functions.

A core module says i32, i64, f32 and f64. With a signature from WIT text
(:func:`pywasm_rt.component.wit.parse_signatures`) its exports take and give component values as if
``canon lift`` had made component functions of them: strings and lists travel through the exported
memory, for which an exported allocator makes room, and ``cabi_post_<name>``, if exported, cleans
up. Pointers and lengths are i64 where that memory has 64-bit addresses. Without a signature, one
is derived from the core type.

Source: canonical ABI, "canon lift"; the names of the exports are those of the build targets that
toolchains agreed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pywasm_rt.component.arguments import complete as complete_arguments
from pywasm_rt.component.arguments import parameter_label
from pywasm_rt.component.canonical.layout import MAX_FLAT_PARAMETERS, layout_of_fields
from pywasm_rt.component.canonical.lifting import Lifting
from pywasm_rt.component.canonical.lowering import Lowering, place
from pywasm_rt.component.canonical.signature import Signature, core_type_of_lifted
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.coerce import coerce, coerce_arguments
from pywasm_rt.component.drive import CoreFunction, Steps, complete, execute
from pywasm_rt.component.resources import CallScope, HandleTable
from pywasm_rt.component.suggestion import hint
from pywasm_rt.component.type_parts import walk
from pywasm_rt.component.types import (
    ERROR_CONTEXT,
    F32,
    F64,
    S32,
    S64,
    STRING,
    U32,
    U64,
    BorrowType,
    FunctionType,
    FutureType,
    ListType,
    MapType,
    OwnType,
    PrimitiveType,
    StreamType,
    TupleType,
    ValueType,
)
from pywasm_rt.component.wave import parse, parse_arguments
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import Instance, Memory
from pywasm_rt.errors import ComponentError, ExhaustionError, ParseError
from pywasm_rt.wasm import types as core

__all__ = ["TypedCoreFunction", "derive_signature", "typed_core_function"]

_DERIVED: dict[core.ValueType, PrimitiveType] = {
    core.I32: S32,
    core.I64: S64,
    core.F32: F32,
    core.F64: F64,
}
_FOREIGN = (OwnType, BorrowType, StreamType, FutureType)
_UNSIGNED = {S32: U32, S64: U64}
_BITS = {S32: 32, S64: 64}
# Allocators in order of preference: what they take, by the order of their parameters.
_ALLOCATORS: tuple[tuple[str, str], ...] = (
    ("cabi_realloc", "old old_size alignment size"),
    ("canonical_abi_realloc", "old old_size alignment size"),
    ("aligned_alloc", "alignment size"),
    ("realloc", "old size"),
    ("malloc", "size"),
    ("allocate", "size"),
    ("alloc", "size"),
    ("__wbindgen_malloc", "size alignment"),
    ("allocate", "size alignment"),
    ("alloc", "size alignment"),
)


def typed_core_function(
    instance: Instance, name: str, type: FunctionType | None = None
) -> TypedCoreFunction:
    """An exported function of a core instance, with the signature ``type``.

    ``name`` is that of the signature; the export may have it in snake_case, or with the
    interface it belongs to before it (``ns:package/interface#name``). ``type`` None derives a
    signature (:func:`derive_signature`). Raises ComponentError if there is no such export, if
    the signature does not fit it, or if the module lacks the memory or allocator that it needs.
    """
    export = _find_export(instance, name)
    function: Any = instance.exports[export]
    callee = CoreFunction(function, instance)
    if type is None:
        return _DerivedFunction(name, derive_signature(function.type, name), callee)
    return _SignedFunction(name, type, callee, export)


def derive_signature(type: core.FunctionType, name: str = "") -> FunctionType:
    """The signature of a core function of which nothing else is known.

    Parameters are called p0, p1, ...; i32 and i64 become s32 and s64, several results a tuple.
    Raises ComponentError for vectors and references, which have no component type.
    """

    def derived(part: core.ValueType) -> PrimitiveType:
        if part not in _DERIVED:
            what = f"the function {name}" if name else "the function"
            raise ComponentError(f"{what} has the type {type}, but {part} has no text form")
        return _DERIVED[part]

    results = tuple(derived(part) for part in type.results)
    result: ValueType | None = None
    if results:
        result = results[0] if len(results) == 1 else TupleType(results)
    parameters = tuple((f"p{index}", derived(part)) for index, part in enumerate(type.parameters))
    return FunctionType(parameters, result)


def _find_export(instance: Instance, name: str) -> str:
    """The name under which a function is exported. Raises ComponentError."""
    functions = [
        export
        for export, item in instance.exports.items()
        if isinstance(getattr(item, "type", None), core.FunctionType) and not _is_tag(item)
    ]
    for wanted in (name, name.replace("-", "_"), name.replace("_", "-")):
        if wanted in functions:
            return wanted
    qualified = [export for export in functions if export.endswith(f"#{name}")]
    if len(qualified) == 1:
        return qualified[0]
    public = [export for export in functions if not export.startswith(("cabi_", "_"))]
    raise ComponentError(
        f"the module exports no function {name}; {hint(name, public or functions)}", name=name
    )


def _is_tag(item: object) -> bool:
    """Whether an export is a tag, which has a function's type too."""
    return "Tag" in item.__class__.__name__


class TypedCoreFunction:
    """A core function with component values: as
    :class:`~pywasm_rt.component.instance.ComponentFunction`, and with ways to read arguments.
    """

    __slots__ = ("callee", "name", "type")

    def __init__(self, name: str, type: FunctionType, callee: CoreFunction) -> None:
        self.name = name
        self.type = type
        self.callee = callee

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__.lstrip('_')} {self.name}: {self.type}>"

    def parse_arguments(self, texts: Sequence[str]) -> tuple[object, ...]:
        """A command line's arguments (see
        :func:`~pywasm_rt.component.wave.parse_arguments`).
        """
        return parse_arguments(texts, self.type)

    def coerce_arguments(self, arguments: Sequence[object]) -> tuple[object, ...]:
        """Arguments from Lua, YAML or JSON (see
        :func:`~pywasm_rt.component.coerce.coerce_arguments`).
        """
        return coerce_arguments(arguments, self.type)

    def start(self, arguments: Sequence[object], meter: Meter) -> Steps:
        """Begin a call: a generator as in :mod:`pywasm_rt.engine.driver` that yields operations
        and pauses, and returns the result (None for none). Nothing has run yet.

        Raises ComponentError for arguments that do not fit the type, Trap, ExhaustionError and
        what host functions raise.
        """
        try:
            return (yield from self._run(arguments, meter))
        except RecursionError as error:
            sentence = "call stack exhausted (RecursionError of the host's Python)"
            raise ExhaustionError("call stack", sentence) from error
        except MemoryError as error:
            raise ExhaustionError("memory", "the host is out of memory") from error

    def call(self, *arguments: object) -> Any:
        """Call in a plain loop and return the result. Raises as :meth:`start`; a host function
        that asks for an operation gets a Trap.
        """
        return complete(self.start(arguments, Meter()))

    def _run(self, arguments: Sequence[object], meter: Meter) -> Steps:
        raise NotImplementedError

    def _execute(self, callee: CoreFunction, arguments: Sequence[object], meter: Meter) -> Steps:
        assert callee.instance is not None, "exports belong to an instance"
        limit = callee.instance.store.limits.nested_executions
        return (yield from execute(callee, arguments, meter, limit))


class _DerivedFunction(TypedCoreFunction):
    """Numbers in, numbers out; integers may be given signed or unsigned and come back signed."""

    __slots__ = ()

    def parse_arguments(self, texts: Sequence[str]) -> tuple[object, ...]:
        """As in the class above; unsigned integers are read too."""
        complete_arguments(texts, self.type)
        pairs = zip(texts, self.type.parameters, strict=True)
        return tuple(
            self._parse(text, type, parameter_label(index, name))
            for index, (text, (name, type)) in enumerate(pairs)
        )

    def _parse(self, text: str, type: ValueType, label: str) -> object:
        unsigned = _UNSIGNED.get(type) if isinstance(type, PrimitiveType) else None
        try:
            return parse(text, unsigned if unsigned and text.strip().isdecimal() else type)
        except ParseError as error:
            raise ParseError(f"{label}: {error.message}", error.where, **error.details) from error

    def coerce_arguments(self, arguments: Sequence[object]) -> tuple[object, ...]:
        """As in the class above; unsigned integers are accepted too."""
        complete_arguments(arguments, self.type)
        pairs = zip(arguments, self.type.parameters, strict=True)
        return tuple(
            self._coerce(argument, type, parameter_label(index, name))
            for index, (argument, (name, type)) in enumerate(pairs)
        )

    def _coerce(self, argument: object, type: ValueType, label: str) -> object:
        unsigned = _UNSIGNED.get(type) if isinstance(type, PrimitiveType) else None
        is_positive = isinstance(argument, int | float) and argument > 0
        return coerce(argument, unsigned if unsigned and is_positive else type, label)

    def _run(self, arguments: Sequence[object], meter: Meter) -> Steps:
        values = self.coerce_arguments(arguments)
        results = yield from self._execute(self.callee, values, meter)
        result = self.type.result
        types = result.elements if isinstance(result, TupleType) else (result,)
        signed = tuple(
            _signed(value, type) for value, type in zip(results, types, strict=bool(results))
        )
        return signed if isinstance(result, TupleType) else (signed or (None,))[0]


def _signed(value: Any, type: ValueType | None) -> Any:
    bits = _BITS.get(type) if isinstance(type, PrimitiveType) else None
    return value - (1 << bits) if bits and value >> (bits - 1) == 1 else value


class _SignedFunction(TypedCoreFunction):
    """A function whose WIT signature is known: lowered and lifted as ``canon lift`` does it."""

    __slots__ = ("allocate", "memory", "post_return", "signature")

    def __init__(self, name: str, type: FunctionType, callee: CoreFunction, export: str) -> None:
        super().__init__(name, type, callee)
        instance = callee.instance
        assert instance is not None, "exports belong to an instance"
        self.memory = _memory(instance)
        address = core.I32 if self.memory is None else self.memory.type.limits.address_type
        _check_types(name, type, callee.function.type, address)
        self.signature = Signature(type, StringEncoding.UTF8, address=address)
        self.allocate = _allocator(instance, address)
        self.post_return = _post_return(instance, export, callee.function.type)
        self._check_memory()

    def _check_memory(self) -> None:
        parameters = [type for _, type in self.type.parameters]
        flat = layout_of_fields(parameters).flat
        spills = flat is None or len(flat) > MAX_FLAT_PARAMETERS
        allocates = spills or any(map(_has_pointer, parameters))
        if self.memory is None and (allocates or self.signature.result_place is not None):
            raise ComponentError(
                f"{self.name}: {self.type} needs a memory, but the module exports none"
            )
        if self.allocate is None and allocates:
            raise ComponentError(
                f"{self.name}: {self.type} needs an allocator for its parameters, but the module "
                "exports none: cabi_realloc, realloc, malloc or alloc"
            )

    def _run(self, arguments: Sequence[object], meter: Meter) -> Steps:
        handles, scope = HandleTable(), CallScope()
        lowering = Lowering(handles, {}, self, scope)
        values = self.signature.lower_parameters(lowering, arguments)
        if lowering.blocks:
            yield from self._place(lowering, meter)
        results = yield from self._execute(self.callee, values, meter)
        value = self.signature.lift_result(Lifting(self.memory, handles, {}, scope), results)
        if self.post_return is not None:
            yield from self._execute(self.post_return, results, meter)
        return value

    def _place(self, lowering: Lowering, meter: Meter) -> Steps:
        memory, allocator = self.memory, self.allocate
        assert memory is not None, "checked when the function was made"
        assert allocator is not None, "checked when the function was made"
        callee, order = allocator

        def allocate(*given: int) -> Steps:
            named = dict(zip(("old", "old_size", "alignment", "size"), given, strict=True))
            results = yield from self._execute(callee, [named[word] for word in order], meter)
            return results[0]

        yield from place(lowering.blocks, memory, allocate)
        return None


def _check_types(
    name: str, type: FunctionType, given: core.FunctionType, address: core.NumberType
) -> None:
    """Raise ComponentError for a signature that a core function of type ``given`` cannot have."""
    if type.is_async:
        raise ComponentError(f"{name}: a core module's function cannot be async")
    types = [part for _, part in type.parameters]
    for whole in types if type.result is None else [*types, type.result]:
        for part in walk(whole):
            if part is ERROR_CONTEXT or isinstance(part, _FOREIGN):
                raise ComponentError(f"{name}: a core module has no {part}, but {type} mentions it")
    needed = core_type_of_lifted(type, address=address)
    if needed != given:
        raise ComponentError(
            f"{name}: {type} is {needed} in a core module, but the export has {given}",
            signature=str(type),
        )


def _has_pointer(type: ValueType) -> bool:
    """Whether values of ``type`` lie partly in memory even when they travel flat."""
    return any(
        part is STRING
        or isinstance(part, MapType)
        or (isinstance(part, ListType) and part.length is None)
        for part in walk(type)
    )


def _memory(instance: Instance) -> Memory | None:
    """The memory called ``memory``, or the only one that is exported."""
    exports: dict[str, Any] = dict(instance.exports)
    memories = {
        name: item for name, item in exports.items() if isinstance(_type(item), core.MemoryType)
    }
    if "memory" in memories or len(memories) == 1:
        memory: Memory = memories.get("memory") or next(iter(memories.values()))
        return memory
    return None


def _type(item: object) -> object:
    return getattr(item, "type", None)


def _allocator(
    instance: Instance, address: core.NumberType
) -> tuple[CoreFunction, list[str]] | None:
    """The function that makes room in memory, and what it wants to be told in which order."""
    for name, order in _ALLOCATORS:
        item: Any = instance.exports.get(name)
        words = order.split()
        if _type(item) == core.FunctionType((address,) * len(words), (address,)):
            return CoreFunction(item, instance), words
    return None


def _post_return(instance: Instance, export: str, type: core.FunctionType) -> CoreFunction | None:
    """The function that cleans up after a call, given the call's core results."""
    name = f"cabi_post_{export}"
    item: Any = instance.exports.get(name)
    if item is None:
        return None
    if _type(item) != core.FunctionType(type.results):
        raise ComponentError(
            f"{name} must have the type {core.FunctionType(type.results)}, but has {_type(item)}"
        )
    return CoreFunction(item, instance)
