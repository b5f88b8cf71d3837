"""Builds the extension module ``pywasm_rt._core`` into the source tree, for development.

``python native/build.py`` needs cffi and a C compiler (``CC``, else gcc). ``--sanitize`` adds
AddressSanitizer, UndefinedBehaviorSanitizer and the counting of allocations (sanitize.py runs tests
with it); ``--output`` names another folder. An installed package is built by CMakeLists.txt
instead.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
FLAGS = (
    "-std=gnu11 -O2 -g -fPIC -Wall -Wextra -fno-strict-aliasing -ffp-contract=off "
    "-fno-math-errno -fvisibility=hidden"
).split()
SANITIZERS = (
    "-O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -DWR_TESTING=1"
).split()
# Handlers never return to one another, so that nobody's registers need to be kept: only for x86-64,
# which has few, and gcc. Whoever calls the first one keeps them (WR_KEEP_REGISTERS). These files
# have no functions but handlers.
_FREE_REGISTERS = tuple(f"-fcall-used-{name}" for name in ("rbx", "r12", "r13", "r14", "r15"))
_JUMPING = (
    *("fast_handlers", "fast_fused"),
    *("step_control", "step_memory", "step_numeric", "step_joined"),
)
# With sanitizers gcc needs minutes to optimise thousands of handlers.
_SLOW_TO_COMPILE = ("fast_handlers",)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="native/build.py", description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE.parent / "pywasm_rt")
    parser.add_argument("--objects", type=Path, default=HERE.parent / "build" / "native")
    parser.add_argument("--sanitize", action="store_true")
    parser.add_argument("--flags", default="", help="more flags for the compiler")
    arguments: argparse.Namespace = parser.parse_args()
    return arguments


def _binding(folder: Path) -> Path:
    """The C source that cffi writes for the binding."""
    target = folder / "_core.c"
    sources = [HERE / "core.cdef.txt", HERE / "core.csrc.c"]
    command = [sys.executable, "-m", "cffi.gen_src", "read-sources", "pywasm_rt._core"]
    subprocess.run([*command, *map(str, sources), str(target)], check=True)
    return target


def _has_free_registers(compiler: str) -> bool:
    macros = subprocess.run(
        [compiler, "-dM", "-E", "-x", "c", os.devnull], capture_output=True, text=True, check=False
    ).stdout
    return "__x86_64__" in macros and "__clang__" not in macros


def _build_id() -> str:
    """A digest of all that the core is made of."""
    digest = hashlib.sha256()
    for path in sorted([*HERE.glob("*.[ch]"), *HERE.glob("generated/*.h")]):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _is_fresh(target: Path, source: Path) -> bool:
    headers = [*HERE.glob("*.h"), *HERE.glob("generated/*.h"), Path(__file__)]
    newest = max(path.stat().st_mtime for path in [source, *headers])
    return target.exists() and target.stat().st_mtime > newest


def main() -> int:
    """Compile what has changed and link; the exit code is 1 if the compiler complains."""
    arguments = _arguments()
    flags = [*FLAGS, *arguments.flags.split()]
    if "WR_TAIL_CALLS" not in arguments.flags:
        flags.append(f"-DWR_TAIL_CALLS={0 if arguments.sanitize else 1}")
    flags += SANITIZERS if arguments.sanitize else []
    folder: Path = arguments.objects / ("sanitized" if arguments.sanitize else "plain")
    folder.mkdir(parents=True, exist_ok=True)
    include = [f"-I{HERE}", f"-I{sysconfig.get_paths()['include']}"]
    compiler = os.environ.get("CC", "gcc")
    sources = [path for path in sorted(HERE.glob("*.c")) if path.name != "core.csrc.c"]
    sources.append(_binding(folder))
    jumping_flags = _FREE_REGISTERS if _has_free_registers(compiler) else ()

    def compile_one(source: Path) -> Path:
        target = folder / f"{source.stem}.o"
        is_named = source.stem == "build_id"
        if is_named or not _is_fresh(target, source):
            command = [compiler, *flags, *include, "-c", str(source), "-o", str(target)]
            if source.stem in _JUMPING and not arguments.sanitize:
                command += jumping_flags
            if is_named:
                command.append(f'-DWR_BUILD_ID="{_build_id()}"')
            if arguments.sanitize and source.stem in _SLOW_TO_COMPILE:
                command.append("-O0")
            subprocess.run(command, check=True)
        return target

    try:
        with ThreadPoolExecutor(2) as pool:
            objects = list(pool.map(compile_one, sources))
        arguments.output.mkdir(parents=True, exist_ok=True)
        library = arguments.output / "_core.abi3.so"
        link = [compiler, "-shared", *flags, *map(str, objects), "-o", str(library), "-lm"]
        subprocess.run([*link, "-lpthread"], check=True)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"native/build.py: {error}\n")
        return 1
    sys.stdout.write(f"{library}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
