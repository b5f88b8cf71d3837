/* The handlers of the fast stream as numbers; lowering works with these, and puts in the addresses
   at the end. */
#ifndef WR_FAST_LIST_H
#define WR_FAST_LIST_H

#include "fast.h"
#include "vector.h"

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

/* X(instruction, type in memory, type that takes what was loaded, an expression of ``value``) */
#define WR_FAST_VECTOR_LOADS(X) \
  X(v128_load, wr_v128, value) X(v128_load8x8_s, uint64_t, WR_LOW(i16x8_extend_low_i8x16_s)) \
  X(v128_load8x8_u, uint64_t, WR_LOW(i16x8_extend_low_i8x16_u)) \
  X(v128_load16x4_s, uint64_t, WR_LOW(i32x4_extend_low_i16x8_s)) \
  X(v128_load16x4_u, uint64_t, WR_LOW(i32x4_extend_low_i16x8_u)) \
  X(v128_load32x2_s, uint64_t, WR_LOW(i64x2_extend_low_i32x4_s)) \
  X(v128_load32x2_u, uint64_t, WR_LOW(i64x2_extend_low_i32x4_u)) \
  X(v128_load8_splat, uint8_t, i8x16_splat(value)) \
  X(v128_load16_splat, uint16_t, i16x8_splat(value)) \
  X(v128_load32_splat, uint32_t, i32x4_splat(value)) \
  X(v128_load64_splat, uint64_t, i64x2_splat(value)) \
  X(v128_load32_zero, uint32_t, ((wr_v128){value, 0})) \
  X(v128_load64_zero, uint64_t, ((wr_v128){value, 0}))
#define WR_LOW(widen) widen((wr_v128){value, 0})

/* X(instruction, type of a lane's value) */
#define WR_FAST_SPLATS(X) \
  X(i8x16_splat, i32) X(i16x8_splat, i32) X(i32x4_splat, i32) X(i64x2_splat, i64) \
  X(f32x4_splat, f32) X(f64x2_splat, f64)
/* X(instruction, type of a lane's value, the shape, the type of a lane there) */
#define WR_FAST_EXTRACTS(X) \
  X(i8x16_extract_lane_s, i32, int8_t) X(i8x16_extract_lane_u, i32, uint8_t) \
  X(i16x8_extract_lane_s, i32, int16_t) X(i16x8_extract_lane_u, i32, uint16_t) \
  X(i32x4_extract_lane, i32, uint32_t) X(i64x2_extract_lane, i64, uint64_t) \
  X(f32x4_extract_lane, f32, float) X(f64x2_extract_lane, f64, double)
#define WR_FAST_REPLACES(X) \
  X(i8x16_replace_lane, i32, uint8_t) X(i16x8_replace_lane, i32, uint16_t) \
  X(i32x4_replace_lane, i32, uint32_t) X(i64x2_replace_lane, i64, uint64_t) \
  X(f32x4_replace_lane, f32, float) X(f64x2_replace_lane, f64, double)

enum wr_fast_op {
  WR_FAST_NONE,
#define OP(name, ...) F_##name,
#include "fast_ops.h"
  WR_FAST_COUNT
};

/* How many words an instruction takes. */
enum wr_fast_length {
#define OP(name, length, ...) L_##name = length,
#include "fast_ops.h"
};

/* Where an instruction says to which slot its result goes. */
enum wr_fast_place { WR_PLACE_N, WR_PLACE_Y, WR_PLACE_Z, WR_PLACE_W };

typedef struct wr_fast_info {
  wr_fast_handler handler;
  uint8_t length;
  uint8_t place;
} wr_fast_info;

extern const wr_fast_info wr_fast_infos[WR_FAST_COUNT];

/* A handler that does several instructions, one behind the other. */
#define WR_FAST_LONGEST 6
typedef struct wr_fast_sequence {
  wr_fast_handler handler;
  uint16_t length;
  uint16_t ops[WR_FAST_LONGEST];
} wr_fast_sequence;

extern const wr_fast_sequence wr_fast_sequences[];
extern const unsigned wr_fast_sequence_count;

#define OP(name, ...) const wr_word *wr_at_##name(WR_FAST_PARAMETERS);
#include "fast_ops.h"

#endif
