"""The options of ``pywasm-rt run``."""

from __future__ import annotations

from dataclasses import dataclass

import click

from pywasm_rt.cli.parameters import FolderMapping

__all__ = ["RunOptions"]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What was given before the target; ``directories``, ``environment``, ``network`` and
    ``invoke`` are for files only.
    """

    strict: bool = False
    host: str | None = None
    directories: tuple[FolderMapping, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    network: tuple[str, ...] = ()
    invoke: str | None = None
    fuel: int | None = None
    timeout_ms: int | None = None
    max_memory_bytes: int | None = None
    engine: str | None = None

    def check_for_command(self) -> None:
        """Raise click.UsageError for an option that a command of an application cannot have."""
        for name, value in (
            ("--dir", self.directories),
            ("--env", self.environment),
            ("--allow-net", self.network),
            ("--invoke", self.invoke),
        ):
            if value:
                message = f"{name} is for .wasm and .wat files; a command has it in its entry"
                raise click.UsageError(message)

    def check_for_file(self) -> None:
        """Raise click.UsageError for an option that a file cannot have."""
        if self.host is not None:
            raise click.UsageError("--host is for commands of an application")
