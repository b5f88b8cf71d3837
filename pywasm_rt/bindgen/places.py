"""Where the Python class of each type is, and how it is called from elsewhere.

Each interface becomes a module, in ``imports`` or in ``exports``; what a world defines by itself is
in the package's own module. An interface that is both imported and exported becomes two modules,
for its resources are the host's in one and the guest's in the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pywasm_rt.bindgen.naming import Names, class_name, module_name
from pywasm_rt.component import types as t
from pywasm_rt.component.wit import Interface, TypeEntry, World
from pywasm_rt.component.wit.model import WorldItem

__all__ = ["Module", "Places", "key_of"]


def key_of(type: object) -> int:
    """What all names of one type have in common."""
    return id(t.origin(type))


@dataclass(eq=False, slots=True)
class Module:
    """A Python module: the types it defines, by Python name.

    ``folder`` is ``imports``, ``exports`` or "" for the package's own module; ``full_name`` is the
    interface's for the linker. ``used`` are the modules that its text refers to.
    """

    folder: str
    name: str
    full_name: str
    interface: Interface | None = None
    entries: dict[str, TypeEntry] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    used: dict[tuple[str, str], Module] = field(default_factory=dict)

    @property
    def alias(self) -> str:
        """What other modules call it."""
        return f"_{self.folder}_{self.name}"

    @property
    def is_export(self) -> bool:
        """Whether its resources are the guest's."""
        return self.folder == "exports"


class Places:
    """The modules of a world."""

    def __init__(self, world: World) -> None:
        self.world = Module("", "", "")
        self.imports = _modules("imports", world.imports)
        self.exports = _modules("exports", world.exports)
        self._homes: dict[tuple[bool, int], tuple[Module, str]] = {}
        for module in (*self.imports.values(), *self.exports.values()):
            interface = module.interface
            assert interface is not None, "they were made of interfaces"
            self._add(module, list(interface.types.values()))
        own = [item for item in world.imports.values() if isinstance(item, TypeEntry)]
        own += [item for item in world.exports.values() if isinstance(item, TypeEntry)]
        self._add(self.world, own)

    def _add(self, module: Module, entries: list[TypeEntry]) -> None:
        for entry in entries:
            if entry.origin is None:
                module.entries[module.names.give(class_name(entry.name))] = entry
        # A type's own definition comes before other names for it.
        for is_alias in (False, True):
            for name, entry in module.entries.items():
                if _is_nominal(entry.type) and (t.origin(entry.type) is not entry.type) == is_alias:
                    self._homes.setdefault((module.is_export, key_of(entry.type)), (module, name))

    def home(self, type: object, module: Module) -> tuple[Module, str]:
        """The module and the Python name of a type that ``module`` refers to."""
        key = key_of(type)
        found = self._homes.get((True, key)) if module.is_export else None
        found = found or self._homes.get((False, key)) or self._homes.get((True, key))
        if found is None:
            raise KeyError(type)
        return found

    def reference(self, type: object, module: Module, suffix: str = "") -> str:
        """How ``module`` calls a type's class, or what is named after it (``suffix``)."""
        home, name = self.home(type, module)
        text = name + suffix
        if home is module:
            return text
        module.used[home.folder, home.name] = home
        return f"{home.alias}.{text}"


def _is_nominal(type: object) -> bool:
    """Whether a type has a Python class of its own."""
    return isinstance(
        type, t.RecordType | t.VariantType | t.EnumType | t.FlagsType | t.ResourceType
    )


def _modules(folder: str, items: Mapping[str, WorldItem]) -> dict[str, Module]:
    """A module for each interface, by the name in the world."""
    interfaces = {name: it for name, it in items.items() if isinstance(it, Interface)}
    plain = [module_name(name) for name in interfaces]
    found: dict[str, Module] = {}
    names = Names()
    for name, interface in interfaces.items():
        short = module_name(name)
        clashes = plain.count(short) > 1
        chosen = names.give(module_name(name, with_version=clashes))
        found[name] = Module(folder, chosen, name, interface)
    return found
