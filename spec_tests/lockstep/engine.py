"""Two engines as one: everything is done in both, and whatever can be seen must be the same.

A :class:`LockstepEngine` is an engine like others, so that all of the official suites can run on
it. Executions are cut into pieces of random size, by fuel and by steps; at each cut the fuel, the
steps and the frames of both engines are compared, and at the end of each execution the memories. At
some cuts the snapshots are compared too, which must be the same bytes, and now and then each is
restored in the other engine and has to end like the original (``witness.py``).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pywasm_rt.engine.interface import (
    HostCall,
    Limits,
    Paused,
    PauseReason,
    Returned,
    Threw,
    Trapped,
)
from pywasm_rt.errors import GuestException, Trap, WasmError
from spec_tests.lockstep.pairs import (
    Difference,
    Pair,
    PairedFunction,
    PairedGlobal,
    PairedMemory,
    PairedTable,
    attempt,
    pair_extern,
    paired,
    same,
    unpaired,
)
from spec_tests.lockstep.witness import Witness

__all__ = ["LockstepEngine", "LockstepExecution", "LockstepInstance"]

_LONGEST_PIECE = 50_000
# Snapshots of the deepest recursion that there may be would take most of the time.
_LIMITS = Limits(call_depth=1_000, value_slots=1 << 18)


class LockstepExecution:
    """An execution in both engines."""

    def __init__(self, instance: LockstepInstance, executions: list[Any]) -> None:
        self.instance = instance
        self.both = executions
        self.random = instance.engine.random
        self.frames_left = instance.engine.frames_compared
        self.witness = Witness(instance.engine, executions, instance.store.limits)

    @property
    def fuel_spent(self) -> int:
        """Fuel spent so far."""
        return same("fuel", *(execution.fuel_spent for execution in self.both))

    @property
    def steps_taken(self) -> int:
        """Instructions executed so far."""
        return same("steps", *(execution.steps_taken for execution in self.both))

    def run(self, fuel: int | None = None) -> Any:
        """Run in pieces; pieces grow, so that long runs end."""
        begin, piece = self.fuel_spent, 1
        while True:
            left = None if fuel is None else fuel - (self.fuel_spent - begin)
            if self.random.random() < 0.3:
                count = self.random.randrange(piece * 2)
                event = self._both(lambda execution, n=count: execution.step(n))
            else:
                quantum = self.random.randrange(1, piece + 1)
                quantum = quantum if left is None else min(quantum, max(left, 0))
                event = self._both(lambda execution, n=quantum: execution.run(n))
            piece = min(piece * 2, _LONGEST_PIECE)
            if not isinstance(event, Paused):
                return event
            spent = fuel is not None and self.fuel_spent - begin >= fuel
            if spent and event.reason is PauseReason.FUEL:
                if self.instance.engine.is_interleaved:
                    self.witness.disturbed()
                return event

    def step(self, count: int = 1) -> Any:
        """Take steps in both."""
        return self._both(lambda execution: execution.step(count))

    def frames(self) -> Any:
        """The activations, as the first engine shows them."""
        self._compare_frames()
        return self.both[0].frames()

    def resume(self, values: Any = None) -> None:
        """Answer both."""
        self.witness.answered(values)
        is_many = isinstance(values, tuple | list)
        attempt(
            "resume",
            *(
                lambda side=side: self.both[side].resume(
                    tuple(unpaired(value, side) for value in values)
                    if is_many
                    else unpaired(values, side)
                )
                for side in (0, 1)
            ),
        )

    def throw(self, error: WasmError) -> None:
        """Throw an error into both."""
        self.witness.threw(error)
        for side, execution in enumerate(self.both):
            own = error
            if isinstance(error, GuestException):
                values = [unpaired(value, side) for value in error.values]
                own = GuestException(unpaired(error.tag, side), values)
            execution.throw(own)

    def _both(self, action: Any) -> Any:
        events = [action(execution) for execution in self.both]
        event = self._compared(*events)
        _ = self.fuel_spent, self.steps_taken
        if self.frames_left:
            self.frames_left -= 1
            self._compare_frames()
        if not isinstance(event, Paused):
            self.instance.compare_memories()
        self.witness.look(event)
        return event

    def _compared(self, first: Any, second: Any) -> Any:
        if type(first) is not type(second):
            raise Difference(f"events {first} and {second}")
        if isinstance(first, Returned):
            same("results", len(first.values), len(second.values))
            return Returned(tuple(map(paired, first.values, second.values)))
        if isinstance(first, HostCall):
            arguments = tuple(map(paired, first.arguments, second.arguments))
            return HostCall(first.function, arguments, self.instance)
        if isinstance(first, Paused):
            same("reason", first.reason, second.reason)
            return first
        if isinstance(first, Trapped):
            return self._trapped(first.trap, second.trap)
        values = tuple(map(paired, first.exception.values, second.exception.values))
        tag = Pair(first.exception.tag, second.exception.tag)
        return Threw(GuestException(tag, values))

    @staticmethod
    def _trapped(first: WasmError, second: WasmError) -> Trapped:
        if isinstance(first, GuestException):
            return Trapped(first)
        same("error", type(first), type(second))
        same("message", first.message, second.message)
        if isinstance(first, Trap):
            assert isinstance(second, Trap)
            same("code", first.code, second.code)
            traces = [
                [(place.function_index, place.pc) for place in error.backtrace]
                for error in (first, second)
            ]
            same("backtrace", *traces)
        return Trapped(first)

    def _compare_frames(self) -> None:
        first, second = (execution.frames() for execution in self.both)
        same("depth", len(first), len(second))
        for a, b in zip(first[:20], second[:20], strict=True):
            same("function", a.function_index, b.function_index)
            same("pc", a.pc, b.pc)
            same("instruction", a.instruction, b.instruction)
            same("labels", a.labels, b.labels)
            for what in ("locals", "operands"):
                values = [getattr(frame, what) for frame in (a, b)]
                same(f"{what} of {a.instruction}", len(values[0]), len(values[1]))
                for x, y in zip(*values, strict=True):
                    same("type", x.type, y.type)
                    paired(x.value, y.value)


class LockstepInstance:
    """An instance in both engines."""

    def __init__(self, engine: LockstepEngine, instances: list[Any]) -> None:
        self.engine = engine
        self.both = instances
        self.store = instances[0].store
        self._exports: dict[str, Any] = {}
        seen: dict[tuple[int, int], Any] = {}
        first, second = (instance.exports for instance in instances)
        same("exports", list(first), list(second))
        for name in first:
            key = (id(first[name]), id(second[name]))
            self._exports[name] = seen.setdefault(key, pair_extern(first[name], second[name]))

    @property
    def exports(self) -> Mapping[str, Any]:
        """The exports of both, paired."""
        return self._exports

    @property
    def start_function(self) -> Any:
        """The start functions, paired."""
        functions = [instance.start_function for instance in self.both]
        return None if functions[0] is None else PairedFunction(*functions)

    def start(self, function: Any, arguments: Sequence[object] = ()) -> LockstepExecution:
        """Begin a call in both."""
        executions = attempt(
            "start",
            *(
                lambda side=side: self.both[side].start(
                    unpaired(function, side), [unpaired(value, side) for value in arguments]
                )
                for side in (0, 1)
            ),
        )
        return LockstepExecution(self, executions)

    def compare_memories(self) -> None:
        """Compare exported memories, as far as they are not huge, and globals."""
        for extern in self._exports.values():
            if isinstance(extern, PairedMemory):
                extern.read(0, min(extern.size_bytes, 1 << 20))
            elif isinstance(extern, PairedGlobal):
                _ = extern.value


class LockstepEngine:
    """Both engines as one. ``seed`` decides where executions are cut; of each execution the first
    ``frames_compared`` cuts compare frames too, and ``snapshots`` cuts on the average compare
    snapshots. ``shadows`` is the part of executions that are gone on with in the other engine.

    ``counts`` is what has been done. With ``is_interleaved`` others may run, and change what an
    execution uses, whenever it pauses for fuel.
    """

    name = "lockstep"

    def __init__(
        self,
        first: Any,
        second: Any,
        seed: int = 0,
        *,
        frames_compared: int = 5,
        snapshots: int = 3,
        shadows: float = 0.5,
    ) -> None:
        self.both = (first, second)
        self.random = random.Random(seed)
        self.frames_compared = frames_compared
        self.snapshots = snapshots
        self.shadows = shadows
        self.is_interleaved = False
        self.counts: Counter[str] = Counter()
        self.modules: dict[bytes, tuple[Any, Any]] = {}
        self._things: dict[int, tuple[str, object]] = {}
        self._names: dict[str, object] = {}

    def name_of(self, thing: object) -> str:
        """The persistent id of an object of the host."""
        known = self._things.get(id(thing))
        if known is None:
            known = self._things[id(thing)] = f"thing {len(self._things)}", thing
            self._names[known[0]] = thing
        return known[0]

    def thing(self, name: str) -> object:
        """The object of the host with a persistent id."""
        return self._names[name]

    def load(self, source: Any, features: Any = None) -> Any:
        """Load a module in both."""
        modules = attempt(
            "load", *(lambda e=engine: e.load(source, features) for engine in self.both)
        )
        module = Pair(*modules)
        module.imports = modules[0].imports  # type: ignore[attr-defined]
        module.exports = modules[0].exports  # type: ignore[attr-defined]
        same("imports", list(modules[0].imports), list(modules[1].imports))
        same("exports", list(modules[0].exports), list(modules[1].exports))
        self.modules[same("digest", *(loaded.facts.digest for loaded in modules))] = module.both
        return module

    def new_store(self, limits: Limits | None = None) -> Any:
        """A store in each."""
        limits = _LIMITS if limits is None else limits
        return Pair(*(engine.new_store(limits) for engine in self.both))

    def instantiate(
        self,
        module: Any,
        imports: Any = None,
        limits: Limits | None = None,
        *,
        store: Any = None,
        name: str = "",
    ) -> LockstepInstance:
        """Instantiate in both."""

        def make(side: int) -> Any:
            given = {key: unpaired(value, side) for key, value in (imports or {}).items()}
            return self.both[side].instantiate(
                module.both[side], given, limits, store=unpaired(store, side), name=name
            )

        pair = attempt("instantiate", *(lambda s=side: make(s) for side in (0, 1)))
        return LockstepInstance(self, pair)

    def new_memory(self, type: Any, store: Any = None) -> PairedMemory:
        """A memory in each."""
        return PairedMemory(
            *(
                engine.new_memory(type, unpaired(store, side))
                for side, engine in enumerate(self.both)
            )
        )

    def new_table(self, type: Any, initial: Any = None) -> PairedTable:
        """A table in each."""
        return PairedTable(
            *(
                engine.new_table(type, unpaired(initial, side))
                for side, engine in enumerate(self.both)
            )
        )

    def new_global(self, type: Any, value: Any) -> PairedGlobal:
        """A global in each."""
        return PairedGlobal(
            *(
                engine.new_global(type, unpaired(value, side))
                for side, engine in enumerate(self.both)
            )
        )

    def new_tag(self, type: Any) -> Pair:
        """A tag in each."""
        return Pair(*(engine.new_tag(type) for engine in self.both))
