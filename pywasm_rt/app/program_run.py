"""One run of a program: instantiated, linked to what it is granted, and called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pywasm_rt.app.further_imports import FurtherImports
from pywasm_rt.app.program import Program
from pywasm_rt.app.warm_instances import WarmInstances
from pywasm_rt.component.component import Component
from pywasm_rt.component.core_signature import typed_core_function
from pywasm_rt.engine.driver import Drive, Meter
from pywasm_rt.engine.interface import Engine, HostFunction, Limits, LoadedModule
from pywasm_rt.process.actor.core import MODULE_NAME as ACTOR_MODULE
from pywasm_rt.process.actor.core import CoreActor
from pywasm_rt.process.interface import ProcessContext
from pywasm_rt.process.wasm import WasmProcess
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview1 import MODULE_NAME, Preview1
from pywasm_rt.wasi.preview1.run import initialize

__all__ = ["ProgramRun"]


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
            return self.start(self.program.method if own else method, arguments, meter)

        return WasmProcess(start, self.close)

    def start(self, method: str, arguments: tuple[object, ...], meter: Meter) -> Drive:
        """Instantiate and call, as a generator in the sense of the engine's driver.

        ``arguments`` may be component values or those of Lua, YAML and JSON. Raises ComponentError
        for arguments that do not fit, LinkError, and whatever ends the guest.
        """
        code = self.program.code
        if isinstance(code, Component):
            return (yield from self._component(code, method, arguments, meter))
        if self.pool is not None and method == self.program.method:
            return (yield from self._warm(code, self.pool, arguments, meter))
        return (yield from self._module(code, method, arguments, meter))

    def close(self) -> None:
        """Close what the guest left open, and its mounts."""
        context, self._context = self._context, None
        if context is not None:
            context.close()
            for _, directory in context.preopens:
                directory.close()

    def _component(
        self, component: Component, method: str, arguments: tuple[object, ...], meter: Meter
    ) -> Drive:
        # Core modules do without all of this.
        from pywasm_rt.app.guest_functions import FUNCS  # noqa: PLC0415
        from pywasm_rt.component.coerce import coerce_arguments  # noqa: PLC0415
        from pywasm_rt.component.linker import Linker  # noqa: PLC0415
        from pywasm_rt.process.actor.component import PROCESS, actor_interfaces  # noqa: PLC0415
        from pywasm_rt.wasi.preview2 import interfaces  # noqa: PLC0415

        linker = Linker(self.engine)
        if component.imports:
            self._context = context = self.make_context()
            for interface in (*interfaces(context), FUNCS):
                if interface.name in self.program.granted:
                    linker.define(interface)
        if self._process is not None and PROCESS in self.program.granted:
            for interface in actor_interfaces(self._process):
                linker.define(interface)
        if self.further.traps:
            linker.define_missing_as_traps(component)
        instance = yield from linker.start(component, self.limits, meter)
        meter.store = instance.store
        function = instance.function(method)
        values = coerce_arguments(arguments, function.type)
        return (yield from function.start(values, meter))

    def _warm(
        self, module: LoadedModule, pool: WarmInstances, arguments: tuple[object, ...], meter: Meter
    ) -> Drive:
        """A call on an instance that waits for it, or on a new one, which is then kept."""
        warm = pool.take()
        if warm is None:
            instance = self.engine.instantiate(module, {}, self.limits)
            meter.store = instance.store
            yield from initialize(instance, meter)
            warm = pool.keep(instance)
            if warm is None:
                return (yield from self._module(module, self.program.method, arguments, meter))
        meter.store = warm.instance.store
        result = yield from warm.function.start(warm.function.coerce_arguments(arguments), meter)
        meter.store = None
        pool.give_back(warm)
        return result

    def _module(
        self, module: LoadedModule, method: str, arguments: tuple[object, ...], meter: Meter
    ) -> Drive:
        wanted = {item.module for item in module.imports}
        imports: dict[tuple[str, str], HostFunction] = {}
        preview1: Preview1 | None = None
        actor: CoreActor | None = None
        if MODULE_NAME in wanted:
            self._context = context = self.make_context()
            preview1 = Preview1(context)
            imports.update(preview1.imports)
        if self._process is not None and ACTOR_MODULE in wanted:
            actor = CoreActor(self._process)
            imports.update(actor.imports)
        completed = self.further.complete(module, imports)
        instance = self.engine.instantiate(module, completed, self.limits)
        meter.store = instance.store
        for bound in (preview1, actor):
            if bound is not None:
                bound.bind(instance)
        yield from initialize(instance, meter)
        function = typed_core_function(instance, method, self.program.signatures.get(method))
        values = function.coerce_arguments(arguments)
        return (yield from function.start(values, meter))
