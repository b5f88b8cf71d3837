"""The one interface between running WebAssembly and everything built on it.

A suspended guest is a value. An :class:`Execution` is a call that can be advanced by a bounded
amount, stops at every host call, can be looked at, and goes on when it is answered. Engines
implement these classes; components, WASI, processes and debuggers use nothing else of an engine.

Values cross the interface as Python objects:

========================  =======================================================================
i32, i64                  ``int``, **unsigned** (0 .. 2**N - 1); arguments may also be negative
f32, f64                  ``float``; NaN payloads are kept (an f32 NaN's payload is the top of the
                          float's), f32 values are exactly representable floats
v128                      ``int`` of 128 bits, lane 0 lowest
funcref                   ``None`` or a :class:`Function`
externref                 ``None`` or any Python object
other references          ``None`` or an engine's object with an attribute ``reference_kind``:
                          ``"func" "i31" "struct" "array"`` or ``"exn"``
========================  =======================================================================
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pywasm_rt.errors import GuestException, WasmError
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.instructions.instruction import Instruction
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.types import (
    ExternKind,
    FunctionType,
    GlobalType,
    MemoryType,
    TableType,
    ValueType,
)
from pywasm_rt.wasm.validate import Label

if TYPE_CHECKING:
    from pywasm_rt.engine.snapshot import Snapshot

__all__ = [
    "Baseline",
    "Engine",
    "Event",
    "Execution",
    "Extern",
    "ExternDescription",
    "Frame",
    "Function",
    "Global",
    "HostCall",
    "HostFunction",
    "Imports",
    "Instance",
    "Label",
    "Limits",
    "LoadedModule",
    "Memory",
    "PauseReason",
    "Paused",
    "Restored",
    "Returned",
    "Store",
    "Table",
    "Tag",
    "Threw",
    "Trapped",
    "TypedValue",
    "Unfinished",
    "reference_kind",
]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a store's guests may use; None means no limit beyond the specification's.

    Exceeding ``memory_bytes`` or ``table_elements`` makes ``memory.grow`` / ``table.grow`` return
    -1 in the guest, and instantiation raise :class:`~pywasm_rt.errors.ExhaustionError`. Exceeding
    the others ends the execution with :class:`~pywasm_rt.errors.ExhaustionError`: ``fuel`` at the
    first checkpoint at which the store's guests have spent more, ``call_depth`` and
    ``value_slots`` at the call that does not fit. ``nested_executions`` is how often host functions
    may call the guest that has called them.

    ``heap_bytes`` bounds the structures, arrays and exceptions that exist at one time: each counts
    for its fields and 16 bytes or more. When an object does not fit, garbage is collected; if it
    then does not fit either, or less than a sixteenth of the limit is free (a guest shall not spend
    all time in collections), the execution ends with ExhaustionError. Stores whose instances
    exchange references may have one heap, and then its limit is the sum of theirs.
    """

    memory_bytes: int | None = None
    table_elements: int | None = 10_000_000
    instances: int | None = 10_000
    call_depth: int = 65_536
    value_slots: int = 16_777_216
    heap_bytes: int | None = 1 << 30
    fuel: int | None = None
    output_bytes: int | None = None
    open_handles: int | None = 4_096
    nested_executions: int = 64


class PauseReason(enum.Enum):
    """Why an execution paused although it neither ended nor waits for the host."""

    FUEL = "fuel quantum spent"
    STEPS = "step count reached"
    BREAKPOINT = "breakpoint"
    INTERRUPT = "interrupted"


@dataclass(frozen=True, slots=True)
class Returned:
    """The call ended; its results."""

    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class HostCall:
    """The guest called the host and waits: ``resume(values)`` or ``throw(error)`` answers it.

    ``caller`` is the instance whose code made the call.
    """

    function: HostFunction
    arguments: tuple[object, ...]
    caller: Instance


@dataclass(frozen=True, slots=True)
class Paused:
    """The execution can go on with ``run`` or ``step``."""

    reason: PauseReason


