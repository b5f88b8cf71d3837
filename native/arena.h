/* Memory that is given back all at once: everything that belongs to a module. */
#ifndef WR_ARENA_H
#define WR_ARENA_H

#include "allocate.h"

#include <stddef.h>

typedef struct wr_arena {
  struct wr_arena_block *blocks;
  char *next;
  char *end;
} wr_arena;

/* Zeroed memory, aligned to 16 bytes; NULL where there is none. */
void *wr_arena_alloc(wr_arena *arena, size_t size);
void wr_arena_free(wr_arena *arena);
/* The same, but little of it is kept for what is asked for next. */
void wr_arena_clear(wr_arena *arena);

#if WR_TESTING /* every piece may be refused, not only what has no room in the blocks there are */
#define wr_arena_alloc(arena, size) (wr_may_allocate() ? wr_arena_alloc(arena, size) : NULL)
#endif

#endif
