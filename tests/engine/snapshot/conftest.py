"""Snapshots are taken in one engine and restored in the same or the other one."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Imports, Limits, Restored
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.features import DEFAULT
from pywasm_rt.wasm.text import parse

ALL = DEFAULT.with_(
    threads=True, wide_arithmetic=True, custom_page_sizes=True, legacy_exceptions=True
)


ENGINES = ("reference", "native")


class Road(NamedTuple):
    """From one engine to another."""

    source: Any
    target: Any

    def instance(
        self,
        text: str,
        imports: Imports | None = None,
        limits: Limits | None = None,
        **options: Any,
    ) -> Any:
        """An instance of a module, in the engine in which snapshots are taken."""
        module = self.source.load(encode(parse(f"(module {text})", ALL)), ALL)
        return self.source.instantiate(module, imports, limits, **options)

    def over(
        self,
        thing: Any,
        *texts: str,
        imports: Any = None,
        limits: Limits | None = None,
        persistent_id: Any = None,
        persistent_load: Any = None,
    ) -> Restored:
        """Take a snapshot of an execution or instance, as bytes to the other engine."""
        data = thing.snapshot().to_bytes(persistent_id)
        modules = [self.target.load(encode(parse(f"(module {text})", ALL)), ALL) for text in texts]
        restored: Restored = self.target.restore(
            Snapshot.from_bytes(data), modules, imports, limits, persistent_load=persistent_load
        )
        again = restored.execution or restored.instances[0]
        assert again.snapshot().to_bytes(persistent_id) == data
        return restored


@pytest.fixture(
    params=["reference reference", "reference native", "native reference", "native native"]
)
def road(request: pytest.FixtureRequest) -> Road:
    source, target = request.param.split()
    if "native" in (source, target):
        request.getfixturevalue("native_engine")
    return Road(get_engine(source), get_engine(target))
