"""Watching files: what changes is taken over, without waiting for the clock."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pywasm_rt.app.app import App
from pywasm_rt.app.changes import Changes
from pywasm_rt.app.watching import signature, watch
from pywasm_rt.process.simulation import VirtualClock

from .conftest import Write

APP = "namespace: app\nentries:\n  - {name: processes, kind: process.host}\n"
SCRIPT = "  - {name: script, kind: process.lua, source: file://script.lua}\n"


def test_files_that_come_change_and_go(write: Write, tmp_path: Path) -> None:
    async def main() -> None:
        told: asyncio.Queue[object] = asyncio.Queue()
        async with App.load(write({"app.yaml": APP}), clock=VirtualClock()) as app:
            watching = asyncio.create_task(watch(app, 0.0, told.put_nowait))
            await asyncio.sleep(0)
            (tmp_path / "script.lua").write_text("return 1")
            (tmp_path / "more.yaml").write_text("namespace: app\nentries:\n" + SCRIPT)
            assert await told.get() == Changes(("app:script",), (), (), {})
            assert await app.execute("app:script") == 1
            (tmp_path / "script.lua").write_text("return 1 + 1")
            assert await told.get() == Changes((), ("app:script",), (), {})
            assert await app.execute("app:script") == 2
            (tmp_path / "more.yaml").unlink()
            assert await told.get() == Changes((), (), ("app:script",), {})
            watching.cancel()

    asyncio.run(asyncio.wait_for(main(), 20))


def test_a_file_that_is_not_there_counts_as_nothing(tmp_path: Path) -> None:
    there = tmp_path / "a"
    there.write_text("x")
    assert list(signature((there, tmp_path / "b"))) == [there]


def test_changes_are_told_in_words() -> None:
    changes = Changes(("a:b",), ("c:d", "e:f"), ())
    assert str(changes) == "added a:b; changed c:d, e:f"
    assert not Changes()
