"""Every module of the official suites: the valid are accepted, the invalid refused with the
expected text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pywasm_rt.errors import ValidationError, WasmError
from pywasm_rt.wasm.features import DEFAULT, WASM_2, Features
from pywasm_rt.wasm.script import Assertion, Command, DefineModule, ModuleSource, StartThread
from pywasm_rt.wasm.text import parse_script
from pywasm_rt.wasm.validate import validate

pytestmark = pytest.mark.suite

FOLDERS = {
    "spec/core": DEFAULT,
    "spec/custom": DEFAULT,
    "spec/legacy": DEFAULT.with_(legacy_exceptions=True),
    "proposals/threads": WASM_2.with_(threads=True),
    "proposals/custom-page-sizes": DEFAULT.with_(custom_page_sizes=True),
    "proposals/wide-arithmetic": DEFAULT.with_(wide_arithmetic=True),
}
# A module behind one of these is valid; it only cannot be linked or traps when instantiated.
VALID_SUBJECTS = frozenset({"assert_unlinkable", "assert_trap"})


def sources(commands: list[Command]) -> Iterator[tuple[str, str, ModuleSource]]:
    """The modules of a script: what is said about it, the expected text, the module."""
    for command in commands:
        match command:
            case DefineModule(source):
                yield "valid", "", source
            case Assertion("assert_invalid", ModuleSource() as source, message):
                yield "invalid", message, source
            case Assertion(kind, ModuleSource() as source) if kind in VALID_SUBJECTS:
                yield "valid", "", source
            case StartThread(commands=inner):
                yield from sources(list(inner))


def faults(path: Path, features: Features) -> Iterator[str]:
    """What the validator got wrong in a script, one line each."""
    text = path.read_text(encoding="utf-8")
    for verdict, message, source in sources(parse_script(text, features, file=path.name)):
        place = f"{path.name}:{source.position >> 12}"
        found = "valid"
        try:
            validate(source.load(), features)
        except ValidationError as error:
            found = error.message
        except WasmError as error:
            found = f"{type(error).__name__} {error}"
        if verdict == "valid" and found != "valid":
            yield f"{place}: refused: {found}"
        elif verdict == "invalid" and not found.startswith(message):
            yield f"{place}: should be {message!r}, is {found!r}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_verdicts_and_texts_are_the_suites(suites: Path, folder: str) -> None:
    paths = sorted((suites / folder).rglob("*.wast"))
    assert paths
    assert [fault for path in paths for fault in faults(path, FOLDERS[folder])] == []
