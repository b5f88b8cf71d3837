/* Typing of usual bodies, several times quicker than check_body.c does it.

   Every instruction has a row of eight bytes, which says what it takes and gives and how its
   immediates are read; few kinds of rows cover nearly all code. Types lie on a stack of words. Where
   a block begins there is a mark on the stack, which is no type: so whoever pops too much finds the
   mark instead of a type, and no height is looked at. Code behind a branch must end its block at
   once. Types must be equal: where one would have to match another, it is for the other checker.

   The end of the body is looked for once an instruction, and once a label of br_table; immediates
   are read without looking. So a body with too little behind it in the binary is copied first. */
#include "check_quick.h"

#include <string.h>

#define KINDS(X) \
  X(OTHER) X(LOCAL_GET) X(LOCAL_SET) X(LOCAL_TEE) X(GLOBAL_GET) X(GLOBAL_SET) X(CONST_INTEGER) X(CONST_LONG) X(CONST_BYTES) X(NOTHING) X(UNARY) X(BINARY) X(SIGNATURE) X(LOAD) X(STORE) X(MEMORY_SIZE) X(MEMORY_GROW) X(MEMORIES) X(LANE) X(LOAD_LANE) X(SHUFFLE) X(DROP) X(SELECT) X(BLOCK) X(LOOP) X(IF) X(ELSE) X(END) X(BR) X(BR_IF) X(BR_TABLE) X(RETURN) X(UNREACHABLE) X(CALL) X(CALL_INDIRECT) X(PREFIX_FC) X(PREFIX_FD)
#define NAME(kind) kind,
enum kind { KINDS(NAME) };
#undef NAME

typedef struct row {
  uint8_t kind;
  uint8_t size;  /* the logarithm of the natural alignment; bytes of a constant; memory indices */
  uint8_t lanes;
  uint8_t gives; /* a type, or WR_BOTTOM */
  uint8_t take_count;
  uint8_t takes[3];
} row;

enum { MARK = 15, PLAIN_ROWS = 256, ROWS_FC = 32, ROWS_FD = 320, ROWS_IN_ALL = 608 };
/* Blocks one inside the other at most; what may be looked at below the stack, and room above it. */
enum { DEPTH = 512, BELOW = 1024, SPARE = 8 };
/* More bytes than any instruction has, but for the list of br_table. */
enum { BEHIND = 64 };

typedef struct control {
  const wr_type *label, *takes, *gives;
  wr_type *mark;
  uint16_t label_count, take_count, give_count;
  uint8_t opened_by;
} control;

struct wr_quick {
  const wr_module *module;
  const wr_defined_type **types; /* function types by index, NULL for others */
  wr_type *locals;
  wr_type *bottom, *stack_end;
  uint8_t *copy; /* of a body that has less than BEHIND bytes behind it */
  control controls[DEPTH];
  row rows[ROWS_IN_ALL];
};

/* Rows */

static uint8_t type_of(char letter)
{
  switch (letter) {
  case 'i': return WR_I32;
  case 'I': return WR_I64;
  case 'f': return WR_F32;
  case 'F': return WR_F64;
  case 'v': return WR_V128;
  default: return MARK; /* a reference */
  }
}

static uint8_t logarithm(unsigned width)
{
  uint8_t log2 = 0;
  while (1u << log2 < width)
    log2++;
  return log2;
}

/* Kinds of instructions whose stack type is not in the table, or whose immediates are special. */
static uint8_t kind_by_rule(unsigned rule)
{
  switch (rule) {
  case WR_RULE_LOCAL_GET: return LOCAL_GET;
  case WR_RULE_LOCAL_SET: return LOCAL_SET;
  case WR_RULE_LOCAL_TEE: return LOCAL_TEE;
  case WR_RULE_GLOBAL_GET: return GLOBAL_GET;
  case WR_RULE_GLOBAL_SET: return GLOBAL_SET;
  case WR_RULE_DROP: return DROP;
  case WR_RULE_SELECT: return SELECT;
  case WR_RULE_BLOCK: return BLOCK;
  case WR_RULE_LOOP: return LOOP;
  case WR_RULE_IF: return IF;
  case WR_RULE_ELSE: return ELSE;
  case WR_RULE_END: return END;
  case WR_RULE_BR: return BR;
  case WR_RULE_BR_IF: return BR_IF;
  case WR_RULE_BR_TABLE: return BR_TABLE;
  case WR_RULE_RETURN: return RETURN;
  case WR_RULE_UNREACHABLE: return UNREACHABLE;
  case WR_RULE_CALL: return CALL;
  case WR_RULE_CALL_INDIRECT: return CALL_INDIRECT;
  default: return OTHER;
  }
}

