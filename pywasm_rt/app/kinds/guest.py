"""What all entries have that run WebAssembly: processes and functions, binary or text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from pywasm_rt.app.kinds.configuration import Configuration, Reference, Text, fault
from pywasm_rt.app.kinds.limits import Limited
from pywasm_rt.app.kinds.wasi import WasiSettings
from pywasm_rt.app.yaml_source import PathStep

__all__ = ["BinaryConfiguration", "GuestConfiguration"]


def _import_names(values: list[str]) -> list[str]:
    for index, value in enumerate(values):
        if not value.strip().rpartition(":")[2]:
            shown = value.strip() or ":name"
            raise fault(f"import {shown} cannot be empty", "for example wasi:cli", (index,))
    return values


class GuestConfiguration(Limited):
    """The fields of every guest. ``imports`` None means that the field is not there."""

    method: Text
    imports: Annotated[list[str], AfterValidator(_import_names)] | None = None
    wasi: WasiSettings = Field(default_factory=WasiSettings)
    wit: str = ""

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """Variables and mounts."""
        for index, variable in enumerate(self.wasi.env):
            yield ("wasi", "env", index, "id"), variable.id
        for index, mount in enumerate(self.wasi.mounts):
            yield ("wasi", "mounts", index, "fs"), mount.fs


class _Binary(Configuration):
    fs: Reference
    path: Text
    hash: Text


class BinaryConfiguration(GuestConfiguration, _Binary):
    """The fields of a guest whose binary is a file of a filesystem entry; those come first."""

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """The filesystem of the binary, variables, mounts."""
        yield ("fs",), self.fs
        yield from super().references()
