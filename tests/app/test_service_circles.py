"""Services that would wait for themselves are told at load; the others run."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from pywasm_rt.app import service_checks
from pywasm_rt.app.app import App
from pywasm_rt.app.application import Application
from pywasm_rt.app.deployment import Deployment
from pywasm_rt.app.extensions import default_extensions
from pywasm_rt.app.service_entries import add_services, service_ids
from pywasm_rt.app.services import ServiceContext
from pywasm_rt.errors import ConfigError, ProcessError
from pywasm_rt.process.lifecycle import ServiceSpec, ServiceState, SupervisorSpec
from pywasm_rt.process.simulation import VirtualClock
from pywasm_rt.process.supervision import Supervision

from .conftest import Write

HEAD = """\
namespace: app
entries:
  - {name: processes, kind: process.host}
  - {name: worker, kind: process.py, module: worker.py}
"""
WORKER = """\
async def main(process):
    while True:
        event = await process.receive()
        if hasattr(event, "reason"):
            return
"""
EACH_OTHER = "services require each other"


def service(name: str, *requires: str) -> str:
    """A line with a service that starts with the application."""
    return (
        f"  - {{name: {name}, kind: process.service, process: worker, host: processes, "
        f"lifecycle: {{auto_start: true, requires: [{', '.join(requires)}]}}}}\n"
    )


def supervisor(name: str, *children: str, requires: str = "") -> str:
    """A line with a supervisor."""
    return (
        f"  - {{name: {name}, kind: process.supervisor, children: [{', '.join(children)}], "
        f"lifecycle: {{requires: [{requires}]}}}}\n"
    )


def faults(write: Write, entries: str) -> list[str]:
    """The faults of an application, without its file's name."""
    folder = write({"app.yaml": HEAD + entries, "worker.py": WORKER})
    application = Application.load(folder, extensions=default_extensions())
    return [str(fault).removeprefix("app.yaml:") for fault in application.faults]


def test_an_elder_sibling_that_requires_a_younger_one(write: Write) -> None:
    entries = service("a", "b") + service("b") + supervisor("top", "a", "b")
    (fault,) = faults(write, entries)
    assert fault == (
        f"5: lifecycle.requires[0]: {EACH_OTHER}: app:a -> app:b -> app:a "
        "(app:a starts before app:b as a child of app:top)"
    )


def test_each_circle_is_told_though_they_share_services(write: Write) -> None:
    entries = service("x", "z") + service("y", "z") + service("z") + supervisor("top", *"xyz")
    shown = faults(write, entries)
    assert [text.partition(" (")[0] for text in shown] == [
        f"5: lifecycle.requires[0]: {EACH_OTHER}: app:x -> app:z -> app:y -> app:x",
        f"6: lifecycle.requires[0]: {EACH_OTHER}: app:y -> app:z -> app:y",
    ]


@pytest.mark.parametrize(
    ("entries", "circle"),
    [
        # What stands after the supervisor under the next one.
        (
            service("a", "b")
            + service("b")
            + supervisor("inner", "a")
            + supervisor("outer", "inner", "b"),
            "app:a -> app:b -> app:inner -> app:a",
        ),
        # What a supervisor requires, which requires what it supervises.
        (
            service("a") + service("b", "a") + supervisor("top", "a", requires="b"),
            "app:a -> app:b -> app:a",
        ),
        # The same, one supervisor further up.
        (
            service("a")
            + service("b", "a")
            + supervisor("inner", "a")
            + supervisor("outer", "inner", requires="b"),
            "app:a -> app:b -> app:a",
        ),
        # What a supervisor requires though it supervises it.
        (service("a") + supervisor("top", "a", requires="a"), "app:a -> app:a"),
    ],
)
def test_supervisors_of_supervisors(write: Write, entries: str, circle: str) -> None:
    shown = faults(write, entries)
    assert shown
    assert all(f"lifecycle.requires[0]: {EACH_OTHER}: {circle}" in text for text in shown)


