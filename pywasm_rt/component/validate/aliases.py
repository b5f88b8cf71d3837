"""Aliases: names for items of instances and of enclosing components."""

from __future__ import annotations

from collections.abc import Mapping

from pywasm_rt.component.places import at
from pywasm_rt.component.syntax import AliasCoreExport, AliasExport, AliasOuter, Sort
from pywasm_rt.component.types import CoreExternType, CoreTagType, ExternType, InstanceType
from pywasm_rt.component.validate.scope import Scope, sort_of
from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.types import GlobalType, MemoryType, TableType
from pywasm_rt.wasm.validate import DefinedType

__all__ = ["CORE_EXPORTS", "alias_core_export", "alias_export", "alias_outer"]

CORE_EXPORTS: dict[Sort, type] = {
    Sort.CORE_FUNCTION: DefinedType,
    Sort.CORE_TABLE: TableType,
    Sort.CORE_MEMORY: MemoryType,
    Sort.CORE_GLOBAL: GlobalType,
    Sort.CORE_TAG: CoreTagType,
}
"""What core instances can export, and the class of its type."""


def alias_core_export(scope: Scope, alias: AliasCoreExport) -> CoreExternType:
    """The type of a core instance's export. Raises ValidationError."""
    exports: Mapping[str, CoreExternType] = scope.get(
        Sort.CORE_INSTANCE, alias.instance, alias.position
    )
    item = exports.get(alias.name)
    if item is None:
        sentence = f"core instance {alias.instance} has no export named `{alias.name}`"
        raise ValidationError(sentence, at(alias.position), exports=tuple(exports))
    if not isinstance(item, CORE_EXPORTS.get(alias.sort, ())):
        word = alias.sort.value.removeprefix("core ")
        sentence = f"export `{alias.name}` for core instance {alias.instance} is not a {word}"
        raise ValidationError(sentence, at(alias.position))
    return item


def alias_export(scope: Scope, alias: AliasExport) -> ExternType:
    """The type of an instance's export."""
    position = alias.position
    instance: InstanceType = scope.get(Sort.INSTANCE, alias.instance, position)
    item = instance.exports.get(alias.name)
    if item is None:
        sentence = f"instance {alias.instance} has no export named `{alias.name}`"
        raise ValidationError(sentence, at(position), exports=tuple(instance.exports))
    found = sort_of(item)
    if found is not alias.sort:
        word = alias.sort.value.removeprefix("core ")
        sentence = f"export `{alias.name}` for instance {alias.instance} is not a {word}"
        raise ValidationError(sentence, at(position))
    return item


def alias_outer(scope: Scope, alias: AliasOuter) -> None:
    """Add the item of an enclosing scope. Raises ValidationError."""
    position = alias.position
    outer = scope.outer(alias.count, position)
    found = outer.get(alias.sort, alias.index, position)
    if alias.sort is Sort.TYPE and _leaves_component(scope, alias.count):
        measure = scope.measures(found)
        if measure.resources:
            sentence = (
                "cannot alias outer type which transitively refers to resources not defined "
                "in the current component"
            )
            raise ValidationError(sentence, at(position))
    if alias.sort is Sort.TYPE:
        scope.add_type(found, outer.marks[alias.index])
    else:
        scope.spaces[alias.sort].append(found)


def _leaves_component(scope: Scope, count: int) -> bool:
    """Whether going ``count`` scopes outward crosses the border of a component."""
    inner: Scope | None = scope
    for _ in range(count):
        if inner is None:
            return False
        if inner.kind == "component":
            return True
        inner = inner.parent
    return False