static uint8_t kind_of_memory(unsigned rule)
{
  switch (rule) {
  case WR_RULE_LOAD: return LOAD;
  case WR_RULE_STORE: return STORE;
  case WR_RULE_LOAD_LANE: case WR_RULE_STORE_LANE: return LOAD_LANE;
  case WR_RULE_MEMORY_SIZE: return MEMORY_SIZE;
  case WR_RULE_MEMORY_GROW: return MEMORY_GROW;
  case WR_RULE_MEMORY_COPY: case WR_RULE_MEMORY_FILL: return MEMORIES;
  default: return OTHER;
  }
}

static uint8_t kind_of_plain(const wr_row *source, row *made)
{
  switch (source->immediates[0]) {
  case 'i': return CONST_INTEGER;
  case 'I': return CONST_LONG;
  case '4': made->size = 4; return CONST_BYTES;
  case '8': made->size = 8; return CONST_BYTES;
  case 'v': made->size = 16; return CONST_BYTES;
  case 0: break;
  default: return OTHER;
  }
  bool alike = made->take_count == 2 && made->takes[0] == made->takes[1] && made->gives;
  if (made->take_count == 1 && made->gives)
    return UNARY;
  return alike ? BINARY : !made->take_count && !made->gives ? NOTHING : SIGNATURE;
}

/* What the table says of the stack; false if it says nothing, or names more than rows can hold. */
static bool set_types(row *made, const wr_row *source)
{
  if (!source->takes || strlen(source->takes) > 3 || strlen(source->gives) > 1)
    return false;
  for (const char *take = source->takes; *take; take++)
    made->takes[made->take_count++] = type_of(*take);
  made->gives = source->gives[0] ? type_of(source->gives[0]) : WR_BOTTOM;
  return made->gives != MARK && !memchr(made->takes, MARK, sizeof made->takes);
}

/* The types of instructions for memory 0, whose addresses may be 64 bits wide. */
static void set_addresses(row *made, uint8_t address)
{
  switch (made->kind) {
  case LOAD: case STORE: case LOAD_LANE: made->takes[0] = address; break;
  case MEMORY_SIZE: made->gives = address; break;
  case MEMORY_GROW: made->takes[0] = made->gives = address; break;
  }
}

static row make_row(const wr_module *module, const wr_row *source)
{
  row made = {0}, none = {0};
  if (!module->features[source->feature])
    return none;
  made.kind = kind_by_rule(source->rule);
  if (made.kind != OTHER)
    return made;
  bool has_types = set_types(&made, source);
  if (source->rule == WR_RULE_NONE || source->rule == WR_RULE_LANE ||
      source->rule == WR_RULE_SHUFFLE) {
    made.lanes = source->rule == WR_RULE_LANE ? 16 / source->width : 32;
    made.kind = source->rule == WR_RULE_LANE      ? LANE
                : source->rule == WR_RULE_SHUFFLE ? SHUFFLE
                                                  : kind_of_plain(source, &made);
    return has_types ? made : none;
  }
  made.kind = kind_of_memory(source->rule);
  if (made.kind == OTHER || !module->memory_count)
    return none;
  uint8_t address = module->memories[0].is_64 ? WR_I64 : WR_I32;
  if (made.kind == MEMORIES) {
    bool copies = source->rule == WR_RULE_MEMORY_COPY;
    uint8_t middle = copies ? address : WR_I32;
    return (row){MEMORIES, copies ? 2 : 1, 0, WR_BOTTOM, 3, {address, middle, address}};
  }
  if (!has_types && made.kind != MEMORY_SIZE && made.kind != MEMORY_GROW)
    return none;
  made.size = logarithm(source->width);
  made.lanes = source->width ? 16 / source->width : 0;
  set_addresses(&made, address);
  return made;
}

