"""What a host offers to components: interfaces made of Python callables and resource types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pywasm_rt.component.types import ResourceType

__all__ = ["HostInterface"]


@dataclass(frozen=True, slots=True)
class HostInterface:
    """An interface of the host's, for example ``wasi:io/poll`` at version ``0.2.12``.

    ``functions`` are by the component model's names (``poll``, ``[constructor]fields``,
    ``[method]pollable.block``, ``[static]fields.from-list``). A callable gets the arguments as
    component values (see :mod:`pywasm_rt.component.values`) and answers with

    * the result value (None for none; :class:`~pywasm_rt.component.values.Ok` or ``Err`` for
      a WIT ``result``), or
    * an :class:`~pywasm_rt.operations.Operation`, whose result becomes the result value, or
    * a generator that yields operations, is sent their results, and returns the result value.

    ``resources`` gives each resource type's identity: interfaces that share a resource share the
    object. A resource value is any Python object.
    """

    name: str
    functions: Mapping[str, Callable[..., object]] = field(default_factory=dict)
    resources: Mapping[str, ResourceType] = field(default_factory=dict)
    version: str | None = None
