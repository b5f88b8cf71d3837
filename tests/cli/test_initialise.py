"""``pywasm-rt init``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pywasm_rt.cli.initialise import write_demo
from pywasm_rt.cli.main import cli
from pywasm_rt.errors import ConfigError

DEMO = Path(__file__).parents[2] / "pywasm_rt" / "examples" / "demo"


def names(folder: Path) -> set[str]:
    """The files below ``folder`` that belong to the demo."""
    skipped = {"__pycache__", "output"}
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in files if not skipped & set(path.parts)}


def test_everything_is_written(tmp_path: Path) -> None:
    target = tmp_path / "new" / "demo"
    write_demo(target)
    assert names(target) == names(DEMO)
    assert "src/_index.yaml" in names(target)
    for name in names(target):
        assert (target / name).read_bytes() == (DEMO / name).read_bytes()


def test_an_empty_folder_is_fine(tmp_path: Path) -> None:
    write_demo(tmp_path)
    assert (tmp_path / "wasm" / "worker.wasm").is_file()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"is not empty \(nothing was written\)$"):
        write_demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(ConfigError, match="is not a folder"):
        write_demo(tmp_path / "mine.txt")


def test_the_command_says_what_to_do_next_and_refuses_the_second_time(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["-C", str(tmp_path), "init", "demo"])
    assert (result.exit_code, result.stderr) == (0, "")
    command = f"pywasm-rt -C {tmp_path}/demo run greet Ada"
    assert f"\n  {command}\n" in result.stdout
    result = CliRunner().invoke(cli, command.split()[1:])
    assert (result.exit_code, result.stdout) == (0, "Hello, Ada!\n")
    result = CliRunner().invoke(cli, ["-C", str(tmp_path), "init", "demo"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"{tmp_path}/demo is not empty (nothing was written)\nError: 1 fault\n"
    )
