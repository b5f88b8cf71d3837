"""Modules as bytes: they are the same modules, and nothing but such bytes is taken for one."""

from __future__ import annotations

import hashlib
import mmap
import random
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.embedding.code import load_program
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import go_on
from pywasm_rt.engine.interface import Paused, PauseReason
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.errors import (
    DecodeError,
    ExhaustionError,
    SerializationError,
    Trap,
    ValidationError,
)
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.features import DEFAULT, WASM_1
from pywasm_rt.wasm.text import parse

pytest.importorskip("pywasm_rt._core", reason="the C core is not built")

from pywasm_rt.engine.serialized import MAGIC, write_serialized

TEXT = """(module $guest
  (type $pair (func (param i32 v128) (result i32)))
  (memory (export "memory") 1 3)
  (table 4 funcref)
  (global $count (mut i64) (i64.const 5))
  (elem (i32.const 1) $triangle)
  (data (i32.const 8) "hello")
  (func $triangle (export "triangle") (param $n i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "indirect") (param i32) (result i32)
    (call_indirect (param i32) (result i32) (local.get 0) (i32.const 1)))
  (func (export "letter") (result i32) (i32.load8_u (i32.const 9)))
  (func $deep (export "trap") (param $n i32)
    (if (local.get $n) (then (call $deep (i32.sub (local.get $n) (i32.const 1))))
      (else unreachable)))
  (func (export "vector") (result i32)
    (i32x4.extract_lane 3 (v128.const i32x4 1 2 3 4)))
)"""


def native() -> Any:
    return get_engine("native")


def serialized(text: str = TEXT) -> bytes:
    data: bytes = native().load(parse(text)).serialize()
    return data


def instance_of(data: Any) -> Any:
    engine = native()
    return engine.instantiate(engine.deserialize(data))


def test_it_does_what_the_module_does() -> None:
    exports = instance_of(serialized()).exports
    for _ in range(2):
        assert exports["triangle"](100) == 5050
        assert exports["indirect"](4) == 10
        assert exports["letter"]() == ord("e")
        assert exports["vector"]() == 4
    with pytest.raises(Trap) as caught:
        exports["trap"](3)
    assert [it.function_name for it in caught.value.backtrace] == ["deep"] * 4


def test_it_says_what_the_module_says() -> None:
    module = native().load(parse(TEXT))
    again = native().deserialize(module.serialize())
    assert again.imports == module.imports
    assert again.exports == module.exports
    assert again.binary == module.binary
    assert again.digest == module.digest
    assert again.features == DEFAULT
    assert again.serialize() == module.serialize()
    assert again.trace(0).valid_module.module.exports[1].name == "triangle"


def test_features_are_kept() -> None:
    module = native().load(parse('(module (func (export "f")))'), WASM_1)
    assert native().deserialize(module.serialize()).features == WASM_1


@pytest.mark.parametrize("way", ["run", "step"])
def test_both_streams_count_the_same(way: str) -> None:
    engine, spent = native(), []
    for module in (engine.load(parse(TEXT)), engine.deserialize(serialized())):
        instance = engine.instantiate(module)
        execution = instance.start(instance.exports["triangle"], [1000])
        if way == "step":
            assert execution.step(777) == Paused(PauseReason.STEPS)
        execution.run()
        spent.append((execution.fuel_spent, execution.steps_taken))
    assert spent[0] == spent[1]


def test_snapshots_go_on_in_it() -> None:
    """Also in functions that it has never lowered."""
    engine = native()
    module = engine.load(parse(TEXT))
    instance = engine.instantiate(module)
    execution = instance.start(instance.exports["indirect"], [1000])
    assert execution.step(500) == Paused(PauseReason.STEPS)
    data = execution.snapshot().to_bytes()
    for reader in (engine.deserialize(module.serialize()), module):
        restored = engine.restore(Snapshot.from_bytes(data), reader)
        assert go_on(restored) == (500500,)


