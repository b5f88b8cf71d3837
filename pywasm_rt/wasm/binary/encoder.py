"""A module in its binary form (specification, binary format, "Modules").

The encoder writes every integer as short as possible and leaves out empty sections, as compilers
do: what they wrote comes back byte for byte (but for integers that a linker has padded).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

from pywasm_rt.wasm.binary import types
from pywasm_rt.wasm.binary.branch_hints import (
    BRANCH_HINTS,
    decode_branch_hints,
    encode_branch_hints,
)
from pywasm_rt.wasm.binary.expressions import ExpressionWriter
from pywasm_rt.wasm.binary.leb128 import unsigned
from pywasm_rt.wasm.binary.local_types import runs_of
from pywasm_rt.wasm.binary.names import NAME_SECTION, decode_names, encode_names, write_name
from pywasm_rt.wasm.binary.segments import write_data_segment, write_element_segment
from pywasm_rt.wasm.module import (
    CustomSection,
    Export,
    Function,
    Global,
    Import,
    Module,
    Names,
    Table,
)
from pywasm_rt.wasm.types import (
    ExternKind,
    ExternType,
    FunctionTypeUse,
    GlobalType,
    MemoryType,
    TableType,
)

__all__ = ["encode"]

_HEADER = b"\0asm\x01\0\0\0"
_CODE_SECTION = 10
# An empty section is written only if a custom section is to follow it.
_EMPTY = dict.fromkeys((1, 2, 3, 4, 5, 13, 6, 7, 9, _CODE_SECTION, 11), b"\x00")
_ORDER = (1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, _CODE_SECTION, 11)


def encode(module: Module) -> bytes:
    """The bytes of a module; :func:`~pywasm_rt.wasm.binary.decode` gives an equal module again.

    A data count section is written if the module had one or its code needs it. Custom sections
    keep their places. The name section is written anew if ``module.names`` is not what the module's
    own name section says, and branch hints always.
    """
    code = _Code()
    bodies = code.bodies(module)
    sections = _sections(module, code, bodies)
    customs = _customs(module, code.offsets)
    out = [_HEADER, *_custom_sections(customs, 0)]
    hints_left = module.branch_hints and all(custom.name != BRANCH_HINTS for custom in customs)
    for section_id in _ORDER:
        if section_id == _CODE_SECTION and hints_left:
            content = encode_branch_hints(module.branch_hints, code.offsets)
            out.append(_section(0, write_name(BRANCH_HINTS) + content))
        content = sections[section_id]
        if not content and any(custom.after == section_id for custom in customs):
            content = _EMPTY.get(section_id, b"")
        if content:
            out.append(_section(section_id, content))
        out += _custom_sections(customs, section_id)
    if module.names != Names() and all(custom.name != NAME_SECTION for custom in customs):
        out.append(_section(0, write_name(NAME_SECTION) + encode_names(module.names)))
    return b"".join(out)


@dataclass(slots=True)
class _Code:
    """Writes function bodies; ``offsets`` are those of instructions that branch hints name."""

    expressions: ExpressionWriter = field(default_factory=ExpressionWriter)
    offsets: dict[int, list[int]] = field(default_factory=dict)

    def bodies(self, module: Module) -> list[bytes]:
        """Each function's size, locals and code."""
        first = len(module.imported(ExternKind.FUNCTION))
        return [
            self._body(function, first + number, module)
            for number, function in enumerate(module.functions)
        ]

    def _body(self, function: Function, function_index: int, module: Module) -> bytes:
        runs = runs_of(function.locals)
        groups = [unsigned(count) + types.write_value_type(kind) for count, kind in runs]
        head = unsigned(len(groups)) + b"".join(groups)
        chunks = self.expressions.chunks(function.body)
        if function_index in module.branch_hints:
            sizes = map(len, chunks)
            self.offsets[function_index] = list(accumulate(sizes, initial=len(head)))
        body = head + b"".join(chunks)
        return unsigned(len(body)) + body


