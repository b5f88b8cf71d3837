#include "instance.h"
#include "allocate.h"

#include "aggregate.h"
#include "numeric.h"
#include "validate.h"


/* Constant expressions: a stack machine for the few instructions that may occur. Nothing is
   collected meanwhile, so references need not be known to anybody; where there is no room for an
   object, garbage is collected and the expression begins again. */

typedef struct evaluation {
  wr_instance *instance;
  wr_gc_heap *heap;
  wr_slot *top;
  int trap;
} evaluation;

enum { NO_MEMORY = -1 };

static void push_object(evaluation *e, wr_object *object)
{
  if (!object)
    e->trap = NO_MEMORY;
  *e->top++ = (uint64_t)(uintptr_t)object;
}

static void evaluate_array(evaluation *e, const wr_instruction *i, uint32_t id)
{
  uint32_t slots = wr_slots(wr_defined(id)->fields[0].storage);
  bool is_fixed = i->op == WR_OP_array_new_fixed;
  uint32_t length = is_fixed ? i->b : (uint32_t)*--e->top;
  if (length > WR_LARGEST_ARRAY) {
    e->trap = WR_TRAP_ALLOCATION_TOO_LARGE;
    return;
  }
  wr_object *array = wr_array_new(e->heap, id, length);
  if (is_fixed)
    e->top -= (size_t)slots * length;
  else if (i->op == WR_OP_array_new)
    e->top -= slots;
  if (array && is_fixed)
    wr_array_put(array, e->top, length);
  else if (array && i->op == WR_OP_array_new)
    wr_array_fill(array, 0, e->top, length);
  push_object(e, array);
}

static void evaluate_structure(evaluation *e, const wr_instruction *i, uint32_t id)
{
  wr_object *structure = wr_structure_new(e->heap, id);
  if (i->op == WR_OP_struct_new) {
    const wr_defined_type *type = wr_defined(id);
    for (uint32_t k = 0; k < type->field_count; k++)
      e->top -= wr_slots(type->fields[k].storage);
    if (structure)
      wr_structure_fill(structure, e->top);
  }
  push_object(e, structure);
}

static void evaluate_one(evaluation *e, const wr_instruction *i)
{
  const wr_module *module = e->instance->program->module;
  switch (i->op) {
  case WR_OP_i32_const: case WR_OP_i64_const: case WR_OP_f32_const: case WR_OP_f64_const:
    *e->top++ = i->bits[0];
    break;
  case WR_OP_v128_const:
    memcpy(e->top, i->bits, sizeof i->bits);
    e->top += 2;
    break;
  case WR_OP_global_get: {
    const wr_global *global = e->instance->globals[i->a];
    memcpy(e->top, global->value, sizeof global->value);
    e->top += wr_slots(global->type);
    break;
  }
  case WR_OP_ref_null: *e->top++ = 0; break;
  case WR_OP_ref_func: {
    wr_callee *function = wr_instance_function(e->instance, i->a);
    if (!function)
      e->trap = NO_MEMORY;
    *e->top++ = (uint64_t)(uintptr_t)function;
    break;
  }
  case WR_OP_i32_add: e->top--; e->top[-1] = (uint32_t)(e->top[-1] + e->top[0]); break;
  case WR_OP_i32_sub: e->top--; e->top[-1] = (uint32_t)(e->top[-1] - e->top[0]); break;
  case WR_OP_i32_mul: e->top--; e->top[-1] = (uint32_t)(e->top[-1] * e->top[0]); break;
  case WR_OP_i64_add: e->top--; e->top[-1] += e->top[0]; break;
  case WR_OP_i64_sub: e->top--; e->top[-1] -= e->top[0]; break;
  case WR_OP_i64_mul: e->top--; e->top[-1] *= e->top[0]; break;
  case WR_OP_ref_i31: e->top[-1] = (e->top[-1] & 0x7FFFFFFF) << 1 | 1; break;
  case WR_OP_struct_new: case WR_OP_struct_new_default:
    evaluate_structure(e, i, module->types[i->a]);
    break;
  case WR_OP_array_new: case WR_OP_array_new_default: case WR_OP_array_new_fixed:
    evaluate_array(e, i, module->types[i->a]);
    break;
  default: break; /* conversions between any and extern change nothing */
  }
}

static __attribute__((noinline)) bool evaluate_all(evaluation *e, wr_range range)
{
  const wr_module *module = e->instance->program->module;
  wr_error error = {0};
  wr_failure failure = {.error = &error, .function = -1, .pc = -1};
  wr_reader r = {module->binary, module->binary + range.begin, module->binary + range.end,
                 module->binary + module->size, &failure};
  wr_instruction i = {0};
  if (setjmp(failure.jump))
    return false; /* cannot be: validation has read it before */
  while (r.next < r.end && !e->trap) {
    wr_read_instruction(module, &r, &i, true);
    if (i.op == WR_OP_end)
      break;
    evaluate_one(e, &i);
  }
  return true;
}

