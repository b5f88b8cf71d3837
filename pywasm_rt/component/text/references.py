"""How the text format refers to definitions: by index, by name, or through an instance."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pywasm_rt.component.names import ExternName
from pywasm_rt.component.syntax import AliasCoreExport, AliasExport, Sort, SortIndex
from pywasm_rt.component.text.scope import Scope, text_position
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.text.cursor import Cursor

__all__ = [
    "CORE_WORDS",
    "MAX_NESTING",
    "WORDS",
    "Parser",
    "extern_name",
    "inline_exports",
    "inline_import",
    "item",
    "name_and_attributes",
    "reference",
    "sort_word",
    "target",
]

MAX_NESTING = 100
"""How deep components and types may be nested; guards the host's stack."""

WORDS = {
    "func": Sort.FUNCTION,
    "value": Sort.VALUE,
    "type": Sort.TYPE,
    "component": Sort.COMPONENT,
    "instance": Sort.INSTANCE,
}
CORE_WORDS = {
    "func": Sort.CORE_FUNCTION,
    "table": Sort.CORE_TABLE,
    "memory": Sort.CORE_MEMORY,
    "global": Sort.CORE_GLOBAL,
    "tag": Sort.CORE_TAG,
    "type": Sort.CORE_TYPE,
    "module": Sort.CORE_MODULE,
    "instance": Sort.CORE_INSTANCE,
}
_CORE_EXPORTS = (
    Sort.CORE_FUNCTION,
    Sort.CORE_TABLE,
    Sort.CORE_MEMORY,
    Sort.CORE_GLOBAL,
    Sort.CORE_TAG,
)
_ATTRIBUTES = {
    "implements": "implements",
    "external-id": "external_id",
    "version-suffix": "version_suffix",
    "versionsuffix": "version_suffix",
}


class Parser:
    """What all parts of the parser share: the tokens, and the scope that is being filled."""

    def __init__(self, cursor: Cursor, features: Features) -> None:
        self.cursor = cursor
        self.features = features
        self.scope = Scope(cursor, features, "component")
        self._depth = 0

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Something within something. Raises ParseError where that goes too deep."""
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise self.cursor.error(f"definitions are nested deeper than {MAX_NESTING}")
        try:
            yield
        finally:
            self._depth -= 1

    @contextmanager
    def within(self, kind: str, label: str | None = None) -> Iterator[Scope]:
        """A scope inside the present one, for the time of the block."""
        outer = self.scope
        with self.deeper():
            self.scope = Scope(self.cursor, self.features, kind, outer, label)
            try:
                yield self.scope
            finally:
                self.scope = outer


# References.


def sort_word(parser: Parser, *, in_core: bool = False) -> Sort:
    """Read ``func``, ``core module`` and so on; ``in_core`` means core sorts without ``core``."""
    cursor = parser.cursor
    words = CORE_WORDS if in_core or cursor.accept_word("core") else WORDS
    sort = words.get(cursor.word())
    if sort is None:
        raise cursor.unexpected(f"expected one of {', '.join(words)}")
    cursor.index += 1
    return sort


def target(parser: Parser, sort: Sort) -> int:
    """Read ``index``, or ``instance "name"+``, which is an alias; the index in the sort's space."""
    cursor, scope = parser.cursor, parser.scope
    position = text_position(cursor)
    if cursor.kind(1) != "string":
        return scope.index(sort)
    if sort in _CORE_EXPORTS:
        instance = scope.index(Sort.CORE_INSTANCE)
        alias = AliasCoreExport(sort, instance, cursor.name(), position)
        return scope.emit(alias, sort)
    index = scope.index(Sort.INSTANCE)
    while cursor.kind() == "string":
        name = cursor.name()
        part = Sort.INSTANCE if cursor.kind() == "string" else sort
        index = scope.emit(AliasExport(part, index, name, position), part)
    return index


def reference(parser: Parser, sort: Sort, *, in_core: bool = False) -> int:
    """Read ``index`` or ``(sort index)`` or ``(sort instance "name"+)``.

    Within definitions of core instances (``in_core``) the word ``core`` is left out.
    """
    cursor = parser.cursor
    if cursor.kind() != "(":
        index = parser.scope.index(sort)
        if cursor.kind() == "string":
            wanted = f'({sort} instance "name")'
            raise cursor.unexpected(f"an export's name belongs in a reference, as in {wanted}")
        return index
    cursor.index += 1
    words = sort.value.split()
    for word in words[-1:] if in_core else words:
        if cursor.word() != word:
            raise cursor.unexpected(f"expected ({' '.join(words)} ...), with these words")
        cursor.index += 1
    index = target(parser, sort)
    cursor.close()
    return index


def item(parser: Parser, *, in_core: bool = False) -> SortIndex:
    """Read ``(sort index)`` or ``(sort instance "name"+)``."""
    cursor = parser.cursor
    if cursor.kind() != "(":
        raise cursor.unexpected("expected (func, (type, (instance and so on")
    cursor.index += 1
    start = cursor.index
    sort = sort_word(parser, in_core=in_core)
    if sort.is_core and sort is not Sort.CORE_MODULE and not in_core:
        cursor.index = start
        raise cursor.unexpected("of core items only modules pass between components")
    found = SortIndex(sort, target(parser, sort))
    cursor.close()
    return found


# Names of imports and exports.


def extern_name(parser: Parser) -> str:
    """Read ``"name"`` or ``(interface "name")``."""
    cursor = parser.cursor
    if not cursor.enter("interface"):
        return cursor.name()
    name = cursor.name()
    cursor.close()
    return name


def name_and_attributes(parser: Parser) -> ExternName:
    """Read a name and ``(implements ...)``, ``(external-id ...)``, each at most once."""
    cursor = parser.cursor
    name = extern_name(parser)
    found: dict[str, str] = {}
    while cursor.opened_word() in _ATTRIBUTES:
        attribute = _ATTRIBUTES[cursor.opened_word()]
        if attribute in found:
            word = cursor.opened_word()
            raise cursor.error(f"unexpected token {word}: it is given already", cursor.index + 1)
        cursor.index += 2
        found[attribute] = cursor.name()
        cursor.close()
    return ExternName(name, **found)


def _is_inline(cursor: Cursor, word: str) -> bool:
    """Whether ``(word name attributes*)`` comes next, with nothing behind the attributes."""
    if not cursor.opens(word):
        return False
    ahead = Cursor(cursor.tokens, cursor.index + 2, cursor.end)
    if ahead.opens("interface"):
        ahead.skip_form()
    elif ahead.kind() == "string":
        ahead.index += 1
    while ahead.opened_word() in _ATTRIBUTES:
        ahead.skip_form()
    return ahead.kind() == ")"


def inline_exports(parser: Parser) -> list[ExternName]:
    """Read ``(export "name")*`` within a definition."""
    cursor = parser.cursor
    names: list[ExternName] = []
    while _is_inline(cursor, "export"):
        cursor.index += 2
        names.append(name_and_attributes(parser))
        cursor.close()
    return names


def inline_import(parser: Parser) -> ExternName | None:
    """Read ``(import "name")`` within a definition, if it comes next."""
    cursor = parser.cursor
    if not _is_inline(cursor, "import"):
        return None
    cursor.index += 2
    name = name_and_attributes(parser)
    cursor.close()
    return name
