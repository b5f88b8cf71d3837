"""What processes cost: memory, starts and ends, messages, latency beside computing guests.

Every figure is printed beside its target. Rates are also told per second of this process's own CPU
time, since that is what is left of them on a machine that does other things.
"""

from __future__ import annotations

import gc
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.process_guests import (
    LOOP,
    MAILBOX_COMPONENT,
    component_definition,
    core_definition,
)
from pywasm_rt.app.application import Application
from pywasm_rt.app.definitions import Surroundings
from pywasm_rt.app.deployment import Deployment
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import ProcessError
from pywasm_rt.operations import Sleep
from pywasm_rt.process.generator import Body, GeneratorProcess
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.interface import ProcessContext, ProcessDefinition
from pywasm_rt.process.node import Node
from pywasm_rt.process.operations import Receive, Send, Spawn, TerminateProcess
from pywasm_rt.process.task import ProcessState

__all__ = ["Figure", "format_figures", "measure"]

HOST = "benchmark:host"
DEMO = Path(__file__).resolve().parent.parent / "pywasm_rt" / "examples" / "demo"
PAGE_BYTES = 65_536
_PATIENCE = 600.0
_LATEST_SECONDS = 0.020
_PAUSE_NS = 2_000_000
_LEAST_GAIN = 1.5


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; ``is_met`` says whether it is within its target."""

    name: str
    value: str
    target: str
    is_met: bool


def measure(
    idle: int = 10_000,
    spawns: int = 5_000,
    trips: int = 40_000,
    probes: int = 400,
    calls: int = 5_000,
) -> list[Figure]:
    """Measure everything; the amounts are how many of each."""
    return [
        *_idle_memory(idle),
        *_spawn_rate(spawns),
        *_message_rate(trips),
        *_call_rates(calls),
        *_latency(probes),
    ]


def format_figures(figures: list[Figure]) -> str:
    """A line for each figure."""
    width = max(len(figure.name) for figure in figures)
    return "\n".join(
        f"{figure.name:<{width}}  {figure.value:<44} target {figure.target:<22} "
        f"{'met' if figure.is_met else 'MISSED'}"
        for figure in figures
    )


def _node(workers: int = 1) -> Node:
    node = Node()
    node.add_host(ProcessHost(HOST, workers))
    return node


def _define(body: Body) -> ProcessDefinition:
    return ProcessDefinition(lambda _: GeneratorProcess(body))


def _wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise ProcessError("the benchmark does not come to its end")
        time.sleep(0.01)


# Memory.


def _resident_bytes() -> int:
    """What this process has in memory (Linux)."""
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * 4096


def _idle_memory(count: int) -> list[Figure]:
    node = _node()
    node.register("idle", component_definition(MAILBOX_COMPONENT))
    with node:
        first = node.spawn("idle", HOST)
        _wait_until(lambda: _blocked(node) == 1)
        gc.collect()
        before = _resident_bytes()
        pids = [node.spawn("idle", HOST) for _ in range(count)]
        _wait_until(lambda: _blocked(node) == count + 1)
        gc.collect()
        each = (_resident_bytes() - before) / count
        for pid in (first, *pids):
            node.send(pid, "stop")
        _wait_until(lambda: not node.processes())
    limit = 3 * PAGE_BYTES + 65_536
    shown = f"{each / 1024:.1f} KiB each, {count} of them"
    return [
        Figure(
            "idle component processes of one page",
            shown,
            "< 3 x 64 KiB + 64 KiB",
            each < limit,
        )
    ]


def _blocked(node: Node) -> int:
    return sum(it.state is ProcessState.BLOCKED for it in node.processes())


# Rates.


class _Stopwatch:
    """Wall-clock and CPU time of this process."""

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    def figure(self, name: str, count: int, target: int) -> Figure:
        """A rate, met by either clock."""
        wall = count / (time.perf_counter() - self._wall)
        cpu = count / (time.process_time() - self._cpu)
        value = f"{wall:,.0f}/s ({cpu:,.0f} per CPU second)"
        return Figure(name, value, f">= {target:,}/s", max(wall, cpu) >= target)


def _spawn_rate(count: int) -> list[Figure]:
    engine = get_engine()
    application = Application.load(DEMO, engine=engine)
    definitions = application.definitions(Surroundings(engine))
    entry_id = next(it for it in definitions if it.endswith(":compute_component"))
    node = _node()
    node.register("compute", definitions[entry_id])
    with node:
        assert node.run("compute", HOST, (6, 7)).value == 42
        stopwatch = _Stopwatch()
        futures = [node.spawn_watched("compute", HOST, (6, 7))[1] for _ in range(count)]
        assert all(future.result(_PATIENCE).value == 42 for future in futures)
        figure = stopwatch.figure("spawn to EXIT of the demo's compute", count, 1_000)
    return [figure]


def _answering(_: ProcessContext) -> Iterator[Any]:
    while True:
        message = yield Receive()
        if message.topic == "stop":
            return
        yield Send(message.sender, "echo", message.payloads)


def _asking(_: ProcessContext, entry_id: str, count: int) -> Iterator[Any]:
    pid = yield Spawn(entry_id, HOST)
    for number in range(count):
        yield Send(pid, "echo", (b"12345678", number))
        yield Receive(events=False)
    yield Send(pid, "stop")
    return count


def _message_rate(count: int) -> list[Figure]:
    node = _node()
    node.register("asking", _define(_asking))
    node.register("python", _define(_answering))
    node.register("component", component_definition(MAILBOX_COMPONENT))
    with node:
        figures = []
        for entry_id, target in (("python", 20_000), ("component", 0)):
            stopwatch = _Stopwatch()
            node.run("asking", HOST, (entry_id, count))
            name = f"message round trips with a {entry_id} process"
            figures.append(stopwatch.figure(name, count, target))
    return figures


FUNCTIONS = """\
namespace: benchmark
entries:
  - {name: binaries, kind: fs.directory, directory: "FOLDER"}
  - name: warm
    kind: function.wasm
    fs: benchmark:binaries
    path: component.wasm
    hash: "HASH"
    method: greet
    pool: {type: inline}
  - name: new
    kind: function.wasm
    fs: benchmark:binaries
    path: component.wasm
    hash: "HASH"
    method: greet
    pool: {type: inline}
    options: {limits: {max_retained_memory_bytes: 1}}
