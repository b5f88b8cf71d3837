"""``pywasm-rt run``: a command of the application, the list of them, or a file."""

from __future__ import annotations

from pathlib import Path

import click

from pywasm_rt.cli.guest_options import grace_option, grant_options, limit_options
from pywasm_rt.cli.logs import LEVELS
from pywasm_rt.cli.parameters import module_name_and_file, server_address, size_bytes
from pywasm_rt.cli.run_options import RunOptions

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
    "--override",
    "-o",
    "overrides",
    metavar="NS:ENTRY:FIELD=VALUE",
    multiple=True,
    help="Application: a field's value in place of the one in its file.",
)
@click.option(
    "--exec",
    "-x",
    "process",
    metavar="NS:ENTRY",
    help="Application: run this process, whether it is a command or not.",
)
@click.option("--watch", is_flag=True, help="Services: take over files that change.")
@click.option(
    "--metrics",
    metavar="HOST:PORT",
    type=server_address,
    help="Services: tell figures there, for Prometheus.",
)
@click.option(
    "--otel",
    is_flag=True,
    help="Services: OpenTelemetry spans of processes and requests, for opentelemetry-instrument.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Services: how the log is written, on stderr.",
)
@click.option(
    "--log-level",
    type=click.Choice(LEVELS),
    default="info",
    show_default=True,
    help="Services: the least that is logged.",
)
@grace_option("30s", "Services: how long processes may take to end.")
@grant_options("File: ")
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
@click.option(
    "--preload",
    metavar="NAME=FILE",
    multiple=True,
    type=module_name_and_file,
    help="File: instantiate a core module before, to be imported from under NAME.",
)
@click.option(
    "--trap-unknown-imports",
    is_flag=True,
    help="File: functions that are not there trap when they are called, not before.",
)
@limit_options()
@click.argument("target", metavar="[NAME|list|FILE]", required=False)
@click.argument("arguments", nargs=-1, metavar="[ARGS]...", type=click.UNPROCESSED)
@click.pass_context
def run(
    ctx: click.Context, /, target: str | None, arguments: tuple[str, ...], **given: object
) -> None:
    """Run the application's services, its command NAME, or a .wasm or .wat FILE.

    Without a name the services with auto_start run until Ctrl-C or SIGTERM; a second one ends them
    at once. "run list" lists the commands. Arguments are read by the types of the function's
    parameters: as they are for a string, as WAVE values otherwise.
    """
    folder: Path = ctx.obj
    options = RunOptions(**given)  # type: ignore[arg-type]
    if target is not None and target.endswith(FILE_SUFFIXES):
        from pywasm_rt.cli.run_file import run_file  # noqa: PLC0415 - each way needs much

        arguments = arguments[1:] if arguments[:1] == ("--",) else arguments
        ctx.exit(run_file(folder / target, folder, arguments, options))
    ctx.exit(_run_of_application(folder, target, arguments, options))


def _run_of_application(
    folder: Path, target: str | None, arguments: tuple[str, ...], options: RunOptions
) -> int:
    from pywasm_rt.cli.listing import list_commands  # noqa: PLC0415 - as above
    from pywasm_rt.cli.run_application import run_application  # noqa: PLC0415
    from pywasm_rt.cli.run_command import run_command, run_process  # noqa: PLC0415

    if options.process is not None:
        given_arguments = arguments if target is None else (target, *arguments)
        application = options.load(folder)
        return run_process(application, options.process, given_arguments, options)
    if target is None:
        return run_application(folder, options)
    if arguments[:1] == ("--",):
        arguments = arguments[1:]
    options.check_for_command()
    application = options.load(folder)
    if target == "list" and not arguments:
        list_commands(application)
        return 0
    return run_command(application, target, arguments, options)
