/* The step stream: blocks, branches, calls, locals, globals, references. */
#include "handler.h"

/* What only marks a place. */
#define MARK(id) \
  WR_HANDLER(id) { WR_NEXT(); }
MARK(nop)
MARK(block)
MARK(drop)
MARK(try_table)
MARK(try)
MARK(delegate)
MARK(atomic_fence)

WR_HANDLER(unreachable) { WR_TRAP(WR_TRAP_UNREACHABLE); }

/* Code that validation knows nobody can reach. */
WR_HANDLER(unreached) { WR_TRAP(WR_TRAP_UNREACHABLE); }

WR_HANDLER(loop)
{
  if (WR_UNLIKELY(t->fuel + ip->b >= __atomic_load_n(&t->fuel_limit, __ATOMIC_RELAXED)))
    return wr_stop(ip, t, budget, WR_CHECKPOINT);
  WR_NEXT();
}

/* Branches */

static inline const wr_entry *follow(const wr_entry *ip, const wr_branch *branch, wr_task *t)
{
  t->fuel += branch->fuel;
  return ip + branch->distance;
}

static inline void move_slots(wr_slot *fp, const wr_branch *branch)
{
  wr_slide(fp + branch->to, fp + branch->from, branch->count);
}

/* Those that move nothing: the entry has the fuel and the distance. */
static inline const wr_entry *go_to(const wr_entry *ip, wr_task *t)
{
  t->fuel += (int32_t)ip->b;
  return ip + (int64_t)ip->c;
}

WR_HANDLER(goto) { WR_GO(go_to(ip, t)); }

WR_HANDLER(goto_if)
{
  if (wr_get_i32(fp + ip->a))
    WR_GO(go_to(ip, t));
  WR_NEXT();
}

WR_HANDLER(goto_unless)
{
  if (!wr_get_i32(fp + ip->a))
    WR_GO(go_to(ip, t));
  WR_NEXT();
}

WR_HANDLER(goto_one)
{
  const wr_branch *branch = ip->p;
  fp[branch->to] = fp[branch->from];
  WR_GO(follow(ip, branch, t));
}

WR_HANDLER(goto_if_one)
{
  const wr_branch *branch = ip->p;
  if (wr_get_i32(fp + ip->a)) {
    fp[branch->to] = fp[branch->from];
    WR_GO(follow(ip, branch, t));
  }
  WR_NEXT();
}

WR_HANDLER(br)
{
  move_slots(fp, ip->p);
  WR_GO(follow(ip, ip->p, t));
}

WR_HANDLER(br_if)
{
  if (wr_get_i32(fp + ip->a)) {
    move_slots(fp, ip->p);
    WR_GO(follow(ip, ip->p, t));
  }
  WR_NEXT();
}

/* Never left in lowered code, where they are the ones above. */
WR_HANDLER(if) { return wr_step_goto_unless(ip, fp, t, budget); }
WR_HANDLER(else) { return wr_step_goto(ip, fp, t, budget); }
WR_HANDLER(catch) { return wr_step_goto(ip, fp, t, budget); }
WR_HANDLER(catch_all) { return wr_step_goto(ip, fp, t, budget); }

WR_HANDLER(br_table)
{
  uint32_t index = wr_get_i32(fp + ip->a);
  const wr_branch *branch = (const wr_branch *)ip->p + (index < ip->b ? index : ip->b);
  move_slots(fp, branch);
  WR_GO(follow(ip, branch, t));
}

WR_HANDLER(br_on_null)
{
  if (!fp[ip->a]) {
    move_slots(fp, ip->p);
    WR_GO(follow(ip, ip->p, t));
  }
  WR_NEXT();
}

WR_HANDLER(br_on_non_null)
{
  if (fp[ip->a]) {
    move_slots(fp, ip->p);
    WR_GO(follow(ip, ip->p, t));
  }
  WR_NEXT();
}

/* Calls. The callee's frame begins at its arguments, so that nothing is copied, and its results
   are left in the same place. */

/* An entry of a body: from here on the callee runs. */
#define ENTER_BODY(callee) \
  do { \
    const wr_entry *first = wr_code_entries(callee); \
    if (WR_UNLIKELY(t->fuel >= __atomic_load_n(&t->fuel_limit, __ATOMIC_RELAXED))) \
      return wr_stop(first, t, budget - 1, WR_CHECKPOINT); \
    WR_GO(first); \
  } while (0)

