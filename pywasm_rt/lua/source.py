"""The text of a script: checked when it is loaded, prepared once for all processes that run it."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lupa.lua54 import LuaRuntime

from pywasm_rt.errors import LineColumn, ParseError
from pywasm_rt.lua.checkpoints import with_checkpoints

__all__ = ["LuaSource", "compile_check"]

_MESSAGE = re.compile(r"chunk:(?P<line>\d+): (?P<text>.*)", re.DOTALL)

# One runtime for all checks; a check only compiles, so nothing of a script ever runs in it.
_CHECK = b"""
local load = load
return function(text)
  local chunk, problem = load(text, "=chunk", "t", {})
  return chunk == nil and problem or nil
end
"""


@dataclass(frozen=True, slots=True)
class LuaSource:
    """A chunk of Lua and where it is from.

    ``name`` is what messages call it, a file's name as a rule; ``first_line`` is the number of its
    first line there, if it is part of a larger file.
    """

    text: str
    name: str = "script"
    first_line: int = 1

    def check(self) -> None:
        """Compile it. Raises ParseError, which says where."""
        compile_check(self.text, self.name, self.first_line)

    def prepared(self) -> bytes:
        """The text with checkpoints, its lines where they are in its file. Raises ParseError."""
        return _prepare(self)


def compile_check(source: str, name: str = "script", first_line: int = 1) -> None:
    """Compile a chunk of Lua without running it. Raises ParseError with file and line."""
    problem = _Checker.check(_encoded(source, first_line))
    if problem is None:
        return
    told = problem.decode(errors="replace")
    match = _MESSAGE.fullmatch(told)
    if match is None:
        raise ParseError(told, LineColumn(first_line, 1, name))
    line = int(match["line"])
    lines = source.splitlines()
    source_line = lines[line - first_line] if line - first_line < len(lines) else ""
    raise ParseError(match["text"], LineColumn(line, 1, name, source_line))


def _encoded(source: str, first_line: int) -> bytes:
    """The text, its lines where they are in its file: Lua's messages then name the right ones."""
    text = source.encode("utf-8", "surrogatepass")
    # Bytecode is known by its first byte, which must stay the first.
    return text if text.startswith(b"\x1b") else b"\n" * (first_line - 1) + text


class _Checker:
    """The runtime that compiles, made when it is first needed."""

    _lock = threading.Lock()
    _compile: Any = None

    @classmethod
    def check(cls, text: bytes) -> bytes | None:
        with cls._lock:
            if cls._compile is None:
                runtime = LuaRuntime(encoding=None, register_eval=False, register_builtins=False)
                cls._compile = runtime.execute(_CHECK)
            problem: bytes | None = cls._compile(text)
            return problem


@lru_cache(maxsize=256)
def _prepare(source: LuaSource) -> bytes:
    source.check()
    return with_checkpoints(_encoded(source.text, source.first_line))