int wr_evaluate(wr_instance *instance, wr_range range, wr_slot *result)
{
  enum { FEW = 16 };
  wr_slot few[2 * FEW], *stack = few;
  uint32_t size = range.end - range.begin; /* an instruction has at least a byte */
  if (size > FEW && !(stack = wr_allocate((2 * (size_t)size + 2) * sizeof *stack)))
    return NO_MEMORY;
  evaluation e = {instance, &wr_domain_find(instance->store->domain)->heap, stack, WR_TRAP_NONE};
  if (!evaluate_all(&e, range))
    e.trap = NO_MEMORY;
  if (!e.trap)
    memcpy(result, stack, (size_t)(e.top - stack) * sizeof *stack);
  if (stack != few)
    wr_deallocate(stack);
  return e.trap;
}

/* Allocation */

typedef struct instantiation {
  wr_instance *instance;
  const wr_module *module;
  wr_domain *domain;
  int outcome;
  uint64_t figure;
} instantiation;

static bool fail(instantiation *n, int outcome, uint64_t figure)
{
  n->outcome = outcome;
  n->figure = figure;
  return false;
}

static bool evaluate(instantiation *n, wr_range range, wr_slot *result)
{
  wr_gc_heap *heap = &n->domain->heap;
  heap->is_full = false;
  int trap = wr_evaluate(n->instance, range, result);
  if (trap == NO_MEMORY && wr_domain_make_room(n->domain))
    trap = wr_evaluate(n->instance, range, result);
  if (trap == NO_MEMORY)
    return fail(n, heap->is_full ? WR_INSTANTIATION_HEAP_LIMIT : WR_INSTANTIATION_NO_MEMORY, 0);
  return !trap || fail(n, WR_INSTANTIATION_TRAP, (uint64_t)trap);
}

static bool make_memories(instantiation *n)
{
  for (uint32_t k = n->module->imported_memories; k < n->module->memory_count; k++) {
    const wr_limits *limits = &n->module->memories[k];
    wr_memory *memory =
        wr_domain_add_memory(n->domain, limits, &n->instance->store->memory_bytes);
    if (!memory)
      return fail(n, WR_INSTANTIATION_MEMORY_LIMIT, limits->minimum << limits->page_size_log2);
    n->instance->memories[k] = memory;
  }
  return true;
}

static bool make_tables(instantiation *n)
{
  for (uint32_t k = n->module->imported_tables; k < n->module->table_count; k++) {
    const wr_table_type *type = &n->module->tables[k];
    wr_slot initial[2] = {0};
    if (type->initial.end && !evaluate(n, type->initial, initial))
      return false;
    wr_table *table =
        wr_table_new(n->domain, type, initial[0], &n->instance->store->table_elements);
    if (!table)
      return fail(n, WR_INSTANTIATION_TABLE_LIMIT, type->limits.minimum);
    n->instance->tables[k] = table;
  }
  return true;
}

static bool make_globals(instantiation *n)
{
  for (uint32_t k = n->module->imported_globals; k < n->module->global_count; k++) {
    const wr_global_type *type = &n->module->globals[k];
    wr_global *global = wr_global_new(n->domain, type->type, type->is_mutable);
    if (!global)
      return fail(n, WR_INSTANTIATION_NO_MEMORY, 0);
    n->instance->globals[k] = global;
    if (!evaluate(n, type->initial, global->value))
      return false;
  }
  return true;
}

static bool make_elements(instantiation *n)
{
  for (uint32_t k = 0; k < n->module->element_count; k++) {
    const wr_element_segment *segment = &n->module->elements[k];
    wr_references *references = &n->instance->elements[k];
    references->items = wr_allocate_zeroed((size_t)segment->count + 1, sizeof(wr_slot));
    if (!references->items)
      return fail(n, WR_INSTANTIATION_NO_MEMORY, 0);
    for (uint32_t i = 0; i < segment->count; i++) {
      if (segment->has_expressions) {
        if (!evaluate(n, segment->items[i], &references->items[i]))
          return false;
      } else {
        wr_callee *function = wr_instance_function(n->instance, segment->functions[i]);
        if (!function)
          return fail(n, WR_INSTANTIATION_NO_MEMORY, 0);
        references->items[i] = (uint64_t)(uintptr_t)function;
      }
      references->count = i + 1;
    }
  }
  return true;
}

static bool make_tags(instantiation *n)
{
  for (uint32_t k = n->module->imported_tags; k < n->module->tag_count; k++) {
    n->instance->tags[k] = wr_tag_new(n->domain, n->module->tags[k]);
    if (!n->instance->tags[k])
      return fail(n, WR_INSTANTIATION_NO_MEMORY, 0);
  }
  return true;
}