static inline void clear_locals(wr_slot *fp, const wr_code *code)
{
  wr_slot *end = fp + code->local_slots;
  for (wr_slot *local = fp + code->param_slots; local < end; local++) {
    *local = 0;
    WR_NO_IDIOM(local);
  }
}

static inline bool is_lowered(wr_code *code)
{
  return wr_code_entries(code) || wr_code_lower(code);
}

/* Push an activation. NULL if that is impossible: then the status says why. */
static inline wr_slot *push_frame(const wr_entry *ip, wr_slot *fp, wr_task *t, wr_code *code,
                                  wr_instance *instance)
{
  wr_frame *frame = t->frame;
  frame->pc = (uint32_t)(ip - frame->code->entries);
  if (WR_UNLIKELY(frame->room < code->size)) {
    t->status = WR_EXHAUSTED;
    t->needed = code->size;
    t->left = frame->room < 0 ? 0 : (uint64_t)frame->room;
    return NULL;
  }
  if (WR_UNLIKELY(frame + 1 == t->frames_end && !wr_task_grow_frames(t)))
    return NULL;
  wr_slot *callee_fp = fp + ip->a;
  if (WR_UNLIKELY(t->stack_end - callee_fp < (int64_t)code->frame_slots)) {
    callee_fp = wr_task_grow_stack(t, callee_fp, code->frame_slots);
    if (!callee_fp)
      return NULL;
  }
  frame = t->frame;
  frame[1] = (wr_frame){.code = code, .instance = instance, .fp = callee_fp,
                        .room = frame->room - code->size};
  t->frame = frame + 1;
  t->fuel += ip->b + 1;
  clear_locals(callee_fp, code);
  return callee_fp;
}

#define CALL_CODE(callee, its_instance) \
  do { \
    if (WR_UNLIKELY(!is_lowered(callee))) \
      return wr_stop_no_memory(ip, t, budget); \
    wr_slot *callee_fp = push_frame(ip, fp, t, callee, its_instance); \
    if (WR_UNLIKELY(!callee_fp)) \
      return wr_stop(ip, t, budget - 1, t->status); \
    fp = callee_fp; \
    ENTER_BODY(callee); \
  } while (0)

WR_HANDLER(call_function)
{
  wr_code *callee = (wr_code *)ip->p;
  CALL_CODE(callee, t->frame->instance);
}

/* The host is called: the task waits for the answer, which goes where the arguments are. */
static const wr_entry *call_host(const wr_entry *ip, wr_slot *fp, wr_task *t, int64_t budget,
                                 wr_callee *callee)
{
  t->callee = callee;
  t->arguments = (uint64_t)(fp + ip->a - t->stack);
  return wr_stop(ip, t, budget - 1, WR_HOST_CALL);
}

#define CALL_REFERENCE(reference) \
  do { \
    wr_callee *called = (reference); \
    if (!called->code) \
      return call_host(ip, fp, t, budget, called); \
    if (called->instance != t->frame->instance) \
      wr_task_switch(t, called->instance); \
    CALL_CODE(called->code, called->instance); \
  } while (0)

WR_HANDLER(call) { CALL_REFERENCE(t->frame->instance->functions[ip->c]); }

/* What call_indirect calls; NULL with ``trap`` set if there is nothing that fits. */
static inline wr_callee *find_callee(const wr_site *site, const wr_slot *fp, wr_task *t, int *trap)
{
  const wr_table *table = t->frame->instance->tables[site->table];
  uint64_t index = fp[site->index];
  if (WR_UNLIKELY(index >= table->size)) {
    *trap = WR_TRAP_UNDEFINED_ELEMENT;
    return NULL;
  }
  wr_callee *callee = (wr_callee *)(uintptr_t)wr_table_get(table, index);
  if (WR_UNLIKELY(!callee)) {
    t->trap_value = index;
    *trap = WR_TRAP_UNINITIALIZED_ELEMENT;
    return NULL;
  }
  if (WR_UNLIKELY(callee->type != site->type && !wr_defined_matches(callee->type, site->type))) {
    *trap = WR_TRAP_INDIRECT_CALL_TYPE_MISMATCH;
    return NULL;
  }
  return callee;
}

WR_HANDLER(call_indirect)
{
  int trap = WR_TRAP_NONE;
  wr_callee *callee = find_callee(ip->p, fp, t, &trap);
  WR_TRAP_IF(!callee, trap);
  CALL_REFERENCE(callee);
}

