"""One run of a program: instantiated, linked to what it is granted, and called."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from pywasm_rt.app.further_imports import FurtherImports
from pywasm_rt.app.linking import Linked, Linking
from pywasm_rt.app.program import Program
from pywasm_rt.app.warm_instances import WarmInstance, WarmInstances
from pywasm_rt.engine.driver import Drive, Meter
from pywasm_rt.engine.interface import Engine, Limits
from pywasm_rt.errors import ComponentError
from pywasm_rt.process.interface import ProcessContext
from pywasm_rt.process.wasm import WasmProcess
from pywasm_rt.wasi.context import WasiContext

__all__ = ["ProgramRun", "warming"]

WARMING = "system:warming"
_WARMING = object()


def warming() -> dict[str, object]:
    """The values of a process that only makes an instance for calls to come."""
    return {WARMING: _WARMING}


@dataclass(slots=True)
class ProgramRun:
    """Makes the process that runs a program once.

    ``make_context`` opens what the guest may use, when it begins; that is closed at its end.
    ``pool`` has instances of calls before, and takes this one's if it ends well. ``further`` is
    what the program is given besides WASI.
    """

    program: Program
    make_context: Callable[[], WasiContext]
    limits: Limits
    engine: Engine
    pool: WarmInstances | None = None
    further: FurtherImports = field(default_factory=FurtherImports)
    _context: WasiContext | None = field(init=False, default=None)
    _process: ProcessContext | None = field(init=False, default=None)

    def process(self, default_method: str) -> WasmProcess:
        """The process. Started with ``default_method`` it runs the program's own function."""

        def start(
            context: ProcessContext, method: str, arguments: tuple[object, ...], meter: Meter
        ) -> Drive:
            own = method in {default_method, self.program.method}
            self._process = context
            if context.values.get(WARMING) is _WARMING:
                return self.prepare(meter)
            return self.start(self.program.method if own else method, arguments, meter)

        return WasmProcess(start, self.close)

    def start(self, method: str, arguments: tuple[object, ...], meter: Meter) -> Drive:
        """Instantiate and call, as a generator in the sense of the engine's driver.

        ``arguments`` may be component values or those of Lua, YAML and JSON. Raises ComponentError
        for arguments that do not fit, LinkError, and whatever ends the guest.
        """
        pool = self.pool
        if pool is not None and pool.is_useful and method == self.program.method:
            return (yield from self._warm(pool, arguments, meter))
        linked = yield from self._linking().start(method, meter, keeps=False)
        meter.store = linked.store
        return (yield from linked.function.start(linked.coerce(arguments), meter))

    def prepare(self, meter: Meter) -> Drive:
        """Instantiate for calls to come; nothing is called."""
        pool = self.pool
        if pool is not None and pool.is_useful:
            warm = yield from self._new(pool, meter)
            if isinstance(warm, WarmInstance):
                self._keep(pool, warm, meter)
        return None

    def close(self) -> None:
        """Close what the guest left open, and its mounts."""
        context, self._context = self._context, None
        if context is not None:
            context.close()
            for _, directory in context.preopens:
                directory.close()

    def _linking(self) -> Linking:
        return Linking(
            self.program, self.limits, self.engine, self.further, self._open, self._process
        )

    def _open(self) -> WasiContext:
        self._context = context = self.make_context()
        return context

    def _warm(self, pool: WarmInstances, arguments: tuple[object, ...], meter: Meter) -> Drive:
        """A call on an instance that waits for it, or on a new one, which is then kept."""
        found = pool.take()
        if found is not None and found.act_for is not None:
            found.act_for(self._open(), self._process)
        callee = found if found is not None else (yield from self._new(pool, meter))
        meter.store = callee.store
        try:
            values = callee.coerce(arguments)
        except ComponentError:
            if isinstance(callee, WarmInstance):
                self._keep(pool, callee, meter)
            raise
        result = yield from callee.function.start(values, meter)
        if isinstance(callee, WarmInstance):
            self._keep(pool, callee, meter)
        return result

    def _new(self, pool: WarmInstances, meter: Meter) -> Generator[Any, Any, WarmInstance | Linked]:
        """A new instance, as one that can be kept if that can be."""
        linked = yield from self._linking().start(self.program.method, meter, keeps=True)
        warm = linked.keep() if pool.has_room_for(linked.store) else None
        if warm is None:
            pool.is_useful = False
            return linked
        return warm

    def _keep(self, pool: WarmInstances, warm: WarmInstance, meter: Meter) -> None:
        """Let it wait for the next call, once what it had open is closed."""
        meter.store = None
        self.close()
        assert self._process is not None, "calls are processes"
        pool.give_back(warm, self._process.clock.now_ns())
