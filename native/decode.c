/* From bytes to a module: sections in order, types resolved as soon as they are read. Expressions
   and bodies are only found, not read: validation reads them. */
#include "expression.h"
#include "module.h"
#include "reader.h"

#include <stdio.h>

enum { MAX_LOCALS = 50000, MAX_TYPES = 1000000, MAX_PAGE_SIZE_LOG2 = 63 };
/* Checking a body takes time in proportion to how much its calls and blocks take and give, and a
   subtype keeps all its supertypes: so these limits, the same as those of browsers, keep time and
   memory in proportion to the size of a module. */
enum { MAX_PARAMETERS = 1000, MAX_RESULTS = 1000, MAX_FIELDS = 10000, MAX_SUPERTYPES = 63 };

typedef struct decoder {
  wr_module *module;
  wr_reader r;
  uint32_t *function_types;
  uint32_t function_types_count;
  uint32_t bodies;
} decoder;

static void *need(decoder *d, size_t size)
{
  void *memory = wr_arena_alloc(&d->module->arena, size ? size : 1);
  if (!memory)
    wr_fail(d->r.failure, WR_ERROR_MEMORY, wr_offset(&d->r), "out of memory");
  return memory;
}

_Noreturn static void malformed(decoder *d, const uint8_t *at, const char *what)
{
  wr_fail(d->r.failure, WR_ERROR_DECODE, (uint64_t)(at - d->r.begin), "%s", what);
}

static const char *const feature_names[] = {WR_FEATURE_NAMES ""};

void wr_require(const wr_module *module, wr_failure *failure, uint64_t offset, int feature,
                const char *what)
{
  if (feature == WR_FEATURE_NONE || module->features[feature])
    return;
  failure->error->feature = feature;
  wr_fail(failure, WR_ERROR_FEATURE, offset, "%s needs the feature %s, which is off", what,
          feature_names[feature]);
}

static void require(decoder *d, const uint8_t *at, int feature, const char *what)
{
  wr_require(d->module, d->r.failure, (uint64_t)(at - d->r.begin), feature, what);
}

static void at_most(decoder *d, const uint8_t *at, uint32_t count, uint32_t most, const char *what)
{
  if (count > most)
    wr_fail(d->r.failure, WR_ERROR_VALIDATION, (uint64_t)(at - d->r.begin),
            "too many %s: %u, and %u are possible here", what, count, most);
}

/* The length of a vector; each element has at least a byte, so a longer one cannot be right. */
static uint32_t vector_length(decoder *d)
{
  const uint8_t *start = d->r.next;
  uint32_t count = wr_u32(&d->r);
  if (count > (uint64_t)(d->r.end - d->r.next))
    wr_fail(d->r.failure, WR_ERROR_DECODE, (uint64_t)(start - d->r.begin),
            "unexpected end of section or function: %u items", count);
  return count;
}

static wr_name read_name(decoder *d)
{
  const uint8_t *start = d->r.next;
  uint32_t size = wr_length(&d->r);
  if (size && (int64_t)size > d->r.end - d->r.next)
    malformed(d, start, "length out of bounds");
  if (d->r.next > d->r.end)
    wr_unexpected_end(&d->r);
  wr_name name = {wr_raw(&d->r, size), size};
  if (!wr_is_utf8(name.data, size))
    malformed(d, start, "malformed UTF-8 encoding");
  return name;
}

/* An array with room for as many more as a section says that there are. */
static void *with_room(decoder *d, const void *array, uint32_t count, uint32_t more, size_t size)
{
  void *larger = need(d, ((size_t)count + more) * size);
  if (count)
    memcpy(larger, array, count * size);
  return larger;
}

#define MAKE_ROOM(d, array, count, more) \
  ((array) = with_room(d, array, count, more, sizeof *(array)))

/* Arrays of an index space grow as imports are read. */
#define APPEND(d, array, count, value) \
  do { \
    if (((count) & ((count) - 1)) == 0) { \
      void *grown = need(d, ((count) ? 2 * (size_t)(count) : 1) * sizeof *(array)); \
      if (count) \
        memcpy(grown, array, (count) * sizeof *(array)); \
      array = grown; \
    } \
    (array)[(count)++] = (value); \
  } while (0)

