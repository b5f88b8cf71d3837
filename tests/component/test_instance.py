"""Calling components: functions, values, resources, and what goes wrong."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.types import ResourceType
from pywasm_rt.component.values import Ok, Record, ResourceHandle, Variant
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import Limits, Paused, PauseReason
from pywasm_rt.errors import (
    ByteOffset,
    ComponentError,
    DecodeError,
    ExhaustionError,
    GuestExit,
    OperationError,
    Trap,
    TrapCode,
    ValidationError,
)
from pywasm_rt.operations import Sleep

LIBC = """
  (core module $libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local i32)
      (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (local.set 4 (global.get $next))
      (global.set $next (i32.add (global.get $next) (local.get 3)))
      (local.get 4)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
"""

ECHO = """
(component
  LIBC
  (core module $m
    (import "libc" "memory" (memory 0))
    (func (export "string") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0))
      (i32.store (i32.const 20) (local.get 1))
      (i32.const 16))
    (func (export "u8") (param i32) (result i32) (local.get 0))
    (func (export "many") (param i32) (result i32) (local.get 0))
    (func (export "boom") unreachable))
  (core instance $i (instantiate $m (with "libc" (instance $libc))))
  (func (export "string") (param "s" string) (result string)
    (canon lift (core func $i "string") (memory $memory) (realloc $realloc) ENCODING))
  (func (export "u8") (param "n" u8) (result u8) (canon lift (core func $i "u8")))
  (type $many (tuple u8 u16 u32 u64 s8 s16 s32 s64 f32 f64 bool char string u8 u8 u8 (list u8)))
  (func (export "many") (param "it" $many) (result $many)
    (canon lift (core func $i "many") (memory $memory) (realloc $realloc) ENCODING))
  (func (export "boom") (canon lift (core func $i "boom"))))
"""


def echo(encoding: str = "utf8") -> str:
    return ECHO.replace("LIBC", LIBC).replace("ENCODING", f"string-encoding={encoding}")


@pytest.mark.parametrize("encoding", ["utf8", "utf16", "latin1+utf16"])
@pytest.mark.parametrize("text", ["", "Ada", "hö", "☃🍰\0", "x" * 5000])
def test_strings_pass(encoding: str, text: str, instance_of: Any) -> None:
    assert instance_of(echo(encoding)).function("string").call(text) == text


@pytest.mark.parametrize("encoding", ["utf8", "utf16", "latin1+utf16"])
def test_seventeen_parameters_pass_through_memory(encoding: str, instance_of: Any) -> None:
    values = (
        255,
        1,
        2,
        2**64 - 1,
        -128,
        -3,
        -4,
        -(2**63),
        1.5,
        -2.5,
        True,
        "🍰",
        "hé",
        7,
        8,
        9,
        b"x",
    )
    assert instance_of(echo(encoding)).function("many").call(values) == values


def test_arguments_that_do_not_fit_leave_the_instance_alive(instance_of: Any) -> None:
    instance = instance_of(echo())
    with pytest.raises(ComponentError, match=r"argument n: expected u8 \(0 to 255\), got 256"):
        instance.function("u8").call(256)
    with pytest.raises(ComponentError, match=r"1 argument is expected \(n: u8\), 0 given"):
        instance.function("u8").call()
    assert instance.function("u8").call(255) == 255


def test_after_a_trap_nothing_can_be_called(instance_of: Any) -> None:
    instance = instance_of(echo())
    with pytest.raises(Trap) as caught:
        instance.function("boom").call()
    assert caught.value.code is TrapCode.UNREACHABLE
    with pytest.raises(Trap, match=r"^cannot enter component instance: .*unreachable") as caught:
        instance.function("u8").call(1)
    assert caught.value.code is TrapCode.CANNOT_ENTER


def test_a_trap_has_a_backtrace(instance_of: Any) -> None:
    with pytest.raises(Trap) as caught:
        instance_of(echo()).function("boom").call()
    [place] = caught.value.backtrace
    assert place.mnemonic == "unreachable"


def test_a_backtrace_leads_through_all_components(instance_of: Any) -> None:
    text = chain(2).replace("(result i32) (i32.const 5)", "(result i32) unreachable")
    with pytest.raises(Trap) as caught:
        instance_of(text).function("f").call()
    assert [place.mnemonic for place in caught.value.backtrace] == ["unreachable", "call", "call"]


def test_nothing_runs_before_the_first_step(instance_of: Any) -> None:
    instance = instance_of(echo())
    call = instance.function("boom").start((), Meter())
    assert instance.function("u8").call(1) == 1
    with pytest.raises(Trap):
        next(call)


TWICE = """
(component
  (core module $m (func (export "f") (result i32) i32.const 1))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $one (export "f" (func $f)) (export "g" (func $f)))
  (instance $two (export "f" (func $f)) (export "h" (func $f)))
  (export "x" (func $f))
  (export "a:b/one@1.0.0" (instance $one))
  (export "a:b/two@0.2.1" (instance $two)))
