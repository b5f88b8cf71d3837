"""Component values as Python objects."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from pywasm_rt.component.types import ResourceType
from pywasm_rt.component.values import Err, Ok, Record, ResourceHandle, Some, Variant
from pywasm_rt.engine.driver import Meter
from pywasm_rt.errors import ComponentError


def test_a_field_is_read_under_every_spelling() -> None:
    record = Record({"exit-code": 3, "from": "a"})
    assert record.exit_code == 3
    assert record["exit-code"] == record["exit_code"] == 3
    assert getattr(record, "exit-code") == 3
    assert record.from_ == "a"
    assert vars(record) == {"exit-code": 3, "from": "a"}


def test_records_are_made_and_changed_by_either_spelling() -> None:
    record = Record(exit_code=1)
    record.exit_code = 2
    assert record == Record({"exit-code": 2})
    assert record != Record(exit_code=1)
    assert hash(record) == hash(Record({"exit-code": 2}))
    assert list(record) == ["exit-code"]
    assert len(record) == 1
    assert "exit-code" in record


def test_a_missing_field_tells_which_there_are() -> None:
    with pytest.raises(AttributeError, match=r"no field 'z'; its fields: x, y"):
        Record(x=1, y=2).z  # noqa: B018
    with pytest.raises(AttributeError, match="its fields: none"):
        Record().z  # noqa: B018


def test_records_copy_and_pickle() -> None:
    record = Record({"exit-code": [1]})
    assert copy.deepcopy(record) == copy.copy(record) == record
    assert pickle.loads(pickle.dumps(record)) == record


def test_cases_compare_by_tag_and_payload() -> None:
    assert Variant("a", 1) == Variant("a", 1) != Variant("b", 1)
    assert Ok(1) != Err(1)
    assert Some(None) != Some(Some(None))


def test_a_handle_is_used_up_once() -> None:
    dropped: list[int] = []

    def dropper(handle: ResourceHandle, _: Meter) -> Any:
        dropped.append(handle.representation)
        return
        yield

    handle = ResourceHandle(ResourceType("blob"), 7, dropper=dropper)
    with handle:
        pass
    assert dropped == [7]
    with pytest.raises(ComponentError, match="handle to blob was used up"):
        handle.drop()


def test_a_lent_handle_is_not_dropped() -> None:
    handle = ResourceHandle(ResourceType("blob"), 7, lends=1)
    with pytest.raises(ComponentError, match="while it is lent"):
        handle.drop()
