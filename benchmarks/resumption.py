"""Running CPython for WASI from its beginning, or from a snapshot of it when it was about to read
its script from standard input.

What is open belongs to the host and is in no snapshot: who goes on has files of its own. CPython
has its library inside, and has nothing open there but the standard streams.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from pywasm_rt.component.drive import complete
from pywasm_rt.embedding.performing import perform_blocking
from pywasm_rt.engine.driver import Meter, drive
from pywasm_rt.engine.interface import HostCall
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.errors import GuestExit
from pywasm_rt.wasi.capabilities.stdio import CollectingSink
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview1 import Preview1
from pywasm_rt.wasi.preview1.run import run_command

__all__ = ["resume", "run", "take"]

_ARGUMENTS = ("python", "-")

Load = Callable[[], Any]
Lap = Callable[[], None]


def run(engine: Any, load: Load, arguments: tuple[str, ...], lap: Lap) -> bytes:
    """What it prints. ``lap`` is called when the module is loaded, and when it is instantiated."""
    output = CollectingSink()
    with WasiContext(arguments=arguments, stdout=output) as context:
        module = load()
        lap()
        preview1 = Preview1(context)
        instance = engine.instantiate(module, preview1.imports)
        preview1.bind(instance)
        lap()
        complete(run_command(instance, Meter(is_plain=True)), perform_blocking)
    return output.data


def resume(engine: Any, load: Load, snapshot: bytes, script: bytes, lap: Lap) -> bytes:
    """The same from a snapshot on, with the script on standard input."""
    output = CollectingSink()
    with WasiContext(arguments=_ARGUMENTS, stdin=script, stdout=output) as context:
        module = load()
        lap()
        preview1 = Preview1(context)
        restored = engine.restore(Snapshot.from_bytes(snapshot), module, preview1.imports)
        preview1.bind(restored.instances[0])
        lap()
        complete(_to_the_end(restored.execution, restored.event), perform_blocking)
    return output.data


def _to_the_end(execution: Any, event: Any) -> Generator[Any, Any, int]:
    try:
        yield from drive(execution, Meter(is_plain=True), event=event)
    except GuestExit as end:
        return end.code
    return 0


def take(engine: Any, module: Any) -> bytes:
    """A snapshot of it, about to read its script. Raises ValueError if it never does."""
    with WasiContext(arguments=_ARGUMENTS) as context:
        preview1 = Preview1(context)
        instance = engine.instantiate(module, preview1.imports)
        preview1.bind(instance)
        execution = instance.start(instance.exports["_start"])
        while isinstance(event := execution.run(), HostCall):
            if event.function.name == "fd_read" and event.arguments[0] == 0:
                data: bytes = execution.snapshot().to_bytes(compress=False)
                return data
            execution.resume(event.function.implementation(*event.arguments))
    raise ValueError(f"it never read its script, but {event!r:.100}")
