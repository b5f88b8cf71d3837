"""HTTP requests against servers on the loopback interface that do as the test says."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.errors import OperationError
from pywasm_rt.operations import HttpRequest, HttpResponse, ResolveAddresses
from pywasm_rt.process.http_client import HttpClient, connect_first
from pywasm_rt.process.http_message import ready
from pywasm_rt.process.network import look_up
from pywasm_rt.wasi.capabilities.body import Body
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode

PATIENCE = 10.0
MS = 1_000_000
OK = b"HTTP/1.1 200 OK\r\n"

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def resolve(operation: ResolveAddresses) -> tuple[str, ...]:
    return look_up(operation.name)


def talk(
    serve: Conversation,
    test: Callable[[HttpClient, int], Awaitable[None]],
    *,
    tls: ssl.SSLContext | None = None,
    trust: ssl.SSLContext | None = None,
) -> None:
    """Run ``test`` against a server; nothing may be left over."""

    async def main() -> None:
        served: list[asyncio.Task[None]] = []

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await serve(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                served.clear()
            finally:
                writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
        async with asyncio.timeout(PATIENCE), server:
            client = HttpClient(resolve, trust)
            await test(client, server.sockets[0].getsockname()[1])
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())


async def head(reader: asyncio.StreamReader) -> str:
    """The head of a request."""
    return (await reader.readuntil(b"\r\n\r\n")).decode()


def answer(data: bytes) -> Conversation:
    """A server that answers with ``data`` and closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(data)
        await writer.drain()

    return serve


def request(port: int, method: str = "GET", **fields: Any) -> HttpRequest:
    values: dict[str, Any] = {"host": "127.0.0.1", "target": "/"} | fields
    authority = f"{values['host']}:{port}"
    scheme = values.pop("scheme", "http")
    return HttpRequest(method, scheme, port=port, authority=authority, **values)


async def read_all(response: HttpResponse) -> bytes:
    data = b""
    while True:
        await ready(response.body)
        piece = response.body.read(100_000)
        if not piece:
            return data
        data += piece


class TestResponses:
    def test_head_body_and_trailers(self) -> None:
        seen: list[str] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append(await head(reader))
            writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
            writer.write(OK + b"X-One: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
            writer.write(b"5\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 11\r\n\r\n")

        async def test(client: HttpClient, port: int) -> None:
            sent = request(port, headers=(("Accept", b" x "),), target="/a?b")
            response = await client.send(sent)
            assert response.status == 200
            assert ("X-One", b"1") in response.headers
            assert await read_all(response) == b"hello world"
            assert response.body.trailers == (("X-Sum", b"11"),)

        talk(serve, test)
        lines = seen[0].split("\r\n")
        assert lines[0] == "GET /a?b HTTP/1.1"
        assert lines[1].startswith("Host: 127.0.0.1:")
        assert lines[2:4] == ["Accept: x", "Connection: close"]

    def test_a_body_until_the_connection_ends(self) -> None:
        async def test(client: HttpClient, port: int) -> None:
            response = await client.send(request(port))
            assert await read_all(response) == b"until the end"
            assert response.body.trailers == ()

        talk(answer(b"HTTP/1.0 200 OK\r\n\r\nuntil the end"), test)

    def test_no_body_for_head(self) -> None:
        async def test(client: HttpClient, port: int) -> None:
            response = await client.send(request(port, "HEAD"))
            assert await read_all(response) == b""

        talk(answer(OK + b"Content-Length: 100\r\n\r\n"), test)

    def test_a_large_body_comes_as_it_is_read(self) -> None:
        size = 3_000_000
        sent: list[int] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head(reader)
            writer.write(OK + f"Content-Length: {size}\r\n\r\n".encode())
            for _ in range(size // 10_000):
                writer.write(bytes(10_000))
                await writer.drain()
                sent.append(10_000)

        async def test(client: HttpClient, port: int) -> None:
            response = await client.send(request(port))
            assert len(await read_all(response)) == size
            assert sum(sent) == size

        talk(serve, test)

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "connection-terminated"),
            (b"HTTP/1.1 200", "HTTP-response-incomplete"),
            (b"nonsense\r\n\r\n", "HTTP-protocol-error"),
            (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP-protocol-error"),
            (OK + b"a: b\r\n" * 60_000 + b"\r\n", "HTTP-response-header-section-size"),
        ],
    )
    def test_heads_that_are_none(self, data: bytes, code: str) -> None:
        async def test(client: HttpClient, port: int) -> None:
            with pytest.raises(HttpError) as caught:
                await client.send(request(port))
            assert caught.value.code == code

        talk(answer(data), test)

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"Content-Length: 10\r\n\r\nhello", "HTTP-response-incomplete"),
            (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "HTTP-response-incomplete"),
            (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n", "HTTP-protocol-error"),
        ],
    )
    def test_bodies_that_break_off(self, data: bytes, code: str) -> None:
        async def test(client: HttpClient, port: int) -> None:
            response = await client.send(request(port))
            await ready(response.body)
            assert response.body.read(100) == b"hello"
            await ready(response.body)
            with pytest.raises(HttpError) as caught:
                response.body.read(100)
            assert caught.value.code == code

        talk(answer(OK + data), test)

    def test_what_is_given_up_is_broken_off(self) -> None:
        ended: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head(reader)
            writer.write(OK + b"Content-Length: 1000\r\n\r\nhello")
            ended.append(await reader.read(1))

        async def test(client: HttpClient, port: int) -> None:
            response = await client.send(request(port))
            response.body.give_up()
            while client._downloads:
                await asyncio.wait(client._downloads)
            while not ended:
                await asyncio.sleep(0)

        talk(serve, test)
        assert ended == [b""]


