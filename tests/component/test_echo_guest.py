"""26 value types through guests of four toolchains: they give back what they are given, here and on
wasmtime; 17 parameters arrive in order; and they have a resource of their own.

The toolchains are C alone, C with the adapter from preview 1, Python and JavaScript.
"""

from __future__ import annotations

import functools
import hashlib
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.values import Err, Ok, Record, Variant
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import ComponentError
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2 import interfaces

pytestmark = pytest.mark.guests

TOOLCHAIN = "componentize-qjs@0.4.5"
LARGE = "PYWASM_RT_LARGE_PROGRAMS"
PEOPLE = [Record(name="Åsa 🌍", age=2**32 - 1, tags=["", "x"]), Record(name="", age=0, tags=[])]
ECHOES: dict[str, list[Any]] = {
    "bool": [True, False],
    "s8": [-128, 127],
    "u8": [0, 255],
    "s16": [-(2**15), 2**15 - 1],
    "u16": [0, 2**16 - 1],
    "s32": [-(2**31), 2**31 - 1],
    "u32": [0, 2**32 - 1],
    "s64": [-(2**53), 2**53],
    "u64": [0, 2**53],
    "f32": [0.0, -1.5, 2.0**127, math.inf, -math.inf],
    "f64": [0.0, 5e-324, 1.7976931348623157e308, -math.inf],
    "char": ["a", "é", "☃", "\U0010ffff"],
    "string": ["", "Ada", "Åsa 🌍 ☃", "\0", "x" * 70_000],
    "list<u8>": [b"", bytes(range(256)), b"\xff" * 70_000],
    "list<u32>": [[], [0, 2**32 - 1]],
    "list<string>": [[], [""], ["a", "☃", "🌍" * 100]],
    "list<list<string>>": [[], [[]], [["a"], [], ["b", "☃"]]],
    "tuple<u8, string, f64>": [(255, "☃", -0.5)],
    "option<string>": [None, "", "☃"],
    "option<list<u32>>": [None, [], [1]],
    "result<u32, string>": [Ok(1), Err("no ☃")],
    "person": PEOPLE,
    "list<person>": [[], PEOPLE],
    "shape": [Variant("dot"), Variant("circle", 1.5), Variant("people", PEOPLE)],
    "colour": ["red", "blue"],
    "permissions": [frozenset(), frozenset({"read"}), frozenset({"read", "write", "run-it"})],
}
# JavaScript holds numbers of 53 bits exactly.
WIDE: dict[str, list[Any]] = {"s64": [-(2**63), 2**63 - 1], "u64": [2**64 - 1]}
WIT = """
package test:echo;

interface values {{
  record person {{ name: string, age: u32, tags: list<string> }}
  variant shape {{ dot, circle(f64), people(list<person>) }}
  enum colour {{ red, green, blue }}
  flags permissions {{ read, write, run-it }}
  resource counter {{
    constructor(start: u32);
    add: func(by: u32) -> u32;
  }}
  {functions}
  order: func({parameters}) -> string;
}}

world guest {{
  export values;
}}
"""
JAVASCRIPT = """
class Counter {{
  constructor(start) {{ this.count = start; }}
  add(by) {{ return this.count += by; }}
}}
export const values = {{
  Counter,
  {functions}
  order(...all) {{ return all.join(" "); }},
}};
"""
PYTHON = """
from componentize_py_types import Err


class Values:
{functions}
    def order(self, *all):
        return " ".join(map(str, all))
"""
COUNTER_IN_PYTHON = """
class Counter:
    def __init__(self, start):
        self.count = start

    def add(self, by):
        self.count += by
        return self.count
"""


class Guest(NamedTuple):
    """A guest: by which toolchain, and its component."""

    name: str
    binary: bytes


# The guest in C is written out by hand for each type, against the canonical ABI: from the core
# values of its parameter to a structure in memory.

