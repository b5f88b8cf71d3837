"""Functions of instances are callables: values of all types, host functions, errors, limits."""

from __future__ import annotations

import gc
import math
import struct
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import call
from pywasm_rt.engine.interface import Engine, HostFunction, Instance, Limits, Unfinished
from pywasm_rt.errors import (
    ExhaustionError,
    GuestException,
    OperationError,
    Trap,
    TrapCode,
)
from pywasm_rt.operations import Operation, Sleep
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import (
    F32,
    F64,
    I32,
    I64,
    AbstractHeapType,
    FunctionType,
    ReferenceType,
    ValueType,
)

TYPES: dict[str, ValueType] = {"i32": I32, "i64": I64, "f32": F32, "f64": F64}

ASK = """
(import "env" "ask" (func $ask (param i32) (result i32)))
(func (export "ask") (param i32) (result i32)
  (i32.add (call $ask (local.get 0)) (i32.const 1)))
"""


def open_guest(
    engine_name: str, text: str, imports: dict[Any, Any] | None = None, **options: Any
) -> Instance:
    engine = get_engine(engine_name)
    return engine.instantiate(engine.load(parse(f"(module {text})")), imports, **options)


def host(takes: str, gives: str, implementation: Callable[..., object]) -> HostFunction:
    types = [tuple(TYPES[word] for word in words.split()) for words in (takes, gives)]
    return HostFunction(FunctionType(*types), implementation, "ask")


def asking(
    engine_name: str, implementation: Callable[..., object], **options: Any
) -> Callable[..., Any]:
    imports = {("env", "ask"): host("i32", "i32", implementation)}
    return open_guest(engine_name, ASK, imports, **options).exports["ask"]  # type: ignore[return-value]


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


def echo_text(types: list[str]) -> str:
    """A function that gives its parameters back."""
    words = " ".join(types)
    gets = " ".join(f"(local.get {k})" for k in range(len(types)))
    return f'(func (export "f") (param {words}) (result {words}) {gets})'


def relay_text(types: list[str]) -> str:
    """A function that has the host give its parameters back."""
    words = " ".join(types)
    gets = " ".join(f"(local.get {k})" for k in range(len(types)))
    return (
        f'(import "env" "ask" (func $ask (param {words}) (result {words})))'
        f'(func (export "f") (param {words}) (result {words}) (call $ask {gets}))'
    )


F32S = st.floats(width=32)
VALUES: dict[str, st.SearchStrategy[object]] = {
    "i32": st.integers(-(2**31), 2**32 - 1) | st.booleans(),
    "i64": st.integers(-(2**63), 2**64 - 1),
    "f32": F32S | st.integers(-100, 100),
    "f64": st.floats() | st.integers(-(2**53), 2**53),
}


@st.composite
def typed_values(draw: st.DrawFn) -> tuple[list[str], list[Any]]:
    types = draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=1, max_size=7))
    return types, [draw(VALUES[type]) for type in types]


def as_seen(type: str, value: Any) -> object:
    """What the other side sees of a value, floats as bits."""
    if type.startswith("i"):
        return int(value) % 2 ** int(type[1:])
    return bits(float(value))


def seen(types: list[str], values: Any) -> list[object]:
    values = values if isinstance(values, tuple) else (values,)
    return [
        value if t.startswith("i") else bits(value) for t, value in zip(types, values, strict=True)
    ]


@given(typed_values())
def test_values_come_back_as_they_were(
    engine_name: str, typed: tuple[list[str], list[Any]]
) -> None:
    types, values = typed
    function: Any = open_guest(engine_name, echo_text(types)).exports["f"]
    expected = [as_seen(type, value) for type, value in zip(types, values, strict=True)]
    assert seen(types, function(*values)) == expected
    assert seen(types, function(*values)) == expected