/* Types. While a recursion group is read, references into it carry WR_IN_GROUP. */

static uint32_t type_reference(decoder *d, uint32_t index, const uint8_t *at)
{
  wr_module *module = d->module;
  if (index < module->type_count)
    return module->types[index];
  (void)at;
  return WR_IN_GROUP | ((index - module->type_count) & (WR_IN_GROUP - 1));
}

typedef struct heap_code {
  uint8_t code;
  uint8_t feature;
} heap_code;

static int heap_feature(int code)
{
  switch (code) {
  case WR_HEAP_FUNC: case WR_HEAP_EXTERN: return WR_FEATURE_REFERENCE_TYPES;
  case WR_HEAP_EXN: case WR_HEAP_NOEXN: return WR_FEATURE_EXCEPTIONS;
  case WR_HEAP_NOFUNC: case WR_HEAP_NOEXTERN: case WR_HEAP_NONE: case WR_HEAP_ANY:
  case WR_HEAP_EQ: case WR_HEAP_I31: case WR_HEAP_STRUCT: case WR_HEAP_ARRAY:
    return WR_FEATURE_GC;
  default: return -1;
  }
}

/* Heap and value types are also read from bodies, where every index must be known: there
   ``resolve`` is wr_type_index. */
uint32_t wr_read_heap(wr_type_reader *t)
{
  wr_reader *r = t->r;
  const uint8_t *start = r->next;
  int code = wr_peek(r);
  int feature = code < 0 ? -1 : heap_feature(code);
  if (feature >= 0) {
    r->next++;
    wr_require(t->module, r->failure, (uint64_t)(start - r->begin), feature,
               "malformed heap type: it");
    return WR_ABSTRACT_HEAP(code);
  }
  int64_t index = wr_s33(r);
  if (index < 0)
    wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin),
            "malformed heap type 0x%x", (unsigned)(index & 0x7F));
  wr_require(t->module, r->failure, (uint64_t)(start - r->begin),
             WR_FEATURE_FUNCTION_REFERENCES, "malformed heap type: a type index");
  return t->resolve(t, (uint32_t)index, start);
}

wr_type wr_read_value_type(wr_type_reader *t, const char *wanted)
{
  wr_reader *r = t->r;
  const uint8_t *start = r->next;
  uint64_t offset = wr_offset(r);
  uint8_t code = wr_byte(r);
  char what[48];
  switch (code) {
  case 0x7F: return WR_I32;
  case 0x7E: return WR_I64;
  case 0x7D: return WR_F32;
  case 0x7C: return WR_F64;
  case 0x7B:
    snprintf(what, sizeof what, "malformed %s type: v128", wanted);
    wr_require(t->module, r->failure, offset, WR_FEATURE_SIMD, what);
    return WR_V128;
  }
  int feature = heap_feature(code);
  if (feature >= 0) {
    snprintf(what, sizeof what, "malformed %s type: it", wanted);
    if (!(code == WR_HEAP_FUNC && wanted[0] == 'r'))
      wr_require(t->module, r->failure, offset, feature, what);
    return WR_REFERENCE(1, WR_ABSTRACT_HEAP(code));
  }
  if (code != 0x63 && code != 0x64)
    wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin), "malformed %s type 0x%02x",
            wanted, code);
  snprintf(what, sizeof what, "malformed %s type: (ref ...)", wanted);
  wr_require(t->module, r->failure, offset, WR_FEATURE_FUNCTION_REFERENCES, what);
  return WR_REFERENCE(code == 0x63, wr_read_heap(t));
}

static uint32_t resolve_in_section(wr_type_reader *t, uint32_t index, const uint8_t *at)
{
  return type_reference(t->owner, index, at);
}

/* Behind the type section every index must be one of the module's types. */
uint32_t wr_type_index(wr_type_reader *t, uint32_t index, const uint8_t *at)
{
  if (index >= t->module->type_count)
    wr_fail(t->r->failure, WR_ERROR_VALIDATION, (uint64_t)(at - t->r->begin), "unknown type %u",
            index);
  return t->module->types[index];
}

