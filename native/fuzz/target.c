/* What a fuzzer calls with bytes that may be a module (libFuzzer's interface; see fuzz.py).

   The bytes are decoded, validated, and what is valid is run: every export once, with numbers by
   chance, imports included. It runs twice at the same time, in two worlds: one in whichever stream
   is faster, the other one in the step stream alone. Both are stopped at the same fuel, and there
   must agree about everything that can be compared. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of all that was compared, for whoever runs the same files on another machine: every NaN is one
   there, as machines differ in the signs of those that they make. */
uint64_t target_digest = 0xCBF29CE484222325u;

static void digest(uint64_t value)
{
  target_digest = (target_digest ^ value) * 0x100000001B3u;
  target_digest ^= target_digest >> 29;
}

enum { MOST_CALLS = 24, MOST_STOPS = 400 };

typedef struct twins {
  world fast, exact;
  uint64_t random; /* of how they are stopped */
  bool is_over;    /* memory ran out, in which they may differ */
} twins;

_Noreturn static void differ(const twins *t, const char *what, uint64_t fast, uint64_t exact)
{
  const wr_frame *frame = t->exact.task->frame;
  fprintf(stderr, "the streams differ: %s: %llx in the fast one, %llx in the exact one\n", what,
          (unsigned long long)fast, (unsigned long long)exact);
  if (frame->code)
    fprintf(stderr, "in function %u at pc %u\n", frame->code->function, frame->pc);
  abort();
}

static void same(const twins *t, const char *what, uint64_t fast, uint64_t exact)
{
  if (fast != exact)
    differ(t, what, fast, exact);
  digest(fast);
}

static void same_float(const twins *t, const char *what, wr_type type, uint64_t fast,
                       uint64_t exact)
{
  uint64_t infinity = type == WR_F32 ? 0x7F800000u : 0x7FF0000000000000u;
  bool is_nan = (fast & (type == WR_F32 ? 0x7FFFFFFFu : INT64_MAX)) > infinity;
  if (fast != exact)
    differ(t, what, fast, exact);
  digest(is_nan ? infinity + 1 : fast);
}

/* References are addresses: that both are null, or the same small integer, is all they share. */
static void same_value(const twins *t, const char *what, wr_type type, const wr_slot *fast,
                       const wr_slot *exact)
{
  if (type == WR_F32 || type == WR_F64) {
    same_float(t, what, type, fast[0], exact[0]);
    return;
  }
  if (!wr_is_ref(type)) {
    same(t, what, fast[0], exact[0]);
    if (type == WR_V128)
      same(t, what, fast[1], exact[1]);
    return;
  }
  same(t, what, !fast[0], !exact[0]);
  same(t, what, fast[0] & 1, exact[0] & 1);
  if (fast[0] & 1)
    same(t, what, fast[0], exact[0]);
}

static void same_locals(const twins *t, const wr_frame *fast, const wr_frame *exact)
{
  const wr_function *function = &t->fast.module->functions[fast->code->function];
  const wr_slot *left = fast->fp, *right = exact->fp;
  for (uint32_t k = 0; k < function->local_count; k++) {
    same_value(t, "a local", wr_local_type(function, k), left, right);
    left += wr_slots(wr_local_type(function, k));
    right += wr_slots(wr_local_type(function, k));
  }
}

static void same_frames(twins *t)
{
  wr_task *fast = t->fast.task, *exact = t->exact.task;
  wr_api_settle(fast);
  wr_api_settle(exact);
  same(t, "depth", fast->depth, exact->depth);
  const wr_frame *left = fast->frame, *right = exact->frame;
  for (uint32_t k = 0; k < fast->depth; k++, left--, right--) {
    same(t, "function", left->code->function, right->code->function);
    same(t, "pc", left->pc, right->pc);
    same_locals(t, left, right);
  }
}

static void same_state(const twins *t)
{
  const wr_instance *fast = t->fast.instance, *exact = t->exact.instance;
  const wr_module *m = t->fast.module;
  for (uint32_t k = 0; k < m->memory_count; k++) {
    const wr_memory *left = fast->memories[k], *right = exact->memories[k];
    same(t, "size of memory", left->size, right->size);
    if (left->size && memcmp(left->base, right->base, left->size))
      differ(t, "bytes of memory", k, k);
    for (uint64_t i = 0; i < left->size; i += 61)
      digest(left->base[i]);
  }
  for (uint32_t k = 0; k < m->global_count; k++)
    same_value(t, "a global", m->globals[k].type, fast->globals[k]->value,
               exact->globals[k]->value);
  for (uint32_t k = 0; k < m->table_count; k++) {
    const wr_table *left = fast->tables[k], *right = exact->tables[k];
    same(t, "size of table", left->size, right->size);
    for (uint64_t i = 0; i < left->size; i++) {
      wr_slot a = wr_table_get(left, i), b = wr_table_get(right, i);
      same_value(t, "an element", left->type.element, &a, &b);
    }
  }
}

