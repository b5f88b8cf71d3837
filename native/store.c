#include "store.h"
#include "allocate.h"

#include "code.h"
#include "task.h"

#include <string.h>

/* Domains */

/* Only ever taken for a moment: it orders the merging of domains. */
static pthread_mutex_t merging = PTHREAD_MUTEX_INITIALIZER;

wr_domain *wr_domain_new(void)
{
  wr_domain *domain = wr_allocate_zeroed(1, sizeof *domain);
  if (!domain)
    return NULL;
  pthread_mutex_init(&domain->lock, NULL);
  domain->references = 1;
  return domain;
}

wr_domain *wr_domain_find(wr_domain *domain)
{
  for (;;) {
    wr_domain *forward = __atomic_load_n(&domain->forward, __ATOMIC_ACQUIRE);
    if (!forward)
      return domain;
    domain = forward;
  }
}

wr_domain *wr_domain_lock(wr_domain *domain)
{
  for (;;) {
    wr_domain *found = wr_domain_find(domain);
    pthread_mutex_lock(&found->lock);
    if (!found->forward)
      return found;
    pthread_mutex_unlock(&found->lock);
  }
}

wr_domain *wr_domain_try_lock(wr_domain *domain)
{
  wr_domain *found = wr_domain_find(domain);
  if (pthread_mutex_trylock(&found->lock))
    return NULL;
  if (!found->forward)
    return found;
  pthread_mutex_unlock(&found->lock);
  return NULL;
}

void wr_domain_unlock(wr_domain *domain) { pthread_mutex_unlock(&domain->lock); }

wr_domain *wr_domain_retain(wr_domain *domain)
{
  pthread_mutex_lock(&merging);
  domain = wr_domain_find(domain);
  domain->references++;
  pthread_mutex_unlock(&merging);
  return domain;
}

static void free_instances(wr_instance *instance)
{
  while (instance) {
    wr_instance *next = instance->next;
    for (uint32_t k = 0; k < instance->program->module->element_count; k++)
      wr_deallocate(instance->elements[k].items);
    wr_program_release(instance->program);
    wr_deallocate(instance);
    instance = next;
  }
}

#define FREE_LIST(type, first) \
  for (type *item = (first), *next; item; item = next) { \
    next = item->next; \
    wr_deallocate(item); \
  }

static void free_domain(wr_domain *domain)
{
  free_instances(domain->instances);
  wr_heap_free(&domain->heap);
  while (domain->tasks) {
    wr_task *task = domain->tasks;
    domain->tasks = task->next;
    wr_task_destroy(task);
  }
  while (domain->memories) {
    wr_memory *memory = domain->memories;
    domain->memories = memory->next;
    wr_memory_free(memory);
  }
  while (domain->tables) {
    wr_table *table = domain->tables;
    domain->tables = table->next;
    wr_deallocate(table->elements);
    wr_deallocate(table);
  }
  FREE_LIST(wr_store, domain->stores)
  FREE_LIST(wr_global, domain->globals)
  FREE_LIST(wr_tag, domain->tags)
  FREE_LIST(wr_callee, domain->callees)
  while (domain->merged) {
    wr_domain *merged = domain->merged;
    domain->merged = merged->merged;
    pthread_mutex_destroy(&merged->lock);
    wr_deallocate(merged);
  }
  pthread_mutex_destroy(&domain->lock);
  wr_deallocate(domain);
}

void wr_domain_release(wr_domain *domain)
{
  pthread_mutex_lock(&merging);
  domain = wr_domain_find(domain);
  bool is_last = --domain->references == 0;
  pthread_mutex_unlock(&merging);
  if (is_last)
    free_domain(domain);
}

#define JOIN_LISTS(type, list) \
  do { \
    type **end = &domain->list; \
    while (*end) \
      end = &(*end)->next; \
    *end = other->list; \
    other->list = NULL; \
  } while (0)

static void take_over(wr_domain *domain, wr_domain *other)
{
  JOIN_LISTS(wr_store, stores);
  JOIN_LISTS(wr_instance, instances);
  JOIN_LISTS(wr_memory, memories);
  JOIN_LISTS(wr_table, tables);
  JOIN_LISTS(wr_global, globals);
  JOIN_LISTS(wr_tag, tags);
  JOIN_LISTS(wr_callee, callees);
  JOIN_LISTS(wr_task, tasks);
  domain->references += other->references;
  wr_domain **end = &domain->merged;
  while (*end)
    end = &(*end)->merged;
  *end = other; /* its own merged ones hang behind it */
  __atomic_store_n(&other->forward, domain, __ATOMIC_RELEASE);
}

