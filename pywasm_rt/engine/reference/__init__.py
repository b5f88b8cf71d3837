"""The reference engine: the specification in Python, for reading. Begin with ``machine.py``."""

from pywasm_rt.engine.reference.engine import ReferenceEngine

__all__ = ["ReferenceEngine"]
