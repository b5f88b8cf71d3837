"""The options that several commands have, written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import click

from pywasm_rt.cli.parameters import (
    FolderMapping,
    duration_ms,
    environment_setting,
    folder_mapping,
    network_grant,
    size_bytes,
)
from pywasm_rt.engine.interface import Limits

__all__ = ["GuestOptions", "grace_option", "grant_options", "limit_options"]

Declaration = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class GuestOptions:
    """What a guest may use of the world, and how much it may use up."""

    directories: tuple[FolderMapping, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    network: tuple[str, ...] = ()
    fuel: int | None = None
    timeout_ms: int | None = None
    max_memory_bytes: int | None = None
    engine: str | None = None

    @property
    def limits(self) -> Limits:
        """Those of the engine; the time limit is the process's."""
        return replace(Limits(), fuel=self.fuel, memory_bytes=self.max_memory_bytes)


def grant_options(prefix: str = "") -> Declaration:
    """``--dir``, ``--env`` and ``--allow-net``; ``prefix`` says what they are for."""
    return _all(
        click.option(
            "--dir",
            "directories",
            metavar="HOST::GUEST[:ro]",
            multiple=True,
            type=folder_mapping,
            help=prefix + "Let the guest use the folder HOST under the path GUEST; :ro lets it "
            "only read.",
        ),
        click.option(
            "--env",
            "environment",
            metavar="NAME=VALUE",
            multiple=True,
            type=environment_setting,
            help=prefix + "Set a variable; NAME alone takes its value from here.",
        ),
        click.option(
            "--allow-net",
            "network",
            metavar="HOST[:PORT]",
            multiple=True,
            type=network_grant,
            help=prefix + "Let the guest use the network there; * stands for every host.",
        ),
    )


def limit_options() -> Declaration:
    """``--fuel``, ``--timeout``, ``--max-memory`` and ``--engine``."""
    return _all(
        click.option(
            "--fuel",
            metavar="N",
            type=click.IntRange(min=1),
            help="Stop a guest after N units of fuel.",
        ),
        click.option(
            "--timeout",
            "timeout_ms",
            metavar="SECONDS",
            type=duration_ms,
            help="Stop a guest after this time.",
        ),
        click.option(
            "--max-memory",
            "max_memory_bytes",
            metavar="BYTES",
            type=size_bytes,
            help="The most memory that a guest may have, for example 64MiB.",
        ),
        click.option("--engine", metavar="NAME", help="The engine: auto, reference or native."),
    )


def grace_option(default: str, sentence: str) -> Declaration:
    """``--grace``; ``sentence`` says who has so long to do what."""
    return click.option(
        "--grace",
        "grace_ms",
        metavar="SECONDS",
        type=duration_ms,
        default=default,
        show_default=True,
        help=sentence,
    )


def _all(*declarations: Declaration) -> Declaration:
    """Several declarations as one, in the order in which ``--help`` is to show them."""
    return lambda function: reduce(lambda it, declare: declare(it), declarations[::-1], function)
