"""Core modules as processes among others, on every engine, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest

from pywasm_rt.errors import LinkError, ProcessError
from pywasm_rt.process.actor.core import CoreActor, Status
from pywasm_rt.process.interface import Exit, Message, ProcessContext
from pywasm_rt.process.operations import CancelProcess, Receive, Send, Spawn
from pywasm_rt.process.pid import PID
from pywasm_rt.process.simulation import DEFAULT_HOST

_I = "(param i32 i32)"
IMPORTS = f"""
  (import "pywasm_rt_actor" "self" (func $self {_I} (result i32)))
  (import "pywasm_rt_actor" "send" (func $send {_I} {_I} (param i32) {_I} (result i32)))
  (import "pywasm_rt_actor" "receive" (func $receive (param i32 i64) (result i32)))
  (import "pywasm_rt_actor" "mail" (func $mail (param i32 i32 i32) (result i32)))
  (import "pywasm_rt_actor" "mail_format" (func $mail_format (param i32) (result i32)))
  (import "pywasm_rt_actor" "mail_failed" (func $mail_failed (result i32)))
  (import "pywasm_rt_actor" "spawn" (func $spawn {_I} {_I} {_I} (param i32) {_I} (result i32)))
  (import "pywasm_rt_actor" "relate" (func $relate (param i32) {_I} (result i32)))
  (import "pywasm_rt_actor" "register" (func $register {_I} (result i32)))
  (import "pywasm_rt_actor" "unregister" (func $unregister {_I} (result i32)))
  (import "pywasm_rt_actor" "lookup" (func $lookup {_I} {_I} (result i32)))
  (import "pywasm_rt_actor" "option" (func $option {_I} (result i32)))
  (import "pywasm_rt_actor" "upgrade" (func $upgrade {_I} {_I} (result i32)))
  (import "pywasm_rt_actor" "error_message" (func $error {_I} (result i32)))
  (memory (export "memory") 1)
