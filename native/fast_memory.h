/* The fast stream: loads and stores in memory 0, globals, moves, constants. */
#ifndef WR_FAST_MEMORY_H
#define WR_FAST_MEMORY_H

#include "fast_body.h"

/* Whether ``width`` bytes from an address on are outside. Another thread may have made the memory
   larger since its size was looked up: then the trap is found to be none. */
static inline bool wr_fast_is_outside(const wr_fast *s, uint64_t address, unsigned width)
{
  return WR_RARE(address + width > s->t->memory_size);
}

#define LOAD_FROM(name, memory_t, T, ADDRESS, TO) \
  BODY(name) \
  { \
    uint64_t address = (uint64_t)(ADDRESS) + Z; \
    memory_t value; \
    if (wr_fast_is_outside(s, address, sizeof value)) \
      return wr_fast_trap(s, WR_TRAP_MEMORY_OUT_OF_BOUNDS); \
    memcpy(&value, s->mem + address, sizeof value); \
    SET_##T((wr_t_##T)value); \
    TO(T, Y) \
    s->ip += 2; \
    return false; \
  }
#define LOAD(id, memory_t, T) \
  LOAD_FROM(id##_s_A, memory_t, T, SLOT_i32(X), TO_A) \
  LOAD_FROM(id##_s_S, memory_t, T, SLOT_i32(X), TO_S) \
  LOAD_FROM(id##_a_A, memory_t, T, ACC_i32, TO_A) \
  LOAD_FROM(id##_a_S, memory_t, T, ACC_i32, TO_S)
WR_FAST_LOADS(LOAD)
#undef LOAD
#undef LOAD_FROM

#define STORE_TO(name, memory_t, ADDRESS, VALUE, LENGTH) \
  BODY(name) \
  { \
    uint64_t address = (uint64_t)(ADDRESS) + Z; \
    memory_t value = (memory_t)(VALUE); \
    if (wr_fast_is_outside(s, address, sizeof value)) \
      return wr_fast_trap(s, WR_TRAP_MEMORY_OUT_OF_BOUNDS); \
    memcpy(s->mem + address, &value, sizeof value); \
    s->ip += LENGTH; \
    return false; \
  }
#define STORE(id, memory_t, T) \
  STORE_TO(id##_ss, memory_t, SLOT_i32(X), s->fp[Y], 2) \
  STORE_TO(id##_sa, memory_t, SLOT_i32(X), WORD_##T, 2) \
  STORE_TO(id##_as, memory_t, ACC_i32, s->fp[Y], 2) \
  STORE_TO(id##_aa, memory_t, ACC_i32, WORD_##T, 2) \
  STORE_TO(id##_si, memory_t, SLOT_i32(X), WORD(2), 3) \
  STORE_TO(id##_ai, memory_t, ACC_i32, WORD(2), 3)
WR_FAST_STORES(STORE)
#undef STORE
#undef STORE_TO

/* A body of a few statements, and its length. */
#define SIMPLE(name, LENGTH, ...) \
  BODY(name) \
  { \
    __VA_ARGS__ \
    s->ip += LENGTH; \
    return false; \
  }
#define TYPED(T) \
  SIMPLE(set_##T, 2, s->fp[Z] = WORD_##T;) \
  SIMPLE(constant_##T##_A, 3, SET_##T(wr_from_##T(WORD(2)));) \
  SIMPLE(constant_##T##_S, 3, SET_##T(wr_from_##T(WORD(2))); s->fp[Z] = WORD(2);) \
  SIMPLE(global_get_##T##_A, 2, SET_##T(wr_from_##T(s->t->globals[X]->value[0]));) \
  SIMPLE(global_get_##T##_S, 2, SET_##T(wr_from_##T(s->t->globals[X]->value[0])); \
         s->fp[Z] = WORD_##T;) \
  SIMPLE(global_set_##T##_a, 2, s->t->globals[Y]->value[0] = WORD_##T;) \
  SIMPLE(select_##T##_s_A, 2, SET_##T(wr_from_##T(s->fp[s->fp[Z0] ? X : Y]));) \
  SIMPLE(select_##T##_s_S, 2, SET_##T(wr_from_##T(s->fp[s->fp[Z0] ? X : Y])); \
         s->fp[Z1] = WORD_##T;) \
  SIMPLE(select_##T##_a_A, 2, SET_##T(wr_from_##T(s->fp[s->acc ? X : Y]));) \
  SIMPLE(select_##T##_a_S, 2, SET_##T(wr_from_##T(s->fp[s->acc ? X : Y])); \
         s->fp[Z1] = WORD_##T;)
TYPED(i64)
TYPED(f32)
TYPED(f64)
#undef TYPED
SIMPLE(copy, 2, s->fp[Z] = s->fp[X];)
SIMPLE(copy_vector, 2, memmove(s->fp + Z, s->fp + X, 2 * sizeof(wr_slot));)
SIMPLE(put_constant, 3, s->fp[Z] = WORD(2);)
SIMPLE(set_v128, 2, memcpy(s->fp + Z, &s->acc128, sizeof s->acc128);)
SIMPLE(global_set_s, 2, s->t->globals[Y]->value[0] = s->fp[X];)
SIMPLE(global_set_i, 3, s->t->globals[Y]->value[0] = WORD(2);)
#define BULK(name, ...) \
  BODY(name) \
  { \
    uint64_t to = SLOT_i32(X), count = SLOT_i32(Z0); \
    __VA_ARGS__ \
    s->ip += 2; \
    return false; \
  }
#define CHECK(address) \
  if (WR_RARE((address) + count > s->t->memory_size)) \
    return wr_fast_trap(s, WR_TRAP_MEMORY_OUT_OF_BOUNDS);
BULK(memory_copy, uint64_t from = SLOT_i32(Y); CHECK(to) CHECK(from)
     wr_task_worked(s->t, count); wr_fast_hasten(s);
     if (count) memmove(s->mem + to, s->mem + from, count);)
BULK(memory_fill, CHECK(to) wr_task_worked(s->t, count); wr_fast_hasten(s);
     if (count) memset(s->mem + to, (int)(uint8_t)s->fp[Y], count);)
#undef BULK
#undef CHECK
SIMPLE(memory_size_A, 2, s->acc = wr_memory_pages(s->t->memories[X]);)
SIMPLE(memory_size_S, 2, s->acc = wr_memory_pages(s->t->memories[X]); s->fp[Z] = s->acc;)

#endif
