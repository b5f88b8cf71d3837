"""What the functions of preview 1 work on, and the table that they are listed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pywasm_rt.engine.interface import Memory
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview1.descriptor_table import DescriptorTable
from pywasm_rt.wasi.preview1.errno import Errno, Failure
from pywasm_rt.wasi.preview1.guest_memory import GuestMemory

__all__ = ["FunctionRow", "State", "check_flags"]


class State:
    """One guest: its capabilities, its descriptors and, once it is instantiated, its memory."""

    def __init__(self, context: WasiContext) -> None:
        self.context = context
        self.table = DescriptorTable(context)
        self._memory: GuestMemory | None = None

    def renew(self, context: WasiContext) -> None:
        """Have other capabilities, and the descriptors of a guest that has opened nothing."""
        self.context = context
        self.table = DescriptorTable(context)

    @property
    def memory(self) -> GuestMemory:
        """The memory. Raises Trap while there is none."""
        if self._memory is None:
            raise Trap(
                TrapCode.HOST,
                "a WASI function was called before the instance's memory was bound: call "
                "Preview1.bind(instance) after instantiation",
            )
        return self._memory

    def bind(self, memory: Memory) -> None:
        """Use this memory from now on."""
        self._memory = GuestMemory(memory)


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """A function of ``wasi_snapshot_preview1``.

    ``parameters`` are written ``i`` for i32 and ``I`` for i64. ``implementation`` gets the state
    and the arguments; it returns None for success, raises
    :class:`~pywasm_rt.wasi.preview1.errno.Failure` or
    :class:`~pywasm_rt.wasi.capabilities.error_code.FilesystemError` for an error number, and is a
    generator of operations if it may wait.
    """

    name: str
    parameters: str
    implementation: Callable[..., object]
    returns_errno: bool = True


def check_flags(flags: int, known: int) -> None:
    """``Failure(INVAL)`` if ``flags`` has bits that are not in ``known``."""
    if flags & ~int(known):  # the complement of flags of a kind would leave unknown bits out
        raise Failure(Errno.INVAL)
