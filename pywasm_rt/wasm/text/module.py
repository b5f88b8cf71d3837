"""Modules in the text format.

Two passes over the fields. The first binds every name, so that anything may be used before it is
defined, and reads the types. The second reads everything else in order, adding the types that
inline signatures call for behind the written ones.
"""

from __future__ import annotations

from collections.abc import Sequence

from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.instructions.instruction_set import InstructionSet
from pywasm_rt.wasm.instructions.table import INSTRUCTIONS
from pywasm_rt.wasm.module import (
    Export,
    Expression,
    Function,
    Global,
    Import,
    Module,
    Table,
)
from pywasm_rt.wasm.text.annotations import (
    custom_section,
    name_annotation,
    name_text,
    refuse_misplaced,
)
from pywasm_rt.wasm.text.context import FunctionContext, ModuleContext, index_in
from pywasm_rt.wasm.text.cursor import Cursor
from pywasm_rt.wasm.text.instructions import CodeParser
from pywasm_rt.wasm.text.lexer import Annotation, tokenize
from pywasm_rt.wasm.text.segments import SegmentParser
from pywasm_rt.wasm.text.types import (
    Parameter,
    global_type,
    memory_type,
    page_size_log2,
    parse_type_field,
    reference_type,
    table_type,
    type_use,
    value_type,
)
from pywasm_rt.wasm.types import (
    ExternKind,
    ExternType,
    FunctionType,
    FunctionTypeUse,
    Limits,
    MemoryType,
    TableType,
    TagType,
)

__all__ = ["ModuleParser", "parse"]

_KINDS = {kind.keyword: kind for kind in ExternKind}
_LONG = {"func": "function"}


def parse(
    source: str | bytes,
    features: Features = DEFAULT,
    instructions: InstructionSet = INSTRUCTIONS,
    file: str = "",
) -> Module:
    """Parse a module: ``(module ...)``, or the fields alone.

    Raises ParseError (line, column and the line itself in ``where``) and UnsupportedFeature.
    """
    cursor = Cursor(tokenize(source, file))
    if cursor.opens("module"):
        end = cursor.tokens.closes[cursor.index]
        begin = cursor.index
        cursor.index += 2
        module = ModuleParser(cursor, end, features, instructions).parse(begin)
        if cursor.kind() != "end":
            raise cursor.unexpected("only one module is expected")
        return module
    return ModuleParser(cursor, cursor.end, features, instructions).parse(cursor.index)


