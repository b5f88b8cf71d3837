"""Python bindings from components and WIT: types, Protocols and wrappers that mypy can check.

:func:`generate` makes a package of a world: for each interface a module with dataclasses (records,
and variants as unions of them), Enums and Flags; Protocols for what the host is to implement; and
classes that call what the guest exports. ``pywasm-rt bindgen`` writes it to a folder.
"""

from pywasm_rt.bindgen.package import generate
from pywasm_rt.bindgen.source import world_of_component, world_of_file

__all__ = ["generate", "world_of_component", "world_of_file"]