static wr_type value_type(decoder *d, bool in_types, const char *wanted)
{
  wr_type_reader t = {d->module, &d->r, d, in_types ? resolve_in_section : wr_type_index};
  return wr_read_value_type(&t, wanted);
}

static wr_type reference_type(decoder *d)
{
  const uint8_t *start = d->r.next;
  wr_type type = value_type(d, false, "reference");
  if (!wr_is_ref(type))
    malformed(d, start, "malformed reference type");
  return type;
}

static bool read_mutable(decoder *d)
{
  const uint8_t *start = d->r.next;
  uint8_t flag = wr_byte(&d->r);
  if (flag > 1)
    malformed(d, start, "malformed mutability");
  return flag == 1;
}

static wr_field read_field(decoder *d)
{
  wr_field field = {0};
  int code = wr_peek(&d->r);
  if (code == 0x78 || code == 0x77) {
    d->r.next++;
    field.storage = code == 0x78 ? WR_I8 : WR_I16;
  } else {
    field.storage = value_type(d, true, "value");
  }
  field.is_mutable = read_mutable(d);
  return field;
}

static void read_function_type(decoder *d, wr_group_member *member)
{
  /* Parameters and results stand in one array; how many there are in all is known late. */
  const uint8_t *params_start = d->r.next;
  uint32_t params = vector_length(d);
  at_most(d, params_start, params, MAX_PARAMETERS, "parameters");
  wr_type *types = need(d, params * sizeof *types);
  for (uint32_t i = 0; i < params; i++)
    types[i] = value_type(d, true, "value");
  const uint8_t *results_start = d->r.next;
  uint32_t results = vector_length(d);
  at_most(d, results_start, results, MAX_RESULTS, "results");
  member->params = need(d, ((size_t)params + results) * sizeof *types);
  memcpy(member->params, types, params * sizeof *types);
  for (uint32_t i = 0; i < results; i++)
    member->params[params + i] = value_type(d, true, "value");
  if (results > 1)
    require(d, results_start, WR_FEATURE_MULTI_VALUE, "a function type with several results");
  member->kind = WR_KIND_FUNC;
  member->param_count = params;
  member->result_count = results;
}

static void read_composite(decoder *d, wr_group_member *member)
{
  const uint8_t *start = d->r.next;
  uint8_t code = wr_byte(&d->r);
  if (code == 0x60) {
    read_function_type(d, member);
    return;
  }
  if (code > 0x7F)
    malformed(d, start, "integer representation too long");
  if (code != 0x5F && code != 0x5E)
    malformed(d, start, "malformed definition type");
  require(d, start, WR_FEATURE_GC, code == 0x5F ? "malformed definition type: a structure type"
                                                : "malformed definition type: an array type");
  member->kind = code == 0x5F ? WR_KIND_STRUCT : WR_KIND_ARRAY;
  const uint8_t *fields_start = d->r.next;
  member->field_count = code == 0x5F ? vector_length(d) : 1;
  at_most(d, fields_start, member->field_count, MAX_FIELDS, "fields");
  member->fields = need(d, member->field_count * sizeof *member->fields);
  for (uint32_t i = 0; i < member->field_count; i++)
    member->fields[i] = read_field(d);
}

/* The supertype of a member, kept until the whole group is known. */
typedef struct pending_super {
  bool has;
  uint32_t index;
  uint32_t depth; /* how many supertypes the member has */
} pending_super;

static void read_sub_type(decoder *d, wr_group_member *member, pending_super *super)
{
  const uint8_t *start = d->r.next;
  int code = wr_peek(&d->r);
  member->is_final = true;
  if (code == 0x50 || code == 0x4F) {
    require(d, start, WR_FEATURE_GC, "malformed definition type: a subtype");
    d->r.next++;
    member->is_final = code == 0x4F;
    uint32_t count = vector_length(d);
    for (uint32_t i = 0; i < count; i++)
      super->index = wr_u32(&d->r);
    if (count > 1)
      wr_fail(d->r.failure, WR_ERROR_VALIDATION, (uint64_t)(start - d->r.begin),
              "sub type has %u supertypes, at most one is possible", count);
    super->has = count == 1;
  }
  read_composite(d, member);
}

