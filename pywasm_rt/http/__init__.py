"""HTTP in front of processes and functions.

The names below are loaded when they are first used:

``WasiApplication``
    An ASGI 3 application that answers with a component that exports ``wasi:http/incoming-handler``.
``ServiceApplication``
    One that answers as an ``http.service`` of an application does.
``ClientTimeouts``
    How long they wait for a client.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pywasm_rt.http.application import ServiceApplication, WasiApplication
    from pywasm_rt.http.asgi import ClientTimeouts

__all__ = ["ClientTimeouts", "ServiceApplication", "WasiApplication"]

_HOMES = {
    "ClientTimeouts": "asgi",
    "ServiceApplication": "application",
    "WasiApplication": "application",
}


def __getattr__(name: str) -> object:
    """Load a public name from where it lives."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
