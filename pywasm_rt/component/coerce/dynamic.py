"""Dynamic values (Lua tables, YAML, JSON) to component values and back.

:func:`coerce` accepts what people write and refuses what would lose something: a fraction for an
integer, a number out of range, a field that the record does not have. One function handles one
kind of type; :data:`_COERCIONS` says which.

==================  ==========================================================================
type                accepted, besides the component value itself
==================  ==========================================================================
integers            int, or a float without fraction, in range
f32, f64            float, int
char                a string of one character, or a code point
string              str, or bytes that are UTF-8
list<u8>            bytes-like, str (as UTF-8), or a list of integers
list<T>, tuple      list, tuple, or a table with the keys 1, 2, ...
record              a mapping, keys in kebab-case or snake_case; ``option`` fields may lack
variant, result     a mapping of one case to its payload, or the bare name of a case without one
enum                name or index
flags               names, a mapping from names to booleans, or a bit mask
option<T>           None, or what T accepts; for nested options {some: value} too
map<K, V>           a mapping, or a list of pairs
==================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NoReturn

from pywasm_rt.component.arguments import complete, parameter_label
from pywasm_rt.component.numbers import INTEGER_RANGES, is_scalar_value, round_to_f32
from pywasm_rt.component.suggestion import hint
from pywasm_rt.component.types import (
    BOOL,
    CHAR,
    F32,
    F64,
    STRING,
    U8,
    EnumType,
    FlagsType,
    FunctionType,
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
from pywasm_rt.component.values import Err, Ok, Record, Some, Variant, field_name
from pywasm_rt.errors import ComponentError

__all__ = ["coerce", "coerce_arguments"]

_LONGEST_SHOWN = 60


class _Mismatch(Exception):
    """A value does not fit; ``path`` is the way to it, innermost first."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.path: list[str] = []


def coerce(value: object, type: ValueType, path: str = "") -> Any:
    """The component value of ``type`` that ``value`` stands for (see the module's docstring).

    ``path`` names the value in messages. Raises ComponentError, which says where inside the value
    the fault is: ``parameter 2 (b).size[3]: expected u32, got "x"``.
    """
    try:
        return _coerce(value, type)
    except _Mismatch as mismatch:
        full_path = path + "".join(reversed(mismatch.path))
        prefix = f"{full_path.removeprefix('.')}: " if full_path else ""
        raise ComponentError(prefix + mismatch.message, path=full_path) from None
    except RecursionError:
        prefix = f"{path}: " if path else ""
        raise ComponentError(f"{prefix}the value is nested too deeply", path=path) from None


def coerce_arguments(arguments: Sequence[object], type: FunctionType) -> tuple[Any, ...]:
    """The arguments of a call as component values; ``option`` ones at the end may lack.

    Raises ComponentError for a wrong number of them or a wrong one.
    """
    given = complete(arguments, type)
    return tuple(
        coerce(argument, parameter, parameter_label(index, name))
        for index, (argument, (name, parameter)) in enumerate(
            zip(given, type.parameters, strict=True)
        )
    )


def _coerce(value: Any, type: ValueType) -> Any:
    coercion = _COERCIONS.get(type if isinstance(type, PrimitiveType) else type.__class__)
    if coercion is not None:
        return coercion(value, type)
    if value is None:
        _refuse(value, type)
    return value


def _at(step: str, value: Any, type: ValueType) -> Any:
    """Coerce a part; ``step`` is the way from the whole to it."""
    try:
        return _coerce(value, type)
    except _Mismatch as mismatch:
        mismatch.path.append(step)
        raise


def _refuse(value: object, type: ValueType, reason: str = "") -> NoReturn:
    why = f" ({reason})" if reason else ""
    raise _Mismatch(f"expected {type}, got {_show(value)}{why}")


