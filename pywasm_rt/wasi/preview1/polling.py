"""Preview 1: waiting for clocks and file descriptors at once (``poll_oneoff``)."""

from __future__ import annotations

import struct
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from pywasm_rt.operations import Operation, Poll, Sleep, Wait
from pywasm_rt.wasi.preview1.descriptor_table import OpenFile, StandardInput, StandardOutput
from pywasm_rt.wasi.preview1.errno import Errno, Failure
from pywasm_rt.wasi.preview1.layout import EVENT, SUBSCRIPTION_BYTES, ClockId, EventType, Rights
from pywasm_rt.wasi.preview1.state import FunctionRow, State
from pywasm_rt.wasi.streams import OutputStream

__all__ = ["POLLING_FUNCTIONS"]

_MAX_SUBSCRIPTIONS = 65_536
_ABSOLUTE_TIME = 1
_HANGUP = 1
_CLOCK_FIELDS = struct.Struct("<I4xQQH")


@dataclass(slots=True)
class _Subscription:
    """What the guest waits for.

    ``wait`` None means that its event is there already: ``error``, or readiness of
    ``ready_bytes``. ``stream`` is an output stream that may not be ready after its wait.
    """

    user_data: int
    type: EventType
    wait: Wait | None = None
    error: Errno = Errno.SUCCESS
    ready_bytes: int = 0
    hangup: bool = False
    stream: OutputStream | None = None

    def event(self) -> bytes:
        """The event, encoded."""
        flags = _HANGUP if self.hangup else 0
        return EVENT.pack(self.user_data, self.error, self.type, self.ready_bytes, flags)


def _deadline_ns(state: State, clock_id: int, timeout_ns: int, flags: int) -> int:
    """When a clock subscription is due, on the monotonic clock."""
    now_ns = state.context.monotonic_clock.now_ns()
    if not flags & _ABSOLUTE_TIME:
        if clock_id in (ClockId.REALTIME, ClockId.MONOTONIC):
            return now_ns + timeout_ns
    elif clock_id == ClockId.MONOTONIC:
        return timeout_ns
    elif clock_id == ClockId.REALTIME:
        return now_ns + timeout_ns - state.context.wall_clock.now_ns()
    raise Failure(Errno.INVAL)


def _read_subscription(state: State, fd: int, subscription: _Subscription) -> None:
    descriptor = state.table.get(fd, Rights.POLL_FD_READWRITE)
    if isinstance(descriptor, OpenFile):
        left = descriptor.file.status().size_bytes - descriptor.position
        subscription.ready_bytes = max(0, left)
    elif isinstance(descriptor, StandardInput):
        subscription.wait = descriptor.stream.pending()
        subscription.hangup = descriptor.stream.closed
        subscription.ready_bytes = 0 if subscription.hangup else 1
    else:
        raise Failure(Errno.BADF)


def _write_subscription(state: State, fd: int, subscription: _Subscription) -> None:
    descriptor = state.table.get(fd, Rights.POLL_FD_READWRITE)
    if isinstance(descriptor, StandardOutput):
        subscription.wait = descriptor.stream.pending()
        subscription.hangup = descriptor.stream.closed
        subscription.stream = descriptor.stream
    elif not isinstance(descriptor, OpenFile):
        raise Failure(Errno.BADF)


def _subscription(state: State, data: bytes) -> _Subscription:
    """Decode a subscription; what is wrong with it is its event."""
    user_data, tag = struct.unpack_from("<QB", data)
    if tag > EventType.FD_WRITE:
        raise Failure(Errno.INVAL)
    subscription = _Subscription(user_data, EventType(tag))
    clock_id, timeout_ns, _precision_ns, flags = _CLOCK_FIELDS.unpack_from(data, 16)
    fd = clock_id
    try:
        if tag == EventType.CLOCK:
            deadline_ns = _deadline_ns(state, clock_id, timeout_ns, flags)
            if deadline_ns > state.context.monotonic_clock.now_ns():
                subscription.wait = Sleep(deadline_ns)
        elif tag == EventType.FD_READ:
            _read_subscription(state, fd, subscription)
        else:
            _write_subscription(state, fd, subscription)
    except Failure as failure:
        subscription.error = failure.errno
    return subscription


def _wait(subscriptions: Sequence[_Subscription]) -> Generator[Operation, object, None]:
    """Wait until at least one of the subscriptions has its event."""
    while all(subscription.wait is not None for subscription in subscriptions):
        waits = [wait for subscription in subscriptions if (wait := subscription.wait)]
        over = yield Poll(tuple(waits))
        assert isinstance(over, Sequence)
        for index in over:
            subscription = subscriptions[index]
            stream = subscription.stream
            subscription.wait = None if stream is None else stream.pending()


def _poll_oneoff(
    state: State, subscriptions_address: int, events_address: int, count: int, count_address: int
) -> Generator[Operation, object, None]:
    if count == 0:
        raise Failure(Errno.INVAL)
    memory = state.memory
    memory.check(subscriptions_address, count * SUBSCRIPTION_BYTES, 8)
    memory.check(events_address, count * EVENT.size, 8)
    memory.check(count_address, 4, 4)
    if count > _MAX_SUBSCRIPTIONS:
        raise Failure(Errno.NOMEM)
    data = memory.read(subscriptions_address, count * SUBSCRIPTION_BYTES)
    subscriptions = [
        _subscription(state, data[start : start + SUBSCRIPTION_BYTES])
        for start in range(0, len(data), SUBSCRIPTION_BYTES)
    ]
    yield from _wait(subscriptions)
    events = [each.event() for each in subscriptions if each.wait is None]
    memory.write(events_address, b"".join(events))
    memory.write_u32(count_address, len(events))


POLLING_FUNCTIONS = (FunctionRow("poll_oneoff", "iiii", _poll_oneoff),)
