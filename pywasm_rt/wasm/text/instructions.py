"""Function bodies and expressions in the text format, plain and folded, to flat code.

No form recurses: what is open is on a list, so nesting is bounded by the text's length alone.
An entry of that list is one of

``plain``      a block of the plain form, ended by ``end``
``operands``   a folded instruction whose operands are being read; emitted when it closes
``condition``  a folded ``if`` before its ``(then``
``branches``   a folded ``if`` behind its ``(then``, or a folded ``try`` behind its ``(do``
``body``       the inside of a folded block, of ``then``, ``else``, ``do`` or ``catch``
"""

from __future__ import annotations

from dataclasses import dataclass

from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.instructions.instruction import Instruction, Row
from pywasm_rt.wasm.instructions.instruction_set import InstructionSet
from pywasm_rt.wasm.module import BranchHint, Expression
from pywasm_rt.wasm.text.annotations import BRANCH_HINT, branch_hint
from pywasm_rt.wasm.text.context import FunctionContext, index_in
from pywasm_rt.wasm.text.cursor import Cursor
from pywasm_rt.wasm.text.immediates import block_type, catches, read_immediates, select_types

__all__ = ["CodeParser"]

_BLOCKS = frozenset({"block", "loop", "if", "try_table", "try"})


@dataclass(slots=True)
class _Open:
    kind: str
    keyword: str
    instruction: Instruction | None = None
    position: int = 0
    label: str | None = None
    hint: bool | None = None
    closes_label: bool = False


