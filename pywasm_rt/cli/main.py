"""``pywasm-rt``: the command line's entry point."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import click

from pywasm_rt.cli.lazy import LazyCommand, LazyGroup

__all__ = ["Commands", "cli", "main"]


class Commands(LazyGroup):
    """The commands of ``pywasm-rt``."""

    commands_by_name: ClassVar[Mapping[str, LazyCommand]] = {
        "run": LazyCommand(
            "pywasm_rt.cli.run",
            "run",
            "Run the application's services, its command NAME, or a .wasm or .wat FILE.",
        ),
        "serve": LazyCommand(
            "pywasm_rt.cli.serve",
            "serve",
            "Answer HTTP requests with the component FILE, which exports "
            "wasi:http/incoming-handler.",
        ),
        "ps": LazyCommand(
            "pywasm_rt.cli.ps",
            "ps",
            'List the processes of the application, which is running with "pywasm-rt run".',
        ),
        "top": LazyCommand(
            "pywasm_rt.cli.ps",
            "top",
            "Show the processes and services of the running application again and again, "
            "until Ctrl-C.",
        ),
        "check": LazyCommand(
            "pywasm_rt.cli.registry",
            "check",
            "Check the application without running it: all that is wrong, each with file and line.",
        ),
        "registry": LazyCommand(
            "pywasm_rt.cli.registry",
            "registry",
            "Look at the application's entries.",
        ),
        "schema": LazyCommand(
            "pywasm_rt.cli.registry",
            "schema",
            "Print the JSON Schema of an application's YAML files, for editors.",
        ),
        "init": LazyCommand(
            "pywasm_rt.cli.initialise",
            "init",
            "Write the demo application into DIR, which must be new or empty.",
        ),
        "inspect": LazyCommand(
            "pywasm_rt.cli.inspect",
            "inspect",
            "Show what a module or component holds, imports, exports and needs.",
        ),
        "explain": LazyCommand(
            "pywasm_rt.cli.toolchain",
            "explain",
            "Explain a function (by index, export or name): every instruction in a sentence.",
        ),
        "bindgen": LazyCommand(
            "pywasm_rt.cli.bindgen",
            "bindgen",
            "Write a Python package that knows the types of a component or of WIT.",
        ),
        "validate": LazyCommand(
            "pywasm_rt.cli.toolchain",
            "validate_files",
            "Validate modules, binary or text. Says nothing if all are valid.",
        ),
        "wasm2wat": LazyCommand(
            "pywasm_rt.cli.toolchain",
            "wasm2wat",
            "Turn a module into text.",
        ),
        "wat2wasm": LazyCommand(
            "pywasm_rt.cli.toolchain",
            "wat2wasm",
            "Turn the text of a module into its binary, after validating it.",
        ),
    }


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
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


def main() -> None:
    """The console script. Ends the interpreter with the command's status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a character is no reason to fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    cli(prog_name="pywasm-rt")


if __name__ == "__main__":
    main()
