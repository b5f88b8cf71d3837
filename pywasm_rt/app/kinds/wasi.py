"""The ``wasi`` block: arguments, environment, working directory, mounts and network of a guest."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from pywasm_rt.app.kinds.configuration import AbsolutePath, Configuration, Reference, Text, fault
from pywasm_rt.wasi.capabilities.network import parse_grant

__all__ = ["Mount", "NetworkSettings", "Variable", "WasiSettings"]


def _clean(path: str) -> str:
    """One spelling for each guest path: ``/a`` for ``/a/`` and ``/x/../a``."""
    return "/" + posixpath.normpath(path).lstrip("/")


def _without_zero(values: list[str]) -> list[str]:
    for index, value in enumerate(values):
        if "\0" in value:
            raise fault("{field} must not contain a NUL character", "", (index,))
    return values


def _variable_name(name: str) -> str:
    if "=" in name:
        raise fault("{field} must not contain =")
    return name.strip()


class Variable(Configuration):
    """``wasi.env[]``: the guest sees the value of the variable ``id`` as ``name``."""

    id: Reference
    name: Annotated[Text, AfterValidator(_variable_name)]
    required: bool = False


class Mount(Configuration):
    """``wasi.mounts[]``: the guest sees the filesystem ``fs`` at the path ``guest``."""

    fs: Reference
    guest: Annotated[AbsolutePath, AfterValidator(_clean)]
    read_only: bool = False


def _grant(text: str) -> str:
    try:
        parse_grant(text)
    except ValueError as error:
        raise fault(str(error), "write HOST, HOST:PORT, *:PORT or *") from error
    return text


class NetworkSettings(Configuration):
    """``wasi.network``: the hosts and ports that sockets and HTTP requests of the guest may reach.

    Where the block is missing, sockets reach nothing and HTTP requests any host; ``imports`` has to
    ask for both all the same.
    """

    allow: list[Annotated[str, AfterValidator(_grant)]] = Field(default_factory=list)


def _repeated(values: Sequence[str]) -> int | None:
    """The index of the first value that was there before."""
    return next((i for i, value in enumerate(values) if value in values[:i]), None)


def _unique_names(variables: list[Variable]) -> list[Variable]:
    index = _repeated([variable.name for variable in variables])
    if index is not None:
        hint = f'"{variables[index].name}" is there already'
        raise fault("{field} must be unique", hint, (index, "name"))
    return variables


def _unique_guests(mounts: list[Mount]) -> list[Mount]:
    index = _repeated([mount.guest for mount in mounts])
    if index is not None:
        hint = f'"{mounts[index].guest}" is there already'
        raise fault("{field} must be unique", hint, (index, "guest"))
    return mounts


class WasiSettings(Configuration):
    """The ``wasi`` block.

    ``args`` are the guest's arguments as they are: no program name is put before them. If there
    are none the guest gets the arguments of the command line.
    """

    args: Annotated[list[str], AfterValidator(_without_zero)] = Field(default_factory=list)
    cwd: AbsolutePath = "/"
    env: Annotated[list[Variable], AfterValidator(_unique_names)] = Field(default_factory=list)
    mounts: Annotated[list[Mount], AfterValidator(_unique_guests)] = Field(default_factory=list)
    network: NetworkSettings | None = None
