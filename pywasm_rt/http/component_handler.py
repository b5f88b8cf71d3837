"""Answering requests with a component that exports ``wasi:http/incoming-handler``.

Each request gets an instance of its own, which runs as a process: it can be limited, it can wait,
and what it leaves open is closed when it has ended.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field

from pywasm_rt.app.guest_functions import FUNCS
from pywasm_rt.component.component import Component
from pywasm_rt.component.linker import Linker
from pywasm_rt.engine.driver import Drive, Meter
from pywasm_rt.engine.interface import Engine, Limits
from pywasm_rt.errors import ComponentError, OperationError, ProcessError
from pywasm_rt.http.exchange import Exchange
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.interface import (
    ExitResult,
    ProcessContext,
    ProcessDefinition,
    ProcessOptions,
)
from pywasm_rt.process.node import Node
from pywasm_rt.process.wasm import WasmProcess
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2 import interfaces
from pywasm_rt.wasi.preview2.http.exchange import ResponseOutparam
from pywasm_rt.wasi.preview2.http.messages import IncomingRequest

__all__ = ["INTERFACE", "ComponentHandler", "HandlerProgram"]

logger = logging.getLogger(__name__)

INTERFACE = "wasi:http/incoming-handler"
_ENTRY_ID = "http:handler"
_HOST_ID = "http:workers"
MakeContext = Callable[[ProcessContext], WasiContext]


@dataclass(frozen=True, slots=True)
class HandlerProgram:
    """A component that answers requests, and what its instances may use.

    Of the interfaces only those that are ``granted`` are linked; None stands for all.
    ``make_context`` opens that, for each request anew; if ``closes_preopens``, what it has opened
    for the guest is closed at the end.

    Raises:
        ComponentError: if the component exports no ``wasi:http/incoming-handler`` of 0.2.
        LinkError: if it imports what is not there.
    """

    component: Component
    engine: Engine
    make_context: MakeContext
    limits: Limits = field(default_factory=Limits)
    options: ProcessOptions = field(default_factory=ProcessOptions)
    granted: frozenset[str] | None = None
    closes_preopens: bool = True

    def __post_init__(self) -> None:
        exports = [name.partition("@") for name in self.component.exports]
        if not any(path == INTERFACE and version[:4] == "0.2." for path, _, version in exports):
            there_is = ", ".join(self.component.exports) or "nothing"
            raise ComponentError(f"the component exports no {INTERFACE}@0.2, but {there_is}")
        self.linker(WasiContext()).arguments(self.component)

    def linker(self, context: WasiContext) -> Linker:
        """What an instance is linked to."""
        linker = Linker(self.engine)
        for interface in (*interfaces(context), FUNCS):
            if self.granted is None or interface.name in self.granted:
                linker.define(interface)
        return linker

    def definition(self) -> ProcessDefinition:
        """Processes that answer one request each; their argument is the exchange."""
        return ProcessDefinition(lambda context: _Run(self, context).process(), "", self.options)


class _Run:
    """One request being answered."""

    def __init__(self, program: HandlerProgram, process_context: ProcessContext) -> None:
        self._program = program
        self._process_context = process_context
        self._context: WasiContext | None = None

    def process(self) -> WasmProcess:
        """The process that does it."""
        return WasmProcess(self._start, self._close)

    def _start(
        self, _: ProcessContext, _method: str, arguments: tuple[object, ...], meter: Meter
    ) -> Drive:
        (exchange,) = arguments
        assert isinstance(exchange, Exchange), "the handler starts it with one"
        program = self._program
        self._context = context = program.make_context(self._process_context)
        request = IncomingRequest(context, exchange.head, exchange.body.source)
        responder = exchange.responder
        outparam = ResponseOutparam(responder, responder.inform)
        linker = program.linker(context)
        instance = yield from linker.start(program.component, program.limits, meter)
        function = instance.function(f"{INTERFACE}#handle")
        return (yield from function.start((request, outparam), meter))

    def _close(self) -> None:
        context, self._context = self._context, None
        if context is not None:
            context.close()
            if not self._program.closes_preopens:
                return
            for _, directory in context.preopens:
                directory.close()


class ComponentHandler:
    """Answers requests with a program, on a node of its own between ``open`` and ``close``.

    At most ``max_requests`` are under way at a time.
    """

    def __init__(self, program: HandlerProgram, max_requests: int = 1_000) -> None:
        self._program = program
        self._max_requests = max_requests
        self._node: Node | None = None

    def open(self) -> None:
        """Get ready."""
        node = Node()
        node.add_host(ProcessHost(_HOST_ID, max_processes=self._max_requests))
        node.register(_ENTRY_ID, self._program.definition())
        node.start()
        self._node = node

    def close(self) -> None:
        """End all guests, and wait for that."""
        node, self._node = self._node, None
        if node is not None:
            node.close(0.0)

    def begin(self, exchange: Exchange) -> None:
        """Start a process that answers. Raises OperationError if there is no room for it."""
        node = self._node
        if node is None:
            raise OperationError("the server has ended")
        try:
            pid, future = node.spawn_watched(_ENTRY_ID, _HOST_ID, (exchange,))
        except ProcessError as error:
            raise OperationError(error.message) from error

        def ended(future: Future[ExitResult]) -> None:
            _settle(exchange, future)

        def gone() -> None:
            if not future.done():
                with suppress(ProcessError):  # it has ended at this moment
                    node.terminate(pid)

        future.add_done_callback(ended)
        exchange.when_gone(gone)


def _settle(exchange: Exchange, future: Future[ExitResult]) -> None:
    """A process has ended: if there is no response yet, there will be none."""
    error = future.exception() or future.result().error
    if error is not None and exchange.responder.is_settled and not exchange.is_gone:
        logger.error("%s: %s", exchange, error)
    reason = "the guest ended without a response" if error is None else str(error)
    exchange.responder.fail(OperationError(reason))
