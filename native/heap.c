#include "heap.h"
#include "allocate.h"

#include <string.h>

/* Small objects live in cells of equal size in blocks, which are aligned so that a cell's address
   tells its block. */
enum { BLOCK_SIZE = 65536, LARGEST_CELL = 4096 };

static const uint16_t cell_sizes[WR_SIZE_CLASSES] = {32,  48,  64,  80,  96,   112,  128,
                                                     160, 192, 224, 256, 320,  384,  512,
                                                     640, 768, 1024, 1536, 2048, LARGEST_CELL};

typedef struct wr_block {
  _Alignas(16) struct wr_block *next; /* so cells, behind it, lie at multiples of 16 */
  uint32_t cell_size, size_class;
  uint32_t used; /* cells that were ever used */
  uint32_t count;
} wr_block;

_Static_assert(sizeof(wr_block) % 16 == 0, "object_at takes no other addresses for objects");

typedef struct wr_large {
  struct wr_large *next;
  size_t size;
} wr_large;

/* Large objects are odd in the set of places, so that they cannot be taken for blocks. */
static uintptr_t large_place(const wr_large *large) { return (uintptr_t)(large + 1) | 1; }

/* A free cell keeps the next one behind its header. */
static wr_object **link_of(wr_object *cell) { return (wr_object **)(cell + 1); }

uint32_t wr_storage_size(wr_type storage)
{
  switch (storage) {
  case WR_I8: return 1;
  case WR_I16: return 2;
  case WR_I32: case WR_F32: return 4;
  case WR_V128: return 16;
  default: return 8;
  }
}

/* The set of places */

static size_t slot_of(const wr_gc_heap *heap, uintptr_t place)
{
  return (size_t)((place >> 4) * 0x9E3779B97F4A7C15u >> 20) & (heap->place_room - 1);
}

static bool has_place(const wr_gc_heap *heap, uintptr_t place)
{
  if (!heap->place_room)
    return false;
  for (size_t slot = slot_of(heap, place);; slot = (slot + 1) & (heap->place_room - 1)) {
    if (heap->places[slot] == place)
      return true;
    if (!heap->places[slot])
      return false;
  }
}

static void put_place(wr_gc_heap *heap, uintptr_t place)
{
  size_t slot = slot_of(heap, place);
  while (heap->places[slot])
    slot = (slot + 1) & (heap->place_room - 1);
  heap->places[slot] = place;
  heap->place_count++;
}

static bool make_places(wr_gc_heap *heap, size_t more)
{
  size_t room = heap->place_room ? heap->place_room : 64;
  while ((heap->place_count + more) * 2 > room)
    room *= 2;
  if (room == heap->place_room)
    return true;
  uintptr_t *places = wr_allocate_zeroed(room, sizeof *places), *old = heap->places;
  if (!places)
    return false;
  size_t old_room = heap->place_room;
  heap->places = places;
  heap->place_room = room;
  heap->place_count = 0;
  for (size_t k = 0; k < old_room; k++)
    if (old[k])
      put_place(heap, old[k]);
  wr_deallocate(old);
  return true;
}

/* Allocation */

static unsigned class_of(size_t size)
{
  unsigned size_class = 0;
  while (cell_sizes[size_class] < size)
    size_class++;
  return size_class;
}

static wr_object *cell(wr_block *block, uint32_t number)
{
  return (wr_object *)((char *)(block + 1) + (size_t)number * block->cell_size);
}

static wr_object *new_cell(wr_gc_heap *heap, unsigned size_class)
{
  wr_object *free_cell = heap->free[size_class];
  if (free_cell) {
    heap->free[size_class] = *link_of(free_cell);
    return free_cell;
  }
  wr_block *block = heap->fresh[size_class];
  if (!block || block->used == block->count) {
    if (!make_places(heap, 1))
      return NULL;
    block = wr_allocate_aligned(BLOCK_SIZE, BLOCK_SIZE);
    if (!block)
      return NULL;
    *block = (wr_block){.next = heap->blocks, .cell_size = cell_sizes[size_class],
                        .size_class = size_class};
    block->count = (uint32_t)((BLOCK_SIZE - sizeof *block) / block->cell_size);
    heap->blocks = block;
    heap->fresh[size_class] = block;
    put_place(heap, (uintptr_t)block);
  }
  return cell(block, block->used++);
}

static wr_object *new_large(wr_gc_heap *heap, size_t size)
{
  if (size > SIZE_MAX - sizeof(wr_large) || !make_places(heap, 1))
    return NULL;
  wr_large *large = wr_allocate_zeroed(1, sizeof *large + size);
  if (!large)
    return NULL;
  large->next = heap->large;
  large->size = size;
  heap->large = large;
  put_place(heap, large_place(large));
  return (wr_object *)(large + 1);
}

static wr_object *new_object(wr_gc_heap *heap, size_t size)
{
  if (size > LARGEST_CELL)
    return new_large(heap, size);
  wr_object *object = new_cell(heap, class_of(size));
  return object ? memset(object, 0, size) : NULL;
}

