"""Timers against a plain dictionary."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.process.timers import TimerQueue

KEYS = st.integers(0, 5)
MOMENTS = st.integers(0, 20)
ACTIONS = st.one_of(
    st.tuples(st.just("set"), KEYS, MOMENTS),
    st.tuples(st.just("cancel"), KEYS, st.just(0)),
    st.tuples(st.just("pop"), st.just(0), MOMENTS),
)


@given(st.lists(ACTIONS, max_size=60))
def test_timers_are_told_in_the_order_of_their_moments(actions: list[tuple[str, int, int]]) -> None:
    timers: TimerQueue[int] = TimerQueue()
    model: dict[int, tuple[int, int]] = {}
    for count, (action, key, moment) in enumerate(actions):
        if action == "set":
            timers.set(key, moment)
            model[key] = (moment, count)
        elif action == "cancel":
            timers.cancel(key)
            model.pop(key, None)
        else:
            due = sorted((key for key in model if model[key][0] <= moment), key=model.__getitem__)
            assert timers.pop_due(moment) == due
            for key in due:
                del model[key]
        assert len(timers) == len(model)
        assert timers.next_ns == min((when for when, _ in model.values()), default=None)


def test_cancelled_timers_do_not_pile_up() -> None:
    timers: TimerQueue[int] = TimerQueue()
    for number in range(10_000):
        timers.set(number % 3, number)
    assert len(timers._heap) < 200
    assert timers.pop_due(10_000) == [1, 2, 0]
    assert len(timers) == 0
