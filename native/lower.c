/* From a body to entries: an emitter for the validator, which is shown every instruction with the
   types on the operand stack. Branches forward are fixed up when their block ends. */
#include "handler.h"
#include "validate.h"

#include <stdlib.h>

/* A branch whose target is not known yet. */
typedef struct fixup {
  struct fixup *next;
  wr_branch *branch;
} fixup;

/* What is known of an open block besides its control. */
typedef struct label {
  fixup *forward;        /* to behind its end */
  fixup *otherwise;      /* of an if: where to go if the condition does not hold */
  wr_region *region;     /* its own handlers */
  wr_region *covering;   /* what handlers cover the code that comes next */
  wr_region *outside;    /* what handlers cover the block itself */
} label;

typedef struct lowering {
  wr_emitter emitter;
  wr_program *program;
  wr_code *code;
  wr_failure *failure;
  uint32_t *local_slot;    /* of each local; only where there are vectors, else NULL */
  uint32_t local_count;
  uint32_t legacy_tries;   /* seen so far */
  uint32_t highest;        /* operands */
  wr_region *opening;      /* that of the try whose control is about to be opened */
  wr_region **regions_end;
  wr_arena scratch;
} lowering;

static void *need(lowering *l, wr_arena *arena, size_t size)
{
  void *memory = wr_arena_alloc(arena, size ? size : 1);
  if (!memory)
    wr_fail(l->failure, WR_ERROR_MEMORY, 0, "out of memory");
  return memory;
}

static void *keep(lowering *l, size_t size) { return need(l, &l->code->arena, size); }

static uint32_t slots_of(const wr_type *types, uint32_t count)
{
  uint32_t slots = 0;
  for (uint32_t k = 0; k < count; k++)
    slots += wr_slots(types[k]);
  return slots;
}

static label *label_of(const wr_control *control) { return control->user; }

static const wr_control *control_at(const wr_checker *c, uint32_t depth)
{
  return &c->controls[c->control_count - 1 - depth];
}

static uint32_t top_slot(const lowering *l, const wr_checker *c)
{
  return l->code->local_slots + c->slot_height;
}

static uint32_t local_slot(const lowering *l, uint32_t local)
{
  return l->local_slot ? l->local_slot[local] : local;
}

/* Branches */

static void fix(const lowering *l, fixup *list, uint32_t target)
{
  for (; list; list = list->next) {
    list->branch->target = target;
    list->branch->fuel -= l->code->fuel_before[target];
  }
}

static void fix_later(lowering *l, fixup **list, wr_branch *branch)
{
  fixup *item = need(l, &l->scratch, sizeof *item);
  *item = (fixup){*list, branch};
  *list = item;
}

/* Fill in a branch to a label that takes what lies below slot ``top``. */
static void set_branch(lowering *l, const wr_checker *c, wr_branch *branch,
                       const wr_control *control, uint32_t top)
{
  uint32_t count = slots_of(wr_label_types(control), wr_label_count(control));
  branch->from = top - count;
  branch->to = l->code->local_slots + control->slot_height;
  branch->count = branch->from == branch->to ? 0 : count;
  branch->fuel = l->code->fuel_before[c->pc + 1];
  if (control->kind == WR_CONTROL_LOOP) {
    fixup now = {NULL, branch};
    fix(l, &now, control->pc);
  } else {
    fix_later(l, &label_of(control)->forward, branch);
  }
}

static wr_branch *new_branch(lowering *l, const wr_checker *c, uint32_t depth, uint32_t top)
{
  wr_branch *branch = keep(l, sizeof *branch);
  set_branch(l, c, branch, control_at(c, depth), top);
  return branch;
}

/* A jump that takes nothing along, to where ``list`` will be fixed. */
static wr_branch *new_jump(lowering *l, const wr_checker *c, fixup **list)
{
  wr_branch *branch = keep(l, sizeof *branch);
  branch->fuel = l->code->fuel_before[c->pc + 1];
  fix_later(l, list, branch);
  return branch;
}

static void lower_br(lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry)
{
  bool is_conditional = i->op == WR_OP_br_if;
  uint32_t top = top_slot(l, c) - is_conditional;
  wr_branch *branch = new_branch(l, c, i->a, top);
  entry->a = top;
  entry->p = branch;
  if (branch->count <= 1)
    entry->handler = is_conditional ? (branch->count ? wr_step_goto_if_one : wr_step_goto_if)
                                    : (branch->count ? wr_step_goto_one : wr_step_goto);
}

