"""A group whose commands are imported when they are run: most of them need much that others do
not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar

import click

from pywasm_rt.cli.failures import GuardedGroup

__all__ = ["LazyCommand", "LazyGroup"]


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """Where a command is (``attribute`` of ``module``), and how the group's help describes it:
    in the words of the command's own help.
    """

    module: str
    attribute: str
    summary: str


class LazyGroup(GuardedGroup):
    """A group of such commands, by name."""

    commands_by_name: ClassVar[Mapping[str, LazyCommand]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in order."""
        return sorted({*super().list_commands(ctx), *self.commands_by_name})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None if there is none of that name."""
        place = self.commands_by_name.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(place.module), place.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        rows = [(name, self._summary(name).get_short_help_str(limit)) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _summary(self, name: str) -> click.Command:
        """As much of a command as the list needs."""
        return click.Command(name, help=self.commands_by_name[name].summary)