static void check_reference(decoder *d, wr_type type, uint32_t count, const uint8_t *at)
{
  if (wr_is_ref(type) && !(type & WR_ABSTRACT) && (type & WR_IN_GROUP) &&
      (type & (WR_IN_GROUP - 1)) >= count)
    wr_fail(d->r.failure, WR_ERROR_VALIDATION, (uint64_t)(at - d->r.begin), "unknown type %u",
            d->module->type_count + (type & (WR_IN_GROUP - 1)));
}

static void check_member(decoder *d, wr_group_member *member, pending_super *supers,
                         uint32_t place, uint32_t count, const uint8_t *at)
{
  wr_module *module = d->module;
  pending_super *super = &supers[place];
  for (uint32_t i = 0; i < member->param_count + member->result_count; i++)
    check_reference(d, member->params[i], count, at);
  for (uint32_t i = 0; i < member->field_count; i++)
    check_reference(d, member->fields[i].storage, count, at);
  if (!super->has)
    return;
  if (super->index >= module->type_count + place)
    wr_fail(d->r.failure, WR_ERROR_VALIDATION, (uint64_t)(at - d->r.begin), "unknown type %u",
            super->index);
  super->depth = 1 + (super->index < module->type_count
                          ? wr_defined(module->types[super->index])->depth - 1
                          : supers[super->index - module->type_count].depth);
  at_most(d, at, super->depth, MAX_SUPERTYPES, "supertypes of a type");
  member->has_super = true;
  member->super = super->index < module->type_count
      ? module->types[super->index] : WR_IN_GROUP | (super->index - module->type_count);
}

bool wr_field_matches(wr_field sub, wr_field super)
{
  if (sub.is_mutable != super.is_mutable)
    return false;
  if (sub.is_mutable)
    return sub.storage == super.storage;
  return sub.storage == super.storage ||
         (sub.storage < WR_I8 && super.storage < WR_I8 && wr_matches(sub.storage, super.storage)) ||
         (wr_is_ref(sub.storage) && wr_matches(sub.storage, super.storage));
}

static bool composite_matches(const wr_defined_type *sub, const wr_defined_type *super)
{
  if (sub->kind != super->kind)
    return false;
  if (sub->kind == WR_KIND_FUNC) {
    if (sub->param_count != super->param_count || sub->result_count != super->result_count)
      return false;
    for (uint32_t i = 0; i < sub->param_count; i++)
      if (!wr_matches(super->params[i], sub->params[i]))
        return false;
    for (uint32_t i = 0; i < sub->result_count; i++)
      if (!wr_matches(sub->results[i], super->results[i]))
        return false;
    return true;
  }
  if (sub->kind == WR_KIND_ARRAY ? false : sub->field_count < super->field_count)
    return false;
  for (uint32_t i = 0; i < super->field_count; i++)
    if (!wr_field_matches(sub->fields[i], super->fields[i]))
      return false;
  return true;
}

static void check_supertype(decoder *d, uint32_t id, uint32_t index, const uint8_t *at)
{
  const wr_defined_type *type = wr_defined(id);
  if (type->depth < 2)
    return;
  const wr_defined_type *super = wr_defined(type->supers[type->depth - 2]);
  if (super->is_final || !composite_matches(type, super))
    wr_fail(d->r.failure, WR_ERROR_VALIDATION, (uint64_t)(at - d->r.begin),
            "sub type %u does not match its supertype", index);
}

static void read_group(decoder *d, uint32_t count, const uint8_t *at)
{
  wr_module *module = d->module;
  wr_group_member *members = need(d, count * sizeof *members);
  pending_super *supers = need(d, count * sizeof *supers);
  for (uint32_t i = 0; i < count; i++)
    read_sub_type(d, &members[i], &supers[i]);
  for (uint32_t i = 0; i < count; i++)
    check_member(d, &members[i], supers, i, count, at);
  if (module->type_count + (uint64_t)count > MAX_TYPES)
    malformed(d, at, "too many types");
  uint32_t first = wr_define_group(members, count);
  if (first == UINT32_MAX)
    wr_fail(d->r.failure, WR_ERROR_MEMORY, wr_offset(&d->r), "out of memory");
  for (uint32_t i = 0; i < count; i++)
    APPEND(d, module->types, module->type_count, first + i);
  for (uint32_t i = 0; i < count; i++)
    check_supertype(d, first + i, module->type_count - count + i, at);
}

