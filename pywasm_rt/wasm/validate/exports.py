"""Exports, the start function, and the functions that code may take references to."""

from __future__ import annotations

from collections.abc import Iterator

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.module import DataMode, ElementMode, Export, Expression, Module
from pywasm_rt.wasm.types import ExternKind, FunctionType
from pywasm_rt.wasm.validate.context import Context, ExternTypeResolved
from pywasm_rt.wasm.validate.places import in_item

__all__ = ["check_exports", "check_start", "declared_references"]


def check_exports(context: Context) -> None:
    """Check the exports and fill ``context.exports``. Raises ValidationError,
    UnsupportedFeature.
    """
    names: set[str] = set()
    for index, item in enumerate(context.module.exports):
        with in_item(context.module, f'export {index} "{item.name}"', item.position):
            if item.name in names:
                raise ValidationError(f'duplicate export name "{item.name}"', name=item.name)
            names.add(item.name)
            context.exports.append(_exported_type(context, item))


def _exported_type(context: Context, item: Export) -> ExternTypeResolved:
    match item.kind:
        case ExternKind.FUNCTION:
            return context.function(item.index)
        case ExternKind.TABLE:
            return context.table(item.index)
        case ExternKind.MEMORY:
            return context.memory(item.index)
        case ExternKind.TAG:
            context.tag(item.index)
            return context.tags[item.index]
        case ExternKind.GLOBAL:
            type = context.global_(item.index)
            if type.mutable:
                context.features.require("mutable_globals", "an exported mutable global")
            return type


def check_start(context: Context) -> None:
    """Check that the start function takes and gives nothing. Raises ValidationError."""
    module = context.module
    if module.start is None:
        return
    with in_item(module, "start section", module.start_position):
        defined = context.function(module.start)
        if defined.composite != FunctionType():
            raise ValidationError(
                f"start function {module.start} must neither take nor give anything: {defined}",
                found=str(defined),
            )


def declared_references(module: Module) -> frozenset[int]:
    """The indices of functions that occur in the module outside function bodies and the start
    section; ``ref.func`` in a body may name only these.
    """
    exported = (item.index for item in module.exports if item.kind is ExternKind.FUNCTION)
    named = (
        instruction.immediates[0]
        for expression in _constant_expressions(module)
        for instruction in expression.instructions
        if instruction.row.identifier == "ref_func"
    )
    return frozenset((*exported, *(index for index in named if isinstance(index, int))))


def _constant_expressions(module: Module) -> Iterator[Expression]:
    for table in module.tables:
        if table.initial is not None:
            yield table.initial
    for item in module.globals:
        yield item.initial
    for segment in module.elements:
        yield from segment.items
        if isinstance(segment.mode, ElementMode):
            yield segment.mode.offset
    for data in module.datas:
        if isinstance(data.mode, DataMode):
            yield data.mode.offset
