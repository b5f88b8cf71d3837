#include "task.h"

#include "handler.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 512, FIRST_FRAMES = 32, KEPT_SLOTS = 65536, KEPT_FRAMES = 4096 };

/* Between two instructions the frame's pc is that of the next one; in all other cases it is that
   of the instruction that was executed last. */
static bool is_between(const wr_task *task)
{
  return task->status == WR_CHECKPOINT || task->status == WR_STEPS || task->status == WR_RUNNING;
}

int64_t wr_task_fuel(const wr_task *task)
{
  if (!task->depth)
    return task->fuel;
  const wr_frame *frame = task->frame;
  return task->fuel + frame->code->fuel_before[frame->pc + !is_between(task)];
}

/* Memory */

static uint32_t first_frames(const wr_task *task)
{
  return task->depth_limit < FIRST_FRAMES ? task->depth_limit : FIRST_FRAMES;
}

wr_task *wr_task_new(wr_store *store)
{
  wr_task *task = calloc(1, sizeof *task);
  if (!task)
    return NULL;
  task->stack = malloc(FIRST_SLOTS * sizeof *task->stack);
  task->frames = malloc(FIRST_FRAMES * sizeof *task->frames);
  if (!task->stack || !task->frames) {
    wr_task_destroy(task);
    return NULL;
  }
  task->stack_end = task->stack + FIRST_SLOTS;
  task->depth_limit = store->call_depth;
  task->frames_room = first_frames(task);
  task->frame = task->frames;
  task->store = store;
  wr_domain *domain = wr_domain_find(store->domain);
  task->next = domain->tasks;
  domain->tasks = task;
  return task;
}

void wr_task_destroy(wr_task *task)
{
  free(task->stack);
  free(task->frames);
  free(task);
}

static void shrink(wr_task *task)
{
  if (task->stack_end - task->stack > KEPT_SLOTS) {
    wr_slot *stack = realloc(task->stack, FIRST_SLOTS * sizeof *stack);
    if (stack) {
      task->stack = stack;
      task->stack_end = stack + FIRST_SLOTS;
    }
  }
  if (task->frames_room > KEPT_FRAMES) {
    wr_frame *frames = realloc(task->frames, FIRST_FRAMES * sizeof *frames);
    if (frames) {
      task->frames = frames;
      task->frames_room = first_frames(task);
    }
  }
}

void wr_task_reset(wr_task *task)
{
  task->depth = 0;
  task->fuel = 0;
  task->steps = 0;
  task->status = WR_RUNNING;
  task->trap = WR_TRAP_NONE;
  task->callee = NULL;
  task->exception = NULL;
  task->arguments = task->results = task->live_slots = 0;
  task->fuel_spent = 0;
  shrink(task);
  task->frame = task->frames;
  __atomic_store_n(&task->interrupted, false, __ATOMIC_SEQ_CST);
}

wr_slot *wr_task_grow_stack(wr_task *task, wr_slot *fp, uint64_t slots)
{
  size_t place = (size_t)(fp - task->stack), room = (size_t)(task->stack_end - task->stack);
  while (room < place + slots)
    room *= 2;
  wr_slot *stack = realloc(task->stack, room * sizeof *stack);
  if (!stack) {
    task->status = WR_NO_MEMORY;
    return NULL;
  }
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
  if (task->depth >= task->depth_limit) {
    task->status = WR_EXHAUSTED;
    task->needed = 0;
    return false;
  }
  uint32_t room = task->frames_room > task->depth_limit / 2 ? task->depth_limit
                                                            : 2 * task->frames_room;
  wr_frame *frames = realloc(task->frames, room * sizeof *frames);
  if (!frames) {
    task->status = WR_NO_MEMORY;
    return false;
  }
  task->frame = frames + (task->frame - task->frames);
  task->frames = frames;
  task->frames_room = room;
  return true;
}

/* Whatever lies above the innermost activation is not looked at. */
void wr_task_mark(wr_task *task, wr_gc_heap *heap)
{
  uint64_t top = task->live_slots;
  if (task->depth)
    top = task->frame->fp + task->frame->code->frame_slots;
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

/* Running */

bool wr_task_reach_limit(const wr_task *task)
{
  return task->fuel >= __atomic_load_n(&task->fuel_limit, __ATOMIC_RELAXED);
}

int wr_task_enter(wr_task *task, wr_callee *callee)
{
  wr_code *code = callee->code;
  int64_t room = (int64_t)task->store->value_slots;
  if (!wr_code_entries(code) && !wr_code_lower(code))
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
  task->frame = task->frames;
  *task->frame = (wr_frame){.code = code, .instance = callee->instance, .room = room - code->size};
  task->depth = 1;
  task->fuel = 1;
  return task->status = wr_task_reach_limit(task) ? WR_CHECKPOINT : WR_RUNNING;
}

static void run(wr_task *task, int64_t budget)
{
  wr_frame *frame = task->frame;
  if (task->status == WR_HOST_CALL || task->status == WR_WAIT || task->status == WR_NOTIFY)
    frame->pc++; /* the answer is there: behind the call it goes on */
  task->status = WR_RUNNING;
  wr_task_switch(task, frame->instance);
  const wr_entry *ip = frame->code->entries + frame->pc;
  wr_slot *fp = task->stack + frame->fp;
  if (budget <= 0) {
    wr_stop(ip, task, budget, WR_STEPS);
    return;
  }
#if WR_TAIL_CALLS
  ip->handler(ip, fp, task, budget);
#else
  ip = ip->handler(ip, fp, task, budget);
  while (ip)
    ip = ip->handler(ip, task->next_fp, task, task->budget);
#endif
}

int wr_task_run(wr_task *task, int64_t budget)
{
  run(task, budget);
  task->steps += (uint64_t)(budget - task->budget);
  return task->status;
}
