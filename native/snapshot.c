#include "snapshot.h"
#include "allocate.h"

#include "lower.h"


/* Points: the validator goes through the body once more, up to the instruction. */

typedef struct finder {
  wr_emitter emitter;
  wr_point *point;
  uint32_t pc;
  uint32_t tries; /* legacy ones seen so far */
  bool is_found, is_beyond, is_short_of_memory;
} finder;

static void *copy_of(finder *f, const void *items, size_t count, size_t size)
{
  void *copy = wr_allocate(count * size + 1);
  if (!copy) {
    f->is_short_of_memory = true;
    return NULL;
  }
  if (items && count)
    memcpy(copy, items, count * size);
  return copy;
}

static void look_at_operands(finder *f, const wr_checker *c)
{
  wr_point *point = f->point;
  const wr_type *types = c->stack;
  point->is_reachable = !wr_control_at(c, 0)->is_unreachable;
  point->operand_count = c->height;
  if (c->pc + 1 == c->function->instruction_count) {
    /* Whatever the code before it is, branches to the function's label come here. */
    point->is_reachable = true;
    point->operand_count = c->controls[0].give_count;
    types = c->controls[0].gives;
  }
  point->operands = copy_of(f, types, point->operand_count, sizeof *point->operands);
}

static void look_at_locals(finder *f, const wr_checker *c)
{
  wr_point *point = f->point;
  uint32_t count = 0;
  for (uint32_t k = c->first_unset; k < c->local_count; k++)
    count += !wr_is_set(c, k);
  point->unset = copy_of(f, NULL, count, sizeof *point->unset);
  if (!point->unset)
    return;
  for (uint32_t k = 0; k < c->local_count; k++)
    if (!wr_is_set(c, k))
      point->unset[point->unset_count++] = k;
}

static void look_at_handlers(finder *f, const wr_checker *c)
{
  wr_point *point = f->point;
  point->handlers = copy_of(f, NULL, c->control_count, sizeof *point->handlers);
  point->places = copy_of(f, NULL, c->control_count, sizeof *point->places);
  if (!point->handlers || !point->places)
    return;
  for (uint32_t k = 0; k < c->control_count; k++) {
    const wr_control *control = &c->controls[k];
    if (control->kind != WR_CONTROL_CATCH && control->kind != WR_CONTROL_CATCH_ALL)
      continue;
    point->handlers[point->handler_count] = control->pc;
    point->places[point->handler_count++] = (uint32_t)(uintptr_t)control->user - 1;
  }
}

static void look_at_instruction(wr_point *point, const wr_checker *c, const wr_instruction *i)
{
  switch (i->op) {
  case WR_OP_call: point->call = c->module->functions[i->a].type; break;
  case WR_OP_call_indirect: case WR_OP_call_ref:
    point->call = c->module->types[i->a];
    point->has_callee = true;
    break;
  case WR_OP_memory_atomic_wait32: case WR_OP_memory_atomic_wait64:
    point->wait_width = i->op == WR_OP_memory_atomic_wait32 ? 4 : 8;
    point->wait_memory = i->memory;
    point->wait_offset = i->offset;
    break;
  default: break;
  }
}

static void on_instruction(wr_emitter *self, const wr_checker *c, const wr_instruction *i)
{
  finder *f = (finder *)self;
  if (c->pc != f->pc) {
    f->tries += i->op == WR_OP_try;
    return;
  }
  wr_point *point = f->point;
  look_at_operands(f, c);
  look_at_locals(f, c);
  look_at_handlers(f, c);
  look_at_instruction(point, c, i);
  f->is_found = true;
  wr_fail(c->failure, WR_ERROR_MEMORY, 0, "found");
}

static void on_opened(wr_emitter *self, const wr_checker *c, wr_control *control)
{
  finder *f = (finder *)self;
  (void)c;
  control->user = control->kind == WR_CONTROL_TRY ? (void *)(uintptr_t)f->tries : NULL;
}

