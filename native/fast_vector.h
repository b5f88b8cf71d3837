/* The fast stream: vectors. The meanings are in vector.h. */
#ifndef WR_FAST_VECTOR_H
#define WR_FAST_VECTOR_H

#include "fast_body.h"

/* One body: what is computed, the type of the result, where it goes. */
#define COMPUTE(name, RESULT, R, TO, PLACE, LENGTH) \
  BODY(name) \
  { \
    SET_##R(RESULT); \
    TO(R, PLACE) \
    s->ip += LENGTH; \
    return false; \
  }
#define BOTH(name, RESULT, R, PLACE, LENGTH) \
  COMPUTE(name##_A, RESULT, R, TO_A, PLACE, LENGTH) \
  COMPUTE(name##_S, RESULT, R, TO_S, PLACE, LENGTH)

#define UNARY(id) \
  BOTH(id##_s, id(SLOT_v128(X)), v128, Z, 2) \
  BOTH(id##_a, id(ACC_v128), v128, Z, 2)
#define TEST(id) \
  BOTH(id##_s, id(SLOT_v128(X)), i32, Z, 2) \
  BOTH(id##_a, id(ACC_v128), i32, Z, 2)
#define BINARY(id) \
  BOTH(id##_ss, id(SLOT_v128(X), SLOT_v128(Y)), v128, Z, 2) \
  BOTH(id##_as, id(ACC_v128, SLOT_v128(Y)), v128, Z, 2) \
  BOTH(id##_sa, id(SLOT_v128(X), ACC_v128), v128, Z, 2)
#define TERNARY(id) \
  BOTH(id##_sss, id(SLOT_v128(X), SLOT_v128(Y), SLOT_v128(Z0)), v128, Z1, 2)
#define SHIFT(id) \
  BOTH(id##_ss, id(SLOT_v128(X), SLOT_i32(Y)), v128, Z, 2) \
  BOTH(id##_as, id(ACC_v128, SLOT_i32(Y)), v128, Z, 2) \
  BOTH(id##_si, id(SLOT_v128(X), (uint32_t)IMM), v128, Y, 2) \
  BOTH(id##_ai, id(ACC_v128, (uint32_t)IMM), v128, Y, 2)
WR_VECTOR_UNARY(UNARY)
WR_VECTOR_TEST(TEST)
WR_VECTOR_BINARY(BINARY)
WR_VECTOR_TERNARY(TERNARY)
WR_VECTOR_SHIFT(SHIFT)
#undef UNARY
#undef TEST
#undef BINARY
#undef TERNARY
#undef SHIFT

/* Lanes */

#define SPLAT(id, T) \
  BOTH(id##_s, id(SLOT_##T(X)), v128, Z, 2) \
  BOTH(id##_a, id(ACC_##T), v128, Z, 2)
WR_FAST_SPLATS(SPLAT)
#undef SPLAT

#define EXTRACT_FROM(id, form, T, lane_t, VECTOR) \
  static inline wr_t_##T wr_lane_##id##_##form(const wr_fast *s) \
  { \
    wr_v128 vector = VECTOR; \
    lane_t lanes[sizeof vector / sizeof(lane_t)]; \
    memcpy(lanes, &vector, sizeof vector); \
    return (wr_t_##T)lanes[Y]; \
  } \
  BOTH(id##_##form, wr_lane_##id##_##form(s), T, Z, 2)
#define EXTRACT(id, T, lane_t) \
  EXTRACT_FROM(id, s, T, lane_t, SLOT_v128(X)) \
  EXTRACT_FROM(id, a, T, lane_t, ACC_v128)
WR_FAST_EXTRACTS(EXTRACT)
#undef EXTRACT
#undef EXTRACT_FROM

#define REPLACE_IN(id, form, lane_t, VECTOR, VALUE) \
  static inline wr_v128 wr_lane_##id##_##form(const wr_fast *s) \
  { \
    wr_v128 vector = VECTOR; \
    lane_t lanes[sizeof vector / sizeof(lane_t)]; \
    memcpy(lanes, &vector, sizeof vector); \
    lanes[Z0] = (lane_t)VALUE; \
    memcpy(&vector, lanes, sizeof vector); \
    return vector; \
  } \
  BOTH(id##_##form, wr_lane_##id##_##form(s), v128, Z1, 2)
#define REPLACE(id, T, lane_t) \
  REPLACE_IN(id, ss, lane_t, SLOT_v128(X), SLOT_##T(Y)) \
  REPLACE_IN(id, as, lane_t, ACC_v128, SLOT_##T(Y)) \
  REPLACE_IN(id, sa, lane_t, SLOT_v128(X), ACC_##T)
WR_FAST_REPLACES(REPLACE)
#undef REPLACE
#undef REPLACE_IN

BOTH(i8x16_shuffle, i8x16_shuffle(SLOT_v128(X), SLOT_v128(Y), (const uint8_t *)(s->ip + 2)), v128,
     Z, 4)
BOTH(constant_v128, ((wr_v128){WORD(2), WORD(3)}), v128, Z, 4)
BOTH(select_v128_s, SLOT_v128(s->fp[Z0] ? X : Y), v128, Z1, 2)
BOTH(select_v128_a, SLOT_v128(s->acc ? X : Y), v128, Z1, 2)
#undef BOTH
#undef COMPUTE

/* Memory 0: outside it is as for the other loads and stores. */

#define LOAD_FROM(name, memory_t, RESULT, ADDRESS, TO) \
  BODY(name) \
  { \
    uint64_t address = (uint64_t)(ADDRESS) + Z; \
    memory_t value; \
    if (wr_fast_is_outside(s, address, sizeof value)) \
      return wr_fast_trap(s, WR_TRAP_MEMORY_OUT_OF_BOUNDS); \
    memcpy(&value, s->mem + address, sizeof value); \
    SET_v128(RESULT); \
    TO(v128, Y) \
    s->ip += 2; \
    return false; \
  }
#define LOAD(id, memory_t, RESULT) \
  LOAD_FROM(id##_s_A, memory_t, RESULT, SLOT_i32(X), TO_A) \
  LOAD_FROM(id##_s_S, memory_t, RESULT, SLOT_i32(X), TO_S) \
  LOAD_FROM(id##_a_A, memory_t, RESULT, ACC_i32, TO_A) \
  LOAD_FROM(id##_a_S, memory_t, RESULT, ACC_i32, TO_S)
WR_FAST_VECTOR_LOADS(LOAD)
#undef LOAD
#undef LOAD_FROM

#define STORE_TO(name, ADDRESS, VALUE) \
  BODY(name) \
  { \
    uint64_t address = (uint64_t)(ADDRESS) + Z; \
    wr_v128 value = VALUE; \
    if (wr_fast_is_outside(s, address, sizeof value)) \
      return wr_fast_trap(s, WR_TRAP_MEMORY_OUT_OF_BOUNDS); \
    memcpy(s->mem + address, &value, sizeof value); \
    s->ip += 2; \
    return false; \
  }
STORE_TO(v128_store_ss, SLOT_i32(X), SLOT_v128(Y))
STORE_TO(v128_store_sa, SLOT_i32(X), ACC_v128)
STORE_TO(v128_store_as, ACC_i32, SLOT_v128(Y))
STORE_TO(v128_store_aa, ACC_i32, ACC_v128)
#undef STORE_TO

#endif
