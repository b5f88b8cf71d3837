"""From syntax trees to packages, interfaces and worlds: every name looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pywasm_rt.component.suggestion import hint
from pywasm_rt.component.wit import syntax
from pywasm_rt.component.wit.gates import is_open, located
from pywasm_rt.component.wit.model import (
    Interface,
    Package,
    Resolution,
    TypeEntry,
    World,
    WorldItem,
)
from pywasm_rt.component.wit.scope import Scope
from pywasm_rt.component.wit.syntax import Document, PackageName, UsePath
from pywasm_rt.errors import ParseError

__all__ = ["resolve"]

_Gated = TypeVar("_Gated", bound=syntax.InterfaceItem | syntax.WorldItem | syntax.Function)


def resolve(
    documents: Sequence[Document],
    dependencies: Iterable[Sequence[Document]] = (),
    features: Iterable[str] = (),
) -> Resolution:
    """Look up everything in the files of a package and of the packages it depends on.

    ``documents`` are the files of the root package, ``dependencies`` those of others, one
    sequence a package; packages nested in files count too. ``features`` are the ``@unstable``
    features that are switched on. Raises ParseError.
    """
    resolver = _Resolver(frozenset(features))
    root = resolver.add(documents)
    for files in dependencies:
        resolver.add(files)
    try:
        return resolver.resolve(root)
    except RecursionError:
        raise ParseError("definitions refer to each other too deeply") from None


@dataclass(frozen=True, slots=True)
class _Member:
    """An interface or world, and the names that its file gives to others."""

    item: syntax.Interface | syntax.World
    package: PackageName
    names: dict[str, UsePath]


@dataclass(slots=True)
class _Sources:
    """What the files of one package hold."""

    document: Document
    members: dict[str, _Member] = field(default_factory=dict)


class _Resolver:
    def __init__(self, features: frozenset[str]) -> None:
        self.features = features
        self.sources: dict[PackageName, _Sources] = {}
        self.interfaces: dict[tuple[PackageName, str], Interface] = {}
        self.worlds: dict[tuple[PackageName, str], World] = {}
        self.pending: set[tuple[PackageName, str]] = set()

    def add(self, documents: Sequence[Document]) -> PackageName:
        """Take in the files of one package; its name."""
        name = _common_name(documents)
        for document in documents:
            self._add_items(name, document.items, document)
        for document in documents:
            for package in document.packages:
                if package.name in self.sources:
                    raise located(package.place, f"the package {package.name} is there twice")
                self._add_items(package.name, package.items, document)
        return name

    def _add_items(
        self, package: PackageName, items: Sequence[syntax.PackageItem], document: Document
    ) -> None:
        sources = self.sources.setdefault(package, _Sources(document))
        names: dict[str, UsePath] = {}
        for item in items:
            if isinstance(item, syntax.TopLevelUse):
                alias = item.alias or item.path.name
                if alias in names:
                    raise located(item.place, f"the name {alias} is there twice")
                names[alias] = item.path
        for item in items:
            if isinstance(item, syntax.TopLevelUse):
                continue
            if item.name in sources.members or item.name in names:
                raise located(item.place, f"the name {item.name} is there twice")
            sources.members[item.name] = _Member(item, package, names)

    def resolve(self, root: PackageName) -> Resolution:
        packages: dict[str, Package] = {}
        for name, sources in self.sources.items():
            package = packages[str(name)] = Package(name)
            for member in sources.members.values():
                item = member.item
                if not is_open(item.gate, name, self.features, item.place):
                    continue
                if isinstance(item, syntax.Interface):
                    package.interfaces[item.name] = self.interface(member)
                else:
                    package.worlds[item.name] = self.world(member)
        return Resolution(packages, packages[str(root)])

    def find(self, path: UsePath, package: PackageName, names: dict[str, UsePath]) -> _Member:
        """The interface or world that a path means. Raises ParseError."""
        if path.package is None and path.name in names:
            path = names[path.name]
        wanted = path.package or package
        sources = self.sources.get(wanted)
        if sources is None:
            known = hint(str(wanted), map(str, self.sources))
            raise located(path.place, f"the package {wanted} is not there; {known}")
        member = sources.members.get(path.name)
        if member is None:
            known = hint(path.name, [*sources.members, *names])
            raise located(path.place, f"{wanted} has no interface or world {path.name}; {known}")
        item = member.item
        if not is_open(item.gate, wanted, self.features, item.place):
            raise located(
                path.place,
                f"{path.name} exists only with the feature {item.gate.unstable} switched on",
            )
        return member

    def interface(self, member: _Member, path: UsePath | None = None) -> Interface:
        """The interface that a member of a package is. Raises ParseError if it is a world."""
        item = member.item
        if not isinstance(item, syntax.Interface):
            place = item.place if path is None else path.place
            raise located(place, f"{item.name} is a world, not an interface")
        key = (member.package, item.name)
        if key not in self.interfaces:
            self._enter(key, item)
            interface = Interface(item.name, member.package, docs=item.docs)
            self._fill(interface, item, member)
            self.interfaces[key] = interface
            self.pending.discard(key)
        return self.interfaces[key]

    def _enter(self, key: tuple[PackageName, str], item: syntax.Interface | syntax.World) -> None:
        if key in self.pending:
            kind = "interface" if isinstance(item, syntax.Interface) else "world"
            raise located(item.place, f"the {kind} {item.name} depends on itself")
        self.pending.add(key)

    def scope(self, member: _Member) -> Scope:
        """A scope in which paths mean what they mean in the member's file."""

        def find_interface(path: UsePath) -> Interface:
            return self.interface(self.find(path, member.package, member.names), path)

        return Scope(find_interface)

    def open_items(self, items: Iterable[_Gated], member: _Member, scope: Scope) -> list[_Gated]:
        """The items that exist with the features that are switched on."""
        found: list[_Gated] = []
        for item in items:
            if is_open(item.gate, member.package, self.features, item.place):
                found.append(self._open_functions(item, member))
            elif not isinstance(item, syntax.Use | syntax.Include):
                scope.close(item.name, item.gate.unstable)
            elif isinstance(item, syntax.Use):
                for name, alias in item.names:
                    scope.close(alias or name, item.gate.unstable)
        return found

    def _open_functions(self, item: _Gated, member: _Member) -> _Gated:
        """A resource with only those functions that exist; other items as they are."""
        if not isinstance(item, syntax.Resource):
            return item
        functions = tuple(
            function
            for function in item.functions
            if is_open(function.gate, member.package, self.features, function.place)
        )
        return syntax.Resource(
            item.name, functions, docs=item.docs, gate=item.gate, place=item.place
        )  # type: ignore[return-value]

    def _fill(self, interface: Interface, item: syntax.Interface, member: _Member) -> None:
        """Add types and functions to an interface."""
        scope = self.scope(member)
        items = self.open_items(item.items, member, scope)
        for part in items:
            if isinstance(part, syntax.Use):
                scope.use(part)
            elif not isinstance(part, syntax.Function):
                scope.declare(part)
        interface.types = scope.entries()
        interface.uses = scope.uses
        callables = [part for part in items if isinstance(part, syntax.Function | syntax.Resource)]
        interface.functions = scope.functions(callables)
        interface.function_docs = dict(_function_docs(callables))

    def world(self, member: _Member, path: UsePath | None = None) -> World:
        """The world that a member of a package is. Raises ParseError if it is an interface."""
        item = member.item
        if not isinstance(item, syntax.World):
            place = item.place if path is None else path.place
            raise located(place, f"{item.name} is an interface, not a world")
        key = (member.package, item.name)
        if key not in self.worlds:
            self._enter(key, item)
            world = World(item.name, member.package, docs=item.docs)
            _WorldFiller(self, world, member).fill(item)
            self.worlds[key] = world
            self.pending.discard(key)
        return self.worlds[key]

    def inline_interface(self, item: syntax.Interface, name: str, member: _Member) -> Interface:
        """An interface written inside a world."""
        interface = Interface(name, docs=item.docs)
        self._fill(interface, item, member)
        return interface


