"""The network through the dispatcher: in the background, given up, and closed meanwhile."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pywasm_rt.errors import OperationError
from pywasm_rt.operations import (
    Begin,
    HttpRequest,
    HttpResponse,
    Operation,
    Poll,
    Readable,
    ReadStream,
    ResolveAddresses,
    Sleep,
    Writable,
    WriteStream,
)
from pywasm_rt.process import network
from pywasm_rt.process.dispatcher import Dispatcher
from pywasm_rt.process.generator import GeneratorProcess
from pywasm_rt.process.interface import ProcessDefinition
from pywasm_rt.process.network import look_up
from pywasm_rt.process.pid import PID
from pywasm_rt.process.simulation import Simulation
from pywasm_rt.wasi.capabilities.answer import PendingAnswer
from pywasm_rt.wasi.capabilities.body import Body
from pywasm_rt.wasi.capabilities.http_error import HttpError
from pywasm_rt.wasi.capabilities.network import SocketAddress, ip_address
from pywasm_rt.wasi.capabilities.system_sockets import SystemSockets, SystemTcpSocket

ME = PID("h", 1)
PATIENCE = 10.0


class Reports:
    """A dispatcher and what it reports."""

    def __init__(self) -> None:
        self.reports: queue.Queue[tuple[PID, int, object, Exception | None]] = queue.Queue()
        self.dispatcher = Dispatcher(lambda *report: self.reports.put(report), lambda: None)

    def submit(self, operation: Operation, tag: int = 1) -> None:
        self.dispatcher.submit(ME, tag, operation)

    def next(self) -> object:
        _, _, result, error = self.reports.get(timeout=PATIENCE)
        if error is not None:
            raise error
        return result

    def perform(self, operation: Operation) -> Any:
        self.submit(operation)
        return self.next()


@pytest.fixture
def reports() -> Iterator[Reports]:
    reports = Reports()
    reports.dispatcher.start()
    yield reports
    assert reports.dispatcher.stop() == 0
    assert not reports.dispatcher._waiting
    assert not reports.dispatcher._coroutines
    assert not reports.dispatcher._answers


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(PATIENCE)
        yield listener


@pytest.fixture
def connection(listener: socket.socket) -> Iterator[tuple[SystemTcpSocket, socket.socket]]:
    """A socket as guests have them, and the other side."""
    ours = SystemSockets().tcp("ipv4")
    host, port = listener.getsockname()
    address = ip_address(host)
    assert address is not None
    ours.connect(SocketAddress(address, port))
    theirs, _ = listener.accept()
    theirs.settimeout(PATIENCE)
    with theirs:
        yield ours, theirs
    ours.close()


def request(listener: socket.socket, **fields: Any) -> HttpRequest:
    host, port = listener.getsockname()
    return HttpRequest("GET", "http", host, port, f"{host}:{port}", "/", **fields)


@pytest.fixture
def no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name ``nowhere`` is unknown, and nobody outside is asked for it."""

    def find(name: str) -> tuple[str, ...]:
        if name == "nowhere":
            raise socket.gaierror(socket.EAI_NONAME, "no such host")
        return look_up(name)

    monkeypatch.setattr(network, "look_up", find)


@pytest.mark.usefixtures("no_such_host")
def test_names_are_looked_up(reports: Reports) -> None:
    found = reports.perform(ResolveAddresses("localhost"))
    assert {"127.0.0.1", "::1"} & set(found)
    with pytest.raises(OSError, match="no such host"):
        reports.perform(ResolveAddresses("nowhere"))


@pytest.mark.usefixtures("no_such_host")
def test_what_is_begun_is_not_waited_for(reports: Reports) -> None:
    answer, failed = PendingAnswer(), PendingAnswer()
    assert reports.perform(Begin(ResolveAddresses("127.0.0.1"), answer)) is None
    assert reports.perform(Begin(ResolveAddresses("nowhere"), failed)) is None
    assert reports.perform(Poll((Readable(answer),))) == [0]
    assert answer.result() == ("127.0.0.1",)
    reports.perform(Readable(failed))
    with pytest.raises(OSError, match="no such host"):
        failed.result()
    at_once = PendingAnswer()
    reports.perform(Begin(Sleep(0), at_once))
    assert at_once.result() is None
    nobody = PendingAnswer()
    reports.perform(Begin(Operation(), nobody))
    with pytest.raises(OperationError, match="nobody here performs Operation"):
        nobody.result()


def test_a_request_in_the_background(reports: Reports, listener: socket.socket) -> None:
    answer = PendingAnswer()
    body = Body()
    reports.perform(Begin(request(listener, body=body.source), answer))
    theirs, _ = listener.accept()
    with theirs:
        body.sink.write(b"question")
        body.sink.end()
        received = b""
        while not received.endswith(b"0\r\n\r\n"):
            received += theirs.recv(1000)
        assert b"question" in received
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer")
        reports.perform(Readable(answer))
        response = answer.result()
        assert isinstance(response, HttpResponse)
        assert reports.perform(ReadStream(response.body, 100)) == b"answer"
        assert reports.perform(ReadStream(response.body, 100)) == b""


