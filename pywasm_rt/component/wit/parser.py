"""The grammar of WIT documents: from text to :mod:`~pywasm_rt.component.wit.syntax`.

Source: the component model's design document "The WIT text format".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from pywasm_rt.component.source import Source
from pywasm_rt.component.wit.cursor import Cursor
from pywasm_rt.component.wit.expressions import parse_parameters, parse_signature, parse_type
from pywasm_rt.component.wit.syntax import (
    Alias,
    Document,
    Enum,
    Extern,
    Field,
    Flags,
    Function,
    FunctionSignature,
    Gate,
    Include,
    Interface,
    InterfaceItem,
    Label,
    Package,
    PackageItem,
    PackageName,
    Record,
    Resource,
    TopLevelUse,
    TypeItem,
    Use,
    UsePath,
    Variant,
    World,
    WorldItem,
)

__all__ = [
    "TYPE_KEYWORDS",
    "parse",
    "parse_interface_item",
    "parse_nested_package",
    "parse_package_clause",
    "parse_package_item",
]

_T = TypeVar("_T")
_STRING_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2})|([tnr'\"\\]))")
_PLAIN_ESCAPES = {"t": b"\t", "n": b"\n", "r": b"\r", "'": b"'", '"': b'"', "\\": b"\\"}


def parse(text: str, file: str = "") -> Document:
    """Read a WIT file; ``file`` is for messages. Raises ParseError with line and column."""
    return _document(Cursor(Source(text, file)))


def _document(cursor: Cursor) -> Document:
    place = cursor.place()
    docs = cursor.token.docs
    package = None
    if cursor.token.kind == "package" and _package_ends_with(cursor, ";"):
        package = parse_package_clause(cursor)
        cursor.expect(";")
    items: list[PackageItem] = []
    packages: list[Package] = []
    while cursor.token.kind != "end":
        if cursor.token.kind == "package":
            packages.append(parse_nested_package(cursor))
        else:
            items.append(parse_package_item(cursor))
    return Document(package, tuple(items), tuple(packages), docs if package else "", place)


def _package_ends_with(cursor: Cursor, mark: str) -> bool:
    """Whether the package clause ahead ends in ``mark``, not in the other of ; and {."""
    index = cursor.index
    while (kind := cursor.tokens[index].kind) not in (";", "{", "end"):
        index += 1
    return kind in (mark, "end")


def parse_package_clause(cursor: Cursor) -> PackageName:
    """Read ``package namespace:name@version``. Raises ParseError."""
    cursor.expect("package")
    name = cursor.package_name(cursor.name("a namespace"))
    if cursor.token.kind in ("/", ":"):
        raise cursor.unexpected("no nested package, which is not supported")
    version = cursor.version() if cursor.accept("@") else ""
    return PackageName(name.namespace, name.name, version)


def parse_nested_package(cursor: Cursor) -> Package:
    """Read ``package name { ... }``. Raises ParseError."""
    place, docs = cursor.place(), cursor.token.docs
    name = parse_package_clause(cursor)
    if cursor.token.kind == ";":
        raise cursor.source.error(
            "the file's own package must be named at its beginning, and once", place.offset
        )
    return Package(name, _body(cursor, parse_package_item), docs=docs, place=place)


def _body(cursor: Cursor, item: Callable[[Cursor], _T]) -> tuple[_T, ...]:
    """Items in braces."""
    cursor.expect("{")
    items: list[_T] = []
    while not cursor.accept("}"):
        if cursor.token.kind == "end":
            raise cursor.unexpected("'}'")
        items.append(item(cursor))
    return tuple(items)


def parse_package_item(cursor: Cursor) -> PackageItem:
    """Read an interface, a world or a top-level ``use``. Raises ParseError."""
    docs = cursor.token.docs
    gate = _gate(cursor)
    place = cursor.place()
    if cursor.accept("interface"):
        name = cursor.name("an interface")
        return Interface(
            name, _body(cursor, parse_interface_item), docs=docs, gate=gate, place=place
        )
    if cursor.accept("world"):
        name = cursor.name("a world")
        return World(name, _body(cursor, _world_item), docs=docs, gate=gate, place=place)
    if cursor.accept("use"):
        path = cursor.use_path()
        alias = cursor.name("an interface") if cursor.accept("as") else ""
        cursor.expect(";")
        return TopLevelUse(path, alias, docs=docs, gate=gate, place=place)
    raise cursor.unexpected("interface, world, use or package")


def _gate(cursor: Cursor) -> Gate:
    """The attributes before an item."""
    gate = Gate()
    while cursor.token.kind == "@":
        place = cursor.place()
        cursor.take()
        word = cursor.take().text
        if word not in _GATES:
            raise place.error(
                f"there is no attribute @{word}; known: {', '.join(f'@{name}' for name in _GATES)}"
            )
        field, key = _GATES[word]
        if getattr(gate, field) not in ("", None):
            raise place.error(f"@{word} is there twice")
        cursor.expect("(")
        if key:
            if cursor.token.text != key:
                raise cursor.unexpected(f"'{key}'")
            cursor.take()
            cursor.expect("=")
        gate = replace(gate, **{field: _gate_value(cursor, key)})
        cursor.expect(")")
        if gate.since and gate.unstable:
            raise place.error("an item has either @since or @unstable, not both")
    if gate.deprecated and not (gate.since or gate.unstable):
        raise cursor.source.error("@deprecated needs @since or @unstable", cursor.token.start)
    return gate


_GATES = {
    "since": ("since", "version"),
    "unstable": ("unstable", "feature"),
    "deprecated": ("deprecated", "version"),
    "external-id": ("external_id", ""),
}


def _gate_value(cursor: Cursor, key: str) -> str:
    if key == "version":
        return cursor.version()
    if key == "feature":
        return cursor.name("a feature")
    token = cursor.token
    if token.kind != "string":
        raise cursor.unexpected("a string")
    return _string(cursor)


def _string(cursor: Cursor) -> str:
    """A string literal, written as names are in core WebAssembly's text format."""
    token = cursor.take()
    body = token.text[1:-1]
    parts: list[bytes] = []
    position = 0
    while (at := body.find("\\", position)) >= 0:
        match = _STRING_ESCAPE.match(body, at)
        if match is None:
            raise cursor.source.error("unknown escape", token.start + 1 + at)
        parts.append(body[position:at].encode())
        code, octet, plain = match.groups()
        if code is not None and (int(code, 16) > 0x10FFFF or 0xD800 <= int(code, 16) < 0xE000):
            raise cursor.source.error("not a Unicode scalar value", token.start + 1 + at)
        if code is not None:
            parts.append(chr(int(code, 16)).encode())
        else:
            parts.append(bytes.fromhex(octet) if octet is not None else _PLAIN_ESCAPES[plain])
        position = match.end()
    try:
        return (b"".join(parts) + body[position:].encode()).decode()
    except UnicodeDecodeError:
        raise cursor.source.error("the string is not UTF-8", token.start) from None


def parse_interface_item(cursor: Cursor) -> InterfaceItem:
    """Read a function, a type or a ``use``. Raises ParseError."""
    docs = cursor.token.docs
    gate = _gate(cursor)
    place = cursor.place()
    if cursor.token.kind == "identifier" or cursor.ahead(1).kind == ":":
        function = _function(cursor)
        cursor.expect(";")
        return replace(function, docs=docs, gate=gate, place=place)
    if cursor.token.kind == "use":
        return replace(_use(cursor), docs=docs, gate=gate, place=place)
    if cursor.token.kind in _TYPE_ITEMS:
        return replace(_type_item(cursor), docs=docs, gate=gate, place=place)
    raise cursor.unexpected("a function, a type or use")


def _world_item(cursor: Cursor) -> WorldItem:
    docs = cursor.token.docs
    gate = _gate(cursor)
    place = cursor.place()
    kind = cursor.token.kind
    if kind in ("import", "export"):
        return replace(_extern(cursor), docs=docs, gate=gate, place=place)
    if kind == "use":
        return replace(_use(cursor), docs=docs, gate=gate, place=place)
    if kind == "include":
        return replace(_include(cursor), docs=docs, gate=gate, place=place)
    if kind in _TYPE_ITEMS:
        return replace(_type_item(cursor), docs=docs, gate=gate, place=place)
    raise cursor.unexpected("import, export, include, use or a type")


def _extern(cursor: Cursor) -> Extern:
    direction = cursor.take().kind
    named = cursor.ahead(1).kind == ":" and not _is_package_path(cursor)
    if not named:
        path = cursor.use_path()
        cursor.expect(";")
        return Extern(direction, "", path)
    name = cursor.name(f"an {direction}")
    cursor.expect(":")
    place = cursor.place()
    item: FunctionSignature | Interface | UsePath
    if cursor.token.kind in ("func", "async"):
        item = parse_signature(cursor)
    elif cursor.accept("interface"):
        return Extern(
            direction, name, Interface("", _body(cursor, parse_interface_item), place=place)
        )
    else:
        item = cursor.use_path()
    cursor.expect(";")
    return Extern(direction, name, item)


def _is_package_path(cursor: Cursor) -> bool:
    """Whether ``a:b`` ahead names a package: written as one word, and followed by ``/``."""
    return (
        cursor.token.end == cursor.ahead(1).start
        and cursor.ahead(1).end == cursor.ahead(2).start
        and cursor.ahead(3).kind == "/"
    )


def _include(cursor: Cursor) -> Include:
    cursor.expect("include")
    path = cursor.use_path()
    renames: list[tuple[str, str]] = []
    if not cursor.accept("with"):
        cursor.expect(";")
        return Include(path)
    cursor.expect("{")
    for _ in cursor.separated("}"):
        name = cursor.name("an import or export")
        cursor.expect("as")
        renames.append((name, cursor.name("an import or export")))
    cursor.accept(";")
    return Include(path, tuple(renames))


def _use(cursor: Cursor) -> Use:
    cursor.expect("use")
    path = cursor.use_path()
    cursor.expect(".")
    cursor.expect("{")
    names: list[tuple[str, str]] = []
    for _ in cursor.separated("}"):
        name = cursor.name("a type")
        names.append((name, cursor.name("a type") if cursor.accept("as") else ""))
    cursor.expect(";")
    return Use(path, tuple(names))


def _function(cursor: Cursor) -> Function:
    name = cursor.name("a function")
    cursor.expect(":")
    return Function(name, parse_signature(cursor))


def _type_item(cursor: Cursor) -> TypeItem:
    return _TYPE_ITEMS[cursor.take().kind](cursor)


def _alias(cursor: Cursor) -> Alias:
    name = cursor.name("a type")
    cursor.expect("=")
    type = parse_type(cursor)
    cursor.expect(";")
    return Alias(name, type)


def _members(cursor: Cursor, what: str, member: Callable[[Cursor], _T]) -> tuple[_T, ...]:
    """Comma-separated members in braces: at least one."""
    place = cursor.place()
    cursor.expect("{")
    members = [member(cursor) for _ in cursor.separated("}")]
    if not members:
        raise place.error(f"{what} needs at least one member")
    return tuple(members)


def _record(cursor: Cursor) -> Record:
    return Record(cursor.name("a record"), _members(cursor, "a record", _field))


def _field(cursor: Cursor) -> Field:
    docs, place = cursor.token.docs, cursor.place()
    name = cursor.name("a field")
    cursor.expect(":")
    return Field(name, parse_type(cursor), docs=docs, place=place)


def _variant(cursor: Cursor) -> Variant:
    return Variant(cursor.name("a variant"), _members(cursor, "a variant", _case))


def _case(cursor: Cursor) -> Label:
    docs, place = cursor.token.docs, cursor.place()
    name = cursor.name("a case")
    type = None
    if cursor.accept("("):
        type = parse_type(cursor)
        cursor.expect(")")
    return Label(name, type, docs=docs, place=place)


def _label(cursor: Cursor) -> Label:
    docs, place = cursor.token.docs, cursor.place()
    return Label(cursor.name("a case or flag"), docs=docs, place=place)


def _enum(cursor: Cursor) -> Enum:
    return Enum(cursor.name("an enum"), _members(cursor, "an enum", _label))


def _flags(cursor: Cursor) -> Flags:
    return Flags(cursor.name("flags"), _members(cursor, "flags", _label))


def _resource(cursor: Cursor) -> Resource:
    name = cursor.name("a resource")
    if cursor.accept(";"):
        return Resource(name)
    return Resource(name, _body(cursor, _resource_function))


def _resource_function(cursor: Cursor) -> Function:
    docs = cursor.token.docs
    gate = _gate(cursor)
    place = cursor.place()
    if cursor.token.kind == "constructor" and cursor.ahead(1).kind == "(":
        cursor.take()
        parameters = parse_parameters(cursor)
        result = parse_type(cursor) if cursor.accept("->") else None
        name, kind, signature = "", "constructor", FunctionSignature(parameters, result)
    else:
        name = cursor.name("a method")
        cursor.expect(":")
        kind = "static" if cursor.accept("static") else "method"
        signature = parse_signature(cursor)
    cursor.expect(";")
    return Function(name, signature, kind, docs=docs, gate=gate, place=place)


_TYPE_ITEMS: dict[str, Callable[[Cursor], TypeItem]] = {
    "type": _alias,
    "record": _record,
    "variant": _variant,
    "enum": _enum,
    "flags": _flags,
    "resource": _resource,
}

TYPE_KEYWORDS = frozenset(_TYPE_ITEMS)
"""The words with which definitions of types begin."""
