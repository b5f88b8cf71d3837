"""Tools for single files: text to binary and back, the verdict, what is inside, explanations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pywasm_rt.cli.main import cli
from pywasm_rt.component.wit import load
from pywasm_rt.examples import __path__ as examples
from pywasm_rt.wasm.binary import decode
from pywasm_rt.wasm.text import parse

TEXT = """\
(module $m
  (import "env" "log" (func $log (param i32)))
  (func $add (export "sum") (param $a i32) (param $b i32) (result i32)
    (i32.add (local.get $a) (local.get $b)))
  (func $loop (loop (br 0))))
"""
DEMO = Path(examples[0]) / "demo" / "wasm"


def run(*arguments: object, given: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=given)


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "m.wat"
    path.write_text(TEXT)
    return path


def test_text_to_binary_and_back(text_file: Path, tmp_path: Path) -> None:
    assert run("wat2wasm", text_file).exit_code == 0
    binary = tmp_path / "m.wasm"
    assert decode(binary.read_bytes()).functions == parse(TEXT).functions
    plain, folded = run("wasm2wat", binary), run("wasm2wat", "--fold", binary)
    assert "local.get $a\n    local.get $b\n    i32.add)\n" in plain.output
    assert "(i32.add\n      (local.get $a)\n      (local.get $b))" in folded.output
    for output in (plain.output, folded.output):
        assert parse(output).functions == parse(TEXT).functions


def test_standard_input_and_output(text_file: Path) -> None:
    result = CliRunner().invoke(cli, ["wat2wasm", "-"], input=TEXT.encode())
    assert result.stdout_bytes[:4] == b"\0asm"
    again = CliRunner().invoke(cli, ["wasm2wat", "-"], input=result.stdout_bytes)
    assert "(func $add" in again.output
    assert text_file.with_suffix(".wasm").exists() is False


def test_a_wrong_text_is_shown_with_a_caret(tmp_path: Path) -> None:
    path = tmp_path / "wrong.wat"
    path.write_text("(module\n  (func (i32.cost 1)))\n")
    result = run("wat2wasm", path)
    assert result.exit_code == 1
    assert f"unknown operator i32.cost (at {path}:2:10)" in result.output
    assert "  (func (i32.cost 1)))\n         ^" in result.output
    assert not path.with_suffix(".wasm").exists()


def test_validate_names_every_file_that_is_wrong(text_file: Path, tmp_path: Path) -> None:
    invalid = tmp_path / "invalid.wat"
    invalid.write_text("(func (result i32))")
    truncated = tmp_path / "truncated.wasm"
    truncated.write_bytes(b"\0asm\x01")
    result = run("validate", text_file, invalid, truncated)
    assert result.exit_code == 1
    assert f"{invalid}: type mismatch" in result.output
    assert f"{truncated}: unexpected end" in result.output
    assert str(text_file) not in result.output
    assert run("validate", text_file).output == ""


def test_features_are_switched_by_name(tmp_path: Path) -> None:
    path = tmp_path / "vector.wat"
    path.write_text("(func (param v128))")
    assert run("validate", path).exit_code == 0
    result = run("validate", "--disable", "simd", path)
    assert result.exit_code == 1
    assert "needs the feature simd, which is off" in result.output
    assert run("validate", "--enable", "nonsense", path).exit_code == 2


def test_explain_shows_sentences_and_the_stack(text_file: Path) -> None:
    result = run("explain", text_file, "sum")
    lines = result.output.splitlines()
    assert lines[0].split() == ["0", "local.get", "0", "[]"]
    assert lines[1].strip() == "; Pushes the value of a local variable."
    assert lines[4].split() == ["2", "i32.add", "[i32", "i32]"]
    assert len(lines) == 8
    assert run("explain", text_file, "$add").output == result.output
    assert run("explain", text_file, "1").output == result.output


def test_explain_says_what_functions_there_are(text_file: Path) -> None:
    result = run("explain", text_file, "nothing")
    assert result.exit_code == 1
    assert "no function nothing; there are: add, log, loop, sum" in result.output
    assert "is imported" in run("explain", text_file, "log").output


def test_inspect_a_module(text_file: Path) -> None:
    output = run("inspect", text_file).output
    assert "env.log: func (type 0) (param i32)" in output
    assert "sum: func 1 (type 1) (param i32 i32) (result i32)" in output
    assert "features needed: none beyond WebAssembly 1.0" in output
    report = json.loads(run("inspect", "--json", text_file).output)
    assert report["kind"] == "core module"
    assert report["functions"] == 2
    assert [section["kind"] for section in report["sections"]][:3] == ["type", "import", "function"]


def test_inspect_a_component_shows_its_world() -> None:
    output = run("inspect", DEMO / "component.wasm").output
    assert output.startswith("component, ")
    assert "export greet: func(name: string) -> string;" in output
    assert "core module" in output


def test_the_world_of_a_component_in_text_as_wit(tmp_path: Path) -> None:
    path = tmp_path / "c.wat"
    path.write_text("""(component
      (import "test:app/store@1.0.0" (instance (export "f" (func (param "x" u8)))))
      (import "g" (func $g (result string)))
      (export "h" (func $g)))""")
    result = run("inspect", "--wit", path)
    assert result.exit_code == 0
    assert "import g: func() -> string;" in result.output
    wit = tmp_path / "c.wit"
    wit.write_text(result.output)
    assert list(load(wit).world().imports) == ["test:app/store@1.0.0", "g"]
    assert "component, " in run("inspect", path).output
    assert run("inspect", "--wit", "--json", path).exit_code == 2


def test_a_module_has_no_world(text_file: Path) -> None:
    result = run("inspect", "--wit", text_file)
    assert result.exit_code == 2
    assert "is a core module, which has no world" in result.output
