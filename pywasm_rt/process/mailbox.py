"""What waits for a process: messages within bounds, and events, which are never refused.

The number of events is bounded by other means: one EXIT per monitor, one LINK_DOWN per link, one
CANCEL per sender, and one OUTDATED.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.interface import (
    Cancel,
    Exit,
    LinkDown,
    Message,
    Outdated,
    ProcessOptions,
)
from pywasm_rt.process.operations import Receive
from pywasm_rt.process.pid import PID

__all__ = ["Event", "Mail", "MailSignal", "Mailbox", "accepts", "message_size_bytes"]

Event = Exit | LinkDown | Cancel | Outdated
Mail = Message | Event

# What a message costs besides its data, so that empty ones cannot fill the memory.
_MESSAGE_BYTES = 256
_PAYLOAD_BYTES = 64
_ITEM_BYTES = 8
_TEXTS = (str, bytes, bytearray)
_NUMBERS = (int, float, type(None))


def message_size_bytes(message: Message, enough: int) -> int:
    """What a message counts for: 256, 64 for each payload, and the data.

    Counting stops beyond ``enough``, so that data which contains itself is only very large.
    """
    size = _MESSAGE_BYTES + len(message.topic) + _PAYLOAD_BYTES * len(message.payloads)
    if not message.payloads:
        return size
    stack: list[Iterable[object]] = [message.payloads]
    while stack and size <= enough:
        for value in stack.pop():
            size += _ITEM_BYTES
            if isinstance(value, _TEXTS):
                size += len(value)
            elif isinstance(value, _NUMBERS):
                pass
            elif isinstance(value, Mapping):
                stack += (value.keys(), value.values())
            elif isinstance(value, list | tuple | set | frozenset):
                stack.append(value)
    return size


def accepts(receive: Receive, mail: Mail) -> bool:
    """Whether ``mail`` is what ``receive`` asks for."""
    if isinstance(mail, Message):
        wanted = receive.topic is None or receive.topic == mail.topic
        return receive.messages and wanted and mail.topic not in receive.except_topics
    return receive.events


class MailSignal:
    """Something that is ready while a mailbox holds messages, or events, as asked for.

    It is looked at from any thread, and changed by the scheduler. It tells by itself (see
    :class:`~pywasm_rt.operations.ReadyWhen`).
    """

    may_block = True

    def __init__(self, mailbox: Mailbox, *, messages: bool, events: bool) -> None:
        self._mailbox = mailbox
        self._messages = messages
        self._events = events
        self._watchers: tuple[Callable[[], object], ...] = ()

    def ready(self) -> bool:
        """Whether there is such mail."""
        mailbox = self._mailbox
        return (self._messages and mailbox.messages > 0) or (
            self._events and len(mailbox) > mailbox.messages
        )

    def watch(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` whenever mail comes."""
        self._watchers = (*self._watchers, callback)

    def unwatch(self, callback: Callable[[], object]) -> None:
        """Take that back."""
        self._watchers = tuple(it for it in self._watchers if it is not callback)

    def tell(self) -> None:
        """Mail has come."""
        for callback in self._watchers:
            callback()


class Mailbox:
    """Mail in the order it came."""

    def __init__(self, options: ProcessOptions) -> None:
        self._options = options
        self._mail: deque[tuple[Mail, int]] = deque()
        self._messages = 0
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._mail)

    @property
    def messages(self) -> int:
        """How many messages are in it."""
        return self._messages

    @property
    def size_bytes(self) -> int:
        """What the messages in it count for."""
        return self._bytes

    def check_size(self, message: Message) -> int:
        """The size of a message. Raises ProcessError (Invalid) if it is too large to be sent."""
        limit = self._options.message_bytes
        size = message_size_bytes(message, limit)
        if size > limit:
            raise ProcessError(
                f"message is too large: its limit is {limit} bytes",
                ProcessErrorKind.INVALID,
                limit_bytes=limit,
            )
        return size

    def put_message(self, message: Message, size: int) -> None:
        """Keep a message of ``size`` bytes. Raises ProcessError (RateLimited) if it is full."""
        options = self._options
        if self._messages >= options.mailbox_capacity or self._bytes + size > options.mailbox_bytes:
            raise ProcessError(
                f"mailbox is full: {self._messages} messages, {self._bytes} bytes",
                ProcessErrorKind.RATE_LIMITED,
                retryable=True,
                messages=self._messages,
                capacity=options.mailbox_capacity,
                bytes=self._bytes,
            )
        self._messages += 1
        self._bytes += size
        self._mail.append((message, size))

    def put_event(self, event: Event) -> None:
        """Keep an event. A CANCEL takes the place of an unread one of the same sender, an OUTDATED
        is joined with an unread one.
        """
        if isinstance(event, Cancel | Outdated):
            for index, (mail, _) in enumerate(self._mail):
                if isinstance(event, Cancel):
                    if isinstance(mail, Cancel) and mail.sender == event.sender:
                        self._mail[index] = (event, 0)
                        return
                elif isinstance(mail, Outdated):
                    sources = tuple(dict.fromkeys((*mail.sources, *event.sources)))
                    self._mail[index] = (Outdated(sources, event.at_ns), 0)
                    return
        self._mail.append((event, 0))

    def take(self, receive: Receive) -> Mail | None:
        """Take out the oldest that ``receive`` asks for, or None."""
        for index, (mail, size) in enumerate(self._mail):
            if accepts(receive, mail):
                del self._mail[index]
                self._forget(mail, size)
                return mail
        return None

    def drain(self) -> list[Mail]:
        """Take out everything."""
        everything = [mail for mail, _ in self._mail]
        self._mail.clear()
        self._messages = self._bytes = 0
        return everything

    def discard_exit(self, sender: PID) -> bool:
        """Take out the unread EXIT of ``sender``; whether there was one."""
        for index, (mail, _) in enumerate(self._mail):
            if isinstance(mail, Exit) and mail.sender == sender:
                del self._mail[index]
                return True
        return False

    def _forget(self, mail: Mail, size: int) -> None:
        if isinstance(mail, Message):
            self._messages -= 1
            self._bytes -= size
