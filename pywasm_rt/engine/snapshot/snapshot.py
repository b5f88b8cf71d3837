"""A snapshot as a whole, and its way to bytes and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pywasm_rt.engine.snapshot.reading import read_parts
from pywasm_rt.engine.snapshot.state import (
    ExecutionState,
    ExternalState,
    GlobalState,
    HostFunctionState,
    InstanceState,
    MemoryState,
    ObjectState,
    TableState,
)
from pywasm_rt.engine.snapshot.writing import write_snapshot

__all__ = ["Snapshot"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of all instances that can be reached from one, and of a call in progress.

    ``modules`` are the SHA-256 hashes of the modules' binaries, ``types`` the defined types that
    entities mention: the number of a module and an index of its types. ``store_fuel`` is what the
    executions of the store have spent in all.

    While it has not been bytes, a snapshot keeps the host's functions and objects themselves, and
    whoever restores it need not name them.
    """

    modules: tuple[bytes, ...]
    types: tuple[tuple[int, int], ...]
    instances: tuple[InstanceState, ...]
    host_functions: tuple[HostFunctionState, ...]
    externals: tuple[ExternalState, ...]
    memories: tuple[MemoryState, ...]
    tables: tuple[TableState, ...]
    globals: tuple[GlobalState, ...]
    tags: tuple[int, ...]
    objects: tuple[ObjectState, ...]
    store_fuel: int
    execution: ExecutionState | None = None

    @property
    def content_bytes(self) -> int:
        """How much of the memories is not zeros, in pages."""
        return sum(len(data) for memory in self.memories for _, data in memory.runs)

    def to_bytes(
        self,
        persistent_id: Callable[[object], str | None] | None = None,
        *,
        compress: bool = True,
    ) -> bytes:
        """The snapshot as bytes. ``persistent_id`` names each object of the host that guests hold.

        Raises SnapshotError for an object (or a function of the host that was not imported) that
        has no name.
        """
        return write_snapshot(self, persistent_id, compress=compress)

    @staticmethod
    def from_bytes(data: bytes, *, most_bytes: int = 1 << 32) -> Snapshot:
        """The snapshot that was written as these bytes; ``most_bytes`` is how large it may become
        when it is unpacked.

        Raises SnapshotError for bytes that are no snapshot of this version, or are damaged. Whether
        it fits its modules is seen when it is restored.
        """
        return Snapshot(**read_parts(data, most_bytes))
