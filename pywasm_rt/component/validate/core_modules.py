"""The type of a core module, from its bytes.

Only the sections that say what a module imports and exports are read: its code is the business of
the engine that loads it, and there may be a lot of it.
"""

from __future__ import annotations

from pywasm_rt.component.types import CoreExternType, CoreTagType, ModuleType
from pywasm_rt.component.validate.core_types import CoreNames
from pywasm_rt.engine.interface import ExternDescription, LoadedModule
from pywasm_rt.errors import WasmError
from pywasm_rt.wasm.binary import decode
from pywasm_rt.wasm.binary.leb128 import unsigned
from pywasm_rt.wasm.binary.reader import Reader
from pywasm_rt.wasm.binary.sections import SectionExtent, scan_sections
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.instructions import INSTRUCTIONS
from pywasm_rt.wasm.module import Expression, Function, Module
from pywasm_rt.wasm.types import ExternKind, FunctionType
from pywasm_rt.wasm.validate import Context, DefinedType, ExternTypeResolved, define_function
from pywasm_rt.wasm.validate import definitions as define
from pywasm_rt.wasm.validate.constant import ConstantChecker
from pywasm_rt.wasm.validate.exports import check_exports, declared_references
from pywasm_rt.wasm.validate.type_section import define_types

__all__ = ["module_type", "module_type_of_loaded"]

_HEADER_BYTES = 8
_NEEDED = {
    "type": 1,
    "import": 2,
    "table": 4,
    "memory": 5,
    "tag": 13,
    "global": 6,
    "export": 7,
}


def module_type(data: bytes, features: Features) -> ModuleType:
    """What a core module imports and exports.

    Raises DecodeError, ValidationError and UnsupportedFeature for what is wrong in that, and
    ValidationError for two imports or exports of the same name.
    """
    try:
        module = _interface(data, features)
    except WasmError:
        # The whole module says it better: there offsets count from its beginning.
        decode(data, features)
        raise
    context = Context(module, features, INSTRUCTIONS)
    define_types(context)
    define.define_imports(context)
    define.define_functions(context)
    define.define_memories(context)
    define.define_tags(context)
    context.references = declared_references(module)
    constants = ConstantChecker(context)
    define.define_tables(context, constants)
    define.define_globals(context, constants)
    check_exports(context)
    names = CoreNames()
    for item, type in zip(module.imports, context.imports, strict=True):
        names.add_import(item.module, item.name, _extern(item.kind, type))
    for export, type in zip(module.exports, context.exports, strict=True):
        names.add_export(export.name, _extern(export.kind, type))
    return names.module_type()


def module_type_of_loaded(module: LoadedModule) -> ModuleType:
    """What a module that an engine has loaded imports and exports."""
    return ModuleType(
        {(item.module, item.name): _described(item) for item in module.imports},
        {item.name: _described(item) for item in module.exports},
    )


def _described(item: ExternDescription) -> CoreExternType:
    if isinstance(item.type, FunctionType):
        return _extern(item.kind, define_function(item.type))
    return item.type


def _interface(data: bytes, features: Features) -> Module:
    """The module without its code, elements and data: function bodies are empty."""
    parts = [data[:_HEADER_BYTES]]
    functions: list[int] = []
    for section in scan_sections(data):
        if section.kind == "function":
            functions = _indices(data, section)
        elif section.kind in _NEEDED:
            content = data[section.offset : section.offset + section.size_bytes]
            parts += (bytes((_NEEDED[section.kind],)), unsigned(len(content)), content)
    module = decode(b"".join(parts), features)
    module.functions = [Function(index, (), Expression(())) for index in functions]
    return module


def _indices(data: bytes, section: SectionExtent) -> list[int]:
    reader = Reader(data, section.offset, section.offset + section.size_bytes, "function section")
    return [reader.u32() for _ in range(reader.count())]


def _extern(kind: ExternKind, type: ExternTypeResolved) -> CoreExternType:
    if isinstance(type, DefinedType) and kind is ExternKind.TAG:
        return CoreTagType(type)
    return type
