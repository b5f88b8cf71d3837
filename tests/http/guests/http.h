// wasi:http as a C program sees it, lowered by hand: handles and lengths are 32-bit integers, and
// results are written to memory that the caller gives.

#include <stdint.h>

typedef uint32_t u32;
typedef uint64_t u64;
typedef uint8_t u8;

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define TYPES(name) IMPORT("wasi:http/types@0.2.12", name)
#define STREAMS(name) IMPORT("wasi:io/streams@0.2.12", name)

TYPES("[constructor]fields") u32 fields_new(void);
TYPES("[static]fields.from-list") void fields_from_list(const void *entries, u32 count, void *ret);
TYPES("[method]fields.entries") void fields_entries(u32 self, void *ret);
TYPES("[resource-drop]fields") void fields_drop(u32 self);

TYPES("[method]incoming-request.method") void request_method(u32 self, void *ret);
TYPES("[method]incoming-request.path-with-query") void request_path(u32 self, void *ret);
TYPES("[method]incoming-request.authority") void request_authority(u32 self, void *ret);
TYPES("[method]incoming-request.headers") u32 request_headers(u32 self);
TYPES("[method]incoming-request.consume") void request_consume(u32 self, void *ret);
TYPES("[resource-drop]incoming-request") void request_drop(u32 self);

TYPES("[constructor]outgoing-request") u32 outgoing_request_new(u32 headers);
TYPES("[method]outgoing-request.body") void outgoing_request_body(u32 self, void *ret);
TYPES("[method]outgoing-request.set-method")
u32 outgoing_request_set_method(u32 self, u32 tag, const char *text, u32 length);
TYPES("[method]outgoing-request.set-path-with-query")
u32 outgoing_request_set_path(u32 self, u32 some, const char *text, u32 length);
TYPES("[method]outgoing-request.set-scheme")
u32 outgoing_request_set_scheme(u32 self, u32 some, u32 tag, const char *text, u32 length);
TYPES("[method]outgoing-request.set-authority")
u32 outgoing_request_set_authority(u32 self, u32 some, const char *text, u32 length);
TYPES("[resource-drop]outgoing-request") void outgoing_request_drop(u32 self);

TYPES("[constructor]request-options") u32 options_new(void);
TYPES("[method]request-options.set-connect-timeout")
u32 options_set_connect(u32 self, u32 some, u64 duration);
TYPES("[method]request-options.set-first-byte-timeout")
u32 options_set_first_byte(u32 self, u32 some, u64 duration);
TYPES("[method]request-options.set-between-bytes-timeout")
u32 options_set_between_bytes(u32 self, u32 some, u64 duration);

TYPES("[constructor]outgoing-response") u32 response_new(u32 headers);
TYPES("[method]outgoing-response.set-status-code") u32 response_set_status(u32 self, u32 status);
TYPES("[method]outgoing-response.body") void response_body(u32 self, void *ret);
TYPES("[static]response-outparam.set")
void outparam_set(u32 self, u32 tag, u32 value, u32 a, u64 b, u32 c, u32 d, u32 e, u32 f);

TYPES("[method]outgoing-body.write") void body_write(u32 self, void *ret);
TYPES("[static]outgoing-body.finish") void body_finish(u32 self, u32 some, u32 fields, void *ret);

TYPES("[method]incoming-response.status") u32 incoming_status(u32 self);
TYPES("[method]incoming-response.consume") void incoming_consume(u32 self, void *ret);
TYPES("[resource-drop]incoming-response") void incoming_drop(u32 self);
TYPES("[method]incoming-body.stream") void incoming_body_stream(u32 self, void *ret);
TYPES("[static]incoming-body.finish") u32 incoming_body_finish(u32 self);
TYPES("[method]future-trailers.subscribe") u32 trailers_subscribe(u32 self);
TYPES("[method]future-trailers.get") void trailers_get(u32 self, void *ret);
TYPES("[resource-drop]future-trailers") void trailers_drop(u32 self);
TYPES("[method]future-incoming-response.subscribe") u32 future_subscribe(u32 self);
TYPES("[method]future-incoming-response.get") void future_get(u32 self, void *ret);
TYPES("[resource-drop]future-incoming-response") void future_drop(u32 self);

IMPORT("wasi:http/outgoing-handler@0.2.12", "handle")
void send_request(u32 request, u32 some_options, u32 options, void *ret);

STREAMS("[method]input-stream.blocking-read") void stream_read(u32 self, u64 length, void *ret);
STREAMS("[resource-drop]input-stream") void input_drop(u32 self);
STREAMS("[method]output-stream.blocking-write-and-flush")
void stream_write(u32 self, const void *data, u32 length, void *ret);
STREAMS("[resource-drop]output-stream") void output_drop(u32 self);
IMPORT("wasi:io/poll@0.2.12", "[method]pollable.block") void pollable_block(u32 self);
IMPORT("wasi:io/poll@0.2.12", "[resource-drop]pollable") void pollable_drop(u32 self);

// Memory that is never given back, but for what a guest says it needs no more.

static u8 heap[1 << 20];
static u32 heap_used;

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, u32 old_size, u32 align,
                                                                u32 size) {
  u32 start = (heap_used + align - 1) & -align;
  if (start + size > sizeof heap) __builtin_trap();
  heap_used = start + size;
  for (u32 i = 0; i < old_size; i++) heap[start + i] = ((u8 *)old)[i];
  return heap + start;
}

void *memcpy(void *to, const void *from, unsigned long count) {
  for (unsigned long i = 0; i < count; i++) ((u8 *)to)[i] = ((const u8 *)from)[i];
  return to;
}

void *memset(void *to, int value, unsigned long count) {
  for (unsigned long i = 0; i < count; i++) ((u8 *)to)[i] = (u8)value;
  return to;
}

unsigned long strlen(const char *text) {
  unsigned long length = 0;
  while (text[length]) length++;
  return length;
}

static int starts_with(const char *text, u32 length, const char *prefix) {
  u32 wanted = strlen(prefix);
  if (length < wanted) return 0;
  for (u32 i = 0; i < wanted; i++)
    if (text[i] != prefix[i]) return 0;
  return 1;
}

static u32 number(const char *text, u32 length) {
  u32 value = 0;
  for (u32 i = 0; i < length; i++)
    if (text[i] >= '0' && text[i] <= '9') value = value * 10 + (text[i] - '0');
  return value;
}

// Results and options with 32-bit payloads.
static u32 ret[16] __attribute__((aligned(8)));
#define TAG(word) (*(u8 *)&ret[word])

static u32 must(void) {
  if (TAG(0)) __builtin_trap();
  return ret[1];
}

struct text {
  const char *data;
  u32 length;
};

struct field {
  struct text name, value;
};

static int write_all(u32 stream, const char *data, u32 length) {
  while (length) {
    u32 piece = length > 4096 ? 4096 : length;
    stream_write(stream, data, piece, ret);
    if (TAG(0)) return 0;
    data += piece;
    length -= piece;
  }
  return 1;
}

// The next piece of a stream; a length of 0 is its end.
static struct text next_piece(u32 stream) {
  stream_read(stream, 65536, ret);
  struct text piece = {0, 0};
  if (!TAG(0)) piece = (struct text){(const char *)ret[1], ret[2]};
  return piece;
}
