/* A call in progress, as a value: frames, value stack, fuel and steps. Guest calls never use the
   native stack, so a task that has stopped is plain data and goes on when it is asked to. */
#ifndef WR_TASK_H
#define WR_TASK_H

#include "code.h"
#include "long_work.h"
#include "numeric.h"

enum wr_status {
  WR_RUNNING,
  WR_RETURNED,   /* the results are at ``results`` */
  WR_HOST_CALL,  /* ``callee`` is called; its arguments are at ``arguments`` */
  WR_CHECKPOINT, /* at a loop's head or a function's entry the fuel limit was reached */
  WR_STEPS,      /* the steps asked for are done */
  WR_TRAPPED,    /* ``trap`` says why */
  WR_THREW,      /* nobody caught ``exception`` */
  WR_EXHAUSTED,  /* the call stack, or the value stack if ``needed`` is not 0 */
  WR_OUT_OF_FUEL, /* the store's guests have spent all that they may */
  WR_NO_MEMORY,
  WR_HEAP_FULL,  /* the limit of the garbage-collected heap */
  WR_WAIT,       /* memory.atomic.wait: see ``waiting`` */
  WR_NOTIFY,
  /* Between the streams only: */
  WR_SWITCH,     /* go on in whichever stream can */
  WR_ESCAPE,     /* go on in the step stream: this instruction only it has */
  WR_BACK,       /* an instruction was done for the fast stream */
  WR_FAULT,      /* the fast stream trapped; the pc is not known yet */
  WR_REQUEST,    /* a handler of the fast stream asks for something that it does not do itself */
};

enum wr_request_kind {
  WR_REQUEST_CALL,
  WR_REQUEST_CALL_REFERENCE,
  WR_REQUEST_TAIL_CALL,
  WR_REQUEST_TAIL_CALL_REFERENCE,
  WR_REQUEST_RETURN,
  WR_REQUEST_BRIDGED,
};

typedef struct wr_request {
  int kind;
  uint32_t first, count; /* results of a return */
  const void *subject;   /* who is called */
} wr_request;

/* An activation. The first frame of a task is none: it has no code, and who returns to it has
   returned from the outermost function. */
