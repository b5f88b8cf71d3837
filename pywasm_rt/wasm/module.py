"""A WebAssembly module as data: what the binary decoder and the text parser make, what the
validator checks, what the encoder and the printer write, and what the engines run.

Nothing here knows where a module came from, beyond the positions that errors and debuggers need:
byte offsets for a binary, and ``line << 12 | column`` for a text (``Module.is_text``). Positions do
not count when modules are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pywasm_rt.wasm.instructions.instruction import Instruction
from pywasm_rt.wasm.types import (
    ExternKind,
    ExternType,
    FunctionTypeUse,
    GlobalType,
    MemoryType,
    RecursiveType,
    ReferenceType,
    SubType,
    TableType,
    TagType,
    ValueType,
)

__all__ = [
    "BranchHint",
    "CustomSection",
    "DataMode",
    "DataSegment",
    "ElementMode",
    "ElementSegment",
    "Export",
    "Expression",
    "Function",
    "Global",
    "Import",
    "Module",
    "NameMap",
    "Names",
    "Table",
]


@dataclass(slots=True)
class Expression:
    """A sequence of instructions, flat, ending in ``end``.

    ``block``, ``loop``, ``if``, ``else``, ``try_table`` and ``end`` are instructions like others;
    ``positions[i]`` is where instruction ``i`` begins (see the module's docstring).
    """

    instructions: Sequence[Instruction]
    positions: Sequence[int] = field(default=(), compare=False)


@dataclass(slots=True)
class Function:
    """A function with a body; ``locals`` are those behind the parameters, one type each."""

    type_index: int
    locals: Sequence[ValueType]
    body: Expression
    position: int = field(default=0, compare=False)


@dataclass(slots=True)
class Table:
    """A table; ``initial`` gives its elements' first value (None: null)."""

    type: TableType
    initial: Expression | None = None
    position: int = field(default=0, compare=False)


@dataclass(slots=True)
class Global:
    """A global and its initial value."""

    type: GlobalType
    initial: Expression
    position: int = field(default=0, compare=False)


@dataclass(slots=True)
class Import:
    """``(import "module" "name" type)``."""

    module: str
    name: str
    type: ExternType
    position: int = field(default=0, compare=False)

    @property
    def kind(self) -> ExternKind:
        """Which index space the import joins."""
        return _KIND_OF[type(self.type)]


_KIND_OF: dict[type, ExternKind] = {
    FunctionTypeUse: ExternKind.FUNCTION,
    TableType: ExternKind.TABLE,
    MemoryType: ExternKind.MEMORY,
    GlobalType: ExternKind.GLOBAL,
    TagType: ExternKind.TAG,
}


@dataclass(slots=True)
class Export:
    """``(export "name" (kind index))``."""

    name: str
    kind: ExternKind
    index: int
    position: int = field(default=0, compare=False)


@dataclass(slots=True)
class ElementMode:
    """Active element segment: the table and the offset."""

    table_index: int
    offset: Expression


@dataclass(slots=True)
class ElementSegment:
    """References for tables; ``mode`` is an :class:`ElementMode`, ``"passive"`` or
    ``"declarative"``. ``flags`` is the binary's form, None where the encoder may choose.
    """

    type: ReferenceType
    items: Sequence[Expression]
    mode: ElementMode | str
    flags: int | None = None
    position: int = field(default=0, compare=False)


@dataclass(slots=True)
class DataMode:
    """Active data segment: the memory and the offset."""

    memory_index: int
    offset: Expression


@dataclass(slots=True)
class DataSegment:
    """Bytes for memories; ``mode`` None means passive."""

    data: bytes
    mode: DataMode | None
    flags: int | None = None
    position: int = field(default=0, compare=False)


@dataclass(slots=True)
class CustomSection:
    """A section that the language does not know. ``after`` is the id of the known section that
    it follows in the binary (0: before all).
    """

    name: str
    data: bytes
    after: int = 0
    position: int = field(default=0, compare=False)


NameMap = dict[int, str]


@dataclass(slots=True)
class Names:
    """The name section (specification appendix, with the extended-name subsections)."""

    module: str | None = None
    functions: NameMap = field(default_factory=dict)
    locals: dict[int, NameMap] = field(default_factory=dict)
    labels: dict[int, NameMap] = field(default_factory=dict)
    types: NameMap = field(default_factory=dict)
    tables: NameMap = field(default_factory=dict)
    memories: NameMap = field(default_factory=dict)
    globals: NameMap = field(default_factory=dict)
    elements: NameMap = field(default_factory=dict)
    datas: NameMap = field(default_factory=dict)
    fields: dict[int, NameMap] = field(default_factory=dict)
    tags: NameMap = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BranchHint:
    """``metadata.code.branch_hint``: the instruction number in its function, and the hint."""

    instruction: int
    likely: bool


@dataclass(slots=True)
class Module:
    """A module; every list is in binary order, and imports come first in each index space."""

    recursive_types: list[RecursiveType] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    memories: list[MemoryType] = field(default_factory=list)
    tags: list[TagType] = field(default_factory=list)
    globals: list[Global] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)
    start: int | None = None
    start_position: int = field(default=0, compare=False)
    elements: list[ElementSegment] = field(default_factory=list)
    datas: list[DataSegment] = field(default_factory=list)
    data_count: int | None = None
    customs: list[CustomSection] = field(default_factory=list)
    names: Names = field(default_factory=Names)
    branch_hints: dict[int, list[BranchHint]] = field(default_factory=dict)
    is_text: bool = field(default=False, compare=False)

    @property
    def types(self) -> list[SubType]:
        """The type index space."""
        return [member for group in self.recursive_types for member in group.members]

    def imported(self, kind: ExternKind) -> list[Import]:
        """The imports of one kind, in order: the first part of that index space."""
        return [item for item in self.imports if item.kind is kind]
