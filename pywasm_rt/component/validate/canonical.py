"""Canonical definitions: options that fit the function type ("canonopt Validation").

Each function gives what is added to the scope, and the step of the plan that makes it.
"""

from __future__ import annotations

from collections.abc import Iterable

from pywasm_rt.component.canonical.layout import (
    MAX_FLAT_ASYNC_PARAMETERS,
    MAX_FLAT_PARAMETERS,
    MAX_FLAT_RESULTS,
    layout_of,
    layout_of_fields,
)
from pywasm_rt.component.canonical.signature import (
    Signature,
    core_type_of_lifted,
    core_type_of_lowered,
)
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.places import at
from pywasm_rt.component.plan import (
    LiftFunction,
    LowerFunction,
    Options,
    RefuseCoreFunction,
    RefuseFunction,
    ResourceBuiltin,
)
from pywasm_rt.component.syntax import (
    CanonLift,
    CanonLower,
    CanonOptions,
    CanonResource,
    ResourceOperation,
    ResourceSyntax,
    Sort,
)
from pywasm_rt.component.type_parts import walk
from pywasm_rt.component.types import (
    ERROR_CONTEXT,
    FunctionType,
    FutureType,
    StreamType,
    ValueType,
)
from pywasm_rt.component.validate.scope import Scope
from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.types import I32, I64, MemoryType, NumberType
from pywasm_rt.wasm.types import FunctionType as CoreFunctionType
from pywasm_rt.wasm.validate import DefinedType, define_function

__all__ = [
    "address_type",
    "check_options",
    "check_resource",
    "has_pointer",
    "lift",
    "lower",
    "mentions_async",
    "require_option",
    "require_types",
    "resource_builtin",
]

_REALLOC = {type: CoreFunctionType((type,) * 4, (type,)) for type in (I32, I64)}
_CALLBACK = CoreFunctionType((I32, I32, I32), (I32,))
_ASYNC_TYPE = "the `async` canonical option requires an async function type"


def lift(scope: Scope, canon: CanonLift) -> tuple[FunctionType, LiftFunction | RefuseFunction]:
    """The component function that ``canon lift`` defines."""
    position, options = canon.position, canon.options
    type = scope.function_type(canon.type, position)
    core: DefinedType = scope.get(Sort.CORE_FUNCTION, canon.function, position)
    checked = check_options(scope, options, position)
    _check_async(scope, options, type, position)
    has_callback = options.callback is not None
    wanted = core_type_of_lifted(
        type, is_async=options.is_async, has_callback=has_callback, address=checked.address
    )
    spilled = _is_flat_beyond((it for _, it in type.parameters), MAX_FLAT_PARAMETERS)
    pointers = has_pointer(scope, *[it for _, it in type.parameters])
    returned = None if options.is_async else type.result
    need_memory = spilled or pointers or _comes_through_memory(scope, returned)
    require_option("memory", options.memory, needed=need_memory, position=position)
    require_option("realloc", options.realloc, needed=spilled or pointers, position=position)
    _check_lifted(wanted, core, position)
    _check_post_return(scope, options, core, position)
    waits = type.is_async and (has_callback or not options.is_async)
    if waits or mentions_async(type):
        return type, RefuseFunction("a function of an async type")
    signature = Signature(type, checked.encoding, address=checked.address)
    return type, LiftFunction(canon.function, signature, checked, options.is_async)


