"""Functions whose names say that they belong to a resource ("Import and Export Definitions")."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pywasm_rt.component.names import PlainName, parse_extern_name
from pywasm_rt.component.types import (
    BorrowType,
    ExternType,
    FunctionType,
    OwnType,
    ResourceType,
    ResultType,
)
from pywasm_rt.errors import ValidationError

__all__ = ["ResourceName", "check_annotated"]

ResourceName = tuple[ResourceType, object]
"""A resource type and the mark of one of its names."""


def check_annotated(
    text: str, item: ExternType, resources: Mapping[ResourceName, Collection[str]]
) -> None:
    """Check that a function fits its annotation; names without one are fine.

    ``resources`` are the names under which resource types stand beside the function. Raises
    ValidationError.
    """
    name = parse_extern_name(text)
    if not isinstance(name, PlainName) or not name.annotation:
        return
    if not isinstance(item, FunctionType):
        raise ValidationError(f"`{text}` is not a func")
    if name.annotation == "constructor":
        _check_name(_constructed(item), name.resource, resources)
    elif name.annotation == "method":
        _check_name(_receiver(item), name.resource, resources)
    elif not any(name.resource in names for names in resources.values()):
        raise ValidationError("static resource name is not known in this context")


def _constructed(function: FunctionType) -> ResourceName:
    result = function.result
    if function.is_async:
        raise ValidationError("constructor function cannot be async")
    if result is None:
        raise ValidationError("function should return one value")
    if isinstance(result, ResultType):
        result = result.ok
    if not isinstance(result, OwnType):
        raise ValidationError("function should return `(own $T)` or `(result (own $T))`")
    return result.resource, result.mark


def _receiver(function: FunctionType) -> ResourceName:
    if not function.parameters:
        raise ValidationError("function should have at least one argument")
    name, type = function.parameters[0]
    if name != "self":
        raise ValidationError("function should have a first argument called `self`")
    if not isinstance(type, BorrowType):
        raise ValidationError("function should take a first argument of `(borrow $T)`")
    return type.resource, type.mark


def _check_name(
    resource: ResourceName, wanted: str, resources: Mapping[ResourceName, Collection[str]]
) -> None:
    found = resources.get(resource)
    if found is None:
        raise ValidationError("resource used in function does not have a name in this context")
    if wanted not in found:
        names = "` or `".join(found)
        raise ValidationError(f"function does not match expected resource name `{names}`")
