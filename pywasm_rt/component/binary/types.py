"""Types in the component binary format ("Type Definitions")."""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.component.binary.aliases import alias
from pywasm_rt.component.binary.reader import MAX_NESTING, ComponentReader
from pywasm_rt.component.syntax import (
    AliasOuter,
    BorrowSyntax,
    ComponentTypeSyntax,
    CoreExportDeclaration,
    CoreExternUse,
    CoreFunctionUse,
    CoreImportDeclaration,
    CoreTypeDefinition,
    Declaration,
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
from pywasm_rt.wasm.binary.types import (
    global_type,
    memory_type,
    recursive_type,
    table_type,
    tag_type,
)
from pywasm_rt.wasm.features import DEFAULT
from pywasm_rt.wasm.types import I32, I64

__all__ = [
    "PRIMITIVES",
    "core_type_definition",
    "extern_use",
    "function_result",
    "type_definition",
    "value_type",
]

PRIMITIVES = {
    0x7F: PrimitiveType.BOOL,
    0x7E: PrimitiveType.S8,
    0x7D: PrimitiveType.U8,
    0x7C: PrimitiveType.S16,
    0x7B: PrimitiveType.U16,
    0x7A: PrimitiveType.S32,
    0x79: PrimitiveType.U32,
    0x78: PrimitiveType.S64,
    0x77: PrimitiveType.U64,
    0x76: PrimitiveType.F32,
    0x75: PrimitiveType.F64,
    0x74: PrimitiveType.CHAR,
    0x73: PrimitiveType.STRING,
    0x64: PrimitiveType.ERROR_CONTEXT,
}
_MODULE_TYPE, _NON_FINAL_PREFIX = 0x50, 0x00
_REPRESENTATIONS = {0x7F: I32, 0x7E: I64}


def value_type(reader: ComponentReader) -> ValueTypeUse:
    """A primitive type, or the index of a type."""
    start = reader.position
    code = reader.peek()
    if code in PRIMITIVES:
        reader.byte()
        return PRIMITIVES[code]
    index = reader.s33()
    if index < 0:
        raise reader.invalid_byte(code or 0, "component value type", start)
    return index


def _labelled(reader: ComponentReader) -> tuple[str, ValueTypeUse]:
    return reader.name(), value_type(reader)


def _optional_type(reader: ComponentReader) -> ValueTypeUse | None:
    return reader.optional(value_type, "optional component value type")


def _case(reader: ComponentReader) -> tuple[str, ValueTypeUse | None]:
    name, payload = reader.name(), _optional_type(reader)
    start = reader.position
    zero = reader.byte()
    if zero:
        raise reader.invalid_byte(zero, "zero byte required", start)
    return name, payload


def _result_type(reader: ComponentReader) -> ResultSyntax:
    return ResultSyntax(_optional_type(reader), _optional_type(reader))


def _resource(reader: ComponentReader) -> ResourceSyntax:
    start = reader.position
    code = reader.byte()
    if code not in _REPRESENTATIONS:
        raise reader.invalid_byte(code, "resource representation", start)
    destructor = reader.optional(ComponentReader.u32, "optional destructor")
    return ResourceSyntax(destructor, _REPRESENTATIONS[code])


def _function(reader: ComponentReader) -> FunctionSyntax:
    return FunctionSyntax(reader.vector(_labelled), function_result(reader))


def _async_function(reader: ComponentReader) -> FunctionSyntax:
    return FunctionSyntax(reader.vector(_labelled), function_result(reader), is_async=True)


def function_result(reader: ComponentReader) -> ValueTypeUse | None:
    """The result of a function type: one value type, or none."""
    start = reader.position
    form = reader.byte()
    if form == 0x00:
        return value_type(reader)
    if form != 0x01:
        raise reader.invalid_byte(form, "component function results", start)
    start = reader.position
    count = reader.byte()
    if count:
        raise reader.invalid_byte(count, "number of results", start)
    return None


_DEFINED: dict[int, Callable[[ComponentReader], TypeSyntax]] = {
    0x72: lambda reader: RecordSyntax(reader.vector(_labelled)),
    0x71: lambda reader: VariantSyntax(reader.vector(_case)),
    0x70: lambda reader: ListSyntax(value_type(reader)),
    0x6F: lambda reader: TupleSyntax(reader.vector(value_type)),
    0x6E: lambda reader: FlagsSyntax(reader.vector(ComponentReader.name)),
    0x6D: lambda reader: EnumSyntax(reader.vector(ComponentReader.name)),
    0x6B: lambda reader: OptionSyntax(value_type(reader)),
    0x6A: _result_type,
    0x69: lambda reader: OwnSyntax(reader.u32()),
    0x68: lambda reader: BorrowSyntax(reader.u32()),
    0x67: lambda reader: ListSyntax(value_type(reader), reader.u32()),
    0x66: lambda reader: StreamSyntax(_optional_type(reader)),
    0x65: lambda reader: FutureSyntax(_optional_type(reader)),
    0x63: lambda reader: MapSyntax(value_type(reader), value_type(reader)),
    0x43: _async_function,
    0x40: _function,
    0x3F: _resource,
}


def type_definition(reader: ComponentReader, depth: int = 0) -> TypeSyntaxDefinition:
    """An entry of the type section; ``depth`` counts the types that it lies in."""
    start = reader.position
    code = reader.byte()
    if code in PRIMITIVES:
        return TypeSyntaxDefinition(PRIMITIVES[code], start)
    if code in _DEFINED:
        return TypeSyntaxDefinition(_DEFINED[code](reader), start)
    if code not in (0x41, 0x42):
        raise reader.invalid_byte(code, "component defined type", start)
    if depth >= MAX_NESTING:
        raise reader.error(f"types are nested deeper than {MAX_NESTING}", start)
    is_component = code == 0x41
    declarations = tuple(
        [_declaration(reader, depth + 1, is_component) for _ in range(reader.count())]
    )
    if is_component:
        return TypeSyntaxDefinition(ComponentTypeSyntax(declarations), start)
    return TypeSyntaxDefinition(InstanceTypeSyntax(declarations), start)  # type: ignore[arg-type]


def _declaration(
    reader: ComponentReader,
    depth: int,
    is_component: bool,
) -> Declaration | Import:
    start = reader.position
    code = reader.byte()
    if code == 0x00:
        return core_type_definition(reader)
    if code == 0x01:
        return type_definition(reader, depth)
    if code == 0x02:
        return alias(reader)
    if code == 0x03 and is_component:
        return Import(reader.extern_name(), extern_use(reader), start)
    if code == 0x04:
        return ExportDeclaration(reader.extern_name(), extern_use(reader), start)
    raise reader.invalid_byte(code, "component or instance type declaration", start)


def extern_use(reader: ComponentReader) -> ExternUse:
    """What an import or export is declared to be."""
    start = reader.position
    sort = reader.sort("component external kind")
    if sort is Sort.TYPE:
        return _type_bound(reader)
    if sort in (Sort.CORE_MODULE, Sort.FUNCTION, Sort.COMPONENT, Sort.INSTANCE):
        return ExternUse(sort, reader.u32())
    raise reader.invalid_byte(reader.data[start + 1], "component external kind", start)


def _type_bound(reader: ComponentReader) -> ExternUse:
    start = reader.position
    bound = reader.byte()
    if bound == 0x00:
        return ExternUse(Sort.TYPE, reader.u32(), TypeBound.EQUAL)
    if bound == 0x01:
        return ExternUse(Sort.TYPE, None, TypeBound.SUB_RESOURCE)
    raise reader.invalid_byte(bound, "type bound", start)


def core_type_definition(reader: ComponentReader) -> CoreTypeDefinition:
    """An entry of the core type section: a core type, or the type of a core module."""
    start = reader.position
    if reader.peek() == _MODULE_TYPE:
        reader.byte()
        return CoreTypeDefinition(ModuleTypeSyntax(reader.vector(_module_declaration)), start)
    if reader.peek() == _NON_FINAL_PREFIX:
        # A non-final subtype would begin as a module type does.
        reader.byte()
    return CoreTypeDefinition(recursive_type(reader, DEFAULT), start)


def _module_declaration(
    reader: ComponentReader,
) -> CoreTypeDefinition | AliasOuter | CoreImportDeclaration | CoreExportDeclaration:
    start = reader.position
    code = reader.byte()
    if code == 0x00:
        return CoreImportDeclaration(reader.name(), reader.name(), _core_extern(reader), start)
    if code == 0x01:
        if reader.peek() == _MODULE_TYPE:
            sentence = f"invalid leading byte (0x{_MODULE_TYPE:x}) for core type in a module type"
            raise reader.invalid(sentence, start + 1)
        return core_type_definition(reader)
    if code == 0x02:
        return _core_alias(reader, start)
    if code == 0x03:
        return CoreExportDeclaration(reader.name(), _core_extern(reader), start)
    raise reader.invalid_byte(code, "type definition", start)


def _core_alias(reader: ComponentReader, start: int) -> AliasOuter:
    kind = reader.byte()
    if kind != 0x10:
        raise reader.invalid_byte(kind, "outer alias kind", start + 1)
    target = reader.byte()
    if target != 0x01:
        raise reader.invalid_byte(target, "outer alias target", start + 2)
    return AliasOuter(Sort.CORE_TYPE, reader.u32(), reader.u32(), start)


def _core_extern(reader: ComponentReader) -> CoreExternUse:
    start = reader.position
    kind = reader.byte()
    if kind == 0x00:
        return CoreFunctionUse(reader.u32())
    if kind == 0x01:
        return table_type(reader, DEFAULT)
    if kind == 0x02:
        return memory_type(reader, DEFAULT)
    if kind == 0x03:
        return global_type(reader, DEFAULT)
    if kind == 0x04:
        return tag_type(reader)
    raise reader.invalid_byte(kind, "external kind", start)
