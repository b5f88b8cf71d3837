"""A module from its binary form (specification, binary format, "Modules")."""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.errors import DecodeError
from pywasm_rt.wasm.binary import types
from pywasm_rt.wasm.binary.branch_hints import BRANCH_HINTS, decode_branch_hints
from pywasm_rt.wasm.binary.expressions import ExpressionReader
from pywasm_rt.wasm.binary.local_types import LocalTypes, are_longest
from pywasm_rt.wasm.binary.names import NAME_SECTION, decode_names
from pywasm_rt.wasm.binary.reader import Reader
from pywasm_rt.wasm.binary.sections import read_section
from pywasm_rt.wasm.binary.segments import read_data_segment, read_element_segment
from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.instructions.instruction_set import InstructionSet
from pywasm_rt.wasm.instructions.table import INSTRUCTIONS
from pywasm_rt.wasm.module import CustomSection, Export, Function, Global, Import, Module, Table
from pywasm_rt.wasm.types import ExternKind, ExternType, FunctionTypeUse, ValueType

__all__ = ["MAX_LOCALS", "decode"]

MAX_LOCALS = 50_000
"""How many locals a function may declare here; the specification allows 2**32 - 1."""

_MAGIC = b"\0asm"
_VERSION = b"\x01\0\0\0"
_LARGEST_MODULE_BYTES = 0xFFFF_FFFF
_TABLE_WITH_INITIAL = 0x40
_MANY_LOCALS = 200


def decode(
    data: bytes, features: Features = DEFAULT, instructions: InstructionSet = INSTRUCTIONS
) -> Module:
    """The module that ``data`` (any bytes-like object) encodes.

    The result is well-formed, but not yet validated. Custom sections are kept; ``name`` and
    ``metadata.code.branch_hint`` are also read, and ignored where they are malformed.

    Raises:
        DecodeError: ``data`` is malformed; ``where`` is the byte offset.
        UnsupportedFeature: ``data`` uses a proposal that ``features`` switches off.
    """
    if len(data) > _LARGEST_MODULE_BYTES:
        raise DecodeError("length out of bounds: a module of 4 GiB or more")
    return _ModuleDecoder(features, instructions).decode(Reader(bytes(data)))


