"""``process.wasm``: a core module or a component that runs as a process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from pywasm_rt.app.kinds.configuration import Configuration, Reference, Text, fault
from pywasm_rt.app.kinds.lifecycle import Lifecycle
from pywasm_rt.app.kinds.limits import LimitSettings, Options
from pywasm_rt.app.kinds.wasi import WasiSettings
from pywasm_rt.app.yaml_source import PathStep

__all__ = ["Pool", "WasmProcessConfiguration"]


class Pool(Configuration):
    """``pool``: it means something for functions only; on a process it is checked and unused."""

    type: str = ""
    size: int = 0
    workers: int = 0
    buffer: int = 0
    max_size: int = 0
    warm_start: bool = False
    worker_class: str = ""

    @model_validator(mode="after")
    def _check(self) -> Pool:
        if self.type not in {"", "inline", "lazy", "static", "adaptive"}:
            raise fault("invalid pool type", "inline, lazy, static or adaptive", ("type",))
        for name in ("size", "workers", "buffer", "max_size"):
            if getattr(self, name) < 0:
                raise fault("pool values cannot be negative", "", (name,))
        elastic = self.workers == 0 and (self.size == 0 or self.max_size > 0)
        if not elastic and not self.worker_class and self.size <= 0:
            message = "pool.size must be greater than 0 for non-flex pools"
            raise fault(message, "", ("size",))
        return self


def _transport(value: str) -> str:
    if value == "wasi-http":
        raise fault('transport "wasi-http" is not supported for a process', 'use "payload"')
    if value not in {"", "payload"}:
        raise fault("invalid transport type", 'use "payload"')
    return value


def _import_names(values: list[str]) -> list[str]:
    for index, value in enumerate(values):
        if not value.strip().rpartition(":")[2]:
            shown = value.strip() or ":name"
            raise fault(f"import {shown} cannot be empty", "for example wasi:cli", (index,))
    return values


class WasmProcessConfiguration(Configuration):
    """``process.wasm``. ``imports`` None means that the field is not there."""

    fs: Reference
    path: Text
    hash: Text
    method: Text
    imports: Annotated[list[str], AfterValidator(_import_names)] | None = None
    wasi: WasiSettings = Field(default_factory=WasiSettings)
    limits: LimitSettings | None = None
    wit: str = ""
    transport: Annotated[str, AfterValidator(_transport)] = ""
    pool: Pool | None = None
    options: Options = Field(default_factory=Options)
    lifecycle: Lifecycle = Field(default_factory=Lifecycle)

    @model_validator(mode="after")
    def _one_spelling(self) -> WasmProcessConfiguration:
        if self.limits is not None and self.options.limits is not None:
            message = "limits are given twice: in limits and in options.limits"
            raise fault(message, "keep one", ("options", "limits"))
        return self

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """The filesystem of the binary, variables, mounts, and what must have started before."""
        yield ("fs",), self.fs
        for index, variable in enumerate(self.wasi.env):
            yield ("wasi", "env", index, "id"), variable.id
        for index, mount in enumerate(self.wasi.mounts):
            yield ("wasi", "mounts", index, "fs"), mount.fs
        yield from self.lifecycle.references()

    def warnings(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """Fields that are accepted and do nothing here."""
        if self.pool is not None:
            yield ("pool",), "pool has no effect on a process"
        for name in self.limits.without_effect() if self.limits is not None else ():
            yield ("limits", name), f"limits.{name} has no effect here"
        for path in self.options.without_effect():
            yield ("options", *path), f"options.{'.'.join(map(str, path))} has no effect here"
