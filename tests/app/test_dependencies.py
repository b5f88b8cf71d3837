"""The order of entries, and circles."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.app.dependencies import dependants, order


def test_what_is_needed_comes_first_and_equals_by_name() -> None:
    assert order({"c": ["a"], "b": [], "a": ["z"], "z": []}) == (["b", "z", "a", "c"], [])


def test_what_is_not_there_does_not_count() -> None:
    assert order({"a": ["gone"]}) == (["a"], [])


def test_circles_and_what_hangs_on_them() -> None:
    needs = {"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"], "e": ["e"], "f": []}
    assert order(needs) == (["f"], [("a", "b", "c"), ("e",)])


def test_a_long_chain_needs_no_recursion() -> None:
    names = [f"{index:06}" for index in range(50_000)]
    ordered, circles = order(dict(zip(names, [[other] for other in names[1:]] + [[]], strict=True)))
    assert ordered == names[::-1]
    assert circles == []


def test_dependants_of_broken_entries() -> None:
    needs = {"a": ["fs"], "b": ["a"], "c": [], "d": ["c"], "fs": []}
    assert dependants(needs, {"fs"}) == {"a": "fs", "b": "a"}


names = st.sampled_from("abcdefgh")


@given(st.dictionaries(names, st.sets(names)))
def test_every_entry_is_ordered_or_behind_a_circle(needs: dict[str, set[str]]) -> None:
    ordered, circles = order(needs)
    place = {name: index for index, name in enumerate(ordered)}
    for name in ordered:
        assert all(place[other] < place[name] for other in needs[name] if other in needs)
    for circle in circles:
        for name, other in zip(circle, (*circle[1:], circle[0]), strict=True):
            assert other in needs[name]
    assert bool(circles) == (len(ordered) < len(needs))
