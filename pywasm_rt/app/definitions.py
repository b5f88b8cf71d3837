"""Entries as processes: what a scheduler needs to start them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from pywasm_rt.app.entry import Entry
from pywasm_rt.app.guest_context import make_wasi_context
from pywasm_rt.app.kinds import GuestConfiguration
from pywasm_rt.app.kinds.limits import LimitSettings, Mailbox
from pywasm_rt.app.program import Program
from pywasm_rt.app.program_run import ProgramRun
from pywasm_rt.app.resolution import Resources
from pywasm_rt.app.standard_streams import StandardStreams
from pywasm_rt.app.warm_instances import WarmInstances
from pywasm_rt.engine.interface import Engine, Limits
from pywasm_rt.process.interface import ProcessContext, ProcessDefinition, ProcessOptions
from pywasm_rt.process.wasm import WasmProcess
from pywasm_rt.wasi.context import WasiContext

__all__ = [
    "ARGUMENTS",
    "HostDefaults",
    "Surroundings",
    "context_of_guest",
    "engine_limits",
    "host_options",
    "process_options",
    "wasm_definition",
]

# The key of a process context's values under which the command line's arguments are.
ARGUMENTS = "arguments"


@dataclass(frozen=True, slots=True)
class HostDefaults:
    """What a host's entry says of the limits of its processes."""

    limits: LimitSettings | None = None
    mailbox: Mailbox | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What processes run in: engine, streams, and the hosts whose processes may read.

    ``host_defaults`` are by host, for entries that say nothing of their limits. ``keep`` gives the
    instances that are kept for calls of a function; without it each call has one of its own.
    """

    engine: Engine
    streams: StandardStreams = field(default_factory=StandardStreams)
    terminal_hosts: Collection[str] = ()
    host_defaults: Mapping[str, HostDefaults] = field(default_factory=dict)
    keep: Callable[[Entry, Program, Limits], WarmInstances | None] | None = None

    def streams_for(self, context: ProcessContext) -> StandardStreams:
        """The streams of a process on a host."""
        at_terminal = context.host_id in self.terminal_hosts
        return self.streams if at_terminal else self.streams.without_input()


def engine_limits(given: LimitSettings) -> Limits:
    """Limits as the engine wants them; 0 stands for the engine's default."""
    usual = Limits()
    return replace(
        usual,
        memory_bytes=given.memory_bytes,
        table_elements=given.table_elements or usual.table_elements,
        heap_bytes=given.heap_bytes or usual.heap_bytes,
        call_depth=given.call_depth or usual.call_depth,
        fuel=given.fuel or None,
        output_bytes=given.output_bytes or None,
        open_handles=given.open_handles or usual.open_handles,
        value_slots=given.stack_slots or usual.value_slots,
    )


def wasm_definition(
    entry: Entry,
    program: Program,
    resources: Resources,
    surroundings: Surroundings,
    limits: LimitSettings | None = None,
) -> ProcessDefinition:
    """How processes of an entry with a program are made; ``limits`` stand in for its own."""
    config = entry.config
    assert isinstance(config, GuestConfiguration), "only such entries have programs"
    settings = entry.limits if limits is None else limits
    make_context = context_of_guest(entry, resources, surroundings)
    allowed, engine = engine_limits(settings), surroundings.engine
    pool = surroundings.keep(entry, program, allowed) if surroundings.keep is not None else None

    by_host = {
        host_id: engine_limits(settings.over(defaults.limits))
        for host_id, defaults in surroundings.host_defaults.items()
    }

    def create(context: ProcessContext) -> WasmProcess:
        bounds = by_host.get(context.host_id)
        if bounds is not None:
            run = ProgramRun(program, lambda: make_context(context), bounds, engine)
        else:
            run = ProgramRun(program, lambda: make_context(context), allowed, engine, pool)
        return run.process(config.method)

    options = process_options(entry, settings)
    return ProcessDefinition(
        create, config.method, options, host_options(entry, surroundings, settings)
    )


def context_of_guest(
    entry: Entry, resources: Resources, surroundings: Surroundings
) -> Callable[[ProcessContext], WasiContext]:
    """What opens the capabilities of one run of an entry's guest."""

    def make_context(context: ProcessContext) -> WasiContext:
        given = context.values.get(ARGUMENTS, ())
        texts = tuple(map(str, given)) if isinstance(given, tuple | list) else ()
        streams = surroundings.streams_for(context)
        defaults = surroundings.host_defaults.get(context.host_id, HostDefaults())
        limits = entry.limits.over(defaults.limits)
        return make_wasi_context(
            entry, resources, streams, texts, context.clock, limits, context.permits
        )

    return make_context


def process_options(
    entry: Entry, limits: LimitSettings | None = None, mailbox: Mailbox | None = None
) -> ProcessOptions:
    """What processes of an entry may use; ``limits`` stand in for its own, ``mailbox`` is for one
    that says nothing of that.
    """
    settings = entry.limits if limits is None else limits
    bounds = entry.mailbox or mailbox or Mailbox()
    return ProcessOptions(
        max_execution_ms=settings.max_execution_ms or None,
        mailbox_capacity=bounds.capacity,
        mailbox_bytes=bounds.bytes,
        message_bytes=bounds.message_bytes,
        credentials=None if entry.security is None else entry.security.credentials,
    )


def host_options(
    entry: Entry, surroundings: Surroundings, limits: LimitSettings | None = None
) -> dict[str, ProcessOptions]:
    """The same on the hosts that have defaults."""
    settings = entry.limits if limits is None else limits
    return {
        host_id: process_options(entry, settings.over(defaults.limits), defaults.mailbox)
        for host_id, defaults in surroundings.host_defaults.items()
    }
