"""Which items satisfy which imports (component model, "Subtyping").

Value types must be the same; instances and components may have more than is asked for. Resource
types that the asking side leaves open are bound as they are met. The sentences are those of the
official suite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

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
    ValueType,
    VariantType,
)
from pywasm_rt.component.validate.core_matching import match_modules
from pywasm_rt.component.validate.substitution import Substitution, TypeNames
from pywasm_rt.errors import ValidationError

__all__ = ["Matching", "describe_type"]

_KINDS: dict[type, str] = {
    RecordType: "record",
    TupleType: "tuple",
    VariantType: "variant",
    EnumType: "enum",
    FlagsType: "flags",
    ListType: "list",
    MapType: "map",
    OptionType: "option",
    ResultType: "result",
    OwnType: "own",
    BorrowType: "borrow",
    StreamType: "stream",
    FutureType: "future",
    FunctionType: "func",
    InstanceType: "instance",
    ComponentType: "component",
    ModuleType: "module",
    ResourceType: "resource",
    TypeDefinition: "type",
}


def describe_type(type: object) -> str:
    """A type's kind in a word: ``record``, ``u32``, ``func``."""
    if isinstance(type, PrimitiveType):
        return type.value
    if isinstance(type, ListType) and type.length is not None:
        return "fixed-length list"
    return _KINDS.get(type.__class__, type.__class__.__name__)


