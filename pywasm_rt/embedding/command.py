"""WASI commands as :func:`subprocess.run` runs programs: preview 1 modules and 0.2 components."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, Unpack

from pywasm_rt.component.component import Component
from pywasm_rt.component.drive import complete
from pywasm_rt.embedding.code import ProgramLike, load_program
from pywasm_rt.embedding.core import resolve_imports
from pywasm_rt.embedding.linker import Linker
from pywasm_rt.embedding.performing import (
    complete_async,
    complete_within,
    perform_blocking,
)
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Drive, Meter
from pywasm_rt.engine.interface import Engine, Limits, LoadedModule
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasi.capabilities.clocks import (
    MonotonicClock,
    SystemMonotonicClock,
    SystemWallClock,
    WallClock,
)
from pywasm_rt.wasi.capabilities.network import Network
from pywasm_rt.wasi.capabilities.random import RandomSource, SystemRandom
from pywasm_rt.wasi.capabilities.stdio import CollectingSink, SinkLike, SourceLike
from pywasm_rt.wasi.context import DirectoryLike, WasiContext, WasiLimits
from pywasm_rt.wasi.preview1 import MODULE_NAME, Preview1
from pywasm_rt.wasi.preview1.run import run_command as run_preview1
from pywasm_rt.wasi.preview2.run import run_command as run_preview2

__all__ = ["Completed", "RunOptions", "run", "run_async"]

_Steps = Callable[[Meter], Drive]
_Collected = Callable[[], tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Completed:
    """How a command ended. ``stdout`` and ``stderr`` are empty where they went elsewhere."""

    exit_code: int
    stdout: bytes = b""
    stderr: bytes = b""

    @property
    def text(self) -> str:
        """Standard output as text: UTF-8, with replacement characters for what is none."""
        return self.stdout.decode(errors="replace")


class RunOptions(TypedDict, total=False):
    """What a command may use; see :class:`~pywasm_rt.wasi.context.WasiContext`.

    ``stdout`` and ``stderr`` are collected unless given. ``network`` lists grants
    (``"example.org:443"``). ``imports`` are what it imports besides WASI: by module name for a core
    module (:data:`~pywasm_rt.embedding.core.CoreImports`), by interface for a component
    (:meth:`Linker.define_object <pywasm_rt.embedding.linker.Linker.define_object>`). ``limits`` are
    the engine's, ``wasi_limits`` those of WASI.
    """

    stdin: SourceLike
    stdout: SinkLike
    stderr: SinkLike
    environment: Mapping[str, str]
    directories: Mapping[str, DirectoryLike]
    network: Iterable[str]
    imports: Mapping[str, object]
    monotonic_clock: MonotonicClock
    wall_clock: WallClock
    random: RandomSource
    limits: Limits
    wasi_limits: WasiLimits
    engine: Engine


def run(
    program: ProgramLike,
    arguments: Iterable[str] = (),
    *,
    timeout_seconds: float | None = None,
    **options: Unpack[RunOptions],
) -> Completed:
    """Run a command to its end: a preview 1 module with ``_start``, or a component that exports
    ``wasi:cli/run``.

    ``program`` is its bytes, its file, or what :func:`load_program` gave. ``arguments`` are those
    behind the program's name. It can use nothing but what ``options`` (:class:`RunOptions`) give.

    Raises:
        LinkError: if it imports what is not there, or is no command.
        Trap, GuestException: as the guest ends.
        ExhaustionError: for a limit; ``time`` after ``timeout_seconds``.
    """
    meter = Meter(is_plain=timeout_seconds is None)
    with _prepared(program, arguments, options) as (steps, collected):
        driven = steps(meter)
        if timeout_seconds is None:
            code = complete(driven, perform_blocking)
        else:
            code = complete_within(driven, meter, timeout_seconds)
    return Completed(code, *collected())


async def run_async(
    program: ProgramLike,
    arguments: Iterable[str] = (),
    *,
    timeout_seconds: float | None = None,
    **options: Unpack[RunOptions],
) -> Completed:
    """The same, while others run on the event loop. Cancelling ends the guest where it stands."""
    meter = Meter()
    with _prepared(program, arguments, options) as (steps, collected):
        try:
            async with asyncio.timeout(timeout_seconds) as timeout:
                code = await complete_async(steps(meter), meter)
        except TimeoutError as error:
            if not timeout.expired() or timeout_seconds is None:
                raise
            milliseconds = round(timeout_seconds * 1000)
            sentence = f"the command took longer than {milliseconds} ms"
            raise ExhaustionError("time", sentence, milliseconds) from error
    return Completed(code, *collected())


@contextmanager
def _prepared(
    program: ProgramLike, arguments: Iterable[str], options: RunOptions
) -> Iterator[tuple[_Steps, _Collected]]:
    """How to run the command, and what it has printed; its context is closed in the end."""
    engine = options.get("engine") or get_engine()
    name = Path(program).name if isinstance(program, str | Path) else "program"
    code = load_program(program, engine)
    stdout, stderr = CollectingSink(), CollectingSink()
    context = WasiContext(
        arguments=(name, *arguments),
        environment=options.get("environment", {}),
        stdin=options.get("stdin", b""),
        stdout=options.get("stdout", stdout),
        stderr=options.get("stderr", stderr),
        directories=options.get("directories", {}),
        monotonic_clock=options.get("monotonic_clock") or SystemMonotonicClock(),
        wall_clock=options.get("wall_clock") or SystemWallClock(),
        random=options.get("random") or SystemRandom(),
        network=Network.allow(*options.get("network", ())),
        limits=options.get("wasi_limits") or WasiLimits(),
    )

    def start(meter: Meter) -> Drive:
        if isinstance(code, Component):
            return _component(code, context, options, engine, meter)
        return _module(code, context, options, engine, meter)

    with context:
        yield start, lambda: (stdout.data, stderr.data)


def _component(
    component: Component,
    context: WasiContext,
    options: RunOptions,
    engine: Engine,
    meter: Meter,
) -> Drive:
    linker = Linker(engine)
    linker.define_wasi(context)
    for name, implementation in options.get("imports", {}).items():
        linker.define_object(name, implementation)
    instance = yield from linker.start(component, options.get("limits"), meter)
    return (yield from run_preview2(instance, meter))


def _module(
    module: LoadedModule,
    context: WasiContext,
    options: RunOptions,
    engine: Engine,
    meter: Meter,
) -> Drive:
    preview1 = Preview1(context)
    imports = resolve_imports(module, options.get("imports", {}), engine, preview1)
    instance = engine.instantiate(module, imports, options.get("limits"))
    if any(it.module == MODULE_NAME for it in module.imports):
        preview1.bind(instance)
    return (yield from run_preview1(instance, meter))
