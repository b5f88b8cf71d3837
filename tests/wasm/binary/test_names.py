"""The name section."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.wasm.binary.names import decode_names, encode_names
from pywasm_rt.wasm.module import Names

indices = st.integers(0, 300)
maps = st.dictionaries(indices, st.text(max_size=5), max_size=4)
# A subsection that is empty is not written.
indirect_maps = st.dictionaries(indices, maps, max_size=3)
FIELDS = {
    **dict.fromkeys(
        ("functions", "types", "tables", "memories", "globals", "elements", "datas", "tags"), maps
    ),
    **dict.fromkeys(("locals", "labels", "fields"), indirect_maps),
}


@given(st.builds(Names, module=st.none() | st.text(max_size=9), **FIELDS))
def test_names_come_back(names: Names) -> None:
    assert decode_names(encode_names(names)) == names


def test_known_bytes() -> None:
    names = Names(module="m", functions={1: "f", 0: "g"}, locals={1: {0: "x"}})
    assert encode_names(names).hex(" ") == (
        "00 02 01 6d 01 07 02 00 01 67 01 01 66 02 06 01 01 01 00 01 78"
    )
    assert encode_names(Names()) == b""


def test_unknown_subsections_are_skipped() -> None:
    assert decode_names(bytes.fromhex("63 02 aa bb 00 02 01 6d")) == Names(module="m")


@pytest.mark.parametrize(
    "broken",
    ["01", "01 05 01", "01 04 02 00 01 ff", "01 01 ff", "80 80 80 80 80 00", "00 00"],
)
def test_what_is_malformed_is_left_out(broken: str) -> None:
    names = decode_names(bytes.fromhex("00 02 01 6d" + broken))
    assert names.module == "m"
    assert names == Names(module="m")


def test_names_before_the_fault_are_kept() -> None:
    names = decode_names(bytes.fromhex("01 07 02 00 01 67 01 05 66"))
    assert names.functions == {0: "g"}


@given(st.binary(max_size=60))
def test_any_bytes_are_names(data: bytes) -> None:
    names: Any = decode_names(data)
    assert isinstance(names, Names)
