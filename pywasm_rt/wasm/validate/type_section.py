"""The type section: from type indices to defined types (specification, "Validation / Types")."""

from __future__ import annotations

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.types import HeapType, RecursiveType, SubType
from pywasm_rt.wasm.validate.context import Context
from pywasm_rt.wasm.validate.defined_type import DefinedType, define_group, map_composite
from pywasm_rt.wasm.validate.feature_use import require_recursive_type
from pywasm_rt.wasm.validate.matching import matches_composite
from pywasm_rt.wasm.validate.places import in_item

__all__ = ["MAX_SUBTYPE_DEPTH", "define_recursive_type", "define_types"]

MAX_SUBTYPE_DEPTH = 63
"""How long a chain of supertypes may be (the limit of the JavaScript API, too)."""


def define_types(context: Context) -> None:
    """Fill ``context.types``.

    Raises:
        ValidationError: a type refers to an unknown type, or does not match its supertype.
    """
    types: list[DefinedType] = []
    for group in context.module.recursive_types:
        define_recursive_type(context, group, types)
    context.types = tuple(types)


def define_recursive_type(context: Context, group: RecursiveType, types: list[DefinedType]) -> None:
    """Append a recursion group to ``types``, the types before it. Raises as above."""
    first = len(types)
    with in_item(context.module, f"type {first}"):
        require_recursive_type(context.features, group)
    for index, member in enumerate(group.members, first):
        with in_item(context.module, f"type {index}"):
            _check_indices(index, member, first + len(group.members))
    types += define_group(group.members, first, types)
    for index in range(first, len(types)):
        with in_item(context.module, f"type {index}"):
            _check_supertype(index, types[index])


def _check_indices(index: int, member: SubType, end: int) -> None:
    """A type may refer to those before it and in its own group; its supertype comes before it."""

    def check(heap: HeapType) -> HeapType:
        if isinstance(heap, int) and not 0 <= heap < end:
            raise ValidationError(f"unknown type {heap}: {end} are known here", count=end)
        return heap

    map_composite(member.composite, check)
    if len(member.supertypes) > 1:
        count = len(member.supertypes)
        raise ValidationError(f"sub type {index} has {count} supertypes, but may have one")
    for above in member.supertypes:
        if not 0 <= above < index:
            raise ValidationError(f"unknown type {above}: a supertype must come before its subtype")


def _check_supertype(index: int, member: DefinedType) -> None:
    above = member.supertype
    if above is None:
        return
    if len(member.supertypes) > MAX_SUBTYPE_DEPTH + 1:
        raise ValidationError(f"sub type {index} has more than {MAX_SUBTYPE_DEPTH} types above it")
    if above.final:
        raise ValidationError(f"sub type {index} has a final supertype: {above}")
    if not matches_composite(member.composite, above.composite):
        raise ValidationError(f"sub type {index} does not match its supertype: {member}, {above}")