@given(typed_values())
def test_the_host_sees_and_gives_the_same_values(
    engine_name: str, typed: tuple[list[str], list[Any]]
) -> None:
    types, values = typed
    received: list[tuple[object, ...]] = []

    def answer(*arguments: object) -> object:
        received.append(arguments)
        return values[0] if len(values) == 1 else tuple(values)

    words = " ".join(types)
    instance = open_guest(
        engine_name, relay_text(types), {("env", "ask"): host(words, words, answer)}
    )
    function: Any = instance.exports["f"]
    expected = [as_seen(type, value) for type, value in zip(types, values, strict=True)]
    assert seen(types, function(*values)) == expected
    assert seen(types, received[0]) == expected


def test_no_result_is_none_and_several_are_a_tuple(engine_name: str) -> None:
    instance = open_guest(
        engine_name,
        '(func (export "none")) (func (export "two") (result i32 i64) '
        "(i32.const -1) (i64.const -1))",
    )
    exports: Any = instance.exports
    assert exports["none"]() is None
    assert exports["two"]() == (2**32 - 1, 2**64 - 1)
    assert call(instance, exports["none"]) == ()


def test_vectors_references_and_many_values_take_the_long_way(engine_name: str) -> None:
    many = " ".join(["i32"] * 20)
    instance = open_guest(
        engine_name,
        '(func (export "v") (param v128) (result v128) (local.get 0))'
        '(func (export "r") (param externref) (result externref) (local.get 0))'
        f'(func (export "m") (param {many}) (result i32) (local.get 19))',
    )
    exports: Any = instance.exports
    thing = object()
    assert exports["v"](2**128 - 5) == 2**128 - 5
    assert exports["r"](thing) is thing
    assert exports["r"](None) is None
    assert exports["m"](*range(20)) == 19


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("i32", 2**32),
        ("i32", -(2**31) - 1),
        ("i32", 2**70),
        ("i32", 1.0),
        ("i32", "1"),
        ("i32", None),
        ("i32", 2**64 - 1),
        ("i32", -(2**64)),
        ("i64", 2**64),
        ("i64", -(2**63) - 1),
        ("i64", 0.5),
        ("f32", "1"),
        ("f64", 10**400),
        ("f64", None),
    ],
)
def test_what_is_no_value_of_the_type_is_refused(
    engine_name: str, type: str, value: object
) -> None:
    function: Any = open_guest(engine_name, echo_text([type])).exports["f"]
    for _ in range(2):
        with pytest.raises(TypeError, match=f"is no {type}"):
            function(value)
    assert function(1) == 1
    relayed = {("env", "ask"): host(type, type, lambda _: value)}
    function = open_guest(engine_name, relay_text([type]), relayed).exports["f"]
    with pytest.raises(TypeError, match=f"is no {type}"):
        function(1)


def test_the_number_of_arguments_counts(engine_name: str) -> None:
    instance = open_guest(engine_name, echo_text(["i32"]))
    function: Any = instance.exports["f"]
    assert function(3) == 3
    for arguments in ((), (1, 2)):
        with pytest.raises(TypeError):
            function(*arguments)
        with pytest.raises(TypeError):
            call(instance, function, arguments)


def test_arguments_are_not_named(engine_name: str) -> None:
    function: Any = open_guest(engine_name, echo_text(["i32"])).exports["f"]
    assert function(3) == 3
    with pytest.raises(TypeError):
        function(value=3)


class Number(int):
    """An integer that counts those that are there."""

    alive = 0

    def __new__(cls, value: int) -> Self:
        cls.alive += 1
        return super().__new__(cls, value)

    def __del__(self) -> None:
        type(self).alive -= 1


class Real(float):
    """A float of another class."""


def test_numbers_may_be_of_subclasses_and_are_let_go(engine_name: str) -> None:
    def implementations() -> Generator[Callable[[int], object]]:
        yield Number
        yield lambda value: as_generator(Number(value))

    def as_generator(value: Number) -> Generator[Operation, object, object]:
        yield from ()
        return value

    for implementation in implementations():
        function = asking(engine_name, implementation)
        assert [function(Number(300)) for _ in range(100)] == [301] * 100
        with pytest.raises(TypeError):
            function(Number(2**32))
    gc.collect()
    assert Number.alive == 0
    echo: Any = open_guest(engine_name, echo_text(["f32", "f64"])).exports["f"]
    assert echo(Real(0.5), Real(0.25)) == (0.5, 0.25)
    assert echo(Number(1), Number(3)) == (1.0, 3.0)


