"""Middleware by itself: whom it lets through, and what it adds."""

from __future__ import annotations

import gzip

import pytest

from pywasm_rt.http.arguments import simple_response
from pywasm_rt.http.exchange import Exchange
from pywasm_rt.http.middleware import MIDDLEWARE, OptionError, make_middleware
from pywasm_rt.wasi.capabilities.body import Body
from pywasm_rt.wasi.preview2.http.exchange import ResponseHead
from pywasm_rt.wasi.preview2.http.messages import RequestHead

SECOND = 1_000_000_000


class Clock:
    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def exchange(
    target: str = "/", method: str = "GET", peer: str = "10.0.0.1", **fields: str
) -> Exchange:
    pairs = tuple((name.replace("_", "-"), text.encode()) for name, text in fields.items())
    return Exchange(RequestHead(method, target, "HTTP", "a.example", pairs), peer=peer)


def names(head: ResponseHead) -> dict[str, str]:
    return {name: value.decode() for name, value in head.fields}


def test_a_bucket_of_tokens_fills_again() -> None:
    clock = Clock()
    options = {"ratelimit.requests": "2", "ratelimit.window": "1s", "ratelimit.burst": "2"}
    limit = make_middleware("ratelimit", options, clock)
    answers = [limit.before(exchange()) for _ in range(3)]
    assert [it is None for it in answers] == [True, True, False]
    assert answers[2] is not None
    assert (answers[2].status, names(answers[2])["Retry-After"]) == (429, "1")
    assert limit.before(exchange(peer="10.0.0.2")) is None
    clock.now_ns = SECOND // 2
    assert limit.before(exchange()) is None
    assert limit.before(exchange()) is not None


@pytest.mark.parametrize(
    ("key", "same", "other"),
    [
        ("header:X-Key", {"x_key": "a"}, {"x_key": "b"}),
        ("query:k", {"target": "/?k=1"}, {"target": "/?k=2"}),
        ("ip", {"peer": "1.1.1.1"}, {"peer": "1.1.1.2"}),
    ],
)
def test_whose_bucket_it_is(key: str, same: dict[str, str], other: dict[str, str]) -> None:
    options = {"ratelimit.burst": "1", "ratelimit.key": key, "ratelimit.max_entries": "2"}
    limit = make_middleware("ratelimit", options, Clock())
    assert limit.before(exchange(**same)) is None
    assert limit.before(exchange(**same)) is not None
    assert limit.before(exchange(**other)) is None
    # Who was seen longest ago is forgotten where there are too many.
    assert limit.before(exchange(peer="9.9.9.9", x_key="c", target="/?k=3")) is None
    assert limit.before(exchange(**same)) is None


def test_the_address_that_a_trusted_proxy_gives() -> None:
    real_ip = make_middleware("real_ip", {}, Clock())
    trusted = exchange(peer="10.1.2.3", x_forwarded_for="1.2.3.4, 5.6.7.8")
    real_ip.before(trusted)
    assert trusted.peer == "1.2.3.4"
    foreign = exchange(peer="8.8.8.8", x_real_ip="1.2.3.4")
    real_ip.before(foreign)
    assert foreign.peer == "8.8.8.8"
    make_middleware("real_ip", {"real_ip.trust_all": "true"}, Clock()).before(foreign)
    assert foreign.peer == "1.2.3.4"
    odd = exchange(peer="no address", x_real_ip="1.2.3.4")
    real_ip.before(odd)
    assert odd.peer == "no address"


def test_origins() -> None:
    options = {"cors.allow.origins": "https://a.example,*.b.example", "cors.max.age": "5"}
    cors = make_middleware("cors", options, Clock())
    for origin, allowed in (
        ("https://a.example", True),
        ("http://a.example", False),
        ("https://x.b.example", True),
        ("https://b.example.evil", False),
    ):
        head = cors.after(exchange(origin=origin), ResponseHead(200, (), None))
        assert (names(head).get("Access-Control-Allow-Origin") == origin) == allowed
        assert names(head)["Vary"] == "Origin"
    asked = exchange(method="OPTIONS", access_control_request_method="PUT")
    preflight = cors.before(asked)
    assert preflight is not None
    assert (preflight.status, names(preflight)["Access-Control-Max-Age"]) == (204, "5")
    assert cors.before(exchange(method="OPTIONS")) is None


def test_with_credentials_no_star_is_sent() -> None:
    cors = make_middleware("cors", {"cors.allow.credentials": "true"}, Clock())
    fields = names(cors.after(exchange(origin="https://a"), ResponseHead(200, (), None)))
    assert fields["Access-Control-Allow-Origin"] == "https://a"
    assert fields["Access-Control-Allow-Credentials"] == "true"


def test_only_what_is_there_as_a_whole_is_compressed() -> None:
    compress = make_middleware("compress", {"compress.min.length": "10"}, Clock())
    asks = exchange(accept_encoding="br, gzip")
    packed = compress.after(asks, simple_response(200, b"x" * 1000))
    assert packed.body is not None
    assert gzip.decompress(packed.body.read(1 << 20)) == b"x" * 1000
    assert names(packed)["Content-Encoding"] == "gzip"
    growing = Body()
    growing.sink.write(b"x" * 20)
    streamed = ResponseHead(200, (("Content-Length", b"1000"),), growing.source)
    assert compress.after(asks, streamed) is streamed
    short = simple_response(200, b"x")
    assert compress.after(asks, short) is short
    ready = simple_response(200, b"x" * 100, ("Content-Encoding", b"br"))
    assert compress.after(asks, ready) is ready


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cors", {"cors.allow.origin": "*"}, 'unknown option "cors.allow.origin"'),
        ("cors", {"cors.max.age": "long"}, "not a number"),
        ("cors", {"cors.allow.credentials": "yes"}, "neither true nor false"),
        ("ratelimit", {"ratelimit.window": "soon"}, "not a duration"),
        ("ratelimit", {"ratelimit.key": "name"}, 'neither "ip"'),
        ("compress", {"compress.level": "11"}, "one of fastest, default, best"),
        ("real_ip", {"real_ip.trusted.subnets": "10.0.0.0/99"}, "10.0.0.0/99"),
        ("metrics", {"metrics.on": "true"}, 'unknown option "metrics.on"'),
    ],
)
def test_wrong_options(name: str, options: dict[str, str], message: str) -> None:
    assert name in MIDDLEWARE
    with pytest.raises(OptionError, match=message):
        make_middleware(name, options, Clock())
