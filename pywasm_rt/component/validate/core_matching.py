"""Whether core items satisfy what is asked for, with the sentences of the official suite."""

from __future__ import annotations

from collections.abc import Mapping

from pywasm_rt.component.types import CoreExternType, CoreTagType, ModuleType
from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.types import GlobalType, MemoryType, TableType
from pywasm_rt.wasm.validate import DefinedType
from pywasm_rt.wasm.validate.matching import (
    matches_global,
    matches_limits,
    matches_reference,
)

__all__ = ["match_core_item", "match_imports", "match_modules"]

_KINDS: dict[type, str] = {
    DefinedType: "func",
    TableType: "table",
    MemoryType: "memory",
    GlobalType: "global",
    CoreTagType: "tag",
}


def match_core_item(given: CoreExternType, asked: CoreExternType) -> None:
    """Raise ValidationError if an item may not stand where one of type ``asked`` is asked for."""
    match given, asked:
        case DefinedType(), DefinedType():
            if not given.is_subtype_of(asked):
                raise ValidationError(f"expected: {asked}, found: {given}")
        case CoreTagType(), CoreTagType():
            if given.type is not asked.type:
                raise ValidationError(f"expected: {asked.type}, found: {given.type}")
        case TableType(), TableType():
            _table(given, asked)
        case MemoryType(), MemoryType():
            _memory(given, asked)
        case GlobalType(), GlobalType():
            _global(given, asked)
        case _:
            kinds = [_KINDS[it.__class__] for it in (asked, given)]
            raise ValidationError(f"expected {kinds[0]}, found {kinds[1]}")


def _table(given: TableType, asked: TableType) -> None:
    elements = given.element, asked.element
    if not matches_reference(*elements) or not matches_reference(*reversed(elements)):
        sentence = f"expected table element type {asked.element}, found {given.element}"
        raise ValidationError(sentence)
    if not matches_limits(given.limits, asked.limits):
        raise _limits("table", given, asked)


def _memory(given: MemoryType, asked: MemoryType) -> None:
    if given.shared is not asked.shared:
        raise ValidationError("mismatch in the shared flag for memories")
    if given.page_size_log2 != asked.page_size_log2:
        raise ValidationError("mismatch in page sizes of memories")
    if not matches_limits(given.limits, asked.limits):
        raise _limits("memory", given, asked)


def _limits(
    what: str, given: TableType | MemoryType, asked: TableType | MemoryType
) -> ValidationError:
    sentence = f"mismatch in {what} limits: expected {asked.limits}, found {given.limits}"
    return ValidationError(sentence)


def _global(given: GlobalType, asked: GlobalType) -> None:
    if given.mutable is not asked.mutable:
        words = ["mutable" if it.mutable else "immutable" for it in (asked, given)]
        raise ValidationError(f"expected a global that is {words[0]}, found one that is {words[1]}")
    if not matches_global(given, asked):
        raise ValidationError(f"expected global type {asked.value}, found {given.value}")


def match_modules(given: ModuleType, asked: ModuleType) -> None:
    """Raise ValidationError if a module asks for more, or gives less, than is said of it."""
    for (module, name), wanted in given.imports.items():
        offered = asked.imports.get((module, name))
        if offered is None:
            raise ValidationError(f"missing expected import `{module}::{name}`")
        _match_within(f"type mismatch in import `{module}::{name}`", offered, wanted)
    for name, wanted in asked.exports.items():
        offered = given.exports.get(name)
        if offered is None:
            raise ValidationError(f"missing expected export `{name}`")
        _match_within(f"type mismatch in export `{name}`", offered, wanted)


def match_imports(
    module: ModuleType, arguments: Mapping[str, Mapping[str, CoreExternType]]
) -> None:
    """Raise ValidationError if core instances, by name, are not what a module imports.

    Everything that is not there is told at once (``details["missing"]``).
    """
    missing: list[str] = []
    for (argument, name), wanted in module.imports.items():
        instance = arguments.get(argument)
        offered = None if instance is None else instance.get(name)
        if instance is None:
            missing.append(f"missing module instantiation argument named `{argument}`")
        elif offered is None:
            sentence = f"module instantiation argument `{argument}` does not export an item named"
            missing.append(f"{sentence} `{name}`")
        else:
            place = f"export `{name}` of module instantiation argument `{argument}`"
            _match_within(f"type mismatch for {place}", offered, wanted)
    if missing:
        missing = list(dict.fromkeys(missing))
        raise ValidationError("; ".join(missing), missing=tuple(missing))


def _match_within(place: str, given: CoreExternType, asked: CoreExternType) -> None:
    try:
        match_core_item(given, asked)
    except ValidationError as error:
        raise ValidationError(f"{place}: {error.message}") from None
