"""Generated packages, and a guest that gives back whatever it gets."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from pywasm_rt import Component
from pywasm_rt.bindgen import generate, world_of_file

# The functions of the world by name: a type, and the core type where that is a single one.
ECHOES: dict[str, tuple[str, str | None]] = {
    "a-bool": ("bool", "i32"),
    "a-u8": ("u8", "i32"),
    "a-s8": ("s8", "i32"),
    "a-u16": ("u16", "i32"),
    "a-s16": ("s16", "i32"),
    "a-u32": ("u32", "i32"),
    "a-s32": ("s32", "i32"),
    "a-u64": ("u64", "i64"),
    "a-s64": ("s64", "i64"),
    "a-f32": ("f32", "f32"),
    "a-f64": ("f64", "f64"),
    "a-char": ("char", "i32"),
    "a-string": ("string", None),
    "bytes": ("list<u8>", None),
    "list": ("list<string>", None),
    "a-record": ("point", None),
    "tuple": ("tuple<u8, string, point>", None),
    "a-variant": ("shape", None),
    "an-enum": ("colour", "i32"),
    "an-option": ("option<point>", None),
    "a-nested-option": ("option<option<u32>>", None),
    "a-result": ("result<point, colour>", None),
    "a-result-of-nothing": ("result", "i32"),
    "some-flags": ("mode", "i32"),
    "a-list-of-lists": ("list<list<shape>>", None),
    "everything": ("whole", None),
}

WIT = """package test:echo@1.0.0;

interface types {{
  record point {{ x: s32, y-axis: s32 }}
  variant shape {{ dot, circle(f64), label(string), path(list<point>) }}
  enum colour {{ red, dark-green, blue }}
  flags mode {{ read, write, execute }}
  record whole {{
    %list: list<option<shape>>, str: string, mode: mode, colour: colour, pair: tuple<u8, point>,
    %from: result<_, string>,
  }}
{functions}
}}

world echo {{
  export types;
}}
"""

# A parameter that makes the parameters too many for the stack: then they are in memory, where the
# first one is laid out as a result is.
PADDING = ", padding: tuple<" + ", ".join(["u8"] * 17) + ">"

CORE = """(module
  (memory (export "memory") 16)
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get 3))))
{functions})"""


@pytest.fixture(scope="session")
def echo_wit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world of the guest that gives everything back."""
    functions = "\n".join(
        f"  %{name}: func(it: {type}{'' if core else PADDING}) -> {type};"
        for name, (type, core) in ECHOES.items()
    )
    path = tmp_path_factory.mktemp("echo") / "echo.wit"
    path.write_text(WIT.format(functions=functions))
    return path


@pytest.fixture(scope="session")
def echo_component(echo_wit: Path) -> Component:
    """The guest that gives everything back."""
    wasm_tools = shutil.which("wasm-tools", path=str(Path(sys.executable).parent))
    if wasm_tools is None:
        pytest.skip("no wasm-tools")
    functions = "\n".join(
        f'  (func (export "test:echo/types@1.0.0#{name}") (param {core or "i32"}) '
        f"(result {core or 'i32'}) (local.get 0))"
        for name, (_, core) in ECHOES.items()
    )
    core, embedded, component = (echo_wit.with_name(it) for it in ("core.wat", "e.wasm", "c.wasm"))
    core.write_text(CORE.format(functions=functions))
    for command in (
        [wasm_tools, "component", "embed", echo_wit, core, "-o", embedded],
        [wasm_tools, "component", "new", embedded, "-o", component],
    ):
        subprocess.run(command, check=True, timeout=60)
    return Component.from_file(component)


def write(folder: Path, name: str, source: Path, world: str = "") -> None:
    """Generate a package and write it."""
    for path, text in generate(world_of_file(source, world)).items():
        file = folder / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.fixture(scope="session")
def write_package() -> Callable[..., None]:
    """Generates a package: ``write_package(folder, name, source, world)``."""
    return write


@pytest.fixture(scope="session")
def echoes() -> dict[str, bool]:
    """The functions of the guest, and whether they want padding."""
    return {name: core is None for name, (_, core) in ECHOES.items()}


@pytest.fixture(scope="session")
def echo_package(echo_wit: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The bindings of that guest."""
    folder = tmp_path_factory.mktemp("packages")
    write(folder, "echo_bindings", echo_wit)
    sys.path.insert(0, str(folder))
    yield import_module("echo_bindings")
    sys.path.remove(str(folder))
