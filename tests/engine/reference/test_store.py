"""Limits that instances share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.engine.interface import Limits
from pywasm_rt.engine.reference import ReferenceEngine
from pywasm_rt.engine.reference.store import Store
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasm.types import Limits as Sizes
from pywasm_rt.wasm.types import MemoryType

Make = Callable[..., Any]


def test_what_is_used_can_be_seen(built_engine: ReferenceEngine, guest: Make) -> None:
    store = built_engine.new_store(Limits())
    program = guest('(memory 2) (table 5 funcref) (func (export "f"))', store=store)
    assert (store.instances, store.memory_bytes, store.table_elements) == (1, 131072, 5)
    program.call("f")
    assert store.fuel_spent == 1
    built_engine.new_memory(MemoryType(Sizes(1)), store)
    assert store.memory_bytes == 3 * 65536


def test_limits() -> None:
    store = Store(Limits(memory_bytes=10, table_elements=10, instances=1))
    assert store.take_memory(10)
    assert not store.take_memory(1)
    assert store.take_memory(-5)
    assert store.take_memory(5)
    assert store.take_elements(10)
    assert not store.take_elements(1)
    store.take_instance()
    with pytest.raises(ExhaustionError, match="no more than 1 instances"):
        store.take_instance()


def test_no_limits() -> None:
    store = Store(Limits(memory_bytes=None, table_elements=None, instances=None))
    assert store.take_memory(1 << 80)
    assert store.take_elements(1 << 80)
    store.take_instance()
