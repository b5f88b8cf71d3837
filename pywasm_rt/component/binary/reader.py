"""Reading the small pieces of the component binary format."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.names import ExternName
from pywasm_rt.component.syntax import CanonOptions, Sort
from pywasm_rt.errors import DecodeError, UnsupportedFeature, ValidationError
from pywasm_rt.wasm.binary.reader import Reader

__all__ = ["MAX_NESTING", "ComponentReader"]

MAX_NESTING = 100
"""How deep components and types may be nested; guards the host's stack."""

_CORE_SORTS = {
    0x00: Sort.CORE_FUNCTION,
    0x01: Sort.CORE_TABLE,
    0x02: Sort.CORE_MEMORY,
    0x03: Sort.CORE_GLOBAL,
    0x04: Sort.CORE_TAG,
    0x10: Sort.CORE_TYPE,
    0x11: Sort.CORE_MODULE,
    0x12: Sort.CORE_INSTANCE,
}
_SORTS = {
    0x01: Sort.FUNCTION,
    0x02: Sort.VALUE,
    0x03: Sort.TYPE,
    0x04: Sort.COMPONENT,
    0x05: Sort.INSTANCE,
}
_ENCODINGS = {
    0x00: StringEncoding.UTF8,
    0x01: StringEncoding.UTF16,
    0x02: StringEncoding.LATIN1_UTF16,
}
_INDEXED_OPTIONS = {0x03: "memory", 0x04: "realloc", 0x05: "post-return", 0x07: "callback"}
_ASYNC_OPTION = 0x06
_GC_OPTIONS = {0x08: "core-type", 0x09: "gc"}
_ATTRIBUTES = {0x00: "implements", 0x01: "version-suffix", 0x02: "external-id"}

Item = TypeVar("Item")


class ComponentReader(Reader):
    """A reader of component binaries; errors as :class:`~pywasm_rt.wasm.binary.reader.Reader`."""

    __slots__ = ()

    def unexpected_end(self, offset: int | None = None) -> DecodeError:
        """The error of bytes that end too early, for the caller to raise."""
        return self.error("unexpected end-of-file", self.end if offset is None else offset)

    def window(self, size: int, inside: str) -> ComponentReader:
        """The next ``size`` bytes as a window of their own; this reader moves behind them."""
        window = super().window(size, inside)
        return ComponentReader(window.data, window.position, window.end, inside)

    def invalid_byte(self, byte: int, what: str, offset: int) -> DecodeError:
        """The error of a byte that opens nothing, for the caller to raise."""
        return self.error(f"invalid leading byte (0x{byte:x}) for {what}", offset)

    def invalid(self, message: str, offset: int) -> ValidationError:
        """An error in something that is well-formed, for the caller to raise."""
        return ValidationError(message, self.where(offset))

    def refuse(self, feature: str, what: str, offset: int) -> UnsupportedFeature:
        """The error of a feature that is not there, for the caller to raise."""
        name = f"component-model-{feature}"
        return UnsupportedFeature(name, f"{what} needs the feature {name}", self.where(offset))

    def count(self) -> int:
        """The number of elements of a vector, each of which takes at least one byte."""
        start = self.position
        count = self.u32()
        if count > self.remaining:
            raise self.unexpected_end(start)
        return count

    def name(self) -> str:
        """A name: a length in bytes and UTF-8."""
        size = self.count()
        start = self.position
        try:
            return self.raw(size).decode("utf-8")
        except UnicodeDecodeError as error:
            raise self.error("malformed UTF-8 encoding", start + error.start) from None

    def vector(self, item: Callable[[ComponentReader], Item]) -> tuple[Item, ...]:
        """A vector, each of whose elements ``item`` reads."""
        return tuple([item(self) for _ in range(self.count())])

    def optional(self, item: Callable[[ComponentReader], Item], what: str) -> Item | None:
        """Nothing (0x00), or an element (0x01) that ``item`` reads."""
        start = self.position
        flag = self.byte()
        if flag == 0:
            return None
        if flag == 1:
            return item(self)
        raise self.invalid_byte(flag, what, start)

    def boolean(self) -> bool:
        """0x00 or 0x01."""
        start = self.position
        flag = self.byte()
        if flag > 1:
            raise self.error(f"invalid boolean value 0x{flag:x}", start)
        return flag == 1

    def core_sort(self, what: str) -> Sort:
        """A core sort's byte."""
        start = self.position
        code = self.byte()
        if code not in _CORE_SORTS:
            raise self.invalid_byte(code, what, start)
        return _CORE_SORTS[code]

    def sort(self, what: str) -> Sort:
        """A sort's one or two bytes. Raises UnsupportedFeature for values."""
        start = self.position
        code = self.byte()
        if code == 0x00:
            return self.core_sort(what)
        if code not in _SORTS:
            raise self.invalid_byte(code, what, start)
        if code == 0x02:
            raise self.refuse("values", "a value as an import, export or argument", start)
        return _SORTS[code]

    def extern_name(self) -> ExternName:
        """The name of an import or export, with its attributes."""
        start = self.position
        form = self.byte()
        if form > 2:
            raise self.invalid_byte(form, "component name", start)
        text = self.name()
        attributes: dict[str, str] = {}
        for _ in range(self.count() if form == 2 else 0):
            at = self.position
            code = self.byte()
            if code not in _ATTRIBUTES:
                raise self.invalid_byte(code, "name option", at)
            attribute = _ATTRIBUTES[code]
            if attribute in attributes:
                raise self.invalid(f"duplicate '{attribute}' option in name", at)
            attributes[attribute] = self.name()
        return ExternName(
            text,
            attributes.get("implements"),
            attributes.get("external-id"),
            attributes.get("version-suffix"),
        )

    def canon_options(self) -> CanonOptions:
        """The options of a canonical definition, each at most once."""
        encoding: StringEncoding | None = None
        indices: dict[str, int] = {}
        is_async = False
        for _ in range(self.count()):
            start = self.position
            code = self.byte()
            if code in _ENCODINGS:
                encoding = self._encoding(encoding, _ENCODINGS[code], start)
            elif code in _INDEXED_OPTIONS:
                option = _INDEXED_OPTIONS[code]
                if option in indices:
                    raise self._repeated(option, start)
                indices[option] = self.u32()
            elif code == _ASYNC_OPTION:
                if is_async:
                    raise self._repeated("async", start)
                is_async = True
            elif code in _GC_OPTIONS:
                raise self.refuse("gc", f"the canonical option `{_GC_OPTIONS[code]}`", start)
            else:
                raise self.invalid_byte(code, "canonical option", start)
        return CanonOptions(
            encoding,
            indices.get("memory"),
            indices.get("realloc"),
            indices.get("post-return"),
            is_async,
            indices.get("callback"),
        )

    def _encoding(
        self, before: StringEncoding | None, encoding: StringEncoding, start: int
    ) -> StringEncoding:
        if before is None:
            return encoding
        names = [it.value.replace("+", "-") for it in (before, encoding)]
        sentence = f"canonical encoding option `{names[0]}` conflicts with option `{names[1]}`"
        raise self.invalid(sentence, start)

    def _repeated(self, option: str, start: int) -> ValidationError:
        # Wasmtime's sentence leaves the first two words out for the memory alone.
        prefix = "" if option == "memory" else "canonical option "
        return self.invalid(f"{prefix}`{option}` is specified more than once", start)
