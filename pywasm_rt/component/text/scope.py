"""Index spaces and names while a component, or a component, instance or module type, is parsed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pywasm_rt.component.syntax import AliasOuter, CoreTypeDefinition, Export, Sort
from pywasm_rt.errors import ParseError
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.text.context import ModuleContext, Space
from pywasm_rt.wasm.text.cursor import Cursor
from pywasm_rt.wasm.types import FunctionType, RecursiveType, SubType

__all__ = ["CoreTypes", "Identifier", "Scope", "identifier", "text_position"]

_OUTER = (Sort.CORE_MODULE, Sort.CORE_TYPE, Sort.TYPE, Sort.COMPONENT)
_UNKNOWN = SubType(FunctionType())


def text_position(cursor: Cursor) -> int:
    """The place of the token here, as component syntax keeps it."""
    return -cursor.position()


@dataclass(frozen=True, slots=True)
class Identifier:
    """``$name`` where it is bound; ``token`` is its index."""

    name: str
    token: int


def identifier(cursor: Cursor) -> Identifier | None:
    """Step over an identifier that is being bound; None if there is none."""
    token = cursor.index
    name = cursor.identifier()
    return None if name is None else Identifier(name, token)


class _CoreTypeSpace(Space):
    """The core types of a scope; names that it does not know are looked for further out."""

    def __init__(self, scope: Scope) -> None:
        super().__init__("core type")
        self.scope = scope

    def find(self, name: str) -> int | None:
        """The index of a name; None if no scope knows it."""
        return self.scope.find(Sort.CORE_TYPE, name)


class CoreTypes(ModuleContext):
    """The core types of a scope, as the core parser asks for them.

    What an inline signature calls for is a new definition of the scope.
    """

    def __init__(self, scope: Scope, features: Features) -> None:
        super().__init__(Module(is_text=True), features)
        self.scope = scope
        self.space = _CoreTypeSpace(scope)
        self.spaces["type"] = self.space

    def add_group(self, group: RecursiveType) -> None:
        """Append a recursion group; its members' names are bound already."""
        super().add_group(group)
        self.scope.definitions.append(CoreTypeDefinition(group, self.scope.start))
        self.space.count = len(self.types)

    def function_type(self, type_: FunctionType) -> int:
        """The index of a new definition of a function type, as tools make one for each use."""
        self.add_group(RecursiveType((SubType(type_),)))
        return len(self.types) - 1

    def add_unknown(self, type: SubType = _UNKNOWN) -> None:
        """Append something of which the core parser needs to know no more."""
        self.types.append(type)
        self.space.count = len(self.types)


@dataclass(eq=False, slots=True)
class Scope:
    """What a component or one of its types has defined so far.

    ``kind`` is ``component``, ``component type``, ``instance type`` or ``module type``; ``label``
    is a component's identifier. ``exports`` are those that definitions carry with them: they
    come behind all definitions. ``start`` is the place of the definition that is being read.
    """

    cursor: Cursor
    features: Features
    kind: str
    parent: Scope | None = None
    label: str | None = None
    definitions: list[Any] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)
    spaces: dict[Sort, Space] = field(default_factory=dict)
    core: CoreTypes = field(init=False)
    _outer: dict[tuple[Sort, int, int], int] = field(default_factory=dict)
    start: int = 0

    def __post_init__(self) -> None:
        self.core = CoreTypes(self, self.features)
        self.spaces = {sort: Space(sort.value) for sort in Sort}
        self.spaces[Sort.CORE_TYPE] = self.core.space

    def bind(self, sort: Sort, identifier: Identifier | None) -> int:
        """Take the next index of a space. Raises ParseError for a name that is taken."""
        space = self.spaces[sort]
        if identifier is not None:
            if identifier.name in space.indices:
                message = f"duplicate {sort} identifier ${identifier.name}"
                raise self.cursor.error(message, identifier.token)
            space.indices[identifier.name] = space.count
        if sort is Sort.CORE_TYPE:
            self.core.add_unknown()
        else:
            space.count += 1
        return space.count - 1

    def emit(self, definition: Any, sort: Sort, identifier: Identifier | None = None) -> int:
        """Append a definition that takes the next index of a space; returns the index."""
        self.definitions.append(definition)
        return self.bind(sort, identifier)

    def index(self, sort: Sort) -> int:
        """Read an index: a number, or a name that this scope or one further out knows."""
        cursor = self.cursor
        if cursor.kind() != "id":
            return cursor.natural(32)
        name = str(cursor.values[cursor.index])
        index = self.find(sort, name)
        if index is None:
            raise self._unknown(sort, name)
        cursor.index += 1
        return index

    def _unknown(self, sort: Sort, name: str) -> ParseError:
        scope = self.parent
        while scope is not None:
            if name in scope.spaces[sort].indices:
                return self.cursor.error(f"outer item `{name}` is not a module, type, or component")
            scope = scope.parent
        return self.cursor.error(f"unknown {sort} ${name}")

    def find(self, sort: Sort, name: str) -> int | None:
        """The index of a name. One that is known further out becomes an alias here, if it may."""
        scope: Scope | None = self
        count = 0
        while scope is not None:
            index = scope.spaces[sort].indices.get(name)
            if index is not None:
                if count == 0:
                    return index
                return self._alias(scope, sort, count, index) if sort in _OUTER else None
            scope = scope.parent
            count += 1
        return None

    def _alias(self, outer: Scope, sort: Sort, count: int, index: int) -> int:
        """The index here of something further out; aliased once."""
        key = (sort, count, index)
        known = self._outer.get(key)
        if known is None:
            known = self._outer[key] = self.spaces[sort].count
            self.definitions.append(AliasOuter(sort, count, index, text_position(self.cursor)))
            if sort is Sort.CORE_TYPE:
                types = outer.core.types
                self.core.add_unknown(types[index] if index < len(types) else _UNKNOWN)
            else:
                self.spaces[sort].count += 1
        return known
