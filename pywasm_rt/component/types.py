"""The types of the component model, as plain data.

Value types are structural: two records with the same fields are the same type, whatever their
names are (``name`` is for people and takes no part in comparing). Each import or export of one is
a new object that is equal; ``alias_of`` is the first of them. Resources are nominal: a
:class:`ResourceType` is equal only to itself.

Source: the component model's explainer, "Type definitions".
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pywasm_rt.wasm.types import GlobalType, MemoryType, TableType
from pywasm_rt.wasm.validate import DefinedType

__all__ = [
    "BOOL",
    "CHAR",
    "ERROR_CONTEXT",
    "F32",
    "F64",
    "S8",
    "S16",
    "S32",
    "S64",
    "STRING",
    "U8",
    "U16",
    "U32",
    "U64",
    "BorrowType",
    "ComponentType",
    "CoreExternType",
    "CoreTagType",
    "EnumType",
    "ExternType",
    "FlagsType",
    "FunctionType",
    "FutureType",
    "InstanceType",
    "ListType",
    "MapType",
    "ModuleType",
    "OptionType",
    "OwnType",
    "PrimitiveType",
    "RecordType",
    "ResourceType",
    "ResultType",
    "StreamType",
    "TupleType",
    "TypeDefinition",
    "ValueType",
    "VariantType",
    "origin",
]


class PrimitiveType(enum.Enum):
    """The types without parts; the value is WIT's word."""

    BOOL = "bool"
    S8 = "s8"
    U8 = "u8"
    S16 = "s16"
    U16 = "u16"
    S32 = "s32"
    U32 = "u32"
    S64 = "s64"
    U64 = "u64"
    F32 = "f32"
    F64 = "f64"
    CHAR = "char"
    STRING = "string"
    ERROR_CONTEXT = "error-context"

    def __str__(self) -> str:
        return self.value


BOOL = PrimitiveType.BOOL
S8 = PrimitiveType.S8
U8 = PrimitiveType.U8
S16 = PrimitiveType.S16
U16 = PrimitiveType.U16
S32 = PrimitiveType.S32
U32 = PrimitiveType.U32
S64 = PrimitiveType.S64
U64 = PrimitiveType.U64
F32 = PrimitiveType.F32
F64 = PrimitiveType.F64
CHAR = PrimitiveType.CHAR
STRING = PrimitiveType.STRING
ERROR_CONTEXT = PrimitiveType.ERROR_CONTEXT


@dataclass(frozen=True, slots=True)
class ListType:
    """``list<element>``, or ``list<element, length>`` if ``length`` is not None."""

    element: ValueType
    length: int | None = None
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        if self.name:
            return self.name
        length = "" if self.length is None else f", {self.length}"
        return f"list<{self.element}{length}>"


@dataclass(frozen=True, slots=True)
class MapType:
    """``map<key, value>``."""

    key: ValueType
    value: ValueType
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.name or f"map<{self.key}, {self.value}>"


@dataclass(frozen=True, slots=True)
class RecordType:
    """``record``: fields as (kebab-case name, type), at least one."""

    fields: tuple[tuple[str, ValueType], ...]
    name: str = field(default="", compare=False)
    alias_of: object = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        if self.name:
            return self.name
        return f"record {{ {', '.join(f'{name}: {type}' for name, type in self.fields)} }}"


@dataclass(frozen=True, slots=True)
class TupleType:
    """``tuple<...>``, at least one element."""

    elements: tuple[ValueType, ...]
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.name or f"tuple<{', '.join(map(str, self.elements))}>"


@dataclass(frozen=True, slots=True)
class VariantType:
    """``variant``: cases as (kebab-case name, payload type or None), at least one."""

    cases: tuple[tuple[str, ValueType | None], ...]
    name: str = field(default="", compare=False)
    alias_of: object = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        if self.name:
            return self.name
        cases = (name if type is None else f"{name}({type})" for name, type in self.cases)
        return f"variant {{ {', '.join(cases)} }}"


@dataclass(frozen=True, slots=True)
class EnumType:
    """``enum``: case names, at least one."""

    cases: tuple[str, ...]
    name: str = field(default="", compare=False)
    alias_of: object = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name or f"enum {{ {', '.join(self.cases)} }}"


@dataclass(frozen=True, slots=True)
class OptionType:
    """``option<payload>``."""

    payload: ValueType
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.name or f"option<{self.payload}>"


@dataclass(frozen=True, slots=True)
class ResultType:
    """``result<ok, error>``; either may be missing (None)."""

    ok: ValueType | None = None
    error: ValueType | None = None
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        if self.name:
            return self.name
        if self.error is not None:
            return f"result<{'_' if self.ok is None else self.ok}, {self.error}>"
        return "result" if self.ok is None else f"result<{self.ok}>"


