"""Services of an application in virtual time: lifecycle, backoff, strategies, changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pywasm_rt.app.app import App
from pywasm_rt.errors import ProcessError
from pywasm_rt.process.interface import Message
from pywasm_rt.process.lifecycle import ServiceInformation, ServiceState
from pywasm_rt.process.simulation import VirtualClock
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

from .conftest import Write, digest

HEAD = """\
namespace: app
entries:
  - {name: processes, kind: process.host}
"""

# Runs until it is told to fail or to end; says so to whoever is called "test".
WORKER = """\
async def main(process, name):
    try:
        await process.send("test", "begins", name)
    except Exception:
        pass
    while True:
        event = await process.receive()
        if getattr(event, "topic", "") == "fail":
            raise ValueError(f"{name} was told to")
        if getattr(event, "topic", "") == "end" or hasattr(event, "reason"):
            return name
"""

Act = Callable[[App], Awaitable[None]]


def service(name: str, more: str = "", lifecycle: str = "") -> str:
    return (
        f"  - {{name: {name}, kind: process.service, process: worker, host: processes, "
        f"input: [{name}], register_as: {name}, lifecycle: {{{lifecycle}}}{more}}}\n"
    )


WORKER_ENTRY = "  - {name: worker, kind: process.py, module: worker.py}\n"


def run(write: Write, entries: str, act: Act, worker: str = WORKER) -> None:
    folder = write({"app.yaml": HEAD + WORKER_ENTRY + entries, "worker.py": worker})

    async def main() -> None:
        async with App.load(folder, strict=True, clock=VirtualClock()) as app:
            await app.register("test")
            await app.sleep(0.001)
            while await app.receive(0) is not None:
                pass
            await act(app)

    asyncio.run(asyncio.wait_for(main(), 30))


def state(app: App, name: str) -> ServiceInformation:
    return next(it for it in app.services.services() if it.id == f"app:{name}")


def seconds(app: App) -> float:
    return app.now_ns() / 1e9


def test_services_start_by_themselves_and_in_order(write: Write) -> None:
    async def act(app: App) -> None:
        assert state(app, "a").state is ServiceState.RUNNING
        assert state(app, "b").state is ServiceState.RUNNING
        assert state(app, "c").state is ServiceState.UNKNOWN
        pids = {it.names: it.pid.number for it in app.processes()}
        assert pids[("b",)] < pids[("a",)]
        app.services.start("app:c")
        message = await app.receive(1)
        assert isinstance(message, Message)
        assert message.payloads == ("c",)

    entries = service("a", lifecycle="auto_start: true, requires: [b]")
    entries += service("b", lifecycle="auto_start: true") + service("c")
    run(write, entries, act)


def test_a_failed_service_is_started_again_after_growing_delays(write: Write) -> None:
    async def act(app: App) -> None:
        for delay in (1.0, 2.0, 4.0, 5.0, 5.0):
            before = seconds(app)
            await app.send("a", "fail")
            await app.receive(topic="begins")
            assert seconds(app) - before == pytest.approx(delay)
        await app.sleep(10)
        before = seconds(app)
        await app.send("a", "fail")
        await app.receive(topic="begins")
        assert seconds(app) - before == pytest.approx(1.0)
        assert state(app, "a").restarts == 6

    restart = "restart: {initial_delay: 1s, max_delay: 5s}"
    run(write, service("a", lifecycle=f"auto_start: true, {restart}"), act)


def test_after_the_last_attempt_it_has_failed(write: Write) -> None:
    async def act(app: App) -> None:
        for _ in range(2):
            await app.send("a", "fail")
            await app.receive(topic="begins")
        await app.send("a", "fail")
        await app.sleep(100)
        service = state(app, "a")
        assert service.state is ServiceState.FAILED
        assert "a was told to" in str(service.error)

    lifecycle = "auto_start: true, restart: {max_attempts: 2}"
    run(write, service("a", lifecycle=lifecycle), act)


def test_a_normal_end_is_no_failure_unless_it_is_permanent(write: Write) -> None:
    async def act(app: App) -> None:
        await app.send("a", "end")
        await app.send("b", "end")
        await app.sleep(10)
        assert state(app, "a").state is ServiceState.EXITED
        assert state(app, "b").state is ServiceState.RUNNING

    entries = service("a", lifecycle="auto_start: true")
    entries += service("b", ", restart: permanent", "auto_start: true")
    run(write, entries, act)


@pytest.mark.parametrize(
    ("strategy", "restarted"),
    [("one_for_one", {"b"}), ("rest_for_one", {"b", "c"}), ("one_for_all", {"a", "b", "c"})],
)
def test_strategies(write: Write, strategy: str, restarted: set[str]) -> None:
    async def act(app: App) -> None:
        await app.send("b", "fail")
        await app.sleep(5)
        begun: set[str] = set()
        while (message := await app.receive(0, topic="begins")) is not None:
            assert isinstance(message, Message)
            begun.add(str(message.payloads[0]))
        assert begun == restarted

    entries = "".join(service(name) for name in "abc")
    entries += (
        "  - {name: group, kind: process.supervisor, children: [a, b, c], "
        f"strategy: {strategy}, intensity: 3, period: 10s}}\n"
    )
    run(write, entries, act)


def test_too_many_restarts_are_the_supervisors_failure(write: Write) -> None:
    async def act(app: App) -> None:
        for _ in range(3):
            await app.send("a", "fail")
            await app.sleep(1)
            if state(app, "a").state is not ServiceState.RUNNING:
                break
        await app.sleep(0.01)
        assert state(app, "group").restarts + (state(app, "group").error is not None) >= 1

    entries = service("a", lifecycle="restart: {initial_delay: 1ms}")
    entries += "  - {name: group, kind: process.supervisor, children: [a], intensity: 1}\n"
    run(write, entries, act)


def test_a_trapped_guest_is_started_again(write: Write) -> None:
    async def act(app: App) -> None:
        await app.sleep(3.5)
        assert state(app, "a").restarts == 3
        assert "unreachable" in str(state(app, "a").error)

    files = {
        "app.yaml": HEAD
        + """\
  - {name: bin, kind: fs.directory, directory: .}
  - {name: guest, kind: process.wasm, fs: bin, path: t.wasm, method: run, hash: HASH}
  - name: a
    kind: process.service
    process: guest
    host: processes
    lifecycle: {auto_start: true, startup: optional}
