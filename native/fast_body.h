/* What handlers of the fast stream are made of. The work of an instruction is an inline function,
   ``body_NAME``, that changes the registers and says whether the run ends; a handler is one body,
   or several one after the other (a superinstruction), and a jump. */
#ifndef WR_FAST_BODY_H
#define WR_FAST_BODY_H

#include "fast.h"
#include "fast_list.h"

#define WR_RARE(condition) __builtin_expect(!!(condition), 0)
#define BODY(name) static inline __attribute__((always_inline)) bool body_##name(wr_fast *s)

#define OPERANDS ((const wr_operands *)(s->ip + 1))
#define X (OPERANDS->x)
#define Y (OPERANDS->y)
#define Z (OPERANDS->z)
#define Z0 (OPERANDS->z0)
#define Z1 (OPERANDS->z1)
#define IMM (OPERANDS->imm)
#define WORD(k) (s->ip[k])

/* Values by type: from and to a slot, an accumulator, and constants in code. */

static inline uint32_t wr_slot_i32(const wr_slot *slot) { return (uint32_t)*slot; }
static inline uint64_t wr_slot_i64(const wr_slot *slot) { return *slot; }
static inline float wr_slot_f32(const wr_slot *slot) { return wr_f32((uint32_t)*slot); }
static inline double wr_slot_f64(const wr_slot *slot) { return wr_f64(*slot); }
static inline wr_v128 wr_slot_v128(const wr_slot *slots)
{
  wr_v128 value;
  memcpy(&value, slots, sizeof value);
  return value;
}

#define ACC_i32 ((uint32_t)s->acc)
#define ACC_i64 (s->acc)
#define ACC_f32 (s->acc32)
#define ACC_f64 (s->acc64)
#define ACC_v128 (s->acc128)
#define SLOT_i32(place) wr_slot_i32(s->fp + (place))
#define SLOT_i64(place) wr_slot_i64(s->fp + (place))
#define SLOT_f32(place) wr_slot_f32(s->fp + (place))
#define SLOT_f64(place) wr_slot_f64(s->fp + (place))
#define SLOT_v128(place) wr_slot_v128(s->fp + (place))

#define SET_i32(value) (s->acc = wr_low((uint32_t)(value)))
#define SET_i64(value) (s->acc = (value))
#define SET_f32(value) (s->acc32 = (value))
#define SET_f64(value) (s->acc64 = (value))
#define SET_v128(value) (s->acc128 = (value))
/* What the accumulator of a type holds, as a slot has it. */
#define WORD_i32 (s->acc)
#define WORD_i64 (s->acc)
#define WORD_f32 ((uint64_t)wr_f32_bits(s->acc32))
#define WORD_f64 (wr_f64_bits(s->acc64))

/* A 32-bit number, as a slot has it. */
static inline uint64_t wr_low(uint32_t number) { return number; }

static inline uint64_t wr_from_i64(uint64_t word) { return word; }
static inline float wr_from_f32(uint64_t word) { return wr_f32((uint32_t)word); }
static inline double wr_from_f64(uint64_t word) { return wr_f64(word); }

/* A constant is in the operands where 32 bits suffice, else in a word of its own; so is the place
   of a slot that the result goes to. */
#define CONSTANT_i32 ((uint32_t)IMM)
#define CONSTANT_i64 (WORD(2))
#define CONSTANT_f32 (wr_f32(Z))
#define CONSTANT_f64 (wr_f64(WORD(2)))
#define PLACE_i32 Y
#define PLACE_i64 Z
#define PLACE_f32 Y
#define PLACE_f64 Z
#define LENGTH_i32 2
#define LENGTH_i64 3
#define LENGTH_f32 2
#define LENGTH_f64 3

#define TO_A(T, place)
#define TO_S(T, place) PUT_##T(place)
#define PUT_i32(place) s->fp[place] = WORD_i32;
#define PUT_i64(place) s->fp[place] = WORD_i64;
#define PUT_f32(place) s->fp[place] = WORD_f32;
#define PUT_f64(place) s->fp[place] = WORD_f64;
#define PUT_v128(place) memcpy(s->fp + (place), &s->acc128, sizeof s->acc128);

