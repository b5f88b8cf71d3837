"""From characters to tokens (specification, "Lexical Format").

The whole text is cut at once into parallel lists, with the partner of every parenthesis, so that
a parser can skip a form in one step. Annotations are taken out of the stream and kept beside it,
by the token that they stand before. Nothing here knows what a token means.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from pywasm_rt.errors import LineColumn, ParseError

__all__ = ["Annotation", "Tokens", "tokenize"]

_IDCHAR = r"[0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~]"
_STRING = r'"(?:[^"\\\x00-\x1f\x7f]|\\(?:[tnr"\'\\]|u\{[0-9a-fA-F_]+\}|[0-9a-fA-F]{2}))*"'
_TOKEN = re.compile(
    rf"""
      (?P<skip>(?:[ \t\n\r]+|;;[^\n\r]*)+)
    | (?P<comment>\(;)
    | (?P<annotation>\(@)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<string>{_STRING})(?!{_IDCHAR}|[",\[\]{{}}])
    | (?P<word>[a-z]{_IDCHAR}*)(?![",\[\]{{}}])
    | (?P<id>\$(?:{_IDCHAR}+(?![",\[\]{{}}])|{_STRING}(?!{_IDCHAR}|[",\[\]{{}}])))
    | (?P<number>
        [+-]?(?:
            0x[0-9a-fA-F](?:_?[0-9a-fA-F])*
                (?:\.(?:[0-9a-fA-F](?:_?[0-9a-fA-F])*)?)?(?:[pP][+-]?[0-9](?:_?[0-9])*)?
          | [0-9](?:_?[0-9])*(?:\.(?:[0-9](?:_?[0-9])*)?)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?
          | inf | nan(?::0x[0-9a-fA-F](?:_?[0-9a-fA-F])*)?
        )(?!{_IDCHAR}|[",\[\]{{}}]))
    | (?P<reserved>(?:{_IDCHAR}|{_STRING}|[,\[\]{{}}])+|;)
    """,
    re.VERBOSE,
)
_ANNOTATION_ID = re.compile(rf"{_IDCHAR}+|{_STRING}")
_CLOSED_STRING = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"')
_COMMENT_EDGE = re.compile(r"\(;|;\)")
_ESCAPE = re.compile(rb"\\(?:([tnr\"'\\])|u\{([0-9a-fA-F_]+)\}|([0-9a-fA-F]{2}))")
_PLAIN_ESCAPES = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b'"': b'"', b"'": b"'", b"\\": b"\\"}


@dataclass(slots=True)
class Annotation:
    """``(@name ...)``: its inner tokens are a stream of their own.

    ``used`` is set by the parser that understood it.
    """

    name: str
    tokens: Tokens
    offset: int
    used: bool = False


@dataclass(slots=True)
class Tokens:
    """A text as tokens.

    ``kinds[i]`` is one of ``( ) word id number string reserved``; ``values[i]`` is the text (the
    name of an id, the bytes of a string); ``starts[i]`` its offset in ``source``; ``closes[i]``
    the index of the partner of an opening parenthesis (-1 otherwise).
    """

    source: str
    file: str = ""
    kinds: list[str] = field(default_factory=list)
    values: list[str | bytes] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    annotations: dict[int, list[Annotation]] = field(default_factory=dict)
    _lines: list[int] = field(default_factory=list)

    def add(self, kind: str, value: str | bytes, start: int) -> None:
        """Append a token."""
        self.kinds.append(kind)
        self.values.append(value)
        self.starts.append(start)
        self.closes.append(-1)

    def line_column(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset in the source."""
        if not self._lines:
            self._lines.append(0)
            self._lines.extend(match.end() for match in re.finditer("\n", self.source))
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def location(self, offset: int) -> LineColumn:
        """The place of an offset, for an error."""
        line, column = self.line_column(offset)
        begin = self._lines[line - 1]
        end = self.source.find("\n", begin)
        text = self.source[begin : end if end >= 0 else None]
        return LineColumn(line, column, self.file, text)

    def error(self, message: str, offset: int) -> ParseError:
        """A ParseError at an offset."""
        return ParseError(message, self.location(offset))


def string_bytes(literal: str) -> bytes:
    """The bytes that a string literal, quotes included, denotes."""
    raw = literal[1:-1].encode()
    return _ESCAPE.sub(_unescape, raw) if b"\\" in raw else raw


def _unescape(match: re.Match[bytes]) -> bytes:
    plain, scalar, byte = match.groups()
    if plain is not None:
        return _PLAIN_ESCAPES[plain]
    if byte is not None:
        return bytes([int(byte, 16)])
    code = int(scalar.replace(b"_", b""), 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        return b"\xff"  # no scalar value: makes the string malformed UTF-8 wherever it matters
    return chr(code).encode()


def tokenize(source: str | bytes, file: str = "") -> Tokens:
    """Cut a text into tokens.

    Raises ParseError: malformed UTF-8 encoding, illegal character, unclosed string, comment or
    annotation, unbalanced parentheses, empty identifiers.
    """
    if isinstance(source, bytes):
        data = source
        try:
            source = data.decode("utf-8")
        except UnicodeDecodeError as error:
            before = data[: error.start].decode("utf-8", "replace")
            place = Tokens(before, file).location(len(before))
            raise ParseError("malformed UTF-8 encoding", place) from None
    return _Lexer(Tokens(source, file)).run()


class _Lexer:
    """One pass over a source. ``enclosing`` is None, or the stream that an annotation is in."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.open: list[int] = []
        self.outer: list[tuple[Tokens, list[int]]] = []

    def run(self) -> Tokens:
        source = self.tokens.source
        position, end = 0, len(source)
        match_token = _TOKEN.match
        while position < end:
            match = match_token(source, position)
            if match is None:
                raise self.tokens.error(self._complaint(position), position)
            kind = match.lastgroup
            if kind == "comment":
                position = self._skip_comment(position)
                continue
            if kind == "annotation":
                position = self._begin_annotation(match.end())
                continue
            if kind != "skip":
                self._add(str(kind), match.group(), position)
            position = match.end()
        self._finish()
        return self.tokens

    def _add(self, kind: str, text: str, position: int) -> None:
        tokens = self.tokens
        if kind == "open":
            self.open.append(len(tokens.kinds))
            tokens.add("(", text, position)
        elif kind == "close":
            self._close(position)
        elif kind == "string":
            tokens.add(kind, string_bytes(text), position)
        elif kind == "id":
            tokens.add(kind, self._identifier(text, position), position)
        else:
            word = kind == "word" and (text in ("inf", "nan") or text.startswith("nan:0x"))
            if kind == "reserved" and text == "$" and not self.outer:
                raise tokens.error("empty identifier", position)
            tokens.add("number" if word else kind, text, position)

    def _identifier(self, text: str, position: int) -> str:
        if text[1] != '"':
            return text[1:]
        try:
            name = string_bytes(text[1:]).decode()
        except UnicodeDecodeError:
            raise self.tokens.error("malformed UTF-8 encoding", position) from None
        if not name and not self.outer:
            raise self.tokens.error("empty identifier", position)
        return name

    def _close(self, position: int) -> None:
        if self.open:
            begin = self.open.pop()
            self.tokens.closes[begin] = len(self.tokens.kinds)
            self.tokens.add(")", ")", position)
        elif self.outer:
            self.tokens, self.open = self.outer.pop()
        else:
            raise self.tokens.error("unexpected token )", position)

    def _begin_annotation(self, after: int) -> int:
        if self.outer:  # within an annotation it is only a parenthesis
            self._add("open", "(", after - 2)
            return after - 1
        match = _ANNOTATION_ID.match(self.tokens.source, after)
        text = match.group() if match else '""'
        if text == '""':
            raise self.tokens.error("empty annotation id", after)
        name = text
        if text[0] == '"':
            try:
                name = string_bytes(text).decode()
            except UnicodeDecodeError:
                raise self.tokens.error("malformed UTF-8 encoding", after) from None
        inner = Tokens(self.tokens.source, self.tokens.file)
        annotation = Annotation(name, inner, after - 2)
        self.tokens.annotations.setdefault(len(self.tokens.kinds), []).append(annotation)
        self.outer.append((self.tokens, self.open))
        self.tokens, self.open = inner, []
        return after + (len(match.group()) if match else 0)

    def _skip_comment(self, position: int) -> int:
        depth, begin = 0, position
        while True:
            match = _COMMENT_EDGE.search(self.tokens.source, position)
            if match is None:
                raise self.tokens.error("unclosed comment", begin)
            depth += 1 if match.group() == "(;" else -1
            position = match.end()
            if depth == 0:
                return position

    def _complaint(self, position: int) -> str:
        if self.tokens.source.startswith('$"', position) or (
            self.tokens.source[position] == "$" and not self.outer
        ):
            return "empty identifier"
        if self.tokens.source[position] != '"':
            return "illegal character"
        closed = _CLOSED_STRING.match(self.tokens.source, position)
        return "invalid string escape" if closed else "unclosed string"

    def _finish(self) -> None:
        if self.outer:
            annotations = self.outer[0][0].annotations
            last = annotations[max(annotations)][-1]
            raise self.tokens.error("unclosed annotation", last.offset)
        if self.open:
            start = self.tokens.starts[self.open[-1]]
            raise self.tokens.error("unexpected token: unclosed parenthesis", start)
