"""The tokens of WIT.

Source: the component model's design document "The WIT text format", section "Lexical structure".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pywasm_rt.component.source import Source

__all__ = ["KEYWORDS", "Token", "tokenize"]

KEYWORDS = frozenset(
    """as async bool borrow char constructor enum error-context export f32 f64 flags from func
    future import include interface list map option own package record resource result s16 s32
    s64 s8 static stream string tuple type u16 u32 u64 u8 use variant with world _""".split()
)

_SPACE = re.compile(r"[ \t\r\n]+")
_LINE_COMMENT = re.compile(r"//[^\n]*")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_TOKEN = re.compile(
    r"""
      (?P<word> (?: [^\W\d] | % ) (?: \w | -(?!>) )*+ )
    | (?P<version> (?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)
        (?: -[0-9A-Za-z-]++ (?:\.[0-9A-Za-z-]++)*+ )?
        (?: \+[0-9A-Za-z-]++ (?:\.[0-9A-Za-z-]++)*+ )? )
    | (?P<integer> [0-9]++ )
    | (?P<string> " (?: [^"\\\n] | \\[^\n] )*+ " )
    | (?P<punctuation> -> | [=,:;(){}<>*/.@+] )
    """,
    re.VERBOSE,
)
_LABEL = re.compile(r"(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*)(?:-(?:[a-z0-9]+|[A-Z0-9]+))*", re.ASCII)
# Characters that make a text look other than it is.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
    "\u0149\u0673\u0f77\u0f79\u17a3\u17a4\u17b4\u17b5]"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text from ``start`` up to ``end``.

    ``kind`` is ``identifier version integer string end``, or the keyword or punctuation mark
    itself; ``text`` is an identifier without its ``%``. ``docs`` is the text of the documentation
    comments before the token; ``on_new_line`` whether it is the first of its line.
    """

    kind: str
    text: str
    start: int
    end: int
    docs: str = ""
    on_new_line: bool = False

    def __str__(self) -> str:
        if self.kind == "end":
            return "the end of the text"
        return f"keyword {self.kind}" if self.kind in KEYWORDS else self.text


def tokenize(source: Source, *, strict_labels: bool = True) -> list[Token]:
    """All tokens of a text, the last of kind ``end``. Raises ParseError where none begins, and,
    unless ``strict_labels`` is False, for names that are not kebab-case.
    """
    text = source.text
    forbidden = _FORBIDDEN.search(text)
    if forbidden is not None:
        code = ord(forbidden.group())
        raise source.error(f"the character U+{code:04X} is not allowed in WIT", forbidden.start())
    tokens: list[Token] = []
    position = 1 if text.startswith("\ufeff") else 0
    previous_end = position
    while True:
        position, docs = _skip_space(source, position)
        breaks = "\n" in text[previous_end:position] or previous_end == position == 0
        if position == len(text):
            tokens.append(Token("end", "", position, position, docs, on_new_line=True))
            return tokens
        token = _token(source, position, docs, breaks)
        if strict_labels and token.kind == "identifier":
            _check_label(source, token.text, position)
        tokens.append(token)
        position = previous_end = token.end


def _token(source: Source, start: int, docs: str, on_new_line: bool) -> Token:
    match = _TOKEN.match(source.text, start)
    if match is None:
        if source.text[start] == '"':
            raise source.error('a string lacks its closing " on the same line', start)
        raise source.error(f"no token begins with {source.text[start]!r}", start)
    kind, text = match.lastgroup or "", match.group()
    if kind == "punctuation":
        kind = text
    elif kind == "word":
        kind = text if text in KEYWORDS else "identifier"
        if kind == "identifier":
            text = text.removeprefix("%")
    return Token(kind, text, start, match.end(), docs, on_new_line)


def _check_label(source: Source, text: str, start: int) -> None:
    if _LABEL.fullmatch(text) is None:
        suggestion = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_+", "-", text).lower().strip("-")
        advice = f'; did you mean "{suggestion}"?' if _LABEL.fullmatch(suggestion) else ""
        raise source.error(
            f"{text or '%'} is not a name: words of letters and digits, joined by -, each in one "
            f"case{advice}",
            start,
        )


def _skip_space(source: Source, position: int) -> tuple[int, str]:
    """The next place that is neither space nor comment, and the documentation before it."""
    text = source.text
    docs: list[str] = []
    while True:
        match = _SPACE.match(text, position) or _LINE_COMMENT.match(text, position)
        if match is not None:
            comment = match.group()
            if comment.startswith("///"):
                docs.append(comment.removeprefix("///").removeprefix(" ").rstrip())
        elif text.startswith("/*", position):
            end = _block_comment_end(source, position)
            if text.startswith("/**", position) and end - position > 4:
                docs.extend(text[position + 3 : end - 2].strip().splitlines())
            position = end
            continue
        else:
            return position, "\n".join(docs)
        position = match.end()


def _block_comment_end(source: Source, start: int) -> int:
    """Where the (maybe nested) block comment ends that begins at ``start``."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(source.text, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    raise source.error("a comment lacks its closing */", start)