@dataclass(frozen=True, slots=True)
class Trapped:
    """The call ended abnormally; its frames can still be read.

    ``trap`` is a :class:`~pywasm_rt.errors.Trap`, an
    :class:`~pywasm_rt.errors.ExhaustionError`, or an error that was thrown in by the host.
    """

    trap: WasmError


@dataclass(frozen=True, slots=True)
class Threw:
    """The call ended with an exception that no guest handler caught; frames can still be read."""

    exception: GuestException


Event = Returned | HostCall | Paused | Trapped | Threw


@dataclass(frozen=True, slots=True)
class TypedValue:
    """A value with its type, for people and tools."""

    type: ValueType
    value: object


@dataclass(frozen=True, slots=True)
class Frame:
    """One activation, as seen between two instructions.

    ``pc`` counts instructions in the function's body (``Expression.instructions``), ``offset`` is
    the instruction's place in the binary or text. For a caller's frame ``pc`` is its call.
    """

    instance: Instance
    function_index: int
    function_name: str
    pc: int
    offset: int | None
    instruction: Instruction
    locals: tuple[TypedValue, ...]
    operands: tuple[TypedValue, ...]
    labels: tuple[Label, ...]


class Function(Protocol):
    """A function of some instance, or a :class:`HostFunction`."""

    @property
    def type(self) -> FunctionType:
        """Its type; concrete heap types in it are resolved."""
        ...

    def __call__(self, *arguments: object) -> object:
        """Call it in a plain loop (:func:`pywasm_rt.engine.driver.call`): None for no results, the
        result if there is one, a tuple of several.
        """
        ...


@dataclass(eq=False, slots=True)
class HostFunction:
    """A function of the host.

    ``implementation`` gets the arguments as Python values and answers with

    * the result: None for no results, a value for one, a tuple for several;
    * an :class:`~pywasm_rt.operations.Operation`, whose result becomes the result;
    * a generator that yields operations (and is sent their results) and returns the result.

    Which of these, the engine never asks: it stops with a :class:`HostCall`, and
    :func:`pywasm_rt.engine.driver.drive` does the rest.
    """

    type: FunctionType
    implementation: Callable[..., object]
    name: str = ""

    def __call__(self, *arguments: object) -> object:
        """What ``implementation`` answers."""
        return self.implementation(*arguments)


