"""Superinstructions: what a profile says, and which sequences are chosen from it."""

from __future__ import annotations

import pytest

from benchmarks.superinstructions import Place, choose, header_text, read_profile, runs_of

PROFILE = """\
1000 put_constant 3 1 1
1024 loop 2 1 1
1040 i32_add_si_S 2 100 100
1056 i32_load_s_A 2 100 100
1072 i32_lt_u_as_if_loop 3 100 1
1096 return_s 3 1 0
4000 br_table_a 3 50 50
4024 copy 2 50 50
"""


def test_places_that_lie_behind_each_other_are_a_run() -> None:
    runs = runs_of(read_profile(PROFILE))
    assert [[place.name for place in run] for run in runs] == [
        ["put_constant", "loop", "i32_add_si_S", "i32_load_s_A", "i32_lt_u_as_if_loop", "return_s"],
        ["br_table_a", "copy"],
    ]


def test_a_jump_to_the_next_place_is_no_way_straight_on() -> None:
    places = {place.name: place for place in read_profile(PROFILE)}
    assert places["br_table_a"] == Place(4000, "br_table_a", 3, 50, 0)
    assert places["copy"].fallen == 50


def test_a_line_that_is_cut_short_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 5"):
        read_profile("1000 loop 2 1")


def test_what_is_executed_most_is_joined() -> None:
    found = choose({"one": runs_of(read_profile(PROFILE))}, room=1)
    assert found.sequences == (("i32_add_si_S", "i32_load_s_A"),)
    assert found.before == {"one": 403.0}
    assert found.after == {"one": 303.0}


def test_longer_sequences_take_the_place_of_shorter_ones() -> None:
    found = choose({"one": runs_of(read_profile(PROFILE))}, room=9)
    turn = ("i32_add_si_S", "i32_load_s_A", "i32_lt_u_as_if_loop")
    assert all(names[-4:-1] == turn for names in found.sequences)
    assert not any("br_table_a" in names for names in found.sequences)
    # A turn is one dispatch, and so is whatever is done once.
    assert found.after["one"] < 100 + 2 * 50 + 5


def test_workloads_count_the_same_however_long_they_run() -> None:
    short = [Place(0, "copy", 2, 10, 10), Place(16, "global_set_s", 2, 10, 0)]
    long = [Place(0, "copy", 2, 9_000, 9_000), Place(16, "return_s", 3, 9_000, 0)]
    other = [Place(64, "br_a_if", 3, 9_000, 0)]
    found = choose({"short": [short], "long": [long, other]}, room=1)
    assert found.sequences == (("copy", "global_set_s"),)


def test_the_header_has_a_line_for_each() -> None:
    text = header_text([("copy", "loop"), ("copy", "copy", "copy")])
    assert text.endswith("SEQUENCE2(copy, loop)\nSEQUENCE3(copy, copy, copy)\n")
