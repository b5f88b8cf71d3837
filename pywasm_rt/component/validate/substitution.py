"""Putting types in the place of others, throughout a type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar, cast

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
    OptionType,
    OwnType,
    RecordType,
    ResourceType,
    ResultType,
    StreamType,
    TupleType,
    TypeDefinition,
    ValueType,
    VariantType,
)

__all__ = ["AnyType", "Substitution", "TypeNames"]

AnyType = ValueType | ResourceType | FunctionType | InstanceType | ComponentType

Subject = TypeVar("Subject")


class TypeNames:
    """Names of types in one component, and the names of the same types in another.

    A value type's name is the type object itself, a resource type's is its mark (see
    :mod:`pywasm_rt.component.validate.visibility`).
    """

    def __init__(self) -> None:
        self._types: dict[int, tuple[object, object]] = {}
        self._marks: dict[tuple[ResourceType, object], object] = {}

    def __bool__(self) -> bool:
        return bool(self._types or self._marks)

    def __contains__(self, type: object) -> bool:
        return id(type) in self._types

    def note(self, name: TypeDefinition, other: TypeDefinition) -> None:
        """The other component calls by ``other`` what this one calls by ``name``."""
        if isinstance(name.type, ResourceType):
            self._marks[name.type, name.mark] = other.mark
        else:
            self._types[id(name.type)] = name.type, other.type

    def type(self, type: object) -> object:
        """The name of a value type; the same if it has none."""
        return self._types.get(id(type), (None, type))[1]

    def mark(self, type: AnyType, mark: object) -> object:
        """The mark of a resource type's name; the same if it has none, or is another type."""
        if not isinstance(type, ResourceType):
            return mark
        return self._marks.get((type, mark), mark)


class Substitution:
    """Replaces the keys of ``mapping`` by its values. Types without any of them stay the same.

    ``names`` go further: the names by which one component knows types become those by which
    another does.
    """

    def __init__(
        self, mapping: Mapping[ResourceType, ResourceType], names: TypeNames | None = None
    ) -> None:
        self.mapping = mapping
        self.names = TypeNames() if names is None else names
        # The originals are kept with the results, so that no id is used again meanwhile.
        self._done: dict[int, tuple[object, object]] = {}

    def __call__(self, subject: Subject) -> Subject:
        """The type (or import or export) with the replacements made."""
        if subject is None or not (self.mapping or self.names):
            return subject
        known = self._done.get(id(subject))
        if known is None:
            known = self._done[id(subject)] = (subject, self._apply(subject))
        return cast("Subject", known[1])

    def _apply(self, subject: object) -> object:
        """One line for each kind of type."""
        match subject:
            case ResourceType():
                return self.mapping.get(subject, subject)
            case OwnType(resource, _, mark) | BorrowType(resource, _, mark):
                renamed = self.names.mark(resource, mark)
                return self._with(subject, resource=self(resource), mark=renamed)
            case RecordType() | VariantType() | EnumType() | FlagsType() if subject in self.names:
                return self.names.type(subject)
            case ListType(element) | StreamType(element):
                return self._with(subject, element=self(element))
            case OptionType(payload) | FutureType(payload):
                return self._with(subject, payload=self(payload))
            case MapType(key, value):
                return self._with(subject, key=self(key), value=self(value))
            case ResultType(ok, error):
                return self._with(subject, ok=self(ok), error=self(error))
            case TupleType(elements):
                return self._with(subject, elements=tuple(map(self, elements)))
            case RecordType(fields):
                alias_of = self(subject.alias_of)
                return self._with(subject, fields=self._named(fields), alias_of=alias_of)
            case VariantType(cases):
                alias_of = self(subject.alias_of)
                return self._with(subject, cases=self._named(cases), alias_of=alias_of)
            case FunctionType(parameters, result):
                return self._with(subject, parameters=self._named(parameters), result=self(result))
            case TypeDefinition(type, mark):
                renamed = self.names.mark(type, mark)
                return self._with(subject, type=self(type), mark=renamed)
            case InstanceType(exports):
                return self._with(subject, exports=self.all(exports))
            case ComponentType(imports, exports):
                return self._with(subject, imports=self.all(imports), exports=self.all(exports))
        return subject

    def all(self, items: Mapping[str, ExternType]) -> Mapping[str, ExternType]:
        """The substitution in each import or export."""
        changed = {name: self(item) for name, item in items.items()}
        same = all(changed[name] is item for name, item in items.items())
        return items if same else changed

    def _named(self, parts: tuple[tuple[str, Subject], ...]) -> tuple[tuple[str, Subject], ...]:
        return tuple([(name, self(part)) for name, part in parts])

    @staticmethod
    def _with(subject: object, **parts: object) -> object:
        """A copy with the parts, or the subject itself if nothing changed.

        Parts that are tuples were rebuilt, so they are compared by what they hold.
        """
        if all(_same(getattr(subject, name), part) for name, part in parts.items()):
            return subject
        return replace(subject, **parts)  # type: ignore[type-var]


def _same(before: object, after: object) -> bool:
    if before is after:
        return True
    if not isinstance(before, tuple) or not isinstance(after, tuple):
        return False
    return all(_same(a, b) for a, b in zip(before, after, strict=True))
