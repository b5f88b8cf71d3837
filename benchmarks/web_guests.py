"""A component that fetches something over HTTP, in text, so that no compiler is needed.

``fetch(authority, path, timeout-ms)`` returns how many bytes the body of the response had. Whatever
goes wrong ends the guest with an exit code of 1 and more: 1 and the position of the error in
``wasi:http/types.error-code``.
"""

from __future__ import annotations

__all__ = ["ERROR_CODES", "FETCH_COMPONENT", "exit_code"]

# The cases of wasi:http/types.error-code, with what they carry.
_CASES = (
    "DNS-timeout",
    "DNS-error $dns",
    "destination-not-found",
    "destination-unavailable",
    "destination-IP-prohibited",
    "destination-IP-unroutable",
    "connection-refused",
    "connection-terminated",
    "connection-timeout",
    "connection-read-timeout",
    "connection-write-timeout",
    "connection-limit-reached",
    "TLS-protocol-error",
    "TLS-certificate-error",
    "TLS-alert-received $alert",
    "HTTP-request-denied",
    "HTTP-request-length-required",
    "HTTP-request-body-size (option u64)",
    "HTTP-request-method-invalid",
    "HTTP-request-URI-invalid",
    "HTTP-request-URI-too-long",
    "HTTP-request-header-section-size (option u32)",
    "HTTP-request-header-size (option $field)",
    "HTTP-request-trailer-section-size (option u32)",
    "HTTP-request-trailer-size $field",
    "HTTP-response-incomplete",
    "HTTP-response-header-section-size (option u32)",
    "HTTP-response-header-size $field",
    "HTTP-response-body-size (option u64)",
    "HTTP-response-trailer-section-size (option u32)",
    "HTTP-response-trailer-size $field",
    "HTTP-response-transfer-coding (option string)",
    "HTTP-response-content-coding (option string)",
    "HTTP-response-timeout",
    "HTTP-upgrade-failed",
    "HTTP-protocol-error",
    "loop-detected",
    "configuration-error",
    "internal-error (option string)",
)
ERROR_CODES = tuple(case.partition(" ")[0] for case in _CASES)


def exit_code(error: str) -> int:
    """The exit code of a guest that met an error."""
    return ERROR_CODES.index(error) + 1


_SHOWN_CASES = "\n      ".join(
    f'(case "{name}" {payload})' if payload else f'(case "{name}")'
    for name, _, payload in (case.partition(" ") for case in _CASES)
)