def test_a_file_may_be_mapped(tmp_path: Path) -> None:
    path = tmp_path / "guest.module"
    path.write_bytes(serialized())
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    instance = instance_of(memoryview(mapped))
    assert instance.exports["triangle"](10) == 55
    with pytest.raises(BufferError):
        mapped.close()


def test_programs_are_read_from_such_files(tmp_path: Path) -> None:
    path = tmp_path / "guest.module"
    path.write_bytes(serialized())
    module: Any = load_program(path, native())
    assert module.digest == native().load(parse(TEXT)).digest
    assert load_program(path.read_bytes(), native()).exports == module.exports  # type: ignore[union-attr]
    with pytest.raises(
        SerializationError, match="the reference engine reads no serialized modules"
    ):
        load_program(path, get_engine("reference"))


def test_whatever_is_changed_is_seen() -> None:
    data = serialized()
    chooser = random.Random(3)
    for place in [*range(150), *(chooser.randrange(len(data)) for _ in range(200))]:
        changed = bytearray(data)
        changed[place] ^= 1 << chooser.randrange(8)
        with pytest.raises(SerializationError):
            native().deserialize(changed)


def test_whatever_is_missing_is_seen() -> None:
    data = serialized()
    for size in range(len(data)):
        with pytest.raises(SerializationError):
            native().deserialize(data[:size])
    with pytest.raises(SerializationError, match="damaged"):
        native().deserialize(data + b"\0")


def test_the_reasons_are_told() -> None:
    data = serialized()
    binary = native().load(parse(TEXT)).binary
    with pytest.raises(SerializationError, match="by another build of the engine, abc, not "):
        native().deserialize(write_serialized(binary, DEFAULT, "abc"))
    with pytest.raises(SerializationError, match="in version 9 of the format, not 1"):
        native().deserialize(MAGIC + (9).to_bytes(4, "little") + data[8:])
    with pytest.raises(SerializationError, match="no serialized module"):
        native().deserialize(binary)


def forged(binary: bytes) -> bytes:
    from pywasm_rt.engine.native.loaded_module import build_id  # noqa: PLC0415 - needs the core

    return write_serialized(binary, DEFAULT, build_id())


def test_forged_bodies_are_no_danger() -> None:
    """A body that is not valid is found out when it is called, and no other is the worse for it."""
    text = """(module
      (func (export "good") (result i32) (i32.const 7))
      (func (export "bad") (result i32) (i32.const 0x11223344)))"""
    binary = encode(parse(text))
    place = binary.index(bytes.fromhex("41 c4 e6 88 89 01"))
    for body in (
        "6a 6a 6a 6a 6a 6a",
        "0c 7f 7f 7f 7f 7f",
        "10 ff ff ff ff 0f",
        "0b 0b 0b 0b 0b 0b",
        "41 c4 e6 88 89 80",
    ):
        wrong = binary[:place] + bytes.fromhex(body) + binary[place + 6 :]
        with pytest.raises((DecodeError, ValidationError)):
            native().load(wrong)
        exports = instance_of(forged(wrong)).exports
        for _ in range(2):
            with pytest.raises(ExhaustionError):
                exports["bad"]()
            assert exports["good"]() == 7


@pytest.mark.parametrize("facts", [b"", b"{}", b"[]", b'{"build": 1, "features": 2}', b"\xff"])
def test_forged_facts_are_refused(facts: bytes) -> None:
    binary = encode(parse("(module)"))
    inner = hashlib.sha256(binary).digest() + len(facts).to_bytes(4, "little") + facts
    head = MAGIC + (1).to_bytes(4, "little") + hashlib.sha256(inner).digest()
    with pytest.raises(SerializationError, match="has no facts"):
        native().deserialize(head + inner + binary)


def test_all_but_bodies_is_validated_again() -> None:
    binary = encode(parse('(module (func (export "f")) (func (export "g")))'))
    with pytest.raises(ValidationError, match="duplicate export name"):
        native().deserialize(forged(binary.replace(b"\x01g", b"\x01f")))
