/* The step stream: structures, arrays and casts. Operands stay in their slots until an object has
   been made, so that a collection finds what they refer to. */
#include "aggregate.h"
#include "handler.h"

static void collect_if_due(wr_task *t)
{
  if (wr_heap_is_due(&t->locked->heap))
    wr_domain_collect(t->locked);
}

static wr_object *new_structure(wr_task *t, const wr_typed *typed)
{
  collect_if_due(t);
  wr_object *structure = wr_structure_new(&t->locked->heap, typed->id);
  if (!structure && wr_domain_make_room(t->locked))
    structure = wr_structure_new(&t->locked->heap, typed->id);
  return structure;
}

static wr_object *new_array(wr_task *t, const wr_typed *typed, uint32_t length)
{
  collect_if_due(t);
  wr_task_worked(t, (uint64_t)length * sizeof(wr_slot));
  wr_object *array = wr_array_new(&t->locked->heap, typed->id, length);
  if (!array && wr_domain_make_room(t->locked))
    array = wr_array_new(&t->locked->heap, typed->id, length);
  return array;
}

static inline wr_object *object(wr_slot slot) { return (wr_object *)(uintptr_t)slot; }

#define PUT_OBJECT(slot, made) \
  do { \
    if (WR_UNLIKELY(!(made))) \
      return wr_stop_no_object(ip, t, budget); \
    fp[slot] = (uint64_t)(uintptr_t)(made); \
  } while (0)

WR_HANDLER(struct_new)
{
  wr_object *structure = new_structure(t, ip->p);
  if (structure)
    wr_structure_fill(structure, fp + ip->a);
  PUT_OBJECT(ip->a, structure);
  WR_NEXT();
}

WR_HANDLER(struct_new_default)
{
  wr_object *structure = new_structure(t, ip->p);
  PUT_OBJECT(ip->a, structure);
  WR_NEXT();
}

static inline uint32_t extended(uint32_t value, wr_type storage)
{
  return storage == WR_I8 ? (uint32_t)(int32_t)(int8_t)value : (uint32_t)(int32_t)(int16_t)value;
}

WR_HANDLER(struct_get)
{
  const wr_typed *typed = ip->p;
  wr_object *structure = object(fp[ip->a]);
  WR_TRAP_IF(!structure, WR_TRAP_NULL_STRUCTURE_REFERENCE);
  wr_load_value(fp + ip->a, wr_body(structure) + typed->first, typed->type);
  WR_NEXT();
}

WR_HANDLER(struct_get_u) { return wr_step_struct_get(ip, fp, t, budget); }

WR_HANDLER(struct_get_s)
{
  const wr_typed *typed = ip->p;
  wr_object *structure = object(fp[ip->a]);
  WR_TRAP_IF(!structure, WR_TRAP_NULL_STRUCTURE_REFERENCE);
  wr_load_value(fp + ip->a, wr_body(structure) + typed->first, typed->type);
  wr_put_i32(fp + ip->a, extended(wr_get_i32(fp + ip->a), typed->type));
  WR_NEXT();
}

WR_HANDLER(struct_set)
{
  const wr_typed *typed = ip->p;
  wr_object *structure = object(fp[ip->a]);
  WR_TRAP_IF(!structure, WR_TRAP_NULL_STRUCTURE_REFERENCE);
  wr_store_value(wr_body(structure) + typed->first, typed->type, fp + ip->a + 1);
  WR_NEXT();
}

WR_HANDLER(array_new)
{
  const wr_typed *typed = ip->p;
  uint32_t length = wr_get_i32(fp + ip->a + wr_slots(typed->type));
  WR_TRAP_IF(length > WR_LARGEST_ARRAY, WR_TRAP_ALLOCATION_TOO_LARGE);
  wr_object *array = new_array(t, typed, length);
  if (array)
    wr_array_fill(array, 0, fp + ip->a, length);
  PUT_OBJECT(ip->a, array);
  WR_NEXT();
}

