/* Lowering for the fast stream: blocks, branches and calls. At labels and calls every operand is in
   its slot; what lies below a block is put there when the block is opened. */
#include "fast_lower.h"

static void *keep(wr_fast_lowering *l, size_t size)
{
  return wr_need(&l->shared, l->shared.kept, size);
}

/* Labels */

static void fix(wr_fast_lowering *l, wr_fast_fixup *list, uint32_t word, uint32_t pc)
{
  for (; list; list = list->next) {
    int32_t distance = (int32_t)(word - list->word);
    int64_t before = wr_fast_before(l, pc);
    if (list->branch) {
      list->branch->distance = distance;
      list->branch->spent -= (uint64_t)before;
    } else if (list->is_move) {
      l->words[list->word + 2] = (uint64_t)(int64_t)distance;
      l->words[list->word + 3] -= (uint64_t)before;
    } else {
      l->words[list->word + 1] |= (uint64_t)(uint32_t)distance << 32;
      l->words[list->word + 2] -= (uint64_t)before;
    }
  }
}

static wr_fast_fixup *new_fixup(wr_fast_lowering *l, wr_fast_fixup *next, uint32_t word)
{
  wr_fast_fixup *fixup = wr_need(&l->shared, &l->shared.scratch, sizeof *fixup);
  *fixup = (wr_fast_fixup){.next = next, .word = word};
  return fixup;
}

static void fix_later(wr_fast_lowering *l, wr_fast_fixup **list, uint32_t word, bool is_move)
{
  *list = new_fixup(l, *list, word);
  (*list)->is_move = is_move;
}

static void add_label(wr_fast_lowering *l, uint32_t pc)
{
  if (l->label_count == l->label_room) {
    uint32_t room = l->label_room ? 2 * l->label_room : 16;
    wr_fast_place_at *labels = wr_need(&l->shared, &l->shared.scratch, room * sizeof *labels);
    if (l->label_count)
      memcpy(labels, l->labels, l->label_count * sizeof *labels);
    l->labels = labels;
    l->label_room = room;
  }
  l->labels[l->label_count++] = (wr_fast_place_at){pc, l->word_count};
}

/* Branches */

/* What a branch depends on: a handler that branches, and its operands. */
typedef struct condition {
  unsigned op;
  uint32_t x, y;
  bool is_inverted;
} condition;

enum { IF, UNLESS, IF_LOOP, UNLESS_LOOP };

/* Take the condition from the stack. A comparison that was made last is taken back: the branch
   does it itself. */
static condition pop_condition(wr_fast_lowering *l)
{
  wr_operand operand = wr_fast_pop(l);
  if (operand.where == WR_IN_ACCUMULATOR && operand.producer == l->made_count - 1) {
    wr_made last = l->made[operand.producer];
    if (last.branch) {
      const wr_made *compared = &l->made[last.compared];
      wr_word operands = l->words[compared->word + 1];
      uint32_t y = (uint16_t)(operands >> 16);
      const wr_fast_info *info = &wr_fast_infos[compared->op];
      if (info->place == WR_PLACE_Y) /* a narrow constant is in the operands, a wide one behind */
        y = (uint16_t)(operands >> 32);
      else if (info->length == 3)
        y = (uint16_t)l->words[compared->word + 2];
      l->word_count = compared->word;
      l->made_count = last.compared;
      return (condition){last.branch, (uint16_t)operands, y, last.is_inverted};
    }
  }
  if (wr_fast_in_accumulator(l, &operand))
    return (condition){F_br_a_if, 0, 0, false};
  return (condition){F_br_s_if, wr_fast_in_slot(l, &operand), 0, false};
}

/* A branch that takes nothing along, to be fixed. */
static uint32_t emit_branch(wr_fast_lowering *l, const wr_checker *c, const condition *on,
                            bool unless, bool to_loop)
{
  bool inverted = unless != on->is_inverted;
  unsigned variant = to_loop ? (inverted ? UNLESS_LOOP : IF_LOOP) : (inverted ? UNLESS : IF);
  uint32_t word = l->word_count;
  wr_fast_emit(l, on->op + variant, on->x, on->y, 0);
  wr_fast_word(l, (uint64_t)wr_fast_before(l, c->pc + 1));
  return word;
}

