"""Functions whose parameters and result are single numbers, truth values or characters: code that
carries them over the boundary without looking at types, handles or memories.

What does not fit (an int-like object, a NaN, a value out of range, something to wait for) is left
to the closures of :mod:`pywasm_rt.component.canonical.signature`, which know all cases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from types import CodeType
from typing import Any

from pywasm_rt.component.canonical.layout import MAX_FLAT_PARAMETERS
from pywasm_rt.component.canonical.scalars import CHECKS, NAN, char_of
from pywasm_rt.component.numbers import INTEGER_RANGES, round_to_f32
from pywasm_rt.component.types import FunctionType, PrimitiveType

__all__ = ["compile_host_call", "compile_lowering", "is_direct"]

_ALL = {*CHECKS}


def is_direct(type: FunctionType) -> bool:
    """Whether calls of this type can be carried in this way."""
    results = () if type.result is None else (type.result,)
    values = [*(it for _, it in type.parameters), *results]
    return len(type.parameters) <= MAX_FLAT_PARAMETERS and all(
        isinstance(it, PrimitiveType) and it in _ALL for it in values
    )


def _fits(type: Any, name: str) -> str:
    """A condition: the Python value in a variable can be lowered at once."""
    if type in INTEGER_RANGES:
        low, high = INTEGER_RANGES[type]
        return f"{name}.__class__ is int and {low} <= {name} <= {high}"
    if type is PrimitiveType.BOOL:
        return f"({name} is True or {name} is False)"
    if type is PrimitiveType.CHAR:
        valid = rf"not '\ud800' <= {name} <= '\udfff'"
        return f"{name}.__class__ is str and len({name}) == 1 and {valid}"
    return f"{name}.__class__ is float and {name} == {name}"


def _lowered(type: Any, name: str) -> str:
    """An expression for the core value of a value that fits."""
    if type is PrimitiveType.BOOL:
        return f"(1 if {name} else 0)"
    if type is PrimitiveType.CHAR:
        return f"ord({name})"
    return f"round_to_f32({name})" if type is PrimitiveType.F32 else name


def _lifted(type: Any, name: str) -> str:
    """An expression for the Python value of a core value."""
    if type in INTEGER_RANGES:
        low, high = INTEGER_RANGES[type]
        if type in (PrimitiveType.U32, PrimitiveType.U64):
            return name
        return f"(({name} & {high - low}) ^ {-low}) - {-low}" if low else f"{name} & {high}"
    if type is PrimitiveType.BOOL:
        return f"{name} != 0"
    if type is PrimitiveType.CHAR:
        return f"char_of({name})"
    return f"({name} if {name} == {name} else NAN)"


_LOWERING = """
def lower(arguments):
    if len(arguments) == {count}:
        {unpack}
        if {fits}:
            return ({lowered})
    return slowly(arguments)
"""


@cache
def _compiled(source: str) -> CodeType:
    """Source as code, once for each function type rather than for each instance."""
    return compile(source, __file__, "exec")


def compile_lowering(
    type: FunctionType, slowly: Callable[[Sequence[object]], Sequence[Any]]
) -> Callable[[Sequence[object]], Sequence[Any]]:
    """Arguments to core arguments; ``slowly`` does the same for all that is not plain."""
    names = [f"argument_{n}" for n in range(len(type.parameters))]
    types = [it for _, it in type.parameters]
    listed = "".join(f"{name}, " for name in names)
    source = _LOWERING.format(
        count=len(names),
        unpack=f"{listed}= arguments" if names else "pass",
        fits=" and ".join(map(_fits, types, names)) or "True",
        lowered="".join(f"{_lowered(it, name)}, " for it, name in zip(types, names, strict=True)),
    )
    scope: dict[str, Any] = {"slowly": slowly, "round_to_f32": round_to_f32}
    exec(_compiled(source), scope)
    return scope["lower"]  # type: ignore[no-any-return]


_HOST_CALL = """
def call({names}):
    if not frame.may_leave:
        refuse()
    result = implementation({lifted})
    if {fits}:
        return {lowered}
    return otherwise(result, ({names}))
"""


def compile_host_call(
    type: FunctionType,
    frame: object,
    implementation: Callable[..., object],
    otherwise: Callable[[object, Sequence[Any]], object],
    refuse: Callable[[], object],
) -> Callable[..., object]:
    """The core function that calls a function of the host.

    ``otherwise`` makes an answer of a result that is not plain; ``refuse`` raises, where the guest
    ``frame`` may not call out.
    """
    names = [f"argument_{n}" for n in range(len(type.parameters))]
    lifted = [_lifted(it, name) for (_, it), name in zip(type.parameters, names, strict=True)]
    result = type.result
    source = _HOST_CALL.format(
        names="".join(f"{name}, " for name in names),
        lifted=", ".join(lifted),
        fits="result is None" if result is None else _fits(result, "result"),
        lowered="None" if result is None else _lowered(result, "result"),
    )
    scope: dict[str, Any] = {
        "frame": frame,
        "implementation": implementation,
        "otherwise": otherwise,
        "refuse": refuse,
        "char_of": char_of,
        "round_to_f32": round_to_f32,
        "NAN": NAN,
    }
    exec(_compiled(source), scope)
    return scope["call"]  # type: ignore[no-any-return]
