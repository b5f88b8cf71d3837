"""Runs what all exports of a module do, and writes down all that can be seen of it.

What is written down is plain data that does not depend on the engine, so that two engines agree if
their lists are equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

from pywasm_rt.engine.float_bits import f32_to_bits, f64_to_bits
from pywasm_rt.engine.interface import (
    Engine,
    Event,
    Execution,
    Function,
    Global,
    HostCall,
    HostFunction,
    Imports,
    Instance,
    Limits,
    LoadedModule,
    Memory,
    Paused,
    Returned,
    Table,
    Threw,
    Trapped,
    reference_kind,
)
from pywasm_rt.errors import EngineBug, ExhaustionError, Trap
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.types import (
    F32,
    F64,
    ExternKind,
    FunctionType,
    GlobalType,
    ReferenceType,
    ValueType,
)

__all__ = ["LIMITS", "Observation", "host_imports", "observe", "zero"]

LIMITS = Limits(memory_bytes=1 << 26, table_elements=100_000, call_depth=500)
_QUANTUM = 150
_MOST_EVENTS = 100


class Observation(NamedTuple):
    """What came of a call, or what something exported is like at the end.

    ``fuel`` and ``steps`` are those of the call, 0 for what is no call. ``stops`` are the places
    where it paused or called the host: fuel, steps, function and pc.
    """

    name: str
    outcome: str
    values: tuple[object, ...] = ()
    fuel: int = 0
    steps: int = 0
    stops: tuple[tuple[int, ...], ...] = ()


def zero(type_: ValueType) -> object:
    """The value of a type that stands for nothing."""
    if isinstance(type_, ReferenceType):
        return None
    return 0.0 if type_ in (F32, F64) else 0


def host_imports(engine: Engine, module: LoadedModule) -> Imports:
    """Something for every import; functions give zeros and nulls."""
    found: dict[tuple[str, str], object] = {}
    for item in module.imports:
        place = item.module, item.name
        if item.kind is ExternKind.GLOBAL:
            type_ = cast("GlobalType", item.type)
            found[place] = engine.new_global(type_, zero(type_.value))
        else:
            assert isinstance(item.type, FunctionType), "there are no other imports"
            is_tag = item.kind is ExternKind.TAG
            make = engine.new_tag if is_tag else _host_function
            found[place] = make(item.type)
    return cast("Imports", found)


def _host_function(type_: FunctionType) -> HostFunction:
    return HostFunction(type_, lambda *_: _answer(type_))


def _answer(type_: FunctionType) -> object:
    values = tuple(map(zero, type_.results))
    return values if len(values) > 1 else next(iter(values), None)


def observe(
    engine: Engine, source: Module | bytes, features: Features, limits: Limits = LIMITS
) -> list[Observation]:
    """Instantiate a valid module, call its exported functions one after the other, each with
    zeros, and look at its other exports.

    Nothing but the events of the interface may come of a call: anything else is raised.
    """
    loaded = engine.load(source, features)
    try:
        instance = engine.instantiate(loaded, host_imports(engine, loaded), limits)
    except (Trap, ExhaustionError) as error:
        return [Observation("instantiate", f"{type(error).__name__}: {error.message}")]
    functions = [item.name for item in loaded.exports if item.kind is ExternKind.FUNCTION]
    calls = [_call(instance, name) for name in functions]
    return [*calls, *_state(instance, loaded)]


def _call(instance: Instance, name: str) -> Observation:
    function = cast("Function", instance.exports[name])
    types = function.type.parameters
    if any(isinstance(type_, ReferenceType) and not type_.nullable for type_ in types):
        return Observation(name, "not called: it takes a reference that cannot be null")
    execution = instance.start(function, tuple(map(zero, types)))
    event, stops = _run(execution)
    outcome, values = _describe(event, function.type.results)
    counts = execution.fuel_spent, execution.steps_taken
    return Observation(name, outcome, values, *counts, stops)


def _run(execution: Execution) -> tuple[Event, tuple[tuple[int, ...], ...]]:
    """Go on over pauses and calls of the host, which give zeros, until the call is over or there
    were many of these: the last event, and where it stopped before.
    """
    stops: list[tuple[int, ...]] = []
    event = execution.run(_QUANTUM)
    for _ in range(_MOST_EVENTS):
        if not isinstance(event, HostCall | Paused):
            break
        # The outermost frame of a call that the host itself answers is not there.
        places = [(frame.function_index, frame.pc) for frame in execution.frames()[:1]]
        stops.append((execution.fuel_spent, execution.steps_taken, *sum(places, ())))
        if isinstance(event, HostCall):
            execution.resume(_answer(event.function.type))
        event = execution.run(_QUANTUM)
    return event, tuple(stops)


def _describe(event: Event, types: Sequence[ValueType]) -> tuple[str, tuple[object, ...]]:
    match event:
        case Returned(values):
            return "returned", _plain(values, types)
        case Trapped(trap):
            if not isinstance(trap, Trap | ExhaustionError):
                raise EngineBug(f"a trap that is none: {trap!r}") from trap
            return f"{type(trap).__name__}: {trap.message}", ()
        case Threw(exception):
            return "threw", tuple(_reference_or_bits(value) for value in exception.values)
        case HostCall():
            return "calls the host again and again", ()
        case _:
            return "does not end", ()


# Which of two NaNs arithmetic gives on is left open, so one is as good as another.
_ANY_NAN = "nan"


def _plain(values: Sequence[object], types: Sequence[ValueType]) -> tuple[object, ...]:
    return tuple(_bits(value, type_) for value, type_ in zip(values, types, strict=True))


def _bits(value: object, type_: ValueType) -> object:
    if type_ is F32 and isinstance(value, float) and value == value:
        return f32_to_bits(value)
    return _reference_or_bits(value)


def _reference_or_bits(value: object) -> object:
    if isinstance(value, float):
        return _ANY_NAN if value != value else f64_to_bits(value)
    return value if value is None or isinstance(value, int) else reference_kind(value)


def _state(instance: Instance, loaded: LoadedModule) -> Iterator[Observation]:
    """Memories, tables and globals as they are now."""
    for item in loaded.exports:
        extern = instance.exports[item.name]
        if item.kind is ExternKind.MEMORY:
            memory = cast("Memory", extern)
            data = memory.read(0, memory.size_bytes)
            digest = hashlib.sha256(data).hexdigest()
            yield Observation(item.name, "memory", (memory.size_bytes, digest))
        elif item.kind is ExternKind.TABLE:
            table = cast("Table", extern)
            kinds = tuple(_reference_or_bits(table[i]) for i in range(min(len(table), 1_000)))
            yield Observation(item.name, "table", (len(table), *kinds))
        elif item.kind is ExternKind.GLOBAL:
            holder = cast("Global", extern)
            value = _bits(holder.value, holder.type.value)
            yield Observation(item.name, "global", (value,))