class Matching:
    """One comparison of what is given with what is asked for.

    ``variables`` are the asking side's resource types that stand for any; ``bound`` is what they
    turn out to be, and ``names`` what the asking side's types are called on the given side. Every
    method raises ValidationError if the given item does not do.
    """

    def __init__(self, variables: Iterable[ResourceType] = ()) -> None:
        self.variables = set(variables)
        self.bound: dict[ResourceType, ResourceType] = {}
        self.names = TypeNames()
        self._equal: set[tuple[int, int]] = set()

    def extern(self, given: ExternType, asked: ExternType) -> None:
        """Whether an item may stand where one of type ``asked`` is asked for."""
        match given, asked:
            case FunctionType(), FunctionType():
                self.function(given, asked)
            case InstanceType(), InstanceType():
                self.instance(given.exports, asked.exports)
            case TypeDefinition(), TypeDefinition():
                self._definition(given, asked)
            case ComponentType(), ComponentType():
                self._component(given, asked)
            case ModuleType(), ModuleType():
                match_modules(given, asked)
            case _:
                sentence = f"expected {describe_type(asked)}, found {describe_type(given)}"
                raise ValidationError(sentence)

    def instance(self, given: Mapping[str, ExternType], asked: Mapping[str, ExternType]) -> None:
        """Whether exports include those that are asked for."""
        for name, item in asked.items():
            if name not in given:
                raise ValidationError(f"missing expected export `{name}`")
            with _within(f"type mismatch in instance export `{name}`"):
                self.extern(given[name], item)

    def function(self, given: FunctionType, asked: FunctionType) -> None:
        """Whether two function types are the same."""
        if given.is_async != asked.is_async:
            kinds = ["async func" if it.is_async else "func" for it in (asked, given)]
            raise ValidationError(f"expected {kinds[0]}, found {kinds[1]}")
        if len(given.parameters) != len(asked.parameters):
            expected, found = len(asked.parameters), len(given.parameters)
            raise ValidationError(f"expected {expected} parameters, found {found}")
        for (name, type), (asked_name, asked_type) in zip(
            given.parameters, asked.parameters, strict=True
        ):
            if name != asked_name:
                sentence = f"expected parameter named `{asked_name}`, found `{name}`"
                raise ValidationError(sentence)
            with _within(f"type mismatch in function parameter `{name}`"):
                self.value(type, asked_type)
        if given.result is None or asked.result is None:
            if given.result is not asked.result:
                # The official suite has these words for both cases; the types make it plain.
                types = f"given {given}, asked for {asked}"
                raise ValidationError(f"expected a result, found none: {types}")
            return
        with _within("type mismatch with result type"):
            self.value(given.result, asked.result)

    def value(self, given: ValueType, asked: ValueType) -> None:
        """Whether two value types are the same."""
        if given is asked and isinstance(given, PrimitiveType):
            return
        pair = (id(given), id(asked))
        if pair in self._equal:
            return
        if given.__class__ is not asked.__class__ or (
            isinstance(given, ListType)
            and isinstance(asked, ListType)
            and (given.length is None) != (asked.length is None)
        ):
            sentence = f"expected {describe_type(asked)}, found {describe_type(given)}"
            raise ValidationError(sentence)
        _COMPARE[given.__class__](self, given, asked)
        self._equal.add(pair)

    def resource(self, given: ResourceType, asked: ResourceType) -> None:
        """Whether a resource type is the one that is asked for, or may become it."""
        variable = asked in self.variables
        bound = self.bound.setdefault(asked, given) if variable else asked
        if bound is not given:
            raise ValidationError(f"resource types are not the same ({asked} and {given})")

    def _definition(self, given: TypeDefinition, asked: TypeDefinition) -> None:
        self.names.note(asked, given)
        match given.type, asked.type:
            case ResourceType(), ResourceType():
                self.resource(given.type, asked.type)
            case ResourceType(), wanted:
                sentence = f"expected {_sort_of(wanted)}, found resource"
                raise ValidationError(sentence)
            case found, ResourceType():
                raise ValidationError(f"expected resource, found {_sort_of(found)}")
            case (
                (FunctionType() | InstanceType() | ComponentType()) as left,
                (FunctionType() | InstanceType() | ComponentType()) as right,
            ):
                self.extern(left, right)
            case left, right:
                if _sort_of(left) != _sort_of(right):
                    sentence = f"expected {_sort_of(right)}, found {_sort_of(left)}"
                    raise ValidationError(sentence)
                if isinstance(right, PrimitiveType) and not isinstance(left, PrimitiveType):
                    sentence = f"expected primitive, found {describe_type(left)}"
                    raise ValidationError(sentence)
                self.value(left, right)  # type: ignore[arg-type]

    def _component(self, given: ComponentType, asked: ComponentType) -> None:
        """A component may ask for less and give more."""
        inner = Matching([*given.imported_resources, *self.variables])
        inner.bound = dict(self.bound)
        for name, item in given.imports.items():
            if name not in asked.imports:
                raise ValidationError(f"missing expected import `{name}`")
            with _within(f"type mismatch in import `{name}`"):
                inner.extern(asked.imports[name], item)
        outer = Matching([*asked.resources, *self.variables])
        # What the given component is handed as its imports is what the asking side calls them.
        outer.bound = {**self.bound}
        supplied = Substitution(inner.bound)
        for name, item in asked.exports.items():
            if name not in given.exports:
                raise ValidationError(f"missing expected export `{name}`")
            with _within(f"type mismatch in export `{name}`"):
                outer.extern(supplied(given.exports[name]), item)


def _sort_of(type: object) -> str:
    if isinstance(type, FunctionType | InstanceType | ComponentType):
        return describe_type(type)
    return "defined type"


