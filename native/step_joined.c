/* The step stream: what a local or a constant is put on the stack for. Handlers that do a copy or a
   constant, or two of them, and the instruction behind. Only the first entry's handler changes, as
   with the fast stream's superinstructions, and each step is counted on its own, so that a run may
   still end between any two of them. */
#include "handler.h"
#include "numeric.h"

#define COPY fp[ip->a] = fp[ip->b];
#define CONSTANT fp[ip->a] = ip->c;

/* A step is done; the next one is the same handler's. */
#define ON \
  if (WR_UNLIKELY(--budget == 0)) \
    return wr_stop(ip + 1, t, budget, WR_STEPS); \
  ip++;

#define BINARY(id, TAKE, GIVE) \
  wr_slot *operands = fp + ip->a; \
  wr_put_##GIVE(operands, id(wr_get_##TAKE(operands), wr_get_##TAKE(operands + 1)));

#define LOAD(id, memory_t, WIDEN) \
  wr_slot *slot = fp + ip->a; \
  uint64_t address = *slot + ip->c; \
  memory_t value; \
  if (WR_UNLIKELY(address + sizeof value > t->memory_size)) \
    return wr_step_##id(ip, fp, t, budget); \
  memcpy(&value, t->memory_base + address, sizeof value); \
  *slot = WIDEN(value);

#define JOINED(name, ...) \
  static WR_HANDLER(name) \
  { \
    __VA_ARGS__ \
    WR_NEXT(); \
  }
JOINED(copy_copy, COPY ON COPY)
JOINED(copy_constant, COPY ON CONSTANT)
JOINED(constant_copy, CONSTANT ON COPY)

#define AFTER(id, ...) \
  JOINED(copy_##id, COPY ON __VA_ARGS__) \
  JOINED(constant_##id, CONSTANT ON __VA_ARGS__) \
  JOINED(copy_copy_##id, COPY ON COPY ON __VA_ARGS__) \
  JOINED(copy_constant_##id, COPY ON CONSTANT ON __VA_ARGS__)
#define I32(id) AFTER(id, BINARY(id, i32, i32))
#define I64(id) AFTER(id, BINARY(id, i64, i64))
#define I64_COMPARE(id) AFTER(id, BINARY(id, i64, i32))
#define F32(id) AFTER(id, BINARY(id, f32, f32))
#define F32_COMPARE(id) AFTER(id, BINARY(id, f32, i32))
#define F64(id) AFTER(id, BINARY(id, f64, f64))
#define F64_COMPARE(id) AFTER(id, BINARY(id, f64, i32))
WR_I32_BINARY(I32)
WR_I32_COMPARE(I32)
WR_I64_BINARY(I64)
WR_I64_COMPARE(I64_COMPARE)
WR_F32_BINARY(F32)
WR_F32_COMPARE(F32_COMPARE)
WR_F64_BINARY(F64)
WR_F64_COMPARE(F64_COMPARE)

#define LOAD_AFTER(id, memory_t, WIDEN) AFTER(id, LOAD(id, memory_t, WIDEN))
WR_STEP_LOADS(LOAD_AFTER)

#define ENTRY(id, ...) \
  [WR_OP_##id] = {wr_step_copy_##id, wr_step_constant_##id, wr_step_copy_copy_##id, \
                  wr_step_copy_constant_##id},
#define A_COPY {wr_step_copy_copy, wr_step_constant_copy, NULL, NULL}
#define A_CONSTANT {wr_step_copy_constant, NULL, NULL, NULL}
const wr_joined wr_step_joined[WR_OP_COUNT] = {
    WR_I32_BINARY(ENTRY) WR_I32_COMPARE(ENTRY) WR_I64_BINARY(ENTRY) WR_I64_COMPARE(ENTRY)
    WR_F32_BINARY(ENTRY) WR_F32_COMPARE(ENTRY) WR_F64_BINARY(ENTRY) WR_F64_COMPARE(ENTRY)
    WR_STEP_LOADS(ENTRY)
    [WR_OP_local_get] = A_COPY, [WR_OP_local_set] = A_COPY, [WR_OP_local_tee] = A_COPY,
    [WR_OP_i32_const] = A_CONSTANT, [WR_OP_i64_const] = A_CONSTANT,
    [WR_OP_f32_const] = A_CONSTANT, [WR_OP_f64_const] = A_CONSTANT,
};
