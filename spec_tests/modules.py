"""The files of the suites, and the modules in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pywasm_rt.errors import WasmError
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.script import Assertion, Command, DefineModule, ModuleSource, StartThread
from pywasm_rt.wasm.text import parse_script
from spec_tests.features import features_for

__all__ = ["ScriptModule", "modules_of", "script_files"]


@dataclass(frozen=True, slots=True)
class ScriptModule:
    """A well-formed module of a script: where it is, and what it is read as.

    ``is_valid`` is False for the subject of an ``assert_invalid``.
    """

    path: Path
    line: int
    features: Features
    source: ModuleSource
    module: Module
    is_valid: bool

    @property
    def place(self) -> str:
        """File and line, for messages."""
        return f"{self.path.name}:{self.line}"


def script_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The scripts among files, and those in folders, in order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob("*.wast"))
        else:
            yield path


def modules_of(path: Path, features: Features | None = None) -> Iterator[ScriptModule]:
    """Every module of a script that is well-formed.

    ``features`` are those of the script's folder unless others are given. Raises ParseError if the
    script itself is malformed.
    """
    features = features_for(path) if features is None else features
    for source, is_valid in _sources(parse_script(path.read_bytes(), features, file=str(path))):
        try:
            module = source.load()
        except WasmError:
            continue  # it is malformed on purpose
        yield ScriptModule(path, source.position >> 12, features, source, module, is_valid)


def _sources(commands: Iterable[Command]) -> Iterator[tuple[ModuleSource, bool]]:
    for command in commands:
        match command:
            case DefineModule(source):
                yield source, True
            case Assertion(kind, ModuleSource() as source):
                yield source, not kind.startswith("assert_invalid")
            case StartThread(commands=inner):
                yield from _sources(inner)
