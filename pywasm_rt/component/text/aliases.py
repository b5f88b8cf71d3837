"""Aliases in the text format, written out: ``(alias export $instance "name" (func $f))``."""

from __future__ import annotations

from pywasm_rt.component.syntax import AliasCoreExport, AliasExport, AliasOuter, Sort
from pywasm_rt.component.text.references import CORE_WORDS, Parser, sort_word
from pywasm_rt.component.text.scope import Identifier, identifier
from pywasm_rt.wasm.text.cursor import Cursor

__all__ = ["alias", "inverted_alias", "outer_alias"]

_CORE = frozenset(CORE_WORDS.values()) - {Sort.CORE_MODULE, Sort.CORE_TYPE}


def alias(parser: Parser) -> None:
    """Read the rest of ``(alias ...)`` up to its closing parenthesis."""
    cursor = parser.cursor
    if cursor.accept_word("outer"):
        outer_alias(parser)
        return
    is_core = cursor.accept_word("core")
    cursor.expect_word("export")
    instance = parser.scope.index(Sort.CORE_INSTANCE if is_core else Sort.INSTANCE)
    export = cursor.name()
    sort, name = _sort_and_identifier(parser)
    _add_export(parser, sort, name, instance, export, is_core=is_core)


def inverted_alias(parser: Parser, sort: Sort, name: Identifier | None) -> bool:
    """Read ``(alias ...)`` within the definition of a ``sort``, if it comes next."""
    cursor, scope = parser.cursor, parser.scope
    if not cursor.opens("alias") or cursor.kinds[cursor.tokens.closes[cursor.index] - 1] == ")":
        return False  # written out, an alias ends in ``(sort id?)``: it is a definition within
    cursor.index += 2
    if cursor.accept_word("outer"):
        count, token = _outer_count(parser), cursor.index
        cursor.index += 1
        index = _outer_index(parser, token, count, sort)
        scope.emit(AliasOuter(sort, count, index, scope.start), sort, name)
    else:
        is_core = cursor.accept_word("core")
        cursor.expect_word("export")
        instance = scope.index(Sort.CORE_INSTANCE if is_core else Sort.INSTANCE)
        _add_export(parser, sort, name, instance, cursor.name(), is_core=is_core)
    cursor.close()
    return True


def _add_export(
    parser: Parser,
    sort: Sort,
    name: Identifier | None,
    instance: int,
    export: str,
    *,
    is_core: bool,
) -> None:
    scope = parser.scope
    if is_core and sort not in _CORE:
        raise parser.cursor.error(f"unexpected token: core instances do not export a {sort}")
    kind = AliasCoreExport if is_core else AliasExport
    scope.emit(kind(sort, instance, export, scope.start), sort, name)


def outer_alias(parser: Parser) -> None:
    """Read ``count index (sort id?)``: the rest of an outer alias up to its end."""
    cursor, scope = parser.cursor, parser.scope
    count, token = _outer_count(parser), cursor.index
    cursor.index += 1
    sort, name = _sort_and_identifier(parser)
    index = _outer_index(parser, token, count, sort)
    scope.emit(AliasOuter(sort, count, index, scope.start), sort, name)


def _sort_and_identifier(parser: Parser) -> tuple[Sort, Identifier | None]:
    """Read ``(sort id?)``; module types leave the word ``core`` out."""
    cursor = parser.cursor
    if cursor.kind() != "(":
        raise cursor.unexpected("expected what is aliased")
    cursor.index += 1
    sort = sort_word(parser, in_core=parser.scope.kind == "module type")
    name = identifier(cursor)
    cursor.close()
    return sort, name


def _outer_count(parser: Parser) -> int:
    """Read how many scopes to go out: a number, or the identifier of a component."""
    cursor = parser.cursor
    if cursor.kind() != "id":
        return cursor.natural(32)
    name = str(cursor.values[cursor.index])
    count, scope = 0, parser.scope
    while scope.label != name:
        if scope.parent is None:
            raise cursor.error(f"unknown component ${name}: this place is not within it")
        count, scope = count + 1, scope.parent
    cursor.index += 1
    return count


def _outer_index(parser: Parser, token: int, count: int, sort: Sort) -> int:
    """The index that ``token`` is, in the scope that lies ``count`` scopes out."""
    cursor = Cursor(parser.cursor.tokens, token, parser.cursor.end)
    if cursor.kind() != "id":
        return cursor.natural(32)
    scope = parser.scope
    for _ in range(count):
        if scope.parent is None:
            raise cursor.error(f"unknown {sort}: there are not so many components around")
        scope = scope.parent
    name = str(cursor.values[token])
    index = scope.spaces[sort].indices.get(name)
    if index is None:
        raise cursor.error(f"unknown {sort} ${name}")
    return index