def _show(value: object) -> str:
    """A value in a message, in words that Lua, YAML and Python people all understand."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            shown = value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}..."
            return f'"{shown}"'
        case int() if value.bit_length() > 8 * _LONGEST_SHOWN:
            return f"an integer of {value.bit_length()} bits"
        case int() | float():
            return repr(value)
        case bytes() | bytearray() | memoryview():
            return f"{len(value)} bytes"
        case Mapping() | Record():
            keys = [str(key) for key in value][:5]
            return f"a table with {', '.join(keys)}" if keys else "an empty table"
        case Sequence() | AbstractSet():
            return f"a list of {len(value)}"
        case _:
            return f"a {value.__class__.__name__}"


def _coerce_bool(value: Any, type: ValueType) -> bool:
    if isinstance(value, bool):
        return value
    _refuse(value, type)


def _coerce_integer(value: Any, type: PrimitiveType) -> int:
    number = _integer(value)
    if number is None:
        reason = "it has a fraction" if isinstance(value, float) else ""
        _refuse(value, type, reason)
    low, high = INTEGER_RANGES[type]
    if not low <= number <= high:
        _refuse(value, type, f"out of range {low} to {high}")
    return number


def _integer(value: Any) -> int | None:
    """The integer that ``value`` is, exactly, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


def _coerce_float(value: Any, type: PrimitiveType) -> float:
    if isinstance(value, bool) or not isinstance(value, float | int):
        _refuse(value, type)
    try:
        number = float(value)
    except OverflowError:
        _refuse(value, type, "out of range")
    if type is F32 and number - number == 0:
        rounded = round_to_f32(number)
        if rounded - rounded != 0:
            _refuse(value, type, "out of range")
        return rounded
    return number


def _coerce_char(value: Any, type: ValueType) -> str:
    text = _text(value)
    code = ord(text) if text is not None and len(text) == 1 else _integer(value)
    if code is None or not is_scalar_value(code):
        _refuse(value, type, "a char is one character, or the number of one")
    return chr(code)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return None
    return None


def _coerce_string(value: Any, type: ValueType) -> str:
    text = _text(value)
    if text is None:
        _refuse(value, type, "not UTF-8" if isinstance(value, bytes | bytearray) else "")
    if _has_surrogate(text):
        _refuse(value, type, "it has a lone surrogate")
    return text


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


def _items(value: Any, type: ValueType) -> Sequence[Any]:
    """The elements of a list or of a table with the keys 1, 2, ..."""
    if isinstance(value, Mapping):
        return _table_items(value, type)
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return list(value)
    _refuse(value, type)


def _table_items(table: Mapping[Any, Any], type: ValueType) -> list[Any]:
    items = []
    for index in range(1, len(table) + 1):
        if index not in table:
            _refuse(table, type, f"its keys are not 1 to {len(table)}")
        items.append(table[index])
    return items


def _coerce_list(value: Any, type: ListType) -> Any:
    element = type.element
    if element is U8:
        octets = _octets(value)
        if octets is not None:
            _check_length(octets, type)
            return octets
    items = _items(value, type)
    _check_length(items, type)
    result: list[Any] = []
    try:
        result.extend(_coerce(item, element) for item in items)
    except _Mismatch as mismatch:
        mismatch.path.append(f"[{len(result)}]")
        raise
    return bytes(result) if element is U8 else result


def _octets(value: Any) -> bytes | None:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, str) and not _has_surrogate(value):
        return value.encode()
    return None


def _check_length(items: Sequence[Any], type: ListType) -> None:
    if type.length is not None and len(items) != type.length:
        raise _Mismatch(f"expected {type.length} elements for {type}, got {len(items)}")


def _coerce_map(value: Any, type: MapType) -> dict[Any, Any]:
    pairs: Iterable[Any]
    if isinstance(value, Mapping):
        pairs = value.items()
    else:
        pairs = [_pair(item, index, type) for index, item in enumerate(_items(value, type))]
    entries: dict[Any, Any] = {}
    for key, item in pairs:
        step = f"[{_show(key)}]"
        entries[_at(step, _map_key(key, type), type.key)] = _at(step, item, type.value)
    return entries


def _pair(item: Any, index: int, type: MapType) -> Sequence[Any]:
    pair = _items(item, type)
    if len(pair) != 2:
        raise _Mismatch(f"expected pairs of key and value for {type}, got {_show(item)} [{index}]")
    return pair


