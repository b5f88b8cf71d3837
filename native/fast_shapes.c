/* Lowering for the fast stream: instructions on vectors that have more operands than one. */
#include "fast_lower.h"

/* The first handler of each family, by instruction. */
static const uint16_t vector_ops[WR_OP_COUNT] = {
#define BINARY(id) [WR_OP_##id] = F_##id##_ss_A,
#define TERNARY(id) [WR_OP_##id] = F_##id##_sss_A,
#define UNARY(id, ...) [WR_OP_##id] = F_##id##_s_A,
#define REPLACE(id, ...) [WR_OP_##id] = F_##id##_ss_A,
    WR_VECTOR_BINARY(BINARY) WR_VECTOR_SHIFT(BINARY) WR_VECTOR_TERNARY(TERNARY)
    WR_FAST_EXTRACTS(UNARY) WR_FAST_REPLACES(REPLACE)
#undef BINARY
#undef TERNARY
#undef UNARY
#undef REPLACE
};

enum form { FORM_ss, FORM_as, FORM_sa };

/* From where two operands of different accumulators, or the same one, are taken. */
static unsigned choose_form(const wr_fast_lowering *l, const wr_operand *a, const wr_operand *b)
{
  bool a_in = wr_fast_in_accumulator(l, a), b_in = wr_fast_in_accumulator(l, b);
  if (a_in && b_in) /* one of them is in a slot as well */
    return a->where == WR_IN_ACCUMULATOR ? FORM_as : FORM_sa;
  return a_in ? FORM_as : b_in ? FORM_sa : FORM_ss;
}

static void lower_two(wr_fast_lowering *l, const wr_instruction *i)
{
  wr_operand b = wr_fast_pop(l), a = wr_fast_pop(l);
  unsigned form = choose_form(l, &a, &b);
  uint32_t x = form == FORM_as ? 0 : wr_fast_in_slot(l, &a);
  uint32_t y = form == FORM_sa ? 0 : wr_fast_in_slot(l, &b);
  wr_fast_claim(l, WR_CLASS_V128);
  wr_fast_emit(l, vector_ops[i->op] + 2 * form, x, y, 0);
  wr_fast_push_result(l, WR_CLASS_V128, a.slot);
}

static void lower_three(wr_fast_lowering *l, const wr_instruction *i)
{
  wr_operand c = wr_fast_pop(l), b = wr_fast_pop(l), a = wr_fast_pop(l);
  uint32_t x = wr_fast_in_slot(l, &a), y = wr_fast_in_slot(l, &b), z = wr_fast_in_slot(l, &c);
  wr_fast_claim(l, WR_CLASS_V128);
  wr_fast_emit(l, vector_ops[i->op], x, y, z);
  wr_fast_push_result(l, WR_CLASS_V128, a.slot);
}

static void lower_shift(wr_fast_lowering *l, const wr_instruction *i)
{
  const unsigned by_slot = 0, by_constant = 4, of_accumulator = 2;
  wr_operand by = wr_fast_pop(l), a = wr_fast_pop(l);
  bool in = wr_fast_in_accumulator(l, &a), is_constant = by.where == WR_IN_CONSTANT;
  uint32_t x = in ? 0 : wr_fast_in_slot(l, &a), y = is_constant ? 0 : wr_fast_in_slot(l, &by);
  wr_fast_claim(l, WR_CLASS_V128);
  wr_fast_emit(l,
               vector_ops[i->op] + (is_constant ? by_constant : by_slot) +
                   (in ? of_accumulator : 0),
               x, y, is_constant ? (uint32_t)by.constant : 0);
  wr_fast_push_result(l, WR_CLASS_V128, a.slot);
}

static void lower_extract(wr_fast_lowering *l, const wr_instruction *i)
{
  wr_operand a = wr_fast_pop(l);
  const char *gives = wr_rows[i->op].gives;
  unsigned class = *gives == 'f'   ? WR_CLASS_F32
                   : *gives == 'F' ? WR_CLASS_F64
                                   : WR_CLASS_INTEGER;
  bool in = wr_fast_in_accumulator(l, &a);
  uint32_t x = in ? 0 : wr_fast_in_slot(l, &a);
  wr_fast_claim(l, class);
  wr_fast_emit(l, vector_ops[i->op] + (in ? 2u : 0), x, i->a, 0);
  wr_fast_push_result(l, class, a.slot);
}

static void lower_replace(wr_fast_lowering *l, const wr_instruction *i)
{
  wr_operand value = wr_fast_pop(l), a = wr_fast_pop(l);
  bool value_in = wr_fast_in_accumulator(l, &value), in = wr_fast_in_accumulator(l, &a);
  unsigned form = in ? FORM_as : value_in ? FORM_sa : FORM_ss;
  uint32_t x = form == FORM_as ? 0 : wr_fast_in_slot(l, &a);
  uint32_t y = form == FORM_sa ? 0 : wr_fast_in_slot(l, &value);
  wr_fast_claim(l, WR_CLASS_V128);
  wr_fast_emit(l, vector_ops[i->op] + 2 * form, x, y, i->a);
  wr_fast_push_result(l, WR_CLASS_V128, a.slot);
}

static void lower_shuffle(wr_fast_lowering *l, const wr_instruction *i)
{
  wr_operand b = wr_fast_pop(l), a = wr_fast_pop(l);
  uint32_t x = wr_fast_in_slot(l, &a), y = wr_fast_in_slot(l, &b);
  wr_fast_claim(l, WR_CLASS_V128);
  wr_fast_emit(l, F_i8x16_shuffle_A, x, y, 0);
  wr_fast_word(l, i->bits[0]);
  wr_fast_word(l, i->bits[1]);
  wr_fast_push_result(l, WR_CLASS_V128, a.slot);
}

static void lower_constant(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  wr_fast_claim(l, WR_CLASS_V128);
  wr_fast_emit(l, F_constant_v128_A, 0, 0, 0);
  wr_fast_word(l, i->bits[0]);
  wr_fast_word(l, i->bits[1]);
  wr_fast_push_result(l, WR_CLASS_V128, wr_top_slot(&l->shared, c));
}

bool wr_fast_lower_vector(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i)
{
  if (i->op == WR_OP_v128_const) {
    lower_constant(l, c, i);
    return true;
  }
  if (i->op == WR_OP_i8x16_shuffle) {
    lower_shuffle(l, i);
    return true;
  }
  if (!vector_ops[i->op])
    return false;
  const wr_row *row = &wr_rows[i->op];
  if (row->takes[1] == 0)
    lower_extract(l, i);
  else if (row->takes[2] != 0)
    lower_three(l, i);
  else if (row->takes[1] == 'v')
    lower_two(l, i);
  else if (row->immediates[0])
    lower_replace(l, i);
  else
    lower_shift(l, i);
  return true;
}
