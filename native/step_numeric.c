/* The step stream: numbers. The meanings are in numeric.h; here they get their operands. */
#include "handler.h"
#include "numeric.h"

#define UNARY(id, TAKE, GIVE) \
  WR_HANDLER(id) \
  { \
    wr_slot *operands = fp + ip->a; \
    wr_put_##GIVE(operands, id(wr_get_##TAKE(operands))); \
    WR_NEXT(); \
  }
#define BINARY(id, TAKE, GIVE) \
  WR_HANDLER(id) \
  { \
    wr_slot *operands = fp + ip->a; \
    wr_put_##GIVE(operands, id(wr_get_##TAKE(operands), wr_get_##TAKE(operands + 1))); \
    WR_NEXT(); \
  }
#define TRAPPING_UNARY(id, TAKE, GIVE) \
  WR_HANDLER(id) \
  { \
    wr_slot *operands = fp + ip->a; \
    int trap = WR_TRAP_NONE; \
    uint64_t result = id(wr_get_##TAKE(operands), &trap); \
    WR_TRAP_IF(trap, trap); \
    *operands = result; \
    WR_NEXT(); \
  }
#define TRAPPING_BINARY(id, T) \
  WR_HANDLER(id) \
  { \
    wr_slot *operands = fp + ip->a; \
    int trap = WR_TRAP_NONE; \
    uint64_t result = id(wr_get_##T(operands), wr_get_##T(operands + 1), &trap); \
    WR_TRAP_IF(trap, trap); \
    *operands = result; \
    WR_NEXT(); \
  }

#define I32_UNARY(id) UNARY(id, i32, i32)
#define I64_UNARY(id) UNARY(id, i64, i64)
#define F32_UNARY(id) UNARY(id, f32, f32)
#define F64_UNARY(id) UNARY(id, f64, f64)
#define I32_BINARY(id) BINARY(id, i32, i32)
#define I64_BINARY(id) BINARY(id, i64, i64)
#define F32_BINARY(id) BINARY(id, f32, f32)
#define F64_BINARY(id) BINARY(id, f64, f64)
#define I64_COMPARE(id) BINARY(id, i64, i32)
#define F32_COMPARE(id) BINARY(id, f32, i32)
#define F64_COMPARE(id) BINARY(id, f64, i32)
#define I32_DIVISION(id) TRAPPING_BINARY(id, i32)
#define I64_DIVISION(id) TRAPPING_BINARY(id, i64)

WR_I32_UNARY(I32_UNARY)
WR_I64_UNARY(I64_UNARY)
WR_F32_UNARY(F32_UNARY)
WR_F64_UNARY(F64_UNARY)
WR_I32_BINARY(I32_BINARY)
WR_I64_BINARY(I64_BINARY)
WR_F32_BINARY(F32_BINARY)
WR_F64_BINARY(F64_BINARY)
WR_I32_COMPARE(I32_BINARY)
WR_I64_COMPARE(I64_COMPARE)
WR_F32_COMPARE(F32_COMPARE)
WR_F64_COMPARE(F64_COMPARE)
WR_I32_DIVISION(I32_DIVISION)
WR_I64_DIVISION(I64_DIVISION)
WR_CONVERSION(UNARY)
WR_TRAPPING_CONVERSION(TRAPPING_UNARY)

/* Constants are all the same by now: a word for a slot. */

WR_HANDLER(constant)
{
  fp[ip->a] = ip->c;
  WR_NEXT();
}

#define CONSTANT(id) \
  WR_HANDLER(id) \
  { \
    fp[ip->a] = ip->c; \
    WR_NEXT(); \
  }
CONSTANT(i32_const)
CONSTANT(i64_const)
CONSTANT(f32_const)
CONSTANT(f64_const)

static inline void put_pair(wr_slot *slot, wr_pair pair)
{
  slot[0] = pair.low;
  slot[1] = pair.high;
}

#define WIDE_SUM(id) \
  WR_HANDLER(id) \
  { \
    wr_slot *operands = fp + ip->a; \
    put_pair(operands, id(operands[0], operands[1], operands[2], operands[3])); \
    WR_NEXT(); \
  }
#define WIDE_PRODUCT(id) \
  WR_HANDLER(id) \
  { \
    wr_slot *operands = fp + ip->a; \
    put_pair(operands, id(operands[0], operands[1])); \
    WR_NEXT(); \
  }
WIDE_SUM(i64_add128)
WIDE_SUM(i64_sub128)
WIDE_PRODUCT(i64_mul_wide_s)
WIDE_PRODUCT(i64_mul_wide_u)