SCALARS = {
    **{f"s{bits}": ("i64" if bits == 64 else "i32", f"int{bits}_t") for bits in (8, 16, 32, 64)},
    **{f"u{bits}": ("i64" if bits == 64 else "i32", f"uint{bits}_t") for bits in (8, 16, 32, 64)},
    "bool": ("i32", "uint8_t"),
    "char": ("i32", "uint32_t"),
    "colour": ("i32", "uint8_t"),
    "permissions": ("i32", "uint8_t"),
    "f32": ("f32", "float"),
    "f64": ("f64", "double"),
}
CORE = {"i32": "uint32_t", "i64": "uint64_t", "f32": "float", "f64": "double"}
RECORDS = {"person": ["string", "u32", "list<string>"]}
VARIANTS: dict[str, list[str | None]] = {"shape": [None, "f64", "list<person>"]}


def parts_of(type: str) -> list[str]:
    """The types between the angle brackets."""
    parts, depth = [""], 0
    for character in type[type.index("<") + 1 : -1]:
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def fields_of(type: str) -> list[str] | None:
    return parts_of(type) if type.startswith("tuple<") else RECORDS.get(type)


def cases_of(type: str) -> list[str | None] | None:
    if type.startswith("option<"):
        return [None, *parts_of(type)]
    return list(parts_of(type)) if type.startswith("result<") else VARIANTS.get(type)


def flat(type: str) -> list[str]:
    """The core values that a value travels as."""
    if type in SCALARS:
        return [SCALARS[type][0]]
    if (fields := fields_of(type)) is not None:
        return [core for field in fields for core in flat(field)]
    cases = cases_of(type)
    if cases is None:  # a string or a list
        return ["i32", "i32"]
    joined: list[str] = []
    for case in cases:
        for index, core in enumerate(flat(case) if case else []):
            if index == len(joined):
                joined.append(core)
            elif joined[index] != core:
                joined[index] = "i32" if {joined[index], core} == {"i32", "f32"} else "i64"
    return ["i32", *joined]


def declared(type: str) -> str:
    """A structure as C lays it out, which is how the canonical ABI does."""
    if type in SCALARS:
        return SCALARS[type][1]
    if (fields := fields_of(type)) is not None:
        members = " ".join(f"{declared(field)} f{n};" for n, field in enumerate(fields))
        return f"struct {{ {members} }}"
    cases = cases_of(type)
    if cases is None:
        return "struct { void *data; uint32_t length; }"
    members = " ".join(f"{declared(case)} c{n};" for n, case in enumerate(cases) if case)
    return f"struct {{ uint8_t tag; union {{ {members} }} it; }}"


def filled(type: str, place: str, given: list[tuple[str, str]]) -> str:
    """Statements that fill a structure from core values, pairs of a type and an expression."""
    if type in SCALARS:
        core, (have, value) = SCALARS[type][0], given[0]
        if core[0] == "f" and core != have:
            value = f"float_of({value})" if core == "f32" else f"double_of({value})"
        return f"{place} = {value};"
    if (fields := fields_of(type)) is not None:
        statements = []
        for number, field in enumerate(fields):
            count = len(flat(field))
            statements.append(filled(field, f"{place}.f{number}", given[:count]))
            given = given[count:]
        return " ".join(statements)
    cases = cases_of(type)
    if cases is None:
        data, length = (value for _, value in given)
        return f"{place}.data = (void *)(uint32_t){data}; {place}.length = {length};"
    branches = " ".join(
        f"case {n}: {filled(case, f'{place}.it.c{n}', given[1:])} break;"
        for n, case in enumerate(cases)
        if case
    )
    return f"{place}.tag = {given[0][1]}; switch ({place}.tag) {{ {branches} }}"