static uint32_t emit_goto(wr_fast_lowering *l, const wr_checker *c, bool to_loop)
{
  uint32_t word = l->word_count;
  wr_fast_emit(l, to_loop ? F_goto_loop : F_goto, 0, 0, 0);
  wr_fast_word(l, (uint64_t)wr_fast_before(l, c->pc + 1));
  return word;
}

/* What a branch to a label moves. */
typedef struct move {
  uint32_t from, to, count;
} move;

static move move_to(const wr_fast_lowering *l, const wr_control *control, uint32_t top)
{
  uint32_t count = wr_slots_of(wr_label_types(control), wr_label_count(control));
  move m = {top - count, l->shared.code->local_slots + control->slot_height, count};
  if (m.from == m.to)
    m.count = 0;
  return m;
}

/* Have a branch go to a label: now if it is a loop's, which is known already, else later. */
static void target(wr_fast_lowering *l, const wr_control *control, uint32_t word, bool is_move,
                   bool behind_head)
{
  wr_fast_block *block = wr_fast_block_of(control);
  if (control->kind != WR_CONTROL_LOOP) {
    fix_later(l, &block->forward, word, is_move);
    return;
  }
  wr_fast_fixup now = {.word = word, .is_move = is_move};
  fix(l, &now, block->head + (behind_head ? 2 : 0), control->pc);
}

/* Whether branches to a label look themselves whether the run ends there. */
static bool is_near_loop(const wr_fast_lowering *l, const wr_control *control)
{
  return control->kind == WR_CONTROL_LOOP &&
         l->shared.code->fuel_before[control->pc] < WR_FAST_MARGIN;
}

static void emit_move(wr_fast_lowering *l, const wr_checker *c, unsigned op, uint32_t x, move m)
{
  wr_fast_emit(l, op, x, m.from, m.to | m.count << 16);
  wr_fast_word(l, 0);
  wr_fast_word(l, (uint64_t)wr_fast_before(l, c->pc + 1));
}

static void lower_br(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  const wr_control *control = wr_control_at(c, i->a);
  uint32_t arity = wr_label_count(control);
  wr_fast_flush(l, l->height - arity);
  move m = move_to(l, control, wr_top_slot(&l->shared, c));
  uint32_t word = l->word_count;
  if (m.count) {
    emit_move(l, c, F_goto_move, 0, m);
    target(l, control, word, true, false);
    return;
  }
  bool to_loop = is_near_loop(l, control);
  emit_goto(l, c, to_loop);
  target(l, control, word, false, to_loop);
}

/* A conditional branch; the values that it takes along stay if it is not taken. */
static void branch_if(wr_fast_lowering *l, const wr_checker *c, const wr_control *control,
                      condition on, bool unless, uint32_t top)
{
  uint32_t arity = wr_label_count(control);
  move m = move_to(l, control, top);
  if (!m.count) {
    wr_fast_flush(l, l->height - arity);
    bool to_loop = is_near_loop(l, control);
    uint32_t word = emit_branch(l, c, &on, unless, to_loop);
    target(l, control, word, false, to_loop);
    return;
  }
  wr_fast_flush(l, l->height - arity);
  /* Values move only on the way: the condition the other way round skips that. */
  uint32_t skip = emit_branch(l, c, &on, !unless, false), word = l->word_count;
  emit_move(l, c, F_goto_move, 0, m);
  target(l, control, word, true, false);
  wr_fast_fixup here = {.word = skip};
  fix(l, &here, l->word_count, c->pc + 1);
}

static void lower_br_if(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  condition on = pop_condition(l);
  branch_if(l, c, wr_control_at(c, i->a), on, false, wr_top_slot(&l->shared, c) - 1);
}

/* A reference is not null; it stays, for whoever takes it along. */
static condition null_condition(wr_fast_lowering *l)
{
  wr_fast_flush(l, l->height - 1);
  return (condition){F_i64_ne_si_if, l->stack[l->height - 1].slot, 0, false};
}

static void lower_br_on_null(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  const wr_control *control = wr_control_at(c, i->a);
  condition on = null_condition(l);
  uint32_t top = wr_top_slot(&l->shared, c);
  if (i->op == WR_OP_br_on_non_null) {
    branch_if(l, c, control, on, false, top);
    wr_fast_pop(l);
    return;
  }
  wr_operand reference = wr_fast_pop(l);
  branch_if(l, c, control, on, true, top - 1);
  wr_fast_push(l, WR_IN_SLOT, reference.class, reference.slot);
}

