"""Guests in C, by the header and by the WIT that come with the package."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.component.wit import load
from pywasm_rt.process.actor.component import actor_interfaces
from pywasm_rt.process.interface import ProcessContext
from pywasm_rt.process.operations import CancelProcess, Receive, Send, Spawn
from pywasm_rt.process.pid import PID
from pywasm_rt.process.simulation import DEFAULT_HOST

GUESTS = Path(__file__).parent / "guests"
WIT = resources.files("pywasm_rt.process.actor") / "wit"
POLL = """package wasi:io@0.2.0;
interface poll {
  resource pollable { ready: func() -> bool; block: func(); }
  poll: func(in: list<borrow<pollable>>) -> list<u32>;
}
"""
WORLD = """package test:relay;
world relay {
  import wippy:actor/process@0.1.0;
  import pywasm-rt:actor/control@0.1.0;
  export run: func() -> string;
}
"""


@pytest.fixture(scope="session")
def wit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world of the guest, with all that it depends on."""
    folder = tmp_path_factory.mktemp("actor") / "wit"
    deps = folder / "deps"
    for name in ("process", "control"):
        (deps / name).mkdir(parents=True)
        text = (WIT / name / f"{name}.wit").read_text()
        (deps / name / f"{name}.wit").write_text(text)
    (deps / "io").mkdir()
    (deps / "io" / "poll.wit").write_text(POLL)
    (folder / "relay.wit").write_text(WORLD)
    return folder


def compiled(name: str, folder: Path) -> Path:
    pytest.importorskip("ziglang")
    made = folder / f"{name}.wasm"
    command = [sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding", "-O1"]
    command += ["-nostdlib", "-ffreestanding", "-Wl,--no-entry", "-s", f"-I{WIT}"]
    command += ["-o", str(made), str(GUESTS / f"{name}.c")]
    subprocess.run(command, check=True, timeout=300, capture_output=True)
    return made


def test_the_wit_is_what_the_host_offers(wit: Path) -> None:
    """Every function of the shipped interfaces has its implementation, and none is left over."""
    resolution = load(wit)
    context = ProcessContext(PID("h", 1), "e", "h")
    for offered in actor_interfaces(context):
        name = f"{offered.name}@{offered.version}"
        written = resolution.interface(name)
        assert set(written.functions) == set(offered.functions)


@pytest.mark.guests
def test_a_core_module_in_c_is_a_counter(world: Any, tmp_path: Path) -> None:
    world.core("counter", compiled("counter", tmp_path).read_bytes())

    def adds(_: ProcessContext, *ending: object) -> Iterator[Any]:
        pid = yield Spawn("counter", DEFAULT_HOST, (2,), monitored=True)
        sums = []
        for number in (1, 2, 3):
            yield Send(pid if number == 1 else "counter", "add", (str(number),))
            message = yield Receive(events=False)
            sums.append(message.payloads[0])
        yield Send(pid, "stop") if not ending else CancelProcess(pid)
        event = yield Receive()
        return sums, event.result.value

    world.python("adds", adds)
    assert world.run("adds") == (["3", "5", "8"], 8)
    assert world.run("adds", "cancel") == (["3", "5", "8"], 2**32 - 8)


@pytest.mark.guests
def test_a_component_in_c_by_the_wit_hands_messages_on(
    world: Any, wit: Path, tmp_path: Path
) -> None:
    wasm_tools = shutil.which("wasm-tools", path=str(Path(sys.executable).parent))
    if wasm_tools is None:
        pytest.skip("no wasm-tools")
    core, embedded, made = compiled("relay", tmp_path), tmp_path / "e.wasm", tmp_path / "c.wasm"
    for arguments in (
        ["embed", str(wit), "-w", "relay", str(core), "-o", str(embedded)],
        ["new", str(embedded), "-o", str(made)],
    ):
        command = [wasm_tools, "component", *arguments]
        subprocess.run(command, check=True, timeout=300, capture_output=True)
    world.component("relay", made.read_bytes())

    def main(context: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn("relay", DEFAULT_HOST, monitored=True)
        yield Send(pid, str(context.pid), ("to myself", 7, b"x"))
        message = yield Receive()
        yield Send(pid, "nobody", ("lost",))
        event = yield Receive()
        return message.sender == pid, message.topic == str(context.pid), message.payloads, event

    world.python("main", main)
    from_relay, about_me, payloads, event = world.run("main")
    assert (from_relay, about_me, payloads) == (True, True, ("to myself", 7, b"x"))
    assert event.result.value == "not-found"
