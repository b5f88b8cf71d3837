"""Packages, interfaces and worlds with everything looked up, in component types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pywasm_rt.component.suggestion import hint
from pywasm_rt.component.types import (
    FunctionType,
    InstanceType,
    ResourceType,
    TypeDefinition,
    ValueType,
)
from pywasm_rt.component.wit.syntax import PackageName
from pywasm_rt.errors import ComponentError

__all__ = ["Interface", "Package", "Resolution", "TypeEntry", "World", "WorldItem"]


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """A named type of an interface or world.

    ``origin`` is where it was taken from with ``use``: the interface and the name there; None for
    a type that is defined here.
    """

    name: str
    type: ValueType | ResourceType
    origin: tuple[Interface, str] | None = None
    docs: str = ""


@dataclass(eq=False, slots=True)
class Interface:
    """An interface; ``name`` is "" and ``package`` None for one written inside a world.

    Functions of resources are among ``functions``: ``[constructor]r``, ``[method]r.name`` and
    ``[static]r.name``. ``uses`` are the interfaces from which types were taken.
    """

    name: str = ""
    package: PackageName | None = None
    types: dict[str, TypeEntry] = field(default_factory=dict)
    functions: dict[str, FunctionType] = field(default_factory=dict)
    uses: list[Interface] = field(default_factory=list)
    docs: str = ""
    function_docs: dict[str, str] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """``namespace:package/name@version``, as components import and export it."""
        return self.name if self.package is None else self.package.member(self.name)

    def instance_type(self) -> InstanceType:
        """The type of the instances that have this interface."""
        resources = tuple(
            entry.type
            for entry in self.types.values()
            if isinstance(entry.type, ResourceType) and entry.origin is None
        )
        types = {name: TypeDefinition(entry.type) for name, entry in self.types.items()}
        return InstanceType({**types, **self.functions}, resources)


WorldItem = Interface | FunctionType | TypeEntry


@dataclass(eq=False, slots=True)
class World:
    """A world: what a component imports and exports, by name.

    Interfaces that belong to a package have their full names; those whose types others use are
    among the imports although the text does not list them.
    """

    name: str
    package: PackageName
    imports: dict[str, WorldItem] = field(default_factory=dict)
    exports: dict[str, WorldItem] = field(default_factory=dict)
    docs: str = ""

    @property
    def full_name(self) -> str:
        """``namespace:package/name@version``."""
        return self.package.member(self.name)


@dataclass(eq=False, slots=True)
class Package:
    """The interfaces and worlds of a package by their short names."""

    name: PackageName
    interfaces: dict[str, Interface] = field(default_factory=dict)
    worlds: dict[str, World] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Resolution:
    """All packages that were given, the ``root`` among them."""

    packages: Mapping[str, Package]
    root: Package

    def interface(self, name: str) -> Interface:
        """An interface by its short name in the root package or by its full name.

        Raises ComponentError if there is none.
        """
        known = dict(self.root.interfaces)
        for package in self.packages.values():
            known.update({item.full_name: item for item in package.interfaces.values()})
        if name not in known:
            raise ComponentError(f"there is no interface {name}; {hint(name, known)}", name=name)
        return known[name]

    def world(self, name: str = "") -> World:
        """A world by its short name in the root package or by its full name.

        Without a name, the only world of the root package. Raises ComponentError if there is
        none, or no only one.
        """
        known = dict(self.root.worlds)
        if not name:
            if len(known) == 1:
                return next(iter(known.values()))
            names = ", ".join(known) or "none"
            raise ComponentError(f"name one of the worlds of {self.root.name}: {names}")
        for world in self._all_worlds():
            known[world.full_name] = world
        if name not in known:
            raise ComponentError(f"there is no world {name}; {hint(name, known)}", name=name)
        return known[name]

    def _all_worlds(self) -> Iterator[World]:
        for package in self.packages.values():
            yield from package.worlds.values()