static void lower_br_table(lowering *l, const wr_checker *c, const wr_instruction *i,
                           wr_entry *entry)
{
  wr_branch *branches = keep(l, ((size_t)i->count + 1) * sizeof *branches);
  wr_reader list = c->r;
  uint32_t top = top_slot(l, c) - 1;
  list.next = i->list;
  for (uint32_t k = 0; k < i->count; k++)
    set_branch(l, c, &branches[k], control_at(c, wr_u32(&list)), top);
  set_branch(l, c, &branches[i->count], control_at(c, i->a), top);
  entry->a = top;
  entry->b = i->count;
  entry->p = branches;
}

static void lower_cast(lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry)
{
  wr_typed *typed = keep(l, sizeof *typed);
  typed->type = i->type2;
  set_branch(l, c, &typed->branch, control_at(c, i->a), top_slot(l, c));
  entry->a = top_slot(l, c) - 1;
  entry->p = typed;
}

/* Return the results that lie from slot ``first`` on. */
static void lower_return(lowering *l, const wr_checker *c, wr_entry *entry, uint32_t first)
{
  entry->a = first;
  entry->b = l->code->fuel_before[c->pc + 1];
}

/* Blocks */

static wr_region *new_region(lowering *l, const wr_checker *c, uint32_t room, bool is_legacy)
{
  wr_region *region = keep(l, sizeof *region);
  region->begin = c->pc;
  region->room = room;
  region->catchers = keep(l, room * sizeof *region->catchers);
  region->outer = label_of(control_at(c, 0))->covering;
  region->is_legacy = is_legacy;
  if (is_legacy)
    region->exception = l->code->local_slots - 1 - l->legacy_tries++;
  return region;
}

static void finish_region(lowering *l, wr_region *region)
{
  *l->regions_end = region;
  l->regions_end = &region->next;
}

static void lower_try_table(lowering *l, const wr_checker *c, const wr_instruction *i)
{
  if (!i->count)
    return;
  wr_region *region = new_region(l, c, i->count, false);
  wr_reader list = c->r;
  list.next = i->list;
  for (uint32_t k = 0; k < i->count; k++) {
    wr_catcher *catcher = &region->catchers[region->count++];
    catcher->kind = wr_byte(&list);
    if (catcher->kind == WR_CATCH || catcher->kind == WR_CATCH_REF)
      catcher->tag = wr_u32(&list);
    set_branch(l, c, &catcher->branch, control_at(c, wr_u32(&list)), 0);
    catcher->branch.fuel -= l->code->fuel_before[c->pc + 1];
  }
  l->opening = region;
}

static void add_legacy_catcher(lowering *l, const wr_checker *c, const wr_instruction *i)
{
  const wr_control *control = control_at(c, 0);
  label *block = label_of(control);
  wr_region *region = block->region;
  if (control->kind == WR_CONTROL_TRY) {
    region->end = c->pc;
    block->covering = region->outer;
  }
  if (region->count == region->room) {
    wr_catcher *more = keep(l, 2 * (region->room + 1) * sizeof *more);
    if (region->count)
      memcpy(more, region->catchers, region->count * sizeof *more);
    region->catchers = more;
    region->room = 2 * (region->room + 1);
  }
  wr_catcher *catcher = &region->catchers[region->count++];
  catcher->kind = i->op == WR_OP_catch ? WR_CATCH : WR_CATCH_ALL;
  catcher->tag = i->a;
  catcher->branch.target = c->pc + 1;
  catcher->branch.to = l->code->local_slots + control->slot_height;
  catcher->branch.fuel = -(int64_t)l->code->fuel_before[c->pc + 1];
}

/* A block ends here: whoever jumps behind it now knows where that is. */
static void close_label(lowering *l, const wr_checker *c)
{
  const wr_control *control = control_at(c, 0);
  label *block = label_of(control);
  uint32_t behind = control->kind == WR_CONTROL_FUNCTION ? c->pc : c->pc + 1;
  fix(l, block->forward, behind);
  fix(l, block->otherwise, behind);
  if (!block->region)
    return;
  if (!block->region->is_legacy)
    block->region->end = c->pc;
  if (block->region->end)
    finish_region(l, block->region);
}

static void lower_delegate(lowering *l, const wr_checker *c, const wr_instruction *i)
{
  wr_region *region = label_of(control_at(c, 0))->region;
  region->end = c->pc;
  region->outer = label_of(control_at(c, i->a + 1))->covering;
  close_label(l, c);
}

