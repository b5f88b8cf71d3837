"""Components as text: every definition on its own, with its index in a comment.

Identifiers are not part of component syntax, so definitions are referred to by number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pywasm_rt.component.binary.encoder import name_section
from pywasm_rt.component.builtins import BY_NAME, Operand
from pywasm_rt.component.syntax import (
    AliasCoreExport,
    AliasExport,
    AliasOuter,
    CanonBuiltin,
    CanonLift,
    CanonLower,
    CanonOptions,
    CanonResource,
    ComponentSyntax,
    CoreInlineExports,
    CoreInstantiate,
    CoreModule,
    CoreTypeDefinition,
    CustomSection,
    Export,
    Import,
    InlineExports,
    Instantiate,
    NestedComponent,
    Sort,
    SortIndex,
    TypeSyntaxDefinition,
)
from pywasm_rt.component.text.type_printer import (
    TypeLines,
    extern_name,
    extern_use,
    value_type,
)
from pywasm_rt.wasm.binary import decode
from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.text.identifiers import identifier, quote
from pywasm_rt.wasm.text.printer import print_module

__all__ = ["print_component"]

_OPERAND_WORDS = {
    Operand.TYPE: "",
    Operand.CORE_TYPE: "core type ",
    Operand.TABLE: "core table ",
    Operand.MEMORY: "core memory ",
}


def print_component(component: ComponentSyntax, features: Features = DEFAULT) -> str:
    """The component in the text format; parsing it gives the same definitions again.

    ``features`` are those of its core modules. Raises DecodeError and UnsupportedFeature for core
    modules that cannot be decoded.
    """
    printer = _Printer(features)
    printer.component(component, "(component")
    return "\n".join(printer.out.lines) + "\n"


class _Printer:
    """Lines of text, and how far each index space of the present component has come."""

    def __init__(self, features: Features) -> None:
        self.features = features
        self.out = TypeLines()

    def component(self, component: ComponentSyntax, begin: str) -> None:
        out = self.out
        name = f" {out.name(Sort.COMPONENT, component.name)}" if component.name else ""
        out.line(begin + name)
        customs = _written_customs(component)
        with out.scope():
            for number, definition in enumerate(component.definitions):
                while customs and customs[0].before <= number:
                    self.custom(customs.pop(0))
                _PRINTERS[definition.__class__](self, definition)
            for custom in customs:
                self.custom(custom)
        out.close()

    def custom(self, custom: CustomSection) -> None:
        self.out.line(f"(@custom {quote(custom.name)} {quote(custom.data)})")

    def core_module(self, definition: CoreModule) -> None:
        module = decode(definition.data, self.features)
        first, *rest = print_module(module).rstrip("\n").split("\n")
        begin, name = f"(core module {self.out.bind(Sort.CORE_MODULE)}", module.names.module
        first = first.removeprefix("(module")
        if name:
            begin += " " + self.out.name(Sort.CORE_MODULE, name)
            first = first.removeprefix(f" {identifier(name)}")
        self.out.line(begin + first)
        # Lines within strings do not occur: line breaks in them are escaped.
        for line in rest:
            self.out.line(line)

    def nested(self, definition: NestedComponent) -> None:
        self.component(definition.component, f"(component {self.out.bind(Sort.COMPONENT)}")

    def core_instantiate(self, definition: CoreInstantiate) -> None:
        arguments = [
            f"(with {quote(name)} (instance {index}))" for name, index in definition.arguments
        ]
        made = " ".join([f"(instantiate {definition.module}", *arguments]) + ")"
        self.out.line(f"(core instance {self.out.bind(Sort.CORE_INSTANCE)} {made})")

    def core_exports(self, definition: CoreInlineExports) -> None:
        exports = [
            f"(export {quote(name)} ({str(item.sort).removeprefix('core ')} {item.index}))"
            for name, item in definition.exports
        ]
        bound = self.out.bind(Sort.CORE_INSTANCE)
        self.out.line(" ".join(["(core instance", bound, *exports]) + ")")

    def instantiate(self, definition: Instantiate) -> None:
        arguments = [f"(with {quote(name)} {_item(item)})" for name, item in definition.arguments]
        made = " ".join([f"(instantiate {definition.component}", *arguments]) + ")"
        self.out.line(f"(instance {self.out.bind(Sort.INSTANCE)} {made})")

    def exports(self, definition: InlineExports) -> None:
        exports = [
            f"(export {extern_name(name)} {_item(item)})" for name, item in definition.exports
        ]
        self.out.line(" ".join(["(instance", self.out.bind(Sort.INSTANCE), *exports]) + ")")

    def alias(self, definition: AliasExport | AliasCoreExport | AliasOuter) -> None:
        self.out.alias(definition)

    def type(self, definition: TypeSyntaxDefinition) -> None:
        self.out.type(definition)

    def core_type(self, definition: CoreTypeDefinition) -> None:
        self.out.core_type(definition)

    def lift(self, definition: CanonLift) -> None:
        parts = ["(canon lift", f"(core func {definition.function})", *_options(definition.options)]
        made = f"(func {self.out.bind(Sort.FUNCTION)} (type {definition.type}))"
        self.out.line(" ".join([*parts, made]) + ")")

    def lower(self, definition: CanonLower) -> None:
        self._canon("lower", f"(func {definition.function})", *_options(definition.options))

    def resource(self, definition: CanonResource) -> None:
        self._canon(definition.operation.value, str(definition.type))

    def builtin(self, definition: CanonBuiltin) -> None:
        kinds = BY_NAME[definition.name].operands
        parts: list[str] = []
        for kind, operand in zip(kinds, definition.operands, strict=True):
            parts += _operand(kind, operand)
        self._canon(definition.name, *parts)

    def _canon(self, *parts: str) -> None:
        made = f"(core func {self.out.bind(Sort.CORE_FUNCTION)})"
        self.out.line(" ".join(["(canon", *parts, made]) + ")")

    def import_(self, definition: Import) -> None:
        self.out.import_(definition)

    def export(self, definition: Export) -> None:
        parts = [extern_name(definition.name), _item(definition.item)]
        if definition.type is not None:
            parts.append(extern_use(definition.type))
        self.out.line(" ".join(["(export", self.out.bind(definition.item.sort), *parts]) + ")")


def _written_customs(component: ComponentSyntax) -> list[CustomSection]:
    """The custom sections in order; the text has the component's name as an identifier."""
    customs = sorted(component.customs, key=lambda it: it.before)
    if component.name and customs:
        name, end = name_section(component.name), len(component.definitions)
        last = customs[-1]
        if (last.name, last.data) == (name.name, name.data) and last.before >= end:
            customs.pop()
    return customs


