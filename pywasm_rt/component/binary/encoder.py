"""A component in its binary form.

Neighbouring definitions of one kind share a section, and every integer is as short as possible, as
tools write it; decoding gives the same definitions again.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from pywasm_rt.component.binary.type_encoder import (
    write_alias,
    write_core_type,
    write_extern_use,
    write_result,
    write_type,
)
from pywasm_rt.component.binary.writer import (
    write_extern_name,
    write_item,
    write_optional,
    write_options,
    write_vector,
)
from pywasm_rt.component.builtins import BY_NAME, Operand
from pywasm_rt.component.names import ExternName
from pywasm_rt.component.syntax import (
    AliasCoreExport,
    AliasExport,
    AliasOuter,
    CanonBuiltin,
    CanonLift,
    CanonLower,
    CanonResource,
    ComponentSyntax,
    CoreInlineExports,
    CoreInstantiate,
    CoreModule,
    CoreTypeDefinition,
    CustomSection,
    Definition,
    Export,
    Import,
    InlineExports,
    Instantiate,
    NestedComponent,
    ResourceOperation,
    SortIndex,
    TypeSyntaxDefinition,
)
from pywasm_rt.wasm.binary.leb128 import unsigned
from pywasm_rt.wasm.binary.names import write_name
from pywasm_rt.wasm.binary.types import write_value_type as write_core_value_type

__all__ = ["encode", "name_section"]

_PREAMBLE = b"\0asm\x0d\x00\x01\x00"
_CORE_MODULE, _COMPONENT = 1, 4
# These sections hold one thing each, and say only how long it is.
_SINGLE = (_CORE_MODULE, _COMPONENT)
_NAME_SECTION = "component-name"


def encode(component: ComponentSyntax) -> bytes:
    """The bytes of a component. Custom sections keep their places among the definitions.

    The component's name is written unless a custom section holds it already.
    """
    out = [_PREAMBLE]
    customs = sorted(component.customs, key=lambda it: it.before)
    definitions = component.definitions
    done = 0
    for custom in customs:
        out += _sections(definitions[done : custom.before])
        out.append(_custom(custom))
        done = max(done, custom.before)
    out += _sections(definitions[done:])
    if component.name and all(it.name != _NAME_SECTION for it in customs):
        out.append(_custom(name_section(component.name)))
    return b"".join(out)


def name_section(name: str) -> CustomSection:
    """The section that holds no more than a component's name."""
    written = write_name(name)
    return CustomSection(_NAME_SECTION, b"\x00" + unsigned(len(written)) + written)


def _custom(custom: CustomSection) -> bytes:
    return _section(0, write_name(custom.name) + custom.data)


def _section(code: int, content: bytes) -> bytes:
    return bytes((code,)) + unsigned(len(content)) + content


def _sections(definitions: Any) -> list[bytes]:
    out: list[bytes] = []
    for code, group in groupby(definitions, lambda it: _WRITERS[it.__class__][0]):
        written = [_WRITERS[it.__class__][1](it) for it in group]
        if code in _SINGLE:
            out += [_section(code, it) for it in written]
        else:
            out.append(_section(code, unsigned(len(written)) + b"".join(written)))
    return out


# Definitions.


def _core_instantiate(definition: CoreInstantiate) -> bytes:
    arguments = write_vector(definition.arguments, _core_argument)
    return b"\x00" + unsigned(definition.module) + arguments


def _core_argument(argument: tuple[str, int]) -> bytes:
    return write_name(argument[0]) + b"\x12" + unsigned(argument[1])


def _core_exports(definition: CoreInlineExports) -> bytes:
    return b"\x01" + write_vector(definition.exports, _core_export)


def _core_export(export: tuple[str, SortIndex]) -> bytes:
    # The byte that says "core" is left out where nothing else is possible.
    return write_name(export[0]) + write_item(export[1])[1:]


def _instantiate(definition: Instantiate) -> bytes:
    return b"\x00" + unsigned(definition.component) + write_vector(definition.arguments, _argument)


def _argument(argument: tuple[str, SortIndex]) -> bytes:
    return write_name(argument[0]) + write_item(argument[1])


def _inline_exports(definition: InlineExports) -> bytes:
    return b"\x01" + write_vector(definition.exports, _inline_export)


def _inline_export(export: tuple[ExternName, SortIndex]) -> bytes:
    return write_extern_name(export[0]) + write_item(export[1])


def _lift(definition: CanonLift) -> bytes:
    options = write_options(definition.options)
    return b"\x00\x00" + unsigned(definition.function) + options + unsigned(definition.type)


def _lower(definition: CanonLower) -> bytes:
    return b"\x01\x00" + unsigned(definition.function) + write_options(definition.options)


_RESOURCES = {
    ResourceOperation.NEW: b"\x02",
    ResourceOperation.DROP: b"\x03",
    ResourceOperation.REP: b"\x04",
}


def _resource(definition: CanonResource) -> bytes:
    return _RESOURCES[definition.operation] + unsigned(definition.type)


def _flag(operand: bool) -> bytes:
    return b"\x01" if operand else b"\x00"


_OPERANDS: dict[Operand, Callable[[Any], bytes]] = {
    Operand.ASYNC: _flag,
    Operand.CANCELLABLE: _flag,
    Operand.RESULT: write_result,
    Operand.OPTIONS: write_options,
    Operand.VALUE_TYPE: write_core_value_type,
}


def _builtin(definition: CanonBuiltin) -> bytes:
    builtin = BY_NAME[definition.name]
    pairs = zip(builtin.operands, definition.operands, strict=True)
    operands = [_OPERANDS.get(kind, unsigned)(operand) for kind, operand in pairs]
    return bytes((builtin.code,)) + b"".join(operands)


def _import(definition: Import) -> bytes:
    return write_extern_name(definition.name) + write_extern_use(definition.type)


def _export(definition: Export) -> bytes:
    ascribed = write_optional(definition.type, write_extern_use)
    return write_extern_name(definition.name) + write_item(definition.item) + ascribed


# The section that a definition belongs to, and how it is written there.
_WRITERS: dict[type[Definition], tuple[int, Callable[[Any], bytes]]] = {
    CoreModule: (_CORE_MODULE, lambda it: it.data),
    CoreInstantiate: (2, _core_instantiate),
    CoreInlineExports: (2, _core_exports),
    CoreTypeDefinition: (3, lambda it: write_core_type(it.type)),
    NestedComponent: (_COMPONENT, lambda it: encode(it.component)),
    Instantiate: (5, _instantiate),
    InlineExports: (5, _inline_exports),
    AliasExport: (6, write_alias),
    AliasCoreExport: (6, write_alias),
    AliasOuter: (6, write_alias),
    TypeSyntaxDefinition: (7, lambda it: write_type(it.type)),
    CanonLift: (8, _lift),
    CanonLower: (8, _lower),
    CanonResource: (8, _resource),
    CanonBuiltin: (8, _builtin),
    Import: (10, _import),
    Export: (11, _export),
}
