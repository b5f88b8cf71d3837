"""Two engines as one: everything is done in both, and whatever can be seen must be the same.

A :class:`LockstepEngine` is an engine like others, so that all of the official suites can run on
it. Executions are cut into pieces of random size, by fuel and by steps; at each cut the fuel, the
steps and the frames of both engines are compared, and at the end of each execution the memories.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from pywasm_rt.engine.float_bits import f64_to_bits
from pywasm_rt.engine.interface import (
    HostCall,
    HostFunction,
    Limits,
    Paused,
    PauseReason,
    Returned,
    Threw,
    Trapped,
    reference_kind,
)
from pywasm_rt.errors import GuestException, Trap, WasmError

_KINDS = frozenset(("func", "i31", "struct", "array", "exn"))


class Difference(AssertionError):
    """The engines do not agree."""


class Pair:
    """The same thing in both engines."""

    def __init__(self, first: Any, second: Any) -> None:
        self.both = (first, second)
        self.reference_kind = reference_kind(first)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pair) and self.both == other.both

    def __hash__(self) -> int:
        return hash(self.both[0])


class PairedMemory(Pair):
    def read(self, address: int, count: int) -> bytes:
        return same("memory", *(memory.read(address, count) for memory in self.both))

    def write(self, address: int, data: bytes) -> None:
        for memory in self.both:
            memory.write(address, data)

    @property
    def size_bytes(self) -> int:
        return same("size", *(memory.size_bytes for memory in self.both))

    @property
    def type(self) -> Any:
        return same("type", *(memory.type for memory in self.both))

    def grow(self, pages: int) -> int:
        return same("grow", *(memory.grow(pages) for memory in self.both))


class PairedGlobal(Pair):
    @property
    def type(self) -> Any:
        return same("type", *(variable.type for variable in self.both))

    @property
    def value(self) -> object:
        return paired(*(variable.value for variable in self.both))

    @value.setter
    def value(self, value: object) -> None:
        for side, variable in enumerate(self.both):
            variable.value = unpaired(value, side)


class PairedTable(Pair):
    @property
    def type(self) -> Any:
        return same("type", *(table.type for table in self.both))

    def __len__(self) -> int:
        return same("length", *map(len, self.both))

    def __getitem__(self, index: int) -> object:
        return paired(*(table[index] for table in self.both))


class PairedFunction(Pair):
    @property
    def type(self) -> Any:
        return self.both[0].type


def _is_nan(bits: int, width: int) -> bool:
    exponent, mantissa = (0x7F800000, 23) if width == 32 else (0x7FF0000000000000, 52)
    return bits & exponent == exponent and bool(bits & (1 << mantissa) - 1)


def _same_vectors(first: int, second: int) -> bool:
    """Whether all lanes that differ are NaN in both."""
    for width in (32, 64):
        lanes = [
            [vector >> width * lane & (1 << width) - 1 for lane in range(128 // width)]
            for vector in (first, second)
        ]
        if all(
            a == b or (_is_nan(a, width) and _is_nan(b, width)) for a, b in zip(*lanes, strict=True)
        ):
            return True
    return False


def same(what: str, first: Any, second: Any) -> Any:
    """Two plain values, which must be equal. The specification leaves open which NaN arithmetic
    gives, so one NaN is as good as another.
    """
    if isinstance(first, float) and isinstance(second, float):
        both_nan = first != first and second != second
        agree = both_nan or f64_to_bits(first) == f64_to_bits(second)
    else:
        agree = type(first) is type(second) and first == second
        if not agree and what == "value" and isinstance(first, int) and isinstance(second, int):
            agree = first >> 64 > 0 and second >> 64 > 0 and _same_vectors(first, second)
    if not agree:
        raise Difference(f"{what}: {first!r} and {second!r}")
    return first


def paired(first: Any, second: Any) -> Any:
    """A value of both engines as one."""
    kind = reference_kind(first)
    if kind in _KINDS:
        same("kind", kind, reference_kind(second))
        return PairedFunction(first, second) if kind == "func" else Pair(first, second)
    return same("value", first, second)


def unpaired(value: Any, side: int) -> Any:
    """The value of one engine."""
    return value.both[side] if isinstance(value, Pair) else value


def attempt(what: str, *actions: Any) -> list[Any]:
    """Do something in both engines; they must succeed or fail in the same way."""
    results, errors = [], []
    for action in actions:
        try:
            results.append(action())
        except (WasmError, TypeError, IndexError) as error:
            errors.append(error)
    if errors:
        if len(errors) != 2:
            raise Difference(f"{what}: only one failed: {errors[0]!r}") from errors[0]
        if type(errors[0]) is not type(errors[1]):
            raise Difference(f"{what}: {errors[0]!r} and {errors[1]!r}")
        raise errors[0]
    return results


class LockstepExecution:
    def __init__(self, instance: LockstepInstance, executions: list[Any]) -> None:
        self.instance = instance
        self.both = executions
        self.random = instance.engine.random
        self.frames_left = instance.engine.frames_compared

    @property
    def fuel_spent(self) -> int:
        return same("fuel", *(execution.fuel_spent for execution in self.both))

    @property
    def steps_taken(self) -> int:
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
            piece = min(piece * 2, 50_000)
            if not isinstance(event, Paused):
                return event
            spent = fuel is not None and self.fuel_spent - begin >= fuel
            if spent and event.reason is PauseReason.FUEL:
                return event

    def step(self, count: int = 1) -> Any:
        return self._both(lambda execution: execution.step(count))

    def resume(self, values: Any = None) -> None:
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
        return self._exports

    @property
    def start_function(self) -> Any:
        functions = [instance.start_function for instance in self.both]
        return None if functions[0] is None else PairedFunction(*functions)

    def start(self, function: Any, arguments: Sequence[object] = ()) -> LockstepExecution:
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
        for extern in self._exports.values():
            if isinstance(extern, PairedMemory):
                extern.read(0, min(extern.size_bytes, 1 << 20))
            elif isinstance(extern, PairedGlobal):
                _ = extern.value


def pair_extern(first: Any, second: Any) -> Any:
    """An entity of both engines as one."""
    if hasattr(first, "size_bytes"):
        return PairedMemory(first, second)
    if hasattr(first, "__len__"):
        return PairedTable(first, second)
    if hasattr(first, "value"):
        return PairedGlobal(first, second)
    if reference_kind(first) == "func":
        return PairedFunction(first, second)
    return Pair(first, second)


class LockstepEngine:
    """Both engines as one. ``seed`` decides where executions are cut; of each execution the first
    ``frames_compared`` cuts compare frames too.
    """

    name = "lockstep"

    def __init__(self, first: Any, second: Any, seed: int = 0, frames_compared: int = 5) -> None:
        self.both = (first, second)
        self.random = random.Random(seed)
        self.frames_compared = frames_compared

    def load(self, source: Any, features: Any = None) -> Any:
        modules = attempt(
            "load", *(lambda e=engine: e.load(source, features) for engine in self.both)
        )
        module = Pair(*modules)
        module.imports = modules[0].imports  # type: ignore[attr-defined]
        module.exports = modules[0].exports  # type: ignore[attr-defined]
        same("imports", list(modules[0].imports), list(modules[1].imports))
        same("exports", list(modules[0].exports), list(modules[1].exports))
        return module

    def new_store(self, limits: Limits | None = None) -> Any:
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
        def make(side: int) -> Any:
            given = {key: unpaired(value, side) for key, value in (imports or {}).items()}
            return self.both[side].instantiate(
                module.both[side], given, limits, store=unpaired(store, side), name=name
            )

        pair = attempt("instantiate", *(lambda s=side: make(s) for side in (0, 1)))
        return LockstepInstance(self, pair)

    def new_memory(self, type: Any, store: Any = None) -> PairedMemory:
        return PairedMemory(
            *(
                engine.new_memory(type, unpaired(store, side))
                for side, engine in enumerate(self.both)
            )
        )

    def new_table(self, type: Any, initial: Any = None) -> PairedTable:
        return PairedTable(
            *(
                engine.new_table(type, unpaired(initial, side))
                for side, engine in enumerate(self.both)
            )
        )

    def new_global(self, type: Any, value: Any) -> PairedGlobal:
        return PairedGlobal(
            *(
                engine.new_global(type, unpaired(value, side))
                for side, engine in enumerate(self.both)
            )
        )

    def new_tag(self, type: Any) -> Pair:
        return Pair(*(engine.new_tag(type) for engine in self.both))


__all__ = ["Difference", "HostFunction", "LockstepEngine"]
