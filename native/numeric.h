/* What the numeric instructions mean: one inline function each, named by its mnemonic.

   Integers are unsigned; whoever may trap gets ``trap`` to leave its code in. Which NaN comes out
   of an arithmetic operation is the machine's choice, but it is always quiet (and see below). */
#ifndef WR_NUMERIC_H
#define WR_NUMERIC_H

#include "trap.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A vector, in whatever shape; the shapes are in vector.h. */
typedef uint64_t wr_v128 __attribute__((vector_size(16)));

static inline float wr_f32(uint32_t bits)
{
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint32_t wr_f32_bits(float value)
{
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline double wr_f64(uint64_t bits)
{
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint64_t wr_f64_bits(double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* Integers: i32 and i64 differ in nothing but their width. */

#define WR_INTEGER(T, unsigned_t, signed_t, BITS, LEAST, CLZ, CTZ) \
  static inline uint32_t T##_eqz(unsigned_t a) { return a == 0; } \
  static inline uint32_t T##_eq(unsigned_t a, unsigned_t b) { return a == b; } \
  static inline uint32_t T##_ne(unsigned_t a, unsigned_t b) { return a != b; } \
  static inline uint32_t T##_lt_u(unsigned_t a, unsigned_t b) { return a < b; } \
  static inline uint32_t T##_gt_u(unsigned_t a, unsigned_t b) { return a > b; } \
  static inline uint32_t T##_le_u(unsigned_t a, unsigned_t b) { return a <= b; } \
  static inline uint32_t T##_ge_u(unsigned_t a, unsigned_t b) { return a >= b; } \
  static inline uint32_t T##_lt_s(unsigned_t a, unsigned_t b) \
  { return (signed_t)a < (signed_t)b; } \
  static inline uint32_t T##_gt_s(unsigned_t a, unsigned_t b) \
  { return (signed_t)a > (signed_t)b; } \
  static inline uint32_t T##_le_s(unsigned_t a, unsigned_t b) \
  { return (signed_t)a <= (signed_t)b; } \
  static inline uint32_t T##_ge_s(unsigned_t a, unsigned_t b) \
  { return (signed_t)a >= (signed_t)b; } \
  static inline unsigned_t T##_clz(unsigned_t a) { return a ? (unsigned_t)CLZ(a) : BITS; } \
  static inline unsigned_t T##_ctz(unsigned_t a) { return a ? (unsigned_t)CTZ(a) : BITS; } \
  static inline unsigned_t T##_add(unsigned_t a, unsigned_t b) { return a + b; } \
  static inline unsigned_t T##_sub(unsigned_t a, unsigned_t b) { return a - b; } \
  static inline unsigned_t T##_mul(unsigned_t a, unsigned_t b) { return a * b; } \
  static inline unsigned_t T##_and(unsigned_t a, unsigned_t b) { return a & b; } \
  static inline unsigned_t T##_or(unsigned_t a, unsigned_t b) { return a | b; } \
  static inline unsigned_t T##_xor(unsigned_t a, unsigned_t b) { return a ^ b; } \
  static inline unsigned_t T##_shl(unsigned_t a, unsigned_t b) { return a << (b & (BITS - 1)); } \
  static inline unsigned_t T##_shr_u(unsigned_t a, unsigned_t b) \
  { return a >> (b & (BITS - 1)); } \
  static inline unsigned_t T##_shr_s(unsigned_t a, unsigned_t b) \
  { return (unsigned_t)((signed_t)a >> (b & (BITS - 1))); } \
  static inline unsigned_t T##_rotl(unsigned_t a, unsigned_t b) \
  { return a << (b & (BITS - 1)) | a >> (-b & (BITS - 1)); } \
  static inline unsigned_t T##_rotr(unsigned_t a, unsigned_t b) \
  { return a >> (b & (BITS - 1)) | a << (-b & (BITS - 1)); } \
  static inline unsigned_t T##_div_u(unsigned_t a, unsigned_t b, int *trap) \
  { \
    if (b) \
      return a / b; \
    *trap = WR_TRAP_INTEGER_DIVIDE_BY_ZERO; \
    return 0; \
  } \
  static inline unsigned_t T##_rem_u(unsigned_t a, unsigned_t b, int *trap) \
  { \
    if (b) \
      return a % b; \
    *trap = WR_TRAP_INTEGER_DIVIDE_BY_ZERO; \
    return 0; \
  } \
  static inline unsigned_t T##_div_s(unsigned_t a, unsigned_t b, int *trap) \
  { \
    if (b + 1 > 1) \
      return (unsigned_t)((signed_t)a / (signed_t)b); \
    if (b == 0) \
      *trap = WR_TRAP_INTEGER_DIVIDE_BY_ZERO; \
    else if (a == (unsigned_t)LEAST) \
      *trap = WR_TRAP_INTEGER_OVERFLOW; \
    return -a; \
  } \
  static inline unsigned_t T##_rem_s(unsigned_t a, unsigned_t b, int *trap) \
  { \
    if (b + 1 > 1) \
      return (unsigned_t)((signed_t)a % (signed_t)b); \
    if (b == 0) \
      *trap = WR_TRAP_INTEGER_DIVIDE_BY_ZERO; \
    return 0; \
  } \
  static inline unsigned_t T##_extend8_s(unsigned_t a) { return (unsigned_t)(signed_t)(int8_t)a; } \
  static inline unsigned_t T##_extend16_s(unsigned_t a) \
  { return (unsigned_t)(signed_t)(int16_t)a; }

WR_INTEGER(i32, uint32_t, int32_t, 32, INT32_MIN, __builtin_clz, __builtin_ctz)
WR_INTEGER(i64, uint64_t, int64_t, 64, INT64_MIN, __builtin_clzll, __builtin_ctzll)
#undef WR_INTEGER

static inline uint64_t i64_extend32_s(uint64_t a) { return (uint64_t)(int64_t)(int32_t)a; }

/* Without the machine's instruction the compiler would call its library. */
static inline uint64_t i64_popcnt(uint64_t a)
{
  a -= a >> 1 & 0x5555555555555555;
  a = (a & 0x3333333333333333) + (a >> 2 & 0x3333333333333333);
  a = (a + (a >> 4)) & 0x0F0F0F0F0F0F0F0F;
  return a * 0x0101010101010101 >> 56;
}

static inline uint32_t i32_popcnt(uint32_t a) { return (uint32_t)i64_popcnt(a); }

/* 128-bit numbers in two halves. */

__extension__ typedef __int128 wr_i128;
__extension__ typedef unsigned __int128 wr_u128;

typedef struct wr_pair {
  uint64_t low, high;
} wr_pair;

static inline wr_pair wr_halves(wr_u128 number)
{
  return (wr_pair){(uint64_t)number, (uint64_t)(number >> 64)};
}

static inline wr_u128 wr_whole(uint64_t low, uint64_t high)
{
  return (wr_u128)high << 64 | low;
}

static inline wr_pair i64_add128(uint64_t a_low, uint64_t a_high, uint64_t b_low, uint64_t b_high)
{
  return wr_halves(wr_whole(a_low, a_high) + wr_whole(b_low, b_high));
}

static inline wr_pair i64_sub128(uint64_t a_low, uint64_t a_high, uint64_t b_low, uint64_t b_high)
{
  return wr_halves(wr_whole(a_low, a_high) - wr_whole(b_low, b_high));
}

static inline wr_pair i64_mul_wide_s(uint64_t a, uint64_t b)
{
  return wr_halves((wr_u128)((wr_i128)(int64_t)a * (int64_t)b));
}

static inline wr_pair i64_mul_wide_u(uint64_t a, uint64_t b)
{
  return wr_halves((wr_u128)a * b);
}

/* Sums and products of two NaN are the first, made quiet: both streams and the reference engine
   agree about that on x86-64, where the machine does it so, but compilers swap the operands. */
#if defined(__x86_64__)
#define WR_IN_ORDER(name, type, instruction, op) \
  static inline type name(type a, type b) \
  { \
    __asm__(instruction " %1, %0" : "+x"(a) : "x"(b)); \
    return a; \
  }
#else
#define WR_IN_ORDER(name, type, instruction, op) \
  static inline type name(type a, type b) { return a op b; }
#endif
WR_IN_ORDER(f32_add, float, "addss", +)
WR_IN_ORDER(f32_mul, float, "mulss", *)
WR_IN_ORDER(f64_add, double, "addsd", +)
WR_IN_ORDER(f64_mul, double, "mulsd", *)

/* Floats. Adding a NaN to itself makes it quiet where nothing else is computed. */

#define WR_FLOAT(T, float_t, unsigned_t, BITS_OF, FROM_BITS, SIGN, FLOOR, CEIL, TRUNC, RINT, SQRT) \
  static inline uint32_t T##_eq(float_t a, float_t b) { return a == b; } \
  static inline uint32_t T##_ne(float_t a, float_t b) { return a != b; } \
  static inline uint32_t T##_lt(float_t a, float_t b) { return a < b; } \
  static inline uint32_t T##_gt(float_t a, float_t b) { return a > b; } \
  static inline uint32_t T##_le(float_t a, float_t b) { return a <= b; } \
  static inline uint32_t T##_ge(float_t a, float_t b) { return a >= b; } \
  static inline float_t T##_abs(float_t a) { return FROM_BITS(BITS_OF(a) & ~SIGN); } \
  static inline float_t T##_neg(float_t a) { return FROM_BITS(BITS_OF(a) ^ SIGN); } \
  static inline float_t T##_copysign(float_t a, float_t b) \
  { return FROM_BITS((BITS_OF(a) & ~SIGN) | (BITS_OF(b) & SIGN)); } \
  static inline float_t T##_floor(float_t a) { return a != a ? a + a : FLOOR(a); } \
  static inline float_t T##_ceil(float_t a) { return a != a ? a + a : CEIL(a); } \
  static inline float_t T##_trunc(float_t a) { return a != a ? a + a : TRUNC(a); } \
  static inline float_t T##_nearest(float_t a) { return a != a ? a + a : RINT(a); } \
  static inline float_t T##_sqrt(float_t a) { return SQRT(a); } \
  static inline float_t T##_sub(float_t a, float_t b) { return a - b; } \
  static inline float_t T##_div(float_t a, float_t b) { return a / b; } \
  static inline float_t T##_min(float_t a, float_t b) \
  { \
    if (a == b) /* the same, or zeros of different sign */ \
      return FROM_BITS(BITS_OF(a) | BITS_OF(b)); \
    return a < b ? a : b < a ? b : T##_add(a, b); \
  } \
  static inline float_t T##_max(float_t a, float_t b) \
  { \
    if (a == b) \
      return FROM_BITS(BITS_OF(a) & BITS_OF(b)); \
    return a > b ? a : b > a ? b : T##_add(a, b); \
  }

WR_FLOAT(f32, float, uint32_t, wr_f32_bits, wr_f32, 0x80000000u, floorf, ceilf, truncf, rintf,
         __builtin_sqrtf)
WR_FLOAT(f64, double, uint64_t, wr_f64_bits, wr_f64, 0x8000000000000000u, floor, ceil, trunc, rint,
         __builtin_sqrt)
#undef WR_FLOAT

/* Conversions. LEAST and MOST are the first floats that are out of bounds. */

#define WR_TRUNCATE(I, F, SIGN, float_t, integer_t, unsigned_t, ABOVE, LEAST, MOST, MINIMUM, MAXIMUM) \
  static inline unsigned_t I##_trunc_##F##_##SIGN(float_t a, int *trap) \
  { \
    if (a ABOVE LEAST && a < MOST) \
      return (unsigned_t)(integer_t)a; \
    *trap = a != a ? WR_TRAP_INVALID_CONVERSION_TO_INTEGER : WR_TRAP_INTEGER_OVERFLOW; \
    return 0; \
  } \
  static inline unsigned_t I##_trunc_sat_##F##_##SIGN(float_t a) \
  { \
    if (a ABOVE LEAST && a < MOST) \
      return (unsigned_t)(integer_t)a; \
    return a != a ? 0 : a < 0 ? (unsigned_t)MINIMUM : (unsigned_t)MAXIMUM; \
  }

WR_TRUNCATE(i32, f32, s, float, int32_t, uint32_t, >=, -0x1p31f, 0x1p31f, INT32_MIN, INT32_MAX)
WR_TRUNCATE(i32, f32, u, float, uint32_t, uint32_t, >, -1.0f, 0x1p32f, 0, UINT32_MAX)
WR_TRUNCATE(i32, f64, s, double, int32_t, uint32_t, >, -0x1.00000002p31, 0x1p31, INT32_MIN,
            INT32_MAX)
WR_TRUNCATE(i32, f64, u, double, uint32_t, uint32_t, >, -1.0, 0x1p32, 0, UINT32_MAX)
WR_TRUNCATE(i64, f32, s, float, int64_t, uint64_t, >=, -0x1p63f, 0x1p63f, INT64_MIN, INT64_MAX)
WR_TRUNCATE(i64, f32, u, float, uint64_t, uint64_t, >, -1.0f, 0x1p64f, 0, UINT64_MAX)
WR_TRUNCATE(i64, f64, s, double, int64_t, uint64_t, >=, -0x1p63, 0x1p63, INT64_MIN, INT64_MAX)
WR_TRUNCATE(i64, f64, u, double, uint64_t, uint64_t, >, -1.0, 0x1p64, 0, UINT64_MAX)
#undef WR_TRUNCATE

static inline uint32_t i32_wrap_i64(uint64_t a) { return (uint32_t)a; }
static inline uint64_t i64_extend_i32_s(uint32_t a) { return (uint64_t)(int64_t)(int32_t)a; }
static inline uint64_t i64_extend_i32_u(uint32_t a) { return a; }
static inline float f32_convert_i32_s(uint32_t a) { return (float)(int32_t)a; }
static inline float f32_convert_i32_u(uint32_t a) { return (float)a; }
static inline float f32_convert_i64_s(uint64_t a) { return (float)(int64_t)a; }
static inline float f32_convert_i64_u(uint64_t a) { return (float)a; }
static inline double f64_convert_i32_s(uint32_t a) { return (int32_t)a; }
static inline double f64_convert_i32_u(uint32_t a) { return a; }
static inline double f64_convert_i64_s(uint64_t a) { return (double)(int64_t)a; }
static inline double f64_convert_i64_u(uint64_t a) { return (double)a; }
static inline float f32_demote_f64(double a) { return (float)a; }
static inline double f64_promote_f32(float a) { return a; }
static inline uint32_t i32_reinterpret_f32(float a) { return wr_f32_bits(a); }
static inline uint64_t i64_reinterpret_f64(double a) { return wr_f64_bits(a); }
static inline float f32_reinterpret_i32(uint32_t a) { return wr_f32(a); }
static inline double f64_reinterpret_i64(uint64_t a) { return wr_f64(a); }

/* The instructions by what they take and give, for whoever makes code of them. */

#define WR_I32_UNARY(X) \
  X(i32_eqz) X(i32_clz) X(i32_ctz) X(i32_popcnt) X(i32_extend8_s) X(i32_extend16_s)
#define WR_I64_UNARY(X) \
  X(i64_clz) X(i64_ctz) X(i64_popcnt) X(i64_extend8_s) X(i64_extend16_s) X(i64_extend32_s)
#define WR_F32_UNARY(X) \
  X(f32_abs) X(f32_neg) X(f32_ceil) X(f32_floor) X(f32_trunc) X(f32_nearest) X(f32_sqrt)
#define WR_F64_UNARY(X) \
  X(f64_abs) X(f64_neg) X(f64_ceil) X(f64_floor) X(f64_trunc) X(f64_nearest) X(f64_sqrt)
#define WR_I32_COMPARE(X) \
  X(i32_eq) X(i32_ne) X(i32_lt_s) X(i32_lt_u) X(i32_gt_s) X(i32_gt_u) X(i32_le_s) X(i32_le_u) \
  X(i32_ge_s) X(i32_ge_u)
#define WR_I64_COMPARE(X) \
  X(i64_eq) X(i64_ne) X(i64_lt_s) X(i64_lt_u) X(i64_gt_s) X(i64_gt_u) X(i64_le_s) X(i64_le_u) \
  X(i64_ge_s) X(i64_ge_u)
#define WR_F32_COMPARE(X) X(f32_eq) X(f32_ne) X(f32_lt) X(f32_gt) X(f32_le) X(f32_ge)
#define WR_F64_COMPARE(X) X(f64_eq) X(f64_ne) X(f64_lt) X(f64_gt) X(f64_le) X(f64_ge)
#define WR_I32_BINARY(X) \
  X(i32_add) X(i32_sub) X(i32_mul) X(i32_and) X(i32_or) X(i32_xor) X(i32_shl) X(i32_shr_s) \
  X(i32_shr_u) X(i32_rotl) X(i32_rotr)
#define WR_I64_BINARY(X) \
  X(i64_add) X(i64_sub) X(i64_mul) X(i64_and) X(i64_or) X(i64_xor) X(i64_shl) X(i64_shr_s) \
  X(i64_shr_u) X(i64_rotl) X(i64_rotr)
#define WR_I32_DIVISION(X) X(i32_div_s) X(i32_div_u) X(i32_rem_s) X(i32_rem_u)
#define WR_I64_DIVISION(X) X(i64_div_s) X(i64_div_u) X(i64_rem_s) X(i64_rem_u)
#define WR_F32_BINARY(X) \
  X(f32_add) X(f32_sub) X(f32_mul) X(f32_div) X(f32_min) X(f32_max) X(f32_copysign)
#define WR_F64_BINARY(X) \
  X(f64_add) X(f64_sub) X(f64_mul) X(f64_div) X(f64_min) X(f64_max) X(f64_copysign)
/* X(instruction, type it takes, type it gives) */
#define WR_CONVERSION(X) \
  X(i64_eqz, i64, i32) X(i32_wrap_i64, i64, i32) X(i64_extend_i32_s, i32, i64) \
  X(i64_extend_i32_u, i32, i64) X(f32_convert_i32_s, i32, f32) X(f32_convert_i32_u, i32, f32) \
  X(f32_convert_i64_s, i64, f32) X(f32_convert_i64_u, i64, f32) X(f64_convert_i32_s, i32, f64) \
  X(f64_convert_i32_u, i32, f64) X(f64_convert_i64_s, i64, f64) X(f64_convert_i64_u, i64, f64) \
  X(f32_demote_f64, f64, f32) X(f64_promote_f32, f32, f64) X(i32_reinterpret_f32, f32, i32) \
  X(i64_reinterpret_f64, f64, i64) X(f32_reinterpret_i32, i32, f32) \
  X(f64_reinterpret_i64, i64, f64) X(i32_trunc_sat_f32_s, f32, i32) \
  X(i32_trunc_sat_f32_u, f32, i32) X(i32_trunc_sat_f64_s, f64, i32) \
  X(i32_trunc_sat_f64_u, f64, i32) X(i64_trunc_sat_f32_s, f32, i64) \
  X(i64_trunc_sat_f32_u, f32, i64) X(i64_trunc_sat_f64_s, f64, i64) \
  X(i64_trunc_sat_f64_u, f64, i64)
#define WR_TRAPPING_CONVERSION(X) \
  X(i32_trunc_f32_s, f32, i32) X(i32_trunc_f32_u, f32, i32) X(i32_trunc_f64_s, f64, i32) \
  X(i32_trunc_f64_u, f64, i32) X(i64_trunc_f32_s, f32, i64) X(i64_trunc_f32_u, f32, i64) \
  X(i64_trunc_f64_s, f64, i64) X(i64_trunc_f64_u, f64, i64)

#endif
