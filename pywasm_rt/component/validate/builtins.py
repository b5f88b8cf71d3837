"""Canonical built-ins of async functions, threads and error contexts: their operands.

Error contexts, a call's own storage and the count of backpressure work. The others can be
validated, and defined, but trap when they are called.
"""

from __future__ import annotations

from pywasm_rt.component.builtins import BY_NAME, Operand
from pywasm_rt.component.canonical.layout import MAX_FLAT_PARAMETERS, layout_of
from pywasm_rt.component.canonical.signature import Signature, core_type_of_task_return
from pywasm_rt.component.frame import CONTEXT_SLOTS
from pywasm_rt.component.places import at
from pywasm_rt.component.plan import (
    ErrorContextBuiltin,
    RefuseCoreFunction,
    TaskBuiltin,
    TaskReturn,
)
from pywasm_rt.component.syntax import CanonBuiltin, CanonOptions, Sort
from pywasm_rt.component.types import (
    ERROR_CONTEXT,
    STRING,
    FunctionType,
    FutureType,
    StreamType,
    ValueType,
)
from pywasm_rt.component.validate.canonical import (
    address_type,
    check_options,
    has_pointer,
    mentions_async,
    require_option,
)
from pywasm_rt.component.validate.core_types import function_type
from pywasm_rt.component.validate.scope import Scope
from pywasm_rt.component.validate.types import optional_value_type
from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.types import FUNCREF, I32, I64, NumberType
from pywasm_rt.wasm.types import FunctionType as CoreFunctionType
from pywasm_rt.wasm.types import ValueType as CoreValueType
from pywasm_rt.wasm.validate import DefinedType, define_function

__all__ = ["builtin"]

_START = CoreFunctionType((I32,))
_ERROR_CONTEXTS = {
    "error-context.new": FunctionType((("debug-message", STRING),), ERROR_CONTEXT),
    "error-context.debug-message": FunctionType((("context", ERROR_CONTEXT),), STRING),
    "error-context.drop": None,
}


def builtin(
    scope: Scope, canon: CanonBuiltin
) -> tuple[DefinedType, RefuseCoreFunction | TaskBuiltin | TaskReturn | ErrorContextBuiltin]:
    """The core function that a built-in defines, and the step that makes it.

    Raises ValidationError, and UnsupportedFeature for what is switched off.
    """
    row = BY_NAME[canon.name]
    position = canon.position
    scope.features.require(row.feature, f"the canonical built-in `{canon.name}`", at(position))
    address = _address_type(scope, canon)
    core = row.signatures[address] if row.signatures else _checked(scope, canon)
    kind = canon.name.partition(".")[0]
    if kind == "error-context":
        return define_function(core), _error_context(scope, canon)
    if kind in ("context", "backpressure"):
        slot = _index(canon.operands[1]) if canon.operands else 0
        return define_function(core), TaskBuiltin(canon.name, slot, core)
    if canon.name == "task.return":
        return define_function(core), _task_return(scope, canon, core)
    if kind in ("stream", "future"):
        _check_stream(scope, canon)
    elif kind == "waitable-set" and canon.operands:
        _, memory = canon.operands
        check_options(scope, CanonOptions(memory=_index(memory)), position)
    elif canon.name == "thread.new-indirect":
        _check_new_thread(scope, canon)
    return define_function(core), RefuseCoreFunction(f"the built-in `{canon.name}`", core)


def _address_type(scope: Scope, canon: CanonBuiltin) -> NumberType:
    """The type of the addresses of the memory that a built-in is given, i32 if there is none."""
    memory = None
    for kind, operand in zip(BY_NAME[canon.name].operands, canon.operands, strict=True):
        if isinstance(operand, CanonOptions):
            memory = operand.memory
        elif kind is Operand.MEMORY:
            memory = _index(operand)
    return address_type(scope, memory, canon.position)


def _index(operand: object) -> int:
    assert isinstance(operand, int), "the table of built-ins says so"
    return operand


