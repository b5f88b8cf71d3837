#include "types.h"
#include "allocate.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* The registry. Types are never taken out again: they are few, and other modules may be given
   references to values of them at any time. Readers hold no lock, so when the table is outgrown it
   stays where it is, and the new one, in the place before its first type, knows it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static wr_defined_type **defined;
static uint32_t defined_count, defined_room;

typedef struct group_entry {
  struct group_entry *next;
  uint64_t hash;
  uint32_t first, length;
  uint32_t words[];
} group_entry;

enum { BUCKETS = 4096 };
static group_entry *buckets[BUCKETS];

const wr_defined_type *wr_defined(uint32_t id) { return defined[id]; }

/* A group in words: what makes it equal to another. */
typedef struct words {
  uint32_t *data;
  uint32_t count, room;
  bool failed;
} words;

static void put(words *out, uint32_t word)
{
  if (out->count == out->room) {
    uint32_t room = out->room ? 2 * out->room : 64;
    uint32_t *data = wr_reallocate(out->data, room * sizeof *data);
    if (!data) {
      out->failed = true;
      return;
    }
    out->data = data;
    out->room = room;
  }
  out->data[out->count++] = word;
}

static void put_member(words *out, const wr_group_member *member)
{
  put(out, (uint32_t)(member->kind | member->is_final << 8 | member->has_super << 9));
  put(out, member->has_super ? member->super : 0);
  put(out, member->param_count);
  put(out, member->result_count);
  put(out, member->field_count);
  for (uint32_t i = 0; i < member->param_count + member->result_count; i++)
    put(out, member->params[i]);
  for (uint32_t i = 0; i < member->field_count; i++) {
    put(out, member->fields[i].storage);
    put(out, member->fields[i].is_mutable);
  }
}

static uint64_t hash_of(const words *text)
{
  uint64_t hash = 1469598103934665603u;
  for (uint32_t i = 0; i < text->count; i++)
    hash = (hash ^ text->data[i]) * 1099511628211u;
  return hash;
}

static wr_type unroll(wr_type type, uint32_t first)
{
  if (wr_is_ref(type) && !(type & WR_ABSTRACT) && (type & WR_IN_GROUP))
    return (type & ~(WR_IN_GROUP | (WR_IN_GROUP - 1))) | (first + (type & (WR_IN_GROUP - 1)));
  return type;
}

static uint32_t storage_size(wr_type storage)
{
  switch (storage) {
  case WR_I8: return 1;
  case WR_I16: return 2;
  case WR_I32: case WR_F32: return 4;
  case WR_V128: return 16;
  default: return 8;
  }
}

static wr_defined_type *make_type(const wr_group_member *member, uint32_t first, uint32_t id)
{
  uint32_t values = member->param_count + member->result_count;
  uint32_t super = member->has_super
      ? (member->super & WR_IN_GROUP ? first + (member->super & (WR_IN_GROUP - 1)) : member->super)
      : 0;
  uint32_t depth = 1 + (member->has_super ? defined[super]->depth : 0);
  size_t size = sizeof(wr_defined_type) + values * sizeof(wr_type) +
                member->field_count * sizeof(wr_field) + depth * sizeof(uint32_t);
  wr_defined_type *type = wr_allocate_zeroed(1, size);
  if (!type)
    return NULL;
  type->kind = member->kind;
  type->is_final = member->is_final;
  type->id = id;
  type->depth = depth;
  type->param_count = member->param_count;
  type->result_count = member->result_count;
  type->field_count = member->field_count;
  type->fields = (wr_field *)(type + 1);
  type->params = (wr_type *)(type->fields + member->field_count);
  type->results = type->params + member->param_count;
  type->supers = type->params + values;
  for (uint32_t i = 0; i < values; i++)
    type->params[i] = unroll(member->params[i], first);
  uint32_t offset = 0;
  for (uint32_t i = 0; i < member->field_count; i++) {
    uint32_t width = storage_size(member->fields[i].storage);
    offset = (offset + width - 1) & ~(width - 1);
    type->fields[i] = member->fields[i];
    type->fields[i].storage = unroll(member->fields[i].storage, first);
    type->fields[i].offset = offset;
    offset += width;
  }
  type->body_size = (offset + 15) & ~15u;
  if (member->has_super)
    memcpy(type->supers, defined[super]->supers, (depth - 1) * sizeof(uint32_t));
  type->supers[depth - 1] = id;
  return type;
}

