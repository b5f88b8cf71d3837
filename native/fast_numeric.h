/* The fast stream: numbers. The meanings are in numeric.h. */
#ifndef WR_FAST_NUMERIC_H
#define WR_FAST_NUMERIC_H

#include "fast_body.h"

/* One body: operands, the type of the result, where it goes. */
#define COMPUTE(name, id, A, B, R, TO, PLACE, LENGTH) \
  BODY(name) \
  { \
    SET_##R(id(A, B)); \
    TO(R, PLACE) \
    s->ip += LENGTH; \
    return false; \
  }
#define COMPUTE_OR_TRAP(name, id, A, B, R, TO, PLACE, LENGTH) \
  BODY(name) \
  { \
    int trap = WR_TRAP_NONE; \
    wr_t_##R result = id(A, B, &trap); \
    if (WR_RARE(trap)) \
      return wr_fast_trap(s, trap); \
    SET_##R(result); \
    TO(R, PLACE) \
    s->ip += LENGTH; \
    return false; \
  }

#define FORMS(COMPUTE, id, T, R) \
  COMPUTE(id##_ss_A, id, SLOT_##T(X), SLOT_##T(Y), R, TO_A, Z, 2) \
  COMPUTE(id##_ss_S, id, SLOT_##T(X), SLOT_##T(Y), R, TO_S, Z, 2) \
  COMPUTE(id##_as_A, id, ACC_##T, SLOT_##T(Y), R, TO_A, Z, 2) \
  COMPUTE(id##_as_S, id, ACC_##T, SLOT_##T(Y), R, TO_S, Z, 2) \
  COMPUTE(id##_sa_A, id, SLOT_##T(X), ACC_##T, R, TO_A, Z, 2) \
  COMPUTE(id##_sa_S, id, SLOT_##T(X), ACC_##T, R, TO_S, Z, 2) \
  COMPUTE(id##_si_A, id, SLOT_##T(X), CONSTANT_##T, R, TO_A, PLACE_##T, LENGTH_##T) \
  COMPUTE(id##_si_S, id, SLOT_##T(X), CONSTANT_##T, R, TO_S, PLACE_##T, LENGTH_##T) \
  COMPUTE(id##_ai_A, id, ACC_##T, CONSTANT_##T, R, TO_A, PLACE_##T, LENGTH_##T) \
  COMPUTE(id##_ai_S, id, ACC_##T, CONSTANT_##T, R, TO_S, PLACE_##T, LENGTH_##T) \
  COMPUTE(id##_is_A, id, CONSTANT_##T, SLOT_##T(X), R, TO_A, PLACE_##T, LENGTH_##T) \
  COMPUTE(id##_is_S, id, CONSTANT_##T, SLOT_##T(X), R, TO_S, PLACE_##T, LENGTH_##T) \
  COMPUTE(id##_ia_A, id, CONSTANT_##T, ACC_##T, R, TO_A, PLACE_##T, LENGTH_##T) \
  COMPUTE(id##_ia_S, id, CONSTANT_##T, ACC_##T, R, TO_S, PLACE_##T, LENGTH_##T)

#define I32_BINARY(id) FORMS(COMPUTE, id, i32, i32)
#define I64_BINARY(id) FORMS(COMPUTE, id, i64, i64)
#define F32_BINARY(id) FORMS(COMPUTE, id, f32, f32)
#define F64_BINARY(id) FORMS(COMPUTE, id, f64, f64)
#define I64_COMPARE(id) FORMS(COMPUTE, id, i64, i32)
#define F32_COMPARE(id) FORMS(COMPUTE, id, f32, i32)
#define F64_COMPARE(id) FORMS(COMPUTE, id, f64, i32)
#define I32_DIVISION(id) FORMS(COMPUTE_OR_TRAP, id, i32, i32)
#define I64_DIVISION(id) FORMS(COMPUTE_OR_TRAP, id, i64, i64)
WR_I32_BINARY(I32_BINARY)
WR_I32_COMPARE(I32_BINARY)
WR_I32_DIVISION(I32_DIVISION)
WR_I64_BINARY(I64_BINARY)
WR_I64_COMPARE(I64_COMPARE)
WR_I64_DIVISION(I64_DIVISION)
WR_F32_BINARY(F32_BINARY)
WR_F32_COMPARE(F32_COMPARE)
WR_F64_BINARY(F64_BINARY)
WR_F64_COMPARE(F64_COMPARE)
#undef I32_BINARY
#undef I64_BINARY
#undef F32_BINARY
#undef F64_BINARY
#undef I64_COMPARE
#undef F32_COMPARE
#undef F64_COMPARE
#undef I32_DIVISION
#undef I64_DIVISION

#define CONVERT(name, id, A, R, TO) \
  BODY(name) \
  { \
    SET_##R(id(A)); \
    TO(R, Z) \
    s->ip += 2; \
    return false; \
  }
#define CONVERT_OR_TRAP(name, id, A, R, TO) \
  BODY(name) \
  { \
    int trap = WR_TRAP_NONE; \
    wr_t_##R result = id(A, &trap); \
    if (WR_RARE(trap)) \
      return wr_fast_trap(s, trap); \
    SET_##R(result); \
    TO(R, Z) \
    s->ip += 2; \
    return false; \
  }
#define UNARY_FORMS(CONVERT, id, T, R) \
  CONVERT(id##_s_A, id, SLOT_##T(X), R, TO_A) \
  CONVERT(id##_s_S, id, SLOT_##T(X), R, TO_S) \
  CONVERT(id##_a_A, id, ACC_##T, R, TO_A) \
  CONVERT(id##_a_S, id, ACC_##T, R, TO_S)
#define I32_UNARY(id) UNARY_FORMS(CONVERT, id, i32, i32)
#define I64_UNARY(id) UNARY_FORMS(CONVERT, id, i64, i64)
#define F32_UNARY(id) UNARY_FORMS(CONVERT, id, f32, f32)
#define F64_UNARY(id) UNARY_FORMS(CONVERT, id, f64, f64)
#define CONVERSION(id, T, R) UNARY_FORMS(CONVERT, id, T, R)
#define TRAPPING_CONVERSION(id, T, R) UNARY_FORMS(CONVERT_OR_TRAP, id, T, R)
WR_I32_UNARY(I32_UNARY)
WR_I64_UNARY(I64_UNARY)
WR_F32_UNARY(F32_UNARY)
WR_F64_UNARY(F64_UNARY)
WR_CONVERSION(CONVERSION)
WR_TRAPPING_CONVERSION(TRAPPING_CONVERSION)
#undef I32_UNARY
#undef I64_UNARY
#undef F32_UNARY
#undef F64_UNARY
#undef CONVERSION
#undef TRAPPING_CONVERSION

#undef COMPUTE
#undef COMPUTE_OR_TRAP
#undef FORMS
#undef CONVERT
#undef CONVERT_OR_TRAP
#undef UNARY_FORMS

/* Comparisons that branch. The distance is in the operands, what the way costs in the third word;
   a small constant is in the place of the second slot. */

#define BRANCH(name, CONDITION) \
  BODY(name) \
  { \
    if (CONDITION) { \
      (void)WR_SPEND(s, WORD(2)); \
      wr_fast_go(s, IMM); \
    } else { \
      s->ip += 3; \
    } \
    return false; \
  }
#define BRANCH_BACK(name, CONDITION) \
  BODY(name) \
  { \
    if (CONDITION) { \
      bool is_near = WR_SPEND(s, WORD(2)); \
      wr_fast_go(s, IMM); \
      return wr_fast_at_loop(s, is_near); \
    } \
    s->ip += 3; \
    return false; \
  }
#define BRANCH_FORMS(name, CONDITION) \
  BRANCH(name##_if, CONDITION) \
  BRANCH(name##_unless, !(CONDITION)) \
  BRANCH_BACK(name##_if_loop, CONDITION) \
  BRANCH_BACK(name##_unless_loop, !(CONDITION))
#define FLOAT_BRANCHES(id, T) \
  BRANCH_FORMS(id##_ss, id(SLOT_##T(X), SLOT_##T(Y))) \
  BRANCH_FORMS(id##_as, id(ACC_##T, SLOT_##T(Y))) \
  BRANCH_FORMS(id##_sa, id(SLOT_##T(X), ACC_##T))
#define INTEGER_BRANCHES(id, T) \
  FLOAT_BRANCHES(id, T) \
  BRANCH_FORMS(id##_si, id(SLOT_##T(X), (wr_t_##T)(int64_t)(int16_t)Y)) \
  BRANCH_FORMS(id##_ai, id(ACC_##T, (wr_t_##T)(int64_t)(int16_t)Y))
#define I32_BRANCHES(id) INTEGER_BRANCHES(id, i32)
#define I64_BRANCHES(id) INTEGER_BRANCHES(id, i64)
#define F32_BRANCHES(id) FLOAT_BRANCHES(id, f32)
#define F64_BRANCHES(id) FLOAT_BRANCHES(id, f64)
WR_I32_COMPARE(I32_BRANCHES)
WR_I64_COMPARE(I64_BRANCHES)
WR_F32_COMPARE(F32_BRANCHES)
WR_F64_COMPARE(F64_BRANCHES)
BRANCH_FORMS(br_s, s->fp[X] != 0)
BRANCH_FORMS(br_a, s->acc != 0)
#undef I32_BRANCHES
#undef I64_BRANCHES
#undef F32_BRANCHES
#undef F64_BRANCHES

#undef BRANCH
#undef BRANCH_BACK
#undef BRANCH_FORMS
#undef FLOAT_BRANCHES
#undef INTEGER_BRANCHES

#endif
