/* Lowering for the fast stream: instructions that only work on their operands. */
#include "fast_lower.h"

/* The first handler of each family, by instruction. */

static const uint16_t binary_ops[WR_OP_COUNT] = {
#define BINARY(id) [WR_OP_##id] = F_##id##_ss_A,
    WR_I32_BINARY(BINARY) WR_I32_DIVISION(BINARY) WR_I32_COMPARE(BINARY)
    WR_I64_BINARY(BINARY) WR_I64_DIVISION(BINARY) WR_I64_COMPARE(BINARY)
    WR_F32_BINARY(BINARY) WR_F32_COMPARE(BINARY) WR_F64_BINARY(BINARY) WR_F64_COMPARE(BINARY)
#undef BINARY
};

static const uint16_t branch_ops[WR_OP_COUNT] = {
#define COMPARE(id) [WR_OP_##id] = F_##id##_ss_if,
    WR_I32_COMPARE(COMPARE) WR_I64_COMPARE(COMPARE) WR_F32_COMPARE(COMPARE)
    WR_F64_COMPARE(COMPARE)
#undef COMPARE
};

static const uint16_t unary_ops[WR_OP_COUNT] = {
#define UNARY(id, ...) [WR_OP_##id] = F_##id##_s_A,
    WR_I32_UNARY(UNARY) WR_I64_UNARY(UNARY) WR_F32_UNARY(UNARY) WR_F64_UNARY(UNARY)
    WR_CONVERSION(UNARY) WR_TRAPPING_CONVERSION(UNARY) WR_FAST_LOADS(UNARY)
    WR_FAST_VECTOR_LOADS(UNARY) WR_VECTOR_UNARY(UNARY) WR_VECTOR_TEST(UNARY)
    WR_FAST_SPLATS(UNARY)
#undef UNARY
};

static const uint16_t store_ops[WR_OP_COUNT] = {
#define STORE(id, ...) [WR_OP_##id] = F_##id##_ss,
    WR_FAST_STORES(STORE) STORE(v128_store)
#undef STORE
};

static unsigned letter_class(char letter)
{
  switch (letter) {
  case 'f': return WR_CLASS_F32;
  case 'F': return WR_CLASS_F64;
  case 'v': return WR_CLASS_V128;
  default: return WR_CLASS_INTEGER;
  }
}

static bool is_wide(char letter) { return letter == 'I' || letter == 'F'; }

/* The forms of binary handlers, in order; each with two for the result. */
enum form { FORM_ss, FORM_as, FORM_sa, FORM_si, FORM_ai, FORM_is, FORM_ia };

typedef struct pair {
  wr_operand a, b;
  unsigned form;
} pair;

/* From where two operands are taken. */
static pair choose_form(wr_fast_lowering *l, wr_operand a, wr_operand b)
{
  bool a_is_constant = a.where == WR_IN_CONSTANT, b_is_constant = b.where == WR_IN_CONSTANT;
  if (a_is_constant && b_is_constant) {
    wr_fast_in_slot(l, &a);
    a.where = WR_IN_SLOT;
    a_is_constant = false;
  }
  bool a_in = wr_fast_in_accumulator(l, &a), b_in = wr_fast_in_accumulator(l, &b);
  if (a_in && b_in) { /* the same accumulator: one of them is in a slot as well */
    if (a.where == WR_IN_ACCUMULATOR)
      b_in = false;
    else
      a_in = false;
  }
  unsigned form = FORM_ss;
  if (b_is_constant)
    form = a_in ? FORM_ai : FORM_si;
  else if (a_is_constant)
    form = b_in ? FORM_ia : FORM_is;
  else if (a_in)
    form = FORM_as;
  else if (b_in)
    form = FORM_sa;
  return (pair){a, b, form};
}

static uint32_t slot_of(const wr_operand *operand)
{
  return operand->where == WR_IN_LOCAL ? operand->local : operand->slot;
}

/* Write the operands of a binary handler; the place of the result is filled in later. */
static void emit_pair(wr_fast_lowering *l, unsigned op, const pair *p, bool wide)
{
  uint32_t x = 0, y = 0;
  uint64_t constant = 0;
  switch (p->form) {
  case FORM_ss: x = slot_of(&p->a); y = slot_of(&p->b); break;
  case FORM_as: y = slot_of(&p->b); break;
  case FORM_sa: x = slot_of(&p->a); break;
  case FORM_si: x = slot_of(&p->a); constant = p->b.constant; break;
  case FORM_ai: constant = p->b.constant; break;
  case FORM_is: x = slot_of(&p->b); constant = p->a.constant; break;
  default: constant = p->a.constant;
  }
  bool has_constant = p->form >= FORM_si;
  wr_fast_emit(l, op + 2 * p->form, x, y, has_constant && !wide ? (uint32_t)constant : 0);
  if (has_constant && wide)
    wr_fast_word(l, constant);
}

