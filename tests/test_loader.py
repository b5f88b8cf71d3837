"""Importing ``.wasm`` and ``.wat`` files."""

from __future__ import annotations

import importlib
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt import Err, Ok, loader
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

GUESTS = Path(__file__).parent / "embedding" / "guests"
Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes files where Python looks for modules; what was imported is forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    loader.install()

    def write_files(**files: str | bytes) -> None:
        for name, contents in files.items():
            path = tmp_path / name.replace("__", ".").replace("___", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(contents, bytes):
                path.write_bytes(contents)
            else:
                path.write_text(textwrap.dedent(contents))
        importlib.invalidate_caches()

    yield write_files
    for name in set(sys.modules) - before:
        del sys.modules[name]


ADD = (
    '(module (func (export "add-up") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))'
)


@pytest.mark.parametrize("suffix", ["wasm", "wat"])
def test_a_core_module_is_a_module(write: Write, suffix: str) -> None:
    write(**{f"adder__{suffix}": encode(parse(ADD)) if suffix == "wasm" else ADD})
    import adder  # type: ignore[import-not-found]  # noqa: PLC0415

    assert adder.add_up(2, 3) == 5
    assert adder.__all__ == ["add_up"]
    assert adder.__file__.endswith(f"adder.{suffix}")
    assert adder.__spec__.loader.__class__ is loader.WasmLoader


def test_hyphens_in_the_name_of_a_file(write: Write, tmp_path: Path) -> None:
    (tmp_path / "my-adder.wat").write_text(ADD)
    assert importlib.import_module("my_adder").add_up(1, 1) == 2


def test_imports_are_python_modules(write: Write) -> None:
    write(
        env__py="""
            start = 40
            told = []
            def tell(number): told.append(number)
        """,
        guest__wat="""(module
            (import "env" "tell" (func $tell (param i32)))
            (import "env" "start" (global $start i32))
            (import "other" "add-up" (func $add (param i32 i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "run") (call $tell (call $add (global.get $start) (i32.const 2)))))""",
        other__wat=ADD,
    )
    guest = importlib.import_module("guest")
    guest.run()
    assert importlib.import_module("env").told == [42]
    assert guest.memory.size_bytes == 65_536


def test_a_package_comes_before_the_top_level(write: Write, tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "env.py").write_text("def get(): return 1")
    text = '(module (import "env" "get" (func (result i32))) (export "get" (func 0)))'
    (folder / "inner.wat").write_text(text)
    write(env__py="def get(): return 2", outer__wat=text)
    assert importlib.import_module("package.inner").get() == 1
    assert importlib.import_module("outer").get() == 2


def test_standard_output_is_python_s(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        speaker__wat="""(module
            (import "wasi_snapshot_preview1" "fd_write"
              (func $w (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 16) "hello")
            (func (export "say")
              (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 5))
              (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"""
    )
    importlib.import_module("speaker").say()
    assert capsys.readouterr().out == "hello"


def test_a_component_is_a_module(write: Write, tmp_path: Path) -> None:
    for name in ("client", "counters"):
        shutil.copy(GUESTS / f"{name}.wat", tmp_path)
    write(
        test_app_store__py="""
            from pywasm_rt import ResultError
            class Counter:
                def __init__(self, start): self.value = start
                def add_up(self, n):
                    self.value += n
                    return self.value
                @staticmethod
                def largest(): return 1000
            def from_(): return 1
            def look_up(id):
                if id == 0: raise ResultError(4)
                return id
        """
    )
    client: Any = importlib.import_module("client")
    assert client.count(1) == 6
    assert (client.from_(), client.look_up(2), client.look_up(0)) == (1001, Ok(2), Err(4))
    assert "export count: func(start: u32) -> u32;" in client.__doc__
    counters: Any = importlib.import_module("counters").counters
    with counters.KeyCounter(1) as counter:
        assert counter.add_up(1) == 2


def test_what_a_world_imports_by_itself(write: Write) -> None:
    write(
        guest__wat="""(component
          (import "make-one" (func $f (result u32)))
          (export "run" (func $f)))""",
        guest_imports__py="def make_one(): return 11",
    )
    assert importlib.import_module("guest").run() == 11


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(module (func (i32.cost 1)))", r"broken.wat: unknown operator.*\(at .*broken.wat:1:16\)"),
        ('(module (func (export "f") (result i32)))', r"broken.wat: type mismatch"),
        (
            '(module (import "env" "a" (func)) (import "env" "b" (func (param i64))))',
            r"imports what is not there: func env.a: \[\] -> \[\]; func env.b: \[i64\] -> \[\]",
        ),
        (
            '(component (import "test:app/nothing@1.0.0" (instance (export "f" (func)))))',
            r"imports what is not there: interface `test:app/nothing@1.0.0`",
        ),
        ("(module (func $f unreachable) (start $f))", r"broken.wat: unreachable"),
    ],
)
def test_what_is_wrong_is_an_import_error(write: Write, text: str, message: str) -> None:
    write(broken__wat=text)
    with pytest.raises(ImportError, match=message) as caught:
        importlib.import_module("broken")
    assert caught.value.name == "broken"
    assert str(caught.value.path).endswith("broken.wat")
    assert "broken" not in sys.modules


def test_a_fault_in_an_imported_python_module_is_not_hidden(write: Write) -> None:
    write(env__py="import nothing_of_that_name", guest__wat='(module (import "env" "a" (func)))')
    with pytest.raises(ModuleNotFoundError, match="nothing_of_that_name"):
        importlib.import_module("guest")


def test_it_can_be_taken_back(write: Write) -> None:
    write(adder__wat=ADD)
    loader.uninstall()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("adder")
    loader.install()
    assert importlib.import_module("adder").add_up(1, 2) == 3
