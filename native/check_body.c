/* Typing of one body: the operand and control stacks, blocks, branches, locals and exceptions. */
#include "check_quick.h"
#include "check_rules.h"

#include <stdarg.h>
#include <stdio.h>

static void *scratch(wr_checker *c, size_t size)
{
  void *memory = wr_arena_alloc(c->scratch, size ? size : 1);
  if (!memory)
    wr_fail(c->failure, WR_ERROR_MEMORY, wr_offset(&c->r), "out of memory");
  return memory;
}

_Noreturn void wr_invalid(wr_checker *c, const char *format, ...)
{
  char text[200];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  wr_fail(c->failure, WR_ERROR_VALIDATION, wr_offset(&c->r), "%s", text);
}

static void append_types(char *text, size_t size, const wr_type *types, uint32_t count)
{
  size_t used = 0;
  uint32_t first = count > 6 ? count - 6 : 0;
  for (uint32_t k = first; k < count && used + 2 < size; k++) {
    if (k > first)
      text[used++] = ' ';
    wr_type_text(types[k], text + used, (unsigned)(size - used));
    used += strlen(text + used);
  }
  text[used < size ? used : size - 1] = 0;
}

_Noreturn void wr_mismatch(wr_checker *c, const wr_type *required, uint32_t count)
{
  char wanted[80] = "", found[80] = "";
  uint32_t bottom = wr_innermost(c)->height;
  uint32_t have = c->height - bottom < count ? c->height - bottom : count;
  append_types(wanted, sizeof wanted, required, count);
  if (have)
    append_types(found, sizeof found, c->stack + c->height - have, have);
  wr_invalid(c, "type mismatch: instruction requires [%s] but stack has [%s]", wanted, found);
}

void wr_push(wr_checker *c, wr_type type)
{
  if (c->height == c->stack_room) {
    uint32_t room = c->stack_room ? 2 * c->stack_room : 64;
    wr_type *stack = scratch(c, room * sizeof *stack);
    if (c->height)
      memcpy(stack, c->stack, c->height * sizeof *stack);
    c->stack = stack;
    c->stack_room = room;
  }
  c->stack[c->height++] = type;
  c->slot_height += wr_slots(type);
  if (c->slot_height > c->max_slot_height)
    c->max_slot_height = c->slot_height;
}

void wr_push_many(wr_checker *c, const wr_type *types, uint32_t count)
{
  for (uint32_t k = 0; k < count; k++)
    wr_push(c, types[k]);
}

wr_type wr_pop_any(wr_checker *c)
{
  wr_control *frame = wr_innermost(c);
  if (c->height > frame->height) {
    wr_type type = c->stack[--c->height];
    c->slot_height -= wr_slots(type);
    return type;
  }
  if (frame->is_unreachable)
    return WR_BOTTOM;
  wr_invalid(c, "type mismatch: instruction requires [any] but stack has []");
}

wr_type wr_pop_reference(wr_checker *c)
{
  wr_type type = wr_pop_any(c);
  if (type == WR_BOTTOM)
    return WR_REFERENCE(0, WR_ABSTRACT_HEAP(WR_HEAP_BOTTOM));
  if (!wr_is_ref(type)) {
    wr_push(c, type);
    wr_invalid(c, "type mismatch: instruction requires a reference");
  }
  return type;
}

void wr_pop(wr_checker *c, wr_type type)
{
  if (c->height > wr_innermost(c)->height && c->stack[c->height - 1] == type) {
    c->height--;
    c->slot_height -= wr_slots(type);
    return;
  }
  if (c->height == wr_innermost(c)->height && !wr_innermost(c)->is_unreachable)
    wr_mismatch(c, &type, 1);
  wr_type found = wr_pop_any(c);
  if (!wr_matches(found, type)) {
    wr_push(c, found);
    wr_mismatch(c, &type, 1);
  }
}

void wr_pop_many(wr_checker *c, const wr_type *types, uint32_t count)
{
  while (count)
    wr_pop(c, types[--count]);
}

