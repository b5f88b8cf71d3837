/* From a body to entries: an emitter for the validator, which is shown every instruction with the
   types on the operand stack. Branches forward are fixed up when their block ends. */
#include "lower.h"
#include "allocate.h"


/* A branch whose target is not known yet. */
typedef struct fixup {
  struct fixup *next;
  wr_branch *branch;
  uint32_t pc; /* of the instruction that branches */
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
  wr_lowering shared;
  uint32_t tries;          /* legacy ones seen so far */
  wr_region *opening;      /* that of the try whose control is about to be opened */
  wr_region **regions_end;
} lowering;

static void *keep(lowering *l, size_t size)
{
  return wr_need(&l->shared, l->shared.kept, size);
}

static label *label_of(const wr_control *control) { return control->user; }

/* Branches */

static void fix(const lowering *l, fixup *list, uint32_t target)
{
  for (; list; list = list->next) {
    list->branch->target = target;
    list->branch->distance = (int32_t)(target - list->pc);
    list->branch->fuel -= l->shared.code->fuel_before[target];
  }
}

static void fix_later(lowering *l, const wr_checker *c, fixup **list, wr_branch *branch)
{
  fixup *item = wr_need(&l->shared, &l->shared.scratch, sizeof *item);
  *item = (fixup){*list, branch, c->pc};
  *list = item;
}

/* Fill in a branch to a label that takes what lies below slot ``top``. */
static void set_branch(lowering *l, const wr_checker *c, wr_branch *branch,
                       const wr_control *control, uint32_t top)
{
  uint32_t count = wr_slots_of(wr_label_types(control), wr_label_count(control));
  branch->from = top - count;
  branch->to = l->shared.code->local_slots + control->slot_height;
  branch->count = branch->from == branch->to ? 0 : count;
  branch->fuel = l->shared.code->fuel_before[c->pc + 1];
  if (control->kind == WR_CONTROL_LOOP) {
    fixup now = {NULL, branch, c->pc};
    fix(l, &now, control->pc);
  } else {
    fix_later(l, c, &label_of(control)->forward, branch);
  }
}

static wr_branch *new_branch(lowering *l, const wr_checker *c, uint32_t depth, uint32_t top)
{
  wr_branch *branch = keep(l, sizeof *branch);
  set_branch(l, c, branch, wr_control_at(c, depth), top);
  return branch;
}

/* A jump that takes nothing along, to where ``list`` will be fixed. */
static wr_branch *new_jump(lowering *l, const wr_checker *c, fixup **list)
{
  wr_branch *branch = keep(l, sizeof *branch);
  branch->fuel = l->shared.code->fuel_before[c->pc + 1];
  fix_later(l, c, list, branch);
  return branch;
}

static void lower_br(lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry)
{
  bool is_conditional = i->op == WR_OP_br_if;
  uint32_t top = wr_top_slot(&l->shared, c) - is_conditional;
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
  uint32_t top = wr_top_slot(&l->shared, c) - 1;
  list.next = i->list;
  for (uint32_t k = 0; k < i->count; k++)
    set_branch(l, c, &branches[k], wr_control_at(c, wr_u32(&list)), top);
  set_branch(l, c, &branches[i->count], wr_control_at(c, i->a), top);
  entry->a = top;
  entry->b = i->count;
  entry->p = branches;
}

static void lower_cast(lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry)
{
  wr_typed *typed = keep(l, sizeof *typed);
  typed->type = i->type2;
  set_branch(l, c, &typed->branch, wr_control_at(c, i->a), wr_top_slot(&l->shared, c));
  entry->a = wr_top_slot(&l->shared, c) - 1;
  entry->p = typed;
}

/* Return the results that lie from slot ``first`` on. */
static void lower_return(lowering *l, const wr_checker *c, wr_entry *entry, uint32_t first)
{
  entry->a = first;
  entry->b = l->shared.code->fuel_before[c->pc + 1];
}

/* Blocks */

static wr_region *new_region(lowering *l, const wr_checker *c, uint32_t room, bool is_legacy)
{
  wr_region *region = keep(l, sizeof *region);
  region->begin = c->pc;
  region->room = room;
  region->catchers = keep(l, room * sizeof *region->catchers);
  region->outer = label_of(wr_control_at(c, 0))->covering;
  region->is_legacy = is_legacy;
  if (is_legacy)
    region->exception = l->shared.code->local_slots - 1 - l->tries++;
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
    set_branch(l, c, &catcher->branch, wr_control_at(c, wr_u32(&list)), 0);
    catcher->branch.fuel -= l->shared.code->fuel_before[c->pc + 1];
  }
  l->opening = region;
}

static void add_legacy_catcher(lowering *l, const wr_checker *c, const wr_instruction *i)
{
  const wr_control *control = wr_control_at(c, 0);
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
  catcher->branch.to = l->shared.code->local_slots + control->slot_height;
  catcher->branch.fuel = -(int64_t)l->shared.code->fuel_before[c->pc + 1];
}

