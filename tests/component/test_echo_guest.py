"""26 value types through a guest in JavaScript: it gives back what it is given, here and on
wasmtime; 17 parameters arrive in order; and it has a resource of its own.
"""

from __future__ import annotations

import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.values import Err, Ok, Record, Variant
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import ComponentError

pytestmark = pytest.mark.guests

TOOLCHAIN = "componentize-qjs@0.4.5"
PEOPLE = [Record(name="Åsa 🌍", age=2**32 - 1, tags=["", "x"]), Record(name="", age=0, tags=[])]
# The guest's JavaScript cannot tell some(none) from none, and holds numbers of 53 bits exactly.
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


def guest_sources() -> tuple[str, str]:
    """WIT and JavaScript of the guest."""
    functions = [f"echo{n}: func(x: {type}) -> {type};" for n, type in enumerate(ECHOES)]
    parameters = ", ".join(f"p{n}: u32" for n in range(17))
    # In JavaScript the error of a result is thrown.
    unwrap = 'if (x.tag === "err") throw x.val; return x.val;'
    bodies = [unwrap if type.startswith("result") else "return x;" for type in ECHOES]
    echoes = [f"echo{n}(x) {{ {body} }}," for n, body in enumerate(bodies)]
    return (
        WIT.format(functions="\n  ".join(functions), parameters=parameters),
        JAVASCRIPT.format(functions="\n  ".join(echoes)),
    )


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The component, made by the toolchain."""
    if shutil.which("npm") is None:
        pytest.skip("npm is needed to install the JavaScript toolchain")
    folder: Path = tmp_path_factory.mktemp("echo")
    wit, javascript = guest_sources()
    (folder / "echo.wit").write_text(wit)
    (folder / "echo.js").write_text(javascript)
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", TOOLCHAIN]
    subprocess.run(install, cwd=folder, check=True, timeout=300)
    build = [
        str(folder / "node_modules" / ".bin" / "componentize-qjs"),
        *("-w", "echo.wit", "-n", "guest", "-j", "echo.js"),
        *("--sync", "--stub-wasi", "--opt-size", "-o", "echo.wasm"),
    ]
    subprocess.run(build, cwd=folder, check=True, timeout=300, capture_output=True)
    shutil.rmtree(folder / "node_modules")
    return (folder / "echo.wasm").read_bytes()


@pytest.fixture(scope="module")
def instance(guest: bytes, engine_name: str) -> Any:
    """An instance of the guest."""
    return Linker(get_engine(engine_name)).instantiate(Component.from_binary(guest))


@pytest.mark.parametrize(("number", "type"), list(enumerate(ECHOES)))
def test_a_value_comes_back(number: int, type: str, instance: Any) -> None:
    function = instance.function(f"test:echo/values#echo{number}")
    for value in ECHOES[type]:
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


def test_wasmtime_gives_the_same_back(guest: bytes, instance: Any) -> None:
    wasmtime = pytest.importorskip("wasmtime")
    components = pytest.importorskip("wasmtime.component")
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    other = components.Linker(engine).instantiate(store, components.Component(engine, guest))
    interface = other.get_export_index(store, "test:echo/values")
    compared = 0
    for number, values in enumerate(ECHOES.values()):
        name = f"echo{number}"
        function = other.get_func(store, other.get_export_index(store, name, interface))
        for value in values:
            theirs = function(store, into_wasmtime(value))
            if hasattr(function, "post_return"):
                function.post_return(store)
            ours = instance.function(f"test:echo/values#{name}").call(value)
            assert plain(theirs) == plain(ours), (name, value)
            compared += 1
    assert compared == sum(map(len, ECHOES.values()))
