"""Functions as store entities: those of modules, and those of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywasm_rt.engine.driver import call, complete
from pywasm_rt.wasm.types import FunctionType
from pywasm_rt.wasm.validate import DefinedType

if TYPE_CHECKING:
    from pywasm_rt.engine.interface import HostFunction
    from pywasm_rt.engine.reference.instance import Instance
    from pywasm_rt.engine.reference.lowering import Code, Lowered

__all__ = ["FunctionInstance", "HostFunctionInstance", "WasmFunction", "function_type_of"]


def function_type_of(defined_type: DefinedType) -> FunctionType:
    """The function type that a defined type is."""
    type = defined_type.function
    assert type is not None, "functions have function types"
    return type


class WasmFunction:
    """A function of an instance.

    ``code`` is its body as the machine runs it, made when it is first called (None before), and
    ``lowered`` the form of it that all instances of the module share. ``template`` is the slots of
    a new activation.
    """

    __slots__ = (
        "code",
        "defined_type",
        "index",
        "instance",
        "lowered",
        "parameter_count",
        "size",
        "template",
    )

    reference_kind = "func"
    host: HostFunction | None = None
    lowered: Lowered
    template: list[Any]
    size: int

    def __init__(self, instance: Instance, index: int, defined_type: DefinedType) -> None:
        self.instance = instance
        self.index = index
        self.defined_type = defined_type
        self.parameter_count = len(self.type.parameters)
        self.code: Code | None = None

    @property
    def type(self) -> FunctionType:
        """Its type, resolved."""
        return function_type_of(self.defined_type)

    @property
    def name(self) -> str:
        """Its name from the name section, or ""."""
        return self.instance.module.valid.function_name(self.index)

    def __call__(self, *arguments: object) -> object:
        """Call it in a plain loop: None, the result, or a tuple of several.

        Raises what :func:`pywasm_rt.engine.driver.call` raises.
        """
        values = call(self.instance, self, arguments)
        return values[0] if len(values) == 1 else values or None

    def __repr__(self) -> str:
        return f"<function {self.name or self.index}: {self.type}>"


class HostFunctionInstance:
    """A function of the host that has been imported, or handed in as a reference.

    It has the type that the import asked for, which may be one that only the module knows.
    """

    __slots__ = ("defined_type", "host")

    reference_kind = "func"
    code: Code | None = None

    def __init__(self, defined_type: DefinedType, host: HostFunction) -> None:
        self.defined_type = defined_type
        self.host = host

    @property
    def type(self) -> FunctionType:
        """Its type, resolved."""
        return function_type_of(self.defined_type)

    def __call__(self, *arguments: object) -> object:
        """Call it in a plain loop, its arguments and results checked."""
        from pywasm_rt.engine.reference.values import (  # noqa: PLC0415 - it knows this module
            from_host_all,
            results_from_host,
        )

        given = from_host_all(self.type.parameters, arguments, self)
        result = complete(self.host.implementation(*given))
        values = results_from_host(self.type.results, result, self)
        return values[0] if len(values) == 1 else tuple(values) or None

    def __repr__(self) -> str:
        return f"<host function {self.host.name}: {self.type}>"


FunctionInstance = WasmFunction | HostFunctionInstance
