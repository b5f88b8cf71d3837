"""Instances and core instances in the text format."""

from __future__ import annotations

from pywasm_rt.component.names import ExternName
from pywasm_rt.component.syntax import (
    CoreInlineExports,
    CoreInstantiate,
    InlineExports,
    Instantiate,
    Sort,
    SortIndex,
)
from pywasm_rt.component.text.references import (
    Parser,
    item,
    name_and_attributes,
    reference,
)
from pywasm_rt.component.text.scope import Identifier, text_position

__all__ = ["core_instance", "instance"]


def core_instance(parser: Parser, name: Identifier | None) -> None:
    """Read ``(instantiate ...)``, or exports, within ``(core instance ...)``."""
    cursor, scope = parser.cursor, parser.scope
    position = scope.start
    if not cursor.enter("instantiate"):
        exports = _core_exports(parser)
        scope.emit(CoreInlineExports(exports, position), Sort.CORE_INSTANCE, name)
        return
    module = reference(parser, Sort.CORE_MODULE, in_core=True)
    arguments: list[tuple[str, int]] = []
    while cursor.enter("with"):
        argument = cursor.name()
        arguments.append((argument, _core_argument(parser)))
        cursor.close()
    cursor.close()
    definition = CoreInstantiate(module, tuple(arguments), position)
    scope.emit(definition, Sort.CORE_INSTANCE, name)


def _core_argument(parser: Parser) -> int:
    """Read ``(instance index)`` or ``(instance exports*)``."""
    cursor, scope = parser.cursor, parser.scope
    position = text_position(cursor)
    cursor.expect("instance")
    if cursor.kind() in ("id", "number"):
        index = scope.index(Sort.CORE_INSTANCE)
    else:
        exports = _core_exports(parser)
        index = scope.emit(CoreInlineExports(exports, position), Sort.CORE_INSTANCE)
    cursor.close()
    return index


def _core_exports(parser: Parser) -> tuple[tuple[str, SortIndex], ...]:
    cursor = parser.cursor
    exports: list[tuple[str, SortIndex]] = []
    while cursor.enter("export"):
        name = cursor.name()
        exports.append((name, item(parser, in_core=True)))
        cursor.close()
    return tuple(exports)


def instance(parser: Parser, name: Identifier | None) -> int:
    """Read ``(instantiate ...)``, or exports, within ``(instance ...)``; the instance's index."""
    cursor, scope = parser.cursor, parser.scope
    position = scope.start
    if not cursor.enter("instantiate"):
        exports = _exports(parser)
        return scope.emit(InlineExports(exports, position), Sort.INSTANCE, name)
    component = reference(parser, Sort.COMPONENT)
    arguments: list[tuple[str, SortIndex]] = []
    while cursor.enter("with"):
        argument = cursor.name()
        arguments.append((argument, _argument(parser)))
        cursor.close()
    cursor.close()
    return scope.emit(Instantiate(component, tuple(arguments), position), Sort.INSTANCE, name)


def _argument(parser: Parser) -> SortIndex:
    """Read ``(sort index)`` or ``(instance exports*)``."""
    cursor, scope = parser.cursor, parser.scope
    if not cursor.opens("instance") or cursor.kind(2) in ("id", "number"):
        return item(parser)
    position = text_position(cursor)
    cursor.index += 2
    exports = _exports(parser)
    cursor.close()
    return SortIndex(Sort.INSTANCE, scope.emit(InlineExports(exports, position), Sort.INSTANCE))


def _exports(parser: Parser) -> tuple[tuple[ExternName, SortIndex], ...]:
    cursor = parser.cursor
    exports: list[tuple[ExternName, SortIndex]] = []
    while cursor.enter("export"):
        name = name_and_attributes(parser)
        exports.append((name, item(parser)))
        cursor.close()
    return tuple(exports)