class _WorldFiller:
    """Adds imports and exports to one world."""

    def __init__(self, resolver: _Resolver, world: World, member: _Member) -> None:
        self.resolver = resolver
        self.world = world
        self.member = member
        self.scope = resolver.scope(member)
        # Imports that the text does not list (yet): others take types from them.
        self.implied: set[str] = set()

    def fill(self, item: syntax.World) -> None:
        items = self.resolver.open_items(item.items, self.member, self.scope)
        for part in items:
            if isinstance(part, syntax.Use):
                self._imply(self.scope.use(part))
            elif not isinstance(part, syntax.Extern | syntax.Include):
                self.scope.declare(part)
        self.world.imports.update(self.scope.entries())
        for part in items:
            if isinstance(part, syntax.Resource):
                self.world.imports.update(self.scope.resource_functions(part))
        for part in items:
            if isinstance(part, syntax.Extern):
                self._add(part)
        for part in items:
            if isinstance(part, syntax.Include):
                self._include(part)
        self._imply_for_exports()

    def _add(self, part: syntax.Extern) -> None:
        """Add an import or export that the text lists."""
        is_import = part.direction == "import"
        target = self.world.imports if is_import else self.world.exports
        name, item = self._extern(part)
        if name in target and name in self.implied and is_import:
            self.implied.discard(name)
            return
        if name.lower() in {other.lower() for other in target}:
            raise located(part.place, f"the {part.direction} {name} is there twice")
        if isinstance(item, Interface) and is_import:
            self._imply_uses(item)
        target[name] = item

    def _extern(self, part: syntax.Extern) -> tuple[str, WorldItem]:
        if isinstance(part.item, syntax.FunctionSignature):
            return part.name, self.scope.function(part.item, part.place)
        if isinstance(part.item, syntax.Interface):
            return part.name, self.resolver.inline_interface(part.item, part.name, self.member)
        interface = self.scope.find_interface(part.item)
        return part.name or interface.full_name, interface

    def _imply(self, interface: Interface) -> None:
        """Import an interface because types are taken from it."""
        name = interface.full_name
        if name not in self.world.imports:
            self._imply_uses(interface)
            self.implied.add(name)
            self.world.imports[name] = interface

    def _imply_uses(self, interface: Interface) -> None:
        for used in interface.uses:
            self._imply(used)

    def _imply_for_exports(self) -> None:
        for item in self.world.exports.values():
            for used in item.uses if isinstance(item, Interface) else ():
                if used.full_name not in self.world.exports:
                    self._imply(used)

    def _include(self, part: syntax.Include) -> None:
        path, place = part.path, part.place
        found = self.resolver.find(path, self.member.package, self.member.names)
        world = self.resolver.world(found, path)
        renames = dict(part.renames)
        for source, target in (
            (world.imports, self.world.imports),
            (world.exports, self.world.exports),
        ):
            for name, item in source.items():
                alias = renames.get(name, name)
                if alias not in target:
                    target[alias] = item
                elif target[alias] is not item or not _is_shared(name, item):
                    raise located(place, f"the name {alias} of {path} is there already")
        for name in renames:
            if ":" in name or not (name in world.imports or name in world.exports):
                plain = [other for other in (*world.imports, *world.exports) if ":" not in other]
                raise located(place, f"{path} has nothing named {name}; {hint(name, plain)}")


def _is_shared(name: str, item: WorldItem) -> bool:
    """Whether two worlds that have this mean the same by it: not so for plain names."""
    return ":" in name or isinstance(item, TypeEntry)


def _common_name(documents: Sequence[Document]) -> PackageName:
    """The name that the files of a package agree on."""
    named = [document for document in documents if document.package is not None]
    if not named:
        place = documents[0].place if documents else None
        raise located(place, "no file names its package: package namespace:name;")
    name = named[0].package
    for document in named:
        if document.package != name:
            raise located(
                document.place, f"the package is {document.package} here, but {name} elsewhere"
            )
    assert name is not None
    return name


def _function_docs(
    items: Iterable[syntax.Function | syntax.Resource],
) -> Iterator[tuple[str, str]]:
    for item in items:
        if isinstance(item, syntax.Function):
            yield item.name, item.docs
            continue
        for function in item.functions:
            suffix = f".{function.name}" if function.name else ""
            yield f"[{function.kind}]{item.name}{suffix}", function.docs
