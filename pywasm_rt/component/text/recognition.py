"""Telling a component in the text format from a core module, by how it begins."""

from __future__ import annotations

import re

__all__ = ["is_component_text"]

_BEGINNING = re.compile(r"\(\s*component(?![0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~])")
_BLANK = re.compile(r"(?:\s|;;[^\n\r]*)*")
_BLOCK_EDGE = re.compile(r"\(;|;\)")


def is_component_text(source: str | bytes) -> bool:
    """Whether a text begins with ``(component``, behind white space and comments.

    What is no text at all, or has a comment that does not end, is none.
    """
    text = source.decode("utf-8", "replace") if isinstance(source, bytes) else source
    position = _skip_blank(text, 0)
    while text.startswith("(;", position):
        position = _skip_blank(text, _end_of_block(text, position))
    return _BEGINNING.match(text, position) is not None


def _skip_blank(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return position if found is None else found.end()


def _end_of_block(text: str, position: int) -> int:
    """Behind a block comment, which may hold others."""
    depth = 0
    for edge in _BLOCK_EDGE.finditer(text, position):
        depth += 1 if edge.group() == "(;" else -1
        if depth == 0:
            return edge.end()
    return len(text)