def _map_key(key: Any, type: MapType) -> Any:
    """A key; JSON knows only strings, so they may stand for integers and booleans."""
    if isinstance(key, str):
        if type.key in INTEGER_RANGES and key.removeprefix("-").isdecimal() and len(key) <= 20:
            return int(key)
        if type.key is BOOL and key in ("true", "false"):
            return key == "true"
    return key


def _coerce_tuple(value: Any, type: TupleType) -> tuple[Any, ...]:
    items = _items(value, type)
    elements = type.elements
    if len(items) != len(elements):
        raise _Mismatch(f"expected {len(elements)} values for {type}, got {len(items)}")
    return tuple(
        _at(f"[{index}]", item, element)
        for index, (item, element) in enumerate(zip(items, elements, strict=True))
    )


def _coerce_record(value: Any, type: RecordType) -> Record:
    given = _named(value, dict(type.fields), type)
    missing = [
        name
        for name, field in type.fields
        if name not in given and not isinstance(field, OptionType)
    ]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        raise _Mismatch(f"missing field{plural} {', '.join(missing)} of {_outline(type)}")
    return Record({name: _at(f".{name}", given.get(name), field) for name, field in type.fields})


def _named(value: Any, known: Mapping[str, Any], type: ValueType) -> dict[str, Any]:
    """The entries of a record-like value by their kebab-case names, which must be known."""
    if isinstance(value, Record):
        value = vars(value)
    elif not isinstance(value, Mapping):
        attributes = _attributes(value, known)
        if attributes is None:
            raise _Mismatch(f"expected {_outline(type)}, got {_show(value)}")
        value = attributes
    named: dict[str, Any] = {}
    unknown: list[str] = []
    for key, item in value.items():
        name = _known_name(key, known)
        if name is None:
            unknown.append(f"{_show(key)} ({hint(str(key), known)})")
        elif name in named:
            raise _Mismatch(f"the field {name} of {type} is there twice, in two spellings")
        else:
            named[name] = item
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        raise _Mismatch(f"{type} has no field{plural} {', '.join(unknown)}")
    return named


def _attributes(value: Any, known: Iterable[str]) -> dict[str, Any] | None:
    """The fields of an object that is a record by its attributes; of an empty table, none."""
    if isinstance(value, list | tuple) and not value:
        return {}
    attributes = {name: name.replace("-", "_") for name in known}
    found = {
        name: getattr(value, attribute)
        for name, attribute in attributes.items()
        if attribute in getattr(value, "__dict__", ()) or attribute in _slots(value)
    }
    return found or None


def _slots(value: Any) -> Iterable[str]:
    slots: Iterable[str] = getattr(value.__class__, "__slots__", ())
    return slots


def _known_name(key: Any, known: Iterable[str]) -> str | None:
    """The name among ``known`` that a key means: as it is, or in snake_case."""
    text = _text(key)
    if text is None or text in known:
        return text
    kebab = field_name(text)
    return kebab if kebab in known else None


def _outline(type: ValueType) -> str:
    """A type in a message, with the names of its parts where it has a name of its own."""
    if isinstance(type, RecordType) and type.name:
        return f"{type.name} {{{', '.join(f'{name}: {field}' for name, field in type.fields)}}}"
    return str(type)


def _coerce_variant(value: Any, type: VariantType) -> Variant:
    cases = dict(type.cases)
    if isinstance(value, Variant):
        case, payload = value.tag, value.payload
    else:
        case, payload = _case(value, cases, type)
    name = _known_name(case, cases)
    if name is None:
        raise _Mismatch(f"{type} has no case {_show(case)}; {hint(str(case), cases)}")
    return Variant(name, _payload(name, payload, cases[name], type))


def _case(value: Any, cases: Mapping[str, Any], type: ValueType) -> tuple[Any, Any]:
    """The case and payload that a bare name or a mapping with one entry stands for."""
    bare = _text(value)
    if bare is not None:
        return bare, None
    if isinstance(value, Mapping | Record) and len(value) == 1:
        case = next(iter(value))
        return case, value[case]
    _refuse(value, type, f"give one of {', '.join(cases)} as {{case: payload}}")


