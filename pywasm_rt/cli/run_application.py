"""``pywasm-rt run`` without a name: the application runs until a signal asks it to end."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from pathlib import Path

from pywasm_rt.app.app import App
from pywasm_rt.app.application import Application
from pywasm_rt.app.status import StatusServer, socket_path
from pywasm_rt.app.watching import signature, watch
from pywasm_rt.cli.failures import FAILURE, show_faults
from pywasm_rt.cli.logs import set_up_logs
from pywasm_rt.cli.progress import loading_bar
from pywasm_rt.cli.run_options import RunOptions
from pywasm_rt.cli.signals import ending_signals
from pywasm_rt.cli.terminal import terminal_streams
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.http.asgi import HandlerApplication
from pywasm_rt.http.metrics import MetricsHandler
from pywasm_rt.http.server import HttpServer

__all__ = ["run_application"]

logger = logging.getLogger("pywasm_rt.run")


def run_application(folder: Path, options: RunOptions) -> int:
    """Run the application of a folder; the exit status.

    The first SIGINT or SIGTERM stops the services in reverse order and then all processes, the
    second one at once. Raises ConfigError, ProcessError.
    """
    options.check_for_services()
    set_up_logs(options.log_format, options.log_level)
    with loading_bar(wanted=options.log_format == "text"):
        app = App.load(
            folder,
            strict=options.strict,
            engine=get_engine(options.engine),
            streams=terminal_streams().without_input(),
            overrides=options.overrides,
        )
    if options.otel:
        app.trace()
    application = app.application
    show_faults((*application.warnings, *application.faults), as_warnings=True)
    _check_that_something_runs(application)
    return asyncio.run(_run(app, folder, options))


def _check_that_something_runs(application: Application) -> None:
    for entry in application.entries.values():
        lifecycle = getattr(entry.config, "lifecycle", None)
        if entry.id not in application.unusable and getattr(lifecycle, "auto_start", False):
            return
    message = "nothing starts by itself: no usable service has lifecycle: {auto_start: true}"
    raise ProcessError(message, ProcessErrorKind.NOT_FOUND)


async def _serve_metrics(app: App, address: tuple[str, int], stack: AsyncExitStack) -> None:
    """Tell figures over HTTP until the end. Raises OSError."""
    server = HttpServer(HandlerApplication(MetricsHandler(app.metrics)))
    port = await server.start(*address)
    stack.push_async_callback(server.close, 0.0)
    logger.info("metrics at http://%s:%d/metrics", address[0], port)


async def _run(app: App, folder: Path, options: RunOptions) -> int:
    stop, at_once = ending_signals()
    read = signature(app.watched_files())
    forced = asyncio.create_task(_force(app, at_once))
    async with AsyncExitStack() as stack:
        stack.callback(forced.cancel)
        status = StatusServer(app, socket_path(folder))
        await status.start()
        stack.push_async_callback(status.close)
        starting = asyncio.create_task(app.start())
        stopping = asyncio.create_task(stop.wait())
        stack.callback(stopping.cancel)
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            app.force()
        await starting
        for entry_id, address in app.context.addresses.items():
            logger.info("%s listens at %s", entry_id, address, extra={"entry": entry_id})
        if options.metrics is not None:
            await _serve_metrics(app, options.metrics, stack)
        logger.info("running", extra={"services": len(app.services.services())})
        watching = asyncio.create_task(watch(app, known=read)) if options.watch else None
        await stopping
        logger.info("ending")
        if watching is not None:
            watching.cancel()
        await app.close(options.grace_ms / 1_000)
    return FAILURE if at_once.is_set() else 0


async def _force(app: App, at_once: asyncio.Event) -> None:
    await at_once.wait()
    logger.warning("ending at once")
    app.force()