static void make_rows(wr_quick *q)
{
  for (unsigned op = 0; op < WR_OP_COUNT; op++) {
    const wr_row *source = &wr_rows[op];
    unsigned most = source->prefix == 0xFC ? ROWS_FC : source->prefix == 0xFD ? ROWS_FD : 0;
    unsigned first = source->prefix == 0xFC ? PLAIN_ROWS : PLAIN_ROWS + ROWS_FC;
    if (!source->prefix)
      q->rows[source->code] = make_row(q->module, source);
    else if (source->code < most)
      q->rows[first + source->code] = make_row(q->module, source);
  }
  q->rows[0xFC].kind = PREFIX_FC;
  q->rows[0xFD].kind = PREFIX_FD;
}

static bool is_last(const wr_module *module, const wr_function *function)
{
  return module->size - function->body.end < BEHIND;
}

wr_quick *wr_quick_new(const wr_module *module, wr_arena *arena)
{
  uint32_t locals = 0, longest = 0, longest_last = 0;
  for (uint32_t i = module->imported_functions; i < module->function_count; i++) {
    const wr_function *function = &module->functions[i];
    uint32_t size = function->body.end - function->body.begin;
    locals = function->local_count > locals ? function->local_count : locals;
    longest = size > longest ? size : longest;
    if (is_last(module, function))
      longest_last = size > longest_last ? size : longest_last;
  }
  /* One operand more takes two bytes of code at least; what gives several looks at the room. */
  size_t room = BELOW + (size_t)longest / 2 + 2 * SPARE;
  wr_quick *q = wr_arena_alloc(arena, sizeof *q);
  wr_type *words = wr_arena_alloc(arena, (room + locals) * sizeof *words);
  const wr_defined_type **types = wr_arena_alloc(arena, module->type_count * sizeof *types + 1);
  uint8_t *copy = wr_arena_alloc(arena, (size_t)longest_last + BEHIND);
  if (!q || !words || !types || !copy)
    return NULL;
  for (uint32_t i = 0; i < module->type_count; i++) {
    const wr_defined_type *type = wr_defined(module->types[i]);
    types[i] = type->kind == WR_KIND_FUNC ? type : NULL;
  }
  q->module = module;
  q->types = types;
  q->copy = copy;
  q->bottom = words + BELOW;
  q->stack_end = words + room;
  q->locals = words + room;
  make_rows(q);
  return q;
}

/* A body that is being checked. Whatever is found out is false where the body is not usual. */
typedef struct body {
  const uint8_t *next, *end;
  wr_type *top; /* behind the topmost operand */
  control *innermost;
} body;

#define INLINE static inline __attribute__((always_inline))
#define NEED(condition) \
  do { \
    if (__builtin_expect(!(condition), 0)) \
      return false; \
  } while (0)

/* Immediates */

/* An index that has more than two bytes: how many, and the index below; 0 if it is not right. */
static uint64_t long_index(const uint8_t *p)
{
  uint64_t value = 0;
  for (unsigned k = 0; k < 5; k++) {
    value |= (uint64_t)(p[k] & 0x7F) << (7 * k);
    if (p[k] < 0x80)
      return value > UINT32_MAX ? 0 : (uint64_t)(k + 1) << 32 | value;
  }
  return 0;
}

INLINE bool read_index(body *b, uint32_t *index)
{
  uint32_t first = b->next[0], second = b->next[1];
  if (first < 0x80) {
    b->next++;
    *index = first;
    return true;
  }
  if (second < 0x80) {
    b->next += 2;
    *index = (first & 0x7F) | second << 7;
    return true;
  }
  uint64_t found = long_index(b->next);
  b->next += found >> 32;
  *index = (uint32_t)found;
  return found != 0;
}

