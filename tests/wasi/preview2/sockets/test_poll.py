"""``poll`` over a timer, a socket and standard input wakes for the right one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Generator
from typing import Any

import pytest

from pywasm_rt.component.values import Ok
from pywasm_rt.embedding.performing import complete_async, complete_within
from pywasm_rt.engine.driver import Meter
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasi.capabilities.clocks import SystemMonotonicClock

HOUR_NS = 3_600_000_000_000


class Three:
    """A guest that polls a timer (0), a connection (1) and its standard input (2)."""

    def __init__(self, tools: Any, timer_ns: int) -> None:
        reading, self.stdin = os.pipe()
        self.file = os.fdopen(reading, "rb", 0)
        self.guest = tools.guest(
            "127.0.0.1", stdin=self.file, monotonic_clock=SystemMonotonicClock()
        )
        listener = tools.peer()
        self.socket, incoming, self.outgoing = tools.connected(self.guest, listener)
        self.connection = tools.accept(listener)
        self.incoming = incoming
        call = self.guest.call
        self.input = call("cli/stdin.get-stdin")
        self.pollables = [
            call("clocks/monotonic-clock.subscribe-duration", timer_ns),
            call("io/streams.input-stream.subscribe", incoming),
            call("io/streams.input-stream.subscribe", self.input),
        ]

    def poll(self) -> Generator[Any, Any, Any]:
        functions: Any = self.guest.interfaces["wasi:io/poll"].functions
        return functions["poll"](self.pollables)  # type: ignore[no-any-return]

    def close(self) -> None:
        self.file.close()
        os.close(self.stdin)


@pytest.fixture
def three(tools: Any) -> Any:
    """Makes such guests."""
    made: list[Three] = []

    def make(timer_ns: int = HOUR_NS) -> Three:
        made.append(Three(tools, timer_ns))
        return made[-1]

    yield make
    for guest in made:
        guest.close()


async def wake(guest: Three, event: Callable[[], object]) -> Any:
    """Poll; when it waits, let something happen."""
    task = asyncio.create_task(complete_async(guest.poll(), Meter()))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done(), "nothing has happened yet"
    event()
    return await asyncio.wait_for(task, 10)


def test_the_timer(three: Callable[..., Three]) -> None:
    guest = three(20_000_000)

    async def polled() -> Any:
        return await complete_async(guest.poll(), Meter())

    # Whether it has to wait is up to how busy the machine is.
    assert asyncio.run(polled()) == [0]


def test_the_socket(three: Callable[..., Three]) -> None:
    guest = three()
    assert asyncio.run(wake(guest, lambda: guest.connection.send(b"hello"))) == [1]
    assert guest.guest.call("io/streams.input-stream.read", guest.incoming, 9) == Ok(b"hello")


def test_standard_input(three: Callable[..., Three]) -> None:
    guest = three()
    assert asyncio.run(wake(guest, lambda: os.write(guest.stdin, b"typed"))) == [2]
    assert guest.guest.call("io/streams.input-stream.read", guest.input, 9) == Ok(b"typed")


def test_a_peer_that_goes_away(three: Callable[..., Three]) -> None:
    guest = three()
    assert asyncio.run(wake(guest, guest.connection.close)) == [1]


def test_two_at_once_and_the_same_again(three: Callable[..., Three]) -> None:
    guest = three()
    guest.connection.send(b"x")
    os.write(guest.stdin, b"y")

    async def polled() -> Any:
        return await complete_async(guest.poll(), Meter())

    assert asyncio.run(polled()) == [1, 2]
    assert asyncio.run(polled()) == [1, 2], "what is not read stays ready"


def test_a_deadline_ends_it(three: Callable[..., Three]) -> None:
    guest = three()
    with pytest.raises(ExhaustionError, match="longer than 20 ms"):
        complete_within(guest.poll(), Meter(), 0.02)


def test_cancelling_ends_it_at_once(three: Callable[..., Three]) -> None:
    guest = three()

    async def scenario() -> None:
        task = asyncio.create_task(complete_async(guest.poll(), Meter()))
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
