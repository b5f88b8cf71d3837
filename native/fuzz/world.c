#include "world.h"

#include <stdlib.h>

enum {
  MOST_MEMORY = 256 << 10,
  MOST_ELEMENTS = 2000,
  MOST_HEAP = 128 << 10,
  MOST_VALUES = 20000,
  MOST_FRAMES = 150,
  MOST_FUEL = 3000,
  MOST_HOST_CALLS = 200,
  MOST_IMPORTED = 300,
};

uint64_t next_random(uint64_t *state)
{
  uint64_t x = *state += 0x9E3779B97F4A7C15u;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

/* Numbers: small ones, and those where meanings change. */
static uint64_t number(world *w)
{
  static const uint64_t edges[] = {
      0, 1, 2, 7, 31, 32, 63, 64, 0x7F, 0x80, 0xFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000,
      0xFFFFFFFF, 0x100000000, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, UINT64_MAX,
      0x3F800000, 0xFF800000, 0x7FC00000, 0x7FA00000, 0x4F000000, 0xCF000001, 0x5F000000,
      0x3FF0000000000000, 0x7FF0000000000000, 0x7FF4000000000000, 0x41E0000000000000,
      0xC1E0000000200000, 0x43E0000000000000,
  };
  uint64_t chance = next_random(&w->random);
  return chance & 3 ? edges[(chance >> 8) % (sizeof edges / sizeof *edges)] : chance;
}

static wr_callee *host_function(world *w, uint32_t type)
{
  return wr_api_host_function(w->domain, type, 1);
}

/* A reference that is not null. */
static wr_slot reference(world *w, uint32_t heap)
{
  uint32_t top = wr_heap_top(heap);
  if (top == WR_ABSTRACT_HEAP(WR_HEAP_FUNC)) {
    if (heap & WR_ABSTRACT)
      return 0;
    return (wr_slot)(uintptr_t)host_function(w, heap);
  }
  if (heap == WR_ABSTRACT_HEAP(WR_HEAP_ANY) && next_random(&w->random) & 1)
    return wr_api_external(w->domain, 2);
  if (heap == WR_ABSTRACT_HEAP(WR_HEAP_ANY) || heap == WR_ABSTRACT_HEAP(WR_HEAP_EQ) ||
      heap == WR_ABSTRACT_HEAP(WR_HEAP_I31))
    return (number(w) & 0x7FFFFFFF) << 1 | 1;
  return heap == WR_ABSTRACT_HEAP(WR_HEAP_EXTERN) ? wr_api_external(w->domain, 3) : 0;
}

bool world_value(world *w, wr_type type, wr_slot *slots)
{
  switch (type) {
  case WR_I32: case WR_F32: slots[0] = (uint32_t)number(w); return true;
  case WR_I64: case WR_F64: slots[0] = number(w); return true;
  case WR_V128:
    slots[0] = number(w);
    slots[1] = number(w);
    return true;
  default: break;
  }
  bool is_nullable = (type & WR_NULLABLE) != 0;
  slots[0] = 0;
  if (!is_nullable || next_random(&w->random) & 1)
    slots[0] = reference(w, type & WR_HEAP_MASK);
  return is_nullable || slots[0];
}

/* Imports */

static void *given_global(world *w, const wr_global_type *type)
{
  wr_slot value[2] = {0};
  if (!world_value(w, type->type, value))
    return NULL;
  return wr_api_global(w->domain, type->type, type->is_mutable, value);
}

static void *given_table(world *w, const wr_table_type *type)
{
  wr_slot initial[2] = {0};
  if (type->limits.minimum > MOST_ELEMENTS || !world_value(w, type->element, initial))
    return NULL;
  wr_table_type bounded = *type;
  if (!bounded.limits.has_maximum || bounded.limits.maximum > MOST_ELEMENTS)
    bounded.limits.maximum = MOST_ELEMENTS;
  bounded.limits.has_maximum = true;
  return wr_api_table(w->domain, &bounded, initial[0]);
}

static void *given_entity(world *w, const wr_import *import)
{
  const wr_module *m = w->module;
  switch (import->kind) {
  case WR_FUNCTION: return host_function(w, m->functions[import->index].type);
  case WR_TABLE: return given_table(w, &m->tables[import->index]);
  case WR_MEMORY: return wr_api_memory(w->domain, w->store, &m->memories[import->index]);
  case WR_GLOBAL: return given_global(w, &m->globals[import->index]);
  default: return wr_api_tag(w->domain, m->tags[import->index]);
  }
}

static bool give_imports(world *w)
{
  const wr_module *m = w->module;
  uint32_t counts[5] = {0};
  if (m->import_count > MOST_IMPORTED)
    return false;
  for (int kind = 0; kind < 5; kind++)
    w->given[kind] = calloc(m->import_count + 1, sizeof **w->given);
  for (uint32_t k = 0; k < m->import_count; k++) {
    const wr_import *import = &m->imports[k];
    void *entity = given_entity(w, import);
    if (!entity)
      return false;
    w->given[import->kind][counts[import->kind]++] = entity;
  }
  return true;
}

static void instantiate(world *w, wr_program *program)
{
  wr_given given = {
      .functions = (wr_callee **)w->given[WR_FUNCTION],
      .tables = (wr_table **)w->given[WR_TABLE],
      .memories = (wr_memory **)w->given[WR_MEMORY],
      .globals = (wr_global **)w->given[WR_GLOBAL],
      .tags = (wr_tag **)w->given[WR_TAG],
  };
  w->instance = wr_api_instantiate(program, w->store, &given, &w->outcome, &w->figure);
}

bool world_begin(world *w, wr_program *program, uint64_t seed)
{
  wr_store limits = {.instances_limit = 1, .fuel_limit = MOST_FUEL, .call_depth = MOST_FRAMES,
                     .value_slots = MOST_VALUES, .heap_bytes = MOST_HEAP};
  limits.memory_bytes.limit = MOST_MEMORY;
  limits.table_elements.limit = MOST_ELEMENTS;
  *w = (world){.module = program->module, .random = seed};
  w->domain = wr_domain_new();
  w->store = wr_api_store(w->domain, &limits);
  w->task = wr_api_task(w->store);
  if (!give_imports(w))
    return false;
  instantiate(w, program);
  return true;
}

void world_end(world *w)
{
  for (int kind = 0; kind < 5; kind++)
    free(w->given[kind]);
  free(w->arrived);
  wr_domain_release(w->domain);
}

/* Calls */

static uint32_t slots_of(const wr_type *types, uint32_t count)
{
  uint32_t slots = 0;
  for (uint32_t k = 0; k < count; k++)
    slots += wr_slots(types[k]);
  return slots;
}

bool world_call(world *w, wr_callee *callee)
{
  const wr_defined_type *type = wr_defined(callee->type);
  uint32_t takes = slots_of(type->params, type->param_count);
  uint32_t gives = slots_of(type->results, type->result_count);
  if (!callee->code)
    return false;
  wr_api_task_reset(w->task);
  w->host_calls = 0;
  free(w->arrived);
  w->arrived = NULL;
  if (!wr_api_task_reserve(w->task, takes > gives ? takes : gives))
    return false;
  wr_slot *slots = w->task->stack;
  for (uint32_t k = 0; k < type->param_count; k++) {
    if (!world_value(w, type->params[k], slots))
      return false;
    slots += wr_slots(type->params[k]);
  }
  w->task->live_slots = takes;
  w->task->callee = callee;
  return true;
}

/* Answer a call of the host; whether the execution goes on. */
static bool answer(world *w)
{
  wr_task *task = w->task;
  const wr_defined_type *type = wr_defined(task->callee->type);
  if (++w->host_calls > MOST_HOST_CALLS)
    return false;
  if (task->depth && below(&w->random, 8) == 0)
    return wr_api_throw(task, NULL, 4, 0);
  wr_slot *slots = task->stack + task->arguments;
  for (uint32_t k = 0; k < type->result_count; k++) {
    if (!world_value(w, type->results[k], slots))
      return false;
    slots += wr_slots(type->results[k]);
  }
  if (task->depth)
    return true;
  /* It was called last of all. */
  uint32_t count = slots_of(type->results, type->result_count);
  w->arrived = calloc(count + 1, sizeof *w->arrived);
  memcpy(w->arrived, task->stack + task->arguments, count * sizeof *w->arrived);
  return false;
}

int world_run(world *w, int64_t quantum, int64_t steps)
{
  wr_task *task = w->task;
  wr_callee *callee = NULL;
  if (!task->frame->code && task->callee) {
    callee = task->callee;
    task->callee = NULL;
  }
  for (;;) {
    int64_t fuel = task->fuel_spent;
    uint64_t done = task->steps;
    int event = wr_api_run(task, callee, quantum, steps);
    callee = NULL;
    if (event == WR_EVENT_WAIT || event == WR_EVENT_NOTIFY)
      task->stack[task->arguments] = event == WR_EVENT_WAIT;
    else if (event != WR_EVENT_HOST_CALL)
      return event;
    else if (!answer(w))
      return w->arrived ? WR_EVENT_RETURNED : event;
    task->is_unanswered = false;
    if (quantum >= 0)
      quantum = quantum > task->fuel_spent - fuel ? quantum - (task->fuel_spent - fuel) : 0;
    if (steps >= 0)
      steps -= (int64_t)(task->steps - done);
  }
}

const wr_slot *world_results(const world *w)
{
  return w->arrived ? w->arrived : w->task->stack + w->task->results;
}