/* How many bytes an integer of five or more has; 0 if it is not right. */
static unsigned long_signed(const uint8_t *p, unsigned most, uint8_t unused)
{
  unsigned k = 4;
  while (k < most - 1 && p[k] >= 0x80)
    k++;
  if (p[k] >= 0x80)
    return 0;
  bool is_right = k < most - 1 || (p[k] & unused) == 0 || (p[k] & unused) == unused;
  return is_right ? k + 1 : 0;
}

/* Of up to four bytes; otherwise 0. Whatever they are, they are right. */
INLINE unsigned short_integer(const uint8_t *p)
{
  uint32_t bytes;
  memcpy(&bytes, p, sizeof bytes);
  uint32_t last = ~bytes & 0x80808080u;
  return last ? ((unsigned)__builtin_ctz(last) >> 3) + 1 : 0;
}

INLINE bool skip_signed(body *b, unsigned most, uint8_t unused)
{
  unsigned count = short_integer(b->next);
  if (__builtin_expect(!count, 0)) {
    count = long_signed(b->next, most, unused);
    NEED(count);
  }
  b->next += count;
  return true;
}

/* In the first memory, and not more aligned than is natural. */
INLINE bool memory_argument(body *b, const row *r)
{
  NEED(b->next[0] <= r->size);
  unsigned count = short_integer(b->next + 1);
  if (__builtin_expect(!count, 0)) {
    count = (unsigned)(long_index(b->next + 1) >> 32);
    NEED(count);
  }
  b->next += 1 + count;
  return true;
}

/* Operands */

INLINE bool push_one(body *b, wr_type type)
{
  *b->top++ = type;
  return true;
}

INLINE bool pop_one(body *b, wr_type type)
{
  b->top--;
  return *b->top == type;
}

/* Whether types are on top. */
INLINE bool is_top(const body *b, const wr_type *types, uint32_t count)
{
  if (count == 0)
    return true;
  if (count == 1)
    return b->top[-1] == types[0];
  return memcmp(b->top - count, types, count * sizeof *types) == 0;
}

INLINE bool push_types(const wr_quick *q, body *b, const wr_type *types, uint32_t count)
{
  if (count == 1)
    return push_one(b, types[0]);
  if (count) {
    NEED(q->stack_end - b->top >= (b->end - b->next) / 2 + SPARE + count);
    memcpy(b->top, types, count * sizeof *types);
    b->top += count;
  }
  return true;
}

INLINE bool unary(body *b, const row *r)
{
  NEED(b->top[-1] == r->takes[0]);
  b->top[-1] = r->gives;
  return true;
}

INLINE bool binary(body *b, const row *r)
{
  b->top--;
  NEED(b->top[0] == r->takes[0] && b->top[-1] == r->takes[0]);
  b->top[-1] = r->gives;
  return true;
}

INLINE bool store(body *b, const row *r)
{
  b->top -= 2;
  return b->top[1] == r->takes[1] && b->top[0] == r->takes[0];
}

INLINE bool signature(body *b, const row *r)
{
  for (unsigned k = r->take_count; k--;)
    NEED(pop_one(b, r->takes[k]));
  return !r->gives || push_one(b, r->gives);
}

static bool check_lanes(const uint8_t *lanes, unsigned count, unsigned most)
{
  for (unsigned k = 0; k < count; k++)
    if (lanes[k] >= most)
      return false;
  return true;
}

/* Memory indices, all zero, and then what the row says. */
INLINE bool memories(body *b, const row *r)
{
  for (unsigned k = r->size; k--;)
    NEED(*b->next++ == 0);
  return signature(b, r);
}

/* Locals and globals */

INLINE bool local(const wr_quick *q, body *b, uint32_t count, unsigned kind)
{
  uint32_t index;
  NEED(read_index(b, &index) && index < count);
  wr_type type = q->locals[index];
  if (kind == LOCAL_GET)
    return push_one(b, type);
  if (kind == LOCAL_SET)
    return pop_one(b, type);
  return b->top[-1] == type;
}

