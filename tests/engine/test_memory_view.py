"""Views of guests' memories, on both engines."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.wasm.text import parse

TEXT = """
(module
  (memory (export "memory") 1 10)
  (func (export "put") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "grow") (result i32) (memory.grow (i32.const 4))))
"""


def exports(engine_name: str, text: str = TEXT) -> Any:
    engine = get_engine(engine_name)
    return engine.instantiate(engine.load(parse(text))).exports


def test_both_sides_see_what_is_written(engine_name: str) -> None:
    guest = exports(engine_name)
    view = guest["memory"].view()
    assert len(view) == 65_536
    assert view.format == "B"
    view[7] = 42
    assert guest["get"](7) == 42
    guest["put"](8, 200)
    assert view[7:9].tobytes() == b"\x2a\xc8"


def test_a_view_stays_valid_when_the_memory_grows(engine_name: str) -> None:
    guest = exports(engine_name)
    view = guest["memory"].view()
    assert guest["grow"]() == 1
    guest["put"](65_535, 9)
    assert view[65_535] == 9
    assert len(view) == 65_536
    assert len(guest["memory"].view()) == 5 * 65_536


def test_a_view_outlives_everything_else(engine_name: str) -> None:
    view = exports(engine_name)["memory"].view()
    gc.collect()
    for _ in range(3):
        exports(engine_name)
    gc.collect()
    view[0] = 5
    assert view[0] == 5


def test_an_empty_memory_has_an_empty_view(engine_name: str) -> None:
    assert (
        len(exports(engine_name, '(module (memory (export "memory") 0 1))')["memory"].view()) == 0
    )


def test_what_may_move_has_no_view(engine_name: str) -> None:
    text = '(module (memory (export "memory") i64 1))'
    with pytest.raises(BufferError, match="may move"):
        exports(engine_name, text)["memory"].view()


def test_a_view_of_what_a_reset_took_away_is_harmless(engine_name: str) -> None:
    engine = get_engine(engine_name)
    instance: Any = engine.instantiate(engine.load(parse(TEXT)))
    snapshot = instance.snapshot()
    assert instance.exports["grow"]() == 1
    view = instance.exports["memory"].view()
    view[300_000] = 7
    instance.reset_to(snapshot)
    assert view[300_000] == 0
    view[300_000] = 8
    assert len(instance.exports["memory"].view()) == 65_536
