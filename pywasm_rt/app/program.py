"""Programs: a binary, decoded and checked, and the function of it that is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pywasm_rt.component.component import Component
from pywasm_rt.component.names import best_match
from pywasm_rt.component.types import (
    S32,
    S64,
    U32,
    U64,
    FunctionType,
    InstanceType,
    ValueType,
)
from pywasm_rt.engine.interface import LoadedModule
from pywasm_rt.wasi.preview1 import MODULE_NAME

__all__ = ["Program", "component_functions", "find_function"]

_UNSIGNED: dict[object, ValueType] = {S32: U32, S64: U64}


@dataclass(frozen=True, slots=True)
class Program:
    """A binary and the function of it that is run.

    ``method`` is the function's full name (``greet``, ``interface#greet``), ``type`` its type: the
    component's own, the one that ``wit`` gives to a core function, or one derived from the core
    type. ``signatures`` are all that ``wit`` gives. ``granted`` are the interfaces, without
    versions, that may be linked. ``digest`` is the binary's hash.
    """

    code: Component | LoadedModule
    method: str
    type: FunctionType
    is_derived: bool = False
    signatures: Mapping[str, FunctionType] = field(default_factory=dict)
    granted: frozenset[str] = frozenset()
    digest: str = ""

    @property
    def sees_arguments(self) -> bool:
        """Whether the guest can ask for the arguments of the command line."""
        if isinstance(self.code, Component):
            return any(
                name.partition("@")[0] == "wasi:cli/environment" for name in self.code.imports
            )
        imports = ((item.module, item.name) for item in self.code.imports)
        return (MODULE_NAME, "args_get") in imports

    @property
    def signature(self) -> str:
        """The function as a person would write it."""
        return f"{self.method}: {self.type}"

    def parse_arguments(self, texts: Sequence[str]) -> tuple[object, ...]:
        """Arguments of a command line: as they are for ``string``, else as WAVE.

        A core function without ``wit`` takes integers signed or unsigned. Raises ComponentError for
        a wrong number of them, ParseError for a wrong one.
        """
        from pywasm_rt.component.wave import parse_arguments  # noqa: PLC0415 - seldom needed

        return parse_arguments(texts, self._unsigned(texts) if self.is_derived else self.type)

    def _unsigned(self, texts: Sequence[str]) -> FunctionType:
        """The type with unsigned integers where the text is one."""
        parameters = list(self.type.parameters)
        for index, text in enumerate(texts[: len(parameters)]):
            name, type = parameters[index]
            if text.strip().isdecimal():
                parameters[index] = (name, _UNSIGNED.get(type, type))
        return FunctionType(tuple(parameters), self.type.result)


def component_functions(component: Component) -> dict[str, FunctionType]:
    """The exported functions by full name, those of exported interfaces as ``interface#name``."""
    functions = {
        name: type for name, type in component.exports.items() if isinstance(type, FunctionType)
    }
    for name, type in component.exports.items():
        if isinstance(type, InstanceType):
            for inner, item in type.exports.items():
                if isinstance(item, FunctionType):
                    functions[f"{name}#{inner}"] = item
    return functions


def find_function(functions: Mapping[str, FunctionType], method: str) -> str | None:
    """The full name of the function that ``method`` means; None if there is none, or several.

    ``method`` may leave out an interface, its package, or its version.
    """
    if method in functions:
        return method
    interface, hash_sign, name = method.rpartition("#")
    candidates = [full for full in functions if full.rpartition("#")[2] == name]
    if hash_sign:
        full = best_match(interface, [full.rpartition("#")[0] for full in candidates])
        if full is not None:
            return f"{full}#{name}"
        candidates = [it for it in candidates if interface in _short_names(it)]
    return candidates[0] if len(candidates) == 1 else None


def _short_names(full: str) -> tuple[str, str]:
    """The interface of ``ns:package/interface@1.0.0#name`` without version, and bare."""
    path = full.rpartition("#")[0].partition("@")[0]
    return path, path.rpartition("/")[2]
