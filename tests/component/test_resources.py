"""Handle tables."""

from __future__ import annotations

import pytest

from pywasm_rt.component import resources
from pywasm_rt.component.resources import CallScope, GuestResourceType, Handle, HandleTable
from pywasm_rt.component.types import ResourceType
from pywasm_rt.component.values import ResourceHandle
from pywasm_rt.errors import ExhaustionError, Trap

BLOB = GuestResourceType("blob")
FILE = ResourceType("file")


def blob(representation: int, *, owned: bool = True) -> Handle:
    return Handle(BLOB, representation, owned)


def test_indices_begin_at_one_and_the_last_freed_is_used_first() -> None:
    table = HandleTable()
    assert [table.add(blob(n)) for n in range(3)] == [1, 2, 3]
    for index in (1, 2, 3):
        table.remove(index, BLOB)
    assert len(table) == 0
    assert [table.add(blob(n)) for n in range(4)] == [3, 2, 1, 4]
    assert table.get(4, BLOB).representation == 3


@pytest.mark.parametrize("index", [0, 2, -1, 0xFFFF_FFFF])
def test_an_unknown_index_traps(index: int) -> None:
    table = HandleTable()
    table.add(blob(1))
    with pytest.raises(Trap, match=f"^unknown handle index {index}$"):
        table.get(index, BLOB)


def test_a_dropped_index_traps() -> None:
    table = HandleTable()
    table.remove(table.add(blob(1)), BLOB)
    with pytest.raises(Trap, match="unknown handle index 1"):
        table.remove(1, BLOB)


def test_the_wrong_type_traps_and_says_who_defined_which() -> None:
    table = HandleTable()
    table.add(blob(1))
    with pytest.raises(Trap, match="expected host-defined resource but found a guest-defined"):
        table.get(1, FILE)
    other = GuestResourceType("other")
    with pytest.raises(Trap, match="expected guest-defined resource but found a different guest"):
        table.get(1, other)


def test_a_lent_handle_stays() -> None:
    table = HandleTable()
    table.add(blob(1))
    scope = CallScope()
    scope.lenders.append(table.get(1, BLOB))
    table.get(1, BLOB).lends += 1
    view = ResourceHandle(BLOB, 1, owned=False)
    scope.views.append(view)
    with pytest.raises(Trap, match=r"^cannot remove owned resource while borrowed$"):
        table.take(1, BLOB)
    scope.end_lending()
    assert not view.alive
    assert table.take(1, BLOB).representation == 1


def test_a_borrowed_handle_is_not_passed_as_own() -> None:
    table = HandleTable()
    table.add(blob(1, owned=False))
    with pytest.raises(Trap, match="cannot lift own resource from a borrow"):
        table.take(1, BLOB)


def test_borrows_must_be_dropped_before_the_call_ends() -> None:
    scope = CallScope(borrows=1)
    with pytest.raises(Trap, match=r"^borrow handles still remain at the end of the call$"):
        scope.check_borrows_dropped()
    scope.borrows = 0
    scope.check_borrows_dropped()


def test_the_number_of_handles_to_the_hosts_resources_is_limited() -> None:
    table = HandleTable(limit=2)
    for _ in range(2):
        table.add(Handle(FILE, object(), owned=True))
    with pytest.raises(ExhaustionError, match="no more than 2 handles to the host's") as caught:
        table.add(Handle(FILE, object(), owned=True))
    assert (caught.value.resource, caught.value.limit) == ("handles", 2)
    assert table.add(blob(1)) == 3
    table.remove(1, FILE)
    assert table.add(Handle(FILE, object(), owned=True)) == 1


def test_all_handles_together_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "MAX_HANDLES", 2)
    table = HandleTable()
    table.add(blob(1))
    table.add(blob(2))
    with pytest.raises(ExhaustionError, match="no more than 2 handles"):
        table.add(blob(3))
