"""``python -m spec_tests``: exit codes, what is printed, reports, skips, and getting the suites."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pywasm_rt.engine import engine_info
from spec_tests import __main__ as command
from spec_tests import fetch as fetching
from spec_tests.features import FOLDERS
from spec_tests.fetch import HOW_TO, SOURCES, Folder, Source, fetch
from spec_tests.report import Report
from spec_tests.runner import FileResult, Outcome
from spec_tests.skips import Skip, read_skips

REPOSITORY = Path(command.__file__).parents[1]

GOOD = """(module (func (export "add") (param i32 i32) (result i32)
  (i32.add (local.get 0) (local.get 1))))
(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))
(assert_return (invoke "add" (i32.const -1) (i32.const 1)) (i32.const 0))
"""
BAD = """(module (func (export "f") (result i32) (i32.const 1)) (func (export "g") unreachable))
(assert_return (invoke "f") (i32.const 2))
(assert_trap (invoke "g") "unreachable")
(assert_trap (invoke "g") "integer overflow")
(invoke "no such export")
(assert_malformed (module quote "(func (result i32))") "unexpected token")
(assert_invalid (module (func (result i32))) "type mismatch")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two scripts, one good and one with four faults."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "good.wast").write_text(GOOD)
    (tmp_path / "deep" / "bad.wast").write_text(BAD)
    (tmp_path / "not a script.txt").write_text("(")
    return tmp_path


def test_a_file_that_passes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(folder / "good.wast")]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    header, line, last = shown.out.splitlines()
    assert header.split() == ["folder", "files", "passed", "failed", "skipped"]
    assert line.split() == [folder.as_posix(), "1", "2", "0", "0"]
    assert last == "2 passed, 0 failed, 0 skipped"


@pytest.mark.parametrize("route", ["text", "binary"])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_folder_with_faults(
    folder: Path, capsys: pytest.CaptureFixture[str], route: str, jobs: str
) -> None:
    assert command.main([str(folder), "--route", route, "-j", jobs]) == 1
    shown = capsys.readouterr()
    bad = folder / "deep" / "bad.wast"
    first, second, third, fourth = shown.err.splitlines()
    assert first.startswith(f"{bad}:2: assert_return: expected ")
    assert second.startswith(f"{bad}:4: assert_trap: expected 'integer overflow', got unreachable")
    assert third.startswith(f"{bad}:5: Invoke: failed: KeyError('no such export')")
    assert fourth == f"{bad}:6: assert_malformed: expected 'unexpected token', but it succeeded"
    _, top, deep, last = shown.out.splitlines()
    assert top.split() == [folder.as_posix(), "1", "2", "0", "0"]
    assert deep.split() == [f"{folder.as_posix()}/deep", "1", "2", "4", "0"]
    assert last == "4 passed, 4 failed, 0 skipped"


def test_many_faults_are_counted_but_not_all_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "many.wast"
    script.write_text(GOOD + '(assert_return (invoke "add") (i32.const 1))\n' * 50)
    assert command.main([str(script)]) == 1
    shown = capsys.readouterr()
    assert shown.err.count("\n") == 41
    assert shown.err.endswith("... and 10 more\n")
    assert shown.out.endswith("2 passed, 50 failed, 0 skipped\n")


