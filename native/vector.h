/* What the vector instructions mean: one inline function each, named by its mnemonic, over the
   compiler's vector types. Relaxed instructions make the choices of the deterministic profile. */
#ifndef WR_VECTOR_H
#define WR_VECTOR_H

#include "numeric.h"

typedef int8_t wr_i8x16 __attribute__((vector_size(16)));
typedef uint8_t wr_u8x16 __attribute__((vector_size(16)));
typedef int16_t wr_i16x8 __attribute__((vector_size(16)));
typedef uint16_t wr_u16x8 __attribute__((vector_size(16)));
typedef int32_t wr_i32x4 __attribute__((vector_size(16)));
typedef uint32_t wr_u32x4 __attribute__((vector_size(16)));
typedef int64_t wr_i64x2 __attribute__((vector_size(16)));
typedef wr_v128 wr_u64x2;
typedef float wr_f32x4 __attribute__((vector_size(16)));
typedef double wr_f64x2 __attribute__((vector_size(16)));

static inline wr_v128 wr_choose(wr_v128 mask, wr_v128 a, wr_v128 b)
{
  return (a & mask) | (b & ~mask);
}

#define WR_V2(id, RESULT) \
  static inline wr_v128 id(wr_v128 a, wr_v128 b) { return (wr_v128)(RESULT); }
#define WR_V1(id, RESULT) \
  static inline wr_v128 id(wr_v128 a) { return (wr_v128)(RESULT); }

/* A function of each lane (of two vectors), written as an expression of x (and y). */
#define WR_LANES1(id, from_t, to_t, count, EXPRESSION) \
  static inline wr_v128 id(wr_v128 a) \
  { \
    from_t from = (from_t)a; \
    to_t to = {0}; \
    for (int k = 0; k < count; k++) { \
      __typeof__(from[0]) x = from[k]; \
      to[k] = (__typeof__(to[0]))(EXPRESSION); \
    } \
    return (wr_v128)to; \
  }
#define WR_LANES2(id, lane_t, count, EXPRESSION) \
  static inline wr_v128 id(wr_v128 a, wr_v128 b) \
  { \
    lane_t first = (lane_t)a, second = (lane_t)b, to; \
    for (int k = 0; k < count; k++) { \
      __typeof__(first[0]) x = first[k], y = second[k]; \
      to[k] = (__typeof__(to[0]))(EXPRESSION); \
    } \
    return (wr_v128)to; \
  }

WR_V1(v128_not, ~a)
WR_V2(v128_and, a & b)
WR_V2(v128_andnot, a & ~b)
WR_V2(v128_or, a | b)
WR_V2(v128_xor, a ^ b)
static inline wr_v128 v128_bitselect(wr_v128 a, wr_v128 b, wr_v128 mask)
{
  return wr_choose(mask, a, b);
}
static inline uint32_t v128_any_true(wr_v128 a) { return (a[0] | a[1]) != 0; }

/* Integers of any width */

