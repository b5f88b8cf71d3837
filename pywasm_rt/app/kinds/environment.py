"""``env.storage.*`` and ``env.variable``: values that guests see in their environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from pywasm_rt.app.kinds.configuration import Configuration, Reference, fault
from pywasm_rt.app.yaml_source import PathStep

__all__ = ["EnvironmentVariable", "MemoryStorage", "OperatingSystemStorage", "StaticStorage"]

_VARIABLE = re.compile(r"[A-Za-z0-9_]*")


def _variable_name(value: str) -> str:
    if not _VARIABLE.fullmatch(value):
        raise fault(f'invalid variable name "{value[:40]}"', "letters, digits and _ only")
    return value


class MemoryStorage(Configuration):
    """``env.storage.memory``: empty at the start."""


class OperatingSystemStorage(Configuration):
    """``env.storage.os``: the environment that this program was started with."""


class StaticStorage(Configuration):
    """``env.storage.static``: the values written here."""

    values: dict[str, str] = Field(default_factory=dict)


class EnvironmentVariable(Configuration):
    """``env.variable``: one variable of a storage, with a default."""

    variable: Annotated[str, AfterValidator(_variable_name)] = ""
    storage: Reference
    default: str | None = None
    readonly: bool = False

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """The storage."""
        yield ("storage",), self.storage
