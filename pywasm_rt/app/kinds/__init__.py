"""The kinds of entries: which fields each has, and what may stand in them."""

from __future__ import annotations

from pywasm_rt.app.kinds.configuration import Configuration
from pywasm_rt.app.kinds.environment import (
    EnvironmentVariable,
    FileStorage,
    MemoryStorage,
    OperatingSystemStorage,
    RouterStorage,
    StaticStorage,
)
from pywasm_rt.app.kinds.filesystem import DirectoryFilesystem
from pywasm_rt.app.kinds.guest import BinaryConfiguration, GuestConfiguration
from pywasm_rt.app.kinds.hosts import ProcessHost, TerminalHost
from pywasm_rt.app.kinds.http import HttpEndpoint, HttpRouter, HttpService
from pywasm_rt.app.kinds.lua_process import (
    LuaConfiguration,
    LuaFunctionConfiguration,
    LuaLibraryConfiguration,
    LuaProcessConfiguration,
)
from pywasm_rt.app.kinds.meta import Command, Meta
from pywasm_rt.app.kinds.pool import Pool, PoolPlan
from pywasm_rt.app.kinds.python_process import (
    PythonConfiguration,
    PythonFunctionConfiguration,
    PythonProcessConfiguration,
)
from pywasm_rt.app.kinds.security import Security, SecurityPolicy
from pywasm_rt.app.kinds.service import ProcessService, ProcessSupervisor
from pywasm_rt.app.kinds.wasm_function import (
    FunctionConfiguration,
    WasmFunctionConfiguration,
    WatFunctionConfiguration,
)
from pywasm_rt.app.kinds.wasm_process import WasmProcessConfiguration

__all__ = [
    "KINDS",
    "LATER_KINDS",
    "BinaryConfiguration",
    "Command",
    "Configuration",
    "DirectoryFilesystem",
    "EnvironmentVariable",
    "FileStorage",
    "FunctionConfiguration",
    "GuestConfiguration",
    "HttpEndpoint",
    "HttpRouter",
    "HttpService",
    "LuaConfiguration",
    "LuaFunctionConfiguration",
    "LuaLibraryConfiguration",
    "LuaProcessConfiguration",
    "MemoryStorage",
    "Meta",
    "OperatingSystemStorage",
    "Pool",
    "PoolPlan",
    "ProcessHost",
    "ProcessService",
    "ProcessSupervisor",
    "PythonConfiguration",
    "PythonFunctionConfiguration",
    "PythonProcessConfiguration",
    "RouterStorage",
    "Security",
    "SecurityPolicy",
    "StaticStorage",
    "TerminalHost",
    "WasmFunctionConfiguration",
    "WasmProcessConfiguration",
    "WatFunctionConfiguration",
]

KINDS: dict[str, type[Configuration]] = {
    "env.storage.file": FileStorage,
    "env.storage.memory": MemoryStorage,
    "env.storage.os": OperatingSystemStorage,
    "env.storage.router": RouterStorage,
    "env.storage.static": StaticStorage,
    "env.variable": EnvironmentVariable,
    "fs.directory": DirectoryFilesystem,
    "function.lua": LuaFunctionConfiguration,
    "function.py": PythonFunctionConfiguration,
    "function.wasm": WasmFunctionConfiguration,
    "function.wat": WatFunctionConfiguration,
    "http.endpoint": HttpEndpoint,
    "http.router": HttpRouter,
    "http.service": HttpService,
    "library.lua": LuaLibraryConfiguration,
    "process.host": ProcessHost,
    "process.lua": LuaProcessConfiguration,
    "process.py": PythonProcessConfiguration,
    "process.service": ProcessService,
    "process.supervisor": ProcessSupervisor,
    "security.policy": SecurityPolicy,
    "process.wasm": WasmProcessConfiguration,
    "terminal.host": TerminalHost,
}

# Kinds that Wippy has and this version has not: a fault that says so is better than "unknown".
LATER_KINDS: dict[str, str] = {
    "fs.embed": "its files are in a pack, which is not read here: use fs.directory",
}
"""Kinds that other runtimes have, and what to do instead."""
