"""The soak test, for a minute; ``python -m benchmarks soak`` is the long one."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.soak import Report, SoakFailure, _check, _reconcile, soak
from benchmarks.soak_files import CHANGES, SoakFiles
from benchmarks.soak_keepers import KEPT
from benchmarks.soak_web import PATHS, SlowPeer, is_expected
from pywasm_rt.app.app import App
from pywasm_rt.app.figures import Figures
from pywasm_rt.errors import ProcessError
from pywasm_rt.process.simulation import VirtualClock

# As long as a minute shows leaks; PYWASM_RT_SOAK_SECONDS makes it shorter or longer.
SECONDS = float(os.environ.get("PYWASM_RT_SOAK_SECONDS", "60"))
PATIENCE = 30.0


def test_a_short_soak_accounts_for_everything() -> None:
    report = soak(SECONDS, processes=100, seed=1)
    assert report.counters["spawn"] >= 100
    assert {"echo", "failed", "ended", "link_down", "version", "through"} <= set(report.counters)
    assert any(name.startswith("reload ") for name in report.counters)
    assert any(name.startswith("GET ") for name in report.counters)
    assert "accounted for" in str(report)


@pytest.mark.parametrize(
    ("counters", "end_bytes", "end_threads", "message"),
    [
        ({"spawn": 2, "ended": 1}, 0, 1, "not every process has had its EXIT"),
        ({}, 1 << 30, 1, "memory has grown"),
        ({}, 0, 2, "threads or file descriptors are left"),
    ],
)
def test_what_is_not_accounted_for_is_a_failure(
    counters: dict[str, int], end_bytes: int, end_threads: int, message: str
) -> None:
    report = Report(1.0, Counter(counters), (0, end_bytes), (1, end_threads), (3, 3))
    with pytest.raises(SoakFailure, match=message):
        _check(report)


@pytest.mark.parametrize(
    ("counters", "runs", "message"),
    [
        ({}, 1, ""),
        ({}, 2, ""),
        ({KEPT[0]: 1}, 1, f"0 of {KEPT[0]} have ended, 1 EXITs came"),
        ({}, 3, "3 runs, but 1 restarts"),
        ({"unheard": 2}, 1, "2 requests were sent, 0 answered"),
    ],
)
def test_figures_that_differ_are_a_failure(
    counters: dict[str, int], runs: int, message: str
) -> None:
    figures = Figures()
    figures.ended["soak:failing", "ok"] = runs
    app: Any = SimpleNamespace(
        context=SimpleNamespace(figures=figures),
        services=SimpleNamespace(service=lambda _: SimpleNamespace(restarts=1)),
    )
    if message:
        with pytest.raises(SoakFailure, match=message):
            _reconcile(app, Counter(counters))
    else:
        _reconcile(app, Counter(counters))


def test_each_change_is_one_of_the_application(tmp_path: Path) -> None:
    changed = {
        "script": "soak:script",
        "binary": "soak:component, soak:loop",
        "endpoint": "soak:version",
        "service": "soak:beat",
        "extra": "soak:extra",
        "broken": "",
    }
    files = SoakFiles(tmp_path)
    files.write()

    async def main() -> None:
        async with App.load(tmp_path, strict=True, clock=VirtualClock()) as app:
            for what in CHANGES:
                files.change(what)
                changes = await app.reload()
                assert changed[what] in str(changes)
                assert bool(app.application.faults) == (what == "broken")
                files.forget()
                assert len(list(tmp_path.glob("*-*.wasm"))) == 2

    asyncio.run(asyncio.wait_for(main(), PATIENCE))


@pytest.mark.parametrize("path", PATHS)
def test_what_comes_of_asking_the_slow_server(tmp_path: Path, path: str) -> None:
    SoakFiles(tmp_path).write()

    async def main() -> None:
        peer = SlowPeer(random.Random(1))
        await peer.start()
        async with App.load(tmp_path, strict=True) as app:
            value = code = None
            try:
                value = await app.execute("soak:fetcher", peer.authority, path, PATHS[path][0])
            except ProcessError as error:
                code = error.details["exit_code"]
            assert is_expected(path, value, code)
            assert not is_expected(path, 1, 1)
        await peer.close()
        assert peer.opened == peer.closed == 1

    asyncio.run(asyncio.wait_for(main(), PATIENCE))
