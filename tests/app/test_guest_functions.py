"""Guests that call functions of the application: ``wippy:runtime/funcs``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pywasm_rt.app.app import App
from pywasm_rt.app.application import Application
from pywasm_rt.component.values import Err, Ok
from pywasm_rt.process.simulation import VirtualClock

from .conftest import Write

CALLER = """
(component
  (import "wippy:runtime/funcs@0.1.0" (instance $funcs
    (export "call-string" (func (param "target" string) (param "input" string)
      (result (result string (error string)))))
    (export "call-bytes" (func (param "target" string) (param "input" (list u8))
      (result (result (list u8) (error string)))))))
  (core module $libc
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $top)
      (global.set $top (i32.and (i32.const -8)
        (i32.add (i32.const 7) (i32.add (global.get $top) (local.get 3)))))))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $text (canon lower (func $funcs "call-string")
    (memory $memory) (realloc $realloc)))
  (core func $bytes (canon lower (func $funcs "call-bytes")
    (memory $memory) (realloc $realloc)))
  (core module $main
    (import "host" "text" (func $text (param i32 i32 i32 i32 i32)))
    (import "host" "bytes" (func $bytes (param i32 i32 i32 i32 i32)))
    (func (export "text") (param i32 i32 i32 i32) (result i32)
      (call $text (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 8))
      (i32.const 8))
    (func (export "bytes") (param i32 i32 i32 i32) (result i32)
      (call $bytes (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 8))
      (i32.const 8)))
  (core instance $main (instantiate $main
    (with "host" (instance (export "text" (func $text)) (export "bytes" (func $bytes))))))
  (func (export "text") (param "target" string) (param "input" string)
    (result (result string (error string)))
    (canon lift (core func $main "text")
      (memory $memory) (realloc $realloc)))
  (func (export "bytes") (param "target" string) (param "input" (list u8))
    (result (result (list u8) (error string)))
    (canon lift (core func $main "bytes")
      (memory $memory) (realloc $realloc))))
"""

GREETER = """
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "Hello, ")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
  (func (export "greet") (param $at i32) (param $length i32) (result i32)
    (memory.copy (i32.const 23) (local.get $at) (local.get $length))
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.add (i32.const 7) (local.get $length)))
    (i32.const 0))
  (func (export "number") (param i32 i32) (result i32) (i32.const 42))
  (func (export "trap") (param i32 i32) unreachable))
"""

WIT = "greet: func(s: string) -> string; number: func(s: string) -> u32; trap: func(s: string);"

APP = f"""\
namespace: app
entries:
  - {{name: text, kind: function.wat, method: text, source: file://caller.wat, imports: [funcs]}}
  - {{name: bytes, kind: function.wat, method: bytes, source: file://caller.wat, imports: [funcs]}}
  - {{name: greet, kind: function.wat, method: greet, source: file://greeter.wat, wit: "{WIT}"}}
  - {{name: number, kind: function.wat, method: number, source: file://greeter.wat, wit: "{WIT}"}}
  - {{name: trap, kind: function.wat, method: trap, source: file://greeter.wat, wit: "{WIT}"}}
"""

Act = Callable[[App], Awaitable[None]]


def run(write: Write, act: Act, app: str = APP) -> None:
    folder = write({"app.yaml": app, "caller.wat": CALLER, "greeter.wat": GREETER})

    async def main() -> None:
        async with App.load(folder, strict=True, clock=VirtualClock()) as app:
            await act(app)

    asyncio.run(asyncio.wait_for(main(), 30))


def test_a_guest_calls_a_function_and_gets_what_it_returns(write: Write) -> None:
    async def act(app: App) -> None:
        assert await app.call("app:text", "app:greet", "Ada") == Ok("Hello, Ada")
        assert await app.call("app:bytes", "app:greet", b"Bob") == Ok(b"Hello, Bob")
        assert await app.call("app:text", "app:number", "") == Ok("42")
        assert await app.call("app:bytes", "app:number", b"") == Ok(b"42")

    run(write, act)


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("app:trap", "unreachable"),
        ("app:nobody", "factory not found: app:nobody"),
        ("nobody", "function ID without a namespace: nobody"),
        ("", "the ID of a function is empty"),
    ],
)
def test_a_failure_is_an_error_that_the_guest_sees(
    write: Write, target: str, sentence: str
) -> None:
    async def act(app: App) -> None:
        result = await app.call("app:text", target, "x")
        assert isinstance(result, Err)
        assert str(result.value).startswith(sentence)

    run(write, act)


def test_a_function_that_waits_for_itself_is_told_so_in_the_end(write: Write) -> None:
    async def act(app: App) -> None:
        result = await app.call("app:text", "app:text", "x")
        assert result == Err(
            "parameter count mismatch: expected 2, got 1; the signature is "
            "func(target: string, input: string) -> result<string, string>"
        )

    run(write, act)
    inline = APP.replace("imports: [funcs]}}", "imports: [funcs]}}")
    inline = inline.replace(
        "method: text, source", "method: text, pool: {type: inline, max_wait_ms: 50}, source"
    )

    async def stuck(app: App) -> None:
        result = await app.call("app:text", "app:text", "x")
        assert result == Err("no place in pool app:text#pool within 50 ms (1 in use)")

    run(write, stuck, inline)


def test_without_the_import_it_is_refused(write: Write) -> None:
    app = APP.replace(", imports: [funcs]", "")
    folder = write({"app.yaml": app, "caller.wat": CALLER, "greeter.wat": GREETER})
    messages = [str(it) for it in Application.load(folder).faults]
    assert len(messages) == 2
    assert "imports does not grant" in messages[0]
    assert "add funcs" in messages[0]
