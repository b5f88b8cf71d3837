/* The step stream: exceptions. The search for a handler goes through the frames; nothing is
   thrown away before one has been found, so that an exception nobody handles can be looked at. */
#include "handler.h"

static wr_exception *new_exception(wr_task *t, wr_tag *tag, const wr_slot *values)
{
  const wr_defined_type *type = wr_defined(tag->type);
  wr_gc_heap *heap = &t->locked->heap;
  size_t slots = 0;
  for (uint32_t k = 0; k < type->param_count; k++)
    slots += wr_slots(type->params[k]);
  size_t size = sizeof(wr_exception) + slots * sizeof(wr_slot);
  if (wr_heap_is_due(heap))
    wr_domain_collect(t->locked);
  wr_object *object = wr_heap_alloc(heap, WR_OBJECT_EXCEPTION, tag->type, size);
  if (!object && wr_domain_make_room(t->locked))
    object = wr_heap_alloc(heap, WR_OBJECT_EXCEPTION, tag->type, size);
  wr_exception *exception = (wr_exception *)object;
  if (!exception)
    return NULL;
  exception->tag = tag;
  exception->object.length = (uint32_t)slots;
  memcpy(exception->values, values, slots * sizeof(wr_slot));
  return exception;
}

static const wr_catcher *find_catcher(const wr_region *region, const wr_instance *instance,
                                      const wr_exception *exception)
{
  for (uint32_t k = 0; k < region->count; k++) {
    const wr_catcher *catcher = &region->catchers[k];
    bool is_all = catcher->kind == WR_CATCH_ALL || catcher->kind == WR_CATCH_ALL_REF;
    if (is_all || (exception->tag && instance->tags[catcher->tag] == exception->tag))
      return catcher;
  }
  return NULL;
}

/* The innermost region around an instruction. */
static const wr_region *region_at(const wr_code *code, uint32_t pc)
{
  const wr_region *region = code->regions;
  while (region && !(region->begin < pc && pc < region->end))
    region = region->next;
  return region;
}

/* Be at a handler in the frame that is innermost now. */
static void enter_handler(wr_task *t, const wr_region *region, const wr_catcher *catcher)
{
  wr_exception *exception = t->exception;
  wr_frame *frame = t->frame;
  wr_slot *fp = frame->fp, *place = fp + catcher->branch.to;
  if (catcher->kind == WR_CATCH || catcher->kind == WR_CATCH_REF) {
    memcpy(place, exception->values, exception->object.length * sizeof(wr_slot));
    place += exception->object.length;
  }
  if (catcher->kind == WR_CATCH_REF || catcher->kind == WR_CATCH_ALL_REF)
    *place = (uint64_t)(uintptr_t)exception;
  if (region->is_legacy)
    fp[region->exception] = (uint64_t)(uintptr_t)exception;
  frame->pc = catcher->branch.target;
  frame->ip = NULL;
  t->exception = NULL;
}

bool wr_task_unwind(wr_task *t)
{
  for (wr_frame *frame = t->frame; frame->code; frame--) {
    for (const wr_region *region = region_at(frame->code, wr_frame_pc(frame)); region;
         region = region->outer) {
      const wr_catcher *catcher = find_catcher(region, frame->instance, t->exception);
      if (!catcher)
        continue;
      t->frame = frame;
      enter_handler(t, region, catcher);
      return true;
    }
  }
  t->status = WR_THREW;
  return false;
}

/* The instruction at ``ip`` throws: the run ends, at a handler if there is one. */
static const wr_entry *throw_now(const wr_entry *ip, wr_task *t, int64_t budget,
                                 wr_exception *exception)
{
  t->exception = exception;
  wr_stop(ip, t, budget - 1, WR_THREW);
  int64_t fuel = t->fuel + t->frame->code->fuel_before[t->frame->pc + 1];
  if (wr_task_unwind(t)) {
    t->fuel = fuel;
    t->status = WR_SWITCH;
  }
  return NULL;
}

WR_HANDLER(throw)
{
  wr_exception *exception = new_exception(t, t->frame->instance->tags[ip->b], fp + ip->a);
  if (!exception)
    return wr_stop_no_object(ip, t, budget);
  return throw_now(ip, t, budget, exception);
}

WR_HANDLER(throw_ref)
{
  wr_exception *exception = (wr_exception *)(uintptr_t)fp[ip->a];
  WR_TRAP_IF(!exception, WR_TRAP_NULL_EXCEPTION_REFERENCE);
  return throw_now(ip, t, budget, exception);
}

WR_HANDLER(rethrow)
{
  wr_exception *exception = (wr_exception *)(uintptr_t)fp[ip->a];
  return throw_now(ip, t, budget, exception);
}
