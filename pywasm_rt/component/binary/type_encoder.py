"""Types in the component binary format, written ("Type Definitions")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pywasm_rt.component.binary.types import PRIMITIVES
from pywasm_rt.component.binary.writer import (
    write_extern_name,
    write_optional,
    write_sort,
    write_vector,
)
from pywasm_rt.component.syntax import (
    AliasCoreExport,
    AliasExport,
    AliasOuter,
    BorrowSyntax,
    ComponentTypeSyntax,
    CoreExportDeclaration,
    CoreExternUse,
    CoreFunctionUse,
    CoreImportDeclaration,
    CoreTypeDefinition,
    EnumSyntax,
    ExportDeclaration,
    ExternUse,
    FlagsSyntax,
    FunctionSyntax,
    FutureSyntax,
    Import,
    InstanceTypeSyntax,
    ListSyntax,
    MapSyntax,
    ModuleTypeSyntax,
    OptionSyntax,
    OwnSyntax,
    RecordSyntax,
    ResourceSyntax,
    ResultSyntax,
    Sort,
    StreamSyntax,
    TupleSyntax,
    TypeBound,
    TypeSyntax,
    TypeSyntaxDefinition,
    ValueTypeUse,
    VariantSyntax,
)
from pywasm_rt.component.types import PrimitiveType
from pywasm_rt.wasm.binary.leb128 import signed, unsigned
from pywasm_rt.wasm.binary.names import write_name
from pywasm_rt.wasm.binary.types import (
    write_global_type,
    write_memory_type,
    write_recursive_type,
    write_table_type,
    write_tag_type,
)
from pywasm_rt.wasm.types import I64, GlobalType, MemoryType, TableType

__all__ = [
    "write_alias",
    "write_core_type",
    "write_extern_use",
    "write_result",
    "write_type",
    "write_value_type",
]

_PRIMITIVE_CODES = {primitive: bytes((code,)) for code, primitive in PRIMITIVES.items()}
_NON_FINAL = 0x50


def write_value_type(use: ValueTypeUse) -> bytes:
    """A primitive type, or the index of a type."""
    return signed(use) if isinstance(use, int) else _PRIMITIVE_CODES[use]


def _labelled(part: tuple[str, ValueTypeUse]) -> bytes:
    return write_name(part[0]) + write_value_type(part[1])


def _case(case: tuple[str, ValueTypeUse | None]) -> bytes:
    return write_name(case[0]) + _optional(case[1]) + b"\x00"


def _optional(use: ValueTypeUse | None) -> bytes:
    return b"\x00" if use is None else b"\x01" + write_value_type(use)


def _list(type: ListSyntax) -> bytes:
    element = write_value_type(type.element)
    return b"\x70" + element if type.length is None else b"\x67" + element + unsigned(type.length)


def _function(type: FunctionSyntax) -> bytes:
    code = b"\x43" if type.is_async else b"\x40"
    return code + write_vector(type.parameters, _labelled) + write_result(type.result)


def write_result(result: ValueTypeUse | None) -> bytes:
    """The result of a function: one value type, or none."""
    return b"\x01\x00" if result is None else b"\x00" + write_value_type(result)


def _resource(type: ResourceSyntax) -> bytes:
    representation = b"\x7e" if type.representation is I64 else b"\x7f"
    return b"\x3f" + representation + write_optional(type.destructor, unsigned)


_WRITERS: dict[type, Callable[[Any], bytes]] = {
    PrimitiveType: write_value_type,
    RecordSyntax: lambda type: b"\x72" + write_vector(type.fields, _labelled),
    VariantSyntax: lambda type: b"\x71" + write_vector(type.cases, _case),
    ListSyntax: _list,
    TupleSyntax: lambda type: b"\x6f" + write_vector(type.elements, write_value_type),
    FlagsSyntax: lambda type: b"\x6e" + write_vector(type.labels, write_name),
    EnumSyntax: lambda type: b"\x6d" + write_vector(type.cases, write_name),
    OptionSyntax: lambda type: b"\x6b" + write_value_type(type.payload),
    ResultSyntax: lambda type: b"\x6a" + _optional(type.ok) + _optional(type.error),
    OwnSyntax: lambda type: b"\x69" + unsigned(type.resource),
    BorrowSyntax: lambda type: b"\x68" + unsigned(type.resource),
    StreamSyntax: lambda type: b"\x66" + _optional(type.element),
    FutureSyntax: lambda type: b"\x65" + _optional(type.payload),
    MapSyntax: lambda type: b"\x63" + write_value_type(type.key) + write_value_type(type.value),
    FunctionSyntax: _function,
    ResourceSyntax: _resource,
    InstanceTypeSyntax: lambda type: b"\x42" + write_vector(type.declarations, _declaration),
    ComponentTypeSyntax: lambda type: b"\x41" + write_vector(type.declarations, _declaration),
}


def write_type(type: TypeSyntax) -> bytes:
    """What a type definition defines. Nesting is as deep as that of the syntax."""
    return _WRITERS[type.__class__](type)


def _declaration(declaration: object) -> bytes:
    match declaration:
        case CoreTypeDefinition(type):
            return b"\x00" + write_core_type(type)
        case TypeSyntaxDefinition(type):
            return b"\x01" + write_type(type)
        case Import(name, use):
            return b"\x03" + write_extern_name(name) + write_extern_use(use)
        case ExportDeclaration(name, use):
            return b"\x04" + write_extern_name(name) + write_extern_use(use)
        case AliasExport() | AliasCoreExport() | AliasOuter():
            return b"\x02" + write_alias(declaration)
    raise TypeError(f"no declaration: {declaration!r}")


def write_alias(alias: AliasExport | AliasCoreExport | AliasOuter) -> bytes:
    """An alias."""
    sort = write_sort(alias.sort)
    match alias:
        case AliasExport(_, instance, name):
            return sort + b"\x00" + unsigned(instance) + write_name(name)
        case AliasCoreExport(_, instance, name):
            return sort + b"\x01" + unsigned(instance) + write_name(name)
        case AliasOuter(_, count, index):
            return sort + b"\x02" + unsigned(count) + unsigned(index)


def write_extern_use(use: ExternUse) -> bytes:
    """What an import or export is declared to be."""
    if use.bound is TypeBound.SUB_RESOURCE:
        return write_sort(use.sort) + b"\x01"
    assert use.index is not None, "only resources come without an index"
    bound = b"\x00" if use.sort is Sort.TYPE else b""
    return write_sort(use.sort) + bound + unsigned(use.index)


def write_core_type(type: object) -> bytes:
    """A core type, or the type of a core module."""
    if isinstance(type, ModuleTypeSyntax):
        return b"\x50" + write_vector(type.declarations, _module_declaration)
    written = write_recursive_type(type)  # type: ignore[arg-type]
    # A non-final subtype would begin as a module type does.
    return b"\x00" + written if written[0] == _NON_FINAL else written


def _module_declaration(declaration: object) -> bytes:
    match declaration:
        case CoreImportDeclaration(module, name, type):
            return b"\x00" + write_name(module) + write_name(name) + _core_extern(type)
        case CoreTypeDefinition(type):
            return b"\x01" + write_core_type(type)
        case AliasOuter(_, count, index):
            return b"\x02\x10\x01" + unsigned(count) + unsigned(index)
        case CoreExportDeclaration(name, type):
            return b"\x03" + write_name(name) + _core_extern(type)
    raise TypeError(f"no declaration of a module type: {declaration!r}")


def _core_extern(type: CoreExternUse) -> bytes:
    match type:
        case CoreFunctionUse(index):
            return b"\x00" + unsigned(index)
        case TableType():
            return b"\x01" + write_table_type(type)
        case MemoryType():
            return b"\x02" + write_memory_type(type)
        case GlobalType():
            return b"\x03" + write_global_type(type)
    return b"\x04" + write_tag_type(type)
