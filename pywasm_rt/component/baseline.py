"""Component instances that are put back into the state in which they were when they were new."""

from __future__ import annotations

from pywasm_rt.component.frame import CONTEXT_SLOTS, CoreInstanceItem
from pywasm_rt.component.instance import ComponentInstance
from pywasm_rt.component.syntax import Sort
from pywasm_rt.engine.interface import Baseline, Instance
from pywasm_rt.errors import SnapshotError

__all__ = ["ComponentBaseline"]


class ComponentBaseline:
    """What a component instance is now: the core instances in it, and that nothing holds a handle.

    Raises SnapshotError if something does (a resource of the host's cannot be made again), if a
    call is under way, or if an engine cannot keep the core instances.
    """

    def __init__(self, instance: ComponentInstance) -> None:
        self._tree = tree = instance.frame.tree
        self._check_entered()
        if any(len(frame.handles) or frame.backpressure for frame in tree.frames):
            raise SnapshotError("the component holds handles from the beginning")
        core = _core_instances(instance)
        self._core: Baseline | None = core[0].baseline(*core[1:]) if core else None

    @property
    def content_bytes(self) -> int:
        """How much of the memories is not zeros, in pages."""
        return 0 if self._core is None else self._core.content_bytes

    def restore(self) -> None:
        """Be so again. Handles that were left are forgotten, as they are when an instance goes:
        what they stand for is for the host to give back.

        Raises SnapshotError after a call that has not ended well, and while one is under way.
        """
        self._check_entered()
        if self._core is not None:
            self._core.restore()
        for frame in self._tree.frames:
            frame.handles.clear()
            frame.context = [0] * CONTEXT_SLOTS
            frame.backpressure = 0

    def _check_entered(self) -> None:
        tree = self._tree
        busy = tree.meter is not None or any(it.task or not it.may_leave for it in tree.frames)
        if tree.dead or busy:
            raise SnapshotError(tree.dead or "a call of the component is under way")


def _core_instances(instance: ComponentInstance) -> list[Instance]:
    """The core instances of a component instance and of all in it."""
    return [
        item.instance
        for frame in instance.frame.tree.frames
        for item in frame.spaces[Sort.CORE_INSTANCE]
        if isinstance(item, CoreInstanceItem) and item.instance is not None
    ]
