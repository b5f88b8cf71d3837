"""A few thousand mutants; ``python -m spec_tests fuzz`` tries as many as one likes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.text import parse, print_module
from spec_tests import fuzz
from spec_tests.fuzz import Fuzzer, Seeds, collect_seeds
from spec_tests.generator import EVERYTHING, generate
from spec_tests.modules import script_files
from spec_tests.mutation import mutate_binary, mutate_text

COUNT = 3_000
FOLDERS = (
    *("spec/core/gc", "spec/core/exceptions", "spec/core/multi-memory", "spec/core/relaxed-simd"),
    *("spec/custom", "spec/legacy", "proposals/custom-page-sizes", "proposals/wide-arithmetic"),
)


@pytest.mark.suite
def test_mutants_of_the_suites_raise_only_our_errors(suites: Path) -> None:
    seeds = collect_seeds(script_files(suites / folder for folder in FOLDERS))
    fuzzer = Fuzzer(seeds, random.Random(20))
    fuzzer.run(COUNT)
    check(fuzzer)


def test_mutants_of_made_modules_raise_only_our_errors() -> None:
    fuzzer = Fuzzer(made(100), random.Random(21))
    fuzzer.run(COUNT)
    check(fuzzer)


def check(fuzzer: Fuzzer) -> None:
    """Nothing but refusals, and of all kinds."""
    assert fuzzer.faults == []
    outcomes = fuzzer.outcomes
    assert outcomes.total() == COUNT
    assert min(outcomes["binary DecodeError"], outcomes["text ParseError"]) > COUNT // 10
    assert min(outcomes["binary ValidationError"], outcomes["binary accepted"]) > COUNT // 100
    assert min(outcomes["text ValidationError"], outcomes["text accepted"]) > 5
    assert outcomes["script ParseError"] > COUNT // 100


def made(count: int) -> Seeds:
    """Modules from the generator."""
    modules = [generate(random.Random(seed), 60) for seed in range(count)]
    texts = [print_module(module).encode() for module in modules]
    return Seeds([encode(module) for module in modules], texts, texts)


def test_mutants_are_mostly_other_things_but_not_all_nonsense() -> None:
    choice, seeds = random.Random(1), made(10)
    binaries = [mutate_binary(choice, seeds.binaries) for _ in range(200)]
    texts = [mutate_text(choice, seeds.texts) for _ in range(200)]
    assert sum(binary not in seeds.binaries for binary in binaries) > 150
    assert sum(text not in seeds.texts for text in texts) > 130
    assert all(binary[:4] == b"\0asm" for binary in binaries[:1])


@pytest.mark.parametrize("seed", [b"", b"\0asm\x01\0\0\0", b"\0asm\x01\0\0\0\x0a", b"\x80" * 20])
def test_anything_can_be_mutated(seed: bytes) -> None:
    choice = random.Random(2)
    for _ in range(50):
        mutate_binary(choice, [seed])
        mutate_text(choice, [seed])


# Faults would be seen


def fails(error: BaseException) -> Callable[..., Module]:
    """A decoder with a fault."""

    def decoder(*_: object) -> Module:
        raise error

    return decoder


@pytest.mark.parametrize(
    "error", [IndexError("x"), RecursionError(), MemoryError(), AssertionError(), KeyError(1)]
)
def test_other_errors_are_faults(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(fuzz, "decode", fails(error))
    fuzzer = Fuzzer(made(2), random.Random(1))
    fuzzer.run(4)
    assert [complaint.split(":")[0] for complaint, _ in fuzzer.faults] == ["binary"] * 2
    assert fuzzer.outcomes[f"binary FAULT {type(error).__name__}"] == 2


@pytest.mark.skipif(not hasattr(fuzz.signal, "setitimer"), reason="there are no alarms here")
def test_slow_mutants_are_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*_: object) -> Module:
        begin = time.perf_counter()
        while time.perf_counter() < begin + 10:
            pass
        raise AssertionError("nobody stopped it")

    monkeypatch.setattr(fuzz, "decode", slowly)
    monkeypatch.setattr(fuzz, "_SECONDS_EACH", 0.01)
    fuzzer = Fuzzer(made(1), random.Random(1))
    fuzzer.run(1)
    assert fuzzer.outcomes == {"binary FAULT TooSlowError": 1}


def test_what_is_not_written_as_it_was_read_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    other = parse("(module (func nop))")

    def forgetful(binary: bytes, *_: object) -> Module:
        decode(binary, EVERYTHING)
        return other

    monkeypatch.setattr(fuzz, "decode", forgetful)
    monkeypatch.setattr(fuzz, "mutate_text", lambda _, texts: texts[0])
    seeds = Seeds(texts=[b"(module (func unreachable))"], scripts=[b"(module)"], binaries=[b""])
    fuzzer = Fuzzer(seeds, random.Random(1))
    monkeypatch.setattr(fuzz, "mutate_binary", lambda *_: encode(other))
    fuzzer.run(4)
    assert fuzzer.outcomes["text FAULT NotTheSameError"] == 1


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main([str(tmp_path)]) == 2
    assert "no modules to start from" in capsys.readouterr().err
    (tmp_path / "a.wast").write_text('(module (func (export "f") nop)) (invoke "f")')
    limits = fuzz.resource
    fuzz.resource = None  # type: ignore[assignment]
    try:
        assert fuzz.main([str(tmp_path), "--count", "20", "--seed", "3"]) == 0
    finally:
        fuzz.resource = limits
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 binaries, 1 texts, 1 scripts to start from"
    assert lines[-1] == "20 passed, 0 failed, 0 skipped"
