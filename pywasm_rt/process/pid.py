"""Process identifiers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pywasm_rt.errors import ProcessError, ProcessErrorKind

__all__ = ["PID"]

_TEXT = re.compile(r"\{(?:(?P<node>[^@|{}]+)@)?(?P<host>[^@|{}]+)\|(?P<unique>[^@|{}]+)\}")


@dataclass(frozen=True, slots=True, order=True)
class PID:
    """The name of a process: its host's entry ID and a number that its node never reuses.

    The text form is ``{host|0x0000a}``, with ``node@`` before the host on another node.
    """

    host: str
    number: int
    node: str = ""

    def __str__(self) -> str:
        node = f"{self.node}@" if self.node else ""
        return f"{{{node}{self.host}|0x{self.number:05x}}}"

    @classmethod
    def parse(cls, text: str) -> PID:
        """Read the text form. Raises ProcessError (Invalid)."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ProcessError(f"not a PID: {text!r}", ProcessErrorKind.INVALID)
        try:
            number = int(match["unique"], 16)
        except ValueError:
            raise ProcessError(f"not a PID: {text!r}", ProcessErrorKind.INVALID) from None
        return cls(match["host"], number, match["node"] or "")
