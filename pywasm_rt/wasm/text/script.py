"""Scripts (``.wast``) in the text format, to the commands of ``wasm/script``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from pywasm_rt.wasm.binary import decode
from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.instructions.instruction_set import InstructionSet
from pywasm_rt.wasm.instructions.table import INSTRUCTIONS
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.script import (
    Action,
    Assertion,
    Command,
    DefineModule,
    Either,
    Get,
    InstantiateModule,
    Invoke,
    ModuleSource,
    NaNPattern,
    NumberPattern,
    NumberValue,
    ReferencePattern,
    ReferenceValue,
    Register,
    ResultPattern,
    ScriptValue,
    StartThread,
    VectorPattern,
    VectorValue,
    WaitThread,
)
from pywasm_rt.wasm.text.cursor import Cursor
from pywasm_rt.wasm.text.immediates import lane_bits
from pywasm_rt.wasm.text.lexer import tokenize
from pywasm_rt.wasm.text.literals import float_bits, integer
from pywasm_rt.wasm.text.module import ModuleParser, parse
from pywasm_rt.wasm.types import AbstractHeapType, NumberType

__all__ = ["ScriptParser", "parse_script"]

_ASSERTIONS = frozenset(
    {
        "assert_return",
        "assert_trap",
        "assert_exhaustion",
        "assert_exception",
        "assert_malformed",
        "assert_invalid",
        "assert_unlinkable",
        "assert_malformed_custom",
        "assert_invalid_custom",
    }
)
_HEAPS = {heap.value: heap for heap in AbstractHeapType}
_NUMBERS = {f"{number.value}.const": number for number in NumberType}


def parse_script(
    source: str | bytes,
    features: Features = DEFAULT,
    instructions: InstructionSet = INSTRUCTIONS,
    file: str = "",
) -> list[Command]:
    """Parse a whole script. A file of bare module fields is a script of one module.

    Raises ParseError. Modules inside are parsed when they are loaded.
    """
    cursor = Cursor(tokenize(source, file))
    parser = ScriptParser(cursor, features, instructions)
    if cursor.kind() != "end" and not parser.at_command():
        load = partial(parse, source, features, instructions, file)
        return [DefineModule(ModuleSource("text", load), definition=False)]
    return list(parser.commands())


class ScriptParser:
    """Reads commands from a cursor."""

    def __init__(self, cursor: Cursor, features: Features, instructions: InstructionSet) -> None:
        self.cursor = cursor
        self.features = features
        self.instructions = instructions

    def at_command(self) -> bool:
        """Whether a command comes next, and not a field of a module."""
        word = self.cursor.opened_word()
        return word in _ASSERTIONS or word in (
            "module",
            "register",
            "invoke",
            "get",
            "thread",
            "wait",
        )

    def commands(self) -> Iterator[Command]:
        """Read commands up to the end of the enclosing form."""
        while self.cursor.kind() not in (")", "end"):
            yield self._command()

    def _command(self) -> Command:
        cursor = self.cursor
        word = cursor.opened_word()
        position = cursor.position()
        if word == "module":
            return self._module_command(position)
        if word in ("invoke", "get"):
            return self._action()
        if word in _ASSERTIONS:
            return self._assertion(word, position)
        cursor.index += 2
        command: Command
        if word == "register":
            command = Register(cursor.name(), cursor.identifier() or "", position)
        elif word == "wait":
            command = WaitThread(cursor.identifier() or "", position)
        elif word == "thread":
            command = self._thread(position)
        else:
            cursor.index -= 1
            raise cursor.unexpected("expected a command")
        cursor.close()
        return command

    def _thread(self, position: int) -> StartThread:
        cursor = self.cursor
        name = cursor.identifier() or ""
        shared: list[str] = []
        while cursor.enter("shared"):
            cursor.expect("module")
            shared.append(cursor.identifier() or "")
            cursor.close()
            cursor.close()
        return StartThread(name, tuple(shared), tuple(self.commands()), position)

    # Modules

    def _module_command(self, position: int) -> Command:
        cursor = self.cursor
        begin = cursor.index
        cursor.index += 2
        if cursor.accept_word("instance"):
            instance, definition = cursor.identifier() or "", cursor.identifier() or ""
            cursor.close()
            return InstantiateModule(instance, definition, position)
        definition_only = cursor.accept_word("definition")
        return DefineModule(self._module(begin), definition_only, position)

    def module_source(self) -> ModuleSource:
        """Read ``(module ...)``."""
        begin = self.cursor.index
        self.cursor.expect("module")
        return self._module(begin)

    def _module(self, begin: int) -> ModuleSource:
        """The rest of a module that begins at token ``begin``; it is parsed later."""
        cursor = self.cursor
        position = cursor.position(begin)
        end = cursor.tokens.closes[begin]
        after_word = cursor.index
        name = cursor.identifier() or ""
        if cursor.word() in ("binary", "quote"):
            form = cursor.word()
            cursor.index += 1
            data = b""
            while cursor.kind() == "string":
                data += cursor.string()
            cursor.close()
            if form == "binary":
                read = partial(decode, data, self.features, self.instructions)
                return ModuleSource(form, read, name, data, position)
            load = partial(parse, data, self.features, self.instructions)
            return ModuleSource(form, load, name, None, position)
        cursor.index = end + 1
        return ModuleSource("text", self._later(begin, after_word, end), name, None, position)

    def _later(self, begin: int, after_word: int, end: int) -> Callable[[], Module]:
        tokens = self.cursor.tokens

        def load() -> Module:
            cursor = Cursor(tokens, after_word)
            return ModuleParser(cursor, end, self.features, self.instructions).parse(begin)

        return load

    # Actions and assertions

    def _action(self) -> Action:
        cursor = self.cursor
        position = cursor.position()
        word = cursor.opened_word()
        cursor.index += 2
        module = cursor.identifier() or ""
        name = cursor.name()
        action: Action
        if word == "get":
            action = Get(module, name, position)
        else:
            arguments: list[ScriptValue] = []
            while cursor.kind() == "(":
                arguments.append(self.value())
            action = Invoke(module, name, tuple(arguments), position)
        cursor.close()
        return action

    def _assertion(self, kind: str, position: int) -> Assertion:
        cursor = self.cursor
        cursor.index += 2
        word = cursor.opened_word()
        if word == "module":
            subject: Action | ModuleSource = self.module_source()
        elif word in ("invoke", "get"):
            subject = self._action()
        else:
            cursor.index += int(cursor.kind() == "(")
            raise cursor.unexpected("expected an action or a module")
        results: list[ResultPattern] = []
        while cursor.kind() == "(":
            results.append(self.pattern())
        message = cursor.name() if cursor.kind() == "string" else ""
        cursor.close()
        return Assertion(kind, subject, message, tuple(results), position)

    # Values and patterns

    def value(self) -> ScriptValue:
        """Read an argument."""
        pattern = self.pattern()
        if isinstance(pattern, NumberPattern):
            return NumberValue(pattern.type, pattern.bits)
        if isinstance(pattern, VectorPattern):
            bits = 0
            for number, lane in enumerate(pattern.lanes):
                if isinstance(lane, NaNPattern):
                    raise self.cursor.error("unexpected token: a pattern is no argument")
                bits |= lane.bits << pattern.lane_bits * number
            return VectorValue(bits)
        if isinstance(pattern, ReferencePattern) and pattern.kind in ("null", "extern", "host"):
            return ReferenceValue(pattern.kind, pattern.heap, pattern.number)
        raise self.cursor.error("unexpected token: a pattern is no argument")

    def pattern(self) -> ResultPattern:
        """Read an expected result."""
        cursor = self.cursor
        word = cursor.opened_word()
        cursor.index += 2
        result: ResultPattern
        if word in _NUMBERS:
            result = self._number(_NUMBERS[word])
        elif word == "v128.const":
            result = self._vector()
        elif word == "either":
            choices: list[ResultPattern] = []
            while cursor.kind() == "(":
                choices.append(self.pattern())
            result = Either(tuple(choices))
        elif word.startswith("ref."):
            result = self._reference(word[4:])
        else:
            cursor.index -= 1
            raise cursor.unexpected("expected a value")
        cursor.close()
        return result

    def _number(self, type_: NumberType, bits: int | None = None) -> NumberPattern | NaNPattern:
        cursor = self.cursor
        word = cursor.word()
        if word in ("nan:canonical", "nan:arithmetic"):
            cursor.index += 1
            return NaNPattern(type_, arithmetic=word == "nan:arithmetic")
        text = cursor.number()
        width = bits or int(type_.value[1:])
        convert = integer if type_.value[0] == "i" else float_bits
        try:
            value = convert(text, width)
        except ValueError:
            raise cursor.error(f"unknown operator {text}", cursor.index - 1) from None
        if value is None:
            raise cursor.error("constant out of range", cursor.index - 1)
        return NumberPattern(type_, value & (1 << width) - 1)

    def _vector(self) -> VectorPattern:
        shape, bits, count = lane_bits(self.cursor)
        type_ = NumberType(f"{shape[0]}{max(bits, 32)}")
        lanes = tuple([self._number(type_, bits) for _ in range(count)])
        return VectorPattern(bits, lanes)

    def _reference(self, kind: str) -> ReferencePattern:
        cursor = self.cursor
        heap = _HEAPS.get(cursor.word()) if kind == "null" else None
        if heap is not None:
            cursor.index += 1
        number = cursor.natural(64) if cursor.kind() == "number" else None
        return ReferencePattern(kind, heap, number)
