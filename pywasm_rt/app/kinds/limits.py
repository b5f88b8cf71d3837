"""What a guest may use: ``limits``, in its three spellings, and ``options``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from pywasm_rt.app.kinds.configuration import Configuration, Count, fault
from pywasm_rt.app.kinds.security import Security
from pywasm_rt.app.yaml_source import PathStep

__all__ = ["LimitSettings", "Limited", "Mailbox", "Options"]

PAGE_BYTES = 65_536
MAX_MEMORY_BYTES = 1 << 32


def _memory(value: int) -> int:
    if value <= 0:
        raise fault("{field} must be positive")
    if value > MAX_MEMORY_BYTES:
        raise fault("{field} cannot exceed 4GiB")
    if value % PAGE_BYTES:
        nearest = (value // PAGE_BYTES + 1) * PAGE_BYTES
        raise fault("{field} must be a multiple of 64KiB", f"the next one is {nearest}")
    return value


def _positive(value: int) -> int:
    if value <= 0:
        raise fault("{field} must be greater than 0")
    return value


class LimitSettings(Configuration):
    """The figures of ``limits``; what is not given, or 0, is not limited by the entry.

    ``max_execution_ms`` counts from the first step and includes the time that a guest waits.
    ``socket_timeout_ms`` is for each wait on a socket and each phase of an HTTP request.
    """

    max_execution_ms: Count = 0
    fuel: Count = 0
    memory_bytes: Annotated[int, AfterValidator(_memory)] | None = None
    table_elements: Count = 0
    heap_bytes: Count = 0
    call_depth: Count = 0
    output_bytes: Count = 0
    open_handles: Count = 0
    file_bytes: Count = 0
    stack_slots: Count = 0
    max_retained_memory_bytes: Count | None = None
    retained_memory_check_interval: Count | None = None
    host_buffer_bytes: Count | None = None
    asyncify_stack_bytes: Count | None = None
    max_open_sockets: Count = 0
    socket_timeout_ms: Count = 0

    def over(self, defaults: LimitSettings | None) -> LimitSettings:
        """These figures, and those of ``defaults`` where nothing is said here."""
        if defaults is None:
            return self
        usual = {name: getattr(defaults, name) for name in defaults.model_fields_set}
        own = {name: getattr(self, name) for name in self.model_fields_set}
        return LimitSettings.model_construct(**{**usual, **own})

    def without_effect(self) -> Iterator[str]:
        """The fields that are accepted so that files for Wippy load, and do nothing here."""
        for name in (
            "retained_memory_check_interval",
            "host_buffer_bytes",
            "asyncify_stack_bytes",
        ):
            if getattr(self, name) is not None:
                yield name


class Mailbox(Configuration):
    """``options.mailbox``: how much may wait for a process."""

    capacity: Annotated[int, AfterValidator(_positive)] = 128
    bytes: Annotated[int, AfterValidator(_positive)] = 8_388_608
    message_bytes: Annotated[int, AfterValidator(_positive)] = 1_048_576


class Options(Configuration):
    """``options``: what newer files write beside or instead of root fields."""

    limits: LimitSettings | None = None
    mailbox: Mailbox | None = None
    worker_class: str | None = None
    security: Security | None = None

    def without_effect(self) -> Iterator[tuple[PathStep, ...]]:
        """Paths, below the options, of what is accepted and does nothing here."""
        if self.worker_class is not None:
            yield ("worker_class",)
        for name in self.limits.without_effect() if self.limits is not None else ():
            yield ("limits", name)


class Limited(Configuration):
    """Entries whose processes can be limited."""

    limits: LimitSettings | None = None
    security: Security | None = None
    options: Options = Field(default_factory=Options)

    @model_validator(mode="after")
    def _one_spelling(self) -> Limited:
        if self.security is not None and self.options.security is not None:
            message = "security is given twice: in security and in options.security"
            raise fault(message, "keep one", ("options", "security"))
        if self.limits is not None and self.options.limits is not None:
            message = "limits are given twice: in limits and in options.limits"
            raise fault(message, "keep one", ("options", "limits"))
        return self

    def warnings(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """Fields that are accepted and do nothing here."""
        for name in self.limits.without_effect() if self.limits is not None else ():
            yield ("limits", name), f"limits.{name} has no effect here"
        for path in self.options.without_effect():
            yield ("options", *path), f"options.{'.'.join(map(str, path))} has no effect here"