WR_HANDLER(call_ref)
{
  wr_callee *callee = (wr_callee *)(uintptr_t)fp[ip->c];
  WR_TRAP_IF(!callee, WR_TRAP_NULL_FUNCTION_REFERENCE);
  CALL_REFERENCE(callee);
}

/* Tail calls: the callee takes the place of its caller. */

static inline wr_slot *replace_frame(const wr_entry *ip, wr_slot *fp, wr_task *t, wr_code *code,
                                     wr_instance *instance)
{
  if (WR_UNLIKELY(t->stack_end - fp < (int64_t)code->frame_slots)) {
    fp = wr_task_grow_stack(t, fp, code->frame_slots);
    if (!fp)
      return NULL;
  }
  wr_frame *frame = t->frame;
  memmove(fp, fp + ip->a, code->param_slots * sizeof(wr_slot));
  frame->room += frame->code->size;
  frame->room -= code->size;
  frame->code = code;
  frame->instance = instance;
  t->fuel += ip->b + 1;
  clear_locals(fp, code);
  return fp;
}

#define RETURN_CALL_CODE(callee, its_instance) \
  do { \
    if (WR_UNLIKELY(!is_lowered(callee))) \
      return wr_stop_no_memory(ip, t, budget); \
    wr_slot *callee_fp = replace_frame(ip, fp, t, callee, its_instance); \
    if (WR_UNLIKELY(!callee_fp)) \
      return wr_stop(ip, t, budget - 1, t->status); \
    fp = callee_fp; \
    ENTER_BODY(callee); \
  } while (0)

/* Leave an activation whose last entry was ``ip``; false if it was the outermost one, or its caller
   is in the fast stream: then the fuel is all that was spent. */
static inline bool pop_frame(const wr_entry *ip, wr_task *t)
{
  t->fuel += ip->b;
  wr_frame *caller = --t->frame;
  if (!caller->code || caller->ip)
    return false;
  t->fuel -= caller->code->entries[caller->pc].b;
  wr_task_switch(t, caller->instance);
  return true;
}

/* A tail call of the host's ends the activation at once; the answer goes to its caller. */
static const wr_entry *return_call_host(const wr_entry *ip, wr_slot *fp, wr_task *t,
                                        int64_t budget, wr_callee *callee)
{
  uint32_t slots = 0;
  const wr_defined_type *type = wr_defined(callee->type);
  for (uint32_t k = 0; k < type->param_count; k++)
    slots += wr_slots(type->params[k]);
  memmove(fp, fp + ip->a, slots * sizeof(wr_slot));
  t->callee = callee;
  t->arguments = (uint64_t)(fp - t->stack);
  /* A run that ends adds what lies before the next instruction: here that is known already. */
  if (pop_frame(ip, t))
    return wr_stop(t->frame->code->entries + t->frame->pc, t, budget - 1, WR_HOST_CALL);
  wr_frame *caller = t->frame;
  if (caller->code) {
    caller->pc = wr_frame_pc(caller);
    t->fuel -= caller->code->fuel_before[caller->pc + 1];
  }
  t->status = WR_HOST_CALL;
  t->budget = budget - 1;
  return NULL;
}

#define RETURN_CALL_REFERENCE(reference) \
  do { \
    wr_callee *called = (reference); \
    if (!called->code) \
      return return_call_host(ip, fp, t, budget, called); \
    if (called->instance != t->frame->instance) \
      wr_task_switch(t, called->instance); \
    RETURN_CALL_CODE(called->code, called->instance); \
  } while (0)

WR_HANDLER(return_call_function)
{
  wr_code *callee = (wr_code *)ip->p;
  RETURN_CALL_CODE(callee, t->frame->instance);
}

WR_HANDLER(return_call) { RETURN_CALL_REFERENCE(t->frame->instance->functions[ip->c]); }

WR_HANDLER(return_call_indirect)
{
  int trap = WR_TRAP_NONE;
  wr_callee *callee = find_callee(ip->p, fp, t, &trap);
  WR_TRAP_IF(!callee, trap);
  RETURN_CALL_REFERENCE(callee);
}

WR_HANDLER(return_call_ref)
{
  wr_callee *callee = (wr_callee *)(uintptr_t)fp[ip->c];
  WR_TRAP_IF(!callee, WR_TRAP_NULL_FUNCTION_REFERENCE);
  RETURN_CALL_REFERENCE(callee);
}