def test_what_supervision_allows_is_no_fault(write: Write) -> None:
    entries = service("a") + service("b", "a") + service("c", "a", "b") + service("d", "top")
    entries += supervisor("top", "a", "b", "c") + supervisor("outer", "top", "d")
    assert not faults(write, entries)


class Known:
    """Takes what is added, to be started by nobody."""

    def __init__(self) -> None:
        self.supervision = Supervision()

    def add(self, spec: ServiceSpec, _: object) -> None:
        self.supervision.add(spec)

    def add_supervisor(self, spec: SupervisorSpec) -> None:
        self.supervision.add(spec)


def test_who_supervises_finds_a_circle_just_where_one_was_told(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    circles = 0
    for seed in range(60):
        draw = random.Random(seed)
        names = list("abcde")
        entries = "".join(service(it, *draw.sample(names, draw.choice((0, 1)))) for it in names)
        entries = entries.replace("auto_start: true", "auto_start: false")
        split = draw.randint(1, 3)
        entries += supervisor("one", *names[:split], requires=draw.choice(("", "", "e", "two")))
        entries += supervisor("two", "one", *names[split:4], requires=draw.choice(("", "e")))
        folder = write({"app.yaml": HEAD + entries, "worker.py": WORKER})
        application = Application.load(folder, extensions=default_extensions())
        start(application)
        with monkeypatch.context() as patch:
            patch.setattr(service_checks, "service_circles", lambda _: ())
            unchecked = Application.load(folder, extensions=default_extensions())
        told = [it for it in application.faults if it not in unchecked.faults]
        circles += bool(told)
        if told:
            with pytest.raises(ProcessError, match=EACH_OTHER):
                start(unchecked)
    assert 5 < circles < 55


def start(application: Application) -> None:
    """Start the usable services, as far as that needs no process. Raises ProcessError."""
    known, extensions = Known(), default_extensions()
    deployment = Deployment(application, None, None, extensions)  # type: ignore[arg-type]
    context = ServiceContext(deployment, VirtualClock())
    add_services(known, None, context, extensions, service_ids(application, extensions))
    known.supervision.start()


@pytest.mark.parametrize(
    "entries",
    [
        service("a", "b") + service("b", "a"),
        service("a", "b") + service("b") + supervisor("top", "a", "b"),
        service("a") + service("b", "a") + supervisor("top", "a", requires="b"),
    ],
)
def test_the_other_services_run(write: Write, entries: str) -> None:
    text = HEAD + entries + service("fine") + service("also", "fine")
    folder = write({"app.yaml": text, "worker.py": WORKER})

    async def main() -> None:
        async with App.load(folder, clock=VirtualClock()) as app:
            states = {it.id: it.state for it in app.services.services()}
            assert states["app:fine"] is states["app:also"] is ServiceState.RUNNING
            assert not states.keys() & set(app.application.unusable)
            wrong = [fault.entry_id for fault in app.application.faults]
            for entry_id in wrong:
                with pytest.raises(ProcessError, match=r"each other|dependency cycle"):
                    app.application.entry(entry_id)

    asyncio.run(asyncio.wait_for(main(), 30))
    with pytest.raises(ConfigError, match=r"app.yaml:\d+: lifecycle.requires\[0\]: "):
        App.load(folder, strict=True)


def test_a_circle_that_comes_with_a_change_leaves_the_other_services_running(
    write: Write, tmp_path: Path
) -> None:
    entries = service("a") + service("b") + supervisor("top", "a", "b") + service("fine")
    folder = write({"app.yaml": HEAD + entries, "worker.py": WORKER})

    async def main() -> None:
        async with App.load(folder, clock=VirtualClock()) as app:
            (tmp_path / "app.yaml").write_text(
                HEAD + entries.replace(service("a"), service("a", "b")) + service("new", "fine")
            )
            await app.reload()
            await app.sleep(1)
            states = {it.id: it.state for it in app.services.services()}
            assert states["app:fine"] is states["app:new"] is ServiceState.RUNNING
            assert not states.keys() & set(app.application.unusable)
            (fault,) = app.application.faults
            assert EACH_OTHER in str(fault)

    asyncio.run(asyncio.wait_for(main(), 30))
