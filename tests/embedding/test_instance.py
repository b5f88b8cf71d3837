"""Calling guests from Python: plainly, awaited, with resources, within a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from pywasm_rt import Component, Instance, Linker, Ok
from pywasm_rt.errors import ComponentError, ExhaustionError, Trap
from pywasm_rt.operations import Operation, Readable, Sleep


def test_a_guests_resource_is_an_object(linker: Linker, counters: Component) -> None:
    view: Any = linker.instantiate(counters).interface("counters")
    with view.KeyCounter(5) as counter:
        assert counter.add_up(2) == 7
        assert counter.add_up.call(1) == 8
        assert "add_up" in dir(counter)
        assert view.dropped() == 0
    assert view.dropped() == 1
    with pytest.raises(ComponentError, match="used up or dropped before"):
        counter.add_up(1)
    assert view.KeyCounter.of_text().add_up(2) == 42
    assert asyncio.run(view.KeyCounter(1).add_up.call_async(1)) == 2


def test_what_is_not_there_is_told_with_what_is(linker: Linker, counters: Component) -> None:
    view: Any = linker.instantiate(counters).interface("test:app/counters@0.1.9")
    with pytest.raises(AttributeError, match="exports no 'nothing'; there is: KeyCounter, dropped"):
        _ = view.nothing
    with pytest.raises(AttributeError, match="no method 'nothing'; its methods: add_up"):
        _ = view.KeyCounter(1).nothing
    with pytest.raises(AttributeError, match="no static function 'x'; there is: of_text"):
        _ = view.KeyCounter.x


def test_everything_says_what_it_is(linker: Linker, counters: Component) -> None:
    instance = linker.instantiate(counters)
    view: Any = instance.interface("counters")
    counter = view.KeyCounter(5)
    assert (
        repr(counters) == "<Component counters: imports nothing; exports test:app/counters@0.1.0>"
    )
    assert repr(instance) == "<Instance counters: exports test:app/counters@0.1.0>"
    assert repr(view) == "<InterfaceView test:app/counters@0.1.0: KeyCounter, dropped>"
    assert repr(view.KeyCounter) == "<ResourceView key-counter: of_text, add_up>"
    assert repr(counter) == "<own<key-counter> 8>"
    assert repr(counter.add_up).startswith("<BoundMethod test:app/counters@0.1.0#[method]")
    counter.drop()
    assert repr(counter) == "<own<key-counter> 8, used up>"


class Store:
    """What the client asks for; how each function answers is for the test to say."""

    class Counter:
        """Not used here."""

        def __init__(self, start: int) -> None: ...
        def add_up(self, n: int) -> int:
            return n

        @staticmethod
        def largest() -> int:
            return 0

    def __init__(self) -> None:
        self.answer: Any = lambda: 1

    def from_(self) -> Any:
        return self.answer()

    def look_up(self, id: int) -> Any:
        return self.answer()


@pytest.fixture
def store(linker: Linker) -> Store:
    """What is offered to the client."""
    store = Store()
    linker.define_object("test:app/store@1.2.0", store)
    return store


def test_others_run_while_a_guest_waits(linker: Linker, client: Component, store: Store) -> None:
    """Each of three guests waits for the last one to begin."""
    started = asyncio.Event()
    count = 0

    async def wait() -> int:
        nonlocal count
        count += 1
        if count == 3:
            started.set()
        await started.wait()
        return count

    store.answer = wait

    class Waiting(Store):
        async def from_(self) -> int:
            return await wait()

    linker.define_object("test:app/store@1.2.0", Waiting())
    instances = [linker.instantiate(client) for _ in range(3)]

    async def all_of_them() -> list[Any]:
        calls = [it.function("from").call_async() for it in instances]
        return await asyncio.gather(*calls)

    assert asyncio.run(all_of_them()) == [3, 3, 3]


def test_a_guest_that_computes_lets_others_run_too(
    linker: Linker, client: Component, store: Store
) -> None:
    instance = linker.instantiate(client)

    async def scenario() -> None:
        task = asyncio.create_task(instance.function("spin").call_async())
        for _ in range(3):
            await asyncio.sleep(0)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    with pytest.raises(Trap, match="cannot enter component instance: an earlier call ended with"):
        instance.function("from")()


class Forever:
    """Never ready."""

    may_block = True

    def __init__(self) -> None:
        self.watched = 0

    def ready(self) -> bool:
        return False

    def watch(self, callback: Any) -> None:
        self.watched += 1

    def unwatch(self, callback: Any) -> None:
        self.watched -= 1


def test_cancelling_ends_a_waiting_guest_at_once(
    linker: Linker, client: Component, store: Store
) -> None:
    log: list[str] = []
    forever = Forever()

    def wait() -> Iterator[Operation]:
        try:
            yield Readable(forever)
        finally:
            log.append("finalised")

    store.answer = wait
    instance = linker.instantiate(client)

    async def scenario() -> None:
        task = asyncio.create_task(instance.function("from").call_async())
        while not forever.watched:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert log == ["finalised"]
        await asyncio.sleep(0)
        assert forever.watched == 0, "the operation is withdrawn"

    asyncio.run(scenario())


@pytest.mark.parametrize("name", ["spin", "from"])
def test_a_deadline_ends_a_guest_that_computes_or_waits(
    linker: Linker, client: Component, store: Store, name: str
) -> None:
    store.answer = lambda: Readable(Forever())
    instance: Instance = linker.instantiate(client)
    with pytest.raises(ExhaustionError, match="longer than 20 ms") as caught:
        instance.function(name).within(0.02)()
    assert caught.value.resource == "time"


def test_plain_calls_perform_what_the_guest_waits_for(
    linker: Linker, client: Component, store: Store
) -> None:
    def wait() -> Any:
        yield Sleep(0)
        return 5

    store.answer = wait
    instance = linker.instantiate(client)
    assert instance.function("from").call() == 5
    assert instance.function("from").within(60.0).call() == 5
    assert instance.function("look-up").call(1) == Ok(5)


def test_an_interrupt_closes_the_guest(linker: Linker, client: Component, store: Store) -> None:
    log: list[str] = []

    def wait() -> Any:
        try:
            yield Stroke()
        finally:
            log.append("finalised")

    class Stroke(Operation):
        """Cannot be performed: the program is being interrupted."""

    def interrupted(operation: Operation) -> object:
        raise KeyboardInterrupt

    store.answer = wait
    function = linker.instantiate(client).function("from")
    function.perform = interrupted
    with pytest.raises(KeyboardInterrupt):
        function()
    assert log == ["finalised"]
