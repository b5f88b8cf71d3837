"""What snapshots need to know of a module; each engine's loaded modules say it in their own way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pywasm_rt.wasm.types import (
    ExternKind,
    FunctionType,
    GlobalType,
    MemoryType,
    ReferenceType,
    TableType,
    ValueType,
)
from pywasm_rt.wasm.validate import DefinedType
from pywasm_rt.wasm.validate.context import ExternTypeResolved

__all__ = ["Facts", "ImportFact", "Point", "Wait"]


class ImportFact(NamedTuple):
    """An import: its names, and its resolved type."""

    module: str
    name: str
    kind: ExternKind
    type: ExternTypeResolved


class Wait(NamedTuple):
    """An instruction ``memory.atomic.wait``: its memory's index, its offset, and how many bytes it
    looks at.
    """

    memory: int
    offset: int
    width: int


class Point(NamedTuple):
    """What validation knows before an instruction.

    ``operands`` are types, bottom first; ``unset`` the locals that may be null although their type
    is not, as they have not been set; ``handlers`` the pcs of the legacy ``try`` whose exceptions
    are being dealt with, outermost first. ``call`` is the type of what the instruction calls, None
    if it is no call that comes back; ``taken`` how many operands it takes.
    """

    operands: Sequence[ValueType]
    unset: frozenset[int]
    handlers: tuple[int, ...]
    is_reachable: bool
    call: FunctionType | None
    taken: int
    wait: Wait | None


class Facts(Protocol):
    """A module. Types are resolved; index spaces begin with what is imported."""

    @property
    def digest(self) -> bytes:
        """SHA-256 of the binary; if it was none, of what the encoder makes of the module."""
        ...

    @property
    def types(self) -> Sequence[DefinedType]:
        """The type index space."""
        ...

    @property
    def imports(self) -> Sequence[ImportFact]:
        """The imports, in order."""
        ...

    @property
    def functions(self) -> Sequence[DefinedType]:
        """The function index space."""
        ...

    @property
    def tables(self) -> Sequence[TableType]:
        """The table index space."""
        ...

    @property
    def memories(self) -> Sequence[MemoryType]:
        """The memory index space."""
        ...

    @property
    def globals(self) -> Sequence[GlobalType]:
        """The global index space."""
        ...

    @property
    def tags(self) -> Sequence[DefinedType]:
        """The tag index space."""
        ...

    @property
    def elements(self) -> Sequence[tuple[ReferenceType, int]]:
        """Type and number of references of each element segment."""
        ...

    @property
    def datas(self) -> Sequence[int]:
        """Bytes of each data segment."""
        ...

    def local_types(self, function_index: int) -> Sequence[ValueType]:
        """The types of the locals of a function with a body, parameters first."""
        ...

    def point(self, function_index: int, pc: int) -> Point | None:
        """What is known before an instruction of a function with a body; None if there is none."""
        ...
