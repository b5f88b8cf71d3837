"""Gets the official suites: pinned commits of the upstream repositories, by git."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HOW_TO", "SOURCES", "UPSTREAM", "Folder", "Source", "fetch"]

UPSTREAM = "https://github.com/WebAssembly"

HOW_TO = (
    "no folder of suites here: run `python -m spec_tests fetch DIR`, "
    "and set PYWASM_RT_SUITES to DIR"
)


# Scripts that are to fail, with which upstream tests its own runner.
_FAILING = ".fail.wast"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of an upstream repository, and where its scripts go; ``patterns`` are those that
    are taken. A proposal's repository also holds the suite that it builds on.
    """

    inside: str
    destination: str
    patterns: tuple[str, ...] = ("**/*.wast",)


@dataclass(frozen=True, slots=True)
class Source:
    """Folders of an upstream repository at a commit."""

    repository: str
    commit: str
    folders: tuple[Folder, ...]


SOURCES = (
    Source(
        "spec",
        "285a9032950cbad6a9f84de11183008e286092a2",
        (
            Folder("test/core", "spec/core"),
            Folder("test/custom", "spec/custom"),
            Folder("test/legacy", "spec/legacy"),
        ),
    ),
    Source(
        "threads",
        "979d0fcb",
        (
            Folder(
                "test/core",
                "proposals/threads",
                ("threads/*.wast", "binary.wast", "exports.wast", "imports.wast", "memory.wast"),
            ),
        ),
    ),
    Source(
        "custom-page-sizes",
        "b0de0e93",
        (
            Folder(
                "test/core",
                "proposals/custom-page-sizes",
                ("custom-page-sizes/*.wast", "binary.wast"),
            ),
        ),
    ),
    Source(
        "wide-arithmetic",
        "5d5f2c8e",
        (Folder("test/core", "proposals/wide-arithmetic", ("wide-arithmetic.wast",)),),
    ),
    Source("component-model", "6d281648", (Folder("test", "component-model/test"),)),
)


def fetch(target: Path, upstream: str = UPSTREAM) -> None:
    """Clone each source from below ``upstream`` and copy its scripts below ``target``.

    Raises subprocess.CalledProcessError where git fails, FileNotFoundError if there is no git.
    """
    for source in SOURCES:
        with tempfile.TemporaryDirectory() as folder:
            clone = str(Path(folder) / source.repository)
            url = f"{upstream}/{source.repository}.git"
            # Files are only loaded as far as the commit needs them.
            partly = ("--quiet", "--no-checkout", "--filter=blob:none")
            subprocess.run(["git", "clone", *partly, url, clone], check=True)
            subprocess.run(["git", "-C", clone, "checkout", "--quiet", source.commit], check=True)
            for item in source.folders:
                _copy(Path(clone) / item.inside, target / item.destination, item.patterns)


def _copy(source: Path, target: Path, patterns: tuple[str, ...]) -> None:
    """Copy the scripts that a pattern fits. Raises FileNotFoundError if there are none."""
    for pattern in patterns:
        found = [path for path in source.glob(pattern) if not path.name.endswith(_FAILING)]
        if not found:
            raise FileNotFoundError(f"there is no {pattern} in {source}")
        for path in found:
            destination = target / path.relative_to(source)
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, destination)
