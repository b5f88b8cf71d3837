"""What a snapshot holds: the state of instances and of a call in progress, as plain data.

Nothing here knows an engine. Entities (instances, memories, tables, globals, tags, objects of the
garbage-collected heap, things of the host) are numbered in the order in which a walk from the first
instance meets them, so that the same state has the same numbers whichever engine it was taken from,
and whatever was shared or went in circles does so again.

A value is an ``int`` (the bits of a number or vector, unsigned; floats by their bits) or a
reference: None for null, or one of the classes below. A type is that of ``wasm/types.py``, with a
concrete heap type as a number in :attr:`~pywasm_rt.engine.snapshot.Snapshot.types`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.wasm.types import GlobalType, MemoryType, TableType

__all__ = [
    "PAGE_BYTES",
    "ArrayState",
    "ExceptionState",
    "ExecutionState",
    "ExternalReference",
    "ExternalState",
    "Failure",
    "FrameState",
    "FunctionNumber",
    "FunctionReference",
    "GlobalState",
    "HostFunctionReference",
    "HostFunctionState",
    "I31Reference",
    "InstanceState",
    "MemoryState",
    "ObjectReference",
    "ObjectState",
    "Reference",
    "Status",
    "StructureState",
    "TableState",
    "Thrown",
    "Value",
]

PAGE_BYTES = 4096
"""Pages of zeros of this size are left out of a memory's content."""


@dataclass(frozen=True, slots=True)
class FunctionReference:
    """A function with a body: the ``index`` in the function index space of an instance."""

    instance: int
    index: int


@dataclass(frozen=True, slots=True)
class HostFunctionReference:
    """A function of the host, a number among those of the snapshot."""

    number: int


@dataclass(frozen=True, slots=True)
class I31Reference:
    """A 31-bit integer as a reference; ``value`` is unsigned."""

    value: int


@dataclass(frozen=True, slots=True)
class ObjectReference:
    """A structure, array or exception, a number among those of the snapshot."""

    number: int


@dataclass(frozen=True, slots=True)
class ExternalReference:
    """An object of the host, a number among those of the snapshot."""

    number: int


FunctionNumber = FunctionReference | HostFunctionReference
Reference = FunctionNumber | I31Reference | ObjectReference | ExternalReference | None
Value = int | Reference


@dataclass(frozen=True, slots=True)
class InstanceState:
    """An instance: the number of its module, and what its index spaces hold, imports included.

    ``functions`` are the imported functions only. ``elements`` are the references of the element
    segments, none of those that were dropped; ``datas`` says which data segments still have bytes.
    """

    module: int
    name: str
    functions: tuple[FunctionNumber, ...]
    tables: tuple[int, ...]
    memories: tuple[int, ...]
    globals: tuple[int, ...]
    tags: tuple[int, ...]
    elements: tuple[tuple[Reference, ...], ...]
    datas: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class HostFunctionState:
    """A function of the host: imported as ``module`` and ``name`` by an instance (``importer``, as
    its import number ``index`` among functions), or, if that is -1, given as a reference.

    ``function`` is the function itself while the snapshot has not been bytes; ``identifier`` is its
    persistent id, of those that were not imported.
    """

    importer: int
    index: int
    module: str = ""
    name: str = ""
    identifier: str | None = None
    function: HostFunction | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ExternalState:
    """An object of the host that guests hold: itself while the snapshot has not been bytes, or its
    persistent id.
    """

    identifier: str | None = None
    object: object = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class MemoryState:
    """A memory; the minimum of its type is its size. ``runs`` are addresses and bytes of pages that
    are not all zeros, neighbours as one run, in order.
    """

    type: MemoryType
    runs: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class TableState:
    """A table; the minimum of its type is its size. ``runs`` are counts of equal elements."""

    type: TableType
    runs: tuple[tuple[int, Reference], ...]


@dataclass(frozen=True, slots=True)
class GlobalState:
    """A global variable."""

    type: GlobalType
    value: Value


@dataclass(frozen=True, slots=True)
class StructureState:
    """A structure; packed fields are unsigned ints."""

    type: int
    fields: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class ArrayState:
    """An array: little-endian bytes of its elements, or references."""

    type: int
    elements: bytes | tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class ExceptionState:
    """An exception; ``tag`` is a number among those of the snapshot."""

    tag: int
    values: tuple[Value, ...]


ObjectState = StructureState | ArrayState | ExceptionState


@dataclass(frozen=True, slots=True)
class FrameState:
    """An activation. ``exceptions`` are those that legacy handlers around ``pc`` are dealing with,
    outermost first. ``operands`` leaves out those that a call in progress has taken.

    ``pc`` is that of the next instruction in the innermost activation of an execution that is
    ready, else that of the instruction in progress.
    """

    instance: int
    function: int
    pc: int
    locals: tuple[Value, ...]
    operands: tuple[Value, ...]
    exceptions: tuple[ObjectReference, ...] = ()


class Status(enum.Enum):
    """Where an execution stands; the value is how bytes say it."""

    FRESH = 0
    READY = 1
    WAITING = 2
    RETURNED = 3
    TRAPPED = 4
    THREW = 5

    @property
    def has_ended(self) -> bool:
        """Whether it cannot go on."""
        return self in (Status.RETURNED, Status.TRAPPED, Status.THREW)


@dataclass(frozen=True, slots=True)
class Failure:
    """How an execution ended abnormally: the error's class, its code or resource, its message."""

    kind: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Thrown:
    """The exception that nobody caught; ``tag`` is -1 if it was none of a tag of the guests."""

    tag: int
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class ExecutionState:
    """A call in progress of ``function``, started through instance 0.

    ``frames`` begin with the outermost activation. ``values`` are the arguments of an execution in
    which nothing has run; the arguments of ``callee``, the function of the host that is called
    (None for ``memory.atomic.wait``, which waits with its operands in place), of one that waits;
    and the results of one that has returned, or is about to (``is_answered``: the function of the
    host that was called last of all has its answer).
    """

    status: Status
    function: FunctionNumber
    fuel: int
    steps: int
    frames: tuple[FrameState, ...] = ()
    values: tuple[Value, ...] = ()
    callee: HostFunctionReference | None = None
    is_answered: bool = False
    outcome: Failure | Thrown | None = None