static void same_results(const twins *t, const wr_defined_type *type)
{
  const wr_slot *fast = world_results(&t->fast), *exact = world_results(&t->exact);
  for (uint32_t k = 0; k < type->result_count; k++) {
    same_value(t, "a result", type->results[k], fast, exact);
    fast += wr_slots(type->results[k]);
    exact += wr_slots(type->results[k]);
  }
}

static void locate_frames(const wr_task *task)
{
  const wr_frame *frame = task->frame;
  for (int k = 0; k < 3 && frame->code; k++, frame--) {
    uint64_t offset;
    wr_api_locate(frame->code, frame->pc, &offset);
  }
}

/* One turn of both; whether the call goes on. */
static bool advance(twins *t, const wr_defined_type *type)
{
  bool counts_steps = below(&t->random, 4) == 0;
  int64_t quantum = below(&t->random, 3) ? (int64_t)below(&t->random, 40) : 1000;
  int64_t steps = counts_steps ? (int64_t)below(&t->random, 30) : -1;
  if (below(&t->random, 8) == 0) {
    wr_api_collect(t->fast.domain);
    wr_api_collect(t->exact.domain);
  }
  int fast = world_run(&t->fast, quantum, steps);
  int exact = world_run(&t->exact, quantum, counts_steps ? steps : (int64_t)1 << 40);
  bool is_full = fast == WR_EVENT_HEAP_FULL || exact == WR_EVENT_HEAP_FULL;
  if (is_full || fast == WR_EVENT_NO_MEMORY || exact == WR_EVENT_NO_MEMORY) {
    t->is_over = true;
    return false;
  }
  same(t, "event", (uint64_t)fast, (uint64_t)exact);
  same(t, "fuel", (uint64_t)t->fast.task->fuel_spent, (uint64_t)t->exact.task->fuel_spent);
  same(t, "steps", t->fast.task->steps, t->exact.task->steps);
  same_frames(t);
  if (fast == WR_EVENT_RETURNED)
    same_results(t, type);
  if (fast == WR_EVENT_TRAPPED)
    same(t, "trap", (uint64_t)t->fast.task->trap, (uint64_t)t->exact.task->trap);
  if (fast == WR_EVENT_FUEL || fast == WR_EVENT_STEPS)
    return true;
  locate_frames(t->fast.task);
  return false;
}

static void call(twins *t, uint32_t function)
{
  wr_callee *fast = wr_api_function(t->fast.instance, function);
  wr_callee *exact = wr_api_function(t->exact.instance, function);
  bool can_begin = world_call(&t->fast, fast);
  if (!world_call(&t->exact, exact) || !can_begin)
    return;
  for (int k = 0; k < MOST_STOPS; k++)
    if (!advance(t, wr_defined(fast->type)))
      break;
  if (!t->is_over)
    same_state(t);
}

static void run(twins *t)
{
  const wr_module *m = t->fast.module;
  if (m->start >= 0)
    call(t, (uint32_t)m->start);
  for (uint32_t k = 0; k < m->export_count && k < MOST_CALLS && !t->is_over; k++)
    if (m->exports[k].kind == WR_FUNCTION)
      call(t, m->exports[k].index);
}

static void run_twice(wr_program *program, uint64_t seed)
{
  twins t = {.random = seed ^ 1};
  bool has_begun = world_begin(&t.fast, program, seed);
  if (world_begin(&t.exact, program, seed) && has_begun) {
    same(&t, "instantiation", (uint64_t)t.fast.outcome, (uint64_t)t.exact.outcome);
    same(&t, "its figure", t.fast.figure, t.exact.figure);
    if (t.fast.outcome == WR_INSTANTIATED)
      run(&t);
  }
  world_end(&t.fast);
  world_end(&t.exact);
}

static uint64_t hash(const uint8_t *data, size_t size)
{
  uint64_t h = 0xCBF29CE484222325u;
  for (size_t k = 0; k < size; k++)
    h = (h ^ data[k]) * 0x100000001B3u;
  return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  uint64_t seed = hash(data, size);
  uint8_t features[WR_FEATURE_NONE];
  wr_error error;
  memset(features, 1, sizeof features);
  if (seed % 32 == 0) /* now and then without some of them */
    features[seed / 32 % WR_FEATURE_NONE] = 0;
  wr_program *program = wr_api_load(data, size, features, &error);
  if (!program)
    return 0;
  run_twice(program, seed);
  wr_program_release(program);
  return 0;
}
