/* The fast stream: jumps, calls, and what is left to the step stream. */
#ifndef WR_FAST_CONTROL_H
#define WR_FAST_CONTROL_H

#include "aggregate.h"
#include "fast_body.h"

/* End the run at the instruction that ``before`` tells: what lies before the next one. The frame's
   pc is that of the instruction itself. */
static inline bool wr_fast_stop(wr_fast *s, int status, int64_t before)
{
  s->t->status = status;
  s->t->fast_total = wr_fast_sum(s, before);
  s->t->frame->pc = (uint32_t)((uint64_t)before & WR_STEP_MASK) - 1;
  return true;
}

BODY(loop)
{
  s->ip += 2;
  return wr_fast_at_loop(s, WR_IS_NEAR(s));
}

/* One before which more lies than the margin. */
BODY(loop_far)
{
  s->ip += 2;
  return wr_fast_at_loop(s, true);
}

BODY(goto)
{
  (void)WR_SPEND(s, WORD(2));
  wr_fast_go(s, IMM);
  return false;
}

BODY(goto_loop)
{
  bool is_near = WR_SPEND(s, WORD(2));
  wr_fast_go(s, IMM);
  return wr_fast_at_loop(s, is_near);
}

/* Branches that take values along: [operands: condition, from; to, how many][distance][cost] */
static inline void wr_fast_move(wr_fast *s)
{
  wr_slide(s->fp + Z0, s->fp + Y, Z1);
  (void)WR_SPEND(s, WORD(3));
  wr_fast_go(s, (int32_t)WORD(2));
}

#define MOVE_IF(name, CONDITION) \
  BODY(name) \
  { \
    if (CONDITION) \
      wr_fast_move(s); \
    else \
      s->ip += 4; \
    return false; \
  }
MOVE_IF(br_move_s_if, s->fp[X])
MOVE_IF(br_move_s_unless, !s->fp[X])
MOVE_IF(br_move_a_if, s->acc)
MOVE_IF(br_move_a_unless, !s->acc)
MOVE_IF(goto_move, true)
#undef MOVE_IF

static inline bool wr_fast_choose(wr_fast *s, uint32_t index)
{
  const wr_fast_branch *branches = (const wr_fast_branch *)(uintptr_t)WORD(2);
  const wr_fast_branch *branch = branches + (index < Z ? index : Z);
  wr_slide(s->fp + branch->to, s->fp + branch->from, branch->count);
  (void)WR_SPEND(s, branch->spent);
  wr_fast_go(s, branch->distance);
  return false;
}

BODY(br_table_s) { return wr_fast_choose(s, SLOT_i32(X)); }
BODY(br_table_a) { return wr_fast_choose(s, ACC_i32); }

BODY(cast_test_A)
{
  s->acc = wr_reference_has_type(s->fp[X], (wr_type)Z);
  s->ip += 2;
  return false;
}

/* Never chosen: lowering makes a branch of every test. */
BODY(cast_test_S) { return body_cast_test_A(s); }

/* Calls */

/* What is needed but seldom is not done by handlers themselves, so that they need no stack of their
   own: other instances, functions of the host, code that is not there yet, stacks that must grow. */
static inline bool wr_fast_ask(wr_fast *s, int request, const void *subject, uint32_t first,
                               uint32_t count)
{
  wr_task *t = s->t;
  t->request = (wr_request){request, first, count, subject};
  t->status = WR_REQUEST;
  return true;
}

/* Where on the stack a frame in the fast stream ends; beyond everything if there is no code yet. */
static inline uint64_t wr_fast_end(const wr_slot *fp, const wr_code *code)
{
  uint64_t slots = __atomic_load_n(&code->fast_slots, __ATOMIC_ACQUIRE);
  return (uint64_t)(uintptr_t)fp + slots * sizeof(wr_slot);
}

