#include "api.h"

#include "reader.h"
#include "validate.h"

#include <stdlib.h>

#define NO_LIMIT ((int64_t)1 << 62)

/* Modules */

static wr_program *program_of(wr_module *module, wr_error *error)
{
  if (!module)
    return NULL;
  wr_program *program = wr_program_new(module);
  if (!program) {
    wr_module_free(module);
    error->kind = WR_ERROR_MEMORY;
  }
  return program;
}

wr_program *wr_api_load(const uint8_t *binary, size_t size, const uint8_t *features,
                        wr_error *error)
{
  return program_of(wr_module_load(binary, size, features, error), error);
}

wr_program *wr_api_open(const uint8_t *binary, size_t size, const uint8_t *features,
                        wr_error *error)
{
  return program_of(wr_module_open(binary, size, features, error), error);
}

static __attribute__((noinline)) bool read_up_to(const wr_code *code, uint32_t pc,
                                                 wr_instruction *i)
{
  const wr_module *module = code->program->module;
  wr_range body = module->functions[code->function].body;
  wr_error error;
  wr_failure failure = {.error = &error, .function = code->function, .pc = -1};
  wr_reader r = {module->binary, module->binary + body.begin, module->binary + body.end,
                 module->binary + module->size, &failure};
  if (setjmp(failure.jump))
    return false;
  for (uint32_t k = 0; k <= pc && r.next < r.end; k++)
    wr_read_instruction(module, &r, i, false);
  return true;
}

const char *wr_api_locate(const wr_code *code, uint32_t pc, uint64_t *offset)
{
  wr_instruction i = {0};
  if (!read_up_to(code, pc, &i))
    return "";
  *offset = (uint64_t)(i.at - code->program->module->binary);
  return wr_rows[i.op].mnemonic;
}

/* Stores and entities */

wr_store *wr_api_store(wr_domain *domain, const wr_store *limits)
{
  wr_domain *locked = wr_domain_lock(domain);
  wr_store *store = wr_store_new(locked);
  if (store) {
    wr_store *next = store->next;
    *store = *limits;
    store->domain = locked;
    store->next = next;
    wr_heap_raise_limit(&locked->heap, limits->heap_bytes);
  }
  wr_domain_unlock(locked);
  return store;
}

wr_memory *wr_api_memory(wr_domain *domain, wr_store *store, const wr_limits *limits)
{
  wr_domain *locked = wr_domain_lock(domain);
  wr_memory *memory = wr_domain_add_memory(locked, limits, store ? &store->memory_bytes : NULL);
  wr_domain_unlock(locked);
  return memory;
}

wr_table *wr_api_table(wr_domain *domain, const wr_table_type *type, wr_slot initial)
{
  wr_domain *locked = wr_domain_lock(domain);
  wr_table *table = wr_table_new(locked, type, initial, NULL);
  wr_domain_unlock(locked);
  return table;
}

wr_global *wr_api_global(wr_domain *domain, wr_type type, bool is_mutable, const wr_slot *value)
{
  wr_domain *locked = wr_domain_lock(domain);
  wr_global *global = wr_global_new(locked, type, is_mutable);
  if (global)
    memcpy(global->value, value, sizeof global->value);
  wr_domain_unlock(locked);
  return global;
}

wr_tag *wr_api_tag(wr_domain *domain, uint32_t type)
{
  wr_domain *locked = wr_domain_lock(domain);
  wr_tag *tag = wr_tag_new(locked, type);
  wr_domain_unlock(locked);
  return tag;
}

wr_callee *wr_api_host_function(wr_domain *domain, uint32_t type, int64_t handle)
{
  wr_domain *locked = wr_domain_lock(domain);
  wr_callee *callee = wr_callee_new(locked, type);
  if (callee)
    callee->handle = handle;
  wr_domain_unlock(locked);
  return callee;
}

wr_callee *wr_api_function(wr_instance *instance, uint32_t index)
{
  wr_domain *locked = wr_domain_lock(instance->store->domain);
  wr_callee *callee = wr_instance_function(instance, index);
  wr_domain_unlock(locked);
  return callee;
}

wr_instance *wr_api_instantiate(wr_program *program, wr_store *store, const wr_given *given,
                                int *outcome, uint64_t *figure)
{
  wr_domain *locked = wr_domain_lock(store->domain);
  wr_instance *instance = wr_instantiate(program, store, given, outcome, figure);
  wr_domain_unlock(locked);
  return instance;
}

bool wr_api_limits_match(const wr_limits *found, uint64_t size, const wr_limits *wanted)
{
  return wr_limits_match(found, size, wanted);
}

void wr_api_memory_hold(wr_memory *memory) { pthread_mutex_lock(&memory->lock); }
void wr_api_memory_let_go(wr_memory *memory) { pthread_mutex_unlock(&memory->lock); }

bool wr_api_table_set(wr_table *table, uint64_t index, wr_slot value)
{
  wr_domain *locked = wr_domain_lock(table->owner);
  bool is_inside = index < table->size;
  if (is_inside)
    wr_table_set(table, index, value);
  wr_domain_unlock(locked);
  return is_inside;
}

