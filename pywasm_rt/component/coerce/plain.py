"""Component values as plain data, for Lua, JSON and YAML; the way back from ``coerce``.

==================  ==========================================================================
type                plain data
==================  ==========================================================================
bool ... string     as they are
list<u8>            bytes
list<T>, tuple      list
record              dict by WIT field names; an absent ``option`` is None
variant             {case: payload}; True stands for a missing payload
result              {"ok": value} or {"err": value}; True stands for a missing value
enum                the case's name
flags               list of the names that are set, in the type's order
option<T>           None or the value; nested options: {"some": value}
map<K, V>           dict
own, borrow, ...    the object itself
==================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pywasm_rt.component.coerce.dynamic import coerce
from pywasm_rt.component.types import (
    FlagsType,
    ListType,
    MapType,
    OptionType,
    PrimitiveType,
    RecordType,
    ResultType,
    TupleType,
    ValueType,
    VariantType,
)
from pywasm_rt.component.values import Err, Ok, Record, Some, Variant
from pywasm_rt.errors import ComponentError

__all__ = ["to_plain"]


def to_plain(value: object, type: ValueType | None) -> Any:
    """A component value of ``type`` as plain data (see the module's docstring).

    ``type`` None, that of a function without result, gives None. Raises ComponentError if the
    value is not of the type.
    """
    if type is None:
        return None
    try:
        return _plain(coerce(value, type), type)
    except RecursionError:
        raise ComponentError("the value is nested too deeply") from None


def _plain(value: Any, type: ValueType) -> Any:
    convert = _CONVERSIONS.get(type.__class__)
    return value if convert is None else convert(value, type)


def _plain_list(value: Any, type: ListType) -> Any:
    if isinstance(value, bytes) or isinstance(type.element, PrimitiveType):
        return value
    return [_plain(item, type.element) for item in value]


def _plain_map(value: dict[object, object], type: MapType) -> dict[object, Any]:
    return {key: _plain(item, type.value) for key, item in value.items()}


def _plain_tuple(value: tuple[object, ...], type: TupleType) -> list[Any]:
    return [_plain(item, part) for item, part in zip(value, type.elements, strict=True)]


def _plain_record(value: Record, type: RecordType) -> dict[str, Any]:
    return {name: _plain(value[name], part) for name, part in type.fields}


def _plain_variant(value: Variant, type: VariantType) -> dict[str, Any]:
    return {value.tag: _payload(value.payload, dict(type.cases)[value.tag])}


def _plain_result(value: Ok | Err, type: ResultType) -> dict[str, Any]:
    if isinstance(value, Ok):
        return {"ok": _payload(value.value, type.ok)}
    return {"err": _payload(value.value, type.error)}


def _payload(value: object, type: ValueType | None) -> Any:
    return True if type is None else _plain(value, type)


def _plain_flags(value: frozenset[str], type: FlagsType) -> list[str]:
    return [label for label in type.labels if label in value]


def _plain_option(value: object, type: OptionType) -> Any:
    if value is None:
        return None
    if isinstance(value, Some):
        return {"some": _plain(value.value, type.payload)}
    return _plain(value, type.payload)


_CONVERSIONS: dict[type, Callable[[Any, Any], Any]] = {
    ListType: _plain_list,
    MapType: _plain_map,
    TupleType: _plain_tuple,
    RecordType: _plain_record,
    VariantType: _plain_variant,
    ResultType: _plain_result,
    FlagsType: _plain_flags,
    OptionType: _plain_option,
}
