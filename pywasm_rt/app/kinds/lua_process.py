"""``process.lua``, ``function.lua`` and ``library.lua``: what is written in Lua."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from pywasm_rt.app.kinds.configuration import Configuration, Reference, Text
from pywasm_rt.app.kinds.lifecycle import Lifecycle
from pywasm_rt.app.kinds.limits import Limited
from pywasm_rt.app.kinds.pool import Pool
from pywasm_rt.app.yaml_source import PathStep

__all__ = [
    "LuaConfiguration",
    "LuaFunctionConfiguration",
    "LuaLibraryConfiguration",
    "LuaProcessConfiguration",
]


class LuaConfiguration(Limited):
    """What runs of Lua have in common.

    ``source`` is the text of a chunk. ``method`` names the function to run, in the table that the
    chunk returns; without it the chunk itself is what runs. ``modules`` are the built-in modules
    it may ``require``, ``imports`` libraries and processes whose chunks are used like such, by the
    names that they are required under. Of the ``limits``, ``memory_bytes`` (64 MiB if not given),
    ``fuel`` (iterations and calls), ``output_bytes`` and ``max_execution_ms`` hold for scripts.
    """

    source: Text
    method: Text = ""
    modules: list[Text] = Field(default_factory=list)
    imports: dict[str, Reference] = Field(default_factory=dict)

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """What it imports."""
        for name, entry_id in self.imports.items():
            yield ("imports", name), entry_id


class LuaProcessConfiguration(LuaConfiguration):
    """``process.lua``: a process."""

    lifecycle: Lifecycle = Field(default_factory=Lifecycle)

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """What it imports, and what must have started before."""
        yield from super().references()
        yield from self.lifecycle.references()


class LuaFunctionConfiguration(LuaConfiguration):
    """``function.lua``: a function. Each call is a script of its own; the ``pool`` says how many
    run at a time.
    """

    pool: Pool = Field(default_factory=Pool)


class LuaLibraryConfiguration(Configuration):
    """``library.lua``: a chunk that others require, by what they call it in their ``imports``. It
    may require the built-in modules that they may.
    """

    source: Text
    modules: list[Text] = Field(default_factory=list)