INLINE bool global(const wr_quick *q, body *b, unsigned kind)
{
  uint32_t index;
  NEED(read_index(b, &index) && index < q->module->global_count);
  const wr_global_type *type = &q->module->globals[index];
  if (kind == GLOBAL_GET)
    return push_one(b, type->type);
  return type->is_mutable && pop_one(b, type->type);
}

INLINE bool select_one(body *b)
{
  wr_type type = b->top[-2];
  NEED(b->top[-1] == WR_I32 && type == b->top[-3] && type >= WR_I32 && type <= WR_V128);
  b->top -= 2;
  return true;
}

/* Blocks */

static const wr_type single_types[] = {WR_I32, WR_I64, WR_F32, WR_F64, WR_V128};

INLINE bool block_type(const wr_quick *q, body *b, control *c)
{
  uint8_t code = *b->next;
  c->take_count = c->give_count = 0;
  c->takes = c->gives = single_types;
  if (code == 0x40) {
    b->next++;
    return true;
  }
  if (code >= (q->module->features[WR_FEATURE_SIMD] ? 0x7B : 0x7C) && code <= 0x7F) {
    b->next++;
    c->gives = &single_types[0x7F - code];
    c->give_count = 1;
    return true;
  }
  uint32_t index; /* not a negative number, in one byte or several */
  NEED((code < 0x40 || code >= 0x80) && q->module->features[WR_FEATURE_MULTI_VALUE]);
  const uint8_t *at = b->next;
  NEED(read_index(b, &index) && b->next[-1] < 0x40 && b->next - at < 5);
  NEED(index < q->module->type_count && q->types[index]);
  const wr_defined_type *type = q->types[index];
  c->takes = type->params;
  c->gives = type->results;
  c->take_count = (uint16_t)type->param_count;
  c->give_count = (uint16_t)type->result_count;
  return true;
}

INLINE bool open_block(wr_quick *q, body *b, unsigned kind)
{
  control *c = b->innermost + 1;
  NEED(c < q->controls + DEPTH && block_type(q, b, c));
  NEED(kind != IF || pop_one(b, WR_I32));
  c->opened_by = (uint8_t)kind;
  c->label = kind == LOOP ? c->takes : c->gives;
  c->label_count = kind == LOOP ? c->take_count : c->give_count;
  if (c->take_count) {
    NEED(is_top(b, c->takes, c->take_count));
    b->top -= c->take_count;
  }
  b->innermost = c;
  c->mark = b->top;
  push_one(b, MARK);
  return push_types(q, b, c->takes, c->take_count);
}

/* Whether what a part of a block has to give is there, and nothing else. */
INLINE bool is_part_right(const body *b, const control *c)
{
  return is_top(b, c->gives, c->give_count) && b->top - c->give_count - 1 == c->mark;
}

INLINE bool begin_else(wr_quick *q, body *b)
{
  control *c = b->innermost;
  NEED(c->opened_by == IF);
  c->opened_by = ELSE;
  b->top = c->mark + 1;
  return push_types(q, b, c->takes, c->take_count);
}

static bool same_types(const control *c)
{
  return c->take_count == c->give_count &&
         memcmp(c->takes, c->gives, c->give_count * sizeof *c->gives) == 0;
}

INLINE bool close_block(wr_quick *q, body *b)
{
  const control *c = b->innermost;
  NEED(c->opened_by != IF || !(c->take_count | c->give_count) || same_types(c));
  b->top = c->mark;
  b->innermost--;
  return push_types(q, b, c->gives, c->give_count);
}

/* Behind a branch that is always taken. Nothing is known of the operands there, so that a block
   which ends at once is right. */
INLINE bool end_unreached(wr_quick *q, body *b, uint32_t *count)
{
  uint8_t code = *b->next;
  NEED(b->next < b->end && (code == 0x0B || code == 0x05));
  b->next++;
  ++*count;
  return code == 0x0B ? close_block(q, b) : begin_else(q, b);
}

/* Branches and calls */

