"""Rules that were found by comparing verdicts with wasm-tools on mutants."""

from __future__ import annotations

import pytest

from pywasm_rt.component.binary import decode, encode
from pywasm_rt.component.features import DEFAULT
from pywasm_rt.component.text import parse, print_component
from pywasm_rt.component.validate import validate
from pywasm_rt.errors import DecodeError, ParseError, UnsupportedFeature, ValidationError

FEATURES = DEFAULT.with_(async_=True, error_context=True)

CORE = """
(core module $m (memory (export "m") 1) (func (export "f"))
  (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable)
  (rec (type $a (func)) (type $b (func))) (func (export "g") (type $a))
  (func (export "i") (result i32) unreachable))
(core instance $c (instantiate $m))
(alias core export $c "m" (core memory $mem))
(alias core export $c "f" (core func $f))
"""

VALID = {
    "what an instance's type shows, its later exports may mention": """
      (type $i (instance (type $v' (variant (case "x" u32))) (export "v" (type $v (eq $v')))
        (type $t (func (param "v" $v))) (export "f" (func (type $t)))))
      (import "i" (type (eq $i)))""",
    "a resource type keeps its names through an instance of another component": """
      (type $r (resource (rep i32)))
      (component $id (import "x" (instance $x (export "t" (type (sub resource)))))
        (export "y" (instance $x)))
      (instance $given (export "t" (type $r)))
      (instance $made (instantiate $id (with "x" (instance $given))))
      (export "c" (instance $made))
      (core module $m (func (export "f") (param i32)))
      (core instance $c (instantiate $m))
      (func $f (param "x" (own $r)) (canon lift (core func $c "f")))
      (export "f" (func $f))""",
    "a handle of a stream or future is no pointer": f"""{CORE}
      (type $s (future string))
      (func (result $s) (canon lift (core func $c "i")))""",
}
INVALID = {
    "constructor function cannot be async": """
      (import "a" (type $a (sub resource)))
      (type $f (func async (result (own $a))))
      (import "[constructor]a" (func (type $f)))""",
    "`[async]a` is not a valid extern name": '(import "[async]a" (func))',
    "local resource type found in imports: `t` mentions resource": """
      (type $r (resource (rep i32))) (import "t" (type (eq $r)))""",
    "local resource type found in imports: `t` mentions r": """
      (type (component (export "r" (type $r (sub resource))) (import "t" (type (eq $r)))))""",
    "`async` cannot be specified for `task.return`": "(core func (canon task.return async))",
    "`post-return` cannot be specified for `stream.write`": f"""{CORE}
      (type $s (stream u8))
      (core func (canon stream.write $s (memory $mem) (post-return $f)))""",
    "`post-return` cannot be specified for `error-context.new`": f"""{CORE}
      (core func (canon error-context.new (memory $mem) (post-return $f)))""",
    "is of the type (func), which is another": f"""{CORE}
      (func (canon lift (core func $c "g")))""",
}


@pytest.mark.parametrize("rule", VALID)
def test_what_is_valid(rule: str) -> None:
    component = parse(f"(component {VALID[rule]})")
    validate(component, FEATURES)
    validate(decode(encode(component)), FEATURES)


@pytest.mark.parametrize("sentence", INVALID)
def test_what_is_not(sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        validate(parse(f"(component {INVALID[sentence]})"), FEATURES)
    assert sentence in str(caught.value)


def test_version_suffixes_have_a_switch() -> None:
    for text in (
        '(import "a:b/c@1" (version-suffix ".2.3") (instance))',
        '(instance (export "a:b/c@1" (version-suffix ".2.3") (func $f)))',
        '(type (instance (export "a:b/c@1" (version-suffix ".2.3") (instance))))',
    ):
        component = parse(f'(component (import "f" (func $f)) {text})')
        with pytest.raises(UnsupportedFeature, match="component-model-canonical-names"):
            validate(decode(encode(component)))


def test_of_core_items_only_modules_pass_between_components() -> None:
    with pytest.raises(ParseError, match="of core items only modules pass between components"):
        parse(f'(component {CORE} (instance (export "f" (core func $f))))')
    binary = encode(parse('(component (import "f" (func $f)) (export "g" (func $f)))'))
    assert binary.endswith(b"\x01g\x01\x00\x00")
    with pytest.raises(DecodeError, match="invalid leading byte"):
        # The same section, as long as before, with a core function in it.
        decode(binary.removesuffix(b"\x01g\x01\x00\x00") + b"\x00\x00\x00\x00\x00")
    core_module = '(component (core module $m) (export "m" (core module $m)))'
    validate(decode(encode(parse(core_module))))


def test_names_that_are_taken_are_written_as_annotations() -> None:
    binary = encode(parse("(component (core module $m) (component $c) (component (;1;)))"))
    inner = parse(print_component(decode(binary)))
    inner.definitions = [*inner.definitions, *inner.definitions]
    text = print_component(inner)
    assert '(@name "m")' in text
    assert '(@name "c")' in text
    assert encode(parse(text)) == encode(inner)