_IMPORTS = f"""
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error-type))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "error" (type $e (eq $error-type)))
    (type $s0 (variant (case "last-operation-failed" (own $e)) (case "closed")))
    (export "stream-error" (type $s (eq $s0)))
    (export "input-stream" (type $i (sub resource)))
    (export "[method]input-stream.blocking-read" (func
      (param "self" (borrow $i)) (param "len" u64) (result (result (list u8) (error $s)))))))
  (alias export $streams "input-stream" (type $input))
  (import "wasi:cli/exit@0.2.0" (instance $exit
    (export "exit-with-code" (func (param "status-code" u8)))))
  (import "wasi:http/types@0.2.0" (instance $types
    (export "pollable" (type $p (eq $pollable)))
    (export "input-stream" (type $in (eq $input)))
    (export "io-error" (type $e (eq $error-type)))
    (type $dns0 (record (field "rcode" (option string)) (field "info-code" (option u16))))
    (export "DNS-error-payload" (type $dns (eq $dns0)))
    (type $alert0 (record
      (field "alert-id" (option u8)) (field "alert-message" (option string))))
    (export "TLS-alert-received-payload" (type $alert (eq $alert0)))
    (type $field0 (record
      (field "field-name" (option string)) (field "field-size" (option u32))))
    (export "field-size-payload" (type $field (eq $field0)))
    (type $code0 (variant
      {_SHOWN_CASES}))
    (export "error-code" (type $code (eq $code0)))
    (type $scheme0 (variant (case "HTTP") (case "HTTPS") (case "other" string)))
    (export "scheme" (type $scheme (eq $scheme0)))
    (export "fields" (type $fields (sub resource)))
    (export "outgoing-request" (type $request (sub resource)))
    (export "request-options" (type $options (sub resource)))
    (export "future-incoming-response" (type $future (sub resource)))
    (export "incoming-response" (type $response (sub resource)))
    (export "incoming-body" (type $body (sub resource)))
    (export "http-error-code" (func (param "err" (borrow $e)) (result (option $code))))
    (export "[constructor]fields" (func (result (own $fields))))
    (export "[constructor]outgoing-request" (func
      (param "headers" (own $fields)) (result (own $request))))
    (export "[method]outgoing-request.set-scheme" (func
      (param "self" (borrow $request)) (param "scheme" (option $scheme)) (result (result))))
    (export "[method]outgoing-request.set-authority" (func
      (param "self" (borrow $request)) (param "authority" (option string)) (result (result))))
    (export "[method]outgoing-request.set-path-with-query" (func
      (param "self" (borrow $request)) (param "path-with-query" (option string))
      (result (result))))
    (export "[constructor]request-options" (func (result (own $options))))
    (export "[method]request-options.set-connect-timeout" (func
      (param "self" (borrow $options)) (param "duration" (option u64)) (result (result))))
    (export "[method]request-options.set-first-byte-timeout" (func
      (param "self" (borrow $options)) (param "duration" (option u64)) (result (result))))
    (export "[method]request-options.set-between-bytes-timeout" (func
      (param "self" (borrow $options)) (param "duration" (option u64)) (result (result))))
    (export "[method]future-incoming-response.subscribe" (func
      (param "self" (borrow $future)) (result (own $p))))
    (export "[method]future-incoming-response.get" (func (param "self" (borrow $future))
      (result (option (result (result (own $response) (error $code)))))))
    (export "[method]incoming-response.consume" (func
      (param "self" (borrow $response)) (result (result (own $body)))))
    (export "[method]incoming-body.stream" (func
      (param "self" (borrow $body)) (result (result (own $in)))))))
  (alias export $types "error-code" (type $error-code))
  (alias export $types "outgoing-request" (type $outgoing-request))
  (alias export $types "request-options" (type $request-options))
  (alias export $types "future-incoming-response" (type $future-response))
  (import "wasi:http/outgoing-handler@0.2.0" (instance $handler
    (export "outgoing-request" (type $request (eq $outgoing-request)))
    (export "request-options" (type $options (eq $request-options)))
    (export "future-incoming-response" (type $future (eq $future-response)))
    (export "error-code" (type $code (eq $error-code)))
    (export "handle" (func
      (param "request" (own $request)) (param "options" (option (own $options)))
      (result (result (own $future) (error $code)))))))
"""

# What the core code calls, by the name it has there: the instance, the function, its core type.
_FUNCTIONS = {
    "block": ("poll", "[method]pollable.block", "i32"),
    "read": ("streams", "[method]input-stream.blocking-read", "i32 i64 i32"),
    "exit": ("exit", "exit-with-code", "i32"),
    "error": ("types", "http-error-code", "i32 i32"),
    "fields": ("types", "[constructor]fields", "-> i32"),
    "request": ("types", "[constructor]outgoing-request", "i32 -> i32"),
    "scheme": ("types", "[method]outgoing-request.set-scheme", "i32 i32 i32 i32 i32 -> i32"),
    "authority": ("types", "[method]outgoing-request.set-authority", "i32 i32 i32 i32 -> i32"),
    "path": ("types", "[method]outgoing-request.set-path-with-query", "i32 i32 i32 i32 -> i32"),
    "options": ("types", "[constructor]request-options", "-> i32"),
    "connect": ("types", "[method]request-options.set-connect-timeout", "i32 i32 i64 -> i32"),
    "first": ("types", "[method]request-options.set-first-byte-timeout", "i32 i32 i64 -> i32"),
    "between": (
        "types",
        "[method]request-options.set-between-bytes-timeout",
        "i32 i32 i64 -> i32",
    ),
    "handle": ("handler", "handle", "i32 i32 i32 i32"),
    "subscribe": ("types", "[method]future-incoming-response.subscribe", "i32 -> i32"),
    "get": ("types", "[method]future-incoming-response.get", "i32 i32"),
    "consume": ("types", "[method]incoming-response.consume", "i32 i32"),
    "stream": ("types", "[method]incoming-body.stream", "i32 i32"),
}