static void lower_br_on_cast(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  wr_fast_flush(l, l->height - 1);
  wr_fast_claim(l, WR_CLASS_INTEGER);
  wr_fast_emit(l, F_cast_test_A, l->stack[l->height - 1].slot, 0, i->type2);
  condition on = {F_br_a_if, 0, 0, false};
  branch_if(l, c, wr_control_at(c, i->a), on, i->op == WR_OP_br_on_cast_fail,
            wr_top_slot(&l->shared, c));
}

static void lower_br_table(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  wr_operand index = wr_fast_pop(l);
  wr_fast_flush(l, l->height - wr_label_count(wr_control_at(c, i->a)));
  bool in = wr_fast_in_accumulator(l, &index);
  uint32_t x = in ? 0 : wr_fast_in_slot(l, &index), word = l->word_count;
  uint32_t top = wr_top_slot(&l->shared, c) - 1;
  wr_fast_branch *branches = keep(l, ((size_t)i->count + 1) * sizeof *branches);
  wr_fast_emit(l, in ? F_br_table_a : F_br_table_s, x, 0, i->count);
  wr_fast_word(l, (uint64_t)(uintptr_t)branches);
  wr_reader list = c->r;
  list.next = i->list;
  for (uint32_t k = 0; k <= i->count; k++) {
    const wr_control *control = wr_control_at(c, k < i->count ? wr_u32(&list) : i->a);
    move m = move_to(l, control, top);
    branches[k] = (wr_fast_branch){.from = (uint16_t)m.from, .to = (uint16_t)m.to,
                                   .count = (uint16_t)m.count,
                                   .spent = (uint64_t)wr_fast_before(l, c->pc + 1)};
    wr_fast_fixup one = {.word = word, .branch = &branches[k]};
    if (control->kind == WR_CONTROL_LOOP) {
      fix(l, &one, wr_fast_block_of(control)->head, control->pc);
    } else {
      wr_fast_fixup **forward = &wr_fast_block_of(control)->forward;
      *forward = new_fixup(l, *forward, word);
      (*forward)->branch = &branches[k];
    }
  }
}

/* Returns */

static void lower_return(wr_fast_lowering *l, const wr_checker *c)
{
  static const uint16_t ops[] = {F_return_i64, F_return_f32, F_return_f64};
  const wr_control *function = &c->controls[0];
  uint32_t count = function->give_count;
  uint64_t before = (uint64_t)wr_fast_before(l, c->pc + 1);
  if (!count) {
    wr_fast_flush(l, 0);
    wr_fast_emit(l, F_return_0, 0, 0, 0);
    wr_fast_word(l, before);
    return;
  }
  if (count > 1 || l->stack[l->height - 1].class == WR_CLASS_V128) {
    uint32_t slots = l->shared.code->result_slots;
    wr_fast_flush(l, 0);
    wr_fast_emit(l, F_return_many, l->stack[l->height - count].slot, 0, slots);
    wr_fast_word(l, before);
    return;
  }
  wr_operand result = wr_fast_pop(l);
  wr_fast_flush(l, 0);
  if (result.where == WR_IN_CONSTANT) {
    wr_fast_emit(l, F_return_i, 0, 0, result.slot);
    wr_fast_word(l, before);
    wr_fast_word(l, result.constant);
  } else if (wr_fast_in_accumulator(l, &result)) {
    wr_fast_emit(l, ops[result.class], 0, 0, result.slot);
    wr_fast_word(l, before);
  } else {
    wr_fast_emit(l, F_return_s, wr_fast_in_slot(l, &result), 0, result.slot);
    wr_fast_word(l, before);
  }
}

/* Calls */

static void push_results(wr_fast_lowering *l, const wr_defined_type *type, uint32_t first)
{
  wr_fast_forget(l);
  uint32_t slot = first;
  for (uint32_t k = 0; k < type->result_count; k++) {
    wr_fast_push(l, WR_IN_SLOT, wr_class_of(type->results[k]), slot);
    slot += wr_slots(type->results[k]);
  }
  if (type->result_count == 1 && type->results[0] != WR_V128)
    l->mirror[wr_class_of(type->results[0])] = first;
}

static void finish_call(wr_fast_lowering *l, const wr_checker *c, const wr_defined_type *type,
                        uint64_t callee, uint32_t first, bool is_tail)
{
  int64_t before = wr_fast_before(l, c->pc + 1);
  wr_fast_word(l, callee);
  wr_fast_word(l, (uint64_t)(before + WR_ONE_FUEL));
  wr_fast_word(l, (uint64_t)before);
  if (is_tail)
    return;
  for (uint32_t k = 0; k < type->param_count; k++)
    wr_fast_pop(l);
  push_results(l, type, first);
}

