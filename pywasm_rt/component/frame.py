"""Component instances at run time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pywasm_rt.component.drive import CoreFunction, Steps, execute
from pywasm_rt.component.plan import Item, Plan, ResourcePlace
from pywasm_rt.component.resources import HandleTable
from pywasm_rt.component.syntax import Sort, SortIndex
from pywasm_rt.component.types import ResourceType
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import (
    Engine,
    Extern,
    HostFunction,
    Instance,
    Limits,
    LoadedModule,
    Store,
)
from pywasm_rt.errors import Trap, TrapCode

__all__ = [
    "CONTEXT_SLOTS",
    "ComponentItem",
    "CoreInstanceItem",
    "Frame",
    "HostItem",
    "InstanceItem",
    "Tree",
    "cannot_enter",
]

CONTEXT_SLOTS = 2
"""How many numbers a call can keep with ``context.set``."""

InstanceItem = Mapping[str, Any]
"""An instance's exports: functions, instances, modules, components, and for resource types the
:class:`~pywasm_rt.component.types.ResourceType` (None for other types)."""


def cannot_enter(why: str = "") -> Trap:
    """The trap of a call that may not begin; for the caller to raise."""
    code = TrapCode.CANNOT_ENTER
    return Trap(code, f"{code}: {why}" if why else str(code))


@dataclass(eq=False, slots=True)
class Tree:
    """A component instance that the host made, with all the instances within it.

    ``modules`` are the file's core modules, loaded; ``instances`` counts what was instantiated,
    ``frames`` are the component instances.
    Only one call of the host's is under way in a tree at a time; ``plain_meter`` is the meter of
    plain calls. After a trap nothing in it can be
    relied on, and it cannot be entered again.
    """

    engine: Engine
    store: Store
    limits: Limits
    modules: list[LoadedModule]
    meter: Meter | None = None
    plain_meter: Meter = field(default_factory=lambda: Meter(is_plain=True))
    dead: str = ""
    instances: int = 0
    frames: list[Frame] = field(default_factory=list)

    def enter(self, meter: Meter) -> None:
        """Begin a call of the host's."""
        if self.dead:
            raise cannot_enter(self.dead)
        if self.meter is not None:
            raise cannot_enter("it is in a call already")
        self.meter = meter

    def leave(self) -> None:
        """End a call of the host's."""
        self.meter = None

    def kill(self, error: BaseException) -> None:
        """Note that the guests' state can no longer be relied on."""
        if not self.dead:
            message = getattr(error, "message", "") or type(error).__name__
            self.dead = f"an earlier call ended with: {message}"

    def execute(self, core: CoreFunction, arguments: Sequence[Any]) -> Steps:
        """Call a core function within the call that is under way; returns its results."""
        assert self.meter is not None, "core functions run within a call"
        return execute(core, arguments, self.meter, self.limits.nested_executions)


@dataclass(frozen=True, slots=True)
class CoreInstanceItem:
    """A core instance: an engine's, or one that was made of items (``instance`` None)."""

    exports: Mapping[str, Extern | HostFunction | CoreFunction]
    instance: Instance | None

    def extern(self, name: str) -> Extern | HostFunction | None:
        """An export as an engine takes it for an import."""
        item = self.exports.get(name)
        return item.function if isinstance(item, CoreFunction) else item


@dataclass(frozen=True, slots=True)
class ComponentItem:
    """A component that can be instantiated, and the frame that it was defined in."""

    plan: Plan
    outer: Frame | None


@dataclass(frozen=True, slots=True)
class HostItem:
    """A function of the host's."""

    implementation: Callable[..., object]
    name: str


class Frame:
    """One instance of a component: its index spaces, handles and resource types.

    ``outer`` is the frame that the component was defined in (None for the file's own), ``parent``
    the one that instantiated it. ``context`` is the storage of the call that is under way, and
    ``task`` that call itself if it is one of an async function (else None).
    """

    __slots__ = (
        "backpressure",
        "context",
        "exports",
        "handles",
        "may_leave",
        "outer",
        "parent",
        "plan",
        "resources",
        "spaces",
        "task",
        "tree",
    )

    def __init__(self, tree: Tree, plan: Plan, outer: Frame | None, parent: Frame | None) -> None:
        self.tree = tree
        tree.frames.append(self)
        self.plan = plan
        self.outer = outer
        self.parent = parent
        self.handles = HandleTable(tree.limits.open_handles)
        self.resources: dict[ResourceType, ResourceType] = {}
        self.spaces: dict[Sort, list[Any]] = {sort: [] for sort in Sort}
        self.exports: dict[str, Any] = {}
        self.may_leave = True
        self.context = [0] * CONTEXT_SLOTS
        self.backpressure = 0
        self.task: Any = None

    def get(self, item: Item) -> Any:
        """What a step refers to."""
        if isinstance(item, SortIndex):
            return self.spaces[item.sort][item.index]
        return None if item is None else self.resources[item]

    def bring(self, exports: InstanceItem, places: tuple[ResourcePlace, ...]) -> None:
        """Note which resource types an instance brings."""
        for path, static in places:
            found: Any = exports
            for name in path:
                found = found[name]
            self.resources[static] = found

    def check_may_leave(self) -> None:
        """Trap where the guest may not call out: while memory is being asked for, and after."""
        if not self.may_leave:
            raise Trap(TrapCode.CANNOT_LEAVE)

    def is_related(self, other: Frame) -> bool:
        """Whether one of the frames is, or was instantiated within, the other."""
        return self._within(other) or other._within(self)

    def _within(self, other: Frame) -> bool:
        frame: Frame | None = self
        while frame is not None:
            if frame is other:
                return True
            frame = frame.parent
        return False
