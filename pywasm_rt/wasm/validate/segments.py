"""Element and data segments."""

from __future__ import annotations

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.module import DataSegment, ElementMode, ElementSegment
from pywasm_rt.wasm.types import FUNCREF, AbstractHeapType, ReferenceType
from pywasm_rt.wasm.validate.constant import ConstantChecker
from pywasm_rt.wasm.validate.context import Context
from pywasm_rt.wasm.validate.matching import matches_reference
from pywasm_rt.wasm.validate.places import in_item

__all__ = ["check_data_segments", "check_element_segments"]

_FUNCTIONS = ReferenceType(nullable=False, heap=AbstractHeapType.FUNC)


def check_element_segments(context: Context, constants: ConstantChecker) -> None:
    """Check the element segments and fill ``context.elements``. Raises ValidationError,
    UnsupportedFeature.
    """
    for index, segment in enumerate(context.module.elements):
        inside = f"elem segment {index}"
        with in_item(context.module, inside, segment.position):
            type = _segment_type(context, segment)
            context.elements.append(type)
            for item in segment.items:
                constants.check(item, type, inside)
            _check_element_mode(context, constants, segment, type, inside)


def _segment_type(context: Context, segment: ElementSegment) -> ReferenceType:
    """A segment of function indices holds no null; before function references that had no type."""
    if segment.type == _FUNCTIONS and not context.features.typed_references:
        return FUNCREF
    return context.reference_type(segment.type)


def _check_element_mode(
    context: Context,
    constants: ConstantChecker,
    segment: ElementSegment,
    type: ReferenceType,
    inside: str,
) -> None:
    if not isinstance(segment.mode, ElementMode):
        context.features.require("bulk_memory", f"a {segment.mode} element segment")
        return
    table = context.table(segment.mode.table_index)
    if not matches_reference(type, table.element):
        expected, found = map(context.describe, (table.element, type))
        raise ValidationError(
            f"type mismatch: the table holds {expected}, the segment {found}",
            expected=expected,
            found=found,
        )
    constants.check(segment.mode.offset, table.limits.address_type, inside)


def check_data_segments(context: Context, constants: ConstantChecker) -> None:
    """Check the data segments and set ``context.data_count``. Raises ValidationError,
    UnsupportedFeature.
    """
    context.data_count = len(context.module.datas)
    for index, segment in enumerate(context.module.datas):
        inside = f"data segment {index}"
        with in_item(context.module, inside, segment.position):
            _check_data_mode(context, constants, segment, inside)


def _check_data_mode(
    context: Context, constants: ConstantChecker, segment: DataSegment, inside: str
) -> None:
    if segment.mode is None:
        context.features.require("bulk_memory", "a passive data segment")
        return
    memory = context.memory(segment.mode.memory_index)
    constants.check(segment.mode.offset, memory.limits.address_type, inside)
