"""``fs.directory``: a folder that binaries are read from and guests see through mounts."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator

from pywasm_rt.app.kinds.configuration import Configuration, Text, fault

__all__ = ["DirectoryFilesystem"]

_OCTAL = re.compile(r"(?:0o)?[0-7]{1,4}")


def _octal_text(value: object) -> object:
    """Permission bits as octal text; a number counts by its digits, since ``0755`` is one."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        return value
    if not _OCTAL.fullmatch(text):
        raise fault(f'invalid mode: "{text[:20]}"', 'octal digits in quotes, for example "0755"')
    return text


class DirectoryFilesystem(Configuration):
    """``fs.directory``.

    A relative ``directory`` counts from the application's folder (``base: project``) or from the
    folder of its sources (``base: module``). Of ``mode``, the owner's bits decide whether files
    can be read and written through this entry.
    """

    directory: Text
    mode: Annotated[str, BeforeValidator(_octal_text)] = "0755"
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
