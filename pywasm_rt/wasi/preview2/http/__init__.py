"""``wasi:http`` 0.2.12: types, and sending requests to where the guest's grants allow it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.values import Err, Ok, Variant
from pywasm_rt.wasi.capabilities.http_error import HttpError
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.http.bodies import FutureTrailers, IncomingBody, OutgoingBody
from pywasm_rt.wasi.preview2.http.exchange import (
    FutureIncomingResponse,
    ResponseOutparam,
    handle,
)
from pywasm_rt.wasi.preview2.http.fields import FieldError, Fields
from pywasm_rt.wasi.preview2.http.messages import (
    OutgoingRequest,
    OutgoingResponse,
    RequestOptions,
)
from pywasm_rt.wasi.preview2.http.resources import RESOURCES
from pywasm_rt.wasi.preview2.http.values import VERSION, error_variant
from pywasm_rt.wasi.preview2.resources import ERROR, INPUT_STREAM, OUTPUT_STREAM, POLLABLE, IoError

__all__ = ["http_interfaces"]

Functions = dict[str, Callable[..., object]]


def _fallible(function: Callable[..., object]) -> Callable[..., Ok | Err]:
    """``function`` with its result, or its ``header-error``, as a ``result``."""

    def call(*arguments: object) -> Ok | Err:
        try:
            return Ok(function(*arguments))
        except FieldError as error:
            return Err(Variant(error.tag))

    return call


def _http_error_code(error: IoError) -> Variant | None:
    return error_variant(error.cause) if isinstance(error.cause, HttpError) else None


def _getter(attribute: str) -> Callable[[object], object]:
    return lambda thing: getattr(thing, attribute)


def _set_timeout(attribute: str, options: RequestOptions, duration_ns: int | None) -> Ok:
    setattr(options, attribute, duration_ns)
    return Ok()


def _fields_functions() -> Functions:
    def from_list(entries: Sequence[tuple[str, bytes]]) -> Fields:
        return Fields.from_list(entries)

    return {
        "[constructor]fields": Fields,
        "[static]fields.from-list": _fallible(from_list),
        "[method]fields.get": Fields.get,
        "[method]fields.has": Fields.has,
        "[method]fields.set": _fallible(Fields.set),
        "[method]fields.delete": _fallible(Fields.delete),
        "[method]fields.append": _fallible(Fields.append),
        "[method]fields.entries": Fields.entries,
        "[method]fields.clone": Fields.clone,
    }


def _request_functions(context: WasiContext) -> Functions:
    functions: Functions = {"[constructor]outgoing-request": partial(OutgoingRequest, context)}
    for resource in ("incoming-request", "outgoing-request"):
        for name in ("method", "path-with-query", "scheme", "authority"):
            functions[f"[method]{resource}.{name}"] = _getter(name.replace("-", "_"))
        functions[f"[method]{resource}.headers"] = lambda request: request.headers()
    functions["[method]incoming-request.consume"] = lambda request: request.consume()
    outgoing = "[method]outgoing-request."
    functions[f"{outgoing}set-method"] = OutgoingRequest.set_method
    functions[f"{outgoing}set-path-with-query"] = OutgoingRequest.set_path_with_query
    functions[f"{outgoing}set-scheme"] = OutgoingRequest.set_scheme
    functions[f"{outgoing}set-authority"] = OutgoingRequest.set_authority
    functions[f"{outgoing}body"] = OutgoingRequest.body
    functions["[constructor]request-options"] = RequestOptions
    for name in ("connect-timeout", "first-byte-timeout", "between-bytes-timeout"):
        attribute = f"{name.replace('-', '_')}_ns"
        functions[f"[method]request-options.{name}"] = _getter(attribute)
        functions[f"[method]request-options.set-{name}"] = partial(_set_timeout, attribute)
    return functions


def _response_functions(context: WasiContext) -> Functions:
    incoming, outgoing = "[method]incoming-response.", "[method]outgoing-response."
    return {
        "[constructor]outgoing-response": partial(OutgoingResponse, context),
        f"{outgoing}status-code": _getter("status"),
        f"{outgoing}set-status-code": OutgoingResponse.set_status,
        f"{outgoing}headers": OutgoingResponse.headers,
        f"{outgoing}body": OutgoingResponse.body,
        f"{incoming}status": _getter("status"),
        f"{incoming}headers": lambda response: response.headers(),
        f"{incoming}consume": lambda response: response.consume(),
        "[method]response-outparam.send-informational": ResponseOutparam.send_informational,
        "[static]response-outparam.set": ResponseOutparam.set,
        "[method]future-incoming-response.subscribe": lambda future: future,
        "[method]future-incoming-response.get": FutureIncomingResponse.get,
    }


def _body_functions() -> Functions:
    return {
        "[method]incoming-body.stream": IncomingBody.stream,
        "[static]incoming-body.finish": IncomingBody.finish,
        "[method]future-trailers.subscribe": lambda future: future,
        "[method]future-trailers.get": FutureTrailers.get,
        "[method]outgoing-body.write": OutgoingBody.write,
        "[static]outgoing-body.finish": OutgoingBody.finish,
    }


def http_interfaces(context: WasiContext) -> list[HostInterface]:
    """``wasi:http/types`` and ``outgoing-handler``; guests export ``incoming-handler``."""
    types = HostInterface(
        name="wasi:http/types",
        version=VERSION,
        functions={
            "http-error-code": _http_error_code,
            **_fields_functions(),
            **_request_functions(context),
            **_response_functions(context),
            **_body_functions(),
        },
        resources={
            **RESOURCES,
            # The names under which the interface uses the types of others.
            "io-error": ERROR,
            "input-stream": INPUT_STREAM,
            "output-stream": OUTPUT_STREAM,
            "pollable": POLLABLE,
        },
    )
    shared = ("outgoing-request", "request-options", "future-incoming-response")
    outgoing_handler = HostInterface(
        name="wasi:http/outgoing-handler",
        version=VERSION,
        functions={"handle": partial(handle, context)},
        resources={name: RESOURCES[name] for name in shared},
    )
    return [types, outgoing_handler]
