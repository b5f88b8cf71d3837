"""Compiles the C core in other ways than the package does, and shows that it is the same core.

``python native/compilers.py`` has three parts, which can be named; all of them without a name.

``warnings``  gcc has nothing to say about the sources, strictly C11, with its stricter warnings
``machines``  zig's clang has nothing to say for x86-64 and AArch64, -Wpedantic included; what it
              makes for both runs the fuzzer's seeds in both streams, with the same digest (AArch64
              by qemu-aarch64 of Debian's qemu-user)
``portable``  the core without calls at the end of functions, and the same one not optimised, pass
              the engine's tests

gcc does without -Wpedantic. Of that two things are left: an ellipsis of a macro may stand for no
argument, which is how the lists of instructions have entries with and without details; and the
quick check of bodies jumps to labels by their address, which both compilers know. clang can be
asked for the rest alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
FOLDER = ROOT / "build" / "compilers"
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(ROOT))

from fuzz import seeds  # noqa: E402 - both are in this folder
from sanitize import package_in  # noqa: E402

STRICT = "-std=c11 -Wall -Wextra -Wconversion -Wshadow -Werror -DWR_BUILD_ID=__FILE__".split()
PEDANTIC = ("-Wpedantic -Wno-variadic-macro-arguments-omitted -Wno-gnu-label-as-value").split()
# As in CMakeLists.txt, and without zig's own checks for undefined behaviour.
MEANING = "-O1 -fno-strict-aliasing -ffp-contract=off -fno-math-errno -fno-sanitize=all".split()
MACHINES = ("x86_64", "aarch64")
SEEDS = 300
PORTABLE = {"loop": "-O2 -DWR_TAIL_CALLS=0", "not-optimised": "-O0 -DWR_TAIL_CALLS=0"}
# What needs Python's headers is for the machine that Python is for.
OF_PYTHON = {"boundary", "core.csrc"}


def _sources(*, with_python: bool) -> list[Path]:
    left_out = {"core.csrc"} if with_python else OF_PYTHON
    return [path for path in sorted(HERE.glob("*.c")) if path.stem not in left_out]


def _run_all(commands: list[list[str]]) -> None:
    """Run commands, two at a time. Raises CalledProcessError."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda command: subprocess.run(command, check=True), commands))


def warnings() -> None:
    """What gcc warns of is an error."""
    include = [f"-I{HERE}", "-isystem", sysconfig.get_paths()["include"]]
    for tail_calls in (0, 1):
        command = ["gcc", *STRICT, f"-DWR_TAIL_CALLS={tail_calls}", "-fsyntax-only", *include]
        sources = map(str, _sources(with_python=True))
        _run_all([[*command, source] for source in sources])


def _harness(machine: str) -> Path:
    """The fuzzer's target with the core, for a machine, without a fuzzer."""
    folder = FOLDER / machine
    folder.mkdir(parents=True, exist_ok=True)
    compiler = [sys.executable, "-m", "ziglang", "cc", "-target", f"{machine}-linux-musl"]
    flags = [*STRICT, *PEDANTIC, *MEANING, f"-I{HERE}", "-DWR_TAIL_CALLS=1"]
    own = [HERE / "fuzz" / f"{name}.c" for name in ("world", "target", "replay")]
    sources = [*_sources(with_python=False), *own]
    objects = [str(folder / f"{source.stem}.o") for source in sources]
    pairs = zip(sources, objects, strict=True)
    _run_all([[*compiler, *flags, "-c", str(source), "-o", made] for source, made in pairs])
    program = folder / "replay"
    subprocess.run([*compiler, *objects, "-static", "-o", str(program), "-lm"], check=True)
    return program


def machines() -> None:
    """What zig's clang makes runs the same on both machines."""
    files = sorted(str(path) for path in seeds(SEEDS).iterdir())[:SEEDS]
    said = {}
    for machine in MACHINES:
        program = [str(_harness(machine))]
        if machine != os.uname().machine:
            emulator = shutil.which(f"qemu-{machine}") or shutil.which(f"qemu-{machine}-static")
            if emulator is None:
                sys.stdout.write(f"{machine}: compiled, not run: there is no qemu-{machine}\n")
                continue
            program.insert(0, emulator)
        done = subprocess.run([*program, *files], check=False, capture_output=True, text=True)
        if done.returncode:
            sys.stderr.write(done.stderr[-2_000:])
            raise subprocess.CalledProcessError(done.returncode, program)
        said[machine] = done.stdout
        sys.stdout.write(f"{machine}: {done.stdout}")
    if len(set(said.values())) > 1:
        raise RuntimeError("the machines differ")


def portable() -> None:
    """The other forms of the core pass the engine's tests."""
    for name, flags in PORTABLE.items():
        folder = FOLDER / name
        build = [sys.executable, str(HERE / "build.py"), "--flags", flags]
        places = ["--objects", str(folder / "objects"), "--output", str(package_in(folder))]
        subprocess.run([*build, *places], check=True)
        paths = os.pathsep.join(map(str, (folder, ROOT, HERE)))
        variables = {**os.environ, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1"}
        variables["PYWASM_RT_REQUIRE_NATIVE"] = "1"
        check = f"import pywasm_rt._core as core; assert core.__file__.startswith({str(folder)!r})"
        subprocess.run([sys.executable, "-c", check], check=True, cwd=ROOT, env=variables)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "only_native", "-n", "2"]
        tests = ["tests/engine", "tests/spec/test_engines_agree.py"]
        subprocess.run([*command, *tests], check=True, cwd=ROOT, env=variables)


PARTS = {part.__name__: part for part in (warnings, machines, portable)}


def main() -> int:
    """Run the parts; the exit code is 1 where one of them fails."""
    parser = argparse.ArgumentParser(
        prog="native/compilers.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    try:
        for name in parser.parse_args().parts or PARTS:
            PARTS[name]()
    except (subprocess.CalledProcessError, FileNotFoundError, RuntimeError) as error:
        sys.stderr.write(f"native/compilers.py: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