def test_a_number_is_no_reference(engine_name: str) -> None:
    """Neither as an argument nor as the answer of a host function."""
    text = """(import "env" "ask" (func $ask (param i32) (result i32 {0})))
        (func (export "f") (param i32) (result i32) (call $ask (local.get 0)) (drop))"""
    for reference in ("funcref", "i31ref", "structref"):
        type = parse(f"(module {text.format(reference)})").types[0].composite
        ask = HostFunction(type, lambda value: (value, 1.5))  # type: ignore[arg-type]
        imports = {("env", "ask"): ask}
        function: Any = open_guest(engine_name, text.format(reference), imports).exports["f"]
        with pytest.raises(TypeError):
            function(3)
    text = text.replace("i32 {0}", "i32 externref")
    type = FunctionType((I32,), (I32, ReferenceType(nullable=True, heap=AbstractHeapType.EXTERN)))
    imports = {("env", "ask"): HostFunction(type, lambda value: (value, 1.5))}
    function = open_guest(engine_name, text, imports).exports["f"]
    assert function(3) == 3


def test_an_f32_out_of_range_is_infinite(engine_name: str) -> None:
    function: Any = open_guest(engine_name, echo_text(["f32"])).exports["f"]
    assert function(1e300) == math.inf
    assert function(-1e300) == -math.inf


def test_signalling_nans_keep_their_bits(engine_name: str) -> None:
    instance = open_guest(
        engine_name,
        '(func (export "f") (result f32 f64) (f32.const nan:0x200001) (f64.const -nan:0x4))'
        '(func (export "g") (param f32 f64) (result i32 i64)'
        " (i32.reinterpret_f32 (local.get 0)) (i64.reinterpret_f64 (local.get 1)))",
    )
    exports: Any = instance.exports
    assert exports["g"](*exports["f"]()) == (0x7FA00001, 0xFFF0_0000_0000_0004)


def test_a_generator_that_does_not_wait_answers(engine_name: str) -> None:
    def answer(value: int) -> Generator[Operation, object, object]:
        yield from ()
        return value * 2

    assert asking(engine_name, answer)(10) == 21


def wait(value: int) -> Generator[Operation, object, object]:
    yield Sleep(value)
    return value


@pytest.mark.parametrize("implementation", [Sleep, wait])
def test_a_plain_call_cannot_wait(
    engine_name: str, implementation: Callable[[int], object]
) -> None:
    function = asking(engine_name, implementation)
    with pytest.raises(Trap, match="Sleep cannot be awaited in a plain call") as caught:
        function(3)
    assert caught.value.code is TrapCode.HOST


def test_a_generator_is_thrown_the_refusal_and_may_go_on(engine_name: str) -> None:
    def answer(value: int) -> Generator[Operation, object, object]:
        try:
            yield Sleep(value)
        except Trap:
            return value + 100

    assert asking(engine_name, answer)(1) == 102


def test_an_attempt_that_has_to_wait_is_driven_on(engine_name: str) -> None:
    text = ASK.replace("(i32.const 1)", "(call $ask (i32.const 50))")

    def answer(value: int) -> object:
        return Sleep(value) if value == 50 else value

    imports = {("env", "ask"): host("i32", "i32", answer)}
    instance = open_guest(engine_name, text, imports)
    found = instance.attempt(instance.exports["ask"], (7,))  # type: ignore[arg-type]
    assert isinstance(found, Unfinished)
    event = found.execution.run()
    if found.reply is None:
        assert event.arguments == (7,)  # type: ignore[union-attr]
        found.execution.resume(7)
        event = found.execution.run()
        reply: object = Sleep(50)
    else:
        reply = found.reply()
    assert reply == Sleep(50)
    assert event.arguments == (50,)  # type: ignore[union-attr]
    found.execution.resume(5)
    assert found.execution.run().values == (12,)  # type: ignore[union-attr]


