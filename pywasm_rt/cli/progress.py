"""A bar on the terminal while loading takes long; it is gone when that is done.

Only people see it: there is none where stderr is no terminal, with ``NO_COLOR`` or ``CI`` in the
environment, on a terminal that is ``dumb``, or where the log is JSON.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pywasm_rt.app.loading import LoadStep, telling
from pywasm_rt.cli.failures import printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["LoadingBar", "loading_bar"]

LARGE_BYTES = 1 << 20
PATIENCE_SECONDS = 0.5
_MEBIBYTE = 1 << 20


class LoadingBar:
    """Shows steps of loading, from the first large binary on, or when it has taken a while."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def show(self, step: LoadStep) -> None:
        """A step begins."""
        if self._progress is None:
            waited = time.monotonic() - self._begun
            if step.size_bytes < LARGE_BYTES and waited < PATIENCE_SECONDS:
                return
            self._progress = _progress()
            self._task = self._progress.add_task("", total=None)
            self._progress.start()
        assert self._task is not None, "it was made with the bar"
        size = f" ({step.size_bytes / _MEBIBYTE:.1f} MiB)" if step.size_bytes else ""
        # One binary has no parts that could be counted; its bar only moves.
        counted = step.total if step.total > 1 else None
        self._progress.update(
            self._task,
            description=printable(f"{step.phase} {step.subject}{size}"),
            completed=step.number - 1,
            total=counted,
        )

    def end(self) -> None:
        """Take it away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


@contextmanager
def loading_bar(*, wanted: bool = True) -> Iterator[None]:
    """Show a bar while this code loads something, if somebody is there to see it."""
    if not wanted or not _somebody_looks():
        yield
        return
    bar = LoadingBar()
    try:
        with telling(bar.show):
            yield
    finally:
        bar.end()


def _somebody_looks() -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("CI") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stderr is not None and sys.stderr.isatty()


def _progress() -> Progress:
    from rich.console import Console  # noqa: PLC0415 - only where something is shown
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
