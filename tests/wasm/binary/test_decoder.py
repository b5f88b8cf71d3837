"""Modules from bytes, and every way in which they can be malformed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.errors import ByteOffset, DecodeError, UnsupportedFeature, WasmError
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.binary.decoder import MAX_LOCALS
from pywasm_rt.wasm.features import DEFAULT, WASM_1, WASM_2, Features
from pywasm_rt.wasm.instructions import INSTRUCTIONS, Instruction
from pywasm_rt.wasm.instructions.row import row
from pywasm_rt.wasm.module import CustomSection, Module
from pywasm_rt.wasm.types import (
    F64,
    I32,
    I64,
    ExternKind,
    FunctionTypeUse,
    GlobalType,
    Limits,
    MemoryType,
    TagType,
)

HEADER = b"\0asm\x01\0\0\0"
TYPE = "01 04 01 60 00 00"
FUNCTION = "03 02 01 00"
MEMORY = "05 03 01 00 01"
CODE = "0a 04 01 02 00 0b"


def decode_hex(text: str, features: Features = DEFAULT) -> object:
    return decode(HEADER + bytes.fromhex(text), features)


def test_the_smallest_module() -> None:
    module = decode(HEADER)
    assert module.types == []
    assert encode(module) == HEADER
    assert decode(bytearray(HEADER)) == decode(memoryview(HEADER)) == module


def test_sections_are_read(module_of: Callable[..., bytes]) -> None:
    data = module_of(
        (1, bytes.fromhex("02 60 00 00 60 02 7f 7c 01 7e")),
        (2, bytes.fromhex("03 01 6d 01 66 00 01 01 6d 01 67 03 7f 01 01 6d 01 74 04 00 00")),
        (3, bytes.fromhex("01 00")),
        (4, bytes.fromhex("02 70 00 03 40 00 70 01 01 02 d0 70 0b")),
        (5, bytes.fromhex("01 01 01 02")),
        (13, bytes.fromhex("01 00 00")),
        (6, bytes.fromhex("01 7e 00 42 05 0b")),
        (7, bytes.fromhex("01 01 65 02 00")),
        (8, bytes.fromhex("01")),
        (9, bytes.fromhex("01 00 41 00 0b 01 01")),
        (12, bytes.fromhex("01")),
        (10, bytes.fromhex("01 04 01 02 7f 0b")),
        (11, bytes.fromhex("01 01 02 61 62")),
    )
    module = decode(data)
    assert str(module.types[1].composite) == "[i32 f64] -> [i64]"
    assert [item.kind.name for item in module.imports] == ["FUNCTION", "GLOBAL", "TAG"]
    assert module.imports[0].type == FunctionTypeUse(1)
    assert module.imports[1].type == GlobalType(I32, mutable=True)
    assert (module.imports[0].module, module.imports[0].name) == ("m", "f")
    assert module.tables[0].initial is None
    assert module.tables[1].initial is not None
    assert module.tables[1].type.limits == Limits(1, 2)
    assert module.memories == [MemoryType(Limits(1, 2))]
    assert module.tags == [TagType(0)]
    assert module.globals[0].type == GlobalType(I64)
    assert module.globals[0].initial.instructions[0].immediates == (5,)
    assert (module.exports[0].kind, module.exports[0].index) == (ExternKind.MEMORY, 0)
    assert module.start == 1
    assert module.data_count == 1
    assert module.datas[0].data == b"ab"
    assert tuple(module.functions[0].locals) == (I32, I32)
    assert encode(module) == data


def test_positions_are_offsets(code_module: Callable[..., bytes]) -> None:
    data = code_module(bytes.fromhex("41 80 01 1a 0b"))
    function = decode(data).functions[0]
    assert data[function.position] == 0x00
    assert [data[place] for place in function.body.positions] == [0x41, 0x1A, 0x0B]


def test_customs_keep_their_places(module_of: Callable[..., bytes]) -> None:
    data = module_of((0, b"\x01a1"), (1, b"\x00"), (0, b"\x01b"), (0, b"\x01c2"))
    assert decode(data).customs == [
        CustomSection("a", b"1", 0),
        CustomSection("b", b"", 1),
        CustomSection("c", b"2", 1),
    ]
    assert decode(data).customs[1].position == data.index(b"\x00\x02\x01b")


@pytest.mark.parametrize(
    ("written", "message", "offset"),
    [
        ("", "unexpected end", 0),
        ("00 61 73", "unexpected end", 3),
        ("00 61 73 6e 01 00 00 00", "magic header not detected", 0),
        ("00 61 73 6d 01 00 00", "unexpected end", 7),
        ("00 61 73 6d 0d 00 01 00", "unknown binary version 0d 00 01 00", 4),
    ],
)
def test_malformed_headers(written: str, message: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(bytes.fromhex(written))
    assert caught.value.message == message
    assert caught.value.where == ByteOffset(offset)


@pytest.mark.parametrize(
    ("sections", "message", "offset", "inside"),
    [
        ("0e 00", "malformed section id 14", 8, ""),
        ("80 00", "malformed section id 128", 8, ""),
        ("01 05 00", "length out of bounds", 9, ""),
        ("01 80 80 80 80 80 00", "integer representation too long", 9, ""),
        ("00 00", "unexpected end of section or function", 10, "custom section"),
        ("00 02 05 61", "length out of bounds", 10, "custom section"),
        ("00 02 01 ff", "malformed UTF-8 encoding", 11, "custom section"),
        (TYPE + TYPE, "unexpected content after last section: type section out of order", 14, ""),
        (MEMORY + TYPE, "unexpected content after last section: type section out of order", 13, ""),
        ("01 05 01 60 00 00 00", "section size mismatch: 1 bytes left", 14, "type section"),
        ("01 03 01 60 00", "unexpected end of section or function", 13, "type section"),
        ("02 06 01 01 6d 01 66 05", "malformed import kind 0x05", 15, "import section"),
        ("02 08 01 01 6d 01 67 03 7f 02", "malformed mutability 0x02", 17, "import section"),
        ("02 04 01 02 61 ff", "malformed UTF-8 encoding", 13, "import section"),
        ("07 05 01 01 61 05 00", "malformed export kind 0x05", 13, "export section"),
        ("04 04 01 70 10 00", "malformed limits flags 0x10", 12, "table section"),
        ("04 04 01 7f 00 00", "malformed reference type i32", 11, "table section"),
        ("04 06 01 40 01 70 00 00", "zero byte expected", 12, "table section"),
        ("06 05 01 7f 00 41 00", "unexpected end of section or function", 15, "global section"),
        ("06 05 01 7f 02 41 00", "malformed mutability 0x02", 12, "global section"),
        ("08 02 00 00", "section size mismatch: 1 bytes left", 11, "start section"),
        ("0d 03 01 01 00", "malformed tag attribute", 11, "tag section"),
        (
            TYPE + FUNCTION,
            "function and code section have inconsistent lengths: 1 declared, 0 bodies",
            18,
            "",
        ),
        (
            CODE,
            "function and code section have inconsistent lengths: 0 declared, 1 bodies",
            11,
            "code section",
        ),
        (
            "0c 01 01",
            "data count and data section have inconsistent lengths: 1 announced, 0 segments",
            11,
            "",
        ),
        (
            TYPE + FUNCTION + "0a 08 01 06 00 fc 09 00 0b 0b",
            "data count section required by data.drop",
            23,
            "function 0",
        ),
        (
            TYPE + FUNCTION + "0a 06 01 05 00 41 00 0b",
            "unexpected end of section or function",
            26,
            "code section",
        ),
        (
            TYPE + FUNCTION + "0a 05 01 03 00 0b 0b",
            "section size mismatch: 1 bytes left",
            24,
            "function 0",
        ),
        (TYPE + FUNCTION + "0a 05 01 03 00 f6 0b", "illegal opcode f6", 23, "function 0"),
        (
            TYPE + FUNCTION + "0a 0a 01 08 01 d1 86 03 7f 41 00 0b",
            "too many locals: 50001, and 50000 are possible here",
            23,
            "function 0",
        ),
        (
            TYPE + FUNCTION + "0a 11 01 0f 02 ff ff ff ff 0f 7f 02 7e 0b",
            "length out of bounds",
            19,
            "",
        ),
        (
            TYPE + FUNCTION + "0a 0c 01 0a 02 ff ff ff ff 0f 7f 02 7e 0b",
            "too many locals: 4294967295, and 50000 are possible here",
            23,
            "function 0",
        ),
    ],
)
def test_malformed_sections(sections: str, message: str, offset: int, inside: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_hex(sections)
    assert caught.value.message == message
    assert caught.value.where == ByteOffset(offset, inside)


@pytest.mark.parametrize(
    ("sections", "features", "feature"),
    [
        ("0d 01 00", WASM_2, "exceptions"),
        ("02 08 01 01 6d 01 74 04 00 00", WASM_2, "exceptions"),
        ("0c 01 00", WASM_1, "bulk-memory"),
        ("02 08 01 01 6d 01 67 03 7f 01", WASM_1.with_(mutable_globals=False), "mutable-globals"),
        ("04 09 01 40 00 70 00 00 d0 70 0b", WASM_2, "function-references"),
        ("05 03 01 04 01", WASM_2, "memory64"),
        ("05 04 01 03 01 01", DEFAULT, "threads"),
    ],
)
def test_sections_of_proposals_that_are_off(
    sections: str, features: Features, feature: str
) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        decode_hex(sections, features)
    assert caught.value.feature == feature
    assert isinstance(caught.value.where, ByteOffset)


def test_many_locals_cost_little(code_module: Callable[..., bytes]) -> None:
    data = bytearray(code_module(b"\x0b"))
    # One function of 49,999 i32 and one f64.
    data[-5:] = bytes.fromhex("0a 0a 01 08 02 cf 86 03 7f 01 7c 0b")[1:]
    data = data[: data.index(b"\x0a")] + bytes.fromhex("0a 0a 01 08 02 cf 86 03 7f 01 7c 0b")
    function = decode(data).functions[0]
    assert len(function.locals) == MAX_LOCALS
    assert (function.locals[0], function.locals[-1]) == (I32, F64)
    assert encode(decode(data)) == data


def test_runs_of_locals_are_kept(code_module: Callable[..., bytes]) -> None:
    start = code_module(b"\x0b")[:18]
    data = start + bytes.fromhex("0a 0a 01 08 03 01 7f 00 7e 01 7f 0b")
    function = decode(data).functions[0]
    assert function.locals == (I32, I32)
    assert encode(decode(data)) == data


def test_lengths_that_cannot_be_true_fail_at_once() -> None:
    huge = "ff ff ff ff 0f"
    began = time.perf_counter()
    for section in (1, 2, 3, 4, 5, 6, 7, 9, 11, 13):
        with pytest.raises(DecodeError, match="unexpected end of section or function"):
            decode_hex(f"{section:02x} 05 {huge}")
    with pytest.raises(DecodeError, match=r"function and code section|unexpected end"):
        decode_hex(f"0a 05 {huge}")
    assert time.perf_counter() - began < 1


def test_names_and_hints_are_read_from_customs(module_of: Callable[..., bytes]) -> None:
    module = decode(module_of((0, b"\x04name" + bytes.fromhex("00 02 01 6d"))))
    assert module.names.module == "m"
    assert module.customs == [CustomSection("name", bytes.fromhex("00 02 01 6d"))]


def test_an_instruction_set_with_one_more(code_module: Callable[..., bytes]) -> None:
    triple = row(0x27, "i32.triple", "i32 -> i32", "", "op-imul", "Multiplies by three.")
    data = code_module(bytes.fromhex("41 05 27 1a 0b"))
    module = decode(data, instructions=INSTRUCTIONS.with_rows(triple))
    assert module.functions[0].body.instructions[1] == Instruction(triple)
    assert encode(module) == data
    with pytest.raises(DecodeError, match="illegal opcode 27"):
        decode(data)


# The official suite's binary modules, cut out of the scripts without a parser of scripts.
_TOKEN = re.compile(r'\(;(?:[^;(]|;(?!\))|\((?!;))*;\)|;;[^\n]*|"(?:[^"\\]|\\.)*"|[()]|[^\s()";]+')
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{2})|u\{([0-9a-fA-F]+)\}|(.))")
_NAMED = {"n": "\n", "t": "\t", "r": "\r"}


def _forms(text: str) -> list[list[object]]:
    stack: list[list[object]] = [[]]
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token == "(":
            stack.append([])
        elif token == ")":
            form = stack.pop()
            stack[-1].append(form)
        elif not token.startswith((";;", "(;")):
            stack[-1].append(token)
    return [form for form in stack[0] if isinstance(form, list)]


def _string(token: str) -> bytes:
    def unescape(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2]:
            return chr(int(match[2], 16)).encode().decode("latin-1")
        return _NAMED.get(match[3], match[3])

    plain = token[1:-1].encode().decode("latin-1")
    return _ESCAPE.sub(unescape, plain).encode("latin-1")


def _binary_modules(path: Path) -> Iterator[tuple[str, bytes, str]]:
    """Command, bytes and expected message ("" for none) of each binary module in a script."""
    for form in _forms(path.read_text(encoding="utf-8")):
        nested = [part for part in form if isinstance(part, list) and part[:1] == ["module"]]
        module = form if form[0] == "module" else nested[0] if nested else []
        if "binary" not in module[:4]:
            continue
        strings = [part for part in module if isinstance(part, str) and part.startswith('"')]
        expected = form[-1] if module is not form and isinstance(form[-1], str) else '""'
        yield str(form[0]), b"".join(map(_string, strings)), _string(expected).decode()


def test_the_official_suite_agrees(suites: Path) -> None:
    counts = {"module": 0, "assert_malformed": 0, "assert_invalid": 0}
    for path in sorted((suites / "spec" / "core").rglob("*.wast")):
        text = path.read_bytes()
        if b"module binary" not in text and b" binary" not in text:
            continue
        for command, data, expected in _binary_modules(path):
            counts[command] += 1
            if command != "assert_malformed":
                module = decode(data)
                assert decode(encode(module)) == module
                continue
            with pytest.raises((DecodeError, UnsupportedFeature)) as caught:
                decode(data)
            assert caught.value.message.startswith(expected), (path.name, data.hex(" "))
            assert isinstance(caught.value.where, ByteOffset)
    assert counts["assert_malformed"] > 600
    assert counts["module"] > 70


def decoded_or_refused(data: bytes, features: Features) -> Module | None:
    """The module, or None for bytes that were refused with a place that exists."""
    refusal: WasmError
    try:
        return decode(data, features)
    except (DecodeError, UnsupportedFeature) as error:
        refusal = error
    assert isinstance(refusal.where, ByteOffset)
    assert 0 <= refusal.where.offset <= len(data)
    return None


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_mutated_modules_are_decoded_or_refused(
    everything: Features, full_module: Module, data: st.DataObject
) -> None:
    mutated = bytearray(encode(full_module))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(8, len(mutated) - 1))
        cut = data.draw(st.integers(0, 3))
        mutated[place : place + cut] = data.draw(st.binary(max_size=6))
    module = decoded_or_refused(mutated, everything)
    if module is not None:
        assert decode(encode(module), everything) == module


@given(st.binary(max_size=40))
def test_any_bytes_behind_the_header(data: bytes) -> None:
    decoded_or_refused(HEADER + data, DEFAULT)
