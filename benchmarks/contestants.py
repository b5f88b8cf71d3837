"""The parent's side: engines and gcc's programs, each in processes of their own.

A contestant is asked to run a module's ``run(argument)`` and answers with a :class:`Sample`, or
raises :class:`CannotRun` with the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from benchmarks.cores import CORES, build_core
from benchmarks.engines import GCC
from benchmarks.guests import BuildError, Workshop

__all__ = ["CannotRun", "Contestant", "EngineProcess", "Program", "Sample"]

REPOSITORY = Path(__file__).resolve().parent.parent
TIMEOUT_S = 300.0


class CannotRun(Exception):
    """A contestant cannot do it; the message says why."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: its checksum, its CPU time in seconds, and its work (steps or fuel) if counted."""

    result: int
    seconds: float
    work: int | None


class Contestant(Protocol):
    """Something that runs guests."""

    name: str

    def run(self, guest: str, small: int, argument: int) -> Sample:
        """Run ``run(small)``, then measure ``run(argument)``. Raises CannotRun, BuildError."""
        ...


class Program:
    """The guests as gcc's programs, a new process for each run."""

    name = GCC

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def run(self, guest: str, small: int, argument: int) -> Sample:
        """Run the program. Raises CannotRun, BuildError."""
        command = [str(self._workshop.program(guest)), str(small), str(argument)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True
            )
        except subprocess.SubprocessError as error:
            raise CannotRun(str(error)) from error
        result, seconds = done.stdout.split()
        return Sample(int(result), float(seconds), None)


class EngineProcess:
    """An engine in a runner's process (``runner.py``), begun anew if it dies.

    A context manager: leaving it ends the process. ``missing`` says why the engine is not there,
    or is None.
    """

    def __init__(self, name: str, workshop: Workshop) -> None:
        self.name = name
        self.missing: str | None = None
        self._workshop = workshop
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def run(self, guest: str, small: int, argument: int) -> Sample:
        """Have the engine run a guest. Raises CannotRun, BuildError."""
        if self._process is None:
            self._begin()
        if self.missing is not None:
            raise CannotRun(self.missing)
        request = {
            "module": str(self._workshop.module(guest)),
            "small": small,
            "argument": argument,
        }
        answer = self._ask(json.dumps(request))
        if "error" in answer:
            raise CannotRun(str(answer["error"]))
        work = answer["work"]
        return Sample(
            int(str(answer["result"])),
            float(str(answer["seconds"])),
            None if work is None else int(str(work)),
        )

    def _begin(self) -> None:
        command = [sys.executable, "-m", "benchmarks.runner", self.name]
        if self.name in CORES:
            try:
                core = build_core(self._workshop.folder / self.name, CORES[self.name])
            except BuildError as error:
                self.missing = str(error)
                return
            command.append(str(core))
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        missing = self._ask(None)["missing"]
        self.missing = None if missing is None else str(missing)

    def _end(self) -> int | None:
        """End the process; its exit code."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        process.communicate()
        return process.returncode

    def _ask(self, line: str | None) -> dict[str, object]:
        """Send a line, if any, and read the answer. Raises CannotRun if none comes."""
        process = self._process
        assert process is not None, "the process has begun"
        assert process.stdin is not None
        assert process.stdout is not None
        watchdog = threading.Timer(TIMEOUT_S, process.kill)
        watchdog.start()
        try:
            if line is not None:
                process.stdin.write(line + "\n")
                process.stdin.flush()
            text = process.stdout.readline()
        except BrokenPipeError:
            text = ""
        is_late = watchdog.finished.is_set()
        watchdog.cancel()
        if text:
            answer: dict[str, object] = json.loads(text)
            return answer
        process.wait()
        code = self._end()
        reason = f"no answer in {TIMEOUT_S:.0f} s" if is_late else f"its process ended with {code}"
        raise CannotRun(reason)