/* Push an activation of a function of the same instance. */
static inline __attribute__((always_inline)) bool wr_fast_push(wr_fast *s, wr_code *code)
{
  wr_task *t = s->t;
  wr_frame *frame = t->frame;
  s->acc = 0; /* nothing is in it, and this leaves a register for others */
  s->fp += Z;
  int64_t room;
  if (WR_RARE(wr_fast_end(s->fp, code) > (uint64_t)(uintptr_t)t->stack_end ||
              (room = frame->room - code->size) < 0 || frame + 1 == t->frames_end)) {
    s->fp -= Z;
    return wr_fast_ask(s, WR_REQUEST_CALL, code, 0, 0);
  }
  frame->ip = s->ip + WR_FAST_CALL;
  bool is_near = WR_SPEND(s, WORD(3));
  frame[1].instance = frame->instance;
  frame++;
  t->frame = frame;
  frame->room = room;
  frame->code = code;
  frame->fp = s->fp;
  s->ip = code->fast;
  wr_slot *end = s->fp + code->local_slots;
  for (wr_slot *local = s->fp + code->param_slots; local != end; local++) {
    *local = 0;
    WR_NO_IDIOM(local);
  }
  return WR_RARE(is_near) && wr_fast_is_over(s, 0) && wr_fast_checkpoint(s);
}

BODY(call) { return wr_fast_push(s, (wr_code *)(uintptr_t)WORD(2)); }

BODY(call_import)
{
  const wr_callee *callee = s->t->frame->instance->functions[WORD(2)];
  return wr_fast_ask(s, WR_REQUEST_CALL_REFERENCE, callee, 0, 0);
}

/* The callee at an index of a table; NULL if the run ends. */
static inline __attribute__((always_inline)) wr_callee *wr_fast_find(wr_fast *s, uint64_t index)
{
  const wr_site *site = (const wr_site *)(uintptr_t)WORD(2);
  const wr_table *table = s->t->frame->instance->tables[site->table];
  if (WR_RARE(index >= table->size)) {
    wr_fast_trap(s, WR_TRAP_UNDEFINED_ELEMENT);
    return NULL;
  }
  wr_callee *callee = (wr_callee *)(uintptr_t)wr_table_get(table, index);
  if (WR_RARE(!callee)) {
    s->t->trap_value = index;
    wr_fast_trap(s, WR_TRAP_UNINITIALIZED_ELEMENT);
    return NULL;
  }
  if (WR_RARE(callee->type != site->type && !wr_defined_matches(callee->type, site->type))) {
    wr_fast_trap(s, WR_TRAP_INDIRECT_CALL_TYPE_MISMATCH);
    return NULL;
  }
  return callee;
}

static inline __attribute__((always_inline)) bool wr_fast_call_found(wr_fast *s,
                                                                     wr_callee *callee)
{
  if (WR_RARE(!callee))
    return true;
  if (WR_RARE(callee->instance != s->t->frame->instance))
    return wr_fast_ask(s, WR_REQUEST_CALL_REFERENCE, callee, 0, 0);
  return wr_fast_push(s, callee->code);
}

BODY(call_indirect_s) { return wr_fast_call_found(s, wr_fast_find(s, s->fp[X])); }
BODY(call_indirect_a) { return wr_fast_call_found(s, wr_fast_find(s, s->acc)); }

static inline wr_callee *wr_fast_referred(wr_fast *s, wr_slot word)
{
  if (WR_RARE(!word))
    wr_fast_trap(s, WR_TRAP_NULL_FUNCTION_REFERENCE);
  return (wr_callee *)(uintptr_t)word;
}

BODY(call_ref_s) { return wr_fast_call_found(s, wr_fast_referred(s, s->fp[X])); }

BODY(return_call)
{
  return wr_fast_ask(s, WR_REQUEST_TAIL_CALL, (const void *)(uintptr_t)WORD(2), 0, 0);
}

BODY(return_call_import)
{
  const wr_callee *callee = s->t->frame->instance->functions[WORD(2)];
  return wr_fast_ask(s, WR_REQUEST_TAIL_CALL_REFERENCE, callee, 0, 0);
}

BODY(return_call_indirect_s)
{
  const wr_callee *callee = wr_fast_find(s, s->fp[X]);
  return !callee || wr_fast_ask(s, WR_REQUEST_TAIL_CALL_REFERENCE, callee, 0, 0);
}

BODY(return_call_ref_s)
{
  const wr_callee *callee = wr_fast_referred(s, s->fp[X]);
  return !callee || wr_fast_ask(s, WR_REQUEST_TAIL_CALL_REFERENCE, callee, 0, 0);
}

