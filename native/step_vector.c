/* The step stream: vectors. The meanings are in vector.h; here they get their operands, two slots
   each. */
#include "handler.h"
#include "vector.h"

static inline wr_v128 get(const wr_slot *slots)
{
  wr_v128 value;
  memcpy(&value, slots, sizeof value);
  return value;
}

static inline void put(wr_slot *slots, wr_v128 value) { memcpy(slots, &value, sizeof value); }

#define UNARY(id) \
  WR_HANDLER(id) \
  { \
    put(fp + ip->a, id(get(fp + ip->a))); \
    WR_NEXT(); \
  }
#define BINARY(id) \
  WR_HANDLER(id) \
  { \
    put(fp + ip->a, id(get(fp + ip->a), get(fp + ip->a + 2))); \
    WR_NEXT(); \
  }
#define TERNARY(id) \
  WR_HANDLER(id) \
  { \
    put(fp + ip->a, id(get(fp + ip->a), get(fp + ip->a + 2), get(fp + ip->a + 4))); \
    WR_NEXT(); \
  }
#define SHIFT(id) \
  WR_HANDLER(id) \
  { \
    put(fp + ip->a, id(get(fp + ip->a), wr_get_i32(fp + ip->a + 2))); \
    WR_NEXT(); \
  }
#define TEST(id) \
  WR_HANDLER(id) \
  { \
    wr_put_i32(fp + ip->a, id(get(fp + ip->a))); \
    WR_NEXT(); \
  }
WR_VECTOR_UNARY(UNARY)
WR_VECTOR_BINARY(BINARY)
WR_VECTOR_TERNARY(TERNARY)
WR_VECTOR_SHIFT(SHIFT)
WR_VECTOR_TEST(TEST)

WR_HANDLER(v128_const)
{
  memcpy(fp + ip->a, ip->p, 16);
  WR_NEXT();
}

WR_HANDLER(i8x16_shuffle)
{
  put(fp + ip->a, i8x16_shuffle(get(fp + ip->a), get(fp + ip->a + 2), ip->p));
  WR_NEXT();
}

/* Lanes are moved as words of their width, floats too. */
#define SPLAT(id, lane_t, count) \
  WR_HANDLER(id) \
  { \
    lane_t lanes[count]; \
    for (int k = 0; k < count; k++) \
      lanes[k] = (lane_t)fp[ip->a]; \
    memcpy(fp + ip->a, lanes, sizeof lanes); \
    WR_NEXT(); \
  }
SPLAT(i8x16_splat, uint8_t, 16)
SPLAT(i16x8_splat, uint16_t, 8)
SPLAT(i32x4_splat, uint32_t, 4)
SPLAT(i64x2_splat, uint64_t, 2)
SPLAT(f32x4_splat, uint32_t, 4)
SPLAT(f64x2_splat, uint64_t, 2)

#define EXTRACT(id, lane_t, WIDEN) \
  WR_HANDLER(id) \
  { \
    lane_t lane; \
    memcpy(&lane, (const uint8_t *)(fp + ip->a) + ip->b * sizeof lane, sizeof lane); \
    fp[ip->a] = WIDEN(lane); \
    WR_NEXT(); \
  }
EXTRACT(i8x16_extract_lane_s, int8_t, wr_low_signed)
EXTRACT(i8x16_extract_lane_u, uint8_t, )
EXTRACT(i16x8_extract_lane_s, int16_t, wr_low_signed)
EXTRACT(i16x8_extract_lane_u, uint16_t, )
EXTRACT(i32x4_extract_lane, uint32_t, )
EXTRACT(i64x2_extract_lane, uint64_t, )
EXTRACT(f32x4_extract_lane, uint32_t, )
EXTRACT(f64x2_extract_lane, uint64_t, )

#define REPLACE(id, width) \
  WR_HANDLER(id) \
  { \
    memcpy((uint8_t *)(fp + ip->a) + ip->b * width, fp + ip->a + 2, width); \
    WR_NEXT(); \
  }
