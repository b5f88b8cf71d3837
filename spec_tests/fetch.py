"""Gets the official suites: pinned commits of the upstream repositories, by git."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HOW_TO", "SOURCES", "UPSTREAM", "Source", "fetch"]

UPSTREAM = "https://github.com/WebAssembly"

HOW_TO = (
    "no folder of suites here: run `python -m spec_tests fetch DIR`, "
    "and set PYWASM_RT_SUITES to DIR"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A folder of an upstream repository at a commit, and where it goes."""

    repository: str
    commit: str
    folders: tuple[tuple[str, str], ...]


SOURCES = (
    Source(
        "spec",
        "285a9032950cbad6a9f84de11183008e286092a2",
        (
            ("test/core", "spec/core"),
            ("test/custom", "spec/custom"),
            ("test/legacy", "spec/legacy"),
        ),
    ),
    Source("threads", "979d0fcb", (("test/core", "proposals/threads"),)),
    Source("custom-page-sizes", "b0de0e93", (("test/core", "proposals/custom-page-sizes"),)),
    Source("wide-arithmetic", "5d5f2c8e", (("test/core", "proposals/wide-arithmetic"),)),
    Source("component-model", "6d281648", (("test", "component-model/test"),)),
)


def fetch(target: Path, upstream: str = UPSTREAM) -> None:
    """Clone each source from below ``upstream`` and copy its folders below ``target``.

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
            for inside, destination in source.folders:
                shutil.copytree(Path(clone) / inside, target / destination, dirs_exist_ok=True)
