"""The resource types of ``wasi:http``, and how their objects are given up."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from pywasm_rt.component.types import ResourceType
from pywasm_rt.wasi.preview2.http.fields import Fields

__all__ = ["RESOURCES"]


@runtime_checkable
class _Droppable(Protocol):
    """What is to be told when it is dropped."""

    def drop(self) -> object:
        """None, or a generator of operations."""
        ...


def _drop(thing: object) -> object:
    assert isinstance(thing, _Droppable), "the host made it for this type"
    return thing.drop()


def _drop_fields(fields: object) -> None:
    assert isinstance(fields, Fields)
    fields.release()


_TOLD = """incoming-request outgoing-request response-outparam incoming-response incoming-body
    future-trailers outgoing-response outgoing-body future-incoming-response"""

RESOURCES = {
    "fields": ResourceType("fields", _drop_fields),
    "request-options": ResourceType("request-options"),
    **{name: ResourceType(name, _drop) for name in _TOLD.split()},
}
