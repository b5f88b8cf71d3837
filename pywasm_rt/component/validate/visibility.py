"""Which types have names that are visible outside ("External Visibility of Types").

A type with a name of its own (a record, variant, enum, flags, or resource) may occur in an import
or export only by a name that an earlier import or export gave it; imports see only the names of
imports. A name of a value type is the type object itself, since importing or exporting it makes a
new, equal one; a name of a resource type is the type with the mark of its import or export.
"""

from __future__ import annotations

from pywasm_rt.component.type_parts import parts
from pywasm_rt.component.types import (
    BorrowType,
    ComponentType,
    EnumType,
    ExternType,
    FlagsType,
    FunctionType,
    InstanceType,
    OwnType,
    PrimitiveType,
    RecordType,
    ResourceType,
    TypeDefinition,
    ValueType,
    VariantType,
)
from pywasm_rt.component.validate.substitution import AnyType

__all__ = ["Mark", "Visibility"]

_NAMED = RecordType | VariantType | EnumType | FlagsType


class Mark:
    """Tells one name of a resource type from another; compared by identity."""

    __slots__ = ()


class _Names:
    """The types that are visible, here or in what is around."""

    def __init__(self, outer: _Names | None = None) -> None:
        self._outer = outer
        self._resources: set[tuple[ResourceType, object]] = set()
        # The types are kept, so that no id is used again meanwhile.
        self._types: dict[int, object] = {}

    def add(self, item: TypeDefinition) -> None:
        if isinstance(item.type, ResourceType):
            self._resources.add((item.type, item.mark))
        else:
            self._types[id(item.type)] = item.type

    def show(self, type: ValueType) -> bool:
        """Whether a value type may be mentioned."""
        if isinstance(type, PrimitiveType):
            return True
        if isinstance(type, _NAMED | OwnType | BorrowType):
            return self.has(type)
        return all(map(self.show, parts(type)))

    def has(self, type: ValueType) -> bool:
        """Whether a type has a name."""
        if isinstance(type, OwnType | BorrowType):
            named = (type.resource, type.mark) in self._resources
        else:
            named = id(type) in self._types
        return named or (self._outer is not None and self._outer.has(type))

    def show_inside(self, type: AnyType) -> bool:
        """Whether everything that a type mentions, other than itself, may be mentioned."""
        match type:
            case ResourceType() | ComponentType():
                # The types of components are checked where they are made.
                return True
            case FunctionType(parameters, result):
                types = [part for _, part in parameters]
                return all(map(self.show, types)) and (result is None or self.show(result))
            case InstanceType(exports):
                # What one export shows, those after it may mention.
                return all(map(_Names(self).show_export, exports.values()))
            case OwnType() | BorrowType():
                return self.show(type)
        return all(map(self.show, parts(type)))

    def show_export(self, item: ExternType) -> bool:
        """Whether an instance may export an item; the types that come with it are visible then."""
        match item:
            case TypeDefinition(type):
                visible = self.show_inside(type)
                self.add(item)
                return visible
            case InstanceType(exports):
                return all(map(self.show_export, exports.values()))
            case FunctionType():
                return self.show_inside(item)
        return True


class Visibility:
    """The types that a component, or component type, has made visible so far."""

    def __init__(self) -> None:
        self._imported = _Names()
        self._exported = _Names()

    def admit(self, item: ExternType, *, is_import: bool) -> bool:
        """Whether an item may be imported or exported; the types that come with it are visible
        then.
        """
        names = self._imported if is_import else self._exported
        match item:
            case TypeDefinition(type):
                if not names.show_inside(type):
                    return False
                if is_import:
                    self._imported.add(item)
                self._exported.add(item)
                return True
            case InstanceType(exports):
                return all(self.admit(part, is_import=is_import) for part in exports.values())
            case FunctionType():
                return names.show_inside(item)
        return True
