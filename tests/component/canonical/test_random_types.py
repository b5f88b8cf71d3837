"""Random types and values through a guest's memory: what the guest is given, it gives on to the
host, whose answer it returns.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pywasm_rt.component import types as t
from pywasm_rt.component.canonical.signature import core_type_of_lifted, core_type_of_lowered
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.component import Component
from pywasm_rt.component.features import DEFAULT
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.text import parse
from pywasm_rt.component.values import Err, Ok
from pywasm_rt.engine import get_engine
from pywasm_rt.wasm.types import I32, I64, NumberType

FEATURES = DEFAULT.with_(fixed_length_lists=True, memory64=True)
ANSWER = 65_536  # where the host's answer goes: its own page, the first is for allocations
ALLOCATOR = """
(core module $memory
  (memory (export "m") ADDRESS 3)
  (global $next (mut ADDRESS) (ADDRESS.const 16))
  (func (export "r") (param ADDRESS ADDRESS ADDRESS ADDRESS) (result ADDRESS)
    (global.set $next (ADDRESS.and
      (ADDRESS.add (global.get $next) (ADDRESS.sub (local.get 2) (ADDRESS.const 1)))
      (ADDRESS.sub (ADDRESS.const 0) (local.get 2))))
    (global.get $next)
    (global.set $next (ADDRESS.add (global.get $next) (local.get 3)))))
(core instance $memory (instantiate $memory))
(alias core export $memory "m" (core memory $m))
(alias core export $memory "r" (core func $r))
"""


class Definitions:
    """The text of types; those that need a name are imported under one."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def use(self, type: t.ValueType | None) -> str:
        """How a type is referred to."""
        if type is None:
            return ""
        if isinstance(type, t.PrimitiveType):
            return str(type)
        written, number = self.write(type), len(self.lines)
        self.lines.append(f"(type $t{number} {written})")
        if not isinstance(type, t.RecordType | t.VariantType | t.EnumType | t.FlagsType):
            return f"$t{number}"
        self.lines.append(f'(import "type-n{number}" (type $n{number} (eq $t{number})))')
        return f"$n{number}"

    def write(self, type: t.ValueType) -> str:
        """A type in words."""
        match type:
            case t.ListType(element, length):
                return f"(list {self.use(element)} {'' if length is None else length})"
            case t.MapType(key, value):
                return f"(map {self.use(key)} {self.use(value)})"
            case t.RecordType(fields):
                return f"(record {' '.join(self.labelled('field', fields))})"
            case t.VariantType(cases):
                return f"(variant {' '.join(self.labelled('case', cases))})"
            case t.TupleType(elements):
                return f"(tuple {' '.join(map(self.use, elements))})"
            case t.EnumType(labels):
                return f"(enum {' '.join(map(_quoted, labels))})"
            case t.FlagsType(labels):
                return f"(flags {' '.join(map(_quoted, labels))})"
            case t.OptionType(payload):
                return f"(option {self.use(payload)})"
            case t.ResultType(ok, error):
                err = "" if error is None else f"(error {self.use(error)})"
                return f"(result {self.use(ok)} {err})"
        raise AssertionError(type)

    def labelled(self, word: str, parts: Any) -> list[str]:
        return [f"({word} {_quoted(name)} {self.use(part)})" for name, part in parts]


def _quoted(name: str) -> str:
    return f'"{name}"'


