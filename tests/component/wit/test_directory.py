"""Packages as folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from pywasm_rt.component.wit import load
from pywasm_rt.errors import ParseError


def test_folder_with_dependencies(files: Path) -> None:
    resolution = load(files / "shop")
    assert set(resolution.packages) == {"tests:shop", "tests:log", "tests:money@2.0.0"}
    assert list(resolution.world("till").imports) == [
        "tests:log/log",
        "tests:money/currency@2.0.0",
        "tests:shop/goods",
    ]


def test_single_file(files: Path) -> None:
    resolution = load(files / "everything.wit")
    assert str(resolution.root.name) == "tests:everything@1.2.3-rc.1+build.5"


def test_unreadable(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"cannot read .*nothing.wit: No such file"):
        load(tmp_path / "nothing.wit")
    with pytest.raises(ParseError, match=r"there is no .wit file in"):
        load(tmp_path)
    (tmp_path / "bad.wit").write_bytes(b"package a:b; // \xff")
    with pytest.raises(ParseError, match="is not UTF-8: byte 16"):
        load(tmp_path)


def test_faults_name_their_file(tmp_path: Path) -> None:
    (tmp_path / "a.wit").write_text("package a:b;\ninterface i { f: func() }")
    with pytest.raises(ParseError, match=r"expected ';', found } \(at .*a.wit:2:25\)"):
        load(tmp_path)
