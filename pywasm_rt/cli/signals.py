"""The signals that ask a program to end: the first for an orderly end, the second for one now."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

__all__ = ["ending_signals"]


def ending_signals() -> tuple[asyncio.Event, asyncio.Event]:
    """Events for the first and the second SIGINT or SIGTERM; from now on they do nothing else."""
    first, second = asyncio.Event(), asyncio.Event()

    def tell() -> None:
        (second if first.is_set() else first).set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no such handlers; there Ctrl-C interrupts the program.
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, tell)
    return first, second