class TestRequests:
    def test_a_body_as_it_is_written(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert "Transfer-Encoding: chunked" in await head(reader)
            assert await reader.readexactly(10) == b"5\r\nhello\r\n"
            writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
            assert await reader.readuntil(b"\r\n\r\n") == b"1\r\n!\r\n0\r\nX-Sum: 6\r\n\r\n"
            writer.write(b"4\r\ndone\r\n0\r\n\r\n")

        async def test(client: HttpClient, port: int) -> None:
            body = Body()
            body.sink.write(b"hello")
            response = await client.send(request(port, "POST", body=body.source))
            assert not response.body.ready(), "the head of the response came before the end"
            body.sink.write(b"!")
            body.sink.end([("X-Sum", b"6"), ("Content-Length", b"6")])
            assert await read_all(response) == b"done"

        talk(serve, test)

    def test_a_body_of_a_known_size(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert "chunked" not in await head(reader)
            assert await reader.readexactly(5) == b"hello"
            writer.write(OK + b"Content-Length: 0\r\n\r\n")

        async def test(client: HttpClient, port: int) -> None:
            body = Body()
            body.sink.write(b"hello")
            body.sink.end([("X-Sum", b"5")])
            fields = (("content-length", b"5"),)
            sent = request(port, "PUT", body=body.source, headers=fields)
            assert await read_all(await client.send(sent)) == b""

        talk(serve, test)

    @pytest.mark.parametrize(
        ("method", "expected"), [("GET", None), ("POST", "Content-Length: 0"), ("DELETE", None)]
    )
    def test_bodies_of_nothing(self, method: str, expected: str | None) -> None:
        seen: list[str] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append(await head(reader))
            writer.write(OK + b"Content-Length: 0\r\n\r\n")

        async def test(client: HttpClient, port: int) -> None:
            await client.send(request(port, method))
            body = Body()
            body.sink.end()
            await client.send(request(port, method, body=body.source))

        talk(serve, test)
        for lines in seen:
            assert "Transfer-Encoding" not in lines
            assert ("Content-Length: 0" in lines) is (expected is not None)

    def test_a_guest_that_breaks_off(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            del writer
            await head(reader)
            await reader.read()

        async def test(client: HttpClient, port: int) -> None:
            body = Body()
            body.sink.write(b"hello")
            body.sink.fail(HttpError(HttpErrorCode.CONNECTION_TERMINATED, "unfinished"))
            with pytest.raises(HttpError, match="unfinished"):
                await client.send(request(port, "POST", body=body.source))

        talk(serve, test)

    def test_an_answer_before_the_end_of_the_question(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head(reader)
            writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")

        async def test(client: HttpClient, port: int) -> None:
            body = Body()
            response = await client.send(request(port, "POST", body=body.source))
            assert response.status == 413
            assert await read_all(response) == b"no"
            while body.sink.is_wanted:
                await asyncio.sleep(0)
            with pytest.raises(OperationError):
                body.sink.write(b"x")

        talk(serve, test)

    def test_fields_that_do_not_fit(self) -> None:
        async def test(client: HttpClient, port: int) -> None:
            sent = request(port, headers=(("Content-Length", b"1"), ("content-length", b"2")))
            with pytest.raises(HttpError) as caught:
                await client.send(sent)
            assert caught.value.code == "HTTP-protocol-error"

        talk(answer(OK), test)


class TestTimeouts:
    def test_no_first_byte(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            del writer
            await reader.read()

        async def test(client: HttpClient, port: int) -> None:
            with pytest.raises(HttpError) as caught:
                await client.send(request(port, first_byte_timeout_ns=20 * MS))
            assert caught.value.code == "connection-read-timeout"

        talk(serve, test)

    def test_a_pause_between_bytes(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head(reader)
            writer.write(OK + b"Content-Length: 10\r\n\r\nhello")
            await reader.read()

        async def test(client: HttpClient, port: int) -> None:
            sent = request(port, between_bytes_timeout_ns=20 * MS)
            response = await client.send(sent)
            await ready(response.body)
            assert response.body.read(10) == b"hello"
            await ready(response.body)
            with pytest.raises(HttpError) as caught:
                response.body.read(10)
            assert caught.value.code == "connection-read-timeout"

        talk(serve, test)

    def test_a_host_that_does_not_answer(self) -> None:
        async def main() -> None:
            # A queue of length 0 that is full: connecting goes on and on.
            with socket.socket() as full, socket.socket() as first, socket.socket() as second:
                full.bind(("127.0.0.1", 0))
                full.listen(0)
                for waiting in (first, second):
                    waiting.settimeout(0)
                    waiting.connect_ex(full.getsockname())
                sent = request(full.getsockname()[1], connect_timeout_ns=20 * MS)
                with pytest.raises(HttpError) as caught:
                    await HttpClient(resolve).send(sent)
                assert caught.value.code == "connection-timeout"

        asyncio.run(main())

    def test_a_name_that_is_not_found_in_time(self) -> None:
        async def never(_: ResolveAddresses) -> tuple[str, ...]:
            await asyncio.Event().wait()
            return ()

        async def main() -> None:
            sent = request(1, host="slow.example", connect_timeout_ns=20 * MS)
            with pytest.raises(HttpError) as caught:
                await HttpClient(never).send(sent)
            assert caught.value.code == "DNS-timeout"

        asyncio.run(main())


class TestConnecting:
    def test_nobody_listens(self) -> None:
        async def main() -> None:
            with socket.socket() as unused:
                unused.bind(("127.0.0.1", 0))
                with pytest.raises(HttpError) as caught:
                    await HttpClient(resolve).send(request(unused.getsockname()[1]))
            assert caught.value.code == "connection-refused"

        asyncio.run(main())

    @pytest.mark.parametrize(
        ("number", "rcode"),
        [(socket.EAI_NONAME, "NXDOMAIN"), (socket.EAI_AGAIN, "SERVFAIL"), (-999, None)],
    )
    def test_a_name_that_is_none(self, number: int, rcode: str | None) -> None:
        async def fail(_: ResolveAddresses) -> tuple[str, ...]:
            raise socket.gaierror(number, "no such host")

        async def main() -> None:
            with pytest.raises(HttpError) as caught:
                await HttpClient(fail).send(request(1, host="nowhere.invalid"))
            assert caught.value.code == "DNS-error"
            assert caught.value.payload == {"rcode": rcode, "info-code": None}

        asyncio.run(main())

    def test_the_first_address_that_answers(self) -> None:
        async def test(client: HttpClient, port: int) -> None:
            del client
            connection = await connect_first(["::1", "127.0.0.1"], port)
            assert connection.getpeername()[0] == "127.0.0.1"
            connection.close()
            with pytest.raises(HttpError) as caught:
                await connect_first([], port)
            assert caught.value.code == "destination-not-found"

        talk(answer(b""), test)

    def test_an_address_beside_one_that_does_not_answer(self) -> None:
        async def test(client: HttpClient, port: int) -> None:
            del client
            with socket.socket() as full, socket.socket() as first, socket.socket() as second:
                full.bind(("127.0.0.2", port))
                full.listen(0)
                for waiting in (first, second):
                    waiting.settimeout(0)
                    waiting.connect_ex(full.getsockname())
                connection = await connect_first(["127.0.0.2", "127.0.0.1"], port)
                assert connection.getpeername()[0] == "127.0.0.1"
                connection.close()

        talk(answer(b""), test)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost and its key, signed by itself."""
    folder = tmp_path_factory.mktemp("certificate")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no openssl to make a certificate with")
    return folder


class TestTls:
    def contexts(self, certificate: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
        trust = ssl.create_default_context(cafile=str(certificate / "certificate.pem"))
        return server, trust

    def test_a_host_that_is_trusted(self, certificate: Path) -> None:
        server, trust = self.contexts(certificate)

        async def test(client: HttpClient, port: int) -> None:
            response = await client.send(request(port, host="localhost", scheme="https"))
            assert await read_all(response) == b"secret"

        data = OK + b"Content-Length: 6\r\n\r\nsecret"
        talk(answer(data), test, tls=server, trust=trust)

    def test_hosts_that_are_not(self, certificate: Path) -> None:
        server, trust = self.contexts(certificate)

        async def unknown(client: HttpClient, port: int) -> None:
            with pytest.raises(HttpError) as caught:
                await client.send(request(port, host="localhost", scheme="https"))
            assert caught.value.code == "TLS-certificate-error"

        talk(answer(OK), unknown, tls=server)

        async def another(client: HttpClient, port: int) -> None:
            with pytest.raises(HttpError) as caught:
                await client.send(request(port, host="127.0.0.1", scheme="https"))
            assert caught.value.code == "TLS-certificate-error"

        talk(answer(OK), another, tls=server, trust=trust)

    def test_an_alert(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(bytes([21, 3, 3, 0, 2, 2, 40]))  # fatal: handshake failure
            await writer.drain()

        async def test(client: HttpClient, port: int) -> None:
            with pytest.raises(HttpError) as caught:
                await client.send(request(port, host="localhost", scheme="https"))
            assert caught.value.code == "TLS-alert-received"
            alert = {"alert-id": 40, "alert-message": "handshake failure"}
            assert caught.value.payload == alert

        talk(serve, test)

    def test_a_server_without_tls(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()

        async def test(client: HttpClient, port: int) -> None:
            with pytest.raises(HttpError) as caught:
                await client.send(request(port, host="localhost", scheme="https"))
            assert caught.value.code == "TLS-protocol-error"

        talk(serve, test)

    def test_a_server_that_closes(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            del reader
            writer.transport.abort()

        async def test(client: HttpClient, port: int) -> None:
            with pytest.raises(HttpError) as caught:
                await client.send(request(port, host="localhost", scheme="https"))
            assert caught.value.code in {"connection-terminated", "TLS-protocol-error"}

        talk(serve, test)
