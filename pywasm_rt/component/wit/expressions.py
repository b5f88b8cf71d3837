"""The grammar of types and function signatures."""

from __future__ import annotations

from pywasm_rt.component.types import PrimitiveType
from pywasm_rt.component.wit.cursor import Cursor
from pywasm_rt.component.wit.syntax import (
    Constructed,
    FunctionSignature,
    Named,
    TypeExpression,
)

__all__ = ["MAX_DEPTH", "parse_parameters", "parse_signature", "parse_type"]

# Types nested deeper are refused, so that no text makes Python run out of stack.
MAX_DEPTH = 100
_LONGEST_LIST = 2**32 - 1
_PRIMITIVES = {type.value: type for type in PrimitiveType}
_MAP_KEYS = frozenset("bool u8 u16 u32 u64 s8 s16 s32 s64 char string".split())


def parse_type(cursor: Cursor) -> TypeExpression:
    """Read a type. Raises ParseError."""
    token = cursor.token
    primitive = _PRIMITIVES.get(token.kind)
    if primitive is not None:
        cursor.take()
        return primitive
    place = cursor.place()
    if token.kind == "identifier":
        return Named(cursor.take().text, place)
    if token.kind not in _CONSTRUCTORS:
        raise cursor.unexpected("a type")
    cursor.depth += 1
    if cursor.depth > MAX_DEPTH:
        raise cursor.source.error(f"the type is nested more than {MAX_DEPTH} deep", token.start)
    cursor.take()
    parts, length = _CONSTRUCTORS[token.kind](cursor, token.kind)
    cursor.depth -= 1
    return Constructed(token.kind, parts, length, place)


_Parts = tuple[tuple[TypeExpression | None, ...], int | None]


def _one_part(cursor: Cursor, _: str) -> _Parts:
    cursor.expect("<")
    part = parse_type(cursor)
    cursor.expect(">")
    return (part,), None


def _handle(cursor: Cursor, word: str) -> _Parts:
    cursor.expect("<")
    place = cursor.place()
    part = Named(cursor.name(f"the resource to {word}"), place)
    cursor.expect(">")
    return (part,), None


def _maybe_part(cursor: Cursor, word: str) -> _Parts:
    return _one_part(cursor, word) if cursor.token.kind == "<" else ((None,), None)


def _list(cursor: Cursor, _: str) -> _Parts:
    cursor.expect("<")
    element = parse_type(cursor)
    length = None
    if cursor.accept(","):
        digits = cursor.token
        if digits.kind != "integer":
            raise cursor.unexpected("the number of elements")
        if len(digits.text) > 10 or not 0 < int(digits.text) <= _LONGEST_LIST:
            raise cursor.source.error(
                f"a list's length must be 1 to {_LONGEST_LIST}, not {digits.text[:20]}",
                digits.start,
            )
        length = int(cursor.take().text)
    cursor.expect(">")
    return (element,), length


def _map(cursor: Cursor, _: str) -> _Parts:
    cursor.expect("<")
    if cursor.token.kind not in _MAP_KEYS:
        raise cursor.unexpected("a map's key: bool, char, string or an integer type")
    key = parse_type(cursor)
    cursor.expect(",")
    value = parse_type(cursor)
    cursor.expect(">")
    return (key, value), None


def _tuple(cursor: Cursor, _: str) -> _Parts:
    cursor.expect("<")
    parts = [parse_type(cursor) for _ in cursor.separated(">")]
    if not parts:
        raise cursor.source.error("a tuple needs at least one type", cursor.token.start - 1)
    return tuple(parts), None


def _result(cursor: Cursor, _: str) -> _Parts:
    if not cursor.accept("<"):
        return (None, None), None
    ok, error = None, None
    if cursor.accept("_"):
        cursor.expect(",")
        error = parse_type(cursor)
    else:
        ok = parse_type(cursor)
        if cursor.accept(","):
            error = parse_type(cursor)
    cursor.expect(">")
    return (ok, error), None


_CONSTRUCTORS = {
    "list": _list,
    "map": _map,
    "option": _one_part,
    "result": _result,
    "tuple": _tuple,
    "stream": _maybe_part,
    "future": _maybe_part,
    "own": _handle,
    "borrow": _handle,
}


def parse_signature(cursor: Cursor) -> FunctionSignature:
    """Read ``async func(...) -> ...``. Raises ParseError."""
    is_async = cursor.accept("async")
    cursor.expect("func")
    parameters = parse_parameters(cursor)
    result = parse_type(cursor) if cursor.accept("->") else None
    return FunctionSignature(parameters, result, is_async)


def parse_parameters(cursor: Cursor) -> tuple[tuple[str, TypeExpression], ...]:
    """Read ``(name: type, ...)``. Raises ParseError, also for a name that is there twice."""
    cursor.expect("(")
    parameters: dict[str, tuple[str, TypeExpression]] = {}
    for _ in cursor.separated(")"):
        place = cursor.place()
        name = cursor.name("a parameter")
        cursor.expect(":")
        if name.lower() in parameters:
            raise place.error(f"the parameter {name} is there twice")
        parameters[name.lower()] = (name, parse_type(cursor))
    return tuple(parameters.values())