def _sections(module: Module, code: _Code, bodies: list[bytes]) -> dict[int, bytes]:
    """The content of each section by its id, empty where there is none."""
    # Asked before expressions outside of code are written: only code needs a data count.
    count_data = module.data_count is not None or code.expressions.names_data
    write = code.expressions.write
    return {
        1: _list(map(types.write_recursive_type, module.recursive_types)),
        2: _list(map(_import, module.imports)),
        3: _list(unsigned(function.type_index) for function in module.functions),
        4: _list(_table(table, code.expressions) for table in module.tables),
        5: _list(map(types.write_memory_type, module.memories)),
        13: _list(map(types.write_tag_type, module.tags)),
        6: _list(_global(item, code.expressions) for item in module.globals),
        7: _list(map(_export, module.exports)),
        8: b"" if module.start is None else unsigned(module.start),
        9: _list(write_element_segment(segment, write) for segment in module.elements),
        12: unsigned(len(module.datas)) if count_data else b"",
        _CODE_SECTION: _list(bodies),
        11: _list(write_data_segment(segment, write) for segment in module.datas),
    }


def _list(items: Iterable[bytes]) -> bytes:
    """A count and the items; nothing for no items."""
    parts = list(items)
    return unsigned(len(parts)) + b"".join(parts) if parts else b""


def _section(section_id: int, content: bytes) -> bytes:
    return bytes((section_id,)) + unsigned(len(content)) + content


def _import(item: Import) -> bytes:
    kind = bytes((item.kind.value,))
    return write_name(item.module) + write_name(item.name) + kind + _extern_type(item.type)


def _extern_type(kind: ExternType) -> bytes:
    if isinstance(kind, FunctionTypeUse):
        return unsigned(kind.type_index)
    if isinstance(kind, TableType):
        return types.write_table_type(kind)
    if isinstance(kind, MemoryType):
        return types.write_memory_type(kind)
    if isinstance(kind, GlobalType):
        return types.write_global_type(kind)
    return types.write_tag_type(kind)


def _table(table: Table, expressions: ExpressionWriter) -> bytes:
    if table.initial is None:
        return types.write_table_type(table.type)
    return b"\x40\x00" + types.write_table_type(table.type) + expressions.write(table.initial)


def _global(item: Global, expressions: ExpressionWriter) -> bytes:
    return types.write_global_type(item.type) + expressions.write(item.initial)


def _export(item: Export) -> bytes:
    return write_name(item.name) + bytes((item.kind.value,)) + unsigned(item.index)


def _customs(module: Module, offsets: dict[int, list[int]]) -> list[CustomSection]:
    """The custom sections, with those that the module holds in another form brought up to date."""
    last = {custom.name: number for number, custom in enumerate(module.customs)}
    customs = []
    for number, custom in enumerate(module.customs):
        data: bytes | None = custom.data
        if last[custom.name] == number and custom.name == NAME_SECTION:
            data = _name_section(module, custom.data)
        elif last[custom.name] == number and custom.name == BRANCH_HINTS:
            data = _branch_hint_section(module, custom.data, offsets)
        if data is not None:
            customs.append(CustomSection(custom.name, data, custom.after))
    return customs


def _name_section(module: Module, data: bytes) -> bytes | None:
    """``data`` if it says what ``module.names`` says, else its replacement."""
    if decode_names(data) == module.names:
        return data
    return encode_names(module.names) if module.names != Names() else None


def _branch_hint_section(
    module: Module, data: bytes, offsets: dict[int, list[int]]
) -> bytes | None:
    if module.branch_hints:
        return encode_branch_hints(module.branch_hints, offsets)
    return None if decode_branch_hints(data, module) else data


def _custom_sections(customs: list[CustomSection], after: int) -> list[bytes]:
    return [
        _section(0, write_name(custom.name) + custom.data)
        for custom in customs
        if custom.after == after
    ]
