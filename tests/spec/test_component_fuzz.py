"""Some hundred mutants of components; ``python -m spec_tests fuzz-components`` tries more."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pywasm_rt.component.binary import decode, encode
from pywasm_rt.component.syntax import ComponentSyntax
from pywasm_rt.component.text import parse
from spec_tests import component_fuzz
from spec_tests.component_fuzz import ComponentFuzzer, Oracle, collect_components, judge
from spec_tests.component_mutation import ComponentMutator
from spec_tests.modules import script_files
from tests.component.conftest import wasm_tools

__all__ = ["wasm_tools"]

COUNT = 1_500
TEXT = '(component (type $r (record (field "a" u8))) (export "r" (type $r)))'


@pytest.fixture(scope="module")
def seeds(suites: Path) -> list[ComponentSyntax]:
    folders = ("validation", "values", "linking", "resources")
    return collect_components(
        script_files(suites / "component-model" / "test" / folder for folder in folders)
    )


@pytest.mark.suite
def test_mutants_of_the_suite_are_judged_as_wasm_tools_does(
    seeds: list[ComponentSyntax], wasm_tools: str
) -> None:
    fuzzer = ComponentFuzzer(seeds, random.Random(30), Oracle(wasm_tools))
    fuzzer.run(COUNT)
    assert fuzzer.faults == []
    outcomes = fuzzer.outcomes
    assert outcomes.total() == COUNT
    assert min(outcomes["accepted"], outcomes["ValidationError"]) > COUNT // 10
    assert outcomes["DecodeError"] > COUNT // 100


def test_mutants_are_other_components_and_mostly_well_formed() -> None:
    mutator = ComponentMutator(random.Random(1), [parse(TEXT)])
    mutants = [mutant for _ in range(100) for mutant in mutator.encoded()]
    assert len(mutants) > 70
    assert sum(mutant != encode(parse(TEXT)) for mutant in mutants) > 20
    assert all(decode(mutant) for mutant in mutants)


def test_refusals_and_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judge(encode(parse(TEXT))) == ""
    assert judge(b"").startswith("DecodeError: ")
    assert judge(encode(parse("(component (type (list 7)))"))).startswith("ValidationError: ")

    def broken(_: bytes) -> ComponentSyntax:
        raise KeyError("x")

    monkeypatch.setattr(component_fuzz, "decode", broken)
    fuzzer = ComponentFuzzer([parse(TEXT)], random.Random(1))
    fuzzer.run(10)
    assert fuzzer.outcomes == {"FAULT": 10}


def test_differences_are_faults_unless_they_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for complaint, outcome in (
        ("it is ugly", "FAULT"),
        ("2: resource types are not the same", "known difference: "),
    ):
        monkeypatch.setattr(
            Oracle, "complaints", lambda _, them, complaint=complaint: [complaint for _ in them]
        )
        monkeypatch.setattr(component_fuzz, "judge", lambda _: "")
        monkeypatch.setattr(component_fuzz, "_check_again", lambda _: "")
        fuzzer = ComponentFuzzer([parse(TEXT)], random.Random(1), Oracle("none"))
        fuzzer.run(5)
        assert [it.startswith(outcome) for it in fuzzer.outcomes] == [True]
        assert fuzzer.outcomes.total() == 5


def test_what_does_not_survive_its_text_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(component_fuzz, "print_component", lambda *_: "(component (type u8))")
    fuzzer = ComponentFuzzer([parse("(component)")], random.Random(1))
    fuzzer.run(20)
    assert "it is parsed from its own text as another" in {it for it, _ in fuzzer.faults}


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert component_fuzz.main([str(tmp_path)]) == 2
    assert "no components to start from" in capsys.readouterr().err
    (tmp_path / "a.wast").write_text(f'{TEXT}\n(assert_malformed (component quote "x") "x")')
    assert component_fuzz.main([str(tmp_path), "--count", "30", "--seed", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 components to start from"
    assert lines[-1] == "30 passed, 0 failed, 0 skipped"
