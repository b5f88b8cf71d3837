"""A guest in Python, which is CPython as a component: it uses resources and functions of the
host's, and WASI.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.instance import ComponentInstance
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.types import ResourceType
from pywasm_rt.component.values import Err, Ok, Record, Variant
from pywasm_rt.engine.interface import Engine
from pywasm_rt.errors import LinkError
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2 import interfaces

pytestmark = pytest.mark.guests

WIT = """
package test:snake;

interface host {
  resource log {
    constructor(name: string);
    write: func(line: string) -> u32;
  }
  shout: func(text: string) -> result<string, string>;
}

world guest {
  record person { name: string, age: u64, shape: shape }
  variant shape { dot, circle(f64), people(list<string>) }
  import host;
  export run: func(lines: list<string>) -> result<u32, string>;
  export older: func(all: list<person>) -> list<person>;
}
"""
PYTHON = """
from wit_world.imports import host


class WitWorld:
    def run(self, lines):
        with host.Log("L\\u00f6g \\u2603") as log:
            return sum([log.write(host.shout(line)) for line in lines])

    def older(self, all):
        for person in all:
            person.age += 1
        return all
"""


class Log:
    """The host's resource."""

    made: list[Log]

    def __init__(self, name: str) -> None:
        self.name, self.lines = name, list[str]()
        self.made.append(self)

    def write(self, line: str) -> int:
        self.lines.append(line)
        return len(line)


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The component, made by componentize-py."""
    beside = Path(sys.executable).parent / "componentize-py"
    tool = str(beside) if beside.exists() else shutil.which("componentize-py")
    if tool is None:
        pytest.skip("componentize-py is not installed")
    folder = tmp_path_factory.mktemp("snake")
    (folder / "guest.wit").write_text(WIT)
    (folder / "app.py").write_text(PYTHON)
    command = [tool, "-d", "guest.wit", "-w", "guest", "componentize", "app", "-o", "guest.wasm"]
    subprocess.run(command, cwd=folder, check=True, timeout=600, capture_output=True)
    return (folder / "guest.wasm").read_bytes()


@pytest.fixture(scope="module")
def linker(native_engine: Engine) -> Linker:
    """What the guest needs of WASI."""
    linker = Linker(native_engine)
    for interface in interfaces(WasiContext()):
        linker.define(interface)
    return linker


@pytest.fixture(scope="module")
def instance(guest: bytes, linker: Linker) -> ComponentInstance:
    """An instance; before the host's own interface is there, that is what is told to be missing."""
    component = Component.from_binary(guest)
    with pytest.raises(LinkError, match="interface `test:snake/host`"):
        linker.instantiate(component)
    Log.made = []
    functions: dict[str, Any] = {
        "[constructor]log": Log,
        "[method]log.write": Log.write,
        "shout": lambda text: Ok(text.upper()) if text else Err("nothing to shout"),
    }
    linker.define_interface("test:snake/host", functions, {"log": ResourceType("log")})
    return linker.instantiate(component)


def test_resources_of_the_hosts(instance: ComponentInstance) -> None:
    run = instance.function("run")
    assert run.call(["ä", "bcd"]) == Ok(4)
    assert [(log.name, log.lines) for log in Log.made] == [("Lög ☃", ["Ä", "BCD"])]
    assert run.call(["x", ""]) == Err("nothing to shout")
    assert Log.made[1].lines == ["X"]


def test_records_and_variants_come_back(instance: ComponentInstance) -> None:
    shapes = [Variant("dot"), Variant("circle", -0.5), Variant("people", ["", "🌍"])]
    people = [Record(name="Åsa", age=2**63, shape=shape) for shape in shapes]
    older = [Record(name="Åsa", age=2**63 + 1, shape=shape) for shape in shapes]
    assert instance.function("older").call(people) == older
