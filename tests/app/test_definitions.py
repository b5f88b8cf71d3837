"""Entries as processes, in virtual and in real time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pywasm_rt.app.application import Application
from pywasm_rt.app.definitions import ARGUMENTS, Surroundings, engine_limits
from pywasm_rt.app.kinds.limits import LimitSettings
from pywasm_rt.app.standard_streams import StandardStreams
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Limits
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.node import Node
from pywasm_rt.process.simulation import Simulation
from pywasm_rt.wasi.capabilities.stdio import BytesSource, CollectingSink
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

from .conftest import Write, digest

DEMO = Path(__file__).parents[2] / "pywasm_rt" / "examples" / "demo"
MILLISECOND = 1_000_000


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Application:
    """The demo application; what it writes goes to a temporary folder."""
    folder = tmp_path_factory.mktemp("demo")
    for name in ("src", "wasm", "data"):
        (folder / name).symlink_to(DEMO / name)
    return Application.load(folder, strict=True)


def simulate(application: Application, streams: StandardStreams | None = None) -> Simulation:
    """A simulation that knows the application's WebAssembly processes."""
    simulation = Simulation()
    surroundings = Surroundings(get_engine(), streams or StandardStreams(), {"local:host"})
    for entry_id, definition in application.definitions(surroundings).items():
        simulation.register(entry_id, definition)
    return simulation


@pytest.mark.parametrize("entry", ["myns:compute_worker", "myns:compute_component"])
@pytest.mark.parametrize("arguments", [(6, 7), (6.0, 7)])
def test_compute(demo: Application, entry: str, arguments: tuple[object, ...]) -> None:
    assert simulate(demo).run(entry, *arguments).value == 42


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((6,), "parameter count mismatch: expected 2, got 1"),
        ((6, "7"), "parameter 2 (b)"),
        ((6, 7.5), "parameter 2 (b)"),
        ((-1, 7), "parameter 1 (a)"),
        ((None, 7), "parameter 1 (a)"),
    ],
)
@pytest.mark.parametrize("entry", ["myns:compute_worker", "myns:compute_component"])
def test_wrong_arguments_are_the_error(
    demo: Application, entry: str, arguments: tuple[object, ...], message: str
) -> None:
    error = simulate(demo).run(entry, *arguments).error
    assert isinstance(error, ProcessError)
    assert message in str(error)
    assert error.kind is ProcessErrorKind.INVALID


def test_a_hundred_sleepers_sleep_together_in_virtual_time(demo: Application) -> None:
    simulation = simulate(demo)
    begin = simulation.clock.now_ns()
    pids = [simulation.spawn("myns:sleeper", 300) for _ in range(100)]
    simulation.run_until_idle()
    assert [simulation.ended[pid].value for pid in pids] == [300] * 100
    assert simulation.clock.now_ns() - begin == 300 * MILLISECOND


def test_a_hundred_sleepers_on_one_worker_in_real_time(demo: Application) -> None:
    with Node() as node:
        node.add_host(ProcessHost("app:host", workers=1))
        surroundings = Surroundings(get_engine())
        for entry_id, definition in demo.definitions(surroundings).items():
            node.register(entry_id, definition)
        begin = time.monotonic()
        futures = [node.spawn_watched("myns:sleeper", "app:host", [300])[1] for _ in range(100)]
        results = [future.result(timeout=30) for future in futures]
        assert time.monotonic() - begin < 2
    assert all(300 <= int(str(result.value)) < 2_000 for result in results)


def test_files_environment_and_output(demo: Application) -> None:
    output = CollectingSink()
    result = simulate(demo, StandardStreams(stdout=output)).run("myns:file_processor")
    assert (result.value, result.error) == ("total 42", None)
    assert bytes(output.data).decode().splitlines() == [
        "working in /app",
        "read 3 rows from /data/input.csv",
        "wrote /output/summary.json",
        "refused to write /data/written.txt: read-only",
    ]
    assert (demo.root / "output" / "summary.json").read_text() == '{"rows": 3, "total": 42}\n'


def test_limits() -> None:
    assert engine_limits(LimitSettings()) == Limits()
    given = LimitSettings(fuel=5, memory_bytes=65536, call_depth=7, output_bytes=9, open_handles=3)
    limits = engine_limits(given)
    assert (limits.fuel, limits.memory_bytes, limits.call_depth) == (5, 65536, 7)
    assert (limits.output_bytes, limits.open_handles) == (9, 3)


GUEST = """\
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "count") (result i32)
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (i32.load (i32.const 0)))
  (func (export "read") (result i32)
    (i32.store (i32.const 0) (i32.const 100))
    (i32.store (i32.const 4) (i32.const 1000))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.load (i32.const 8))))
"""


def guest(write: Write, more: str = "") -> Application:
    """An application with the guest above."""
    code = encode(parse(GUEST))
    text = f"""\
namespace: app
entries:
  - {{name: bin, kind: fs.directory, directory: .}}
  - name: guest
    kind: process.wasm
    fs: bin
    path: /guest.wasm
    hash: {digest(code)}
    method: count
    {more}
"""
    return Application.load(write({"guest.wasm": code, "app.yaml": text}), strict=True)


def test_only_a_process_on_a_terminal_host_reads(write: Write) -> None:
    application = guest(write)
    for hosts, count in (({"local:host"}, 5), (set(), 0)):
        simulation = Simulation()
        streams = StandardStreams(stdin=BytesSource(b"hello"))
        surroundings = Surroundings(get_engine(), streams, hosts)
        simulation.register("app:guest", application.definitions(surroundings)["app:guest"])
        assert simulation.run("app:guest", method="read").value == count


def test_arguments_of_the_command_line_unless_the_entry_has_its_own(write: Write) -> None:
    for more, count in (("", 2), ("wasi: {args: [a, b, c]}", 3)):
        with Node() as node:
            node.add_host(ProcessHost("app:host", workers=1))
            surroundings = Surroundings(get_engine())
            definition = guest(write, more).definitions(surroundings)["app:guest"]
            node.register("app:guest", definition)
            result = node.run("app:guest", "app:host", values={ARGUMENTS: ("x", "y")})
        assert result.value == count


def test_another_method_of_the_same_binary(demo: Application, write: Write) -> None:
    assert simulate(guest(write)).run("app:guest", method="read").value == 0
    error = simulate(demo).run("myns:compute_component", 6, 7, method="gone").error
    assert error is not None
    assert str(error) == "no function 'gone' is exported; there is: compute"


def test_an_unusable_entry_says_why_when_it_is_started(write: Write) -> None:
    text = "namespace: app\nname: x\nkind: process.wasm\nfs: bin\npath: /x\nhash: y\nmethod: z\n"
    simulation = simulate(Application.load(write({"app.yaml": text})))
    with pytest.raises(ProcessError, match=r"^app:x cannot be used: filesystem not found: app:bin"):
        simulation.spawn("app:x")


def test_nothing_stays_open(demo: Application) -> None:
    simulation = simulate(demo)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        simulation.run("myns:file_processor")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