"""
    }
    code = encode(parse('(module (func (export "run") unreachable))'))
    files["app.yaml"] = files["app.yaml"].replace("HASH", digest(code))
    folder = write({**files, "t.wasm": code})

    async def main() -> None:
        async with App.load(folder, strict=True, clock=VirtualClock()) as app:
            await act(app)

    asyncio.run(asyncio.wait_for(main(), 30))


def test_a_required_service_that_cannot_start_ends_the_start(write: Write) -> None:
    async def main() -> None:
        folder = write({"app.yaml": HEAD + WORKER_ENTRY + entries, "worker.py": WORKER})
        with pytest.raises(ProcessError, match=r"services could not be started: app:b: .*missing"):
            async with App.load(folder, strict=True, clock=VirtualClock()):
                pass

    entries = service("a", lifecycle="auto_start: true")
    entries += service("b", lifecycle="auto_start: true").replace("input: [b]", "input: []")
    asyncio.run(asyncio.wait_for(main(), 30))


def test_what_is_wrong_is_told_before_anything_starts(write: Write) -> None:
    entries = """\
  - {name: a, kind: process.service, process: processes, host: worker}
  - {name: b, kind: process.service, process: wurker, host: "node:control"}
  - {name: c, kind: process.service, process: worker, host: processes, restart: always}
  - {name: g, kind: process.supervisor, children: [worker, d], strategy: one_for_two}
  - {name: h, kind: process.supervisor, children: [worker, d]}
  - {name: i, kind: process.supervisor, children: [d], period: soon}
  - {name: d, kind: process.service, process: f, host: processes, input: [x]}
  - {name: f, kind: process.py, module: nothing.py}
  - {name: x, kind: process.service, process: worker, host: processes, lifecycle: {requires: [y]}}
  - {name: y, kind: process.service, process: worker, host: processes, lifecycle: {requires: [x]}}
"""
    folder = write({"app.yaml": HEAD + WORKER_ENTRY + entries, "worker.py": WORKER})
    shown = [str(it).removeprefix("app.yaml:") for it in App.load(folder).application.faults]
    assert shown == [
        "5: process: app:processes is a process.host, not a process",
        "5: host: app:worker is a process.py, not a host",
        "6: host: invalid host: node:control (name a process.host)",
        (
            "7: restart: restart must be 'transient', 'permanent' or 'temporary', "
            'not the text "always"'
        ),
        (
            "8: strategy: strategy must be 'one_for_one', 'one_for_all' or 'rest_for_one', "
            'not the text "one_for_two"'
        ),
        "9: children[0]: app:worker is a process.py, which is no service",
        '10: period: not a duration: "soon" (for example "500ms" or "1m30s")',
        "12: module: failed to open file: nothing.py: No such file or directory",
        "13: lifecycle.requires[0]: dependency cycle: app:x -> app:y -> app:x",
        "14: lifecycle.requires[0]: dependency cycle: app:x -> app:y -> app:x",
    ]


def test_changes_are_taken_over_while_it_runs(write: Write, tmp_path: Path) -> None:
    async def act(app: App) -> None:
        text = (tmp_path / "app.yaml").read_text()
        (tmp_path / "app.yaml").write_text(text + service("b", lifecycle="auto_start: true"))
        changes = await app.reload()
        assert (changes.added, changes.changed, changes.removed) == (("app:b",), (), ())
        message = await app.receive(1, topic="begins")
        assert isinstance(message, Message)
        assert message.payloads == ("b",)
        (tmp_path / "app.yaml").write_text(text.replace("input: [a]", "input: [again]"))
        changes = await app.reload()
        assert (changes.added, changes.changed, changes.removed) == ((), ("app:a",), ("app:b",))
        message = await app.receive(1, topic="begins")
        assert isinstance(message, Message)
        assert message.payloads == ("again",)
        assert [it.id for it in app.services.services()] == ["app:a"]
        assert not await app.reload()

    run(write, service("a", lifecycle="auto_start: true"), act)


def test_a_process_whose_code_has_changed_is_told_or_started_again(
    write: Write, tmp_path: Path
) -> None:
    async def act(app: App) -> None:
        (tmp_path / "worker.py").write_text(WORKER.replace('"begins"', '"begins anew"'))
        changes = await app.reload()
        assert changes.changed == ("app:worker",)
        assert await app.receive(1, topic="begins anew") is not None
        assert state(app, "a").restarts == 0

    run(write, service("a", lifecycle="auto_start: true"), act)


UPGRADABLE = """\
async def main(process, name):
    await process.set_options(upgradable=True)
    while True:
        event = await process.receive()
        if hasattr(event, "sources"):
            await process.send("test", "outdated", *event.sources)
            await process.upgrade(None, "upgraded")
        elif hasattr(event, "reason"):
            return
