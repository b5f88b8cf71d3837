#include "allocate.h"

#if WR_TESTING

static int64_t left = INT64_MAX, live;

bool wr_testing_fail_after(int64_t count)
{
  __atomic_store_n(&left, count < 0 ? INT64_MAX : count, __ATOMIC_SEQ_CST);
  return true;
}

int64_t wr_testing_left(void) { return __atomic_load_n(&left, __ATOMIC_SEQ_CST); }

int64_t wr_testing_allocations(void) { return __atomic_load_n(&live, __ATOMIC_SEQ_CST); }

bool wr_may_allocate(void) { return __atomic_fetch_sub(&left, 1, __ATOMIC_SEQ_CST) != 0; }

void wr_kept_for_good(int64_t count) { __atomic_fetch_sub(&live, count, __ATOMIC_SEQ_CST); }

static void *counted(void *memory)
{
  if (memory)
    __atomic_fetch_add(&live, 1, __ATOMIC_SEQ_CST);
  return memory;
}

void *wr_allocate(size_t size) { return wr_may_allocate() ? counted(malloc(size)) : NULL; }

void *wr_allocate_zeroed(size_t count, size_t size)
{
  return wr_may_allocate() ? counted(calloc(count, size)) : NULL;
}

void *wr_allocate_aligned(size_t alignment, size_t size)
{
  return wr_may_allocate() ? counted(aligned_alloc(alignment, size)) : NULL;
}

void *wr_reallocate(void *memory, size_t size)
{
  if (!wr_may_allocate())
    return NULL;
  return memory ? realloc(memory, size) : counted(malloc(size));
}

void wr_deallocate(void *memory)
{
  if (memory)
    __atomic_fetch_sub(&live, 1, __ATOMIC_SEQ_CST);
  free(memory);
}

#else

bool wr_testing_fail_after(int64_t count)
{
  (void)count;
  return false;
}

int64_t wr_testing_left(void) { return 0; }

int64_t wr_testing_allocations(void) { return 0; }

#endif
