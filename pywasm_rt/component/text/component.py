"""Components in the text format (component model, "Component Definitions").

One pass: whatever is named must have been defined before, so each definition is read, its inline
forms become definitions before it, and it joins its index space.
"""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.component.binary.decoder import decode
from pywasm_rt.component.names import ExternName
from pywasm_rt.component.syntax import (
    ComponentSyntax,
    CoreModule,
    CustomSection,
    Export,
    Import,
    NestedComponent,
    Sort,
    SortIndex,
    TypeSyntaxDefinition,
)
from pywasm_rt.component.text.aliases import alias, inverted_alias
from pywasm_rt.component.text.canon import canon, core_canon, lifted
from pywasm_rt.component.text.core_types import core_recursion_group, core_type_definition
from pywasm_rt.component.text.cursor import ComponentCursor
from pywasm_rt.component.text.instances import core_instance, instance
from pywasm_rt.component.text.references import (
    CORE_WORDS,
    Parser,
    inline_exports,
    inline_import,
    item,
    name_and_attributes,
)
from pywasm_rt.component.text.scope import Identifier, identifier, text_position
from pywasm_rt.component.text.types import (
    defined_type,
    extern_use,
    import_declaration,
    refuse,
    type_use,
)
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.instructions.table import INSTRUCTIONS
from pywasm_rt.wasm.text.annotations import name_annotation
from pywasm_rt.wasm.text.cursor import Cursor
from pywasm_rt.wasm.text.lexer import tokenize
from pywasm_rt.wasm.text.module import ModuleParser

__all__ = ["parse", "parse_component", "quoted_form"]

_QUOTED = ("binary", "quote")


def parse(source: str | bytes, features: Features = DEFAULT, file: str = "") -> ComponentSyntax:
    """Parse a component: ``(component ...)``, or its definitions alone.

    ``(component binary "...")`` and ``(component quote "...")`` are read as what is in the strings.
    ``features`` are those of core modules. Raises ParseError (line, column and the line itself in
    ``where``), UnsupportedFeature for what is not implemented, ValidationError for rules about
    options that the result could not express, and DecodeError for a malformed binary form.
    """
    cursor = ComponentCursor(tokenize(source, file))
    if not cursor.opens("component"):
        return parse_component(cursor, cursor.end, features)
    end = cursor.tokens.closes[cursor.index]
    begin = text_position(cursor)
    cursor.index += 2
    form = quoted_form(cursor)
    if form is None:
        component = parse_component(cursor, end, features)
        component.position = begin
    else:
        component = decode(form[2]) if form[0] == "binary" else parse(form[2], features)
    if cursor.kind() != "end":
        raise cursor.unexpected("only one component is expected")
    return component


def quoted_form(cursor: Cursor) -> tuple[str, str, bytes] | None:
    """Read ``id? binary|quote "..."* )``, if that is what comes: the word, the identifier and the
    bytes. Else the cursor stays.
    """
    ahead = int(cursor.kind() == "id")
    if cursor.kind(ahead) != "word" or cursor.values[cursor.index + ahead] not in _QUOTED:
        return None
    name, form = cursor.identifier() or "", cursor.word()
    cursor.index += 1
    data = b""
    while cursor.kind() == "string":
        data += cursor.string()
    cursor.close()
    return form, name, data


def parse_component(cursor: Cursor, end: int, features: Features = DEFAULT) -> ComponentSyntax:
    """Parse ``id? definition*`` up to token ``end``; the cursor then stands behind that."""
    outer_end, cursor.end = cursor.end, end
    parser = Parser(cursor, features)
    parser.scope.label = cursor.identifier()
    component = _definitions(parser)
    cursor.end = outer_end
    cursor.index = min(end + 1, outer_end)
    return component


def _definitions(parser: Parser) -> ComponentSyntax:
    """Read definitions up to the end of the form, into the present scope."""
    cursor, scope = parser.cursor, parser.scope
    customs: list[CustomSection] = []
    # A name that cannot be an identifier, for another component has it.
    name = name_annotation(cursor) or scope.label or ""
    while cursor.kind() not in (")", "end"):
        _custom_sections(parser, customs)
        scope.start = text_position(cursor)
        _definition(parser)
        cursor.close()
    _custom_sections(parser, customs)
    for export in scope.exports:
        scope.emit(export, export.item.sort)
    return ComponentSyntax(scope.definitions, customs, name)


def _custom_sections(parser: Parser, customs: list[CustomSection]) -> None:
    """Custom sections are annotations: ``(@custom "name" "data"*)``."""
    tokens = parser.cursor.tokens
    for annotation in tokens.annotations.get(parser.cursor.index, ()):
        if annotation.name == "custom":
            annotation.used = True
            inner = ComponentCursor(annotation.tokens)
            name, data = inner.name(), b""
            while inner.kind() == "string":
                data += inner.string()
            if inner.kind() != "end":
                raise inner.unexpected("expected a string")
            count = len(parser.scope.definitions)
            customs.append(CustomSection(name, data, count, parser.scope.start))


def _definition(parser: Parser) -> None:
    """Read a definition up to its closing parenthesis."""
    cursor = parser.cursor
    word = cursor.opened_word()
    read = _DEFINITIONS.get(word)
    if read is None:
        cursor.index += int(cursor.kind() == "(")
        raise cursor.unexpected("expected a definition")
    cursor.index += 2
    read(parser)