static uint32_t more_room(void)
{
#if WR_TESTING
  return defined_room + 16; /* often, so that tests can have it fail */
#else
  return defined_room ? 2 * defined_room : 1024;
#endif
}

static bool make_room(uint32_t count)
{
  if (count <= defined_room - defined_count)
    return true;
  if (count > WR_IN_GROUP - defined_count) /* numbers are smaller than that bit */
    return false;
  uint32_t room = more_room();
  while (room < defined_count + count)
    room *= 2;
  wr_defined_type **table = wr_allocate((1 + (size_t)room) * sizeof *table);
  if (!table)
    return false;
  table[0] = (wr_defined_type *)(void *)defined;
  if (defined_count)
    memcpy(table + 1, defined, defined_count * sizeof *table);
  __atomic_store_n(&defined, table + 1, __ATOMIC_RELEASE);
  wr_kept_for_good(1);
  defined_room = room;
  return true;
}

static uint32_t add_group(const wr_group_member *members, uint32_t count, const words *text,
                          uint64_t hash)
{
  group_entry *entry = wr_allocate(sizeof *entry + text->count * sizeof(uint32_t));
  if (!entry || !make_room(count)) {
    wr_deallocate(entry);
    return UINT32_MAX;
  }
  uint32_t first = defined_count;
  for (uint32_t i = 0; i < count; i++) {
    defined[first + i] = make_type(&members[i], first, first + i);
    if (!defined[first + i]) {
      while (i--)
        wr_deallocate(defined[first + i]);
      wr_deallocate(entry);
      return UINT32_MAX;
    }
    defined[first + i]->group_first = first;
    defined[first + i]->group_count = count;
  }
  defined_count += count;
  wr_kept_for_good(1 + (int64_t)count);
  entry->hash = hash;
  entry->first = first;
  entry->length = text->count;
  memcpy(entry->words, text->data, text->count * sizeof(uint32_t));
  entry->next = buckets[hash % BUCKETS];
  buckets[hash % BUCKETS] = entry;
  return first;
}

uint32_t wr_define_group(const wr_group_member *members, uint32_t count)
{
  words text = {0};
  for (uint32_t i = 0; i < count; i++)
    put_member(&text, &members[i]);
  uint32_t result = UINT32_MAX;
  if (!text.failed) {
    uint64_t hash = hash_of(&text);
    pthread_mutex_lock(&lock);
    group_entry *entry = buckets[hash % BUCKETS];
    while (entry && !(entry->hash == hash && entry->length == text.count &&
                      memcmp(entry->words, text.data, text.count * sizeof(uint32_t)) == 0))
      entry = entry->next;
    if (entry)
      result = entry->first;
    else
      result = count ? add_group(members, count, &text, hash) : 0;
    pthread_mutex_unlock(&lock);
  }
  wr_deallocate(text.data);
  return result;
}

bool wr_defined_matches(uint32_t sub, uint32_t super)
{
  if (sub == super)
    return true;
  uint32_t place = defined[super]->depth - 1;
  return defined[sub]->depth > place && defined[sub]->supers[place] == super;
}

static uint32_t kind_heap(uint32_t id)
{
  static const uint8_t heaps[] = {WR_HEAP_FUNC, WR_HEAP_STRUCT, WR_HEAP_ARRAY};
  return heaps[defined[id]->kind];
}

uint32_t wr_heap_top(uint32_t heap)
{
  uint32_t code = heap & WR_ABSTRACT ? heap & WR_INDEX_MASK : kind_heap(heap);
  switch (code) {
  case WR_HEAP_FUNC: case WR_HEAP_NOFUNC: return WR_ABSTRACT_HEAP(WR_HEAP_FUNC);
  case WR_HEAP_EXTERN: case WR_HEAP_NOEXTERN: return WR_ABSTRACT_HEAP(WR_HEAP_EXTERN);
  case WR_HEAP_EXN: case WR_HEAP_NOEXN: return WR_ABSTRACT_HEAP(WR_HEAP_EXN);
  case WR_HEAP_BOTTOM: return WR_ABSTRACT_HEAP(WR_HEAP_BOTTOM);
  default: return WR_ABSTRACT_HEAP(WR_HEAP_ANY);
  }
}

