"""The guest in Python."""

import json

from componentize_py_types import Err, Ok
from wit_world.imports import outgoing_handler, stdin, types
from wit_world.imports.types import (
    Fields,
    IncomingBody,
    Method_Post,
    Method_Put,
    OutgoingBody,
    OutgoingRequest,
    OutgoingResponse,
    RequestOptions,
    ResponseOutparam,
    Scheme_Http,
)


class Checks:
    """What was not as it should be."""

    def __init__(self):
        self.wrong = []

    def same(self, what, found, wanted):
        if found != wanted:
            self.wrong.append(f"{what}: {found!r}, not {wanted!r}")


def wait(pollable):
    with pollable:
        pollable.block()


def read_to_end(stream):
    data = b""
    with stream:
        while True:
            try:
                data += stream.blocking_read(4096)
            except Err:
                return data


def write(body, data, trailers=None):
    with body.write() as stream:
        stream.blocking_write_and_flush(data)
    OutgoingBody.finish(body, trailers)


class WitWorld:
    """The functions of the world itself."""

    def broken_input(self):
        checks = Checks()
        with stdin.get_stdin() as stream:
            checks.same("read", stream.blocking_read(10), b"0123456789")
            try:
                stream.blocking_read(1)
            except Err as error:
                with error.value.value as failure:
                    checks.same("http-error-code", types.http_error_code(failure), None)
            else:
                checks.same("a broken stream", "read", "an error")
        return checks.wrong

    def messages(self):
        checks = Checks()
        fields = Fields()
        fields.set("x", [b"1"])
        fields.append("x", b"2")
        checks.same("get", fields.get("x"), [b"1", b"2"])
        clone = fields.clone()
        fields.delete("x")
        checks.same("has", (fields.has("x"), clone.has("x")), (False, True))
        checks.same("entries", clone.entries(), [("x", b"1"), ("x", b"2")])
        request = OutgoingRequest(Fields.from_list([("a", b"b")]))
        request.set_method(Method_Put())
        request.set_scheme(Scheme_Http())
        request.set_authority("a.example")
        request.set_path_with_query("/x?y")
        checks.same("method", request.method(), Method_Put())
        checks.same("scheme", request.scheme(), Scheme_Http())
        checks.same("authority", request.authority(), "a.example")
        checks.same("path-with-query", request.path_with_query(), "/x?y")
        with request.headers() as headers:
            checks.same("headers", headers.entries(), [("a", b"b")])
        with RequestOptions() as options:
            for name in ("connect", "first_byte", "between_bytes"):
                getattr(options, f"set_{name}_timeout")(5_000_000_000)
                checks.same(name, getattr(options, f"{name}_timeout")(), 5_000_000_000)
        return checks.wrong

    def request(self, port):
        """The answer is 200, a field x: y, what was sent, and the trailer x-sum: 5."""
        checks = Checks()
        request = OutgoingRequest(Fields())
        request.set_method(Method_Post())
        request.set_scheme(Scheme_Http())
        request.set_authority(f"127.0.0.1:{port}")
        request.set_path_with_query("/")
        body = request.body()
        with outgoing_handler.handle(request, None) as future:
            write(body, b"hello")
            wait(future.subscribe())
            response = future.get().value.value
        with response:
            checks.same("status", response.status(), 200)
            with response.headers() as headers:
                checks.same("headers", headers.get("x"), [b"y"])
            incoming = response.consume()
            checks.same("stream", read_to_end(incoming.stream()), b"hello")
        with IncomingBody.finish(incoming) as trailers:
            wait(trailers.subscribe())
            with trailers.get().value.value as found:
                checks.same("trailers", found.get("x-sum"), [b"5"])
        return checks.wrong


class IncomingHandler:
    """Answers a request with what is in it."""

    def handle(self, request, outparam):
        with request.headers() as headers:
            said = [
                type(request.method()).__name__,
                type(request.scheme()).__name__,
                request.authority(),
                request.path_with_query(),
                headers.get("x")[0].decode(),
            ]
        body = request.consume()
        said.append(read_to_end(body.stream()).decode())
        IncomingBody.finish(body).__exit__(None, None, None)
        request.__exit__(None, None, None)
        response = OutgoingResponse(Fields.from_list([("a", b"b")]))
        response.set_status_code(201)
        with response.headers() as headers:
            said += [response.status_code(), len(headers.entries())]
        answer = response.body()
        ResponseOutparam.set(outparam, Ok(response))
        write(answer, json.dumps(said).encode())