def _core(parser: Parser) -> None:
    cursor = parser.cursor
    word = cursor.word()
    if word == "rec":
        cursor.index += 1
        core_recursion_group(parser)
    elif word == "type":
        cursor.index += 1
        core_type_definition(parser)
    elif word in CORE_WORDS:
        cursor.index += 1
        name = identifier(cursor)
        if word == "module":
            _core_module(parser, name)
        elif word == "instance":
            core_instance(parser, name)
        elif not inverted_alias(parser, CORE_WORDS[word], name):
            if word != "func":
                raise cursor.unexpected("expected (alias")
            core_canon(parser, name)
    else:
        raise cursor.unexpected("expected a core definition")


def _core_module(parser: Parser, name: Identifier | None) -> None:
    """Read the rest of ``(core module ...)``: a module written out, an import, or an alias."""
    cursor, scope = parser.cursor, parser.scope
    position = scope.start
    exports = inline_exports(parser)
    index = _imported_or_aliased(parser, Sort.CORE_MODULE, name)
    if index is None:
        begin = cursor.index
        end = cursor.end if cursor.kind() == "end" else _form_end(parser)
        # Instructions may be nested in each other, which the core parser does without recursion.
        inside = Cursor(cursor.tokens, begin, cursor.end)
        module = ModuleParser(inside, end, parser.features, INSTRUCTIONS).parse(begin)
        cursor.index = end
        if name is not None:
            module.names.module = name.name
        index = scope.emit(CoreModule(encode(module), position), Sort.CORE_MODULE, name)
    _export_later(parser, exports, SortIndex(Sort.CORE_MODULE, index))


def _form_end(parser: Parser) -> int:
    """The closing parenthesis of the form that the cursor is in, at its top level."""
    cursor = parser.cursor
    ahead = Cursor(cursor.tokens, cursor.index, cursor.end)
    while ahead.kind() not in (")", "end"):
        if ahead.kind() == "(":
            ahead.skip_form()
        else:
            ahead.index += 1
    return ahead.index


def _imported_or_aliased(parser: Parser, sort: Sort, name: Identifier | None) -> int | None:
    """Read ``(import "name") type`` or ``(alias ...)``; the index, None if neither is there."""
    scope = parser.scope
    if inverted_alias(parser, sort, name):
        return scope.spaces[sort].count - 1
    position = scope.start
    imported = inline_import(parser)
    if imported is None:
        return None
    return scope.emit(Import(imported, type_use(parser, sort), position), sort, name)


def _export_later(parser: Parser, names: list[ExternName], exported: SortIndex) -> None:
    scope = parser.scope
    scope.exports.extend(Export(name, exported, None, scope.start) for name in names)


def _component(parser: Parser) -> None:
    cursor, scope = parser.cursor, parser.scope
    position, name = scope.start, identifier(cursor)
    exports = inline_exports(parser)
    index = _imported_or_aliased(parser, Sort.COMPONENT, name)
    if index is None:
        with parser.within("component", None if name is None else name.name):
            component = _definitions(parser)
        component.position = position
        index = scope.emit(NestedComponent(component, position), Sort.COMPONENT, name)
    _export_later(parser, exports, SortIndex(Sort.COMPONENT, index))


def _instance(parser: Parser) -> None:
    name = identifier(parser.cursor)
    exports = inline_exports(parser)
    index = _imported_or_aliased(parser, Sort.INSTANCE, name)
    if index is None:
        index = instance(parser, name)
    _export_later(parser, exports, SortIndex(Sort.INSTANCE, index))


def _function(parser: Parser) -> None:
    name = identifier(parser.cursor)
    exports = inline_exports(parser)
    index = _imported_or_aliased(parser, Sort.FUNCTION, name)
    if index is None:
        type = type_use(parser, Sort.FUNCTION).index
        assert type is not None, "functions have a type"
        index = lifted(parser, type, name)
    _export_later(parser, exports, SortIndex(Sort.FUNCTION, index))


def _type(parser: Parser) -> None:
    cursor, scope = parser.cursor, parser.scope
    position, name = scope.start, identifier(cursor)
    exports = inline_exports(parser)
    if inverted_alias(parser, Sort.TYPE, name):
        index = scope.spaces[Sort.TYPE].count - 1
    else:
        syntax = defined_type(parser)
        index = scope.emit(TypeSyntaxDefinition(syntax, position), Sort.TYPE, name)
    _export_later(parser, exports, SortIndex(Sort.TYPE, index))


def _export(parser: Parser) -> None:
    """Read the rest of ``(export id? "name" item type?)``."""
    cursor, scope = parser.cursor, parser.scope
    position, bound = scope.start, identifier(cursor)
    name = name_and_attributes(parser)
    exported = item(parser)
    type = extern_use(parser)[0] if cursor.kind() == "(" else None
    scope.emit(Export(name, exported, type, position), exported.sort, bound)


def _refuse_value(parser: Parser) -> None:
    raise refuse(parser, "values", "a value or start definition")


_DEFINITIONS: dict[str, Callable[[Parser], None]] = {
    "core": _core,
    "component": _component,
    "instance": _instance,
    "alias": alias,
    "type": _type,
    "func": _function,
    "canon": canon,
    "import": import_declaration,
    "export": _export,
    "start": _refuse_value,
    "value": _refuse_value,
}
