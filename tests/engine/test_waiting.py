"""Those who wait at a place in memory."""

from __future__ import annotations

import threading

import pytest

from pywasm_rt.engine.waiting import NotifiedWaiter, notify
from pywasm_rt.operations import WaitForNotification


class Place:
    """A memory, as far as waiting goes."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiters: dict[int, list[NotifiedWaiter]] = {}


@pytest.fixture
def place() -> Place:
    return Place()


def enter(place: Place, address: int) -> NotifiedWaiter:
    waiter = NotifiedWaiter(place, address)
    waiter.enter()
    return waiter


def test_the_first_at_an_address_go_on_first(place: Place) -> None:
    first, second, third = (enter(place, 8) for _ in range(3))
    elsewhere = enter(place, 16)
    told: list[str] = []
    first.when_notified(lambda: told.append("first"))
    assert notify(place, 8, 2) == 2
    second.when_notified(lambda: told.append("second"))
    assert told == ["first", "second"]
    assert (third.is_notified, elsewhere.is_notified) == (False, False)
    assert notify(place, 8, 9) == 1
    assert notify(place, 8, 9) == 0


@pytest.mark.parametrize(("count", "answer"), [(1, 0), (0, 2)])
def test_the_host_says_whether_the_time_was_over(place: Place, count: int, answer: int) -> None:
    waiter = enter(place, 8)
    function = waiter.function(4, 5)
    steps = function.implementation()
    assert function.name == "memory.atomic.wait32"
    assert next(steps) == WaitForNotification(waiter, 5)  # type: ignore[call-overload]
    assert notify(place, 8, count) == count
    with pytest.raises(StopIteration) as stop:
        next(steps)  # type: ignore[call-overload]
    assert stop.value.value == answer
    assert not place.waiters


def test_a_time_below_zero_has_no_end(place: Place) -> None:
    steps = enter(place, 8).function(8, -1).implementation()
    assert next(steps).timeout_ns is None  # type: ignore[call-overload]
    steps.close()  # type: ignore[attr-defined]
    assert not place.waiters


def test_leaving_twice_is_harmless(place: Place) -> None:
    waiter = NotifiedWaiter(place, 0)
    waiter.leave()
    waiter.leave()
    assert not waiter.is_notified
