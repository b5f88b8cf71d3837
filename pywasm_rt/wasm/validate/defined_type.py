"""Types whose identity is their meaning: defined types, equal up to iso-recursion.

Two modules may write the same type with different indices. Each recursion group is turned into a
form without indices (references inside the group count from its beginning, references outside are
defined types already) and looked up in one table for the whole process, so that two
:class:`DefinedType` are the same type exactly if they are the same object (specification, section
"Types / Conventions / Rolling and Unrolling"). A group that nothing refers to any more leaves the
table.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import cast
from weakref import WeakValueDictionary

from pywasm_rt.wasm.types import (
    AbstractHeapType,
    ArrayType,
    CompositeType,
    DefinedTypeBase,
    FieldType,
    FunctionType,
    HeapType,
    ReferenceType,
    StorageType,
    StructType,
    SubType,
    ValueType,
)

__all__ = [
    "BOTTOM_HEAP",
    "BottomHeapType",
    "DefinedType",
    "RecursionGroup",
    "define_function",
    "define_group",
    "map_composite",
]


class BottomHeapType(DefinedTypeBase):
    """The heap type below all others: what a reference popped in unreachable code points to."""

    __slots__ = ()

    def __str__(self) -> str:
        return "bot"


BOTTOM_HEAP = BottomHeapType()


class RecursionGroup:
    """A canonical recursion group; ``members`` are its types, ``key`` what they have in common
    with all groups that are the same: their form without indices.
    """

    __slots__ = ("__weakref__", "key", "members")

    key: _Key
    members: tuple[DefinedType, ...]


class DefinedType(DefinedTypeBase):
    """A type of a recursion group, unrolled: heap types in ``composite`` are never indices.

    ``group`` and ``index`` say which type it is, ``supertypes`` are its declared supertypes, the
    root first and itself last (so ``supertypes[-1] is self``). Made by :func:`define_group` only,
    and never changed afterwards; compare with ``is``.
    """

    __slots__ = ("composite", "final", "group", "index", "kind", "supertypes")

    group: RecursionGroup
    index: int
    composite: CompositeType
    final: bool
    supertypes: tuple[DefinedType, ...]
    kind: AbstractHeapType

    @property
    def supertype(self) -> DefinedType | None:
        """The declared supertype, if there is one."""
        return self.supertypes[-2] if len(self.supertypes) > 1 else None

    @property
    def function(self) -> FunctionType | None:
        """The function type it is, or None."""
        return self.composite if isinstance(self.composite, FunctionType) else None

    def is_subtype_of(self, other: DefinedType) -> bool:
        """Whether ``other`` is this type or one of its declared supertypes."""
        depth = len(other.supertypes) - 1
        return len(self.supertypes) > depth and self.supertypes[depth] is other

    def __copy__(self) -> DefinedType:
        return self

    def __deepcopy__(self, _: object) -> DefinedType:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return _member, (self.group.key, self.index)

    def __str__(self) -> str:
        return _print_composite(self.composite, self.group)

    def __repr__(self) -> str:
        return f"<DefinedType {self}>"


_KINDS: dict[type, AbstractHeapType] = {
    FunctionType: AbstractHeapType.FUNC,
    StructType: AbstractHeapType.STRUCT,
    ArrayType: AbstractHeapType.ARRAY,
}

_Key = tuple[object, ...]
_groups: WeakValueDictionary[_Key, RecursionGroup] = WeakValueDictionary()
_lock = threading.Lock()


def define_group(
    members: Sequence[SubType], first_index: int, types: Sequence[DefinedType]
) -> tuple[DefinedType, ...]:
    """The canonical types of a recursion group whose members have the type indices from
    ``first_index`` on; ``types`` are the types before it.

    Every type index in the members must be known (``validate/types.py`` checks that): one below
    ``first_index`` is in ``types``, others are in the group.
    """

    def roll(heap: HeapType) -> HeapType:
        if not isinstance(heap, int):
            return heap
        return types[heap] if heap < first_index else heap - first_index

    key = tuple(
        (
            member.final,
            tuple(roll(index) for index in member.supertypes),
            map_composite(member.composite, roll),
        )
        for member in members
    )
    return _intern(key).members


def define_function(type: FunctionType) -> DefinedType:
    """The defined type of a function type on its own: final, without supertypes, in a group of
    one. Heap types in it must be resolved.
    """
    return define_group((SubType(type),), 0, ())[0]


def _intern(key: _Key) -> RecursionGroup:
    with _lock:
        group = _groups.get(key)
        if group is None:
            group = _groups[key] = _unroll(key)
        return group


def _member(key: _Key, index: int) -> DefinedType:
    """A defined type by what it was pickled as."""
    return _intern(key).members[index]


def _unroll(key: _Key) -> RecursionGroup:
    group = RecursionGroup()
    group.key = key
    group.members = tuple(DefinedType() for _ in key)

    def unroll(heap: HeapType) -> HeapType:
        return group.members[heap] if isinstance(heap, int) else heap

    for index, (defined, entry) in enumerate(zip(group.members, key, strict=True)):
        final, supertypes, composite = cast(
            "tuple[bool, tuple[HeapType, ...], CompositeType]", entry
        )
        defined.group = group
        defined.index = index
        defined.final = final
        defined.composite = map_composite(composite, unroll)
        defined.kind = _KINDS[type(composite)]
        above: tuple[DefinedType, ...] = ()
        if supertypes:
            above = cast("DefinedType", unroll(supertypes[0])).supertypes
        defined.supertypes = (*above, defined)
    return group


def map_composite(composite: CompositeType, heap: Callable[[HeapType], HeapType]) -> CompositeType:
    """A composite type in which ``heap`` has replaced each heap type; the same if it has none."""

    def storage(type: StorageType) -> StorageType:
        if isinstance(type, ReferenceType):
            return ReferenceType(type.nullable, heap(type.heap))
        return type

    def values(types: Sequence[ValueType]) -> tuple[ValueType, ...]:
        return tuple(cast("ValueType", storage(type)) for type in types)

    match composite:
        case FunctionType(parameters, results):
            if not any(isinstance(type, ReferenceType) for type in (*parameters, *results)):
                return composite
            return FunctionType(values(parameters), values(results))
        case StructType(fields):
            return StructType(tuple(FieldType(storage(f.storage), f.mutable) for f in fields))
        case ArrayType(field):
            return ArrayType(FieldType(storage(field.storage), field.mutable))


def _print_composite(composite: CompositeType, group: RecursionGroup) -> str:
    def name(heap: HeapType) -> str:
        if not isinstance(heap, DefinedType):
            return str(heap)
        return f"rec.{heap.index}" if heap.group is group else f"<{heap.kind}>"

    def storage(type: StorageType) -> str:
        if isinstance(type, ReferenceType) and isinstance(type.heap, DefinedType):
            return f"(ref {'null ' if type.nullable else ''}{name(type.heap)})"
        return str(type)

    def field(type: FieldType) -> str:
        return f"(mut {storage(type.storage)})" if type.mutable else storage(type.storage)

    match composite:
        case FunctionType(parameters, results):
            parts = [
                f"({word} {' '.join(map(storage, types))})"
                for word, types in (("param", parameters), ("result", results))
                if types
            ]
            return f"({' '.join(['func', *parts])})"
        case StructType(fields):
            return f"({' '.join(['struct', *(f'(field {field(f)})' for f in fields)])})"
        case ArrayType(element):
            return f"(array {field(element)})"
