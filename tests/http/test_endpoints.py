"""Endpoints from end to end: entries, a socket, functions, and what clients see."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pywasm_rt.app.app import App
from pywasm_rt.errors import ProcessError

SERVER = """\
version: "1.0"
namespace: app
entries:
  - {name: web, kind: http.service, addr: "127.0.0.1:0", lifecycle: {auto_start: true}}
  - {name: api, kind: http.router, prefix: /api}
"""

# Strings come and go through a memory with an allocator that never frees.
STRINGS = """
(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 1024))
  (data (i32.const 16) "Hello, ")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get 3))))
  (func (export "greet") (param $at i32) (param $length i32) (result i32)
    (memory.copy (i32.const 23) (local.get $at) (local.get $length))
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.add (i32.const 7) (local.get $length)))
    (i32.const 0))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "nothing"))
  (func (export "trap") unreachable)
  (func (export "loop") (loop (br 0))))
"""

WIT = "greet: func(name: string) -> string; add: func(a: u32, b: u32) -> u32; nothing: func();"


def function(name: str, method: str, more: str = "") -> str:
    """A function of STRINGS that answers requests."""
    head = f"{{name: {name}, kind: function.wat, method: {method}, transport: wasi-http, "
    return f"  - {head}wit: '{WIT}', source: file://strings.wat{more}}}\n"


def bare(name: str, method: str, more: str = "") -> str:
    """The same without a signature."""
    head = f"{{name: {name}, kind: function.wat, method: {method}, transport: wasi-http, "
    return f"  - {head}source: file://strings.wat{more}}}\n"


def endpoint(method: str, path: str, func: str) -> str:
    name = f"e{abs(hash((method, path))):x}"
    fields = f'method: "{method}", path: "{path}", func: {func}'
    return f"  - {{name: {name}, kind: http.endpoint, {fields}}}\n"


@dataclass
class Answer:
    status: int
    body: bytes
    fields: http.client.HTTPMessage


Ask = Callable[..., Awaitable[Answer]]
Act = Callable[[App, Ask], Awaitable[None]]


def run(folder: Path, entries: str, act: Act, server: str = SERVER) -> None:
    """Run an application and talk to it."""
    (folder / "app.yaml").write_text(server + entries)
    (folder / "strings.wat").write_text(STRINGS)

    async def main() -> None:
        async with App.load(folder, strict=True) as app:
            port = int(app.context.addresses["app:web"].rpartition(":")[2].strip("/"))

            async def ask(
                method: str, path: str, body: bytes | str | None = None, **fields: str
            ) -> Answer:
                return await asyncio.to_thread(_ask, port, method, path, body, fields)

            await act(app, ask)

    asyncio.run(asyncio.wait_for(main(), 30))


def _ask(
    port: int, method: str, path: str, body: bytes | str | None, fields: dict[str, str]
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.read(), response.headers)
    finally:
        connection.close()


def test_a_string_in_and_out(tmp_path: Path) -> None:
    async def act(_: App, ask: Ask) -> None:
        answer = await ask("POST", "/api/greet", "Wörld".encode())
        assert (answer.status, answer.body) == (200, "Hello, Wörld".encode())
        assert answer.fields["Content-Type"] == "text/plain; charset=utf-8"

    run(tmp_path, function("greet", "greet") + endpoint("POST", "/greet", "greet"), act)


def test_parameters_come_from_the_path_the_query_and_the_body(tmp_path: Path) -> None:
    async def act(_: App, ask: Ask) -> None:
        assert (await ask("GET", "/api/greet/Ada%20L")).body == b"Hello, Ada L"
        assert (await ask("GET", "/api/greet?name=Bob")).body == b"Hello, Bob"
        answer = await ask("GET", "/api/add/30?b=12")
        assert (answer.body, answer.fields["Content-Type"]) == (b"42", "application/json")
        assert (await ask("POST", "/api/add/30", "12")).body == b"42"
        assert (await ask("GET", "/api/plus/40/2")).body == b"42"

    entries = function("greet", "greet") + function("add", "add") + bare("plus", "add")
    entries += endpoint("GET", "/greet/{name}", "greet") + endpoint("GET", "/greet", "greet")
    entries += endpoint("*", "/add/{a}", "add") + endpoint("GET", "/plus/{x}/{y}", "plus")
    run(tmp_path, entries, act)


def test_what_does_not_fit_is_the_clients_fault_and_is_said(tmp_path: Path) -> None:
    async def act(_: App, ask: Ask) -> None:
        async def refused(method: str, path: str, body: bytes | None = None) -> str:
            answer = await ask(method, path, body)
            assert answer.status == 400
            return answer.body.decode()

        assert await refused("GET", "/api/add/30") == (
            "400 Bad Request: missing b: in the path, the query, or as the body\n"
        )
        assert "a: expected u32" in await refused("GET", "/api/add/x?b=1")
        assert "b: not JSON" in await refused("POST", "/api/add/1", b"{")
        assert "not UTF-8" in await refused("POST", "/api/greet", b"\xff")
        assert "a body is not expected here" in await refused("POST", "/api/nothing", b"x")

    entries = "".join(function(name, name) for name in ("greet", "add", "nothing"))
    entries += endpoint("*", "/add/{a}", "add") + endpoint("POST", "/greet", "greet")
    entries += endpoint("POST", "/nothing", "nothing")
    run(tmp_path, entries, act)


def test_paths_methods_and_their_refusals(tmp_path: Path) -> None:
    async def act(_: App, ask: Ask) -> None:
        assert (await ask("GET", "/api/none")).status == 404
        assert (await ask("GET", "/greet")).status == 404
        answer = await ask("PUT", "/api/nothing")
        assert (answer.status, answer.fields["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")
        answer = await ask("OPTIONS", "/api/nothing")
        assert (answer.status, answer.fields["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")
        assert (await ask("GET", "/api/nothing")).status == 204
        answer = await ask("HEAD", "/api/add?a=1&b=2")
        assert (answer.status, answer.body, answer.fields["Content-Length"]) == (200, b"", "1")

    entries = function("nothing", "nothing") + function("add", "add")
    entries += endpoint("GET", "/nothing", "nothing") + endpoint("POST", "/nothing/", "nothing")
    entries += endpoint("GET", "/add", "add")
    run(tmp_path, entries, act)


def test_what_goes_wrong_inside_is_logged_and_not_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(_: App, ask: Ask) -> None:
        answer = await ask("GET", "/api/trap")
        assert (answer.status, answer.body) == (500, b"500 Internal Server Error\n")
        answer = await ask("GET", "/api/loop")
        assert (answer.status, answer.body) == (504, b"504 Gateway Timeout\n")

    entries = bare("trap", "trap") + bare("loop", "loop", ", limits: {max_execution_ms: 50}")
    entries += endpoint("GET", "/trap", "trap") + endpoint("GET", "/loop", "loop")
    with caplog.at_level(logging.ERROR):
        run(tmp_path, entries, act)
    assert "GET /api/trap: unreachable" in caplog.text
    assert "execution time limit of 50 ms exceeded" in caplog.text


def test_a_full_pool_answers_503(tmp_path: Path) -> None:
    async def act(_: App, ask: Ask) -> None:
        answers = await asyncio.gather(*(ask("GET", "/api/loop") for _ in range(4)))
        assert sorted(it.status for it in answers) == [503, 503, 504, 504]
        refused = next(it for it in answers if it.status == 503)
        assert refused.fields["Retry-After"] == "1"

    pool = ", limits: {max_execution_ms: 1000}, pool: {type: static, size: 1, buffer: 1}"
    run(tmp_path, bare("loop", "loop", pool) + endpoint("GET", "/loop", "loop"), act)


def test_a_body_that_is_too_large_is_refused(tmp_path: Path) -> None:
    async def act(_: App, ask: Ask) -> None:
        assert (await ask("POST", "/api/greet", b"x" * 100)).status == 200
        answer = await ask("POST", "/api/greet", b"x" * 101)
        assert answer.status == 413
        assert answer.body == b"413 Content Too Large: a body may have 100 bytes\n"

    server = SERVER.replace("lifecycle:", "max_body_bytes: 100, lifecycle:")
    entries = function("greet", "greet") + endpoint("POST", "/greet", "greet")
    run(tmp_path, entries, act, server)


def test_cors_and_limits_of_a_router(tmp_path: Path) -> None:
    async def act(_: App, ask: Ask) -> None:
        preflight = await ask(
            "OPTIONS", "/api/none", origin="https://a.example", access_control_request_method="PUT"
        )
        assert preflight.status == 204
        assert preflight.fields["Access-Control-Allow-Origin"] == "https://a.example"
        assert "PUT" in preflight.fields["Access-Control-Allow-Methods"]
        answer = await ask("GET", "/api/nothing", origin="https://b.example")
        assert (answer.status, "Access-Control-Allow-Origin" in answer.fields) == (204, False)
        answer = await ask("GET", "/api/nothing")
        assert (answer.status, answer.fields["X-RateLimit-Limit"]) == (429, "60")
        assert answer.fields["Retry-After"] == "1"

    server = SERVER.replace(
        "prefix: /api}",
        'prefix: /api, middleware: [cors, ratelimit], options: {cors.allow.origins: "*.a.example,'
        'https://a.example", ratelimit.requests: 60, ratelimit.burst: 1}}',
    )
    entries = function("nothing", "nothing") + endpoint("GET", "/nothing", "nothing")
    run(tmp_path, entries, act, server)


def test_bodies_are_compressed_for_those_who_take_it(tmp_path: Path) -> None:
    async def act(_: App, ask: Ask) -> None:
        plain = await ask("POST", "/api/greet", b"x" * 2000)
        packed = await ask("POST", "/api/greet", b"x" * 2000, accept_encoding="gzip")
        assert "Content-Encoding" not in plain.fields
        assert packed.fields["Content-Encoding"] == "gzip"
        assert int(packed.fields["Content-Length"]) == len(packed.body) < 200
        short = await ask("POST", "/api/greet", b"x", accept_encoding="gzip")
        assert short.body == b"Hello, x"

    server = SERVER.replace("prefix: /api}", "prefix: /api, middleware: [compress]}")
    entries = function("greet", "greet") + endpoint("POST", "/greet", "greet")
    run(tmp_path, entries, act, server)


def test_a_port_in_use_is_told_with_its_place(tmp_path: Path) -> None:
    async def act(app: App, ask: Ask) -> None:
        port = app.context.addresses["app:web"].rpartition(":")[2].strip("/")
        other = tmp_path / "other"
        other.mkdir()
        (other / "app.yaml").write_text(SERVER.replace(":0", f":{port}"))
        with pytest.raises(ProcessError) as caught:
            async with App.load(other):
                pass
        assert str(caught.value) == (
            f"services could not be started: app:web: app:web cannot listen at 127.0.0.1:{port}: "
            f"the port is in use ({other}/app.yaml:4: addr)"
        )

    entries = function("nothing", "nothing") + endpoint("GET", "/nothing", "nothing")
    run(tmp_path, entries, act)


FAULTS = """\
  - {name: other, kind: http.service, addr: "nowhere", lifecycle: {}}
  - {name: two, kind: http.router, meta: {server: wep}, prefix: x}
  - {name: r, kind: http.router, middleware: [corse], options: {ratelimit.burst: 1}}
  - {name: e1, kind: http.endpoint, meta: {router: r}, method: get, path: "/{a}/{a}", func: f}
  - {name: e2, kind: http.endpoint, meta: {router: r}, method: GET, path: "/{a...}/b", func: f}
  - {name: e3, kind: http.endpoint, meta: {router: r}, method: GET, path: "/a/{x}", func: f}
  - {name: e4, kind: http.endpoint, meta: {router: r}, method: GET, path: "/a/{y}", func: api}
  - {name: f, kind: function.wat, method: f, source: (module (func (export "f")))}
