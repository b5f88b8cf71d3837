"""Values of component scripts to Python values, and whether a result is as expected."""

from __future__ import annotations

import math
import struct
from typing import Any

from pywasm_rt.component import types as t
from pywasm_rt.component.script import NaNValue, WrittenValue
from pywasm_rt.component.values import Err, Ok, Record, Some, Variant

__all__ = ["agrees", "value_of"]


def value_of(written: WrittenValue) -> Any:
    """The Python value that a call takes."""
    value: Any = written.value
    match written.kind:
        case "list":
            return [value_of(item) for item in value]
        case "tuple":
            return tuple(value_of(item) for item in value)
        case "record":
            return Record({name: value_of(item) for name, item in value})
        case "variant":
            return Variant(value[0], _optional(value[1]))
        case "result":
            return (Ok if value[0] == "ok" else Err)(_optional(value[1]))
        case "option":
            inner = _optional(value)
            return Some(inner) if value is not None and value.kind == "option" else inner
        case "flags":
            return frozenset(value)
    return value


def _optional(written: WrittenValue | None) -> Any:
    return None if written is None else value_of(written)


def agrees(actual: Any, written: WrittenValue, type: t.ValueType) -> bool:
    """Whether a result of ``type`` is what a script has written; types must agree, too."""
    expected: Any = written.value
    match type:
        case t.PrimitiveType():
            return written.kind == type.value and _same(actual, expected, type)
        case t.ListType(element=element):
            return written.kind == "list" and _all(actual, expected, [element] * len(actual))
        case t.TupleType(elements=elements):
            return written.kind == "tuple" and _all(actual, expected, elements)
        case t.RecordType(fields=fields):
            names = [name for name, _ in fields]
            return (
                written.kind == "record"
                and names == [name for name, _ in expected]
                and _all(
                    [actual[name] for name in names],
                    [item for _, item in expected],
                    [part for _, part in fields],
                )
            )
        case t.VariantType(cases=cases):
            return (
                written.kind == "variant"
                and actual.tag == expected[0]
                and _payload(actual.payload, expected[1], dict(cases)[actual.tag])
            )
        case t.ResultType(ok=ok, error=error):
            case = "ok" if isinstance(actual, Ok) else "err"
            part = ok if case == "ok" else error
            return (
                written.kind == "result"
                and case == expected[0]
                and _payload(actual.value, expected[1], part)
            )
        case t.OptionType(payload=part):
            inner = actual.value if isinstance(actual, Some) else actual
            absent = actual is None
            return written.kind == "option" and (
                expected is None if absent else _payload(inner, expected, part)
            )
        case t.EnumType():
            return bool(written.kind == "enum" and actual == expected)
        case t.FlagsType():
            return bool(written.kind == "flags" and actual == frozenset(expected))
    return False


def _all(actual: Any, expected: Any, types: Any) -> bool:
    return len(actual) == len(expected) == len(types) and all(map(agrees, actual, expected, types))


def _payload(actual: Any, expected: WrittenValue | None, type: t.ValueType | None) -> bool:
    if type is None or expected is None:
        return type is None and expected is None and actual is None
    return agrees(actual, expected, type)


def _same(actual: Any, expected: Any, type: t.PrimitiveType) -> bool:
    if type not in (t.F32, t.F64):
        return bool(actual == expected)
    if isinstance(expected, NaNValue) or math.isnan(expected):
        # There is but one NaN value in the component model.
        return math.isnan(actual)
    return struct.pack("<d", actual) == struct.pack("<d", expected)
