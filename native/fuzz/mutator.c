/* Mutations that know what a module is made of (libFuzzer's interface for them): what is changed
   inside a section or body gets its length put right, instructions are exchanged for others of the
   same type, and numeric operations are put between others. So mutants of valid modules are mostly
   valid, and get as far as running. */
#include "../expression.h"
#include "world.h"

#include <setjmp.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

enum { MOST_PLACES = 4096, MOST_BODY = 1 << 16 };

/* What of the module is changed: bytes ``begin`` to ``end`` of it become others. */
typedef struct edit {
  uint64_t random;
  const wr_module *module;
  const wr_function *function;
  wr_range range;
  uint8_t bytes[MOST_BODY];
  size_t count;
} edit;

typedef struct place {
  uint32_t begin, end;
  uint16_t op;
  uint8_t next; /* the first byte of the next instruction */
} place;

/* Little pieces of code */

static void put(edit *e, unsigned byte) { e->bytes[e->count++] = (uint8_t)byte; }

static void put_leb(edit *e, uint64_t value)
{
  do {
    put(e, (value & 0x7F) | (value > 0x7F ? 0x80 : 0));
    value >>= 7;
  } while (value);
}

static void put_opcode(edit *e, unsigned op)
{
  const wr_row *row = &wr_rows[op];
  if (!row->prefix) {
    put(e, row->code);
    return;
  }
  put(e, row->prefix);
  put_leb(e, row->code);
}

static char letter_of(wr_type type)
{
  static const char letters[] = " iIfFv";
  return type <= WR_V128 ? letters[type] : 0;
}

/* Push a value: a local of that type, or a constant. */
static void put_value(edit *e, char letter)
{
  static const uint8_t small[] = {0, 1, 2, 31, 32, 63, 64, 0x7F};
  const wr_function *f = e->function;
  uint32_t start = f->local_count ? below(&e->random, f->local_count) : 0;
  for (uint32_t k = 0; k < f->local_count && k < 50 && below(&e->random, 4); k++) {
    uint32_t local = (start + k) % f->local_count;
    if (letter_of(wr_local_type(f, local)) == letter) {
      put(e, 0x20);
      put_leb(e, local);
      return;
    }
  }
  uint64_t chance = next_random(&e->random);
  unsigned bytes = letter == 'f' ? 4 : letter == 'F' ? 8 : 16;
  switch (letter) {
  case 'i': case 'I':
    put(e, letter == 'i' ? 0x41 : 0x42);
    put(e, small[chance % sizeof small]);
    return;
  case 'v': put(e, 0xFD), put(e, 0x0C); break;
  default: put(e, letter == 'f' ? 0x43 : 0x44);
  }
  for (unsigned k = 0; k < bytes; k++)
    put(e, chance & 1 ? 0 : (unsigned)(chance >> (k % 8 * 8)) & 0xFF);
}

static bool is_numeric(const char *letters)
{
  for (; *letters; letters++)
    if (!strchr("iIfFv", *letters))
      return false;
  return true;
}

/* An operation without immediates that gives one value of a type; WR_OP_COUNT if chance had
   none. */
static unsigned operation_for(edit *e, const char *gives, const char *takes)
{
  for (int k = 0; k < 3000; k++) {
    unsigned op = below(&e->random, WR_OP_COUNT);
    const wr_row *row = &wr_rows[op];
    if (row->takes && row->gives && !strcmp(row->gives, gives) && !*row->immediates &&
        (takes ? !strcmp(row->takes, takes) : *row->takes && is_numeric(row->takes)))
      return op;
  }
  return WR_OP_COUNT;
}

/* Something behind a value that leaves a value of the same type. */
static bool put_detour(edit *e, char letter)
{
  char type[2] = {letter, 0};
  unsigned op = operation_for(e, type, NULL);
  if (op == WR_OP_COUNT || wr_rows[op].takes[0] != letter)
    return false;
  for (const char *more = wr_rows[op].takes + 1; *more; more++)
    put_value(e, *more);
  put_opcode(e, op);
  return true;
}