def test_a_request_that_is_given_up(reports: Reports, listener: socket.socket) -> None:
    answer = PendingAnswer()
    reports.perform(Begin(request(listener), answer))
    theirs, _ = listener.accept()
    with theirs:
        assert theirs.recv(1000)
        answer.give_up()
        assert theirs.recv(1000) == b""
    assert not answer.ready()


def test_a_dispatcher_that_ends_ends_its_exchanges(listener: socket.socket) -> None:
    reports = Reports()
    reports.dispatcher.start()
    answer = PendingAnswer()
    reports.perform(Begin(request(listener), answer))
    first, _ = listener.accept()
    with first:
        first.recv(1000)
        first.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        reports.perform(Readable(answer))
        reports.perform(Begin(request(listener), PendingAnswer()))
        second, _ = listener.accept()
        with second:
            second.recv(1000)
            assert reports.dispatcher.stop() == 0
            assert first.recv(1000) == b""
            assert second.recv(1000) == b""
    response = answer.result()
    assert isinstance(response, HttpResponse)
    with pytest.raises(HttpError, match="ended"):
        response.body.read(1)


def test_a_write_that_takes_a_while(
    reports: Reports, connection: tuple[SystemTcpSocket, socket.socket]
) -> None:
    ours, theirs = connection
    data = bytes(range(256)) * 40_000
    ours.shut_down_sending_at_flush()
    threads = threading.active_count()
    reports.submit(WriteStream(ours.sink, data, flush=True))
    received = bytearray()
    while piece := theirs.recv(1_000_000):
        received += piece
        assert threading.active_count() <= threads, "nobody waits on a thread"
    assert bytes(received) == data
    assert reports.next() is None


def test_a_write_that_fails(
    reports: Reports, connection: tuple[SystemTcpSocket, socket.socket]
) -> None:
    ours, theirs = connection
    reports.submit(WriteStream(ours.sink, bytes(20_000_000)))
    theirs.recv(1)
    theirs.close()
    with pytest.raises(OperationError, match="connection-reset"):
        reports.next()


def test_a_socket_that_is_closed_while_it_is_waited_for(
    reports: Reports, connection: tuple[SystemTcpSocket, socket.socket]
) -> None:
    """Its number must not come to mean another one before everybody has forgotten it."""
    ours, theirs = connection
    number = ours.fileno()
    pending = PendingAnswer()
    reports.submit(Poll((Readable(ours.source), Readable(pending))), tag=1)
    reports.perform(Sleep(0))
    ours.close()
    assert theirs.recv(10) == b"", "the other side knows at once"
    _, tag, result, _ = reports.reports.get(timeout=PATIENCE)
    assert (tag, result) == (1, [0])
    reports.perform(Sleep(0))
    with socket.socket() as another:
        assert another.fileno() == number, "the number is free again"
    with pytest.raises(OSError, match="closed"):
        ours.hold()


def test_a_closed_socket_keeps_its_number_as_long_as_somebody_waits(
    connection: tuple[SystemTcpSocket, socket.socket],
) -> None:
    ours, _ = connection
    number = ours.fileno()
    release = ours.hold()
    ours.close()
    ours.close()
    assert ours.fileno() == number
    assert ours.ready()
    release()
    assert ours.fileno() == -1
    assert ours.ready()


def test_what_tells_by_itself(reports: Reports) -> None:
    body = Body(capacity_bytes=1)
    reports.submit(ReadStream(body.source, 10))
    body.sink.write(b"x")
    assert reports.next() == b"x"
    body.sink.write(b"y")
    reports.submit(Writable(body.sink))
    assert body.source.read(1) == b"y"
    assert reports.next() is None
    reports.submit(Readable(body.source), tag=7)
    reports.dispatcher.withdraw(ME, 7)
    reports.perform(Sleep(0))
    body.sink.end()
    assert reports.perform(ReadStream(body.source, 10)) == b""
    assert body.source._watchers == ()
    assert body.sink._watchers == ()


def test_exchanges_in_virtual_time() -> None:
    """A performer of the test's stands for the network; an hour passes in no time."""
    simulation = Simulation()
    hour = 3_600_000_000_000
    arrives: dict[str, int] = {"fast": 1, "slow": hour}

    def look_up(operation: ResolveAddresses) -> object:
        if operation.name == "bad":
            raise OSError("no such host")
        return (f"{operation.name}.address",)

    simulation.perform(ResolveAddresses, look_up)

    def body(_: object) -> Any:
        answers = {name: PendingAnswer() for name in ("good", "bad")}
        for name, answer in answers.items():
            yield Begin(ResolveAddresses(name), answer)
        late = PendingAnswer()
        yield Begin(Sleep(arrives["slow"]), late)
        yield Begin(Sleep(2 * hour), given_up)
        for answer in answers.values():
            yield Readable(answer)
        first = yield Poll((Readable(late), Sleep(hour // 2)))
        yield Readable(late)
        given_up.give_up()
        with pytest.raises(OSError, match="no such host"):
            answers["bad"].result()
        return answers["good"].result(), first

    given_up = PendingAnswer()
    simulation.register("a", ProcessDefinition(lambda _: GeneratorProcess(body)))
    result = simulation.run("a")
    assert result.value == (("good.address",), [1])
    assert simulation.clock.now_ns() == hour
    assert not simulation.step()
