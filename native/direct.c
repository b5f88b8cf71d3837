#include "direct.h"

#include <string.h>

/* How many calls of this thread wait for a host function, one inside the other. */
static _Thread_local uint32_t nesting;

/* Wide numbers, to slots and back */

static uint32_t f32_bits(uint64_t wide)
{
  double value;
  memcpy(&value, &wide, sizeof value);
  if (value != value)
    return (uint32_t)(wide >> 63 << 31) | 0x7F800000u | (uint32_t)(wide >> 29 & 0x7FFFFF);
  float narrow = (float)value;
  uint32_t bits;
  memcpy(&bits, &narrow, sizeof bits);
  return bits;
}

static uint64_t f32_widened(uint32_t bits)
{
  if ((bits & 0x7FFFFFFF) > 0x7F800000u)
    return (uint64_t)(bits >> 31) << 63 | 0x7FF0000000000000u | (uint64_t)(bits & 0x7FFFFF) << 29;
  float narrow;
  memcpy(&narrow, &bits, sizeof narrow);
  double value = narrow;
  uint64_t wide;
  memcpy(&wide, &value, sizeof wide);
  return wide;
}

static bool narrow(wr_type type, uint64_t wide, wr_slot *slot)
{
  if (type == WR_I32) {
    if ((int64_t)wide < INT32_MIN || (int64_t)wide > UINT32_MAX)
      return false;
    wide = (uint32_t)wide;
  } else if (type == WR_F32) {
    wide = f32_bits(wide);
  }
  *slot = wide;
  return true;
}

static bool narrow_all(const wr_type *types, uint32_t count, const uint64_t *wide, wr_slot *slots)
{
  for (uint32_t k = 0; k < count; k++)
    if (!narrow(types[k], wide[k], slots + k))
      return false;
  return true;
}

/* False if there are others than numbers, or too many. */
static bool widen_all(const wr_type *types, uint32_t count, const wr_slot *slots, uint64_t *wide)
{
  if (count > WR_EXCHANGE)
    return false;
  for (uint32_t k = 0; k < count; k++) {
    if (types[k] < WR_I32 || types[k] > WR_F64)
      return false;
    wide[k] = types[k] == WR_F32 ? f32_widened((uint32_t)slots[k]) : slots[k];
  }
  return true;
}

/* Events as words */

static int64_t word_of(int event, int64_t handle)
{
  return ~(handle << WR_DIRECT_HANDLE_BIT | event);
}

static int64_t returned(wr_task *task)
{
  const wr_defined_type *type = wr_defined(task->begun->type);
  const wr_slot *results = task->stack + task->results;
  if (type->result_count == 1 && type->results[0] == WR_I32)
    return (uint32_t)*results;
  widen_all(type->results, type->result_count, results, task->exchange);
  return 0;
}

/* A host function that may be called from here waits for its arguments. */
static int64_t called_host(wr_task *task)
{
  const wr_store *store = task->frame->code ? task->frame->instance->store : task->store;
  nesting = task->nesting + 1;
  if (task->nesting >= store->nested_executions)
    return word_of(WR_EVENT_HOST_CALL, 0);
  const wr_defined_type *type = wr_defined(task->callee->type);
  bool is_plain = widen_all(type->params, type->param_count, task->stack + task->arguments,
                            task->exchange);
  return word_of(WR_EVENT_HOST_CALL, is_plain ? task->callee->handle : 0);
}

static int64_t run(wr_task *task, wr_domain *locked, wr_callee *callee)
{
  int event = wr_api_run_locked(task, locked, callee, -1, -1);
  if (event == WR_EVENT_HOST_CALL)
    return called_host(task);
  nesting = task->nesting;
  return event == WR_EVENT_RETURNED ? returned(task) : word_of(event, 0);
}

/* Calls */

static int64_t begin(wr_task *task, wr_callee *callee, const uint64_t *wide)
{
  const wr_defined_type *type = wr_defined(callee->type);
  wr_domain *locked = wr_domain_lock(task->store->domain);
  int64_t word = word_of(WR_DIRECT_REFUSED, 0);
  wr_task_restart(task);
  task->begun = callee;
  task->nesting = nesting;
  if (narrow_all(type->params, type->param_count, wide, task->stack))
    word = run(task, locked, callee);
  wr_domain_unlock(locked);
  return word;
}

int64_t wr_direct_call_0(wr_task *task, wr_callee *callee) { return begin(task, callee, NULL); }

int64_t wr_direct_call_1(wr_task *task, wr_callee *callee, int64_t a)
{
  return begin(task, callee, (uint64_t[]){(uint64_t)a});
}

int64_t wr_direct_call_2(wr_task *task, wr_callee *callee, int64_t a, int64_t b)
{
  return begin(task, callee, (uint64_t[]){(uint64_t)a, (uint64_t)b});
}

int64_t wr_direct_call_3(wr_task *task, wr_callee *callee, int64_t a, int64_t b, int64_t c)
{
  return begin(task, callee, (uint64_t[]){(uint64_t)a, (uint64_t)b, (uint64_t)c});
}

int64_t wr_direct_call_4(wr_task *task, wr_callee *callee, int64_t a, int64_t b, int64_t c,
                         int64_t d)
{
  return begin(task, callee, (uint64_t[]){(uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d});
}

int64_t wr_direct_call(wr_task *task, wr_callee *callee)
{
  return begin(task, callee, task->exchange);
}

static int64_t answer(wr_task *task, const uint64_t *wide)
{
  const wr_defined_type *type = wr_defined(task->callee->type);
  wr_domain *locked = wr_domain_lock(task->store->domain);
  int64_t word = word_of(WR_DIRECT_REFUSED, 0);
  if (narrow_all(type->results, type->result_count, wide, task->stack + task->arguments)) {
    task->is_unanswered = false;
    word = run(task, locked, NULL);
  }
  wr_domain_unlock(locked);
  return word;
}

int64_t wr_direct_answer_0(wr_task *task) { return answer(task, NULL); }
int64_t wr_direct_answer_1(wr_task *task, int64_t value)
{
  return answer(task, (uint64_t[]){(uint64_t)value});
}
int64_t wr_direct_answer(wr_task *task) { return answer(task, task->exchange); }

int64_t wr_direct_go(wr_task *task)
{
  wr_domain *locked = wr_domain_lock(task->store->domain);
  int64_t word = run(task, locked, NULL);
  wr_domain_unlock(locked);
  return word;
}

void wr_direct_leave(wr_task *task) { nesting = task->nesting; }