/* Active segments */

static bool write_elements(instantiation *n)
{
  for (uint32_t k = 0; k < n->module->element_count; k++) {
    const wr_element_segment *segment = &n->module->elements[k];
    const wr_references *references = &n->instance->elements[k];
    if (segment->mode == WR_PASSIVE)
      continue;
    if (segment->mode == WR_ACTIVE) {
      wr_slot offset[2];
      if (!evaluate(n, segment->offset, offset))
        return false;
      wr_table *table = n->instance->tables[segment->table];
      if (!wr_table_contains(table, offset[0], references->count))
        return fail(n, WR_INSTANTIATION_TRAP, WR_TRAP_TABLE_OUT_OF_BOUNDS);
      wr_table_write(table, offset[0], references->items, references->count);
    }
    wr_instance_drop_elements(n->instance, k);
  }
  return true;
}

static bool write_datas(instantiation *n)
{
  for (uint32_t k = 0; k < n->module->data_count; k++) {
    const wr_data_segment *segment = &n->module->datas[k];
    if (segment->mode != WR_ACTIVE)
      continue;
    wr_slot offset[2];
    const uint8_t *data;
    if (!evaluate(n, segment->offset, offset))
      return false;
    wr_memory *memory = n->instance->memories[segment->memory];
    uint64_t size = wr_instance_data(n->instance, k, &data);
    if (!wr_memory_contains(memory, offset[0], size))
      return fail(n, WR_INSTANTIATION_TRAP, WR_TRAP_MEMORY_OUT_OF_BOUNDS);
    if (size)
      memcpy(memory->base + offset[0], data, size);
    n->instance->dropped_datas[k] = true;
  }
  return true;
}

wr_instance *wr_instance_new(wr_program *program, wr_store *store)
{
  const wr_module *m = program->module;
  size_t pointers = (size_t)m->memory_count + m->table_count + m->global_count + m->tag_count +
                    m->function_count;
  wr_instance *instance = wr_allocate_zeroed(1, sizeof *instance + pointers * sizeof(void *) +
                                        m->element_count * sizeof(wr_references) +
                                        m->data_count * sizeof(bool) + 1);
  if (!instance)
    return NULL;
  instance->program = program;
  instance->elements = (wr_references *)(instance + 1);
  instance->memories = (wr_memory **)(instance->elements + m->element_count);
  instance->tables = (wr_table **)(instance->memories + m->memory_count);
  instance->globals = (wr_global **)(instance->tables + m->table_count);
  instance->tags = (wr_tag **)(instance->globals + m->global_count);
  instance->functions = (wr_callee **)(instance->tags + m->tag_count);
  instance->dropped_datas = (bool *)(instance->functions + m->function_count);
  store->instances++;
  wr_program_retain(program);
  instance->store = store;
  wr_domain *domain = wr_domain_find(store->domain);
  instance->next = domain->instances;
  domain->instances = instance;
  return instance;
}

static void put_imports(wr_instance *instance, const wr_given *given)
{
  const wr_module *m = instance->program->module;
#define IMPORT(name) \
  if (m->imported_##name) \
    memcpy(instance->name, given->name, m->imported_##name * sizeof *given->name);
  IMPORT(memories)
  IMPORT(tables)
  IMPORT(globals)
  IMPORT(tags)
  IMPORT(functions)
#undef IMPORT
}

wr_instance *wr_instantiate(wr_program *program, wr_store *store, const wr_given *given,
                            int *outcome, uint64_t *figure)
{
  instantiation n = {.module = program->module, .domain = wr_domain_find(store->domain)};
  *outcome = WR_INSTANTIATION_INSTANCES;
  *figure = store->instances_limit;
  if (store->instances >= store->instances_limit)
    return NULL;
  *outcome = WR_INSTANTIATION_NO_MEMORY;
  wr_instance *instance = n.instance = wr_instance_new(program, store);
  if (!instance)
    return NULL;
  put_imports(instance, given);
  bool has_memories = make_memories(&n);
  if (has_memories && n.module->memory_count)
    instance->memory = instance->memories[0];
  if (has_memories && make_tags(&n) && make_tables(&n) && make_globals(&n) &&
      make_elements(&n) && write_elements(&n))
    write_datas(&n);
  *outcome = n.outcome;
  *figure = n.figure;
  return instance;
}

bool wr_limits_match(const wr_limits *found, uint64_t size, const wr_limits *wanted)
{
  if (found->is_64 != wanted->is_64 || found->is_shared != wanted->is_shared ||
      found->page_size_log2 != wanted->page_size_log2 || size < wanted->minimum)
    return false;
  return !wanted->has_maximum || (found->has_maximum && found->maximum <= wanted->maximum);
}
