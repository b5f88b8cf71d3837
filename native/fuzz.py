"""Fuzzes the C core: decoding, validation, and running in both streams at once.

``python native/fuzz.py --seconds 3600`` needs clang with libFuzzer (``CLANG``, else clang; Debian
has it in clang and libclang-rt-dev). The seeds are modules from the tests' generator; what is found
on the way stays in ``build/fuzz/corpus/``, findings in ``build/fuzz/``. The exit code is that of
the fuzzer: 0 if the time is over and nothing was found.

``--replay FILES`` runs files, by default the seeds, without a fuzzer: with what sanitize.py has
compiled, by gcc.

native/fuzz/target.c tells what is compared, native/fuzz/mutator.c how modules are changed.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE.parent / "build" / "fuzz"
sys.path.insert(0, str(HERE.parent))

from pywasm_rt.wasm.binary import encode  # noqa: E402 - the tree is where this file is
from spec_tests.generator import EVERYTHING, generate  # noqa: E402

FLAGS = (
    "-std=gnu11 -O1 -g -fno-strict-aliasing -ffp-contract=off -fno-math-errno "
    "-fno-sanitize-recover=undefined -DWR_TAIL_CALLS=0"
).split()
FUZZER = "-fsanitize=fuzzer-no-link,address,undefined"
SEEDS = 1_200
SIZES = (10, 40, 100, 200)


def seeds(count: int = SEEDS) -> Path:
    """A folder of at least so many modules made by chance, the same every time."""
    folder = FOLDER / "seeds"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        choice = random.Random(number)
        module = generate(choice, choice.choice(SIZES), EVERYTHING)
        (folder / f"made-{number}.wasm").write_bytes(encode(module))
    return folder


def _compile(compiler: str, sources: list[Path], folder: Path, flags: list[str]) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)

    def compile_one(source: Path) -> str:
        target = str(folder / f"{source.stem}.o")
        command = [compiler, *FLAGS, *flags, f"-I{HERE}", "-c", str(source), "-o", target]
        subprocess.run(command, check=True)
        return target

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(compile_one, sources))


def _fuzz(seconds: int) -> int:
    clang = os.environ.get("CLANG", "clang")
    bound = ("core.csrc.c", "boundary.c", "build_id.c")
    core = [path for path in sorted(HERE.glob("*.c")) if path.name not in bound]
    own = [HERE / "fuzz" / f"{name}.c" for name in ("world", "target", "mutator")]
    objects = _compile(clang, core + own, FOLDER / "objects", [FUZZER])
    program = FOLDER / "fuzzer"
    link = [clang, FUZZER.replace("-no-link", ""), *objects, "-o", str(program)]
    subprocess.run([*link, "-lm", "-lpthread"], check=True)
    corpus = FOLDER / "corpus"
    corpus.mkdir(exist_ok=True)
    options = [f"-max_total_time={seconds}", "-max_len=6000", "-timeout=20", "-rss_limit_mb=3000"]
    command = [str(program), *options, str(corpus), str(seeds())]
    return subprocess.run(command, check=False, cwd=FOLDER).returncode


def _replay(files: list[Path]) -> int:
    compiler = os.environ.get("CC", "gcc")
    core = (HERE.parent / "build" / "native" / "sanitized").glob("*.o")
    objects = [str(path) for path in core if path.stem not in ("_core", "boundary")]
    if not objects:
        sys.stderr.write("native/fuzz.py: run native/sanitize.py first, which compiles the core\n")
        return 2
    own = [HERE / "fuzz" / f"{name}.c" for name in ("world", "target", "replay")]
    flags = ["-fsanitize=address,undefined", "-DWR_TESTING=1"]
    objects += _compile(compiler, own, FOLDER / "replay_objects", flags)
    program = FOLDER / "replay"
    link = [compiler, *flags, *objects, "-o", str(program), "-lm", "-lpthread"]
    subprocess.run(link, check=True)
    names = [str(path) for path in files or sorted(seeds().iterdir())]
    done = subprocess.run([str(program), *names], check=False, capture_output=True, text=True)
    sys.stdout.write(done.stdout)
    if done.returncode:
        sys.stderr.write(done.stderr[-10_000:])
    return done.returncode


def main() -> int:
    """Fuzz or replay; the exit code is 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="native/fuzz.py", description=__doc__)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--replay", type=Path, nargs="*", metavar="FILE")
    arguments = parser.parse_args()
    try:
        if arguments.replay is not None:
            return _replay(arguments.replay)
        return _fuzz(arguments.seconds)
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        sys.stderr.write(f"native/fuzz.py: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
