"""Functions on the border between components and core modules (canonical ABI, "Canonical
Definitions").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import GeneratorType
from typing import Any

from pywasm_rt.component.canonical.direct import compile_host_call, compile_lowering, is_direct
from pywasm_rt.component.canonical.lifting import CoreValue, Lifting
from pywasm_rt.component.canonical.lowering import Lowering, place
from pywasm_rt.component.canonical.signature import (
    Signature,
    core_type_of_lowered,
)
from pywasm_rt.component.drive import CoreFunction, Steps, answer, complete, go_on
from pywasm_rt.component.frame import CONTEXT_SLOTS, Frame, HostItem, cannot_enter
from pywasm_rt.component.plan import (
    LiftFunction,
    LowerFunction,
    Options,
    RefuseCoreFunction,
    RefuseFunction,
    ResourceBuiltin,
)
from pywasm_rt.component.resources import CallScope, GuestResourceType, Handle
from pywasm_rt.component.syntax import ResourceOperation, Sort
from pywasm_rt.component.values import ResourceHandle
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import HostFunction, Memory
from pywasm_rt.errors import (
    ComponentError,
    EngineBug,
    ExhaustionError,
    Trap,
    TrapCode,
)
from pywasm_rt.operations import Operation

__all__ = [
    "LiftedFunction",
    "guest_resource_type",
    "lower_host_function",
    "lowered_function",
    "lowered_implementation",
    "place_blocks",
    "refused_core_function",
    "refused_function",
    "resource_builtin",
]


# Numbers are lifted without looking at memory or handles.
_NO_LIFTING: Any = None


class LiftedFunction:
    """A component function made of a core function by ``canon lift``."""

    __slots__ = ("_lower", "core", "frame", "memory", "post_return", "realloc", "signature")

    def __init__(self, frame: Frame, step: LiftFunction) -> None:
        functions = frame.spaces[Sort.CORE_FUNCTION]
        options = step.options
        self.frame = frame
        self.signature = step.signature
        self.core: CoreFunction = functions[step.function]
        self.memory = _memory(frame, options.memory)
        self.realloc: CoreFunction | None = _function(functions, options.realloc)
        self.post_return: CoreFunction | None = _function(functions, options.post_return)
        # For calls that are carried directly, once there was one; False where they are not.
        self._lower: Callable[[Sequence[object]], Sequence[CoreValue]] | bool | None = None

    def call(
        self, arguments: Sequence[object], perform: Callable[[Operation], object] | None
    ) -> Any:
        """A plain call of the host's; ``perform`` as for :func:`~.drive.complete`.

        Raises as :meth:`start`.
        """
        lower, tree = self._lower, self.frame.tree
        if lower is None:
            lower = self._lower = self._direct_lowering()
        if lower is False or tree.meter is not None or tree.dead:
            return complete(self.start(arguments, Meter(is_plain=True)), perform)
        meter = tree.meter = tree.plain_meter
        try:
            core = lower(arguments)  # type: ignore[operator]
            try:
                return self._call_directly(core, meter, perform)
            except BaseException as error:
                tree.kill(error)
                raise
        except RecursionError as error:
            raise _python_limit("call stack", "call stack exhausted", error) from error
        except MemoryError as error:
            raise _python_limit("memory", "the host is out of memory", error) from error
        finally:
            tree.meter = None

    def _call_directly(
        self,
        core: Sequence[CoreValue],
        meter: Meter,
        perform: Callable[[Operation], object] | None,
    ) -> object:
        frame, callee = self.frame, self.core
        frame.context = [0] * CONTEXT_SLOTS
        meter.depth = 1
        results: Any = callee.instance.attempt(callee.function, core)  # type: ignore[union-attr]
        meter.depth = 0
        if results.__class__ is not tuple:
            results = complete(go_on(results, meter), perform)
        value = self.signature.lift_result(_NO_LIFTING, results)
        if self.post_return is not None:
            frame.may_leave = False
            complete(frame.tree.execute(self.post_return, results), perform)
            frame.may_leave = True
        return value

    def _direct_lowering(self) -> Callable[[Sequence[object]], Sequence[CoreValue]] | bool:
        """How arguments are lowered when nothing but numbers crosses; False if more does."""
        frame, signature = self.frame, self.signature
        if (
            not is_direct(signature.type)
            or self.core.instance is None
            or frame.tree.limits.nested_executions < 1
        ):
            return False

        def slowly(arguments: Sequence[object]) -> Sequence[CoreValue]:
            lowering = Lowering(frame.handles, frame.resources, frame, CallScope())
            return signature.lower_parameters(lowering, arguments)

        return compile_lowering(signature.type, slowly)

    def start(self, arguments: Sequence[object], meter: Meter) -> Steps:
        """A call of the host's, as a generator; nothing has run yet."""
        tree = self.frame.tree
        tree.enter(meter)
        try:
            return (yield from self._call(arguments, fused=False))
        except RecursionError as error:
            raise _python_limit("call stack", "call stack exhausted", error) from error
        except MemoryError as error:
            raise _python_limit("memory", "the host is out of memory", error) from error
        finally:
            tree.leave()

    def call_from(self, caller: Frame, arguments: Sequence[object]) -> Steps:
        """A call of another component's."""
        if caller.tree is not self.frame.tree:
            assert caller.tree.meter is not None, "the caller is in a call"
            return self.start(arguments, caller.tree.meter)
        if caller.is_related(self.frame):
            raise cannot_enter()
        return self._call(arguments, fused=True)

    def _lower_parameters(
        self, scope: CallScope, arguments: Sequence[object]
    ) -> tuple[Lowering, list[CoreValue]]:
        """Begin a call: what is to be put into memory, and the core function's arguments."""
        frame = self.frame
        frame.context = [0] * CONTEXT_SLOTS
        lowering = Lowering(frame.handles, frame.resources, frame, scope)
        try:
            return lowering, self.signature.lower_parameters(lowering, arguments)
        except ComponentError:
            # Nothing of the guest's has run: it can be called again.
            lowering.undo()
            scope.end_lending()
            raise

    def _call(self, arguments: Sequence[object], *, fused: bool) -> Steps:
        frame, scope = self.frame, CallScope()
        lowering, core = self._lower_parameters(scope, arguments)
        try:
            if lowering.blocks:
                yield from place_blocks(frame, lowering, self.memory, self.realloc, fused=fused)
            results = yield from frame.tree.execute(self.core, core)
            scope.check_borrows_dropped()
            lifting = Lifting(self.memory, frame.handles, frame.resources, scope, fused=fused)
            value = self.signature.lift_result(lifting, results)
            if self.post_return is not None:
                frame.may_leave = False
                yield from frame.tree.execute(self.post_return, results)
                frame.may_leave = True
        except BaseException as error:
            frame.tree.kill(error)
            raise
        finally:
            scope.end_lending()
        return value