class ModuleParser:
    """Parses the module whose fields end at token ``end``; the cursor stands behind its word."""

    def __init__(
        self, cursor: Cursor, end: int, features: Features, instructions: InstructionSet
    ) -> None:
        self.cursor = cursor
        self.last = end
        self.features = features
        self.instructions = instructions
        self.module = Module(is_text=True)
        self.context = ModuleContext(self.module, features)
        self.segments = SegmentParser(self)

    def parse(self, begin: int) -> Module:
        """Parse; ``begin`` is the index of the module's first token."""
        cursor, module = self.cursor, self.module
        self._check_annotations(begin)
        outer_end, cursor.end = cursor.end, self.last
        module.names.module = cursor.identifier()
        self._module_name()
        fields = cursor.index
        self._bind_names()
        cursor.index = fields
        self._read_types()
        cursor.index = fields
        while cursor.kind() != "end":
            self._custom_sections()
            self._field(cursor.opened_word())
        self._custom_sections()
        self.context.record_names()
        refuse_misplaced(cursor.tokens, begin, self.last)
        cursor.end = outer_end
        cursor.index = min(self.last + 1, outer_end)
        return module

    def _check_annotations(self, begin: int) -> None:
        """Refuse annotations anywhere in the module where they are switched off."""
        if self.features.annotations:
            return
        tokens = self.cursor.tokens
        for index, notes in tokens.annotations.items():
            if begin <= index <= self.last:
                where = tokens.location(notes[0].offset)
                self.features.require("annotations", f"@{notes[0].name}", where)

    def _module_name(self) -> None:
        notes = [n for n in self._annotations() if n.name == "name"]
        if len(notes) > 1:
            raise self.cursor.tokens.error("@name annotation: multiple module", notes[1].offset)
        for note in notes:
            self.module.names.module = name_text(self.cursor.tokens, note)

    def _annotations(self) -> Sequence[Annotation]:
        return self.cursor.tokens.annotations.get(self.cursor.index, ())

    def _custom_sections(self) -> None:
        for note in self._annotations():
            if note.name == "custom":
                section = custom_section(self.cursor.tokens, note)
                self.module.customs.append(section)

    # First pass: names and types

    def _bind_names(self) -> None:
        cursor = self.cursor
        defined = ""
        while cursor.kind() != "end":
            word = cursor.opened_word()
            end = cursor.tokens.closes[cursor.index] if cursor.kind() == "(" else -1
            begin = cursor.index
            if end < 0 or not word:
                cursor.index += int(end >= 0)
                raise cursor.unexpected("expected a module field")
            cursor.index += 2
            imported = self._bind_field(word)
            if imported and defined:
                raise cursor.error(f"import after {_LONG.get(defined, defined)}", begin)
            if not imported and word in _KINDS:
                defined = defined or word
            cursor.index = end + 1

    def _bind_field(self, word: str) -> bool:
        """Bind the names of a field (behind its word); whether it is an import."""
        cursor, spaces = self.cursor, self.context.spaces
        if word == "rec":
            while cursor.opens("type"):
                end = cursor.tokens.closes[cursor.index]
                cursor.index += 2
                spaces["type"].add(cursor, cursor.identifier())
                cursor.index = end + 1
        elif word == "import":
            cursor.string()
            cursor.string()
            kind = cursor.opened_word()
            if kind not in _KINDS:
                cursor.index += 1
                raise cursor.unexpected("expected what is imported")
            cursor.index += 2
            spaces[kind].add(cursor, cursor.identifier())
            return True
        elif word in spaces:
            spaces[word].add(cursor, cursor.identifier())
            while cursor.opens("export"):
                cursor.skip_form()
            if word in _KINDS and cursor.opens("import"):
                return True
            if word in ("table", "memory"):
                self._bind_inline_segment(word)
        return False

    def _bind_inline_segment(self, word: str) -> None:
        """An inline ``elem`` or ``data`` takes an index, too."""
        cursor = self.cursor
        segment = "elem" if word == "table" else "data"
        while cursor.kind() not in (")", "end"):
            if cursor.opens(segment):
                self.context.spaces[segment].add(cursor, None)
                return
            if cursor.kind() == "(":
                cursor.skip_form()
            else:
                cursor.index += 1

    def _read_types(self) -> None:
        cursor, context = self.cursor, self.context
        while cursor.kind() != "end":
            if cursor.opened_word() in ("type", "rec"):
                if cursor.opens("rec"):
                    self._require("gc", "a recursion group")
                context.add_group(parse_type_field(cursor, context, len(context.types)))
            else:
                cursor.skip_form()
        context.spaces["type"].count = len(context.types)

    # Second pass: the fields

    def _require(self, feature: str, what: str) -> None:
        if not getattr(self.features, feature):
            self.features.require(feature, what, self.cursor.error("").where)

    def _field(self, word: str) -> None:
        cursor = self.cursor
        if word in ("type", "rec"):
            cursor.skip_form()
            return
        end = cursor.tokens.closes[cursor.index]
        position = cursor.position()
        cursor.index += 2
        reader = {
            "import": self._import,
            "func": self._function,
            "table": self._table,
            "memory": self._memory,
            "global": self._global,
            "tag": self._tag,
            "export": self._export,
            "start": self._start,
            "elem": self.segments.element,
            "data": self.segments.data,
        }.get(word)
        if reader is None:
            cursor.index -= 1
            raise cursor.unexpected("expected a module field")
        reader(position)
        if cursor.index != end:
            raise cursor.unexpected("expected )")
        cursor.index += 1

    def name_annotation(self, word: str, index: int) -> None:
        """Note a ``@name`` annotation behind a field's identifier."""
        name = name_annotation(self.cursor)
        if name is not None:
            self.context.annotate(word, index, name)

    def _import(self, position: int) -> None:
        cursor = self.cursor
        module, name = cursor.name(), cursor.name()
        word = cursor.opened_word()
        cursor.index += 2
        cursor.identifier()
        self.name_annotation(word, len(self.module.imported(_KINDS[word])))
        self._add_import(module, name, word, position)
        cursor.close()

    def _add_import(self, module: str, name: str, word: str, position: int) -> None:
        self.module.imports.append(Import(module, name, self._extern_type(word), position))

    def _extern_type(self, word: str) -> ExternType:
        cursor, context = self.cursor, self.context
        if word == "func":
            return FunctionTypeUse(type_use(cursor, context)[0])
        if word == "table":
            return table_type(cursor, context)
        if word == "memory":
            return self._checked(memory_type(cursor, context))
        if word == "global":
            return global_type(cursor, context)
        self._require("exceptions", "a tag")
        return TagType(type_use(cursor, context)[0])

    def _checked(self, type_: MemoryType) -> MemoryType:
        if type_.shared:
            self._require("threads", "a shared memory")
        if type_.page_size_log2 != 16:
            self._require("custom_page_sizes", "a page size")
        if type_.limits.is_64:
            self._require("memory64", "a memory with 64-bit addresses")
        return type_

    def _head(self, word: str, index: int, position: int) -> bool:
        """Read identifier, inline exports and inline import; whether it was an import."""
        cursor = self.cursor
        cursor.identifier()
        self.name_annotation(word, index)
        kind = _KINDS[word]
        while cursor.opens("export"):
            place = cursor.position()
            cursor.index += 2
            self.module.exports.append(Export(cursor.name(), kind, index, place))
            cursor.close()
        if not cursor.enter("import"):
            return False
        module, name = cursor.name(), cursor.name()
        cursor.close()
        self._add_import(module, name, word, position)
        return True

    def _next_index(self, kind: ExternKind, defined: int) -> int:
        return len(self.module.imported(kind)) + defined

    def _function(self, position: int) -> None:
        cursor, module = self.cursor, self.module
        index = self._next_index(ExternKind.FUNCTION, len(module.functions))
        if self._head("func", index, position):
            return
        context = FunctionContext(self.context)
        type_index, parameters = type_use(cursor, self.context)
        if not parameters and type_index < len(self.context.types):
            composite = self.context.types[type_index].composite
            if isinstance(composite, FunctionType):
                parameters = [Parameter(None, type_) for type_ in composite.parameters]
        for name, type_, note in parameters:
            context.add_local(cursor, name, type_, note)
        count = len(context.local_types)
        while cursor.enter("local"):
            name, note = cursor.identifier(), name_annotation(cursor)
            if name is not None or note is not None:
                context.add_local(cursor, name, value_type(cursor, self.context), note)
            else:
                while cursor.kind() != ")":
                    context.add_local(cursor, None, value_type(cursor, self.context))
            cursor.close()
        context.push_label(None)
        context.label_count = 0
        code = CodeParser(cursor, context, self.instructions, self.features)
        body = code.expression()
        module.functions.append(
            Function(type_index, tuple(context.local_types[count:]), body, position)
        )
        if code.hints:
            module.branch_hints[index] = code.hints
        names = context.local_names()
        if names:
            module.names.locals[index] = names
        if context.label_names:
            module.names.labels[index] = dict(context.label_names)

    def constant(self, *, single: bool = False) -> Expression:
        """Read a constant expression: to the end of the form, or one folded instruction."""
        context = FunctionContext(self.context)
        context.push_label(None)
        parser = CodeParser(self.cursor, context, self.instructions, self.features)
        return parser.single() if single else parser.expression()

    def _table(self, position: int) -> None:
        cursor, module = self.cursor, self.module
        index = self._next_index(ExternKind.TABLE, len(module.tables))
        if self._head("table", index, position):
            return
        begin = cursor.index
        is_64 = cursor.accept_word("i64")
        if not is_64:
            cursor.accept_word("i32")
        if cursor.kind() != "number":
            element = reference_type(cursor, self.context)
            count = self.segments.inline_elements(index, element, position, is_64=is_64)
            type_ = TableType(element, Limits(count, count, is_64))
            module.tables.append(Table(type_, None, position))
            return
        cursor.index = begin
        type_ = table_type(cursor, self.context)
        if type_.limits.is_64:
            self._require("memory64", "a table with 64-bit indices")
        initial = self.constant() if cursor.kind() != ")" else None
        module.tables.append(Table(type_, initial, position))

    def _memory(self, position: int) -> None:
        cursor, module = self.cursor, self.module
        index = self._next_index(ExternKind.MEMORY, len(module.memories))
        if self._head("memory", index, position):
            return
        begin = cursor.index
        is_64 = cursor.accept_word("i64")
        if not is_64:
            cursor.accept_word("i32")
        log2 = page_size_log2(cursor)
        if cursor.opens("data"):
            pages = self.segments.inline_data(index, position, log2, is_64=is_64)
            type_ = MemoryType(Limits(pages, pages, is_64), page_size_log2=log2)
        else:
            cursor.index = begin
            type_ = memory_type(cursor, self.context)
        module.memories.append(self._checked(type_))

    def _global(self, position: int) -> None:
        index = self._next_index(ExternKind.GLOBAL, len(self.module.globals))
        if self._head("global", index, position):
            return
        type_ = global_type(self.cursor, self.context)
        self.module.globals.append(Global(type_, self.constant(), position))

    def _tag(self, position: int) -> None:
        self._require("exceptions", "a tag")
        index = self._next_index(ExternKind.TAG, len(self.module.tags))
        if self._head("tag", index, position):
            return
        self.module.tags.append(TagType(type_use(self.cursor, self.context)[0]))

    def _export(self, position: int) -> None:
        cursor = self.cursor
        name = cursor.name()
        word = cursor.opened_word()
        if word not in _KINDS:
            cursor.index += 1
            raise cursor.unexpected("expected what is exported")
        cursor.index += 2
        index = index_in(self.context.spaces[word], cursor)
        cursor.close()
        self.module.exports.append(Export(name, _KINDS[word], index, position))

    def _start(self, position: int) -> None:
        if self.module.start is not None:
            raise self.cursor.error("multiple start sections", self.cursor.index - 1)
        self.module.start = index_in(self.context.spaces["func"], self.cursor)
        self.module.start_position = position