static void lower_call(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  const wr_module *module = l->shared.program->module;
  const wr_defined_type *type = wr_function_type(module, i->a);
  bool is_tail = i->op == WR_OP_return_call;
  uint32_t first = wr_top_slot(&l->shared, c) - wr_slots_of(type->params, type->param_count);
  uint64_t callee = i->a;
  wr_fast_flush(l, 0);
  if (i->a < module->imported_functions) {
    wr_fast_emit(l, is_tail ? F_return_call_import : F_call_import, 0, 0, first);
  } else {
    wr_code *code = wr_program_code(l->shared.program, i->a);
    if (!code)
      wr_fail(l->shared.failure, WR_ERROR_MEMORY, 0, "out of memory");
    callee = (uint64_t)(uintptr_t)code;
    wr_fast_emit(l, is_tail ? F_return_call : F_call, 0, 0, first);
  }
  finish_call(l, c, type, callee, first, is_tail);
}

static void lower_indirect(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  uint32_t id = l->shared.program->module->types[i->a];
  const wr_defined_type *type = wr_defined(id);
  bool is_tail = i->op == WR_OP_return_call_indirect || i->op == WR_OP_return_call_ref;
  bool by_reference = i->op == WR_OP_call_ref || i->op == WR_OP_return_call_ref;
  wr_operand index = wr_fast_pop(l);
  uint32_t first = index.slot - wr_slots_of(type->params, type->param_count);
  wr_fast_flush(l, 0);
  bool in = wr_fast_in_accumulator(l, &index) && i->op == WR_OP_call_indirect;
  uint32_t x = in ? 0 : wr_fast_in_slot(l, &index);
  unsigned op = in ? F_call_indirect_a : F_call_indirect_s;
  if (by_reference)
    op = is_tail ? F_return_call_ref_s : F_call_ref_s;
  else if (is_tail)
    op = F_return_call_indirect_s;
  wr_fast_emit(l, op, x, 0, first);
  wr_site *site = keep(l, sizeof *site);
  *site = (wr_site){.index = x, .table = i->b, .type = id};
  finish_call(l, c, type, (uint64_t)(uintptr_t)site, first, is_tail);
}

/* Blocks */

/* The operands as they are behind the end of a part: below it nothing has changed, and on top are
   values in their slots. */
static void restart(wr_fast_lowering *l, const wr_control *control, const wr_type *types,
                    uint32_t count)
{
  while (l->height > control->height)
    wr_fast_pop(l);
  uint32_t slot = l->shared.code->local_slots + control->slot_height;
  for (uint32_t k = 0; k < count; k++) {
    wr_fast_push(l, WR_IN_SLOT, wr_class_of(types[k]), slot);
    slot += wr_slots(types[k]);
  }
  wr_fast_forget(l);
}

static void lower_else(wr_fast_lowering *l, const wr_checker *c, bool is_reached)
{
  const wr_control *control = wr_control_at(c, 0);
  wr_fast_block *block = wr_fast_block_of(control);
  if (is_reached) {
    wr_fast_flush(l, control->height);
    fix_later(l, &block->forward, emit_goto(l, c, false), false);
  }
  fix(l, block->otherwise, l->word_count, c->pc + 1);
  block->otherwise = NULL;
  restart(l, control, control->takes, control->take_count);
}

/* A handler of the first kind of exceptions: reached only from where exceptions are thrown. */
static void lower_catch(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i,
                        bool is_reached)
{
  const wr_control *control = wr_control_at(c, 0);
  if (is_reached) {
    wr_fast_flush(l, control->height);
    fix_later(l, &wr_fast_block_of(control)->forward, emit_goto(l, c, false), false);
  }
  const wr_defined_type *tag =
      i->op == WR_OP_catch ? wr_defined(l->shared.program->module->tags[i->a]) : NULL;
  restart(l, control, tag ? tag->params : NULL, tag ? tag->param_count : 0);
  add_label(l, c->pc + 1);
}

