"""WASI 0.2.12 as interfaces for the component linker."""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.component.host import HostInterface
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.cli import cli_interfaces
from pywasm_rt.wasi.preview2.clocks import clock_interfaces
from pywasm_rt.wasi.preview2.filesystem import filesystem_interfaces
from pywasm_rt.wasi.preview2.http import http_interfaces
from pywasm_rt.wasi.preview2.io import error_interface, poll_interface, streams_interface
from pywasm_rt.wasi.preview2.random import random_interfaces
from pywasm_rt.wasi.preview2.sockets import socket_interfaces

__all__ = ["interfaces", "package_interfaces"]


def interfaces(context: WasiContext) -> list[HostInterface]:
    """Every interface that a host offers to the guest that ``context`` was made for.

    ``wasi:cli/run`` and ``wasi:http/incoming-handler`` are not: guests export them. What of a
    component's imports is to be linked is for :func:`pywasm_rt.wasi.profiles.select_profiles` to
    say.
    """
    return [it for package in _PACKAGES for it in package_interfaces(package, context)]


def package_interfaces(package: str, context: WasiContext) -> list[HostInterface]:
    """Those of one package, ``wasi:cli``; none if it is unknown."""
    make = _PACKAGES.get(package)
    return [] if make is None else make(context)


def _io_interfaces(_: WasiContext) -> list[HostInterface]:
    return [error_interface(), poll_interface(), streams_interface()]


_PACKAGES: dict[str, Callable[[WasiContext], list[HostInterface]]] = {
    "wasi:io": _io_interfaces,
    "wasi:clocks": clock_interfaces,
    "wasi:random": random_interfaces,
    "wasi:filesystem": filesystem_interfaces,
    "wasi:cli": cli_interfaces,
    "wasi:sockets": socket_interfaces,
    "wasi:http": http_interfaces,
}
