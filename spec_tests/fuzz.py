"""Mutants: whatever is done to a binary, a text or a script, only our errors may come of it.

``python -m spec_tests fuzz PATH... --count N --seed S`` takes the modules and scripts of the suites
at PATH, changes a few bytes or tokens of one at a time, and decodes or parses and validates the
result, under a limit of time for each and of memory for all. Half of the binaries are changed
inside a section or function body whose length is then put right, so that they get farther than the
first check. What is accepted must come out of both formats as it went in. Anything but that or a
refusal is printed with the mutant that caused it, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from pywasm_rt.errors import DecodeError, ParseError, UnsupportedFeature, ValidationError
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.script import DefineModule
from pywasm_rt.wasm.text import parse, parse_script, print_module
from pywasm_rt.wasm.validate import validate
from spec_tests.generator import EVERYTHING
from spec_tests.modules import modules_of, script_files
from spec_tests.mutation import mutate_binary, mutate_text

try:
    import resource
except ImportError:  # there are systems without such limits
    resource = None  # type: ignore[assignment]

__all__ = ["Fuzzer", "Seeds", "collect_seeds", "main"]

_SECONDS_EACH = 5.0
_MEMORY_BYTES = 3 << 30
_LARGEST_SEED = 20_000
_REFUSALS = (DecodeError, ParseError, ValidationError, UnsupportedFeature)


class TooSlowError(Exception):
    """A mutant took longer than it may."""


class NotTheSameError(Exception):
    """What was accepted was written, and read again as something else."""


@dataclass(slots=True)
class Seeds:
    """What mutants are made of."""

    binaries: list[bytes] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    scripts: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class Fuzzer:
    """Makes mutants of ``seeds`` and judges what comes of them."""

    seeds: Seeds
    random: random.Random
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[str, bytes]] = field(default_factory=list)
    slowest: tuple[float, bytes] = (0.0, b"")

    def run(self, count: int) -> None:
        """Try ``count`` mutants, binaries and texts in turn, and now and then a script."""
        choice, seeds = self.random, self.seeds
        with _alarm():
            for number in range(count):
                if number % 2 == 0:
                    self._try("binary", mutate_binary(choice, seeds.binaries))
                elif number % 16 == 1:
                    self._try("script", mutate_text(choice, seeds.scripts))
                else:
                    self._try("text", mutate_text(choice, seeds.texts))

    def _try(self, form: str, mutant: bytes) -> None:
        begin = time.process_time()
        _set_alarm(_SECONDS_EACH)
        try:
            _read(form, mutant)
            outcome = "accepted"
        except _REFUSALS as error:
            outcome = type(error).__name__
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            outcome = f"FAULT {type(error).__name__}"
            self.faults.append((f"{form}: {error!r}", mutant))
        finally:
            _set_alarm(0)
        self.outcomes[f"{form} {outcome}"] += 1
        self.slowest = max(self.slowest, (time.process_time() - begin, mutant))


def _read(form: str, mutant: bytes) -> None:
    """Read a mutant to the end. Raises a refusal, or NotTheSameError."""
    if form == "script":
        for command in parse_script(mutant, EVERYTHING):
            if isinstance(command, DefineModule):
                validate(command.source.load(), EVERYTHING)
        return
    module = parse(mutant, EVERYTHING) if form == "text" else decode(mutant, EVERYTHING)
    validate(module, EVERYTHING)
    try:
        _check_again(module)
    except _REFUSALS as error:
        raise NotTheSameError(f"refused when read again: {error}") from error


def _check_again(module: Module) -> None:
    binary = encode(module)
    again = decode(binary, EVERYTHING)
    if encode(again) != binary:
        raise NotTheSameError("decoded from its own encoding")
    for fold in (False, True):
        text = print_module(module, fold=fold)
        parsed = parse(text, EVERYTHING)
        if print_module(parsed, fold=fold) != text:
            raise NotTheSameError("parsed from its own text")
        if parsed.functions != module.functions or again.functions != module.functions:
            raise NotTheSameError("other functions")
        if module.is_text and parsed != module:
            raise NotTheSameError("another module than the text's")


def collect_seeds(paths: Iterable[Path]) -> Seeds:
    """Scripts, and their modules as binaries and as texts; small ones only."""
    seeds = Seeds()
    for path in paths:
        script = path.read_bytes()
        for item in modules_of(path, EVERYTHING):
            seeds.binaries.append(encode(item.module))
            seeds.texts.append(print_module(item.module).encode())
        seeds.scripts.append(script)
    for kind in (seeds.binaries, seeds.texts, seeds.scripts):
        kind[:] = [seed for seed in kind if len(seed) <= _LARGEST_SEED]
    return seeds


def _set_alarm(seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        # The time of this process: how busy the machine is does not matter.
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)


@contextmanager
def _alarm() -> Iterator[None]:
    """Have TooSlowError raised when the alarm goes off, where there are alarms."""

    def too_slow(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlowError(f"more than {_SECONDS_EACH} s")

    if not hasattr(signal, "SIGVTALRM"):
        yield
        return
    before = signal.signal(signal.SIGVTALRM, too_slow)
    try:
        yield
    finally:
        signal.signal(signal.SIGVTALRM, before)


def main(command_line: list[str]) -> int:
    """Run the command line of ``fuzz``; the exit code is 1 if there was any fault."""
    parser = argparse.ArgumentParser(prog="python -m spec_tests fuzz", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, help="scripts, and folders of them")
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(command_line)
    seeds = collect_seeds(script_files(arguments.paths))
    if not (seeds.binaries and seeds.scripts):
        print("spec_tests: there are no modules to start from", file=sys.stderr)
        return 2
    found = f"{len(seeds.binaries)} binaries, {len(seeds.texts)} texts, {len(seeds.scripts)}"
    print(f"{found} scripts to start from")
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    fuzzer = Fuzzer(seeds, random.Random(arguments.seed))
    fuzzer.run(arguments.count)
    for outcome, number in sorted(fuzzer.outcomes.items()):
        print(f"{number:8}  {outcome}")
    for complaint, mutant in fuzzer.faults[:10]:
        print(f"fault: {complaint}\n  {mutant!r}")
    if resource is not None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"slowest {fuzzer.slowest[0]:.2f} s, peak memory {peak} MiB")
    print(f"{arguments.count - len(fuzzer.faults)} passed, {len(fuzzer.faults)} failed, 0 skipped")
    return 1 if fuzzer.faults else 0
