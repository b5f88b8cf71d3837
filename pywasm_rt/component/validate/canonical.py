"""Canonical definitions: options that fit the function type ("canonopt Validation")."""

from __future__ import annotations

from pywasm_rt.component.canonical.layout import (
    MAX_FLAT_PARAMETERS,
    MAX_FLAT_RESULTS,
    layout_of,
    layout_of_fields,
)
from pywasm_rt.component.canonical.signature import Signature
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.places import at
from pywasm_rt.component.plan import LiftFunction, LowerFunction, Options, ResourceBuiltin
from pywasm_rt.component.syntax import (
    CanonBuiltin,
    CanonLift,
    CanonLower,
    CanonOptions,
    CanonResource,
    ResourceOperation,
    Sort,
)
from pywasm_rt.component.types import FunctionType
from pywasm_rt.component.validate.measures import Measures
from pywasm_rt.component.validate.scope import Scope
from pywasm_rt.errors import UnsupportedFeature, ValidationError

__all__ = ["lift", "lower", "refuse_builtin", "resource_builtin"]


def lift(scope: Scope, canon: CanonLift) -> tuple[FunctionType, LiftFunction]:
    """The component function that ``canon lift`` defines."""
    position = canon.position
    type = scope.function_type(canon.type, position)
    scope.get(Sort.CORE_FUNCTION, canon.function, position)
    options = _options(scope, canon.options, position)
    if canon.options.post_return is not None:
        scope.get(Sort.CORE_FUNCTION, canon.options.post_return, position)
    parameters_spill, result_spills = _spills(type)
    parameters, result = _pointers(scope.measures, type)
    _require(
        canon.options,
        memory=parameters or result or parameters_spill or result_spills,
        realloc=parameters or parameters_spill,
        position=position,
    )
    _refuse_async(canon.options, type, position)
    return type, LiftFunction(canon.function, Signature(type, options.encoding), options, position)


def lower(scope: Scope, canon: CanonLower) -> LowerFunction:
    """The core function that ``canon lower`` defines."""
    position = canon.position
    type: FunctionType = scope.get(Sort.FUNCTION, canon.function, position)
    options = _options(scope, canon.options, position)
    if canon.options.post_return is not None:
        sentence = "canonical option `post-return` cannot be specified for lowerings"
        raise ValidationError(sentence, at(position))
    parameters_spill, result_spills = _spills(type)
    parameters, result = _pointers(scope.measures, type)
    _require(
        canon.options,
        memory=parameters or result or parameters_spill or result_spills,
        realloc=result,
        position=position,
    )
    _refuse_async(canon.options, type, position)
    return LowerFunction(canon.function, Signature(type, options.encoding), options)


def resource_builtin(scope: Scope, canon: CanonResource) -> ResourceBuiltin:
    """The core function that a resource built-in defines."""
    position = canon.position
    type = scope.resource(canon.type, position)
    if canon.operation is not ResourceOperation.DROP and type not in scope.local:
        sentence = f"type index {canon.type} is not a local resource"
        raise ValidationError(sentence, at(position))
    return ResourceBuiltin(canon.operation, type)


def refuse_builtin(canon: CanonBuiltin) -> UnsupportedFeature:
    """The error of a built-in that is not implemented, for the caller to raise."""
    feature = "threading" if canon.name.startswith("thread.") else "async"
    if canon.name.startswith("error-context."):
        feature = "error-context"
    name = f"component-model-{feature}"
    sentence = f"the canonical built-in `{canon.name}` needs the feature {name}"
    return UnsupportedFeature(name, sentence, at(canon.position))


def _options(scope: Scope, options: CanonOptions, position: int) -> Options:
    if options.memory is not None:
        scope.get(Sort.CORE_MEMORY, options.memory, position)
    if options.realloc is not None:
        scope.get(Sort.CORE_FUNCTION, options.realloc, position)
        if options.memory is None:
            sentence = "canonical option `realloc` requires `memory` to also be specified"
            raise ValidationError(sentence, at(position))
    encoding = StringEncoding.UTF8 if options.encoding is None else options.encoding
    return Options(encoding, options.memory, options.realloc, options.post_return)


def _spills(type: FunctionType) -> tuple[bool, bool]:
    """Whether the parameters, and the result, are too many to travel flat."""
    parameters = layout_of_fields(it for _, it in type.parameters).flat
    result = () if type.result is None else layout_of(type.result).flat
    return (
        parameters is None or len(parameters) > MAX_FLAT_PARAMETERS,
        result is None or len(result) > MAX_FLAT_RESULTS,
    )


def _pointers(measures: Measures, type: FunctionType) -> tuple[bool, bool]:
    """Whether the parameters, and the result, hold pointers into memory."""
    return (
        any(measures(it).has_pointer for _, it in type.parameters),
        type.result is not None and measures(type.result).has_pointer,
    )


def _require(options: CanonOptions, *, memory: bool, realloc: bool, position: int) -> None:
    for option, needed, given in (
        ("memory", memory, options.memory),
        ("realloc", realloc, options.realloc),
    ):
        if needed and given is None:
            sentence = f"canonical option `{option}` is required"
            raise ValidationError(sentence, at(position))


def _refuse_async(options: CanonOptions, type: FunctionType, position: int) -> None:
    if options.is_async and not type.is_async:
        sentence = "the `async` canonical option requires an async function type"
        raise ValidationError(sentence, at(position))
    for given, what in (
        (options.is_async, "the canonical option `async`"),
        (options.callback is not None, "the canonical option `callback`"),
        (type.is_async, "a function of an async type"),
    ):
        if given:
            name = "component-model-async"
            raise UnsupportedFeature(name, f"{what} needs the feature {name}", at(position))
