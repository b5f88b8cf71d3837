"""The module ``spectest`` that the official scripts import from."""

from __future__ import annotations

from pywasm_rt.engine.interface import Engine, Extern, HostFunction
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.types import (
    F32,
    F64,
    FUNCREF,
    I32,
    I64,
    FunctionType,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
    ValueType,
)

__all__ = ["spectest"]

_PRINTS: dict[str, tuple[ValueType, ...]] = {
    "print": (),
    "print_i32": (I32,),
    "print_i64": (I64,),
    "print_f32": (F32,),
    "print_f64": (F64,),
    "print_i32_f32": (I32, F32),
    "print_f64_f64": (F64, F64),
}
_F32_666 = 666.5999755859375  # the f32 nearest to 666.6


def _print(*_values: object) -> None:
    """What is printed is of no interest to an assertion."""


def spectest(engine: Engine, features: Features) -> dict[str, Extern | HostFunction]:
    """Fresh exports of ``spectest`` for one script."""
    exports: dict[str, Extern | HostFunction] = {
        name: HostFunction(FunctionType(parameters), _print, name)
        for name, parameters in _PRINTS.items()
    }
    numbers: dict[str, tuple[ValueType, object]] = {
        "global_i32": (I32, 666),
        "global_i64": (I64, 666),
        "global_f32": (F32, _F32_666),
        "global_f64": (F64, 666.6),
    }
    for name, (type_, value) in numbers.items():
        exports[name] = engine.new_global(GlobalType(type_), value)
    exports["table"] = engine.new_table(TableType(FUNCREF, Limits(10, 20)))
    exports["table64"] = engine.new_table(TableType(FUNCREF, Limits(10, 20, is_64=True)))
    exports["memory"] = engine.new_memory(MemoryType(Limits(1, 2)))
    if features.threads:
        exports["shared_memory"] = engine.new_memory(MemoryType(Limits(1, 2), shared=True))
    return exports