"""


def module(body: str, data: str = "", *, result: str = "(result i32)") -> str:
    return f'(module {IMPORTS} {data} (func (export "run") {result} {body}))'


# Sends what it gets back to the sender, until it gets nothing for a second.
ECHO = module(
    """
    (local $sender i32) (local $topic i32) (local $size i32) (local $count i32)
    (loop $again
      (if (i32.eqz (call $receive (i32.const 1) (i64.const 1000000000)))
        (then (return (local.get $count))))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (local.set $sender (call $mail (i32.const 0) (i32.const 0) (i32.const 100)))
      (local.set $topic (call $mail (i32.const 1) (i32.const 100) (i32.const 100)))
      (local.set $size (call $mail (i32.const 2) (i32.const 200) (i32.const 1000)))
      (if (call $send
          (i32.const 0) (local.get $sender) (i32.const 100) (local.get $topic)
          (call $mail_format (i32.const 2)) (i32.const 200) (local.get $size))
        (then unreachable))
      (br $again))
    unreachable
    """
)


def test_a_core_module_receives_and_answers(world: Any) -> None:
    world.core("echo", ECHO)
    payloads = [b"\xff\0", "täxt", 7, None, {"a": [1.5, True]}]

    def body(_: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn("echo", DEFAULT_HOST, monitored=True)
        got = []
        for payload in payloads:
            yield Send(pid, "t", (payload,))
            message = yield Receive()
            assert isinstance(message, Message)
            got.append(message.payloads[0])
        event = yield Receive()
        assert isinstance(event, Exit)
        return got, event.result.value

    world.python("body", body)
    assert world.run("body") == (payloads, len(payloads))
    assert world.simulation.clock.now_ns() == 1_000_000_000


# Spawns and monitors "child" with [20, 22]; returns the number that its JSON result begins with.
PARENT = module(
    """
    (if (i32.le_s
        (call $spawn (i32.const 0) (i32.const 5) (i32.const 0) (i32.const 0)
          (i32.const 8) (i32.const 8) (i32.const 1) (i32.const 100) (i32.const 50))
        (i32.const 0))
      (then (return (i32.const -1))))
    (if (i32.ne (call $receive (i32.const 2) (i64.const -1)) (i32.const 2))
      (then (return (i32.const -2))))
    (if (call $mail_failed) (then (return (i32.const -3))))
    (drop (call $mail (i32.const 2) (i32.const 200) (i32.const 2)))
    (i32.load16_u (i32.const 200))
    """,
    '(data (i32.const 0) "child") (data (i32.const 8) "[20, 22]")',
)


def test_a_core_module_spawns_and_is_told_of_the_end(world: Any) -> None:
    world.core("parent", PARENT)

    def child(_: ProcessContext, a: int, b: int) -> Iterator[Any]:
        return a + b
        yield

    assert world.run("parent") == 2**32 - 1
    world.python("child", child)
    assert world.run("parent").to_bytes(2, "little") == b"42"


def test_a_core_module_that_asks_for_events_is_told_of_a_cancellation(world: Any) -> None:
    body = """
      (drop (call $receive (i32.const 2) (i64.const -1)))
      (drop (call $mail (i32.const 1) (i32.const 200) (i32.const 4)))
      (i32.load (i32.const 200))
    """
    world.core("waiter", module(body))

    def cancels(_: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn("waiter", DEFAULT_HOST, monitored=True)
        yield Receive(5)
        yield CancelProcess(pid, "why")
        event = yield Receive()
        return event.result.value.to_bytes(4, "little")

    world.python("cancels", cancels)
    assert world.run("cancels") == b"why\0"


_BAD_SEND = (
    "(call $send (i32.const 0) (i32.const 5) (i32.const 0) (i32.const 5) (i32.const 3) "
    "(i32.const 0) (i32.const 0))"
)


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("(call $relate (i32.const 0) (i32.const 0) (i32.const 5))", Status.NOT_FOUND, "name not"),
        ("(call $relate (i32.const 9) (i32.const 0) (i32.const 5))", Status.INVALID, "unknown act"),
        ("(call $option (i32.const 2) (i32.const 1))", Status.INVALID, "unknown option 2"),
        ("(call $option (i32.const 1) (i32.const 1))", Status.OK, ""),
        ("(call $register (i32.const 0) (i32.const 0))", Status.INVALID, "not a process name"),
        ("(call $unregister (i32.const 0) (i32.const 5))", Status.NOT_FOUND, "name not regist"),
        ("(call $receive (i32.const 0) (i64.const 0))", Status.INVALID, "neither messages"),
        ("(call $mail (i32.const 0) (i32.const 0) (i32.const 9))", Status.INVALID, "the mail has"),
        ("(call $register (i32.const 90) (i32.const 1))", Status.INVALID, "the text is not UTF-8"),
        (
            "(call $upgrade (i32.const 0) (i32.const 5) (i32.const 0) (i32.const 5))",
            Status.INVALID,
            "unsupported payload",
        ),
        (
            _BAD_SEND,
            Status.INVALID,
            "unknown format 3",
        ),
    ],
)
def test_what_fails_says_why(world: Any, code: str, status: Status, message: str) -> None:
    body = f"""
      (local $status i32)
      (local.set $status {code})
      (drop (call $send (i32.const 16) (i32.const 4) (i32.const 16) (i32.const 4) (i32.const 1)
        (i32.const 100) (call $error (i32.const 100) (i32.const 900))))
      (local.get $status)
    """
    data = '(data (i32.const 0) "child") (data (i32.const 16) "test") (data (i32.const 90) "\\ff")'
    world.core("guest", module(body, data))

    def test(_: ProcessContext) -> Iterator[Any]:
        yield Spawn("guest", DEFAULT_HOST, monitored=True)
        told = yield Receive(events=False)
        event = yield Receive()
        return told.payloads[0], event.result.value

    def main(_: ProcessContext) -> Iterator[Any]:
        yield Spawn("test", DEFAULT_HOST, name="test", monitored=True)
        event = yield Receive()
        return event.result

    world.python("test", test)
    world.python("main", main)
    told, value = world.run("main").value
    assert value == int(status) % 2**32
    assert told.startswith(message)


def test_an_address_outside_of_the_memory_is_a_trap(world: Any) -> None:
    world.core("guest", module("(call $self (i32.const -1) (i32.const 9))"))
    with pytest.raises(ProcessError, match="out of bounds memory access"):
        world.run("guest")


def test_a_module_without_memory_is_refused() -> None:
    class Empty:
        exports = MappingProxyType({})

    with pytest.raises(LinkError, match="has to export its memory as memory"):
        CoreActor(ProcessContext(PID("h", 1), "e", "h")).bind(Empty())  # type: ignore[arg-type]