@dataclass(frozen=True, slots=True)
class FlagsType:
    """``flags``: between 1 and 32 labels, lowest bit first."""

    labels: tuple[str, ...]
    name: str = field(default="", compare=False)
    alias_of: object = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name or f"flags {{ {', '.join(self.labels)} }}"


@dataclass(eq=False, slots=True)
class ResourceType:
    """A resource type. Every object of this class is a type of its own.

    A host makes one for each resource it offers: ``name`` is for messages, and ``destructor`` is
    called with the host's object when a guest drops the last owning handle. It answers as a host
    function does: None, an :class:`~pywasm_rt.operations.Operation`, or a generator of them.
    """

    name: str = "resource"
    destructor: Callable[[object], object] | None = None

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<ResourceType {self.name} at 0x{id(self):x}>"


@dataclass(frozen=True, slots=True)
class OwnType:
    """``own<resource>``: a handle that carries ownership.

    ``mark`` tells by which name of the resource type the handle was written (validation asks
    whether that name is visible outside); it takes no part in comparing.
    """

    resource: ResourceType
    name: str = field(default="", compare=False)
    mark: object = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name or str(self.resource)


@dataclass(frozen=True, slots=True)
class BorrowType:
    """``borrow<resource>``: a handle lent for the time of a call; ``mark`` as in OwnType."""

    resource: ResourceType
    name: str = field(default="", compare=False)
    mark: object = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name or f"borrow<{self.resource}>"


@dataclass(frozen=True, slots=True)
class StreamType:
    """``stream<element>``; ``element`` may be missing."""

    element: ValueType | None = None
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.name or ("stream" if self.element is None else f"stream<{self.element}>")


@dataclass(frozen=True, slots=True)
class FutureType:
    """``future<payload>``; ``payload`` may be missing."""

    payload: ValueType | None = None
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.name or ("future" if self.payload is None else f"future<{self.payload}>")


ValueType = (
    PrimitiveType
    | ListType
    | MapType
    | RecordType
    | TupleType
    | VariantType
    | EnumType
    | OptionType
    | ResultType
    | FlagsType
    | OwnType
    | BorrowType
    | StreamType
    | FutureType
)


@dataclass(frozen=True, slots=True)
class FunctionType:
    """``func(name: type, ...) -> result``; ``result`` None means nothing is returned."""

    parameters: tuple[tuple[str, ValueType], ...] = ()
    result: ValueType | None = None
    is_async: bool = False

    def __str__(self) -> str:
        parameters = ", ".join(f"{name}: {type}" for name, type in self.parameters)
        result = "" if self.result is None else f" -> {self.result}"
        return f"{'async ' if self.is_async else ''}func({parameters}){result}"


@dataclass(frozen=True, slots=True)
class TypeDefinition:
    """An import or export that is itself a type; what ``type`` is: a value type, a resource, ...

    ``mark`` tells this name of a resource type from others of the same type.
    """

    type: ValueType | ResourceType | FunctionType | InstanceType | ComponentType
    mark: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InstanceType:
    """An interface as it appears in a component: exports by name.

    ``resources`` are the resource types that an instance of this type brings with it: each use of
    the type stands for new ones.
    """

    exports: Mapping[str, ExternType]
    resources: tuple[ResourceType, ...] = ()

    def __hash__(self) -> int:
        return id(self)


@dataclass(frozen=True, slots=True)
class ComponentType:
    """A component's imports and exports by name.

    ``imported_resources`` are the resource types that an instantiation is given with its imports,
    ``resources`` those that each instantiation makes anew. ``full_names`` are the names with whole
    versions of those imports and exports that have canonical interface names.
    """

    imports: Mapping[str, ExternType]
    exports: Mapping[str, ExternType]
    imported_resources: tuple[ResourceType, ...] = ()
    resources: tuple[ResourceType, ...] = ()
    full_names: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __hash__(self) -> int:
        return id(self)


@dataclass(frozen=True, slots=True)
class CoreTagType:
    """A core exception tag; ``type`` is a function type without results."""

    type: DefinedType


CoreExternType = DefinedType | TableType | MemoryType | GlobalType | CoreTagType
"""The type of a core item, with heap types resolved; a function's is a DefinedType."""


@dataclass(frozen=True, slots=True)
class ModuleType:
    """A core module's imports, by (module, name), and exports by name."""

    imports: Mapping[tuple[str, str], CoreExternType]
    exports: Mapping[str, CoreExternType]

    def __hash__(self) -> int:
        return id(self)


ExternType = FunctionType | TypeDefinition | InstanceType | ComponentType | ModuleType


def origin(type: object) -> object:
    """The type object that a type was first: what all names of one definition have in common."""
    first: object = getattr(type, "alias_of", None)
    return type if first is None else first
