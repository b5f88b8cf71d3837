"""Sizes of memories and tables (specification, "Validation / Types / Limits")."""

from __future__ import annotations

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.types import Limits, MemoryType, TableType
from pywasm_rt.wasm.validate.context import Context

__all__ = ["check_memory_type", "check_table_type"]

_ADDRESS_BITS = {False: 32, True: 64}
_PAGE_SIZES_LOG2 = (0, 16)


def _check_limits(limits: Limits, largest: int, message: str) -> None:
    """Raises ValidationError with ``message`` if a size is above ``largest``."""
    maximum = limits.maximum
    for size in (limits.minimum, limits.minimum if maximum is None else maximum):
        if size > largest:
            raise ValidationError(f"{message}, not {size}", largest=largest, found=size)
    if maximum is not None and limits.minimum > maximum:
        raise ValidationError(
            f"size minimum must not be greater than maximum: {limits.minimum} > {maximum}"
        )


def check_memory_type(context: Context, type: MemoryType) -> None:
    """Check a memory's limits, page size and sharing. Raises ValidationError, UnsupportedFeature
    for what belongs to a feature that is off.
    """
    require = context.features.require
    if type.page_size_log2 not in _PAGE_SIZES_LOG2:
        raise ValidationError(f"invalid custom page size: 2**{type.page_size_log2} bytes")
    if type.page_size_log2 == 0:
        require("custom_page_sizes", "a memory with pages of one byte")
    if type.limits.is_64:
        require("memory64", "a memory with 64-bit addresses")
    if type.shared:
        require("threads", "a shared memory")
        if type.limits.maximum is None:
            raise ValidationError("shared memory must have maximum")
    if type.page_size_log2 == 0:
        # A memory's size must itself be an address.
        largest = (1 << _ADDRESS_BITS[type.limits.is_64]) - 1
        message = f"memory size must be at most {largest} pages of one byte"
    elif type.limits.is_64:
        largest, message = 1 << 48, "memory size must be at most 2**48 pages (16 EiB)"
    else:
        largest, message = 1 << 16, "memory size must be at most 65536 pages (4GiB)"
    _check_limits(type.limits, largest, message)


def check_table_type(context: Context, type: TableType) -> TableType:
    """Check a table's limits and give its type, resolved. Raises ValidationError,
    UnsupportedFeature for what belongs to a feature that is off.
    """
    if type.shared:
        raise ValidationError("tables cannot be shared (yet)")
    if type.limits.is_64:
        context.features.require("memory64", "a table with 64-bit indices")
    bits = _ADDRESS_BITS[type.limits.is_64]
    _check_limits(type.limits, (1 << bits) - 1, f"table size must be at most 2**{bits} - 1")
    return TableType(context.reference_type(type.element), type.limits)
