"""The type section: from type indices to defined types (specification, "Validation / Types")."""

from __future__ import annotations

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.types import (
    CompositeType,
    FunctionType,
    HeapType,
    RecursiveType,
    StructType,
    SubType,
)
from pywasm_rt.wasm.validate.context import Context
from pywasm_rt.wasm.validate.defined_type import DefinedType, define_group, map_composite
from pywasm_rt.wasm.validate.feature_use import require_recursive_type
from pywasm_rt.wasm.validate.matching import matches_composite
from pywasm_rt.wasm.validate.places import in_item

__all__ = [
    "MAX_FIELDS",
    "MAX_PARAMETERS",
    "MAX_RESULTS",
    "MAX_SUBTYPE_DEPTH",
    "define_recursive_type",
    "define_types",
]

# Checking a body takes time in proportion to how much its calls and blocks take and give, and a
# subtype keeps all its supertypes: so these limits, the same as those of browsers, keep time and
# memory in proportion to the size of a module.
MAX_PARAMETERS = 1_000
MAX_RESULTS = 1_000
MAX_FIELDS = 10_000
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
    depths: list[int] = []
    for index, member in enumerate(group.members, first):
        with in_item(context.module, f"type {index}"):
            _check_indices(index, member, first + len(group.members))
            _check_sizes(member.composite)
            depths.append(_depth(member, types, depths))
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


def _check_sizes(composite: CompositeType) -> None:
    if isinstance(composite, FunctionType):
        _at_most(len(composite.parameters), MAX_PARAMETERS, "parameters")
        _at_most(len(composite.results), MAX_RESULTS, "results")
    elif isinstance(composite, StructType):
        _at_most(len(composite.fields), MAX_FIELDS, "fields")


def _at_most(count: int, most: int, what: str) -> None:
    if count > most:
        raise ValidationError(f"too many {what}: {count}, and {most} are possible here")


def _depth(member: SubType, types: list[DefinedType], depths: list[int]) -> int:
    """How many supertypes a member of a group has; ``depths`` are those of the ones before it."""
    if not member.supertypes:
        return 0
    above = member.supertypes[0]
    is_known = above < len(types)
    depth = len(types[above].supertypes) if is_known else depths[above - len(types)] + 1
    _at_most(depth, MAX_SUBTYPE_DEPTH, "supertypes of a type")
    return depth


def _check_supertype(index: int, member: DefinedType) -> None:
    above = member.supertype
    if above is None:
        return
    if above.final:
        raise ValidationError(f"sub type {index} has a final supertype: {above}")
    if not matches_composite(member.composite, above.composite):
        raise ValidationError(f"sub type {index} does not match its supertype: {member}, {above}")