class CodeParser:
    """Reads instructions up to the end of the enclosing form.

    ``hints`` collects the branch hints of the body.
    """

    def __init__(
        self,
        cursor: Cursor,
        context: FunctionContext,
        instructions: InstructionSet,
        features: Features,
    ) -> None:
        self.features = features
        self.cursor = cursor
        self.context = context
        self.rows = instructions.by_mnemonic
        self.typed_select = instructions.by_identifier["select_t"]
        self.code: list[Instruction] = []
        self.positions: list[int] = []
        self.hints: list[BranchHint] = []
        self.open: list[_Open] = []
        self._known: dict[tuple[Row, tuple[object, ...]], Instruction] = {}

    def expression(self) -> Expression:
        """Read instructions until the enclosing form closes, and add the final ``end``."""
        cursor = self.cursor
        while True:
            kind = cursor.kind()
            if kind == "word":
                self._plain(cursor.word())
            elif kind == "(":
                self._open_form()
            elif not self.open and kind in (")", "end"):
                break
            elif kind == ")" and self.open[-1].kind != "plain":
                self._close_form()
            else:
                raise cursor.unexpected("expected an instruction")
        self._emit(Instruction(self.rows["end"]), cursor.position())
        return Expression(self.code, self.positions)

    def single(self) -> Expression:
        """Read exactly one folded instruction, and add the final ``end``."""
        cursor = self.cursor
        self._open_form()
        while self.open:
            kind = cursor.kind()
            if kind == "word":
                self._plain(cursor.word())
            elif kind == "(":
                self._open_form()
            elif kind == ")" and self.open[-1].kind != "plain":
                self._close_form()
            else:
                raise cursor.unexpected("expected an instruction")
        self._emit(Instruction(self.rows["end"]), cursor.position())
        return Expression(self.code, self.positions)

    # Emitting

    def _emit(self, instruction: Instruction, position: int, hint: bool | None = None) -> None:
        if hint is not None:
            self.hints.append(BranchHint(len(self.code), hint))
        self.code.append(instruction)
        self.positions.append(position)

    def _row(self, word: str) -> Row:
        row = self.rows.get(word)
        if row is None:
            raise self.cursor.unexpected("expected an instruction")
        if row.feature and not getattr(self.features, row.feature):
            self.features.require(row.feature, row.mnemonic, self.cursor.error("").where)
        return row

    def _read(self, word: str) -> Instruction:
        """Read an instruction that is no block; the cursor stands on its word."""
        row = self._row(word)
        self.cursor.index += 1
        if word == "select":
            types = select_types(self.cursor, self.context)
            if types is not None:
                return Instruction(self.typed_select, (types,))
        if not row.immediates:
            immediates: tuple[object, ...] = ()
        else:
            immediates = read_immediates(self.cursor, self.context, row)
        key = (row, immediates)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Instruction(row, immediates)
        return known

    def _read_block(self, word: str) -> tuple[Instruction, str | None]:
        """Read a block's word, label, type and handlers."""
        row = self._row(word)
        self.cursor.index += 1
        label = self.cursor.identifier()
        type_ = block_type(self.cursor, self.context)
        if word == "try_table":
            return Instruction(row, (type_, catches(self.cursor, self.context))), label
        return Instruction(row, (type_,)), label

    def _hint(self) -> bool | None:
        """The branch hint that is annotated here, if any."""
        found = self.cursor.tokens.annotations.get(self.cursor.index)
        if found is None:
            return None
        hints = [note for note in found if note.name == BRANCH_HINT]
        return branch_hint(self.cursor.tokens, hints) if hints else None

    # The plain form

    def _plain(self, word: str) -> None:
        cursor = self.cursor
        if self.open and self.open[-1].kind not in ("plain", "body"):
            raise cursor.unexpected("only folded instructions may stand here")
        position = cursor.position()
        hint = self._hint()
        if word in _BLOCKS:
            instruction, label = self._read_block(word)
            self.context.push_label(label)
            self.open.append(_Open("plain", word, label=label))
            self._emit(instruction, position, hint)
        elif word == "end":
            self._end(position)
        elif word in ("else", "catch", "catch_all"):
            self._divide(word, position)
        elif word == "delegate":
            self._delegate(position)
        else:
            self._emit(self._read(word), position, hint)

    def _innermost_plain(self, keywords: tuple[str, ...]) -> _Open:
        top = self.open[-1] if self.open else None
        if top is None or top.kind != "plain" or (keywords and top.keyword not in keywords):
            raise self.cursor.unexpected()
        return top

    def _same_label(self, block: _Open) -> None:
        begin = self.cursor.index
        name = self.cursor.identifier()
        if name is not None and name != block.label:
            raise self.cursor.error(f"mismatching label ${name}", begin)

    def _end(self, position: int) -> None:
        block = self._innermost_plain(())
        self.cursor.index += 1
        self._same_label(block)
        self.open.pop()
        self.context.labels.pop()
        self._emit(Instruction(self.rows["end"]), position)

    def _divide(self, word: str, position: int) -> None:
        """``else`` of an ``if``, ``catch`` and ``catch_all`` of a ``try``."""
        block = self._innermost_plain(("if",) if word == "else" else ("try", "catch"))
        self.cursor.index += 1
        if word == "catch":
            tag = index_in(self.context.module.spaces["tag"], self.cursor)
            self._emit(Instruction(self.rows["catch"], (tag,)), position)
        else:
            self._same_label(block)
            self._emit(Instruction(self.rows[word]), position)
        block.keyword = word

    def _delegate(self, position: int) -> None:
        self._innermost_plain(("try",))
        self.open.pop()
        self.context.labels.pop()
        self._emit(self._read("delegate"), position)

    # The folded form

    def _open_form(self) -> None:
        cursor = self.cursor
        word = cursor.opened_word()
        top = self.open[-1] if self.open else None
        if top is not None and top.kind in ("condition", "branches"):
            if word in ("then", "else", "do", "catch", "catch_all", "delegate"):
                self._open_part(top, word)
                return
            if top.kind == "branches":
                cursor.index += 1
                raise cursor.unexpected()
        position = cursor.position(cursor.index + 1)
        hint = self._hint()
        cursor.index += 1
        if cursor.kind() != "word":
            raise cursor.unexpected("expected an instruction")
        if word in _BLOCKS:
            self._open_block(word, position, hint)
        else:
            if word in ("end", "else", "catch", "catch_all", "delegate", "then", "do"):
                raise cursor.error(f"unexpected token {word}")
            instruction = self._read(word)
            self.open.append(_Open("operands", word, instruction, position, hint=hint))

    def _open_block(self, word: str, position: int, hint: bool | None) -> None:
        instruction, label = self._read_block(word)
        if word == "if":
            self.open.append(_Open("condition", word, instruction, position, label, hint))
            return
        self.context.push_label(label)
        self._emit(instruction, position, hint)
        kind = "branches" if word == "try" else "body"
        self.open.append(_Open(kind, word, label=label, closes_label=True))

    def _open_part(self, top: _Open, word: str) -> None:
        cursor = self.cursor
        follows = {
            "if": ("then",),
            "then": ("else",),
            "try": ("do",),
            "do": ("catch", "catch_all", "delegate"),
            "catch": ("catch", "catch_all"),
        }
        cursor.index += 1
        if word not in follows.get(top.keyword, ()):
            raise cursor.unexpected()
        position = cursor.position()
        cursor.index += 1
        if word == "then":
            assert top.instruction is not None
            self.context.push_label(top.label)
            self._emit(top.instruction, top.position, top.hint)
            top.kind, top.closes_label = "branches", True
        elif word == "catch":
            tag = index_in(self.context.module.spaces["tag"], cursor)
            self._emit(Instruction(self.rows["catch"], (tag,)), position)
        elif word in ("else", "catch_all"):
            self._emit(Instruction(self.rows[word]), position)
        elif word == "delegate":
            self.context.labels.pop()
            depth = self.context.label(cursor)
            self._emit(Instruction(self.rows["delegate"], (depth,)), position)
            top.closes_label = False
        top.keyword = word
        self.open.append(_Open("body", word))

    def _close_form(self) -> None:
        form = self.open.pop()
        position = self.cursor.position()
        if form.kind == "condition" or form.keyword == "try":
            raise self.cursor.unexpected(
                "expected (then" if form.keyword == "if" else "expected (do"
            )
        self.cursor.index += 1
        if form.kind == "operands":
            assert form.instruction is not None
            self._emit(form.instruction, form.position, form.hint)
        elif form.closes_label:
            self.context.labels.pop()
            self._emit(Instruction(self.rows["end"]), position)