/* What begins, divides or ends blocks: lowered even where it cannot be reached. */
static bool lower_part(lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry)
{
  label *block = label_of(control_at(c, 0));
  switch (i->op) {
  case WR_OP_else:
    fix(l, block->otherwise, c->pc + 1);
    block->otherwise = NULL;
    entry->p = new_jump(l, c, &block->forward);
    return true;
  case WR_OP_catch: case WR_OP_catch_all:
    entry->p = new_jump(l, c, &block->forward);
    add_legacy_catcher(l, c, i);
    return true;
  case WR_OP_delegate:
    lower_delegate(l, c, i);
    return true;
  case WR_OP_end:
    if (c->control_count == 1)
      lower_return(l, c, entry, l->code->local_slots);
    else
      entry->handler = wr_step_nop;
    close_label(l, c);
    return true;
  default: return false;
  }
}

/* Calls */

static void lower_call(lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry)
{
  const wr_module *module = l->program->module;
  const wr_defined_type *type = wr_function_type(module, i->a);
  bool is_tail = i->op == WR_OP_return_call;
  entry->a = top_slot(l, c) - slots_of(type->params, type->param_count);
  entry->b = l->code->fuel_before[c->pc + 1];
  if (i->a < module->imported_functions) {
    entry->c = i->a;
    return;
  }
  entry->p = wr_program_code(l->program, i->a);
  if (!entry->p)
    wr_fail(l->failure, WR_ERROR_MEMORY, 0, "out of memory");
  entry->handler = is_tail ? wr_step_return_call_function : wr_step_call_function;
}

static void lower_indirect(lowering *l, const wr_checker *c, const wr_instruction *i,
                           wr_entry *entry)
{
  uint32_t id = l->program->module->types[i->a], reference = top_slot(l, c) - 1;
  const wr_defined_type *type = wr_defined(id);
  entry->a = reference - slots_of(type->params, type->param_count);
  entry->b = l->code->fuel_before[c->pc + 1];
  if (i->op == WR_OP_call_ref || i->op == WR_OP_return_call_ref) {
    entry->c = reference;
    return;
  }
  wr_site *site = keep(l, sizeof *site);
  *site = (wr_site){.index = reference, .table = i->b, .type = id};
  entry->p = site;
}

/* Everything else */

static void lower_local(lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry)
{
  uint32_t slot = local_slot(l, i->a), size = wr_slots(c->locals[i->a]), top = top_slot(l, c);
  bool is_get = i->op == WR_OP_local_get;
  entry->a = is_get ? top : slot;
  entry->b = is_get ? slot : top - size;
  if (size == 2)
    entry->handler = wr_step_copy_vector;
}

static void lower_global(lowering *l, const wr_checker *c, const wr_instruction *i,
                         wr_entry *entry)
{
  bool is_get = i->op == WR_OP_global_get;
  uint32_t size = wr_slots(l->program->module->globals[i->a].type);
  entry->a = is_get ? top_slot(l, c) : top_slot(l, c) - size;
  entry->b = i->a;
  if (size == 2)
    entry->handler = is_get ? wr_step_global_get_vector : wr_step_global_set_vector;
}

static void lower_select(lowering *l, const wr_checker *c, wr_entry *entry)
{
  wr_type type = c->height > 1 ? c->stack[c->height - 2] : WR_I32;
  entry->a = top_slot(l, c) - 1 - 2 * wr_slots(type);
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
static void lower_immediates(lowering *l, const wr_instruction *i, wr_entry *entry)
{
  const char *kinds = wr_rows[i->op].immediates;
  switch (kinds[0]) {
  case 0: return;
  case 'M':
    if (kinds[1] == 'a') {
      wr_access *access = keep(l, sizeof *access);
      *access = (wr_access){i->offset, i->memory, i->a};
      entry->p = access;
      return;
    }
    entry->b = i->memory;
    entry->c = i->offset;
    return;
  case 'i': case 'I': case '4': case '8': entry->c = i->bits[0]; return;
  case 'v': case 'A':
    entry->p = keep(l, sizeof i->bits);
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

static uint32_t operand_slots(const lowering *l, const wr_checker *c, const wr_instruction *i);

/* Structures and arrays: their types, and how many slots they take. */
static void lower_aggregate(lowering *l, const wr_checker *c, const wr_instruction *i,
                            wr_entry *entry)
{
  wr_typed *typed = keep(l, sizeof *typed);
  typed->id = l->program->module->types[i->a];
  const wr_defined_type *type = wr_defined(typed->id);
  typed->first = typed->second = i->b;
  if (type->kind == WR_KIND_ARRAY) {
    typed->type = type->fields[0].storage;
  } else if (wr_rows[i->op].immediates[1] == 'F') {
    typed->type = type->fields[i->b].storage;
    typed->first = type->fields[i->b].offset;
  }
  entry->a = top_slot(l, c) - operand_slots(l, c, i);
  entry->p = typed;
}

static uint32_t value_slots(wr_type storage) { return wr_slots(storage); }

/* Slots that an instruction takes whose operands only the module or its place tells. */
static uint32_t operand_slots(const lowering *l, const wr_checker *c, const wr_instruction *i)
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
    return slots_of(tag->params, tag->param_count);
  }
  default: return 0;
  }
}

