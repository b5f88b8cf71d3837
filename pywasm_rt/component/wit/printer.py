"""Writing WIT: a syntax tree as text, in the layout of wasm-tools."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pywasm_rt.component.types import PrimitiveType
from pywasm_rt.component.wit.lexer import KEYWORDS
from pywasm_rt.component.wit.syntax import (
    Alias,
    Document,
    Enum,
    Extern,
    Field,
    Flags,
    Function,
    FunctionSignature,
    Gate,
    Include,
    Interface,
    Label,
    Named,
    Package,
    PackageName,
    Record,
    Resource,
    TopLevelUse,
    TypeExpression,
    Use,
    UsePath,
    Variant,
    World,
)

__all__ = ["print_signature", "print_type", "print_wit"]

_INDENT = "  "


def print_wit(document: Document) -> str:
    """The text of a document; parsing it again gives an equal tree."""
    blocks: list[list[str]] = []
    if document.package is not None:
        clause = f"package {_package_name(document.package)};"
        blocks.append([*_docs(document.docs), clause])
    blocks.extend(list(_lines(item)) for item in (*document.items, *document.packages))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def print_type(type: TypeExpression) -> str:
    """The text of a type."""
    if isinstance(type, PrimitiveType):
        return type.value
    if isinstance(type, Named):
        return _name(type.name)
    parts = ["_" if part is None else print_type(part) for part in type.parts]
    if type.length is not None:
        parts.append(str(type.length))
    while parts and parts[-1] == "_":
        parts.pop()
    return f"{type.word}<{', '.join(parts)}>" if parts else type.word


def print_signature(signature: FunctionSignature) -> str:
    """The text of a function's type: ``func(a: u32) -> string``."""
    return f"{'async ' if signature.is_async else ''}func{_parameters(signature)}"


def _parameters(signature: FunctionSignature) -> str:
    parameters = ", ".join(
        f"{_name(name)}: {print_type(type)}" for name, type in signature.parameters
    )
    result = "" if signature.result is None else f" -> {print_type(signature.result)}"
    return f"({parameters}){result}"


def _name(name: str) -> str:
    return f"%{name}" if name in KEYWORDS else name


def _package_name(name: PackageName) -> str:
    version = f"@{name.version}" if name.version else ""
    return f"{_name(name.namespace)}:{_name(name.name)}{version}"


def _path(path: UsePath) -> str:
    if path.package is None:
        return _name(path.name)
    package = path.package
    version = f"@{package.version}" if package.version else ""
    return f"{_name(package.namespace)}:{_name(package.name)}/{_name(path.name)}{version}"


def _docs(docs: str) -> Iterator[str]:
    for line in docs.splitlines():
        yield f"/// {line}".rstrip()


def _gate(gate: Gate) -> Iterator[str]:
    if gate.unstable:
        yield f"@unstable(feature = {_name(gate.unstable)})"
    if gate.since:
        yield f"@since(version = {gate.since})"
    if gate.deprecated:
        yield f"@deprecated(version = {gate.deprecated})"
    if gate.external_id is not None:
        yield f'@external-id("{_escape(gate.external_id)}")'


def _escape(text: str) -> str:
    return "".join(
        char if char.isprintable() and char not in '"\\' else f"\\u{{{ord(char):x}}}"
        for char in text
    )


def _lines(item: Any) -> Iterator[str]:
    """The lines of an item: documentation, gates and the item itself."""
    yield from _docs(item.docs)
    yield from _gate(item.gate)
    yield from _PRINTERS[item.__class__](item)


def _block(head: str, items: Iterable[Any]) -> Iterator[str]:
    """Items in braces, set apart by empty lines where one of them has several lines."""
    blocks = [list(_lines(item)) for item in items]
    if not blocks:
        yield f"{head} {{"
        yield "}"
        return
    yield f"{head} {{"
    for index, block in enumerate(blocks):
        if index and (len(block) > 1 or len(blocks[index - 1]) > 1):
            yield ""
        for line in block:
            yield f"{_INDENT}{line}" if line else ""
    yield "}"


def _members(head: str, members: Iterable[Field | Label]) -> Iterator[str]:
    yield f"{head} {{"
    for member in members:
        for line in _docs(member.docs):
            yield f"{_INDENT}{line}"
        yield f"{_INDENT}{_member(member)},"
    yield "}"


def _member(member: Field | Label) -> str:
    name = _name(member.name)
    if isinstance(member, Field):
        return f"{name}: {print_type(member.type)}"
    return name if member.type is None else f"{name}({print_type(member.type)})"


def _print_alias(item: Alias) -> Iterator[str]:
    yield f"type {_name(item.name)} = {print_type(item.type)};"


def _print_record(item: Record) -> Iterator[str]:
    return _members(f"record {_name(item.name)}", item.fields)


def _print_variant(item: Variant) -> Iterator[str]:
    return _members(f"variant {_name(item.name)}", item.cases)


def _print_enum(item: Enum) -> Iterator[str]:
    return _members(f"enum {_name(item.name)}", item.cases)


def _print_flags(item: Flags) -> Iterator[str]:
    return _members(f"flags {_name(item.name)}", item.labels)


def _print_resource(item: Resource) -> Iterator[str]:
    if item.functions:
        yield from _block(f"resource {_name(item.name)}", item.functions)
    else:
        yield f"resource {_name(item.name)};"


def _print_function(item: Function) -> Iterator[str]:
    if item.kind == "constructor":
        yield f"constructor{_parameters(item.signature)};"
    else:
        static = "static " if item.kind == "static" else ""
        yield f"{_name(item.name)}: {static}{print_signature(item.signature)};"


def _print_use(item: Use) -> Iterator[str]:
    yield f"use {_path(item.path)}.{{{_renames(item.names)}}};"


def _renames(names: Iterable[tuple[str, str]]) -> str:
    return ", ".join(
        f"{_name(name)} as {_name(alias)}" if alias else _name(name) for name, alias in names
    )


def _print_top_level_use(item: TopLevelUse) -> Iterator[str]:
    alias = f" as {_name(item.alias)}" if item.alias else ""
    yield f"use {_path(item.path)}{alias};"


def _print_include(item: Include) -> Iterator[str]:
    if item.renames:
        yield f"include {_path(item.path)} with {{ {_renames(item.renames)} }}"
    else:
        yield f"include {_path(item.path)};"


def _print_extern(item: Extern) -> Iterator[str]:
    name = f"{_name(item.name)}: " if item.name else ""
    if isinstance(item.item, FunctionSignature):
        yield f"{item.direction} {name}{print_signature(item.item)};"
    elif isinstance(item.item, UsePath):
        yield f"{item.direction} {name}{_path(item.item)};"
    else:
        yield from _block(f"{item.direction} {name}interface", item.item.items)


def _print_interface(item: Interface) -> Iterator[str]:
    return _block(f"interface {_name(item.name)}", item.items)


def _print_world(item: World) -> Iterator[str]:
    return _block(f"world {_name(item.name)}", item.items)


def _print_package(item: Package) -> Iterator[str]:
    return _block(f"package {_package_name(item.name)}", item.items)


_PRINTERS: dict[type, Callable[[Any], Iterator[str]]] = {
    Alias: _print_alias,
    Record: _print_record,
    Variant: _print_variant,
    Enum: _print_enum,
    Flags: _print_flags,
    Resource: _print_resource,
    Function: _print_function,
    Use: _print_use,
    TopLevelUse: _print_top_level_use,
    Include: _print_include,
    Extern: _print_extern,
    Interface: _print_interface,
    World: _print_world,
    Package: _print_package,
}
