"""The runner of scripts: every command and assertion, holding and failing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.wasm.features import DEFAULT, Features
from spec_tests.generator import EVERYTHING
from spec_tests.runner import ROUTES, FileResult, run_file


def run(
    folder: Path, script: str, features: Features = EVERYTHING, route: str = "text"
) -> FileResult:
    """Run the text of a script."""
    path = folder / "script.wast"
    path.write_text(script)
    return run_file(path, get_engine("reference"), route, features)


def failures(result: FileResult) -> list[tuple[int, str]]:
    """Line and complaint of what failed."""
    return [(failure.line, failure.complaint) for failure in result.failures]


HOLDS = """
(module $A
  (tag $e (export "e") (param i32))
  (global (export "g") i64 (i64.const -7))
  (func (export "nan") (result f32) (f32.const -nan:0x400001))
  (func (export "pair") (result i32 f64) (i32.const 1) (f64.const -0))
  (func (export "throw") (throw $e (i32.const 1)))
  (func (export "vector") (result v128) (v128.const f32x4 nan 1 inf -0))
  (func (export "same") (param externref) (result externref) (local.get 0))
  (func (export "inside") (param externref) (result anyref) (any.convert_extern (local.get 0)))
  (func (export "outside") (result externref) (extern.convert_any (ref.i31 (i32.const 1))))
  (func (export "i31") (result anyref) (ref.i31 (i32.const 1)))
  (func $f (export "function") (result funcref) (ref.func $f))
  (func $deep (export "deep") (call $deep)))
(assert_return (get "g") (i64.const -7))
(assert_return (get $A "g") (i64.const 0xfffffffffffffff9))
(assert_return (invoke "nan") (f32.const nan:arithmetic))
(assert_return (invoke "pair") (i32.const 1) (f64.const -0))
(assert_exception (invoke "throw"))
(assert_return (invoke "vector") (v128.const f32x4 nan:canonical 1 inf -0))
(assert_return (invoke "same" (ref.extern 3)) (ref.extern 3))
(assert_return (invoke "same" (ref.extern 3)) (ref.extern))
(assert_return (invoke "same" (ref.null extern)) (ref.null extern))
(assert_return (invoke "same" (ref.null extern)) (ref.null))
(assert_return (invoke "inside" (ref.extern 4)) (ref.host 4))
(assert_return (invoke "inside" (ref.extern 4)) (ref.any))
(assert_return (invoke "outside") (ref.extern))
(assert_return (invoke "i31") (ref.i31))
(assert_return (invoke "i31") (ref.eq))
(assert_return (invoke "i31") (ref.any))
(assert_return (invoke "function") (ref.func))
(assert_return (invoke "nan") (either (f32.const 1) (f32.const nan:0x1) (f32.const nan:arithmetic)))
(assert_exhaustion (invoke "deep") "call stack exhausted")
(module definition $D (memory 1) (func (export "grow") (result i32) (memory.grow (i32.const 1))))
(module instance $one $D)
(module instance $two $D)
(assert_return (invoke $one "grow") (i32.const 1))
(assert_return (invoke $one "grow") (i32.const 2))
(assert_return (invoke $two "grow") (i32.const 1))
(register "A" $A)
(module (import "A" "g" (global i64)) (import "spectest" "print_i32" (func $p (param i32)))
  (func $s (call $p (i32.const 1))) (start $s))
