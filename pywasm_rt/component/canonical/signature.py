"""A component function type compiled for one string encoding and one type of addresses (canonical
ABI, "Lifting and Lowering Values", "Flattening").

``canon lift`` makes a component function of a core one: arguments are lowered, results lifted.
``canon lower`` makes a core function of a component one: arguments are lifted, results lowered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from pywasm_rt.component.canonical.layout import (
    MAX_FLAT_ASYNC_PARAMETERS,
    MAX_FLAT_PARAMETERS,
    MAX_FLAT_RESULTS,
    Layout,
    layout_of,
    layout_of_fields,
)
from pywasm_rt.component.canonical.lifting import CoreValue, LiftCompiler, Lifting
from pywasm_rt.component.canonical.lowering import BLOCKS, LowerCompiler, Lowering
from pywasm_rt.component.canonical.scalars import Mismatch
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.types import FunctionType, TupleType, ValueType
from pywasm_rt.errors import ComponentError
from pywasm_rt.wasm.types import I32, NumberType
from pywasm_rt.wasm.types import FunctionType as CoreFunctionType

__all__ = [
    "Signature",
    "core_type_of_lifted",
    "core_type_of_lowered",
    "core_type_of_task_return",
]


def _flat_parameters(type: FunctionType, most: int, address: NumberType) -> tuple[Layout, bool]:
    layout = layout_of_fields((it for _, it in type.parameters), address)
    return layout, layout.flat is None or len(layout.flat) > most


def _result_spills(type: FunctionType) -> bool:
    if type.result is None:
        return False
    flat = layout_of(type.result).flat
    return flat is None or len(flat) > MAX_FLAT_RESULTS


def _flattened(types: Iterable[ValueType], most: int, address: NumberType) -> list[NumberType]:
    """The core types of values that travel together: flat, or a pointer if that is too many."""
    flat = layout_of_fields(types, address).flat
    return [address] if flat is None or len(flat) > most else list(flat)


def core_type_of_lifted(
    type: FunctionType,
    *,
    is_async: bool = False,
    has_callback: bool = False,
    address: NumberType = I32,
) -> CoreFunctionType:
    """The type that ``canon lift`` asks of the core function."""
    parameters = _flattened((it for _, it in type.parameters), MAX_FLAT_PARAMETERS, address)
    results: list[NumberType] = []
    if is_async:
        # The result goes through ``task.return``; the callback is told by a code what to wait for.
        results = [I32] if has_callback else []
    elif type.result is not None:
        results = _flattened([type.result], MAX_FLAT_RESULTS, address)
    return CoreFunctionType(tuple(parameters), tuple(results))


def core_type_of_lowered(
    type: FunctionType, *, is_async: bool = False, address: NumberType = I32
) -> CoreFunctionType:
    """The type of the core function that ``canon lower`` makes."""
    most = MAX_FLAT_ASYNC_PARAMETERS if is_async else MAX_FLAT_PARAMETERS
    parameters = _flattened((it for _, it in type.parameters), most, address)
    if is_async:
        place = [] if type.result is None else [address]
        return CoreFunctionType((*parameters, *place), (I32,))
    if _result_spills(type):
        return CoreFunctionType((*parameters, address))
    results = [] if type.result is None else _flattened([type.result], MAX_FLAT_RESULTS, address)
    return CoreFunctionType(tuple(parameters), tuple(results))


def core_type_of_task_return(
    result: ValueType | None, address: NumberType = I32
) -> CoreFunctionType:
    """The type of the core function that ``canon task.return`` makes."""
    parameters = [] if result is None else _flattened([result], MAX_FLAT_PARAMETERS, address)
    return CoreFunctionType(tuple(parameters))


class Signature:
    """The closures that carry calls of ``type`` over the boundary, made when first needed.

    ``is_async_lowered`` is for calls by way of ``canon lower`` with the option ``async``: fewer
    parameters travel flat, and a result always goes to memory. ``address`` is the type of the
    memory's addresses.
    """

    def __init__(
        self,
        type: FunctionType,
        encoding: StringEncoding,
        *,
        is_async_lowered: bool = False,
        address: NumberType = I32,
    ) -> None:
        self.type = type
        self.address = address
        self._encoding = encoding
        self._names = [name for name, _ in type.parameters]
        self._types = [it for _, it in type.parameters]
        most = MAX_FLAT_ASYNC_PARAMETERS if is_async_lowered else MAX_FLAT_PARAMETERS
        self._layout, self._parameters_spill = _flat_parameters(type, most, address)
        self._result_spills = _result_spills(type) or (is_async_lowered and type.result is not None)

    # canon lift: the host, or another component, calls the guest.

    @cached_property
    def lower_parameters(self) -> Callable[[Lowering, Sequence[object]], list[CoreValue]]:
        """Arguments to core arguments; blocks to be placed are left in the lowering."""
        compiler = LowerCompiler(self._encoding, self.address)
        if self._parameters_spill:
            return self._spill_parameters(compiler)
        named = [(name, compiler.flat(it)) for name, it in self.type.parameters]

        def lower(lowering: Lowering, arguments: Sequence[object]) -> list[CoreValue]:
            self._check_count(arguments)
            out: list[CoreValue] = []
            for (name, flat), argument in zip(named, arguments, strict=True):
                try:
                    flat(lowering, argument, out)
                except Mismatch as error:
                    error.within(f"argument {name}")
                    raise
            return out

        return lower

    def _spill_parameters(
        self, compiler: LowerCompiler
    ) -> Callable[[Lowering, Sequence[object]], list[CoreValue]]:
        store = compiler.store(TupleType(tuple(self._types)))
        size, alignment = self._layout.size, self._layout.alignment
        block_of = BLOCKS[self.address]

        def lower(lowering: Lowering, arguments: Sequence[object]) -> list[CoreValue]:
            self._check_count(arguments)
            out: list[CoreValue] = [0]
            data = bytearray(size)
            lowering.blocks.append(block_of("parameters", data, alignment, out, 0))
            try:
                store(lowering, tuple(arguments), data, 0)
            except Mismatch as error:
                number = error.path.pop(0).removeprefix(".")
                error.within(f"argument {self._names[int(number)]}")
                raise
            return out

        return lower

    def _check_count(self, arguments: Sequence[object]) -> None:
        wanted = len(self._types)
        if len(arguments) != wanted:
            listed = ", ".join(f"{name}: {it}" for name, it in self.type.parameters) or "none"
            noun = "argument is" if wanted == 1 else "arguments are"
            sentence = f"{wanted} {noun} expected ({listed}), {len(arguments)} given"
            raise ComponentError(sentence, expected=wanted, given=len(arguments))

    @cached_property
    def lift_result(self) -> Callable[[Lifting, Sequence[CoreValue]], object]:
        """Core results to the result (None for none)."""
        result = self.type.result
        if result is None:
            return _lift_nothing
        compiler = LiftCompiler(self._encoding, self.address)
        if not self._result_spills:
            return compiler.flat(result, 0)
        return self._lift_spilled(compiler, result)

    # canon lower: the guest calls the host, or another component.

    @cached_property
    def lift_parameters(self) -> Callable[[Lifting, Sequence[CoreValue]], Sequence[object]]:
        """Core arguments to arguments."""
        compiler = LiftCompiler(self._encoding, self.address)
        if self._parameters_spill:
            spilled = TupleType(tuple(self._types))
            return self._lift_spilled(compiler, spilled)  # type: ignore[return-value]
        lifts, base = [], 0
        for it in self._types:
            lifts.append(compiler.flat(it, base))
            base += len(layout_of(it, self.address).flat or ())
        return lambda lifting, values: [lift(lifting, values) for lift in lifts]

    def _lift_spilled(
        self, compiler: LiftCompiler, type: ValueType
    ) -> Callable[[Lifting, Sequence[CoreValue]], object]:
        """Lift a value that lies in memory, at the address that is the first core value."""
        load, layout = compiler.load(type), layout_of(type, self.address)

        def lift(lifting: Lifting, values: Sequence[CoreValue]) -> object:
            data = lifting.region(values[0], layout.size, layout.alignment, "parameters or result")
            return load(lifting, data, 0)

        return lift

    @cached_property
    def lower_result(self) -> Callable[[Lowering, object], list[CoreValue] | bytearray]:
        """The result to core results, or to the bytes for the place that the caller named."""
        result = self.type.result
        if result is None:
            return _lower_nothing
        compiler = LowerCompiler(self._encoding, self.address)
        lower = self._store_result(compiler, result) if self._result_spills else None
        if lower is None:
            lower = self._flat_result(compiler, result)

        def lower_named(lowering: Lowering, value: object) -> list[CoreValue] | bytearray:
            try:
                return lower(lowering, value)
            except Mismatch as error:
                error.within("result")
                raise

        return lower_named

    @property
    def result_place(self) -> Layout | None:
        """Size and alignment of the place that ``canon lower`` writes the result to, if any."""
        if not self._result_spills:
            return None
        assert self.type.result is not None
        return layout_of(self.type.result, self.address)

    def _store_result(
        self, compiler: LowerCompiler, result: ValueType
    ) -> Callable[[Lowering, object], list[CoreValue] | bytearray]:
        store, size = compiler.store(result), layout_of(result, self.address).size

        def lower(lowering: Lowering, value: object) -> bytearray:
            data = bytearray(size)
            store(lowering, value, data, 0)
            return data

        return lower

    def _flat_result(
        self, compiler: LowerCompiler, result: ValueType
    ) -> Callable[[Lowering, object], list[CoreValue] | bytearray]:
        flat = compiler.flat(result)

        def lower(lowering: Lowering, value: object) -> list[CoreValue]:
            out: list[CoreValue] = []
            flat(lowering, value, out)
            return out

        return lower


def _lift_nothing(lifting: Lifting, values: Sequence[CoreValue]) -> object:
    del lifting, values
    return None


def _lower_nothing(lowering: Lowering, value: object) -> list[CoreValue]:
    del lowering
    if value is not None:
        raise Mismatch("nothing", value).within("result")
    return []
