"""Validation in the C core beside that of the Python validator: the C core types most bodies in a
quick way, which must never accept what is not valid, nor know less of what is.
"""

from __future__ import annotations

import gc
import os
import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Engine
from pywasm_rt.errors import DecodeError, UnsupportedFeature, ValidationError
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.features import DEFAULT, WASM_2, Features
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.validate import validate
from spec_tests.generator import EVERYTHING, generate
from spec_tests.modules import modules_of
from spec_tests.mutation import mutate_binary

MUTANTS = int(os.environ.get("PYWASM_RT_MUTANTS", "1500"))
REFUSALS = (DecodeError, UnsupportedFeature, ValidationError)


@pytest.fixture(scope="module")
def native() -> Engine:
    return get_engine("native")


def native_verdict(engine: Engine, binary: bytes, features: Features) -> str:
    try:
        engine.load(binary, features)
    except REFUSALS as error:
        return type(error).__name__
    return "valid"


def python_verdict(binary: bytes, features: Features) -> str:
    try:
        validate(decode(binary, features), features)
    except REFUSALS as error:
        return type(error).__name__
    return "valid"


# Binaries by hand


def leb(number: int, length: int = 1) -> bytes:
    """An unsigned number in at least so many bytes."""
    found = bytearray()
    while number >= 0x80 or len(found) + 1 < length:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*found, number))


def section(number: int, content: bytes) -> bytes:
    return bytes([number]) + leb(len(content)) + content


def module(
    *bodies: bytes, types: Iterable[bytes] = (b"\x60\0\0",), index: int = 0, tail: bytes = b""
) -> bytes:
    """A module whose functions, all of one type, have these bodies (locals and all)."""
    types = list(types)
    code = leb(len(bodies)) + b"".join(leb(len(body)) + body for body in bodies)
    return b"".join(
        (
            b"\0asm\1\0\0\0",
            section(1, leb(len(types)) + b"".join(types)),
            section(3, leb(len(bodies)) + leb(index) * len(bodies)),
            section(4, b"\1\x70\0\0"),
            section(5, b"\1\0\1"),
            section(6, b"\2\x7f\0\x41\0\x0b\x7e\1\x42\0\x0b"),
            section(10, code),
            tail,
        )
    )


I32_CONST, DROP, END = b"\x41", b"\x1a", b"\x0b"
ZERO = b"\x41\0"
VECTOR = b"\xfd\x0c" + bytes(16)
VALID = {
    "long index": b"\1\1\x7f" + b"\x20" + leb(0, 5) + DROP + END,
    "two-byte index": b"\1\x81\1\x7f" + b"\x20" + leb(0x80) + DROP + END,
    "long i32": b"\0" + I32_CONST + b"\xff\xff\xff\xff\x07" + DROP + END,
    "negative i32": b"\0" + I32_CONST + b"\x80\x80\x80\x80\x78" + DROP + END,
    "long i64": b"\0\x42" + b"\xff" * 9 + b"\0" + DROP + END,
    "negative i64": b"\0\x42" + b"\x80" * 9 + b"\x7f" + DROP + END,
    "long offset": b"\0" + ZERO + b"\x28\2" + leb(0xFFFF_FFFF) + DROP + END,
    "deep blocks": b"\0" + b"\2\x40" * 700 + END * 701,
    "br_table": b"\0\2\x40\2\x40" + ZERO + b"\x0e\2\0\1\2" + END * 3,
    "code behind a branch": b"\0\2\x40\x0c\0" + DROP + END * 2,
    "else behind a branch": b"\0" + ZERO + b"\4\x7f\x0c\1\5" + ZERO + END + DROP + END,
    "a result behind unreachable": b"\0\2\x7f\0" + END + DROP + END,
    "if without else": b"\0" + ZERO + b"\4\x40\1" + END * 2,
    "select": b"\0\x42\0\x42\0" + ZERO + b"\x1b" + DROP + END,
    "memory.fill": b"\0" + ZERO * 3 + b"\xfc\x0b\0" + END,
    "long prefixed opcode": b"\0" + ZERO * 3 + b"\xfc" + leb(0x0B, 5) + b"\0" + END,
    "shuffle": b"\0" + VECTOR * 2 + b"\xfd\x0d" + b"\x1f" * 16 + DROP + END,
    "lane": b"\0" + VECTOR + b"\xfd\x15\x0f" + DROP + END,
}
INVALID = {
    "too large an index": b"\1\1\x7f" + b"\x20" + b"\x80\x80\x80\x80\x10" + DROP + END,
    "index beyond the locals": b"\1\1\x7f" + b"\x20\1" + DROP + END,
    "too long an i32": b"\0" + I32_CONST + b"\x80\x80\x80\x80\x80\0" + DROP + END,
    "too large an i32": b"\0" + I32_CONST + b"\xff\xff\xff\xff\x0f" + DROP + END,
    "too large an i64": b"\0\x42" + b"\xff" * 9 + b"\1" + DROP + END,
    "too large an offset": b"\0" + ZERO + b"\x28\2" + leb(1 << 32) + DROP + END,
    "too much aligned": b"\0" + ZERO + b"\x28\3\0" + DROP + END,
    "nothing to drop": b"\0" + DROP + END,
    "what lies outside a block": b"\0" + ZERO + b"\2\x40" + DROP + ZERO + END + DROP + END,
    "something left": b"\0" + ZERO + END,
    "too little left": b"\0\2\x7f" + END + DROP + END,
    "another result": b"\0\2\x7f\x42\0" + END + DROP + END,
    "no such label": b"\0\x0c\1" + END,
    "labels of other arity": b"\0\2\x7f" + ZERO * 2 + b"\x0e\1\0\1" + END + DROP + END,
    "if without else, with a result": b"\0" + ZERO + b"\4\x7f" + ZERO + END + DROP + END,
    "a result only behind a branch": b"\0" + ZERO + b"\4\x7f\0" + END + DROP + END,
    "else without if": b"\0\2\x40\5" + END * 2,
    "two else": b"\0" + ZERO + b"\4\x40\5\5" + END * 2,
    "select of two types": b"\0\x42\0" + ZERO * 2 + b"\x1b" + DROP + END,
    "an immutable global": b"\0" + ZERO + b"\x24\0" + END,
    "wrong operands": b"\0\x42\0" + ZERO + b"\x6a" + DROP + END,
    "bytes behind the end": b"\0" + END + b"\1",
    "no end": b"\0" + ZERO + DROP,
    "cut in a constant": b"\0\x44\0\0",
    "lane out of range": b"\0" + VECTOR + b"\xfd\x15\x10" + DROP + END,
    "shuffle out of range": b"\0" + VECTOR * 2 + b"\xfd\x0d" + b"\x20" * 16 + END,
    "another memory": b"\0\x3f\1" + DROP + END,
    "another table": b"\0" + ZERO + b"\x11\0\1" + END,
}
PADDING = section(0, b"\1x" + bytes(80))