/* A block ends here: whoever jumps behind it now knows where that is. */
static void close_label(lowering *l, const wr_checker *c)
{
  const wr_control *control = wr_control_at(c, 0);
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
  wr_region *region = label_of(wr_control_at(c, 0))->region;
  region->end = c->pc;
  region->outer = label_of(wr_control_at(c, i->a + 1))->covering;
  close_label(l, c);
}

/* What begins, divides or ends blocks: lowered even where it cannot be reached. */
static bool lower_part(lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry)
{
  label *block = label_of(wr_control_at(c, 0));
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
      lower_return(l, c, entry, l->shared.code->local_slots);
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
  const wr_module *module = l->shared.program->module;
  const wr_defined_type *type = wr_function_type(module, i->a);
  bool is_tail = i->op == WR_OP_return_call;
  entry->a = wr_top_slot(&l->shared, c) - wr_slots_of(type->params, type->param_count);
  entry->b = l->shared.code->fuel_before[c->pc + 1];
  if (i->a < module->imported_functions) {
    entry->c = i->a;
    return;
  }
  entry->p = wr_program_code(l->shared.program, i->a);
  if (!entry->p)
    wr_fail(l->shared.failure, WR_ERROR_MEMORY, 0, "out of memory");
  entry->handler = is_tail ? wr_step_return_call_function : wr_step_call_function;
}

static void lower_indirect(lowering *l, const wr_checker *c, const wr_instruction *i,
                           wr_entry *entry)
{
  uint32_t id = l->shared.program->module->types[i->a], reference = wr_top_slot(&l->shared, c) - 1;
  const wr_defined_type *type = wr_defined(id);
  entry->a = reference - wr_slots_of(type->params, type->param_count);
  entry->b = l->shared.code->fuel_before[c->pc + 1];
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
  uint32_t slot = wr_local_slot(&l->shared, i->a), size = wr_slots(wr_local_type(c->function, i->a)), top = wr_top_slot(&l->shared, c);
  bool is_get = i->op == WR_OP_local_get;
  entry->a = is_get ? top : slot;
  entry->b = is_get ? slot : top - size;
  if (size == 2)
    entry->handler = wr_step_copy_vector;
}

static void lower_one(lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry)
{
  switch (i->op) {
  case WR_OP_nop: case WR_OP_block: case WR_OP_unreachable: case WR_OP_drop: break;
  case WR_OP_loop: entry->b = l->shared.code->fuel_before[c->pc]; break;
  case WR_OP_if:
    entry->a = wr_top_slot(&l->shared, c) - 1; /* its label is not there yet: see opened() */
    break;
  case WR_OP_try_table: lower_try_table(l, c, i); break;
  case WR_OP_try: l->opening = new_region(l, c, 0, true); break;
  case WR_OP_rethrow:
    entry->a = label_of(wr_control_at(c, i->a))->region->exception;
    break;
  case WR_OP_br: case WR_OP_br_if: lower_br(l, c, i, entry); break;
  case WR_OP_br_table: lower_br_table(l, c, i, entry); break;
  case WR_OP_br_on_null:
    entry->a = wr_top_slot(&l->shared, c) - 1;
    entry->p = new_branch(l, c, i->a, entry->a);
    break;
  case WR_OP_br_on_non_null:
    entry->a = wr_top_slot(&l->shared, c) - 1;
    entry->p = new_branch(l, c, i->a, entry->a + 1);
    break;
  case WR_OP_br_on_cast: case WR_OP_br_on_cast_fail: lower_cast(l, c, i, entry); break;
  case WR_OP_return:
    lower_return(l, c, entry, wr_top_slot(&l->shared, c) - l->shared.code->result_slots);
    break;
  case WR_OP_call: case WR_OP_return_call: lower_call(l, c, i, entry); break;
  case WR_OP_call_indirect: case WR_OP_call_ref: case WR_OP_return_call_indirect:
  case WR_OP_return_call_ref:
    lower_indirect(l, c, i, entry);
    break;
  case WR_OP_local_get: case WR_OP_local_set: case WR_OP_local_tee:
    lower_local(l, c, i, entry);
    break;
  default: wr_lower_plain(&l->shared, c, i, entry);
  }
}

static bool is_copy(wr_handler handler)
{
  return handler == wr_step_local_get || handler == wr_step_local_set ||
         handler == wr_step_local_tee;
}

static bool is_constant(wr_handler handler)
{
  return handler == wr_step_i32_const || handler == wr_step_i64_const ||
         handler == wr_step_f32_const || handler == wr_step_f64_const;
}

