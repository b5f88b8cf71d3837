"""Which engine runs modules.

The native engine is taken where it was built, else the reference engine. The environment variable
``PYWASM_RT_ENGINE`` names another choice. Other packages add engines by an entry point of the group
``pywasm_rt.engines``: its name is the engine's, its object is called without arguments and gives
the engine.
"""

from __future__ import annotations

import difflib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from pywasm_rt.engine.interface import Engine
from pywasm_rt.errors import ConfigError, Fault

__all__ = ["ENTRY_POINTS", "VARIABLE", "EngineInfo", "engine_info", "get_engine"]

VARIABLE = "PYWASM_RT_ENGINE"
ENTRY_POINTS = "pywasm_rt.engines"
_AUTO = "auto"
# In the order in which they are tried.
_BUILT_IN = {
    "native": ("pywasm_rt.engine.native", "NativeEngine"),
    "reference": ("pywasm_rt.engine.reference", "ReferenceEngine"),
}

_engines: dict[str, Engine] = {}
_failures: dict[str, str] = {}
_lock = threading.RLock()


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Which engine is used unless another one is asked for, and why.

    ``available`` are the names of all engines that can be used, ``unavailable`` those that cannot,
    with the reason.
    """

    name: str
    reason: str
    available: tuple[str, ...]
    unavailable: dict[str, str]

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


def get_engine(name: str | None = None) -> Engine:
    """The engine with this name; always the same object.

    None means what ``PYWASM_RT_ENGINE`` says, or "auto": the native engine if there is one, else
    the reference engine.

    Raises:
        ConfigError: there is no such engine, or it cannot be used here.
    """
    if name is None:
        name = os.environ.get(VARIABLE) or _AUTO
    if name == _AUTO:
        name = _automatic()
    engine = _load(name)
    if engine is not None:
        return engine
    raise ConfigError([_complaint(name)])


def engine_info() -> EngineInfo:
    """Which engine :func:`get_engine` gives, and why. Raises ConfigError like it."""
    available = tuple(name for name in _names() if _load(name) is not None)
    unavailable = {name: _failures[name] for name in _names() if name not in available}
    asked = os.environ.get(VARIABLE) or _AUTO
    if asked != _AUTO:
        name, reason = get_engine().name, f"{VARIABLE} asks for it"
    elif (name := _automatic()) == "native":
        reason = "it was built"
    else:
        reason = f"the native engine cannot be used: {unavailable['native']}"
    return EngineInfo(name, reason, available, unavailable)


def _automatic() -> str:
    return next(name for name in _BUILT_IN if _load(name) is not None)


def entry_points(group: str) -> Any:
    """Other engines that are installed."""
    from importlib import metadata  # noqa: PLC0415 - it needs much, and is seldom asked

    return metadata.entry_points(group=group)


def _names() -> list[str]:
    return [*_BUILT_IN, *(entry.name for entry in entry_points(group=ENTRY_POINTS))]


def _complaint(name: str) -> Fault:
    names = _names()
    if name in _failures and name in names:
        return Fault(f"the engine {name!r} cannot be used: {_failures[name]}")
    similar = difflib.get_close_matches(name, names, 1)
    suggestion = f"did you mean {similar[0]!r}?" if similar else f"there are {', '.join(names)}"
    return Fault(f"there is no engine {name!r}", suggestion=suggestion)


def _load(name: str) -> Engine | None:
    """The engine, made on first use; None, with the reason in ``_failures``, if there is none."""
    with _lock:
        engine = _engines.get(name)
        if engine is None and name not in _failures:
            try:
                engine = _engines[name] = _factory(name)()
            except (ImportError, AttributeError, LookupError) as error:
                _failures[name] = str(error)
        return engine


def _factory(name: str) -> Callable[[], Engine]:
    if name in _BUILT_IN:
        module, attribute = _BUILT_IN[name]
        return cast("Callable[[], Engine]", getattr(import_module(module), attribute))
    entry = entry_points(group=ENTRY_POINTS)[name]
    return cast("Callable[[], Engine]", entry.load())