"""


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("x", "x"),
        ("a:b/one@1.0.0#f", "a:b/one@1.0.0#f"),
        ("a:b/one@1.7.0#f", "a:b/one@1.0.0#f"),
        ("a:b/two@0.2.0#f", "a:b/two@0.2.1#f"),
        ("a:b/one#f", "a:b/one@1.0.0#f"),
        ("two#f", "a:b/two@0.2.1#f"),
        ("h", "a:b/two@0.2.1#h"),
    ],
)
def test_functions_are_found(name: str, full: str, instance_of: Any) -> None:
    function = instance_of(TWICE).function(name)
    assert function.name == full
    assert function.call() == 1
    assert str(function.type) == "func() -> u32"
    assert repr(function) == f"<ComponentFunction {full}: func() -> u32>"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("f", "function 'f' may be a:b/one@1.0.0#f or a:b/two@0.2.1#f"),
        ("z", "no function 'z' is exported; there is: x, a:b/one@1.0.0#f"),
        ("a:b/one#z", "no function 'a:b/one#z' is exported"),
        ("a:b/three#f", "no interface 'a:b/three' is exported; there is: a:b/one@1.0.0, a:b/two"),
    ],
)
def test_what_is_not_found_is_told_with_what_there_is(
    name: str, sentence: str, instance_of: Any
) -> None:
    with pytest.raises(ComponentError) as caught:
        instance_of(TWICE).function(name)
    assert str(caught.value).startswith(sentence)


HOST = """
(component
  (import "ask" (func $ask (param "s" string) (result string)))
  (import "tell" (func $tell (param "n" u32)))
  LIBC
  (core func $ask' (canon lower (func $ask) (memory $memory) (realloc $realloc)))
  (core func $tell' (canon lower (func $tell)))
  (core module $m
    (import "" "ask" (func $ask (param i32 i32 i32)))
    (import "" "tell" (func $tell (param i32)))
    (func (export "ask") (param i32 i32) (result i32)
      (call $ask (local.get 0) (local.get 1) (i32.const 16))
      (i32.const 16))
    (func (export "tell") (param i32) (call $tell (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance
    (export "ask" (func $ask')) (export "tell" (func $tell'))))))
  (func (export "ask") (param "s" string) (result string)
    (canon lift (core func $i "ask") (memory $memory) (realloc $realloc)))
  (func (export "tell") (param "n" u32) (canon lift (core func $i "tell"))))
""".replace("LIBC", LIBC)


def asking(linker: Linker, instance_of: Any, ask: Any, tell: Any = lambda _: None) -> Any:
    linker.define_function("ask", ask)
    linker.define_function("tell", tell)
    return instance_of(HOST)


def test_a_host_function_answers_with_a_value(linker: Linker, instance_of: Any) -> None:
    instance = asking(linker, instance_of, lambda text: text.upper() + "!")
    assert instance.function("ask").call("hé") == "HÉ!"
    assert instance.function("ask").call("") == "!"


def test_a_host_function_waits_for_an_operation(linker: Linker, instance_of: Any) -> None:
    instance = asking(linker, instance_of, lambda _: Sleep(5))
    call = instance.function("ask").start(("x",), Meter())
    assert next(call) == Sleep(5)
    with pytest.raises(Trap, match="cannot enter component instance: it is in a call already"):
        instance.function("ask").call("y")
    with pytest.raises(StopIteration) as end:
        call.send("slept well")
    assert end.value.value == "slept well"
    assert next(instance.function("ask").start(("x",), Meter())) == Sleep(5)


def test_a_host_function_is_a_generator(linker: Linker, instance_of: Any) -> None:
    def ask(text: str) -> Generator[Sleep, str, str]:
        first = yield Sleep(1)
        second = yield Sleep(2)
        return f"{text}{first}{second}"

    call = asking(linker, instance_of, ask).function("ask").start(("x",), Meter())
    assert next(call) == Sleep(1)
    assert call.send("a") == Sleep(2)
    with pytest.raises(StopIteration) as end:
        call.send("b")
    assert end.value.value == "xab"


def test_closing_a_call_runs_the_hosts_finalisers(linker: Linker, instance_of: Any) -> None:
    closed = []

    def ask(_: str) -> Generator[Sleep, str, str]:
        try:
            yield Sleep(1)
        finally:
            closed.append(True)
        return ""

    instance = asking(linker, instance_of, ask)
    call = instance.function("ask").start(("x",), Meter())
    next(call)
    call.close()
    assert closed == [True]
    with pytest.raises(Trap, match="cannot enter component instance"):
        instance.function("ask").call("y")


def test_an_operation_in_a_plain_call_traps(linker: Linker, instance_of: Any) -> None:
    instance = asking(linker, instance_of, lambda _: Sleep(5))
    with pytest.raises(Trap, match="Sleep cannot be awaited in a plain call"):
        instance.function("ask").call("x")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (GuestExit(3), GuestExit),
        (ComponentError("no"), ComponentError),
        (OSError("disk"), OperationError),
        (ZeroDivisionError("a fault of the host's"), ZeroDivisionError),
    ],
)
def test_what_a_host_function_raises_ends_the_call(
    error: Exception, expected: type, linker: Linker, instance_of: Any
) -> None:
    def ask(_: str) -> str:
        raise error

    instance = asking(linker, instance_of, ask)
    with pytest.raises(expected) as caught:
        instance.function("ask").call("x")
    if expected is not OperationError:
        assert caught.value is error
    with pytest.raises(Trap, match="cannot enter component instance"):
        instance.function("tell").call(1)


@pytest.mark.parametrize("answer", [None, 3, b"x", "\ud800"])
def test_a_result_that_does_not_fit_is_told(
    answer: object, linker: Linker, instance_of: Any
) -> None:
    instance = asking(linker, instance_of, lambda _: answer)
    with pytest.raises(ComponentError, match=r"^result: expected string"):
        instance.function("ask").call("x")


def test_the_host_cannot_call_back_into_a_running_instance(
    linker: Linker, instance_of: Any
) -> None:
    instance = asking(linker, instance_of, lambda _: instance.function("ask").call("again"))
    with pytest.raises(Trap, match="cannot enter component instance: it is in a call already"):
        instance.function("ask").call("x")


def test_instances_nested_too_deep_are_told(linker: Linker, component_of: Any) -> None:
    component = component_of(HOST)

    def ask(text: str) -> Any:
        return linker.instantiate(component).function("ask").call(text)

    linker.define_function("ask", ask)
    linker.define_function("tell", lambda _: None)
    with pytest.raises(ExhaustionError, match="call stack exhausted"):
        ask("x")


def run_in_slices(steps: Any, meter: Meter, quantum: int) -> tuple[object, int]:
    """The result of a call that may spend only ``quantum`` at a time, and how often it paused."""
    pauses = 0
    try:
        request = next(steps)
        while True:
            assert isinstance(request, Paused)
            assert request.reason is PauseReason.FUEL
            pauses += 1
            meter.quantum = quantum
            request = steps.send(None)
    except StopIteration as end:
        return end.value, pauses


@pytest.mark.parametrize("quantum", [1, 2, 3, 7, 50, 1000])
def test_a_call_pauses_wherever_it_spends(quantum: int, linker: Linker, instance_of: Any) -> None:
    instance = asking(linker, instance_of, lambda text: text * 2)
    instance.function("ask").call("abc")
    whole = instance.store.fuel_spent
    instance.function("ask").call("abc")
    whole = instance.store.fuel_spent - whole
    before, meter = instance.store.fuel_spent, Meter(quantum)
    steps = instance.function("ask").start(("abc",), meter)
    result, pauses = run_in_slices(steps, meter, quantum)
    assert result == "abcabc"
    assert instance.store.fuel_spent - before == whole
    # Two reallocs, the function itself, and the end of each where it spends everything.
    assert (pauses > 0) == (quantum < whole)
    assert meter.depth == 0
    assert meter.current is None


RESOURCES = """
(component
  (import "host:r/files@1.0.0" (instance $files
    (export "file" (type $file (sub resource)))
    (export "[constructor]file" (func (param "name" u32) (result (own $file))))
    (export "[method]file.size" (func (param "self" (borrow $file)) (result u32)))
    (export "swap" (func (param "it" (own $file)) (result (own $file))))))
  (alias export $files "file" (type $file))
  (core func $new (canon lower (func $files "[constructor]file")))
  (core func $size (canon lower (func $files "[method]file.size")))
  (core func $swap (canon lower (func $files "swap")))
  (canon resource.drop $file (core func $drop))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "size" (func $size (param i32) (result i32)))
    (import "" "swap" (func $swap (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (result i32) (local i32 i32)
      (local.set 0 (call $new (i32.const 3)))
      (local.set 1 (call $size (local.get 0)))
      (local.set 0 (call $swap (local.get 0)))
      (local.set 1 (i32.add (local.get 1) (call $size (local.get 0))))
      (call $drop (local.get 0))
      (local.get 1))
    (func (export "size") (param i32) (result i32)
      (call $size (local.get 0))
      (call $drop (local.get 0)))
    (func (export "keep") (param i32))
    (func (export "give") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "size" (func $size))
    (export "swap" (func $swap)) (export "drop" (func $drop))))))
  (func (export "run") (result u32) (canon lift (core func $i "run")))
  (func (export "size") (param "it" (borrow $file)) (result u32) (canon lift (core func $i "size")))
  (func (export "keep") (param "it" (borrow $file)) (canon lift (core func $i "keep")))
  (func (export "give") (param "it" (own $file)) (result (own $file))
    (canon lift (core func $i "give"))))
