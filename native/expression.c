#include "expression.h"

#include <stdio.h>

const wr_row wr_rows[WR_OP_COUNT] = {
#define WR_ROW(id, prefix, code, second, mnemonic, takes, gives, immediates, rule, fuel, width, \
               feature) \
  {mnemonic, takes, gives, immediates, code, prefix, rule, fuel, width, feature},
    WR_INSTRUCTIONS(WR_ROW)
#undef WR_ROW
};

/* From opcodes to rows: the first page for one-byte opcodes, then one a prefix. A row's number is
   stored plus one, so that zero means none. */
enum { PAGE_CODES = 0x140 };
static uint16_t pages[5][PAGE_CODES];
static bool second_codes[256]; /* of prefix 0xFB: the nullable forms of ref.test and ref.cast */

static unsigned page_of(unsigned prefix) { return prefix ? prefix - 0xFA : 0; }

/* How the immediates of frequent instructions are read in the short way, by their opcode. */
enum quick { SLOWLY, NOTHING, INDEX, SIGNED, FLOAT32, FLOAT64, MEMORY, BLOCK };
typedef struct quick_row {
  uint8_t quick;
  uint16_t op;
} quick_row;
static quick_row quick_rows[256];

static enum quick quick_of(const char *immediates)
{
  if (!immediates[0])
    return NOTHING;
  if (immediates[1])
    return SLOWLY;
  switch (immediates[0]) {
  case 'l': case 'f': case 'g': case 'x': return INDEX;
  case 'i': case 'I': return SIGNED;
  case '4': return FLOAT32;
  case '8': return FLOAT64;
  case 'M': return MEMORY;
  case 'b': return BLOCK;
  default: return SLOWLY;
  }
}

__attribute__((constructor)) static void fill_pages(void)
{
  for (unsigned op = 0; op < WR_OP_COUNT; op++) {
    const wr_row *row = &wr_rows[op];
    if (!row->prefix && row->code < 0xFB && row->feature == WR_FEATURE_NONE)
      quick_rows[row->code] = (quick_row){(uint8_t)quick_of(row->immediates), (uint16_t)op};
  }
#define WR_PAGE(id, prefix, code, second, ...) \
  pages[page_of(prefix)][code] = WR_OP_##id + 1; \
  if (second >= 0) { \
    pages[page_of(prefix)][second < 0 ? 0 : second] = WR_OP_##id + 1; \
    second_codes[second < 0 ? 0 : second] = true; \
  }
  WR_INSTRUCTIONS(WR_PAGE)
#undef WR_PAGE
}

bool wr_is_utf8(const uint8_t *data, uint32_t size)
{
  const uint8_t *end = data + size;
  while (data < end) {
    uint8_t lead = *data++;
    if (lead < 0x80)
      continue;
    unsigned more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || (size_t)(end - data) < more)
      return false;
    uint32_t scalar = lead & (0x3F >> more);
    for (unsigned i = 0; i < more; i++) {
      if ((*data & 0xC0) != 0x80)
        return false;
      scalar = scalar << 6 | (*data++ & 0x3F);
    }
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (scalar < least[more] || scalar > 0x10FFFF || (scalar >= 0xD800 && scalar < 0xE000))
      return false;
  }
  return true;
}

static uint32_t skip_index(wr_type_reader *t, uint32_t index, const uint8_t *at)
{
  (void)t;
  (void)index;
  (void)at;
  return 0;
}

_Noreturn static void illegal(wr_reader *r, const uint8_t *at, unsigned prefix, unsigned code)
{
  uint64_t offset = (uint64_t)(at - r->begin);
  if (prefix)
    wr_fail(r->failure, WR_ERROR_DECODE, offset, "illegal opcode %02x %02x", prefix, code);
  wr_fail(r->failure, WR_ERROR_DECODE, offset, "illegal opcode %02x", code);
}

static unsigned read_opcode(const wr_module *module, wr_reader *r, wr_instruction *out)
{
  const uint8_t *at = r->next;
  unsigned prefix = 0, code = wr_byte(r);
  if (code >= 0xFB && code <= 0xFE) {
    prefix = code;
    code = wr_u32(r);
  }
  unsigned number = code < PAGE_CODES ? pages[page_of(prefix)][code] : 0;
  if (!number)
    illegal(r, at, prefix, code);
  const wr_row *row = &wr_rows[number - 1];
  if (row->feature != WR_FEATURE_NONE && !module->features[row->feature]) {
    char what[80];
    snprintf(what, sizeof what, prefix ? "illegal opcode %02x %02x: %s" : "illegal opcode %.0x%02x: %s",
             prefix, code, row->mnemonic);
    wr_require(module, r->failure, (uint64_t)(at - r->begin), row->feature, what);
  }
  out->op = (uint16_t)(number - 1);
  out->at = at;
  out->type = second_codes[code & 0xFF] && prefix == 0xFB && code < 256 ? WR_NULLABLE : 0;
  return code;
}