static void lower_rest(lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry)
{
  const wr_row *row = &wr_rows[i->op];
  if (row->takes) {
    entry->a = top_slot(l, c) - taken_slots(row->takes);
    lower_immediates(l, i, entry);
    return;
  }
  if (row->immediates[0] == 't') {
    lower_aggregate(l, c, i, entry);
    return;
  }
  entry->a = top_slot(l, c) - operand_slots(l, c, i);
  entry->b = i->a;
  if (i->op == WR_OP_ref_test || i->op == WR_OP_ref_cast)
    entry->c = i->type;
}

static void lower_one(lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry)
{
  switch (i->op) {
  case WR_OP_nop: case WR_OP_block: case WR_OP_unreachable: case WR_OP_drop: break;
  case WR_OP_loop: entry->b = l->code->fuel_before[c->pc]; break;
  case WR_OP_if:
    entry->a = top_slot(l, c) - 1; /* its label is not there yet: see opened() */
    break;
  case WR_OP_try_table: lower_try_table(l, c, i); break;
  case WR_OP_try: l->opening = new_region(l, c, 0, true); break;
  case WR_OP_rethrow:
    entry->a = label_of(control_at(c, i->a))->region->exception;
    break;
  case WR_OP_br: case WR_OP_br_if: lower_br(l, c, i, entry); break;
  case WR_OP_br_table: lower_br_table(l, c, i, entry); break;
  case WR_OP_br_on_null:
    entry->a = top_slot(l, c) - 1;
    entry->p = new_branch(l, c, i->a, entry->a);
    break;
  case WR_OP_br_on_non_null:
    entry->a = top_slot(l, c) - 1;
    entry->p = new_branch(l, c, i->a, entry->a + 1);
    break;
  case WR_OP_br_on_cast: case WR_OP_br_on_cast_fail: lower_cast(l, c, i, entry); break;
  case WR_OP_return:
    lower_return(l, c, entry, top_slot(l, c) - l->code->result_slots);
    break;
  case WR_OP_call: case WR_OP_return_call: lower_call(l, c, i, entry); break;
  case WR_OP_call_indirect: case WR_OP_call_ref: case WR_OP_return_call_indirect:
  case WR_OP_return_call_ref:
    lower_indirect(l, c, i, entry);
    break;
  case WR_OP_local_get: case WR_OP_local_set: case WR_OP_local_tee:
    lower_local(l, c, i, entry);
    break;
  case WR_OP_global_get: case WR_OP_global_set: lower_global(l, c, i, entry); break;
  case WR_OP_select: case WR_OP_select_t: lower_select(l, c, entry); break;
  default: lower_rest(l, c, i, entry);
  }
}

static void on_instruction(wr_emitter *self, const wr_checker *c, const wr_instruction *i)
{
  lowering *l = (lowering *)self;
  wr_code *code = l->code;
  wr_entry *entry = &code->entries[c->pc];
  code->fuel_before[c->pc + 1] = code->fuel_before[c->pc] + wr_rows[i->op].fuel;
  entry->handler = wr_step_handlers[i->op];
  if (c->height > l->highest)
    l->highest = c->height;
  if (lower_part(l, c, i, entry))
    return;
  if (control_at(c, 0)->is_unreachable) {
    entry->handler = wr_step_unreached;
    if (i->op == WR_OP_try)
      l->opening = new_region(l, c, 0, true);
    return;
  }
  lower_one(l, c, i, entry);
}