void wr_check_top(wr_checker *c, const wr_type *types, uint32_t count)
{
  wr_control *frame = wr_innermost(c);
  uint32_t present = c->height - frame->height;
  if (present < count && !frame->is_unreachable)
    wr_mismatch(c, types, count);
  uint32_t checked = present < count ? present : count;
  for (uint32_t k = 0; k < checked; k++)
    if (!wr_matches(c->stack[c->height - 1 - k], types[count - 1 - k]))
      wr_mismatch(c, types, count);
}

void wr_set_unreachable(wr_checker *c)
{
  wr_control *frame = wr_innermost(c);
  c->height = frame->height;
  c->slot_height = frame->slot_height;
  frame->is_unreachable = true;
}

wr_control *wr_label(wr_checker *c, uint32_t depth)
{
  if (depth >= c->control_count)
    wr_invalid(c, "unknown label %u", depth);
  return &c->controls[c->control_count - 1 - depth];
}

/* Blocks */

static wr_control *open_control(wr_checker *c, uint8_t kind, const wr_type *takes, uint32_t take_count,
                         const wr_type *gives, uint32_t give_count)
{
  if (c->control_count == c->control_room) {
    uint32_t room = c->control_room ? 2 * c->control_room : 16;
    wr_control *controls = scratch(c, room * sizeof *controls);
    if (c->control_count)
      memcpy(controls, c->controls, c->control_count * sizeof *controls);
    c->controls = controls;
    c->control_room = room;
  }
  wr_control *frame = &c->controls[c->control_count++];
  *frame = (wr_control){.kind = kind, .pc = c->pc, .height = c->height,
                        .slot_height = c->slot_height, .take_count = take_count, .takes = takes,
                        .give_count = give_count, .gives = gives, .trail = c->trail_count,
                        .id = c->next_id++};
  wr_push_many(c, takes, take_count);
  if (c->emitter)
    c->emitter->opened(c->emitter, c, frame);
  return frame;
}

static void block_type(wr_checker *c, const wr_instruction *i, const wr_type **takes,
                       uint32_t *take_count, const wr_type **gives, uint32_t *give_count)
{
  *takes = *gives = NULL;
  *take_count = *give_count = 0;
  if (i->block_index >= 0) {
    if (i->block_index >= c->module->type_count)
      wr_invalid(c, "unknown type %lld", (long long)i->block_index);
    const wr_defined_type *type =
        wr_type_of_kind(c, (uint32_t)i->block_index, WR_KIND_FUNC);
    *takes = type->params;
    *take_count = type->param_count;
    *gives = type->results;
    *give_count = type->result_count;
  } else if (i->type != WR_BOTTOM) {
    wr_type *one = scratch(c, sizeof *one);
    *one = i->type;
    *gives = one;
    *give_count = 1;
  }
}

static void end_part(wr_checker *c)
{
  wr_control *frame = wr_innermost(c);
  wr_pop_many(c, frame->gives, frame->give_count);
  if (c->height != frame->height) {
    char wanted[80] = "", found[80] = "";
    wr_push_many(c, frame->gives, frame->give_count);
    append_types(wanted, sizeof wanted, frame->gives, frame->give_count);
    append_types(found, sizeof found, c->stack + frame->height, c->height - frame->height);
    wr_invalid(c, "type mismatch: block requires [%s] but stack has [%s]", wanted, found);
  }
  while (c->trail_count > frame->trail)
    c->is_set[c->trail[--c->trail_count] - c->first_unset] = 0;
  c->slot_height = frame->slot_height;
}

static void next_part(wr_checker *c, uint8_t kind)
{
  end_part(c);
  wr_control *frame = wr_innermost(c);
  frame->kind = kind;
  frame->is_unreachable = false;
}

