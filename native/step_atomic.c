/* The step stream: atomic accesses (proposal "threads"). An address must be a multiple of the
   width. Waiting and notifying are for the host to do: the run ends there, and goes on with the
   host's answer. */
#include "handler.h"

/* The place of an aligned access; NULL with the reason in ``trap``. */
static inline void *atomic_at(const wr_memory *memory, uint64_t address, uint64_t offset,
                              uint64_t width, int *trap)
{
  if (WR_UNLIKELY((address + offset) & (width - 1))) {
    *trap = WR_TRAP_UNALIGNED_ATOMIC;
    return NULL;
  }
  *trap = WR_TRAP_MEMORY_OUT_OF_BOUNDS;
  return wr_access_at(memory, address, offset, width);
}

#define ATOMIC(id, memory_t, ...) \
  WR_HANDLER(id) \
  { \
    wr_slot *operands = fp + ip->a; \
    int trap; \
    memory_t *place = \
        atomic_at(t->memories[ip->b], operands[0], ip->c, sizeof(memory_t), &trap); \
    WR_TRAP_IF(!place, trap); \
    __VA_ARGS__ \
    WR_NEXT(); \
  }

#define LOAD(id, memory_t) \
  ATOMIC(id, memory_t, operands[0] = __atomic_load_n(place, __ATOMIC_SEQ_CST);)
#define STORE(id, memory_t) \
  ATOMIC(id, memory_t, __atomic_store_n(place, (memory_t)operands[1], __ATOMIC_SEQ_CST);)
#define MODIFY(id, memory_t, function) \
  ATOMIC(id, memory_t, operands[0] = function(place, (memory_t)operands[1], __ATOMIC_SEQ_CST);)
#define REPLACE(id, memory_t) \
  ATOMIC(id, memory_t, memory_t expected = (memory_t)operands[1]; \
         __atomic_compare_exchange_n(place, &expected, (memory_t)operands[2], false, \
                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
         operands[0] = expected;)

LOAD(i32_atomic_load, uint32_t)
LOAD(i64_atomic_load, uint64_t)
LOAD(i32_atomic_load8_u, uint8_t)
LOAD(i32_atomic_load16_u, uint16_t)
LOAD(i64_atomic_load8_u, uint8_t)
LOAD(i64_atomic_load16_u, uint16_t)
LOAD(i64_atomic_load32_u, uint32_t)
STORE(i32_atomic_store, uint32_t)
STORE(i64_atomic_store, uint64_t)
STORE(i32_atomic_store8, uint8_t)
STORE(i32_atomic_store16, uint16_t)
STORE(i64_atomic_store8, uint8_t)
STORE(i64_atomic_store16, uint16_t)
STORE(i64_atomic_store32, uint32_t)

#define MODIFY_ALL(name, function) \
  MODIFY(i32_atomic_rmw_##name, uint32_t, function) \
  MODIFY(i64_atomic_rmw_##name, uint64_t, function) \
  MODIFY(i32_atomic_rmw8_##name##_u, uint8_t, function) \
  MODIFY(i32_atomic_rmw16_##name##_u, uint16_t, function) \
  MODIFY(i64_atomic_rmw8_##name##_u, uint8_t, function) \
  MODIFY(i64_atomic_rmw16_##name##_u, uint16_t, function) \
  MODIFY(i64_atomic_rmw32_##name##_u, uint32_t, function)
MODIFY_ALL(add, __atomic_fetch_add)
MODIFY_ALL(sub, __atomic_fetch_sub)
MODIFY_ALL(and, __atomic_fetch_and)
MODIFY_ALL(or, __atomic_fetch_or)
MODIFY_ALL(xor, __atomic_fetch_xor)
MODIFY_ALL(xchg, __atomic_exchange_n)

REPLACE(i32_atomic_rmw_cmpxchg, uint32_t)
REPLACE(i64_atomic_rmw_cmpxchg, uint64_t)
REPLACE(i32_atomic_rmw8_cmpxchg_u, uint8_t)
REPLACE(i32_atomic_rmw16_cmpxchg_u, uint16_t)
REPLACE(i64_atomic_rmw8_cmpxchg_u, uint8_t)
REPLACE(i64_atomic_rmw16_cmpxchg_u, uint16_t)
REPLACE(i64_atomic_rmw32_cmpxchg_u, uint32_t)

/* Have the host wait or notify at an address. */
static const wr_entry *suspend(const wr_entry *ip, wr_slot *fp, wr_task *t, int64_t budget,
                               uint32_t width, int status)
{
  const wr_slot *operands = fp + ip->a;
  t->arguments = (uint64_t)(operands - t->stack);
  t->waiting = (wr_waiting){t->memories[ip->b], operands[0] + ip->c, operands[1],
                            (int64_t)operands[2], width};
  return wr_stop(ip, t, budget - 1, status);
}

#define WAIT(id, memory_t) \
  WR_HANDLER(id) \
  { \
    wr_slot *operands = fp + ip->a; \
    wr_memory *memory = t->memories[ip->b]; \
    int trap; \
    memory_t *place = atomic_at(memory, operands[0], ip->c, sizeof(memory_t), &trap); \
    WR_TRAP_IF(!place, trap); \
    WR_TRAP_IF(!memory->limits.is_shared, WR_TRAP_EXPECTED_SHARED_MEMORY); \
    if (__atomic_load_n(place, __ATOMIC_SEQ_CST) != operands[1]) { \
      operands[0] = 1; \
      WR_NEXT(); \
    } \
    return suspend(ip, fp, t, budget, sizeof(memory_t), WR_WAIT); \
  }
WAIT(memory_atomic_wait32, uint32_t)
WAIT(memory_atomic_wait64, uint64_t)

WR_HANDLER(memory_atomic_notify)
{
  int trap;
  WR_TRAP_IF(!atomic_at(t->memories[ip->b], fp[ip->a], ip->c, 4, &trap), trap);
  return suspend(ip, fp, t, budget, 4, WR_NOTIFY);
}
