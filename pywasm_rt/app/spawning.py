"""How a process is to be started, put together piece by piece.

    await app.with_context({"tenant": 7}).with_name("worker").with_message("job", 1).spawn("demo:w")

Each step gives a new :class:`Spawning`; the ones before stay what they are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from pywasm_rt.app.functions import call
from pywasm_rt.operations import Operation
from pywasm_rt.process.operations import Exec, Spawn
from pywasm_rt.process.pid import PID

__all__ = ["CONTEXT", "Spawner", "Spawning", "context_of"]

CONTEXT = "context"
"""The key, in the values of a process's context, of what programs see as its context."""


def context_of(values: Mapping[str, object]) -> dict[str, object]:
    """What a process's context holds for programs."""
    context = values.get(CONTEXT)
    return dict(context) if isinstance(context, Mapping) else {}


class Spawner(ABC):
    """Who starts processes. Every method that does raises ProcessError where it fails."""

    @abstractmethod
    async def perform(self, operation: Operation) -> Any:
        """Ask for an operation. Raises what it fails with."""

    @abstractmethod
    def default_host(self) -> str:
        """Where processes are started if nothing is said of that."""

    def own_context(self) -> dict[str, object]:
        """What those that are started inherit."""
        return {}

    def with_context(self, context: Mapping[str, object]) -> Spawning:
        """Start what knows these values, beside those that this one knows itself."""
        return Spawning(self).with_context(context)

    def with_name(self, name: str) -> Spawning:
        """Start what has a name; if a process has it already, that one is meant."""
        return Spawning(self).with_name(name)

    def with_message(self, topic: str, *payloads: object) -> Spawning:
        """Start what has a message before it begins."""
        return Spawning(self).with_message(topic, *payloads)

    def with_actor(self, actor: str) -> Spawning:
        """Start what acts for somebody."""
        return Spawning(self).with_actor(actor)

    def with_scope(self, *names: str) -> Spawning:
        """Start what goes by these policies, named by their IDs and groups."""
        return Spawning(self).with_scope(*names)

    async def spawn(
        self,
        entry_id: str,
        *arguments: object,
        host: str | None = None,
        method: str | None = None,
        monitored: bool = False,
        linked: bool = False,
        name: str = "",
    ) -> PID:
        """Start a process on ``host``, or the only one there is.

        With a ``name`` that a process has already, that one's PID is the result.
        """
        start = Spawning(self).with_name(name) if name else Spawning(self)
        return await start.spawn(
            entry_id, *arguments, host=host, method=method, monitored=monitored, linked=linked
        )

    async def execute(
        self, entry_id: str, *arguments: object, host: str | None = None, method: str | None = None
    ) -> object:
        """Start a process and wait for its end; what it returned. Its failure is raised."""
        return await Spawning(self).execute(entry_id, *arguments, host=host, method=method)

    async def call(self, function_id: str, *arguments: object) -> object:
        """Call a function; what it returned. Its failure is raised."""
        return await Spawning(self).call(function_id, *arguments)


@dataclass(frozen=True, slots=True)
class Spawning:
    """What ``spawner`` is to start, as far as it is said."""

    spawner: Spawner
    context: Mapping[str, object] = field(default_factory=dict)
    name: str = ""
    messages: tuple[tuple[str, tuple[object, ...]], ...] = ()
    actor: str | None = None
    scope: tuple[str, ...] | None = None

    def with_context(self, context: Mapping[str, object]) -> Self:
        """The same with these values too. Raises TypeError for keys that are no texts."""
        for key in context:
            if not isinstance(key, str):
                raise TypeError(f"the keys of a context are texts, not {key!r:.40}")
        return replace(self, context={**self.context, **context})

    def with_name(self, name: str) -> Self:
        """The same with a name."""
        return replace(self, name=name)

    def with_actor(self, actor: str) -> Self:
        """The same for somebody: what it is not allowed to do is told with this name."""
        return replace(self, actor=actor)

    def with_scope(self, *names: str) -> Self:
        """The same with policies to go by, in place of the starter's."""
        return replace(self, scope=names)

    def with_message(self, topic: str, *payloads: object) -> Self:
        """The same with one message more."""
        return replace(self, messages=(*self.messages, (topic, payloads)))

    async def spawn(
        self,
        entry_id: str,
        *arguments: object,
        host: str | None = None,
        method: str | None = None,
        monitored: bool = False,
        linked: bool = False,
    ) -> PID:
        """Start it on ``host``, or the only one there is; its PID, or that of who has its name."""
        pid: PID = await self.spawner.perform(
            Spawn(
                entry_id,
                self._host(host),
                arguments,
                monitored,
                linked,
                method,
                self._values(),
                self.name,
                self.messages,
                self.actor,
                self.scope,
                bool(self.context),
            )
        )
        return pid

    async def execute(
        self, entry_id: str, *arguments: object, host: str | None = None, method: str | None = None
    ) -> object:
        """Start it and wait for its end; what it returned. Its failure is raised.

        Name and messages are for processes that live on, and not used.
        """
        operation = Exec(entry_id, self._host(host), arguments, method, self._values())
        result: object = await self.spawner.perform(self._secured(operation))
        return result

    async def call(self, function_id: str, *arguments: object) -> object:
        """Call a function with the context; what it returned. Its failure is raised."""
        operation = call(function_id, arguments, self._values())
        result: object = await self.spawner.perform(self._secured(operation))
        return result

    def _secured(self, operation: Exec) -> Exec:
        return replace(
            operation, actor=self.actor, scope=self.scope, adds_context=bool(self.context)
        )

    def _host(self, host: str | None) -> str:
        return host if host is not None else self.spawner.default_host()

    def _values(self) -> dict[str, object]:
        context = {**self.spawner.own_context(), **self.context}
        return {CONTEXT: context} if context else {}
