"""A component as it is written: what the binary decoder and the text parser make, what the encoder
writes, and what validation reads.

Definitions are in the order of the binary. Types refer to types by index; what they mean is the
business of :mod:`pywasm_rt.component.validate`. ``position`` is where a definition begins: the
byte offset in a binary, and ``-(line << 12 | column)``, which is negative, in a text.

Source: the component model's explainer, "Component Definitions", and its binary format.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.names import ExternName
from pywasm_rt.component.types import PrimitiveType
from pywasm_rt.wasm.types import (
    I32,
    GlobalType,
    MemoryType,
    NumberType,
    RecursiveType,
    TableType,
    TagType,
)

__all__ = [
    "AliasCoreExport",
    "AliasExport",
    "AliasOuter",
    "BorrowSyntax",
    "CanonBuiltin",
    "CanonLift",
    "CanonLower",
    "CanonOptions",
    "CanonResource",
    "ComponentSyntax",
    "ComponentTypeSyntax",
    "CoreExportDeclaration",
    "CoreFunctionUse",
    "CoreImportDeclaration",
    "CoreInlineExports",
    "CoreInstantiate",
    "CoreModule",
    "CoreTypeDefinition",
    "CustomSection",
    "Declaration",
    "Definition",
    "EnumSyntax",
    "Export",
    "ExportDeclaration",
    "ExternUse",
    "FlagsSyntax",
    "FunctionSyntax",
    "FutureSyntax",
    "Import",
    "InlineExports",
    "InstanceTypeSyntax",
    "Instantiate",
    "ListSyntax",
    "MapSyntax",
    "ModuleTypeSyntax",
    "NestedComponent",
    "OptionSyntax",
    "OwnSyntax",
    "RecordSyntax",
    "ResourceOperation",
    "ResourceSyntax",
    "ResultSyntax",
    "Sort",
    "SortIndex",
    "Start",
    "StreamSyntax",
    "TupleSyntax",
    "TypeBound",
    "TypeSyntax",
    "TypeSyntaxDefinition",
    "ValueTypeUse",
    "VariantSyntax",
]


class Sort(enum.Enum):
    """The index spaces of a component; the value is the word for messages."""

    CORE_FUNCTION = "core func"
    CORE_TABLE = "core table"
    CORE_MEMORY = "core memory"
    CORE_GLOBAL = "core global"
    CORE_TAG = "core tag"
    CORE_TYPE = "core type"
    CORE_MODULE = "core module"
    CORE_INSTANCE = "core instance"
    FUNCTION = "func"
    VALUE = "value"
    TYPE = "type"
    COMPONENT = "component"
    INSTANCE = "instance"

    def __str__(self) -> str:
        return self.value

    @property
    def is_core(self) -> bool:
        """Whether it is an index space of core items."""
        return self.value.startswith("core ")


ValueTypeUse = PrimitiveType | int


@dataclass(frozen=True, slots=True)
class SortIndex:
    """``(sort index)``."""

    sort: Sort
    index: int


# Value types. An int is an index into the type index space.


@dataclass(frozen=True, slots=True)
class ListSyntax:
    """``(list element length?)``."""

    element: ValueTypeUse
    length: int | None = None


@dataclass(frozen=True, slots=True)
class MapSyntax:
    """``(map key value)``."""

    key: ValueTypeUse
    value: ValueTypeUse


@dataclass(frozen=True, slots=True)
class RecordSyntax:
    """``(record (field name type)*)``."""

    fields: tuple[tuple[str, ValueTypeUse], ...]


@dataclass(frozen=True, slots=True)
class TupleSyntax:
    """``(tuple type*)``."""

    elements: tuple[ValueTypeUse, ...]


@dataclass(frozen=True, slots=True)
class VariantSyntax:
    """``(variant (case name type?)*)``."""

    cases: tuple[tuple[str, ValueTypeUse | None], ...]


@dataclass(frozen=True, slots=True)
class EnumSyntax:
    """``(enum name*)``."""

    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OptionSyntax:
    """``(option type)``."""

    payload: ValueTypeUse


@dataclass(frozen=True, slots=True)
class ResultSyntax:
    """``(result ok? (error error)?)``."""

    ok: ValueTypeUse | None
    error: ValueTypeUse | None


@dataclass(frozen=True, slots=True)
class FlagsSyntax:
    """``(flags name*)``."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnSyntax:
    """``(own resource)``."""

    resource: int


