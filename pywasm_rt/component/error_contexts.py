"""The built-ins of error contexts (canonical ABI, ``canon error-context.new`` and its like).

Making one from a message and reading the message are what lowering a host function would give:
a function from a string to an error context, and back.
"""

from __future__ import annotations

from pywasm_rt.component.drive import CoreFunction
from pywasm_rt.component.frame import Frame, HostItem
from pywasm_rt.component.functions import lower_host_function
from pywasm_rt.component.plan import ErrorContextBuiltin
from pywasm_rt.component.resources import ERROR_CONTEXTS
from pywasm_rt.component.values import ErrorContext
from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.wasm.types import I32, FunctionType

__all__ = ["error_context_builtin"]


def error_context_builtin(frame: Frame, step: ErrorContextBuiltin) -> CoreFunction:
    """The core function of a built-in."""
    if step.signature is not None and step.options is not None:
        implementation = _new if step.name.endswith(".new") else _debug_message
        item = HostItem(implementation, step.name)
        return lower_host_function(frame, item, step.signature, step.options)

    def drop(index: int) -> None:
        frame.check_may_leave()
        frame.handles.remove(index, ERROR_CONTEXTS)

    return CoreFunction(HostFunction(FunctionType((I32,)), drop, step.name), None)


def _new(message: str) -> ErrorContext:
    return ErrorContext(message)


def _debug_message(context: ErrorContext) -> str:
    return context.debug_message
