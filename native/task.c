#define _DEFAULT_SOURCE /* clock_gettime, where the compiler keeps to the standard strictly */
#include "task.h"
#include "allocate.h"

#include "fast.h"
#include "handler.h"

#include <time.h>

/* A run returns to Python, which looks at its signals, at the first checkpoint after so long. */
#define SLICE_NS 2000000
/* The clock is looked at after so much fuel, or so many steps. */
#define LAP ((int64_t)1 << 17)

enum { FIRST_SLOTS = 512, FIRST_FRAMES = 32, KEPT_SLOTS = 65536, KEPT_FRAMES = 4096 };

/* Memory */

/* With the one that is none. */
static uint32_t first_frames(const wr_task *task)
{
  return 1 + (task->depth_limit < FIRST_FRAMES ? task->depth_limit : FIRST_FRAMES);
}

static void use_frames(wr_task *task, wr_frame *frames, uint32_t count)
{
  task->frame = frames + (task->frames ? task->frame - task->frames : 0);
  task->frames = frames;
  task->frames_end = frames + count;
  task->frames->code = NULL;
}

wr_task *wr_task_new(wr_store *store)
{
  wr_task *task = wr_allocate_zeroed(1, sizeof *task);
  if (!task)
    return NULL;
  task->depth_limit = store->call_depth;
  task->stack = wr_allocate(FIRST_SLOTS * sizeof *task->stack);
  wr_frame *frames = wr_allocate_zeroed(first_frames(task), sizeof *frames);
  if (!task->stack || !frames) {
    wr_deallocate(frames);
    wr_task_destroy(task);
    return NULL;
  }
  task->stack_end = task->stack + FIRST_SLOTS;
  use_frames(task, frames, first_frames(task));
  task->store = store;
  wr_domain *domain = wr_domain_find(store->domain);
  task->next = domain->tasks;
  domain->tasks = task;
  return task;
}

void wr_task_destroy(wr_task *task)
{
  wr_deallocate(task->stack);
  wr_deallocate(task->frames);
  wr_deallocate(task);
}

static void shrink(wr_task *task)
{
  if (task->stack_end - task->stack > KEPT_SLOTS) {
    wr_slot *stack = wr_reallocate(task->stack, FIRST_SLOTS * sizeof *stack);
    if (stack) {
      task->stack = stack;
      task->stack_end = stack + FIRST_SLOTS;
    }
  }
  if (task->frames_end - task->frames > KEPT_FRAMES) {
    wr_frame *frames = wr_reallocate(task->frames, first_frames(task) * sizeof *frames);
    if (frames)
      use_frames(task, frames, first_frames(task));
  }
}

void wr_task_restart(wr_task *task)
{
  task->frame = task->frames;
  task->depth = 0;
  task->fuel = 0;
  task->steps = 0;
  task->status = WR_RUNNING;
  task->trap = WR_TRAP_NONE;
  task->callee = NULL;
  task->is_idle = false;
  task->exception = NULL;
  task->arguments = task->results = task->live_slots = 0;
  task->fuel_spent = 0;
  task->is_unanswered = false;
  __atomic_store_n(&task->interrupted, false, __ATOMIC_RELAXED);
}

void wr_task_reset(wr_task *task)
{
  wr_task_restart(task);
  shrink(task);
}

wr_slot *wr_task_grow_stack(wr_task *task, wr_slot *fp, uint64_t slots)
{
  size_t place = (size_t)(fp - task->stack), room = (size_t)(task->stack_end - task->stack);
  size_t used = room;
  while (room < place + slots)
    room *= 2;
  wr_slot *stack = wr_allocate(room * sizeof *stack);
  if (!stack) {
    task->status = WR_NO_MEMORY;
    return NULL;
  }
  memcpy(stack, task->stack, used * sizeof *stack);
  for (wr_frame *frame = task->frame; frame->code; frame--)
    frame->fp = stack + (frame->fp - task->stack);
  wr_deallocate(task->stack);
  task->stack = stack;
  task->stack_end = stack + room;
  return stack + place;
}

bool wr_task_reserve(wr_task *task, uint64_t slots)
{
  return (uint64_t)(task->stack_end - task->stack) >= slots ||
         wr_task_grow_stack(task, task->stack, slots);
}

bool wr_task_grow_frames(wr_task *task)
{
  uint32_t count = (uint32_t)(task->frames_end - task->frames), most = task->depth_limit + 1;
  if (count >= most) {
    task->status = WR_EXHAUSTED;
    task->needed = 0;
    return false;
  }
  count = count > most / 2 ? most : 2 * count;
  wr_frame *frames = wr_reallocate(task->frames, count * sizeof *frames);
  if (!frames) {
    task->status = WR_NO_MEMORY;
    return false;
  }
  use_frames(task, frames, count);
  return true;
}

