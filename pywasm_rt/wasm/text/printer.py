"""Modules as text, plain or folded, with the place of every instruction in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pywasm_rt.wasm.instructions.instruction import Instruction
from pywasm_rt.wasm.module import (
    DataSegment,
    ElementMode,
    ElementSegment,
    Expression,
    Function,
    Module,
)
from pywasm_rt.wasm.text.annotations import BRANCH_HINT, SECTION_ORDER
from pywasm_rt.wasm.text.code_printer import BLOCKS, CodePrinter, data_literals
from pywasm_rt.wasm.text.fold import Arity, Node, fold
from pywasm_rt.wasm.text.identifiers import ModuleIdentifiers, identifier, quote
from pywasm_rt.wasm.text.type_printer import TypePrinter
from pywasm_rt.wasm.types import AbstractHeapType, ExternKind, FunctionType, ReferenceType

__all__ = ["PrintedModule", "Span", "print_module", "print_with_spans"]

_FUNCTIONS = ReferenceType(nullable=False, heap=AbstractHeapType.FUNC)
_HINTABLE = frozenset({"if", "br_if"})


@dataclass(frozen=True, slots=True)
class Span:
    """Where an instruction stands: its line (from 1), and offsets in the text, end exclusive."""

    line: int
    start: int
    end: int


@dataclass(slots=True)
class PrintedModule:
    """A text, and for each defined function (by index) the span of each instruction.

    In the folded form the ``end`` of a block has the span of its closing parenthesis.
    """

    text: str
    spans: dict[int, list[Span]] = field(default_factory=dict)


def print_module(module: Module, *, fold: bool = False) -> str:
    """The module as text; ``fold`` puts operands inside the instructions that take them."""
    return print_with_spans(module, fold=fold).text


def print_with_spans(module: Module, *, fold: bool = False) -> PrintedModule:
    """The module as text, with the span of every instruction of its functions."""
    return _ModulePrinter(module, folded=fold).print()


class _Writer:
    """Collects lines and knows where it is."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.offset = 0

    def line(self, depth: int, text: str) -> Span:
        """Add a line and return the place of its text."""
        indented = "  " * depth + text
        start = self.offset + 2 * depth
        self.lines.append(indented)
        self.offset += len(indented) + 1
        return Span(len(self.lines), start, start + len(text))

    def close(self, count: int = 1) -> Span:
        """Add closing parentheses to the last line and return the place of the last one."""
        self.lines[-1] += ")" * count
        self.offset += count
        return Span(len(self.lines), self.offset - 2, self.offset - 1)