static bool same_types(const wr_type *sub, uint32_t sub_count, const wr_type *super,
                       uint32_t super_count)
{
  if (sub_count != super_count)
    return false;
  for (uint32_t k = 0; k < sub_count; k++)
    if (!wr_matches(sub[k], super[k]))
      return false;
  return true;
}

static void end_block(wr_checker *c)
{
  wr_control *frame = wr_innermost(c);
  if (frame->kind == WR_CONTROL_IF &&
      !same_types(frame->takes, frame->take_count, frame->gives, frame->give_count))
    wr_invalid(c, "type mismatch: if without else must leave its parameters alone");
  end_part(c);
  c->control_count--;
  if (c->control_count)
    wr_push_many(c, frame->gives, frame->give_count);
}

/* The labels of handlers count from outside the block. */
static void check_catches(wr_checker *c, const wr_instruction *i)
{
  wr_reader list = c->r;
  list.next = i->list;
  for (uint32_t k = 0; k < i->count; k++) {
    uint8_t code = wr_byte(&list);
    const wr_defined_type *tag = NULL;
    if (code < 2) {
      uint32_t index = wr_u32(&list);
      if (index >= c->module->tag_count)
        wr_invalid(c, "unknown tag %u", index);
      tag = wr_defined(c->module->tags[index]);
    }
    const wr_control *label = wr_label(c, wr_u32(&list));
    const wr_type *wanted = wr_label_types(label);
    uint32_t values = tag ? tag->param_count : 0, with_reference = code & 1;
    wr_type caught = WR_REFERENCE(0, WR_ABSTRACT_HEAP(WR_HEAP_EXN));
    bool fits = wr_label_count(label) == values + with_reference;
    for (uint32_t v = 0; fits && v < values; v++)
      fits = wr_matches(tag->params[v], wanted[v]);
    if (!fits || (with_reference && !wr_matches(caught, wanted[values])))
      wr_invalid(c, "type mismatch: a handler gives other values than its label takes");
  }
}

static void rule_opening(wr_checker *c, const wr_instruction *i)
{
  const wr_type *takes, *gives;
  uint32_t take_count, give_count;
  block_type(c, i, &takes, &take_count, &gives, &give_count);
  if (i->op == WR_OP_if)
    wr_pop(c, WR_I32);
  wr_pop_many(c, takes, take_count);
  uint8_t kind = WR_CONTROL_BLOCK;
  switch (i->op) {
  case WR_OP_loop: kind = WR_CONTROL_LOOP; break;
  case WR_OP_if: kind = WR_CONTROL_IF; break;
  case WR_OP_try: kind = WR_CONTROL_TRY; break;
  case WR_OP_try_table:
    check_catches(c, i);
    kind = WR_CONTROL_TRY_TABLE;
    break;
  }
  open_control(c, kind, takes, take_count, gives, give_count);
}

static const wr_defined_type *tag_of(wr_checker *c, uint32_t index)
{
  if (index >= c->module->tag_count)
    wr_invalid(c, "unknown tag %u", index);
  return wr_defined(c->module->tags[index]);
}

_Noreturn static void misplaced(wr_checker *c, const wr_instruction *i, const char *where)
{
  wr_fail(c->failure, WR_ERROR_DECODE, (uint64_t)(i->at - c->r.begin),
          "END opcode expected: %s belongs in %s", wr_rows[i->op].mnemonic, where);
}

static void rule_dividing(wr_checker *c, const wr_instruction *i)
{
  wr_control *frame = wr_innermost(c);
  switch (i->op) {
  case WR_OP_else:
    if (frame->kind != WR_CONTROL_IF)
      misplaced(c, i, "if");
    next_part(c, WR_CONTROL_ELSE);
    wr_push_many(c, frame->takes, frame->take_count);
    break;
  case WR_OP_catch: case WR_OP_catch_all:
    if (frame->kind != WR_CONTROL_TRY && frame->kind != WR_CONTROL_CATCH)
      misplaced(c, i, "try or catch");
    next_part(c, i->op == WR_OP_catch ? WR_CONTROL_CATCH : WR_CONTROL_CATCH_ALL);
    if (i->op == WR_OP_catch) {
      const wr_defined_type *tag = tag_of(c, i->a);
      wr_push_many(c, tag->params, tag->param_count);
    }
    break;
  default: /* delegate */
    if (frame->kind != WR_CONTROL_TRY)
      misplaced(c, i, "try");
    end_block(c);
    wr_label(c, i->a);
  }
}