/* Something that neither takes nor leaves anything. */
static void put_statement(edit *e)
{
  static const char letters[] = "iIfFiI";
  const wr_function *f = e->function;
  char letter = letters[below(&e->random, 6)];
  switch (below(&e->random, 4)) {
  case 0: /* into a local */
    if (f->local_count) {
      uint32_t local = below(&e->random, f->local_count);
      letter = letter_of(wr_local_type(f, local));
      if (letter) {
        put_value(e, letter);
        put_detour(e, letter);
        put(e, 0x21);
        put_leb(e, local);
      }
    }
    break;
  case 1: /* a branch to behind itself */
    put(e, 0x02), put(e, 0x40);
    put_value(e, 'i');
    put(e, 0x0D), put(e, 0x00);
    put(e, 0x01);
    put(e, 0x0B);
    break;
  case 2: /* a loop that ends */
    put(e, 0x03), put(e, 0x40);
    put_value(e, letter);
    put_detour(e, letter);
    put(e, 0x1A);
    put(e, 0x0B);
    break;
  default:
    put_value(e, 'i');
    put(e, 0x04), put(e, 0x40);
    put(e, 0x05);
    put(e, 0x0B);
  }
}

/* Changes to one instruction */

static void change_instruction(edit *e, const uint8_t *code, const place *at)
{
  const wr_row *row = &wr_rows[at->op];
  uint32_t size = at->end - at->begin;
  e->range = (wr_range){at->begin, at->end};
  memcpy(e->bytes, code + at->begin, size);
  e->count = size;
  unsigned kind = below(&e->random, 6);
  char gives = row->gives && row->gives[0] && !row->gives[1] ? row->gives[0] : 0;
  if (at->op == WR_OP_local_get || at->op == WR_OP_local_tee) {
    wr_reader r = {code, code + at->begin + 1, code + at->end, code + at->end, NULL};
    uint32_t local = wr_u32(&r);
    gives = letter_of(wr_local_type(e->function, local));
    if (kind < 2 && at->op == WR_OP_local_get && gives) {
      e->count = 0;
      put_value(e, gives);
      return;
    }
  }
  if (kind < 2 && row->takes && row->gives && !*row->immediates) {
    unsigned op = operation_for(e, row->gives, row->takes);
    if (op != WR_OP_COUNT) {
      e->count = 0;
      put_opcode(e, op);
      return;
    }
  }
  if (kind < 4 && gives && strchr("iIfFv", gives) && put_detour(e, gives))
    return;
  if (kind == 4) {
    put_statement(e);
    return;
  }
  if (size > 1) /* its immediates */
    e->count = 1 + LLVMFuzzerMutate(e->bytes + 1, size - 1, size + 4);
  else
    e->bytes[0] = (uint8_t)next_random(&e->random);
}

/* The instructions of a body. */
static uint32_t read_places(const edit *e, place *places)
{
  const wr_module *m = e->module;
  wr_range body = e->function->body;
  wr_error error;
  wr_failure failure = {.error = &error, .function = -1, .pc = -1};
  wr_reader r = {m->binary, m->binary + body.begin, m->binary + body.end, m->binary + m->size,
                 &failure};
  wr_instruction i;
  volatile uint32_t count = 0;
  if (setjmp(failure.jump))
    return count;
  while (r.next < r.end && count < MOST_PLACES) {
    wr_read_instruction(m, &r, &i, false);
    places[count] = (place){(uint32_t)(i.at - m->binary), (uint32_t)(r.next - m->binary), i.op, 0};
    count = count + 1;
  }
  return count;
}

/* Bytes again, with lengths put right */

static size_t leb_size(const uint8_t *data)
{
  size_t size = 1;
  while (*data++ & 0x80)
    size++;
  return size;
}

static uint64_t leb_value(const uint8_t *data)
{
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7, data++) {
    value |= (uint64_t)(*data & 0x7F) << shift;
    if (!(*data & 0x80))
      break;
  }
  return value;
}