class _ModulePrinter:
    def __init__(self, module: Module, *, folded: bool) -> None:
        self.module = module
        self.folded = folded
        self.out = _Writer()
        self.identifiers = ModuleIdentifiers(module)
        self.types = TypePrinter(module, self.identifiers)
        self.arity = Arity(module)
        self.spans: dict[int, list[Span]] = {}

    def print(self) -> PrintedModule:
        name = self.module.names.module
        note = ""
        if name is not None:
            note = f" {identifier(name)}" if name else ' (@name "")'
        self.out.line(0, f"(module{note}")
        self._types()
        self._imports()
        self._definitions()
        self._exports_and_start()
        for number, segment in enumerate(self.module.elements):
            self._element(number, segment)
        for number, data in enumerate(self.module.datas):
            self._data(number, data)
        self._customs()
        self.out.close()
        return PrintedModule("\n".join(self.out.lines) + "\n", self.spans)

    def _types(self) -> None:
        index = 0
        for group in self.module.recursive_types:
            alone = len(group.members) == 1
            if not alone:
                self.out.line(1, "(rec")
            for member in group.members:
                self.out.line(1 if alone else 2, self.types.definition(member, index))
                index += 1
            if not alone:
                self.out.close()

    def _imports(self) -> None:
        counts = dict.fromkeys(ExternKind, 0)
        for item in self.module.imports:
            word = item.kind.keyword
            bound = self.identifiers.bind(word, counts[item.kind])
            counts[item.kind] += 1
            names = f"{quote(item.module)} {quote(item.name)}"
            self.out.line(1, f"(import {names} ({word} {bound} {self.types.extern(item.type)}))")

    def _first(self, kind: ExternKind) -> int:
        return len(self.module.imported(kind))

    def _definitions(self) -> None:
        module, out, types, bind = self.module, self.out, self.types, self.identifiers.bind
        for index, function in enumerate(module.functions, self._first(ExternKind.FUNCTION)):
            self._function(index, function)
        for index, table in enumerate(module.tables, self._first(ExternKind.TABLE)):
            initial = f" {self._constant(table.initial)}" if table.initial else ""
            out.line(1, f"(table {bind('table', index)} {types.table(table.type)}{initial})")
        for index, memory in enumerate(module.memories, self._first(ExternKind.MEMORY)):
            out.line(1, f"(memory {bind('memory', index)} {types.memory(memory)})")
        for index, tag in enumerate(module.tags, self._first(ExternKind.TAG)):
            out.line(1, f"(tag {bind('tag', index)} {types.use(tag.type_index)})")
        for index, item in enumerate(module.globals, self._first(ExternKind.GLOBAL)):
            type_ = types.global_(item.type)
            out.line(1, f"(global {bind('global', index)} {type_} {self._constant(item.initial)})")

    def _exports_and_start(self) -> None:
        for export in self.module.exports:
            word = export.kind.keyword
            target = self.identifiers.use(word, export.index)
            self.out.line(1, f"(export {quote(export.name)} ({word} {target}))")
        if self.module.start is not None:
            self.out.line(1, f"(start {self.identifiers.use('func', self.module.start)})")

    def _constant(self, expression: Expression) -> str:
        return CodePrinter(self.module, self.identifiers, self.types).constant(expression)

    # Segments and custom sections

    def _element(self, index: int, segment: ElementSegment) -> None:
        head = f"(elem {self.identifiers.bind('elem', index)}"
        if isinstance(segment.mode, ElementMode):
            table = segment.mode.table_index
            use = f" (table {self.identifiers.use('table', table)})" if table else ""
            head += f"{use} (offset {self._constant(segment.mode.offset)})"
        elif segment.mode == "declarative":
            head += " declare"
        indices = [self._function_reference(item) for item in segment.items]
        if segment.type == _FUNCTIONS and None not in indices:
            names = "".join(f" {self.identifiers.use('func', number)}" for number in indices)
            self.out.line(1, f"{head} func{names})")
            return
        items = "".join(f" (item {self._constant(item)})" for item in segment.items)
        self.out.line(1, f"{head} {self.types.reference(segment.type)}{items})")

    def _function_reference(self, item: Expression) -> object:
        code = item.instructions
        alone = len(code) == 2 and code[0].row.mnemonic == "ref.func"
        return code[0].immediates[0] if alone else None

    def _data(self, index: int, segment: DataSegment) -> None:
        head = f"(data {self.identifiers.bind('data', index)}"
        if segment.mode is not None:
            memory = segment.mode.memory_index
            use = f" (memory {self.identifiers.use('memory', memory)})" if memory else ""
            head += f"{use} (offset {self._constant(segment.mode.offset)})"
        literals = data_literals(segment.data)
        if len(literals) <= 1:
            self.out.line(1, " ".join([head, *literals]) + ")")
            return
        self.out.line(1, head)
        for literal in literals:
            self.out.line(2, literal)
        self.out.close()

    def _customs(self) -> None:
        words = {section_id: word for word, section_id in SECTION_ORDER}
        for section in self.module.customs:
            if section.name in ("name", BRANCH_HINT):
                continue
            word = words.get(section.after)
            place = f"(after {word})" if word else "(before first)"
            data = " ".join(data_literals(section.data))
            self.out.line(1, f"(@custom {quote(section.name)} {place} {data}".rstrip() + ")")

    # Functions

    def _function(self, index: int, function: Function) -> None:
        names = self.module.names.locals.get(index, {})
        code = CodePrinter(
            self.module, self.identifiers, self.types, names, self.module.names.labels.get(index)
        )
        use = self.types.use(function.type_index, code.bound_locals)
        self.out.line(1, f"(func {self.identifiers.bind('func', index)} {use}")
        self._locals(function, code)
        hints = {hint.instruction: hint.likely for hint in self.module.branch_hints.get(index, [])}
        body = _BodyPrinter(self.out, code, hints, len(function.body.instructions))
        if self.folded:
            body.folded(fold(list(function.body.instructions), self.arity))
        else:
            body.plain(list(function.body.instructions))
        self.spans[index] = body.finish(self.out.close())

    def _locals(self, function: Function, code: CodePrinter) -> None:
        types = self.module.types
        composite = (
            types[function.type_index].composite if function.type_index < len(types) else None
        )
        first = len(composite.parameters) if isinstance(composite, FunctionType) else 0
        run: list[str] = []
        for number, type_ in enumerate(function.locals, first):
            name = code.bound_locals.get(number)
            if name is not None:
                self._local_run(run)
                self.out.line(2, f"(local {name} {self.types.value(type_)})")
            else:
                run.append(self.types.value(type_))
        self._local_run(run)

    def _local_run(self, run: list[str]) -> None:
        if run:
            self.out.line(2, f"(local {' '.join(run)})")
            run.clear()