INLINE const control *find_label(const wr_quick *q, body *b)
{
  uint32_t depth;
  if (!read_index(b, &depth) || depth > (size_t)(b->innermost - q->controls))
    return NULL;
  return b->innermost - depth;
}

INLINE bool branch(const wr_quick *q, body *b)
{
  const control *c = find_label(q, b);
  return c && is_top(b, c->label, c->label_count);
}

static bool branch_by_table(const wr_quick *q, body *b)
{
  uint32_t count, arity = 0;
  NEED(pop_one(b, WR_I32) && read_index(b, &count));
  for (uint64_t k = 0; k <= count; k++) {
    NEED(b->next < b->end);
    const control *c = find_label(q, b);
    NEED(c && is_top(b, c->label, c->label_count) && (k == 0 || c->label_count == arity));
    arity = c->label_count;
  }
  return true;
}

INLINE bool call(const wr_quick *q, body *b, const wr_defined_type *type)
{
  NEED(is_top(b, type->params, type->param_count));
  b->top -= type->param_count;
  return push_types(q, b, type->results, type->result_count);
}

INLINE bool call_direct(const wr_quick *q, body *b)
{
  uint32_t index;
  NEED(read_index(b, &index) && index < q->module->function_count);
  return call(q, b, q->types[q->module->functions[index].type_index]);
}

INLINE bool call_indirect(const wr_quick *q, body *b)
{
  uint32_t type;
  NEED(read_index(b, &type) && type < q->module->type_count && q->types[type]);
  NEED(*b->next++ == 0 && q->module->table_count);
  const wr_table_type *table = &q->module->tables[0];
  NEED(table->element == WR_FUNCREF && pop_one(b, table->limits.is_64 ? WR_I64 : WR_I32));
  return call(q, b, q->types[type]);
}

/* Instructions with rare rows, apart so that those of frequent ones stay close together. */
static bool check_rare(body *b, const row *r)
{
  switch (r->kind) {
  case NOTHING: return true;
  case UNARY: case BINARY: case SIGNATURE: return signature(b, r);
  case CONST_BYTES:
    b->next += r->size;
    return push_one(b, r->gives);
  case LOAD: case STORE: return memory_argument(b, r) && signature(b, r);
  case MEMORY_SIZE: return *b->next++ == 0 && push_one(b, r->gives);
  case MEMORY_GROW: return *b->next++ == 0 && b->top[-1] == r->gives;
  case MEMORIES: return memories(b, r);
  case LANE: return check_lanes(b->next++, 1, r->lanes) && signature(b, r);
  case LOAD_LANE:
    return memory_argument(b, r) && check_lanes(b->next++, 1, r->lanes) && signature(b, r);
  case SHUFFLE:
    b->next += 16;
    return check_lanes(b->next - 16, 16, r->lanes) && signature(b, r);
  default: return false;
  }
}

static bool check_prefixed(const row *rows, unsigned count, body *b)
{
  uint32_t code;
  return read_index(b, &code) && code < count && check_rare(b, &rows[code]);
}

/* Call a function that is not inlined, so that the body itself can stay in registers. */
#define APART(b, call) \
  do { \
    body copy = b; \
    NEED(call); \
    b = copy; \
  } while (0)

/* What follows the locals of a function, up to its end. The way to the next instruction is there
   once for every kind: what comes next depends on what came before, which processors learn. */