def lower(
    scope: Scope, canon: CanonLower
) -> tuple[DefinedType, LowerFunction | RefuseCoreFunction]:
    """The core function that ``canon lower`` defines."""
    position, options = canon.position, canon.options
    type: FunctionType = scope.get(Sort.FUNCTION, canon.function, position)
    checked = check_options(scope, options, position)
    for option, given in (
        ("post-return", options.post_return),
        ("callback", options.callback),
    ):
        if given is not None:
            sentence = f"canonical option `{option}` cannot be specified for lowerings"
            raise ValidationError(sentence, at(position))
    _check_async(scope, options, type, position)
    most = MAX_FLAT_ASYNC_PARAMETERS if options.is_async else MAX_FLAT_PARAMETERS
    need_memory = (
        _is_flat_beyond((it for _, it in type.parameters), most)
        or has_pointer(scope, *[it for _, it in type.parameters])
        or _comes_through_memory(scope, type.result)
        or (options.is_async and type.result is not None)
    )
    require_option("memory", options.memory, needed=need_memory, position=position)
    result_has_pointer = type.result is not None and has_pointer(scope, type.result)
    require_option("realloc", options.realloc, needed=result_has_pointer, position=position)
    core = core_type_of_lowered(type, is_async=options.is_async, address=checked.address)
    if (type.is_async and not options.is_async) or mentions_async(type):
        what = "a lowered function of an async type"
        return define_function(core), RefuseCoreFunction(what, core)
    signature = Signature(
        type, checked.encoding, is_async_lowered=options.is_async, address=checked.address
    )
    return define_function(core), LowerFunction(
        canon.function, signature, checked, options.is_async
    )


def resource_builtin(scope: Scope, canon: CanonResource) -> tuple[DefinedType, ResourceBuiltin]:
    """The core function that a resource built-in defines."""
    position = canon.position
    type = scope.resource(canon.type, position)
    if canon.operation is not ResourceOperation.DROP and type not in scope.local:
        sentence = f"type index {canon.type} is not a local resource"
        raise ValidationError(sentence, at(position))
    representation = scope.local.get(type, I32)
    core = {
        ResourceOperation.NEW: CoreFunctionType((representation,), (I32,)),
        ResourceOperation.REP: CoreFunctionType((I32,), (representation,)),
        ResourceOperation.DROP: CoreFunctionType((I32,)),
    }[canon.operation]
    return define_function(core), ResourceBuiltin(canon.operation, type, core)


def check_resource(scope: Scope, syntax: ResourceSyntax, position: int) -> None:
    """Check the representation of a resource and that a core function can be its destructor.

    Raises ValidationError, and UnsupportedFeature for an i64 where that is switched off.
    """
    if syntax.representation is I64:
        what = "a resource whose representation is an i64"
        scope.features.require("memory64", what, at(position))
    if syntax.destructor is not None:
        core: DefinedType = scope.get(Sort.CORE_FUNCTION, syntax.destructor, position)
        if core.function != CoreFunctionType((syntax.representation,)):
            raise ValidationError(f"wrong signature for a destructor: {core}", at(position))


def check_options(scope: Scope, options: CanonOptions, position: int) -> Options:
    """Check what holds of options wherever they are used, and fill in the default.

    Raises ValidationError, and UnsupportedFeature for a memory with 64-bit addresses where that is
    switched off.
    """
    address = address_type(scope, options.memory, position)
    if options.realloc is not None:
        if options.memory is None:
            scope.get(Sort.CORE_FUNCTION, options.realloc, position)
            sentence = "canonical option `realloc` requires `memory` to also be specified"
            raise ValidationError(sentence, at(position))
        _check_signature(scope, "realloc", options.realloc, _REALLOC[address], position)
    encoding = StringEncoding.UTF8 if options.encoding is None else options.encoding
    return Options(encoding, options.memory, options.realloc, options.post_return, address)


def address_type(scope: Scope, memory: int | None, position: int) -> NumberType:
    """The type of the addresses of the memory that is given as an option, i32 if there is none.

    Raises as :func:`check_options`.
    """
    if memory is None:
        return I32
    type: MemoryType = scope.get(Sort.CORE_MEMORY, memory, position)
    if type.limits.is_64:
        what = "a memory with 64-bit addresses as an option"
        scope.features.require("memory64", what, at(position))
    return type.limits.address_type