/* Whatever lies above the innermost activation is not looked at. */
void wr_task_mark(wr_task *task, wr_gc_heap *heap)
{
  if (task->is_idle)
    return;
  uint64_t top = task->live_slots;
  if (task->frame->code)
    top = (uint64_t)(task->frame->fp - task->stack) + task->frame->code->frame_slots;
  wr_heap_mark_words(heap, task->stack, top);
  if (task->exception)
    wr_heap_mark_word(heap, (uint64_t)(uintptr_t)task->exception);
}

/* Ends of runs */

const wr_entry *wr_stop(const wr_entry *ip, wr_task *t, int64_t budget, int status)
{
  t->frame->pc = (uint32_t)(ip - t->frame->code->entries);
  t->budget = budget;
  t->status = status;
  return NULL;
}

const wr_entry *wr_stop_trap(const wr_entry *ip, wr_task *t, int64_t budget, int trap)
{
  t->trap = trap;
  return wr_stop(ip, t, budget - 1, WR_TRAPPED);
}

const wr_entry *wr_stop_no_memory(const wr_entry *ip, wr_task *t, int64_t budget)
{
  return wr_stop(ip, t, budget - 1, WR_NO_MEMORY);
}

const wr_entry *wr_stop_no_object(const wr_entry *ip, wr_task *t, int64_t budget)
{
  return wr_stop(ip, t, budget - 1, t->locked->heap.is_full ? WR_HEAP_FULL : WR_NO_MEMORY);
}

/* Running */

__attribute__((noinline)) const wr_entry *wr_step_at(const wr_entry *ip, wr_slot *fp, wr_task *task,
                                                     int64_t budget)
{
  const wr_entry *next = ip->handler(ip, fp, task, budget);
  WR_KEEP_REGISTERS(next);
  return next;
}

int wr_task_enter(wr_task *task, wr_callee *callee)
{
  wr_code *code = callee->code;
  int64_t room = (int64_t)task->store->value_slots;
  if (!wr_fast_label(code, 0) && !wr_code_entries(code) && !wr_code_lower(code))
    return task->status = WR_NO_MEMORY;
  if (code->size > room || !task->depth_limit) {
    task->needed = code->size > room ? code->size : 0;
    task->left = (uint64_t)room;
    return task->status = WR_EXHAUSTED;
  }
  if (!wr_task_reserve(task, code->frame_slots))
    return task->status = WR_NO_MEMORY;
  memset(task->stack + code->param_slots, 0,
         (code->local_slots - code->param_slots) * sizeof *task->stack);
  task->frame = task->frames + 1;
  *task->frame = (wr_frame){.code = code, .instance = callee->instance, .fp = task->stack,
                            .room = room - code->size};
  task->fuel = 1;
  return task->status = task->fuel >= task->limit ? WR_CHECKPOINT : WR_RUNNING;
}

/* Whether the innermost frame's pc is that of the next instruction; else it is that of the one
   that was executed last. */
static bool is_between(int status)
{
  return status == WR_CHECKPOINT || status == WR_STEPS || status == WR_RUNNING;
}

static bool is_interrupted(const wr_task *task)
{
  return __atomic_load_n(&task->interrupted, __ATOMIC_SEQ_CST);
}

static int64_t now_ns(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * (int64_t)1000000000 + time.tv_nsec;
}

/* When the clock was looked at. */
typedef struct wr_watch {
  int64_t fuel;   /* that was spent by then */
  int64_t end_ns; /* of the slice; 0 until the clock is looked at for the first time */
} wr_watch;

/* Whether a run has gone on for long enough. Short ones never look at the clock. */
static bool is_over(wr_task *task, wr_watch *watch)
{
  if (task->fuel - watch->fuel < LAP && task->worked < WR_MUCH_WORK)
    return false;
  task->worked = 0;
  watch->fuel = task->fuel;
  int64_t now = now_ns();
  if (!watch->end_ns)
    watch->end_ns = now + SLICE_NS;
  return now >= watch->end_ns;
}

/* Run in the step stream from the frame's pc on. If ``to_fast``, only up to a place where the fast
   stream may take over. The steps that were done. */
