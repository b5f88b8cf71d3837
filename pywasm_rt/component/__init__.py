"""The component model: component types and binaries, canonical ABI, instances, resources.

The way through this room: :class:`Component` decodes (``binary/``) and validates (``validate/``)
a file into a *plan* (``plan.py``); :class:`Linker` finds what it imports and runs the plan
(``instantiate.py``); :class:`ComponentInstance` gives :class:`ComponentFunction`, whose calls cross
the border through closures made once for each type (``canonical/``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pywasm_rt.component.component import Component
    from pywasm_rt.component.features import ComponentFeatures
    from pywasm_rt.component.host import HostInterface
    from pywasm_rt.component.instance import ComponentFunction, ComponentInstance
    from pywasm_rt.component.linker import Linker
    from pywasm_rt.component.types import ResourceType
    from pywasm_rt.component.values import (
        Err,
        ErrorContext,
        Ok,
        Record,
        ResourceHandle,
        Some,
        Variant,
    )

__all__ = [
    "Component",
    "ComponentFeatures",
    "ComponentFunction",
    "ComponentInstance",
    "Err",
    "ErrorContext",
    "HostInterface",
    "Linker",
    "Ok",
    "Record",
    "ResourceHandle",
    "ResourceType",
    "Some",
    "Variant",
]

# Loaded when they are first used: much of it is seldom needed.
_PLACES = {
    "Component": "pywasm_rt.component.component",
    "ComponentFeatures": "pywasm_rt.component.features",
    "HostInterface": "pywasm_rt.component.host",
    "ComponentFunction": "pywasm_rt.component.instance",
    "ComponentInstance": "pywasm_rt.component.instance",
    "Linker": "pywasm_rt.component.linker",
    "ResourceType": "pywasm_rt.component.types",
    "Err": "pywasm_rt.component.values",
    "ErrorContext": "pywasm_rt.component.values",
    "Ok": "pywasm_rt.component.values",
    "Record": "pywasm_rt.component.values",
    "ResourceHandle": "pywasm_rt.component.values",
    "Some": "pywasm_rt.component.values",
    "Variant": "pywasm_rt.component.values",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value
