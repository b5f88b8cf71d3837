"""Watching an application's files, and taking over what has changed while it runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pywasm_rt.errors import WasmError

if TYPE_CHECKING:
    from pywasm_rt.app.app import App

__all__ = ["signature", "watch"]

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 0.5


def signature(paths: tuple[Path, ...]) -> dict[Path, tuple[int, int]]:
    """What tells whether files have changed: times and sizes of those that are there."""
    found: dict[Path, tuple[int, int]] = {}
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        found[path] = (status.st_mtime_ns, status.st_size)
    return found


async def watch(
    app: App,
    interval_seconds: float = INTERVAL_SECONDS,
    told: Callable[[object], object] = lambda _: None,
    known: dict[Path, tuple[int, int]] | None = None,
) -> None:
    """Reload ``app`` whenever its files change, until this is canceled.

    What is wrong with the new state is logged; what is right runs. ``told`` is called with the
    changes, or the error, after each reload. ``known`` is the :func:`signature` of what ``app`` was
    read from, where that is not what is there now.
    """
    known = signature(app.watched_files()) if known is None else known
    while True:
        await asyncio.sleep(interval_seconds)
        now = signature(app.watched_files())
        if now == known:
            continue
        try:
            changes = await app.reload()
        except WasmError as error:
            logger.error("not reloaded: %s", error)
            told(error)
        else:
            for fault in app.application.faults:
                logger.warning("%s", fault)
            if changes:
                logger.info("reloaded: %s", changes)
            told(changes)
        # Files that are read for the first time were not looked at before.
        watched = app.watched_files()
        known = {**signature(watched), **{it: now[it] for it in watched if it in now}}
