"""Which features a module needs, and where it first shows."""

from __future__ import annotations

from collections.abc import Iterator

from pywasm_rt.wasm.module import ElementMode, Expression, Module
from pywasm_rt.wasm.types import (
    V128,
    AbstractHeapType,
    ArrayType,
    CompositeType,
    ExternKind,
    FunctionType,
    GlobalType,
    MemoryType,
    ReferenceType,
    StructType,
    SubType,
    TableType,
)

__all__ = ["features_used"]

_FIRST_HEAPS = (AbstractHeapType.FUNC, AbstractHeapType.EXTERN)
_EXCEPTION_HEAPS = (AbstractHeapType.EXN, AbstractHeapType.NOEXN)
_CONSTANTS = frozenset({"i32.const", "i64.const", "f32.const", "f64.const", "global.get", "end"})


def features_used(module: Module) -> dict[str, str]:
    """The switches of :class:`~pywasm_rt.wasm.features.Features` that the module needs, sorted,
    each with the first thing found that needs it.
    """
    found: dict[str, str] = {}
    for feature, what in _uses(module):
        found.setdefault(feature, what)
    return dict(sorted(found.items()))


def _uses(module: Module) -> Iterator[tuple[str, str]]:
    for group in module.recursive_types:
        if len(group.members) != 1:
            yield "gc", "a recursion group"
        for member in group.members:
            yield from _sub_type(member)
    for item in module.imports:
        yield from _extern(item.type, f"import {item.module}.{item.name}")
        if isinstance(item.type, GlobalType) and item.type.mutable:
            yield "mutable_globals", f"import {item.module}.{item.name}"
    yield from _definitions(module)
    for function in module.functions:
        for local in function.locals:
            yield from _value(local, "a local")
        yield from _code(function.body)


def _sub_type(type_: SubType) -> Iterator[tuple[str, str]]:
    if not type_.final or type_.supertypes:
        yield "gc", "a subtype"
    yield from _composite(type_.composite)


def _composite(composite: CompositeType) -> Iterator[tuple[str, str]]:
    if isinstance(composite, FunctionType):
        if len(composite.results) > 1:
            yield "multi_value", "a function with several results"
        for value in (*composite.parameters, *composite.results):
            yield from _value(value, "a function type")
    elif isinstance(composite, StructType | ArrayType):
        yield "gc", f"a {'structure' if isinstance(composite, StructType) else 'array'} type"


def _value(type_: object, what: str) -> Iterator[tuple[str, str]]:
    if type_ is V128:
        yield "simd", what
    if not isinstance(type_, ReferenceType):
        return
    if type_.heap in _EXCEPTION_HEAPS:
        yield "exceptions", what
    elif type_.nullable and type_.heap in _FIRST_HEAPS:
        yield "reference_types", what
    elif isinstance(type_.heap, AbstractHeapType) and type_.heap not in _FIRST_HEAPS:
        yield "gc", what
    else:
        yield "function_references", what


def _extern(type_: object, what: str) -> Iterator[tuple[str, str]]:
    if isinstance(type_, MemoryType):
        if type_.shared:
            yield "threads", what
        if type_.page_size_log2 != 16:
            yield "custom_page_sizes", what
    if isinstance(type_, MemoryType | TableType) and type_.limits.is_64:
        yield "memory64", what
    if isinstance(type_, TableType) and type_.element.heap is not AbstractHeapType.FUNC:
        yield from _value(type_.element, what)
    if isinstance(type_, GlobalType):
        yield from _value(type_.value, what)


def _definitions(module: Module) -> Iterator[tuple[str, str]]:
    if module.tags or module.imported(ExternKind.TAG):
        yield "exceptions", "a tag"
    if len(module.memories) + len(module.imported(ExternKind.MEMORY)) > 1:
        yield "multi_memory", "several memories"
    if len(module.tables) + len(module.imported(ExternKind.TABLE)) > 1:
        yield "reference_types", "several tables"
    for memory in module.memories:
        yield from _extern(memory, "a memory")
    for table in module.tables:
        yield from _extern(table.type, "a table")
        if table.initial is not None:
            yield "function_references", "a table with an initial value"
    for item in module.globals:
        yield from _extern(item.type, "a global")
        yield from _constant(item.initial)
    for element in module.elements:
        if isinstance(element.mode, ElementMode):
            yield from _constant(element.mode.offset)
        else:
            yield "bulk_memory", f"a {element.mode} element segment"
    for data in module.datas:
        if data.mode is None:
            yield "bulk_memory", "a passive data segment"
        else:
            yield from _constant(data.mode.offset)
    mutable = {
        index
        for index, item in enumerate(module.globals, start=len(module.imported(ExternKind.GLOBAL)))
        if item.type.mutable
    }
    for export in module.exports:
        if export.kind is ExternKind.GLOBAL and export.index in mutable:
            yield "mutable_globals", f"export {export.name}"


def _constant(expression: Expression) -> Iterator[tuple[str, str]]:
    if any(
        not instruction.row.feature and instruction.row.mnemonic not in _CONSTANTS
        for instruction in expression.instructions
    ):
        yield "extended_const", "a constant expression"
    yield from _code(expression)


def _code(expression: Expression) -> Iterator[tuple[str, str]]:
    for row in {instruction.row for instruction in expression.instructions}:
        if row.feature:
            yield row.feature, row.mnemonic
    for instruction in expression.instructions:
        for immediate in instruction.immediates:
            if isinstance(immediate, ReferenceType):
                yield from _value(immediate, instruction.row.mnemonic)
            elif instruction.row.mnemonic in ("block", "loop", "if") and isinstance(immediate, int):
                yield "multi_value", f"a {instruction.row.mnemonic} with a function type"
