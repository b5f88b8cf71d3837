"""Aliases: names for items of instances and of enclosing components."""

from __future__ import annotations

from typing import Any

from pywasm_rt.component.places import at
from pywasm_rt.component.syntax import AliasExport, AliasOuter, Sort
from pywasm_rt.component.types import ExternType, InstanceType
from pywasm_rt.component.validate.scope import Scope, sort_of
from pywasm_rt.errors import ValidationError

__all__ = ["alias_export", "alias_outer"]


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


def alias_outer(scope: Scope, alias: AliasOuter) -> Any:
    """The item of an enclosing scope, as the space of its sort holds it."""
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
    return found


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