HEAD_IN_C = """
#include <stdint.h>
#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(name) __attribute__((import_module("[export]test:echo/values"), import_name(name)))
#ifdef LIBRARY
#include <stdlib.h>
#include <stdio.h>
__attribute__((constructor)) static void begin(void) { puts("begin"); }
EXPORT("cabi_realloc") void *cabi_realloc(void *old, uint32_t was, uint32_t align, uint32_t size) {
  return realloc(old, size);
}
static void release(void) {}
#else
extern uint8_t __heap_base;
static uint32_t used;
EXPORT("cabi_realloc") void *cabi_realloc(void *old, uint32_t was, uint32_t align, uint32_t size) {
  used = (used + align - 1) & -align;
  uint8_t *at = &__heap_base + used;
  used += size;
  while ((uint32_t)&__heap_base + used > __builtin_wasm_memory_size(0) << 16)
    if (__builtin_wasm_memory_grow(0, 1) == -1) __builtin_trap();
  for (uint32_t n = 0; old && n < was; n++) at[n] = ((uint8_t *)old)[n];
  return at;
}
static void release(void) { used = 0; }
#endif
static double double_of(uint64_t bits) {
  union { uint64_t bits; double value; } it = {bits};
  return it.value;
}
static float float_of(uint32_t bits) {
  union { uint32_t bits; float value; } it = {bits};
  return it.value;
}

static uint32_t counters[8], made;
IMPORT("[resource-new]counter") uint32_t new_counter(uint32_t *counter);
EXPORT("test:echo/values#[constructor]counter") uint32_t make_counter(uint32_t start) {
  counters[made % 8] = start;
  return new_counter(&counters[made++ % 8]);
}
EXPORT("test:echo/values#[method]counter.add") uint32_t add(uint32_t *counter, uint32_t by) {
  return *counter += by;
}
EXPORT("test:echo/values#[dtor]counter") void end_counter(uint32_t *counter) { *counter = 0; }

static struct { char *data; uint32_t length; } text;
EXPORT("test:echo/values#order") void *order(uint32_t *all) {
  static char written[64];
  text.data = written;
  text.length = 0;
  for (int n = 0; n < 17; n++) {
    if (n) written[text.length++] = ' ';
    if (all[n] > 9) written[text.length++] = '0' + all[n] / 10;
    written[text.length++] = '0' + all[n] % 10;
  }
  return &text;
}
"""


def source_in_c() -> str:
    """The guest in C."""
    functions = [HEAD_IN_C]
    for number, type in enumerate(ECHOES):
        given = [(core, f"v{n}") for n, core in enumerate(flat(type))]
        parameters = ", ".join(f"{CORE[core]} {name}" for core, name in given)
        name = f"test:echo/values#echo{number}"
        if len(given) == 1:
            core = CORE[given[0][0]]
            body = f"{core} echo{number}({parameters}) {{ return v0; }}"
        else:
            body = (
                f"void *echo{number}({parameters}) {{ static {declared(type)} result; "
                f"{filled(type, 'result', given)} return &result; }}\n"
                f'EXPORT("cabi_post_{name}") void post{number}(void *result) {{ release(); }}'
            )
        functions.append(f'EXPORT("{name}") {body}')
    return "\n".join(functions)


def wit() -> str:
    """The world of all the guests."""
    functions = [f"echo{n}: func(x: {type}) -> {type};" for n, type in enumerate(ECHOES)]
    parameters = ", ".join(f"p{n}: u32" for n in range(17))
    return WIT.format(functions="\n  ".join(functions), parameters=parameters)


