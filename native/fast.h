/* The fast stream: the second way to advance a task.

   Its code is made of words: a handler's address, a word of operands, and for some handlers more
   words. Where the step stream has one entry for each instruction and moves everything through
   slots, here an instruction takes its operands from where they are (a local variable, a slot, a
   constant in the code, an accumulator) and leaves its result where it is wanted. What lies in the
   slots of operands therefore is right only at labels and calls, where all frames look as the step
   stream leaves them: there a task may go from one stream to the other.

   Accumulators pass a result to the instruction that uses it: ``acc`` for integers and references,
   ``acc32`` and ``acc64`` for floats, ``acc128`` for vectors. Names of handlers tell their operands: s is a slot, a an
   accumulator, i a constant; the result goes to the accumulator alone (A) or to a slot as well
   (S).

   Fuel and steps are counted together, in one register: fuel in the upper bits, steps in the
   lower WR_STEP_BITS. As in the step stream it holds what was spent less what lies before the
   present place, so that only branches taken, calls and returns change it, by amounts known
   beforehand. The word before a label (a loop's head, a function's entry, the place behind a
   call) says what lies before it in the body: its lower bits are the pc.

   It counts from below zero: while it is negative, the limit is far, whatever lies before a label,
   and loops and calls look at nothing but its sign. Only from WR_FAST_MARGIN before the limit on
   they look at the label and the limit (``fast_limit``, of that register) too. So another thread
   that lowers the limit is heard when the run ends that way, which is within a quantum. */
#ifndef WR_FAST_H
#define WR_FAST_H

#include "task.h"
#include "trap.h"

#define WR_ONE_FUEL ((int64_t)1 << WR_STEP_BITS)
/* The most fuel of one run: what fits the upper bits, and returns to the driver seldom. */
#define WR_FAST_QUANTUM ((int64_t)1 << 20)
/* More instructions without fuel than this could overflow the steps within a quantum. */
#define WR_FAST_IDLE ((uint32_t)1 << (WR_STEP_BITS - 21))
/* Loops before which more fuel lies in the body look at their word each time. */
#define WR_FAST_MARGIN ((uint32_t)1 << 13)

static inline int64_t wr_spent(uint32_t fuel, uint32_t steps)
{
  return (int64_t)fuel << WR_STEP_BITS | steps;
}

#define WR_FAST_PARAMETERS \
  const wr_word *ip, wr_slot *fp, wr_task *t, uint8_t *mem, int64_t spent, uint64_t acc, \
      float acc32, double acc64, wr_v128 acc128

/* Handlers jump to each other, or return the next place to the driver (see handler.h). */
typedef const wr_word *(*wr_fast_handler)(WR_FAST_PARAMETERS);

/* The operands of an instruction. */
typedef struct wr_operands {
  uint16_t x, y;
  union {
    uint32_t z;
    int32_t imm;
    struct {
      uint16_t z0, z1;
    };
  };
} wr_operands;

/* How many words a call takes: [handler][operands: index; first slot][callee][cost][what lies before
   the next instruction]. The cost is that of the way to the callee's first instruction. */
#define WR_FAST_CALL 5

/* One way out of br_table. */
typedef struct wr_fast_branch {
  int32_t distance; /* in words, from the br_table */
  uint16_t from, to, count;
  wr_word spent;
} wr_fast_branch;

/* Run at ``ip``, which ``before`` lies before, until the task's status is set or there was so much
   fuel. */
void wr_fast_run(wr_task *t, const wr_word *ip, int64_t before, int64_t fuel);
/* Where the fast stream can be entered at a pc: a function's entry, a loop, a handler. NULL if
   the function has no fast code, or not there. */
const wr_word *wr_fast_label(wr_code *code, uint32_t pc);
/* Lower for the fast stream. False if that is impossible for this function, or memory is short. */
bool wr_fast_lower(wr_code *code);
/* Do an instruction with the step stream's handler; false if that ended the run. */
bool wr_fast_bridge(wr_task *t, const wr_entry *entry, wr_slot *fp);
/* Which instruction has the code at ``ip``, and put its operands in their slots. */
bool wr_fast_settle(wr_code *code, const wr_fast *registers, uint32_t *pc);

static inline int64_t wr_fast_limit(const wr_task *t)
{
  return __atomic_load_n(&t->fast_limit, __ATOMIC_RELAXED);
}

/* What a run has spent at a place that something lies before. */
static inline int64_t wr_fast_sum(const wr_fast *registers, int64_t before)
{
  return registers->spent + before + registers->t->fast_base;
}

/* If somebody has lowered the limit: have the next loop or call look at it. */
static inline void wr_fast_hasten(wr_fast *s)
{
  const int64_t leap = (int64_t)1 << 60;
  if (__builtin_expect(wr_fast_limit(s->t) == INT64_MIN, 0) && s->spent < 0) {
    s->spent += leap;
    s->t->fast_base -= leap;
  }
}

static inline const wr_word *wr_fast_code(const wr_code *code)
{
  return __atomic_load_n(&code->fast, __ATOMIC_ACQUIRE);
}

#endif
