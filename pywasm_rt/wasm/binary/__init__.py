"""The binary format: bytes to modules and back."""

from pywasm_rt.wasm.binary.decoder import decode
from pywasm_rt.wasm.binary.encoder import encode

__all__ = ["decode", "encode"]
