"""Runs the native engine's tests with a C core that was built with sanitizers.

``python native/sanitize.py`` builds the core with AddressSanitizer and UndefinedBehaviorSanitizer
beside the tree, in ``build/sanitized/``, and runs with it what is native in the tests of both
engines, in those in which both must agree, and in the official suites by both routes; each request
for memory fails once (tests/engine/native/test_allocation_failure.py). Any finding ends the process
with a report. ``--all`` adds the tests of the rooms above, which run guests on the native engine:
components, WASI, processes, applications, examples. Paths and options of pytest instead of these
tests may follow.

``--stack KIB`` limits the stack of the process (and so of all threads); ``--plain`` does without
sanitizers, with the core of the tree. What is left out then is what Python's own recursion limit
bounds: in 256 KiB CPython itself crashes long before, without any of our code.

The C core's leaks are looked for by test_allocation_failure.py too, which counts allocations:
Python itself leaks too much on its way out for LeakSanitizer.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
FOLDER = ROOT / "build" / "sanitized"
TESTS = (
    "tests/engine",
    "tests/spec/test_engines_agree.py",
    "tests/spec/test_bounds.py",
    "tests/spec/test_suites.py",
)
ROOMS = tuple(f"tests/{room}" for room in "component wasi process app examples embedding".split())
# An installation for development leads Python to the tree's own core whatever PYTHONPATH says.
FIRST = """import sys
sys.meta_path[:] = [it for it in sys.meta_path if "Editable" not in type(it).__name__
                    and "Redirecting" not in type(it).__name__]
"""


def package_in(folder: Path) -> Path:
    """The package in a folder for another core: all of it links, but for the core."""
    package = folder / "pywasm_rt"
    package.mkdir(parents=True, exist_ok=True)
    for item in (ROOT / "pywasm_rt").iterdir():
        link = package / item.name
        if not link.is_symlink() and not item.name.startswith("_core") and item.name[0] != ".":
            link.symlink_to(item)
    (folder / "sitecustomize.py").write_text(FIRST)
    return package


def _library(name: str) -> str:
    """Where the compiler has one of its libraries."""
    command = [os.environ.get("CC", "gcc"), f"-print-file-name={name}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def environment() -> dict[str, str]:
    """The variables with which Python loads the sanitized core."""
    return {
        **os.environ,
        "LD_PRELOAD": " ".join(map(_library, ("libasan.so", "libubsan.so"))),
        "PYTHONPATH": os.pathsep.join((str(FOLDER), str(ROOT))),
        "PYTHONSAFEPATH": "1",
        "PYTHONMALLOC": "malloc",
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:handle_segv=2",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="native/sanitize.py", description=__doc__)
    parser.add_argument("--stack", type=int, metavar="KIB", help="limit the stack")
    parser.add_argument("--plain", action="store_true", help="without sanitizers")
    parser.add_argument("--all", action="store_true", help="the rooms above the engine too")
    return parser.parse_known_args()


def _build() -> int:
    """Build the sanitized core, and see that it is what Python loads."""
    build = [
        sys.executable,
        str(HERE / "build.py"),
        "--sanitize",
        "--output",
        str(package_in(FOLDER)),
    ]
    if subprocess.run(build, check=False).returncode:
        return 1
    check = "from pywasm_rt._core import lib; raise SystemExit(not lib.wr_testing_fail_after(-1))"
    command = [sys.executable, "-c", check]
    if subprocess.run(command, check=False, cwd=ROOT, env=environment()).returncode:
        sys.stderr.write("native/sanitize.py: another core than the sanitized one is loaded\n")
        return 1
    return 0


def main() -> int:
    """Build, and run the tests; the exit code is pytest's."""
    arguments, tests = _arguments()
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    if not arguments.plain:
        if _build():
            return 1
        variables = environment()
    if arguments.stack is not None:
        hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
        resource.setrlimit(resource.RLIMIT_STACK, (arguments.stack << 10, hard))
        tests = [*(tests or TESTS), "-m", "not python_stack"]
    variables["PYWASM_RT_REQUIRE_NATIVE"] = "1"
    variables["PYTHONPATH"] += f"{os.pathsep}{HERE}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "only_native", "-n", "2"]
    tests = tests or [*TESTS, *(ROOMS if arguments.all else ())]
    return subprocess.run([*command, *tests], check=False, cwd=ROOT, env=variables).returncode


if __name__ == "__main__":
    sys.exit(main())
