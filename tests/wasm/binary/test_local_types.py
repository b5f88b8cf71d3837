"""Local types as runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.wasm.binary.local_types import LocalTypes, are_longest, runs_of
from pywasm_rt.wasm.types import F32, FUNCREF, I32, I64, ValueType

runs = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([I32, F32, FUNCREF])), max_size=5)


@given(runs)
def test_it_is_the_sequence_it_expands_to(given_runs: list[tuple[int, ValueType]]) -> None:
    plain = tuple(kind for count, kind in given_runs for _ in range(count))
    types = LocalTypes(given_runs)
    assert len(types) == len(plain)
    assert tuple(types) == plain
    assert [types[index] for index in range(-len(plain), len(plain))] == [*plain, *plain]
    assert types[1:3] == plain[1:3]
    assert types == plain
    assert plain == types
    assert types == list(plain)
    assert hash(types) == hash(plain)
    assert types != (*plain, I64)
    assert runs_of(types) == tuple(given_runs)


@given(st.lists(st.sampled_from([I32, F32]), max_size=8))
def test_runs_are_as_long_as_possible(types: list[ValueType]) -> None:
    found = runs_of(types)
    assert are_longest(found)
    assert list(LocalTypes(found)) == types


def test_not_every_list_of_runs_is_longest() -> None:
    assert not are_longest([(1, I32), (2, I32)])
    assert not are_longest([(0, I32)])
    assert are_longest([])


def test_places_outside_are_refused() -> None:
    types = LocalTypes([(2, I32)])
    for place in (2, -3):
        with pytest.raises(IndexError, match="of 2"):
            types[place]
    assert types != "ii"
    assert types != 2
    assert repr(types) == f"LocalTypes([(2, {I32!r})])"
