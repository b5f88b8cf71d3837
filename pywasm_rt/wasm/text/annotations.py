"""The annotations that mean something here: ``@custom``, ``@name`` and branch hints.

All others are skipped, wherever they stand. One of these in a place where it means nothing is
malformed; the parser finds those by marking what it has used.
"""

from __future__ import annotations

from collections.abc import Iterator

from pywasm_rt.errors import ParseError
from pywasm_rt.wasm.module import CustomSection
from pywasm_rt.wasm.text.cursor import Cursor
from pywasm_rt.wasm.text.lexer import Annotation, Tokens

__all__ = [
    "BRANCH_HINT",
    "SECTION_ORDER",
    "branch_hint",
    "custom_section",
    "name_annotation",
    "name_text",
    "refuse_misplaced",
]

BRANCH_HINT = "metadata.code.branch_hint"
_OURS = frozenset({"custom", "name", BRANCH_HINT})
# The known sections in binary order: the word of the text format, and the id.
SECTION_ORDER = (
    ("type", 1),
    ("import", 2),
    ("func", 3),
    ("table", 4),
    ("memory", 5),
    ("tag", 13),
    ("global", 6),
    ("export", 7),
    ("start", 8),
    ("elem", 9),
    ("datacount", 12),
    ("code", 10),
    ("data", 11),
)
_WORDS = [word for word, _ in SECTION_ORDER]


def _failure(annotation: Annotation, tokens: Tokens, message: str) -> ParseError:
    return tokens.error(f"@{annotation.name} annotation: {message}", annotation.offset)


def branch_hint(tokens: Tokens, annotations: list[Annotation]) -> bool:
    """Whether an annotation with the one byte 1 (likely) or 0 (unlikely) says likely."""
    annotation = annotations[0]
    annotation.used = True
    if len(annotations) > 1:
        raise _failure(annotation, tokens, "duplicate annotation")
    inner = annotation.tokens
    if inner.kinds != ["string"] or inner.values[0] not in (b"\x00", b"\x01"):
        raise _failure(annotation, tokens, "malformed hint, expected one byte 0 or 1")
    return inner.values[0] == b"\x01"


def name_text(tokens: Tokens, annotation: Annotation) -> str:
    """The name in ``(@name "...")``."""
    annotation.used = True
    inner = annotation.tokens
    if inner.kinds != ["string"]:
        raise _failure(annotation, tokens, "unexpected token")
    try:
        return bytes(inner.values[0]).decode()  # type: ignore[arg-type]
    except UnicodeDecodeError:
        raise _failure(annotation, tokens, "malformed UTF-8 encoding") from None


def name_annotation(cursor: Cursor) -> str | None:
    """The name that an annotation right before the token here gives, if there is one."""
    name = None
    for note in cursor.tokens.annotations.get(cursor.index, ()):
        if note.name == "name":
            name = name_text(cursor.tokens, note)
    return name


def custom_section(tokens: Tokens, annotation: Annotation) -> CustomSection:
    """The section that ``(@custom "name" (before|after section)? "data"*)`` describes."""
    annotation.used = True
    cursor = Cursor(annotation.tokens)
    if cursor.kind() != "string":
        raise _failure(annotation, tokens, "missing section name")
    try:
        name = cursor.string().decode()
    except UnicodeDecodeError:
        raise _failure(annotation, tokens, "malformed UTF-8 encoding") from None
    after = _placement(tokens, annotation, cursor) if cursor.kind() == "(" else SECTION_ORDER[-1][1]
    data = b"".join(_strings(cursor))
    if cursor.kind() != "end":
        raise _failure(annotation, tokens, "unexpected token")
    return CustomSection(name, data, after)


def refuse_misplaced(tokens: Tokens, first: int, last: int) -> None:
    """Raise ParseError for an annotation of ours before a token from ``first`` to ``last`` that
    no parser has used.
    """
    for index, found in tokens.annotations.items():
        if not first <= index <= last:
            continue
        for annotation in found:
            if annotation.used or annotation.name not in _OURS:
                continue
            if annotation.name == BRANCH_HINT:
                raise _failure(annotation, tokens, "not in a function")
            message = f"misplaced @{annotation.name} annotation"
            raise tokens.error(message, annotation.offset)


def _strings(cursor: Cursor) -> Iterator[bytes]:
    while cursor.kind() == "string":
        yield cursor.string()


def _placement(tokens: Tokens, annotation: Annotation, cursor: Cursor) -> int:
    """The id of the section to follow; 0 for the very beginning."""
    before = cursor.opens("before")
    if not before and not cursor.opens("after"):
        raise _failure(annotation, tokens, "malformed placement")
    cursor.index += 2
    word = cursor.word()
    if cursor.kind() != "word" or cursor.kind(1) != ")":
        raise _failure(annotation, tokens, "malformed section kind")
    cursor.index += 2
    if word == ("first" if before else "last"):
        return 0 if before else SECTION_ORDER[-1][1]
    if word not in _WORDS:
        raise _failure(annotation, tokens, "malformed section kind")
    place = _WORDS.index(word)
    if before:
        return SECTION_ORDER[place - 1][1] if place else 0
    return SECTION_ORDER[place][1]
