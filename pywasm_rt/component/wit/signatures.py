"""Signatures for core modules: the functions of a piece of WIT text.

Core modules do not say what their functions take and give beyond i32, i64, f32 and f64, so their
user does, in lines such as ``export greet: func(name: string) -> string;``. Types may be defined
beside them, and whole interfaces, worlds and packages are understood too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pywasm_rt.component.source import Source
from pywasm_rt.component.types import FunctionType
from pywasm_rt.component.wit.cursor import Cursor
from pywasm_rt.component.wit.expressions import parse_signature
from pywasm_rt.component.wit.lexer import KEYWORDS
from pywasm_rt.component.wit.model import Interface, Package, World
from pywasm_rt.component.wit.parser import (
    TYPE_KEYWORDS,
    parse_interface_item,
    parse_nested_package,
    parse_package_clause,
    parse_package_item,
)
from pywasm_rt.component.wit.resolver import resolve
from pywasm_rt.component.wit.syntax import (
    Document,
    Extern,
    Function,
    InterfaceItem,
    PackageItem,
    PackageName,
)
from pywasm_rt.component.wit.syntax import Interface as InterfaceSyntax
from pywasm_rt.component.wit.syntax import Package as PackageSyntax
from pywasm_rt.component.wit.syntax import World as WorldSyntax
from pywasm_rt.errors import ParseError

__all__ = ["parse_signatures"]

_OWN_PACKAGE = PackageName("local", "signatures")
_LOOSE = "signatures-of-this-text"


def parse_signatures(text: str, file: str = "") -> dict[str, FunctionType]:
    """The functions that ``text`` describes, by name.

    These are the functions outside of interfaces and worlds (``export`` before them is optional,
    and so is the semicolon at the end of a line); what the worlds export; or, in a text without
    worlds, the functions of all interfaces. A function of an interface is known by its own name,
    or as ``interface#function`` where two have the same. Here, unlike elsewhere in WIT, names may
    be in snake_case or camelCase, as core modules like them.

    Raises ParseError, with line and column, for text that is not WIT, and
    ``no functions found in WIT text``.
    """
    try:
        fragment = _read(Cursor(Source(text, file), strict_labels=False))
        functions = _functions(fragment)
    except RecursionError:
        raise ParseError("definitions refer to each other too deeply") from None
    if not functions:
        raise Source(text, file).error("no functions found in WIT text", 0)
    return functions


@dataclass(slots=True)
class _Fragment:
    """What a text holds: loose items beside those of a document."""

    package: PackageName | None = None
    loose: list[InterfaceItem] = field(default_factory=list)
    items: list[PackageItem] = field(default_factory=list)
    packages: list[PackageSyntax] = field(default_factory=list)


def _read(cursor: Cursor) -> _Fragment:
    fragment = _Fragment()
    while (kind := cursor.token.kind) != "end":
        following = cursor.ahead(1).kind
        if kind == "package":
            _read_package(cursor, fragment)
        elif following == ":" and (kind == "identifier" or kind in KEYWORDS):
            fragment.loose.append(_read_function(cursor))
        elif kind in ("export", "import"):
            function = _read_exported(cursor)
            if kind == "export":
                fragment.loose.append(function)
        elif kind in TYPE_KEYWORDS or (kind == "use" and _takes_types(cursor)):
            fragment.loose.append(parse_interface_item(cursor))
        elif kind in ("interface", "world", "use", "@"):
            fragment.items.append(parse_package_item(cursor))
        else:
            raise cursor.unexpected("a function: name: func(parameter: type) -> type;")
    return fragment


def _read_package(cursor: Cursor, fragment: _Fragment) -> None:
    start = cursor.index
    name = parse_package_clause(cursor)
    if cursor.token.kind == "{":
        cursor.index = start
        fragment.packages.append(parse_nested_package(cursor))
        return
    cursor.expect(";")
    fragment.package = name


def _takes_types(cursor: Cursor) -> bool:
    """Whether the ``use`` ahead is one inside an interface: ``use path.{...}``."""
    index = cursor.index
    while cursor.tokens[index].kind not in ("{", ";", "end"):
        index += 1
    return cursor.tokens[index].kind == "{"


def _read_exported(cursor: Cursor) -> Function:
    cursor.take()
    if cursor.ahead(1).kind != ":":
        raise cursor.unexpected("a function: name: func(parameter: type) -> type;")
    return _read_function(cursor)


def _read_function(cursor: Cursor) -> Function:
    place = cursor.place()
    name = cursor.take().text
    cursor.expect(":")
    signature = parse_signature(cursor)
    if not cursor.accept(";") and not cursor.token.on_new_line:
        raise cursor.unexpected("';'")
    return Function(name, signature, place=place)


def _functions(fragment: _Fragment) -> dict[str, FunctionType]:
    own = fragment.package or _OWN_PACKAGE
    items = [_exports_only(item) for item in fragment.items]
    loose = InterfaceSyntax(_LOOSE, tuple(fragment.loose))
    packages = tuple(
        replace(package, items=tuple(map(_exports_only, package.items)))
        for package in fragment.packages
    )
    document = Document(own, (loose, *items), packages)
    resolution = resolve([document])
    functions = dict(resolution.root.interfaces.pop(_LOOSE).functions)
    found = list(_named_functions(list(resolution.packages.values())))
    names = [name for _, name, _ in found]
    for interface, name, type in found:
        if interface and (names.count(name) > 1 or name in functions):
            functions[f"{interface}#{name}"] = type
        else:
            functions[name] = type
    return functions


def _exports_only(item: PackageItem) -> PackageItem:
    """A world without its imports, which a core module has in another form."""
    if not isinstance(item, WorldSyntax):
        return item
    kept = [
        part for part in item.items if not (isinstance(part, Extern) and part.direction == "import")
    ]
    return replace(item, items=tuple(kept))


def _named_functions(packages: Sequence[Package]) -> Iterator[tuple[str, str, FunctionType]]:
    """Interface (or ""), name and type of each function that is meant."""
    worlds = [world for package in packages for world in package.worlds.values()]
    if worlds:
        for world in worlds:
            yield from _exported_functions(world)
        return
    for package in packages:
        for interface in package.interfaces.values():
            yield from _interface_functions(interface)


def _exported_functions(world: World) -> Iterator[tuple[str, str, FunctionType]]:
    for name, item in world.exports.items():
        if isinstance(item, FunctionType):
            yield "", name, item
        elif isinstance(item, Interface):
            yield from _interface_functions(item)


def _interface_functions(interface: Interface) -> Iterator[tuple[str, str, FunctionType]]:
    own = interface.package is None or interface.package == _OWN_PACKAGE
    for name, type in interface.functions.items():
        yield interface.name if own else interface.full_name, name, type
