"""What all entry models have in common, and the types that several of them use.

Models are strict: text is text, a number is a number, an unknown field is a fault. A field that is
written without a value counts as not written. A validator that finds something raises
:func:`fault`, whose message is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pywasm_rt.app.identifiers import complete, is_name, is_namespace, split
from pywasm_rt.app.yaml_source import PathStep

__all__ = [
    "NAMESPACE",
    "AbsolutePath",
    "Configuration",
    "Count",
    "OctalText",
    "Reference",
    "Text",
    "fault",
    "show_pattern",
    "without_nul",
]

# The key of a validation's context under which the file's namespace is found.
NAMESPACE = "namespace"


def fault(
    message: str, suggestion: str = "", below: tuple[PathStep, ...] = ()
) -> PydanticCustomError:
    """An error for a validator to raise: shown as it is, at the field or at a place ``below`` it.

    ``{field}`` in the message becomes the field's path, as :func:`show_pattern` writes it.
    """
    context = {"sentence": message, "suggestion": suggestion, "below": below}
    return PydanticCustomError("configuration", "{sentence}", context)


def show_pattern(path: tuple[PathStep, ...]) -> str:
    """``wasi.mounts[].guest``: a path with the places in lists left out."""
    text = ""
    for step in path:
        text += "[]" if isinstance(step, int) else f".{step}" if text else step
    return text


class Configuration(BaseModel):
    """The fields of an entry of one kind, checked."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty_fields(cls, data: object) -> object:
        """``field:`` with nothing behind it is a field that was not given."""
        if isinstance(data, Mapping):
            return {key: value for key, value in data.items() if value is not None}
        return data

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """IDs of the entries that must be there before this one, with the fields naming them."""
        yield from ()

    def warnings(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """Fields that are accepted and do nothing here, each with a sentence."""
        yield from ()


def _required_text(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise fault("{field} is required")
    return value


def without_nul(value: str) -> str:
    """The same text; a NUL character is a fault."""
    if "\0" in value:
        raise fault("{field} must not contain a NUL character")
    return value


Text = Annotated[str, BeforeValidator(_required_text), AfterValidator(without_nul)]
"""Text that is not empty."""


def _reference(value: str, info: ValidationInfo) -> str:
    namespace = str((info.context or {}).get(NAMESPACE, ""))
    full = complete(value, namespace)
    own, name = split(full)
    if not name:
        raise fault("{field} is required")
    if not is_name(name) or not is_namespace(own):
        raise fault(f'not an entry ID: "{value}"', "write namespace:name")
    return full


Reference = Annotated[
    str, BeforeValidator(_required_text), AfterValidator(without_nul), AfterValidator(_reference)
]
"""The ID of another entry; a bare name is completed with the file's namespace."""


def _absolute(value: str) -> str:
    if not value.startswith("/"):
        raise fault("{field} must be absolute", f'write "/{value}"')
    return value


AbsolutePath = Annotated[
    str, BeforeValidator(_required_text), AfterValidator(without_nul), AfterValidator(_absolute)
]
"""A guest's path that begins with ``/``."""


def _not_negative(value: int) -> int:
    if value < 0:
        raise fault("{field} cannot be negative")
    if value >= 1 << 63:
        raise fault("{field} is too large")
    return value


Count = Annotated[int, AfterValidator(_not_negative), Field(json_schema_extra={"minimum": 0})]
"""A whole number from 0 to 2**63 - 1."""


_OCTAL = re.compile(r"(?:0o)?[0-7]{1,4}")


def _octal_text(value: object) -> object:
    """Permission bits as octal text; a number counts by its digits, since ``0755`` is one."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        return value
    if not _OCTAL.fullmatch(text):
        raise fault(f'invalid mode: "{text[:20]}"', 'octal digits in quotes, for example "0755"')
    return text


OctalText = Annotated[str, BeforeValidator(_octal_text)]
"""Permission bits, ``"0755"``."""