/* Branches */

static void pass_along(wr_checker *c, const wr_type *types, uint32_t count)
{
  wr_pop_many(c, types, count);
  wr_push_many(c, types, count);
}

static void rule_br_table(wr_checker *c, const wr_instruction *i)
{
  wr_pop(c, WR_I32);
  const wr_control *fallback = wr_label(c, i->a);
  wr_reader list = c->r;
  list.next = i->list;
  for (uint32_t k = 0; k < i->count; k++) {
    const wr_control *label = wr_label(c, wr_u32(&list));
    if (wr_label_count(label) != wr_label_count(fallback))
      wr_invalid(c, "type mismatch: labels of br_table take different numbers of values");
    wr_check_top(c, wr_label_types(label), wr_label_count(label));
  }
  wr_check_top(c, wr_label_types(fallback), wr_label_count(fallback));
  wr_set_unreachable(c);
}

static wr_type carried_reference(wr_checker *c, const wr_control *label)
{
  uint32_t count = wr_label_count(label);
  if (!count || !wr_is_ref(wr_label_types(label)[count - 1]))
    wr_invalid(c, "type mismatch: the label must take a reference last");
  return wr_label_types(label)[count - 1];
}

static void rule_br_on_cast(wr_checker *c, const wr_instruction *i)
{
  const wr_control *label = wr_label(c, i->a);
  wr_type source = i->type, target = i->type2;
  if (!wr_matches(target, source))
    wr_invalid(c, "type mismatch: a cast to a type that does not match the source");
  wr_type rest = target & WR_NULLABLE ? source & ~WR_NULLABLE : source;
  bool on_fail = i->op == WR_OP_br_on_cast_fail;
  if (!wr_matches(on_fail ? rest : target, carried_reference(c, label)))
    wr_invalid(c, "type mismatch: the label takes another reference than the branch carries");
  wr_pop(c, source);
  pass_along(c, wr_label_types(label), wr_label_count(label) - 1);
  wr_push(c, on_fail ? target : rest);
}

static void rule_branch(wr_checker *c, const wr_instruction *i)
{
  if (i->op == WR_OP_br_table) {
    rule_br_table(c, i);
    return;
  }
  if (i->op == WR_OP_br_on_cast || i->op == WR_OP_br_on_cast_fail) {
    rule_br_on_cast(c, i);
    return;
  }
  const wr_control *label = wr_label(c, i->a);
  const wr_type *types = wr_label_types(label);
  uint32_t count = wr_label_count(label);
  switch (i->op) {
  case WR_OP_br:
    wr_pop_many(c, types, count);
    wr_set_unreachable(c);
    break;
  case WR_OP_br_if:
    wr_pop(c, WR_I32);
    pass_along(c, types, count);
    break;
  case WR_OP_br_on_null: {
    wr_type reference = wr_pop_reference(c);
    pass_along(c, types, count);
    wr_push(c, reference & ~WR_NULLABLE);
    break;
  }
  default: /* br_on_non_null */
    wr_pop(c, carried_reference(c, label) | WR_NULLABLE);
    pass_along(c, types, count - 1);
  }
}

/* Locals, globals, values of any type, exceptions */