bool wr_domain_merge(wr_domain *domain, wr_domain *other)
{
  pthread_mutex_lock(&merging);
  domain = wr_domain_find(domain);
  other = wr_domain_find(other);
  bool merged = true;
  if (domain != other) {
    /* Nobody who holds a domain's lock waits for another one, so the order does not matter. */
    pthread_mutex_lock(&domain->lock);
    pthread_mutex_lock(&other->lock);
    merged = wr_heap_merge(&domain->heap, &other->heap);
    if (merged)
      take_over(domain, other);
    pthread_mutex_unlock(&other->lock);
    pthread_mutex_unlock(&domain->lock);
  }
  pthread_mutex_unlock(&merging);
  return merged;
}

static bool is_traced(wr_type type)
{
  return wr_is_ref(type) &&
         wr_heap_top(type & WR_HEAP_MASK) != WR_ABSTRACT_HEAP(WR_HEAP_FUNC);
}

static void mark_table(wr_gc_heap *heap, const wr_table *table)
{
  if (!table->blank) {
    wr_heap_mark_words(heap, table->elements, table->size);
    return;
  }
  wr_heap_mark_word(heap, table->blank);
  for (uint64_t k = 0; k < table->size; k++)
    wr_heap_mark_word(heap, wr_table_get(table, k));
}

void wr_domain_collect(wr_domain *domain)
{
  wr_long_work();
  wr_gc_heap *heap = &domain->heap;
  for (wr_table *table = domain->tables; table; table = table->next)
    if (is_traced(table->type.element))
      mark_table(heap, table);
  for (wr_global *global = domain->globals; global; global = global->next)
    if (is_traced(global->type))
      wr_heap_mark_word(heap, global->value[0]);
  for (wr_instance *instance = domain->instances; instance; instance = instance->next)
    for (uint32_t k = 0; k < instance->program->module->element_count; k++)
      wr_heap_mark_words(heap, instance->elements[k].items, instance->elements[k].count);
  for (wr_task *task = domain->tasks; task; task = task->next)
    wr_task_mark(task, heap);
  wr_heap_finish(heap);
}

bool wr_domain_make_room(wr_domain *domain)
{
  bool is_full = domain->heap.is_full;
  wr_domain_collect(domain);
  return !is_full || !wr_heap_is_crowded(&domain->heap);
}

/* Programs */

wr_program *wr_program_new(wr_module *module)
{
  wr_program *program = wr_allocate_zeroed(1, sizeof *program);
  uint32_t defined = module->function_count - module->imported_functions;
  struct wr_code **codes = wr_allocate_zeroed(defined ? defined : 1, sizeof *codes);
  if (!program || !codes) {
    wr_deallocate(program);
    wr_deallocate(codes);
    return NULL;
  }
  program->module = module;
  program->codes = codes;
  program->references = 1;
  pthread_mutex_init(&program->lock, NULL);
  return program;
}

void wr_program_retain(wr_program *program)
{
  __atomic_add_fetch(&program->references, 1, __ATOMIC_RELAXED);
}

void wr_program_release(wr_program *program)
{
  if (__atomic_sub_fetch(&program->references, 1, __ATOMIC_ACQ_REL))
    return;
  uint32_t defined = program->module->function_count - program->module->imported_functions;
  for (uint32_t k = 0; k < defined; k++)
    if (program->codes[k])
      wr_code_free(program->codes[k]);
  wr_deallocate(program->codes);
  wr_module_free(program->module);
  pthread_mutex_destroy(&program->lock);
  wr_deallocate(program);
}

/* Entities */

#define ADD(domain, list, item) ((item)->next = (domain)->list, (domain)->list = (item))

wr_store *wr_store_new(wr_domain *domain)
{
  wr_store *store = wr_allocate_zeroed(1, sizeof *store);
  if (!store)
    return NULL;
  store->domain = domain;
  ADD(domain, stores, store);
  return store;
}

wr_memory *wr_domain_add_memory(wr_domain *domain, const wr_limits *limits, wr_budget *budget)
{
  wr_memory *memory = wr_memory_new(limits, budget);
  if (!memory)
    return NULL;
  memory->owner = domain;
  ADD(domain, memories, memory);
  return memory;
}

wr_global *wr_global_new(wr_domain *domain, wr_type type, bool is_mutable)
{
  wr_global *global = wr_allocate_zeroed(1, sizeof *global);
  if (!global)
    return NULL;
  global->type = type;
  global->is_mutable = is_mutable;
  global->owner = domain;
  ADD(domain, globals, global);
  return global;
}

wr_tag *wr_tag_new(wr_domain *domain, uint32_t type)
{
  wr_tag *tag = wr_allocate_zeroed(1, sizeof *tag);
  if (!tag)
    return NULL;
  tag->type = type;
  tag->owner = domain;
  ADD(domain, tags, tag);
  return tag;
}

