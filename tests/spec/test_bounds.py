"""Deep and large things within bounds: of memory, of the call stack, of what is really used.

Memory is measured in a process of its own: how far its peak rises from after a small run to after
the large one.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import call
from pywasm_rt.engine.interface import Instance, Limits
from pywasm_rt.errors import ExhaustionError, ValidationError
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

STATUS = Path("/proc/self/status")
REPOSITORY = Path(__file__).resolve().parents[2]
MEBIBYTE = 1 << 20

SCRIPT = """
import json, sys
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import call
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.binary import encode
from pywasm_rt.engine.interface import Limits

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))

task = json.load(sys.stdin)
engine = get_engine(task["engine"])
limits = Limits(call_depth=task["call_depth"])
small = encode(parse(task["small"]))
large = encode(parse(task["large"]))
peaks, values = [], []
for binary, arguments in ((small, task["small_arguments"]), (large, task["large_arguments"])):
    instance = engine.instantiate(engine.load(binary), limits=limits)
    values.append(call(instance, instance.exports["run"], arguments))
    peaks.append(peak())
json.dump({"rise": peaks[1] - peaks[0], "values": values}, sys.stdout)
"""


@dataclass
class Measured:
    """By how many bytes the peak rose, and the results of the small and the large run."""

    rise: int
    values: list[list[object]]


def measure(
    engine: str,
    small: str,
    large: str,
    small_arguments: tuple[int, ...] = (),
    large_arguments: tuple[int, ...] = (),
    call_depth: int = 65_536,
) -> Measured:
    """Run ``run`` of two modules one after the other in a new process."""
    if not STATUS.exists():
        pytest.skip("the peak of a process's memory is read from /proc")
    task = {
        "engine": engine,
        "small": small,
        "large": large,
        "small_arguments": small_arguments,
        "large_arguments": large_arguments,
        "call_depth": call_depth,
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(task),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return Measured(**json.loads(done.stdout))


# Tail calls

COUNTING = """(module
  (type $count (func (param i32 i32) (result i32)))
  (table funcref (elem $run))
  (elem declare func $run)
  (func $run (export "run") (type $count)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (i32.sub (local.get 0) (i32.const 1))
    (i32.add (local.get 1) (i32.const 3))
    CALL))"""
TAIL_CALLS = {
    "return_call": "(return_call $run)",
    "return_call_indirect": "(return_call_indirect (type $count) (i32.const 0))",
    "return_call_ref": "(return_call_ref $count (ref.func $run))",
}
PLAIN_CALL = "(call $run)"


@pytest.mark.measures
@pytest.mark.parametrize("kind", TAIL_CALLS)
def test_a_million_tail_calls_run_in_constant_space(engine_name: str, kind: str) -> None:
    text = COUNTING.replace("CALL", TAIL_CALLS[kind])
    found = measure(engine_name, text, text, (1_000, 0), (1_000_000, 0))
    assert found.values == [[3_000], [3_000_000]]
    assert found.rise < MEBIBYTE


@pytest.mark.measures
def test_other_calls_take_space(engine_name: str) -> None:
    """So that one can believe the measurement."""
    text = COUNTING.replace("CALL", PLAIN_CALL)
    found = measure(engine_name, text, text, (1_000, 0), (100_000, 0), call_depth=200_000)
    assert found.values == [[3_000], [300_000]]
    assert found.rise > 2 * MEBIBYTE


# Recursion

RUNAWAY = {
    "call": '(func $run (export "run") (call $run))',
    "mutual": """(func $run (export "run") (result i64) (call $other (i32.const 1)))
        (func $other (param i32) (result i64) (local.get 0) drop (call $run))""",
    "indirect": """(type $t (func)) (table funcref (elem $run))
        (func $run (export "run") (call_indirect (type $t) (i32.const 0)))""",
    "reference": """(type $t (func)) (elem declare func $run)
        (func $run (export "run") (type $t) (call_ref $t (ref.func $run)))""",
    "in blocks": """(func $run (export "run") (result i32)
        (block (result i32) (loop (result i32)
          (if (result i32) (i32.const 1) (then (call $run)) (else (i32.const 0))))))""",
    "with many locals": f"""(func $run (export "run") (local {"i64 " * 5_000})
        (call $run))""",
    "with handlers": """(tag $e) (func $run (export "run")
        (block $caught (try_table (catch_all $caught) (call $run))))""",
}


def instantiate(engine_name: str, fields: str, limits: Limits | None = None) -> Instance:
    """An instance of a module, through its binary."""
    engine = get_engine(engine_name)
    return engine.instantiate(engine.load(encode(parse(f"(module {fields})"))), limits=limits)


@pytest.mark.parametrize("kind", RUNAWAY)
def test_runaway_recursion_exhausts_the_call_stack(engine_name: str, kind: str) -> None:
    instance = instantiate(engine_name, RUNAWAY[kind])
    for _ in range(2):  # it can be called again
        with pytest.raises(ExhaustionError, match=r"^call stack exhausted") as caught:
            call(instance, instance.exports["run"])
        assert caught.value.resource in ("call stack", "value stack")
        assert caught.value.backtrace


def test_the_limit_is_exact(engine_name: str) -> None:
    text = """(func $run (export "run") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add (i32.const 1) (call $run (i32.sub (local.get 0) (i32.const 1)))))
          (else (i32.const 1))))"""
    instance = instantiate(engine_name, text, Limits(call_depth=100))
    assert call(instance, instance.exports["run"], (99,)) == (100,)
    with pytest.raises(ExhaustionError, match=r"^call stack exhausted") as caught:
        call(instance, instance.exports["run"], (100,))
    assert caught.value.limit == 100


def test_the_stack_of_python_does_not_matter(engine_name: str) -> None:
    instance = instantiate(engine_name, RUNAWAY["call"])
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        with pytest.raises(ExhaustionError):
            call(instance, instance.exports["run"])
    finally:
        sys.setrecursionlimit(before)


# Declared, but not used

NOTHING = '(module (func (export "run")))'
HUGE = {
    "memory": '(module (memory 65536) (func (export "run")))',
    "memory, one byte used": """(module (memory 65536) (func (export "run") (result i32)
        (i32.store8 (i32.const -1) (i32.const 7)) (i32.load8_u (i32.const -1))))""",
    "memory that grows": """(module (memory 1) (func (export "run") (result i32)
        (memory.grow (i32.const 65535)) drop (i32.load (i32.const -4))))""",
    "64-bit memory": '(module (memory i64 65536) (func (export "run")))',
    "two memories": '(module (memory 65536) (memory 65536) (func (export "run")))',
    "table": '(module (table 10000000 funcref) (func (export "run")))',
    "table with a value": """(module (func $f) (elem declare func $f)
        (table 10000000 (ref func) (ref.func $f)) (func (export "run")))""",
    "table, one element used": """(module (table 10000000 externref)
        (func (export "run") (result i32) (ref.is_null (table.get (i32.const 9999999)))))""",
    "table that grows": """(module (table 0 funcref) (func (export "run") (result i32)
        (table.grow (ref.null func) (i32.const 10000000))))""",
    "table that grows by a value": """(module (func $f) (elem declare func $f) (table 0 funcref)
        (func (export "run") (result i32)
          (table.grow (ref.func $f) (i32.const 5000000)) drop
          (table.grow (ref.func $f) (i32.const 5000000))))""",
    "table that grows behind a value": """(module (func $f) (elem declare func $f)
        (table 9999999 (ref func) (ref.func $f)) (func (export "run") (result i32)
          (table.grow (ref.func $f) (i32.const 1))))""",
    "maximum": '(module (memory 0 65536) (table 0 0xffffffff funcref) (func (export "run")))',
}


@pytest.mark.measures
@pytest.mark.parametrize("kind", HUGE)
def test_what_is_declared_huge_takes_no_room_until_it_is_used(engine_name: str, kind: str) -> None:
    found = measure(engine_name, NOTHING, HUGE[kind])
    assert found.rise < 4 * MEBIBYTE


@pytest.mark.measures
def test_what_is_used_takes_room(engine_name: str) -> None:
    """So that one can believe the measurement."""
    text = """(module (memory 65536) (func (export "run")
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x1000000))))"""
    found = measure(engine_name, NOTHING, text)
    assert found.rise > 12 * MEBIBYTE


def test_what_cannot_be_had_is_refused(engine_name: str) -> None:
    with pytest.raises(ExhaustionError) as caught:
        instantiate(engine_name, "(memory i64 0x1000000000000)")
    assert caught.value.resource == "memory"
    with pytest.raises(ExhaustionError) as caught:
        instantiate(engine_name, "(table 0xffffffff funcref)")
    assert caught.value.resource == "table"


# Objects

LIST = """
    (type $list (struct (field (mut (ref null $list))) (field i64)))
    (global $kept (mut (ref null $list)) (ref.null $list))
    (func (export "keep") (param i32) (loop
      (global.set $kept (struct.new $list (global.get $kept) (i64.const 1)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "let_go") (global.set $kept (ref.null $list)))
    (func (export "waste") (param i32) (local $one (ref null $list)) (loop
      (local.set $one (struct.new $list (ref.null $list) (i64.const 1)))
      (struct.set $list 0 (local.get $one) (local.get $one))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))"""
HEAP = 1 << 18
# Each takes two references' room and a header.
FITTING = HEAP // 32
LARGE_OBJECTS = {
    "array of numbers": '(type $a (array i8)) (func (export "run") (result (ref $a)) '
    "(array.new_default $a (i32.const BYTES)))",
    "array of a value": '(type $a (array (mut v128))) (func (export "run") (result (ref $a)) '
    "(array.new $a (v128.const i64x2 1 2) (i32.const COUNT)))",
    "array from a segment": """(type $a (array i8)) (data $d "TEXT")
        (func (export "run") (result (ref $a))
          (array.new_data $a $d (i32.const 0) (i32.const BYTES)))""",
    "arrays in an array": """(type $a (array i8)) (type $b (array (ref $a)))
        (func (export "run") (result (ref $b))
          (array.new_fixed $b 2 (array.new_default $a (i32.const HALF))
                                (array.new_default $a (i32.const HALF))))""",
    "exception": f"""(tag $e (param {"v128 " * 100}))
        (func $throw {"(v128.const i64x2 1 2) " * 100} (throw $e))
        (table $t 400 exnref)
        (func (export "run") (local i32) (loop
          (table.set $t (local.get 0)
            (block $caught (result exnref)
              (try_table (catch_all_ref $caught) (call $throw)) unreachable))
          (local.set 0 (i32.add (local.get 0) (i32.const 1)))
          (br_if 0 (i32.lt_u (local.get 0) (i32.const 400)))))""",
    "start": """(type $a (array i8)) (start $f)
        (func $f (drop (array.new_default $a (i32.const BYTES)))) (func (export "run"))""",
    "constant": """(type $a (array i8))
        (global (ref $a) (array.new_default $a (i32.const BYTES))) (func (export "run"))""",
}


def assert_exhausts_the_heap(engine_name: str, fields: str, name: str, *arguments: int) -> None:
    def run() -> None:
        instance = instantiate(engine_name, fields, Limits(heap_bytes=HEAP))
        start = instance.start_function
        if start is not None:
            call(instance, start)
        call(instance, instance.exports[name], arguments)

    with pytest.raises(ExhaustionError, match=r"^heap exhausted") as caught:
        run()
    assert (caught.value.resource, caught.value.limit) == ("heap", HEAP)


@pytest.mark.parametrize("kind", LARGE_OBJECTS)
def test_no_more_objects_than_there_is_room_for(engine_name: str, kind: str) -> None:
    text = LARGE_OBJECTS[kind].replace("TEXT", "x" * HEAP).replace("BYTES", str(HEAP))
    text = text.replace("COUNT", str(HEAP // 16)).replace("HALF", str(HEAP // 2))
    assert_exhausts_the_heap(engine_name, text, "run")


def test_what_is_kept_counts_until_it_is_let_go(engine_name: str) -> None:
    assert_exhausts_the_heap(engine_name, LIST, "keep", FITTING + 1)
    instance = instantiate(engine_name, LIST, Limits(heap_bytes=HEAP))
    for _ in range(3):
        call(instance, instance.exports["keep"], (FITTING * 14 // 16,))
        with pytest.raises(ExhaustionError):
            call(instance, instance.exports["keep"], (FITTING * 3 // 16,))
        call(instance, instance.exports["let_go"])
        gc.collect()  # executions that have failed can be looked at, and so keep what they had


def test_what_nobody_refers_to_does_not_count(engine_name: str) -> None:
    instance = instantiate(engine_name, LIST, Limits(heap_bytes=HEAP))
    call(instance, instance.exports["keep"], (FITTING // 2,))
    call(instance, instance.exports["waste"], (FITTING * 3,))


@pytest.mark.measures
def test_a_long_list_is_collected_in_little_space(engine_name: str) -> None:
    """Neither marking nor freeing it takes the native stack."""
    count = {"reference": 50_000, "native": 500_000}[engine_name]
    found = measure(
        engine_name,
        NOTHING,
        f"""(module {LIST} (func (export "run") (call $many) (call $drop) (call $many))
          (func $many (local i32) (local.set 0 (i32.const {count})) (loop
            (global.set $kept (struct.new $list (global.get $kept) (i64.const 1)))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
          (func $drop (global.set $kept (ref.null $list))))""",
    )
    assert found.rise < count * 1_000


def test_two_stores_have_heaps_of_their_own(engine_name: str) -> None:
    engine = get_engine(engine_name)
    module = engine.load(encode(parse(f"(module {LIST})")))
    for _ in range(2):
        instance = engine.instantiate(module, limits=Limits(heap_bytes=HEAP))
        call(instance, instance.exports["keep"], (FITTING * 15 // 16,))


# Few bytes that mean much


def types_of(text: str, count: int) -> str:
    return f"{text} " * count


TOO_MANY = {
    "parameters": f"(type (func (param {types_of('i32', 1_001)})))",
    "results": f"(type (func (result {types_of('i32', 1_001)})))",
    "fields": f"(type (struct (field {types_of('i32', 10_001)})))",
    "supertypes of a type": "(rec (type (sub (struct))) "
    + "".join(f"(type (sub {k} (struct))) " for k in range(64))
    + ")",
}


@pytest.mark.parametrize("what", TOO_MANY)
def test_types_have_limits(engine_name: str, what: str) -> None:
    engine = get_engine(engine_name)
    with pytest.raises(ValidationError, match=f"^too many {what}: "):
        engine.load(encode(parse(f"(module {TOO_MANY[what]})")))
    fewer = {
        "supertypes of a type": TOO_MANY[what].replace("(type (sub 63 (struct))) ", ""),
    }.get(what, TOO_MANY[what].replace("i32 ", "", 1))
    engine.load(encode(parse(f"(module {fewer})")))


LOADING = """
import sys
from pywasm_rt.engine import get_engine

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))

engine = get_engine(sys.argv[1])
small, large = map(bytes.fromhex, sys.argv[2:])
engine.load(small)
before = peak()
loaded = engine.load(large)
print(peak() - before)
"""
FUNCTIONS = {
    "locals": f"(func (param i32) (local {types_of('i64', 49_000)} f32)"
    " (local.set 49001 (f32.const 1)))\n",
    "locals without default": f"(type $t (func)) (func $a (local {types_of('(ref $t)', 20_000)}))",
}


@pytest.mark.measures
@pytest.mark.parametrize("kind", FUNCTIONS)
def test_locals_that_are_declared_take_no_room(engine_name: str, kind: str) -> None:
    """In a binary they take a few bytes."""
    if not STATUS.exists():
        pytest.skip("the peak of a process's memory is read from /proc")
    module = parse(f"(module {FUNCTIONS[kind]})")
    small = encode(module)
    module.functions *= 2_000
    done = subprocess.run(
        [sys.executable, "-c", LOADING, engine_name, small.hex(), encode(module).hex()],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert int(done.stdout) < 40 * MEBIBYTE