static int64_t run_steps(wr_task *task, int64_t budget, bool to_fast)
{
  wr_frame *frame = task->frame;
  wr_code *code = frame->code;
  frame->ip = NULL;
  if (!wr_code_entries(code) && !wr_code_lower(code)) {
    task->status = WR_NO_MEMORY;
    return 0;
  }
  const wr_entry *ip = code->entries + frame->pc;
  task->status = WR_RUNNING;
  task->fuel -= code->fuel_before[frame->pc];
  int64_t limit = to_fast ? INT64_MIN : task->limit;
  if (!task->is_exact && limit > task->fuel + LAP)
    limit = task->fuel + LAP;
  __atomic_store_n(&task->fuel_limit, limit, __ATOMIC_SEQ_CST);
  if (is_interrupted(task))
    __atomic_store_n(&task->fuel_limit, INT64_MIN, __ATOMIC_SEQ_CST);
  wr_task_switch(task, frame->instance);
  if (budget <= 0) {
    wr_stop(ip, task, budget, WR_STEPS);
  } else {
    ip = wr_step_at(ip, frame->fp, task, budget);
    while (ip) /* only where handlers do not jump to each other */
      ip = wr_step_at(ip, task->next_fp, task, task->budget);
  }
  frame = task->frame;
  if (frame->code && task->status != WR_SWITCH)
    task->fuel += frame->code->fuel_before[frame->pc + !is_between(task->status)];
  return budget - task->budget;
}

_Static_assert(LAP <= WR_FAST_QUANTUM, "a run of the fast stream counts no more fuel");

/* Run in the fast stream at ``ip``, before which a body has spent ``before``. */
static void run_fast(wr_task *task, const wr_word *ip, int64_t before)
{
  int64_t left = task->limit > task->fuel ? task->limit - task->fuel : 0;
  if (is_interrupted(task))
    left = 0;
  wr_fast_run(task, ip, before, left < LAP ? left : LAP);
  wr_frame *frame = task->frame;
  const wr_fast *registers = &task->registers;
  if (task->status == WR_CHECKPOINT) {
    task->fast_total = wr_fast_sum(registers, (int64_t)registers->ip[-1]);
    frame->pc = (uint32_t)(registers->ip[-1] & WR_STEP_MASK);
    frame->ip = NULL;
  } else if (task->status == WR_FAULT) {
    frame->ip = NULL;
    frame->pc = 0;
    if (wr_fast_settle(frame->code, registers, &frame->pc))
      task->status = WR_TRAPPED;
    else
      task->status = WR_NO_MEMORY;
    task->fast_total = wr_fast_sum(
        registers, wr_spent(frame->code->fuel_before[frame->pc + 1], frame->pc + 1));
  }
  task->fuel += task->fast_total >> WR_STEP_BITS;
  task->steps += (uint64_t)task->fast_total & WR_STEP_MASK;
}

/* Where the fast stream can go on, and what lies before that; NULL if it cannot. */
static const wr_word *fast_place(const wr_task *task, int64_t *before)
{
  const wr_frame *frame = task->frame;
  if (frame->ip) {
    *before = (int64_t)frame->ip[-1];
    return frame->ip;
  }
  const wr_word *ip = wr_fast_label(frame->code, frame->pc);
  if (ip)
    *before = wr_spent(frame->code->fuel_before[frame->pc], frame->pc);
  return ip;
}

/* The steps stop in the middle of anything; only the step stream can do that. */
static void run_exactly(wr_task *task, int64_t steps)
{
  int64_t end_ns = steps > LAP ? now_ns() + SLICE_NS : 0;
  do {
    wr_frame *frame = task->frame;
    if (frame->ip)
      frame->pc = wr_frame_pc(frame) + 1;
    int64_t done = run_steps(task, steps < LAP ? steps : LAP, false);
    task->steps += (uint64_t)done;
    steps -= done;
    if (task->status == WR_STEPS && steps)
      task->is_sliced = is_interrupted(task) || now_ns() >= end_ns;
  } while (task->status == WR_SWITCH ||
           (task->status == WR_STEPS && steps && !task->is_sliced));
}

static void run_freely(wr_task *task)
{
  wr_watch watch = {task->fuel, 0};
  bool is_stuck = false; /* at a label where the fast stream should be able to go on, but is not */
  do {
    int64_t before;
    const wr_word *ip = task->status == WR_ESCAPE ? NULL : fast_place(task, &before);
    if (ip)
      run_fast(task, ip, before);
    else
      task->steps += (uint64_t)run_steps(task, INT64_MAX, !is_stuck);
    is_stuck = task->status == WR_CHECKPOINT && !ip;
    if (task->status == WR_CHECKPOINT && task->fuel < task->limit && !is_interrupted(task)) {
      task->is_sliced = is_over(task, &watch);
      if (!task->is_sliced)
        task->status = WR_SWITCH;
    }
  } while (task->status == WR_SWITCH || task->status == WR_ESCAPE);
}

int wr_task_run(wr_task *task, int64_t steps)
{
  wr_frame *frame = task->frame;
  task->passed = 0;
  if (task->status == WR_HOST_CALL || task->status == WR_WAIT || task->status == WR_NOTIFY) {
    /* The answer is there: behind the call it goes on. */
    task->passed = task->stack[task->arguments];
    if (!frame->ip)
      frame->pc++;
  }
  task->is_exact = steps >= 0;
  task->is_sliced = false;
  if (task->is_exact)
    run_exactly(task, steps);
  else
    run_freely(task);
  return task->status;
}