def _check_signature(
    scope: Scope, option: str, index: int, wanted: CoreFunctionType, position: int
) -> None:
    core: DefinedType = scope.get(Sort.CORE_FUNCTION, index, position)
    if core.function != wanted:
        sentence = f"canonical option `{option}` uses a core function with an incorrect signature"
        raise ValidationError(f"{sentence}: {core}, not {define_function(wanted)}", at(position))


def _check_async(scope: Scope, options: CanonOptions, type: FunctionType, position: int) -> None:
    """Check what has to do with async functions, and that they are switched on if there are any."""
    if options.is_async and not type.is_async:
        raise ValidationError(_ASYNC_TYPE, at(position))
    if options.callback is not None:
        if not options.is_async:
            sentence = "canonical option `callback` requires `async` to also be specified"
            raise ValidationError(sentence, at(position))
        _check_signature(scope, "callback", options.callback, _CALLBACK, position)
    if options.is_async and options.post_return is not None:
        sentence = "canonical option `post-return` cannot be specified with `async`"
        raise ValidationError(sentence, at(position))
    for given, what in (
        (options.is_async, "the canonical option `async`"),
        (type.is_async, "a function of an async type"),
    ):
        if given:
            scope.features.require("async_", what, at(position))
    require_types(scope, type, position)


def require_types(scope: Scope, type: FunctionType, position: int) -> None:
    """Raise UnsupportedFeature if values are passed whose feature is switched off."""
    types = [it for _, it in type.parameters]
    for part in types if type.result is None else [*types, type.result]:
        for inner in walk(part):
            if isinstance(inner, StreamType | FutureType):
                scope.features.require("async_", f"passing a {inner}", at(position))
            elif inner is ERROR_CONTEXT:
                scope.features.require("error_context", "passing an error-context", at(position))


def mentions_async(type: FunctionType) -> bool:
    """Whether a function takes or gives streams or futures."""
    types = [it for _, it in type.parameters]
    return any(
        isinstance(inner, StreamType | FutureType)
        for part in (types if type.result is None else [*types, type.result])
        for inner in walk(part)
    )


def _is_flat_beyond(types: Iterable[ValueType], most: int) -> bool:
    """Whether values are too many to travel flat."""
    flat = layout_of_fields(types).flat
    return flat is None or len(flat) > most


def has_pointer(scope: Scope, *types: ValueType) -> bool:
    """Whether values hold pointers into memory."""
    return any(scope.measures(it).has_pointer for it in types)


def _comes_through_memory(scope: Scope, result: ValueType | None) -> bool:
    if result is None:
        return False
    flat = layout_of(result).flat
    return flat is None or len(flat) > MAX_FLAT_RESULTS or has_pointer(scope, result)


def require_option(option: str, given: int | None, *, needed: bool, position: int) -> None:
    """Raise ValidationError if an option that is needed is not given."""
    if needed and given is None:
        raise ValidationError(f"canonical option `{option}` is required", at(position))


def _check_lifted(wanted: CoreFunctionType, core: DefinedType, position: int) -> None:
    given = core.function
    assert given is not None, "functions have function types"
    for what, lowered, found in (
        ("parameter", wanted.parameters, given.parameters),
        ("result", wanted.results, given.results),
    ):
        if lowered != found:
            listed = [", ".join(str(it).upper() for it in types) for types in (lowered, found)]
            sentence = (
                f"lowered {what} types `[{listed[0]}]` do not match {what} types `[{listed[1]}]` "
                "of the core function that is lifted"
            )
            raise ValidationError(sentence, at(position))
    if core is not define_function(wanted):
        sentence = f"the core function that is lifted is of the type {core}, which is another"
        raise ValidationError(f"{sentence} than {define_function(wanted)}", at(position))


def _check_post_return(
    scope: Scope, options: CanonOptions, core: DefinedType, position: int
) -> None:
    if options.post_return is not None:
        assert core.function is not None, "functions have function types"
        wanted = CoreFunctionType(core.function.results)
        _check_signature(scope, "post-return", options.post_return, wanted, position)
