/* A call in progress, as a value: frames, value stack, fuel and steps. Guest calls never use the
   native stack, so a task that has stopped is plain data and goes on when it is asked to. */
#ifndef WR_TASK_H
#define WR_TASK_H

#include "code.h"

enum wr_status {
  WR_RUNNING,
  WR_RETURNED,   /* the results are at ``results`` */
  WR_HOST_CALL,  /* ``callee`` is called; its arguments are at ``arguments`` */
  WR_CHECKPOINT, /* at a loop's head or a function's entry the fuel limit was reached */
  WR_STEPS,      /* the steps asked for are done */
  WR_TRAPPED,    /* ``trap`` says why */
  WR_THREW,      /* nobody caught ``exception`` */
  WR_EXHAUSTED,  /* the call stack, or the value stack if ``needed`` is not 0 */
  WR_NO_MEMORY,
  WR_WAIT,       /* memory.atomic.wait: see ``waiting`` */
  WR_NOTIFY,
};

typedef struct wr_frame {
  wr_code *code;
  wr_instance *instance;
  uint64_t fp;   /* the first slot */
  int64_t room;  /* values that further activations may have */
  uint32_t pc;   /* of the next instruction, or of the call in callers */
} wr_frame;

/* What memory.atomic.wait waits for: a notification at an address. */
typedef struct wr_waiting {
  wr_memory *memory;
  uint64_t address;
  uint64_t expected; /* for notify: how many are woken at most */
  int64_t timeout_ns;
  uint32_t width; /* bytes */
} wr_waiting;

typedef struct wr_task {
  /* What handlers use all the time. */
  wr_memory **memories; /* of the innermost activation's instance */
  wr_frame *frame;      /* the innermost activation */
  int64_t fuel;         /* spent, less what lies before the pc in the innermost body */
  int64_t fuel_limit;   /* atomic: any thread may lower it */
  wr_slot *stack, *stack_end;
  wr_domain *locked;    /* the domain, while it runs */

  wr_store *store;
  wr_instance *instance; /* through which it was started */
  wr_frame *frames;
  uint32_t depth, frames_room, depth_limit;
  int status;
  int trap;
  uint64_t trap_value;   /* the index of an uninitialized element */
  uint64_t needed, left; /* values, of an exhausted value stack */
  uint64_t steps;
  int64_t budget;        /* steps left, as of the last event */
  wr_callee *callee;
  uint64_t arguments;    /* slot of a host call's first argument, and of its first result */
  uint64_t results;
  uint64_t live_slots;   /* of the stack, while there is no activation */
  wr_exception *exception;
  bool interrupted;      /* atomic */
  bool is_running;       /* atomic */
  int64_t fuel_spent;    /* as of the last event */
  wr_waiting waiting;
  wr_slot *next_fp;      /* between two handlers, where they do not jump */
  struct wr_task *next;  /* of the domain */
} wr_task;

/* A task with an empty stack, ready to be begun; NULL where memory is short. This and all other
   functions need the domain locked. */
wr_task *wr_task_new(wr_store *store);
/* Make it as it was when it was new, for another call. */
void wr_task_reset(wr_task *task);
void wr_task_destroy(wr_task *task);

/* Make the first activation; the arguments are at the beginning of the stack already. May end
   at once: exhausted, or at a checkpoint. */
int wr_task_enter(wr_task *task, wr_callee *callee);
/* Room for the arguments or results of a call that is not an activation. */
bool wr_task_reserve(wr_task *task, uint64_t slots);

/* Run at most ``budget`` steps. The result is also in ``status``. */
int wr_task_run(wr_task *task, int64_t budget);
/* Look for a handler of ``exception`` and go on there; or WR_THREW. The innermost activation is
   at its throw or call. */
bool wr_task_unwind(wr_task *task);

/* Fuel spent so far. */
int64_t wr_task_fuel(const wr_task *task);
bool wr_task_reach_limit(const wr_task *task);
void wr_task_mark(wr_task *task, wr_gc_heap *heap);

/* For handlers. */

/* Make room for an activation whose slots end ``slots`` behind ``fp``; the new fp, or NULL. */
wr_slot *wr_task_grow_stack(wr_task *task, wr_slot *fp, uint64_t slots);
bool wr_task_grow_frames(wr_task *task);

static inline void wr_task_switch(wr_task *task, wr_instance *instance)
{
  task->memories = instance->memories;
}

#endif
