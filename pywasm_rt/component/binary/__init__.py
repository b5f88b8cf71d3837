"""The component model's binary format."""

from pywasm_rt.component.binary.decoder import decode, is_component
from pywasm_rt.component.binary.encoder import encode

__all__ = ["decode", "encode", "is_component"]
