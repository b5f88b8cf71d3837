"""The programs in C as components: the adapter for preview 1 asks everything of WASI 0.2."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.linker import Linker
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Meter
from pywasm_rt.errors import ComponentError, ExhaustionError
from pywasm_rt.operations import Poll, Readable, ReadStream, Sleep
from pywasm_rt.wasi.capabilities.clocks import VirtualWallClock
from pywasm_rt.wasi.capabilities.host_directory import HostDirectory
from pywasm_rt.wasi.capabilities.memory_directory import MemoryFilesystem
from pywasm_rt.wasi.capabilities.random import SeededRandom
from pywasm_rt.wasi.capabilities.stdio import BytesSource, CollectingSink
from pywasm_rt.wasi.context import WasiContext, WasiLimits
from pywasm_rt.wasi.preview2 import interfaces
from pywasm_rt.wasi.preview2.run import run_command

pytestmark = pytest.mark.guests

ADAPTER_PACKAGE = "@bytecodealliance/jco@1.35.0"
ADAPTER = "package/lib/wasi_snapshot_preview1.command.wasm"


class Outcome(NamedTuple):
    """What a command printed, and how it ended."""

    code: object
    stdout: bytes
    stderr: bytes


@pytest.fixture(scope="session")
def adapter(request: pytest.FixtureRequest) -> Path:
    """The adapter from preview 1 to 0.2, from the registry (and kept in pytest's cache)."""
    assert request.config.cache is not None
    folder = request.config.cache.mkdir("wasi-adapter")
    if not (folder / ADAPTER).exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("no npm to get the adapter with")
        command = [npm, "pack", "--silent", ADAPTER_PACKAGE]
        packed = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
        if packed.returncode != 0:
            pytest.skip(f"no adapter to be had: {packed.stderr.strip()}")
        with tarfile.open(folder / packed.stdout.strip()) as archive:
            archive.extract(ADAPTER, folder, filter="data")
    return folder / ADAPTER


@pytest.fixture(scope="session")
def component_file(
    compiled: Callable[[str], bytes], adapter: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Makes a component of a C program of the folder ``guests``, once."""
    wasm_tools = shutil.which("wasm-tools", path=str(Path(sys.executable).parent))
    if wasm_tools is None:
        pytest.skip("no wasm-tools")
    folder = tmp_path_factory.mktemp("components")

    def make(name: str) -> Path:
        module, output = folder / f"{name}.wasm", folder / f"{name}.component.wasm"
        if not output.exists():
            module.write_bytes(compiled(name))
            command = [wasm_tools, "component", "new", str(module), "-o", str(output)]
            command += ["--adapt", f"wasi_snapshot_preview1={adapter}"]
            subprocess.run(command, check=True, timeout=60)
        return output

    return make


@pytest.fixture(scope="session")
def component(component_file: Callable[[str], Path]) -> Callable[[str], Component]:
    """The same, read."""
    return functools.cache(lambda name: Component.from_file(component_file(name)))


def run(
    world: Any, guest: Component, arguments: list[str], engine_name: str, **fields: Any
) -> Outcome:
    """Run a command to its end."""
    stdout, stderr = CollectingSink(), CollectingSink()
    context = WasiContext(
        arguments=arguments, stdout=stdout, stderr=stderr, monotonic_clock=world.clock, **fields
    )
    linker = Linker(get_engine(engine_name))
    for interface in interfaces(context):
        linker.define(interface)
    meter = Meter()
    instance = world.drive(linker.start(guest, None, meter))
    try:
        code = world.drive(run_command(instance, meter))
    finally:
        context.close()
    return Outcome(code, stdout.data, stderr.data)


def run_in_wasmtime(
    guest: Path,
    folder: Path,
    arguments: list[str],
    *,
    environment: dict[str, str] | None = None,
    stdin: bytes = b"",
    mount: Path | None = None,
) -> Outcome:
    """The same in wasmtime; ``folder`` is for its standard streams."""
    wasmtime: Any = pytest.importorskip("wasmtime")
    components: Any = pytest.importorskip("wasmtime.component")
    (folder / "in").write_bytes(stdin)
    config = wasmtime.WasiConfig()
    config.argv = arguments
    config.env = list((environment or {}).items())
    config.stdin_file = str(folder / "in")
    config.stdout_file = str(folder / "out")
    config.stderr_file = str(folder / "err")
    if mount is not None:
        config.preopen_dir(str(mount), ".")
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    store.set_wasi(config)
    linker = components.Linker(engine)
    linker.add_wasip2()
    component = components.Component.from_file(engine, str(guest))
    name = next(name for name in Component.from_file(guest).exports if name.startswith("wasi:cli/"))
    instance = linker.instantiate(store, component)
    interface = instance.get_export_index(store, name)
    function = instance.get_func(store, instance.get_export_index(store, "run", interface))
    code = 0
    try:
        function(store)
    except wasmtime.ExitTrap as end:
        code = end.code
    del function, instance, linker, store  # they close the files
    return Outcome(code, (folder / "out").read_bytes(), (folder / "err").read_bytes())


def test_arguments_environment_and_exit_code(
    world: Any, component: Callable[[str], Component], engine_name: str
) -> None:
    outcome = run(
        world, component("hello"), ["hello", "zwei & drü"], engine_name, environment={"NAME": "Ada"}
    )
    # The adapter knows only exit(result): every code but 0 becomes 1.
    expected = "argument 1: zwei & drü\nhello, Ada\n"
    assert outcome == (1, expected.encode(), b"leaving\n")


def test_binary_standard_input(
    world: Any, component: Callable[[str], Component], engine_name: str
) -> None:
    data = bytes(range(256)) * 101 + b"\r\n\x1a\0"
    outcome = run(world, component("echo"), ["echo"], engine_name, stdin=BytesSource(data))
    assert outcome == (0, data, b"25860 bytes\n")
    assert world.performed == []


def test_a_guest_that_reads_waits_for_its_input(
    world: Any, component: Callable[[str], Component], engine_name: str, slow_source: Any
) -> None:
    pieces = [b"first", b"second"]

    def arrive(_: object) -> None:
        if pieces:
            slow_source.arrived.append(pieces.pop(0))
        else:
            slow_source.ended = True

    world.meanwhile = arrive
    outcome = run(world, component("echo"), ["echo"], engine_name, stdin=slow_source)
    assert outcome == (0, b"firstsecond", b"11 bytes\n")
    assert world.performed == [ReadStream(slow_source, 10_000)] * 3


def test_output_beyond_the_limit_ends_a_guest(
    world: Any, component: Callable[[str], Component], engine_name: str
) -> None:
    source = BytesSource(bytes(30_000))
    limits = WasiLimits(output_bytes=25_000)
    with pytest.raises(ExhaustionError, match="output limit of 25000 bytes"):
        run(world, component("echo"), ["echo"], engine_name, stdin=source, limits=limits)


def test_sleeping_and_polling(
    world: Any, component: Callable[[str], Component], engine_name: str, slow_source: Any
) -> None:
    outcome = run(world, component("sleep"), ["sleep", "1500"], engine_name)
    assert outcome == (0, b"nanosleep: 0\nslept enough\n", b"")
    assert world.performed == [Poll((Sleep(1_500_001_000),))]
    outcome = run(
        world, component("sleep"), ["sleep", "500", "poll"], engine_name, stdin=slow_source
    )
    assert outcome == (0, b"poll: 0\nslept enough\n", b"")
    assert world.performed[1:] == [Poll((Readable(slow_source), Sleep(2_000_001_000)))]
    world.meanwhile = lambda _: slow_source.arrived.append(b"x")
    outcome = run(
        world, component("sleep"), ["sleep", "500", "poll"], engine_name, stdin=slow_source
    )
    assert outcome == (0, b"poll: 1\nslept too little\n", b"")


@pytest.mark.parametrize(
    ("name", "arguments", "given"),
    [
        ("hello", ["zwei & drü", ""], {"environment": {"NAME": "Åsa"}}),
        ("hello", [], {}),
        ("echo", [], {"stdin": bytes(range(256)) * 300}),
        ("sleep", ["5"], {}),
    ],
    ids=["hello", "nobody", "echo", "sleep"],
)
def test_it_is_as_on_wasmtime(
    world: Any,
    component_file: Callable[[str], Path],
    tmp_path: Path,
    engine_name: str,
    name: str,
    arguments: list[str],
    given: dict[str, Any],
) -> None:
    file = component_file(name)
    theirs = run_in_wasmtime(file, tmp_path, [name, *arguments], **given)
    if "stdin" in given:
        given = given | {"stdin": BytesSource(given["stdin"])}
    ours = run(world, Component.from_file(file), [name, *arguments], engine_name, **given)
    assert ours == theirs


def test_time_and_chance(
    world: Any, component: Callable[[str], Component], engine_name: str
) -> None:
    outcome = run(
        world,
        component("chance"),
        ["chance"],
        engine_name,
        random=SeededRandom(7),
        wall_clock=VirtualWallClock(world.clock, 1_700_000_000 * 10**9),
    )
    expected = f"1700000000 {SeededRandom(7).read(8).hex()}\n"
    assert outcome == (0, expected.encode(), b"")


def tree(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Everything below a folder: where links lead, and what is in files."""
    return {
        str(path.relative_to(folder)): (str(path.readlink()), b"")
        if path.is_symlink()
        else ("", path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def test_files_are_as_on_wasmtime(
    world: Any, component_file: Callable[[str], Path], tmp_path: Path, engine_name: str
) -> None:
    mounts = [tmp_path / "ours" / "mount", tmp_path / "theirs" / "mount"]
    for mount in mounts:
        mount.mkdir(parents=True)
        (mount.parent / "outside.txt").write_text("secret")
        (mount / "out").symlink_to("..")
        (mount / "passwd").symlink_to("/etc/passwd")
    file = component_file("files")
    directory = HostDirectory(mounts[0])
    ours = run(
        world, Component.from_file(file), ["files"], engine_name, preopens=[(".", directory)]
    )
    directory.close()
    assert ours.stdout.endswith(b"\n0 failures\n")
    assert ours == run_in_wasmtime(file, tmp_path, ["files"], mount=mounts[1])
    assert tree(tmp_path / "ours") == tree(tmp_path / "theirs")


def test_files(
    world: Any, component: Callable[[str], Component], engine_name: str, tmp_path: Path
) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    (mount / "out").symlink_to("..")
    (mount / "passwd").symlink_to("/etc/passwd")
    directory = HostDirectory(mount)
    outcome = run(world, component("files"), ["files"], engine_name, preopens=[(".", directory)])
    directory.close()
    lines = outcome.stdout.decode().splitlines()
    assert (outcome.code, lines[-1]) == (0, "0 failures")
    assert "in sub: . .. hard renamed.txt soft" in lines
    assert "rename out: Operation not permitted" in lines
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mount", "outside.txt"]
    assert (mount / "sub/renamed.txt").read_text() == "FIRST"


def test_a_read_only_mount(
    world: Any, component: Callable[[str], Component], engine_name: str
) -> None:
    filesystem = MemoryFilesystem({"passwd": "none"})
    mount = filesystem.directory(read_only=True)
    outcome = run(world, component("files"), ["files"], engine_name, preopens=[(".", mount)])
    assert outcome.code == 1
    assert b"FAILED: fopen w (Read-only file system)" in outcome.stdout
    assert filesystem.files() == {"passwd": b"none"}


def test_a_component_that_is_no_command(world: Any, tmp_path: Path) -> None:
    instance = Linker(get_engine("reference")).instantiate(Component.from_binary(b"\0asm\r\0\1\0"))
    with pytest.raises(ComponentError, match="wasi:cli/run"):
        world.drive(run_command(instance, Meter()))


def test_limits_on_handles_files_and_output(
    world: Any, component: Callable[[str], Component], engine_name: str, tmp_path: Path
) -> None:
    directory = HostDirectory(tmp_path)
    given: dict[str, Any] = {
        "preopens": [(".", directory)],
        "limits": WasiLimits(open_handles=5, file_bytes=125, output_bytes=1_000),
    }
    outcome = run(world, component("limits"), ["limits", "800"], engine_name, **given)
    assert (outcome.code, outcome.stdout) == (0, b"x" * 800)
    # 0.2 has no code for too many open files, and what does not fit a stream wholly is refused.
    assert outcome.stderr.decode().splitlines() == [
        "open: 5 times, then Quota exceeded",
        "write: 120 bytes, then File too large",
        "after closing: opened",
    ]
    with pytest.raises(ExhaustionError, match="output limit of 1000 bytes"):
        run(world, component("limits"), ["limits", "1000"], engine_name, **given)
    directory.close()
