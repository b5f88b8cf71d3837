/* Lowering for the fast stream: a function as a whole, and back from its code to what the step
   stream knows. */
#include "allocate.h"
#include "fast_lower.h"


/* Behind an instruction that worked on slots alone, the stack is what validation says. */
static void catch_up(wr_fast_lowering *l, const wr_checker *c)
{
  uint32_t slot = l->shared.code->local_slots;
  l->is_behind = false;
  l->height = 0;
  for (uint32_t k = 0; k < c->height; k++) {
    wr_fast_push(l, WR_IN_SLOT, wr_class_of(c->stack[k]), slot);
    slot += wr_slots(c->stack[k]);
  }
}

/* Whether a branch may yet take back the code at the place that is sought: a comparison's. */
static bool is_on_probation(const wr_fast_lowering *l)
{
  if (!l->made_count)
    return false;
  const wr_made *last = &l->made[l->made_count - 1];
  return last->branch && l->made[last->compared].word <= l->sought;
}

/* Somebody wants to know what was where when the code at a place began. */
static void remember(wr_fast_lowering *l, const wr_checker *c)
{
  if (l->word_count > l->sought) {
    if (is_on_probation(l))
      return;
    l->is_found = true;
    wr_fail(l->shared.failure, WR_ERROR_MEMORY, 0, "found");
  }
  if (l->before_room < l->height) {
    l->before_room = l->height + 64;
    l->before = wr_need(&l->shared, &l->shared.scratch, l->before_room * sizeof *l->before);
  }
  if (l->height)
    memcpy(l->before, l->stack, l->height * sizeof *l->stack);
  l->before_height = l->height;
  l->before_pc = c->pc;
}

static void on_instruction(wr_emitter *self, const wr_checker *c, const wr_instruction *i)
{
  wr_fast_lowering *l = (wr_fast_lowering *)self;
  uint32_t *fuel_before = l->shared.code->fuel_before;
  fuel_before[c->pc + 1] = fuel_before[c->pc] + wr_rows[i->op].fuel;
  l->idle += !wr_rows[i->op].fuel;
  if (c->height > l->shared.highest)
    l->shared.highest = c->height;
  if (wr_fast_block_of(wr_control_at(c, 0))->is_dead)
    return;
  bool is_reached = !wr_control_at(c, 0)->is_unreachable;
  if (is_reached && l->is_behind)
    catch_up(l, c);
  if (l->sought != WR_NOBODY)
    remember(l, c);
  if (wr_fast_lower_part(l, c, i, is_reached) || !is_reached || wr_fast_lower_control(l, c, i) ||
      wr_fast_lower_operation(l, c, i))
    return;
  wr_fast_lower_bridge(l, c, i);
  l->is_behind = true;
}

static void on_opened(wr_emitter *self, const wr_checker *c, wr_control *control)
{
  wr_fast_lowering *l = (wr_fast_lowering *)self;
  wr_fast_block *block = wr_need(&l->shared, &l->shared.scratch, sizeof *block);
  (void)c;
  control->user = block;
  if (control->kind != WR_CONTROL_FUNCTION)
    block->is_dead = wr_fast_block_of(control - 1)->is_dead || control[-1].is_unreachable;
  if (block->is_dead)
    return;
  block->otherwise = l->opening;
  l->opening = NULL;
  if (control->kind == WR_CONTROL_LOOP)
    block->head = l->word_count - 2;
}

/* All of it */

enum { MOST_SLOTS = 65000 };

/* Raised where a function cannot have fast code; it then has its entries only. */
_Noreturn static void refuse(wr_fast_lowering *l)
{
  l->is_refused = true;
  wr_fail(l->shared.failure, WR_ERROR_MEMORY, 0, "not for the fast stream");
}

static void lower_body(wr_fast_lowering *l)
{
  wr_code *code = l->shared.code;
  wr_measure_locals(&l->shared);
  if (code->local_slots > MOST_SLOTS)
    refuse(l);
  if (!code->fuel_before)
    code->fuel_before = wr_need(&l->shared, l->shared.kept,
                                ((size_t)code->count + 1) * sizeof *code->fuel_before);
  l->shared.emitter = (wr_emitter){on_instruction, on_opened};
  for (unsigned class = 0; class < WR_CLASSES; class++)
    l->owner[class] = l->mirror[class] = WR_NOBODY;
  wr_fast_word(l, 0); /* nothing lies before the entry */
  uint32_t operand_slots =
      wr_check_function(l->shared.program->module, code->function, l->shared.failure,
                        &l->shared.emitter, &l->shared.scratch);
  if (l->sought < l->word_count)
    l->is_found = true;
  if (l->idle > WR_FAST_IDLE)
    refuse(l);
  wr_measure_frame(&l->shared, operand_slots);
  if (code->frame_slots > MOST_SLOTS)
    refuse(l);
}

static __attribute__((noinline)) bool try_lowering(wr_fast_lowering *l)
{
  wr_error error = {0};
  wr_failure failure = {.error = &error, .function = -1, .pc = -1};
  l->shared.failure = &failure;
  if (setjmp(failure.jump))
    return false;
  lower_body(l);
  if (l->sought == WR_NOBODY)
    wr_fast_fuse(l);
  return true;
}