static void types_section(decoder *d)
{
  uint32_t count = vector_length(d);
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t *at = d->r.next;
    if (wr_peek(&d->r) == 0x4E) {
      require(d, at, WR_FEATURE_GC, "malformed definition type: a recursion group");
      d->r.next++;
      read_group(d, vector_length(d), at);
    } else {
      read_group(d, 1, at);
    }
  }
}

/* Limits, tables, memories, globals, tags */

static wr_limits read_limits(decoder *d, uint8_t allowed)
{
  const uint8_t *start = d->r.next;
  uint8_t flags = wr_byte(&d->r);
  wr_limits limits = {.page_size_log2 = 16};
  if (flags & ~allowed)
    malformed(d, start, "malformed limits flags");
  if (flags & 2)
    require(d, start, WR_FEATURE_THREADS, "malformed limits flags: shared");
  if (flags & 4)
    require(d, start, WR_FEATURE_MEMORY64, "malformed limits flags: 64-bit addresses");
  if (flags & 8)
    require(d, start, WR_FEATURE_CUSTOM_PAGE_SIZES, "malformed limits flags: a page size");
  if ((flags & 8) && d->r.next == d->r.end)
    malformed(d, start, "malformed limits flags: no sizes follow");
  bool wide = d->module->features[WR_FEATURE_MEMORY64];
  limits.minimum = wide ? wr_u64(&d->r) : wr_u32(&d->r);
  limits.has_maximum = flags & 1;
  if (limits.has_maximum)
    limits.maximum = wide ? wr_u64(&d->r) : wr_u32(&d->r);
  limits.is_shared = (flags & 2) != 0;
  limits.is_64 = (flags & 4) != 0;
  if (flags & 8) {
    const uint8_t *at = d->r.next;
    uint32_t log2 = wr_u32(&d->r);
    if (log2 > MAX_PAGE_SIZE_LOG2)
      malformed(d, at, "invalid custom page size");
    limits.page_size_log2 = (uint8_t)log2;
  }
  return limits;
}

static wr_table_type read_table_type(decoder *d)
{
  wr_table_type table = {0};
  table.element = reference_type(d);
  const uint8_t *start = d->r.next;
  table.limits = read_limits(d, d->module->features[WR_FEATURE_THREADS] ? 7 : 5);
  if (table.limits.is_shared)
    malformed(d, start, "tables cannot be shared (yet)");
  return table;
}

static wr_global_type read_global_type(decoder *d)
{
  wr_global_type global = {0};
  global.type = value_type(d, false, "value");
  global.is_mutable = read_mutable(d);
  return global;
}

static uint32_t read_tag_type(decoder *d)
{
  const uint8_t *start = d->r.next;
  if (wr_byte(&d->r) != 0)
    malformed(d, start, "malformed tag attribute");
  return wr_u32(&d->r); /* an index: validation resolves it */
}

static uint8_t read_kind(decoder *d, const char *message, const char *tag_message)
{
  const uint8_t *start = d->r.next;
  uint8_t kind = wr_byte(&d->r);
  if (kind > WR_TAG)
    malformed(d, start, message);
  if (kind == WR_TAG)
    require(d, start, WR_FEATURE_EXCEPTIONS, tag_message);
  return kind;
}