@dataclass(frozen=True, slots=True)
class BorrowSyntax:
    """``(borrow resource)``."""

    resource: int


@dataclass(frozen=True, slots=True)
class StreamSyntax:
    """``(stream element?)``."""

    element: ValueTypeUse | None


@dataclass(frozen=True, slots=True)
class FutureSyntax:
    """``(future payload?)``."""

    payload: ValueTypeUse | None


# Other types.


@dataclass(frozen=True, slots=True)
class FunctionSyntax:
    """``(func async? (param name type)* (result type)?)``."""

    parameters: tuple[tuple[str, ValueTypeUse], ...]
    result: ValueTypeUse | None
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class ResourceSyntax:
    """``(resource (rep i32) (dtor function)?)``; ``destructor`` is a core function's index.

    ``representation`` is i32 or i64.
    """

    destructor: int | None
    representation: NumberType = I32


class TypeBound(enum.Enum):
    """The bound of an imported or exported type: equal to a known one, or any resource."""

    EQUAL = "eq"
    SUB_RESOURCE = "sub resource"


@dataclass(frozen=True, slots=True)
class ExternUse:
    """What an import or export is declared to be: a sort and the index of its type.

    For types ``bound`` says whether ``index`` counts; for values that are given by their type
    (``(value type)``) ``index`` is None and ``value`` is the type.
    """

    sort: Sort
    index: int | None = None
    bound: TypeBound | None = None
    value: ValueTypeUse | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """``(import name type)``, as a definition or in a component type."""

    name: ExternName
    type: ExternUse
    position: int = 0


@dataclass(frozen=True, slots=True)
class ExportDeclaration:
    """``(export name type)`` in a component or instance type."""

    name: ExternName
    type: ExternUse
    position: int = 0


@dataclass(frozen=True, slots=True)
class CoreFunctionUse:
    """A core function's type, by its index."""

    type_index: int


CoreExternUse = CoreFunctionUse | TableType | MemoryType | GlobalType | TagType


@dataclass(frozen=True, slots=True)
class CoreImportDeclaration:
    """``(import module name type)`` in a core module type."""

    module: str
    name: str
    type: CoreExternUse
    position: int = 0


@dataclass(frozen=True, slots=True)
class CoreExportDeclaration:
    """``(export name type)`` in a core module type."""

    name: str
    type: CoreExternUse
    position: int = 0


@dataclass(frozen=True, slots=True)
class ModuleTypeSyntax:
    """``(module declaration*)``."""

    declarations: tuple[CoreTypeDefinition | AliasOuter | CoreDeclaration, ...]


CoreDeclaration = CoreImportDeclaration | CoreExportDeclaration


@dataclass(frozen=True, slots=True)
class CoreTypeDefinition:
    """``(core type ...)``."""

    type: RecursiveType | ModuleTypeSyntax
    position: int = 0


@dataclass(frozen=True, slots=True)
class InstanceTypeSyntax:
    """``(instance declaration*)``."""

    declarations: tuple[Declaration, ...]


@dataclass(frozen=True, slots=True)
class ComponentTypeSyntax:
    """``(component declaration*)``."""

    declarations: tuple[Declaration | Import, ...]


TypeSyntax = (
    PrimitiveType
    | ListSyntax
    | MapSyntax
    | RecordSyntax
    | TupleSyntax
    | VariantSyntax
    | EnumSyntax
    | OptionSyntax
    | ResultSyntax
    | FlagsSyntax
    | OwnSyntax
    | BorrowSyntax
    | StreamSyntax
    | FutureSyntax
    | FunctionSyntax
    | ResourceSyntax
    | InstanceTypeSyntax
    | ComponentTypeSyntax
)


@dataclass(frozen=True, slots=True)
class TypeSyntaxDefinition:
    """``(type ...)``."""

    type: TypeSyntax
    position: int = 0


# Definitions.


@dataclass(frozen=True, slots=True)
class CoreModule:
    """A nested core module, as bytes; ``position`` is where they begin."""

    data: bytes = field(repr=False)
    position: int = 0


