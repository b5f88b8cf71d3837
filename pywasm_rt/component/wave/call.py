"""Calls as text, and the arguments and results of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pywasm_rt.component.arguments import complete, parameter_label
from pywasm_rt.component.source import Source
from pywasm_rt.component.types import STRING, FunctionType, ValueType
from pywasm_rt.component.wave.lexer import Lexer, Token
from pywasm_rt.component.wave.parser import Parser, parse
from pywasm_rt.component.wave.printer import format
from pywasm_rt.errors import ComponentError, ParseError

__all__ = ["Call", "format_result", "parse_argument", "parse_arguments", "parse_call"]

_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call in text form: the function's name, and where in ``text`` each argument lies.

    ``spans`` is None if there are no parentheses: then the arguments come from elsewhere.
    """

    text: str
    name: str
    spans: tuple[tuple[int, int], ...] | None

    @property
    def arguments(self) -> tuple[str, ...] | None:
        """The text of each argument; None if there are no parentheses."""
        if self.spans is None:
            return None
        return tuple(self.text[start:end] for start, end in self.spans)

    def values(self, type: FunctionType) -> tuple[object, ...]:
        """The arguments as values of the parameters' types; ``option`` ones at the end may lack.

        Raises ComponentError for a wrong number of arguments and ParseError for a wrong one.
        """
        spans = self.spans or ()
        complete(spans, type)
        values = []
        for (start, end), (_, parameter) in zip(spans, type.parameters, strict=False):
            parser = Parser(Source(self.text), start)
            values.append(parser.value(parameter))
            if parser.token.start < end:
                parser.expect_end()
        return complete(values, type)


def parse_call(text: str) -> Call:
    """Take ``name(argument, ...)`` apart; ``name`` alone is a call without parentheses.

    The name is everything before the parenthesis: ``ns:package/interface@1.0.0#function`` and
    ``[method]resource.name`` are names too. Raises ParseError.
    """
    source = Source(text)
    opening = text.find("(")
    name = (text if opening < 0 else text[:opening]).strip()
    if not name:
        raise source.error("expected the name of a function", 0)
    if opening < 0:
        return Call(text, name, None)
    lexer = Lexer(source, opening)
    spans = _arguments(source, lexer, lexer.next())
    rest = lexer.next()
    if rest.kind != "end":
        raise source.error(f"expected nothing behind the call, found {rest}", rest.start)
    return Call(text, name, tuple(spans))


def _arguments(source: Source, lexer: Lexer, opening: Token) -> list[tuple[int, int]]:
    """The spans between the commas, up to the parenthesis that closes ``opening``."""
    spans: list[tuple[int, int]] = []
    open_brackets = [opening]
    first: Token | None = None
    last = opening
    while True:
        token = lexer.next()
        outermost = len(open_brackets) == 1
        if outermost and token.kind in (",", ")"):
            if first is not None:
                spans.append((first.start, last.end))
            elif token.kind == ",":
                raise source.error("expected an argument before the comma", token.start)
            first = None
            if token.kind == ")":
                return spans
            continue
        _keep_balance(source, open_brackets, token)
        first = first or token
        last = token


def _keep_balance(source: Source, open_brackets: list[Token], token: Token) -> None:
    if token.kind in _CLOSING:
        open_brackets.append(token)
    elif token.kind in (")", "]", "}"):
        opening = open_brackets.pop()
        if _CLOSING[opening.kind] != token.kind:
            raise source.error(
                f"expected {_CLOSING[opening.kind]}, found {token.kind}", token.start
            )
    elif token.kind == "end":
        opening = open_brackets[-1]
        raise source.error(f"{opening.kind} lacks its {_CLOSING[opening.kind]}", opening.start)


def parse_argument(text: str, type: ValueType) -> object:
    """A command line's argument: for ``string`` the text as it is, for other types WAVE.

    Raises ParseError.
    """
    if type is not STRING:
        return parse(text, type)
    for offset, char in enumerate(text):
        if "\ud800" <= char <= "\udfff":
            raise Source(text).error("the argument is not valid UTF-8", offset)
    return text


def parse_arguments(texts: Sequence[str], type: FunctionType) -> tuple[object, ...]:
    """A command line's arguments for a function; ``option`` ones at the end may lack.

    Raises ComponentError for a wrong number of them, and ParseError, naming the parameter, for a
    wrong one.
    """
    complete(texts, type)
    values = []
    for index, (text, (name, parameter)) in enumerate(zip(texts, type.parameters, strict=False)):
        try:
            values.append(parse_argument(text, parameter))
        except ParseError as error:
            message = f"{parameter_label(index, name)}: {error.message}"
            raise ParseError(message, error.where, **error.details) from error
    return complete(values, type)


def format_result(value: object, type: ValueType | None) -> str:
    """What a command line prints for a result: a ``string`` plainly, other types in WAVE.

    Nothing ("") for a function without result. Raises ComponentError for handles.
    """
    if type is None:
        return ""
    if type is STRING:
        if not isinstance(value, str):
            raise ComponentError(f"expected a string as result, got {value!r}")
        return value
    return format(value, type)
