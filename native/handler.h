/* What handlers of the step stream are made of.

   A handler does the work of one entry and goes on at the next one. Where the compiler makes jumps
   of calls at the end of a function (WR_TAIL_CALLS), it jumps there itself; else it returns the
   next entry to the loop in task.c. Either way it counts its step. */
#ifndef WR_HANDLER_H
#define WR_HANDLER_H

#include "task.h"
#include "trap.h"

#include <string.h>

#define WR_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#define WR_HANDLER(name) \
  const wr_entry *wr_step_##name(const wr_entry *ip, __attribute__((unused)) wr_slot *fp, \
                                 wr_task *t, int64_t budget)

/* Call the handler of an entry. */
const wr_entry *wr_step_at(const wr_entry *ip, wr_slot *fp, wr_task *task, int64_t budget);
/* End the run: ``ip`` is the next entry, ``budget`` what is left. */
const wr_entry *wr_stop(const wr_entry *ip, wr_task *t, int64_t budget, int status);
/* End the run because the instruction at ``ip`` trapped. */
const wr_entry *wr_stop_trap(const wr_entry *ip, wr_task *t, int64_t budget, int trap);
/* The same for lack of memory, and of room in the heap. */
const wr_entry *wr_stop_no_memory(const wr_entry *ip, wr_task *t, int64_t budget);
const wr_entry *wr_stop_no_object(const wr_entry *ip, wr_task *t, int64_t budget);

#if WR_TAIL_CALLS
#if defined(__clang__)
#define WR_JUMP(ip) __attribute__((musttail)) return (ip)->handler(ip, fp, t, budget)
#else
#define WR_JUMP(ip) return (ip)->handler(ip, fp, t, budget)
#endif
#else
#define WR_JUMP(ip) \
  do { \
    t->next_fp = fp; \
    t->budget = budget; \
    return ip; \
  } while (0)
#endif

/* Go on at an entry: the step is done. */
#define WR_GO(entry) \
  do { \
    ip = (entry); \
    if (WR_UNLIKELY(--budget == 0)) \
      return wr_stop(ip, t, budget, WR_STEPS); \
    WR_JUMP(ip); \
  } while (0)

#define WR_NEXT() WR_GO(ip + 1)
#define WR_TRAP(code) return wr_stop_trap(ip, t, budget, code)
#define WR_TRAP_IF(condition, code) \
  do { \
    if (WR_UNLIKELY(condition)) \
      WR_TRAP(code); \
  } while (0)

/* Values in slots: narrower ones with zeros above. */

static inline uint32_t wr_get_i32(const wr_slot *slot) { return (uint32_t)*slot; }
static inline uint64_t wr_get_i64(const wr_slot *slot) { return *slot; }
static inline float wr_get_f32(const wr_slot *slot)
{
  float value;
  uint32_t bits = (uint32_t)*slot;
  memcpy(&value, &bits, sizeof value);
  return value;
}
static inline double wr_get_f64(const wr_slot *slot)
{
  double value;
  memcpy(&value, slot, sizeof value);
  return value;
}
static inline void wr_put_i32(wr_slot *slot, uint32_t value) { *slot = value; }
static inline void wr_put_i64(wr_slot *slot, uint64_t value) { *slot = value; }
static inline void wr_put_f32(wr_slot *slot, float value)
{
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  *slot = bits;
}
static inline void wr_put_f64(wr_slot *slot, double value) { memcpy(slot, &value, sizeof value); }

/* Where ``width`` bytes from an operand and an offset on lie in a memory; NULL outside. */
static inline uint8_t *wr_access_at(const wr_memory *memory, uint64_t address, uint64_t offset,
                                    uint64_t width)
{
  uint64_t begin, end;
  if (WR_UNLIKELY(__builtin_add_overflow(address, offset, &begin) ||
                  __builtin_add_overflow(begin, width, &end) ||
                  end > __atomic_load_n(&memory->size, __ATOMIC_RELAXED)))
    return NULL;
  return memory->base + begin;
}

/* A 32-bit number, as a slot has it. */
static inline wr_slot wr_low_signed(int32_t number) { return (uint32_t)number; }

/* Loads: X(instruction, type in memory, what widens it) */
#define WR_STEP_LOADS(X) \
  X(i32_load, uint32_t, ) X(i64_load, uint64_t, ) X(f32_load, uint32_t, ) \
  X(f64_load, uint64_t, ) X(i32_load8_s, int8_t, WR_TO_I32) X(i32_load8_u, uint8_t, ) \
  X(i32_load16_s, int16_t, WR_TO_I32) X(i32_load16_u, uint16_t, ) \
  X(i64_load8_s, int8_t, WR_TO_I64) X(i64_load8_u, uint8_t, ) \
  X(i64_load16_s, int16_t, WR_TO_I64) X(i64_load16_u, uint16_t, ) \
  X(i64_load32_s, int32_t, WR_TO_I64) X(i64_load32_u, uint32_t, )
#define WR_TO_I32 wr_low_signed
#define WR_TO_I64 (uint64_t)(int64_t)

/* Handlers by instruction; the others that lowering chooses from. */
extern const wr_handler wr_step_handlers[WR_OP_COUNT];

/* Those for loads and stores in memory 0 with addresses of 32 bits; NULL for all others. */
extern const wr_handler wr_step_near_handlers[WR_OP_COUNT];

/* What does an instruction and before it a copy, a constant, or two of them: NULL if there is
   none. */
typedef struct wr_joined {
  wr_handler copy, constant, copy_copy, copy_constant;
} wr_joined;
extern const wr_joined wr_step_joined[WR_OP_COUNT];

#define WR_EXTRA_HANDLERS(X) \
  X(copy) X(copy_vector) X(constant) X(goto) X(goto_one) X(goto_if) X(goto_if_one) X(goto_unless) \
  X(select_vector) X(global_get_vector) X(global_set_vector) X(call_function) \
  X(return_call_function) X(unreached) X(back)

#define WR_DECLARE(id, ...) WR_HANDLER(id);
WR_INSTRUCTIONS(WR_DECLARE)
WR_EXTRA_HANDLERS(WR_DECLARE)
#undef WR_DECLARE

#endif