@pytest.mark.parametrize("tail", [b"", PADDING], ids=["last", "followed"])
@pytest.mark.parametrize("name", VALID)
def test_what_is_valid_is_accepted(native: Engine, name: str, tail: bytes) -> None:
    binary = module(VALID[name], tail=tail)
    assert python_verdict(binary, DEFAULT) == "valid"
    assert native_verdict(native, binary, DEFAULT) == "valid"


@pytest.mark.parametrize("tail", [b"", PADDING], ids=["last", "followed"])
@pytest.mark.parametrize("name", INVALID)
def test_what_is_not_is_refused(native: Engine, name: str, tail: bytes) -> None:
    binary = module(INVALID[name], tail=tail)
    verdict = python_verdict(binary, DEFAULT)
    assert verdict in {"DecodeError", "ValidationError"}
    assert native_verdict(native, binary, DEFAULT) == verdict


def test_calls_with_a_thousand_results_find_room(native: Engine) -> None:
    # Of two bytes of code each come a thousand operands, and then some one by one.
    many = b"\x60\0" + leb(1000) + b"\x7f" * 1000
    body = b"\0" + b"\x10\0" * 40 + ZERO * 200 + DROP * 39_200 + END
    binary = module(body, types=[many])
    assert native_verdict(native, binary, DEFAULT) == "valid"
    short = module(body.replace(DROP + END, END), types=[many])
    assert native_verdict(native, short, DEFAULT) == "ValidationError"


def test_features_that_are_off_are_missed(native: Engine) -> None:
    plain = WASM_2.with_(
        sign_extension=False, saturating_float_to_int=False, simd=False, multi_value=False
    )
    for body in (
        b"\0" + ZERO + b"\xc0" + DROP + END,
        b"\0\x43" + bytes(4) + b"\xfc\0" + DROP + END,
        b"\0\2\x7b\0" + END + DROP + END,
        b"\0\2\0" + END * 2,
    ):
        binary = module(body)
        assert native_verdict(native, binary, DEFAULT) == "valid"
        assert native_verdict(native, binary, plain) == "UnsupportedFeature"


def test_addresses_of_a_large_memory_are_wide(native: Engine) -> None:
    for address, verdict in (("i64", "valid"), ("i32", "ValidationError")):
        operand = f"({address}.const 0)"
        for code in (
            f"(drop (i32.load {operand}))",
            f"(i32.store {operand} (i32.const 0))",
            f"(drop (memory.grow {operand}))",
            f"(memory.fill {operand} (i32.const 0) {operand})",
            f"(memory.copy {operand} {operand} {operand})",
        ):
            binary = encode(parse(f"(module (memory i64 1) (func {code}))"))
            assert native_verdict(native, binary, DEFAULT) == verdict, code


def test_mutants_are_judged_as_by_the_python_validator(native: Engine, suites: Path) -> None:
    choice = random.Random(29)
    seeds = [encode(generate(choice, size)) for size in (15, 30, 60, 90) * 10]
    for path in (suites / "spec" / "core").glob("*.wast"):
        if path.stat().st_size < (40_000 if MUTANTS > 10_000 else 6_000):
            seeds += [encode(it.module) for it in modules_of(path, EVERYTHING)]
    seeds = [seed for seed in seeds if len(seed) < 3000]
    for number in range(MUTANTS):
        mutant = mutate_binary(choice, seeds)
        features = (DEFAULT, EVERYTHING, WASM_2)[number % 3]
        # Of two faults each may see another one first.
        is_valid = python_verdict(mutant, features) == "valid"
        found = native_verdict(native, mutant, features)
        assert (found == "valid") is is_valid, (found, mutant.hex())


def test_a_module_keeps_its_binary(native: Engine) -> None:
    # Functions are lowered and data is copied long after the module was loaded.
    text = """(module (memory 1) (data $d "never forget")
        (func (export "run") (result i32)
          (memory.init $d (i32.const 0) (i32.const 6) (i32.const 4)) (i32.load (i32.const 0))))"""
    binary = bytearray(encode(parse(text)))
    instance = native.instantiate(native.load(bytes(binary)))
    other = native.instantiate(native.load(binary))  # type: ignore[arg-type]
    binary[:] = bytes(len(binary))
    gc.collect()
    expected = int.from_bytes(b"forg", "little")
    assert instance.exports["run"]() == expected  # type: ignore[operator]
    assert other.exports["run"]() == expected  # type: ignore[operator]
