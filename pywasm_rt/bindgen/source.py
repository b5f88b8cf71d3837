"""Where worlds come from: components, and texts in WIT."""

from __future__ import annotations

from pathlib import Path

from pywasm_rt.component.component import Component
from pywasm_rt.component.types import ComponentType
from pywasm_rt.component.wit import World, describe, load, resolve
from pywasm_rt.errors import ComponentError
from pywasm_rt.wasm.binary.sections import is_component

__all__ = ["world_of_component", "world_of_file"]


def world_of_component(component: Component) -> World:
    """What a component imports and exports, as a world that is called as the component."""
    document = describe(ComponentType(component.imports, component.exports))
    world = resolve([document]).world()
    if component.name:
        words = "".join(it if it.isalnum() else "-" for it in component.name.lower()).split("-")
        world.name = "-".join(word for word in words if word) or world.name
    return world


def world_of_file(path: Path, world: str = "") -> World:
    """The world of a component's file, or one of a file or folder of WIT.

    ``world`` names the one, where there are several. Raises OSError, ComponentError for a world
    that is not there and for a core module, and what decoding, parsing and validating raise.
    """
    if path.is_dir() or path.suffix == ".wit":
        return load(path).world(world)
    data = path.read_bytes()
    if data[:4] == b"\0asm" and not is_component(data):
        raise ComponentError(f"{path} is a core module, which has no types to make bindings of")
    if world:
        raise ComponentError(f"{path} is a component, which has one world; it has no name")
    return world_of_component(Component.from_file(path))
