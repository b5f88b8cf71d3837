"""Cores that are built for one measurement."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from benchmarks.cores import build_core, use_core
from benchmarks.guests import BuildError


def test_a_core_that_does_not_compile_says_with_what(tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is needed")
    with pytest.raises(BuildError, match="the core cannot be built with -DWR_PROFILE"):
        build_core(tmp_path, "-DWR_PROFILE -DWR_TAIL_CALLS=1 -Dwr_fast_run=(")


def test_only_one_core_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pywasm_rt._core", sys)
    with pytest.raises(RuntimeError, match="another core is in use"):
        use_core(tmp_path / "_core.so")


def test_what_is_no_library_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "pywasm_rt._core", raising=False)
    (tmp_path / "_core.so").write_text("no library")
    with pytest.raises(ImportError):
        use_core(tmp_path / "_core.so")
    assert "pywasm_rt._core" not in sys.modules
