"""The index spaces: imports and what the module defines, apart from function bodies."""

from __future__ import annotations

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.module import Import
from pywasm_rt.wasm.types import (
    ExternType,
    FunctionTypeUse,
    GlobalType,
    MemoryType,
    TableType,
    TagType,
)
from pywasm_rt.wasm.validate.constant import ConstantChecker
from pywasm_rt.wasm.validate.context import Context, ExternTypeResolved
from pywasm_rt.wasm.validate.defined_type import DefinedType
from pywasm_rt.wasm.validate.limits import check_memory_type, check_table_type
from pywasm_rt.wasm.validate.matching import is_defaultable
from pywasm_rt.wasm.validate.places import in_item

__all__ = [
    "define_functions",
    "define_globals",
    "define_imports",
    "define_memories",
    "define_tables",
    "define_tags",
]


def _function_type(context: Context, type_index: int) -> DefinedType:
    context.function_type(type_index)
    return context.types[type_index]


def _tag_type(context: Context, type: TagType) -> DefinedType:
    context.features.require(
        "" if context.features.legacy_exceptions else "exceptions", "a tag for exceptions"
    )
    results = context.function_type(type.type_index).results
    if results:
        shown = context.describe_operands(results)
        raise ValidationError(f"non-empty tag result type: {shown}", found=shown)
    return context.types[type.type_index]


def _global_type(context: Context, type: GlobalType) -> GlobalType:
    return GlobalType(context.value_type(type.value), type.mutable)


def _second(things: str, feature: str) -> ValidationError:
    """The error of WebAssembly 1.0, which made this a rule of validation."""
    return ValidationError(
        f"multiple {things}: a second one needs the feature {feature}, which is off",
        feature=feature,
    )


def _add_memory(context: Context, type: MemoryType) -> MemoryType:
    check_memory_type(context, type)
    if context.memories and not context.features.multi_memory:
        raise _second("memories", "multi-memory")
    context.memories.append(type)
    return type


def _add_table(context: Context, type: TableType) -> TableType:
    resolved = check_table_type(context, type)
    if context.tables and not context.features.reference_types:
        raise _second("tables", "reference-types")
    context.tables.append(resolved)
    return resolved


def define_imports(context: Context) -> None:
    """Add the imports to the index spaces and to ``context.imports``.

    Raises ValidationError, UnsupportedFeature.
    """
    for index, item in enumerate(context.module.imports):
        with in_item(context.module, f"import {index} {_quoted(item)}", item.position):
            context.imports.append(_import(context, item.type))


def _quoted(item: Import) -> str:
    return f'"{item.module}" "{item.name}"'


def _import(context: Context, type: ExternType) -> ExternTypeResolved:
    match type:
        case FunctionTypeUse(type_index):
            defined = _function_type(context, type_index)
            context.functions.append(defined)
            return defined
        case TableType():
            return _add_table(context, type)
        case MemoryType():
            return _add_memory(context, type)
        case GlobalType():
            if type.mutable:
                context.features.require("mutable_globals", "an imported mutable global")
            resolved = _global_type(context, type)
            context.globals.append(resolved)
            return resolved
        case TagType():
            tag = _tag_type(context, type)
            context.tags.append(tag)
            return tag


def define_functions(context: Context) -> None:
    """Add the types of the module's functions. Raises ValidationError."""
    for index, function in enumerate(context.module.functions, len(context.functions)):
        with in_item(context.module, f"function {index}", function.position):
            context.functions.append(_function_type(context, function.type_index))


def define_memories(context: Context) -> None:
    """Add the module's memories. Raises ValidationError, UnsupportedFeature."""
    for index, type in enumerate(context.module.memories, len(context.memories)):
        with in_item(context.module, f"memory {index}"):
            _add_memory(context, type)


def define_tags(context: Context) -> None:
    """Add the module's tags. Raises ValidationError, UnsupportedFeature."""
    for index, type in enumerate(context.module.tags, len(context.tags)):
        with in_item(context.module, f"tag {index}"):
            context.tags.append(_tag_type(context, type))


def define_tables(context: Context, constants: ConstantChecker) -> None:
    """Add the module's tables. Their initial values may use imported globals only, so this comes
    before :func:`define_globals`. Raises ValidationError, UnsupportedFeature.
    """
    for index, table in enumerate(context.module.tables, len(context.tables)):
        inside = f"table {index}"
        with in_item(context.module, inside, table.position):
            type = _add_table(context, table.type)
            if table.initial is not None:
                constants.check(table.initial, type.element, inside)
            elif not is_defaultable(type.element):
                raise ValidationError(
                    f"type mismatch: a table of {context.describe(type.element)}, which cannot be "
                    "null, needs an initial value"
                )


def define_globals(context: Context, constants: ConstantChecker) -> None:
    """Add the module's globals; each may use those before it. Raises ValidationError."""
    for index, item in enumerate(context.module.globals, len(context.globals)):
        inside = f"global {index}"
        with in_item(context.module, inside, item.position):
            type = _global_type(context, item.type)
            constants.check(item.initial, type.value, inside)
            context.globals.append(type)
