"""Value types in the text format. Compound types within others become definitions of their own."""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.component.syntax import (
    BorrowSyntax,
    EnumSyntax,
    FlagsSyntax,
    FunctionSyntax,
    FutureSyntax,
    ListSyntax,
    MapSyntax,
    OptionSyntax,
    OwnSyntax,
    RecordSyntax,
    ResultSyntax,
    Sort,
    StreamSyntax,
    TupleSyntax,
    TypeSyntax,
    TypeSyntaxDefinition,
    ValueTypeUse,
    VariantSyntax,
)
from pywasm_rt.component.text.references import Parser, reference
from pywasm_rt.component.text.scope import text_position
from pywasm_rt.component.types import PrimitiveType

__all__ = ["compound_type", "function_type", "is_value_type", "optional_type", "value_type"]

_PRIMITIVES = {primitive.value: primitive for primitive in PrimitiveType}


def is_value_type(parser: Parser) -> bool:
    """Whether a value type comes next (anything but ``)`` and ``(error``)."""
    cursor = parser.cursor
    return cursor.kind() not in (")", "end") and not cursor.opens("error")


def value_type(parser: Parser) -> ValueTypeUse:
    """Read a value type: primitive, by reference, or compound."""
    cursor = parser.cursor
    primitive = _PRIMITIVES.get(cursor.word())
    if primitive is not None:
        cursor.index += 1
        return primitive
    if cursor.kind() != "(" or cursor.opens("type"):
        if cursor.kind() == "word":
            raise cursor.unexpected("expected a value type")
        return reference(parser, Sort.TYPE)
    position = text_position(cursor)
    syntax = compound_type(parser)
    return parser.scope.emit(TypeSyntaxDefinition(syntax, position), Sort.TYPE)


def compound_type(parser: Parser) -> TypeSyntax:
    """Read ``(list ...)``, ``(record ...)`` and so on."""
    cursor = parser.cursor
    read = _COMPOUND.get(cursor.opened_word())
    if read is None:
        cursor.index += int(cursor.kind() == "(")
        raise cursor.unexpected("expected a type")
    cursor.index += 2
    with parser.deeper():
        syntax = read(parser)
    cursor.close()
    return syntax


def optional_type(parser: Parser) -> ValueTypeUse | None:
    """Read a value type if one comes next."""
    return value_type(parser) if is_value_type(parser) else None


def _list(parser: Parser) -> TypeSyntax:
    element = value_type(parser)
    length = parser.cursor.natural(32) if parser.cursor.kind() == "number" else None
    return ListSyntax(element, length)


def _record(parser: Parser) -> TypeSyntax:
    return RecordSyntax(_labelled(parser, "field"))


def _labelled(parser: Parser, word: str) -> tuple[tuple[str, ValueTypeUse], ...]:
    cursor = parser.cursor
    parts: list[tuple[str, ValueTypeUse]] = []
    while cursor.enter(word):
        name = cursor.name()
        parts.append((name, value_type(parser)))
        cursor.close()
    return tuple(parts)


def _variant(parser: Parser) -> TypeSyntax:
    cursor = parser.cursor
    cases: list[tuple[str, ValueTypeUse | None]] = []
    while cursor.enter("case"):
        cursor.identifier()
        name = cursor.name()
        cases.append((name, optional_type(parser)))
        cursor.close()
    return VariantSyntax(tuple(cases))


def _tuple(parser: Parser) -> TypeSyntax:
    elements: list[ValueTypeUse] = []
    while is_value_type(parser):
        elements.append(value_type(parser))
    return TupleSyntax(tuple(elements))


def _names(parser: Parser) -> tuple[str, ...]:
    names: list[str] = []
    while parser.cursor.kind() == "string":
        names.append(parser.cursor.name())
    return tuple(names)


def _result(parser: Parser) -> TypeSyntax:
    ok = optional_type(parser)
    error = None
    if parser.cursor.enter("error"):
        error = value_type(parser)
        parser.cursor.close()
    return ResultSyntax(ok, error)


_COMPOUND: dict[str, Callable[[Parser], TypeSyntax]] = {
    "list": _list,
    "map": lambda parser: MapSyntax(value_type(parser), value_type(parser)),
    "record": _record,
    "variant": _variant,
    "tuple": _tuple,
    "flags": lambda parser: FlagsSyntax(_names(parser)),
    "enum": lambda parser: EnumSyntax(_names(parser)),
    "option": lambda parser: OptionSyntax(value_type(parser)),
    "result": _result,
    "own": lambda parser: OwnSyntax(reference(parser, Sort.TYPE)),
    "borrow": lambda parser: BorrowSyntax(reference(parser, Sort.TYPE)),
    "stream": lambda parser: StreamSyntax(optional_type(parser)),
    "future": lambda parser: FutureSyntax(optional_type(parser)),
}


def function_type(parser: Parser) -> FunctionSyntax:
    """Read ``async? (param "name" type)* (result type)?``."""
    cursor = parser.cursor
    is_async = cursor.accept_word("async")
    parameters = _labelled(parser, "param")
    result = None
    if cursor.enter("result"):
        result = value_type(parser)
        cursor.close()
    return FunctionSyntax(parameters, result, is_async)
