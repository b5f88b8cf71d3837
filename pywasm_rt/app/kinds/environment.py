"""``env.storage.*`` and ``env.variable``: values that guests see in their environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from pywasm_rt.app.kinds.configuration import (
    Configuration,
    OctalText,
    Reference,
    fault,
    without_nul,
)
from pywasm_rt.app.yaml_source import PathStep

__all__ = [
    "EnvironmentVariable",
    "FileStorage",
    "MemoryStorage",
    "OperatingSystemStorage",
    "RouterStorage",
    "StaticStorage",
]

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


def _path(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise fault("file path must not be empty")
    return value


class FileStorage(Configuration):
    """``env.storage.file``: the lines ``NAME=value`` of a file, which is read again when it has
    changed.

    A relative ``file_path`` counts from the application's folder. With ``auto_create`` a file that
    is not there is made, with ``file_mode``, and so are its folders, with ``dir_mode``.
    """

    file_path: Annotated[str, BeforeValidator(_path), AfterValidator(without_nul)]
    auto_create: bool = False
    file_mode: OctalText = "0644"
    dir_mode: OctalText = "0755"


def _some_storages(value: list[str]) -> list[str]:
    if not value:
        raise fault("router storage must have at least one storage")
    return value


class RouterStorage(Configuration):
    """``env.storage.router``: several storages; a value is that of the first which has one."""

    storages: Annotated[list[Reference], AfterValidator(_some_storages)]

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """The storages."""
        for index, storage in enumerate(self.storages):
            yield ("storages", index), storage


class EnvironmentVariable(Configuration):
    """``env.variable``: one variable of a storage, with a default."""

    variable: Annotated[str, AfterValidator(_variable_name)] = ""
    storage: Reference
    default: str | None = None
    readonly: bool = False

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """The storage."""
        yield ("storage",), self.storage
