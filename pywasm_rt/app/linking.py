"""A program linked to what its host gives it, and instantiated."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from pywasm_rt.app.further_imports import FurtherImports
from pywasm_rt.app.program import Program
from pywasm_rt.app.warm_instances import Callee, Coerce, Restorable, WarmInstance
from pywasm_rt.component.component import Component
from pywasm_rt.component.core_signature import typed_core_function
from pywasm_rt.component.type_parts import walk
from pywasm_rt.component.types import BorrowType, FunctionType, OwnType
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import Engine, HostFunction, Limits, LoadedModule, Store
from pywasm_rt.errors import SnapshotError
from pywasm_rt.process.actor.core import MODULE_NAME as ACTOR_MODULE
from pywasm_rt.process.actor.core import CoreActor
from pywasm_rt.process.interface import ProcessContext
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview1 import MODULE_NAME, Preview1
from pywasm_rt.wasi.preview1.run import initialize

__all__ = ["Linked", "Linking", "can_be_kept"]

_EFFORT_OF_MODULE = 4 << 20
_EFFORT_OF_COMPONENT = 32 << 20

ActFor = Callable[[WasiContext, ProcessContext | None], None]


@dataclass(slots=True, eq=False)
class Linked:
    """An instance that is ready to be called. Making one takes as long as looking through so many
    ``effort_bytes`` of memory, beside what fills its memories and what it computes: measured, in
    its order of magnitude.
    """

    function: Callee
    coerce: Coerce
    store: Store
    baseline: Callable[[], Restorable]
    effort_bytes: int
    act_for: ActFor | None = None
    was_asked: Callable[[], bool] = lambda: False

    def keep(self) -> WarmInstance | None:
        """It as one that may be called again; None if that cannot be."""
        if self.was_asked():
            return None
        try:
            baseline = self.baseline()
        except SnapshotError:
            return None
        store = self.store
        worth_bytes = self.effort_bytes + 4 * baseline.content_bytes + 64 * store.fuel_spent
        if store.memory_bytes > worth_bytes:
            return None
        function, coerce = self.function, self.coerce
        return WarmInstance(function, coerce, store, baseline, self.act_for, store.fuel_spent)


@dataclass(slots=True, eq=False)
class Linking:
    """Makes instances of a program. ``context`` opens what the guest may use, when it imports
    anything of that; ``further`` is what it is given besides.
    """

    program: Program
    limits: Limits
    engine: Engine
    further: FurtherImports
    context: Callable[[], WasiContext]
    process: ProcessContext | None

    def start(self, method: str, meter: Meter, *, keeps: bool) -> Generator[Any, Any, Linked]:
        """Make one and initialise it; with ``keeps`` so that it could be called several times."""
        code = self.program.code
        if isinstance(code, Component):
            return (yield from self._component(code, method, meter, keeps=keeps))
        return (yield from self._module(code, method, meter, keeps=keeps))

    def _component(
        self, component: Component, method: str, meter: Meter, *, keeps: bool
    ) -> Generator[Any, Any, Linked]:
        # Core modules do without all of this.
        from pywasm_rt.app.host_side import ComponentSide, offered  # noqa: PLC0415
        from pywasm_rt.component.baseline import ComponentBaseline  # noqa: PLC0415
        from pywasm_rt.component.coerce import coerce_arguments  # noqa: PLC0415
        from pywasm_rt.component.linker import Linker  # noqa: PLC0415

        linker = Linker(self.engine)
        granted = self.program.granted
        packages = frozenset(
            name.partition("/")[0]
            for name in component.imports
            if name.partition("@")[0] in granted
        )
        side: ComponentSide | None = None
        if component.imports:
            context = self.context()
            if keeps and not self.further.traps:
                side = ComponentSide(packages, granted, context, self.process)
                found = side.interfaces()
            else:
                found = [it for name in packages for it in offered(name, context, self.process)]
            for interface in found:
                if interface.name in granted:
                    linker.define(interface)
        if self.further.traps:
            linker.define_missing_as_traps(component)
        instance = yield from linker.start(component, self.limits, meter)
        function = instance.function(method)
        linked = Linked(
            function,
            lambda arguments: coerce_arguments(arguments, function.type),
            instance.store,
            lambda: ComponentBaseline(instance),
            _EFFORT_OF_COMPONENT,
        )
        if side is not None:
            linked.act_for, linked.was_asked = side.act_for, lambda: side.was_asked
        return linked

    def _module(
        self, module: LoadedModule, method: str, meter: Meter, *, keeps: bool
    ) -> Generator[Any, Any, Linked]:
        from pywasm_rt.app.host_side import CoreSide  # noqa: PLC0415 - only for what imports

        wanted = {item.module for item in module.imports}
        imports: dict[tuple[str, str], HostFunction] = {}
        bound: list[Preview1 | CoreActor] = []
        side: CoreSide | None = None
        if MODULE_NAME in wanted and keeps:
            side = CoreSide(self.context())
            imports.update(side.imports)
            bound.append(side.preview1)
        elif MODULE_NAME in wanted:
            preview1 = Preview1(self.context())
            imports.update(preview1.imports)
            bound.append(preview1)
        if self.process is not None and ACTOR_MODULE in wanted:
            actor = CoreActor(self.process)
            imports.update(actor.imports)
            bound.append(actor)
        completed = self.further.complete(module, imports)
        instance = self.engine.instantiate(module, completed, self.limits)
        meter.store = instance.store
        for it in bound:
            it.bind(instance)
        yield from initialize(instance, meter)
        function = typed_core_function(instance, method, self.program.signatures.get(method))
        coerce, baseline = function.coerce_arguments, instance.baseline
        linked = Linked(function, coerce, instance.store, baseline, _EFFORT_OF_MODULE)
        if side is not None:
            linked.act_for, linked.was_asked = side.act_for, lambda: side.was_asked
        return linked


def can_be_kept(program: Program) -> bool:
    """Whether instances of a program can serve several calls, as far as is known beforehand."""
    code = program.code
    if _has_resources(program.type):
        return False
    return isinstance(code, Component) or all(it.module != ACTOR_MODULE for it in code.imports)


def _has_resources(type: FunctionType) -> bool:
    """Whether resources cross: what its caller holds would be of an instance that has forgotten."""
    parts = [it for _, it in type.parameters]
    if type.result is not None:
        parts.append(type.result)
    return any(isinstance(it, OwnType | BorrowType) for part in parts for it in walk(part))