(assert_unlinkable (module (import "A" "h" (global i64))) "unknown import")
(assert_unlinkable (module (import "A" "g" (global i32))) "incompatible import type")
(assert_trap (module (func $s unreachable) (start $s)) "unreachable")
(assert_malformed (module quote "(func") "unexpected token")
(assert_malformed (module binary "") "unexpected end")
(assert_malformed (module binary "\\00asm\\02\\00\\00\\00") "unknown binary version")
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_invalid (module quote "(func (result i32))") "type mismatch")
(assert_malformed_custom (module quote "(@name 1)") "@name annotation")
"""


@pytest.mark.parametrize("route", ROUTES)
def test_what_holds(tmp_path: Path, route: str) -> None:
    result = run(tmp_path, HOLDS, route=route)
    assert failures(result) == []
    assert result.passed == HOLDS.count("(assert_")


@pytest.mark.parametrize(
    ("assertion", "complaint"),
    [
        ('(assert_return (invoke "nan") (f32.const nan:canonical))', "expected (NaNPattern"),
        ('(assert_return (invoke "pair") (i32.const 1))', "expected (NumberPattern"),
        ('(assert_return (invoke "pair") (i32.const 1) (f64.const 0))', "expected (NumberPattern"),
        ('(assert_return (invoke "pair") (i64.const 1) (f64.const -0))', "expected (Num"),
        ('(assert_return (invoke "i31") (ref.extern))', "expected (ReferencePattern"),
        ('(assert_return (invoke "outside") (ref.i31))', "expected (ReferencePattern"),
        ('(assert_return (invoke "inside" (ref.extern 4)) (ref.extern 4))', "expected (Ref"),
        ('(assert_return (invoke "inside" (ref.extern 4)) (ref.eq))', "expected (Ref"),
        ('(assert_return (invoke "inside" (ref.extern 4)) (ref.host 5))', "expected (Ref"),
        ('(assert_return (invoke "function") (ref.null func))', "expected (Ref"),
        ('(assert_return (invoke "nan") (either (f32.const 1) (f32.const 2)))', "expected (Either"),
        ('(assert_return (invoke "throw"))', "expected assert_return '', got GuestException"),
        ('(assert_return (invoke "nothing"))', "expected assert_return '', got KeyError"),
        ('(assert_trap (invoke "throw") "")', "expected assert_trap '', got GuestException"),
        ('(assert_trap (invoke "pair") "x")', "expected 'x', but it succeeded"),
        ('(assert_exhaustion (invoke "deep") "call stack is")', "expected 'call stack is', got"),
        ('(assert_exception (invoke "deep"))', "expected assert_exception '', got Exhaustion"),
        ("(assert_malformed (module (func (result i32))) \"type\")", "expected 'type', but"),
        ('(assert_malformed (module binary "\\00asm\\01\\00\\00\\00\\03\\02\\01\\00") "unknown")',
         "expected 'unknown', got function and code section"),
        ('(assert_invalid (module quote "(func") "unexpected token")', "expected assert_invalid"),
        ('(assert_invalid (module) "x")', "expected 'x', but it succeeded"),
        ('(assert_unlinkable (module) "unknown import")', "expected 'unknown import', but"),
        ("(assert_unlinkable (module (func (result i32))) \"type mismatch\")",
         "expected assert_unlinkable"),
        ('(assert_malformed_custom (module (func)) "x")', "expected 'x', but it succeeded"),
    ],
)  # fmt: skip
def test_what_does_not_hold(tmp_path: Path, assertion: str, complaint: str) -> None:
    script = HOLDS[: HOLDS.index("(assert_return")] + assertion
    ((line, found),) = failures(run(tmp_path, script))
    assert line == script.count("\n") + 1
    assert found.startswith(complaint)


def test_other_commands_fail_too(tmp_path: Path) -> None:
    script = """(module (func (export "f") unreachable))
(invoke "f")
(get "g")
(register "x" $nowhere)
(module instance $a $nowhere)
(module (import "x" "y" (func)))
(module (func (result i32)))
(module $late (func (export "f")))
(assert_return (invoke $late "f"))
"""
    result = run(tmp_path, script)
    assert [line for line, _ in failures(result)] == [2, 3, 4, 5, 6, 7]
    assert result.passed == 1
    assert failures(result)[0][1].startswith("failed: Trap('unreachable')")


def test_a_feature_that_is_off_counts_as_malformed_by_its_text(tmp_path: Path) -> None:
    binary = '"\\00asm\\01\\00\\00\\00\\05\\04\\01\\03\\01\\01"'
    script = f'(assert_malformed (module binary {binary}) "malformed limits flags")'
    assert failures(run(tmp_path, script, DEFAULT)) == []
    assert failures(run(tmp_path, script, EVERYTHING)) != []


# Threads

SHARED = '(module $M (memory (export "shared") 1 1 shared))\n'
WAITS = """(thread $T1 (shared (module $M))
  (register "m" $M)
  (module (memory (import "m" "shared") 1 1 shared)
    (func (export "wait") (param i64) (result i32)
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (local.get 0))))
  (assert_return (invoke "wait" (i64.const TIME)) (i32.const RESULT)))
"""
NOTIFIES = """(thread $T2 (shared (module $M))
  (register "m" $M)
  (module (memory (import "m" "shared") 1 1 shared)
    (func (export "notify") (result i32)
      (loop $again
        (br_if $again (i32.eqz (memory.atomic.notify (i32.const 0) (i32.const 1)))))
      (i32.const 1)))
  (assert_return (invoke "notify") (i32.const 1)))
"""


def waiting(time: int, result: int) -> str:
    """A thread that waits, and what it expects of that."""
    return WAITS.replace("TIME", str(time)).replace("RESULT", str(result))


def test_threads_of_a_script_wait_and_notify(tmp_path: Path) -> None:
    script = SHARED + waiting(-1, 0) + NOTIFIES + "(wait $T1)\n(wait $T2)\n"
    result = run(tmp_path, script)
    assert failures(result) == []
    assert result.passed == 0, "assertions of threads count only where they fail"


def test_time_is_over_soon(tmp_path: Path) -> None:
    assert failures(run(tmp_path, SHARED + waiting(10**18, 2) + "(wait $T1)")) == []


def test_a_failed_assertion_of_a_thread_is_a_failure(tmp_path: Path) -> None:
    ((line, complaint),) = failures(run(tmp_path, SHARED + waiting(0, 1) + "(wait $T1)"))
    assert line == 7
    assert complaint.startswith("expected (NumberPattern")


def test_a_thread_that_nobody_notifies_does_not_hang(tmp_path: Path) -> None:
    ((line, complaint),) = failures(run(tmp_path, SHARED + waiting(-1, 0) + "(wait $T1)"))
    assert line == 7
    assert "nobody notifies who waits here" in complaint
