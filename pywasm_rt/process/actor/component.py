"""The interfaces through which a component is a process among others.

``wippy:actor/process@0.1.0``::

    enum payload-format { bytes, text, json }
    record payload { format: payload-format, data: list<u8> }
    record message { %from: string, topic: string, payloads: list<payload> }
    self: func() -> string;
    send: func(target: string, topic: string, payloads: list<payload>) -> result<bool, string>;
    try-receive: func() -> option<message>;
    receive: func() -> message;
    subscribe: func() -> pollable;

A target is a PID or a registered name. ``send`` says ``ok`` when the mailbox has taken the message;
its errors are ``invalid-target``, ``not-found``, ``invalid-topic``, ``too-large``, ``too-many``
(more than 16 payloads), ``unsupported-payload`` and ``overload`` (the mailbox is full).

``pywasm-rt:actor/control@0.1.0``::

    record failure { kind: string, message: string, retryable: bool }
    record spawn-options { monitored: bool, linked: bool, name: option<string> }
    spawn: func(entry: string, host: string, arguments: list<payload>, options: spawn-options)
        -> result<string, failure>;
    monitor, unmonitor, link, unlink, terminate: func(target: string) -> result<_, failure>;
    cancel: func(target: string, reason: string) -> result<_, failure>;
    register, unregister: func(name: string) -> result<_, failure>;
    lookup: func(name: string) -> result<string, failure>;
    trap-links: func(yes: bool);
    upgradable: func(yes: bool);
    upgrade: func(entry: string, arguments: list<payload>) -> result<_, failure>;
    record end { %from: string, at: u64, outcome: result<payload, failure> }
    record cancellation { %from: option<string>, at: u64, reason: string }
    variant event { exit(end), link-down(end), cancel(cancellation), outdated(list<string>) }
    receive-event: func() -> event;
    try-receive-event: func() -> option<event>;
    subscribe-events: func() -> pollable;

An empty ``host`` is the guest's own. A guest that asks for events is told of a cancellation by one,
and has its grace time to end; any other is stopped by it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.values import Err, Ok, Record, Variant
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.operations import Operation, Readable, Wait
from pywasm_rt.process.actor.payloads import MAX_PAYLOADS, from_guest, to_guest
from pywasm_rt.process.interface import (
    Cancel,
    Exit,
    LinkDown,
    Message,
    Outdated,
    ProcessContext,
)
from pywasm_rt.process.mailbox import MailSignal
from pywasm_rt.process.operations import (
    CancelProcess,
    Link,
    LookupName,
    Monitor,
    Receive,
    RegisterName,
    Send,
    SetOptions,
    Spawn,
    TerminateProcess,
    Unlink,
    Unmonitor,
    UnregisterName,
    UpgradeSelf,
    WatchMailbox,
)
from pywasm_rt.wasi.preview2.resources import POLLABLE

__all__ = ["CONTROL", "PROCESS", "MailPollable", "actor_interfaces"]

PROCESS = "wippy:actor/process"
CONTROL = "pywasm-rt:actor/control"

_VERSION = "0.1.0"
_NOW = 0
Asking = Generator[Operation, Any, Any]

_SEND_ERRORS = {
    ProcessErrorKind.NOT_FOUND: "not-found",
    ProcessErrorKind.RATE_LIMITED: "overload",
    ProcessErrorKind.PERMISSION_DENIED: "denied",
}


@dataclass(frozen=True, slots=True)
class MailPollable:
    """``pollable`` of a mailbox: ready while there is mail."""

    signal: MailSignal

    def pending(self) -> Wait | None:
        """What to wait for; None if it is ready."""
        return None if self.signal.ready() else Readable(self.signal)

    def advance(self) -> bool:
        """Whether it is ready, now that the wait is over."""
        return self.signal.ready()


def actor_interfaces(context: ProcessContext) -> list[HostInterface]:
    """The interfaces for the process that ``context`` was made for."""
    resources = {"pollable": POLLABLE}
    return [
        HostInterface(PROCESS, _process_functions(context), resources, _VERSION),
        HostInterface(CONTROL, _control_functions(context), resources, _VERSION),
    ]


def _process_functions(context: ProcessContext) -> dict[str, Callable[..., object]]:
    pid = str(context.pid)

    def receive() -> Asking:
        return _message((yield Receive(events=False)))

    def try_receive() -> Asking:
        mail = yield Receive(_NOW, events=False)
        return None if mail is None else _message(mail)

    return {
        "self": lambda: pid,
        "send": _send,
        "receive": receive,
        "try-receive": try_receive,
        "subscribe": lambda: _subscribe(WatchMailbox()),
    }


def _control_functions(context: ProcessContext) -> dict[str, Callable[..., object]]:
    def spawn(entry: str, host: str, arguments: Sequence[Record], options: Record) -> Asking:
        return _ask(
            lambda: Spawn(
                entry,
                host or context.host_id,
                _values(arguments),
                bool(options["monitored"]),
                bool(options["linked"]),
                values=context.values,
                name=str(options["name"] or ""),
            ),
            str,
        )

    def receive_event() -> Asking:
        return _event((yield Receive(messages=False)))

    def try_receive_event() -> Asking:
        mail = yield Receive(_NOW, messages=False)
        return None if mail is None else _event(mail)

    return {
        "spawn": spawn,
        "monitor": lambda target: _ask(lambda: Monitor(target)),
        "unmonitor": lambda target: _ask(lambda: Unmonitor(target)),
        "link": lambda target: _ask(lambda: Link(target)),
        "unlink": lambda target: _ask(lambda: Unlink(target)),
        "terminate": lambda target: _ask(lambda: TerminateProcess(target)),
        "cancel": lambda target, reason: _ask(lambda: CancelProcess(target, reason)),
        "register": lambda name: _ask(lambda: RegisterName(name)),
        "unregister": lambda name: _ask(lambda: UnregisterName(name)),
        "lookup": lambda name: _ask(lambda: LookupName(name), str),
        "trap-links": lambda yes: SetOptions(trap_links=yes),
        "upgradable": lambda yes: SetOptions(upgradable=yes),
        "upgrade": lambda entry, arguments: _ask(lambda: UpgradeSelf(entry, _values(arguments))),
        "receive-event": receive_event,
        "try-receive-event": try_receive_event,
        "subscribe-events": lambda: _subscribe(WatchMailbox(messages=False, events=True)),
    }


def _subscribe(operation: WatchMailbox) -> Asking:
    return MailPollable((yield operation))


def _send(target: str, topic: str, payloads: Sequence[Record]) -> Asking:
    if topic.startswith("@") or not topic:
        return Err("invalid-topic")
    if len(payloads) > MAX_PAYLOADS:
        return Err("too-many")
    try:
        values = _values(payloads)
    except ProcessError:
        return Err("unsupported-payload")
    try:
        yield Send(target, topic, values)
    except ProcessError as error:
        if "limit_bytes" in error.details:
            return Err("too-large")
        return Err(_SEND_ERRORS.get(error.kind, "invalid-target"))
    return Ok(value=True)


def _ask(make: Callable[[], Operation], result: Callable[[Any], object] | None = None) -> Asking:
    """The outcome of an operation as a ``result``."""
    try:
        value = yield make()
    except ProcessError as error:
        return Err(_failure(error))
    return Ok(None if result is None else result(value))


def _values(payloads: Sequence[Record]) -> tuple[object, ...]:
    return tuple(from_guest(str(it["format"]), bytes(it["data"])) for it in payloads)  # type: ignore[call-overload]


def _payload(value: object) -> Record:
    format, data = to_guest(value)
    return Record({"format": format, "data": data})


def _failure(error: ProcessError) -> Record:
    return Record({"kind": str(error.kind), "message": str(error), "retryable": error.retryable})


def _message(message: Message) -> Record:
    return Record(
        {
            "from": "" if message.sender is None else str(message.sender),
            "topic": message.topic,
            "payloads": [_payload(value) for value in message.payloads],
        }
    )


def _event(event: Exit | LinkDown | Cancel | Outdated) -> Variant:
    match event:
        case Outdated():
            return Variant("outdated", list(event.sources))
        case Cancel():
            sender = None if event.sender is None else str(event.sender)
            fields = {"from": sender, "at": event.at_ns, "reason": event.reason}
            return Variant("cancel", Record(fields))
    error = event.result.error
    outcome = Ok(_payload(event.result.value)) if error is None else Err(_failure(error))
    end = Record({"from": str(event.sender), "at": event.at_ns, "outcome": outcome})
    return Variant("exit" if isinstance(event, Exit) else "link-down", end)
