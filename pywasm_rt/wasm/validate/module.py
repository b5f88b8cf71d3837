"""Validation of a whole module (specification, "Validation / Modules")."""

from __future__ import annotations

from pywasm_rt.errors import EngineBug
from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.instructions import INSTRUCTIONS, InstructionSet
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.types import FunctionType
from pywasm_rt.wasm.validate import definitions
from pywasm_rt.wasm.validate.constant import ConstantChecker
from pywasm_rt.wasm.validate.context import Context
from pywasm_rt.wasm.validate.control import ControlTable
from pywasm_rt.wasm.validate.defined_type import DefinedType
from pywasm_rt.wasm.validate.exports import check_exports, check_start, declared_references
from pywasm_rt.wasm.validate.functions import body_planner, check_functions
from pywasm_rt.wasm.validate.plans import Planner
from pywasm_rt.wasm.validate.segments import check_data_segments, check_element_segments
from pywasm_rt.wasm.validate.type_section import define_types
from pywasm_rt.wasm.validate.valid_module import ValidModule

__all__ = ["validate"]


def validate(
    module: Module, features: Features = DEFAULT, instructions: InstructionSet = INSTRUCTIONS
) -> ValidModule:
    """Check a module, which must be well-formed, and give it with resolved types and branches.

    The module is not changed; the result refers to it, so do not change it afterwards.

    Raises:
        ValidationError: the module is invalid; ``where`` is a :class:`CodeLocation` in a function
            body and a :class:`ByteOffset` elsewhere, in a text a :class:`LineColumn`.
        UnsupportedFeature: the module needs a feature that is off.
    """
    context = Context(module, features, instructions)
    define_types(context)
    definitions.define_imports(context)
    definitions.define_functions(context)
    definitions.define_memories(context)
    definitions.define_tags(context)
    context.references = declared_references(module)
    constants = ConstantChecker(context)
    definitions.define_tables(context, constants)
    definitions.define_globals(context, constants)
    check_element_segments(context, constants)
    check_data_segments(context, constants)
    check_exports(context)
    check_start(context)
    planner = body_planner(context)
    return _valid_module(planner, check_functions(planner))


def _valid_module(planner: Planner, controls: tuple[ControlTable, ...]) -> ValidModule:
    context = planner.context
    return ValidModule(
        module=context.module,
        context=context,
        types=context.types,
        functions=tuple(context.functions),
        function_types=tuple(map(_as_function, context.functions)),
        tables=tuple(context.tables),
        memories=tuple(context.memories),
        globals=tuple(context.globals),
        tags=tuple(context.tags),
        elements=tuple(context.elements),
        imports=tuple(context.imports),
        exports=tuple(context.exports),
        controls=controls,
        planner=planner,
    )


def _as_function(defined: DefinedType) -> FunctionType:
    if defined.function is None:
        raise EngineBug(f"a function of type {defined}")
    return defined.function
