/* A component in C against the canonical ABI, without bindings. */
typedef unsigned char u8; typedef unsigned u32; typedef unsigned long long u64; typedef int s32;
#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(name) __attribute__((import_module("$root"), import_name(name)))

typedef struct { u8 *data; u32 length; } string;
typedef struct { s32 x, y; } point;
typedef struct { u8 tag; union { double radius; string text; } value; } shape;

static u8 heap[1 << 16];
static u32 used, live;

EXPORT("cabi_realloc") void *cabi_realloc(void *old, u32 old_size, u32 align, u32 size) {
  used = (used + align - 1) & -align;
  u8 *at = heap + used;
  used += size;
  if (used > sizeof heap) __builtin_trap();
  for (u32 n = 0; old && n < old_size; n++) at[n] = ((u8 *)old)[n];
  live += size;
  return at;
}

IMPORT("host-name") void host_name(string *result);

static void append(string *to, string from) {
  for (u32 n = 0; n < from.length; n++) to->data[to->length++] = from.data[n];
}

static string result_string;

EXPORT("greet") string *greet(u8 *data, u32 length) {
  string name = {data, length}, host;
  host_name(&host);
  result_string.data = cabi_realloc(0, 0, 1, length + host.length + 16);
  result_string.length = 0;
  append(&result_string, (string){(u8 *)"Hello, ", 7});
  append(&result_string, name);
  append(&result_string, (string){(u8 *)" from ", 6});
  append(&result_string, host);
  return &result_string;
}

EXPORT("cabi_post_greet") void post_greet(string *result) { live = 0; used = 0; (void)result; }

EXPORT("live-bytes") u32 live_bytes(void) { return live; }

EXPORT("sum") u64 sum(u32 *numbers, u32 count) {
  u64 total = 0;
  while (count--) total += *numbers++;
  return total;
}

EXPORT("mirror") point *mirror(s32 x, s32 y) {
  static point result;
  result = (point){-y, -x};
  return &result;
}

EXPORT("bigger") shape *bigger(s32 tag, u64 first, u32 second) {
  static shape result;
  result.tag = tag;
  if (tag == 1) { union { u64 bits; double value; } it = {first}; result.value.radius = it.value * 2; }
  if (tag == 2) result.value.text = (string){(u8 *)(u32)first, second};
  return &result;
}

EXPORT("next") u32 next(u32 colour) { return (colour + 1) % 3; }
EXPORT("invert") u32 invert(u32 mode) { return ~mode; }

typedef struct { u8 some; u32 value; } option;
EXPORT("find") option *find(u8 *text, u32 length, u32 letter) {
  static option result;
  result.some = 0;
  for (u32 n = 0; n < length && !result.some; n++)
    if (text[n] == letter) { result.some = 1; result.value = n; }
  return &result;
}

typedef struct { u8 error; union { s32 value; string message; } it; } outcome;
EXPORT("divide") outcome *divide(s32 a, s32 b) {
  static outcome result;
  result.error = b == 0;
  if (b) result.it.value = a / b;
  else result.it.message = (string){(u8 *)"division by zero", 16};
  return &result;
}

EXPORT("reverse") string *reverse(string *words, u32 count) {
  for (u32 n = 0; n < count / 2; n++) {
    string word = words[n];
    words[n] = words[count - 1 - n];
    words[count - 1 - n] = word;
  }
  result_string = (string){(u8 *)words, count};
  return &result_string;
}

typedef struct { u8 bytes[16]; u64 last; } parameters;
EXPORT("seventeen") u64 seventeen(parameters *p) {
  u64 total = p->last;
  for (u32 n = 0; n < 16; n++) total = total * 3 + p->bytes[n];
  return total;
}
