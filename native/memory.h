/* Linear memory: one stretch of address space, reserved for all that the memory may grow to where
   the platform allows it, so that its base stays where it is. */
#ifndef WR_MEMORY_H
#define WR_MEMORY_H

#include "module.h"

#include <pthread.h>

/* What may still be taken from a store's limits; UINT64_MAX means no limit. */
typedef struct wr_budget {
  uint64_t used, limit;
} wr_budget;

/* Take from a budget, unless that would be too much; any thread may. */
bool wr_budget_take(wr_budget *budget, uint64_t count);
void wr_budget_give_back(wr_budget *budget, uint64_t count);

typedef struct wr_memory {
  uint8_t *base;
  uint64_t size; /* bytes */
  uint64_t reserved; /* bytes of address space from base on */
  uint64_t maximum_pages;
  wr_limits limits; /* as declared */
  wr_budget *budget; /* or NULL */
  pthread_mutex_t lock; /* of growing */
  struct wr_memory *next; /* of the domain */
  void *owner; /* the domain */
  bool is_viewed; /* Python may have views: what was committed must stay so */
} wr_memory;

/* NULL if there is no room for its minimum, or the budget does not allow it. */
wr_memory *wr_memory_new(const wr_limits *limits, wr_budget *budget);
void wr_memory_free(wr_memory *memory);
/* The old size in pages, or UINT64_MAX where that is not possible. */
uint64_t wr_memory_grow(wr_memory *memory, uint64_t pages);
/* Have only so many pages, no more than there are; nobody may be using the others. */
void wr_memory_shrink(wr_memory *memory, uint64_t pages);

static inline uint64_t wr_memory_pages(const wr_memory *memory)
{
  return memory->size >> memory->limits.page_size_log2;
}

static inline bool wr_memory_contains(const wr_memory *memory, uint64_t address, uint64_t count)
{
  uint64_t size = __atomic_load_n(&memory->size, __ATOMIC_ACQUIRE);
  return address <= size && count <= size - address;
}

#endif
