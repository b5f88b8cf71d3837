r"""Files of environment values, one ``NAME=value`` a line.

Empty lines, lines that begin with ``#`` and a leading ``export`` do not count. A value ends at a
``#`` with a blank before it and loses the blanks around it, unless it is quoted: in single quotes
everything is as it is written, in double quotes ``\n``, ``\t``, ``\"`` and ``\\`` stand for the end
of a line, a tab, a quote and a backslash. The last of several lines for a name counts.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["EnvironmentFile", "EnvironmentFileError", "parse_environment"]

_LINE = re.compile(
    r"""
    (?:export\s+)? (?P<name>[A-Za-z_][A-Za-z0-9_]*) \s* = \s*
    (?: '(?P<plain>[^']*)' | "(?P<quoted>(?:[^"\\]|\\.)*)" | (?P<bare>[^'"\#\s].*?)? )
    (?:\s+\#.*)? \s*
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t"}
_MAX_BYTES = 1 << 20


class EnvironmentFileError(Exception):
    """What is wrong with a file, in words."""


def parse_environment(text: str) -> dict[str, str]:
    """The values by name. Raises EnvironmentFileError for a line that is none."""
    values: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None or "\0" in stripped:
            raise EnvironmentFileError(f"line {number} is not NAME=value")
        quoted = match["quoted"]
        if quoted is not None:
            value = _ESCAPE.sub(lambda it: _ESCAPES.get(it[1], it[1]), quoted)
        else:
            value = match["plain"] if match["plain"] is not None else match["bare"] or ""
        values[match["name"]] = value
    return values


class EnvironmentFile:
    """The values of a file as they are now. What cannot be read leaves those that were."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._values: dict[str, str] = {}
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> None:
        """Read it. Raises EnvironmentFileError, OSError."""
        status = self.path.stat()
        with self.path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise EnvironmentFileError(f"it has more than {_MAX_BYTES} bytes")
        try:
            self._values = parse_environment(data.decode())
        except UnicodeDecodeError as error:
            raise EnvironmentFileError(f"byte {error.start} is not UTF-8") from error
        self._seen = status.st_mtime_ns, status.st_size, status.st_ino

    def __call__(self, name: str) -> str | None:
        """A value, None if it has none; the file is read again if it has changed."""
        try:
            status = self.path.stat()
            if self._seen != (status.st_mtime_ns, status.st_size, status.st_ino):
                self.read()
        except (OSError, EnvironmentFileError):
            return self._values.get(name)
        return self._values.get(name)