"""


def _call_rates(count: int) -> list[Figure]:
    """Calls of a component's function, one after the other, on warm instances and on new ones."""
    folder = DEMO / "wasm"
    digest = hashlib.sha256((folder / "component.wasm").read_bytes()).hexdigest()
    text = FUNCTIONS.replace("FOLDER", str(folder))
    with tempfile.TemporaryDirectory() as name, Node() as node:
        (Path(name) / "app.yaml").write_text(text.replace("HASH", f"sha256:{digest}"))
        engine = get_engine()
        application = Application.load(name, strict=True, engine=engine)
        deployment = Deployment(application, node, Surroundings(engine))
        deployment.install()
        seconds: dict[str, float] = {}
        for entry in ("warm", "new"):
            function = f"benchmark:{entry}"
            assert deployment.call(function, ("Ada",)).result(_PATIENCE).error is None
            begin = time.process_time()
            for _ in range(count):
                deployment.begin_call(function, ("Ada",), here=True)[1].result(_PATIENCE)
            seconds[entry] = (time.process_time() - begin) / count
    gain = seconds["new"] / seconds["warm"]
    shown = " and ".join(f"{it * 1e6:,.0f} us ({entry})" for entry, it in seconds.items())
    name = "CPU time of a call of the demo's greet"
    return [Figure(name, f"{shown}: {gain:.1f} x", ">= 1.5 x", gain >= _LEAST_GAIN)]


# Latency.


def _latency(probes: int) -> list[Figure]:
    node = _node(workers=2)
    node.register("loop", core_definition(LOOP))
    node.register("victim", _define(_answering))
    node.register("component", component_definition(MAILBOX_COMPONENT))
    with node:
        loops = [node.spawn("loop", HOST) for _ in range(8)]
        figures = [
            _percentile(f"answer of a {name} beside 8 loops on 2 workers", times, 2)
            for name, times in (
                ("victim", _answer_times(node, "victim", probes)),
                ("component", _answer_times(node, "component", probes)),
            )
        ]
        terminated = _terminate_times(node, probes // 4)
        figures.append(_percentile("terminate of a loop among 8 others", terminated, 2))
        for pid in loops:
            node.terminate(pid)
    return figures


_Time = tuple[float, float]


def _clocks() -> _Time:
    """Wall-clock time, and the CPU time of this process."""
    return time.perf_counter(), time.process_time()


def _since(begin: _Time) -> _Time:
    wall, cpu = _clocks()
    return wall - begin[0], cpu - begin[1]


def _answer_times(node: Node, entry_id: str, probes: int) -> list[_Time]:
    """How long a process on the same workers waits for an answer."""

    def probing(context: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn(entry_id, HOST)
        times = []
        for _ in range(probes):
            begin = _clocks()
            yield Send(pid, "echo", (b"x",))
            yield Receive()
            times.append(_since(begin))
            yield Sleep(context.clock.now_ns() + _PAUSE_NS)
        yield Send(pid, "stop")
        return times

    node.register("probing", _define(probing))
    times = node.run("probing", HOST).value
    assert isinstance(times, list), "it returns them"
    return times


def _terminate_times(node: Node, probes: int) -> list[_Time]:
    """How long a process on the same workers waits for the EXIT of a loop that it terminates."""

    def ending(context: ProcessContext) -> Iterator[Any]:
        times = []
        for _ in range(probes):
            pid = yield Spawn("loop", HOST, monitored=True)
            yield Sleep(context.clock.now_ns() + _PAUSE_NS)
            begin = _clocks()
            yield TerminateProcess(pid)
            yield Receive()
            times.append(_since(begin))
        return times

    node.register("ending", _define(ending))
    times = node.run("ending", HOST).value
    assert isinstance(times, list), "it returns them"
    return times


def _percentile(name: str, times: list[_Time], workers: int) -> Figure:
    """The latest of a hundred. On a busy machine threads wait for processors, so the CPU time that
    the workers had meanwhile is told too: on an idle one that is how long it takes.
    """
    walls = [wall for wall, _ in times]
    cpus = [cpu / workers for _, cpu in times]
    late_wall, late_cpu = (_at(it, 0.99) for it in (walls, cpus))
    shown = [f"{_at(it, part) * 1000:.1f}" for it in (walls, cpus) for part in (0.5, 0.99)]
    value = f"p50 {shown[0]} p99 {shown[1]} ms (CPU {shown[2]}, {shown[3]})"
    return Figure(name, value, "p99 <= 20 ms", min(late_wall, late_cpu) <= _LATEST_SECONDS)


def _at(times: list[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]
