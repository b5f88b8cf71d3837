"""The guests of the benchmarks: C sources, built when they are needed.

``python -m ziglang cc -target wasm32-freestanding -O1 -nostdlib -Wl,--no-entry -s`` makes core
modules of a few hundred bytes that import nothing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

__all__ = ["build"]

_FOLDER = Path(__file__).parent
_FLAGS = ["-target", "wasm32-freestanding", "-O1", "-nostdlib", "-Wl,--no-entry", "-s"]


@cache
def build(name: str) -> bytes:
    """The binary of the guest ``name``. Raises subprocess.CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"{name}.wasm"
        source = _FOLDER / f"{name}.c"
        command = [sys.executable, "-m", "ziglang", "cc", *_FLAGS, "-o", str(target), str(source)]
        subprocess.run(command, check=True)
        return target.read_bytes()
