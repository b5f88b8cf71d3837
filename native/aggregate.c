#include "aggregate.h"

wr_object *wr_structure_new(wr_gc_heap *heap, uint32_t type)
{
  return wr_heap_alloc(heap, WR_OBJECT_STRUCTURE, type,
                       sizeof(wr_object) + wr_defined(type)->body_size);
}

wr_object *wr_array_new(wr_gc_heap *heap, uint32_t type, uint32_t length)
{
  uint32_t width = wr_storage_size(wr_defined(type)->fields[0].storage);
  size_t size = sizeof(wr_object) + (size_t)width * length;
  wr_object *array = wr_heap_alloc(heap, WR_OBJECT_ARRAY, type, size);
  if (array)
    array->length = length;
  return array;
}

void wr_structure_fill(wr_object *structure, const wr_slot *values)
{
  const wr_defined_type *type = wr_defined(structure->type);
  for (uint32_t k = 0; k < type->field_count; k++) {
    const wr_field *field = &type->fields[k];
    wr_store_value(wr_body(structure) + field->offset, field->storage, values);
    values += wr_slots(field->storage);
  }
}

void wr_array_fill(wr_object *array, uint32_t index, const wr_slot *value, uint32_t count)
{
  wr_type storage = wr_element_storage(array);
  uint32_t width = wr_storage_size(storage);
  uint8_t *place = wr_element(array, storage, index);
  for (; count; count--, place += width)
    wr_store_value(place, storage, value);
}

void wr_array_put(wr_object *array, const wr_slot *values, uint32_t count)
{
  wr_type storage = wr_element_storage(array);
  uint32_t width = wr_storage_size(storage), step = wr_slots(storage);
  uint8_t *place = wr_body(array);
  for (; count; count--, place += width, values += step)
    wr_store_value(place, storage, values);
}

/* The hierarchy is known from the static type, so it decides how the word is read. */
bool wr_reference_matches(uint64_t reference, uint32_t heap)
{
  uint32_t top = wr_heap_top(heap);
  if (top == WR_ABSTRACT_HEAP(WR_HEAP_FUNC))
    return wr_heap_matches(((const wr_callee *)(uintptr_t)reference)->type, heap);
  if (top == heap)
    return true; /* any, extern, exn */
  if (top == WR_ABSTRACT_HEAP(WR_HEAP_ANY) && reference & 1)
    return wr_heap_matches(WR_ABSTRACT_HEAP(WR_HEAP_I31), heap);
  if (top != WR_ABSTRACT_HEAP(WR_HEAP_ANY))
    return false; /* noextern, noexn */
  const wr_object *object = (const wr_object *)(uintptr_t)reference;
  return object->kind != WR_OBJECT_EXTERNAL && wr_heap_matches(object->type, heap);
}
