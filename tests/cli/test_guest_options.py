"""Options that several commands have are the same everywhere."""

from __future__ import annotations

import click

from pywasm_rt.cli.run import run
from pywasm_rt.cli.serve import serve

OWN_DEFAULTS = {"grace_ms"}


def options(command: click.Command) -> dict[str, click.Option]:
    return {str(it.name): it for it in command.params if isinstance(it, click.Option)}


def test_run_and_serve_share_declarations() -> None:
    of_run, of_serve = options(run), options(serve)
    shared = of_run.keys() & of_serve.keys()
    assert shared >= {
        "directories",
        "environment",
        "network",
        "fuel",
        "timeout_ms",
        "max_memory_bytes",
        "engine",
        "grace_ms",
    }
    for name in shared:
        one, other = of_run[name], of_serve[name]
        assert one.opts == other.opts
        assert one.metavar == other.metavar
        assert one.multiple == other.multiple
        assert type(one.type) is type(other.type)
        if name not in OWN_DEFAULTS:
            assert one.default == other.default
            assert (one.help or "").removeprefix("File: ") == other.help


def test_help_shows_them_in_their_order() -> None:
    names = list(options(serve))
    assert names[:5] == ["address", "directories", "environment", "network", "fuel"]