static void read_block_type(wr_type_reader *t, wr_instruction *out)
{
  wr_reader *r = t->r;
  const uint8_t *start = r->next;
  int first = wr_peek(r);
  out->block_index = -1;
  out->type = WR_BOTTOM;
  if (first == 0x40) {
    r->next++;
    return;
  }
  if (first > 0x40 && first < 0x80) {
    out->type = wr_read_value_type(t, "value");
    return;
  }
  int64_t index = wr_s33(r);
  uint64_t offset = (uint64_t)(start - r->begin);
  if (index < 0)
    wr_fail(r->failure, WR_ERROR_DECODE, offset, "malformed block type");
  wr_require(t->module, r->failure, offset, WR_FEATURE_MULTI_VALUE,
             "malformed block type: a type index");
  out->block_index = index;
}

static void read_memory_argument(const wr_module *module, wr_reader *r, wr_instruction *out)
{
  const uint8_t *start = r->next;
  uint32_t flags = wr_u32(r);
  if (flags >= 0x80)
    wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin),
            "malformed memop flags 0x%x", flags);
  out->memory = 0;
  if (flags & 0x40) {
    wr_require(module, r->failure, (uint64_t)(start - r->begin), WR_FEATURE_MULTI_MEMORY,
               "malformed memop flags: a memory index");
    out->memory = wr_u32(r);
  }
  out->align_log2 = flags & 0x3F;
  out->offset = module->features[WR_FEATURE_MEMORY64] ? wr_u64(r) : wr_u32(r);
}

static uint32_t read_list_length(wr_reader *r)
{
  const uint8_t *start = r->next;
  uint32_t count = wr_u32(r);
  if (count > (uint64_t)(r->end - r->next))
    wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin),
            "unexpected end of section or function: %u items", count);
  return count;
}

static void read_catches(wr_reader *r, wr_instruction *out)
{
  out->count = read_list_length(r);
  out->list = r->next;
  for (uint32_t i = 0; i < out->count; i++) {
    const uint8_t *start = r->next;
    uint8_t code = wr_byte(r);
    if (code > 3)
      wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin),
              "malformed catch clause 0x%02x", code);
    if (code < 2)
      wr_u32(r);
    wr_u32(r);
  }
}

static uint32_t read_zero_or_index(const wr_module *module, wr_reader *r, int feature)
{
  if (module->features[feature])
    return wr_u32(r);
  const uint8_t *start = r->next;
  if (wr_byte(r) != 0)
    wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin), "zero byte expected");
  return 0;
}

static void put_index(wr_instruction *out, unsigned place, uint32_t index)
{
  if (place == 0)
    out->a = index;
  else
    out->b = index;
}

static void read_immediate(wr_type_reader *t, char kind, unsigned place, wr_instruction *out)
{
  wr_reader *r = t->r;
  switch (kind) {
  case 'l': case 'f': case 't': case 'g': case 'x': case 'e': case 'd': case 'G': case 'F':
  case 'c':
    put_index(out, place, wr_u32(r));
    break;
  case 'T':
    put_index(out, place, read_zero_or_index(t->module, r, WR_FEATURE_REFERENCE_TYPES));
    break;
  case 'm':
    put_index(out, place, read_zero_or_index(t->module, r, WR_FEATURE_MULTI_MEMORY));
    break;
  case 'L':
    out->count = read_list_length(r);
    out->list = r->next;
    for (uint32_t i = 0; i < out->count; i++)
      wr_u32(r);
    break;
  case 'b': read_block_type(t, out); break;
  case 'M': read_memory_argument(t->module, r, out); break;
  case 'a': put_index(out, place, wr_byte(r)); break;
  case 'A': case 'v': {
    const uint8_t *data = wr_raw(r, 16);
    memcpy(out->bits, data, 16);
    break;
  }
  case 'h': out->type = WR_REFERENCE(1, wr_read_heap(t)); break;
  case 'r': out->type |= WR_REF | wr_read_heap(t); break;
  case 'V':
    out->count = read_list_length(r);
    out->list = r->next;
    for (uint32_t i = 0; i < out->count; i++) {
      wr_type type = wr_read_value_type(t, "value");
      if (i == 0)
        out->type = type;
    }
    break;
  case 'C': read_catches(r, out); break;
  case 'i': out->bits[0] = (uint32_t)wr_s32(r); break;
  case 'I': out->bits[0] = (uint64_t)wr_s64(r); break;
  case '4': out->bits[0] = wr_raw32(r); break;
  case '8': out->bits[0] = wr_raw64(r); break;
  }
}

/* br_on_cast: nullability of both types in one byte, label, two heap types. */
static void read_cast(wr_type_reader *t, wr_instruction *out)
{
  wr_reader *r = t->r;
  const uint8_t *start = r->next;
  uint8_t flags = wr_byte(r);
  if (flags > 3)
    wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin),
            "malformed br_on_cast flags 0x%02x", flags);
  out->a = wr_u32(r);
  out->type = WR_REFERENCE(flags & 1, wr_read_heap(t));
  out->type2 = WR_REFERENCE(flags & 2, wr_read_heap(t));
}

