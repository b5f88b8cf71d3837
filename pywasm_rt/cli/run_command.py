"""``pywasm-rt run NAME``: a command of an application as a process on its terminal host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from pywasm_rt.app.application import Application, CommandListing
from pywasm_rt.app.definitions import ARGUMENTS, Surroundings, wasm_definition
from pywasm_rt.app.deployment import Deployment
from pywasm_rt.app.extensions import default_extensions
from pywasm_rt.app.identifiers import complete
from pywasm_rt.app.service_entries import running_services
from pywasm_rt.cli.arguments import parse_arguments
from pywasm_rt.cli.failures import FAILURE, report, show_faults
from pywasm_rt.cli.run_options import RunOptions
from pywasm_rt.cli.terminal import finish, terminal_streams
from pywasm_rt.component.suggestion import hint
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.interface import ProcessDefinition, ProcessOptions
from pywasm_rt.process.node import Node
from pywasm_rt.process.security import Credentials

__all__ = ["choose_host", "run_command", "run_process"]

HOW_TO_ADD = """\
  - name: {name}
    kind: {kind}
    lifecycle:
      auto_start: true"""


def run_command(
    application: Application, name: str, arguments: Sequence[str], options: RunOptions
) -> int:
    """Run a command to its end and print what comes of it; the exit status.

    Raises click.UsageError for an unknown command and for wrong arguments, ProcessError for hosts
    that are missing.
    """
    options.check_for_command()
    return _run(application, _find(application, name), arguments, options)


def run_process(
    application: Application, entry_id: str, arguments: Sequence[str], options: RunOptions
) -> int:
    """Run a process entry as if it were a command; the exit status. Raises as
    :func:`run_command`, and ProcessError for an entry that is none.
    """
    options.check_for_command()
    raw = application.raw_entries.get(entry_id)
    if raw is None:
        application.entry(entry_id)
    elif not raw.kind.startswith("process.") or raw.kind in {"process.host", "process.service"}:
        message = f"{entry_id} is a {raw.kind}, not a process"
        raise ProcessError(message, ProcessErrorKind.INVALID, entry_id=entry_id)
    usable = entry_id not in application.unusable
    return _run(application, CommandListing("", "", entry_id, usable), arguments, options)


def _run(
    application: Application,
    command: CommandListing,
    arguments: Sequence[str],
    options: RunOptions,
) -> int:
    if not command.usable:
        show_faults(application.faults)
        report(f"{command.entry_id} cannot be used: {application.unusable[command.entry_id]}")
        return FAILURE
    show_faults((*application.warnings, *application.faults), as_warnings=True)
    host_id = choose_host(application, options.host)
    program = application.resources.programs.get(command.entry_id)
    values = tuple(arguments) if program is None else parse_arguments(program, arguments)
    extensions = default_extensions()
    with Node() as node:
        engine = get_engine(options.engine)
        surroundings = Surroundings(engine, terminal_streams(), frozenset({host_id}))
        deployment = Deployment(application, node, surroundings, extensions, {host_id})
        deployment.install()
        _apply_options(deployment, command.entry_id, options)
        with running_services(deployment, node, extensions):
            result = node.run(
                command.entry_id,
                host_id,
                values,
                values={ARGUMENTS: tuple(arguments)},
                credentials=_credentials(application, command.entry_id),
            )
    return finish(result, None if program is None else program.type)


def _credentials(application: Application, entry_id: str) -> Credentials | None:
    """What a command goes by when it is started here; None if its entry says nothing of that."""
    command = application.entries[entry_id].command
    security = None if command is None else command.security
    return None if security is None else security.credentials


def _find(application: Application, name: str) -> CommandListing:
    """The command called ``name``. Raises click.UsageError, after telling what is wrong."""
    commands = {command.name: command for command in application.commands()}
    if name in commands:
        return commands[name]
    show_faults(application.faults)
    message = f'command "{name}" not found'
    if commands:
        message += f" ({hint(name, commands)})"
    raise click.UsageError(f"{message}. Use 'pywasm-rt run list' to see available commands")


def choose_host(application: Application, wanted: str | None) -> str:
    """The ID of the host to run a command on: ``wanted``, or the only ``terminal.host``.

    Raises ProcessError if there is none, or more than one and none is wanted; a ``process.host``
    must be there too.
    """
    terminals = [entry.id for entry in application.of_kind("terminal.host")]
    hosts = [entry.id for entry in application.of_kind("process.host")]
    if not terminals:
        raise _missing("terminal.host", "terminal")
    if not hosts:
        raise _missing("process.host", "processes")
    if wanted is not None:
        for namespace in {entry_id.partition(":")[0] for entry_id in (*terminals, *hosts)}:
            if complete(wanted, namespace) in (*terminals, *hosts):
                return complete(wanted, namespace)
        message = f"host not found: {wanted} ({hint(wanted, terminals)})"
        raise ProcessError(message, ProcessErrorKind.NOT_FOUND)
    if len(terminals) > 1:
        message = f"multiple terminal hosts found ({', '.join(terminals)}), use --host to specify"
        raise ProcessError(message, ProcessErrorKind.CONFLICT)
    return terminals[0]


def _missing(kind: str, name: str) -> ProcessError:
    example = HOW_TO_ADD.format(kind=kind, name=name)
    message = f"no {kind} found in registry; add one to the entries:\n{example}"
    return ProcessError(message, ProcessErrorKind.NOT_FOUND)


def _apply_options(deployment: Deployment, entry_id: str, options: RunOptions) -> None:
    """Let the options change the definition of the command's own process.

    Raises click.UsageError for an option that says nothing to a Lua command.
    """
    application = deployment.application
    own = deployment.definitions[entry_id]
    program = application.resources.programs.get(entry_id)
    if program is not None:
        entry = application.entry(entry_id)
        given = {"fuel": options.fuel, "memory_bytes": options.max_memory_bytes}
        changed = {name: value for name, value in given.items() if value is not None}
        limits = entry.limits.model_copy(update=changed)
        resources, surroundings = application.resources, deployment.surroundings
        own = wasm_definition(entry, program, resources, surroundings, limits)
    elif options.fuel is not None or options.max_memory_bytes is not None:
        raise click.UsageError("--fuel and --max-memory are for WebAssembly, not for Lua or Python")
    if options.timeout_ms is not None:
        own = _within(own, options.timeout_ms)
    deployment.runner.register(entry_id, own)


def _within(own: ProcessDefinition, timeout_ms: int) -> ProcessDefinition:
    """The same with another time limit, whichever host it runs on."""

    def limited(options: ProcessOptions) -> ProcessOptions:
        return replace(options, max_execution_ms=timeout_ms)

    on_hosts = {host_id: limited(options) for host_id, options in own.host_options.items()}
    return replace(own, options=limited(own.options), host_options=on_hosts)
