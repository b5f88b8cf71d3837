"""WIT documents as they are written: the syntax tree, with nothing looked up yet.

Two trees are equal when they say the same; places take no part in comparing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pywasm_rt.component.source import Place
from pywasm_rt.component.types import PrimitiveType

__all__ = [
    "Alias",
    "Constructed",
    "Document",
    "Enum",
    "Extern",
    "Field",
    "Flags",
    "Function",
    "FunctionSignature",
    "Gate",
    "Include",
    "Interface",
    "InterfaceItem",
    "Label",
    "Named",
    "Package",
    "PackageItem",
    "PackageName",
    "Record",
    "Resource",
    "TopLevelUse",
    "TypeExpression",
    "TypeItem",
    "Use",
    "UsePath",
    "Variant",
    "World",
    "WorldItem",
]


@dataclass(frozen=True, slots=True)
class PackageName:
    """``namespace:name@version``; ``version`` is "" if there is none."""

    namespace: str
    name: str
    version: str = ""

    def __str__(self) -> str:
        version = f"@{self.version}" if self.version else ""
        return f"{self.namespace}:{self.name}{version}"

    def member(self, name: str) -> str:
        """The full name of an interface or world in this package."""
        version = f"@{self.version}" if self.version else ""
        return f"{self.namespace}:{self.name}/{name}{version}"


@dataclass(frozen=True, slots=True)
class Gate:
    """``@since``, ``@unstable``, ``@deprecated`` and ``@external-id`` before an item."""

    since: str = ""
    unstable: str = ""
    deprecated: str = ""
    external_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """What every item may have before it."""

    docs: str = ""
    gate: Gate = Gate()
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Named:
    """A type mentioned by its name."""

    name: str
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Constructed:
    """A type made of others: ``word`` is ``list map option result tuple stream future own borrow``.

    ``parts`` are the types in the angle brackets, None for one that is missing; a result always
    has two, a stream and a future always one. ``length`` is that of a list of fixed length.
    """

    word: str
    parts: tuple[TypeExpression | None, ...] = ()
    length: int | None = None
    place: Place | None = field(default=None, compare=False, repr=False)


TypeExpression = PrimitiveType | Named | Constructed


@dataclass(frozen=True, slots=True)
class Field(_Item):
    """A field of a record."""

    name: str
    type: TypeExpression


@dataclass(frozen=True, slots=True)
class Label(_Item):
    """A case of a variant or enum, or a flag; ``type`` is a case's payload."""

    name: str
    type: TypeExpression | None = None


@dataclass(frozen=True, slots=True)
class FunctionSignature:
    """``async func(name: type, ...) -> result``."""

    parameters: tuple[tuple[str, TypeExpression], ...] = ()
    result: TypeExpression | None = None
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Function(_Item):
    """A function; in a resource, ``kind`` is ``constructor method static`` (else "")."""

    name: str
    signature: FunctionSignature
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Alias(_Item):
    """``type name = ...;``."""

    name: str
    type: TypeExpression


@dataclass(frozen=True, slots=True)
class Record(_Item):
    """``record name { ... }``."""

    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Variant(_Item):
    """``variant name { ... }``."""

    name: str
    cases: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Enum(_Item):
    """``enum name { ... }``."""

    name: str
    cases: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Flags(_Item):
    """``flags name { ... }``."""

    name: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Resource(_Item):
    """``resource name { ... }``."""

    name: str
    functions: tuple[Function, ...] = ()


TypeItem = Alias | Record | Variant | Enum | Flags | Resource


@dataclass(frozen=True, slots=True)
class UsePath:
    """An interface or world: by its name here, or with the package it is in."""

    name: str
    package: PackageName | None = None
    place: Place | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name if self.package is None else self.package.member(self.name)


@dataclass(frozen=True, slots=True)
class Use(_Item):
    """``use path.{name, name as alias};``; the names are (name, alias or "")."""

    path: UsePath
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TopLevelUse(_Item):
    """``use path as alias;`` outside interfaces and worlds."""

    path: UsePath
    alias: str = ""


InterfaceItem = TypeItem | Function | Use


@dataclass(frozen=True, slots=True)
class Interface(_Item):
    """``interface name { ... }``; the name is "" for one written inside a world."""

    name: str
    items: tuple[InterfaceItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Extern(_Item):
    """``import`` or ``export`` in a world: a path, or a name and what it stands for."""

    direction: str
    name: str
    item: UsePath | FunctionSignature | Interface


@dataclass(frozen=True, slots=True)
class Include(_Item):
    """``include path with { name as alias };``."""

    path: UsePath
    renames: tuple[tuple[str, str], ...] = ()


WorldItem = TypeItem | Use | Extern | Include


@dataclass(frozen=True, slots=True)
class World(_Item):
    """``world name { ... }``."""

    name: str
    items: tuple[WorldItem, ...] = ()


PackageItem = TopLevelUse | Interface | World


@dataclass(frozen=True, slots=True)
class Package(_Item):
    """``package name { ... }``."""

    name: PackageName
    items: tuple[PackageItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its package's name, if it says it, its items, and packages nested in it."""

    package: PackageName | None = None
    items: tuple[PackageItem, ...] = ()
    packages: tuple[Package, ...] = ()
    docs: str = ""
    place: Place | None = field(default=None, compare=False, repr=False)
