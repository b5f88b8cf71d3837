/* Lowering that both streams share: instructions that only work on their operands. */
#include "lower.h"

void *wr_need(wr_lowering *l, wr_arena *arena, size_t size)
{
  void *memory = wr_arena_alloc(arena, size ? size : 1);
  if (!memory)
    wr_fail(l->failure, WR_ERROR_MEMORY, 0, "out of memory");
  return memory;
}

uint32_t wr_slots_of(const wr_type *types, uint32_t count)
{
  uint32_t slots = 0;
  for (uint32_t k = 0; k < count; k++)
    slots += wr_slots(types[k]);
  return slots;
}

/* Instructions on operands */

static void lower_global(wr_lowering *l, const wr_checker *c, const wr_instruction *i,
                         wr_entry *entry)
{
  bool is_get = i->op == WR_OP_global_get;
  uint32_t size = wr_slots(l->program->module->globals[i->a].type);
  entry->a = is_get ? wr_top_slot(l, c) : wr_top_slot(l, c) - size;
  entry->b = i->a;
  if (size == 2)
    entry->handler = is_get ? wr_step_global_get_vector : wr_step_global_set_vector;
}

static void lower_select(wr_lowering *l, const wr_checker *c, wr_entry *entry)
{
  wr_type type = c->height > 1 ? c->stack[c->height - 2] : WR_I32;
  entry->a = wr_top_slot(l, c) - 1 - 2 * wr_slots(type);
  if (wr_slots(type) == 2)
    entry->handler = wr_step_select_vector;
}

static uint32_t taken_slots(const char *takes)
{
  uint32_t slots = 0;
  for (; *takes; takes++)
    slots += *takes == 'v' ? 2 : 1;
  return slots;
}

/* The immediates of instructions whose operands the table knows. */
static void lower_immediates(wr_lowering *l, const wr_instruction *i, wr_entry *entry)
{
  const char *kinds = wr_rows[i->op].immediates;
  switch (kinds[0]) {
  case 0: return;
  case 'M':
    if (kinds[1] == 'a') {
      wr_access *access = wr_need(l, l->kept, sizeof *access);
      *access = (wr_access){i->offset, i->memory, i->a};
      entry->p = access;
      return;
    }
    entry->b = i->memory;
    entry->c = i->offset;
    if (i->memory == 0 && !l->program->module->memories[0].is_64 && wr_step_near_handlers[i->op])
      entry->handler = wr_step_near_handlers[i->op];
    return;
  case 'i': case 'I': case '4': case '8': entry->c = i->bits[0]; return;
  case 'v': case 'A':
    entry->p = wr_need(l, l->kept, sizeof i->bits);
    memcpy((void *)(uintptr_t)entry->p, i->bits, sizeof i->bits);
    return;
  case 'd': case 'e': /* the segment is the first immediate, the memory or table the second */
    entry->b = i->b;
    entry->c = i->a;
    return;
  default:
    entry->b = i->a;
    entry->c = i->b;
  }
}

static uint32_t operand_slots(const wr_lowering *l, const wr_checker *c, const wr_instruction *i);

/* Structures and arrays: their types, and how many slots they take. */
static void lower_aggregate(wr_lowering *l, const wr_checker *c, const wr_instruction *i,
                            wr_entry *entry)
{
  wr_typed *typed = wr_need(l, l->kept, sizeof *typed);
  typed->id = l->program->module->types[i->a];
  const wr_defined_type *type = wr_defined(typed->id);
  typed->first = typed->second = i->b;
  if (type->kind == WR_KIND_ARRAY) {
    typed->type = type->fields[0].storage;
  } else if (wr_rows[i->op].immediates[1] == 'F') {
    typed->type = type->fields[i->b].storage;
    typed->first = type->fields[i->b].offset;
  }
  entry->a = wr_top_slot(l, c) - operand_slots(l, c, i);
  entry->p = typed;
}

static uint32_t value_slots(wr_type storage) { return wr_slots(storage); }

