"""The component model's binary format."""

from pywasm_rt.component.binary.decoder import decode, is_component

__all__ = ["decode", "is_component"]
