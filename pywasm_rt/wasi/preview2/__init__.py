"""WASI 0.2.12 as interfaces for the component linker."""

from __future__ import annotations

from pywasm_rt.component.host import HostInterface
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.cli import cli_interfaces
from pywasm_rt.wasi.preview2.clocks import clock_interfaces
from pywasm_rt.wasi.preview2.filesystem import filesystem_interfaces
from pywasm_rt.wasi.preview2.http import http_interfaces
from pywasm_rt.wasi.preview2.io import error_interface, poll_interface, streams_interface
from pywasm_rt.wasi.preview2.random import random_interfaces
from pywasm_rt.wasi.preview2.sockets import socket_interfaces

__all__ = ["interfaces"]


def interfaces(context: WasiContext) -> list[HostInterface]:
    """Every interface that a host offers to the guest that ``context`` was made for.

    ``wasi:cli/run`` and ``wasi:http/incoming-handler`` are not: guests export them. What of a
    component's imports is to be linked is for :func:`pywasm_rt.wasi.profiles.select_profiles` to
    say.
    """
    return [
        error_interface(),
        poll_interface(),
        streams_interface(),
        *clock_interfaces(context),
        *random_interfaces(context),
        *filesystem_interfaces(context),
        *cli_interfaces(context),
        *socket_interfaces(context),
        *http_interfaces(context),
    ]
