/* Against the canonical ABI, without bindings. */
#include <stdint.h>
#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(interface, name) \
  __attribute__((import_module("wasi:" interface "@0.2.12"), import_name(name)))

static uint8_t heap[4096];
static uint32_t used;
EXPORT("cabi_realloc") void *cabi_realloc(void *old, uint32_t was, uint32_t align, uint32_t size) {
  (void)old, (void)was;
  used = (used + align - 1) & -align;
  void *at = heap + used;
  used += size;
  if (used > sizeof heap) __builtin_trap();
  return at;
}

typedef struct { char *data; uint32_t length; } string;
typedef struct { int32_t offset; string name; uint8_t in_daylight_saving_time; } timezone_display;
typedef struct { uint8_t failed, tag[3], kind, rest[3]; int32_t error; } read_result;

IMPORT("clocks/timezone", "utc-offset") int32_t utc_offset(uint64_t seconds, uint32_t nanoseconds);
IMPORT("clocks/timezone", "display")
void display(uint64_t seconds, uint32_t nanoseconds, timezone_display *result);
IMPORT("cli/stdin", "get-stdin") int32_t get_stdin(void);
IMPORT("io/streams", "[method]input-stream.blocking-read")
void blocking_read(int32_t stream, uint64_t length, read_result *result);
IMPORT("io/streams", "[resource-drop]input-stream") void drop_stream(int32_t stream);
IMPORT("io/error", "[resource-drop]error") void drop_error(int32_t error);
IMPORT("sockets/network", "network-error-code")
void network_error_code(int32_t error, uint8_t result[2]);
IMPORT("http/types", "[constructor]fields") int32_t new_fields(void);
IMPORT("http/types", "[method]response-outparam.send-informational")
void send_informational(int32_t to, uint32_t status, int32_t fields, uint64_t result[8]);
IMPORT("http/types", "[resource-drop]response-outparam") void drop_outparam(int32_t outparam);

EXPORT("utc-offset") int32_t offset(void) { return utc_offset(1700000000, 5); }

EXPORT("timezone-name") string *name(void) {
  static timezone_display shown;
  display(1700000000, 5, &shown);
  return &shown.name;
}

EXPORT("breaks-in-the-network") uint32_t breaks(void) {
  read_result result = {0};
  int32_t stream = get_stdin();
  while (!result.failed) blocking_read(stream, 100, &result);
  if (result.kind != 0) __builtin_trap(); /* closed, where an operation should have failed */
  uint8_t code[2] = {7, 7};
  network_error_code(result.error, code);
  drop_error(result.error);
  drop_stream(stream);
  return code[0];
}

EXPORT("inform") uint32_t inform(int32_t to) {
  uint64_t result[8] = {0};
  send_informational(to, 103, new_fields(), result);
  drop_outparam(to);
  return (uint8_t)result[0] == 0;
}