static void read_import(decoder *d)
{
  wr_module *m = d->module;
  wr_import import = {.module = read_name(d), .name = read_name(d)};
  const uint8_t *start = d->r.next;
  import.kind = read_kind(d, "malformed import kind", "malformed import kind 0x04: a tag");
  switch (import.kind) {
  case WR_FUNCTION: {
    wr_function function = {.type_index = wr_u32(&d->r)};
    import.index = m->function_count;
    APPEND(d, m->functions, m->function_count, function);
    m->imported_functions++;
    break;
  }
  case WR_TABLE: {
    wr_table_type table = read_table_type(d);
    import.index = m->table_count;
    APPEND(d, m->tables, m->table_count, table);
    m->imported_tables++;
    break;
  }
  case WR_MEMORY: {
    wr_limits memory = read_limits(d, 15);
    import.index = m->memory_count;
    APPEND(d, m->memories, m->memory_count, memory);
    m->imported_memories++;
    break;
  }
  case WR_GLOBAL: {
    wr_global_type global = read_global_type(d);
    if (global.is_mutable)
      require(d, start, WR_FEATURE_MUTABLE_GLOBALS, "an import of a mutable global");
    import.index = m->global_count;
    APPEND(d, m->globals, m->global_count, global);
    m->imported_globals++;
    break;
  }
  default: {
    uint32_t tag = read_tag_type(d);
    import.index = m->tag_count;
    APPEND(d, m->tags, m->tag_count, tag);
    m->imported_tags++;
  }
  }
  APPEND(d, m->imports, m->import_count, import);
}

static void imports_section(decoder *d)
{
  for (uint32_t count = vector_length(d); count; count--)
    read_import(d);
}

static void functions_section(decoder *d)
{
  d->function_types_count = vector_length(d);
  d->function_types = need(d, d->function_types_count * sizeof(uint32_t));
  for (uint32_t i = 0; i < d->function_types_count; i++)
    d->function_types[i] = wr_u32(&d->r);
}

/* An expression is skipped here, instruction by instruction: only that tells where it ends. */
static wr_range skip_expression(decoder *d)
{
  wr_range range;
  range.begin = (uint32_t)wr_offset(&d->r);
  wr_skip_expression(d->module, &d->r);
  range.end = (uint32_t)wr_offset(&d->r);
  return range;
}

static void tables_section(decoder *d)
{
  wr_module *m = d->module;
  uint32_t count = vector_length(d);
  MAKE_ROOM(d, m->tables, m->table_count, count);
  for (; count; count--) {
    const uint8_t *start = d->r.next;
    wr_table_type table;
    if (wr_peek(&d->r) == 0x40) {
      require(d, start, WR_FEATURE_FUNCTION_REFERENCES,
              "malformed reference type: a table with an initial value");
      d->r.next++;
      if (wr_byte(&d->r) != 0)
        malformed(d, start + 1, "zero byte expected");
      table = read_table_type(d);
      table.initial = skip_expression(d);
    } else {
      table = read_table_type(d);
    }
    m->tables[m->table_count++] = table;
  }
}

static void memories_section(decoder *d)
{
  wr_module *m = d->module;
  uint32_t count = vector_length(d);
  MAKE_ROOM(d, m->memories, m->memory_count, count);
  for (; count; count--) {
    wr_limits memory = read_limits(d, 15);
    m->memories[m->memory_count++] = memory;
  }
}

static void tags_section(decoder *d)
{
  require(d, d->r.next, WR_FEATURE_EXCEPTIONS, "malformed section id 13: a tag section");
  wr_module *m = d->module;
  uint32_t count = vector_length(d);
  MAKE_ROOM(d, m->tags, m->tag_count, count);
  for (; count; count--) {
    uint32_t tag = read_tag_type(d);
    m->tags[m->tag_count++] = tag;
  }
}

static void globals_section(decoder *d)
{
  wr_module *m = d->module;
  uint32_t count = vector_length(d);
  MAKE_ROOM(d, m->globals, m->global_count, count);
  for (; count; count--) {
    wr_global_type global = read_global_type(d);
    global.initial = skip_expression(d);
    m->globals[m->global_count++] = global;
  }
}

static void exports_section(decoder *d)
{
  wr_module *m = d->module;
  uint32_t count = vector_length(d);
  MAKE_ROOM(d, m->exports, m->export_count, count);
  for (; count; count--) {
    wr_export export = {.name = read_name(d)};
    export.kind = read_kind(d, "malformed export kind", "malformed export kind 0x04: a tag");
    export.index = wr_u32(&d->r);
    m->exports[m->export_count++] = export;
  }
}