static void rule_local(wr_checker *c, const wr_instruction *i)
{
  if (i->a >= c->local_count)
    wr_invalid(c, "unknown local %u: there are %u", i->a, c->local_count);
  wr_type type = wr_local_type(c->function, i->a);
  if (i->op == WR_OP_local_get) {
    if (!wr_is_set(c, i->a))
      wr_invalid(c, "uninitialized local %u: its type has no default value", i->a);
    wr_push(c, type);
    return;
  }
  wr_pop(c, type);
  if (!wr_is_set(c, i->a)) {
    c->is_set[i->a - c->first_unset] = 1;
    c->trail[c->trail_count++] = i->a;
  }
  if (i->op == WR_OP_local_tee)
    wr_push(c, type);
}

static void rule_global(wr_checker *c, const wr_instruction *i)
{
  if (i->a >= c->known_globals)
    wr_invalid(c, "unknown global %u", i->a);
  const wr_global_type *global = &c->module->globals[i->a];
  if (i->op == WR_OP_global_get) {
    if (!c->function && global->is_mutable)
      wr_invalid(c, "constant expression required: global %u is mutable", i->a);
    wr_push(c, global->type);
    return;
  }
  if (!global->is_mutable)
    wr_invalid(c, "immutable global %u cannot be set", i->a);
  wr_pop(c, global->type);
}

static void rule_select(wr_checker *c)
{
  wr_pop(c, WR_I32);
  wr_type second = wr_pop_any(c), first = wr_pop_any(c);
  wr_type result = first == WR_BOTTOM ? second : first;
  if (first != WR_BOTTOM && second != WR_BOTTOM && first != second)
    wr_invalid(c, "type mismatch: select between values of different types");
  if (wr_is_ref(result))
    wr_invalid(c, "type mismatch: select of references needs a written type");
  wr_push(c, result);
}

static void rule_other(wr_checker *c, const wr_instruction *i)
{
  switch (i->op) {
  case WR_OP_unreachable: wr_set_unreachable(c); break;
  case WR_OP_drop: wr_pop_any(c); break;
  case WR_OP_select: rule_select(c); break;
  case WR_OP_select_t:
    if (i->count != 1)
      wr_invalid(c, "invalid result arity: select gives 1 value, not %u", i->count);
    wr_pop(c, WR_I32);
    wr_pop(c, i->type);
    wr_pop(c, i->type);
    wr_push(c, i->type);
    break;
  case WR_OP_return:
    wr_pop_many(c, c->controls[0].gives, c->controls[0].give_count);
    wr_set_unreachable(c);
    break;
  case WR_OP_throw: {
    const wr_defined_type *tag = tag_of(c, i->a);
    wr_pop_many(c, tag->params, tag->param_count);
    wr_set_unreachable(c);
    break;
  }
  case WR_OP_throw_ref:
    wr_pop(c, WR_REFERENCE(1, WR_ABSTRACT_HEAP(WR_HEAP_EXN)));
    wr_set_unreachable(c);
    break;
  default: { /* rethrow */
    const wr_control *label = wr_label(c, i->a);
    if (label->kind != WR_CONTROL_CATCH && label->kind != WR_CONTROL_CATCH_ALL)
      wr_invalid(c, "invalid rethrow label %u: it is not that of a handler", i->a);
    wr_set_unreachable(c);
  }
  }
}

static void apply_signature(wr_checker *c, const wr_row *row)
{
  for (unsigned count = (unsigned)strlen(row->takes); count;)
    wr_pop(c, wr_letter_type(row->takes[--count]));
  for (const char *give = row->gives; *give; give++)
    wr_push(c, wr_letter_type(*give));
}

