"""``process.py`` entries: coroutine functions as processes.

    async def main(process, count):
        for _ in range(count):
            message = await process.receive()
            await process.send(message.sender, "echo", *message.payloads)

What is awaited is the process's own operations, nothing of asyncio's.
"""

from __future__ import annotations

import types
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pywasm_rt.app.acting import Acting
from pywasm_rt.app.application import Application
from pywasm_rt.app.definitions import Surroundings, host_options, process_options
from pywasm_rt.app.extensions import Extension
from pywasm_rt.app.functions import is_pool
from pywasm_rt.app.kinds import PythonConfiguration
from pywasm_rt.app.spawning import context_of
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.operations import Operation
from pywasm_rt.process.generator import GeneratorProcess
from pywasm_rt.process.interface import Continue, ProcessContext, ProcessDefinition, Upgrade
from pywasm_rt.process.operations import SetOptions
from pywasm_rt.process.pid import PID

__all__ = ["EXTENSION", "PythonProcess", "python_definitions"]


@types.coroutine
def _yield(request: object) -> Generator[object, Any, Any]:
    return (yield request)


class PythonProcess(Acting):
    """What a coroutine sees of itself as a process."""

    def __init__(self, context: ProcessContext, hosts: Sequence[str]) -> None:
        self.context = context
        self._hosts = hosts

    @property
    def pid(self) -> PID:
        """Its PID."""
        return self.context.pid

    @property
    def entry_id(self) -> str:
        """The entry that it is a process of."""
        return self.context.entry_id

    @property
    def values(self) -> dict[str, object]:
        """What it was started with by ``with_context``, and what whoever did that knew."""
        return context_of(self.context.values)

    def own_context(self) -> dict[str, object]:
        """What those that it starts inherit: the same."""
        return self.values

    async def perform(self, operation: Operation) -> Any:
        """Wait for an operation. Raises what it fails with."""
        return await _yield(operation)

    async def together(self, *operations: Operation) -> list[Any]:
        """Wait for several operations at once; their results. Raises the first error, when all are
        done.
        """
        results: list[Any] = await _yield(operations)
        return results

    async def give_way(self) -> None:
        """Let others run."""
        await _yield(Continue())

    async def upgrade(self, entry_id: str | None = None, *arguments: object) -> None:
        """Go on as another entry, or as what this one is now; this does not return."""
        await _yield(Upgrade(entry_id or self.entry_id, arguments))

    async def set_options(
        self, *, trap_links: bool | None = None, upgradable: bool | None = None
    ) -> None:
        """Say what this process wants to be told."""
        await self.perform(SetOptions(trap_links, upgradable))

    def default_host(self) -> str:
        """The host that it runs on itself; for a function, the only one that processes can be
        started on. Raises ProcessError (Invalid) if there are none or several.
        """
        if len(self._hosts) == 1:
            return self._hosts[0]
        message = f"say which host with host= (there are: {', '.join(self._hosts) or 'none'})"
        raise ProcessError(message, ProcessErrorKind.INVALID)

    def now_ns(self) -> int:
        """What time it is on the clock of operations."""
        return self.context.clock.now_ns()


def python_definitions(
    application: Application, surroundings: Surroundings
) -> Mapping[str, ProcessDefinition]:
    """How to start each usable ``process.py`` and ``function.py`` entry, by ID."""
    hosts = tuple(entry.id for entry in application.of_kind("process.host"))
    return {
        entry.id: replace(
            _definition(application.resources.scripts[entry.id], entry.config, hosts),
            options=process_options(entry),
            host_options=host_options(entry, surroundings),
        )
        for kind in ("process.py", "function.py")
        for entry in application.of_kind(kind)
        if isinstance(entry.config, PythonConfiguration)
    }


def _definition(
    code: types.CodeType, config: PythonConfiguration, hosts: tuple[str, ...]
) -> ProcessDefinition:
    """Processes of one entry share the module, which is run when the first of them begins."""
    module = types.ModuleType(config.module.removesuffix(".py").replace("/", "."))
    module.__file__ = code.co_filename
    is_loaded = False

    def body(context: ProcessContext, *arguments: object) -> Generator[Any, Any, object]:
        nonlocal is_loaded
        if not is_loaded:
            exec(code, module.__dict__)
            is_loaded = True
        function = getattr(module, config.method)
        own = context.host_id
        others = hosts if is_pool(own) else (own,)
        coroutine = function(PythonProcess(context, others), *arguments)
        if not isinstance(coroutine, types.CoroutineType):
            message = f"{config.method} of {config.module} is no coroutine function"
            raise ProcessError(message, ProcessErrorKind.INVALID)
        generator: Generator[Any, Any, object] = coroutine.__await__()
        return generator

    return ProcessDefinition(lambda _: GeneratorProcess(body), config.method)


EXTENSION = Extension(definitions=python_definitions)