"""


def test_everything_that_is_wrong_is_told_before_it_runs(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(SERVER + FAULTS)
    faults = App.load(tmp_path).application.faults
    shown = [str(fault).replace(f"{tmp_path}/", "").removeprefix("app.yaml:") for fault in faults]
    example = '(for example "/users/{id}" or "/files/{path...}")'
    assert shown == [
        '6: addr: not an address: "nowhere" (for example ":8080" or "127.0.0.1:8080")',
        '7: prefix: prefix must begin with / (write "/x")',
        '8: middleware[0]: unknown middleware "corse" (did you mean "cors"?)',
        "8: options.ratelimit.burst: option ratelimit.burst is of no middleware of this router",
        '9: method: not a method: "get" (write "GET")',
        f"9: path: path has the parameter a twice {example}",
        f"10: path: path has {{a...}} before its end {example}",
        "11: func: app:f does not answer HTTP requests (give it transport: wasi-http)",
        "12: func: app:api is a http.router, not a function",
        "12: path: GET /a/{y} is taken (app:e3 in app.yaml:11 answers it)",
    ]


def test_answers_in_json(tmp_path: Path) -> None:
    async def act(_: App, ask: Ask) -> None:
        answer = await ask("GET", "/api/add?a=1&b=2")
        assert json.loads(answer.body) == 3

    run(tmp_path, function("add", "add") + endpoint("GET", "/add", "add"), act)
