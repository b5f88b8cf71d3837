"""Core types in components: definitions, the types of modules, and what a module's bytes say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from pywasm_rt.component.places import at
from pywasm_rt.component.syntax import (
    AliasOuter,
    CoreExportDeclaration,
    CoreExternUse,
    CoreFunctionUse,
    CoreImportDeclaration,
    CoreTypeDefinition,
    ModuleTypeSyntax,
    Sort,
)
from pywasm_rt.component.types import CoreExternType, CoreTagType, ModuleType
from pywasm_rt.component.validate.scope import Scope
from pywasm_rt.errors import UnsupportedFeature, ValidationError
from pywasm_rt.wasm.instructions import INSTRUCTIONS
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.types import (
    FunctionType,
    GlobalType,
    HeapType,
    MemoryType,
    RecursiveType,
    TableType,
)
from pywasm_rt.wasm.validate import Context, DefinedType
from pywasm_rt.wasm.validate.defined_type import map_composite
from pywasm_rt.wasm.validate.limits import check_memory_type, check_table_type
from pywasm_rt.wasm.validate.type_section import define_recursive_type

__all__ = ["CoreNames", "core_type_index", "define_core_type", "function_type"]

CoreType = DefinedType | ModuleType


def define_core_type(scope: Scope, definition: CoreTypeDefinition) -> None:
    """Add a core type, or the types of a recursion group, to the scope."""
    space: list[CoreType] = scope.spaces[Sort.CORE_TYPE]
    try:
        if isinstance(definition.type, ModuleTypeSyntax):
            space.append(_ModuleTypes(scope).run(definition.type))
        else:
            _define(_context(scope), definition.type, space)
    except (ValidationError, UnsupportedFeature) as error:
        error.where = error.where or at(definition.position)
        raise


def _context(scope: Scope) -> Context:
    return Context(Module(), scope.features.core, INSTRUCTIONS)


def _define(context: Context, group: RecursiveType, space: list[CoreType]) -> None:
    """Append the types of a group. The types of modules can be referred to by none of them."""

    def check(heap: HeapType) -> HeapType:
        if isinstance(heap, int) and heap < len(space):
            core_type_index(space, heap)
        return heap

    for member in group.members:
        map_composite(member.composite, check)
        for index in member.supertypes:
            check(index)
    define_recursive_type(context, group, cast("list[DefinedType]", space))


def core_type_index(space: list[CoreType], index: int) -> DefinedType:
    """The core type at an index, which must not be that of a module. Raises ValidationError."""
    if index >= len(space):
        sentence = f"unknown type {index}: type index out of bounds"
        raise ValidationError(sentence, index=index, count=len(space))
    type = space[index]
    if not isinstance(type, DefinedType):
        raise ValidationError(f"core type index {index} is the type of a module")
    return type


def function_type(space: list[CoreType], index: int) -> DefinedType:
    """The core function type at an index. Raises ValidationError."""
    type = core_type_index(space, index)
    if not isinstance(type.composite, FunctionType):
        raise ValidationError(f"core type index {index} is not a function type")
    return type


class CoreNames:
    """The imports, or exports, of a module or its type, which must differ."""

    def __init__(self) -> None:
        self.imports: dict[tuple[str, str], CoreExternType] = {}
        self.exports: dict[str, CoreExternType] = {}

    def add_import(self, module: str, name: str, type: CoreExternType) -> None:
        """Note an import. Raises ValidationError for one that there is already."""
        if (module, name) in self.imports:
            raise ValidationError(f"duplicate import name `{module}:{name}`")
        self.imports[module, name] = type

    def add_export(self, name: str, type: CoreExternType) -> None:
        """Note an export. Raises ValidationError for one that there is already."""
        if name in self.exports:
            raise ValidationError(f"export name `{name}` already defined")
        self.exports[name] = type

    def module_type(self) -> ModuleType:
        """The module's type."""
        return ModuleType(self.imports, self.exports)


class _ModuleTypes:
    """A module type on its way."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.context = _context(scope)
        self.space: list[CoreType] = []
        self.names = CoreNames()

    def run(self, syntax: ModuleTypeSyntax) -> ModuleType:
        for declaration in syntax.declarations:
            try:
                self._declare(declaration)
            except (ValidationError, UnsupportedFeature) as error:
                error.where = error.where or at(declaration.position)
                raise
        return self.names.module_type()

    def _declare(
        self,
        declaration: (
            CoreTypeDefinition | AliasOuter | CoreImportDeclaration | CoreExportDeclaration
        ),
    ) -> None:
        match declaration:
            case CoreTypeDefinition(RecursiveType() as group):
                _define(self.context, group, self.space)
            case CoreTypeDefinition():
                raise ValidationError("a module type cannot define the type of another module")
            case AliasOuter(_, count, index, position):
                self.space.append(self._alias(count, index, position))
            case CoreImportDeclaration(module, name, use):
                self.names.add_import(module, name, self._extern(use))
            case CoreExportDeclaration(name, use):
                self.names.add_export(name, self._extern(use))

    def _alias(self, count: int, index: int, position: int) -> DefinedType:
        space = self.space
        if count:
            space = self.scope.outer(count - 1, position).spaces[Sort.CORE_TYPE]
        return core_type_index(space, index)

    def _extern(self, use: CoreExternUse) -> CoreExternType:
        if isinstance(use, CoreFunctionUse):
            return function_type(self.space, use.type_index)
        if isinstance(use, MemoryType):
            check_memory_type(self.context, use)
            return use
        self._know_types()
        if isinstance(use, TableType):
            return check_table_type(self.context, use)
        if isinstance(use, GlobalType):
            return GlobalType(self.context.value_type(use.value), use.mutable)
        type = function_type(self.space, use.type_index)
        if type.function is not None and type.function.results:
            raise ValidationError("non-empty tag result type")
        return CoreTagType(type)

    def _know_types(self) -> None:
        """Let the core rules see the types so far; that costs as much as there are."""
        if len(self.context.types) != len(self.space):
            self.scope.measures.spend(len(self.space))
            self.context.types = tuple(cast("Iterable[DefinedType]", self.space))
