"""Instructions as text: one printer a kind of immediate, as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pywasm_rt.wasm.instructions.instruction import Instruction, MemoryArgument, Row
from pywasm_rt.wasm.module import Expression, Module
from pywasm_rt.wasm.text.identifiers import ModuleIdentifiers, bound, identifier, quote, unique
from pywasm_rt.wasm.text.literal_printer import print_float, print_vector
from pywasm_rt.wasm.text.type_printer import TypePrinter

__all__ = ["BLOCKS", "CodePrinter", "data_literals"]

BLOCKS = frozenset({"block", "loop", "if", "try_table", "try"})
_INDEX_SPACES = {
    "function": "func",
    "type": "type",
    "table": "table",
    "memory": "memory",
    "global": "global",
    "element": "elem",
    "data": "data",
    "tag": "tag",
}
# Where the text has the immediates in another order than the binary.
_SWAPPED = frozenset({"memory.init", "table.init"})
# The memory or table that an instruction works on is left out if it is the first.
_DEFAULTED = {
    **dict.fromkeys(("memory.size", "memory.grow", "memory.fill", "memory.init"), "memory"),
    **dict.fromkeys(
        ("table.get", "table.set", "table.size", "table.grow", "table.fill", "table.init"), "table"
    ),
}


class CodePrinter:
    """Prints the instructions of one body, keeping track of labels.

    ``names`` are the function's local names, ``labels`` the names of its blocks by number.
    """

    def __init__(
        self,
        module: Module,
        identifiers: ModuleIdentifiers,
        types: TypePrinter,
        names: Mapping[int, str] | None = None,
        labels: Mapping[int, str] | None = None,
    ) -> None:
        self.module = module
        self.identifiers = identifiers
        self.types = types
        self.locals = unique(dict(names or {}))
        self.bound_locals = bound(dict(names or {}))
        self.label_names = dict(labels or {})
        self.labels: list[str | None] = [None]
        self._blocks = 0
        self._kinds: dict[str, Callable[[object], str]] = {
            "i32": str,
            "i64": str,
            "count": str,
            "lane": str,
            "f32": lambda bits: print_float(int(bits), 32),  # type: ignore[call-overload]
            "f64": lambda bits: print_float(int(bits), 64),  # type: ignore[call-overload]
            "v128": lambda bits: print_vector(int(bits)),  # type: ignore[call-overload]
            "lanes16": lambda lanes: " ".join(map(str, lanes)),  # type: ignore[call-overload]
            "local": self._local,
            "label": self.label,
            "labels": lambda depths: " ".join(map(self.label, depths)),  # type: ignore[call-overload]
            "heap_type": types.heap,  # type: ignore[dict-item]
            "reference_type": types.reference,  # type: ignore[dict-item]
            "value_types": lambda ts: f"(result {types.values(ts)})",  # type: ignore[arg-type]
        }

    def _local(self, index: object) -> str:
        name = self.locals.get(index)  # type: ignore[call-overload]
        return str(index) if name is None else identifier(name)

    def label(self, depth: object) -> str:
        """A label where it is used: by name if the name means this block here."""
        assert isinstance(depth, int)
        if depth < len(self.labels):
            name = self.labels[-1 - depth]
            inner = self.labels[len(self.labels) - depth :]
            if name is not None and name not in inner:
                return identifier(name)
        return str(depth)

    def instruction(self, instruction: Instruction) -> str:
        """One instruction, blocks with their label and type. Enters and leaves labels."""
        row, immediates = instruction
        word = row.mnemonic
        if word in BLOCKS:
            return self._block(row, immediates)
        if word == "end":
            self._leave()
            return word
        if word == "delegate":
            self._leave()
        parts = [word, *self._immediates(row, immediates)]
        return " ".join(part for part in parts if part)

    def _leave(self) -> None:
        if len(self.labels) > 1:
            self.labels.pop()

    def _block(self, row: Row, immediates: tuple[object, ...]) -> str:
        parts = [row.mnemonic]
        name = self.label_names.get(self._blocks) or None
        self._blocks += 1
        if name is not None:
            parts.append(identifier(name))
        type_ = immediates[0]
        if isinstance(type_, int):
            parts.append(self.types.use(type_))
        elif type_ is not None:
            parts.append(f"(result {self.types.value(type_)})")  # type: ignore[arg-type]
        if row.mnemonic == "try_table":
            parts.extend(self._catches(immediates[1]))
        self.labels.append(name)
        return " ".join(parts)

    def _catches(self, handlers: object) -> list[str]:
        assert isinstance(handlers, tuple)
        texts: list[str] = []
        for kind, tag, label in handlers:
            name = "" if tag is None else f" {self.identifiers.use('tag', tag)}"
            texts.append(f"({kind}{name} {self.label(label)})")
        return texts

    def _immediates(self, row: Row, immediates: tuple[object, ...]) -> list[str]:
        word = row.mnemonic
        if word in ("call_indirect", "return_call_indirect"):
            type_index, table = immediates
            assert isinstance(type_index, int)
            name = self.identifiers.use("table", table) if table else ""
            return [name, self.types.use(type_index)]
        if word.startswith("struct.") and "field" in row.immediates:
            type_index, field = immediates
            return [
                self.identifiers.use("type", type_index),
                self.identifiers.field(type_index, field),
            ]
        if word in ("memory.copy", "table.copy") and immediates == (0, 0):
            return []
        texts = [
            self._one(row, kind, value)
            for kind, value in zip(row.immediates, immediates, strict=True)
        ]
        return texts[::-1] if word in _SWAPPED else texts

    def _one(self, row: Row, kind: str, value: object) -> str:
        if kind == "memory_argument":
            assert isinstance(value, MemoryArgument)
            return self._memory_argument(row, value)
        if _DEFAULTED.get(row.mnemonic) == kind and value == 0:
            return ""
        space = _INDEX_SPACES.get(kind)
        if space is not None:
            return self.identifiers.use(space, value)
        return self._kinds[kind](value)

    def _memory_argument(self, row: Row, argument: MemoryArgument) -> str:
        parts: list[str] = []
        if argument.memory_index:
            parts.append(self.identifiers.use("memory", argument.memory_index))
        if argument.offset:
            parts.append(f"offset={argument.offset}")
        if argument.align_log2 != row.natural_align_log2:
            parts.append(f"align={1 << argument.align_log2}")
        return " ".join(parts)

    def constant(self, expression: Expression) -> str:
        """A constant expression on one line, without its ``end``."""
        return " ".join(
            self.instruction(instruction) for instruction in list(expression.instructions)[:-1]
        )


def data_literals(data: bytes, width: int = 64) -> list[str]:
    """Bytes as string literals of at most ``width`` bytes each."""
    return [quote(data[start : start + width]) for start in range(0, len(data), width)]