static bool check_body(wr_quick *q, body b, uint32_t local_count, uint32_t *instruction_count)
{
#define KIND(kind) [kind] = &&on_##kind,
  static const void *const places[] = {KINDS(KIND)};
#undef KIND
  uint32_t count = 0;
  const row *r;
#define NEXT \
  do { \
    NEED(b.next < b.end); \
    r = &q->rows[*b.next++]; \
    count++; \
    goto *places[r->kind]; \
  } while (0)
#define ON(kind, condition) \
  on_##kind: \
  NEED(condition); \
  NEXT;
  NEXT;
  ON(LOCAL_GET, local(q, &b, local_count, LOCAL_GET))
  ON(LOCAL_SET, local(q, &b, local_count, LOCAL_SET))
  ON(LOCAL_TEE, local(q, &b, local_count, LOCAL_TEE))
  ON(GLOBAL_GET, global(q, &b, GLOBAL_GET))
  ON(GLOBAL_SET, global(q, &b, GLOBAL_SET))
  ON(CONST_INTEGER, skip_signed(&b, 5, 0x78) && push_one(&b, WR_I32))
  ON(CONST_LONG, skip_signed(&b, 10, 0x7F) && push_one(&b, WR_I64))
  ON(UNARY, unary(&b, r))
  ON(BINARY, binary(&b, r))
  ON(LOAD, memory_argument(&b, r) && unary(&b, r))
  ON(STORE, memory_argument(&b, r) && store(&b, r))
  ON(DROP, *--b.top != MARK)
  ON(SELECT, select_one(&b))
  ON(BLOCK, open_block(q, &b, BLOCK))
  ON(LOOP, open_block(q, &b, LOOP))
  ON(IF, open_block(q, &b, IF))
  ON(ELSE, is_part_right(&b, b.innermost) && begin_else(q, &b))
  ON(BR_IF, pop_one(&b, WR_I32) && branch(q, &b))
  ON(CALL, call_direct(q, &b))
  ON(CALL_INDIRECT, call_indirect(q, &b))
on_END:
  NEED(is_part_right(&b, b.innermost) && close_block(q, &b));
  if (b.innermost < q->controls)
    goto finished;
  NEXT;
on_BR:
  NEED(branch(q, &b));
  goto on_UNREACHABLE;
on_BR_TABLE:
  APART(b, branch_by_table(q, &copy));
  goto on_UNREACHABLE;
on_RETURN:
  NEED(is_top(&b, q->controls[0].gives, q->controls[0].give_count));
on_UNREACHABLE:
  NEED(end_unreached(q, &b, &count));
  if (b.innermost < q->controls)
    goto finished;
  NEXT;
on_PREFIX_FC:
  APART(b, check_prefixed(q->rows + PLAIN_ROWS, ROWS_FC, &copy));
  NEXT;
on_PREFIX_FD:
  APART(b, check_prefixed(q->rows + PLAIN_ROWS + ROWS_FC, ROWS_FD, &copy));
  NEXT;
on_OTHER: on_NOTHING: on_SIGNATURE: on_CONST_BYTES: on_MEMORY_SIZE: on_MEMORY_GROW: on_MEMORIES: on_LANE: on_LOAD_LANE: on_SHUFFLE:
  APART(b, check_rare(&copy, r));
  NEXT;
finished:
  *instruction_count = count;
  return b.next == b.end;
#undef ON
#undef NEXT
}

/* Parameters, and then what is declared. False if any has no value to begin with. */
static bool set_locals(const wr_quick *q, const wr_function *function, const wr_defined_type *type)
{
  wr_type *next = q->locals;
  memcpy(next, type->params, type->param_count * sizeof *next);
  next += type->param_count;
  for (uint32_t run = 0; run < function->run_count; run++) {
    wr_type local = function->runs[run].type;
    NEED(wr_is_defaultable(local));
    for (wr_type *end = q->locals + type->param_count + function->runs[run].end; next < end;)
      *next++ = local;
  }
  return true;
}

bool wr_quick_check(wr_quick *q, wr_function *function)
{
  const wr_defined_type *type = wr_defined(function->type);
  const uint8_t *begin = q->module->binary + function->body.begin;
  uint32_t size = function->body.end - function->body.begin;
  NEED(set_locals(q, function, type));
  q->controls[0] = (control){.label = type->results, .gives = type->results,
                             .takes = single_types, .mark = q->bottom,
                             .label_count = (uint16_t)type->result_count,
                             .give_count = (uint16_t)type->result_count, .opened_by = BLOCK};
  q->bottom[0] = MARK;
  if (is_last(q->module, function))
    begin = memcpy(q->copy, begin, size);
  body b = {begin, begin + size, q->bottom + 1, q->controls};
  return check_body(q, b, function->local_count, &function->instruction_count);
}
