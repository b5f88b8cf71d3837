"""A place in a list of tokens, and what all parts of the grammar ask of it."""

from __future__ import annotations

from collections.abc import Iterator

from pywasm_rt.component.source import Place, Source
from pywasm_rt.component.wit.lexer import KEYWORDS, Token, tokenize
from pywasm_rt.component.wit.syntax import PackageName, UsePath
from pywasm_rt.errors import ParseError

__all__ = ["Cursor"]

_LONGEST_VERSION = 256


class Cursor:
    """Reads tokens one after the other; ``token`` is the next one, not yet used.

    ``strict_labels`` False lets names through that are not kebab-case.
    """

    def __init__(self, source: Source, *, strict_labels: bool = True) -> None:
        self.source = source
        self.tokens = tokenize(source, strict_labels=strict_labels)
        self.index = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.index]

    def ahead(self, count: int) -> Token:
        """The token ``count`` places after the next one, or the end."""
        return self.tokens[min(self.index + count, len(self.tokens) - 1)]

    def place(self) -> Place:
        """Where the next token begins."""
        return Place(self.source, self.token.start)

    def take(self) -> Token:
        """Use the next token up (the end stays)."""
        token = self.tokens[self.index]
        self.index = min(self.index + 1, len(self.tokens) - 1)
        return token

    def accept(self, kind: str) -> bool:
        """Use the next token up if it is of this kind."""
        if self.token.kind != kind:
            return False
        self.take()
        return True

    def unexpected(self, expected: str) -> ParseError:
        """The error for a next token that is not what the grammar asks for."""
        return self.source.error(
            f"expected {expected}, found {self.token}", self.token.start, expected=expected
        )

    def expect(self, kind: str) -> Token:
        """Use the next token up, which must be of this kind."""
        if self.token.kind != kind:
            raise self.unexpected(f"'{kind}'")
        return self.take()

    def name(self, what: str) -> str:
        """Use an identifier up; ``what`` says what it names."""
        token = self.token
        if token.kind == "identifier":
            return self.take().text
        if token.kind in KEYWORDS and token.kind != "_":
            raise self.source.error(
                f"{token.kind} is a keyword; as the name of {what} write %{token.kind}",
                token.start,
                expected=what,
            )
        raise self.unexpected(f"the name of {what}")

    def separated(self, close: str) -> Iterator[None]:
        """Iterate over comma-separated places up to ``close``, which is used up."""
        while not self.accept(close):
            yield
            if not self.accept(","):
                if self.token.kind != close:
                    raise self.unexpected(f"',' or '{close}'")
                self.take()
                return

    def version(self) -> str:
        """Use a semantic version up."""
        if self.token.kind != "version":
            raise self.unexpected("a version such as 1.0.0")
        if len(self.token.text) > _LONGEST_VERSION:
            raise self.source.error(
                f"a version has at most {_LONGEST_VERSION} characters", self.token.start
            )
        return self.take().text

    def package_name(self, namespace: str) -> PackageName:
        """What follows the namespace in a package's name, up to the version."""
        self.expect(":")
        return PackageName(namespace, self.name("a package"))

    def use_path(self) -> UsePath:
        """``name`` or ``namespace:package/name@version``."""
        place = self.place()
        first = self.name("an interface or package")
        if self.token.kind != ":":
            return UsePath(first, None, place)
        package = self.package_name(first)
        self.expect("/")
        name = self.name("an interface or world")
        if self.token.kind in ("/", ":"):
            raise self.unexpected("no nested package, which is not supported")
        version = self.version() if self.accept("@") else ""
        return UsePath(name, PackageName(package.namespace, package.name, version), place)