wr_callee *wr_callee_new(wr_domain *domain, uint32_t type)
{
  wr_callee *callee = wr_allocate_zeroed(1, sizeof *callee);
  if (!callee)
    return NULL;
  callee->type = type;
  callee->owner = domain;
  ADD(domain, callees, callee);
  return callee;
}

wr_callee *wr_instance_function(wr_instance *instance, uint32_t index)
{
  wr_callee *callee = instance->functions[index];
  if (callee)
    return callee;
  wr_domain *domain = wr_domain_find(instance->store->domain);
  struct wr_code *code = wr_program_code(instance->program, index);
  callee = code ? wr_callee_new(domain, instance->program->module->functions[index].type) : NULL;
  if (!callee)
    return NULL;
  callee->code = code;
  callee->instance = instance;
  callee->index = index;
  instance->functions[index] = callee;
  return callee;
}

void wr_table_write(wr_table *table, uint64_t index, const wr_slot *values, uint64_t count)
{
  for (uint64_t k = 0; k < count; k++)
    wr_table_set(table, index + k, values[k]);
}

void wr_table_copy(wr_table *table, uint64_t to, const wr_table *source, uint64_t from,
                   uint64_t count)
{
  wr_slot change = table->blank ^ source->blank; /* 0 in the same table */
  if (count)
    memmove(table->elements + to, source->elements + from, count * sizeof *table->elements);
  if (change)
    for (uint64_t k = 0; k < count; k++)
      table->elements[to + k] ^= change;
}

/* Copy to fresh memory what is not zero, so that what was never touched is not touched now. */
static void copy_used(wr_slot *to, const wr_slot *from, uint64_t count)
{
  enum { PART = 512 };
  for (uint64_t begin = 0; begin < count; begin += PART) {
    uint64_t end = count - begin < PART ? count : begin + PART, k = begin;
    while (k < end && !from[k])
      k++;
    if (k < end)
      memcpy(to + k, from + k, (end - k) * sizeof *to);
  }
}

static bool resize_table(wr_table *table, uint64_t size, wr_slot value)
{
  if (size > table->room) {
    uint64_t room = 2 * table->room < size ? size : 2 * table->room;
    if (room > SIZE_MAX / sizeof(wr_slot))
      return false;
    /* Fresh zeroed memory costs nothing until it is touched. */
    wr_slot *elements = wr_allocate_zeroed(room, sizeof *elements);
    if (!elements)
      return false;
    copy_used(elements, table->elements, table->size);
    wr_deallocate(table->elements);
    table->elements = elements;
    table->room = room;
  }
  if (!table->size)
    table->blank = value;
  else if (value != table->blank)
    for (uint64_t k = table->size; k < size; k++)
      wr_table_set(table, k, value);
  table->size = size;
  return true;
}

uint64_t wr_table_grow(wr_table *table, uint64_t count, wr_slot value)
{
  uint64_t old_size = table->size;
  if (count > table->maximum - old_size)
    return UINT64_MAX;
  if (table->budget && !wr_budget_take(table->budget, count))
    return UINT64_MAX;
  if (!resize_table(table, old_size + count, value)) {
    if (table->budget)
      wr_budget_give_back(table->budget, count);
    return UINT64_MAX;
  }
  return old_size;
}

void wr_table_shrink(wr_table *table, uint64_t size)
{
  for (uint64_t k = size; k < table->size; k++)
    if (table->elements[k])
      table->elements[k] = 0; /* as if it had never been written */
  if (table->budget)
    wr_budget_give_back(table->budget, table->size - size);
  table->size = size;
}

wr_table *wr_table_new(wr_domain *domain, const wr_table_type *type, wr_slot initial,
                       wr_budget *budget)
{
  wr_table *table = wr_allocate_zeroed(1, sizeof *table);
  if (!table)
    return NULL;
  table->type = *type;
  table->budget = budget;
  table->owner = domain;
  uint64_t most = type->limits.is_64 ? UINT64_MAX : UINT32_MAX;
  table->maximum = type->limits.has_maximum ? type->limits.maximum : most;
  if (wr_table_grow(table, type->limits.minimum, initial) == UINT64_MAX) {
    wr_deallocate(table->elements);
    wr_deallocate(table);
    return NULL;
  }
  ADD(domain, tables, table);
  return table;
}

void wr_instance_drop_elements(wr_instance *instance, uint32_t index)
{
  instance->elements[index].count = 0;
  wr_deallocate(instance->elements[index].items);
  instance->elements[index].items = NULL;
}
