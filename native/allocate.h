/* All memory of the C core is had here (linear memories ask before they map theirs).

   In a build for tests (WR_TESTING, see build.py) what is there is counted, and one can have any
   request fail: see tests/engine/native/test_allocation_failure.py. */
#ifndef WR_ALLOCATE_H
#define WR_ALLOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#if WR_TESTING

/* As the standard library's malloc, calloc, realloc, aligned_alloc and free. */
void *wr_allocate(size_t size);
void *wr_allocate_zeroed(size_t count, size_t size);
void *wr_reallocate(void *memory, size_t size);
void *wr_allocate_aligned(size_t alignment, size_t size);
void wr_deallocate(void *memory);
/* Whether a request in another way may be made. */
bool wr_may_allocate(void);
/* So many allocations are there for good, and not to be counted. */
void wr_kept_for_good(int64_t count);

#else

#define wr_allocate malloc
#define wr_allocate_zeroed calloc
#define wr_reallocate realloc
#define wr_allocate_aligned aligned_alloc
#define wr_deallocate free
static inline bool wr_may_allocate(void) { return true; }
static inline void wr_kept_for_good(int64_t count) { (void)count; }

#endif

/* Have the request fail before which ``count`` others are made; below zero: none. False where this
   is not a build for tests. */
bool wr_testing_fail_after(int64_t count);
/* How many requests are left until then, below zero if it has failed; how many allocations there
   are. */
int64_t wr_testing_left(void);
int64_t wr_testing_allocations(void);

#endif