static void start_section(decoder *d) { d->module->start = wr_u32(&d->r); }

static void read_element_items(decoder *d, wr_element_segment *segment)
{
  segment->count = vector_length(d);
  if (segment->has_expressions) {
    segment->items = need(d, segment->count * sizeof *segment->items);
    for (uint32_t i = 0; i < segment->count; i++)
      segment->items[i] = skip_expression(d);
  } else {
    segment->functions = need(d, segment->count * sizeof *segment->functions);
    for (uint32_t i = 0; i < segment->count; i++)
      segment->functions[i] = wr_u32(&d->r);
  }
}

static void elements_section(decoder *d)
{
  wr_module *m = d->module;
  uint32_t count = vector_length(d);
  MAKE_ROOM(d, m->elements, m->element_count, count);
  for (; count; count--) {
    const uint8_t *start = d->r.next;
    uint32_t flags = wr_u32(&d->r);
    if (flags > 7)
      malformed(d, start, "malformed elements segment kind");
    if (flags)
      require(d, start, WR_FEATURE_BULK_MEMORY, "malformed elements segment kind");
    wr_element_segment segment = {0};
    segment.mode = !(flags & 1) ? WR_ACTIVE : flags & 2 ? WR_DECLARATIVE : WR_PASSIVE;
    segment.has_expressions = (flags & 4) != 0;
    segment.type = WR_REFERENCE(0, WR_ABSTRACT_HEAP(WR_HEAP_FUNC));
    if (segment.mode == WR_ACTIVE) {
      if (flags & 2)
        segment.table = wr_u32(&d->r);
      segment.offset = skip_expression(d);
    }
    if (segment.has_expressions)
      segment.type = flags & 3 ? reference_type(d) : WR_FUNCREF;
    else if (flags & 3) {
      const uint8_t *at = d->r.next;
      if (wr_byte(&d->r) != 0)
        malformed(d, at, "malformed element kind");
    }
    read_element_items(d, &segment);
    m->elements[m->element_count++] = segment;
  }
}

static void data_count_section(decoder *d)
{
  require(d, d->r.next, WR_FEATURE_BULK_MEMORY, "a data count section");
  d->module->has_data_count = true;
  d->module->declared_data_count = wr_u32(&d->r);
}

static void read_locals(decoder *d, wr_function *function)
{
  uint64_t total = 0;
  uint32_t runs = vector_length(d);
  function->runs = need(d, runs * sizeof *function->runs);
  for (uint32_t i = 0; i < runs; i++) {
    const uint8_t *start = d->r.next;
    uint32_t count = wr_u32(&d->r);
    total += count;
    if (total > MAX_LOCALS)
      wr_fail(d->r.failure, WR_ERROR_DECODE, (uint64_t)(start - d->r.begin),
              "too many locals: %llu, and %d are possible here", (unsigned long long)total,
              MAX_LOCALS);
    wr_type type = value_type(d, false, "value");
    if (count)
      function->runs[function->run_count++] = (wr_local_run){(uint32_t)total, type};
  }
  function->local_count = (uint32_t)total; /* validation adds the parameters */
}

static void code_section(decoder *d)
{
  uint32_t count = vector_length(d);
  if (count > d->function_types_count)
    malformed(d, d->r.next, "function and code section have inconsistent lengths");
  wr_module *m = d->module;
  MAKE_ROOM(d, m->functions, m->function_count, count);
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t *start = d->r.next;
    uint32_t size = wr_u32(&d->r);
    if (size > (uint64_t)(d->r.end - d->r.next))
      malformed(d, start, "length out of bounds");
    const uint8_t *outer = d->r.end;
    d->r.end = d->r.next + size;
    d->r.failure->function = m->function_count;
    wr_function function = {.type_index = d->function_types[i]};
    read_locals(d, &function);
    if (m->at_once) {
      function.body = (wr_range){(uint32_t)wr_offset(&d->r),
                                 (uint32_t)(d->r.end - d->r.begin)};
      d->r.next = d->r.end;
    } else {
      function.body = skip_expression(d);
    }
    if (d->r.next != d->r.end)
      malformed(d, d->r.next, "section size mismatch");
    d->r.failure->function = -1;
    d->r.end = outer;
    m->functions[m->function_count++] = function;
  }
  d->bodies = count;
}

