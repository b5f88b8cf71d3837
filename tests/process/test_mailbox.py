"""What fits into a mailbox, and in what order it comes out."""

from __future__ import annotations

import pytest

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.interface import Cancel, Exit, ExitResult, Message, ProcessOptions
from pywasm_rt.process.mailbox import Mailbox, message_size_bytes
from pywasm_rt.process.operations import Receive
from pywasm_rt.process.pid import PID

A, B = PID("h", 1), PID("h", 2)


def message(topic: str, *payloads: object, sender: PID = A) -> Message:
    return Message(sender, topic, payloads)


def put(mailbox: Mailbox, item: Message) -> None:
    mailbox.put_message(item, mailbox.check_size(item))


def test_receive_takes_the_oldest_that_it_asks_for() -> None:
    mailbox = Mailbox(ProcessOptions())
    end = Exit(A, ExitResult(1), 0)
    put(mailbox, message("a", 1))
    put(mailbox, message("b", 2))
    mailbox.put_event(end)
    put(mailbox, message("b", 3))
    assert mailbox.take(Receive(messages=False)) == end
    assert mailbox.take(Receive(topic="b")) == message("b", 2)
    assert mailbox.take(Receive(messages=False)) is None
    assert mailbox.take(Receive()) == message("a", 1)
    assert mailbox.drain() == [message("b", 3)]
    assert len(mailbox) == mailbox.size_bytes == 0


def test_a_full_mailbox_refuses_messages_but_never_events() -> None:
    mailbox = Mailbox(ProcessOptions(mailbox_capacity=2))
    put(mailbox, message("a"))
    put(mailbox, message("a"))
    with pytest.raises(ProcessError, match="mailbox is full: 2 messages") as refused:
        put(mailbox, message("a"))
    assert refused.value.kind is ProcessErrorKind.RATE_LIMITED
    assert refused.value.retryable
    mailbox.put_event(Exit(A, ExitResult(), 0))
    assert len(mailbox) == 3
    mailbox.take(Receive())
    put(mailbox, message("a"))


def test_bytes_are_bounded_together_and_one_by_one() -> None:
    mailbox = Mailbox(ProcessOptions(mailbox_bytes=3_000, message_bytes=2_000))
    put(mailbox, message("a", "x" * 1_500))
    with pytest.raises(ProcessError, match="mailbox is full"):
        put(mailbox, message("a", "x" * 1_500))
    with pytest.raises(ProcessError, match="too large: its limit is 2000 bytes") as refused:
        put(mailbox, message("a", b"x" * 2_000))
    assert refused.value.kind is ProcessErrorKind.INVALID


def test_data_that_contains_itself_is_too_large() -> None:
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(ProcessError, match="too large"):
        Mailbox(ProcessOptions()).check_size(message("a", circle))


def test_sizes_count_messages_payloads_and_data() -> None:
    assert message_size_bytes(message(""), 10_000) == 256
    assert message_size_bytes(message("t", 1), 10_000) == 256 + 1 + 64 + 8
    nested = {"key": [b"abc", {"x"}]}
    assert message_size_bytes(message("", nested), 10_000) == 256 + 64 + 6 * 8 + 3 + 3 + 1


def test_a_cancel_takes_the_place_of_an_unread_one_of_the_same_sender() -> None:
    mailbox = Mailbox(ProcessOptions())
    mailbox.put_event(Cancel(A, "first", 0))
    mailbox.put_event(Cancel(B, "other", 1))
    mailbox.put_event(Cancel(A, "second", 2))
    assert mailbox.drain() == [Cancel(A, "second", 2), Cancel(B, "other", 1)]


def test_an_unread_exit_can_be_taken_back() -> None:
    mailbox = Mailbox(ProcessOptions())
    mailbox.put_event(Exit(A, ExitResult(), 0))
    assert not mailbox.discard_exit(B)
    assert mailbox.discard_exit(A)
    assert not mailbox.discard_exit(A)
    assert len(mailbox) == 0