static void apply_rule(wr_checker *c, const wr_instruction *i)
{
  switch (wr_rows[i->op].rule) {
  case WR_RULE_NONE: apply_signature(c, &wr_rows[i->op]); break;
  case WR_RULE_BLOCK: case WR_RULE_LOOP: case WR_RULE_IF: case WR_RULE_TRY:
  case WR_RULE_TRY_TABLE:
    rule_opening(c, i);
    break;
  case WR_RULE_ELSE: case WR_RULE_CATCH: case WR_RULE_CATCH_ALL: case WR_RULE_DELEGATE:
    rule_dividing(c, i);
    break;
  case WR_RULE_END: end_block(c); break;
  case WR_RULE_BR: case WR_RULE_BR_IF: case WR_RULE_BR_TABLE: case WR_RULE_BR_ON_NULL:
  case WR_RULE_BR_ON_NON_NULL: case WR_RULE_BR_ON_CAST: case WR_RULE_BR_ON_CAST_FAIL:
    rule_branch(c, i);
    break;
  case WR_RULE_LOCAL_GET: case WR_RULE_LOCAL_SET: case WR_RULE_LOCAL_TEE:
    rule_local(c, i);
    break;
  case WR_RULE_GLOBAL_GET: case WR_RULE_GLOBAL_SET: rule_global(c, i); break;
  case WR_RULE_CALL: case WR_RULE_CALL_INDIRECT: case WR_RULE_CALL_REF:
  case WR_RULE_RETURN_CALL: case WR_RULE_RETURN_CALL_INDIRECT: case WR_RULE_RETURN_CALL_REF:
    wr_rule_call(c, i);
    break;
  case WR_RULE_LOAD: case WR_RULE_STORE: case WR_RULE_LOAD_LANE: case WR_RULE_STORE_LANE:
  case WR_RULE_ATOMIC: case WR_RULE_LANE: case WR_RULE_SHUFFLE: case WR_RULE_MEMORY_SIZE:
  case WR_RULE_MEMORY_GROW: case WR_RULE_MEMORY_FILL: case WR_RULE_MEMORY_COPY:
  case WR_RULE_MEMORY_INIT: case WR_RULE_DATA_DROP:
    wr_rule_memory(c, i);
    break;
  case WR_RULE_TABLE_GET: case WR_RULE_TABLE_SET: case WR_RULE_TABLE_SIZE:
  case WR_RULE_TABLE_GROW: case WR_RULE_TABLE_FILL: case WR_RULE_TABLE_COPY:
  case WR_RULE_TABLE_INIT: case WR_RULE_ELEM_DROP:
    wr_rule_table(c, i);
    break;
  case WR_RULE_REF_NULL: case WR_RULE_REF_FUNC: case WR_RULE_REF_TEST: case WR_RULE_REF_CAST:
  case WR_RULE_REF_IS_NULL: case WR_RULE_REF_AS_NON_NULL: case WR_RULE_ANY_CONVERT_EXTERN:
  case WR_RULE_EXTERN_CONVERT_ANY:
    wr_rule_reference(c, i);
    break;
  case WR_RULE_STRUCT_NEW: case WR_RULE_STRUCT_NEW_DEFAULT: case WR_RULE_STRUCT_GET:
  case WR_RULE_STRUCT_GET_PACKED: case WR_RULE_STRUCT_SET: case WR_RULE_ARRAY_NEW:
  case WR_RULE_ARRAY_NEW_DEFAULT: case WR_RULE_ARRAY_NEW_FIXED: case WR_RULE_ARRAY_NEW_DATA:
  case WR_RULE_ARRAY_NEW_ELEM: case WR_RULE_ARRAY_GET: case WR_RULE_ARRAY_GET_PACKED:
  case WR_RULE_ARRAY_SET: case WR_RULE_ARRAY_FILL: case WR_RULE_ARRAY_COPY:
  case WR_RULE_ARRAY_INIT_DATA: case WR_RULE_ARRAY_INIT_ELEM:
    wr_rule_aggregate(c, i);
    break;
  default: rule_other(c, i);
  }
}