static void data_section(decoder *d)
{
  wr_module *m = d->module;
  uint32_t count = vector_length(d);
  MAKE_ROOM(d, m->datas, m->data_count, count);
  for (; count; count--) {
    const uint8_t *start = d->r.next;
    uint32_t flags = wr_u32(&d->r);
    if (flags > 2)
      malformed(d, start, "malformed data segment kind");
    if (flags)
      require(d, start, WR_FEATURE_BULK_MEMORY, "malformed data segment kind");
    wr_data_segment segment = {.mode = flags & 1 ? WR_PASSIVE : WR_ACTIVE};
    if (segment.mode == WR_ACTIVE) {
      if (flags & 2)
        segment.memory = wr_u32(&d->r);
      segment.offset = skip_expression(d);
    }
    uint32_t size = wr_u32(&d->r);
    const uint8_t *data = wr_raw(&d->r, size);
    segment.data.begin = (uint32_t)(data - d->r.begin);
    segment.data.end = segment.data.begin + size;
    m->datas[m->data_count++] = segment;
  }
}

typedef struct section {
  uint8_t place;
  void (*read)(decoder *);
} section;

static const section sections[14] = {
    [1] = {1, types_section},     [2] = {2, imports_section},   [3] = {3, functions_section},
    [4] = {4, tables_section},    [5] = {5, memories_section},  [13] = {6, tags_section},
    [6] = {7, globals_section},   [7] = {8, exports_section},   [8] = {9, start_section},
    [9] = {10, elements_section}, [12] = {11, data_count_section}, [10] = {12, code_section},
    [11] = {13, data_section},
};

static void read_header(decoder *d)
{
  const uint8_t *start = d->r.next;
  if (memcmp(wr_raw(&d->r, 4), "\0asm", 4) != 0)
    malformed(d, start, "magic header not detected");
  if (memcmp(wr_raw(&d->r, 4), "\1\0\0\0", 4) != 0)
    malformed(d, start + 4, "unknown binary version");
}

static void read_section(decoder *d, uint8_t *order)
{
  const uint8_t *start = d->r.next;
  const uint8_t *binary_end = d->r.end;
  uint8_t id = wr_byte(&d->r);
  if (id > 13)
    malformed(d, start, "malformed section id");
  if (id && sections[id].place <= *order)
    malformed(d, start, "unexpected content after last section");
  const uint8_t *size_start = d->r.next;
  uint32_t size = wr_u32(&d->r);
  /* The official suite counts the bytes of the size itself among those that are there. */
  if (size > (uint64_t)(binary_end - size_start))
    malformed(d, start, "length out of bounds");
  bool is_cut = size > (uint64_t)(binary_end - d->r.next);
  if (!is_cut)
    d->r.end = d->r.next + size;
  if (id == 0) {
    read_name(d);
    d->r.next = d->r.end;
  } else {
    *order = sections[id].place;
    sections[id].read(d);
    if (d->r.next != d->r.end)
      malformed(d, d->r.next, "section size mismatch");
  }
  if (is_cut)
    malformed(d, d->r.next, "unexpected end");
  d->r.end = binary_end;
}

void wr_decode(wr_module *module, wr_failure *failure)
{
  decoder d = {.module = module};
  const uint8_t *end = module->binary + module->size;
  d.r = (wr_reader){module->binary, module->binary, end, end, failure};
  module->start = -1;
  read_header(&d);
  uint8_t order = 0;
  while (d.r.next < d.r.end)
    read_section(&d, &order);
  if (d.bodies != d.function_types_count)
    malformed(&d, d.r.next, "function and code section have inconsistent lengths");
  if (module->has_data_count && module->declared_data_count != module->data_count)
    malformed(&d, d.r.next, "data count and data section have inconsistent lengths");
}
