"""A whole generated package: a module for each interface, and one for the world."""

from __future__ import annotations

from pywasm_rt.bindgen.definitions import definitions
from pywasm_rt.bindgen.functions import methods_of
from pywasm_rt.bindgen.modules import (
    assembled,
    export_class,
    export_module,
    exports_name,
    heading,
    host_functions,
    import_module,
    import_protocol,
    signatures,
)
from pywasm_rt.bindgen.naming import Names, attribute_name, class_name
from pywasm_rt.bindgen.places import Module, Places
from pywasm_rt.component.types import FunctionType, ResourceType
from pywasm_rt.component.wit import World

__all__ = ["generate"]


def generate(world: World, name: str = "") -> dict[str, str]:
    """The files of the package for a world: text by path.

    ``name`` is that of the class that calls the guest; without it, it is called as the world.
    """
    places = Places(world)
    files: dict[str, str] = {}
    for folder, modules in (("imports", places.imports), ("exports", places.exports)):
        make = import_module if folder == "imports" else export_module
        for module in modules.values():
            files[f"{folder}/{module.name}.py"] = make(places, module)
        if modules:
            what = "offers" if folder == "imports" else "gets from the guest"
            files[f"{folder}/__init__.py"] = heading(f"Interfaces that the host {what}.") + "\n"
    files["__init__.py"] = _World(world, places, class_name(name or world.name)).text()
    return files


class _World:
    """The package's own module."""

    def __init__(self, world: World, places: Places, name: str) -> None:
        self.world = world
        self.places = places
        self.module = places.world
        self.name = self.module.names.give(name)
        self.imported = _functions(world.imports)
        self.exported = _functions(world.exports)

    def text(self) -> str:
        """The text."""
        blocks = [self._resource(name) for name in self._resources()]
        blocks += definitions(self.places, self.module)
        if self.imported or self._resources():
            blocks += self._imports()
        blocks.append(signatures(self.places, self.module, self.exported, "_EXPORTS"))
        blocks.append(self._exports())
        about = f"The world ``{self.world.full_name}`` in Python."
        return assembled(self.module, about, blocks)

    def _resources(self) -> list[str]:
        entries = self.module.entries
        return [name for name, it in entries.items() if isinstance(it.type, ResourceType)]

    def _resource(self, name: str) -> list[str]:
        entry = self.module.entries[name]
        functions = {
            key: type
            for key, type in self.imported.items()
            if key.startswith(f"[method]{entry.name}.")
        }
        methods = methods_of(functions, {})
        docs = entry.docs or f"The resource ``{entry.name}``."
        lines = import_protocol(self.places, self.module, name, methods, docs)
        return [*lines, "", "", f'{name}_type = _rt.host_resource("{entry.name}")']

    def _imports(self) -> list[list[str]]:
        """What the world imports by itself."""
        free = {key: it for key, it in self.imported.items() if not key.startswith("[method]")}
        methods = methods_of(free, {})
        name = self.module.names.give(f"{self.name}Imports")
        docs = f"What the world ``{self.world.name}`` imports by itself."
        define = [
            f"def define(linker: _rt.Linker, implementation: {name}) -> None:",
            f'    """Offer what the world ``{self.world.name}`` imports by itself."""',
            "    functions = {",
            *(f"        {line}" for line in host_functions(methods)),
        ]
        for resource in self._resources():
            prefix = f"[method]{self.module.entries[resource].name}."
            for key in self.imported:
                if key.startswith(prefix):
                    method = attribute_name(key.removeprefix(prefix))
                    call = f'_rt.host_method("{method}", _SIGNATURES["{key}"])'
                    define.append(f'        "{key}": {call},')
        define += ["    }", "    for name, function in functions.items():"]
        define += ["        linker.define_function(name, function)"]
        define += [
            f'    linker.define_resource("{self.module.entries[it].name}", {it}_type)'
            for it in self._resources()
        ]
        return [
            signatures(self.places, self.module, self.imported),
            import_protocol(self.places, self.module, name, methods, docs),
            define,
        ]

    def _exports(self) -> list[str]:
        """The class that calls the guest."""
        exports = list(self.places.exports.values())
        names = Names(("instantiate",))
        attributes = [(module, names.give(self._attribute(module))) for module in exports]
        init = [
            "    def __init__(self, instance: _rt.Instance) -> None:",
            '        super().__init__(instance, "", _EXPORTS)',
        ]
        for module, attribute in attributes:
            self.module.used[module.folder, module.name] = module
            made = f"{module.alias}.{exports_name(module)}(instance)"
            init.append(f"        self.{attribute} = {made}")
        init += [
            "",
            "    @classmethod",
            "    def instantiate(",
            "        cls, component: _rt.Component, linker: _rt.Linker",
            "    ) -> _typing.Self:",
            '        """Make an instance of a component; ``linker`` offers what it imports."""',
            "        return cls(linker.instantiate(component))",
        ]
        taken = ("instantiate", *(attribute for _, attribute in attributes))
        methods = methods_of(self.exported, {}, taken)
        docs = self.world.docs or f"A guest with the world ``{self.world.name}``."
        return export_class(self.places, self.module, self.name, methods, docs, init)

    def _attribute(self, module: Module) -> str:
        """What an exported interface is called: by its short name, if that is enough."""
        assert module.interface is not None, "exported modules are interfaces"
        name = module.interface.name
        shared = [
            it for it in self.places.exports.values() if it.interface and it.interface.name == name
        ]
        return attribute_name(name) if len(shared) == 1 else module.name


def _functions(items: object) -> dict[str, FunctionType]:
    assert isinstance(items, dict), "a world's imports and exports are dicts"
    return {name: it for name, it in items.items() if isinstance(it, FunctionType)}
