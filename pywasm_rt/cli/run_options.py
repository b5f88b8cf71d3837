"""The options of ``pywasm-rt run``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pywasm_rt.cli.guest_options import GuestOptions
from pywasm_rt.cli.logs import LogFormat

if TYPE_CHECKING:
    from pywasm_rt.app.application import Application

__all__ = ["RunOptions"]


@dataclass(frozen=True, slots=True)
class RunOptions(GuestOptions):
    """What was given before the target; what a guest may use of the world, and what is from
    ``invoke`` on, is for files only.
    """

    strict: bool = False
    host: str | None = None
    overrides: tuple[str, ...] = ()
    process: str | None = None
    watch: bool = False
    metrics: tuple[str, int] | None = None
    otel: bool = False
    log_format: LogFormat = "text"
    log_level: str = "info"
    grace_ms: int = 30_000
    invoke: str | None = None
    stdin: Path | None = None
    argv0: str | None = None
    max_output_bytes: int | None = None
    random_seed: int | None = None
    preload: tuple[tuple[str, Path], ...] = ()
    trap_unknown_imports: bool = False

    def load(self, folder: Path) -> Application:
        """The application of a folder. Raises ConfigError."""
        from pywasm_rt.app.application import Application  # noqa: PLC0415 - files do without
        from pywasm_rt.app.extensions import default_extensions  # noqa: PLC0415
        from pywasm_rt.cli.progress import loading_bar  # noqa: PLC0415

        with loading_bar():
            return Application.load(
                folder, self.strict, extensions=default_extensions(), overrides=self.overrides
            )

    def check_for_services(self) -> None:
        """Raise click.UsageError for an option that services cannot have."""
        self.check_for_command()
        for name, value in (
            ("--host", self.host),
            ("--fuel", self.fuel),
            ("--timeout", self.timeout_ms),
            ("--max-memory", self.max_memory_bytes),
        ):
            if value is not None:
                raise click.UsageError(f"{name} is for commands; a service has it in its entry")

    def check_for_command(self) -> None:
        """Raise click.UsageError for an option that a command of an application cannot have."""
        for name, value in (
            ("--dir", self.directories),
            ("--env", self.environment),
            ("--allow-net", self.network),
            ("--invoke", self.invoke),
            ("--stdin", self.stdin),
            ("--argv0", self.argv0),
            ("--max-output", self.max_output_bytes),
            ("--random-seed", self.random_seed),
            ("--preload", self.preload),
            ("--trap-unknown-imports", self.trap_unknown_imports or None),
        ):
            if value not in {None, ()}:
                message = f"{name} is for .wasm and .wat files; a command has it in its entry"
                raise click.UsageError(message)

    def check_for_file(self) -> None:
        """Raise click.UsageError for an option that a file cannot have."""
        for name, value in (
            ("--host", self.host),
            ("--override", self.overrides),
            ("--exec", self.process),
        ):
            if value not in {None, ()}:
                raise click.UsageError(f"{name} is for commands of an application")
        if self.watch:
            raise click.UsageError("--watch is for the services of an application")