REPLACE(i8x16_replace_lane, 1)
REPLACE(i16x8_replace_lane, 2)
REPLACE(i32x4_replace_lane, 4)
REPLACE(i64x2_replace_lane, 8)
REPLACE(f32x4_replace_lane, 4)
REPLACE(f64x2_replace_lane, 8)

/* Memory */

#define LOAD(id, width, ...) \
  WR_HANDLER(id) \
  { \
    const uint8_t *place = wr_access_at(t->memories[ip->b], fp[ip->a], ip->c, width); \
    WR_TRAP_IF(!place, WR_TRAP_MEMORY_OUT_OF_BOUNDS); \
    __VA_ARGS__ \
    WR_NEXT(); \
  }

LOAD(v128_load, 16, memcpy(fp + ip->a, place, 16);)

#define LOAD_WIDENED(id, from_t, to_t, count) \
  LOAD(id, 8, from_t from[count]; to_t to[count]; memcpy(from, place, sizeof from); \
       for (int k = 0; k < count; k++) to[k] = (to_t)from[k]; \
       memcpy(fp + ip->a, to, sizeof to);)
LOAD_WIDENED(v128_load8x8_s, int8_t, int16_t, 8)
LOAD_WIDENED(v128_load8x8_u, uint8_t, uint16_t, 8)
LOAD_WIDENED(v128_load16x4_s, int16_t, int32_t, 4)
LOAD_WIDENED(v128_load16x4_u, uint16_t, uint32_t, 4)
LOAD_WIDENED(v128_load32x2_s, int32_t, int64_t, 2)
LOAD_WIDENED(v128_load32x2_u, uint32_t, uint64_t, 2)

#define LOAD_SPLAT(id, lane_t, count) \
  LOAD(id, sizeof(lane_t), lane_t lane, lanes[count]; memcpy(&lane, place, sizeof lane); \
       for (int k = 0; k < count; k++) lanes[k] = lane; \
       memcpy(fp + ip->a, lanes, sizeof lanes);)
LOAD_SPLAT(v128_load8_splat, uint8_t, 16)
LOAD_SPLAT(v128_load16_splat, uint16_t, 8)
LOAD_SPLAT(v128_load32_splat, uint32_t, 4)
LOAD_SPLAT(v128_load64_splat, uint64_t, 2)

#define LOAD_ZERO(id, width) \
  LOAD(id, width, memset(fp + ip->a, 0, 16); memcpy(fp + ip->a, place, width);)
LOAD_ZERO(v128_load32_zero, 4)
LOAD_ZERO(v128_load64_zero, 8)

WR_HANDLER(v128_store)
{
  uint8_t *place = wr_access_at(t->memories[ip->b], fp[ip->a], ip->c, 16);
  WR_TRAP_IF(!place, WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  memcpy(place, fp + ip->a + 1, 16);
  WR_NEXT();
}

#define LANE_ACCESS(id, width, ...) \
  WR_HANDLER(id) \
  { \
    const wr_access *access = ip->p; \
    uint8_t *place = wr_access_at(t->memories[access->memory], fp[ip->a], access->offset, width); \
    WR_TRAP_IF(!place, WR_TRAP_MEMORY_OUT_OF_BOUNDS); \
    uint8_t *lane = (uint8_t *)(fp + ip->a + 1) + access->lane * width; \
    __VA_ARGS__ \
    WR_NEXT(); \
  }
#define LOAD_LANE(id, width) \
  LANE_ACCESS(id, width, memcpy(lane, place, width); memmove(fp + ip->a, fp + ip->a + 1, 16);)
#define STORE_LANE(id, width) LANE_ACCESS(id, width, memcpy(place, lane, width);)
LOAD_LANE(v128_load8_lane, 1)
LOAD_LANE(v128_load16_lane, 2)
LOAD_LANE(v128_load32_lane, 4)
LOAD_LANE(v128_load64_lane, 8)
STORE_LANE(v128_store8_lane, 1)
STORE_LANE(v128_store16_lane, 2)
STORE_LANE(v128_store32_lane, 4)
STORE_LANE(v128_store64_lane, 8)
