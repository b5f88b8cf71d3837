"""Running core modules: the one interface, and the engines behind it.

:func:`get_engine` gives an engine; what can be done with it is in ``interface.py``, and how its
host calls are answered in ``driver.py``.
"""

from pywasm_rt.engine.selection import EngineInfo, engine_info, get_engine

__all__ = ["EngineInfo", "engine_info", "get_engine"]
