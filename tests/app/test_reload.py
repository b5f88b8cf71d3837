"""Reloading is all or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pywasm_rt.app import app as app_module
from pywasm_rt.app.app import App
from pywasm_rt.errors import ProcessError
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.simulation import VirtualClock

from .conftest import Write

ENTRIES = """\
namespace: app
entries:
  - {name: processes, kind: process.host}
  - name: one
    kind: function.wat
    source: (module (func (export "run") (result i32) (i32.const NUMBER)))
    method: run
"""
MORE = """\
  - {name: first, kind: process.host}
  - {name: second, kind: process.host}
  - {name: two, kind: process.lua, source: return 2}
  - {name: service, kind: process.service, process: two, host: first}
"""


def run(write: Write, act: Callable[[App], Awaitable[None]], *, virtual: bool) -> None:
    folder = write({"app.yaml": ENTRIES.replace("NUMBER", "1")})

    async def main() -> None:
        clock = VirtualClock() if virtual else None
        async with App.load(folder, strict=True, clock=clock) as app:
            assert await app.call("app:one") == 1
            write({"app.yaml": ENTRIES.replace("NUMBER", "2") + MORE})
            before = app.application
            await act(app)
            assert app.application is before
            assert await app.call("app:one") == 1
            assert not [it for it in app.node.hosts if it in {"app:first", "app:second"}]
            assert not app.services.services()
            with pytest.raises(ProcessError, match="factory not found"):
                await app.spawn("app:two", host="app:processes")
            await app.reload()
            assert await app.call("app:one") == 2
            assert await app.execute("app:two", host="app:second") == 2

    asyncio.run(asyncio.wait_for(main(), 60))


@pytest.mark.parametrize("virtual", [True, False])
def test_a_host_that_cannot_be_added(
    write: Write, monkeypatch: pytest.MonkeyPatch, *, virtual: bool
) -> None:
    async def act(app: App) -> None:
        real = app.node.add_host

        def add_host(host: ProcessHost) -> None:
            if host.id == "app:second":
                raise ProcessError("no more threads")
            real(host)

        with monkeypatch.context() as patch:
            patch.setattr(app.node, "add_host", add_host)
            with pytest.raises(ProcessError, match="no more threads"):
                await app.reload()

    run(write, act, virtual=virtual)


def test_a_host_whose_threads_cannot_be_started(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(app: App) -> None:
        def start(*_: object) -> None:
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patch:
            patch.setattr(ProcessHost, "start", start)
            with pytest.raises(RuntimeError, match="new thread"):
                await app.reload()

    run(write, act, virtual=False)


@pytest.mark.parametrize("virtual", [True, False])
def test_a_service_that_cannot_be_known(
    write: Write, monkeypatch: pytest.MonkeyPatch, *, virtual: bool
) -> None:
    async def act(app: App) -> None:
        def refuse(*_: Any) -> None:
            raise ProcessError("no such service")

        with monkeypatch.context() as patch:
            patch.setattr(app_module, "add_services", refuse)
            with pytest.raises(ProcessError, match="no such service"):
                await app.reload()

    run(write, act, virtual=virtual)
