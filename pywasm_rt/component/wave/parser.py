"""Reading WAVE: the type says what the text may hold, and what a message asks for.

One method reads one kind of type; :data:`_READERS` says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pywasm_rt.component.numbers import INTEGER_RANGES, decimal_to_f32
from pywasm_rt.component.source import Source
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
from pywasm_rt.component.wave.lexer import (
    KEYWORDS,
    Lexer,
    Token,
    unquote_char,
    unquote_multiline,
    unquote_string,
)
from pywasm_rt.errors import ParseError

__all__ = ["MAX_DEPTH", "Parser", "parse"]

# Values nested deeper are refused, so that no text makes Python run out of stack.
MAX_DEPTH = 100
_LONGEST_INTEGER = 20


def parse(text: str, type: ValueType, file: str = "") -> object:
    """The value of ``type`` that ``text`` holds, space and comments around it allowed.

    Raises ParseError, with line and column, for anything else; ``file`` is for its message.
    """
    parser = Parser(Source(text, file))
    value = parser.value(type)
    parser.expect_end()
    return value


class Parser:
    """A place in a WAVE text: ``token`` is the next one, not yet used."""

    def __init__(self, source: Source, position: int = 0) -> None:
        self.source = source
        self.lexer = Lexer(source, position)
        self.token = self.lexer.next()
        self.depth = 0

    def take(self) -> Token:
        """Use the next token up."""
        token = self.token
        self.token = self.lexer.next()
        return token

    def accept(self, kind: str) -> bool:
        """Use the next token up if it is of this kind."""
        if self.token.kind != kind:
            return False
        self.take()
        return True

    def expect(self, kind: str, why: str) -> Token:
        """Use the next token up, which must be of this kind; ``why`` completes the message."""
        if self.token.kind != kind:
            raise self.source.error(
                f"expected {kind} {why}, found {self.token}", self.token.start, expected=kind
            )
        return self.take()

    def expect_end(self) -> None:
        """Raise ParseError if there is more text."""
        if self.token.kind != "end":
            raise self.source.error(
                f"expected the end of the value, found {self.token}", self.token.start
            )

    def value(self, type: ValueType) -> object:
        """Read a value of ``type``."""
        read = _READERS.get(type if isinstance(type, PrimitiveType) else type.__class__)
        if read is None:
            raise self.source.error(
                f"a value of type {type} cannot be written as text", self.token.start
            )
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.source.error(
                f"the value is nested more than {MAX_DEPTH} deep", self.token.start
            )
        value = read(self, type)
        self.depth -= 1
        return value

    def mismatch(self, type: ValueType) -> ParseError:
        """The error for a token with which no value of ``type`` begins."""
        quoted = type is STRING and self.token.kind in ("label", "number")
        advice = f'; a string needs quotes: "{self.token}"' if quoted else ""
        return self.source.error(
            f"expected {_describe(type)}, found {self.token}{advice}",
            self.token.start,
            expected=str(type),
        )

    def sequence(self, close: str) -> Iterator[int]:
        """Iterate over comma-separated places up to ``close``, which is used up."""
        index = 0
        while not self.accept(close):
            yield index
            index += 1
            if not self.accept(","):
                self.expect(close, "or ,")
                return


def _read_bool(parser: Parser, type: ValueType) -> bool:
    if parser.token.text not in ("true", "false"):
        raise parser.mismatch(type)
    return parser.take().text == "true"


def _read_integer(parser: Parser, type: PrimitiveType) -> int:
    token = parser.token
    low, high = INTEGER_RANGES[type]
    digits = token.text.removeprefix("-")
    if token.kind != "number" or not digits.isdecimal():
        raise parser.mismatch(type)
    number = int(token.text) if len(digits) <= _LONGEST_INTEGER else high + 1
    if not low <= number <= high:
        raise parser.source.error(
            f"{token} is out of range: {type} holds {low} to {high}",
            token.start,
            expected=str(type),
        )
    parser.take()
    return number


def _read_float(parser: Parser, type: PrimitiveType) -> float:
    token = parser.token
    if token.kind != "number" and token.text not in ("nan", "inf"):
        raise parser.mismatch(type)
    parser.take()
    return decimal_to_f32(token.text) if type is F32 else float(token.text)


def _read_char(parser: Parser, type: ValueType) -> str:
    if parser.token.kind != "char":
        raise parser.mismatch(type)
    return unquote_char(parser.source, parser.take())


def _read_string(parser: Parser, type: ValueType) -> str:
    if parser.token.kind == "string":
        return unquote_string(parser.source, parser.take())
    if parser.token.kind == "multiline":
        return unquote_multiline(parser.source, parser.take())
    raise parser.mismatch(type)


def _read_list(parser: Parser, type: ListType) -> object:
    opening = parser.token
    if not parser.accept("["):
        raise parser.mismatch(type)
    element = type.element
    items = [parser.value(element) for _ in parser.sequence("]")]
    if type.length is not None and len(items) != type.length:
        raise parser.source.error(
            f"expected {type.length} elements for {type}, found {len(items)}", opening.start
        )
    return bytes(items) if element is U8 else items  # type: ignore[arg-type]


def _read_map(parser: Parser, type: MapType) -> dict[object, object]:
    if not parser.accept("{"):
        raise parser.mismatch(type)
    entries: dict[object, object] = {}
    if parser.accept(":"):
        parser.expect("}", "after : in the empty map")
        return entries
    for _ in parser.sequence("}"):
        key = parser.value(type.key)
        parser.expect(":", "after the key")
        entries[key] = parser.value(type.value)
    return entries


def _read_tuple(parser: Parser, type: TupleType) -> tuple[object, ...]:
    opening = parser.token
    if not parser.accept("("):
        raise parser.mismatch(type)
    elements = type.elements
    items: list[object] = []
    for index in parser.sequence(")"):
        if index == len(elements):
            break
        items.append(parser.value(elements[index]))
    else:
        if len(items) == len(elements):
            return tuple(items)
    found = "more" if len(items) == len(elements) else str(len(items))
    raise parser.source.error(
        f"expected {len(elements)} values for {type}, found {found}", opening.start
    )


def _read_record(parser: Parser, type: RecordType) -> Record:
    opening = parser.token
    if not parser.accept("{"):
        raise parser.mismatch(type)
    types = dict(type.fields)
    found: dict[str, object] = {}
    if parser.accept(":"):
        parser.expect("}", "after : in the empty record")
    else:
        for _ in parser.sequence("}"):
            label = _new_label(parser, found, types, "field", type)
            parser.expect(":", f"after the field {label}")
            found[label] = parser.value(types[label])
    missing = [
        name
        for name, field in type.fields
        if name not in found and not isinstance(field, OptionType)
    ]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        raise parser.source.error(
            f"missing field{plural} {', '.join(missing)} of {_describe(type)}",
            opening.start,
            missing=tuple(missing),
        )
    return Record({name: found.get(name) for name, _ in type.fields})


def _read_flags(parser: Parser, type: FlagsType) -> frozenset[str]:
    if not parser.accept("{"):
        raise parser.mismatch(type)
    found: dict[str, object] = {}
    for _ in parser.sequence("}"):
        found[_new_label(parser, found, type.labels, "flag", type)] = True
    return frozenset(found)


def _new_label(
    parser: Parser, found: dict[str, object], known: Any, kind: str, type: ValueType
) -> str:
    """Use up a label that must be one of ``known`` and not yet ``found``."""
    token = parser.expect("label", f"for a {kind} of {type}")
    label = token.text.removeprefix("%")
    if label not in known:
        raise parser.source.error(
            f"{type} has no {kind} {label}; {hint(label, known)}", token.start, name=label
        )
    if label in found:
        raise parser.source.error(f"the {kind} {label} is there twice", token.start, name=label)
    return label


def _case_label(parser: Parser, known: Any, type: ValueType) -> str:
    """Use up a label that must name one of the ``known`` cases."""
    token = parser.token
    if token.kind != "label":
        raise parser.mismatch(type)
    label = token.text.removeprefix("%")
    if label not in known:
        raise parser.source.error(
            f"{type} has no case {label}; {hint(label, known)}", token.start, name=label
        )
    if token.text in KEYWORDS:
        raise parser.source.error(
            f"the case {label} of {type} must be written %{label}, since {label} is a keyword",
            token.start,
        )
    parser.take()
    return label


def _read_enum(parser: Parser, type: EnumType) -> str:
    return _case_label(parser, type.cases, type)


def _read_variant(parser: Parser, type: VariantType) -> Variant:
    cases = dict(type.cases)
    label = _case_label(parser, cases, type)
    return Variant(label, _read_payload(parser, label, cases[label], type))


def _read_payload(parser: Parser, label: str, payload: ValueType | None, type: ValueType) -> object:
    """What stands in parentheses behind a case, or None for a case without payload."""
    if payload is None:
        if parser.token.kind == "(":
            raise parser.source.error(f"{label} of {type} has no payload", parser.token.start)
        return None
    parser.expect("(", f"and a value of type {payload} after {label}")
    value = parser.value(payload)
    parser.expect(")", f"after the payload of {label}")
    return value


def _read_option(parser: Parser, type: OptionType) -> object:
    payload = type.payload
    nested = isinstance(payload, OptionType)
    word = parser.token.text
    if word == "none":
        parser.take()
        return _read_payload(parser, "none", None, type)
    if word == "some":
        parser.take()
        value = _read_payload(parser, "some", payload, type)
    elif isinstance(payload, OptionType | ResultType):
        raise parser.mismatch(type)
    else:
        value = parser.value(payload)
    return Some(value) if nested else value


def _read_result(parser: Parser, type: ResultType) -> Ok | Err:
    word = parser.token.text
    if word == "ok":
        parser.take()
        return Ok(_read_payload(parser, "ok", type.ok, type))
    if word == "err":
        parser.take()
        return Err(_read_payload(parser, "err", type.error, type))
    if type.ok is None or isinstance(type.ok, OptionType | ResultType):
        raise parser.mismatch(type)
    return Ok(parser.value(type.ok))


_READERS: dict[object, Callable[[Parser, Any], object]] = {
    BOOL: _read_bool,
    F32: _read_float,
    F64: _read_float,
    CHAR: _read_char,
    STRING: _read_string,
    **dict.fromkeys(INTEGER_RANGES, _read_integer),
    ListType: _read_list,
    MapType: _read_map,
    TupleType: _read_tuple,
    RecordType: _read_record,
    FlagsType: _read_flags,
    EnumType: _read_enum,
    VariantType: _read_variant,
    OptionType: _read_option,
    ResultType: _read_result,
}


def _describe(type: ValueType) -> str:
    """What a value of ``type`` looks like, for messages."""
    match type:
        case PrimitiveType.BOOL:
            return "bool: true or false"
        case PrimitiveType.CHAR:
            return "char, such as 'x'"
        case PrimitiveType.STRING:
            return 'string, such as "text"'
        case ListType():
            return f"{type}, such as [...]"
        case TupleType():
            return f"{type}, such as (...)"
        case RecordType():
            fields = ", ".join(f"{name}: {field}" for name, field in type.fields)
            return f"{type.name or 'record'} {{{fields}}}"
        case MapType():
            return f"{type}, such as {{key: value}}"
        case FlagsType():
            return f"{type.name or 'flags'}: some of {{{', '.join(type.labels)}}}"
        case EnumType():
            return f"{type.name or 'enum'}: one of {', '.join(type.cases)}"
        case VariantType():
            cases = (name if part is None else f"{name}(...)" for name, part in type.cases)
            return f"{type.name or 'variant'}: one of {', '.join(cases)}"
        case OptionType():
            return f"{type}: some(...) or none"
        case ResultType():
            ok, err = (part if part is None else f"({part})" for part in (type.ok, type.error))
            return f"{type}: ok{ok or ''} or err{err or ''}"
        case _:
            return str(type)