def _checked(scope: Scope, canon: CanonBuiltin) -> CoreFunctionType:
    """The signature of the built-ins whose operands determine it."""
    position = canon.position
    if canon.name == "task.return":
        use, options = canon.operands
        result = optional_value_type(scope, use, position)  # type: ignore[arg-type]
        _check_returned(scope, canon, result, options)
        return core_type_of_task_return(result, _address_type(scope, canon))
    type, slot = canon.operands
    if type is I64:
        scope.features.require("memory64", f"`{canon.name}` of an i64", at(position))
    elif type is not I32:
        raise ValidationError(f"`{canon.name}` only works on i32 and i64", at(position))
    if _index(slot) >= CONTEXT_SLOTS:
        sentence = f"`{canon.name}` has {CONTEXT_SLOTS} places, not {_index(slot) + 1}"
        raise ValidationError(sentence, at(position))
    value: tuple[CoreValueType, ...] = (type,)
    return CoreFunctionType((), value) if canon.name.endswith("get") else CoreFunctionType(value)


def _check_returned(
    scope: Scope, canon: CanonBuiltin, result: ValueType | None, options: object
) -> None:
    assert isinstance(options, CanonOptions), "the table of built-ins says so"
    position = canon.position
    check_options(scope, options, position)
    _refuse_options(canon, options, "async", "realloc", "post-return", "callback")
    if result is not None:
        flat = layout_of(result).flat
        spilled = flat is None or len(flat) > MAX_FLAT_PARAMETERS
        needed = spilled or has_pointer(scope, result)
        require_option("memory", options.memory, needed=needed, position=position)


def _refuse_options(canon: CanonBuiltin, options: CanonOptions, *refused: str) -> None:
    """Raise ValidationError if any of the options is given."""
    given = {
        "async": options.is_async or None,
        "realloc": options.realloc,
        "post-return": options.post_return,
        "callback": options.callback,
    }
    for option in refused:
        if given[option] is not None:
            sentence = f"canonical option `{option}` cannot be specified for `{canon.name}`"
            raise ValidationError(sentence, at(canon.position))


def _task_return(
    scope: Scope, canon: CanonBuiltin, core: CoreFunctionType
) -> RefuseCoreFunction | TaskReturn:
    use, options = canon.operands
    assert isinstance(options, CanonOptions), "the table of built-ins says so"
    result = optional_value_type(scope, use, canon.position)  # type: ignore[arg-type]
    type = FunctionType(() if result is None else (("result", result),))
    if mentions_async(type):
        return RefuseCoreFunction("the built-in `task.return` of a stream or future", core)
    checked = check_options(scope, options, canon.position)
    signature = Signature(type, checked.encoding, address=checked.address)
    return TaskReturn(signature, checked, core)


def _check_stream(scope: Scope, canon: CanonBuiltin) -> None:
    position = canon.position
    kind, _, operation = canon.name.partition(".")
    index = _index(canon.operands[0])
    type = scope.type(index, position)
    if not isinstance(type, StreamType if kind == "stream" else FutureType):
        sentence = f"`{canon.name}` requires a {kind} type: type index {index} is not a {kind} type"
        raise ValidationError(sentence, at(position))
    if operation not in ("read", "write"):
        return
    options = canon.operands[1]
    assert isinstance(options, CanonOptions), "the table of built-ins says so"
    check_options(scope, options, position)
    _refuse_options(canon, options, "post-return", "callback")
    element = type.element if isinstance(type, StreamType) else type.payload
    if element is not None:
        pointer = has_pointer(scope, element)
        require_option("memory", options.memory, needed=True, position=position)
        allocates = pointer and operation == "read"
        require_option("realloc", options.realloc, needed=allocates, position=position)


def _check_new_thread(scope: Scope, canon: CanonBuiltin) -> None:
    position = canon.position
    type, table = map(_index, canon.operands)
    start = function_type(scope.spaces[Sort.CORE_TYPE], type)
    if start.function != _START:
        raise ValidationError("a thread's function must take one i32, and give nothing")
    if scope.get(Sort.CORE_TABLE, table, position).element != FUNCREF:
        raise ValidationError("a thread's function must come from a table of funcref")


def _error_context(scope: Scope, canon: CanonBuiltin) -> ErrorContextBuiltin:
    position = canon.position
    type = _ERROR_CONTEXTS[canon.name]
    if type is None:
        return ErrorContextBuiltin(canon.name, None, None)
    (options,) = canon.operands
    assert isinstance(options, CanonOptions), "the table of built-ins says so"
    checked = check_options(scope, options, position)
    _refuse_options(canon, options, "async", "post-return", "callback")
    require_option("memory", options.memory, needed=True, position=position)
    allocates = type.result is STRING
    require_option("realloc", options.realloc, needed=allocates, position=position)
    signature = Signature(type, checked.encoding, address=checked.address)
    return ErrorContextBuiltin(canon.name, signature, checked)
