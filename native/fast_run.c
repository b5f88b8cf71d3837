/* The fast stream between its handlers: how a run begins and ends, and what seldom happens in
   between. */
#include "fast_control.h"
#include "fast_profile.h"
#include "handler.h"

static uint8_t *memory_base(const wr_instance *instance)
{
  return instance->memory ? instance->memory->base : NULL;
}

static uint8_t *enter_instance(wr_task *t, wr_instance *instance)
{
  wr_task_switch(t, instance);
  return memory_base(instance);
}

static __attribute__((noinline)) const wr_word *call(const wr_word *ip, const wr_fast *s)
{
  const wr_word *next = ((wr_fast_handler)(uintptr_t)ip[0])(
      ip, s->fp, s->t, s->mem, s->spent, s->acc, s->acc32, s->acc64, s->acc128);
  WR_KEEP_REGISTERS(next);
  return next;
}

static void go(wr_task *t, const wr_fast *registers)
{
  t->status = WR_RUNNING;
  wr_fast_note(registers->ip);
  const wr_word *next = call(registers->ip, registers);
  while (next) { /* only where handlers do not jump to each other */
    wr_fast_note(next);
    next = call(next, &t->registers);
  }
}

/* Another thread may have made memory 0 larger since its size was looked up. */
static bool is_no_trap(wr_task *t)
{
  if (t->status != WR_FAULT || t->trap != WR_TRAP_MEMORY_OUT_OF_BOUNDS)
    return false;
  const wr_memory *memory = t->frame->instance->memory;
  uint64_t size = __atomic_load_n(&memory->size, __ATOMIC_ACQUIRE);
  bool has_grown = size > t->memory_size;
  t->memory_size = size;
  return has_grown;
}

void wr_fast_run(wr_task *t, const wr_word *ip, int64_t before, int64_t fuel)
{
  const int64_t margin = WR_FAST_MARGIN * WR_ONE_FUEL;
  wr_frame *frame = t->frame;
  t->fast_base = fuel * WR_ONE_FUEL - margin;
  wr_fast s = {.ip = ip, .fp = frame->fp, .t = t, .spent = -t->fast_base - before};
  __atomic_store_n(&t->fast_limit, margin, __ATOMIC_SEQ_CST);
  wr_fast_set_all(&s, t->passed);
  s.mem = enter_instance(t, frame->instance);
  go(t, &s);
  while (is_no_trap(t)) {
    s = t->registers;
    go(t, &s);
  }
}

/* The run ends; what lies before the next instruction tells the pc of this one. */
static bool stop(wr_task *t, int status, int64_t before)
{
  t->frame->ip = NULL;
  return wr_fast_stop(&t->registers, status, before);
}

/* Calls */

/* The place that a run has ended at if a function has no fast code. */
static const wr_word entry_of_none[2];

/* The innermost activation's function begins. */
static bool begin_body(wr_task *t, wr_code *code)
{
  wr_fast *s = &t->registers;
  for (uint32_t k = code->param_slots; k < code->local_slots; k++)
    s->fp[k] = 0;
  const wr_word *entry = wr_fast_label(code, 0);
  bool is_over = wr_fast_is_over(s, 0);
  if (!entry) {
    t->frame->pc = 0;
    t->fast_total = wr_fast_sum(s, 0);
    s->ip = entry_of_none + 1;
    t->status = is_over ? WR_CHECKPOINT : WR_SWITCH;
    return true;
  }
  s->ip = entry;
  if (is_over)
    t->status = WR_CHECKPOINT;
  return is_over;
}

static bool is_measured(wr_code *code)
{
  return wr_fast_code(code) || wr_code_entries(code) || wr_fast_label(code, 0) ||
         wr_code_lower(code);
}

static bool reserve(wr_task *t, wr_slot *fp, const wr_code *code)
{
  if (t->stack_end - fp >= (int64_t)code->frame_slots)
    return true;
  bool done = wr_task_grow_stack(t, fp, code->frame_slots);
  t->registers.fp = t->frame->fp;
  return done;
}

static bool call_code(wr_task *t, wr_code *code, wr_instance *instance)
{
  wr_fast *s = &t->registers;
  int64_t before = (int64_t)s->ip[WR_FAST_CALL - 1];
  uint32_t first = ((const wr_operands *)(s->ip + 1))->z;
  if (!is_measured(code))
    return stop(t, WR_NO_MEMORY, before);
  if (t->frame->room < code->size) {
    t->needed = code->size;
    t->left = t->frame->room < 0 ? 0 : (uint64_t)t->frame->room;
    return stop(t, WR_EXHAUSTED, before);
  }
  if ((t->frame + 1 == t->frames_end && !wr_task_grow_frames(t)) ||
      !reserve(t, s->fp + first, code))
    return stop(t, t->status, before);
  wr_frame *frame = t->frame;
  frame->ip = s->ip + WR_FAST_CALL;
  s->fp += first;
  frame[1] = (wr_frame){.code = code, .instance = instance, .fp = s->fp,
                        .room = frame->room - code->size};
  t->frame = frame + 1;
  s->spent += before + WR_ONE_FUEL;
  if (instance != frame->instance)
    s->mem = enter_instance(t, instance);
  return begin_body(t, code);
}

