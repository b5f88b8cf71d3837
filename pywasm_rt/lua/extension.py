"""What Lua adds to applications: ``process.lua``, ``function.lua`` and ``library.lua`` entries."""

from __future__ import annotations

from pywasm_rt.app.extensions import Extension
from pywasm_rt.lua.entries import LUA_CHECKS, lua_definitions

__all__ = ["EXTENSION"]

EXTENSION = Extension(checks=LUA_CHECKS, definitions=lua_definitions)