@contextmanager
def _within(place: str) -> Iterator[None]:
    """Put the place in front of the sentence about whatever does not match within it."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError(f"{place}: {error.message}") from None


def _primitive(_: Matching, given: PrimitiveType, asked: PrimitiveType) -> None:
    if given is not asked:
        raise ValidationError(f"expected primitive `{asked}` found primitive `{given}`")


def _record(matching: Matching, given: RecordType, asked: RecordType) -> None:
    if len(given.fields) != len(asked.fields):
        expected, found = len(asked.fields), len(given.fields)
        raise ValidationError(f"expected {expected} fields, found {found}")
    for (name, type), (asked_name, asked_type) in zip(given.fields, asked.fields, strict=True):
        if name != asked_name:
            raise ValidationError(f"expected field name `{asked_name}`, found `{name}`")
        with _within(f"type mismatch in record field `{name}`"):
            matching.value(type, asked_type)


def _tuple(matching: Matching, given: TupleType, asked: TupleType) -> None:
    if len(given.elements) != len(asked.elements):
        expected, found = len(asked.elements), len(given.elements)
        raise ValidationError(f"expected {expected} types, found {found}")
    for number, (type, asked_type) in enumerate(zip(given.elements, asked.elements, strict=True)):
        with _within(f"type mismatch in tuple field {number}"):
            matching.value(type, asked_type)


def _variant(matching: Matching, given: VariantType, asked: VariantType) -> None:
    if len(given.cases) != len(asked.cases):
        expected, found = len(asked.cases), len(given.cases)
        raise ValidationError(f"expected {expected} cases, found {found}")
    for (name, type), (asked_name, asked_type) in zip(given.cases, asked.cases, strict=True):
        if name != asked_name:
            raise ValidationError(f"expected case named `{asked_name}`, found `{name}`")
        if type is None and asked_type is not None:
            raise ValidationError(f"expected case `{name}` to have a type, found none")
        if type is not None and asked_type is None:
            raise ValidationError(f"expected case `{name}` to have no type")
        if type is not None and asked_type is not None:
            with _within(f"type mismatch in variant case `{name}`"):
                matching.value(type, asked_type)


def _labels(_: Matching, given: EnumType | FlagsType, asked: EnumType | FlagsType) -> None:
    pairs = (it.cases if isinstance(it, EnumType) else it.labels for it in (given, asked))
    if next(pairs) != next(pairs):
        raise ValidationError(f"mismatch in {describe_type(asked)} elements")


def _list(matching: Matching, given: ListType, asked: ListType) -> None:
    if given.length != asked.length:
        sentence = f"expected fixed-length list of {asked.length}, found {given.length}"
        raise ValidationError(sentence)
    matching.value(given.element, asked.element)


def _map(matching: Matching, given: MapType, asked: MapType) -> None:
    with _within("type mismatch in map key"):
        matching.value(given.key, asked.key)
    with _within("type mismatch in map value"):
        matching.value(given.value, asked.value)


def _option(matching: Matching, given: OptionType, asked: OptionType) -> None:
    matching.value(given.payload, asked.payload)


def _result(matching: Matching, given: ResultType, asked: ResultType) -> None:
    for word, type, asked_type in (("ok", given.ok, asked.ok), ("err", given.error, asked.error)):
        if type is None and asked_type is not None:
            raise ValidationError(f"expected {word} type, but found none")
        if type is not None and asked_type is None:
            raise ValidationError(f"expected {word} type to not be present")
        if type is not None and asked_type is not None:
            with _within(f"type mismatch in {word} variant"):
                matching.value(type, asked_type)


def _handle(matching: Matching, given: OwnType, asked: OwnType) -> None:
    matching.resource(given.resource, asked.resource)


def _optional(matching: Matching, given: ValueType | None, asked: ValueType | None) -> None:
    if given is None or asked is None:
        if given is not asked:
            words = ["a type" if it is not None else "none" for it in (asked, given)]
            raise ValidationError(f"expected {words[0]}, found {words[1]}")
        return
    matching.value(given, asked)


def _stream(matching: Matching, given: StreamType, asked: StreamType) -> None:
    _optional(matching, given.element, asked.element)


def _future(matching: Matching, given: FutureType, asked: FutureType) -> None:
    _optional(matching, given.payload, asked.payload)


_COMPARE: dict[type, Callable[..., None]] = {
    PrimitiveType: _primitive,
    RecordType: _record,
    TupleType: _tuple,
    VariantType: _variant,
    EnumType: _labels,
    FlagsType: _labels,
    ListType: _list,
    MapType: _map,
    OptionType: _option,
    ResultType: _result,
    OwnType: _handle,
    BorrowType: _handle,
    StreamType: _stream,
    FutureType: _future,
}