"""


def test_an_upgradable_process_goes_on_as_the_new_code(write: Write, tmp_path: Path) -> None:
    async def act(app: App) -> None:
        before = await app.lookup("a")
        await app.sleep(1)
        (tmp_path / "worker.py").write_text(WORKER)
        await app.reload()
        message = await app.receive(1, topic="outdated")
        assert isinstance(message, Message)
        assert message.payloads == ("app:worker",)
        message = await app.receive(1, topic="begins")
        assert isinstance(message, Message)
        assert (message.payloads, message.sender) == (("upgraded",), before)

    run(write, service("a", lifecycle="auto_start: true"), act, UPGRADABLE)


def test_a_broken_state_is_told_and_the_rest_runs_on(write: Write, tmp_path: Path) -> None:
    async def act(app: App) -> None:
        text = (tmp_path / "app.yaml").read_text()
        (tmp_path / "app.yaml").write_text(text + "  - {name: c, kind: process.servise}\n")
        assert not await app.reload()
        (fault,) = app.application.faults
        assert 'did you mean "process.service"?' in str(fault)
        assert state(app, "a").state is ServiceState.RUNNING

    # A strict application stays as it was; this one is not.
    folder = write(
        {
            "app.yaml": HEAD + WORKER_ENTRY + service("a", lifecycle="auto_start: true"),
            "worker.py": WORKER,
        }
    )

    async def main() -> None:
        async with App.load(folder, clock=VirtualClock()) as app:
            await act(app)

    asyncio.run(asyncio.wait_for(main(), 30))


STUBBORN = """\
async def main(process, name):
    try:
        await process.send("test", "begins", name)
    except Exception:
        pass
    while True:
        event = await process.receive()
        if getattr(event, "topic", "") == "fail":
            raise ValueError(name)
        if hasattr(event, "reason"):
            await process.send("test", "asked", name)
            await process.sleep({"quick": 0.5}.get(name, 1_000))
            await process.send("test", "ends", name)
            return name
"""


def test_all_figures_of_a_lifecycle_hold(write: Write) -> None:
    async def began_after(app: App) -> float:
        before = seconds(app)
        await app.send("a", "fail")
        await app.receive(topic="begins")
        return round(seconds(app) - before, 3)

    async def act(app: App) -> None:
        assert [await began_after(app) for _ in range(4)] == [0.5, 1.5, 4.0, 4.0]
        await app.sleep(6.9)
        assert await began_after(app) == 4.0, "not stable yet"
        await app.sleep(7)
        assert await began_after(app) == 0.5, "it was stable"

    restart = "restart: {initial_delay: 500ms, max_delay: 4s, backoff_factor: 3, jitter: 0.2}"
    lifecycle = f"auto_start: true, stable_threshold: 7s, {restart}"
    run(write, service("a", lifecycle=lifecycle), act, STUBBORN)


def test_services_stop_in_reverse_order_each_within_its_time(write: Write) -> None:
    async def act(app: App) -> None:
        before = seconds(app)
        app.services.stop()
        told: list[tuple[str, str, float]] = []
        while (message := await app.receive(100)) is not None:
            assert isinstance(message, Message)
            told.append((message.topic, str(message.payloads[0]), seconds(app) - before))
        # What requires is down before what it requires is asked; who does not end is terminated.
        assert told == [
            ("asked", "slow", 0.0),
            ("asked", "quick", 3.0),
            ("ends", "quick", 3.5),
            ("asked", "first", 3.5),
        ]
        states = {it.id: (it.state, str(it.error or "")) for it in app.services.services()}
        assert {state for state, _ in states.values()} == {ServiceState.STOPPED}
        assert states["app:slow"][1] == "service stop timed out: app:slow"

    entries = service("slow", lifecycle="auto_start: true, requires: [quick], stop_timeout: 3s")
    entries += service("quick", lifecycle="auto_start: true, requires: [first], stop_timeout: 1s")
    entries += service("first", lifecycle="auto_start: true, stop_timeout: 2s")
    run(write, entries, act, STUBBORN)
