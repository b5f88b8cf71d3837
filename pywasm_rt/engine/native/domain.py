"""What may come to refer to one another: stores whose instances exchange references.

The C core frees nothing of a domain before all of it (``native/store.h``). On this side a
:class:`Domain` keeps the objects of the host that guests hold: host functions, and whatever is an
``externref``. When entities of two domains are linked, the domains become one.
"""

from __future__ import annotations

import itertools
import threading
from typing import Any
from weakref import WeakValueDictionary

from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.errors import ExhaustionError

__all__ = ["Domain", "wrappers"]

wrappers: WeakValueDictionary[int, Any] = WeakValueDictionary()
"""The Python objects of C entities, by their addresses: a thing is always the same object while
anybody has it. Each keeps its domain, so that an address belongs to one thing only."""

_handles = itertools.count(1)
_FEW_HANDLES = 256


class Domain:
    """A domain; ``forward`` is the one that it was merged into.

    ``objects`` are the host's objects by their handles, ``instances`` the Python objects of C
    instances by their addresses. ``kept`` are entities of other domains that instances use without
    being linked to them.
    """

    __slots__ = (
        "__weakref__",
        "forward",
        "instances",
        "kept",
        "objects",
        "own_pointer",
        "unpinned",
    )

    _merging = threading.Lock()

    def __init__(self) -> None:
        pointer = lib.wr_domain_new()
        if not pointer:
            raise ExhaustionError("memory", "no room for a store")
        self.own_pointer = ffi.gc(pointer, lib.wr_domain_release)
        self.forward: Domain | None = None
        self.objects: dict[int, object] = {}
        self.instances: dict[int, Any] = {}
        self.kept: list[object] = []
        # References of the heap that Python has let go.
        self.unpinned: list[int] = []

    @property
    def root(self) -> Domain:
        """The domain that this one has become part of; itself if it was not merged."""
        domain = self
        while domain.forward is not None:
            domain = domain.forward
        return domain

    @property
    def pointer(self) -> Any:
        """The C domain."""
        return self.root.own_pointer

    def merge(self, other: Domain) -> None:
        """Make one domain of two. Raises ExhaustionError."""
        with self._merging:
            mine, theirs = self.root, other.root
            if mine is theirs:
                return
            theirs.forget_released()
            if not lib.wr_domain_merge(mine.own_pointer, theirs.own_pointer):
                raise ExhaustionError("memory", "no room to link two stores")
            mine.objects.update(theirs.objects)
            mine.instances.update(theirs.instances)
            mine.kept += theirs.kept
            mine.unpinned += theirs.unpinned
            theirs.forward = mine

    def keep(self, thing: object) -> int:
        """Keep an object of the host for guests; its handle."""
        handle = next(_handles)
        self.root.objects[handle] = thing
        return handle

    def box(self, thing: object) -> int:
        """A pinned reference to an object of the host. Raises ExhaustionError."""
        root = self.root
        root.forget_released()
        handle = root.keep(thing)
        word: int = lib.wr_api_external(root.own_pointer, handle)
        if not word:
            del root.objects[handle]
            raise ExhaustionError("memory", "no room for a reference")
        return word

    def unpin(self) -> None:
        """Let the C core know what references are gone."""
        while self.unpinned:
            lib.wr_api_unpin(self.unpinned.pop())

    def forget_released(self) -> None:
        """Let go of objects that no guest holds any more."""
        if not self.objects:
            return
        handles = ffi.new("int64_t[]", _FEW_HANDLES)
        while count := lib.wr_api_released(self.own_pointer, handles, _FEW_HANDLES):
            for k in range(count):
                self.objects.pop(handles[k], None)