static bool call_reference(wr_task *t, wr_callee *callee)
{
  wr_fast *s = &t->registers;
  if (callee->code)
    return call_code(t, callee->code, callee->instance);
  t->callee = callee;
  t->arguments = (uint64_t)(s->fp + ((const wr_operands *)(s->ip + 1))->z - t->stack);
  const wr_word *ip = s->ip + WR_FAST_CALL;
  stop(t, WR_HOST_CALL, (int64_t)ip[-1]);
  t->frame->ip = ip;
  return true;
}

static bool tail_call(wr_task *t, wr_code *code, wr_instance *instance)
{
  wr_fast *s = &t->registers;
  int64_t before = (int64_t)s->ip[WR_FAST_CALL - 1];
  if (!is_measured(code))
    return stop(t, WR_NO_MEMORY, before);
  if (!reserve(t, s->fp, code))
    return stop(t, t->status, before);
  uint32_t first = ((const wr_operands *)(s->ip + 1))->z;
  memmove(s->fp, s->fp + first, code->param_slots * sizeof(wr_slot));
  wr_frame *frame = t->frame;
  frame->room += frame->code->size;
  frame->room -= code->size;
  frame->code = code;
  frame->ip = NULL;
  if (instance != frame->instance)
    s->mem = enter_instance(t, instance);
  frame->instance = instance;
  s->spent += before + WR_ONE_FUEL;
  return begin_body(t, code);
}

/* The answer of the host goes to the caller of the activation that ends here. */
static bool tail_call_reference(wr_task *t, wr_callee *callee)
{
  if (callee->code)
    return tail_call(t, callee->code, callee->instance);
  wr_fast *s = &t->registers;
  const wr_defined_type *type = wr_defined(callee->type);
  uint32_t slots = 0, first = ((const wr_operands *)(s->ip + 1))->z;
  for (uint32_t k = 0; k < type->param_count; k++)
    slots += wr_slots(type->params[k]);
  memmove(s->fp, s->fp + first, slots * sizeof(wr_slot));
  t->callee = callee;
  t->arguments = (uint64_t)(s->fp - t->stack);
  t->fast_total = wr_fast_sum(s, (int64_t)s->ip[WR_FAST_CALL - 1]);
  t->frame--;
  t->frame->pc = wr_frame_pc(t->frame);
  t->status = WR_HOST_CALL;
  return true;
}

/* Return to nobody, to another instance, or to an activation that is in the step stream. */
static bool return_slowly(wr_task *t, uint32_t first, uint32_t count)
{
  wr_fast *s = &t->registers;
  int64_t before = (int64_t)s->ip[2];
  wr_frame *caller = t->frame - 1;
  if (!caller->code) {
    t->results = (uint64_t)(s->fp + first - t->stack);
    return stop(t, WR_RETURNED, before);
  }
  memmove(s->fp, s->fp + first, count * sizeof(wr_slot));
  wr_fast_set_all(s, s->fp[0]);
  t->frame = caller;
  if (!caller->ip) { /* it is in the step stream */
    caller->pc++;
    t->fast_total = wr_fast_sum(s, before);
    t->status = WR_SWITCH;
    return true;
  }
  s->spent += before - (int64_t)caller->ip[-1];
  s->fp = caller->fp;
  s->ip = caller->ip;
  s->mem = enter_instance(t, caller->instance);
  return false;
}

/* Instructions of the step stream */

bool wr_fast_bridge(wr_task *t, const wr_entry *entry, wr_slot *fp)
{
  entry = wr_step_at(entry, fp, t, 2);
  while (entry)
    entry = wr_step_at(entry, t->next_fp, t, t->budget);
  return t->status == WR_BACK;
}

/* Do what a handler asked for; whether the run ends. */
static bool serve(wr_task *t)
{
  wr_request request = t->request;
  t->status = WR_RUNNING;
  switch (request.kind) {
  case WR_REQUEST_CALL:
    return call_code(t, (wr_code *)(uintptr_t)request.subject, t->frame->instance);
  case WR_REQUEST_CALL_REFERENCE:
    return call_reference(t, (wr_callee *)(uintptr_t)request.subject);
  case WR_REQUEST_TAIL_CALL:
    return tail_call(t, (wr_code *)(uintptr_t)request.subject, t->frame->instance);
  case WR_REQUEST_TAIL_CALL_REFERENCE:
    return tail_call_reference(t, (wr_callee *)(uintptr_t)request.subject);
  case WR_REQUEST_RETURN: return return_slowly(t, request.first, request.count);
  default: return stop(t, (int)request.first, (int64_t)t->registers.ip[2]);
  }
}

const wr_word *wr_fast_leave(WR_FAST_PARAMETERS)
{
  t->registers = (wr_fast){ip, fp, t, mem, spent, acc, acc32, acc64, acc128, false};
  if (t->status != WR_REQUEST || serve(t))
    return NULL;
  WR_FAST_JUMP(t->registers);
}

WR_HANDLER(back)
{
  (void)ip;
  (void)budget;
  t->status = WR_BACK;
  return NULL;
}
