"""Component scripts (``.wast``), to the commands of ``component/script``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from pywasm_rt.component.binary import decode
from pywasm_rt.component.script import (
    ComponentAssertion,
    ComponentCommand,
    ComponentSource,
    DefineComponent,
    InstantiateComponent,
    InvokeFunction,
)
from pywasm_rt.component.syntax import ComponentSyntax
from pywasm_rt.component.text.component import parse, parse_component, quoted_form
from pywasm_rt.component.text.cursor import ComponentCursor
from pywasm_rt.component.text.script_values import written_value
from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.text.cursor import Cursor
from pywasm_rt.wasm.text.lexer import tokenize

__all__ = ["parse_script"]

_ASSERTIONS = frozenset(
    {
        "assert_return",
        "assert_trap",
        "assert_exhaustion",
        "assert_exception",
        "assert_malformed",
        "assert_invalid",
        "assert_unlinkable",
    }
)


def parse_script(
    source: str | bytes, features: Features = DEFAULT, file: str = ""
) -> list[ComponentCommand]:
    """Parse a whole script. Raises ParseError. Components inside are parsed when they are loaded.

    ``features`` are those of their core modules.
    """
    return list(_ScriptParser(ComponentCursor(tokenize(source, file)), features).commands())


class _ScriptParser:
    """Reads commands from a cursor."""

    def __init__(self, cursor: Cursor, features: Features) -> None:
        self.cursor = cursor
        self.features = features

    def commands(self) -> Iterator[ComponentCommand]:
        while self.cursor.kind() != "end":
            yield self._command()

    def _command(self) -> ComponentCommand:
        cursor = self.cursor
        word = cursor.opened_word()
        position = cursor.position()
        if word == "component":
            return self._component_command(position)
        if word == "invoke":
            return self._invoke()
        if word in _ASSERTIONS:
            return self._assertion(word, position)
        cursor.index += int(cursor.kind() == "(")
        raise cursor.unexpected("expected a command")

    def _component_command(self, position: int) -> ComponentCommand:
        cursor = self.cursor
        begin = cursor.index
        cursor.index += 2
        if cursor.accept_word("instance"):
            instance, definition = cursor.identifier() or "", cursor.identifier() or ""
            cursor.close()
            return InstantiateComponent(instance, definition, position)
        definition_only = cursor.accept_word("definition")
        return DefineComponent(self._source(begin), definition_only, position)

    def _source(self, begin: int) -> ComponentSource:
        """The rest of a component that begins at token ``begin``; it is parsed later."""
        cursor = self.cursor
        position = cursor.position(begin)
        after_word = cursor.index
        quoted = quoted_form(cursor)
        if quoted is not None:
            form, name, data = quoted
            if form == "binary":
                return ComponentSource(form, partial(decode, data), name, data, position)
            load = partial(parse, data, self.features)
            return ComponentSource(form, load, name, None, position)
        name = cursor.identifier() or ""
        end = cursor.tokens.closes[begin]
        cursor.index = end + 1
        return ComponentSource("text", self._later(after_word, end), name, None, position)

    def _later(self, after_word: int, end: int) -> Callable[[], ComponentSyntax]:
        tokens = self.cursor.tokens

        def load() -> ComponentSyntax:
            return parse_component(ComponentCursor(tokens, after_word), end, self.features)

        return load

    def _invoke(self) -> InvokeFunction:
        cursor = self.cursor
        position = cursor.position()
        cursor.expect("invoke")
        instance = cursor.identifier() or ""
        name = cursor.name()
        arguments = []
        while cursor.kind() == "(":
            arguments.append(written_value(cursor))
        cursor.close()
        return InvokeFunction(instance, name, tuple(arguments), position)

    def _assertion(self, kind: str, position: int) -> ComponentAssertion:
        cursor = self.cursor
        cursor.index += 2
        subject: InvokeFunction | ComponentSource
        if cursor.opens("invoke"):
            subject = self._invoke()
        else:
            begin = cursor.index
            cursor.expect("component")
            subject = self._source(begin)
        results = []
        while cursor.kind() == "(":
            results.append(written_value(cursor))
        message = cursor.name() if cursor.kind() == "string" else ""
        cursor.close()
        return ComponentAssertion(kind, subject, message, tuple(results), position)
