/* Structures and arrays as the heap has them. */
#ifndef WR_AGGREGATE_H
#define WR_AGGREGATE_H

#include "store.h"

#include <string.h>

/* Larger arrays are refused before anybody is asked for the room. */
#define WR_LARGEST_ARRAY ((uint32_t)1 << 27)

/* New objects; NULL where memory is short. */
wr_object *wr_structure_new(wr_gc_heap *heap, uint32_t type);
wr_object *wr_array_new(wr_gc_heap *heap, uint32_t type, uint32_t length);

/* Write the fields of a structure from slots. */
void wr_structure_fill(wr_object *structure, const wr_slot *values);
/* Write elements of an array, all the same or one slot after the other. */
void wr_array_fill(wr_object *array, uint32_t index, const wr_slot *value, uint32_t count);
void wr_array_put(wr_object *array, const wr_slot *values, uint32_t count);

static inline void wr_store_value(uint8_t *place, wr_type storage, const wr_slot *value)
{
  switch (storage) {
  case WR_I8: memcpy(place, value, 1); break;
  case WR_I16: memcpy(place, value, 2); break;
  case WR_I32: case WR_F32: memcpy(place, value, 4); break;
  case WR_V128: memcpy(place, value, 16); break;
  default: memcpy(place, value, 8);
  }
}

static inline void wr_load_value(wr_slot *value, const uint8_t *place, wr_type storage)
{
  if (storage != WR_V128)
    *value = 0;
  switch (storage) {
  case WR_I8: memcpy(value, place, 1); break;
  case WR_I16: memcpy(value, place, 2); break;
  case WR_I32: case WR_F32: memcpy(value, place, 4); break;
  case WR_V128: memcpy(value, place, 16); break;
  default: memcpy(value, place, 8);
  }
}

static inline wr_type wr_element_storage(const wr_object *array)
{
  return wr_defined(array->type)->fields[0].storage;
}

static inline uint8_t *wr_element(wr_object *array, wr_type storage, uint32_t index)
{
  return wr_body(array) + (size_t)wr_storage_size(storage) * index;
}

static inline bool wr_array_contains(const wr_object *array, uint32_t index, uint32_t count)
{
  return index <= array->length && count <= array->length - index;
}

/* Whether a reference that is not null is one to this heap type. */
bool wr_reference_matches(uint64_t reference, uint32_t heap);
/* Whether a reference, null or not, has the type. */
static inline bool wr_reference_has_type(uint64_t reference, wr_type type)
{
  return reference ? wr_reference_matches(reference, type & WR_HEAP_MASK)
                   : (type & WR_NULLABLE) != 0;
}

#endif
