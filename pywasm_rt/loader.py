"""``import pywasm_rt.loader`` makes ``.wasm`` and ``.wat`` files importable as Python modules.

A file ``fib.wasm`` (or ``fib.wat``) beside other Python modules is then imported by ``import fib``;
Python's own modules come first. ``my_tool`` also finds ``my-tool.wasm``.

*A core module*: its exports are the module's attributes, functions being called with numbers
(:class:`~pywasm_rt.embedding.core.CoreExport`). What it imports from ``env`` comes from the Python
module ``env``.

*A component*: its functions, and its exported interfaces by their short names, are the module's
attributes, in snake_case (:class:`~pywasm_rt.embedding.instance.InterfaceView`). The interface
``test:app/store`` that it imports is the Python module ``test_app_store``; what its world imports
by itself comes from the module that is called as the component with ``_imports`` behind.

Such a file is trusted as Python code is: it says which Python modules its functions come from. To
run what is not trusted, instantiate it with imports that you choose. If the file lies in a package,
modules are looked for there first. WASI is there without being asked for: standard output and error
are Python's, and nothing else is granted; a Python module called ``wasi_snapshot_preview1`` or
``wasi_cli_stdout`` takes its place.

Whatever is wrong is an ImportError, which names the file and everything that is missing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from pywasm_rt.bindgen.naming import attribute_name, class_name, module_name
from pywasm_rt.component.component import Component
from pywasm_rt.component.types import (
    ComponentType,
    FunctionType,
    InstanceType,
    ResourceType,
    TypeDefinition,
)
from pywasm_rt.component.wit import describe, print_wit
from pywasm_rt.embedding.code import read_code
from pywasm_rt.embedding.core import CoreInstance
from pywasm_rt.embedding.linker import Linker
from pywasm_rt.engine.interface import LoadedModule
from pywasm_rt.errors import WasmError
from pywasm_rt.wasi.capabilities.stdio import SinkLike
from pywasm_rt.wasi.context import WasiContext

__all__ = ["WasmFinder", "WasmLoader", "install", "uninstall"]

SUFFIXES = (".wasm", ".wat")


class WasmFinder(MetaPathFinder):
    """Finds ``.wasm`` and ``.wat`` files where Python looks for modules."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 - the protocol's
    ) -> ModuleSpec | None:
        """The specification of a module that is such a file, or None."""
        name = fullname.rpartition(".")[2]
        stems = dict.fromkeys((name, name.replace("_", "-")))
        for folder in sys.path if path is None else path:
            for stem in stems:
                for suffix in SUFFIXES:
                    file = Path(folder or ".") / f"{stem}{suffix}"
                    if file.is_file():
                        return spec_from_file_location(fullname, file, loader=WasmLoader(file))
        return None


class WasmLoader(Loader):
    """Makes a Python module of one file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def exec_module(self, module: ModuleType) -> None:
        """Instantiate the file and make its exports the module's attributes.

        Raises ImportError for whatever is wrong with it, and what its start function raises that
        is the host's own.
        """
        name = module.__name__
        try:
            code = read_code(self.file.read_bytes(), file=str(self.file))
            exports = _Importing(module, self.file).exports(code)
        except (WasmError, OSError) as error:
            message = f"cannot import {name} from {self.file}: {error}"
            raise ImportError(message, name=name, path=str(self.file)) from error
        module.__dict__.update(exports)
        module.__dict__["__all__"] = list(exports)


class _Importing:
    """One file's being imported."""

    def __init__(self, module: ModuleType, file: Path) -> None:
        self.module = module
        self.package = module.__spec__.parent if module.__spec__ is not None else ""
        self.file = file

    def exports(self, code: Component | LoadedModule) -> dict[str, Any]:
        """The attributes by name. Raises WasmError."""
        stdout, stderr = _standard("stdout"), _standard("stderr")
        context = WasiContext(arguments=[self.module.__name__], stdout=stdout, stderr=stderr)
        if isinstance(code, Component):
            return self._of_component(code, context)
        names = dict.fromkeys(item.module for item in code.imports)
        imports = {name: self.find(module_name(name)) for name in names}
        found = {name: module for name, module in imports.items() if module is not None}
        instance = CoreInstance(code, found, wasi=context)
        return {name.replace("-", "_"): instance[name] for name in instance}

    def _of_component(self, component: Component, context: WasiContext) -> dict[str, Any]:
        linker = Linker()
        linker.define_wasi(context)
        own = self.find(f"{attribute_name(self.file.stem)}_imports")
        for name, type in component.imports.items():
            if isinstance(type, InstanceType):
                found = self.find(module_name(name))
                if found is not None:
                    linker.define_object(name, found)
            elif own is not None:
                _define_own(linker, name, type, own)
        instance = linker.instantiate(component)
        world = ComponentType(component.imports, component.exports)
        self.module.__doc__ = print_wit(describe(world))
        own_functions = instance.interface()
        exports = {name: getattr(own_functions, name) for name in dir(own_functions)}
        for name, type in component.exports.items():
            if isinstance(type, InstanceType):
                short = attribute_name(name.partition("@")[0].rpartition("/")[2])
                key = module_name(name) if short in exports else short
                exports[key] = instance.interface(name)
        return exports

    def find(self, name: str) -> ModuleType | None:
        """A Python module of the package or of the top level; None if there is none.

        What goes wrong inside it is not hidden.
        """
        if not name:
            return None
        names = [f"{self.package}.{name}"] if self.package else []
        for candidate in (*names, name):
            if candidate == self.module.__name__:
                continue
            try:
                return import_module(candidate)
            except ModuleNotFoundError as error:
                if error.name != candidate:
                    raise
        return None


def _define_own(linker: Linker, name: str, type: object, own: ModuleType) -> None:
    """Offer what a world imports by itself, if the module has it."""
    if isinstance(type, FunctionType) and not name.startswith("["):
        found = getattr(own, attribute_name(name), None)
        if found is not None:
            linker.define_function(name, found)
    elif isinstance(type, TypeDefinition) and isinstance(type.type, ResourceType):
        found = getattr(own, class_name(name), None)
        if found is not None:
            linker.define_resource_class(name, found)


def _standard(name: str) -> SinkLike:
    """Python's standard stream, whatever that is at the moment of writing."""

    def write(data: bytes) -> None:
        stream = getattr(sys, name)
        if stream is not None:
            stream.write(data.decode(errors="replace"))

    return write


_finder = WasmFinder()


def install() -> None:
    """Let Python find ``.wasm`` and ``.wat`` files; importing this module does it."""
    if _finder not in sys.meta_path:
        sys.meta_path.append(_finder)


def uninstall() -> None:
    """Take that back; what is imported stays."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)


install()
