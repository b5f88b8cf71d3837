"""What HTTP adds to applications: services, routers and endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from pywasm_rt.app.application import Application
from pywasm_rt.app.entry import Entry
from pywasm_rt.app.extensions import Extension
from pywasm_rt.app.kinds import FunctionConfiguration, HttpEndpoint, HttpRouter, HttpService
from pywasm_rt.app.kinds.http import parse_address, pattern_segments
from pywasm_rt.component.suggestion import hint
from pywasm_rt.errors import Fault
from pywasm_rt.http.endpoints import router_of, server_of
from pywasm_rt.http.incoming import incoming_definitions
from pywasm_rt.http.middleware import MIDDLEWARE, OptionError, make_middleware
from pywasm_rt.http.service import StartableHttpService

__all__ = ["EXTENSION", "check_application", "check_router"]


def check_router(entry: Entry) -> Iterator[Fault]:
    """What is wrong with a router's middleware and its options."""
    config = entry.config
    if not isinstance(config, HttpRouter):
        return
    for index, name in enumerate(config.middleware):
        if name not in MIDDLEWARE:
            message = f'unknown middleware "{name}"'
            yield entry.raw.fault(message, ("middleware", index), hint(name, MIDDLEWARE))
            continue
        try:
            make_middleware(name, config.options, lambda: 0)
        except OptionError as error:
            yield entry.raw.fault(error.message, ("options", error.name), error.suggestion)
    for index, name in enumerate(config.post_middleware):
        message = f'unknown middleware "{name}"'
        yield entry.raw.fault(message, ("post_middleware", index), "there is none for this place")
    for key in config.options:
        owner = key.partition(".")[0]
        if owner not in config.middleware:
            message = f"option {key} is of no middleware of this router"
            yield entry.raw.fault(message, ("options", key))


def check_application(application: Application) -> Iterator[Fault]:
    """What is wrong between servers, routers and endpoints."""
    yield from _addresses(application)
    for entry in _entries(application, "http.router"):
        if server_of(application, entry) is None:
            yield _unclear(application, entry, "http.service", "server")
    taken: dict[tuple[str, str, tuple[tuple[str, str], ...]], Entry] = {}
    for entry in _entries(application, "http.endpoint"):
        config = entry.config
        if not isinstance(config, HttpEndpoint):
            continue
        router_id = router_of(application, entry)
        if router_id is None:
            yield _unclear(application, entry, "http.router", "router")
            continue
        router = application.entries.get(router_id)
        key = (_place(application, router, config), config.method, _shape(config.path))
        if key in taken:
            where = taken[key].raw.location(("path",))
            advice = f"{taken[key].id} in {where.file}:{where.line} answers it"
            yield entry.raw.fault(f"{config.method} {config.path} is taken", ("path",), advice)
        taken.setdefault(key, entry)
        function = application.entries.get(config.func)
        if function is not None:
            yield from _transport(entry, function)


def _entries(application: Application, kind: str) -> list[Entry]:
    """All entries of a kind whose own fields are right, usable or not."""
    return [entry for entry in application.entries.values() if entry.kind == kind]


def _addresses(application: Application) -> Iterator[Fault]:
    """Two servers cannot listen at one port."""
    ports: dict[tuple[str, int], Entry] = {}
    for entry in _entries(application, "http.service"):
        if isinstance(entry.config, HttpService):
            address = parse_address(entry.config.addr)
            other = ports.get(address)
            if other is not None and address[1] != 0:
                message = f"{entry.config.addr} is the address of {other.id} too"
                yield entry.raw.fault(message, ("addr",))
            ports.setdefault(address, entry)


def _place(application: Application, router: Entry | None, config: HttpEndpoint) -> str:
    """What makes paths of two routers the same: server and prefix."""
    if router is None or not isinstance(router.config, HttpRouter):
        return config.path
    return f"{server_of(application, router)} {router.config.prefix.rstrip('/')}"


def _shape(path: str) -> tuple[tuple[str, str], ...]:
    """A pattern without the names of its parameters, which make no difference."""
    return tuple((kind, text if kind == "text" else "") for kind, text in pattern_segments(path))


def _unclear(application: Application, entry: Entry, kind: str, field: str) -> Fault:
    known = [it.id for it in application.entries.values() if it.kind == kind]
    if not known:
        return entry.raw.fault(f"there is no {kind} for it", ("meta", field), f"add a {kind}")
    message = f"meta.{field} is required where there are several of kind {kind}"
    return entry.raw.fault(message, ("meta", field), ", ".join(sorted(known)))


def _transport(entry: Entry, function: Entry) -> Iterator[Fault]:
    """A function that answers requests says so."""
    config = function.config
    if isinstance(config, FunctionConfiguration) and config.transport != "wasi-http":
        message = f"{function.id} does not answer HTTP requests"
        yield entry.raw.fault(message, ("func",), "give it transport: wasi-http")


EXTENSION = Extension(
    checks={"http.router": check_router},
    check_all=check_application,
    definitions=incoming_definitions,
    services={"http.service": StartableHttpService},
)
