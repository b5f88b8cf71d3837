"""What code in Python can do among processes: a program through :class:`~pywasm_rt.app.app.App`, a
process of its own through :class:`~pywasm_rt.app.python_process.PythonProcess`.
"""

from __future__ import annotations

from abc import abstractmethod

from pywasm_rt.app.spawning import Spawner
from pywasm_rt.operations import Sleep
from pywasm_rt.process.interface import ProcessEvent
from pywasm_rt.process.operations import (
    CancelProcess,
    Link,
    LookupName,
    Monitor,
    Receive,
    RegisterName,
    Send,
    Target,
    TerminateProcess,
    Unlink,
    Unmonitor,
    UnregisterName,
)
from pywasm_rt.process.pid import PID

__all__ = ["Acting"]

_NANOSECONDS = 1_000_000_000


class Acting(Spawner):
    """Every method raises ProcessError where it fails. A *target* is a PID, its text, or a name."""

    @abstractmethod
    def now_ns(self) -> int:
        """What time it is on the clock of operations."""

    async def send(self, target: Target, topic: str, *payloads: object) -> None:
        """Put a message into a mailbox."""
        await self.perform(Send(target, topic, payloads))

    async def receive(
        self, timeout: float | None = None, *, topic: str | None = None
    ) -> ProcessEvent | None:
        """The next message or event, or None after ``timeout`` seconds.

        ``topic`` narrows it to messages of one topic.
        """
        deadline_ns = None if timeout is None else self._after(timeout)
        receive = Receive(deadline_ns, topic=topic, events=topic is None)
        event: ProcessEvent | None = await self.perform(receive)
        return event

    async def monitor(self, target: Target) -> None:
        """Receive an EXIT when a process ends."""
        await self.perform(Monitor(target))

    async def unmonitor(self, target: Target) -> None:
        """Take that back."""
        await self.perform(Unmonitor(target))

    async def link(self, target: Target) -> None:
        """Share the fate of a process."""
        await self.perform(Link(target))

    async def unlink(self, target: Target) -> None:
        """Take that back."""
        await self.perform(Unlink(target))

    async def cancel(
        self, target: Target, reason: str = "", grace_seconds: float | None = None
    ) -> None:
        """Ask a process to end, and terminate it after a grace time."""
        grace_ns = None if grace_seconds is None else int(grace_seconds * _NANOSECONDS)
        await self.perform(CancelProcess(target, reason, grace_ns))

    async def terminate(self, target: Target) -> None:
        """End a process at its next checkpoint."""
        await self.perform(TerminateProcess(target))

    async def register(self, name: str, target: Target | None = None) -> None:
        """Give a name to a process, or to this one. AlreadyExists if another has it."""
        await self.perform(RegisterName(name, target))

    async def unregister(self, name: str) -> None:
        """Take a name back."""
        await self.perform(UnregisterName(name))

    async def lookup(self, name: str) -> PID:
        """Whose name it is. NotFound if nobody's."""
        pid: PID = await self.perform(LookupName(name))
        return pid

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        await self.perform(Sleep(self._after(seconds)))

    def _after(self, seconds: float) -> int:
        return self.now_ns() + int(max(0.0, seconds) * _NANOSECONDS)
