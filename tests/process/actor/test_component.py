"""Components as processes among others, on every engine, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.interface import Exit, Message, ProcessContext
from pywasm_rt.process.operations import (
    CancelProcess,
    LookupName,
    Monitor,
    Receive,
    Send,
    Spawn,
)
from pywasm_rt.process.simulation import DEFAULT_HOST
from tests.process.actor.guest_text import component

# A long-lived actor: it adds up the lengths of what it is sent, and tells the sender the sum in a
# payload of text (one digit), until it is sent "stop"; then its sum is its result. "trap" traps.
SUM = component(
    """
    (import "host" "memory" (memory 2))
    (import "host" "receive" (func $receive (param i32)))
    (import "host" "send" (func $send (param i32 i32 i32 i32 i32 i32 i32)))
    (import "host" "register" (func $register (param i32 i32 i32)))
    (global $sum (mut i32) (i32.const 0))
    (data (i32.const 512) "total")
    (data (i32.const 520) "adder")
    (func $reply
      ;; one payload of text: the digit
      (i32.store8 (i32.const 600) (i32.add (i32.const 48) (global.get $sum)))
      (i32.store8 (i32.const 608) (i32.const 1))
      (i32.store (i32.const 612) (i32.const 600))
      (i32.store (i32.const 616) (i32.const 1))
      (call $send
        (i32.load (i32.const 0)) (i32.load (i32.const 4))
        (i32.const 512) (i32.const 5) (i32.const 608) (i32.const 1) (i32.const 640)))
    (func (export "run") (result i32)
      (call $register (i32.const 520) (i32.const 5) (i32.const 700))
      (loop $again (result i32)
        (call $receive (i32.const 0))
        ;; the topic's first letter: a(dd), s(top), t(rap)
        (if (i32.eq (i32.load8_u (i32.load (i32.const 8))) (i32.const 116))
          (then unreachable))
        (if (result i32) (i32.eq (i32.load8_u (i32.load (i32.const 8))) (i32.const 115))
          (then
            (i32.store8 (i32.const 600) (i32.add (i32.const 48) (global.get $sum)))
            (i32.store (i32.const 604) (i32.const 600))
            (i32.store (i32.const 608) (i32.const 1))
            (i32.const 604))
          (else
            (global.set $sum (i32.add (global.get $sum)
              (i32.load (i32.add (i32.load (i32.const 16)) (i32.const 8)))))
            (call $reply)
            (br $again)))))
    """
)


def talk(context: ProcessContext) -> Iterator[Any]:
    pid = yield Spawn("sum", DEFAULT_HOST, monitored=True)
    totals = []
    for piece in ("ab", "c", b"\0\1\2", {"k": [1]}):
        yield Send("adder" if totals else pid, "add", (piece,))
        message = yield Receive(events=False)
        assert isinstance(message, Message)
        assert message.sender == pid
        totals.append((message.topic, message.payloads))
    yield Send(pid, "stop")
    event = yield Receive()
    assert isinstance(event, Exit)
    return totals, event.result.value


def test_a_component_keeps_its_state_between_messages(world: Any) -> None:
    world.component("sum", SUM)
    world.python("talk", talk)
    totals, value = world.run("talk")
    assert totals == [("total", (it,)) for it in ("2", "3", "6", "@")]
    assert value == "@"


def test_a_trapped_actor_says_where_and_its_name_is_free_again(world: Any) -> None:
    world.component("sum", SUM)

    def body(_: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn("sum", DEFAULT_HOST, monitored=True)
        yield Send(pid, "trap")
        event = yield Receive()
        try:
            yield LookupName("adder")
        except ProcessError as error:
            return event.result.error, error.kind

    world.python("body", body)
    error, kind = world.run("body")
    assert error.message.startswith("unreachable")
    assert error.details["trap"] == "unreachable"
    assert len(error.details["backtrace"]) == 1
    assert kind is ProcessErrorKind.NOT_FOUND


def test_a_suspended_actor_that_asks_for_no_events_is_stopped_by_a_cancellation(
    world: Any,
) -> None:
    world.component("sum", SUM)

    def body(_: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn("sum", DEFAULT_HOST, monitored=True)
        yield Receive(1_000_000)
        yield CancelProcess(pid, "enough")
        event = yield Receive()
        return event.result.error

    world.python("body", body)
    error = world.run("body")
    assert error.kind is ProcessErrorKind.CANCELED
    assert "process canceled: enough while waiting for Receive" in error.message


# Spawns "child" with the argument "x", monitored, and returns what came of it as a string.
PARENT = component(
    """
    (import "host" "memory" (memory 2))
    (import "host" "spawn"
      (func $spawn (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
    (import "host" "receive-event" (func $event (param i32)))
    (data (i32.const 512) "child")
    (data (i32.const 520) "x")
    (func (export "run") (result i32)
      (i32.store8 (i32.const 540) (i32.const 1))
      (i32.store (i32.const 544) (i32.const 520))
      (i32.store (i32.const 548) (i32.const 1))
      (call $spawn
        (i32.const 512) (i32.const 5) (i32.const 0) (i32.const 0)
        (i32.const 540) (i32.const 1)
        (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 560))
      ;; A failure: its message.
      (if (i32.load8_u (i32.const 560)) (then (return (i32.const 572))))
      (call $event (i32.const 600))
      ;; exit is case 0 at 600, the outcome is at 624: an error's message, or a payload's data.
      (if (i32.load8_u (i32.const 600)) (then unreachable))
      (if (result i32) (i32.load8_u (i32.const 624))
        (then (i32.const 636))
        (else (i32.const 632))))
    """
)


def child(_: ProcessContext, text: str) -> Iterator[Any]:
    return f"got {text}"
    yield


def failing(_: ProcessContext, text: str) -> Iterator[Any]:
    raise ProcessError(f"no {text}")
    yield


@pytest.mark.parametrize(
    ("body", "told"),
    [(child, "got x"), (failing, "no x"), (None, "factory not found: child")],
)
def test_a_component_spawns_and_is_told_of_the_end(world: Any, body: Any, told: str) -> None:
    if body is not None:
        world.python("child", body)
    world.component("parent", PARENT)
    assert world.run("parent") == told


# Waits for a message or an event, whichever comes first, through pollables.
WAITER = component(
    """
    (import "host" "memory" (memory 2))
    (import "host" "subscribe" (func $messages (result i32)))
    (import "host" "subscribe-events" (func $events (result i32)))
    (import "host" "poll" (func $poll (param i32 i32 i32)))
    (import "host" "try-receive" (func $try (param i32)))
    (import "host" "receive-event" (func $event (param i32)))
    (data (i32.const 512) "message")
    (data (i32.const 520) "cancel!")
    (func (export "run") (result i32)
      (call $try (i32.const 800))
      (if (i32.load8_u (i32.const 800)) (then unreachable))
      (i32.store (i32.const 0) (call $messages))
      (i32.store (i32.const 4) (call $events))
      (call $poll (i32.const 0) (i32.const 2) (i32.const 16))
      (i32.store (i32.const 28) (i32.const 7))
      (if (i32.load (i32.load (i32.const 16)))
        (then
          (call $event (i32.const 600))
          (if (i32.ne (i32.load8_u (i32.const 600)) (i32.const 2)) (then unreachable))
          (i32.store (i32.const 24) (i32.const 520)))
        (else
          (call $try (i32.const 800))
          (if (i32.eqz (i32.load8_u (i32.const 800))) (then unreachable))
          (i32.store (i32.const 24) (i32.const 512))))
      (i32.const 24))
    """
)


@pytest.mark.parametrize(
    ("operation", "told"),
    [(lambda pid: Send(pid, "hello"), "message"), (CancelProcess, "cancel!")],
)
def test_a_component_waits_for_messages_and_events_at_once(
    world: Any, operation: Any, told: str
) -> None:
    world.component("waiter", WAITER)

    def body(_: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn("waiter", DEFAULT_HOST, monitored=True)
        yield Receive(1_000_000)
        yield operation(pid)
        event = yield Receive()
        return event.result

    world.python("body", body)
    result = world.run("body")
    assert (result.value, result.error) == (told, None)


# Sends to the name in its memory and returns the error's text.
SENDER = """
    (import "host" "memory" (memory 2))
    (import "host" "send" (func $send (param i32 i32 i32 i32 i32 i32 i32)))
    (data (i32.const 512) "%s")
    (data (i32.const 700) "%s")
    (func (export "run") (result i32)
      (i32.store8 (i32.const 608) (i32.const %d))
      (i32.store (i32.const 612) (i32.const 512))
      (i32.store (i32.const 616) (i32.const %d))
      (call $send (i32.const 512) (i32.const %d) (i32.const 700) (i32.const %d)
        (i32.const 608) (i32.const 1) (i32.const 640))
      (if (i32.eqz (i32.load8_u (i32.const 640))) (then unreachable))
      (i32.const 644))
"""


@pytest.mark.parametrize(
    ("target", "topic", "format", "size", "told"),
    [
        ("nobody", "t", 0, 0, "not-found"),
        ("{broken", "t", 0, 0, "invalid-target"),
        ("x", "@t", 0, 0, "invalid-topic"),
        ("x", "t", 2, 1, "unsupported-payload"),
        ("big", "t", 0, 600, "too-large"),
        ("big", "t", 0, 0, "overload"),
    ],
)
def test_a_send_that_fails_says_why(
    world: Any, target: str, topic: str, format: int, size: int, told: str
) -> None:
    code = SENDER % (target, topic, format, size, len(target), len(topic))
    world.component("sender", component(code))

    def big(context: ProcessContext) -> Iterator[Any]:
        yield Receive(messages=False)

    def body(_: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn("big", DEFAULT_HOST, name="big")
        yield Send(pid, "first")
        pid = yield Spawn("sender", DEFAULT_HOST, monitored=True)
        event = yield Receive()
        return event.result.value

    world.python("big", big, mailbox_capacity=1, message_bytes=512)
    world.python("body", body)
    assert world.run("body") == told


# Goes on as "next" with its PID, and is never asked again.
UPGRADER = component(
    """
    (import "host" "memory" (memory 2))
    (import "host" "upgrade" (func $upgrade (param i32 i32 i32 i32 i32)))
    (data (i32.const 512) "next")
    (func (export "run") (result i32)
      (call $upgrade (i32.const 512) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 600))
      ;; the failure's message
      (i32.const 612))
    """
)


def test_a_component_goes_on_as_another_entry_with_its_pid(world: Any) -> None:
    world.component("old", UPGRADER)

    def body(_: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn("old", DEFAULT_HOST)
        yield Monitor(pid)
        event = yield Receive()
        return pid, event.sender, event.result.value

    world.python("body", body)
    assert world.run("old") == "factory not found: next"
    world.python("next", lambda context: iter_result(f"{context.entry_id} {context.pid}"))
    pid, sender, value = world.run("body")
    assert pid == sender
    assert value == f"next {pid}"


def iter_result(value: object) -> Iterator[Any]:
    return value
    yield
