"""Types that belong to a feature: refused where it is off, even if nothing uses them."""

from __future__ import annotations

from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.types import AbstractHeapType, FunctionType, RecursiveType, ReferenceType

__all__ = ["require_recursive_type", "require_reference_type"]

_FEATURE_OF_HEAP = {
    AbstractHeapType.FUNC: "",
    AbstractHeapType.EXTERN: "reference_types",
    AbstractHeapType.EXN: "exceptions",
    AbstractHeapType.NOEXN: "exceptions",
}


def require_reference_type(features: Features, type: ReferenceType) -> None:
    """Raise UnsupportedFeature for a reference type that needs a feature which is off."""
    if isinstance(type.heap, AbstractHeapType):
        features.require(_FEATURE_OF_HEAP.get(type.heap, "gc"), f"the type {type}")
        if type.nullable:
            return
    if not features.typed_references:
        features.require("function_references", f"the type {type}")


def require_recursive_type(features: Features, group: RecursiveType) -> None:
    """Raise UnsupportedFeature for a group of types that needs a feature which is off."""
    if len(group.members) != 1:
        features.require("gc", "a recursion group")
    for member in group.members:
        if not isinstance(member.composite, FunctionType):
            features.require("gc", "a structure or array type")
        elif len(member.composite.results) > 1:
            features.require("multi_value", "a function type with several results")
        if not member.final or member.supertypes:
            features.require("gc", "a type with sub types")