static void lower_end(wr_fast_lowering *l, const wr_checker *c, bool is_reached)
{
  const wr_control *control = wr_control_at(c, 0);
  wr_fast_block *block = wr_fast_block_of(control);
  bool is_function = control->kind == WR_CONTROL_FUNCTION;
  bool is_target = block->forward || block->otherwise || block->is_caught;
  uint32_t pc = is_function ? c->pc : c->pc + 1;
  if (is_target) {
    if (is_reached)
      wr_fast_flush(l, control->height);
    fix(l, block->forward, l->word_count, pc);
    fix(l, block->otherwise, l->word_count, pc);
    if (block->is_caught)
      add_label(l, pc);
  }
  if (is_target || !is_reached)
    restart(l, control, control->gives, control->give_count);
  if (is_function && (is_target || is_reached))
    lower_return(l, c);
}

static void lower_delegate(wr_fast_lowering *l, const wr_checker *c, bool is_reached)
{
  l->has_handlers = true;
  lower_end(l, c, is_reached);
}

static void note_handlers(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  wr_reader list = c->r;
  list.next = i->list;
  for (uint32_t k = 0; k < i->count; k++) {
    if (wr_byte(&list) < 2)
      wr_u32(&list);
    wr_fast_block_of(wr_control_at(c, wr_u32(&list)))->is_caught = true;
    l->has_handlers = true;
  }
}

static void lower_loop(wr_fast_lowering *l, const wr_checker *c)
{
  wr_fast_flush(l, 0);
  wr_fast_forget(l);
  add_label(l, c->pc);
  bool is_near = l->shared.code->fuel_before[c->pc] < WR_FAST_MARGIN;
  wr_fast_emit(l, is_near ? F_loop : F_loop_far, 0, 0, 0);
  l->words[l->word_count - 1] = (uint64_t)wr_fast_before(l, c->pc);
}

static void lower_if(wr_fast_lowering *l, const wr_checker *c)
{
  condition on = pop_condition(l);
  wr_fast_flush(l, 0);
  l->opening = new_fixup(l, NULL, emit_branch(l, c, &on, true, false));
}

static void lower_escape(wr_fast_lowering *l, const wr_checker *c)
{
  wr_fast_flush(l, 0);
  wr_fast_emit(l, F_escape, 0, 0, 0);
  l->words[l->word_count - 1] = (uint64_t)wr_fast_before(l, c->pc);
}

/* What begins, divides or ends blocks; false if it is something else. */
bool wr_fast_lower_part(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i,
                        bool is_reached)
{
  switch (i->op) {
  case WR_OP_else: lower_else(l, c, is_reached); return true;
  case WR_OP_catch: case WR_OP_catch_all: lower_catch(l, c, i, is_reached); return true;
  case WR_OP_delegate: lower_delegate(l, c, is_reached); return true;
  case WR_OP_end: lower_end(l, c, is_reached); return true;
  default: return false;
  }
}

bool wr_fast_lower_control(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  switch (i->op) {
  case WR_OP_nop: return true;
  case WR_OP_block: wr_fast_flush(l, 0); return true;
  case WR_OP_try_table: note_handlers(l, c, i); wr_fast_flush(l, 0); return true;
  case WR_OP_try: l->has_handlers = true; wr_fast_flush(l, 0); return true;
  case WR_OP_loop: lower_loop(l, c); return true;
  case WR_OP_if: lower_if(l, c); return true;
  case WR_OP_br: lower_br(l, c, i); return true;
  case WR_OP_br_if: lower_br_if(l, c, i); return true;
  case WR_OP_br_table: lower_br_table(l, c, i); return true;
  case WR_OP_br_on_null: case WR_OP_br_on_non_null: lower_br_on_null(l, c, i); return true;
  case WR_OP_br_on_cast: case WR_OP_br_on_cast_fail: lower_br_on_cast(l, c, i); return true;
  case WR_OP_return: lower_return(l, c); return true;
  case WR_OP_unreachable: wr_fast_emit(l, F_unreachable, 0, 0, 0); return true;
  case WR_OP_call: case WR_OP_return_call: lower_call(l, c, i); return true;
  case WR_OP_call_indirect: case WR_OP_return_call_indirect: case WR_OP_call_ref:
  case WR_OP_return_call_ref:
    lower_indirect(l, c, i);
    return true;
  case WR_OP_throw: case WR_OP_throw_ref: case WR_OP_rethrow:
    lower_escape(l, c);
    return true;
  case WR_OP_memory_atomic_wait32: case WR_OP_memory_atomic_wait64:
  case WR_OP_memory_atomic_notify:
    lower_escape(l, c);
    l->is_behind = true;
    return true;
  default: return false;
  }
}
