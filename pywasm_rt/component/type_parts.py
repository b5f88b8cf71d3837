"""What value types are made of."""

from __future__ import annotations

from collections.abc import Iterator

from pywasm_rt.component import types as t

__all__ = ["parts", "walk"]


def parts(type: t.ValueType | t.ResourceType) -> list[t.ValueType]:
    """The types directly inside a type, in order."""
    found: list[t.ValueType | None]
    match type:
        case t.ListType(element=element):
            found = [element]
        case t.MapType(key=key, value=value):
            found = [key, value]
        case t.RecordType(fields=fields):
            found = [part for _, part in fields]
        case t.TupleType(elements=elements):
            found = list(elements)
        case t.VariantType(cases=cases):
            found = [part for _, part in cases]
        case t.OptionType(payload=payload) | t.FutureType(payload=payload):
            found = [payload]
        case t.StreamType(element=payload):
            found = [payload]
        case t.ResultType(ok=ok, error=error):
            found = [ok, error]
        case _:
            found = []
    return [part for part in found if part is not None]


def walk(type: t.ValueType) -> Iterator[t.ValueType]:
    """A type and all types inside it; each object once."""
    seen: set[int] = set()
    waiting: list[t.ValueType] = [type]
    while waiting:
        part = waiting.pop()
        if id(part) not in seen:
            seen.add(id(part))
            yield part
            waiting.extend(parts(part))
