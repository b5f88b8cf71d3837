"""The component model: component types and binaries, canonical ABI, instances, resources.

The way through this room: :class:`Component` decodes (``binary/``) and validates (``validate/``)
a file into a *plan* (``plan.py``); :class:`Linker` finds what it imports and runs the plan
(``instantiate.py``); :class:`ComponentInstance` gives :class:`ComponentFunction`, whose calls cross
the border through closures made once for each type (``canonical/``).
"""

from pywasm_rt.component.component import Component
from pywasm_rt.component.features import ComponentFeatures
from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.instance import ComponentFunction, ComponentInstance
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.types import ResourceType
from pywasm_rt.component.values import Err, ErrorContext, Ok, Record, ResourceHandle, Some, Variant

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
