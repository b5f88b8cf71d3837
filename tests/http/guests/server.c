// A server that does as the path says.

#include "http.h"

IMPORT("wasi:clocks/monotonic-clock@0.2.12", "subscribe-duration") u32 after(u64 duration);
IMPORT("wasi:cli/stderr@0.2.12", "get-stderr") u32 get_stderr(void);

static u32 outparam;

static u32 begin(u32 status, const struct field *fields, u32 count) {
  fields_from_list(fields, count, ret);
  u32 response = response_new(must());
  response_set_status(response, status);
  response_body(response, ret);
  u32 body = must();
  outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
  return body;
}

static u32 open(u32 body) {
  body_write(body, ret);
  return must();
}

static int finish(u32 body, u32 stream, u32 trailers) {
  output_drop(stream);
  body_finish(body, trailers != 0, trailers, ret);
  return TAG(0) == 0;
}

static void simple(u32 status, const char *text, const struct field *fields, u32 count) {
  u32 body = begin(status, fields, count), stream = open(body);
  write_all(stream, text, strlen(text));
  finish(body, stream, 0);
}

// The body of the request, piece by piece, and its trailers.
static void echo(u32 request) {
  request_consume(request, ret);
  u32 incoming = must();
  incoming_body_stream(incoming, ret);
  u32 source = must();
  u32 body = begin(200, 0, 0), stream = open(body);
  u32 used = heap_used;
  for (;;) {
    struct text piece = next_piece(source);
    if (piece.length == 0 || !write_all(stream, piece.data, piece.length)) break;
    heap_used = used;
  }
  input_drop(source);
  u32 future = incoming_body_finish(incoming);
  u32 pollable = trailers_subscribe(future);
  pollable_block(pollable);
  pollable_drop(pollable);
  trailers_get(future, ret);
  // option<result<result<option<trailers>, error-code>>>
  if (!TAG(0) || TAG(2) || TAG(4)) __builtin_trap();
  u32 trailers = TAG(6) ? ret[7] : 0;
  finish(body, stream, trailers);
  trailers_drop(future);
}

static void list_headers(u32 request) {
  u32 headers = request_headers(request);
  fields_entries(headers, ret);
  struct field *fields = (struct field *)ret[0];
  u32 count = ret[1];
  u32 body = begin(200, 0, 0), stream = open(body);
  request_authority(request, ret);
  if (TAG(0)) write_all(stream, (const char *)ret[1], ret[2]);
  write_all(stream, "\n", 1);
  for (u32 i = 0; i < count; i++) {
    write_all(stream, fields[i].name.data, fields[i].name.length);
    write_all(stream, "=", 1);
    write_all(stream, fields[i].value.data, fields[i].value.length);
    write_all(stream, "\n", 1);
  }
  finish(body, stream, 0);
  fields_drop(headers);
}

// What another server on this machine, at the port in the path, says to GET /.
static void forward(const char *path, u32 length) {
  static char authority[] = "127.0.0.1:     ";
  for (u32 i = 0; i < length && i < 5; i++) authority[10 + i] = path[i];
  u32 request = outgoing_request_new(fields_new());
  outgoing_request_set_scheme(request, 1, 0, 0, 0);
  if (outgoing_request_set_authority(request, 1, authority, 10 + length)) __builtin_trap();
  send_request(request, 0, 0, ret);
  if (TAG(0)) {
    simple(502, "not sent", 0, 0);
    return;
  }
  u32 future = ret[2], pollable = future_subscribe(future);
  pollable_block(pollable);
  pollable_drop(pollable);
  future_get(future, ret);
  if (TAG(4)) {
    simple(504, "no answer", 0, 0);
    return;
  }
  u32 response = ret[6];
  incoming_consume(response, ret);
  u32 incoming = must();
  incoming_body_stream(incoming, ret);
  u32 source = must();
  u32 body = begin(incoming_status(response), 0, 0), stream = open(body);
  for (struct text piece = next_piece(source); piece.length; piece = next_piece(source))
    write_all(stream, piece.data, piece.length);
  finish(body, stream, 0);
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.12#handle"))) void handle(u32 request,
                                                                                     u32 out) {
  outparam = out;
  request_path(request, ret);
  const char *path = TAG(0) ? (const char *)ret[1] : "";
  u32 length = TAG(0) ? ret[2] : 0;
#define ROUTE(name) starts_with(path, length, name)
  if (ROUTE("/hello")) {
    struct field fields[] = {{{"X-Guest", 7}, {"C", 1}}, {{"x-guest", 7}, {"again", 5}}};
    simple(200, "hello", fields, 2);
  } else if (ROUTE("/echo")) {
    echo(request);
  } else if (ROUTE("/headers")) {
    list_headers(request);
  } else if (ROUTE("/method")) {
    request_method(request, ret);
    char digit = '0' + TAG(0);
    char text[] = {digit, 0};
    simple(200, text, 0, 0);
  } else if (ROUTE("/status/")) {
    simple(number(path + 8, length - 8), "", 0, 0);
  } else if (ROUTE("/length")) {
    struct field fields[] = {{{"Content-Length", 14}, {"5", 1}}};
    simple(200, "12345", fields, 1);
  } else if (ROUTE("/short")) {
    struct field fields[] = {{{"Content-Length", 14}, {"10", 2}}};
    simple(200, "12345", fields, 1);
  } else if (ROUTE("/trailers")) {
    struct field fields[] = {{{"X-Sum", 5}, {"5", 1}}};
    u32 body = begin(200, 0, 0), stream = open(body);
    write_all(stream, "hello", 5);
    fields_from_list(fields, 1, ret);
    finish(body, stream, must());
  } else if (ROUTE("/big/")) {
    static char block[4096];
    u32 count = number(path + 5, length - 5);
    u32 body = begin(200, 0, 0), stream = open(body);
    while (count && write_all(stream, block, sizeof block)) count--;
    finish(body, stream, 0);
  } else if (ROUTE("/forward/")) {
    forward(path + 9, length - 9);
  } else if (ROUTE("/error")) {
    // internal-error(some("secret"))
    outparam_set(outparam, 1, 38, 1, (u64)(u32) "secret", 6, 0, 0, 0);
  } else if (ROUTE("/trap")) {
    __builtin_trap();
  } else if (ROUTE("/late-trap")) {
    u32 stream = open(begin(200, 0, 0));
    write_all(stream, "begin", 5);
    __builtin_trap();
  } else if (ROUTE("/spin")) {
    for (volatile u32 i = 0;; i++) {
    }
  } else if (ROUTE("/sleep/")) {
    u32 pollable = after((u64)number(path + 7, length - 7) * 1000000);
    pollable_block(pollable);
    pollable_drop(pollable);
    simple(200, "slept", 0, 0);
  } else if (ROUTE("/stderr")) {
    u32 stream = get_stderr();
    write_all(stream, "to whom it may concern\n", 23);
    output_drop(stream);
    simple(200, "", 0, 0);
  } else if (!ROUTE("/none")) {
    simple(404, "not here", 0, 0);
  }
}