def test_errors_of_the_host_reach_the_caller(engine_name: str) -> None:
    def answer(value: int) -> object:
        raise [ValueError("no"), FileNotFoundError("gone"), Trap(TrapCode.HOST, "so it is")][value]

    function = asking(engine_name, answer)
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            function(0)
        with pytest.raises(OperationError, match="gone"):
            function(1)
        with pytest.raises(Trap, match="so it is") as caught:
            function(2)
        assert [place.function_index for place in caught.value.backtrace] == [1]


def test_the_guest_handles_an_exception_of_the_host(engine_name: str) -> None:
    text = """
    (import "env" "ask" (func $ask (result i32)))
    (tag $t (export "t") (param i32))
    (func (export "f") (result i32)
      (block $h (result i32)
        (try_table (result i32) (catch $t $h) (call $ask))))
    """
    engine = get_engine(engine_name)
    exports: dict[str, Any] = {}

    def answer() -> object:
        raise GuestException(exports["t"], (42,))

    module = engine.load(parse(f"(module {text})"))
    exports.update(engine.instantiate(module, {("env", "ask"): host("", "i32", answer)}).exports)
    assert exports["f"]() == 42


def test_a_trap_says_where(engine_name: str) -> None:
    text = '(func $inner unreachable) (func (export "f") (param i32) (call $inner))'
    function: Any = open_guest(engine_name, text).exports["f"]
    for _ in range(2):
        with pytest.raises(Trap, match="unreachable") as caught:
            function(1)
        assert [place.function_index for place in caught.value.backtrace] == [0, 1]


def test_calls_are_nested_as_deep_as_the_limits_say(engine_name: str) -> None:
    depth = 0

    def answer(value: int) -> object:
        nonlocal depth
        depth += 1
        return ask(value)

    ask = asking(engine_name, answer, limits=Limits(nested_executions=10))
    for _ in range(2):
        depth = 0
        with pytest.raises(ExhaustionError, match="call stack exhausted"):
            ask(1)
        assert depth == 10


@pytest.mark.python_stack
def test_endless_nesting_without_a_limit_is_exhaustion(engine_name: str) -> None:
    def answer(value: int) -> object:
        return ask(value)

    ask = asking(engine_name, answer, limits=Limits(nested_executions=1_000_000))
    with pytest.raises(ExhaustionError, match="call stack exhausted"):
        ask(1)


def test_limits_hold(engine_name: str) -> None:
    text = """
    (func $deep (export "deep") (param i32) (result i32) (call $deep (local.get 0)))
    (func (export "long") (loop $l (br $l)))
    (func (export "short") (result i32) (i32.const 1))
    """
    limits = Limits(call_depth=100, fuel=10_000)
    exports: Any = open_guest(engine_name, text, limits=limits).exports
    with pytest.raises(ExhaustionError, match="call stack exhausted"):
        exports["deep"](1)
    assert exports["short"]() == 1
    for _ in range(2):
        with pytest.raises(ExhaustionError, match="all fuel consumed"):
            exports["long"]()
    with pytest.raises(ExhaustionError, match="all fuel consumed"):
        exports["short"]()


def test_fuel_is_counted(engine_name: str) -> None:
    instance = open_guest(engine_name, echo_text(["i32"]))
    function: Any = instance.exports["f"]
    for _ in range(3):
        function(1)
    assert instance.store.fuel_spent == 6


def test_an_interrupted_host_function_leaves_the_guest_usable(engine_name: str) -> None:
    def answer(value: int) -> object:
        if value:
            raise KeyboardInterrupt
        return value

    function = asking(engine_name, answer)
    for _ in range(100):
        with pytest.raises(KeyboardInterrupt):
            function(1)
        assert function(0) == 1


def test_a_function_of_the_host_that_is_exported_can_be_called(engine_name: str) -> None:
    text = '(import "env" "ask" (func $ask (param i32) (result i32))) (export "f" (func $ask))'
    imports = {("env", "ask"): host("i32", "i32", lambda value: value ^ 1)}
    function: Any = open_guest(engine_name, text, imports).exports["f"]
    assert function(2) == 3
    assert function(-1) == 2**32 - 2
    with pytest.raises(TypeError):
        function(2**40)


