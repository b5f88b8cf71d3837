"""What is generated passes ``mypy --strict``, and lets mypy find what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pywasm_rt import Component
from pywasm_rt.bindgen import generate, world_of_component, world_of_file
from pywasm_rt.errors import ComponentError, ParseError
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = REPOSITORY / "tests" / "component" / "wit" / "files"
GUEST = REPOSITORY / "tests" / "component" / "guests" / "guest.wit"

WASI_WORLDS = {
    "0.2.12": "cli/command http/proxy",
    "0.3.0": "cli/command http/service http/middleware",
}

AWKWARD = """package test:awkward@0.1.0;

interface error {
  resource error { constructor(error: borrow<error>); %list: func() -> list<u8>; }
}

interface names {
  use error.{error as failure};
  /// Says "quotes\\" and \"\"\"more\"\"\".
  record self { self: u8, class: u16, int: s8, %list: list<u8>, str: list<list<u8>>, a-b: bool }
  record %ok { %some: option<option<self>> }
  type %err = result<%ok, failure>;
  type later = option<sooner>;
  enum sooner { none, mro, name }
  variant any { any, %some(later), %ok(%err), a(tuple<failure>) }
  variant ab { c }
  record abc { d: any }
  flags protocol { read, write }
  resource codec {
    constructor(it: u8) -> result<codec, protocol>;
    drop: func();
    handle: func(codec: borrow<codec>) -> option<codec>;
    handle-async: func();
    bytes: func() -> list<u8>;
    %import: static func(bytes: list<u8>) -> ab;
  }
  codec-import: func(%result: u8) -> u8;
  int: func(%list: list<s32>, int: u8) -> list<list<s32>>;
  dict: func() -> option<abc>;
  %import: func(%import: protocol, def: sooner) -> result<u8>;
  none: func() -> result<_, any>;
}

world awkward {
  use names.{self, codec};
  record owner { its: self }
  resource thing { constructor(); go: func(it: owner) -> codec; }
  import names;
  import return: func(owner: owner) -> list<thing>;
  export names;
  export error;
  export instantiate: func(names: list<self>) -> owner;
  export %async: func();
}
"""


@pytest.fixture(scope="module")
def checked(
    tmp_path_factory: pytest.TempPathFactory,
    echo_wit: Path,
    echo_component: Component,
    wasi_packages: Path,
    write_package: Callable[..., None],
) -> Path:
    """A folder of packages generated from worlds of all kinds."""
    folder = tmp_path_factory.mktemp("checked")
    write_package(folder, "echo", echo_wit)
    write_package(folder, "guest", GUEST)
    for world in ("library", "program", "other"):
        write_package(folder, world, FILES / "everything.wit", world)
    awkward = folder / "awkward.wit"
    awkward.write_text(AWKWARD)
    write_package(folder, "awkward", awkward)
    component = folder / "component.wat"
    component.write_text("""(component
      (import "wasi:clocks/monotonic-clock@0.2.3" (instance
        (export "now" (func (result u64)))))
      (import "wasi:clocks/monotonic-clock@0.3.0" (instance
        (export "now" (func (result u64)))))
      (import "f" (func $f (param "x" u8)))
      (export "g" (func $f)))""")
    write_package(folder, "component", component)
    for version, worlds in WASI_WORLDS.items():
        source = folder / f"source-{version}"
        source.mkdir()
        (source / "deps").symlink_to(wasi_packages / version)
        for world in worlds.split():
            name = world.replace("/", "-")
            text = f"package t:t; world {name} {{ include wasi:{world}@{version}; }}"
            (source / "root.wit").write_text(text)
            package = f"wasi_{version}_{name}".replace(".", "_").replace("-", "_")
            write_package(folder, package, source, name)
    return folder


def mypy(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """Run ``mypy --strict``."""
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, *names]
    command += ["--cache-dir", str(folder / ".cache")]
    environment = {**os.environ, "MYPYPATH": f"{folder}:{REPOSITORY}"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_generated_packages_pass_strict_checks(checked: Path) -> None:
    packages = sorted(it.name for it in checked.iterdir() if (it / "__init__.py").exists())
    assert len(packages) >= 12
    result = mypy(checked, *packages)
    assert result.returncode == 0, result.stdout


def test_generated_packages_can_be_imported(checked: Path) -> None:
    packages = [it.name for it in checked.iterdir() if (it / "__init__.py").exists()]
    modules = [
        ".".join(path.relative_to(checked).with_suffix("").parts).removesuffix(".__init__")
        for name in packages
        for path in (checked / name).rglob("*.py")
    ]
    program = f"import importlib\nfor name in {modules!r}: importlib.import_module(name)"
    environment = {**os.environ, "PYTHONPATH": f"{checked}:{REPOSITORY}"}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_mypy_finds_what_does_not_fit(checked: Path) -> None:
    (checked / "user.py").write_text("""
from guest import Colour, Guest, Point, ShapeCircle, define
from pywasm_rt import Component, Err, Linker

class Host:
    async def host_name(self) -> str:
        return "here"

class Wrong:
    def host_name(self) -> int:
        return 1

linker = Linker()
define(linker, Host())
define(linker, Wrong())
guest = Guest.instantiate(Component.from_file("x"), linker)
point: Point = guest.mirror(Point(1, 2))
guest.mirror((1, 2))
guest.bigger(ShapeCircle(1.0))
guest.bigger(Point(1, 2))
guest.next(Colour.RED)
guest.next("red")
match guest.divide(1, 2):
    case Err(text):
        text + 1
""")
    result = mypy(checked, "user.py")
    found = [line for line in result.stdout.splitlines() if ": error:" in line]
    assert [line.partition(":")[2].partition(":")[0] for line in found] == [
        "15", "18", "20", "22", "25",
    ], result.stdout  # fmt: skip


def test_documentation_comes_along() -> None:
    files = generate(world_of_file(FILES / "everything.wit", "library"))
    text = files["imports/tests_everything_kinds.py"]
    assert '    """All kinds of types.\n\n      With an' in text
    assert '        """Opens it."""' in text


def test_a_component_without_a_name_has_a_world_too() -> None:
    component = Component.from_text("""(component
      (import "f" (func $f (param "x" u8) (result u8))) (export "g" (func $f)))""")
    files = generate(world_of_component(component), "my-guest")
    assert "class MyGuest(_rt.Exports):" in files["__init__.py"]
    assert "    def g(self, x: int) -> int:" in files["__init__.py"]
    assert list(files) == ["__init__.py"]


def test_what_has_no_types_is_refused(tmp_path: Path) -> None:
    core = tmp_path / "core.wasm"
    core.write_bytes(encode(parse("(module)")))
    with pytest.raises(ComponentError, match="is a core module"):
        world_of_file(core)
    with pytest.raises(ComponentError, match="there is no world nothing; known: guest"):
        world_of_file(GUEST, "nothing")
    with pytest.raises(ComponentError, match="name one of the worlds"):
        world_of_file(FILES / "everything.wit")
    broken = tmp_path / "broken.wit"
    broken.write_text("package a:b; interface i { f: func( }")
    with pytest.raises(ParseError, match=r"broken.wit:1:"):
        world_of_file(broken)
