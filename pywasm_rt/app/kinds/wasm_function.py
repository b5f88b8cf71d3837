"""``function.wasm`` and ``function.wat``: functions that are called by ID."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from pywasm_rt.app.kinds.configuration import Configuration, Text, fault
from pywasm_rt.app.kinds.guest import BinaryConfiguration, GuestConfiguration
from pywasm_rt.app.kinds.pool import Pool
from pywasm_rt.app.yaml_source import PathStep

__all__ = ["FunctionConfiguration", "WasmFunctionConfiguration", "WatFunctionConfiguration"]


def _transport(value: str) -> str:
    if value not in {"", "payload", "wasi-http"}:
        raise fault("invalid transport type", 'use "payload" or "wasi-http"')
    return value


class FunctionConfiguration(GuestConfiguration):
    """What both have: a pool, and the way in which arguments and results are carried."""

    transport: Annotated[str, AfterValidator(_transport)] = ""
    pool: Pool = Field(default_factory=Pool)

    def warnings(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """Fields that are accepted and do nothing here."""
        if self.pool.worker_class:
            yield ("pool", "worker_class"), "pool.worker_class has no effect here"
        yield from super().warnings()


class WasmFunctionConfiguration(FunctionConfiguration, BinaryConfiguration):
    """``function.wasm``: a core module or a component."""


class _Source(Configuration):
    source: Text


class WatFunctionConfiguration(FunctionConfiguration, _Source):
    """``function.wat``: text, written here or in the file that ``file://`` names."""
