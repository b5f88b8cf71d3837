"""Entry IDs: ``namespace:name``, split at the first colon.

A bare name is completed with the namespace of the file it is written in.
"""

from __future__ import annotations

import re

__all__ = ["complete", "is_name", "is_namespace", "split"]

# Nothing that has a meaning in a PID's text form, a path or a list.
_NAME = re.compile(r"[^\s:|@{}#,/\\]+")


def is_name(text: str) -> bool:
    """Whether ``text`` can be the name part of an ID."""
    return _NAME.fullmatch(text) is not None


def is_namespace(text: str) -> bool:
    """Whether ``text`` can be a namespace: names separated by dots."""
    return all(is_name(part) for part in text.split("."))


def split(identifier: str) -> tuple[str, str]:
    """Namespace (perhaps "") and name."""
    namespace, colon, name = identifier.partition(":")
    return (namespace, name) if colon else ("", identifier)


def complete(text: str, namespace: str) -> str:
    """``text`` as a full ID; ``namespace`` is that of whoever wrote it."""
    own, name = split(text.strip())
    return f"{own or namespace}:{name}"