def _item(item: SortIndex) -> str:
    return f"({item.sort} {item.index})"


def _options(options: CanonOptions) -> Iterable[str]:
    if options.encoding is not None:
        yield f"string-encoding={options.encoding.value}"
    if options.is_async:
        yield "async"
    if options.memory is not None:
        yield f"(memory (core memory {options.memory}))"
    for option, index in (
        ("realloc", options.realloc),
        ("post-return", options.post_return),
        ("callback", options.callback),
    ):
        if index is not None:
            yield f"({option} (core func {index}))"


def _operand(kind: Operand, operand: Any) -> Iterable[str]:
    """An operand of a built-in: none, one or several words."""
    if kind.is_flag:
        return [kind.value] if operand else []
    if kind is Operand.OPTIONS:
        return _options(operand)
    if kind is Operand.RESULT:
        return [] if operand is None else [f"(result {value_type(operand)})"]
    word = _OPERAND_WORDS.get(kind)
    if not word:
        return [str(operand)]
    written = f"({word}{operand})"
    return [f"(memory {written})" if kind is Operand.MEMORY else written]


_PRINTERS: dict[type, Callable[[_Printer, Any], None]] = {
    CoreModule: _Printer.core_module,
    CoreInstantiate: _Printer.core_instantiate,
    CoreInlineExports: _Printer.core_exports,
    CoreTypeDefinition: _Printer.core_type,
    NestedComponent: _Printer.nested,
    Instantiate: _Printer.instantiate,
    InlineExports: _Printer.exports,
    AliasExport: _Printer.alias,
    AliasCoreExport: _Printer.alias,
    AliasOuter: _Printer.alias,
    TypeSyntaxDefinition: _Printer.type,
    CanonLift: _Printer.lift,
    CanonLower: _Printer.lower,
    CanonResource: _Printer.resource,
    CanonBuiltin: _Printer.builtin,
    Import: _Printer.import_,
    Export: _Printer.export,
}
