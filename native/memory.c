#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, where the compiler keeps to the standard strictly */
#include "memory.h"
#include "allocate.h"
#include "long_work.h"

#include <string.h>
#include <sys/mman.h>

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

/* The most that is reserved for one memory: more than that it may grow to only by moving. */
#define MOST_RESERVED ((uint64_t)1 << 32)
#define MOST_BYTES ((uint64_t)1 << 47)
#define COMMIT_STEP ((uint64_t)65536)

bool wr_budget_take(wr_budget *budget, uint64_t count)
{
  uint64_t used = __atomic_load_n(&budget->used, __ATOMIC_RELAXED);
  do {
    if (count > budget->limit || used > budget->limit - count)
      return false;
  } while (!__atomic_compare_exchange_n(&budget->used, &used, used + count, true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED));
  return true;
}

void wr_budget_give_back(wr_budget *budget, uint64_t count)
{
  __atomic_fetch_sub(&budget->used, count, __ATOMIC_RELAXED);
}

static uint64_t whole_pages(uint64_t bytes)
{
  return (bytes + COMMIT_STEP - 1) & ~(COMMIT_STEP - 1);
}

static uint8_t *reserve(uint64_t bytes)
{
  if (!wr_may_allocate())
    return NULL;
  void *base = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return base == MAP_FAILED ? NULL : base;
}

static bool commit(uint8_t *base, uint64_t old_size, uint64_t new_size)
{
  uint64_t from = whole_pages(old_size), to = whole_pages(new_size);
  return from == to || (wr_may_allocate() &&
                        mprotect(base + from, to - from, PROT_READ | PROT_WRITE) == 0);
}

/* What the memory may ever need, as far as it is reserved beforehand. */
static uint64_t wanted_bytes(const wr_memory *memory)
{
  uint64_t most = MOST_RESERVED >> memory->limits.page_size_log2;
  if (memory->limits.is_shared && memory->maximum_pages > most)
    most = memory->maximum_pages;
  uint64_t pages = memory->maximum_pages < most ? memory->maximum_pages : most;
  return whole_pages(pages << memory->limits.page_size_log2);
}

/* Move to a longer stretch of address space. A shared memory never moves. */
static bool move(wr_memory *memory, uint64_t new_size)
{
  if (memory->base && memory->limits.is_shared)
    return false;
  uint64_t bytes = wanted_bytes(memory);
  if (bytes < new_size)
    bytes = whole_pages(new_size);
  uint8_t *base = reserve(bytes);
  if (!base && !memory->limits.is_shared) {
    bytes = whole_pages(new_size);
    base = reserve(bytes);
  }
  if (!base)
    return false;
  if (!commit(base, 0, memory->size)) {
    munmap(base, bytes);
    return false;
  }
  if (memory->base) {
    memcpy(base, memory->base, memory->size);
    munmap(memory->base, memory->reserved);
  }
  memory->base = base;
  memory->reserved = bytes;
  return true;
}

static bool resize(wr_memory *memory, uint64_t new_size)
{
  if (new_size > memory->reserved && !move(memory, new_size))
    return false;
  if (!commit(memory->base, memory->size, new_size))
    return false;
  __atomic_store_n(&memory->size, new_size, __ATOMIC_RELEASE);
  return true;
}

static uint64_t grow(wr_memory *memory, uint64_t pages)
{
  unsigned log2 = memory->limits.page_size_log2;
  uint64_t old_pages = wr_memory_pages(memory);
  if (pages > memory->maximum_pages - old_pages || pages > MOST_BYTES >> log2)
    return UINT64_MAX;
  uint64_t added = pages << log2;
  if (memory->size + added > MOST_BYTES)
    return UINT64_MAX;
  if (memory->budget && !wr_budget_take(memory->budget, added))
    return UINT64_MAX;
  if (added && !resize(memory, memory->size + added)) {
    if (memory->budget)
      wr_budget_give_back(memory->budget, added);
    return UINT64_MAX;
  }
  return old_pages;
}

uint64_t wr_memory_grow(wr_memory *memory, uint64_t pages)
{
  wr_long_work();
  pthread_mutex_lock(&memory->lock);
  uint64_t old_pages = grow(memory, pages);
  pthread_mutex_unlock(&memory->lock);
  return old_pages;
}

/* What is given up is zeros when it is used again. */
static void give_up(wr_memory *memory, uint64_t new_size)
{
  uint64_t from = whole_pages(new_size), to = whole_pages(memory->size);
  uint64_t end = from < memory->size ? from : memory->size;
  memset(memory->base + new_size, 0, end - new_size);
  if (from == to)
    return;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  int protection = memory->is_viewed ? PROT_READ | PROT_WRITE : PROT_NONE;
  if (!wr_may_allocate() ||
      mmap(memory->base + from, to - from, protection, flags, -1, 0) == MAP_FAILED)
    memset(memory->base + from, 0, to - from);
}

void wr_memory_shrink(wr_memory *memory, uint64_t pages)
{
  pthread_mutex_lock(&memory->lock);
  uint64_t new_size = pages << memory->limits.page_size_log2;
  if (new_size < memory->size) {
    give_up(memory, new_size);
    if (memory->budget)
      wr_budget_give_back(memory->budget, memory->size - new_size);
    __atomic_store_n(&memory->size, new_size, __ATOMIC_RELEASE);
  }
  pthread_mutex_unlock(&memory->lock);
}

static uint64_t address_space_pages(const wr_limits *limits)
{
  if (!limits->is_64)
    return (uint64_t)1 << (32 - limits->page_size_log2);
  return limits->page_size_log2 ? (uint64_t)1 << (64 - limits->page_size_log2) : UINT64_MAX;
}

wr_memory *wr_memory_new(const wr_limits *limits, wr_budget *budget)
{
  wr_memory *memory = wr_allocate_zeroed(1, sizeof *memory);
  if (!memory)
    return NULL;
  memory->limits = *limits;
  memory->budget = budget;
  memory->maximum_pages = address_space_pages(limits);
  if (limits->has_maximum && limits->maximum < memory->maximum_pages)
    memory->maximum_pages = limits->maximum;
  pthread_mutex_init(&memory->lock, NULL);
  if (wr_memory_grow(memory, limits->minimum) == UINT64_MAX) {
    wr_memory_free(memory);
    return NULL;
  }
  return memory;
}

void wr_memory_free(wr_memory *memory)
{
  if (memory->base)
    munmap(memory->base, memory->reserved);
  pthread_mutex_destroy(&memory->lock);
  wr_deallocate(memory);
}
