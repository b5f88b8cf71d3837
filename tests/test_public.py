"""The package's face: its names, and what it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import pywasm_rt

REPOSITORY = Path(__file__).resolve().parent.parent


def test_every_public_name_is_there_and_listed() -> None:
    for name in pywasm_rt.__all__:
        assert getattr(pywasm_rt, name) is not None
        assert name in dir(pywasm_rt)
        assert pywasm_rt.__doc__ is not None
        assert f"``{name}``" in pywasm_rt.__doc__ or f", ``{name}``" in pywasm_rt.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = pywasm_rt.nothing


def test_the_runtime_needs_nothing_but_the_standard_library() -> None:
    """Up to processes, everything imports and runs where no package is installed."""
    program = """
import sys
sys.path.insert(0, sys.argv[1])
import pywasm_rt
for name in {*pywasm_rt.__all__} - {"App"}:  # which reads YAML, with a library
    getattr(pywasm_rt, name)
import pywasm_rt.process.scheduler, pywasm_rt.wasi.preview1, pywasm_rt.wasi.preview2
from pywasm_rt.wasm.text import parse
engine = pywasm_rt.get_engine("reference")
module = parse('(func (export "answer") (result i32) (i32.const 42))')
instance = engine.instantiate(engine.load(module))
assert pywasm_rt.call(instance, instance.exports["answer"]) == (42,)
outside = [m for m in sys.modules if m.split(".")[0] in {"click", "rich", "yaml", "lupa", "cffi"}]
assert not outside, outside
"""
    command = [sys.executable, "-I", "-S", "-c", program, str(REPOSITORY)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