def _payload(case: str, payload: Any, expected: ValueType | None, type: ValueType) -> Any:
    if expected is not None:
        return _at(f".{case}", payload, expected)
    if payload is None or payload is True or (isinstance(payload, Mapping | list) and not payload):
        return None
    raise _Mismatch(f"{case} of {type} has no payload, got {_show(payload)}")


def _coerce_result(value: Any, type: ResultType) -> Ok | Err:
    if isinstance(value, Ok):
        return Ok(_payload("ok", value.value, type.ok, type))
    if isinstance(value, Err):
        return Err(_payload("err", value.value, type.error, type))
    cases = {"ok": type.ok, "err": type.error}
    case, payload = _case(value, cases, type)
    if case not in cases:
        raise _Mismatch(f"{type} has no case {_show(case)}; {hint(str(case), cases)}")
    payload = _payload(case, payload, cases[case], type)
    return Ok(payload) if case == "ok" else Err(payload)


def _coerce_enum(value: Any, type: EnumType) -> str:
    index = _integer(value)
    if index is not None:
        if not 0 <= index < len(type.cases):
            _refuse(value, type, f"its cases are numbered 0 to {len(type.cases) - 1}")
        return type.cases[index]
    if _text(value) is None:
        _refuse(value, type)
    name = _known_name(value, type.cases)
    if name is None:
        raise _Mismatch(f"{type} has no case {_show(value)}; {hint(str(value), type.cases)}")
    return name


def _coerce_flags(value: Any, type: FlagsType) -> frozenset[str]:
    labels = type.labels
    mask = _integer(value)
    if mask is not None:
        if not 0 <= mask < 1 << len(labels):
            _refuse(value, type, f"it has {len(labels)} flags")
        return frozenset(label for bit, label in enumerate(labels) if mask >> bit & 1)
    if isinstance(value, Mapping) and not _is_array(value):
        return frozenset(_switched_on(_named(value, dict.fromkeys(labels), type)))
    if isinstance(value, str) or not isinstance(value, Mapping | Sequence | AbstractSet):
        _refuse(value, type, "give a list of names")
    names = _items(value, type) if isinstance(value, Mapping | Sequence) else value
    found = []
    for item in names:
        name = _known_name(item, labels)
        if name is None:
            raise _Mismatch(f"{type} has no flag {_show(item)}; {hint(str(item), labels)}")
        found.append(name)
    return frozenset(found)


def _is_array(table: Mapping[Any, Any]) -> bool:
    return all(isinstance(key, int | float) for key in table)


def _switched_on(named: Mapping[str, Any]) -> Iterable[str]:
    for name, is_set in named.items():
        if not isinstance(is_set, bool):
            raise _Mismatch(f"expected true or false for the flag {name}, got {_show(is_set)}")
        if is_set:
            yield name


def _coerce_option(value: Any, type: OptionType) -> Any:
    payload = type.payload
    if value is None:
        return None
    if isinstance(value, Some):
        inner = _at(".some", value.value, payload)
    elif isinstance(payload, OptionType) and isinstance(value, Mapping) and set(value) == {"some"}:
        inner = _at(".some", value["some"], payload)
    else:
        inner = _coerce(value, payload)
    return Some(inner) if isinstance(payload, OptionType) else inner


_COERCIONS: dict[object, Callable[[Any, Any], Any]] = {
    BOOL: _coerce_bool,
    F32: _coerce_float,
    F64: _coerce_float,
    CHAR: _coerce_char,
    STRING: _coerce_string,
    **dict.fromkeys(INTEGER_RANGES, _coerce_integer),
    ListType: _coerce_list,
    MapType: _coerce_map,
    TupleType: _coerce_tuple,
    RecordType: _coerce_record,
    VariantType: _coerce_variant,
    ResultType: _coerce_result,
    EnumType: _coerce_enum,
    FlagsType: _coerce_flags,
    OptionType: _coerce_option,
}
