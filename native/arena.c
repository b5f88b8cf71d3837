#include "arena.h"
#include "allocate.h"

#include <stdint.h>
#include <string.h>

struct wr_arena_block {
  struct wr_arena_block *previous;
  size_t padding; /* keeps what follows aligned to 16 bytes */
};

enum { BLOCK_SIZE = 32768 };

void *(wr_arena_alloc)(wr_arena *arena, size_t size)
{
  if (size > SIZE_MAX - 64)
    return NULL;
  size = (size + 15) & ~(size_t)15;
  if ((size_t)(arena->end - arena->next) < size) {
    size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    struct wr_arena_block *block = wr_allocate_zeroed(1, sizeof *block + room);
    if (!block)
      return NULL;
    block->previous = arena->blocks;
    arena->blocks = block;
    if (size > BLOCK_SIZE / 4 && arena->next != arena->end)
      return block + 1; /* a large piece has a block of its own; small ones go on where they were */
    arena->next = (char *)(block + 1);
    arena->end = arena->next + room;
  }
  void *result = arena->next;
  arena->next += size;
  return result;
}

void wr_arena_free(wr_arena *arena)
{
  struct wr_arena_block *block = arena->blocks;
  while (block) {
    struct wr_arena_block *previous = block->previous;
    wr_deallocate(block);
    block = previous;
  }
  arena->blocks = NULL;
  arena->next = arena->end = NULL;
}

void wr_arena_clear(wr_arena *arena)
{
  struct wr_arena_block *block = arena->blocks;
  char *begin = block ? (char *)(block + 1) : NULL;
  if (!block || block->previous || begin + BLOCK_SIZE != arena->end) {
    wr_arena_free(arena);
    return;
  }
  memset(begin, 0, (size_t)(arena->next - begin));
  arena->next = begin;
}
