"""The types of one interface or world: names looked up, expressions made into types."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from pywasm_rt.component import types as t
from pywasm_rt.component.source import Place
from pywasm_rt.component.suggestion import hint
from pywasm_rt.component.type_parts import parts
from pywasm_rt.component.wit.gates import located
from pywasm_rt.component.wit.model import Interface, TypeEntry
from pywasm_rt.component.wit.syntax import (
    Alias,
    Constructed,
    Enum,
    Function,
    FunctionSignature,
    Named,
    Record,
    Resource,
    TypeExpression,
    TypeItem,
    Use,
    UsePath,
    Variant,
)
from pywasm_rt.errors import EngineBug

__all__ = ["MAX_DEPTH", "MAX_SIZE", "Scope"]

# The validator of components has the same limits.
MAX_DEPTH = 100
MAX_SIZE = 1_000_000
_MOST_FLAGS = 32

Resolved = t.ValueType | t.ResourceType


class Scope:
    """The names that type expressions of an interface or world may mention.

    ``find_interface`` looks up the interfaces that ``use`` names.
    """

    def __init__(self, find_interface: Callable[[UsePath], Interface]) -> None:
        self.find_interface = find_interface
        self.uses: list[Interface] = []
        self._entries: dict[str, TypeEntry] = {}
        self._items: dict[str, TypeItem] = {}
        self._closed: dict[str, str] = {}
        self._pending: set[str] = set()
        self._taken: dict[str, str] = {}
        # By identity of the type, which is held: depth, parts, whether a borrow is inside.
        self._measures: dict[int, tuple[int, int, bool, Resolved]] = {}

    def claim(self, name: str, place: Place | None) -> None:
        """Take a name for an item. Raises ParseError if it is taken, in whatever case."""
        other = self._taken.get(name.lower())
        if other is not None:
            what = "is there twice" if other == name else f"differs from {other} only in case"
            raise located(place, f"the name {name} {what}")
        self._taken[name.lower()] = name

    def close(self, name: str, feature: str) -> None:
        """Remember that ``name`` exists only with a feature that is switched off."""
        self._closed[name] = feature

    def declare(self, item: TypeItem) -> None:
        """Take note of a type; it is made when someone asks for it."""
        self.claim(item.name, item.place)
        self._items[item.name] = item

    def use(self, item: Use) -> Interface:
        """Take over the types that a ``use`` names. Raises ParseError."""
        interface = self.find_interface(item.path)
        if interface not in self.uses:
            self.uses.append(interface)
        for name, alias in item.names:
            entry = interface.types.get(name)
            if entry is None:
                raise located(
                    item.place,
                    f"{interface.full_name} has no type {name}; {hint(name, interface.types)}",
                )
            self.claim(alias or name, item.place)
            self._entries[alias or name] = TypeEntry(
                alias or name, entry.type, (interface, name), entry.docs
            )
        return interface

    def entries(self) -> dict[str, TypeEntry]:
        """All types: those in use first, then the declared ones. Raises ParseError."""
        for name, item in self._items.items():
            self._named(name, item.place)
        used = {name: entry for name, entry in self._entries.items() if entry.origin}
        return used | {name: self._entries[name] for name in self._items}

    def functions(self, items: Iterable[Function | Resource]) -> dict[str, t.FunctionType]:
        """The functions of an interface by name, those of resources too. Raises ParseError."""
        functions: dict[str, t.FunctionType] = {}
        for item in items:
            if isinstance(item, Function):
                self.claim(item.name, item.place)
                functions[item.name] = self.function(item.signature, item.place)
            else:
                functions.update(self.resource_functions(item))
        return functions

    def resource_functions(self, item: Resource) -> dict[str, t.FunctionType]:
        """The constructor, methods and static functions of a resource by their full names."""
        resource = self.resource(item.name, item.place)
        functions: dict[str, t.FunctionType] = {}
        names: set[str] = set()
        for function in item.functions:
            name = function.name
            if name.lower() in names:
                what = f"the function {name} twice" if name else "two constructors"
                raise located(function.place, f"the resource {item.name} has {what}")
            names.add(name.lower())
            suffix = f".{name}" if name else ""
            functions[f"[{function.kind}]{item.name}{suffix}"] = self._resource_function(
                resource, function
            )
        return functions

    def _resource_function(self, resource: t.ResourceType, item: Function) -> t.FunctionType:
        type = self.function(item.signature, item.place)
        if item.kind == "method":
            if any(name.lower() == "self" for name, _ in type.parameters):
                raise located(item.place, "a method has the parameter self of itself")
            return replace(type, parameters=(("self", t.BorrowType(resource)), *type.parameters))
        if item.kind == "static":
            return type
        if type.result is None:
            return replace(type, result=t.OwnType(resource))
        if not isinstance(type.result, t.ResultType) or type.result.ok != t.OwnType(resource):
            raise located(
                item.place, f"a constructor returns result<{resource}, ...>, if it says what"
            )
        return type

    def function(self, signature: FunctionSignature, place: Place | None) -> t.FunctionType:
        """A function's type. Raises ParseError."""
        parameters = tuple(
            (name, self.value_type(type, place)) for name, type in signature.parameters
        )
        result = None
        if signature.result is not None:
            result = self.value_type(signature.result, place)
            if self._measure(result)[2]:
                raise located(place, "a result cannot have a borrow in it")
        return t.FunctionType(parameters, result, signature.is_async)

    def value_type(self, expression: TypeExpression, place: Place | None) -> t.ValueType:
        """The type that an expression stands for; the name of a resource means owning it."""
        type = self._expression(expression, place)
        return t.OwnType(type) if isinstance(type, t.ResourceType) else type

    def _part(self, expression: TypeExpression | None, place: Place | None) -> t.ValueType | None:
        """The type of a part that may be missing."""
        return None if expression is None else self.value_type(expression, place)

    def resource(self, name: str, place: Place | None) -> t.ResourceType:
        """The resource of this name. Raises ParseError for another kind of type."""
        type = self._named(name, place)
        if not isinstance(type, t.ResourceType):
            raise located(place, f"{name} is not a resource, and only resources have handles")
        return type

    def _named(self, name: str, place: Place | None) -> Resolved:
        entry = self._entries.get(name)
        if entry is not None:
            return entry.type
        if name in self._closed:
            feature = self._closed[name]
            raise located(place, f"{name} exists only with the feature {feature} switched on")
        item = self._items.get(name)
        if item is None:
            raise located(place, f"there is no type {name}; {hint(name, self._names())}")
        if name in self._pending:
            raise located(item.place, f"the type {name} has itself inside")
        self._pending.add(name)
        type = self._make(item)
        self._pending.discard(name)
        self._entries[name] = TypeEntry(name, type, None, item.docs)
        return type

    def _names(self) -> list[str]:
        return [*self._items, *self._entries]

    def _make(self, item: TypeItem) -> Resolved:
        """The type that an item defines."""
        name = item.name
        if isinstance(item, Resource):
            return t.ResourceType(name)
        if isinstance(item, Alias):
            return self._alias(item)
        type: t.ValueType
        if isinstance(item, Record):
            _check_labels(item.fields)
            type = t.RecordType(
                tuple((part.name, self.value_type(part.type, part.place)) for part in item.fields),
                name,
            )
        elif isinstance(item, Variant):
            _check_labels(item.cases)
            type = t.VariantType(
                tuple((case.name, self._part(case.type, case.place)) for case in item.cases),
                name,
            )
        elif isinstance(item, Enum):
            type = t.EnumType(_check_labels(item.cases), name)
        else:
            type = t.FlagsType(_check_labels(item.labels), name)
            if len(item.labels) > _MOST_FLAGS:
                raise located(item.place, f"flags have at most {_MOST_FLAGS} labels")
        self._check(type, item.place)
        return type

    def _alias(self, item: Alias) -> Resolved:
        """What an alias stands for; a type without a name gets the alias as its name."""
        type: Any = self._expression(item.type, item.place)
        if isinstance(type, t.PrimitiveType | t.ResourceType) or type.name:
            return type  # type: ignore[no-any-return]
        named: t.ValueType = replace(type, name=item.name)
        self._check(named, item.place)
        return named

    def _expression(self, expression: TypeExpression, place: Place | None) -> Resolved:
        if isinstance(expression, t.PrimitiveType):
            return expression
        place = expression.place or place
        if isinstance(expression, Named):
            return self._named(expression.name, place)
        if expression.word in ("own", "borrow"):
            (part,) = expression.parts
            name = part.name if isinstance(part, Named) else ""
            resource = self.resource(name, place)
            return t.OwnType(resource) if expression.word == "own" else t.BorrowType(resource)
        type = _construct(expression, [self._part(part, place) for part in expression.parts])
        self._check(type, place)
        return type

    def _check(self, type: t.ValueType, place: Place | None) -> None:
        depth, size, _ = self._measure(type)
        if depth > MAX_DEPTH:
            raise located(place, f"the type is nested more than {MAX_DEPTH} deep")
        if size > MAX_SIZE:
            raise located(place, f"the type has more than {MAX_SIZE} parts")

    def _measure(self, type: Resolved) -> tuple[int, int, bool]:
        """Depth, number of parts, and whether there is a borrow inside."""
        known = self._measures.get(id(type))
        if known is None:
            measures = [self._measure(part) for part in parts(type)]
            depth = 1 + max((part[0] for part in measures), default=0)
            size = 1 + sum(part[1] for part in measures)
            borrows = isinstance(type, t.BorrowType) or any(part[2] for part in measures)
            known = self._measures[id(type)] = (depth, size, borrows, type)
        return known[:3]


def _check_labels(labels: Iterable[Any]) -> tuple[str, ...]:
    """The names of fields, cases or flags. Raises ParseError if two differ at most in case."""
    names: dict[str, str] = {}
    for label in labels:
        if label.name.lower() in names:
            raise located(label.place, f"{label.name} is there twice")
        names[label.name.lower()] = label.name
    return tuple(names.values())


def _construct(expression: Constructed, parts: list[Any]) -> t.ValueType:
    """The type that a word with angle brackets makes of its parts."""
    match expression.word:
        case "list":
            return t.ListType(parts[0], expression.length)
        case "map":
            return t.MapType(*parts)
        case "option":
            return t.OptionType(*parts)
        case "result":
            return t.ResultType(*parts)
        case "tuple":
            return t.TupleType(tuple(parts))
        case "stream":
            return t.StreamType(*parts)
        case "future":
            return t.FutureType(*parts)
        case _:
            raise EngineBug(f"no type constructor {expression.word}")
