"""``process.wasm``: a core module or a component that runs as a process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from pywasm_rt.app.kinds.configuration import fault
from pywasm_rt.app.kinds.guest import BinaryConfiguration
from pywasm_rt.app.kinds.lifecycle import Lifecycle
from pywasm_rt.app.kinds.pool import Pool
from pywasm_rt.app.yaml_source import PathStep

__all__ = ["WasmProcessConfiguration"]


def _transport(value: str) -> str:
    if value == "wasi-http":
        raise fault('transport "wasi-http" is not supported for a process', 'use "payload"')
    if value not in {"", "payload"}:
        raise fault("invalid transport type", 'use "payload"')
    return value


class WasmProcessConfiguration(BinaryConfiguration):
    """``process.wasm``."""

    transport: Annotated[str, AfterValidator(_transport)] = ""
    pool: Pool | None = None
    lifecycle: Lifecycle = Field(default_factory=Lifecycle)

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """The filesystem of the binary, variables, mounts, and what must have started before."""
        yield from super().references()
        yield from self.lifecycle.references()

    def warnings(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """Fields that are accepted and do nothing here."""
        if self.pool is not None:
            yield ("pool",), "pool has no effect on a process"
        yield from super().warnings()