def test_a_malformed_script_is_one_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "broken.wast"
    script.write_bytes(b'(module)\n(assert_trap (invoke "f") "\\ff")')
    assert command.main([str(script)]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith(f"{script}:2: script: malformed UTF-8 encoding (at {script}:2:27)")
    assert shown.out.endswith("0 passed, 1 failed, 0 skipped\n")


def test_nothing_to_run_is_no_success(tmp_path: Path) -> None:
    assert command.main([str(tmp_path)]) == 1


def test_a_missing_folder_says_how_to_get_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "suites"
    assert command.main([str(missing)]) == 2
    assert capsys.readouterr().err == f"spec_tests: {missing} does not exist; {HOW_TO}\n"
    assert "python -m spec_tests fetch" in HOW_TO
    assert "PYWASM_RT_SUITES" in HOW_TO


def test_a_missing_engine_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if "native" in engine_info().available:
        pytest.skip("the native engine is there")
    assert command.main([str(folder / "good.wast"), "--engine", "native"]) == 2
    assert "the engine 'native' cannot be used" in capsys.readouterr().err


def test_it_is_a_command(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "spec_tests", str(folder / "good.wast")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "2 passed, 0 failed, 0 skipped"


def test_the_report(folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert command.main([str(folder), "--route", "binary", "--report", str(report)]) == 1
    document = json.loads(report.read_text())
    assert {key: document[key] for key in document if key != "files"} == {
        "engine": "reference",
        "route": "binary",
        "passed": 4,
        "failed": 4,
        "skipped": 0,
    }
    bad, good = document["files"]
    assert good == {"path": str(folder / "good.wast"), "passed": 2, "failures": []}
    assert bad["path"] == str(folder / "deep" / "bad.wast")
    assert bad["passed"] == 2
    assert [(f["line"], f["kind"]) for f in bad["failures"]] == [
        (2, "assert_return"),
        (4, "assert_trap"),
        (5, "Invoke"),
        (6, "assert_malformed"),
    ]
    assert bad["failures"][3]["complaint"] == "expected 'unexpected token', but it succeeded"


# Skips


def test_skips_take_failures_out_of_the_count(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    skips = tmp_path / "skips.toml"
    monkeypatch.setattr(command, "SKIPS", skips)
    entry = '[[skip]]\nfile = "deep/bad.wast"\nline = {}\nreason = "because"\n'
    skips.write_text("".join(entry.format(line) for line in (2, 4, 5, 6)))
    assert command.main([str(folder)]) == 0
    assert capsys.readouterr().out.endswith("4 passed, 0 failed, 4 skipped\n")
    skips.write_text("".join(entry.format(line) for line in (2, 3, 4, 5, 6)))
    assert command.main([str(folder)]) == 1
    assert capsys.readouterr().err == "skips.toml: deep/bad.wast:3 holds, so remove it\n"
    assert command.main([str(folder / "good.wast")]) == 0


def test_a_skip_may_be_for_one_engine() -> None:
    skip = Skip("a.wast", 3, "reason", engine="native")
    assert skip.covers(Path("/x/a.wast"), 3, "native")
    assert not skip.covers(Path("/x/a.wast"), 3, "reference")
    assert not skip.covers(Path("/x/a.wast"), 4, "native")
    assert not skip.covers(Path("/x/ba.wast"), 3, "native")
    result = FileResult(Path("/x/a.wast"), [Outcome(3, "assert_trap", passed=False)])
    assert Report("native", "text", [skip], [result]).totals == (0, 0, 1)
    assert Report("reference", "text", [skip], [result]).totals == (0, 1, 0)


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('file = "a.wast"\nline = 1\nreason = " "', "a.wast:1 has no reason"),
        ('file = "a.wast"\nline = 1', "an entry has file, line, reason"),
        ('file = "a.wast"\nline = 1\nreason = "x"\nwhy = 1', "an entry has file, line, reason"),
    ],
)
def test_a_skip_needs_a_reason(tmp_path: Path, entry: str, complaint: str) -> None:
    path = tmp_path / "skips.toml"
    path.write_text(f"[[skip]]\n{entry}\n")
    with pytest.raises(ValueError, match=complaint):
        read_skips(path)


def test_nothing_is_skipped() -> None:
    assert read_skips(command.SKIPS) == []


# Getting the suites


def git(*arguments: str, folder: Path) -> str:
    """What git prints."""
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_fetch_copies_the_pinned_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "upstream" / "spec.git"
    core = repository / "test" / "core"
    (core / "deep").mkdir(parents=True)
    git("init", "--quiet", folder=repository)
    for name in ("run.py", "b.fail.wast", "deep/c.wast"):
        (core / name).write_text("(module)")
    script = core / "a.wast"
    for text in ("(module)", "(module (func))"):
        script.write_text(text)
        git("add", ".", folder=repository)
        git("commit", "--quiet", "-m", text, folder=repository)
    pinned = git("rev-parse", "HEAD~1", folder=repository)
    upstream = repository.parent.as_uri()

    def take(*folders: Folder) -> list[str]:
        monkeypatch.setattr(fetching, "SOURCES", (Source("spec", pinned, folders),))
        target = tmp_path / "suites"
        for _ in range(2):  # the second time into a folder that is there
            fetch(target, upstream)
        return sorted(path.relative_to(target).as_posix() for path in target.rglob("*.*"))

    found = take(Folder("test/core", "all"), Folder("test", "some", ("core/*.wast",)))
    assert found == ["all/a.wast", "all/deep/c.wast", "some/core/a.wast"]
    assert (tmp_path / "suites" / "all" / "a.wast").read_text() == "(module)"
    with pytest.raises(FileNotFoundError, match="there is no"):
        take(Folder("test/core", "none", ("nothing.wast",)))


def test_fetch_that_fails_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_target: Path) -> None:
        raise subprocess.CalledProcessError(128, ["git", "clone"])

    monkeypatch.setattr(command, "fetch", fail)
    assert command.main(["fetch", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("spec_tests: Command '['git', 'clone']'")


def test_all_suites_are_fetched_to_where_their_features_are_known() -> None:
    destinations = {folder.destination for source in SOURCES for folder in source.folders}
    assert set(FOLDERS) < destinations
    assert all(len(source.commit) >= 8 for source in SOURCES)


def test_what_is_fetched_is_what_is_run(suites: Path) -> None:
    for source in SOURCES:
        for folder in source.folders:
            there = suites / folder.destination
            taken = {path for pattern in folder.patterns for path in there.glob(pattern)}
            assert taken == set(there.rglob("*.wast")), folder.destination
