"""What all entries have that run WebAssembly: processes and functions, binary or text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from pywasm_rt.app.kinds.configuration import Configuration, Reference, Text, fault
from pywasm_rt.app.kinds.limits import LimitSettings, Options
from pywasm_rt.app.kinds.wasi import WasiSettings
from pywasm_rt.app.yaml_source import PathStep

__all__ = ["BinaryConfiguration", "GuestConfiguration"]


def _import_names(values: list[str]) -> list[str]:
    for index, value in enumerate(values):
        if not value.strip().rpartition(":")[2]:
            shown = value.strip() or ":name"
            raise fault(f"import {shown} cannot be empty", "for example wasi:cli", (index,))
    return values


class GuestConfiguration(Configuration):
    """The fields of every guest. ``imports`` None means that the field is not there."""

    method: Text
    imports: Annotated[list[str], AfterValidator(_import_names)] | None = None
    wasi: WasiSettings = Field(default_factory=WasiSettings)
    limits: LimitSettings | None = None
    wit: str = ""
    options: Options = Field(default_factory=Options)

    @model_validator(mode="after")
    def _one_spelling(self) -> GuestConfiguration:
        if self.limits is not None and self.options.limits is not None:
            message = "limits are given twice: in limits and in options.limits"
            raise fault(message, "keep one", ("options", "limits"))
        return self

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """Variables and mounts."""
        for index, variable in enumerate(self.wasi.env):
            yield ("wasi", "env", index, "id"), variable.id
        for index, mount in enumerate(self.wasi.mounts):
            yield ("wasi", "mounts", index, "fs"), mount.fs

    def warnings(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """Fields that are accepted and do nothing here."""
        for name in self.limits.without_effect() if self.limits is not None else ():
            yield ("limits", name), f"limits.{name} has no effect here"
        for path in self.options.without_effect():
            yield ("options", *path), f"options.{'.'.join(map(str, path))} has no effect here"


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
