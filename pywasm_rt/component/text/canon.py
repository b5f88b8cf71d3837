"""Canonical definitions in the text format."""

from __future__ import annotations

from pywasm_rt.component.builtins import BY_NAME, Operand
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.syntax import (
    CanonBuiltin,
    CanonLift,
    CanonLower,
    CanonOptions,
    CanonResource,
    ResourceOperation,
    Sort,
)
from pywasm_rt.component.text.references import Parser, reference
from pywasm_rt.component.text.scope import Identifier, identifier
from pywasm_rt.component.text.types import refuse, type_use
from pywasm_rt.component.text.value_types import value_type
from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.text.types import value_type as core_value_type

__all__ = ["canon", "core_canon", "lifted"]

_ENCODINGS = {f"string-encoding={encoding.value}": encoding for encoding in StringEncoding}
_OPTIONS = {
    "memory": Sort.CORE_MEMORY,
    "realloc": Sort.CORE_FUNCTION,
    "post-return": Sort.CORE_FUNCTION,
    "callback": Sort.CORE_FUNCTION,
}
_RESOURCES = {operation.value: operation for operation in ResourceOperation}
_INDICES = {
    Operand.TYPE: Sort.TYPE,
    Operand.CORE_TYPE: Sort.CORE_TYPE,
    Operand.TABLE: Sort.CORE_TABLE,
}


def canon(parser: Parser) -> None:
    """Read the rest of ``(canon ...)`` up to its closing parenthesis."""
    cursor, scope = parser.cursor, parser.scope
    if cursor.word() == "lift":
        position = scope.start
        function, options = _lift(parser)
        cursor.expect("func")
        name = identifier(cursor)
        type = type_use(parser, Sort.FUNCTION).index
        assert type is not None, "functions have a type"
        scope.emit(CanonLift(function, options, type, position), Sort.FUNCTION, name)
    else:
        definition = _core(parser, scope.start)
        cursor.expect("core")
        cursor.expect_word("func")
        scope.emit(definition, Sort.CORE_FUNCTION, identifier(cursor))
    cursor.close()


def lifted(parser: Parser, type: int, name: Identifier | None) -> int:
    """Read ``(canon lift ...)`` within the definition of a function; the function's index."""
    cursor, scope = parser.cursor, parser.scope
    position = scope.start
    cursor.expect("canon")
    if cursor.word() != "lift":
        raise cursor.unexpected("expected lift")
    function, options = _lift(parser)
    cursor.close()
    return scope.emit(CanonLift(function, options, type, position), Sort.FUNCTION, name)


def core_canon(parser: Parser, name: Identifier | None) -> None:
    """Read ``(canon ...)`` within the definition of a core function."""
    cursor, scope = parser.cursor, parser.scope
    cursor.expect("canon")
    definition = _core(parser, scope.start)
    cursor.close()
    scope.emit(definition, Sort.CORE_FUNCTION, name)


def _lift(parser: Parser) -> tuple[int, CanonOptions]:
    parser.cursor.expect_word("lift")
    function = reference(parser, Sort.CORE_FUNCTION)
    return function, _options(parser)


def _core(parser: Parser, position: int) -> CanonLower | CanonResource | CanonBuiltin:
    """Read a canonical definition that makes a core function, behind ``(canon``."""
    cursor = parser.cursor
    word = cursor.word()
    if word == "lower":
        cursor.index += 1
        return CanonLower(reference(parser, Sort.FUNCTION), _options(parser), position)
    if word in _RESOURCES:
        cursor.index += 1
        return CanonResource(_RESOURCES[word], reference(parser, Sort.TYPE), position)
    builtin = BY_NAME.get(word)
    if builtin is None:
        raise cursor.unexpected("expected a canonical definition")
    cursor.index += 1
    operands = tuple([_operand(parser, operand) for operand in builtin.operands])
    return CanonBuiltin(word, operands, position)


def _operand(parser: Parser, operand: Operand) -> object:
    cursor = parser.cursor
    if operand.is_flag:
        return cursor.accept_word(operand.value)
    if operand is Operand.OPTIONS:
        return _options(parser)
    if operand in _INDICES:
        return reference(parser, _INDICES[operand])
    if operand is Operand.NUMBER:
        return cursor.natural(32)
    if operand is Operand.VALUE_TYPE:
        return core_value_type(cursor, parser.scope.core)
    result: object = None
    if operand is Operand.MEMORY:
        cursor.expect("memory")
        result = reference(parser, Sort.CORE_MEMORY)
        cursor.close()
    elif cursor.enter("result"):
        result = value_type(parser)
        cursor.close()
    return result


def _options(parser: Parser) -> CanonOptions:
    """Read canonical options; each may be given once."""
    cursor = parser.cursor
    encoding: StringEncoding | None = None
    indices: dict[str, int] = {}
    is_async = False
    while True:
        word = cursor.word()
        option = cursor.opened_word()
        if word in _ENCODINGS:
            if encoding is not None:
                raise _conflict(parser, encoding, _ENCODINGS[word])
            encoding = _ENCODINGS[word]
            cursor.index += 1
        elif word == "async":
            if is_async:
                raise _repeated(parser, "async")
            is_async = cursor.accept_word("async")
        elif option in _OPTIONS:
            if option in indices:
                raise _repeated(parser, option)
            cursor.index += 2
            indices[option] = reference(parser, _OPTIONS[option])
            cursor.close()
        elif word == "gc" or option == "core-type":
            raise refuse(parser, "gc", f"the canonical option `{word or option}`")
        else:
            break
    return CanonOptions(
        encoding,
        indices.get("memory"),
        indices.get("realloc"),
        indices.get("post-return"),
        is_async,
        indices.get("callback"),
    )


def _conflict(parser: Parser, before: StringEncoding, now: StringEncoding) -> ValidationError:
    names = [it.value.replace("+", "-") for it in (before, now)]
    sentence = f"canonical encoding option `{names[0]}` conflicts with option `{names[1]}`"
    return ValidationError(sentence, parser.cursor.error("").where)


def _repeated(parser: Parser, option: str) -> ValidationError:
    # Wasmtime's sentence leaves the first two words out for the memory alone.
    prefix = "" if option == "memory" else "canonical option "
    sentence = f"{prefix}`{option}` is specified more than once"
    return ValidationError(sentence, parser.cursor.error("").where)