WR_HANDLER(array_new_default)
{
  uint32_t length = wr_get_i32(fp + ip->a);
  WR_TRAP_IF(length > WR_LARGEST_ARRAY, WR_TRAP_ALLOCATION_TOO_LARGE);
  wr_object *array = new_array(t, ip->p, length);
  PUT_OBJECT(ip->a, array);
  WR_NEXT();
}

WR_HANDLER(array_new_fixed)
{
  const wr_typed *typed = ip->p;
  wr_object *array = new_array(t, typed, typed->second);
  if (array)
    wr_array_put(array, fp + ip->a, typed->second);
  PUT_OBJECT(ip->a, array);
  WR_NEXT();
}

/* The bytes that ``count`` elements from an offset on have in a data segment; NULL if they are not
   all inside. */
static const uint8_t *data_for(const wr_task *t, const wr_typed *typed, uint32_t offset,
                               uint32_t count)
{
  const uint8_t *data;
  uint64_t size = wr_instance_data(t->frame->instance, typed->second, &data);
  uint64_t bytes = (uint64_t)count * wr_storage_size(typed->type);
  return offset <= size && bytes <= size - offset ? data + offset : NULL;
}

static const wr_slot *elements_for(const wr_task *t, const wr_typed *typed, uint32_t index,
                                   uint32_t count)
{
  const wr_references *segment = &t->frame->instance->elements[typed->second];
  static const wr_slot none;
  if (index > segment->count || count > segment->count - index)
    return NULL;
  return segment->items ? segment->items + index : &none;
}

