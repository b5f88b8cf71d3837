"""The custom section of branch hints (proposal "branch hinting").

It says of ``if`` and ``br_if`` instructions whether the condition is likely to hold. The binary
names an instruction by its distance in bytes from the beginning of its function's locals; a module
here names it by its number.
"""

from __future__ import annotations

from bisect import bisect_left

from pywasm_rt.errors import DecodeError
from pywasm_rt.wasm.binary.leb128 import unsigned
from pywasm_rt.wasm.binary.reader import Reader
from pywasm_rt.wasm.module import BranchHint, Function, Module
from pywasm_rt.wasm.types import ExternKind

__all__ = ["BRANCH_HINTS", "decode_branch_hints", "encode_branch_hints"]

BRANCH_HINTS = "metadata.code.branch_hint"


def decode_branch_hints(data: bytes, module: Module) -> dict[int, list[BranchHint]]:
    """Hints by function index; a malformed section gives none.

    ``module`` has its functions, with positions.
    """
    hints: dict[int, list[BranchHint]] = {}
    first = len(module.imported(ExternKind.FUNCTION))
    reader = Reader(data)
    try:
        for _ in range(reader.count()):
            function_index = reader.u32()
            if not 0 <= function_index - first < len(module.functions):
                return {}
            function = module.functions[function_index - first]
            hints[function_index] = [_read_hint(reader, function) for _ in range(reader.count())]
    except DecodeError:
        return {}
    return hints


def _read_hint(reader: Reader, function: Function) -> BranchHint:
    position = function.position + reader.u32()
    size, value = reader.u32(), reader.byte()
    positions = function.body.positions
    number = bisect_left(positions, position)
    if size != 1 or value > 1 or number == len(positions) or positions[number] != position:
        raise reader.error("invalid branch hint")
    return BranchHint(number, value == 1)


def encode_branch_hints(hints: dict[int, list[BranchHint]], offsets: dict[int, list[int]]) -> bytes:
    """The content of the section.

    ``offsets`` has, for each function with hints, the distance of each of its instructions from
    the beginning of its locals, in bytes.
    """
    out = [unsigned(len(hints))]
    for function_index, entries in sorted(hints.items()):
        out += (unsigned(function_index), unsigned(len(entries)))
        for hint in sorted(entries, key=lambda entry: entry.instruction):
            offset = unsigned(offsets[function_index][hint.instruction])
            out += (offset, b"\x01", b"\x01" if hint.likely else b"\x00")
    return b"".join(out)
