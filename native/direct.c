#include "direct.h"

#include <string.h>

/* How many calls of this thread wait for a host function, one inside the other. */
static _Thread_local uint32_t nesting;

static bool are_numbers(const wr_type *types, uint32_t count)
{
  if (count > WR_DIRECT_VALUES)
    return false;
  for (uint32_t k = 0; k < count; k++)
    if (types[k] < WR_I32 || types[k] > WR_F64)
      return false;
  return true;
}

bool wr_direct_is_possible(const wr_defined_type *type)
{
  return are_numbers(type->params, type->param_count) &&
         are_numbers(type->results, type->result_count);
}

static int run(wr_task *task, wr_domain *locked, wr_callee *callee, int64_t quantum)
{
  int event = wr_api_run_locked(task, locked, callee, quantum, -1);
  nesting = task->nesting + (event == WR_EVENT_HOST_CALL);
  return event;
}

int wr_direct_begin(wr_task *task, wr_domain *locked, wr_callee *callee, const wr_slot *arguments,
                    int64_t quantum)
{
  wr_task_restart(task);
  task->nesting = nesting;
  const wr_defined_type *type = wr_defined(callee->type);
  for (uint32_t k = 0; k < type->param_count; k++)
    task->stack[k] = arguments[k];
  return run(task, locked, callee, quantum);
}

int wr_direct_answer(wr_task *task, wr_domain *locked, const wr_slot *results, int64_t quantum)
{
  const wr_defined_type *type = wr_defined(task->callee->type);
  for (uint32_t k = 0; k < type->result_count; k++)
    task->stack[task->arguments + k] = results[k];
  task->is_unanswered = false;
  return run(task, locked, NULL, quantum);
}

int wr_direct_go(wr_task *task, wr_domain *locked, int64_t quantum)
{
  return run(task, locked, NULL, quantum);
}

bool wr_direct_may_answer(const wr_task *task)
{
  const wr_store *store = task->frame->code ? task->frame->instance->store : task->store;
  return task->nesting < store->nested_executions;
}

void wr_direct_leave(wr_task *task) { nesting = task->nesting; }