wr_object *wr_heap_alloc(wr_gc_heap *heap, unsigned kind, uint32_t type, size_t size)
{
  size_t room = size <= LARGEST_CELL ? cell_sizes[class_of(size)] : size;
  heap->is_full = room > heap->limit || heap->used_bytes > heap->limit - room;
  return heap->is_full ? NULL : wr_heap_alloc_for_host(heap, kind, type, size);
}

wr_object *wr_heap_alloc_for_host(wr_gc_heap *heap, unsigned kind, uint32_t type, size_t size)
{
  if (size <= LARGEST_CELL)
    size = cell_sizes[class_of(size)];
  wr_object *object = new_object(heap, size);
  if (!object)
    return NULL;
  heap->used_bytes += size;
  object->kind = (uint8_t)kind;
  object->type = type;
  /* What an external keeps alive is larger than its box. */
  heap->new_bytes += kind == WR_OBJECT_EXTERNAL ? 512 : size;
  return object;
}

/* Marking */

static void mark(wr_gc_heap *heap, wr_object *object)
{
  if (object->mark)
    return;
  object->mark = 1;
  if (object->kind == WR_OBJECT_EXTERNAL)
    return;
  if (heap->marked_count == heap->marked_room) {
    size_t room = heap->marked_room ? 2 * heap->marked_room : 1024;
    wr_object **marked = wr_reallocate(heap->marked, room * sizeof *marked);
    if (!marked) { /* look for it again among all objects */
      heap->marked_overflow = true;
      return;
    }
    heap->marked = marked;
    heap->marked_room = room;
  }
  heap->marked[heap->marked_count++] = object;
}

/* The object at an address that may be anything; NULL if there is none. */
static wr_object *object_at(const wr_gc_heap *heap, uint64_t word)
{
  if (word & 15 || word < BLOCK_SIZE)
    return NULL;
  uintptr_t address = (uintptr_t)word, base = address & ~(uintptr_t)(BLOCK_SIZE - 1);
  if (has_place(heap, base)) {
    wr_block *block = (wr_block *)base;
    if (address < (uintptr_t)(block + 1))
      return NULL;
    uintptr_t distance = address - (uintptr_t)(block + 1);
    if (distance % block->cell_size || distance / block->cell_size >= block->used)
      return NULL;
    wr_object *object = (wr_object *)address;
    return object->kind ? object : NULL;
  }
  return has_place(heap, address | 1) ? (wr_object *)address : NULL;
}

void wr_heap_mark_word(wr_gc_heap *heap, uint64_t word)
{
  wr_object *object = object_at(heap, word);
  if (object)
    mark(heap, object);
}

void wr_heap_mark_words(wr_gc_heap *heap, const uint64_t *words, size_t count)
{
  for (size_t k = 0; k < count; k++)
    if (words[k] && !(words[k] & 15))
      wr_heap_mark_word(heap, words[k]);
}

static bool is_traced(wr_type storage)
{
  return wr_is_ref(storage) &&
         wr_heap_top(storage & WR_HEAP_MASK) != WR_ABSTRACT_HEAP(WR_HEAP_FUNC);
}

static void mark_reference(wr_gc_heap *heap, const void *field)
{
  uint64_t reference;
  memcpy(&reference, field, sizeof reference);
  if (reference && !(reference & 1))
    mark(heap, (wr_object *)(uintptr_t)reference);
}

static void trace(wr_gc_heap *heap, wr_object *object)
{
  if (object->kind == WR_OBJECT_EXCEPTION) {
    wr_heap_mark_words(heap, ((wr_exception *)object)->values, object->length);
    return;
  }
  if (object->kind == WR_OBJECT_EXTERNAL)
    return;
  const wr_defined_type *type = wr_defined(object->type);
  if (object->kind == WR_OBJECT_ARRAY) {
    if (is_traced(type->fields[0].storage))
      for (uint32_t k = 0; k < object->length; k++)
        mark_reference(heap, wr_body(object) + 8 * (size_t)k);
    return;
  }
  for (uint32_t k = 0; k < type->field_count; k++)
    if (is_traced(type->fields[k].storage))
      mark_reference(heap, wr_body(object) + type->fields[k].offset);
}

static void trace_marked(wr_gc_heap *heap)
{
  while (heap->marked_count)
    trace(heap, heap->marked[--heap->marked_count]);
}

static void for_each(wr_gc_heap *heap, void (*visit)(wr_gc_heap *, wr_object *))
{
  for (wr_block *block = heap->blocks; block; block = block->next)
    for (uint32_t k = 0; k < block->used; k++)
      if (cell(block, k)->kind)
        visit(heap, cell(block, k));
  for (wr_large *large = heap->large; large; large = large->next)
    visit(heap, (wr_object *)(large + 1));
}