class _ModuleDecoder:
    """The state of decoding: the module so far, and what sections must agree about."""

    def __init__(self, features: Features, instructions: InstructionSet) -> None:
        self.features = features
        self.instructions = instructions
        self.module = Module()
        self.expressions = ExpressionReader(features, instructions)
        self.function_types: list[int] = []

    def decode(self, reader: Reader) -> Module:
        _read_header(reader)
        order = last = 0
        while reader.remaining:
            start = reader.position
            section_id = reader.byte()
            if section_id == 0:
                self._custom(read_section(reader, "custom section"), last, start)
                continue
            section = _SECTIONS.get(section_id)
            if section is None:
                raise reader.error(f"malformed section id {section_id}", start)
            name, place, read = section
            if place <= order:
                message = f"unexpected content after last section: {name} section out of order"
                raise reader.error(message, start)
            window = read_section(reader, f"{name} section")
            read(self, window)
            if window.remaining:
                raise window.error(f"section size mismatch: {window.remaining} bytes left")
            order, last = place, section_id
        self._check_lengths(reader)
        self._read_customs()
        return self.module

    def _check_lengths(self, reader: Reader) -> None:
        module = self.module
        if len(module.functions) != len(self.function_types):
            raise self._inconsistent_lengths(reader, len(module.functions))
        if module.data_count is not None and module.data_count != len(module.datas):
            raise reader.error(
                "data count and data section have inconsistent lengths: "
                f"{module.data_count} announced, {len(module.datas)} segments"
            )

    def _inconsistent_lengths(self, reader: Reader, bodies: int) -> DecodeError:
        return reader.error(
            "function and code section have inconsistent lengths: "
            f"{len(self.function_types)} declared, {bodies} bodies"
        )

    def _custom(self, reader: Reader, after: int, position: int) -> None:
        name = reader.name()
        data = reader.raw(reader.remaining)
        self.module.customs.append(CustomSection(name, data, after, position))

    def _read_customs(self) -> None:
        for custom in self.module.customs:
            if custom.name == NAME_SECTION:
                self.module.names = decode_names(custom.data)
            elif custom.name == BRANCH_HINTS:
                self.module.branch_hints = decode_branch_hints(custom.data, self.module)

    def types_section(self, reader: Reader) -> None:
        for _ in range(reader.count()):
            self.module.recursive_types.append(types.recursive_type(reader, self.features))

    def imports_section(self, reader: Reader) -> None:
        for _ in range(reader.count()):
            start = reader.position
            module, name = reader.name(), reader.name()
            self.module.imports.append(Import(module, name, self._extern_type(reader), start))

    def _extern_type(self, reader: Reader) -> ExternType:
        start = reader.position
        kind = self._extern_kind(reader, "import")
        if kind is ExternKind.FUNCTION:
            return FunctionTypeUse(reader.u32())
        if kind is ExternKind.TABLE:
            return types.table_type(reader, self.features)
        if kind is ExternKind.MEMORY:
            return types.memory_type(reader, self.features)
        if kind is ExternKind.TAG:
            return types.tag_type(reader)
        global_type = types.global_type(reader, self.features)
        if global_type.mutable:
            what = "an import of a mutable global"
            self.features.require("mutable_globals", what, reader.where(start))
        return global_type

    def _extern_kind(self, reader: Reader, what: str) -> ExternKind:
        start = reader.position
        code = reader.byte()
        if code > ExternKind.TAG.value:
            raise reader.error(f"malformed {what} kind 0x{code:02x}", start)
        kind = ExternKind(code)
        if kind is ExternKind.TAG:
            message = f"malformed {what} kind 0x04: a tag"
            self.features.require("exceptions", message, reader.where(start))
        return kind

    def functions_section(self, reader: Reader) -> None:
        self.function_types = [reader.u32() for _ in range(reader.count())]

    def tables_section(self, reader: Reader) -> None:
        for _ in range(reader.count()):
            start = reader.position
            initial = None
            if reader.peek() != _TABLE_WITH_INITIAL:
                table_type = types.table_type(reader, self.features)
            else:
                what = "malformed reference type: a table with an initial value"
                self.features.require("function_references", what, reader.where(start))
                reader.byte()
                if reader.byte() != 0:
                    raise reader.error("zero byte expected", start + 1)
                table_type = types.table_type(reader, self.features)
                initial = self.expressions.read(reader)
            self.module.tables.append(Table(table_type, initial, start))

    def memories_section(self, reader: Reader) -> None:
        for _ in range(reader.count()):
            self.module.memories.append(types.memory_type(reader, self.features))

    def tags_section(self, reader: Reader) -> None:
        what = "malformed section id 13: a tag section"
        self.features.require("exceptions", what, reader.where())
        for _ in range(reader.count()):
            self.module.tags.append(types.tag_type(reader))

    def globals_section(self, reader: Reader) -> None:
        for _ in range(reader.count()):
            start = reader.position
            global_type = types.global_type(reader, self.features)
            self.module.globals.append(Global(global_type, self.expressions.read(reader), start))

    def exports_section(self, reader: Reader) -> None:
        for _ in range(reader.count()):
            start = reader.position
            name = reader.name()
            kind = self._extern_kind(reader, "export")
            self.module.exports.append(Export(name, kind, reader.u32(), start))

    def start_section(self, reader: Reader) -> None:
        self.module.start_position = reader.position
        self.module.start = reader.u32()

    def elements_section(self, reader: Reader) -> None:
        for _ in range(reader.count()):
            segment = read_element_segment(reader, self.features, self.expressions)
            self.module.elements.append(segment)

    def data_count_section(self, reader: Reader) -> None:
        self.features.require("bulk_memory", "a data count section", reader.where())
        self.module.data_count = reader.u32()

    def code_section(self, reader: Reader) -> None:
        has_data_count = self.module.data_count is not None
        self.expressions = ExpressionReader(
            self.features, self.instructions, has_data_count=has_data_count
        )
        count = reader.count()
        if count > len(self.function_types):
            raise self._inconsistent_lengths(reader, count)
        first = len(self.module.imported(ExternKind.FUNCTION))
        for number, type_index in enumerate(self.function_types[:count]):
            body = reader.window(reader.u32(), f"function {first + number}")
            self.module.functions.append(self._function(body, type_index))

    def _function(self, reader: Reader, type_index: int) -> Function:
        start = reader.position
        local_types = self._locals(reader)
        body = self.expressions.read(reader)
        if reader.remaining:
            raise reader.error(f"section size mismatch: {reader.remaining} bytes left")
        return Function(type_index, local_types, body, start)

    def _locals(self, reader: Reader) -> LocalTypes | tuple[ValueType, ...]:
        runs: list[tuple[int, ValueType]] = []
        total = 0
        for _ in range(reader.count()):
            start = reader.position
            count = reader.u32()
            total += count
            if total > MAX_LOCALS:
                raise reader.error(
                    f"too many locals: {total}, and {MAX_LOCALS} are possible here", start
                )
            runs.append((count, types.value_type(reader, self.features)))
        if total > _MANY_LOCALS or not are_longest(runs):
            return LocalTypes(runs)
        return tuple([kind for count, kind in runs for _ in range(count)])

    def datas_section(self, reader: Reader) -> None:
        for _ in range(reader.count()):
            self.module.datas.append(read_data_segment(reader, self.features, self.expressions))


def _read_header(reader: Reader) -> None:
    if reader.raw(4) != _MAGIC:
        raise reader.error("magic header not detected", 0)
    version = reader.raw(4)
    if version != _VERSION:
        raise reader.error(f"unknown binary version {version.hex(' ')}", 4)


# Section id -> name, place in the order of sections, and how its content is read.
_SECTIONS: dict[int, tuple[str, int, Callable[[_ModuleDecoder, Reader], None]]] = {
    1: ("type", 1, _ModuleDecoder.types_section),
    2: ("import", 2, _ModuleDecoder.imports_section),
    3: ("function", 3, _ModuleDecoder.functions_section),
    4: ("table", 4, _ModuleDecoder.tables_section),
    5: ("memory", 5, _ModuleDecoder.memories_section),
    13: ("tag", 6, _ModuleDecoder.tags_section),
    6: ("global", 7, _ModuleDecoder.globals_section),
    7: ("export", 8, _ModuleDecoder.exports_section),
    8: ("start", 9, _ModuleDecoder.start_section),
    9: ("element", 10, _ModuleDecoder.elements_section),
    12: ("data count", 11, _ModuleDecoder.data_count_section),
    10: ("code", 12, _ModuleDecoder.code_section),
    11: ("data", 13, _ModuleDecoder.datas_section),
}