static __attribute__((noinline)) void search(finder *f, wr_program *program, uint32_t function,
                                             wr_arena *scratch)
{
  wr_error error = {0};
  wr_failure failure = {.error = &error, .function = -1, .pc = -1};
  if (setjmp(failure.jump))
    return;
  wr_check_once(program->module, function, &failure, scratch);
  f->is_beyond = f->pc >= program->module->functions[function].instruction_count;
  if (f->is_beyond)
    return;
  wr_check_function(program->module, function, &failure, &f->emitter, scratch);
}

int wr_snapshot_point(wr_program *program, uint32_t function, uint32_t pc, wr_point *point)
{
  *point = (wr_point){.call = WR_NO_TYPE};
  finder f = {.emitter = {on_instruction, on_opened}, .point = point, .pc = pc};
  wr_arena scratch = {0};
  pthread_mutex_lock(&program->lock);
  search(&f, program, function, &scratch);
  pthread_mutex_unlock(&program->lock);
  wr_arena_free(&scratch);
  if (f.is_beyond)
    return WR_POINT_NONE;
  if (f.is_found && !f.is_short_of_memory)
    return WR_POINT_FOUND;
  wr_snapshot_point_free(point);
  return WR_POINT_NO_MEMORY;
}

void wr_snapshot_point_free(wr_point *point)
{
  wr_deallocate(point->operands);
  wr_deallocate(point->unset);
  wr_deallocate(point->handlers);
  wr_deallocate(point->places);
  *point = (wr_point){.call = WR_NO_TYPE};
}

/* Reading */

void wr_snapshot_local_types(const wr_function *function, wr_type *types)
{
  for (uint32_t k = 0; k < function->local_count; k++)
    types[k] = wr_local_type(function, k);
}

void wr_snapshot_fields(const wr_object *structure, wr_slot *slots)
{
  const wr_defined_type *type = wr_defined(structure->type);
  const uint8_t *body = (const uint8_t *)(structure + 1);
  for (uint32_t k = 0; k < type->field_count; k++) {
    const wr_field *field = &type->fields[k];
    wr_load_value(slots, body + field->offset, field->storage);
    slots += wr_slots(field->storage);
  }
}

void wr_snapshot_table(const wr_table *table, wr_slot *slots)
{
  for (uint64_t k = 0; k < table->size; k++)
    slots[k] = wr_table_get(table, k);
}

/* Making */

wr_instance *wr_snapshot_instance(wr_program *program, wr_store *store, bool *is_limit)
{
  wr_domain *domain = wr_domain_lock(store->domain);
  *is_limit = store->instances >= store->instances_limit;
  wr_instance *instance = *is_limit ? NULL : wr_instance_new(program, store);
  wr_domain_unlock(domain);
  return instance;
}

void wr_snapshot_linked(wr_instance *instance)
{
  if (instance->program->module->memory_count)
    instance->memory = instance->memories[0];
}

wr_table *wr_snapshot_new_table(wr_store *store, const wr_table_type *type)
{
  wr_domain *domain = wr_domain_lock(store->domain);
  wr_table *table = wr_table_new(domain, type, 0, &store->table_elements);
  wr_domain_unlock(domain);
  return table;
}

wr_callee *wr_snapshot_function(wr_instance *instance, uint32_t index)
{
  return wr_instance_function(instance, index);
}

void wr_snapshot_make_room(wr_domain *domain)
{
  if (domain->heap.used_bytes > domain->heap.limit / 2)
    wr_domain_collect(domain);
}

wr_slot wr_snapshot_object(wr_domain *domain, int kind, uint32_t type, uint32_t length)
{
  wr_object *object;
  if (kind == WR_OBJECT_STRUCTURE) {
    object = wr_structure_new(&domain->heap, type);
  } else if (kind == WR_OBJECT_ARRAY) {
    object = wr_array_new(&domain->heap, type, length);
  } else {
    size_t size = sizeof(wr_exception) + (size_t)length * sizeof(wr_slot);
    object = wr_heap_alloc(&domain->heap, WR_OBJECT_EXCEPTION, type, size);
    if (object)
      object->length = length;
  }
  return (wr_slot)(uintptr_t)object;
}