def forwarder(type: t.ValueType, encoding: StringEncoding, address: NumberType = I32) -> str:
    """A component whose ``f`` gives its argument to the imported ``g``, and returns the answer."""
    definitions = Definitions()
    use = definitions.use(type)
    function = t.FunctionType((("x", type),), type)
    lifted = core_type_of_lifted(function, address=address)
    lowered = core_type_of_lowered(function, address=address)
    parameters = " ".join(map(str, lifted.parameters))
    count = len(lifted.parameters)
    arguments = " ".join(f"(local.get {number})" for number in range(count))
    through_memory = len(lowered.parameters) > count
    place = f"({address}.const {ANSWER})" if through_memory else ""
    options = f"(memory $m) (realloc $r) string-encoding={encoding.value}"
    return f"""(component {" ".join(definitions.lines)} {ALLOCATOR.replace("ADDRESS", str(address))}
      (import "g" (func $g (param "x" {use}) (result {use})))
      (core func $g (canon lower (func $g) {options}))
      (core module $main
        (import "" "g" (func $g (param {" ".join(map(str, lowered.parameters))})
          (result {" ".join(map(str, lowered.results))})))
        (func (export "f") (param {parameters}) (result {" ".join(map(str, lifted.results))})
          (call $g {arguments} {place}) {place}))
      (core instance $main (instantiate $main (with "" (instance (export "g" (func $g))))))
      (func (export "f") (param "x" {use}) (result {use})
        (canon lift (core func $main "f") {options})))"""


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(list(StringEncoding)), st.sampled_from([I32, I64]))
def test_values_go_through_a_guest_and_come_back(
    typed_values: Any,
    same_value: Any,
    engine_name: str,
    data: Any,
    encoding: StringEncoding,
    address: NumberType,
) -> None:
    type, value = data.draw(typed_values)
    component = Component.from_syntax(parse(forwarder(type, encoding, address)), FEATURES)
    seen: list[Any] = []

    def give(argument: Any) -> Any:
        seen.append(argument)
        return argument

    linker = Linker(get_engine(engine_name))
    linker.define_function("g", give)
    answer = linker.instantiate(component).function("f").call(value)
    assert same_value(seen[0], value)
    assert same_value(answer, value)
    assert component.exports["f"] == t.FunctionType((("x", type),), type)


@pytest.mark.parametrize("types", [(I32, I64), (I64, I32), (I64, I64)])
@pytest.mark.parametrize(
    "encodings",
    [(StringEncoding.UTF8, StringEncoding.LATIN1_UTF16), (StringEncoding.UTF16,) * 2],
)
def test_guests_with_memories_of_different_addresses_call_each_other(
    same_value: Any,
    engine_name: str,
    types: tuple[NumberType, NumberType],
    encodings: tuple[StringEncoding, StringEncoding],
) -> None:
    pair = t.TupleType((t.U8, t.STRING))
    few = t.TupleType((t.ListType(pair), t.OptionType(t.STRING), t.ResultType(t.F64, t.STRING)))
    values: Any = ([(1, "é"), (255, "\U0001f600")], "x" * 300, Err("\0€"))
    for type, value in (
        (t.STRING, "hö"),
        (few, values),
        # More than travels flat.
        (t.TupleType((few, few, *[t.U16] * 9)), (values, ([], None, Ok(-0.5)), *range(9))),
    ):
        use = Definitions()
        use.use(type)
        inner, outer = [
            forwarder(type, *choice).replace("(component", f"(component ${name}", 1)
            for name, choice in zip(
                ("inner", "outer"), zip(encodings, types, strict=True), strict=True
            )
        ]
        name = use.use(type)
        text = f"""(component {inner} {outer} {" ".join(use.lines)}
          (import "g" (func $g (param "x" {name}) (result {name})))
          (instance $inner (instantiate $inner (with "g" (func $g))))
          (instance $outer (instantiate $outer (with "g" (func $inner "f"))))
          (export "f" (func $outer "f")))"""
        linker = Linker(get_engine(engine_name))
        seen: list[Any] = []
        linker.define_function("g", lambda it, seen=seen: seen.append(it) or it)
        instance = linker.instantiate(Component.from_syntax(parse(text), FEATURES))
        assert same_value(instance.function("f").call(value), value)
        assert same_value(seen, [value])


@pytest.mark.parametrize("encoding", list(StringEncoding))
def test_a_nan_comes_back_as_one(encoding: StringEncoding, engine_name: str) -> None:
    text = forwarder(t.TupleType((t.F32, t.STRING, t.F64)), encoding)
    linker = Linker(get_engine(engine_name))
    linker.define_function("g", lambda it: it)
    instance = linker.instantiate(Component.from_syntax(parse(text), FEATURES))
    single, text, double = instance.function("f").call((math.nan, "é\U0001f600€", -math.nan))
    assert math.isnan(single)
    assert math.isnan(double)
    assert text == "é\U0001f600€"
