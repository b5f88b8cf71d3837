"""The C core built in other ways than the installed one, and used in its place.

A variant that only a measurement needs (no fuel, or counting each instruction) is built by
``native/build.py`` with a macro, into a folder that the measurement throws away.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from importlib.machinery import ExtensionFileLoader
from pathlib import Path

from benchmarks.guests import BuildError

__all__ = ["CORES", "PROFILE", "build_core", "use_core"]

# Engines that need a core of their own, and the macros that it is built with: without fuel, neither
# fuel nor steps are counted in the fast stream, and no loop or call looks whether it is to pause.
CORES = {"native-fuel": "-DWR_NO_FUEL"}
# Every instruction of the fast stream is counted, and there are no superinstructions.
PROFILE = "-DWR_PROFILE -DWR_TAIL_CALLS=0"

_NAME = "pywasm_rt._core"
_BUILD = Path(__file__).resolve().parent.parent / "native" / "build.py"


def build_core(folder: Path, macros: str) -> Path:
    """The extension module, built with ``macros`` into ``folder``. Raises BuildError."""
    objects = folder / "objects"
    command = [sys.executable, str(_BUILD), f"--output={folder}", f"--objects={objects}"]
    done = subprocess.run(
        [*command, f"--flags={macros}"],
        env=os.environ | {"CC": os.environ.get("CC", "gcc")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BuildError(f"the core cannot be built with {macros}\n{done.stderr.strip()}")
    return Path(done.stdout.split()[-1])


def use_core(path: Path) -> None:
    """Use the extension module at ``path`` in this process, which has not used another one yet.
    Raises ImportError, and RuntimeError if one has been used.
    """
    if _NAME in sys.modules:
        raise RuntimeError("another core is in use")
    loader = ExtensionFileLoader(_NAME, str(path))
    spec = importlib.util.spec_from_file_location(_NAME, path, loader=loader)
    if spec is None:
        raise ImportError(f"{path} is no extension module")
    module = importlib.util.module_from_spec(spec)  # here the library is opened
    loader.exec_module(module)
    sys.modules[_NAME] = module
