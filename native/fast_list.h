/* The handlers of the fast stream as numbers; lowering works with these, and puts in the addresses
   at the end. */
#ifndef WR_FAST_LIST_H
#define WR_FAST_LIST_H

#include "fast.h"

/* X(instruction, type in memory, type of the value, what widens it) */
#define WR_FAST_LOADS(X) \
  X(i32_load, uint32_t, i32) X(i64_load, uint64_t, i64) X(f32_load, float, f32) \
  X(f64_load, double, f64) X(i32_load8_s, int8_t, i32) X(i32_load8_u, uint8_t, i32) \
  X(i32_load16_s, int16_t, i32) X(i32_load16_u, uint16_t, i32) X(i64_load8_s, int8_t, i64) \
  X(i64_load8_u, uint8_t, i64) X(i64_load16_s, int16_t, i64) X(i64_load16_u, uint16_t, i64) \
  X(i64_load32_s, int32_t, i64) X(i64_load32_u, uint32_t, i64)
#define WR_FAST_STORES(X) \
  X(i32_store, uint32_t, i32) X(i64_store, uint64_t, i64) X(f32_store, uint32_t, f32) \
  X(f64_store, uint64_t, f64) X(i32_store8, uint8_t, i32) X(i32_store16, uint16_t, i32) \
  X(i64_store8, uint8_t, i64) X(i64_store16, uint16_t, i64) X(i64_store32, uint32_t, i64)

enum wr_fast_op {
  WR_FAST_NONE,
#define OP(name, ...) F_##name,
#include "fast_ops.h"
  WR_FAST_COUNT
};

/* Where an instruction says to which slot its result goes. */
enum wr_fast_place { WR_PLACE_N, WR_PLACE_Y, WR_PLACE_Z, WR_PLACE_W };

typedef struct wr_fast_info {
  wr_fast_handler handler;
  uint8_t length;
  uint8_t place;
} wr_fast_info;

extern const wr_fast_info wr_fast_infos[WR_FAST_COUNT];

#define OP(name, ...) const wr_word *wr_at_##name(WR_FAST_PARAMETERS);
#include "fast_ops.h"

#endif