def _python_limit(resource: str, sentence: str, error: BaseException) -> ExhaustionError:
    return ExhaustionError(resource, f"{sentence} ({type(error).__name__} of the host's Python)")


def _memory(frame: Frame, index: int | None) -> Memory | None:
    memory: Memory | None = None if index is None else frame.spaces[Sort.CORE_MEMORY][index]
    return memory


def _function(functions: list[Any], index: int | None) -> CoreFunction | None:
    function: CoreFunction | None = None if index is None else functions[index]
    return function


def place_blocks(
    frame: Frame,
    lowering: Lowering,
    memory: Memory | None,
    realloc: CoreFunction | None,
    *,
    fused: bool,
) -> Steps:
    """Put the lowered blocks into the guest's memory; meanwhile the guest may not call out."""
    if memory is None or realloc is None:
        raise EngineBug("validation asks for the options memory and realloc")

    def allocate(*arguments: int) -> Steps:
        results = yield from frame.tree.execute(realloc, arguments)
        return results[0]

    frame.may_leave = False
    yield from place(lowering.blocks, memory, allocate, fused=fused)
    frame.may_leave = True
    return None


def lowered_function(frame: Frame, step: LowerFunction) -> CoreFunction:
    """The core function that ``canon lower`` makes of a component function."""
    callee = frame.spaces[Sort.FUNCTION][step.function]
    if isinstance(callee, HostItem):
        return lower_host_function(frame, callee, step.signature, step.options)
    implementation = _lowered(frame, step.signature, step.options).to_guest(callee)
    type = core_type_of_lowered(step.signature.type, address=step.signature.address)
    return CoreFunction(HostFunction(type, implementation), None)


