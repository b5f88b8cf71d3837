"""How soon a running guest stops, and whether two of them run at the same time.

A guest is asked to stop by another thread, by a signal (as by Ctrl-C), by a deadline, and by a fuel
quantum of about a millisecond. What is measured is the time from that moment until Python has it
back; on a machine that is busy with other things the waiting for a processor is part of it.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from pywasm_rt.embedding.core import CoreInstance
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Execution, Function, Instance
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

__all__ = ["Delays", "measure", "print_table", "together"]

# What a guest does when it is stopped.
GUESTS = {
    "a tight loop": '(func (export "f") (loop $l (br $l)))',
    "calls": """
        (func $g (param i32) (result i32) (local.get 0))
        (func (export "f") (loop $l (drop (call $g (i32.const 1))) (br $l)))""",
    "filling 1 MiB": """
        (memory 32)
        (func (export "f") (loop $l
          (memory.fill (i32.const 0) (i32.const 1) (i32.const 1048576)) (br $l)))""",
    "making arrays": """
        (type $a (array i32))
        (func (export "f") (loop $l
          (drop (array.new_default $a (i32.const 100000))) (br $l)))""",
}
COUNTED = """
    (func (export "f") (param $n i32) (result i32)
      (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $n))"""
_TURNS = 100_000_000
_WAIT_S = 0.005
_QUANTUM = 1_000_000


@dataclass(frozen=True, slots=True)
class Delays:
    """Delays in milliseconds, in order."""

    guest: str
    means: str
    delays_ms: list[float]

    def at(self, part: float) -> float:
        """A quantile."""
        return self.delays_ms[min(len(self.delays_ms) - 1, int(part * len(self.delays_ms)))]


class _Alarm(Exception):
    pass


def _instance(text: str) -> Instance:
    engine = get_engine("native")
    return engine.instantiate(engine.load(parse(f"(module {text})")))


def _start(text: str) -> Execution:
    instance = _instance(text)
    function: Function = instance.exports["f"]  # type: ignore[assignment]
    return instance.start(function)


def _by_thread(text: str) -> Callable[[], float]:
    execution = _start(text)
    asked_s = 0.0

    def stop() -> None:
        nonlocal asked_s
        asked_s = time.perf_counter()
        execution.interrupt()

    def measure_one() -> float:
        timer = threading.Timer(_WAIT_S, stop)
        timer.start()
        execution.run()
        delay = time.perf_counter() - asked_s
        timer.join()
        return delay

    return measure_one


def _by_signal(text: str) -> Callable[[], float]:
    function: Function = _instance(text).exports["f"]  # type: ignore[assignment]

    def measure_one() -> float:
        begin = time.perf_counter()
        try:
            signal.setitimer(signal.ITIMER_REAL, _WAIT_S)
            function()
        except _Alarm:
            pass
        return time.perf_counter() - begin - _WAIT_S

    return measure_one


def _by_deadline(text: str) -> Callable[[], float]:
    instance = CoreInstance(encode(parse(f"(module {text})")), engine=get_engine("native"))
    function = instance["f"].within(_WAIT_S)

    def measure_one() -> float:
        begin = time.perf_counter()
        with suppress(ExhaustionError):
            function()
        return time.perf_counter() - begin - _WAIT_S

    return measure_one


def _by_fuel(text: str) -> Callable[[], float]:
    execution = _start(text)

    def measure_one() -> float:
        begin = time.perf_counter()
        execution.run(_QUANTUM)
        return time.perf_counter() - begin

    return measure_one


MEANS: dict[str, Callable[[str], Callable[[], float]]] = {
    "a thread": _by_thread,
    "a signal": _by_signal,
    "a deadline": _by_deadline,
    f"{_QUANTUM:,} fuel": _by_fuel,
}


@contextmanager
def _alarms() -> Iterator[None]:
    def handle(*_: object) -> None:
        raise _Alarm

    before = signal.signal(signal.SIGALRM, handle)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def measure(count: int = 200) -> list[Delays]:
    """Stop each guest by each means so often. Raises ConfigError without the C core."""
    found = []
    with _alarms():
        for means, prepare in MEANS.items():
            for guest, text in GUESTS.items():
                if means.endswith("fuel") and guest not in ("a tight loop", "calls"):
                    continue  # what a unit of fuel does there takes as long as it takes
                measure_one = prepare(text)
                delays = sorted(1000 * measure_one() for _ in range(count))
                found.append(Delays(guest, means, delays))
    return found


def together(turns: int = _TURNS) -> tuple[float, float]:
    """Seconds that an execution takes alone, and two of them on two threads."""

    def run() -> None:
        function: Function = _instance(COUNTED).exports["f"]  # type: ignore[assignment]
        function(turns)

    begin = time.perf_counter()
    run()
    alone_s = time.perf_counter() - begin
    threads = [threading.Thread(target=run) for _ in range(2)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return alone_s, time.perf_counter() - begin


def print_table(found: list[Delays], alone_s: float, both_s: float) -> None:
    """The delays, and how long two executions took."""
    print(f"{'guest':<16}{'stopped by':<16}{'median':>9}{'p99':>9}{'worst':>9}   ms")
    for delays in found:
        columns = "".join(f"{delays.at(part):9.2f}" for part in (0.5, 0.99, 1.0))
        print(f"{delays.guest:<16}{delays.means:<16}{columns}")
    print(f"two executions on two threads: {both_s / alone_s:.2f} times the time of one")