static inline void wr_fast_set_all(wr_fast *s, uint64_t word)
{
  s->acc = word;
  s->acc32 = wr_f32((uint32_t)word);
  s->acc64 = wr_f64(word);
}

/* Returns: [operands: slot of the result; its place among the operands][what lies before]. The
   result is in the accumulator too when its caller goes on. */

/* Where the activation goes on that called this one, if it is of the same instance and in the fast
   stream; else NULL. */
static inline const wr_word *wr_fast_back(const wr_fast *s)
{
  const wr_frame *frame = s->t->frame;
  return __builtin_expect(frame[-1].instance == frame->instance, 1) ? frame[-1].ip : NULL;
}

static inline __attribute__((always_inline)) bool wr_fast_pop(wr_fast *s, const wr_word *back)
{
  wr_frame *caller = s->t->frame - 1;
#ifndef WR_NO_FUEL
  s->spent += (int64_t)(WORD(2) - back[-1]);
#endif
  s->t->frame = caller;
  s->fp = caller->fp;
  s->ip = back;
  return false;
}

#define RETURN_ONE(name, WORD_OF_RESULT, ...) \
  BODY(name) \
  { \
    const wr_word *back = wr_fast_back(s); \
    if (WR_RARE(!back)) { \
      s->fp[Z] = WORD_OF_RESULT; \
      return wr_fast_ask(s, WR_REQUEST_RETURN, NULL, Z, 1); \
    } \
    wr_slot *result = s->fp; \
    __VA_ARGS__ \
    uint64_t word = WORD_OF_RESULT; \
    wr_fast_pop(s, back); \
    *result = word; \
    return false; \
  }
RETURN_ONE(return_s, s->fp[X], wr_fast_set_all(s, s->fp[X]);)
RETURN_ONE(return_i, WORD(3), wr_fast_set_all(s, WORD(3));)
RETURN_ONE(return_i64, WORD_i64)
RETURN_ONE(return_f32, WORD_f32)
RETURN_ONE(return_f64, WORD_f64)
#undef RETURN_ONE

BODY(return_0)
{
  const wr_word *back = wr_fast_back(s);
  return WR_RARE(!back) ? wr_fast_ask(s, WR_REQUEST_RETURN, NULL, 0, 0) : wr_fast_pop(s, back);
}

BODY(return_many)
{
  const wr_word *back = wr_fast_back(s);
  if (WR_RARE(!back))
    return wr_fast_ask(s, WR_REQUEST_RETURN, NULL, X, Z);
  wr_slide(s->fp, s->fp + X, Z);
  return wr_fast_pop(s, back);
}

BODY(unreachable) { return wr_fast_trap(s, WR_TRAP_UNREACHABLE); }

/* Instructions that only the step stream has: one is done by its handler there. Everything is in
   its slot by then. [operands][two entries: the instruction, and wr_step_back][what lies before] */
BODY(bridge)
{
  if (WR_RARE(!wr_fast_bridge(s->t, (const wr_entry *)(uintptr_t)WORD(1), s->fp)))
    return wr_fast_ask(s, WR_REQUEST_BRIDGED, NULL, (uint32_t)s->t->status, 0);
  wr_fast_hasten(s);
  s->ip += 3;
  return false;
}

/* The same for an instruction that makes a memory larger. */
BODY(bridge_grow)
{
  if (WR_RARE(!wr_fast_bridge(s->t, (const wr_entry *)(uintptr_t)WORD(1), s->fp)))
    return wr_fast_ask(s, WR_REQUEST_BRIDGED, NULL, (uint32_t)s->t->status, 0);
  wr_fast_hasten(s);
  const wr_memory *memory = s->t->frame->instance->memory;
  s->mem = memory ? memory->base : NULL;
  s->t->memory_size = memory ? memory->size : 0;
  s->ip += 3;
  return false;
}

/* Go on in the step stream, at an instruction that may go anywhere. */
BODY(escape)
{
  wr_fast_stop(s, WR_ESCAPE, (int64_t)WORD(1));
  s->t->frame->pc++; /* the instruction itself has not been executed */
  return true;
}

#endif
