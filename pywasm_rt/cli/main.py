"""``pywasm-rt``: the command line's entry point."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click

from pywasm_rt.cli.bindgen import bindgen
from pywasm_rt.cli.failures import GuardedGroup
from pywasm_rt.cli.initialise import init
from pywasm_rt.cli.inspect import inspect
from pywasm_rt.cli.ps import ps, top
from pywasm_rt.cli.registry import check, registry, schema
from pywasm_rt.cli.run import run
from pywasm_rt.cli.serve import serve
from pywasm_rt.cli.toolchain import explain, validate_files, wasm2wat, wat2wasm

__all__ = ["cli", "main"]


@click.group(cls=GuardedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-C",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The application's folder (default: the current one).",
)
@click.version_option(package_name="pywasm-rt", prog_name="pywasm-rt")
@click.pass_context
def cli(ctx: click.Context, folder: Path) -> None:
    """Run WebAssembly modules and components as supervised processes."""
    ctx.obj = folder


for command in (
    run,
    serve,
    ps,
    top,
    check,
    registry,
    schema,
    init,
    inspect,
    explain,
    bindgen,
    validate_files,
    wasm2wat,
    wat2wasm,
):
    cli.add_command(command)


def main() -> None:
    """The console script. Ends the interpreter with the command's status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a character is no reason to fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    cli(prog_name="pywasm-rt")


if __name__ == "__main__":
    main()
