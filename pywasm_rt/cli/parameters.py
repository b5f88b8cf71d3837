"""How the values of the command line's options are read.

Each function takes the text and gives the value; it raises click.BadParameter, to which click adds
the option's name.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import click

from pywasm_rt.wasi.capabilities.network import MAX_PORT, parse_grant

__all__ = [
    "FolderMapping",
    "duration_ms",
    "environment_setting",
    "folder_mapping",
    "module_name_and_file",
    "network_grant",
    "server_address",
    "size_bytes",
]

_SIZE = re.compile(r"(?P<number>[0-9]{1,15})\s*(?P<unit>[KMGT]?)(?:i?B)?", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:\[(?P<address>[0-9A-Fa-f.]*:[0-9A-Fa-f:.]+)\]|(?P<name>[^\[\]:/]*)):(?P<port>[0-9]{1,5})"
)
_DURATION = re.compile(r"(?P<number>[0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(?P<unit>ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class FolderMapping:
    """``--dir HOST::GUEST[:ro]``."""

    host: Path
    guest: str
    read_only: bool = False


def folder_mapping(text: str) -> FolderMapping:
    """``HOST::GUEST[:ro]``, or ``HOST`` for the same path in the guest."""
    host, separator, guest = text.partition("::")
    path = guest.removesuffix(":ro")
    if not host or (separator and not path):
        raise click.BadParameter(f"{text!r} is not HOST::GUEST or HOST::GUEST:ro")
    return FolderMapping(Path(host), path or host, read_only=path != guest)


def environment_setting(text: str) -> tuple[str, str]:
    """``NAME=VALUE``, or ``NAME`` for the value that it has here."""
    name, separator, value = text.partition("=")
    if not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE")
    if not separator:
        if name not in os.environ:
            raise click.BadParameter(f"{name} is not set here; write {name}=VALUE")
        value = os.environ[name]
    return name, value


def module_name_and_file(text: str) -> tuple[str, Path]:
    """``NAME=FILE``."""
    name, separator, file = text.partition("=")
    if not separator or not file:
        raise click.BadParameter(f"{text!r} is not NAME=FILE")
    return name, Path(file)


def network_grant(text: str) -> str:
    """``HOST:PORT``, ``HOST``, ``*:PORT`` or ``*``."""
    try:
        parse_grant(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return text


def server_address(text: str) -> tuple[str, int]:
    """``HOST:PORT``, ``[IPV6]:PORT``, or ``:PORT`` for this machine alone."""
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > MAX_PORT:
        raise click.BadParameter(f"{text!r} is not HOST:PORT")
    return match["address"] or match["name"] or "127.0.0.1", int(match["port"])


def size_bytes(text: str) -> int:
    """A number of bytes: ``65536``, ``64KiB``, ``1G``. Units count in 1024."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise click.BadParameter(f"{text!r} is not a size such as 65536, 64KiB or 1G")
    power = " KMGT".index(match["unit"].upper() or " ")
    return int(match["number"]) << (10 * power)


def duration_ms(text: str) -> int:
    """A duration in milliseconds, at least 1: ``2`` and ``2s`` are two seconds."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise click.BadParameter(f"{text!r} is not a duration such as 2, 1.5s or 500ms")
    milliseconds = float(match["number"]) * _SECONDS[match["unit"] or "s"] * 1000
    if milliseconds < 1:
        raise click.BadParameter("a duration must be at least 1ms")
    return round(milliseconds)