/* Whether a comparison can branch itself: with these operands, and a constant that is short. */
static bool can_branch(const pair *p, bool wide)
{
  if (p->form == FORM_ss || p->form == FORM_as || p->form == FORM_sa)
    return true;
  if (p->form != FORM_si && p->form != FORM_ai)
    return false;
  if (p->b.class != WR_CLASS_INTEGER)
    return false;
  int64_t value = wide ? (int64_t)p->b.constant : (int32_t)(uint32_t)p->b.constant;
  return value == (int16_t)value;
}

static void lower_pair(wr_fast_lowering *l, unsigned op, const char *takes, unsigned result,
                       wr_operand a, wr_operand b)
{
  uint32_t slot = a.slot;
  bool wide = is_wide(takes[0]);
  pair p = choose_form(l, a, b);
  wr_fast_claim(l, result);
  emit_pair(l, binary_ops[op], &p, wide);
  if (branch_ops[op] && can_branch(&p, wide)) {
    wr_made *made = &l->made[l->made_count - 1];
    made->branch = (uint16_t)(branch_ops[op] + 4 * p.form);
    made->compared = l->made_count - 1;
  }
  wr_fast_push_result(l, result, slot);
}

static void lower_binary(wr_fast_lowering *l, const wr_instruction *i)
{
  const wr_row *row = &wr_rows[i->op];
  wr_operand b = wr_fast_pop(l), a = wr_fast_pop(l);
  lower_pair(l, i->op, row->takes, letter_class(row->gives[0]), a, b);
}

/* eqz is a comparison with zero; of a comparison it is the opposite. */
static void lower_eqz(wr_fast_lowering *l, const wr_instruction *i)
{
  wr_operand a = wr_fast_pop(l);
  bool narrow = i->op == WR_OP_i32_eqz;
  wr_operand zero = {.where = WR_IN_CONSTANT, .class = WR_CLASS_INTEGER, .slot = a.slot + 1};
  wr_made last = {0};
  if (a.where == WR_IN_ACCUMULATOR && a.producer == l->made_count - 1)
    last = l->made[a.producer];
  lower_pair(l, narrow ? WR_OP_i32_eq : WR_OP_i64_eq, narrow ? "ii" : "II", WR_CLASS_INTEGER, a,
             zero);
  if (last.branch) {
    wr_made *made = &l->made[l->made_count - 1];
    made->branch = last.branch;
    made->is_inverted = !last.is_inverted;
    made->compared = last.compared;
  }
}

/* One operand: in a slot, or in its accumulator two handlers on. */
static void lower_unary(wr_fast_lowering *l, const wr_instruction *i)
{
  const wr_row *row = &wr_rows[i->op];
  unsigned result = letter_class(row->gives[0]);
  wr_operand a = wr_fast_pop(l);
  bool in = wr_fast_in_accumulator(l, &a), is_load = row->rule == WR_RULE_LOAD;
  uint32_t x = in ? 0 : wr_fast_in_slot(l, &a);
  wr_fast_claim(l, result);
  wr_fast_emit(l, unary_ops[i->op] + (in ? 2u : 0), x, 0, is_load ? (uint32_t)i->offset : 0);
  wr_fast_push_result(l, result, a.slot);
}

static void lower_store(wr_fast_lowering *l, const wr_instruction *i)
{
  enum { STORE_ss, STORE_sa, STORE_as, STORE_aa, STORE_si, STORE_ai };
  wr_operand value = wr_fast_pop(l), address = wr_fast_pop(l);
  bool value_in = wr_fast_in_accumulator(l, &value);
  bool address_in = wr_fast_in_accumulator(l, &address);
  if (value_in && address_in && value.class == WR_CLASS_INTEGER) {
    if (address.where == WR_IN_ACCUMULATOR)
      value_in = false;
    else
      address_in = false;
  }
  uint32_t x = address_in ? 0 : wr_fast_in_slot(l, &address);
  if (value.where == WR_IN_CONSTANT) {
    wr_fast_emit(l, store_ops[i->op] + (unsigned)(address_in ? STORE_ai : STORE_si), x, 0,
                 (uint32_t)i->offset);
    wr_fast_word(l, value.constant);
    return;
  }
  uint32_t y = value_in ? 0 : wr_fast_in_slot(l, &value);
  wr_fast_emit(l, store_ops[i->op] + 2u * address_in + value_in, x, y, (uint32_t)i->offset);
}

