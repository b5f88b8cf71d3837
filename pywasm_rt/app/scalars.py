"""Plain YAML scalars, read by the core schema of YAML 1.2 (section 10.3.2).

In it ``no`` and ``on`` are text, ``017`` is seventeen, and only ``true``/``false`` are booleans.
"""

from __future__ import annotations

import re

__all__ = ["TAG_PREFIX", "resolve_tag", "scalar_value"]

TAG_PREFIX = "tag:yaml.org,2002:"

_NULL = re.compile(r"null|Null|NULL|~|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN"
)
_PATTERNS = (("null", _NULL), ("bool", _BOOL), ("int", _INT), ("float", _FLOAT))


def resolve_tag(text: str) -> str:
    """The tag of a plain (unquoted) scalar, with :data:`TAG_PREFIX`."""
    for name, pattern in _PATTERNS:
        if pattern.fullmatch(text):
            return TAG_PREFIX + name
    return TAG_PREFIX + "str"


def scalar_value(tag: str, text: str) -> bool | int | float | str | None:
    """The value of a scalar with this tag. Raises ValueError where text and tag do not agree."""
    name = tag.removeprefix(TAG_PREFIX)
    if name == "str":
        return text
    pattern = dict(_PATTERNS).get(name) if tag.startswith(TAG_PREFIX) else None
    if pattern is None:
        raise ValueError(f"unknown tag {tag.replace(TAG_PREFIX, '!!')}")
    if not pattern.fullmatch(text):
        raise ValueError(f"not a valid !!{name}: {text[:40]!r}")
    if name == "null":
        return None
    if name == "bool":
        return text in {"true", "True", "TRUE"}
    return _integer(text) if name == "int" else _floating(text)


def _integer(text: str) -> int:
    """Decimal, ``0o`` or ``0x``; leading zeros mean nothing."""
    if len(text) > 1_000:
        raise ValueError("a number of more than 1000 digits")
    return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


def _floating(text: str) -> float:
    """A float; YAML writes the special ones with a dot in front."""
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