class _BodyPrinter:
    """Prints one body and remembers where each instruction went."""

    def __init__(self, out: _Writer, code: CodePrinter, hints: dict[int, bool], count: int) -> None:
        self.out = out
        self.code = code
        self.hints = hints
        self.spans: list[Span | None] = [None] * count

    def finish(self, closing: Span) -> list[Span]:
        """The spans; the final ``end`` is the function's closing parenthesis."""
        return [closing if span is None else span for span in self.spans]

    def _hint(self, depth: int, pc: int) -> None:
        if pc in self.hints:
            self.out.line(depth, f'(@{BRANCH_HINT} "\\0{int(self.hints[pc])}")')

    def plain(self, instructions: list[Instruction]) -> None:
        """The plain form, one instruction a line."""
        depth = 2
        for pc, instruction in enumerate(instructions[:-1]):
            word = instruction.row.mnemonic
            if word in ("end", "else", "catch", "catch_all", "delegate"):
                depth = max(2, depth - 1)
            self._hint(depth, pc)
            self.spans[pc] = self.out.line(depth, self.code.instruction(instruction))
            if word in BLOCKS or word in ("else", "catch", "catch_all"):
                depth += 1

    def folded(self, nodes: list[Node]) -> None:
        """The folded form. Work to do is on a list, so depth costs no Python frames."""
        work: list[tuple[str, object, int]] = [("node", node, 2) for node in reversed(nodes)]
        while work:
            task, subject, depth = work.pop()
            if task == "close":
                self.out.close()
            elif task == "leave":
                self._leave(subject)
            elif task == "part":
                assert isinstance(subject, tuple)
                self._part(subject, depth, work)
            else:
                assert isinstance(subject, Node)
                self._node(subject, depth, work)

    def _leave(self, end_pc: object) -> None:
        self.code.labels.pop()
        span = self.out.close()
        if isinstance(end_pc, int):
            self.spans[end_pc] = span

    def _node(self, node: Node, depth: int, work: list[tuple[str, object, int]]) -> None:
        self._hint(depth, node.pc)
        word = node.instruction.row.mnemonic
        if word in BLOCKS:
            self._block(node, depth, work)
            return
        text = self.code.instruction(node.instruction)
        span = self.out.line(depth, f"({text}")
        self.spans[node.pc] = Span(span.line, span.start + 1, span.end)
        work.append(("close", None, depth))
        work.extend([("node", operand, depth + 1) for operand in reversed(node.operands)])

    def _block(self, node: Node, depth: int, work: list[tuple[str, object, int]]) -> None:
        word = node.instruction.row.mnemonic
        # Operands of an if are outside of its label, so they are printed before it is entered.
        text = self.code.instruction(node.instruction)
        label = self.code.labels.pop()
        span = self.out.line(depth, f"({text}")
        self.spans[node.pc] = Span(span.line, span.start + 1, span.end)
        work.append(("leave", node.end_pc, depth))
        work.extend([("part", (word, *part), depth + 1) for part in reversed(node.parts)])
        work.append(("part", ("enter", label), depth))
        work.extend([("node", operand, depth + 1) for operand in reversed(node.operands)])

    def _part(
        self, part: tuple[object, ...], depth: int, work: list[tuple[str, object, int]]
    ) -> None:
        if part[0] == "enter":
            self.code.labels.append(part[1])  # type: ignore[arg-type]
            return
        block, instruction, pc, nodes = part
        assert isinstance(instruction, Instruction)
        assert isinstance(nodes, list)
        word = instruction.row.mnemonic
        heads = {"if": "then", "try": "do"}
        head = heads.get(str(block), "") if word == block else self._head(instruction)
        if not head:  # a block or a loop: its body has no form of its own
            work.extend([("node", node, depth) for node in reversed(nodes)])
            return
        span = self.out.line(depth, f"({head}")
        if word != block:
            self.spans[pc] = Span(span.line, span.start + 1, span.end)  # type: ignore[call-overload]
        work.append(("close", None, depth))
        work.extend([("node", node, depth + 1) for node in reversed(nodes)])

    def _head(self, instruction: Instruction) -> str:
        if instruction.row.mnemonic != "delegate":
            return self.code.instruction(instruction)
        label = self.code.labels.pop()
        text = f"delegate {self.code.label(instruction.immediates[0])}"
        self.code.labels.append(label)
        return text
