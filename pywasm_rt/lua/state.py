"""One Lua state: the sandbox that a script runs in, as seen from Python.

Only byte strings and small integers cross the border (see :mod:`pywasm_rt.lua.wire`), and only
functions of the prelude ever see a function of Python. A script has Lua's own libraries without
``os``, ``io``, ``debug``, ``package`` and ``load``, a bounded memory, and a count of steps at which
it can be stopped.

**Memory.** A string that Python returns to Lua when the memory limit is reached would end the
program: Lua's error would jump over Python's frames. So the limit is raised while a string is
handed over, and set back (``settle``) before the script goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from lupa.lua54 import LuaError, LuaMemoryError, LuaRuntime

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.lua.source import LuaSource
from pywasm_rt.lua.wire import encode

__all__ = ["MODULES", "Bridge", "LuaLimits", "LuaState", "ScriptOptions", "memory_error"]

MODULES = ("channel", "ctx", "errors", "funcs", "process", "time")
"""The modules that a script may require."""

_PARTS = (
    "boot",
    "calendar",
    "channel",
    "classes",
    "ctx",
    "errors",
    "funcs",
    "process",
    "routines",
    "script",
    "spawning",
    "time",
    "wire",
)
_HEADROOM_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class LuaLimits:
    """What a script may use; None means no limit.

    ``steps`` counts the iterations of its loops and the calls of its functions, all that there
    ever are, to within some ten thousand.
    ``output_bytes`` bounds what it prints.
    """

    memory_bytes: int = 67_108_864
    steps: int | None = None
    output_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ScriptOptions:
    """What to run, and what it is told about itself."""

    source: LuaSource
    method: str
    pid: str
    entry_id: str
    modules: tuple[str, ...] = MODULES
    libraries: Mapping[str, LuaSource] = field(default_factory=dict)
    context: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bridge:
    """What the prelude calls: see ``prelude/routines.lua`` and ``prelude/script.lua``.

    ``tick(steps)`` says that so many were taken, and answers how many to take before the next
    time: less than 0 to give way first, 0 to stop. ``fetch()`` gives what the loop waits for;
    ``write(line)`` answers whether to wait for the output; ``now()`` and ``unix()`` are
    nanoseconds. None of them may raise.
    """

    tick: Callable[[int], int]
    fetch: Callable[[], bytes]
    write: Callable[[bytes], bool]
    now: Callable[[], int]
    unix: Callable[[], int]


class LuaState:
    """A script, ready to run; it has not begun. Raises ParseError if it does not compile."""

    def __init__(self, options: ScriptOptions, bridge: Bridge, limits: LuaLimits) -> None:
        self._limits = limits
        runtime = LuaRuntime(
            encoding=None,
            register_eval=False,
            register_builtins=False,
            unpack_returned_tuples=False,
            attribute_filter=_no_attributes,
            max_memory=0,
        )
        self._runtime: Any = runtime
        parts = runtime.table_from(
            {name.encode(): runtime.execute(code, mode=b"b") for name, code in _prelude()}
        )
        functions = runtime.table_from(
            {
                b"tick": bridge.tick,
                b"fetch": self._with_headroom(bridge.fetch),
                b"settle": self._settle,
                b"write": bridge.write,
                b"now": bridge.now,
                b"unix": bridge.unix,
            }
        )
        body, self._whereabouts = parts[b"boot"](parts, functions, self._options(options))
        self._coroutine: Any = body.coroutine()
        self._settle()

    def resume(self) -> tuple[int, bytes]:
        """Let the script run until it waits, gives way or ends.

        The code is 0 (it waits), 1 (it could go on at once), both with the new operations; 2 (its
        result), 3 (its error) or 4 (it was stopped). Raises ProcessError for the memory limit
        reached inside the prelude.
        """
        try:
            code, data = self._coroutine.send(None)
        except (LuaMemoryError, LuaError) as error:
            raise self.told(error) from error
        return code, data

    def told(self, error: Exception) -> ProcessError:
        """An error of Lua itself."""
        text = str(error)
        if isinstance(error, LuaMemoryError) or "not enough memory" in text:
            return memory_error(self._limits)
        return ProcessError(f"internal fault in the Lua prelude: {text}")

    @property
    def memory_bytes(self) -> int:
        """What the script has now, on the thread that runs it."""
        return 0 if self._runtime is None else int(self._runtime.get_memory_used())

    def whereabouts(self) -> list[tuple[str, int]]:
        """Where the script is: names and lines, innermost first."""
        if self._runtime is None:
            return []
        try:
            places: bytes = self._whereabouts()
        except (LuaMemoryError, LuaError):
            return []
        split = [place.rpartition(":") for place in places.decode(errors="replace").splitlines()]
        return [(name, int(line)) for name, _, line in split]

    def close(self) -> None:
        """Free everything. References go in both directions, so this must be called."""
        self._coroutine = self._whereabouts = self._runtime = None

    def _options(self, options: ScriptOptions) -> Any:
        libraries = {
            name: {"text": source.prepared(), "name": source.name}
            for name, source in options.libraries.items()
        }
        return self._runtime.table_from(
            {
                b"source": options.source.prepared(),
                b"name": options.source.name.encode(errors="replace"),
                b"method": options.method.encode(errors="replace"),
                b"pid": options.pid.encode(),
                b"entry_id": options.entry_id.encode(errors="replace"),
                b"granted": " ".join(options.modules).encode(),
                b"encoded_libraries": encode(libraries),
                b"encoded_context": encode(dict(options.context)),
            }
        )

    def _with_headroom(self, fetch: Callable[[], bytes]) -> Callable[[], bytes]:
        def fetch_with_headroom() -> bytes:
            data = fetch()
            used = self._runtime.get_memory_used()
            self._runtime.set_max_memory(
                max(self._limits.memory_bytes, used + len(data) + _HEADROOM_BYTES)
            )
            return data

        return fetch_with_headroom

    def _settle(self) -> None:
        self._runtime.set_max_memory(self._limits.memory_bytes)


def memory_error(limits: LuaLimits) -> ProcessError:
    """The error of a script that used too much memory."""
    limit = limits.memory_bytes
    message = f"memory limit of {limit} bytes exceeded"
    return ProcessError(message, ProcessErrorKind.INTERNAL, resource="memory", limit=limit)


def _no_attributes(_: object, name: object, __: bool) -> str:
    """No script gets at a Python object; if one did, it would find nothing there."""
    raise AttributeError(f"no attribute {name!r}")


@cache
def _prelude() -> tuple[tuple[str, bytes], ...]:
    """The parts of the prelude, compiled: every process loads them anew."""
    runtime: Any = LuaRuntime(encoding=None, register_eval=False, register_builtins=False)
    compile_part = runtime.eval(b"function(text, name) return string.dump(load(text, name)) end")
    folder = resources.files("pywasm_rt.lua") / "prelude"
    return tuple(
        (
            name,
            compile_part((folder / f"{name}.lua").read_bytes(), f"=prelude/{name}.lua".encode()),
        )
        for name in _PARTS
    )
