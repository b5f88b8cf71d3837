"""``pywasm-rt bindgen``."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from pywasm_rt.cli.main import cli

GUEST = Path(__file__).parents[1] / "component" / "guests" / "guest.wit"
COUNTERS = Path(__file__).parents[1] / "embedding" / "guests" / "counters.wat"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["bindgen", *map(str, arguments)])


def test_a_package_is_written_and_written_again(tmp_path: Path) -> None:
    output = tmp_path / "counters"
    for _ in range(2):
        result = run(COUNTERS, "-o", output, "--name", "my-guest")
        assert (result.exit_code, result.output) == (0, f"{output}: 3 files\n")
    assert "class MyGuest(" in (output / "__init__.py").read_text()
    assert "class KeyCounter(" in (output / "exports" / "test_app_counters.py").read_text()


def test_what_was_not_generated_stays(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("mine = 1\n")
    result = run(GUEST, "-o", tmp_path)
    assert result.exit_code == 2
    assert "has files that were not generated (__init__.py)" in result.output
    assert (tmp_path / "__init__.py").read_text() == "mine = 1\n"
    assert run(GUEST, "-o", tmp_path, "--force").exit_code == 0
    assert "class Guest(" in (tmp_path / "__init__.py").read_text()


def test_faults_are_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wit"
    broken.write_text("package a:b;\ninterface i { f: func( }")
    result = run(broken, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "broken.wit:2:" in result.output
    assert run(GUEST, "-o", tmp_path, "--world", "other").exit_code == 1
    assert "known: guest" in run(GUEST, "-o", tmp_path, "--world", "other").output
    assert run(tmp_path / "nothing.wit", "-o", tmp_path).exit_code == 2