/* Locals and globals */

static void lower_local_get(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  uint32_t slot = wr_local_slot(&l->shared, i->a), top = wr_top_slot(&l->shared, c);
  wr_fast_push(l, WR_IN_LOCAL, wr_class_of(wr_local_type(c->function, i->a)), top)->local = slot;
}

/* Whoever still has to read the local reads it now. */
static void read_before(wr_fast_lowering *l, uint32_t slot)
{
  for (uint32_t k = 0; k < l->height; k++) {
    wr_operand *operand = &l->stack[k];
    if (operand->where == WR_IN_LOCAL && operand->local == slot) {
      bool is_vector = operand->class == WR_CLASS_V128;
      wr_fast_changes(l, operand->class, operand->slot);
      wr_fast_emit(l, is_vector ? F_copy_vector : F_copy, slot, 0, operand->slot);
      operand->where = WR_IN_SLOT;
    }
  }
}

static bool is_read(const wr_fast_lowering *l, uint32_t slot)
{
  for (uint32_t k = 0; k < l->height; k++)
    if (l->stack[k].where == WR_IN_LOCAL && l->stack[k].local == slot)
      return true;
  return false;
}

static const uint16_t set_ops[] = {F_set_i64, F_set_f32, F_set_f64, F_set_v128};

/* Put a value into a local, in the way that costs least. */
static void assign(wr_fast_lowering *l, const wr_operand *value, uint32_t slot)
{
  bool is_last = value->where == WR_IN_ACCUMULATOR && value->producer == l->made_count - 1;
  if (is_last && !is_read(l, slot)) {
    wr_fast_changes(l, value->class, slot);
    wr_fast_direct(l, value->producer, slot);
    l->mirror[value->class] = slot;
    return;
  }
  read_before(l, slot);
  wr_fast_changes(l, value->class, slot);
  if (wr_fast_in_accumulator(l, value)) {
    wr_fast_emit(l, set_ops[value->class], 0, 0, slot);
    l->mirror[value->class] = slot;
  } else if (value->where == WR_IN_CONSTANT) {
    wr_fast_emit(l, F_put_constant, 0, 0, slot);
    wr_fast_word(l, value->constant);
  } else if (slot_of(value) != slot) {
    wr_fast_emit(l, value->class == WR_CLASS_V128 ? F_copy_vector : F_copy, slot_of(value), 0,
                 slot);
  }
}

static void lower_local_set(wr_fast_lowering *l, const wr_instruction *i)
{
  uint32_t slot = wr_local_slot(&l->shared, i->a);
  wr_operand value = wr_fast_pop(l);
  assign(l, &value, slot);
  if (i->op == WR_OP_local_set)
    return;
  wr_fast_push(l, WR_IN_LOCAL, value.class, value.slot)->local = slot;
}

static const uint16_t global_get_ops[] = {F_global_get_i64_A, F_global_get_f32_A,
                                          F_global_get_f64_A};
static const uint16_t global_set_ops[] = {F_global_set_i64_a, F_global_set_f32_a,
                                          F_global_set_f64_a};

static bool lower_global(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  unsigned class = wr_class_of(l->shared.program->module->globals[i->a].type);
  if (class == WR_CLASS_V128 || i->a > UINT16_MAX)
    return false;
  if (i->op == WR_OP_global_get) {
    wr_fast_claim(l, class);
    wr_fast_emit(l, global_get_ops[class], i->a, 0, 0);
    wr_fast_push_result(l, class, wr_top_slot(&l->shared, c));
    return true;
  }
  wr_operand value = wr_fast_pop(l);
  if (value.where == WR_IN_CONSTANT) {
    wr_fast_emit(l, F_global_set_i, 0, i->a, 0);
    wr_fast_word(l, value.constant);
  } else if (wr_fast_in_accumulator(l, &value)) {
    wr_fast_emit(l, global_set_ops[class], 0, i->a, 0);
  } else {
    wr_fast_emit(l, F_global_set_s, slot_of(&value), i->a, 0);
  }
  return true;
}

static const uint16_t select_ops[] = {F_select_i64_s_A, F_select_f32_s_A, F_select_f64_s_A,
                                      F_select_v128_s_A};

static void lower_select(wr_fast_lowering *l)
{
  unsigned class = l->stack[l->height - 2].class;
  wr_operand condition = wr_fast_pop(l), b = wr_fast_pop(l), a = wr_fast_pop(l);
  uint32_t x = wr_fast_in_slot(l, &a), y = wr_fast_in_slot(l, &b);
  bool in = wr_fast_in_accumulator(l, &condition);
  uint32_t chosen = in ? 0 : wr_fast_in_slot(l, &condition);
  wr_fast_claim(l, class);
  wr_fast_emit(l, select_ops[class] + (in ? 2u : 0), x, y, chosen);
  wr_fast_push_result(l, class, a.slot);
}