static bool abstract_matches(uint32_t sub, uint32_t super)
{
  if (sub == super || sub == WR_HEAP_BOTTOM)
    return true;
  switch (super) {
  case WR_HEAP_ANY:
    return sub == WR_HEAP_EQ || sub == WR_HEAP_I31 || sub == WR_HEAP_STRUCT ||
           sub == WR_HEAP_ARRAY || sub == WR_HEAP_NONE;
  case WR_HEAP_EQ:
    return sub == WR_HEAP_I31 || sub == WR_HEAP_STRUCT || sub == WR_HEAP_ARRAY ||
           sub == WR_HEAP_NONE;
  case WR_HEAP_I31: case WR_HEAP_STRUCT: case WR_HEAP_ARRAY: return sub == WR_HEAP_NONE;
  case WR_HEAP_FUNC: return sub == WR_HEAP_NOFUNC;
  case WR_HEAP_EXTERN: return sub == WR_HEAP_NOEXTERN;
  case WR_HEAP_EXN: return sub == WR_HEAP_NOEXN;
  default: return false;
  }
}

bool wr_heap_matches(uint32_t sub, uint32_t super)
{
  if (sub == super)
    return true;
  bool sub_abstract = (sub & WR_ABSTRACT) != 0, super_abstract = (super & WR_ABSTRACT) != 0;
  uint32_t sub_code = sub & WR_INDEX_MASK, super_code = super & WR_INDEX_MASK;
  if (!sub_abstract && !super_abstract)
    return wr_defined_matches(sub, super);
  if (!sub_abstract)
    return abstract_matches(kind_heap(sub), super_code);
  if (super_abstract)
    return abstract_matches(sub_code, super_code);
  if (sub_code == WR_HEAP_BOTTOM)
    return true;
  return sub_code == (kind_heap(super) == WR_HEAP_FUNC ? WR_HEAP_NOFUNC : WR_HEAP_NONE);
}

bool wr_matches(wr_type sub, wr_type super)
{
  if (sub == super || sub == WR_BOTTOM)
    return true;
  if (!wr_is_ref(sub) || !wr_is_ref(super))
    return false;
  if ((sub & WR_NULLABLE) && !(super & WR_NULLABLE))
    return false;
  return wr_heap_matches(sub & WR_HEAP_MASK, super & WR_HEAP_MASK);
}

static const char *heap_name(uint32_t code)
{
  switch (code) {
  case WR_HEAP_FUNC: return "func";
  case WR_HEAP_EXTERN: return "extern";
  case WR_HEAP_ANY: return "any";
  case WR_HEAP_EQ: return "eq";
  case WR_HEAP_I31: return "i31";
  case WR_HEAP_STRUCT: return "struct";
  case WR_HEAP_ARRAY: return "array";
  case WR_HEAP_EXN: return "exn";
  case WR_HEAP_NOEXN: return "noexn";
  case WR_HEAP_NOFUNC: return "nofunc";
  case WR_HEAP_NOEXTERN: return "noextern";
  case WR_HEAP_NONE: return "none";
  default: return "bot";
  }
}

void wr_type_text(wr_type type, char *buffer, unsigned size)
{
  static const char *names[] = {"bot", "i32", "i64", "f32", "f64", "v128", "i8", "i16"};
  if (!wr_is_ref(type))
    snprintf(buffer, size, "%s", type < 8 ? names[type] : "?");
  else if (type & WR_ABSTRACT)
    snprintf(buffer, size, "(ref %s%s)", type & WR_NULLABLE ? "null " : "",
             heap_name(type & WR_INDEX_MASK));
  else
    snprintf(buffer, size, "(ref %s#%u)", type & WR_NULLABLE ? "null " : "",
             type & WR_INDEX_MASK);
}
