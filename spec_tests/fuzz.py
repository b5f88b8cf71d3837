"""Mutated modules: whatever is done to a binary or a text, only our errors may come of it.

``python -m spec_tests fuzz PATH... --count N --seed S`` takes the modules of the suites at PATH,
changes a few bytes or tokens of one at a time, and decodes or parses and validates the result,
under a limit of time for each and of memory for all. Anything but success or a WasmError is
printed with the mutant that caused it, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import signal
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from pywasm_rt.errors import DecodeError, ParseError, UnsupportedFeature, ValidationError, WasmError
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.features import DEFAULT
from pywasm_rt.wasm.text import parse, print_module
from pywasm_rt.wasm.validate import validate
from spec_tests.modules import modules_of, script_files

__all__ = ["Fuzzer", "collect_seeds", "main"]

FEATURES = DEFAULT.with_(
    legacy_exceptions=True, threads=True, custom_page_sizes=True, wide_arithmetic=True
)
_SECONDS_EACH = 5.0
_MEMORY_BYTES = 3 << 30
_LARGEST_SEED = 20_000
_REFUSALS = (DecodeError, ParseError, ValidationError, UnsupportedFeature)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+|\s+')
_SPLICES = [b"\xff" * 5, b"\x80\x80\x80\x80\x08", b"\x00" * 8, b"\x7f", b"\x0b", b"\xfb", b"\xfd"]


class TooSlowError(Exception):
    """A mutant took longer than it may."""


@dataclass(slots=True)
class Fuzzer:
    """Makes mutants of ``seeds`` and judges what comes of them."""

    seeds: list[bytes]
    texts: list[bytes]
    random: random.Random
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[str, bytes]] = field(default_factory=list)
    slowest: float = 0.0

    def run(self, count: int) -> None:
        """Try ``count`` mutants, binaries and texts in turn."""
        for number in range(count):
            if number % 2:
                self._try(self._mutate_text(self.random.choice(self.texts)), is_text=True)
            else:
                self._try(self._mutate_binary(self.random.choice(self.seeds)), is_text=False)

    def _try(self, mutant: bytes, *, is_text: bool) -> None:
        begin = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, _SECONDS_EACH)
        try:
            module = parse(mutant, FEATURES) if is_text else decode(mutant, FEATURES)
            validate(module, FEATURES)
            outcome = "accepted"
        except _REFUSALS as error:
            outcome = type(error).__name__
        except WasmError as error:
            outcome = f"other {type(error).__name__}"
            self.faults.append((f"{error!r}: {error}", mutant))
        except (Exception, TooSlowError) as error:  # noqa: BLE001 - this is what is looked for
            outcome = f"FAULT {type(error).__name__}"
            self.faults.append((f"{error!r}", mutant))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        self.outcomes[f"{'text' if is_text else 'binary'} {outcome}"] += 1
        self.slowest = max(self.slowest, time.perf_counter() - begin)

    def _mutate_binary(self, seed: bytes) -> bytes:
        data = bytearray(seed)
        for _ in range(self.random.choice((1, 1, 1, 2, 3, 8))):
            at = self.random.randrange(len(data) + 1)
            kind = self.random.randrange(6)
            if kind == 0 and at < len(data):
                data[at] ^= 1 << self.random.randrange(8)
            elif kind == 1 and at < len(data):
                data[at] = self.random.randrange(256)
            elif kind == 2:
                del data[at : at + self.random.randrange(1, 9)]
            elif kind == 3:
                data[at:at] = self.random.choice(_SPLICES)
            elif kind == 4:
                other = self.random.choice(self.seeds)
                begin = self.random.randrange(len(other) + 1)
                data[at:at] = other[begin : begin + self.random.randrange(1, 40)]
            else:
                del data[at:]
        return bytes(data)

    def _mutate_text(self, seed: bytes) -> bytes:
        tokens = _TOKEN.findall(seed)
        for _ in range(self.random.choice((1, 1, 1, 2, 3, 8))):
            at = self.random.randrange(len(tokens) + 1)
            kind = self.random.randrange(5)
            if kind == 0:
                del tokens[at : at + 1]
            elif kind == 1 and at < len(tokens):
                tokens[at] = self.random.choice(tokens)
            elif kind == 2:
                other = _TOKEN.findall(self.random.choice(self.texts))
                begin = self.random.randrange(len(other) + 1)
                tokens[at:at] = other[begin : begin + self.random.randrange(1, 12)]
            elif kind == 3:
                tokens.insert(
                    at, self.random.choice([b"(", b")", b"0x", b"$a", b"\x80", b'"', b"-1"])
                )
            else:
                del tokens[at:]
        return b"".join(tokens)


def collect_seeds(paths: Iterable[Path]) -> tuple[list[bytes], list[bytes]]:
    """The modules of scripts as binaries and as texts, small ones only."""
    binaries: list[bytes] = []
    texts: list[bytes] = []
    for path in paths:
        for item in modules_of(path, FEATURES):
            binary, text = encode(item.module), print_module(item.module).encode()
            if len(binary) <= _LARGEST_SEED:
                binaries.append(binary)
            if len(text) <= _LARGEST_SEED:
                texts.append(text)
    return binaries, texts


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlowError(f"more than {_SECONDS_EACH} s")


def main(command_line: list[str]) -> int:
    """Run the command line of ``fuzz``; the exit code is 1 if there was any fault."""
    parser = argparse.ArgumentParser(prog="python -m spec_tests fuzz", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, help="folders of .wast files")
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(command_line)
    seeds, texts = collect_seeds(script_files(arguments.paths))
    print(f"{len(seeds)} binaries and {len(texts)} texts to start from")
    signal.signal(signal.SIGALRM, _too_slow)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    fuzzer = Fuzzer(seeds, texts, random.Random(arguments.seed))
    fuzzer.run(arguments.count)
    for outcome, number in sorted(fuzzer.outcomes.items()):
        print(f"{number:8}  {outcome}")
    for complaint, mutant in fuzzer.faults[:10]:
        print(f"fault: {complaint}\n  {mutant!r}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"slowest {fuzzer.slowest:.2f} s, peak memory {peak} MiB")
    print(f"{arguments.count - len(fuzzer.faults)} passed, {len(fuzzer.faults)} failed, 0 skipped")
    return 1 if fuzzer.faults else 0
