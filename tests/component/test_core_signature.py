"""Core functions with component values, on a core instance made of Python functions."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

import pytest

from pywasm_rt.component.core_signature import derive_signature, typed_core_function
from pywasm_rt.component.types import F64, S32, S64, TupleType
from pywasm_rt.component.types import FunctionType as ComponentFunctionType
from pywasm_rt.component.values import Err, Ok, Record
from pywasm_rt.component.wit import parse_signatures
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import Limits, Paused, PauseReason, Returned
from pywasm_rt.errors import ComponentError, ParseError, Trap
from pywasm_rt.operations import Operation
from pywasm_rt.wasm.text import parse as parse_module
from pywasm_rt.wasm.types import F64 as CORE_F64
from pywasm_rt.wasm.types import I32, I64, V128, FunctionType, MemoryType
from pywasm_rt.wasm.types import Limits as SizeLimits


class CoreFunction:
    """A function with Python code; its arguments arrive unsigned, as an engine passes them."""

    def __init__(self, type: FunctionType, code: Callable[..., Any]) -> None:
        self.type = type
        self.code = code


class CoreMemory:
    type = MemoryType(SizeLimits(1))

    def __init__(self) -> None:
        self.data = bytearray(65536)
        self.size_bytes = 65536

    def read(self, address: int, count: int) -> bytes:
        return bytes(self.data[address : address + count])

    def write(self, address: int, data: bytes) -> None:
        self.data[address : address + len(data)] = data


class CoreExecution:
    fuel_spent = 0

    def __init__(self, function: CoreFunction, arguments: Sequence[Any], pauses: int) -> None:
        self.function = function
        self.arguments = arguments
        self.pauses = pauses

    def run(self, fuel: int | None = None) -> object:
        if self.pauses:
            self.pauses -= 1
            return Paused(PauseReason.FUEL)
        masks = {I32: 2**32 - 1, I64: 2**64 - 1}
        arguments = [
            value & masks[type] if type in masks else value
            for value, type in zip(self.arguments, self.function.type.parameters, strict=True)
        ]
        result = self.function.code(*arguments)
        if result is None:
            return Returned(())
        return Returned(result if isinstance(result, tuple) else (result,))


class CoreStore:
    limits = Limits()


class CoreInstance:
    """A module with a memory, a bump allocator and the functions given."""

    def __init__(self, allocator: str = "cabi_realloc", **functions: CoreFunction) -> None:
        self.memory = CoreMemory()
        self.store = CoreStore()
        self.top = 1024
        self.allocations: list[tuple[int, ...]] = []
        self.pauses = 0
        count = {"cabi_realloc": 4, "realloc": 2, "malloc": 1, "": 0}[allocator]
        exports: dict[str, Any] = {"memory": self.memory, **functions}
        if allocator:
            exports[allocator] = CoreFunction(FunctionType((I32,) * count, (I32,)), self.allocate)
        self.exports = {name.replace("__", "#"): item for name, item in exports.items()}

    def allocate(self, *arguments: int) -> int:
        self.allocations.append(arguments)
        self.top = (self.top + 15) & -16
        address = self.top
        self.top += arguments[-1]
        return address

    def start(self, function: CoreFunction, arguments: Sequence[Any] = ()) -> CoreExecution:
        return CoreExecution(function, arguments, self.pauses)


def signed(instance: Any, name: str, wit: str) -> Any:
    return typed_core_function(instance, name, parse_signatures(wit)[name])


def test_numbers_need_neither_memory_nor_allocator() -> None:
    add = CoreFunction(FunctionType((I32, I32), (I32,)), lambda a, b: (a * b) & 0xFFFFFFFF)
    instance = CoreInstance(allocator="", compute=add)
    del instance.exports["memory"]
    compute = signed(instance, "compute", "compute: func(a: s32, b: s32) -> s32")
    assert compute.call(6, 7) == 42
    assert compute.call(-6, 7) == -42
    assert compute.call(*compute.parse_arguments(["6", "7"])) == 42
    assert compute.call(*compute.coerce_arguments([6.0, 7])) == 42
    assert compute.type == ComponentFunctionType((("a", S32), ("b", S32)), S32)
    assert repr(compute) == "<SignedFunction compute: func(a: s32, b: s32) -> s32>"


@pytest.mark.parametrize(
    ("allocator", "asked"),
    [("cabi_realloc", (0, 0, 1, 3)), ("realloc", (0, 3)), ("malloc", (3,))],
)
def test_strings_travel_through_memory(allocator: str, asked: tuple[int, ...]) -> None:
    cleaned: list[int] = []

    def greet(address: int, length: int) -> int:
        name = instance.memory.read(address, length)
        text = b"Hello, " + name + b"!"
        instance.memory.write(512, text)
        instance.memory.write(504, (512).to_bytes(4, "little") + len(text).to_bytes(4, "little"))
        return 504

    instance = CoreInstance(
        allocator,
        greet=CoreFunction(FunctionType((I32, I32), (I32,)), greet),
        cabi_post_greet=CoreFunction(FunctionType((I32,)), cleaned.append),
    )
    function = signed(instance, "greet", "greet: func(name: string) -> string")
    assert function.call("Ada") == "Hello, Ada!"
    assert instance.allocations == [asked]
    assert cleaned == [504]


def test_records_results_and_lists() -> None:
    def divide(address: int, length: int) -> int:
        values = instance.memory.read(address, 4 * length)
        total = sum(int.from_bytes(values[at : at + 4], "little") for at in range(0, 4 * length, 4))
        good = length != 0
        mean = total // length if good else 0
        instance.memory.write(8, bytes([not good, 0, 0, 0]) + mean.to_bytes(4, "little"))
        return 8

    instance = CoreInstance(mean=CoreFunction(FunctionType((I32, I32), (I32,)), divide))
    function = signed(instance, "mean", "mean: func(of: list<u32>) -> result<u32>")
    assert function.call([1, 2, 6]) == Ok(3)
    assert function.call([]) == Err()

    swap = CoreFunction(FunctionType((I32, CORE_F64), (CORE_F64,)), lambda x, y: x + y)
    wit = "record point { x: u32, y: f64 } sum: func(p: point) -> f64"
    added = signed(CoreInstance(sum=swap), "sum", wit)
    assert added.call(Record(x=1, y=0.5)) == 1.5


def test_more_than_sixteen_parameters_go_through_memory() -> None:
    def last(address: int) -> int:
        return instance.memory.read(address, 17)[16]

    instance = CoreInstance(f=CoreFunction(FunctionType((I32,), (I32,)), last))
    parameters = ", ".join(f"p{index}: u8" for index in range(17))
    function = signed(instance, "f", f"f: func({parameters}) -> u8")
    assert function.call(*range(17)) == 16
    assert instance.allocations == [(0, 0, 1, 17)]


def test_pauses_and_operations_pass_through() -> None:
    instance = CoreInstance(f=CoreFunction(FunctionType((I32, I32)), lambda a, b: None))
    instance.pauses = 1
    function = signed(instance, "f", "f: func(name: string)")
    steps: Generator[Operation | Paused, object, object] = function.start(("x",), Meter(10))
    assert isinstance(next(steps), Paused)  # in the allocator
    assert isinstance(steps.send(None), Paused)  # in the function
    with pytest.raises(StopIteration) as end:
        steps.send(None)
    assert end.value.value is None


@pytest.mark.parametrize("name", ["add-two", "add_two"])
def test_export_may_be_in_snake_case(name: str) -> None:
    function = CoreFunction(FunctionType((), (I32,)), lambda: 2)
    instance: Any = CoreInstance(add_two=function)
    assert typed_core_function(instance, name).call() == 2


def test_export_may_have_its_interface_before_it() -> None:
    instance: Any = CoreInstance(calc__run=CoreFunction(FunctionType((), (I32,)), lambda: 3))
    assert typed_core_function(instance, "run").call() == 3


NOTHING = CoreFunction(FunctionType(), lambda: None)
TAKES_TEXT = CoreFunction(FunctionType((I32, I32)), lambda a, b: None)


@pytest.mark.parametrize(
    ("core", "wit", "message"),
    [
        (NOTHING, "g: func()", "the module exports no function g; known: f"),
        (NOTHING, "f: func(a: u32)", "f: func(a: u32) is [i32] -> [] in a core module, but"),
        (NOTHING, "f: func() -> string", "is [] -> [i32] in a core module, but the export has []"),
        (NOTHING, "f: async func()", "f: a core module's function cannot be async"),
        (
            TAKES_TEXT,
            "resource r; f: func(a: list<r>)",
            "f: a core module has no r, but func(a: list<r>) mentions it",
        ),
        (TAKES_TEXT, "f: func(a: list<u8>)", "needs an allocator for its parameters, but"),
    ],
)
def test_what_cannot_be_is_told(core: CoreFunction, wit: str, message: str) -> None:
    instance: Any = CoreInstance(allocator="", f=core)
    ((name, type),) = parse_signatures(wit).items()
    with pytest.raises(ComponentError) as caught:
        typed_core_function(instance, name, type)
    assert message in str(caught.value)


def test_memory_is_needed_for_text() -> None:
    instance: Any = CoreInstance(f=TAKES_TEXT)
    del instance.exports["memory"]
    with pytest.raises(ComponentError, match="needs a memory, but the module exports none"):
        signed(instance, "f", "f: func(a: string)")


def test_wrong_post_return_is_told() -> None:
    instance: Any = CoreInstance(f=NOTHING, cabi_post_f=TAKES_TEXT)
    with pytest.raises(ComponentError, match="cabi_post_f must have the type"):
        signed(instance, "f", "f: func()")


def test_wrong_arguments_run_nothing() -> None:
    calls: list[int] = []
    instance = CoreInstance(f=CoreFunction(FunctionType((I32,)), calls.append))
    function = signed(instance, "f", "f: func(a: u8)")
    with pytest.raises(ComponentError):
        function.call("x")
    with pytest.raises(ComponentError):
        function.call()
    with pytest.raises(ParseError, match=r"parameter 1 \(a\): 256 is out of range"):
        function.parse_arguments(["256"])
    assert calls == []


def test_allocator_that_lies_traps() -> None:
    instance = CoreInstance(f=TAKES_TEXT)
    instance.top = 2**20
    with pytest.raises(Trap, match="beyond end of memory"):
        signed(instance, "f", "f: func(a: string)").call("x")


def test_derived_signature() -> None:
    type = derive_signature(FunctionType((I32, I64, CORE_F64), (I64, CORE_F64)))
    assert type == ComponentFunctionType(
        (("p0", S32), ("p1", S64), ("p2", F64)), TupleType((S64, F64))
    )
    assert derive_signature(FunctionType()).result is None
    with pytest.raises(ComponentError, match=r"f has the type .* but v128 has no text"):
        derive_signature(FunctionType((V128,)), "f")


def test_derived_function_takes_signed_and_unsigned() -> None:
    seen: list[int] = []

    def f(a: int, b: int) -> int:
        seen.extend((a, b))
        return a

    instance: Any = CoreInstance(f=CoreFunction(FunctionType((I32, I64), (I32,)), f))
    function = typed_core_function(instance, "f")
    assert function.call(*function.parse_arguments(["4294967295", "-1"])) == -1
    assert seen == [2**32 - 1, 2**64 - 1]
    assert function.call(5.0, 2**64 - 1) == 5
    assert str(function.type) == "func(p0: s32, p1: s64) -> s32"
    with pytest.raises(ParseError, match=r"parameter 1 \(p0\): 4294967296 is out of range"):
        function.parse_arguments(["4294967296", "0"])
    with pytest.raises(ParseError, match=r"parameter 2 \(p1\): expected s64, found x"):
        function.parse_arguments(["1", "x"])
    with pytest.raises(ComponentError, match="expected 2, got 1"):
        function.parse_arguments(["1"])
    with pytest.raises(ComponentError, match=r"parameter 2 \(p1\): expected s64, got \"x\""):
        function.call(1, "x")


def test_derived_function_with_several_results() -> None:
    pair = CoreFunction(FunctionType((), (I32, I64)), lambda: (2**32 - 1, 7))
    instance: Any = CoreInstance(pair=pair, none=NOTHING)
    assert typed_core_function(instance, "pair").call() == (-1, 7)
    assert typed_core_function(instance, "none").call() is None


WIDE = """(module (memory (export "memory") i64 1)
  (global $top (mut i64) (i64.const 1024))
  (func (export "cabi_realloc") (param i64 i64 i64 i64) (result i64)
    (global.set $top (i64.and (i64.add (global.get $top) (i64.const 7)) (i64.const -8)))
    (global.get $top)
    (global.set $top (i64.add (global.get $top) (local.get 3))))
  (func (export "twice") (param i64 i64) (result i64)
    (i64.store (i64.const 8) (i64.const 512))
    (i64.store (i64.const 16) (i64.mul (local.get 1) (i64.const 2)))
    (memory.copy (i64.const 512) (local.get 0) (local.get 1))
    (memory.copy (i64.add (i64.const 512) (local.get 1)) (local.get 0) (local.get 1))
    (i64.const 8))
  (func (export "sum") (param i64 i64) (result i64) (local $sum i64)
    (loop $next
      (if (local.get 1) (i64.eqz) (i32.eqz)
        (then
          (local.set $sum (i64.add (local.get $sum) (i64.load (local.get 0))))
          (local.set 0 (i64.add (local.get 0) (i64.const 8)))
          (local.set 1 (i64.sub (local.get 1) (i64.const 1)))
          (br $next))))
    (local.get $sum))
  (func (export "cabi_post_twice") (param i64) (global.set $top (i64.const 1024)))
  (func (export "top") (result i64) (global.get $top))
  (func (export "narrow") (param i32 i32)))"""


def test_a_memory_with_64_bit_addresses_is_called_through_wit(engine_name: str) -> None:
    engine = get_engine(engine_name)
    instance = engine.instantiate(engine.load(parse_module(WIDE)))
    twice = signed(instance, "twice", "twice: func(text: string) -> string")
    assert twice.call("Åsa ☃") == "Åsa ☃Åsa ☃"
    assert twice.call("") == ""
    assert signed(instance, "top", "top: func() -> u64").call() == 1024, "cabi_post_twice ran"
    numbers = signed(instance, "sum", "sum: func(numbers: list<u64>) -> u64")
    assert numbers.call([1, 2**40, 3]) == 2**40 + 4
    with pytest.raises(ComponentError, match=r"narrow: .* is .*i64 i64.* but the export has"):
        signed(instance, "narrow", "narrow: func(text: string)")