/* The outermost activation stays where it is when it returns, so that it can be looked at. */
WR_HANDLER(return)
{
  if (WR_UNLIKELY(!t->frame[-1].code)) {
    t->results = (uint64_t)(fp + ip->a - t->stack);
    return wr_stop(ip, t, budget - 1, WR_RETURNED);
  }
  uint32_t count = t->frame->code->result_slots;
  if (count == 1)
    fp[0] = fp[ip->a];
  else if (count)
    wr_slide(fp, fp + ip->a, count);
  t->passed = fp[0];
  if (WR_UNLIKELY(!pop_frame(ip, t))) {
    t->status = WR_SWITCH;
    t->budget = budget - 1;
    return NULL;
  }
  const wr_frame *caller = t->frame;
  fp = caller->fp;
  WR_GO(caller->code->entries + caller->pc + 1);
}

WR_HANDLER(end) { return wr_step_return(ip, fp, t, budget); }

/* Locals and globals */

WR_HANDLER(copy)
{
  fp[ip->a] = fp[ip->b];
  WR_NEXT();
}

WR_HANDLER(copy_vector)
{
  memmove(fp + ip->a, fp + ip->b, 2 * sizeof(wr_slot));
  WR_NEXT();
}

#define COPY(id) \
  WR_HANDLER(id) \
  { \
    fp[ip->a] = fp[ip->b]; \
    WR_NEXT(); \
  }
COPY(local_get)
COPY(local_set)
COPY(local_tee)

WR_HANDLER(global_get)
{
  fp[ip->a] = t->frame->instance->globals[ip->b]->value[0];
  WR_NEXT();
}

WR_HANDLER(global_set)
{
  t->frame->instance->globals[ip->b]->value[0] = fp[ip->a];
  WR_NEXT();
}

WR_HANDLER(global_get_vector)
{
  memcpy(fp + ip->a, t->frame->instance->globals[ip->b]->value, 2 * sizeof(wr_slot));
  WR_NEXT();
}

WR_HANDLER(global_set_vector)
{
  memcpy(t->frame->instance->globals[ip->b]->value, fp + ip->a, 2 * sizeof(wr_slot));
  WR_NEXT();
}

WR_HANDLER(select)
{
  wr_slot *operands = fp + ip->a;
  if (!wr_get_i32(operands + 2))
    operands[0] = operands[1];
  WR_NEXT();
}

WR_HANDLER(select_t) { return wr_step_select(ip, fp, t, budget); }

WR_HANDLER(select_vector)
{
  wr_slot *operands = fp + ip->a;
  if (!wr_get_i32(operands + 4))
    memcpy(operands, operands + 2, 2 * sizeof(wr_slot));
  WR_NEXT();
}

/* References */

WR_HANDLER(ref_null)
{
  fp[ip->a] = 0;
  WR_NEXT();
}

WR_HANDLER(ref_is_null)
{
  fp[ip->a] = fp[ip->a] == 0;
  WR_NEXT();
}

WR_HANDLER(ref_as_non_null)
{
  WR_TRAP_IF(!fp[ip->a], WR_TRAP_NULL_REFERENCE);
  WR_NEXT();
}

WR_HANDLER(ref_func)
{
  wr_callee *function = wr_instance_function(t->frame->instance, ip->b);
  if (!function)
    return wr_stop_no_memory(ip, t, budget);
  fp[ip->a] = (uint64_t)(uintptr_t)function;
  WR_NEXT();
}

WR_HANDLER(ref_eq)
{
  wr_slot *operands = fp + ip->a;
  operands[0] = operands[0] == operands[1];
  WR_NEXT();
}

MARK(any_convert_extern)
MARK(extern_convert_any)

WR_HANDLER(ref_i31)
{
  fp[ip->a] = (uint64_t)(wr_get_i32(fp + ip->a) & 0x7FFFFFFF) << 1 | 1;
  WR_NEXT();
}

WR_HANDLER(i31_get_s)
{
  WR_TRAP_IF(!fp[ip->a], WR_TRAP_NULL_I31_REFERENCE);
  wr_put_i32(fp + ip->a, (uint32_t)((int32_t)(uint32_t)fp[ip->a] >> 1));
  WR_NEXT();
}

WR_HANDLER(i31_get_u)
{
  WR_TRAP_IF(!fp[ip->a], WR_TRAP_NULL_I31_REFERENCE);
  wr_put_i32(fp + ip->a, (uint32_t)fp[ip->a] >> 1);
  WR_NEXT();
}
