"""From type syntax to types, checking what must hold of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pywasm_rt.component.names import ExternName, check_label
from pywasm_rt.component.places import at
from pywasm_rt.component.syntax import (
    AliasCoreExport,
    AliasExport,
    AliasOuter,
    BorrowSyntax,
    ComponentTypeSyntax,
    CoreTypeDefinition,
    Declaration,
    EnumSyntax,
    ExternUse,
    FlagsSyntax,
    FunctionSyntax,
    FutureSyntax,
    Import,
    InstanceTypeSyntax,
    ListSyntax,
    MapSyntax,
    OptionSyntax,
    OwnSyntax,
    RecordSyntax,
    ResourceSyntax,
    ResultSyntax,
    Sort,
    StreamSyntax,
    TupleSyntax,
    TypeBound,
    TypeSyntax,
    TypeSyntaxDefinition,
    ValueTypeUse,
    VariantSyntax,
)
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
    origin,
)
from pywasm_rt.component.validate.aliases import alias_export, alias_outer
from pywasm_rt.component.validate.core_types import define_core_type
from pywasm_rt.component.validate.scope import Scope
from pywasm_rt.component.validate.substitution import AnyType
from pywasm_rt.component.validate.visibility import Mark
from pywasm_rt.errors import ValidationError

__all__ = ["define_type", "extern_type", "named", "optional_value_type", "value_type"]

MAX_FLAGS = 32


def define_type(scope: Scope, definition: TypeSyntaxDefinition) -> AnyType:
    """The type that a definition stands for. It is not added to the scope."""
    position = definition.position
    type = _resolve(scope, definition.type, position)
    try:
        measure = scope.measures(type)
    except ValidationError as error:
        raise ValidationError(error.message, at(position)) from None
    if isinstance(type, FunctionType) and type.result is not None:
        if scope.measures(type.result).has_borrow:
            raise ValidationError("function result cannot contain a `borrow` type", at(position))
    elif measure.has_borrow and isinstance(type, StreamType | FutureType):
        raise ValidationError("a stream or future cannot contain a `borrow` type", at(position))
    return type


def value_type(scope: Scope, use: ValueTypeUse, position: int) -> ValueType:
    """The value type that is used: primitive, or at an index."""
    if isinstance(use, PrimitiveType):
        if use is PrimitiveType.ERROR_CONTEXT:
            scope.features.require("error_context", "the type error-context", at(position))
        return use
    type = scope.type(use, position)
    if isinstance(type, ResourceType | FunctionType | InstanceType | ComponentType):
        raise ValidationError(f"type index {use} is not a defined type", at(position))
    return type


def optional_value_type(scope: Scope, use: ValueTypeUse | None, position: int) -> ValueType | None:
    """The value type that is used, if there is one."""
    return None if use is None else value_type(scope, use, position)


def _resolve(scope: Scope, syntax: TypeSyntax, position: int) -> AnyType:  # noqa: C901
    """One line or two for each kind of type."""
    match syntax:
        case PrimitiveType():
            return value_type(scope, syntax, position)
        case ListSyntax(element, length):
            if length is not None:
                what = "a list of a fixed length"
                scope.features.require("fixed_length_lists", what, at(position))
            if length == 0:
                sentence = "fixed-length lists must have a length of at least one"
                raise ValidationError(sentence, at(position))
            return ListType(value_type(scope, element, position), length)
        case MapSyntax(key, value):
            return _map(scope, key, value, position)
        case RecordSyntax(fields):
            return RecordType(_labelled(scope, fields, "record field", position))
        case TupleSyntax(elements):
            _at_least_one(elements, "tuple type must have at least one type", position)
            return TupleType(tuple([value_type(scope, it, position) for it in elements]))
        case VariantSyntax(cases):
            return _variant(scope, cases, position)
        case EnumSyntax(names):
            _at_least_one(names, "enum type must have at least one variant", position)
            return EnumType(_labels(names, "enum tag", "tag", position))
        case FlagsSyntax(names):
            _at_least_one(names, "flags must have at least one entry", position)
            if len(names) > MAX_FLAGS:
                raise ValidationError("cannot have more than 32 flags", at(position))
            return FlagsType(_labels(names, "flag", "flag", position))
        case OptionSyntax(payload):
            return OptionType(value_type(scope, payload, position))
        case ResultSyntax(ok, error):
            return ResultType(
                optional_value_type(scope, ok, position),
                optional_value_type(scope, error, position),
            )
        case OwnSyntax(index):
            resource, mark = scope.handle(index, position)
            return OwnType(resource, mark=mark)
        case BorrowSyntax(index):
            resource, mark = scope.handle(index, position)
            return BorrowType(resource, mark=mark)
        case StreamSyntax(use):
            if use is PrimitiveType.CHAR:
                raise ValidationError("`stream<char>` is not valid at this time", at(position))
            return StreamType(optional_value_type(scope, use, position))
        case FutureSyntax(use):
            return FutureType(optional_value_type(scope, use, position))
    return _resolve_other(scope, syntax, position)


def _resolve_other(scope: Scope, syntax: TypeSyntax, position: int) -> AnyType:
    match syntax:
        case FunctionSyntax(parameters, result, is_async):
            labelled = _labelled(scope, parameters, "function parameter", position)
            return FunctionType(labelled, optional_value_type(scope, result, position), is_async)
        case InstanceTypeSyntax(declarations):
            inner = Scope("instance type", scope.measures, scope.features, scope)
            _declare(inner, declarations)
            return InstanceType(inner.exports, tuple(inner.defined))
        case ComponentTypeSyntax(component_declarations):
            inner = Scope("component type", scope.measures, scope.features, scope)
            _declare(inner, component_declarations)
            resources = tuple(inner.imported), tuple(inner.defined)
            return ComponentType(inner.imports, inner.exports, *resources)
        case ResourceSyntax():
            sentence = "resources can only be defined within a concrete component"
            raise ValidationError(sentence, at(position))
    raise TypeError(f"no type syntax: {syntax!r}")


def _map(scope: Scope, key: ValueTypeUse, value: ValueTypeUse, position: int) -> MapType:
    scope.features.require("map", "a map", at(position))
    key_type = value_type(scope, key, position)
    floats = (PrimitiveType.F32, PrimitiveType.F64, PrimitiveType.ERROR_CONTEXT)
    if not isinstance(key_type, PrimitiveType) or key_type in floats:
        raise ValidationError(f"a map cannot have keys of type {key_type}", at(position))
    return MapType(key_type, value_type(scope, value, position))


def _at_least_one(parts: tuple[object, ...], sentence: str, position: int) -> None:
    if not parts:
        raise ValidationError(sentence, at(position))


def _labels(names: Iterable[str], what: str, short: str, position: int) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for name in names:
        try:
            check_label(name, f"{what} name")
        except ValidationError as error:
            raise ValidationError(error.message, at(position)) from None
        before = seen.get(name.lower())
        if before is not None:
            sentence = f"{what} name `{name}` conflicts with previous {short} name `{before}`"
            raise ValidationError(sentence, at(position))
        seen[name.lower()] = name
    return tuple(seen.values())


def _labelled(
    scope: Scope, parts: tuple[tuple[str, ValueTypeUse], ...], what: str, position: int
) -> tuple[tuple[str, ValueType], ...]:
    if what == "record field":
        _at_least_one(parts, "record type must have at least one field", position)
    names = _labels([name for name, _ in parts], what, what.rpartition(" ")[2], position)
    types = [value_type(scope, use, position) for _, use in parts]
    return tuple(zip(names, types, strict=True))


def _variant(
    scope: Scope, cases: tuple[tuple[str, ValueTypeUse | None], ...], position: int
) -> VariantType:
    _at_least_one(cases, "variant type must have at least one case", position)
    names = _labels([name for name, _ in cases], "variant case", "case", position)
    payloads = [optional_value_type(scope, use, position) for _, use in cases]
    return VariantType(tuple(zip(names, payloads, strict=True)))


# Component and instance types.


def _declare(scope: Scope, declarations: Iterable[Declaration | Import]) -> None:
    for declaration in declarations:
        position = declaration.position
        if isinstance(declaration, CoreTypeDefinition):
            define_core_type(scope, declaration)
        elif isinstance(declaration, TypeSyntaxDefinition):
            scope.add_type(define_type(scope, declaration))
        elif isinstance(declaration, Import):
            _declare_import(scope, declaration)
        elif isinstance(declaration, AliasExport):
            _check_alias_sort(declaration.sort, position)
            scope.add(alias_export(scope, declaration))
        elif isinstance(declaration, AliasOuter):
            _check_alias_sort(declaration.sort, position)
            alias_outer(scope, declaration)
        elif isinstance(declaration, AliasCoreExport):
            raise ValidationError(_ALIAS_SORTS, at(position))
        else:
            item = extern_type(scope, declaration.type, declaration.name, scope.defined, position)
            scope.admit(scope.export_names, declaration.name, item, position)
            scope.exports[declaration.name.text] = item
            scope.add(item)


def _declare_import(scope: Scope, declaration: Import) -> None:
    position = declaration.position
    item = extern_type(scope, declaration.type, declaration.name, scope.imported, position)
    scope.admit(scope.import_names, declaration.name, item, position)
    scope.imports[declaration.name.text] = item
    scope.add(item)


_ALIAS_SORTS = "aliases in component and instance types may only refer to types or instances"


def _check_alias_sort(sort: Sort, position: int) -> None:
    if sort not in (Sort.TYPE, Sort.INSTANCE, Sort.CORE_TYPE):
        raise ValidationError(_ALIAS_SORTS, at(position))


def extern_type(
    scope: Scope, use: ExternUse, name: ExternName, into: list[ResourceType], position: int
) -> ExternType:
    """What an import or export is declared to be; new resource types are noted in ``into``."""
    if use.bound is TypeBound.SUB_RESOURCE:
        resource = ResourceType(name.text)
        into.append(resource)
        return TypeDefinition(resource, Mark())
    assert use.index is not None, "only values and resources come without an index"
    if use.sort is Sort.CORE_MODULE:
        return _module_type(scope, use.index, position)
    type = scope.type(use.index, position)
    if use.sort is Sort.TYPE:
        return TypeDefinition(named(type, name.text), Mark())
    wanted = {
        Sort.FUNCTION: (FunctionType, "function"),
        Sort.INSTANCE: (InstanceType, "instance"),
        Sort.COMPONENT: (ComponentType, "component"),
    }[use.sort]
    if not isinstance(type, wanted[0]):
        article = "an" if wanted[1] == "instance" else "a"
        sentence = f"type index {use.index} is not {article} {wanted[1]} type"
        raise ValidationError(sentence, at(position))
    return scope.fresh(type, into)  # type: ignore[arg-type]


def named(type: AnyType, name: str) -> AnyType:
    """A value type under the name by which it is imported or exported: an equal one, but an object
    of its own, for it is by that name that it can be seen outside.
    """
    if isinstance(type, PrimitiveType | ResourceType | FunctionType | InstanceType | ComponentType):
        return type
    if not type.name:
        return replace(type, name=name)
    if isinstance(type, RecordType | VariantType | EnumType | FlagsType):
        return replace(type, alias_of=origin(type))
    return type


def _module_type(scope: Scope, index: int, position: int) -> ModuleType:
    type = scope.get(Sort.CORE_TYPE, index, position)
    if not isinstance(type, ModuleType):
        raise ValidationError(f"core type index {index} is not a module type", at(position))
    return type
