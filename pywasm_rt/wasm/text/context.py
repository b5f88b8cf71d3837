"""What names mean while a module is parsed: index spaces, types, and the fields of structures."""

from __future__ import annotations

from dataclasses import dataclass, field

from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.module import Module, Names
from pywasm_rt.wasm.text.cursor import Cursor
from pywasm_rt.wasm.types import (
    FunctionType,
    RecursiveType,
    SubType,
    ValueType,
)

__all__ = ["SPACES", "FunctionContext", "ModuleContext", "Space", "index_in"]

# The index spaces, by the word of the text format, and the attribute of ``Names`` for each.
SPACES = {
    "type": "types",
    "func": "functions",
    "table": "tables",
    "memory": "memories",
    "global": "globals",
    "tag": "tags",
    "elem": "elements",
    "data": "datas",
}
_SPELLED = {"func": "function", "elem": "elem segment", "data": "data segment"}


@dataclass(slots=True)
class Space:
    """An index space: how many there are, and which have names."""

    word: str
    count: int = 0
    indices: dict[str, int] = field(default_factory=dict)

    def add(self, cursor: Cursor, name: str | None) -> int:
        """Bind the next index, to ``name`` if there is one (just before the cursor)."""
        index = self.count
        self.count += 1
        if name is not None:
            self.bind(cursor, name, index)
        return index

    def bind(self, cursor: Cursor, name: str, index: int) -> None:
        """Give an index a name. Raises ParseError for a name that is taken."""
        if name in self.indices:
            raise cursor.error(f"duplicate {self.word} ${name}", cursor.index - 1)
        self.indices[name] = index

    def find(self, name: str) -> int | None:
        """The index of a name; None if it is not known."""
        return self.indices.get(name)

    def named(self) -> dict[int, str]:
        """The names by index, in order."""
        return {index: name for name, index in sorted(self.indices.items(), key=lambda i: i[1])}


def index_in(space: Space, cursor: Cursor) -> int:
    """Read an index: a number, or a name that the space knows."""
    if cursor.kind() == "id":
        name = str(cursor.values[cursor.index])
        index = space.find(name)
        if index is None:
            raise cursor.error(f"unknown {_SPELLED.get(space.word, space.word)} ${name}")
        cursor.index += 1
        return index
    return cursor.natural(32)


class ModuleContext:
    """The names of a module. Types behind the written ones come from inline function types."""

    def __init__(self, module: Module, features: Features) -> None:
        self.module = module
        self.features = features
        self.spaces = {word: Space(word) for word in SPACES}
        self.fields: dict[int, Space] = {}
        self.types: list[SubType] = []
        self._functions: dict[FunctionType, int] = {}
        # Names that are given by annotations, which count more than identifiers.
        self._annotated = Names()

    def add_group(self, group: RecursiveType) -> None:
        """Append a recursion group whose members' names are bound already."""
        self.module.recursive_types.append(group)
        for member in group.members:
            composite = member.composite
            alone = len(group.members) == 1 and member.final and not member.supertypes
            if alone and isinstance(composite, FunctionType):
                self._functions.setdefault(composite, len(self.types))
            self.types.append(member)

    def function_type(self, type_: FunctionType) -> int:
        """The index of a function type: the first that is just this, or a new one at the end."""
        index = self._functions.get(type_)
        if index is None:
            self.add_group(RecursiveType((SubType(type_),)))
            index = self._functions[type_]
        return index

    def annotate(self, word: str, index: int, name: str) -> None:
        """Note the name that an annotation gives to an item."""
        getattr(self._annotated, SPACES[word])[index] = name

    def annotate_field(self, type_index: int, index: int, name: str) -> None:
        """Note the name that an annotation gives to a field of a structure."""
        self._annotated.fields.setdefault(type_index, {})[index] = name

    def record_names(self) -> None:
        """Put the names into the module."""
        names, annotated = self.module.names, self._annotated
        for word, attribute in SPACES.items():
            setattr(names, attribute, self.spaces[word].named() | getattr(annotated, attribute))
        for index, space in self.fields.items():
            found = space.named() | annotated.fields.get(index, {})
            if found:
                names.fields[index] = found


class FunctionContext:
    """The names of a function body: locals, and the labels in force (innermost last)."""

    def __init__(self, module: ModuleContext) -> None:
        self.module = module
        self.locals = Space("local")
        self.annotated_locals: dict[int, str] = {}
        self.local_types: list[ValueType] = []
        self.labels: list[str | None] = []
        self.label_names: dict[int, str] = {}
        self.label_count = 0

    def add_local(
        self, cursor: Cursor, name: str | None, type_: ValueType, annotated: str | None = None
    ) -> None:
        """Add a parameter or local variable, with its identifier (just before the cursor) and the
        name that an annotation gives to it.
        """
        index = self.locals.add(cursor, name)
        if annotated is not None:
            self.annotated_locals[index] = annotated
        self.local_types.append(type_)

    def local_names(self) -> dict[int, str]:
        """The names of all local variables that have one."""
        return self.locals.named() | self.annotated_locals

    def push_label(self, name: str | None) -> None:
        """Enter a block."""
        if name is not None:
            self.label_names[self.label_count] = name
        self.label_count += 1
        self.labels.append(name)

    def label(self, cursor: Cursor) -> int:
        """Read a label: a depth, or the name of an enclosing block."""
        if cursor.kind() != "id":
            return cursor.natural(32)
        name = str(cursor.values[cursor.index])
        for depth, label in enumerate(reversed(self.labels)):
            if label == name:
                cursor.index += 1
                return depth
        raise cursor.error(f"unknown label ${name}")
