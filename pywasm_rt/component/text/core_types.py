"""Core types, and the types of core modules, in the component text format."""

from __future__ import annotations

from pywasm_rt.component.syntax import (
    CoreExportDeclaration,
    CoreExternUse,
    CoreFunctionUse,
    CoreImportDeclaration,
    CoreTypeDefinition,
    ModuleTypeSyntax,
    Sort,
)
from pywasm_rt.component.text.aliases import outer_alias
from pywasm_rt.component.text.references import Parser, target
from pywasm_rt.component.text.scope import Identifier, identifier, text_position
from pywasm_rt.wasm.text.cursor import Cursor
from pywasm_rt.wasm.text.types import (
    global_type,
    memory_type,
    sub_type,
    table_type,
    type_use,
)
from pywasm_rt.wasm.types import RecursiveType, SubType, TagType

__all__ = ["core_recursion_group", "core_type_definition", "is_type_use", "module_type_use"]

# What stands before the name of a type, in a type: ``(ref null $t)``, ``(sub final $t ...)``.
_BEFORE_TYPES = ("ref", "null", "sub", "final")
_EXTERNS = {
    "func": Sort.CORE_FUNCTION,
    "table": Sort.CORE_TABLE,
    "memory": Sort.CORE_MEMORY,
    "global": Sort.CORE_GLOBAL,
    "tag": Sort.CORE_TAG,
}


def core_type_definition(parser: Parser) -> None:
    """Read the rest of ``(core type id? ...)`` or, in a module type, ``(type id? ...)``."""
    cursor, scope = parser.cursor, parser.scope
    position = text_position(cursor)
    name = identifier(cursor)
    if scope.kind != "module type" and cursor.enter("module"):
        module_type = _module_type(parser)
        cursor.close()
        scope.emit(CoreTypeDefinition(module_type, position), Sort.CORE_TYPE, name)
        return
    index = _bind(parser, [name])
    _define(parser, [sub_type(cursor, scope.core, index)])


def _bind(parser: Parser, names: list[Identifier | None]) -> int:
    """Bind the names of a recursion group before it is read; the index of its first type.

    Types of scopes further out that it refers to become aliases before that.
    """
    scope = parser.scope
    _alias_outer_types(parser, {it.name for it in names if it is not None})
    first = scope.core.space.count
    for name in names:
        scope.bind(Sort.CORE_TYPE, name)
    return first


def _alias_outer_types(parser: Parser, own: set[str]) -> None:
    cursor = parser.cursor
    ahead = Cursor(cursor.tokens, cursor.index, cursor.end)
    depth = 0
    while depth >= 0 and ahead.kind() != "end":
        depth += {"(": 1, ")": -1}.get(ahead.kind(), 0)
        ahead.index += 1
        if ahead.kind() == "id" and ahead.values[ahead.index - 1] in _BEFORE_TYPES:
            name = str(ahead.values[ahead.index])
            if name not in own:
                parser.scope.find(Sort.CORE_TYPE, name)


def _define(parser: Parser, members: list[SubType]) -> None:
    core = parser.scope.core
    del core.types[len(core.types) - len(members) :]
    core.add_group(RecursiveType(tuple(members)))


def core_recursion_group(parser: Parser) -> None:
    """Read the rest of ``(core rec (type id? ...)*)``."""
    cursor = parser.cursor
    ahead = Cursor(cursor.tokens, cursor.index, cursor.end)
    names: list[Identifier | None] = []
    while ahead.opens("type"):
        inside = Cursor(cursor.tokens, ahead.index + 2, cursor.end)
        names.append(identifier(inside))
        ahead.skip_form()
    first = _bind(parser, names)
    members: list[SubType] = []
    while cursor.enter("type"):
        cursor.identifier()
        members.append(sub_type(cursor, parser.scope.core, first + len(members)))
        cursor.close()
    _define(parser, members)


def module_type_use(parser: Parser) -> int:
    """Read ``(type index)``, or the declarations of a new module type; the type's index."""
    cursor = parser.cursor
    if is_type_use(cursor):
        cursor.index += 2
        index = target(parser, Sort.CORE_TYPE)
        cursor.close()
        return index
    position = text_position(cursor)
    module_type = _module_type(parser)
    return parser.scope.emit(CoreTypeDefinition(module_type, position), Sort.CORE_TYPE)


def is_type_use(cursor: Cursor) -> bool:
    """Whether ``(type index)`` comes next, and not the definition of a type."""
    if not cursor.opens("type") or cursor.kind(2) not in ("id", "number"):
        return False
    ahead = Cursor(cursor.tokens, cursor.index + 3, cursor.end)
    while ahead.kind() == "string":
        ahead.index += 1
    return ahead.kind() == ")"


def _module_type(parser: Parser) -> ModuleTypeSyntax:
    """Read declarations up to the end of the form."""
    cursor = parser.cursor
    with parser.within("module type") as scope:
        while cursor.kind() != ")":
            scope.start = text_position(cursor)
            _declaration(parser)
            cursor.close()
    return ModuleTypeSyntax(tuple(scope.definitions))


def _declaration(parser: Parser) -> None:
    """Read a declaration of a module type up to its closing parenthesis."""
    cursor, scope = parser.cursor, parser.scope
    position = scope.start
    if cursor.enter("type"):
        core_type_definition(parser)
    elif cursor.enter("rec"):
        core_recursion_group(parser)
    elif cursor.enter("alias"):
        cursor.expect_word("outer")
        outer_alias(parser)
    elif cursor.enter("import"):
        module, name = cursor.name(), cursor.name()
        type = _extern(parser)
        scope.definitions.append(CoreImportDeclaration(module, name, type, position))
    elif cursor.enter("export"):
        name = cursor.name()
        scope.definitions.append(CoreExportDeclaration(name, _extern(parser), position))
    else:
        cursor.index += int(cursor.kind() == "(")
        raise cursor.unexpected("expected a declaration of a module type")


def _extern(parser: Parser) -> CoreExternUse:
    """Read ``(func id? ...)``, ``(memory id? ...)`` and so on."""
    cursor, scope = parser.cursor, parser.scope
    word = cursor.opened_word()
    if word not in _EXTERNS:
        cursor.index += int(cursor.kind() == "(")
        raise cursor.unexpected("expected (func, (table, (memory, (global or (tag")
    cursor.index += 2
    cursor.identifier()
    type: CoreExternUse
    if word == "func":
        type = CoreFunctionUse(type_use(cursor, scope.core)[0])
    elif word == "table":
        type = table_type(cursor, scope.core)
    elif word == "memory":
        type = memory_type(cursor, scope.core)
    elif word == "global":
        type = global_type(cursor, scope.core)
    else:
        type = TagType(type_use(cursor, scope.core)[0])
    cursor.close()
    return type