typedef struct wr_frame {
  wr_code *code;
  wr_instance *instance;
  wr_slot *fp;   /* the first slot */
  int64_t room;  /* values that further activations may have */
  const uint64_t *ip; /* where the fast stream goes on behind a call; NULL in the step stream */
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

typedef uint64_t wr_word;

/* The registers of the fast stream (see fast.h). */
typedef struct wr_fast {
  const wr_word *ip;
  wr_slot *fp;
  struct wr_task *t;
  uint8_t *mem; /* of memory 0 */
  int64_t spent;
  uint64_t acc;
  float acc32;
  double acc64;
  wr_v128 acc128;
  bool has_jumped; /* the instruction does not go on behind itself */
} wr_fast;

typedef struct wr_task {
  /* What handlers use all the time. */
  wr_frame *frame;      /* the innermost activation */
  wr_memory **memories; /* of its instance */
  wr_global **globals;
  uint64_t memory_size; /* of its memory 0, bytes; another thread may have made it larger */
  uint8_t *memory_base;
  int64_t fast_limit;   /* where a run of the fast stream ends (see fast.h); atomic */
  int64_t fuel;         /* spent; in the step stream less what lies before the pc in the body */
  wr_frame *frames_end;
  int64_t fuel_limit;   /* where the step stream stops; atomic: any thread may lower it */
  int64_t limit;        /* the fuel at which the task is to pause */
  wr_slot *stack, *stack_end;
  wr_domain *locked;    /* the domain, while it runs */

  wr_store *store;
  wr_instance *instance; /* through which it was started */
  wr_frame *frames;
  uint32_t depth_limit;
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
  bool is_idle;          /* nobody has it any more: what is on its stack is dead */
  bool is_running;       /* atomic */
  bool is_exact;         /* it must stay in the step stream */
  bool is_unanswered;    /* a call of the host was reported, and waits for its answer */
  bool is_sliced;        /* it stopped only because it has run for a while */
  uint64_t worked;       /* bytes that long instructions have moved since the run was looked at */
  int64_t fuel_spent;    /* as of the last event */
  uint32_t depth;        /* the same */
  wr_waiting waiting;
  wr_fast registers;     /* of the fast stream, when its run has ended */
  int64_t fast_base;     /* to be added to what its register holds */
  int64_t fast_total;    /* what its run has spent */
  wr_request request;
  wr_slot passed;        /* a result that is to be in the accumulators when it goes on */
  wr_slot *next_fp;      /* between two handlers, where they do not jump */
  struct wr_task *next;  /* of the domain */
  uint32_t nesting;      /* how many calls of its thread waited for the host when it began */
} wr_task;

/* A task with an empty stack, ready to be begun; NULL where memory is short. This and all other
   functions need the domain locked. */
wr_task *wr_task_new(wr_store *store);
/* Make it as it was when it was new, for another call. */
void wr_task_reset(wr_task *task);
/* The same for a task whose last call was short; its stack stays as large as it is. */
void wr_task_restart(wr_task *task);
void wr_task_destroy(wr_task *task);

/* Make the first activation; the arguments are at the beginning of the stack already. May end
   at once: exhausted, or at a checkpoint. */
int wr_task_enter(wr_task *task, wr_callee *callee);
/* Room for the arguments or results of a call that is not an activation. */
bool wr_task_reserve(wr_task *task, uint64_t slots);

/* Run; exactly so many steps at most, or without a limit if ``steps`` is below zero. The result is
   also in ``status``. */
int wr_task_run(wr_task *task, int64_t steps);
/* Look for a handler of ``exception``, and be there; or WR_THREW. The innermost activation is at
   its throw or call. ``fuel`` is what was spent in all. */
bool wr_task_unwind(wr_task *task);

void wr_task_mark(wr_task *task, wr_gc_heap *heap);

/* For handlers. */

/* Make room for an activation whose slots end ``slots`` behind ``fp``; the new fp, or NULL. */
wr_slot *wr_task_grow_stack(wr_task *task, wr_slot *fp, uint64_t slots);
bool wr_task_grow_frames(wr_task *task);

#define WR_SOME_WORK ((uint64_t)1 << 16)
#define WR_MUCH_WORK ((uint64_t)1 << 23)

#define WR_STEP_BITS 36
#define WR_STEP_MASK (((uint64_t)1 << WR_STEP_BITS) - 1)

/* The pc of an activation: where it waits in the fast stream, the word before that place says. */
static inline uint32_t wr_frame_pc(const wr_frame *frame)
{
  return frame->ip ? (uint32_t)(frame->ip[-1] & WR_STEP_MASK) - 1 : frame->pc;
}

/* How many activations there are. */
static inline uint32_t wr_task_depth(const wr_task *task)
{
  return (uint32_t)(task->frame - task->frames);
}

/* A long instruction moves so many bytes: have a look at the clock when there were many. */
static inline void wr_task_worked(wr_task *task, uint64_t bytes)
{
  if (bytes >= WR_SOME_WORK)
    wr_long_work();
  task->worked += bytes;
  if (task->worked >= WR_MUCH_WORK && !task->is_exact) {
    __atomic_store_n(&task->fuel_limit, INT64_MIN, __ATOMIC_RELAXED);
    __atomic_store_n(&task->fast_limit, INT64_MIN, __ATOMIC_RELAXED);
  }
}

/* Where the build lets handlers use registers that are their callers' (native/build.py), whoever
   calls a handler, but for another handler, keeps them: in a function that does nothing else, so
   that nothing is in them meanwhile. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WR_KEEP_REGISTERS(next) \
  __asm__ volatile("" : "+r"(next) : : "rbx", "r12", "r13", "r14", "r15", "memory")
#else
#define WR_KEEP_REGISTERS(next) ((void)0)
#endif

/* Keeps compilers from making a call of a loop: registers would be saved around that. */
#if defined(__GNUC__)
#define WR_NO_IDIOM(pointer) __asm__("" : "+r"(pointer))
#else
#define WR_NO_IDIOM(pointer) ((void)0)
#endif

/* Move values down the stack: mostly one. */
static inline void wr_slide(wr_slot *to, const wr_slot *from, uint32_t count)
{
  for (; count; count--) {
    *to++ = *from++;
    WR_NO_IDIOM(to);
  }
}

static inline void wr_task_switch(wr_task *task, wr_instance *instance)
{
  task->memories = instance->memories;
  task->globals = instance->globals;
  task->memory_size = instance->memory ? instance->memory->size : 0;
  task->memory_base = instance->memory ? instance->memory->base : NULL;
}


#endif
