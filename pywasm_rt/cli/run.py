"""``pywasm-rt run``: a command of the application, the list of them, or a file."""

from __future__ import annotations

from pathlib import Path

import click

from pywasm_rt.app.application import Application
from pywasm_rt.cli.listing import list_commands
from pywasm_rt.cli.parameters import (
    duration_ms,
    environment_setting,
    folder_mapping,
    network_grant,
    size_bytes,
)
from pywasm_rt.cli.run_command import run_command
from pywasm_rt.cli.run_file import run_file
from pywasm_rt.cli.run_options import RunOptions
from pywasm_rt.lua.entries import LUA_CHECKS

__all__ = ["run"]

FILE_SUFFIXES = (".wasm", ".wat")
EPILOGUE = "Options stand before TARGET; what stands behind it belongs to the guest."


@click.command(
    context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False},
    epilog=EPILOGUE,
)
@click.option("--strict", is_flag=True, help="Any fault in the application is fatal.")
@click.option("--host", metavar="ID", help="The terminal.host to run the command on.")
@click.option(
    "--dir",
    "directories",
    metavar="HOST::GUEST[:ro]",
    multiple=True,
    type=folder_mapping,
    help="File: let the guest use the folder HOST under the path GUEST; :ro lets it only read.",
)
@click.option(
    "--env",
    "environment",
    metavar="NAME=VALUE",
    multiple=True,
    type=environment_setting,
    help="File: set a variable; NAME alone takes its value from here.",
)
@click.option(
    "--allow-net",
    "network",
    metavar="HOST[:PORT]",
    multiple=True,
    type=network_grant,
    help="File: let the guest use the network there; * stands for every host.",
)
@click.option(
    "--invoke",
    metavar="FUNC[(ARGS)]",
    help="File: call this export instead of the command's, with arguments in WAVE or behind FILE.",
)
@click.option(
    "--stdin",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File: what the guest reads from its standard input.",
)
@click.option("--argv0", metavar="NAME", help="File: what the guest is told that it is called.")
@click.option(
    "--max-output",
    "max_output_bytes",
    metavar="BYTES",
    type=size_bytes,
    help="File: stop a guest that prints more.",
)
@click.option(
    "--random-seed",
    metavar="N",
    type=int,
    help="File: the same random bytes in each run with the same number.",
)
@click.option("--fuel", metavar="N", type=click.IntRange(min=1), help="Stop after N units of fuel.")
@click.option("--timeout", "timeout_ms", metavar="SECONDS", type=duration_ms, help="Stop after.")
@click.option(
    "--max-memory",
    "max_memory_bytes",
    metavar="BYTES",
    type=size_bytes,
    help="The most memory that the guest may have, for example 64MiB.",
)
@click.option("--engine", metavar="NAME", help="The engine: auto, reference or native.")
@click.argument("target", metavar="NAME|list|FILE")
@click.argument("arguments", nargs=-1, metavar="[ARGS]...", type=click.UNPROCESSED)
@click.pass_context
def run(ctx: click.Context, /, target: str, arguments: tuple[str, ...], **given: object) -> None:
    """Run the command NAME of the application, or a .wasm or .wat FILE.

    "run list" lists the commands. Arguments are read by the types of the function's parameters: as
    they are for a string, as WAVE values otherwise.
    """
    folder: Path = ctx.obj
    options = RunOptions(**given)  # type: ignore[arg-type]
    if arguments[:1] == ("--",):
        arguments = arguments[1:]
    if target.endswith(FILE_SUFFIXES):
        ctx.exit(run_file(folder / target, folder, arguments, options))
    application = Application.load(folder, strict=options.strict, checks=LUA_CHECKS)
    if target == "list" and not arguments:
        list_commands(application)
    else:
        ctx.exit(run_command(application, target, arguments, options))