static bool is_constant(const wr_module *m, const wr_instruction *i)
{
  switch (i->op) {
  case WR_OP_i32_const: case WR_OP_i64_const: case WR_OP_f32_const: case WR_OP_f64_const:
  case WR_OP_global_get: case WR_OP_ref_func: case WR_OP_end: case WR_OP_ref_null:
  case WR_OP_v128_const:
    return true;
  case WR_OP_i32_add: case WR_OP_i32_sub: case WR_OP_i32_mul: case WR_OP_i64_add:
  case WR_OP_i64_sub: case WR_OP_i64_mul:
    return m->features[WR_FEATURE_EXTENDED_CONST];
  case WR_OP_ref_i31: case WR_OP_struct_new: case WR_OP_struct_new_default: case WR_OP_array_new:
  case WR_OP_array_new_default: case WR_OP_array_new_fixed: case WR_OP_any_convert_extern:
  case WR_OP_extern_convert_any:
    return m->features[WR_FEATURE_GC];
  default: return false;
  }
}

static void check_instructions(wr_checker *c)
{
  wr_instruction i = {0};
  while (c->control_count) {
    wr_read_instruction(c->module, &c->r, &i, true);
    i.pc = c->pc;
    c->failure->pc = c->pc;
    c->failure->mnemonic = wr_rows[i.op].mnemonic;
    if (!c->function && !is_constant(c->module, &i))
      wr_invalid(c, "constant expression required: %s is not constant", wr_rows[i.op].mnemonic);
    if (c->emitter)
      c->emitter->instruction(c->emitter, c, &i);
    apply_rule(c, &i);
    c->pc++;
  }
  c->failure->pc = -1;
  c->failure->mnemonic = NULL;
  if (c->r.next != c->r.end)
    wr_fail(c->failure, WR_ERROR_DECODE, wr_offset(&c->r), "section size mismatch");
}

static void begin(wr_checker *c, wr_range range, const wr_type *gives, uint32_t give_count)
{
  const wr_module *m = c->module;
  c->r = (wr_reader){m->binary, m->binary + range.begin, m->binary + range.end,
                     m->binary + m->size, c->failure};
  open_control(c, WR_CONTROL_FUNCTION, NULL, 0, gives, give_count);
}

/* Parameters have values, and locals whose types have one by default. */
static void set_locals(wr_checker *c, const wr_function *function, uint32_t param_count)
{
  uint32_t run = 0;
  while (run < function->run_count && wr_is_defaultable(function->runs[run].type))
    run++;
  uint32_t before = run ? function->runs[run - 1].end : 0;
  c->first_unset = param_count + before;
  if (run == function->run_count)
    return;
  uint32_t count = function->local_count - c->first_unset;
  c->is_set = scratch(c, count);
  c->trail = scratch(c, count * sizeof *c->trail);
  for (uint32_t begin = before; run < function->run_count; begin = function->runs[run++].end)
    if (wr_is_defaultable(function->runs[run].type))
      memset(c->is_set + (begin - before), 1, function->runs[run].end - begin);
}

uint32_t wr_check_function(const wr_module *module, uint32_t index, wr_failure *failure,
                           wr_emitter *emitter, wr_arena *arena)
{
  wr_function *function = &((wr_module *)module)->functions[index];
  const wr_defined_type *type = wr_defined(function->type);
  wr_checker c = {.module = module, .failure = failure, .function = function,
                  .local_count = function->local_count,
                  .known_globals = module->global_count, .emitter = emitter, .scratch = arena};
  failure->function = index;
  set_locals(&c, function, type->param_count);
  begin(&c, function->body, type->results, type->result_count);
  check_instructions(&c);
  function->instruction_count = c.pc;
  failure->function = -1;
  return c.max_slot_height;
}

void wr_check_once(const wr_module *module, uint32_t index, wr_failure *failure, wr_arena *scratch)
{
  wr_function *function = &((wr_module *)module)->functions[index];
  if (!function->instruction_count && !wr_quick_check(module->quick, function))
    wr_check_function(module, index, failure, NULL, scratch);
}

void wr_check_constant(const wr_module *module, wr_range range, wr_type type,
                       uint32_t known_globals, wr_failure *failure, wr_arena *arena)
{
  wr_checker c = {.module = module, .failure = failure, .known_globals = known_globals,
                  .scratch = arena};
  begin(&c, range, &type, 1);
  check_instructions(&c);
}
