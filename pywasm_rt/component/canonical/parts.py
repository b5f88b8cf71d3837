"""How Python values are taken apart for lowering: which Python objects stand for a record, a
variant, flags (see :mod:`pywasm_rt.component.values` for the list).
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping, Sequence

from pywasm_rt.component.canonical.scalars import Mismatch
from pywasm_rt.component.types import (
    EnumType,
    FlagsType,
    OptionType,
    RecordType,
    ResultType,
    TupleType,
    VariantType,
)
from pywasm_rt.component.values import Err, Ok, Record, Some, Variant

__all__ = [
    "bits_of_flags",
    "case_label",
    "case_selector",
    "field_names",
    "field_values",
    "sequence_of",
]


def field_names(type: RecordType | TupleType) -> Sequence[str]:
    """The names of a record's fields, or the numbers of a tuple's elements."""
    if isinstance(type, RecordType):
        return [name for name, _ in type.fields]
    return [str(n) for n in range(len(type.elements))]


def field_values(type: RecordType | TupleType) -> Callable[[object], Sequence[object]]:
    """From a Python value to the values of the fields in order."""
    if isinstance(type, TupleType):
        count, what = len(type.elements), str(type)

        def elements(value: object) -> Sequence[object]:
            parts = sequence_of(value, what)
            if len(parts) != count:
                raise Mismatch(f"{count} elements ({what})", value)
            return parts

        return elements
    names = [(name, _attribute(name)) for name, _ in type.fields]

    def fields(value: object) -> Sequence[object]:
        if isinstance(value, Record):
            return _mapped(vars(value), names, value)
        if isinstance(value, Mapping):
            return _mapped(value, names, value)
        return _attributes(value, names)

    return fields


def _attribute(name: str) -> str:
    attribute = name.replace("-", "_")
    return attribute + "_" if keyword.iskeyword(attribute) else attribute


def _mapped(
    fields: Mapping[str, object], names: Sequence[tuple[str, str]], value: object
) -> Sequence[object]:
    try:
        return [fields[name] for name, _ in names]
    except KeyError:
        pass
    parts = []
    for name, attribute in names:
        if name not in fields and attribute not in fields:
            raise Mismatch(f"a record with the field {name}", value)
        parts.append(fields[name if name in fields else attribute])
    return parts


def _attributes(value: object, names: Sequence[tuple[str, str]]) -> Sequence[object]:
    parts = []
    for name, attribute in names:
        try:
            parts.append(getattr(value, attribute))
        except AttributeError:
            raise Mismatch(f"a record with the field {name}", value) from None
    return parts


def sequence_of(value: object, what: str) -> Sequence[object]:
    """The value, if it is a sequence and neither text nor a mapping."""
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence | memoryview):
        raise Mismatch(what, value)
    return value


def bits_of_flags(type: FlagsType) -> Callable[[object], int]:
    """From a set of labels to bits."""
    values = {label: 1 << n for n, label in enumerate(type.labels)}

    def bits(value: object) -> int:
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise Mismatch(f"flags (a set of {', '.join(values)})", value)
        total = 0
        for label in value:
            bit = values.get(label) if isinstance(label, str) else None
            if bit is None:
                raise Mismatch(f"one of {', '.join(values)}", label)
            total |= bit
        return total

    return bits


def case_label(type: VariantType | EnumType | OptionType | ResultType, case: int) -> str:
    """How the place of a case's payload is written in error messages."""
    if isinstance(type, VariantType):
        return f"({type.cases[case][0]})"
    if isinstance(type, ResultType):
        return "(error)" if case else "(ok)"
    return ""


def case_selector(
    type: VariantType | EnumType | OptionType | ResultType,
) -> Callable[[object], tuple[int, object]]:
    """From a Python value to the case's number and the payload."""
    if isinstance(type, OptionType):
        return _select_option_of_option if isinstance(type.payload, OptionType) else _select_option
    if isinstance(type, ResultType):
        return _select_result
    if isinstance(type, EnumType):
        return _enum_selector(type)
    return _variant_selector(type)


def _select_option(value: object) -> tuple[int, object]:
    if value is None:
        return 0, None
    return 1, value.value if isinstance(value, Some) else value


def _select_option_of_option(value: object) -> tuple[int, object]:
    if value is None:
        return 0, None
    if not isinstance(value, Some):
        raise Mismatch("None or Some(...)", value)
    return 1, value.value


def _select_result(value: object) -> tuple[int, object]:
    if isinstance(value, Ok):
        return 0, value.value
    if isinstance(value, Err):
        return 1, value.value
    raise Mismatch("Ok(...) or Err(...)", value)


def _enum_selector(type: EnumType) -> Callable[[object], tuple[int, object]]:
    numbers = {name: n for n, name in enumerate(type.cases)}

    def select(value: object) -> tuple[int, object]:
        case = numbers.get(value) if isinstance(value, str) else None
        if case is None:
            raise Mismatch(f"one of {', '.join(numbers)}", value)
        return case, None

    return select


def _variant_selector(type: VariantType) -> Callable[[object], tuple[int, object]]:
    numbers = {name: n for n, (name, _) in enumerate(type.cases)}
    has_payload = [payload is not None for _, payload in type.cases]

    def select(value: object) -> tuple[int, object]:
        if isinstance(value, Variant):
            tag, payload = value.tag, value.payload
        elif isinstance(value, str):
            tag, payload = value, None
        else:
            raise Mismatch(f"a Variant ({', '.join(numbers)})", value)
        case = numbers.get(tag)
        if case is None:
            raise Mismatch(f"one of the cases {', '.join(numbers)}", tag)
        if not has_payload[case] and payload is not None:
            raise Mismatch(f"no payload for the case {tag}", payload)
        return case, payload

    return select
