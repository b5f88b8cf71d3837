/* Calls whose parameters and results are numbers, with as little as possible around them: what
   boundary.c, which knows Python's objects, needs of the core.

   A number takes one slot, an i32 or f32 its lower half. The result of all functions is an event;
   at any event the task is as wr_api_run leaves it, and may go on in the ordinary way. The domain
   is locked, and a task belongs to whoever has it. ``quantum`` of fuel: below zero means no limit,
   else WR_EVENT_FUEL may be the event. */
#ifndef WR_DIRECT_H
#define WR_DIRECT_H

#include "api.h"

/* So many parameters or results at most. */
enum { WR_DIRECT_VALUES = 16 };

/* Whether all parameters and results are numbers, and not too many. */
bool wr_direct_is_possible(const wr_defined_type *type);
/* Begin a call; the task is reset. */
int wr_direct_begin(wr_task *task, wr_domain *locked, wr_callee *callee, const wr_slot *arguments,
                    int64_t quantum);
/* Answer a host call with its results. */
int wr_direct_answer(wr_task *task, wr_domain *locked, const wr_slot *results, int64_t quantum);
/* Go on after WR_EVENT_SLICE or WR_EVENT_FUEL. */
int wr_direct_go(wr_task *task, wr_domain *locked, int64_t quantum);
/* Whether the store's limit of calls inside one another allows that a host call is answered. */
bool wr_direct_may_answer(const wr_task *task);
/* The call is not finished here: it goes on in the ordinary way, or is given up. */
void wr_direct_leave(wr_task *task);

#endif