class Memory(Protocol):
    """A linear memory. Addresses and sizes in bytes; all raise IndexError out of bounds."""

    @property
    def type(self) -> MemoryType:
        """Its type, the minimum being the present size."""
        ...

    @property
    def size_bytes(self) -> int:
        """The present size."""
        ...

    def read(self, address: int, count: int) -> bytes:
        """Copy ``count`` bytes out."""
        ...

    def write(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """Copy ``data`` in."""
        ...

    def view(self) -> memoryview:
        """The bytes themselves, as many as there are now: what is written to the view the guest
        sees, and the other way round. It stays valid, for these bytes, when the memory grows, and
        for as long as anybody has it.

        Raises BufferError for a memory that may have to move when it grows (one that may become
        larger than the address space that was reserved for it).
        """
        ...

    def grow(self, pages: int) -> int:
        """Grow by ``pages``; the old size in pages, or -1 where that is not possible."""
        ...


class Table(Protocol):
    """A table of references."""

    @property
    def type(self) -> TableType:
        """Its type, the minimum being the present size."""
        ...

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> object: ...
    def __setitem__(self, index: int, value: object) -> None: ...
    def grow(self, count: int, value: object) -> int:
        """Grow by ``count`` elements; the old size, or -1 where that is not possible."""
        ...


class Global(Protocol):
    """A global; setting an immutable one raises TypeError."""

    value: object

    @property
    def type(self) -> GlobalType:
        """Its type."""
        ...


class Tag(Protocol):
    """An exception tag."""

    @property
    def type(self) -> FunctionType:
        """The types of the values that an exception with this tag carries (as parameters)."""
        ...


Extern = Function | Memory | Table | Global | Tag
Imports = Mapping[tuple[str, str], "Extern | HostFunction"]


@dataclass(frozen=True, slots=True)
class ExternDescription:
    """An import or export as a tool sees it; ``type`` is resolved (a FunctionType for functions
    and tags).
    """

    module: str
    name: str
    kind: ExternKind
    type: FunctionType | TableType | MemoryType | GlobalType


class LoadedModule(Protocol):
    """A module that an engine has decoded and validated, ready to be instantiated many times."""

    @property
    def imports(self) -> Sequence[ExternDescription]:
        """What it imports, in order."""
        ...

    @property
    def exports(self) -> Sequence[ExternDescription]:
        """What it exports, in order (``module`` is "")."""
        ...


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A call that was attempted and is to be driven on.

    ``reply`` answers the host call that the execution waits for, in place of its function, which
    has been called; None if there is nothing of the kind. ``nesting`` is how many attempts waited
    for a host function that (perhaps through others) made this call.
    """

    execution: Execution
    reply: Callable[[], object] | None
    nesting: int


class Store(Protocol):
    """What instances made together share: limits and the fuel spent in all."""

    limits: Limits
    fuel_spent: int

    @property
    def memory_bytes(self) -> int:
        """The size of all memories of it."""
        ...


class Instance(Protocol):
    """An instantiated module."""

    @property
    def exports(self) -> Mapping[str, Extern]:
        """Its exports by name."""
        ...

    @property
    def store(self) -> Store:
        """The store it lives in."""
        ...

    @property
    def start_function(self) -> Function | None:
        """The start function, which instantiation has *not* run: drive it first of all."""
        ...

    def start(self, function: Function, arguments: Sequence[object] = ()) -> Execution:
        """Begin a call. Nothing has run yet. Raises TypeError for wrong arguments."""
        ...

    def attempt(
        self, function: Function, arguments: Sequence[object] = ()
    ) -> tuple[object, ...] | Unfinished:
        """Call, without an event at every step, as far as nobody has to wait: the results, or an
        execution to drive on. There is no fuel quantum, and host functions are called at once.

        Raises TypeError for wrong arguments, and what host functions raise that is neither a
        WasmError nor an OSError.
        """
        ...

    def snapshot(self) -> Snapshot:
        """The state of this instance and of all that can be reached from it: what it imports and
        refers to, and the instances that belongs to. Raises SnapshotError.
        """
        ...

    def reset_to(self, snapshot: Snapshot) -> None:
        """Be again as in a snapshot of this instance, or of one that was made in the same way. What
        it shares with others (memories, instances it imports from) is reset too; of memories only
        pages that differ are written. No execution may be under way.

        Raises SnapshotError if the snapshot is of something else.
        """
        ...

    def baseline(self, *others: Instance) -> Baseline:
        """What this instance and ``others`` of its store are now, to be put back into it many
        times. Instances that they import from or refer to have to be among them.

        Raises SnapshotError if one is not, and as :meth:`snapshot` does.
        """
        ...


class Baseline(Protocol):
    """What instances were at one moment. It keeps them."""

    @property
    def content_bytes(self) -> int:
        """How much of their memories was not zeros, in pages."""
        ...

    def restore(self) -> None:
        """Let them be so again: memories, tables, globals, segments. Of memories only what differs
        is written. No execution may be under way.
        """
        ...


class Execution(Protocol):
    """A call in progress, as a value. See the module's docstring.

    Fuel: 1 for each function entry and each instruction, except ``nop drop block loop
    unreachable return else end`` (0). It pauses only at checkpoints: function entries, where the
    entry's fuel is spent already but no instruction has run, and loop heads, where the ``loop``
    comes next. Steps are instructions, without exception. An instruction that traps, throws or
    calls the host counts as executed; calling the host is no function entry.
    """

    @property
    def fuel_spent(self) -> int:
        """Fuel spent by this execution so far."""
        ...

    @property
    def steps_taken(self) -> int:
        """Instructions executed so far; number N names a moment in both engines."""
        ...

    def run(self, fuel: int | None = None, *, in_slices: bool = False) -> Event:
        """Go on until something happens; pause at the first checkpoint at which this call of
        ``run`` has spent at least ``fuel``. ``in_slices`` asks for a pause after some milliseconds
        too, for whoever has deadlines to look at. Raises RuntimeError while a host call is
        unanswered or after the end.

        However long it takes, Python's signals are looked at every few milliseconds: what their
        handlers raise (KeyboardInterrupt) comes out of here. On the native engine the execution can
        go on after that.
        """
        ...

    def step(self, count: int = 1) -> Event:
        """Execute exactly ``count`` instructions, or fewer if something else happens first."""
        ...

    def resume(self, values: object = None) -> None:
        """Answer the pending host call with its result (as a host function's return value)."""
        ...

    def throw(self, error: WasmError) -> None:
        """Answer the pending host call with an error: the next event is ``Trapped(error)``, or
        the guest's handler for a GuestException.
        """
        ...

    def interrupt(self) -> None:
        """Ask for a ``Paused(INTERRUPT)`` at the next checkpoint; safe from any thread."""
        ...

    def frames(self) -> tuple[Frame, ...]:
        """The activations, innermost first; readable at every event, the end included."""
        ...

    def snapshot(self) -> Snapshot:
        """Where it stands, with the state of all instances that can be reached from it: at every
        event, and before anything has run. The execution itself goes on as if nothing had been.

        Raises SnapshotError for an answer ``throw`` that has not been looked at yet, and for an
        exception that has no tag of the guests; RuntimeError while it runs.
        """
        ...


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a snapshot. ``instances`` are in the snapshot's order, the first is the one
    through which the execution was started, or whose snapshot it was.

    ``event`` is the call of the host that waits for an answer, or how the execution ended, None if
    it can go on by itself. ``imported`` are
    the memories, tables, globals and tags that instances import, by the names of the imports: those
    that the host had made have been made anew.
    """

    store: Store
    instances: tuple[Instance, ...]
    execution: Execution | None
    event: Event | None
    imported: Mapping[tuple[str, str], Extern]


class Engine(Protocol):
    """A way to run modules."""

    name: str

    def load(self, source: bytes | Module, features: Features | None = None) -> LoadedModule:
        """Decode and validate. Raises DecodeError, ValidationError, UnsupportedFeature."""
        ...

    def new_store(self, limits: Limits | None = None) -> Store:
        """A store for instances that belong together."""
        ...

    def instantiate(
        self,
        module: LoadedModule,
        imports: Imports | None = None,
        limits: Limits | None = None,
        *,
        store: Store | None = None,
        name: str = "",
    ) -> Instance:
        """Allocate, evaluate initialisers, write active segments; the start function is left to
        the caller. Raises LinkError for a missing or mismatched import, Trap for a segment that
        does not fit (what was written before stays written), ExhaustionError for limits.
        """
        ...

    def new_memory(self, type: MemoryType, store: Store | None = None) -> Memory:
        """A memory of the host's, to import."""
        ...

    def new_table(self, type: TableType, initial: object = None) -> Table:
        """A table of the host's, to import."""
        ...

    def new_global(self, type: GlobalType, value: object) -> Global:
        """A global of the host's, to import."""
        ...

    def new_tag(self, type: FunctionType) -> Tag:
        """A tag of the host's, to import."""
        ...

    def restore(
        self,
        snapshot: Snapshot,
        modules: LoadedModule | Sequence[LoadedModule],
        imports: Imports | Sequence[Imports] | None = None,
        limits: Limits | None = None,
        *,
        persistent_load: Callable[[str], object] | None = None,
    ) -> Restored:
        """Make everything in a snapshot anew, in a store of its own, and the execution that goes
        on, whichever engine it was taken from.

        All of it, what the host had made for imports too, counts against ``limits``, as does the
        fuel that has been spent. Whoever waited with ``memory.atomic.wait`` waits again, as long as
        at first.

        ``modules`` are the modules of its instances. ``imports`` have the host's functions, for all
        instances or for each; a snapshot that has not been bytes needs none. ``persistent_load``
        finds the host's objects by the persistent ids with which they were written.

        Raises SnapshotError for a snapshot that is of other modules, or makes no sense; LinkError
        for a function of the host that is missing; ExhaustionError for limits.
        """
        ...


def reference_kind(reference: object) -> str:
    """What a non-null reference refers to: ``func i31 struct array exn``, or ``extern`` for
    objects of the host.
    """
    return str(getattr(reference, "reference_kind", "extern"))