typedef float wr_t_f32;
typedef double wr_t_f64;
typedef uint32_t wr_t_i32;
typedef uint64_t wr_t_i64;
typedef wr_v128 wr_t_v128;

/* The run ends because the instruction at ip trapped. */
static inline bool wr_fast_trap(wr_fast *s, int trap)
{
  s->t->trap = trap;
  s->t->status = WR_FAULT;
  return true;
}

#if WR_TAIL_CALLS
#if defined(__clang__)
#define WR_FAST_MUSTTAIL __attribute__((musttail))
#else
#define WR_FAST_MUSTTAIL
#endif
#define WR_FAST_JUMP(s) \
  WR_FAST_MUSTTAIL return ((wr_fast_handler)(uintptr_t)(s).ip[0])( \
      (s).ip, (s).fp, (s).t, (s).mem, (s).spent, (s).acc, (s).acc32, (s).acc64, (s).acc128)
#else
#define WR_FAST_JUMP(s) \
  do { \
    (s).t->registers = (s); \
    return (s).ip; \
  } while (0)
#endif

/* End the run: keep the registers. */
const wr_word *wr_fast_leave(WR_FAST_PARAMETERS);

#define WR_FAST_BEGIN wr_fast s = {ip, fp, t, mem, spent, acc, acc32, acc64, acc128, false}
#define WR_FAST_DO(name) \
  if (WR_RARE(body_##name(&s))) \
    return wr_fast_leave(s.ip, s.fp, s.t, s.mem, s.spent, s.acc, s.acc32, s.acc64, \
                         s.acc128)

/* Two handlers with the same code stay two: else one of them would only jump to the other. */
#if defined(__GNUC__) && !defined(__clang__)
#define WR_FAST_ALONE __attribute__((no_icf))
#else
#define WR_FAST_ALONE
#endif

#define WR_FAST_DEFINE(name, ...) \
  WR_FAST_ALONE const wr_word *wr_at_##name(WR_FAST_PARAMETERS) \
  { \
    WR_FAST_BEGIN; \
    WR_FAST_DO(name); \
    WR_FAST_JUMP(s); \
  }

/* Fuel and steps, unless a benchmark wants to know what counting them costs. Spending says whether
   the limit is near. */
#ifdef WR_NO_FUEL
#define WR_SPEND(s, word) false
#define WR_IS_NEAR(s) false
#else
#define WR_SPEND(s, word) wr_fast_spend(s, &(word))
#define WR_IS_NEAR(s) ((s)->spent >= 0)
#endif

static inline bool wr_fast_spend(wr_fast *s, const wr_word *cost)
{
#if defined(__x86_64__) && defined(__GCC_ASM_FLAG_OUTPUTS__)
  bool is_near; /* one instruction, in the register that it is in */
  __asm__("addq %2, %0" : "+r"(s->spent), "=@ccns"(is_near) : "m"(*cost));
  return is_near;
#else
  s->spent += (int64_t)*cost;
  return s->spent >= 0;
#endif
}

/* Whether the run ends at a label that something lies before. */
static inline bool wr_fast_is_over(const wr_fast *s, int64_t before)
{
  return WR_RARE(s->spent + before >= wr_fast_limit(s->t));
}

static inline bool wr_fast_checkpoint(wr_fast *s)
{
  s->t->status = WR_CHECKPOINT;
  return true;
}

/* A loop's head, before its first instruction: whether the run ends there. */
static inline bool wr_fast_at_loop(wr_fast *s, bool is_near)
{
  return WR_RARE(is_near) && wr_fast_is_over(s, (int64_t)s->ip[-1]) && wr_fast_checkpoint(s);
}

/* Jump so many words. */
static inline void wr_fast_go(wr_fast *s, int32_t distance)
{
  s->ip += distance;
  s->has_jumped = true;
}

#endif