def test_a_function_of_another_store_is_called_with_its_own_limits(engine_name: str) -> None:
    engine = get_engine(engine_name)
    first = open_guest(engine_name, '(func (export "f") (loop $l (br $l)))', limits=Limits(fuel=50))
    module = engine.load(parse('(module (import "a" "f" (func $f)) (export "g" (func $f)))'))
    second = engine.instantiate(module, {("a", "f"): first.exports["f"]})
    function: Any = second.exports["g"]
    with pytest.raises(ExhaustionError, match="all fuel consumed"):
        function()
    assert second.store.fuel_spent == 0


def test_threads_may_call_one_function(engine_name: str) -> None:
    function = asking(engine_name, lambda value: value * 2)
    wrong: list[int] = []

    def work(first: int) -> None:
        wrong.extend(k for k in range(first, first + 200) if function(k) != 2 * k + 1)

    threads = [threading.Thread(target=work, args=(1000 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def test_errors_leave_no_line_in_use(native_engine: Engine) -> None:
    """Whatever ends a call, a later one uses its task: there are not as many as calls."""
    text = f"""{ASK} (func (export "trap") (unreachable))
      (func (export "deep") (call 3))"""
    answers: list[Callable[[int], object]] = [
        lambda value: value,
        lambda _: None,
        lambda _: 1 // 0,
        wait,
        Sleep,
    ]
    imports = {("env", "ask"): host("i32", "i32", lambda value: answers[value](value))}
    exports: Any = open_guest(native_engine.name, text, imports).exports
    exports["ask"](0)
    for _ in range(50):
        for number in range(len(answers)):
            with suppress(Trap, TypeError, ZeroDivisionError):
                exports["ask"](number)
        for name, error in (("trap", Trap), ("deep", ExhaustionError)):
            with pytest.raises(error):
                exports[name]()
    gc.collect()
    assert native_engine_tasks(exports["ask"]) < 100


def native_engine_tasks(function: Any) -> int:
    """C tasks that the store of a function has made and that nobody uses."""
    store, lines = function.instance.store, []
    with suppress(IndexError):
        while True:
            lines.append(store.lines.pop())
    with suppress(IndexError):
        while True:
            lines.append(store.parked.pop())
    for line in lines:
        store.lines.append(line)
    return len(lines) + len(store.ended) + len(store.idle)


def test_lines_and_stores_are_what_they_must_be(native_engine: Engine) -> None:
    function: Any = open_guest(native_engine.name, echo_text(["i32"])).exports["f"]
    assert function(1) == 1
    for wrong in (None, [], function):
        with pytest.raises(TypeError):
            function.use(wrong)
        with pytest.raises(TypeError):
            function.instance.store.lines.append(wrong)
    with pytest.raises(AttributeError):
        function.attempt(3, (1,))
    with pytest.raises(TypeError):
        function.attempt(function.instance.store)
    assert function.attempt(function.instance.store, [2]) == (2,)


def test_calls_of_numbers_cost_a_fraction_of_executions(native_engine: Engine) -> None:
    """Thirty times less, in and out; a third of that is asked for, since machines are busy."""
    module = native_engine.load(parse(f"(module {ASK})"))
    imports = {("env", "ask"): host("i32", "i32", lambda value: value)}
    instance = native_engine.instantiate(module, imports)
    function: Any = instance.exports["ask"]

    def directly() -> None:
        for _ in range(500):
            function(1)

    def by_events() -> None:
        for _ in range(500):
            execution = instance.start(function, (1,))
            execution.run()
            execution.resume(1)
            execution.run()

    assert 10 * least_seconds(directly) < least_seconds(by_events)


def least_seconds(function: Callable[[], None]) -> float:
    times = []
    for _ in range(5):
        begin = time.process_time()
        function()
        times.append(time.process_time() - begin)
    return min(times)
