"""Errors become one message and an exit status."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from pywasm_rt.cli.failures import GuardedGroup, describe, printable
from pywasm_rt.errors import (
    CodeLocation,
    ConfigError,
    Fault,
    FieldLocation,
    LineColumn,
    ParseError,
    Trap,
    TrapCode,
    WasmError,
)

FAULTS = [
    Fault("hash is required", FieldLocation("a.yaml", 3, "hash")),
    Fault("unknown kind", FieldLocation("b.yaml", 7, "kind"), "none"),
]


def group_raising(error: BaseException) -> click.Group:
    """A group whose command ``fail`` raises ``error``."""

    @click.group(cls=GuardedGroup)
    def group() -> None:
        pass

    @group.command()
    def fail() -> None:
        click.echo("before")
        raise error

    return group


@pytest.mark.parametrize(
    ("error", "status", "stderr"),
    [
        (WasmError("it failed"), 1, "Error: it failed\n"),
        (
            ConfigError(FAULTS),
            1,
            (
                "a.yaml:3: hash: hash is required\nb.yaml:7: kind: unknown kind (none)\n"
                "Error: 2 faults\n"
            ),
        ),
        (ConfigError(FAULTS[:1]), 1, "a.yaml:3: hash: hash is required\nError: 1 fault\n"),
        (FileNotFoundError(2, "No such file", "x"), 1, "Error: x: No such file\n"),
        (OSError("odd"), 1, "Error: odd\n"),
        (BrokenPipeError(32, "Broken pipe"), 141, ""),
        (KeyboardInterrupt(), 130, ""),
        (click.UsageError("no"), 2, "Error: no\n"),
    ],
)
def test_status_and_message(error: BaseException, status: int, stderr: str) -> None:
    result = CliRunner().invoke(group_raising(error), ["fail"])
    assert result.exit_code == status
    assert result.stderr.endswith(stderr)
    assert "Traceback" not in result.output
    assert result.stdout == "before\n"


def test_a_trap_tells_where() -> None:
    frames = [CodeLocation(index, f"f{index}", pc=index) for index in range(12)]
    trap = Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO, backtrace=frames)
    lines = describe(trap).splitlines()
    assert lines[0] == "trap: integer divide by zero"
    assert lines[1] == "    in function $f0 at instruction 0"
    assert lines[-1] == "    ... and 2 more"
    assert len(lines) == 12


def test_a_text_error_shows_the_place() -> None:
    error = ParseError("unexpected token", LineColumn(2, 4, "a.wat", "(x y)"))
    assert describe(error) == "unexpected token (at a.wat:2:4)\n(x y)\n   ^"


def test_terminals_are_not_obeyed() -> None:
    assert printable("a\x1b[31mb\tc\nd\x07") == "a\\x1b[31mb\tc\nd\\x07"
