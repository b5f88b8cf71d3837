"""A text and the places in it, for parsers whose errors point at a line and a column."""

from __future__ import annotations

from dataclasses import dataclass

from pywasm_rt.errors import LineColumn, ParseError

__all__ = ["Place", "Source"]


class Source:
    """The text that a parser reads; offsets count characters from 0."""

    __slots__ = ("file", "text")

    def __init__(self, text: str, file: str = "") -> None:
        self.text = text
        self.file = file

    def place(self, offset: int) -> LineColumn:
        """The line and column (both from 1) of a character, with the line's own text."""
        text = self.text
        start = text.rfind("\n", 0, offset) + 1
        end = text.find("\n", offset)
        line = text[start : end if end >= 0 else len(text)].rstrip("\r")
        return LineColumn(text.count("\n", 0, offset) + 1, offset - start + 1, self.file, line)

    def error(self, message: str, offset: int, **details: object) -> ParseError:
        """The error to raise for what is wrong at ``offset``."""
        return ParseError(message, self.place(offset), **details)


@dataclass(frozen=True, slots=True)
class Place:
    """A character of a source: where something that a parser read begins."""

    source: Source
    offset: int

    def error(self, message: str, **details: object) -> ParseError:
        """The error to raise for what is wrong here."""
        return self.source.error(message, self.offset, **details)