/* Slots that an instruction takes whose operands only the module or its place tells. */
static uint32_t operand_slots(const wr_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  const wr_module *module = l->program->module;
  const wr_defined_type *type =
      wr_rows[i->op].immediates[0] == 't' ? wr_defined(module->types[i->a]) : NULL;
  (void)c;
  switch (i->op) {
  case WR_OP_struct_new: {
    uint32_t slots = 0;
    for (uint32_t k = 0; k < type->field_count; k++)
      slots += value_slots(type->fields[k].storage);
    return slots;
  }
  case WR_OP_struct_get: case WR_OP_struct_get_s: case WR_OP_struct_get_u: return 1;
  case WR_OP_struct_set: return 1 + value_slots(type->fields[i->b].storage);
  case WR_OP_array_new: return 1 + value_slots(type->fields[0].storage);
  case WR_OP_array_new_default: return 1;
  case WR_OP_array_new_fixed: return i->b * value_slots(type->fields[0].storage);
  case WR_OP_array_new_data: case WR_OP_array_new_elem: return 2;
  case WR_OP_array_get: case WR_OP_array_get_s: case WR_OP_array_get_u: return 2;
  case WR_OP_array_set: return 2 + value_slots(type->fields[0].storage);
  case WR_OP_array_fill: return 3 + value_slots(type->fields[0].storage);
  case WR_OP_array_copy: return 5;
  case WR_OP_array_init_data: case WR_OP_array_init_elem: return 4;
  case WR_OP_table_get: case WR_OP_throw_ref: case WR_OP_ref_is_null:
  case WR_OP_ref_as_non_null: case WR_OP_any_convert_extern: case WR_OP_extern_convert_any:
  case WR_OP_ref_test: case WR_OP_ref_cast:
    return 1;
  case WR_OP_table_set: case WR_OP_table_grow: return 2;
  case WR_OP_table_fill: return 3;
  case WR_OP_throw: {
    const wr_defined_type *tag = wr_defined(module->tags[i->a]);
    return wr_slots_of(tag->params, tag->param_count);
  }
  default: return 0;
  }
}

static void lower_rest(wr_lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry)
{
  const wr_row *row = &wr_rows[i->op];
  if (row->takes) {
    entry->a = wr_top_slot(l, c) - taken_slots(row->takes);
    lower_immediates(l, i, entry);
    return;
  }
  if (row->immediates[0] == 't') {
    lower_aggregate(l, c, i, entry);
    return;
  }
  entry->a = wr_top_slot(l, c) - operand_slots(l, c, i);
  entry->b = i->a;
  if (i->op == WR_OP_ref_test || i->op == WR_OP_ref_cast)
    entry->c = i->type;
}

/* How many legacy try blocks there are must be known before operands get their slots. */

typedef struct counting {
  wr_emitter emitter;
  uint32_t tries;
} counting;

static void count_instruction(wr_emitter *self, const wr_checker *c, const wr_instruction *i)
{
  (void)c;
  ((counting *)self)->tries += i->op == WR_OP_try;
}

static void count_opened(wr_emitter *self, const wr_checker *c, wr_control *control)
{
  (void)self;
  (void)c;
  (void)control;
}

static uint32_t count_tries(wr_lowering *l)
{
  if (!l->program->module->features[WR_FEATURE_LEGACY_EXCEPTIONS])
    return 0;
  counting counter = {{count_instruction, count_opened}, 0};
  wr_check_function(l->program->module, l->code->function, l->failure, &counter.emitter,
                    &l->scratch);
  return counter.tries;
}

static uint32_t slots_of_locals(const wr_function *function)
{
  const wr_defined_type *type = wr_defined(function->type);
  uint32_t slots = wr_slots_of(type->params, type->param_count), begin = 0;
  for (uint32_t k = 0; k < function->run_count; begin = function->runs[k++].end)
    slots += (function->runs[k].end - begin) * wr_slots(function->runs[k].type);
  return slots;
}

void wr_measure_locals(wr_lowering *l)
{
  const wr_function *function = &l->program->module->functions[l->code->function];
  uint32_t slots = slots_of_locals(function);
  wr_check_once(l->program->module, l->code->function, l->failure, &l->scratch);
  l->tries = count_tries(l);
  if (slots != function->local_count) {
    l->local_slot = wr_need(l, &l->scratch, function->local_count * sizeof *l->local_slot);
    for (uint32_t k = 1; k < function->local_count; k++)
      l->local_slot[k] = l->local_slot[k - 1] + wr_slots(wr_local_type(function, k - 1));
  }
  l->code->local_slots = slots + l->tries;
  l->code->count = function->instruction_count;
}

void wr_measure_frame(wr_lowering *l, uint32_t operand_slots)
{
  const wr_function *function = &l->program->module->functions[l->code->function];
  const wr_defined_type *type = wr_defined(l->code->type);
  uint32_t highest = type->result_count > l->highest ? type->result_count : l->highest;
  l->code->frame_slots = l->code->local_slots + operand_slots;
  l->code->size = function->local_count + l->tries + highest + 1;
}

void wr_lower_plain(wr_lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry)
{
  entry->handler = wr_step_handlers[i->op];
  switch (i->op) {
  case WR_OP_global_get: case WR_OP_global_set: lower_global(l, c, i, entry); break;
  case WR_OP_select: case WR_OP_select_t: lower_select(l, c, entry); break;
  default: lower_rest(l, c, i, entry);
  }
}