#define WR_INTEGER_COMPARE(S, i_t, u_t) \
  WR_V2(S##_eq, (i_t)a == (i_t)b) \
  WR_V2(S##_ne, (i_t)a != (i_t)b) \
  WR_V2(S##_lt_s, (i_t)a < (i_t)b) \
  WR_V2(S##_gt_s, (i_t)a > (i_t)b) \
  WR_V2(S##_le_s, (i_t)a <= (i_t)b) \
  WR_V2(S##_ge_s, (i_t)a >= (i_t)b)
#define WR_UNSIGNED_COMPARE(S, i_t, u_t) \
  WR_V2(S##_lt_u, (u_t)a < (u_t)b) \
  WR_V2(S##_gt_u, (u_t)a > (u_t)b) \
  WR_V2(S##_le_u, (u_t)a <= (u_t)b) \
  WR_V2(S##_ge_u, (u_t)a >= (u_t)b) \
  WR_V2(S##_min_s, wr_choose((wr_v128)((i_t)a < (i_t)b), a, b)) \
  WR_V2(S##_min_u, wr_choose((wr_v128)((u_t)a < (u_t)b), a, b)) \
  WR_V2(S##_max_s, wr_choose((wr_v128)((i_t)a > (i_t)b), a, b)) \
  WR_V2(S##_max_u, wr_choose((wr_v128)((u_t)a > (u_t)b), a, b))
#define WR_INTEGER_SUMS(S, i_t, u_t) \
  WR_V2(S##_add, (u_t)a + (u_t)b) \
  WR_V2(S##_sub, (u_t)a - (u_t)b) \
  WR_V1(S##_neg, -(u_t)a) \
  WR_V1(S##_abs, wr_choose((wr_v128)((i_t)a < 0), (wr_v128)(-(u_t)a), a))
#define WR_TESTS(S, i_t, u_t, count) \
  static inline uint32_t S##_all_true(wr_v128 a) \
  { \
    wr_v128 zeros = (wr_v128)((i_t)a == 0); \
    return (zeros[0] | zeros[1]) == 0; \
  } \
  static inline uint32_t S##_bitmask(wr_v128 a) \
  { \
    i_t lanes = (i_t)a; \
    uint32_t mask = 0; \
    for (int k = 0; k < count; k++) \
      mask |= (uint32_t)(lanes[k] < 0) << k; \
    return mask; \
  }
#define WR_SHIFTS(S, i_t, u_t, bits) \
  static inline wr_v128 S##_shl(wr_v128 a, uint32_t b) \
  { return (wr_v128)((u_t)a << (b & (bits - 1))); } \
  static inline wr_v128 S##_shr_u(wr_v128 a, uint32_t b) \
  { return (wr_v128)((u_t)a >> (b & (bits - 1))); } \
  static inline wr_v128 S##_shr_s(wr_v128 a, uint32_t b) \
  { return (wr_v128)((i_t)a >> (b & (bits - 1))); }

#define WR_SHAPE(S, i_t, u_t, count, bits) \
  WR_INTEGER_COMPARE(S, i_t, u_t) \
  WR_INTEGER_SUMS(S, i_t, u_t) \
  WR_TESTS(S, i_t, u_t, count) \
  WR_SHIFTS(S, i_t, u_t, bits)

WR_SHAPE(i8x16, wr_i8x16, wr_u8x16, 16, 8)
WR_SHAPE(i16x8, wr_i16x8, wr_u16x8, 8, 16)
WR_SHAPE(i32x4, wr_i32x4, wr_u32x4, 4, 32)
WR_SHAPE(i64x2, wr_i64x2, wr_u64x2, 2, 64)
WR_UNSIGNED_COMPARE(i8x16, wr_i8x16, wr_u8x16)
WR_UNSIGNED_COMPARE(i16x8, wr_i16x8, wr_u16x8)
WR_UNSIGNED_COMPARE(i32x4, wr_i32x4, wr_u32x4)
WR_V2(i16x8_mul, (wr_u16x8)a * (wr_u16x8)b)
WR_V2(i32x4_mul, (wr_u32x4)a * (wr_u32x4)b)
WR_V2(i64x2_mul, (wr_u64x2)a * (wr_u64x2)b)
WR_LANES1(i8x16_popcnt, wr_u8x16, wr_u8x16, 16, i32_popcnt(x))

static inline int32_t wr_clamp(int32_t value, int32_t least, int32_t most)
{
  return value < least ? least : value > most ? most : value;
}

WR_LANES2(i8x16_add_sat_s, wr_i8x16, 16, wr_clamp(x + y, INT8_MIN, INT8_MAX))
WR_LANES2(i8x16_sub_sat_s, wr_i8x16, 16, wr_clamp(x - y, INT8_MIN, INT8_MAX))
WR_LANES2(i8x16_add_sat_u, wr_u8x16, 16, wr_clamp(x + y, 0, UINT8_MAX))
WR_LANES2(i8x16_sub_sat_u, wr_u8x16, 16, wr_clamp(x - y, 0, UINT8_MAX))
WR_LANES2(i16x8_add_sat_s, wr_i16x8, 8, wr_clamp(x + y, INT16_MIN, INT16_MAX))
WR_LANES2(i16x8_sub_sat_s, wr_i16x8, 8, wr_clamp(x - y, INT16_MIN, INT16_MAX))
WR_LANES2(i16x8_add_sat_u, wr_u16x8, 8, wr_clamp(x + y, 0, UINT16_MAX))
WR_LANES2(i16x8_sub_sat_u, wr_u16x8, 8, wr_clamp(x - y, 0, UINT16_MAX))
WR_LANES2(i8x16_avgr_u, wr_u8x16, 16, (x + y + 1) >> 1)
WR_LANES2(i16x8_avgr_u, wr_u16x8, 8, (x + y + 1) >> 1)
WR_LANES2(i16x8_q15mulr_sat_s, wr_i16x8, 8,
          wr_clamp((x * y + 0x4000) >> 15, INT16_MIN, INT16_MAX))
WR_V2(i16x8_relaxed_q15mulr_s, i16x8_q15mulr_sat_s(a, b))

/* From one width to another */

#define WR_NARROW(id, from_t, to_t, half, least, most) \
  static inline wr_v128 id(wr_v128 a, wr_v128 b) \
  { \
    from_t low = (from_t)a, high = (from_t)b; \
    to_t to; \
    for (int k = 0; k < half; k++) { \
      to[k] = (__typeof__(to[0]))wr_clamp(low[k], least, most); \
      to[k + half] = (__typeof__(to[0]))wr_clamp(high[k], least, most); \
    } \
    return (wr_v128)to; \
  }
WR_NARROW(i8x16_narrow_i16x8_s, wr_i16x8, wr_i8x16, 8, INT8_MIN, INT8_MAX)
WR_NARROW(i8x16_narrow_i16x8_u, wr_i16x8, wr_u8x16, 8, 0, UINT8_MAX)
WR_NARROW(i16x8_narrow_i32x4_s, wr_i32x4, wr_i16x8, 4, INT16_MIN, INT16_MAX)
WR_NARROW(i16x8_narrow_i32x4_u, wr_i32x4, wr_u16x8, 4, 0, UINT16_MAX)

#define WR_WIDEN(T, F, SIGN, from_t, to_t, wide, half) \
  static inline wr_v128 T##_extend_low_##F##_##SIGN(wr_v128 a) \
  { \
    from_t from = (from_t)a; \
    to_t to; \
    for (int k = 0; k < half; k++) \
      to[k] = from[k]; \
    return (wr_v128)to; \
  } \
  static inline wr_v128 T##_extend_high_##F##_##SIGN(wr_v128 a) \
  { \
    from_t from = (from_t)a; \
    to_t to; \
    for (int k = 0; k < half; k++) \
      to[k] = from[k + half]; \
    return (wr_v128)to; \
  } \
  static inline wr_v128 T##_extmul_low_##F##_##SIGN(wr_v128 a, wr_v128 b) \
  { \
    from_t x = (from_t)a, y = (from_t)b; \
    to_t to; \
    for (int k = 0; k < half; k++) \
      to[k] = (__typeof__(to[0]))((wide)x[k] * (wide)y[k]); \
    return (wr_v128)to; \
  } \
  static inline wr_v128 T##_extmul_high_##F##_##SIGN(wr_v128 a, wr_v128 b) \
  { \
    from_t x = (from_t)a, y = (from_t)b; \
    to_t to; \
    for (int k = 0; k < half; k++) \
      to[k] = (__typeof__(to[0]))((wide)x[k + half] * (wide)y[k + half]); \
    return (wr_v128)to; \
  }
WR_WIDEN(i16x8, i8x16, s, wr_i8x16, wr_i16x8, int32_t, 8)
WR_WIDEN(i16x8, i8x16, u, wr_u8x16, wr_u16x8, uint32_t, 8)
WR_WIDEN(i32x4, i16x8, s, wr_i16x8, wr_i32x4, int32_t, 4)
WR_WIDEN(i32x4, i16x8, u, wr_u16x8, wr_u32x4, uint32_t, 4)
WR_WIDEN(i64x2, i32x4, s, wr_i32x4, wr_i64x2, int64_t, 2)
WR_WIDEN(i64x2, i32x4, u, wr_u32x4, wr_u64x2, uint64_t, 2)

#define WR_ADD_PAIRS(id, from_t, to_t, count) \
  static inline wr_v128 id(wr_v128 a) \
  { \
    from_t from = (from_t)a; \
    to_t to; \
    for (int k = 0; k < count; k++) \
      to[k] = (__typeof__(to[0]))(from[2 * k] + from[2 * k + 1]); \
    return (wr_v128)to; \
  }
WR_ADD_PAIRS(i16x8_extadd_pairwise_i8x16_s, wr_i8x16, wr_i16x8, 8)
WR_ADD_PAIRS(i16x8_extadd_pairwise_i8x16_u, wr_u8x16, wr_u16x8, 8)
WR_ADD_PAIRS(i32x4_extadd_pairwise_i16x8_s, wr_i16x8, wr_i32x4, 4)
WR_ADD_PAIRS(i32x4_extadd_pairwise_i16x8_u, wr_u16x8, wr_u32x4, 4)

static inline wr_v128 i32x4_dot_i16x8_s(wr_v128 a, wr_v128 b)
{
  wr_i16x8 x = (wr_i16x8)a, y = (wr_i16x8)b;
  wr_u32x4 to;
  for (int k = 0; k < 4; k++)
    to[k] = (uint32_t)(x[2 * k] * y[2 * k]) + (uint32_t)(x[2 * k + 1] * y[2 * k + 1]);
  return (wr_v128)to;
}

static inline wr_v128 i16x8_relaxed_dot_i8x16_i7x16_s(wr_v128 a, wr_v128 b)
{
  wr_i8x16 x = (wr_i8x16)a, y = (wr_i8x16)b;
  wr_i16x8 to;
  for (int k = 0; k < 8; k++)
    to[k] = (int16_t)(x[2 * k] * y[2 * k] + x[2 * k + 1] * y[2 * k + 1]);
  return (wr_v128)to;
}

static inline wr_v128 i32x4_relaxed_dot_i8x16_i7x16_add_s(wr_v128 a, wr_v128 b, wr_v128 c)
{
  return i32x4_add(i32x4_extadd_pairwise_i16x8_s(i16x8_relaxed_dot_i8x16_i7x16_s(a, b)), c);
}

/* Floats */

WR_IN_ORDER(wr_f32x4_add, wr_f32x4, "addps", +)
WR_IN_ORDER(wr_f32x4_mul, wr_f32x4, "mulps", *)
WR_IN_ORDER(wr_f64x2_add, wr_f64x2, "addpd", +)
WR_IN_ORDER(wr_f64x2_mul, wr_f64x2, "mulpd", *)

#define WR_FLOATS(S, T, f_t, count) \
  WR_V2(S##_eq, (f_t)a == (f_t)b) \
  WR_V2(S##_ne, (f_t)a != (f_t)b) \
  WR_V2(S##_lt, (f_t)a < (f_t)b) \
  WR_V2(S##_gt, (f_t)a > (f_t)b) \
  WR_V2(S##_le, (f_t)a <= (f_t)b) \
  WR_V2(S##_ge, (f_t)a >= (f_t)b) \
  WR_V2(S##_add, wr_##S##_add((f_t)a, (f_t)b)) \
  WR_V2(S##_sub, (f_t)a - (f_t)b) \
  WR_V2(S##_mul, wr_##S##_mul((f_t)a, (f_t)b)) \
  WR_V2(S##_div, (f_t)a / (f_t)b) \
  WR_V2(S##_pmin, wr_choose((wr_v128)((f_t)b < (f_t)a), b, a)) \
  WR_V2(S##_pmax, wr_choose((wr_v128)((f_t)a < (f_t)b), b, a)) \
  WR_LANES2(S##_min, f_t, count, T##_min(x, y)) \
  WR_LANES2(S##_max, f_t, count, T##_max(x, y)) \
  WR_LANES1(S##_ceil, f_t, f_t, count, T##_ceil(x)) \
  WR_LANES1(S##_floor, f_t, f_t, count, T##_floor(x)) \
  WR_LANES1(S##_trunc, f_t, f_t, count, T##_trunc(x)) \
  WR_LANES1(S##_nearest, f_t, f_t, count, T##_nearest(x)) \
  WR_LANES1(S##_sqrt, f_t, f_t, count, T##_sqrt(x)) \
  WR_V2(S##_relaxed_min, S##_min(a, b)) \
  WR_V2(S##_relaxed_max, S##_max(a, b))
WR_FLOATS(f32x4, f32, wr_f32x4, 4)
WR_FLOATS(f64x2, f64, wr_f64x2, 2)
WR_V1(f32x4_abs, (wr_u32x4)a & 0x7FFFFFFF)
WR_V1(f32x4_neg, (wr_u32x4)a ^ 0x80000000)
WR_V1(f64x2_abs, (wr_u64x2)a & 0x7FFFFFFFFFFFFFFF)
WR_V1(f64x2_neg, (wr_u64x2)a ^ 0x8000000000000000)

#define WR_MULTIPLY_ADD(S) \
  static inline wr_v128 S##_relaxed_madd(wr_v128 a, wr_v128 b, wr_v128 c) \
  { return S##_add(S##_mul(a, b), c); } \
  static inline wr_v128 S##_relaxed_nmadd(wr_v128 a, wr_v128 b, wr_v128 c) \
  { return S##_add(S##_neg(S##_mul(a, b)), c); }
WR_MULTIPLY_ADD(f32x4)
WR_MULTIPLY_ADD(f64x2)

#define WR_LANE_SELECT(S) \
  static inline wr_v128 S##_relaxed_laneselect(wr_v128 a, wr_v128 b, wr_v128 mask) \
  { return wr_choose(mask, a, b); }
WR_LANE_SELECT(i8x16)
WR_LANE_SELECT(i16x8)
WR_LANE_SELECT(i32x4)
WR_LANE_SELECT(i64x2)

WR_LANES1(i32x4_trunc_sat_f32x4_s, wr_f32x4, wr_u32x4, 4, i32_trunc_sat_f32_s(x))
WR_LANES1(i32x4_trunc_sat_f32x4_u, wr_f32x4, wr_u32x4, 4, i32_trunc_sat_f32_u(x))
WR_LANES1(i32x4_trunc_sat_f64x2_s_zero, wr_f64x2, wr_u32x4, 2, i32_trunc_sat_f64_s(x))
WR_LANES1(i32x4_trunc_sat_f64x2_u_zero, wr_f64x2, wr_u32x4, 2, i32_trunc_sat_f64_u(x))
WR_LANES1(f32x4_convert_i32x4_s, wr_u32x4, wr_f32x4, 4, f32_convert_i32_s(x))
WR_LANES1(f32x4_convert_i32x4_u, wr_u32x4, wr_f32x4, 4, f32_convert_i32_u(x))
WR_LANES1(f64x2_convert_low_i32x4_s, wr_u32x4, wr_f64x2, 2, f64_convert_i32_s(x))
WR_LANES1(f64x2_convert_low_i32x4_u, wr_u32x4, wr_f64x2, 2, f64_convert_i32_u(x))
WR_LANES1(f32x4_demote_f64x2_zero, wr_f64x2, wr_f32x4, 2, f32_demote_f64(x))
WR_LANES1(f64x2_promote_low_f32x4, wr_f32x4, wr_f64x2, 2, f64_promote_f32(x))
WR_V1(i32x4_relaxed_trunc_f32x4_s, i32x4_trunc_sat_f32x4_s(a))
WR_V1(i32x4_relaxed_trunc_f32x4_u, i32x4_trunc_sat_f32x4_u(a))
WR_V1(i32x4_relaxed_trunc_f64x2_s_zero, i32x4_trunc_sat_f64x2_s_zero(a))
WR_V1(i32x4_relaxed_trunc_f64x2_u_zero, i32x4_trunc_sat_f64x2_u_zero(a))

/* Lanes */

#define WR_SPLAT(id, shape_t, value_t, count) \
  static inline wr_v128 id(value_t value) \
  { \
    shape_t lanes; \
    for (int k = 0; k < count; k++) \
      lanes[k] = (__typeof__(lanes[0]))value; \
    return (wr_v128)lanes; \
  }
WR_SPLAT(i8x16_splat, wr_u8x16, uint32_t, 16)
WR_SPLAT(i16x8_splat, wr_u16x8, uint32_t, 8)
WR_SPLAT(i32x4_splat, wr_u32x4, uint32_t, 4)
WR_SPLAT(i64x2_splat, wr_u64x2, uint64_t, 2)
WR_SPLAT(f32x4_splat, wr_f32x4, float, 4)
WR_SPLAT(f64x2_splat, wr_f64x2, double, 2)

static inline wr_v128 i8x16_swizzle(wr_v128 a, wr_v128 b)
{
  wr_u8x16 from = (wr_u8x16)a, choice = (wr_u8x16)b, to;
  for (int k = 0; k < 16; k++)
    to[k] = choice[k] < 16 ? from[choice[k] & 15] : 0;
  return (wr_v128)to;
}
WR_V2(i8x16_relaxed_swizzle, i8x16_swizzle(a, b))

static inline wr_v128 i8x16_shuffle(wr_v128 a, wr_v128 b, const uint8_t *lanes)
{
  uint8_t from[32];
  wr_u8x16 to;
  memcpy(from, &a, 16);
  memcpy(from + 16, &b, 16);
  for (int k = 0; k < 16; k++)
    to[k] = from[lanes[k] & 31];
  return (wr_v128)to;
}

/* The instructions by what they take and give. */

#define WR_EACH_SHAPE(X, NAME) X(i8x16_##NAME) X(i16x8_##NAME) X(i32x4_##NAME) X(i64x2_##NAME)
#define WR_SMALL_SHAPES(X, NAME) X(i8x16_##NAME) X(i16x8_##NAME) X(i32x4_##NAME)
#define WR_FLOAT_SHAPES(X, NAME) X(f32x4_##NAME) X(f64x2_##NAME)
#define WR_EXTENDED(X, NAME) \
  X(i16x8_##NAME##_low_i8x16_s) X(i16x8_##NAME##_high_i8x16_s) X(i16x8_##NAME##_low_i8x16_u) \
  X(i16x8_##NAME##_high_i8x16_u) X(i32x4_##NAME##_low_i16x8_s) X(i32x4_##NAME##_high_i16x8_s) \
  X(i32x4_##NAME##_low_i16x8_u) X(i32x4_##NAME##_high_i16x8_u) X(i64x2_##NAME##_low_i32x4_s) \
  X(i64x2_##NAME##_high_i32x4_s) X(i64x2_##NAME##_low_i32x4_u) X(i64x2_##NAME##_high_i32x4_u)

#define WR_VECTOR_BINARY(X) \
  X(v128_and) X(v128_andnot) X(v128_or) X(v128_xor) X(i8x16_swizzle) X(i8x16_relaxed_swizzle) \
  WR_EACH_SHAPE(X, eq) WR_EACH_SHAPE(X, ne) WR_EACH_SHAPE(X, lt_s) WR_EACH_SHAPE(X, gt_s) \
  WR_EACH_SHAPE(X, le_s) WR_EACH_SHAPE(X, ge_s) WR_SMALL_SHAPES(X, lt_u) \
  WR_SMALL_SHAPES(X, gt_u) WR_SMALL_SHAPES(X, le_u) WR_SMALL_SHAPES(X, ge_u) \
  WR_SMALL_SHAPES(X, min_s) WR_SMALL_SHAPES(X, min_u) WR_SMALL_SHAPES(X, max_s) \
  WR_SMALL_SHAPES(X, max_u) WR_EACH_SHAPE(X, add) WR_EACH_SHAPE(X, sub) X(i16x8_mul) \
  X(i32x4_mul) X(i64x2_mul) X(i8x16_add_sat_s) X(i8x16_add_sat_u) X(i8x16_sub_sat_s) \
  X(i8x16_sub_sat_u) X(i16x8_add_sat_s) X(i16x8_add_sat_u) X(i16x8_sub_sat_s) \
  X(i16x8_sub_sat_u) X(i8x16_avgr_u) X(i16x8_avgr_u) X(i16x8_q15mulr_sat_s) \
  X(i16x8_relaxed_q15mulr_s) X(i8x16_narrow_i16x8_s) X(i8x16_narrow_i16x8_u) \
  X(i16x8_narrow_i32x4_s) X(i16x8_narrow_i32x4_u) WR_EXTENDED(X, extmul) X(i32x4_dot_i16x8_s) \
  X(i16x8_relaxed_dot_i8x16_i7x16_s) WR_FLOAT_SHAPES(X, eq) WR_FLOAT_SHAPES(X, ne) \
  WR_FLOAT_SHAPES(X, lt) WR_FLOAT_SHAPES(X, gt) WR_FLOAT_SHAPES(X, le) WR_FLOAT_SHAPES(X, ge) \
  WR_FLOAT_SHAPES(X, add) WR_FLOAT_SHAPES(X, sub) WR_FLOAT_SHAPES(X, mul) \
  WR_FLOAT_SHAPES(X, div) WR_FLOAT_SHAPES(X, min) WR_FLOAT_SHAPES(X, max) \
  WR_FLOAT_SHAPES(X, pmin) WR_FLOAT_SHAPES(X, pmax) WR_FLOAT_SHAPES(X, relaxed_min) \
  WR_FLOAT_SHAPES(X, relaxed_max)
#define WR_VECTOR_UNARY(X) \
  X(v128_not) WR_EACH_SHAPE(X, abs) WR_EACH_SHAPE(X, neg) X(i8x16_popcnt) \
  X(i16x8_extadd_pairwise_i8x16_s) X(i16x8_extadd_pairwise_i8x16_u) \
  X(i32x4_extadd_pairwise_i16x8_s) X(i32x4_extadd_pairwise_i16x8_u) WR_EXTENDED(X, extend) \
  WR_FLOAT_SHAPES(X, ceil) WR_FLOAT_SHAPES(X, floor) WR_FLOAT_SHAPES(X, trunc) \
  WR_FLOAT_SHAPES(X, nearest) WR_FLOAT_SHAPES(X, abs) WR_FLOAT_SHAPES(X, neg) \
  WR_FLOAT_SHAPES(X, sqrt) X(f32x4_demote_f64x2_zero) X(f64x2_promote_low_f32x4) \
  X(i32x4_trunc_sat_f32x4_s) X(i32x4_trunc_sat_f32x4_u) X(i32x4_trunc_sat_f64x2_s_zero) \
  X(i32x4_trunc_sat_f64x2_u_zero) X(f32x4_convert_i32x4_s) X(f32x4_convert_i32x4_u) \
  X(f64x2_convert_low_i32x4_s) X(f64x2_convert_low_i32x4_u) X(i32x4_relaxed_trunc_f32x4_s) \
  X(i32x4_relaxed_trunc_f32x4_u) X(i32x4_relaxed_trunc_f64x2_s_zero) \
  X(i32x4_relaxed_trunc_f64x2_u_zero)
#define WR_VECTOR_TERNARY(X) \
  X(v128_bitselect) WR_FLOAT_SHAPES(X, relaxed_madd) WR_FLOAT_SHAPES(X, relaxed_nmadd) \
  WR_EACH_SHAPE(X, relaxed_laneselect) X(i32x4_relaxed_dot_i8x16_i7x16_add_s)
#define WR_VECTOR_SHIFT(X) \
  WR_EACH_SHAPE(X, shl) WR_EACH_SHAPE(X, shr_s) WR_EACH_SHAPE(X, shr_u)
#define WR_VECTOR_TEST(X) \
  X(v128_any_true) WR_EACH_SHAPE(X, all_true) WR_EACH_SHAPE(X, bitmask)

#endif
