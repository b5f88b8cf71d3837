"""``fs.directory``: a folder that binaries are read from and guests see through mounts."""

from __future__ import annotations

from typing import Literal

from pywasm_rt.app.kinds.configuration import Configuration, OctalText, Text

__all__ = ["DirectoryFilesystem"]


class DirectoryFilesystem(Configuration):
    """``fs.directory``.

    A relative ``directory`` counts from the application's folder (``base: project``) or from the
    folder of its sources (``base: module``). Of ``mode``, the owner's bits decide whether files
    can be read and written through this entry.
    """

    directory: Text
    mode: OctalText = "0755"
    auto_init: bool = False
    base: Literal["project", "module"] = "project"

    @property
    def permission_bits(self) -> int:
        """``mode`` as a number; execute bits are added where read bits are set."""
        mode = int(self.mode.removeprefix("0o"), 8)
        return mode | ((mode & 0o444) >> 2)

    @property
    def readable(self) -> bool:
        """Whether files can be read through this entry."""
        return bool(self.permission_bits & 0o400)

    @property
    def writable(self) -> bool:
        """Whether files can be written through this entry."""
        return bool(self.permission_bits & 0o200)
