"""The binary format's sections: from bytes to :class:`~pywasm_rt.component.syntax.ComponentSyntax`.

Core modules stay bytes: the engine that runs them decodes them. What is decoded here takes time
and space in proportion to the bytes, and every error has its offset.
"""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.component.binary.aliases import alias
from pywasm_rt.component.binary.definitions import (
    canon,
    core_instance,
    export,
    import_,
    instance,
)
from pywasm_rt.component.binary.reader import MAX_NESTING, ComponentReader
from pywasm_rt.component.binary.types import core_type_definition, type_definition
from pywasm_rt.component.syntax import (
    ComponentSyntax,
    CoreModule,
    CustomSection,
    Definition,
    NestedComponent,
)
from pywasm_rt.errors import WasmError

__all__ = ["decode", "is_component"]

_MAGIC = b"\0asm"
_VERSION = b"\x0d\x00"
_COMPONENT_LAYER = b"\x01\x00"
_MODULE_LAYER = b"\x00\x00"

_CUSTOM, _CORE_MODULE, _COMPONENT, _START, _VALUES = 0, 1, 4, 9, 12

_SECTIONS: dict[int, tuple[str, Callable[[ComponentReader], Definition]]] = {
    2: ("core instance section", core_instance),
    3: ("core type section", core_type_definition),
    5: ("instance section", instance),
    6: ("alias section", alias),
    7: ("type section", type_definition),
    8: ("canonical section", canon),
    10: ("import section", import_),
    11: ("export section", export),
}


def is_component(data: bytes) -> bool:
    """Whether the bytes begin as a component does (as opposed to a core module)."""
    return data[:4] == _MAGIC and data[6:8] == _COMPONENT_LAYER


def decode(data: bytes) -> ComponentSyntax:
    """Decode a component.

    Raises DecodeError for malformed bytes, UnsupportedFeature for what is not implemented, and
    ValidationError for a few rules about options that the result could not express.
    """
    return _component(ComponentReader(bytes(data)), 0)


def _component(reader: ComponentReader, depth: int) -> ComponentSyntax:
    start = reader.position
    _preamble(reader)
    if depth > MAX_NESTING:
        raise reader.error(f"components are nested deeper than {MAX_NESTING}", start)
    definitions: list[Definition] = []
    customs: list[CustomSection] = []
    while reader.remaining:
        _section(reader, depth, definitions, customs)
    name = next((_name(it) for it in customs if it.name == "component-name"), "")
    return ComponentSyntax(definitions, customs, name, start)


def _preamble(reader: ComponentReader) -> None:
    start = reader.position
    if reader.raw(4) != _MAGIC:
        raise reader.error("magic header not detected: expected a component", start)
    version, layer = reader.raw(2), reader.raw(2)
    if layer == _MODULE_LAYER:
        sentence = "expected a version header for a component: this is a core module"
        raise reader.error(sentence, start + 4)
    if layer != _COMPONENT_LAYER or version != _VERSION:
        sentence = f"unknown binary version 0x{int.from_bytes(version, 'little'):x}"
        raise reader.error(f"{sentence}, expected 0xd", start + 4)


def _section(
    reader: ComponentReader,
    depth: int,
    definitions: list[Definition],
    customs: list[CustomSection],
) -> None:
    start = reader.position
    code = reader.byte()
    if code > _VALUES:
        raise reader.error(f"malformed section id {code}", start)
    size = reader.u32()
    if code in _SECTIONS:
        what, item = _SECTIONS[code]
        window = reader.window(size, what)
        definitions.extend(window.vector(item))
        if window.remaining:
            sentence = "section size mismatch: unexpected content after the last item"
            raise window.error(sentence)
    elif code == _CUSTOM:
        window = reader.window(size, "custom section")
        name = window.name()
        rest = window.raw(window.remaining)
        customs.append(CustomSection(name, rest, len(definitions), start))
    elif code == _CORE_MODULE:
        definitions.append(_core_module(reader.window(size, "core module section")))
    elif code == _COMPONENT:
        window = reader.window(size, "component section")
        definitions.append(NestedComponent(_component(window, depth + 1), start))
    else:
        what = "a start definition" if code == _START else "the value section"
        raise reader.refuse("values", what, start)


def _core_module(window: ComponentReader) -> CoreModule:
    start = window.position
    data = window.raw(window.remaining)
    if data[:4] == _MAGIC and data[6:8] == _COMPONENT_LAYER:
        raise window.error("expected a version header for a module", start + 4)
    return CoreModule(data, start)


def _name(section: CustomSection) -> str:
    """The component's own name; the section may hold garbage, which is ignored."""
    reader = ComponentReader(section.data)
    try:
        while reader.remaining:
            kind = reader.byte()
            window = reader.window(reader.u32(), "component-name section")
            if kind == 0:
                return window.name()
    except WasmError:
        return ""
    return ""
