"""Modules to bytes, and round trips of real programs."""

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest

from pywasm_rt.errors import WasmError
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.instructions import INSTRUCTIONS, Instruction
from pywasm_rt.wasm.module import (
    CustomSection,
    DataSegment,
    Expression,
    Function,
    Import,
    Module,
    Names,
)
from pywasm_rt.wasm.types import FunctionType, FunctionTypeUse, RecursiveType, SubType

SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
WASM_TOOLS = Path(sysconfig.get_path("scripts")) / "wasm-tools"
PROGRAMS = sorted(SITE_PACKAGES.glob("*/*.wasm"))
LARGE_BYTES = 500_000
END = Instruction(INSTRUCTIONS.by_mnemonic["end"])

needs_programs = pytest.mark.skipif(not PROGRAMS, reason="no package with WebAssembly programs")
needs_wasm_tools = pytest.mark.skipif(not WASM_TOOLS.exists(), reason="no wasm-tools here")


def wasm_tools(command: str, data: bytes) -> bytes:
    done = subprocess.run(
        [WASM_TOOLS, command, "-"], input=data, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_everything_comes_back(full_module: Module, everything: Features) -> None:
    data = encode(full_module)
    again = decode(data, everything)
    hints = [custom for custom in again.customs if custom.name.startswith("metadata")]
    names = [custom for custom in again.customs if custom.name == "name"]
    assert len(hints) == len(names) == 1
    again.customs = [custom for custom in again.customs if custom not in hints + names]
    # The encoder chose forms where the module left them open.
    for segment in (*again.elements, *again.datas):
        segment.flags = None
    assert again == full_module
    assert encode(decode(data, everything)) == data


@pytest.mark.guests
@needs_programs
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_real_programs_come_back(path: Path) -> None:
    module = decode(path.read_bytes(), DEFAULT.with_(threads=True))
    data = encode(module)
    again = decode(data, DEFAULT.with_(threads=True))
    assert again == module
    # The linker pads integers; once written short, they stay.
    assert encode(again) == data


@pytest.mark.guests
@needs_programs
@needs_wasm_tools
@pytest.mark.parametrize(
    "path",
    [path for path in PROGRAMS if path.stat().st_size < LARGE_BYTES],
    ids=lambda path: path.name,
)
def test_what_wasm_tools_writes_comes_back_byte_for_byte(path: Path) -> None:
    data = wasm_tools("parse", wasm_tools("print", path.read_bytes()))
    module = decode(data, DEFAULT.with_(threads=True))
    assert encode(module) == data
    # And it is what we make of the original, but for the order of custom sections.
    original = decode(path.read_bytes(), DEFAULT.with_(threads=True))
    for one in (module, original):
        one.customs, one.names = [], Names()
    assert encode(original) == encode(module)


@needs_wasm_tools
def test_wasm_tools_reads_every_instruction_alike(
    full_module: Module, everything: Features
) -> None:
    text = wasm_tools("print", encode(full_module)).decode()
    printed = text.split("\n  (func (;")[1:]
    assert len(printed) == len(full_module.functions)
    for function, found in zip(full_module.functions, printed, strict=True):
        instruction = function.body.instructions[0]
        lines = [line.strip() for line in found.splitlines()[1:] if "(local" not in line]
        lines = [line for line in lines if not line.startswith("(@metadata")]
        assert lines[0].split()[0] == instruction.row.mnemonic
    again = wasm_tools("parse", text.encode())
    bodies = [function.body for function in decode(again, everything).functions]
    assert bodies == [function.body for function in full_module.functions]


def function_of(*instructions: Instruction) -> Module:
    return Module(
        recursive_types=[RecursiveType((SubType(FunctionType()),))],
        functions=[Function(0, (), Expression([*instructions, END]))],
    )


@pytest.mark.parametrize("mnemonic", ["data.drop", "memory.init", "array.new_data"])
def test_code_that_names_data_gets_a_data_count(mnemonic: str) -> None:
    row = INSTRUCTIONS.by_mnemonic[mnemonic]
    module = function_of(Instruction(row, (0,) * len(row.immediates)))
    module.datas.append(DataSegment(b"x", None))
    again = decode(encode(module))
    assert again.data_count == 1
    again.data_count = None
    again.datas[0].flags = None
    assert again == module


def test_no_data_count_without_need() -> None:
    module = function_of()
    module.datas.append(DataSegment(b"x", None))
    assert decode(encode(module)).data_count is None
    module.data_count = 1
    assert decode(encode(module)).data_count == 1


def test_imports_of_functions_shift_hints_not_bodies() -> None:
    module = function_of()
    module.imports.append(Import("a", "b", FunctionTypeUse(0)))
    assert decode(encode(module)) == module


def test_names_of_a_text_get_a_section() -> None:
    module = function_of()
    module.names = Names(functions={0: "main"})
    again = decode(encode(module))
    assert again.names == module.names
    assert [custom.name for custom in again.customs] == ["name"]


def test_names_that_changed_are_written_anew(module_of: Callable[..., bytes]) -> None:
    data = module_of((0, b"\x04name" + bytes.fromhex("00 02 01 6d 63 01 00")), (0, b"\x01z"))
    module = decode(data)
    assert encode(module) == data
    module.names.module = "other"
    again = decode(encode(module))
    assert again.names == Names(module="other")
    assert [custom.name for custom in again.customs] == ["name", "z"]
    module.names = Names()
    assert [custom.name for custom in decode(encode(module)).customs] == ["z"]


def test_only_the_last_name_section_counts(module_of: Callable[..., bytes]) -> None:
    first, second = (b"\x04name" + bytes.fromhex(text) for text in ("00 02 01 61", "00 02 01 62"))
    data = module_of((0, first), (0, second))
    module = decode(data)
    assert module.names.module == "b"
    assert encode(module) == data


def test_a_malformed_name_section_is_kept(module_of: Callable[..., bytes]) -> None:
    data = module_of((0, b"\x04name" + bytes.fromhex("00 02 01 6d 01 ff")))
    assert encode(decode(data)) == data


def test_an_empty_section_is_written_only_before_a_custom_one(
    module_of: Callable[..., bytes],
) -> None:
    kept = module_of((1, b"\x00"), (0, b"\x01a"))
    assert encode(decode(kept)) == kept
    assert encode(decode(module_of((1, b"\x00")))) == module_of()
    module = Module(customs=[CustomSection("a", b"", after=8)])
    assert encode(module) == module_of((0, b"\x01a"))


def test_encoding_leaves_the_module_alone(full_module: Module) -> None:
    before = deepcopy(full_module)
    encode(full_module)
    assert full_module == before


def test_errors_of_the_decoder_have_one_root(module_of: Callable[..., bytes]) -> None:
    with pytest.raises(WasmError):
        decode(module_of((99, b"")))
