"""``pywasm-rt run FILE``: a component, or a core module with or without preview 1, by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pywasm_rt.app.further_imports import FurtherImports
from pywasm_rt.app.loading import LoadStep, Phase, tell
from pywasm_rt.app.program import Program, component_functions, find_function
from pywasm_rt.app.program_code import core_functions, load_code
from pywasm_rt.app.program_run import ProgramRun
from pywasm_rt.cli.arguments import parse_arguments
from pywasm_rt.cli.preopens import open_directories
from pywasm_rt.cli.progress import loading_bar
from pywasm_rt.cli.run_options import RunOptions
from pywasm_rt.cli.terminal import finish, terminal_streams
from pywasm_rt.component.component import Component
from pywasm_rt.component.core_signature import derive_signature
from pywasm_rt.component.suggestion import hint
from pywasm_rt.component.types import FunctionType
from pywasm_rt.embedding.code import read_code
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Engine, Limits, LoadedModule
from pywasm_rt.errors import ComponentError, ParseError
from pywasm_rt.operations import ByteSource
from pywasm_rt.process.host import TerminalHost
from pywasm_rt.process.interface import ProcessDefinition, ProcessOptions
from pywasm_rt.process.node import Node
from pywasm_rt.wasi.capabilities.clocks import MonotonicClock
from pywasm_rt.wasi.capabilities.network import Network
from pywasm_rt.wasi.capabilities.random import SeededRandom, SystemRandom
from pywasm_rt.wasi.capabilities.stdio import FileObjectSource
from pywasm_rt.wasi.context import WasiContext, WasiLimits
from pywasm_rt.wasi.profiles import PROFILES

if TYPE_CHECKING:
    from pywasm_rt.component.wave import Call

__all__ = ["run_file"]

ENTRY_ID = "command-line:file"
HOST_ID = "command-line:terminal"
COMPONENT_COMMAND = "wasi:cli/run"
CORE_COMMAND = "_start"
GRANTED = frozenset(name for it in PROFILES if it.available for name in it.interfaces)


def run_file(path: Path, folder: Path, arguments: Sequence[str], options: RunOptions) -> int:
    """Run a file to its end and print what comes of it; the exit status.

    ``arguments`` are those of the function; if it has no parameters they are the guest's to ask
    for, behind the file's name, as for a command. ``folder`` is where relative paths of ``--dir``
    begin.

    Raises OSError, click.UsageError, and what decoding and validating raise.
    """
    options.check_for_file()
    engine = get_engine(options.engine)
    call = None if options.invoke is None else _parse_call(options.invoke)
    program = _program(_load(path, engine), path, call)
    values = _values(program, call, arguments)
    own_name = path.name if options.argv0 is None else options.argv0
    guest_arguments = (own_name, *(() if program.type.parameters else arguments))
    given = preloaded(options.preload, folder, engine, options.limits)
    further = FurtherImports(given, options.trap_unknown_imports)
    with Node() as node, open_stdin(options.stdin) as stdin:
        definition = ProcessDefinition(
            lambda context: ProgramRun(
                program,
                lambda: _context(folder, guest_arguments, options, context.clock, stdin),
                options.limits,
                engine,
                further=further,
            ).process(program.method),
            program.method,
            ProcessOptions(max_execution_ms=options.timeout_ms),
        )
        node.add_host(TerminalHost(HOST_ID))
        node.register(ENTRY_ID, definition)
        result = node.run(ENTRY_ID, HOST_ID, values)
    return finish(result, program.type)


def _parse_call(text: str) -> Call:
    from pywasm_rt.component.wave import parse_call  # noqa: PLC0415 - commands do without

    return parse_call(text)


def preloaded(
    modules: Sequence[tuple[str, Path]], folder: Path, engine: Engine, limits: Limits
) -> dict[tuple[str, str], Any]:
    """The exports of core modules that are instantiated before, by the name given to each.

    Each may import from those before it. Raises what instantiating them raises, and
    click.UsageError for a component.
    """
    if not modules:
        return {}
    from pywasm_rt.embedding.core import CoreInstance  # noqa: PLC0415 - most runs do without

    instances: dict[str, CoreInstance] = {}
    for name, file in modules:
        code = _load(folder / file, engine)
        if isinstance(code, Component):
            raise click.UsageError(f"--preload is for core modules; {file} is a component")
        instances[name] = CoreInstance(code, dict(instances), limits=limits, engine=engine)
    return {
        (name, export): item
        for name, instance in instances.items()
        for export, item in instance.instance.exports.items()
    }


def _load(path: Path, engine: Engine) -> Component | LoadedModule:
    """The code of a ``.wasm`` file, or of a ``.wat`` file with a module or a component."""
    data = path.read_bytes()
    with loading_bar():
        tell(LoadStep(Phase.COMPILING, path.name, len(data)))
        if path.suffix == ".wat":
            return read_code(data, engine, str(path))
        return load_code(data, engine)


def _program(code: Component | LoadedModule, path: Path, call: Call | None) -> Program:
    """The function to run: the one that ``--invoke`` names, or that of a command."""
    if isinstance(code, Component):
        functions = component_functions(code)
        name = _choose(functions, call, COMPONENT_COMMAND + "#run", path)
        return Program(code, name, functions[name], granted=GRANTED)
    types = core_functions(code)
    name = _choose(dict.fromkeys(types, FunctionType()), call, CORE_COMMAND, path)
    return Program(code, name, derive_signature(types[name], name), is_derived=True)


def _choose(
    functions: Mapping[str, FunctionType], call: Call | None, command: str, path: Path
) -> str:
    """The full name of the function. Raises click.UsageError that lists what there is."""
    wanted = command if call is None else call.name
    name = find_function(functions, wanted)
    if name is not None:
        return name
    public = [it for it in functions if not it.startswith(("cabi_", "_"))] or list(functions)
    if call is not None:
        raise click.UsageError(f'{path} exports no function "{wanted}" ({hint(wanted, public)})')
    there_is = ", ".join(public) or "no functions"
    message = f"{path} is not a command: it exports no {command}. Use --invoke with one of its "
    raise click.UsageError(f"{message}functions: {there_is}")


def _values(program: Program, call: Call | None, arguments: Sequence[str]) -> tuple[object, ...]:
    """The function's arguments. Raises click.UsageError, which shows the signature."""
    if call is None:
        return ()
    if call.arguments is None:
        return parse_arguments(program, arguments)
    if arguments:
        raise click.UsageError(
            "arguments stand either in the parentheses of --invoke or behind FILE"
        )
    try:
        return call.values(program.type)
    except (ComponentError, ParseError) as error:
        raise click.UsageError(f"{error.message}; the function is {program.signature}") from error


@contextmanager
def open_stdin(file: Path | None) -> Iterator[ByteSource | None]:
    """The file of ``--stdin`` as a source; None if there is none, so that our own is used."""
    if file is None:
        yield None
    else:
        with file.open("rb") as opened:
            yield FileObjectSource(opened)


def _context(
    folder: Path,
    arguments: tuple[str, ...],
    options: RunOptions,
    clock: MonotonicClock,
    stdin: ByteSource | None,
) -> WasiContext:
    """What the guest may use."""
    streams = terminal_streams()
    terminals = streams.terminals
    return WasiContext(
        arguments=arguments,
        environment=options.environment,
        stdin=streams.stdin if stdin is None else stdin,
        stdout=streams.stdout,
        stderr=streams.stderr,
        preopens=open_directories(folder, options.directories),
        monotonic_clock=clock,
        random=SystemRandom() if options.random_seed is None else SeededRandom(options.random_seed),
        network=Network.allow(*options.network),
        terminals=terminals if stdin is None else replace(terminals, stdin=False),
        limits=WasiLimits(output_bytes=options.max_output_bytes),
    )
