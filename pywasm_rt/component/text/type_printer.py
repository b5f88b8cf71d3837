"""Types, imports and aliases as text: what components and their types have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pywasm_rt.component.names import ExternName
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
    TypeSyntaxDefinition,
    ValueTypeUse,
    VariantSyntax,
)
from pywasm_rt.component.types import PrimitiveType
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.text.identifiers import ModuleIdentifiers, identifier, quote
from pywasm_rt.wasm.text.type_printer import TypePrinter
from pywasm_rt.wasm.types import GlobalType, MemoryType, RecursiveType, TableType, TagType

__all__ = ["TypeLines", "extern_name", "extern_use", "value_type"]

_CORE = TypePrinter(Module(), ModuleIdentifiers(Module()))
_ATTRIBUTES = (
    ("implements", "implements"),
    ("version-suffix", "version_suffix"),
    ("external-id", "external_id"),
)


def value_type(use: ValueTypeUse) -> str:
    """A primitive type, or the index of a type."""
    return str(use)


def extern_name(name: ExternName) -> str:
    """A name and its attributes."""
    attributes = [(word, getattr(name, field)) for word, field in _ATTRIBUTES]
    given = [f"({word} {quote(text)})" for word, text in attributes if text is not None]
    return " ".join([quote(name.text), *given])


def extern_use(use: ExternUse, bound: str = "") -> str:
    """What an import or export is declared to be; ``bound`` stands where its identifier would."""
    parts = [f"({use.sort}", *([bound] if bound else [])]
    if use.bound is TypeBound.SUB_RESOURCE:
        parts.append("(sub resource)")
    elif use.bound is TypeBound.EQUAL:
        parts.append(f"(eq {use.index})")
    else:
        parts.append(f"(type {use.index})")
    return " ".join(parts) + ")"


def _form(word: str, *parts: object) -> str:
    """``(word part ...)``; parts that are None are left out."""
    return f"({' '.join([word, *[str(it) for it in parts if it is not None]])})"


def _labelled(word: str, parts: Iterable[tuple[str, ValueTypeUse | None]]) -> list[str]:
    return [
        _form(word, quote(name), None if use is None else value_type(use)) for name, use in parts
    ]


def _function(type: FunctionSyntax) -> str:
    parts = [*(["async"] if type.is_async else []), *_labelled("param", type.parameters)]
    if type.result is not None:
        parts.append(_form("result", value_type(type.result)))
    return _form("func", *parts)


def _result(type: ResultSyntax) -> str:
    error = None if type.error is None else _form("error", value_type(type.error))
    return _form("result", type.ok, error)


def _resource(type: ResourceSyntax) -> str:
    destructor = None if type.destructor is None else f"(dtor (core func {type.destructor}))"
    return _form("resource", _form("rep", str(type.representation)), destructor)


_TYPES: dict[type, Callable[[Any], str]] = {
    PrimitiveType: str,
    ListSyntax: lambda type: _form("list", type.element, type.length),
    MapSyntax: lambda type: _form("map", type.key, type.value),
    RecordSyntax: lambda type: _form("record", *_labelled("field", type.fields)),
    TupleSyntax: lambda type: _form("tuple", *type.elements),
    VariantSyntax: lambda type: _form("variant", *_labelled("case", type.cases)),
    EnumSyntax: lambda type: _form("enum", *map(quote, type.cases)),
    FlagsSyntax: lambda type: _form("flags", *map(quote, type.labels)),
    OptionSyntax: lambda type: _form("option", type.payload),
    ResultSyntax: _result,
    OwnSyntax: lambda type: _form("own", type.resource),
    BorrowSyntax: lambda type: _form("borrow", type.resource),
    StreamSyntax: lambda type: _form("stream", type.element),
    FutureSyntax: lambda type: _form("future", type.payload),
    FunctionSyntax: _function,
    ResourceSyntax: _resource,
}


class TypeLines:
    """Lines of text being written, and the next index of each index space."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._counts: list[Counter[Sort]] = [Counter()]
        self._names: list[set[tuple[Sort, str]]] = [set()]
        self._depth = 0

    def line(self, text: str) -> None:
        """Add a line."""
        self.lines.append("  " * self._depth + text)

    def close(self) -> None:
        """Add a closing parenthesis to the last line."""
        self.lines[-1] += ")"

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Index spaces of their own, for the time of the block, and lines further in."""
        self._counts.append(Counter())
        self._names.append(set())
        self._depth += 1
        try:
            yield
        finally:
            self._counts.pop()
            self._names.pop()
            self._depth -= 1

    def bind(self, sort: Sort) -> str:
        """The next index of a space, as a comment where an identifier would stand."""
        index = self._counts[-1][sort]
        self._counts[-1][sort] += 1
        return f"(;{index};)"

    def name(self, sort: Sort, name: str) -> str:
        """How a name is written: as an identifier if that is free, else as an annotation."""
        taken = (sort, name) in self._names[-1]
        self._names[-1].add((sort, name))
        return f"(@name {quote(name)})" if taken else identifier(name)

    def import_(self, definition: Import) -> None:
        """``(import "name" type)``."""
        use = extern_use(definition.type, self.bind(definition.type.sort))
        self.line(f"(import {extern_name(definition.name)} {use})")

    def alias(
        self, alias: AliasExport | AliasCoreExport | AliasOuter, *, in_module_type: bool = False
    ) -> None:
        """An alias, written out."""
        sort = str(alias.sort).removeprefix("core ") if in_module_type else str(alias.sort)
        bound = f"({sort} {self.bind(alias.sort)})"
        match alias:
            case AliasExport(_, instance, name):
                self.line(f"(alias export {instance} {quote(name)} {bound})")
            case AliasCoreExport(_, instance, name):
                self.line(f"(alias core export {instance} {quote(name)} {bound})")
            case AliasOuter(_, count, index):
                self.line(f"(alias outer {count} {index} {bound})")

    def type(self, definition: TypeSyntaxDefinition) -> None:
        """``(type ...)``."""
        bound, type = self.bind(Sort.TYPE), definition.type
        if not isinstance(type, InstanceTypeSyntax | ComponentTypeSyntax):
            self.line(f"(type {bound} {_TYPES[type.__class__](type)})")
            return
        word = "instance" if isinstance(type, InstanceTypeSyntax) else "component"
        self.line(f"(type {bound} ({word}")
        with self.scope():
            for declaration in type.declarations:
                self._declare(declaration)
        self.close()
        self.close()

    def _declare(self, declaration: object) -> None:
        match declaration:
            case CoreTypeDefinition():
                self.core_type(declaration)
            case TypeSyntaxDefinition():
                self.type(declaration)
            case AliasExport() | AliasCoreExport() | AliasOuter():
                self.alias(declaration)
            case Import():
                self.import_(declaration)
            case ExportDeclaration(name, use):
                written = extern_use(use, self.bind(use.sort))
                self.line(f"(export {extern_name(name)} {written})")

    def core_type(self, definition: CoreTypeDefinition) -> None:
        """``(core type ...)`` or ``(core rec ...)``."""
        if isinstance(definition.type, RecursiveType):
            for line in self._group(definition.type):
                self.line(f"(core {line[1:]}")
            return
        self.line(f"(core type {self.bind(Sort.CORE_TYPE)} (module")
        with self.scope():
            self._module_type(definition.type)
        self.close()
        self.close()

    def _group(self, group: RecursiveType) -> list[str]:
        """A recursion group on one line, without the word ``core``."""
        members = []
        for member in group.members:
            # The number that the core printer puts there counts from 0 in each group.
            written = _CORE.definition(member, 0)
            members.append(written.replace("(;0;)", self.bind(Sort.CORE_TYPE), 1))
        return members if len(members) == 1 else [_form("rec", *members)]

    def _module_type(self, type: ModuleTypeSyntax) -> None:
        for declaration in type.declarations:
            match declaration:
                case CoreTypeDefinition(RecursiveType() as group):
                    for line in self._group(group):
                        self.line(line)
                case AliasOuter():
                    self.alias(declaration, in_module_type=True)
                case CoreImportDeclaration(module, name, use):
                    self.line(f"(import {quote(module)} {quote(name)} {_core_extern(use)})")
                case CoreExportDeclaration(name, use):
                    self.line(f"(export {quote(name)} {_core_extern(use)})")


def _core_extern(use: CoreExternUse) -> str:
    match use:
        case CoreFunctionUse(index):
            return f"(func (type {index}))"
        case TagType(index):
            return f"(tag (type {index}))"
        case TableType():
            return f"(table {_CORE.table(use)})"
        case MemoryType():
            return f"(memory {_CORE.memory(use)})"
        case GlobalType():
            return f"(global {_CORE.global_(use)})"
