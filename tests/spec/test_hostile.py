"""Guests that mean harm: every limit holds, and what is deep or huge takes no more than is fair.

All of it runs in threads with little stack, as deep things are where that would be noticed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import call
from pywasm_rt.engine.interface import Instance, Limits
from pywasm_rt.errors import DecodeError, ExhaustionError, Trap, ValidationError
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

STACK = 256 << 10
HEADER = b"\0asm\1\0\0\0"


@pytest.fixture
def in_small_stack() -> Iterator[Callable[[Callable[[], object]], object]]:
    """Runs something in a thread with a stack of 256 KiB; its result or error."""
    before = threading.stack_size(STACK)

    def run(action: Callable[[], object]) -> object:
        found: list[object] = []
        errors: list[BaseException] = []

        def body() -> None:
            try:
                found.append(action())
            except Exception as error:  # noqa: BLE001 - it is raised again in the test's thread
                errors.append(error)

        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        if errors:
            raise errors[0]
        return found[0]

    yield run
    threading.stack_size(before)


Runner = Callable[[Callable[[], object]], object]


def leb(value: int) -> bytes:
    """An unsigned number."""
    encoded = b""
    while value > 0x7F:
        encoded += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return encoded + bytes((value,))


def section(number: int, content: bytes) -> bytes:
    """A section of a binary."""
    return bytes((number,)) + leb(len(content)) + content


def function(body: bytes, result: bytes = b"\0", local_runs: bytes = b"\0") -> bytes:
    """A module that exports one function, "run"."""
    code = local_runs + body
    return (
        HEADER
        + section(1, b"\1\x60\0" + result)
        + section(3, b"\1\0")
        + section(7, b"\1\3run\0\0")
        + section(10, b"\1" + leb(len(code)) + code)
    )


def run(engine_name: str, binary: bytes, limits: Limits | None = None) -> object:
    """What "run" gives."""
    engine = get_engine(engine_name)
    instance = engine.instantiate(engine.load(binary), limits=limits)
    return call(instance, instance.exports["run"])


DEPTH = 30_000
I32 = b"\1\x7f"
DEEP = {
    "blocks": (b"\2\x40" * DEPTH + b"\x0b" * (DEPTH + 1), b"\0", ()),
    "loops": (b"\3\x40" * DEPTH + b"\x0b" * (DEPTH + 1), b"\0", ()),
    "ifs": (b"\x41\1\4\x40" * DEPTH + b"\x0b" * (DEPTH + 1), b"\0", ()),
    "branch out of all": (
        b"\2\x40" * DEPTH + b"\x0c" + leb(DEPTH - 1) + b"\x0b" * (DEPTH + 1),
        b"\0",
        (),
    ),
    "operands": (b"\x41\1" * DEPTH + b"\x6a" * (DEPTH - 1) + b"\x0b", I32, (DEPTH,)),
    "labels": (
        b"\2\x40\x41\7\x0e" + leb(1_000_000) + b"\0" * 1_000_001 + b"\x0b\x41\5\x0b",
        I32,
        (5,),
    ),
    "tries": (b"\x1f\x40\0" * DEPTH + b"\x0b" * (DEPTH + 1), b"\0", ()),
}


@pytest.mark.parametrize("kind", DEEP)
def test_what_is_deep_runs(engine_name: str, in_small_stack: Runner, kind: str) -> None:
    body, result, expected = DEEP[kind]
    binary = function(body, result)
    assert in_small_stack(lambda: run(engine_name, binary)) == expected


REFUSED = {
    "a million locals": (
        function(b"\x0b", local_runs=b"\1" + leb(1_000_000) + b"\x7f"),
        DecodeError,
    ),
    "blocks without end": (function(b"\2\x40" * DEPTH), DecodeError),
    "ends without blocks": (function(b"\x0b" * DEPTH), DecodeError),
    "a million items": (HEADER + section(1, leb(1_000_000)), DecodeError),
    "operands of unreachable code": (
        function(b"\0" + b"\x6a" * DEPTH + b"\x0b"),
        ValidationError,
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_wrong_and_large_is_refused(
    engine_name: str, in_small_stack: Runner, kind: str
) -> None:
    binary, error = REFUSED[kind]
    with pytest.raises(error):
        in_small_stack(lambda: get_engine(engine_name).load(binary))


def instantiate(engine_name: str, fields: str, limits: Limits) -> Instance:
    """An instance of a module in text."""
    engine = get_engine(engine_name)
    return engine.instantiate(engine.load(encode(parse(f"(module {fields})"))), limits=limits)


# What is asked for, what may be used, what runs out.
EXHAUSTED = {
    "memory": ("(memory 65536)", Limits(memory_bytes=1 << 20), "memory"),
    "second memory": ("(memory 10) (memory 10)", Limits(memory_bytes=15 << 16), "memory"),
    "64-bit memory": ("(memory i64 0x1000000000000)", Limits(), "memory"),
    "table": ("(table 101 funcref)", Limits(table_elements=100), "table"),
    "second table": ("(table 60 funcref) (table 60 funcref)", Limits(table_elements=100), "table"),
    "fuel": ('(func (export "run") (loop (br 0)))', Limits(fuel=10_000), "fuel"),
    "calls": ('(func $f (export "run") (call $f))', Limits(call_depth=100), "call stack"),
    "values": (
        f'(func $f (export "run") (local {"i64 " * 90}) (call $f))',
        Limits(value_slots=1_000),
        "value stack",
    ),
    "values of the first call": (
        f'(func (export "run") (local {"i64 " * 90}))',
        Limits(value_slots=80),
        "value stack",
    ),
    "objects": (
        """(type $a (array (mut anyref))) (global $g (mut anyref) (ref.null any))
        (func (export "run") (local $new (ref null $a)) (loop
          (local.set $new (array.new_default $a (i32.const 10)))
          (array.set $a (local.get $new) (i32.const 0) (global.get $g))
          (global.set $g (local.get $new)) (br 0)))""",
        Limits(heap_bytes=1 << 20),
        "heap",
    ),
}


@pytest.mark.parametrize("kind", EXHAUSTED)
def test_what_is_not_allowed_runs_out(engine_name: str, in_small_stack: Runner, kind: str) -> None:
    text, limits, resource = EXHAUSTED[kind]

    def use() -> object:
        instance = instantiate(engine_name, text, limits)
        return call(instance, instance.exports["run"])

    with pytest.raises(ExhaustionError) as caught:
        in_small_stack(use)
    assert caught.value.resource == resource


def test_growing_is_refused_in_the_guest(engine_name: str, in_small_stack: Runner) -> None:
    text = """(memory 1) (table 1 externref) (func (export "run") (result i32 i32 i32 i32 i32)
        (memory.grow (i32.const 65535)) (memory.grow (i32.const -1)) (memory.grow (i32.const 1))
        (table.grow (ref.null extern) (i32.const 100))
        (table.grow (ref.null extern) (i32.const -1)))"""

    def use() -> object:
        instance = instantiate(engine_name, text, Limits(memory_bytes=1 << 18, table_elements=100))
        return call(instance, instance.exports["run"])

    refused = 0xFFFF_FFFF
    assert in_small_stack(use) == (refused, refused, 1, refused, refused)


def test_instances_run_out(engine_name: str) -> None:
    engine = get_engine(engine_name)
    module = engine.load(encode(parse('(module (memory 1) (table 1 funcref) (func (export "f")))')))
    first = engine.instantiate(module, limits=Limits(instances=300))
    store = first.store
    for _ in range(299):
        engine.instantiate(module, store=store)
    with pytest.raises(ExhaustionError) as caught:
        engine.instantiate(module, store=store)
    assert caught.value.resource == "instances"


def test_giant_segments(engine_name: str, in_small_stack: Runner) -> None:
    size = 1 << 24
    data = HEADER + section(1, b"\1\x60\0\0") + section(3, b"\1\0") + section(5, b"\1\0\1")
    data += section(7, b"\1\3run\0\0") + section(12, b"\1")
    code = b"\0\x41\0\x41\0\x41" + b"\x80\x80\x80\x08" + b"\xfc\x08\0\0\x0b"
    data += section(10, b"\1" + leb(len(code)) + code)
    data += section(11, b"\1\1" + leb(size) + bytes(size))
    with pytest.raises(Trap, match="out of bounds memory access"):
        in_small_stack(lambda: run(engine_name, data))
