"""Assertions that are not expected to hold, each with its reason (``skips.toml``)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FileSkip", "Skip", "read_file_skips", "read_skips"]


@dataclass(frozen=True, slots=True)
class Skip:
    """An assertion by the end of its file's path and its line; ``engine`` "" means both."""

    file: str
    line: int
    reason: str
    engine: str = ""

    def covers(self, path: Path, line: int, engine: str) -> bool:
        """Whether this is about the assertion at ``line`` of ``path`` on ``engine``."""
        same_file = path.as_posix().endswith("/" + self.file)
        return same_file and line == self.line and self.engine in ("", engine)


@dataclass(frozen=True, slots=True)
class FileSkip:
    """A file, by the end of its path, in which just ``count`` assertions and commands fail."""

    file: str
    count: int
    reason: str

    def covers(self, path: Path) -> bool:
        """Whether this is about the script at ``path``."""
        return path.as_posix().endswith("/" + self.file)


def read_file_skips(path: Path) -> list[FileSkip]:
    """Read the entries about whole files. Raises ValueError as :func:`read_skips`."""
    skips: list[FileSkip] = []
    for entry in tomllib.loads(path.read_text()).get("file", []):
        try:
            skip = FileSkip(**entry)
        except TypeError:
            fields = "file, count and reason"
            raise ValueError(f"{path}: an entry has {fields}; this has {entry}") from None
        if not str(skip.reason).strip():
            raise ValueError(f"{path}: {skip.file} has no reason")
        skips.append(skip)
    return skips


def read_skips(path: Path) -> list[Skip]:
    """Read the file. Raises ValueError for an entry that lacks something, a reason for instance,
    or has something that nobody knows.
    """
    skips: list[Skip] = []
    for entry in tomllib.loads(path.read_text()).get("skip", []):
        try:
            skip = Skip(**entry)
        except TypeError:
            fields = "file, line, reason and perhaps engine"
            raise ValueError(f"{path}: an entry has {fields}; this has {entry}") from None
        if not str(skip.reason).strip():
            raise ValueError(f"{path}: {skip.file}:{skip.line} has no reason")
        skips.append(skip)
    return skips