static void mark_if_pinned(wr_gc_heap *heap, wr_object *object)
{
  if (object->pins)
    mark(heap, object);
}

static void trace_if_marked(wr_gc_heap *heap, wr_object *object)
{
  if (object->mark)
    trace(heap, object);
  trace_marked(heap);
}

/* Sweeping */

static void release(wr_gc_heap *heap, const wr_object *object)
{
  int64_t handle = object->kind == WR_OBJECT_EXTERNAL ? ((const wr_external *)object)->handle
      : object->kind == WR_OBJECT_EXCEPTION ? ((const wr_exception *)object)->handle : 0;
  if (!handle)
    return;
  if (heap->released_count == heap->released_room) {
    size_t room = heap->released_room ? 2 * heap->released_room : 64;
    int64_t *released = wr_reallocate(heap->released, room * sizeof *released);
    if (!released)
      return; /* the host's object stays until the store goes */
    heap->released = released;
    heap->released_room = room;
  }
  heap->released[heap->released_count++] = handle;
}

/* How many cells are still used; free ones are put on the list of their class. */
static uint32_t sweep_block(wr_gc_heap *heap, wr_block *block)
{
  uint32_t live = 0;
  wr_object **list = &heap->free[block->size_class];
  wr_object *before = *list;
  for (uint32_t k = block->used; k--;) {
    wr_object *object = cell(block, k);
    if (object->mark) {
      object->mark = 0;
      live++;
      continue;
    }
    if (object->kind)
      release(heap, object);
    object->kind = WR_OBJECT_FREE;
    *link_of(object) = *list;
    *list = object;
  }
  if (!live)
    *list = before; /* the whole block is given back */
  return live;
}

static void sweep_blocks(wr_gc_heap *heap)
{
  memset(heap->free, 0, sizeof heap->free);
  memset(heap->fresh, 0, sizeof heap->fresh);
  for (wr_block **place = &heap->blocks; *place;) {
    wr_block *block = *place;
    uint32_t live = sweep_block(heap, block);
    if (!live) {
      *place = block->next;
      wr_deallocate(block);
      continue;
    }
    heap->live_bytes += (uint64_t)live * block->cell_size;
    if (block->used < block->count)
      heap->fresh[block->size_class] = block;
    place = &block->next;
  }
}

static void sweep_large(wr_gc_heap *heap)
{
  for (wr_large **place = &heap->large; *place;) {
    wr_large *large = *place;
    wr_object *object = (wr_object *)(large + 1);
    if (object->mark) {
      object->mark = 0;
      heap->live_bytes += large->size;
      place = &large->next;
    } else {
      release(heap, object);
      *place = large->next;
      wr_deallocate(large);
    }
  }
}

static void remember_places(wr_gc_heap *heap)
{
  if (heap->place_room)
    memset(heap->places, 0, heap->place_room * sizeof *heap->places);
  heap->place_count = 0;
  for (wr_block *block = heap->blocks; block; block = block->next)
    put_place(heap, (uintptr_t)block);
  for (wr_large *large = heap->large; large; large = large->next)
    put_place(heap, large_place(large));
}

void wr_heap_finish(wr_gc_heap *heap)
{
  for_each(heap, mark_if_pinned);
  trace_marked(heap);
  while (heap->marked_overflow) {
    heap->marked_overflow = false;
    for_each(heap, trace_if_marked);
  }
  heap->live_bytes = heap->new_bytes = 0;
  sweep_blocks(heap);
  sweep_large(heap);
  remember_places(heap);
  heap->used_bytes = heap->live_bytes;
}

bool wr_heap_merge(wr_gc_heap *heap, wr_gc_heap *other)
{
  if (!make_places(heap, other->place_count))
    return false;
  wr_block **end = &heap->blocks;
  while (*end)
    end = &(*end)->next;
  *end = other->blocks;
  wr_large **large_end = &heap->large;
  while (*large_end)
    large_end = &(*large_end)->next;
  *large_end = other->large;
  for (size_t k = 0; k < other->place_room; k++)
    if (other->places[k])
      put_place(heap, other->places[k]);
  heap->live_bytes += other->live_bytes;
  heap->new_bytes += other->new_bytes;
  heap->used_bytes += other->used_bytes;
  wr_heap_raise_limit(heap, other->limit);
  /* Its free cells are found again by the next collection; its handles are the host's anyway. */
  other->blocks = NULL;
  other->large = NULL;
  wr_heap_free(other);
  return true;
}

void wr_heap_free(wr_gc_heap *heap)
{
  while (heap->blocks) {
    wr_block *block = heap->blocks;
    heap->blocks = block->next;
    wr_deallocate(block);
  }
  while (heap->large) {
    wr_large *large = heap->large;
    heap->large = large->next;
    wr_deallocate(large);
  }
  wr_deallocate(heap->places);
  wr_deallocate(heap->marked);
  wr_deallocate(heap->released);
  memset(heap, 0, sizeof *heap);
}
