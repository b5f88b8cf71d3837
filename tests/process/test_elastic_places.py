"""How many places an elastic pool has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.process.elastic_places import GROW_NS, SHRINK_NS, ElasticPlaces


def test_it_doubles_up_to_what_may_be() -> None:
    places = ElasticPlaces(least=3, most=10)
    seen = [places.count]
    while places.may_grow:
        places.use(places.count, len(seen) * GROW_NS)
        places.grow(len(seen) * GROW_NS)
        seen.append(places.count)
    assert seen == [3, 6, 10]


def test_it_halves_only_after_a_while_in_which_half_was_enough() -> None:
    places = ElasticPlaces(least=1, most=8)
    for _ in range(3):
        places.grow(0)
    places.use(8, 0)
    places.use(4, 5)
    places.shrink(SHRINK_NS + 4)
    assert places.count == 8
    places.use(5, SHRINK_NS + 4)
    places.use(4, SHRINK_NS + 5)
    places.shrink(2 * SHRINK_NS + 4)
    assert places.count == 8
    places.shrink(2 * SHRINK_NS + 5)
    assert places.count == 4
    places.shrink(9 * SHRINK_NS)
    assert places.count == 4  # all four are in use
    places.use(0, 9 * SHRINK_NS)
    places.shrink(99 * SHRINK_NS)
    assert places.count == 1


@given(
    least=st.integers(1, 9),
    more=st.integers(0, 30),
    events=st.lists(st.tuples(st.booleans(), st.integers(0, 3 * SHRINK_NS), st.floats(0, 1))),
)
def test_it_stays_within_its_bounds_and_never_below_what_is_in_use(
    least: int, more: int, events: list[tuple[bool, int, float]]
) -> None:
    places = ElasticPlaces(least, least + more)
    now_ns = in_use = 0
    for grows, elapsed_ns, share in events:
        now_ns += elapsed_ns
        places.shrink(now_ns)
        assert max(least, in_use) <= places.count <= least + more
        if grows:
            places.grow(now_ns)
        else:
            in_use = round(places.count * share)
            places.use(in_use, now_ns)
