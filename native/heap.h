/* The garbage-collected heap: structures, arrays, exceptions, and boxes for objects of the host.

   Objects never move. A collection marks what can be reached and sweeps the rest. Inside objects
   it is precise: their types say which fields are references. On value stacks, in tables, globals
   and segments it is conservative: a word that is the address of an object counts as a reference
   to it. So the streams of code need no maps of their stacks, and a word that only looks like a
   reference does no harm but to keep an object a little longer.

   References as values: 0 is null; an odd word is an i31 (number << 1 | 1); references to
   functions are the addresses of wr_function, which the heap knows nothing of; all others are
   addresses of wr_object. */
#ifndef WR_HEAP_H
#define WR_HEAP_H

#include "types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wr_object_kind {
  WR_OBJECT_FREE, /* a cell without an object */
  WR_OBJECT_STRUCTURE,
  WR_OBJECT_ARRAY,
  WR_OBJECT_EXCEPTION,
  WR_OBJECT_EXTERNAL,
};

typedef struct wr_object {
  uint32_t type; /* a defined type, of structures and arrays */
  uint8_t kind;
  uint8_t mark;
  uint16_t padding;
  uint32_t pins;   /* how often the host holds it */
  uint32_t length; /* elements of an array, slots of an exception */
} wr_object;

/* An object of the host; the host knows it by the handle. */
typedef struct wr_external {
  wr_object object;
  int64_t handle;
} wr_external;

struct wr_tag;

/* ``handle`` is that of the host's exception object where the host threw it, else 0; ``tag`` is
   then NULL if it is no tag of this engine. */
typedef struct wr_exception {
  wr_object object;
  struct wr_tag *tag;
  int64_t handle;
  uint64_t values[];
} wr_exception;

enum { WR_SIZE_CLASSES = 20 };

typedef struct wr_gc_heap {
  struct wr_block *blocks;
  struct wr_block *fresh[WR_SIZE_CLASSES]; /* one of each class that has cells never used */
  wr_object *free[WR_SIZE_CLASSES];
  struct wr_large *large;
  uintptr_t *places; /* a hash set: addresses of blocks and of large objects */
  size_t place_count, place_room;
  wr_object **marked; /* a stack: marked, but not yet looked into */
  size_t marked_count, marked_room;
  bool marked_overflow;
  uint64_t live_bytes, new_bytes; /* at the last collection, and since */
  uint64_t used_bytes, limit;     /* in cells and large objects; the most there may be */
  bool is_full;                   /* the limit, not the system, refused the last object */
  int64_t *released; /* handles of externals that were swept */
  size_t released_count, released_room;
} wr_gc_heap;

/* Zeroed, or NULL where there is no room: ``is_full`` says whether the limit is to blame, which
   does not hold for what the host makes. ``size`` includes the header. */
wr_object *wr_heap_alloc(wr_gc_heap *heap, unsigned kind, uint32_t type, size_t size);
wr_object *wr_heap_alloc_for_host(wr_gc_heap *heap, unsigned kind, uint32_t type, size_t size);
/* Whether it is time to collect. */
static inline bool wr_heap_is_due(const wr_gc_heap *heap)
{
  return heap->new_bytes > (4u << 20) && heap->new_bytes > heap->live_bytes;
}
static inline void wr_heap_raise_limit(wr_gc_heap *heap, uint64_t bytes)
{
  if (__builtin_add_overflow(heap->limit, bytes, &heap->limit))
    heap->limit = UINT64_MAX;
}
/* Whether so little room is left that collecting again and again would take all the time. */
static inline bool wr_heap_is_crowded(const wr_gc_heap *heap)
{
  return heap->used_bytes > heap->limit - heap->limit / 16;
}
void wr_heap_mark_word(wr_gc_heap *heap, uint64_t word);
void wr_heap_mark_words(wr_gc_heap *heap, const uint64_t *words, size_t count);
/* Mark what pinned and marked objects refer to, then free the rest. */
void wr_heap_finish(wr_gc_heap *heap);
/* Take over all of another heap, its limit added; false, and nothing has changed, if memory is short. */
bool wr_heap_merge(wr_gc_heap *heap, wr_gc_heap *other);
void wr_heap_free(wr_gc_heap *heap);

/* Bytes of a field or element. */
uint32_t wr_storage_size(wr_type storage);

static inline uint8_t *wr_body(wr_object *object) { return (uint8_t *)(object + 1); }

#endif