def lower_host_function(
    frame: Frame, callee: HostItem, signature: Signature, options: Options
) -> CoreFunction:
    """The core function that lowering makes of a function of the host's."""
    lowered = _lowered(frame, signature, options)
    to_host = lowered.to_host_directly if is_direct(signature.type) else lowered.to_host
    implementation = to_host(callee.implementation)
    type = core_type_of_lowered(signature.type, address=signature.address)
    return CoreFunction(HostFunction(type, implementation, callee.name), None)


def lowered_implementation(
    frame: Frame, callee: LiftedFunction | HostItem, signature: Signature, options: Options
) -> Callable[..., object]:
    """What a lowered function does, whatever it is called with."""
    lowered = _lowered(frame, signature, options)
    if isinstance(callee, HostItem):
        return lowered.to_host(callee.implementation)
    return lowered.to_guest(callee)


def _lowered(frame: Frame, signature: Signature, options: Options) -> _Lowered:
    realloc = _function(frame.spaces[Sort.CORE_FUNCTION], options.realloc)
    return _Lowered(frame, signature, _memory(frame, options.memory), realloc)


def refused_function(step: RefuseFunction) -> HostItem:
    """A component function that is not implemented: calling it traps."""

    def refuse(*_: object) -> object:
        raise _not_implemented(step.what)

    return HostItem(refuse, step.what)


def refused_core_function(frame: Frame, step: RefuseCoreFunction) -> CoreFunction:
    """A core function that is not implemented: calling it traps."""

    def refuse(*_: object) -> object:
        frame.check_may_leave()
        raise _not_implemented(step.what)

    return CoreFunction(HostFunction(step.type, refuse, step.what), None)


def _not_implemented(what: str) -> Trap:
    return Trap(TrapCode.HOST, f"{what} is not implemented")


class _Lowered:
    """What the two kinds of lowered functions share: lifting arguments, lowering the result."""

    def __init__(
        self,
        frame: Frame,
        signature: Signature,
        memory: Memory | None,
        realloc: CoreFunction | None,
    ) -> None:
        self.frame = frame
        self.signature = signature
        self.memory = memory
        self.realloc = realloc
        self.place = signature.result_place

    def to_host(self, implementation: Callable[..., object]) -> Callable[..., object]:
        """Call a host function; no generator is made where none is needed."""
        frame, memory = self.frame, self.memory
        handles, resources = frame.handles, frame.resources
        lift_parameters = self.signature.lift_parameters

        def call(*core: CoreValue) -> object:
            if not frame.may_leave:
                raise Trap(TrapCode.CANNOT_LEAVE)
            scope = CallScope()
            lifting = Lifting(memory, handles, resources, scope)
            arguments = lift_parameters(lifting, core)
            result = implementation(*arguments)
            if isinstance(result, GeneratorType | Operation):
                return self._later(result, scope, core)
            scope.end_lending()
            return self._finish(result, core, fused=False)

        return call

    def to_host_directly(self, implementation: Callable[..., object]) -> Callable[..., object]:
        """The same where nothing but numbers crosses."""

        def otherwise(result: object, core: Sequence[CoreValue]) -> object:
            if isinstance(result, GeneratorType | Operation):
                return self._later(result, CallScope(), core)
            return self._finish(result, core, fused=False)

        frame = self.frame
        return compile_host_call(
            self.signature.type, frame, implementation, otherwise, frame.check_may_leave
        )

    def _later(self, result: object, scope: CallScope, core: Sequence[CoreValue]) -> Steps:
        try:
            value = yield from answer(result)
        finally:
            scope.end_lending()
        return (yield from answer(self._finish(value, core, fused=False)))

    def to_guest(self, callee: LiftedFunction) -> Callable[..., object]:
        """Call a function of another component."""
        frame = self.frame

        def call(*core: CoreValue) -> Steps:
            frame.check_may_leave()
            scope = CallScope()
            lifting = Lifting(self.memory, frame.handles, frame.resources, scope, fused=True)
            arguments = self.signature.lift_parameters(lifting, core)
            try:
                value = yield from callee.call_from(frame, arguments)
            finally:
                scope.end_lending()
            return (yield from answer(self._finish(value, core, fused=True)))

        return call

    def _finish(self, value: object, core: Sequence[CoreValue], *, fused: bool) -> object:
        """Lower the result: the core result, or steps that end with it."""
        frame = self.frame
        lowering = Lowering(frame.handles, frame.resources, frame, CallScope())
        lowered = self.signature.lower_result(lowering, value)
        if lowering.blocks:
            return self._finish_placing(lowering, lowered, core, fused=fused)
        return self._deliver(lowered, core)

    def _finish_placing(
        self,
        lowering: Lowering,
        lowered: list[CoreValue] | bytearray,
        core: Sequence[CoreValue],
        *,
        fused: bool,
    ) -> Steps:
        yield from place_blocks(self.frame, lowering, self.memory, self.realloc, fused=fused)
        return self._deliver(lowered, core)

    def _deliver(self, lowered: list[CoreValue] | bytearray, core: Sequence[CoreValue]) -> object:
        """Return the core result, or write the result where the caller wants it."""
        if self.place is None:
            return lowered[0] if lowered else None
        address, place, memory = core[-1], self.place, self.memory
        assert memory is not None, "validation asks for the option memory"
        if address & (place.alignment - 1):
            sentence = f"unaligned pointer: result at 0x{address:x}"
            raise Trap(TrapCode.CANONICAL_ABI, sentence, address=address)
        if address + place.size > memory.size_bytes:
            sentence = "pointer out of bounds of memory: result"
            raise Trap(TrapCode.CANONICAL_ABI, sentence, address=address, size=place.size)
        memory.write(address, lowered)  # type: ignore[arg-type]
        return None


