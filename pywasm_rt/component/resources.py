"""Handles: how component instances hold resources (canonical ABI, "Table State", "Resource
State").

Each component instance has one table. An entry is an owning or a borrowed handle to a resource:
a host's resource is represented by the host's own Python object, a guest's by the i32 that the
guest chose. Index 0 is never used, and freed indices are used again, the last one first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pywasm_rt.component.drive import Steps
from pywasm_rt.component.types import ResourceType
from pywasm_rt.component.values import ResourceHandle
from pywasm_rt.engine.driver import Meter
from pywasm_rt.errors import ExhaustionError, Trap, TrapCode

__all__ = [
    "ERROR_CONTEXTS",
    "MAX_HANDLES",
    "CallScope",
    "GuestResourceType",
    "Handle",
    "HandleTable",
]

MAX_HANDLES = 1 << 20
"""The specification allows 2**28 - 1; each costs the host some hundred bytes."""

ERROR_CONTEXTS = ResourceType("error-context")
"""The entries of a table that are error contexts."""


@dataclass(eq=False, repr=False, slots=True)
class GuestResourceType(ResourceType):
    """A resource type that a component instance defines; made anew by each instantiation.

    ``owner`` is that instance (here only ever compared by identity). ``destroy`` runs the
    destructor within a call that is under way, ``dropper`` does so for the host's handles; both
    are None where there is no destructor. ``methods`` are what handles to it have as attributes:
    objects with ``bound_to(handle)``.
    """

    owner: object = None
    destroy: Callable[[int], Steps] | None = None
    dropper: Callable[[ResourceHandle, Meter], Steps] | None = None
    methods: dict[str, object] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class CallScope:
    """What must be settled when a call ends.

    A call *into* an instance counts the borrowed handles that it was given and has not dropped;
    a call *out of* one remembers the handles that it lent and the host's views of them.
    """

    borrows: int = 0
    lenders: list[Handle | ResourceHandle] = field(default_factory=list)
    views: list[ResourceHandle] = field(default_factory=list)

    def end_lending(self) -> None:
        """Give back everything that was lent for this call."""
        for lender in self.lenders:
            lender.lends -= 1
        for view in self.views:
            view.alive = False

    def check_borrows_dropped(self) -> None:
        """Trap if the callee keeps a borrowed handle beyond the call."""
        if self.borrows:
            raise Trap(
                TrapCode.CANONICAL_ABI,
                "borrow handles still remain at the end of the call",
                count=self.borrows,
            )


@dataclass(eq=False, slots=True)
class Handle:
    """An entry of a table. ``scope`` is the call that a borrowed handle was passed to."""

    type: ResourceType
    representation: object
    owned: bool
    scope: CallScope | None = None
    lends: int = 0


class HandleTable:
    """The handles of one component instance.

    ``limit`` is the greatest number of live handles to the host's resources (None: no other limit
    than :data:`MAX_HANDLES`, which holds for all of them together).
    """

    __slots__ = ("_entries", "_free", "_of_host", "limit")

    def __init__(self, limit: int | None = None) -> None:
        self._entries: list[Handle | None] = [None]
        self._free: list[int] = []
        self._of_host = 0
        self.limit = MAX_HANDLES if limit is None else min(limit, MAX_HANDLES)

    def __len__(self) -> int:
        return len(self._entries) - 1 - len(self._free)

    def clear(self) -> None:
        """Forget all handles, as if there had never been one; no destructor is run."""
        self._entries = [None]
        self._free = []
        self._of_host = 0

    def add(self, handle: Handle) -> int:
        """Store a handle and return its index. Raises ExhaustionError at the limit."""
        if not isinstance(handle.type, GuestResourceType):
            if self._of_host >= self.limit:
                raise _too_many(self.limit, f"handles to the host's resources ({handle.type})")
            self._of_host += 1
        if self._free:
            index = self._free.pop()
            self._entries[index] = handle
            return index
        if len(self._entries) > MAX_HANDLES:
            raise _too_many(MAX_HANDLES, "handles")
        self._entries.append(handle)
        return len(self._entries) - 1

    def get(self, index: int, type: ResourceType) -> Handle:
        """The handle at ``index``; traps if there is none or it is of another type."""
        handle = self._entries[index] if 0 <= index < len(self._entries) else None
        if handle is None:
            raise Trap(TrapCode.CANONICAL_ABI, f"unknown handle index {index}", index=index)
        if handle.type is not type:
            raise Trap(TrapCode.CANONICAL_ABI, _wrong_type(index, type, handle.type), index=index)
        return handle

    def remove(self, index: int, type: ResourceType) -> Handle:
        """Take the handle at ``index`` out; traps as :meth:`get` does, and if it is lent."""
        handle = self.get(index, type)
        if handle.lends:
            sentence = "cannot remove owned resource while borrowed"
            raise Trap(TrapCode.CANONICAL_ABI, sentence, index=index, lends=handle.lends)
        self._entries[index] = None
        self._free.append(index)
        if not isinstance(type, GuestResourceType):
            self._of_host -= 1
        return handle

    def take(self, index: int, type: ResourceType) -> Handle:
        """Take an *owning* handle out, to pass it on; traps if it is a borrowed one."""
        handle = self.get(index, type)
        if not handle.owned:
            sentence = f"cannot lift own resource from a borrow: handle index {index}"
            raise Trap(TrapCode.CANONICAL_ABI, sentence, index=index)
        return self.remove(index, type)


def _too_many(limit: int, what: str) -> ExhaustionError:
    sentence = f"a component instance may hold no more than {limit} {what}"
    return ExhaustionError("handles", sentence, limit)


def _wrong_type(index: int, expected: ResourceType, found: ResourceType) -> str:
    """Wasmtime's sentence, which says of each type only who defined it, and then the names."""
    expected_kind, found_kind = _kind(expected), _kind(found)
    other = f"a different {found_kind}" if expected_kind == found_kind else f"a {found_kind}"
    return (
        f"handle index {index} used with the wrong type, expected {expected_kind} but found "
        f"{other} (expected {expected}, found {found})"
    )


def _kind(type: ResourceType) -> str:
    guest = isinstance(type, GuestResourceType)
    return "guest-defined resource" if guest else "host-defined resource"
