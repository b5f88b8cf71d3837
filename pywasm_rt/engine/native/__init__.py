"""The native engine: the C core (``native/``) behind the one interface. Importing it raises
ImportError where the extension was not built.
"""

from pywasm_rt.engine.native.engine import NativeEngine

__all__ = ["NativeEngine"]
