"""The guests of the benchmarks: our own C sources and text, built when they are needed.

Each is one function ``run(n)`` that returns a checksum (see ``guest.h``). A :class:`Workshop`
builds a guest twice into its folder: as a core module that imports nothing, with clang out of the
PyPI package ``ziglang``, and as a program for the machine itself, with gcc.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

__all__ = ["FOLDER", "BuildError", "Workshop", "build", "c_compiler"]

FOLDER = Path(__file__).parent
_LANGUAGE = ["-std=c11", "-O2", "-ffp-contract=off"]
# Table indices in one byte: wasm3 reads no longer ones.
_CPU = "generic-reference_types-call_indirect_overlong"
_TO_MODULE = ["-target", "wasm32-freestanding", "-nostdlib", "-Wl,--no-entry", "-s"]


class BuildError(Exception):
    """A guest could not be built; the message says what is missing or what the compiler said."""


class Workshop:
    """Builds guests into ``folder``, each of them once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def module(self, name: str) -> Path:
        """The guest as a core module. Raises BuildError."""
        target = self.folder / f"{name}.wasm"
        if target.exists():
            return target
        text = FOLDER / f"{name}.wat"
        if text.exists():
            target.write_bytes(encode(parse(text.read_text())))
            return target
        cpu = f"-mcpu={_CPU}+simd128" if name.endswith("_simd") else f"-mcpu={_CPU}"
        compiler = [sys.executable, "-m", "ziglang", "cc", *_TO_MODULE, cpu]
        self._compile(compiler, target, [FOLDER / f"{name}.c"])
        return target

    def program(self, name: str) -> Path:
        """The guest as a program: ``program small size`` (see ``main.c``). Raises BuildError."""
        target = self.folder / name
        if not target.exists():
            sources = [FOLDER / f"{name}.c", FOLDER / "main.c"]
            self._compile([c_compiler()], target, [*sources, "-lm"])
        return target

    def _compile(self, compiler: list[str], target: Path, inputs: list[str | Path]) -> None:
        cache_folder = str(self.folder / "zig")
        environment = os.environ | {
            "ZIG_LOCAL_CACHE_DIR": cache_folder,
            "ZIG_GLOBAL_CACHE_DIR": os.environ.get("ZIG_GLOBAL_CACHE_DIR", cache_folder),
        }
        command = [*compiler, *_LANGUAGE, "-o", str(target), *map(str, inputs)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            target.unlink(missing_ok=True)
            raise BuildError(f"{' '.join(command)}\n{done.stderr.strip()}")


def c_compiler() -> str:
    """The machine's own C compiler. Raises BuildError where there is none."""
    for name in ("gcc", "cc"):
        found = shutil.which(name)
        if found:
            return found
    raise BuildError("no C compiler: gcc (or cc) is what the figures are measured against")


@cache
def build(name: str) -> bytes:
    """The binary of the guest ``name``. Raises BuildError."""
    with tempfile.TemporaryDirectory() as folder:
        return Workshop(Path(folder)).module(name).read_bytes()