uint64_t wr_api_table_grow(wr_table *table, uint64_t count, wr_slot value)
{
  wr_domain *locked = wr_domain_lock(table->owner);
  uint64_t old_size = wr_table_grow(table, count, value);
  wr_domain_unlock(locked);
  return old_size;
}

void wr_api_global_set(wr_global *global, const wr_slot *value)
{
  wr_domain *locked = wr_domain_lock(global->owner);
  memcpy(global->value, value, wr_slots(global->type) * sizeof *value);
  wr_domain_unlock(locked);
}

/* References */

void wr_api_describe(wr_slot word, wr_type type, wr_reference *out)
{
  *out = (wr_reference){WR_REFERENCE_NULL, word, 0};
  if (!word)
    return;
  uint32_t top = wr_heap_top(type & WR_HEAP_MASK);
  if (top == WR_ABSTRACT_HEAP(WR_HEAP_FUNC)) {
    out->kind = WR_REFERENCE_FUNCTION;
    return;
  }
  if (word & 1) {
    out->kind = WR_REFERENCE_I31;
    return;
  }
  wr_object *object = (wr_object *)(uintptr_t)word;
  out->kind = object->kind;
  if (object->kind == WR_OBJECT_EXTERNAL)
    out->handle = ((const wr_external *)object)->handle;
  else
    __atomic_add_fetch(&object->pins, 1, __ATOMIC_SEQ_CST);
}

bool wr_api_table_get(wr_table *table, uint64_t index, wr_reference *out)
{
  wr_domain *locked = wr_domain_lock(table->owner);
  bool is_inside = index < table->size;
  if (is_inside)
    wr_api_describe(wr_table_get(table, index), table->type.element, out);
  wr_domain_unlock(locked);
  return is_inside;
}

void wr_api_global_get(wr_global *global, wr_reference *out)
{
  wr_domain *locked = wr_domain_lock(global->owner);
  wr_api_describe(global->value[0], global->type, out);
  wr_domain_unlock(locked);
}

bool wr_api_has_type(wr_slot word, wr_type type) { return wr_reference_has_type(word, type); }

void wr_api_unpin(wr_slot word)
{
  __atomic_sub_fetch(&((wr_object *)(uintptr_t)word)->pins, 1, __ATOMIC_SEQ_CST);
}

wr_slot wr_api_external(wr_domain *domain, int64_t handle)
{
  wr_domain *locked = wr_domain_lock(domain);
  if (wr_heap_is_due(&locked->heap))
    wr_domain_collect(locked);
  wr_external *external = (wr_external *)wr_heap_alloc_for_host(
      &locked->heap, WR_OBJECT_EXTERNAL, 0, sizeof *external);
  if (external) {
    external->handle = handle;
    external->object.pins = 1;
  }
  wr_domain_unlock(locked);
  return (wr_slot)(uintptr_t)external;
}

uint32_t wr_api_released(wr_domain *domain, int64_t *handles, uint32_t room)
{
  wr_domain *locked = wr_domain_lock(domain);
  wr_gc_heap *heap = &locked->heap;
  uint32_t count = heap->released_count < room ? (uint32_t)heap->released_count : room;
  heap->released_count -= count;
  if (count)
    memcpy(handles, heap->released + heap->released_count, count * sizeof *handles);
  wr_domain_unlock(locked);
  return count;
}

void wr_api_collect(wr_domain *domain)
{
  wr_domain *locked = wr_domain_lock(domain);
  wr_domain_collect(locked);
  wr_domain_unlock(locked);
}

uint64_t wr_api_heap_bytes(wr_domain *domain)
{
  wr_domain *locked = wr_domain_lock(domain);
  uint64_t bytes = locked->heap.live_bytes + locked->heap.new_bytes;
  wr_domain_unlock(locked);
  return bytes;
}

/* Executions */

wr_task *wr_api_task(wr_store *store)
{
  wr_domain *locked = wr_domain_lock(store->domain);
  wr_task *task = wr_task_new(store);
  wr_domain_unlock(locked);
  return task;
}

bool wr_api_task_reserve(wr_task *task, uint64_t slots)
{
  wr_domain *locked = wr_domain_lock(task->store->domain);
  bool done = wr_task_reserve(task, slots);
  wr_domain_unlock(locked);
  return done;
}

void wr_api_task_reset(wr_task *task)
{
  wr_domain *locked = wr_domain_lock(task->store->domain);
  wr_task_reset(task);
  wr_domain_unlock(locked);
}

/* Fuel that the task may have spent in all. */
static int64_t allowed_fuel(const wr_task *task)
{
  const wr_store *store = task->store;
  if (store->fuel_limit >= (uint64_t)NO_LIMIT)
    return NO_LIMIT;
  return task->fuel_spent + (int64_t)store->fuel_limit - (int64_t)store->fuel_spent;
}

