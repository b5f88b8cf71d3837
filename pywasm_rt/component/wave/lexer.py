"""The tokens of WAVE, and the characters that its quoted tokens stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pywasm_rt.component.source import Source

__all__ = ["KEYWORDS", "Lexer", "Token", "unquote_char", "unquote_multiline", "unquote_string"]

KEYWORDS = frozenset({"true", "false", "inf", "nan", "some", "none", "ok", "err"})

# Between tokens; possessive, so that hostile text costs no backtracking.
_SPACE = re.compile(r"(?:[ \t\r\n]++|//[^\n]*+)*+")
_TOKEN = re.compile(
    r"""
      (?P<number> -inf\b | -? (?:0|[1-9][0-9]*+) (?:\.[0-9]++)? (?:[eE][+-]?[0-9]++)? )
    | (?P<label> %?[A-Za-z_][A-Za-z0-9_-]*+ )
    | (?P<multiline> \"{3} )
    | (?P<string> " (?: [^"\\\n] | \\[^\n] )*+ " )
    | (?P<char> ' (?: [^'\\\n] | \\[^\n] )*+ ' )
    | (?P<punctuation> [][(){},:] )
    """,
    re.VERBOSE,
)
_AFTER_NUMBER = re.compile(r"[A-Za-z0-9_.%+-]")
_PLAIN_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "'": "'", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|(.))", re.DOTALL)
_LAST_LINE = re.compile(r"\r?\n( *)\Z")
_LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text from ``start`` up to ``end``.

    ``kind`` is ``number label string multiline char end`` or the punctuation mark itself.
    """

    kind: str
    text: str
    start: int
    end: int

    def __str__(self) -> str:
        if self.kind == "end":
            return "the end of the text"
        if len(self.text) > _LONGEST_SHOWN:
            return f"{self.text[:_LONGEST_SHOWN]}..."
        return self.text


class Lexer:
    """Reads tokens from ``source``, beginning at ``position``."""

    __slots__ = ("position", "source")

    def __init__(self, source: Source, position: int = 0) -> None:
        self.source = source
        self.position = position

    def next(self) -> Token:
        """The next token. Raises ParseError where none begins."""
        text = self.source.text
        space = _SPACE.match(text, self.position)
        start = self.position if space is None else space.end()
        match = _TOKEN.match(text, start)
        if match is None:
            if start == len(text):
                return Token("end", "", start, start)
            raise self._unreadable(start)
        kind = match.lastgroup or ""
        end = match.end()
        if kind == "multiline":
            end = text.find('"""', end) + 3
            if end < 3:
                raise self.source.error('a multiline string lacks its closing """', start)
        elif kind == "punctuation":
            kind = match.group()
        elif kind == "number" and _AFTER_NUMBER.match(text, end):
            raise self.source.error("a number goes on in a way that numbers do not", end)
        self.position = end
        return Token(kind, text[start:end], start, end)

    def _unreadable(self, start: int) -> Exception:
        first = self.source.text[start]
        if first in "\"'":
            what = "a string" if first == '"' else "a character"
            return self.source.error(f"{what} lacks its closing {first} on the same line", start)
        if first in "+.-":
            return self.source.error(
                "a number begins with a digit, or with - and a digit or inf", start
            )
        return self.source.error(f"no value and no punctuation begins with {first!r}", start)


def _unescape(source: Source, start: int, body: str) -> str:
    """Replace the escapes in ``body``, which lies at ``start``."""
    if "\\" not in body:
        return body
    parts: list[str] = []
    position = 0
    while (at := body.find("\\", position)) >= 0:
        parts.append(body[position:at])
        match = _ESCAPE.match(body, at)
        plain = match and match.group(2)
        if match is None or (plain and plain not in _PLAIN_ESCAPES):
            raise source.error(
                r"unknown escape; there are \t \n \r \' \" \\ and \u{hexadecimal}", start + at
            )
        parts.append(_PLAIN_ESCAPES[plain] if plain else _scalar(source, start + at, match[1]))
        position = match.end()
    parts.append(body[position:])
    return "".join(parts)


def _scalar(source: Source, offset: int, digits: str) -> str:
    code = int(digits, 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise source.error(f"{digits} is not the number of a Unicode scalar value", offset)
    return chr(code)


def unquote_string(source: Source, token: Token) -> str:
    """What a string token stands for."""
    return _unescape(source, token.start + 1, token.text[1:-1])


def unquote_char(source: Source, token: Token) -> str:
    """What a character token stands for. Raises ParseError unless that is one character."""
    char = _unescape(source, token.start + 1, token.text[1:-1])
    if len(char) != 1:
        raise source.error(f"expected one character between the quotes, found {token}", token.start)
    return char


def unquote_multiline(source: Source, token: Token) -> str:
    """What a multiline string stands for: its lines without the closing line's indentation."""
    body = token.text[3:-3]
    opening = 2 if body.startswith("\r\n") else int(body.startswith("\n"))
    if not opening:
        raise source.error('a line break belongs right behind the opening """', token.start + 3)
    closing = _LAST_LINE.search(body)
    if closing is None:
        raise source.error(
            'only spaces may stand before the closing """ on its line', token.end - 3
        )
    indent = closing.group(1)
    lines: list[str] = []
    position = opening
    while position <= closing.start():
        end = body.find("\n", position)
        line = body[position:end].removesuffix("\r")
        offset = token.start + 3 + position
        if not line.startswith(indent):
            raise source.error(
                f'the line is indented less than the closing """, by {len(indent)} spaces',
                offset,
            )
        lines.append(_unescape(source, offset + len(indent), line[len(indent) :]))
        position = end + 1
    return "\n".join(lines)