@dataclass(frozen=True, slots=True)
class CoreInstantiate:
    """``(core instance (instantiate module (with name instance)*))``."""

    module: int
    arguments: tuple[tuple[str, int], ...]
    position: int = 0


@dataclass(frozen=True, slots=True)
class CoreInlineExports:
    """``(core instance (export name item)*)``."""

    exports: tuple[tuple[str, SortIndex], ...]
    position: int = 0


@dataclass(frozen=True, slots=True)
class NestedComponent:
    """A component within a component."""

    component: ComponentSyntax
    position: int = 0


@dataclass(frozen=True, slots=True)
class Instantiate:
    """``(instance (instantiate component (with name item)*))``."""

    component: int
    arguments: tuple[tuple[str, SortIndex], ...]
    position: int = 0


@dataclass(frozen=True, slots=True)
class InlineExports:
    """``(instance (export name item)*)``."""

    exports: tuple[tuple[ExternName, SortIndex], ...]
    position: int = 0


@dataclass(frozen=True, slots=True)
class AliasExport:
    """``(alias export instance name)``."""

    sort: Sort
    instance: int
    name: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class AliasCoreExport:
    """``(alias core export instance name)``."""

    sort: Sort
    instance: int
    name: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class AliasOuter:
    """``(alias outer count index)``: from the ``count``-th enclosing component (0: this one)."""

    sort: Sort
    count: int
    index: int
    position: int = 0


@dataclass(frozen=True, slots=True)
class CanonOptions:
    """Canonical options; indices are core functions' and memories'.

    ``encoding`` None means the default, utf8.
    """

    encoding: StringEncoding | None = None
    memory: int | None = None
    realloc: int | None = None
    post_return: int | None = None
    is_async: bool = False
    callback: int | None = None


@dataclass(frozen=True, slots=True)
class CanonLift:
    """``(canon lift core-function options)`` with its function type."""

    function: int
    options: CanonOptions
    type: int
    position: int = 0


@dataclass(frozen=True, slots=True)
class CanonLower:
    """``(canon lower function options)``."""

    function: int
    options: CanonOptions
    position: int = 0


class ResourceOperation(enum.Enum):
    """The resource built-ins; the value is the text format's word."""

    NEW = "resource.new"
    DROP = "resource.drop"
    REP = "resource.rep"


@dataclass(frozen=True, slots=True)
class CanonResource:
    """``(canon resource.new type)`` and its like."""

    operation: ResourceOperation
    type: int
    position: int = 0


@dataclass(frozen=True, slots=True)
class CanonBuiltin:
    """Another canonical built-in: those of async functions and threads, by name.

    ``operands`` are its immediates in binary order: ints, booleans, options, value types.
    """

    name: str
    operands: tuple[object, ...] = ()
    position: int = 0


@dataclass(frozen=True, slots=True)
class Start:
    """``(start function (value)*)``."""

    function: int
    arguments: tuple[int, ...]
    result_count: int
    position: int = 0


@dataclass(frozen=True, slots=True)
class Export:
    """``(export name item type?)``."""

    name: ExternName
    item: SortIndex
    type: ExternUse | None
    position: int = 0


@dataclass(frozen=True, slots=True)
class CustomSection:
    """A section that the component model does not know; ``before`` counts definitions."""

    name: str
    data: bytes = field(repr=False)
    before: int = 0
    position: int = 0


Declaration = (
    CoreTypeDefinition
    | TypeSyntaxDefinition
    | AliasExport
    | AliasCoreExport
    | AliasOuter
    | ExportDeclaration
)

Definition = (
    CoreModule
    | CoreInstantiate
    | CoreInlineExports
    | CoreTypeDefinition
    | NestedComponent
    | Instantiate
    | InlineExports
    | AliasExport
    | AliasCoreExport
    | AliasOuter
    | TypeSyntaxDefinition
    | CanonLift
    | CanonLower
    | CanonResource
    | CanonBuiltin
    | Start
    | Import
    | Export
)


@dataclass(eq=False, slots=True)
class ComponentSyntax:
    """A component. ``name`` is from the ``component-name`` section ("" if there is none)."""

    definitions: Sequence[Definition]
    customs: Sequence[CustomSection] = ()
    name: str = ""
    position: int = 0
