"""``process.lua``: a process written in Lua."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from pywasm_rt.app.kinds.configuration import Reference, Text
from pywasm_rt.app.kinds.lifecycle import Lifecycle
from pywasm_rt.app.kinds.limits import Limited
from pywasm_rt.app.yaml_source import PathStep

__all__ = ["LuaProcessConfiguration"]


class LuaProcessConfiguration(Limited):
    """``process.lua``.

    ``source`` is the text of a chunk. ``method`` names the function to run, in the table that the
    chunk returns; without it the chunk itself is what runs. ``modules`` are the built-in modules
    it may ``require``, ``imports`` other entries by the name they are required under. Of the
    ``limits``, ``memory_bytes`` (64 MiB if not given), ``fuel`` (iterations and calls),
    ``output_bytes`` and ``max_execution_ms`` hold for scripts.
    """

    source: Text
    method: Text = ""
    modules: list[Text] = Field(default_factory=list)
    imports: dict[str, Reference] = Field(default_factory=dict)
    lifecycle: Lifecycle = Field(default_factory=Lifecycle)

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """What it imports, and what must have started before."""
        for name, entry_id in self.imports.items():
            yield ("imports", name), entry_id
        yield from self.lifecycle.references()