/* Content */

bool wr_snapshot_fill_table(wr_table *table, const wr_slot *slots, uint64_t size)
{
  if (size < table->size)
    wr_table_shrink(table, size);
  if (size > table->size && wr_table_grow(table, size - table->size, 0) == UINT64_MAX)
    return false;
  for (uint64_t k = 0; k < size; k++)
    if (wr_table_get(table, k) != slots[k])
      wr_table_set(table, k, slots[k]);
  return true;
}

bool wr_snapshot_fill_elements(wr_instance *instance, uint32_t index, const wr_slot *slots,
                               uint32_t count)
{
  wr_slot *items = NULL;
  if (count && !(items = wr_allocate(count * sizeof *items)))
    return false;
  if (count)
    memcpy(items, slots, count * sizeof *items);
  wr_instance_drop_elements(instance, index);
  instance->elements[index] = (wr_references){count, items};
  return true;
}

void wr_snapshot_fill_data(wr_instance *instance, uint32_t index, bool is_dropped)
{
  instance->dropped_datas[index] = is_dropped;
}

bool wr_snapshot_resize(wr_memory *memory, uint64_t pages)
{
  uint64_t present = wr_memory_pages(memory);
  if (pages < present) {
    wr_memory_shrink(memory, pages);
    return true;
  }
  return pages == present || wr_memory_grow(memory, pages - present) != UINT64_MAX;
}

enum { PAGE = 4096 };

static bool is_zero(const uint8_t *bytes, uint64_t count)
{
  return !count || (!*bytes && !memcmp(bytes, bytes + 1, count - 1));
}

void wr_snapshot_put_back(wr_memory *memory, uint64_t address, const uint8_t *data,
                          uint64_t count)
{
  uint8_t *target = memory->base + address;
  while (count) {
    uint64_t part = count < PAGE ? count : PAGE;
    if (data && memcmp(target, data, part))
      memcpy(target, data, part);
    else if (!data && !is_zero(target, part))
      memset(target, 0, part);
    target += part;
    count -= part;
    if (data)
      data += part;
  }
}

/* Executions */

int wr_snapshot_push(wr_task *task, wr_instance *instance, uint32_t function, uint32_t pc,
                     uint32_t first)
{
  wr_code *code = wr_program_code(instance->program, function);
  if (!code || !wr_code_lower(code))
    return WR_NO_MEMORY;
  bool is_outermost = !task->frame->code;
  int64_t room = is_outermost ? (int64_t)task->store->value_slots : task->frame->room;
  if (room < code->size || !task->depth_limit) {
    task->needed = room < code->size ? code->size : 0;
    task->left = room < 0 ? 0 : (uint64_t)room;
    return WR_EXHAUSTED;
  }
  if (task->frame + 1 == task->frames_end && !wr_task_grow_frames(task))
    return task->status;
  wr_slot *fp = is_outermost ? task->stack : task->frame->fp + first;
  if (task->stack_end - fp < (int64_t)code->frame_slots) {
    fp = wr_task_grow_stack(task, fp, code->frame_slots);
    if (!fp)
      return WR_NO_MEMORY;
  }
  memset(fp, 0, code->frame_slots * sizeof *fp);
  *++task->frame = (wr_frame){.code = code, .instance = instance, .fp = fp,
                              .room = room - code->size, .pc = pc};
  task->depth = wr_task_depth(task);
  return WR_RUNNING;
}

void wr_snapshot_place(wr_task *task, int status, int64_t fuel, uint64_t steps, wr_callee *callee,
                       uint64_t arguments)
{
  task->status = status;
  task->fuel = task->fuel_spent = fuel;
  task->steps = steps;
  task->callee = callee;
  task->arguments = arguments;
}