# Resources.


def guest_resource_type(frame: Frame, name: str, destructor: CoreFunction | None) -> Any:
    """A new resource type, defined by ``frame``."""

    def destroy(representation: int) -> Steps:
        if destructor is not None:
            yield from frame.tree.execute(destructor, (representation,))
        return None

    def drop(handle: ResourceHandle, meter: Meter) -> Steps:
        tree = frame.tree
        tree.enter(meter)
        try:
            yield from destroy(handle.representation)
        except BaseException as error:
            tree.kill(error)
            raise
        finally:
            tree.leave()
        return None

    has_destructor = destructor is not None
    return GuestResourceType(
        name,
        owner=frame,
        destroy=destroy if has_destructor else None,
        dropper=drop if has_destructor else None,
    )


def resource_builtin(frame: Frame, step: ResourceBuiltin) -> CoreFunction:
    """The core function of ``resource.new``, ``resource.drop`` or ``resource.rep``."""
    type = frame.resources[step.type]
    handles = frame.handles

    def new(representation: int) -> int:
        frame.check_may_leave()
        return handles.add(Handle(type, representation, owned=True))

    def rep(index: int) -> object:
        return handles.get(index, type).representation

    def drop(index: int) -> object:
        frame.check_may_leave()
        handle = handles.remove(index, type)
        if handle.owned:
            return _destroy(frame, handle)
        if handle.scope is not None:
            handle.scope.borrows -= 1
        return None

    implementations: dict[ResourceOperation, Callable[[int], object]] = {
        ResourceOperation.NEW: new,
        ResourceOperation.REP: rep,
        ResourceOperation.DROP: drop,
    }
    name = f"{step.operation.value} {type}"
    return CoreFunction(HostFunction(step.core, implementations[step.operation], name), None)


def _destroy(frame: Frame, handle: Handle) -> object:
    """Run the destructor of a resource whose owning handle ``frame`` has dropped."""
    type = handle.type
    if not isinstance(type, GuestResourceType):
        if type.destructor is None:
            return None
        result = type.destructor(handle.representation)
        waits = isinstance(result, GeneratorType | Operation)
        return _ignore(answer(result)) if waits else None
    if type.destroy is None:
        return None
    owner: Frame = type.owner  # type: ignore[assignment]
    if owner.tree is not frame.tree:
        assert frame.tree.meter is not None, "the guest is in a call"
        view = ResourceHandle(type, handle.representation)  # type: ignore[arg-type]
        return None if type.dropper is None else type.dropper(view, frame.tree.meter)
    if owner is not frame and owner.is_related(frame):
        raise cannot_enter()
    representation: Any = handle.representation
    return type.destroy(representation)


def _ignore(steps: Steps) -> Steps:
    """The same steps; a destructor's result is not the guest's business."""
    yield from steps
    return None
