"""A place in a stream of tokens, for the parsers of components."""

from __future__ import annotations

from pywasm_rt.errors import ParseError
from pywasm_rt.wasm.text.cursor import Cursor

__all__ = ["ComponentCursor"]


class ComponentCursor(Cursor):
    """As the core's cursor, which would call a word of components an unknown operator."""

    def unexpected(self, wanted: str = "") -> ParseError:
        """The error for the token here, which fits nowhere."""
        tail = f": {wanted}" if wanted else ""
        kind = self.kind()
        if kind == "end":
            return self.error(f"unexpected token: end of text{tail}")
        value = self.values[self.index]
        text = f'"{value.decode(errors="replace")}"' if isinstance(value, bytes) else value
        return self.error(f"unexpected token {'$' if kind == 'id' else ''}{text}{tail}")