static void set_limit(wr_task *task, int64_t quantum, int64_t allowed)
{
  task->limit = NO_LIMIT;
  if (quantum >= 0 && quantum < NO_LIMIT - task->fuel_spent)
    task->limit = task->fuel_spent + quantum;
  if (allowed < task->limit)
    task->limit = allowed + 1;
  if (__atomic_load_n(&task->interrupted, __ATOMIC_SEQ_CST))
    task->limit = INT64_MIN;
}

void wr_api_interrupt(wr_task *task)
{
  __atomic_store_n(&task->interrupted, true, __ATOMIC_SEQ_CST);
  __atomic_store_n(&task->fuel_limit, INT64_MIN, __ATOMIC_SEQ_CST);
  __atomic_store_n(&task->fast_limit, INT64_MIN, __ATOMIC_SEQ_CST);
}

static int at_checkpoint(wr_task *task, int64_t allowed)
{
  if (__atomic_exchange_n(&task->interrupted, false, __ATOMIC_SEQ_CST))
    return WR_EVENT_INTERRUPT;
  if (task->is_sliced)
    return WR_EVENT_SLICE;
  if (task->fuel_spent <= allowed)
    return WR_EVENT_FUEL;
  task->status = WR_OUT_OF_FUEL;
  return WR_EVENT_OUT_OF_FUEL;
}

static int event_of(wr_task *task, int64_t allowed)
{
  switch (task->status) {
  case WR_RETURNED: return WR_EVENT_RETURNED;
  case WR_HOST_CALL: return WR_EVENT_HOST_CALL;
  case WR_CHECKPOINT: return at_checkpoint(task, allowed);
  case WR_STEPS: return task->is_sliced ? WR_EVENT_SLICE : WR_EVENT_STEPS;
  case WR_TRAPPED: return WR_EVENT_TRAPPED;
  case WR_THREW: return WR_EVENT_THREW;
  case WR_EXHAUSTED: return WR_EVENT_EXHAUSTED;
  case WR_OUT_OF_FUEL: return WR_EVENT_OUT_OF_FUEL;
  case WR_HEAP_FULL: return WR_EVENT_HEAP_FULL;
  case WR_WAIT: return WR_EVENT_WAIT;
  case WR_NOTIFY: return WR_EVENT_NOTIFY;
  default: return WR_EVENT_NO_MEMORY;
  }
}

/* Go as far as the frames, the host's answer and the limits allow. */
static void advance(wr_task *task, wr_callee *callee, int64_t steps)
{
  if (callee && wr_task_enter(task, callee) != WR_RUNNING)
    return;
  if (task->exception) { /* the host threw it */
    if (!wr_task_unwind(task))
      return;
    task->status = WR_RUNNING;
  }
  wr_task_run(task, steps);
}

void wr_api_settle(wr_task *task)
{
  for (wr_frame *frame = task->frame; frame->code; frame--)
    frame->pc = wr_frame_pc(frame);
}

static bool waits_for_answer(const wr_task *task)
{
  return task->is_unanswered && !task->exception;
}

static bool has_ended(const wr_task *task)
{
  switch (task->status) {
  case WR_RETURNED:
  case WR_TRAPPED:
  case WR_THREW:
  case WR_EXHAUSTED:
  case WR_OUT_OF_FUEL:
  case WR_HEAP_FULL:
  case WR_NO_MEMORY: return true;
  default: return false;
  }
}

int wr_api_run_locked(wr_task *task, wr_domain *locked, wr_callee *callee, int64_t quantum,
                      int64_t steps)
{
  int64_t before = task->fuel_spent, allowed = allowed_fuel(task);
  task->locked = locked;
  if (!callee && (waits_for_answer(task) || has_ended(task)))
    return event_of(task, allowed);
  set_limit(task, quantum, allowed);
  advance(task, callee, steps);
  task->is_unanswered = task->status == WR_HOST_CALL || task->status == WR_WAIT ||
                        task->status == WR_NOTIFY;
  task->fuel_spent = task->fuel;
  task->depth = wr_task_depth(task);
  task->store->fuel_spent += (uint64_t)(task->fuel_spent - before);
  return event_of(task, allowed);
}

int wr_api_run(wr_task *task, wr_callee *callee, int64_t quantum, int64_t steps)
{
  if (__atomic_exchange_n(&task->is_running, true, __ATOMIC_ACQUIRE))
    return WR_EVENT_BUSY;
  wr_domain *locked = wr_domain_lock(task->store->domain);
  int event = wr_api_run_locked(task, locked, callee, quantum, steps);
  wr_domain_unlock(locked);
  __atomic_store_n(&task->is_running, false, __ATOMIC_RELEASE);
  return event;
}

bool wr_api_throw(wr_task *task, wr_tag *tag, int64_t handle, uint32_t slots)
{
  wr_domain *locked = wr_domain_lock(task->store->domain);
  wr_exception *exception = (wr_exception *)wr_heap_alloc_for_host(
      &locked->heap, WR_OBJECT_EXCEPTION, 0, sizeof *exception + slots * sizeof(wr_slot));
  if (exception) {
    exception->tag = tag;
    exception->handle = handle;
    exception->object.length = slots;
    task->exception = exception;
  }
  wr_domain_unlock(locked);
  return exception != NULL;
}