/* The longest instruction that is read in the short way. */
enum { QUICK_BYTES = 10 };

/* Integers of up to four bytes, which are right whatever they are; the place behind them, or NULL
   where there are more bytes. */
static inline const uint8_t *quick_integer(const uint8_t *p, uint32_t *value, unsigned *bits)
{
  uint32_t sum = 0;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    uint8_t byte = *p++;
    sum |= (uint32_t)(byte & 0x7F) << shift;
    if (byte < 0x80) {
      *value = sum;
      *bits = shift + 7;
      return p;
    }
  }
  return NULL;
}

/* Read a frequent instruction in a usual form. False, and nothing is done, for all others, and
   near the end of the window. */
static bool read_quickly(wr_reader *r, wr_instruction *out)
{
  const uint8_t *p = r->next;
  if (r->end - p < QUICK_BYTES)
    return false;
  quick_row row = quick_rows[*p++];
  uint32_t value;
  unsigned bits;
  switch (row.quick) {
  case NOTHING: break;
  case INDEX:
    if (!(p = quick_integer(p, &value, &bits)))
      return false;
    out->a = value;
    break;
  case SIGNED:
    if (!(p = quick_integer(p, &value, &bits)))
      return false;
    int64_t number = (int64_t)((uint64_t)value << (64 - bits)) >> (64 - bits);
    out->bits[0] = row.op == WR_OP_i32_const ? (uint32_t)number : (uint64_t)number;
    break;
  case FLOAT32:
    out->bits[0] = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    p += 4;
    break;
  case FLOAT64:
    out->bits[0] = 0;
    for (unsigned k = 0; k < 8; k++)
      out->bits[0] |= (uint64_t)p[k] << (8 * k);
    p += 8;
    break;
  case MEMORY:
    if (*p >= 0x40) /* a memory index, or something wrong */
      return false;
    out->align_log2 = *p++;
    if (!(p = quick_integer(p, &value, &bits)))
      return false;
    out->memory = 0;
    out->offset = value;
    break;
  case BLOCK:
    if (*p++ != 0x40)
      return false;
    out->block_index = -1;
    break;
  default: return false;
  }
  out->op = row.op;
  out->at = r->next;
  out->type = WR_BOTTOM;
  r->next = p;
  return true;
}

void wr_read_instruction(const wr_module *module, wr_reader *r, wr_instruction *out, bool resolve)
{
  if (read_quickly(r, out))
    return;
  read_opcode(module, r, out);
  const wr_row *row = &wr_rows[out->op];
  wr_type_reader t = {module, r, NULL, resolve ? wr_type_index : skip_index};
  if (out->op == WR_OP_br_on_cast || out->op == WR_OP_br_on_cast_fail) {
    read_cast(&t, out);
    return;
  }
  if (out->op == WR_OP_atomic_fence) {
    const uint8_t *start = r->next;
    if (wr_byte(r) != 0)
      wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin), "zero byte expected");
    return;
  }
  unsigned place = 0;
  for (const char *kind = row->immediates; *kind; kind++) {
    if (*kind == 'd' && !module->has_data_count && r->failure->function >= 0)
      wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(out->at - r->begin),
              "data count section required by %s", row->mnemonic);
    /* The list of br_table and the memory argument do not take one of the two places. */
    read_immediate(&t, *kind, place, out);
    if (*kind != 'L' && *kind != 'M')
      place++;
  }
}

_Noreturn static void missing_end(const wr_module *module, wr_reader *r)
{
  const uint8_t *binary_end = module->binary + module->size;
  if (r->failure->function >= 0 && r->end < binary_end) {
    if (*r->end == 0x0B)
      wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(r->end - r->begin),
              "section size mismatch: the last instruction lies behind the end");
    wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(r->end - r->begin), "END opcode expected");
  }
  if (r->end < binary_end && *r->end < 0xFB) {
    unsigned number = pages[0][*r->end];
    if (!number || !module->features[wr_rows[number - 1].feature])
      illegal(r, r->end, 0, *r->end);
  }
  wr_unexpected_end(r);
}

void wr_skip_expression(const wr_module *module, wr_reader *r)
{
  uint32_t depth = 1;
  wr_instruction instruction;
  while (depth) {
    if (r->next >= r->end)
      missing_end(module, r);
    uint8_t code = *r->next;
    if (code == 0x0B) { /* end */
      r->next++;
      depth--;
      continue;
    }
    wr_read_instruction(module, r, &instruction, false);
    switch (instruction.op) {
    case WR_OP_block: case WR_OP_loop: case WR_OP_if: case WR_OP_try_table: case WR_OP_try:
      depth++;
      break;
    case WR_OP_delegate:
      if (--depth == 0)
        missing_end(module, r);
      break;
    }
  }
}
