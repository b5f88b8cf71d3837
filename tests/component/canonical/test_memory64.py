"""Guests with a 64-bit memory: what is asked of them, what reaches them, what they get wrong."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.features import DEFAULT
from pywasm_rt.component.instance import ComponentInstance
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.text import parse
from pywasm_rt.component.types import ResourceType
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import Trap, UnsupportedFeature, ValidationError
from pywasm_rt.wasm.features import DEFAULT as CORE_DEFAULT

FEATURES = DEFAULT.with_(memory64=True, error_context=True, async_=True)

MEMORY = """
(core module $memory (memory (export "m") i64 1)
  (global $next (mut i64) (i64.const 1024))
  (func (export "r") (param i64 i64 i64 i64) (result i64)
    (global.set $next (i64.and (i64.add (global.get $next) (i64.const 7)) (i64.const -8)))
    (global.get $next)
    (global.set $next (i64.add (global.get $next) (local.get 3))))
  (func (export "bad") (param i64 i64 i64 i64) (result i64) (i64.const 0x8000000000000000))
  (func (export "narrow") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
(core instance $memory (instantiate $memory))
(alias core export $memory "m" (core memory $m))
(alias core export $memory "r" (core func $r))
(alias core export $memory "bad" (core func $bad))
(alias core export $memory "narrow" (core func $narrow))
"""
OPTIONS = "(memory $m) (realloc $r)"
FAR = 1 << 63


def main(functions: str, imports: str = "", given: str = "") -> str:
    """Text of a core module with functions, and its instance ``$main``."""
    return f"""(core module $main (import "memory" "m" (memory i64 1)) {imports} {functions})
      (core instance $main (instantiate $main (with "memory" (instance $memory))
        (with "" (instance {given}))))"""


def component(text: str, **switches: Any) -> Component:
    features = FEATURES.with_(**switches)
    return Component.from_syntax(parse(f"(component {MEMORY} {text})"), features)


def instance_of(text: str, engine_name: str, **functions: Any) -> ComponentInstance:
    linker = Linker(get_engine(engine_name))
    for name, function in functions.items():
        linker.define_function(name, function)
    return linker.instantiate(component(text))


# The length as it arrives, and a string given as pointer and length.
STRINGS = (
    main("""
  (func (export "length") (param i64 i64) (result i64) (local.get 1))
  (func (export "give") (param i64 i64) (result i64)
    (i64.store (i64.const 32) (local.get 0))
    (i64.store (i64.const 40) (local.get 1))
    (i64.const 32))
  (func (export "at") (param i64) (result i64) (local.get 0))""")
    + f"""
  (func (export "length") (param "s" string) (result u64)
    (canon lift (core func $main "length") {OPTIONS} ENCODING))
  (func (export "give") (param "pointer" u64) (param "length" u64) (result string)
    (canon lift (core func $main "give") {OPTIONS} ENCODING))
  (func (export "list") (param "pointer" u64) (param "length" u64) (result (list u64))
    (canon lift (core func $main "give") {OPTIONS}))
  (func (export "at") (param "pointer" u64) (result (tuple u64 string))
    (canon lift (core func $main "at") {OPTIONS}))
"""
)


def strings(encoding: str, engine_name: str) -> ComponentInstance:
    text = STRINGS.replace("ENCODING", f"string-encoding={encoding}")
    return instance_of(text, engine_name)


@pytest.mark.parametrize(
    ("encoding", "text", "length"),
    [
        ("utf8", "hö", 3),
        ("utf16", "hö\U0001f600", 4),
        ("latin1+utf16", "hö", 2),
        ("latin1+utf16", "h€", FAR | 2),
    ],
)
def test_lengths_are_64_bits_wide(encoding: str, text: str, length: int, engine_name: str) -> None:
    instance = strings(encoding, engine_name)
    assert instance.function("length").call(text) == length
    # Where the first string of an instance lies.
    assert instance.function("give").call(1024, length) == text


@pytest.mark.parametrize("encoding", ["utf8", "utf16", "latin1+utf16"])
@pytest.mark.parametrize(
    ("pointer", "length"),
    [
        (FAR, 0),
        (FAR, 1),
        (0, FAR - 1),
        (65_535, 2),
        (65_536, 1),
        (8, 2**32),
        (8, 2**32 + 1),
        (2**32 + 8, 1),
        (8, 1 << 31),
        (2**64 - 2, 2),
        (2**64 - 2, FAR - 1),
    ],
)
def test_a_string_out_of_bounds_traps(
    encoding: str, pointer: int, length: int, engine_name: str
) -> None:
    give = strings(encoding, engine_name).function("give")
    with pytest.raises(Trap, match=r"string pointer/length out of bounds|unaligned"):
        give.call(pointer, length)


@pytest.mark.parametrize(
    ("pointer", "length"), [(FAR, 1), (8, FAR), (8, 1 << 61), (8, 1 << 29), (2**64 - 8, 1)]
)
def test_a_list_out_of_bounds_traps(pointer: int, length: int, engine_name: str) -> None:
    function = strings("utf8", engine_name).function("list")
    with pytest.raises(Trap, match="list pointer/length out of bounds"):
        function.call(pointer, length)


@pytest.mark.parametrize("pointer", [FAR, 65_536 - 16, 2**32, 2**64 - 8])
def test_a_result_out_of_bounds_traps(pointer: int, engine_name: str) -> None:
    function = strings("utf8", engine_name).function("at")
    with pytest.raises(Trap, match="pointer out of bounds of memory"):
        function.call(pointer)


def test_a_place_for_parameters_out_of_bounds_traps(engine_name: str) -> None:
    text = (
        main('(func (export "f") (param i64 i64))')
        + """
      (func (export "f") (param "s" string)
        (canon lift (core func $main "f") (memory $m) (realloc $bad)))"""
    )
    with pytest.raises(Trap, match="realloc return: beyond end of memory"):
        instance_of(text, engine_name).function("f").call("x")


# Spilled parameters on the way in and on the way out, and a result at a place.
MANY = " ".join(f'(param "p{n}" u16)' for n in range(16)) + ' (param "s" string) (result string)'
FORWARD = (
    f"""
  (import "g" (func $g {MANY}))
  (core func $g (canon lower (func $g) {OPTIONS}))
"""
    + main(
        """
  (func (export "f") (param i64) (result i64)
    (call $g (i64.add (local.get 0) (global.get $off)) (i64.const PLACE)) (i64.const 16))
  (global $off (mut i64) (i64.const OFFSET))""",
        '(import "" "g" (func $g (param i64 i64)))',
        '(export "g" (func $g))',
    )
    + f"""
  (func (export "f") {MANY} (canon lift (core func $main "f") {OPTIONS}))"""
)


def test_many_parameters_are_passed_at_an_address(engine_name: str) -> None:
    seen: list[Any] = []

    def g(*arguments: Any) -> str:
        seen.extend(arguments)
        return arguments[-1] * 2

    text = FORWARD.replace("OFFSET", "0").replace("PLACE", "16")
    assert instance_of(text, engine_name, g=g).function("f").call(*range(16), "☃") == "☃☃"
    assert seen == [*range(16), "☃"]


@pytest.mark.parametrize(
    ("offset", "place", "what"),
    [(FAR, 16, "parameters or result"), (0, FAR, "result"), (0, 2**64 - 16, "result")],
)
def test_addresses_that_a_guest_passes_are_checked(
    offset: int, place: int, what: str, engine_name: str
) -> None:
    text = FORWARD.replace("OFFSET", hex(offset)).replace("PLACE", hex(place))
    function = instance_of(text, engine_name, g=lambda *it: it[-1]).function("f")
    with pytest.raises(Trap, match=f"pointer out of bounds of memory: {what}"):
        function.call(*range(16), "x")


def test_handles_stay_32_bits_wide(engine_name: str) -> None:
    text = (
        """
      (import "thing" (type $thing (sub resource)))
      (type $own (own $thing)) (type $list (list $own))
    """
        + main("""
      (func (export "f") (param i64 i64) (result i64)
        (i64.store (i64.const 32) (local.get 0))
        (i64.store (i64.const 40) (local.get 1))
        (i64.const 32))""")
        + f"""
      (func (export "f") (param "l" $list) (result $list)
        (canon lift (core func $main "f") {OPTIONS}))"""
    )
    linker = Linker(get_engine(engine_name))
    linker.define_resource("thing", ResourceType("thing"))
    things = [object(), object(), object()]
    assert linker.instantiate(component(text)).function("f").call(things) == things


def test_error_contexts_have_messages_in_a_64_bit_memory(engine_name: str) -> None:
    text = (
        f"""
      (core func $new (canon error-context.new (memory $m)))
      (core func $message (canon error-context.debug-message {OPTIONS}))
    """
        + main(
            """
      (func (export "f") (param i64 i64) (result i64)
        (call $message (call $new (local.get 0) (local.get 1)) (i64.const 32)) (i64.const 32))""",
            """(import "" "new" (func $new (param i64 i64) (result i32)))
        (import "" "message" (func $message (param i32 i64)))""",
            '(export "new" (func $new)) (export "message" (func $message))',
        )
        + f"""
      (func (export "f") (param "s" string) (result string)
        (canon lift (core func $main "f") {OPTIONS}))"""
    )
    assert instance_of(text, engine_name).function("f").call("bad luck") == "bad luck"


def test_async_functions_pass_values_through_a_64_bit_memory(engine_name: str) -> None:
    text = (
        f"""
      (import "g" (func $g async (param "s" string) (result string)))
      (core func $g (canon lower (func $g) async {OPTIONS}))
      (core func $return (canon task.return (result string) (memory $m)))
    """
        + main(
            """
      (func (export "f") (param i64 i64)
        (if (i32.ne (call $g (local.get 0) (local.get 1) (i64.const 32)) (i32.const 2))
          (then unreachable))
        (call $return (i64.load (i64.const 32)) (i64.load (i64.const 40))))""",
            """(import "" "g" (func $g (param i64 i64 i64) (result i32)))
        (import "" "return" (func $return (param i64 i64)))""",
            '(export "g" (func $g)) (export "return" (func $return))',
        )
        + f"""
      (func (export "f") async (param "s" string) (result string)
        (canon lift (core func $main "f") async {OPTIONS}))"""
    )
    function = instance_of(text, engine_name, g=lambda it: it + "!").function("f")
    assert function.call("hö") == "hö!"


F = '(func (export "f") (param "s" string) (canon lift (core func $main "f") (memory $m) '


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            main('(func (export "f") (param i64 i64))') + F + "(realloc $narrow)))",
            "canonical option `realloc` uses a core function with an incorrect signature",
        ),
        (
            main('(func (export "f") (param i32 i32))') + F + "(realloc $r)))",
            r"lowered parameter types `\[I64, I64\]` do not match parameter types `\[I32, I32\]`",
        ),
        (
            """(core module $n (memory (export "m") 1) (func (export "f") (param i32 i32)))
            (core instance $n (instantiate $n))
            (func (param "s" string)
              (canon lift (core func $n "f") (memory (core memory $n "m")) (realloc $r)))""",
            "canonical option `realloc` uses a core function with an incorrect signature",
        ),
        (
            main('(func (export "f") (result i32))')
            + """(func (result string)
              (canon lift (core func $main "f") (memory $m)))""",
            r"lowered result types `\[I64\]` do not match result types `\[I32\]`",
        ),
    ],
)
def test_core_functions_must_have_64_bit_pointers(text: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        component(text)


@pytest.mark.parametrize(
    ("canon", "type"),
    [
        ("stream.read $s async (memory $m)", "(param i32 i64 i64) (result i64)"),
        ("stream.write $s async (memory $m)", "(param i32 i64 i64) (result i64)"),
        ("stream.write $none async", "(param i32 i32 i32) (result i32)"),
        ("future.read $f async (memory $m)", "(param i32 i64) (result i32)"),
        ("future.write $f async (memory $m)", "(param i32 i64) (result i32)"),
        ("waitable-set.wait (memory $m)", "(param i32 i64) (result i32)"),
        ("waitable-set.poll cancellable (memory $m)", "(param i32 i64) (result i32)"),
        ("error-context.new (memory $m)", "(param i64 i64) (result i32)"),
        ("task.return (result string) (memory $m)", "(param i64 i64)"),
    ],
)
def test_built_ins_take_addresses_of_the_memory(canon: str, type: str) -> None:
    text = f"""(type $s (stream u8)) (type $none (stream)) (type $f (future u8))
      (core func $b (canon {canon}))
      (core module $user (import "" "b" (func TYPE)))
      (core instance (instantiate $user (with "" (instance (export "b" (func $b))))))"""
    component(text.replace("TYPE", type))
    with pytest.raises(ValidationError):
        component(text.replace("TYPE", type.replace("i64", "f64").replace("i32", "f32")))


def test_64_bit_memories_have_a_switch() -> None:
    text = main('(func (export "f") (param i64 i64))') + F + "(realloc $r)))"
    component(text)
    with pytest.raises(UnsupportedFeature) as caught:
        component(text, memory64=False)
    assert caught.value.feature == "component-model-memory64"
    assert "a memory with 64-bit addresses as an option" in str(caught.value)
    with pytest.raises((UnsupportedFeature, ValidationError), match="memory64"):
        component(text, core=CORE_DEFAULT.with_(memory64=False))