def run(folder: Path, *command: str | Path) -> None:
    done = subprocess.run(
        command, cwd=folder, timeout=600, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def in_javascript(folder: Path) -> None:
    """Build the guest with componentize-qjs."""
    if shutil.which("npm") is None:
        pytest.skip("npm is needed to install the JavaScript toolchain")
    # In JavaScript the error of a result is thrown.
    unwrap = 'if (x.tag === "err") throw x.val; return x.val;'
    bodies = [unwrap if type.startswith("result") else "return x;" for type in ECHOES]
    echoes = [f"echo{n}(x) {{ {body} }}," for n, body in enumerate(bodies)]
    (folder / "echo.js").write_text(JAVASCRIPT.format(functions="\n  ".join(echoes)))
    run(folder, "npm", "install", "--silent", "--no-audit", "--no-fund", TOOLCHAIN)
    tool = folder / "node_modules" / ".bin" / "componentize-qjs"
    options = ("--sync", "--stub-wasi", "--opt-size", "-o", "guest.wasm")
    run(folder, tool, "-w", "echo.wit", "-n", "guest", "-j", "echo.js", *options)
    shutil.rmtree(folder / "node_modules")


def in_python(folder: Path) -> None:
    """Build the guest with componentize-py; the resource is in the interface's own module."""
    beside = Path(sys.executable).parent / "componentize-py"
    tool = str(beside) if beside.exists() else shutil.which("componentize-py")
    if tool is None:
        pytest.skip("componentize-py is not installed")
    # In Python too the error of a result is raised.
    unwrap = "if isinstance(x, Err): raise x\n        return x.value"
    bodies = [unwrap if type.startswith("result") else "return x" for type in ECHOES]
    echoes = [f"    def echo{n}(self, x):\n        {body}\n" for n, body in enumerate(bodies)]
    (folder / "app.py").write_text(PYTHON.format(functions="\n".join(echoes)))
    (folder / "values.py").write_text(COUNTER_IN_PYTHON)
    options = ("componentize", "app", "-o", "guest.wasm")
    run(folder, tool, "-d", "echo.wit", "-w", "guest", *options)


def in_c(folder: Path, wasm_tools: str) -> None:
    """Build the guest from C without a library."""
    pytest.importorskip("ziglang")
    (folder / "guest.c").write_text(source_in_c())
    options = ("-target", "wasm32-freestanding", "-O1", "-nostdlib", "-Wl,--no-entry", "-s")
    run(folder, sys.executable, "-m", "ziglang", "cc", *options, "-o", "core.wasm", "guest.c")
    run(folder, wasm_tools, "component", "embed", "echo.wit", "core.wasm", "-o", "embedded.wasm")
    run(folder, wasm_tools, "component", "new", "embedded.wasm", "-o", "guest.wasm")


def in_c_with_wasi(folder: Path, wasm_tools: str, adapter: Path) -> None:
    """Build the guest from C with a library that needs preview 1, and its adapter."""
    pytest.importorskip("ziglang")
    (folder / "guest.c").write_text("#define LIBRARY\n" + source_in_c())
    options = ("-target", "wasm32-wasi", "-mexec-model=reactor", "-O1", "-s")
    run(folder, sys.executable, "-m", "ziglang", "cc", *options, "-o", "core.wasm", "guest.c")
    run(folder, wasm_tools, "component", "embed", "echo.wit", "core.wasm", "-o", "embedded.wasm")
    adapt = ("--adapt", f"wasi_snapshot_preview1={adapter}", "-o", "guest.wasm")
    run(folder, wasm_tools, "component", "new", "embedded.wasm", *adapt)


GUESTS = ("c", "c and adapter", "python", "javascript")


@pytest.fixture(scope="module")
def adapter(wasi_packages: Path) -> Path:
    """The adapter from preview 1 to WASI 0.2 for libraries."""
    return wasi_packages.parent.parent / "wasi_snapshot_preview1.reactor.wasm"


@pytest.fixture(scope="module")
def build(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    wasm_tools: str,
    adapter: Path,
) -> Callable[[str], bytes]:
    """Builds a guest, once for each state of this file."""
    digest = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    assert request.config.cache is not None
    kept = request.config.cache.mkdir("echo-guests")

    @functools.cache
    def build_guest(name: str) -> bytes:
        built: Path = kept / f"{name}-{digest}.wasm"
        if built.exists():
            return built.read_bytes()
        folder = tmp_path_factory.mktemp("echo")
        (folder / "echo.wit").write_text(wit())
        match name:
            case "c":
                in_c(folder, wasm_tools)
            case "c and adapter":
                in_c_with_wasi(folder, wasm_tools, adapter)
            case "python":
                in_python(folder)
            case _:
                in_javascript(folder)
        shutil.copy(folder / "guest.wasm", built)
        return built.read_bytes()

    return build_guest


@pytest.fixture(scope="module", params=GUESTS)
def guest(request: pytest.FixtureRequest, build: Callable[[str], bytes]) -> Guest:
    """The guest of each toolchain."""
    return Guest(request.param, build(request.param))


@pytest.fixture(scope="module")
def instance(guest: Guest, engine_name: str) -> Any:
    """An instance of the guest."""
    if guest.name == "python" and engine_name == "reference":
        pytest.skip("CPython has 18 MB: on the native engine only")
    linker = Linker(get_engine(engine_name))
    for interface in interfaces(WasiContext()):
        linker.define(interface)
    return linker.instantiate(Component.from_binary(guest.binary))


def values_of(guest: Guest, type: str) -> list[Any]:
    """What is sent through a guest."""
    return ECHOES[type] + (WIDE.get(type, []) if guest.name != "javascript" else [])


@pytest.mark.parametrize(("number", "type"), list(enumerate(ECHOES)))
def test_a_value_comes_back(number: int, type: str, guest: Guest, instance: Any) -> None:
    function = instance.function(f"test:echo/values#echo{number}")
    for value in values_of(guest, type):
        assert function.call(value) == value


def test_there_are_26_types() -> None:
    assert len(ECHOES) == 26


def test_seventeen_parameters_arrive_in_order(instance: Any) -> None:
    order = instance.function("order")
    assert order.call(*range(17)) == " ".join(map(str, range(17)))
    with pytest.raises(ComponentError, match="17 arguments are expected"):
        order.call(*range(16))


def test_a_resource_of_the_guests(instance: Any) -> None:
    name = "test:echo/values#"
    counter = instance.function(f"{name}[constructor]counter").call(40)
    add = instance.function(f"{name}[method]counter.add")
    assert [add.call(counter, 1), add.call(counter, 1)] == [41, 42]
    counter.drop()
    with pytest.raises(ComponentError, match="was used up or dropped before"):
        add.call(counter, 1)


def into_wasmtime(value: Any) -> Any:
    """The value as wasmtime's Python API takes it: a case without its tag, where the payload's
    Python type tells which it is.
    """
    match value:
        case Record():
            record = pytest.importorskip("wasmtime.component").Record()
            vars(record).update({name: into_wasmtime(it) for name, it in vars(value).items()})
            return record
        case Variant(_, payload) | Ok(payload) | Err(payload):
            return into_wasmtime(payload)
        case list() | tuple():
            return type(value)(map(into_wasmtime, value))
        case frozenset():
            return set(value)
    return value


def plain(value: Any) -> Any:
    """A value of either library's as plain data, cases without their tags."""
    match value:
        case bytes() | list() | tuple():
            return [plain(it) for it in value]
        case Variant(_, payload) | Ok(payload) | Err(payload):
            return plain(payload)
        case set() | frozenset():
            return sorted(value)
        case Record():
            return {name: plain(it) for name, it in vars(value).items()}
    if hasattr(value, "__dict__"):
        return {name: plain(it) for name, it in vars(value).items()}
    return value


def test_wasmtime_gives_the_same_back(guest: Guest, instance: Any) -> None:
    if guest.name == "python" and os.environ.get(LARGE) != "1":
        pytest.skip(f"wasmtime compiles CPython for half a minute; {LARGE}=1 has it do so")
    wasmtime = pytest.importorskip("wasmtime")
    components = pytest.importorskip("wasmtime.component")
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    store.set_wasi(wasmtime.WasiConfig())
    linker = components.Linker(engine)
    linker.add_wasip2()
    other = linker.instantiate(store, components.Component(engine, guest.binary))
    interface = other.get_export_index(store, "test:echo/values")
    compared = 0
    for number, type in enumerate(ECHOES):
        name = f"echo{number}"
        function = other.get_func(store, other.get_export_index(store, name, interface))
        for value in values_of(guest, type):
            theirs = function(store, into_wasmtime(value))
            if hasattr(function, "post_return"):
                function.post_return(store)
            ours = instance.function(f"test:echo/values#{name}").call(value)
            assert plain(theirs) == plain(ours), (name, value)
            compared += 1
    assert compared == sum(len(values_of(guest, type)) for type in ECHOES)