static size_t write_leb(uint8_t *data, uint64_t value)
{
  size_t size = 0;
  do
    data[size++] = (uint8_t)((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
  while (value >>= 7);
  return size;
}

/* Where the piece with a length in front that contains ``at`` begins (its length), in a valid
   module: a section, or a body if ``in_code``. */
static size_t find_section(const uint8_t *data, size_t at)
{
  size_t place = 8;
  for (;;) {
    size_t content = place + 1 + leb_size(data + place + 1);
    size_t end = content + leb_value(data + place + 1);
    if (at < end)
      return place + 1;
    place = end;
  }
}

static size_t find_body(const uint8_t *data, size_t section, size_t at)
{
  size_t place = section + leb_size(data + section);
  place += leb_size(data + place); /* how many there are */
  for (;;) {
    size_t content = place + leb_size(data + place), end = content + leb_value(data + place);
    if (at < end)
      return place;
    place = end;
  }
}

/* Replace ``range`` by other bytes, and then the lengths at ``lengths`` (inner ones first). */
static size_t apply(const edit *e, uint8_t *data, size_t size, size_t most, const size_t *lengths,
                    unsigned count)
{
  int64_t added = (int64_t)e->count - (e->range.end - e->range.begin);
  if (size + e->count + 16 > most)
    return size;
  memmove(data + e->range.begin + e->count, data + e->range.end, size - e->range.end);
  memcpy(data + e->range.begin, e->bytes, e->count);
  size = (size_t)((int64_t)size + added);
  for (unsigned k = 0; k < count; k++) {
    uint8_t encoded[10];
    size_t at = lengths[k], old = leb_size(data + at);
    size_t now = write_leb(encoded, (uint64_t)((int64_t)leb_value(data + at) + added));
    memmove(data + at + now, data + at + old, size - at - old);
    memcpy(data + at, encoded, now);
    size = size + now - old;
    added += (int64_t)now - (int64_t)old;
  }
  return size;
}

static size_t change_body(edit *e, uint8_t *data, size_t size, size_t most)
{
  static place places[MOST_PLACES];
  const wr_module *m = e->module;
  uint32_t defined = m->function_count - m->imported_functions;
  if (!defined)
    return 0;
  e->function = &m->functions[m->imported_functions + below(&e->random, defined)];
  uint32_t count = read_places(e, places);
  if (!count)
    return 0;
  const place *at = &places[below(&e->random, count)];
  if (at->end - at->begin > MOST_BODY / 4)
    return 0;
  if (below(&e->random, 12) == 0) { /* any bytes from here on */
    uint32_t rest = e->function->body.end - at->begin;
    if (rest > MOST_BODY / 4)
      return 0;
    e->range = (wr_range){at->begin, e->function->body.end};
    memcpy(e->bytes, data + at->begin, rest);
    e->count = LLVMFuzzerMutate(e->bytes, rest, rest + 16);
  } else {
    change_instruction(e, m->binary, at);
  }
  size_t section = find_section(data, at->begin);
  size_t lengths[] = {find_body(data, section, at->begin), section};
  return apply(e, data, size, most, lengths, 2);
}

static size_t change_section(edit *e, uint8_t *data, size_t size, size_t most)
{
  size_t at = 8 + below(&e->random, (uint32_t)(size - 8));
  size_t length = find_section(data, at), content = length + leb_size(data + length);
  size_t end = content + leb_value(data + length);
  if (end == content || end - content > MOST_BODY / 2)
    return 0;
  e->range = (wr_range){(uint32_t)content, (uint32_t)end};
  memcpy(e->bytes, data + content, end - content);
  e->count = LLVMFuzzerMutate(e->bytes, end - content, end - content + 32);
  return apply(e, data, size, most, &length, 1);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
  static edit e;
  uint8_t features[WR_FEATURE_NONE];
  wr_error error;
  e.random = seed;
  e.count = 0;
  unsigned kind = below(&e.random, 20);
  memset(features, 1, sizeof features);
  wr_module *module = kind && size > 8 ? wr_module_load(data, size, features, &error) : NULL;
  size_t changed = 0;
  if (module) {
    e.module = module;
    changed = kind < 17 ? change_body(&e, data, size, most) : change_section(&e, data, size, most);
  }
  wr_module_free(module);
  return changed ? changed : LLVMFuzzerMutate(data, size, most);
}
