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

/* The list that the linker has made. */
extern wr_requester *__start_wr_sites[], *__stop_wr_sites[];

int64_t wr_testing_sites(void) { return __stop_wr_sites - __start_wr_sites; }

const char *wr_testing_site(int64_t number, int64_t figures[3])
{
  const wr_requester *site = __start_wr_sites[number];
  figures[0] = site->line;
  figures[1] = __atomic_load_n(&site->requests, __ATOMIC_SEQ_CST);
  figures[2] = __atomic_load_n(&site->refused, __ATOMIC_SEQ_CST);
  return site->file;
}

bool wr_testing_may_allocate(wr_requester *site)
{
  bool may = __atomic_fetch_sub(&left, 1, __ATOMIC_SEQ_CST) != 0;
  __atomic_fetch_add(&site->requests, 1, __ATOMIC_SEQ_CST);
  if (!may)
    __atomic_fetch_add(&site->refused, 1, __ATOMIC_SEQ_CST);
  return may;
}

void wr_kept_for_good(int64_t count) { __atomic_fetch_sub(&live, count, __ATOMIC_SEQ_CST); }

static void *counted(void *memory)
{
  if (memory)
    __atomic_fetch_add(&live, 1, __ATOMIC_SEQ_CST);
  return memory;
}

void *wr_testing_allocate(wr_requester *site, size_t size)
{
  return wr_testing_may_allocate(site) ? counted(malloc(size)) : NULL;
}

void *wr_testing_allocate_zeroed(wr_requester *site, size_t count, size_t size)
{
  return wr_testing_may_allocate(site) ? counted(calloc(count, size)) : NULL;
}

void *wr_testing_allocate_aligned(wr_requester *site, size_t alignment, size_t size)
{
  return wr_testing_may_allocate(site) ? counted(aligned_alloc(alignment, size)) : NULL;
}

void *wr_testing_reallocate(wr_requester *site, void *memory, size_t size)
{
  if (!wr_testing_may_allocate(site))
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

int64_t wr_testing_sites(void) { return 0; }

const char *wr_testing_site(int64_t number, int64_t figures[3])
{
  (void)number;
  (void)figures;
  return NULL;
}

#endif
