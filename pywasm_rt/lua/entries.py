"""Entries in Lua: checked when an application is loaded, and made into processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pywasm_rt.app.application import Application, Check
from pywasm_rt.app.definitions import (
    HostDefaults,
    Surroundings,
    host_options,
    process_options,
)
from pywasm_rt.app.entry import Entry
from pywasm_rt.app.kinds import LuaConfiguration, LuaLibraryConfiguration
from pywasm_rt.app.kinds.limits import LimitSettings
from pywasm_rt.component.suggestion import hint
from pywasm_rt.errors import Fault, FieldLocation, LineColumn, ParseError
from pywasm_rt.lua.process import LuaProcess
from pywasm_rt.lua.source import LuaSource
from pywasm_rt.lua.state import MODULES, LuaLimits
from pywasm_rt.process.interface import ProcessContext, ProcessDefinition

__all__ = ["LUA_CHECKS", "check_entry", "lua_definitions"]


def check_entry(entry: Entry) -> Iterator[Fault]:
    """What is wrong with an entry in Lua: unknown modules, source that is no Lua."""
    config = entry.config
    if not isinstance(config, LuaConfiguration | LuaLibraryConfiguration):
        return
    for index, name in enumerate(config.modules):
        if name not in MODULES:
            message = f'unknown module "{name}"'
            yield entry.raw.fault(message, ("modules", index), hint(name, MODULES))
    try:
        _source(entry, config).check()
    except ParseError as error:
        where = error.where
        place = FieldLocation(where.file, where.line) if isinstance(where, LineColumn) else None
        yield Fault(f"failed to compile lua source: {error.message}", place, "", entry.id)


LUA_CHECKS: Mapping[str, Check] = dict.fromkeys(
    ("process.lua", "function.lua", "library.lua"), check_entry
)
"""For :meth:`~pywasm_rt.app.application.Application.load`."""


def lua_definitions(
    application: Application, surroundings: Surroundings
) -> dict[str, ProcessDefinition]:
    """How to start each usable ``process.lua`` and ``function.lua`` entry, by ID.

    An entry without ``modules`` may use all of them. Its ``imports`` are libraries and other
    processes, whose chunks it may require.
    """
    return {
        entry.id: _definition(application, entry, entry.config, surroundings)
        for kind in ("process.lua", "function.lua")
        for entry in application.of_kind(kind)
        if isinstance(entry.config, LuaConfiguration)
    }


def _definition(
    application: Application,
    entry: Entry,
    config: LuaConfiguration,
    surroundings: Surroundings,
) -> ProcessDefinition:
    source = _source(entry, config)
    libraries: dict[str, LuaSource] = {}
    for name, entry_id in config.imports.items():
        library = application.entry(entry_id)
        if isinstance(library.config, LuaConfiguration | LuaLibraryConfiguration):
            libraries[name] = _source(library, library.config)

    def create(context: ProcessContext) -> LuaProcess:
        defaults = surroundings.host_defaults.get(context.host_id, HostDefaults())
        return LuaProcess(
            source,
            modules=config.modules or MODULES,
            libraries=libraries,
            limits=_limits(entry.limits.over(defaults.limits)),
            stdout=surroundings.streams.stdout,
        )

    return ProcessDefinition(
        create, config.method, process_options(entry), host_options(entry, surroundings)
    )


def _limits(settings: LimitSettings) -> LuaLimits:
    usual = LuaLimits()
    return LuaLimits(
        settings.memory_bytes or usual.memory_bytes,
        settings.fuel or None,
        settings.output_bytes or None,
    )


def _source(entry: Entry, config: LuaConfiguration | LuaLibraryConfiguration) -> LuaSource:
    """The chunk, which knows where it is written."""
    origin = entry.raw.text_origin(("source",))
    return LuaSource(config.source, origin.file, origin.line)
