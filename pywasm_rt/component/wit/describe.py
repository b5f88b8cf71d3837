"""From component types back to WIT: what a component imports and exports, as a document.

Component types know names only where something is imported or exported by name. A type that is
the same object as one that an interface exports is called by that name; where it comes from
another interface, ``use`` says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pywasm_rt.component import types as t
from pywasm_rt.component.wit import syntax
from pywasm_rt.component.wit.syntax import PackageName, UsePath

__all__ = ["describe"]

_ROOT = PackageName("root", "component")


def describe(type: t.ComponentType, world: str = "root") -> syntax.Document:
    """A document with one world that has the imports and exports of ``type``.

    The interfaces that have full names are in nested packages. Imports and exports that WIT has no
    words for (core modules, components) are listed in the world's documentation.
    """
    return _Describer(type).document(world)


def _key(type: object) -> int:
    """What all names of one type have in common."""
    return id(t.origin(type))


class _Describer:
    """Collects the interfaces of a component by package."""

    def __init__(self, type: t.ComponentType) -> None:
        self.type = type
        self.interfaces: dict[str, syntax.Interface] = {}
        # By identity: the interface that defines a type, its name there, and the type, to hold it.
        self.homes: dict[int, tuple[str, str, object]] = {}
        self.exporting = False

    def home(self, name: str, type: Any) -> tuple[str, str, object] | None:
        """Where the type that is exported as ``name`` was defined, if that is known.

        In exported interfaces the types that they use are often copies: there a type of the same
        name that is equal counts as the same.
        """
        known = self.homes.get(_key(type))
        if known is not None or not self.exporting:
            return known
        for home in self.homes.values():
            if home[0] and home[1] == name and home[2] == type:
                return home
        return None

    def document(self, world: str) -> syntax.Document:
        scope = _Names(self, "")
        items: list[syntax.WorldItem] = []
        unsaid: list[str] = []
        for direction, externs in (("import", self.type.imports), ("export", self.type.exports)):
            self.exporting = direction == "export"
            # Interfaces first: types and functions of the world may use theirs.
            for name, extern in externs.items():
                if isinstance(extern, t.InstanceType):
                    full_name = self.type.full_names.get(name, name)
                    items.append(self._interface(direction, full_name, extern))
                elif isinstance(extern, t.ComponentType | t.ModuleType):
                    unsaid.append(f"It also {direction}s {name}, which WIT cannot describe.")
            items.extend(scope.types(externs))
            items.extend(
                syntax.Extern(direction, name, scope.signature(extern))
                for name, extern in externs.items()
                if isinstance(extern, t.FunctionType) and not name.startswith("[")
            )
        found = syntax.World(world, (*scope.uses(), *scope.extra, *items), docs="\n".join(unsaid))
        return syntax.Document(_ROOT, (found,), self._packages())

    def _interface(self, direction: str, name: str, instance: t.InstanceType) -> syntax.Extern:
        path = _path(name)
        if path is None:
            inside = _Names(self, "")
            return syntax.Extern(direction, name, inside.interface("", instance.exports))
        if name not in self.interfaces:
            self.interfaces[name] = _Names(self, name).interface(path.name, instance.exports)
        return syntax.Extern(direction, "", path)

    def _packages(self) -> tuple[syntax.Package, ...]:
        members: dict[PackageName, list[syntax.PackageItem]] = {}
        for full_name, interface in self.interfaces.items():
            path = _path(full_name)
            if path is not None and path.package is not None:
                members.setdefault(path.package, []).append(interface)
        return tuple(syntax.Package(name, tuple(items)) for name, items in members.items())


class _Names:
    """What types are called inside one interface or world (``home`` is its full name)."""

    def __init__(self, describer: _Describer, home: str) -> None:
        self.describer = describer
        self.home = home
        self.local: dict[int, tuple[str, object]] = {}
        self.used: dict[str, list[tuple[str, str]]] = {}
        self.extra: list[syntax.TypeItem] = []

    def interface(self, name: str, exports: Mapping[str, t.ExternType]) -> syntax.Interface:
        """An interface with these exports."""
        types = self.types(exports)
        functions = [
            syntax.Function(key, self.signature(extern))
            for key, extern in exports.items()
            if isinstance(extern, t.FunctionType) and not key.startswith("[")
        ]
        return syntax.Interface(name, (*self.uses(), *types, *self.extra, *functions))

    def uses(self) -> Iterator[syntax.Use]:
        """The ``use`` items that the names so far need."""
        for source, names in self.used.items():
            path, own = _path(source), _path(self.home)
            if path is None:
                continue
            if own is not None and own.package == path.package:
                path = UsePath(path.name)
            yield syntax.Use(path, tuple(names))

    def types(self, externs: Mapping[str, t.ExternType]) -> list[syntax.TypeItem]:
        """The items that define the types among ``externs``; some become uses instead."""
        named = {
            name: extern.type
            for name, extern in externs.items()
            if isinstance(extern, t.TypeDefinition)
        }
        # All names first: a definition may mention a later one.
        defined = {name: type for name, type in named.items() if self._is_new(name, type)}
        items: list[syntax.TypeItem] = []
        for name, type in defined.items():
            known = self.local.get(_key(type))
            if isinstance(type, t.ResourceType) and known is not None and known[0] == name:
                functions = tuple(self._resource_functions(name, externs))
                items.append(syntax.Resource(name, functions))
            elif known is not None and known[0] != name:
                items.append(syntax.Alias(name, syntax.Named(known[0])))
            else:
                items.append(self._definition(name, type))
        return items

    def _is_new(self, name: str, type: Any) -> bool:
        """Take note of a type's name; False if it is used from another interface."""
        if isinstance(type, t.PrimitiveType):
            return True
        home = self.describer.home(name, type)
        if home is not None and home[0] and home[0] != self.home:
            self._use(home[0], home[1], name)
            self.local.setdefault(_key(type), (name, type))
            return False
        self.local.setdefault(_key(type), (name, type))
        self.describer.homes.setdefault(_key(type), (self.home, name, type))
        return True

    def _use(self, source: str, name: str, alias: str) -> None:
        entry = (name, "" if alias == name else alias)
        names = self.used.setdefault(source, [])
        if entry not in names:
            names.append(entry)

    def _definition(self, name: str, type: Any) -> syntax.TypeItem:
        match type:
            case t.RecordType():
                fields = (syntax.Field(key, self.expression(part)) for key, part in type.fields)
                return syntax.Record(name, tuple(fields))
            case t.VariantType():
                cases = (
                    syntax.Label(key, None if part is None else self.expression(part))
                    for key, part in type.cases
                )
                return syntax.Variant(name, tuple(cases))
            case t.EnumType():
                return syntax.Enum(name, tuple(map(syntax.Label, type.cases)))
            case t.FlagsType():
                return syntax.Flags(name, tuple(map(syntax.Label, type.labels)))
            case _:
                return syntax.Alias(name, self._construct(type))

    def _resource_functions(
        self, name: str, siblings: Mapping[str, t.ExternType]
    ) -> Iterator[syntax.Function]:
        for key, extern in siblings.items():
            if not isinstance(extern, t.FunctionType) or not key.startswith("["):
                continue
            kind, _, full_name = key[1:].partition("]")
            owner, _, function = full_name.partition(".")
            if owner != name:
                continue
            signature = self.signature(extern)
            if kind == "constructor" and isinstance(extern.result, t.OwnType):
                signature = syntax.FunctionSignature(signature.parameters)
            if kind == "method":
                signature = syntax.FunctionSignature(
                    signature.parameters[1:], signature.result, signature.is_async
                )
            yield syntax.Function(function, signature, kind)

    def signature(self, type: t.FunctionType) -> syntax.FunctionSignature:
        """A function's type in words."""
        parameters = tuple((name, self.expression(part)) for name, part in type.parameters)
        result = None if type.result is None else self.expression(type.result)
        return syntax.FunctionSignature(parameters, result, type.is_async)

    def expression(self, type: Any) -> syntax.TypeExpression:
        """How ``type`` is called here: by its name, or by what it is made of."""
        if isinstance(type, t.PrimitiveType):
            return type
        if _key(type) in self.local:
            return syntax.Named(self.local[_key(type)][0])
        if isinstance(type, t.OwnType):
            return syntax.Named(self._foreign(type.resource))
        if isinstance(type, t.BorrowType):
            return syntax.Constructed("borrow", (syntax.Named(self._foreign(type.resource)),))
        if isinstance(type, t.RecordType | t.VariantType | t.EnumType | t.FlagsType):
            return syntax.Named(self._foreign(type))
        return self._construct(type)

    def _foreign(self, type: Any) -> str:
        """The name here of a type that must have one: local, used, or made for it."""
        for name, known in self.local.values():
            if known is type or known == type:
                return name
        home = self.describer.homes.get(_key(type))
        name = home[1] if home is not None else type.name or "unnamed"
        taken = {known for known, _ in self.local.values()}
        alias, number = name, 1
        while alias in taken:
            number += 1
            alias = f"{name}{number}"
        self.local[_key(type)] = (alias, type)
        if home is not None and home[0]:
            self._use(home[0], name, alias)
        elif isinstance(type, t.ResourceType):
            self.extra.append(syntax.Resource(alias))
        else:
            self.extra.append(self._definition(alias, type))
        return alias

    def _construct(self, type: Any) -> syntax.TypeExpression:
        """A type as a word with its parts."""

        def made(word: str, *parts: Any, length: int | None = None) -> syntax.Constructed:
            expressions = (None if part is None else self.expression(part) for part in parts)
            return syntax.Constructed(word, tuple(expressions), length)

        match type:
            case t.ListType():
                return made("list", type.element, length=type.length)
            case t.MapType():
                return made("map", type.key, type.value)
            case t.TupleType():
                return made("tuple", *type.elements)
            case t.OptionType():
                return made("option", type.payload)
            case t.ResultType():
                return made("result", type.ok, type.error)
            case t.StreamType():
                return made("stream", type.element)
            case t.FutureType():
                return made("future", type.payload)
            case t.OwnType():
                return syntax.Constructed("own", (syntax.Named(self._foreign(type.resource)),))
            case t.BorrowType():
                return syntax.Constructed("borrow", (syntax.Named(self._foreign(type.resource)),))
            case _:
                return type  # type: ignore[no-any-return]


def _path(name: str) -> UsePath | None:
    """The path of an interface's full name; None for a plain name."""
    package, slash, rest = name.partition("/")
    namespace, colon, package_name = package.partition(":")
    if not (slash and colon):
        return None
    short, _, version = rest.partition("@")
    return UsePath(short, PackageName(namespace, package_name, version))
