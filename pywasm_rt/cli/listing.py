"""``pywasm-rt run list``: the commands of an application, in columns."""

from __future__ import annotations

import click
from rich.cells import cell_len

from pywasm_rt.app.application import Application
from pywasm_rt.cli.failures import printable, show_faults

__all__ = ["list_commands"]

HINT = """\
Give a process a command:

  - name: greet
    kind: process.wasm
    meta:
      command:
        name: greet
        short: Greet someone via WASM
"""


def list_commands(application: Application) -> None:
    """Print name, description and entry of each command; faults go to stderr."""
    show_faults((*application.warnings, *application.faults), as_warnings=True)
    commands = application.commands()
    if not commands:
        click.echo(f"No commands found.\n\n{HINT}", nl=False)
        return
    rows = [
        (
            printable(command.name),
            printable(" ".join(command.short.split())),
            f"({command.entry_id})" + ("" if command.usable else " (has faults)"),
        )
        for command in commands
    ]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(2)]
    click.echo("Available commands:\n")
    for name, short, entry_id in rows:
        left = click.style(name, bold=True) + " " * (widths[0] - cell_len(name))
        middle = short + " " * (widths[1] - cell_len(short))
        columns = [left, middle] if widths[1] else [left]
        click.echo(f"  {'  '.join(columns)}  {click.style(entry_id, dim=True)}")
    click.echo("\nRun with: pywasm-rt run <command>")
