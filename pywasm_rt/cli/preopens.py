"""The folders of ``--dir``, opened for a guest."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from pywasm_rt.cli.parameters import FolderMapping
from pywasm_rt.wasi.capabilities.filesystem import Directory
from pywasm_rt.wasi.capabilities.host_directory import HostDirectory

__all__ = ["open_directories"]


def open_directories(
    folder: Path, mappings: Iterable[FolderMapping]
) -> list[tuple[str, Directory]]:
    """Pairs of the guest's path and the directory; relative ones begin at ``folder``.

    Raises what opening one raises; those opened before are closed again.
    """
    opened: list[tuple[str, Directory]] = []
    with ExitStack() as stack:
        for mapping in mappings:
            directory = HostDirectory(folder / mapping.host, read_only=mapping.read_only)
            stack.callback(directory.close)
            opened.append((mapping.guest, directory))
        stack.pop_all()
    return opened
