"""Where and with what something was measured."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.guests import BuildError, c_compiler

__all__ = ["Surroundings", "surroundings"]

_PACKAGES = ("pywasm-rt", "pywasm3", "wasmtime", "ziglang")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Date (UTC), machine and versions; ``load`` is the one-minute load average at the start."""

    date: str
    processor: str
    processors: int
    system: str
    load: float
    versions: dict[str, str]

    @property
    def is_busy(self) -> bool:
        """Whether other programs took half a processor or more when the run began."""
        return self.load >= 0.5

    def to_json(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "date": self.date,
            "machine": {
                "processor": self.processor,
                "processors": self.processors,
                "system": self.system,
                "load": self.load,
            },
            "versions": self.versions,
        }


def surroundings() -> Surroundings:
    """What there is here and now."""
    return Surroundings(
        date=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        processor=_processor(),
        processors=os.cpu_count() or 1,
        system=platform.platform(),
        load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0,
        versions=_versions(),
    )


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    if versions["pywasm-rt"] == "not installed":
        versions["pywasm-rt"] = "from its source tree"
    versions["commit"] = _first_line(["git", "rev-parse", "--short", "HEAD"])
    versions["gcc"] = _first_line(lambda: [c_compiler(), "--version"])
    return versions


def _first_line(command: list[str] | Callable[[], list[str]]) -> str:
    """What a command says first, or "unknown"."""
    try:
        words = command if isinstance(command, list) else command()
        folder = Path(__file__).parent
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.SubprocessError, BuildError):
        return "unknown"
    return done.stdout.partition("\n")[0].strip() or "unknown"


def _processor() -> str:
    """The name of the processor, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
