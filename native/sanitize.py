"""Runs tests with a C core that was built with sanitizers.

``python native/sanitize.py [ARGUMENTS OF PYTEST]`` builds the core with AddressSanitizer and
UndefinedBehaviorSanitizer beside the tree, in ``build/sanitized/``, and runs pytest with it: by
default the tests of both engines, and those in which both must agree. Any finding ends the process
with a report. ``--stack KIB`` limits the stack of the process (and so of all threads).

The C core's leaks are looked for by tests/engine/native/test_allocation_failure.py, which counts
allocations: Python itself leaks too much on its way out for LeakSanitizer.
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
TESTS = ("tests/engine", "tests/spec/test_engines_agree.py", "tests/spec/test_bounds.py")


def _package() -> Path:
    """A folder with the package in it, all links but for the core."""
    package = FOLDER / "pywasm_rt"
    package.mkdir(parents=True, exist_ok=True)
    for item in (ROOT / "pywasm_rt").iterdir():
        link = package / item.name
        if not link.is_symlink() and not item.name.startswith("_core") and item.name[0] != ".":
            link.symlink_to(item)
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


def main() -> int:
    """Build, and run the tests; the exit code is pytest's."""
    parser = argparse.ArgumentParser(prog="native/sanitize.py", description=__doc__)
    parser.add_argument("--stack", type=int, metavar="KIB")
    arguments, tests = parser.parse_known_args()
    build = [sys.executable, str(HERE / "build.py"), "--sanitize", "--output", str(_package())]
    if subprocess.run(build, check=False).returncode:
        return 1
    check = "from pywasm_rt._core import lib; raise SystemExit(not lib.wr_testing_fail_after(-1))"
    command = [sys.executable, "-c", check]
    if subprocess.run(command, check=False, cwd=ROOT, env=environment()).returncode:
        sys.stderr.write("native/sanitize.py: another core than the sanitized one is loaded\n")
        return 1
    if arguments.stack is not None:
        hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
        resource.setrlimit(resource.RLIMIT_STACK, (arguments.stack << 10, hard))
    command = [sys.executable, "-m", "pytest", "-q", *(tests or TESTS)]
    return subprocess.run(command, check=False, cwd=ROOT, env=environment()).returncode


if __name__ == "__main__":
    sys.exit(main())