static void on_opened(wr_emitter *self, const wr_checker *c, wr_control *control)
{
  lowering *l = (lowering *)self;
  label *block = need(l, &l->scratch, sizeof *block);
  if (control->kind != WR_CONTROL_FUNCTION)
    block->outside = label_of(control - 1)->covering;
  block->region = l->opening;
  block->covering = l->opening ? l->opening : block->outside;
  l->opening = NULL;
  control->user = block;
  if (control->kind == WR_CONTROL_IF)
    l->code->entries[c->pc].p = new_jump(l, c, &block->otherwise);
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

static uint32_t count_tries(lowering *l)
{
  if (!l->program->module->features[WR_FEATURE_LEGACY_EXCEPTIONS])
    return 0;
  counting counter = {{count_instruction, count_opened}, 0};
  wr_check_function(l->program->module, l->code->function, l->failure, &counter.emitter,
                    &l->scratch);
  return counter.tries;
}

static void place_locals(lowering *l, const wr_function *function, uint32_t tries)
{
  uint32_t slots = slots_of(function->locals, function->local_count);
  if (slots != function->local_count) {
    l->local_slot = need(l, &l->scratch, function->local_count * sizeof *l->local_slot);
    for (uint32_t k = 1; k < function->local_count; k++)
      l->local_slot[k] = l->local_slot[k - 1] + wr_slots(function->locals[k - 1]);
  }
  l->code->local_slots = slots + tries;
}

static void lower_body(lowering *l)
{
  wr_code *code = l->code;
  const wr_function *function = &l->program->module->functions[code->function];
  uint32_t tries = count_tries(l);
  place_locals(l, function, tries);
  code->count = function->instruction_count;
  code->frame_slots = code->local_slots + function->max_height;
  wr_entry *entries = keep(l, code->count * sizeof *entries);
  code->fuel_before = keep(l, ((size_t)code->count + 1) * sizeof *code->fuel_before);
  l->regions_end = &code->regions;
  l->emitter = (wr_emitter){on_instruction, on_opened};
  code->entries = entries;
  wr_check_function(l->program->module, code->function, l->failure, &l->emitter, &l->scratch);
  const wr_defined_type *type = wr_defined(code->type);
  if (type->result_count > l->highest)
    l->highest = type->result_count;
  code->size = function->local_count + tries + l->highest + 1;
}

static __attribute__((noinline)) bool try_lowering(lowering *l)
{
  wr_error error = {0};
  wr_failure failure = {.error = &error, .function = -1, .pc = -1};
  l->failure = &failure;
  if (setjmp(failure.jump))
    return false;
  lower_body(l);
  return true;
}

bool wr_code_lower(wr_code *code)
{
  wr_program *program = code->program;
  pthread_mutex_lock(&program->lock);
  bool done = code->entries != NULL;
  if (!done) {
    wr_code draft = *code;
    lowering *l = calloc(1, sizeof *l);
    if (l) {
      l->program = program;
      l->code = &draft;
      done = try_lowering(l);
      wr_arena_free(&l->scratch);
      free(l);
    }
    if (done) {
      /* Others see the entries last. */
      const wr_entry *entries = draft.entries;
      draft.entries = NULL;
      *code = draft;
      __atomic_store_n(&code->entries, (wr_entry *)(uintptr_t)entries, __ATOMIC_RELEASE);
    } else {
      wr_arena_free(&draft.arena);
    }
  }
  pthread_mutex_unlock(&program->lock);
  return done;
}

static wr_code *new_code(wr_program *program, uint32_t function)
{
  wr_code *code = calloc(1, sizeof *code);
  if (!code)
    return NULL;
  const wr_defined_type *type = wr_function_type(program->module, function);
  code->program = program;
  code->function = function;
  code->type = type->id;
  code->param_slots = slots_of(type->params, type->param_count);
  code->result_slots = slots_of(type->results, type->result_count);
  return code;
}

wr_code *wr_program_code(wr_program *program, uint32_t function)
{
  wr_code **place = &program->codes[function - program->module->imported_functions];
  wr_code *code = __atomic_load_n(place, __ATOMIC_ACQUIRE);
  if (code)
    return code;
  wr_code *fresh = new_code(program, function);
  if (!fresh)
    return NULL;
  if (__atomic_compare_exchange_n(place, &code, fresh, false, __ATOMIC_ACQ_REL,
                                  __ATOMIC_ACQUIRE))
    return fresh;
  free(fresh);
  return code;
}

void wr_code_free(wr_code *code)
{
  wr_arena_free(&code->arena);
  free(code);
}