/* Keep the code. */
static bool finish(wr_fast_lowering *l)
{
  wr_code *code = l->shared.code;
  code->fast_words = wr_allocate(l->word_count * sizeof *code->fast_words);
  code->labels = wr_allocate((l->label_count + 1) * sizeof *code->labels);
  if (!code->fast_words || !code->labels) {
    wr_deallocate(code->fast_words);
    wr_deallocate(code->labels);
    code->fast_words = NULL;
    code->labels = NULL;
    return false;
  }
  memcpy(code->fast_words, l->words, l->word_count * sizeof *code->fast_words);
  if (l->label_count)
    memcpy(code->labels, l->labels, l->label_count * sizeof *code->labels);
  code->label_count = l->label_count;
  code->fast_count = l->word_count;
  return true;
}

static wr_fast_lowering *new_lowering(wr_code *draft, uint32_t sought)
{
  wr_fast_lowering *l = wr_allocate_zeroed(1, sizeof *l);
  if (!l)
    return NULL;
  l->shared.program = draft->program;
  l->shared.code = draft;
  l->shared.kept = &draft->fast_arena;
  l->sought = sought;
  return l;
}

static void free_lowering(wr_fast_lowering *l)
{
  wr_arena_free(&l->shared.scratch);
  wr_deallocate(l);
}

/* Lower into ``draft``; whether handlers of exceptions are in it. */
static bool lower_draft(wr_code *draft, bool *has_handlers)
{
  wr_fast_lowering *l = new_lowering(draft, WR_NOBODY);
  bool done = l && try_lowering(l) && finish(l);
  if (l) {
    *has_handlers = l->has_handlers;
    draft->is_slow = l->is_refused;
    free_lowering(l);
  }
  return done;
}

/* Of two threads that have lowered the same function one comes first. */
static void publish(wr_code *code, wr_code *draft)
{
  pthread_mutex_lock(&code->program->lock);
  if (code->fast) {
    wr_arena_free(&draft->fast_arena);
    wr_deallocate(draft->fast_words);
    wr_deallocate(draft->labels);
  } else {
    code->local_slots = draft->local_slots;
    code->frame_slots = draft->frame_slots;
    code->size = draft->size;
    code->count = draft->count;
    if (!code->fuel_before)
      code->fuel_before = draft->fuel_before;
    code->fast_words = draft->fast_words;
    code->fast_count = draft->fast_count;
    code->labels = draft->labels;
    code->label_count = draft->label_count;
    code->fast_arena = draft->fast_arena;
    __atomic_store_n(&code->fast, draft->fast_words + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&code->fast_slots, draft->frame_slots, __ATOMIC_RELEASE);
  }
  pthread_mutex_unlock(&code->program->lock);
}

bool wr_fast_lower(wr_code *code)
{
  wr_program *program = code->program;
  bool has_handlers = false;
  wr_long_work();
  pthread_mutex_lock(&program->lock);
  bool done = code->fast != NULL;
  wr_code draft = *code;
  if (!done && !code->is_slow) {
    done = lower_draft(&draft, &has_handlers);
    if (!done)
      wr_arena_free(&draft.fast_arena);
    code->is_slow = draft.is_slow;
  }
  pthread_mutex_unlock(&program->lock);
  if (!done || code->fast)
    return done;
  /* Handlers are found with the help of the step stream's code. */
  if (has_handlers && !wr_code_lower(code)) {
    wr_arena_free(&draft.fast_arena);
    wr_deallocate(draft.fast_words);
    wr_deallocate(draft.labels);
    return false;
  }
  publish(code, &draft);
  return true;
}

const wr_word *wr_fast_label(wr_code *code, uint32_t pc)
{
  const wr_word *entry = wr_fast_code(code);
  if (!entry) {
    if (code->is_slow || !wr_fast_lower(code))
      return NULL;
    entry = wr_fast_code(code);
  }
  if (pc == 0)
    return entry;
  uint32_t low = 0, high = code->label_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (code->labels[middle].pc == pc)
      return code->fast_words + code->labels[middle].word;
    if (code->labels[middle].pc < pc)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

/* Settling */

static void put_back(const wr_fast_lowering *l, const wr_fast *registers)
{
  for (uint32_t k = 0; k < l->before_height; k++) {
    const wr_operand *operand = &l->before[k];
    wr_slot *slot = registers->fp + operand->slot;
    if (operand->where == WR_IN_LOCAL)
      memcpy(slot, registers->fp + operand->local, wr_fast_size(operand->class) * sizeof *slot);
    else if (operand->where == WR_IN_CONSTANT)
      *slot = operand->constant;
    if (operand->where != WR_IN_ACCUMULATOR)
      continue;
    /* Perhaps it was put into its slot too, to make room for what followed. */
    if (l->made[operand->producer].is_directed)
      continue;
    if (operand->class == WR_CLASS_V128)
      memcpy(slot, &registers->acc128, sizeof registers->acc128);
    else if (operand->class == WR_CLASS_F32)
      *slot = wr_f32_bits(registers->acc32);
    else if (operand->class == WR_CLASS_F64)
      *slot = wr_f64_bits(registers->acc64);
    else
      *slot = registers->acc;
  }
}

bool wr_fast_settle(wr_code *code, const wr_fast *registers, uint32_t *pc)
{
  wr_code draft = *code;
  static const wr_arena nothing;
  draft.fast_arena = nothing;
  draft.fuel_before = NULL;
  wr_fast_lowering *l = new_lowering(&draft, (uint32_t)(registers->ip - code->fast_words));
  if (!l)
    return false;
  pthread_mutex_lock(&code->program->lock);
  try_lowering(l);
  pthread_mutex_unlock(&code->program->lock);
  bool is_found = l->is_found;
  if (is_found) {
    put_back(l, registers);
    *pc = l->before_pc;
  }
  free_lowering(l);
  wr_arena_free(&draft.fast_arena);
  return is_found;
}
