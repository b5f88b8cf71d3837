"""``pywasm-rt serve FILE``: answer HTTP requests with a component."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

import click

from pywasm_rt.app.standard_streams import StandardStreams
from pywasm_rt.cli.failures import printable
from pywasm_rt.cli.guest_options import GuestOptions, grace_option, grant_options, limit_options
from pywasm_rt.cli.parameters import server_address
from pywasm_rt.cli.preopens import open_directories
from pywasm_rt.cli.signals import ending_signals
from pywasm_rt.cli.terminal import terminal_streams
from pywasm_rt.component.component import Component
from pywasm_rt.engine import get_engine
from pywasm_rt.http.application import ProgramApplication
from pywasm_rt.http.component_handler import HandlerProgram
from pywasm_rt.http.server import HttpServer
from pywasm_rt.process.interface import ProcessContext, ProcessOptions
from pywasm_rt.wasi.capabilities.network import Network
from pywasm_rt.wasi.context import WasiContext

__all__ = ["ServeOptions", "serve", "serve_program"]

DEFAULT_GRACE_MS = 10_000


@dataclass(frozen=True, slots=True)
class ServeOptions(GuestOptions):
    """What was given on the command line."""

    address: tuple[str, int] = ("127.0.0.1", 8080)
    max_requests: int = 1_000
    grace_ms: int = DEFAULT_GRACE_MS


@click.command()
@click.option(
    "--addr",
    "address",
    metavar="HOST:PORT",
    type=server_address,
    default="127.0.0.1:8080",
    show_default=True,
    help="Where to listen; port 0 is one that the system chooses.",
)
@grant_options()
@limit_options()
@click.option(
    "--max-requests",
    metavar="N",
    type=click.IntRange(min=1),
    default=1_000,
    show_default=True,
    help="How many requests may be under way; more are answered with 503.",
)
@grace_option("10s", "How long requests may go on when the server ends.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def serve(folder: Path, /, file: Path, **given: object) -> None:
    """Answer HTTP requests with the component FILE, which exports wasi:http/incoming-handler.

    Each request gets an instance of its own, with its own limits. SIGINT and SIGTERM end the server
    when what has begun is answered, a second one at once.
    """
    options = ServeOptions(**given)  # type: ignore[arg-type]
    engine = get_engine(options.engine)
    component = Component.from_file(folder / file)
    component.load(engine)
    streams = terminal_streams().without_input()
    program = HandlerProgram(
        component,
        engine,
        lambda context: _context(folder, options, streams, context),
        options.limits,
        ProcessOptions(max_execution_ms=options.timeout_ms),
    )
    logging.basicConfig(format="%(message)s", handlers=[_StderrHandler()], force=True)
    asyncio.run(serve_program(program, options))


async def serve_program(program: HandlerProgram, options: ServeOptions) -> None:
    """Serve until a signal comes. Raises OSError if the address cannot be listened at."""
    application = ProgramApplication(program, max_requests=options.max_requests)
    server = HttpServer(application)
    async with application:
        try:
            host, port = options.address
            port = await server.start(host, port)
            shown = f"[{host}]" if ":" in host else host
            click.echo(f"Serving on http://{shown}:{port}/", err=True)
            stop, at_once = ending_signals()
            await stop.wait()
            click.echo("Ending", err=True)
            closing = asyncio.create_task(server.close(options.grace_ms / 1_000))
            impatience = asyncio.create_task(at_once.wait())
            await asyncio.wait({closing, impatience}, return_when=asyncio.FIRST_COMPLETED)
            impatience.cancel()
        finally:
            await server.close(0.0)


class _StderrHandler(logging.Handler):
    """What goes wrong in requests, on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line."""
        click.echo(printable(record.getMessage()), err=True)


def _context(
    folder: Path, options: ServeOptions, streams: StandardStreams, context: ProcessContext
) -> WasiContext:
    """What one instance may use."""
    return WasiContext(
        environment=options.environment,
        stdout=streams.stdout,
        stderr=streams.stderr,
        preopens=open_directories(folder, options.directories),
        monotonic_clock=context.clock,
        network=Network.allow(*options.network),
        terminals=streams.terminals,
    )