"""


class File:
    def __init__(self, size: int) -> None:
        self.size = size


@pytest.fixture
def files(linker: Linker) -> list[object]:
    """Link the files of RESOURCES; what is dropped is in the list."""
    dropped: list[object] = []
    linker.define_interface(
        "host:r/files@1.0.0",
        {
            "[constructor]file": File,
            "[method]file.size": lambda file: file.size,
            "swap": lambda file: File(file.size * 10),
        },
        {"file": ResourceType("file", dropped.append)},
    )
    return dropped


def test_a_hosts_resources_are_objects_of_the_host(files: list[Any], instance_of: Any) -> None:
    instance = instance_of(RESOURCES)
    assert instance.function("run").call() == 33
    assert [file.size for file in files] == [30]
    assert len(instance.frame.handles) == 0
    file = File(5)
    assert instance.function("size").call(file) == 5
    assert instance.function("give").call(file) is file
    assert len(instance.frame.handles) == 0


def test_a_borrow_must_be_dropped(files: list[Any], instance_of: Any) -> None:
    with pytest.raises(Trap, match=r"^borrow handles still remain at the end of the call"):
        instance_of(RESOURCES).function("keep").call(File(1))


def test_a_destructor_may_wait(files: list[Any], linker: Linker, instance_of: Any) -> None:
    linker.define_interface(
        "host:r/files@1.0.0",
        {"[constructor]file": File, "[method]file.size": lambda it: it.size, "swap": lambda it: it},
        {"file": ResourceType("file", lambda _: Sleep(9))},
    )
    call = instance_of(RESOURCES).function("run").start((), Meter())
    assert next(call) == Sleep(9)
    with pytest.raises(StopIteration) as end:
        call.send(None)
    assert end.value.value == 6


STACK = """
(component
  (type $r' (resource (rep i32) (dtor (core func $dtor))))
  (export $r "stack" (type $r'))
  (canon resource.new $r' (core func $new))
  (canon resource.rep $r' (core func $rep))
  (canon resource.drop $r' (core func $drop))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "new") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "value") (param i32) (result i32) (local.get 0))
    (func (export "take") (param i32) (result i32)
      (call $rep (local.get 0))
      (call $drop (local.get 0)))
    (func (export "boom") (param i32) unreachable))
  (core instance $i (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
  (func (export "[constructor]stack") (param "n" u32) (result (own $r))
    (canon lift (core func $i "new")))
  (func (export "[method]stack.value") (param "self" (borrow $r)) (result u32)
    (canon lift (core func $i "value")))
  (func (export "take") (param "it" (own $r)) (result u32) (canon lift (core func $i "take")))
  (func (export "dropped") (result u32) (canon lift (core func $d "dropped"))))
"""

DESTRUCTOR = """
  (core module $d
    (global $dropped (mut i32) (i32.const 0))
    (func (export "dtor") (param i32)
      (global.set $dropped (i32.add (global.get $dropped) (local.get 0))))
    (func (export "dropped") (result i32) (global.get $dropped)))
  (core instance $d (instantiate $d))
  (alias core export $d "dtor" (core func $dtor))
"""


def stack() -> str:
    return STACK.replace("(component\n", "(component\n" + DESTRUCTOR, 1)


def test_a_guests_resources_are_handles(instance_of: Any) -> None:
    instance = instance_of(stack())
    new = instance.function("[constructor]stack")
    value = instance.function("[method]stack.value")
    handle = new.call(7)
    assert isinstance(handle, ResourceHandle)
    assert handle.type.name == "stack"
    assert value.call(handle) == value.call(handle) == 7
    assert instance.function("take").call(handle) == 7
    assert instance.function("dropped").call() == 7
    for function in (value, instance.function("take")):
        with pytest.raises(ComponentError, match="the handle to stack was used up"):
            function.call(handle)
    with new.call(20) as other:
        assert value.call(other) == 20
    assert instance.function("dropped").call() == 27
    assert len(instance.frame.handles) == 0


def test_handles_of_two_instances_are_not_mixed_up(instance_of: Any) -> None:
    one, two = instance_of(stack()), instance_of(stack())
    handle = one.function("[constructor]stack").call(1)
    with pytest.raises(ComponentError, match="argument self: expected a handle to stack"):
        two.function("[method]stack.value").call(handle)


def test_a_refused_call_gives_its_resources_back(instance_of: Any) -> None:
    text = stack().replace(
        '(func (export "take") (param "it" (own $r)) (result u32)',
        '(func (export "take") (param "it" (own $r)) (param "n" u8) (result u32)',
    )
    text = text.replace(
        '(func (export "take") (param i32)', '(func (export "take") (param i32 i32)'
    )
    instance = instance_of(text)
    handle = instance.function("[constructor]stack").call(1)
    with pytest.raises(ComponentError, match="argument n"):
        instance.function("take").call(handle, 1000)
    assert instance.function("take").call(handle, 1) == 1


def test_a_refused_call_lends_nothing(instance_of: Any) -> None:
    text = stack().replace(
        '(param "self" (borrow $r)) (result u32)',
        '(param "self" (borrow $r)) (param "n" u8) (result u32)',
    )
    text = text.replace(
        '(func (export "value") (param i32)', '(func (export "value") (param i32 i32)'
    )
    instance = instance_of(text)
    handle = instance.function("[constructor]stack").call(1)
    with pytest.raises(ComponentError, match="argument n"):
        instance.function("[method]stack.value").call(handle, 1000)
    handle.drop()
    assert instance.function("dropped").call() == 1


def test_a_handle_cannot_be_dropped_during_a_call(linker: Linker, instance_of: Any) -> None:
    text = stack().replace("(component\n", '(component (import "now" (func $now))\n', 1)
    text = text.replace(
        "(type $r' (res", "(core func $now' (canon lower (func $now))) (type $r' (res"
    )
    text = text.replace(
        '(func (export "value") (param i32) (result i32) (local.get 0))',
        '(func (export "value") (param i32) (result i32) (call $now) (local.get 0))',
    )
    text = text.replace(
        '(import "" "drop"', '(import "" "now" (func $now))\n (import "" "drop"'
    ).replace(
        '(export "drop" (func $drop))', '(export "drop" (func $drop)) (export "now" (func $now\'))'
    )

    def now() -> None:
        handle.drop()

    linker.define_function("now", now)
    instance = instance_of(text)
    handle = instance.function("[constructor]stack").call(1)
    with pytest.raises(ComponentError, match="stack cannot be dropped while it is lent"):
        instance.function("[method]stack.value").call(handle)


CHAIN = """
(component
  (component $c
    (core module $m (func (export "f") (result i32) (i32.const 5)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  (instance $c0 (instantiate $c))
  (component $d
    (import "f" (func $f (result u32)))
    (core func $f' (canon lower (func $f)))
    (core module $m (import "" "f" (func $f (result i32)))
      (func (export "f") (result i32) (i32.add (i32.const 1) (call $f))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  LINKS
  (export "f" (func $cLAST "f")))
"""


def chain(length: int) -> str:
    links = "".join(
        f'(instance $c{n + 1} (instantiate $d (with "f" (func $c{n} "f"))))\n'
        for n in range(length)
    )
    return CHAIN.replace("LINKS", links).replace("LAST", str(length))


def test_components_call_components(instance_of: Any) -> None:
    assert instance_of(chain(10)).function("f").call() == 15


def test_a_chain_of_calls_has_a_limit(instance_of: Any) -> None:
    assert instance_of(chain(63)).function("f").call() == 68
    with pytest.raises(ExhaustionError, match="64 calls between guests and host are nested") as got:
        instance_of(chain(64)).function("f").call()
    assert got.value.resource == "call stack"
    assert got.value.limit == 64


def test_parents_and_children_do_not_call_each_other(instance_of: Any) -> None:
    instance = instance_of("""
    (component
      (component $child
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func (export "f") (canon lift (core func $i "f"))))
      (instance $child (instantiate $child))
      (core func $f (canon lower (func $child "f")))
      (core module $m (import "" "f" (func $f)) (func (export "g") (call $f)))
      (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
      (func (export "g") (canon lift (core func $i "g"))))
    """)
    with pytest.raises(Trap, match=r"^cannot enter component instance"):
        instance.function("g").call()


POST_RETURN = """
(component
  (import "log" (func $log))
  (core func $log' (canon lower (func $log)))
  (core module $m
    (import "" "log" (func $log))
    (global $calls (mut i32) (i32.const 0))
    (func (export "f") (result i32) (i32.const 5))
    (func (export "after") (param i32)
      (global.set $calls (i32.add (global.get $calls) (local.get 0))))
    (func (export "bad") (param i32) (call $log))
    (func (export "calls") (result i32) (global.get $calls)))
  (core instance $i (instantiate $m (with "" (instance (export "log" (func $log'))))))
  (func (export "f") (result u32)
    (canon lift (core func $i "f") (post-return (core func $i "after"))))
  (func (export "g") (result u32)
    (canon lift (core func $i "f") (post-return (core func $i "bad"))))
  (func (export "calls") (result u32) (canon lift (core func $i "calls"))))
"""


def test_post_return_runs_with_the_results(linker: Linker, instance_of: Any) -> None:
    linker.define_function("log", lambda: None)
    instance = instance_of(POST_RETURN)
    assert instance.function("f").call() == 5
    assert instance.function("calls").call() == 5
    with pytest.raises(Trap, match=r"^cannot leave component instance"):
        instance.function("g").call()


START = """
(component
  (import "log" (func $log (param "n" u32) (result u32)))
  (core func $log' (canon lower (func $log)))
  (core module $m
    (import "" "log" (func $log (param i32) (result i32)))
    (global $n (mut i32) (i32.const 0))
    (func $start (global.set $n (call $log (i32.const 4))))
    (start $start)
    (func (export "f") (result i32) (global.get $n)))
  (core instance $i (instantiate $m (with "" (instance (export "log" (func $log'))))))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))
"""


def test_start_functions_run_and_may_wait(linker: Linker, component_of: Any) -> None:
    linker.define_function("log", Sleep)
    steps = linker.start(component_of(START), None, Meter())
    assert next(steps) == Sleep(4)
    with pytest.raises(StopIteration) as end:
        steps.send(42)
    assert end.value.value.function("f").call() == 42


def test_what_lifts_badly_is_told_before_anything_runs(instance_of: Any) -> None:
    text = """
    (component
      (core module $m (func (export "f") (param i32)))
      (core instance $i (instantiate $m))
      (func (export "f") (canon lift (core func $i "f"))))
    """
    with pytest.raises(ValidationError) as caught:
        instance_of(text)
    assert str(caught.value).startswith(
        "lowered parameter types `[]` do not match parameter types `[I32]`"
    )


def test_what_a_core_module_lacks_is_told_at_once(instance_of: Any) -> None:
    text = """
    (component
      (core module $m (import "a" "f" (func)) (import "a" "g" (func)) (import "b" "h" (func)))
      (core module $a (func (export "f")))
      (core instance $a (instantiate $a))
      (core instance (instantiate $m (with "a" (instance $a)))))
    """
    with pytest.raises(ValidationError) as caught:
        instance_of(text)
    assert caught.value.details["missing"] == (
        "module instantiation argument `a` does not export an item named `g`",
        "missing module instantiation argument named `b`",
    )


def test_values_of_many_types_come_from_a_guest(linker: Linker, instance_of: Any) -> None:
    seen = []
    linker.define_function("take", lambda *values: seen.append(values))
    instance = instance_of("""
    (component
      (type $p' (record (field "x" u8) (field "y-y" f32)))
      (import "p" (type $p (eq $p')))
      (type $v' (variant (case "a") (case "b" u64) (case "c" f64)))
      (import "v" (type $v (eq $v')))
      (type $f' (flags "r" "w"))
      (import "f" (type $f (eq $f')))
      (type $e' (enum "red" "green"))
      (import "e" (type $e (eq $e')))
      (import "take" (func $take (param "p" $p) (param "v" $v) (param "f" $f) (param "e" $e)
        (param "o" (option u8)) (param "r" (result s8 (error char)))))
      (core func $take' (canon lower (func $take)))
      (core module $m
        (import "" "take" (func $take
          (param i32 f32 i32 i64 i32 i32 i32 i32 i32 i32)))
        (func (export "run")
          (call $take (i32.const 1) (f32.const 0.5) (i32.const 2) (i64.const 0x3ff0000000000000)
            (i32.const 3) (i32.const 1) (i32.const 1) (i32.const 9) (i32.const 0) (i32.const 255))))
      (core instance $i (instantiate $m (with "" (instance (export "take" (func $take'))))))
      (func (export "run") (canon lift (core func $i "run"))))
    """)
    instance.function("run").call()
    assert seen == [
        (
            Record({"x": 1, "y-y": 0.5}),
            Variant("c", 1.0),
            frozenset({"r", "w"}),
            "green",
            9,
            Ok(-1),
        )
    ]


def test_a_resource_of_another_tree_is_destroyed_there(
    linker: Linker, component_of: Any, instance_of: Any
) -> None:
    provider = instance_of(
        f"(component {stack().replace('(component', '(component $inner', 1)}"
        '(instance $i (instantiate $inner)) (export "a:b/stacks@1.0.0" (instance $i)))'
    )
    linker.define_instance("a:b/stacks@1.0.0", provider)
    consumer = instance_of("""
    (component
      (import "a:b/stacks@1.0.0" (instance $s
        (export "stack" (type $r (sub resource)))
        (export "[constructor]stack" (func (param "n" u32) (result (own $r))))))
      (alias export $s "stack" (type $r))
      (core func $new (canon lower (func $s "[constructor]stack")))
      (core func $drop (canon resource.drop $r))
      (core module $m
        (import "" "new" (func $new (param i32) (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (func (export "run") (call $drop (call $new (i32.const 9)))))
      (core instance $i (instantiate $m (with "" (instance
        (export "new" (func $new)) (export "drop" (func $drop))))))
      (func (export "run") (canon lift (core func $i "run"))))
    """)
    consumer.function("run").call()
    assert provider.function("dropped").call() == 9


def test_a_parent_does_not_destroy_its_childs_resources(instance_of: Any) -> None:
    child = stack().replace("(component", "(component $inner", 1)
    instance = instance_of(
        f"""
    (component
      {child}
      (instance $s (instantiate $inner))
      (alias export $s "stack" (type $r))
      (core func $drop (canon resource.drop $r))
      (core module $m
        (import "" "drop" (func $drop (param i32)))
        (func (export "f") (param i32) (call $drop (local.get 0))))
      (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
      (export $r' "stack" (type $r))
      (export "make" (func $s "[constructor]stack")
        (func (param "n" u32) (result (own $r'))))
      (func (export "f") (param "x" (own $r')) (canon lift (core func $i "f"))))
    """
    )
    handle = instance.function("make").call(4)
    with pytest.raises(Trap, match="cannot enter component instance"):
        instance.function("f").call(handle)


def test_a_lowered_function_may_be_lifted_again(linker: Linker, instance_of: Any) -> None:
    linker.define_function("f", lambda n: n + 1)
    instance = instance_of("""
    (component
      (import "f" (func $f (param "n" u32) (result u32)))
      (core func $f' (canon lower (func $f)))
      (func (export "g") (param "n" u32) (result u32) (canon lift (core func $f')))
      (export "h" (func $f)))
    """)
    assert instance.function("g").call(1) == 2
    assert instance.function("h").call(1) == 2


REALLOC = '(func (export "r") (param i32 i32 i32 i32) (result i32) i32.const 0)'


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (
            '(func (export "f") (param i32 i32)) (func (export "r") (result i32) i32.const 0)',
            "canonical option `realloc` uses a core function with an incorrect signature",
        ),
        (
            f'(func (export "f") (param i32)) {REALLOC}',
            "lowered parameter types `[I32, I32]` do not match parameter types `[I32]`",
        ),
        (
            f'(func (export "f") (param i32 i32) (result i32) i32.const 0) {REALLOC}',
            "lowered result types `[]` do not match result types `[I32]`",
        ),
    ],
)
def test_core_functions_of_the_wrong_type(parts: str, sentence: str, instance_of: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        instance_of(f"""
        (component
          (core module $m (memory (export "m") 1) {parts})
          (core instance $i (instantiate $m))
          (func (export "f") (param "s" string) (canon lift (core func $i "f")
            (memory (core memory $i "m")) (realloc (core func $i "r")))))
        """)
    assert str(caught.value).startswith(sentence)


def test_a_post_return_of_the_wrong_type(instance_of: Any) -> None:
    with pytest.raises(
        ValidationError, match="`post-return` uses a core function with an incorrect"
    ):
        instance_of("""
        (component
          (core module $m (func (export "f") (result i32) i32.const 0) (func (export "p")))
          (core instance $i (instantiate $m))
          (func (export "f") (result u32)
            (canon lift (core func $i "f") (post-return (core func $i "p")))))
        """)


def test_a_destructor_of_the_wrong_type(instance_of: Any) -> None:
    with pytest.raises(ValidationError, match="wrong signature for a destructor"):
        instance_of("""
        (component
          (core module $m (func (export "d")))
          (core instance $i (instantiate $m))
          (type (resource (rep i32) (dtor (core func $i "d")))))
        """)


@pytest.mark.parametrize(
    ("alias", "sentence"),
    [
        ('(alias core export $i "x" (core func))', "core instance 0 has no export named `x`"),
        ('(alias core export $i "f" (core memory))', "export `f` for core instance 0 is not a mem"),
    ],
)
def test_core_exports_that_are_not_there(alias: str, sentence: str, instance_of: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        instance_of(f"""
        (component (core module $m (func (export "f"))) (core instance $i (instantiate $m)) {alias})
        """)
    assert str(caught.value).startswith(sentence)


def test_instances_are_limited(instance_of: Any) -> None:
    one = "(core instance (instantiate $m))"
    with pytest.raises(ExhaustionError, match="more than 20 instances") as caught:
        instance_of(f"(component (core module $m) {one * 30})", Limits(instances=20))
    assert caught.value.resource == "instances"


def test_a_core_module_that_is_malformed_is_told_with_its_place(linker: Linker) -> None:
    module = b"\0asm\1\0\0\0\x0b\1\0\1\1\0"
    binary = b"\0asm\x0d\0\1\0" + bytes((1, len(module))) + module
    component = Component.from_binary(binary)
    with pytest.raises(DecodeError) as caught:
        component.load(linker.engine)
    assert caught.value.where == ByteOffset(binary.index(b"\1\1\0", 18), "a core module")


def test_out_of_memory_is_an_error_of_ours(linker: Linker, instance_of: Any) -> None:
    def ask(_: str) -> str:
        raise MemoryError

    with pytest.raises(ExhaustionError, match="the host is out of memory"):
        asking(linker, instance_of, ask).function("ask").call("x")


NUMBERS = """
(component
  (import "ask" (func $ask (param "n" u32) (result u32)))
  (core func $asked (canon lower (func $ask)))
  (core module $m
    (import "" "ask" (func $ask (param i32) (result i32)))
    (func (export "ask") (param i32) (result i32)
      (i32.add (call $ask (local.get 0)) (call $ask (i32.const 100))))
    (func (export "after") (param i32) (drop (call $ask (i32.const 3))))
    (func (export "boom") (param i32) unreachable))
  (core instance $host (export "ask" (func $asked)))
  (core instance $i (instantiate $m (with "" (instance $host))))
  (func (export "ask") (param "n" u32) (result u32) (canon lift (core func $i "ask")))
  (func (export "boom") (param "n" s8) (canon lift (core func $i "boom")))
  (func (export "after") (param "n" u32) (result u32)
    (canon lift (core func $i "ask") (post-return (core func $i "after")))))
"""


@pytest.fixture
def numbers(instance_of: Any, linker: Linker) -> Any:
    """An instance of NUMBERS whose host answers with a function."""

    def make(answer: Any) -> Any:
        linker.define_function("ask", answer)
        return instance_of(NUMBERS)

    return make


def test_numbers_pass_again_and_again(numbers: Any) -> None:
    ask = numbers(lambda n: n * 2).function("ask")
    assert [ask(n) for n in range(5)] == [200, 202, 204, 206, 208]
    with pytest.raises(ComponentError, match=r"argument n: expected u32 \(0 to 4294967295\)"):
        ask(-1)
    with pytest.raises(ComponentError, match="1 argument is expected"):
        ask()
    assert ask(True + 1) == 204


def test_the_host_may_answer_in_every_way(numbers: Any) -> None:
    def generator(n: int) -> Generator[Sleep, object, object]:
        yield from ()
        return n

    answers = iter([5, generator(6), generator(7), True + 7])
    ask = numbers(lambda _: next(answers)).function("ask")
    assert (ask(0), ask(0)) == (11, 15)
    with pytest.raises(Trap, match="Sleep cannot be awaited in a plain call"):
        numbers(Sleep).function("ask")(1)


def test_operations_of_a_plain_call_are_performed(numbers: Any) -> None:
    ask = numbers(Sleep).function("ask")
    ask.perform = lambda operation: operation.deadline_ns + 1
    assert ask(4) == 106


def test_a_trap_among_numbers_kills_the_instance(numbers: Any) -> None:
    instance = numbers(lambda n: n)
    with pytest.raises(Trap, match="unreachable") as caught:
        instance.function("boom")(3)
    assert [place.function_index for place in caught.value.backtrace] == [3]
    with pytest.raises(Trap, match="cannot enter component instance"):
        instance.function("ask")(3)


def test_errors_of_the_host_among_numbers(numbers: Any) -> None:
    def answer(n: int) -> object:
        raise [ValueError("no"), FileNotFoundError("gone"), GuestExit(3)][n]

    for number, error in enumerate((ValueError, OperationError, GuestExit)):
        instance = numbers(answer)
        with pytest.raises(error):
            instance.function("ask")(number)
        with pytest.raises(Trap, match="cannot enter component instance"):
            instance.function("ask")(0)


def test_the_guest_may_not_call_out_after_its_return(numbers: Any) -> None:
    with pytest.raises(Trap, match="cannot leave component instance"):
        numbers(lambda n: n).function("after")(1)


def test_a_guest_that_is_in_a_call_cannot_be_entered(numbers: Any) -> None:
    def answer(n: int) -> object:
        return instance.function("ask")(n)

    instance = numbers(answer)
    with pytest.raises(Trap, match="cannot enter component instance"):
        instance.function("ask")(1)