static void lower_constant(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  unsigned class = letter_class(i->op == WR_OP_ref_null ? 'i' : wr_rows[i->op].gives[0]);
  wr_fast_push(l, WR_IN_CONSTANT, class, wr_top_slot(&l->shared, c))->constant =
      i->op == WR_OP_ref_null ? 0 : i->bits[0];
}

static void lower_is_null(wr_fast_lowering *l)
{
  wr_operand a = wr_fast_pop(l);
  wr_operand zero = {.where = WR_IN_CONSTANT, .class = WR_CLASS_INTEGER, .slot = a.slot + 1};
  lower_pair(l, WR_OP_i64_eq, "II", WR_CLASS_INTEGER, a, zero);
}

static void lower_memory_size(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  wr_fast_claim(l, WR_CLASS_INTEGER);
  wr_fast_emit(l, F_memory_size_A, i->a, 0, 0);
  wr_fast_push_result(l, WR_CLASS_INTEGER, wr_top_slot(&l->shared, c));
}

static bool lower_bulk(wr_fast_lowering *l, const wr_instruction *i)
{
  bool is_copy = i->op == WR_OP_memory_copy;
  if (i->a || (is_copy && i->b) || l->shared.program->module->memories[0].is_64)
    return false;
  wr_operand count = wr_fast_pop(l), middle = wr_fast_pop(l), to = wr_fast_pop(l);
  uint32_t x = wr_fast_in_slot(l, &to), y = wr_fast_in_slot(l, &middle);
  wr_fast_emit(l, is_copy ? F_memory_copy : F_memory_fill, x, y, wr_fast_in_slot(l, &count));
  return true;
}

bool wr_fast_lower_operation(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  if (binary_ops[i->op]) {
    lower_binary(l, i);
    return true;
  }
  if (store_ops[i->op] || (unary_ops[i->op] && wr_rows[i->op].rule == WR_RULE_LOAD)) {
    if (!wr_fast_is_plain_memory(l, i))
      return false;
    if (store_ops[i->op])
      lower_store(l, i);
    else
      lower_unary(l, i);
    return true;
  }
  switch (i->op) {
  case WR_OP_i32_eqz: case WR_OP_i64_eqz: lower_eqz(l, i); return true;
  case WR_OP_i32_const: case WR_OP_i64_const: case WR_OP_f32_const: case WR_OP_f64_const:
  case WR_OP_ref_null:
    lower_constant(l, c, i);
    return true;
  case WR_OP_local_get: lower_local_get(l, c, i); return true;
  case WR_OP_local_set: case WR_OP_local_tee: lower_local_set(l, i); return true;
  case WR_OP_global_get: case WR_OP_global_set: return lower_global(l, c, i);
  case WR_OP_drop: wr_fast_pop(l); return true;
  case WR_OP_select: case WR_OP_select_t: lower_select(l); return true;
  case WR_OP_ref_is_null: lower_is_null(l); return true;
  case WR_OP_ref_eq: {
    wr_operand b = wr_fast_pop(l), a = wr_fast_pop(l);
    lower_pair(l, WR_OP_i64_eq, "II", WR_CLASS_INTEGER, a, b);
    return true;
  }
  case WR_OP_any_convert_extern: case WR_OP_extern_convert_any: return true;
  case WR_OP_memory_size:
    if (i->a > UINT16_MAX)
      return false;
    lower_memory_size(l, c, i);
    return true;
  case WR_OP_memory_copy: case WR_OP_memory_fill: return lower_bulk(l, i);
  default:
    if (!unary_ops[i->op])
      return wr_fast_lower_vector(l, c, i);
    lower_unary(l, i);
    return true;
  }
}

void wr_fast_lower_bridge(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  wr_fast_flush(l, 0);
  wr_fast_forget(l);
  wr_entry *entries = wr_need(&l->shared, l->shared.kept, 2 * sizeof *entries);
  wr_lower_plain(&l->shared, c, i, &entries[0]);
  entries[1].handler = wr_step_back;
  wr_fast_emit(l, i->op == WR_OP_memory_grow ? F_bridge_grow : F_bridge, 0, 0, 0);
  l->words[l->word_count - 1] = (uint64_t)(uintptr_t)entries;
  wr_fast_word(l, (uint64_t)wr_spent(l->shared.code->fuel_before[c->pc + 1], c->pc + 1));
}