/* The entry of an instruction is complete: perhaps handlers before it do it as well. */
static void join(wr_entry *entries, uint32_t pc, unsigned op)
{
  const wr_joined *last = &wr_step_joined[op];
  wr_handler usual = wr_step_near_handlers[op] ? wr_step_near_handlers[op] : wr_step_handlers[op];
  if (!last->copy || !pc || entries[pc].handler != usual)
    return;
  wr_handler before = entries[pc - 1].handler;
  wr_handler pair = is_copy(before) ? last->copy : is_constant(before) ? last->constant : NULL;
  if (!pair)
    return;
  entries[pc - 1].handler = pair;
  wr_handler first = pc > 1 ? entries[pc - 2].handler : NULL;
  if (first == wr_step_joined[WR_OP_local_get].copy && last->copy_copy)
    entries[pc - 2].handler = last->copy_copy;
  else if (first == wr_step_joined[WR_OP_i32_const].copy && last->copy_constant)
    entries[pc - 2].handler = last->copy_constant;
}

static void on_instruction(wr_emitter *self, const wr_checker *c, const wr_instruction *i)
{
  lowering *l = (lowering *)self;
  wr_code *code = l->shared.code;
  wr_entry *entry = &code->entries[c->pc];
  code->fuel_before[c->pc + 1] = code->fuel_before[c->pc] + wr_rows[i->op].fuel;
  entry->handler = wr_step_handlers[i->op];
  if (c->height > l->shared.highest)
    l->shared.highest = c->height;
  if (lower_part(l, c, i, entry))
    return;
  if (wr_control_at(c, 0)->is_unreachable) {
    entry->handler = wr_step_unreached;
    if (i->op == WR_OP_try)
      l->opening = new_region(l, c, 0, true);
    return;
  }
  lower_one(l, c, i, entry);
  join(code->entries, c->pc, i->op);
}

static void on_opened(wr_emitter *self, const wr_checker *c, wr_control *control)
{
  lowering *l = (lowering *)self;
  label *block = wr_need(&l->shared, &l->shared.scratch, sizeof *block);
  if (control->kind != WR_CONTROL_FUNCTION)
    block->outside = label_of(control - 1)->covering;
  block->region = l->opening;
  block->covering = l->opening ? l->opening : block->outside;
  l->opening = NULL;
  control->user = block;
  if (control->kind == WR_CONTROL_IF)
    l->shared.code->entries[c->pc].p = new_jump(l, c, &block->otherwise);
}

/* Branches that move nothing, whose targets are all known by now, get theirs into the entry. */
static void shorten_branches(wr_entry *entries, uint32_t count)
{
  for (wr_entry *entry = entries; entry < entries + count; entry++) {
    wr_handler handler = entry->handler;
    if (handler == wr_step_if)
      handler = wr_step_goto_unless;
    else if (handler == wr_step_else || handler == wr_step_catch || handler == wr_step_catch_all)
      handler = wr_step_goto;
    else if (handler != wr_step_goto && handler != wr_step_goto_if)
      continue;
    const wr_branch *branch = entry->p;
    *entry = (wr_entry){handler, entry->a, (uint32_t)branch->fuel, {(uint64_t)branch->distance}};
  }
}

static void lower_body(lowering *l)
{
  wr_code *code = l->shared.code;
  wr_measure_locals(&l->shared);
  wr_entry *entries = keep(l, code->count * sizeof *entries);
  if (!code->fuel_before)
    code->fuel_before = keep(l, ((size_t)code->count + 1) * sizeof *code->fuel_before);
  l->regions_end = &code->regions;
  l->shared.emitter = (wr_emitter){on_instruction, on_opened};
  code->entries = entries;
  uint32_t operand_slots =
      wr_check_function(l->shared.program->module, code->function, l->shared.failure,
                        &l->shared.emitter, &l->shared.scratch);
  shorten_branches(entries, code->count);
  wr_measure_frame(&l->shared, operand_slots);
}

static __attribute__((noinline)) bool try_lowering(lowering *l)
{
  wr_error error = {0};
  wr_failure failure = {.error = &error, .function = -1, .pc = -1};
  l->shared.failure = &failure;
  if (setjmp(failure.jump))
    return false;
  lower_body(l);
  return true;
}

bool wr_code_lower(wr_code *code)
{
  wr_program *program = code->program;
  wr_long_work();
  pthread_mutex_lock(&program->lock);
  bool done = code->entries != NULL;
  if (!done) {
    wr_code draft = *code;
    lowering *l = wr_allocate_zeroed(1, sizeof *l);
    if (l) {
      l->shared.program = program;
      l->shared.code = &draft;
      l->shared.kept = &draft.arena;
      done = try_lowering(l);
      wr_arena_free(&l->shared.scratch);
      wr_deallocate(l);
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
  wr_code *code = wr_allocate_zeroed(1, sizeof *code);
  if (!code)
    return NULL;
  const wr_defined_type *type = wr_function_type(program->module, function);
  code->program = program;
  code->function = function;
  code->type = type->id;
  code->fast_slots = UINT32_MAX;
  code->param_slots = wr_slots_of(type->params, type->param_count);
  code->result_slots = wr_slots_of(type->results, type->result_count);
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
  wr_deallocate(fresh);
  return code;
}

void wr_code_free(wr_code *code)
{
  wr_arena_free(&code->arena);
  wr_arena_free(&code->fast_arena);
  wr_deallocate(code->fast_words);
  wr_deallocate(code->labels);
  wr_deallocate(code);
}