_CODE = """
    ;; Results are written to 0; strings and pieces of the body come at 1024 and after.
    (func $must (param $tag i32) (if (local.get $tag) (then unreachable)))
    (func $fail (param $code i32)
      (call $exit (i32.add (local.get $code) (i32.const 1))) unreachable)
    (func $send (param $authority i32) (param $authority_length i32)
      (param $path i32) (param $path_length i32) (param $timeout i64) (result i32)
      (local $request i32) (local $options i32)
      (local.set $request (call $request (call $fields)))
      (call $must (call $scheme (local.get $request) (i32.const 1)
        (i32.const 0) (i32.const 0) (i32.const 0)))
      (call $must (call $authority (local.get $request) (i32.const 1)
        (local.get $authority) (local.get $authority_length)))
      (call $must (call $path (local.get $request) (i32.const 1)
        (local.get $path) (local.get $path_length)))
      (local.set $options (call $options))
      (call $must (call $connect (local.get $options) (i32.const 1) (local.get $timeout)))
      (call $must (call $first (local.get $options) (i32.const 1) (local.get $timeout)))
      (call $must (call $between (local.get $options) (i32.const 1) (local.get $timeout)))
      (call $handle (local.get $request) (i32.const 1) (local.get $options) (i32.const 0))
      (if (i32.load8_u (i32.const 0)) (then (call $fail (i32.load8_u (i32.const 8)))))
      (i32.load (i32.const 8)))
    (func $receive (param $future i32) (result i32)
      (call $block (call $subscribe (local.get $future)))
      (call $get (local.get $future) (i32.const 0))
      (call $must (i32.eqz (i32.load8_u (i32.const 0))))
      (call $must (i32.load8_u (i32.const 8)))
      (if (i32.load8_u (i32.const 16)) (then (call $fail (i32.load8_u (i32.const 24)))))
      (call $consume (i32.load (i32.const 24)) (i32.const 0))
      (call $must (i32.load8_u (i32.const 0)))
      (call $stream (i32.load (i32.const 4)) (i32.const 0))
      (call $must (i32.load8_u (i32.const 0)))
      (i32.load (i32.const 4)))
    (func $read_all (param $stream i32) (result i32) (local $total i32)
      (loop $again
        (call $forget)
        (call $read (local.get $stream) (i64.const 4096) (i32.const 0))
        (if (i32.eqz (i32.load8_u (i32.const 0))) (then
          (local.set $total (i32.add (local.get $total) (i32.load (i32.const 8))))
          (br $again))))
      (if (i32.eqz (i32.load8_u (i32.const 4))) (then
        (call $error (i32.load (i32.const 8)) (i32.const 0))
        (call $must (i32.eqz (i32.load8_u (i32.const 0))))
        (call $fail (i32.load8_u (i32.const 8)))))
      (local.get $total))
    (func (export "fetch") (param i32 i32 i32 i32 i32) (result i32)
      (call $read_all (call $receive (call $send
        (local.get 0) (local.get 1) (local.get 2) (local.get 3)
        (i64.mul (i64.extend_i32_u (local.get 4)) (i64.const 1000000))))))
"""


def _core_import(name: str, type: str) -> str:
    parameters, _, result = type.partition("-> ")
    shown = f"(param {parameters.strip()})" if parameters.strip() else ""
    shown += f" (result {result})" if result else ""
    return f'(import "host" "{name}" (func ${name} {shown}))'


def _component() -> str:
    lowered = "\n  ".join(
        f'(core func ${name} (canon lower (func ${instance} "{function}") '
        f"(memory $mem) (realloc $realloc)))"
        for name, (instance, function, _) in _FUNCTIONS.items()
    )
    imports = "\n    ".join(_core_import(name, it[2]) for name, it in _FUNCTIONS.items())
    given = " ".join(f'(export "{name}" (func ${name}))' for name in _FUNCTIONS)
    return f"""(component {_IMPORTS}
  (core module $memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "forget") (global.set $next (i32.const 1024)))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $m (instantiate $memory))
  (alias core export $m "memory" (core memory $mem))
  (alias core export $m "realloc" (core func $realloc))
  (alias core export $m "forget" (core func $forget))
  {lowered}
  (core instance $host (export "memory" (memory $mem)) (export "forget" (func $forget)) {given})
  (core module $code
    (import "host" "memory" (memory 1))
    (import "host" "forget" (func $forget))
    {imports}
    {_CODE})
  (core instance $c (instantiate $code (with "host" (instance $host))))
  (func (export "fetch")
    (param "authority" string) (param "path" string) (param "timeout-ms" u32) (result u32)
    (canon lift (core func $c "fetch") (memory $mem) (realloc $realloc))))
"""


FETCH_COMPONENT = _component()