WR_HANDLER(array_new_data)
{
  const wr_typed *typed = ip->p;
  uint32_t length = wr_get_i32(fp + ip->a + 1);
  const uint8_t *data = data_for(t, typed, wr_get_i32(fp + ip->a), length);
  WR_TRAP_IF(!data, WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  wr_object *array = new_array(t, typed, length);
  if (array)
    memcpy(wr_body(array), data, (size_t)length * wr_storage_size(typed->type));
  PUT_OBJECT(ip->a, array);
  WR_NEXT();
}

WR_HANDLER(array_new_elem)
{
  const wr_typed *typed = ip->p;
  uint32_t length = wr_get_i32(fp + ip->a + 1);
  const wr_slot *elements = elements_for(t, typed, wr_get_i32(fp + ip->a), length);
  WR_TRAP_IF(!elements, WR_TRAP_TABLE_OUT_OF_BOUNDS);
  wr_object *array = new_array(t, typed, length);
  if (array)
    memcpy(wr_body(array), elements, length * sizeof *elements);
  PUT_OBJECT(ip->a, array);
  WR_NEXT();
}

/* ``count`` elements from an index on must be inside an array that is not null. */
#define CHECK_ARRAY(array, index, count) \
  do { \
    WR_TRAP_IF(!(array), WR_TRAP_NULL_ARRAY_REFERENCE); \
    WR_TRAP_IF(!wr_array_contains(array, index, count), WR_TRAP_ARRAY_OUT_OF_BOUNDS); \
  } while (0)

WR_HANDLER(array_get)
{
  const wr_typed *typed = ip->p;
  wr_object *array = object(fp[ip->a]);
  uint32_t index = wr_get_i32(fp + ip->a + 1);
  CHECK_ARRAY(array, index, 1);
  wr_load_value(fp + ip->a, wr_element(array, typed->type, index), typed->type);
  WR_NEXT();
}

WR_HANDLER(array_get_u) { return wr_step_array_get(ip, fp, t, budget); }

WR_HANDLER(array_get_s)
{
  const wr_typed *typed = ip->p;
  wr_object *array = object(fp[ip->a]);
  uint32_t index = wr_get_i32(fp + ip->a + 1);
  CHECK_ARRAY(array, index, 1);
  wr_load_value(fp + ip->a, wr_element(array, typed->type, index), typed->type);
  wr_put_i32(fp + ip->a, extended(wr_get_i32(fp + ip->a), typed->type));
  WR_NEXT();
}

WR_HANDLER(array_set)
{
  const wr_typed *typed = ip->p;
  wr_object *array = object(fp[ip->a]);
  uint32_t index = wr_get_i32(fp + ip->a + 1);
  CHECK_ARRAY(array, index, 1);
  wr_store_value(wr_element(array, typed->type, index), typed->type, fp + ip->a + 2);
  WR_NEXT();
}

WR_HANDLER(array_len)
{
  wr_object *array = object(fp[ip->a]);
  WR_TRAP_IF(!array, WR_TRAP_NULL_ARRAY_REFERENCE);
  fp[ip->a] = array->length;
  WR_NEXT();
}

WR_HANDLER(array_fill)
{
  const wr_typed *typed = ip->p;
  wr_object *array = object(fp[ip->a]);
  uint32_t index = wr_get_i32(fp + ip->a + 1);
  uint32_t count = wr_get_i32(fp + ip->a + 2 + wr_slots(typed->type));
  CHECK_ARRAY(array, index, count);
  wr_task_worked(t, (uint64_t)count * sizeof(wr_slot));
  wr_array_fill(array, index, fp + ip->a + 2, count);
  WR_NEXT();
}

WR_HANDLER(array_copy)
{
  const wr_slot *operands = fp + ip->a;
  wr_object *target = object(operands[0]), *source = object(operands[2]);
  uint32_t to = wr_get_i32(operands + 1), from = wr_get_i32(operands + 3);
  uint32_t count = wr_get_i32(operands + 4);
  CHECK_ARRAY(target, to, count);
  CHECK_ARRAY(source, from, count);
  wr_type storage = wr_element_storage(target);
  wr_task_worked(t, (uint64_t)count * sizeof(wr_slot));
  memmove(wr_element(target, storage, to), wr_element(source, storage, from),
          (size_t)count * wr_storage_size(storage));
  WR_NEXT();
}

WR_HANDLER(array_init_data)
{
  const wr_typed *typed = ip->p;
  const wr_slot *operands = fp + ip->a;
  wr_object *array = object(operands[0]);
  uint32_t index = wr_get_i32(operands + 1), count = wr_get_i32(operands + 3);
  CHECK_ARRAY(array, index, count);
  const uint8_t *data = data_for(t, typed, wr_get_i32(operands + 2), count);
  WR_TRAP_IF(!data, WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  memcpy(wr_element(array, typed->type, index), data,
         (size_t)count * wr_storage_size(typed->type));
  WR_NEXT();
}

WR_HANDLER(array_init_elem)
{
  const wr_typed *typed = ip->p;
  const wr_slot *operands = fp + ip->a;
  wr_object *array = object(operands[0]);
  uint32_t index = wr_get_i32(operands + 1), count = wr_get_i32(operands + 3);
  CHECK_ARRAY(array, index, count);
  const wr_slot *elements = elements_for(t, typed, wr_get_i32(operands + 2), count);
  WR_TRAP_IF(!elements, WR_TRAP_TABLE_OUT_OF_BOUNDS);
  memcpy(wr_element(array, typed->type, index), elements, count * sizeof *elements);
  WR_NEXT();
}

/* Casts */

WR_HANDLER(ref_test)
{
  fp[ip->a] = wr_reference_has_type(fp[ip->a], (wr_type)ip->c);
  WR_NEXT();
}

WR_HANDLER(ref_cast)
{
  WR_TRAP_IF(!wr_reference_has_type(fp[ip->a], (wr_type)ip->c), WR_TRAP_CAST_FAILURE);
  WR_NEXT();
}

#define BRANCH_ON_CAST(id, wanted) \
  WR_HANDLER(id) \
  { \
    const wr_typed *typed = ip->p; \
    const wr_branch *branch = &typed->branch; \
    if (wr_reference_has_type(fp[ip->a], typed->type) != (wanted)) \
      WR_NEXT(); \
    if (branch->count) \
      memmove(fp + branch->to, fp + branch->from, branch->count * sizeof(wr_slot)); \
    t->fuel += branch->fuel; \
    WR_GO(ip + branch->distance); \
  }
BRANCH_ON_CAST(br_on_cast, true)
BRANCH_ON_CAST(br_on_cast_fail, false)
