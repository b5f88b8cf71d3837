"""Figures about types that validation keeps: they bound what a hostile binary can ask for, and
answer questions that go all the way down a type.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pywasm_rt.component.canonical.layout import align_to, discriminant_size
from pywasm_rt.component.types import (
    BorrowType,
    ComponentType,
    EnumType,
    ExternType,
    FlagsType,
    FunctionType,
    FutureType,
    InstanceType,
    ListType,
    MapType,
    ModuleType,
    OptionType,
    OwnType,
    PrimitiveType,
    RecordType,
    ResourceType,
    ResultType,
    StreamType,
    TupleType,
    TypeDefinition,
    VariantType,
)
from pywasm_rt.errors import ValidationError

__all__ = [
    "MAX_EFFORT",
    "MAX_TYPE_DEPTH",
    "MAX_TYPE_NODES",
    "MAX_VALUE_BYTES",
    "Measure",
    "Measures",
]

MAX_TYPE_NODES = 100_000
MAX_TYPE_DEPTH = 100
MAX_VALUE_BYTES = (1 << 28) - 1
MAX_EFFORT = 20_000_000

_WIDTHS = {
    "bool": 1, "s8": 1, "u8": 1, "s16": 2, "u16": 2, "s32": 4, "u32": 4, "s64": 8, "u64": 8,
    "f32": 4, "f64": 8, "char": 4, "error-context": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """Figures of one type.

    ``nodes`` counts its parts when written out, ``depth`` how deep they are nested. ``size`` and
    ``alignment`` are those of a value in a 64-bit memory, the larger ones. ``resources`` are the
    resource types that it mentions and does not bring itself.
    """

    nodes: int = 1
    depth: int = 1
    size: int = 0
    alignment: int = 1
    has_borrow: bool = False
    has_pointer: bool = False
    resources: frozenset[ResourceType] = frozenset()


_NOTHING: frozenset[ResourceType] = frozenset()
_POINTERS = Measure(size=16, alignment=8, has_pointer=True)


class Measures:
    """Measures each type once; raises ValidationError for those that are too large.

    It also keeps account of what validating a whole file costs: a small file can ask for a large
    type to be gone through very often.
    """

    def __init__(self) -> None:
        self._done: dict[int, tuple[object, Measure]] = {}
        self._effort = 0

    def spend(self, effort: int) -> None:
        """Note that so many parts of types are gone through. Raises ValidationError beyond all
        reason.
        """
        self._effort += effort
        if self._effort > MAX_EFFORT:
            raise ValidationError("validating this component takes too much effort")

    def __call__(self, type: object) -> Measure:
        """The figures of any type, import or export."""
        known = self._done.get(id(type))
        if known is None:
            known = self._done[id(type)] = (type, self._checked(type))
        return known[1]

    def _checked(self, type: object) -> Measure:
        measure = self._measure(type)
        if measure.nodes > MAX_TYPE_NODES:
            raise ValidationError(f"effective type size exceeds the limit of {MAX_TYPE_NODES}")
        if measure.depth > MAX_TYPE_DEPTH:
            raise ValidationError(f"type nesting is too deep, the limit is {MAX_TYPE_DEPTH}")
        if measure.size > MAX_VALUE_BYTES:
            sentence = f"type size {measure.size} exceeds maximum byte size of {MAX_VALUE_BYTES}"
            raise ValidationError(sentence)
        return measure

    def _measure(self, type: object) -> Measure:
        """One line or two for each kind of type."""
        match type:
            case PrimitiveType.STRING:
                return _POINTERS
            case PrimitiveType():
                width = _WIDTHS[type.value]
                return Measure(size=width, alignment=width)
            case EnumType(cases):
                width = discriminant_size(len(cases))
                return Measure(1 + len(cases), size=width, alignment=width)
            case FlagsType(labels):
                width = discriminant_size(1 << min(len(labels), 32))
                return Measure(1 + len(labels), size=width, alignment=width)
            case OwnType(resource) | BorrowType(resource):
                borrowed = isinstance(type, BorrowType)
                return Measure(1, 1, 4, 4, borrowed, resources=frozenset((resource,)))
            case ListType(element, None):
                return replace(self._around((element,), 16, 8), has_pointer=True)
            case ListType(element, length):
                inner = self(element)
                return self._around((element,), inner.size * (length or 0), inner.alignment)
            case MapType(key, value):
                return replace(self._around((key, value), 16, 8), has_pointer=True)
            case StreamType(element) | FutureType(element):
                # A value is a handle, whatever will come through it.
                return replace(self._around(_present(element), 4, 4), has_pointer=False)
            case RecordType(fields):
                return self._record([field for _, field in fields])
            case TupleType(elements):
                return self._record(elements)
            case VariantType(variants):
                return self._variant(len(variants), [payload for _, payload in variants])
            case OptionType(payload):
                return self._variant(2, (payload,))
            case ResultType(ok, error):
                return self._variant(2, (ok, error))
        return self._measure_other(type)

    def _measure_other(self, type: object) -> Measure:
        match type:
            case ResourceType():
                return Measure(resources=frozenset((type,)))
            case FunctionType(parameters, result):
                parts = [part for _, part in parameters]
                return self._around([*parts, *_present(result)], 0, 1)
            case TypeDefinition(inner):
                return self._around((inner,), 0, 1)
            case InstanceType(exports, resources):
                return self._bound(exports.values(), resources)
            case ComponentType(imports, exports, imported, resources):
                items = [*imports.values(), *exports.values()]
                return self._bound(items, (*imported, *resources))
            case ModuleType(imports, exports):
                return Measure(1 + len(imports) + len(exports))
        raise TypeError(f"no type: {type!r}")

    def _around(self, parts: Iterable[object], size: int, alignment: int) -> Measure:
        inner = [self(part) for part in parts]
        return Measure(
            1 + sum(it.nodes for it in inner),
            1 + max((it.depth for it in inner), default=0),
            size,
            alignment,
            any(it.has_borrow for it in inner),
            any(it.has_pointer for it in inner),
            self._union([it.resources for it in inner if it.resources]),
        )

    def _union(self, sets: list[frozenset[ResourceType]]) -> frozenset[ResourceType]:
        """All resources; the same object where that is possible, for there may be many."""
        self.spend(1 + len(sets))
        if not sets:
            return _NOTHING
        first, *others = sets
        if all(it is first for it in others):
            return first
        self.spend(sum(map(len, sets)))
        return first.union(*others)

    def _record(self, fields: Iterable[object]) -> Measure:
        fields = list(fields)
        size, alignment = 0, 1
        for field in fields:
            inner = self(field)
            alignment = max(alignment, inner.alignment)
            size = align_to(size, inner.alignment) + inner.size
        return self._around(fields, align_to(size, alignment), alignment)

    def _variant(self, count: int, payloads: Iterable[object]) -> Measure:
        present = _present(*payloads)
        inner = [self(payload) for payload in present]
        width = discriminant_size(count)
        alignment = max([it.alignment for it in inner], default=1)
        size = align_to(width, alignment) + max([it.size for it in inner], default=0)
        whole = max(width, alignment)
        measure = self._around(present, align_to(size, whole), whole)
        # Cases without a payload also take room when the type is written out.
        return replace(measure, nodes=measure.nodes + count - len(present))

    def _bound(self, items: Iterable[ExternType], bound: Iterable[ResourceType]) -> Measure:
        measure = self._around(items, 0, 1)
        free = measure.resources.difference(bound)
        return replace(measure, resources=free)


def _present(*parts: object) -> list[object]:
    return [part for part in parts if part is not None]
