"""A place in a stream of tokens, and the few moves that every parser of a form makes."""

from __future__ import annotations

from pywasm_rt.errors import ParseError
from pywasm_rt.wasm.instructions.table import INSTRUCTIONS
from pywasm_rt.wasm.text.lexer import Tokens
from pywasm_rt.wasm.text.literals import unsigned_integer

__all__ = ["Cursor"]

_STRUCTURE = frozenset(
    """
    module type rec sub final func struct array field mut param result local import export table
    memory global tag start elem data item offset declare ref null shared pagesize then else end
    i8 i16 i32 i64 f32 f64 v128 any eq i31 extern exn none nofunc noextern noexn host
    anyref eqref i31ref structref arrayref funcref externref exnref nullref nullfuncref
    nullexternref nullexnref catch catch_all catch_ref catch_all_ref do delegate binary quote
    definition instance register invoke get assert_return assert_trap assert_exhaustion
    assert_malformed assert_invalid assert_unlinkable assert_exception assert_malformed_custom
    assert_invalid_custom thread wait either i8x16 i16x8 i32x4 i64x2 f32x4 f64x2 try block loop if
    nan:canonical nan:arithmetic
    """.split()
)


class Cursor:
    """Reads ``tokens`` from ``index`` up to ``end`` (exclusive; default: all of them)."""

    def __init__(self, tokens: Tokens, index: int = 0, end: int | None = None) -> None:
        self.tokens = tokens
        self.kinds = tokens.kinds
        self.values = tokens.values
        self.index = index
        self.end = len(tokens.kinds) if end is None else end

    def kind(self, ahead: int = 0) -> str:
        """The kind of a token; ``"end"`` behind the last."""
        index = self.index + ahead
        return self.kinds[index] if index < self.end else "end"

    def word(self) -> str:
        """The keyword here, or "" if there is none."""
        index = self.index
        if index < self.end and self.kinds[index] == "word":
            return str(self.values[index])
        return ""

    def opens(self, keyword: str) -> bool:
        """Whether ``(keyword`` comes next."""
        index = self.index + 1
        return (
            index < self.end
            and self.kinds[index - 1] == "("
            and self.values[index] == keyword
            and self.kinds[index] == "word"
        )

    def opened_word(self) -> str:
        """The keyword behind an opening parenthesis here, or ""."""
        index = self.index + 1
        if index < self.end and self.kinds[index - 1] == "(" and self.kinds[index] == "word":
            return str(self.values[index])
        return ""

    def enter(self, keyword: str) -> bool:
        """Step over ``(keyword`` if it comes next."""
        if self.opens(keyword):
            self.index += 2
            return True
        return False

    def expect(self, keyword: str) -> None:
        """Step over ``(keyword``."""
        if not self.enter(keyword):
            raise self.unexpected(f"expected ({keyword}")

    def expect_word(self, keyword: str) -> None:
        """Step over a keyword."""
        if self.word() != keyword:
            raise self.unexpected(f"expected {keyword}")
        self.index += 1

    def accept_word(self, keyword: str) -> bool:
        """Step over a keyword if it comes next."""
        if self.word() == keyword:
            self.index += 1
            return True
        return False

    def close(self) -> None:
        """Step over a closing parenthesis."""
        if self.kind() != ")":
            raise self.unexpected("expected )")
        self.index += 1

    def skip_form(self) -> None:
        """Step over a whole parenthesised form."""
        if self.kind() != "(":
            raise self.unexpected("expected (")
        self.index = self.tokens.closes[self.index] + 1

    def identifier(self) -> str | None:
        """Step over an identifier and return its name; None if there is none."""
        if self.kind() == "id":
            self.index += 1
            return str(self.values[self.index - 1])
        return None

    def string(self) -> bytes:
        """Step over a string."""
        if self.kind() != "string":
            raise self.unexpected("expected a string")
        self.index += 1
        value = self.values[self.index - 1]
        assert isinstance(value, bytes)
        return value

    def name(self) -> str:
        """Step over a string that is a name."""
        value = self.string()
        try:
            return value.decode()
        except UnicodeDecodeError:
            self.index -= 1
            raise self.error("malformed UTF-8 encoding") from None

    def number(self) -> str:
        """Step over a number and return its text."""
        if self.kind() != "number":
            raise self.unexpected("expected a number")
        self.index += 1
        return str(self.values[self.index - 1])

    def natural(self, bits: int, message: str = "constant out of range") -> int:
        """Step over an unsigned integer below ``2 ** bits``."""
        text = self.number()
        try:
            value = unsigned_integer(text, bits)
        except ValueError:
            self.index -= 1
            raise self.unexpected("expected an unsigned integer") from None
        if value is None:
            self.index -= 1
            raise self.error(message)
        return value

    def position(self, index: int | None = None) -> int:
        """``line << 12 | column`` of a token, as modules keep it."""
        at = self.index if index is None else index
        starts = self.tokens.starts
        offset = starts[at] if at < len(starts) else len(self.tokens.source)
        line, column = self.tokens.line_column(offset)
        return line << 12 | min(column, 0xFFF)

    def error(self, message: str, index: int | None = None) -> ParseError:
        """A ParseError at a token (default: the one here)."""
        at = self.index if index is None else index
        starts = self.tokens.starts
        return self.tokens.error(
            message, starts[at] if at < len(starts) else len(self.tokens.source)
        )

    def unexpected(self, wanted: str = "") -> ParseError:
        """The error for the token here, which fits nowhere."""
        kind = self.kind()
        tail = f": {wanted}" if wanted else ""
        if kind == "end":
            return self.error(f"unexpected token: end of text{tail}")
        value = self.values[self.index]
        text = f'"{value.decode(errors="replace")}"' if isinstance(value, bytes) else value
        known = text in _STRUCTURE or text in INSTRUCTIONS.by_mnemonic or "=" in text
        if kind == "reserved" or (kind == "word" and not known):
            return self.error(f"unknown operator {text}")
        return self.error(f"unexpected token {'$' if kind == 'id' else ''}{text}{tail}")
