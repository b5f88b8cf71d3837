"""Element and data segments in the text format, inline ones included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pywasm_rt.wasm.instructions.instruction import Instruction
from pywasm_rt.wasm.module import (
    DataMode,
    DataSegment,
    ElementMode,
    ElementSegment,
    Expression,
)
from pywasm_rt.wasm.text.context import index_in
from pywasm_rt.wasm.text.types import is_value_type, reference_type
from pywasm_rt.wasm.types import AbstractHeapType, ReferenceType

if TYPE_CHECKING:
    from pywasm_rt.wasm.text.module import ModuleParser

__all__ = ["SegmentParser"]

_FUNCTIONS = ReferenceType(nullable=False, heap=AbstractHeapType.FUNC)


class SegmentParser:
    """Reads segments into the module of a :class:`~pywasm_rt.wasm.text.module.ModuleParser`."""

    def __init__(self, parser: ModuleParser) -> None:
        self.parser = parser

    def element(self, position: int) -> None:
        """Read the rest of ``(elem ...)``."""
        parser, cursor = self.parser, self.parser.cursor
        cursor.identifier()
        parser.name_annotation("elem", len(parser.module.elements))
        mode: ElementMode | str = "passive"
        bare = False
        if cursor.accept_word("declare"):
            mode = "declarative"
        elif cursor.opens("table") or (cursor.kind() == "(" and not is_value_type(cursor)):
            bare = not cursor.opens("table")
            mode = ElementMode(self._use("table"), self._offset())
        type_, items = self._elements(bare=bare)
        parser.module.elements.append(ElementSegment(type_, items, mode, None, position))

    def _use(self, word: str) -> int:
        """Read ``(table x)`` or ``(memory x)`` if it comes next; 0 without it."""
        cursor = self.parser.cursor
        if not cursor.enter(word):
            return 0
        index = index_in(self.parser.context.spaces[word], cursor)
        cursor.close()
        return index

    def _offset(self) -> Expression:
        """Read ``(offset instruction*)`` or one folded instruction."""
        cursor = self.parser.cursor
        if cursor.enter("offset"):
            offset: Expression = self.parser.constant()
            cursor.close()
            return offset
        single: Expression = self.parser.constant(single=True)
        return single

    def _elements(self, *, bare: bool) -> tuple[ReferenceType, list[Expression]]:
        """Read an element list; ``bare`` allows function indices without a word before them."""
        cursor = self.parser.cursor
        if cursor.accept_word("func") or (bare and not is_value_type(cursor)):
            return _FUNCTIONS, self._function_items()
        type_ = reference_type(cursor, self.parser.context)
        return type_, self._expression_items()

    def _function_items(self) -> list[Expression]:
        cursor = self.parser.cursor
        rows = self.parser.instructions.by_mnemonic
        end = Instruction(rows["end"])
        items: list[Expression] = []
        while cursor.kind() in ("id", "number"):
            position = cursor.position()
            index = index_in(self.parser.context.spaces["func"], cursor)
            items.append(
                Expression([Instruction(rows["ref.func"], (index,)), end], [position, position])
            )
        return items

    def _expression_items(self) -> list[Expression]:
        cursor = self.parser.cursor
        items: list[Expression] = []
        while cursor.kind() == "(":
            if cursor.enter("item"):
                items.append(self.parser.constant())
                cursor.close()
            else:
                items.append(self.parser.constant(single=True))
        return items

    def inline_elements(
        self, table_index: int, type_: ReferenceType, position: int, *, is_64: bool
    ) -> int:
        """Read ``(elem ...)`` inside a table's definition; the number of elements."""
        cursor = self.parser.cursor
        cursor.expect("elem")
        items = self._expression_items() if cursor.kind() == "(" else self._function_items()
        cursor.close()
        mode = ElementMode(table_index, self._zero(position, is_64=is_64))
        self.parser.module.elements.append(ElementSegment(type_, items, mode, None, position))
        return len(items)

    def _zero(self, position: int, *, is_64: bool) -> Expression:
        rows = self.parser.instructions.by_mnemonic
        zero = Instruction(rows["i64.const" if is_64 else "i32.const"], (0,))
        return Expression([zero, Instruction(rows["end"])], [position, position])

    def data(self, position: int) -> None:
        """Read the rest of ``(data ...)``."""
        parser, cursor = self.parser, self.parser.cursor
        cursor.identifier()
        parser.name_annotation("data", len(parser.module.datas))
        mode: DataMode | None = None
        if cursor.kind() == "(":
            memory_index = self._use("memory")
            mode = DataMode(memory_index, self._offset())
        parser.module.datas.append(DataSegment(self._strings(), mode, None, position))

    def _strings(self) -> bytes:
        cursor = self.parser.cursor
        parts: list[bytes] = []
        while cursor.kind() == "string":
            parts.append(cursor.string())
        return b"".join(parts)

    def inline_data(
        self, memory_index: int, position: int, page_size_log2: int, *, is_64: bool
    ) -> int:
        """Read ``(data ...)`` inside a memory's definition; the pages that it fills."""
        cursor = self.parser.cursor
        cursor.expect("data")
        data = self._strings()
        cursor.close()
        mode = DataMode(memory_index, self._zero(position, is_64=is_64))
        self.parser.module.datas.append(DataSegment(data, mode, None, position))
        return -(-len(data) >> page_size_log2)
